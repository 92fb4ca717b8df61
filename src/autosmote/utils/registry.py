"""Entries of one kind by name: those of this package, and those that a configuration adds.

A configuration adds samplers, classifiers, metrics and search strategies in the same way, by the place of an
object: ``path/to/file.py:OBJECT`` or ``package.module:OBJECT``.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Generic, TypeVar

import cloudpickle

from autosmote.utils.errors import UnknownNameError

_T = TypeVar("_T")
_FILES: dict[Path, tuple[bytes, ModuleType]] = {}


@dataclass(frozen=True)
class Source:
    """Where an added entry comes from.

    Attributes
    ----------
    file : Path
        The file that defines it.
    attribute : str
        Its name there.
    """

    file: Path
    attribute: str


class Registry(Mapping[str, _T], Generic[_T]):
    """Entries of one kind by name, in the order in which they are listed.

    Parameters
    ----------
    kind : str
        What an entry is, for messages: ``"classifier"``.
    entries : mapping of str to entry
        Those of this package.
    accept : callable
        ``accept(name, loaded)`` returns the entry that a loaded object is under a name, or raises a
        `ValueError` that continues the sentence "'my.py:make' is ...".
    """

    def __init__(self, kind: str, entries: Mapping[str, _T], accept: Callable[[str, Any], _T]) -> None:
        self._kind = kind
        self._entries = dict(entries)
        self._accept = accept
        self._sources: dict[str, Source] = {}

    def __getitem__(self, name: str) -> _T:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def look_up(self, name: str) -> _T:
        """Return an entry.

        Parameters
        ----------
        name : str

        Returns
        -------
        entry

        Raises
        ------
        UnknownNameError
            If there is none of that name; the message lists the known names and suggests the closest.
        """
        if name not in self._entries:
            raise UnknownNameError(self._kind, name, self._entries)
        return self._entries[name]

    def add(self, name: str, target: str) -> None:
        """Add an entry that is defined outside of this package, in this process.

        Parameters
        ----------
        name : str
            Its name. If it has been added before it is replaced.
        target : str
            Where it is: ``package.module:OBJECT`` or ``path/to/file.py:OBJECT``, the path relative to the
            working directory.

        Raises
        ------
        ValueError
            If this package has an entry of that name, or there is no such object, or it is of another kind.
        """
        if name in self._entries and name not in self._sources:
            raise ValueError(
                f"{name!r} is the name of a {self._kind} that is there already; choose another name"
            )
        place, _, attribute = target.rpartition(":")
        try:
            module = _load(place)
            loaded = getattr(module, attribute)
        except Exception as error:
            raise ValueError(f"cannot load {target!r}: {type(error).__name__}: {error}") from error
        try:
            self._entries[name] = self._accept(name, loaded)
        except ValueError as error:
            raise ValueError(f"{target!r} is {error}") from error
        self._sources[name] = Source(Path(str(module.__file__)), attribute)

    def source(self, name: str) -> Source | None:
        """Return where an added entry comes from; None for an entry of this package."""
        return self._sources.get(name)


def _load(place: str) -> ModuleType:
    if not place.endswith(".py"):
        return importlib.import_module(place)
    path = Path(place).resolve()
    text = path.read_bytes()
    # Once for all objects of a file: read again, its classes would not be those of the objects before.
    if path in _FILES and _FILES[path][0] == text:
        return _FILES[path][1]
    name = re.sub(r"\W", "_", str(path))
    module_spec = importlib.util.spec_from_file_location(name, path)
    assert module_spec is not None and module_spec.loader is not None
    module = importlib.util.module_from_spec(module_spec)
    # Objects of the file travel to forked processes, and their classes are looked up by module.
    sys.modules[name] = module
    module_spec.loader.exec_module(module)
    # The actors of a search are fresh interpreters, which do not have the module.
    cloudpickle.register_pickle_by_value(module)
    _FILES[path] = text, module
    return module
