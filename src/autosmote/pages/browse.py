"""A page to browse the scores in: ranks and comparisons of any selection, learning curves, samples."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import chi2

from autosmote.analysis.friedman import critical_difference
from autosmote.analysis.labels import classifier_label, metric_label, sampler_label
from autosmote.analysis.learning_curves import SEARCH
from autosmote.analysis.methods import ABLATION, EXTENSION, REFERENCE, VARIANT, in_order
from autosmote.figures import style

if TYPE_CHECKING:
    from autosmote.study.search_samples import SearchSamples

_HERE = Path(__file__).parent
_SCORES = {
    "test_score": "Test set",
    "large_test_score": "Large test set",
    "refit_test_score": "Refitted, test set",
    "refit_large_test_score": "Refitted, large test set",
}
_CELL = ("dataset", "imbalance_ratio", "classifier", "metric", "seed")
_GRID = 1000  # places along each axis of drawn samples: finer than the points of a screen


def make(
    scores: pd.DataFrame,
    *,
    learning_curves: pd.DataFrame | None = None,
    samples: Iterable[SearchSamples] = (),
    alpha: float = 0.05,
) -> str:
    """Make the page.

    Parameters
    ----------
    scores : DataFrame
        The score table.
    learning_curves : DataFrame, optional
        See `autosmote.analysis.learning_curves.collect`.
    samples : iterable of SearchSamples, optional
        Samples to draw.
    alpha : float, default 0.05
        Level of significance of Friedman's test and the critical difference.

    Returns
    -------
    str
        An HTML page that needs no other file: data and plotly.js are in it, compressed.

    Raises
    ------
    ValueError
        If the score table is empty.
    """
    from plotly.offline import get_plotlyjs

    if scores.empty:
        raise ValueError("the score table has no rows; there is nothing to browse")
    data = _data(scores, learning_curves, list(samples), alpha)
    parts = {
        "PLOTLY": _packed(get_plotlyjs()),
        "DATA": _packed(json.dumps(data, allow_nan=False, separators=(",", ":"))),
        "SCRIPT": (_HERE / "browse.js").read_text(encoding="utf-8"),
    }
    page = (_HERE / "browse.html").read_text(encoding="utf-8")
    for name, content in parts.items():
        page = page.replace(f"<!-- {name} -->", content)
    return page


def _packed(text: str) -> str:
    """Compress a text as the page unpacks it; the same text gives the same bytes."""
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def _data(
    scores: pd.DataFrame,
    learning_curves: pd.DataFrame | None,
    samples: Sequence[SearchSamples],
    alpha: float,
) -> dict[str, Any]:
    """Return what the page shows; every text column is written as places in the list of its values."""
    categories = scores.drop_duplicates("sampler").set_index("sampler")["category"]
    order = {name: place for place, name in enumerate(in_order(categories))}
    samplers = sorted(categories.index, key=lambda name: order[categories[name]])
    values: dict[str, list[Any]] = {
        "dataset": list(scores["dataset"].unique()),
        "imbalance_ratio": sorted(map(int, scores["imbalance_ratio"].unique())),
        "classifier": list(scores["classifier"].unique()),
        "metric": list(scores["metric"].unique()),
        "sampler": samplers,
        "seed": sorted(map(int, scores["seed"].unique())),
        "status": list(scores["status"].unique()),
    }
    places = {name: {value: place for place, value in enumerate(found)} for name, found in values.items()}
    rows = scores.sort_values(["metric", *_CELL[:3], "sampler", "seed"], kind="stable")
    shown = [name for name in _SCORES if name == "test_score" or scores[name].notna().any()]
    return {
        "values": values,
        "labels": {
            "dataset": values["dataset"],
            "imbalance_ratio": list(map(str, values["imbalance_ratio"])),
            "classifier": list(map(classifier_label, values["classifier"])),
            "metric": list(map(metric_label, values["metric"])),
            "sampler": list(map(sampler_label, samplers)),
            "seed": list(map(str, values["seed"])),
            "status": [status.replace("_", " ") for status in values["status"]],
        },
        "categories": [categories[name] for name in samplers],
        "chosen": [categories[name] not in (VARIANT, ABLATION, EXTENSION) for name in samplers],
        "reference": places["sampler"].get(REFERENCE, 0),
        "scores": {name: _SCORES[name] for name in shown},
        "rows": {name: rows[name].map(places[name]).tolist() for name in places}
        | {name: _numbers(rows[name]) for name in shown}
        | {"validation_score": _numbers(rows["validation_score"].round(4))},
        "alpha": alpha,
        # By the number of methods: the critical value of Friedman's chi-square, and Nemenyi's critical
        # difference, but for the root of the number of configurations.
        "friedman": [None, None, *(float(chi2.ppf(1 - alpha, count)) for count in range(1, len(samplers)))],
        "nemenyi": [
            None,
            None,
            *(critical_difference(count, 1, alpha) for count in range(2, len(samplers) + 1)),
        ],
        "curves": [] if learning_curves is None else _curves(learning_curves, places),
        "samples": _samples(samples, places),
        "colours": style.COLOURS,
    }


def _numbers(column: pd.Series) -> list[float | None]:
    return [None if np.isnan(value) else value for value in column.tolist()]


def _curves(learning_curves: pd.DataFrame, places: dict[str, dict[Any, int]]) -> list[dict[str, Any]]:
    """Keep the iterations of each search at which the incumbent changed, and the last one."""
    names = [name for name in SEARCH if name != "category"]
    incumbent = ["incumbent_validation_score", "incumbent_test_score"]
    curves = []
    for key, curve in learning_curves.groupby(names, observed=True, sort=False):
        cell = dict(zip(names, key, strict=True))
        if any(value not in places[name] for name, value in cell.items()):
            continue  # a search on another study's cells
        numbers = curve[incumbent].round(4)
        changed = (numbers.fillna(-1).diff() != 0).any(axis=1)
        changed.iloc[-1] = True
        curves.append(
            {name: places[name][value] for name, value in cell.items()}
            | {"iteration": curve.loc[changed, "iteration"].tolist()}
            | {
                kind: _numbers(numbers.loc[changed, name])
                for kind, name in zip(("validation", "test"), incumbent, strict=True)
            }
        )
    return curves


def _samples(samples: Sequence[SearchSamples], places: dict[str, dict[Any, int]]) -> list[dict[str, Any]]:
    """Round the samples to a grid over their range."""
    found = []
    for search in samples:
        cell = {name: places[name].get(getattr(search, name)) for name in ("sampler", *_CELL)}
        if None in cell.values():
            continue  # as above
        kinds = {name: getattr(search, name) for name in ("majority", "minority", "synthetic")}
        every = np.concatenate(list(kinds.values()))
        low, high = every.min(axis=0), every.max(axis=0)
        step = np.where(high > low, (high - low) / _GRID, 1.0)
        found.append(
            cell
            | {name: ((rows - low) / step).round().astype(int).T.tolist() for name, rows in kinds.items()}
            | {"low": low.round(4).tolist(), "step": step.round(6).tolist()}
            | {"counts": search.counts, "explained": round(search.explained, 3)}
        )
    return found
