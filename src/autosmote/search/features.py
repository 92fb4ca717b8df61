"""What the policies see of a minority instance, besides how often it has been used.

A new idea is a function and an entry in `STATE_FEATURES`; its name is then a value of the key
``state_features``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

#: Sizes of the neighbourhoods whose majority rows are counted.
NEIGHBOURHOODS = (5, 15, 30)

#: Distances count as at least this share of the median one, so that equal rows have a ratio.
_LEAST_DISTANCE = 0.01


def original(X: NDArray[np.float64], minority: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Original features (Section 3.2): the coordinates of the instance.

    Parameters
    ----------
    X : ndarray of float64, shape (n_rows, n_features)
        Training rows.
    minority : ndarray of bool, shape (n_rows,)
        Which of them are minority rows; at least two.

    Returns
    -------
    ndarray of float64, shape (n_minority, n_features)
    """
    return X[minority]


def neighbourhood(X: NDArray[np.float64], minority: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Where the instance stands among the classes, rather than where in space.

    Parameters
    ----------
    X : ndarray of float64, shape (n_rows, n_features)
        Training rows.
    minority : ndarray of bool, shape (n_rows,)
        Which of them are minority rows; at least two.

    Returns
    -------
    ndarray of float64, shape (n_minority, 4)
        The columns of `surroundings`, each standardised; one without any variation is zero.
    """
    return standardised(surroundings(X, minority))


def surroundings(X: NDArray[np.float64], minority: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Count the classes around each minority row.

    Neighbours are training rows, the instance itself left out; of rows at the same distance those of the
    minority are the nearer ones, so that the order of the rows does not matter.

    Parameters
    ----------
    X : ndarray of float64, shape (n_rows, n_features)
        Training rows.
    minority : ndarray of bool, shape (n_rows,)
        Which of them are minority rows; at least two.

    Returns
    -------
    ndarray of float64, shape (n_minority, 4)
        The share of majority rows among the 5, 15 and 30 nearest rows (among all others, where there are
        fewer); and the logarithm of the distance to the nearest majority row over that to the nearest
        minority row.
    """
    size = max(NEIGHBOURHOODS)
    # Trees subtract coordinates. The brute-force search expands the square, and then equal distances differ
    # by rounding errors.
    others, own = (
        NearestNeighbors(n_neighbors=min(size, most), algorithm="kd_tree").fit(rows)
        for rows, most in ((X[~minority], np.sum(~minority)), (X[minority], np.sum(minority) - 1))
    )
    to_majority, _ = others.kneighbors(X[minority])
    to_minority, _ = own.kneighbors()  # Without an argument it leaves each row out of its own list.

    distances = np.concatenate([to_minority, to_majority], axis=1)
    # A stable sort: of equal distances the first ones, those of the minority, stay first.
    order = distances.argsort(axis=1, kind="stable")
    is_majority = order >= to_minority.shape[1]
    shares = [is_majority[:, :count].mean(axis=1) for count in NEIGHBOURHOODS]

    nearest = np.column_stack([to_majority[:, 0], to_minority[:, 0]])
    log_majority, log_minority = log_distance(nearest).T
    return np.column_stack([*shares, log_majority - log_minority])


def log_distance(distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithms of distances, of which some may be zero.

    Parameters
    ----------
    distances : ndarray of float64

    Returns
    -------
    ndarray of float64, of the same shape
        A distance counts as a hundredth of the median positive one at least, so that equal rows have one.
    """
    positive = distances[distances > 0]
    least = _LEAST_DISTANCE * np.median(positive) if len(positive) else 1.0
    return np.log(np.maximum(distances, least))


def standardised(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bring each column to mean 0 and standard deviation 1.

    Parameters
    ----------
    features : ndarray of float64, shape (n_rows, n_columns)

    Returns
    -------
    ndarray of float64, shape (n_rows, n_columns)
        A column without any variation is zero.
    """
    centred = features - features.mean(axis=0)
    deviation = centred.std(axis=0)
    # Rounding leaves a deviation where there is none.
    varies = deviation > 1e-12
    return np.where(varies, centred / np.where(varies, deviation, 1.0), 0.0)


STATE_FEATURES: Mapping[str, Callable[[NDArray[np.float64], NDArray[np.bool_]], NDArray[np.float64]]]
STATE_FEATURES = MappingProxyType({"original": original, "neighbourhood": neighbourhood})
"""From training rows, and which of them are minority rows, to features of each minority row."""
