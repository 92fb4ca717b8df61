"""The score table: one row per data set, imbalance ratio, seed, sampler, classifier and metric."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from autosmote.evaluation import score_row
from autosmote.utils.storage import read_frame, read_json

_TYPES = {"str": "str", "int": "int64", "float": "float64", "int | None": "Int64"}

COLUMNS = {field.name: _TYPES[str(field.type)] for field in fields(score_row.ScoreRow)}
"""Columns of the score table in order, and their types; what they are, `ScoreRow` says."""

KEY = ("dataset", "imbalance_ratio", "seed", "sampler", "classifier", "metric")
"""Columns that identify a row."""

SCORED = score_row.SCORED
"""Statuses of rows that carry scores."""

OVERALL = "Overall"
"""Name of all data sets together in the analysis; no data set may have it."""

STATUSES = score_row.STATUSES
"""All statuses."""


VIEWS = {
    "large_test": "large_test_score",
    "refit": "refit_test_score",
    "refit_large_test": "refit_large_test_score",
}
"""Scores that a table can show in place of the test score, by the name of the view."""


def view(scores: pd.DataFrame, name: str) -> pd.DataFrame:
    """Put another score in the place of the test score.

    Parameters
    ----------
    scores : DataFrame
        The score table.
    name : str
        A key of `VIEWS`.

    Returns
    -------
    DataFrame
        A score table. A row that has a test score and lacks the other is left out: its task has no unused
        minority rows, or its method was not refitted.
    """
    missing = scores["test_score"].notna() & scores[VIEWS[name]].isna()
    return scores[~missing].assign(test_score=scores[VIEWS[name]]).reset_index(drop=True)


def validate(table: pd.DataFrame) -> pd.DataFrame:
    """Check a score table and bring it to the documented columns and types.

    Parameters
    ----------
    table : DataFrame
        Has at least `COLUMNS`. Scores that may be missing become NaN where their column is; further columns
        are left out.

    Returns
    -------
    DataFrame
        A copy with `COLUMNS` in order and a fresh index; the rows keep their order.

    Raises
    ------
    ValueError
        If a column is missing or of another type, a key is empty or occurs twice, a status is unknown, a row
        has no scores although its status promises them (or the reverse), or a sampler has two categories.
    """
    # Tables of earlier versions have none of these.
    optional = [name for name in score_row.MAY_BE_MISSING if name not in table]
    table = table.assign(**dict.fromkeys(optional, np.nan))
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise ValueError(f"the score table lacks the columns {', '.join(missing)}")
    columns = {name: _typed(table[name], dtype) for name, dtype in COLUMNS.items()}
    table = pd.DataFrame(columns).reset_index(drop=True)

    _forbid(table, table["dataset"].isin(["", OVERALL]), f"have an empty data set name or {OVERALL!r}")
    _forbid(table, ~table["status"].isin(STATUSES), f"have a status other than {', '.join(STATUSES)}")
    _forbid(table, table.duplicated(list(KEY), keep=False), "occur more than once")

    promised = table["status"].isin(SCORED)
    for name in ("validation_score", "test_score"):
        finite = table[name].abs() < np.inf  # False for NaN
        _forbid(table, promised & ~finite, f"have no {name} although their status says so")
        _forbid(table, ~promised & table[name].notna(), f"have a {name} although their status says otherwise")
    for name in score_row.MAY_BE_MISSING:
        _forbid(table, ~promised & table[name].notna(), f"have a {name} although their status says otherwise")

    categories = table.groupby("sampler")["category"].nunique()
    several = categories[categories > 1]
    if len(several):
        raise ValueError(f"samplers with more than one category: {', '.join(several.index)}")
    return table


def collect(paths: Iterable[str | os.PathLike[str]]) -> pd.DataFrame:
    """Read the result files of a study into one score table.

    Parameters
    ----------
    paths : iterable of path-like
        Parquet files with any number of rows (comparison samplers), JSON files with one row (searches).

    Returns
    -------
    DataFrame
        The rows of all files in the order given, as `validate` returns them.

    Raises
    ------
    ValueError
        If a file is of another kind, is not a valid score table, or repeats a row of another file.
    autosmote.utils.storage.CorruptFileError
        If a file cannot be read.
    """
    tables = []
    for path in map(Path, paths):
        try:
            tables.append(validate(_read(path)))
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
    if not tables:
        return validate(pd.DataFrame(columns=list(COLUMNS)))
    return validate(pd.concat(tables))


def _read(path: Path) -> pd.DataFrame:
    if path.suffix == ".parquet":
        return read_frame(path)
    if path.suffix == ".json":
        return pd.DataFrame([read_json(path)])
    raise ValueError("score tables are read from .parquet and .json files only")


def _typed(column: pd.Series, dtype: Any) -> pd.Series:
    """Convert a column, refusing what the conversion would hide: missing names and counts."""
    if dtype in ("str", "int64") and column.isna().any():
        raise ValueError(f"column {column.name!r} of the score table has missing values")
    try:
        if dtype == "int64" and not np.array_equal(column.astype("int64"), column.astype("float64")):
            raise ValueError("not whole numbers")
        return column.astype(dtype)
    except (TypeError, ValueError) as error:
        raise ValueError(f"column {column.name!r} of the score table is not {dtype}: {error}") from error


def _forbid(table: pd.DataFrame, wrong: pd.Series, what: str) -> None:
    if wrong.any():
        first = table[list(KEY)][wrong].iloc[0]
        name = ", ".join(f"{key}={value}" for key, value in first.items())
        raise ValueError(f"{wrong.sum()} rows of the score table {what}; the first is {name}")
