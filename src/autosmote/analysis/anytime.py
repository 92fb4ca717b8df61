"""Anytime performance: the rank that a search would have had, had it been stopped earlier."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from autosmote.analysis.methods import MERGED, REFERENCE, main_comparison
from autosmote.analysis.ranks import CONFIGURATION, average_ranks, rank, score_matrix

CELL = [*CONFIGURATION, "metric", "seed"]
POINTS = 30
"""At most as many iterations are looked at by default, evenly spread on a logarithmic scale."""


def anytime_ranks(
    scores: pd.DataFrame, learning_curves: pd.DataFrame, iterations: Sequence[int] | None = None
) -> pd.DataFrame:
    """Rank searches by their incumbents after so many iterations, among the methods of Table 2.

    The comparison methods keep the score that they end with: for most that of the target ratio that is best
    on the validation rows. Each strategy takes AutoSMOTE's place in turn.

    Parameters
    ----------
    scores : DataFrame
        The score table.
    learning_curves : DataFrame
        See `autosmote.analysis.learning_curves.collect`. Ranked are the cells in which AutoSMOTE was
        searched, and the strategies that were searched in all of them; not the one that trains on the
        validation rows. A search without a score ranks last, and one with fewer iterations stays as it ended.
    iterations : sequence of int, optional
        After which the searches are stopped, from 1; by default up to `POINTS`, from one iteration to all.

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
        last = int(learning_curves["iteration"].max())
        iterations = np.unique(np.geomspace(1, last, min(POINTS, last)).round().astype(int)).tolist()
    incumbents = _incumbents(learning_curves, iterations)
    strategies = sorted(incumbents.index.unique("sampler"), key=lambda name: name != REFERENCE)
    if strategies[0] != REFERENCE:
        raise ValueError(f"there is no search by {REFERENCE}")
    cells = incumbents.loc[REFERENCE].index
    compared = main_comparison(scores)
    compared = compared[pd.MultiIndex.from_frame(compared[CELL]).isin(cells)]
    found = []
    for strategy in strategies:
        if strategy == MERGED or not cells.isin(incumbents.loc[strategy].index).all():
            continue
        others = compared[~compared["sampler"].isin([REFERENCE, strategy])]
        of_strategy = incumbents.loc[strategy].loc[cells]
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


def _incumbents(learning_curves: pd.DataFrame, iterations: Sequence[int]) -> pd.DataFrame:
    """Return the test score of the incumbent of each search (a row) after each of the iterations."""
    search = ["sampler", *CELL]
    # Few of the iterations are needed, so that only these are reshaped; and the last, for shorter searches.
    needed = learning_curves["iteration"].isin(iterations) | ~learning_curves.duplicated(search, keep="last")
    kept = learning_curves.loc[needed, [*search, "iteration", "incumbent_test_score"]]
    kept = kept.astype({name: object for name in search if kept[name].dtype == "category"})
    table = kept.set_index([*search, "iteration"])["incumbent_test_score"].unstack("iteration")
    return table.reindex(columns=sorted({*table.columns, *iterations})).ffill(axis="columns")[[*iterations]]
