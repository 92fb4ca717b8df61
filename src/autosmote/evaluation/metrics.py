"""The metrics: those of Section 4.1, and others. Larger is better; each takes ``sample_weight`` too.

Most compare labels. A metric that ranks rows needs more of a classifier than its labels: its scores, that is,
its decision function or the probability of the minority class.

All of them also take more than two classes, whose labels are 0, 1, 2 and so on. The true labels then have
rows of each class, and the scores are a matrix with a column for each.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import (
    average_precision_score,
    f1_score,
    matthews_corrcoef,
    recall_score,
    roc_auc_score,
)

from autosmote.utils.registry import Registry

Metric = Callable[..., float]
"""``metric(y_true, y_pred, sample_weight=None)`` of labels, 1 for the minority class, 0 for the majority.

One that is marked by `of_scores` takes scores of the rows in place of predicted labels, and one that is
marked by `multiclass` takes more than two classes.
"""


def of_scores(metric: Metric) -> Metric:
    """Mark a metric that needs the scores of rows, larger for the minority, in place of predicted labels.

    Parameters
    ----------
    metric : callable
        ``metric(y_true, y_score, sample_weight=None)``.

    Returns
    -------
    callable
        `metric`.
    """
    metric.needs_scores = True  # type: ignore[attr-defined]
    return metric


def needs_scores(metric: Metric) -> bool:
    """Whether a metric is marked by `of_scores`."""
    return bool(getattr(metric, "needs_scores", False))


def multiclass(metric: Metric) -> Metric:
    """Mark a metric that takes more than two classes.

    Parameters
    ----------
    metric : callable
        Its labels may be 0, 1, 2 and so on. If it is marked by `of_scores` too, the scores of more than two
        classes are of shape (n_rows, n_classes).

    Returns
    -------
    callable
        `metric`.
    """
    metric.is_multiclass = True  # type: ignore[attr-defined]
    return metric


def is_multiclass(metric: Metric) -> bool:
    """Whether a metric is marked by `multiclass`."""
    return bool(getattr(metric, "is_multiclass", False))


def confusion(
    y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
) -> tuple[float, float, float, float]:
    """True negatives, false positives, false negatives, true positives of labels 0 and 1."""
    true, predicted = np.asarray(y_true), np.asarray(y_pred)
    for labels in (true, predicted):
        if labels.ndim != 1 or len(labels) != len(true) or not np.all((labels == 0) | (labels == 1)):
            raise ValueError("a metric compares two lists of the same length of labels 0 and 1")
    if sample_weight is not None:
        cells = np.bincount((2 * true + predicted).astype(np.intp), sample_weight, minlength=4)
        return float(cells[0]), float(cells[1]), float(cells[2]), float(cells[3])
    negatives, positives = len(true) - np.count_nonzero(true), np.count_nonzero(true)
    true_positives = np.count_nonzero(true.astype(bool) & predicted.astype(bool))
    false_positives = np.count_nonzero(predicted) - true_positives
    return (
        float(negatives - false_positives),
        float(false_positives),
        float(positives - true_positives),
        float(true_positives),
    )


def _more_than_two(y_true: ArrayLike) -> bool:
    """Whether there are more than two classes. Of these, scikit-learn's own metrics are taken."""
    return bool(np.max(y_true, initial=0) > 1)


@multiclass
def macro_f1(y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
    """The mean of the classes' F-measures: of two, scikit-learn's f1_score in a hundredth of its time.

    That time is as long as the fit of a linear classifier, and a search needs a score per fit.
    """
    if _more_than_two(y_true):
        score = f1_score(y_true, y_pred, average="macro", sample_weight=sample_weight, zero_division=0)
        return float(score)
    tn, fp, fn, tp = confusion(y_true, y_pred, sample_weight)
    # A class that is never predicted has an F-measure of 0, which is the usual case at high imbalance.
    return sum(2 * hits / (2 * hits + fp + fn) if hits else 0.0 for hits in (tn, tp)) / 2


@multiclass
def mcc(y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
    """Matthews' correlation coefficient, as `macro_f1` does for the F-measure.

    Of more than two classes it is Gorodkin's (2004), as in scikit-learn.
    """
    if _more_than_two(y_true):
        return float(matthews_corrcoef(y_true, y_pred, sample_weight=sample_weight))
    tn, fp, fn, tp = confusion(y_true, y_pred, sample_weight)
    product = ((tn + fp) * (fn + tp) * 2) * ((tn + fn) * (fp + tp) * 2)
    return 2 * (tp * tn - fp * fn) / math.sqrt(product) if product else 0.0


@multiclass
def balanced_accuracy(y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
    """The mean of the classes' recalls; that of a class without rows counts as 0."""
    recalls = _recalls(y_true, y_pred, sample_weight)
    return sum(recalls) / len(recalls)


@multiclass
def g_mean(y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
    """The geometric mean of the classes' recalls (Kubat and Matwin, ICML 1997)."""
    recalls = _recalls(y_true, y_pred, sample_weight)
    product = math.prod(recalls)
    return math.sqrt(product) if len(recalls) == 2 else product ** (1 / len(recalls))


def _recalls(y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None) -> tuple[float, ...]:
    if _more_than_two(y_true):
        recalls = recall_score(y_true, y_pred, average=None, sample_weight=sample_weight, zero_division=0)
        return tuple(recalls.tolist())
    tn, fp, fn, tp = confusion(y_true, y_pred, sample_weight)
    return (tn / (tn + fp) if tn else 0.0), (tp / (tp + fn) if tp else 0.0)


@multiclass
@of_scores
def average_precision(y_true: ArrayLike, y_score: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
    """The area under the steps of the precision-recall curve of the minority, as scikit-learn has it.

    Of more than two classes it is the mean over the classes, each against all others.
    """
    return _one_against_others(average_precision_score, y_true, y_score, sample_weight)


@multiclass
@of_scores
def roc_auc(y_true: ArrayLike, y_score: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
    """The area under the ROC curve, as scikit-learn has it.

    Of more than two classes it is the mean over the classes, each against all others.
    """
    return _one_against_others(roc_auc_score, y_true, y_score, sample_weight)


def _one_against_others(
    measure: Callable[..., float], y_true: ArrayLike, y_score: ArrayLike, sample_weight: ArrayLike | None
) -> float:
    if not _more_than_two(y_true):
        return float(measure(y_true, y_score, sample_weight=sample_weight))
    # Not scikit-learn's own mean: that of the ROC curve takes probabilities only, no decision values.
    true, columns = np.asarray(y_true), np.asarray(y_score).T
    of_classes = [
        measure(true == label, column, sample_weight=sample_weight) for label, column in enumerate(columns)
    ]
    return float(np.mean(of_classes))


def _accept(name: str, loaded: Any) -> Metric:
    labels = np.array([0, 1])
    try:
        works = math.isfinite(loaded(labels, labels, sample_weight=np.ones(2)))
    except Exception as error:
        raise ValueError(
            f"no function of y_true, y_pred and sample_weight: {type(error).__name__}: {error}"
        ) from error
    if not works:
        raise ValueError("no metric: it is not finite where all labels are right")
    return loaded


METRICS: Registry[Metric] = Registry(
    "metric",
    {
        "macro_f1": macro_f1,
        "mcc": mcc,
        "average_precision": average_precision,
        "balanced_accuracy": balanced_accuracy,
        "g_mean": g_mean,
        "roc_auc": roc_auc,
    },
    _accept,
)
"""The metrics by name."""
