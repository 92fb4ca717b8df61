"""Policies with few parameters: the three levels of Section 3.2 as linear functions of scale-free features.

A policy is a vector of 18 numbers (`PARAMETERS`):

- cross-instance: how many synthetic rows there are, relative to the majority rows;
- instance-specific: how many of them start from a minority row, by a softmax over the minority rows;
- low-level: which neighbour and which weight, by a softmax over the places where a synthetic row could lie.

What a policy sees of a place are the classes around it and distances, standardised over the training rows at
hand; no coordinates. So the same numbers mean the same on other rows: a policy can be scored on several
splits, applied to more rows, and carried to other data. A set of synthetic rows cannot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from autosmote.search.features import NEIGHBOURHOODS, log_distance, standardised, surroundings
from autosmote.search.space import WEIGHTS, Samples, SearchSpace

SOURCE_PARAMETERS = (
    *(f"source_share_{size}" for size in NEIGHBOURHOODS),
    "source_log_distance_ratio",
    "source_purity",
)
"""What a policy weighs of a minority row: the share of majority rows among its nearest training rows, itself
left out; the logarithm of the distance to the nearest majority row over that to the nearest minority row; and
how pure its neighbourhood is, (share_15 - 1/2) ** 2."""

ROW_PARAMETERS = (
    *(f"row_share_{size}" for size in NEIGHBOURHOODS),
    "row_log_distance",
    "row_purity",
    "neighbour_rank",
    "neighbour_log_distance",
)
"""What a policy weighs of a place for a synthetic row: the share of majority rows among the training rows
nearest to that place; the logarithm of the distance to the nearest majority row; how pure the place is; the
rank of the neighbour, nearest first; and the logarithm of the distance of the two minority rows."""

WEIGHT_PARAMETERS = tuple(f"weight_{round(100 * weight)}" for weight in WEIGHTS)
"""How much a policy likes each interpolation weight, in hundredths."""

PARAMETERS = ("log_rows", *SOURCE_PARAMETERS, *ROW_PARAMETERS, *WEIGHT_PARAMETERS)
"""The numbers that make a policy, by name; ``log_rows`` is the logarithm of the number of synthetic rows over
that of the majority rows."""

N_PARAMETERS = len(PARAMETERS)

FEWEST, MOST = 0.005, 3.0
"""Synthetic rows over majority rows: with fewer there are none, and more there are not."""

#: Places that are looked up at a time: bounds the memory that their neighbours need.
_BLOCK = 16384

Policy = NDArray[np.float64]
"""Values of `PARAMETERS`, of shape (18,)."""


def make_policy(rows: float, **parameters: float) -> Policy:
    """Build a policy from named numbers.

    Parameters
    ----------
    rows : float
        Synthetic rows over majority rows, above 0.
    **parameters : float
        Values of `PARAMETERS`; those left out are 0, so that the feature does not matter.

    Returns
    -------
    ndarray of float64, shape (18,)

    Raises
    ------
    ValueError
        If a name is unknown.
    """
    policy = np.zeros(N_PARAMETERS)
    policy[0] = np.log(rows)
    for name, value in parameters.items():
        if name not in PARAMETERS:
            raise ValueError(f"unknown parameter {name!r}; known: {', '.join(PARAMETERS)}")
        policy[PARAMETERS.index(name)] = value
    return policy


_SAMPLERS: Mapping[str, Mapping[str, float]] = {
    # exp(6) = 403: one row in a hundred is another than a copy.
    "duplicates": {"weight_0": 6.0},
    "smote": {},
    "near_smote": {"neighbour_rank": -2.0},
    "adasyn": {"source_share_15": 1.0, "neighbour_rank": -2.0},
    "borderline": {"source_share_15": 0.5, "source_purity": -2.0, "neighbour_rank": -2.0},
    "safe": {"source_share_15": -1.5, "row_share_15": -1.5, "neighbour_rank": -2.0},
}


def corner(sampler: str, rows: float) -> Policy:
    """Return the policy that is a known sampler.

    Parameters
    ----------
    sampler : {"duplicates", "smote", "near_smote", "adasyn", "borderline", "safe"}
        Random over-sampling; SMOTE with all neighbours of the search space; with the nearest ones mostly; and
        with a preference for minority rows among majority rows (as ADASYN), for those where the classes mix
        (as Borderline-SMOTE), and for rows and places away from the majority (as Safe-level SMOTE).
    rows : float
        Synthetic rows over majority rows, above 0.

    Returns
    -------
    ndarray of float64, shape (18,)
    """
    return make_policy(rows, **_SAMPLERS[sampler])


CORNERS: Mapping[str, Policy] = MappingProxyType(
    {
        "none": make_policy(FEWEST / 2),
        **{
            f"{sampler}_{rows}": corner(sampler, rows)
            for sampler, ratios in (
                ("duplicates", (0.05, 0.2, 0.5, 1.0)),
                ("near_smote", (0.1, 0.3, 1.0)),
                ("smote", (0.3,)),
                ("adasyn", (0.1, 0.5)),
                ("borderline", (0.1, 0.5)),
                ("safe", (0.1, 0.3)),
            )
            for rows in ratios
        },
    }
)
"""Corners of the space, which are known samplers at a few ratios of synthetic to majority rows."""


def random_policy(rng: np.random.Generator) -> Policy:
    """Draw a policy.

    Parameters
    ----------
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of float64, shape (18,)
        Between 1/100 and 1.5 rows per majority row, uniform on a logarithmic scale; the other numbers are
        normal, with one standard deviation for all that is log-uniform in [0.1, 2].
    """
    scale = np.exp(rng.uniform(np.log(0.1), np.log(2.0)))
    policy = scale * rng.standard_normal(N_PARAMETERS)
    policy[0] = rng.uniform(np.log(0.01), np.log(1.5))
    return policy


class PolicySpace:
    """What policies see of one training set: the features of its minority rows and of all places between.

    With more than two classes (beyond the paper) the majority of a minority row are the rows of all other
    classes. Each class gets its share of the synthetic rows: as many as the largest class has more than it,
    relative to what the smallest class lacks. With two classes these are all. Where the search space says how
    many rows of each class there are, policies say where only: their first number has no meaning.

    Parameters
    ----------
    space : SearchSpace
        Of the rows in `X` that are of its classes, in their order there.
    X : ndarray of float64, shape (n_rows, n_features)
        What distances between the training rows are measured on; for the minority rows, `space.features`.
    y : ndarray, shape (n_rows,)

    Attributes
    ----------
    space : SearchSpace
    n_majority : int
        Rows of the largest class.
    source_features : ndarray of float64, shape (n_instances, 5)
        `SOURCE_PARAMETERS`, standardised.
    row_features : ndarray of float32, shape (n_instances, k * 5, 7)
        `ROW_PARAMETERS`, standardised; neighbours, and for each of them the weights.
    """

    def __init__(self, space: SearchSpace, X: NDArray[np.float64], y: NDArray) -> None:
        self.space = space
        labels, counts = np.unique(y, return_counts=True)
        self.n_majority = int(counts.max())
        of = dict(zip(labels.tolist(), counts.tolist(), strict=True))
        n, k = space.neighbours.shape
        # scikit-learn takes distances from products, which lose what an offset of a column hides.
        X = X - X.mean(axis=0)
        features = np.empty((n, len(SOURCE_PARAMETERS)))
        places = np.empty((n, k, len(WEIGHTS), len(ROW_PARAMETERS)), dtype=np.float32)
        #: Instances of each class, and its rows: per unit of exp(log_rows), or as many as are asked for.
        self._classes: list[tuple[NDArray[np.intp], float]] = []
        lacking = self.n_majority - counts.min()
        for number, label in enumerate(np.unique(space.labels)):
            instances = np.flatnonzero(space.labels == label)
            share = (self.n_majority - of[label.item()]) / lacking if lacking else 1.0
            n_rows = self.n_majority * share if space.asked is None else space.asked[number]
            self._classes.append((instances, float(n_rows)))
            near = surroundings(X, y == label)
            features[instances] = np.column_stack([near, (near[:, 1] - 0.5) ** 2])
            places[instances] = _places(space, instances, X, y == label)
        self.source_features = standardised(features)
        # Where a class has fewer neighbours than others its lists start again, and a neighbour counts once.
        repeated = np.arange(k) >= space.n_distinct[:, None]
        used = ~np.broadcast_to(repeated[:, :, None], places.shape[:3])
        self.row_features = np.zeros((n, k * len(WEIGHTS), len(ROW_PARAMETERS)), dtype=np.float32)
        self.row_features[used.reshape(n, -1)] = standardised(places[used].astype(np.float64))
        self._unused = ~used.reshape(n, -1) if repeated.any() else None

    @classmethod
    def of_rows(
        cls,
        X: NDArray[np.float64],
        y: NDArray,
        minority: NDArray,
        neighbours: int,
        *,
        nominal: NDArray[np.intp] | None = None,
        seed: int = 0,
    ) -> PolicySpace:
        """Make the search space of some rows, and what policies see of it.

        Parameters
        ----------
        X : ndarray of float64, shape (n_rows, n_features)
        y : ndarray, shape (n_rows,)
        minority : ndarray, shape (n_minority_classes,)
            Classes to over-sample.
        neighbours : int
            Number of nearest neighbours of an instance.
        nominal, seed
            See `SearchSpace`.

        Returns
        -------
        PolicySpace

        Raises
        ------
        ValueError
            If a class has fewer than two rows.
        """
        own = np.isin(y, minority)
        space = SearchSpace(X[own], neighbours, labels=y[own], nominal=nominal, seed=seed)
        return cls(space, X, y)

    def intensity(self, policy: Policy) -> NDArray[np.float64]:
        """Expected number of synthetic rows of each decision.

        Parameters
        ----------
        policy : ndarray of float64, shape (18,)

        Returns
        -------
        ndarray of float64, shape (n_instances, k * 5)
            Neighbours, and for each of them the weights.
        """
        rows = np.exp(min(policy[0], np.log(MOST))) if self.space.asked is None else 1.0
        n, n_actions = self.row_features.shape[:2]
        if rows < FEWEST:
            return np.zeros((n, n_actions))
        source, place, weight = np.split(policy[1:], np.cumsum([len(SOURCE_PARAMETERS), len(ROW_PARAMETERS)]))
        preference = self.source_features @ source
        low_level = self.row_features @ place.astype(np.float32)
        low_level.reshape(n, -1, len(WEIGHTS))[...] += weight.astype(np.float32)
        if self._unused is not None:
            low_level[self._unused] = -np.inf
        low_level -= low_level.max(axis=1, keepdims=True)
        np.exp(low_level, out=low_level)
        amount = np.empty(n)
        for instances, n_rows in self._classes:
            of_class = np.exp(preference[instances] - preference[instances].max())
            amount[instances] = rows * n_rows * of_class / of_class.sum()
        return low_level * (amount / low_level.sum(axis=1))[:, None]

    def draw(self, policies: NDArray[np.float64], rng: np.random.Generator) -> Samples:
        """Draw synthetic rows by a mixture of policies.

        Each row comes from one of the policies, from one that makes more rows the more often; in all there
        are as many rows as the policies make on average, or as many of each class as are asked for.

        Parameters
        ----------
        policies : ndarray of float64, shape (n_policies, 18)
        rng : numpy.random.Generator

        Returns
        -------
        Samples
            Not more than the search space's `max_samples`, or exactly what it asks for.
        """
        intensity = self.intensity(policies[0])
        for policy in policies[1:]:
            intensity += self.intensity(policy)
        n_actions = self.space.n_actions
        if self.space.asked is None:
            cumulated = np.cumsum(intensity.ravel())
            n_rows = self.space.n_samples(round(cumulated[-1] / len(policies)))
            instance, action = np.divmod(_drawn(cumulated, n_rows, rng), n_actions)
        else:
            parts = []
            for instances, n_rows_of_class in self._classes:
                cumulated = np.cumsum(intensity[instances].ravel())
                of_class, actions = np.divmod(_drawn(cumulated, int(n_rows_of_class), rng), n_actions)
                parts.append((instances[of_class], actions))
            instance, action = (np.concatenate(part) for part in zip(*parts, strict=True))
        return self.space.decode(instance.astype(np.int32), action.astype(np.int32))


def _drawn(cumulated: NDArray[np.float64], n_rows: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Draw positions, each as often as its share in a cumulated sum says."""
    return np.searchsorted(cumulated, rng.random(n_rows) * cumulated[-1], side="right")


def _places(
    space: SearchSpace, instances: NDArray[np.intp], X: NDArray[np.float64], own: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """`ROW_PARAMETERS` of all places between instances of a class and their neighbours.

    The ends and the middle of a pair are looked up once, though the middle can be reached from either end.
    """
    minority = X[own]
    position = np.empty(space.n_instances, dtype=np.intp)
    position[instances] = np.arange(len(instances))
    neighbours = position[space.neighbours[instances]]
    n, k = neighbours.shape
    source = np.repeat(np.arange(n), k)
    low, high = np.minimum(source, neighbours.ravel()), np.maximum(source, neighbours.ravel())
    pairs, pair = np.unique(low * n + high, return_inverse=True)
    first, second = np.divmod(pairs, n)
    start, end = minority[first], minority[second]
    seen = np.concatenate(list(_look_around(np.concatenate([minority, (start + end) / 2]), X, own)))
    seen[:, 3] = log_distance(seen[:, 3])

    places = np.empty((n, k, len(WEIGHTS), len(ROW_PARAMETERS)), dtype=np.float32)
    at_start, at_end, middle = seen[:n, None], seen[neighbours], seen[n:][pair].reshape(n, k, -1)
    for at, weight in enumerate(WEIGHTS.tolist()):
        # Between an end and the middle as far as between their features: a third of the neighbours to find.
        along = 2 * weight
        part = (
            (1 - along) * at_start + along * middle
            if along < 1
            else (2 - along) * middle + (along - 1) * at_end
        )
        places[:, :, at, : part.shape[-1]] = part
    places[..., -2] = np.arange(k)[:, None]
    distances = np.linalg.norm(end - start, axis=1)[pair].reshape(n, k)
    places[..., -1] = log_distance(distances)[:, :, None]
    return places


def _look_around(
    at: NDArray[np.float64], X: NDArray[np.float64], own: NDArray[np.bool_]
) -> Iterator[NDArray[np.float64]]:
    """Shares of other classes, distance to their nearest row, and purity of places, block by block."""
    size = min(max(NEIGHBOURHOODS), len(X))
    nearest = NearestNeighbors(n_neighbors=size, algorithm="brute").fit(X)
    nearest_other = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(X[~own])
    for start in range(0, len(at), _BLOCK):
        block = at[start : start + _BLOCK]
        distance, index = nearest.kneighbors(block)
        other = ~own[index]
        shares = [other[:, :count].mean(axis=1) for count in NEIGHBOURHOODS]
        to_other = distance[np.arange(len(block)), other.argmax(axis=1)]
        if (far := ~other.any(axis=1)).any():
            to_other[far] = nearest_other.kneighbors(block[far])[0][:, 0]
        yield np.column_stack([*shares, to_other, (shares[1] - 0.5) ** 2])
