"""The evaluation protocol: a ratio is chosen on the validation split, and scored on the test split."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from autosmote.datasets.tasks import Task
from autosmote.evaluation import isolation
from autosmote.evaluation.classifiers import CLASSIFIERS, make_classifier
from autosmote.evaluation.metrics import METRICS, confusion, needs_scores
from autosmote.evaluation.score_row import Cell, ScoreRow, as_json
from autosmote.evaluation.scoring import held_out_rows, held_out_scores, respond
from autosmote.evaluation.trial import (
    Failure,
    Fitted,
    Sample,
    fit_sample,
    guarded,
    sampling,
    shortened,
    training_rows,
)
from autosmote.samplers.multiclass import takes_two
from autosmote.samplers.spec import (
    TWO_CLASSES,
    Learned,
    MethodSpec,
    NotApplicable,
    Predictor,
    Problem,
    SamplerSpec,
)
from autosmote.utils.responses import has_values

_LOG = logging.getLogger(__name__)
_T = TypeVar("_T")

_FAILURES_BY_GRAVITY = ("timeout", "memory", "failed", "not_applicable")


def evaluate(
    task: Task,
    spec: SamplerSpec | MethodSpec,
    *,
    classifiers: Sequence[str],
    metrics: Sequence[str],
    ratios: Sequence[float],
    seed: int,
    limits: isolation.Limits | None = None,
    refit: bool = False,
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
    refit : bool, default False
        See `evaluate_sampler`; a method that changes the classifier is not refitted.

    Returns
    -------
    list of dict
        One row of the score table per classifier and metric; see `evaluate_sampler`.
    """
    function: Callable[..., list[dict[str, Any]]] = (
        evaluate_method if isinstance(spec, MethodSpec) else partial(evaluate_sampler, refit=refit)
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
    refit: bool = False,
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
        runs once. Of more than two classes they are those of every class over the largest one.
    seed : int
        Random state of the sampler and of the classifiers.
    limits : autosmote.evaluation.isolation.Limits, optional
        What the method may use for all ratios together. Needs Linux. Default, none: the method runs in this
        process.
    refit : bool, default False
        Whether to resample and fit once more at the chosen ratio, on training and validation rows together.
        Not in the paper.

    Returns
    -------
    list of dict
        One row of the score table per classifier and metric:

        - ``dataset``, ``imbalance_ratio``, ``seed``, ``sampler``, ``category``, ``classifier``, ``metric``;
        - ``ratio``: the chosen ratio, NaN if there is none;
        - ``validation_score``, ``test_score``: NaN if no ratio worked, or the test rows of the chosen one
          could not be labelled;
        - ``large_test_score``: that on `Task.large_test`; also NaN where the task has none;
        - ``refit_test_score``, ``refit_large_test_score``: the same after `refit`; also NaN where that
          failed, which the message says;
        - ``status``: ``ok``; ``unchanged`` if the chosen result holds just the training rows (scores are
          kept; never said of no resampling); else, if no ratio worked, the gravest of ``timeout``,
          ``memory``, ``failed`` and ``not_applicable`` that occurred, or what went wrong with the test rows;
        - ``message``: the ratios that did not work or changed nothing, with the reasons, what went wrong
          with the test rows, and what the method has to say of its scores; empty if none;
        - ``settings``: JSON of the choices that the method made itself at the chosen ratio;
        - ``n_majority``, ``n_minority``: training rows after resampling (of more than two classes those of
          the largest and of the smallest), None if no ratio worked or the method is no sampler;
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
    samples, sampling_seconds = _run(spec, grid, partial(sampling, task, spec, grid, seed), limits)

    def predict_test_rows(metric: str, fitted: Fitted) -> np.ndarray | Failure:
        if isinstance(fitted.held_out, Failure):
            _log_failures(spec, [fitted.held_out])
            return fitted.held_out
        return np.concatenate([respond(fitted.model, X, metric) for X in fitted.held_out])

    merged = task.merged()
    refits: dict[float | None, Sample | Failure] = {}

    def predict_after_refit(classifier: str, metric: str, ratio: float | None) -> np.ndarray | Failure:
        if ratio not in refits:
            again, _ = _run(spec, [ratio], partial(sampling, merged, spec, [ratio], seed), limits)
            refits.update(again)
        fitted = fit_sample(merged, refits[ratio], classifier, [metric], seed)
        return fitted if isinstance(fitted, Failure) else predict_test_rows(metric, fitted)

    rows = []
    for classifier in classifiers:
        started = time.process_time()
        fits = {
            ratio: fit_sample(task, sample, classifier, metrics, seed) for ratio, sample in samples.items()
        }
        seconds = sampling_seconds + time.process_time() - started
        for metric in metrics:
            cell = Cell.of(task, classifier, metric, seed)
            again = partial(predict_after_refit, classifier, metric) if refit else None
            rows.append(_row(cell, task, spec, fits, partial(predict_test_rows, metric), seconds, again))
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

    def predict_test_rows(metric: str, fitted: Fitted) -> np.ndarray | Failure:
        work = partial(_predicting, fitted.model, held_out_rows(task), metric, task.n_classes)
        predicted, _ = _run(spec, [None], work, limits)
        return predicted[None]

    rows = []
    for classifier in classifiers:
        for metric in metrics:
            problem = Problem(
                training_rows(task),
                task.X_validation.copy(),
                task.y_validation.copy(),
                make_classifier(classifier, seed),
                METRICS[metric],
                seed,
                needs_scores(METRICS[metric]),
            )
            fits, seconds = _run(spec, grid, partial(_learning, task, spec, problem, metric, grid), limits)
            cell = Cell.of(task, classifier, metric, seed)
            rows.append(_row(cell, task, spec, fits, partial(predict_test_rows, metric), seconds))
    return rows


def _checked_grid(
    spec: SamplerSpec | MethodSpec,
    classifiers: Sequence[str],
    metrics: Sequence[str],
    ratios: Sequence[float],
) -> Sequence[float | None]:
    for classifier in classifiers:
        CLASSIFIERS.look_up(classifier)
    for metric in metrics:
        METRICS.look_up(metric)
    if not spec.takes_ratio:
        return [None]
    if not ratios:
        raise ValueError(f"ratios is empty: {spec.name} needs at least one ratio in (0, 1]")
    for ratio in ratios:
        if not 0 < ratio <= 1:
            raise ValueError(f"ratios holds {ratio!r}: a ratio of minority to majority rows lies in (0, 1]")
    # Ascending, so that the first of equal validation scores belongs to the smaller ratio.
    return sorted(set(ratios))


def _run(
    spec: SamplerSpec | MethodSpec,
    grid: Sequence[float | None],
    work: Callable[[], Iterator[tuple[float | None, _T | Failure]]],
    limits: isolation.Limits | None,
) -> tuple[dict[float | None, _T | Failure], float]:
    """Return what a method makes at each ratio, and the CPU seconds that it took."""
    made: dict[float | None, _T | Failure]
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
                failure = Failure(stop.status, shortened(stop.reason))
                made.update((ratio, failure) for ratio in grid if ratio not in made)
        seconds, printed = process.cpu_seconds, process.output
    _log_failures(spec, made.values(), printed)
    return made, seconds


def _log_failures(spec: SamplerSpec | MethodSpec, made: Iterable[Any], printed: str = "") -> None:
    failed = [item for item in made if isinstance(item, Failure) and item.status == "failed"]
    for trace in dict.fromkeys(failure.trace for failure in failed):
        _LOG.warning("%s failed\n%s", spec.name, trace or printed)


def _learning(
    task: Task, spec: MethodSpec, problem: Problem, metric: str, grid: Sequence[float | None]
) -> Iterator[tuple[float | None, Fitted | Failure]]:
    def fit(learn: Callable[[float | None], Learned], ratio: float | None) -> Fitted:
        learned = learn(ratio)
        validation = {metric: _checked_response(learned.model, task.X_validation, metric, task.n_classes)}
        as_json(learned.settings)
        return Fitted(learned.model, validation, learned.settings, str(learned.note))

    def build() -> Callable[[float | None], Learned]:
        if task.n_classes > 2 and spec.multiclass == TWO_CLASSES:
            raise takes_two(spec, task.y_train)
        return spec.build(problem)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # As in `scoring.fit`.
        learn = guarded(build)
        for ratio in grid:
            yield ratio, learn if isinstance(learn, Failure) else guarded(fit, learn, ratio)


def _checked_response(model: Predictor, X: np.ndarray, metric: str, n_classes: int) -> np.ndarray:
    """Predict rows by what a method has learned, and check that these are labels, or scores."""
    if needs_scores(METRICS[metric]) and not has_values(model):
        raise NotApplicable(f"it labels rows only, and {metric} needs their scores")
    responses = np.asarray(respond(model, X.copy(), metric))
    if n_classes > 2:
        _check_several(responses, len(X), metric, n_classes)
    elif not needs_scores(METRICS[metric]):
        confusion(np.zeros(len(X)), responses)
    elif responses.shape != (len(X),) or not np.isfinite(responses).all():
        raise ValueError(f"scores of {len(X)} rows have to be as many finite numbers")
    return responses


def _check_several(responses: np.ndarray, n_rows: int, metric: str, n_classes: int) -> None:
    if not needs_scores(METRICS[metric]):
        if responses.shape != (n_rows,) or not np.isin(responses, range(n_classes)).all():
            raise ValueError(f"labels of {n_rows} rows have to be as many whole numbers below {n_classes}")
    elif responses.shape != (n_rows, n_classes) or not np.isfinite(responses).all():
        raise ValueError(f"scores of {n_rows} rows have to be {n_classes} finite numbers for each")


def _predicting(
    model: Predictor, parts: Sequence[np.ndarray], metric: str, n_classes: int
) -> Iterator[tuple[None, np.ndarray | Failure]]:
    yield (
        None,
        guarded(lambda: np.concatenate([_checked_response(model, X, metric, n_classes) for X in parts])),
    )


def _row(
    cell: Cell,
    task: Task,
    spec: SamplerSpec | MethodSpec,
    fits: Mapping[float | None, Fitted | Failure],
    predict_test_rows: Callable[[Fitted], np.ndarray | Failure],
    seconds: float,
    predict_after_refit: Callable[[float | None], np.ndarray | Failure] | None = None,
) -> dict[str, Any]:
    """Choose the ratio on the validation split, and only then look at the test split."""
    measure = METRICS[cell.metric]
    without_score = partial(ScoreRow.without_score, cell, spec.name, spec.category, seconds=seconds)
    fitted = {ratio: fit for ratio, fit in fits.items() if isinstance(fit, Fitted)}
    message = _message(fits)
    if not fitted:
        statuses = {fit.status for fit in fits.values() if isinstance(fit, Failure)}
        gravest = next(status for status in _FAILURES_BY_GRAVITY if status in statuses)
        return without_score(status=gravest, message=message).as_dict()
    scores = {ratio: measure(task.y_validation, fit.validation[cell.metric]) for ratio, fit in fitted.items()}
    ratio = max(scores, key=scores.__getitem__)
    chosen = fitted[ratio]
    responses = predict_test_rows(chosen)
    if isinstance(responses, Failure):
        at = "" if ratio is None else f" at the chosen ratio {ratio}"
        reason = f"test rows{at}: {responses.status.replace('_', ' ')}: {responses.reason}"
        return without_score(
            status=responses.status, message="; ".join(filter(None, (message, reason)))
        ).as_dict()
    test_score, large_test_score = held_out_scores(task, cell.metric, responses)
    refit_scores, notes = (np.nan, np.nan), [message, chosen.note]
    if predict_after_refit is not None:
        responses = predict_after_refit(ratio)
        if isinstance(responses, Failure):
            notes.append(f"refit: {responses.status.replace('_', ' ')}: {responses.reason}")
        else:
            refit_scores = held_out_scores(task, cell.metric, responses)
    return ScoreRow.scored(
        cell,
        spec.name,
        spec.category,
        ratio=np.nan if ratio is None else ratio,
        validation_score=scores[ratio],
        test_score=test_score,
        large_test_score=large_test_score,
        refit_test_score=refit_scores[0],
        refit_large_test_score=refit_scores[1],
        status="unchanged" if chosen.unchanged else "ok",
        message="; ".join(filter(None, notes)),
        settings=chosen.settings,
        n_majority=chosen.n_majority,
        n_minority=chosen.n_minority,
        seconds=seconds,
    ).as_dict()


def _message(fits: Mapping[float | None, Fitted | Failure]) -> str:
    """Say which ratios failed, did not apply or changed nothing, and for which reason."""
    noted: dict[str, list[float | None]] = {}
    for ratio, fit in fits.items():
        if isinstance(fit, Failure):
            noted.setdefault(f"{fit.status.replace('_', ' ')}: {fit.reason}", []).append(ratio)
        elif fit.unchanged:
            noted.setdefault("unchanged", []).append(ratio)
    parts = []
    for text, ratios in noted.items():
        listed = f"{len(ratios)} of {len(fits)} ratios ({', '.join(map(str, ratios))}) "
        parts.append(text if None in fits else listed + text)
    return "; ".join(parts)
