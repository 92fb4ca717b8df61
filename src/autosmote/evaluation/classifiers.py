"""The four base classifiers of Section 4.1 with scikit-learn's defaults, each built from a seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from sklearn.base import ClassifierMixin
from sklearn.ensemble import AdaBoostClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from autosmote.utils.errors import UnknownNameError


def _svm(seed: int) -> ClassifierMixin:
    return LinearSVC(random_state=seed)


def _knn(seed: int) -> ClassifierMixin:
    return KNeighborsClassifier()


def _tree(seed: int) -> ClassifierMixin:
    return DecisionTreeClassifier(random_state=seed)


def _adaboost(seed: int) -> ClassifierMixin:
    return AdaBoostClassifier(random_state=seed)


CLASSIFIERS: Mapping[str, Callable[[int], ClassifierMixin]] = MappingProxyType(
    {"svm": _svm, "knn": _knn, "tree": _tree, "adaboost": _adaboost}
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
    if name not in CLASSIFIERS:
        raise UnknownNameError("classifier", name, CLASSIFIERS)
    return CLASSIFIERS[name](seed)
