"""Samplers on more than two classes: rows by class counted by hand, and imbalanced-learn's own."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imblearn.combine import SMOTETomek
from imblearn.over_sampling import SMOTE
from imblearn.under_sampling import EditedNearestNeighbours, RandomUnderSampler
from sklearn.tree import DecisionTreeClassifier

from autosmote import samplers
from autosmote.datasets.tasks import Task
from autosmote.evaluation.metrics import METRICS
from autosmote.evaluation.protocol import evaluate
from autosmote.samplers import NotApplicable, Resampled, SamplerSpec, Training, imbalanced_learn
from autosmote.samplers.multiclass import build, one_by_one

COUNTS = [80, 40, 12]


def rows_of(counts, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    return rng.normal(size=(len(y), 3)) + y[:, None], y


@pytest.fixture(scope="module")
def training():
    X, y = rows_of(COUNTS)
    return Training(X, y, np.zeros(3, bool))


@pytest.fixture(scope="module")
def task():
    parts = {}
    for seed, part in enumerate(("train", "validation", "test")):
        parts[f"X_{part}"], parts[f"y_{part}"] = rows_of(COUNTS, seed)
    return Task("made", 7, 0, **parts, feature_names=list("abc"), onehot=np.zeros(3, bool))


def resampled(name, training, ratio):
    return build(samplers.get(name), training, 0)(ratio)


@pytest.mark.parametrize("name", ["RandomOverSampler", "SMOTE", "SMOTEN", "BorderlineSMOTE", "SVMSMOTE"])
def test_over_samplers_bring_every_class_to_the_ratio(training, name):
    # 0.8 of 80 rows is 64; at 0.4 (32 rows) the class of 40 stays as it is.
    for ratio, expected in ((0.4, [80, 40, 32]), (0.8, [80, 64, 64]), (1.0, [80, 80, 80])):
        made = resampled(name, training, ratio)
        assert np.bincount(made.y).tolist() == expected
        np.testing.assert_array_equal(made.X[: len(training.y)], training.X)
        np.testing.assert_array_equal(made.y[: len(training.y)], training.y)
    with pytest.raises(NotApplicable, match="all classes have 0.1 of the rows of the largest already"):
        resampled(name, training, 0.1)


def test_adasyn_and_kmeans_smote_come_near_the_ratio(training):
    for name in ("ADASYN", "KMeansSMOTE"):
        counts = np.bincount(resampled(name, training, 0.8).y)
        assert counts[0] == 80
        assert np.all(abs(counts[1:] - 64) <= 12), (name, counts)


def test_one_class_after_the_other_is_what_imbalanced_learn_makes_of_all(training):
    made = resampled("SMOTE", training, 0.8)
    theirs = SMOTE(sampling_strategy={1: 64, 2: 64}, random_state=0).fit_resample(training.X, training.y)
    np.testing.assert_allclose(made.X, theirs[0])
    np.testing.assert_array_equal(made.y, theirs[1])


@pytest.mark.parametrize("name", ["ClusterCentroids", "NearMiss", "RandomUnderSampler"])
def test_under_samplers_cut_every_class_down(training, name):
    # 12 rows of the smallest over 0.4 are 30; over 0.2 they are 60, more than the class of 40 has.
    for ratio, expected in ((0.2, [60, 40, 12]), (0.4, [30, 30, 12]), (1.0, [12, 12, 12])):
        assert np.bincount(resampled(name, training, ratio).y).tolist() == expected
    with pytest.raises(NotApplicable, match="the smallest class has 0.1 of the rows of each class already"):
        resampled(name, training, 0.1)


def test_under_and_combined_samplers_are_those_of_the_package(training):
    rows = training.X, training.y
    for name, theirs, ratio in (
        ("RandomUnderSampler", RandomUnderSampler(sampling_strategy={0: 30, 1: 30}, random_state=0), 0.4),
        ("SMOTETomek", SMOTETomek(sampling_strategy={0: 80, 1: 64, 2: 64}, random_state=0), 0.8),
        ("EditedNearestNeighbours", EditedNearestNeighbours(), None),
    ):
        made, (X, y) = resampled(name, training, ratio), theirs.fit_resample(*rows)
        np.testing.assert_array_equal(made.X, X)
        np.testing.assert_array_equal(made.y, y)


def test_cleaning_keeps_the_smallest_class(training):
    for spec in imbalanced_learn.SPECS:
        if not spec.takes_ratio:
            counts = np.bincount(build(spec, training, 0)(None).y)
            assert counts[2] == 12, spec.name
            assert counts[:2].sum() <= 120, spec.name


@given(
    st.lists(st.integers(1, 2000), min_size=3, max_size=5, unique=True), st.floats(0.01, 1, exclude_min=True)
)
def test_just_as_many_rows_are_asked_for(counts, ratio):
    """Of a sampler that truncates as imbalanced-learn does, one row in some cases got lost."""

    def repeating(training, seed):
        n_minority = int(training.y.sum())
        n_majority = len(training.y) - n_minority

        def resample(share):
            n_new = int(n_majority * share - n_minority)
            rows = np.repeat(training.X[training.y == 1][:1], n_new, axis=0)
            return Resampled(np.concatenate([training.X, rows]), np.append(training.y, np.ones(n_new, int)))

        return resample

    y = np.repeat(np.arange(len(counts)), counts)
    training = Training(np.zeros((len(y), 1)), y, np.zeros(1, bool))
    wanted = int(ratio * max(counts))
    if wanted <= min(counts):
        with pytest.raises(NotApplicable):
            one_by_one(repeating, training, 0)(ratio)
        return
    made = one_by_one(repeating, training, 0)(ratio)
    assert np.bincount(made.y).tolist() == [max(count, wanted) for count in counts]


def test_few_neighbours_are_said_by_class():
    X, y = rows_of([40, 20, 4])
    made = resampled("SMOTE", Training(X, y, np.zeros(3, bool)), 1.0)
    assert np.bincount(made.y).tolist() == [40, 40, 40]
    assert made.settings == {"2": {"k_neighbors": 3}}


@pytest.mark.parametrize(
    "name", ["MESA", "DecisionThreshold", "DecisionThresholdByFolds", "smote_variants.ROSE"]
)
def test_a_method_of_two_classes_has_a_row_that_says_so(task, name):
    spec = samplers.get(name)
    (row,) = evaluate(task, spec, classifiers=["tree"], metrics=["macro_f1"], ratios=[0.5], seed=0)
    assert row["status"] == "not_applicable"
    assert row["message"].endswith(f"not applicable: {name} takes two classes, and there are 3")


def test_a_sampler_of_ones_own_takes_two_classes_unless_it_says_otherwise(task):
    def keep(training, seed):
        return lambda ratio: Resampled(training.X, training.y)

    spec = SamplerSpec("Own", "Over-sampling", False, "test", "none", None, keep)
    statuses = [
        evaluate(task, each, classifiers=["tree"], metrics=["mcc"], ratios=[], seed=0)[0]["status"]
        for each in (spec, dataclasses.replace(spec, multiclass="all_at_once"))
    ]
    assert statuses == ["not_applicable", "unchanged"]
    with pytest.raises(ValueError, match="multiclass='yes'; known: no, all_at_once, one_by_one"):
        dataclasses.replace(spec, multiclass="yes")
    with pytest.raises(ValueError, match="is for samplers"):
        dataclasses.replace(samplers.get("ClassWeight"), multiclass="one_by_one")


@pytest.mark.parametrize("metric", METRICS)
def test_a_ratio_is_chosen_and_scored_with_several_classes(task, metric):
    spec = samplers.get("SMOTE")
    ratios = [0.4, 0.8]
    (row,) = evaluate(task, spec, classifiers=["tree"], metrics=[metric], ratios=ratios, seed=0, refit=True)
    assert row["status"] == "ok"
    models = {}
    for ratio in ratios:
        made = SMOTE(
            sampling_strategy={label: max(n, int(ratio * 80)) for label, n in enumerate(COUNTS)},
            random_state=0,
        ).fit_resample(task.X_train, task.y_train)
        models[ratio] = DecisionTreeClassifier(random_state=0).fit(*made)
    of_scores = metric in ("average_precision", "roc_auc")

    def measured(model, part):
        X, y = getattr(task, f"X_{part}"), getattr(task, f"y_{part}")
        return METRICS[metric](y, model.predict_proba(X) if of_scores else model.predict(X))

    best = max(ratios, key=lambda ratio: measured(models[ratio], "validation"))
    assert row["ratio"] == best
    assert row["test_score"] == measured(models[best], "test")
    assert np.isnan(row["large_test_score"])
    expected = {0.4: (80, 32), 0.8: (80, 64)}[best]
    assert (row["n_majority"], row["n_minority"]) == expected


@pytest.mark.parametrize("name", ["ClassWeight", "ClassWeightByFolds"])
def test_class_weights_are_those_of_repeated_rows(task, name):
    rows = evaluate(
        task, samplers.get(name), classifiers=["tree"], metrics=["macro_f1", "roc_auc"], ratios=[0.5], seed=0
    )
    assert [row["status"] for row in rows] == ["ok", "ok"]
    if name == "ClassWeight":
        # Classes of 40 and 12 rows get the weight of 0.5 * 80 rows, which the first of them has.
        weight = np.array([1, 1, 40 / 12])[task.y_train]
        tree = DecisionTreeClassifier(random_state=0).fit(task.X_train, task.y_train, sample_weight=weight)
        assert rows[0]["test_score"] == METRICS["macro_f1"](task.y_test, tree.predict(task.X_test))


def test_a_sampler_that_loses_a_class_has_failed(task):
    def lose(training, seed):
        kept = training.y < 2
        return lambda ratio: Resampled(training.X[kept], training.y[kept])

    spec = SamplerSpec("Loser", "Under-sampling", False, "test", "none", None, lose, multiclass="all_at_once")
    (row,) = evaluate(task, spec, classifiers=["tree"], metrics=["mcc"], ratios=[], seed=0)
    assert (row["status"], row["message"]) == (
        "failed",
        "failed: returned the classes [0, 1] instead of 0 to 2",
    )
