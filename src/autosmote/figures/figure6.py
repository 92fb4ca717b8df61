"""Figure 6: the hyperparameters G1, G2 and K (Section 4.5)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from autosmote.analysis.labels import metric_label
from autosmote.analysis.ranks import CONFIGURATION
from autosmote.figures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LABELS = {
    "scale": r"$G_1 G_2$ / imbalance ratio",
    "g2_max": r"$G_2$ (largest factor of an instance)",
    "neighbours": r"$K$ (neighbours)",
}
"""Settings of the search in the paper's words."""

_SPLITS: dict[str, tuple[str, Any, float]] = {
    "test_score": ("test", "-", 1.0),
    "validation_score": ("validation", (0, (3, 2)), 0.5),
}


def plot(scores: pd.DataFrame, stem: str | os.PathLike[str]) -> tuple[Path, Path]:
    """Plot mean scores by the value of each setting, one panel per setting.

    The mean is over all configurations and seeds that have a score at every value of the setting; the bars
    show the range of the means of single seeds. Solid and filled: test score; dashed and hollow: validation
    score, which is what one would choose a value by.

    Parameters
    ----------
    scores : DataFrame
        What `autosmote.study.hyperparameters.Grids.collect` returns.
    stem : path-like
        Path of the two files without their suffix.

    Returns
    -------
    tuple of pathlib.Path
        The PNG and the PDF file.

    Raises
    ------
    ValueError
        If there are no rows.
    """
    from matplotlib.lines import Line2D

    if scores.empty:
        raise ValueError("there are no searches with other hyperparameters to plot")
    settings, metrics = list(scores["setting"].unique()), list(scores["metric"].unique())
    with style.new_figure(style.TEXT_WIDTH, 2.5) as figure:
        grid = figure.subplots(1, len(settings), sharey=True, squeeze=False)
        for axes, setting in zip(grid[0], settings, strict=True):
            of_setting = scores[scores["setting"] == setting]
            values = sorted(of_setting["value"].unique())
            for number, metric in enumerate(metrics):
                complete = _complete(of_setting[of_setting["metric"] == metric])
                for column in _SPLITS:
                    _draw(axes, _by_value(complete, column, values), number, column)
            axes.set_xticks(range(len(values)), [f"{value:g}" for value in values])
            axes.set_xlabel(LABELS.get(setting, setting))
            axes.grid(axis="x", visible=False)
        grid[0, 0].set_ylabel("Mean score")
        keys = [
            Line2D(
                [],
                [],
                color=style.COLOURS[number],
                marker=style.MARKERS[number],
                markersize=4,
                markerfacecolor=style.COLOURS[number] if column == "test_score" else "white",
                linestyle=dashes,
                label=f"{metric_label(metric)}, {split}",
            )
            for number, metric in enumerate(metrics)
            for column, (split, dashes, _) in _SPLITS.items()
        ]
        figure.legend(handles=keys, loc="outside upper center", ncols=len(keys))
        return style.save(figure, stem)


def _complete(scores: pd.DataFrame) -> pd.DataFrame:
    """Leave out the configurations and seeds that lack a score at some value, so that the means compare."""
    cell = [*CONFIGURATION, "seed"]
    scored = scores.groupby(cell)["test_score"].transform("count")
    return scores[scored == scores["value"].nunique()]


def _by_value(scores: pd.DataFrame, column: str, values: list[float]) -> pd.DataFrame:
    """Return mean, and lowest and highest mean of a seed, for each value."""
    seeds = scores.groupby(["value", "seed"])[column].mean().unstack("seed").reindex(values)
    mean = scores.groupby("value")[column].mean().reindex(values)
    return pd.DataFrame({"mean": mean, "low": seeds.min(axis=1), "high": seeds.max(axis=1)})


def _draw(axes: Axes, means: pd.DataFrame, number: int, column: str) -> None:
    _, dashes, alpha = _SPLITS[column]
    colour = style.COLOURS[number]
    positions = np.arange(len(means))
    axes.plot(
        positions,
        means["mean"],
        color=colour,
        linestyle=dashes,
        alpha=alpha,
        marker=style.MARKERS[number],
        markersize=4,
        markerfacecolor=colour if column == "test_score" else "white",
    )
    if column == "test_score" and (means["high"] > means["low"]).any():
        axes.vlines(positions, means["low"], means["high"], color=colour, linewidth=0.8)
