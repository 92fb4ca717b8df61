"""Which code and packages the records were made with."""

from __future__ import annotations

import platform
import subprocess
from importlib import metadata
from pathlib import Path

PACKAGES = (
    "autosmote",
    "imbalanced-learn",
    "mlflow",
    "numpy",
    "pandas",
    "scikit-learn",
    "scipy",
    "snakemake",
    "torch",
)
"""The packages whose versions are told."""


def environment() -> dict[str, str]:
    """Return tags that say which code and packages are at work.

    Returns
    -------
    dict of str to str
        ``version.python``, ``version.<package>`` for the installed ones of `PACKAGES`, and
        ``mlflow.source.git.commit``, the commit of a checkout, which ends in ``-dirty`` where files have
        changed since. Without a checkout there is no commit.
    """
    tags = {"version.python": platform.python_version()}
    for name in PACKAGES:
        try:
            tags[f"version.{name}"] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    commit = _commit(Path(__file__).parent)
    return tags | ({"mlflow.source.git.commit": commit} if commit else {})


def _commit(folder: Path) -> str:
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--exclude=*", "--abbrev=40"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):  # no git, or an installed package outside of a checkout
        return ""
    return done.stdout.strip()
