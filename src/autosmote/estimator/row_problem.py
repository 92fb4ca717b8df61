"""The problem of the paper's search: which synthetic rows are best."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin

from autosmote.estimator.columns import Columns, TableSpace
from autosmote.estimator.problem import NO_SAMPLES, Problem, over_sampled, plain_smote
from autosmote.estimator.splits import make_splits
from autosmote.search.reward import CrossValidatedReward, Scorer


class RowProblem(Problem):
    """One space for all splits, in each of which those synthetic rows count that it could have made.

    Parameters
    ----------
    X, y, columns, estimator, scorer, seed
        See `Problem`.
    validation : float, int, CV splitter or tuple (X, y)
        See `autosmote.estimator.splits.make_splits`.
    k_neighbors : int or nearest-neighbours estimator
        See `autosmote.search.space.SearchSpace`.
    groups : ndarray, shape (n_rows,), optional
        For splitters that keep the rows of a group together.
    max_samples : int or None
    asked : ndarray of int, shape (n_classes,), optional
        Synthetic rows of each of the sorted classes; by default as many as the search makes.

    Attributes
    ----------
    instances : ndarray of int, shape (n_instances,)
        The rows of `X` that synthetic rows are made from: those of the classes to over-sample, but for
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
        k_neighbors: Any,
        max_samples: int | None,
        seed: int,
        groups: NDArray | None = None,
        asked: NDArray[np.int64] | None = None,
    ) -> None:
        minority = over_sampled(y, asked)
        splits = make_splits(validation, X, y, minority, seed, groups)
        super().__init__(X, y, columns, splits, estimator=estimator, scorer=scorer, seed=seed)
        in_training = np.isin(np.arange(len(y)), np.concatenate([split.train for split in splits]))
        self.instances = np.flatnonzero(np.isin(y, minority) & in_training)
        features = columns.features(self.matrix, self.instances, y[self.instances])
        self.space = TableSpace(
            columns,
            self.matrix[self.instances],
            k_neighbors,
            labels=y[self.instances],
            features=features,
            state_features=np.nan_to_num(features, nan=0.0),  # A missing value is the mean, to the policies.
            max_samples=max_samples,
            seed=seed,
            asked=None if asked is None else asked[asked > 0],
        )
        self.reward, self._plain = self._rewards(plain=False), self._rewards(plain=True)

    def baseline_score(self) -> float:
        """See `Problem.baseline_score`."""
        return self.reward(NO_SAMPLES)

    def smote_score(self, n_draws: int) -> float:
        """See `Problem.smote_score`."""
        rng = np.random.default_rng(self.seed)
        scores = [
            reward(plain_smote(self.space, reward.y_train, in_training, rng))
            for _ in range(n_draws)
            for reward, in_training in self._plain.splits
        ]
        return float(np.mean(scores))

    def _rewards(self, *, plain: bool) -> CrossValidatedReward:
        return CrossValidatedReward(
            [
                (self._reward(self.space, split, plain=plain), np.isin(self.instances, split.train))
                for split in self._splits
            ]
        )
