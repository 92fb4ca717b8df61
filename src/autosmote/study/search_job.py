"""One search of the study: a strategy, task, classifier and metric, from the split data to the test score."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sklearn
import torch
from sklearn.base import ClassifierMixin

from autosmote.datasets.tasks import Task
from autosmote.evaluation.classifiers import make_classifier
from autosmote.evaluation.metrics import METRICS
from autosmote.evaluation.score_row import Cell, ScoreRow, count_rows
from autosmote.evaluation.scoring import fit, held_out_rows, held_out_scores, respond
from autosmote.search.checkpoint import Checkpoint
from autosmote.search.settings import SearchSettings
from autosmote.study import dependencies, layout, strategies
from autosmote.study.strategy import Execution, Found, Selection, Strategy
from autosmote.utils.progress import Progress
from autosmote.utils.storage import write_arrays, write_frame, write_json

_CMA_VERSION = version("cma")  # Loading it takes a second, and the paper's searches do without.


@dataclass(frozen=True)
class JobResult:
    """What a search leaves behind.

    Attributes
    ----------
    row : dict
        The row of the score table, and what else is worth keeping: ``best_iteration``, ``iterations``,
        ``n_synthetic``, ``device``, ``actors``, ``wall_seconds``, ``refit_test_score`` (of what was selected,
        applied to training and validation rows together; NaN where that cannot be done). Its status is
        ``ok``, or ``not_applicable`` if the strategy takes two classes and there are more, or the classifier
        could be fitted in no iteration, or ``memory`` if there was too little of it. ``seconds`` and
        ``wall_seconds`` are NaN for a search that went on from a checkpoint.
    history : DataFrame
        One row per iteration; see `autosmote.search.engine.Iteration`.
    selections : DataFrame
        One row per iteration that was the best so far, with ``iteration``, ``validation_score`` and
        ``test_score``, which was looked at after the search. The last row is the result.
    samples : dict of str to ndarray
        What the strategy keeps of its best iteration; of the engine's, see
        `autosmote.study.autosmote_search.find_synthetic_rows`.
    """

    row: dict[str, Any]
    history: pd.DataFrame
    selections: pd.DataFrame
    samples: dict[str, np.ndarray]

    def save(self, folder: Path) -> None:
        """Write ``samples.npz``, ``selections.parquet``, ``history.parquet`` and, last, ``result.json``.

        Parameters
        ----------
        folder : Path
        """
        write_arrays(self.samples, folder / layout.SAMPLES)
        write_frame(self.selections, folder / layout.SELECTIONS)
        write_frame(self.history, folder / layout.HISTORY)
        write_json(self.row, folder / layout.RESULT)


def run_search(
    task: Task,
    classifier: str,
    metric: str,
    settings: Mapping[str, Any],
    *,
    strategy: str = "autosmote",
    actors: int = 1,
    evaluator: str = "auto",
    device: str = "cpu",
    log: Callable[[str], None] | None = None,
    log_seconds: float = 10.0,
    checkpoint: Path | None = None,
) -> JobResult:
    """Search on the training and validation split, then score what was selected on the test split.

    Parameters
    ----------
    task : Task
        Its seed also seeds the search and the classifier.
    classifier, metric : str
        Keys of `autosmote.evaluation.classifiers.CLASSIFIERS` and `autosmote.evaluation.metrics.METRICS`.
    settings : mapping
        The ``search`` section of the configuration.
    strategy : str, default "autosmote"
        A name of `autosmote.study.strategies`.
    actors : int, default 1
    evaluator : {"auto", "plain"}, default "auto"
        How the reward is computed; see `ValidationReward`. The test score is always the plain classifier's.
    device : str, default "cpu"
        Device of the learner.
    log : callable, optional
        Receives a line of progress every `log_seconds` seconds. On a terminal a progress bar takes the place
        of the lines.
    log_seconds : float, default 10.0
    checkpoint : Path, optional
        File that keeps the state of the search every half minute. A search of the same task, classifier,
        metric and settings, on the same device and by the same code and library versions, goes on from it.
        Remove it when the outcome is saved.

    Returns
    -------
    JobResult
    """
    METRICS.look_up(metric)
    cpu, wall = sum(os.times()[:4]), time.perf_counter()
    chosen = strategies.get(strategy)
    cell = Cell.of(task, classifier, metric)
    key = search_key(task, cell, settings, strategy=strategy, device=device)
    task, search_settings = _prepared(task, chosen, settings)
    status, message = "not_applicable", f"{classifier} could not be fitted in any iteration"
    with (
        contextlib.nullcontext()
        if log is None
        else Progress(search_settings.iterations, metric, log, log_seconds)
    ) as progress:
        execution = Execution(
            actors=actors,
            evaluator=evaluator,
            device=device,
            on_iteration=progress,
            checkpoint=None if checkpoint is None else Checkpoint(checkpoint, key),
        )
        try:
            if task.n_classes > 2 and not chosen.multiclass:
                found = _nothing_found(task, search_settings)
                message = f"{strategy} takes two classes, and there are {task.n_classes}"
            else:
                found = chosen.find(task, classifier, metric, search_settings, execution)
        except (MemoryError, torch.OutOfMemoryError) as error:
            found = _nothing_found(task, search_settings)
            status, message = "memory", str(error) or "out of memory"

    # What the processes before an interruption took died with them.
    seconds = math.nan if found.resumed_after else sum(os.times()[:4]) - cpu
    wall_seconds = math.nan if found.resumed_after else time.perf_counter() - wall
    selections = _with_test_scores(found.selections, task, classifier, metric)
    best = found.selections[-1] if found.selections else None
    if best is not None:
        n_majority, n_minority = count_rows(best.y)
        refit_test_score, refit_large_test_score = _refit_scores(found, task, classifier, metric)
        row = ScoreRow.scored(
            cell,
            chosen.label,
            chosen.category,
            validation_score=best.score,
            test_score=float(selections["test_score"].iloc[-1]),
            large_test_score=float(selections["large_test_score"].iloc[-1]),
            refit_test_score=refit_test_score,
            refit_large_test_score=refit_large_test_score,
            message=chosen.note,
            settings=found.settings,
            n_majority=n_majority,
            n_minority=n_minority,
            seconds=seconds,
        )
    else:
        row = ScoreRow.without_score(
            cell,
            chosen.label,
            chosen.category,
            status=status,
            message=message,
            settings=found.settings,
            seconds=seconds,
        )
    further = {
        "ratio": None,  # JSON has no NaN.
        "wall_seconds": wall_seconds,
        "iterations": search_settings.iterations,
        "device": device,
        "actors": actors,
        "best_iteration": None if best is None else best.iteration,
        "n_synthetic": None if best is None else found.n_synthetic,
    }
    return JobResult(row.as_dict() | further, found.history, selections, found.samples)


def _with_test_scores(
    selections: Sequence[Selection], task: Task, classifier: str, metric: str
) -> pd.DataFrame:
    """List what was selected one after the other, with the test scores that the search did not know."""
    rows = []
    for selection in selections:
        model = fit(make_classifier(classifier, task.seed), selection.X, selection.y)
        rows.append((selection.iteration, selection.score, *_held_out_scores(model, task, metric)))
    columns = ["iteration", "validation_score", "test_score", "large_test_score"]
    return pd.DataFrame(rows, columns=columns)


def _refit_scores(found: Found, task: Task, classifier: str, metric: str) -> tuple[float, float]:
    """Score what was selected, applied to training and validation rows together."""
    if found.refit is None:
        return math.nan, math.nan
    model = fit(make_classifier(classifier, task.seed), found.refit.X, found.refit.y)
    return _held_out_scores(model, task, metric)


def _held_out_scores(model: ClassifierMixin, task: Task, metric: str) -> tuple[float, float]:
    responses = np.concatenate([respond(model, X, metric) for X in held_out_rows(task)])
    return held_out_scores(task, metric, responses)


def _prepared(task: Task, chosen: Strategy, settings: Mapping[str, Any]) -> tuple[Task, SearchSettings]:
    """The task that a strategy searches on, and its settings there."""
    search_settings = dataclasses.replace(
        SearchSettings.from_config(settings, imbalance_ratio=task.imbalance_ratio, seed=task.seed),
        **chosen.keys,
    )
    return task if chosen.prepare is None else chosen.prepare(task), search_settings


def search_key(
    task: Task, cell: Cell, settings: Mapping[str, Any], *, strategy: str, device: str = "cpu"
) -> str:
    """Digest everything that what a search finds depends on; the test rows have no part in it.

    Parameters
    ----------
    task : Task
    cell : Cell
    settings, strategy, device
        See `run_search`.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    task, search_settings = _prepared(task, strategies.get(strategy), settings)
    code = dependencies.search(strategy, cell.classifier, cell.metric)
    versions = np.__version__, sklearn.__version__, torch.__version__, _CMA_VERSION
    digest = hashlib.sha256(
        repr((strategy, cell.classifier, cell.metric, search_settings, device, code, *versions)).encode()
    )
    for array in (task.X_train, task.y_train, task.X_validation, task.y_validation, task.nominal):
        digest.update(repr((array.shape, array.dtype)).encode() + np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _nothing_found(task: Task, settings: SearchSettings) -> Found:
    """What is left of a search that did not end."""
    columns = ("iteration", "validation_score", "best_validation_score")
    return Found(
        selections=(),
        n_synthetic=0,
        history=pd.DataFrame({name: np.empty(0) for name in columns}),
        samples={"X": task.X_train[:0]},
        settings=dataclasses.asdict(settings),
    )
