"""Actors that each run episodes and fit the classifier (Section 3.3, "Multi-Processing").

They read the weights from memory that they share with the main process.
"""

from __future__ import annotations

import os
import tempfile
from collections import deque
from collections.abc import Callable
from typing import IO, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from autosmote.search.jobs import JobProcesses
from autosmote.search.rollout import Actor, Episode, Weights, episode_rng
from autosmote.search.settings import SearchSettings
from autosmote.search.space import Samples, SearchSpace

#: From synthetic rows to a score, larger is better.
Reward = Callable[[Samples], float]

#: Weight versions kept at a time. Round r acts with the version learned from the rounds up to r - 2, so when
#: a new version is published at the end of a round only the one before it is still in use.
N_VERSIONS = 2


class ScoredEpisode(NamedTuple):
    """An episode and its reward."""

    episode: Episode
    reward: float


class ActorPool(Protocol):
    """What runs episodes for the engine."""

    def publish(self, version: int, weights: Weights) -> None:
        """Make a weight version available; versions are numbered from 0."""

    def submit(self, episode: int, version: int) -> None:
        """Ask for an episode, by number, with a published weight version."""

    def next(self) -> ScoredEpisode:
        """Return the outcomes in the order of submission, each as soon as it is there."""

    def close(self) -> None:
        """Stop everything, at once."""


class _Worker:
    """One actor's work: draw an episode with a weight version, evaluate it."""

    def __init__(self, space: SearchSpace, settings: SearchSettings, reward: Reward) -> None:
        self.space, self.settings, self.reward = space, settings, reward
        self._actors: dict[int, Actor] = {}

    def load(self, version: int, weights: Weights) -> None:
        self._actors[version] = Actor(self.space, self.settings, weights)
        for old in [v for v in self._actors if v <= version - N_VERSIONS]:
            del self._actors[old]

    def has(self, version: int) -> bool:
        return version in self._actors

    def run(self, episode: int, version: int) -> ScoredEpisode:
        drawn = self._actors[version].episode(episode_rng(self.settings.seed, episode))
        samples = self.space.decode(*drawn.rows())
        return ScoredEpisode(drawn, float(self.reward(samples)))


class SerialActor:
    """One actor in the main process: episodes run when their outcome is asked for.

    Parameters
    ----------
    space : SearchSpace
    settings : SearchSettings
    reward : callable
        From synthetic rows to a score.
    """

    def __init__(self, space: SearchSpace, settings: SearchSettings, reward: Reward) -> None:
        self._worker = _Worker(space, settings, reward)
        self._jobs: deque[tuple[int, int]] = deque()

    def publish(self, version: int, weights: Weights) -> None:
        """Make a weight version available."""
        self._worker.load(version, weights)

    def submit(self, episode: int, version: int) -> None:
        """Ask for an episode."""
        self._jobs.append((episode, version))

    def next(self) -> ScoredEpisode:
        """Run the oldest episode that was asked for."""
        return self._worker.run(*self._jobs.popleft())

    def close(self) -> None:
        """Nothing is left running."""


class ActorProcesses:
    """Several actors, each a process with one thread, that read the weights from memory they share.

    Parameters
    ----------
    space : SearchSpace
    settings : SearchSettings
    reward : callable
        From synthetic rows to a score. Sent to the actors by cloudpickle, so it can hold a classifier or a
        metric defined in a notebook.
    weights : mapping of str to ndarray of float32
        Names and shapes of the weights, to lay out the shared memory.
    n_actors : int
        Number of processes.
    """

    def __init__(
        self, space: SearchSpace, settings: SearchSettings, reward: Reward, weights: Weights, n_actors: int
    ) -> None:
        # A file without a name: whatever ends this process, nothing of it is left behind.
        self._file = tempfile.TemporaryFile()
        try:
            layout = [(name, array.shape) for name, array in weights.items()]
            self._memory = _shared_weights(self._file, layout, mode="w+")
            worker = _SharingWorker(_Worker(space, settings, reward), self._file.fileno(), layout)
            self._jobs = JobProcesses(worker, n_actors, [self._file.fileno()])
        except BaseException:
            self._file.close()
            raise

    def publish(self, version: int, weights: Weights) -> None:
        """Make a weight version available."""
        for name, array in self._memory[version % N_VERSIONS].items():
            array[...] = weights[name]

    def submit(self, episode: int, version: int) -> None:
        """Ask for an episode."""
        self._jobs.submit((episode, version))

    def next(self) -> ScoredEpisode:
        """Wait for the oldest episode that was asked for; see `JobProcesses.next`."""
        return self._jobs.next()

    def close(self) -> None:
        """Stop all actors, at once."""
        self._jobs.close()
        self._file.close()


class _SharingWorker:
    """In an actor: takes a weight version from the shared memory when an episode first needs it."""

    def __init__(self, worker: _Worker, descriptor: int, layout: list[tuple[str, tuple[int, ...]]]) -> None:
        self._worker, self._descriptor, self._layout = worker, descriptor, layout
        self._memory: list[dict[str, NDArray[np.float32]]] | None = None

    def run(self, job: tuple[int, int]) -> ScoredEpisode:
        episode, version = job
        if self._memory is None:
            self._memory = _shared_weights(os.fdopen(self._descriptor, "rb"), self._layout, mode="r")
        if not self._worker.has(version):
            shared = self._memory[version % N_VERSIONS]
            self._worker.load(version, {name: array.copy() for name, array in shared.items()})
        return self._worker.run(episode, version)


def make_actors(
    space: SearchSpace, settings: SearchSettings, reward: Reward, weights: Weights, n_actors: int
) -> ActorPool:
    """One actor in this process, or several in processes of their own.

    Parameters
    ----------
    space, settings, reward, weights
        See `ActorProcesses`.
    n_actors : int

    Returns
    -------
    ActorPool
    """
    if n_actors == 1:
        return SerialActor(space, settings, reward)
    return ActorProcesses(space, settings, reward, weights, n_actors)


def _shared_weights(
    file: IO[bytes], layout: list[tuple[str, tuple[int, ...]]], mode: Literal["r", "w+"]
) -> list[dict[str, NDArray[np.float32]]]:
    """Views of a memory-mapped file, per version slot and name."""
    sizes = [int(np.prod(shape)) for _, shape in layout]
    memory = np.memmap(file, dtype=np.float32, mode=mode, shape=(N_VERSIONS, sum(sizes)))
    return [
        {
            name: part.reshape(shape)
            for (name, shape), part in zip(layout, np.split(slot, np.cumsum(sizes)[:-1]), strict=True)
        }
        for slot in memory
    ]
