"""AdaBoost's predictions for synthetic rows, without sorting every feature for every stump.

scikit-learn's AdaBoostClassifier fits 50 depth-1 trees to the same rows with changing weights, and each tree
sorts each feature again. Here the features are sorted once per evaluation. Sums of weights over bins of
sorted rows give the stump; bins that cannot hold the best split are skipped.

The result equals scikit-learn's; it is no approximation. Errors, estimator weights and row weights come from
the same NumPy operations on the same vectors in the same order as in scikit-learn, so they are equal to the
last bit as long as the stumps predict the same. Only the search for a split adds the weights in another
order. A split is accepted if it beats every other split by more than rounding can explain in either
implementation, or if the splits that come close predict the same labels for all rows. All other stumps are
left to scikit-learn's tree, with the row weights and the seed that it would have had.
"""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin, clone
from sklearn.ensemble import AdaBoostClassifier
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import check_random_state

from autosmote.search.space import Samples, SearchSpace

#: scikit-learn's trees do not split between values that are this close.
_FEATURE_THRESHOLD = np.float32(1e-7)

#: Bins per feature, at most: a stump costs a pass over the rows per feature, plus a pass over these.
_N_BINS = 192

#: Combinations of bins that features are summed over together, at most, where they have few bins each.
_N_COMBINATIONS = 1024

#: Bins that are examined at a time, most promising first.
_CHUNK = 32

#: Added to divisors that are 0 only if the dividend is 0; too small to change any other divisor.
_TINY = 1e-300

#: Two splits whose impurities differ by less than this may be ordered the other way round by scikit-learn, in
#: units of n * eps * (total weight). Its sums of n weights are off by up to 4 n eps/2 and its impurity of a
#: side by 9 times that (unless the side weighs as little as the error itself), ours by 2 n eps/2 and 4 times
#: that. Two splits have four sides: 4 * (36 + 8) / 2 = 88.
_SPLIT_ERROR = 128

_Labels = NDArray[np.bool_]


class AdaBoostPredictor:
    """Predict the validation rows as an AdaBoostClassifier fitted on training plus synthetic rows does.

    Parameters
    ----------
    space : SearchSpace
        Of the minority rows of `X_train`.
    estimator : AdaBoostClassifier
        Unfitted, one that `supports` accepts.
    X_train, X_validation : ndarray of float64, shape (n_rows, n_features)
        Finite numbers.
    y_train : ndarray, shape (n_rows,)
        Labels of two classes.

    Attributes
    ----------
    n_stumps : int
        Stumps found so far.
    n_ambiguous : int
        Stumps that were left to scikit-learn's tree.

    Raises
    ------
    ValueError
        If `y_train` does not hold two classes, one of them that of the search space.
    """

    def __init__(
        self,
        space: SearchSpace,
        estimator: AdaBoostClassifier,
        X_train: NDArray[np.float64],
        y_train: NDArray,
        X_validation: NDArray[np.float64],
    ) -> None:
        self.classes = np.unique(y_train)
        minority = space.labels[0]
        if len(self.classes) != 2 or minority not in self.classes:
            raise ValueError(
                f"the fast AdaBoost tells two classes apart, one of them {minority}; "
                f"y_train holds {self.classes.tolist()}"
            )
        self.space = space
        self.estimator = estimator
        self.X_train, self.y_train, self.X_validation = X_train, y_train, X_validation
        self.n_stumps = self.n_ambiguous = 0
        self._train_columns = _columns(X_train)
        self._validation_columns = _columns(X_validation)
        self._train_labels = y_train == self.classes[1]
        self._synthetic_label = minority == self.classes[1]

    @staticmethod
    def supports(estimator: ClassifierMixin, X_train: NDArray[np.float64]) -> bool:
        """Whether `predict` gives what this estimator would on these rows.

        Parameters
        ----------
        estimator : classifier
        X_train : ndarray, shape (n_rows, n_features)

        Returns
        -------
        bool
            True for an AdaBoostClassifier itself (no subclass) with any number of estimators, any learning
            rate, an integer random state and scikit-learn's default tree of depth 1, and for rows of finite
            numbers that a float32 can hold.
        """
        if type(estimator) is not AdaBoostClassifier:
            return False
        stump = estimator.estimator
        if stump is not None:
            if type(stump) is not DecisionTreeClassifier:
                return False
            default = DecisionTreeClassifier(max_depth=1, random_state=stump.random_state)
            if stump.get_params() != default.get_params():
                return False
        numbers: tuple[tuple[object, type], ...] = (
            (estimator.n_estimators, Integral),
            (estimator.learning_rate, Real),
            (estimator.random_state, Integral),
        )
        if any(isinstance(value, bool) or not isinstance(value, kind) for value, kind in numbers):
            return False
        if not (estimator.n_estimators >= 1 and estimator.learning_rate > 0):
            return False
        X = np.asarray(X_train)
        return X.ndim == 2 and X.dtype.kind in "fiu" and bool(np.all(np.abs(X) <= np.finfo(np.float32).max))

    def predict(self, samples: Samples) -> NDArray:
        """Predict the validation rows.

        Parameters
        ----------
        samples : Samples
            The synthetic rows.

        Returns
        -------
        ndarray, shape (n_validation,)
            Labels, equal to those that a clone of the estimator predicts after a fit on the training rows
            followed by the synthetic rows.

        Raises
        ------
        ValueError
            As scikit-learn does, if the first stump is no better than chance.
        """
        columns = np.concatenate([self._train_columns, _columns(self.space.interpolate(samples))], axis=1)
        labels = np.concatenate(
            [self._train_labels, np.full(len(samples), self._synthetic_label, dtype=bool)]
        )
        boosted = self._boost(columns, labels)
        if boosted is None:
            return self._plain(samples)
        return self.classes.take(boosted > 0)

    def _boost(self, columns: NDArray[np.float32], y: _Labels) -> NDArray[np.float64] | None:
        """AdaBoostClassifier.fit with its arithmetic; the decision function times a positive number.

        None if boosting ends in a way that scikit-learn raises or warns about.
        """
        rate, n_estimators = self.estimator.learning_rate, self.estimator.n_estimators
        rng = check_random_state(self.estimator.random_state)
        epsilon = np.finfo(np.float64).eps
        rows = _SortedRows(columns, y)
        weight = np.ones(len(y))
        weight /= weight.sum()
        decision = np.zeros(self._validation_columns.shape[1])
        for i in range(n_estimators):
            weight = np.clip(weight, epsilon, None)
            seed = rng.randint(np.iinfo(np.int32).max)
            predicted, vote = self._stump(rows, weight, seed)
            incorrect = predicted != y
            error = np.average(incorrect, weights=weight)
            if error <= 0:
                return decision + np.where(vote, 1.0, -1.0)
            if error >= 0.5:
                return decision if i else None
            estimator_weight = rate * np.log((1.0 - error) / error)
            if not np.isfinite(estimator_weight):
                return None
            decision += np.where(vote, estimator_weight, -estimator_weight)
            if i < n_estimators - 1:
                with np.errstate(over="ignore"):
                    weight = np.exp(np.log(weight) + estimator_weight * incorrect)
                total = np.sum(weight)
                if not np.isfinite(total):
                    return None
                weight /= total
        return decision

    def _stump(self, rows: _SortedRows, weight: NDArray[np.float64], seed: int) -> tuple[_Labels, _Labels]:
        """Return the labels of the fitted and the validation rows by the stump for these weights."""
        self.n_stumps += 1
        splits = rows.best_splits(weight)
        if splits:
            predicted, vote = (splits[0].predict(c) for c in (rows.columns, self._validation_columns))
            if all(
                split.is_constant(splits[0])
                or (
                    np.array_equal(split.predict(rows.columns), predicted)
                    and np.array_equal(split.predict(self._validation_columns), vote)
                )
                for split in splits[1:]
            ):
                return predicted, vote
        self.n_ambiguous += 1
        tree = DecisionTreeClassifier(max_depth=1, random_state=seed)
        tree.fit(rows.columns.T, rows.y, sample_weight=weight)
        return tree.predict(rows.columns.T), tree.predict(self._validation_columns.T)

    def _plain(self, samples: Samples) -> NDArray:
        X, y = self.space.augment(self.X_train, self.y_train, samples)
        return clone(self.estimator).fit(X, y).predict(self.X_validation)


class _Split(NamedTuple):
    """A stump: the label of either side of a threshold."""

    feature: int
    threshold: float
    left: bool
    right: bool

    def is_constant(self, other: _Split) -> bool:
        """Whether both give all rows the same label, whatever their thresholds."""
        return self.left == self.right == other.left == other.right

    def predict(self, columns: NDArray[np.float32]) -> _Labels:
        if self.left == self.right:
            return np.full(columns.shape[1], self.left)
        return (columns[self.feature] <= self.threshold) == self.left


class _SortedRows:
    """The rows of one evaluation: sorted by each feature, and binned for the search of the best split.

    A bin is a run of sorted rows between two places where a split is possible. A place is a position among
    the sorted rows of all features, one feature after the other; a split at a place is one before its row.

    Parameters
    ----------
    columns : ndarray of float32, shape (n_features, n_rows)
    y : ndarray of bool, shape (n_rows,)
    """

    def __init__(self, columns: NDArray[np.float32], y: _Labels) -> None:
        self.columns, self.y = columns, y
        n_features, n = columns.shape
        order = np.empty((n_features, n), dtype=np.intp)
        possible = np.zeros((n_features, n), dtype=bool)
        edges = []
        for f, column in enumerate(columns):
            order[f] = np.argsort(column)
            values = column[order[f]]
            possible[f, 1:] = values[1:] > values[:-1] + _FEATURE_THRESHOLD
            edges.append(_edges(np.flatnonzero(possible[f]), n))

        # Features with fewer bins than others are filled up with empty ones.
        self.n_bins = max(map(len, edges)) + 1
        start = np.full((n_features, self.n_bins + 1), n)
        start[:, 0] = 0
        bins = np.empty((n_features, n), dtype=np.intp)
        for f, edge in enumerate(edges):
            start[f, 1 : len(edge) + 1] = edge
            bins[f, order[f]] = np.repeat(np.arange(self.n_bins), np.diff(start[f]))
        #: Features whose weights are summed together, the shape of the sums, and each row's index into them.
        self.groups: list[tuple[list[int], tuple[int, ...], NDArray[np.intp]]] = []
        for features in _group([len(edge) + 1 for edge in edges]):
            shape = (*(len(edges[f]) + 1 for f in features), 2)
            index = np.ravel_multi_index((*bins[features], y.astype(np.intp)), shape)
            self.groups.append((features, shape, index))
        self.is_edge = start[:, 1:-1] < n
        #: First place of each bin, one after the last bin included.
        self.start = start + n * np.arange(n_features)[:, None]
        self.order, self.possible = order.ravel(), possible.ravel()
        # Splits before each place, so that the difference of two counts those between them.
        splits = np.concatenate([[0], np.cumsum(self.possible)])
        first, end = self.start[:, :-1], self.start[:, 1:]
        #: Whether a split is possible inside a bin.
        self.divisible = splits[end] > splits[np.minimum(first + 1, end)]

    def best_splits(self, weight: NDArray[np.float64]) -> list[_Split]:
        """The candidates for the best split: one, or several whose order rounding could reverse.

        Empty if rounding may decide whether, or how, scikit-learn splits.
        """
        n_features, n = self.columns.shape
        # Weight of class 0 and of class 1 before each edge, the two ends included.
        before = np.zeros((2, n_features, self.n_bins + 1))
        for features, shape, index in self.groups:
            sums = np.bincount(index, weight, math.prod(shape)).reshape(shape)
            for axis, f in enumerate(features):
                others = tuple(other for other in range(len(features)) if other != axis)
                before[:, f, 1 : shape[axis] + 1] = sums.sum(axis=others).T
        np.cumsum(before, axis=2, out=before)
        zero, one = before
        totals = before[:, :, -1:]
        tolerance = _SPLIT_ERROR * n * np.finfo(np.float64).eps * float(totals.sum(axis=0).max())

        at_edge = _impurity(zero[:, 1:-1], one[:, 1:-1], *totals)
        at_edge[~self.is_edge] = np.inf
        best = float(at_edge.min(initial=np.inf))

        # The impurity is a concave function of the two weights on the left, which both grow along a bin:
        # inside it the impurity is nowhere below all four corners of the rectangle between its ends.
        bound = np.minimum(
            _impurity(zero[:, :-1], one[:, 1:], *totals), _impurity(zero[:, 1:], one[:, :-1], *totals)
        )
        np.minimum(bound[:, 1:], at_edge, out=bound[:, 1:])
        np.minimum(bound[:, :-1], at_edge, out=bound[:, :-1])
        bound[~self.divisible] = np.inf
        bound = bound.ravel()
        bins = np.flatnonzero(bound <= best + tolerance)
        bins = bins[np.argsort(bound[bins])]
        feature, edge = np.nonzero(at_edge <= best + tolerance)
        at = feature, edge + 1
        found = [(at_edge[feature, edge], self.start[at], zero[at], one[at])]
        while len(bins) and bound[bins[0]] <= best + tolerance:
            chunk, bins = bins[:_CHUNK], bins[_CHUNK:]
            found.append(self._inside(chunk, weight, before))
            best = min(best, float(found[-1][0].min()))

        impurity, place, left_zero, left_one = (np.concatenate(part) for part in zip(*found, strict=True))
        near = np.flatnonzero(impurity <= best + tolerance)
        whole = 2.0 * zero[0, -1] * one[0, -1] / (zero[0, -1] + one[0, -1])
        if best + tolerance >= whole or self._has_light_side(weight, tolerance):
            return []
        splits = []
        for p, s0, s1 in zip(place[near], left_zero[near], left_one[near], strict=True):
            f = p // n
            left, right = s1 - s0, (one[f, -1] - s1) - (zero[f, -1] - s0)
            if min(abs(left), abs(right)) <= tolerance:
                return []
            below, above = self.columns[f, self.order[p - 1 : p + 1]].astype(np.float64)
            splits.append(_Split(int(f), below / 2.0 + above / 2.0, bool(left > 0), bool(right > 0)))
        return splits

    def _inside(
        self, bins: NDArray[np.intp], weight: NDArray[np.float64], before: NDArray[np.float64]
    ) -> tuple[NDArray, NDArray, NDArray, NDArray]:
        """Impurity, place and weights on the left of the splits inside bins, infinite where there is none."""
        feature, place_in_feature = np.divmod(bins, self.n_bins)
        start, end = self.start[feature, place_in_feature], self.start[feature, place_in_feature + 1]
        place = start[:, None] + np.arange(1, np.max(end - start))
        is_split = place < end[:, None]
        # Places beyond a bin's end come after all that count, so the sums up to them do no harm.
        np.minimum(place, len(self.order) - 1, out=place)
        is_split &= self.possible[place]
        row = self.order[place - 1]
        weights = weight[row]
        of_one = weights * self.y[row]
        s0, s1 = np.cumsum(weights - of_one, axis=1), np.cumsum(of_one, axis=1)
        at_start = before[:, feature, place_in_feature, None]
        s0 += at_start[0]
        s1 += at_start[1]
        impurity = _impurity(s0, s1, *before[:, feature, -1:])
        return np.where(is_split, impurity, np.inf).ravel(), place.ravel(), s0.ravel(), s1.ravel()

    def _has_light_side(self, weight: NDArray[np.float64], tolerance: float) -> bool:
        """Whether a side of a split has so little weight that scikit-learn's sum of it may be noise."""
        if weight.min() > tolerance:
            return False
        n = len(weight)
        for f in range(len(self.columns)):
            order = self.order[f * n : (f + 1) * n]
            places = np.flatnonzero(self.possible[f * n : (f + 1) * n])
            if len(places):
                sides = weight[order[: places[0]]], weight[order[places[-1] :]]
                if min(side.sum() for side in sides) <= tolerance:
                    return True
        return False


def _columns(X: NDArray) -> NDArray[np.float32]:
    """One contiguous row per feature, rounded as scikit-learn's trees do it."""
    return np.ascontiguousarray(X.T, dtype=np.float64).astype(np.float32)


def _edges(possible: NDArray[np.intp], n: int) -> NDArray[np.intp]:
    """Places among the possible ones that cut n sorted rows into bins.

    However often a value repeats, no bin that can be divided is longer than its share: such a value gets a
    bin of its own.
    """
    if len(possible) < _N_BINS:
        return possible
    shares = np.arange(1, _N_BINS) * n // _N_BINS
    after = np.searchsorted(possible, shares)
    before = np.searchsorted(possible, shares, side="right") - 1
    return np.unique(possible[np.concatenate([after[after < len(possible)], before[before >= 0]])])


def _group(n_bins: list[int]) -> list[list[int]]:
    """Put features with few bins together, in groups of at most `_N_COMBINATIONS` combinations of bins."""
    groups: list[list[int]] = []
    combinations = _N_COMBINATIONS
    for feature, n in enumerate(n_bins):
        combinations *= n
        if combinations > _N_COMBINATIONS or not groups:
            groups.append([])
            combinations = n
        groups[-1].append(feature)
    return groups


def _impurity(
    zero: NDArray[np.float64],
    one: NDArray[np.float64],
    all_zero: NDArray[np.float64],
    all_one: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Weighted Gini impurity of two sides, from the weights of both classes on the left and in all."""
    right_zero, right_one = all_zero - zero, all_one - one
    left = zero * one / (zero + one + _TINY)
    return 2.0 * (left + right_zero * right_one / (right_zero + right_one + _TINY))
