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

import argparse
import fcntl
import hashlib
import json
import logging
import math
import os
import sqlite3
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from autosmote.analysis.scores import KEY, SCORED, collect, validate
from autosmote.study import layout
from autosmote.utils.addresses import has_password, passwords, without_secrets
from autosmote.utils.storage import CorruptFileError, read_frame, read_json

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

logger = logging.getLogger(__name__)

#: Points kept of a search curve: ten of them, the columns of a history, still fit one MLflow batch of 1000.
CURVE_POINTS = 100
#: What identifies a result within its data set; also the tags to filter and group by.
IDENTITY = ("dataset", "imbalance_ratio", "sampler", "category", "classifier", "metric", "seed")
#: What a search reports beyond the columns of the score table.
SEARCH_METRICS = ("best_iteration", "n_synthetic", "wall_seconds")
SEARCH_PARAMS = ("device", "actors")
#: Status of a row to status of an MLflow run; any other row is FINISHED.
RUN_STATUS = {"failed": "FAILED", "timeout": "KILLED", "memory": "KILLED"}
ARTIFACT_FOLDERS = (layout.TABLES, layout.FIGURES)
#: Kinds of runs that show a result, and of the parent above them.
KINDS = {"result": "sampler", "hyperparameter_result": "hyperparameter", "case_study_result": "case_study"}
#: MLflow lists the newest run first and draws the first ten: the parent of this category is made last.
SHOWN_FIRST = "Auto-sampling"
#: What a visitor reads on the page of a data set's experiment.
DATASET_NOTE = (
    "A run per sampler, changed hyperparameter or case study and, below it, one per result. {links}. Filters "
    "combine, for instance `tags.kind = 'result' and tags.classifier = 'svm' and tags.metric = 'mcc' and "
    "tags.imbalance_ratio = '50' and tags.status = 'failed'`."
)
_CHART = {"compareRunsMode": "CHART"}
# Ordered by time, MLflow would hide results below their parents.
_CHART_OF_RESULTS = {**_CHART, "orderByKey": "metrics.`validation_score`", "orderByAsc": "false"}
#: Links of that note: title, kind of runs, further filter, further parameters of the page.
DATASET_LINKS: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    ("Compare the samplers", "sampler", "", _CHART),
    ("Curves of the searches", "result", " and tags.curves = 'true'", _CHART_OF_RESULTS),
    ("Results without a score", "result", " and tags.scored = 'false'", {}),
    ("Hyperparameters", "hyperparameter", "", _CHART),
    ("Case study", "case_study_result", "", _CHART_OF_RESULTS),
)
SUMMARY_NOTE = "Tables and figures: see the artifacts of the run `summary`."
#: MLflow refuses longer tags and descriptions (8000) and parameters (6000).
MAX_TEXT = 6000


class TrackingError(RuntimeError):
    """The tracking store cannot be used. The result files are not affected."""


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
    _prepare_mlflow()
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        # The files are read under the lock: a slower process must not put back what it read earlier.
        with (
            _only_one(results / layout.TRACKING_LOCK),
            _only_one(_sqlite_lock(uri)),
            _without_waiting_for_the_disk(own),
        ):
            store = _Store.connect(uri, study, artifacts=results.resolve() / layout.ARTIFACTS)
            rows, problems = _read_results(results, Path(scores) if scores else results / layout.SCORES)
            return _sync(store, rows, _artifact_files(results), problems)
    except (MlflowException, SQLAlchemyError, OSError, ImportError) as error:
        reason = str(error).strip().splitlines()[0]
        for password in passwords(uri):
            reason = reason.replace(password, "***")
        raise TrackingError(
            f"cannot use the MLflow store {without_secrets(uri)}: {reason}. "
            "The result files are untouched; mend the store or mlflow.tracking_uri, then synchronise again"
        ) from (None if has_password(uri) else error)  # the traceback would show the password


def _sync(store: _Store, rows: pd.DataFrame, artifacts: dict[Path, str], problems: list[str]) -> SyncReport:
    counts = dict.fromkeys(("created", "updated", "unchanged", "stale"), 0)
    # One data set after the other, so that the memory needed is that of the largest.
    for dataset in sorted({*rows["dataset"], *store.datasets()}):
        by_parent: dict[str, list[_Record]] = defaultdict(list)
        for record in _records(rows[rows["dataset"] == dataset], problems):
            by_parent[_parent_key(record.tags)].append(record)
        parents = {key: _parent(children) for key, children in by_parent.items()}
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
    return SyncReport(**counts, artifacts=store.upload_summary(artifacts), problems=tuple(problems))


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


@dataclass(frozen=True)
class _Record:
    """What one run in MLflow has to show.

    `metrics` are triples (name, value, step). MLflow's duration of the run is `seconds`, and its end is
    `ended` (seconds since the epoch; by default the moment of writing), which is no part of the content.
    """

    key: str
    name: str
    status: str
    tags: dict[str, str]
    params: dict[str, str]
    metrics: list[tuple[str, float, int]]
    seconds: float = 0.0
    ended: float | None = None

    @cached_property
    def content_hash(self) -> str:
        content = {name: value for name, value in asdict(self).items() if name != "ended"}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _read_results(results: Path, scores: Path) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows of the score table and of single jobs, one per result; and what could not be read.

    Beside those of the score table, the columns are ``ended`` (seconds since the epoch), ``search`` (path of
    a search's ``result.json``, or ""), ``kind`` (a key of `KINDS`) and ``changed`` (name of the setting that
    the hyperparameter study changed, or "").
    """
    problems: list[str] = []

    def read(path: Path, load: Callable[[Path], pd.DataFrame] = lambda path: collect([path])) -> pd.DataFrame:
        try:
            rows, ended = load(path), path.stat().st_mtime
        except (CorruptFileError, ValueError, OSError) as error:
            _note(error, path, problems)
            rows, ended = collect([]), 0.0
        search = str(path) if path.name == layout.RESULT else ""
        return rows.assign(ended=ended, search=search, kind="result", changed="")

    table = read(scores) if scores.exists() else collect([])
    # Without a readable table every job file counts. With one, the table says what belongs to the study,
    # and only jobs that ended after it was written say something new.
    collected = scores.stat().st_mtime if len(table) else -math.inf
    frames = [table.assign(belongs=True)] if len(table) else []
    for path in _files(results / layout.BASELINES, "**/*.parquet"):
        if path.stat().st_mtime >= collected:
            frames.append(read(path).assign(belongs=True))
    for path in _files(results / layout.SEARCHES, f"**/{layout.RESULT}"):
        # The table lacks what only a search's own files hold.
        frames.append(read(path).assign(belongs=path.stat().st_mtime >= collected))
    if frames:
        rows = pd.concat(frames)
        known = rows.groupby(list(KEY))["belongs"].transform("any")
        frames = [rows[known].drop_duplicates(list(KEY), keep="last")]
    for path in _files(results / layout.HYPERPARAMETERS, f"**/{layout.RESULT}"):
        changed = layout.changed_setting(path)
        frames.append(read(path).assign(kind="hyperparameter_result", changed=changed))
    for path in _files(results, layout.CASE_STUDY_FACTS):
        frames.append(read(path, _read_case_study).assign(kind="case_study_result"))
    return pd.concat(frames) if frames else table, problems


def _read_case_study(path: Path) -> pd.DataFrame:
    return validate(pd.DataFrame(read_json(path).get("methods", [])))


def _note(error: Exception, path: Path, problems: list[str]) -> None:
    problems.append(str(error) if str(path.parent) in str(error) else f"{path}: {error}")


def _files(folder: Path, pattern: str) -> list[Path]:
    """Return the files below a folder, without the hidden ones that are still being written."""
    return sorted(path for path in folder.glob(pattern) if not path.name.startswith("."))


def _records(rows: pd.DataFrame, problems: list[str]) -> list[_Record]:
    """Return the records of rows that `_read_results` returned, sorted by key.

    Where a search's history cannot be read, a problem is noted and its curves are missing.
    """
    records = []
    for row in rows.to_dict("records"):
        extras: Mapping[str, Any] = {}
        curves: list[tuple[str, float, int]] = []
        if row["search"]:
            path = Path(row["search"])
            history = path.with_name(layout.HISTORY)
            try:
                extras = read_json(path)
                curves = _curves(read_frame(history), history) if history.exists() else []
            except (CorruptFileError, ValueError, OSError) as error:
                _note(error, path, problems)
        records.append(_record(cast("Mapping[str, Any]", row), extras, curves, row["ended"]))
    return sorted(records, key=lambda record: record.key)


def _curves(history: pd.DataFrame, path: Path) -> list[tuple[str, float, int]]:
    """Return at most `CURVE_POINTS` evenly spread rows of a history, the first and the last among them."""
    if "iteration" not in history or history.empty:
        raise ValueError(f"{path} holds no iterations; delete its folder and run again")
    count = min(CURVE_POINTS, len(history))
    thinned = history.iloc[np.linspace(0, len(history) - 1, count).round().astype(int)]
    steps = thinned["iteration"].tolist()
    return [
        (f"search/{column}", float(value), int(step))
        for column in thinned.select_dtypes("number").columns.drop(
            ["iteration", "round", "random_state"], errors="ignore"
        )
        for step, value in zip(steps, thinned[column].tolist(), strict=True)
        if math.isfinite(value)
    ]


def _record(
    row: Mapping[str, Any],
    extras: Mapping[str, Any],
    curves: Sequence[tuple[str, float, int]],
    ended: float,
) -> _Record:
    """Return the record of a row of the score table, with what else a search wrote."""
    # An error's text may hold a path; whose home folder it was is nobody's business.
    message = str(row["message"]).replace(f"{Path.home()}/", "~/")[:MAX_TEXT]
    tags = {name: str(row[name]) for name in (*IDENTITY, "kind", "status")}
    if row["changed"]:
        tags["changed"] = row["changed"]
    tags |= {"scored": str(row["status"] in SCORED).lower(), "curves": str(bool(curves)).lower()}
    if message:
        tags |= {"message": message, "mlflow.note.content": message}
    params = {name: extras[name] for name in SEARCH_PARAMS if name in extras}
    params |= json.loads(row["settings"] or "{}")
    if not _missing(row["ratio"]):
        params["ratio"] = row["ratio"]
    numbers = {
        name: row[name] for name in ("validation_score", "test_score", "seconds", "n_majority", "n_minority")
    }
    numbers |= {name: extras[name] for name in SEARCH_METRICS if name in extras}
    sampler, ratio = row["sampler"], f"ir{row['imbalance_ratio']}"
    rest = [row["classifier"], row["metric"], f"seed{row['seed']}"]
    key, name = [row["dataset"], ratio, sampler, *rest], [sampler, ratio, *rest]
    if row["kind"] != "result":
        key[0], name = _parent_key(tags), [_parent_name(tags), *name]
    return _Record(
        key="/".join(key),
        name=" · ".join(name),
        status=RUN_STATUS.get(row["status"], "FINISHED"),
        tags=tags,
        params={name: str(value)[:MAX_TEXT] for name, value in params.items()},
        metrics=[(name, float(value), 0) for name, value in numbers.items() if not _missing(value)]
        + list(curves),
        seconds=0.0 if _missing(row["seconds"]) else float(row["seconds"]),
        ended=ended,
    )


def _missing(value: Any) -> bool:
    """Tell whether a cell holds no number to show: None, NA, NaN or infinite."""
    return pd.isna(value) or math.isinf(value)


def _parent_name(tags: Mapping[str, str]) -> str:
    """Return the name of the parent of a result with these tags."""
    if tags["kind"] == "case_study_result":
        return "case study"
    return tags["changed"] if tags["kind"] == "hyperparameter_result" else tags["sampler"]


def _parent_key(tags: Mapping[str, str]) -> str:
    """Return the key of the parent of a result with these tags."""
    folder = "hyperparameters/" if tags["kind"] == "hyperparameter_result" else ""
    return f"{tags['dataset']}/{folder}{_parent_name(tags)}"


def _parent(children: Sequence[_Record]) -> _Record:
    """Return the record above results: their mean test score per metric, if they are of one sampler."""
    tags = children[0].tags
    shared = {
        name: tags[name]
        for name in ("dataset", "sampler", "category", "changed")
        if {child.tags.get(name) for child in children} == {tags.get(name)} and name in tags
    }
    scores: dict[str, list[float]] = defaultdict(list)
    for child in children:
        for name, value, _ in child.metrics:
            if name == "test_score":
                scores[child.tags["metric"]].append(value)
    means = [(f"mean_test_{metric}", float(np.mean(values)), 0) for metric, values in sorted(scores.items())]
    scored = sum(map(len, scores.values()))
    return _Record(
        key=_parent_key(tags),
        name=_parent_name(tags),
        status="FINISHED",
        tags=shared | {"kind": KINDS[tags["kind"]]},
        params={},
        metrics=[
            *(means if "sampler" in shared else []),
            ("results", float(len(children)), 0),
            ("results_without_score", float(len(children) - scored), 0),
            ("seconds", sum(child.seconds for child in children), 0),
        ],
    )


def _artifact_files(results: Path) -> dict[Path, str]:
    """Return the finished tables and figures and the folder of each in the summary."""
    return {path: folder for folder in ARTIFACT_FOLDERS for path in _files(results / folder, "*.*")}


def _prepare_mlflow() -> None:
    """Import MLflow, which reads its settings from the environment; what the user has set there stays."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    # The default of seven retries keeps a lost connection waiting for minutes.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
    try:
        import mlflow  # noqa: F401
    except ImportError as error:
        raise TrackingError("tracking needs MLflow: pip install 'autosmote[study]'") from error
    # Creating a database is announced in some forty lines.
    for name in ("alembic", "mlflow.store.db.utils"):
        logging.getLogger(name).setLevel(logging.WARNING)


class _Store:
    """The runs of one study in a tracking store."""

    def __init__(self, client: MlflowClient, study: str, artifacts: Path | None) -> None:
        self.client, self.study, self.artifacts = client, study, artifacts

    @classmethod
    def connect(cls, uri: str, study: str, artifacts: Path) -> _Store:
        """Open a store; one that is not a server keeps its artifacts in the folder `artifacts`."""
        from mlflow import MlflowClient

        served = uri.startswith(("http://", "https://"))
        if served:
            try:
                # One quick question, or MLflow would retry for minutes.
                urllib.request.urlopen(f"{without_secrets(uri).rstrip('/')}/health", timeout=10).close()
            except urllib.error.HTTPError:
                pass  # something answers; what it makes of us is for MLflow to say
        elif uri.startswith(("postgresql", "mysql", "mssql")):
            import sqlalchemy

            sqlalchemy.create_engine(uri).connect().close()  # as above
        return cls(MlflowClient(uri, registry_uri=uri), study, None if served else artifacts)

    def datasets(self) -> set[str]:
        """Return the data sets of this study in the store."""
        return {
            experiment.tags["dataset"]
            for experiment in _pages(self.client.search_experiments)
            if experiment.tags.get("study") == self.study and "dataset" in experiment.tags
        }

    def experiment(self, dataset: str | None = None, kinds: Collection[str] = ()) -> str:
        """Return the id of a data set's experiment, or of the study's own; make it if need be.

        `kinds` are those of a data set's parents, from which its note follows.
        """
        name = self.study if dataset is None else f"{self.study}/{dataset}"
        location = None if self.artifacts is None else str(self.artifacts)
        found = self.client.get_experiment_by_name(name)
        if found and found.lifecycle_stage == "deleted":
            self.client.restore_experiment(found.experiment_id)
        if found and dataset is None and location and found.artifact_location != location:
            # The results folder was moved, and MLflow cannot change where an experiment keeps its artifacts.
            # This one holds nothing but the summary, so it makes way for a new one.
            self.client.rename_experiment(
                found.experiment_id, f"{name} (before a move, {found.experiment_id})"
            )
            self.client.delete_experiment(found.experiment_id)
            found = None
        if found:
            identifier, known = str(found.experiment_id), found.tags
        else:
            known = {"study": self.study} | ({} if dataset is None else {"dataset": dataset})
            identifier = self._create_experiment(name, location, known)
        if dataset is not None and not kinds:
            return identifier  # all its runs are stale
        note = SUMMARY_NOTE if dataset is None else _dataset_note(identifier, kinds)
        if known.get("mlflow.note.content") != note:
            self.client.set_experiment_tag(identifier, "mlflow.note.content", note)
        return identifier

    def _create_experiment(self, name: str, location: str | None, tags: dict[str, str]) -> str:
        from mlflow.exceptions import MlflowException

        try:
            return str(self.client.create_experiment(name, artifact_location=location, tags=tags))
        except MlflowException as error:
            # Another synchronisation, of a copy of the results elsewhere, has just made it.
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            found = self.client.get_experiment_by_name(name)
            assert found is not None
            return str(found.experiment_id)

    def runs(self, experiment: str) -> dict[str, list[Run]]:
        """Return the runs of an experiment by job key. Runs made by others have none and are left alone."""
        found: dict[str, list[Run]] = defaultdict(list)
        for run in _pages(self.client.search_runs, experiment_ids=[experiment]):
            if "job_key" in run.data.tags:
                found[run.data.tags["job_key"]].append(run)
        return found

    def replace(self, experiment: str, record: _Record, parent: str, found: Sequence[Run]) -> str:
        """Leave one complete run that shows the record, trash the others, and return what had to be done."""
        complete = [run for run in found if run.info.status != "RUNNING"]
        current = next((run for run in complete if _shows(run, record)), None)
        if current is None:
            self._write(self._create(experiment, record, {"mlflow.parentRunId": parent}), record)
        else:
            self._revive(current)
            if current.data.tags.get("mlflow.parentRunId") != parent:
                self.client.set_tag(current.info.run_id, "mlflow.parentRunId", parent)
        for run in found:
            if run is not current:
                self.client.delete_run(run.info.run_id)
        return "unchanged" if current else "updated" if complete else "created"

    def update(
        self, experiment: str, record: _Record, found: Sequence[Run], before: int | None = None
    ) -> str:
        """Make one run show the record, in place so that its id lasts, and return its id.

        A new run is dated before the time `before` (milliseconds since the epoch).
        """
        if not found:
            run_id = self._create(experiment, record, before=before)
            self._write(run_id, record)
            return run_id
        run, *others = found
        for other in others:
            self.client.delete_run(other.info.run_id)
        self._revive(run)
        if not _shows(run, record) or run.info.status == "RUNNING":
            self._write(run.info.run_id, record, _tags(record))
        return str(run.info.run_id)

    def mark_stale(self, runs: Iterable[Run]) -> int:
        """Tag runs whose result is gone; trash those that were never completed. Return the number tagged."""
        stale = 0
        for run in runs:
            if run.info.status == "RUNNING":
                self.client.delete_run(run.info.run_id)
                continue
            stale += 1
            if "stale" not in run.data.tags:
                self.client.set_tag(run.info.run_id, "stale", "true")
        return stale

    def upload_summary(self, files: Mapping[Path, str]) -> int:
        """Show the tables and figures on the study's summary run; return how many were uploaded."""
        if not files:
            return 0
        contents = {f"{folder}/{path.name}": path.read_bytes() for path, folder in files.items()}
        tags = {"kind": "summary", "artifacts": _digest(contents)}
        table = contents.get("tables/table2.md", b"").decode()
        if table and len(table) <= MAX_TEXT:
            tags["mlflow.note.content"] = table
        record = _Record("summary", "summary", "FINISHED", tags, params={}, metrics=[])
        experiment = self.experiment()
        found = self.runs(experiment).get(record.key, [])
        if found and _shows(found[0], record) and found[0].info.status != "RUNNING":
            return 0
        run_id = found[0].info.run_id if found else self._create(experiment, record)
        for path, folder in files.items():
            self.client.log_artifact(run_id, str(path), folder)
        self._write(run_id, record, _tags(record))
        return len(files)

    def _create(
        self,
        experiment: str,
        record: _Record,
        tags: Mapping[str, str] | None = None,
        before: int | None = None,
    ) -> str:
        start = _milliseconds((record.ended or time.time()) - record.seconds)
        if before is not None:
            start = min(start, before - 1)
        # Without a user and a source of our own, MLflow might fill in those of the operating system.
        own = {"mlflow.user": self.study, "mlflow.source.name": self.study}
        run = self.client.create_run(experiment, start, _tags(record) | own | dict(tags or {}), record.name)
        return str(run.info.run_id)

    def _write(self, run_id: str, record: _Record, tags: Mapping[str, str] | None = None) -> None:
        """Fill a run, which may have its tags already. A new run is complete only after the last call."""
        from mlflow.entities import Metric, Param, RunTag

        now = time.time()
        self.client.log_batch(
            run_id,
            metrics=[Metric(name, value, _milliseconds(now), step) for name, value, step in record.metrics],
            params=[Param(name, value) for name, value in record.params.items()],
            tags=[RunTag(name, value) for name, value in (tags or {}).items()],
        )
        self.client.set_terminated(run_id, record.status, _milliseconds(record.ended or now))

    def _revive(self, run: Run) -> None:
        if "stale" in run.data.tags:
            self.client.delete_tag(run.info.run_id, "stale")


def _dataset_note(experiment: str, kinds: Collection[str]) -> str:
    """Return the note of a data set's experiment, with links that open its page in a useful state."""
    links = []
    for title, kind, condition, further in DATASET_LINKS:
        if kind in kinds or KINDS.get(kind) in kinds:
            search = f"tags.kind = '{kind}'{condition}"
            state = {"workflowType": "machine_learning", "searchFilter": search, **further}
            query = urllib.parse.urlencode(state, quote_via=urllib.parse.quote)
            links.append(f"[{title}](#/experiments/{experiment}/runs?{query})")
    return DATASET_NOTE.format(links=" · ".join(links))


def _tags(record: _Record) -> dict[str, str]:
    return record.tags | {"job_key": record.key, "content_hash": record.content_hash}


def _shows(run: Run, record: _Record) -> bool:
    return bool(run.data.tags.get("content_hash") == record.content_hash)


def _pages(search: Callable[..., Any], **arguments: Any) -> Iterator[Any]:
    """Yield what an MLflow search finds, page by page."""
    token = None
    while True:
        page = search(**arguments, max_results=1000, page_token=token)
        yield from page
        token = page.token
        if not token:
            return


def _digest(contents: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in sorted(contents.items()):
        digest.update(f"{name}:{len(content)}:".encode())
        digest.update(content)
    return digest.hexdigest()


def _milliseconds(seconds: float) -> int:
    return round(1000 * seconds)


def main(arguments: Sequence[str] | None = None) -> int:
    """Synchronise from the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.

    Returns
    -------
    int
        0; 1 if the store cannot be used or a result file is unreadable.
    """
    parser = argparse.ArgumentParser(
        prog="python -m autosmote.tracking", description="Put the results of a study into MLflow."
    )
    parser.add_argument(
        "--results", type=Path, default=Path("results"), help="folder of results (default: results)"
    )
    parser.add_argument("--study", required=True, help="name of the study, the prefix of its experiments")
    parser.add_argument(
        "--tracking-uri", help="MLflow store (default: the database mlflow.db in the folder of results)"
    )
    options = parser.parse_args(arguments)
    try:
        report = sync(options.results, study=options.study, tracking_uri=options.tracking_uri)
    except (TrackingError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for problem in report.problems:
        print(f"error: {problem}", file=sys.stderr)
    print(report)
    return 1 if report.problems else 0
