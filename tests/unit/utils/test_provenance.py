"""The digest of the code behind a result, and that no rule leaves out code that it uses."""

import ast
import dataclasses
import re
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from imblearn.over_sampling import SMOTE
from import_closure import module_file, modules_used

from autosmote.samplers import registry
from autosmote.study import dependencies, strategies
from autosmote.utils import provenance
from autosmote.utils.provenance import callable_digest, source_digest

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


# -- the jobs ----------------------------------------------------------------------------------------------

JOBS: dict[str, Callable[[], str]] = {
    "search": lambda: dependencies.search("autosmote", "tree", "macro_f1"),
    "search, MCC": lambda: dependencies.search("autosmote", "tree", "mcc"),
    "search, SVM": lambda: dependencies.search("autosmote", "svm", "macro_f1"),
    "ablation": lambda: dependencies.search("flat", "tree", "macro_f1"),
    "merged": lambda: dependencies.search("merged", "tree", "macro_f1"),
    "search over samplers": lambda: dependencies.search("sampler_search", "tree", "macro_f1"),
    "samplers": lambda: dependencies.baseline(
        ["NoResampling", "SMOTE"], ["tree", "svm"], ["macro_f1", "mcc"]
    ),
    "KMeansSMOTE": lambda: dependencies.baseline(["KMeansSMOTE"], ["tree"], ["mcc"]),
    "MESA": lambda: dependencies.baseline(["MESA"], ["tree"], ["macro_f1"]),
    "CTGAN": lambda: dependencies.baseline(["CTGAN"], ["tree"], ["macro_f1"]),
    "variant": lambda: dependencies.baseline(["smote_variants.ADASYN"], ["tree"], ["macro_f1"]),
    "case study": lambda: dependencies.case_study(["SMOTE"], "tree", "macro_f1"),
}
ENGINE = {"search", "search, MCC", "search, SVM", "ablation", "merged", "case study"}
IMBALANCED_LEARN = {"samplers", "KMeansSMOTE", "case study", "search over samplers"}
BASELINES = {"samplers", "KMeansSMOTE", "MESA", "CTGAN", "variant", "case study"}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the package, which the digests are of."""
    copy = tmp_path / "autosmote"
    shutil.copytree(ROOT / "src" / "autosmote", copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(provenance, "_PACKAGE", copy)
    _forget()
    yield copy
    _forget()


def _forget() -> None:
    for function in (
        source_digest,
        provenance._content,
        provenance._definition_digest,
        provenance._definitions,
    ):
        function.cache_clear()


def _changed(package: Path, file: str, old: str, new: str) -> set[str]:
    """The jobs that an edit would run again."""
    before = {name: digest() for name, digest in JOBS.items()}
    text = (package / file).read_text()
    assert text.count(old) == 1, f"{file} holds {old!r} {text.count(old)} times"
    (package / file).write_text(text.replace(old, new))
    _forget()
    return {name for name, digest in JOBS.items() if digest() != before[name]}


def test_module_is_parsed_once_for_all_that_depend_on_it(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[Path] = []
    parse = provenance._bare_tree

    def note(path: Path) -> ast.Module:
        parsed.append(path)
        return parse(path)

    monkeypatch.setattr(provenance, "_bare_tree", note)
    for modules in (dependencies.SEARCH, dependencies.BASELINE, dependencies.SEARCH[1:]):
        source_digest(*modules)
    assert len(parsed) == len({*dependencies.SEARCH, *dependencies.BASELINE})


ADDITIONS = {
    "strategy": ("study/strategies.py", "_ALL = (\n", '_ALL = (\n    _ablation("new", "New", "nothing"),\n'),
    "metric": (
        "evaluation/metrics.py",
        '"macro_f1": macro_f1,',
        '"accuracy": lambda y_true, y_pred: np.mean(y_true == y_pred), "macro_f1": macro_f1,',
    ),
    "classifier": ("evaluation/classifiers.py", '"svm": _svm,', '"linear": _svm, "svm": _svm,'),
    "sampler of imbalanced-learn": (
        "samplers/imbalanced_learn.py",
        "    _over(over_sampling.SMOTE, True, _CHAWLA),\n",
        "    _over(over_sampling.SMOTENC, True, _CHAWLA),\n    _over(over_sampling.SMOTE, True, _CHAWLA),\n",
    ),
    "SMOTE variant": (
        "samplers/smote_variants.py",
        "_CLASSES = (\n",
        '_CLASSES = (\n    ("SYMPROD", True, ""),\n',
    ),
    "list of samplers": ("samplers/registry.py", "    mesa.SPEC,\n", "    mesa.SPEC,\n    mesa.OTHER,\n"),
}


@pytest.mark.parametrize("kind", ADDITIONS)
def test_entry_that_is_added_to_a_table_runs_no_job_again(package: Path, kind: str) -> None:
    assert _changed(package, *ADDITIONS[kind]) == set()


EDITS = {
    "engine": ("search/engine.py", "def search(", "OTHER = 1\n\n\ndef search(", ENGINE),
    "metric": (
        "evaluation/metrics.py",
        "for hits in (tn, tp)) / 2",
        "for hits in (tp, tn)) / 2",
        JOBS.keys() - {"search, MCC", "KMeansSMOTE"},
    ),
    "what all metrics use": (
        "evaluation/metrics.py",
        "float(true_positives),",
        "1.0 * true_positives,",
        JOBS.keys(),
    ),
    "classifier": (
        "evaluation/classifiers.py",
        "LinearSVC(random_state=seed)",
        "LinearSVC(random_state=seed, C=2)",
        {"search, SVM", "samplers"},
    ),
    "refusals of imbalanced-learn": (
        "samplers/imbalanced_learn.py",
        '    (ValueError, "Expected n_neighbors <= n_samples_fit"),\n',
        "",
        IMBALANCED_LEARN,
    ),
    "thresholds of KMeansSMOTE": (
        "samplers/imbalanced_learn.py",
        "0.02, 0.01, 0.0)",
        "0.02, 0.0)",
        {"KMeansSMOTE", "search over samplers"},
    ),
    "agent of MESA": (
        "samplers/soft_actor_critic.py",
        "def __len__(self) -> int:\n",
        "def __len__(self) -> int:\n        pass\n",
        {"MESA"},
    ),
    "optimiser": ("search/adam.py", "def step(self)", "def step_once(self)", ENGINE | {"MESA"}),
    "what a metric of scores is measured on": (
        "utils/responses.py",
        "else probabilities[:, 1]",
        "else 1 - probabilities[:, 0]",
        JOBS.keys(),
    ),
    "words of the protocol": (
        "evaluation/protocol.py",
        'f" at the chosen ratio {ratio}"',
        'f" at the ratio chosen, {ratio}"',
        BASELINES,
    ),
    "rows of a trial": (
        "evaluation/trial.py",
        "returned NaN or infinity",
        "returned infinity or NaN",
        BASELINES | {"search over samplers"},
    ),
    "preparation": (
        "study/strategies.py",
        "X_validation=merged.X_train",
        "X_validation=merged.X_test",
        {"merged"},
    ),
    "generative model": ("samplers/generative.py", "epochs=epochs, ", "epochs=2 * epochs, ", {"CTGAN"}),
    "SMOTE variants": (
        "samplers/smote_variants.py",
        "if proportion < 0:",
        "if proportion <= 0:",
        {"variant"},
    ),
    "report": ("analysis/ranks.py", "import pandas as pd\n", "import pandas as pd\n\nOTHER = 1\n", set()),
}


@pytest.mark.parametrize("name", EDITS)
def test_edit_runs_the_jobs_again_that_it_touches(package: Path, name: str) -> None:
    *edit, jobs = EDITS[name]
    assert _changed(package, *edit) == jobs


def test_entry_of_a_sampler_counts_where_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {name: digest() for name, digest in JOBS.items()}
    other = dataclasses.replace(registry.get("SMOTE"), takes_ratio=False)
    monkeypatch.setitem(registry._METHODS._entries, "SMOTE", other)
    changed = {name for name, digest in JOBS.items() if digest() != before[name]}
    assert changed == {"samplers", "case study", "search over samplers"}


@pytest.mark.parametrize(
    "change", [{"keys": {"neighbours": 3}}, {"label": "A"}, {"note": "b"}, {"prepare": None}]
)
def test_entry_of_a_strategy_counts(monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]) -> None:
    before = JOBS["merged"]()
    other = dataclasses.replace(strategies.get("merged"), **change)
    monkeypatch.setitem(strategies._STRATEGIES._entries, "merged", other)
    assert JOBS["merged"]() != before


def test_what_is_bound_to_a_search_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = strategies.get("autosmote")
    digests = []
    for find in (entry.find, partial(entry.find, prior="a"), partial(entry.find, prior="b")):
        other = dataclasses.replace(entry, find=find)
        monkeypatch.setitem(strategies._STRATEGIES._entries, "autosmote", other)
        digests.append(JOBS["search"]())
    assert len(set(digests)) == 3


def test_partial_counts_with_its_arguments() -> None:
    builds = [registry.get(name).build for name in ("SMOTE", "ADASYN")]
    one, other = map(callable_digest, builds)
    assert one != other
    assert callable_digest(partial(builds[0].func, SMOTE)) == one
    with pytest.raises(ValueError, match="is no function at the top of a module"):
        callable_digest(lambda: None)


# -- no code is left out -----------------------------------------------------------------------------------

# What a script imports though its numbers do not depend on it: how files are read and written, the words of
# errors, how entries are looked up, and how an input was made, which the input itself shows.
PLUMBING = {
    "autosmote.study.doors",
    "autosmote.study.layout",
    "autosmote.utils.addresses",
    # The columns of a score table, which its file shows
    "autosmote.evaluation.score_row",
    "autosmote.utils.errors",
    "autosmote.utils.provenance",
    "autosmote.utils.registry",
    "autosmote.utils.storage",
}
# Tables of entries and what only they use: of these a digest holds the entries that a job uses.
TABLES = {
    "autosmote.evaluation.classifiers",
    "autosmote.evaluation.metrics",
    "autosmote.samplers.classifier_level",
    "autosmote.samplers.cross_validated",
    "autosmote.samplers.generative",
    "autosmote.samplers.imbalanced_learn",
    "autosmote.samplers.mesa",
    "autosmote.samplers.registry",
    "autosmote.samplers.smote_variants",
    "autosmote.samplers.soft_actor_critic",
    "autosmote.study.strategies",
    "autosmote.study.dependencies",
}
# Modules of all strategies; those of one are checked by themselves.
SEARCHES = {module for spec in strategies.specs() for module in spec.code}
DECLARED = {
    "fetch.py": {*dependencies.FETCH},
    "split.py": {*dependencies.SPLIT},
    "search.py": {*dependencies.SEARCH, *SEARCHES, *TABLES},
    "baseline.py": {*dependencies.BASELINE, *TABLES, "autosmote.search.adam", "autosmote.utils.parts"},
    "case_study.py": {
        *dependencies.CASE_STUDY,
        *dependencies.BASELINE,
        *dependencies.SEARCH,
        *SEARCHES,
        *TABLES,
    },
}
READ_ONLY = {
    "split.py": {"autosmote.datasets.sources"},
    # Each table and figure depends on modules of its own: tests/unit/report/test_catalogue.py.
    "product.py": {"autosmote"},
    "baseline.py": {
        "autosmote.datasets",
        "autosmote.analysis.scores",
        # How a data set was read, which the task shows
        "autosmote.utils.numbers",
        "autosmote.utils.sklearn_settings",
    },
    "search.py": {
        "autosmote.datasets",
        "autosmote.utils.numbers",
        "autosmote.utils.progress",
        # The types that samplers fill in
        "autosmote.samplers.spec",
    },
    "case_study.py": {"autosmote.datasets.sources", "autosmote.utils.progress"},
    "tracking.py": {"autosmote.analysis.scores"},
}


def test_rules_name_the_modules_that_their_scripts_use() -> None:
    declared = [
        (path.name, script, set(re.findall(r'"([\w.]+)"', modules)) | DECLARED.get(script, set()))
        for path in sorted((ROOT / "rules").glob("*.smk"))
        for script, modules in re.findall(r'(?i)\bcode\(\s*"(\w+\.py)"([^)]*)\)', path.read_text())
    ]
    scripts = {path.name for path in (ROOT / "workflow" / "scripts").glob("*.py")} - {"joblog.py"}
    assert {script for _, script, _ in declared} == scripts
    for rules, script, modules in declared:
        known = modules | PLUMBING
        known |= READ_ONLY.get(script, set()) | READ_ONLY.get(f"{rules}: {script}", set())
        # What is added to the tables counts where a job uses it.
        used = modules_used(ROOT / "workflow" / "scripts" / script, closed={"autosmote.study.doors"})
        missing = {name for name in used if not any(f"{name}.".startswith(f"{prefix}.") for prefix in known)}
        assert not missing, f"{rules}: {script} uses {sorted(missing)}, whose changes would not run it again"


@pytest.mark.parametrize("name", strategies.names())
def test_strategy_names_the_modules_that_its_search_uses(name: str) -> None:
    spec = strategies.get(name)
    # Types: a task, a method; and of the settings the number of iterations and the seed.
    types = {
        "autosmote.datasets.tasks",
        "autosmote.samplers.spec",
        "autosmote.search.settings",
    } - {*spec.code}
    module = getattr(spec.find, "func", spec.find).__module__  # Of a partial, what it calls.
    used = modules_used(module, closed=TABLES | types) | {module}
    missing = used - {*spec.code, *dependencies.SEARCH, *PLUMBING, *TABLES, *types}
    assert not missing, f"{name} uses {sorted(missing)}, whose changes would not run it again"
    assert all((part if isinstance(part, Path) else module_file(part)).is_file() for part in spec.code)
