"""The one list of comparison methods, looked up by name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from autosmote.samplers import (
    classifier_level,
    cross_validated,
    generative,
    imbalanced_learn,
    mesa,
    smote_variants,
)
from autosmote.samplers.spec import (
    ALL_AT_ONCE,
    NO_RESAMPLING,
    MethodSpec,
    Resample,
    Resampled,
    SamplerSpec,
    Training,
)
from autosmote.utils.registry import Registry, Source


def _keep(training: Training, seed: int) -> Resample:
    return lambda ratio: Resampled(training.X, training.y)


_NO_RESAMPLING = SamplerSpec(
    name="NoResampling",
    category=NO_RESAMPLING,
    takes_ratio=False,
    source="autosmote",
    reference="The training rows as they are",
    requires=None,
    build=_keep,
    multiclass=ALL_AT_ONCE,
)

_ALL: tuple[SamplerSpec | MethodSpec, ...] = (
    _NO_RESAMPLING,
    *imbalanced_learn.SPECS,
    *generative.SPECS,
    mesa.SPEC,
    *classifier_level.SPECS,
    *cross_validated.SPECS,
    *smote_variants.SPECS,
)


def _accept(name: str, loaded: Any) -> SamplerSpec | MethodSpec:
    if not isinstance(loaded, SamplerSpec | MethodSpec):
        raise ValueError(f"no SamplerSpec or MethodSpec but {type(loaded).__name__}")
    return replace(loaded, name=name)


_METHODS: Registry[SamplerSpec | MethodSpec] = Registry(
    "sampler", {spec.name: spec for spec in _ALL}, _accept
)


def specs() -> tuple[SamplerSpec | MethodSpec, ...]:
    """Return every registered method, in the order of Table 2.

    Returns
    -------
    tuple of SamplerSpec or MethodSpec
        The methods of both kinds.
    """
    return tuple(_METHODS.values())


def names() -> tuple[str, ...]:
    """Return the names of the registered methods, in the order of Table 2.

    Returns
    -------
    tuple of str
        The names that `get` accepts.
    """
    return tuple(_METHODS)


def get(name: str) -> SamplerSpec | MethodSpec:
    """Look up a method.

    Parameters
    ----------
    name : str
        One of `names`.

    Returns
    -------
    SamplerSpec or MethodSpec
        The method.

    Raises
    ------
    UnknownNameError
        If no method has that name; the message lists the known names and suggests the closest.
    """
    return _METHODS.look_up(name)


def add(name: str, target: str) -> None:
    """Register a method that is defined outside of this package; see `Registry.add`.

    Parameters
    ----------
    name : str
        Its name. If it has been added before it is replaced.
    target : str
        Where its `SamplerSpec` or `MethodSpec` is: ``package.module:OBJECT`` or ``path/to/file.py:OBJECT``,
        the path relative to the working directory.

    Raises
    ------
    ValueError
        If one of the methods of this package has that name, or there is no such object.
    """
    _METHODS.add(name, target)


def source(name: str) -> Source | None:
    """Return where a method that is defined outside of this package comes from; None for the others."""
    return _METHODS.source(name)
