"""Policy search from a bank of the other data sets, as a configuration adds it."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from autosmote.datasets.tasks import Task
from autosmote.search.bank import PolicyBank
from autosmote.search.linear_policies import N_PARAMETERS
from autosmote.study import strategies
from autosmote.study.search_job import run_search

ROOT = Path(__file__).resolve().parents[3]
CONFIG = yaml.safe_load((ROOT / "config" / "left_out_bank.yaml").read_text())


@pytest.fixture
def strategy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of the strategy, in a working directory without banks."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(strategies._STRATEGIES, "_entries", dict(strategies._STRATEGIES))
    monkeypatch.setattr(strategies._STRATEGIES, "_sources", {})
    ((name, target),) = CONFIG["strategies"].items()
    assert CONFIG["study"]["strategies"] == [name]
    strategies.add(name, str(ROOT / target))
    return name


@pytest.fixture
def task() -> Task:
    rng = np.random.default_rng(0)
    y = np.tile(np.repeat([0, 1], [50, 10]), 3)
    X = rng.normal(size=(len(y), 3)) + y[:, None]
    splits = [part for rows in np.split(np.arange(180), 3) for part in (X[rows], y[rows])]
    return Task("made", 5, 1, *splits, ["a", "b", "c"], np.zeros(3, bool))


def test_the_search_starts_from_the_bank_of_its_data_set(strategy: str, task: Task, tmp_path: Path) -> None:
    policy = np.zeros((1, N_PARAMETERS))
    policy[0, 0] = np.log(0.4)  # as many synthetic rows as that share of the majority
    (tmp_path / "results" / "banks").mkdir(parents=True)
    PolicyBank({}, policy, {}).save(tmp_path / "results" / "banks" / "made.json")
    outcome = run_search(task, "tree", "macro_f1", {"iterations": 16}, strategy=strategy)
    assert outcome.row["sampler"] == "Policy search from the other data sets"
    # No synthetic rows, then the one policy of the bank: on three folds that leave out 16 or 17 of 100
    # majority rows, and on the training rows, 50.
    n_synthetic = outcome.history["n_synthetic"].tolist()
    assert n_synthetic[:4] == [0] * 4
    assert set(n_synthetic[4:7]) <= {33, 34}
    assert n_synthetic[7] == 20


def test_without_a_bank_it_says_how_to_write_one(strategy: str, task: Task) -> None:
    with pytest.raises(FileNotFoundError, match=r"results/banks/made\.json.*--leave-out made"):
        run_search(task, "tree", "macro_f1", {"iterations": 13}, strategy=strategy)
