"""A study in one file, to be published: scores, learning curves, configuration, versions, licence."""

from __future__ import annotations

import hashlib
import os
import platform
import zipfile
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePath
from typing import Any

from autosmote.utils.storage import atomic_path

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""Time of every file of an archive, so that the same content gives the same checksum."""

_PACKAGES = (
    *("autosmote", "numpy", "scipy", "pandas", "scikit-learn", "imbalanced-learn", "torch", "cma"),
    *("smote-variants", "ctgan", "lightgbm", "xgboost", "snakemake", "pyarrow"),
)
"""Packages that scores can depend on, and those that wrote the files."""

_LOCAL = ("openml", "mlflow", "resources")
"""Sections of a configuration that are about a machine and change no result."""


def published(config: Mapping[str, Any], sources: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return a configuration without what is about the machine that it ran on.

    Parameters
    ----------
    config : mapping
        A whole configuration.
    sources : mapping
        Where the study's own data sets come from, by name.

    Returns
    -------
    dict
        Without the sections for OpenML's cache, MLflow and resources, with these data sets only; of a path
        there is the name of the file.
    """
    kept = {key: value for key, value in config.items() if key not in _LOCAL}
    kept["results"] = PurePath(config["results"]).name
    kept["study"] = {**config["study"], "datasets": list(sources)}
    kept["datasets"] = {
        name: {key: PurePath(value).name if key == "path" else value for key, value in spec.items()}
        for name, spec in sources.items()
    }
    return kept


def versions() -> str:
    """List the Python version, and the versions of the packages that are installed, a line each."""
    lines = [f"python=={platform.python_version()}"]
    for name in _PACKAGES:
        try:
            lines.append(f"{name}=={version(name)}")
        except PackageNotFoundError:
            continue
    return "\n".join(lines) + "\n"


def pack(members: Mapping[str, bytes], path: str | os.PathLike[str]) -> str:
    """Write files into a zip archive, with their checksums in ``SHA256SUMS``; same content, same bytes.

    Parameters
    ----------
    members : mapping of str to bytes
        Content by the name in the archive.
    path : path-like
        The archive. Beside it, with ``.sha256`` appended, comes its checksum, for ``sha256sum --check``.

    Returns
    -------
    str
        SHA-256 of the archive, hexadecimal.
    """
    path = Path(path)
    sums = "".join(
        f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(members.items())
    )
    with atomic_path(path) as temporary:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in sorted({**members, "SHA256SUMS": sums.encode()}.items()):
                entry = zipfile.ZipInfo(name, _EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, content)
        checksum = hashlib.sha256(temporary.read_bytes()).hexdigest()
    with atomic_path(path.with_name(f"{path.name}.sha256")) as temporary:
        temporary.write_text(f"{checksum}  {path.name}\n", encoding="utf-8")
    return checksum
