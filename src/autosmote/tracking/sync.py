"""Put the result files of a study into MLflow, for browsing; running it twice changes nothing.

The jobs of a study write files and know nothing of MLflow; `sync` copies what the files hold into a tracking
store. The files stay the truth: a store that was lost is built again by one more `sync`.

One experiment per data set, named ``<study>/<dataset>``, holds a parent run per sampler (mean test scores of
its results) and below it one run per row of the score table. In the same way it holds a parent per changed
setting and the searches of the hyperparameter study, and one for the case study and its methods; their tag
``kind`` is another. The experiment ``<study>`` holds one run, ``summary``, with the tables and figures as
artifacts.

A run is known by its tags ``job_key`` (which result it shows) and ``content_hash`` (what it shows). MLflow
can neither change a parameter nor remove a point of a curve, so a result that changed gets a new run and the
old one goes to MLflow's trash. A run whose result has disappeared is kept and tagged ``stale``.
"""

from __future__ import annotations

import fcntl
import logging
import os
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from autosmote.study import layout
from autosmote.tracking.records import (
    Record,
    artifact_files,
    make_records,
    parent_key,
    parent_record,
    ranks_of_samplers,
    read_results,
)
from autosmote.tracking.resources import job_totals
from autosmote.tracking.store import Store, TrackingError, prepare_mlflow
from autosmote.tracking.versions import environment
from autosmote.utils.addresses import has_password, passwords, without_secrets
from autosmote.utils.storage import CorruptFileError, read_json

logger = logging.getLogger(__name__)

#: MLflow lists the newest run first and draws the first ten: the parent of this category is made last.
SHOWN_FIRST = "Auto-sampling"


@dataclass(frozen=True)
class SyncReport:
    """What a synchronisation did.

    Attributes
    ----------
    created, updated, unchanged : int
        Results whose run is new, was replaced because the result changed, or was already there.
    stale : int
        Runs in the store whose result is gone. Not counted while there are `problems`.
    artifacts : int
        Tables and figures uploaded; 0 if none of them changed.
    problems : tuple of str
        One message per result file that could not be read; the other files were synchronised.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    stale: int = 0
    artifacts: int = 0
    problems: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return one line for a log."""
        return (
            f"{self.created} runs created, {self.updated} updated, {self.unchanged} unchanged, "
            f"{self.stale} stale; {self.artifacts} artifacts uploaded; {len(self.problems)} unreadable files"
        )


def sync(
    results: str | os.PathLike[str],
    *,
    study: str,
    tracking_uri: str | None = None,
    scores: str | os.PathLike[str] | None = None,
) -> SyncReport:
    """Bring an MLflow store up to date with the result files of a study.

    May be called at any time, also while jobs write results, after a failed run, and by several processes:
    those that share a folder of results or an SQLite file take turns. One that was killed is completed by the
    next; so is what several left twice that could not see each other and wrote to one server.

    Parameters
    ----------
    results : path-like
        The study's folder of results. What exists in it is used: the score table, else the files of the
        single jobs; job files written since the table replace its rows.
    study : str
        Name of the study, without a slash.
    tracking_uri : str, optional
        Where MLflow keeps its runs: a server (``http://...``) or a database. By default the SQLite file
        ``mlflow.db`` in `results`, with the artifacts in ``mlartifacts`` beside it. A password in it is shown
        nowhere.
    scores : path-like, optional
        The score table, by default ``scores.parquet`` in `results`.

    Returns
    -------
    SyncReport

    Raises
    ------
    ValueError
        If `study` is empty or contains a slash.
    TrackingError
        If there is no such folder, MLflow is not installed, or its store cannot be reached or written.
    """
    results = Path(results)
    if not study or "/" in study:
        raise ValueError(f"study {study!r}: an MLflow experiment needs a name without '/'")
    if not results.is_dir():
        raise TrackingError(f"there is no results folder {results}; run the study first")
    own = results.resolve() / layout.DATABASE
    uri = tracking_uri or f"sqlite:///{own}"
    prepare_mlflow()
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        # The files are read under the lock: a slower process must not put back what it read earlier.
        with (
            _only_one(results / layout.TRACKING_LOCK),
            _only_one(_sqlite_lock(uri)),
            _without_waiting_for_the_disk(own),
        ):
            store = Store.connect(uri, study, artifacts=results.resolve() / layout.ARTIFACTS)
            rows, problems = read_results(results, Path(scores) if scores else results / layout.SCORES)
            return _sync(store, rows, results, problems)
    except (MlflowException, SQLAlchemyError, OSError, ImportError) as error:
        reason = str(error).strip().splitlines()[0]
        for password in passwords(uri):
            reason = reason.replace(password, "***")
        raise TrackingError(
            f"cannot use the MLflow store {without_secrets(uri)}: {reason}. "
            "The result files are untouched; mend the store or mlflow.tracking_uri, then synchronise again"
        ) from (None if has_password(uri) else error)  # the traceback would show the password


def _sync(store: Store, rows: pd.DataFrame, results: Path, problems: list[str]) -> SyncReport:
    counts = dict.fromkeys(("created", "updated", "unchanged", "stale"), 0)
    # One data set after the other, so that the memory needed is that of the largest.
    for dataset in sorted({*rows["dataset"], *store.datasets()}):
        by_parent: dict[str, list[Record]] = defaultdict(list)
        of_dataset = rows[rows["dataset"] == dataset]
        for record in make_records(of_dataset, problems):
            by_parent[parent_key(record.tags)].append(record)
        ranks = ranks_of_samplers(of_dataset) if by_parent else {}
        facts = _facts(results / layout.DATA_FACTS.format(dataset=dataset), problems)
        parents = {key: parent_record(children, ranks, facts) for key, children in by_parent.items()}
        experiment = store.experiment(dataset, {parent.tags["kind"] for parent in parents.values()})
        runs = store.runs(experiment)
        top = [
            key
            for key, parent in parents.items()
            if parent.tags["kind"] == "sampler" and parent.tags["category"] == SHOWN_FIRST
        ]
        others = sorted(parents.keys() - set(top))
        # A parent that comes later than the topmost is dated before it.
        dates = [run.info.start_time for key in top for run in runs.get(key, [])]
        for key in [*reversed(others), *top]:
            before = min(dates, default=None) if key in others else None
            parent_id = store.update(experiment, parents[key], runs.pop(key, []), before)
            for record in by_parent[key]:
                counts[store.replace(experiment, record, parent_id, runs.pop(record.key, []))] += 1
        if not problems:  # the result of a run that was not found may be in an unreadable file
            counts["stale"] += store.mark_stale(run for found in runs.values() for run in found)
    uploaded = store.upload_summary(artifact_files(results), job_totals(results), environment())
    return SyncReport(**counts, artifacts=uploaded, problems=tuple(problems))


def _facts(path: Path, problems: list[str]) -> dict[str, Any] | None:
    """Read the facts of a data set, which are not there where only the scores are."""
    try:
        return dict(read_json(path)) if path.is_file() else None
    except CorruptFileError as error:
        problems.append(str(error))
        return None


@contextmanager
def _only_one(path: Path | None) -> Iterator[None]:
    """Hold a lock, if any, that the operating system releases even if the process is killed."""
    if path is None:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            logger.warning("waiting for another synchronisation, which holds %s", path)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _sqlite_lock(uri: str) -> Path | None:
    """Where to lock an SQLite file, which the first access of two processes at once would damage."""
    from sqlalchemy.engine import make_url

    if not uri.startswith("sqlite:"):
        return None
    file = make_url(uri).database
    return Path(f"{file}.lock") if file else None


@contextmanager
def _without_waiting_for_the_disk(database: Path) -> Iterator[None]:
    """Let SQLite leave it to the operating system when to write this file.

    MLflow commits six times per run. A killed process still damages nothing. A power cut could, but then the
    results are there to build the file again from; so this is for a study's own file, not for any other.
    """
    from sqlalchemy import Engine, event

    def relax(connection: Any, _: Any) -> None:
        if isinstance(connection, sqlite3.Connection):
            files = [file for _, _, file in connection.execute("PRAGMA database_list")]
            # That a file is no database is for MLflow to find, which would try again here.
            with suppress(sqlite3.DatabaseError):
                if str(database) in files:
                    connection.execute("PRAGMA synchronous = OFF")

    event.listen(Engine, "connect", relax)
    try:
        yield
    finally:
        event.remove(Engine, "connect", relax)
