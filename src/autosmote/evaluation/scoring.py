"""Fit a base classifier to some rows, and score it on others."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.exceptions import ConvergenceWarning

from autosmote.evaluation.metrics import METRICS, needs_scores
from autosmote.utils.responses import decision_values

if TYPE_CHECKING:
    from autosmote.datasets.tasks import Task


def fit(estimator: ClassifierMixin, X: np.ndarray, y: np.ndarray) -> ClassifierMixin:
    """Fit a classifier in place; one that stops at its limit of iterations says nothing.

    Parameters
    ----------
    estimator : sklearn.base.ClassifierMixin
    X : ndarray of shape (n_rows, n_features)
    y : ndarray of int64, shape (n_rows,)
        Labels from 0.

    Returns
    -------
    sklearn.base.ClassifierMixin
        `estimator`.
    """
    with warnings.catch_warnings():
        # LinearSVC may stop at its default number of iterations; the study keeps that default on purpose.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(X, y)


def respond(classifier: Any, X: np.ndarray, metric: str) -> np.ndarray:
    """Return what a metric is measured on: a fitted classifier's labels of rows, or its scores.

    Parameters
    ----------
    classifier : classifier
        Fitted to labels from 0.
    X : ndarray of float64, shape (n_rows, n_features)
    metric : str
        A key of `METRICS`.

    Returns
    -------
    ndarray, shape (n_rows,) or (n_rows, n_classes)
        Labels; for a metric that needs them, scores (`autosmote.utils.responses.decision_values`).
    """
    return decision_values(classifier, X) if needs_scores(METRICS[metric]) else classifier.predict(X)


def score(
    estimator: ClassifierMixin,
    X_train: np.ndarray,
    y_train: np.ndarray,
    X: np.ndarray,
    y: np.ndarray,
    metric: str,
) -> float:
    """Fit a classifier on one part of the data and score it on another.

    Parameters
    ----------
    estimator : sklearn.base.ClassifierMixin
        The classifier; it is fitted in place.
    X_train : ndarray of shape (n_train, n_features)
        Rows to fit on.
    y_train : ndarray of shape (n_train,)
        Their labels: 0 for the majority class, 1 for the minority class; see `Task`.
    X : ndarray of shape (n_rows, n_features)
        Rows to score on.
    y : ndarray of shape (n_rows,)
        Their labels.
    metric : str
        A key of `METRICS`.

    Returns
    -------
    float
        The metric's value.

    Raises
    ------
    UnknownNameError
        If `metric` is not a key of `METRICS`.
    """
    measure = METRICS.look_up(metric)
    return measure(y, respond(fit(estimator, X_train, y_train), X, metric))


def held_out_rows(task: Task) -> list[np.ndarray]:
    """Rows that are predicted once everything is decided.

    They are predicted apart, so that the labels of the test split do not depend on what else is predicted.

    Parameters
    ----------
    task : Task

    Returns
    -------
    list of ndarray of float64, shape (n_rows, n_features)
        Those of the test split, and the unused ones where there are any.
    """
    return [task.X_test, task.X_unused] if len(task.X_unused) else [task.X_test]


def held_out_scores(task: Task, metric: str, responses: np.ndarray) -> tuple[float, float]:
    """Score a classifier on the test split, and on the large test set.

    Parameters
    ----------
    task : Task
    metric : str
        A key of `METRICS`.
    responses : ndarray of shape (n_rows,) or (n_rows, n_classes)
        What the metric is measured on (`respond`), for all rows of
        `held_out_rows`, in their order.

    Returns
    -------
    test_score : float
        The metric on the test split.
    large_test_score : float
        The same on `Task.large_test`; NaN where there is none.
    """
    measure, large = METRICS[metric], task.large_test
    test_score = measure(task.y_test, responses[: len(task.y_test)])
    return test_score, np.nan if large is None else measure(large.y, responses, sample_weight=large.weight)
