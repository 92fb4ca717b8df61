"""Test scores of several methods on one data set, split by split."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd

from autosmote.analysis.labels import metric_label, sampler_label
from autosmote.cli.comparison import BASELINE
from autosmote.figures import style


def plot(
    table: pd.DataFrame, scores: pd.DataFrame, metric: str, stem: str | os.PathLike[str]
) -> tuple[Path, Path]:
    """Plot the test scores of all splits and their means, the best method at the top.

    Parameters
    ----------
    table : DataFrame
        What `autosmote.cli.comparison.ranking` returns.
    scores : DataFrame
        What `autosmote.cli.comparison.compare` returns.
    metric : str
        Name of the metric.
    stem : path-like
        Path of the files without their suffix.

    Returns
    -------
    tuple of pathlib.Path
        The PNG and the PDF file.
    """
    with style.new_figure(4.5, 0.7 + 0.22 * len(table)) as figure:
        axes = figure.subplots()
        for position, name in enumerate(table["sampler"]):
            values = scores.loc[scores["sampler"] == name, "test_score"]
            colour = style.COLOURS[1] if name == BASELINE else style.COLOURS[0]
            heights = np.full(len(values), float(position))
            axes.plot(values, heights, ".", color=colour, alpha=0.4, markersize=5, markeredgewidth=0)
            axes.plot([values.mean()], [position], "D", color=colour, markersize=4)
        reference = table.loc[table["sampler"] == BASELINE, "test_score"].iloc[0]
        axes.axvline(reference, color=style.COLOURS[1], linestyle="--", linewidth=0.8, zorder=0)
        axes.set_yticks(range(len(table)), [sampler_label(str(name)) for name in table["sampler"]])
        axes.set_ylim(len(table) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(f"Test {metric_label(metric)} (points: splits, diamonds: means)")
        return style.save(figure, stem)
