"""MESA: an ensemble on under-sampled data whose sampler is learned on the validation rows (Liu et al., 2020).

Each member of the ensemble is fitted to all minority rows and to as many majority rows. The *meta-sampler*
chooses the majority rows: it looks at the distribution of the ensemble's errors so far, and draws the error
that the rows of the next member should have. It is trained by soft actor-critic (`soft_actor_critic`). Its
reward is the gain of a member in the validation score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.base import ClassifierMixin, clone

from autosmote.samplers.spec import Learned, MethodSpec, Problem
from autosmote.utils.errors import RL_EXTRA, require_torch
from autosmote.utils.threads import one_thread

if TYPE_CHECKING:  # It loads PyTorch, which a list of the methods does not need.
    from autosmote.samplers.soft_actor_critic import SoftActorCritic

N_BINS = 5
N_STATE = 2 * N_BINS
WIDTH = 0.2
"""Standard deviation of the weights of majority rows about the action."""
REWARD_SCALE = 100.0
BATCH_SIZE = 64
MEMORY = 1000
SIGMOID_NOTE = "the probability of the minority class is the sigmoid of the decision function"

Measure = Callable[[NDArray, NDArray[np.float64]], float]
"""A score of probabilities of class 1, called as ``measure(y_true, probabilities)``; larger is better."""


def probabilities(model: ClassifierMixin, X: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return P(y = 1) of a classifier fitted to the labels 0 and 1.

    Parameters
    ----------
    model : sklearn.base.ClassifierMixin
        Without ``predict_proba`` (LinearSVC), the sigmoid of its decision function is used. That is not
        calibrated, but is 0.5 where the classifier decides.
    X : ndarray of shape (n_rows, n_features)

    Returns
    -------
    ndarray of shape (n_rows,)
    """
    if hasattr(model, "predict_proba"):
        return model.predict_proba(X)[:, 1]
    return expit(model.decision_function(X))


@dataclass(frozen=True)
class Ensemble:
    """Classifiers whose probabilities are averaged.

    Parameters
    ----------
    members : list of sklearn.base.ClassifierMixin
        Fitted to the labels 0 and 1.
    """

    members: list[ClassifierMixin] = field(default_factory=list)

    def probabilities(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean P(y = 1) of rows of shape (n_rows, n_features)."""
        return np.mean([probabilities(member, X) for member in self.members], axis=0)

    def predict_proba(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean probabilities of both classes, shape (n_rows, 2)."""
        positive = self.probabilities(X)
        return np.column_stack([1 - positive, positive])

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the labels, 0 or 1, of rows of shape (n_rows, n_features)."""
        return (self.probabilities(X) > 0.5).astype(np.int64)


def meta_state(training_errors: NDArray, validation_errors: NDArray) -> NDArray[np.float64]:
    """Describe an ensemble by the distribution of its errors.

    Parameters
    ----------
    training_errors, validation_errors : ndarray of shape (n_rows,)
        |y - P(y = 1)| of the majority rows.

    Returns
    -------
    ndarray of shape (10,)
        Shares of the rows in five bins of equal width, from the smallest to the largest error: first of the
        training rows, then of the validation rows. Each five are scaled to a mean of 1.
    """
    histograms = [np.histogram(errors, bins=N_BINS)[0] for errors in (training_errors, validation_errors)]
    return np.concatenate([N_BINS * counts / counts.sum() for counts in histograms])


def meta_sample(
    errors: NDArray[np.float64], action: float, size: int, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Draw majority rows whose error is about `action`.

    Parameters
    ----------
    errors : ndarray of shape (n_rows,)
        |y - P(y = 1)| of the majority rows.
    action : float
        Mean of the normal density that weights the rows; its standard deviation is 0.2.
    size : int
        Rows to draw without replacement.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int, shape (size,)
        Positions in `errors`.
    """
    weights = np.exp(-0.5 * ((errors - action) / WIDTH) ** 2)
    return rng.choice(len(errors), size=size, replace=False, p=weights / weights.sum())


class EnsembleTraining:
    """The decision process of MESA: an episode builds an ensemble, a step adds a member.

    Parameters
    ----------
    X, X_validation : ndarray of shape (n_rows, n_features)
    y, y_validation : ndarray of shape (n_rows,)
        1 for the minority class, 0 for the majority class.
    estimator : sklearn.base.ClassifierMixin
        The base classifier, unfitted.
    measure : callable
        Its gain is the reward of a step; see `Measure`.
    members : int
        Classifiers in an ensemble.
    rng : numpy.random.Generator
    """

    def __init__(
        self,
        X: NDArray[np.float64],
        y: NDArray,
        X_validation: NDArray[np.float64],
        y_validation: NDArray,
        estimator: ClassifierMixin,
        measure: Measure,
        members: int,
        rng: np.random.Generator,
    ) -> None:
        self._minority, self._majority = X[y == 1], X[y == 0]
        self._y_validation = y_validation
        # The rows whose probabilities are kept: those to draw from, and those to score.
        self._watched = np.concatenate([self._majority, X_validation])
        self._estimator, self._measure, self._members, self._rng = estimator, measure, members, rng
        self._size = min(len(self._minority), len(self._majority))

    def reset(self) -> NDArray[np.float64]:
        """Begin an ensemble. Its first member sees majority rows drawn uniformly.

        Returns
        -------
        ndarray of shape (10,)
            The state.
        """
        self.ensemble = Ensemble()
        self._probabilities = np.zeros(len(self._watched))
        self._add(self._rng.choice(len(self._majority), size=self._size, replace=False))
        return self._state()

    def step(self, action: float) -> tuple[NDArray[np.float64], float, bool]:
        """Add a member.

        Parameters
        ----------
        action : float
            See `meta_sample`.

        Returns
        -------
        state : ndarray of shape (10,)
        reward : float
            100 times the gain in the validation score.
        terminal : bool
            Whether the ensemble is complete.
        """
        before = self._score
        self._add(meta_sample(self._errors()[0], action, self._size, self._rng))
        terminal = len(self.ensemble.members) >= self._members
        return self._state(), REWARD_SCALE * (self._score - before), terminal

    def _add(self, rows: NDArray[np.intp]) -> None:
        X = np.concatenate([self._majority[rows], self._minority])
        y = np.repeat([0, 1], [len(rows), len(self._minority)])
        member = clone(self._estimator).fit(X, y)
        self.ensemble.members.append(member)
        new = probabilities(member, self._watched)
        self._probabilities += (new - self._probabilities) / len(self.ensemble.members)
        self._score = self._measure(self._y_validation, self._probabilities[len(self._majority) :])

    def _errors(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Errors of the majority rows for training and for validation; their y is 0."""
        training, validation = np.split(self._probabilities, [len(self._majority)])
        return training, validation[self._y_validation == 0]

    def _state(self) -> NDArray[np.float64]:
        return meta_state(*self._errors())


def build_ensemble(process: EnsembleTraining, act: Callable[[NDArray[np.float64]], float]) -> Ensemble:
    """Run one episode.

    Parameters
    ----------
    process : EnsembleTraining
    act : callable
        From a state to an action in [0, 1].

    Returns
    -------
    Ensemble
    """
    state, terminal = process.reset(), False
    while not terminal:
        state, _, terminal = process.step(act(state))
    return process.ensemble


def prior_transitions(
    rng: np.random.Generator,
) -> Iterator[tuple[NDArray[np.float64], float, float, NDArray[np.float64], bool]]:
    """Make the transitions in MESA's memory at the start: actions that its authors consider good.

    Where errors are large, draw rows with large errors, and so on. There are three such rules, with 333 noisy
    copies of each.

    Parameters
    ----------
    rng : numpy.random.Generator

    Yields
    ------
    state, action, reward, next_state, terminal
    """

    def bump(mean: float) -> NDArray[np.float64]:
        return np.exp(-0.5 * ((np.linspace(0, 1, N_BINS) - mean) / 0.3) ** 2)

    for means, action in (((1.0, 1.0), 0.9), ((0.5, 0.5), 0.5), ((0.0, 0.5), 0.1)):
        template = np.concatenate([bump(mean) for mean in means])
        template *= N_STATE / template.sum()
        for _ in range(333):
            state, next_state = template + rng.uniform(0, 0.5, size=(2, N_STATE))
            yield state, action, 5.0, next_state, False


def train_meta_sampler(
    process: EnsembleTraining,
    *,
    random_steps: int,
    policy_steps: int,
    terminal_mask: str,
    seed: int,
    rng: np.random.Generator,
) -> SoftActorCritic:
    """Train a meta-sampler.

    Parameters
    ----------
    process : EnsembleTraining
    random_steps : int
        Steps with uniform actions, without learning.
    policy_steps : int
        Steps with the meta-sampler's own actions, with one update after each.
    terminal_mask : {"correct", "published"}
        See `SoftActorCritic`.
    seed : int
        Seed of the networks and their noise.
    rng : numpy.random.Generator
        Draws the random actions and the batches from the memory.

    Returns
    -------
    SoftActorCritic
        As the last update left it.
    """
    from autosmote.samplers.soft_actor_critic import Replay, SoftActorCritic

    agent = SoftActorCritic(N_STATE, seed, terminal_mask)
    memory = Replay(MEMORY, N_STATE)
    for transition in prior_transitions(rng):
        memory.push(*transition)
    state, terminal = process.reset(), False
    for step in range(random_steps + policy_steps):
        if terminal:
            state = process.reset()
        learning = step >= random_steps
        action = agent.act(state) if learning else float(rng.random())
        next_state, reward, terminal = process.step(action)
        memory.push(state, action, reward, next_state, terminal)
        state = next_state
        if learning:
            agent.update(memory.sample(BATCH_SIZE, rng))
    return agent


def _build(
    problem: Problem,
    *,
    members: int = 10,
    random_steps: int = 500,
    policy_steps: int = 1000,
    terminal_mask: str = "correct",
) -> Callable[[float | None], Learned]:
    """Train a meta-sampler for one classifier and metric, and build the ensemble in one more episode."""
    settings = {
        "members": members,
        "random_steps": random_steps,
        "policy_steps": policy_steps,
        "terminal_mask": terminal_mask,
    }
    require_torch("MESA")
    import autosmote.samplers.soft_actor_critic  # noqa: F401 (PyTorch is loaded before it is held to a thread)

    note = "" if hasattr(problem.estimator, "predict_proba") else SIGMOID_NOTE

    def measure(y: NDArray, scores: NDArray[np.float64]) -> float:
        return problem.measure(y, scores if problem.needs_scores else scores > 0.5)

    def learn(ratio: float | None) -> Learned:
        draws, batches = np.random.default_rng(problem.seed).spawn(2)
        process = EnsembleTraining(
            problem.training.X,
            problem.training.y,
            problem.X_validation,
            problem.y_validation,
            problem.estimator,
            measure,
            members,
            draws,
        )
        with one_thread():
            agent = train_meta_sampler(
                process,
                random_steps=random_steps,
                policy_steps=policy_steps,
                terminal_mask=terminal_mask,
                seed=problem.seed,
                rng=batches,
            )
            return Learned(build_ensemble(process, agent.act), settings, note)

    return learn


SPEC = MethodSpec(
    name="MESA",
    category="Meta-learning",
    takes_ratio=False,
    source="autosmote",
    reference="Liu, Wei, Jiang, Cao, Bian and Chang 2020, NeurIPS",
    requires=RL_EXTRA,
    build=_build,
    # So that PyTorch is loaded once for the processes of all its classifiers and metrics.
    modules=("autosmote.samplers.soft_actor_critic", "torch"),
)
