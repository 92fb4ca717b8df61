"""The lists of tables and figures that the score table gives, and the courses of searches."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from autosmote.analysis.methods import ABLATION, EXTENSION, VARIANT, against, main_comparison
from autosmote.figures import critical_difference, diagnostics, figure4, figure5, ranks, search_curves
from autosmote.tables import (
    beside_paper,
    comparisons,
    coverage,
    friedman,
    mean_scores,
    search_summary,
    table2,
    table3,
    table4,
)
from autosmote.tables.rendering import Table, write_table


@dataclass(frozen=True)
class Product:
    """A table or a figure.

    Parameters
    ----------
    write : callable
        ``write(scores, stem, pairs, alpha)`` writes its files and returns their paths.
    needs : str or None, default None
        The category of methods without which there is nothing to show.
    """

    write: Callable[[pd.DataFrame, Path, str, float], tuple[Path, ...]]
    needs: str | None = None


def _table(make: Callable[..., Table], needs: str | None = None) -> Product:
    return Product(
        lambda scores, stem, pairs, alpha: write_table(make(scores, pairs=pairs, alpha=alpha), stem), needs
    )


TABLES = {
    "table2": _table(table2.make),
    "table2_beside_paper": _table(beside_paper.table2),
    "table3": _table(table3.make, VARIANT),
    "table3_beside_paper": _table(beside_paper.table3, VARIANT),
    "table4": _table(table4.make, ABLATION),
    "table4_beside_paper": _table(beside_paper.table4, ABLATION),
    "extensions": _table(comparisons.make_extensions, EXTENSION),
    "comparisons": _table(comparisons.make),
    "friedman": Product(
        lambda scores, stem, pairs, alpha: write_table(friedman.make(scores, alpha=alpha), stem)
    ),
    "mean_scores": Product(lambda scores, stem, pairs, alpha: write_table(mean_scores.make(scores), stem)),
    "coverage": Product(lambda scores, stem, pairs, alpha: write_table(coverage.make(scores), stem)),
}
"""The tables by the name of their files."""

FIGURES = {
    "figure4": Product(lambda scores, stem, pairs, alpha: figure4.plot(scores, stem)),
    "ranks": Product(lambda scores, stem, pairs, alpha: ranks.plot(scores, stem)),
    "critical_difference_table2": Product(
        lambda scores, stem, pairs, alpha: critical_difference.plot(
            main_comparison(scores), stem, alpha=alpha
        )
    ),
    "critical_difference_table4": Product(
        lambda scores, stem, pairs, alpha: critical_difference.plot(
            against(scores, ABLATION), stem, alpha=alpha
        ),
        ABLATION,
    ),
}
"""The figures by the name of their files."""

OF_COURSES: dict[str, Callable[[pd.DataFrame, str | os.PathLike[str]], tuple[Path, ...]]] = {
    "search_summary": lambda courses, stem: write_table(search_summary.make(courses), stem),
    "search_curves": search_curves.plot,
    "reward": diagnostics.plot_reward,
    "selection": diagnostics.plot_selection,
    "entropy": diagnostics.plot_entropy,
    "figure5": figure5.plot,
}
"""What the courses of searches give, by the name of the files: ``make(courses, stem)``; first a table."""


def write(
    name: str,
    scores: pd.DataFrame,
    folder: str | os.PathLike[str],
    *,
    pairs: str = "means",
    alpha: float = 0.05,
) -> tuple[Path, ...]:
    """Make a table or a figure.

    Parameters
    ----------
    name : str
        A key of `TABLES` or `FIGURES`.
    scores : DataFrame
        The score table.
    folder : path-like
        Where the files go; each is called by the name.
    pairs : {"means", "seeds"}, default "means"
        See `autosmote.analysis.significance.compare`.
    alpha : float, default 0.05
        Level of significance.

    Returns
    -------
    tuple of pathlib.Path
        The files.

    Raises
    ------
    KeyError
        If nothing has that name.
    ValueError
        If the score table has nothing to show.
    """
    return (TABLES | FIGURES)[name].write(scores, Path(folder, name), pairs, alpha)


def available(scores: pd.DataFrame) -> dict[str, list[str]]:
    """Name what a score table can give.

    Parameters
    ----------
    scores : DataFrame
        The score table.

    Returns
    -------
    dict of str to list of str
        Names by folder, ``tables`` and ``figures``.
    """
    categories = set(scores["category"])
    return {
        folder: [name for name, product in products.items() if product.needs in (None, *categories)]
        for folder, products in (("tables", TABLES), ("figures", FIGURES))
    }
