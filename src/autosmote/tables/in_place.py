"""Searches and further methods in AutoSMOTE's place among the methods of Table 2."""

from __future__ import annotations

import pandas as pd

from autosmote.analysis.labels import metric_label, sampler_label
from autosmote.analysis.methods import ABLATION, EXTENSION, REFERENCE, main_comparison
from autosmote.analysis.ranks import CONFIGURATION, rank, score_matrix
from autosmote.analysis.scores import OVERALL
from autosmote.tables.rendering import Cell, Number, Table, number

_CELL = ["metric", *CONFIGURATION, "seed"]
_CAPTION = f"Methods that Table 2 does not have, in {REFERENCE}'s place there."
_COLUMNS = (
    "method",
    "metric",
    "dataset",
    "configurations",
    "methods",
    "average_rank",
    "place",
    "autosmote_rank",
    "autosmote_place",
)


def make(scores: pd.DataFrame) -> Table:
    """Rank each extension and ablation where Table 2 has AutoSMOTE, in the cells that it and Table 2 have.

    They need not have been run everywhere, and several that are much alike would push each other down. So
    each is ranked by itself, and AutoSMOTE beside it in the same cells.

    Parameters
    ----------
    scores : DataFrame
        The score table.

    Returns
    -------
    Table
        Its data has one row per ``method``, ``metric`` and ``dataset`` (also ``Overall``): the number of
        ``configurations`` and of ``methods`` ranked; ``average_rank``, 1 is best, and ``place``, one more
        than the number of methods with a better average rank; and AutoSMOTE's in the same cells,
        ``autosmote_rank`` and ``autosmote_place``, NaN where it was not run in all of them. In print, the
        rows over all data sets.
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
        found.append(part.assign(method=sampler_label(str(name))).reset_index())
    if not found:
        return Table(pd.DataFrame(columns=_COLUMNS), _CAPTION, ("Method",), (), notes=("There is none.",))
    data = pd.concat(found, ignore_index=True)[list(_COLUMNS)]
    metrics = list(data["metric"].unique())
    overall = data[data["dataset"] == OVERALL].set_index(["method", "metric"])
    return Table(
        data=data,
        caption=_CAPTION,
        header=("Method", "Configurations", *_titles(metrics)),
        rows=tuple(
            (
                method,
                (Number(f"{overall.loc[method, 'configurations'].max()}"),),
                *(cell for metric in metrics for cell in _cells(overall.loc[(method, metric)].to_dict())),
            )
            for method in data["method"].unique()
        ),
        notes=(
            "Average rank over configurations, lower is better, and place by it. Each method is ranked by "
            f"itself in the cells that it was run in, and beside it {REFERENCE} in the same. Without a score "
            "a method ranks last.",
        ),
    )


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


def _titles(metrics: list[str]) -> list[str]:
    return [
        f"{metric_label(metric)}: {kind}" if kind == "rank" else kind
        for metric in metrics
        for kind in ("rank", "place", f"{REFERENCE}'s rank", "place there")
    ]


def _cells(row: dict[str, float]) -> list[Cell]:
    return [
        number(row["average_rank"], ".2f"),
        number(row["place"], ".0f"),
        number(row["autosmote_rank"], ".2f"),
        number(row["autosmote_place"], ".0f"),
    ]
