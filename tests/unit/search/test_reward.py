"""The reward, with and without fitting the classifier."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import AdaBoostClassifier
from sklearn.metrics import balanced_accuracy_score, f1_score, get_scorer, matthews_corrcoef
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from autosmote.search.reward import CrossValidatedReward, LabelScorer, ValidationReward
from autosmote.search.space import SearchSpace


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(260, 4))
    y = np.repeat([0, 1], [220, 40])
    X[y == 1] += 0.8
    train = np.arange(260) % 3 > 0
    return X[train], y[train], X[~train], y[~train]


def make(problem, estimator, scoring="f1_macro", labels=(0, 1), **keys):
    X_train, y_train, X_validation, y_validation = problem
    names = np.array(labels)
    space = SearchSpace(X_train[y_train == 1], 5, labels=labels[1])
    scorer = get_scorer(scoring)
    arguments = (X_train, names[y_train], X_validation, names[y_validation])
    return space, ValidationReward(space, estimator, scorer, *arguments, **keys)


def draws(space, n=15):
    rng = np.random.default_rng(1)
    for size in rng.integers(0, 200, n):
        instance = rng.integers(0, space.n_instances, size).astype(np.int32)
        yield space.decode(instance, rng.integers(0, space.n_actions, size).astype(np.int32))


@pytest.mark.parametrize("labels", [(0, 1), ("no", "yes")])
@pytest.mark.parametrize("scoring", ["f1_macro", "matthews_corrcoef", "balanced_accuracy"])
@pytest.mark.parametrize(
    "estimator", [KNeighborsClassifier(), AdaBoostClassifier(n_estimators=10, random_state=0)]
)
def test_both_evaluators_give_the_same_score(problem, estimator, scoring, labels, monkeypatch):
    space, plain = make(problem, estimator, scoring, labels, evaluator="plain")
    _, fast = make(problem, estimator, scoring, labels)
    fits = []
    monkeypatch.setattr(fast, "fit", lambda samples: fits.append(samples))
    scores = [(fast(samples), plain(samples)) for samples in draws(space)]
    assert all(one == other for one, other in scores)
    assert len({one for one, _ in scores}) > 1
    assert not fits  # None of the scores came from a fitted classifier.


@pytest.mark.parametrize(
    "estimator, scoring",
    [
        (LinearSVC(), "f1_macro"),
        (DecisionTreeClassifier(random_state=0), "f1_macro"),
        (KNeighborsClassifier(weights="distance"), "f1_macro"),
        (KNeighborsClassifier(), "roc_auc"),
    ],
)
def test_anything_else_is_fitted(problem, estimator, scoring, monkeypatch):
    space, reward = make(problem, estimator, scoring)
    fits = []
    fit = reward.fit
    monkeypatch.setattr(reward, "fit", lambda samples: fits.append(samples) or fit(samples))
    for samples in draws(space, 3):
        reward(samples)
    assert len(fits) == 3


def test_a_label_scorer_scores_as_scikit_learns_and_needs_no_fit_either(problem, monkeypatch):
    knn = KNeighborsClassifier()
    space, reference = make(problem, knn, "matthews_corrcoef")
    X_train, y_train, X_validation, y_validation = problem
    scorer = LabelScorer(matthews_corrcoef)
    reward = ValidationReward(space, knn, scorer, X_train, y_train, X_validation, y_validation)
    monkeypatch.setattr(reward, "fit", None)
    assert [reward(samples) for samples in draws(space, 5)] == [reference(s) for s in draws(space, 5)]


def test_fit_is_the_plain_classifier(problem):
    space, reward = make(problem, KNeighborsClassifier())
    samples = next(draws(space))
    fitted = reward.fit(samples)
    assert type(fitted) is KNeighborsClassifier
    assert fitted.n_samples_fit_ == len(reward.X_train) + len(samples)
    assert not hasattr(reward.estimator, "classes_")  # The given classifier is left alone.


@pytest.mark.parametrize("evaluator", ["auto", "plain"])
def test_rows_that_the_classifier_refuses_have_no_score(evaluator):
    X, y = np.zeros((15, 1)), np.repeat([0, 1], [12, 3])
    problem = (X, y, X, y)
    space, reward = make(problem, AdaBoostClassifier(random_state=0), evaluator=evaluator)

    def score(n_synthetic):
        none = np.zeros(n_synthetic, dtype=np.int32)
        return reward(space.decode(none, none))

    assert np.isnan(score(9))  # 12 rows of each class, all equal: no stump is better than chance.
    assert np.isfinite([score(8), score(10)]).all()


def test_of_three_classes_every_one_below_the_largest_is_over_sampled(problem):
    X_train, y_train, X_validation, y_validation = problem
    y_train, y_validation = y_train * (1 + (X_train[:, 3] > 0)), y_validation * (1 + (X_validation[:, 3] > 0))
    minority = y_train > 0
    space = SearchSpace(X_train[minority], 5, labels=y_train[minority])
    knn = KNeighborsClassifier()
    reward = ValidationReward(
        space, knn, get_scorer("f1_macro"), X_train, y_train, X_validation, y_validation
    )
    for samples in draws(space, 3):
        fitted = KNeighborsClassifier().fit(
            np.vstack([X_train, space.interpolate(samples)]),
            np.concatenate([y_train, y_train[minority][samples.source]]),
        )
        assert reward(samples) == f1_score(y_validation, fitted.predict(X_validation), average="macro")


@pytest.mark.parametrize("estimator", [DecisionTreeClassifier(random_state=0), KNeighborsClassifier()])
def test_cross_validated_scores_are_means_that_see_no_row_made_from_a_validation_row(problem, estimator):
    X, y = problem[0], problem[1]
    minority = np.flatnonzero(y == 1)
    space = SearchSpace(X[minority], 5)
    scorer = get_scorer("balanced_accuracy")
    splits = list(StratifiedKFold(3).split(X, y))
    reward = CrossValidatedReward(
        [
            (
                ValidationReward(space, estimator, scorer, X[train], y[train], X[test], y[test]),
                np.isin(minority, train),
            )
            for train, test in splits
        ]
    )
    for samples in draws(space, 5):
        scores = []
        for train, test in splits:
            rows = [
                start + weight * (end - start)
                for i, j, weight in zip(samples.source, samples.neighbour, samples.weight, strict=True)
                if minority[i] in train and minority[j] in train
                for start, end in [(X[minority[i]], X[minority[j]])]
            ]
            fitted = clone(estimator).fit(
                np.vstack([X[train], *rows]), np.append(y[train], np.ones(len(rows), dtype=int))
            )
            scores.append(balanced_accuracy_score(y[test], fitted.predict(X[test])))
        assert reward(samples) == pytest.approx(np.mean(scores), abs=1e-12)


def test_other_errors_of_the_classifier_are_not_hidden(problem):
    space, reward = make(problem, DecisionTreeClassifier(max_depth=-1))
    with pytest.raises(ValueError, match="max_depth"):
        reward(next(draws(space)))


def test_an_unknown_evaluator_is_named(problem):
    with pytest.raises(ValueError, match="evaluator='fast'.*auto, plain"):
        make(problem, KNeighborsClassifier(), evaluator="fast")
