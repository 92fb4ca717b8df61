"""What the incumbents of all strategies score on both test sets, by the number of classifier fits."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd

from autosmote.analysis.labels import metric_label, sampler_label
from autosmote.analysis.methods import MERGED
from autosmote.figures import style

TEST_SETS = {"incumbent_test_score": "Test set", "incumbent_large_test_score": "Large test set"}
"""The columns of learning curves that are drawn, and what they are called."""

_CELL = ["dataset", "imbalance_ratio", "classifier", "metric", "seed"]
_LINES = ("-", (0, (3, 1.2)))


def by_fits(learning_curves: pd.DataFrame, column: str) -> pd.DataFrame:
    """Average a score of the incumbents over the cells that all strategies have searched.

    Parameters
    ----------
    learning_curves : DataFrame
        See `autosmote.analysis.learning_curves.collect`.
    column : str
        A key of `TEST_SETS`.

    Returns
    -------
    DataFrame
        One row per ``metric``, ``sampler`` and ``iteration`` at which all these cells have an incumbent:
        ``mean``, and ``error``, the standard error over cells of the difference to what the strategies reach
        in the cell at the end, on average. A search with fewer iterations stays as it ended.

    Raises
    ------
    ValueError
        If no cell was searched by all strategies.
    """
    shown = learning_curves[learning_curves["sampler"] != MERGED]
    scores = shown.pivot_table(
        index="iteration", columns=["sampler", *_CELL], values=column, observed=True, dropna=False
    ).ffill()
    scores = scores.dropna(axis=1, how="all")
    samplers = scores.columns.unique("sampler")
    searched = scores.tail(1).T.iloc[:, 0].unstack("sampler")
    common = searched.dropna().index
    if common.empty:
        raise ValueError(f"no cell has an {column} of all of {', '.join(map(str, samplers))}")
    parts = []
    for metric in common.unique("metric"):
        cells = common[common.get_level_values("metric") == metric]
        level = searched.loc[cells].to_numpy(dtype="float64").mean(axis=1)
        for sampler in samplers:
            own = pd.DataFrame(scores[sampler])[list(cells)].dropna()
            relative = own - level
            table = pd.DataFrame(
                {"mean": own.mean(axis=1), "error": relative.std(axis=1) / np.sqrt(len(cells))}
            )
            parts.append(table.assign(metric=metric, sampler=sampler, cells=len(cells)).reset_index())
    return pd.concat(parts, ignore_index=True)


def plot(learning_curves: pd.DataFrame, stem: str | os.PathLike[str]) -> tuple[Path, Path]:
    """Plot the mean score of the incumbents, with the standard error as a band.

    A row of panels per metric, a column per test set, a line per strategy.

    Parameters
    ----------
    learning_curves : DataFrame
        See `autosmote.analysis.learning_curves.collect`.
    stem : path-like
        Path of the two files without their suffix.

    Returns
    -------
    tuple of pathlib.Path
        The PNG and the PDF file.

    Raises
    ------
    ValueError
        If no cell was searched by all strategies.
    """
    drawn = {
        column: by_fits(learning_curves, column)
        for column in TEST_SETS
        # Learning curves of earlier versions have one test set.
        if column in learning_curves and learning_curves[column].notna().any()
    }
    first = next(iter(drawn.values()))
    metrics, samplers = first["metric"].unique(), list(first["sampler"].unique())
    with style.new_figure(style.TEXT_WIDTH, 0.8 + 1.8 * len(metrics)) as figure:
        grid = figure.subplots(len(metrics), len(drawn), squeeze=False, sharex=True)
        for axes, column in zip(grid[0], drawn, strict=True):
            axes.set_title(TEST_SETS[column])
        for row, metric in zip(grid, metrics, strict=True):
            row[0].set_ylabel(metric_label(str(metric)))
            for axes, table in zip(row, drawn.values(), strict=True):
                for number, sampler in enumerate(samplers):
                    line = table[(table["metric"] == metric) & (table["sampler"] == sampler)]
                    colour = style.COLOURS[number % len(style.COLOURS)]
                    dashes = _LINES[number // len(style.COLOURS) % len(_LINES)]
                    label = sampler_label(str(sampler))
                    axes.plot(line["iteration"], line["mean"], color=colour, linestyle=dashes, label=label)
                    low, high = line["mean"] - line["error"], line["mean"] + line["error"]
                    axes.fill_between(line["iteration"], low, high, color=colour, alpha=0.15, linewidth=0)
        handles, labels = grid[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=min(3, len(labels)))
        figure.supxlabel("Classifier fits (line: mean over cells, band: standard error)", fontsize=8)
        return style.save(figure, stem)
