"""AutoSMOTE against each other method: wins, differences, effect sizes and tests."""

from __future__ import annotations

import pandas as pd

from autosmote.analysis import significance
from autosmote.analysis.coverage import cell_statuses
from autosmote.analysis.labels import metric_label, sampler_label
from autosmote.analysis.methods import (
    EXTENSION,
    POLICY_SEARCH,
    REFERENCE,
    VARIANT,
    against,
    compared_families,
)
from autosmote.analysis.scores import OVERALL
from autosmote.analysis.significance import MIN_PAIRS, compare
from autosmote.tables.rank_table import notes_on_gaps
from autosmote.tables.rendering import Cell, Number, Table, group_column, number, p_value


def make(scores: pd.DataFrame, *, pairs: str = "means", alpha: float = 0.05) -> Table:
    """Compare AutoSMOTE with every method of Tables 2 to 4.

    Parameters
    ----------
    scores : DataFrame
        The score table.
    pairs : {"means", "seeds"}, default "means"
        What forms a pair; see `autosmote.analysis.significance.compare`.
    alpha : float, default 0.05
        Level of significance.

    Returns
    -------
    Table
        Its data has one row per ``table``, ``category``, ``method``, ``dataset`` (also ``Overall``) and
        ``metric`` with the columns of `autosmote.analysis.significance.compare`. Holm's correction is over
        the methods of a table. In print, the rows over all data sets.

    Raises
    ------
    ValueError
        If `pairs` is unknown.
    """
    caption = f"{REFERENCE} against each other method, over all data sets."
    if REFERENCE not in scores["sampler"].unique():
        return _nothing(caption)
    data = pd.concat(
        [_compared(part, pairs, alpha).assign(table=name) for name, part in compared_families(scores).items()]
    )
    data = data[["table", *data.columns.drop("table")]].reset_index(drop=True)
    overall = data[data["dataset"] == OVERALL]
    methods = overall[["table", "method"]].drop_duplicates()
    tables, group_starts = group_column(methods["table"])
    metrics = list(overall["metric"].unique())
    return Table(
        data=data,
        caption=caption,
        header=("Table", "Method", *_titles(metrics)),
        rows=tuple(
            (
                shown,
                method,
                *_cells(overall[(overall["table"] == table) & (overall["method"] == method)], metrics),
            )
            for shown, table, method in zip(tables, methods["table"], methods["method"], strict=True)
        ),
        group_starts=group_starts,
        notes=(_note(pairs, "the methods of a table"),),
    )


def make_extensions(scores: pd.DataFrame, *, pairs: str = "means", alpha: float = 0.05) -> Table:
    """Compare AutoSMOTE with what goes beyond the paper.

    An extension need not have been run on all data sets. It is therefore not ranked, but compared where both
    have a score.

    Parameters
    ----------
    scores : DataFrame
        The score table; AutoSMOTE and the extensions are used.
    pairs : {"means", "seeds"}, default "means"
        What forms a pair; see `autosmote.analysis.significance.compare`.
    alpha : float, default 0.05
        Level of significance.

    Returns
    -------
    Table
        Its data has one row per ``category``, ``method``, ``dataset`` (also ``Overall``) and ``metric`` with
        the columns of `autosmote.analysis.significance.compare`. In print, the rows over all data sets.

    Raises
    ------
    ValueError
        If there is no extension, or `pairs` is unknown.
    """
    caption = f"Beyond the paper: {REFERENCE} against further methods, over the data sets of each."
    if REFERENCE not in scores["sampler"].unique():
        return _nothing(caption)
    extensions = scores[scores["category"] == EXTENSION]
    data = _compared(against(scores, EXTENSION), pairs, alpha)
    overall = data[data["dataset"] == OVERALL]
    metrics = list(overall["metric"].unique())
    everywhere = scores["dataset"].nunique()
    datasets = {
        sampler_label(str(name)): "all" if len(found) == everywhere > 1 else ", ".join(found)
        for name, found in extensions.groupby("sampler")["dataset"].unique().items()
    }
    return Table(
        data=data,
        caption=caption,
        header=("Method", "Data sets", *_titles(metrics)),
        rows=tuple(
            (method, datasets[method], *_cells(overall[overall["method"] == method], metrics))
            for method in overall["method"].unique()
        ),
        notes=(
            _note(pairs, "these methods"),
            # Cell by cell of each, for they need not have been run on the same.
            *notes_on_gaps(
                pd.concat(cell_statuses(rows) for _, rows in extensions.groupby("sampler", sort=False))
            ),
        ),
    )


def make_policy_search(scores: pd.DataFrame, *, pairs: str = "means", alpha: float = 0.05) -> Table:
    """Compare policy search with every other method.

    Parameters
    ----------
    scores : DataFrame
        The score table; SMOTE variants are left out.
    pairs : {"means", "seeds"}, default "means"
        What forms a pair; see `autosmote.analysis.significance.compare`.
    alpha : float, default 0.05
        Level of significance.

    Returns
    -------
    Table
        Its data has one row per ``category``, ``method``, ``dataset`` (also ``Overall``) and ``metric`` with
        the columns of `autosmote.analysis.significance.compare`. In print, the rows over all data sets.

    Raises
    ------
    ValueError
        If `pairs` is unknown.
    """
    caption = f"{POLICY_SEARCH} against each other method, over the configurations of each."
    if POLICY_SEARCH not in scores["sampler"].unique():
        return _nothing(caption, POLICY_SEARCH)
    scores = scores[~scores["category"].isin([VARIANT])]
    data = _compared(scores, pairs, alpha, POLICY_SEARCH)
    overall = data[data["dataset"] == OVERALL]
    metrics = list(overall["metric"].unique())
    methods = overall[["category", "method"]].drop_duplicates()
    categories, group_starts = group_column(methods["category"])
    return Table(
        data=data,
        caption=caption,
        header=("Category", "Method", *_titles(metrics)),
        rows=tuple(
            (category, method, *_cells(overall[overall["method"] == method], metrics))
            for category, method in zip(categories, methods["method"], strict=True)
        ),
        group_starts=group_starts,
        notes=(_note(pairs, "all methods of the table", POLICY_SEARCH),),
    )


def _compared(scores: pd.DataFrame, pairs: str, alpha: float, reference: str = REFERENCE) -> pd.DataFrame:
    """Return what `compare` finds with printed names, methods and data sets in the order of the scores."""
    found = compare(scores, reference, pairs=pairs, alpha=alpha)
    category = scores.drop_duplicates("sampler").set_index("sampler")["category"]
    orders = {
        "sampler": list(category.index),
        "dataset": [*scores["dataset"].unique(), OVERALL],
        "metric": list(scores["metric"].unique()),
    }
    found = found.sort_values(list(orders), key=lambda column: column.map(orders[str(column.name)].index))
    found.insert(0, "category", found["sampler"].map(category))
    found.insert(1, "method", found.pop("sampler").map(sampler_label))
    return found.reset_index(drop=True)


def _nothing(caption: str, reference: str = REFERENCE) -> Table:
    data = pd.DataFrame(columns=["category", "method", *significance.COLUMNS]).drop(columns="sampler")
    note = f"{reference} is not among the samplers, so nothing was compared."
    return Table(data, caption, ("Method",), (), notes=(note,))


def _titles(metrics: list[str]) -> list[str]:
    kinds = ("won/tied/lost", "difference", "effect", "p", "p (Holm)")
    return [
        f"{metric_label(metric)}: {kinds[0]}" if kind == kinds[0] else kind
        for metric in metrics
        for kind in kinds
    ]


def _cells(rows: pd.DataFrame, metrics: list[str]) -> list[Cell]:
    cells: list[Cell] = []
    for metric in metrics:
        (row,) = rows[rows["metric"] == metric].to_dict("records")
        cells += [
            (Number(f"{row['wins']}"), Number(f"{row['ties']}"), Number(f"{row['losses']}")),
            number(row["mean_difference"], "+.3f"),
            number(row["rank_biserial"], "+.2f"),
            p_value(row["p_value"]),
            p_value(row["p_value_holm"]),
        ]
    return cells


def _note(pairs: str, family: str, reference: str = REFERENCE) -> str:
    unit = "configurations" if pairs == "means" else "configurations and seeds"
    return (
        f"Won/tied/lost: {unit} where {reference} is better, equal, worse; where either has no score they "
        f"form no pair. Difference: mean test score of {reference} less the other's. Effect: matched-pairs "
        "rank-biserial correlation, from −1 (always worse) to +1 (always better). p: two-sided Wilcoxon "
        f"signed-rank test, from {MIN_PAIRS} pairs on; beside it, corrected by Holm's method over {family}, "
        "for each metric by itself."
    )
