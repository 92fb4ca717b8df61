"""The fast AdaBoost against scikit-learn's: the same labels, whatever the rows."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.ensemble import AdaBoostClassifier, RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from autosmote.datasets.sources import fetch
from autosmote.datasets.tasks import make_task
from autosmote.search.fast_adaboost import _N_BINS, AdaBoostPredictor
from autosmote.search.space import WEIGHTS, Samples, SearchSpace


def draw(space, rng, n, weights=WEIGHTS, instances=None):
    """Random decisions; few instances make many repeats."""
    source = rng.integers(0, instances or space.n_instances, n)
    place = rng.integers(0, space.k, n)
    return Samples(
        source.astype(np.int32), space.neighbours[source, place], rng.choice(np.asarray(weights), n)
    )


def plain(space, estimator, X, y, X_validation, samples, minority=1):
    X = np.vstack([X, space.interpolate(samples)])
    y = np.concatenate([y, np.full(len(samples), minority, dtype=y.dtype)])
    return clone(estimator).fit(X, y).predict(X_validation)


def check(X, y, X_validation, all_samples, space, estimator=None, minority=1):
    """All predictions equal scikit-learn's; the predictor, for its counts."""
    estimator = AdaBoostClassifier(random_state=0) if estimator is None else estimator
    assert AdaBoostPredictor.supports(estimator, X)
    predictor = AdaBoostPredictor(space, estimator, X, y, X_validation)
    for samples in all_samples:
        expected = plain(space, estimator, X, y, X_validation, samples, minority)
        predicted = predictor.predict(samples)
        assert predicted.dtype == expected.dtype
        np.testing.assert_array_equal(predicted, expected)
    return predictor


def blobs(rng, n_majority, n_minority, n_features, shift=1.0):
    X = rng.normal(size=(n_majority + n_minority, n_features))
    y = np.repeat([0, 1], [n_majority, n_minority])
    X[y == 1, : max(1, n_features // 2)] += shift
    return X, y


@pytest.mark.parametrize("seed", range(2))
def test_continuous_rows(seed):
    rng = np.random.default_rng(seed)
    X, y = blobs(rng, 600, 40, 4)
    X_validation = blobs(rng, 300, 300, 4)[0]
    space = SearchSpace(X[y == 1], 8)
    predictor = check(
        X,
        y,
        X_validation,
        [
            draw(space, rng, 0),
            draw(space, rng, 1),
            draw(space, rng, 560),
            draw(space, rng, 300, weights=[0.0]),
            draw(space, rng, 300, weights=[1.0]),
            draw(space, rng, 800, instances=2),
            draw(space, rng, 4000),
        ],
        space,
        AdaBoostClassifier(random_state=seed),
    )
    # With continuous rows the weights decide: this checks the search itself, not scikit-learn against itself.
    # Only equal weights, those of the first stump, make ties likely.
    assert predictor.n_ambiguous <= 0.02 * predictor.n_stumps


@pytest.mark.parametrize("n_estimators", [1, 2, 60])
@pytest.mark.parametrize("learning_rate", [0.05, 0.5, 1, 2.0, 5.0])
def test_parameters(n_estimators, learning_rate):
    rng = np.random.default_rng(1)
    X, y = blobs(rng, 300, 30, 3)
    space = SearchSpace(X[y == 1], 5)
    estimator = AdaBoostClassifier(
        DecisionTreeClassifier(max_depth=1),
        n_estimators=n_estimators,
        learning_rate=learning_rate,
        random_state=7,
    )
    check(X, y, blobs(rng, 200, 200, 3)[0], [draw(space, rng, 250) for _ in range(2)], space, estimator)


def test_more_distinct_values_than_bins_and_a_value_in_half_of_the_rows():
    rng = np.random.default_rng(2)
    X, y = blobs(rng, 20 * _N_BINS, 60, 3)
    X[rng.random(X.shape) < 0.5] = 0.25
    X[:, 2] = np.round(X[:, 2], 2)
    space = SearchSpace(X[y == 1], 10)
    predictor = check(X, y, blobs(rng, 500, 500, 3)[0], [draw(space, rng, n) for n in (0, 100, 3000)], space)
    assert predictor.n_ambiguous < predictor.n_stumps


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_majority=st.integers(2, 60),
    n_minority=st.integers(2, 12),
    n_features=st.integers(1, 4),
    levels=st.integers(1, 4),
    n_synthetic=st.integers(0, 60),
    n_estimators=st.integers(1, 20),
)
def test_few_levels(seed, n_majority, n_minority, n_features, levels, n_synthetic, n_estimators):
    """Ties everywhere: equal columns, mirrored columns, no split at all, perfect and useless stumps."""
    rng = np.random.default_rng(seed)
    X = rng.integers(0, levels, (n_majority + n_minority, n_features)).astype(float)
    X = np.hstack([X, levels - 1 - X[:, :1]])
    y = np.repeat([0, 1], [n_majority, n_minority])
    X_validation = rng.integers(0, levels, (50, n_features + 1)) + rng.choice([0, 0.5], (50, 1))
    space = SearchSpace(X[y == 1], 3)
    estimator = AdaBoostClassifier(n_estimators=n_estimators, random_state=seed % 1000)
    samples = draw(space, rng, n_synthetic)
    try:
        expected = plain(space, estimator, X, y, X_validation, samples)
    except ValueError as error:
        with pytest.raises(ValueError, match="worse than random"):
            AdaBoostPredictor(space, estimator, X, y, X_validation).predict(samples)
        assert "worse than random" in str(error)
    else:
        predictor = AdaBoostPredictor(space, estimator, X, y, X_validation)
        np.testing.assert_array_equal(predictor.predict(samples), expected)


def test_a_tie_that_the_feature_permutation_breaks():
    """Two features that split the training rows alike, but not the validation rows."""
    rng = np.random.default_rng(3)
    signal = np.concatenate([np.zeros(50), np.ones(20)])
    X = np.stack([signal, signal, rng.normal(size=70)], axis=1)
    y = signal.astype(int)
    y[rng.choice(70, 12, replace=False)] ^= 1
    X_validation = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [1.0, 1.0, 0.0]])
    space = SearchSpace(X[y == 1], 3)
    samples = draw(space, rng, 0)
    labels = set()
    for seed in range(20):
        estimator = AdaBoostClassifier(n_estimators=1, random_state=seed)
        assert check(X, y, X_validation, [samples], space, estimator).n_ambiguous == 1
        labels.add(tuple(plain(space, estimator, X, y, X_validation, samples)))
    assert len(labels) == 2
    # The other rows tell the two apart no more: either choice is right, and none has to be made.
    assert check(X, y, X_validation[2:], [samples], space, estimator).n_ambiguous == 0


def test_a_perfect_stump_ends_the_boosting():
    rng = np.random.default_rng(4)
    X, y = blobs(rng, 100, 20, 2, shift=50.0)
    space = SearchSpace(X[y == 1], 5)
    predictor = check(X, y, blobs(rng, 50, 50, 2, shift=50.0)[0], [draw(space, rng, 80)], space)
    assert predictor.n_stumps == 1


def test_separable_rows_drive_weights_to_the_smallest():
    rng = np.random.default_rng(5)
    X = rng.uniform(-1, 1, (1500, 2))
    y = (X.sum(axis=1) > 1.0).astype(int)
    space = SearchSpace(X[y == 1], 10)
    estimator = AdaBoostClassifier(n_estimators=200, random_state=0)
    check(X, y, rng.uniform(-1, 1, (2000, 2)), [draw(space, rng, 800)], space, estimator)


def test_weights_that_overflow():
    rng = np.random.default_rng(6)
    X, y = blobs(rng, 200, 20, 2)
    space = SearchSpace(X[y == 1], 5)
    estimator = AdaBoostClassifier(learning_rate=1e4, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(X, y, blobs(rng, 50, 50, 2)[0], [draw(space, rng, 100)], space, estimator)


@pytest.mark.parametrize("minority", ["a", "b"])
def test_labels_that_are_words(minority):
    rng = np.random.default_rng(7)
    X, y = blobs(rng, 200, 20, 2)
    y = np.where(y == 1, minority, "b" if minority == "a" else "a")
    space = SearchSpace(X[y == minority], 5, labels=minority)
    check(X, y, blobs(rng, 50, 50, 2)[0], [draw(space, rng, 100)], space, minority=minority)


def test_values_that_float32_cannot_tell_apart_are_not_split():
    rng = np.random.default_rng(8)
    X, y = blobs(rng, 200, 20, 2)
    X[:, 1] = 0.5 + 3e-8 * rng.integers(0, 30, len(X))
    space = SearchSpace(X[y == 1], 5)
    check(X, y, X + 1e-9, [draw(space, rng, 100)], space)


def test_labels_must_be_two_classes_with_the_minority():
    X = np.arange(8.0)[:, None]
    for y, minority in ((np.arange(8) % 3, 1), (np.arange(8) % 2, 5)):
        with pytest.raises(ValueError, match="two classes"):
            space = SearchSpace(X[:4], 2, labels=minority)
            AdaBoostPredictor(space, AdaBoostClassifier(random_state=0), X, y, X)


def test_supports():
    X = np.zeros((3, 2))

    class Other(AdaBoostClassifier):
        pass

    def supports(estimator, X=X):
        return AdaBoostPredictor.supports(estimator, X)

    assert supports(AdaBoostClassifier(random_state=0))
    assert supports(AdaBoostClassifier(DecisionTreeClassifier(max_depth=1, random_state=3), random_state=0))
    for estimator in (
        RandomForestClassifier(random_state=0),
        Other(random_state=0),
        AdaBoostClassifier(),
        AdaBoostClassifier(random_state=np.random.RandomState(0)),
        AdaBoostClassifier(learning_rate=0.0, random_state=0),
        AdaBoostClassifier(n_estimators=0, random_state=0),
        AdaBoostClassifier(DecisionTreeClassifier(max_depth=2), random_state=0),
        AdaBoostClassifier(DecisionTreeClassifier(max_depth=1, max_features=1), random_state=0),
        AdaBoostClassifier(DecisionTreeClassifier(max_depth=1, criterion="entropy"), random_state=0),
        AdaBoostClassifier(RandomForestClassifier(), random_state=0),
    ):
        assert not supports(estimator)
    for value in (np.nan, np.inf, 1e39):
        assert not supports(AdaBoostClassifier(random_state=0), np.array([[0.0, value]]))


#: OpenML id of each data set of the paper.
DATASETS = {
    "Phoneme": 1489,
    "PhishingWebsites": 4534,
    "EEGEyeState": 1471,
    "Mozilla4": 1046,
    "MagicTelescope": 1120,
    "Electricity": 151,
}


def check_task(name, ratio, cache, rng, sizes):
    dataset = fetch(name, {"source": "openml", "id": DATASETS[name]}, openml_cache=str(cache))
    task = make_task(dataset, ratio, 0)
    space = SearchSpace(task.X_train[task.y_train == 1], 30)
    samples = [draw(space, rng, int(size * np.sum(task.y_train == 0))) for size in sizes]
    return check(task.X_train, task.y_train, task.X_validation, samples, space)


def test_two_tasks(openml_cache):
    """Continuous features, and one-hot features with mirrored columns."""
    rng = np.random.default_rng(9)
    for name, ratio in (("Phoneme", 100), ("PhishingWebsites", 100)):
        predictor = check_task(name, ratio, openml_cache, rng, (0, 1))
        assert predictor.n_ambiguous < 0.1 * predictor.n_stumps


@pytest.mark.slow
@pytest.mark.parametrize("ratio", [20, 100])
@pytest.mark.parametrize("name", DATASETS)
def test_tasks(openml_cache, name, ratio):
    rng = np.random.default_rng(10)
    predictor = check_task(name, ratio, openml_cache, rng, (0, 0.01, 0.3, 1, 2))
    assert predictor.n_ambiguous < 0.1 * predictor.n_stumps
