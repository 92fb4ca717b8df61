"""What a fitted sampler says of itself: a summary and three plots."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils.validation import check_is_fitted

from autosmote.estimator.columns import Columns
from autosmote.figures.style import COLOURS
from autosmote.search.features import NEIGHBOURHOODS, surroundings
from autosmote.utils.sklearn_settings import own_settings

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from autosmote.estimator.autosmote import AutoSMOTE

_GREY = "#9A9A9A"

#: Of a nominal column with more values, the rarer ones are shown as one.
_SHOWN_CATEGORIES = 20

#: Of how many nearest rows the classes are counted, as in Borderline-SMOTE and in the features of policies.
_AROUND = NEIGHBOURHOODS[0]

#: What a row is called by the share of other classes around it, with the largest share of its kind.
_KINDS = (("safe", 0.2), ("borderline", 0.6), ("hard", 1.0))

#: A preference that is smaller is not worth a sentence.
_PREFERENCE = 0.1


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


@own_settings()
def origins(
    columns: Columns,
    X: NDArray[np.float64],
    y: NDArray,
    names: Mapping[Any, Any],
    source: NDArray[np.intp],
    asked: NDArray[np.int64] | None = None,
) -> pd.DataFrame:
    """Say of the rows of over-sampled classes what lies around them, and how many synthetic ones start there.

    Plain SMOTE makes each class as large as the largest, or as asked for, and starts from each of its rows
    equally often.

    Parameters
    ----------
    columns : Columns
    X : ndarray of float64, shape (n_rows, n_columns + n_wide)
        Encoded rows.
    y : ndarray, shape (n_rows,)
    names : mapping
        The labels as the caller has them, by those in `y`.
    source : ndarray of int, shape (n_synthetic,)
        The rows that synthetic ones start from.
    asked : ndarray of int, shape (n_classes,), optional
        Synthetic rows of each of the sorted classes. By default all classes below the largest are
        over-sampled.

    Returns
    -------
    DataFrame
        See `autosmote.AutoSMOTE`, attribute ``origins_``.
    """
    classes, counts = np.unique(y, return_counts=True)
    synthetic = np.bincount(source, minlength=len(y))
    by_smote = counts.max() - counts if asked is None else asked
    parts = []
    for label, count, wanted in zip(classes, counts, by_smote, strict=True):
        if not wanted:
            continue
        own = y == label
        # As policies see it, a missing value is the mean of its column.
        share = surroundings(np.nan_to_num(columns.features_of_all(X, own), nan=0.0), own)[:, 0]
        kinds, largest = zip(*_KINDS, strict=True)
        parts.append(
            pd.DataFrame(
                {
                    "row": np.flatnonzero(own),
                    "class": [names[label]] * count,
                    "other_share": share,
                    # Shares of fewer than five rows lie between the bounds, and those of five on them.
                    "kind": np.array(kinds)[np.searchsorted(np.array(largest) + 1e-9, share)],
                    "synthetic": synthetic[own],
                    "smote": wanted / count,
                }
            )
        )
    if not parts:
        nothing = {"row": int, "class": object, "other_share": float, "kind": object, "synthetic": int}
        return pd.DataFrame(columns=[*nothing, "smote"]).astype(nothing | {"smote": float})
    return pd.concat(parts, ignore_index=True)


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
    return "\n".join([*lines, *(_learned(sampler) if sampler.n_synthetic_ else [])])


def _learned(sampler: AutoSMOTE) -> list[str]:
    """Which rows were over-sampled, and how, beside what plain SMOTE does."""
    rows, made = sampler.origins_, sampler.n_synthetic_
    by_smote = rows["smote"].sum()
    lines = ["", f"{'synthetic rows':<18}{'rows':>8}{'AutoSMOTE':>11}{'plain SMOTE':>13}"]
    lines.append(f"  {'in all':<16}{len(rows):>8}{made:>11}{by_smote:>13.0f}")
    shares = {}
    around = dict(zip(("safe", "borderline", "hard"), ("at most 1", "2 or 3", "4 or 5"), strict=True))
    for kind, _ in _KINDS:
        of_kind = rows[rows["kind"] == kind]
        shares[kind] = of_kind["synthetic"].sum() / made, of_kind["smote"].sum() / by_smote
        lines.append(
            f"  {f'from {kind}':<16}{len(of_kind):>8}{shares[kind][0]:>10.0%} {shares[kind][1]:>12.0%}"
            f"   {around[kind]} of the {_AROUND} nearest rows are of other classes"
        )
    copies = float(np.mean(_is_copy(sampler)))
    lines.append(f"  {'copies':<16}{'':>8}{copies:>10.0%} {0:>12.0%}   the others lie between two rows")
    kind = max(shares, key=lambda kind: shares[kind][0] - shares[kind][1])
    prefers = shares[kind][0] - shares[kind][1] >= _PREFERENCE
    most = rows["synthetic"].sort_values(ascending=False)
    half = int(np.searchsorted(most.cumsum(), made / 2)) + 1
    return [
        *lines,
        "",
        f"It over-samples {f'{kind} rows more than' if prefers else 'safe and hard rows about as'} plain "
        f"SMOTE does, and makes {_times_as_many(made / by_smote)} rows. "
        f"Half of them start from {half} of {len(rows)} rows.",
    ]


def _times_as_many(ratio: float) -> str:
    """Say a ratio before the word ``rows``."""
    if ratio < 0.95:
        return f"{ratio:.0%} as many"
    return "about as many" if ratio < 1.05 else f"{ratio:.1f} times as many"


def _is_copy(sampler: AutoSMOTE) -> NDArray[np.bool_]:
    """Which synthetic rows lie at an end of the line between their two rows."""
    decisions = sampler.decisions_
    at_an_end = decisions["weight"].isin([0, 1]) | (decisions["source"] == decisions["neighbour"])
    return at_an_end.to_numpy()


def _outcome(sampler: AutoSMOTE) -> str:
    n_iterations = len(sampler.history_)
    if not n_iterations:
        if len(set(sampler.class_counts_.values())) > 1:
            return "AutoSMOTE: sampling_strategy asks for no synthetic rows."
        return "AutoSMOTE: all classes have the same size, so there is nothing to over-sample."
    if not sampler.best_iteration_:
        return (
            f"AutoSMOTE: none of {n_iterations} iterations scored higher than no resampling; the rows are "
            "returned as they are."
            + (
                " Plain SMOTE did: a longer search may find as much."
                if sampler.smote_score_ > sampler.baseline_score_
                else ""
            )
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
            label=f"{_literal(label)}: {len(rows)} rows",
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
                label=f"{_literal(label)}: {len(synthetic)} synthetic",
                zorder=2,
            )
    ax.set_xlabel(_literal(plane.axes[0]))
    ax.set_ylabel(_literal(plane.axes[1]))
    ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return ax


def plot_origins(sampler: AutoSMOTE, ax: Axes | None) -> Axes:
    """See `autosmote.AutoSMOTE.plot_origins`."""
    check_is_fitted(sampler, "decisions_")
    ax = _axes(ax, "plot_origins")
    rows = sampler.origins_
    others = (rows["other_share"] * _AROUND).round().astype(int)
    places = np.arange(_AROUND + 1)
    of_source = others.set_axis(rows["row"])
    copies = _is_copy(sampler)
    starts = sampler.decisions_["source"].map(of_source)

    def numbers(values: Any) -> NDArray[np.int64]:
        return np.bincount(values, minlength=len(places))

    between, copied = numbers(starts[~copies]), numbers(starts[copies])
    by_smote = rows.groupby(others)["smote"].sum().reindex(places, fill_value=0)
    width = 0.38
    ax.bar(places - width / 2, between, width, color=COLOURS[0], label="AutoSMOTE, between two rows")
    if copies.any():
        ax.bar(places - width / 2, copied, width, bottom=between, color=COLOURS[5], label="AutoSMOTE, copies")
    ax.bar(places + width / 2, by_smote, width, color=_GREY, label="Plain SMOTE")
    given = numbers(others)
    ax.set_xticks(places, [f"{place}\n{given[place]} rows" for place in places])
    ax.set_xlabel(
        f"Rows of other classes among the {_AROUND} nearest to where it starts\n(0: safe, {_AROUND}: hard)"
    )
    ax.set_ylabel("Synthetic rows")
    ax.legend(frameon=False)
    return ax


def _literal(name: Any) -> str:
    """A name as matplotlib shows it: no formula, and no label to leave out of the legend."""
    text = str(name).replace("$", r"\$")
    return f" {text}" if text.startswith("_") else text


def _axes(ax: Any, method: str) -> Any:
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError(f"{method} needs matplotlib; install it with: pip install matplotlib") from error
    return pyplot.subplots(layout="constrained")[1]
