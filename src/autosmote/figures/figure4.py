"""Figure 4: average ranks by base classifier and by imbalance ratio (Section 4.2)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from autosmote.analysis.labels import classifier_label, metric_label, sampler_label
from autosmote.analysis.ranks import average_ranks, rank, score_matrix
from autosmote.figures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROW_HEIGHT, _LEGEND_HEIGHT = 1.75, 0.45  # inches


def plot(
    scores: pd.DataFrame, stem: str | os.PathLike[str], reference: str = "AutoSMOTE", *, others: int = 3
) -> tuple[Path, Path]:
    """Plot the average ranks of a sampler and of the best others.

    Left by base classifier, right by imbalance ratio, each over all data sets; one row per metric; lower is
    better. The paper
    shows AutoSMOTE alone; the others tell how good a rank is.

    Parameters
    ----------
    scores : DataFrame
        The score table.
    stem : path-like
        Path of the two files without their suffix.
    reference : str, default "AutoSMOTE"
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
    from matplotlib.ticker import MaxNLocator

    if not 0 <= others < len(style.COLOURS):
        raise ValueError(f"others is {others}; it has to lie between 0 and {len(style.COLOURS) - 1}")
    ranks = rank(score_matrix(scores))
    best_first = average_ranks(ranks).mean().sort_values(kind="stable").index
    shown = [name for name in best_first if name == reference]
    shown += [name for name in best_first if name != reference][:others]
    metrics = list(scores["metric"].unique())
    classifiers = list(scores["classifier"].unique())
    ratios = sorted(scores["imbalance_ratio"].unique())

    by_classifier = average_ranks(ranks, ["classifier"])[shown]
    by_ratio = average_ranks(ranks, ["imbalance_ratio"])[shown]
    height = _LEGEND_HEIGHT + _ROW_HEIGHT * len(metrics)
    with style.new_figure(style.TEXT_WIDTH, height) as figure:
        axes = figure.subplots(
            len(metrics), 2, sharey="row", squeeze=False, width_ratios=[len(classifiers), len(ratios)]
        )
        for (left, right), metric in zip(axes, metrics, strict=True):
            _draw(left, by_classifier.loc[metric].loc[classifiers])
            _draw(right, by_ratio.loc[metric].loc[ratios])
            left.set_ylabel(metric_label(metric))
            left.set_xticks(range(len(classifiers)), [classifier_label(name) for name in classifiers])
            right.set_xticks(range(len(ratios)), [str(ratio) for ratio in ratios])
            left.yaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))
            # Set for both panels at once: each alone would cut off the other's points.
            worst = max(by_classifier.loc[metric].to_numpy().max(), by_ratio.loc[metric].to_numpy().max())
            left.set_ylim(0.5, worst + 0.5)
        figure.supylabel("Average rank (lower is better)", fontsize=8)
        axes[-1, 0].set_xlabel("Base classifier")
        axes[-1, 1].set_xlabel("Imbalance ratio")
        handles, labels = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
        return style.save(figure, stem)


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
    axes.set_xlim(-0.5, len(ranks) - 0.5)
    axes.grid(axis="x", visible=False)
