"""Policy search: CMA-ES in the space of policies with few parameters, scored by cross-validation.

A policy is scored over all folds, by one draw of synthetic rows and one classifier fit on each. The search
starts from given policies. Then each generation of CMA-ES is scored on one fold, which costs a fit for each
policy, and only its best policies on the others. The answer is a mixture of the best policies, and of several
draws on the training rows the one with the best validation score.

Everything follows a schedule: fit number n draws from a random stream of its own, and what comes next depends
on what came out and not on when. So the result depends neither on the number of actors nor on interruptions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from autosmote.search.checkpoint import Checkpoint
from autosmote.search.folds import CrossValidation, FoldOutcome
from autosmote.search.jobs import make_jobs
from autosmote.search.linear_policies import CORNERS, N_PARAMETERS, Policy, random_policy
from autosmote.search.space import Incumbent, Samples
from autosmote.utils.threads import one_thread

# Random streams of a search, besides its seed.
_FIT, _EVOLUTION, _RANDOM_POLICIES = range(3)


@dataclass(frozen=True)
class PolicySearchSettings:
    """What the result of a policy search depends on, besides the folds and where it starts.

    Parameters
    ----------
    fits : int, default 300
        Classifier fits in all; one on one fold counts as one.
    population : int, default 16
        Policies per generation.
    step : float, default 0.7
        First step size of CMA-ES, in units of the spread of each parameter.
    promoted : int, default 4
        Policies of a generation that are scored on all folds. The first mean is that of as many of the
        policies that the search started from.
    mixed : int, default 3
        Policies that make the answer.
    draws : int, default 8
        Draws of the answer, of which validation chooses.
    seed : int, default 0

    Raises
    ------
    ValueError
        If a value is out of its range; the message names the key and the value.
    """

    fits: int = 300
    population: int = 16
    step: float = 0.7
    promoted: int = 4
    mixed: int = 3
    draws: int = 8
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.step > 0:
            raise ValueError(f"policy search setting step={self.step!r}: expected a number above 0")
        for name in {key.name for key in fields(self)} - {"step"}:
            value, least = getattr(self, name), {"seed": 0, "population": 2}.get(name, 1)
            if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
                raise ValueError(
                    f"policy search setting {name}={value!r}: expected a whole number of at least {least}"
                )
        if self.promoted > self.population:
            raise ValueError(
                f"policy search setting promoted={self.promoted!r}: a generation has population="
                f"{self.population} policies; expected at most as many"
            )


@dataclass(frozen=True)
class Fit:
    """What one fit did; the rows of a search's history.

    Attributes
    ----------
    iteration : int
        From 1.
    round : int
        Generation, from 1; 0 for the policies that the search started from, one more than the last for the
        draws of the answer.
    policy : int
        Number of the policy, from 1; 0 for the answer.
    fold : int
        From 1; the last one is that of training and validation rows.
    n_synthetic : int
        Synthetic rows.
    validation_score : float
        Score on the rows that the fold leaves out; NaN if the classifier could not be fitted.
    pooled_score : float
        Score of the policy over all folds, with the last of its fits; NaN otherwise.
    best_validation_score : float
        Score on the validation rows of what would be the result, were the search stopped here: of the
        training rows with which the policy with the best score over all folds was scored, or of the best draw
        of the answer. NaN if there is none.
    """

    iteration: int
    round: int
    policy: int
    fold: int
    n_synthetic: int
    validation_score: float
    pooled_score: float = math.nan
    best_validation_score: float = math.nan


@dataclass(frozen=True)
class PolicySearchResult:
    """The answer of a policy search, and its learning curve.

    Attributes
    ----------
    policies : ndarray of float64, shape (n_mixed, 18)
        The mixture: the policies with the best scores over all folds, best first. Empty if none has a score.
    scores : ndarray of float64, shape (n_mixed,)
        These scores.
    best_score : float
        Validation score of the samples; NaN if there are none.
    best_iteration : int
        The fit that it comes from, from 1; 0 if no policy has a score.
    samples : Samples
        The best draw, as decisions of the last fold's space.
    history : DataFrame
        One row per fit, with the fields of `Fit`.
    incumbents : tuple of Incumbent
        What would have been the result, one after the other; the last is the result. Its scores on the
        validation rows need not rise, because the scores over all folds decide.
    resumed_after : int
        Fits that were taken from a checkpoint.
    """

    policies: NDArray[np.float64]
    scores: NDArray[np.float64]
    best_score: float
    best_iteration: int
    samples: Samples
    history: pd.DataFrame
    incumbents: tuple[Incumbent, ...]
    resumed_after: int = 0


def corner_starts(seed: int, n_random: int = 8) -> NDArray[np.float64]:
    """List the corners of the space and random policies.

    Parameters
    ----------
    seed : int
    n_random : int, default 8

    Returns
    -------
    ndarray of float64, shape (n_corners + n_random, 18)
    """
    return np.concatenate([list(CORNERS.values()), random_starts(seed, n_random)])


def bank_starts(policies: NDArray[np.float64]) -> NDArray[np.float64]:
    """List the policies of a bank, after the one that makes no rows.

    Parameters
    ----------
    policies : ndarray of float64, shape (n_policies, 18)

    Returns
    -------
    ndarray of float64, shape (n_policies + 1, 18)
    """
    return np.concatenate([[CORNERS["none"]], policies])


def bank_spread(policies: NDArray[np.float64]) -> NDArray[np.float64]:
    """Say how far a search should look around the policies of a bank.

    Parameters
    ----------
    policies : ndarray of float64, shape (n_policies, 18)

    Returns
    -------
    ndarray of float64, shape (18,)
        Their standard deviations, and a little more, so that no parameter is fixed.
    """
    return policies.std(axis=0) + 0.1


def random_starts(seed: int, n_policies: int) -> NDArray[np.float64]:
    """Draw random policies.

    Parameters
    ----------
    seed, n_policies : int

    Returns
    -------
    ndarray of float64, shape (n_policies, 18)
    """
    rng = np.random.default_rng([seed, _RANDOM_POLICIES])
    return np.reshape([random_policy(rng) for _ in range(n_policies)], (n_policies, N_PARAMETERS))


def search_policies(
    folds: CrossValidation,
    starts: NDArray[np.float64],
    settings: PolicySearchSettings,
    *,
    spread: NDArray[np.float64] | None = None,
    actors: int = 1,
    on_iteration: Callable[[Fit], bool | None] | None = None,
    checkpoint: Checkpoint | None = None,
) -> PolicySearchResult:
    """Search for the policies with the best cross-validated score.

    Parameters
    ----------
    folds : CrossValidation
    starts : ndarray of float64, shape (n_starts, 18)
        Policies to start from: as many of the first ones as the fits allow are scored on all folds.
    settings : PolicySearchSettings
    spread : ndarray of float64, shape (18,), optional
        Standard deviations of the parameters, relative to each other; default: the same for all.
    actors : int, default 1
        1 fits in this process; more start that many processes. The result is the same.
    on_iteration : callable, optional
        Called after each fit; a true value ends the search there, without the draws of the answer.
    checkpoint : Checkpoint, optional
        Where to go on from, if it holds a state, and where to keep one. The caller removes it.

    Returns
    -------
    PolicySearchResult

    Raises
    ------
    ValueError
        If there are too few fits for one policy on all folds and one draw.
    ActorError
        If an actor process raised (its traceback is in the message) or died.
    """
    if actors < 1:
        raise ValueError(f"actors={actors!r}: expected at least 1")
    n_folds = len(folds.folds)
    if settings.fits <= n_folds:
        raise ValueError(
            f"policy search setting fits={settings.fits!r}: a policy needs a fit on each of {n_folds} folds, "
            f"and the answer one more; expected at least {n_folds + 1}"
        )
    with one_thread():
        run = _Run(folds, settings, actors, on_iteration, checkpoint)
        try:
            _run(run, starts, spread)
        except _Stopped:
            pass
        finally:
            run.jobs.close()
        return run.result()


def _run(run: _Run, starts: NDArray[np.float64], spread: NDArray[np.float64] | None) -> None:
    settings, n_folds = run.settings, len(run.folds.folds)
    everywhere = range(n_folds)
    n_draws = min(settings.draws, settings.fits - n_folds)
    left = settings.fits - n_draws

    candidates = run.add(starts[: left // n_folds])
    run.fit(candidates, everywhere)
    left -= len(candidates) * n_folds
    parents = sorted(candidates, key=_loss)[: settings.promoted]
    evolution = _Evolution(np.mean([parent.policy for parent in parents], axis=0), spread, settings)
    cost = settings.population + settings.promoted * (n_folds - 1)
    while left >= cost:
        run.round += 1
        # The split of training and validation rows in turn with each of the others.
        turn, of_training = divmod(run.round - 1, 2)
        first = turn % (n_folds - 1) if of_training else n_folds - 1
        generation = run.add(evolution.ask())
        run.fit(generation, [first])
        generation.sort(key=_loss)
        promoted, rest = generation[: settings.promoted], generation[settings.promoted :]
        run.fit(promoted, [fold for fold in everywhere if fold != first])
        promoted.sort(key=_loss)
        evolution.tell([candidate.policy for candidate in (*promoted, *rest)])
        left -= cost
    if left >= n_folds and run.round:
        run.fit(run.add([evolution.mean]), everywhere)
    run.round += 1
    run.draw(n_draws)


class _Evolution:
    """CMA-ES that is told an order of policies."""

    def __init__(
        self, mean: Policy, spread: NDArray[np.float64] | None, settings: PolicySearchSettings
    ) -> None:
        # It loads matplotlib where that is installed, so not before it is needed.
        import cma

        rng = np.random.default_rng([settings.seed, _EVOLUTION])
        options = {
            "popsize": settings.population,
            "randn": lambda *shape: rng.standard_normal(shape),
            "seed": math.nan,  # Leaves NumPy's global random state alone.
            "verbose": -9,
        }
        if spread is not None:
            options["CMA_stds"] = spread
        self._strategy = cma.CMAEvolutionStrategy(mean, settings.step, options)

    def ask(self) -> list[Policy]:
        return self._strategy.ask()

    def tell(self, policies: Sequence[Policy]) -> None:
        """Learn from a generation, best policy first."""
        self._strategy.tell(policies, list(range(len(policies))))

    @property
    def mean(self) -> Policy:
        return np.array(self._strategy.mean)


@dataclass
class _Candidate:
    """A policy, and what came of its fits."""

    number: int
    policy: Policy
    outcomes: dict[int, FoldOutcome] = field(default_factory=dict)
    score: float = math.nan  # Of its first fit, and over all folds when it was fitted on all.
    drawn: int = 0  # Number of its fit on the training rows.


def _loss(candidate: _Candidate) -> float:
    return math.inf if math.isnan(candidate.score) else -candidate.score


@dataclass(frozen=True)
class _Incumbent:
    """What would be the result after a fit: the draw that fit number `drawn` was made with."""

    iteration: int
    score: float
    policies: NDArray[np.float64]
    drawn: int


class _Stopped(Exception):
    """The caller has asked for an end."""


class _Worker:
    """One actor's work: draw synthetic rows on a fold, fit the classifier."""

    def __init__(self, folds: CrossValidation, seed: int) -> None:
        self.folds, self.seed = folds, seed

    def draw(self, number: int, fold: int, policies: NDArray[np.float64]) -> Samples:
        rng = np.random.default_rng([self.seed, _FIT, number])
        return self.folds.folds[fold].policies.draw(policies, rng)

    def run(self, job: tuple[int, int, NDArray[np.float64]]) -> FoldOutcome:
        return self.folds.fit(job[1], self.draw(*job))


class _Run:
    """How far a search has come. The outcomes in a checkpoint are replayed, which costs next to nothing."""

    def __init__(
        self,
        folds: CrossValidation,
        settings: PolicySearchSettings,
        actors: int,
        on_iteration: Callable[[Fit], bool | None] | None,
        checkpoint: Checkpoint | None,
    ) -> None:
        self.folds, self.settings = folds, settings
        self.round = 0
        self._worker = _Worker(folds, settings.seed)
        self._on_iteration, self._checkpoint = on_iteration, checkpoint
        self._outcomes: list[FoldOutcome] = []
        if checkpoint is not None and (state := checkpoint.load()) is not None:
            self._outcomes = [_outcome_from_state(outcome) for outcome in state["outcomes"]]
        self.resumed_after = len(self._outcomes)
        self._history: list[Fit] = []
        self._candidates: list[_Candidate] = []
        self._incumbents: list[_Incumbent] = []
        self._best_pooled = -math.inf
        self._n_submitted = 0
        self.jobs = make_jobs(self._worker, actors)

    def add(self, policies: Sequence[Policy] | NDArray[np.float64]) -> list[_Candidate]:
        """Number the policies."""
        first = len(self._candidates) + 1
        added = [_Candidate(first + i, policy) for i, policy in enumerate(policies)]
        self._candidates += added
        return added

    def fit(self, candidates: Sequence[_Candidate], folds: Sequence[int]) -> None:
        """Fit each of the policies on each of the folds."""
        jobs = [(candidate, fold) for candidate in candidates for fold in folds]
        self._submit([(fold, candidate.policy[None]) for candidate, fold in jobs])
        for candidate, fold in jobs:
            outcome = self._next()
            candidate.outcomes[fold] = outcome
            if fold == len(self.folds.folds) - 1:
                candidate.drawn = len(self._history) + 1
            if len(candidate.outcomes) == 1:
                candidate.score = outcome.score
            pooled = math.nan
            if len(candidate.outcomes) == len(self.folds.folds):
                pooled = candidate.score = self.folds.score(
                    [candidate.outcomes[i] for i in range(len(self.folds.folds))]
                )
                if pooled > self._best_pooled:
                    self._best_pooled = pooled
                    self._select(
                        candidate.outcomes[len(self.folds.folds) - 1], candidate.policy[None], candidate.drawn
                    )
            self._record(candidate.number, fold, outcome, pooled)

    def draw(self, n_draws: int) -> None:
        """Draw the answer on the training rows several times."""
        policies, _ = self.best()
        if not len(policies):
            return
        last = len(self.folds.folds) - 1
        self._submit([(last, policies)] * n_draws)
        best = -math.inf
        for _ in range(n_draws):
            outcome = self._next()
            if outcome.score > best:
                best = outcome.score
                self._select(outcome, policies, len(self._history) + 1)
            self._record(0, last, outcome)

    def _select(self, outcome: FoldOutcome, policies: NDArray[np.float64], drawn: int) -> None:
        self._incumbents.append(_Incumbent(len(self._history) + 1, outcome.score, policies, drawn))

    def _submit(self, jobs: Sequence[tuple[int, NDArray[np.float64]]]) -> None:
        for job in jobs:
            self._n_submitted += 1
            if self._n_submitted > self.resumed_after:
                self.jobs.submit((self._n_submitted, *job))

    def _next(self) -> FoldOutcome:
        if len(self._history) == len(self._outcomes):
            self._outcomes.append(self.jobs.next())
            if self._checkpoint is not None and self._checkpoint.due():
                self._checkpoint.save({"outcomes": [_outcome_state(outcome) for outcome in self._outcomes]})
        return self._outcomes[len(self._history)]

    def _record(self, policy: int, fold: int, outcome: FoldOutcome, pooled: float = math.nan) -> None:
        fit = Fit(
            iteration=len(self._history) + 1,
            round=self.round,
            policy=policy,
            fold=fold + 1,
            n_synthetic=outcome.n_synthetic,
            validation_score=outcome.score,
            pooled_score=pooled,
            best_validation_score=self._incumbents[-1].score if self._incumbents else math.nan,
        )
        self._history.append(fit)
        is_new = fit.iteration > self.resumed_after
        if is_new and self._on_iteration is not None and self._on_iteration(fit):
            raise _Stopped

    def best(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The policies with the best scores over all folds, and these scores."""
        n_folds = len(self.folds.folds)
        complete = [c for c in self._candidates if len(c.outcomes) == n_folds and not math.isnan(c.score)]
        best = sorted(complete, key=_loss)[: self.settings.mixed]
        policies = np.reshape([c.policy for c in best], (len(best), N_PARAMETERS))
        return policies, np.array([c.score for c in best])

    def result(self) -> PolicySearchResult:
        """Draw once more what was selected: a draw is cheap, and its random stream is known."""
        last = len(self.folds.folds) - 1
        incumbents = tuple(
            Incumbent(
                incumbent.iteration,
                incumbent.score,
                self._worker.draw(incumbent.drawn, last, incumbent.policies),
            )
            for incumbent in self._incumbents
        )
        policies, scores = self.best()
        return PolicySearchResult(
            policies=policies,
            scores=scores,
            best_score=incumbents[-1].score if incumbents else math.nan,
            best_iteration=incumbents[-1].iteration if incumbents else 0,
            samples=incumbents[-1].samples if incumbents else _NO_SAMPLES,
            history=pd.DataFrame(self._history),
            incumbents=incumbents,
            resumed_after=self.resumed_after,
        )


_NO_SAMPLES = Samples(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0))


def _outcome_state(outcome: FoldOutcome) -> dict[str, Any]:
    import torch  # Only a search with checkpoints needs it.

    arrays = {"labels": outcome.labels, "classes": outcome.classes}
    return {"score": outcome.score, "n_synthetic": outcome.n_synthetic} | {
        name: None if array is None else torch.from_numpy(array) for name, array in arrays.items()
    }


def _outcome_from_state(state: dict[str, Any]) -> FoldOutcome:
    arrays = {name: None if state[name] is None else state[name].numpy() for name in ("labels", "classes")}
    return FoldOutcome(state["score"], state["n_synthetic"], **arrays)
