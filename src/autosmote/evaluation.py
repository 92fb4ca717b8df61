"""The evaluation protocol: base classifiers, metrics, and the choice of a ratio on the validation split."""

import warnings
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin
from sklearn.ensemble import AdaBoostClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import f1_score, matthews_corrcoef
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from autosmote.errors import UnknownNameError

CLASSIFIERS: Mapping[str, Callable[[int], ClassifierMixin]] = MappingProxyType(
    {
        "svm": lambda seed: LinearSVC(random_state=seed),
        "knn": lambda seed: KNeighborsClassifier(),
        "tree": lambda seed: DecisionTreeClassifier(random_state=seed),
        "adaboost": lambda seed: AdaBoostClassifier(random_state=seed),
    }
)
"""The four base classifiers of Section 4.1 with scikit-learn's defaults, each built from a seed."""


def _macro_f1(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    # A class that is never predicted has an F-measure of 0, which is the usual case at high imbalance.
    return float(f1_score(y_true, y_pred, labels=[0, 1], average="macro", zero_division=0))


def _mcc(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    return float(matthews_corrcoef(y_true, y_pred))


METRICS: Mapping[str, Callable[[ArrayLike, ArrayLike], float]] = MappingProxyType(
    {"macro_f1": _macro_f1, "mcc": _mcc}
)
"""The two metrics of Section 4.1, each called as ``metric(y_true, y_pred)``; larger is better."""


def make_classifier(name: str, seed: int) -> ClassifierMixin:
    """Build an unfitted base classifier.

    Parameters
    ----------
    name : str
        A key of `CLASSIFIERS`.
    seed : int
        Random state, used by the classifiers that take one.

    Returns
    -------
    sklearn.base.ClassifierMixin
        The classifier.

    Raises
    ------
    UnknownNameError
        If `name` is not a key of `CLASSIFIERS`.
    """
    if name not in CLASSIFIERS:
        raise UnknownNameError("classifier", name, CLASSIFIERS)
    return CLASSIFIERS[name](seed)


def score(
    estimator: ClassifierMixin,
    X_train: np.ndarray,
    y_train: np.ndarray,
    X: np.ndarray,
    y: np.ndarray,
    metric: str,
) -> float:
    """Fit a classifier on one part of the data and score it on another.

    Parameters
    ----------
    estimator : sklearn.base.ClassifierMixin
        The classifier; it is fitted in place.
    X_train : ndarray of shape (n_train, n_features)
        Rows to fit on.
    y_train : ndarray of shape (n_train,)
        Their labels, 1 for the minority class and 0 for the majority class.
    X : ndarray of shape (n_rows, n_features)
        Rows to score on.
    y : ndarray of shape (n_rows,)
        Their labels.
    metric : str
        A key of `METRICS`.

    Returns
    -------
    float
        The metric's value.

    Raises
    ------
    UnknownNameError
        If `metric` is not a key of `METRICS`.
    """
    if metric not in METRICS:
        raise UnknownNameError("metric", metric, METRICS)
    _fit(estimator, X_train, y_train)
    return METRICS[metric](y, estimator.predict(X))


def _fit(estimator: ClassifierMixin, X: np.ndarray, y: np.ndarray) -> None:
    with warnings.catch_warnings():
        # LinearSVC often stops at its default number of iterations; the study keeps that default on purpose.
        warnings.simplefilter("ignore", ConvergenceWarning)
        estimator.fit(X, y)
