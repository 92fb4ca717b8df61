"""Mean test scores with their spread over seeds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from autosmote.analysis.labels import metric_label, sampler_label
from autosmote.analysis.methods import in_order
from autosmote.analysis.ranks import CONFIGURATION
from autosmote.tables.rank_table import notes_on_metrics
from autosmote.tables.rendering import INCOMPLETE, Number, Table, group_column


def make(scores: pd.DataFrame) -> Table:
    """Average the test scores of every method.

    Parameters
    ----------
    scores : DataFrame
        The score table.

    Returns
    -------
    Table
        Its data has one row per ``category``, ``method``, ``dataset``, ``imbalance_ratio``, ``classifier``
        and ``metric``: the number of ``seeds`` with a score, their ``mean``, ``standard_deviation`` (of a
        sample, NaN for one seed), ``minimum`` and ``maximum``. In print a row per method and metric and a
        column per data set: the mean over its configurations, and the root mean square of their standard
        deviations.

    Raises
    ------
    ValueError
        If the score table is empty.
    """
    if scores.empty:
        raise ValueError("the score table has no rows; there is nothing to average")
    category = scores.drop_duplicates("sampler").set_index("sampler")["category"]
    orders = {
        "category": in_order(category),
        "sampler": list(category.index),
        "metric": list(scores["metric"].unique()),
        "dataset": list(scores["dataset"].unique()),
    }
    data = (
        scores.groupby(["category", "sampler", "metric", *CONFIGURATION])["test_score"]
        .agg(seeds="count", mean="mean", standard_deviation="std", minimum="min", maximum="max")
        .reset_index()
        .sort_values(
            [*orders, "imbalance_ratio", "classifier"],
            key=lambda column: (
                column.map(orders[str(column.name)].index) if column.name in orders else column
            ),
        )
    )
    expected = scores.groupby(["dataset", "metric"])[list(CONFIGURATION)].apply(
        lambda rows: len(rows.drop_duplicates())
    )
    # Not by the printed name, which a SMOTE variant may share with a sampler of imbalanced-learn.
    groups = {key: rows for key, rows in data.groupby(["sampler", "metric", "dataset"], sort=False)}
    lines = data[["category", "sampler", "metric"]].drop_duplicates()
    categories, group_starts = group_column(lines["category"])
    samplers, _ = group_column(lines["sampler"])
    data.insert(1, "method", data["sampler"].map(sampler_label))
    return Table(
        data=data.drop(columns="sampler"),
        caption="Mean test scores over the configurations of each data set ± standard deviation over seeds.",
        header=("Category", "Method", "Metric", *orders["dataset"]),
        rows=tuple(
            (
                shown,
                sampler_label(first),
                metric_label(metric),
                *(
                    _cell(groups.get((sampler, metric, dataset)), expected.get((dataset, metric), 0))
                    for dataset in orders["dataset"]
                ),
            )
            for shown, first, sampler, metric in zip(
                categories, samplers, lines["sampler"], lines["metric"], strict=True
            )
        ),
        group_starts=group_starts,
        notes=(
            "±: root mean square, over the configurations, of the standard deviation over seeds; left out "
            "where each has one seed. A part of it comes from the split, which is another for each seed.",
            f"{INCOMPLETE} Without the configurations where the method has no score, so not comparable with "
            "the numbers beside it; the ranks are.",
            *notes_on_metrics(orders["metric"]),
        ),
    )


def _cell(rows: pd.DataFrame | None, expected: int) -> str | tuple[Number, ...]:
    if rows is None or not (rows["seeds"] > 0).any():
        return ""
    text = f"{rows['mean'].mean():.3f}"
    spread = np.sqrt((rows["standard_deviation"] ** 2).mean())
    if not np.isnan(spread):
        text += f" ± {spread:.3f}"
    return (Number(text, mark="" if (rows["seeds"] > 0).sum() == expected else INCOMPLETE),)
