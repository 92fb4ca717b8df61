"""The comparison methods of one job, side by side on one task."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import product
from typing import Any

from autosmote.datasets.tasks import Task
from autosmote.evaluation import isolation
from autosmote.evaluation.protocol import evaluate
from autosmote.samplers import MethodSpec, SamplerSpec


def evaluate_side_by_side(
    task: Task,
    specs: Sequence[SamplerSpec | MethodSpec],
    *,
    classifiers: Sequence[str],
    metrics: Sequence[str],
    ratios: Sequence[float],
    limits: isolation.Limits,
    workers: int,
    refit: bool = False,
    log: Callable[[str], None] = print,
) -> list[dict[str, Any]]:
    """Evaluate comparison methods on one task, each in processes of its own.

    One process per method evaluates it, with as many at a time as there are workers; it hands the method
    itself to another, which the limits hold for. A classifier-level method, which learns anew for each
    classifier and metric, is as many. On systems that are not Linux the methods run one after the other in
    this process, and no limit holds.

    Parameters
    ----------
    task : Task
        The three splits; its seed is that of the methods.
    specs : sequence of SamplerSpec or MethodSpec
        The methods.
    classifiers, metrics, ratios
        See `autosmote.evaluation.protocol.evaluate_sampler`.
    limits : autosmote.evaluation.isolation.Limits
        What each method may use, see `autosmote.evaluation.protocol.evaluate_sampler`.
    workers : int
        Most methods at a time, each with one thread.
    refit : bool, default False
        See `autosmote.evaluation.protocol.evaluate_sampler`.
    log : callable, default print
        Takes a line about each method that has finished.

    Returns
    -------
    list of dict
        The rows of all methods, in the order of `specs`.

    Raises
    ------
    ImportError
        If a method needs a package that is not installed.
    Exception
        What is not the fault of a method, see `autosmote.evaluation.protocol.evaluate_sampler`.
    """
    _import_shared(specs)
    everything = partial(
        evaluate,
        task,
        ratios=ratios,
        seed=task.seed,
        limits=limits if isolation.SUPPORTED else None,
        refit=refit,
    )
    names, calls = [], []
    for spec in specs:
        if isinstance(spec, MethodSpec):
            for classifier, metric in product(classifiers, metrics):
                names.append(f"{spec.name}, {classifier}, {metric}")
                calls.append(partial(everything, spec, classifiers=[classifier], metrics=[metric]))
        else:
            names.append(spec.name)
            calls.append(partial(everything, spec, classifiers=classifiers, metrics=metrics))
    finished: Iterable[tuple[int, list[dict[str, Any]]]]
    if isolation.SUPPORTED:
        finished = isolation.run_all(calls, workers)
    else:
        log("limits need Linux: none holds")
        finished = enumerate(call() for call in calls)
    rows = {}
    for position, found in finished:
        rows[position] = found
        log(f"{names[position]}: {', '.join(sorted({row['status'] for row in found}))}")
    return [row for _, found in sorted(rows.items()) for row in found]


def _import_shared(specs: Iterable[SamplerSpec | MethodSpec]) -> None:
    """Import what the methods need, once for all processes that are forked afterwards."""
    for spec in specs:
        for module in spec.modules[:1]:
            try:
                importlib.import_module(module)
            except ImportError as error:
                raise ImportError(f"{spec.name} needs: pip install {spec.requires} ({error})") from error
