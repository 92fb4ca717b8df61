"""What each search went through, in numbers: its incumbents, when they came, how far its policies came."""

from __future__ import annotations

import numpy as np
import pandas as pd

from autosmote.analysis.learning_curves import ENTROPIES, INCUMBENTS, SEARCH
from autosmote.analysis.methods import MERGED, by_folds

UNTAUGHT_ROUNDS = 2
"""The rounds that act with the weights that a search begins with."""

EARLY = 0.1
"""Part of the iterations after which the incumbent is compared with that at the end."""


def measure(learning_curves: pd.DataFrame) -> pd.DataFrame:
    """Sum up each search.

    Parameters
    ----------
    learning_curves : DataFrame
        See `autosmote.analysis.learning_curves.collect`.

    Returns
    -------
    DataFrame
        Index as `SEARCH`, one row per search in the order of the learning curves:

        - ``validation_score``, ``test_score``: of the incumbent at the end;
        - ``test_gain``: the test score less that of the incumbent after a tenth of the iterations; NaN where
          there was none yet;
        - ``selected_at``: the iteration that made the incumbent at the end, from 1; NaN without any;
        - ``reward_gain``: mean validation score of the last `UNTAUGHT_ROUNDS` rounds less that of the first;
          NaN for a search without rounds or with too few of them, for one that is rewarded by rows it
          trains on, and for one whose iterations are scored on different folds;
        - `ENTROPIES`: the last over the first; NaN for a policy that was never updated.
    """
    searches = dict(iter(learning_curves.groupby(list(SEARCH), observed=True, sort=False)))
    index = pd.MultiIndex.from_tuples(searches, names=SEARCH)
    return pd.DataFrame([_measure(curve) for curve in searches.values()], index=index)


def _measure(curve: pd.DataFrame) -> dict[str, float]:
    curve = curve.sort_values("iteration")
    best, test = curve["incumbent_validation_score"], curve["incumbent_test_score"]
    sampler = str(curve["sampler"].iloc[0])
    merged = sampler == MERGED
    early = curve["iteration"] <= max(1.0, EARLY * curve["iteration"].max())
    measures = {
        "validation_score": np.nan if merged else best.iloc[-1],
        "test_score": test.iloc[-1],
        "test_gain": test.iloc[-1] - test[early].iloc[-1],
        "selected_at": _selected_at(curve),
        "reward_gain": np.nan if merged or by_folds(sampler) else _reward_gain(curve),
    }
    for name in ENTROPIES:
        entropy = curve[name].dropna()
        measures[name] = entropy.iloc[-1] / entropy.iloc[0] if len(entropy) else np.nan
    return measures


def _selected_at(curve: pd.DataFrame) -> float:
    # A search by folds may take a new incumbent for its score on all folds, and a lower one on this.
    incumbents = curve.reindex(columns=list(INCUMBENTS))
    changed = incumbents.ne(incumbents.shift()) & incumbents.notna()
    return float(curve["iteration"].where(changed.any(axis=1)).max())


def _reward_gain(curve: pd.DataFrame) -> float:
    rewards = curve.groupby("round")["validation_score"].mean()
    if len(rewards) < 2 * UNTAUGHT_ROUNDS:
        return np.nan
    return float(rewards.iloc[-UNTAUGHT_ROUNDS:].mean() - rewards.iloc[:UNTAUGHT_ROUNDS].mean())
