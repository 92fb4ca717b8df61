"""Score tables of one study that ran in parts: joined where their settings agree."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from autosmote.analysis.scores import KEY, collect
from autosmote.utils.errors import UserError
from autosmote.utils.storage import read_frame

logger = logging.getLogger(__name__)

SETTINGS = "autosmote_settings"
"""Key of a score table's attributes: the settings behind its scores, by the keys of a configuration."""


class SettingsDifferError(UserError, ValueError):
    """Score tables were made with different settings."""


def with_settings(scores: pd.DataFrame, settings: Mapping[str, Any]) -> pd.DataFrame:
    """Note in a score table which settings it was made with; they are kept in its Parquet file.

    Parameters
    ----------
    scores : DataFrame
    settings : mapping of str to JSON value
        By the keys of a configuration, joined with dots.

    Returns
    -------
    DataFrame
        A copy.
    """
    noted = scores.copy()
    noted.attrs[SETTINGS] = json.loads(json.dumps(settings))
    return noted


def join(paths: Iterable[str | os.PathLike[str]]) -> pd.DataFrame:
    """Join score tables, such as those of other seeds or data sets that ran on other machines.

    A setting that only some tables have (the epochs of a method that the others lack, the checksum of a data
    set) is compared among those that have it. Files without settings, which are results of single jobs or
    older tables, are joined all the same; a warning names them where others have settings.

    Parameters
    ----------
    paths : iterable of path-like
        Files that `autosmote.analysis.scores.collect` reads.

    Returns
    -------
    DataFrame
        The rows of all files in the order given; see `autosmote.analysis.scores.collect`.

    Raises
    ------
    SettingsDifferError
        If tables were made with different settings: a line for each setting with its values, and the files.
    ValueError
        If a row is in two files, or a file is no score table.
    autosmote.utils.storage.CorruptFileError
        If a file cannot be read.
    """
    files = [Path(path) for path in paths]
    settings = {path: _settings(path) for path in files}
    _refuse_differences({path: found for path, found in settings.items() if found})
    without = [str(path) for path, found in settings.items() if not found]
    if without and len(without) < len(files):
        logger.warning("these files state no settings, so none was compared: %s", ", ".join(without))
    tables = [(path, collect([path])) for path in files]
    _refuse_repetitions(tables)
    return collect(files)


def _settings(path: Path) -> Mapping[str, Any]:
    return read_frame(path).attrs.get(SETTINGS, {}) if path.suffix == ".parquet" else {}


def _refuse_differences(settings: Mapping[Path, Mapping[str, Any]]) -> None:
    lines = []
    for key in dict.fromkeys(key for found in settings.values() for key in found):
        files: dict[str, list[str]] = {}
        for path, found in settings.items():
            if key in found:
                files.setdefault(json.dumps(found[key]), []).append(str(path))
        if len(files) > 1:
            sides = [f"{value} in {', '.join(names)}" for value, names in files.items()]
            lines.append(f"{key}: {'; '.join(sides)}")
    if lines:
        raise SettingsDifferError(
            "the score tables were made with different settings, so their scores do not belong together:"
            + "".join(f"\n  {line}" for line in lines)
        )


def _refuse_repetitions(tables: list[tuple[Path, pd.DataFrame]]) -> None:
    seen: dict[tuple[Any, ...], Path] = {}
    for path, table in tables:
        for key in table[list(KEY)].itertuples(index=False, name=None):
            if key in seen:
                row = ", ".join(f"{name}={value}" for name, value in zip(KEY, key, strict=True))
                raise ValueError(f"{seen[key]} and {path} both have a row of {row}; leave one of the two out")
            seen[key] = path
