"""What a fitted sampler says of itself: a summary and two plots."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils.validation import check_is_fitted

from autosmote.estimator.columns import Columns
from autosmote.figures.style import COLOURS
from autosmote.utils.sklearn_settings import own_settings

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from autosmote.estimator.autosmote import AutoSMOTE

_GREY = "#9A9A9A"

#: Of a nominal column with more values, the rarer ones are shown as one.
_SHOWN_CATEGORIES = 20


class Plane:
    """Given and synthetic rows in two dimensions.

    Parameters
    ----------
    columns : Columns
    X : ndarray of float64, shape (n_rows, n_columns + n_wide)
        Encoded rows.
    synthetic : ndarray of float64, shape (n_synthetic, n_columns + n_wide)
    labels : ndarray of int, shape (n_rows + n_synthetic,)
        Positions of the classes among the sorted ones.

    Attributes
    ----------
    points : ndarray of float32, shape (n_rows + n_synthetic, 2)
    axes : tuple of str
        What the two dimensions are.
    labels : ndarray of int, shape (n_rows + n_synthetic,)
    n_rows : int
    """

    @own_settings()
    def __init__(
        self, columns: Columns, X: NDArray[np.float64], synthetic: NDArray[np.float64], labels: NDArray
    ) -> None:
        self.labels, self.n_rows = labels, len(X)
        both = np.concatenate([X, synthetic])
        if len(columns.names) == 2 and not columns.nominal.any() and not len(columns.wide):
            first, second = columns.names if columns.is_frame else ("First column", "Second column")
            self.axes, points = (str(first), str(second)), both
        else:
            features = _features(columns, X, both)
            pca = PCA(min(2, *features.shape), svd_solver="randomized", random_state=0)
            points = pca.fit(features[: len(X)]).transform(features)
            points = np.pad(points, [(0, 0), (0, 2 - points.shape[1])])
            self.axes = ("First principal component", "Second principal component")
        self.points = points.astype(np.float32)


def _features(columns: Columns, X: NDArray[np.float64], both: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standardised and one-hot encoded columns."""
    parts = []
    if not columns.nominal.all():
        numbers = columns.numbers(both, origin=X[0])
        parts.append(StandardScaler().fit(numbers[: len(X)]).transform(numbers))
    if columns.nominal.any():
        onehot = OneHotEncoder(sparse_output=False, handle_unknown="ignore", max_categories=_SHOWN_CATEGORIES)
        parts.append(onehot.fit(columns.codes(X)).transform(columns.codes(both)))
    return np.hstack(parts)


def summary(sampler: AutoSMOTE) -> str:
    """See `autosmote.AutoSMOTE.summary`."""
    check_is_fitted(sampler, "decisions_")
    lines = [_outcome(sampler)]
    if len(sampler.history_):
        if _by_policies(sampler):
            what, best, among = "best policy", sampler.history_["pooled_score"].max(), "policies"
            where = f"validation score over {sampler.history_['fold'].nunique()} folds"
        else:
            what, best, among = "AutoSMOTE", sampler.history_["best_validation_score"].iloc[-1], "iterations"
            where = "validation score"
        scores = {"no resampling": sampler.baseline_score_, "plain SMOTE": sampler.smote_score_, what: best}
        notes = {"plain SMOTE": "  (mean of 5 draws)", what: f"  (best of all {among}: optimistic)"}
        lines += ["", f"{scoring_name(sampler):<18}{where}"]
        lines += [f"  {name:<16}{_number(score)}{notes.get(name, '')}" for name, score in scores.items()]
    lines += ["", f"{'class':<18}{'rows':>8}{'synthetic':>11}"]
    for label, rows in sampler.class_counts_.items():
        lines.append(f"  {label!s:<16}{rows:>8}{sampler.sampling_strategy_.get(label, 0):>11}")
    return "\n".join(lines)


def _outcome(sampler: AutoSMOTE) -> str:
    n_iterations = len(sampler.history_)
    if not n_iterations:
        return "AutoSMOTE: all classes have the same size, so there is nothing to over-sample."
    if not sampler.best_iteration_:
        return (
            f"AutoSMOTE: none of {n_iterations} iterations scored higher than no resampling; the rows are "
            "returned as they are."
        )
    if _by_policies(sampler):
        n_policies = int(sampler.history_["pooled_score"].notna().sum())
        chosen: Any = sampler.policies_
        return (
            f"AutoSMOTE: {sampler.n_synthetic_} synthetic rows, drawn by the best {len(chosen)} of "
            f"{n_policies} policies."
        )
    return (
        f"AutoSMOTE: {sampler.n_synthetic_} synthetic rows, from iteration {sampler.best_iteration_} of "
        f"{n_iterations}."
    )


def _by_policies(sampler: AutoSMOTE) -> bool:
    """Whether the sampler was fitted by policy search."""
    return "pooled_score" in sampler.history_


def scoring_name(sampler: AutoSMOTE) -> str:
    """Name of the scorer, as far as it has one."""
    scoring = sampler.scoring
    return scoring if isinstance(scoring, str) else getattr(scoring, "__name__", "score")


def _number(score: float) -> str:
    return "none" if math.isnan(score) else f"{score:.4f}"


def plot_history(sampler: AutoSMOTE, ax: Axes | None) -> Axes:
    """See `autosmote.AutoSMOTE.plot_history`."""
    check_is_fitted(sampler, "decisions_")
    ax = _axes(ax, "plot_history")
    history = sampler.history_
    iterations = history["iteration"]
    by_policies = _by_policies(sampler)
    scores = history["pooled_score" if by_policies else "validation_score"]
    ax.plot(
        iterations,
        scores,
        linestyle="none",
        marker=".",
        markersize=3,
        color=_GREY,
        label="A policy" if by_policies else "An iteration",
    )
    ax.plot(
        iterations,
        # The best score over all folds is not the one of the last fold that the history follows.
        scores.cummax().ffill() if by_policies else history["best_validation_score"],
        drawstyle="steps-post",
        color=COLOURS[0],
        label="Best so far",
    )
    for name, score, style, colour in (
        ("No resampling", sampler.baseline_score_, "--", COLOURS[1]),
        ("Plain SMOTE", sampler.smote_score_, ":", COLOURS[2]),
    ):
        if not math.isnan(score):
            ax.axhline(score, linestyle=style, color=colour, label=name)
    ax.set_xlabel("Iteration")
    ax.set_ylabel(f"Validation score ({scoring_name(sampler)})")
    ax.legend(frameon=False)
    return ax


def plot_samples(sampler: AutoSMOTE, ax: Axes | None) -> Axes:
    """See `autosmote.AutoSMOTE.plot_samples`."""
    check_is_fitted(sampler, "decisions_")
    ax = _axes(ax, "plot_samples")
    plane = sampler._plane
    given = np.arange(len(plane.points)) < plane.n_rows
    colours = iter(COLOURS * len(sampler.class_counts_))
    for label in sorted(sampler.class_counts_, key=lambda label: -sampler.class_counts_[label]):
        over_sampled = label in sampler.sampling_strategy_
        colour = next(colours) if over_sampled else _GREY
        of_class = plane.labels == list(sampler.class_counts_).index(label)
        rows, synthetic = plane.points[of_class & given], plane.points[of_class & ~given]
        ax.scatter(
            rows[:, 0],
            rows[:, 1],
            s=14 if over_sampled else 6,
            color=colour,
            edgecolor="black" if over_sampled else "none",
            linewidth=0.5,
            alpha=1.0 if over_sampled else 0.6,
            label=f"{label}: {len(rows)} rows",
            zorder=3 if over_sampled else 1,
        )
        if len(synthetic):
            ax.scatter(
                synthetic[:, 0],
                synthetic[:, 1],
                s=16,
                marker="+",
                color=colour,
                alpha=0.7,
                linewidth=0.8,
                label=f"{label}: {len(synthetic)} synthetic",
                zorder=2,
            )
    ax.set_xlabel(plane.axes[0])
    ax.set_ylabel(plane.axes[1])
    ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return ax


def _axes(ax: Any, method: str) -> Any:
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError(f"{method} needs matplotlib; install it with: pip install matplotlib") from error
    return pyplot.subplots(layout="constrained")[1]
