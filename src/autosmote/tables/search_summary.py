"""What searches went through: what they selected, when, and how far their policies came."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from autosmote.analysis.labels import sampler_label
from autosmote.analysis.learning_curves import ENTROPIES, SEARCH
from autosmote.analysis.methods import MERGED, REFERENCE, by_folds
from autosmote.analysis.scores import OVERALL
from autosmote.analysis.searches import UNTAUGHT_ROUNDS, measure
from autosmote.tables.rendering import Number, Table, group_column, number


def make(learning_curves: pd.DataFrame) -> Table:
    """Make the table, with a row per strategy and data set, and one for all of a strategy.

    Parameters
    ----------
    learning_curves : DataFrame
        See `autosmote.analysis.learning_curves.collect`.

    Returns
    -------
    Table
        Its data has one row per ``method`` and ``dataset`` (also ``Overall``): the number of ``searches``,
        and the means of what `autosmote.analysis.searches.measure` returns, but of ``selected_at`` the
        median.
    """
    measures = measure(learning_curves).reset_index()
    how = {name: "mean" for name in measures if name not in SEARCH} | {"selected_at": "median"}
    parts = []
    for sampler in sorted(measures["sampler"].unique(), key=lambda name: name != REFERENCE):
        searches = measures[measures["sampler"] == sampler]
        for dataset, rows in [
            *searches.groupby("dataset", observed=True, sort=False),
            (OVERALL, searches),
        ]:
            part = {"method": sampler_label(str(sampler)), "dataset": str(dataset), "searches": len(rows)}
            parts.append(part | rows.agg(how).to_dict())
    data = pd.DataFrame(parts)
    methods, group_starts = group_column(data["method"])
    return Table(
        data=data,
        caption="What the searches selected, when, and how far their policies came.",
        header=(
            *(
                "Method",
                "Data set",
                "Searches",
                "Validation",
                "Test",
                "Gap",
                "Test gain",
                "Selected at",
            ),
            *("Gain in reward", "Entropy: cross-instance", "instance-specific", "low-level"),
        ),
        rows=tuple(
            (
                method,
                row["dataset"],
                (Number(f"{row['searches']}"),),
                number(row["validation_score"], ".3f"),
                number(row["test_score"], ".3f"),
                number(row["validation_score"] - row["test_score"], "+.3f"),
                number(row["test_gain"], "+.3f"),
                number(row["selected_at"], ".0f"),
                number(row["reward_gain"], "+.3f"),
                *(number(row[name], ".0%") for name in ENTROPIES),
            )
            for method, row in zip(methods, data.to_dict("records"), strict=True)
        ),
        group_starts=group_starts,
        notes=(
            "Means over the searches of a data set. Validation, test: scores of the samples that were "
            "selected in the end, for the highest validation score; gap: the difference, which is also "
            "one between the two splits. Test gain: the test score less that of the samples selected after a "
            "tenth of the iterations. Selected at: median of the iteration that made the selected samples.",
            f"Gain in reward: mean validation score of the last {UNTAUGHT_ROUNDS} rounds less that of the "
            f"first {UNTAUGHT_ROUNDS}, which act with untrained policies. Entropy: of each policy, at its "
            "last update relative to its first; 100% is a policy that has not come to prefer anything.",
            *_exceptions(measures),
        ),
    )


def _exceptions(measures: pd.DataFrame) -> Iterator[str]:
    without = int(measures["test_score"].isna().sum())
    if without:
        yield f"{without} of {len(measures)} searches have no score; they count, but not in the means."
    if MERGED in set(measures["sampler"]):
        yield f"{MERGED}: its validation rows are trained on, so their scores are not shown."
    if any(map(by_folds, measures["sampler"])):
        yield (
            "Searches for policies and by folds select by the score on all folds, of which the validation "
            "rows are one. Their iterations are scored on different folds, so there is no gain in reward."
        )
