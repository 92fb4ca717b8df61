"""How complete the results of each method are, and what that does to its rank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import pandas as pd

from autosmote.analysis.coverage import cell_statuses, ranks_and_coverage
from autosmote.analysis.labels import metric_label, sampler_label
from autosmote.analysis.methods import families
from autosmote.analysis.scores import OVERALL, STATUSES
from autosmote.tables.rendering import Cell, Number, Table, group_column


def make(scores: pd.DataFrame) -> Table:
    """Count the cells of every method by status, beside its ranks with missing scores last and left out.

    Parameters
    ----------
    scores : DataFrame
        The score table.

    Returns
    -------
    Table
        Its data has one row per ``table``, ``method`` and ``metric``: the number of ``cells``, one column
        per status that occurs (``absent`` where there is no row), ``coverage`` (part of the configurations
        with a score), ``average_rank`` and ``average_rank_left_out`` over all data sets.
    """
    parts = []
    for name, part in families(scores).items():
        counts = (
            cell_statuses(part)
            .groupby(["sampler", "metric"], sort=False)["status"]
            .value_counts()
            .unstack(fill_value=0)
            .rename_axis(columns=None)
        )
        counts["cells"] = counts.sum(axis=1)
        ranks = ranks_and_coverage(part)
        ranks = ranks[ranks["dataset"] == OVERALL].drop(columns="dataset")
        parts.append(ranks.merge(counts, on=["sampler", "metric"]).assign(table=name))
    data = pd.concat(parts, ignore_index=True)
    data["method"] = data.pop("sampler").map(sampler_label)
    statuses_found = [status for status in (*STATUSES, "absent") if status in data]
    data[statuses_found] = data[statuses_found].fillna(0).astype(int)
    ranks_of = ["average_rank", "average_rank_left_out"]
    data = data[["table", "method", "metric", "cells", *statuses_found, "coverage", *ranks_of]]

    lines = data[["table", "method"]].drop_duplicates()
    tables, group_starts = group_column(lines["table"])
    metrics = list(data["metric"].unique())
    records = {(row["table"], row["method"], row["metric"]): row for row in data.to_dict("records")}
    return Table(
        data=data,
        caption="Cells of each method by status, and its average rank over all data sets with missing scores "
        "ranked last and left out.",
        header=(
            "Table",
            "Method",
            *(status.replace("_", " ") for status in statuses_found),
            *(
                title
                for metric in map(metric_label, metrics)
                for title in (f"{metric}: coverage", "rank, last", "rank, left out")
            ),
        ),
        rows=tuple(
            (
                shown,
                method,
                *_count_cells([records[table, method, metric] for metric in metrics], statuses_found),
                *chain.from_iterable(_rank_cells(records[table, method, metric]) for metric in metrics),
            )
            for shown, table, method in zip(tables, lines["table"], lines["method"], strict=True)
        ),
        group_starts=group_starts,
        notes=(
            "A cell is a configuration, seed and metric. Coverage: configurations in which at least one seed "
            "has a score. Last: a method without a score shares the last places. Left out: the others are "
            "ranked without it, and the configuration does not count for it, which favours methods that fail "
            "where they would do badly.",
        ),
    )


def _count_cells(rows: Sequence[Mapping[Any, Any]], statuses: Sequence[str]) -> list[Cell]:
    return [(Number(str(sum(row[status] for row in rows))),) for status in statuses]


def _rank_cells(row: Mapping[Any, Any]) -> list[Cell]:
    left_out = row["average_rank_left_out"]
    return [
        (Number(f"{row['coverage']:.0%}"),),
        (Number(f"{row['average_rank']:.2f}"),),
        "" if pd.isna(left_out) else (Number(f"{left_out:.2f}"),),
    ]
