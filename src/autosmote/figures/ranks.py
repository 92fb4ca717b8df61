"""Overall average ranks of all samplers at a glance."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd

from autosmote.analysis.in_place import ranks_in_place
from autosmote.analysis.labels import metric_label, sampler_label
from autosmote.analysis.methods import EXTENSION, REFERENCE, main_comparison
from autosmote.analysis.ranks import average_ranks, rank, score_matrix
from autosmote.analysis.scores import OVERALL
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
    return _plot(scores, stem, reference, beyond=False)


def plot_in_place(scores: pd.DataFrame, stem: str | os.PathLike[str]) -> tuple[Path, Path]:
    """Plot the overall average ranks of Table 2, and of methods beyond the paper in AutoSMOTE's place.

    Those that were run in all configurations of Table 2 stand between its methods, with hollow markers and
    names in italics. Each has the rank that it gets in AutoSMOTE's place, so the others keep theirs.

    Parameters
    ----------
    scores : DataFrame
        The score table.
    stem : path-like
        Path of the two files without their suffix.

    Returns
    -------
    tuple of pathlib.Path
        The PNG and the PDF file.

    Raises
    ------
    ValueError
        If the score table is empty.
    """
    return _plot(scores, stem, REFERENCE, beyond=True)


def _plot(
    scores: pd.DataFrame, stem: str | os.PathLike[str], reference: str, *, beyond: bool
) -> tuple[Path, Path]:
    ranks = rank(score_matrix(main_comparison(scores)))
    overall = of_table2 = average_ranks(ranks).T
    n_methods = len(of_table2)
    if beyond:
        overall = pd.concat([of_table2, _beyond(scores, ranks.groupby(level="metric").size())])
    overall = overall.loc[overall.mean(axis=1).sort_values(kind="stable").index]
    hollow = ~overall.index.isin(of_table2.index)
    with style.new_figure(_WIDTH, _MARGIN + _ROW_HEIGHT * len(overall)) as figure:
        axes = figure.subplots()
        for number, metric in enumerate(scores["metric"].unique()):
            # Not all on one line: equal ranks would hide each other.
            offset = 0.24 * (number - (overall.shape[1] - 1) / 2)
            for is_hollow in (False, True):
                shown = hollow == is_hollow
                if not shown.any():
                    continue
                axes.plot(
                    overall.loc[shown, metric],
                    np.flatnonzero(shown) + offset,
                    linestyle="none",
                    marker=style.MARKERS[number],
                    markersize=3.5,
                    color=style.COLOURS[number],
                    markerfacecolor="white" if is_hollow else style.COLOURS[number],
                    label=None if is_hollow else metric_label(metric),
                )
        axes.set_yticks(range(len(overall)), [sampler_label(str(name)) for name in overall.index])
        for name, in_italics, label in zip(overall.index, hollow, axes.get_yticklabels(), strict=True):
            label.set_fontweight("bold" if name == reference else "normal")
            label.set_fontstyle("italic" if in_italics else "normal")
        axes.set_ylim(len(overall) - 0.5, -0.5)
        axes.set_xlim(0.5, n_methods + 0.5)
        axes.set_xticks(style.rank_ticks(n_methods))
        axes.set_xlabel(f"Average rank (1 is best of {n_methods})")
        axes.tick_params(axis="y", length=0)
        figure.legend(loc="outside upper right", ncols=overall.shape[1])
        return style.save(figure, stem)


def _beyond(scores: pd.DataFrame, configurations: pd.Series) -> pd.DataFrame:
    """Return the average ranks (a column per metric) of methods that were run in so many configurations."""
    found = ranks_in_place(scores)
    found = found[(found["category"] == EXTENSION) & (found["dataset"] == OVERALL)]
    everywhere = (
        found["configurations"].eq(found["metric"].map(configurations)).groupby(found["sampler"]).sum()
    )
    found = found[found["sampler"].map(everywhere).eq(len(configurations))]
    by_metric = found.pivot(index="sampler", columns="metric", values="average_rank")
    return by_metric.reindex(columns=configurations.index).astype(float)
