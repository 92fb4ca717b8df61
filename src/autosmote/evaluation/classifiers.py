"""The four base classifiers of Section 4.1 with scikit-learn's defaults, each built from a seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sklearn.base import ClassifierMixin, is_classifier
from sklearn.ensemble import AdaBoostClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from autosmote.utils.registry import Registry


def _svm(seed: int) -> ClassifierMixin:
    return LinearSVC(random_state=seed)


def _knn(seed: int) -> ClassifierMixin:
    return KNeighborsClassifier()


def _tree(seed: int) -> ClassifierMixin:
    return DecisionTreeClassifier(random_state=seed)


def _adaboost(seed: int) -> ClassifierMixin:
    return AdaBoostClassifier(random_state=seed)


def _accept(name: str, loaded: Any) -> Callable[[int], ClassifierMixin]:
    try:
        classifier = loaded(0)
    except Exception as error:
        raise ValueError(f"no function of a seed: {type(error).__name__}: {error}") from error
    if not is_classifier(classifier):
        raise ValueError(f"no function that returns a classifier, but a {type(classifier).__name__}")
    return loaded


CLASSIFIERS: Registry[Callable[[int], ClassifierMixin]] = Registry(
    "classifier", {"svm": _svm, "knn": _knn, "tree": _tree, "adaboost": _adaboost}, _accept
)
"""The classifiers by name."""


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
    return CLASSIFIERS.look_up(name)(seed)
