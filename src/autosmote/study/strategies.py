"""The one list of search strategies, looked up by name: AutoSMOTE, its ablations (Section 4.4), others."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Any

from autosmote.datasets.tasks import Task
from autosmote.search import bank
from autosmote.study import autosmote_search, controls, policy_strategies, sampler_search
from autosmote.study.strategy import Strategy
from autosmote.utils.registry import Registry, Source

AUTO_SAMPLING, ABLATION, EXTENSION = "Auto-sampling", "Ablation", "Extension"

CASE_STUDY_SEARCHES = ("autosmote", "policy_search")
"""Strategies that Figure 7 draws beside the samplers."""


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
    merged = task.merged()
    return dataclasses.replace(merged, X_validation=merged.X_train, y_validation=merged.y_train)


def _ablation(name: str, label: str, changes: str, **keys: str) -> Strategy:
    return Strategy(
        name,
        label,
        ABLATION,
        "Section 4.4",
        changes,
        autosmote_search.find_synthetic_rows,
        autosmote_search.CODE,
        keys,
        multiclass=True,
    )


def _by_folds(name: str, sampler: str) -> Strategy:
    return Strategy(
        name=name,
        label=f"{sampler} by folds",
        category=EXTENSION,
        reference="this project",
        changes=f"{sampler} at the ratio that the folds of policy search choose, the best of eight draws",
        find=partial(controls.find_sampler_by_folds, sampler=sampler),
        code=controls.CODE,
        samplers=(sampler,),
        single_process=True,
        multiclass=True,
    )


_ALL = (
    Strategy(
        name="autosmote",
        label="AutoSMOTE",
        category=AUTO_SAMPLING,
        reference="Section 3",
        changes="nothing",
        find=autosmote_search.find_synthetic_rows,
        code=autosmote_search.CODE,
        multiclass=True,
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
        find=autosmote_search.find_synthetic_rows,
        code=autosmote_search.CODE,
        prepare=merge_training_and_validation,
        note="the validation score is that of rows trained on: compare no methods by it",
        multiclass=True,
    ),
    Strategy(
        name="neighbourhood_state",
        label="AutoSMOTE, neighbourhood state",
        category=EXTENSION,
        reference="this project",
        changes="the policies see the classes around an instance, and rewards relative to recent ones",
        find=autosmote_search.find_synthetic_rows,
        code=autosmote_search.CODE,
        keys={"state_features": "neighbourhood", "reward_scaling": "standardised"},
        multiclass=True,
    ),
    Strategy(
        name="policy_search",
        label="Policy search",
        category=EXTENSION,
        reference="this project",
        changes="policies with few parameters, learned by CMA-ES on four folds from known samplers on",
        find=policy_strategies.find_policies,
        code=policy_strategies.CODE,
        multiclass=True,
    ),
    Strategy(
        name="policy_search_bank",
        label="Policy search from the bank",
        category=EXTENSION,
        reference="this project",
        changes="policies with few parameters, learned from policies that were good on other data on",
        find=partial(policy_strategies.find_policies, prior="bank"),
        code=(*policy_strategies.CODE, bank.PATH),
        multiclass=True,
    ),
    Strategy(
        name="random_policies",
        label="Random policies",
        category=EXTENSION,
        reference="this project",
        changes="random policies with few parameters, chosen by the same folds; nothing is learned",
        find=partial(policy_strategies.find_policies, prior="random"),
        code=policy_strategies.CODE,
        multiclass=True,
    ),
    _by_folds("random_over_sampler_by_folds", "RandomOverSampler"),
    _by_folds("smote_by_folds", "SMOTE"),
    _by_folds("adasyn_by_folds", "ADASYN"),
    _by_folds("borderline_smote_by_folds", "BorderlineSMOTE"),
    _by_folds("svm_smote_by_folds", "SVMSMOTE"),
    _by_folds("kmeans_smote_by_folds", "KMeansSMOTE"),
    Strategy(
        name="smote_search",
        label="Random search over SMOTE",
        category=EXTENSION,
        reference="this project",
        changes="SMOTE at ten ratios, each with as many random states as the iterations allow",
        find=controls.find_best_look,
        code=controls.CODE,
        samplers=("SMOTE",),
        single_process=True,
        multiclass=True,
    ),
    Strategy(
        name="sampler_search",
        label="Random search over samplers",
        category=EXTENSION,
        reference="this project",
        changes="each iteration is a random sampler of imbalanced-learn at a random ratio",
        find=sampler_search.find_sampler,
        code=sampler_search.CODE,
        samplers=sampler_search.SAMPLERS,
        single_process=True,
        multiclass=True,
    ),
)


def _accept(name: str, loaded: Any) -> Strategy:
    if not isinstance(loaded, Strategy):
        raise ValueError(f"no Strategy but {type(loaded).__name__}")
    return dataclasses.replace(loaded, name=name)


_STRATEGIES: Registry[Strategy] = Registry("strategy", {spec.name: spec for spec in _ALL}, _accept)


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
    return _STRATEGIES.look_up(name)


def add(name: str, target: str) -> None:
    """Register a strategy that is defined outside of this package; see `Registry.add`.

    Parameters
    ----------
    name : str
        Its name. If it has been added before it is replaced.
    target : str
        Where its `Strategy` is: ``package.module:OBJECT`` or ``path/to/file.py:OBJECT``.

    Raises
    ------
    ValueError
        If one of the strategies of this package has that name, or there is no such object.
    """
    _STRATEGIES.add(name, target)


def source(name: str) -> Source | None:
    """Return where a strategy that is defined outside of this package comes from; None for the others."""
    return _STRATEGIES.source(name)
