"""The problem of policy search: which policies are best over folds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.pipeline import Pipeline

from autosmote.estimator.columns import Columns, TableSpace
from autosmote.estimator.problem import NO_SAMPLES, Problem, over_sampled, plain_smote
from autosmote.estimator.splits import make_folds, make_splits
from autosmote.search.folds import CrossValidation, Fold
from autosmote.search.linear_policies import PolicySpace
from autosmote.search.reward import Scorer
from autosmote.search.space import Samples, SearchSpace
from autosmote.utils.names import SCORERS
from autosmote.utils.sklearn_settings import own_settings

# Random stream of the draw on all rows, besides those of the search (`autosmote.search.evolution`).
_ALL_ROWS = 3


class PolicyProblem(Problem):
    """A space for each fold.

    The folds are those of a cross-validation that the caller asks for. A single split makes the last one, and
    parts of its training rows the others, as in the study (see `autosmote.estimator.splits.make_folds`).

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
        Synthetic rows of each of the sorted classes; by default as many as the policies make. In a fold it
        is their share: as many rows of a class for each of its training rows as in what is returned.
    refit : bool, default True
        Whether what is returned is drawn on all rows, or on the training rows of the last fold.

    Attributes
    ----------
    folds : CrossValidation

    Raises
    ------
    ValueError
        If a class has too few rows for `validation` or for a fold, or there are infinite or huge values.
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
        refit: bool = True,
    ) -> None:
        if y.dtype == object:
            y = y.astype(str)  # scikit-learn takes no other labels of this type, and counting needs one type.
        self._minority = over_sampled(y, asked)
        splits = make_splits(validation, X, y, self._minority, seed, groups)
        if len(splits) == 1 and groups is not None:
            raise ValueError(
                f"validation={validation!r} makes one split; policy search scores on several, so with groups "
                "use a splitter with at least two, such as GroupKFold"
            )
        if len(splits) == 1:
            splits = make_folds(splits[0], X, y, self._minority, seed)
        super().__init__(X, y, columns, splits, estimator=estimator, scorer=scorer, seed=seed)
        self._k_neighbors, self._max_samples = k_neighbors, max_samples
        self._rates = None
        if asked is not None:
            self._rates = asked[asked > 0] / self._counts(np.arange(len(y)) if refit else splits[-1].train)
        self._features = columns.features_of_all(self.matrix, np.isin(y, self._minority))
        spaces = [self._space(split.train) for split in splits]
        self.folds, self._plain = (
            CrossValidation(
                [
                    Fold(space, self._reward(space.space, split, plain=plain))
                    for space, split in zip(spaces, self._splits, strict=True)
                ]
            )
            for plain in (False, True)
        )

    def baseline_score(self) -> float:
        """See `Problem.baseline_score`."""
        return self.folds.score([self.folds.fit(fold, NO_SAMPLES) for fold in range(len(self.folds.folds))])

    def smote_score(self, n_draws: int) -> float:
        """See `Problem.smote_score`."""
        rng = np.random.default_rng(self.seed)
        scores = []
        for _ in range(n_draws):
            outcomes = []
            for number, fold in enumerate(self._plain.folds):
                space = fold.policies.space
                everywhere = np.ones(space.n_instances, dtype=bool)
                samples = plain_smote(space, fold.reward.y_train, everywhere, rng)
                outcomes.append(self._plain.fit(number, samples))
            scores.append(self._plain.score(outcomes))
        return float(np.mean(scores))

    def draw_on_all_rows(self, policies: NDArray[np.float64]) -> tuple[SearchSpace, Samples]:
        """Draw synthetic rows by policies on all rows, those of training and validation together.

        Parameters
        ----------
        policies : ndarray of float64, shape (n_policies, 18)

        Returns
        -------
        space : SearchSpace
            Its instances are the rows of the classes to over-sample.
        samples : Samples
        """
        policy_space = self._space(np.arange(len(self.y)))
        samples = policy_space.draw(policies, np.random.default_rng([self.seed, _ALL_ROWS]))
        return policy_space.space, samples

    def bank_key(self, scoring: str) -> tuple[str, str | None]:
        """What a bank of policies knows the classifier and the scorer by.

        Parameters
        ----------
        scoring : str
            Name of the scorer, the study's or scikit-learn's.

        Returns
        -------
        classifier : str
            Name of the class of the classifier, at the end of any pipeline and inside of any wrapper.
        metric : str or None
            Name of the metric in the study.
        """
        classifier: Any = self.classifier
        while True:
            if isinstance(classifier, Pipeline):
                classifier = classifier.steps[-1][1]
            elif hasattr(classifier, "__wrapped__"):
                classifier = classifier.__wrapped__
            else:
                break
        study = {name: name for name in SCORERS} | {theirs: ours for ours, theirs in SCORERS.items()}
        return type(classifier).__name__, study.get(scoring)

    def instances(self, rows: NDArray[np.intp] | None = None) -> NDArray[np.intp]:
        """Choose from some rows those that synthetic ones are made of.

        Parameters
        ----------
        rows : ndarray of int, optional
            Positions. Default: the training rows of the last fold.

        Returns
        -------
        ndarray of int, shape (n_instances,)
        """
        rows = self._splits[-1].train if rows is None else rows
        return rows[np.isin(self.y[rows], self._minority)]

    def _counts(self, rows: NDArray[np.intp]) -> NDArray[np.int64]:
        """Number of rows of each class to over-sample."""
        return np.array([np.sum(self.y[rows] == label) for label in self._minority])

    @own_settings()
    def _space(self, rows: NDArray[np.intp]) -> PolicySpace:
        instances = self.instances(rows)
        space = TableSpace(
            self.columns,
            self.matrix[instances],
            self._k_neighbors,
            labels=self.y[instances],
            features=self._features[instances],
            max_samples=self._max_samples,
            seed=self.seed,
            asked=None if self._rates is None else np.rint(self._rates * self._counts(rows)).astype(np.int64),
        )
        # To what policies see, a missing value is the mean of its column.
        return PolicySpace(space, np.nan_to_num(self._features[rows], nan=0.0), self.y[rows])
