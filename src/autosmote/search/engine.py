"""The search (Algorithm 2): rounds of episodes and updates, keeping the samples with the best score.

Everything follows a schedule. Each episode draws from its own random stream. Round r acts with the weights
learned from the rounds up to r - 2. The learner takes the episodes in order. So the result depends on the
settings, and not on the number of actors or their timing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from autosmote.search.actors import ActorPool, Reward, make_actors
from autosmote.search.checkpoint import Checkpoint
from autosmote.search.learner import Learner
from autosmote.search.policies import Policies
from autosmote.search.rollout import Episode
from autosmote.search.settings import SearchSettings
from autosmote.search.space import Incumbent, Samples, SearchSpace
from autosmote.utils.threads import one_thread


@dataclass(frozen=True)
class Iteration:
    """What one iteration did; the rows of a search's history.

    Attributes
    ----------
    iteration : int
        From 1.
    round : int
        From 0.
    g1 : int or float
        Cross-instance factor; NaN in a flat hierarchy, which has none.
    n_synthetic : int
        Synthetic rows.
    validation_score : float
        NaN if the classifier could not be fitted.
    best_validation_score : float
        Best so far; NaN if there is none.
    cross_instance_loss, instance_specific_loss, low_level_loss : float
        Eq. 2 summed over the batch of the last update; NaN where the policy was not updated. The low-level
        columns are those of the flat policy in a flat hierarchy.
    cross_instance_entropy, instance_specific_entropy, low_level_entropy : float
        Nats per step of that batch; NaN where the policy was not updated.
    """

    iteration: int
    round: int
    g1: float
    n_synthetic: int
    validation_score: float
    best_validation_score: float
    cross_instance_loss: float = math.nan
    cross_instance_entropy: float = math.nan
    instance_specific_loss: float = math.nan
    instance_specific_entropy: float = math.nan
    low_level_loss: float = math.nan
    low_level_entropy: float = math.nan


@dataclass(frozen=True)
class SearchResult:
    """The best samples of a search, and its learning curve.

    Attributes
    ----------
    best_score : float
        Best validation score; NaN if no iteration has a score.
    best_iteration : int
        The first iteration that reached it, from 1; 0 if no iteration has a score.
    samples : Samples
        Its synthetic rows, as decisions.
    history : DataFrame
        One row per iteration, with the fields of `Iteration`.
    incumbents : tuple of Incumbent
        The iterations whose score was better than all before; the last is the best one.
    policies : Policies
        The policies in the end, on the CPU.
    resumed_after : int
        Iterations that were taken from a checkpoint.
    """

    best_score: float
    best_iteration: int
    samples: Samples
    history: pd.DataFrame
    incumbents: tuple[Incumbent, ...]
    policies: Policies
    resumed_after: int = 0


def search(
    space: SearchSpace,
    reward: Reward,
    settings: SearchSettings,
    *,
    actors: int = 1,
    device: str = "cpu",
    on_iteration: Callable[[Iteration], bool | None] | None = None,
    checkpoint: Checkpoint | None = None,
) -> SearchResult:
    """Search for the synthetic samples with the best validation score.

    Parameters
    ----------
    space : SearchSpace
    reward : callable
        From `Samples` to a finite score, larger is better; NaN if there is none. The policies do not learn
        from an episode without a score.
    settings : SearchSettings
    actors : int, default 1
        With 1 the episodes run in this process. With more, they run in that many processes, which work while
        the learner learns. The result is the same. At most ``2 * settings.round_size`` can be busy.
    device : str, default "cpu"
        Device of the learner, as PyTorch names it. Results are reproducible per kind of device.
    on_iteration : callable, optional
        Called after each iteration; if it returns a true value, the search ends there.
    checkpoint : Checkpoint, optional
        The search continues from it if it holds a state, and keeps its state there. The caller removes it.

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
    with one_thread():
        learner = Learner(space, settings, device)
        run = _Run(weights_before=learner.weights())
        if checkpoint is not None and (state := checkpoint.load()) is not None:
            run = _Run.from_state(state)
            learner.load_state_dict(state["learner"])
        resumed_after = len(run.history)
        weights = learner.weights()
        pool = make_actors(space, settings, reward, weights, actors)
        try:
            # Version v of the weights was learned from the rounds before v; round r acts with version r - 1.
            start = run.round
            pool.publish(max(0, start - 1), run.weights_before)
            pool.publish(start, weights)
            _submit(pool, settings, start, version=max(0, start - 1))
            _submit(pool, settings, start + 1, version=start)
            for round_ in range(start, math.ceil(settings.iterations / settings.round_size)):
                run.weights_before = weights
                for episode_number in _episodes(settings, round_):
                    episode, score = pool.next()
                    report = {} if math.isnan(score) else learner.learn(episode, score)
                    n_synthetic = space.n_samples(len(episode.rows()[0]))
                    run.add(episode_number, round_, episode, n_synthetic, score, report)
                    if stopped := on_iteration is not None and bool(on_iteration(run.history[-1])):
                        break
                if stopped:
                    break
                weights = learner.weights()
                pool.publish(round_ + 1, weights)
                _submit(pool, settings, round_ + 2, version=round_ + 1)
                run.round = round_ + 1
                if checkpoint is not None and checkpoint.due():
                    checkpoint.save(run.state() | {"learner": learner.state_dict()})
        finally:
            pool.close()
    incumbents = tuple(
        Incumbent(best.iteration, best.score, space.decode(best.instance, best.action)) for best in run.bests
    )
    return SearchResult(
        best_score=incumbents[-1].score if incumbents else math.nan,
        best_iteration=incumbents[-1].iteration if incumbents else 0,
        samples=incumbents[-1].samples if incumbents else space.decode(_NO_ROWS, _NO_ROWS),
        history=pd.DataFrame(run.history),
        incumbents=incumbents,
        policies=learner.trained(),
        resumed_after=resumed_after,
    )


_NO_ROWS = np.empty(0, np.int32)


@dataclass(frozen=True)
class _Best:
    """An episode whose score was the best so far: the instance and the action of each of its steps."""

    iteration: int
    score: float
    instance: NDArray[np.int32]
    action: NDArray[np.int32]


@dataclass
class _Run:
    """The state of a search, apart from the learner's."""

    weights_before: Mapping[str, NDArray[np.float32]]  # As the round before the last one left them.
    round: int = 0
    history: list[Iteration] = field(default_factory=list)
    bests: list[_Best] = field(default_factory=list)

    def add(
        self,
        number: int,
        round_: int,
        episode: Episode,
        n_synthetic: int,
        score: float,
        report: dict[str, float],
    ) -> None:
        if not math.isnan(score) and (not self.bests or score > self.bests[-1].score):
            self.bests.append(_Best(number + 1, score, *episode.rows()))
        self.history.append(
            Iteration(
                iteration=number + 1,
                round=round_,
                g1=math.nan if episode.g1 is None else episode.g1,
                n_synthetic=n_synthetic,
                validation_score=score,
                best_validation_score=self.bests[-1].score if self.bests else math.nan,
                **report,
            )
        )

    def state(self) -> dict[str, Any]:
        return {
            "weights_before": {name: torch.from_numpy(array) for name, array in self.weights_before.items()},
            "round": self.round,
            "history": [asdict(iteration) for iteration in self.history],
            "bests": [
                {
                    "iteration": best.iteration,
                    "score": best.score,
                    "instance": torch.from_numpy(best.instance),
                    "action": torch.from_numpy(best.action),
                }
                for best in self.bests
            ],
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> _Run:
        return cls(
            weights_before={name: tensor.numpy() for name, tensor in state["weights_before"].items()},
            round=state["round"],
            history=[Iteration(**row) for row in state["history"]],
            bests=[
                _Best(best["iteration"], best["score"], best["instance"].numpy(), best["action"].numpy())
                for best in state["bests"]
            ],
        )


def _episodes(settings: SearchSettings, round_: int) -> range:
    first = round_ * settings.round_size
    return range(first, min(first + settings.round_size, settings.iterations))


def _submit(pool: ActorPool, settings: SearchSettings, round_: int, version: int) -> None:
    for episode in _episodes(settings, round_):
        pool.submit(episode, version)
