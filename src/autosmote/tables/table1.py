"""Table 1: the data sets (Section 4.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from autosmote.tables.rendering import Cell, Number, Table

FEW = 5
"""Fewer minority test rows than this get a warning."""

_COUNT = re.compile(r"(minority|test)_ir(\d+|natural)")


def make(summaries: Sequence[Mapping[str, Any]]) -> Table:
    """Make Table 1, the statistics of the data sets.

    Parameters
    ----------
    summaries : sequence of mapping
        One per data set, with the same keys in the same order: ``dataset``, ``openml_id``, ``majority``,
        ``minority_ir<ratio>`` and ``test_ir<ratio>`` (minority rows, and those of them in the test split) for
        each imbalance ratio, ``features`` and ``domain``. A data set with more than two classes also has
        ``classes``, their number.

    Returns
    -------
    Table
        Its data has a column per key; in print the imbalance ratios share a column. A note names the data
        sets with more than two classes.

    Raises
    ------
    ValueError
        If there are no summaries, or their keys differ.
    """
    if not summaries:
        raise ValueError("Table 1 needs at least one data set")
    notes = [*_several_classes(summaries), *warnings(summaries)]
    summaries = [{key: summary[key] for key in summary if key != "classes"} for summary in summaries]
    columns = list(summaries[0])
    for summary in summaries:
        if list(summary) != columns:
            raise ValueError(
                f"the summaries of the data sets differ in their keys: {list(summary)}, {columns}"
            )
    data = pd.DataFrame(list(summaries), columns=columns).convert_dtypes()
    groups: dict[str, list[str]] = {}
    for column in columns:
        found = _COUNT.fullmatch(column)
        groups.setdefault(found[1] if found else column, []).append(column)
    ratios = "/".join(column.removeprefix("minority_ir") for column in groups.get("minority", []))
    titles = {
        "openml_id": "OpenML ID",
        "minority": f"Minority (IR {ratios})",
        "test": "of which test rows",
    }
    return Table(
        data=data,
        caption="Data sets: rows of both classes at each imbalance ratio (IR), and columns after encoding.",
        header=tuple(titles.get(name, name.replace("_", " ").capitalize()) for name in groups),
        rows=tuple(
            tuple(_cell([row[column] for column in group]) for group in groups.values())
            for row in data.to_dict("records")
        ),
        notes=tuple(notes),
    )


def _several_classes(summaries: Sequence[Mapping[str, Any]]) -> list[str]:
    named = [f"{summary['dataset']} ({summary['classes']})" for summary in summaries if "classes" in summary]
    if not named:
        return []
    return [
        f"More than two classes: {', '.join(named)}. Of these the majority is the largest class, and the "
        "minority the smallest."
    ]


def warnings(summaries: Sequence[Mapping[str, Any]]) -> list[str]:
    """Name the data sets and imbalance ratios with very few minority rows to test on.

    Parameters
    ----------
    summaries : sequence of mapping
        See `make`.

    Returns
    -------
    list of str
        Empty, or one warning.
    """
    few = [
        f"{summary['dataset']} at IR {key.removeprefix('test_ir')} ({count})"
        for summary in summaries
        for key, count in summary.items()
        if key.startswith("test_ir") and count < FEW
    ]
    if not few:
        return []
    return [
        f"Fewer than {FEW} minority test rows: {', '.join(few)}. A single row then moves a score by more "
        "than most methods differ: look at several seeds, and believe no order."
    ]


def _cell(values: Sequence[Any]) -> Cell:
    if len(values) == 1 and (pd.isna(values[0]) or isinstance(values[0], str)):
        return "" if pd.isna(values[0]) else str(values[0])
    return tuple(Number(str(value)) for value in values)
