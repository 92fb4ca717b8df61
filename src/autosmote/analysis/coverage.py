"""How complete the results of each method are, and what that does to its rank."""

from __future__ import annotations

import pandas as pd

from autosmote.analysis.ranks import CONFIGURATION, average_ranks, rank, score_matrix
from autosmote.analysis.scores import KEY, OVERALL, SCORED


def ranks_and_coverage(scores: pd.DataFrame) -> pd.DataFrame:
    """Average the ranks per data set and over all, with missing scores ranked last and left out.

    Parameters
    ----------
    scores : DataFrame
        The rows of the score table that are compared.

    Returns
    -------
    DataFrame
        One row per ``metric``, ``dataset`` (also ``Overall``) and ``sampler`` with ``average_rank`` (a
        sampler without a score ranks last), ``average_rank_left_out`` (where it is left out of the
        configuration) and ``coverage`` (part of the configurations where it has a score).

    Raises
    ------
    ValueError
        If there are no rows.
    """
    matrix = score_matrix(scores)
    return (
        _melt(rank(matrix), "average_rank")
        .merge(_melt(rank(matrix, missing="omit"), "average_rank_left_out"), how="left")
        .merge(_melt(matrix.notna().astype(float), "coverage"), how="left")
    )


def cell_statuses(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the status of each sampler in each cell of the study, ``absent`` where there is no row.

    Parameters
    ----------
    scores : DataFrame
        Rows of the score table.

    Returns
    -------
    DataFrame
        Columns ``metric``, ``dataset``, ``imbalance_ratio``, ``classifier``, ``seed``, ``sampler`` and
        ``status``.
    """
    cell = ["metric", *CONFIGURATION, "seed"]
    expected = scores[cell].drop_duplicates().merge(scores[["sampler"]].drop_duplicates(), how="cross")
    statuses = expected.merge(scores[[*KEY, "status"]], how="left", on=list(KEY))
    return statuses.fillna({"status": "absent"})


def count_gaps(scores: pd.DataFrame) -> pd.DataFrame:
    """Count cells, and those without a score or with unchanged data.

    Parameters
    ----------
    scores : DataFrame
        The rows of the score table that are compared.

    Returns
    -------
    DataFrame
        One row per ``metric``, ``dataset`` (also ``Overall``) and ``sampler`` with ``cells`` (combinations of
        configuration and seed in the study), ``missing`` (those without a score) and ``unchanged`` (those
        where the sampler returned the data unchanged, whose scores count).
    """
    statuses = cell_statuses(scores)
    statuses["missing"] = ~statuses["status"].isin(SCORED)
    statuses["unchanged"] = statuses["status"].eq("unchanged")
    counted = pd.concat([statuses, statuses.assign(dataset=OVERALL)])
    return (
        counted.groupby(["metric", "dataset", "sampler"])
        .agg(cells=("status", "size"), missing=("missing", "sum"), unchanged=("unchanged", "sum"))
        .reset_index()
    )


def _melt(by_configuration: pd.DataFrame, name: str) -> pd.DataFrame:
    """Average over the configurations of each data set and of all; one row per metric, data set, sampler."""
    overall = pd.concat({OVERALL: average_ranks(by_configuration)}, names=["dataset"])
    return pd.concat(
        part.melt(var_name="sampler", value_name=name, ignore_index=False).reset_index()
        for part in (average_ranks(by_configuration, ["dataset"]), overall)
    )
