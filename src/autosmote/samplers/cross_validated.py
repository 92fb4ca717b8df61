"""Class weights and a decision threshold, chosen by the folds of policy search: its cheap rivals.

The folds are those of `autosmote.utils.parts`: three parts of the training rows, and the validation rows.
With a refit, what was chosen is applied to training and validation rows together, as policies can be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from sklearn.base import ClassifierMixin, clone
from sklearn.utils.validation import has_fit_parameter

from autosmote.samplers.classifier_level import (
    CATEGORY,
    ThresholdClassifier,
    candidate_thresholds,
    default_threshold,
    refuse_scores,
)
from autosmote.samplers.spec import ALL_AT_ONCE, TWO_CLASSES, Learned, MethodSpec, NotApplicable, Problem
from autosmote.utils.parts import join_parts
from autosmote.utils.responses import decision_values

RATIOS = tuple(tenth / 10 for tenth in range(1, 11))
"""Weight of the minority over that of the majority to choose from; those of the samplers (Section 4.1)."""


class _Rows:
    """Training and validation rows in parts."""

    def __init__(self, problem: Problem) -> None:
        self.n_train = len(problem.training.y)
        self.X = np.concatenate([problem.training.X, problem.X_validation])
        self.y, self.parts = join_parts(problem.training.y, problem.y_validation, problem.seed)

    def folds(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Rows to train on and rows left out."""
        for part in np.unique(self.parts):
            yield np.flatnonzero(self.parts != part), np.flatnonzero(self.parts == part)

    def final(self, refit: bool) -> np.ndarray:
        """Rows that the result is trained on."""
        return np.arange(len(self.y) if refit else self.n_train)


def _build_decision_threshold(problem: Problem, refit: bool = False) -> Callable[[float | None], Learned]:
    refuse_scores(problem)

    def learn(ratio: float | None) -> Learned:
        rows = _Rows(problem)
        values = np.empty(len(rows.y))
        for train, left_out in rows.folds():
            model = clone(problem.estimator).fit(rows.X[train], rows.y[train])
            values[left_out] = decision_values(model, rows.X[left_out])
        # The default comes first, so that it stays where no other threshold is better.
        thresholds = [default_threshold(model), *candidate_thresholds(values, rows.y).tolist()]
        measured = [problem.measure(rows.y, values > threshold) for threshold in thresholds]
        threshold = thresholds[int(np.argmax(measured))]
        final = rows.final(refit)
        model = clone(problem.estimator).fit(rows.X[final], rows.y[final])
        return Learned(ThresholdClassifier(model, threshold), {"threshold": threshold})

    return learn


def _build_class_weight(problem: Problem, refit: bool = False) -> Callable[[float | None], Learned]:
    if not has_fit_parameter(problem.estimator, "sample_weight"):
        raise NotApplicable(f"{type(problem.estimator).__name__} takes no weights")

    def fit(X: np.ndarray, y: np.ndarray, ratio: float) -> ClassifierMixin:
        counts = np.bincount(y)
        weights = np.maximum(1.0, ratio * counts[0] / counts)
        return clone(problem.estimator).fit(X, y, sample_weight=weights[y])

    def learn(_: float | None) -> Learned:
        rows = _Rows(problem)
        measured = [_over_folds(problem, rows, partial(fit, ratio=ratio)) for ratio in RATIOS]
        ratio = RATIOS[int(np.argmax(measured))]
        final = rows.final(refit)
        return Learned(fit(rows.X[final], rows.y[final], ratio), {"ratio": ratio})

    return learn


def _over_folds(
    problem: Problem, rows: _Rows, fit: Callable[[np.ndarray, np.ndarray], ClassifierMixin]
) -> float:
    """Measure the labels of all folds together, or scores fold by fold, as policy search does."""
    labels, scores, sizes = np.empty(len(rows.y), dtype=np.int64), [], []
    for train, left_out in rows.folds():
        model = fit(rows.X[train], rows.y[train])
        if problem.needs_scores:
            scores.append(problem.measure(rows.y[left_out], decision_values(model, rows.X[left_out])))
            sizes.append(len(left_out))
        else:
            labels[left_out] = model.predict(rows.X[left_out])
    return float(np.average(scores, weights=sizes)) if scores else problem.measure(rows.y, labels)


def _spec(
    name: str,
    reference: str,
    build: Callable[..., Callable[[float | None], Learned]],
    multiclass: str = TWO_CLASSES,
) -> MethodSpec:
    return MethodSpec(
        name=name,
        category=CATEGORY,
        takes_ratio=False,
        source="autosmote",
        reference=reference,
        requires=None,
        build=build,
        multiclass=multiclass,
    )


_ELKAN = "Elkan 2001, IJCAI, The Foundations of Cost-Sensitive Learning"
_PROVOST = "Provost 2000, AAAI Workshop on Learning from Imbalanced Data Sets"

SPECS = (
    _spec("ClassWeightByFolds", _ELKAN, _build_class_weight, ALL_AT_ONCE),
    _spec("ClassWeightByFoldsRefit", _ELKAN, partial(_build_class_weight, refit=True), ALL_AT_ONCE),
    _spec("DecisionThresholdByFolds", _PROVOST, _build_decision_threshold),
    _spec("DecisionThresholdByFoldsRefit", _PROVOST, partial(_build_decision_threshold, refit=True)),
)
"""Controls of policy search. The validation scores of a refit are of rows trained on."""
