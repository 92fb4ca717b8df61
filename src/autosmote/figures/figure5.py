"""Figure 5: best validation score by iteration of AutoSMOTE and its ablations (Section 4.4)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from autosmote.analysis.labels import sampler_label
from autosmote.analysis.methods import ABLATION, REFERENCE
from autosmote.figures import curves
from autosmote.figures.curves import History

LEFT_OUT = "Merging training and validation sets"
"""Scored on rows that it was trained on, so its curve means nothing beside the others (Section 4.4)."""


def plot(histories: Sequence[History], stem: str | os.PathLike[str]) -> tuple[Path, Path]:
    """Plot the best validation score so far: the mean over seeds, and their range as a band.

    A row of panels per data set, imbalance ratio and metric, a column per base classifier, a line per method.
    The paper shows one data set, ratio and classifier.

    Parameters
    ----------
    histories : sequence of History
        Searches; those of AutoSMOTE and of its ablations but `LEFT_OUT` are shown, where there are ablations.
    stem : path-like
        Path of the two files without their suffix.

    Returns
    -------
    tuple of pathlib.Path
        The PNG and the PDF file.

    Raises
    ------
    ValueError
        If there is no history to show, or two histories belong to the same search.
    """
    ablated = {row["dataset"] for row, _ in histories if row["category"] == ABLATION}
    shown = [
        (row, history)
        for row, history in histories
        if row["dataset"] in ablated
        and (row["sampler"] == REFERENCE or row["category"] == ABLATION)
        and row["sampler"] != LEFT_OUT
    ]
    names = dict.fromkeys(str(row["sampler"]) for row, _ in shown)
    lines = [REFERENCE, *(name for name in names if name != REFERENCE)]
    return curves.plot(
        curves.collect(shown, ["dataset", "imbalance_ratio", "metric"], "sampler"),
        [sampler_label(name) for name in lines],
        stem,
    )
