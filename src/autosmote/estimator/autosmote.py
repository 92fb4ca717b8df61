"""AutoSMOTE as a sampler of imbalanced-learn."""

from __future__ import annotations

import math
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from imblearn.metrics import geometric_mean_score
from imblearn.over_sampling.base import BaseOverSampler
from imblearn.utils import check_target_type
from numpy.typing import NDArray
from pandas.api import types
from scipy.sparse import issparse, vstack
from sklearn.base import BaseEstimator, ClassifierMixin, is_classifier
from sklearn.metrics import get_scorer, get_scorer_names, make_scorer
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.validation import check_consistent_length, validate_data

from autosmote.estimator import explanation
from autosmote.estimator.columns import Columns, refuse_objects
from autosmote.estimator.policy_problem import PolicyProblem
from autosmote.estimator.problem import NO_SAMPLES, Problem, takes_missing
from autosmote.estimator.row_problem import RowProblem
from autosmote.search.bank import load_bank
from autosmote.search.evolution import (
    Fit,
    PolicySearchSettings,
    bank_spread,
    bank_starts,
    search_policies,
)
from autosmote.search.linear_policies import PARAMETERS
from autosmote.search.reward import Scorer
from autosmote.search.settings import SearchSettings
from autosmote.search.space import Samples
from autosmote.utils.errors import UnknownNameError, require_torch
from autosmote.utils.names import SCORERS
from autosmote.utils.progress import Progress
from autosmote.utils.threads import one_thread

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from autosmote.search.engine import Iteration
    from autosmote.search.policies import Policies

#: Called after each iteration; a true value ends the search.
Callback = Callable[[Any], bool | None]

#: Few actors here, and the fresher the weights the better they learn.
_ROUND_SIZE = 4

#: What it takes until actor processes work: each loads Python and scikit-learn, and what comes with it.
_START_SECONDS = 4.0

#: Plain SMOTE is random: its score for comparison is the mean of so many draws.
_SMOTE_DRAWS = 5

#: Iterations of a search that only time ends, or a callback.
_ENDLESS = 10**9


#: Where scikit-learn has the scores that are not for classifiers.
_OTHER_SCORES = ("sklearn.metrics._regression", "sklearn.metrics.cluster")

#: The given rows that synthetic ones are made of, by position; the synthetic rows, encoded; their decisions.
_Found = tuple[NDArray[np.intp], NDArray[np.float64], Samples]


def find_scorer(scoring: str | Callable[..., float]) -> Scorer:
    """Return a scorer by its name, scikit-learn's or this package's, or a callable as it is.

    Raises
    ------
    UnknownNameError
        If there is no scorer of this name.
    """
    if not isinstance(scoring, str):
        return get_scorer(scoring)
    name = SCORERS.get(scoring, scoring)
    if name == geometric_mean_score.__name__:
        return make_scorer(geometric_mean_score)
    if name not in get_scorer_names():
        known = [each for each in get_scorer_names() if _is_for_classifiers(each)]
        raise UnknownNameError("scoring", scoring, dict.fromkeys([*SCORERS, *known]))
    return get_scorer(name)


def _is_for_classifiers(scorer: str) -> bool:
    """Whether a scorer of scikit-learn is not for regression, clusters or several labels of a row."""
    module = get_scorer(scorer)._score_func.__module__
    return not module.startswith(_OTHER_SCORES) and not scorer.endswith("_samples")


class AutoSMOTE(BaseOverSampler):
    """Over-sample with a strategy that is learned for one data set, classifier and metric.

    Policies decide how many synthetic rows each minority instance gets, from which neighbour, and at which
    interpolation weight. A search looks for those with which the classifier scores best on rows that it was
    not trained on. With more than two classes, every class below the largest is over-sampled, in one search.
    If nothing scores higher than the rows as they are, they come back as they are, with a warning. Where you
    say how many rows there are to be (`sampling_strategy`), the policies decide only which ones.

    There are two searches. *Policy search* (beyond the paper) has policies of 18 numbers that see distances
    and the classes around a place, and no coordinates. It starts from policies that were good on other data,
    goes on with CMA-ES, and scores each policy on several folds. Such policies can be applied to other rows
    than those of the search, so the best three make the synthetic rows of all rows together. The *paper's*
    search (Zha et al. 2022) trains three networks by deep hierarchical reinforcement learning, and returns
    the synthetic rows that scored best.

    Parameters
    ----------
    estimator : classifier, default None
        The classifier to over-sample for; a decision tree if None, on one-hot encoded nominal columns. It is
        fitted on what `fit_resample` is given, so on a DataFrame where that is one; where columns are
        nominal, it has to encode them, as a pipeline does. For results that repeat, a classifier that draws
        random numbers needs an integer `random_state` of its own.
    scoring : str or callable, default "f1_macro"
        What to maximise, as in scikit-learn: a name or ``scorer(estimator, X, y)``. The names of the study's
        metrics, ``"macro_f1"`` and ``"mcc"``, are known too. Scorers of one class, such as ``"f1"``, look at
        the class 1; with other labels, name it: ``make_scorer(f1_score, pos_label="yes")``.
    sampling_strategy : float, str, dict or callable, default "auto"
        How many synthetic rows of which classes.

        - ``"auto"`` leaves the numbers to the search: it over-samples all classes below the largest, by as
          much as scores best, which may be not at all.
        - All other values mean what they mean in imbalanced-learn, and the search keeps to these numbers
          exactly. It decides which rows, neighbours and weights; and it returns as many rows as you ask for,
          whether they score higher than no resampling or not. A number is the ratio of the smaller class to
          the larger one afterwards, for two classes. ``"minority"``, ``"not minority"``, ``"not majority"``
          and ``"all"`` say which classes are made as large as the largest. A dict has the number of rows of a
          class afterwards, by label, and leaves other classes alone. A callable gets `y` and returns such a
          dict.

        On a fold, each class has as many synthetic rows for each of its rows as in what is returned.
    strategy : {"policy_search", "paper"}, default "policy_search"
        How to search. ``"paper"`` needs PyTorch, which the extra ``autosmote[rl]`` installs.
    refit : bool, default True
        For policy search: whether the chosen policies make the synthetic rows from all rows, those that were
        held out among them. If False, they draw eight times on the training rows of the last fold, and the
        draw with the best score on its held-out rows is returned. The paper's search chooses rows, which lie
        between training rows only, and does without this parameter.
    n_iterations : int or None, default 1000
        Most fits of the classifier for policy search, which leaves out the last few if they do not make a
        policy or a generation; at least one policy is scored on each fold, and drawn. For the paper's search
        episodes, each with one fit (one for each fold of a cross-validation). None sets no limit and needs
        `max_seconds`.
    max_seconds : float or None, default None
        End the search after the iteration in which this many seconds have passed. The result then depends on
        the machine and what else it does.
    max_samples : int or None, default None
        Most synthetic rows to return, and to score with. The paper's search thins longer episodes evenly.
        With numbers in `sampling_strategy` there is nothing to limit.
    validation : float, int, CV splitter or tuple (X, y), default 0.25
        Which rows to score on. Each class that is over-sampled needs one row among the validation rows and
        two besides, in each fold.

        - A fraction is held out, stratified. For policy search this split is one of four folds: the others
          leave out a third of the other rows each, and train on what was held out. For the paper's search it
          is the only split; the held-out rows are part of the returned data, but no synthetic row is made
          from them.
        - A number of folds (stratified, in the given order of rows), or a splitter of scikit-learn, which
          gets the `groups` that `fit_resample` is given. For
          policy search these are the folds; a single split is treated as a fraction is. For the paper's the
          score is the mean over the folds, in each of which only those synthetic rows count that lie between
          two of its training rows, and each iteration costs as many fits.
        - Rows of their own, with labels. They are scored on and never trained on: for policy search by the
          fold that trains on all of `X`, beside three that each leave out a third of `X`, where a class then
          needs three rows. They get no preprocessing from a pipeline that the sampler is in.
    scale : float, default 4.0
        For the paper's search: most synthetic rows per row of the smallest class, as a multiple of the
        imbalance ratio (Section 4.1), the size of the largest class over that of the smallest. Rounded to a
        multiple of 10, the largest instance-specific factor, and at least that. Rows of other classes get as
        much less as there are more of them. Without a meaning where `sampling_strategy` has the numbers.
    k_neighbors : int or object, default 30
        Nearest neighbours of the same class to interpolate with. Distances are Euclidean, on standardised
        columns; a difference in a nominal column counts as in SMOTE-NC (Chawla et al. 2002). An object finds
        the neighbours with its own distance: an estimator with `n_neighbors` (the row itself counts, as in
        imbalanced-learn), `fit` and `kneighbors`, such as `sklearn.neighbors.NearestNeighbors`.
    nominal : sequence or None, default None
        Columns whose numbers are names of something, such as postcodes: names of the columns of a DataFrame,
        positions in an array, or a mask with a truth value for each column. The columns listed under
        *DataFrames* below are nominal without it.
    n_jobs : int or None, default 1
        Actor processes; None or 1 runs everything in this process, -1 means one for each processor, -2 one
        less, and so on. More than 8 are not started, for they would wait. A search too short to make up for
        the time that it takes to start them, about four seconds, runs in this process; how long it is, is
        estimated from the first fits. The result does not depend on it.
    device : str, default "cpu"
        Where the networks of the paper's search are trained, as PyTorch names it.
    random_state : int, RandomState instance or None, default None
        Seeds the split of a fraction and the search.
    callbacks : sequence of callable or None, default None
        Each is called after each iteration with an `autosmote.search.evolution.Fit`, or for the paper's
        search an `autosmote.search.engine.Iteration`; a true value ends the search.
    verbose : bool, default False
        Show the progress on the standard error stream: a bar on a terminal, a line now and then elsewhere.

    Attributes
    ----------
    best_score_ : float
        Best validation score; for policy search that of the best policy over all folds, pooled for a metric
        of labels and averaged for others (see `autosmote.search.folds.CrossValidation`). As the best of many
        it is optimistic: judge the classifier on other rows.
    best_iteration_ : int
        The first iteration that reached it, from 1; 0 if none scored higher than no resampling, and the
        number of rows was left to the search.
    baseline_score_ : float
        Score of the same classifier on the same folds without resampling; NaN if the rows are fewer than
        KNN has neighbours, or AdaBoost's first stump is worse than chance. What else a classifier refuses is
        raised as it is.
    smote_score_ : float
        Score with plain SMOTE (5 neighbours, all classes as large as the largest, or as asked for), the mean
        of five draws; NaN if the classifier cannot be fitted.
    class_counts_ : dict
        Given rows of each class; the keys are the labels as `y` has them.
    n_synthetic_ : int
        Synthetic rows returned.
    sampling_strategy_ : dict
        Synthetic rows of each class that was over-sampled.
    sample_indices_ : ndarray of int, shape (n_rows + n_synthetic,)
        For each row returned, the given row that it is, or that a synthetic one starts from.
    decisions_ : DataFrame
        One row per synthetic row: ``source`` and ``neighbour``, the given rows that it lies between, and
        ``weight``, 0 at the source and 1 at the neighbour.
    origins_ : DataFrame
        One row per given row of a class that was over-sampled: ``row``, its position; ``class``;
        ``other_share``, the share of other classes among the 5 rows nearest to it; ``kind``, "safe" (at most
        1 of the 5), "borderline" (2 or 3) or "hard" (4 or 5); ``synthetic``, the synthetic rows that start
        from it, and ``smote``, how many would in plain SMOTE (all classes as large as the largest, or as
        asked for), on average.
    history_ : DataFrame
        One row per iteration; see `autosmote.search.evolution.Fit`, or for the paper's search
        `autosmote.search.engine.Iteration`.
    policies_ : DataFrame or autosmote.search.policies.Policies
        The policies of the answer, best first: ``score`` over all folds, and the numbers that make the policy
        (`autosmote.search.linear_policies.PARAMETERS`). Of the paper's search the three networks as they were
        in the end, on the CPU. None if there was nothing to over-sample.

    Notes
    -----
    *DataFrames* keep their columns and types. Values of integer columns are rounded to whole numbers (a tie
    goes to the row that the synthetic one starts from), exactly in all 64 bits; where values between them
    make sense, pass floats. Columns of a category, boolean or string type are nominal, and columns of objects
    that are all text or all truth values. Sparse columns are worked on dense. In an array of integers all
    columns are whole, in one of booleans nominal.

    *Nominal values* of a synthetic row are drawn one by one, from either of the two rows that it lies
    between: with weight w the neighbour's with probability w.

    *Other columns* are an error that names them: dates, times, lists, bytes, mixed types, infinite values,
    and values beyond 1e150, whose squares overflow.

    *scikit-learn's settings* (`sklearn.set_config`) do not change the samples; the classifier runs as they
    say.

    *Missing values* may be NaN in columns of floats where the `estimator` says that it takes them (its tag
    ``input_tags.allow_nan``; of a pipeline the first step's), such as `HistGradientBoostingClassifier` and
    decision trees. Distances are then those of
    `sklearn.metrics.pairwise.nan_euclidean_distances`, and a synthetic value between two rows is missing
    where either of them lacks it; to policies a missing value is the mean of its column. All other missing
    values are an error.

    References
    ----------
    D. Zha, K.-H. Lai, Q. Tan, S. Ding, N. Zou, X. Hu, "Towards Automated Imbalanced Learning with Deep
    Hierarchical Reinforcement Learning", CIKM 2022. https://doi.org/10.1145/3511808.3557474

    N. V. Chawla, K. W. Bowyer, L. O. Hall, W. P. Kegelmeyer, "SMOTE: Synthetic Minority Over-sampling
    Technique", JAIR 16, 2002. https://doi.org/10.1613/jair.953

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from autosmote import AutoSMOTE
    >>> X, y = make_classification(400, weights=[0.9], random_state=0)
    >>> sampler = AutoSMOTE(n_iterations=20, random_state=0)
    >>> X_resampled, y_resampled = sampler.fit_resample(X, y)
    >>> bool(sum(y_resampled) > sum(y))
    True
    """

    _parameter_constraints: dict[str, list[Any]] = {
        **BaseOverSampler._parameter_constraints,
        "estimator": [HasMethods(["fit", "predict"]), None],
        "scoring": [str, callable],
        "strategy": [StrOptions({"policy_search", "paper"})],
        "refit": ["boolean"],
        "n_iterations": [Interval(Integral, 1, None, closed="left"), None],
        "max_seconds": [Interval(Real, 0, None, closed="neither"), None],
        "max_samples": [Interval(Integral, 1, None, closed="left"), None],
        "validation": [
            Interval(Real, 0, 1, closed="neither"),
            Interval(Integral, 2, None, closed="left"),
            HasMethods(["split", "get_n_splits"]),
            tuple,
        ],
        "scale": [Interval(Real, 0, None, closed="neither")],
        "k_neighbors": [
            Interval(Integral, 1, None, closed="left"),
            HasMethods(["kneighbors", "kneighbors_graph"]),
        ],
        "nominal": [list, tuple, np.ndarray, pd.Index, None],
        "n_jobs": [
            Interval(Integral, 1, None, closed="left"),
            Interval(Integral, None, -1, closed="right"),
            None,
        ],
        "device": [str],
        "callbacks": [list, tuple, None],
        "verbose": ["boolean"],
    }

    def __init__(
        self,
        estimator: ClassifierMixin | None = None,
        *,
        scoring: str | Callable[..., float] = "f1_macro",
        sampling_strategy: float | str | Mapping[Any, int] | Callable[[NDArray], Mapping[Any, int]] = "auto",
        strategy: str = "policy_search",
        refit: bool = True,
        n_iterations: int | None = 1000,
        max_seconds: float | None = None,
        max_samples: int | None = None,
        validation: Any = 0.25,
        scale: float = 4.0,
        k_neighbors: Any = 30,
        nominal: Sequence[Any] | None = None,
        n_jobs: int | None = 1,
        device: str = "cpu",
        random_state: int | np.random.RandomState | None = None,
        callbacks: Sequence[Callback] | None = None,
        verbose: bool = False,
    ) -> None:
        super().__init__(sampling_strategy=sampling_strategy)
        self.estimator = estimator
        self.scoring = scoring
        self.strategy = strategy
        self.refit = refit
        self.n_iterations = n_iterations
        self.max_seconds = max_seconds
        self.max_samples = max_samples
        self.validation = validation
        self.scale = scale
        self.k_neighbors = k_neighbors
        self.nominal = nominal
        self.n_jobs = n_jobs
        self.device = device
        self.random_state = random_state
        self.callbacks = callbacks
        self.verbose = verbose

    def fit_resample(self, X: Any, y: Any, groups: Any = None) -> tuple[Any, Any]:
        """Search, and add the best synthetic rows.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix, shape (n_rows, n_columns)
            Without infinite values; missing ones as described in the notes. An array holds numbers; text
            needs a DataFrame. A sparse matrix (CSR or CSC; others become CSR) is worked on dense, so the
            dense one has to fit in memory.
        y : array-like, shape (n_rows,)
            Labels of two or more classes.
        groups : array-like, shape (n_rows,), optional
            Groups of rows, for a splitter in `validation` that keeps them together, such as ``GroupKFold()``.
            In a pipeline they arrive by metadata routing:
            ``sampler.set_fit_resample_request(groups=True)``.

        Returns
        -------
        X_resampled : as `X`, shape (n_rows + n_synthetic, n_columns)
            The given rows in their order, then the synthetic ones.
        y_resampled : list, ndarray or Series, as `y`, shape (n_rows + n_synthetic,)

        Raises
        ------
        ValueError
            If there is only one class, if a class has too few rows for the split or the classifier, if `X`
            has values that cannot be used, if there are groups and no splitter, if the estimator is no
            classifier, or if an argument is out of its range.
        ImportError
            If the paper's search is asked for and PyTorch is not installed.
        """
        if np.ndim(y) == 0:
            raise ValueError(f"y={y!r} is no list of labels")
        if n_missing := int(np.sum(pd.DataFrame(y).isna().to_numpy())):
            raise ValueError(f"y has {n_missing} missing labels; label these rows or leave them out")
        # Where there are none they are not handed on, so that metadata is not asked for.
        return super().fit_resample(X, y, **({} if groups is None else {"groups": groups}))

    def summary(self) -> str:
        """Describe in a few lines what the search has found.

        Returns
        -------
        str
            Rows and synthetic rows of each class; the best validation score beside those of no resampling and
            of plain SMOTE on the same rows; from what kind of rows the synthetic ones start, and how many are
            copies, beside plain SMOTE.
        """
        return explanation.summary(self)

    def plot_history(self, ax: Axes | None = None) -> Axes:
        """Plot the validation scores of the iterations, and what there is to compare them with.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; new ones by default.

        Returns
        -------
        matplotlib Axes

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        return explanation.plot_history(self, ax)

    def plot_samples(self, ax: Axes | None = None) -> Axes:
        """Plot the rows that were given and the synthetic ones, in two dimensions.

        Two numeric columns are shown as they are. Of more, or of nominal ones, the first two principal
        components are shown (of the given rows, standardised and one-hot encoded).

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; new ones by default.

        Returns
        -------
        matplotlib Axes

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        return explanation.plot_samples(self, ax)

    def plot_origins(self, ax: Axes | None = None) -> Axes:
        """Plot from what kind of rows the synthetic ones start, beside plain SMOTE.

        A row is the harder the more of the rows nearest to it are of other classes. Copies are synthetic rows
        that equal a given one.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; new ones by default.

        Returns
        -------
        matplotlib Axes

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        return explanation.plot_origins(self, ax)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = takes_missing(self.estimator)
        tags.sampler_tags.sample_indices = True
        return tags

    def _check_X_y(self, X: Any, y: Any) -> tuple[Any, NDArray, bool]:
        given = y
        if types.is_extension_array_dtype(y) and (types.is_numeric_dtype(y) or types.is_bool_dtype(y)):
            y = y.to_numpy(dtype=y.dtype.numpy_dtype)  # scikit-learn would turn whole numbers into floats.
        X, y, binarize_y = self._checked(X, y)
        self._names = _names(y if binarize_y else given, y)
        return X, y, binarize_y

    def _checked(self, X: Any, y: Any) -> tuple[Any, NDArray, bool]:
        y, binarize_y = check_target_type(y, indicate_one_vs_all=True)
        if isinstance(X, pd.DataFrame):
            if X.shape[1] == 0:
                raise ValueError("X has no columns")
            validate_data(self, X=X, y=y, reset=True, skip_check_array=True)
            return X, y, binarize_y
        if isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 2:
            refuse_objects(X)
        try:
            finite = "allow-nan" if takes_missing(self.estimator) else True
            X, y = validate_data(
                self, X=X, y=y, reset=True, accept_sparse=["csr", "csc"], ensure_all_finite=finite
            )
        except ValueError as error:
            if "could not convert string to float" in str(error):
                raise ValueError(f"X has text ({error}); pass a DataFrame, where text is nominal") from error
            raise
        return X, y, binarize_y

    def _fit_resample(self, X: Any, y: NDArray, groups: Any = None) -> tuple[Any, NDArray]:
        if issparse(X):
            given: Any = X
            resampled, labels = self._fit_resample(given.toarray(), y, groups)
            return vstack([given, type(given)(resampled[len(y) :])], format=given.format), labels
        if groups is not None:
            groups = np.asarray(groups)
            check_consistent_length(y, groups)
        if self.n_iterations is None and self.max_seconds is None:
            raise ValueError("n_iterations=None needs max_seconds: otherwise the search would not end")
        # What is not of scikit-learn's making does not always say what it is.
        if isinstance(self.estimator, BaseEstimator) and not is_classifier(self.estimator):
            raise ValueError(f"estimator={self.estimator!r} is no classifier of scikit-learn's kind")
        by_policies = self.strategy == "policy_search"
        scorer = find_scorer(self.scoring)
        columns = Columns(
            X,
            () if self.nominal is None else self.nominal,
            allow_missing=takes_missing(self.estimator),
        )
        classes, counts = np.unique(y, return_counts=True)
        asked = self._asked(classes)
        minority = classes[counts < counts.max() if asked is None else asked > 0]
        self.class_counts_ = {self._names[label]: int(n) for label, n in zip(classes, counts, strict=True)}
        self.best_iteration_ = 0
        self.policies_: pd.DataFrame | Policies | None = None
        self.best_score_ = self.baseline_score_ = self.smote_score_ = math.nan
        self.history_ = pd.DataFrame(columns=_history_columns(self.strategy))
        matrix = columns.encode(X)
        instances, synthetic, samples = _nothing(matrix)
        if len(minority):
            seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
            # With more threads the fits before the search cost more than the search, on a busy machine.
            with one_thread():
                problem = (PolicyProblem if by_policies else RowProblem)(
                    X,
                    y,
                    columns,
                    estimator=self.estimator,
                    scorer=scorer,
                    validation=self.validation,
                    k_neighbors=self.k_neighbors,
                    groups=groups,
                    max_samples=self.max_samples,
                    asked=asked,
                    seed=seed,
                    **({"refit": self.refit} if by_policies else {}),
                )
                seconds = self._compare(problem, columns)
                if isinstance(problem, PolicyProblem):
                    instances, synthetic, samples = self._search_policies(problem, seconds)
                else:
                    instances, synthetic, samples = self._search_rows(problem, counts, seconds)

        source = instances[samples.source]
        labels = y[source]
        self.n_synthetic_ = len(source)
        self.sampling_strategy_ = {self._names[label]: int(np.sum(labels == label)) for label in minority}
        self.sample_indices_ = np.concatenate([np.arange(len(y)), source])
        self.decisions_ = pd.DataFrame(
            {"source": source, "neighbour": instances[samples.neighbour], "weight": samples.weight}
        )
        self.origins_ = explanation.origins(columns, matrix, y, self._names, source, asked)
        y_resampled = np.concatenate([y, labels])
        shown, synthetic_shown = _filled(matrix, synthetic)
        self._plane = explanation.Plane(
            columns, shown, synthetic_shown, np.searchsorted(classes, y_resampled)
        )
        if not len(source):
            return X, y_resampled
        rows = columns.decode(synthetic)
        if isinstance(X, pd.DataFrame):
            return pd.concat([X, rows], ignore_index=True), y_resampled
        return np.concatenate([X, rows]), y_resampled

    def _asked(self, classes: NDArray) -> NDArray[np.int64] | None:
        """Synthetic rows of each class, where the caller says how many."""
        if isinstance(self.sampling_strategy, str) and self.sampling_strategy == "auto":
            return None
        asked = np.array([self.sampling_strategy_.get(label, 0) for label in classes], dtype=np.int64)
        if self.max_samples is not None and asked.sum() > self.max_samples:
            raise ValueError(
                f"sampling_strategy={self.sampling_strategy!r} asks for {asked.sum()} synthetic rows, and "
                f"max_samples={self.max_samples} allows fewer; leave one of the two out"
            )
        return asked

    def _compare(self, problem: Problem, columns: Columns) -> float:
        """Score what the search has to beat; return about how many seconds that takes once."""
        started = time.perf_counter()
        try:
            self.baseline_score_ = problem.baseline_score()
        except ValueError as error:
            if "pos_label" in str(error):
                rarest = min(self.class_counts_, key=lambda label: self.class_counts_[label])
                raise ValueError(
                    f"scoring={self.scoring!r} scores one class, by default the class 1, and y has the "
                    f"classes {list(self.class_counts_)}; pass labels 0 and 1, or a scorer that names the "
                    "class, such as sklearn.metrics.make_scorer(sklearn.metrics.f1_score, "
                    f"pos_label={rarest!r})"
                ) from error
            if columns.is_frame and columns.nominal.any():
                nominal = [name for name, is_so in zip(columns.names, columns.nominal, strict=True) if is_so]
                error.add_note(f"The estimator has to encode the nominal columns of X itself: {nominal}")
            raise
        compared = time.perf_counter()
        self.smote_score_ = problem.smote_score(_SMOTE_DRAWS)
        if problem.refusal:
            warnings.warn(
                "the estimator cannot be fitted to rows that plain SMOTE has over-sampled "
                f"({problem.refusal}): smote_score_ is NaN, and iterations with such rows have no score",
                stacklevel=7,
            )
        # The first fit waits for what is loaded; draws of SMOTE do without the predictors of a search.
        return min(compared - started, (time.perf_counter() - compared) / _SMOTE_DRAWS)

    def _processes(self, seconds: float) -> int:
        """Number of actors: as many as asked for where they save more time than it takes to start them."""
        # Two rounds are under way at a time.
        asked = min(_n_processes(self.n_jobs), 2 * _ROUND_SIZE)
        fits = math.inf if self.n_iterations is None else self.n_iterations * seconds
        saved = min(fits, math.inf if self.max_seconds is None else self.max_seconds) * (1 - 1 / asked)
        return asked if saved > _START_SECONDS else 1

    def _search_rows(self, problem: RowProblem, counts: NDArray[np.int64], seconds: float) -> _Found:
        """The paper's search: the best synthetic rows of an iteration."""
        from autosmote.search.engine import search

        common: dict[str, Any] = {
            "neighbours": problem.space.k,
            "iterations": _ENDLESS if self.n_iterations is None else self.n_iterations,
            "round_size": _ROUND_SIZE,
            "seed": problem.seed,
        }
        if problem.space.asked is None:
            largest, scale = int(counts.max()), self.scale
            if self.max_samples is not None:
                # So that the episodes of untrained policies have about as many rows, not mostly surplus.
                scale = min(scale, 4 * self.max_samples / (largest * np.sum(counts < largest)))
            settings = SearchSettings.for_ratio(largest / counts.min(), scale=scale, **common)
        else:
            # An untrained policy makes half of the largest factor of each instance, on average. The
            # cross-instance policy has nothing to decide.
            rows = problem.space.asked / np.unique(problem.space.labels, return_counts=True)[1]
            half = max(1, math.ceil(rows.max() / (SearchSettings.g2_max / 2)))
            settings = SearchSettings(g1_max=2 * half, cross_instance_policy="half", **common)
        with self._watch() as on_iteration:
            result = search(
                problem.space,
                problem.reward,
                settings,
                actors=self._processes(seconds),
                device=_device(self.device),
                on_iteration=on_iteration,
            )
        self.history_, self.policies_ = result.history, result.policies
        best_score = result.best_score if result.best_iteration else None
        if not self._is_found(best_score, problem.space.asked):
            return _nothing(problem.matrix)
        self.best_score_, self.best_iteration_ = result.best_score, result.best_iteration
        return problem.instances, problem.space.interpolate(result.samples), result.samples

    def _search_policies(self, problem: PolicyProblem, seconds: float) -> _Found:
        """Policy search: what the best policies make of all rows, or the best draw on the training rows."""
        n_folds = len(problem.folds.folds)
        # One policy on all folds, and one draw of the answer, are the least that gives a result.
        fits = _ENDLESS if self.n_iterations is None else max(self.n_iterations, n_folds + 1)
        settings = PolicySearchSettings(fits=fits, seed=problem.seed)
        if self.refit:  # What is drawn on the training rows is not returned.
            settings = replace(settings, draws=1)
        known = load_bank().get(*problem.bank_key(explanation.scoring_name(self)))
        with self._watch() as on_iteration:
            result = search_policies(
                problem.folds,
                bank_starts(known),
                settings,
                spread=bank_spread(known),
                actors=self._processes(seconds / n_folds),
                on_iteration=on_iteration,
            )
        self.history_ = result.history
        self.policies_ = pd.DataFrame(result.policies, columns=list(PARAMETERS))
        self.policies_.insert(0, "score", result.scores)
        asked = problem.folds.folds[-1].policies.space.asked
        if not self._is_found(result.scores[0] if len(result.scores) else None, asked):
            return _nothing(problem.matrix)
        self.best_score_ = float(result.scores[0])
        pooled = result.history["pooled_score"]
        self.best_iteration_ = int(result.history["iteration"][pooled.idxmax()])
        if self.refit:
            space, samples = problem.draw_on_all_rows(result.policies)
            return problem.instances(np.arange(len(problem.y))), space.interpolate(samples), samples
        space, samples = problem.folds.folds[-1].policies.space, result.samples
        return problem.instances(), space.interpolate(samples), samples

    def _is_found(self, best_score: float | None, asked: NDArray[np.int64] | None) -> bool:
        """Whether a search has rows to return: better ones than no resampling, or as many as asked for."""
        n_iterations = len(self.history_)
        if best_score is None and math.isnan(self.baseline_score_):
            raise ValueError(
                f"{self.estimator!r} could not be fitted, neither to the rows as they are nor in any of the "
                f"{n_iterations} iterations: the rows are too few for it, or all alike"
            )
        if asked is not None:
            if best_score is None:
                raise ValueError(
                    f"nothing was scored on all folds in {n_iterations} iterations, so there is nothing to "
                    f"make the rows by that sampling_strategy={self.sampling_strategy!r} asks for; allow "
                    "more iterations or seconds, or use a classifier that can be fitted to such rows"
                )
            return True
        # No resampling is a strategy too, and of two that score the same the simpler one.
        if best_score is None or best_score <= self.baseline_score_:
            missing = (
                "has a score"
                if best_score is None
                else f"scored higher than no resampling ({self.baseline_score_:.4f})"
            )
            warnings.warn(
                f"none of {n_iterations} iterations {missing}: the rows are returned as they are",
                stacklevel=8,
            )
            self.best_score_ = self.baseline_score_
            return False
        return True

    @contextmanager
    def _watch(self) -> Iterator[Callback]:
        """Show the progress, call the callbacks, and end the search when it is time."""
        started = time.monotonic()
        progress = Progress(self.n_iterations, "score", lambda line: print(line, file=sys.stderr))

        def on_iteration(iteration: Iteration) -> bool:
            if self.verbose:
                progress(iteration)
            ends = [bool(callback(iteration)) for callback in self.callbacks or ()]
            overtime = self.max_seconds is not None and time.monotonic() - started >= self.max_seconds
            return overtime or any(ends)

        with progress:
            yield on_iteration


def _filled(
    matrix: NDArray[np.float64], synthetic: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both tables with the means of the first one's columns where values are missing, to look at."""
    present = ~np.isnan(matrix)
    means = np.sum(np.where(present, matrix, 0.0), axis=0) / np.maximum(present.sum(axis=0), 1)
    return np.where(present, matrix, means), np.where(np.isnan(synthetic), means, synthetic)


def _nothing(matrix: NDArray[np.float64]) -> _Found:
    return np.empty(0, np.intp), matrix[:0], NO_SAMPLES


def _names(given: Any, y: NDArray) -> dict[Any, Any]:
    """The labels as the caller has them, by the values that stand for them in an array."""
    if isinstance(given, pd.DataFrame):
        given = given.iloc[:, 0]
    given = pd.Series(given if isinstance(given, pd.Series) else np.ravel(given)).reset_index(drop=True)
    classes, first = np.unique(y, return_index=True)
    elements = [given[position] for position in first]
    return dict(zip(classes, [e.item() if isinstance(e, np.generic) else e for e in elements], strict=True))


def _history_columns(strategy: str) -> list[str]:
    """What there is to say of an iteration. For the paper's search, this loads PyTorch."""
    kind: type[Fit | Iteration] = Fit
    if strategy == "paper":
        require_torch('strategy="paper"')
        from autosmote.search.engine import Iteration as kind
    return [field.name for field in fields(kind)]


def _device(name: str) -> str:
    """Check that there is such a device here."""
    import torch

    try:
        torch.empty(0, device=name)
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"device={name!r} cannot be used: {str(error).splitlines()[0]}") from error
    return name


def _n_processes(n_jobs: int | None) -> int:
    """Read `n_jobs` as scikit-learn does."""
    if n_jobs is None:
        return 1
    return n_jobs if n_jobs > 0 else max(1, (os.cpu_count() or 1) + 1 + n_jobs)
