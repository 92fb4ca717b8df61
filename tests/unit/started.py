"""Processes of a test that end with it, whatever happens."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.process import BaseProcess
from typing import Any


@contextmanager
def started(command: Sequence[Any], **keys: Any) -> Iterator[subprocess.Popen[Any]]:
    """Run a command in a session of its own; it and what it has started there is killed in the end."""
    process = subprocess.Popen(
        [str(part) for part in command],
        start_new_session=True,
        # Tests that a shell runs in the background inherit that SIGINT is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        **keys,
    )
    with process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def stop(process: subprocess.Popen[Any], seconds: float = 30) -> None:
    """Ask a process to end, and make it after a while."""
    process.terminate()
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def run_all(processes: Sequence[BaseProcess], seconds: float = 300) -> list[int | None]:
    """Run processes side by side; return their exit codes, None for one that had to be killed."""
    try:
        for process in processes:
            process.start()
        for process in processes:
            process.join(seconds)
        return [process.exitcode for process in processes]
    finally:
        for process in processes:
            if process.is_alive():
                process.kill()
                process.join()
