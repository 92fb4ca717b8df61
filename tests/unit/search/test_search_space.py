"""The SMOTE search space."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from autosmote.search.space import WEIGHTS, Samples, SearchSpace


@pytest.fixture
def X():
    return np.random.default_rng(0).normal(size=(12, 3))


def test_neighbours_are_the_nearest_and_never_the_instance_itself(X):
    space = SearchSpace(X, neighbours=4)
    for i, found in enumerate(space.neighbours):
        distances = [np.sqrt(((X[i] - X[j]) ** 2).sum()) if j != i else np.inf for j in range(len(X))]
        assert_array_equal(found, np.argsort(distances)[:4])


def test_an_offset_of_a_column_hides_no_distance(X):
    moved = X + np.array([1e9, -1e9, 0.0])
    assert_array_equal(SearchSpace(moved, neighbours=4).neighbours, SearchSpace(X, neighbours=4).neighbours)


def test_an_equal_row_is_a_neighbour_but_not_the_row_itself():
    space = SearchSpace(np.array([[0.0], [0.0], [5.0]]), neighbours=1)
    assert_array_equal(space.neighbours[:2, 0], [1, 0])


def test_fewer_neighbours_where_there_are_fewer_rows(X):
    assert SearchSpace(X, neighbours=30).k == 11


def test_one_row_is_refused_with_a_remedy(X):
    with pytest.raises(ValueError, match="at least 2 of them, got 1.*smaller imbalance ratio"):
        SearchSpace(X[:1], neighbours=30)


def test_every_action_decodes_to_its_own_neighbour_and_weight(X):
    space = SearchSpace(X, neighbours=4)
    actions = np.arange(space.n_actions, dtype=np.int32)
    samples = space.decode(np.full(len(actions), 7, dtype=np.int32), actions)
    expected = [(7, neighbour, weight) for neighbour in space.neighbours[7] for weight in WEIGHTS]
    assert list(zip(samples.source, samples.neighbour, samples.weight, strict=True)) == expected


def test_rows_lie_between_source_and_neighbour(X):
    space = SearchSpace(X, neighbours=4)
    samples = Samples(
        np.array([1, 1, 1], np.int32), np.array([2, 2, 2], np.int32), np.array([0.0, 0.25, 1.0])
    )
    assert_allclose(space.interpolate(samples), [X[1], 0.75 * X[1] + 0.25 * X[2], X[2]])


def test_neighbours_are_sought_within_the_class(X):
    labels = np.array(["a", "b", "b"] * 4)  # Four rows of class a, eight of class b.
    space = SearchSpace(X, neighbours=5, labels=labels)
    assert_array_equal(space.n_distinct, np.where(labels == "a", 3, 5))
    for i, found in enumerate(space.neighbours):
        others = [j for j in range(len(X)) if labels[j] == labels[i] and j != i]
        nearest = sorted(others, key=lambda j: ((X[i] - X[j]) ** 2).sum())
        # The lists of the smaller class start again.
        assert_array_equal(found, (nearest[:5] + nearest)[:5])


def test_each_class_is_asked_for_what_it_lacks(X):
    space = SearchSpace(X, neighbours=5, labels=np.array(["a", "b", "b"] * 4))
    assert_array_equal(space.demand, [1.0, 0.5, 0.5] * 4)
    assert_array_equal(SearchSpace(X, neighbours=5).demand, np.ones(12))


def test_synthetic_rows_have_the_labels_of_their_instances(X):
    labels = np.array([3, 5, 5] * 4)
    space = SearchSpace(X, neighbours=5, labels=labels)
    samples = space.decode(np.array([0, 2, 1], np.int32), np.array([7, 3, 3], np.int32))
    rows, y = space.augment(X, np.zeros(12, dtype=np.int8), samples)
    assert_array_equal(y, [0] * 12 + [3, 5, 5])
    assert y.dtype == np.int8
    assert_allclose(rows[12:], space.interpolate(samples))


def test_a_class_of_one_row_is_refused(X):
    with pytest.raises(ValueError, match="at least 2 of them, got 1 of class b"):
        SearchSpace(X, neighbours=5, labels=np.array(["a"] * 11 + ["b"]))


def test_distances_are_measured_on_the_features(X):
    features = np.arange(12.0)[:, None] ** 2
    space = SearchSpace(X, neighbours=2, features=features)
    assert_array_equal(space.neighbours[:3], [[1, 2], [0, 2], [1, 0]])
    row = space.interpolate(Samples(np.array([3], np.int32), np.array([4], np.int32), np.array([0.5])))
    assert_allclose(row[0], (X[3] + X[4]) / 2)


def test_of_too_many_samples_an_even_selection_is_kept(X):
    instance, action = np.repeat(np.arange(10, dtype=np.int32), 10), np.zeros(100, np.int32)
    samples = SearchSpace(X, neighbours=4, max_samples=30).decode(instance, action)
    assert_array_equal(np.bincount(samples.source), [3] * 10)
    assert len(SearchSpace(X, neighbours=4, max_samples=100).decode(instance, action)) == 100
    assert len(SearchSpace(X, neighbours=4, max_samples=7).decode(instance, action)) == 7


def test_no_samples_are_no_rows(X):
    space = SearchSpace(X, neighbours=4)
    empty = space.decode(np.empty(0, np.int32), np.empty(0, np.int32))
    assert space.interpolate(empty).shape == (0, 3)
