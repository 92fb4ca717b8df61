"""Modules depend on each other in one direction, and so do the folders."""

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src"

#: Public commands under the name of another folder: nothing imports them.
SHIMS = {"autosmote.analysis.__main__"}


def module_file(name: str) -> Path:
    path = SOURCE.joinpath(*name.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """All that runs; what only a type checker reads is left out."""
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield child
            yield from statements(child)


def imports(path: Path) -> set[str]:
    """Modules of the package that a module imports, also inside of functions."""
    found = set()
    for node in statements(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "autosmote":
            for alias in node.names:
                module = f"{node.module}.{alias.name}"
                found.add(module if module_file(module).is_file() else node.module)
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.split(".")[0] == "autosmote"}
    return found


def test_the_map_of_the_search_names_every_module_of_it() -> None:
    page = (SOURCE.parent / "docs" / "architecture.md").read_text()
    section = page.split("\n## The search\n")[1].split("\n## ")[0]
    named = {
        name.removesuffix(".json")
        for line in section.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`([^`]+)`", line.split("|")[1])
    }
    files = {path.stem for path in (SOURCE / "autosmote" / "search").iterdir() if path.is_file()}
    assert named == files - {"__init__"}


def graph() -> dict[str, set[str]]:
    names = {}
    for path in SOURCE.rglob("*.py"):
        name = ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
        names[name] = imports(path) - {name}
    return names


def folder(module: str) -> str:
    """The folder of a module; a module beside the folders counts as one."""
    return ".".join(module.split(".")[:2])


def assert_no_circle(edges: dict[str, set[str]]) -> None:
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))


def test_graph_sees_the_imports() -> None:
    assert graph()["autosmote.evaluation.scoring"] == {
        "autosmote.evaluation.metrics",
        "autosmote.utils.responses",
    }


def test_modules_import_each_other_in_no_circle() -> None:
    assert_no_circle(graph())


def test_folders_import_each_other_in_no_circle() -> None:
    edges: dict[str, set[str]] = {}
    for module, used in graph().items():
        if module not in SHIMS:
            edges.setdefault(folder(module), set()).update({folder(name) for name in used} - {folder(module)})
    assert_no_circle(edges)


def test_the_search_can_be_read_alone() -> None:
    used = {
        folder(name)
        for module, names in graph().items()
        if folder(module) == "autosmote.search"
        for name in names
    }
    assert used <= {"autosmote.search", "autosmote.utils"}
