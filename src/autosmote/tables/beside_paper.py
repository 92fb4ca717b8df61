"""Tables 1 to 4 side by side with the paper's: ours, the paper's, the difference, and whether marks agree."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from importlib.resources import files
from typing import Any

import pandas as pd
from scipy.stats import spearmanr

from autosmote.analysis.labels import metric_label
from autosmote.analysis.methods import ABLATION, REFERENCE, VARIANT, against, main_comparison
from autosmote.analysis.ranks import CONFIGURATION
from autosmote.analysis.scores import OVERALL
from autosmote.tables.rank_table import ranks_and_tests
from autosmote.tables.rendering import BETTER, Cell, Number, Table, group_column

CITATION = "Zha et al., CIKM 2022, https://doi.org/10.1145/3511808.3557474"

_ABLATED = "Mozilla4"  # the data set of the paper's Table 4
_PAPERS_CONFIGURATIONS = 12  # per data set: four classifiers, three imbalance ratios
_PAPERS_VARIANTS = 85  # of which Table 3 names the best


def papers_table(number: int) -> pd.DataFrame:
    """Return the numbers of one of the paper's tables.

    Parameters
    ----------
    number : {1, 2, 3, 4}
        Number of the table.

    Returns
    -------
    DataFrame
        As the file in ``autosmote/tables/paper`` has them, whose README says more.
    """
    with (files("autosmote.tables") / "paper" / f"table{number}.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)


def table1(summaries: Sequence[Mapping[str, Any]]) -> Table:
    """Set the statistics of the data sets beside the paper's.

    Parameters
    ----------
    summaries : sequence of mapping
        See `autosmote.tables.table1.make`.

    Returns
    -------
    Table
        Its data has one row per ``dataset`` and ``number`` (of the paper's columns) with ``ours``, ``paper``
        and ``difference``.
    """
    paper = papers_table(1).drop(columns="domain").melt("dataset", var_name="number", value_name="paper")
    ours = pd.DataFrame(list(summaries)).melt("dataset", var_name="number", value_name="ours")
    data = ours.merge(paper, on=["dataset", "number"])
    data["ours"] = data["ours"].astype("int64")
    data["difference"] = data["ours"] - data["paper"]
    data = data.sort_values("dataset", kind="stable", ignore_index=True)
    datasets, group_starts = group_column(data["dataset"])
    return Table(
        data=data,
        caption="Statistics of the data sets beside the paper's Table 1.",
        header=("Data set", "Number", "ours", "paper", "difference"),
        rows=tuple(
            (
                dataset,
                row["number"].replace("_", " "),
                (Number(str(row["ours"])),),
                (Number(str(row["paper"])),),
                (Number(_signed(row["difference"], 0)),),
            )
            for dataset, row in zip(datasets, data.to_dict("records"), strict=True)
        ),
        group_starts=group_starts,
        notes=(*_if_empty(data, 1), f"Paper: {CITATION}."),
    )


def table2(scores: pd.DataFrame, *, pairs: str = "means", alpha: float = 0.05) -> Table:
    """Set average ranks per data set and overall beside the paper's.

    Parameters
    ----------
    scores : DataFrame
        The score table.
    pairs : {"means", "seeds"}, default "means"
        See `autosmote.analysis.significance.compare`.
    alpha : float, default 0.05
        Level of significance.

    Returns
    -------
    Table
        Its data has one row per ``dataset``, ``method`` and ``metric`` that both have: ``ours``, ``paper``,
        ``difference`` (of the average ranks), ``ours_significant`` (missing where there were too few pairs to
        test), ``paper_significant`` and ``agree``. Only the paper's data sets count, and ``Overall`` is there
        if the study has all of them.
    """
    paper = papers_table(2)
    part = _papers_rows(main_comparison(scores))
    data = _side_by_side(part, paper, ["dataset", "method", "metric"], pairs, alpha, _papers_datasets())
    return _rank_table(data, 2, part, paper["method"].nunique(), by_dataset=True)


def table3(scores: pd.DataFrame, *, pairs: str = "means", alpha: float = 0.05) -> Table:
    """Set the overall ranks of AutoSMOTE and the paper's best SMOTE variants beside the paper's.

    Parameters
    ----------
    scores : DataFrame
        The score table.
    pairs : {"means", "seeds"}, default "means"
        See `autosmote.analysis.significance.compare`.
    alpha : float, default 0.05
        Level of significance.

    Returns
    -------
    Table
        As `table2`, without ``dataset``; empty unless the study has all of the paper's data sets.
    """
    paper = papers_table(3).rename(columns={"sampler": "method"})
    part = _papers_rows(against(scores, VARIANT))
    if not part.empty:  # The package writes Supervised_SMOTE, cluster_SMOTE and SMOTE_PSO.
        printed = {_plain(name): name for name in paper["method"]}
        names = part["sampler"].str.removeprefix("smote_variants.")
        part = part.assign(sampler=names.map(lambda name: printed.get(_plain(name), name)))
    data = _side_by_side(part, paper, ["method", "metric"], pairs, alpha, _papers_datasets())
    return _rank_table(data, 3, part, _PAPERS_VARIANTS + 1, by_dataset=False)


def table4(scores: pd.DataFrame, *, pairs: str = "means", alpha: float = 0.05) -> Table:
    """Set the ranks of the ablations on Mozilla4 beside the paper's.

    Parameters
    ----------
    scores : DataFrame
        The score table.
    pairs : {"means", "seeds"}, default "means"
        See `autosmote.analysis.significance.compare`.
    alpha : float, default 0.05
        Level of significance.

    Returns
    -------
    Table
        As `table2`, without ``dataset``; empty if the study has no ablation on Mozilla4.
    """
    wide = papers_table(4).replace({"method": {f"Full {REFERENCE}": REFERENCE}})
    paper = pd.concat(
        pd.DataFrame(
            {
                "method": wide["method"],
                "metric": metric,
                "average_rank": wide[f"{metric}_rank"],
                "autosmote_significantly_better": wide[f"{metric}_autosmote_significantly_better"],
            }
        )
        for metric in ("macro_f1", "mcc")
    )
    part = against(scores, ABLATION)
    part = part[part["dataset"] == _ABLATED]
    data = _side_by_side(part, paper, ["method", "metric"], pairs, alpha, [_ABLATED])
    return _rank_table(data, 4, part, paper["method"].nunique(), by_dataset=False)


def _papers_datasets() -> list[str]:
    return list(papers_table(1)["dataset"])


def _papers_rows(scores: pd.DataFrame) -> pd.DataFrame:
    return scores[scores["dataset"].isin(_papers_datasets())]


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _side_by_side(
    scores: pd.DataFrame,
    paper: pd.DataFrame,
    keys: list[str],
    pairs: str,
    alpha: float,
    everything: Collection[str],
) -> pd.DataFrame:
    """Join our ranks with the paper's, whose overall ranks are over the data sets `everything`."""
    columns = ["ours", "paper", "difference", "ours_significant", "paper_significant", "agree"]
    if scores.empty:
        return pd.DataFrame(columns=[*keys, *columns])
    ours = ranks_and_tests(scores, pairs=pairs, alpha=alpha)
    if not set(scores["dataset"]) >= set(everything):
        ours = ours[ours["dataset"] != OVERALL]
    if "dataset" not in keys:
        ours = ours[ours["dataset"] == OVERALL]
    data = ours.merge(paper, on=keys, suffixes=("_ours", "_paper"))
    other = data["method"] != REFERENCE
    marks = {
        "ours": data["autosmote_significantly_better_ours"].where(data["p_value"].notna() & other),
        "paper": data["autosmote_significantly_better_paper"].where(other),
    }
    marks = {whose: found.astype("boolean") for whose, found in marks.items()}
    return pd.DataFrame(
        {
            **{key: data[key] for key in keys},
            "ours": data["average_rank_ours"],
            "paper": data["average_rank_paper"],
            "difference": data["average_rank_ours"] - data["average_rank_paper"],
            "ours_significant": marks["ours"],
            "paper_significant": marks["paper"],
            "agree": marks["ours"] == marks["paper"],
        }
    )


def _rank_table(
    data: pd.DataFrame, number: int, scores: pd.DataFrame, papers_methods: int, *, by_dataset: bool
) -> Table:
    metrics = [name for name in scores["metric"].unique() if name in set(data["metric"])]
    if by_dataset:
        # The data sets one after the other; until here, a method's numbers stood together.
        order = list(data["dataset"].unique())
        data = data.sort_values(
            "dataset", key=lambda names: names.map(order.index), kind="stable", ignore_index=True
        )
    groups = data["dataset"] if by_dataset else pd.Series("", index=data.index)
    lines = pd.DataFrame({"group": groups, "method": data["method"]}).drop_duplicates()
    shown, group_starts = group_column(lines["group"])
    records = {
        (group, row["method"], row["metric"]): row
        for group, row in zip(groups, data.to_dict("records"), strict=True)
    }
    titles = [
        title
        for metric in map(metric_label, metrics)
        for title in (f"{metric}: ours", "paper", "difference", "marks agree")
    ]
    return Table(
        data=data,
        caption=f"Average ranks beside the paper's Table {number}.",
        header=(*(["Data set"] if by_dataset else []), "Method", *titles),
        rows=tuple(
            (
                *([name] if by_dataset else []),
                method,
                *(cell for metric in metrics for cell in _cells(records.get((group, method, metric)))),
            )
            for name, group, method in zip(shown, lines["group"], lines["method"], strict=True)
        ),
        group_starts=group_starts if by_dataset else (),
        notes=(
            *(_if_empty(data, number) or _summary(data, scores, papers_methods)),
            f"Paper: {CITATION}. Only what both have is shown.",
        ),
    )


def _cells(row: Mapping[Any, Any] | None) -> list[Cell]:
    if row is None:
        return ["", "", "", ""]
    marks = {whose: row[f"{whose}_significant"] for whose in ("ours", "paper")}
    shown = {whose: BETTER if pd.notna(mark) and mark else "" for whose, mark in marks.items()}
    return [
        (Number(f"{row['ours']:.2f}", mark=shown["ours"]),),
        (Number(f"{row['paper']:.2f}", mark=shown["paper"]),),
        (Number(_signed(row["difference"], 2)),),
        "" if pd.isna(row["agree"]) else "yes" if row["agree"] else "no",
    ]


def _summary(data: pd.DataFrame, scores: pd.DataFrame, papers_methods: int) -> list[str]:
    """Say how far the two agree, and what makes their ranks differ in any case."""
    per_dataset = scores[list(CONFIGURATION)].drop_duplicates()["dataset"].value_counts()
    seeds = scores["seed"].nunique()
    notes = [
        f"{BETTER} AutoSMOTE is significantly better. Ranks depend on what is ranked: here "
        f"{scores['sampler'].nunique()} methods, {per_dataset.min()} configurations per data set and "
        f"{seeds} seeds, in the paper {papers_methods}, {_PAPERS_CONFIGURATIONS} and 5.",
    ]
    metrics = [name for name in scores["metric"].unique() if name in set(data["metric"])]
    groups = data.groupby("dataset", sort=False) if "dataset" in data else [("", data)]
    correlations = []
    for name, rows in groups:
        numbers = [_correlation(rows[rows["metric"] == metric]) for metric in metrics]
        correlations.append(f"{name} {'/'.join(numbers)}".strip())
    notes.append(
        f"Rank correlation (Spearman) of the methods in {'/'.join(map(metric_label, metrics))}: "
        f"{', '.join(correlations)}."
    )
    agree = data["agree"].dropna()
    notes.append(
        f"Mean absolute difference {data['difference'].abs().mean():.2f}; marks of significance agree in "
        f"{int(agree.sum())} of {len(agree)} cells that were tested."
    )
    return notes


def _correlation(rows: pd.DataFrame) -> str:
    if len(rows) < 3 or rows["ours"].nunique() == 1:
        return "–"
    return f"{spearmanr(rows['ours'], rows['paper'])[0]:.2f}".replace("-", "−")


def _if_empty(data: pd.DataFrame, number: int) -> list[str]:
    if len(data):
        return []
    return [f"This study has no number that can be set beside the paper's Table {number}."]


def _signed(value: float, decimals: int) -> str:
    return f"{value:+.{decimals}f}".replace("-", "−")
