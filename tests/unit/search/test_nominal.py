"""Nominal values of synthetic rows: one of the two parents', drawn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import stats
from sklearn.neighbors import KNeighborsClassifier

from autosmote.search.fast_knn import KNeighborsPredictor
from autosmote.search.nominal import takes_neighbour
from autosmote.search.space import WEIGHTS, Samples, SearchSpace


def places(n=20):
    source, neighbour = (ends.ravel() for ends in np.meshgrid(np.arange(n), np.arange(n)))
    apart = source != neighbour
    return source[apart], neighbour[apart]


@pytest.mark.parametrize("weight", [0.0, 0.25, 0.5, 0.75, 1.0, 0.9])
def test_the_weight_is_the_probability_of_the_neighbours_value(weight):
    source, neighbour = places()
    found = takes_neighbour(source, neighbour, np.full(len(source), weight), 40, seed=3)
    assert found.shape == (380, 40)
    # 190 pairs: either end of a pair gives the same row.
    one_way = found[source < neighbour]
    # For each column, and for each place.
    for axis in (0, 1):
        counts, n = one_way.sum(axis=axis), one_way.shape[axis]
        p_values = [stats.binomtest(int(count), n, weight).pvalue for count in counts]
        assert min(p_values) * len(p_values) > 0.001
    if 0 < weight < 1:  # No two columns go together, and no two places.
        for rows in (one_way, one_way.T):
            together = np.corrcoef(rows[:, rows.std(axis=0) > 0], rowvar=False)
            off_diagonal = together[np.triu_indices(len(together), 1)]
            assert abs(off_diagonal.mean()) < 4 / np.sqrt(len(off_diagonal) * len(rows))


@given(st.integers(0, 2**63), st.integers(1, 5), st.integers(0, 2**31 - 2), st.floats(0, 1))
def test_a_place_is_one_row_from_either_end_and_in_any_company(seed, n_columns, first, weight):
    source, neighbour = np.array([first, 7]), np.array([first + 1, 3])
    weights = np.array([weight, 0.5])
    both = takes_neighbour(source, neighbour, weights, n_columns, seed)
    assert_array_equal(takes_neighbour(source[:1], neighbour[:1], weights[:1], n_columns, seed), both[:1])
    if 1 - (1 - weight) == weight:
        back = takes_neighbour(neighbour[:1], source[:1], 1 - weights[:1], n_columns, seed)
        assert_array_equal(back, ~both[:1])


def test_seeds_and_weights_give_other_draws():
    source, neighbour = places()
    draws = [
        takes_neighbour(source, neighbour, np.full(len(source), weight), 10, seed)
        for seed, weight in ((0, 0.5), (1, 0.5), (0, 0.5 + 1e-12))
    ]
    for other in draws[1:]:
        assert 0.4 < np.mean(draws[0] == other) < 0.6


def onehot_space(seed=0):
    """A number, a nominal column of three values and one of two, one-hot encoded."""
    rng = np.random.default_rng(1)
    X = np.column_stack(
        [rng.normal(size=30), np.eye(3)[rng.integers(0, 3, 30)], np.eye(2)[rng.integers(0, 2, 30)]]
    )
    return SearchSpace(X, 5, nominal=np.array([-1, 0, 0, 0, 1, 1]), seed=seed)


def every_place(space):
    source = np.repeat(np.arange(space.n_instances, dtype=np.int32), space.n_actions)
    return space.decode(source, np.tile(np.arange(space.n_actions, dtype=np.int32), space.n_instances))


def test_the_columns_of_one_nominal_column_go_together():
    space = onehot_space()
    samples = every_place(space)
    rows = space.interpolate(samples)
    start, end = space.X[samples.source], space.X[samples.neighbour]
    np.testing.assert_allclose(rows[:, 0], start[:, 0] + samples.weight * (end - start)[:, 0])
    for columns in (slice(1, 4), slice(4, 6)):
        assert_array_equal(np.sort(rows[:, columns], axis=1)[:, -1], 1.0)
        assert_array_equal(rows[:, columns].sum(axis=1), 1.0)
        of_start, of_end = ((rows == parent)[:, columns].all(axis=1) for parent in (start, end))
        assert (of_start | of_end).all()
        differ = (start != end)[:, columns].any(axis=1) & (samples.weight == 0.25)
        assert stats.binomtest(int(of_end[differ].sum()), int(differ.sum()), 0.25).pvalue > 0.001
    assert not np.array_equal(rows, onehot_space(seed=1).interpolate(samples))


def test_without_nominal_columns_rows_are_interpolated():
    space = onehot_space()
    plain = SearchSpace(space.X, 5)
    samples = every_place(plain)
    start, end = plain.X[samples.source], plain.X[samples.neighbour]
    np.testing.assert_allclose(
        plain.interpolate(samples), start + samples.weight[:, None] * (end - start), atol=1e-15
    )


@settings(max_examples=10)
@given(st.integers(0, 1000))
def test_predictions_without_a_fit_hold_for_drawn_values(seed):
    rng = np.random.default_rng(seed)
    minority = onehot_space(seed)
    X = np.concatenate([minority.X, minority.X[rng.permutation(30)] + rng.normal(0, 0.1, (30, 6))])
    y, rows = np.repeat([1, 0], 30), rng.normal(0.3, 0.5, (40, 6))
    knn = KNeighborsClassifier(3, algorithm="kd_tree")
    predictor = KNeighborsPredictor(minority, knn, X, y, rows)
    action = rng.integers(0, minority.n_actions, 25).astype(np.int32)
    samples = minority.decode(rng.integers(0, 30, 25).astype(np.int32), action)
    expected = knn.fit(*minority.augment(X, y, samples)).predict(rows)
    assert_array_equal(predictor.predict(samples), expected)


def test_weights_of_the_search_space_are_all_met():
    # 1 - weight is exact for them, so a place has one row from either end.
    assert_array_equal(1 - WEIGHTS, WEIGHTS[::-1])
    samples = Samples(np.array([0, 1], np.int32), np.array([1, 0], np.int32), np.array([0.25, 0.75]))
    first, second = onehot_space().interpolate(samples)
    np.testing.assert_allclose(first, second, atol=1e-15)
