"""Methods that leave the training rows as they are: class weights and a validated decision threshold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.base import ClassifierMixin, clone
from sklearn.utils.validation import has_fit_parameter

from autosmote.samplers.spec import ALL_AT_ONCE, Learned, MethodSpec, NotApplicable, Problem
from autosmote.utils.responses import decision_values

CATEGORY = "Extension"
"""Category of methods that are not in the paper."""


def _build_class_weight(problem: Problem) -> Callable[[float | None], Learned]:
    # A weight of w equals w copies of a row, so the ratios are those of over-sampling by repetition. At ratio
    # 1 they are scikit-learn's "balanced" weights up to a common factor, which only affects the SVM.
    if not has_fit_parameter(problem.estimator, "sample_weight"):
        raise NotApplicable(f"{type(problem.estimator).__name__} takes no weights")
    X, y = problem.training.X, problem.training.y
    counts = np.bincount(y)
    # Majority rows per row of each class, the first of which is the majority itself.
    imbalance = counts[0] / counts

    def learn(ratio: float | None) -> Learned:
        assert ratio is not None
        weights = ratio * imbalance[1:]
        if weights.max() < 1:
            raise NotApplicable(f"the minority class has more weight than {ratio} already")
        of_class = np.concatenate([[1.0], np.maximum(weights, 1.0)])
        model = clone(problem.estimator).fit(X, y, sample_weight=of_class[y])
        if len(counts) == 2:
            return Learned(model, {"minority_weight": float(weights[0])})
        return Learned(model, {"weights": of_class.tolist()})

    return learn


@dataclass(frozen=True)
class ThresholdClassifier:
    """A fitted classifier with another decision threshold.

    Parameters
    ----------
    model : sklearn.base.ClassifierMixin
        Fitted to the labels 0 and 1.
    threshold : float
        A row is of class 1 if its `decision_values` are larger.
    """

    model: ClassifierMixin
    threshold: float

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the labels, 0 or 1, of rows of shape (n_rows, n_features)."""
        return (decision_values(self.model, X) > self.threshold).astype(np.int64)


def default_threshold(model: ClassifierMixin) -> float:
    """Return the threshold of `decision_values` by which a fitted classifier predicts.

    Parameters
    ----------
    model : sklearn.base.ClassifierMixin

    Returns
    -------
    float
    """
    return 0.0 if hasattr(model, "decision_function") else 0.5


def candidate_thresholds(values: np.ndarray, y: np.ndarray) -> np.ndarray:
    """List the thresholds that can be best for a metric that rewards hits and penalises false alarms.

    All thresholds between two neighbouring scores give the same labels, and one right below the score of a
    majority row only adds a false alarm. The others lie right below the score of a minority row, or above all
    scores.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        Scores.
    y : ndarray of shape (n_rows,)
        Labels, 1 for the minority class.

    Returns
    -------
    ndarray
        In ascending order. Each lies half-way between a minority row's score and the next smaller score; the
        last one is the largest score.
    """
    distinct = np.unique(values)
    place = np.searchsorted(distinct, np.unique(values[y == 1]))
    lower = np.where(place > 0, distinct[place - 1], distinct[0] - 1)
    middle = lower + (distinct[place] - lower) / 2
    # The middle of two neighbouring floating-point numbers may be rounded up.
    return np.append(np.where(middle < distinct[place], middle, lower), distinct[-1])


def refuse_scores(problem: Problem) -> None:
    """Refuse a metric of scores: a threshold changes labels, but no order of rows."""
    if problem.needs_scores:
        raise NotApplicable("a metric of scores does not depend on the decision threshold")


def _build_decision_threshold(problem: Problem) -> Callable[[float | None], Learned]:
    refuse_scores(problem)

    def learn(ratio: float | None) -> Learned:
        model = clone(problem.estimator).fit(problem.training.X, problem.training.y)
        values = decision_values(model, problem.X_validation)
        # The default comes first, so that it wins unless another threshold is better.
        thresholds = [default_threshold(model), *candidate_thresholds(values, problem.y_validation).tolist()]
        measured = [problem.measure(problem.y_validation, values > threshold) for threshold in thresholds]
        threshold = thresholds[int(np.argmax(measured))]
        return Learned(ThresholdClassifier(model, threshold), {"threshold": threshold})

    return learn


SPECS = (
    MethodSpec(
        name="ClassWeight",
        category=CATEGORY,
        takes_ratio=True,
        source="autosmote",
        reference="Elkan 2001, IJCAI, The Foundations of Cost-Sensitive Learning",
        requires=None,
        build=_build_class_weight,
        multiclass=ALL_AT_ONCE,
    ),
    MethodSpec(
        name="DecisionThreshold",
        category=CATEGORY,
        takes_ratio=False,
        source="autosmote",
        reference="Provost 2000, AAAI Workshop on Learning from Imbalanced Data Sets",
        requires=None,
        build=_build_decision_threshold,
    ),
)
"""Methods beyond the paper, which an application would try first."""
