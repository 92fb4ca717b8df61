"""Table 3: AutoSMOTE among the SMOTE variants (Section 4.3)."""

from __future__ import annotations

from itertools import chain

import pandas as pd

from autosmote.analysis.labels import metric_label
from autosmote.analysis.methods import VARIANT, against
from autosmote.analysis.scores import OVERALL
from autosmote.tables import rank_table
from autosmote.tables.rendering import Cell, Number, Table


def make(scores: pd.DataFrame, *, pairs: str = "means", alpha: float = 0.05) -> Table:
    """Make Table 3: all of them in the order of their overall average rank, for each metric by itself.

    Parameters
    ----------
    scores : DataFrame
        The score table; AutoSMOTE and the SMOTE variants are used.
    pairs : {"means", "seeds"}, default "means"
        What forms a pair of the test; see `autosmote.analysis.significance.compare`.
    alpha : float, default 0.05
        Level of significance.

    Returns
    -------
    Table
        Its data are those of `autosmote.tables.rank_table.ranks_and_tests`, with a column ``place``: 1 is
        the best average rank of the data set and metric, and equal ones share the smallest place.

    Raises
    ------
    ValueError
        If there is no SMOTE variant, or `pairs` is unknown.
    """
    scores = against(scores, VARIANT)
    data = rank_table.ranks_and_tests(scores, pairs=pairs, alpha=alpha)
    places = data.groupby(["dataset", "metric"])["average_rank"].rank(method="min").astype(int)
    data.insert(list(data).index("average_rank"), "place", places)
    numbers = rank_table.rank_numbers(data)
    metrics = data["metric"].unique()
    overall = data[data["dataset"] == OVERALL]
    columns: list[list[tuple[Cell, ...]]] = [
        [
            ((Number(str(place)),), method, (numbers[method, OVERALL, metric],))
            for place, method in zip(ordered["place"], ordered["method"], strict=True)
        ]
        for metric in metrics
        for ordered in [overall[overall["metric"] == metric].sort_values("average_rank", kind="stable")]
    ]
    return Table(
        data=data,
        caption="Average ranks of AutoSMOTE and the SMOTE variants over all data sets, the best first.",
        header=tuple(chain.from_iterable(("Place", "Sampler", metric_label(metric)) for metric in metrics)),
        rows=tuple(tuple(chain.from_iterable(row)) for row in zip(*columns, strict=True)),
        notes=rank_table.notes(overall, scores, pairs=pairs, alpha=alpha),
    )
