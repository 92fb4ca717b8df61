"""The learner: a buffer and an optimiser per policy, and the loss of Eq. 2 (Algorithm 2, lines 6 to 14)."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from autosmote.search.adam import Adam
from autosmote.search.policies import Policies, PolicyOutput
from autosmote.search.reward_scaling import REWARD_SCALINGS
from autosmote.search.rollout import N_BINS, Episode
from autosmote.search.settings import SearchSettings
from autosmote.search.space import SearchSpace
from autosmote.search.vtrace import vtrace


@dataclass(frozen=True)
class Steps:
    """Consecutive steps of one policy.

    Successive steps that see the same state share a row of `states`. The rows are in the order of the steps,
    and each is used.

    Attributes
    ----------
    states : ndarray of int64, shape (n_states, n_columns)
        Inputs of the policy; each policy has its own columns.
    state : ndarray of int64, shape (n_steps,)
        The row of `states` that each step saw.
    action : ndarray of int64, shape (n_steps,)
    log_probability : ndarray of float64, shape (n_steps,)
        Of the action, under the weights that acted.
    reward : ndarray of float64, shape (n_steps,)
        Zero except at the end of an episode.
    last : ndarray of bool, shape (n_steps,)
        Whether the step ends an episode.
    """

    states: NDArray[np.int64]
    state: NDArray[np.int64]
    action: NDArray[np.int64]
    log_probability: NDArray[np.float64]
    reward: NDArray[np.float64]
    last: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.action)

    def __getitem__(self, part: slice) -> Steps:
        cut = {f.name: getattr(self, f.name)[part] for f in fields(self) if f.name != "states"}
        state = cut.pop("state")
        first, end = (state[0], state[-1] + 1) if len(state) else (0, 0)
        return Steps(self.states[first:end], state - first, **cut)

    def followed_by(self, other: Steps) -> Steps:
        """Append other steps."""
        pairs = {f.name: (getattr(self, f.name), getattr(other, f.name)) for f in fields(self)}
        pairs["state"] = (self.state, other.state + len(self.states))
        return Steps(**{name: np.concatenate(pair) for name, pair in pairs.items()})


class Unroll(NamedTuple):
    """Consecutive steps from which a policy learns together.

    Attributes
    ----------
    steps : Steps
    following : Steps
        The steps after them. The value of their first state bootstraps the last of `steps`, unless that ends
        an episode.
    """

    steps: Steps
    following: Steps


class Buffer:
    """Queue of the newest steps of one policy; an unroll is popped when it holds enough (Algorithm 2).

    Parameters
    ----------
    unroll_length : int
        Steps in an unroll, B.
    unrolls : int
        Largest number of unrolls to keep. Older steps are dropped: it would be too late to learn from them.
    """

    def __init__(self, unroll_length: int, unrolls: int) -> None:
        self.unroll_length = unroll_length
        self.capacity = unroll_length * unrolls
        self.steps: Steps | None = None

    def push(self, steps: Steps) -> None:
        """Append steps."""
        if len(steps):
            joined = steps if self.steps is None else self.steps.followed_by(steps)
            self.steps = joined[-self.capacity :]

    def pop(self) -> Unroll | None:
        """Take the newest steps that make whole unrolls, at most one of them, oldest first.

        Returns
        -------
        Unroll or None
            None if there are fewer steps than make an unroll.
        """
        if self.steps is None or len(self.steps) < self.unroll_length:
            return None
        whole = len(self.steps) // self.unroll_length * self.unroll_length
        newest = self.steps[-whole:]
        unroll = Unroll(newest[: self.unroll_length], newest[self.unroll_length :])
        self.steps = unroll.following if len(unroll.following) else None
        return unroll

    def state_dict(self) -> dict[str, Tensor]:
        """The steps as tensors; empty if there are none."""
        return {} if self.steps is None else _tensors(self.steps)

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Take the steps that `state_dict` returned.

        Parameters
        ----------
        state : mapping of str to Tensor
        """
        self.steps = _steps(state) if state else None


def _tensors(steps: Steps) -> dict[str, Tensor]:
    return {f.name: torch.from_numpy(getattr(steps, f.name)) for f in fields(Steps)}


def _steps(state: Mapping[str, Tensor]) -> Steps:
    return Steps(**{name: tensor.numpy() for name, tensor in state.items()})


def policy_loss(
    output: PolicyOutput, steps: Steps, *, bootstrap: float, discount: float, entropy_cost: float
) -> tuple[Tensor, Tensor]:
    """Eq. 2 summed over an unroll, less the entropy bonus.

    The paper adds a policy gradient to be maximised and a value error to be minimised; here both are
    minimised.

    Parameters
    ----------
    output : PolicyOutput
        For each row of ``steps.states``.
    steps : Steps
    bootstrap : float
        Value of the state after the last step.
    discount : float
        gamma.
    entropy_cost : float

    Returns
    -------
    loss : Tensor, scalar
    entropy : Tensor, scalar
        Mean entropy of the policy over its steps, in nats.
    """
    device = output.values.device
    state = torch.from_numpy(steps.state).to(device)
    action = torch.from_numpy(steps.action).to(device)
    log_probability = output.log_probabilities[state, action]
    values = output.values[state]
    targets, advantages = vtrace(
        log_ratios=log_probability.detach().cpu().numpy().astype(np.float64) - steps.log_probability,
        discounts=np.where(steps.last, 0.0, discount),
        rewards=steps.reward,
        values=values.detach().cpu().numpy().astype(np.float64),
        bootstrap=bootstrap,
    )
    advantage = torch.from_numpy(advantages.astype(np.float32)).to(device)
    target = torch.from_numpy(targets.astype(np.float32)).to(device)
    # Steps of one state share its entropy.
    times = torch.bincount(state, minlength=len(output.values))
    entropy = -(times[:, None] * output.log_probabilities.exp() * output.log_probabilities).sum()
    loss = (
        -(advantage * log_probability).sum() + 0.5 * (target - values).square().sum() - entropy_cost * entropy
    )
    return loss, entropy / len(steps)


class Learner:
    """Updates the learned policies from episodes, in the order in which they come.

    Parameters
    ----------
    space : SearchSpace
    settings : SearchSettings
    device : str, default "cpu"
        Device of the networks, as PyTorch names it.

    Attributes
    ----------
    policies : Policies
    """

    def __init__(self, space: SearchSpace, settings: SearchSettings, device: str = "cpu") -> None:
        self.settings = settings
        self.policies = Policies(space, settings).to(device)
        self._device = device
        self._evaluate: dict[str, Callable[[Tensor], PolicyOutput]] = {
            "cross_instance": self._evaluate_cross_instance,
            "instance_specific": self._evaluate_instance_specific,
            "low_level": self._evaluate_low_level,
        }
        self._buffers = {
            name: Buffer(getattr(settings, f"{name}_buffer"), settings.updates_per_iteration)
            for name in settings.learned
        }
        self._batches: dict[str, list[Unroll]] = {name: [] for name in settings.learned}
        self._optimisers = {
            name: Adam(getattr(self.policies, name).parameters(), settings.learning_rate)
            for name in settings.learned
        }
        self._recent: deque[float] = deque(maxlen=settings.reward_window)

    def learn(self, episode: Episode, reward: float) -> dict[str, float]:
        """Store an episode and update each policy whose batch is full (Algorithm 2, lines 4 to 14).

        Parameters
        ----------
        episode : Episode
        reward : float
            The validation score; the last steps receive it, scaled as the settings say.

        Returns
        -------
        dict of str to float
            ``<policy>_loss`` (summed over the batch) and ``<policy>_entropy`` (nats per step) of the last
            update of each policy that is learned; NaN where there was none.
        """
        self._recent.append(reward)
        reward = REWARD_SCALINGS[self.settings.reward_scaling](np.array(self._recent))
        newest = self.settings.low_level_buffer * self.settings.updates_per_iteration
        report: dict[str, float] = {}
        for name, steps in episode_steps(episode, reward, newest).items():
            if name not in self._buffers:
                continue
            self._buffers[name].push(steps)
            loss = entropy = math.nan
            for _ in range(self.settings.updates_per_iteration):
                unroll = self._buffers[name].pop()
                if unroll is None:
                    break
                batch = self._batches[name]
                batch.append(Unroll(unroll.steps, unroll.following[:1]))
                if len(batch) == self.settings.batch_unrolls:
                    loss, entropy = self._update(name, batch)
                    batch.clear()
            report |= {f"{name}_loss": loss, f"{name}_entropy": entropy}
        return report

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """Copies of the current weights, for the actors."""
        return self.policies.export()

    def trained(self) -> Policies:
        """Hand over the policies, on the CPU. After that, nothing can be learned any more.

        Returns
        -------
        Policies
            Each parameter has its own memory. Otherwise a pickle would hold the optimiser's whole vector for
            each of them.
        """
        for parameter in self.policies.parameters():
            parameter.data, parameter.grad = parameter.detach().cpu().clone(), None
        return self.policies.cpu()

    def state_dict(self) -> dict[str, Any]:
        """Everything that learning needs to continue, as tensors and plain values."""
        return {
            "policies": self.policies.state_dict(),
            "optimisers": {name: optimiser.state_dict() for name, optimiser in self._optimisers.items()},
            "buffers": {name: buffer.state_dict() for name, buffer in self._buffers.items()},
            "batches": {
                name: [(_tensors(unroll.steps), _tensors(unroll.following)) for unroll in batch]
                for name, batch in self._batches.items()
            },
            "recent": list(self._recent),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from what `state_dict` returned.

        Parameters
        ----------
        state : mapping
        """
        self.policies.load_state_dict(state["policies"])
        for name, optimiser in self._optimisers.items():
            optimiser.load_state_dict(state["optimisers"][name])
        for name, buffer in self._buffers.items():
            buffer.load_state_dict(state["buffers"][name])
        for name, batch in self._batches.items():
            batch[:] = [Unroll(_steps(steps), _steps(after)) for steps, after in state["batches"][name]]
        self._recent.extend(state["recent"])

    def _update(self, name: str, batch: Sequence[Unroll]) -> tuple[float, float]:
        """Take one gradient step; return loss and entropy."""
        evaluate, optimiser = self._evaluate[name], self._optimisers[name]
        loss, entropy = torch.zeros((), device=self._device), 0.0
        for steps, following in batch:
            bootstrap = 0.0
            if not steps.last[-1]:
                with torch.no_grad():
                    bootstrap = float(evaluate(self._tensor(following.states)).values[0])
            of_unroll, entropy_of_unroll = policy_loss(
                evaluate(self._tensor(steps.states)),
                steps,
                bootstrap=bootstrap,
                discount=self.settings.discount,
                entropy_cost=self.settings.entropy_cost,
            )
            loss = loss + of_unroll
            entropy += entropy_of_unroll.item() / len(batch)
        optimiser.zero_grad()
        loss.backward()
        norm = optimiser.gradient.norm().item()
        if norm > self.settings.gradient_clip:
            optimiser.gradient.mul_(self.settings.gradient_clip / norm)
        optimiser.step()
        return loss.item(), entropy

    def _tensor(self, array: NDArray[np.int64]) -> Tensor:
        return torch.from_numpy(array).to(self._device)

    def _evaluate_cross_instance(self, states: Tensor) -> PolicyOutput:
        return self.policies.cross_instance(self.policies.start.expand(len(states), -1))

    def _evaluate_instance_specific(self, states: Tensor) -> PolicyOutput:
        return self.policies.instance_specific(self.policies.states(states[:, 0], states[:, 1]))

    def _evaluate_low_level(self, states: Tensor) -> PolicyOutput:
        instance, neighbour_bins = states[:, 0], states[:, 2:]
        own_states, own = torch.unique(instance * N_BINS + states[:, 1], return_inverse=True)
        return self.policies.low_level(
            self.policies.states(own_states // N_BINS, own_states % N_BINS),
            own,
            self.policies.features,
            self.policies.neighbours[instance],
            neighbour_bins,
        )


def episode_steps(episode: Episode, reward: float, newest: int | None = None) -> dict[str, Steps]:
    """The levels of an episode, as sequences of steps.

    The last step of each sequence, and in the low level the last step of each instance, receives the reward;
    all others receive zero (Section 3.2). To a flat policy an episode is one sequence.

    Parameters
    ----------
    episode : Episode
    reward : float
    newest : int, optional
        Keep only this many low-level steps, the newest.

    Returns
    -------
    dict of str to Steps
        By policy: ``cross_instance``, ``instance_specific``, ``low_level``. A flat policy has only the last.
    """

    def steps(
        states: NDArray, state: NDArray, action: NDArray, log_probability: NDArray, last: NDArray
    ) -> Steps:
        return Steps(
            states=states.astype(np.int64),
            state=state.astype(np.int64),
            action=action.astype(np.int64),
            log_probability=log_probability.astype(np.float64),
            reward=np.where(last, float(reward), 0.0),
            last=last,
        )

    n, n_steps = len(episode.g2), len(episode.action)
    last = np.arange(n_steps) == n_steps - 1
    if episode.g1 is not None:
        # A step is an instance's last one if the next step belongs to another instance.
        instance = episode.step_instance
        last[:-1] = instance[1:] != instance[:-1]
    segments = np.column_stack(
        [episode.segment_instance, episode.segment_bin, episode.segment_neighbour_bins]
    )
    kept = slice(-newest if newest is not None else None, None)
    low_level = steps(segments, episode.step_segment, episode.action, episode.log_probability, last)[kept]
    if episode.g1 is None:
        return {"low_level": low_level}
    return {
        "cross_instance": steps(
            np.empty((1, 0)),
            np.zeros(1),
            np.array([episode.g1]),
            np.array([episode.g1_log_probability]),
            np.array([True]),
        ),
        "instance_specific": steps(
            np.column_stack([np.arange(n), episode.instance_bin]),
            np.arange(n),
            episode.g2,
            episode.g2_log_probability,
            np.arange(n) == n - 1,
        ),
        "low_level": low_level,
    }
