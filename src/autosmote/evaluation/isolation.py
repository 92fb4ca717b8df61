"""Run a method in a process of its own, with limits on its time and memory.

The process is a fork of the caller: it starts in milliseconds, with everything imported and the data in
place. A fork is safe where the caller runs no other thread, as the jobs of the study do; beside other Python
threads (a notebook) it can inherit a lock that nobody will release, and then ends at the limit of the clock.
Native threads are no matter, because the fork computes with one: OpenBLAS stops its own around a fork, and an
OpenMP region of one thread waits for no other.

How the limits hold, and why these:

- CPU time by ``RLIMIT_CPU``. The kernel ends the process inside whatever library it is, and a busy machine
  takes nothing away from the method.
- The clock by the caller, for a method that sleeps or waits for ever.
- Memory by ``RLIMIT_DATA``, on top of what the fork has at its start. An allocation that is too large fails
  at once, as a `MemoryError` that names its size, before a page of it is in use. ``RLIMIT_AS`` would also
  count mapped libraries and reserved addresses (CUDA reserves far more than there is memory), and a watch
  over resident memory would see a fast allocation too late. Stacks and buffers of BLAS threads count, so the
  number of threads is set before.

All this is Linux. Elsewhere nothing is limited, see `SUPPORTED`.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import os
import pickle
import signal
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe, wait
from types import TracebackType
from typing import Any, NoReturn, TypeVar

from threadpoolctl import threadpool_limits

_T = TypeVar("_T")

SUPPORTED = sys.platform == "linux"
"""Whether processes can be limited here."""

_OUTPUT_KEPT = 4000  # bytes
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Limits:
    """What a method may use, in all.

    Parameters
    ----------
    cpu_seconds : int
        CPU time of its process.
    wall_seconds : float
        Time on the clock, for a method that waits for ever; a busy machine should not come near it.
    memory_mb : int
        Memory beside what the process has at its start, in megabytes (2**20 bytes).
    """

    cpu_seconds: int
    wall_seconds: float
    memory_mb: int


class Stopped(Exception):
    """A process was ended by a limit, or has died.

    Attributes
    ----------
    status : str
        ``timeout``, ``memory`` or ``failed``.
    reason : str
        What happened.
    """

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(status, reason)
        self.status, self.reason = status, reason


class Process:
    """A process, and what it sends. Use it in a ``with`` statement, which ends the process.

    Parameters
    ----------
    work : callable
        Called in the process, without arguments; each item of the iterable that it returns is sent at once,
        and has to be picklable.
    limits : Limits, optional
        What the process may use. A limited process is also kept quiet: its standard input is empty, and of
        what it prints the end is kept in `output`.

    Attributes
    ----------
    cpu_seconds : float
        CPU time of the process; 0 while it runs.
    output : str
        The end of what a limited process has printed.
    """

    def __init__(self, work: Callable[[], Iterable[Any]], limits: Limits | None = None) -> None:
        self.cpu_seconds = 0.0
        self._limits = limits
        self._printed = b""
        self._results, results = Pipe(duplex=False)
        self._output: int | None = None
        output = None
        if limits:
            self._output, output = os.pipe()
        self._ended = False
        # What stands in the buffers would be written by both.
        sys.stdout.flush()
        sys.stderr.flush()
        self._deadline = time.monotonic() + limits.wall_seconds if limits else None
        caller = os.getpid()
        self._pid = os.fork()
        if not self._pid:
            _run(work, limits, results, output, caller)
        with contextlib.suppress(PermissionError, ProcessLookupError):
            # A group of its own, so that what the process starts can be ended with it; it may be faster.
            os.setpgid(self._pid, self._pid)
        results.close()
        if output is not None:
            os.close(output)

    def __enter__(self) -> Process:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._end()

    def __iter__(self) -> Iterator[Any]:
        """Yield the items as they come.

        Raises
        ------
        Stopped
            If the process was ended by a limit, or died.
        Exception
            What `work` raised, with its traceback in a note; a `MemoryError` and an item that cannot be
            pickled, or not be read again, are a `Stopped`.
        """
        late = False
        while not late:
            sources: list[Any] = [self._results] if self._output is None else [self._results, self._output]
            ready = wait(sources, None if self._deadline is None else self._deadline - time.monotonic())
            late = self._deadline is not None and time.monotonic() >= self._deadline
            if self._output in ready:
                self._read_output()
            if self._results not in ready:
                continue
            try:
                message = self._results.recv_bytes()
            except (EOFError, OSError):  # The latter is its death in the middle of a message.
                break
            try:
                kind, content = pickle.loads(message)
            except Exception as error:
                self._end()
                raise Stopped("failed", f"returned what cannot be unpickled: {error}") from error
            if kind == "item":
                yield content
            elif kind == "error":
                self._end()
                raise content
            else:
                self._end()
                return
        status = self._end()
        raise self._cause(status, late)

    def fileno(self) -> int:
        """The descriptor that has something to read when the process has sent or ended."""
        return self._results.fileno()

    @property
    def output(self) -> str:
        """The end of what a limited process has printed."""
        return self._printed.decode(errors="replace")

    def _read_output(self) -> None:
        assert self._output is not None
        printed = os.read(self._output, 2**16)
        if printed:
            self._printed = (self._printed + printed)[-_OUTPUT_KEPT:]
        else:
            os.close(self._output)
            self._output = None

    def _end(self) -> int:
        """End the process, and whatever it has started; return its wait status, 0 if it had ended before."""
        if self._ended:
            return 0
        self._ended = True
        # The status of a process that is ending by itself is settled by now.
        with contextlib.suppress(PermissionError, ProcessLookupError):
            os.killpg(self._pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        _, status, usage = os.wait4(self._pid, 0)
        self.cpu_seconds = usage.ru_utime + usage.ru_stime
        if self._output is not None and wait([self._output], 0):
            self._read_output()
        if self._output is not None:
            os.close(self._output)
            self._output = None
        self._results.close()
        return status

    def _cause(self, status: int, late: bool) -> Stopped:
        """Say why the process ended without having finished."""
        limits = self._limits
        if limits and late:
            return Stopped("timeout", f"stopped after {limits.wall_seconds:g} seconds on the clock")
        code = os.waitstatus_to_exitcode(status)
        if code >= 0:
            return Stopped("failed", f"ended its process with exit status {code}")
        # The kernel sends SIGKILL to a process that has blocked SIGXCPU.
        out_of_time = limits and self.cpu_seconds >= limits.cpu_seconds and -code == signal.SIGKILL
        if limits and (out_of_time or -code == signal.SIGXCPU):
            return Stopped("timeout", f"stopped after {limits.cpu_seconds} CPU seconds")
        if b"std::bad_alloc" in self._printed:
            return Stopped("memory", "out of memory")
        return Stopped("failed", f"its process was killed by signal {-code} ({signal.strsignal(-code)})")


def run_all(calls: Sequence[Callable[[], _T]], workers: int) -> Iterator[tuple[int, _T]]:
    """Make calls side by side, each in a process of its own, without limits.

    Parameters
    ----------
    calls : sequence of callable
        Called without arguments; their results have to be picklable.
    workers : int
        Most processes at a time.

    Yields
    ------
    tuple of (int, result)
        Position of the call and its result, as they finish.

    Raises
    ------
    Stopped
        If a process died.
    Exception
        What a call raised. The others are stopped.
    """
    waiting = deque(enumerate(calls))
    running: dict[int, tuple[int, Process]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                position, call = waiting.popleft()
                process = Process(lambda call=call: [call()])  # type: ignore[misc]
                running[process.fileno()] = position, process
            for ready in wait(list(running)):
                assert isinstance(ready, int)
                position, process = running[ready]
                (result,) = process
                del running[ready]
                yield position, result
    finally:
        for _, process in running.values():
            process.__exit__(None, None, None)


def _run(
    work: Callable[[], Iterable[Any]],
    limits: Limits | None,
    results: Connection,
    output: int | None,
    caller: int,
) -> NoReturn:
    """Be the process."""
    code = 1
    try:
        try:
            _die_with(caller)
            if limits:
                assert output is not None
                _silence(output)
            with threadpool_limits(1):
                if limits:
                    _limit(limits)
                for item in work():
                    _send(results, "item", item)
            sys.stdout.flush()
            _send(results, "end", None)
        except Exception as error:
            _send(results, "error", _portable(error, limited=limits is not None))
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        # Not the end of the interpreter, which would run what the caller has registered for its own end.
        os._exit(code)


def _send(results: Connection, kind: str, content: Any) -> None:
    try:
        message = pickle.dumps((kind, content))
    except MemoryError:
        raise
    except Exception as error:
        raise Stopped("failed", f"returned what cannot be pickled: {error}") from error
    results.send_bytes(message)


def _portable(error: Exception, limited: bool) -> Exception:
    """The error as the caller is to raise it."""
    if limited and isinstance(error, MemoryError):
        return Stopped("memory", str(error) or "out of memory")
    error.add_note(f"In a process of its own:\n{traceback.format_exc()}")
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError("".join(traceback.format_exception(error)))
    return error


def _die_with(caller: int) -> None:
    """Let the kernel end this process when the one that started it is gone, however that ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != caller:
        os._exit(1)


def _silence(output: int) -> None:
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    for stream in (1, 2):
        os.dup2(output, stream)
    # It writes to a stream of its own if the caller has enabled it.
    faulthandler.disable()
    # These may be something else than streams 1 and 2, in a notebook or a test.
    sys.stdout = sys.stderr = open(output, "w", buffering=1, errors="replace")


def _limit(limits: Limits) -> None:
    import resource

    def lower(kind: int, soft: int, hard: int) -> None:
        _, highest = resource.getrlimit(kind)
        if highest != resource.RLIM_INFINITY:
            soft, hard = min(soft, highest), min(hard, highest)
        resource.setrlimit(kind, (soft, hard))

    with open("/proc/self/status") as file:
        (used,) = (int(line.split()[1]) * 2**10 for line in file if line.startswith("VmData"))
    lower(resource.RLIMIT_DATA, *2 * (used + limits.memory_mb * 2**20,))
    # SIGXCPU comes at the first limit and ends the process; the second is for one that has blocked it.
    lower(resource.RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 5)
    lower(resource.RLIMIT_CORE, 0, 0)
