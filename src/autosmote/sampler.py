"""AutoSMOTE as a sampler of imbalanced-learn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from imblearn.base import BaseSampler
from numpy.typing import NDArray
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
    on held-out rows [1]_. For two classes and numeric, finite features; scale the features first, as for
    SMOTE.

    Parameters
    ----------
    estimator : classifier, default None
        The classifier to over-sample for; a decision tree if None.
    scoring : str or callable, default "f1_macro"
        What to maximise, as in scikit-learn: a name or ``scorer(estimator, X, y)``.
    n_iterations : int, default 1000
        Episodes, each with one fit of the classifier.
    validation : float, default 0.25
        Fraction of the rows that is held out, stratified, to score on. They are part of the returned data,
        but no synthetic row is made from them.
    scale : float, default 4.0
        Most synthetic rows per minority row, as a multiple of the imbalance ratio (Section 4.1).
    k_neighbors : int, default 30
        Nearest minority neighbours to interpolate with.
    n_jobs : int, default 1
        Actor processes; 1 runs everything in this process. The result does not depend on it.
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
                f"class {minority!r} has {counts.min()} rows; AutoSMOTE needs at least 3: "
                "two to interpolate between and one to hold out"
            )
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        X_train, X_validation, y_train, y_validation = train_test_split(
            X, y, test_size=self.validation, stratify=y, random_state=seed
        )
        settings = SearchSettings.for_ratio(
            counts.max() / counts.min(),
            scale=self.scale,
            neighbours=self.k_neighbors,
            iterations=self.n_iterations,
            round_size=4,  # Small: few actors here, and the fresher the weights the better they learn.
            seed=seed,
        )
        space = SearchSpace(X_train[y_train == minority], self.k_neighbors)
        estimator = DecisionTreeClassifier(random_state=seed) if self.estimator is None else self.estimator
        scorer = get_scorer(self.scoring)
        reward = ValidationReward(
            space, estimator, scorer, X_train, y_train, X_validation, y_validation, minority
        )
        result = search(space, reward, settings, actors=self.n_jobs, device=self.device)
        self.best_score_ = result.best_score
        self.history_ = result.history
        self.minority_class_ = minority
        synthetic = space.interpolate(result.samples).astype(X.dtype)
        labels = np.full(len(synthetic), minority, dtype=y.dtype)
        return np.concatenate([X, synthetic]), np.concatenate([y, labels])
