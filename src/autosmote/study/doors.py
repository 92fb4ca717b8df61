"""What a configuration adds to the study's tables: samplers, classifiers, metrics and search strategies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from autosmote.evaluation.classifiers import CLASSIFIERS
from autosmote.evaluation.metrics import METRICS
from autosmote.samplers import registry
from autosmote.study import strategies

_ADD = {
    "samplers": registry.add,
    "classifiers": CLASSIFIERS.add,
    "metrics": METRICS.add,
    "strategies": strategies.add,
}


def add_entries(config: Mapping[str, Any]) -> None:
    """Register everything that a configuration adds, in this process.

    Parameters
    ----------
    config : mapping
        With the keys ``samplers``, ``classifiers``, ``metrics`` and ``strategies``, each of names and the
        places of objects, ``path/to/file.py:OBJECT`` or ``package.module:OBJECT``.

    Raises
    ------
    ValueError
        If an object cannot be used; the message begins with the key.
    """
    for mistake in entry_mistakes(config):
        raise ValueError(mistake)


def entry_mistakes(config: Mapping[str, Any]) -> Iterator[str]:
    """Register everything that a configuration adds, and yield a line for each entry that cannot be used.

    Parameters
    ----------
    config : mapping
        See `add_entries`.

    Yields
    ------
    str
    """
    for key, add in _ADD.items():
        for name, target in config[key].items():
            if key == "samplers" and name in _labels():
                yield f"samplers.{name}: {name!r} is what the tables call a search; choose another name"
                continue
            try:
                add(name, target)
            except ValueError as error:
                yield f"{key}.{name}: {error}"
    for name in config["strategies"]:
        if name not in strategies.names():
            continue
        label = strategies.get(name).label
        if label in registry.names() or _labels().count(label) > 1:
            yield (
                f"strategies.{name}: its label {label!r} is that of another method in the tables; "
                "choose another"
            )


def _labels() -> list[str]:
    return [strategy.label for strategy in strategies.specs()]
