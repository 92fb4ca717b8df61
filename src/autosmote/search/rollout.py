"""Algorithm 1: one pass over the minority instances, in NumPy, as the actors run it.

The decisions of an instance's steps depend on how often it and its neighbours have been used only through the
bin of that count. Between two bin crossings its steps are therefore independent draws from one distribution:
a *segment*. A segment costs one evaluation of the policy, whatever its length; nothing else about an episode
changes, and the same random numbers give the same steps as evaluating the policy at every step.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autosmote.search.settings import SearchSettings
from autosmote.search.space import WEIGHTS, SearchSpace

#: Bins of the use count (Section 3.2).
N_BINS = 10

Weights = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Episode:
    """The decisions of one episode and what the learner needs to learn from them.

    Attributes
    ----------
    g1 : int
        Cross-instance factor.
    g1_log_probability : float
    instance_bin : ndarray of uint8, shape (n_instances,)
        Count bin of each instance when its factor was drawn.
    g2 : ndarray of int32, shape (n_instances,)
        Instance-specific factors.
    g2_log_probability : ndarray of float32, shape (n_instances,)
    segment_instance : ndarray of int32, shape (n_segments,)
    segment_bin : ndarray of uint8, shape (n_segments,)
        Count bin of the instance during the segment.
    segment_neighbour_bins : ndarray of uint8, shape (n_segments, k)
        Count bins of its neighbours during the segment.
    step_segment : ndarray of int32, shape (n_synthetic,)
        Segment of each low-level step, in the order of the steps.
    action : ndarray of int32, shape (n_synthetic,)
        Low-level actions: position in the neighbour list times 5, plus position among the weights.
    log_probability : ndarray of float32, shape (n_synthetic,)
        Of each action, under the weights that acted.
    """

    g1: int
    g1_log_probability: float
    instance_bin: NDArray[np.uint8]
    g2: NDArray[np.int32]
    g2_log_probability: NDArray[np.float32]
    segment_instance: NDArray[np.int32]
    segment_bin: NDArray[np.uint8]
    segment_neighbour_bins: NDArray[np.uint8]
    step_segment: NDArray[np.int32]
    action: NDArray[np.int32]
    log_probability: NDArray[np.float32]

    @property
    def step_instance(self) -> NDArray[np.int32]:
        """Instance of each low-level step."""
        return self.segment_instance[self.step_segment]


class Actor:
    """The three policies with fixed weights, ready to draw episodes.

    Parameters
    ----------
    space : SearchSpace
    settings : SearchSettings
    weights : mapping of str to ndarray of float32
        As exported by `autosmote.search.policies.Policies.export`.
    """

    def __init__(self, space: SearchSpace, settings: SearchSettings, weights: Weights) -> None:
        self.space = space
        self.settings = settings
        self._weights = weights
        self._X = space.features.astype(np.float32)
        self._scores = _PairScores(self._X, weights, space.k)
        self._factor_tables: dict[int, tuple[list[list[float]], list[list[float]]]] = {}
        self._state_tables: dict[int, NDArray[np.float32]] = {}

    def episode(self, rng: np.random.Generator) -> Episode:
        """Draw one episode (Algorithm 1).

        Parameters
        ----------
        rng : numpy.random.Generator
            Used for one uniform number per decision, in the order of the decisions of each policy.

        Returns
        -------
        Episode
        """
        width, n_weights, scores = self.settings.count_bin_width, len(WEIGHTS), self._scores
        n, k = self.space.neighbours.shape
        counts = [0] * n
        bins = np.zeros(n, dtype=np.uint8)
        # The count with which each bin ends, and the one with which each instance's present bin ends. The
        # last bin has no end.
        ends = [*range(width, N_BINS * width, width), -1]
        end = ends[:1] * n

        g1, g1_log_probability = self._draw_cross_instance(rng)
        factor_draws = rng.random(n).tolist()
        instance_bin: list[int] = []
        g2: list[int] = []
        g2_log_probability: list[float] = []
        segments: list[tuple[int, int, NDArray[np.uint8]]] = []
        lengths: list[int] = []
        actions: list[NDArray[np.int64]] = []
        chosen_scores: list[NDArray[np.float64]] = []
        totals: list[float] = []

        for i in range(n):
            own_bin = int(bins[i])
            cumulative_factors, log_factors = self._factor_table(own_bin)
            factor = bisect_right(cumulative_factors[i], factor_draws[i])
            instance_bin.append(own_bin)
            g2.append(factor)
            g2_log_probability.append(log_factors[i][factor])
            remaining = round(g1 * factor * self.space.demand[i])
            if not remaining:
                continue
            draws = rng.random(remaining)
            done = 0
            nearest = self.space.neighbours[i]
            neighbour_ids = nearest.tolist()
            n_distinct = int(self.space.n_distinct[i])
            neighbour_bins = bins[nearest]
            scores.set_neighbours(nearest, neighbour_bins)
            scores.set_state(self._state_table(own_bin)[i])
            while remaining:
                length = min(remaining, end[i] - counts[i]) if own_bin < N_BINS - 1 else remaining
                centred = scores.values - scores.values[scores.values.argmax()]
                cumulative = np.exp(centred).cumsum()
                total = cumulative[-1]
                # Less than the total, as a uniform number is less than 1: there is always a choice.
                chosen = _draw(cumulative, draws[done : done + length] * total)
                segments.append((i, own_bin, neighbour_bins))
                crossed: Sequence[int] = ()
                for used, action in enumerate(chosen.tolist(), start=1):
                    place = action // n_weights
                    j = neighbour_ids[place]
                    counts[j] = count = counts[j] + 1
                    if count == end[j]:
                        # A neighbour that crosses a bin edge ends the segment early.
                        crossed = range(place % n_distinct, k, n_distinct)  # All its places in the list.
                        length = used
                        chosen = chosen[:used]
                        bins[j] += 1
                        end[j] = ends[bins[j]]
                        neighbour_bins = bins[nearest]
                        for place in crossed:
                            scores.set_neighbour(place, j, bins[j])
                        break
                lengths.append(length)
                actions.append(chosen)
                chosen_scores.append(centred[chosen])
                totals.append(total)
                counts[i] += length
                done += length
                remaining -= length
                if counts[i] == end[i]:
                    own_bin += 1
                    bins[i] = own_bin
                    end[i] = ends[own_bin]
                    scores.set_state(self._state_table(own_bin)[i])
                else:
                    for place in crossed:
                        scores.update(place)

        n_segments = len(segments)
        step_segment = np.repeat(np.arange(n_segments, dtype=np.int32), lengths)
        log_probability = np.concatenate([np.empty(0), *chosen_scores]) - np.log(totals)[step_segment]
        return Episode(
            g1=g1,
            g1_log_probability=g1_log_probability,
            instance_bin=np.array(instance_bin, dtype=np.uint8),
            g2=np.array(g2, dtype=np.int32),
            g2_log_probability=np.array(g2_log_probability, dtype=np.float32),
            segment_instance=np.array([s[0] for s in segments], dtype=np.int32),
            segment_bin=np.array([s[1] for s in segments], dtype=np.uint8),
            segment_neighbour_bins=np.array([s[2] for s in segments], dtype=np.uint8).reshape(n_segments, k),
            step_segment=step_segment,
            action=np.concatenate([np.empty(0, np.int64), *actions]).astype(np.int32),
            log_probability=log_probability.astype(np.float32),
        )

    def _draw_cross_instance(self, rng: np.random.Generator) -> tuple[int, float]:
        state = cross_instance_state(self.space, self.settings)
        log_probability, cumulative = _softmax(
            self._head(self._encode("cross_instance", state), "cross_instance")
        )
        g1 = int(_draw(cumulative, rng.random()))
        return g1, float(log_probability[g1])

    def _encode(self, policy: str, states: NDArray[np.float32]) -> NDArray[np.float32]:
        for layer in ("0", "2"):
            name = f"{policy}.encoder.{layer}"
            states = np.maximum(states @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"], 0)
        return states

    def _head(self, representation: NDArray[np.float32], policy: str) -> NDArray[np.float32]:
        return (
            representation @ self._weights[f"{policy}.policy.weight"].T
            + self._weights[f"{policy}.policy.bias"]
        )

    def _states(self, count_bin: int) -> NDArray[np.float32]:
        """States of all instances, as if all were in this bin."""
        one_hot = np.zeros((len(self._X), N_BINS), dtype=np.float32)
        one_hot[:, count_bin] = 1
        return np.concatenate([self._X, one_hot], axis=1)

    def _factor_table(self, count_bin: int) -> tuple[list[list[float]], list[list[float]]]:
        """Cumulative and log-probabilities of the factors in this bin, one row per instance."""
        if count_bin not in self._factor_tables:
            policy = "instance_specific"
            logits = self._head(self._encode(policy, self._states(count_bin)), policy)
            log_probability, cumulative = _softmax(logits)
            self._factor_tables[count_bin] = cumulative.tolist(), log_probability.tolist()
        return self._factor_tables[count_bin]

    def _state_table(self, count_bin: int) -> NDArray[np.float32]:
        """The instance's part of the scorer's first layer in this bin, one row per instance."""
        if count_bin not in self._state_tables:
            representation = self._encode("low_level", self._states(count_bin))
            bias = self._weights["low_level.scorer.bias"]
            self._state_tables[count_bin] = representation @ self._scores.from_state + bias
        return self._state_tables[count_bin]


class _PairScores:
    """The low-level policy's scores of the pairs of one instance at a time.

    The scorer's first layer is linear, so its parts are computed once per weight version and added: the
    state's, the neighbour's (in each of its bins) and the interpolation weight's. As relu(x) = (x + |x|) / 2
    and x is their sum, only |x| needs all pairs. NumPy takes absolute values several times faster than
    maxima, and this is where an actor spends its time.

    Parameters
    ----------
    X : ndarray of float32, shape (n_instances, n_features)
    weights : mapping of str to ndarray of float32
    k : int
        Number of neighbours.

    Attributes
    ----------
    from_state : ndarray of float32, shape (hidden, hidden)
        The scorer's weights of the state's representation.
    values : ndarray of float64, shape (5 * k,)
        The scores, but for a constant that no probability depends on.
    """

    def __init__(self, X: NDArray[np.float32], weights: Weights, k: int) -> None:
        first, out = weights["low_level.scorer.weight"].T, weights["low_level.score.weight"][0]
        n_hidden = len(out)
        ends = np.cumsum([n_hidden, X.shape[1], N_BINS])
        self.from_state, from_features, from_bin, self._from_weight = np.split(first, ends)
        # Rows: bin times the number of instances, plus the instance.
        self._neighbour_part = (from_bin[:, None] + X @ from_features).reshape(-1, n_hidden)
        self._n_instances = len(X)
        self._half_out = out / 2
        self._neighbour_half = self._neighbour_part @ self._half_out
        self._weight_half = self._from_weight @ self._half_out
        # Memory that is used again: the hidden layer of all pairs, without the state's and the weight's part
        # and with them, and the part of the scores that is linear in the neighbour and the weight.
        n_weights = len(WEIGHTS)
        self._pairs = np.empty((k, n_weights, n_hidden), dtype=np.float32)
        self._hidden = np.empty_like(self._pairs)
        self._linear = np.empty((k, n_weights), dtype=np.float32)
        self._offset = np.empty((n_weights, n_hidden), dtype=np.float32)
        self.values = np.empty(k * n_weights)

    def set_neighbours(self, nearest: NDArray[np.int32], bins: NDArray[np.uint8]) -> None:
        """Turn to an instance with these neighbours, in these bins; `set_state` has to follow."""
        rows = bins * np.intp(self._n_instances) + nearest
        n_weights = len(self._offset)
        pairs = self._pairs.reshape(-1, self._pairs.shape[-1])
        self._neighbour_part.take(rows.repeat(n_weights), axis=0, out=pairs, mode="clip")
        np.add(self._neighbour_half[rows][:, None], self._weight_half, out=self._linear)

    def set_neighbour(self, place: int, neighbour: int, count_bin: int) -> None:
        """Move one neighbour to another bin; `set_state` or `update` has to follow."""
        row = int(count_bin) * self._n_instances + neighbour
        self._pairs[place] = self._neighbour_part[row]
        self._linear[place] = self._neighbour_half[row] + self._weight_half

    def set_state(self, part: NDArray[np.float32]) -> None:
        """Compute all scores for a state, given its part of the first layer."""
        np.add(self._from_weight, part, out=self._offset)
        # Two-dimensional, for long inner loops.
        hidden = self._hidden.reshape(len(self._hidden), -1)
        np.add(self._pairs.reshape(hidden.shape), self._offset.ravel(), out=hidden)
        np.abs(hidden, out=hidden)
        scores = self._hidden.reshape(-1, self._hidden.shape[-1]) @ self._half_out
        np.add(scores, self._linear.ravel(), out=self.values)

    def update(self, place: int) -> None:
        """Compute the scores of one neighbour again."""
        n_weights = len(self._offset)
        hidden = np.abs(self._pairs[place] + self._offset)
        self.values[place * n_weights : (place + 1) * n_weights] = (
            hidden @ self._half_out + self._linear[place]
        )


def cross_instance_state(space: SearchSpace, settings: SearchSettings) -> NDArray[np.float32]:
    """Input of the cross-instance policy: constant in a search, for the policy takes a single step.

    Parameters
    ----------
    space : SearchSpace
    settings : SearchSettings

    Returns
    -------
    ndarray of float32, shape (n_features + 10,)
        The mean of the minority rows (or the first one), and the one-hot of an empty count.
    """
    row = space.features.mean(axis=0) if settings.cross_instance_state == "mean" else space.features[0]
    return np.concatenate([row, np.eye(N_BINS)[0]]).astype(np.float32)


def episode_rng(seed: int, episode: int) -> np.random.Generator:
    """Random stream of one episode, the same whichever actor runs it.

    Parameters
    ----------
    seed : int
        Seed of the search.
    episode : int
        Number of the episode, from 0.

    Returns
    -------
    numpy.random.Generator
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(episode,)))


def _softmax(logits: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Log-probabilities, and cumulative probabilities that end at exactly 1, along the last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    cumulative = np.exp(shifted).cumsum(axis=-1, dtype=np.float64)
    total = cumulative[..., -1:]
    log_probability = shifted - np.log(total).astype(np.float32)
    return log_probability, cumulative / total


def _draw(cumulative: NDArray[np.float64], uniform: NDArray[np.float64] | float) -> NDArray[np.int64]:
    """Inverse of a distribution function: the choice that each uniform number in [0, 1) stands for."""
    return cumulative.searchsorted(uniform, side="right")
