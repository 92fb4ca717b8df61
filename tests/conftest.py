"""Fixtures shared by all tests."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]

# A busy machine is no failure: no test is timed.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture
def reproduction() -> Path:
    """The folder of the measured study's scores and learning curves."""
    return ROOT / "docs" / "reproduction"


@pytest.fixture
def openml_cache(tmp_path: Path) -> Path:
    """A writable copy of an OpenML cache holding the paper's six data sets; skips the test without one.

    The folder is named by AUTOSMOTE_TEST_OPENML, or lies beside the repository in shared/openml. It is
    copied because the openml package writes into its cache and deletes from it when it is offline.
    """
    named = os.environ.get("AUTOSMOTE_TEST_OPENML")
    source = Path(named) if named else ROOT.parent / "shared" / "openml"
    if named and not source.is_dir():
        pytest.fail(f"AUTOSMOTE_TEST_OPENML={named} is not a folder")
    if not source.is_dir():
        pytest.skip("needs an OpenML cache: set AUTOSMOTE_TEST_OPENML to its folder")
    # copyfile, unlike the default copy2, does not carry over a read-only source's permissions.
    copy = tmp_path / "openml"
    shutil.copytree(source, copy, copy_function=shutil.copyfile)
    for folder in [copy, *(path for path in copy.rglob("*") if path.is_dir())]:
        folder.chmod(0o755)
    return copy
