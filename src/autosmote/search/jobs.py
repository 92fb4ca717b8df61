"""Actors: one in the main process, or processes of their own, that do the jobs of a search.

An actor process is a fresh interpreter, so it starts on every platform, whatever the main process has
initialised (CUDA included) and whatever its main module does when imported. It takes jobs from its standard
input and writes what came out to its standard output. When its input ends - the main process closed it or was
killed - it exits at once.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import traceback
from collections import deque
from collections.abc import Sequence
from typing import Any, Protocol

import cloudpickle
from sklearn import config_context, get_config
from threadpoolctl import threadpool_limits

#: The line with which an actor begins. What stands before it was printed while Python started.
_GREETING = b"autosmote actor\n"


class ActorError(RuntimeError):
    """An actor raised, or died; the message holds its traceback or exit status."""


class Worker(Protocol):
    """What an actor does, job by job."""

    def run(self, job: Any) -> Any:
        """Do one job. What comes out must not depend on the jobs before."""


class Jobs(Protocol):
    """What does jobs for a search."""

    def submit(self, job: Any) -> None:
        """Ask for a job."""

    def next(self) -> Any:
        """Return what came out, in the order of submission, each as soon as it is there."""

    def close(self) -> None:
        """Stop everything, at once."""


class SerialJobs:
    """Jobs in the main process, each done when its outcome is asked for.

    Parameters
    ----------
    worker : Worker
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._jobs: deque[Any] = deque()

    def submit(self, job: Any) -> None:
        """Ask for a job."""
        self._jobs.append(job)

    def next(self) -> Any:
        """Do the oldest job that was asked for."""
        return self._worker.run(self._jobs.popleft())

    def close(self) -> None:
        """Nothing is left running."""


class JobProcesses:
    """Several actors, each a process with one thread.

    Parameters
    ----------
    worker : Worker
        Sent to the actors by cloudpickle, so it can hold a classifier or a metric defined in a notebook.
    n_actors : int
        Number of processes.
    descriptors : sequence of int, default ()
        Open files that the worker uses; they have the same numbers in the actors.
    """

    def __init__(self, worker: Worker, n_actors: int, descriptors: Sequence[int] = ()) -> None:
        self._n_submitted = 0
        self._order: deque[int] = deque()
        self._outcomes: dict[int, Any] = {}
        self._jobs: queue.SimpleQueue[tuple[int, Any] | None] = queue.SimpleQueue()
        self._messages: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._closing = False
        self._descriptors = descriptors
        # The classifier runs here and there as the caller has set for scikit-learn.
        setup = cloudpickle.dumps((worker, get_config()))
        self._processes: list[subprocess.Popen[bytes]] = []
        try:
            for _ in range(n_actors):
                self._start(setup)
        except BaseException:
            self.close()
            raise

    def submit(self, job: Any) -> None:
        """Ask for a job."""
        number = self._n_submitted
        self._n_submitted += 1
        self._order.append(number)
        self._jobs.put((number, job))

    def next(self) -> Any:
        """Wait for the oldest job that was asked for.

        Raises
        ------
        ActorError
            If an actor raised or died.
        MemoryError
            If an actor had too little memory.
        """
        wanted = self._order.popleft()
        while wanted not in self._outcomes:
            kind, content = self._messages.get()
            if kind == "error":
                raise ActorError(content)
            if kind == "memory":
                raise MemoryError(content)
            if kind == "outcome":
                number, outcome = content
                self._outcomes[number] = outcome
        return self._outcomes.pop(wanted)

    def close(self) -> None:
        """Stop all actors, at once."""
        self._closing = True
        for process in self._processes:
            process.kill()
            self._jobs.put(None)
        for process in self._processes:
            process.wait()

    def _start(self, setup: bytes) -> None:
        threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
        path = os.pathsep.join(folder or os.getcwd() for folder in sys.path)
        environment = os.environ | dict.fromkeys(threads, "1") | {"PYTHONPATH": path}
        process = subprocess.Popen(
            # -P: the path above and nothing else, not the current folder first.
            [sys.executable, "-P", "-c", "from autosmote.search.jobs import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            pass_fds=self._descriptors,
        )
        self._processes.append(process)
        threading.Thread(target=self._serve, args=(process, setup), daemon=True).start()

    def _serve(self, process: subprocess.Popen[bytes], setup: bytes) -> None:
        """Hand jobs to one actor and take its replies, in a thread of the main process."""
        assert process.stdin is not None and process.stdout is not None
        try:
            with process.stdin, process.stdout:
                while (line := process.stdout.readline()) != _GREETING:
                    if not line:
                        raise EOFError
                process.stdin.write(setup)
                process.stdin.flush()
                self._messages.put(pickle.load(process.stdout))  # "ready", or why not.
                while (job := self._jobs.get()) is not None:
                    pickle.dump(job, process.stdin)
                    process.stdin.flush()
                    self._messages.put(pickle.load(process.stdout))
        except Exception:
            if not self._closing:
                # Its input is closed by now, so an actor that still runs ends.
                status = process.wait()
                cause = f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
                self._messages.put(("error", f"an actor process ended unexpectedly ({cause})"))


def make_jobs(worker: Worker, n_actors: int) -> Jobs:
    """One actor in this process, or several in processes of their own.

    Parameters
    ----------
    worker : Worker
    n_actors : int

    Returns
    -------
    Jobs
    """
    return SerialJobs(worker) if n_actors == 1 else JobProcesses(worker, n_actors)


def main() -> None:
    """Run an actor: read work from standard input, write replies to standard output."""
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # What a classifier prints must not mix with the replies.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the main process ends us.
    replies.write(b"\n" + _GREETING)
    replies.flush()

    def reply(kind: str, content: Any) -> None:
        pickle.dump((kind, content), replies)
        replies.flush()

    def request() -> Any:
        content = requests.get()
        if isinstance(content, BaseException):
            raise content
        return content

    requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_read_requests, args=(requests,), daemon=True).start()
    try:
        worker, config = request()
        with threadpool_limits(1), config_context(**config):
            reply("ready", None)
            while True:
                number, job = request()
                reply("outcome", (number, worker.run(job)))
    except BaseException as error:
        if isinstance(error, MemoryError):
            reply("memory", str(error) or "out of memory")
        else:
            reply("error", f"an actor failed:\n{traceback.format_exc()}")
        sys.stdout.flush()
        os._exit(1)  # The thread that waits for requests would be in the way of a regular end.


def _read_requests(requests: queue.SimpleQueue[Any]) -> None:
    """Pass requests on; end the process, whatever it is doing, when there will be no more."""
    try:
        while True:
            requests.put(pickle.load(sys.stdin.buffer))
    except EOFError:
        os._exit(0)
    except BaseException as error:
        requests.put(error)
