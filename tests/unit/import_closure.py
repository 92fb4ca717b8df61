"""Which modules of the package a module or a script uses, directly and through others."""

import ast
from collections.abc import Collection
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def modules_used(source: str | Path, closed: Collection[str] = ()) -> set[str]:
    """Return the modules, packages aside, that a module (its name) or a script (its path) imports.

    What is imported for a type alone does not count: nothing runs of it. Closed modules are not looked into.
    """
    found: set[str] = set()
    open_ = [source if isinstance(source, Path) else module_file(source)]
    while open_:
        for name in _imports(open_.pop()) - found:
            found.add(name)
            if name not in closed:
                open_.append(module_file(name))
    return {name for name in found if module_file(name).name != "__init__.py"}


def module_file(module: str) -> Path:
    """Return the file of a module, by its name."""
    path = ROOT.joinpath("src", *module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    typing = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    names = set()
    for node in ast.walk(tree):
        if id(node) in typing:
            continue
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("autosmote"):
            for alias in node.names:
                module = f"{node.module}.{alias.name}"
                names.add(module if module_file(module).is_file() else node.module)
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names if alias.name.startswith("autosmote")}
    return names
