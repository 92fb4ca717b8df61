"""The wheel and the source distribution, and the wheel in an environment of its own, without any extra."""

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


def pip(python: Path | str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run pip of an environment."""
    command = [str(python), "-m", "pip", "--disable-pip-version-check", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The two distributions, built from a copy: a build leaves files behind."""
    folder = tmp_path_factory.mktemp("build")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("*.egg-info", "__pycache__"))
    program = "from setuptools import build_meta as b; b.build_wheel('dist'); b.build_sdist('dist')"
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return {path.suffix: path for path in (folder / "dist").iterdir()}


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """An environment with the wheel and what it requires, at the versions of the lock."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    result = pip(python, "install", built[".whl"], "-c", ROOT / "requirements" / "lock.txt")
    if "Could not find a version" in result.stderr or "Connection" in result.stderr:
        pytest.skip("no package index at hand")
    assert result.returncode == 0, result.stderr

    # Elsewhere, and without PYTHONPATH: what runs is what was installed.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def run(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        command = [str(folder / "bin" / program), *map(str, arguments)]
        return subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )

    return SimpleNamespace(run=run, folder=folder, python=python)


def files_of(wheel: Path) -> list[str]:
    return sorted(zipfile.ZipFile(wheel).namelist())


def test_the_source_distribution_makes_the_same_wheel(built, tmp_path):
    result = pip(
        sys.executable, "wheel", built[".gz"], "--no-deps", "--no-build-isolation", "--wheel-dir", tmp_path
    )
    assert result.returncode == 0, result.stderr
    (wheel,) = tmp_path.glob("*.whl")
    assert files_of(wheel) == files_of(built[".whl"])


def test_the_wheel_holds_every_file_of_the_package(built):
    package = {
        str(path.relative_to(ROOT / "src"))
        for path in (ROOT / "src" / "autosmote").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert {name for name in files_of(built[".whl"]) if name.startswith("autosmote/")} == package


def test_the_metadata_says_what_an_index_shows(built):
    archive = zipfile.ZipFile(built[".whl"])
    (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    head, _, body = archive.read(name).decode().partition("\n\n")
    lines = head.splitlines()
    for expected in (
        "Name: autosmote",
        "License-Expression: MIT",
        "License-File: LICENSE",
        "Description-Content-Type: text/markdown",
        "Provides-Extra: rl",
        "Provides-Extra: study",
        "Classifier: Programming Language :: Python :: 3.13",
    ):
        assert expected in lines
    assert any(line.startswith("Project-URL: Paper, https://doi.org/") for line in lines)
    assert [line for line in lines if "torch" in line] == ['Requires-Dist: torch<3,>=2.6; extra == "rl"']
    assert body.startswith("# autosmote")


def test_a_plain_installation_brings_no_pytorch_and_searches_policies(installed):
    program = """
import importlib.util, autosmote
from sklearn.datasets import make_classification
assert importlib.util.find_spec("torch") is None
X, y = make_classification(120, weights=[0.8], flip_y=0, class_sep=0.5, random_state=0)
sampler = autosmote.AutoSMOTE(n_iterations=40, random_state=0)
print(autosmote.__file__, len(sampler.fit_resample(X, y)[0]) >= 120, len(sampler.history_))
"""
    result = installed.run("python", "-c", program)
    assert result.returncode == 0, result.stderr
    file, complete, fits = result.stdout.split()
    assert Path(file).is_relative_to(installed.folder)
    assert complete == "True" and 30 < int(fits) <= 40


def test_the_command_of_a_plain_installation_names_the_extra_of_the_papers_search(installed):
    assert "resample" in installed.run("autosmote", "--help").stdout
    assert "MESA" in installed.run("autosmote", "samplers").stdout
    rows = [f"{i % 7},{i % 5},{'rare' if i % 6 == 0 else 'other'}" for i in range(60)]
    (installed.folder / "data.csv").write_text("\n".join(["a,b,class", *rows]) + "\n")
    base = ("autosmote", "resample", "data.csv", "--target", "class", "--out", "out.csv", "--iterations", 10)
    result = installed.run(*base, "--strategy", "paper")
    assert result.returncode == 2
    assert result.stderr == (
        "autosmote: strategy=\"paper\" needs PyTorch, which is not installed: pip install 'autosmote[rl]'\n"
    )
    assert not (installed.folder / "out.csv").exists()
    assert installed.run(*base).returncode == 0
