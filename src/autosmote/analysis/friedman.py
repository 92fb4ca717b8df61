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
