"""The methods of one job, side by side."""

import os

import numpy as np
import pytest
from sklearn.datasets import make_classification

from autosmote import samplers
from autosmote.datasets.tasks import Task
from autosmote.evaluation import isolation
from autosmote.evaluation.isolation import Limits
from autosmote.evaluation.protocol import evaluate
from autosmote.samplers import Resampled, SamplerSpec
from autosmote.study.baseline_job import evaluate_side_by_side

NAMES = ["NoResampling", "SMOTE", "TomekLinks", "ClassWeight"]
# A method that learns for a classifier and a metric is evaluated for each by itself.
CELLS = [
    f"ClassWeight, {classifier}, {metric}" for classifier in ("tree", "svm") for metric in ("macro_f1", "mcc")
]
LINES = [f"{name}: ok" for name in NAMES[:-1] + CELLS]


@pytest.fixture
def task():
    X, y = make_classification(300, 5, weights=[0.9], random_state=0)
    splits = [part for rows in np.split(np.arange(300), [180, 240]) for part in (X[rows], y[rows])]
    return Task("toy", 9, 7, *splits, list("abcde"), np.zeros(5, bool))


STUDY = {"classifiers": ["tree", "svm"], "metrics": ["macro_f1", "mcc"], "ratios": [0.5, 1.0]}


def run(task, specs, workers, log):
    limits = Limits(cpu_seconds=60, wall_seconds=600, memory_mb=500)
    rows = evaluate_side_by_side(task, specs, **STUDY, limits=limits, workers=workers, log=log)
    for row in rows:
        del row["seconds"]
    return rows


@pytest.mark.parametrize("workers", [1, 2])
def test_rows_are_those_of_one_after_the_other(task, workers):
    specs = [samplers.get(name) for name in NAMES]
    lines = []
    rows = run(task, specs, workers, lines.append)
    expected = [row for spec in specs for row in evaluate(task, spec, **STUDY, seed=7)]
    for row in expected:
        del row["seconds"]
    assert str(rows) == str(expected)  # as text, because a missing ratio is NaN
    assert sorted(lines) == sorted(LINES)


def test_where_nothing_can_be_limited_the_methods_run_here_and_that_is_said(task, monkeypatch):
    specs = [samplers.get(name) for name in NAMES]
    limited = run(task, specs, 2, lambda line: None)
    monkeypatch.setattr(isolation, "SUPPORTED", False)
    monkeypatch.setattr(os, "fork", None)
    lines = []
    assert str(run(task, specs, 2, lines.append)) == str(limited)
    assert lines == ["limits need Linux: none holds", *LINES]


def spec(build, **changes):
    fields = {"category": "Over-sampling", "takes_ratio": False, "source": "test", "reference": "none"}
    return SamplerSpec("Toy", **fields, requires="toybox", build=build, **changes)


def test_missing_package_is_an_error_that_says_what_to_install(task):
    with pytest.raises(ImportError, match="Toy needs: pip install toybox .No module named 'toybox'"):
        run(task, [spec(None, modules=("toybox",))], 1, print)


@pytest.mark.skipif(not isolation.SUPPORTED, reason="limits need Linux")
def test_error_that_is_not_the_methods_fault_stops_the_job(task):
    def build(training, seed):
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left on device"):
        run(task, [spec(build), samplers.get("SMOTE")], 2, lambda line: None)


@pytest.mark.skipif(not isolation.SUPPORTED, reason="limits need Linux")
def test_method_never_computes_in_the_process_of_the_job(task):
    def build(training, seed):
        return lambda ratio: Resampled(training.X, training.y, {"process": os.getpid()})

    (row, *_) = run(task, [spec(build)], 1, lambda line: None)
    assert str(os.getpid()) not in row["settings"]
