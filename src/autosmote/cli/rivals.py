"""What AutoSMOTE is compared with on a person's table: samplers in a pipeline, class weights, a threshold.

Each is something of scikit-learn's to fit to codes of classes. Where it has a setting - the ratio that a
sampler aims at, the weight of the rarer classes, the threshold - cross-validation on the training rows
chooses it, by the score of the case.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from imblearn.pipeline import Pipeline
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.model_selection import GridSearchCV, TunedThresholdClassifierCV
from sklearn.utils.validation import has_fit_parameter

from autosmote.cli.case import Case
from autosmote.cli.codes import Wrapper
from autosmote.estimator.autosmote import find_scorer
from autosmote.samplers import registry
from autosmote.samplers.multiclass import one_by_one
from autosmote.samplers.spec import ONE_BY_ONE, NotApplicable, SamplerSpec, Training

BASELINE = "NoResampling"
CLASS_WEIGHT = "ClassWeight"
DECISION_THRESHOLD = "DecisionThreshold"

RATIOS = tuple(tenth / 10 for tenth in range(1, 11))
"""Rows of a class, over those of the largest, to choose from, as in the study (Section 4.1)."""

Splits = Sequence[tuple[NDArray[np.intp], NDArray[np.intp]]]
"""Rows to train on and rows to score on, by position."""


def names() -> list[str]:
    """Return the names of the rivals: no resampling, registered samplers, class weights and a threshold."""
    samplers = [spec.name for spec in registry.specs() if isinstance(spec, SamplerSpec)]
    return [*samplers, CLASS_WEIGHT, DECISION_THRESHOLD]


class RatioSampler(BaseEstimator):
    """A registered sampler as a step of a pipeline.

    Of more than two classes, one after the other is over-sampled against all others
    (`autosmote.samplers.multiclass`); that can be done with samplers that add rows and change none.

    Parameters
    ----------
    name : str
        Of a `SamplerSpec`.
    ratio : float or None
        Rows of a class over those of the largest.
    n_numbers : int
        The first columns are numbers, the others are one-hot encoded.
    random_state : int
    """

    def __init__(self, name: str, ratio: float | None, n_numbers: int, random_state: int) -> None:
        self.name = name
        self.ratio = ratio
        self.n_numbers = n_numbers
        self.random_state = random_state

    def fit_resample(self, X: NDArray[np.float64], y: NDArray) -> tuple[NDArray[np.float64], NDArray]:
        """Resample encoded rows.

        Parameters
        ----------
        X : ndarray of float64, shape (n_rows, n_features)
        y : ndarray, shape (n_rows,)

        Returns
        -------
        X_resampled : ndarray of float64, shape (n_resampled, n_features)
        y_resampled : ndarray, shape (n_resampled,)

        Raises
        ------
        NotApplicable
            If the sampler cannot be used on these rows, at this ratio, or in a pipeline.
        """
        spec: Any = registry.get(self.name)
        onehot = np.arange(X.shape[1]) >= self.n_numbers
        classes, counts = np.unique(y, return_counts=True)
        if len(classes) == 2:
            rare, common = classes[np.argsort(counts, kind="stable")]
            training = Training(X, (y == rare).astype(np.int64), onehot)
            resampled = spec.build(training, self.random_state)(self.ratio)
            if resampled.transform is not None:
                raise NotApplicable(f"{self.name} makes other columns, which a step of a pipeline cannot")
            return resampled.X, np.where(resampled.y == 1, rare, common)
        if spec.multiclass != ONE_BY_ONE:
            raise NotApplicable(f"{self.name} takes two classes here, and there are {len(classes)}")
        resampled = one_by_one(spec.build, Training(X, y, onehot), self.random_state)(self.ratio)
        return resampled.X, resampled.y


class ClassWeighted(MetaEstimatorMixin, Wrapper):
    """A classifier whose rarer classes weigh more.

    Parameters
    ----------
    estimator : classifier
        Its `fit` takes ``sample_weight``.
    ratio : float, default 1.0
        Least weight of all rows of a class together, over that of the largest class.
    """

    def __init__(self, estimator: ClassifierMixin, ratio: float = 1.0) -> None:
        self.estimator = estimator
        self.ratio = ratio

    def fit(self, X: Any, y: NDArray) -> ClassWeighted:
        """Fit the classifier with weights.

        Parameters
        ----------
        X : array-like, shape (n_rows, n_columns)
        y : ndarray, shape (n_rows,)

        Returns
        -------
        ClassWeighted
        """
        self.classes_, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
        weights = np.maximum(counts, self.ratio * counts.max()) / counts
        self.estimator_ = clone(self.estimator).fit(X, y, sample_weight=weights[codes])
        return self


def fit(
    name: str, case: Case, X: pd.DataFrame, y: NDArray[np.int64], folds: Splits, seed: int
) -> tuple[Any, str]:
    """Fit a rival to training rows.

    Parameters
    ----------
    name : str
        One of `names`.
    case : Case
    X : DataFrame, shape (n_rows, n_columns)
        Columns of numbers and of categories.
    y : ndarray of int64, shape (n_rows,)
        Codes of the classes.
    folds : sequence of (ndarray, ndarray)
        To choose the setting by.
    seed : int

    Returns
    -------
    model : classifier
        Predicts codes.
    note : str
        What a reader of its score has to know; mostly nothing.

    Raises
    ------
    NotApplicable
        If it cannot be used for this case.
    """
    pipeline = case.pipeline(seed)
    if name == BASELINE:
        return pipeline.fit(X, y), ""
    scorer = find_scorer(case.scoring)
    if name == DECISION_THRESHOLD:
        return _fit_threshold(case, pipeline, scorer, X, y, folds)
    (_, columns), (_, classifier) = pipeline.steps
    if name == CLASS_WEIGHT:
        if not has_fit_parameter(classifier, "sample_weight"):
            raise NotApplicable(f"{case.estimator} takes no weights")
        steps, setting = [("classifier", ClassWeighted(classifier))], "classifier__ratio"
    else:
        spec = registry.get(name)
        n_numbers = X.select_dtypes("number").shape[1]
        sampler = RatioSampler(name, None, n_numbers, seed)
        steps = [("sampler", sampler), ("classifier", classifier)]
        setting = "sampler__ratio" if spec.takes_ratio else ""
    whole = Pipeline([("columns", columns), *steps])
    if not setting:
        return whole.fit(X, y), ""
    search = GridSearchCV(whole, {setting: RATIOS}, scoring=scorer, cv=folds)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Ratios that do not apply, on which there is nothing to say.
        try:
            search.fit(X, y)
        except ValueError as error:
            raise NotApplicable(str(error).strip().splitlines()[-1]) from error
    if np.isnan(search.best_score_):  # Of equals, scikit-learn takes the first.
        raise NotApplicable("no ratio could be scored on all folds")
    return search, ""


def _fit_threshold(
    case: Case, pipeline: Any, scorer: Any, X: pd.DataFrame, y: NDArray[np.int64], folds: Splits
) -> tuple[Any, str]:
    if len(case.codes.classes) > 2:
        raise NotApplicable("a threshold decides between two classes")
    if not _looks_at_labels(scorer, clone(pipeline).fit(X, y), X, y):
        raise NotApplicable(f"{case.scoring} looks at probabilities, which a threshold does not change")
    tuned = TunedThresholdClassifierCV(pipeline, scoring=scorer, cv=folds).fit(X, y)
    train, score = folds[0]
    values = np.unique(_responses(clone(pipeline).fit(X.iloc[train], y[train]), X.iloc[score]))
    if len(values) > 2:
        return tuned, ""
    return tuned, (
        f"no threshold can act: of rows that it was not trained on, {case.estimator} says only "
        f"{' or '.join(f'{value:g}' for value in values)}, as a fully grown tree does"
    )


def _responses(model: Any, X: pd.DataFrame) -> NDArray[np.float64]:
    """What a threshold is laid on."""
    return model.predict_proba(X)[:, 1] if hasattr(model, "predict_proba") else model.decision_function(X)


class _Labels(ClassifierMixin, BaseEstimator):
    """A fitted classifier of which only the labels can be seen."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.classes_ = model.classes_

    def predict(self, X: Any) -> NDArray:
        return self.model.predict(X)


def _looks_at_labels(scorer: Any, model: Any, X: pd.DataFrame, y: NDArray[np.int64]) -> bool:
    """Whether a scorer can do with labels."""
    try:
        scorer(_Labels(model), X, y)
    except Exception:  # Each scorer refuses in its own way.
        return False
    return True
