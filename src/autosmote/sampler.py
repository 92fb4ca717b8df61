"""AutoSMOTE as a sampler of imbalanced-learn."""

from __future__ import annotations

import os
from collections.abc import Callable
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from imblearn.base import BaseSampler
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.metrics import get_scorer
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import check_random_state

from autosmote.search.engine import search
from autosmote.search.reward import ValidationReward
from autosmote.search.settings import SearchSettings
from autosmote.search.space import SearchSpace


class AutoSMOTE(BaseSampler):
    """Over-sample with a strategy that is learned for one data set, classifier and metric.

    Three policies decide how many synthetic rows each minority instance gets, from which neighbour, and at
    which interpolation weight. Deep hierarchical reinforcement learning maximises what the classifier scores
    on held-out rows [1]_. For two classes and dense, numeric, finite features; scale the features first, as
    for SMOTE. Features that are no floating-point numbers come back as float64, for so are rows between two
    of them.

    Parameters
    ----------
    estimator : classifier, default None
        The classifier to over-sample for; a decision tree if None. For results that repeat, a classifier that
        draws random numbers needs an integer `random_state` of its own.
    scoring : str or callable, default "f1_macro"
        What to maximise, as in scikit-learn: a name or ``scorer(estimator, X, y)``.
    n_iterations : int, default 1000
        Episodes, each with one fit of the classifier.
    validation : float, default 0.25
        Fraction of the rows that is held out, stratified, to score on. They are part of the returned data,
        but no synthetic row is made from them. At least one minority row is needed there, and two besides.
    scale : float, default 4.0
        Most synthetic rows per minority row, as a multiple of the imbalance ratio (Section 4.1); rounded to a
        multiple of 10, the largest instance-specific factor, and at least that.
    k_neighbors : int, default 30
        Nearest minority neighbours to interpolate with.
    n_jobs : int or None, default 1
        Actor processes; None or 1 runs everything in this process, -1 means one for each processor, -2 one
        less, and so on. More than 8 are not started, for they would wait. The result does not depend on it.
    device : str, default "cpu"
        Where the policies are trained, as PyTorch names it.
    random_state : int, RandomState instance or None, default None
        Seeds the split and the search.

    Attributes
    ----------
    best_score_ : float
        Best score on the held-out rows.
    history_ : DataFrame
        One row per iteration; see `autosmote.search.engine.Iteration`.
    minority_class_ : label
        The class that was over-sampled.

    References
    ----------
    .. [1] D. Zha, K.-H. Lai, Q. Tan, S. Ding, N. Zou, X. Hu, "Towards Automated Imbalanced Learning with Deep
       Hierarchical Reinforcement Learning", CIKM 2022. https://doi.org/10.1145/3511808.3557474

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from autosmote import AutoSMOTE
    >>> X, y = make_classification(400, weights=[0.9], random_state=0)
    >>> X_resampled, y_resampled = AutoSMOTE(n_iterations=20, random_state=0).fit_resample(X, y)
    >>> bool(sum(y_resampled) > sum(y))
    True
    """

    _sampling_type = "over-sampling"
    sampling_strategy = "auto"
    _parameter_constraints: dict[str, list[Any]] = {}

    def __init__(
        self,
        estimator: ClassifierMixin | None = None,
        *,
        scoring: str | Callable[..., float] = "f1_macro",
        n_iterations: int = 1000,
        validation: float = 0.25,
        scale: float = 4.0,
        k_neighbors: int = 30,
        n_jobs: int = 1,
        device: str = "cpu",
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.estimator = estimator
        self.scoring = scoring
        self.n_iterations = n_iterations
        self.validation = validation
        self.scale = scale
        self.k_neighbors = k_neighbors
        self.n_jobs = n_jobs
        self.device = device
        self.random_state = random_state

    def fit_resample(self, X: ArrayLike, y: ArrayLike, **params: Any) -> tuple[Any, Any]:
        """Search, and add the best synthetic rows.

        Parameters
        ----------
        X : array-like or DataFrame, shape (n_rows, n_features)
            Numeric and finite.
        y : array-like, shape (n_rows,)
            Labels of two classes.
        **params
            None are known.

        Returns
        -------
        X_resampled : list, ndarray or DataFrame, as `X`, shape (n_rows + n_synthetic, n_features)
            The given rows in their order, then the synthetic ones.
        y_resampled : list, ndarray or Series, as `y`, shape (n_rows + n_synthetic,)

        Raises
        ------
        ValueError
            If there are not two classes, if a class has too few rows for the split or the classifier, or if
            an argument is out of its range.
        TypeError
            If `X` is sparse.
        """
        if isinstance(X, pd.DataFrame):
            # The columns of the result get the types that these have.
            X = X.astype(
                {
                    name: np.float64
                    for name, dtype in X.dtypes.items()
                    if pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_float_dtype(dtype)
                }
            )
        return super().fit_resample(X, y, **params)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        return tags

    def _check_X_y(self, X: Any, y: Any, accept_sparse: Any = False) -> tuple[NDArray, NDArray, bool]:
        X, y, binarize_y = super()._check_X_y(X, y, accept_sparse=accept_sparse)
        return X if X.dtype.kind == "f" else X.astype(np.float64), y, binarize_y

    def _fit_resample(
        self, X: NDArray[np.float64], y: NDArray, **params: Any
    ) -> tuple[NDArray[np.float64], NDArray]:
        classes, counts = np.unique(y, return_counts=True)
        if len(classes) != 2:
            raise ValueError(
                f"AutoSMOTE over-samples the smaller of two classes; y has {len(classes)}: {classes}"
            )
        minority = classes[np.argmin(counts)]
        if counts.min() < 3:
            raise ValueError(
                f"class {minority} has {counts.min()} rows; AutoSMOTE needs at least 3: "
                "two to interpolate between and one to hold out"
            )
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        X_train, X_validation, y_train, y_validation = train_test_split(
            X, y, test_size=self.validation, stratify=y, random_state=seed
        )
        held_out, kept = np.sum(y_validation == minority), np.sum(y_train == minority)
        if held_out < 1 or kept < 2:
            raise ValueError(
                f"validation={self.validation!r} holds out {held_out} of the {counts.min()} rows of class "
                f"{minority}; at least one has to be held out and two kept to interpolate between: make it "
                + ("larger" if held_out < 1 else "smaller")
            )
        settings = SearchSettings.for_ratio(
            counts.max() / counts.min(),
            scale=self.scale,
            neighbours=self.k_neighbors,
            iterations=self.n_iterations,
            round_size=4,  # Small: few actors here, and the fresher the weights the better they learn.
            seed=seed,
        )
        space = SearchSpace(X_train[y_train == minority], self.k_neighbors, labels=minority)
        estimator = DecisionTreeClassifier(random_state=seed) if self.estimator is None else self.estimator
        scorer = get_scorer(self.scoring)
        reward = ValidationReward(space, estimator, scorer, X_train, y_train, X_validation, y_validation)
        # Two rounds are under way at a time.
        actors = min(_n_processes(self.n_jobs), 2 * settings.round_size)
        result = search(space, reward, settings, actors=actors, device=self.device)
        if not result.best_iteration:
            raise ValueError(
                f"{estimator!r} could not be fitted in any of the {self.n_iterations} iterations: the rows "
                "are too few for it, or all alike"
            )
        self.best_score_ = result.best_score
        self.history_ = result.history
        self.minority_class_ = minority
        synthetic = space.interpolate(result.samples).astype(X.dtype)
        labels = np.full(len(synthetic), minority, dtype=y.dtype)
        return np.concatenate([X, synthetic]), np.concatenate([y, labels])


def _n_processes(n_jobs: Any) -> int:
    """Read `n_jobs` as scikit-learn does."""
    if n_jobs is None:
        return 1
    if isinstance(n_jobs, bool) or not isinstance(n_jobs, Integral) or n_jobs == 0:
        raise ValueError(f"n_jobs={n_jobs!r}: expected None or a whole number other than 0")
    given = int(n_jobs)
    return given if given > 0 else max(1, (os.cpu_count() or 1) + 1 + given)
