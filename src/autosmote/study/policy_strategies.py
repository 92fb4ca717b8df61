"""Policy search as a strategy of the study."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autosmote.datasets.tasks import Task
from autosmote.evaluation.classifiers import make_classifier
from autosmote.search.bank import PATH, load_bank
from autosmote.search.folds import make_folds
from autosmote.search.linear_policies import PolicySpace
from autosmote.search.settings import SearchSettings
from autosmote.search.space import minority_classes
from autosmote.study.scorers import scorer
from autosmote.study.strategy import Execution, Found, Rows, Selection, labels_of

CODE = (
    "autosmote.study.policy_strategies",
    "autosmote.study.scorers",
    "autosmote.search.bank",
    "autosmote.search.checkpoint",
    "autosmote.search.evolution",
    "autosmote.search.fast_adaboost",
    "autosmote.search.fast_knn",
    "autosmote.search.fast_svm",
    "autosmote.search.features",
    "autosmote.search.folds",
    "autosmote.search.jobs",
    "autosmote.search.linear_policies",
    "autosmote.search.nominal",
    "autosmote.search.reward",
    "autosmote.search.reward_scaling",
    "autosmote.search.rollout",
    "autosmote.search.setting_fields",
    "autosmote.search.settings",
    "autosmote.search.space",
    "autosmote.utils.parts",
    "autosmote.utils.refusals",
    "autosmote.utils.sklearn_settings",
    "autosmote.utils.threads",
)
"""Modules that decide what `find_policies` finds."""

#: Random stream of the draw on training and validation rows, besides the seed of the search.
_REFIT = 3


def find_policies(
    task: Task,
    classifier: str,
    metric: str,
    settings: SearchSettings,
    execution: Execution,
    *,
    prior: str = "corners",
    bank: Path = PATH,
) -> Found:
    """Search for policies by cross-validation over training and validation rows.

    Parameters
    ----------
    task : Task
        Its seed also seeds the classifier.
    classifier, metric : str
        Names of `autosmote.evaluation`.
    settings : SearchSettings
        Of these, ``iterations`` (classifier fits in all), ``neighbours``, ``nominal_values`` and ``seed``.
    execution : Execution
    prior : {"corners", "bank", "random"}, default "corners"
        Where the search starts: at the known samplers; at the policies that were good on other data
        (`autosmote.search.bank`); or at random policies, of which there are then so many that no fits are
        left for learning.
    bank : Path, default `autosmote.search.bank.PATH`
        The bank to start from.

    Returns
    -------
    Found
        Its samples are those of `autosmote.study.autosmote_search.find_synthetic_rows`, and the chosen
        ``policies`` (best first) with their ``policy_scores`` over all folds.
    """
    from autosmote.search import evolution  # It loads CMA-ES; a list of names needs none.

    keys = evolution.PolicySearchSettings(fits=settings.iterations, seed=settings.seed)
    estimator = make_classifier(classifier, task.seed)
    folds = make_folds(
        task.X_train,
        task.y_train,
        task.X_validation,
        task.y_validation,
        estimator,
        scorer(metric),
        neighbours=settings.neighbours,
        seed=settings.seed,
        evaluator=execution.evaluator,
        nominal=_nominal(task, settings),
    )
    spread = None
    if prior == "random":
        starts = evolution.random_starts(settings.seed, keys.fits)
    elif prior == "bank":
        policies = load_bank(bank).get(type(estimator).__name__, metric)
        starts, spread = evolution.bank_starts(policies), evolution.bank_spread(policies)
    else:
        starts = evolution.corner_starts(settings.seed)
    result = evolution.search_policies(
        folds,
        starts,
        keys,
        spread=spread,
        actors=execution.actors,
        on_iteration=execution.on_iteration,
        checkpoint=execution.checkpoint,
    )
    space = folds.folds[-1].policies.space
    samples = result.samples
    return Found(
        selections=[
            Selection(
                better.iteration, better.score, *space.augment(task.X_train, task.y_train, better.samples)
            )
            for better in result.incumbents
        ],
        n_synthetic=len(samples),
        history=result.history,
        samples={
            "source": samples.source,
            "neighbour": samples.neighbour,
            "weight": samples.weight,
            "X": space.interpolate(samples),
            **labels_of(space, samples),
            "policies": result.policies,
            "policy_scores": result.scores,
        },
        settings={
            "prior": prior,
            "neighbours": settings.neighbours,
            "nominal_values": settings.nominal_values,
            **dataclasses.asdict(keys),
        },
        resumed_after=result.resumed_after,
        refit=draw_on_all_rows(task, result.policies, settings) if len(result.policies) else None,
    )


def draw_on_all_rows(task: Task, policies: NDArray[np.float64], settings: SearchSettings) -> Rows:
    """Draw synthetic rows by policies on the training and the validation rows together.

    Parameters
    ----------
    task : Task
    policies : ndarray of float64, shape (n_policies, 18)
    settings : SearchSettings
        Of these, ``neighbours``, ``nominal_values`` and ``seed``.

    Returns
    -------
    Rows
        Training, validation and synthetic rows.
    """
    X = np.concatenate([task.X_train, task.X_validation])
    y = np.concatenate([task.y_train, task.y_validation])
    nominal = _nominal(task, settings)
    space = PolicySpace.of_rows(
        X, y, minority_classes(y), settings.neighbours, nominal=nominal, seed=settings.seed
    )
    samples = space.draw(policies, np.random.default_rng([settings.seed, _REFIT]))
    return Rows(*space.space.augment(X, y, samples))


def _nominal(task: Task, settings: SearchSettings) -> NDArray[np.intp] | None:
    """The nominal columns, where their values are to be drawn."""
    return task.nominal if settings.nominal_values == "drawn" else None
