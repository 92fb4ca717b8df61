"""The case study of Section 4.6: what several methods make of one small data set with two columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from autosmote.datasets.sources import Dataset
from autosmote.datasets.tasks import Task, make_task
from autosmote.evaluation.classifiers import make_classifier
from autosmote.evaluation.protocol import evaluate
from autosmote.samplers import NotApplicable, Resample, SamplerSpec, Training, configured, registry
from autosmote.study.strategies import CASE_STUDY_SEARCHES
from autosmote.utils.errors import UserError
from autosmote.utils.storage import read_arrays, read_json, write_arrays, write_json

GRID = 200
"""Points per axis at which the decision regions are known."""

_MARGIN = 0.08  # of the range of the data, around the drawn part


class CaseStudyError(UserError, ValueError):
    """The case study cannot be made of this data set or method."""


@dataclass(frozen=True, eq=False)
class CaseStudy:
    """All that Figure 7 shows.

    Parameters
    ----------
    dataset : str
        Name of the data set.
    generated : bool
        Whether it was drawn for this project and is not the paper's.
    columns : tuple of str
        Names of the two columns.
    classifier, metric : str
        Keys of `autosmote.evaluation.classifiers.CLASSIFIERS` and `autosmote.evaluation.metrics.METRICS`.
    X, y : ndarray of shape (n_rows, 2) and (n_rows,)
        The training rows, scaled, and their labels; 1 is the minority.
    axes : ndarray of shape (2, GRID)
        Coordinates of the grid of the decision regions along the first and the second column.
    methods : tuple of dict
        A row of the score table per method, no resampling first, AutoSMOTE and policy search last.
    synthetic : tuple of ndarray of shape (n_synthetic, 2)
        For each method, the minority rows it made that are not among the training rows.
    regions : tuple of ndarray of uint8, shape (GRID, GRID)
        For each method, the class that the classifier predicts at ``axes[0][j], axes[1][i]``; no rows if it
        made nothing.
    """

    dataset: str
    generated: bool
    columns: tuple[str, ...]
    classifier: str
    metric: str
    X: np.ndarray
    y: np.ndarray
    axes: np.ndarray
    methods: tuple[dict[str, Any], ...]
    synthetic: tuple[np.ndarray, ...]
    regions: tuple[np.ndarray, ...]

    def save(self, stem: Path) -> None:
        """Write ``<stem>.npz`` (rows and regions) and ``<stem>.json`` (all else)."""
        arrays = {"X": self.X, "y": self.y, "axes": self.axes}
        for number, (synthetic, regions) in enumerate(zip(self.synthetic, self.regions, strict=True)):
            arrays |= {f"synthetic{number}": synthetic, f"regions{number}": regions}
        write_arrays(arrays, stem.with_suffix(".npz"))
        facts = {name: getattr(self, name) for name in ("dataset", "generated", "classifier", "metric")}
        facts |= {"columns": list(self.columns), "methods": list(self.methods)}
        write_json(facts, stem.with_suffix(".json"))

    @classmethod
    def load(cls, stem: Path) -> CaseStudy:
        """Read what `save` wrote."""
        arrays, facts = read_arrays(stem.with_suffix(".npz")), read_json(stem.with_suffix(".json"))
        numbers = range(len(facts["methods"]))
        return cls(
            **facts | {name: tuple(facts[name]) for name in ("columns", "methods")},
            X=arrays["X"],
            y=arrays["y"],
            axes=arrays["axes"],
            synthetic=tuple(arrays[f"synthetic{number}"] for number in numbers),
            regions=tuple(arrays[f"regions{number}"] for number in numbers),
        )


def run(
    dataset: Dataset,
    *,
    imbalance_ratio: int | None,
    seed: int,
    classifier: str,
    metric: str,
    samplers: Sequence[str],
    ratios: Sequence[float],
    search: Mapping[str, Any],
    task_settings: Mapping[str, Any] | None = None,
    methods: Mapping[str, Mapping[str, Any]] | None = None,
    log: Callable[[str], None] = print,
) -> CaseStudy:
    """Over-sample the training rows of a data set with each method, as the study does.

    Every method chooses by the validation rows, the samplers their ratio, AutoSMOTE its samples, and policy
    search its policies by folds of training and validation rows; the test rows score the choice. A sampler
    whose package is not installed makes no rows, and says so.

    Parameters
    ----------
    dataset : Dataset
        It has two numeric columns.
    imbalance_ratio : int or None
        Majority rows per minority row; None keeps all rows.
    seed : int
        Of the split, the samplers, the classifier and the search.
    classifier, metric : str
        Keys of `autosmote.evaluation.classifiers.CLASSIFIERS` and `autosmote.evaluation.metrics.METRICS`.
    samplers : sequence of str
        Names of samplers in the registry.
    ratios : sequence of float
        Ratios that they try.
    search : mapping
        The ``search`` section of the configuration.
    task_settings : mapping, optional
        The ``task`` section: keywords of `autosmote.datasets.tasks.make_task`.
    methods : mapping, optional
        Settings of samplers by their name.
    log : callable, default print
        Receives a line about each method.

    Returns
    -------
    CaseStudy

    Raises
    ------
    CaseStudyError
        If there are not two columns, or a method does not resample.
    """
    task = make_task(dataset, imbalance_ratio, seed, **(task_settings or {}))
    if task.X_train.shape[1] != 2:
        raise CaseStudyError(
            f"data set {dataset.name!r} has {task.X_train.shape[1]} columns; the case study draws two: name "
            "another in `case_study.dataset`"
        )
    axes = _axes(np.concatenate([task.X_train, task.X_validation, task.X_test]))
    found = [_sample(task, "NoResampling", {}, classifier, metric, ratios)]
    for name in samplers:
        settings = (methods or {}).get(name, {})
        found.append(_sample(task, name, settings, classifier, metric, ratios))
    found += [_search(task, classifier, metric, search, strategy) for strategy in CASE_STUDY_SEARCHES]
    for row, _, _ in found:
        log(f"{row['sampler']}: test {metric} {row['test_score']} {row['message']}")
    return CaseStudy(
        dataset=dataset.name,
        generated=dataset.meta["source"] == "generated",
        columns=tuple(task.feature_names),
        classifier=classifier,
        metric=metric,
        X=task.X_train,
        y=task.y_train,
        axes=axes,
        methods=tuple(row for row, _, _ in found),
        synthetic=tuple(_synthetic(task, X, y) for _, X, y in found),
        regions=tuple(_regions(make_classifier(classifier, seed), X, y, axes) for _, X, y in found),
    )


_Made = tuple[dict[str, Any], np.ndarray, np.ndarray]


def _sample(
    task: Task,
    name: str,
    settings: Mapping[str, Any],
    classifier: str,
    metric: str,
    ratios: Sequence[float],
) -> _Made:
    spec = registry.get(name)
    if not isinstance(spec, SamplerSpec):
        raise CaseStudyError(
            f"{name!r} makes no rows that could be drawn; leave it out of `case_study.samplers`"
        )
    spec = (
        configured(spec, settings) if spec.installed else replace(spec, build=partial(_refuse, spec.requires))
    )
    (row,) = evaluate(task, spec, classifiers=[classifier], metrics=[metric], ratios=ratios, seed=task.seed)
    if np.isnan(row["test_score"]):
        return row, np.empty((0, 2)), np.empty(0, np.int64)
    # Resampled once more at the chosen ratio, for `evaluate` keeps no rows; seeded, so these are the same.
    resample = spec.build(Training(task.X_train, task.y_train, task.onehot), task.seed)
    made = resample(None if np.isnan(row["ratio"]) else row["ratio"])
    return row, np.asarray(made.X, float), np.asarray(made.y, np.int64)


def _refuse(requires: str | None, training: Training, seed: int) -> Resample:
    raise NotApplicable(f"not installed: pip install {requires}")


def _search(task: Task, classifier: str, metric: str, settings: Mapping[str, Any], strategy: str) -> _Made:
    from autosmote.study.search_job import run_search  # It loads PyTorch.

    outcome = run_search(task, classifier, metric, settings, strategy=strategy)
    rows = outcome.samples["X"]
    labels = np.ones(len(rows), np.int64)
    return outcome.row, np.concatenate([task.X_train, rows]), np.concatenate([task.y_train, labels])


def _axes(X: np.ndarray) -> np.ndarray:
    low, high = X.min(axis=0), X.max(axis=0)
    margin = _MARGIN * (high - low)
    return np.linspace(low - margin, high + margin, GRID).T


def _synthetic(task: Task, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    known = {row.tobytes() for row in task.X_train}
    new = [row for row in X[y == 1] if row.tobytes() not in known]
    return np.array(new).reshape(-1, 2)


def _regions(estimator: Any, X: np.ndarray, y: np.ndarray, axes: np.ndarray) -> np.ndarray:
    if not len(y):
        return np.empty((0, 0), np.uint8)
    points = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    predicted = estimator.fit(X, y).predict(points)
    return predicted.reshape(GRID, GRID).astype(np.uint8)
