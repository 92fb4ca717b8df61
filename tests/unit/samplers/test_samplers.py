"""The comparison samplers on real data: ratios reached, determinism, refusals told from errors."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from imblearn.combine import SMOTEENN, SMOTETomek
from imblearn.over_sampling import SMOTE, SMOTEN, KMeansSMOTE

from autosmote import samplers
from autosmote.datasets.sources import fetch
from autosmote.datasets.tasks import make_task
from autosmote.evaluation.protocol import evaluate_sampler
from autosmote.samplers import NotApplicable, Training

TABLE_2 = {
    "No-resampling": ["NoResampling"],
    "Under-sampling": [
        "ClusterCentroids",
        "CondensedNearestNeighbour",
        "EditedNearestNeighbours",
        "RepeatedEditedNearestNeighbours",
        "AllKNN",
        "InstanceHardnessThreshold",
        "NearMiss",
        "NeighbourhoodCleaningRule",
        "OneSidedSelection",
        "RandomUnderSampler",
        "TomekLinks",
    ],
    "Over-sampling": [
        "RandomOverSampler",
        "SMOTE",
        "SMOTEN",
        "ADASYN",
        "BorderlineSMOTE",
        "KMeansSMOTE",
        "SVMSMOTE",
    ],
    "Combined over- and under-sampling": ["SMOTEENN", "SMOTETomek"],
}
OF_OTHER_KINDS = {
    "Generative model": ["CTGAN", "TVAE"],
    "Meta-learning": ["MESA"],
    "Extension": [
        "ClassWeight",
        "DecisionThreshold",
        "ClassWeightByFolds",
        "ClassWeightByFoldsRefit",
        "DecisionThresholdByFolds",
        "DecisionThresholdByFoldsRefit",
    ],
}
WITHOUT_RATIO = {
    "NoResampling",
    "CondensedNearestNeighbour",
    "EditedNearestNeighbours",
    "RepeatedEditedNearestNeighbours",
    "AllKNN",
    "NeighbourhoodCleaningRule",
    "OneSidedSelection",
    "TomekLinks",
}
# The methods of this file: those of other kinds have tests of their own.
SPECS = [spec for spec in samplers.specs() if spec.category in TABLE_2]
NAMES = [spec.name for spec in SPECS]


def digits_task(imbalance_ratio):
    digits = fetch("digits", {"source": "sklearn", "name": "digits", "minority": 8})
    return make_task(digits, imbalance_ratio, seed=0)


@pytest.fixture(scope="module")
def task():
    return digits_task(20)  # 973 majority and 49 minority training rows


@pytest.fixture(scope="module")
def training(task):
    return Training(task.X_train, task.y_train, task.onehot)


def few(training, n_minority, n_majority=None):
    """The task with only so many minority and majority rows."""
    keep = np.r_[np.flatnonzero(training.y == 0)[:n_majority], np.flatnonzero(training.y == 1)[:n_minority]]
    return Training(training.X[keep], training.y[keep], training.onehot)


def counts(y):
    return np.count_nonzero(y == 0), np.count_nonzero(y == 1)


# The registry


def test_registry_lists_table_2():
    listed = {}
    for spec in samplers.specs():
        listed.setdefault(spec.category, []).append(spec.name)
    assert len(listed.pop("SMOTE variant")) == 85
    assert listed == TABLE_2 | OF_OTHER_KINDS
    assert {spec.name for spec in SPECS if not spec.takes_ratio} == WITHOUT_RATIO
    assert samplers.names() == tuple(spec.name for spec in samplers.specs())
    for spec in samplers.specs():
        assert samplers.get(spec.name) is spec
        assert spec.reference


@pytest.mark.parametrize("spec", SPECS, ids=NAMES)
def test_every_sampler_names_its_package(spec):
    assert spec.source == ("autosmote" if spec.name == "NoResampling" else "imbalanced-learn")


def test_unknown_sampler_is_named_with_a_close_match_and_the_known_ones():
    with pytest.raises(ValueError) as caught:
        samplers.get("SMOT")
    assert (
        str(caught.value)
        == f"unknown sampler 'SMOT'; did you mean 'SMOTE'? known: {', '.join(samplers.names())}"
    )
    with pytest.raises(ValueError, match="unknown sampler 'xyz'; known: NoResampling, "):
        samplers.get("xyz")


# Every method on a real task


@pytest.mark.parametrize("name", NAMES)
def test_method_passes_the_protocol_and_is_deterministic(task, name):
    def evaluate():
        rows = evaluate_sampler(
            task,
            samplers.get(name),
            classifiers=["tree"],
            metrics=["macro_f1", "mcc"],
            ratios=[0.5] if name == "InstanceHardnessThreshold" else [0.2, 1.0],
            seed=0,
        )
        return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]

    rows = evaluate()
    for row in rows:
        assert (row["status"], row["message"]) == ("ok", "")
        assert 0 < row["validation_score"] <= 1
        assert 0 < row["test_score"] <= 1
        assert np.isnan(row["ratio"]) == (name in WITHOUT_RATIO)
    pd.testing.assert_frame_equal(pd.DataFrame(evaluate()), pd.DataFrame(rows), check_exact=True)


@pytest.mark.parametrize("ratio", [0.2, 1.0])
@pytest.mark.parametrize("name", TABLE_2["Over-sampling"])
def test_over_sampler_keeps_the_data_and_reaches_the_ratio(training, name, ratio):
    resampled = samplers.get(name).build(training, 0)(ratio)
    n_majority, n_minority = counts(training.y)
    np.testing.assert_array_equal(resampled.X[: len(training.X)], training.X)
    np.testing.assert_array_equal(resampled.y[: len(training.y)], training.y)
    assert np.all(resampled.y[len(training.y) :] == 1)
    # ADASYN and KMeansSMOTE round per minority row and per cluster.
    tolerance = {"ADASYN": n_minority / 2, "KMeansSMOTE": 8}.get(name, 0)
    assert abs(counts(resampled.y)[1] - int(ratio * n_majority)) <= tolerance


@pytest.mark.parametrize("ratio", [0.2, 1.0])
@pytest.mark.parametrize("name", ["ClusterCentroids", "NearMiss", "RandomUnderSampler"])
def test_under_sampler_keeps_the_minority_and_reaches_the_ratio(training, name, ratio):
    resampled = samplers.get(name).build(training, 0)(ratio)
    n_minority = counts(training.y)[1]
    assert counts(resampled.y) == (int(n_minority / ratio), n_minority)
    np.testing.assert_array_equal(
        np.sort(resampled.X[resampled.y == 1], axis=0), np.sort(training.X[training.y == 1], axis=0)
    )


@pytest.mark.parametrize("name", sorted(WITHOUT_RATIO))
def test_cleaning_method_only_removes_majority_rows(training, name):
    resampled = samplers.get(name).build(training, 0)(None)
    assert counts(resampled.y)[1] == counts(training.y)[1]
    assert {row.tobytes() for row in resampled.X} <= {row.tobytes() for row in training.X}


def test_parameters_are_the_packages_defaults(training):
    resampled = samplers.get("SMOTE").build(training, 5)(0.5)
    X, y = SMOTE(sampling_strategy=0.5, random_state=5).fit_resample(training.X, training.y)
    np.testing.assert_array_equal(resampled.X, X)
    np.testing.assert_array_equal(resampled.y, y)


@pytest.mark.parametrize(
    "name", ["RandomOverSampler", "SMOTE", "KMeansSMOTE", "SMOTEENN", "RandomUnderSampler"]
)
def test_another_seed_gives_other_rows(training, name):
    first, second = (samplers.get(name).build(training, seed)(0.5).X for seed in (0, 1))
    assert first.shape != second.shape or not np.array_equal(first, second)


# KMeansSMOTE's ladder


@pytest.mark.parametrize("imbalance_ratio", [20, 50])
def test_kmeans_smote_records_the_highest_threshold_that_works(imbalance_ratio):
    task = digits_task(imbalance_ratio)
    resampled = samplers.get("KMeansSMOTE").build(Training(task.X_train, task.y_train, task.onehot), 0)(0.5)
    used = resampled.settings["cluster_balance_threshold"]

    def plain(threshold):
        sampler = KMeansSMOTE(sampling_strategy=0.5, cluster_balance_threshold=threshold, random_state=0)
        return sampler.fit_resample(task.X_train, task.y_train)

    np.testing.assert_array_equal(plain(used)[0], resampled.X)
    for threshold in ("auto", 0.2, 0.1, 0.05, 0.02, 0.01, 0.0):
        if threshold == used:
            break
        with pytest.raises(RuntimeError, match="No clusters found"):
            plain(threshold)


def test_kmeans_smote_prefers_its_default_threshold(training):
    apart = Training(training.X + 100 * training.y[:, None], training.y, training.onehot)
    resampled = samplers.get("KMeansSMOTE").build(apart, 0)(0.5)
    assert resampled.settings == {"cluster_balance_threshold": "auto"}
    X, _ = KMeansSMOTE(sampling_strategy=0.5, random_state=0).fit_resample(apart.X, apart.y)
    np.testing.assert_array_equal(resampled.X, X)


def test_kmeans_smote_records_its_threshold_in_the_row(task):
    (row,) = evaluate_sampler(
        task, samplers.get("KMeansSMOTE"), classifiers=["tree"], metrics=["mcc"], ratios=[0.5], seed=0
    )
    assert json.loads(row["settings"]) == {"cluster_balance_threshold": 0.1}


# Refusals and errors

REFUSALS = [
    ("SMOTE", 1, 0.5, "Expected n_neighbors <= n_samples_fit"),
    ("SMOTEN", 1, 0.5, "Expected n_neighbors <= n_samples_fit"),
    ("ADASYN", 1, 0.5, "Expected n_neighbors <= n_samples_fit"),
    ("SMOTEENN", 1, 0.5, "Expected n_neighbors <= n_samples_fit"),
    ("SMOTETomek", 1, 0.5, "Expected n_neighbors <= n_samples_fit"),
    ("NearMiss", 2, 0.5, "Expected n_neighbors <= n_samples_fit"),
    ("KMeansSMOTE", 2, 0.5, "No clusters found with sufficient samples"),
    ("SVMSMOTE", 2, 0.5, "All support vectors are considered as noise"),
    ("SMOTE", 49, 0.02, "The specified ratio required to remove samples from the minority class"),
    (
        "RandomUnderSampler",
        49,
        0.02,
        "The specified ratio required to generate new sample in the majority class",
    ),
]


@pytest.mark.parametrize(("name", "n_minority", "ratio", "reason"), REFUSALS)
def test_refusal_is_not_applicable(training, name, n_minority, ratio, reason):
    resample = samplers.get(name).build(few(training, n_minority), 0)
    with pytest.raises(NotApplicable, match=reason):
        resample(ratio)


@pytest.mark.parametrize(
    "name", ["SMOTE", "SMOTEN", "ADASYN", "BorderlineSMOTE", "SVMSMOTE", "SMOTEENN", "SMOTETomek"]
)
def test_few_minority_rows_are_interpolated_with_fewer_neighbours(training, name):
    made = {
        "SMOTE": SMOTE(sampling_strategy=0.5, random_state=0, k_neighbors=3),
        "SMOTEN": SMOTEN(sampling_strategy=0.5, random_state=0, k_neighbors=3),
    }
    for n_minority, neighbours in ((6, 5), (5, 4), (4, 3), (2, 1)):
        rows = few(training, n_minority)
        try:
            resampled = samplers.get(name).build(rows, 0)(0.5)
        except NotApplicable as refusal:
            assert "Expected n_neighbors" not in str(refusal)
            assert name in ("ADASYN", "SVMSMOTE", "SMOTEENN")
            continue
        assert resampled.settings == ({} if neighbours == 5 else {"k_neighbors": neighbours})
        if neighbours == 3 and name in made:
            np.testing.assert_array_equal(resampled.X, made[name].fit_resample(rows.X, rows.y)[0])
        if name in ("SMOTE", "SMOTEN", "ADASYN", "SMOTETomek"):  # Others make fewer rows, or remove some.
            assert resampled.y.sum() / np.sum(resampled.y == 0) == pytest.approx(0.5, rel=0.05)


def test_combined_methods_are_the_same_with_and_without_the_rule(training):
    rows = few(training, 5)
    for name, sampler_class in (("SMOTEENN", SMOTEENN), ("SMOTETomek", SMOTETomek)):
        resampled = samplers.get(name).build(rows, 0)(0.4)
        asked = sampler_class(
            smote=SMOTE(sampling_strategy=0.4, random_state=0, k_neighbors=4), random_state=0
        )
        np.testing.assert_array_equal(resampled.X, asked.fit_resample(rows.X, rows.y)[0])


def test_kmeans_smote_of_fewer_rows_than_clusters_is_not_applicable(training):
    with pytest.raises(NotApplicable, match="n_samples=7 should be >= n_clusters=8"):
        samplers.get("KMeansSMOTE").build(few(training, 2, n_majority=5), 0)(1.0)


def test_adasyn_far_from_the_majority_is_not_applicable(training):
    X = training.X + 1e4 * training.y[:, None]
    resample = samplers.get("ADASYN").build(Training(X, training.y, training.onehot), 0)
    with pytest.raises(NotApplicable, match="Not any neigbours belong to the majority"):
        resample(0.5)


def test_adasyn_that_would_generate_nothing_is_not_applicable(training):
    # One row is wanted and 49 minority rows share it: every share rounds to zero.
    shared = Training(np.zeros_like(training.X), training.y, training.onehot)
    ratio = (counts(training.y)[1] + 1.5) / counts(training.y)[0]
    with pytest.raises(NotApplicable, match="No samples will be generated"):
        samplers.get("ADASYN").build(shared, 0)(ratio)


# No resampling and the two random samplers do not look at the features.
@pytest.mark.parametrize("name", [name for name in NAMES if "Random" not in name and name != "NoResampling"])
def test_invalid_data_is_an_error_not_a_refusal(training, name):
    X = training.X.copy()
    X[0, 0] = np.nan
    resample = samplers.get(name).build(Training(X, training.y, training.onehot), 0)
    with pytest.raises(ValueError, match="contains NaN"):
        resample(None if name in WITHOUT_RATIO else 0.5)


@pytest.mark.parametrize("n_minority", [2, 5, 11])
@pytest.mark.parametrize("name", [name for name in NAMES if name != "InstanceHardnessThreshold"])
def test_tiny_minorities_never_stop_a_study(task, name, n_minority):
    tiny = few(Training(task.X_train, task.y_train, task.onehot), n_minority)
    rows = evaluate_sampler(
        dataclasses.replace(task, X_train=tiny.X, y_train=tiny.y),
        samplers.get(name),
        classifiers=["knn", "tree"],
        metrics=["macro_f1"],
        ratios=[0.1, 1.0],
        seed=0,
    )
    for row in rows:
        assert row["status"] in ("ok", "unchanged", "not_applicable")
        assert np.isfinite(row["test_score"]) == (row["status"] != "not_applicable")


def test_refused_ratio_leaves_the_others(task):
    (row,) = evaluate_sampler(
        task, samplers.get("SMOTE"), classifiers=["tree"], metrics=["mcc"], ratios=[0.02, 0.5], seed=0
    )
    assert (row["status"], row["ratio"]) == ("ok", 0.5)
    assert row["message"].startswith("1 of 2 ratios (0.02) not applicable: The specified ratio required")
