"""The SMOTE search space (Section 3.1): minority instances, neighbours, interpolation weights."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.neighbors import NearestNeighbors

from autosmote.search.nominal import takes_neighbour
from autosmote.utils.sklearn_settings import own_settings

#: The interpolation weights of Section 3.2.
WEIGHTS: NDArray[np.float64] = np.array([0.0, 0.25, 0.5, 0.75, 1.0])


@dataclass(frozen=True)
class Samples:
    """Synthetic rows, each as the decision that made it.

    Attributes
    ----------
    source : ndarray of int32, shape (n_synthetic,)
        Minority instance that the row starts from.
    neighbour : ndarray of int32, shape (n_synthetic,)
        Minority instance that it is interpolated with.
    weight : ndarray of float64, shape (n_synthetic,)
        Interpolation weight: 0 repeats the source, 1 the neighbour.
    """

    source: NDArray[np.int32]
    neighbour: NDArray[np.int32]
    weight: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.source)


@dataclass(frozen=True)
class Incumbent:
    """Samples whose score was the best so far.

    Attributes
    ----------
    iteration : int
        From 1.
    score : float
    samples : Samples
        The synthetic rows, as decisions.
    """

    iteration: int
    score: float
    samples: Samples


def minority_classes(y: NDArray) -> NDArray:
    """List the classes that are over-sampled: those below the largest.

    Parameters
    ----------
    y : ndarray, shape (n_rows,)

    Returns
    -------
    ndarray, shape (n_minority_classes,)
        All but the first where all are of the same size.
    """
    labels, counts = np.unique(y, return_counts=True)
    return labels[counts < counts.max()] if counts.min() < counts.max() else labels[1:]


class SearchSpace:
    """All decisions that a search can take on one set of minority instances.

    With more than two classes the instances are the rows of every class below the largest (beyond the paper).
    An instance has neighbours of its own class only, and a synthetic row the label of its instance.

    Parameters
    ----------
    X : ndarray of float64, shape (n_instances, n_columns)
        Minority rows of the training split.
    neighbours : int or nearest-neighbours estimator
        Number of nearest neighbours K that an instance can be interpolated with. It is lowered if the largest
        of these classes has fewer other rows. An instance is not its own neighbour, but a duplicate of it can
        be. An unfitted estimator finds them with its own distance; as it counts the instance, K is one less
        than its ``n_neighbors``.
    labels : label or ndarray of shape (n_instances,), default 1
        Class of the instances, one for all or one for each.
    features : ndarray of float64, shape (n_instances, n_features), optional
        What distances are measured on. Default: `X`. Where values are missing, it is the columns that both
        rows have, scaled up for the others (`sklearn.metrics.pairwise.nan_euclidean_distances`).
    state_features : ndarray of float64, shape (n_instances, n_state_features), optional
        What the policies see of each instance. Default: `features`.
    max_samples : int, optional
        Most synthetic rows of an episode; default: no limit.
    asked : ndarray of int, shape (n_classes,), optional
        Exact numbers of synthetic rows of the classes among `labels`, in their sorted order (beyond the
        paper). Default: as many as a search makes.
    nominal : ndarray of int, shape (n_columns,), optional
        Number of the nominal column that each column of `X` belongs to, -1 for numbers: columns of codes
        have numbers of their own, the one-hot columns of one nominal column share one. Their values are drawn
        (`autosmote.search.nominal`), not interpolated (beyond the paper). Default: all are numbers.
    seed : int, default 0
        Seeds the values of nominal columns.

    Attributes
    ----------
    X : ndarray of float64, shape (n_instances, n_columns)
    features : ndarray of float64, shape (n_instances, n_features)
    state_features : ndarray of float64, shape (n_instances, n_state_features)
    labels : ndarray of shape (n_instances,)
    neighbours : ndarray of int32, shape (n_instances, k)
        Indices of the nearest neighbours, nearest first. If a class is too small for k of them, its lists
        repeat from the nearest.
    n_distinct : ndarray of int32, shape (n_instances,)
        Number of different neighbours in the list of an instance.
    demand : ndarray of float64, shape (n_instances,)
        Synthetic rows of an instance per unit of ``g1 * g2``: the size of the smallest class divided by that
        of the instance's class. So a cross-instance factor asks for the same total in each class, and factors
        that balance the smallest class balance all classes. Where the numbers are given, a class is asked for
        as many rows as it needs, and for one of each instance at least.
    max_samples : int or None
    asked : ndarray of int, shape (n_classes,), or None

    Raises
    ------
    ValueError
        If a class has fewer than two rows: nothing could be interpolated.
    """

    @own_settings()
    def __init__(
        self,
        X: NDArray[np.float64],
        neighbours: Any,
        *,
        labels: object = 1,
        features: NDArray[np.float64] | None = None,
        state_features: NDArray[np.float64] | None = None,
        max_samples: int | None = None,
        asked: NDArray[np.int64] | None = None,
        nominal: NDArray[np.intp] | None = None,
        seed: int = 0,
    ) -> None:
        self.X = np.ascontiguousarray(X, dtype=np.float64)
        self.features = self.X if features is None else np.ascontiguousarray(features, dtype=np.float64)
        self.state_features = (
            self.features if state_features is None else np.ascontiguousarray(state_features, np.float64)
        )
        #: How distances between features are measured, as scikit-learn names it.
        self.metric = "nan_euclidean" if np.isnan(self.features).any() else "euclidean"
        self.labels = labels if isinstance(labels, np.ndarray) else np.full(len(X), labels)
        self.max_samples = max_samples
        classes, of_class, sizes = np.unique(self.labels, return_inverse=True, return_counts=True)
        if len(X) < 2 or sizes.min() < 2:
            few = f"{len(X)}" if len(classes) < 2 else f"{sizes.min()} of class {classes[sizes.argmin()]}"
            raise ValueError(
                f"the search interpolates between minority rows and needs at least 2 of them, got {few}; "
                "give it more minority rows, for instance with a smaller imbalance ratio"
            )
        counted = isinstance(neighbours, Integral)
        most = neighbours if counted else max(1, neighbours.n_neighbors - 1)
        self.neighbours = np.empty((len(X), min(most, sizes.max() - 1)), dtype=np.int32)
        for number, size in enumerate(sizes):
            rows = np.flatnonzero(of_class == number)
            # scikit-learn computes distances from products, which lose precision if columns are far from 0.
            of_rows = self.features[rows]
            centred = of_rows - (of_rows.mean(axis=0) if self.metric == "euclidean" else 0.0)
            if counted:
                # kneighbors() without an argument leaves each row out of its own list, by index.
                index = NearestNeighbors(
                    n_neighbors=min(self.k, size - 1), algorithm="brute", metric=self.metric
                )
                nearest = index.fit(centred).kneighbors(return_distance=False)
            else:
                nearest = _found_by(neighbours, centred, min(self.k, size - 1))
            self.neighbours[rows] = rows[nearest[:, np.arange(self.k) % nearest.shape[1]]]
        self.n_distinct = np.minimum(self.k, sizes - 1).astype(np.int32)[of_class]
        self._seed = seed
        self._nominal = np.empty(0, np.intp) if nominal is None else np.flatnonzero(nominal >= 0)
        # Of each of these columns, the position of its nominal column.
        self._nominal_column = (
            self._nominal if nominal is None else np.unique(nominal[self._nominal], return_inverse=True)[1]
        )
        self.asked = asked
        if asked is None:
            self.demand = (sizes.min() / sizes)[of_class]
        else:
            wanted = np.maximum(asked / sizes, 1.0)
            self.demand = (wanted / wanted.max())[of_class]

    @property
    def n_instances(self) -> int:
        """Number of minority instances."""
        return len(self.X)

    @property
    def k(self) -> int:
        """Number of neighbours of an instance."""
        return self.neighbours.shape[1]

    @property
    def n_actions(self) -> int:
        """Number of low-level actions: pairs of a neighbour and a weight, 5K."""
        return self.k * len(WEIGHTS)

    def n_samples(self, n_steps: int) -> int:
        """Number of synthetic rows of an episode with `n_steps` low-level steps."""
        if self.asked is not None:
            return int(self.asked.sum())
        return n_steps if self.max_samples is None else min(n_steps, self.max_samples)

    def decode(self, instance: NDArray[np.int32], action: NDArray[np.int32]) -> Samples:
        """Translate the low-level actions of an episode.

        If there are more than `max_samples` actions, that many are kept, evenly spread over the episode.
        Where the numbers of rows are given, the actions of each class are thinned or repeated evenly to make
        as many. A class without any action is repeated instead, instance by instance.

        Parameters
        ----------
        instance : ndarray of int32, shape (n_steps,)
            Instance that each action was taken for.
        action : ndarray of int32, shape (n_steps,)
            Position in the neighbour list times 5, plus position in `WEIGHTS`.

        Returns
        -------
        Samples
        """
        if self.asked is not None:
            instance, action = self._as_many_as_asked(instance, action, self.asked)
        elif (n_samples := self.n_samples(len(action))) < len(action):
            kept = np.arange(n_samples) * len(action) // n_samples
            instance, action = instance[kept], action[kept]
        place, weight = np.divmod(action, len(WEIGHTS))
        return Samples(
            np.asarray(instance, dtype=np.int32), self.neighbours[instance, place], WEIGHTS[weight]
        )

    def _as_many_as_asked(
        self, instance: NDArray[np.int32], action: NDArray[np.int32], asked: NDArray[np.int64]
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        of_action = self.labels[instance]
        parts = []
        for label, n_rows in zip(np.unique(self.labels), asked.tolist(), strict=True):
            taken = np.flatnonzero(of_action == label)
            instances, actions = instance[taken], action[taken]
            if not len(taken):
                # Action 0 goes to the nearest neighbour with weight 0: the instance as it is.
                instances = np.flatnonzero(self.labels == label).astype(np.int32)
                actions = np.zeros(len(instances), dtype=np.int32)
            kept = np.arange(n_rows) * len(instances) // max(n_rows, 1)
            parts.append((instances[kept], actions[kept]))
        return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])

    def interpolate(self, samples: Samples) -> NDArray[np.float64]:
        """Rows ``x_source + weight * (x_neighbour - x_source)``; the value of one of the two where nominal.

        Between two rows a value is missing where either lacks it. At weights 0 and 1 it is that of one row.

        Parameters
        ----------
        samples : Samples

        Returns
        -------
        ndarray of float64, shape (n_synthetic, n_columns)
        """
        start, end = self.X[samples.source], self.X[samples.neighbour]
        rows = start + samples.weight[:, None] * (end - start)
        if (missing := np.isnan(rows)).any():
            weight = np.broadcast_to(samples.weight[:, None], rows.shape)
            rows = np.where(missing & (weight == 0), start, np.where(missing & (weight == 1), end, rows))
        if len(self._nominal):
            n_columns = int(self._nominal_column.max()) + 1
            from_end = takes_neighbour(
                samples.source, samples.neighbour, samples.weight, n_columns, self._seed
            )[:, self._nominal_column]
            rows[:, self._nominal] = np.where(from_end, end[:, self._nominal], start[:, self._nominal])
        return rows

    def augment(
        self, X: NDArray[np.float64], y: NDArray, samples: Samples
    ) -> tuple[NDArray[np.float64], NDArray]:
        """Training rows followed by synthetic ones: what a classifier is fitted on.

        Parameters
        ----------
        X : ndarray of float64, shape (n_rows, n_columns)
        y : ndarray, shape (n_rows,)
        samples : Samples

        Returns
        -------
        X : ndarray of float64, shape (n_rows + n_synthetic, n_columns)
        y : ndarray, shape (n_rows + n_synthetic,)
            Of the dtype of `y`.
        """
        labels = self.labels[samples.source].astype(y.dtype)
        return np.concatenate([X, self.interpolate(samples)]), np.concatenate([y, labels])


def _found_by(finder: Any, rows: NDArray[np.float64], k: int) -> NDArray[np.intp]:
    """The k nearest neighbours of each row, itself left out, by an estimator that need not do so itself."""
    index = clone(finder).set_params(n_neighbors=k + 1).fit(rows)
    nearest = index.kneighbors(rows, return_distance=False)
    own = nearest == np.arange(len(rows))[:, None]
    own[~own.any(axis=1), -1] = True  # Among enough duplicates a row may not find itself.
    return nearest[~own].reshape(len(rows), k)
