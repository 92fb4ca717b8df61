"""The three actor-critic networks (Section 3.3), in PyTorch, as the learner trains them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from autosmote.search.rollout import N_BINS, cross_instance_state
from autosmote.search.settings import SearchSettings
from autosmote.search.space import WEIGHTS, SearchSpace


class PolicyOutput(NamedTuple):
    """What a policy-value network says of a batch of states.

    Attributes
    ----------
    log_probabilities : Tensor of float32, shape (n_states, n_actions)
    values : Tensor of float32, shape (n_states,)
    """

    log_probabilities: Tensor
    values: Tensor


def _encoder(n_inputs: int, hidden: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(n_inputs, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())


class FactorPolicy(nn.Module):
    """Policy of a scaling factor: an MLP, a policy head and a value head.

    Both sub-policies of the high level have this form.

    Parameters
    ----------
    n_features : int
        Features of an instance, without the count bins.
    n_actions : int
        Values that the factor can take.
    hidden : int
        Width of the two hidden layers.
    """

    def __init__(self, n_features: int, n_actions: int, hidden: int) -> None:
        super().__init__()
        self.encoder = _encoder(n_features + N_BINS, hidden)
        self.policy = nn.Linear(hidden, n_actions)
        self.value = nn.Linear(hidden, 1)

    def forward(self, states: Tensor) -> PolicyOutput:
        """Evaluate states of shape (n_states, n_features + 10)."""
        representation = self.encoder(states)
        log_probabilities = torch.log_softmax(self.policy(representation), dim=-1)
        return PolicyOutput(log_probabilities, self.value(representation)[:, 0])


class LowLevelPolicy(nn.Module):
    """Policy of a neighbour and a weight: an MLP scores each pair, given the state's representation.

    The scorer has one hidden layer, on the representation of the state, the neighbour's features and count
    bin, and the one-hot of the weight. (The paper says "an MLP" and no more.)

    A flat policy (Section 4.4) also has a head for the boolean, whether to go to the next instance.

    Parameters
    ----------
    n_features : int
        Features of an instance, without the count bins.
    hidden : int
        Width of the hidden layers.
    flat : bool, default False
    """

    def __init__(self, n_features: int, hidden: int, flat: bool = False) -> None:
        super().__init__()
        self.encoder = _encoder(n_features + N_BINS, hidden)
        self.scorer = nn.Linear(hidden + n_features + N_BINS + len(WEIGHTS), hidden)
        self.score = nn.Linear(hidden, 1)
        self.value = nn.Linear(hidden, 1)
        self.next = nn.Linear(hidden, 1) if flat else None
        self._parts = [hidden, n_features, N_BINS, len(WEIGHTS)]

    def forward(
        self, states: Tensor, features: Tensor, neighbours: Tensor, neighbour_bins: Tensor
    ) -> PolicyOutput:
        """Evaluate states and all their actions.

        Parameters
        ----------
        states : Tensor of float32, shape (n_states, n_features + 10)
        features : Tensor of float32, shape (n_instances, n_features)
            Of all minority instances.
        neighbours : Tensor of int64, shape (n_states, k)
            Neighbours of each state's instance.
        neighbour_bins : Tensor of int64, shape (n_states, k)
            Their count bins.

        Returns
        -------
        PolicyOutput
            With ``n_actions = 5 * k``, the weight varies fastest; of a flat policy with one more, the last,
            to go to the next instance.
        """
        representation = self.encoder(states)
        # The hidden layer is linear in the concatenated inputs: adding the parts' products gives what
        # multiplying the concatenation of all pairs would give, for a fraction of the multiplications.
        from_state, from_features, from_bin, from_weight = self.scorer.weight.T.split(self._parts)
        state_part = representation @ from_state + self.scorer.bias
        neighbour_part = (features @ from_features)[neighbours] + from_bin[neighbour_bins]
        pairs = _PairScores.apply(state_part, neighbour_part, from_weight, self.score.weight[0])
        scores = pairs.flatten(start_dim=1) + self.score.bias
        if self.next is not None:
            # The boolean's two sides are this action and all pairs together.
            going_on = self.next(representation) + scores.logsumexp(dim=1, keepdim=True)
            scores = torch.cat([scores, going_on], dim=1)
        return PolicyOutput(torch.log_softmax(scores, dim=-1), self.value(representation)[:, 0])


class _PairScores(torch.autograd.Function):
    """``relu(state + neighbour + weight) @ out`` for all pairs, a few states at a time.

    All pairs of a batch are millions of numbers. Not keeping them, and computing them again for the gradient,
    stays within the processor's cache: half the time of an update.
    """

    STATES = 16

    @staticmethod
    def forward(ctx: Any, state: Tensor, neighbour: Tensor, weight: Tensor, out: Tensor) -> Tensor:
        """Scores of shape (n_states, k, n_weights)."""
        ctx.save_for_backward(state, neighbour, weight, out)
        scores = state.new_empty(len(state), neighbour.shape[1], len(weight))
        for part, hidden in _PairScores.hidden(state[:, None] + weight, neighbour):
            scores[part] = hidden @ out
        return scores

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, ...]:
        """Gradients of the four inputs."""
        state, neighbour, weight, out = ctx.saved_tensors
        offset = state[:, None] + weight
        of_offset, of_neighbour = torch.empty_like(offset), torch.empty_like(neighbour)
        of_out = torch.zeros_like(out)
        for part, hidden in _PairScores.hidden(offset, neighbour):
            of_out += gradient[part].reshape(-1) @ hidden.flatten(end_dim=-2)
            hidden.sign_().mul_(gradient[part][..., None])
            torch.sum(hidden, 1, out=of_offset[part])
            torch.sum(hidden, 2, out=of_neighbour[part])
        of_offset *= out
        of_neighbour *= out
        return of_offset.sum(1), of_neighbour, of_offset.sum(0), of_out

    @staticmethod
    def hidden(offset: Tensor, neighbour: Tensor) -> Iterator[tuple[slice, Tensor]]:
        """Hidden layers of all pairs of some states, in memory that is used again for the next ones."""
        n_states, n_weights, width = offset.shape
        memory = offset.new_empty(min(n_states, _PairScores.STATES), neighbour.shape[1], n_weights, width)
        for first in range(0, n_states, _PairScores.STATES):
            part = slice(first, min(first + _PairScores.STATES, n_states))
            hidden = memory[: part.stop - first]
            torch.add(neighbour[part, :, None], offset[part, None], out=hidden)
            yield part, hidden.relu_()


class Policies(nn.Module):
    """The hierarchy: cross-instance, instance-specific and low-level policy.

    Parameters
    ----------
    space : SearchSpace
    settings : SearchSettings
        ``settings.seed`` decides the initial weights.
    """

    def __init__(self, space: SearchSpace, settings: SearchSettings) -> None:
        super().__init__()
        n_features, hidden = space.state_features.shape[1], settings.hidden
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            self.cross_instance = FactorPolicy(n_features, settings.g1_actions, hidden)
            self.instance_specific = FactorPolicy(n_features, settings.g2_actions, hidden)
            self.low_level = LowLevelPolicy(n_features, hidden, settings.hierarchy == "flat")
        state = torch.from_numpy(cross_instance_state(space, settings))
        self.features: Tensor
        self.neighbours: Tensor
        self.start: Tensor
        self.register_buffer(
            "features", torch.from_numpy(space.state_features.astype(np.float32)), persistent=False
        )
        self.register_buffer(
            "neighbours", torch.from_numpy(space.neighbours.astype(np.int64)), persistent=False
        )
        self.register_buffer("start", state[None], persistent=False)

    def states(self, instance: Tensor, count_bin: Tensor) -> Tensor:
        """Features of instances followed by the one-hot of their count bins.

        Parameters
        ----------
        instance, count_bin : Tensor of int64, shape (n_states,)

        Returns
        -------
        Tensor of float32, shape (n_states, n_features + 10)
        """
        one_hot = nn.functional.one_hot(count_bin, N_BINS).to(self.features.dtype)
        return torch.cat([self.features[instance], one_hot], dim=1)

    def export(self) -> dict[str, NDArray[np.float32]]:
        """Copies of all weights by name, for the actors.

        Returns
        -------
        dict of str to ndarray of float32
        """
        return {name: weight.detach().cpu().numpy().copy() for name, weight in self.state_dict().items()}
