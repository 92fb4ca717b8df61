"""The sampler with policy search: which rows policies are scored on, and which they make rows of."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from pandas.testing import assert_frame_equal
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from autosmote import AutoSMOTE
from autosmote.estimator.columns import Columns
from autosmote.estimator.policy_problem import PolicyProblem
from autosmote.search.bank import load_bank
from autosmote.search.linear_policies import PARAMETERS, PolicySpace

pytestmark = pytest.mark.filterwarnings("ignore:none of")


def overlapping(n_majority=180, n_minority=24, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_majority + n_minority, 3))
    y = np.repeat([0, 1], [n_majority, n_minority])
    X[y == 1] += 0.8
    order = rng.permutation(len(y))
    return X[order], y[order]


def mixed(n=150, seed=0):
    rng = np.random.default_rng(seed)
    y = np.repeat(["a", "b", "c"], [n - 50, 32, 18])
    code = np.repeat([0, 1, 2], [n - 50, 32, 18])
    X = pd.DataFrame(
        {
            "float": rng.normal(size=n) + code,
            "whole": rng.integers(0, 10, n) + code,
            "text": np.array(["red", "green", "blue"], dtype=object)[(code + rng.integers(0, 2, n)) % 3],
        }
    )
    order = rng.permutation(n)
    return X.iloc[order].reset_index(drop=True), y[order]


def make_sampler(**keys):
    keys = {"estimator": KNeighborsClassifier(), "scoring": "balanced_accuracy", "n_iterations": 60, **keys}
    return AutoSMOTE(**{"random_state": 0, **keys})


SEED = int(np.random.RandomState(0).randint(np.iinfo(np.int32).max))


def test_the_chosen_policies_are_applied_to_all_rows():
    X, y = overlapping()
    sampler = make_sampler()
    sampler.fit_resample(X, y)
    policies = sampler.policies_[list(PARAMETERS)].to_numpy()
    assert len(policies) == 3
    space = PolicySpace.of_rows(StandardScaler().fit_transform(X), y, np.array([1]), 30)
    expected = space.draw(policies, np.random.default_rng([SEED, 3]))
    own = np.flatnonzero(y == 1)
    assert sampler.n_synthetic_ == len(expected) > 0
    assert_array_equal(sampler.decisions_["source"], own[expected.source])
    assert_array_equal(sampler.decisions_["neighbour"], own[expected.neighbour])
    assert_array_equal(sampler.decisions_["weight"], expected.weight)
    _, held_out = train_test_split(np.arange(len(y)), test_size=0.25, stratify=y, random_state=SEED)
    assert set(sampler.decisions_["source"]) & set(held_out)


def test_without_refit_no_row_is_made_of_held_out_ones():
    X, y = overlapping()
    sampler = make_sampler(refit=False)
    X_resampled, y_resampled = sampler.fit_resample(X, y)
    train, held_out = train_test_split(np.arange(len(y)), test_size=0.25, stratify=y, random_state=SEED)
    used = set(sampler.decisions_["source"]) | set(sampler.decisions_["neighbour"])
    assert used and used <= set(train)
    # Of the eight draws it is the one that validation chose.
    rows = np.append(train, np.arange(len(y), len(y_resampled)))
    fitted = KNeighborsClassifier().fit(X_resampled[rows], y_resampled[rows])
    score = balanced_accuracy_score(y[held_out], fitted.predict(X[held_out]))
    draws = sampler.history_.query("policy == 0")
    assert len(draws) == 8 and draws["validation_score"].max() == pytest.approx(score)


@pytest.mark.parametrize("refit", [True, False])
def test_the_result_depends_on_the_seed_and_not_on_the_jobs(refit, monkeypatch):
    monkeypatch.setattr("autosmote.estimator.autosmote._START_SECONDS", 0)
    samplers = [
        make_sampler(refit=refit, estimator=None, n_iterations=40, n_jobs=jobs, random_state=seed)
        for jobs, seed in ((1, 0), (1, 0), (2, 0), (1, 1))
    ]
    one, again, two_jobs, other = (sampler.fit_resample(*mixed())[0] for sampler in samplers)
    assert samplers[0].n_synthetic_ > 0
    for found, sampler in ((again, samplers[1]), (two_jobs, samplers[2])):
        assert_frame_equal(one, found)
        assert sampler.history_.equals(samplers[0].history_)
    assert not one.equals(other)


def test_a_fraction_is_one_fold_and_the_others_leave_out_a_third_of_the_rest():
    X, y = overlapping()
    problem = PolicyProblem(
        X, y, Columns(X), estimator=KNeighborsClassifier(), scorer=lambda e, X, y: e.score(X, y),
        validation=0.25, k_neighbors=5, max_samples=None, seed=7,
    )  # fmt: skip
    train, held_out = train_test_split(np.arange(len(y)), test_size=0.25, stratify=y, random_state=7)
    *others, last = [fold.reward for fold in problem.folds.folds]
    assert_array_equal(last.X_train, X[train])
    assert_array_equal(last.X_validation, X[held_out])
    left_out = [{row.tobytes() for row in reward.X_validation} for reward in others]
    assert [len(rows) for rows in left_out] == [51, 51, 51]
    assert set().union(*left_out) == {row.tobytes() for row in X[train]}
    for rows, reward in zip(left_out, others, strict=True):
        assert {row.tobytes() for row in reward.X_train} == {row.tobytes() for row in X} - rows
        assert np.sum(reward.y_validation == 1) == 6


@pytest.mark.parametrize("validation", [3, StratifiedKFold(3, shuffle=True, random_state=1)])
def test_the_folds_of_a_caller_are_the_folds(validation):
    X, y = overlapping()
    sampler = make_sampler(validation=validation, n_iterations=30)
    sampler.fit_resample(X, y)
    folds = (StratifiedKFold(3) if validation == 3 else validation).split(X, y)
    predicted = np.empty_like(y)
    for train, test in folds:
        predicted[test] = KNeighborsClassifier().fit(X[train], y[train]).predict(X[test])
    assert sampler.baseline_score_ == pytest.approx(balanced_accuracy_score(y, predicted), abs=1e-12)
    assert set(sampler.history_["fold"]) == {1, 2, 3}


def test_rows_of_their_own_are_never_trained_on():
    X, y = overlapping()
    X_validation, y_validation = overlapping(60, 8, seed=1)
    seen = set()

    class Noting(KNeighborsClassifier):
        def fit(self, X, y):
            seen.update(np.round(X, 9)[: len(X)].ravel().tolist())
            return super().fit(X, y)

    sampler = make_sampler(estimator=Noting(), validation=(X_validation, y_validation))
    sampler.fit_resample(X, y)
    assert seen.isdisjoint(np.round(X_validation, 9).ravel().tolist())
    assert seen >= set(np.round(X, 9).ravel().tolist())
    with pytest.raises(ValueError, match="class 1 has 2 rows to train on; .* needs at least 3"):
        few = np.append(np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:2])
        make_sampler(validation=(X_validation, y_validation)).fit_resample(X[few], y[few])


def test_scores_of_probabilities_are_averaged_over_the_folds():
    X, y = overlapping()
    sampler = make_sampler(estimator=LogisticRegression(), scoring="roc_auc", validation=3, n_iterations=40)
    sampler.fit_resample(X, y)
    scores = []
    for train, test in StratifiedKFold(3).split(X, y):
        fitted = LogisticRegression().fit(X[train], y[train])
        scores.append(roc_auc_score(y[test], fitted.predict_proba(X[test])[:, 1]))
    assert sampler.baseline_score_ == pytest.approx(np.mean(scores), abs=1e-12)
    assert sampler.best_score_ >= sampler.baseline_score_


def test_every_smaller_class_of_a_mixed_table_gets_rows():
    X, y = mixed()
    sampler = make_sampler(estimator=None, n_iterations=40, random_state=4)
    X_resampled, y_resampled = sampler.fit_resample(X, y)
    added = pd.Series(y_resampled[len(y) :]).value_counts()
    assert sampler.sampling_strategy_ == {"b": added["b"], "c": added["c"]}
    assert added["c"] > added["b"]  # 82 rows fewer than the largest class against 68.
    assert (X_resampled.dtypes == X.dtypes).all()
    synthetic = X_resampled[len(X) :].reset_index(drop=True)
    start, end = (X.iloc[sampler.decisions_[name]].reset_index(drop=True) for name in ("source", "neighbour"))
    weight = sampler.decisions_["weight"]
    assert ((synthetic["text"] == start["text"]) | (weight > 0)).all()
    assert ((synthetic["text"] == end["text"]) | (weight < 1)).all()
    assert ((synthetic["text"] == start["text"]) | (synthetic["text"] == end["text"])).all()
    between = start["whole"] + weight * (end["whole"] - start["whole"])
    assert (synthetic["whole"] - between).abs().max() <= 0.5


def test_nominal_columns_count_in_distances_as_for_the_rows_to_over_sample():
    X, y = mixed()
    y = np.where(y == "a", "a", "b")
    columns = Columns(X)
    matrix, own = columns.encode(X), y == "b"
    rows = np.flatnonzero(own)
    found = columns.features_of_all(matrix, own)[own]
    expected = columns.features(matrix, rows, y[rows])

    def distances(points):
        return np.linalg.norm(points[:, None] - points[None], axis=2)

    np.testing.assert_allclose(distances(found), distances(expected))


def test_what_it_says_of_itself():
    sampler = make_sampler()
    sampler.fit_resample(*overlapping())
    history, policies = sampler.history_, sampler.policies_
    assert len(history) == 57  # Of 60 fits one is for the answer; 14 policies take four each, and 3 are left.
    assert sampler.best_score_ == policies["score"][0] == history["pooled_score"].max()
    assert policies["score"].is_monotonic_decreasing
    assert sampler.best_iteration_ == history["iteration"][history["pooled_score"].idxmax()]
    # The first policy makes no rows.
    assert history["pooled_score"].dropna().iloc[0] == sampler.baseline_score_
    lines = sampler.summary().splitlines()
    n_policies = history["pooled_score"].notna().sum()
    assert lines[0] == (
        f"AutoSMOTE: {sampler.n_synthetic_} synthetic rows, drawn by the best 3 of {n_policies} policies."
    )
    assert lines[2].split() == ["balanced_accuracy", *"validation score over 4 folds".split()]
    assert [line[18:24] for line in lines[3:6]] == [
        f"{score:.4f}" for score in (sampler.baseline_score_, sampler.smote_score_, sampler.best_score_)
    ]
    points, best, *_ = sampler.plot_history().get_lines()
    assert_array_equal(points.get_ydata(), history["pooled_score"])
    assert best.get_ydata()[-1] == sampler.best_score_
    assert (np.diff(best.get_ydata()[4:]) >= 0).all()


def test_rows_that_no_policy_improves_come_back_as_they_are():
    X, y = overlapping()
    sampler = make_sampler()
    with pytest.warns(
        UserWarning, match=r"none of 57 iterations .* \(1.0000\): the rows are returned"
    ) as seen:
        X_resampled, y_resampled = sampler.fit_resample(X + 20 * y[:, None], y)
    assert seen[0].filename == __file__  # It points to the caller.
    assert_array_equal(X_resampled, X + 20 * y[:, None])
    assert_array_equal(y_resampled, y)
    assert (sampler.best_iteration_, sampler.n_synthetic_, sampler.best_score_) == (0, 0, 1.0)
    assert "none of 57 iterations scored higher" in sampler.summary()


def test_the_number_of_rows_is_capped():
    sampler = make_sampler(max_samples=7)
    sampler.fit_resample(*overlapping())
    assert 0 < sampler.n_synthetic_ <= 7
    assert sampler.history_["n_synthetic"].max() == 7


def test_time_and_callbacks_end_a_search_that_has_policies_by_then():
    seen = []
    timed = make_sampler(n_iterations=None, max_seconds=1e-9)
    timed.fit_resample(*overlapping())
    assert len(timed.history_) == 1
    stopped = make_sampler(n_iterations=None, max_seconds=600, callbacks=[lambda f: f.iteration == 25])
    stopped.set_params(callbacks=[lambda fit: seen.append(fit.iteration) or fit.iteration == 25])
    stopped.fit_resample(*overlapping())
    assert seen == list(range(1, 26))
    assert stopped.n_synthetic_ > 0


def test_the_fewest_fits_are_one_policy_on_all_folds_and_its_draw():
    fewest = make_sampler(n_iterations=1)
    fewest.fit_resample(*overlapping())
    assert fewest.history_.iloc[-1]["iteration"] <= 5


@pytest.mark.parametrize(
    "estimator, scoring, key",
    [
        (LinearSVC(), "macro_f1", ("LinearSVC", "macro_f1")),
        (make_pipeline(StandardScaler(), KNeighborsClassifier()), "mcc", ("KNeighborsClassifier", "mcc")),
        (None, "f1_macro", ("DecisionTreeClassifier", "macro_f1")),
        (None, "matthews_corrcoef", ("DecisionTreeClassifier", "mcc")),
        (LogisticRegression(), "roc_auc", ("LogisticRegression", "roc_auc")),
        (LogisticRegression(), "recall", ("LogisticRegression", None)),
    ],
)
def test_the_bank_is_asked_for_the_classifier_and_the_metric(estimator, scoring, key):
    X, y = mixed()
    X = X.drop(columns="text") if estimator is not None else X
    problem = PolicyProblem(
        X, y, Columns(X), estimator=estimator, scorer=lambda e, X, y: 0.0,
        validation=0.25, k_neighbors=5, max_samples=None, seed=0,
    )  # fmt: skip
    assert problem.bank_key(scoring) == key
    bank = load_bank()
    assert (bank.get(*key) is bank.pooled) == (key not in bank.policies)


@pytest.mark.parametrize("name, value", [("strategy", "search"), ("refit", 2)])
def test_other_values_are_refused(name, value):
    with pytest.raises(ValueError, match=f"The '{name}' parameter of AutoSMOTE must be"):
        make_sampler(**{name: value}).fit_resample(*overlapping())
