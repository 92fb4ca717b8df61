"""Cross-validation of policies: which rows a fold trains on, and how scores of several folds become one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import f1_score, get_scorer, log_loss, make_scorer
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from autosmote.search.folds import CrossValidation, Fold, make_folds
from autosmote.search.linear_policies import PolicySpace, corner
from autosmote.search.reward import ValidationReward
from autosmote.search.space import Samples
from autosmote.utils.parts import join_parts, stratified_parts

NOTHING = Samples(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0))


def splits(n_train=90, n_validation=30, n_minority=18, seed=0, classes=2):
    rng = np.random.default_rng(seed)
    y = np.zeros(n_train + n_validation, dtype=int)
    y[rng.permutation(n_train)[:n_minority]] = 1
    y[n_train : n_train + n_minority // 3] = 1
    if classes == 3:
        y[rng.permutation(np.flatnonzero(y[:n_train] == 0))[:20]] = 2
        y[-5:] = 2
    X = rng.normal(size=(len(y), 2)) + y[:, None]
    return X[:n_train], y[:n_train], X[n_train:], y[n_train:]


def folds_of(estimator, scorer, parts=None, **keys):
    return make_folds(*(parts or splits()), estimator, scorer, neighbours=5, seed=1, **keys)


@settings(deadline=None)
@given(sizes=st.lists(st.integers(1, 40), min_size=1, max_size=4), seed=st.integers(0, 100))
def test_parts_are_even_by_class_and_in_all(sizes, seed):
    y = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    parts = stratified_parts(y, seed)
    for rows in (np.ones(len(y), dtype=bool), *(y == label for label in range(len(sizes)))):
        counts = np.bincount(parts[rows], minlength=3)
        assert len(counts) == 3 and counts.max() - counts.min() <= 1


def test_the_last_fold_is_the_split_itself():
    X_train, y_train, X_validation, y_validation = splits()
    folds = folds_of(GaussianNB(), get_scorer("f1_macro")).folds
    assert len(folds) == 4
    np.testing.assert_array_equal(folds[-1].reward.X_train, X_train)
    np.testing.assert_array_equal(folds[-1].reward.y_validation, y_validation)
    np.testing.assert_array_equal(folds[-1].policies.space.X, X_train[y_train == 1])
    assert [len(fold.reward.y_train) for fold in folds] == [90, 90, 90, 90]


def test_every_row_is_left_out_once_and_trained_on_in_the_other_folds():
    X_train, _, X_validation, _ = splits()
    folds = folds_of(GaussianNB(), get_scorer("f1_macro")).folds
    rows = sorted(map(tuple, np.concatenate([X_train, X_validation])))
    assert sorted(map(tuple, np.concatenate([fold.reward.X_validation for fold in folds]))) == rows
    for fold in folds:
        assert sorted(map(tuple, [*fold.reward.X_train, *fold.reward.X_validation])) == rows


def pooled_by_hand(estimator, draw):
    X_train, y_train, X_validation, y_validation = splits()
    y, parts = join_parts(y_train, y_validation, 1)
    X = np.concatenate([X_train, X_validation])
    predicted = np.empty_like(y)
    for part in range(4):
        left_out = parts == part
        X_new, y_new = draw(part, X[~left_out], y[~left_out])
        predicted[left_out] = estimator.fit(X_new, y_new).predict(X[left_out])
    return y, predicted


@pytest.mark.parametrize("evaluator", ["auto", "plain"])
@pytest.mark.parametrize("estimator", [DecisionTreeClassifier(random_state=0), KNeighborsClassifier(3)])
def test_labels_of_all_folds_are_scored_together(estimator, evaluator):
    folds = folds_of(estimator, get_scorer("f1_macro"), evaluator=evaluator)
    draws = [
        fold.policies.draw(corner("smote", 0.5)[None], np.random.default_rng(k))
        for k, fold in enumerate(folds.folds)
    ]
    outcomes = [folds.fit(k, draw) for k, draw in enumerate(draws)]
    y, predicted = pooled_by_hand(
        estimator, lambda k, X, y: folds.folds[k].policies.space.augment(X, y, draws[k])
    )
    assert folds.score(outcomes) == pytest.approx(f1_score(y, predicted, average="macro"))
    assert [outcome.n_synthetic for outcome in outcomes] == [len(draw) for draw in draws]
    mean = np.mean([outcome.score for outcome in outcomes])
    assert folds.score(outcomes) != pytest.approx(mean, abs=1e-6)


class InCodes(ClassifierMixin, BaseEstimator):
    """A tree that is given names of classes and predicts their numbers."""

    def fit(self, X, y):
        self.tree_ = DecisionTreeClassifier(random_state=0).fit(X, np.searchsorted(["no", "yes"], y))
        self.classes_ = np.arange(2)
        return self

    def predict(self, X):
        return self.tree_.predict(X)


def test_labels_are_pooled_as_the_classifier_predicts_them():
    def in_codes(estimator, X, y):
        return get_scorer("f1")(estimator, X, np.searchsorted(["no", "yes"], y))

    in_codes._response_method = "predict"
    X_train, y_train, X_validation, y_validation = splits()
    names = np.array(["no", "yes"])
    parts = X_train, names[y_train], X_validation, names[y_validation]
    tree = folds_of(DecisionTreeClassifier(random_state=0), get_scorer("f1"))
    coded = folds_of(InCodes(), in_codes, parts)
    scores = [folds.score([folds.fit(k, NOTHING) for k in range(4)]) for folds in (tree, coded)]
    assert scores[0] == scores[1]


def test_a_class_may_be_missing_in_a_fold():
    X, y = np.arange(12.0)[:, None], np.array([0, 0, 0, 1, 1, 1, 0, 2, 0, 2, 1, 2])
    folds = []
    for train, left_out in ((np.arange(6), np.arange(6, 7)), (np.arange(10), np.arange(10, 12))):
        policies = PolicySpace.of_rows(X[train], y[train], np.array([1]), 2)
        rows = X[train], y[train], X[left_out], y[left_out]
        folds.append(
            Fold(
                policies,
                ValidationReward(
                    policies.space, KNeighborsClassifier(1), get_scorer("accuracy"), *rows, evaluator="plain"
                ),
            )
        )
    both = CrossValidation(folds)
    # The nearest row of 6 is one of class 1, that of 10 and of 11 the row 9 of class 2.
    assert both.score([both.fit(k, NOTHING) for k in range(2)]) == pytest.approx(1 / 3)


def test_scores_of_probabilities_are_averaged_by_rows():
    scorer = make_scorer(log_loss, greater_is_better=False, response_method="predict_proba")
    parts = splits(n_train=80, n_validation=35, n_minority=15)
    folds = folds_of(GaussianNB(), scorer, parts)
    outcomes = [folds.fit(k, NOTHING) for k in range(4)]
    sizes = [len(fold.reward.y_validation) for fold in folds.folds]
    assert sizes == [27, 27, 26, 35]
    by_hand = []
    for fold in folds.folds:
        model = GaussianNB().fit(fold.reward.X_train, fold.reward.y_train)
        by_hand.append(-log_loss(fold.reward.y_validation, model.predict_proba(fold.reward.X_validation)))
    assert folds.score(outcomes) == pytest.approx(np.average(by_hand, weights=sizes))
    assert all(outcome.labels is None for outcome in outcomes)


def test_a_refusal_in_one_fold_leaves_no_score():
    parts = splits(n_train=24, n_validation=8, n_minority=6)
    folds = folds_of(KNeighborsClassifier(24), get_scorer("accuracy"), parts)
    outcomes = [folds.fit(k, NOTHING) for k in range(4)]
    assert not any(np.isnan(outcome.score) for outcome in outcomes)
    folds = folds_of(KNeighborsClassifier(25), get_scorer("accuracy"), parts)
    outcomes = [folds.fit(k, NOTHING) for k in range(4)]
    assert all(np.isnan(outcome.score) for outcome in outcomes)
    assert np.isnan(folds.score(outcomes))


class Counting(ClassifierMixin, BaseEstimator):
    """Counts its predictions."""

    calls = 0

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        Counting.calls += 1
        return np.full(len(X), self.classes_[0])


def test_the_rows_left_out_are_predicted_once():
    folds = folds_of(Counting(), get_scorer("f1_macro"))
    Counting.calls = 0
    folds.fit(0, NOTHING)
    assert Counting.calls == 1


def test_more_than_two_classes():
    folds = folds_of(DecisionTreeClassifier(random_state=0), get_scorer("f1_macro"), splits(classes=3))
    assert set(folds.folds[0].policies.space.labels) == {1, 2}
    outcomes = [
        folds.fit(k, fold.policies.draw(corner("smote", 0.5)[None], np.random.default_rng(k)))
        for k, fold in enumerate(folds.folds)
    ]
    assert 0.3 < folds.score(outcomes) < 1
