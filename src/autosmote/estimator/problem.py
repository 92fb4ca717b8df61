"""A caller's table as a problem for a search: its rows, its splits, its classifier."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.compose import make_column_transformer
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

from autosmote.estimator.columns import Columns, Decoder, dense, refuse_large
from autosmote.estimator.splits import Split
from autosmote.search.reward import FAST_PREDICTORS, Scorer, ValidationReward, asks_for_labels
from autosmote.search.space import Samples, SearchSpace, minority_classes
from autosmote.utils.sklearn_settings import own_settings

NO_SAMPLES = Samples(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0))
"""No resampling, as the outcome of a search."""

_SMOTE_NEIGHBOURS = 5


class Problem(ABC):
    """What a search needs to know of a table, a classifier and a scorer.

    Parameters
    ----------
    X : DataFrame or ndarray, shape (n_rows, n_columns)
    y : ndarray, shape (n_rows,)
        At least two classes of different size.
    columns : Columns
        Of `X`.
    splits : sequence of Split
        What to train on, and what to score on.
    estimator : classifier or None
        A decision tree if None.
    scorer : callable
    seed : int

    Attributes
    ----------
    y : ndarray, shape (n_rows,)
    matrix : ndarray of float64, shape (n_rows, n_columns + n_wide)
        The encoded rows.
    classifier : classifier
        `estimator`, for encoded rows.

    Raises
    ------
    ValueError
        If rows to score on have infinite or huge values.
    """

    def __init__(
        self,
        X: pd.DataFrame | NDArray,
        y: NDArray,
        columns: Columns,
        splits: list[Split],
        *,
        estimator: ClassifierMixin | None,
        scorer: Scorer,
        seed: int,
    ) -> None:
        self.y, self.columns, self.scorer, self.seed = y, columns, scorer, seed
        for split in splits:
            refuse_large(split.X_validation)  # They may be rows of their own.
        self.matrix = columns.encode(X)
        if estimator is None:
            estimator = _default_estimator(columns, seed)
        # Any other scorer may look at the columns by name.
        fast = columns.continuous and asks_for_labels(scorer) and _predicts_fast(estimator, self.matrix)
        as_table = columns.is_frame and not fast
        if as_table or len(columns.wide):
            estimator = Pipeline([("table", Decoder(columns)), ("estimator", estimator)])
        self.classifier = estimator
        self._made: list[ValidationReward] = []
        self._splits = [
            # A table as the decoded training rows are.
            split._replace(X_validation=(dense if as_table else columns.encode)(split.X_validation))
            for split in splits
        ]

    @property
    def refusal(self) -> str:
        """What the classifier said of over-sampled rows that it could not be fitted to, if there were any."""
        return next((reward.refusal for reward in self._made if reward.refusal), "")

    @abstractmethod
    def baseline_score(self) -> float:
        """Score without resampling; NaN if the classifier cannot be fitted."""

    @abstractmethod
    def smote_score(self, n_draws: int) -> float:
        """Mean score with plain SMOTE: 5 neighbours, every class as large as the largest, or as asked for.

        Neighbours and distances are those of the search space, so that nominal columns are treated alike.

        Parameters
        ----------
        n_draws : int

        Returns
        -------
        float
            NaN if the classifier cannot be fitted.
        """

    def _reward(self, space: SearchSpace, split: Split, *, plain: bool) -> ValidationReward:
        """The reward of a split.

        The predictors that do without a fit count on rows that lie exactly between two others, at the weights
        of the search. What is `plain` does without these predictors.
        """
        reward = ValidationReward(
            space,
            self.classifier,
            self.scorer,
            self.matrix[split.train],
            self.y[split.train],
            split.X_validation,
            split.y_validation,
            evaluator="plain" if plain or not self.columns.continuous else "auto",
            lenient=True,
        )
        self._made.append(reward)
        return reward


@own_settings()
def plain_smote(
    space: SearchSpace, y_train: NDArray, in_training: NDArray[np.bool_], rng: np.random.Generator
) -> Samples:
    """Draw as SMOTE does: from 5 neighbours, until every class is as large as the largest, or as asked for.

    Parameters
    ----------
    space : SearchSpace
    y_train : ndarray, shape (n_train,)
        Labels of the training rows.
    in_training : ndarray of bool, shape (n_instances,)
        The instances among them.
    rng : numpy.random.Generator

    Returns
    -------
    Samples
    """
    parts = []
    largest = np.unique(y_train, return_counts=True)[1].max()
    for number, label in enumerate(np.unique(space.labels)):
        of_class = space.labels == label
        rows = np.flatnonzero(of_class & in_training)
        if space.asked is None:
            wanted = int(largest - np.sum(y_train == label))
        else:  # Of the rows that a split trains on, their share.
            wanted = round(space.asked[number] * len(rows) / of_class.sum())
        if not wanted:
            continue
        neighbours = NearestNeighbors(n_neighbors=min(_SMOTE_NEIGHBOURS, len(rows) - 1), metric=space.metric)
        nearest = neighbours.fit(space.features[rows]).kneighbors(return_distance=False)
        source = rng.integers(len(rows), size=wanted)
        place = rng.integers(nearest.shape[1], size=wanted)
        parts.append((rows[source], rows[nearest[source, place]], rng.random(wanted)))
    if not parts:  # In a fold the classes can be of one size.
        return NO_SAMPLES
    source, neighbour, weight = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Samples(source.astype(np.int32), neighbour.astype(np.int32), weight)


def takes_missing(estimator: ClassifierMixin | None) -> bool:
    """Whether an estimator says that it can be fitted to rows with missing values.

    Parameters
    ----------
    estimator : classifier or None
        Of a pipeline, its first step is asked. None is the default, a decision tree, which can.

    Returns
    -------
    bool
    """
    while isinstance(estimator, Pipeline):
        steps = (step for _, step in estimator.steps if not isinstance(step, str | None))
        estimator = next(steps, None)
    if estimator is None:
        return True
    tags = getattr(estimator, "__sklearn_tags__", None)  # Not every classifier comes from scikit-learn.
    return tags is not None and bool(tags().input_tags.allow_nan)


def over_sampled(y: NDArray, asked: NDArray[np.int64] | None) -> NDArray:
    """List the classes to over-sample.

    Parameters
    ----------
    y : ndarray, shape (n_rows,)
    asked : ndarray of int, shape (n_classes,), or None
        Synthetic rows of each of the sorted classes.

    Returns
    -------
    ndarray, shape (n_minority_classes,)
        Those of which rows are asked for; those below the largest where it is None.
    """
    return minority_classes(y) if asked is None else np.unique(y)[asked > 0]


def _default_estimator(columns: Columns, seed: int) -> ClassifierMixin:
    tree = DecisionTreeClassifier(random_state=seed)
    if not columns.named:
        return tree
    onehot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    encoded = make_column_transformer((onehot, columns.nominal), remainder="passthrough")
    return make_pipeline(encoded.set_output(transform="default"), tree)


def _predicts_fast(estimator: ClassifierMixin, matrix: NDArray[np.float64]) -> bool:
    """Whether predictions can be had without a fit; then there is no need for a DataFrame either."""
    return any(predictor.supports(estimator, matrix) for predictor in FAST_PREDICTORS)
