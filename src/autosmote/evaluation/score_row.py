"""The score row: what a method comes to in one cell of a study."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from autosmote.datasets.tasks import Task

SCORED = ("ok", "unchanged")
"""Statuses of rows that carry scores."""

STATUSES = (*SCORED, "not_applicable", "failed", "timeout", "memory")
"""All statuses."""


MAY_BE_MISSING = ("large_test_score", "refit_test_score", "refit_large_test_score")
"""Scores that a row of these statuses need not have."""


@dataclass(frozen=True)
class Cell:
    """Where methods are compared: one task, one classifier, one metric.

    Attributes
    ----------
    dataset : str
    imbalance_ratio : int
        Majority rows per minority row; of more than two classes, rows of the largest per row of the smallest.
    classifier, metric : str
        Keys of `autosmote.evaluation.classifiers.CLASSIFIERS` and `autosmote.evaluation.metrics.METRICS`.
    seed : int
    """

    dataset: str
    imbalance_ratio: int
    classifier: str
    metric: str
    seed: int

    @classmethod
    def of(cls, task: Task, classifier: str, metric: str, seed: int | None = None) -> Cell:
        """Return the cell of a task; its seed is the task's unless another is given."""
        seed = task.seed if seed is None else seed
        return cls(task.dataset, task.imbalance_ratio, classifier, metric, seed)


@dataclass(frozen=True)
class ScoreRow:
    """One row of the score table, whose columns are these in this order.

    Made by `scored` and `without_score`.

    Attributes
    ----------
    dataset, imbalance_ratio, seed, sampler, category, classifier, metric
        The cell, and the method with its category.
    ratio : float
        The chosen number of minority over majority rows; NaN if the method has none.
    validation_score, test_score : float
        NaN if there is none.
    large_test_score : float
        The score on `autosmote.datasets.tasks.Task.large_test`; NaN also where a task has none.
    refit_test_score, refit_large_test_score : float
        The same scores of what was chosen, refitted on training and validation rows together; NaN also where
        a method was not refitted.
    status : str
        One of `STATUSES`; there are scores if, and only if, it is one of `SCORED`.
    message : str
        What a reader of the row has to know.
    settings : str
        JSON of the choices that the method made itself.
    n_majority, n_minority : int or None
        Training rows after resampling; of more than two classes, those of the largest and of the smallest.
    seconds : float
        CPU time.
    """

    dataset: str
    imbalance_ratio: int
    seed: int
    sampler: str
    category: str
    classifier: str
    metric: str
    ratio: float
    validation_score: float
    test_score: float
    large_test_score: float
    refit_test_score: float
    refit_large_test_score: float
    status: str
    message: str
    settings: str
    n_majority: int | None
    n_minority: int | None
    seconds: float

    def __post_init__(self) -> None:
        scored = self.status in SCORED
        if self.status not in STATUSES:
            raise ValueError(f"status {self.status!r}: known are {', '.join(STATUSES)}")
        if any(math.isfinite(score) != scored for score in (self.validation_score, self.test_score)):
            raise ValueError(
                f"a row of status {self.status!r} has the scores {self.validation_score} (validation) and "
                f"{self.test_score} (test)"
            )
        for name in MAY_BE_MISSING:
            if not scored and math.isfinite(getattr(self, name)):
                raise ValueError(f"a row of status {self.status!r} has a {name}")

    @classmethod
    def scored(
        cls,
        cell: Cell,
        sampler: str,
        category: str,
        *,
        validation_score: float,
        test_score: float,
        large_test_score: float,
        seconds: float,
        status: str = "ok",
        message: str = "",
        ratio: float = math.nan,
        settings: Mapping[str, Any] | None = None,
        n_majority: int | None = None,
        n_minority: int | None = None,
        refit_test_score: float = math.nan,
        refit_large_test_score: float = math.nan,
    ) -> ScoreRow:
        """Return the row of a method that was scored; see the attributes.

        Raises
        ------
        ValueError
            If a score is not finite, or the status is none of `SCORED`.
        """
        return cls(
            **asdict(cell),
            sampler=sampler,
            category=category,
            ratio=ratio,
            validation_score=validation_score,
            test_score=test_score,
            large_test_score=large_test_score,
            refit_test_score=refit_test_score,
            refit_large_test_score=refit_large_test_score,
            status=status,
            message=message,
            settings=as_json(settings),
            n_majority=n_majority,
            n_minority=n_minority,
            seconds=seconds,
        )

    @classmethod
    def without_score(
        cls,
        cell: Cell,
        sampler: str,
        category: str,
        *,
        status: str,
        message: str,
        seconds: float,
        settings: Mapping[str, Any] | None = None,
    ) -> ScoreRow:
        """Return the row of a method that has no score, and say why.

        Raises
        ------
        ValueError
            If the status promises scores.
        """
        return cls(
            **asdict(cell),
            sampler=sampler,
            category=category,
            ratio=math.nan,
            validation_score=math.nan,
            test_score=math.nan,
            large_test_score=math.nan,
            refit_test_score=math.nan,
            refit_large_test_score=math.nan,
            status=status,
            message=message,
            settings=as_json(settings),
            n_majority=None,
            n_minority=None,
            seconds=seconds,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the row as files and tables hold it."""
        return asdict(self)


def count_rows(y: np.ndarray) -> tuple[int, int]:
    """Count the rows of majority and minority, or of the first and the last of more than two classes.

    Parameters
    ----------
    y : ndarray of int, shape (n_rows,)
        Labels from 0, with rows of every class.

    Returns
    -------
    n_majority, n_minority : int
        The codes go by size, so of more classes these are the one that was largest, and the smallest.
    """
    counts = np.bincount(y)
    return int(counts[0]), int(counts[-1])


def as_json(settings: Mapping[str, Any] | None) -> str:
    """Write the choices of a method as they stand in its row."""
    return json.dumps(dict(settings or {}), sort_keys=True)
