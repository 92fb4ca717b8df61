"""The synthetic rows of searches among the rows that they were made from, in two dimensions."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.decomposition import PCA

from autosmote.datasets.tasks import load_task
from autosmote.utils.storage import read_arrays, read_json

MOST_ROWS = 200
"""Most rows of a kind that are kept, drawn at random."""


@dataclass(frozen=True, eq=False)
class SearchSamples:
    """Training rows and synthetic rows, on the first two principal components of the training rows.

    Attributes
    ----------
    sampler, dataset, classifier, metric : str
    imbalance_ratio, seed : int
        Which search it is, as in the score table.
    majority, minority, synthetic : ndarray of float64, shape (n_rows, 2)
        At most `MOST_ROWS` of each. Of more than two classes, the majority is the largest, and the minority
        are all others.
    counts : dict of str to int
        How many there are of each kind, by the names above.
    explained : float
        Part of the variance of the training rows that lies in the two dimensions.
    """

    sampler: str
    dataset: str
    imbalance_ratio: int
    classifier: str
    metric: str
    seed: int
    majority: np.ndarray
    minority: np.ndarray
    synthetic: np.ndarray
    counts: dict[str, int]
    explained: float


def collect(
    results: Iterable[str | os.PathLike[str]], tasks: Iterable[str | os.PathLike[str]]
) -> Iterator[SearchSamples]:
    """Read the best synthetic rows of searches.

    Parameters
    ----------
    results : iterable of path-like
        The ``result.json`` of each search; ``samples.npz`` lies beside it.
    tasks : iterable of path-like
        The files of their tasks; repeated ones count once.

    Yields
    ------
    SearchSamples
        Task by task, one at a time in memory. Searches without their task are left out.

    Raises
    ------
    autosmote.utils.storage.CorruptFileError
        If a file cannot be read.
    """
    of_task = defaultdict(list)
    for path in map(Path, results):
        row = read_json(path)
        of_task[row["dataset"], row["imbalance_ratio"], row["seed"]].append((row, path))
    for file in dict.fromkeys(map(Path, tasks)):
        task = load_task(file)
        axes = PCA(n_components=2, random_state=0).fit(task.X_train)
        majority, minority = task.X_train[task.y_train == 0], task.X_train[task.y_train > 0]
        drawn = _thinned(axes, majority), _thinned(axes, minority)
        for row, path in of_task[task.dataset, task.imbalance_ratio, task.seed]:
            synthetic = read_arrays(path.with_name("samples.npz"))["X"]
            yield SearchSamples(
                sampler=row["sampler"],
                dataset=task.dataset,
                imbalance_ratio=task.imbalance_ratio,
                classifier=row["classifier"],
                metric=row["metric"],
                seed=task.seed,
                majority=drawn[0],
                minority=drawn[1],
                synthetic=_thinned(axes, synthetic),
                counts={"majority": len(majority), "minority": len(minority), "synthetic": len(synthetic)},
                explained=float(axes.explained_variance_ratio_.sum()),
            )


def _thinned(axes: PCA, rows: np.ndarray) -> np.ndarray:
    if not len(rows):
        return np.empty((0, 2))
    chosen = np.random.default_rng(0).permutation(len(rows))[:MOST_ROWS]
    return np.asarray(axes.transform(rows[chosen]))
