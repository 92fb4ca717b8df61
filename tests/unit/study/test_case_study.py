"""The case study against the study's own evaluation, and its files."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from score_rows import tiny_case
from sklearn.metrics import f1_score
from sklearn.tree import DecisionTreeClassifier

from autosmote.analysis.scores import validate
from autosmote.datasets.sources import fetch
from autosmote.datasets.tasks import make_task
from autosmote.figures import figure7
from autosmote.samplers import NotApplicable, registry
from autosmote.study import case_study
from autosmote.study.case_study import GRID, CaseStudy, CaseStudyError

SEARCH = {"iterations": 6, "round_size": 2, "g2_max": 10, "scale": 4, "neighbours": 30}
CASE = {"imbalance_ratio": None, "seed": 0, "classifier": "tree", "metric": "macro_f1"}
RATIOS = [0.3, 0.6]


@pytest.fixture(scope="module")
def dataset():
    return fetch("clusters", {"source": "generated", "name": "two_clusters", "minority": "anomaly"})


@pytest.fixture(scope="module")
def case(dataset):
    lines = []
    samplers = ["SMOTE", "RandomOverSampler", "EditedNearestNeighbours"]
    found = case_study.run(dataset, **CASE, samplers=samplers, ratios=RATIOS, search=SEARCH, log=lines.append)
    return found, lines


def test_the_rows_are_divided_as_the_study_divides_them(dataset):
    keys = {"validation": 0.3, "test": 0.1}
    found = case_study.run(
        dataset, **CASE, samplers=[], ratios=RATIOS, search=SEARCH, task_settings=keys, log=str
    )
    np.testing.assert_array_equal(found.X, make_task(dataset, None, 0, **keys).X_train)


def test_drawn_rows_are_those_that_were_scored(case, dataset):
    found, lines = case
    task = make_task(dataset, None, 0)
    assert [row["sampler"] for row in found.methods] == [
        *(
            "NoResampling",
            "SMOTE",
            "RandomOverSampler",
            "EditedNearestNeighbours",
            "AutoSMOTE",
            "Policy search",
        )
    ]
    np.testing.assert_array_equal(found.X, task.X_train)
    for number in (0, 1, 2, 4):  # methods that keep the training rows and add to them
        row, synthetic = found.methods[number], found.synthetic[number]
        X = np.concatenate([task.X_train, synthetic])
        y = np.concatenate([task.y_train, np.ones(len(synthetic), int)])
        tree = DecisionTreeClassifier(random_state=0).fit(X, y)
        if row["sampler"] not in ("RandomOverSampler", "AutoSMOTE"):  # they repeat rows, which are not new
            score = f1_score(task.y_test, tree.predict(task.X_test), average="macro")
            assert row["test_score"] == pytest.approx(score)
            points = np.stack(np.meshgrid(*found.axes), axis=-1)[::37, ::41].reshape(-1, 2)
            np.testing.assert_array_equal(found.regions[number][::37, ::41].ravel(), tree.predict(points))
    assert len(found.synthetic[0]) == len(found.synthetic[2]) == len(found.synthetic[3]) == 0
    assert len(found.synthetic[1]) in {int(ratio * 270) - 21 for ratio in RATIOS}
    assert len(lines) == 6
    table = validate(pd.DataFrame(found.methods))
    assert table["status"].tolist() == ["ok"] * 6
    assert set(table["imbalance_ratio"]) == {13}  # 450 rows and 35


def test_grid_covers_all_rows(case, dataset):
    found, _ = case
    task = make_task(dataset, None, 0)
    for part in (task.X_train, task.X_validation, task.X_test):
        assert (part > found.axes[:, 0]).all() and (part < found.axes[:, -1]).all()
    assert all(regions.shape == (GRID, GRID) for regions in found.regions)
    assert found.generated


def test_files_hold_everything(case, tmp_path):
    for number, found in enumerate((case[0], tiny_case(generated=False))):
        found.save(tmp_path / f"case{number}")
        read = CaseStudy.load(tmp_path / f"case{number}")
        for name in ("dataset", "generated", "columns", "classifier", "metric"):
            assert getattr(read, name) == getattr(found, name)
        pd.testing.assert_frame_equal(pd.DataFrame(read.methods), pd.DataFrame(found.methods))
        for name in ("X", "y", "axes"):
            np.testing.assert_array_equal(getattr(read, name), getattr(found, name))
        for name in ("synthetic", "regions"):
            for mine, theirs in zip(getattr(read, name), getattr(found, name), strict=True):
                np.testing.assert_array_equal(mine, theirs)


def test_method_that_does_not_apply_makes_no_rows(dataset, monkeypatch):
    def refuse(training, seed):
        raise NotApplicable("too few rows for n_neighbors")

    refusing = dataclasses.replace(registry.get("SMOTE"), build=refuse)
    monkeypatch.setitem(registry._METHODS._entries, "SMOTE", refusing)
    found = case_study.run(
        dataset, **CASE | {"imbalance_ratio": 90}, samplers=["SMOTE"], ratios=RATIOS, search=SEARCH
    )
    smote = found.methods[1]
    assert math.isnan(smote["test_score"]) and math.isnan(smote["validation_score"])
    assert "n_neighbors" in smote["message"]
    assert found.synthetic[1].shape == (0, 2)


def test_sampler_that_is_not_installed_is_there_with_its_reason(dataset, monkeypatch, tmp_path):
    missing = dataclasses.replace(registry.get("SMOTE"), modules=("no_such_module",), requires="a-package")
    monkeypatch.setitem(registry._METHODS._entries, "SMOTE", missing)
    lines = []
    arguments = CASE | {"samplers": ["SMOTE"], "ratios": RATIOS, "search": SEARCH}
    found = case_study.run(dataset, **arguments, log=lines.append)
    assert [row["sampler"] for row in found.methods] == [
        "NoResampling",
        "SMOTE",
        "AutoSMOTE",
        "Policy search",
    ]
    smote = found.methods[1]
    assert smote["status"] == "not_applicable"
    assert smote["message"].endswith("not installed: pip install a-package")
    assert any(line.startswith("SMOTE:") and "pip install a-package" in line for line in lines)
    found.save(tmp_path / "case")
    assert "pip install a-package" in (tmp_path / "case.json").read_text()
    figure7.plot(CaseStudy.load(tmp_path / "case"), tmp_path / "figure7")  # a panel without new rows


def test_what_cannot_be_drawn_is_refused(dataset):
    iris = fetch("iris", {"source": "sklearn", "name": "iris", "minority": "setosa"})
    with pytest.raises(CaseStudyError, match="'iris' has 4 columns; the case study draws two"):
        case_study.run(iris, **CASE, samplers=[], ratios=RATIOS, search=SEARCH)
    with pytest.raises(CaseStudyError, match="'ClassWeight' makes no rows"):
        case_study.run(dataset, **CASE, samplers=["ClassWeight"], ratios=RATIOS, search=SEARCH)
