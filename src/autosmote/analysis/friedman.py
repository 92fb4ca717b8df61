"""Friedman's test over all methods at once, and Nemenyi's critical difference of average ranks.

J. Demšar, "Statistical comparisons of classifiers over multiple data sets", JMLR 7, 2006.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import f as f_distribution
from scipy.stats import friedmanchisquare, studentized_range

from autosmote.analysis.labels import metric_label
from autosmote.analysis.methods import families
from autosmote.analysis.ranks import rank, score_matrix
from autosmote.analysis.scores import OVERALL
from autosmote.tables.comparisons import p_value
from autosmote.tables.rendering import Number, Table, group_column, number

MIN_METHODS, MIN_BLOCKS = 3, 2
"""Fewest methods and configurations that are tested."""


@dataclass(frozen=True)
class Friedman:
    """Friedman's test of equal average ranks.

    Attributes
    ----------
    statistic, p_value : float
        Chi-square, corrected for ties; NaN with fewer than `MIN_METHODS` methods or `MIN_BLOCKS`
        configurations, or if all ranks are equal.
    f_statistic, f_p_value : float
        The less conservative variant of Iman and Davenport; infinite and 0 if all configurations agree.
    """

    statistic: float
    p_value: float
    f_statistic: float
    f_p_value: float


def friedman(ranks: pd.DataFrame) -> Friedman:
    """Test whether methods have the same average rank.

    Parameters
    ----------
    ranks : DataFrame
        One row per configuration, one column per method, no NaN.

    Returns
    -------
    Friedman
    """
    blocks, methods = ranks.shape
    equal = np.ptp(ranks.to_numpy(), axis=1).max(initial=0) == 0
    if methods < MIN_METHODS or blocks < MIN_BLOCKS or equal:
        return Friedman(np.nan, np.nan, np.nan, np.nan)
    found = friedmanchisquare(*(ranks[method] for method in ranks))
    statistic = float(found.statistic)
    degrees = methods - 1
    rest = blocks * degrees - statistic
    f_statistic = (blocks - 1) * statistic / rest if rest > 1e-9 else math.inf
    f_p_value = float(f_distribution.sf(f_statistic, degrees, degrees * (blocks - 1)))
    return Friedman(statistic, float(found.pvalue), f_statistic, f_p_value)


def critical_difference(n_methods: int, n_configurations: int, alpha: float = 0.05) -> float:
    """Least difference of two average ranks that is significant by Nemenyi's test.

    Parameters
    ----------
    n_methods : int
        At least 2.
    n_configurations : int
        At least 1.
    alpha : float, default 0.05
        Level of significance for all pairs together.

    Returns
    -------
    float
    """
    quantile = float(studentized_range.ppf(1 - alpha, n_methods, np.inf)) / math.sqrt(2)
    return quantile * math.sqrt(n_methods * (n_methods + 1) / (6 * n_configurations))


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
        `Friedman`, and ``critical_difference``.
    """
    rows = []
    for name, part in families(scores).items():
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
