"""Data sets as they come: from OpenML, from a CSV file or URL, bundled with scikit-learn, or generated."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import numpy as np
import pandas as pd
from pandas.io.common import get_handle  # type: ignore[import-not-found]

from autosmote.utils.errors import UserError
from autosmote.utils.numbers import fault
from autosmote.utils.storage import atomic_path, read_frame, read_json, write_frame, write_json

logger = logging.getLogger(__name__)


ALL_CLASSES = "all"
"""The one value of the key ``classes`` of a data set: every class is one of its own."""


class DatasetError(UserError, ValueError):
    """A data set cannot be obtained, or cannot be used for classification."""


class _UnreachableError(DatasetError):
    """There is no connection to the host of an address."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """A classification data set before scaling, encoding and under-sampling.

    Parameters
    ----------
    frame : pandas.DataFrame
        The features, one row per instance. Columns are numeric or of dtype category; values may be missing.
    target : pandas.Series of int64
        1 for the minority class, 0 for the majority class. Where all classes are kept, their codes by size:
        0 for the largest, 1 for the next one, and so on; of equal ones the label that sorts first, as text,
        comes first.
    meta : dict
        JSON-ready facts: ``name``, ``source`` (``generated`` also if such a set was used instead),
        ``openml_id`` (None unless from OpenML), ``origin`` (path or address), ``checksum``, ``licence`` (None
        if unknown), ``target``, ``rows``, ``n_features_raw``, ``majority`` and ``minority``
        (lists of labels), ``n_majority``, ``n_minority`` and ``class_counts`` (rows per label). Where all
        classes are kept, also ``classes``, the labels in the order of their codes; ``majority`` is then the
        largest class and ``minority`` all others, and ``n_minority`` are the rows of the smallest.
    """

    frame: pd.DataFrame
    target: pd.Series
    meta: dict[str, Any]

    @property
    def name(self) -> str:
        """Name of the data set."""
        return str(self.meta["name"])


@dataclass(frozen=True)
class _Table:
    """The result of a source: features and target in one frame, and their origin."""

    frame: pd.DataFrame
    target: str
    origin: str
    checksum: str
    licence: str | None = None
    generated: bool = False


# For each source, the required and the optional keys.
_KEYS = {
    "openml": ({"id"}, {"version", "target", "md5"}),
    "csv": ({"target"}, {"path", "url", "sha256", "offline", "nominal", "ignore"}),
    "sklearn": ({"name"}, set()),
    "generated": ({"name"}, set()),
}
_COMMON_KEYS = {"source", "minority", "classes", "licence"}


def fetch(name: str, spec: Mapping[str, Any], *, openml_cache: str | None = None) -> Dataset:
    """Get a data set from its source.

    Parameters
    ----------
    name : str
        The name that the study and error messages use.
    spec : mapping
        Where the data set comes from. The other keys depend on the key ``source``:

        - ``openml``: ``id`` (int); optionally ``version``, ``target`` (default: OpenML's) and ``md5`` (of the
          ARFF file).
        - ``csv``: ``target``, and ``path`` or ``url``; ``sha256`` (optional for a path). The file is
          comma-separated UTF-8 with a header. Text columns are categorical, and so are codes: whole numbers
          of which one begins with a zero, or is too large for 64 bits. Empty fields, ``?`` and what pandas
          reads as missing are missing values; a label is missing only where its field is empty or ``?``.
          ``nominal`` lists further columns whose numbers name things, ``ignore`` columns to leave out.
          ``offline`` names a generated data set to take where the host of the URL cannot be reached.
        - ``generated``: ``name`` of a data set that is drawn, always the same: two_clusters.
        - ``sklearn``: ``name`` of a data set bundled with scikit-learn: breast_cancer, digits, iris or wine.
          Labels are the names that scikit-learn gives to the classes.

        Each source also takes ``licence``, and ``minority`` or ``classes``. ``minority`` is a label, or a
        list of labels, whose rows are the minority class; all other rows are the majority. ``classes``, whose
        only value is ``all``, keeps every class. One of the two is needed unless there are two classes of
        different size.
    openml_cache : str, optional
        Root of an OpenML cache. Default: the environment variable OPENML_CACHE_DIR, else the openml package's
        own default. Existing files in it are never changed or deleted, and it may be read-only.

    Returns
    -------
    Dataset
        The rows in the order of the source.

    Raises
    ------
    DatasetError
        If the spec is wrong, the source cannot be reached, a checksum differs, or the data cannot be used.
    """
    try:
        _check_keys(spec)
        if spec["source"] == "openml":
            table = _read_openml(spec, openml_cache)
        elif spec["source"] == "csv":
            table = _read_csv(spec)
        elif spec["source"] == "generated":
            table = _generate(spec["name"])
        else:
            table = _read_sklearn(spec)
        return _to_dataset(name, spec, table)
    except DatasetError as error:
        raise DatasetError(f"data set {name!r}: {error}") from error


def read_csv(path: str | os.PathLike[str], target: str) -> tuple[pd.DataFrame, pd.Series]:
    """Read a CSV file with any number of classes.

    Parameters
    ----------
    path : path-like
        A file of the form that `fetch` reads.
    target : str
        Name of the column with the labels.

    Returns
    -------
    frame : DataFrame
        The other columns as they are read, for `as_features`; codes are text.
    labels : Series of str
        The labels as they are written in the file.

    Raises
    ------
    DatasetError
        If the file or the column does not exist, the file is not a CSV file, or a label is missing.
    """
    path = Path(path)
    if path.exists() and not path.is_file():
        raise DatasetError(f"{path} is no regular file; save what it gives to one")
    if not path.is_file():
        raise DatasetError(f"there is no file {path}")
    table = _parse_csv({"target": target}, path, origin=str(path))
    labels = _labels(table)
    return table.frame.drop(columns=table.target), labels


def _check_keys(spec: Mapping[str, Any]) -> None:
    source = spec.get("source")
    if source not in _KEYS:
        raise DatasetError(f"unknown source {source!r}; known: {', '.join(_KEYS)}")
    required, optional = _KEYS[source]
    missing = sorted(required - spec.keys())
    if missing:
        raise DatasetError(f"source {source!r} needs the key {missing[0]!r}")
    allowed = _COMMON_KEYS | required | optional
    unknown = sorted(str(key) for key in spec.keys() - allowed)
    if unknown:
        raise DatasetError(
            f"source {source!r} has no key {unknown[0]!r}; known: {', '.join(sorted(allowed))}"
        )


def _labels(table: _Table) -> pd.Series:
    """Check the columns' names and the labels of a table."""
    frame = table.frame
    duplicated = frame.columns[frame.columns.duplicated()]
    if len(duplicated):
        raise DatasetError(f"the column name {duplicated[0]!r} occurs more than once; rename all but one")
    if table.target not in frame.columns:
        raise DatasetError(
            f"there is no target column {table.target!r}; set `target` to one of: "
            f"{', '.join(map(repr, frame.columns))}"
        )
    unlabelled = np.flatnonzero(frame[table.target].isna())
    if len(unlabelled):
        raise DatasetError(
            f"the target column {table.target!r} is missing in {len(unlabelled)} rows "
            f"(first in data row {unlabelled[0] + 1}); label or remove them"
        )
    return frame[table.target].astype(str)


def _to_dataset(name: str, spec: Mapping[str, Any], table: _Table) -> Dataset:
    """Check a table; separate features from target and minority from majority."""
    frame, labels = table.frame, _labels(table)
    counts = {str(label): int(count) for label, count in labels.value_counts().items()}
    if "classes" in spec:
        classes = _classes_by_size(counts, spec)
        codes = pd.Index(classes).get_indexer(pd.Index(labels))
        target = pd.Series(codes, index=labels.index, dtype="int64", name=table.target)
        majority, minority, kept = classes[:1], classes[1:], {"classes": classes}
    else:
        minority = _minority_labels(counts, spec.get("minority"))
        target = labels.isin(minority).astype("int64").rename(table.target)
        majority, kept = sorted(counts.keys() - set(minority)), {}
    features = as_features(frame.drop(columns=table.target))
    for column in naming_rows(features):
        remedy = "leave it out by `ignore`" if spec["source"] == "csv" else "it can only name rows"
        logger.warning(
            "data set %r: column %r has another value in nearly every row, and each becomes a column; %s",
            *(name, column, remedy),
        )
    meta = {
        "name": name,
        "source": "generated" if table.generated else spec["source"],
        "openml_id": spec["id"] if spec["source"] == "openml" else None,
        "origin": table.origin,
        "checksum": table.checksum,
        "licence": spec.get("licence", table.licence),
        "target": table.target,
        "rows": len(frame),
        "n_features_raw": features.shape[1],
        "majority": majority,
        "minority": minority,
        "n_majority": int((target == 0).sum()),
        "n_minority": int((target == target.max()).sum()),
        "class_counts": counts,
        **kept,
    }
    return Dataset(features, target, meta)


def _classes_by_size(counts: Mapping[str, int], spec: Mapping[str, Any]) -> list[str]:
    if spec["classes"] != ALL_CLASSES:
        raise DatasetError(f"unknown value {spec['classes']!r} of `classes`; known: {ALL_CLASSES}")
    if "minority" in spec:
        raise DatasetError(f"give either `minority` or `classes: {ALL_CLASSES}`, which keeps every class")
    _listed(counts)
    return sorted(counts, key=lambda label: (-counts[label], label))


def _listed(counts: Mapping[str, int]) -> str:
    """Name the labels with their rows; there have to be two."""
    listed = ", ".join(f"{label} ({count} rows)" for label, count in counts.items()) or "no label"
    if len(counts) < 2:
        raise DatasetError(f"at least two classes are needed; the target column has: {listed}")
    return listed


def _minority_labels(counts: Mapping[str, int], chosen: Any) -> list[str]:
    listed = _listed(counts)
    if chosen is None:
        if len(counts) > 2 or len(set(counts.values())) == 1:
            keep = f", or `classes` to {ALL_CLASSES} to keep every class" if len(counts) > 2 else ""
            raise DatasetError(
                f"cannot tell the minority class; set `minority` to a label or a list of labels of: "
                f"{listed}{keep}"
            )
        return [min(counts, key=lambda label: counts[label])]
    labels = {str(label) for label in (chosen if isinstance(chosen, list | tuple) else [chosen])}
    unknown = sorted(labels - counts.keys())
    if unknown:
        raise DatasetError(f"`minority` names {unknown[0]!r}, which is no label; known: {listed}")
    if len(labels) in (0, len(counts)):
        raise DatasetError(f"`minority` has to name some, but not all, labels of: {listed}")
    return sorted(labels)


def naming_rows(features: pd.DataFrame) -> list[str]:
    """List nominal columns that tell rows apart and say nothing of their class, such as identifiers.

    Parameters
    ----------
    features : DataFrame

    Returns
    -------
    list of str
        Those with another value in nine of ten rows or more.
    """
    return [
        str(name)
        for name, column in features.items()
        if isinstance(column.dtype, pd.CategoricalDtype) and column.nunique() >= 0.9 * len(column)
    ]


def as_features(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn every column into a numeric one or into unordered categories of strings.

    Parameters
    ----------
    frame : DataFrame

    Returns
    -------
    DataFrame
        Columns are numeric or of dtype category; values may be missing.

    Raises
    ------
    DatasetError
        If there is no column, or one has no value, or infinite or huge ones.
    """
    if frame.shape[1] == 0:
        raise DatasetError("there is no column besides the target")
    columns = {}
    for name, values in frame.items():
        if values.isna().all():
            raise DatasetError(f"column {name!r} has no value at all; remove it")
        if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
            if what := fault(values.to_numpy(np.float64, na_value=np.nan)):
                raise DatasetError(f"column {name!r} has {what}; mend or remove them")
            columns[name] = values
        elif isinstance(values.dtype, pd.CategoricalDtype):
            # OpenML's nominal values are ordered only by their place in the file's header.
            columns[name] = values.cat.as_unordered().cat.rename_categories(str)
        else:
            columns[name] = values.map(str, na_action="ignore").astype("category")
    return pd.DataFrame(columns).reset_index(drop=True)


def _read_csv(spec: Mapping[str, Any]) -> _Table:
    if ("path" in spec) == ("url" in spec):
        raise DatasetError("give either `path` or `url`")
    if "path" in spec:
        path = Path(spec["path"]).expanduser()
        if not path.is_file():
            raise DatasetError(f"there is no file {path}; correct `path`")
        return _parse_csv(spec, path, origin=str(spec["path"]))
    try:
        with tempfile.TemporaryDirectory() as folder:
            return _parse_csv(spec, _download(spec, Path(folder)), origin=str(spec["url"]))
    except _UnreachableError as error:
        if "offline" not in spec:
            raise
        logger.warning("%s; taking the generated data set %r instead", error, spec["offline"])
        table = _generate(spec["offline"])
        return replace(table, origin=f"{table.origin} in place of {spec['url']}, which could not be reached")


def _download(spec: Mapping[str, Any], folder: Path) -> Path:
    import pooch
    import requests

    url = str(spec["url"])
    if urlparse(url).scheme not in ("http", "https"):
        raise DatasetError(f"`url` has to start with http:// or https://, not {url!r}; use `path` for a file")
    if urlparse(url).password:
        raise DatasetError("`url` holds a password, which the results would show; put it into ~/.netrc")
    if not spec.get("sha256"):
        raise DatasetError("a `url` needs `sha256`, its file's checksum, so that a study stays the same")
    path = folder / (Path(urlparse(url).path).name or "data.csv")
    try:
        pooch.HTTPDownloader(timeout=60)(url, str(path), None)
    except requests.exceptions.RequestException as error:
        offline = isinstance(error, requests.exceptions.ConnectionError | requests.exceptions.Timeout)
        kind = _UnreachableError if offline else DatasetError
        raise kind(f"cannot download {url} ({error}); check `url` and the connection") from error
    return path


def _parse_csv(spec: Mapping[str, Any], path: Path, *, origin: str) -> _Table:
    checksum = _digest(path, "sha256")
    expected = spec.get("sha256")
    if expected and checksum != str(expected).lower():
        raise DatasetError(
            f"{origin} has the sha256 {checksum}, expected {expected}: the file is damaged or has changed; "
            "restore it, or correct `sha256` if the change is wanted"
        )
    try:
        with get_handle(path, "rb", is_text=False, compression="infer") as handles:
            number = 1
            while block := handles.handle.read(2**20):
                if b"\0" in block:  # pandas would cut the field there.
                    number += block[: block.index(b"\0")].count(b"\n")
                    raise ValueError(f"line {number} has a NUL byte")
                number += block.count(b"\n")
        header = read_header(path)
        with warnings.catch_warnings():
            # pandas only warns when it drops the last fields of rows that are longer than the header.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(
                path,
                header=0,
                names=range(len(header)),
                index_col=False,
                na_values=["?"],
                encoding="utf-8-sig",
                low_memory=False,
            )
        text = read_text(path)
    except pd.errors.EmptyDataError as error:
        raise DatasetError(f"{origin} is empty; it needs a header and rows") from error
    except MemoryError:
        raise
    except ImportError as error:
        raise DatasetError(f"{origin} cannot be read: {error}") from error
    except Exception as error:  # Each kind of compression has errors of its own.
        raise DatasetError(f"{origin} is not comma-separated UTF-8 text ({error})") from error
    if frame.empty:
        raise DatasetError(f"{origin} has no rows below its header")
    for key in ("nominal", "ignore"):
        unknown = sorted(set(spec.get(key, ())) - set(header))
        if unknown:
            raise DatasetError(f"`{key}` names {unknown[0]!r}, which is no column of {origin}")
    if spec["target"] in spec.get("ignore", ()):
        raise DatasetError(f"`ignore` names {spec['target']!r}, which is the target")
    if "" in header:
        raise DatasetError(
            f"column {header.index('') + 1} of {origin} has no name; name it, or remove it if it numbers rows"
        )
    frame.columns = text.columns = pd.Index(header, dtype=object)
    for position, name in enumerate(header):
        written = text.iloc[:, position]
        if name == str(spec["target"]):
            # Labels stay as they are written: 01 is not 1, and a class may be called None.
            frame.isetitem(position, written.mask(written.isin(["", "?"])).to_numpy())
        elif name in spec.get("nominal", ()) or _are_codes(frame.iloc[:, position], written):
            frame.isetitem(position, written.where(frame.iloc[:, position].notna()).to_numpy())
    frame = frame.drop(columns=list(spec.get("ignore", ())))
    return _Table(frame, str(spec["target"]), origin, f"sha256:{checksum}")


def read_header(path: str | os.PathLike[str]) -> list[str]:
    """Read the names of a CSV file's columns as they are written.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    list of str

    Raises
    ------
    OSError, ValueError
        If the file cannot be read, or has other separators than commas.
    """
    # pandas renames the second of two equal names, so the header is read as data.
    first = pd.read_csv(path, header=None, nrows=1, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    header = [str(column) for column in first.iloc[0]]
    for separator, called in ((";", "semicolons"), ("\t", "tabs")):
        if len(header) == 1 and separator in header[0]:
            raise ValueError(f"its fields seem to be separated by {called}; put commas between them")
    return header


def read_text(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read the fields of a CSV file as they are written.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    DataFrame of str
    """
    return pd.read_csv(path, dtype=str, na_filter=False, index_col=False, encoding="utf-8-sig")


def whole_numbers(values: pd.Series, text: pd.Series) -> list[int] | None:
    """Return the exact values of a column of whole numbers, however they are written.

    Parameters
    ----------
    values : Series
        As pandas reads them; beyond 2**53, and where some are missing, with less digits than were given.
    text : Series of str
        As they are written: ``56``, ``56.0`` or ``5.6e1``.

    Returns
    -------
    list of int or None
        Of the values that are not missing. None if one has a fraction, or the column is none of numbers.
    """
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        return None
    present = values.notna()
    if not (np.isfinite(values[present]) & (values[present] % 1 == 0)).all():
        return None
    exact = [Decimal(field.strip()) for field in text[present]]
    if any(number != number.to_integral_value() for number in exact):
        return None
    return [int(number) for number in exact]


def _are_codes(values: pd.Series, text: pd.Series) -> bool:
    """Whether a column of digits names things: synthetic numbers between two of them would name nothing."""
    numbers = whole_numbers(values, text)
    if numbers is None:
        return False
    if text.str.fullmatch(r"\s*0\d+\s*").any():
        return True
    digits = text[values.notna()].str.fullmatch(r"\s*[+-]?\d+\s*")
    limits = np.iinfo(np.int64)
    return any(
        is_so and not limits.min <= number <= limits.max
        for number, is_so in zip(numbers, digits, strict=True)
    )


def _generate(name: str) -> _Table:
    if name not in _GENERATED:
        raise DatasetError(f"nothing is generated by the name {name!r}; known: {', '.join(_GENERATED)}")
    frame, target = _GENERATED[name]()
    checksum = hashlib.sha256(frame.to_csv(index=False, float_format="%.12g").encode())
    return _Table(frame, target, f"generated: {name}", f"sha256:{checksum.hexdigest()}", generated=True)


def _two_clusters() -> tuple[pd.DataFrame, str]:
    """Draw rows like the paper's toy data: a slanted majority between two minority clusters."""
    draws = np.random.default_rng(2022)
    nominal = draws.multivariate_normal([1.5, 1.8], [[2.8, 1.9], [1.9, 3.6]], size=450)
    left = draws.multivariate_normal([0.3, 4.8], [[0.5, 0.3], [0.3, 1.6]], size=15)
    right = draws.multivariate_normal([6.2, 3.1], [[0.4, 0.1], [0.1, 1.0]], size=20)
    frame = pd.DataFrame(np.concatenate([nominal, left, right]), columns=["x", "y"])
    frame.insert(0, "label", ["nominal"] * 450 + ["anomaly"] * 35)
    return frame, "label"


_GENERATED = {"two_clusters": _two_clusters}


def _read_sklearn(spec: Mapping[str, Any]) -> _Table:
    import sklearn
    from sklearn import datasets

    loaders = {
        "breast_cancer": datasets.load_breast_cancer,
        "digits": datasets.load_digits,
        "iris": datasets.load_iris,
        "wine": datasets.load_wine,
    }
    if spec["name"] not in loaders:
        raise DatasetError(f"scikit-learn bundles no {spec['name']!r}; known: {', '.join(loaders)}")
    bunch = loaders[spec["name"]](as_frame=True)
    labels = np.asarray(bunch.target_names).astype(str)[bunch.target]
    content = hashlib.sha256(np.ascontiguousarray(bunch.data, dtype="float64").tobytes())
    content.update("\n".join(labels).encode())
    frame = bunch.data.assign(target=labels)
    return _Table(frame, "target", f"scikit-learn {sklearn.__version__}", f"sha256:{content.hexdigest()}")


def _digest(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


# What the openml package needs in the cache folder of a data set to work without the server.
_OPENML_FILES = ("description.xml", "dataset.arff")


def _read_openml(spec: Mapping[str, Any], cache: str | None) -> _Table:
    import openml
    import requests

    identifier = spec["id"]
    if not isinstance(identifier, int) or isinstance(identifier, bool):
        raise DatasetError(f"`id` has to be OpenML's integer id, not {identifier!r}")
    root = cache or os.environ.get("OPENML_CACHE_DIR") or openml.config.get_config_as_dict()["cachedir"]
    # The package deletes a data set's whole folder when the server does not answer, and loads pickles that
    # it finds there. So it gets a folder of its own, with copies of the plain files.
    with tempfile.TemporaryDirectory() as scratch:
        kept = _openml_folder(Path(root).expanduser(), identifier)
        folder = _openml_folder(Path(scratch), identifier)
        folder.mkdir(parents=True)
        for file in _OPENML_FILES:
            if (kept / file).is_file():
                shutil.copyfile(kept / file, folder / file)
        with _openml_settings(Path(scratch)):
            try:
                data = openml.datasets.get_dataset(identifier, download_data=True)
            except (requests.exceptions.RequestException, openml.exceptions.PyOpenMLError, KeyError) as error:
                # The package raises a KeyError for an error page that is not OpenML's own.
                raise DatasetError(_openml_refusal(identifier, kept, error)) from error
        checksum = _check_openml(spec, data, kept, folder)
        _keep(folder, kept)
        frame, *_ = data.get_data()
    if not isinstance(frame, pd.DataFrame):
        raise DatasetError(f"OpenML's data set {identifier} is sparse, which is not supported")
    target = spec.get("target") or data.default_target_attribute
    return _Table(frame, str(target), str(data.openml_url), f"md5:{checksum}", data.licence)


def _openml_folder(root: Path, identifier: int) -> Path:
    import openml

    server = urlparse(openml.config.server).netloc
    return root.joinpath(*reversed(server.split(".")), "datasets", str(identifier))


@contextmanager
def _openml_settings(root: Path) -> Iterator[None]:
    """Let the openml package use this cache, give up at once and read the ARFF file, which has a checksum."""
    import openml

    before = openml.config.get_config_as_dict()
    skip_parquet = os.environ.get("OPENML_SKIP_PARQUET")
    try:
        openml.config.set_root_cache_directory(root)
        openml.config.set_retry_policy("human", n_retries=1)
        os.environ["OPENML_SKIP_PARQUET"] = "true"
        yield
    finally:
        openml.config.set_root_cache_directory(before["cachedir"])
        openml.config.set_retry_policy(before["retry_policy"], before["connection_n_retries"])
        if skip_parquet is None:
            del os.environ["OPENML_SKIP_PARQUET"]
        else:
            os.environ["OPENML_SKIP_PARQUET"] = skip_parquet


def _openml_refusal(identifier: int, kept: Path, error: Exception) -> str:
    missing = [file for file in _OPENML_FILES if not (kept / file).is_file()]
    state = f"lacks {' and '.join(missing)}" if missing else "is damaged"
    return (
        f"cannot get OpenML's data set {identifier}: the cache folder {kept} {state}, and the server "
        f"did not deliver ({type(error).__name__}: {error}). Run again with a connection to the server, or "
        "copy that folder from a machine that has it; the key `openml.cache` or the environment variable "
        "OPENML_CACHE_DIR names the root of another cache. Nothing in the cache was changed."
    )


def _check_openml(spec: Mapping[str, Any], data: Any, kept: Path, folder: Path) -> str:
    """Compare version and checksum, which the package does not do for a cached file; return the md5."""
    if "version" in spec and spec["version"] != data.version:
        raise DatasetError(
            f"OpenML's data set {spec['id']} is version {data.version}, not {spec['version']}; "
            "correct `version` or `id`"
        )
    checksum = _digest(folder / "dataset.arff", "md5")
    for expected, teller in ((spec.get("md5"), "the key `md5`"), (data.md5_checksum, "its description.xml")):
        if expected and checksum != str(expected).lower():
            raise DatasetError(
                f"{kept / 'dataset.arff'} has the md5 {checksum}, but {teller} says {expected}: the file is "
                "damaged or another version; move its folder away and run again to download it anew"
            )
    return checksum


def _keep(folder: Path, kept: Path) -> None:
    """Add downloaded files to the user's cache, without replacing any."""
    for file in _OPENML_FILES:
        if not (kept / file).exists():
            try:
                with atomic_path(kept / file) as temporary:
                    shutil.copyfile(folder / file, temporary)
            except OSError as error:
                logger.warning("cannot keep the download in the OpenML cache: %s", error)


def save_dataset(
    dataset: Dataset, parquet_path: str | os.PathLike[str], json_path: str | os.PathLike[str]
) -> None:
    """Write a data set's features and 0/1 target as Parquet, and its meta as JSON.

    Parameters
    ----------
    dataset : Dataset
        The data set to write.
    parquet_path, json_path : path-like
        The files to write.
    """
    frame = dataset.frame.copy(deep=False)
    frame[dataset.meta["target"]] = dataset.target
    write_frame(frame, parquet_path)
    write_json(dataset.meta, json_path)


def load_dataset(parquet_path: str | os.PathLike[str], json_path: str | os.PathLike[str]) -> Dataset:
    """Read what `save_dataset` wrote.

    Parameters
    ----------
    parquet_path, json_path : path-like
        The files to read.

    Returns
    -------
    Dataset
        Equal to the one that was saved.

    Raises
    ------
    autosmote.utils.storage.CorruptFileError
        If a file is damaged.
    DatasetError
        If the two files do not belong together.
    """
    meta = read_json(json_path)
    frame = read_frame(parquet_path)
    if (
        not isinstance(meta, dict)
        or meta.get("target") not in frame.columns
        or meta.get("rows") != len(frame)
    ):
        raise DatasetError(
            f"{parquet_path} and {json_path} do not belong together; delete both and run again"
        )
    target = frame.pop(meta["target"])
    return Dataset(frame, target, meta)
