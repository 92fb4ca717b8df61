"""Predictions without fitting are those of scikit-learn, label by label."""

import pickle

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from autosmote.datasets import fetch, make_task
from autosmote.search.fast_knn import KNeighborsPredictor
from autosmote.search.space import Samples, SearchSpace

CONFIG = "config/config.yaml"


class Case:
    """A predictor, and scikit-learn doing the same the long way."""

    def __init__(self, X_train, y_train, X_validation, minority=1, k=5, neighbours=30, **parameters):
        self.X_train, self.y_train, self.X_validation = X_train, y_train, X_validation
        self.minority = minority
        self.space = SearchSpace(X_train[y_train == minority], neighbours, labels=minority)
        self.estimator = KNeighborsClassifier(k, **parameters)
        self.predictor = KNeighborsPredictor(self.space, self.estimator, X_train, y_train, X_validation)

    def plain(self, samples):
        X = np.vstack([self.X_train, self.space.interpolate(samples)])
        y = np.append(self.y_train, np.full(len(samples), self.minority, dtype=self.y_train.dtype))
        return clone(self.estimator).fit(X, y).predict(self.X_validation)

    def draw(self, rng, size, n_distinct=None):
        """Random decisions; of `n_distinct` different ones at most, if given."""
        number = rng.integers(self.space.n_instances * self.space.n_actions, size=n_distinct or size)
        number = rng.choice(number, size=size) if size else number[:0]
        instance, action = np.divmod(number.astype(np.int32), self.space.n_actions)
        return self.space.decode(instance, action)

    def draws(self, seed):
        rng = np.random.default_rng(seed)
        for size in (0, 1, 7, 100, 1000, 20_000):
            yield self.draw(rng, size)
        yield self.draw(rng, 5000, n_distinct=3)
        # Nothing but copies of the instances: as themselves, and as the far end of an interpolation.
        some = self.draw(rng, 500)
        for weight in (0.0, 1.0):
            yield Samples(some.source, some.neighbour, np.full(500, weight))

    def check(self, samples):
        predicted, expected = self.predictor.predict(samples), self.plain(samples)
        assert predicted.dtype == expected.dtype
        assert_array_equal(predicted, expected)
        return predicted


def continuous(seed, n_features=4, labels=(0, 1)):
    """Overlapping classes, 40 minority rows among 440; labels are those of majority and minority."""
    rng = np.random.default_rng(seed)
    y = np.repeat(labels, [400, 40])[rng.permutation(440)]
    X = rng.normal(size=(440, n_features)) + (y == labels[1])[:, None]
    return X, y, rng.normal(0.5, 1.2, size=(200, n_features)), labels[1]


def rows_given_to_scikit_learn(monkeypatch):
    """Sizes of the predictions that KNeighborsClassifier is asked for from here on."""
    sizes = []
    predict = KNeighborsClassifier.predict
    monkeypatch.setattr(
        KNeighborsClassifier, "predict", lambda self, X: sizes.append(len(X)) or predict(self, X)
    )
    return sizes


@pytest.mark.parametrize("labels", [(0, 1), (1, 0), ("ham", "spam"), ("other", "more")])
@pytest.mark.parametrize("k", [1, 2, 3, 4, 5, 10, 25, 100])
def test_labels_are_those_of_scikit_learn(k, labels):
    case = Case(*continuous(k, labels=labels), k=k)
    predicted = [case.check(samples) for samples in case.draws(k)]
    assert len({labels.tobytes() for labels in predicted}) > 3  # The synthetic rows do change the labels.


@pytest.mark.parametrize("n_features", [1, 2, 15])
def test_any_number_of_features(n_features):
    case = Case(*continuous(3, n_features), k=4)
    for samples in case.draws(1):
        case.check(samples)


def test_more_features_with_a_tree_that_is_asked_for():
    case = Case(*continuous(3, 40), algorithm="kd_tree", leaf_size=3, metric="euclidean", n_jobs=2)
    for samples in case.draws(1):
        case.check(samples)


def test_two_minority_rows():
    X, y, X_validation, _ = continuous(0)
    rows = np.r_[np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:2]]
    case = Case(X[rows], y[rows], X_validation)
    for samples in case.draws(1):
        case.check(samples)


@pytest.mark.parametrize("k", [4, 5, 20, 21])
@pytest.mark.parametrize("others", [1, 9, 10, 11])
@pytest.mark.parametrize("labels", [(0, 1), (1, 0)])
def test_rows_of_the_other_class_may_be_too_few_to_win_a_vote(k, others, labels):
    X, _, X_validation, _ = continuous(others)
    y = np.repeat(labels, [others, 440 - others])
    case = Case(X, y, X_validation, labels[1], k)
    predicted = [case.check(case.draw(np.random.default_rng(0), size)) for size in (0, 1, 300)]
    if 2 * others < k:
        assert (np.concatenate(predicted) == labels[1]).all()


def test_single_precision_rows():
    X, y, X_validation, _ = continuous(0)
    case = Case(X.astype(np.float32), y, X_validation.astype(np.float32))
    for samples in case.draws(1):
        case.check(samples)


def test_continuous_data_never_needs_a_fit(monkeypatch):
    case = Case(*continuous(0))
    sizes = rows_given_to_scikit_learn(monkeypatch)
    for samples in case.draws(2):
        case.predictor.predict(samples)
    assert not sizes


# The offset makes the rounding errors of an interpolation large compared with the distances, thirds make
# equal distances come out as different numbers.
@pytest.mark.parametrize("scale", [1.0, 1 / 3, 1e-160, 1e150])
@pytest.mark.parametrize("offset", [0.0, 1e6])
@pytest.mark.parametrize("k", [1, 2, 5])
def test_ties_are_broken_as_scikit_learn_breaks_them(scale, offset, k, monkeypatch):
    rng = np.random.default_rng(k)
    y = np.repeat([0, 1], [150, 30])
    X = rng.integers(0, 5, size=(180, 2)) * scale + offset
    case = Case(X, y, rng.integers(0, 9, size=(150, 2)) / 2 * scale + offset, k=k)
    sizes = rows_given_to_scikit_learn(monkeypatch)
    for seed in range(3):
        case.predictor.predict(case.draw(np.random.default_rng(seed), 200))
    assert sizes, "these data hold no tie: the test would show nothing"
    for samples in case.draws(k):
        case.check(samples)


def test_distances_that_only_rounding_tells_apart_are_ties(monkeypatch):
    # Each minority row is a majority row with its coordinates in another order: as far from the origin, but
    # their squares are summed in another order.
    rng = np.random.default_rng(0)
    majority = rng.normal(size=(60, 6))
    X = np.concatenate([majority, majority[:, ::-1]])
    assert np.any(np.sum(X[:60] ** 2, axis=1) != np.sum(X[60:] ** 2, axis=1))
    case = Case(X, np.repeat([0, 1], 60), np.zeros((1, 6)), k=1, neighbours=5)
    sizes = rows_given_to_scikit_learn(monkeypatch)
    case.predictor.predict(case.draw(rng, 0))
    assert sizes == [1]
    for seed in range(20):
        case.check(case.draw(np.random.default_rng(seed), seed))


@settings(max_examples=60)
@given(data=st.data())
def test_coarse_grids_agree(data):
    rng = np.random.default_rng(data.draw(st.integers(0, 10**6), label="seed"))
    n = data.draw(st.integers(20, 80), label="rows")
    n_minority = data.draw(st.integers(2, n // 2), label="minority rows")
    n_features = data.draw(st.integers(1, 3), label="features")
    values = data.draw(st.integers(2, 8), label="values of a feature")
    k = data.draw(st.integers(1, n // 2 - 1), label="k")
    labels = data.draw(st.permutations([0, 1]), label="labels")
    X = rng.integers(0, values, size=(n, n_features)) / data.draw(st.sampled_from([1, 3, 4]), label="divisor")
    y = np.repeat(labels, [n - n_minority, n_minority])
    case = Case(X, y, X[rng.permutation(n)[:15]], minority=labels[1], k=k, neighbours=5)
    for size in (0, 10, 300):
        case.check(case.draw(rng, size))


def test_the_predictor_can_be_sent_to_another_process():
    case = Case(*continuous(0))
    samples = case.draw(np.random.default_rng(0), 300)
    case.predictor = pickle.loads(pickle.dumps(case.predictor))
    case.check(samples)


def test_supports_only_what_becomes_a_tree():
    X = np.zeros((40, 15))
    supports = KNeighborsPredictor.supports
    assert supports(KNeighborsClassifier(), X)
    assert supports(
        KNeighborsClassifier(algorithm="kd_tree", metric="euclidean", n_jobs=2), np.zeros((40, 16))
    )
    for parameters in (
        {"weights": "distance"},
        {"p": 1},
        {"metric": "manhattan"},
        {"metric_params": {"w": np.ones(15)}},
        {"algorithm": "brute"},
        {"algorithm": "ball_tree"},
        {"n_neighbors": 20},
        {"n_neighbors": 0},
    ):
        assert not supports(KNeighborsClassifier(**parameters), X), parameters

    class Child(KNeighborsClassifier):
        pass

    assert not supports(Child(), X)
    assert not supports(DecisionTreeClassifier(), X)
    assert not supports(KNeighborsClassifier(), np.zeros((40, 16)))
    assert not supports(KNeighborsClassifier(), X.tolist())


@pytest.mark.parametrize("n_features", [15, 16])
@pytest.mark.parametrize("k", [19, 20])
@pytest.mark.parametrize("n_synthetic", [0, 1, 500])
def test_scikit_learn_takes_the_tree_where_that_is_relied_on(n_features, k, n_synthetic):
    rng = np.random.default_rng(0)
    estimator = KNeighborsClassifier(k)
    X = rng.normal(size=(40, n_features))
    if KNeighborsPredictor.supports(estimator, X):
        n = len(X) + n_synthetic
        estimator.fit(rng.normal(size=(n, n_features)), np.arange(n) % 2)
        assert estimator._fit_method == "kd_tree"
    else:
        assert (n_features, k) != (15, 19)


def test_what_cannot_be_done_is_an_error():
    X, y, X_validation, _ = continuous(0)

    def make(estimator=None, X=X, y=y, minority=1):
        space = SearchSpace(X[:5], 5, labels=minority)
        return KNeighborsPredictor(space, estimator or KNeighborsClassifier(), X, y, X_validation)

    with pytest.raises(ValueError, match=r"KNeighborsClassifier\(p=1\) on training rows of shape \(440, 4\)"):
        make(KNeighborsClassifier(p=1))
    with pytest.raises(ValueError, match="two classes, one of them 1"):
        make(y=np.arange(440) % 3)
    with pytest.raises(ValueError, match="two classes, one of them 7"):
        make(minority=7)


def test_samples_of_another_space_are_an_error():
    case = Case(*continuous(0), neighbours=5)
    stranger = (set(range(1, 40)) - set(case.space.neighbours[0])).pop()
    while 0 in case.space.neighbours[stranger]:
        stranger = (set(range(stranger + 1, 40)) - set(case.space.neighbours[0])).pop()
    for source, neighbour, weight in ((0, stranger, 0.5), (0, case.space.neighbours[0, 0], 0.3), (0, 0, 0.0)):
        samples = Samples(
            np.array([0, source], np.int32),
            np.array([case.space.neighbours[0, 0], neighbour], np.int32),
            np.array([0.5, weight]),
        )
        with pytest.raises(ValueError, match=rf"sample 1 \(source {source}, neighbour {neighbour}, weight"):
            case.predictor.predict(samples)


def openml_case(name, ratio, seed, cache, request, **parameters):
    with open(request.config.rootpath / CONFIG) as file:
        spec = yaml.safe_load(file)["datasets"][name]
    del spec["domain"]  # For Table 1.
    task = make_task(fetch(name, spec, openml_cache=str(cache)), ratio, seed)
    return Case(task.X_train, task.y_train, task.X_validation, **parameters)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Phoneme", "EEGEyeState", "Mozilla4", "MagicTelescope", "Electricity"])
def test_tasks_of_the_paper_agree(name, openml_cache, request):
    for ratio, seed in ((20, 0), (100, 1)):
        case = openml_case(name, ratio, seed, openml_cache, request)
        rng = np.random.default_rng(seed)
        for size in (0, 300, 2500, 8000, 15_000):
            case.check(case.draw(rng, size))


@pytest.mark.slow
def test_a_task_full_of_ties_agrees(openml_cache, request, monkeypatch):
    # All features are one-hot: scikit-learn would use brute force, but can be asked for a tree.
    case = openml_case("PhishingWebsites", 100, 0, openml_cache, request, algorithm="kd_tree")
    sizes = rows_given_to_scikit_learn(monkeypatch)
    rng = np.random.default_rng(0)
    for size in (0, 500, 4000):
        samples = case.draw(rng, size)
        case.check(samples)
    assert min(sizes) < len(case.X_validation), "no row was tied: the test would show nothing"
