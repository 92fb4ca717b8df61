"""The learning curves of searches as one table, one row per iteration: what figures over iterations read."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from autosmote.utils.storage import read_frame, read_json

SEARCH = ("sampler", "category", "dataset", "imbalance_ratio", "classifier", "metric", "seed")
"""Columns of the score table that identify a search."""

POLICIES = ("cross_instance", "instance_specific", "low_level")
"""The policies, from the highest to the lowest; a flat policy counts as the lowest."""

ENTROPIES = tuple(f"{policy}_entropy" for policy in POLICIES)

INCUMBENTS = tuple(f"incumbent_{score}" for score in ("validation_score", "test_score", "large_test_score"))
"""Scores of the best samples so far, on three splits."""

# Tables of earlier versions have no large test set.
_COLUMNS = (*SEARCH, "iteration", "round", "validation_score", *INCUMBENTS[:2], *ENTROPIES)


def collect(results: Iterable[str | os.PathLike[str]]) -> pd.DataFrame:
    """Read the files of searches into one table.

    Parameters
    ----------
    results : iterable of path-like
        The ``result.json`` of each search; ``history.parquet`` and ``selections.parquet`` lie beside it.

    Returns
    -------
    DataFrame
        One row per iteration of each search, in the order given; one row without any number for a search that
        was ended before its first (for lack of memory), so that it counts:

        - `SEARCH`, as in the score table; the texts are categories;
        - ``iteration`` (from 1) and ``round`` (from 0; missing for strategies without rounds);
        - ``validation_score``: NaN where the classifier could not be fitted;
        - ``incumbent_validation_score``: of the incumbent, the best samples so far; NaN before the first;
        - ``incumbent_test_score``: what the incumbent scores on the test split, known only after the search;
        - ``incumbent_large_test_score``: the same on the large test set; NaN where there is none;
        - `ENTROPIES`: nats per step, NaN where the policy was not updated.

    Raises
    ------
    ValueError
        If there is no search, or two are of the same cell.
    autosmote.utils.storage.CorruptFileError
        If a file cannot be read.
    """
    curves = [_curve(Path(path)) for path in results]
    if not curves:
        raise ValueError("there are no searches to collect")
    cells = pd.DataFrame([curve.iloc[0][list(SEARCH)] for curve in curves])
    twice = cells[cells.duplicated()]
    if len(twice):
        cell = ", ".join(f"{name} {value}" for name, value in twice.iloc[0].items() if name != "category")
        raise ValueError(f"two searches of {cell}; collect the searches of one study at a time")
    table = pd.concat(curves, ignore_index=True)
    return _with_categories(table)


def load(paths: Iterable[str | os.PathLike[str]]) -> pd.DataFrame:
    """Read tables that `collect` made, one per data set, as one.

    Parameters
    ----------
    paths : iterable of path-like
        Parquet files.

    Returns
    -------
    DataFrame
        As `collect` returns it.

    Raises
    ------
    ValueError
        If a file is no table of learning curves.
    autosmote.utils.storage.CorruptFileError
        If a file cannot be read.
    """
    tables = []
    for path in paths:
        tables.append(read_frame(path))
        lacking = [name for name in _COLUMNS if name not in tables[-1]]
        if lacking:
            raise ValueError(f"{path} is no table of learning curves: it lacks {', '.join(lacking)}")
    return _with_categories(pd.concat(tables, ignore_index=True))


def _with_categories(table: pd.DataFrame) -> pd.DataFrame:
    texts = [name for name in SEARCH if not pd.api.types.is_numeric_dtype(table[name])]
    return table.astype(dict.fromkeys(texts, "category"))


def _curve(result: Path) -> pd.DataFrame:
    row = read_json(result)
    history = read_frame(result.with_name("history.parquet"))
    if history.empty:
        history = history.reindex([0]).fillna({"iteration": 1})
    selections = read_frame(result.with_name("selections.parquet"))
    curve = pd.DataFrame({name: row[name] for name in SEARCH}, index=history.index)
    curve["iteration"] = history["iteration"].astype("int32")
    curve["round"] = history.get("round", pd.Series(pd.NA, history.index)).astype("Int32")
    curve["validation_score"] = history["validation_score"].astype("float64")
    curve["incumbent_validation_score"] = history["best_validation_score"].astype("float64")
    for name in ("test_score", "large_test_score"):
        scores = selections.set_index("iteration")[name]
        curve[f"incumbent_{name}"] = history["iteration"].map(scores).astype("float64").ffill()
    for name in ENTROPIES:
        curve[name] = history.get(name, pd.Series(np.nan, history.index)).astype("float32")
    return curve
