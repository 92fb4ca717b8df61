"""The rank that a search would have had, had it been stopped earlier."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from autosmote.analysis.methods import MERGED, REFERENCE, main_comparison
from autosmote.analysis.ranks import CONFIGURATION, average_ranks, rank, score_matrix

CELL = [*CONFIGURATION, "metric", "seed"]
POINTS = 30
"""At most as many budgets are looked at by default, evenly spread on a logarithmic scale."""


def ranks_by_budget(
    scores: pd.DataFrame, courses: pd.DataFrame, iterations: Sequence[int] | None = None
) -> pd.DataFrame:
    """Rank searches by the samples that they had selected after so many iterations, among Table 2's methods.

    The comparison methods keep the score of their whole budget: for most that of the ratio that is best on
    the validation rows. Each strategy takes AutoSMOTE's place in turn.

    Parameters
    ----------
    scores : DataFrame
        The score table.
    courses : DataFrame
        See `autosmote.analysis.learning_curves.collect`. Ranked are the cells in which AutoSMOTE was
        searched, and the strategies that were searched in all of them; not the one that trains on the
        validation rows. A search without a score ranks last, and one with fewer iterations stays as it ended.
    iterations : sequence of int, optional
        The budgets, from 1; by default up to `POINTS`, from one iteration to all.

    Returns
    -------
    DataFrame
        One row per ``strategy``, AutoSMOTE first, ``iteration``, ``metric`` and ``method``, which is the
        strategy or one of those it is ranked among: ``average_rank``, 1 is best, and ``place``, one more than
        the number of methods with a better average rank.

    Raises
    ------
    ValueError
        If there is no search by AutoSMOTE.
    """
    if iterations is None:
        last = int(courses["iteration"].max())
        iterations = np.unique(np.geomspace(1, last, min(POINTS, last)).round().astype(int)).tolist()
    selected = _selected(courses, iterations)
    strategies = sorted(selected.index.unique("sampler"), key=lambda name: name != REFERENCE)
    if strategies[0] != REFERENCE:
        raise ValueError(f"there is no search by {REFERENCE}")
    cells = selected.loc[REFERENCE].index
    compared = main_comparison(scores)
    compared = compared[pd.MultiIndex.from_frame(compared[CELL]).isin(cells)]
    found = []
    for strategy in strategies:
        if strategy == MERGED or not cells.isin(selected.loc[strategy].index).all():
            continue
        others = compared[~compared["sampler"].isin([REFERENCE, strategy])]
        of_strategy = selected.loc[strategy].loc[cells]
        for iteration in iterations:
            stopped = of_strategy[iteration].rename("test_score").reset_index().assign(sampler=strategy)
            ranks = average_ranks(
                rank(score_matrix(pd.concat([others, stopped]) if len(others) else stopped))
            )
            places = ranks.rank(axis="columns", method="min").astype(int)
            part = pd.DataFrame({"average_rank": ranks.stack(), "place": places.stack()}).reset_index()
            found.append(part.assign(strategy=strategy, iteration=iteration))
    table = pd.concat(found, ignore_index=True).rename(columns={"sampler": "method"})
    return table[["strategy", "iteration", "metric", "method", "average_rank", "place"]]


def _selected(courses: pd.DataFrame, iterations: Sequence[int]) -> pd.DataFrame:
    """Return the test score of what each search (a row) had selected after each of the iterations."""
    search = ["sampler", *CELL]
    # Few of the iterations are needed, so that only these are reshaped; and the last, for shorter searches.
    needed = courses["iteration"].isin(iterations) | ~courses.duplicated(search, keep="last")
    kept = courses.loc[needed, [*search, "iteration", "selected_test_score"]]
    kept = kept.astype({name: object for name in search if kept[name].dtype == "category"})
    table = kept.set_index([*search, "iteration"])["selected_test_score"].unstack("iteration")
    return table.reindex(columns=sorted({*table.columns, *iterations})).ffill(axis="columns")[[*iterations]]
