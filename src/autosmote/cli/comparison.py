"""Several methods on one person's data, by the protocol of the study, over repeated splits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from autosmote.analysis.significance import holm
from autosmote.datasets.sources import Dataset
from autosmote.datasets.tasks import Task, make_task
from autosmote.evaluation.protocol import evaluate
from autosmote.samplers import registry
from autosmote.study import strategies
from autosmote.utils.errors import UnknownNameError, require_torch

BASELINE = "NoResampling"

DEFAULT_METHODS = (
    "RandomUnderSampler",
    "RandomOverSampler",
    "SMOTE",
    "BorderlineSMOTE",
    "ADASYN",
    "SMOTEENN",
    "ClassWeight",
    "DecisionThreshold",
    "autosmote",
    "policy_search",
)
"""Methods that are quick, and different from each other; no resampling is always among the compared."""

RATIOS = tuple(ratio / 10 for ratio in range(1, 11))
"""Numbers of minority over majority rows that a sampler tries on the validation rows, as in the study."""

_POLICY_SEARCHES = ("policy_search", "policy_search_bank", "random_policies")

_FEWEST_FITS = 5
"""A policy is fitted on each of four folds, and the answer once more."""

ALPHA = 0.05

_TIE = 1e-9
"""Means that are no further apart differ by rounding alone."""


class ShortSearchError(ValueError):
    """A search is too short to find anything."""


def method_names() -> list[str]:
    """Return the names of what can be compared: search strategies and registered methods."""
    return [*strategies.names(), *registry.names()]


def compare(
    dataset: Dataset,
    methods: Sequence[str],
    *,
    classifier: str,
    metric: str,
    seeds: Sequence[int],
    iterations: int,
    actors: int = 1,
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Score methods, and no resampling, on the test rows of repeated splits.

    Each split is 60/20/20, stratified; scaling and encoding are learned on the training rows. A sampler
    chooses its ratio on the validation rows, a search its rows; the test rows decide nothing.

    Parameters
    ----------
    dataset : Dataset
    methods : sequence of str
        Some of `method_names`.
    classifier, metric : str
        Keys of `autosmote.evaluation.classifiers.CLASSIFIERS` and `autosmote.evaluation.metrics.METRICS`.
    seeds : sequence of int
        One split each.
    iterations : int
        Length of a search.
    actors : int, default 1
        Processes of a search.
    progress : callable, optional
        Told each method when it is done.

    Returns
    -------
    DataFrame
        Rows of the score table, and ``n_train`` and ``n_test``.

    Raises
    ------
    UnknownNameError
        If a method, the classifier or the metric is unknown.
    ShortSearchError
        If there are fewer than 5 iterations, and policies to search for.
    autosmote.datasets.tasks.TaskError
        If there are too few minority rows to split.
    """
    methods = list(dict.fromkeys([BASELINE, *methods]))
    for name in methods:
        if name not in method_names():
            raise UnknownNameError("method", name, method_names())
        if name in _POLICY_SEARCHES and iterations < _FEWEST_FITS:
            raise ShortSearchError(
                f"iterations={iterations} is too short for {name}, which fits a policy on each of four folds "
                f"and the answer once more; ask for at least {_FEWEST_FITS}, or leave the method out"
            )
    rows = []
    for seed in seeds:
        task = make_task(dataset, None, seed, fit_on="train")
        for name in methods:
            row = _score(task, name, classifier, metric, iterations, actors)
            rows.append(row | {"n_train": len(task.y_train), "n_test": len(task.y_test)})
            if progress is not None:
                progress(name)
    return pd.DataFrame(rows)


def _score(
    task: Task, name: str, classifier: str, metric: str, iterations: int, actors: int
) -> dict[str, Any]:
    if name in strategies.names():
        require_torch(name)
        from autosmote.study.search_job import run_search  # It loads PyTorch.

        settings = {"iterations": iterations, "round_size": 4}
        return run_search(task, classifier, metric, settings, strategy=name, actors=actors).row
    spec = registry.get(name)
    (row,) = evaluate(task, spec, classifiers=[classifier], metrics=[metric], ratios=RATIOS, seed=task.seed)
    return row


def ranking(scores: pd.DataFrame) -> pd.DataFrame:
    """Order methods by their mean test score, and hold each against no resampling.

    The differences of a method are paired by split. As the splits share rows, their variance is taken as
    Nadeau and Bengio (2003) do, ``(1/J + n_test/n_train) * s^2`` for J splits; the p-value is one-sided and
    corrected by Holm for the number of methods.

    Parameters
    ----------
    scores : DataFrame
        What `compare` returns.

    Returns
    -------
    DataFrame
        The best first; columns ``rank`` (equal for equal means, and NaN for a method that lacks splits),
        ``sampler``, ``splits`` (with a score), ``validation_score``, ``test_score``,
        ``deviation`` (standard, of the test scores), ``difference`` (mean, to no resampling on the same
        splits), ``low`` and ``high`` (its 95 % interval), ``p_value``, ``seconds`` (mean CPU time) and
        ``message`` (the first reason where a split has no score). What cannot be computed is NaN.
    """
    baseline = scores[scores["sampler"] == BASELINE].set_index("seed")["test_score"]
    share = float((scores["n_test"] / scores["n_train"]).mean())
    rows = []
    for name, group in scores.groupby("sampler", sort=False):
        by_seed = group.set_index("seed")["test_score"]
        scored = by_seed.notna()
        difference, low, high, p_value = _test((by_seed - baseline)[scored].dropna(), share)
        rows.append(
            {
                "sampler": name,
                "splits": int(scored.sum()),
                "validation_score": group["validation_score"].mean(),
                "test_score": by_seed.mean(),
                "deviation": by_seed.std(),
                "difference": np.nan if name == BASELINE else difference,
                "low": np.nan if name == BASELINE else low,
                "high": np.nan if name == BASELINE else high,
                "p_value": np.nan if name == BASELINE else p_value,
                "seconds": group["seconds"].mean(),
                "message": "" if scored.all() else next(iter(group["message"][~scored.to_numpy()])),
            }
        )
    table = pd.DataFrame(rows)
    table["p_value"] = holm(table["p_value"])
    # Whoever lacks splits cannot be first because of the splits that are left.
    order = table.assign(complete=table["splits"] == table["splits"].max())
    order = order.sort_values(["complete", "test_score"], ascending=False, kind="stable", na_position="last")
    table = table.loc[order.index].reset_index(drop=True)
    scores_of_all = table["test_score"].where(order["complete"].to_numpy())
    better = [(scores_of_all > score + _TIE).sum() for score in scores_of_all]
    table.insert(0, "rank", (pd.Series(better, dtype=float) + 1).where(scores_of_all.notna()))
    return table


def _test(differences: pd.Series, share: float) -> tuple[float, float, float, float]:
    """Mean, 95 % interval and one-sided p-value of paired differences on overlapping splits."""
    n = len(differences)
    mean = float(differences.mean()) if n else np.nan
    if n < 2:
        return mean, np.nan, np.nan, np.nan
    error = np.sqrt((1 / n + share) * differences.var())
    if error == 0:
        return mean, mean, mean, 0.0 if mean > 0 else 1.0
    width = float(stats.t.ppf(0.975, n - 1) * error)
    return mean, mean - width, mean + width, float(stats.t.sf(mean / error, n - 1))


def verdict(table: pd.DataFrame) -> str:
    """Say in a sentence whether anything beats no resampling.

    Parameters
    ----------
    table : DataFrame
        What `ranking` returns.

    Returns
    -------
    str
    """
    others = table[(table["sampler"] != BASELINE) & table["difference"].notna()]
    higher = others[others["difference"] > _TIE]
    if higher.empty:
        return "Nothing beats no resampling here: no method has a higher mean test score."
    better = higher[higher["p_value"] < ALPHA]
    if better.empty:
        best = higher.loc[higher["difference"].idxmax()]
        by = best["difference"]
        ahead = f"{best['sampler']} is ahead by {f'{by:.3f}' if by >= 0.0005 else 'less than 0.001'}"
        if np.isnan(best["p_value"]):
            return f"{ahead}, but one split tells nothing of chance: compare on more splits."
        return (
            f"Nothing reliably beats no resampling here: {ahead} on average over {best['splits']} splits, "
            f"which chance alone can explain (p = {best['p_value']:.2f} after Holm's correction)."
        )
    return (
        f"Better than no resampling (p < {ALPHA} after Holm's correction, {int(table['splits'].max())} "
        f"splits): {', '.join(better['sampler'])}."
    )
