"""Standard output for the result alone, whatever the packages at work print."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

_OUTPUT, _ERROR = 1, 2


@contextmanager
def noise_apart(quiet: bool) -> Iterator[None]:
    """Send what is printed meanwhile to the standard error stream, or nowhere.

    Compiled code prints to the file descriptors and knows nothing of `sys.stdout`, and actor processes
    inherit them, so both are led elsewhere.

    Parameters
    ----------
    quiet : bool
        Whether to drop all that is printed, also to the standard error stream.
    """
    with open(os.devnull, "w") as nowhere:
        _flush()
        kept = {descriptor: os.dup(descriptor) for descriptor in (_OUTPUT, _ERROR)}
        out = nowhere if quiet else sys.stderr
        os.dup2(nowhere.fileno() if quiet else _ERROR, _OUTPUT)
        if quiet:
            os.dup2(nowhere.fileno(), _ERROR)
        try:
            with redirect_stdout(out), redirect_stderr(out):
                yield
        finally:
            _flush()
            for descriptor, copy in kept.items():
                os.dup2(copy, descriptor)
                os.close(copy)


def _flush() -> None:
    """Print what Python and the C library have kept back."""
    sys.stdout.flush()
    ctypes.CDLL(None).fflush(None)
