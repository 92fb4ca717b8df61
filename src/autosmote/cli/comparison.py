"""Several methods on one person's data, over repeated splits, beside no resampling."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from sklearn.model_selection import (
    StratifiedGroupKFold,
    StratifiedKFold,
    check_cv,
    train_test_split,
)

from autosmote.analysis.methods import POLICY_SEARCH, REFERENCE
from autosmote.analysis.significance import holm
from autosmote.cli import rivals
from autosmote.cli.case import Case
from autosmote.cli.codes import Codes
from autosmote.cli.csv_table import CsvTable
from autosmote.cli.rivals import BASELINE, Splits
from autosmote.samplers.spec import NotApplicable
from autosmote.study import strategies
from autosmote.utils.errors import UnknownNameError, require_torch
from autosmote.utils.threads import one_thread

DEFAULT_METHODS = (
    "RandomUnderSampler",
    "RandomOverSampler",
    "SMOTE",
    "BorderlineSMOTE",
    "ADASYN",
    "SMOTEENN",
    rivals.CLASS_WEIGHT,
    rivals.DECISION_THRESHOLD,
    "autosmote",
    "policy_search",
)
"""Methods that are quick, and different from each other; no resampling is always among the compared."""

SEARCHES = {"policy_search": "policy_search", "autosmote": "paper"}
"""What the study calls the searches of AutoSMOTE, and the sampler's parameter `strategy`."""

_SHOWN = {POLICY_SEARCH: f"{POLICY_SEARCH} (the default)", REFERENCE: f"{REFERENCE} (the paper's search)"}

_FEWEST_FITS = 5
"""A policy is fitted on each of four folds, and the answer once more."""

_N_FOLDS = 4
_TEST_SHARE = 0.2

_FEWEST_ROWS = 5
"""Of a class: two to interpolate between and one to score on, of those that are not for the test."""

ALPHA = 0.05

_TIE = 1e-9
_ENOUGH_SPLITS = 10
"""Means that are no further apart differ by rounding alone."""


class ShortSearchError(ValueError):
    """A search is too short to find anything."""


class SplitError(ValueError):
    """The rows cannot be split into training and test rows."""


def method_names() -> list[str]:
    """Return the names of what can be compared: the searches of AutoSMOTE, and their rivals."""
    return [*SEARCHES, *rivals.names()]


def default_methods() -> list[str]:
    """Return `DEFAULT_METHODS`, without the search of the paper where PyTorch is not installed."""
    return [name for name in DEFAULT_METHODS if name != "autosmote" or find_spec("torch") is not None]


def shown_name(sampler: str) -> str:
    """Return what readers of a comparison see for a method of the score table.

    Both searches are AutoSMOTE to a user of the command, so their names say which is which.
    """
    return _SHOWN.get(sampler, sampler)


def compare(
    table: CsvTable,
    codes: Codes,
    methods: Sequence[str],
    *,
    estimators: Sequence[str],
    scorings: Sequence[str],
    seeds: Sequence[int],
    iterations: int,
    n_jobs: int = 1,
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Score methods, and no resampling, on the test rows of repeated splits.

    A fifth of the rows is for the test, stratified by class; where rows belong to groups, no group is on both
    sides. What a method has to choose it chooses by cross-validation on the training rows: AutoSMOTE as
    `autosmote resample` does, a sampler its ratio of the classes, and so on. It is then fitted to all
    training rows. The test rows decide nothing; only the medians in the gaps of columns of numbers are those
    of all rows, the same for every method.

    Parameters
    ----------
    table : CsvTable
    codes : Codes
        Of its labels.
    methods : sequence of str
        Some of `method_names`.
    estimators, scorings : sequence of str
        Classifiers and scores, as the user calls them; each is combined with each.
    seeds : sequence of int
        One per split. It also seeds the methods and the classifier.
    iterations : int
        Length of a search.
    n_jobs : int, default 1
        Actor processes of a search; changes no result.
    progress : callable, optional
        Called with the name of each method when it is done.

    Returns
    -------
    DataFrame
        One row for each estimator, scoring, seed and sampler (columns of these names), with ``test_score``
        (NaN where there is none), ``message`` (why there is none, or what to know of it), ``seconds`` (CPU
        time), ``n_train`` and ``n_test``. If Ctrl-C (`KeyboardInterrupt`) ends it, those of the splits that
        are done; before the first is, the interrupt is raised.

    Raises
    ------
    UnknownNameError
        If a method is unknown.
    MissingExtraError
        If the paper's search is among the methods, and PyTorch is not installed.
    ShortSearchError
        If there are fewer than 5 iterations, and policies to search for.
    SplitError
        If there are too few rows of a class to split, or too few groups.
    RefusedError
        If a classifier cannot be fitted to the rows as they are, or a score not be used with it.
    """
    methods = list(dict.fromkeys([BASELINE, *methods]))
    for name in methods:
        if name not in method_names():
            raise UnknownNameError("method", name, method_names())
        if name == "autosmote":
            require_torch("autosmote, the search of the paper,")
        if name == "policy_search" and iterations < _FEWEST_FITS:
            raise ShortSearchError(
                f"iterations={iterations} is too short for {name}, which fits a policy on each of four folds "
                f"and the answer once more; ask for at least {_FEWEST_FITS}, or leave the method out"
            )
    for label, size in table.labels.value_counts().items():
        if size < _FEWEST_ROWS:
            raise SplitError(
                f"class {label} has {size} rows; at least {_FEWEST_ROWS} are needed to train and to test"
            )
    if table.groups is not None:  # Not every seed has a split; better to know before the work.
        for seed in seeds:
            _split(table, seed)
    rows: list[dict[str, Any]] = []

    def score_split(seed: int) -> list[dict[str, Any]]:
        train, test = _split(table, seed)
        scored = []
        for estimator, scoring in product(estimators, scorings):
            run = _Run(table, Case(codes, estimator, scoring), train, seed, iterations, n_jobs)
            for name in methods:
                # What cannot be done on the first split without resampling is a mistake of the user.
                scored.append(run.score(name, test, raises=name == BASELINE and seed == seeds[0]))
                if progress is not None:
                    progress(name)
        return scored

    with one_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Of each fit there may be some; what matters becomes a message.
        for seed in seeds:
            try:
                rows += score_split(seed)
            except KeyboardInterrupt:
                if not rows:
                    raise
                break
    return pd.DataFrame(rows)


class _Run:
    """The training rows of a split, and what methods make of them for one classifier and score."""

    def __init__(
        self, table: CsvTable, case: Case, train: NDArray[np.intp], seed: int, iterations: int, n_jobs: int
    ) -> None:
        self.table, self.case, self.train, self.seed = table, case, train, seed
        self.iterations, self.n_jobs = iterations, n_jobs
        self.X = table.features.iloc[train].reset_index(drop=True)
        self.labels = table.labels.iloc[train].reset_index(drop=True)
        self.groups = None if table.groups is None else table.groups.iloc[train]

    def score(self, name: str, test: NDArray[np.intp], raises: bool) -> dict[str, Any]:
        """The row of a method."""
        started, score, message = sum(os.times()[:4]), np.nan, ""
        try:
            model, message = self.fit(name)
            score = self.case.scorer()(model, self.table.features.iloc[test], self.table.labels.iloc[test])
        except NotApplicable as error:
            message = str(error)
        except Exception as error:
            if raises:
                raise
            message = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        return {
            "estimator": self.case.estimator,
            "scoring": self.case.scoring,
            "seed": self.seed,
            "sampler": strategies.get(name).label if name in SEARCHES else name,
            "test_score": score,
            "message": message,
            "seconds": sum(os.times()[:4]) - started,
            "n_train": len(self.train),
            "n_test": len(test),
        }

    def fit(self, name: str) -> tuple[Any, str]:
        """Fit a method to the training rows; the model predicts codes."""
        if name == BASELINE:
            return self.case.classifier(self.seed).fit(self.X, self.labels), ""
        if name not in SEARCHES:
            y = self.case.codes.encode(self.labels.to_numpy())
            return rivals.fit(name, self.case, self.X, y, self.folds(), self.seed)
        sampler = self.case.sampler(
            self.seed,
            strategy=SEARCHES[name],
            n_iterations=self.iterations,
            n_jobs=self.n_jobs,
            **({} if self.groups is None else {"validation": check_cv(self.folds())}),
        )
        X, labels = sampler.fit_resample(self.X, self.labels)
        note = "" if sampler.best_iteration_ else "found nothing better than no resampling in some splits"
        return self.case.classifier(self.seed).fit(X, labels), note

    def folds(self) -> Splits:
        """Folds of the training rows, to choose by."""
        return folds(self.labels, self.groups, self.seed)


def folds(labels: pd.Series, groups: pd.Series | None, seed: int, n_folds: int = _N_FOLDS) -> Splits:
    """Divide rows into folds to choose by, four or fewer where a class has fewer rows.

    Parameters
    ----------
    labels : Series of str, shape (n_rows,)
    groups : Series of str, shape (n_rows,), or None
        Rows of a group stay in one fold.
    seed : int
    n_folds : int, default 4

    Returns
    -------
    sequence of (ndarray, ndarray)
        For each fold the positions of the rows to train on, and of those to score on.

    Raises
    ------
    SplitError
        If there are too few groups.
    """
    n_folds = min(n_folds, int(labels.value_counts().min()))
    if groups is None:
        splitter: Any = StratifiedKFold(n_folds, shuffle=True, random_state=seed)
    else:
        splitter = _by_groups(n_folds, labels, groups, seed)
    return list(splitter.split(labels, labels, groups))


def _split(table: CsvTable, seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Training and test rows, by position."""
    if table.groups is None:
        rows = np.arange(len(table.labels))
        train, test = train_test_split(rows, test_size=_TEST_SHARE, stratify=table.labels, random_state=seed)
        return train, test
    splitter = _by_groups(round(1 / _TEST_SHARE), table.labels, table.groups, seed)
    train, test = next(splitter.split(table.labels, table.labels, table.groups))
    for label in table.labels.unique():
        if not (table.labels.iloc[test] == label).any() or (table.labels.iloc[train] == label).sum() < 3:
            raise SplitError(
                f"class {label} is in too few groups: the split of seed {seed} leaves none of its rows for "
                "the test, or not three to train on; choose other seeds by --seed and --splits, or smaller "
                "groups"
            )
    return train, test


def _by_groups(n_folds: int, labels: pd.Series, groups: pd.Series, seed: int) -> StratifiedGroupKFold:
    if (n_groups := groups.nunique()) < n_folds:
        raise SplitError(f"there are {n_groups} groups; at least {n_folds} are needed for {n_folds} folds")
    return StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)


def ranking(scores: pd.DataFrame) -> pd.DataFrame:
    """Order methods by their mean test score, and hold each against no resampling.

    The differences of a method are paired by split. As the splits share rows, their variance is taken as
    Nadeau and Bengio (2003) do, ``(1/J + n_test/n_train) * s^2`` for J splits; the p-value is one-sided and
    corrected by Holm for the number of methods. Where all differences are the same, it is the sign test's.

    Parameters
    ----------
    scores : DataFrame
        What `compare` returns, of one estimator and scoring.

    Returns
    -------
    DataFrame
        The best first; columns ``rank`` (equal for equal means, and NaN for a method that lacks splits),
        ``sampler``, ``splits`` (with a score), ``test_score``, ``deviation`` (standard, of the test scores),
        ``difference`` (mean, to no resampling on the same splits), ``low`` and ``high`` (its 95 % interval),
        ``p_value``, ``seconds`` (mean CPU time) and ``message`` (the first, of a split that has one). What
        cannot be computed is NaN.
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
                "test_score": by_seed.mean(),
                "deviation": by_seed.std(),
                "difference": np.nan if name == BASELINE else difference,
                "low": np.nan if name == BASELINE else low,
                "high": np.nan if name == BASELINE else high,
                "p_value": np.nan if name == BASELINE else p_value,
                "seconds": group["seconds"].mean(),
                "message": next(filter(None, group["message"]), ""),
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
    if differences.std() < _TIE:  # The t-test has nothing to divide by; what is left is the sign test.
        return mean, mean, mean, 0.5**n if mean > _TIE else 1.0
    width = float(stats.t.ppf(0.975, n - 1) * error)
    return mean, mean - width, mean + width, float(stats.t.sf(mean / error, n - 1))


def verdict(table: pd.DataFrame) -> str:
    """Say what a reader may conclude: whether anything beats no resampling, by how much, how surely.

    A method counts as better if its 95 % interval lies above zero and Holm's p-value is below 0.05. The
    interval is that of one method; with several methods some interval lies above zero by chance more often
    than once in forty comparisons, which Holm's correction allows for.

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
        return (
            "Nothing beats no resampling here: no method has a higher mean test score. Leave the rows as "
            "they are for this classifier and score."
        )
    surely = (higher["p_value"] < ALPHA) & (higher["low"] > 0)
    n_splits = int(table["splits"].max())
    few = (
        ""
        if n_splits >= _ENOUGH_SPLITS
        else (f" {n_splits} splits are few; {_ENOUGH_SPLITS} are the least to rely on.")
    )
    if surely.any():
        return (
            f"Better than no resampling (p < {ALPHA} after Holm's correction, {n_splits} splits): "
            f"{_gains(higher[surely])}. On new rows of the same kind, expect a gain within the interval.{few}"
        )
    best: Any = higher.loc[higher["difference"].idxmax()]
    ahead = f"{shown_name(best['sampler'])} is ahead by {_amount(best)}"
    if np.isnan(best["p_value"]):
        return f"{ahead}, but one split tells nothing of chance: compare on more splits."
    if not (higher["low"] > 0).any():
        return (
            f"Nothing reliably beats no resampling here: {ahead} on average over {best['splits']} "
            f"splits, which chance alone can explain ({_interval(best)} includes zero). Leave the rows as "
            "they are, or compare on more rows."
        )
    above = higher[higher["low"] > 0]
    return (
        f"Perhaps better than no resampling: {_gains(above)}, over {n_splits} splits. "
        f"{'Its interval lies' if len(above) == 1 else 'These intervals lie'} above zero, but with "
        f"{len(others)} methods compared, such an interval may come by chance (p = "
        f"{above['p_value'].min():.2f} at best after Holm's correction). Compare one method alone, on more "
        f"rows or on other splits (--seed higher by {n_splits} or more), before you rely on it.{few}"
    )


def _gains(rows: pd.DataFrame) -> str:
    return ", ".join(
        f"{shown_name(str(row.sampler))} by {_amount(row)} ({_interval(row)})" for row in rows.itertuples()
    )


def _amount(row: Any) -> str:
    return f"{row.difference:.3f}" if row.difference >= 0.0005 else "less than 0.001"


def _interval(row: Any) -> str:
    return f"95 % interval {row.low:+.3f} to {row.high:+.3f}"
