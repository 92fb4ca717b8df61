"""The SMOTE search space (Section 3.1): minority instances, neighbours, interpolation weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

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


class SearchSpace:
    """All decisions that a search can take on one set of minority instances.

    Parameters
    ----------
    X : ndarray of float64, shape (n_instances, n_features)
        Minority rows of the training split.
    neighbours : int
        Number of nearest neighbours K that an instance can be interpolated with; ``n_instances - 1`` where
        that is smaller. An instance is not its own neighbour, an equal row of another index can be.

    Attributes
    ----------
    X : ndarray of float64, shape (n_instances, n_features)
    neighbours : ndarray of int32, shape (n_instances, k)
        Indices of the nearest neighbours, nearest first.

    Raises
    ------
    ValueError
        If there are fewer than two minority rows: nothing could be interpolated.
    """

    def __init__(self, X: NDArray[np.float64], neighbours: int) -> None:
        if len(X) < 2:
            raise ValueError(
                f"the search interpolates between minority rows and needs at least 2 of them, got {len(X)}; "
                "give it more minority rows, for instance with a smaller imbalance ratio"
            )
        self.X = np.ascontiguousarray(X, dtype=np.float64)
        k = min(neighbours, len(X) - 1)
        # kneighbors() without an argument leaves each row out of its own list, by index.
        index = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(self.X)
        self.neighbours = index.kneighbors(return_distance=False).astype(np.int32)

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

    def decode(self, instance: NDArray[np.int32], action: NDArray[np.int32]) -> Samples:
        """Translate low-level actions.

        Parameters
        ----------
        instance : ndarray of int32, shape (n_synthetic,)
            Instance that each action was taken for.
        action : ndarray of int32, shape (n_synthetic,)
            Position in the neighbour list times 5, plus position in `WEIGHTS`.

        Returns
        -------
        Samples
        """
        place, weight = np.divmod(action, len(WEIGHTS))
        return Samples(
            np.asarray(instance, dtype=np.int32), self.neighbours[instance, place], WEIGHTS[weight]
        )

    def interpolate(self, samples: Samples) -> NDArray[np.float64]:
        """Rows ``x_source + weight * (x_neighbour - x_source)``.

        Parameters
        ----------
        samples : Samples

        Returns
        -------
        ndarray of float64, shape (n_synthetic, n_features)
        """
        start, end = self.X[samples.source], self.X[samples.neighbour]
        return start + samples.weight[:, None] * (end - start)

    def augment(
        self, X: NDArray[np.float64], y: NDArray, samples: Samples, minority: object
    ) -> tuple[NDArray[np.float64], NDArray]:
        """Training rows followed by synthetic ones: what a classifier is fitted on.

        Parameters
        ----------
        X : ndarray of float64, shape (n_rows, n_features)
        y : ndarray, shape (n_rows,)
        samples : Samples
        minority : int or str
            Label of the synthetic rows.

        Returns
        -------
        X : ndarray of float64, shape (n_rows + n_synthetic, n_features)
        y : ndarray, shape (n_rows + n_synthetic,)
            Of the dtype of `y`.
        """
        labels = np.full(len(samples), minority, dtype=y.dtype)
        return np.concatenate([X, self.interpolate(samples)]), np.concatenate([y, labels])
