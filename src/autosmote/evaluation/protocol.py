"""The evaluation protocol: base classifiers, metrics, and the choice of a ratio on the validation split."""

from __future__ import annotations

import errno
import json
import logging
import math
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin
from sklearn.ensemble import AdaBoostClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from autosmote.datasets.tasks import Task
from autosmote.evaluation import isolation
from autosmote.samplers.spec import (
    NO_RESAMPLING,
    Learned,
    MethodSpec,
    NotApplicable,
    Predictor,
    Problem,
    Resampled,
    SamplerSpec,
    Training,
)
from autosmote.utils.errors import UnknownNameError

_LOG = logging.getLogger(__name__)
_T = TypeVar("_T")

CLASSIFIERS: Mapping[str, Callable[[int], ClassifierMixin]] = MappingProxyType(
    {
        "svm": lambda seed: LinearSVC(random_state=seed),
        "knn": lambda seed: KNeighborsClassifier(),
        "tree": lambda seed: DecisionTreeClassifier(random_state=seed),
        "adaboost": lambda seed: AdaBoostClassifier(random_state=seed),
    }
)
"""The four base classifiers of Section 4.1 with scikit-learn's defaults, each built from a seed."""


def _confusion(
    y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
) -> tuple[float, float, float, float]:
    """True negatives, false positives, false negatives, true positives of labels 0 and 1."""
    true, predicted = np.asarray(y_true), np.asarray(y_pred)
    for labels in (true, predicted):
        if labels.ndim != 1 or len(labels) != len(true) or not np.all((labels == 0) | (labels == 1)):
            raise ValueError("a metric compares two lists of the same length of labels 0 and 1")
    if sample_weight is not None:
        cells = np.bincount((2 * true + predicted).astype(np.intp), sample_weight, minlength=4)
        return float(cells[0]), float(cells[1]), float(cells[2]), float(cells[3])
    negatives, positives = len(true) - np.count_nonzero(true), np.count_nonzero(true)
    true_positives = np.count_nonzero(true.astype(bool) & predicted.astype(bool))
    false_positives = np.count_nonzero(predicted) - true_positives
    return (
        float(negatives - false_positives),
        float(false_positives),
        float(positives - true_positives),
        float(true_positives),
    )


def _macro_f1(y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
    """The mean of both classes' F-measures: scikit-learn's f1_score in a hundredth of its time.

    That time is as long as the fit of a linear classifier, and a search needs a score per fit.
    """
    tn, fp, fn, tp = _confusion(y_true, y_pred, sample_weight)
    # A class that is never predicted has an F-measure of 0, which is the usual case at high imbalance.
    return sum(2 * hits / (2 * hits + fp + fn) if hits else 0.0 for hits in (tn, tp)) / 2


def _mcc(y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
    """Matthews' correlation coefficient, as `_macro_f1` does for the F-measure."""
    tn, fp, fn, tp = _confusion(y_true, y_pred, sample_weight)
    product = ((tn + fp) * (fn + tp) * 2) * ((tn + fn) * (fp + tp) * 2)
    return 2 * (tp * tn - fp * fn) / math.sqrt(product) if product else 0.0


METRICS: Mapping[str, Callable[..., float]] = MappingProxyType({"macro_f1": _macro_f1, "mcc": _mcc})
"""The two metrics of Section 4.1: ``metric(y_true, y_pred, sample_weight=None)``; larger is better."""


def make_classifier(name: str, seed: int) -> ClassifierMixin:
    """Build an unfitted base classifier.

    Parameters
    ----------
    name : str
        A key of `CLASSIFIERS`.
    seed : int
        Random state, used by the classifiers that take one.

    Returns
    -------
    sklearn.base.ClassifierMixin
        The classifier.

    Raises
    ------
    UnknownNameError
        If `name` is not a key of `CLASSIFIERS`.
    """
    _require_known("classifier", name, CLASSIFIERS)
    return CLASSIFIERS[name](seed)


def is_refusal(error: ValueError) -> bool:
    """Tell whether a base classifier cannot be fitted to a resampled training set, from a bug.

    Parameters
    ----------
    error : ValueError
        What fitting or predicting raised.

    Returns
    -------
    bool
        True if there are fewer rows than KNN has neighbours, or if AdaBoost's first stump cannot tell the
        classes apart.
    """
    return any(text in str(error) for text in _CLASSIFIER_REFUSALS)


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
        Their labels, 1 for the minority class and 0 for the majority class.
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
    _require_known("metric", metric, METRICS)
    return METRICS[metric](y, fit(estimator, X_train, y_train).predict(X))


def held_out_scores(model: Predictor, task: Task, metric: str) -> tuple[float, float]:
    """Score a fitted classifier on the test split, and on the large test set.

    Parameters
    ----------
    model : Predictor
        The classifier.
    task : Task
    metric : str
        A key of `METRICS`.

    Returns
    -------
    test_score : float
        The metric on the test split.
    large_test_score : float
        The same on `Task.large_test`; NaN where there is none.

    Raises
    ------
    UnknownNameError
        If `metric` is not a key of `METRICS`.
    """
    _require_known("metric", metric, METRICS)
    return _scores_of_labels(task, metric, np.concatenate([model.predict(X) for X in _held_out(task)]))


def _held_out(task: Task) -> list[np.ndarray]:
    """Rows that are labelled once everything is decided: those of the test split, then the unused ones.

    They are predicted apart, so that the labels of the test split do not depend on what else is predicted.
    """
    return [task.X_test, task.X_unused] if len(task.X_unused) else [task.X_test]


def _scores_of_labels(task: Task, metric: str, labels: np.ndarray) -> tuple[float, float]:
    """Score the labels of the rows of `_held_out` on the test split, and on the large test set."""
    measure, large = METRICS[metric], task.large_test
    test_score = measure(task.y_test, labels[: len(task.y_test)])
    return test_score, np.nan if large is None else measure(large.y, labels, large.weight)


def evaluate(
    task: Task,
    spec: SamplerSpec | MethodSpec,
    *,
    classifiers: Sequence[str],
    metrics: Sequence[str],
    ratios: Sequence[float],
    seed: int,
    limits: isolation.Limits | None = None,
) -> list[dict[str, Any]]:
    """Evaluate a comparison method of either kind on one task.

    Parameters
    ----------
    task : Task
        The three splits.
    spec : SamplerSpec or MethodSpec
        The method.
    classifiers, metrics, ratios, seed, limits
        See `evaluate_sampler` and `evaluate_method`.

    Returns
    -------
    list of dict
        One row of the score table per classifier and metric; see `evaluate_sampler`.
    """
    function: Callable[..., list[dict[str, Any]]] = (
        evaluate_method if isinstance(spec, MethodSpec) else evaluate_sampler
    )
    return function(
        task, spec, classifiers=classifiers, metrics=metrics, ratios=ratios, seed=seed, limits=limits
    )


def evaluate_sampler(
    task: Task,
    spec: SamplerSpec,
    *,
    classifiers: Sequence[str],
    metrics: Sequence[str],
    ratios: Sequence[float],
    seed: int,
    limits: isolation.Limits | None = None,
) -> list[dict[str, Any]]:
    """Evaluate a comparison sampler on one task ("Guidance of Validation Set", Section 4.1).

    The training rows are resampled once per ratio and each classifier is fitted once on each result. For each
    classifier and metric the ratio with the best validation score is chosen, the smaller one of a tie, and
    the classifier fitted at that ratio is scored on the test split. The test split decides nothing: a method
    that changes the columns and fails at the test rows of the chosen ratio has failed.

    A method that fails or does not apply at some ratios is judged on the others. Where no ratio is left, its
    rows carry the reason and no scores. With limits, the method samples in a process of its own, which serves
    the ratios in ascending order; what it returned before a limit ended it, or before it died, counts, and
    the ratios that were left carry the reason. Errors that are not the method's fault propagate: a full disk
    or an unreadable file (`OSError`), a missing package (`ImportError`), an interrupt, and errors of this
    package.

    Parameters
    ----------
    task : Task
        The three splits.
    spec : SamplerSpec
        The sampler.
    classifiers, metrics : sequence of str
        Keys of `CLASSIFIERS` and `METRICS`.
    ratios : sequence of float
        Desired numbers of minority rows over majority rows, each in (0, 1]; a sampler that takes no ratio
        runs once.
    seed : int
        Random state of the sampler and of the classifiers.
    limits : autosmote.evaluation.isolation.Limits, optional
        What the method may use for all ratios together. Needs Linux. Default, none: the method runs in this
        process.

    Returns
    -------
    list of dict
        One row of the score table per classifier and metric:

        - ``dataset``, ``imbalance_ratio``, ``seed``, ``sampler``, ``category``, ``classifier``, ``metric``;
        - ``ratio``: the chosen ratio, NaN if there is none;
        - ``validation_score``, ``test_score``: NaN if no ratio worked, or the test rows of the chosen one
          could not be labelled;
        - ``large_test_score``: that on `Task.large_test`; also NaN where the task has none;
        - ``status``: ``ok``; ``unchanged`` if the chosen result holds just the training rows (scores are
          kept; never said of no resampling); else, if no ratio worked, the gravest of ``timeout``,
          ``memory``, ``failed`` and ``not_applicable`` that occurred, or what went wrong with the test rows;
        - ``message``: the ratios that did not work or changed nothing, with the first reason, what went wrong
          with the test rows, and what the method has to say of its scores; empty if none;
        - ``settings``: JSON of the choices that the method made itself at the chosen ratio;
        - ``n_majority``, ``n_minority``: training rows after resampling, None if no ratio worked or the
          method is no sampler;
        - ``seconds``: CPU seconds of sampling at all ratios, which all rows share, plus fitting this
          classifier and predicting the validation split at all ratios.

    Raises
    ------
    UnknownNameError
        If a classifier or a metric is unknown.
    ValueError
        If a ratio lies outside (0, 1], or none is given to a sampler that takes one.
    """
    grid = _checked_grid(spec, classifiers, metrics, ratios)
    samples, sampling_seconds = _run(spec, grid, partial(_sampling, task, spec, grid, seed), limits)

    def label_test_rows(fitted: _Fitted) -> np.ndarray | _Failure:
        if isinstance(fitted.held_out, _Failure):
            _log_failures(spec, [fitted.held_out])
            return fitted.held_out
        return np.concatenate([fitted.model.predict(X) for X in fitted.held_out])

    rows = []
    for classifier in classifiers:
        started = time.process_time()
        fits = {ratio: _fit_sample(task, sample, classifier, seed) for ratio, sample in samples.items()}
        seconds = sampling_seconds + time.process_time() - started
        for metric in metrics:
            rows.append(_row(task, spec, classifier, metric, seed, fits, label_test_rows, seconds))
    return rows


def evaluate_method(
    task: Task,
    spec: MethodSpec,
    *,
    classifiers: Sequence[str],
    metrics: Sequence[str],
    ratios: Sequence[float],
    seed: int,
    limits: isolation.Limits | None = None,
) -> list[dict[str, Any]]:
    """Evaluate a classifier-level method on one task, by the protocol of `evaluate_sampler`.

    The method learns once per classifier, metric and ratio from the training and the validation rows. It
    never sees the test rows: it hands back something that labels rows, which is scored on them once, at the
    ratio with the best validation score. What it hands back is guarded and limited as the method is.

    Parameters
    ----------
    task, classifiers, metrics, ratios, seed
        See `evaluate_sampler`.
    spec : MethodSpec
        The method.
    limits : autosmote.evaluation.isolation.Limits, optional
        What the method may use to learn for one classifier and metric, all ratios together, and once more to
        label the test rows; see `evaluate_sampler`.

    Returns
    -------
    list of dict
        One row of the score table per classifier and metric; see `evaluate_sampler`. ``seconds`` is CPU time
        of all that the method did for this classifier and metric before it labelled the test rows.

    Raises
    ------
    UnknownNameError, ValueError
        See `evaluate_sampler`.
    """
    grid = _checked_grid(spec, classifiers, metrics, ratios)

    def label_test_rows(fitted: _Fitted) -> np.ndarray | _Failure:
        labelled, _ = _run(spec, [None], partial(_labelling, fitted.model, _held_out(task)), limits)
        return labelled[None]

    rows = []
    for classifier in classifiers:
        for metric in metrics:
            problem = Problem(
                _training(task),
                task.X_validation.copy(),
                task.y_validation.copy(),
                make_classifier(classifier, seed),
                METRICS[metric],
                seed,
            )
            fits, seconds = _run(spec, grid, partial(_learning, task, spec, problem, grid), limits)
            rows.append(_row(task, spec, classifier, metric, seed, fits, label_test_rows, seconds))
    return rows


@dataclass(frozen=True)
class Trial:
    """What came of one run of a sampler and one fit of a classifier.

    Parameters
    ----------
    status : str
        ``ok`` or ``unchanged``, or why there is no score: ``memory``, ``failed`` or ``not_applicable``.
    validation_score : float
        NaN if there is none.
    data : Resampled or None
        The rows that the classifier was fitted to.
    """

    status: str
    validation_score: float
    data: Resampled | None


def try_sampler(
    task: Task, spec: SamplerSpec, ratio: float | None, seed: int, *, classifier: str, metric: str
) -> Trial:
    """Resample once, fit a classifier, and score it on the validation split.

    Parameters
    ----------
    task : Task
        The test split has no part in it. Its seed is that of the classifier.
    spec : SamplerSpec
        One that keeps the columns.
    ratio : float or None
        Desired number of minority over majority rows, in (0, 1]; None for a sampler that takes none.
    seed : int
        Random state of the sampler.
    classifier, metric : str
        Keys of `CLASSIFIERS` and `METRICS`.

    Returns
    -------
    Trial
    """
    ((_, sample),) = _sampling(task, spec, [ratio], seed)
    fitted = _fit_sample(task, sample, classifier, task.seed)
    if isinstance(fitted, _Failure) or isinstance(sample, _Failure):
        assert isinstance(fitted, _Failure)
        return Trial(fitted.status, np.nan, None)
    score = METRICS[metric](task.y_validation, fitted.validation_predictions)
    return Trial("unchanged" if sample.unchanged else "ok", score, sample.data)


@dataclass(frozen=True)
class _Sample:
    data: Resampled
    unchanged: bool
    X_validation: np.ndarray
    held_out: list[np.ndarray] | _Failure
    """As `_held_out` returns them, in the columns of the method."""


@dataclass(frozen=True)
class _Fitted:
    model: Predictor
    validation_predictions: np.ndarray
    settings: Mapping[str, Any]
    note: str = ""
    held_out: list[np.ndarray] | _Failure = field(default_factory=list)
    """As in `_Sample`."""
    unchanged: bool = False
    n_majority: int | None = None
    n_minority: int | None = None


@dataclass(frozen=True)
class _Failure:
    status: str
    reason: str
    trace: str = ""


_FAILURES_BY_GRAVITY = ("timeout", "memory", "failed", "not_applicable")
_REASON_LENGTH = 200

# scikit-learn has no exception type of its own for these.
_CLASSIFIER_REFUSALS = ("Expected n_neighbors <= n_samples_fit", "ensemble is worse than random")


def _require_known(kind: str, name: str, known: Mapping[str, Any]) -> None:
    if name not in known:
        raise UnknownNameError(kind, name, known)


def _checked_grid(
    spec: SamplerSpec | MethodSpec,
    classifiers: Sequence[str],
    metrics: Sequence[str],
    ratios: Sequence[float],
) -> Sequence[float | None]:
    for classifier in classifiers:
        _require_known("classifier", classifier, CLASSIFIERS)
    for metric in metrics:
        _require_known("metric", metric, METRICS)
    if not spec.takes_ratio:
        return [None]
    if not ratios:
        raise ValueError(f"ratios is empty: {spec.name} needs at least one ratio in (0, 1]")
    for ratio in ratios:
        if not 0 < ratio <= 1:
            raise ValueError(f"ratios holds {ratio!r}: a ratio of minority to majority rows lies in (0, 1]")
    # Ascending, so that the first of equal validation scores belongs to the smaller ratio.
    return sorted(set(ratios))


def _row(
    task: Task,
    spec: SamplerSpec | MethodSpec,
    classifier: str,
    metric: str,
    seed: int,
    fits: Mapping[float | None, _Fitted | _Failure],
    label_test_rows: Callable[[_Fitted], np.ndarray | _Failure],
    seconds: float,
) -> dict[str, Any]:
    return {
        "dataset": task.dataset,
        "imbalance_ratio": task.imbalance_ratio,
        "seed": seed,
        "sampler": spec.name,
        "category": spec.category,
        "classifier": classifier,
        "metric": metric,
        **_choose(task, fits, metric, label_test_rows),
        "seconds": seconds,
    }


def _training(task: Task) -> Training:
    """Copy the training rows, because a method that writes to its input must not change the task."""
    return Training(task.X_train.copy(), task.y_train.copy(), task.onehot.copy())


def _guarded(call: Callable[..., _T], *arguments: Any) -> _T | _Failure:
    """Run a method's code; what is the method's own fault becomes a status."""
    try:
        return call(*arguments)
    except NotApplicable as refusal:
        return _Failure("not_applicable", _shorten(str(refusal)))
    except MemoryError as error:
        return _Failure("memory", _shorten(str(error) or "out of memory"))
    except OSError as error:
        if error.errno == errno.ENOMEM:
            return _Failure("memory", _shorten(str(error)))
        raise
    except ImportError:
        raise
    except Exception as error:
        if isinstance(error, ValueError) and is_refusal(error):
            return _Failure("not_applicable", _shorten(str(error)))
        return _Failure("failed", _shorten(f"{type(error).__name__}: {error}"), traceback.format_exc())


def _shorten(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _REASON_LENGTH else text[: _REASON_LENGTH - 3] + "..."


def _run(
    spec: SamplerSpec | MethodSpec,
    grid: Sequence[float | None],
    work: Callable[[], Iterator[tuple[float | None, _T | _Failure]]],
    limits: isolation.Limits | None,
) -> tuple[dict[float | None, _T | _Failure], float]:
    """Return what a method makes at each ratio, and the CPU seconds that it took."""
    made: dict[float | None, _T | _Failure]
    if limits is None:
        started = time.process_time()
        made = dict(work())
        seconds = time.process_time() - started
        printed = ""
    else:
        made = {}
        with isolation.Process(work, limits) as process:
            try:
                for ratio, item in process:
                    made[ratio] = item
            except isolation.Stopped as stop:
                failure = _Failure(stop.status, _shorten(stop.reason))
                made.update((ratio, failure) for ratio in grid if ratio not in made)
        seconds, printed = process.cpu_seconds, process.output
    _log_failures(spec, made.values(), printed)
    return made, seconds


def _log_failures(spec: SamplerSpec | MethodSpec, made: Iterable[Any], printed: str = "") -> None:
    failed = [item for item in made if isinstance(item, _Failure) and item.status == "failed"]
    for trace in dict.fromkeys(failure.trace for failure in failed):
        _LOG.warning("%s failed\n%s", spec.name, trace or printed)


def _sampling(
    task: Task, spec: SamplerSpec, grid: Sequence[float | None], seed: int
) -> Iterator[tuple[float | None, _Sample | _Failure]]:
    resample = _guarded(spec.build, _training(task), seed)
    for ratio in grid:
        if isinstance(resample, _Failure):
            yield ratio, resample
            continue
        resampled = _guarded(resample, ratio)
        # What no check expects is nonsense of the method too.
        yield (
            ratio,
            resampled if isinstance(resampled, _Failure) else _guarded(_checked, task, spec, resampled),
        )


def _checked(task: Task, spec: SamplerSpec, resampled: Resampled) -> _Sample | _Failure:
    X, y = np.asarray(resampled.X, dtype=np.float64), np.asarray(resampled.y)
    _as_json(resampled.settings)
    X_validation = task.X_validation
    held_out: list[np.ndarray] | _Failure = _held_out(task)
    if transform := resampled.transform:
        transformed = _guarded(_transformed, transform, task.X_validation)
        if isinstance(transformed, _Failure):
            return transformed
        X_validation = transformed
        # What goes wrong with the test rows is kept for later: it must not decide which ratio is chosen.
        held_out = _guarded(_all_transformed, transform, _held_out(task), X_validation.shape[1])
    n_features = X_validation.shape[1]
    if X.ndim != 2 or X.shape[1] != n_features or y.shape != X.shape[:1]:
        return _Failure(
            "failed", f"returned X of shape {X.shape} and y of shape {y.shape} for {n_features} features"
        )
    if (classes := np.unique(y).tolist()) != [0, 1]:
        return _Failure("failed", _shorten(f"returned the classes {classes} instead of 0 and 1"))
    y = y.astype(np.int64)
    bad = np.count_nonzero(~np.isfinite(X).all(axis=1))
    if bad:
        return _Failure("failed", f"returned NaN or infinity in {bad} of {len(X)} rows")
    unchanged = spec.category != NO_RESAMPLING and _same_rows(X, y, task.X_train, task.y_train)
    return _Sample(Resampled(X, y, resampled.settings), unchanged, X_validation, held_out)


def _transformed(
    transform: Callable[[np.ndarray], np.ndarray], rows: np.ndarray, n_features: int | None = None
) -> np.ndarray | _Failure:
    """Apply a method's transform, and check the column count where it is known."""
    brought = np.asarray(transform(rows))
    if brought.ndim != 2 or len(brought) != len(rows) or not np.isfinite(brought).all():
        return _Failure("failed", "could not bring other rows into its columns")
    if n_features not in (None, brought.shape[1]):
        return _Failure("failed", f"brought other rows into {brought.shape[1]} columns, not {n_features}")
    return brought


def _all_transformed(
    transform: Callable[[np.ndarray], np.ndarray], parts: Iterable[np.ndarray], n_features: int
) -> list[np.ndarray] | _Failure:
    transformed = []
    for rows in parts:
        if isinstance(part := _transformed(transform, rows, n_features), _Failure):
            return part
        transformed.append(part)
    return transformed


def _same_rows(X: np.ndarray, y: np.ndarray, X_other: np.ndarray, y_other: np.ndarray) -> bool:
    """Whether two data sets hold the same rows in any order, as cleaning methods sort theirs by class."""
    if X.shape != X_other.shape or y.sum() != y_other.sum():
        return False
    rows, others = np.column_stack((X, y)), np.column_stack((X_other, y_other))
    return np.array_equal(rows[np.lexsort(rows.T)], others[np.lexsort(others.T)])


def _fit_sample(task: Task, sample: _Sample | _Failure, classifier: str, seed: int) -> _Fitted | _Failure:
    if isinstance(sample, _Failure):
        return sample
    model = make_classifier(classifier, seed)
    try:
        fit(model, sample.data.X, sample.data.y)
        predictions = model.predict(sample.X_validation)
    except MemoryError as error:
        return _Failure("memory", _shorten(str(error) or "out of memory"))
    except ValueError as error:
        if is_refusal(error):
            return _Failure("not_applicable", _shorten(f"{classifier}: {error}"))
        raise
    n_minority = int(sample.data.y.sum())
    n_majority = len(sample.data.y) - n_minority
    return _Fitted(
        model,
        predictions,
        sample.data.settings,
        held_out=sample.held_out,
        unchanged=sample.unchanged,
        n_majority=n_majority,
        n_minority=n_minority,
    )


def _learning(
    task: Task, spec: MethodSpec, problem: Problem, grid: Sequence[float | None]
) -> Iterator[tuple[float | None, _Fitted | _Failure]]:
    def learn_at(learn: Callable[[float | None], Learned], ratio: float | None) -> _Fitted:
        learned = learn(ratio)
        predictions = _labels(learned.model, task.X_validation)
        _as_json(learned.settings)
        return _Fitted(learned.model, predictions, learned.settings, str(learned.note))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # As in `fit`.
        learn = _guarded(spec.build, problem)
        for ratio in grid:
            yield ratio, learn if isinstance(learn, _Failure) else _guarded(learn_at, learn, ratio)


def _labels(model: Predictor, X: np.ndarray) -> np.ndarray:
    """Label rows by what a method has learned, and check that these are labels."""
    labels = np.asarray(model.predict(X.copy()))
    _confusion(np.zeros(len(X)), labels)
    return labels


def _labelling(model: Predictor, parts: Iterable[np.ndarray]) -> Iterator[tuple[None, np.ndarray | _Failure]]:
    yield None, _guarded(lambda: np.concatenate([_labels(model, X) for X in parts]))


def _choose(
    task: Task,
    fits: Mapping[float | None, _Fitted | _Failure],
    metric: str,
    label_test_rows: Callable[[_Fitted], np.ndarray | _Failure],
) -> dict[str, Any]:
    """Choose the ratio on the validation split, and only then look at the test split."""
    measure = METRICS[metric]
    fitted = {ratio: fit for ratio, fit in fits.items() if isinstance(fit, _Fitted)}
    message = _message(fits)
    if not fitted:
        statuses = {fit.status for fit in fits.values() if isinstance(fit, _Failure)}
        return _without_score(next(status for status in _FAILURES_BY_GRAVITY if status in statuses), message)
    scores = {ratio: measure(task.y_validation, fit.validation_predictions) for ratio, fit in fitted.items()}
    ratio = max(scores, key=scores.__getitem__)
    chosen = fitted[ratio]
    labels = label_test_rows(chosen)
    if isinstance(labels, _Failure):
        at = "" if ratio is None else f" at the chosen ratio {ratio}"
        reason = f"test rows{at}: {labels.status.replace('_', ' ')}: {labels.reason}"
        return _without_score(labels.status, "; ".join(filter(None, (message, reason))))
    test_score, large_test_score = _scores_of_labels(task, metric, labels)
    return {
        "ratio": np.nan if ratio is None else ratio,
        "validation_score": scores[ratio],
        "test_score": test_score,
        "large_test_score": large_test_score,
        "status": "unchanged" if chosen.unchanged else "ok",
        "message": "; ".join(filter(None, (message, chosen.note))),
        "settings": _as_json(chosen.settings),
        "n_majority": chosen.n_majority,
        "n_minority": chosen.n_minority,
    }


def _without_score(status: str, message: str) -> dict[str, Any]:
    return {
        "ratio": np.nan,
        "validation_score": np.nan,
        "test_score": np.nan,
        "large_test_score": np.nan,
        "status": status,
        "message": message,
        "settings": "{}",
        "n_majority": None,
        "n_minority": None,
    }


def _as_json(settings: Mapping[str, Any]) -> str:
    return json.dumps(dict(settings), sort_keys=True)


def _message(fits: Mapping[float | None, _Fitted | _Failure]) -> str:
    """Say which ratios failed, did not apply or changed nothing; the first reason stands for its kind."""
    noted: dict[str, list[tuple[float | None, str]]] = {}
    for ratio, fit in fits.items():
        if isinstance(fit, _Failure):
            noted.setdefault(fit.status, []).append((ratio, f": {fit.reason}"))
        elif fit.unchanged:
            noted.setdefault("unchanged", []).append((ratio, ""))
    parts = []
    for status, notes in noted.items():
        text = status.replace("_", " ") + notes[0][1]
        if None not in fits:
            ratios = ", ".join(str(ratio) for ratio, _ in notes)
            text = f"{len(notes)} of {len(fits)} ratios ({ratios}) {text}"
        parts.append(text)
    return "; ".join(parts)


def fit(estimator: ClassifierMixin, X: np.ndarray, y: np.ndarray) -> ClassifierMixin:
    """Fit a base classifier, without its warning that it stops at its iteration limit.

    Parameters
    ----------
    estimator : sklearn.base.ClassifierMixin
        The classifier; it is fitted in place.
    X : ndarray of float64, shape (n_rows, n_features)
    y : ndarray of int64, shape (n_rows,)
        1 for the minority class and 0 for the majority class.

    Returns
    -------
    sklearn.base.ClassifierMixin
        `estimator`.
    """
    with warnings.catch_warnings():
        # LinearSVC may stop at its default number of iterations; the study keeps that default on purpose.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(X, y)
