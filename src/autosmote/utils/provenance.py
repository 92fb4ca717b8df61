"""Which code a result was made by.

Whole modules are digested for the code that a job always runs, single functions for an entry of a table that
the job uses.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).parents[1]
_TEXTS = (".html", ".js")
"""Parts of pages, which lie among the modules that make them."""


@cache
def source_digest(*sources: str | Path) -> str:
    """Digest the code that a result depends on; comments, docstrings and layout do not count.

    Parameters
    ----------
    *sources : str or Path
        Modules of this package (``"autosmote.search.engine"``); a package stands for all modules
        in it; or the paths of scripts and of data in JSON.

    Returns
    -------
    str
        16 hexadecimal digits.

    Raises
    ------
    FileNotFoundError
        If there is no such module or script.
    """
    paths = [
        path
        for source in sources
        for path in ([source] if isinstance(source, Path) else _module_files(source))
    ]
    # The name is part of it, so that code which moves to another module counts as changed.
    return digest(*((path.name, _content(path)) for path in paths))


def callable_digest(function: Callable[..., Any]) -> str:
    """Digest a function of this package, and what it uses of the package.

    Followed are the names in its code that its module defines or imports from this package, and those in what
    they stand for; a name imported from elsewhere counts as where it comes from. What a function signature
    says of types does not count.

    Parameters
    ----------
    function : callable
        A function at the top of a module of this package, or a `functools.partial` of one, whose bound
        arguments count as well.

    Returns
    -------
    str
        16 hexadecimal digits.

    Raises
    ------
    ValueError
        If it is another kind of callable, such as a lambda.
    """
    if isinstance(function, partial):
        bound = [*function.args, *sorted(function.keywords.items())]
        return digest(callable_digest(function.func), *map(_as_text, bound))
    module, name = getattr(function, "__module__", ""), getattr(function, "__qualname__", "")
    if not module.startswith(f"{_PACKAGE.name}.") or name not in _definitions(module):
        raise ValueError(f"{function!r} is no function at the top of a module of {_PACKAGE.name}")
    return _definition_digest(module, name)


def digest(*parts: object) -> str:
    """Digest values by what `repr` says of them.

    Parameters
    ----------
    *parts : object
        Strings, numbers, and tuples and dictionaries of these.

    Returns
    -------
    str
        16 hexadecimal digits.
    """
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _as_text(bound: object) -> str:
    """Say what a bound argument is; the address of a class or function in memory is no part of it."""
    name = getattr(bound, "__qualname__", None)
    return repr(bound) if name is None else f"{getattr(bound, '__module__', '')}.{name}"


@cache
def _definition_digest(module: str, name: str) -> str:
    found: dict[tuple[str, str], str] = {}
    waiting = [(module, name)]
    while waiting:
        place = module, name = waiting.pop()
        if place in found:
            continue
        node = _definitions(module).get(name)
        if node is None:  # An argument, a local variable, or a built-in name.
            continue
        found[place] = ast.dump(node)
        waiting += [(module, used) for used in _names(node)]
        for imported in (node, *ast.walk(node)):
            if isinstance(imported, ast.ImportFrom) and (imported.module or "").startswith(_PACKAGE.name):
                for alias in imported.names:
                    inner = f"{imported.module}.{alias.name}"
                    if _module_files(inner)[0].is_file():
                        found[inner, ""] = source_digest(inner)
                    else:
                        waiting.append((str(imported.module), alias.name))
    return digest(*sorted(found.items()))


@cache
def _definitions(module: str) -> dict[str, ast.stmt]:
    """Return the statements at the top of a module by the name that they define."""
    (path,) = _module_files(module)
    found: dict[str, ast.stmt] = {}
    for node in _bare_tree(path).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign):
            found |= {name.id: node for name in ast.walk(node) if _is_target(name)}  # type: ignore[attr-defined]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] = node
        elif isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name.partition(".")[0]] = ast.Import([alias])
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                found[alias.asname or alias.name] = ast.ImportFrom(node.module, [alias], node.level)
    return found


def _is_target(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def _names(node: ast.AST) -> Iterator[str]:
    """Yield the names in code, but for those in annotations."""
    if isinstance(node, ast.Name):
        yield node.id
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _names(child)


@cache  # Most jobs' code shares most of its modules.
def _content(path: Path) -> str:
    is_text = path.suffix in (".json", *_TEXTS)
    return path.read_text(encoding="utf-8") if is_text else ast.dump(_bare_tree(path))


def _module_files(name: str) -> list[Path]:
    path = _PACKAGE.joinpath(*name.split(".")[1:])
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.suffix in (".py", *_TEXTS))
    return [path.with_suffix(".py")]


def _bare_tree(path: Path) -> ast.Module:
    """Parse a file, and leave out docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            # A string that stands alone is a docstring, or documents the line above it.
            node.body = [statement for statement in body if not _is_text(statement)]  # type: ignore[attr-defined]
    return tree


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )
