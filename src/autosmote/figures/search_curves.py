"""The learning curves of the AutoSMOTE searches."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from autosmote.analysis.methods import REFERENCE
from autosmote.figures import curves


def plot(learning_curves: pd.DataFrame, stem: str | os.PathLike[str]) -> tuple[Path, Path]:
    """Plot the validation score of the incumbent: the mean over seeds, and their range as a band.

    A row of panels per data set and metric, a column per base classifier, a line per imbalance ratio.

    Parameters
    ----------
    learning_curves : DataFrame
        See `autosmote.analysis.learning_curves.collect`; AutoSMOTE's are shown.
    stem : path-like
        Path of the two files without their suffix.

    Returns
    -------
    tuple of pathlib.Path
        The PNG and the PDF file.

    Raises
    ------
    ValueError
        If there is no AutoSMOTE search, or an iteration of one occurs twice.
    """
    own = learning_curves[learning_curves["sampler"] == REFERENCE]
    found = curves.collect(own, ["dataset", "metric"], "imbalance_ratio")
    lines = [f"IR {ratio}" for ratio in sorted(own["imbalance_ratio"].unique())]
    return curves.plot(found, lines, stem)
