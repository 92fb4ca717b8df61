"""Probabilities of a classifier that was trained on resampled rows, brought back to the real frequencies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn import get_config
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.utils import get_tags
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d

Prior = Mapping[Any, float] | ArrayLike
"""Frequencies of the classes: by label, or in the order of the sorted labels."""


class PriorCorrectedClassifier(MetaEstimatorMixin, ClassifierMixin, BaseEstimator):
    """Correct the probabilities of a classifier for the class frequencies that it was trained on.

    A classifier that is trained on resampled or weighted rows answers how probable a class would be if it
    were as frequent as in those rows. If resampling changes the frequencies of the classes and not what the
    rows of a class look like (prior shift), Bayes' theorem gives the probability at other frequencies: each
    is multiplied by the new frequency of its class over the one trained on, and divided by their sum (Elkan
    2001, Theorem 2; Saerens and others 2002, Eq. 2.4). Over-sampling by repetition, random under-sampling and
    class weights are of this kind. SMOTE and AutoSMOTE are so approximately, for they also fill the space
    between rows.

    Parameters
    ----------
    estimator : classifier
        With `predict_proba`. A pipeline of imbalanced-learn with samplers, or any classifier.
    class_prior : dict, array-like of shape (n_classes,) or None, default None
        The frequencies to correct to: positive numbers that sum to one, by label or in the order of
        `classes_`. None takes the shares of the classes in the `y` that `fit` is given.
    training_prior : dict, array-like of shape (n_classes,) or None, default None
        The frequencies that the classifier is trained on, as `class_prior`. None finds them out: it counts
        the rows that reach the classifier at the end of the pipeline, times their `sample_weight` and
        `class_weight`. Where an estimator resamples or weighs classes inside, such as
        `BalancedBaggingClassifier` or a `GridSearchCV` of a classifier with `class_weight`, that cannot be
        seen from outside, and this has to be given.

    Attributes
    ----------
    estimator_ : classifier
        The fitted `estimator`.
    classes_ : ndarray of shape (n_classes,)
    class_prior_, training_prior_ : ndarray of float64, shape (n_classes,)
        The frequencies in use, in the order of `classes_`.
    n_features_in_ : int
        As the fitted estimator says, if it does.
    feature_names_in_ : ndarray of str
        As the fitted estimator says, if it does.

    Notes
    -----
    *Labels.* `predict` names the class with the highest corrected probability. So it also undoes what
    resampling has done to the labels. Those are what ``estimator_.predict`` gives. For two classes the order
    of rows by probability is the same before and after the correction.

    *Overconfidence stays.* The correction moves probabilities by the odds of the frequencies. It does not
    help a classifier whose probabilities are wrong for another reason: a full-grown tree says 0 or 1, and
    both stay as they are. There, put `sklearn.calibration.CalibratedClassifierCV` around the whole pipeline,
    and leave this out.

    References
    ----------
    C. Elkan, "The foundations of cost-sensitive learning", IJCAI 2001.

    M. Saerens, P. Latinne, C. Decaestecker, "Adjusting the outputs of a classifier to new a priori
    probabilities: a simple procedure", Neural Computation 14(1), 2002.

    Examples
    --------
    >>> from imblearn.over_sampling import SMOTE
    >>> from imblearn.pipeline import make_pipeline
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from autosmote import PriorCorrectedClassifier
    >>> X, y = make_classification(2000, weights=[0.95], random_state=0)
    >>> pipeline = make_pipeline(SMOTE(random_state=0), LogisticRegression())
    >>> corrected = PriorCorrectedClassifier(pipeline).fit(X, y)
    >>> corrected.training_prior_
    array([0.5, 0.5])
    >>> bool(corrected.predict_proba(X)[:, 1].mean() < 0.1)
    True
    """

    _required_parameters = ["estimator"]

    def __init__(
        self,
        estimator: ClassifierMixin,
        *,
        class_prior: Prior | None = None,
        training_prior: Prior | None = None,
    ) -> None:
        self.estimator = estimator
        self.class_prior = class_prior
        self.training_prior = training_prior

    def fit(self, X: Any, y: Any, **fit_params: Any) -> PriorCorrectedClassifier:
        """Fit the estimator, and note the frequencies of the classes before and after its samplers.

        Parameters
        ----------
        X : array-like, sparse matrix or DataFrame, shape (n_rows, n_columns)
            As the estimator takes it.
        y : array-like, shape (n_rows,)
        **fit_params : dict
            For the estimator's `fit`, such as ``logisticregression__sample_weight``; routed, where
            scikit-learn's metadata routing is on.

        Returns
        -------
        PriorCorrectedClassifier

        Raises
        ------
        ValueError
            If the estimator has no `predict_proba`, if it resamples or weighs classes where that cannot be
            seen and `training_prior` is not given, or if given frequencies do not fit to the classes.
        """
        labels = column_or_1d(y, warn=True)
        check_classification_targets(labels)
        if not hasattr(self.estimator, "predict_proba"):
            raise ValueError(
                f"estimator={self.estimator!r} has no predict_proba, and there is nothing to correct without "
                "probabilities"
            )
        if get_config()["enable_metadata_routing"]:
            fit_params = process_routing(self, "fit", **fit_params).estimator.fit
        estimator = clone(self.estimator)
        if self.training_prior is None:
            self.estimator_, trained_on = _fit_and_weigh(estimator, X, labels, fit_params)
        else:
            self.estimator_ = estimator.fit(X, labels, **fit_params)
        self.classes_ = self.estimator_.classes_
        if self.training_prior is None:
            self.training_prior_ = _shares(trained_on, self.classes_)
        else:
            self.training_prior_ = _given("training_prior", self.training_prior, self.classes_)
        if self.class_prior is None:
            classes, counts = np.unique(labels, return_counts=True)
            self.class_prior_ = _shares(dict(zip(classes, counts, strict=True)), self.classes_)
        else:
            self.class_prior_ = _given("class_prior", self.class_prior, self.classes_)
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(self.estimator_, name):
                setattr(self, name, getattr(self.estimator_, name))
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Corrected probabilities.

        Parameters
        ----------
        X : array-like, sparse matrix or DataFrame, shape (n_rows, n_columns)

        Returns
        -------
        ndarray of float64, shape (n_rows, n_classes)
            In the order of `classes_`. Each row sums to one.
        """
        check_is_fitted(self)
        probabilities = np.asarray(self.estimator_.predict_proba(X), dtype=np.float64)
        # A class whose rows all had the weight zero was not learned; there is nothing to scale up.
        trained_on = self.training_prior_ > 0
        factors = np.divide(
            self.class_prior_, self.training_prior_, out=np.zeros(len(trained_on)), where=trained_on
        )
        weighed = probabilities * factors
        return weighed / weighed.sum(axis=1, keepdims=True)

    def predict_log_proba(self, X: Any) -> NDArray[np.float64]:
        """Logarithms of the corrected probabilities; see `predict_proba`."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def predict(self, X: Any) -> NDArray:
        """The class with the highest corrected probability.

        Parameters
        ----------
        X : array-like, sparse matrix or DataFrame, shape (n_rows, n_columns)

        Returns
        -------
        ndarray, shape (n_rows,)
        """
        probabilities = self.predict_proba(X)
        return self.classes_[np.argmax(probabilities, axis=1)]

    def get_metadata_routing(self) -> MetadataRouter:
        """What scikit-learn's metadata routing asks: everything goes to the estimator's `fit`."""
        return MetadataRouter(owner=self).add(
            estimator=self.estimator, method_mapping=MethodMapping().add(caller="fit", callee="fit")
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags = inner.input_tags
        if inner.classifier_tags is not None:
            tags.classifier_tags = inner.classifier_tags
        tags.non_deterministic = inner.non_deterministic
        return tags


class _Weigher(ClassifierMixin, BaseEstimator):
    """In place of a classifier: fits it, and notes the weight of each class among the rows it is given."""

    def __init__(self, estimator: ClassifierMixin) -> None:
        self.estimator = estimator

    def fit(self, X: Any, y: Any, **fit_params: Any) -> _Weigher:
        self.estimator_ = self.estimator.fit(X, y, **fit_params)
        class_weight = getattr(self.estimator, "class_weight", None)
        if class_weight == "balanced_subsample":  # Balanced again in each tree of a forest.
            class_weight = "balanced"
        weights = compute_sample_weight(class_weight, y)
        if fit_params.get("sample_weight") is not None:
            weights = weights * np.asarray(fit_params["sample_weight"])
        classes, codes = np.unique(y, return_inverse=True)
        self.weights_ = dict(zip(classes, np.bincount(codes, weights), strict=True))
        return self

    def get_metadata_routing(self) -> Any:
        return self.estimator.get_metadata_routing()


def _fit_and_weigh(
    estimator: ClassifierMixin, X: Any, y: Any, fit_params: Mapping[str, Any]
) -> tuple[ClassifierMixin, dict[Any, float]]:
    """Fit; return what is fitted, and the weight of each class where the classifier at the end stands."""
    pipelines, last = [], estimator
    while hasattr(last, "steps"):
        pipelines.append(last)
        last = last.steps[-1][1]
    _refuse_hidden_frequencies(last)
    weigher = _Weigher(last)
    if not pipelines:
        weigher.fit(X, y, **fit_params)
        return weigher.estimator_, weigher.weights_
    name = pipelines[-1].steps[-1][0]
    pipelines[-1].steps[-1] = (name, weigher)
    estimator.fit(X, y, **fit_params)
    pipelines[-1].steps[-1] = (name, weigher.estimator_)
    return estimator, weigher.weights_


_OTHER_WEIGHTS = ("scale_pos_weight", "is_unbalance", "auto_class_weights", "class_weights")
"""What XGBoost, LightGBM and CatBoost call their weights of the classes."""


def _refuse_hidden_frequencies(classifier: ClassifierMixin) -> None:
    """Refuse what resamples or weighs classes out of sight, as ensembles on balanced rows and searches do."""
    for name, value in classifier.get_params(deep=True).items():
        last = name.rpartition("__")[2]
        if hasattr(value, "fit_resample") or last == "sampling_strategy":
            does = "resamples"
        elif _weighs(name, value) and not isinstance(classifier, CalibratedClassifierCV):
            does = "weighs the classes"  # A calibrator brings back the frequencies of the rows.
        else:
            continue
        raise ValueError(
            f"{type(classifier).__name__} {does} inside ({name}), so the class frequencies that it is "
            "trained on cannot be seen; give them as training_prior, for example [0.5, 0.5] where it "
            "balances two classes, or put PriorCorrectedClassifier inside of it"
        )


def _weighs(name: str, value: Any) -> bool:
    """Whether a parameter gives the classes weights that `_Weigher` does not see."""
    _, nested, last = name.rpartition("__")
    if last in ("param_grid", "param_distributions"):
        grids = [value] if isinstance(value, Mapping) else list(value)
        return any(_weighs(f"estimator__{key}", tried) for grid in grids for key, tried in grid.items())
    if last == "class_weight":
        return bool(nested) and value is not None
    return last in _OTHER_WEIGHTS and not (value is None or np.array_equal(value, 1) or value is False)


def _shares(weights: Mapping[Any, float], classes: NDArray) -> NDArray[np.float64]:
    """Weights as frequencies, in the order of the classes."""
    values = np.array([weights[label] for label in classes], dtype=np.float64)
    return values / values.sum()


def _given(name: str, prior: Prior, classes: NDArray) -> NDArray[np.float64]:
    """Check frequencies that the caller chose."""
    if isinstance(prior, Mapping):
        if set(prior) != set(classes.tolist()):
            raise ValueError(f"{name} has the classes {list(prior)}; y has {classes.tolist()}")
        prior = [prior[label] for label in classes.tolist()]
    values = np.asarray(prior, dtype=np.float64)
    if values.shape != classes.shape:
        raise ValueError(
            f"{name} has shape {values.shape}; expected a number for each of {len(classes)} classes"
        )
    if not (np.all(values > 0) and np.isclose(values.sum(), 1)):
        raise ValueError(f"{name}={values.tolist()}: expected positive numbers that sum to one")
    return values / values.sum()
