"""Searches and further methods in AutoSMOTE's place among the methods of Table 2."""

from __future__ import annotations

import pandas as pd

from autosmote.analysis.in_place import ranks_in_place
from autosmote.analysis.labels import metric_label, sampler_label
from autosmote.analysis.methods import REFERENCE
from autosmote.analysis.scores import OVERALL
from autosmote.tables.rendering import Cell, Number, Table, number

_CAPTION = f"Methods that Table 2 does not have, in {REFERENCE}'s place there."


def make(scores: pd.DataFrame) -> Table:
    """Show the ranks of extensions and ablations where Table 2 has AutoSMOTE.

    Parameters
    ----------
    scores : DataFrame
        The score table.

    Returns
    -------
    Table
        Its data are those of `autosmote.analysis.in_place.ranks_in_place`, with the name of the ``method`` in
        place of ``sampler`` and ``category``. In print, the rows over all data sets.
    """
    data = ranks_in_place(scores).rename(columns={"sampler": "method"}).drop(columns="category")
    data["method"] = [sampler_label(str(name)) for name in data["method"]]
    if data.empty:
        return Table(data, _CAPTION, ("Method",), (), notes=("There is none.",))
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
