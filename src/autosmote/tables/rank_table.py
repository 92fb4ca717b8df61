"""What Tables 2, 3 and 4 have in common: average ranks, tests, and how complete they are."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from autosmote.analysis import significance
from autosmote.analysis.coverage import cell_statuses, count_gaps, ranks_and_coverage
from autosmote.analysis.labels import classifier_label, metric_label, sampler_label
from autosmote.analysis.methods import REFERENCE, in_order
from autosmote.analysis.ranks import CONFIGURATION
from autosmote.analysis.scores import OVERALL, SCORED
from autosmote.analysis.significance import MIN_PAIRS, compare
from autosmote.evaluation.metrics import METRICS, needs_scores
from autosmote.tables.rendering import BETTER, Number


def ranks_and_tests(scores: pd.DataFrame, *, pairs: str = "means", alpha: float = 0.05) -> pd.DataFrame:
    """Rank the methods per data set and overall, and test AutoSMOTE against each (Section 4.1).

    Parameters
    ----------
    scores : DataFrame
        The rows of the score table that are compared. Without AutoSMOTE nothing is tested.
    pairs : {"means", "seeds"}, default "means"
        What forms a pair of the test; see `autosmote.analysis.significance.compare`.
    alpha : float, default 0.05
        Level of significance.

    Returns
    -------
    DataFrame
        One row per ``category``, ``method``, ``dataset`` (also ``Overall``) and ``metric``:

        - ``average_rank``: over the configurations, 1 is best; a method without a score ranks last;
        - ``autosmote_significantly_better``: AutoSMOTE is better at level `alpha`, not corrected;
        - ``pairs``, ``p_value``, ``p_value_holm``: of the test; NaN where there was none;
        - ``average_rank_left_out``: the rank where a method without a score is left out of a configuration;
        - ``coverage``: part of the configurations where the method has a score;
        - ``cells``: combinations of configuration and seed in the study;
        - ``missing``: those where the method has no score; ``unchanged``: those where it returned the data
          unchanged, whose scores count.

    Raises
    ------
    ValueError
        If there are no rows, or `pairs` is unknown.
    """
    data = ranks_and_coverage(scores).merge(count_gaps(scores), how="left")
    if REFERENCE in scores["sampler"].unique():
        tests = compare(scores, REFERENCE, pairs=pairs, alpha=alpha)
    else:
        tests = pd.DataFrame(columns=list(significance.COLUMNS))
    data = data.merge(tests, how="left", on=["metric", "dataset", "sampler"])

    category = scores.drop_duplicates("sampler").set_index("sampler")["category"]
    data["category"] = data["sampler"].map(category)
    orders = {
        "category": in_order(category),
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
            "average_rank_left_out": data["average_rank_left_out"],
            "coverage": data["coverage"],
            "cells": data["cells"],
            "missing": data["missing"],
            "unchanged": data["unchanged"],
        }
    ).reset_index(drop=True)


def rank_numbers(data: pd.DataFrame) -> dict[tuple[str, str, str], Number]:
    """Return the printed average ranks by method, data set and metric.

    Parameters
    ----------
    data : DataFrame
        What `ranks_and_tests` returns.

    Returns
    -------
    dict
        The best of each data set and metric are bold, and those that AutoSMOTE is significantly better than
        are marked.
    """
    minimum = data.groupby(["dataset", "metric"])["average_rank"].transform("min")
    best = np.isclose(data["average_rank"], minimum)
    marks = data["autosmote_significantly_better"].map({True: BETTER, False: ""})
    keys = zip(data["method"], data["dataset"], data["metric"], strict=True)
    return {
        key: Number(f"{value:.2f}", bool(is_best), mark)
        for key, value, is_best, mark in zip(keys, data["average_rank"], best, marks, strict=True)
    }


def notes(data: pd.DataFrame, scores: pd.DataFrame, *, pairs: str, alpha: float) -> tuple[str, ...]:
    """Say what the ranks were taken over, how it was tested, what is missing, and what methods say.

    Parameters
    ----------
    data : DataFrame
        What `ranks_and_tests` returns, or those of its rows that are printed.
    scores : DataFrame
        The rows of the score table that it was made from.
    pairs : {"means", "seeds"}
        What forms a pair of the test.
    alpha : float
        Level of significance.

    Returns
    -------
    tuple of str
    """
    return (
        _note_on_averages(scores),
        *notes_on_metrics(scores["metric"].unique()),
        *_notes_on_tests(data, scores, pairs, alpha),
        *notes_on_gaps(cell_statuses(scores)),
        *_notes_of_methods(scores),
    )


def notes_on_metrics(metrics: Iterable[str]) -> list[str]:
    """Say which metrics are measured on the scores of classifiers and not on their labels.

    Parameters
    ----------
    metrics : iterable of str

    Returns
    -------
    list of str
        Empty, or one note.
    """
    of_scores = [name for name in metrics if name in METRICS and needs_scores(METRICS[name])]
    if not of_scores:
        return []
    return [
        "Measured on the scores of a classifier (decision_function or, without it, predict_proba), not on "
        f"its labels: {', '.join(map(metric_label, of_scores))}."
    ]


def notes_on_gaps(statuses: pd.DataFrame) -> list[str]:
    """Count the cells without a score by method and status, and those with unchanged data.

    Parameters
    ----------
    statuses : DataFrame
        What `autosmote.analysis.coverage.cell_statuses` returns.

    Returns
    -------
    list of str
    """
    missing = statuses[~statuses["status"].isin(SCORED)]
    unchanged = statuses[statuses["status"] == "unchanged"]
    total = f"{len(statuses)} cells (sampler, configuration, seed, metric)"
    if missing.empty:
        found = [f"All {total} have a score."]
    else:
        found = [
            f"{len(missing)} of {total} have no score: {_count_by_sampler(missing)}. A sampler "
            "ranks by its mean over the seeds that it has, and a pair is the mean over those that both have; "
            "without any it ranks last in the configuration and forms no pair."
        ]
    if len(unchanged):
        counts = unchanged["sampler"].map(sampler_label).value_counts(sort=False)
        listed = ", ".join(f"{name} {count}" for name, count in counts.items())
        found.append(
            f"In {len(unchanged)} cells the sampler returned the data unchanged; they count: {listed}."
        )
    return found


def _note_on_averages(scores: pd.DataFrame) -> str:
    configurations = scores[list(CONFIGURATION)].drop_duplicates()
    seeds = scores.groupby(list(CONFIGURATION))["seed"].nunique()
    return (
        f"Ranks among {scores['sampler'].nunique()} samplers, averaged over the configurations of "
        f"classifier and imbalance ratio ({_span(configurations['dataset'].value_counts())} per data set, "
        f"{len(configurations)} overall). Seeds per configuration, averaged before ranking: {_span(seeds)}."
    )


def _notes_on_tests(data: pd.DataFrame, scores: pd.DataFrame, pairs: str, alpha: float) -> list[str]:
    if REFERENCE not in scores["sampler"].unique():
        return [f"{REFERENCE} is not among the samplers, so nothing was tested."]
    marked = data["autosmote_significantly_better"]
    corrected = marked & (data["p_value_holm"] < alpha)
    unit = "configurations" if pairs == "means" else "configurations and seeds"
    found = [
        f"{BETTER} {REFERENCE} is significantly better: two-sided Wilcoxon signed-rank test over {unit}, "
        f"p < {alpha:g}, not corrected. Marks that remain after Holm's correction over the samplers of a "
        f"column, for each metric by itself: {corrected.sum()} of {marked.sum()}."
    ]
    compared = data[data["method"] != sampler_label(REFERENCE)]
    untested = compared["p_value"].isna().sum()
    if untested:
        found.append(
            f"Comparisons not tested, because they have fewer than {MIN_PAIRS} pairs: "
            f"{untested} of {len(compared)}."
        )
    return found


def _notes_of_methods(scores: pd.DataFrame) -> list[str]:
    """Return what methods have to say of their scores; that of samplers is about single ratios."""
    noted = scores[scores["status"].eq("ok") & scores["ratio"].isna() & scores["message"].ne("")]
    found = []
    for (sampler, message), rows in noted.groupby(["sampler", "message"], sort=False):
        classifiers = rows["classifier"].unique()
        where = ", ".join(map(classifier_label, classifiers))
        everywhere = len(classifiers) == scores["classifier"].nunique()
        found.append(f"{sampler_label(str(sampler))}{'' if everywhere else f' with {where}'}: {message}.")
    return found


def _count_by_sampler(missing: pd.DataFrame) -> str:
    parts = []
    for sampler, statuses in missing.groupby("sampler", sort=False)["status"]:
        reasons = ", ".join(f"{count} {status}" for status, count in statuses.value_counts().items())
        parts.append(f"{sampler_label(str(sampler))} {len(statuses)} ({reasons})")
    return "; ".join(parts)


def _span(counts: pd.Series) -> str:
    low, high = counts.min(), counts.max()
    return str(low) if low == high else f"{low} to {high}"
