"""Send what a job prints to its log file."""

import logging
import os
import sys
import traceback
from functools import partial
from types import TracebackType

from autosmote.utils.errors import UserError


def log_to(path: str) -> None:
    """Write the output of this process and its children, tracebacks and warnings included, to a file."""
    console = os.dup(sys.stderr.fileno())
    with open(path, "w") as file:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            os.dup2(file.fileno(), stream.fileno())
    # A running job can then be followed with `tail -f`.
    sys.stdout.reconfigure(line_buffering=True)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    sys.excepthook = partial(_report, console)


def _report(
    console: int, kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Print why the job ends; where an interrupt or a mistake of the user met it is of no interest."""
    if issubclass(kind, KeyboardInterrupt):
        lines = ["interrupted\n"]
    elif issubclass(kind, UserError):
        lines = [f"error: {error}\n"]
    else:
        lines = traceback.format_exception(kind, error, trace)
    try:
        sys.stderr.writelines(lines)
    except OSError:
        # The disk that holds the log is full.
        os.write(console, "".join(lines).encode())
