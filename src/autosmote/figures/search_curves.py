"""The course of the searches: best validation score by iteration."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from itertools import cycle, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from autosmote.analysis.labels import classifier_label, metric_label
from autosmote.figures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PANEL_WIDTH, _PANEL_HEIGHT, _MARGIN = 1.5, 1.2, 0.8  # inches


def plot(
    histories: Sequence[tuple[Mapping[str, Any], pd.DataFrame]], stem: str | os.PathLike[str]
) -> tuple[Path, Path]:
    """Plot the best validation score so far: the mean over seeds, and their range as a band.

    A row of panels per data set, a column per metric and base classifier, a line per imbalance ratio.

    Parameters
    ----------
    histories : sequence of (mapping, DataFrame)
        One per search: its row of the score table (``dataset``, ``imbalance_ratio``, ``classifier``,
        ``metric`` and ``seed`` are used), and its history with the columns ``iteration`` (from 1) and
        ``best_validation_score``. Where the seeds of a line differ in length, it ends with the shortest.

    Returns
    -------
    tuple of pathlib.Path
        The PNG and the PDF file.

    Raises
    ------
    ValueError
        If there is no history, or two histories belong to the same search.
    """
    from matplotlib.lines import Line2D
    from matplotlib.ticker import MaxNLocator

    if not histories:
        raise ValueError("there are no search histories to plot")
    lines = _lines(histories)
    rows = [row for row, _ in histories]
    datasets, metrics, classifiers = (
        list(dict.fromkeys(row[key] for row in rows)) for key in ("dataset", "metric", "classifier")
    )
    columns = list(product(metrics, classifiers))
    ratios = sorted({row["imbalance_ratio"] for row in rows})
    colours = dict(zip(ratios, cycle(style.COLOURS), strict=False))
    width = max(_PANEL_WIDTH * len(columns), style.TEXT_WIDTH / 2)
    with style.new_figure(width, _MARGIN + _PANEL_HEIGHT * len(datasets)) as figure:
        grid = figure.subplots(len(datasets), len(columns), squeeze=False)
        for (i, dataset), (j, (metric, classifier)) in product(enumerate(datasets), enumerate(columns)):
            axes = grid[i, j]
            for ratio in ratios:
                if (dataset, metric, classifier, ratio) in lines:
                    _draw(axes, lines[dataset, metric, classifier, ratio], colours[ratio])
            axes.xaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))
            if i == 0:
                axes.set_title(f"{metric_label(metric)}, {classifier_label(classifier)}")
            if j == 0:
                axes.set_ylabel(dataset)
        figure.supxlabel("Iteration (line: mean over seeds, band: their range)", fontsize=8)
        figure.supylabel("Best validation score", fontsize=8)
        keys = [Line2D([], [], color=colours[ratio], label=f"IR {ratio}") for ratio in ratios]
        figure.legend(handles=keys, loc="outside upper center", ncols=min(len(keys), 6))
        return style.save(figure, stem)


def _lines(
    histories: Sequence[tuple[Mapping[str, Any], pd.DataFrame]],
) -> dict[tuple[str, str, str, int], list[pd.Series]]:
    """Return the series of all seeds by data set, metric, classifier and imbalance ratio."""
    lines: dict[tuple[str, str, str, int], dict[int, pd.Series]] = {}
    for row, history in histories:
        key = (row["dataset"], row["metric"], row["classifier"], row["imbalance_ratio"])
        seeds = lines.setdefault(key, {})
        if row["seed"] in seeds:
            raise ValueError(f"two search histories of {', '.join(map(str, key))}, seed {row['seed']}")
        seeds[row["seed"]] = history.set_index("iteration")["best_validation_score"]
    return {key: list(seeds.values()) for key, seeds in lines.items()}


def _draw(axes: Axes, seeds: Sequence[pd.Series], colour: str) -> None:
    together = pd.concat(seeds, axis="columns", join="inner").sort_index()
    curve = pd.DataFrame(
        {"mean": together.mean(axis=1), "low": together.min(axis=1), "high": together.max(axis=1)}
    )
    # A best score changes rarely; the iterations between two changes add nothing but size to the file.
    kept = curve[curve.diff().ne(0).any(axis=1)]
    # Iteration i spans i - 1 to i, so that the last one is seen as well.
    starts = [*(kept.index - 1), curve.index[-1]]
    steps = pd.concat([kept, kept.tail(1)]).set_index(pd.Index(starts))
    axes.plot(steps.index, steps["mean"], drawstyle="steps-post", color=colour)
    if len(seeds) > 1:
        axes.fill_between(
            steps.index, steps["low"], steps["high"], step="post", color=colour, alpha=0.2, linewidth=0
        )
