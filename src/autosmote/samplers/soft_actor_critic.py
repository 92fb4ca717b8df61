"""Soft actor-critic for one action in [0, 1] (Haarnoja et al., 2018), as MESA trains its meta-sampler."""

from __future__ import annotations

import copy
from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from autosmote.search.adam import Adam

HIDDEN = 50
LEARNING_RATE = 1e-3
CRITIC_DECAY, CRITIC_DECAY_EVERY = 0.99, 10
TEMPERATURE = 0.1
DISCOUNT = 0.99
TARGET_RATE = 0.01
LOG_STD_RANGE = (-20.0, 2.0)
TERMINAL_MASKS = ("correct", "published")


@dataclass
class Transitions:
    """Steps of a decision process.

    Attributes
    ----------
    states, next_states : ndarray of float32, shape (n, n_state)
    actions, rewards : ndarray of float32, shape (n,)
    terminal : ndarray of float32, shape (n,)
        1 where the step ended its episode, else 0.
    """

    states: NDArray[np.float32]
    actions: NDArray[np.float32]
    rewards: NDArray[np.float32]
    next_states: NDArray[np.float32]
    terminal: NDArray[np.float32]


class Replay:
    """Memory of the newest transitions.

    Parameters
    ----------
    capacity : int
    n_state : int
    """

    def __init__(self, capacity: int, n_state: int) -> None:
        self.capacity = capacity
        self.pushed = 0

        def empty(*shape: int) -> NDArray[np.float32]:
            return np.zeros((capacity, *shape), dtype=np.float32)

        self._kept = Transitions(empty(n_state), empty(), empty(), empty(n_state), empty())

    def __len__(self) -> int:
        return min(self.pushed, self.capacity)

    def push(self, state: NDArray, action: float, reward: float, next_state: NDArray, terminal: bool) -> None:
        """Store a transition, in place of the oldest one if the memory is full."""
        for field, value in zip(
            fields(Transitions), (state, action, reward, next_state, terminal), strict=True
        ):
            getattr(self._kept, field.name)[self.pushed % self.capacity] = value
        self.pushed += 1

    def sample(self, size: int, rng: np.random.Generator) -> Transitions:
        """Draw transitions uniformly without replacement; all of them if there are fewer than `size`."""
        chosen = rng.choice(len(self), size=min(size, len(self)), replace=False)
        return Transitions(*(getattr(self._kept, field.name)[chosen] for field in fields(Transitions)))


class ActorNetwork(nn.Module):
    """A normal distribution per state, squashed into [0, 1]: action = 0.5 tanh(x) + 0.5.

    Parameters
    ----------
    n_state : int
    """

    def __init__(self, n_state: int) -> None:
        super().__init__()
        self.hidden = nn.Sequential(nn.Linear(n_state, HIDDEN), nn.ReLU())
        self.mean = nn.Linear(HIDDEN, 1)
        self.log_std = nn.Linear(HIDDEN, 1)

    def forward(self, states: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Turn standard normal noise into actions; return them with their log-densities.

        Parameters
        ----------
        states : Tensor of shape (n, n_state)
        noise : Tensor of shape (n,)

        Returns
        -------
        actions, log_densities : Tensor of shape (n,)
        """
        hidden = self.hidden(states)
        log_std = self.log_std(hidden)[:, 0].clamp(*LOG_STD_RANGE)
        squashed = torch.tanh(self.mean(hidden)[:, 0] + log_std.exp() * noise)
        normal = -0.5 * noise.square() - log_std - 0.5 * np.log(2 * np.pi)
        return 0.5 * squashed + 0.5, normal - torch.log(0.5 * (1 - squashed.square()) + 1e-6)


class TwinCritic(nn.Module):
    """Two estimates of the value of an action.

    Parameters
    ----------
    n_state : int
    """

    def __init__(self, n_state: int) -> None:
        super().__init__()
        self.first, self.second = (
            nn.Sequential(
                nn.Linear(n_state + 1, HIDDEN),
                nn.ReLU(),
                nn.Linear(HIDDEN, HIDDEN),
                nn.ReLU(),
                nn.Linear(HIDDEN, 1),
            )
            for _ in range(2)
        )

    def forward(self, states: Tensor, actions: Tensor) -> tuple[Tensor, Tensor]:
        """Evaluate states of shape (n, n_state) with actions of shape (n,); both values have shape (n,)."""
        pairs = torch.cat([states, actions[:, None]], dim=1)
        return self.first(pairs)[:, 0], self.second(pairs)[:, 0]


class SoftActorCritic:
    """The agent: an actor, two critics, slow copies of the critics.

    Parameters
    ----------
    n_state : int
        Numbers in a state.
    seed : int
        Seed of the initial weights and of all noise.
    terminal_mask : {"correct", "published"}, default "correct"
        Steps to whose target the value of the next state is added: those that do not end their episode or,
        as in the published code of MESA, only those that do.
    """

    def __init__(self, n_state: int, seed: int, terminal_mask: str = "correct") -> None:
        if terminal_mask not in TERMINAL_MASKS:
            raise ValueError(f"terminal_mask={terminal_mask!r}: known values: {', '.join(TERMINAL_MASKS)}")
        self.terminal_mask = terminal_mask
        self._noise = torch.Generator().manual_seed(seed)
        with torch.random.fork_rng(devices=[]):
            self.actor, self.critics = ActorNetwork(n_state), TwinCritic(n_state)
        for layer in (*self.actor.modules(), *self.critics.modules()):
            if isinstance(layer, nn.Linear):
                nn.init.xavier_uniform_(layer.weight, generator=self._noise)
                nn.init.zeros_(layer.bias)
        self.slow_critics = copy.deepcopy(self.critics).requires_grad_(False)
        self._actor_adam = Adam(self.actor.parameters(), LEARNING_RATE)
        self._critic_adam = Adam(self.critics.parameters(), LEARNING_RATE)
        self._updates = 0

    def act(self, state: NDArray) -> float:
        """Draw an action in [0, 1] for a state of shape (n_state,)."""
        states = torch.as_tensor(state, dtype=torch.float32)[None]
        with torch.no_grad():
            actions, _ = self.actor(states, self._draw(1))
        return float(actions[0])

    def update(self, batch: Transitions) -> None:
        """Update the critics, then the actor, then the slow critics, with one batch."""
        states, actions, rewards, next_states, terminal = (
            torch.from_numpy(getattr(batch, field.name)) for field in fields(Transitions)
        )
        with torch.no_grad():
            next_actions, log_densities = self.actor(next_states, self._draw(len(states)))
            values = (
                torch.minimum(*self.slow_critics(next_states, next_actions)) - TEMPERATURE * log_densities
            )
            continues = 1 - terminal if self.terminal_mask == "correct" else terminal
            targets = rewards + DISCOUNT * continues * values
        first, second = self.critics(states, actions)
        self._step(self._critic_adam, (first - targets).square().mean() + (second - targets).square().mean())

        actions, log_densities = self.actor(states, self._draw(len(states)))
        values = torch.minimum(*self.critics(states, actions))
        self._step(self._actor_adam, (TEMPERATURE * log_densities - values).mean())

        with torch.no_grad():
            for slow, fast in zip(self.slow_critics.parameters(), self.critics.parameters(), strict=True):
                slow.lerp_(fast, TARGET_RATE)
        self._updates += 1
        if self._updates % CRITIC_DECAY_EVERY == 0:
            self._critic_adam.learning_rate *= CRITIC_DECAY

    def _draw(self, n: int) -> Tensor:
        return torch.randn(n, generator=self._noise)

    @staticmethod
    def _step(adam: Adam, loss: Tensor) -> None:
        adam.zero_grad()
        loss.backward()
        adam.step()
