"""What each search went through, in numbers: its incumbents, when they came, how far its policies came."""

from __future__ import annotations

import numpy as np
import pandas as pd

from autosmote.analysis.learning_curves import ENTROPIES, SEARCH
from autosmote.analysis.methods import MERGED

UNTAUGHT_ROUNDS = 2
"""The rounds that act with the weights that a search begins with."""

EARLY = 0.1
"""Part of the iterations after which the selected samples are compared with those at the end."""


def measure(courses: pd.DataFrame) -> pd.DataFrame:
    """Sum up each search.

    Parameters
    ----------
    courses : DataFrame
        See `autosmote.analysis.learning_curves.collect`.

    Returns
    -------
    DataFrame
        Index as `SEARCH`, one row per search in the order of the courses:

        - ``validation_score``, ``test_score``: of the samples selected in the end;
        - ``test_gain``: the test score less that of those selected after a tenth of the iterations; NaN where
          there were none yet;
        - ``selected_at``: the iteration that made the samples selected in the end, from 1;
        - ``reward_gain``: mean validation score of the last `UNTAUGHT_ROUNDS` rounds less that of the first;
          NaN for a search without rounds or with too few of them, and for one that is rewarded by rows it
          trains on;
        - `ENTROPIES`: the last over the first; NaN for a policy that was never updated.
    """
    searches = dict(iter(courses.groupby(list(SEARCH), observed=True, sort=False)))
    index = pd.MultiIndex.from_tuples(searches, names=SEARCH)
    return pd.DataFrame([_measure(course) for course in searches.values()], index=index)


def _measure(course: pd.DataFrame) -> dict[str, float]:
    course = course.sort_values("iteration")
    best, test = course["best_validation_score"], course["selected_test_score"]
    merged = course["sampler"].iloc[0] == MERGED
    early = course["iteration"] <= max(1.0, EARLY * course["iteration"].max())
    measures = {
        "validation_score": np.nan if merged else best.iloc[-1],
        "test_score": test.iloc[-1],
        "test_gain": test.iloc[-1] - test[early].iloc[-1],
        "selected_at": course["iteration"].where(best == best.max()).min(),
        "reward_gain": np.nan if merged else _reward_gain(course),
    }
    for name in ENTROPIES:
        entropy = course[name].dropna()
        measures[name] = entropy.iloc[-1] / entropy.iloc[0] if len(entropy) else np.nan
    return measures


def _reward_gain(course: pd.DataFrame) -> float:
    rewards = course.groupby("round")["validation_score"].mean()
    if len(rewards) < 2 * UNTAUGHT_ROUNDS:
        return np.nan
    return float(rewards.iloc[-UNTAUGHT_ROUNDS:].mean() - rewards.iloc[:UNTAUGHT_ROUNDS].mean())
