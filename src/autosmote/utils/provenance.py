"""Which code a result was made by."""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


@cache
def source_digest(*sources: str | Path) -> str:
    """Digest the code that a result depends on; comments, docstrings and layout do not count.

    Parameters
    ----------
    *sources : str or Path
        Modules of this package (``"autosmote.evaluation.protocol"``); a package stands for all modules
        in it; or the paths of scripts.

    Returns
    -------
    str
        16 hexadecimal digits.

    Raises
    ------
    FileNotFoundError
        If there is no such module or script.
    """
    digest = hashlib.sha256()
    for source in sources:
        for path in [source] if isinstance(source, Path) else _module_files(source):
            # The name is part of it, so that code which moves to another module counts as changed.
            digest.update(f"{path.name}\n{_bare_code(path)}\n".encode())
    return digest.hexdigest()[:16]


def _module_files(name: str) -> list[Path]:
    path = _PACKAGE.joinpath(*name.split(".")[1:])
    if path.is_dir():
        return sorted(path.rglob("*.py"))
    return [path.with_suffix(".py")]


def _bare_code(path: Path) -> str:
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            # A string that stands alone is a docstring, or documents the line above it.
            node.body = [statement for statement in body if not _is_text(statement)]  # type: ignore[attr-defined]
    return ast.dump(tree)


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )
