"""Classifiers, metrics and searches from outside of the package, as docs/extending.md tells to add them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from sklearn.ensemble import RandomForestClassifier

from autosmote.datasets.tasks import Task
from autosmote.evaluation.classifiers import CLASSIFIERS, make_classifier
from autosmote.evaluation.metrics import METRICS
from autosmote.evaluation.protocol import evaluate
from autosmote.samplers import registry
from autosmote.study import dependencies, strategies
from autosmote.study.config import ConfigError, Study
from autosmote.study.search_job import run_search
from autosmote.utils import names, provenance

ROOT = Path(__file__).resolve().parents[3]
GUIDE = (ROOT / "docs" / "extending.md").read_text()
PYTHON = re.findall(r"```python\n(.*?)```", GUIDE, re.S)[1]
CONFIG = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", GUIDE, re.S)[1])
SCHEMA = yaml.safe_load((ROOT / "workflow" / "schemas" / "config.schema.yaml").read_text())
PAPER = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())

SETTINGS = {"iterations": 4, "round_size": 2, "hidden": 16}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working directory, with the file of the guide; what is registered is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    for entries in (registry._METHODS, CLASSIFIERS, METRICS, strategies._STRATEGIES):
        monkeypatch.setattr(entries, "_entries", dict(entries))
        monkeypatch.setattr(entries, "_sources", {})
    (tmp_path / "mine.py").write_text(PYTHON)
    yield tmp_path
    provenance.source_digest.cache_clear()
    provenance._content.cache_clear()


def study(changes: dict[str, Any] = CONFIG) -> Study:
    return Study.from_config(PAPER | changes | {"study": PAPER["study"] | changes.get("study", {})}, SCHEMA)


@pytest.fixture
def task() -> Task:
    rng = np.random.default_rng(0)
    y = np.tile(np.repeat([0, 1], [50, 10]), 3)
    X = rng.normal(size=(len(y), 3)) + y[:, None]
    splits = [part for rows in np.split(np.arange(180), 3) for part in (X[rows], y[rows])]
    return Task("made", 5, 1, *splits, ["a", "b", "c"], np.zeros(3, bool))


@pytest.mark.parametrize("actors", [1, 2])
def test_search_with_what_the_guide_adds(folder: Path, task: Task, actors: int) -> None:
    assert "few_neighbours" in study().searches
    found = run_search(task, "forest", "recall", SETTINGS, strategy="few_neighbours", actors=actors)
    assert found.row["sampler"] == "AutoSMOTE, five neighbours"
    X = np.concatenate([task.X_train, found.samples["X"]])
    y = np.append(task.y_train, np.ones(len(found.samples["X"]), int))
    forest = RandomForestClassifier(50, random_state=task.seed).fit(X, y)
    assert found.row["test_score"] == forest.predict(task.X_test)[task.y_test == 1].mean()


def test_samplers_are_judged_by_what_the_guide_adds(folder: Path, task: Task) -> None:
    study()
    spec = registry.get("NoResampling")
    (row,) = evaluate(task, spec, classifiers=["forest"], metrics=["recall"], ratios=[1.0], seed=1)
    forest = make_classifier("forest", 1).fit(task.X_train, task.y_train)
    assert row["test_score"] == forest.predict(task.X_test)[task.y_test == 1].mean()


def test_changed_file_runs_the_jobs_again_that_use_it(folder: Path) -> None:
    study()

    def digests() -> list[str]:
        provenance.source_digest.cache_clear()
        provenance._content.cache_clear()
        return [
            dependencies.search("autosmote", "tree", "macro_f1"),
            dependencies.search("autosmote", "forest", "macro_f1"),
            dependencies.search("autosmote", "tree", "recall"),
            dependencies.search("few_neighbours", "tree", "macro_f1"),
            dependencies.baseline(["SMOTE"], ["tree"], ["mcc"]),
            dependencies.baseline(["SMOTE"], ["forest"], ["mcc"]),
        ]

    before = digests()
    (folder / "mine.py").write_text(PYTHON.replace("RandomForestClassifier(50", "RandomForestClassifier(60"))
    changed = [one != other for one, other in zip(before, digests(), strict=True)]
    assert changed == [False, True, True, True, False, True]


BAD = """
A, B = 1, "text"

def regressor(seed):
    from sklearn.tree import DecisionTreeRegressor
    return DecisionTreeRegressor()

def never(y_true, y_pred, sample_weight=None):
    return float("nan")
"""


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"classifiers": {"tree": "mine.py:forest"}},
            "classifiers.tree: 'tree' is the name of a classifier that",
        ),
        ({"classifiers": {"a": "bad.py:A"}}, "classifiers.a: 'bad.py:A' is no function of a seed: TypeError"),
        (
            {"classifiers": {"a": "bad.py:regressor"}},
            "classifiers.a: 'bad.py:regressor' is no function that ",
        ),
        ({"classifiers": {"a": "bad.py:C"}}, "classifiers.a: cannot load 'bad.py:C': AttributeError: "),
        ({"metrics": {"mcc": "mine.py:recall"}}, "metrics.mcc: 'mcc' is the name of a metric that is there "),
        (
            {"metrics": {"a": "bad.py:B"}},
            "metrics.a: 'bad.py:B' is no function of y_true, y_pred and sample_weight: TypeE",
        ),
        ({"metrics": {"a": "bad.py:never"}}, "metrics.a: 'bad.py:never' is no metric: it is not finite "),
        ({"strategies": {"flat": "mine.py:FEW_NEIGHBOURS"}}, "strategies.flat: 'flat' is the name of a str"),
        ({"strategies": {"a": "bad.py:A"}}, "strategies.a: 'bad.py:A' is no Strategy but int"),
        ({"strategies": {"a": "mine.py"}}, "strategies.a: 'mine.py' does not match"),
        (
            {"strategies": {"a": "mine.py:FEW_NEIGHBOURS", "b": "bad.py:A"}},
            "strategies.b: 'bad.py:A' is no Strategy",
        ),
        (
            {"strategies": {"a": "autosmote.study.strategies:_SAME_LABEL"}},
            "strategies.a: its label 'AutoSMOTE' is that of another method in the tables; choose another",
        ),
    ],
)
def test_mistake_is_named_in_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], line: str
) -> None:
    monkeypatch.setattr(strategies, "_SAME_LABEL", strategies.get("autosmote"), raising=False)
    (folder / "bad.py").write_text(BAD)
    with pytest.raises(ConfigError) as error:
        study(changes)
    (found,) = str(error.value).splitlines()[1:]
    assert found.strip().startswith(line)


def test_names_are_those_of_the_entries() -> None:
    assert list(names.METRICS) == list(METRICS) == list(names.SCORERS)
    assert list(names.CLASSIFIERS) == list(CLASSIFIERS)
