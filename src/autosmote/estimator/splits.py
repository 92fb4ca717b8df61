"""Which rows a sampler trains on and which it scores on."""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.model_selection import check_cv, train_test_split
from sklearn.utils.validation import check_array, column_or_1d

from autosmote.utils.parts import N_TRAINING_PARTS, stratified_parts


class Split(NamedTuple):
    """Rows to train on, and rows to score on.

    Attributes
    ----------
    train : ndarray of int, shape (n_train,)
        Positions among the given rows.
    X_validation : DataFrame or ndarray, shape (n_validation, n_columns)
    y_validation : ndarray, shape (n_validation,)
    held_out : ndarray of int, shape (n_validation,) or (0,)
        Positions of the rows to score on; none where these are rows of their own.
    """

    train: NDArray[np.intp]
    X_validation: Any
    y_validation: NDArray
    held_out: NDArray[np.intp]


def make_splits(
    validation: Any,
    X: pd.DataFrame | NDArray,
    y: NDArray,
    minority: NDArray,
    seed: int,
    groups: NDArray | None = None,
) -> list[Split]:
    """Read a sampler's parameter `validation`.

    Parameters
    ----------
    validation : float, int, CV splitter or tuple (X, y)
        A fraction to hold out, a number of folds, a splitter, or rows of their own.
    X : DataFrame or ndarray, shape (n_rows, n_columns)
    y : ndarray, shape (n_rows,)
    minority : ndarray
        The classes to over-sample.
    seed : int
        Seeds the split of a fraction.
    groups : ndarray, shape (n_rows,), optional
        For a splitter.

    Returns
    -------
    list of Split
        One, or one for each fold.

    Raises
    ------
    ValueError
        If a class to over-sample has not one row to score on and two to interpolate between in each split, or
        the given rows do not fit to `X` and `y`, or there are groups and no splitter.
    """
    if groups is not None and not hasattr(validation, "split"):
        raise ValueError(
            f"validation={_shown(validation)} does not look at groups; pass a splitter that keeps the rows "
            "of a group together, such as sklearn.model_selection.GroupKFold"
        )
    given = isinstance(validation, tuple)
    for label in minority:
        if (size := np.sum(y == label)) < 3 - given:
            raise ValueError(
                f"class {label} has {size} rows; at least {3 - given} are needed: two to interpolate between"
                + ("" if given else " and one to score on")
            )
    if given:
        splits = [Split(np.arange(len(y)), *_given(validation, X, y), np.empty(0, np.intp))]
    else:
        splits = [_split(X, y, *positions) for positions in _parts(validation, X, y, seed, groups)]
    for number, split in enumerate(splits, start=1):
        where = f"fold {number} of {len(splits)} of " if len(splits) > 1 else ""
        for label in minority:
            kept, held_out = np.sum(y[split.train] == label), np.sum(split.y_validation == label)
            if held_out < 1 or kept < 2:
                remedy = "make it larger" if held_out < 1 else "make it smaller"
                raise ValueError(
                    f"{where}validation={_shown(validation)} holds {held_out} rows of class {label} to score "
                    f"on and leaves {kept}; at least one is needed there, and two to interpolate between"
                    + (f": {remedy}" if isinstance(validation, float) else "")
                )
    return splits


def make_folds(
    split: Split, X: pd.DataFrame | NDArray, y: NDArray, minority: NDArray, seed: int
) -> list[Split]:
    """Make the folds of a policy search from a single split.

    The training rows come in three parts (in two, if a class has only two of them). Each part is left out
    once, and the held-out rows of the split are then trained on. The last fold is the split itself. Rows of
    their own are scored on there, and never trained on.

    Parameters
    ----------
    split : Split
    X : DataFrame or ndarray, shape (n_rows, n_columns)
    y : ndarray, shape (n_rows,)
    minority : ndarray
        The classes to over-sample.
    seed : int
        Seeds the parts.

    Returns
    -------
    list of Split

    Raises
    ------
    ValueError
        If a class has too few rows to interpolate between in a fold.
    """
    labels = y[split.train]
    smallest = min(int(np.sum(labels == label)) for label in minority)
    parts = stratified_parts(labels, seed, min(N_TRAINING_PARTS, smallest))
    folds = [
        _split(X, y, np.concatenate([split.train[parts != part], split.held_out]), split.train[parts == part])
        for part in np.unique(parts)
    ]
    for fold in folds:
        for label in minority:
            if np.sum(y[fold.train] == label) < 2:
                raise ValueError(
                    f"class {label} has {np.sum(labels == label)} rows to train on; policy search leaves out "
                    "parts of them and needs at least 3"
                )
    return [*folds, split]


def _split(X: Any, y: NDArray, train: NDArray[np.intp], held_out: NDArray[np.intp]) -> Split:
    return Split(train, _take(X, held_out), y[held_out], held_out)


def _parts(
    validation: Any, X: Any, y: NDArray, seed: int, groups: NDArray | None
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Positions of training and of validation rows."""
    if isinstance(validation, Real) and not isinstance(validation, Integral):
        rows = np.arange(len(y))
        yield tuple(train_test_split(rows, test_size=validation, stratify=y, random_state=seed))
    else:
        yield from check_cv(validation, y, classifier=True).split(X, y, groups)


def _given(validation: tuple[Any, ...], X: Any, y: NDArray) -> tuple[Any, NDArray]:
    """Check validation rows that the caller chose."""
    if len(validation) != 2:
        raise ValueError(f"validation is a tuple of {len(validation)}; rows of their own are a pair (X, y)")
    rows, labels = validation
    if isinstance(X, pd.DataFrame):
        if not isinstance(rows, pd.DataFrame) or set(rows.columns) != set(X.columns):
            raise ValueError("validation=(X, y): as X is a DataFrame, this has to be one with its columns")
        rows = rows[list(X.columns)].reset_index(drop=True)
    else:
        missing = X.dtype.kind == "f" and bool(np.isnan(X).any())
        given = check_array(_dense(rows), dtype=None, ensure_all_finite="allow-nan" if missing else True)
        with np.errstate(invalid="ignore"):  # What does not fit is found below.
            rows = check_array(given, dtype=X.dtype, ensure_all_finite="allow-nan" if missing else True)
        if X.dtype.kind in "iub" and not np.array_equal(rows, given):
            raise ValueError(
                f"validation=(X, y): X holds {X.dtype}, and these rows have values that it cannot hold; pass "
                "both as floats"
            )
        if rows.shape[1] != X.shape[1]:
            raise ValueError(f"validation=(X, y): its rows have {rows.shape[1]} columns, X has {X.shape[1]}")
    labels = column_or_1d(labels)
    if len(labels) != len(rows):
        raise ValueError(f"validation=(X, y): {len(rows)} rows, but {len(labels)} labels")
    if unknown := sorted(set(labels) - set(y), key=str):
        raise ValueError(f"validation=(X, y): class {unknown[0]} does not occur in the rows to train on")
    return rows, labels


def _dense(rows: Any) -> Any:
    matrix: Any = rows
    return matrix.toarray() if issparse(rows) else rows


def _take(X: pd.DataFrame | NDArray, rows: NDArray[np.intp]) -> pd.DataFrame | NDArray:
    return X.iloc[rows].reset_index(drop=True) if isinstance(X, pd.DataFrame) else X[rows]


def _shown(validation: Any) -> str:
    if isinstance(validation, tuple):
        return "(X, y)"
    shown = repr(validation)
    return shown if "array(" not in shown and len(shown) < 200 else "(given folds)"  # Not row by row.
