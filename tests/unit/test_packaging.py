"""What is pinned, what an import brings in, and that the pieces of the set-up agree with each other."""

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from autosmote.utils.errors import MissingExtraError

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

# Imported only inside the functions that use them.
OPTIONAL = {
    "ctgan",
    "lightgbm",
    "matplotlib",
    "mlflow",
    "openml",
    "plotly",
    "pooch",
    "pyarrow",
    "scikit_posthocs",
    "smote_variants",
    "snakemake",
    "tensorflow",
    "xgboost",
}

# The paper's search and MESA's agent are written in PyTorch, and the study is installed with it.
WRITTEN_IN_TORCH = {
    "autosmote.samplers.soft_actor_critic",
    "autosmote.search.adam",
    "autosmote.search.engine",
    "autosmote.search.learner",
    "autosmote.search.policies",
    "autosmote.search.reference",
    "autosmote.search.vtrace",
    "autosmote.study.search_batch",
    "autosmote.study.search_job",
}


def read_requirements(path: Path) -> dict[str, Requirement]:
    """Requirements of a pip file by canonical name."""
    lines = (re.sub(r"(^|\s)#.*", "", line).strip() for line in path.read_text().splitlines())
    requirements = [Requirement(line) for line in lines if line]
    return {canonicalize_name(requirement.name): requirement for requirement in requirements}


def exact_version(requirement: Requirement) -> Version:
    """Version of a requirement that has to be an exact pin."""
    (specifier,) = requirement.specifier
    assert specifier.operator == "==", f"{requirement} is not an exact pin"
    return Version(specifier.version)


LOCK = read_requirements(ROOT / "requirements" / "lock.txt")
LOCK_INPUT = read_requirements(ROOT / "requirements" / "lock.in")
NO_DEPS = read_requirements(ROOT / "requirements" / "no-deps.txt")


def declared(*extras: str) -> dict[str, Requirement]:
    """Requirements of pyproject.toml: those of the core, of the given extras, and of the extras in these."""
    requirements = [Requirement(line) for line in PROJECT["dependencies"]]
    open_ = list(extras)
    while open_:
        for line in PROJECT["optional-dependencies"][open_.pop()]:
            requirement = Requirement(line)
            if requirement.name == PROJECT["name"]:
                open_ += requirement.extras
            else:
                requirements.append(requirement)
    return {canonicalize_name(requirement.name): requirement for requirement in requirements}


# Its packages are large, and a study has other classifiers.
LOCKED_EXTRAS = set(PROJECT["optional-dependencies"]) - {"boosting"}


def block(modules: set[str]) -> str:
    """Return a statement after which these modules count as not installed."""
    return f"import sys; sys.modules.update(dict.fromkeys({sorted(modules)}))"


# SciPy looks at sys.modules["torch"], which must not be None there.
WITHOUT_TORCH = """
import importlib.machinery, sys
class WithoutTorch(importlib.machinery.PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name == "torch" else super().find_spec(name, path, target)
here = sys.meta_path.index(importlib.machinery.PathFinder)
sys.meta_path[here] = WithoutTorch
"""


def modules_after(program: str) -> set[str]:
    """Names of the modules that a new interpreter holds after a program."""
    program = f"{program}\nimport sys; print('\\n'.join(sys.modules))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return set(result.stdout.splitlines())


def project_modules() -> list[str]:
    """Names of all modules of the project."""
    files = sorted((SOURCE / "autosmote").rglob("*.py"))
    names = [".".join(file.relative_to(SOURCE).with_suffix("").parts) for file in files]
    return [name.removesuffix(".__init__") for name in names]


def test_every_import_is_a_declared_requirement() -> None:
    distributions = importlib.metadata.packages_distributions()
    allowed = set(declared("study", "generative", "boosting") | NO_DEPS)
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names = {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = {node.module.partition(".")[0]}
            else:
                continue
            for name in names - sys.stdlib_module_names - {"autosmote"}:
                providers = {canonicalize_name(provider) for provider in distributions.get(name, [name])}
                assert providers & allowed, f"{file.relative_to(ROOT)} imports {name}: not in pyproject.toml"


def test_lock_pins_every_declared_requirement_within_its_bounds() -> None:
    for name, requirement in (declared(*LOCKED_EXTRAS) | LOCK_INPUT).items():
        assert name in LOCK, f"{name} is not in requirements/lock.txt; run `make lock`"
        assert exact_version(LOCK[name]) in requirement.specifier, f"{LOCK[name]} contradicts {requirement}"


def test_lock_pins_are_exact() -> None:
    for requirement in (LOCK | NO_DEPS).values():
        assert exact_version(requirement).local is None, f"{requirement} holds for one build only"


def test_lock_names_no_cuda_package() -> None:
    assert not [name for name in LOCK if name.startswith(("nvidia-", "cuda-", "triton"))]


def test_lock_holds_what_its_packages_require() -> None:
    """Nothing but the CUDA packages of torch may be resolved at install time."""
    for name, pin in LOCK.items():
        if pin.marker is not None and not pin.marker.evaluate():
            continue
        for line in importlib.metadata.requires(name) or []:
            needed = Requirement(line)
            if needed.marker is not None and not needed.marker.evaluate({"extra": ""}):
                continue
            needed_name = canonicalize_name(needed.name)
            if name == "torch" and needed_name not in LOCK:
                assert needed_name.startswith(("nvidia-", "cuda-", "triton")), f"torch requires {needed}"
                continue
            assert needed_name in LOCK, f"{name} requires {needed}; run `make lock`"
            assert needed.specifier.contains(exact_version(LOCK[needed_name]), prereleases=True), (
                f"{name} requires {needed}, the lock has {LOCK[needed_name]}"
            )


def test_conda_environment_has_the_pins_of_the_lock() -> None:
    environment = yaml.safe_load((ROOT / "envs" / "autosmote.yaml").read_text())
    python, pip, packages = environment["dependencies"]
    pins = {
        canonicalize_name(requirement.name): requirement for requirement in map(Requirement, packages["pip"])
    }
    assert pip == "pip"
    assert SpecifierSet(PROJECT["requires-python"]).contains(python.removeprefix("python="))
    assert set(pins) == set(declared("study", "generative") | LOCK_INPUT)
    assert {name: exact_version(pin) for name, pin in pins.items()} == {
        name: exact_version(LOCK[name]) for name in pins
    }


def test_versions_agree() -> None:
    import autosmote

    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert autosmote.__version__ == PROJECT["version"] == citation["version"]
    assert f"\n## [{PROJECT['version']}] - " in (ROOT / "CHANGELOG.md").read_text()


def test_importing_the_package_is_light() -> None:
    heavy = OPTIONAL | {"torch", "sklearn", "imblearn", "scipy", "pandas", "numpy"}
    assert not modules_after("import autosmote, autosmote.cli.commands") & heavy


def test_a_study_is_planned_without_pytorch() -> None:
    assert "torch" not in modules_after("import autosmote.study.config")


def test_every_module_imports_without_the_extras() -> None:
    # Blocked, not looked for afterwards: pandas and scikit-learn import some of them where installed.
    modules = project_modules()
    assert set(modules) <= modules_after(f"{block(OPTIONAL)}\nimport {', '.join(modules)}")


def test_pytorch_is_no_requirement_of_the_core_but_of_the_study() -> None:
    assert "torch" not in declared()
    assert set(declared("rl")) == {*declared(), "torch"}
    assert "torch" in declared("study")


def test_modules_that_are_not_written_in_pytorch_import_without_it() -> None:
    modules = set(project_modules()) - WRITTEN_IN_TORCH
    program = f"{WITHOUT_TORCH}\n{block(OPTIONAL)}\nimport {', '.join(sorted(modules))}"
    assert modules <= modules_after(program)


POLICY_SEARCH = """
from sklearn.datasets import make_classification
from autosmote import AutoSMOTE
X, y = make_classification(100, weights=[0.8], flip_y=0, class_sep=0.5, random_state=0)
AutoSMOTE(n_iterations=10, random_state=0).fit_resample(X, y)
"""


def test_the_sampler_and_a_policy_search_load_no_pytorch() -> None:
    loaded = modules_after(POLICY_SEARCH)
    assert "autosmote.search.evolution" in loaded
    assert "torch" not in loaded


def test_a_policy_search_runs_where_there_is_no_pytorch() -> None:
    assert "autosmote.search.evolution" in modules_after(WITHOUT_TORCH + POLICY_SEARCH)


def test_the_searches_in_pytorch_name_the_extra_where_it_is_missing() -> None:
    wanted = POLICY_SEARCH.replace("n_iterations", "strategy='paper', n_iterations")
    result = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH + wanted], capture_output=True, text=True, check=False
    )
    last = result.stderr.splitlines()[-1]
    assert last.endswith(
        "strategy=\"paper\" needs PyTorch, which is not installed: pip install 'autosmote[rl]'"
    )
    assert "MissingExtraError" in last and issubclass(MissingExtraError, ImportError)


def test_the_package_offers_the_sampler_and_the_correction() -> None:
    import autosmote
    from autosmote.estimator.autosmote import AutoSMOTE
    from autosmote.estimator.prior_correction import PriorCorrectedClassifier

    assert autosmote.AutoSMOTE is AutoSMOTE
    assert "AutoSMOTE" in dir(autosmote)
    assert autosmote.PriorCorrectedClassifier is PriorCorrectedClassifier
    assert set(autosmote.__all__) <= set(dir(autosmote))
    with pytest.raises(AttributeError, match="no attribute 'SMOT'"):
        autosmote.SMOT  # noqa: B018


def test_smote_variants_does_without_tensorflow() -> None:
    blocked = block({"tensorflow", "keras", "mkl"})
    assert "smote_variants" in modules_after(f"{blocked}\nimport smote_variants")


def test_every_module_says_what_it_is() -> None:
    files = sorted(SOURCE.rglob("*.py"))
    assert files
    assert not [str(file) for file in files if not ast.get_docstring(ast.parse(file.read_text()))]
