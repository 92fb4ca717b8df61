"""Algorithm 1: one pass over the minority instances, in NumPy, as the actors run it.

The decisions of an instance's steps depend on how often it and its neighbours have been used only through the
bin of that count. Between two bin crossings its steps are therefore independent draws from one distribution:
a *segment*. A segment costs one evaluation of the policy, whatever its length; nothing else about an episode
changes, and the same random numbers give the same steps as evaluating the policy at every step.
"""

from __future__ import annotations

from collections.abc import Mapping
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
        self._X = space.X.astype(np.float32)
        # The scorer's first layer is linear, so its parts are computed once per weight version: the
        # instance's (per bin, when first needed), the neighbour's features, the neighbour's bin, the
        # interpolation weight.
        hidden, n_features = settings.hidden, space.X.shape[1]
        first = weights["low_level.scorer.weight"].T
        ends = np.cumsum([hidden, n_features, N_BINS])
        self._from_state, from_features, self._from_bin, self._from_weight = np.split(first, ends)
        self._neighbour_part = self._X @ from_features
        self._out = weights["low_level.score.weight"][0]
        self._pairs = np.empty((space.k, len(WEIGHTS), hidden), dtype=np.float32)  # Memory for `_score`.
        self._factor_tables: dict[int, tuple[NDArray[np.float64], NDArray[np.float32]]] = {}
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
        width, n_weights = self.settings.count_bin_width, len(WEIGHTS)
        n, k = self.space.neighbours.shape
        counts = [0] * n
        bins = np.zeros(n, dtype=np.uint8)

        g1, g1_log_probability = self._draw_cross_instance(rng)
        factor_draws = rng.random(n)
        instance_bin = np.empty(n, dtype=np.uint8)
        g2 = np.empty(n, dtype=np.int32)
        g2_log_probability = np.empty(n, dtype=np.float32)
        segments: list[tuple[int, int, NDArray[np.uint8]]] = []
        lengths: list[int] = []
        actions: list[NDArray[np.int64]] = []
        log_probabilities: list[NDArray[np.float32]] = []

        for i in range(n):
            own_bin = int(bins[i])
            cumulative, log_table = self._factor_table(own_bin)
            instance_bin[i] = own_bin
            g2[i] = factor = _draw(cumulative[i], factor_draws[i])
            g2_log_probability[i] = log_table[i, factor]
            remaining = g1 * int(factor)
            if not remaining:
                continue
            draws = rng.random(remaining)
            done = 0
            nearest = self.space.neighbours[i]
            neighbour_ids = nearest.tolist()
            part = self._neighbour_part[nearest] + self._from_bin[bins[nearest]]
            scores = np.empty((k, n_weights), dtype=np.float32)
            weight_part = self._from_weight + self._state_table(own_bin)[i]
            changed: slice = slice(None)
            while remaining:
                scores[changed] = self._score(part[changed], weight_part)
                log_probability, cumulative_scores = _softmax(scores.ravel())
                length = remaining
                if own_bin < N_BINS - 1:
                    length = min(length, (own_bin + 1) * width - counts[i])
                chosen = _draw(cumulative_scores, draws[done : done + length])
                segments.append((i, own_bin, bins[nearest]))
                # A neighbour that crosses a bin edge ends the segment early.
                changed = slice(0, 0)
                for used, place in enumerate((chosen // n_weights).tolist(), start=1):
                    j = neighbour_ids[place]
                    counts[j] += 1
                    if counts[j] % width == 0 and bins[j] < N_BINS - 1:
                        bins[j] += 1
                        part[place] = self._neighbour_part[j] + self._from_bin[bins[j]]
                        changed = slice(place, place + 1)
                        length = used
                        break
                chosen = chosen[:length]
                lengths.append(length)
                actions.append(chosen)
                log_probabilities.append(log_probability[chosen])
                counts[i] += length
                if own_bin < N_BINS - 1 and counts[i] >= (own_bin + 1) * width:
                    own_bin += 1
                    bins[i] = own_bin
                    weight_part = self._from_weight + self._state_table(own_bin)[i]
                    changed = slice(None)
                done += length
                remaining -= length

        n_segments = len(segments)
        return Episode(
            g1=g1,
            g1_log_probability=g1_log_probability,
            instance_bin=instance_bin,
            g2=g2,
            g2_log_probability=g2_log_probability,
            segment_instance=np.array([s[0] for s in segments], dtype=np.int32),
            segment_bin=np.array([s[1] for s in segments], dtype=np.uint8),
            segment_neighbour_bins=np.array([s[2] for s in segments], dtype=np.uint8).reshape(n_segments, k),
            step_segment=np.repeat(np.arange(n_segments, dtype=np.int32), lengths),
            action=np.concatenate([np.empty(0, np.int64), *actions]).astype(np.int32),
            log_probability=np.concatenate([np.empty(0, np.float32), *log_probabilities]),
        )

    def _score(
        self, neighbour_part: NDArray[np.float32], weight_part: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Scores of neighbours and weights, but for a constant that no probability depends on.

        As relu(x) = (x + |x|) / 2 and x is a sum of the two parts, only |x| needs all pairs. NumPy takes
        absolute values several times faster than maxima, and this is where an actor spends its time.
        """
        pairs = self._pairs[: len(neighbour_part)]
        np.add(neighbour_part[:, None, :], weight_part, out=pairs)
        np.abs(pairs, out=pairs)
        scores = (pairs.reshape(-1, pairs.shape[-1]) @ self._out).reshape(pairs.shape[:2])
        scores += (neighbour_part @ self._out)[:, None]
        scores += weight_part @ self._out
        scores *= np.float32(0.5)
        return scores

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

    def _factor_table(self, count_bin: int) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Cumulative and log-probabilities of the factors in this bin, one row per instance."""
        if count_bin not in self._factor_tables:
            policy = "instance_specific"
            logits = self._head(self._encode(policy, self._states(count_bin)), policy)
            log_probability, cumulative = _softmax(logits)
            self._factor_tables[count_bin] = cumulative, log_probability
        return self._factor_tables[count_bin]

    def _state_table(self, count_bin: int) -> NDArray[np.float32]:
        """The instance's part of the scorer's first layer in this bin, one row per instance."""
        if count_bin not in self._state_tables:
            representation = self._encode("low_level", self._states(count_bin))
            bias = self._weights["low_level.scorer.bias"]
            self._state_tables[count_bin] = representation @ self._from_state + bias
        return self._state_tables[count_bin]


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
    row = space.X.mean(axis=0) if settings.cross_instance_state == "mean" else space.X[0]
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
