"""The four base classifiers of Section 4.1 and others, with the defaults of their packages, from a seed."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from sklearn.base import ClassifierMixin, is_classifier
from sklearn.ensemble import AdaBoostClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from autosmote.utils.errors import MissingExtraError
from autosmote.utils.registry import Registry


def _svm(seed: int) -> ClassifierMixin:
    return LinearSVC(random_state=seed)


def _knn(seed: int) -> ClassifierMixin:
    return KNeighborsClassifier()


def _tree(seed: int) -> ClassifierMixin:
    return DecisionTreeClassifier(random_state=seed)


def _adaboost(seed: int) -> ClassifierMixin:
    return AdaBoostClassifier(random_state=seed)


def _logistic_regression(seed: int) -> ClassifierMixin:
    return LogisticRegression(random_state=seed)


def _random_forest(seed: int) -> ClassifierMixin:
    return RandomForestClassifier(random_state=seed)


def _hist_gradient_boosting(seed: int) -> ClassifierMixin:
    return HistGradientBoostingClassifier(random_state=seed)


# One thread each, as all classifiers here have: the jobs of a study run side by side.
def _lightgbm(seed: int) -> ClassifierMixin:
    from lightgbm import LGBMClassifier

    return LGBMClassifier(random_state=seed, n_jobs=1, verbosity=-1)


def _xgboost(seed: int) -> ClassifierMixin:
    from xgboost import XGBClassifier

    return XGBClassifier(random_state=seed, n_jobs=1)


_PACKAGES = {"lightgbm": "lightgbm", "xgboost": "xgboost"}


def _accept(name: str, loaded: Any) -> Callable[[int], ClassifierMixin]:
    try:
        classifier = loaded(0)
    except Exception as error:
        raise ValueError(f"no function of a seed: {type(error).__name__}: {error}") from error
    if not is_classifier(classifier):
        raise ValueError(f"no function that returns a classifier, but a {type(classifier).__name__}")
    return loaded


CLASSIFIERS: Registry[Callable[[int], ClassifierMixin]] = Registry(
    "classifier",
    {
        "svm": _svm,
        "knn": _knn,
        "tree": _tree,
        "adaboost": _adaboost,
        "logistic_regression": _logistic_regression,
        "random_forest": _random_forest,
        "hist_gradient_boosting": _hist_gradient_boosting,
        "lightgbm": _lightgbm,
        "xgboost": _xgboost,
    },
    _accept,
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
    autosmote.utils.errors.MissingExtraError
        If its package is not installed; the message says what to install.
    """
    build = CLASSIFIERS.look_up(name)
    package = _PACKAGES.get(name)
    if package and find_spec(package) is None:
        raise MissingExtraError(f"classifier {name!r}", package, package)
    return build(seed)
