"""Nominal values of synthetic rows: each is drawn by its own, from one of the two parents."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

#: Added to each number that is hashed, so that zeros do not stay zero: 2**64 over the golden ratio.
_STEP = np.uint64(0x9E3779B97F4A7C15)


def takes_neighbour(
    source: NDArray[np.integer],
    neighbour: NDArray[np.integer],
    weight: NDArray[np.float64],
    n_columns: int,
    seed: int,
) -> NDArray[np.bool_]:
    """Whether a synthetic row has its neighbour's value in a nominal column, or else its source's.

    The weight is the probability of the neighbour's value: the row itself with 0, the neighbour with 1. Each
    column of each place (two rows and a weight) has a draw of its own, and always the same one: a decision
    makes the same row wherever it is scored, counted or returned, and from whichever end it is reached.

    Parameters
    ----------
    source, neighbour : ndarray of int, shape (n_synthetic,)
    weight : ndarray of float64, shape (n_synthetic,)
    n_columns : int
        Nominal columns.
    seed : int
        At least 0.

    Returns
    -------
    ndarray of bool, shape (n_synthetic, n_columns)
    """
    forward = source < neighbour
    first, last = np.minimum(source, neighbour), np.maximum(source, neighbour)
    along = np.where(forward, weight, 1.0 - weight)
    state = np.full(len(source), seed, dtype=np.uint64)
    for part in (first.astype(np.uint64), last.astype(np.uint64), along.view(np.uint64)):
        state = _hashed(state ^ (part + _STEP))
    each = (np.arange(n_columns, dtype=np.uint64) + np.uint64(1)) * _STEP
    draw = _hashed((state[:, None] ^ each).ravel()).reshape(len(source), n_columns)
    takes_last = (draw >> np.uint64(11)) * 2.0**-53 < along[:, None]
    return np.where(forward[:, None], takes_last, ~takes_last)


def _hashed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Numbers that look random, and are the same on every machine."""
    return pd.util.hash_array(numbers)
