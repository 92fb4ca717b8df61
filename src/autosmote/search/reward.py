"""The reward: what the base classifier scores on the validation rows (Section 3.2)."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.exceptions import ConvergenceWarning

from autosmote.search.fast_adaboost import AdaBoostPredictor
from autosmote.search.fast_knn import KNeighborsPredictor
from autosmote.search.fast_svm import LinearSVCPredictor
from autosmote.search.space import Samples, SearchSpace
from autosmote.utils.refusals import is_refusal

#: As scikit-learn's scorers: called with a fitted classifier, rows and their labels; larger is better.
Scorer = Callable[[ClassifierMixin, NDArray[np.float64], NDArray], float]


class LabelScorer:
    """A metric of labels as a scorer: what `sklearn.metrics.make_scorer` makes, less its checks.

    The checks take longer than predicting a few thousand rows, and a search scores after every fit.

    Parameters
    ----------
    metric : callable
        ``metric(y_true, y_pred)``, larger is better.
    """

    _response_method = "predict"  # As scikit-learn's scorers say what they ask of a classifier.

    def __init__(self, metric: Callable[[NDArray, NDArray], float]) -> None:
        self.metric = metric

    def __call__(self, estimator: ClassifierMixin, X: NDArray[np.float64], y: NDArray) -> float:
        """Score a fitted classifier.

        Parameters
        ----------
        estimator : classifier
        X : ndarray of float64, shape (n_rows, n_features)
        y : ndarray, shape (n_rows,)

        Returns
        -------
        float
        """
        return self.metric(y, estimator.predict(X))


#: What can predict the validation rows without fitting a classifier in the plain way, exactly.
FAST_PREDICTORS = (KNeighborsPredictor, AdaBoostPredictor, LinearSVCPredictor)


def asks_for_labels(scorer: Scorer) -> bool:
    """Tell whether a scorer asks a classifier for labels and for nothing else.

    Parameters
    ----------
    scorer : callable

    Returns
    -------
    bool
        Known of scikit-learn's scorers and of `LabelScorer`; False for any other callable.
    """
    return getattr(scorer, "_response_method", None) == "predict"


class ValidationReward:
    """Fit a clone of a classifier on training plus synthetic rows, score it on the validation rows.

    Parameters
    ----------
    space : SearchSpace
        Of the minority rows of `X_train`; their labels are those of the synthetic rows.
    estimator : classifier
        The base classifier, unfitted.
    scorer : callable
        ``scorer(fitted_estimator, X, y)``, larger is better, as made by `sklearn.metrics.make_scorer` or
        `LabelScorer`.
    X_train, X_validation : ndarray of float64, shape (n_rows, n_features)
    y_train, y_validation : ndarray, shape (n_rows,)
    evaluator : {"auto", "plain"}, default "auto"
        "auto" predicts without fitting where that is proven to give the same predictions: for two classes, of
        which one is over-sampled, a scorer of predictions and a classifier that a class of `FAST_PREDICTORS`
        supports. "plain" always fits. Only `__call__` is meant: what `fit` returns is the plain classifier.
    lenient : bool, default False
        Whether any ValueError of a fit says that the classifier cannot be fitted to rows with synthetic ones:
        each classifier refuses rows in its own words. It has no such leave with the rows as they are.

    Attributes
    ----------
    refusal : str
        What the classifier said when it last had that leave and could not be fitted.

    Raises
    ------
    ValueError
        If `evaluator` is not known.
    """

    def __init__(
        self,
        space: SearchSpace,
        estimator: ClassifierMixin,
        scorer: Scorer,
        X_train: NDArray[np.float64],
        y_train: NDArray,
        X_validation: NDArray[np.float64],
        y_validation: NDArray,
        evaluator: str = "auto",
        lenient: bool = False,
    ) -> None:
        if evaluator not in ("auto", "plain"):
            raise ValueError(f"evaluator={evaluator!r}: known values: auto, plain")
        self.space = space
        self.lenient = lenient
        self.refusal = ""
        self.estimator = estimator
        self.scorer = scorer
        self.X_train, self.y_train = X_train, y_train
        self.X_validation, self.y_validation = X_validation, y_validation
        self._classes = np.unique(y_train)
        self._predictor: KNeighborsPredictor | AdaBoostPredictor | LinearSVCPredictor | None = None
        # Only labels can be had without a fit.
        one_of_two = len(self._classes) == 2 and len(np.unique(space.labels)) == 1
        if evaluator == "auto" and self.scores_labels and one_of_two:
            for predictor in FAST_PREDICTORS:
                if predictor.supports(estimator, X_train):
                    self._predictor = predictor(space, estimator, X_train, y_train, X_validation)
                    break

    def fit(self, samples: Samples) -> ClassifierMixin:
        """Train a clone of the classifier on the training and the synthetic rows.

        Parameters
        ----------
        samples : Samples
            The synthetic rows.

        Returns
        -------
        classifier
            Fitted.
        """
        X, y = self.space.augment(self.X_train, self.y_train, samples)
        with warnings.catch_warnings():
            # A classifier that stops at its iteration limit is a valid base classifier; one warning per
            # episode would say nothing more.
            warnings.simplefilter("ignore", ConvergenceWarning)
            return clone(self.estimator).fit(X, y)

    @property
    def scores_labels(self) -> bool:
        """Whether the scorer asks a classifier for labels and for nothing else."""
        return asks_for_labels(self.scorer)

    def classifier(self, samples: Samples) -> ClassifierMixin | None:
        """A classifier for the validation rows, fitted only if its predictions cannot be had without.

        Parameters
        ----------
        samples : Samples
            The synthetic rows.

        Returns
        -------
        classifier or None
            Where it need not be fitted, all that it can do is to predict the validation rows. None if it
            cannot be fitted to these rows (see `lenient` and `autosmote.utils.refusals.is_refusal`).
        """
        try:
            if self._predictor is None:
                return self.fit(samples)
            return Predicted(self._classes, self._predictor.predict(samples))
        except ValueError as error:
            if is_refusal(error):
                return None
            if self.lenient and self._predictor is None and len(samples):
                self.refusal = str(error)
                return None
            raise

    def __call__(self, samples: Samples) -> float:
        """Validation score with these synthetic rows.

        Parameters
        ----------
        samples : Samples

        Returns
        -------
        float
            NaN if the classifier cannot be fitted to these rows.

        Raises
        ------
        ValueError
            If the scorer returns something that is not a finite number.
        """
        classifier = self.classifier(samples)
        return math.nan if classifier is None else self.score(classifier)

    def score(self, classifier: ClassifierMixin) -> float:
        """Validation score of a classifier.

        Parameters
        ----------
        classifier : classifier
            As `classifier` or `fit` returns it.

        Returns
        -------
        float
            NaN if the classifier has too few rows to predict with.

        Raises
        ------
        ValueError
            If the scorer returns something that is not a finite number.
        """
        try:
            score = float(self.scorer(classifier, self.X_validation, self.y_validation))
        except ValueError as error:
            if is_refusal(error):
                return math.nan
            raise
        if not np.isfinite(score):
            raise ValueError(
                f"the scorer returned {score} on the validation rows; a search needs finite scores"
            )
        return score


class CrossValidatedReward:
    """Mean of the validation scores of several splits of the same rows.

    In a split, a synthetic row counts only if both rows that it lies between are training rows there. So no
    split trains on a row that was made from one of its validation rows.

    Parameters
    ----------
    splits : sequence of (ValidationReward, ndarray of bool, shape (n_instances,))
        The reward of each split, and which instances of the search space are among its training rows.
    """

    def __init__(self, splits: Sequence[tuple[ValidationReward, NDArray[np.bool_]]]) -> None:
        self.splits = splits

    def __call__(self, samples: Samples) -> float:
        """Mean validation score with these synthetic rows.

        Parameters
        ----------
        samples : Samples

        Returns
        -------
        float
            NaN if the classifier cannot be fitted in one of the splits.

        Raises
        ------
        ValueError
            If the scorer returns something that is not a finite number.
        """
        scores = []
        for reward, in_training in self.splits:
            kept = in_training[samples.source] & in_training[samples.neighbour]
            scores.append(
                reward(Samples(samples.source[kept], samples.neighbour[kept], samples.weight[kept]))
            )
        return float(np.mean(scores))


class Predicted(ClassifierMixin, BaseEstimator):
    """A fitted classifier, to a scorer: one whose predictions are there already.

    Parameters
    ----------
    classes : ndarray, shape (n_classes,)
    labels : ndarray, shape (n_rows,)
        What it predicts, for the rows that it will be asked about.
    """

    def __init__(self, classes: NDArray, labels: NDArray) -> None:
        self.classes_ = classes
        self.labels = labels

    def predict(self, X: NDArray[np.float64]) -> NDArray:
        """Return the labels.

        Parameters
        ----------
        X : ndarray of float64, shape (n_rows, n_features)

        Returns
        -------
        ndarray, shape (n_rows,)
        """
        return self.labels
