"""The learner against Eq. 2 on uncompressed steps, and the buffers of Algorithm 2."""

import dataclasses
import math
import pickle

import numpy as np
import pytest
import torch
from literal_policies import literal
from numpy.testing import assert_allclose, assert_array_equal

from autosmote.search import reference
from autosmote.search.learner import Buffer, Learner, Steps, episode_steps
from autosmote.search.policies import _PairScores
from autosmote.search.rollout import Actor, cross_instance_state, episode_rng
from autosmote.search.settings import SearchSettings
from autosmote.search.space import SearchSpace


@pytest.fixture
def space():
    return SearchSpace(np.random.default_rng(1).normal(size=(9, 3)), neighbours=4)


def make_settings(**keys):
    return SearchSettings(
        **{
            "g1_max": 5,
            "g2_max": 4,
            "neighbours": 4,
            "hidden": 16,
            "count_bin_width": 3,
            "entropy_cost": 0.01,
            **keys,
        }
    )


def draw(space, settings, learner, number=0):
    return Actor(space, settings, learner.weights()).episode(episode_rng(settings.seed, number))


def steps_of(n, first=0, last_at=()):
    """Steps whose action is their number; every pair of steps shares a state."""
    numbers = np.arange(first, first + n)
    return Steps(
        states=np.unique(numbers // 2)[:, None],
        state=numbers // 2 - numbers[0] // 2,
        action=numbers,
        log_probability=-numbers.astype(float),
        reward=np.zeros(n),
        last=np.isin(numbers, last_at),
    )


# -- buffers -----------------------------------------------------------------------------------------------


def test_an_unroll_is_popped_only_when_there_are_enough_steps():
    buffer = Buffer(unroll_length=5, unrolls=1)
    buffer.push(steps_of(3))
    assert buffer.pop() is None
    buffer.push(steps_of(3, first=3))
    batch, rest = buffer.pop()
    assert_array_equal(batch.action, [1, 2, 3, 4, 5])  # The newest.
    assert len(rest) == 0
    assert buffer.pop() is None


def test_several_unrolls_are_popped_oldest_first_and_know_what_follows():
    buffer = Buffer(unroll_length=4, unrolls=2)
    buffer.push(steps_of(11))
    batch, rest = buffer.pop()
    assert_array_equal(batch.action, [3, 4, 5, 6])
    assert_array_equal(rest.action, [7, 8, 9, 10])
    batch, rest = buffer.pop()
    assert_array_equal(batch.action, [7, 8, 9, 10])
    assert len(rest) == 0


def test_a_buffer_is_bounded():
    buffer = Buffer(unroll_length=4, unrolls=2)
    for first in range(0, 300, 3):
        buffer.push(steps_of(3, first))
    assert len(buffer.steps) == 8
    assert len(buffer.steps.states) <= 8


def test_cutting_and_joining_keep_each_step_with_its_state():
    steps = steps_of(9)[3:].followed_by(steps_of(4, first=20)[1:])
    assert_array_equal(steps.states[steps.state, 0], np.array([3, 4, 5, 6, 7, 8, 21, 22, 23]) // 2)


# -- the steps of an episode -------------------------------------------------------------------------------


def test_only_last_steps_are_rewarded(space):
    settings = make_settings()
    learner = Learner(space, settings)
    episode = draw(space, settings, learner, number=3)
    assert len(episode.action)
    steps = episode_steps(episode, 0.8)
    assert_array_equal(steps["cross_instance"].reward, [0.8])
    assert_array_equal(steps["instance_specific"].reward, [0.0] * 8 + [0.8])
    low = steps["low_level"]
    lengths = [length for length in episode.g1 * episode.g2 if length]
    ends = np.cumsum(lengths) - 1
    assert_array_equal(np.flatnonzero(low.reward), ends)
    assert_array_equal(np.flatnonzero(low.last), ends)


def test_keeping_the_newest_steps_keeps_the_end(space):
    settings = make_settings()
    episode = draw(space, settings, Learner(space, settings), number=3)
    everything = episode_steps(episode, 0.8)["low_level"]
    newest = episode_steps(episode, 0.8, newest=5)["low_level"]
    assert_array_equal(newest.action, everything.action[-5:])
    assert_array_equal(newest.states[newest.state], everything.states[everything.state][-5:])


# -- the loss and its gradient -----------------------------------------------------------------------------


def single_steps(space, settings, name, steps):
    """The steps as those of the reference: what each one saw, on feature vectors."""

    def state(row):
        counts = np.zeros(space.n_instances, dtype=int)
        if name == "cross_instance":
            return (torch.from_numpy(cross_instance_state(space, settings)),)
        i = row[0]
        counts[i] = row[1] * settings.count_bin_width
        if name == "low_level":
            counts[space.neighbours[i]] = row[2:] * settings.count_bin_width
        own, pairs = reference.low_level_state(space, i, counts, settings.count_bin_width)
        return (own, pairs) if name == "low_level" else (own,)

    return [
        reference.Step(state(steps.states[seen]), action, log_probability, reward, last)
        for seen, action, log_probability, reward, last in zip(
            steps.state, steps.action, steps.log_probability, steps.reward, steps.last, strict=True
        )
    ]


def uncompressed_update(space, learner, name, steps, settings):
    """Loss and gradients of Eq. 2, every step evaluated by itself on explicit feature vectors."""
    policy = getattr(literal(space, settings, learner.policies), name)
    single = single_steps(space, settings, name, steps)
    loss, _ = reference.loss(policy, single, settings.discount, settings.entropy_cost)
    loss.backward()
    return loss.item(), {key: p.grad.clone() for key, p in policy.named_parameters()}


@pytest.mark.parametrize(
    ("name", "hierarchy"),
    [("cross_instance", "full"), ("instance_specific", "full"), ("low_level", "full"), ("low_level", "flat")],
)
def test_loss_and_gradients_equal_those_of_single_steps(space, name, hierarchy):
    settings = make_settings(
        hierarchy=hierarchy,
        cross_instance_buffer=1,
        instance_specific_buffer=6,
        low_level_buffer=20,
        gradient_clip=1e9,
        discount=0.9,
    )
    learner = Learner(space, settings)
    episode = draw(space, settings, learner, number=3)
    assert len(episode.action) >= 20
    with torch.no_grad():  # The learner has moved on since the actor got its weights: V-trace has work to do.
        for parameter in learner.policies.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(0))
    batch_size = getattr(settings, f"{name}_buffer")
    steps = episode_steps(episode, 0.7)[name][-batch_size:]
    expected_loss, expected = uncompressed_update(space, learner, name, steps, settings)

    report = learner.learn(episode, 0.7)
    gradients = {key: p.grad for key, p in getattr(learner.policies, name).named_parameters()}
    assert report[f"{name}_loss"] == pytest.approx(expected_loss, rel=1e-5)
    # The absolute tolerance is for entries that cancel, like the last bias before a softmax.
    largest = max(gradient.abs().max().item() for gradient in expected.values())
    for key, gradient in expected.items():
        assert_allclose(gradients[key].numpy(), gradient.numpy(), rtol=1e-5, atol=1e-6 * largest, err_msg=key)


def test_to_a_flat_policy_an_episode_is_one_sequence(space):
    settings = make_settings(hierarchy="flat")
    episode = draw(space, settings, Learner(space, settings))
    steps = episode_steps(episode, 0.8)
    assert list(steps) == ["low_level"]
    n = len(episode.action)
    assert n > len(episode.rows()[1]) > 0
    assert_array_equal(steps["low_level"].action, episode.action)
    assert_array_equal(np.flatnonzero(steps["low_level"].last), [n - 1])
    assert_array_equal(steps["low_level"].reward, [0.0] * (n - 1) + [0.8])


def test_rewards_are_standardised_over_the_recent_episodes(space):
    settings = make_settings(reward_scaling="standardised", reward_window=3, cross_instance_buffer=10)
    learner = Learner(space, settings)
    scores = [1.0, 3.0, 2.0, 2.0, 2.0, 5.0]
    for number, score in enumerate(scores):
        learner.learn(draw(space, settings, learner, number), score)
    # By hand. (1): nothing to compare with; (1, 3): mean 2, deviation 1; (1, 3, 2): the mean; (3, 2, 2): mean
    # 7/3, variance 2/9; (2, 2, 2): no deviation; (2, 2, 5): mean 3, variance 2.
    expected = [0.0, 1.0, 0.0, -1 / math.sqrt(2), 0.0, math.sqrt(2)]
    assert_allclose(learner._buffers["cross_instance"].steps.reward, expected, atol=1e-12)


def test_without_scaling_the_reward_is_the_score(space):
    settings = make_settings(cross_instance_buffer=10)
    learner = Learner(space, settings)
    for number, score in enumerate([0.25, 0.75, 0.5]):
        learner.learn(draw(space, settings, learner, number), score)
    assert_array_equal(learner._buffers["cross_instance"].steps.reward, [0.25, 0.75, 0.5])


def test_a_policy_is_updated_only_when_its_buffer_is_full(space):
    settings = make_settings(cross_instance_buffer=2, instance_specific_buffer=20, low_level_buffer=10_000)
    learner = Learner(space, settings)
    updated = []
    for number in range(6):
        before = learner.weights()
        report = learner.learn(draw(space, settings, learner, number), 0.5)
        after = learner.weights()
        changed = {key.split(".")[0] for key in before if not np.array_equal(before[key], after[key])}
        assert changed == {
            key.removesuffix("_loss") for key, x in report.items() if key.endswith("loss") and x == x
        }
        updated.append(changed)
    # 9 instances: the third episode fills 20 instance-specific steps, the second and fourth 2 cross-instance
    # ones.
    assert updated == [
        set(),
        {"cross_instance"},
        {"instance_specific"},
        {"cross_instance"},
        set(),
        {"cross_instance", "instance_specific"},
    ]


def test_the_gradient_is_clipped(space):
    settings = make_settings(cross_instance_buffer=1, gradient_clip=1e-3)
    learner = Learner(space, settings)
    learner.learn(draw(space, settings, learner), 50.0)
    parameters = learner.policies.cross_instance.parameters()
    norm = math.sqrt(sum(float(p.grad.square().sum()) for p in parameters))
    assert norm == pytest.approx(1e-3, rel=1e-3)


def test_more_updates_per_iteration_use_more_steps(space):
    one, three = (make_settings(low_level_buffer=10, updates_per_iteration=u) for u in (1, 3))
    counts = []
    for settings in (one, three):
        learner = Learner(space, settings)
        episode = draw(space, settings, learner, number=3)
        assert len(episode.action) >= 30
        learner.learn(episode, 0.5)
        counts.append(learner._optimisers["low_level"].state_dict()["steps"])
    assert counts == [1, 3]


def test_a_batch_of_unrolls_is_one_update_with_the_sum_of_their_losses(space):
    settings = make_settings(low_level_buffer=10, batch_unrolls=3, gradient_clip=1e9, discount=0.9)
    learner = Learner(space, settings)
    initial = learner.weights()
    with torch.no_grad():  # V-trace has work to do.
        for parameter in learner.policies.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(0))
    policy = literal(space, settings, learner.policies).low_level
    episodes = [Actor(space, settings, initial).episode(episode_rng(0, number)) for number in (3, 4, 5)]
    expected = torch.zeros(())
    for reward, episode in enumerate(episodes):
        steps = episode_steps(episode, reward)["low_level"]
        assert len(steps) >= 10
        loss, _ = reference.loss(policy, single_steps(space, settings, "low_level", steps[-10:]), 0.9, 0.01)
        expected = expected + loss
    expected.backward()

    reports = [learner.learn(episode, reward)["low_level_loss"] for reward, episode in enumerate(episodes)]
    assert_array_equal(np.isnan(reports), [True, True, False])
    assert reports[-1] == pytest.approx(expected.item(), rel=1e-5)
    largest = max(p.grad.abs().max().item() for p in policy.parameters())
    for key, p in learner.policies.low_level.named_parameters():
        expected_gradient = policy.get_parameter(key).grad.numpy()
        assert_allclose(p.grad.numpy(), expected_gradient, rtol=1e-5, atol=1e-6 * largest, err_msg=key)


class RecordingLearner(Learner):
    """Keeps the loss of every update."""

    def _update(self, name, batch):
        loss, entropy = super()._update(name, batch)
        self.losses = [*getattr(self, "losses", []), (name, loss)]
        return loss, entropy


def test_an_unroll_that_ends_within_an_episode_is_bootstrapped_as_if_learned_from_at_once(space):
    # Two unrolls of one episode: each an update, of weights that hardly move, or both one update.
    settings = make_settings(low_level_buffer=10, updates_per_iteration=2, discount=0.9, learning_rate=1e-12)
    losses = []
    for batch_unrolls in (1, 2):
        learner = RecordingLearner(space, dataclasses.replace(settings, batch_unrolls=batch_unrolls))
        episode = draw(space, settings, learner, number=3)
        assert len(episode.action) >= 20 and not episode_steps(episode, 1.0)["low_level"].last[-11]
        learner.learn(episode, 1.0)
        losses.append([loss for name, loss in learner.losses if name == "low_level"])
    assert [len(of_updates) for of_updates in losses] == [2, 1]
    assert sum(losses[0]) == pytest.approx(losses[1][0], rel=1e-5)


def test_trained_policies_take_no_more_memory_than_their_numbers(space):
    learner = Learner(space, make_settings(cross_instance_buffer=1, hidden=64))
    learner.learn(draw(space, make_settings(hidden=64), learner), 0.5)
    before = learner.weights()
    policies = learner.trained()
    n_bytes = sum(array.nbytes for array in before.values())
    assert len(pickle.dumps(policies)) < n_bytes + 20_000
    after = pickle.loads(pickle.dumps(policies)).export()
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_initial_weights_depend_on_the_seed_alone(space):
    torch.manual_seed(123)
    one = Learner(space, make_settings(seed=4)).weights()
    state = torch.get_rng_state()
    torch.manual_seed(7)
    other = Learner(space, make_settings(seed=4)).weights()
    assert all(np.array_equal(one[key], other[key]) for key in one)
    different = Learner(space, make_settings(seed=5)).weights()
    assert not all(np.array_equal(one[key], different[key]) for key in one)
    torch.manual_seed(123)
    assert torch.equal(torch.get_rng_state(), state)  # The caller's random state is left alone.


@pytest.mark.parametrize("n_pairs", [1, 127, 128, 129, 300])
def test_scores_of_pairs_and_their_gradients_do_not_depend_on_the_chunks(n_pairs):
    generator = torch.Generator().manual_seed(0)
    shapes = [(6, 5, 8), (9, 8), (8,)]
    inputs = [torch.randn(shape, generator=generator, requires_grad=True) for shape in shapes]
    offset, neighbour, out = inputs
    own, row = (torch.randint(n, (n_pairs,), generator=generator) for n in (6, 9))
    whole = torch.relu(offset[own] + neighbour[row][:, None]) @ out
    upstream = torch.randn(whole.shape, generator=generator)
    chunked = _PairScores.apply(*inputs, own, row)
    torch.testing.assert_close(chunked, whole)
    expected = torch.autograd.grad(whole, inputs, upstream)
    gradients = torch.autograd.grad(chunked, inputs, upstream)
    torch.testing.assert_close(gradients, expected, rtol=1e-5, atol=1e-5)
