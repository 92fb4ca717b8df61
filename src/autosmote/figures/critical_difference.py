"""Critical-difference diagrams: average ranks, and which of them differ significantly."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from autosmote.analysis.friedman import Friedman, critical_difference, friedman
from autosmote.analysis.labels import metric_label, sampler_label
from autosmote.analysis.methods import ABLATION, REFERENCE, against, main_comparison
from autosmote.analysis.ranks import rank, score_matrix
from autosmote.figures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LINE, _HEAD = 0.17, 0.62  # inches: a name or a bar, and the axis of ranks with the title above it
_OTHERS = "#555555"


def plot(scores: pd.DataFrame, stem: str | os.PathLike[str], *, alpha: float = 0.05) -> tuple[Path, Path]:
    """Draw average ranks on a line, one diagram per metric, and join those that do not differ significantly.

    A bar joins methods of which no two differ by Nemenyi's test. Where Friedman's test finds no difference at
    all, or could not be made, which the title says, one bar joins all.

    Parameters
    ----------
    scores : DataFrame
        The rows of the score table that are compared; a method without a score ranks last.
    stem : path-like
        Path of the two files without their suffix.
    alpha : float, default 0.05
        Level of significance.

    Returns
    -------
    tuple of pathlib.Path
        The PNG and the PDF file.

    Raises
    ------
    ValueError
        If there are no rows.
    """
    ranks = rank(score_matrix(scores)).rename(columns=sampler_label)
    by_metric = ranks.groupby(level="metric", sort=False)
    with style.new_figure(style.TEXT_WIDTH, 1) as figure:
        grid = figure.subplots(by_metric.ngroups, 1, squeeze=False)[:, 0]
        lines = [
            _draw(axes, rows, str(metric), alpha)
            for axes, (metric, rows) in zip(grid, by_metric, strict=True)
        ]
        heights = [_HEAD + _LINE * count for count in lines]
        figure.set_size_inches(style.TEXT_WIDTH, sum(heights))
        grid[0].get_gridspec().set_height_ratios(heights)
        return style.save(figure, stem)


def plot_table2(
    scores: pd.DataFrame, stem: str | os.PathLike[str], *, alpha: float = 0.05
) -> tuple[Path, Path]:
    """Draw the diagrams of the methods of Table 2; see `plot`, which takes the whole score table here."""
    return plot(main_comparison(scores), stem, alpha=alpha)


def plot_table4(
    scores: pd.DataFrame, stem: str | os.PathLike[str], *, alpha: float = 0.05
) -> tuple[Path, Path]:
    """Draw the diagrams of AutoSMOTE and its ablations; see `plot_table2`."""
    return plot(against(scores, ABLATION), stem, alpha=alpha)


def _draw(axes: Axes, ranks: pd.DataFrame, metric: str, alpha: float) -> int:
    """Draw one diagram and return how many lines of bars and names it has below the axis of ranks."""
    from scikit_posthocs import critical_difference_diagram, posthoc_nemenyi_friedman

    n, names = ranks.shape[1], ranks.columns
    test = friedman(ranks)
    if test.p_value < alpha:
        p_values = posthoc_nemenyi_friedman(ranks.reset_index(drop=True))
    else:
        p_values = pd.DataFrame(1.0, names, names)
    chosen = style.COLOURS[0]
    drawn = critical_difference_diagram(
        ranks.mean(),
        p_values,
        alpha=alpha,
        ax=axes,
        label_fmt_left="{label}  {rank:.2f} ",
        label_fmt_right=" {rank:.2f}  {label}",
        label_props={"fontsize": 7},
        marker_props={"s": 0},
        elbow_props={"linewidth": 0.6},
        crossbar_props={"solid_capstyle": "butt"},
        color_palette={name: chosen if name == REFERENCE else _OTHERS for name in names},
        text_h_margin=0.04 * n,
    )
    for elbow, label in zip(drawn["elbows"], drawn["labels"], strict=True):
        if elbow.get_color() == chosen:
            elbow.set_linewidth(1.2)
            label.set_fontweight("bold")
    for (bar,) in drawn["crossbars"]:
        # Its ends alone, for the points in between come in no certain order; and longer, or a bar that joins
        # equal ranks would not be seen.
        ends, margin = sorted(bar.get_xdata()), 0.004 * n
        bar.set_data([ends[0] - margin, ends[-1] + margin], bar.get_ydata()[:2])
    lines = 1 - round(min(label.get_position()[1] for label in drawn["labels"]))
    # Best ranks on the right would be Demšar's way; here as in every other figure the best are first.
    axes.set_xlim(1 - 0.35 * n, n + 0.35 * n)
    axes.set_ylim(-lines, 0)
    axes.spines["top"].set_visible(True)
    axes.spines["top"].set_bounds(1, n)
    axes.set_xticks(style.rank_ticks(n))
    axes.grid(visible=False)
    axes.set_title(
        f"{metric_label(metric)}: average rank (1 is best of {n}). {_verdict(test, ranks.shape, alpha)}"
    )
    return lines


def _verdict(test: Friedman, shape: tuple[int, int], alpha: float) -> str:
    if math.isnan(test.p_value):
        return "Too few for Friedman's test"
    p_value = "p < 0.001" if test.p_value < 0.001 else f"p = {test.p_value:.3f}"
    if test.p_value >= alpha:
        return f"No significant difference, Friedman {p_value}"
    configurations, methods = shape
    distance = critical_difference(methods, configurations, alpha)
    return f"Friedman {p_value}; critical difference {distance:.2f} (α = {alpha:g})"
