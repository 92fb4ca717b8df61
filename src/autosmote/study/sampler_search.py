"""Random search over the samplers of imbalanced-learn: what the budget of a search buys without a policy.

Table 2 gives each sampler ten classifier fits; a search has a thousand. Here a thousand fits go to samplers
that are there already: all twenty of imbalanced-learn, whichever of them a study compares with.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from imblearn import combine, over_sampling, under_sampling
from threadpoolctl import threadpool_limits

from autosmote.datasets.tasks import Task
from autosmote.evaluation.trial import Trial, try_sampler
from autosmote.samplers import Resampled, imbalanced_learn
from autosmote.search.settings import SearchSettings
from autosmote.study.strategy import Execution, Found, Selection

CODE = (
    "autosmote.study.sampler_search",
    "autosmote.evaluation.trial",
    "autosmote.samplers.multiclass",
    "autosmote.utils.refusals",
)
"""Modules that decide what `find_sampler` finds, beside the code of `SAMPLERS`."""

SAMPLERS = (
    "ClusterCentroids",
    "CondensedNearestNeighbour",
    "EditedNearestNeighbours",
    "RepeatedEditedNearestNeighbours",
    "AllKNN",
    "InstanceHardnessThreshold",
    "NearMiss",
    "NeighbourhoodCleaningRule",
    "OneSidedSelection",
    "RandomUnderSampler",
    "TomekLinks",
    "RandomOverSampler",
    "SMOTE",
    "SMOTEN",
    "ADASYN",
    "BorderlineSMOTE",
    "KMeansSMOTE",
    "SVMSMOTE",
    "SMOTEENN",
    "SMOTETomek",
)
"""Samplers to draw from, those of Table 2. Another one in the table of imbalanced-learn changes no search."""

SPECS = tuple(spec for name in SAMPLERS for spec in imbalanced_learn.SPECS if spec.name == name)

RATIOS = tuple(tenth / 10 for tenth in range(1, 11))
"""Minority rows per majority row to draw from (Section 4.1)."""


@dataclass(frozen=True)
class Draw:
    """What one iteration tried; the rows of the history.

    Attributes
    ----------
    iteration : int
        From 1.
    sampler : str
        Name of the sampler.
    ratio : float
        Minority rows per majority row asked for; NaN if the sampler takes none.
    random_state : int
        Seed of the sampler.
    status : str
        See `autosmote.evaluation.trial.Trial`.
    validation_score : float
        NaN if there is none.
    best_validation_score : float
        Best so far; NaN if there is none.
    """

    iteration: int
    sampler: str
    ratio: float
    random_state: int
    status: str
    validation_score: float
    best_validation_score: float


def find_sampler(
    task: Task, classifier: str, metric: str, settings: SearchSettings, execution: Execution
) -> Found:
    """Draw a sampler, a ratio and a random state in each iteration, and keep the best on validation.

    Each draw is uniform over the twenty `SAMPLERS` and the ten ratios.
    It runs in this process without a limit of time or memory, unlike the same sampler in the comparison: on
    large data a slow one (CondensedNearestNeighbour takes minutes) holds up the search.

    An iteration whose sampler or classifier refuses or fails counts and has no score. One that repeats what
    can only come out the same counts too, though it is not computed again.

    Parameters
    ----------
    task : Task
        Its seed also seeds the classifier.
    classifier, metric : str
        Keys of `autosmote.evaluation.classifiers.CLASSIFIERS` and `autosmote.evaluation.metrics.METRICS`.
    settings : SearchSettings
        Only ``iterations`` and ``seed`` are used.
    execution : Execution
        Only ``on_iteration`` is used.

    Returns
    -------
    Found
        Its samples are the rows of the best iteration, ``X`` and ``y``.
    """
    rng = np.random.default_rng(settings.seed)
    known: dict[tuple[str, float | None], Trial] = {}
    history: list[Draw] = []
    best: Draw | None = None
    data = Resampled(task.X_train, task.y_train)
    selections: list[Selection] = []
    with threadpool_limits(1):
        for iteration in range(1, settings.iterations + 1):
            spec, drawn = SPECS[rng.integers(len(SPECS))], RATIOS[rng.integers(len(RATIOS))]
            ratio = drawn if spec.takes_ratio else None
            random_state = int(rng.integers(2**31))
            trial = known.get((spec.name, ratio))
            if trial is None:
                trial = try_sampler(task, spec, ratio, random_state, classifier=classifier, metric=metric)
                if is_deterministic(spec.name):
                    known[spec.name, ratio] = trial
            score = trial.validation_score
            better = trial.data is not None and (best is None or score > best.validation_score)
            best_score = score if better or best is None else best.validation_score
            draw = Draw(
                iteration,
                spec.name,
                math.nan if ratio is None else ratio,
                random_state,
                trial.status,
                score,
                best_score,
            )
            if better:
                assert trial.data is not None
                best, data = draw, trial.data
                selections.append(Selection(iteration, score, data.X, data.y))
            history.append(draw)
            if execution.on_iteration is not None:
                execution.on_iteration(draw)
    chosen = {} if best is None else {"sampler": best.sampler, "random_state": best.random_state}
    if best is not None and not math.isnan(best.ratio):
        chosen["ratio"] = best.ratio
    return Found(
        selections=selections,
        n_synthetic=_count_new(data, task),
        history=pd.DataFrame(history),
        samples={"X": data.X, "y": data.y},
        settings={"iterations": settings.iterations, "seed": settings.seed, **chosen, **data.settings},
    )


def _count_new(data: Resampled, task: Task) -> int:
    """Count the rows that are no training rows."""
    rows = {row.tobytes() for row in np.column_stack([task.X_train, task.y_train])}
    return sum(row.tobytes() not in rows for row in np.column_stack([data.X, data.y]))


def is_deterministic(name: str) -> bool:
    """Tell whether one of the samplers returns the same rows whatever its seed.

    Parameters
    ----------
    name : str
        Name of one of `SAMPLERS`.

    Returns
    -------
    bool
    """
    module = next(module for module in (under_sampling, over_sampling, combine) if hasattr(module, name))
    return "random_state" not in getattr(module, name)().get_params()
