"""The fast linear SVM predicts what LinearSVC predicts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.svm import SVC, LinearSVC

from autosmote.search.fast_svm import LinearSVCPredictor
from autosmote.search.space import SearchSpace


class Subclass(LinearSVC):
    pass


def problem(seed: int, labels: tuple[object, object], n_features: int = 3):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(60, n_features))
    y = np.where(np.arange(60) < 12, labels[1], labels[0])
    X[:12] += 0.7
    space = SearchSpace(X[:12], 5, labels=y[:12])
    n = int(rng.integers(0, 80))
    actions = rng.integers(space.n_actions, size=n)
    return space, X, y, rng.normal(size=(50, n_features)), space.decode(rng.integers(12, size=n), actions)


@pytest.mark.filterwarnings("ignore:Liblinear failed to converge")
@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**20),
    labels=st.sampled_from([(0, 1), (1, 0), ("no", "yes"), ("yes", "no")]),
    keys=st.sampled_from(
        [
            {},
            {"C": 0.01},
            {"loss": "hinge"},
            {"dual": True},
            {"fit_intercept": False},
            {"intercept_scaling": 3.0},
            {"max_iter": 2},
        ]
    ),
    n_features=st.sampled_from([1, 3, 150]),
)
def test_predictions_are_those_of_the_plain_classifier(seed, labels, keys, n_features) -> None:
    space, X, y, X_validation, samples = problem(seed, labels, n_features)
    estimator = LinearSVC(random_state=3, **keys)
    assert LinearSVCPredictor.supports(estimator, X)
    fast = LinearSVCPredictor(space, estimator, X, y, X_validation).predict(samples)
    plain = clone(estimator).fit(*space.augment(X, y, samples)).predict(X_validation)
    np.testing.assert_array_equal(fast, plain)
    assert fast.dtype == plain.dtype


@pytest.mark.parametrize(
    "estimator",
    [
        SVC(),
        Subclass(random_state=0),
        LinearSVC(),
        LinearSVC(random_state=0, class_weight="balanced"),
        LinearSVC(random_state=0, penalty="l1"),
    ],
)
def test_other_estimators_are_left_to_themselves(estimator) -> None:
    assert not LinearSVCPredictor.supports(estimator, np.zeros((4, 2)))


def test_rows_that_no_solver_takes_are_left_to_the_checks() -> None:
    assert not LinearSVCPredictor.supports(LinearSVC(random_state=0), np.array([[0.0], [np.nan]]))
