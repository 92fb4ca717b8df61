"""The course of the AutoSMOTE searches: best validation score by iteration."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from autosmote.figures import curves
from autosmote.figures.curves import History


def plot(histories: Sequence[History], stem: str | os.PathLike[str]) -> tuple[Path, Path]:
    """Plot the best validation score so far: the mean over seeds, and their range as a band.

    A row of panels per data set and metric, a column per base classifier, a line per imbalance ratio.

    Parameters
    ----------
    histories : sequence of History
        The searches of one strategy.
    stem : path-like
        Path of the two files without their suffix.

    Returns
    -------
    tuple of pathlib.Path
        The PNG and the PDF file.

    Raises
    ------
    ValueError
        If there is no history, or two histories belong to the same search.
    """
    found = curves.collect(histories, ["dataset", "metric"], "imbalance_ratio")
    lines = [f"IR {ratio}" for ratio in sorted({row["imbalance_ratio"] for row, _ in histories})]
    return curves.plot(found, lines, stem)
