"""AutoSMOTE on a task of the study, and all strategies that differ from it in keys of the engine."""

from __future__ import annotations

import dataclasses

import numpy as np

from autosmote.datasets.tasks import Task
from autosmote.evaluation.classifiers import make_classifier
from autosmote.search.features import STATE_FEATURES
from autosmote.search.reward import ValidationReward
from autosmote.search.settings import SearchSettings
from autosmote.search.space import SearchSpace, minority_classes
from autosmote.study.scorers import scorer
from autosmote.study.strategy import Execution, Found, Selection, labels_of
from autosmote.utils.errors import require_torch

CODE = (
    "autosmote.study.autosmote_search",
    "autosmote.study.scorers",
    "autosmote.search.actors",
    "autosmote.search.adam",
    "autosmote.search.checkpoint",
    "autosmote.search.engine",
    "autosmote.search.fast_adaboost",
    "autosmote.search.fast_knn",
    "autosmote.search.fast_svm",
    "autosmote.search.features",
    "autosmote.search.jobs",
    "autosmote.search.learner",
    "autosmote.search.nominal",
    "autosmote.search.policies",
    "autosmote.search.reward",
    "autosmote.search.reward_scaling",
    "autosmote.search.rollout",
    "autosmote.search.setting_fields",
    "autosmote.search.settings",
    "autosmote.search.space",
    "autosmote.search.vtrace",
    "autosmote.utils.refusals",
    "autosmote.utils.sklearn_settings",
    "autosmote.utils.threads",
)
"""Modules that decide what `find_synthetic_rows` finds."""


def find_synthetic_rows(
    task: Task, classifier: str, metric: str, settings: SearchSettings, execution: Execution
) -> Found:
    """Search the SMOTE search space with the engine: AutoSMOTE, and all that differ in its keys.

    Parameters
    ----------
    task : Task
        Its seed also seeds the classifier.
    classifier, metric : str
        Keys of `autosmote.evaluation.classifiers.CLASSIFIERS` and `autosmote.evaluation.metrics.METRICS`.
    settings : SearchSettings
    execution : Execution

    Returns
    -------
    Found
        Its samples are ``source`` and ``neighbour`` (indices among the minority rows of the training split,
        in their order there), ``weight``, and the synthetic rows themselves, ``X``. Of more than two classes,
        whose minority rows are those of all classes below the largest, also ``label``.
    """
    require_torch("the search of the paper")
    from autosmote.search.engine import search  # It loads PyTorch; a list of names needs none.

    classes = minority_classes(task.y_train) if task.n_classes > 2 else np.array([1])
    minority = np.isin(task.y_train, classes)
    # What the policies see of an instance is its own class against all others.
    rows = np.concatenate([np.flatnonzero(task.y_train == label) for label in classes])
    features = STATE_FEATURES[settings.state_features]
    seen = np.concatenate([features(task.X_train, task.y_train == label) for label in classes])
    space = SearchSpace(
        task.X_train[minority],
        settings.neighbours,
        labels=task.y_train[minority],
        state_features=seen[np.argsort(rows)],
        nominal=task.nominal if settings.nominal_values == "drawn" else None,
        seed=settings.seed,
    )
    reward = ValidationReward(
        space,
        make_classifier(classifier, task.seed),
        scorer(metric),
        task.X_train,
        task.y_train,
        task.X_validation,
        task.y_validation,
        evaluator=execution.evaluator,
    )
    result = search(
        space,
        reward,
        settings,
        actors=execution.actors,
        device=execution.device,
        on_iteration=execution.on_iteration,
        checkpoint=execution.checkpoint,
    )
    return Found(
        selections=[
            Selection(
                better.iteration, better.score, *space.augment(task.X_train, task.y_train, better.samples)
            )
            for better in result.incumbents
        ],
        n_synthetic=len(result.samples),
        history=result.history,
        samples={
            "source": result.samples.source,
            "neighbour": result.samples.neighbour,
            "weight": result.samples.weight,
            "X": space.interpolate(result.samples),
            **labels_of(space, result.samples),
        },
        settings=dataclasses.asdict(settings),
        resumed_after=result.resumed_after,
    )
