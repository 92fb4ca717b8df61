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


def test_no_samples_are_no_rows(X):
    space = SearchSpace(X, neighbours=4)
    empty = space.decode(np.empty(0, np.int32), np.empty(0, np.int32))
    assert space.interpolate(empty).shape == (0, 3)
