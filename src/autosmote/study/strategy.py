"""What a search strategy is: the types that strategies fill in and `job` consumes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from autosmote.datasets.tasks import Task
from autosmote.search.settings import SearchSettings

if TYPE_CHECKING:  # They load PyTorch, and whoever asks for the names of the strategies has no need of it.
    from autosmote.search.checkpoint import Checkpoint
    from autosmote.search.space import Samples, SearchSpace


def labels_of(space: SearchSpace, samples: Samples) -> dict[str, np.ndarray]:
    """Return the ``label`` of each synthetic row, if there is more than one; else nothing.

    Parameters
    ----------
    space : SearchSpace
    samples : Samples
        Of that space.

    Returns
    -------
    dict of str to ndarray of int64, shape (n_synthetic,)
    """
    return {"label": space.labels[samples.source]} if len(np.unique(space.labels)) > 1 else {}


class IterationReport(Protocol):
    """How far a search has come after an iteration."""

    @property
    def iteration(self) -> int:
        """Its number, from 1."""

    @property
    def best_validation_score(self) -> float:
        """Best score so far; NaN if there is none."""


@dataclass(frozen=True)
class Execution:
    """How a search is run. Nothing of it changes the result, the device up to rounding.

    Attributes
    ----------
    actors : int, default 1
        Processes that run episodes; 1 runs them in this process.
    evaluator : {"auto", "plain"}, default "auto"
        See `autosmote.search.reward.ValidationReward`.
    device : str, default "cpu"
        Where networks are trained, as PyTorch names it.
    on_iteration : callable, optional
        To be called after each iteration; see `IterationReport`.
    checkpoint : Checkpoint, optional
        Where to go on from, if it holds a state, and where to keep one.
    """

    actors: int = 1
    evaluator: str = "auto"
    device: str = "cpu"
    on_iteration: Callable[[IterationReport], None] | None = None
    checkpoint: Checkpoint | None = None


@dataclass(frozen=True)
class Selection:
    """Training rows whose validation score was the best so far.

    Attributes
    ----------
    iteration : int
        From 1.
    score : float
        Their validation score.
    X : ndarray of float64, shape (n_rows, n_features)
        The rows, synthetic ones included.
    y : ndarray of int64, shape (n_rows,)
        Their labels.
    """

    iteration: int
    score: float
    X: np.ndarray
    y: np.ndarray


@dataclass(frozen=True)
class Rows:
    """Rows to train on.

    Attributes
    ----------
    X : ndarray of float64, shape (n_rows, n_features)
        The rows, synthetic ones included.
    y : ndarray of int64, shape (n_rows,)
        Their labels.
    """

    X: np.ndarray
    y: np.ndarray


@dataclass(frozen=True)
class Found:
    """What a search selected, and its learning curve.

    Attributes
    ----------
    selections : sequence of Selection
        In the order of iterations; the last is the result. Empty if the classifier could be fitted in no
        iteration.
    n_synthetic : int
        How many rows of the last selection are not training rows of the task.
    history : DataFrame
        One row per iteration, with at least ``iteration`` (from 1), ``validation_score`` and
        ``best_validation_score``.
    samples : dict of str to ndarray
        What is kept of the best iteration.
    settings : mapping of str to JSON value
        Everything that the result depends on, besides data, classifier and metric.
    resumed_after : int, default 0
        Iterations that were taken from a checkpoint.
    refit : Rows, optional
        What was selected, applied to training and validation rows together: for a strategy that selects
        something that can be applied to other rows.
    """

    selections: Sequence[Selection]
    n_synthetic: int
    history: pd.DataFrame
    samples: dict[str, np.ndarray]
    settings: Mapping[str, Any]
    resumed_after: int = 0
    refit: Rows | None = None


class Find(Protocol):
    """Search for the training rows with the best validation score.

    It gets a whole task, but must not look at the test split.
    """

    def __call__(
        self, task: Task, classifier: str, metric: str, settings: SearchSettings, execution: Execution
    ) -> Found:
        """Search with ``settings.iterations`` classifier fits at most."""


@dataclass(frozen=True)
class Strategy:
    """One way to search.

    Parameters
    ----------
    name : str
        Name in the configuration and of the folder of results.
    label : str
        Its ``sampler`` in the score table.
    category : str
        Its ``category`` there.
    reference : str
        Where it comes from.
    changes : str
        What it changes of AutoSMOTE, in one line.
    find : callable
        The search.
    code : tuple of str or Path
        Modules, and data in JSON, that decide what it finds, beside those that every search job runs
        (`autosmote.study.dependencies.SEARCH`): where one of them changes, its searches run again.
    keys : mapping of str to value, default {}
        Fields of `SearchSettings` that replace those of the configuration.
    prepare : callable, optional
        From the task to the one that is searched on; the test split has to stay.
    note : str, default ""
        ``message`` of its rows that have scores: what a reader of the scores has to know.
    samplers : tuple of str, default ()
        Comparison samplers that it tries; their code counts as well.
    single_process : bool, default False
        True if it cannot use several actors or a GPU.
    multiclass : bool, default False
        Whether it takes more than two classes. The rows of one that does not say so.
    """

    name: str
    label: str
    category: str
    reference: str
    changes: str
    find: Find
    code: tuple[str | Path, ...]
    keys: Mapping[str, Any] = field(default_factory=dict)
    prepare: Callable[[Task], Task] | None = None
    note: str = ""
    samplers: tuple[str, ...] = ()
    single_process: bool = False
    multiclass: bool = False
