"""The command that learns a bank: its data, its searches, and what it writes."""

import numpy as np
import pandas as pd
import pytest

from autosmote.datasets.sources import fetch
from autosmote.search.bank import load_bank
from autosmote.search.linear_policies import PARAMETERS
from autosmote.study import bank
from autosmote.study.search_job import run_search


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    data = tmp_path / "data"
    data.mkdir()
    for name, sizes in (("small", (60, 20)), ("large", (420, 60)), ("even", (31, 30)), ("tiny", (90, 9))):
        y = np.repeat(["no", "yes"], sizes)
        X = rng.normal(size=(len(y), 2)) + (y == "yes")[:, None]
        pd.DataFrame(X, columns=["a", "b"]).assign(y=y).to_csv(data / f"{name}.csv", index=False)
    (data / "index.csv").write_text("name,rows\nsmall,80\n")
    return data


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(bank, "FITS", 92)  # The starts alone.
    monkeypatch.setattr(bank, "CLASSIFIERS", ("svm", "tree"))
    monkeypatch.setattr(bank, "BUNDLED", {})


def test_tasks_are_imbalanced_and_have_rows_enough(folder):
    datasets = [*bank.read_folder(folder)]
    assert sorted(dataset.name for dataset in datasets) == ["even", "large", "small", "tiny"]
    made = [(task.dataset, task.imbalance_ratio) for task in bank.tasks(datasets, 0)]
    assert made == [("large", 7), ("large", 20), ("small", 3)]


@pytest.mark.parametrize("name", bank.BUNDLED)
def test_bundled_data_can_be_had(name):
    assert fetch(name, bank.BUNDLED[name]).meta["n_minority"] >= bank.FEWEST_MINORITY_ROWS


def test_the_command_writes_a_bank(folder, quick, tmp_path, capsys):
    out, searches = tmp_path / "bank.json", tmp_path / "searches.csv"
    arguments = [f"--data={folder}", f"--out={out}", f"--searches={searches}", "--size=2"]
    assert bank.main(arguments) == 0
    found = pd.read_csv(searches)
    assert len(found.groupby(bank.SEARCH)) == 6  # Three tasks, two classifiers, the metrics in turn.
    assert found.groupby(bank.SEARCH).size().max() == 3
    assert set(found.groupby(["dataset", "imbalance_ratio"])["metric"].nunique()) == {2}
    made = load_bank(out)
    assert set(made.origin["datasets"]) == {"large", "small"} and made.origin["searches"] == 6
    learned = found[found["gain"] > 0]
    for (classifier, metric), policies in made.policies.items():
        name = {"LinearSVC": "svm", "DecisionTreeClassifier": "tree"}[classifier]
        rows = learned[(learned["classifier"] == name) & (learned["metric"] == metric)]
        known = np.round(rows[list(PARAMETERS)].to_numpy(), 3)
        assert len(policies) <= 2
        assert all(np.abs(known - policy).max(axis=1).min() < 1e-9 for policy in policies)

    first = out.read_bytes()
    capsys.readouterr()
    assert bank.main(arguments) == 0
    assert " of 6: " not in capsys.readouterr().out  # Nothing is searched twice.
    assert out.read_bytes() == first

    assert bank.main([*arguments, "--leave-out=small"]) == 0
    without = load_bank(out)
    assert set(without.origin["datasets"]) == {"large"} and without.origin["searches"] == 4


def test_a_search_on_other_rows_is_not_taken_for_done(folder, quick, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(bank, "CLASSIFIERS", ("tree",))
    arguments = [f"--data={folder}", f"--out={tmp_path / 'bank.json'}", f"--searches={tmp_path / 's.csv'}"]
    assert bank.main(arguments) == 0
    before = pd.read_csv(tmp_path / "s.csv")
    table = pd.read_csv(folder / "small.csv")
    table["a"] = table["a"][::-1].to_numpy()
    table.to_csv(folder / "small.csv", index=False)
    capsys.readouterr()
    assert bank.main(arguments) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if " of 3: " in line]
    assert line.startswith("3 of 3: small")
    made = load_bank(tmp_path / "bank.json")
    assert made.origin["searches"] == 3
    after = pd.read_csv(tmp_path / "s.csv")
    again = after[len(before) :]
    assert set(again["dataset"]) == {"small"} and set(again["checksum"]) == {made.origin["datasets"]["small"]}


@pytest.mark.parametrize("source", ["data", "results"])
def test_what_is_left_out_has_to_be_there(source, folder, quick, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(bank, "CLASSIFIERS", ())
    if source == "results":
        task = next(iter(bank.tasks(bank.read_folder(folder), 0)))
        run_search(task, "tree", "mcc", {"iterations": 92}, strategy="policy_search").save(folder / "search")
    out = tmp_path / "bank.json"
    assert bank.main([f"--{source}={folder}", "--leave-out=larg", f"--out={out}"]) == 2
    error = capsys.readouterr().err
    assert "--leave-out larg" in error and "large" in error and len(error.splitlines()) == 1
    assert not out.exists()


def test_gain_is_over_no_synthetic_rows(folder, quick):
    task = next(iter(bank.tasks(bank.read_folder(folder), 0)))
    policies = bank.learn(task, "tree", "macro_f1")
    assert policies["gain"].is_monotonic_decreasing and (policies["gain"] >= 0).all()
    assert policies[bank.SEARCH].iloc[0].tolist() == ["large", 7, 0, "tree", "macro_f1"]


def test_a_bank_can_be_made_from_the_searches_of_a_study(folder, tmp_path, capsys):
    results, out = tmp_path / "results", tmp_path / "bank.json"
    policies = {}
    for task in bank.tasks(bank.read_folder(folder), 0):
        settings = {"iterations": 92}
        for strategy in ("policy_search", "random_search"):
            outcome = run_search(task, "tree", "mcc", settings, strategy=strategy)
            outcome.save(results / strategy / f"{task.dataset}{task.imbalance_ratio}")
            policies.setdefault(task.dataset, []).append(outcome.samples.get("policies", np.empty((0, 18))))
    assert bank.main([f"--results={results}", "--leave-out=large", f"--out={out}"]) == 0
    made = load_bank(out)
    assert list(made.origin["datasets"]) == ["small"] and made.origin["searches"] == 1
    known = np.concatenate(policies["small"])
    assert all(np.abs(known - policy).max(axis=1).min() < 0.001 for policy in made.pooled)
    with pytest.raises(SystemExit):
        bank.main([])
    capsys.readouterr()
    assert bank.main([f"--results={folder}", f"--out={out}"]) == 2
    assert "no search for policies" in capsys.readouterr().err


@pytest.mark.parametrize("content", [None, "a,b\n1,2\n", "a,y\n1,no\n2,no\n"])
def test_a_folder_without_data_is_refused_in_a_line(content, tmp_path, capsys):
    if content is not None:
        (tmp_path / "data.csv").write_text(content)
    assert bank.main([f"--data={tmp_path}", f"--out={tmp_path / 'bank.json'}"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (tmp_path / "bank.json").exists()
