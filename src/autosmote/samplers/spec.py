"""What a comparison sampler is: the types that every sampler module fills in and `evaluation` consumes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

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
class SamplerSpec:
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
        The extra of this package to install first, or None.
    build : callable
        ``build(training, seed)`` does what is needed once per task (such as fitting a generator) and returns
        the function that serves the ratios. Both raise `NotApplicable` where the method does not apply.
    """

    name: str
    category: str
    takes_ratio: bool
    source: str
    reference: str
    requires: str | None
    build: Callable[[Training, int], Resample]
