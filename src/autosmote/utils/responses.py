"""The values that a fitted classifier ranks rows by."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

RESPONSES = ("decision_function", "predict_proba")
"""What a classifier is asked for, the first that it has; scikit-learn's scorers have the same order."""


def has_values(classifier: Any) -> bool:
    """Whether a classifier has values to rank rows by, not only labels."""
    return any(hasattr(classifier, response) for response in RESPONSES)


def decision_values(classifier: Any, X: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values that a fitted classifier ranks rows by, larger for class 1.

    Parameters
    ----------
    classifier : classifier
        Fitted to the labels 0 and 1, or to 0, 1, 2 and so on; see `has_values`.
    X : ndarray of float64, shape (n_rows, n_features)

    Returns
    -------
    ndarray of float64, shape (n_rows,) or (n_rows, n_classes)
        Its decision function or, if it has none, the probability of class 1. Of more than two classes, those
        of each class.
    """
    if hasattr(classifier, "decision_function"):
        return np.asarray(classifier.decision_function(X), dtype=np.float64)
    probabilities = np.asarray(classifier.predict_proba(X), dtype=np.float64)
    return probabilities if probabilities.shape[1] > 2 else probabilities[:, 1]
