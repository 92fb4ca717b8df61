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
    """Output of a policy-value network for a batch of states.

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
    """Policy for a scaling factor: an MLP, a policy head and a value head.

    Both sub-policies of the high level are of this kind.

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
    """Policy for a neighbour and a weight: an MLP scores each pair, given the state's representation.

    The scorer has one hidden layer. Its inputs are the representation of the state, the neighbour's features
    and count bin, and the one-hot of the weight. (The paper only says "an MLP".)

    A flat policy (Section 4.4) also has a head for the boolean: whether to go to the next instance.

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
        self, own_states: Tensor, own: Tensor, features: Tensor, neighbours: Tensor, neighbour_bins: Tensor
    ) -> PolicyOutput:
        """Evaluate states and all their actions.

        Parameters
        ----------
        own_states : Tensor of float32, shape (n_own_states, n_features + 10)
            The part of the states that describes their own instances.
        own : Tensor of int64, shape (n_states,)
            Row of `own_states` that belongs to each state.
        features : Tensor of float32, shape (n_instances, n_features)
            Of all minority instances.
        neighbours : Tensor of int64, shape (n_states, k)
            Neighbours of each state's instance.
        neighbour_bins : Tensor of int64, shape (n_states, k)
            Their count bins.

        Returns
        -------
        PolicyOutput
            There are ``5 * k`` actions; the weight varies fastest. A flat policy has one more, the last: to
            go to the next instance.
        """
        representation = self.encoder(own_states)
        # The hidden layer is linear in the concatenated inputs. Adding the products of the parts gives the
        # same as multiplying the concatenation of all pairs, with a fraction of the multiplications. (A
        # transposed view would pass its memory order on to the sums, and slow them down.)
        parts = self.scorer.weight.T.contiguous().split(self._parts)
        from_state, from_features, from_bin, from_weight = parts
        offset = (representation @ from_state + self.scorer.bias)[:, None] + from_weight
        # Successive states share most of their pairs: each pair is scored once.
        n_rows = N_BINS * len(features)
        pairs, pair = torch.unique(
            own[:, None] * n_rows + neighbour_bins * len(features) + neighbours, return_inverse=True
        )
        rows, row = torch.unique(pairs % n_rows, return_inverse=True)
        neighbour = _Rows.apply(features @ from_features, rows % len(features)) + _Rows.apply(
            from_bin, rows // len(features)
        )
        scores = _PairScores.apply(offset, neighbour, self.score.weight[0], pairs // n_rows, row)
        scores = _Rows.apply(scores, pair.flatten()).view(len(own), -1) + self.score.bias
        if self.next is not None:
            # The boolean's two sides are this action and all pairs together.
            going_on = _Rows.apply(self.next(representation), own) + scores.logsumexp(dim=1, keepdim=True)
            scores = torch.cat([scores, going_on], dim=1)
        values = _Rows.apply(self.value(representation), own)
        return PolicyOutput(torch.log_softmax(scores, dim=-1), values[:, 0])


class _Rows(torch.autograd.Function):
    """``table[index]`` for a vector of indices, but several times faster on the CPU, in both passes."""

    @staticmethod
    def forward(ctx: Any, table: Tensor, index: Tensor) -> Tensor:
        ctx.save_for_backward(index)
        ctx.n_rows = len(table)
        return table.index_select(0, index)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (index,) = ctx.saved_tensors
        return _add_rows(gradient.new_zeros(ctx.n_rows, *gradient.shape[1:]), index, gradient), None


def _add_rows(table: Tensor, index: Tensor, values: Tensor) -> Tensor:
    """Add each of the values to the row of the table that its index names."""
    if table.is_cuda:  # `index_add_` would add in any order there.
        return table.index_put_((index,), values, accumulate=True)
    return table.index_add_(0, index, values)


class _PairScores(torch.autograd.Function):
    """``relu(offset + neighbour) @ out`` for pairs of a row of each and all weights, a few pairs at a time.

    The hidden layer of all pairs of a batch is a million numbers. Computing it again for the gradient, rather
    than keeping it, stays within the processor's cache.
    """

    PAIRS = 128

    @staticmethod
    def forward(ctx: Any, offset: Tensor, neighbour: Tensor, out: Tensor, own: Tensor, row: Tensor) -> Tensor:
        """Scores of shape (n_pairs, n_weights).

        `offset`, of shape (n_own_states, n_weights, hidden), and `neighbour`, of shape (n_rows, hidden), are
        the two summands of the hidden layer; `own` and `row`, of shape (n_pairs,), say which of them a pair
        has.
        """
        ctx.save_for_backward(offset, neighbour, out, own, row)
        scores = offset.new_empty(len(own), offset.shape[1])
        for part, hidden in _PairScores.hidden(offset, neighbour, own, row):
            torch.matmul(hidden.relu_(), out, out=scores[part])
        return scores

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of the first three arguments."""
        offset, neighbour, out, own, row = ctx.saved_tensors
        of_offset, of_neighbour = torch.zeros_like(offset), torch.zeros_like(neighbour)
        for part, hidden in _PairScores.hidden(offset, neighbour, own, row):
            # The gradient of a hidden unit is that of the score times `out` where the unit is active. The
            # factor waits for the sums.
            active = torch.ops.aten.threshold_backward.grad_input(
                gradient[part, :, None].expand_as(hidden), hidden, 0, grad_input=hidden
            )
            _add_rows(of_offset, own[part], active)
            _add_rows(of_neighbour, row[part], active.sum(1))
        # An active unit is the sum of its two parts, so its share in the gradient of `out` is too.
        of_out = (of_offset * offset).sum((0, 1)) + (of_neighbour * neighbour).sum(0)
        return of_offset * out, of_neighbour * out, of_out, None, None

    @staticmethod
    def hidden(offset: Tensor, neighbour: Tensor, own: Tensor, row: Tensor) -> Iterator[tuple[slice, Tensor]]:
        """Hidden layers of some pairs at a time, before their activation."""
        step = max(1, len(own)) if offset.is_cuda else _PairScores.PAIRS
        for first in range(0, len(own), step):
            part = slice(first, first + step)
            hidden = offset.index_select(0, own[part])
            yield part, hidden.add_(neighbour.index_select(0, row[part])[:, None])


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
