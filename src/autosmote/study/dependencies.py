"""The code that each job's result depends on, said once: for the rules, and for the checkpoint of a search.

Modules that a kind of job always runs are named here or in the entry of a strategy. Of a table (samplers,
classifiers, metrics, strategies) only the entries that a job uses count, so that a new line of the table runs
no job again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

from autosmote.evaluation.classifiers import CLASSIFIERS
from autosmote.evaluation.metrics import METRICS
from autosmote.samplers import registry
from autosmote.study import strategies
from autosmote.utils.provenance import callable_digest, digest, source_digest
from autosmote.utils.registry import Registry, Source

FETCH = ("autosmote.datasets.sources", "autosmote.utils.numbers")
"""Modules that decide what a fetched data set holds."""

SPLIT = (
    "autosmote.datasets.tasks",
    "autosmote.datasets.preprocessing",
    "autosmote.utils.numbers",
    "autosmote.utils.parts",
    "autosmote.utils.sklearn_settings",
)
"""Modules that decide what a task holds."""

SEARCH = (
    "autosmote.study.search_batch",
    "autosmote.study.search_job",
    "autosmote.study.strategy",
    "autosmote.evaluation.score_row",
    "autosmote.evaluation.scoring",
    "autosmote.utils.responses",
)
"""Modules that every search job runs."""

BASELINE = (
    "autosmote.study.baseline_job",
    "autosmote.evaluation.isolation",
    "autosmote.evaluation.protocol",
    "autosmote.evaluation.score_row",
    "autosmote.evaluation.scoring",
    "autosmote.evaluation.trial",
    "autosmote.samplers.multiclass",
    "autosmote.samplers.spec",
    "autosmote.utils.refusals",
    "autosmote.utils.responses",
    "autosmote.utils.threads",
)
"""Modules that every job of comparison methods runs."""

CASE_STUDY = ("autosmote.study.case_study", *SPLIT)
"""Modules that the case study runs, beside those of its methods and its search."""


def search(strategy: str, classifier: str, metric: str) -> str:
    """Digest the code that the result of a search depends on.

    Parameters
    ----------
    strategy, classifier, metric : str
        Names of registered entries.

    Returns
    -------
    str
        16 hexadecimal digits.
    """
    spec = strategies.get(strategy)
    return digest(
        source_digest(*SEARCH, *spec.code),
        # What the entry says, but for its words about the strategy, which stand in no row.
        (spec.label, spec.category, spec.note, spec.multiclass, sorted(spec.keys.items())),
        # The code of `find` is in the modules; what is bound to it is not.
        sorted(getattr(spec.find, "keywords", {}).items()),
        None if spec.prepare is None else _code_of(spec.prepare, strategies.source(strategy)),
        _file(strategies.source(strategy)),
        [_sampler(name) for name in spec.samplers],
        _entry(CLASSIFIERS, classifier),
        _entry(METRICS, metric),
    )


def baseline(samplers: Iterable[str], classifiers: Iterable[str], metrics: Iterable[str]) -> str:
    """Digest the code that the result of a job of comparison methods depends on.

    Parameters
    ----------
    samplers, classifiers, metrics : iterable of str
        Names of registered entries.

    Returns
    -------
    str
        16 hexadecimal digits.
    """
    return digest(
        source_digest(*BASELINE),
        [_sampler(name) for name in samplers],
        [_entry(CLASSIFIERS, name) for name in classifiers],
        [_entry(METRICS, name) for name in metrics],
    )


def case_study(samplers: Iterable[str], classifier: str, metric: str) -> str:
    """Digest the code that the case study depends on.

    Parameters
    ----------
    samplers : iterable of str
        Methods beside no resampling and the searches.
    classifier, metric : str
        Names of registered entries.

    Returns
    -------
    str
        16 hexadecimal digits.
    """
    return digest(
        source_digest(*CASE_STUDY),
        baseline(chain(["NoResampling"], samplers), [classifier], [metric]),
        *(search(strategy, classifier, metric) for strategy in strategies.CASE_STUDY_SEARCHES),
    )


def _sampler(name: str) -> str:
    spec, source = registry.get(name), registry.source(name)
    return digest(name, spec.category, spec.takes_ratio, spec.multiclass, _code_of(spec.build, source))


def _entry(entries: Registry[Any], name: str) -> str:
    return digest(name, _code_of(entries.look_up(name), entries.source(name)))


def _code_of(function: Callable[..., Any], source: Source | None) -> str:
    return callable_digest(function) if source is None else _file(source)


def _file(source: Source | None) -> str:
    # Another object of a file is another entry.
    return "" if source is None else digest(source.attribute, source_digest(source.file))
