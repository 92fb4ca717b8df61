"""Neighbourhoods against distances to all rows, one instance at a time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from autosmote.search.features import STATE_FEATURES, neighbourhood


def brute_force(X, minority):
    rows, nearest = [], []
    for i in np.flatnonzero(minority):
        others = sorted(
            (float(np.sqrt(((X[i] - X[j]) ** 2).sum())), not minority[j]) for j in range(len(X)) if j != i
        )
        rows.append([np.mean([majority for _, majority in others[:k]]) for k in (5, 15, 30)])
        nearest.append([min(d for d, majority in others if majority is kind) for kind in (True, False)])
    positive = [d for pair in nearest for d in pair if d > 0]
    least = 0.01 * np.median(positive) if positive else 1.0
    ratios = [np.log(max(a, least) / max(b, least)) for a, b in nearest]
    columns = [*np.transpose(rows), np.array(ratios)]
    return np.transpose([(c - c.mean()) / c.std() if c.std() > 1e-9 else np.zeros(len(c)) for c in columns])


@pytest.mark.parametrize("n_features", [1, 5, 40])
def test_neighbourhoods_of_overlapping_classes(n_features):
    rng = np.random.default_rng(n_features)
    minority = rng.permutation(np.repeat([True, False], [25, 150]))
    X = rng.normal(size=(175, n_features)) + minority[:, None]
    found = neighbourhood(X, minority)
    assert found.shape == (25, 4)
    assert_allclose(found, brute_force(X, minority), atol=1e-9)
    assert_allclose(found.mean(axis=0), 0, atol=1e-12)
    assert_allclose(found.std(axis=0), 1)


# Few whole numbers: equal rows and equal distances, in both classes and between them.
@settings(max_examples=60)
@given(data=st.data())
def test_neighbourhoods_where_rows_and_distances_are_equal(data):
    n_minority, n_majority = data.draw(st.integers(2, 12)), data.draw(st.integers(1, 40))
    levels, columns = data.draw(st.sampled_from([1, 2, 3, 8])), data.draw(st.integers(1, 3))
    rng = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    X = rng.integers(0, levels, (n_minority + n_majority, columns)).astype(float)
    minority = np.arange(len(X)) < n_minority
    found = neighbourhood(X, minority)
    assert_allclose(found, brute_force(X, minority), atol=1e-9)
    order = rng.permutation(len(X))
    instances = np.argsort(order[minority[order]])
    assert_allclose(neighbourhood(X[order], minority[order])[instances], found, atol=1e-9)


def test_the_scale_of_the_coordinates_does_not_matter():
    rng = np.random.default_rng(0)
    X, minority = rng.normal(size=(80, 3)), np.arange(80) < 20
    assert_allclose(neighbourhood(1024 * X, minority), neighbourhood(X, minority), atol=1e-12)


def test_original_features_are_the_coordinates():
    X, minority = np.arange(12.0).reshape(4, 3), np.array([False, True, False, True])
    assert_array_equal(STATE_FEATURES["original"](X, minority), X[[1, 3]])
