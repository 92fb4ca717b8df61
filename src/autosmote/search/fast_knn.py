"""Predictions of `KNeighborsClassifier` with synthetic training rows, without fitting it.

In a search the training and validation rows stay the same. Only the synthetic rows change, and they come from
a finite set of candidates. With two classes a vote of k neighbours is a race. If ``need`` votes win, a
validation row is predicted minority exactly when ``need`` minority rows are nearer than the
``k - need + 1``-th nearest majority row. That distance is fixed. So each validation row keeps a list of the
candidates that are nearer, and an evaluation counts how often these were drawn.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin, clone
from sklearn.neighbors import KDTree, KNeighborsClassifier

from autosmote.search.space import WEIGHTS, Samples, SearchSpace

#: Validation rows whose candidates are looked up at a time: bounds the memory needed beside the lists.
BLOCK = 64

#: Above this number of features ``algorithm="auto"`` means brute force.
MAX_FEATURES_OF_AUTO = 15


class KNeighborsPredictor:
    """What a `KNeighborsClassifier` predicts for the validation rows, given synthetic training rows.

    `predict` returns what ``clone(estimator).fit(training + synthetic rows).predict(X_validation)`` returns,
    label by label, even where distances tie. This holds for scikit-learn's k-d tree, which sums squared
    differences of coordinates: the relative error of a distance stays below about ``n_features * eps``. Brute
    force, which scikit-learn uses with more than 15 features, subtracts dot products. Its errors are far
    larger when rows are near each other, so it is not supported.

    Ties and rounding: candidates that are the same point up to rounding (a neighbour at weight 1, the middle
    of a pair from either end) are kept once. A minority row may be as far away, within the bounds of both
    kinds of rounding, as the majority row that it races against. If their order decides the vote, it is an
    accident of the tree. Such a validation row is given to a fitted `KNeighborsClassifier`. Its tree answers
    each row by itself, so the answer is the same as when all rows are predicted. One such row costs a fit;
    continuous data have none.

    Memory: 4 bytes for each entry of a list, and as much again during `predict`. A validation row whose
    training neighbours already make it minority needs no list; there are at most
    (validation rows) x (candidates) entries. With n_neighbors=5 the tasks of the paper have at most 17,000
    (Electricity at ratio 20: 5,476 validation rows and 45,808 candidates), with n_neighbors=101 at most
    700,000.

    Parameters
    ----------
    space : SearchSpace
        Where the synthetic rows come from: the minority rows of `X_train`.
    estimator : KNeighborsClassifier
        Unfitted, with parameters that are supported.
    X_train, X_validation : ndarray of float64, shape (n_rows, n_features)
    y_train : ndarray, shape (n_rows,)
        Two classes.

    Raises
    ------
    ValueError
        If the estimator is not supported, or if the training rows do not have two classes, one of them that
        of the search space.
    """

    def __init__(
        self,
        space: SearchSpace,
        estimator: ClassifierMixin,
        X_train: NDArray[np.float64],
        y_train: NDArray,
        X_validation: NDArray[np.float64],
    ) -> None:
        if not self.supports(estimator, X_train):
            raise ValueError(
                f"predictions of {estimator!r} on training rows of shape {np.shape(X_train)} cannot be had "
                "without fitting it; ask KNeighborsPredictor.supports first"
            )
        self._classes = np.unique(y_train)
        minority = space.labels[0]
        is_minority = y_train == minority
        if len(self._classes) != 2 or not np.any(is_minority):
            raise ValueError(
                f"expected two classes, one of them {minority}; the training rows have {self._classes}"
            )
        self._space, self._estimator = space, estimator
        self._X_train, self._y_train, self._X_validation = X_train, y_train, X_validation
        self._minority = int(np.flatnonzero(self._classes == minority)[0])
        # scikit-learn gives an equal vote to the class that sorts first.
        votes: int = estimator.n_neighbors
        self._need = votes // 2 + 1 if self._minority else (votes + 1) // 2
        rival = votes - self._need + 1

        n, k = space.neighbours.shape
        source = np.repeat(np.arange(n, dtype=np.int32), k)
        neighbour = space.neighbours.ravel()
        self._pairs = np.unique(_pair_keys(source, neighbour, n))
        candidates = self._candidate_rows()

        # Relative: our distances and scikit-learn's. Absolute: a synthetic row and the candidate it is taken
        # for, and squares that underflow.
        relative = 10 * (X_train.shape[1] + 4) * np.finfo(np.float64).eps
        absolute = 1e-150
        for weight in WEIGHTS:
            samples = Samples(source, neighbour, np.full(len(source), weight))
            apart = space.interpolate(samples) - candidates[self._candidate_ids(samples)]
            absolute = max(absolute, 2 * np.linalg.norm(apart, axis=1).max())

        race = np.full(len(X_validation), np.inf)  # With too few rows to win a vote there is no race.
        if np.sum(~is_minority) >= rival:
            race = KDTree(X_train[~is_minority]).query(X_validation, rival)[0][:, -1]
        surely, possibly = race * (1 - relative) - absolute, race * (1 + relative) + absolute
        self._surely = np.zeros(len(X_validation), dtype=np.int64)
        self._possibly = np.zeros(len(X_validation), dtype=np.int64)
        for row, _, sure in _nearer(KDTree(X_train[is_minority]), X_validation, surely, possibly):
            self._surely += np.bincount(row[sure], minlength=len(X_validation))
            self._possibly += np.bincount(row, minlength=len(X_validation))

        # With more minority rows, the minority still wins the vote.
        undecided = np.flatnonzero(self._surely < self._need)
        found = list(
            _nearer(KDTree(candidates), X_validation[undecided], surely[undecided], possibly[undecided])
        )
        row = undecided[np.concatenate([np.empty(0, np.intp), *(part for part, _, _ in found)])]
        ids = np.concatenate([np.empty(0, np.int32), *(part for _, part, _ in found)])
        sure = np.concatenate([np.empty(0, np.bool_), *(part for _, _, part in found)])
        self._n_candidates = len(candidates)
        self._sure_lists = _Lists(row[sure], ids[sure])
        self._tied_lists = _Lists(row[~sure], ids[~sure])

    @staticmethod
    def supports(estimator: ClassifierMixin, X_train: NDArray[np.float64]) -> bool:
        """Whether predictions are possible without fitting.

        Parameters
        ----------
        estimator : classifier
        X_train : ndarray, shape (n_rows, n_features)

        Returns
        -------
        bool
            True for `KNeighborsClassifier` itself, not a subclass, with uniform weights and the Euclidean
            distance, if it uses a k-d tree whatever synthetic rows are added: asked for by name, or
            ``algorithm="auto"`` with at most 15 features; and n_neighbors less than half the training rows.
        """
        if type(estimator) is not KNeighborsClassifier or not isinstance(X_train, np.ndarray):
            return False
        euclidean = estimator.metric == "euclidean" or (estimator.metric == "minkowski" and estimator.p == 2)
        tree = estimator.algorithm == "kd_tree" or (
            estimator.algorithm == "auto" and X_train.shape[1] <= MAX_FEATURES_OF_AUTO
        )
        few = isinstance(estimator.n_neighbors, int) and 1 <= estimator.n_neighbors < len(X_train) // 2
        uniform = estimator.weights == "uniform" and estimator.metric_params is None
        return few and uniform and euclidean and tree

    def predict(self, samples: Samples) -> NDArray:
        """Labels of the validation rows, with these synthetic rows among the training rows.

        Parameters
        ----------
        samples : Samples
            Decisions of the search space, repeated as often as they were taken.

        Returns
        -------
        ndarray of the labels' dtype, shape (n_validation,)

        Raises
        ------
        ValueError
            If a sample is not a decision of the search space.
        """
        drawn = np.bincount(self._candidate_ids(samples), minlength=self._n_candidates)
        surely, possibly = self._surely.copy(), self._possibly.copy()
        self._sure_lists.add(drawn, surely, possibly)
        self._tied_lists.add(drawn, possibly)
        won = surely >= self._need
        labels = self._classes[np.where(won, self._minority, 1 - self._minority)]
        tied = ~won & (possibly >= self._need)
        if tied.any():
            labels[tied] = self._fit(samples).predict(self._X_validation[tied])
        return labels

    def _fit(self, samples: Samples) -> KNeighborsClassifier:
        return clone(self._estimator).fit(*self._space.augment(self._X_train, self._y_train, samples))

    def _candidate_rows(self) -> NDArray[np.float64]:
        """All distinct synthetic rows: the instances, then for each pair of instances the inner weights."""
        inner = WEIGHTS[1:-1]
        first, second = np.divmod(self._pairs, self._space.n_instances)
        between = Samples(
            np.repeat(first, len(inner)), np.repeat(second, len(inner)), np.tile(inner, len(first))
        )
        return np.concatenate([self._space.X, self._space.interpolate(between)])

    def _candidate_ids(self, samples: Samples) -> NDArray[np.int64]:
        """Candidate of each synthetic row."""
        n, inner = self._space.n_instances, len(WEIGHTS) - 2
        key = _pair_keys(samples.source, samples.neighbour, n)
        pair = np.minimum(np.searchsorted(self._pairs, key), len(self._pairs) - 1)
        position = np.minimum(np.searchsorted(WEIGHTS, samples.weight), len(WEIGHTS) - 1)
        unknown = (self._pairs[pair] != key) | (WEIGHTS[position] != samples.weight)
        if unknown.any():
            i = int(np.flatnonzero(unknown)[0])
            raise ValueError(
                f"sample {i} (source {samples.source[i]}, neighbour {samples.neighbour[i]}, weight "
                f"{samples.weight[i]}) is no decision of the search space; decode actions with "
                "SearchSpace.decode"
            )
        # The weights are symmetric: seen from the other end, position p is the last one minus p.
        position_of_first = np.where(samples.source < samples.neighbour, position, inner + 1 - position)
        between = n + pair * inner + position_of_first - 1
        ends = np.where(position == 0, samples.source, samples.neighbour)
        return np.where((position == 0) | (position == inner + 1), ends, between)


class _Lists:
    """The lists of candidates that are not empty.

    Parameters
    ----------
    row : ndarray of int, shape (n_entries,)
        In ascending order.
    ids : ndarray of int32, shape (n_entries,)
    """

    def __init__(self, row: NDArray[np.intp], ids: NDArray[np.int32]) -> None:
        self.rows, self.starts = np.unique(row, return_index=True)
        self.ids = ids

    def add(self, drawn: NDArray[np.int64], *totals: NDArray[np.int64]) -> None:
        """Add to each row's total how often the candidates in its list were drawn."""
        if len(self.rows):
            counts = np.add.reduceat(drawn.astype(np.int32)[self.ids], self.starts)
            for total in totals:
                total[self.rows] += counts


def _pair_keys(source: NDArray[np.int32], neighbour: NDArray[np.int32], n: int) -> NDArray[np.int64]:
    """One number per pair of instances, whichever comes first."""
    return np.minimum(source, neighbour).astype(np.int64) * n + np.maximum(source, neighbour)


def _nearer(
    tree: KDTree, X: NDArray[np.float64], surely: NDArray[np.float64], possibly: NDArray[np.float64]
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.int32], NDArray[np.bool_]]]:
    """Pairs (row of X, point of the tree) within `possibly`, and whether they are nearer than `surely`."""
    for start in range(0, len(X), BLOCK):
        block = slice(start, start + BLOCK)
        points, distances = tree.query_radius(X[block], possibly[block], return_distance=True)
        row = np.repeat(np.arange(start, start + len(points)), [len(found) for found in points])
        yield row, np.concatenate(points).astype(np.int32), np.concatenate(distances) < surely[row]
