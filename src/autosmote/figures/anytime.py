"""Anytime performance: the average rank of searches by iteration, among the methods of Table 2."""

from __future__ import annotations

import os
from itertools import cycle
from pathlib import Path
from typing import Any

import pandas as pd

from autosmote.analysis.anytime import anytime_ranks
from autosmote.analysis.labels import metric_label, sampler_label
from autosmote.analysis.methods import REFERENCE
from autosmote.figures import style

TARGET_RATIOS = 10
"""The target ratios that a comparison method may choose from, in the paper (Section 4.1)."""

_SHOWN = 3
# As many as have no divisor in common with the number of colours, so that no two lines look the same.
_DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (4, 1, 1, 1)), (0, (7, 2)))


def plot(
    scores: pd.DataFrame,
    learning_curves: pd.DataFrame,
    stem: str | os.PathLike[str],
    *,
    target_ratios: int = TARGET_RATIOS,
) -> tuple[Path, Path]:
    """Plot the average rank that searches would have had, had they been stopped earlier.

    A panel per metric. Beside the searches, in grey, the three comparison methods that are best in the end;
    their ranks change with AutoSMOTE's.

    Parameters
    ----------
    scores : DataFrame
        The score table.
    learning_curves : DataFrame
        See `autosmote.analysis.anytime.anytime_ranks`.
    stem : path-like
        Path of the two files without their suffix.
    target_ratios : int, default 10
        The target ratios that a comparison method may choose from. At the upright line a search has as many
        scores.

    Returns
    -------
    tuple of pathlib.Path
        The PNG and the PDF file.

    Raises
    ------
    ValueError
        If there is no search by AutoSMOTE.
    """
    from matplotlib.ticker import NullFormatter, StrMethodFormatter

    table = anytime_ranks(scores, learning_curves)
    own = table[table["method"] == table["strategy"]]
    others = table[(table["strategy"] == REFERENCE) & (table["method"] != REFERENCE)]
    looks = zip(cycle(style.COLOURS), cycle(_DASHES), strict=False)
    of_strategy = dict(zip(own["strategy"].unique(), looks, strict=False))
    with style.new_figure(style.TEXT_WIDTH, 2.6) as figure:
        metrics = own["metric"].unique()
        panels = figure.subplots(1, len(metrics), squeeze=False, sharey=True)[0]
        for axes, metric in zip(panels, metrics, strict=True):
            for strategy, line in own[own["metric"] == metric].groupby("strategy", sort=False):
                colour, dashes = of_strategy[strategy]
                _draw(axes, line, str(strategy), color=colour, linestyle=dashes)
            of_metric = others[others["metric"] == metric]
            final = of_metric[of_metric["iteration"] == of_metric["iteration"].max()]
            best = final.nsmallest(_SHOWN, "average_rank")["method"]
            for name, dashes in zip(best, ("--", "-.", ":"), strict=False):
                line = of_metric[of_metric["method"] == name]
                _draw(axes, line, name, color="#666666", linewidth=0.8, linestyle=dashes)
            axes.axvline(target_ratios, color="#bbbbbb", linewidth=0.8)
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
            axes.xaxis.set_minor_formatter(NullFormatter())
            axes.set_title(metric_label(metric))
            axes.legend(loc="lower right", fontsize=6)  # empty, as ranks improve
        compared = 1 + others["method"].nunique()
        panels[0].set_ylabel(f"Average rank (1 is best of {compared})")
        panels[0].invert_yaxis()
        figure.supxlabel("Iterations, each with a score on the validation rows to choose from", fontsize=8)
        return style.save(figure, stem)


def _draw(axes: Any, line: pd.DataFrame, name: str, **look: Any) -> None:
    marker = "." if len(line) == 1 else None
    axes.plot(line["iteration"], line["average_rank"], label=sampler_label(name), marker=marker, **look)
