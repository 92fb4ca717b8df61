"""The samples of searches in two dimensions, against a projection by hand."""

from pathlib import Path

import numpy as np
import pytest

from autosmote.datasets.tasks import Task, save_task
from autosmote.study.search_samples import MOST_ROWS, collect
from autosmote.utils.storage import write_arrays, write_json

CELL = {"dataset": "d", "imbalance_ratio": 20, "classifier": "svm", "metric": "mcc"}


def task(seed: int, n_majority: int = 300) -> Task:
    draws = np.random.default_rng(seed)
    X = draws.normal(size=(n_majority + 20, 3)) * [3, 2, 1]
    y = (np.arange(len(X)) >= n_majority).astype(np.int64)
    parts = {
        f"{name}_{part}": rows
        for part in ("train", "validation", "test")
        for name, rows in [("X", X), ("y", y)]
    }
    return Task(
        dataset="d",
        imbalance_ratio=20,
        seed=seed,
        feature_names=["a", "b", "c"],
        onehot=np.zeros(3, bool),
        **parts,
    )


def search(folder: Path, sampler: str, seed: int, X: np.ndarray) -> Path:
    write_json({"sampler": sampler, "seed": seed, **CELL}, folder / "result.json")
    write_arrays({"X": X}, folder / "samples.npz")
    return folder / "result.json"


def test_rows_are_shown_on_the_principal_components_of_the_training_rows(tmp_path: Path) -> None:
    rows = task(0)
    save_task(rows, tmp_path / "task.npz")
    synthetic = rows.X_train[:5] + 0.5
    results = [search(tmp_path / name, name, 0, synthetic) for name in ("A", "B")]
    found = list(collect(results, [tmp_path / "task.npz"] * 2))
    assert [(one.sampler, one.dataset, one.imbalance_ratio, one.seed) for one in found] == [
        ("A", "d", 20, 0),
        ("B", "d", 20, 0),
    ]
    assert found[0].counts == {"majority": 300, "minority": 20, "synthetic": 5}
    assert [len(found[0].majority), len(found[0].minority), len(found[0].synthetic)] == [MOST_ROWS, 20, 5]

    centred = rows.X_train - rows.X_train.mean(axis=0)
    variances, axes = np.linalg.eigh(centred.T @ centred)
    assert found[0].explained == pytest.approx(variances[1:].sum() / variances.sum())
    by_hand = (synthetic - rows.X_train.mean(axis=0)) @ axes[:, :0:-1]
    # Neither the signs of the components nor the order of the rows say anything.
    np.testing.assert_allclose(
        np.sort(np.abs(found[0].synthetic), axis=0), np.sort(np.abs(by_hand), axis=0), atol=1e-9
    )


def test_a_search_without_samples_or_without_its_task(tmp_path: Path) -> None:
    save_task(task(0), tmp_path / "task.npz")
    results = [
        search(tmp_path / "failed", "A", 0, np.empty((0, 3))),
        search(tmp_path / "other", "A", 1, np.zeros((2, 3))),
    ]
    (found,) = collect(results, [tmp_path / "task.npz"])
    assert found.synthetic.shape == (0, 2)
    assert found.counts["synthetic"] == 0
