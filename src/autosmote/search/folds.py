"""How good a policy is: cross-validation over training and validation rows, one fold of which is their split.

The training rows come in three parts, and the validation rows are the fourth. Without one of the parts there
are about as many rows left to train on as in the training split (of 60 and 20 %, as in Section 4.1), and
without the validation rows it is that split itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin

from autosmote.search.linear_policies import PolicySpace
from autosmote.search.reward import Predicted, Scorer, ValidationReward
from autosmote.search.space import Samples, minority_classes
from autosmote.utils.parts import join_parts


@dataclass(frozen=True)
class Fold:
    """One split of the rows.

    Attributes
    ----------
    policies : PolicySpace
        Of the rows to train on.
    reward : ValidationReward
        That trains on them and scores on the rows left out; its space is that of `policies`.
    """

    policies: PolicySpace
    reward: ValidationReward


@dataclass(frozen=True)
class FoldOutcome:
    """What came of one fit.

    Attributes
    ----------
    score : float
        On the rows left out; NaN if the classifier could not be fitted.
    n_synthetic : int
        Synthetic rows that it was fitted with.
    labels : ndarray of int, shape (n_left_out,), or None
        What it predicted for the rows left out, as positions in `classes`; None if the score is not one of
        labels, or the classifier could not be fitted.
    classes : ndarray, shape (n_classes,), or None
        The sorted labels that it can predict, which need not be those that it was given (a classifier may
        encode them); None where there are no `labels`.
    """

    score: float
    n_synthetic: int
    labels: NDArray[np.integer] | None = None
    classes: NDArray | None = None


class CrossValidation:
    """Score policies by the folds.

    Where the scorer asks for labels only, the score over several folds is that of all their labels together:
    with a handful of minority rows in a fold, its own score moves in large steps. Scores of probabilities and
    decision values are averaged instead, weighted by the rows left out, because the values of classifiers
    that were trained on different rows are not on one scale.

    Parameters
    ----------
    folds : sequence of Fold
        All of the same estimator and scorer. The last one is that on whose training rows the result is drawn.
    """

    def __init__(self, folds: Sequence[Fold]) -> None:
        self.folds = tuple(folds)
        rewards = [fold.reward for fold in self.folds]
        self._X = np.concatenate([reward.X_validation for reward in rewards])
        self._y = np.concatenate([reward.y_validation for reward in rewards])

    def fit(self, fold: int, samples: Samples) -> FoldOutcome:
        """Train on the rows of a fold and synthetic ones, and look at the rows left out.

        Parameters
        ----------
        fold : int
        samples : Samples
            Of the fold's space.

        Returns
        -------
        FoldOutcome
        """
        reward = self.folds[fold].reward
        classifier = reward.classifier(samples)
        if classifier is None:
            return FoldOutcome(math.nan, len(samples))
        if not reward.scores_labels:
            return FoldOutcome(reward.score(classifier), len(samples))
        predicted = _Once(classifier)
        score = reward.score(predicted)
        if math.isnan(score):
            return FoldOutcome(score, len(samples))
        classes = np.unique(predicted.classes_)
        labels = np.searchsorted(classes, predicted.predict(reward.X_validation))
        return FoldOutcome(score, len(samples), labels.astype(np.int16), classes)

    def score(self, outcomes: Sequence[FoldOutcome]) -> float:
        """Score a policy over all folds.

        Parameters
        ----------
        outcomes : sequence of FoldOutcome
            One for each of the folds, in their order.

        Returns
        -------
        float
            NaN if the classifier could not be fitted in one of them.
        """
        if any(math.isnan(outcome.score) for outcome in outcomes):
            return math.nan
        labels = [outcome.classes[outcome.labels] for outcome in outcomes if outcome.classes is not None]
        if len(labels) < len(outcomes):
            sizes = [len(fold.reward.y_validation) for fold in self.folds]
            return float(np.average([outcome.score for outcome in outcomes], weights=sizes))
        # In a fold, a class may be missing.
        classes = np.unique(np.concatenate([outcome.classes for outcome in outcomes]))
        pooled = Predicted(classes, np.concatenate(labels))
        return float(self.folds[0].reward.scorer(pooled, self._X, self._y))


class _Once(Predicted):
    """A fitted classifier that predicts once, however often it is asked: always about the same rows."""

    def __init__(self, classifier: ClassifierMixin) -> None:
        self._classifier = classifier
        self._labels: NDArray | None = None
        self.classes_ = classifier.classes_

    def predict(self, X: NDArray[np.float64]) -> NDArray:
        if self._labels is None:
            self._labels = self._classifier.predict(X)
        return self._labels


def make_folds(
    X_train: NDArray[np.float64],
    y_train: NDArray,
    X_validation: NDArray[np.float64],
    y_validation: NDArray,
    estimator: ClassifierMixin,
    scorer: Scorer,
    *,
    neighbours: int,
    seed: int,
    evaluator: str = "auto",
    nominal: NDArray[np.intp] | None = None,
) -> CrossValidation:
    """Make the folds of training and validation rows.

    Parameters
    ----------
    X_train, X_validation : ndarray of float64, shape (n_rows, n_features)
    y_train, y_validation : ndarray, shape (n_rows,)
        The classes below the largest one of both parts are over-sampled.
    estimator : classifier
        Unfitted.
    scorer : callable
    neighbours : int
        Number of nearest neighbours of an instance.
    seed : int
        Seeds the parts of the training rows.
    evaluator : {"auto", "plain"}, default "auto"
        See `ValidationReward`.
    nominal : ndarray of int, shape (n_features,), optional
        See `SearchSpace`; `seed` seeds the values of these columns too.

    Returns
    -------
    CrossValidation
        The last fold trains on the training rows, in their order, and is scored on the validation rows.

    Raises
    ------
    ValueError
        If a class has too few rows to interpolate between in a fold.
    """
    X = np.concatenate([X_train, X_validation])
    y, parts = join_parts(y_train, y_validation, seed)
    minority = minority_classes(y)
    folds = []
    for part in np.unique(parts):
        train, left_out = np.flatnonzero(parts != part), np.flatnonzero(parts == part)
        policies = PolicySpace.of_rows(X[train], y[train], minority, neighbours, nominal=nominal, seed=seed)
        rows = X[train], y[train], X[left_out], y[left_out]
        reward = ValidationReward(policies.space, estimator, scorer, *rows, evaluator=evaluator)
        folds.append(Fold(policies, reward))
    return CrossValidation(folds)
