"""Send what a job prints to its log file."""

import logging
import os
import sys
from types import TracebackType


def log_to(path: str) -> None:
    """Write the output of this process and its children, tracebacks and warnings included, to a file."""
    with open(path, "w") as file:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            os.dup2(file.fileno(), stream.fileno())
    # A running job can then be followed with `tail -f`.
    sys.stdout.reconfigure(line_buffering=True)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    sys.excepthook = _report


def _report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print why the job ends; where the interrupt met it is of no interest."""
    if issubclass(kind, KeyboardInterrupt):
        print("interrupted", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)
