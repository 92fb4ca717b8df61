"""Figure 4: average ranks by base classifier and by imbalance ratio (Section 4.2)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from autosmote.analysis.labels import classifier_label, metric_label, sampler_label
from autosmote.analysis.methods import REFERENCE, main_comparison
from autosmote.analysis.ranks import average_ranks, rank, score_matrix
from autosmote.figures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROW_HEIGHT, _LEGEND_HEIGHT = 1.75, 0.45  # inches


def plot(
    scores: pd.DataFrame, stem: str | os.PathLike[str], reference: str = REFERENCE, *, others: int = 3
) -> tuple[Path, Path]:
    """Plot the average ranks of a sampler and of the best others among the methods of Table 2.

    Left by base classifier, right by imbalance ratio, each over all data sets; one row per metric; lower is
    better. A side with a single value is left out. The paper shows AutoSMOTE alone; the others tell how good
    a rank is.

    Parameters
    ----------
    scores : DataFrame
        The score table.
    stem : path-like
        Path of the two files without their suffix.
    reference : str, default AutoSMOTE
        The sampler that is always shown and stands out.
    others : int, default 3
        Further samplers, those with the best overall rank over the metrics; at most 5.

    Returns
    -------
    tuple of pathlib.Path
        The PNG and the PDF file.

    Raises
    ------
    ValueError
        If the score table is empty, or more than five `others` are asked for.
    """
    if not 0 <= others < len(style.COLOURS):
        raise ValueError(f"others is {others}; it has to lie between 0 and {len(style.COLOURS) - 1}")
    scores = main_comparison(scores)
    ranks = rank(score_matrix(scores))
    best_first = average_ranks(ranks).mean().sort_values(kind="stable").index
    shown = [name for name in best_first if name == reference]
    shown += [name for name in best_first if name != reference][:others]
    metrics = list(scores["metric"].unique())
    sides = _sides(scores, ranks[shown])
    height = _LEGEND_HEIGHT + _ROW_HEIGHT * len(metrics)
    width = style.TEXT_WIDTH if len(sides) > 1 else style.TEXT_WIDTH / 2
    with style.new_figure(width, height) as figure:
        grid = figure.subplots(
            len(metrics),
            len(sides),
            sharey="row",
            squeeze=False,
            width_ratios=[len(values) for _, values in sides],
        )
        for axes, metric in zip(grid, metrics, strict=True):
            for panel, (title, values) in zip(axes, sides, strict=True):
                _draw(panel, values.loc[metric])
                if metric == metrics[-1]:
                    panel.set_xlabel(title)
            axes[0].set_ylabel(metric_label(metric))
            # Set for both panels at once: each alone would cut off the other's points.
            worst = max(values.loc[metric].to_numpy().max() for _, values in sides)
            axes[0].set_ylim(0.5, worst + 0.5)
            axes[0].set_yticks(style.rank_ticks(worst))
        figure.supylabel(f"Average rank (1 is best of {ranks.shape[1]})", fontsize=8)
        handles, labels = grid[0, 0].get_legend_handles_labels()
        columns = len(labels) if len(sides) > 1 else 2
        figure.legend(handles, labels, loc="outside upper center", ncols=columns)
        return style.save(figure, stem)


def _sides(scores: pd.DataFrame, ranks: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return title and average ranks (index: metric, printed value) of each column of panels."""
    classifiers = list(scores["classifier"].unique())
    ratios = sorted(scores["imbalance_ratio"].unique())
    by_classifier = average_ranks(ranks, ["classifier"]).reindex(classifiers, level="classifier")
    by_classifier = by_classifier.rename(classifier_label, level="classifier")
    by_ratio = average_ranks(ranks, ["imbalance_ratio"]).reindex(ratios, level="imbalance_ratio")
    by_ratio = by_ratio.rename(str, level="imbalance_ratio")
    ratio_title = "Imbalance ratio (majority/minority rows)"
    if len(ratios) == 1:
        return [(f"Base classifier (at imbalance ratio {ratios[0]})", by_classifier)]
    if len(classifiers) == 1:
        return [(f"{ratio_title}, {classifier_label(classifiers[0])}", by_ratio)]
    # On two lines: a panel of two ratios is narrower than the title.
    return [("Base classifier", by_classifier), (ratio_title.replace(" (", "\n("), by_ratio)]


def _draw(axes: Axes, ranks: pd.DataFrame) -> None:
    """Draw the columns of `ranks` as points side by side, one group per row."""
    positions = np.arange(len(ranks))
    offsets = (np.arange(ranks.shape[1]) - (ranks.shape[1] - 1) / 2) * 0.16
    for number, sampler in enumerate(ranks):
        axes.plot(
            positions + offsets[number],
            ranks[sampler],
            linestyle="none",
            marker=style.MARKERS[number],
            markersize=5,
            color=style.COLOURS[number],
            label=sampler_label(str(sampler)),
        )
    axes.set_xticks(positions, [str(value) for value in ranks.index])
    axes.set_xlim(-0.5, len(ranks) - 0.5)
    axes.grid(axis="x", visible=False)
