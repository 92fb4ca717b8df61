"""Searches and further methods in AutoSMOTE's place among the methods of Table 2: their ranks."""

from __future__ import annotations

import pandas as pd

from autosmote.analysis.methods import ABLATION, EXTENSION, REFERENCE, main_comparison
from autosmote.analysis.ranks import CONFIGURATION, rank, score_matrix
from autosmote.analysis.scores import OVERALL

_CELL = ["metric", *CONFIGURATION, "seed"]
_COLUMNS = (
    "sampler",
    "category",
    "metric",
    "dataset",
    "configurations",
    "methods",
    "average_rank",
    "place",
    "autosmote_rank",
    "autosmote_place",
)


def ranks_in_place(scores: pd.DataFrame) -> pd.DataFrame:
    """Rank each extension and ablation where Table 2 has AutoSMOTE, in the cells that it and Table 2 have.

    They need not have been run everywhere, and several that are much alike would push each other down. So
    each is ranked by itself, and AutoSMOTE beside it in the same cells.

    Parameters
    ----------
    scores : DataFrame
        The score table.

    Returns
    -------
    DataFrame
        One row per ``sampler`` (with its ``category``), ``metric`` and ``dataset`` (also ``Overall``): the
        number of ``configurations`` and of ``methods`` ranked; ``average_rank``, 1 is best, and ``place``,
        one more than the number of methods with a better average rank; and AutoSMOTE's in the same cells,
        ``autosmote_rank`` and ``autosmote_place``, NaN where it was not run in all of them.
    """
    compared = main_comparison(scores)
    is_reference = compared["sampler"] == REFERENCE
    others, reference = compared[~is_reference], compared[is_reference]
    found = []
    compared_cells = pd.MultiIndex.from_frame(others[_CELL])
    own_category = scores["category"].isin([EXTENSION, ABLATION])
    for name in scores.loc[own_category & scores["test_score"].notna(), "sampler"].unique():
        own = scores[scores["sampler"] == name]
        own = own[pd.MultiIndex.from_frame(own[_CELL]).isin(compared_cells)]
        if own.empty:
            continue
        cells = pd.MultiIndex.from_frame(own[_CELL])
        theirs = others[compared_cells.isin(cells)]
        autosmote = reference[pd.MultiIndex.from_frame(reference[_CELL]).isin(cells)]
        part = _ranks(pd.concat([theirs, own]), name)
        if len(autosmote) == len(own):
            beside = _ranks(pd.concat([theirs, autosmote]), REFERENCE)
            part[["autosmote_rank", "autosmote_place"]] = beside[["average_rank", "place"]]
        else:
            part[["autosmote_rank", "autosmote_place"]] = float("nan")
        found.append(part.assign(sampler=name, category=own["category"].iloc[0]).reset_index())
    if not found:
        return pd.DataFrame(columns=_COLUMNS)
    return pd.concat(found, ignore_index=True)[list(_COLUMNS)]


def _ranks(scores: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return rank and place of one method, by metric and data set, and over all."""
    ranks = rank(score_matrix(scores))
    rows = []
    for metric, of_metric in ranks.groupby(level="metric", sort=False):
        for dataset, block in [(OVERALL, of_metric), *of_metric.groupby(level="dataset", sort=False)]:
            means = block.mean()
            rows.append(
                {
                    "metric": metric,
                    "dataset": dataset,
                    "configurations": len(block),
                    "methods": len(means),
                    "average_rank": means[name],
                    "place": int(means.rank(method="min")[name]),
                }
            )
    return pd.DataFrame(rows).set_index(["metric", "dataset"])
