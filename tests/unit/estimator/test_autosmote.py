"""AutoSMOTE as a sampler of imbalanced-learn."""

import datetime
import pickle
import re
import sys
import time

import numpy as np
import pandas as pd
import pytest
import sklearn
import torch
from imblearn.pipeline import make_pipeline
from imblearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_param_validation,
    parametrize_with_checks,
)
from matplotlib.figure import Figure
from numpy.testing import assert_array_equal
from pandas.testing import assert_frame_equal
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import make_classification
from sklearn.ensemble import AdaBoostClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, f1_score, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    PredefinedSplit,
    StratifiedKFold,
    cross_val_score,
    train_test_split,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline as make_plain_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_info, threadpool_limits

from autosmote import AutoSMOTE
from autosmote.estimator.autosmote import find_scorer
from autosmote.search.engine import search
from autosmote.utils.errors import UnknownNameError

# With so few iterations it may be that none helps; where that matters, a test looks at the outcome.
pytestmark = pytest.mark.filterwarnings("ignore:none of")


def overlapping(n_majority=270, n_minority=30, seed=0):
    """Two clouds in four dimensions; without resampling, neighbours hardly ever vote for the smaller one."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_majority + n_minority, 4))
    y = np.repeat([0, 1], [n_majority, n_minority])
    X[y == 1] += 0.6
    order = rng.permutation(len(y))
    return X[order], y[order]


@pytest.fixture
def data():
    return overlapping()


def make_sampler(**keys):
    """Few iterations, of a classifier and a metric that over-sampling is good for."""
    keys = {"estimator": KNeighborsClassifier(), "scoring": "balanced_accuracy", "n_iterations": 6, **keys}
    return AutoSMOTE(**{"strategy": "paper", "random_state": 0, **keys})


@pytest.fixture(params=["paper", "policy_search"])
def make_any(request):
    """`make_sampler` for each strategy: what holds for both."""

    def make(**keys):
        if request.param == "policy_search":
            keys["n_iterations"] = max(29, keys.get("n_iterations", 0))
        return make_sampler(**{"strategy": request.param, **keys})

    return make


def not_balanced_by_default(sampler):
    if sampler.sampling_strategy != "auto":
        return {}
    return {"check_samplers_fit_resample": "the search decides how many rows, which need not balance classes"}


_CHECKS = parametrize_with_checks(
    [
        AutoSMOTE(GaussianNB(), strategy=strategy, n_iterations=n, sampling_strategy=asked, random_state=0)
        for strategy, n in (("paper", 2), ("policy_search", 10))
        for asked in ("auto", "not majority")
    ],
    expected_failed_checks=not_balanced_by_default,
)


# It hands pytest a generator, which pytest 10 will refuse.
@pytest.mark.parametrize(_CHECKS.args[0], list(_CHECKS.args[1]), **_CHECKS.kwargs)
def test_checks_of_imbalanced_learn(estimator, check):
    check(estimator)


def test_further_checks_of_imbalanced_learn():
    # Not among those above: every parameter is validated, and column names are kept.
    sampler = AutoSMOTE(n_iterations=5)
    check_param_validation("AutoSMOTE", sampler)
    check_dataframe_column_names_consistency("AutoSMOTE", sampler)


def test_adds_minority_rows_behind_the_given_ones(data, make_any):
    X, y = data
    X_resampled, y_resampled = make_any().fit_resample(X, y)
    assert_array_equal(X_resampled[: len(X)], X)
    assert_array_equal(y_resampled[: len(y)], y)
    assert len(y_resampled) > len(y)
    assert set(y_resampled[len(y) :]) == {1}


def test_every_synthetic_row_is_the_decision_it_is_said_to_be(data, make_any):
    X, y = data
    sampler = make_any()
    X_resampled, y_resampled = sampler.fit_resample(X, y)
    decisions = sampler.decisions_
    start, end = X[decisions["source"]], X[decisions["neighbour"]]
    expected = start + decisions["weight"].to_numpy()[:, None] * (end - start)
    np.testing.assert_allclose(X_resampled[len(X) :], expected, atol=1e-12)
    assert set(decisions["weight"]) <= {0.0, 0.25, 0.5, 0.75, 1.0}
    assert_array_equal(y[decisions["neighbour"]], 1)
    assert_array_equal(sampler.sample_indices_, np.append(np.arange(len(X)), decisions["source"]))
    assert_array_equal(y[sampler.sample_indices_], y_resampled)


def test_synthetic_rows_are_made_from_training_rows_only(data):
    X, y = data
    sampler = make_sampler(n_iterations=20)
    sampler.fit_resample(X, y)
    seed = np.random.RandomState(0).randint(np.iinfo(np.int32).max)
    train, _ = train_test_split(np.arange(len(y)), test_size=0.25, stratify=y, random_state=seed)
    assert set(sampler.decisions_["source"]) | set(sampler.decisions_["neighbour"]) <= set(train)


@pytest.fixture
def always_processes(monkeypatch):
    """Start the actors that are asked for however short the search."""
    monkeypatch.setattr("autosmote.estimator.autosmote._START_SECONDS", 0)


def test_seeded_results_are_equal_whatever_the_number_of_jobs(always_processes, make_any):
    samplers = [make_any(estimator=None, n_jobs=n) for n in (1, 1, 2)]
    one, again, two_jobs = (sampler.fit_resample(*mixed())[0] for sampler in samplers)
    assert_frame_equal(one, again)
    assert_frame_equal(one, two_jobs)
    histories = [sampler.history_ for sampler in samplers]
    assert histories[0].equals(histories[1]) and histories[0].equals(histories[2])
    assert samplers[0].n_synthetic_ > 0
    other = make_any(estimator=None, random_state=1)
    other.fit_resample(*mixed())
    assert not other.history_.equals(histories[0])


@pytest.mark.parametrize("kind", ["KNN", "AdaBoost", "tree"])
def test_says_what_it_found(data, kind):
    estimator = {
        "KNN": KNeighborsClassifier(),
        "AdaBoost": AdaBoostClassifier(n_estimators=5, random_state=0),
        "tree": DecisionTreeClassifier(random_state=0),
    }[kind]
    X, y = data
    X_validation, y_validation = overlapping(90, 10, seed=1)
    sampler = make_sampler(estimator=estimator, validation=(X_validation, y_validation), n_iterations=12)
    X_resampled, y_resampled = sampler.fit_resample(X, y)

    def score(X_train, y_train):
        fitted = clone(estimator).fit(X_train, y_train)
        return balanced_accuracy_score(y_validation, fitted.predict(X_validation))

    assert sampler.best_score_ == score(X_resampled, y_resampled)
    assert sampler.baseline_score_ == score(X, y)
    history = sampler.history_.set_index("iteration")
    assert list(history.index) == list(range(1, 13))
    assert sampler.best_score_ == history["validation_score"].max()
    assert sampler.best_iteration_ == history["validation_score"].idxmax()
    assert (
        sampler.n_synthetic_ == history["n_synthetic"][sampler.best_iteration_] == len(y_resampled) - len(y)
    )
    assert sampler.class_counts_ == {0: 270, 1: 30}
    assert sampler.sampling_strategy_ == {1: sampler.n_synthetic_}
    assert sampler.policies_.features.device.type == "cpu"


def test_the_score_of_smote_is_that_of_imbalanced_learn_up_to_chance(data):
    from imblearn.over_sampling import SMOTE

    X, y = data
    X = StandardScaler().fit_transform(X)
    validation = overlapping(900, 100, seed=1)
    sampler = make_sampler(validation=validation, n_iterations=1)
    sampler.fit_resample(X, y)
    scores = []
    for seed in range(20):
        fitted = KNeighborsClassifier().fit(*SMOTE(random_state=seed).fit_resample(X, y))
        scores.append(balanced_accuracy_score(validation[1], fitted.predict(validation[0])))
    assert abs(sampler.smote_score_ - np.mean(scores)) < 2 * np.std(scores)
    assert sampler.baseline_score_ < np.mean(scores) - 3 * np.std(scores)


def test_plain_smote_adds_nothing_where_the_classes_of_a_fold_are_balanced():
    X, y = np.random.default_rng(0).normal(size=(23, 2)), np.repeat([0, 1], [12, 11])
    folds = PredefinedSplit(np.r_[np.arange(12) % 3, np.arange(11) % 3])
    assert min(abs(np.diff(np.bincount(y[train])))[0] for train, _ in folds.split()) == 0
    sampler = make_sampler(validation=folds, n_iterations=1)
    sampler.fit_resample(X, y)
    assert 0 < sampler.smote_score_ < 1


def test_rows_that_nothing_improves_come_back_as_they_are():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [60, 20])
    X = rng.normal(size=(80, 2)) + 20 * y[:, None]
    sampler = make_sampler()
    message = r"none of 6 iterations scored higher than no resampling \(1.0000\)"
    with pytest.warns(UserWarning, match=message) as warned:
        X_resampled, y_resampled = sampler.fit_resample(X, y)
    assert warned[0].filename == __file__  # It points to the caller.
    assert_array_equal(X_resampled, X)
    assert_array_equal(y_resampled, y)
    assert (sampler.best_iteration_, sampler.n_synthetic_, sampler.best_score_) == (0, 0, 1.0)
    assert "none of 6 iterations scored higher" in sampler.summary()
    assert "Plain SMOTE did" not in sampler.summary()
    sampler.baseline_score_ = 0.5  # As where the search is too short for what plain SMOTE finds.
    assert "Plain SMOTE did: a longer search may find as much." in sampler.summary()


def test_classes_of_one_size_are_left_alone(data, make_any):
    X, y = data[0][:20], np.arange(20) % 2
    sampler = make_any()
    X_resampled, y_resampled = sampler.fit_resample(X, y)
    assert_array_equal(X_resampled, X)
    assert sampler.sampling_strategy_ == {}
    assert sampler.history_.empty
    assert "nothing to over-sample" in sampler.summary()


@pytest.mark.parametrize("labels", [("yes", "no"), (3, -1), (True, False)])
def test_keeps_the_labels_and_finds_the_minority_among_them(data, labels, make_any):
    X, y = data
    named = np.where(y == 1, *labels)
    _, resampled = make_any().fit_resample(X, named)
    assert resampled.dtype == named.dtype
    assert set(resampled[len(y) :]) == {labels[0]}


DAYS = pd.to_datetime(["2020-01-01", "2020-01-02"])


@pytest.mark.parametrize(
    "named",
    [
        pd.Series(DAYS),
        DAYS.to_numpy(),
        pd.Series(pd.Categorical(DAYS)),
        pd.Series(pd.to_timedelta([1, 2], unit="D")),
        pd.Series([2**62 + 1, 2**62 + 2], dtype="Int64"),
        pd.Series([3, 5], dtype="int8[pyarrow]"),
        pd.Series([False, True], dtype="boolean"),
        pd.Series([False, True], dtype="bool[pyarrow]"),
        pd.Series(["a", "b"], dtype="string"),
        pd.Series(["a", "b"], dtype="category"),
        np.array([0, 1], dtype="uint8"),
        ["x", "y"],
    ],
    ids=lambda named: str(getattr(named, "dtype", "list")),
)
def test_classes_are_called_as_the_caller_calls_them(data, named, make_any):
    X, y = data
    labels = [named[code] for code in y] if isinstance(named, list) else named[y]
    if isinstance(labels, pd.Series):
        labels = labels.reset_index(drop=True)
    sampler = make_any()
    _, resampled = sampler.fit_resample(X, labels)
    assert sampler.n_synthetic_
    first, second = pd.Series(named)
    assert sampler.class_counts_ == {first: 270, second: 30}
    assert sampler.sampling_strategy_ == {second: sampler.n_synthetic_}
    assert str(second) in sampler.summary()
    if not isinstance(named, list):
        assert resampled.dtype == named.dtype
    shown = {c.get_label() for c in sampler.plot_samples(Figure().subplots()).collections}
    assert shown == {
        f"{first}: 270 rows",
        f"{second}: 30 rows",
        f"{second}: {sampler.n_synthetic_} synthetic",
    }


# More than two classes


def three_classes(seed=0):
    rng = np.random.default_rng(seed)
    y = np.repeat(["common", "some", "rare"], [200, 50, 10])
    X = rng.normal(size=(len(y), 3)) + 0.8 * np.eye(3)[np.repeat([0, 1, 2], [200, 50, 10])]
    order = rng.permutation(len(y))
    return X[order], y[order]


def test_every_class_below_the_largest_is_over_sampled():
    X, y = three_classes()
    sampler = make_sampler(n_iterations=12)
    X_resampled, y_resampled = sampler.fit_resample(X, y)
    assert sampler.class_counts_ == {"common": 200, "some": 50, "rare": 10}
    assert list(sampler.sampling_strategy_) == ["rare", "some"]
    assert min(sampler.sampling_strategy_.values()) > 0
    for label in ("common", "some", "rare"):
        added = np.sum(y_resampled == label) - np.sum(y == label)
        assert added == sampler.sampling_strategy_.get(label, 0)
    assert_array_equal(y[sampler.decisions_["source"]], y[sampler.decisions_["neighbour"]])
    assert_array_equal(y_resampled[len(y) :], y[sampler.decisions_["source"]])


def test_one_factor_asks_each_class_for_the_same_total():
    # The smallest class has 4 * IR rows per row at most, the others as much less as they are larger.
    X, y = three_classes()
    most = {"rare": 0, "some": 0}

    def note(samples, labels):
        for label in most:
            most[label] = max(most[label], int(np.sum(labels == label)))

    class Noting(KNeighborsClassifier):
        def fit(self, X, y):
            note(X, y)
            return super().fit(X, y)

    make_sampler(estimator=Noting(), n_iterations=60).fit_resample(X, y)
    # 8 and 38 training rows; G1 = 4 * 20 / 10 = 8, so at most 80 rows for each of 8.
    assert 150 < most["rare"] <= 8 + 8 * 80
    assert 150 < most["some"] <= 38 + 38 * round(80 * 8 / 38)


def test_a_class_as_large_as_the_largest_is_not_over_sampled(make_any):
    X, y = three_classes()
    y[np.flatnonzero(y == "common")[:100]] = "other"
    sampler = make_any()
    sampler.fit_resample(X, y)
    assert list(sampler.sampling_strategy_) == ["rare", "some"]


# Tables


def test_data_frames_come_back_as_data_frames(data, make_any):
    X, y = pd.DataFrame(data[0], columns=list("abcd")), pd.Series(data[1], name="target")
    X_resampled, y_resampled = make_any().fit_resample(X, y)
    assert list(X_resampled.columns) == list("abcd")
    assert y_resampled.name == "target"
    assert_frame_equal(X_resampled[: len(X)], X)


def mixed(n=240, seed=0):
    """A table with a column of each type, and labels of three classes."""
    rng = np.random.default_rng(seed)
    y = np.repeat(["a", "b", "c"], [n - 70, 50, 20])
    code = np.repeat([0, 1, 2], [n - 70, 50, 20])
    nominal = (code + rng.integers(0, 2, n)) % 3
    X = pd.DataFrame(
        {
            "float": rng.normal(size=n) + code,
            "half": rng.normal(size=n).astype("float32"),
            "whole": rng.integers(0, 10, n) + code,
            "small": rng.integers(0, 3, n).astype("uint8"),
            "nullable": pd.array(rng.integers(0, 9, n), dtype="Int64"),
            "truth": rng.random(n) < 0.3 * code,
            "text": np.array(["red", "green", "blue"], dtype=object)[nominal],
            "string": pd.array(np.array(["x", "y", "z"])[nominal], dtype="string"),
            "category": pd.Categorical.from_codes(nominal, ["low", "mid", "high", "unused"], ordered=True),
        }
    )
    order = rng.permutation(n)
    return X.iloc[order].set_index(order), pd.Series(y[order], index=order, dtype="category", name="y")


def encoding(classifier):
    """What a caller puts in front of a classifier: selected by the types that the table has."""
    onehot = OneHotEncoder(handle_unknown="ignore")
    nominal = make_column_selector(dtype_exclude="number")
    return make_plain_pipeline(
        make_column_transformer((onehot, nominal), remainder="passthrough"), classifier
    )


@pytest.mark.parametrize("estimator", [None, encoding(DecisionTreeClassifier(random_state=0))])
def test_mixed_columns_keep_their_types(estimator, make_any):
    X, y = mixed()
    sampler = make_any(estimator=estimator, n_iterations=10)
    X_resampled, y_resampled = sampler.fit_resample(X, y)
    assert sampler.n_synthetic_ > 0
    assert_frame_equal(X_resampled[: len(X)], X.reset_index(drop=True))
    assert X_resampled.dtypes.to_dict() == X.dtypes.to_dict()
    assert y_resampled.dtype == y.dtype
    assert not X_resampled.isna().any(axis=None)

    synthetic = X_resampled[len(X) :].reset_index(drop=True)
    start, end = (X.iloc[sampler.decisions_[name]].reset_index(drop=True) for name in ("source", "neighbour"))
    weight = sampler.decisions_["weight"]
    for name in ("truth", "text", "string", "category"):
        is_start, is_end = (np.asarray(synthetic[name] == parent[name], bool) for parent in (start, end))
        assert (is_start | is_end).all()
        assert is_start[weight == 0].all() and is_end[weight == 1].all()
    between = start["float"] + weight * (end["float"] - start["float"])
    np.testing.assert_allclose(synthetic["float"], between)
    for name in ("whole", "small", "nullable"):
        low, high = start[name].astype(float), end[name].astype(float)
        between = low + weight * (high - low)
        assert (synthetic[name].astype(float) - between).abs().max() <= 0.5
        tie = (between % 1) == 0.5
        assert ((synthetic[name].astype(float) - low).abs() < (between - low).abs())[tie].all()


def test_the_estimator_is_fitted_on_the_tables_that_come_back():
    seen = []

    class Noting(DecisionTreeClassifier):
        def fit(self, X, y):
            seen.append((X.copy(), y))
            return super().fit(X[["whole", "float"]], y)

        def predict(self, X):
            return super().predict(X[["whole", "float"]])

    X, y = mixed()
    X_validation, y_validation = mixed(seed=1)
    sampler = make_sampler(
        estimator=Noting(random_state=0), n_iterations=4, validation=(X_validation, y_validation)
    )
    X_resampled, y_resampled = sampler.fit_resample(X, y)
    assert sampler.n_synthetic_
    assert_frame_equal(seen[0][0], X.reset_index(drop=True))  # No resampling.
    best = seen[-4:][sampler.best_iteration_ - 1]
    assert_frame_equal(best[0], X_resampled)
    assert_array_equal(best[1], y_resampled)


@pytest.mark.parametrize(
    "dtype", ["int64", "uint64", "Int64", "UInt64", "int64[pyarrow]", "uint64[pyarrow]", "array"]
)
def test_whole_numbers_that_doubles_cannot_hold_are_kept(data, dtype, make_any):
    X, y = data
    ids = 2**62 + 1 + 2 * np.arange(len(y))
    seen = []

    def noted(X):
        seen.append((X["id"] if isinstance(X, pd.DataFrame) else X[:, -1]).tolist())
        return np.asarray(X, dtype=float)[:, :-1]

    class Noting(KNeighborsClassifier):
        def fit(self, X, y):
            return super().fit(noted(X), y)

        def predict(self, X):
            return super().predict(noted(X))

    if dtype == "array":
        table = np.column_stack([(X * 1000).astype(np.int64), ids])
    else:
        table = pd.DataFrame(X).rename(columns=str).assign(id=pd.Series(ids, dtype=dtype))
    sampler = make_any(estimator=Noting(), n_iterations=4)
    resampled, _ = sampler.fit_resample(table, y)
    assert sampler.n_synthetic_
    last = resampled[:, -1] if dtype == "array" else resampled["id"]
    assert last.dtype == ("int64" if dtype == "array" else dtype)
    found = np.array(last.tolist(), dtype=object)
    assert_array_equal(found[: len(y)], ids)
    start, end = ids[sampler.decisions_["source"]], ids[sampler.decisions_["neighbour"]]
    synthetic, weight = found[len(y) :], sampler.decisions_["weight"].to_numpy()
    assert ((synthetic >= np.minimum(start, end)) & (synthetic <= np.maximum(start, end))).all()
    assert_array_equal(synthetic[weight == 0], start[weight == 0])
    assert_array_equal(synthetic[weight == 1], end[weight == 1])
    # What the classifier is given without resampling are given rows, to train on and to score on.
    assert set(seen[0]) | set(seen[1]) == set(ids.tolist())
    assert sampler.plot_samples(Figure().subplots()).collections


def test_what_is_set_for_all_of_scikit_learn_changes_no_sample(make_any):
    X, y = mixed()
    numbers = X[["float", "half", "whole"]]

    def samples(estimator, table):
        sampler = make_any(estimator=estimator)
        resampled, _ = sampler.fit_resample(table, y)
        assert sampler.n_synthetic_
        assert np.isfinite(sampler._plane.points).all()
        return resampled, sampler.history_

    estimators = (None, X), (KNeighborsClassifier(), numbers.to_numpy())
    expected = [samples(*each) for each in estimators]
    for setting in (
        {"transform_output": "pandas"},
        {"transform_output": "polars"},  # Which need not be installed.
        {"assume_finite": True, "working_memory": 1, "pairwise_dist_chunk_size": 1},
        {"enable_cython_pairwise_dist": False, "skip_parameter_validation": True},
        {"enable_metadata_routing": True},
    ):
        with sklearn.config_context(**setting):
            for each, (resampled, history) in zip(estimators, expected, strict=True):
                found = samples(*each)
                pd.testing.assert_frame_equal(pd.DataFrame(found[0]), pd.DataFrame(resampled))
                assert found[1].equals(history)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_classifier_runs_as_its_user_has_set(jobs, always_processes, make_any):
    X, y = mixed()

    class NeedsNames(KNeighborsClassifier):
        def fit(self, X, y):
            return super().fit(X[["float", "whole"]], y)

        def predict(self, X):
            return super().predict(X[["float", "whole"]])

    pipeline = make_plain_pipeline(StandardScaler(), NeedsNames())
    with sklearn.config_context(transform_output="pandas"):
        sampler = make_any(estimator=pipeline, n_jobs=jobs)
        sampler.fit_resample(X[["float", "half", "whole"]], y)
    assert sampler.n_synthetic_


def test_an_estimator_that_does_not_encode_gets_a_hint(make_any):
    with pytest.raises(ValueError, match="could not convert string to float") as raised:
        make_any(estimator=LogisticRegression()).fit_resample(*mixed())
    assert "has to encode the nominal columns" in "".join(raised.value.__notes__)


@pytest.mark.parametrize("kind", [np.array, pd.DataFrame, list])
def test_whole_numbers_stay_whole(data, kind, make_any):
    X, y = np.round(3 * data[0]).astype(int), data[1]
    X_resampled, _ = make_any().fit_resample(kind(X.tolist()), y)
    rows = np.asarray(X_resampled)
    assert len(rows) > len(X)
    assert rows.dtype == int


def test_a_float_frame_gives_what_its_array_gives(data, make_any):
    X, y = data
    names = list("abcd")
    for estimator in (KNeighborsClassifier(), DecisionTreeClassifier(random_state=0)):
        from_array, _ = make_any(estimator=estimator).fit_resample(X, y)
        from_frame, _ = make_any(estimator=estimator).fit_resample(pd.DataFrame(X, columns=names), y)
        assert_array_equal(from_frame, from_array)


@pytest.mark.parametrize("kind", ["frame", "array"])
def test_columns_of_integers_can_be_nominal(data, kind, make_any):
    X, y = np.round(3 * data[0]).astype(int), data[1]
    code = np.array([7, 23, 610])[np.random.default_rng(0).integers(0, 3, len(y))]
    X = np.column_stack([X, code])
    table = pd.DataFrame(X, columns=list("abcde")) if kind == "frame" else X
    for estimator in (None, KNeighborsClassifier()):
        sampler = make_any(estimator=estimator, nominal=["e"] if kind == "frame" else [4])
        sampler.set_params(sampling_strategy=0.5)
        rows = np.asarray(sampler.fit_resample(table, y)[0])
        assert sampler.n_synthetic_ and rows.dtype == int
        assert set(rows[:, 4]) == {7, 23, 610}
    with pytest.raises(ValueError, match=r"nominal=\['f'\]: X has no column 'f'"):
        make_any(nominal=["f"]).fit_resample(table, y)


@pytest.mark.parametrize("labels", ["category", "object", "string", "int64"])
def test_labels_keep_their_type(data, labels, make_any):
    X, y = data
    y = pd.Series(y if labels == "int64" else np.where(y, "sick", "well"), dtype=labels)
    _, resampled = make_any().fit_resample(pd.DataFrame(X), y)
    assert resampled.dtype == y.dtype
    assert len(resampled) > len(y)


# Classifiers, scorers, validation


@pytest.mark.parametrize("scoring", ["f1_macro", "roc_auc", lambda estimator, X, y: estimator.score(X, y)])
def test_takes_any_classifier_and_any_scorer(data, scoring, make_any):
    sampler = make_any(estimator=LogisticRegression(), scoring=scoring)
    sampler.fit_resample(*data)
    assert 0 < sampler.best_score_ <= 1
    assert "validation score" in sampler.summary()


@pytest.mark.parametrize("validation", [3, StratifiedKFold(3, shuffle=True, random_state=1)])
def test_cross_validation_holds_nothing_out(data, validation):
    X, y = data
    sampler = make_sampler(validation=validation)
    X_resampled, y_resampled = sampler.fit_resample(X, y)
    folds = list((StratifiedKFold(3) if validation == 3 else validation).split(X, y))
    source, neighbour = sampler.decisions_["source"], sampler.decisions_["neighbour"]
    held_out = [set(test) for _, test in folds]
    assert all(set(source) & rows for rows in held_out)  # Every part of the data is built on.
    scores = []
    for train, test in folds:
        kept = (source.isin(train) & neighbour.isin(train)).to_numpy()
        fitted = KNeighborsClassifier().fit(
            np.vstack([X[train], X_resampled[len(X) :][kept]]),
            np.append(y[train], y_resampled[len(X) :][kept]),
        )
        scores.append(balanced_accuracy_score(y[test], fitted.predict(X[test])))
    assert sampler.best_score_ == pytest.approx(np.mean(scores), abs=1e-12)


def test_given_validation_rows_may_have_their_columns_in_another_order(make_any):
    X, y = mixed()
    X_validation, y_validation = mixed(seed=1)
    one, other = (
        make_any(estimator=None, validation=(rows, y_validation), n_iterations=3)
        for rows in (X_validation, X_validation[X.columns[::-1]])
    )
    one.fit_resample(X, y)
    other.fit_resample(X, y)
    assert one.history_.equals(other.history_)


def test_validation_rows_are_not_rounded(make_any):
    X, y = overlapping()
    X = np.rint(4 * X).astype(int)
    for rows in (X + 0.9, X + 1e12 * (X > 0)):
        wide = X.astype(np.int8)
        with pytest.raises(ValueError, match=r"validation=\(X, y\): X holds int8, .*; pass both as floats"):
            make_any(validation=(rows, y)).fit_resample(wide, y)
    scores = []
    for kind in (float, int):
        sampler = make_any(validation=(X.astype(float), y))
        sampler.fit_resample(X.astype(kind), y)
        scores.append(sampler.baseline_score_)
    assert scores[0] == scores[1]


class RefusesMany(GaussianNB):
    """A classifier that says in its own words that there are too many rows."""

    most = 0

    def fit(self, X, y):
        if len(X) > self.most:
            raise ValueError("too many rows for me")
        return super().fit(X, y)


def test_what_an_estimator_refuses_has_no_score(data, make_any, monkeypatch):
    monkeypatch.setattr(RefusesMany, "most", 300)
    sampler = make_any(estimator=RefusesMany(), n_iterations=40)
    with pytest.warns(UserWarning, match=r"cannot be fitted to rows that plain SMOTE .*\(too many rows"):
        sampler.fit_resample(*data)
    assert np.isnan(sampler.smote_score_) and np.isfinite(sampler.baseline_score_)
    assert sampler.history_.isna().any(axis=None)
    monkeypatch.setattr(RefusesMany, "most", 225)  # The rows to train on, and none more.
    with pytest.warns(UserWarning) as warned:
        X, _ = make_any(estimator=RefusesMany(), n_iterations=1).fit_resample(*data)
    assert len(X) == 300
    # An iteration of policy search may make no rows, and then has the score of the rows as they are.
    said = r"none of \d+ iterations (has a score|scored higher than no resampling .*): the rows are returned"
    assert re.match(said, str(warned[-1].message))
    monkeypatch.setattr(RefusesMany, "most", 100)
    with pytest.raises(ValueError, match="^too many rows for me$"):
        make_any(estimator=RefusesMany()).fit_resample(*data)


def test_a_pipeline_that_begins_with_nothing_may_take_missing_values(data, make_any):
    X, y = data
    X = np.where(X > 1.5, np.nan, X)
    tree = make_plain_pipeline("passthrough", None, DecisionTreeClassifier(random_state=0))
    assert np.isnan(make_any(estimator=tree).fit_resample(X, y)[0]).any()


def test_tables_without_columns_and_scalars_for_labels_are_refused(data, make_any):
    X, y = data
    with pytest.raises(ValueError, match="^X has no columns$"):
        make_any().fit_resample(pd.DataFrame(index=range(len(y))), y)
    with pytest.raises(ValueError, match="^y=1 is no list of labels$"):
        make_any().fit_resample(X, 1)


def test_the_number_of_synthetic_rows_can_be_capped(data):
    sampler = make_sampler(max_samples=25, n_iterations=30)
    _, y_resampled = sampler.fit_resample(*data)
    assert 0 < sampler.n_synthetic_ <= 25
    assert sampler.history_["n_synthetic"].max() == 25
    assert len(y_resampled) == len(data[1]) + sampler.n_synthetic_


def test_time_ends_a_search(data):
    sampler = make_sampler(n_iterations=None, max_seconds=0.3)
    start = time.monotonic()
    sampler.fit_resample(*data)
    assert time.monotonic() - start >= 0.3
    bounded = make_sampler(n_iterations=len(sampler.history_))
    bounded.fit_resample(*data)
    assert bounded.history_.equals(sampler.history_)


def test_callbacks_see_every_iteration_and_end_the_search(data):
    seen, others = [], []
    callbacks = [lambda i: seen.append(i.iteration) or i.iteration == 4, others.append]
    sampler = make_sampler(callbacks=callbacks)
    sampler.fit_resample(*data)
    assert seen == [1, 2, 3, 4] == [iteration.iteration for iteration in others]
    assert len(sampler.history_) == 4


def test_progress_goes_to_the_error_stream(data, capsys, make_any):
    make_any(verbose=True).fit_resample(*data)
    out, err = capsys.readouterr()
    assert not out
    assert "best validation score 0." in err
    make_any().fit_resample(*data)
    assert capsys.readouterr() == ("", "")


# In other tools


def test_works_in_a_pipeline_under_cross_validation(data, make_any):
    tree = DecisionTreeClassifier(random_state=0)
    pipeline = make_pipeline(StandardScaler(), make_any(estimator=tree), tree)
    scores = cross_val_score(pipeline, *data, cv=3, scoring="f1_macro", error_score="raise")
    assert np.isfinite(scores).all()


def test_works_in_a_grid_search_over_its_own_parameters():
    X, y = mixed()
    model = encoding(DecisionTreeClassifier(random_state=0))
    pipeline = make_pipeline(make_sampler(estimator=model, n_iterations=2), model)
    grid = {"autosmote__k_neighbors": [3, 8], "autosmote__estimator__decisiontreeclassifier__max_depth": [2]}
    search_ = GridSearchCV(pipeline, grid, cv=2, scoring="f1_macro", error_score="raise").fit(X, y)
    assert set(search_.best_estimator_.predict(X)) <= {"a", "b", "c"}


def test_clones_pickles_and_prints(data):
    sampler = make_sampler(k_neighbors=7, estimator=None, validation=StratifiedKFold(2))
    assert repr(clone(sampler)) == repr(sampler)
    assert "k_neighbors=7" in repr(sampler)
    sampler.fit_resample(*data)
    restored = pickle.loads(pickle.dumps(sampler))
    assert restored.best_score_ == sampler.best_score_
    assert restored.summary() == sampler.summary()
    assert_frame_equal(restored.history_, sampler.history_)
    weights = sampler.policies_.state_dict()
    assert all((weights[name] == w).all() for name, w in restored.policies_.state_dict().items())


# Explanations


def test_the_summary_holds_the_numbers():
    sampler = make_sampler(n_iterations=12)
    sampler.fit_resample(*three_classes())
    lines = sampler.summary().splitlines()
    assert lines[0] == (
        f"AutoSMOTE: {sampler.n_synthetic_} synthetic rows, from iteration {sampler.best_iteration_} of 12."
    )
    scores = {line[2:18].strip(): line[18:24] for line in lines[3:6]}
    assert lines[2].split() == ["balanced_accuracy", "validation", "score"]
    assert scores == {
        "no resampling": f"{sampler.baseline_score_:.4f}",
        "plain SMOTE": f"{sampler.smote_score_:.4f}",
        "AutoSMOTE": f"{sampler.best_score_:.4f}",
    }
    table = {line.split()[0]: [int(n) for n in line.split()[1:]] for line in lines[8:11]}
    added = sampler.sampling_strategy_
    assert table == {"common": [200, 0], "some": [50, added["some"]], "rare": [10, added["rare"]]}


def test_the_history_plot_shows_the_history(data):
    sampler = make_sampler(n_iterations=12)
    sampler.fit_resample(*data)
    axes = sampler.plot_history()
    points, best, baseline, smote = axes.get_lines()
    assert_array_equal(points.get_ydata(), sampler.history_["validation_score"])
    assert_array_equal(best.get_ydata(), sampler.history_["best_validation_score"])
    assert set(baseline.get_ydata()) == {sampler.baseline_score_}
    assert set(smote.get_ydata()) == {sampler.smote_score_}
    assert "balanced_accuracy" in axes.get_ylabel()


def test_the_plot_of_samples_shows_two_columns_as_they_are(data, make_any):
    X, y = data[0][:, :2], data[1]
    sampler = make_any(n_iterations=12)
    X_resampled, _ = sampler.fit_resample(X, y)
    axes = Figure().subplots()
    assert sampler.plot_samples(axes) is axes
    shown = {c.get_label(): np.asarray(c.get_offsets()) for c in axes.collections}
    n = sampler.n_synthetic_
    assert set(shown) == {"0: 270 rows", "1: 30 rows", f"1: {n} synthetic"}
    np.testing.assert_allclose(shown["0: 270 rows"], X[y == 0], rtol=1e-6)
    np.testing.assert_allclose(shown[f"1: {n} synthetic"], X_resampled[len(X) :], rtol=1e-6)


def test_the_plot_of_samples_shows_names_as_they_are_written(data):
    X, y = data
    frame = pd.DataFrame(X[:, :2], columns=["$_$ a", "_b"])
    sampler = make_sampler()
    sampler.fit_resample(frame, np.array(["_n", "$p_$"])[y])
    ax = sampler.plot_samples()
    ax.figure.canvas.draw()
    assert ax.get_xlabel() == r"\$_\$ a"
    assert ax.get_legend_handles_labels()[1][:2] == [" _n: 270 rows", r"\$p_\$: 30 rows"]


def test_more_columns_are_projected(make_any):
    sampler = make_any(estimator=None, n_iterations=4)
    sampler.fit_resample(*mixed())
    axes = sampler.plot_samples(Figure().subplots())
    assert "principal" in axes.get_xlabel()
    assert sum(len(c.get_offsets()) for c in axes.collections) == 240 + sampler.n_synthetic_


def test_without_matplotlib_the_plots_say_what_is_missing(data, monkeypatch):
    sampler = make_sampler(n_iterations=1)
    sampler.fit_resample(*data)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for plot in (sampler.plot_history, sampler.plot_samples):
        with pytest.raises(ImportError, match=f"{plot.__name__} needs matplotlib; install it with: pip"):
            plot()


def test_an_unfitted_sampler_has_nothing_to_explain():
    for explain in (make_sampler().summary, make_sampler().plot_history, make_sampler().plot_samples):
        with pytest.raises(NotFittedError):
            explain()


# What cannot be done


def test_too_few_minority_rows_are_refused(data):
    X, y = data
    keep = np.concatenate([np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:2]])
    with pytest.raises(ValueError, match="class 1 has 2 rows; at least 3 are needed"):
        make_sampler().fit_resample(X[keep], y[keep])


def test_three_minority_rows_suffice(data, make_any):
    X, y = data
    keep = np.concatenate([np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:3]])
    sampler = make_any()
    sampler.fit_resample(X[keep], y[keep])
    assert sampler.history_["n_synthetic"].max() > 0


@pytest.mark.parametrize(
    "validation, message",
    [
        (
            np.float64(0.1),
            r"validation=.*0.1.* holds 0 rows of class 1 to score on and leaves 3; .*make it larger",
        ),
        (0.75, r"validation=0.75 holds 2 rows of class 1 to score on and leaves 1; .*make it smaller"),
        (2, r"fold 1 of 2 of validation=2 holds 2 rows of class 1 to score on and leaves 1;"),
    ],
)
def test_a_split_without_minority_rows_on_both_sides_is_refused(data, validation, message):
    X, y = data
    keep = np.concatenate([np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:3]])
    with pytest.raises(ValueError, match=message):
        make_sampler(validation=validation).fit_resample(X[keep], y[keep])


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda X, y: (X, y, y), "a tuple of 3"),
        (lambda X, y: (X[:, :2], y), "its rows have 2 columns, X has 4"),
        (lambda X, y: (X, y[:-1]), "300 rows, but 299 labels"),
        (lambda X, y: (X, y * 2), "class 2 does not occur"),
        (lambda X, y: (X[y == 0], y[y == 0]), r"validation=\(X, y\) holds 0 rows of class 1"),
    ],
)
def test_validation_rows_that_do_not_fit_are_refused(data, make, message):
    with pytest.raises(ValueError, match=message):
        make_sampler(validation=make(*data)).fit_resample(*data)


def test_validation_rows_have_to_be_a_table_like_the_others(data):
    X, y = data
    for rows in (X, pd.DataFrame(X, columns=list("abce"))):
        with pytest.raises(ValueError, match="this has to be one with its columns"):
            make_sampler(validation=(rows, y)).fit_resample(pd.DataFrame(X, columns=list("abcd")), y)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(data, bad):
    X, y = data
    X = X.copy()
    X[3, 1] = bad
    with pytest.raises(ValueError, match="NaN|infinity"):
        make_sampler().fit_resample(X, y)
    what = "missing" if np.isnan(bad) else "infinite"
    with pytest.raises(ValueError, match=f"column 'b' of X has {what} values"):
        make_sampler().fit_resample(pd.DataFrame(X, columns=list("abcd")), y)


@pytest.mark.parametrize("bad", [1e155, -np.finfo(float).max])
def test_huge_values_are_refused_in_all_rows(data, bad):
    X, y = data
    huge = X.copy()
    huge[3, 1] = bad
    names = list("abcd")
    with pytest.raises(ValueError, match=r"column 1 of X has values beyond 1e\+150, .*; mend or remove them"):
        make_sampler().fit_resample(huge, y)
    for column_type in (float, "Float64", "double[pyarrow]"):
        with pytest.raises(ValueError, match="column 'b' of X has values beyond"):
            make_sampler().fit_resample(pd.DataFrame(huge, columns=names).astype(column_type), y)
    with pytest.raises(ValueError, match="column 1 of X has values beyond"):
        make_sampler(validation=(huge, y)).fit_resample(X, y)
    with pytest.raises(ValueError, match="column 'b' of X has values beyond"):
        make_sampler(validation=(pd.DataFrame(huge, columns=names), y)).fit_resample(
            pd.DataFrame(X, columns=names), y
        )


@pytest.mark.parametrize("size", [1e150, 1e-100])
def test_large_and_small_values_are_worked_on(data, size, make_any):
    X, y = data
    sampler = make_any(estimator=make_plain_pipeline(StandardScaler(), KNeighborsClassifier()))
    resampled, _ = sampler.fit_resample(X / 10 * size, y)
    assert sampler.n_synthetic_ and np.isfinite(resampled).all()


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
def test_missing_labels_are_counted(data, missing):
    X, y = data
    labels = np.where(y, "sick", "well").astype(object)
    labels[[3, 8]] = missing
    with pytest.raises(ValueError, match="y has 2 missing labels"):
        make_sampler().fit_resample(X, labels)


def test_text_in_an_array_is_refused_with_a_remedy(data):
    X = data[0].astype(object)
    X[:, 0] = "red"
    with pytest.raises(ValueError, match="X has text.*'red'.*pass a DataFrame"):
        make_sampler().fit_resample(X, data[1])


@pytest.mark.parametrize(
    "value, message",
    [
        (datetime.date(2020, 1, 1), "column 1 of X has no numbers; turn"),
        (np.datetime64("2020-01-01"), "column 1 of X has no numbers"),
        (datetime.timedelta(1), "column 1 of X has no numbers"),
        (b"1", "column 1 of X has no numbers"),
        ((1, 2), "column 1 of X has no numbers"),
        (2**53 + 1, r"column 1 of X has whole numbers beyond 2\*\*53 as objects; give"),
        (2**70, "column 1 of X has whole numbers beyond"),
    ],
    ids=repr,
)
def test_objects_in_an_array_that_are_no_numbers_are_named(data, value, message):
    X = data[0].astype(object)
    for row in range(len(X)):
        X[row, 1] = value
    with pytest.raises(ValueError, match=message):
        make_sampler().fit_resample(X, data[1])


def test_objects_in_an_array_that_are_numbers_are_worked_on(data):
    X = data[0].astype(object)
    X[:, 1] = [round(1000 * value) for value in data[0][:, 1]]
    resampled, _ = make_sampler().fit_resample(X, data[1])
    assert_array_equal(resampled[: len(X)], X.astype(float))


@pytest.mark.parametrize("n_jobs, actors", [(None, 1), (3, 3), (100, 8), (-1, 6), (-5, 2), (-100, 1)])
def test_n_jobs_means_what_it_means_in_scikit_learn(data, n_jobs, actors, monkeypatch, always_processes):
    used = []

    def note(*arguments, actors, **keys):
        used.append(actors)
        return search(*arguments, **keys)

    monkeypatch.setattr("autosmote.search.engine.search", note)
    monkeypatch.setattr("os.cpu_count", lambda: 6)
    make_sampler(n_jobs=n_jobs).fit_resample(*data)
    assert used == [actors]


@pytest.mark.parametrize(
    "keys, seconds, actors",
    [
        # 200 fits of 10 ms: half of their 2 s could be saved.
        ({"n_iterations": 200}, 0.010, 1),
        ({"n_iterations": 200}, 0.041, 2),
        ({"n_iterations": 200}, 0.039, 1),
        ({"n_iterations": 200, "n_jobs": 4}, 0.028, 4),
        ({"n_iterations": 10**6, "max_seconds": 7.9}, 1.0, 1),
        ({"n_iterations": None, "max_seconds": 8.1}, 1.0, 2),
        ({"n_iterations": 10**6, "n_jobs": 1}, 1.0, 1),
    ],
)
def test_processes_are_started_where_they_save_more_than_they_cost(keys, seconds, actors):
    # Starting takes 4 s.
    assert make_sampler(**{"n_jobs": 2, **keys})._processes(seconds) == actors


def test_every_fit_has_one_thread_and_the_caller_gets_the_others_back(data, make_any):
    threads = []

    class Noting(GaussianNB):
        def fit(self, X, y):
            threads.extend(pool["num_threads"] for pool in threadpool_info())
            threads.append(torch.get_num_threads())
            return super().fit(X, y)

    with threadpool_limits(3):
        torch.set_num_threads(3)
        before = [pool["num_threads"] for pool in threadpool_info()]
        sampler = make_any(estimator=Noting(), n_iterations=2)
        sampler.fit_resample(*data)
        assert [pool["num_threads"] for pool in threadpool_info()][: len(before)] == before
        assert torch.get_num_threads() == 3
    assert set(threads) == {1}


@pytest.mark.parametrize(
    "name, value",
    [
        ("n_jobs", 0),
        ("n_jobs", "2"),
        ("n_iterations", 0),
        ("k_neighbors", 0),
        ("validation", 1.5),
        ("scale", 0),
    ],
)
def test_errors_name_the_samplers_own_parameters(data, name, value):
    with pytest.raises(ValueError, match=f"The '{name}' parameter of AutoSMOTE must be .* Got {value!r}"):
        make_sampler(**{name: value}).fit_resample(*data)


def test_a_search_has_to_end(data):
    with pytest.raises(ValueError, match="n_iterations=None needs max_seconds"):
        make_sampler(n_iterations=None).fit_resample(*data)


def test_a_device_that_is_not_there_is_named(data):
    with pytest.raises(ValueError, match="device='abacus' cannot be used"):
        make_sampler(device="abacus").fit_resample(*data)


class Refusing(DecisionTreeClassifier):
    def fit(self, X, y):
        raise ValueError("Expected n_neighbors <= n_samples_fit, but n_neighbors = 5")


def test_a_classifier_that_refuses_all_rows_is_named(data):
    with pytest.raises(
        ValueError, match=r"Refusing\(\) could not be fitted, neither .* any of the 6 iterations"
    ):
        make_sampler(estimator=Refusing()).fit_resample(*data)


class RefusingFewRows(DecisionTreeClassifier):
    def fit(self, X, y):
        if len(X) < 250:  # There are 225 training rows.
            raise ValueError("Expected n_neighbors <= n_samples_fit, but n_neighbors = 5")
        return super().fit(X, y)


def test_a_classifier_that_needs_more_rows_gets_them(data, make_any):
    sampler = make_any(estimator=RefusingFewRows(random_state=0))
    sampler.fit_resample(*data)
    assert np.isnan(sampler.baseline_score_)
    assert sampler.n_synthetic_ > 0
    assert "no resampling   none" in sampler.summary()


@pytest.mark.parametrize("scoring", ["f1", "precision", "average_precision", "neg_brier_score"])
def test_a_scorer_that_does_not_know_the_class_gets_a_hint(data, scoring, make_any):
    X, y = data
    labels = np.where(y, "sick", "well")
    with pytest.raises(
        ValueError, match=rf"scoring='{scoring}' .* classes \['sick', 'well'\]; pass labels"
    ) as error:
        make_any(scoring=scoring).fit_resample(X, labels)
    assert "make_scorer(sklearn.metrics.f1_score, pos_label='sick')" in str(error.value)
    make_any(scoring=make_scorer(f1_score, pos_label="sick")).fit_resample(X, labels)
    make_any(scoring=scoring).fit_resample(X, y)


def test_an_unknown_scorer_is_named(data):
    with pytest.raises(UnknownNameError, match="unknown scoring 'f1_makro'; did you mean 'f1_macro'"):
        make_sampler(scoring="f1_makro").fit_resample(*data)


def test_scorers_of_classifiers_are_listed_once():
    with pytest.raises(UnknownNameError) as error:
        find_scorer("macrof1")
    listed = str(error.value).split("known: ")[1].split(", ")
    assert len(listed) == len(set(listed))
    assert {"macro_f1", "g_mean", "average_precision", "f1_macro", "roc_auc_ovr"} <= set(listed)
    assert not {"explained_variance", "r2", "neg_max_error", "rand_score", "f1_samples"} & set(listed)


@pytest.mark.parametrize("estimator", [SVR(), KMeans(), make_plain_pipeline(StandardScaler(), SVR())])
def test_what_is_no_classifier_is_refused(data, estimator):
    with pytest.raises(ValueError, match=r"^estimator=.* is no classifier of scikit-learn's kind$"):
        make_sampler(estimator=estimator).fit_resample(*data)


@pytest.mark.parametrize(("ours", "theirs"), [("macro_f1", "f1_macro"), ("mcc", "matthews_corrcoef")])
@pytest.mark.filterwarnings("ignore:none of")
def test_metrics_of_the_study_are_known_by_their_names(ours, theirs):
    X, y = make_classification(200, weights=[0.85], random_state=1)
    one, other = (
        AutoSMOTE(scoring=name, strategy="paper", n_iterations=3, random_state=0) for name in (ours, theirs)
    )
    for sampler in (one, other):
        sampler.fit_resample(X, y)
    assert_frame_equal(one.history_, other.history_)
