"""Labels of a file as the codes 0, 1, ... that scorers of a positive class and some classifiers ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.metrics import get_scorer_names
from sklearn.utils.metaestimators import available_if


class RefusedError(ValueError):
    """A classifier or a scorer that the user has named does not do what is asked of it."""


class Codes:
    """A number for each class.

    The largest class is 0, the next one 1, and so on; so of two classes the smaller is the positive one.

    Parameters
    ----------
    labels : Series of str, shape (n_rows,)
    positive : str, optional
        The positive one of two classes. Default: the smaller.

    Attributes
    ----------
    classes : list of str
        The classes in the order of their codes.

    Raises
    ------
    ValueError
        If `positive` is no class, or there are more than two.
    """

    def __init__(self, labels: pd.Series, positive: str | None = None) -> None:
        counts = labels.value_counts()
        self.classes = sorted(counts.index, key=lambda label: (-counts[label], label))
        if positive is None:
            return
        if positive not in self.classes:
            raise ValueError(f"{positive!r} is no class; known: {', '.join(map(repr, self.classes))}")
        if len(self.classes) > 2:
            raise ValueError(
                f"a positive class is one of two, and there are {len(self.classes)}: "
                f"{', '.join(map(repr, self.classes))}"
            )
        self.classes.sort(key=lambda label: label == positive)

    def encode(self, labels: Sequence[str] | NDArray) -> NDArray[np.int64]:
        """The codes of some labels."""
        return pd.Index(self.classes).get_indexer(pd.Index(labels)).astype(np.int64)


def _has(method: str) -> Callable[[Wrapper], bool]:
    return lambda wrapper: hasattr(getattr(wrapper, "estimator_", wrapper.estimator), method)


class Wrapper(ClassifierMixin, BaseEstimator):
    """A classifier that predicts as the one does that it has fitted, `estimator_`."""

    estimator: ClassifierMixin
    estimator_: ClassifierMixin

    def predict(self, X: Any) -> NDArray:
        """Labels of rows, as the fitted classifier knows them."""
        return self.estimator_.predict(X)

    @available_if(_has("predict_proba"))
    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """A probability for each of these labels."""
        return self.estimator_.predict_proba(X)

    @available_if(_has("decision_function"))
    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """As the classifier's own."""
        return self.estimator_.decision_function(X)


class CodedClassifier(Wrapper):
    """A classifier that is given labels, and learns and predicts their codes.

    Parameters
    ----------
    estimator : classifier
    codes : Codes
    name : str
        What the user calls the classifier.
    """

    def __init__(self, estimator: ClassifierMixin, codes: Codes, name: str) -> None:
        self.estimator = estimator
        self.codes = codes
        self.name = name

    @property
    def __wrapped__(self) -> ClassifierMixin:
        """The classifier, as Python calls what a wrapper is around."""
        return self.estimator

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:  # noqa: N803 (scikit-learn's name)
        return f"--estimator {self.name}"

    def fit(self, X: Any, y: Any) -> CodedClassifier:
        """Fit the classifier to the codes of labels.

        Parameters
        ----------
        X : DataFrame, shape (n_rows, n_columns)
        y : array-like of str, shape (n_rows,)

        Returns
        -------
        CodedClassifier

        Raises
        ------
        RefusedError
            Whatever the classifier raises: which one it is, the user has chosen.
        """
        try:
            self.estimator_ = clone(self.estimator).fit(X, self.codes.encode(y))
        except MemoryError:
            raise
        except Exception as error:
            raise RefusedError(f"--estimator {self.name} cannot be fitted: {error}") from error
        self.classes_ = np.arange(len(self.codes.classes))
        return self


class CodedScorer:
    """A scorer of what a `CodedClassifier` predicts.

    Parameters
    ----------
    scorer : callable
        ``scorer(estimator, X, y)`` on codes.
    codes : Codes
    scoring, estimator : str
        What the user calls scorer and classifier.
    """

    def __init__(
        self, scorer: Callable[[Any, Any, NDArray], float], codes: Codes, scoring: str, estimator: str
    ) -> None:
        self.scorer, self.codes = scorer, codes
        self.estimator = estimator
        self.__name__ = scoring
        # As scikit-learn's scorers say what they ask of a classifier: policy search pools labels.
        self._response_method = getattr(scorer, "_response_method", None)

    def __call__(self, estimator: Any, X: Any, y: Any) -> float:
        """Score a fitted classifier.

        Parameters
        ----------
        estimator : classifier
            Fitted on labels; it predicts codes.
        X : DataFrame, shape (n_rows, n_columns)
        y : array-like of str, shape (n_rows,)

        Returns
        -------
        float

        Raises
        ------
        RefusedError
            If the scorer cannot be used with this classifier, or on these classes.
        """
        try:
            return self.scorer(estimator, X, self.codes.encode(y))
        except MemoryError:
            raise
        except Exception as error:
            others = {f"{self.__name__}_macro", f"{self.__name__}_ovr"} & {*get_scorer_names()}
            if (n_classes := len(self.codes.classes)) > 2 and others:
                raise RefusedError(
                    f"--scoring {self.__name__} is for two classes, and there are {n_classes}; take "
                    f"{min(others)}"
                ) from error
            raise RefusedError(
                f"--scoring {self.__name__} cannot be used here with --estimator {self.estimator}: {error}"
            ) from error
