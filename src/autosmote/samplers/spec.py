"""What a comparison method is: the types that the modules of methods fill in and `evaluation` uses.

There are two kinds. A *sampler* is a data-level method: it changes the training rows, and any classifier can
be fitted to the result. A *classifier-level method* changes the classifier or brings its own.
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
"""Category of the one sampler that is meant to leave the data unchanged."""


TWO_CLASSES, ALL_AT_ONCE, ONE_BY_ONE = "no", "all_at_once", "one_by_one"

MULTICLASS = (TWO_CLASSES, ALL_AT_ONCE, ONE_BY_ONE)
"""How a method takes more than two classes, whose labels are 0, 1, 2 and so on.

``no``: it does not, and its rows say so. ``all_at_once``: its ``build`` takes all these labels.
``one_by_one``: a sampler that puts rows of class 1 behind the given ones, and changes none of these,
over-samples one class after the other against all others (`autosmote.samplers.multiclass`).
"""


class NotApplicable(Exception):
    """A method cannot treat these data at this ratio. This is a property of the method, not an error.

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
        Labels, 1 for the minority class and 0 for the majority class; of more than two classes (`MULTICLASS`)
        their codes, 0 for the largest.
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
        Labels, as in `Training`.
    settings : mapping of str to JSON value
        Choices of the method itself that are needed to repeat it; empty for most methods.
    transform : callable, optional
        For a method that changes the columns: turns rows of shape (n_rows, n_features) into rows with the
        columns of `X`. It is called after the method is done, for one split at a time and without labels.
    """

    X: np.ndarray
    y: np.ndarray
    settings: Mapping[str, Any] = field(default_factory=dict)
    transform: Callable[[np.ndarray], np.ndarray] | None = None


Resample = Callable[[float | None], Resampled]
"""Resamples the training rows that it was built for to a ratio (None if the method takes no ratio)."""


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
    multiclass: str = TWO_CLASSES

    def __post_init__(self) -> None:
        if self.multiclass not in MULTICLASS:
            raise ValueError(f"multiclass={self.multiclass!r}; known: {', '.join(MULTICLASS)}")

    @property
    def installed(self) -> bool:
        """Whether everything that the method needs is installed."""
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
        What to install first, as pip names it, or None.
    build : callable
        ``build(training, seed)`` does the work that is needed once per task, such as fitting a generator, and
        returns the function that resamples to a ratio. Both raise `NotApplicable` if the method does not
        apply. Settings, if there are any, are further keyword arguments.
    modules : tuple of str, default ()
        Modules that `requires` installs. The first is imported before the methods of a job get their own
        processes, so that it is imported only once.
    multiclass : {"no", "all_at_once", "one_by_one"}, default "no"
        See `MULTICLASS`. Of more than two classes, the ratio is that of every class to the largest.
    """

    build: Callable[..., Resample]


@dataclass(frozen=True)
class Problem:
    """Everything that a classifier-level method may look at, which excludes the test rows.

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
    needs_scores : bool, default False
        Whether the metric takes scores of the rows, larger for the minority, in place of labels.
    """

    training: Training
    X_validation: np.ndarray
    y_validation: np.ndarray
    estimator: ClassifierMixin
    measure: Callable[[np.ndarray, np.ndarray], float]
    seed: int
    needs_scores: bool = False


class Predictor(Protocol):
    """An object that labels rows, such as a fitted classifier."""

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the labels, from 0, of rows of shape (n_rows, n_features)."""


@dataclass(frozen=True)
class Learned:
    """The result of a classifier-level method.

    Parameters
    ----------
    model : Predictor
        Labels rows. For a metric that needs scores it has ``decision_function`` or ``predict_proba`` too.
    settings : mapping of str to JSON value
        Choices of the method itself that are needed to repeat it.
    note : str, default ""
        What readers of its scores have to know; part of the ``message`` of its row.
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
        As for a sampler. `takes_ratio` says whether the method is tried at the desired ratios of minority to
        majority; it decides what a ratio means.
    multiclass : {"no", "all_at_once"}, default "no"
        See `MULTICLASS`.
    build : callable
        ``build(problem)`` does the work that is needed once per task, classifier and metric. It returns a
        function that learns for one ratio (None if the method takes no ratio) and returns `Learned`. Both
        raise `NotApplicable` if the method does not apply. Settings are further keyword arguments.
    """

    build: Callable[..., Callable[[float | None], Learned]]

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.multiclass == ONE_BY_ONE:
            raise ValueError(
                f"multiclass={ONE_BY_ONE!r} is for samplers; a method that takes more than two "
                f"classes takes them {ALL_AT_ONCE}"
            )


_AnySpec = TypeVar("_AnySpec", SamplerSpec, MethodSpec)


def configured(spec: _AnySpec, settings: Mapping[str, Any]) -> _AnySpec:
    """Give a method settings in place of its defaults.

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
