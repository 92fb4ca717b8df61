"""The metrics: those of Section 4.1, and others. Larger is better; each takes ``sample_weight`` too.

Most compare labels. A metric that ranks rows needs more of a classifier than its labels: its scores, that is,
its decision function or the probability of the minority class.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import average_precision_score, roc_auc_score

from autosmote.utils.registry import Registry

Metric = Callable[..., float]
"""``metric(y_true, y_pred, sample_weight=None)`` of labels, 1 for the minority class, 0 for the majority.

One that is marked by `of_scores` takes scores of the rows in place of predicted labels.
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


def macro_f1(y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
    """The mean of both classes' F-measures: scikit-learn's f1_score in a hundredth of its time.

    That time is as long as the fit of a linear classifier, and a search needs a score per fit.
    """
    tn, fp, fn, tp = confusion(y_true, y_pred, sample_weight)
    # A class that is never predicted has an F-measure of 0, which is the usual case at high imbalance.
    return sum(2 * hits / (2 * hits + fp + fn) if hits else 0.0 for hits in (tn, tp)) / 2


def mcc(y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
    """Matthews' correlation coefficient, as `macro_f1` does for the F-measure."""
    tn, fp, fn, tp = confusion(y_true, y_pred, sample_weight)
    product = ((tn + fp) * (fn + tp) * 2) * ((tn + fn) * (fp + tp) * 2)
    return 2 * (tp * tn - fp * fn) / math.sqrt(product) if product else 0.0


def balanced_accuracy(y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
    """The mean of both classes' recalls; that of a class without rows counts as 0."""
    return sum(_recalls(y_true, y_pred, sample_weight)) / 2


def g_mean(y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
    """The geometric mean of both classes' recalls (Kubat and Matwin, ICML 1997)."""
    return math.sqrt(math.prod(_recalls(y_true, y_pred, sample_weight)))


def _recalls(y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None) -> tuple[float, float]:
    tn, fp, fn, tp = confusion(y_true, y_pred, sample_weight)
    return (tn / (tn + fp) if tn else 0.0), (tp / (tp + fn) if tp else 0.0)


@of_scores
def average_precision(y_true: ArrayLike, y_score: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
    """The area under the steps of the precision-recall curve of the minority, as scikit-learn has it."""
    return float(average_precision_score(y_true, y_score, sample_weight=sample_weight))


@of_scores
def roc_auc(y_true: ArrayLike, y_score: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
    """The area under the ROC curve, as scikit-learn has it."""
    return float(roc_auc_score(y_true, y_score, sample_weight=sample_weight))


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
