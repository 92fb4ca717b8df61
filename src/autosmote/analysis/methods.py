"""Which methods of the score table belong into which table."""

from __future__ import annotations

import pandas as pd

VARIANT, ABLATION, EXTENSION = "SMOTE variant", "Ablation", "Extension"
"""Categories that are no part of Table 2: Table 3, Table 4, and what goes beyond the paper."""


def main_comparison(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of Table 2: all methods but SMOTE variants, ablations and extensions.

    Parameters
    ----------
    scores : DataFrame
        The score table.

    Returns
    -------
    DataFrame
    """
    return scores[~scores["category"].isin([VARIANT, ABLATION, EXTENSION])]
