"""Wilcoxon signed-rank tests of one sampler against all others (Section 4.1), and sizes of the effects."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import rankdata, wilcoxon

from autosmote.analysis.ranks import CONFIGURATION, score_matrix
from autosmote.analysis.scores import OVERALL

MIN_PAIRS = 6
"""Fewest pairs that are tested: five pairs cannot reach p < 0.05, whatever their differences."""

PAIRS = ("means", "seeds")
"""What may form a pair: the means of a configuration over seeds, or each seed of a configuration."""

COLUMNS = (
    "metric",
    "dataset",
    "sampler",
    "pairs",
    "wins",
    "ties",
    "losses",
    "mean_difference",
    "rank_biserial",
    "p_value",
    "p_value_holm",
    "significant",
)
"""Columns of what `compare` returns."""

_DECIMALS = 12  # as for the scores themselves: equal differences have to tie


def signed_rank(differences: ArrayLike) -> tuple[float, float]:
    """Test whether paired differences are symmetric about zero.

    Parameters
    ----------
    differences : array_like of shape (n_pairs,)
        Differences; NaN marks an incomplete pair, which is left out. Zeros count as pairs but are not ranked
        (Wilcoxon's own treatment).

    Returns
    -------
    p_value : float
        Two-sided; exact for small samples as `scipy.stats.wilcoxon` decides. NaN for fewer than `MIN_PAIRS`
        pairs, 1 if all differences are zero.
    rank_biserial : float
        The matched-pairs rank-biserial correlation [1]_: the rank sum of the positive less that of the
        negative differences, over the sum of both. 1 if all are positive, -1 if all are negative, 0 if none
        differs from zero; its sign is the direction of the test.

    References
    ----------
    .. [1] D. S. Kerby, "The simple difference formula: an approach to teaching nonparametric correlation",
       Comprehensive Psychology 3, 2014. https://doi.org/10.2466/11.IT.3.1
    """
    values = np.asarray(differences, dtype=float)
    values = values[~np.isnan(values)].round(_DECIMALS)
    n_pairs, values = len(values), values[values != 0]
    ranks = rankdata(np.abs(values))
    rank_biserial = float(np.sum(ranks * np.sign(values)) / ranks.sum()) if len(values) else 0.0
    if n_pairs < MIN_PAIRS:
        return np.nan, rank_biserial
    return float(wilcoxon(values).pvalue) if len(values) else 1.0, rank_biserial


def holm(p_values: ArrayLike) -> np.ndarray:
    """Correct a family of p-values for multiple testing by Holm's step-down method.

    Parameters
    ----------
    p_values : array_like of shape (n_tests,)
        NaN marks a test that was not made; it does not count.

    Returns
    -------
    ndarray of shape (n_tests,)
        Corrected p-values, at most 1; NaN stays NaN.
    """
    p_values = np.asarray(p_values, dtype=float)
    corrected = np.full_like(p_values, np.nan)
    order = np.argsort(p_values)[: np.count_nonzero(~np.isnan(p_values))]  # NaN sorts last
    factors = np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(p_values[order] * factors), 1.0)
    return corrected


def compare(
    scores: pd.DataFrame, reference: str = "AutoSMOTE", *, pairs: str = "means", alpha: float = 0.05
) -> pd.DataFrame:
    """Test a sampler against every other one, per metric and data set and over all data sets.

    Parameters
    ----------
    scores : DataFrame
        The score table.
    reference : str, default "AutoSMOTE"
        The sampler to compare with.
    pairs : {"means", "seeds"}, default "means"
        What forms a pair. With ``"means"`` there is one pair per configuration, the mean over the seeds in
        which both have a score. The seeds of a configuration share their data and are not independent, so
        ``"seeds"`` gives smaller p-values than it should.
    alpha : float, default 0.05
        Level of significance.

    Returns
    -------
    DataFrame
        One row per ``metric``, ``dataset`` (also `OVERALL`) and ``sampler``, the reference left out:

        - ``pairs``: pairs where both have a score; the others are left out;
        - ``wins``, ``ties``, ``losses``: pairs where the reference is better, equal, worse;
        - ``mean_difference``: mean over the pairs of the reference's score less the sampler's, NaN without
          any; ``rank_biserial``: see `signed_rank`;
        - ``p_value``: see `signed_rank`;
        - ``p_value_holm``: corrected over the samplers of the same metric and data set;
        - ``significant``: p < `alpha` in favour of the reference, not corrected, as the paper does.

    Raises
    ------
    ValueError
        If `pairs` is unknown, or `reference` is not in the score table.
    """
    if pairs not in PAIRS:
        raise ValueError(f"pairs is {pairs!r}; it has to be one of {', '.join(PAIRS)}")
    matrix = score_matrix(scores, over_seeds=False)
    if reference not in matrix:
        known = ", ".join(map(str, matrix.columns))
        raise ValueError(f"reference sampler {reference!r} is not in the score table, which has {known}")

    differences = matrix.drop(columns=reference).rsub(matrix[reference], axis=0)
    if pairs == "means":  # Of differences: where a seed is missing, two means would be of different splits.
        differences = differences.groupby(level=["metric", *CONFIGURATION]).mean()
    differences = differences.round(_DECIMALS)
    rows = []
    for metric, of_metric in differences.groupby(level="metric"):
        groups = [*of_metric.groupby(level="dataset"), (OVERALL, of_metric)]
        for dataset, group in groups:
            tests = [signed_rank(group[sampler]) for sampler in group]
            corrected = holm([p_value for p_value, _ in tests])
            for sampler, (p_value, rank_biserial), p_holm in zip(group, tests, corrected, strict=True):
                paired = group[sampler].dropna()
                rows.append(
                    {
                        "metric": metric,
                        "dataset": dataset,
                        "sampler": sampler,
                        "pairs": len(paired),
                        "wins": int((paired > 0).sum()),
                        "ties": int((paired == 0).sum()),
                        "losses": int((paired < 0).sum()),
                        "mean_difference": float(paired.mean()),
                        "rank_biserial": rank_biserial if len(paired) else np.nan,
                        "p_value": p_value,
                        "p_value_holm": p_holm,
                        "significant": bool(p_value < alpha and rank_biserial > 0),
                    }
                )
    return pd.DataFrame(rows, columns=list(COLUMNS))
