"""Scaling, imputation and one-hot encoding (Section 4.1 of the paper)."""

from __future__ import annotations

from typing import Self

import numpy as np
import pandas as pd
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from autosmote.utils.numbers import fault
from autosmote.utils.sklearn_settings import own_settings

MISSING = ("zero", "mean_indicator")


class Encoder:
    """Turn a frame of numeric and categorical columns into a matrix, by the steps of Section 4.1.

    Numeric columns are standardised over their present values. A missing number becomes 0 after scaling,
    which is the column's mean. Categorical columns are one-hot encoded; a missing or unknown category is
    all zeros. A column without any value in the rows that the encoder is fitted on is left out.

    Parameters
    ----------
    missing : {"zero", "mean_indicator"}, default "zero"
        ``zero`` does only this. ``mean_indicator`` also adds a 0/1 column that marks the missing values, for
        each column with missing values in the rows that it is fitted on.

    Attributes
    ----------
    feature_names : list of str
        Names of the matrix's columns: the numeric columns, ``column=category`` for each category that occurs
        in the fitted rows, ``column is missing`` for each indicator.
    onehot : ndarray of bool, shape (n_features,)
        Which columns of the matrix hold only 0 and 1: the one-hot columns and the indicators.
    nominal : ndarray of int, shape (n_features,)
        Number of the nominal column that each column of the matrix comes from; each indicator has one of its
        own, and numeric columns have -1.

    Raises
    ------
    ValueError
        If `missing` is unknown.
    """

    feature_names: list[str]
    onehot: np.ndarray
    nominal: np.ndarray

    def __init__(self, missing: str = "zero") -> None:
        if missing not in MISSING:
            raise ValueError(f"unknown value {missing!r} of `missing`; known: {', '.join(MISSING)}")
        self.missing = missing

    @own_settings()
    def fit(self, frame: pd.DataFrame) -> Self:
        """Learn means, standard deviations and categories.

        Parameters
        ----------
        frame : pandas.DataFrame
            Rows to learn from. Every column is numeric or of dtype category.

        Returns
        -------
        Encoder
            This encoder, fitted.

        Raises
        ------
        ValueError
            If a column has infinite or huge values, which cannot be standardised.
        """
        present = [name for name in frame if frame[name].notna().any()]
        self._numeric = [name for name in present if not isinstance(frame[name].dtype, pd.CategoricalDtype)]
        self._nominal = [name for name in present if isinstance(frame[name].dtype, pd.CategoricalDtype)]
        self._marked = [
            name for name in frame if self.missing == "mean_indicator" and frame[name].isna().any()
        ]
        # Categories without a row would be columns of zeros.
        categories = [
            list(frame[name].cat.remove_unused_categories().cat.categories) for name in self._nominal
        ]
        if self._numeric:
            self._scaler = StandardScaler().fit(self._numbers(frame))
        if self._nominal:
            self._onehot = OneHotEncoder(categories=categories, handle_unknown="ignore", sparse_output=False)
            self._onehot.fit(self._texts(frame))
        onehot_names = [
            f"{name}={category}"
            for name, known in zip(self._nominal, categories, strict=True)
            for category in known
        ]
        indicator_names = [f"{name} is missing" for name in self._marked]
        self.feature_names = [*map(str, self._numeric), *onehot_names, *indicator_names]
        widths = [len(known) for known in categories] + [1] * len(self._marked)
        self.nominal = np.concatenate(
            [np.full(len(self._numeric), -1), np.repeat(np.arange(len(widths)), widths)]
        )
        self.onehot = self.nominal >= 0
        return self

    @own_settings()
    def transform(self, frame: pd.DataFrame) -> np.ndarray:
        """Encode rows.

        Parameters
        ----------
        frame : pandas.DataFrame
            Rows with the same columns as the fitted ones.

        Returns
        -------
        ndarray of float64, shape (len(frame), n_features), C-contiguous
            Finite in every entry.

        Raises
        ------
        ValueError
            See `fit`.
        """
        parts = [frame[self._marked].isna().to_numpy(dtype="float64")]
        if self._nominal:
            parts.insert(0, self._onehot.transform(self._texts(frame)))
        if self._numeric:
            parts.insert(0, np.nan_to_num(self._scaler.transform(self._numbers(frame)), nan=0.0))
        return np.ascontiguousarray(np.hstack(parts), dtype="float64")

    def _numbers(self, frame: pd.DataFrame) -> np.ndarray:
        numbers = frame[self._numeric].to_numpy(dtype="float64", na_value=np.nan)
        for name, column in zip(self._numeric, numbers.T, strict=True):
            if what := fault(column):
                raise ValueError(f"column {name!r} has {what}; mend or remove them")
        return numbers

    def _texts(self, frame: pd.DataFrame) -> np.ndarray:
        return frame[self._nominal].to_numpy(dtype=object)
