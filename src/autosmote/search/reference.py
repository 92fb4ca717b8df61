"""Algorithms 1 and 2 as the paper writes them: the page to read first.

Nothing here is fast: every decision evaluates its network anew, on feature vectors written out in full, and
Eq. 1 is the double sum that it looks like. The search of this package computes the same in a small fraction
of the time (`rollout` is Algorithm 1, `vtrace` Eq. 1, `learner` Eq. 2 and lines 6 to 14 of Algorithm 2,
`engine` the rest), and its tests compare it with this page. Ablations, scaled rewards and whatever else goes
beyond the two algorithms are not here.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from autosmote.search.rollout import N_BINS, episode_rng
from autosmote.search.settings import LEVELS, SearchSettings
from autosmote.search.space import WEIGHTS, Samples, SearchSpace
from autosmote.utils.threads import one_thread

# -- Section 3.3: a policy-value network for each of the three policies ------------------------------------


def _mlp(n_inputs: int, hidden: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(n_inputs, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())


class FactorPolicy(nn.Module):
    """Network of a scaling factor, g1 or g2: an MLP on the state, a policy head and a value head."""

    def __init__(self, n_features: int, n_actions: int, hidden: int) -> None:
        super().__init__()
        self.encoder = _mlp(n_features + N_BINS, hidden)
        self.policy = nn.Linear(hidden, n_actions)
        self.value = nn.Linear(hidden, 1)

    def forward(self, state: Tensor) -> tuple[Tensor, Tensor]:
        """Return the log-probability of each factor, and the value of the state."""
        representation = self.encoder(state)
        return torch.log_softmax(self.policy(representation), dim=0), self.value(representation)[0]


class LowLevelPolicy(nn.Module):
    """Network of a neighbour and a weight: the policy head scores each action by its features."""

    def __init__(self, n_features: int, hidden: int) -> None:
        super().__init__()
        self.encoder = _mlp(n_features + N_BINS, hidden)
        self.scorer = nn.Linear(hidden + n_features + N_BINS + len(WEIGHTS), hidden)
        self.score = nn.Linear(hidden, 1)
        self.value = nn.Linear(hidden, 1)

    def forward(self, state: Tensor, actions: Tensor) -> tuple[Tensor, Tensor]:
        """Return the log-probability of each row of action features, and the value of the state."""
        representation = self.encoder(state)
        inputs = torch.cat([representation.expand(len(actions), -1), actions], dim=1)
        scores = self.score(torch.relu(self.scorer(inputs)))[:, 0]
        return torch.log_softmax(scores, dim=0), self.value(representation)[0]


class Policies(nn.Module):
    """The three policies; initial weights and names of weights as those of `autosmote.search.policies`."""

    def __init__(self, space: SearchSpace, settings: SearchSettings) -> None:
        super().__init__()
        n_features = space.state_features.shape[1]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            self.cross_instance = FactorPolicy(n_features, settings.g1_actions, settings.hidden)
            self.instance_specific = FactorPolicy(n_features, settings.g2_actions, settings.hidden)
            self.low_level = LowLevelPolicy(n_features, settings.hidden)


# -- Section 3.2: states, action features, steps -----------------------------------------------------------


def describe(x: NDArray[np.float64], count: int, width: int) -> NDArray[np.float64]:
    """Features of an instance, and the one-hot of the bin of its use count."""
    return np.concatenate([x, np.eye(N_BINS)[min(count // width, N_BINS - 1)]])


def low_level_state(
    space: SearchSpace, i: int, counts: NDArray[np.int64], width: int
) -> tuple[Tensor, Tensor]:
    """State of an instance, and the features of its 5K actions, neighbour by neighbour."""
    X = space.state_features
    actions = [
        np.concatenate([describe(X[j], counts[j], width), one_hot])
        for j in space.neighbours[i]
        for one_hot in np.eye(len(WEIGHTS))
    ]
    return _tensor(describe(X[i], counts[i], width)), _tensor(np.array(actions))


@dataclass
class Step:
    """One decision: what its network saw, the action, log mu(a|s) when it acted, and what came of it."""

    state: tuple[Tensor, ...]
    action: int
    log_probability: float
    reward: float = 0.0
    last: bool = False


def decide(policy: Callable[..., tuple[Tensor, Tensor]], state: tuple[Tensor, ...], uniform: float) -> Step:
    """Sample from a policy: the first action whose cumulative probability exceeds a uniform number."""
    with torch.no_grad():
        log_probabilities, _ = policy(*state)
    cumulative = log_probabilities.double().exp().cumsum(dim=0).numpy()
    action = min(int(cumulative.searchsorted(uniform, side="right")), len(cumulative) - 1)
    return Step(state, action, log_probabilities[action].item())


def generate(
    space: SearchSpace, policies: Policies, rng: np.random.Generator, width: int
) -> tuple[dict[str, list[Step]], Samples]:
    """Algorithm 1: the steps of each policy, and the synthetic rows."""
    X, neighbours, n = space.state_features, space.neighbours, space.n_instances
    counts = np.zeros(n, dtype=int)  # How often each instance has been used, as start or as neighbour.
    steps: dict[str, list[Step]] = {level: [] for level in LEVELS}
    synthetic: list[tuple[int, int, float]] = []

    state = _tensor(describe(X.mean(axis=0), 0, width))
    cross_instance = decide(policies.cross_instance, (state,), rng.random())  # Line 2.
    steps["cross_instance"].append(cross_instance)
    uniforms = rng.random(n)  # Of the factors; the fast code draws them at once.
    for i in range(n):  # Line 3.
        state = _tensor(describe(X[i], counts[i], width))
        instance_specific = decide(policies.instance_specific, (state,), uniforms[i])  # Line 4.
        steps["instance_specific"].append(instance_specific)
        # Line 5. (The demand is 1 unless there are more than two classes, which the paper does not have.)
        g = round(cross_instance.action * instance_specific.action * space.demand[i])
        for _ in range(g):  # Line 6.
            step = decide(policies.low_level, low_level_state(space, i, counts, width), rng.random())
            steps["low_level"].append(step)
            j = neighbours[i, step.action // len(WEIGHTS)]  # Line 7.
            synthetic.append((i, j, WEIGHTS[step.action % len(WEIGHTS)]))
            counts[[i, j]] += 1
        if g:
            steps["low_level"][-1].last = True  # Each instance is a low-level episode.
    steps["cross_instance"][-1].last = steps["instance_specific"][-1].last = True
    sources, ends, weights = np.array(synthetic).reshape(-1, 3).T
    return steps, Samples(sources.astype(np.int32), ends.astype(np.int32), weights)


# -- Section 3.3: what is learned from the steps -----------------------------------------------------------


def loss(
    policy: Callable[..., tuple[Tensor, Tensor]], steps: Sequence[Step], gamma: float, entropy_cost: float
) -> tuple[Tensor, float]:
    """Eq. 2 summed over steps in a row, the last of which ends an episode; and their mean entropy.

    The paper adds a policy gradient to be maximised and a value error to be minimised; here both are
    minimised. The entropy bonus is that of the authors' code.
    """
    log_policies, values = zip(*[policy(*step.state) for step in steps], strict=True)
    log_pi = [log_policy[step.action] for log_policy, step in zip(log_policies, steps, strict=True)]
    entropies = [-(log_policy.exp() * log_policy).sum() for log_policy in log_policies]
    V = [value.item() for value in values]
    # Importance weights pi / mu, truncated at 1.
    ratios = [np.exp(now.item() - step.log_probability) for now, step in zip(log_pi, steps, strict=True)]
    rho = c = [min(1.0, ratio) for ratio in ratios]

    v = []
    for start in range(len(steps)):  # Eq. 1, with n steps that end where the episode does.
        target, product = V[start], 1.0
        for t in range(start, len(steps)):
            following = 0.0 if steps[t].last else V[t + 1]
            delta = rho[t] * (steps[t].reward + gamma * following - V[t])
            target += gamma ** (t - start) * product * delta
            if steps[t].last:
                break
            product *= c[t]
        v.append(target)

    total = torch.zeros(())
    for t, step in enumerate(steps):  # Eq. 2.
        following = 0.0 if step.last else v[t + 1]
        advantage = rho[t] * (step.reward + gamma * following - V[t])
        total = total - advantage * log_pi[t] + 0.5 * (v[t] - values[t]) ** 2 - entropy_cost * entropies[t]
    return total, float(np.mean([entropy.item() for entropy in entropies]))


@one_thread()
def search(
    space: SearchSpace, score: Callable[[Samples], float], settings: SearchSettings
) -> tuple[Samples | None, list[dict[str, float]]]:
    """Algorithm 2: the synthetic rows with the best validation score, and what each iteration did.

    `score` trains the classifier with the synthetic rows and scores it on the validation rows.
    """
    policies = Policies(space, settings)
    optimisers = {
        level: torch.optim.Adam(getattr(policies, level).parameters(), settings.learning_rate)
        for level in LEVELS
    }
    buffers: dict[str, list[Step]] = {level: [] for level in LEVELS}  # Line 2.
    batches: dict[str, list[list[Step]]] = {level: [] for level in LEVELS}
    best, best_reward = None, -np.inf
    history = []
    acting = newest = copy.deepcopy(policies)
    for iteration in range(settings.iterations):  # Line 3.
        if iteration % settings.round_size == 0:
            # Actors work while the learner learns: they act with the weights of a round before.
            acting, newest = newest, copy.deepcopy(policies)
        rng = episode_rng(settings.seed, iteration)
        steps, samples = generate(space, acting, rng, settings.count_bin_width)  # Line 4.
        reward = score(samples)  # Line 5.
        row: dict[str, float] = {"g1": steps["cross_instance"][0].action, "validation_score": reward}
        for level in LEVELS:
            for step in steps[level]:
                step.reward = reward if step.last else 0.0
            buffers[level] += steps[level]
            size = getattr(settings, f"{level}_buffer")
            if len(buffers[level]) >= size:  # Lines 6, 9, 12.
                # Lines 7, 10, 13: pop B steps, the newest; older ones are dropped. They are the batch of an
                # update in the paper, and one of 8 unrolls that make a batch in the authors' code.
                batches[level].append(buffers[level][-size:])
                buffers[level] = []
            if len(batches[level]) == settings.batch_unrolls:
                policy, batch = getattr(policies, level), batches[level]
                batches[level] = []
                results = [loss(policy, unroll, settings.discount, settings.entropy_cost) for unroll in batch]
                total = torch.stack([total for total, _ in results]).sum()
                optimisers[level].zero_grad()
                total.backward()
                nn.utils.clip_grad_norm_(policy.parameters(), settings.gradient_clip)  # Authors' code.
                optimisers[level].step()
                row[f"{level}_loss"] = total.item()
                row[f"{level}_entropy"] = float(np.mean([entropy for _, entropy in results]))
        history.append(row)
        if reward > best_reward:
            best, best_reward = samples, reward
    return best, history


def _tensor(array: NDArray[np.float64]) -> Tensor:
    return torch.tensor(array, dtype=torch.float32)
