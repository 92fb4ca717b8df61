"""``python -m autosmote.analysis``: the tables and figures of results that are there."""

import sys

from autosmote.report.command import main

if __name__ == "__main__":
    sys.exit(main())
