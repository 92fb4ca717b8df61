"""The rank that a search would have had, had it been stopped earlier."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from autosmote.analysis.courses import SEARCH
from autosmote.analysis.methods import REFERENCE, main_comparison
from autosmote.analysis.ranks import CONFIGURATION, average_ranks, rank, score_matrix

CELL = [*CONFIGURATION, "metric", "seed"]
POINTS = 30
"""At most as many budgets are looked at by default, evenly spread on a logarithmic scale."""


def ranks_by_budget(
    scores: pd.DataFrame, courses: pd.DataFrame, iterations: Sequence[int] | None = None
) -> pd.DataFrame:
    """Rank searches by the samples that they had selected after so many iterations, among Table 2's methods.

    The comparison methods keep the score of their whole budget: of the ratio that is best on the validation
    rows, out of ten. Each strategy takes AutoSMOTE's place in turn.

    Parameters
    ----------
    scores : DataFrame
        The score table.
    courses : DataFrame
        See `autosmote.analysis.courses.collect`. Strategies that were not searched in every cell that
        AutoSMOTE was searched in are left out. A search with fewer iterations stays as it ended.
    iterations : sequence of int, optional
        The budgets, from 1; by default up to `POINTS`, from one iteration to all.

    Returns
    -------
    DataFrame
        One row per ``sampler`` (the strategy), ``iteration`` and ``metric``: ``average_rank``, 1 is best, and
        ``place``, one more than the number of methods with a better average rank.

    Raises
    ------
    ValueError
        If there is no search by AutoSMOTE.
    """
    others = main_comparison(scores)
    others = others[others["sampler"] != REFERENCE]
    selected = courses.astype({name: object for name in SEARCH if courses[name].dtype == "category"})
    by_iteration = selected.set_index(["sampler", *CELL, "iteration"])["selected_test_score"]
    selected = by_iteration.unstack("iteration").ffill(axis=1)
    if REFERENCE not in selected.index.unique("sampler"):
        raise ValueError(f"there is no search by {REFERENCE}")
    if iterations is None:
        last = int(selected.columns.max())
        iterations = np.unique(np.geomspace(1, last, min(POINTS, last)).round().astype(int)).tolist()
    cells = set(selected.loc[REFERENCE].index)
    # The ranks of a configuration need every method in it.
    others = others[[cell in cells for cell in others[CELL].itertuples(index=False, name=None)]]
    found = []
    for strategy in selected.index.unique("sampler"):
        of_strategy = selected.loc[strategy]
        if set(of_strategy.index) != cells:
            continue
        for iteration in iterations:
            stopped = of_strategy[iteration].rename("test_score").reset_index().assign(sampler=strategy)
            compared = pd.concat([others, stopped]) if len(others) else stopped
            ranks = average_ranks(rank(score_matrix(compared)))
            for metric, of_metric in ranks.iterrows():
                found.append(
                    {
                        "sampler": strategy,
                        "iteration": iteration,
                        "metric": metric,
                        "average_rank": of_metric[strategy],
                        "place": 1 + int((of_metric < of_metric[strategy]).sum()),
                    }
                )
    return pd.DataFrame(found)
