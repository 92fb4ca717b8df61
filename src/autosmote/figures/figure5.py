"""Figure 5: learning curves of AutoSMOTE and its ablations (Section 4.4)."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from autosmote.analysis.labels import sampler_label
from autosmote.analysis.methods import ABLATION, MERGED, REFERENCE
from autosmote.figures import curves


def plot(learning_curves: pd.DataFrame, stem: str | os.PathLike[str]) -> tuple[Path, Path]:
    """Plot the validation score of the incumbent: the mean over seeds, and their range as a band.

    A row of panels per data set, imbalance ratio and metric, a column per base classifier, a line per method.
    The paper shows one data set, ratio and classifier.

    Parameters
    ----------
    learning_curves : DataFrame
        See `autosmote.analysis.learning_curves.collect`; those of AutoSMOTE and of its ablations but
        `MERGED` are shown, where there are ablations.
    stem : path-like
        Path of the two files without their suffix.

    Returns
    -------
    tuple of pathlib.Path
        The PNG and the PDF file.

    Raises
    ------
    ValueError
        If there is nothing to show, or an iteration of a search occurs twice.
    """
    ablation = learning_curves["category"] == ABLATION
    ablated = learning_curves["dataset"].isin(learning_curves.loc[ablation, "dataset"])
    kept = ((learning_curves["sampler"] == REFERENCE) | ablation) & (learning_curves["sampler"] != MERGED)
    shown = learning_curves[ablated & kept]
    names = shown["sampler"].drop_duplicates().astype(str)
    lines = [REFERENCE, *(name for name in names if name != REFERENCE)]
    return curves.plot(
        curves.collect(shown, ["dataset", "imbalance_ratio", "metric"], "sampler"),
        [sampler_label(name) for name in lines],
        stem,
    )
