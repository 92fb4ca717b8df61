"""The one list of comparison methods, looked up by name."""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from autosmote.samplers import classifier_level, generative, imbalanced_learn, mesa, smote_variants
from autosmote.samplers.spec import (
    NO_RESAMPLING,
    MethodSpec,
    Resample,
    Resampled,
    SamplerSpec,
    Training,
)
from autosmote.utils.errors import UnknownNameError


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
)

_ALL: tuple[SamplerSpec | MethodSpec, ...] = (
    _NO_RESAMPLING,
    *imbalanced_learn.SPECS,
    *generative.SPECS,
    mesa.SPEC,
    *classifier_level.SPECS,
    *smote_variants.SPECS,
)
_SPECS = {spec.name: spec for spec in _ALL}
_ADDED: dict[str, Path] = {}
_FILES: dict[Path, tuple[bytes, ModuleType]] = {}


def specs() -> tuple[SamplerSpec | MethodSpec, ...]:
    """Return every registered method, in the order of Table 2.

    Returns
    -------
    tuple of SamplerSpec or MethodSpec
        The methods of both kinds.
    """
    return tuple(_SPECS.values())


def names() -> tuple[str, ...]:
    """Return the names of the registered methods, in the order of Table 2.

    Returns
    -------
    tuple of str
        The names that `get` accepts.
    """
    return tuple(_SPECS)


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
    if name not in _SPECS:
        raise UnknownNameError("sampler", name, _SPECS)
    return _SPECS[name]


def add(name: str, target: str) -> None:
    """Register a method that is defined outside of this package, in this process.

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
    if name in _SPECS and name not in _ADDED:
        raise ValueError(f"{name!r} is the name of a method that is there already; choose another name")
    place, _, attribute = target.rpartition(":")
    try:
        module = _load(place)
        spec = getattr(module, attribute)
    except Exception as error:
        raise ValueError(f"cannot load {target!r}: {type(error).__name__}: {error}") from error
    if not isinstance(spec, SamplerSpec | MethodSpec):
        raise ValueError(f"{target!r} is no SamplerSpec or MethodSpec but {type(spec).__name__}")
    _SPECS[name] = replace(spec, name=name)
    _ADDED[name] = Path(str(module.__file__))


def added_sources(names: Iterable[str]) -> tuple[Path, ...]:
    """Return the files of those among the named methods that are defined outside of this package.

    Parameters
    ----------
    names : iterable of str
        Names of methods.

    Returns
    -------
    tuple of pathlib.Path
        Each file once, in order of the names.
    """
    return tuple(dict.fromkeys(_ADDED[name] for name in names if name in _ADDED))


def _load(place: str) -> ModuleType:
    if not place.endswith(".py"):
        return importlib.import_module(place)
    path = Path(place).resolve()
    text = path.read_bytes()
    # Once for all methods of a file: read again, its classes would not be those of the methods before.
    if path in _FILES and _FILES[path][0] == text:
        return _FILES[path][1]
    name = re.sub(r"\W", "_", str(path))
    module_spec = importlib.util.spec_from_file_location(name, path)
    assert module_spec is not None and module_spec.loader is not None
    module = importlib.util.module_from_spec(module_spec)
    # Objects that a method makes travel between processes, and their classes are looked up by module.
    sys.modules[name] = module
    module_spec.loader.exec_module(module)
    _FILES[path] = text, module
    return module
