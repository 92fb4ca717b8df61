"""Episodes against Algorithm 1 taken literally, with PyTorch evaluating every step anew."""

import numpy as np
import pytest
import torch
from literal_policies import literal
from numpy.testing import assert_allclose, assert_array_equal

from autosmote.search import reference
from autosmote.search.policies import Policies
from autosmote.search.rollout import Actor, cross_instance_state, episode_rng
from autosmote.search.settings import LEVELS, SearchSettings
from autosmote.search.space import WEIGHTS, SearchSpace


def constant(probabilities):
    """A policy that sees nothing."""
    return lambda *state: (torch.tensor(probabilities, dtype=torch.float64).log(), torch.zeros(()))


def replace_unlearned(space, settings, policies):
    """Put what an ablation decides by (Section 4.4) in the place of its networks."""
    sizes = dict(zip(LEVELS, (settings.g1_actions, settings.g2_actions, space.n_actions), strict=True))
    for level, size in sizes.items():
        rule = getattr(settings, f"{level}_policy")
        if rule != "learned":
            probabilities = np.eye(size)[size // 2] if rule == "half" else np.full(size, 1 / size)
            delattr(policies, level)
            setattr(policies, level, constant(probabilities))
    return policies


def flat_step_by_step(space, settings, policies, rng):
    """The steps of a flat policy: in each the boolean, and the pair unless it goes to the next instance."""
    counts = np.zeros(space.n_instances, dtype=int)
    instances, steps = [], []
    for i, nearest in enumerate(space.neighbours):
        for uniform in rng.random(round(settings.g1_max * settings.g2_max * space.demand[i])):
            state = reference.low_level_state(space, i, counts, settings.count_bin_width)
            step = reference.decide(policies.low_level, state, uniform)
            instances.append(i)
            steps.append(step)
            if step.action == space.n_actions:
                break
            counts[i] += 1
            counts[nearest[step.action // len(WEIGHTS)]] += 1
    return instances, steps


def make_problem(width=3, labels=1, other_features=False, scale=3.0, **keys):
    # Few instances and narrow bins: many bin edges are crossed, the last bin is reached.
    rng = np.random.default_rng(1)
    X = rng.normal(size=(7, 3))
    settings = SearchSettings(g1_max=6, g2_max=5, neighbours=4, hidden=16, count_bin_width=width, **keys)
    space = SearchSpace(
        X,
        settings.neighbours,
        labels=labels,
        state_features=rng.normal(size=(7, 2)) if other_features else None,
    )
    policies = Policies(space, settings)
    with torch.no_grad():  # Larger weights than the initial ones, so that the states matter to the decisions.
        for parameter in policies.parameters():
            parameter.mul_(scale)
    return space, settings, policies


@pytest.fixture(
    params=[
        {"width": 3},
        {"width": 10},
        # With three rows of a class, four neighbours are two that come twice.
        {"labels": np.array([0, 1, 1, 0, 1, 0, 1])},
        {"other_features": True},
        {"cross_instance_policy": "half"},
        {"instance_specific_policy": "half", "factor_range": "exclusive"},
        {"low_level_policy": "random"},
        {f"{level}_policy": "random" for level in LEVELS},
    ],
    ids=lambda keys: ", ".join(keys) if len(keys) < 3 else "all random",
)
def problem(request):
    return make_problem(**request.param)


def count_bins(one_hots):
    return one_hots.argmax(axis=-1)


def assert_same_steps(space, episode, instances, steps):
    assert len(episode.action) == len(steps) == len(instances)
    if not steps:
        return
    assert_array_equal(episode.step_instance, instances)
    assert_array_equal(episode.action, [step.action for step in steps])
    assert_allclose(episode.log_probability, [step.log_probability for step in steps], atol=1e-5)
    n_features = space.state_features.shape[1]
    own = np.array([step.state[0].numpy() for step in steps])
    assert_array_equal(episode.segment_bin[episode.step_segment], count_bins(own[:, n_features:]))
    pairs = np.array([step.state[1].numpy()[:: len(WEIGHTS)] for step in steps])
    expected = count_bins(pairs[:, :, n_features : -len(WEIGHTS)])
    assert_array_equal(episode.segment_neighbour_bins[episode.step_segment], expected)


@pytest.mark.parametrize("number", range(6))
def test_same_random_numbers_give_the_same_episode(problem, number):
    space, settings, policies = problem
    episode = Actor(space, settings, policies.export()).episode(episode_rng(5, number))
    slow = replace_unlearned(space, settings, literal(space, settings, policies))
    steps, samples = reference.generate(space, slow, episode_rng(5, number), settings.count_bin_width)
    g1 = steps["cross_instance"][0].action
    factors = [step.action for step in steps["instance_specific"]]
    assert episode.g1 == g1
    assert_array_equal(episode.g2, factors)
    assert_array_equal(
        np.bincount(episode.step_instance, minlength=7),
        [round(g1 * g2 * demand) for g2, demand in zip(factors, space.demand, strict=True)],
    )
    assert_same_steps(space, episode, samples.source, steps["low_level"])
    decoded = space.decode(*episode.rows())
    for column in ("source", "neighbour", "weight"):
        assert_array_equal(getattr(decoded, column), getattr(samples, column))


FLAT = [
    # With the initial weights the boolean is near one half; with such larger ones it depends on the state.
    {"width": 3},
    {"width": 10, "scale": 1.0, "other_features": True},
    {"labels": np.array([0, 1, 1, 0, 1, 0, 1])},
]


@pytest.mark.parametrize("keys", FLAT, ids=["3", "10", "two classes"])
@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("boolean", ["learned", "seldom"])
def test_a_flat_policy_takes_the_steps_of_its_slow_version(keys, number, boolean):
    space, settings, policies = make_problem(**keys, hierarchy="flat")
    if boolean == "seldom":  # Long stays, up to the largest number of rows.
        with torch.no_grad():
            policies.low_level.next.bias.fill_(-3.0)
    episode = Actor(space, settings, policies.export()).episode(episode_rng(5, number))
    instances, steps = flat_step_by_step(
        space, settings, literal(space, settings, policies), episode_rng(5, number)
    )
    assert_same_steps(space, episode, instances, steps)
    assert episode.g1 is None and len(episode.g2) == 0
    instance, action = episode.rows()
    made = [
        (i, step.action) for i, step in zip(instances, steps, strict=True) if step.action != space.n_actions
    ]
    assert_array_equal(instance, [i for i, _ in made])
    assert_array_equal(action, [a for _, a in made])


@pytest.mark.parametrize(("bias", "rows", "decisions"), [(1e4, 0, 1), (-1e4, 30, 30)])
def test_a_flat_policy_makes_from_no_row_to_as_many_as_the_hierarchy_can(bias, rows, decisions):
    space, settings, policies = make_problem(hierarchy="flat")
    with torch.no_grad():
        policies.low_level.next.bias.fill_(bias)
    episode = Actor(space, settings, policies.export()).episode(episode_rng(0, 0))
    assert_array_equal(np.bincount(episode.step_instance), [decisions] * 7)
    assert_array_equal(np.bincount(episode.rows()[0], minlength=7), [rows] * 7)
    assert settings.most_per_instance == 6 * 5 == 30


@pytest.mark.parametrize("hierarchy", ["full", "flat"])
def test_segments_need_fewer_evaluations_than_steps(hierarchy):
    space, settings, policies = make_problem(hierarchy=hierarchy)
    episodes = [Actor(space, settings, policies.export()).episode(episode_rng(0, e)) for e in range(20)]
    assert sum(len(e.segment_bin) for e in episodes) < sum(len(e.action) for e in episodes)


def test_an_empty_episode_has_no_steps():
    space, settings, policies = make_problem()
    with torch.no_grad():
        policies.cross_instance.policy.bias[0] = 1e4
    episode = Actor(space, settings, policies.export()).episode(episode_rng(0, 0))
    assert episode.g1 == 0
    assert len(episode.action) == len(episode.segment_bin) == 0
    assert episode.segment_neighbour_bins.shape == (0, space.k)
    assert len(episode.g2) == space.n_instances


def test_an_episode_has_a_stream_of_its_own():
    draws = {episode_rng(seed, episode).random() for seed in range(3) for episode in range(50)}
    assert len(draws) == 150
    assert episode_rng(2, 9).random() == episode_rng(2, 9).random()


def test_the_cross_instance_state_does_not_depend_on_the_order_of_the_rows():
    X = np.random.default_rng(0).normal(size=(6, 2))
    settings = SearchSettings(g1_max=4)
    one = cross_instance_state(SearchSpace(X, 3), settings)
    other = cross_instance_state(SearchSpace(X[::-1], 3), settings)
    assert_allclose(one, other, rtol=1e-6)
    assert_allclose(one[:2], X.mean(axis=0), rtol=1e-6)
    assert_array_equal(one[2:], np.eye(10)[0])
    first = cross_instance_state(SearchSpace(X, 3), SearchSettings(g1_max=4, cross_instance_state="first"))
    assert_allclose(first[:2], X[0], rtol=1e-6)
