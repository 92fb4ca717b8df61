"""A folder of CSV files, each a data set."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pandas as pd

from autosmote.datasets.sources import DatasetError, read_header

INDEX = "index.csv"
"""The file of a folder that says more of its data sets, where the configuration names no other."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_COLUMNS = ("nominal", "ignore")
_LISTS = ("minority_label", *_COLUMNS)
_TEXTS = ("target", "classes", "domain", "licence")


def expand(spec: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """List the data sets of a folder.

    Parameters
    ----------
    spec : mapping
        ``path`` of the folder; and for all of its files ``target`` (column of the labels), ``minority``
        (label, or list of labels) or ``classes`` (``all`` keeps every class), ``nominal`` (columns whose
        numbers name things) and ``ignore`` (columns to leave out), both also shell patterns such as
        ``code_*``, ``domain`` and ``licence``. ``index`` names a CSV file of the folder; default `INDEX`, if
        there is one. It has a column ``name``, the file of a data set without ``.csv``, and may have
        ``target``, ``minority_label``, ``classes``, ``nominal``, ``ignore``, ``domain`` and ``licence``.
        Where these are not empty they count instead; several labels or columns are separated by semicolons.
        Other columns say nothing.

    Returns
    -------
    dict of str to dict
        By name, what `autosmote.datasets.sources.fetch` gets each from; in the order of the index, if any.

    Raises
    ------
    DatasetError
        If there is no such folder or file, a file has no target column, a name cannot be that of a data set,
        or a pattern of ``nominal`` or ``ignore`` matches no column of any file.
    """
    folder = Path(spec["path"]).expanduser()
    if not folder.is_dir():
        raise DatasetError(f"path: there is no folder {spec['path']!r}; name the folder of the CSV files")
    rows = _index(folder, spec.get("index"))
    found: dict[str, dict[str, Any]] = {}
    unmatched = {(key, pattern) for key in _COLUMNS for pattern in spec.get(key, ())}
    for name, row in rows.items():
        if not _NAME.fullmatch(name):
            raise DatasetError(f"{name!r} cannot be the name of a data set; use letters, digits, - and _")
        path = folder / f"{name}.csv"
        if not path.is_file():
            raise DatasetError(f"there is no file {path}, which the index names")
        columns = _header(path)
        target = row.get("target") or spec.get("target")
        if target is None:
            raise DatasetError(f"{path} has no target; set `target`, or give the index a column of that name")
        if target not in columns:
            raise DatasetError(
                f"{path} has no column {target!r}; correct `target`, or leave the file out with an index "
                f"({INDEX})"
            )
        listed = {}
        for key in _COLUMNS:
            patterns = row.get(key) or list(spec.get(key, ()))
            named = {name for pattern in patterns for name in _matches(pattern, columns)} - {target}
            listed[key] = [name for name in columns if name in named]
            for pattern in row.get(key) or ():
                if not _matches(pattern, columns):
                    raise DatasetError(
                        f"`{key}` of the index names {pattern!r}, which is no column of {path}"
                    )
            unmatched -= {(key, pattern) for pattern in spec.get(key, ()) if _matches(pattern, columns)}
        # What the index says of the classes of a file counts in place of both keys.
        said = {"minority": row.get("minority_label"), "classes": row.get("classes")}
        if not any(said.values()):
            said = {key: spec.get(key) for key in said}
        found[name] = {
            "source": "csv",
            "path": str(Path(spec["path"]) / path.name),
            "target": target,
            **{key: value for key, value in said.items() if value is not None},
            **{key: names for key, names in listed.items() if names},
            **{
                key: row.get(key) or spec[key] for key in ("domain", "licence") if row.get(key) or key in spec
            },
        }
    if not found:
        raise DatasetError(f"{spec['path']} holds no CSV file")
    for key, pattern in sorted(unmatched):
        raise DatasetError(f"`{key}` names {pattern!r}, which is no column of any file")
    return found


def _matches(pattern: str, columns: Sequence[str]) -> list[str]:
    return [column for column in columns if fnmatchcase(column, pattern)]


def _index(folder: Path, name: str | None) -> dict[str, dict[str, Any]]:
    """Read what an index says of each data set; without one, the names alone."""
    path = folder / (name or INDEX)
    if not path.is_file():
        if name is not None:
            raise DatasetError(f"index: there is no file {path}")
        return {file.stem: {} for file in sorted(folder.glob("*.csv"))}
    try:
        table = pd.read_csv(path, dtype=str, na_filter=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path} is not comma-separated UTF-8 text ({error})") from error
    if "name" not in table:
        raise DatasetError(f"{path} has no column 'name', which says which file a row is about")
    repeated = table["name"][table["name"].duplicated()]
    if len(repeated):
        raise DatasetError(f"{path} names {repeated.iloc[0]!r} more than once")
    rows: dict[str, dict[str, Any]] = {}
    for row in table.to_dict("records"):
        said: dict[str, Any] = {key: row[key] for key in _TEXTS if row.get(key)}
        said |= {key: [part.strip() for part in row[key].split(";")] for key in _LISTS if row.get(key)}
        rows[row["name"]] = said
    return rows


def _header(path: Path) -> list[str]:
    try:
        return read_header(path)
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path} is not comma-separated UTF-8 text ({error})") from error
