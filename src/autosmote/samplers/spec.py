"""What a comparison method is: the types that every module of methods fills in and `evaluation` consumes.

There are two kinds. A *sampler* changes the training rows (a data-level method); any classifier can be fitted
to what it returns. A *classifier-level method* changes the classifier or brings its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.util import find_spec
from typing import Any, Protocol, TypeVar

import numpy as np
from sklearn.base import ClassifierMixin

NO_RESAMPLING = "No-resampling"
"""Category of the one sampler that leaves the data unchanged on purpose."""


class NotApplicable(Exception):
    """A method cannot treat this data at this ratio: a property of the method, not an error.

    The message says why, in the words of the library that refused.
    """


@dataclass(frozen=True)
class Training:
    """The training rows that a sampler may look at.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features), float64
        Encoded features.
    y : ndarray of shape (n_rows,), int64
        Labels, 1 for the minority class and 0 for the majority class.
    onehot : ndarray of shape (n_features,), bool
        True for the columns that came from one-hot encoding.
    """

    X: np.ndarray
    y: np.ndarray
    onehot: np.ndarray


@dataclass(frozen=True)
class Resampled:
    """The rows that a sampler returns.

    Parameters
    ----------
    X : ndarray of shape (n_resampled, n_features), float64
        Encoded features.
    y : ndarray of shape (n_resampled,), int64
        Labels, 1 for the minority class and 0 for the majority class.
    settings : mapping of str to JSON value
        Choices that the method made itself and that a reader needs to repeat it; empty for most methods.
    transform : callable, optional
        For a method that changes the columns: brings rows of shape (n_rows, n_features) into the columns of
        `X`. The validation and test rows go through it one split at a time and without their labels, after
        the method is done.
    """

    X: np.ndarray
    y: np.ndarray
    settings: Mapping[str, Any] = field(default_factory=dict)
    transform: Callable[[np.ndarray], np.ndarray] | None = None


Resample = Callable[[float | None], Resampled]
"""Resamples the training rows it was built for to a ratio (None for a method that takes no ratio)."""


@dataclass(frozen=True)
class _Spec:
    name: str
    category: str
    takes_ratio: bool
    source: str
    reference: str
    requires: str | None
    build: Callable[..., Any]
    modules: tuple[str, ...] = ()

    @property
    def installed(self) -> bool:
        """Whether all that the method needs is there."""
        return all(find_spec(module) for module in self.modules)


@dataclass(frozen=True)
class SamplerSpec(_Spec):
    """One comparison sampler.

    Parameters
    ----------
    name : str
        Name in the configuration and in the tables.
    category : str
        Category of Table 2, for example ``"Over-sampling"``.
    takes_ratio : bool
        Whether the method aims at a desired ratio of minority to majority rows.
    source : str
        The package that implements it.
    reference : str
        Short citation of the method.
    requires : str or None
        What to install first, in the words of pip, or None.
    build : callable
        ``build(training, seed)`` does what is needed once per task (such as fitting a generator) and returns
        the function that serves the ratios. Both raise `NotApplicable` where the method does not apply.
        Settings, if it has any, are further keyword arguments.
    modules : tuple of str, default ()
        Modules that `requires` brings. The first is imported before the methods of a job get processes of
        their own, so that they share the time it takes.
    """

    build: Callable[..., Resample]


@dataclass(frozen=True)
class Problem:
    """All that a classifier-level method may look at: never the test rows.

    Parameters
    ----------
    training : Training
        The rows to learn from.
    X_validation : ndarray of shape (n_validation, n_features), float64
    y_validation : ndarray of shape (n_validation,), int64
        The rows to choose by.
    estimator : sklearn.base.ClassifierMixin
        The base classifier, unfitted and seeded; clone it before fitting.
    measure : callable
        The metric, ``measure(y_true, y_pred)`` on labels; larger is better.
    seed : int
        Random state of the method.
    """

    training: Training
    X_validation: np.ndarray
    y_validation: np.ndarray
    estimator: ClassifierMixin
    measure: Callable[[np.ndarray, np.ndarray], float]
    seed: int


class Predictor(Protocol):
    """What can label rows, such as a fitted classifier."""

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the labels, 0 or 1, of rows of shape (n_rows, n_features)."""


@dataclass(frozen=True)
class Learned:
    """What a classifier-level method has learned.

    Parameters
    ----------
    model : Predictor
        Labels rows.
    settings : mapping of str to JSON value
        Choices that the method made itself and that a reader needs to repeat it.
    note : str, default ""
        What a reader of its scores has to know; part of the ``message`` of its row.
    """

    model: Predictor
    settings: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True)
class MethodSpec(_Spec):
    """One classifier-level comparison method: it changes the base classifier or brings its own.

    Parameters
    ----------
    name, category, takes_ratio, source, reference, requires, modules
        As for a sampler; `takes_ratio` says whether the method is tried at the desired ratios of minority to
        majority, in whatever sense it gives them.
    build : callable
        ``build(problem)`` does what is needed once per task, classifier and metric and returns a function
        that learns for one ratio (None for a method that takes no ratio) and returns `Learned`. Both raise
        `NotApplicable` where the method does not apply. Settings are further keyword arguments.
    """

    build: Callable[..., Callable[[float | None], Learned]]


_AnySpec = TypeVar("_AnySpec", SamplerSpec, MethodSpec)


def configured(spec: _AnySpec, settings: Mapping[str, Any]) -> _AnySpec:
    """Give a method other settings than its defaults.

    Parameters
    ----------
    spec : SamplerSpec or MethodSpec
    settings : mapping
        Keyword arguments of its ``build``.

    Returns
    -------
    SamplerSpec or MethodSpec
        A copy with these settings bound.
    """
    return replace(spec, build=partial(spec.build, **settings)) if settings else spec
