"""The average rank of a search by its budget, among the methods of Table 2."""

from __future__ import annotations

import os
from itertools import cycle
from pathlib import Path

import pandas as pd

from autosmote.analysis.budget import ranks_by_budget
from autosmote.analysis.labels import metric_label, sampler_label
from autosmote.analysis.methods import REFERENCE, main_comparison
from autosmote.analysis.ranks import average_ranks, rank, score_matrix
from autosmote.figures import style

RATIOS = 10
"""What a comparison method may choose from on the validation rows (Section 4.1)."""

_SHOWN = 3


def plot(scores: pd.DataFrame, courses: pd.DataFrame, stem: str | os.PathLike[str]) -> tuple[Path, Path]:
    """Plot the average rank that searches would have had, had they been stopped earlier.

    A panel per metric, and beside the searches the three best comparison methods. The upright line is where a
    search has as many scores on the validation rows to choose from as these have.

    Parameters
    ----------
    scores : DataFrame
        The score table.
    courses : DataFrame
        See `autosmote.analysis.courses.collect`.
    stem : path-like
        Path of the two files without their suffix.

    Returns
    -------
    tuple of pathlib.Path
        The PNG and the PDF file.

    Raises
    ------
    ValueError
        See `autosmote.analysis.budget.ranks_by_budget`.
    """
    from matplotlib.ticker import NullFormatter, StrMethodFormatter

    table = ranks_by_budget(scores, courses)
    strategies = list(table["sampler"].unique())
    metrics = list(table["metric"].unique())
    compared = main_comparison(scores)
    final = average_ranks(rank(score_matrix(compared)))
    with style.new_figure(style.TEXT_WIDTH, 2.6) as figure:
        panels = figure.subplots(1, len(metrics), squeeze=False, sharey=True)[0]
        for axes, metric in zip(panels, metrics, strict=True):
            for strategy, colour in zip(strategies, cycle(style.COLOURS), strict=False):
                line = table[(table["sampler"] == strategy) & (table["metric"] == metric)]
                label = sampler_label(strategy)
                axes.plot(line["iteration"], line["average_rank"], color=colour, label=label)
            best = final.loc[metric].drop(REFERENCE, errors="ignore").nsmallest(_SHOWN)
            for (name, value), dashes in zip(best.items(), ("--", "-.", ":"), strict=False):
                look = {"color": "#666666", "linewidth": 0.8, "linestyle": dashes}
                axes.axhline(value, label=sampler_label(str(name)), **look)
            axes.axvline(RATIOS, color="#bbbbbb", linewidth=0.8)
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
            axes.xaxis.set_minor_formatter(NullFormatter())
            axes.set_title(metric_label(metric))
            axes.set_xlabel("Iterations = scores on the validation rows to choose from")
            axes.legend(loc="lower right", fontsize=6)
        panels[0].set_ylabel(f"Average rank (1 is best of {final.shape[1]})")
        panels[0].invert_yaxis()
        return style.save(figure, stem)
