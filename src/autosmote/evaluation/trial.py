"""One run of a method and one fit of a classifier; what goes wrong becomes a status.

The protocol tries every ratio this way, and the search over samplers every draw.
"""

from __future__ import annotations

import errno
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from sklearn.base import ClassifierMixin

from autosmote.datasets.tasks import Task
from autosmote.evaluation.classifiers import make_classifier
from autosmote.evaluation.metrics import METRICS, needs_scores
from autosmote.evaluation.score_row import as_json, count_rows
from autosmote.evaluation.scoring import fit, held_out_rows, respond
from autosmote.samplers import multiclass
from autosmote.samplers.spec import (
    NO_RESAMPLING,
    NotApplicable,
    Predictor,
    Resampled,
    SamplerSpec,
    Training,
)
from autosmote.utils.refusals import is_refusal

_T = TypeVar("_T")

_REASON_LENGTH = 200


@dataclass(frozen=True)
class Sample:
    """Rows that a sampler returned, checked.

    Parameters
    ----------
    data : Resampled
        The rows to train on.
    unchanged : bool
        Whether they are just the training rows, though the method is not there to keep them.
    X_validation : ndarray of shape (n_validation, n_columns)
        Validation rows in the method's columns.
    held_out : list of ndarray, or Failure
        What `held_out_rows` returns, in the method's columns. A failure must not decide which ratio is
        chosen.
    """

    data: Resampled
    unchanged: bool
    X_validation: np.ndarray
    held_out: list[np.ndarray] | Failure


@dataclass(frozen=True)
class Fitted:
    """A classifier that is fitted, and what there is to say about it.

    Parameters
    ----------
    model : Predictor
    validation : mapping of str to ndarray of shape (n_validation,)
        By metric, what it is measured on (`autosmote.evaluation.scoring.respond`), for the validation rows.
    settings : mapping of str to JSON value
        Choices that the method made itself.
    note : str, default ""
        What a reader of its scores has to know.
    held_out : list of ndarray, or Failure
        See `Sample`.
    unchanged : bool, default False
        See `Sample`.
    n_majority, n_minority : int, optional
        Rows that it was fitted to, as `count_rows` has them; None for a method that is no sampler.
    """

    model: Predictor
    validation: Mapping[str, np.ndarray]
    settings: Mapping[str, Any]
    note: str = ""
    held_out: list[np.ndarray] | Failure = field(default_factory=list)
    unchanged: bool = False
    n_majority: int | None = None
    n_minority: int | None = None


@dataclass(frozen=True)
class Failure:
    """Why there is no result.

    Parameters
    ----------
    status : str
        ``timeout``, ``memory``, ``failed`` or ``not_applicable``.
    reason : str
        What happened, for the message of a row.
    trace : str, default ""
        The traceback, for the log.
    """

    status: str
    reason: str
    trace: str = ""


def training_rows(task: Task) -> Training:
    """Copy the training rows, because a method that writes to its input must not change the task."""
    return Training(task.X_train.copy(), task.y_train.copy(), task.onehot.copy())


def guarded(call: Callable[..., _T], *arguments: Any) -> _T | Failure:
    """Run a method's code; what is the method's own fault becomes a status."""
    try:
        return call(*arguments)
    except NotApplicable as refusal:
        return Failure("not_applicable", shortened(str(refusal)))
    except MemoryError as error:
        return Failure("memory", shortened(str(error) or "out of memory"))
    except OSError as error:
        if error.errno == errno.ENOMEM:
            return Failure("memory", shortened(str(error)))
        raise
    except ImportError:
        raise
    except Exception as error:
        if isinstance(error, ValueError) and is_refusal(error):
            return Failure("not_applicable", shortened(str(error)))
        return Failure("failed", shortened(f"{type(error).__name__}: {error}"), traceback.format_exc())


def shortened(text: str) -> str:
    """Bring a text of any length into one line that fits a message."""
    text = " ".join(text.split())
    return text if len(text) <= _REASON_LENGTH else text[: _REASON_LENGTH - 3] + "..."


def sampling(
    task: Task, spec: SamplerSpec, grid: Sequence[float | None], seed: int
) -> Iterator[tuple[float | None, Sample | Failure]]:
    """Resample the training rows at each ratio.

    Parameters
    ----------
    task : Task
    spec : SamplerSpec
    grid : sequence of float or None
        Ratios of minority to majority rows; None alone for a sampler that takes none.
    seed : int
        Random state of the sampler.

    Yields
    ------
    tuple of (float or None, Sample or Failure)
        Each ratio with what came of it.
    """
    resample = guarded(multiclass.build, spec, training_rows(task), seed)
    for ratio in grid:
        if isinstance(resample, Failure):
            yield ratio, resample
            continue
        resampled = guarded(resample, ratio)
        # What no check expects is nonsense of the method too.
        yield (
            ratio,
            resampled if isinstance(resampled, Failure) else guarded(_checked, task, spec, resampled),
        )


def _checked(task: Task, spec: SamplerSpec, resampled: Resampled) -> Sample | Failure:
    X, y = np.asarray(resampled.X, dtype=np.float64), np.asarray(resampled.y)
    as_json(resampled.settings)
    X_validation = task.X_validation
    held_out: list[np.ndarray] | Failure = held_out_rows(task)
    if transform := resampled.transform:
        transformed = guarded(_transformed, transform, task.X_validation)
        if isinstance(transformed, Failure):
            return transformed
        X_validation = transformed
        # What goes wrong with the test rows is kept for later: it must not decide which ratio is chosen.
        held_out = guarded(_all_transformed, transform, held_out_rows(task), X_validation.shape[1])
    n_features = X_validation.shape[1]
    if X.ndim != 2 or X.shape[1] != n_features or y.shape != X.shape[:1]:
        return Failure(
            "failed", f"returned X of shape {X.shape} and y of shape {y.shape} for {n_features} features"
        )
    if (classes := np.unique(y).tolist()) != list(range(task.n_classes)):
        expected = "0 and 1" if task.n_classes == 2 else f"0 to {task.n_classes - 1}"
        return Failure("failed", shortened(f"returned the classes {classes} instead of {expected}"))
    y = y.astype(np.int64)
    bad = np.count_nonzero(~np.isfinite(X).all(axis=1))
    if bad:
        return Failure("failed", f"returned NaN or infinity in {bad} of {len(X)} rows")
    unchanged = spec.category != NO_RESAMPLING and _same_rows(X, y, task.X_train, task.y_train)
    return Sample(Resampled(X, y, resampled.settings), unchanged, X_validation, held_out)


def _transformed(
    transform: Callable[[np.ndarray], np.ndarray], rows: np.ndarray, n_features: int | None = None
) -> np.ndarray | Failure:
    """Apply a method's transform, and check what it returns and, if known, the number of columns."""
    brought = np.asarray(transform(rows))
    if brought.ndim != 2 or len(brought) != len(rows) or not np.isfinite(brought).all():
        return Failure("failed", "could not bring other rows into its columns")
    if n_features not in (None, brought.shape[1]):
        return Failure("failed", f"brought other rows into {brought.shape[1]} columns, not {n_features}")
    return brought


def _all_transformed(
    transform: Callable[[np.ndarray], np.ndarray], parts: Sequence[np.ndarray], n_features: int
) -> list[np.ndarray] | Failure:
    transformed = []
    for rows in parts:
        if isinstance(part := _transformed(transform, rows, n_features), Failure):
            return part
        transformed.append(part)
    return transformed


def _same_rows(X: np.ndarray, y: np.ndarray, X_other: np.ndarray, y_other: np.ndarray) -> bool:
    """Whether two data sets hold the same rows in any order, as cleaning methods sort theirs by class."""
    if X.shape != X_other.shape or y.sum() != y_other.sum():
        return False
    rows, others = np.column_stack((X, y)), np.column_stack((X_other, y_other))
    return np.array_equal(rows[np.lexsort(rows.T)], others[np.lexsort(others.T)])


def fit_sample(
    task: Task, sample: Sample | Failure, classifier: str, metrics: Sequence[str], seed: int
) -> Fitted | Failure:
    """Fit a classifier to resampled rows, and predict the validation rows with it.

    Parameters
    ----------
    task : Task
    sample : Sample or Failure
        A failure is returned as it is.
    classifier : str
        Key of `CLASSIFIERS`.
    metrics : sequence of str
        Keys of `METRICS` that the predictions are for.
    seed : int
        Random state of the classifier.

    Returns
    -------
    Fitted or Failure
    """
    if isinstance(sample, Failure):
        return sample
    model = make_classifier(classifier, seed)
    try:
        fit(model, sample.data.X, sample.data.y)
        validation = _validation(model, sample.X_validation, metrics)
    except MemoryError as error:
        return Failure("memory", shortened(str(error) or "out of memory"))
    except ValueError as error:
        if is_refusal(error):
            return Failure("not_applicable", shortened(f"{classifier}: {error}"))
        raise
    n_majority, n_minority = count_rows(sample.data.y)
    return Fitted(
        model,
        validation,
        sample.data.settings,
        held_out=sample.held_out,
        unchanged=sample.unchanged,
        n_majority=n_majority,
        n_minority=n_minority,
    )


def _validation(model: ClassifierMixin, X: np.ndarray, metrics: Sequence[str]) -> dict[str, np.ndarray]:
    """Predict once for all metrics that are measured on the same."""
    found: dict[bool, np.ndarray] = {}
    for metric in metrics:
        kind = needs_scores(METRICS[metric])
        if kind not in found:
            found[kind] = respond(model, X, metric)
    return {metric: found[needs_scores(METRICS[metric])] for metric in metrics}


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
    ((_, sample),) = sampling(task, spec, [ratio], seed)
    fitted = fit_sample(task, sample, classifier, [metric], task.seed)
    if isinstance(fitted, Failure) or isinstance(sample, Failure):
        assert isinstance(fitted, Failure)
        return Trial(fitted.status, np.nan, None)
    score = METRICS[metric](task.y_validation, fitted.validation[metric])
    return Trial("unchanged" if sample.unchanged else "ok", score, sample.data)
