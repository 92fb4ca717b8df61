"""Episodes against Algorithm 1 written step by step, with PyTorch evaluating every step anew."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from autosmote.search.policies import Policies
from autosmote.search.rollout import Actor, cross_instance_state, episode_rng
from autosmote.search.settings import SearchSettings
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


def step_by_step(space, settings, policies, rng):
    """Algorithm 1 with one policy evaluation per decision, on explicit feature vectors.

    Returns g1, the factors, and a list of (instance, count, neighbours' counts, action, log-probability).
    """
    width = settings.count_bin_width

    def factor(policy, state, uniform):
        logits = policy.policy(plain_mlp(policy.encoder, torch.tensor(state, dtype=torch.float32)[None]))[0]
        probabilities = torch.softmax(logits, dim=0).detach().double().numpy()
        return invert(probabilities, uniform)

    counts = np.zeros(space.n_instances, dtype=int)
    g1 = factor(policies.cross_instance, np.append(space.X.mean(axis=0), one_hot(0, width)), rng.random())
    uniforms = rng.random(space.n_instances)
    factors, steps = [], []
    low = policies.low_level
    for i in range(space.n_instances):
        g2 = factor(policies.instance_specific, np.append(space.X[i], one_hot(counts[i], width)), uniforms[i])
        factors.append(g2)
        n_steps = round(g1 * g2 * space.demand[i])
        for uniform in rng.random(n_steps) if n_steps else []:
            state = np.append(space.X[i], one_hot(counts[i], width))
            representation = plain_mlp(low.encoder, torch.tensor(state, dtype=torch.float32)[None])
            pairs = [
                np.concatenate([space.X[j], one_hot(counts[j], width), np.eye(len(WEIGHTS))[w]])
                for j in space.neighbours[i]
                for w in range(len(WEIGHTS))
            ]
            inputs = torch.cat(
                [representation.expand(len(pairs), -1), torch.tensor(np.array(pairs), dtype=torch.float32)],
                dim=1,
            )
            scores = low.score(torch.relu(low.scorer(inputs)))[:, 0]
            log_probabilities = torch.log_softmax(scores, dim=0).detach().double().numpy()
            action = invert(np.exp(log_probabilities), uniform)
            nearest = space.neighbours[i]
            steps.append((i, counts[i], counts[nearest].copy(), action, log_probabilities[action]))
            counts[i] += 1
            counts[nearest[action // len(WEIGHTS)]] += 1
    return g1, factors, steps


# With three rows of a class, four neighbours are two that come twice.
@pytest.fixture(
    params=[(3, 1), (10, 1), (3, np.array([0, 1, 1, 0, 1, 0, 1]))], ids=["3", "10", "two classes"]
)
def problem(request):
    # Few instances and narrow bins: many bin edges are crossed, the last bin is reached.
    X = np.random.default_rng(1).normal(size=(7, 3))
    width, labels = request.param
    settings = SearchSettings(
        g1_max=6, g2_max=5, neighbours=4, hidden=16, count_bin_width=width, entropy_cost=0.0
    )
    space = SearchSpace(X, settings.neighbours, labels=labels)
    policies = Policies(space, settings)
    with torch.no_grad():  # Larger weights than the initial ones, so that the states matter to the decisions.
        for parameter in policies.parameters():
            parameter.mul_(3.0)
    return space, settings, policies


@pytest.mark.parametrize("number", range(6))
def test_same_random_numbers_give_the_same_episode(problem, number):
    space, settings, policies = problem
    episode = Actor(space, settings, policies.export()).episode(episode_rng(5, number))
    g1, factors, steps = step_by_step(space, settings, policies, episode_rng(5, number))
    assert episode.g1 == g1
    assert_array_equal(episode.g2, factors)
    assert len(episode.action) == len(steps)
    assert_array_equal(
        np.bincount(episode.step_instance, minlength=7),
        [round(g1 * g2 * demand) for g2, demand in zip(factors, space.demand, strict=True)],
    )
    width = settings.count_bin_width
    instances, counts, neighbour_counts, actions, log_probabilities = (
        zip(*steps, strict=True) if steps else [()] * 5
    )
    assert_array_equal(episode.step_instance, instances)
    assert_array_equal(episode.action, actions)
    assert_allclose(episode.log_probability, log_probabilities, atol=1e-5)
    bins = np.minimum(np.array(counts, dtype=int) // width, 9)
    assert_array_equal(episode.segment_bin[episode.step_segment], bins)
    if steps:
        expected = np.minimum(np.array(neighbour_counts) // width, 9)
        assert_array_equal(episode.segment_neighbour_bins[episode.step_segment], expected)


def test_segments_need_fewer_evaluations_than_steps(problem):
    space, settings, policies = problem
    episodes = [Actor(space, settings, policies.export()).episode(episode_rng(0, e)) for e in range(20)]
    assert sum(len(e.segment_bin) for e in episodes) < sum(len(e.action) for e in episodes)


def test_an_empty_episode_has_no_steps(problem):
    space, settings, policies = problem
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
