"""The one list of search strategies, looked up by name: AutoSMOTE, its ablations (Section 4.4), others."""

from __future__ import annotations

import dataclasses

import numpy as np

from autosmote.datasets.tasks import Task
from autosmote.evaluation.classifiers import make_classifier
from autosmote.evaluation.metrics import METRICS
from autosmote.search.features import STATE_FEATURES
from autosmote.search.reward import LabelScorer, ValidationReward
from autosmote.search.settings import SearchSettings
from autosmote.search.space import SearchSpace
from autosmote.study.sampler_search import find_sampler
from autosmote.study.strategy import Execution, Found, Selection, Strategy
from autosmote.utils.errors import UnknownNameError

AUTO_SAMPLING, ABLATION, EXTENSION = "Auto-sampling", "Ablation", "Extension"


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
        in their order there), ``weight``, and the synthetic rows themselves, ``X``.
    """
    from autosmote.search.engine import search  # It loads PyTorch; a list of names needs none.

    minority = task.y_train == 1
    space = SearchSpace(
        task.X_train[minority],
        settings.neighbours,
        state_features=STATE_FEATURES[settings.state_features](task.X_train, minority),
    )
    reward = ValidationReward(
        space,
        make_classifier(classifier, task.seed),
        LabelScorer(METRICS[metric]),
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
            for better in result.improvements
        ],
        n_synthetic=len(result.samples),
        history=result.history,
        samples={
            "source": result.samples.source,
            "neighbour": result.samples.neighbour,
            "weight": result.samples.weight,
            "X": space.interpolate(result.samples),
        },
        settings=dataclasses.asdict(settings),
        resumed_after=result.resumed_after,
    )


def merge_training_and_validation(task: Task) -> Task:
    """Let the training and the validation split both be the rows of the two.

    Parameters
    ----------
    task : Task

    Returns
    -------
    Task
        The training rows come first. The test split is that of `task`.
    """
    X = np.concatenate([task.X_train, task.X_validation])
    y = np.concatenate([task.y_train, task.y_validation])
    return dataclasses.replace(task, X_train=X, y_train=y, X_validation=X, y_validation=y)


def _ablation(name: str, label: str, changes: str, **keys: str) -> Strategy:
    return Strategy(name, label, ABLATION, "Section 4.4", changes, find_synthetic_rows, keys)


_STRATEGIES = {
    strategy.name: strategy
    for strategy in (
        Strategy(
            name="autosmote",
            label="AutoSMOTE",
            category=AUTO_SAMPLING,
            reference="Section 3",
            changes="nothing",
            find=find_synthetic_rows,
        ),
        _ablation(
            "no_cross_instance",
            "w/o cross-instance sub-policy",
            "g1 is always G1 / 2",
            cross_instance_policy="half",
        ),
        _ablation(
            "no_instance_specific",
            "w/o instance-specific sub-policy",
            "g2 is always G2 / 2",
            instance_specific_policy="half",
        ),
        _ablation(
            "no_low_level",
            "w/o low-level policy",
            "neighbours and weights are random",
            low_level_policy="random",
        ),
        _ablation(
            "flat",
            "Flat policy",
            "one policy chooses neighbour, weight, and when to go to the next instance",
            hierarchy="flat",
        ),
        _ablation(
            "random_search",
            "Random search",
            "all decisions are random, nothing is learned",
            cross_instance_policy="random",
            instance_specific_policy="random",
            low_level_policy="random",
        ),
        Strategy(
            name="merged",
            label="Merging training and validation sets",
            category=ABLATION,
            reference="Section 4.4",
            changes="the classifier is trained and scored on training and validation rows together",
            find=find_synthetic_rows,
            prepare=merge_training_and_validation,
            note="the validation score is that of rows trained on: compare no methods by it",
        ),
        Strategy(
            name="neighbourhood_state",
            label="AutoSMOTE, neighbourhood state",
            category=EXTENSION,
            reference="this project",
            changes="the policies see the classes around an instance, and rewards relative to recent ones",
            find=find_synthetic_rows,
            keys={"state_features": "neighbourhood", "reward_scaling": "standardised"},
        ),
        Strategy(
            name="sampler_search",
            label="Random search over samplers",
            category=EXTENSION,
            reference="this project",
            changes="each iteration is a random sampler of imbalanced-learn at a random ratio",
            find=find_sampler,
            single_process=True,
        ),
    )
}


def specs() -> tuple[Strategy, ...]:
    """Return every strategy, AutoSMOTE first and then in the order of Table 4.

    Returns
    -------
    tuple of Strategy
    """
    return tuple(_STRATEGIES.values())


def names() -> tuple[str, ...]:
    """Return the names of the strategies, in the order of `specs`.

    Returns
    -------
    tuple of str
        The names that `get` accepts.
    """
    return tuple(_STRATEGIES)


def get(name: str) -> Strategy:
    """Look up a strategy.

    Parameters
    ----------
    name : str
        One of `names`.

    Returns
    -------
    Strategy

    Raises
    ------
    UnknownNameError
        If no strategy has that name; the message lists the known names and suggests the closest.
    """
    if name not in _STRATEGIES:
        raise UnknownNameError("strategy", name, _STRATEGIES)
    return _STRATEGIES[name]
