"""The search (Algorithm 2): rounds of episodes and updates, keeping the samples with the best score.

Everything follows a schedule. Episode e draws from a random stream of its own; round r acts with the weights
learned from the rounds up to r - 2; the learner takes the episodes in order. The result therefore depends on
the settings and not on the number of actors or their timing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pandas as pd
import torch
from threadpoolctl import threadpool_limits

from autosmote.search.actors import ActorPool, Reward, make_actors
from autosmote.search.learner import Learner
from autosmote.search.settings import SearchSettings
from autosmote.search.space import Samples, SearchSpace


@dataclass(frozen=True)
class Iteration:
    """What one iteration did; the rows of a search's history.

    Attributes
    ----------
    iteration : int
        From 1.
    round : int
        From 0.
    g1 : int
        Cross-instance factor.
    n_synthetic : int
        Synthetic rows.
    validation_score : float
    best_validation_score : float
        Best so far.
    cross_instance_loss, instance_specific_loss, low_level_loss : float
        Eq. 2 summed over the batch of the last update; NaN where the policy was not updated.
    cross_instance_entropy, instance_specific_entropy, low_level_entropy : float
        Nats per step of that batch; NaN where the policy was not updated.
    """

    iteration: int
    round: int
    g1: int
    n_synthetic: int
    validation_score: float
    best_validation_score: float
    cross_instance_loss: float
    cross_instance_entropy: float
    instance_specific_loss: float
    instance_specific_entropy: float
    low_level_loss: float
    low_level_entropy: float


@dataclass(frozen=True)
class SearchResult:
    """The best samples of a search, and its course.

    Attributes
    ----------
    best_score : float
        Best validation score.
    best_iteration : int
        The first iteration that reached it, from 1.
    samples : Samples
        Its synthetic rows, as decisions.
    history : DataFrame
        One row per iteration, with the fields of `Iteration`.
    """

    best_score: float
    best_iteration: int
    samples: Samples
    history: pd.DataFrame


def search(
    space: SearchSpace,
    reward: Reward,
    settings: SearchSettings,
    *,
    actors: int = 1,
    device: str = "cpu",
    on_iteration: Callable[[Iteration], None] | None = None,
) -> SearchResult:
    """Search for the synthetic samples with the best validation score.

    Parameters
    ----------
    space : SearchSpace
    reward : callable
        From `Samples` to a finite score, larger is better.
    settings : SearchSettings
    actors : int, default 1
        1 runs the episodes in this process; more start that many processes, which work while the learner
        learns. The result is the same. More than ``2 * settings.round_size`` cannot all be busy.
    device : str, default "cpu"
        Device of the learner, as PyTorch names it. Results are reproducible per kind of device.
    on_iteration : callable, optional
        Called after each iteration.

    Returns
    -------
    SearchResult

    Raises
    ------
    ActorError
        If an actor process raised (its traceback is in the message) or died.
    """
    if actors < 1:
        raise ValueError(f"actors={actors!r}: expected at least 1")
    history: list[Iteration] = []
    best_score, best_iteration, best_samples = -math.inf, 0, None

    with _one_thread():
        learner = Learner(space, settings, device)
        weights = learner.weights()
        pool = make_actors(space, settings, reward, weights, actors)
        try:
            pool.publish(0, weights)
            for round_ in (0, 1):
                _submit(pool, settings, round_, version=0)
            for round_ in range(math.ceil(settings.iterations / settings.round_size)):
                for episode_number in _episodes(settings, round_):
                    episode, score = pool.next()
                    if score > best_score:
                        best_score, best_iteration = score, episode_number + 1
                        best_samples = space.decode(episode.step_instance, episode.action)
                    report = learner.learn(episode, score)
                    history.append(
                        Iteration(
                            iteration=episode_number + 1,
                            round=round_,
                            g1=episode.g1,
                            n_synthetic=len(episode.action),
                            validation_score=score,
                            best_validation_score=best_score,
                            **report,
                        )
                    )
                    if on_iteration is not None:
                        on_iteration(history[-1])
                pool.publish(round_ + 1, learner.weights())
                _submit(pool, settings, round_ + 2, version=round_ + 1)
        finally:
            pool.close()

    assert best_samples is not None  # There is at least one iteration, and every score is finite.
    return SearchResult(best_score, best_iteration, best_samples, pd.DataFrame(history))


def _episodes(settings: SearchSettings, round_: int) -> range:
    first = round_ * settings.round_size
    return range(first, min(first + settings.round_size, settings.iterations))


def _submit(pool: ActorPool, settings: SearchSettings, round_: int, version: int) -> None:
    for episode in _episodes(settings, round_):
        pool.submit(episode, version)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Hold this process to one thread: n actors then use n cores, and sums have one order."""
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(threads)
