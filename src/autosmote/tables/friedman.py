"""Friedman's test of the methods of each table, with Nemenyi's critical difference."""

from __future__ import annotations

import numpy as np
import pandas as pd

from autosmote.analysis.friedman import critical_difference, friedman
from autosmote.analysis.labels import metric_label
from autosmote.analysis.methods import compared_families
from autosmote.analysis.ranks import rank, score_matrix
from autosmote.analysis.scores import OVERALL
from autosmote.tables.rendering import Number, Table, group_column, number, p_value


def make(scores: pd.DataFrame, *, alpha: float = 0.05) -> Table:
    """Test the methods of each of Tables 2 to 4, per data set and over all.

    Parameters
    ----------
    scores : DataFrame
        The score table.
    alpha : float, default 0.05
        Level of significance of the critical difference.

    Returns
    -------
    Table
        Its data has one row per ``table``, ``metric`` and ``dataset`` (also ``Overall``): the number of
        ``configurations`` and ``methods``, ``chi_square``, ``p_value``, ``f`` and ``f_p_value`` of
        `autosmote.analysis.friedman.Friedman`, and ``critical_difference``.
    """
    rows = []
    for name, part in compared_families(scores).items():
        ranks = rank(score_matrix(part))
        for metric, of_metric in ranks.groupby(level="metric", sort=False):
            for dataset, block in [*of_metric.groupby(level="dataset", sort=False), (OVERALL, of_metric)]:
                test = friedman(block)
                tested = not np.isnan(test.statistic)
                rows.append(
                    {
                        "table": name,
                        "metric": metric,
                        "dataset": dataset,
                        "configurations": len(block),
                        "methods": block.shape[1],
                        "chi_square": test.statistic,
                        "p_value": test.p_value,
                        "f": test.f_statistic,
                        "f_p_value": test.f_p_value,
                        "critical_difference": critical_difference(block.shape[1], len(block), alpha)
                        if tested
                        else np.nan,
                    }
                )
    data = pd.DataFrame(rows)
    tables, group_starts = group_column(data["table"])
    return Table(
        data=data,
        caption="Friedman's test that all methods of a table have the same average rank.",
        header=("Table", "Metric", "Data set", "Configurations", "Methods", "χ²", "p", "F", "p (F)", "CD"),
        rows=tuple(
            (
                table,
                metric_label(row["metric"]),
                row["dataset"],
                (Number(f"{row['configurations']}"),),
                (Number(f"{row['methods']}"),),
                number(row["chi_square"], ".2f"),
                p_value(row["p_value"]),
                number(row["f"], ".2f"),
                p_value(row["f_p_value"]),
                number(row["critical_difference"], ".2f"),
            )
            for table, row in zip(tables, data.to_dict("records"), strict=True)
        ),
        group_starts=group_starts,
        notes=(
            "χ²: Friedman's statistic, corrected for ties; F: the variant of Iman and Davenport. CD: average "
            f"ranks that differ by more are significantly different (Nemenyi's test, all pairs together, "
            f"α = {alpha:g}). Methods without a score rank last.",
            "The configurations of a data set share its rows and are not independent, so these p-values are "
            "smaller than they should be.",
        ),
    )
