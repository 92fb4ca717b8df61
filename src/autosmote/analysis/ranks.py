"""Average ranks of the samplers ("Base Classifiers and Imbalanced Ratios", Section 4.1)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import rankdata

CONFIGURATION = ("dataset", "imbalance_ratio", "classifier")
"""Columns of the score table within which samplers are ranked."""

MISSING = ("last", "omit")
"""What may become of a sampler that has no score in a configuration."""

# Far below any difference between two confusion matrices, far above rounding errors: without it, equal means
# summed in another order would not tie.
_DECIMALS = 12


def score_matrix(scores: pd.DataFrame, *, over_seeds: bool = True) -> pd.DataFrame:
    """Arrange the test scores as a matrix with one column per sampler.

    Parameters
    ----------
    scores : DataFrame
        The score table.
    over_seeds : bool, default True
        Average the seeds of a configuration; else each seed has a row of its own. A sampler that lacks some
        of the seeds is averaged over those it has.

    Returns
    -------
    DataFrame
        Index ``metric``, ``dataset``, ``imbalance_ratio``, ``classifier`` and, if not averaged, ``seed``;
        one column per sampler in the order of first appearance; NaN where a sampler has no score.

    Raises
    ------
    ValueError
        If the score table has no rows.
    """
    if scores.empty:
        raise ValueError("the score table has no rows; there is nothing to rank")
    index = ["metric", *CONFIGURATION] if over_seeds else ["metric", *CONFIGURATION, "seed"]
    # In order of the seed, so that samplers with equal scores get the same mean to the last bit.
    means = scores.sort_values("seed", kind="stable").groupby([*index, "sampler"])["test_score"].mean()
    return means.unstack("sampler").reindex(columns=scores["sampler"].unique()).round(_DECIMALS)


def rank(matrix: pd.DataFrame, *, missing: str = "last") -> pd.DataFrame:
    """Rank the samplers in each row.

    Parameters
    ----------
    matrix : DataFrame
        Scores, larger is better, with one column per sampler.
    missing : {"last", "omit"}, default "last"
        What becomes of a sampler without a score: it shares the last places of the row with others of its
        kind, or it gets no rank (NaN) and the rest are ranked among themselves.

    Returns
    -------
    DataFrame
        Ranks of the same shape: 1 is best, and ties share their average rank. With ``"last"`` each row of n
        samplers sums to n (n + 1) / 2.

    Raises
    ------
    ValueError
        If `missing` is unknown.
    """
    if missing not in MISSING:
        raise ValueError(f"missing is {missing!r}; it has to be one of {', '.join(MISSING)}")
    if missing == "last":
        ranks = rankdata(-matrix.fillna(-np.inf).to_numpy(), axis=1)
    else:
        ranks = rankdata(-matrix.to_numpy(), axis=1, nan_policy="omit")
    return pd.DataFrame(ranks, index=matrix.index, columns=matrix.columns)


def average_ranks(ranks: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """Average ranks over configurations.

    Parameters
    ----------
    ranks : DataFrame
        What `rank` returns for a `score_matrix`.
    by : sequence of str, default ()
        Levels of the index to keep apart besides the metric, for example ``["dataset"]``.

    Returns
    -------
    DataFrame
        Index ``metric`` and `by`; one column per sampler. Configurations where a sampler has no rank do not
        count for it.
    """
    return ranks.groupby(level=["metric", *by]).mean()
