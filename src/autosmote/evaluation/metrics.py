"""The metrics of Section 4.1, on labels 0 and 1; larger is better. Each takes ``sample_weight`` too."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autosmote.utils.registry import Registry

Metric = Callable[..., float]
"""``metric(y_true, y_pred, sample_weight=None)`` of labels, 1 for the minority class, 0 for the majority."""


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


METRICS: Registry[Metric] = Registry("metric", {"macro_f1": macro_f1, "mcc": mcc}, _accept)
"""The metrics by name."""
