"""The digest of the code behind a result, and that no rule leaves out code that it uses."""

import ast
import re
from pathlib import Path

import pytest

from autosmote.utils.provenance import source_digest

ROOT = Path(__file__).resolve().parents[3]

CODE = """
def half(x):
    return x / 2
"""


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ('"""Text."""\n\ndef half(x):\n    """Halve."""\n    # really\n    return (x /\n 2)\n', True),
        ("def half(x):\n    return x / 3\n", False),
        ("def half(y):\n    return y / 2\n", False),
        ('def half(x):\n    return "x / 2"\n', False),
    ],
)
def test_digest_follows_the_code_only(tmp_path: Path, other: str, same: bool) -> None:
    paths = [tmp_path / "a" / "code.py", tmp_path / "b" / "code.py"]
    for path, text in zip(paths, (CODE, other), strict=True):
        path.parent.mkdir()
        path.write_text(text)
    assert (source_digest(paths[0]) == source_digest(paths[1])) == same


def test_digest_of_a_package_covers_its_modules() -> None:
    assert source_digest("autosmote.search") != source_digest("autosmote.search.engine")
    with pytest.raises(FileNotFoundError, match="nothing"):
        source_digest("autosmote.nothing")


# What a script imports though its numbers do not depend on it: how files are read and written, the words of
# errors, and how an input was made, which the input itself shows.
PLUMBING = {"autosmote.utils.errors", "autosmote.utils.provenance", "autosmote.utils.storage"}
READ_ONLY = {
    "split.py": {"autosmote.datasets.sources"},
    "table1.py": {
        "autosmote.datasets.sources",
        # Imported with the tables, for Table 2
        "autosmote.analysis",
    },
    "baseline.py": {"autosmote.datasets", "autosmote.analysis.scores"},
    "search.py": {
        "autosmote.datasets",
        "autosmote.utils.progress",
        # Imported with the samplers of imbalanced-learn, the only ones that a search tries
        "autosmote.evaluation.isolation",
        "autosmote.samplers.classifier_level",
        "autosmote.samplers.generative",
        "autosmote.samplers.mesa",
        "autosmote.samplers.registry",
        "autosmote.samplers.smote_variants",
        "autosmote.samplers.soft_actor_critic",
        "autosmote.samplers.spec",
    },
    "case_study.py": {"autosmote.datasets.sources", "autosmote.utils.progress"},
    # It reads what the case study has written, by the module that makes it.
    "figure7.py": {
        "autosmote.datasets",
        "autosmote.evaluation",
        "autosmote.utils.refusals",
        "autosmote.utils.progress",
        "autosmote.samplers",
        "autosmote.search",
        "autosmote.study",
        "autosmote.utils.threads",
    },
    "tracking.py": {"autosmote.analysis.scores"},
    # The tables and the figures stand in one list; a table draws nothing.
    "analysis.smk: from_scores.py": {"autosmote.figures"},
}


def test_rules_name_the_modules_that_their_scripts_use() -> None:
    declared = [
        (path.name, script, set(re.findall(r'"([\w.]+)"', modules)))
        for path in sorted((ROOT / "rules").glob("*.smk"))
        for script, modules in re.findall(r'(?i)code *= *code\(\s*"(\w+\.py)",([^)]*)\)', path.read_text())
    ]
    scripts = {path.name for path in (ROOT / "workflow" / "scripts").glob("*.py")} - {"joblog.py"}
    assert {script for _, script, _ in declared} == scripts
    for rules, script, modules in declared:
        known = modules | PLUMBING
        known |= READ_ONLY.get(script, set()) | READ_ONLY.get(f"{rules}: {script}", set())
        used = _closure(ROOT / "workflow" / "scripts" / script)
        missing = {name for name in used if not any(f"{name}.".startswith(f"{prefix}.") for prefix in known)}
        assert not missing, f"{rules}: {script} uses {sorted(missing)}, whose changes would not run it again"


def _closure(script: Path) -> set[str]:
    found: set[str] = set()
    open_ = [script]
    while open_:
        for name in _imports(open_.pop()) - found:
            found.add(name)
            open_.append(_file(name))
    return {name for name in found if _file(name).name != "__init__.py"}


def _file(module: str) -> Path:
    path = ROOT.joinpath("src", *module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("autosmote"):
            for alias in node.names:
                module = f"{node.module}.{alias.name}"
                names.add(module if _file(module).is_file() else node.module)
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names if alias.name.startswith("autosmote")}
    return names
