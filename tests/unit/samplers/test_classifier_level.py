"""Class weights and decision thresholds, and the protocol for methods that are no samplers."""

import json
import os
import threading
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.base import clone

from autosmote import samplers
from autosmote.analysis.scores import COLUMNS, validate
from autosmote.datasets.sources import fetch
from autosmote.datasets.tasks import make_task
from autosmote.evaluation import isolation
from autosmote.evaluation.classifiers import make_classifier
from autosmote.evaluation.metrics import METRICS
from autosmote.evaluation.protocol import evaluate
from autosmote.samplers import Learned, MethodSpec, NotApplicable, Problem, Training, configured
from autosmote.samplers.classifier_level import ThresholdClassifier, candidate_thresholds
from autosmote.utils.responses import decision_values

RATIOS = [0.1, 0.2, 0.5, 1.0]

CLASSIFIERS = ("svm", "knn", "tree", "adaboost")


@pytest.fixture(scope="module")
def task():
    digits = fetch("digits", {"source": "sklearn", "name": "digits", "minority": 8})
    return make_task(digits, 20, seed=0)


def problem_of(task, classifier, metric="macro_f1"):
    training = Training(task.X_train, task.y_train, task.onehot)
    estimator = make_classifier(classifier, 0)
    return Problem(training, task.X_validation, task.y_validation, estimator, METRICS[metric], seed=0)


def run(task, spec, classifiers=tuple(CLASSIFIERS), metrics=("macro_f1", "mcc"), ratios=RATIOS, limits=None):
    return evaluate(
        task, spec, classifiers=classifiers, metrics=metrics, ratios=ratios, seed=0, limits=limits
    )


# Class weights


@pytest.mark.parametrize("classifier", ["tree", "adaboost"])
def test_class_weight_is_worth_as_many_copies(task, classifier):
    n_minority = int(task.y_train.sum())
    ratio = 3 * n_minority / (len(task.y_train) - n_minority)
    learned = samplers.get("ClassWeight").build(problem_of(task, classifier))(ratio)
    copies = np.where(task.y_train == 1, 3, 1)
    repeated = make_classifier(classifier, 0).fit(
        np.repeat(task.X_train, copies, axis=0), np.repeat(task.y_train, copies)
    )
    np.testing.assert_array_equal(
        learned.model.predict(task.X_validation), repeated.predict(task.X_validation)
    )
    assert learned.settings["minority_weight"] == pytest.approx(3)


def test_class_weight_at_ratio_one_is_balanced(task):
    problem = problem_of(task, "svm")
    converged = clone(problem.estimator).set_params(max_iter=100_000)
    learned = samplers.get("ClassWeight").build(replace(problem, estimator=converged))(1.0)
    # "balanced" weighs a majority row n / (2 n_majority) instead of 1: another C, and no other difference.
    C = 2 * np.mean(task.y_train == 0)
    balanced = clone(converged).set_params(class_weight="balanced", C=C).fit(task.X_train, task.y_train)
    np.testing.assert_allclose(learned.model.coef_, balanced.coef_, atol=0.01)


def test_class_weight_below_the_weight_there_is_and_without_weights(task):
    rows = run(task, samplers.get("ClassWeight"), ratios=[0.01, 0.5])
    for row in rows:
        if row["classifier"] == "knn":
            assert row["status"] == "not_applicable"
            assert row["message"].endswith("KNeighborsClassifier takes no weights")
        else:
            assert (row["status"], row["ratio"]) == ("ok", 0.5)
            assert row["message"].startswith(
                "1 of 2 ratios (0.01) not applicable: the minority class has more"
            )


# Decision threshold


def small_scores():
    rows = st.integers(2, 25).flatmap(
        lambda n: st.tuples(
            hnp.arrays(np.float64, n, elements=st.sampled_from([-1.5, -0.1, 0.0, 0.1, 0.2, 3.0, 7.0])),
            hnp.arrays(np.int64, n, elements=st.integers(0, 1)),
        )
    )
    return rows.filter(lambda pair: 0 < pair[1].sum() < len(pair[1]))


@pytest.mark.parametrize("metric", ["macro_f1", "mcc", "balanced_accuracy", "g_mean"])
@settings(max_examples=30)
@given(pair=small_scores())
def test_no_other_threshold_beats_the_candidates(metric, pair):
    values, y = pair
    measure = METRICS[metric]
    best = max(measure(y, values > threshold) for threshold in candidate_thresholds(values, y))
    for threshold in [-9.0, *np.unique(values)]:
        assert measure(y, values > threshold) <= best + 1e-12


def test_candidates_lie_strictly_between_scores():
    above = np.nextafter(1.0, 2)
    candidates = candidate_thresholds(np.array([0.0, 1.0, above, 4.0, 6.0]), np.array([1, 0, 1, 0, 1]))
    assert candidates.tolist() == [-0.5, 1.0, 5.0, 6.0]


@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_default_threshold_is_the_classifiers_own(task, classifier):
    model = make_classifier(classifier, 0).fit(task.X_train, task.y_train)
    default = 0.0 if hasattr(model, "decision_function") else 0.5
    np.testing.assert_array_equal(
        ThresholdClassifier(model, default).predict(task.X_test), model.predict(task.X_test)
    )


@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_threshold_is_the_best_on_validation_and_its_test_score_is_reported(task, classifier):
    model = make_classifier(classifier, 0).fit(task.X_train, task.y_train)
    values = decision_values(model, task.X_validation)
    for row in run(task, samplers.get("DecisionThreshold"), classifiers=[classifier]):
        measure = METRICS[row["metric"]]
        reachable = [measure(task.y_validation, values >= value) for value in np.unique(values)]
        assert row["validation_score"] == pytest.approx(max(reachable))
        threshold = json.loads(row["settings"])["threshold"]
        assert row["test_score"] == measure(task.y_test, decision_values(model, task.X_test) > threshold)
        assert row["status"] == "ok"


# The protocol


def scripted(learn, takes_ratio=True):
    return MethodSpec("Scripted", "Extension", takes_ratio, "test", "none", None, lambda problem: learn)


class Constant:
    def __init__(self, ones):
        self.ones = ones

    def predict(self, X):
        return (np.arange(len(X)) < self.ones).astype(np.int64)


def test_rows_are_those_of_the_score_table(task):
    rows = run(task, samplers.get("ClassWeight"), classifiers=["svm", "tree"])
    table = validate(pd.DataFrame(rows))
    assert list(rows[0]) == list(COLUMNS)
    assert len(table) == 2 * 2
    assert table["n_minority"].isna().all()


def test_ratio_is_chosen_on_validation_and_the_smaller_of_a_tie(task):
    task = replace(task, y_validation=(np.arange(len(task.y_validation)) < 30).astype(np.int64))
    ones = {0.1: 5, 0.2: 30, 0.5: 30, 1.0: 31}
    rows = run(task, scripted(lambda ratio: Learned(Constant(ones[ratio]), {"ones": ones[ratio]})))
    for row in rows:
        assert (row["ratio"], row["validation_score"], row["settings"]) == (0.2, 1.0, '{"ones": 30}')
        assert row["test_score"] == METRICS[row["metric"]](task.y_test, Constant(30).predict(task.X_test))


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotApplicable("no"), "not_applicable"),
        (ValueError("Expected n_neighbors <= n_samples_fit, but"), "not_applicable"),
        (ValueError("broken"), "failed"),
        (MemoryError(), "memory"),
    ],
)
def test_failure_is_a_row(task, error, status):
    def learn(ratio):
        raise error

    (row,) = run(task, scripted(learn, takes_ratio=False), classifiers=["tree"], metrics=["mcc"])
    assert row["status"] == status
    assert np.isnan(row["test_score"])


class Signs:
    def predict(self, X):
        return np.where(np.arange(len(X)) < 3, 1, -1)


@pytest.mark.parametrize(
    "learned", [None, Learned(Signs()), Learned(Constant([[1]])), Learned(Constant(1), {"k": np.int64(1)})]
)
def test_nonsense_is_a_failure(task, learned):
    (row,) = run(task, scripted(lambda ratio: learned, False), classifiers=["tree"], metrics=["mcc"])
    assert (row["status"], row["settings"]) == ("failed", "{}")


@pytest.mark.skipif(not isolation.SUPPORTED, reason="limits need Linux")
def test_model_that_cannot_come_out_of_its_process_is_a_failure(task):
    model = Constant(1)
    model.lock = threading.Lock()
    spec = scripted(lambda ratio: Learned(model), takes_ratio=False)
    limits = isolation.Limits(cpu_seconds=60, wall_seconds=120, memory_mb=2000)
    (row,) = run(task, spec, classifiers=["tree"], metrics=["mcc"], limits=limits)
    assert row["status"] == "failed"
    assert "returned what cannot be pickled: cannot pickle '_thread.lock' object" in row["message"]


LIMITS = isolation.Limits(cpu_seconds=1, wall_seconds=120, memory_mb=2000)


class Spoilt:
    """Labels the validation rows, and does something else at rows of another number."""

    def __init__(self, n_validation, act):
        self.n_validation, self.act = n_validation, act

    def predict(self, X):
        return np.zeros(len(X), np.int64) if len(X) == self.n_validation else self.act(X)


def fails(X):
    raise KeyError("sunday")


def never_ends(X):
    while True:
        pass


def names_them(X):
    return np.repeat("minority", len(X))


def ends_its_process(X):
    os._exit(3)


@pytest.mark.parametrize(
    ("act", "limits", "status", "reason"),
    [
        (fails, None, "failed", "failed: KeyError: 'sunday'"),
        (fails, LIMITS, "failed", "failed: KeyError: 'sunday'"),
        (names_them, LIMITS, "failed", "failed: ValueError: a metric compares"),
        (never_ends, LIMITS, "timeout", "timeout: stopped after 1 CPU seconds"),
        (ends_its_process, LIMITS, "failed", "failed: ended its process with exit status 3"),
    ],
)
def test_failure_at_the_test_rows_is_a_row_too(task, act, limits, status, reason):
    if limits and not isolation.SUPPORTED:
        pytest.skip("limits need Linux")
    task = replace(task, X_test=task.X_test[1:], y_test=task.y_test[1:])
    assert len(task.y_test) != len(task.y_validation)
    model = Spoilt(len(task.y_validation), act)
    (row,) = run(
        task, scripted(lambda ratio: Learned(model)), classifiers=["tree"], metrics=["mcc"], limits=limits
    )
    assert row["status"] == status
    assert row["message"].startswith(f"test rows at the chosen ratio 0.1: {reason}")
    assert np.isnan(row["ratio"]) and np.isnan(row["validation_score"]) and np.isnan(row["test_score"])
    validate(pd.DataFrame([row]))


def test_only_the_chosen_model_labels_the_test_rows_and_cannot_change_them(task):
    labelled = []

    class Watched(Constant):
        def predict(self, X):
            labelled.append((self.ones, len(X)))
            X[:] = 0
            return super().predict(X)

    task = replace(task, X_test=task.X_test[1:], y_test=task.y_test[1:])
    task = replace(task, y_validation=(np.arange(len(task.y_validation)) < 30).astype(np.int64))
    before, ones = task.X_test.copy(), dict(zip(RATIOS, (5, 20, 30, 40), strict=True))
    run(task, scripted(lambda ratio: Learned(Watched(ones[ratio]))), classifiers=["tree"], metrics=["mcc"])
    n_validation, n_test = len(task.y_validation), len(task.y_test)
    expected = [*((each, n_validation) for each in ones.values()), (30, n_test), (30, len(task.X_unused))]
    assert labelled == expected
    np.testing.assert_array_equal(task.X_test, before)


def test_note_stands_in_the_message_behind_the_ratios(task):
    def learn(ratio):
        if ratio == 0.1:
            raise NotApplicable("too small")
        return Learned(Constant(1), note="mind this")

    (row,) = run(task, scripted(learn), classifiers=["tree"], metrics=["mcc"])
    assert row["message"] == "1 of 4 ratios (0.1) not applicable: too small; mind this"


def test_missing_package_is_no_fault_of_the_method(task):
    def learn(ratio):
        raise ImportError("not installed")

    with pytest.raises(ImportError):
        run(task, scripted(learn))


@pytest.mark.skipif(not isolation.SUPPORTED, reason="limits need Linux")
def test_limits_give_the_same_rows_and_end_a_method_that_never_ends(task):
    spec = samplers.get("DecisionThreshold")
    limits = isolation.Limits(cpu_seconds=60, wall_seconds=120, memory_mb=2000)
    here, there = (
        pd.DataFrame(run(task, spec, classifiers=["tree"], metrics=["mcc"], limits=bound))
        for bound in (None, limits)
    )
    pd.testing.assert_frame_equal(here.drop(columns="seconds"), there.drop(columns="seconds"))

    def learn(ratio):
        while True:
            pass

    endless = scripted(learn, takes_ratio=False)
    limits = replace(limits, cpu_seconds=1)
    (row,) = run(task, endless, classifiers=["tree"], metrics=["mcc"], limits=limits)
    assert row["status"] == "timeout"


def test_method_cannot_change_the_task_and_sees_no_test_rows(task):
    def build(problem):
        arrays = [problem.training.X, problem.training.y, problem.X_validation, problem.y_validation]
        for array in arrays:
            assert not any(np.shares_memory(array, split) for split in (task.X_test, task.y_test))
            array[:] = 0
        return lambda ratio: Learned(Constant(1))

    before = [task.X_train.copy(), task.y_train.copy(), task.X_validation.copy(), task.y_validation.copy()]
    run(task, replace(scripted(None), build=build))
    for array, same in zip(
        (task.X_train, task.y_train, task.X_validation, task.y_validation), before, strict=True
    ):
        np.testing.assert_array_equal(array, same)


def test_settings_reach_the_method():
    def build(problem, *, depth=1):
        return lambda ratio: Learned(Constant(0), {"depth": depth})

    spec = MethodSpec("Deep", "Extension", False, "test", "none", None, build)
    assert configured(spec, {"depth": 4}).build(None)(None).settings == {"depth": 4}
    assert configured(spec, {}) is spec
