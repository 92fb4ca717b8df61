"""The 85 SMOTE variants: which they are, and that each works behind the registry."""

import inspect
import re
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from autosmote import samplers
from autosmote.datasets.tasks import Task
from autosmote.evaluation.isolation import Limits
from autosmote.samplers import NotApplicable, Training
from autosmote.samplers.smote_variants import CATEGORY, PREFIX, SPECS
from autosmote.study.baseline_job import evaluate_side_by_side

# They take a second or more even on a hundred rows.
SLOW = {"ADG", "AMSCO", "DSMOTE", "DSRBF", "E_SMOTE", "GASMOTE", "MOT2LD", "SMOTE_PSO", "SMOTE_PSOBAT"}
NAMES = [spec.name.removeprefix(PREFIX) for spec in SPECS]
LIMITS = Limits(cpu_seconds=120, wall_seconds=600, memory_mb=1000)


@pytest.fixture(scope="module")
def package():
    return pytest.importorskip("smote_variants")


@pytest.fixture(scope="module")
def task():
    rng = np.random.default_rng(0)

    def split(n_majority, n_minority):
        X = np.r_[rng.normal(size=(n_majority, 4)), rng.normal(1.2, 1, size=(n_minority, 4))]
        return X, np.repeat([0, 1], [n_majority, n_minority])

    X_train, y_train = split(90, 15)
    X_validation, y_validation = split(30, 5)
    X_test, y_test = split(30, 5)
    names = list("abcd")
    return Task(
        *("toy", 6, 0, X_train, y_train, X_validation, y_validation, X_test, y_test, names),
        onehot=np.zeros(4, bool),
    )


def training(task):
    return Training(task.X_train, task.y_train, task.onehot)


def evaluate(task, names, ratios=(0.5, 1.0)):
    rows = evaluate_side_by_side(
        task,
        [samplers.get(PREFIX + name) for name in names],
        classifiers=["tree"],
        metrics=["macro_f1"],
        ratios=ratios,
        limits=LIMITS,
        workers=2,
        log=lambda line: None,
    )
    return {row["sampler"].removeprefix(PREFIX): row for row in rows}


# Which they are


def test_they_are_the_papers_85(package):
    # Those of the package of 2019: without what is younger, and with one polynomial fit.
    today = {cls.__name__ for cls in package.get_all_oversamplers()}
    younger = {"SYMPROD", "SMOTEWB", "SMOTE_AMSR"}
    topologies = {f"polynom_fit_SMOTE_{name}" for name in ("bus", "poly", "mesh")}
    assert younger | topologies <= today
    assert set(NAMES) == today - younger - topologies
    assert len(NAMES) == len(set(NAMES)) == 85


def test_those_that_table_3_prints_are_among_them():
    plain = {name.replace("_", "").lower() for name in NAMES}
    printed = ["SupervisedSMOTE", "GASMOTE", "ClusterSMOTE", "SMOTEPSO", "ANDSMOTE", "BorderlineSMOTE1"]
    assert {name.lower() for name in printed} <= plain


def test_those_with_a_proportion_take_a_ratio(package):
    for spec in SPECS:
        parameters = inspect.signature(getattr(package, spec.name.removeprefix(PREFIX))).parameters
        assert spec.takes_ratio == ("proportion" in parameters), spec.name
    assert sum(not spec.takes_ratio for spec in SPECS) == 11


def test_registry_holds_them(package):
    for spec in SPECS:
        assert samplers.get(spec.name) is spec
        assert spec.category == CATEGORY
        assert re.search(r" 20\d\d, .", spec.reference)
    missing = {spec.name for spec in SPECS if not spec.installed}
    assert missing == ({PREFIX + "DEAGO"} if find_spec("tensorflow") is None else set())


# What they do


def check(rows):
    for name, row in rows.items():
        assert row["status"] in ("ok", "unchanged"), (name, row["message"])
        assert 0 < row["test_score"] <= 1
        assert np.isnan(row["ratio"]) != samplers.get(PREFIX + name).takes_ratio


@pytest.mark.skipif(sys.platform != "linux", reason="limits need Linux")
def test_each_quick_one_gives_a_scored_row(package, task):
    rows = evaluate(task, [name for name in NAMES if name not in SLOW | {"DEAGO"}])
    assert len(rows) == 85 - len(SLOW) - 1
    check(rows)


@pytest.mark.slow
def test_each_one_gives_the_same_scored_row_twice(package, task):
    names = [name for name in NAMES if name != "DEAGO"]
    first, second = evaluate(task, names), evaluate(task, names)
    check(first)
    for row in [*first.values(), *second.values()]:
        del row["seconds"]
    assert {name: str(row) for name, row in first.items()} == {name: str(row) for name, row in second.items()}


@pytest.mark.parametrize("ratio", [0.2, 0.5, 1.0])
def test_ratio_becomes_a_proportion_of_the_difference(package, task, ratio):
    resampled = samplers.get("smote_variants.SMOTE").build(training(task), 3)(ratio)
    # 0.2 (90 - 15) would be 15 new rows; the ratio 0.2 asks for 18 minority rows in all.
    assert resampled.y.sum() == pytest.approx(ratio * 90, abs=1)
    X, y = package.SMOTE(proportion=(ratio * 90 - 15) / 75, random_state=3).sample(task.X_train, task.y_train)
    np.testing.assert_array_equal(resampled.X, X)
    np.testing.assert_array_equal(resampled.y, y)


def test_ratio_below_that_of_the_data_does_not_apply(package, task):
    resample = samplers.get("smote_variants.SMOTE").build(training(task), 0)
    with pytest.raises(NotApplicable, match="below that of the data, 15 to 90 rows"):
        resample(0.1)


def test_draws_from_the_global_generator_are_seeded(package, task):
    resample = samplers.get("smote_variants.ISOMAP_Hybrid").build(training(task), 0)
    first = resample(0.5)
    np.random.seed(99)
    np.testing.assert_array_equal(resample(0.5).X, first.X)


@pytest.mark.parametrize("name", ["ISOMAP_Hybrid", "SMOTE"])
def test_global_generator_of_the_caller_is_left_as_it_was(package, task, name):
    np.random.seed(5)
    expected = np.random.random(3)
    np.random.seed(5)
    resample = samplers.get(PREFIX + name).build(training(task), 0)
    resample(0.5)
    with pytest.raises(NotApplicable):
        resample(0.1)
    np.testing.assert_array_equal(np.random.random(3), expected)


def test_input_is_left_as_it_was(package, task):
    before = task.X_train.copy()
    for name in ("SVM_balance", "DBSMOTE", "NRAS"):
        samplers.get(PREFIX + name).build(training(task), 0)(1.0)
    np.testing.assert_array_equal(task.X_train, before)


def test_package_writes_nothing(package, task, capfd):
    samplers.get("smote_variants.A_SUWO").build(training(task), 0)(1.0)
    assert capfd.readouterr() == ("", "")


# Those that change the columns


def test_selected_columns_are_selected_in_other_rows_too(package, task):
    # Two columns of noise, so that fewer than all are selected.
    wide = Training(
        np.c_[task.X_train, np.random.default_rng(1).normal(size=(105, 4))], task.y_train, np.zeros(8, bool)
    )
    resampled = samplers.get("smote_variants.E_SMOTE").build(wide, 0)(1.0)
    assert resampled.X.shape[1] < 8
    np.testing.assert_array_equal(resampled.transform(wide.X), resampled.X[:105])


def test_embedded_columns_are_the_same_for_rows_that_were_embedded(package, task):
    resampled = samplers.get("smote_variants.ISOMAP_Hybrid").build(training(task), 0)(1.0)
    minority = resampled.X[resampled.y == 1][:15]
    assert resampled.X.shape[1] == 3
    np.testing.assert_allclose(resampled.transform(task.X_train[task.y_train == 1]), minority, atol=1e-9)


@pytest.mark.parametrize("name", ["E_SMOTE", "ISOMAP_Hybrid"])
def test_columns_stay_where_such_a_method_gives_up(package, task, name):
    keep = np.r_[0:90, 90:92]  # two minority rows are too few
    few = Training(task.X_train[keep], task.y_train[keep], task.onehot)
    resampled = samplers.get(PREFIX + name).build(few, 0)(1.0)
    assert resampled.transform is None
    np.testing.assert_array_equal(resampled.X, few.X)


@pytest.mark.skipif(sys.platform != "linux", reason="limits need Linux")
def test_classifiers_are_scored_in_the_new_columns(package, task):
    check(evaluate(task, ["E_SMOTE", "ISOMAP_Hybrid"]))


# Those that do not run as they are


def test_mot2ld_runs_with_todays_scikit_learn(package, task):
    check(evaluate(task, ["MOT2LD"], ratios=[1.0]))


def test_smmo_runs_on_collinear_columns(package, task):
    X = np.c_[task.X_train, task.X_train[:, :2]]
    resampled = samplers.get("smote_variants.SMMO").build(Training(X, task.y_train, np.zeros(6, bool)), 0)(
        1.0
    )
    assert len(resampled.X) > len(X)


def test_smmo_does_not_apply_to_fewer_minority_rows_than_columns(package, task):
    X = np.random.default_rng(2).normal(size=(105, 20))
    resample = samplers.get("smote_variants.SMMO").build(Training(X, task.y_train, np.zeros(20, bool)), 0)
    with pytest.raises(NotApplicable, match="not full rank"):
        resample(1.0)


@pytest.mark.skipif(find_spec("tensorflow") is not None, reason="TensorFlow is installed")
def test_deago_without_tensorflow_is_a_row_that_says_so(package, task):
    row = evaluate(task, ["DEAGO"])["DEAGO"]
    assert row["status"] == "not_applicable"
    assert "needs TensorFlow, which is not installed" in row["message"]


@pytest.mark.slow
def test_deago_runs_where_tensorflow_is_installed(package, task):
    pytest.importorskip("tensorflow")
    check(evaluate(task, ["DEAGO"], ratios=[1.0]))
