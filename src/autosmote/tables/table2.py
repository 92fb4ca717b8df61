"""Table 2: average ranks of AutoSMOTE and the comparison methods (Section 4.2)."""

from __future__ import annotations

import pandas as pd

from autosmote.analysis.labels import metric_label
from autosmote.analysis.methods import main_comparison
from autosmote.tables import rank_table
from autosmote.tables.rendering import Number, Table, group_column


def make(scores: pd.DataFrame, *, pairs: str = "means", alpha: float = 0.05) -> Table:
    """Make Table 2, with a column per data set and one for all.

    Parameters
    ----------
    scores : DataFrame
        The score table; SMOTE variants, ablations and extensions are left out.
    pairs : {"means", "seeds"}, default "means"
        What forms a pair of the test; see `autosmote.analysis.significance.compare`.
    alpha : float, default 0.05
        Level of significance.

    Returns
    -------
    Table
        Its data are those of `autosmote.tables.rank_table.ranks_and_tests`.

    Raises
    ------
    ValueError
        If the score table is empty, or `pairs` is unknown.
    """
    scores = main_comparison(scores)
    data = rank_table.ranks_and_tests(scores, pairs=pairs, alpha=alpha)
    numbers = rank_table.rank_numbers(data)
    methods = data[["category", "method"]].drop_duplicates()
    datasets, metrics = data["dataset"].unique(), data["metric"].unique()
    categories, group_starts = group_column(methods["category"])
    return Table(
        data=data,
        caption=f"Average ranks of the samplers in terms of {'/'.join(map(metric_label, metrics))}; "
        "lower is better, the best are bold.",
        header=("Category", "Method", *datasets),
        rows=tuple(
            (
                category,
                method,
                *(tuple(numbers.get((method, d, m), Number("–")) for m in metrics) for d in datasets),
            )
            for category, method in zip(categories, methods["method"], strict=True)
        ),
        group_starts=group_starts,
        notes=rank_table.notes(data, scores, pairs=pairs, alpha=alpha),
    )
