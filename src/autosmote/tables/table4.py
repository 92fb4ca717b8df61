"""Table 4: AutoSMOTE and its ablations (Section 4.4)."""

from __future__ import annotations

import pandas as pd

from autosmote.analysis.labels import metric_label, sampler_label
from autosmote.analysis.methods import ABLATION, REFERENCE, against
from autosmote.analysis.scores import OVERALL
from autosmote.tables import rank_table
from autosmote.tables.rendering import Table


def make(scores: pd.DataFrame, *, pairs: str = "means", alpha: float = 0.05) -> Table:
    """Make Table 4, the average ranks over all configurations of the data sets that have ablations.

    Parameters
    ----------
    scores : DataFrame
        The score table; AutoSMOTE and the ablations are used.
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
        If there is no ablation, or `pairs` is unknown.
    """
    scores = against(scores, ABLATION)
    data = rank_table.ranks_and_tests(scores, pairs=pairs, alpha=alpha)
    numbers = rank_table.rank_numbers(data)
    metrics = data["metric"].unique()
    full = {sampler_label(REFERENCE): f"Full {REFERENCE}"}
    return Table(
        data=data,
        caption=f"Average ranks of {REFERENCE} and its ablations on {', '.join(scores['dataset'].unique())}; "
        "lower is better, the best are bold.",
        header=("Method", *map(metric_label, metrics)),
        rows=tuple(
            (full.get(method, method), *((numbers[method, OVERALL, metric],) for metric in metrics))
            for method in data["method"].unique()
        ),
        notes=rank_table.notes(data[data["dataset"] == OVERALL], scores, pairs=pairs, alpha=alpha),
    )
