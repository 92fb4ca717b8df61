"""Divide rows at random into parts, of which each fold leaves one out."""

import numpy as np
from numpy.typing import NDArray

N_TRAINING_PARTS = 3
"""With 60 % of the rows for training and 20 % for validation (Section 4.1), as many rows are left without one
part as without the validation rows."""


def join_parts(y_train: NDArray, y_validation: NDArray, seed: int) -> tuple[NDArray, NDArray[np.int64]]:
    """Divide training and validation rows into the parts that a fold leaves out.

    Parameters
    ----------
    y_train, y_validation : ndarray, shape (n_rows,)
    seed : int
        Seeds the parts of the training rows.

    Returns
    -------
    y : ndarray, shape (n_train + n_validation,)
        Labels of the training and then of the validation rows.
    parts : ndarray of int64, shape (n_train + n_validation,)
        0, 1 or 2 for the training rows, 3 for the validation rows.
    """
    parts = np.full(len(y_train) + len(y_validation), N_TRAINING_PARTS)
    parts[: len(y_train)] = stratified_parts(y_train, seed)
    return np.concatenate([y_train, y_validation]), parts


def stratified_parts(y: NDArray, seed: int, n_parts: int = N_TRAINING_PARTS) -> NDArray[np.int64]:
    """Divide rows at random, each class as evenly as can be.

    Parameters
    ----------
    y : ndarray, shape (n_rows,)
    seed : int
    n_parts : int, default 3

    Returns
    -------
    ndarray of int64, shape (n_rows,)
        Part of each row. Those of a class differ by one row at most, and so do the parts in all.
    """
    rng = np.random.default_rng(seed)
    # Going on from class to class where the one before has ended, so that the parts are even in all, too.
    order = np.concatenate([rng.permutation(np.flatnonzero(y == label)) for label in np.unique(y)])
    parts = np.empty(len(y), dtype=np.int64)
    parts[order] = np.arange(len(y)) % n_parts
    return parts
