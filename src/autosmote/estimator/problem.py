"""A caller's table as a problem for the search: its space, its classifier, its rewards."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.compose import make_column_transformer
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

from autosmote.estimator.columns import Columns, Decoder, TableSpace, dense, refuse_large
from autosmote.estimator.splits import make_splits
from autosmote.search.reward import FAST_PREDICTORS, CrossValidatedReward, Scorer, ValidationReward
from autosmote.search.space import Samples
from autosmote.utils.sklearn_settings import own_settings

NO_SAMPLES = Samples(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0))
"""No resampling, as the outcome of a search."""

_SMOTE_NEIGHBOURS = 5


class Problem:
    """What a search needs to know of a table, a classifier and a scorer.

    Parameters
    ----------
    X : DataFrame or ndarray, shape (n_rows, n_columns)
    y : ndarray, shape (n_rows,)
        At least two classes of different size.
    columns : Columns
        Of `X`.
    estimator : classifier or None
        A decision tree if None.
    scorer : callable
    validation : float, int, CV splitter or tuple (X, y)
        See `autosmote.estimator.splits.make_splits`.
    k_neighbors : int
    max_samples : int or None
    seed : int

    Attributes
    ----------
    instances : ndarray of int, shape (n_instances,)
        The rows of `X` that synthetic rows are made from: those of all classes below the largest, but for
        the rows of a single validation part.
    space : TableSpace
    reward : CrossValidatedReward

    Raises
    ------
    ValueError
        If a class has too few rows for `validation`, or these rows have infinite or huge values.
    """

    def __init__(
        self,
        X: pd.DataFrame | NDArray,
        y: NDArray,
        columns: Columns,
        *,
        estimator: ClassifierMixin | None,
        scorer: Scorer,
        validation: Any,
        k_neighbors: int,
        max_samples: int | None,
        seed: int,
    ) -> None:
        self._seed = seed
        classes, counts = np.unique(y, return_counts=True)
        minority = classes[counts < counts.max()]
        splits = make_splits(validation, X, y, minority, seed)
        for split in splits:
            refuse_large(split.X_validation)  # They may be rows of their own.
        in_training = np.isin(np.arange(len(y)), np.concatenate([split.train for split in splits]))
        self.instances = np.flatnonzero(np.isin(y, minority) & in_training)
        matrix = columns.encode(X)
        self.space = TableSpace(
            columns,
            matrix[self.instances],
            k_neighbors,
            labels=y[self.instances],
            features=columns.features(matrix, self.instances, y[self.instances]),
            max_samples=max_samples,
        )
        if estimator is None:
            estimator = _default_estimator(columns, seed)
        fast = columns.continuous and _predicts_fast(estimator, matrix)
        as_table = columns.is_frame and not fast
        if as_table or len(columns.wide):
            estimator = Pipeline([("table", Decoder(columns)), ("estimator", estimator)])
        splits = [
            # A table as the decoded training rows are.
            split._replace(X_validation=(dense if as_table else columns.encode)(split.X_validation))
            for split in splits
        ]

        def reward(evaluator: str) -> CrossValidatedReward:
            return CrossValidatedReward(
                [
                    (
                        ValidationReward(
                            self.space,
                            estimator,
                            scorer,
                            matrix[split.train],
                            y[split.train],
                            split.X_validation,
                            split.y_validation,
                            evaluator=evaluator,
                        ),
                        np.isin(self.instances, split.train),
                    )
                    for split in splits
                ]
            )

        # The predictors that do without a fit count on rows that lie exactly between two others.
        self.reward = reward("auto" if columns.continuous else "plain")
        self._plain_reward = reward("plain")

    def smote_score(self, n_draws: int) -> float:
        """Mean validation score with plain SMOTE: 5 neighbours, every class as large as the largest.

        Neighbours and distances are those of the search space, so that nominal columns are treated alike.

        Parameters
        ----------
        n_draws : int

        Returns
        -------
        float
            NaN if the classifier cannot be fitted.
        """
        rng = np.random.default_rng(self._seed)
        scores = [
            reward(self._smote(reward.y_train, in_training, rng))
            for _ in range(n_draws)
            for reward, in_training in self._plain_reward.splits
        ]
        return float(np.mean(scores))

    @own_settings()
    def _smote(self, y_train: NDArray, in_training: NDArray[np.bool_], rng: np.random.Generator) -> Samples:
        parts = []
        classes, counts = np.unique(y_train, return_counts=True)
        for label, count in zip(classes, counts, strict=True):
            rows = np.flatnonzero((self.space.labels == label) & in_training)
            wanted = counts.max() - count
            if not wanted or not len(rows):  # A class as large as the largest has no instances.
                continue
            neighbours = NearestNeighbors(n_neighbors=min(_SMOTE_NEIGHBOURS, len(rows) - 1))
            nearest = neighbours.fit(self.space.features[rows]).kneighbors(return_distance=False)
            source = rng.integers(len(rows), size=wanted)
            place = rng.integers(nearest.shape[1], size=wanted)
            parts.append((rows[source], rows[nearest[source, place]], rng.random(wanted)))
        if not parts:  # In a fold the classes can be of one size.
            return NO_SAMPLES
        source, neighbour, weight = (np.concatenate(part) for part in zip(*parts, strict=True))
        return Samples(source.astype(np.int32), neighbour.astype(np.int32), weight)


def _default_estimator(columns: Columns, seed: int) -> ClassifierMixin:
    tree = DecisionTreeClassifier(random_state=seed)
    if not columns.nominal.any() or not columns.is_frame:
        return tree
    onehot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    encoded = make_column_transformer((onehot, columns.nominal), remainder="passthrough")
    return make_pipeline(encoded.set_output(transform="default"), tree)


def _predicts_fast(estimator: ClassifierMixin, matrix: NDArray[np.float64]) -> bool:
    """Whether predictions can be had without a fit; then there is no need for a DataFrame either."""
    return any(predictor.supports(estimator, matrix) for predictor in FAST_PREDICTORS)
