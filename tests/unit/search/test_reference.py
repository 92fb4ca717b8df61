"""Algorithm 2 taken literally against the engine, and the parts of it that a hand can check."""

import numpy as np
import pytest
import torch
from literal_policies import literal
from numpy.testing import assert_allclose, assert_array_equal

from autosmote.search import reference
from autosmote.search.engine import search
from autosmote.search.policies import Policies
from autosmote.search.settings import LEVELS, SearchSettings
from autosmote.search.space import SearchSpace

COLUMNS = [f"{level}_{what}" for level in LEVELS for what in ("loss", "entropy")]


@pytest.fixture
def space():
    return SearchSpace(np.random.default_rng(1).normal(size=(8, 3)), neighbours=4)


def make_settings(**keys):
    return SearchSettings(
        **{
            "g1_max": 3,
            "g2_max": 3,
            "neighbours": 4,
            "hidden": 16,
            "iterations": 10,
            "round_size": 2,
            "count_bin_width": 2,
            "cross_instance_buffer": 2,
            "instance_specific_buffer": 12,
            "low_level_buffer": 20,
            "discount": 0.95,
            **keys,
        }
    )


def share_above(space):
    def score(samples):
        rows = space.interpolate(samples)
        return float(np.mean(rows[:, 0] > 0)) if len(rows) else 0.0

    return score


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"round_size": 1},
        {"gradient_clip": 0.5, "entropy_cost": 0.0},
        {"factor_range": "exclusive", "g1_max": 5, "g2_max": 5},
        {"batch_unrolls": 3, "iterations": 20, "round_size": 4},
    ],
    ids=lambda keys: ", ".join(keys) or "paper",
)
def test_the_search_takes_the_steps_of_algorithm_2(space, keys):
    settings = make_settings(**keys)
    fast = search(space, share_above(space), settings)
    samples, history = reference.search(space, share_above(space), settings)
    for column in ("g1", "validation_score"):
        assert_array_equal(fast.history[column], [row[column] for row in history])
    for column in COLUMNS:
        losses = [row.get(column, np.nan) for row in history]
        assert np.isfinite(losses).sum() >= 3
        assert_allclose(fast.history[column], losses, rtol=1e-4, atol=1e-5)
        # The first updates start from equal weights; later ones carry their rounding along.
        first = np.flatnonzero(np.isfinite(losses))[:2]
        assert_allclose(fast.history[column][first], np.array(losses)[first], rtol=1e-5, atol=1e-5)
    for column in ("source", "neighbour", "weight"):
        assert_array_equal(getattr(fast.samples, column), getattr(samples, column))


def test_initial_weights_are_those_of_the_fast_policies(space):
    settings = make_settings(seed=3)
    fast, slow = Policies(space, settings).state_dict(), reference.Policies(space, settings).state_dict()
    assert list(fast) == list(slow)
    assert all(torch.equal(fast[name], slow[name]) for name in fast)


def test_the_loss_of_two_steps_by_hand():
    # Two actions with probabilities 1/4 and 3/4, value 0.5; the policy that acted had 1/2 for each.
    def policy(state):
        return torch.tensor([0.25, 0.75]).log(), torch.tensor(0.5)

    steps = [
        reference.Step((torch.zeros(1),), 0, np.log(0.5)),
        reference.Step((torch.zeros(1),), 1, np.log(0.5), reward=1.0, last=True),
    ]
    # rho = 1/2, 1. v_2 = 1; v_1 = 0.5 + 1/2 * (0.9 * 0.5 - 0.5) + 0.9 * 1/2 * (1 - 0.5) = 0.7.
    # Advantages: 1/2 * (0.9 * 1 - 0.5) = 0.2 and 0.5.
    policy_gradient = -0.2 * np.log(0.25) - 0.5 * np.log(0.75)
    value_error = 0.5 * (0.2**2 + 0.5**2)
    entropy = -(0.25 * np.log(0.25) + 0.75 * np.log(0.75))
    total, mean_entropy = reference.loss(policy, steps, gamma=0.9, entropy_cost=0.1)
    assert total.item() == pytest.approx(policy_gradient + value_error - 0.1 * 2 * entropy, rel=1e-6)
    assert mean_entropy == pytest.approx(entropy, rel=1e-6)


def test_all_steps_of_an_episode_end_where_algorithm_1_says(space):
    settings = make_settings()
    policies = literal(space, settings, Policies(space, settings))
    for seed in range(5):
        rng = np.random.default_rng(seed)
        steps, samples = reference.generate(space, policies, rng, settings.count_bin_width)
        assert [step.last for step in steps["cross_instance"]] == [True]
        assert [step.last for step in steps["instance_specific"]] == [False] * 7 + [True]
        g1 = steps["cross_instance"][0].action
        lengths = [g1 * step.action for step in steps["instance_specific"] if g1 * step.action]
        ends = np.flatnonzero([step.last for step in steps["low_level"]]) + 1
        assert_array_equal(ends, np.cumsum(lengths))
        assert len(samples) == len(steps["low_level"])
