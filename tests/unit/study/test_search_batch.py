"""Several searches in one job."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_classification

from autosmote.datasets.tasks import Task
from autosmote.study import search_batch
from autosmote.study.config import batch
from autosmote.study.search_batch import BatchError, run_batch
from autosmote.study.search_job import run_search

SETTINGS = {"iterations": 4, "round_size": 2}
CELLS = [("tree", "macro_f1"), ("tree", "mcc"), ("knn", "macro_f1")]
NAMES = {"result.json", "history.parquet", "selections.parquet", "samples.npz"}


@pytest.fixture(scope="module")
def task() -> Task:
    X, y = make_classification(300, 4, weights=[0.85], random_state=2)
    parts = {"X_train": X[:180], "X_validation": X[180:240], "X_test": X[240:]}
    parts |= {"y_train": y[:180], "y_validation": y[180:240], "y_test": y[240:]}
    return Task("made", 6, 0, **parts, feature_names=list("abcd"), onehot=np.zeros(4, bool))


def folders(root: Path, cells: list[tuple[str, str]] = CELLS) -> dict[tuple[str, str], Path]:
    return {cell: root.joinpath(*cell) for cell in cells}


class Calls:
    """Count the searches, and let some fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cells: list[tuple[str, str]] = []
        self.failing: dict[tuple[str, str], BaseException] = {}
        monkeypatch.setattr(search_batch, "run_search", self)

    def __call__(self, task: Task, classifier: str, metric: str, *arguments: Any, **options: Any) -> Any:
        self.cells.append((classifier, metric))
        if (classifier, metric) in self.failing:
            raise self.failing[classifier, metric]
        return run_search(task, classifier, metric, *arguments, **options)


def test_each_search_is_what_it_is_alone(task: Task, tmp_path: Path) -> None:
    lines: list[str] = []
    run_batch(task, folders(tmp_path), SETTINGS, strategy="autosmote", log=lines.append)
    for (classifier, metric), folder in folders(tmp_path).items():
        assert {path.name for path in folder.iterdir()} == NAMES
        alone = run_search(task, classifier, metric, SETTINGS)
        row = json.loads((folder / "result.json").read_text())
        seconds = ("seconds", "wall_seconds")
        assert {key: row[key] for key in row if key not in seconds} == {
            key: alone.row[key] for key in row if key not in seconds
        } | {key: row[key] for key in row if row[key] != row[key]}
        pd.testing.assert_frame_equal(pd.read_parquet(folder / "selections.parquet"), alone.selections)


def test_a_search_that_fails_does_not_lose_the_others(
    task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, lines = Calls(monkeypatch), []
    calls.failing = {CELLS[1]: ValueError("boom")}
    with pytest.raises(BatchError, match=r"1 of 3 searches failed: tree, mcc \(ValueError: boom\)"):
        run_batch(task, folders(tmp_path), SETTINGS, strategy="autosmote", log=lines.append)
    assert calls.cells == CELLS
    assert any("Traceback" in line and "boom" in line for line in lines)
    # Nothing is a result yet, for Snakemake deletes those of a job that failed.
    assert not [path for path in tmp_path.rglob("*") if path.name in NAMES]
    calls.cells, calls.failing = [], {}
    run_batch(task, folders(tmp_path), SETTINGS, strategy="autosmote", log=lines.append)
    assert calls.cells == [CELLS[1]]
    assert "tree, macro_f1: finished by a job that was ended; kept" in lines
    assert [{path.name for path in folder.iterdir()} for folder in folders(tmp_path).values()] == [NAMES] * 3


def test_an_interrupted_batch_goes_on_with_what_is_left(
    task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = Calls(monkeypatch)
    calls.failing = {CELLS[2]: KeyboardInterrupt()}
    with pytest.raises(KeyboardInterrupt):
        run_batch(task, folders(tmp_path), SETTINGS, strategy="autosmote", log=lambda line: None)
    calls.cells, calls.failing = [], {}
    run_batch(task, folders(tmp_path), SETTINGS, strategy="autosmote", log=lambda line: None)
    assert calls.cells == [CELLS[2]]


def test_what_is_kept_serves_a_job_of_one_search_too(
    task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A batch is ended, and then each search gets a job of its own.
    calls, lines = Calls(monkeypatch), []
    calls.failing = {CELLS[1]: ValueError("boom")}
    with pytest.raises(BatchError):
        run_batch(task, folders(tmp_path, CELLS[:2]), SETTINGS, strategy="autosmote", log=lines.append)
    calls.cells, calls.failing = [], {}
    run_batch(task, folders(tmp_path, CELLS[:1]), SETTINGS, strategy="autosmote", log=lines.append)
    assert calls.cells == []
    assert {path.name for path in tmp_path.joinpath(*CELLS[0]).iterdir()} == NAMES


def test_a_job_of_one_search_replaces_what_is_kept_of_another(
    task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = Calls(monkeypatch)
    calls.failing = {CELLS[1]: ValueError("boom")}
    with pytest.raises(BatchError):
        run_batch(task, folders(tmp_path, CELLS[:2]), SETTINGS, strategy="autosmote", log=lambda line: None)
    longer = SETTINGS | {"iterations": 5}
    run_batch(task, folders(tmp_path, CELLS[:1]), longer, strategy="autosmote", log=lambda line: None)
    folder = tmp_path.joinpath(*CELLS[0])
    assert {path.name for path in folder.iterdir()} == NAMES
    assert json.loads((folder / "result.json").read_text())["iterations"] == 5


@pytest.mark.parametrize("change", ["settings", "test rows", "strategy", "damage"])
def test_what_is_kept_counts_only_if_nothing_changed(
    task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    calls = Calls(monkeypatch)
    calls.failing = {CELLS[1]: ValueError("boom")}
    cells = CELLS[:2]
    with pytest.raises(BatchError):
        run_batch(task, folders(tmp_path, cells), SETTINGS, strategy="autosmote", log=lambda line: None)
    calls.cells, calls.failing = [], {}
    settings = SETTINGS | ({"iterations": 5} if change == "settings" else {})
    other = replace(task, y_test=1 - task.y_test) if change == "test rows" else task
    if change == "damage":
        (kept,) = tmp_path.rglob("finished.zip")
        kept.write_bytes(kept.read_bytes()[:-40])
    strategy = "flat" if change == "strategy" else "autosmote"
    run_batch(other, folders(tmp_path, cells), settings, strategy=strategy, log=lambda line: None)
    assert calls.cells == cells


def test_one_search_raises_its_own_error_and_keeps_nothing(
    task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, lines = Calls(monkeypatch), []
    calls.failing = {CELLS[0]: ValueError("boom")}
    with pytest.raises(ValueError, match="boom"):
        run_batch(task, folders(tmp_path, CELLS[:1]), SETTINGS, strategy="autosmote", log=lines.append)
    calls.failing = {}
    run_batch(task, folders(tmp_path, CELLS[:1]), SETTINGS, strategy="autosmote", log=lines.append)
    assert not [line for line in lines if line.startswith("tree, macro_f1")]
    assert {path.name for path in tmp_path.joinpath(*CELLS[0]).iterdir()} == NAMES


def test_batches_are_of_nearly_equal_size_in_the_order_of_the_study() -> None:
    assert batch(["a", "b", "c"], ["m", "n"], 4) == {
        "batch1": (("a", "m"), ("a", "n"), ("b", "m")),
        "batch2": (("b", "n"), ("c", "m"), ("c", "n")),
    }
    assert list(batch(["a"], ["m", "n"], 9)) == ["batch1"]
