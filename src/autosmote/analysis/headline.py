"""What came out, in a few numbers: the method with the best average rank, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from autosmote.analysis.ranks import average_ranks, rank, score_matrix
from autosmote.analysis.scores import OVERALL
from autosmote.analysis.significance import compare


@dataclass(frozen=True)
class Headline:
    """The method with the best average rank in one metric.

    Attributes
    ----------
    metric : str
        Its name.
    configurations : int
        How many configurations (data set, imbalance ratio, classifier) the ranks are averaged over.
    ranks : Series of float
        Average rank of every method, the best first; of equal ranks, the first in the score table. A method
        without a score ranks last in a configuration.
    ahead_of : tuple of str
        Methods that the first is significantly better than, after Holm's correction over all others.
    not_ahead_of : tuple of str
        Tested methods for which this does not hold, the best first.
    untested : tuple of str
        Methods that share too few configurations with the first for a test.
    """

    metric: str
    configurations: int
    ranks: pd.Series
    ahead_of: tuple[str, ...]
    not_ahead_of: tuple[str, ...]
    untested: tuple[str, ...]

    @property
    def first(self) -> tuple[str, ...]:
        """The methods with the best average rank: one, but for ties."""
        return tuple(self.ranks.index[np.isclose(self.ranks, self.ranks.iloc[0], rtol=0, atol=1e-9)])


def headlines(scores: pd.DataFrame, *, pairs: str = "means", alpha: float = 0.05) -> list[Headline]:
    """Find the best method in each metric, and test it against all others (Section 4.1).

    Parameters
    ----------
    scores : DataFrame
        The rows of the score table that are compared.
    pairs : {"means", "seeds"}, default "means"
        What forms a pair of the test; see `autosmote.analysis.significance.compare`.
    alpha : float, default 0.05
        Level of significance, after Holm's correction.

    Returns
    -------
    list of Headline
        One per metric, in the order of the score table.

    Raises
    ------
    ValueError
        If there are no rows, or `pairs` is unknown.
    """
    ranks = rank(score_matrix(scores))
    averages = average_ranks(ranks)
    configurations = ranks.groupby(level="metric").size()
    found = []
    for metric in scores["metric"].unique():
        ordered = averages.loc[metric].sort_values(kind="stable")
        of_metric = scores[scores["metric"] == metric]
        tests = compare(of_metric, str(ordered.index[0]), pairs=pairs, alpha=alpha)
        tests = tests[tests["dataset"] == OVERALL].set_index("sampler").reindex(ordered.index[1:])
        untested = tests["p_value_holm"].isna()
        better = (tests["p_value_holm"] < alpha) & (tests["rank_biserial"] > 0)
        found.append(
            Headline(
                metric=str(metric),
                configurations=int(configurations[metric]),
                ranks=ordered,
                ahead_of=tuple(tests.index[better]),
                not_ahead_of=tuple(tests.index[~better & ~untested]),
                untested=tuple(tests.index[untested]),
            )
        )
    return found
