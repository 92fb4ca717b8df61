"""Algorithm 1: one pass over the minority instances, in NumPy, as the actors run it.

The steps of an instance depend on use counts (its own and its neighbours') only through the bins of these
counts. So between two bin crossings the steps are independent draws from one distribution: a *segment*. A
segment costs one evaluation of the policy, whatever its length. Nothing else changes: the same random numbers
give the same steps as evaluating the policy at every step.
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
    """The decisions of one episode, with what the learner needs.

    Attributes
    ----------
    g1 : int or None
        Cross-instance factor; None if a flat policy drew the episode. The instances then have no factors.
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
    step_segment : ndarray of int32, shape (n_steps,)
        Segment of each low-level step, in the order of the steps.
    action : ndarray of int32, shape (n_steps,)
        Low-level actions: position in the neighbour list times 5, plus position among the weights. 5 * k is
        a flat policy's decision to go to the next instance.
    log_probability : ndarray of float32, shape (n_steps,)
        Of each action, under the weights that acted.
    """

    g1: int | None
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

    def rows(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Instance and action of each step that makes a synthetic row."""
        makes_row = self.action < self.segment_neighbour_bins.shape[1] * len(WEIGHTS)
        return self.step_instance[makes_row], self.action[makes_row]


class Actor:
    """The policies with fixed weights, ready to draw episodes.

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
        self._features = space.state_features.astype(np.float32)
        self._scores = _make_scores(space, settings, weights)
        self._factor_tables: dict[int, tuple[list[list[float]], list[list[float]]]] = {}

    def episode(self, rng: np.random.Generator) -> Episode:
        """Draw one episode (Algorithm 1, or its flat counterpart).

        Parameters
        ----------
        rng : numpy.random.Generator
            It gives one uniform number per decision, in the order of the decisions of each policy. A flat
            policy gets as many numbers for an instance as it can take steps there.

        Returns
        -------
        Episode
        """
        n = self.space.n_instances
        steps = _Steps(self.space, self.settings, self._scores)
        g1, g1_log_probability = None, 0.0
        instance_bin: list[int] = []
        g2: list[int] = []
        g2_log_probability: list[float] = []

        if self.settings.hierarchy == "flat":
            for i in range(n):
                most = round(self.settings.most_per_instance * self.space.demand[i])
                steps.take(i, rng.random(most))
        else:
            g1, g1_log_probability = self._draw_cross_instance(rng)
            factor_draws = rng.random(n).tolist()
            for i in range(n):
                own_bin = int(steps.bins[i])
                cumulative, log_probability = self._factor_table(own_bin)
                factor = bisect_right(cumulative[i], factor_draws[i])
                instance_bin.append(own_bin)
                g2.append(factor)
                g2_log_probability.append(log_probability[i][factor])
                if most := round(g1 * factor * self.space.demand[i]):
                    steps.take(i, rng.random(most))

        return Episode(
            g1=g1,
            g1_log_probability=g1_log_probability,
            instance_bin=np.array(instance_bin, dtype=np.uint8),
            g2=np.array(g2, dtype=np.int32),
            g2_log_probability=np.array(g2_log_probability, dtype=np.float32),
            **steps.arrays(),
        )

    def _draw_cross_instance(self, rng: np.random.Generator) -> tuple[int, float]:
        states = cross_instance_state(self.space, self.settings)[None]
        log_probability, cumulative = _softmax(self._factor_logits("cross_instance", states)[0])
        g1 = int(_draw(cumulative, rng.random()))
        return g1, float(log_probability[g1])

    def _factor_table(self, count_bin: int) -> tuple[list[list[float]], list[list[float]]]:
        """Cumulative and log-probabilities of the factors in this bin, one row per instance."""
        if count_bin not in self._factor_tables:
            states = _states(self._features, count_bin)
            log_probability, cumulative = _softmax(self._factor_logits("instance_specific", states))
            self._factor_tables[count_bin] = cumulative.tolist(), log_probability.tolist()
        return self._factor_tables[count_bin]

    def _factor_logits(self, policy: str, states: NDArray[np.float32]) -> NDArray[np.float32]:
        weight = self._weights[f"{policy}.policy.weight"]
        rule = getattr(self.settings, f"{policy}_policy")
        if rule == "learned":
            return _encode(self._weights, policy, states) @ weight.T + self._weights[f"{policy}.policy.bias"]
        logits = np.zeros((len(states), len(weight)), dtype=np.float32)
        if rule == "half":
            logits[:] = -np.inf
            logits[:, len(weight) // 2] = 0
        return logits


class _Steps:
    """The low-level steps of an episode so far, and how often each instance has been used.

    Parameters
    ----------
    space : SearchSpace
    settings : SearchSettings
    scores : _Scores

    Attributes
    ----------
    bins : ndarray of uint8, shape (n_instances,)
        Count bin of each instance.
    """

    def __init__(self, space: SearchSpace, settings: SearchSettings, scores: _Scores) -> None:
        self._space = space
        self._scores = scores
        # The count at which each bin ends, and the count at which each instance's present bin ends. The last
        # bin has no end.
        width = settings.count_bin_width
        self._ends = [*range(width, N_BINS * width, width), -1]
        self._end = self._ends[:1] * space.n_instances
        self._counts = [0] * space.n_instances
        self.bins = np.zeros(space.n_instances, dtype=np.uint8)
        self._segments: list[tuple[int, int, NDArray[np.uint8]]] = []
        self._lengths: list[int] = []
        self._actions: list[NDArray[np.int64]] = []
        self._chosen_scores: list[NDArray[np.float64]] = []
        self._totals: list[float] = []

    def take(self, i: int, draws: NDArray[np.float64]) -> None:
        """Take steps for an instance, one per uniform number, until one of them goes to the next instance."""
        scores, bins, counts, ends, end = self._scores, self.bins, self._counts, self._ends, self._end
        nearest = self._space.neighbours[i]
        neighbour_ids = nearest.tolist()
        n_weights, k, n_distinct = len(WEIGHTS), len(nearest), int(self._space.n_distinct[i])
        own_bin = int(bins[i])
        neighbour_bins = bins[nearest]
        scores.set_neighbours(nearest, neighbour_bins)
        scores.set_state(i, own_bin)
        done, remaining = 0, len(draws)
        while remaining:
            length = min(remaining, end[i] - counts[i]) if own_bin < N_BINS - 1 else remaining
            values = scores.values
            centred = values - values[values.argmax()]
            cumulative = np.add.accumulate(np.exp(centred))
            total = cumulative[-1]
            # Less than the total, as a uniform number is less than 1: there is always a choice.
            chosen = _draw(cumulative, draws[done : done + length] * total)
            self._segments.append((i, own_bin, neighbour_bins))
            crossed: Sequence[int] = ()
            for used, action in enumerate(chosen.tolist(), start=1):
                place = action // n_weights
                if place == k:
                    # The step makes no row, and is the last one.
                    counts[i] -= 1
                    length = remaining = used
                    break
                j = neighbour_ids[place]
                counts[j] = count = counts[j] + 1
                if count == end[j]:
                    # A neighbour that crosses a bin edge ends the segment early.
                    crossed = range(place % n_distinct, k, n_distinct)  # All its places in the list.
                    length = used
                    bins[j] += 1
                    end[j] = ends[bins[j]]
                    neighbour_bins = bins[nearest]
                    for place in crossed:
                        scores.set_neighbour(place, j, bins[j])
                    break
            chosen = chosen[:length]
            self._lengths.append(length)
            self._actions.append(chosen)
            self._chosen_scores.append(centred[chosen])
            self._totals.append(total)
            counts[i] += length
            done += length
            remaining -= length
            if counts[i] == end[i]:
                own_bin += 1
                bins[i] = own_bin
                end[i] = ends[own_bin]
                scores.set_state(i, own_bin)
            else:
                for place in crossed:
                    scores.update(place)

    def arrays(self) -> dict[str, NDArray]:
        """The fields of `Episode` that describe segments and steps."""
        n_segments, k = len(self._segments), self._space.k
        step_segment = np.repeat(np.arange(n_segments, dtype=np.int32), self._lengths)
        scores = np.concatenate([np.empty(0), *self._chosen_scores])
        instances, own_bins, neighbour_bins = zip(*self._segments, strict=True) if n_segments else [()] * 3
        return {
            "segment_instance": np.array(instances, dtype=np.int32),
            "segment_bin": np.array(own_bins, dtype=np.uint8),
            "segment_neighbour_bins": np.array(neighbour_bins, dtype=np.uint8).reshape(n_segments, k),
            "step_segment": step_segment,
            "action": np.concatenate([np.empty(0, np.int64), *self._actions]).astype(np.int32),
            "log_probability": (scores - np.log(self._totals)[step_segment]).astype(np.float32),
        }


class _Scores:
    """Scores of one instance's low-level actions; this class scores them equally, to choose at random.

    Parameters
    ----------
    n_actions : int

    Attributes
    ----------
    values : ndarray of float64, shape (n_actions,)
        The scores, up to a constant that changes no probability. Here all are equal.
    """

    def __init__(self, n_actions: int) -> None:
        self.values = np.zeros(n_actions)

    def set_neighbours(self, nearest: NDArray[np.int32], bins: NDArray[np.uint8]) -> None:
        """Go to an instance with these neighbours, in these bins; call `set_state` next."""

    def set_neighbour(self, place: int, neighbour: int, count_bin: int) -> None:
        """Move one neighbour to another bin; call `set_state` or `update` next."""

    def set_state(self, instance: int, count_bin: int) -> None:
        """Compute all scores for this instance, in this bin."""

    def update(self, place: int) -> None:
        """Compute the scores of one neighbour again."""


class _DrawnPairs(_Scores):
    """A learned low-level policy's scores of the pairs of one instance at a time.

    The scorer's first layer is linear. So the parts of the state, of the neighbour (in each of its bins) and
    of the interpolation weight are computed once per weight version, and added. relu(x) = (x + |x|) / 2, and
    x is the sum of the parts, so only |x| needs all pairs. This is where an actor spends its time, and NumPy
    takes absolute values several times faster than maxima.

    Parameters
    ----------
    features : ndarray of float32, shape (n_instances, n_features)
    weights : mapping of str to ndarray of float32
    k : int
        Number of neighbours.
    """

    def __init__(self, features: NDArray[np.float32], weights: Weights, k: int) -> None:
        super().__init__(k * len(WEIGHTS))
        self._pair_values = self.values
        self._features = features
        self._weights = weights
        first, out = weights["low_level.scorer.weight"].T.copy("C"), weights["low_level.score.weight"][0]
        n_hidden = len(out)
        ends = np.cumsum([n_hidden, features.shape[1], N_BINS])
        self._from_state, from_features, from_bin, self._from_weight = np.split(first, ends)
        # Rows: bin times the number of instances, plus the instance.
        self._neighbour_part = (from_bin[:, None] + features @ from_features).reshape(-1, n_hidden)
        self._n_instances = len(features)
        self._half_out = out / 2
        self._neighbour_half = self._neighbour_part @ self._half_out
        self._weight_half = self._from_weight @ self._half_out
        # Memory to reuse: the hidden layer of all pairs, without and with the parts of the state and the
        # weight, and the part of the scores that is linear in the neighbour and the weight. NumPy is faster
        # on few long rows, hence the second shapes.
        n_weights = len(WEIGHTS)
        self._pairs = np.empty((k, n_weights, n_hidden), dtype=np.float32)
        self._pairs_by_place = self._pairs.reshape(k, -1)
        self._pairs_by_row = self._pairs.reshape(-1, n_hidden)
        self._hidden_by_place = np.empty_like(self._pairs_by_place)
        self._hidden_by_row = self._hidden_by_place.reshape(-1, n_hidden)
        self._offset = np.empty((n_weights, n_hidden), dtype=np.float32)
        self._long_offset = self._offset.ravel()
        self._linear = np.empty((k, n_weights), dtype=np.float32)
        self._long_linear = self._linear.ravel()
        self._state_parts: dict[int, NDArray[np.float32]] = {}

    def set_neighbours(self, nearest: NDArray[np.int32], bins: NDArray[np.uint8]) -> None:
        rows = bins * np.intp(self._n_instances) + nearest
        self._neighbour_part.take(rows.repeat(len(WEIGHTS)), axis=0, out=self._pairs_by_row, mode="clip")
        np.add(self._neighbour_half.take(rows)[:, None], self._weight_half, out=self._linear)

    def set_neighbour(self, place: int, neighbour: int, count_bin: int) -> None:
        row = int(count_bin) * self._n_instances + neighbour
        self._pairs[place] = self._neighbour_part[row]
        self._linear[place] = self._neighbour_half[row] + self._weight_half

    def set_state(self, instance: int, count_bin: int) -> None:
        if count_bin not in self._state_parts:
            self._state_parts[count_bin] = self._state_part(count_bin)
        np.add(self._from_weight, self._state_parts[count_bin][instance], out=self._offset)
        np.add(self._pairs_by_place, self._long_offset, out=self._hidden_by_place)
        np.abs(self._hidden_by_place, out=self._hidden_by_place)
        np.add(self._hidden_by_row @ self._half_out, self._long_linear, out=self._pair_values)

    def update(self, place: int) -> None:
        first, end = place * len(WEIGHTS), (place + 1) * len(WEIGHTS)
        hidden = np.abs(self._pairs[place] + self._offset)
        self._pair_values[first:end] = hidden @ self._half_out + self._linear[place]

    def _state_part(self, count_bin: int) -> NDArray[np.float32]:
        """The states' part of the scorer's first layer in this bin, one row per instance."""
        representation = _encode(self._weights, "low_level", _states(self._features, count_bin))
        return representation @ self._from_state + self._weights["low_level.scorer.bias"]


class _FlatScores(_DrawnPairs):
    """A flat policy's scores: first the pairs, then the decision to go to the next instance.

    The boolean has a logit of its own, so its probability does not depend on the number of pairs.
    """

    def __init__(self, features: NDArray[np.float32], weights: Weights, k: int) -> None:
        super().__init__(features, weights, k)
        self.values = np.empty(k * len(WEIGHTS) + 1)
        self._pair_values = self.values[:-1]
        self._next_logits: dict[int, NDArray[np.float32]] = {}
        self._next_logit = 0.0

    def set_state(self, instance: int, count_bin: int) -> None:
        super().set_state(instance, count_bin)
        if count_bin not in self._next_logits:
            representation = _encode(self._weights, "low_level", _states(self._features, count_bin))
            weight, bias = self._weights["low_level.next.weight"][0], self._weights["low_level.next.bias"]
            self._next_logits[count_bin] = representation @ weight + bias
        self._next_logit = float(self._next_logits[count_bin][instance])
        self._set_next()

    def update(self, place: int) -> None:
        super().update(place)
        self._set_next()

    def _set_next(self) -> None:
        # Relative to all pairs together: the two are the two sides of the boolean.
        largest = self._pair_values.max()
        self.values[-1] = self._next_logit + largest + np.log(np.exp(self._pair_values - largest).sum())


def _make_scores(space: SearchSpace, settings: SearchSettings, weights: Weights) -> _Scores:
    features = space.state_features.astype(np.float32)
    if settings.hierarchy == "flat":
        return _FlatScores(features, weights, space.k)
    if settings.low_level_policy == "random":
        return _Scores(space.n_actions)
    return _DrawnPairs(features, weights, space.k)


def cross_instance_state(space: SearchSpace, settings: SearchSettings) -> NDArray[np.float32]:
    """Input of the cross-instance policy. It is constant in a search, as the policy takes a single step.

    Parameters
    ----------
    space : SearchSpace
    settings : SearchSettings

    Returns
    -------
    ndarray of float32, shape (n_state_features + 10,)
        The mean of the features of all instances (or those of the first one), and the one-hot of an empty
        count.
    """
    features = space.state_features
    row = features.mean(axis=0) if settings.cross_instance_state == "mean" else features[0]
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


def _encode(weights: Weights, policy: str, states: NDArray[np.float32]) -> NDArray[np.float32]:
    """Representation of states by the two hidden layers of a policy."""
    for layer in ("0", "2"):
        name = f"{policy}.encoder.{layer}"
        states = np.maximum(states @ weights[f"{name}.weight"].T + weights[f"{name}.bias"], 0)
    return states


def _states(features: NDArray[np.float32], count_bin: int) -> NDArray[np.float32]:
    """States of all instances, as if all were in this bin."""
    one_hot = np.zeros((len(features), N_BINS), dtype=np.float32)
    one_hot[:, count_bin] = 1
    return np.concatenate([features, one_hot], axis=1)


def _softmax(logits: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Log-probabilities, and cumulative probabilities that end at exactly 1, along the last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    cumulative = np.exp(shifted).cumsum(axis=-1, dtype=np.float64)
    total = cumulative[..., -1:]
    log_probability = shifted - np.log(total).astype(np.float32)
    return log_probability, cumulative / total


def _draw(cumulative: NDArray[np.float64], uniform: NDArray[np.float64] | float) -> NDArray[np.int64]:
    """Invert a distribution function: return the choice for each uniform number in [0, 1)."""
    return cumulative.searchsorted(uniform, side="right")
