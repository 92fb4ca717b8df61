"""Overall average ranks of all samplers at a glance."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd

from autosmote.analysis.labels import metric_label, sampler_label
from autosmote.analysis.methods import REFERENCE, main_comparison
from autosmote.analysis.ranks import average_ranks, rank, score_matrix
from autosmote.figures import style

_WIDTH, _ROW_HEIGHT, _MARGIN = 4.5, 0.18, 0.85  # inches


def plot(scores: pd.DataFrame, stem: str | os.PathLike[str], reference: str = REFERENCE) -> tuple[Path, Path]:
    """Plot the overall average rank of every method of Table 2, the best at the top.

    Parameters
    ----------
    scores : DataFrame
        The score table.
    stem : path-like
        Path of the two files without their suffix.
    reference : str, default AutoSMOTE
        The sampler that stands out.

    Returns
    -------
    tuple of pathlib.Path
        The PNG and the PDF file.

    Raises
    ------
    ValueError
        If the score table is empty.
    """
    scores = main_comparison(scores)
    overall = average_ranks(rank(score_matrix(scores))).T
    overall = overall.loc[overall.mean(axis=1).sort_values(kind="stable").index]
    with style.new_figure(_WIDTH, _MARGIN + _ROW_HEIGHT * len(overall)) as figure:
        axes = figure.subplots()
        for number, metric in enumerate(scores["metric"].unique()):
            # Not all on one line: equal ranks would hide each other.
            offset = 0.24 * (number - (overall.shape[1] - 1) / 2)
            axes.plot(
                overall[metric],
                np.arange(len(overall)) + offset,
                linestyle="none",
                marker=style.MARKERS[number],
                markersize=3.5,
                color=style.COLOURS[number],
                label=metric_label(metric),
            )
        axes.set_yticks(range(len(overall)), [sampler_label(str(name)) for name in overall.index])
        for name, label in zip(overall.index, axes.get_yticklabels(), strict=True):
            label.set_fontweight("bold" if name == reference else "normal")
        axes.set_ylim(len(overall) - 0.5, -0.5)
        axes.set_xlim(0.5, len(overall) + 0.5)
        axes.set_xticks(style.rank_ticks(len(overall)))
        axes.set_xlabel(f"Average rank (1 is best of {len(overall)})")
        axes.tick_params(axis="y", length=0)
        figure.legend(loc="outside upper right", ncols=overall.shape[1])
        return style.save(figure, stem)
