"""The columns of a table, and the matrix of numbers that a search works on."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api import types
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from autosmote.search.space import Samples, SearchSpace
from autosmote.utils.numbers import fault
from autosmote.utils.sklearn_settings import own_settings

#: What an object column may hold. "empty" are missing values alone, which have an error of their own.
_NOMINAL = ("string", "boolean", "empty")

#: What becomes a number in an array of objects.
_NUMBERS = ("integer", "floating", "mixed-integer-float", "decimal", "complex", "boolean", "empty")

#: Up to here a double holds every whole number, every difference of two and its quarters.
_EXACT = 2**50

#: Larger whole numbers are cut into two parts, each of which a double holds: multiples of this, and the rest.
_PART = 2**32

_SHOWN = 5


class Columns:
    """What is continuous, whole or nominal in a table, and how it becomes numbers and back.

    Floats are continuous. Integers are whole: synthetic values are rounded. Categories, truth values and text
    are nominal: a synthetic value is one of the two that it lies between.

    Parameters
    ----------
    X : DataFrame or ndarray, shape (n_rows, n_columns)
    nominal : sequence, default ()
        Further columns that are nominal whatever their type: names in a DataFrame, positions in an array, or
        a mask with a truth value for each column.
    allow_missing : bool, default False
        Whether values may be missing in columns of NumPy's floats that are not nominal. They are NaN in the
        matrix, and in the features.

    Attributes
    ----------
    nominal, whole : ndarray of bool, shape (n_columns,)
        The remaining columns are continuous.
    wide : ndarray of int, shape (n_wide,)
        Positions of the whole columns with values beyond 2**50, where doubles come to skip whole numbers. In
        the matrix, such a column holds the multiples of 2**32 in its value, and a further column the rest.
    names : list
        The columns' names, or their numbers.
    continuous : bool
        Whether no column is nominal or whole.
    is_frame : bool
        Whether `X` is a DataFrame.
    named : bool
        Whether columns are nominal whose values are no truth values of an array, which are 0 and 1.

    Raises
    ------
    ValueError
        If a column's name is not unique, a column of `nominal` is not there, or a column has missing,
        infinite or huge values, or such as are neither numbers nor nominal: dates, times, lists, bytes, or
        text and numbers in one column. The message names the columns.
    """

    def __init__(
        self, X: pd.DataFrame | NDArray, nominal: Sequence[Any] = (), *, allow_missing: bool = False
    ) -> None:
        self.is_frame = isinstance(X, pd.DataFrame)
        if isinstance(X, pd.DataFrame):
            if repeated := list(X.columns[X.columns.duplicated()].unique()):
                raise ValueError(
                    f"{_listed('column', repeated)} of X: the name stands for several columns; rename them"
                )
            self.names: list[Any] = list(X.columns)
            self._dtypes = [_dense_dtype(dtype) for dtype in X.dtypes]
        else:
            self.names = list(range(X.shape[1]))
            self._dtypes = [X.dtype] * X.shape[1]
        self.whole = np.array([types.is_integer_dtype(dtype) for dtype in self._dtypes], dtype=bool)
        self.nominal = np.array([_is_nominal(dtype) for dtype in self._dtypes], dtype=bool)
        nominal = _chosen(nominal, self.names)
        if unknown := [name for name in nominal if name not in self.names]:
            raise ValueError(
                f"nominal={list(nominal)!r}: X has no {_listed('column', unknown)}; "
                + ("give names of its columns" if self.is_frame else "give positions of its columns, from 0")
            )
        declared = np.array([name in nominal for name in self.names], dtype=bool)
        self.nominal |= declared
        self.whole &= ~declared
        self.continuous = not (self.whole.any() or self.nominal.any())
        self._refuse(X, allow_missing)
        self.wide = np.array(
            [
                position
                for position in np.flatnonzero(self.whole).tolist()
                if np.any(_beyond(_integers(X, position, self._dtypes[position]), _EXACT))
            ],
            dtype=np.intp,
        )
        self.named = bool(self.nominal.any() if self.is_frame else declared.any())
        # What the codes of nominal columns of a frame stand for. In an array, numbers are their own codes.
        self._values: dict[int, pd.Index] = {}
        if isinstance(X, pd.DataFrame):
            for position in np.flatnonzero(self.nominal).tolist():
                dtype = self._dtypes[position]
                known = isinstance(dtype, pd.CategoricalDtype)
                self._values[position] = dtype.categories if known else pd.Index(X.iloc[:, position].unique())
        elif X.dtype.kind in "iu":
            _raise_for(
                [
                    is_so and np.any(_beyond(column, 2**53))
                    for is_so, column in zip(declared, X.T, strict=True)
                ],
                self.names,
                "whole numbers beyond 2**53, and is nominal",
                "pass a DataFrame",
            )

    def encode(self, X: pd.DataFrame | NDArray) -> NDArray[np.float64]:
        """Numbers as they are, wide ones in two parts, nominal values as codes.

        Parameters
        ----------
        X : DataFrame or ndarray, shape (n_rows, n_columns)
            The table of the constructor, or rows of it.

        Returns
        -------
        ndarray of float64, shape (n_rows, n_columns + n_wide)
        """
        if not isinstance(X, pd.DataFrame) and not len(self.wide):
            return X.astype(np.float64)
        matrix = np.empty((len(X), X.shape[1] + len(self.wide)), dtype=np.float64)
        rest = iter(range(X.shape[1], matrix.shape[1]))
        for position in range(X.shape[1]):
            if position in self.wide:
                parts = np.divmod(_integers(X, position, self._dtypes[position]), _PART)
                matrix[:, position], matrix[:, next(rest)] = parts
                continue
            values: Any = X.iloc[:, position] if isinstance(X, pd.DataFrame) else X[:, position]
            matrix[:, position] = (
                self._values[position].get_indexer(values) if position in self._values else values
            )
        return matrix

    def decode(self, matrix: NDArray[np.float64]) -> Any:
        """Turn a matrix back into a table like that of the constructor, with its types.

        Parameters
        ----------
        matrix : ndarray of float64, shape (n_rows, n_columns + n_wide)

        Returns
        -------
        DataFrame or ndarray, shape (n_rows, n_columns)
            Sparse columns come back dense.
        """
        if not self.is_frame:
            decoded = matrix[:, : len(self.names)].astype(self._dtypes[0])
            for position in self.wide:
                decoded[:, position] = self._decode(matrix, position)
            return decoded
        columns = {position: self._decode(matrix, position) for position in range(len(self.names))}
        frame = pd.DataFrame(columns, index=pd.RangeIndex(len(matrix)))
        frame.columns = pd.Index(self.names)
        return frame

    def numbers(self, matrix: NDArray[np.float64], origin: NDArray[np.float64]) -> NDArray[np.float64]:
        """The columns that are not nominal, as numbers to measure distances on.

        Parameters
        ----------
        matrix : ndarray of float64, shape (n_rows, n_columns + n_wide)
            Encoded rows.
        origin : ndarray of float64, shape (n_columns + n_wide,)
            An encoded row. Its value is taken off wide columns, so that rounding leaves their differences.

        Returns
        -------
        ndarray of float64, shape (n_rows, n_numeric)
        """
        values = matrix[:, : len(self.names)].copy()
        parts = matrix - origin
        values[:, self.wide] = parts[:, self.wide] * _PART + parts[:, len(self.names) :]
        return values[:, ~self.nominal]

    def codes(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """The codes of the nominal columns.

        Parameters
        ----------
        matrix : ndarray of float64, shape (n_rows, n_columns + n_wide)
            Encoded rows.

        Returns
        -------
        ndarray of float64, shape (n_rows, n_nominal)
        """
        return matrix[:, : len(self.names)][:, self.nominal]

    @own_settings()
    def features(
        self, X: NDArray[np.float64], instances: NDArray[np.intp], labels: NDArray
    ) -> NDArray[np.float64]:
        """Features of some rows, on which distances between them are those of SMOTE-NC.

        Numeric columns are standardised. Nominal ones are one-hot encoded, and scaled so that two rows of a
        class that differ in one of them are as far apart by it as the median of the numeric columns' standard
        deviations in that class (Chawla et al. 2002, Section 6.1). Without numeric columns, or where that
        median is 0, the scale is 1.

        Parameters
        ----------
        X : ndarray of float64, shape (n_rows, n_columns + n_wide)
            Encoded rows: what to standardise on.
        instances : ndarray of int, shape (n_instances,)
            The rows whose features are asked for.
        labels : ndarray, shape (n_instances,)
            Their classes.

        Returns
        -------
        ndarray of float64, shape (n_instances, n_features)
        """
        numbers = self._standardised(X)[instances]
        if not self.nominal.any():
            return numbers
        onehot = OneHotEncoder(sparse_output=False).fit_transform(self.codes(X[instances]))
        for label in np.unique(labels):
            rows = labels == label
            onehot[rows] *= _nominal_step(numbers[rows])
        return np.hstack([numbers, onehot])

    @own_settings()
    def features_of_all(self, X: NDArray[np.float64], own: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Features on which distances between all rows can be taken, of the same class or not.

        As `features`, but with one scale for the nominal columns: that of the rows to over-sample. With two
        classes the distances between these rows are the same.

        Parameters
        ----------
        X : ndarray of float64, shape (n_rows, n_columns + n_wide)
            Encoded rows.
        own : ndarray of bool, shape (n_rows,)
            The rows to over-sample.

        Returns
        -------
        ndarray of float64, shape (n_rows, n_features)
        """
        numbers = self._standardised(X)
        if not self.nominal.any():
            return numbers
        onehot = OneHotEncoder(sparse_output=False).fit_transform(self.codes(X))
        return np.hstack([numbers, onehot * _nominal_step(numbers[own])])

    def _standardised(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        numbers = self.numbers(X, origin=X[0])
        return StandardScaler().fit_transform(numbers) if numbers.shape[1] else numbers

    def _decode(self, matrix: NDArray[np.float64], position: int) -> Any:
        values, dtype = matrix[:, position], self._dtypes[position]
        if position in self.wide:
            kind = np.uint64 if types.is_unsigned_integer_dtype(dtype) else np.int64
            rest = matrix[:, len(self.names) + int(np.searchsorted(self.wide, position))]
            whole = values.astype(kind) * kind(_PART) + rest.astype(kind)
            return pd.Series(whole).astype(dtype)
        if not self.nominal[position]:
            return pd.Series(values).astype(dtype)
        codes: Any = values.astype(np.intp)
        if isinstance(dtype, pd.CategoricalDtype):
            return pd.Categorical.from_codes(codes, dtype=dtype)
        return self._values[position].take(codes).astype(dtype)

    def _refuse(self, X: pd.DataFrame | NDArray, allow_missing: bool) -> None:
        """Raise an error that names the columns that cannot be used."""
        frame = X if isinstance(X, pd.DataFrame) else pd.DataFrame(X)
        known = [
            nominal or types.is_integer_dtype(dtype) or types.is_float_dtype(dtype)
            for nominal, dtype in zip(self.nominal, self._dtypes, strict=True)
        ]
        boxed = [
            not known_ or (types.is_object_dtype(column.dtype) and types.infer_dtype(column) not in _NOMINAL)
            for known_, (_, column) in zip(known, frame.items(), strict=True)
        ]
        _raise_for(
            boxed,
            self.names,
            "neither numbers nor categories",
            "turn them into a numeric, category or text type, or leave them out",
        )
        _raise_for(
            [
                isinstance(dtype, pd.CategoricalDtype)
                and types.infer_dtype(dtype.categories) in ("mixed", "mixed-integer")
                for dtype in self._dtypes
            ],
            self.names,
            "categories of several types, or such as are neither text nor numbers",
            "rename them, for instance by .cat.rename_categories(str)",
        )
        may_miss = [
            allow_missing and not nominal and isinstance(dtype, np.dtype) and dtype.kind == "f"
            for nominal, dtype in zip(self.nominal, self._dtypes, strict=True)
        ]
        _raise_for(
            frame.isna().any().to_numpy() & ~np.array(may_miss, dtype=bool),
            self.names,
            "missing values",
            "impute them first, for instance with sklearn.impute.SimpleImputer in the pipeline",
        )
        refuse_large(frame, self.names)


def refuse_large(X: pd.DataFrame | NDArray, names: Sequence[Any] | None = None) -> None:
    """Refuse numbers that no distance can be taken between.

    Parameters
    ----------
    X : DataFrame or ndarray, shape (n_rows, n_columns)
    names : sequence, optional
        Of the columns, for the message. Default: as in `X`.

    Raises
    ------
    ValueError
        If there are infinite or huge values; the message names the columns.
    """
    frame = X if isinstance(X, pd.DataFrame) else pd.DataFrame(X)
    floats = [types.is_float_dtype(_dense_dtype(dtype)) for dtype in frame.dtypes]
    faults = [
        fault(column.to_numpy(np.float64, na_value=np.nan)) if is_float else ""
        for is_float, (_, column) in zip(floats, frame.items(), strict=True)
    ]
    for what in sorted(filter(None, set(faults))):
        names = list(frame.columns) if names is None else names
        _raise_for([found == what for found in faults], names, what, "mend or remove them")


def refuse_objects(X: NDArray[np.object_]) -> None:
    """Refuse an array of objects that would become other numbers, or none, as floats.

    Parameters
    ----------
    X : ndarray of object, shape (n_rows, n_columns)

    Raises
    ------
    ValueError
        If there are dates, times, bytes, lists or the like, or whole numbers that a double cannot hold. The
        message names the columns by their numbers. Text has an error of its own.
    """
    names = range(X.shape[1])
    kinds = [types.infer_dtype(column) for column in X.T]
    _raise_for(
        [
            kind not in _NUMBERS and not any(isinstance(value, str) for value in column)
            for kind, column in zip(kinds, X.T, strict=True)
        ],
        names,
        "no numbers",
        "turn them into numbers, or leave them out",
    )
    _raise_for(
        [any(isinstance(value, int) and abs(value) > 2**53 for value in column) for column in X.T],
        names,
        "whole numbers beyond 2**53 as objects",
        "give the array a dtype of integers, or pass a DataFrame",
    )


def _chosen(nominal: Sequence[Any], names: Sequence[Any]) -> list[Any]:
    """The columns that are declared nominal, by name or by a mask."""
    shape = getattr(nominal, "shape", (len(nominal),))
    if len(shape) != 1:
        raise ValueError(f"nominal has the shape {shape}; it is a list of columns, or a mask of them")
    truth = [isinstance(value, bool | np.bool_) for value in nominal]
    if not any(truth):
        return list(nominal)
    # True is also 1, and would be a position.
    if not all(truth) or len(nominal) != len(names):
        raise ValueError(
            f"nominal={list(nominal)!r}: a mask has a truth value for each of the {len(names)} columns of X"
        )
    return [name for name, is_so in zip(names, nominal, strict=True) if is_so]


def _raise_for(wrong: Iterable[Any], names: Sequence[Any], what: str, remedy: str) -> None:
    """Raise an error that names the columns that are wrong, if any are."""
    if wrong := [name for name, bad in zip(names, wrong, strict=True) if bad]:
        verb = "has" if len(wrong) == 1 else "have"
        raise ValueError(f"{_listed('column', wrong)} of X {verb} {what}; {remedy}")


def dense(X: pd.DataFrame) -> pd.DataFrame:
    """Turn the sparse columns of a table into ordinary ones.

    Parameters
    ----------
    X : DataFrame

    Returns
    -------
    DataFrame
    """
    sparse = {
        name: _dense_dtype(dtype) for name, dtype in X.dtypes.items() if isinstance(dtype, pd.SparseDtype)
    }
    return X.astype(sparse) if sparse else X


class TableSpace(SearchSpace):
    """A search space whose rows may have whole and nominal columns.

    Parameters
    ----------
    columns : Columns
    X : ndarray of float64, shape (n_instances, n_columns + n_wide)
        Encoded rows of the classes to over-sample.
    neighbours : int
    **keys
        See `SearchSpace`.
    """

    def __init__(self, columns: Columns, X: NDArray[np.float64], neighbours: int, **keys: Any) -> None:
        n_columns = len(columns.names)
        nominal = np.full(X.shape[1], -1)
        nominal[:n_columns][columns.nominal] = np.flatnonzero(columns.nominal)
        super().__init__(X, neighbours, nominal=nominal, **keys)
        self._whole = np.setdiff1d(np.flatnonzero(columns.whole), columns.wide)
        self._wide = list(zip(columns.wide.tolist(), range(n_columns, X.shape[1]), strict=True))

    def interpolate(self, samples: Samples) -> NDArray[np.float64]:
        """Rows between source and neighbour.

        Parameters
        ----------
        samples : Samples

        Returns
        -------
        ndarray of float64, shape (n_synthetic, n_columns + n_wide)
            Whole columns are rounded to the nearest whole number; a tie goes to the source. Values of nominal
            columns are drawn from the two.
        """
        rows = super().interpolate(samples)
        start, end = self.X[samples.source], self.X[samples.neighbour]
        step = (rows - start)[:, self._whole]
        rows[:, self._whole] = start[:, self._whole] + np.sign(step) * np.ceil(np.abs(step) - 0.5)
        for high, low in self._wide:
            first, last = (_joined(part[:, high], part[:, low]) for part in (start, end))
            between = _between(first, last, samples.weight)
            rows[:, high], rows[:, low] = between // _PART, between % _PART
        return rows


def _joined(high: NDArray[np.float64], low: NDArray[np.float64]) -> NDArray[np.object_]:
    """The Python integers that were cut in two parts."""
    return high.astype(np.int64).astype(object) * _PART + low.astype(np.int64).astype(object)


def _between(
    start: NDArray[np.object_], end: NDArray[np.object_], weight: NDArray[np.float64]
) -> NDArray[np.object_]:
    """Interpolate Python integers, rounded to the nearest one; a tie goes to the start."""
    # A weight is a multiple of 2**-53, so this is exact.
    weights = (weight * 2.0**53).astype(np.int64).astype(object)
    step = end - start
    distance = (2 * abs(step) * weights + 2**53 - 1) // 2**54
    return start + np.where(step < 0, -distance, distance)


class Decoder(TransformerMixin, BaseEstimator):
    """First step of a pipeline on encoded rows: hands the estimator behind it the caller's table.

    Parameters
    ----------
    columns : Columns
    """

    def __init__(self, columns: Columns) -> None:
        self.columns = columns

    def __sklearn_clone__(self) -> Decoder:
        return self  # It has no state of its own.

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def fit(self, X: Any, y: Any = None) -> Decoder:
        """Nothing is learned."""
        return self

    def transform(self, X: Any) -> Any:
        """Decode a matrix; a table stays as it is."""
        return X if isinstance(X, pd.DataFrame) else self.columns.decode(X)


def _nominal_step(numbers: NDArray[np.float64]) -> float:
    """What to multiply one-hot columns by, so that a difference counts as in SMOTE-NC."""
    present = numbers[:, ~np.isnan(numbers).all(axis=0)]
    spread = float(np.median(np.nanstd(present, axis=0))) if present.shape[1] else 0.0
    return (spread or 1.0) / math.sqrt(2)


def _dense_dtype(dtype: Any) -> Any:
    return np.dtype(dtype.type) if isinstance(dtype, pd.SparseDtype) else dtype


def _integers(X: pd.DataFrame | NDArray, position: int, dtype: Any) -> NDArray[np.integer]:
    """A column of whole numbers of any type, exactly."""
    kind = np.uint64 if types.is_unsigned_integer_dtype(dtype) else np.int64
    column = X.iloc[:, position] if isinstance(X, pd.DataFrame) else X[:, position]
    return np.asarray(column.to_numpy(kind) if isinstance(column, pd.Series) else column, dtype=kind)


def _beyond(values: NDArray[np.integer], limit: int) -> NDArray[np.bool_]:
    # Without the absolute value, which -2**63 does not have.
    return (values > limit) if values.dtype.kind == "u" else (values > limit) | (values < -limit)


def _is_nominal(dtype: Any) -> bool:
    return (
        isinstance(dtype, pd.CategoricalDtype)
        or types.is_bool_dtype(dtype)
        or types.is_string_dtype(dtype)
        or types.is_object_dtype(dtype)
    )


def _listed(noun: str, names: Sequence[Any]) -> str:
    """A noun and some names, for an error: "columns 'a', 'b'"."""
    shown = ", ".join(repr(name) for name in names[:_SHOWN])
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{noun}{'s' if len(names) > 1 else ''} {shown}{more}"
