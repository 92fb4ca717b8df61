"""Fixtures of the workflow tests."""

import shutil
from pathlib import Path

import pytest
from harness import SECRETS, snakemake


@pytest.fixture(scope="session")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished smoke run; not to be written to."""
    folder = tmp_path_factory.mktemp("smoke")
    run = snakemake(folder, **SECRETS)
    assert run.code == 0, run.output
    return folder


@pytest.fixture
def smoke_copy(smoke: Path, tmp_path: Path) -> Path:
    """A copy of the finished smoke run, free to be changed."""
    copy = tmp_path / "smoke"
    shutil.copytree(smoke, copy)
    return copy
