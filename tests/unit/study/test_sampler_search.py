"""Random search over samplers, against the same draws evaluated one by one."""

import dataclasses
import json
import math

import numpy as np
import pandas as pd
import pytest

from autosmote import samplers
from autosmote.datasets.sources import fetch
from autosmote.datasets.tasks import make_task
from autosmote.evaluation.classifiers import make_classifier
from autosmote.evaluation.scoring import score
from autosmote.samplers import NotApplicable, Resampled, Training, imbalanced_learn
from autosmote.study import sampler_search
from autosmote.study.search_job import run_search

QUICK = {
    *(
        "NearMiss",
        "RandomUnderSampler",
        "TomekLinks",
        "RandomOverSampler",
        "SMOTE",
        "ADASYN",
        "BorderlineSMOTE",
    ),
    *("SMOTEENN", "EditedNearestNeighbours", "SVMSMOTE"),
}


@pytest.fixture(scope="module")
def task():
    digits = fetch("digits", {"source": "sklearn", "name": "digits", "minority": 8})
    return make_task(digits, 20, seed=3)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    specs = tuple(spec for spec in imbalanced_learn.SPECS if spec.name in QUICK)
    assert len(specs) == len(QUICK)
    monkeypatch.setattr(sampler_search, "SPECS", specs)


def run(task, classifier="tree", metric="macro_f1", iterations=40):
    return run_search(task, classifier, metric, {"iterations": iterations}, strategy="sampler_search")


def test_best_draw_on_validation_is_kept_and_tested(task):
    outcome = run(task, iterations=20)
    history, row = outcome.history, outcome.row
    assert history["iteration"].tolist() == list(range(1, 21))
    training = Training(task.X_train, task.y_train, task.onehot)
    evaluated = {}
    for draw in history.itertuples():
        spec = samplers.get(draw.sampler)
        assert math.isnan(draw.ratio) == (not spec.takes_ratio)
        try:
            data = spec.build(training, draw.random_state)(draw.ratio if spec.takes_ratio else None)
        except NotApplicable:
            assert draw.status == "not_applicable"
            assert math.isnan(draw.validation_score)
            continue
        parts = [(task.X_validation, task.y_validation), (task.X_test, task.y_test)]
        validated, tested = (
            score(make_classifier("tree", 3), data.X, data.y, *part, "macro_f1") for part in parts
        )
        assert draw.validation_score == validated
        evaluated[draw.iteration] = (validated, tested, data)
    best = max(evaluated, key=lambda iteration: evaluated[iteration][0])  # The first of equals.
    assert row["best_iteration"] == best
    assert (row["validation_score"], row["test_score"]) == evaluated[best][:2]
    np.testing.assert_array_equal(outcome.samples["X"], evaluated[best][2].X)
    np.testing.assert_array_equal(outcome.samples["y"], evaluated[best][2].y)
    np.testing.assert_array_equal(
        history["best_validation_score"].fillna(-1), history["validation_score"].fillna(-1).cummax()
    )
    chosen = history.loc[best - 1]
    settings = json.loads(row["settings"])
    assert (settings["sampler"], settings["random_state"]) == (chosen["sampler"], chosen["random_state"])
    assert settings.get("ratio", "none") == (chosen["ratio"] if chosen["ratio"] > 0 else "none")
    assert (row["sampler"], row["category"]) == ("Random search over samplers", "Extension")


def test_draws_are_uniform(task, monkeypatch):
    trial = sampler_search.Trial("ok", 0.5, Resampled(task.X_train, task.y_train))
    monkeypatch.setattr(sampler_search, "try_sampler", lambda *arguments, **named: trial)
    history = run(task, iterations=4000).history
    counts = history["sampler"].value_counts()
    assert set(counts.index) == QUICK
    assert counts.between(300, 500).all()  # 400 expected, standard deviation 19.
    ratios = history["ratio"].dropna().value_counts()
    assert sorted(ratios.index) == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    assert ratios.between(0.75 * ratios.mean(), 1.25 * ratios.mean()).all()
    assert history["random_state"].nunique() > 3990


def test_what_can_only_repeat_is_computed_once_and_counted_each_time(task, monkeypatch):
    computed = []
    plain = sampler_search.try_sampler

    def counted(task, spec, ratio, seed, **named):
        computed.append((spec.name, ratio))
        return plain(task, spec, ratio, seed, **named)

    monkeypatch.setattr(sampler_search, "try_sampler", counted)
    history = run(task, iterations=60).history
    drawn = list(history[["sampler", "ratio"]].itertuples(index=False, name=None))
    fixed = {name for name in QUICK if sampler_search.is_deterministic(name)}
    assert fixed == {"NearMiss", "TomekLinks", "EditedNearestNeighbours"}
    kept = [str(pair) for pair in drawn if pair[0] in fixed]  # As text, because a missing ratio is NaN.
    repeats = len(kept) - len(set(kept))
    assert repeats > 5
    assert len(computed) == 60 - repeats
    assert len(history) == 60
    tomek = history[history["sampler"] == "TomekLinks"]
    assert len(tomek) > 1
    assert tomek["validation_score"].nunique() == 1


@pytest.mark.parametrize(
    "name", [spec.name for spec in imbalanced_learn.SPECS if sampler_search.is_deterministic(spec.name)]
)
def test_deterministic_samplers_do_not_depend_on_the_seed(task, name):
    spec = samplers.get(name)
    first, second = (
        spec.build(Training(task.X_train, task.y_train, task.onehot), seed)(0.5 if spec.takes_ratio else None)
        for seed in (0, 1)
    )
    np.testing.assert_array_equal(first.X, second.X)


def broken(training, seed):
    def resample(ratio):
        raise RuntimeError("broken")

    return resample


def test_failures_count_and_without_a_score_there_is_no_result(task, monkeypatch):
    smote = samplers.get("SMOTE")
    failing = dataclasses.replace(smote, name="SMOTEN", build=broken)
    monkeypatch.setattr(sampler_search, "SPECS", (failing, smote))
    outcome = run(task, iterations=12)
    failed = outcome.history["sampler"] == "SMOTEN"
    assert 0 < failed.sum() < 12
    assert set(outcome.history["status"][failed]) == {"failed"}
    assert outcome.history["validation_score"][failed].isna().all()
    assert outcome.row["status"] == "ok"

    monkeypatch.setattr(sampler_search, "SPECS", (failing,))
    outcome = run(task, iterations=3)
    assert outcome.row["status"] == "not_applicable"
    assert math.isnan(outcome.row["test_score"])
    assert len(outcome.history) == 3


def test_synthetic_rows_are_counted(task, monkeypatch):
    monkeypatch.setattr(sampler_search, "SPECS", (samplers.get("RandomUnderSampler"),))
    assert run(task, iterations=1).row["n_synthetic"] == 0
    monkeypatch.setattr(sampler_search, "SPECS", (samplers.get("SMOTE"),))
    outcome = run(task, iterations=1)
    assert outcome.row["n_synthetic"] == len(outcome.samples["X"]) - len(task.X_train)


def test_course_follows_from_the_seed(task):
    first, again = run(task, iterations=10), run(task, iterations=10)
    pd.testing.assert_frame_equal(first.history, again.history)
    other = run(dataclasses.replace(task, seed=4), iterations=10)
    assert not first.history["random_state"].equals(other.history["random_state"])
