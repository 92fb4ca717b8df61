"""The synchroniser against `mlflow server`: reachable or not, and used by two at once."""

import multiprocessing
import shutil
import socket
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest

pytest.importorskip("mlflow", reason="needs the study extra")

from mlflow import MlflowClient
from mlflow.entities import Run
from started import run_all, started, stop

from autosmote.tracking.command import main
from autosmote.tracking.store import TrackingError
from autosmote.tracking.sync import sync
from autosmote.utils.storage import write_frame

pytestmark = pytest.mark.slow

SEEDS = range(4)


def write_results(results: Path, test_score: float = 0.5) -> None:
    """A study of two samplers and four seeds, with a table."""
    rows = [
        {
            "dataset": "digits",
            "imbalance_ratio": 20,
            "seed": seed,
            "sampler": sampler,
            "category": "Over-sampling",
            "classifier": "svm",
            "metric": "macro_f1",
            "ratio": 0.5,
            "validation_score": 0.5,
            "test_score": test_score,
            "status": "ok",
            "message": "",
            "settings": "{}",
            "n_majority": 200,
            "n_minority": 100,
            "seconds": 1.5,
        }
        for sampler in ("SMOTE", "ADASYN")
        for seed in SEEDS
    ]
    write_frame(pd.DataFrame(rows), results / "scores.parquet")
    (results / "tables").mkdir(parents=True, exist_ok=True)
    (results / "tables" / "table2.md").write_text("| SMOTE | 1 |\n")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def mlflow_server(folder: Path, port: int) -> Iterator[str]:
    """A server that keeps its runs and artifacts in a folder; yields its address."""
    command = [sys.executable, "-m", "mlflow", "server", "--workers", "1", "--port", str(port)]
    command += ["--backend-store-uri", f"sqlite:///{folder}/server.db"]
    command += ["--artifacts-destination", str(folder / "artifacts")]
    folder.mkdir(exist_ok=True)
    with (
        (folder / "server.log").open("w") as log,
        started(command, stdout=log, stderr=log) as server,
    ):
        deadline = time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
                break
            except OSError:
                if server.poll() is not None or time.monotonic() > deadline:
                    pytest.fail((folder / "server.log").read_text())
                time.sleep(0.5)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            stop(server)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with mlflow_server(tmp_path_factory.mktemp("server"), free_port()) as address:
        yield address


def runs(address: str, study: str) -> list[Run]:
    client = MlflowClient(address)
    experiment = client.get_experiment_by_name(f"{study}/digits")
    return client.search_runs([experiment.experiment_id]) if experiment else []


def test_a_server_shows_what_a_file_would(address: str, tmp_path: Path) -> None:
    write_results(tmp_path)
    report = sync(tmp_path, study="served", tracking_uri=address)
    assert (report.created, report.artifacts) == (2 * len(SEEDS), 1)
    kinds = Counter(run.data.tags["kind"] for run in runs(address, "served"))
    assert kinds == {"result": 2 * len(SEEDS), "sampler": 2}
    client = MlflowClient(address)
    (summary,) = client.search_runs([client.get_experiment_by_name("served").experiment_id])
    copy = client.download_artifacts(summary.info.run_id, "tables/table2.md", str(tmp_path))
    assert Path(copy).read_text() == "| SMOTE | 1 |\n"
    assert not (tmp_path / "mlflow.db").exists()

    again = sync(tmp_path, study="served", tracking_uri=address)
    assert (again.created, again.unchanged, again.artifacts) == (0, 2 * len(SEEDS), 0)
    write_results(tmp_path, test_score=0.6)
    assert sync(tmp_path, study="served", tracking_uri=address).updated == 2 * len(SEEDS)


def test_what_a_server_missed_while_it_was_down_arrives_later(tmp_path: Path) -> None:
    results, port = tmp_path / "results", free_port()
    write_results(results)
    files = {path: path.read_bytes() for path in results.rglob("*") if path.is_file()}
    with mlflow_server(tmp_path / "server", port) as address:
        sync(results, study="down", tracking_uri=address)
    write_results(results, test_score=0.6)
    with pytest.raises(TrackingError, match="refused.*The result files are untouched"):
        sync(results, study="down", tracking_uri=address)
    assert {path for path in results.rglob("*") if path.is_file()} == {
        *files,
        results / "tracking" / "sync.lock",
    }
    with mlflow_server(tmp_path / "server", port):
        assert sync(results, study="down", tracking_uri=address).updated == 2 * len(SEEDS)
        scores = [run.data.metrics["test_score"] for run in runs(address, "down") if _is_result(run)]
    assert scores == [0.6] * 2 * len(SEEDS)


def test_two_copies_of_a_study_at_once_leave_each_run_once(address: str, tmp_path: Path) -> None:
    # As on two machines: neither sees the lock of the other.
    copies = [tmp_path / name for name in ("one", "two")]
    write_results(copies[0])
    shutil.copytree(copies[0], copies[1])
    arguments = [["--study", "twice", "--tracking-uri", address, "--results", str(copy)] for copy in copies]
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=main, args=(each,)) for each in arguments]
    assert run_all(processes) == [0, 0]
    sync(copies[0], study="twice", tracking_uri=address)
    found = runs(address, "twice")
    assert set(Counter(run.data.tags["job_key"] for run in found).values()) == {1}
    assert len(found) == 2 * len(SEEDS) + 2
    parents = {run.info.run_id for run in found if not _is_result(run)}
    assert {run.data.tags["mlflow.parentRunId"] for run in found if _is_result(run)} == parents


def test_one_file_for_two_studies_is_made_by_one_of_them_at_a_time(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/shared.db"
    studies = [tmp_path / name for name in ("one", "two")]
    for study in studies:
        write_results(study)
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(
            target=main, args=(["--study", study.name, "--tracking-uri", store, "--results", str(study)],)
        )
        for study in studies
    ]
    assert run_all(processes) == [0, 0]
    assert [len(runs(store, study.name)) for study in studies] == [2 * len(SEEDS) + 2] * 2


def _is_result(run: Run) -> bool:
    return run.data.tags["kind"] == "result"
