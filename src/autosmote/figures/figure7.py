"""Figure 7: synthetic rows and decision regions on a data set with two columns (Section 4.6)."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autosmote.analysis.labels import classifier_label, metric_label, sampler_label
from autosmote.figures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from autosmote.study.case_study import CaseStudy

_COLUMNS, _PANEL_HEIGHT, _MARGIN = 4, 1.75, 0.75  # most panels in a row; inches
_MAJORITY, _MINORITY, _SYNTHETIC = "#999999", style.COLOURS[0], style.COLOURS[1]
_REGION = "#D3E5F2"  # the minority's blue, washed out


def plot(case: CaseStudy, stem: str | os.PathLike[str]) -> tuple[Path, Path]:
    """Draw training rows, synthetic rows and the minority's decision region, a panel per method.

    Parameters
    ----------
    case : CaseStudy
        What `autosmote.study.case_study.run` returns.
    stem : path-like
        Path of the two files without their suffix.

    Returns
    -------
    tuple of pathlib.Path
        The PNG and the PDF file.
    """
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    rows = math.ceil(len(case.methods) / _COLUMNS)
    columns = math.ceil(len(case.methods) / rows)  # As even as may be: nine panels are three rows of three.
    width = style.TEXT_WIDTH * columns / _COLUMNS
    with style.new_figure(width, _MARGIN + _PANEL_HEIGHT * rows) as figure:
        grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        for axes in grid.flat[len(case.methods) :]:
            axes.set_visible(False)
        for number, (axes, method) in enumerate(zip(grid.flat, case.methods, strict=False)):
            _draw(axes, case, number)
            axes.set_title(_title(method, metric_label(case.metric)))
            axes.tick_params(labelbottom=number + columns >= len(case.methods))
        about = f"{case.columns[0]} (standard deviations)"
        if case.generated:
            about += "\nData generated for this project, not the paper's."
        figure.supxlabel(about, fontsize=8)
        figure.supylabel(f"{case.columns[1]} (standard deviations)", fontsize=8)
        dots: dict[str, Any] = {"linestyle": "none", "marker": "o", "markersize": 3}
        keys = [
            Line2D([], [], color=_MAJORITY, label="majority", **dots),
            Line2D([], [], color=_MINORITY, label="minority", **dots),
            Line2D([], [], color=_SYNTHETIC, label="synthetic", linestyle="none", marker="x", markersize=3.5),
            Patch(color=_REGION, label=f"{classifier_label(case.classifier)} says minority"),
        ]
        figure.legend(handles=keys, loc="outside upper center", ncols=4 if columns > 2 else 2)
        return style.save(figure, stem)


def _title(row: Mapping[str, Any], metric: str) -> str:
    name, score = sampler_label(row["sampler"]), row["test_score"]
    return f"{name}\nmade no rows" if math.isnan(score) else f"{name}\ntest {metric} {score:.2f}"


def _draw(axes: Axes, case: CaseStudy, number: int) -> None:
    regions, synthetic, minority = case.regions[number], case.synthetic[number], case.y == 1
    if regions.size:
        axes.contourf(case.axes[0], case.axes[1], regions, levels=[0.5, 1.5], colors=[_REGION])
    # The majority first and small, so that the few rows of the minority are seen.
    axes.scatter(case.X[~minority, 0], case.X[~minority, 1], s=3, color=_MAJORITY, linewidths=0)
    if len(synthetic):
        axes.scatter(synthetic[:, 0], synthetic[:, 1], s=9, color=_SYNTHETIC, marker="x", linewidths=0.6)
    axes.scatter(case.X[minority, 0], case.X[minority, 1], s=9, color=_MINORITY, linewidths=0)
    axes.set_xlim(*case.axes[0][[0, -1]])
    axes.set_ylim(*case.axes[1][[0, -1]])
    axes.grid(visible=False)
