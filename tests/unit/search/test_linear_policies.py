"""Policies with few parameters: each corner is its sampler, and the numbers mean the same on other rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imblearn.over_sampling import ADASYN, SMOTE, BorderlineSMOTE
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.neighbors import NearestNeighbors

from autosmote.search.linear_policies import (
    CORNERS,
    PARAMETERS,
    ROW_PARAMETERS,
    PolicySpace,
    corner,
    make_policy,
    random_policy,
)
from autosmote.search.space import WEIGHTS, SearchSpace, minority_classes


def rows(n_majority=200, n_minority=25, seed=0, apart=1.0, n_features=2):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_majority + n_minority, n_features))
    y = np.repeat([0, 1], [n_majority, n_minority])
    X[y == 1] += apart
    order = rng.permutation(len(y))
    return X[order], y[order]


def space_of(X, y, neighbours=30):
    return PolicySpace.of_rows(X, y, minority_classes(y), neighbours)


def by_source(space, policy):
    return space.intensity(policy).sum(axis=1)


def by_neighbour(space, policy):
    return space.intensity(policy).reshape(space.space.n_instances, -1, len(WEIGHTS)).sum(axis=2)


def counted(samples, n_instances):
    return np.bincount(samples.source, minlength=n_instances)


def danger(X, y, size):
    """Share of majority rows among the nearest others of each minority row, by brute force."""
    found = []
    for i in np.flatnonzero(y == 1):
        distance = np.linalg.norm(X - X[i], axis=1)
        distance[i] = np.inf
        found.append(np.mean(y[np.argsort(distance)[:size]] == 0))
    return np.array(found)


# -- the corners -------------------------------------------------------------------------------------------


def test_none_makes_no_rows():
    space = space_of(*rows())
    assert len(space.draw(CORNERS["none"][None], np.random.default_rng(0))) == 0


def test_duplicates_are_random_over_sampling():
    X, y = rows()
    space = space_of(X, y)
    policy = corner("duplicates", 1.0)
    expected = np.full(25, 200 / 25)  # RandomOverSampler draws each minority row with the same probability.
    assert_allclose(by_source(space, policy), expected, rtol=1e-5)
    samples = space.draw(np.repeat(policy[None], 1, axis=0), np.random.default_rng(0))
    assert len(samples) == 200
    assert np.mean(samples.weight == 0) > 0.97
    # Chi-squared with 24 degrees of freedom: above 43 once in a hundred times; the random numbers are fixed.
    assert np.sum((counted(samples, 25) - expected) ** 2 / expected) < 43


def test_smote_draws_source_and_neighbour_as_imbalanced_learn_does():
    X, y = rows(n_majority=2000, seed=3)
    space = space_of(X, y, neighbours=5)
    minority = X[y == 1]
    # Each row of imbalanced-learn's result lies on a segment from a source to one of its five neighbours.
    made, _ = SMOTE(k_neighbors=5, random_state=0).fit_resample(X, y)
    made = made[len(X) :]
    nearest = NearestNeighbors(n_neighbors=6).fit(minority).kneighbors(return_distance=False)[:, :5]
    assert_array_equal(np.sort(nearest, axis=1), np.sort(space.space.neighbours, axis=1))
    pairs = {(min(i, j), max(i, j)) for i in range(25) for j in nearest[i]}
    ends = np.array(sorted(pairs))
    start, end = minority[ends[:, 0]], minority[ends[:, 1]]
    length = np.linalg.norm(end - start, axis=1)
    detour = (
        np.linalg.norm(made[:, None] - start, axis=2) + np.linalg.norm(made[:, None] - end, axis=2) - length
    )
    theirs = np.bincount(detour.argmin(axis=1), minlength=len(ends)) / len(made)
    assert detour.min(axis=1).max() < 1e-9
    per_neighbour = by_neighbour(space, corner("smote", 1.0))
    ours = {pair: 0.0 for pair in pairs}
    for i in range(25):
        for place, j in enumerate(space.space.neighbours[i]):
            ours[min(i, j), max(i, j)] += per_neighbour[i, place] / 2000
    ours = np.array([ours[tuple(pair)] for pair in ends.tolist()])
    assert_allclose(per_neighbour, 2000 / 25 / 5, rtol=1e-5)
    # Within four standard errors of what imbalanced-learn drew.
    assert np.all(np.abs(theirs - ours) < 4 * np.sqrt(ours / len(made)))


def test_near_smote_prefers_the_nearest_neighbours_of_all_sources_alike():
    space = space_of(*rows(n_minority=40))
    policy = corner("near_smote", 0.3)
    assert_allclose(by_source(space, policy), 0.3 * 200 / 40, rtol=1e-5)
    shares = by_neighbour(space, policy) / (0.3 * 200 / 40)
    assert np.all(np.diff(shares, axis=1) < 0)
    assert np.all(shares[:, :10].sum(axis=1) > 0.85)


def test_adasyn_makes_more_rows_of_instances_among_majority_rows():
    X, y = rows(n_majority=300, n_minority=40)
    space = space_of(X, y)
    share = danger(X, y, 15)
    amount = by_source(space, corner("adasyn", 0.5))
    order = np.argsort(share)
    assert np.all(np.diff(amount[order]) >= -1e-9 * amount.max())
    # imbalanced-learn's ADASYN takes the share among as many neighbours as the amount itself.
    X_adasyn, y_adasyn = ADASYN(n_neighbors=15, random_state=0).fit_resample(X, y)
    theirs = share / share.sum()
    assert len(X_adasyn) > len(X)
    assert np.corrcoef(amount, theirs)[0, 1] > 0.9


def test_borderline_starts_from_the_instances_in_danger():
    X, y = rows(n_majority=300, n_minority=60, apart=1.8, seed=1)
    space = space_of(X, y)
    share = danger(X, y, 15)
    in_danger = (share >= 0.5) & (share < 1)
    amount = by_source(space, corner("borderline", 0.5)) / 150
    assert 0.1 < in_danger.mean() < 0.5
    assert amount[in_danger].mean() > 1.5 * amount[~in_danger].mean()
    # Those that imbalanced-learn starts from are the instances in danger alone.
    made, _ = BorderlineSMOTE(m_neighbors=15, random_state=0).fit_resample(X, y)
    theirs = NearestNeighbors(n_neighbors=1).fit(X[y == 1]).kneighbors(made[len(X) :])[1][:, 0]
    assert amount[theirs].mean() > amount.mean()


def test_safe_keeps_away_from_the_majority():
    X, y = rows(n_majority=300, n_minority=60, apart=1.5)
    space = space_of(X, y)
    share = danger(X, y, 15)
    intensity = space.intensity(corner("safe", 0.3))
    assert np.average(share, weights=intensity.sum(axis=1)) < share.mean() - 0.1
    at = space.row_features[:, :, ROW_PARAMETERS.index("row_share_15")]
    assert np.average(at, weights=intensity) < -0.5


# -- what a policy sees ------------------------------------------------------------------------------------


def test_features_are_those_of_a_slow_count():
    X, y = rows(n_majority=60, n_minority=12, seed=5)
    space = space_of(X, y, neighbours=4)
    minority = X[y == 1]
    slow = np.empty((12, 4, 5, 7))
    for i in range(12):
        for place, j in enumerate(space.space.neighbours[i]):
            ends = []
            for point in (minority[i], (minority[i] + minority[j]) / 2, minority[j]):
                distance = np.linalg.norm(X - point, axis=1)
                majority = y[np.argsort(distance)] == 0
                shares = [majority[:size].mean() for size in (5, 15, 30)]
                ends.append([*shares, np.log(distance[y == 0].min()), (shares[1] - 0.5) ** 2])
            quarters = [ends[0], np.mean(ends[:2], 0), ends[1], np.mean(ends[1:], 0), ends[2]]
            slow[i, place, :, :5] = quarters
            slow[i, place, :, 5] = place
            slow[i, place, :, 6] = np.log(np.linalg.norm(minority[i] - minority[j]))
    slow = slow.reshape(-1, 7)
    slow = (slow - slow.mean(axis=0)) / slow.std(axis=0)
    assert_allclose(space.row_features.reshape(-1, 7), slow, atol=1e-4)
    share = np.column_stack([danger(X, y, size) for size in (5, 15, 30)])
    share = (share - share.mean(axis=0)) / share.std(axis=0)
    assert_allclose(space.source_features[:, :3], share, atol=1e-9)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**20), scale=st.floats(0.01, 100), offset=st.floats(-50, 50))
def test_a_policy_means_the_same_in_other_units(seed, scale, offset):
    X, y = rows(n_majority=40, n_minority=8, seed=seed % 50)
    policy = random_policy(np.random.default_rng(seed))
    one, other = (space_of(rows_, y, 4).intensity(policy) for rows_ in (X, X * scale + offset))
    assert_allclose(one, other, rtol=1e-2, atol=1e-4 * one.max())


@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 2**20))
def test_an_intensity_adds_up_to_the_rows_of_the_first_parameter(seed):
    X, y = rows(n_majority=50, n_minority=9, seed=seed % 20)
    space = space_of(X, y)
    rng = np.random.default_rng(seed)
    policy = random_policy(rng)
    intensity = space.intensity(policy)
    assert np.all(intensity >= 0)
    assert intensity.sum() == pytest.approx(np.exp(policy[0]) * 50, rel=1e-5)
    assert len(space.draw(policy[None], rng)) == round(intensity.sum())


def test_the_number_of_rows_has_limits():
    space = space_of(*rows(n_majority=100, n_minority=10))
    assert space.intensity(make_policy(1000.0)).sum() == pytest.approx(300)
    assert space.intensity(make_policy(0.0049)).sum() == 0
    assert space.intensity(make_policy(0.0051)).sum() == pytest.approx(0.51)


def test_a_mixture_takes_its_rows_from_the_policies_in_proportion():
    space = space_of(*rows())
    copies, between = corner("duplicates", 1.0), make_policy(0.5, weight_50=6.0)
    samples = space.draw(np.array([copies, between]), np.random.default_rng(0))
    assert len(samples) == 150  # The mean of 200 and 100.
    assert np.mean(samples.weight == 0) == pytest.approx(2 / 3, abs=0.12)
    assert np.mean(samples.weight == 0.5) == pytest.approx(1 / 3, abs=0.12)


def test_a_draw_follows_the_intensity():
    space = space_of(*rows(n_majority=3000, n_minority=6), neighbours=3)
    policy = random_policy(np.random.default_rng(4))
    policy[0] = np.log(3.0)
    samples = space.draw(policy[None], np.random.default_rng(0))
    expected = space.intensity(policy)
    place = (space.space.neighbours[samples.source] == samples.neighbour[:, None]).argmax(axis=1)
    cell = (samples.source * 3 + place) * 5 + np.searchsorted(WEIGHTS, samples.weight)
    drawn = np.bincount(cell, minlength=90)
    assert np.all(np.abs(drawn - expected.ravel()) < 5 * np.sqrt(expected.ravel()) + 5)


# -- more than two classes, limits -------------------------------------------------------------------------


def test_each_class_gets_what_it_lacks():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], [100, 10, 55])
    X = rng.normal(size=(165, 2)) + y[:, None]
    space = space_of(X, y, neighbours=12)
    amount = by_source(space, make_policy(0.9))
    assert amount[space.space.labels == 1].sum() == pytest.approx(90)  # Balances this class,
    assert amount[space.space.labels == 2].sum() == pytest.approx(45)  # and this one with it.


def test_a_small_class_has_each_of_its_neighbours_once():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], [60, 3, 20])
    X = rng.normal(size=(83, 2))
    space = space_of(X, y, neighbours=10)
    small = space.space.labels == 1
    per_neighbour = by_neighbour(space, make_policy(1.0))[small]
    assert np.all(per_neighbour[:, :2] > 0)
    assert np.all(per_neighbour[:, 2:] == 0)


def test_no_more_rows_than_the_search_space_allows():
    X, y = rows()
    space = PolicySpace(SearchSpace(X[y == 1], 5, max_samples=17), X, y)
    assert len(space.draw(corner("smote", 1.0)[None], np.random.default_rng(0))) == 17


def test_equal_rows_have_features_too():
    X = np.zeros((30, 2))
    y = np.repeat([0, 1], [24, 6])
    space = space_of(X, y)
    assert np.isfinite(space.row_features).all() and np.isfinite(space.source_features).all()
    assert len(space.draw(corner("adasyn", 1.0)[None], np.random.default_rng(0))) == 24


def test_parameters_have_names():
    assert len(PARAMETERS) == len(set(PARAMETERS)) == 18
    policy = make_policy(2.0, row_share_5=3.0)
    assert policy[0] == pytest.approx(np.log(2.0))
    assert policy[PARAMETERS.index("row_share_5")] == 3.0
    with pytest.raises(ValueError, match="share"):
        make_policy(1.0, share=1.0)
