"""Test scores of several methods on one data set, split by split."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from autosmote.analysis.labels import classifier_label, metric_label, sampler_label
from autosmote.cli.comparison import shown_name
from autosmote.cli.rivals import BASELINE
from autosmote.figures import style


def plot(
    tables: Mapping[tuple[str, str], pd.DataFrame], scores: pd.DataFrame, stem: str | os.PathLike[str]
) -> tuple[Path, Path]:
    """Plot the test scores of all splits and their means, the best method at the top of each panel.

    Parameters
    ----------
    tables : mapping of (estimator, scoring) to DataFrame
        What `autosmote.cli.comparison.ranking` returns; one panel for each.
    scores : DataFrame
        What `autosmote.cli.comparison.compare` returns.
    stem : path-like
        Path of the files without their suffix.

    Returns
    -------
    tuple of pathlib.Path
        The PNG and the PDF file.
    """
    estimators = list(dict.fromkeys(estimator for estimator, _ in tables))
    scorings = list(dict.fromkeys(scoring for _, scoring in tables))
    n_methods = max(len(table) for table in tables.values())
    height = (0.7 + 0.22 * n_methods) * len(estimators)
    with style.new_figure(4.5 * len(scorings), height) as figure:
        grid = figure.subplots(len(estimators), len(scorings), squeeze=False)
        for (estimator, scoring), table in tables.items():
            axes = grid[estimators.index(estimator), scorings.index(scoring)]
            of_case = scores[(scores["estimator"] == estimator) & (scores["scoring"] == scoring)]
            for position, name in enumerate(table["sampler"]):
                values = of_case.loc[of_case["sampler"] == name, "test_score"]
                colour = style.COLOURS[1] if name == BASELINE else style.COLOURS[0]
                heights = np.full(len(values), float(position))
                axes.plot(values, heights, ".", color=colour, alpha=0.4, markersize=5, markeredgewidth=0)
                axes.plot([values.mean()], [position], "D", color=colour, markersize=4)
            reference = table.loc[table["sampler"] == BASELINE, "test_score"].iloc[0]
            axes.axvline(reference, color=style.COLOURS[1], linestyle="--", linewidth=0.8, zorder=0)
            labels = [shown_name(sampler_label(str(name))) for name in table["sampler"]]
            axes.set_yticks(range(len(table)), labels)
            axes.set_ylim(len(table) - 0.5, -0.5)
            axes.tick_params(axis="y", length=0)
            axes.set_xlabel(f"Test {metric_label(scoring)} (points: splits, diamonds: means)")
            if len(tables) > 1:
                axes.set_title(classifier_label(estimator).rpartition(".")[2])
        return style.save(figure, stem)
