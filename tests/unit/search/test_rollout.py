"""Episodes against Algorithm 1 written step by step, with PyTorch evaluating every step anew."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from autosmote.search.policies import Policies
from autosmote.search.rollout import Actor, cross_instance_state, episode_rng
from autosmote.search.settings import LEVELS, SearchSettings
from autosmote.search.space import WEIGHTS, SearchSpace


def invert(probabilities, uniform):
    """First action whose cumulative probability exceeds the uniform number."""
    total = 0.0
    for action, probability in enumerate(probabilities):
        total += probability
        if uniform < total:
            return action
    return len(probabilities) - 1


def one_hot(count, width):
    features = np.zeros(10)
    features[min(count // width, 9)] = 1
    return features


def plain_mlp(sequential, inputs):
    for layer in sequential:
        inputs = layer(inputs)
    return inputs


def pair_probabilities(space, settings, policies, i, counts):
    """Representation of an instance's state, and log-probabilities of its pairs, on explicit vectors."""
    width, low, X = settings.count_bin_width, policies.low_level, space.state_features
    state = np.append(X[i], one_hot(counts[i], width))
    representation = plain_mlp(low.encoder, torch.tensor(state, dtype=torch.float32)[None])
    pairs = [
        np.concatenate([X[j], one_hot(counts[j], width), np.eye(len(WEIGHTS))[w]])
        for j in space.neighbours[i]
        for w in range(len(WEIGHTS))
    ]
    if settings.low_level_policy == "random":
        return representation, np.log(np.full(len(pairs), 1 / len(pairs)))
    inputs = torch.cat(
        [representation.expand(len(pairs), -1), torch.tensor(np.array(pairs), dtype=torch.float32)], dim=1
    )
    scores = low.score(torch.relu(low.scorer(inputs)))[:, 0]
    return representation, torch.log_softmax(scores, dim=0).detach().double().numpy()


def step_by_step(space, settings, policies, rng):
    """Algorithm 1 with one policy evaluation per decision, on explicit feature vectors.

    Returns g1, the factors, and a list of (instance, count, neighbours' counts, action, log-probability).
    """
    width, X = settings.count_bin_width, space.state_features

    def factor(name, state, uniform):
        policy, rule = getattr(policies, name), getattr(settings, f"{name}_policy")
        logits = policy.policy(plain_mlp(policy.encoder, torch.tensor(state, dtype=torch.float32)[None]))[0]
        if rule == "half":
            return len(logits) // 2
        probabilities = torch.softmax(logits, dim=0).detach().double().numpy()
        return invert(np.full(len(logits), 1 / len(logits)) if rule == "random" else probabilities, uniform)

    counts = np.zeros(space.n_instances, dtype=int)
    g1 = factor("cross_instance", np.append(X.mean(axis=0), one_hot(0, width)), rng.random())
    uniforms = rng.random(space.n_instances)
    factors, steps = [], []
    for i in range(space.n_instances):
        g2 = factor("instance_specific", np.append(X[i], one_hot(counts[i], width)), uniforms[i])
        factors.append(g2)
        n_steps = round(g1 * g2 * space.demand[i])
        for uniform in rng.random(n_steps) if n_steps else []:
            _, log_probabilities = pair_probabilities(space, settings, policies, i, counts)
            action = invert(np.exp(log_probabilities), uniform)
            nearest = space.neighbours[i]
            steps.append((i, counts[i], counts[nearest].copy(), action, log_probabilities[action]))
            counts[i] += 1
            counts[nearest[action // len(WEIGHTS)]] += 1
    return g1, factors, steps


def flat_step_by_step(space, settings, policies, rng):
    """The steps of a flat policy: in each the boolean, and the pair unless it goes to the next instance."""
    counts = np.zeros(space.n_instances, dtype=int)
    steps = []
    for i, nearest in enumerate(space.neighbours):
        for uniform in rng.random(round(settings.g1_max * settings.g2_max * space.demand[i])):
            representation, pairs = pair_probabilities(space, settings, policies, i, counts)
            logit = policies.low_level.next(representation).item()
            log_next, log_stay = -np.logaddexp(0, -logit), -np.logaddexp(0, logit)
            log_probabilities = np.append(log_stay + pairs, log_next)
            action = invert(np.exp(log_probabilities), uniform)
            steps.append((i, counts[i], counts[nearest].copy(), action, log_probabilities[action]))
            if action == len(pairs):
                break
            counts[i] += 1
            counts[nearest[action // len(WEIGHTS)]] += 1
    return steps


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


def assert_same_steps(episode, steps, width):
    assert len(episode.action) == len(steps)
    if not steps:
        return
    instances, counts, neighbour_counts, actions, log_probabilities = zip(*steps, strict=True)
    assert_array_equal(episode.step_instance, instances)
    assert_array_equal(episode.action, actions)
    assert_allclose(episode.log_probability, log_probabilities, atol=1e-5)
    bins = np.minimum(np.array(counts, dtype=int) // width, 9)
    assert_array_equal(episode.segment_bin[episode.step_segment], bins)
    expected = np.minimum(np.array(neighbour_counts) // width, 9)
    assert_array_equal(episode.segment_neighbour_bins[episode.step_segment], expected)


@pytest.mark.parametrize("number", range(6))
def test_same_random_numbers_give_the_same_episode(problem, number):
    space, settings, policies = problem
    episode = Actor(space, settings, policies.export()).episode(episode_rng(5, number))
    g1, factors, steps = step_by_step(space, settings, policies, episode_rng(5, number))
    assert episode.g1 == g1
    assert_array_equal(episode.g2, factors)
    assert_array_equal(
        np.bincount(episode.step_instance, minlength=7),
        [round(g1 * g2 * demand) for g2, demand in zip(factors, space.demand, strict=True)],
    )
    assert_same_steps(episode, steps, settings.count_bin_width)


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
    steps = flat_step_by_step(space, settings, policies, episode_rng(5, number))
    assert_same_steps(episode, steps, settings.count_bin_width)
    assert episode.g1 is None and len(episode.g2) == 0
    instance, action = episode.rows()
    made = [step for step in steps if step[3] != space.n_actions]
    assert_array_equal(instance, [step[0] for step in made])
    assert_array_equal(action, [step[3] for step in made])


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
