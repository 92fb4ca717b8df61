"""Tables 1 and 2 of the paper, as data and as CSV, Markdown and LaTeX files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from autosmote.analysis import significance
from autosmote.analysis.labels import metric_label, sampler_label
from autosmote.analysis.ranks import CONFIGURATION, average_ranks, rank, score_matrix
from autosmote.analysis.scores import KEY, OVERALL, SCORED
from autosmote.analysis.significance import MIN_PAIRS, compare
from autosmote.storage import atomic_path

CATEGORIES = (
    "No-resampling",
    "Under-sampling",
    "Over-sampling",
    "Combined over- and under-sampling",
    "Generative models",
    "Meta-learning",
    "Auto-sampling",
)
"""Categories in the order of Table 2; others stand before the last."""

_MARK = "▲"


@dataclass(frozen=True)
class Number:
    """A number in a printed table.

    Parameters
    ----------
    text : str
        The number as printed.
    best : bool, default False
        Whether it is the best of its column (printed bold).
    marked : bool, default False
        Whether it carries the mark of significance.
    """

    text: str
    best: bool = False
    marked: bool = False


Cell = str | tuple[Number, ...]
"""Text, or numbers that are printed with slashes between them."""


@dataclass(frozen=True)
class Table:
    """A table: its data, and how it is printed.

    Parameters
    ----------
    data : DataFrame
        One value per row, for the CSV file.
    caption : str
        What the table shows.
    header : tuple of str
        Column titles of the printed table.
    rows : tuple of tuple of Cell
        Cells of the printed table.
    group_starts : tuple of int
        Rows, counted from 0, that begin a new group.
    notes : tuple of str
        Footnotes.
    """

    data: pd.DataFrame
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    group_starts: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()


def table1(summaries: Sequence[Mapping[str, Any]]) -> Table:
    """Make Table 1, the statistics of the data sets.

    Parameters
    ----------
    summaries : sequence of mapping
        One per data set, with the same keys in the same order: ``dataset``, ``openml_id``, ``majority``,
        ``minority_ir<ratio>`` for each imbalance ratio, ``features`` and ``domain``.

    Returns
    -------
    Table
        Its data has a column per key.

    Raises
    ------
    ValueError
        If there are no summaries, or their keys differ.
    """
    if not summaries:
        raise ValueError("Table 1 needs at least one data set")
    columns = list(summaries[0])
    for summary in summaries:
        if list(summary) != columns:
            raise ValueError(
                f"the summaries of the data sets differ in their keys: {list(summary)}, {columns}"
            )
    data = pd.DataFrame(list(summaries), columns=columns).convert_dtypes()
    return Table(
        data=data,
        caption="Data sets, with the number of minority rows at each imbalance ratio (IR).",
        header=tuple(_summary_title(column) for column in columns),
        rows=tuple(tuple(_summary_cell(value) for value in row) for row in data.itertuples(index=False)),
    )


def table2(
    scores: pd.DataFrame, reference: str = "AutoSMOTE", *, pairs: str = "means", alpha: float = 0.05
) -> Table:
    """Make Table 2, the average ranks of the samplers per data set and overall (Section 4.2).

    Parameters
    ----------
    scores : DataFrame
        The score table.
    reference : str, default "AutoSMOTE"
        The sampler that the others are tested against. Without it in the score table nothing is tested.
    pairs : {"means", "seeds"}, default "means"
        What forms a pair of the test; see `autosmote.analysis.significance.compare`.
    alpha : float, default 0.05
        Level of significance.

    Returns
    -------
    Table
        Its data has one row per ``category``, ``method``, ``dataset`` (also ``Overall``) and ``metric``:

        - ``average_rank``: over the configurations, 1 is best;
        - ``autosmote_significantly_better``: the reference is better at level `alpha`, not corrected;
        - ``pairs``, ``p_value``, ``p_value_holm``: of the test; NaN where there was none;
        - ``cells``: combinations of configuration and seed in the study;
        - ``missing``: those where the method has no score; ``unchanged``: those where it returned the data
          unchanged, whose scores count.

    Raises
    ------
    ValueError
        If the score table is empty, or `pairs` is unknown.
    """
    data = _ranks_and_tests(scores, reference, pairs, alpha)
    methods = data[["category", "method"]].drop_duplicates()
    datasets, metrics = data["dataset"].unique(), data["metric"].unique()
    minimum = data.groupby(["dataset", "metric"])["average_rank"].transform("min")
    best = np.isclose(data["average_rank"], minimum)
    marked = data["autosmote_significantly_better"]
    keys = zip(data["method"], data["dataset"], data["metric"], strict=True)
    numbers = {
        key: Number(f"{value:.2f}", bool(is_best), bool(is_marked))
        for key, value, is_best, is_marked in zip(keys, data["average_rank"], best, marked, strict=True)
    }
    repeated = methods["category"].eq(methods["category"].shift())
    rows = tuple(
        (
            "" if again else category,
            method,
            *(tuple(numbers[method, d, m] for m in metrics) for d in datasets),
        )
        for again, category, method in zip(repeated, methods["category"], methods["method"], strict=True)
    )
    return Table(
        data=data,
        caption=f"Average ranks of the samplers in terms of {'/'.join(map(metric_label, metrics))}; "
        "lower is better, the best are bold.",
        header=("Category", "Method", *datasets),
        rows=rows,
        group_starts=tuple(np.flatnonzero(~repeated).tolist()),
        notes=(
            _note_on_averages(scores),
            *_notes_on_tests(data, scores, reference, pairs, alpha),
            *_notes_on_gaps(scores),
        ),
    )


def to_markdown(table: Table) -> str:
    """Print a table as Markdown, with its caption above and its notes below."""

    def line(cells: Iterable[str]) -> str:
        return f"| {' | '.join(cells)} |"

    lines = [
        line(map(_escape_markdown, table.header)),
        line("---:" if right else "---" for right in _right_aligned(table)),
        *(line(map(_markdown_cell, row)) for row in table.rows),
    ]
    blocks = [_escape_markdown(table.caption), "\n".join(lines), *map(_escape_markdown, table.notes)]
    return "\n\n".join(blocks) + "\n"


def to_latex(table: Table) -> str:
    """Print a table as a LaTeX float; it needs the packages booktabs, amssymb and adjustbox."""
    body = []
    for number, row in enumerate(table.rows):
        if number > 0 and number in table.group_starts:
            body.append(r"\midrule")
        body.append(" & ".join(map(_latex_cell, row)) + r" \\")
    alignment = "".join("r" if right else "l" for right in _right_aligned(table))
    lines = [
        r"% needs \usepackage{booktabs,amssymb,adjustbox}",
        r"\begin{table*}",
        r"\centering",
        rf"\caption{{{_escape_latex(table.caption)}}}",
        r"\begin{adjustbox}{max width=\textwidth}",
        rf"\begin{{tabular}}{{{alignment}}}",
        r"\toprule",
        " & ".join(map(_escape_latex, table.header)) + r" \\",
        r"\midrule",
        *body,
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{adjustbox}",
        *(rf"\par\smallskip{{\footnotesize {_escape_latex(note)}\par}}" for note in table.notes),
        r"\end{table*}",
    ]
    return "\n".join(lines) + "\n"


def write_table(table: Table, stem: str | os.PathLike[str]) -> tuple[Path, Path, Path]:
    """Write a table as ``<stem>.csv`` (its data), ``<stem>.md`` and ``<stem>.tex`` (as printed).

    Parameters
    ----------
    table : Table
        The table.
    stem : path-like
        Path of the files without their suffix.

    Returns
    -------
    tuple of pathlib.Path
        The three files.
    """
    texts = {
        ".csv": table.data.to_csv(index=False, lineterminator="\n"),
        ".md": to_markdown(table),
        ".tex": to_latex(table),
    }
    paths = []
    for suffix, text in texts.items():
        path = Path(f"{os.fspath(stem)}{suffix}")
        with atomic_path(path) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")
        paths.append(path)
    return paths[0], paths[1], paths[2]


def _ranks_and_tests(scores: pd.DataFrame, reference: str, pairs: str, alpha: float) -> pd.DataFrame:
    ranks = rank(score_matrix(scores))
    overall = pd.concat({OVERALL: average_ranks(ranks)}, names=["dataset"])
    averages = pd.concat(
        part.melt(var_name="sampler", value_name="average_rank", ignore_index=False).reset_index()
        for part in (average_ranks(ranks, ["dataset"]), overall)
    )
    data = averages.merge(_gaps(scores), how="left", on=["metric", "dataset", "sampler"])
    if reference in ranks:
        tests = compare(scores, reference, pairs=pairs, alpha=alpha)
    else:
        tests = pd.DataFrame(columns=list(significance.COLUMNS))
    data = data.merge(tests, how="left", on=["metric", "dataset", "sampler"])

    category = scores.drop_duplicates("sampler").set_index("sampler")["category"]
    data["category"] = data["sampler"].map(category)
    orders = {
        "category": _category_order(category),
        "sampler": list(category.index),
        "dataset": [*scores["dataset"].unique(), OVERALL],
        "metric": list(scores["metric"].unique()),
    }
    data = data.sort_values(list(orders), key=lambda column: column.map(orders[str(column.name)].index))
    return pd.DataFrame(
        {
            "category": data["category"],
            "method": data["sampler"].map(sampler_label),
            "dataset": data["dataset"],
            "metric": data["metric"],
            "average_rank": data["average_rank"],
            "autosmote_significantly_better": data["significant"].eq(True),
            "pairs": data["pairs"].astype("Int64"),
            "p_value": data["p_value"].astype(float),
            "p_value_holm": data["p_value_holm"].astype(float),
            "cells": data["cells"],
            "missing": data["missing"],
            "unchanged": data["unchanged"],
        }
    ).reset_index(drop=True)


def _category_order(categories: Iterable[str]) -> list[str]:
    others = [name for name in dict.fromkeys(categories) if name not in CATEGORIES]
    return [*CATEGORIES[:-1], *others, CATEGORIES[-1]]


def _statuses(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the status of each sampler in each cell of the study, ``absent`` where there is no row."""
    cell = ["metric", *CONFIGURATION, "seed"]
    expected = scores[cell].drop_duplicates().merge(scores[["sampler"]].drop_duplicates(), how="cross")
    statuses = expected.merge(scores[[*KEY, "status"]], how="left", on=list(KEY))
    return statuses.fillna({"status": "absent"})


def _gaps(scores: pd.DataFrame) -> pd.DataFrame:
    """Count cells, and those without a score or with unchanged data, per metric, data set and sampler."""
    statuses = _statuses(scores)
    statuses["missing"] = ~statuses["status"].isin(SCORED)
    statuses["unchanged"] = statuses["status"].eq("unchanged")
    counted = pd.concat([statuses, statuses.assign(dataset=OVERALL)])
    return (
        counted.groupby(["metric", "dataset", "sampler"])
        .agg(cells=("status", "size"), missing=("missing", "sum"), unchanged=("unchanged", "sum"))
        .reset_index()
    )


def _note_on_averages(scores: pd.DataFrame) -> str:
    configurations = scores[list(CONFIGURATION)].drop_duplicates()
    seeds = scores.groupby(list(CONFIGURATION))["seed"].nunique()
    return (
        f"Ranks among {scores['sampler'].nunique()} samplers, averaged over the configurations of "
        f"classifier and imbalance ratio ({_span(configurations['dataset'].value_counts())} per data set, "
        f"{len(configurations)} overall). Seeds per configuration, averaged before ranking: {_span(seeds)}."
    )


def _notes_on_tests(
    data: pd.DataFrame, scores: pd.DataFrame, reference: str, pairs: str, alpha: float
) -> list[str]:
    if reference not in scores["sampler"].unique():
        return [f"{reference} is not among the samplers, so nothing was tested."]
    marked = data["autosmote_significantly_better"]
    corrected = marked & (data["p_value_holm"] < alpha)
    unit = "configurations" if pairs == "means" else "configurations and seeds"
    notes = [
        f"{_MARK} {reference} is significantly better: two-sided Wilcoxon signed-rank test over {unit}, "
        f"p < {alpha:g}, not corrected. Marks that remain after Holm's correction over the samplers of a "
        f"column, for each metric by itself: {corrected.sum()} of {marked.sum()}."
    ]
    compared = data[data["method"] != sampler_label(reference)]
    untested = compared["p_value"].isna().sum()
    if untested:
        notes.append(
            f"Comparisons not tested, because they have fewer than {MIN_PAIRS} pairs: "
            f"{untested} of {len(compared)}."
        )
    return notes


def _notes_on_gaps(scores: pd.DataFrame) -> list[str]:
    statuses = _statuses(scores)
    missing = statuses[~statuses["status"].isin(SCORED)]
    unchanged = statuses[statuses["status"] == "unchanged"]
    total = f"{len(statuses)} cells (sampler, configuration, seed, metric)"
    if missing.empty:
        notes = [f"All {total} have a score."]
    else:
        notes = [
            f"{len(missing)} of {total} have no score: {_count_by_sampler(missing)}. A sampler is averaged "
            "over the seeds that it has; without any it ranks last in the configuration and forms no pair."
        ]
    if len(unchanged):
        counts = unchanged["sampler"].map(sampler_label).value_counts(sort=False)
        listed = ", ".join(f"{name} {count}" for name, count in counts.items())
        notes.append(
            f"In {len(unchanged)} cells the sampler returned the data unchanged; they count: {listed}."
        )
    return notes


def _count_by_sampler(missing: pd.DataFrame) -> str:
    parts = []
    for sampler, statuses in missing.groupby("sampler", sort=False)["status"]:
        reasons = ", ".join(f"{count} {status}" for status, count in statuses.value_counts().items())
        parts.append(f"{sampler_label(str(sampler))} {len(statuses)} ({reasons})")
    return "; ".join(parts)


def _span(counts: pd.Series) -> str:
    low, high = counts.min(), counts.max()
    return str(low) if low == high else f"{low} to {high}"


def _summary_title(column: str) -> str:
    if column.startswith("minority_ir"):
        return f"Minority (IR {column.removeprefix('minority_ir')})"
    return {"openml_id": "OpenML ID"}.get(column, column.replace("_", " ").capitalize())


def _summary_cell(value: Any) -> Cell:
    if pd.isna(value):
        return ""
    return value if isinstance(value, str) else (Number(str(value)),)


def _right_aligned(table: Table) -> list[bool]:
    return [any(not isinstance(cell, str) for cell in column) for column in zip(*table.rows, strict=True)]


def _markdown_cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return _escape_markdown(cell)
    return "/".join(
        (f"**{number.text}**" if number.best else number.text) + (_MARK if number.marked else "")
        for number in cell
    )


def _latex_cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return _escape_latex(cell)
    return "/".join(
        (rf"\textbf{{{number.text}}}" if number.best else number.text)
        + (_LATEX[_MARK] if number.marked else "")
        for number in cell
    )


def _escape_markdown(text: str) -> str:
    return re.sub(r"([\\`*|\[])", r"\\\1", text)


_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": "$<$",
    ">": "$>$",
    _MARK: r"$^{\blacktriangle}$",
    **{character: f"\\{character}" for character in "&%$#_{}"},
}


def _escape_latex(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in text)
