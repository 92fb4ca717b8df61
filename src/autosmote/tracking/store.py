"""The runs of a study in an MLflow store: finding, writing, replacing and describing them."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autosmote.tracking.records import KINDS, MAX_TEXT, Record
from autosmote.utils.addresses import without_secrets
from autosmote.utils.errors import UserError

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import DatasetInput, Run

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


class TrackingError(UserError, RuntimeError):
    """The tracking store cannot be used. The result files are not affected."""


def prepare_mlflow() -> None:
    """Import MLflow, which reads its settings from the environment; what the user has set there stays.

    Raises
    ------
    TrackingError
        If it is not installed.
    """
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


class Store:
    """The runs of one study in a tracking store.

    Parameters
    ----------
    client : MlflowClient
        Speaks to the store.
    study : str
        Name of the study.
    artifacts : Path or None
        The folder where new experiments keep their artifacts; None leaves it to the server.
    """

    def __init__(self, client: MlflowClient, study: str, artifacts: Path | None) -> None:
        self.client, self.study, self.artifacts = client, study, artifacts

    @classmethod
    def connect(cls, uri: str, study: str, artifacts: Path) -> Store:
        """Open a store.

        Parameters
        ----------
        uri : str
            A server (``http://...``) or a database.
        study : str
            Name of the study.
        artifacts : Path
            The folder for artifacts, unless the store is a server.

        Returns
        -------
        Store
        """
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
        """Return the data sets of this study in the store.

        Returns
        -------
        set of str
        """
        return {
            experiment.tags["dataset"]
            for experiment in _pages(self.client.search_experiments)
            if experiment.tags.get("study") == self.study and "dataset" in experiment.tags
        }

    def experiment(self, dataset: str | None = None, kinds: Collection[str] = ()) -> str:
        """Find an experiment, or make it.

        Parameters
        ----------
        dataset : str, optional
            Its data set; by default it is the study's own, with the summary.
        kinds : collection of str, default ()
            The kinds of the parents of a data set's results, from which its note follows.

        Returns
        -------
        str
            The id of the experiment.
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
        """Return the runs of an experiment by job key.

        Parameters
        ----------
        experiment : str
            Its id.

        Returns
        -------
        dict of str to list of Run
            Without runs made by others, which have no job key and are left alone.
        """
        found: dict[str, list[Run]] = defaultdict(list)
        for run in _pages(self.client.search_runs, experiment_ids=[experiment]):
            if "job_key" in run.data.tags:
                found[run.data.tags["job_key"]].append(run)
        return found

    def replace(self, experiment: str, record: Record, parent: str, found: Sequence[Run]) -> str:
        """Leave one complete run that shows the record, and trash the others.

        Parameters
        ----------
        experiment : str
            Its id.
        record : Record
            What the run has to show.
        parent : str
            The id of the run above it.
        found : sequence of Run
            The runs with its key.

        Returns
        -------
        {"created", "updated", "unchanged"}
            What had to be done.
        """
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

    def update(self, experiment: str, record: Record, found: Sequence[Run], before: int | None = None) -> str:
        """Make one run show the record, in place so that its id lasts.

        Parameters
        ----------
        experiment : str
            Its id.
        record : Record
            What the run has to show.
        found : sequence of Run
            The runs with its key.
        before : int, optional
            A new run is dated before this time, in milliseconds since the epoch.

        Returns
        -------
        str
            The id of the run.
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
        """Tag runs whose result is gone; trash those that were never completed.

        Parameters
        ----------
        runs : iterable of Run

        Returns
        -------
        int
            The number of runs that are tagged.
        """
        stale = 0
        for run in runs:
            if run.info.status == "RUNNING":
                self.client.delete_run(run.info.run_id)
                continue
            stale += 1
            if "stale" not in run.data.tags:
                self.client.set_tag(run.info.run_id, "stale", "true")
        return stale

    def upload_summary(
        self, files: Mapping[Path, str], jobs: Mapping[str, float], environment: Mapping[str, str]
    ) -> int:
        """Show the tables and figures on the study's summary run, and how they came about.

        Parameters
        ----------
        files : mapping of Path to str
            The files, and the folder of each.
        jobs : mapping of str to float
            What the jobs took, shown as metrics.
        environment : mapping of str to str
            Commit and versions, shown as tags.

        Returns
        -------
        int
            How many were uploaded; 0 if nothing changed.
        """
        if not files:
            return 0
        contents = {f"{folder}/{path.name}": path.read_bytes() for path, folder in files.items()}
        tags = {"kind": "summary", "artifacts": _digest(contents)}
        table = contents.get("tables/table2.md", b"").decode()
        if table and len(table) <= MAX_TEXT:
            tags["mlflow.note.content"] = table
        metrics = [(name, value, 0) for name, value in sorted(jobs.items())]
        record = Record(
            "summary", "summary", "FINISHED", tags | dict(environment), params={}, metrics=metrics
        )
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
        record: Record,
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

    def _write(self, run_id: str, record: Record, tags: Mapping[str, str] | None = None) -> None:
        """Fill a run, which may have its tags already. A new run is complete only after the last call."""
        from mlflow.entities import Metric, Param, RunTag

        now = time.time()
        self.client.log_batch(
            run_id,
            metrics=[Metric(name, value, _milliseconds(now), step) for name, value, step in record.metrics],
            params=[Param(name, value) for name, value in record.params.items()],
            tags=[RunTag(name, value) for name, value in (tags or {}).items()],
        )
        if record.dataset is not None:
            self.client.log_inputs(run_id, [_dataset_input(record.dataset)])
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


def _dataset_input(facts: Mapping[str, Any]) -> DatasetInput:
    """Return a data set as MLflow knows one: the facts without those of its classes."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    source = {"uri": facts["origin"], "checksum": facts["checksum"], "licence": facts["licence"]}
    profile = {name: facts[name] for name in ("rows", "n_features_raw", "n_majority", "n_minority")}
    dataset = Dataset(
        name=facts["name"],
        # MLflow takes 36 characters; the whole checksum is in the source.
        digest=facts["checksum"].partition(":")[2][:36],
        source_type=facts["source"],
        source=json.dumps(source),
        profile=json.dumps(profile),
    )
    return DatasetInput(dataset, [InputTag("mlflow.data.context", "study")])


def _tags(record: Record) -> dict[str, str]:
    return record.tags | {"job_key": record.key, "content_hash": record.content_hash}


def _shows(run: Run, record: Record) -> bool:
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
