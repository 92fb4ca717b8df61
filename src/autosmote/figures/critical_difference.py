"""Critical-difference diagrams: average ranks, and which of them differ significantly."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from autosmote.analysis.friedman import critical_difference, friedman
from autosmote.analysis.labels import metric_label, sampler_label
from autosmote.analysis.methods import ABLATION, REFERENCE, against, main_comparison
from autosmote.analysis.ranks import rank, score_matrix
from autosmote.figures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LINE, _HEAD = 0.17, 0.62  # inches: a name or a bar, and the axis of ranks with the title above it


def plot_table2(
    scores: pd.DataFrame, stem: str | os.PathLike[str], *, alpha: float = 0.05
) -> tuple[Path, Path]:
    """Draw the diagram of the methods of Table 2, over all data sets.

    Parameters
    ----------
    scores : DataFrame
        The score table.
    stem : path-like
        Path of the two files without their suffix.
    alpha : float, default 0.05
        Level of significance.

    Returns
    -------
    tuple of pathlib.Path
        The PNG and the PDF file.
    """
    return plot(main_comparison(scores), stem, alpha=alpha)


def plot_table4(
    scores: pd.DataFrame, stem: str | os.PathLike[str], *, alpha: float = 0.05
) -> tuple[Path, Path]:
    """Draw the diagram of AutoSMOTE and its ablations.

    Parameters
    ----------
    scores : DataFrame
        The score table.
    stem : path-like
        Path of the two files without their suffix.
    alpha : float, default 0.05
        Level of significance.

    Returns
    -------
    tuple of pathlib.Path
        The PNG and the PDF file.
    """
    return plot(against(scores, ABLATION), stem, alpha=alpha)


def plot(scores: pd.DataFrame, stem: str | os.PathLike[str], *, alpha: float = 0.05) -> tuple[Path, Path]:
    """Draw average ranks on a line, one diagram per metric, and join those that do not differ significantly.

    A bar joins methods whose average ranks lie within Nemenyi's critical difference. There are no bars, and
    the title says so, where Friedman's test finds no difference at all or could not be made.

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
    ranks = rank(score_matrix(scores))
    by_metric = ranks.groupby(level="metric", sort=False)
    diagrams = [_Diagram(str(metric), rows, alpha) for metric, rows in by_metric]
    heights = [_HEAD + _LINE * diagram.lines for diagram in diagrams]
    with style.new_figure(style.TEXT_WIDTH, sum(heights)) as figure:
        grid = figure.subplots(len(diagrams), 1, squeeze=False, height_ratios=heights)
        for axes, diagram in zip(grid[:, 0], diagrams, strict=True):
            diagram.draw(axes)
        return style.save(figure, stem)


class _Diagram:
    """One diagram: the ranks of one metric."""

    def __init__(self, metric: str, ranks: pd.DataFrame, alpha: float) -> None:
        self.metric = metric
        self.averages = ranks.mean().sort_values(kind="stable")
        self.configurations = len(ranks)
        self.test = friedman(ranks)
        self.alpha = alpha
        self.significant = self.test.p_value < alpha
        self.distance = (
            critical_difference(len(self.averages), len(ranks), alpha) if self.significant else np.nan
        )
        self.bars = bars(self.averages.to_numpy(), self.distance) if self.significant else []

    @property
    def lines(self) -> int:
        """Lines of text and bars below the axis."""
        return len(self.bars) + (len(self.averages) + 1) // 2 + 1

    def draw(self, axes: Axes) -> None:
        n = len(self.averages)
        # Best ranks on the right would be Demšar's way; here as in every other figure the best are first.
        axes.set_xlim(1 - 0.35 * n, n + 0.35 * n)
        axes.set_ylim(-self.lines, 0)
        for side in ("left", "bottom"):
            axes.spines[side].set_visible(False)
        axes.grid(visible=False)
        axes.set_yticks([])
        axes.spines["top"].set_visible(True)
        axes.spines["top"].set_bounds(1, n)
        axes.xaxis.tick_top()
        axes.set_xticks(style.rank_ticks(n))
        axes.set_title(f"{metric_label(self.metric)}: average rank (1 is best of {n}). {self._verdict()}")
        for number, (low, high) in enumerate(self.bars):
            margin = 0.004 * n
            axes.plot(
                [self.averages.iloc[low] - margin, self.averages.iloc[high] + margin],
                [-number - 0.6] * 2,
                color="black",
                linewidth=2,
                solid_capstyle="butt",
            )
        half = (n + 1) // 2
        for place, (name, value) in enumerate(self.averages.items()):
            left = place < half
            row = place if left else n - 1 - place
            height = -len(self.bars) - row - 1
            edge = 1 - 0.04 * n if left else n + 0.04 * n
            chosen = name == REFERENCE
            colour = style.COLOURS[0] if chosen else "#555555"
            axes.plot(
                [edge, value, value], [height, height, 0], color=colour, linewidth=1.2 if chosen else 0.6
            )
            texts = [f"{value:.2f}", sampler_label(str(name))]
            axes.text(
                edge,
                height,
                f" {'  '.join(reversed(texts) if left else texts)} ",
                ha="right" if left else "left",
                va="center",
                fontsize=7,
                fontweight="bold" if chosen else "normal",
            )

    def _verdict(self) -> str:
        if np.isnan(self.test.p_value):
            return "Too few for Friedman's test"
        p_value = "p < 0.001" if self.test.p_value < 0.001 else f"p = {self.test.p_value:.3f}"
        if not self.significant:
            return f"No significant difference, Friedman {p_value}"
        return f"Friedman {p_value}; critical difference {self.distance:.2f} (α = {self.alpha:g})"


def bars(averages: Sequence[float] | np.ndarray, distance: float) -> list[tuple[int, int]]:
    """Find the largest groups of methods whose average ranks do not differ significantly.

    Parameters
    ----------
    averages : array_like of shape (n_methods,)
        Average ranks in ascending order.
    distance : float
        The critical difference; ranks that differ by no more are joined.

    Returns
    -------
    list of tuple of int
        First and last place of each group of two or more that no other group holds.
    """
    found: list[tuple[int, int]] = []
    for first, low in enumerate(averages):
        last = int(np.searchsorted(averages, low + distance, side="right")) - 1
        if last > first and (not found or last > found[-1][1]):
            found.append((first, last))
    return found
