"""V-trace against Eq. 1 of the paper, written out as sums and products."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from autosmote.search.vtrace import vtrace


def eq_1(log_ratios, discounts, rewards, values, bootstrap):
    """The double loop of Eq. 1, with a discount per step; slow, sharing nothing with the code."""
    n = len(values)
    rho = [min(1.0, float(np.exp(x))) for x in log_ratios]
    following = [*values[1:], bootstrap]
    targets = []
    for start in range(n):
        total = values[start]
        for t in range(start, n):
            weight = 1.0
            for i in range(start, t):
                weight *= discounts[i] * rho[i]
            total += weight * rho[t] * (rewards[t] + discounts[t] * following[t] - values[t])
        targets.append(total)
    after = [*targets[1:], bootstrap]
    advantages = [rho[t] * (rewards[t] + discounts[t] * after[t] - values[t]) for t in range(n)]
    return np.array(targets), np.array(advantages)


numbers = st.floats(-3, 3, allow_nan=False)


@st.composite
def batches(draw):
    n = draw(st.integers(1, 12))
    columns = [np.array(draw(st.lists(numbers, min_size=n, max_size=n))) for _ in range(3)]
    ends = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    discount = draw(st.floats(0, 1))
    log_ratios, rewards, values = columns
    return log_ratios, np.where(ends, 0.0, discount), rewards, values, draw(numbers)


@given(batches())
def test_equals_equation_1(batch):
    log_ratios, discounts, rewards, values, bootstrap = batch
    result = vtrace(log_ratios, discounts, rewards, values, bootstrap)
    targets, advantages = eq_1(*batch)
    assert_allclose(result.targets, targets, atol=1e-9)
    assert_allclose(result.advantages, advantages, atol=1e-9)


def test_on_policy_without_discount_is_the_return():
    # One episode, reward only at its end: every state's target is that reward.
    result = vtrace(
        np.zeros(4), np.array([1.0, 1.0, 1.0, 0.0]), np.array([0, 0, 0, 0.7]), np.array([0.3, 0.1, 0.9, 0.2])
    )
    assert_allclose(result.targets, 0.7)
    assert_allclose(result.advantages, 0.7 - np.array([0.3, 0.1, 0.9, 0.2]))


def test_an_episode_does_not_hear_of_the_next():
    first = vtrace(np.zeros(2), np.array([1.0, 0.0]), np.array([0.0, 1.0]), np.array([0.5, 0.5]))
    both = vtrace(
        np.zeros(4),
        np.array([1.0, 0.0, 1.0, 0.0]),
        np.array([0.0, 1.0, 0.0, -9.0]),
        np.array([0.5, 0.5, 7.0, 7.0]),
    )
    assert_allclose(both.targets[:2], first.targets)


@pytest.mark.parametrize("log_ratio, weight", [(5.0, 1.0), (np.log(0.25), 0.25)])
def test_importance_weights_are_truncated_at_one(log_ratio, weight):
    result = vtrace(np.array([log_ratio]), np.zeros(1), np.ones(1), np.array([0.2]))
    assert_allclose(result.targets, 0.2 + weight * 0.8)
    assert_allclose(result.advantages, weight * 0.8)
