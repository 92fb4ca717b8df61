"""The agent of MESA, against densities integrated numerically and updates worked out in NumPy."""

import copy

import numpy as np
import pytest
import torch

from autosmote.samplers.soft_actor_critic import Replay, SoftActorCritic, Transitions

N_STATE = 10


def batch(n=7, seed=0):
    rng = np.random.default_rng(seed)
    states, next_states = rng.random((2, n, N_STATE), dtype=np.float32) * 2
    rewards = rng.normal(size=n).astype(np.float32)
    return Transitions(
        states, rng.random(n, dtype=np.float32), rewards, next_states, np.float32(np.arange(n) % 2)
    )


def noise_of(agent, *sizes):
    """The noise that the agent will draw next."""
    generator = torch.Generator()
    generator.set_state(agent._noise.get_state())
    return [torch.randn(size, generator=generator).numpy().astype(float) for size in sizes]


def weights(module):
    return {name: value.detach().numpy().astype(float) for name, value in module.state_dict().items()}


# NumPy's own version of the networks, with gradients by hand


def actor_forward(w, states, noise):
    hidden = np.maximum(states @ w["hidden.0.weight"].T + w["hidden.0.bias"], 0)
    mean = (hidden @ w["mean.weight"].T + w["mean.bias"])[:, 0]
    log_std = np.clip((hidden @ w["log_std.weight"].T + w["log_std.bias"])[:, 0], -20, 2)
    x = mean + np.exp(log_std) * noise
    action = 0.5 * np.tanh(x) + 0.5
    log_density = -0.5 * noise**2 - log_std - 0.5 * np.log(2 * np.pi)
    log_density -= np.log(0.5 * (1 - np.tanh(x) ** 2) + 1e-6)
    return action, log_density


def critic_forward(w, which, states, actions):
    layers = [np.column_stack([states, actions])]
    for layer in (0, 2):
        z = layers[-1] @ w[f"{which}.{layer}.weight"].T + w[f"{which}.{layer}.bias"]
        layers.append(np.maximum(z, 0))
    return layers, (layers[-1] @ w[f"{which}.4.weight"].T + w[f"{which}.4.bias"])[:, 0]


def critic_gradients(w, which, layers, slope):
    """Gradients of a loss whose derivative by the values is `slope`."""
    found, slope = {}, slope[:, None]
    for layer, inputs in zip((4, 2, 0), reversed(layers), strict=True):
        found[f"{which}.{layer}.weight"], found[f"{which}.{layer}.bias"] = slope.T @ inputs, slope.sum(axis=0)
        slope = (slope @ w[f"{which}.{layer}.weight"]) * (inputs > 0)
    return found


def adam_first_step(w, gradients, rate=1e-3):
    # At the first step the corrected moments are the gradient and its square.
    return {name: w[name] - rate * g / (np.abs(g) + 1e-8) for name, g in gradients.items()}


@pytest.mark.parametrize("mask", ["correct", "published"])
def test_critics_move_towards_the_targets(mask):
    agent, b = SoftActorCritic(N_STATE, 3, mask), batch()
    w, slow, actor = weights(agent.critics), weights(agent.slow_critics), weights(agent.actor)
    (noise, _) = noise_of(agent, 7, 7)
    next_actions, log_densities = actor_forward(actor, b.next_states, noise)
    values = [critic_forward(slow, which, b.next_states, next_actions)[1] for which in ("first", "second")]
    target = b.rewards + 0.99 * (b.terminal if mask == "published" else 1 - b.terminal) * (
        np.min(values, axis=0) - 0.1 * log_densities
    )
    gradients = {}
    for which in ("first", "second"):
        layers, value = critic_forward(w, which, b.states, b.actions)
        gradients |= critic_gradients(w, which, layers, 2 * (value - target) / len(value))
    agent.update(b)
    expected, found = adam_first_step(w, gradients), weights(agent.critics)
    assert set(expected) == set(found)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, atol=2e-5, err_msg=name)
        np.testing.assert_allclose(
            weights(agent.slow_critics)[name], 0.99 * slow[name] + 0.01 * found[name], atol=1e-6
        )


def test_actor_moves_down_the_slope_of_its_loss():
    agent, b = SoftActorCritic(N_STATE, 5), batch(seed=1)
    before = weights(agent.actor)
    (_, noise) = noise_of(agent, 7, 7)
    agent.update(b)
    critics = weights(agent.critics)  # The actor is judged by critics that have moved already.

    def loss(w):
        actions, log_densities = actor_forward(w, b.states, noise)
        values = [critic_forward(critics, which, b.states, actions)[1] for which in ("first", "second")]
        return np.mean(0.1 * log_densities - np.min(values, axis=0))

    moved = weights(agent.actor)
    checked = 0
    for name, value in before.items():
        for index in np.ndindex(value.shape):
            if sum(index) % 7:  # One in seven is enough.
                continue
            shifted = [copy.deepcopy(before) for _ in range(2)]
            shifted[0][name][index] += 1e-5
            shifted[1][name][index] -= 1e-5
            slope = (loss(shifted[0]) - loss(shifted[1])) / 2e-5
            if abs(slope) > 1e-4:
                assert moved[name][index] - value[index] == pytest.approx(-1e-3 * np.sign(slope), rel=0.01)
                checked += 1
    assert checked > 50


def test_density_of_actions_integrates_to_one():
    agent = SoftActorCritic(N_STATE, 0)
    state = torch.full((1, N_STATE), 0.3)
    noise = torch.linspace(-8, 8, 20001, dtype=torch.float64).float()
    with torch.no_grad():
        actions, log_densities = agent.actor(state.expand(len(noise), -1), noise)
    actions, densities = actions.numpy().astype(float), np.exp(log_densities.numpy().astype(float))
    assert np.all((0 <= actions) & (actions <= 1))
    assert np.trapezoid(densities, actions) == pytest.approx(1, abs=1e-3)


def test_spread_of_actions_is_bounded():
    agent = SoftActorCritic(N_STATE, 0)
    with torch.no_grad():
        agent.actor.log_std.bias.fill_(100.0)
        agent.actor.mean.weight.zero_()
        _, log_densities = agent.actor(torch.zeros(1, N_STATE), torch.zeros(1))
    assert float(log_densities) == pytest.approx(-2 - 0.5 * np.log(2 * np.pi) - np.log(0.5 + 1e-6), rel=1e-5)


def test_critics_learn_more_slowly_every_tenth_update():
    agent = SoftActorCritic(N_STATE, 0)
    for _ in range(29):
        agent.update(batch())
    assert agent._critic_adam.learning_rate == pytest.approx(1e-3 * 0.99**2)
    assert agent._actor_adam.learning_rate == 1e-3


def test_first_weights_and_all_noise_follow_from_the_seed():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first, again, other = (SoftActorCritic(N_STATE, seed) for seed in (4, 4, 5))
    assert torch.equal(torch.get_rng_state(), before)
    for agent in (first, again, other):
        agent.update(batch())
    state = np.full(N_STATE, 0.5)
    actions = [agent.act(state) for agent in (first, again, other)]
    assert actions[0] == actions[1] != actions[2]
    assert not torch.equal(first.actor.mean.weight, other.actor.mean.weight)
    for name, value in weights(first.critics).items():
        if name.endswith("bias"):
            continue
        # Xavier's bounds; a drawn extreme lies close to them.
        untouched = weights(first.slow_critics)[name]
        bound = np.sqrt(6 / sum(value.shape))
        assert np.abs(untouched).max() <= bound + 1e-3
        assert np.abs(untouched).max() > 0.8 * bound


def test_actions_vary_and_lie_between_0_and_1():
    agent = SoftActorCritic(N_STATE, 0)
    actions = [agent.act(np.zeros(N_STATE)) for _ in range(50)]
    assert len(set(actions)) > 40
    assert 0 <= min(actions) < max(actions) <= 1


def test_unknown_mask_is_named():
    with pytest.raises(ValueError, match="terminal_mask='none': known values: correct, published"):
        SoftActorCritic(N_STATE, 0, "none")


# The memory


def test_replay_keeps_the_newest_and_draws_each_once():
    replay = Replay(5, 2)
    for number in range(3):
        replay.push([number, -number], number, 10 * number, [number, 0], number == 1)
    drawn = replay.sample(5, np.random.default_rng(0))
    assert sorted(drawn.actions) == [0, 1, 2]
    np.testing.assert_array_equal(drawn.terminal, drawn.actions == 1)
    for number in range(3, 8):
        replay.push([number, -number], number, 10 * number, [number, 0], False)
    assert len(replay) == 5
    drawn = replay.sample(5, np.random.default_rng(0))
    assert sorted(drawn.actions) == [3, 4, 5, 6, 7]
    np.testing.assert_array_equal(drawn.states, np.column_stack([drawn.actions, -drawn.actions]))
    np.testing.assert_array_equal(drawn.rewards, 10 * drawn.actions)
    np.testing.assert_array_equal(drawn.next_states[:, 0], drawn.actions)
    assert len(replay.sample(3, np.random.default_rng(0)).actions) == 3
