"""What holds a search back: its reward, the test scores of what it selects, and its policies' entropy."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from autosmote.analysis.labels import classifier_label
from autosmote.analysis.learning_curves import ENTROPIES, SEARCH
from autosmote.analysis.methods import REFERENCE
from autosmote.analysis.searches import UNTAUGHT_ROUNDS
from autosmote.figures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RANDOM = "Random search"
"""The search that learns nothing; it stands beside AutoSMOTE where there is one."""

POLICY_LABELS = ("Cross-instance policy", "Instance-specific policy", "Low-level policy")

_COLOURS = {REFERENCE: style.COLOURS[0], RANDOM: style.COLOURS[1]}
_MARGIN, _PANEL_HEIGHT = 0.9, 1.2  # inches
_X_LABEL = "Iteration (line: mean, band: middle half)"


def plot_reward(learning_curves: pd.DataFrame, stem: str | os.PathLike[str]) -> tuple[Path, Path]:
    """Plot how far the mean reward of a round exceeds that of the rounds before anything was learned.

    A row of panels per data set, a column per base classifier; a line is the mean over ratios, metrics and
    seeds.

    Parameters
    ----------
    learning_curves : DataFrame
        See `autosmote.analysis.learning_curves.collect`; AutoSMOTE's and random search's are shown.
    stem : path-like
        Path of the two files without their suffix.

    Returns
    -------
    tuple of pathlib.Path
        The PNG and the PDF file.

    Raises
    ------
    ValueError
        If there is no AutoSMOTE search.
    """
    shown = _shown(learning_curves)
    untaught = shown[shown["round"] < UNTAUGHT_ROUNDS].groupby(list(SEARCH), observed=True)
    start = untaught["validation_score"].mean().rename("start")
    rounds = shown.groupby([*SEARCH, "round"], observed=True, sort=False)
    table = rounds.agg(reward=("validation_score", "mean"), iteration=("iteration", "max")).reset_index()
    table = table.join(start, on=list(SEARCH))
    table["gain"] = table["reward"] - table["start"]

    def draw(axes: Axes, rows: pd.DataFrame) -> None:
        axes.axhline(0, color="#888888", linewidth=0.6)
        for sampler, of_sampler in rows.groupby("sampler", observed=True):
            _draw(axes, of_sampler, "gain", label=str(sampler), color=_COLOURS[str(sampler)])

    with _panels(table, draw) as figure:
        figure.supxlabel(_X_LABEL, fontsize=8)
        figure.supylabel("Gain in mean reward", fontsize=8)
        return style.save(figure, stem)


def plot_selection(learning_curves: pd.DataFrame, stem: str | os.PathLike[str]) -> tuple[Path, Path]:
    """Plot the validation and the test score of the incumbents, the best samples so far.

    How the gap between the two grows is what choosing the best of many scores on few rows costs; its level is
    also a difference between the two splits.

    Parameters
    ----------
    learning_curves, stem
        See `plot_reward`.

    Returns
    -------
    tuple of pathlib.Path
        The PNG and the PDF file.

    Raises
    ------
    ValueError
        If there is no AutoSMOTE search.
    """
    parts = {
        "incumbent_validation_score": ("validation", "-"),
        "incumbent_test_score": ("test", (0, (3, 1.2))),
    }

    def draw(axes: Axes, rows: pd.DataFrame) -> None:
        for sampler, of_sampler in rows.groupby("sampler", observed=True):
            for column, (part, dashes) in parts.items():
                label = f"{sampler}, {part}"
                colour = _COLOURS[str(sampler)]
                look = {"color": colour, "linestyle": dashes, "drawstyle": "steps-pre"}
                _draw(axes, of_sampler, column, band=False, label=label, **look)

    with _panels(_shown(learning_curves), draw) as figure:
        figure.supxlabel("Iteration", fontsize=8)
        figure.supylabel("Score of the best samples so far", fontsize=8)
        return style.save(figure, stem)


def plot_entropy(learning_curves: pd.DataFrame, stem: str | os.PathLike[str]) -> tuple[Path, Path]:
    """Plot the entropy of each of AutoSMOTE's policies, the mean of a round over that at its first update.

    Parameters
    ----------
    learning_curves, stem
        See `plot_reward`.

    Returns
    -------
    tuple of pathlib.Path
        The PNG and the PDF file.

    Raises
    ------
    ValueError
        If there is no AutoSMOTE search.
    """
    shown = _shown(learning_curves)
    shown = shown[shown["sampler"] == REFERENCE]
    classifiers = shown["classifier"].drop_duplicates().astype(str).tolist()
    colours = dict(zip(classifiers, style.COLOURS, strict=False))
    rounds = shown.groupby([*SEARCH, "round"], observed=True)
    with style.new_figure(style.TEXT_WIDTH, 2.5) as figure:
        panels = figure.subplots(1, len(ENTROPIES), sharey=True)
        for axes, entropy, policy in zip(panels, ENTROPIES, POLICY_LABELS, strict=True):
            table = rounds.agg(entropy=(entropy, "mean"), iteration=("iteration", "max")).reset_index()
            first = shown.groupby(list(SEARCH), observed=True)[entropy].first().rename("first")
            table = table.join(first, on=list(SEARCH))
            # A policy that a round did not update is as it was.
            held = table.groupby(list(SEARCH), observed=True)["entropy"].ffill()
            table["share"] = held / table["first"]
            table = table.dropna(subset=["share"])
            for classifier, rows in table.groupby("classifier", observed=True, sort=False):
                label = classifier_label(str(classifier))
                _draw(axes, rows, "share", label=label, color=colours[str(classifier)])
            axes.set_title(policy)
        handles, labels = panels[-1].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=max(1, len(labels)))
        figure.supxlabel(_X_LABEL, fontsize=8)
        figure.supylabel("Entropy, relative to the first update", fontsize=8)
        return style.save(figure, stem)


def _shown(learning_curves: pd.DataFrame) -> pd.DataFrame:
    shown = learning_curves[learning_curves["sampler"].isin([REFERENCE, RANDOM])]
    if REFERENCE not in set(shown["sampler"]):
        raise ValueError(f"there is no search by {REFERENCE}")
    return shown


@contextmanager
def _panels(table: pd.DataFrame, draw: Callable[[Axes, pd.DataFrame], None]) -> Iterator[Figure]:
    """Yield a figure with a row of panels per data set and a column per base classifier."""
    datasets, classifiers = (_names(table, name) for name in ("dataset", "classifier"))
    width = style.TEXT_WIDTH if len(classifiers) > 1 else style.TEXT_WIDTH / 2
    with style.new_figure(width, _MARGIN + _PANEL_HEIGHT * len(datasets)) as figure:
        grid = figure.subplots(len(datasets), len(classifiers), squeeze=False, sharex=True)
        labels: dict[str, Any] = {}
        for (dataset, classifier), rows in table.groupby(["dataset", "classifier"], observed=True):
            axes = grid[datasets.index(dataset), classifiers.index(classifier)]
            draw(axes, rows)
            axes.locator_params(nbins=4)
            handles, names = axes.get_legend_handles_labels()
            labels |= dict(zip(names, handles, strict=True))
        for axes, classifier in zip(grid[0], classifiers, strict=True):
            axes.set_title(classifier_label(classifier))
        for axes, dataset in zip(grid[:, 0], datasets, strict=True):
            axes.set_ylabel(dataset, fontsize=7)
        abreast = 4 if len(classifiers) > 1 else 2
        figure.legend(labels.values(), labels.keys(), loc="outside upper center", ncols=abreast)
        yield figure


def _names(table: pd.DataFrame, column: str) -> Sequence[str]:
    return table[column].drop_duplicates().astype(str).tolist()


def _draw(axes: Axes, rows: pd.DataFrame, column: str, *, band: bool = True, **look: Any) -> None:
    by_iteration = rows.groupby("iteration")[column]
    mean = by_iteration.mean()
    axes.plot(mean.index, mean, marker="." if len(mean) == 1 else None, **look)
    if band:
        low, high = by_iteration.quantile(0.25), by_iteration.quantile(0.75)
        axes.fill_between(mean.index, low, high, color=look["color"], alpha=0.15, linewidth=0)
