"""A person's CSV file: complete columns for a search, and the file with rows added to it."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.io.common import infer_compression  # type: ignore[import-not-found]
from sklearn.base import ClassifierMixin
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from autosmote.datasets.sources import (
    DatasetError,
    as_features,
    naming_rows,
    read_csv,
    read_text,
    whole_numbers,
)

MIN_ROWS = 20
"""Fewest rows that are worked on: a quarter of fewer says nothing about a classifier."""


class CsvTable:
    """A CSV file with labels, as text and as columns without missing values.

    A missing number is the median of its column, rounded where all its values are whole, as in ``56`` or
    ``56.0``. A nominal value is the text that stands in the file, so a missing one is a value of its own.
    Only synthetic rows are made of these: the given rows stay as they are.

    Parameters
    ----------
    path : path-like
        Comma-separated UTF-8 text with a header.
    target : str
        Column with the labels.
    ignore : sequence of str, default ()
        Columns to leave out, such as row numbers; they are empty in synthetic rows. Each element is a name,
        or several with commas between them.
    nominal : sequence of str, default ()
        Columns of numbers that are codes, named as in `ignore`. Other columns than those of numbers are
        nominal anyway.
    groups : str, optional
        Column that says which rows belong together; it is left out too.

    Attributes
    ----------
    text : DataFrame of str
        The file as it is.
    features : DataFrame
        Columns of dtype float64, int64 or category, without missing values.
    labels : Series of str
    groups : Series of str or None
        The group of each row.
    row_names : list of str
        See `autosmote.datasets.sources.naming_rows`.

    Raises
    ------
    DatasetError
        If the file cannot be used; the message says why.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        target: str,
        ignore: Sequence[str] = (),
        nominal: Sequence[str] = (),
        groups: str | None = None,
    ) -> None:
        frame, self.labels = read_csv(path, target)
        self.target = target
        ignored = _names(ignore, frame, "to ignore")
        codes = _names(nominal, frame, "to be nominal")
        if len(frame) < MIN_ROWS:
            raise DatasetError(f"{path} has {len(frame)} rows; at least {MIN_ROWS} are needed")
        if self.labels.nunique() < 2:
            raise DatasetError(
                f"the target column {target!r} has one class, {self.labels.iloc[0]!r}; two are needed"
            )
        if (n_classes := self.labels.nunique()) > len(self.labels) / 2:
            raise DatasetError(
                f"the target column {target!r} has {n_classes} values in {len(self.labels)} rows, which are "
                "no classes; name the column that holds them"
            )
        self.text = read_text(path)
        self.groups = None
        if groups is not None:
            (groups,) = _names([groups], frame, "to group by")
            self.groups = self.text[groups]
            # As for labels: a group may be called NA.
            if n_missing := int(self.groups.isin(["", "?"]).sum()):
                raise DatasetError(f"column {groups!r} says of {n_missing} rows no group")
            ignored.append(groups)
        frame = frame.drop(columns=ignored)
        if frame.shape[1] == 0:
            raise DatasetError("there is no column besides the target and those that are ignored")
        codes = [name for name in codes if name in frame]
        for name in codes:
            frame[name] = self.text[name]
        features = as_features(frame)
        self.features = pd.DataFrame({name: self._complete(features[name]) for name in features})
        self.row_names = naming_rows(self.features)

    def with_rows(self, features: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
        """The file with rows added at its end.

        Parameters
        ----------
        features : DataFrame
            Rows with the columns and types of `features`.
        labels : sequence of str
            Their labels.

        Returns
        -------
        DataFrame of str
            Whole numbers have all their digits, others up to 15 significant ones.
        """
        added = pd.DataFrame("", index=range(len(features)), columns=self.text.columns)
        for name, column in features.items():
            digits = ".15g" if column.dtype.kind == "f" else ""
            added[name] = [format(value, digits) for value in column]
        added[self.target] = list(labels)
        return pd.concat([self.text, added], ignore_index=True)

    def _complete(self, column: pd.Series) -> pd.Series:
        text = self.text[str(column.name)]
        if isinstance(column.dtype, pd.CategoricalDtype):
            return text.astype("category")
        numbers = whole_numbers(column, text)
        limits = np.iinfo(np.int64)
        if numbers is None or not limits.min <= min(numbers) <= max(numbers) <= limits.max:
            return column.astype(np.float64).fillna(column.median())
        # Whole numbers with gaps are read as floats, which have fewer digits.
        middle = sorted(numbers)[(len(numbers) - 1) // 2 : len(numbers) // 2 + 1]
        values = np.full(len(column), round(Fraction(sum(middle), len(middle))), dtype=np.int64)
        values[column.notna()] = numbers
        return pd.Series(values)


def compression_of(path: Path) -> str | None:
    """How a file is compressed, as pandas reads its name.

    Parameters
    ----------
    path : Path
        A link is called what it leads to, for that is what is written.

    Returns
    -------
    str or None
        Such as ``"gzip"``; None if it is not.
    """
    compression: str | None = infer_compression(os.path.realpath(path), "infer")
    return compression


def write_rows(rows: pd.DataFrame, path: Path, out: Path) -> None:
    """Write what `CsvTable.with_rows` returns.

    Parameters
    ----------
    rows : DataFrame of str
    path : Path
        Where to write for now.
    out : Path
        What the file will be called: its name says the compression, and names the member of an archive.
    """
    compression = compression_of(out)
    options: Any = {"method": compression} if compression else None
    if compression in ("zip", "tar"):
        member = Path(os.path.realpath(out)).stem.removesuffix(".tar").removesuffix(".csv")
        options["archive_name"] = f"{member}.csv"
    # Python's writer leaves fields with a lone carriage return as they are, which ends a row.
    returns = any("\r" in str(title) for title in rows) or any(
        column.str.contains("\r", regex=False).any() for _, column in rows.items()
    )
    rows.to_csv(
        path,
        index=False,
        compression=options,
        quoting=csv.QUOTE_ALL if returns else csv.QUOTE_MINIMAL,
    )


def _names(given: Sequence[str], features: pd.DataFrame, purpose: str) -> list[str]:
    """Read names of columns; an element that is no name holds several, with commas between them."""
    names = [name for element in given for name in ([element] if element in features else element.split(","))]
    if unknown := [name for name in names if name not in features]:
        raise DatasetError(f"there is no column {unknown[0]!r} besides the target {purpose}")
    return list(dict.fromkeys(names))


def with_encoding(classifier: ClassifierMixin) -> Pipeline:
    """Put before a classifier what columns of numbers and categories need.

    Parameters
    ----------
    classifier : classifier

    Returns
    -------
    Pipeline
        Standardises numbers, one-hot encodes categories, then classifies.
    """
    columns = make_column_transformer(
        (StandardScaler(), make_column_selector(dtype_include="number")),
        (
            OneHotEncoder(handle_unknown="ignore", sparse_output=False),
            make_column_selector(dtype_include="category"),
        ),
    )
    return make_pipeline(columns.set_output(transform="default"), classifier)
