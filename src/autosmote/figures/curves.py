"""Panels with learning curves; what Figure 5 and the figure of all searches share."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from autosmote.analysis.labels import classifier_label, metric_label, sampler_label
from autosmote.figures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PAGE_HEIGHT, _PANEL_HEIGHT, _LEAST_HEIGHT, _MARGIN = 9.0, 1.35, 0.75, 0.8  # inches
_DASHES: tuple[Any, ...] = (
    "-",
    (0, (5, 1.5)),
    (0, (1, 1)),
    (0, (4, 1, 1, 1)),
    (0, (7, 2)),
    (0, (3, 1, 1, 1, 1, 1)),
)


@dataclass(frozen=True)
class Curve:
    """The searches that differ in their seed only.

    Parameters
    ----------
    row, column, line : str
        Printed names of the row and the column of panels, and of the line.
    seeds : tuple of Series
        Validation score of the incumbent by iteration, one series per seed.
    """

    row: str
    column: str
    line: str
    seeds: tuple[pd.Series, ...]


def collect(learning_curves: pd.DataFrame, row_keys: Sequence[str], line_key: str) -> list[Curve]:
    """Group searches into curves; the columns of panels are the base classifiers.

    Parameters
    ----------
    learning_curves : DataFrame
        See `autosmote.analysis.learning_curves.collect`.
    row_keys : sequence of str
        Columns of the score table whose values make a row of panels.
    line_key : str
        The column whose values make a line. Each search belongs to one seed of one curve, so together the
        keys have to tell apart all that is not a classifier or a seed.

    Returns
    -------
    list of Curve
        The values in the order of the learning curves.

    Raises
    ------
    ValueError
        If there is nothing to plot, or two searches belong to the same seed of a curve.
    """
    if learning_curves.empty:
        raise ValueError("there are no learning curves of searches to plot")
    found: dict[tuple[Any, ...], dict[Any, pd.Series]] = {}
    keys = [*row_keys, "classifier", line_key]
    for (*key, seed), curve in learning_curves.groupby([*keys, "seed"], sort=False, observed=True):
        best = curve.set_index("iteration")["incumbent_validation_score"]
        if best.index.has_duplicates:
            raise ValueError(f"two searches of {', '.join(map(str, key))}, seed {seed}")
        found.setdefault(tuple(key), {})[seed] = best
    # A search without any score has nothing to show, and would end the line where it ended.
    for name, seeds in found.items():
        found[name] = {seed: best for seed, best in seeds.items() if best.notna().any()} or seeds
    return [
        Curve(
            row="\n".join(_printed(name, value) for name, value in zip(row_keys, key, strict=False)),
            column=classifier_label(key[-2]),
            line=_printed(line_key, key[-1]),
            seeds=tuple(seeds.values()),
        )
        for key, seeds in found.items()
    ]


def plot(curves: Sequence[Curve], lines: Sequence[str], stem: str | os.PathLike[str]) -> tuple[Path, Path]:
    """Plot the mean over seeds as a line, and their range as a band.

    Parameters
    ----------
    curves : sequence of Curve
        Where the seeds of a curve differ in length, it ends with the shortest.
    lines : sequence of str
        Names of lines in the order of the legend; at most six of them differ in colour and dashes.
    stem : path-like
        Path of the two files without their suffix.

    Returns
    -------
    tuple of pathlib.Path
        The PNG and the PDF file.
    """
    from matplotlib.lines import Line2D
    from matplotlib.ticker import MaxNLocator

    rows = list(dict.fromkeys(curve.row for curve in curves))
    columns = list(dict.fromkeys(curve.column for curve in curves))
    looks: dict[str, dict[str, Any]] = {
        name: {"color": colour, "linestyle": dashes}
        for name, colour, dashes in zip(lines, cycle(style.COLOURS), cycle(_DASHES), strict=False)
    }
    panel_height = max(_LEAST_HEIGHT, min(_PANEL_HEIGHT, (_PAGE_HEIGHT - _MARGIN) / len(rows)))
    width = style.TEXT_WIDTH if len(columns) > 1 else style.TEXT_WIDTH / 2
    with style.new_figure(width, _MARGIN + panel_height * len(rows)) as figure:
        grid = figure.subplots(len(rows), len(columns), squeeze=False, sharex="col")
        for curve in curves:
            axes = grid[rows.index(curve.row), columns.index(curve.column)]
            _draw(axes, curve.seeds, looks[curve.line])
        for i, row in enumerate(rows):
            grid[i, 0].set_ylabel(row, rotation=0, ha="right", va="center", fontsize=7)
            for axes in grid[i]:
                axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))
                axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10], min_n_ticks=1))
        for axes, column in zip(grid[0], columns, strict=True):
            axes.set_title(column)
        figure.supxlabel("Iteration (line: mean over seeds, band: their range)", fontsize=8)
        figure.supylabel("Best validation score so far", fontsize=8)
        keys = [Line2D([], [], label=name, **looks[name]) for name in lines]
        abreast = 3 if len(columns) > 1 else 2
        figure.legend(handles=keys, loc="outside upper center", ncols=min(len(keys), abreast))
        return style.save(figure, stem)


def _printed(key: str, value: Any) -> str:
    printers: dict[str, Callable[[Any], str]] = {
        "metric": metric_label,
        "sampler": sampler_label,
        "imbalance_ratio": "IR {}".format,
    }
    return printers.get(key, str)(value)


def _draw(axes: Axes, seeds: Sequence[pd.Series], look: Mapping[str, Any]) -> None:
    together = pd.concat(seeds, axis="columns", join="inner").sort_index()
    curve = pd.DataFrame(
        {"mean": together.mean(axis=1), "low": together.min(axis=1), "high": together.max(axis=1)}
    )
    # A best score changes rarely; the iterations between two changes add nothing but size to the file.
    kept = curve[curve.diff().ne(0).any(axis=1)]
    # Iteration i spans i - 1 to i, so that the last one is seen as well.
    starts = [*(kept.index - 1), curve.index[-1]]
    steps = pd.concat([kept, kept.tail(1)]).set_index(pd.Index(starts))
    axes.plot(steps.index, steps["mean"], drawstyle="steps-post", **look)
    if len(seeds) > 1:
        band = {"color": look["color"], "alpha": 0.15, "linewidth": 0}
        axes.fill_between(steps.index, steps["low"], steps["high"], step="post", **band)
