"""``python -m autosmote.tracking``: put the results of a study into MLflow."""

import sys

from autosmote.tracking.command import main

if __name__ == "__main__":
    sys.exit(main())
