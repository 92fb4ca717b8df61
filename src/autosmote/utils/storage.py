"""Files that are either complete or absent: atomic writes, and reads that name a corrupt file."""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import stat
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeVar

import numpy as np
import pandas as pd

from autosmote.utils.errors import UserError

T = TypeVar("T")


class CorruptFileError(UserError, RuntimeError):
    """A file exists but its content cannot be read."""


def check_destination(path: str | os.PathLike[str]) -> None:
    """Refuse what cannot be written to, before the work whose outcome goes there.

    Parameters
    ----------
    path : path-like
        Where `atomic_path` shall write: a file that is there or not, a link to one, a pipe, or a device that
        takes characters.

    Raises
    ------
    OSError
        If `path` is a folder, a socket, a disk, or a link that leads back to itself.
    """
    _is_stream(Path(path))


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path that becomes `path` when the block ends without an error.

    A link stays a link: the file that it leads to is replaced, or made. Pipes and character devices cannot be
    replaced; they are opened before the block and get all bytes after it.

    Parameters
    ----------
    path : path-like
        Where to write. Missing parent folders are made; an existing file is replaced.

    Yields
    ------
    pathlib.Path
        A hidden name in the same folder, with the same suffix; for a pipe or a device, a name in a folder for
        temporary files. The block has to write it. On an error the temporary file is removed and a previous
        `path` stays as it was.

    Raises
    ------
    OSError
        See `check_destination`; and if nobody reads a pipe.
    """
    path = Path(path)
    if _is_stream(path):
        with tempfile.TemporaryDirectory() as folder, _open_stream(path) as stream:
            temporary = Path(folder) / path.name
            yield temporary
            with temporary.open("rb") as content:
                shutil.copyfileobj(content, stream)
        return
    path = Path(os.path.realpath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}-{uuid.uuid4().hex[:12]}{path.suffix}")
    try:
        yield temporary
        # Without this a power cut could leave a renamed but empty file.
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _is_stream(path: Path) -> bool:
    """Whether bytes go straight to `path`, because it is no file that could be replaced."""
    try:
        return _takes_bytes(path.stat().st_mode, path)
    except FileNotFoundError:
        return False


def _open_stream(path: Path) -> IO[bytes]:
    """Open a pipe or a device to write to; without a reader a pipe would be waited for without end."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise OSError(errno.ENXIO, "nobody reads this pipe; start its reader first", str(path)) from error
        raise
    os.set_blocking(descriptor, True)
    return os.fdopen(descriptor, "wb")


def _takes_bytes(mode: int, path: Path) -> bool:
    """Tell a stream from a regular file by the mode of a path; refuse what is neither."""
    if stat.S_ISREG(mode):
        return False
    if stat.S_ISFIFO(mode) or stat.S_ISCHR(mode):
        return True
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "is a folder; name a file", str(path))
    raise OSError(errno.EINVAL, "is neither a file nor a pipe; name a file", str(path))


def _decode(path: Path, decode: Callable[[bytes], T]) -> T:
    """Apply `decode` to the bytes of a file; a failure then lies in the content, not in the disk."""
    content = path.read_bytes()
    try:
        return decode(content)
    except MemoryError:
        raise
    except Exception as error:
        raise CorruptFileError(
            f"cannot read {path}: the file is damaged or of another format ({error}); delete it and run again"
        ) from error


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"cannot write a {type(value).__name__} as JSON")


def write_json(obj: Any, path: str | os.PathLike[str], *, indent: int | None = 2) -> None:
    """Write `obj` as JSON.

    NumPy scalars become plain numbers. NaN is written as ``NaN``, which `read_json` turns back.

    Parameters
    ----------
    obj : object
        Nested dicts, lists and scalars.
    path : path-like
        The file to write.
    indent : int or None, default 2
        Spaces per level; None for one line.

    Raises
    ------
    TypeError
        If `obj` holds something that JSON cannot express.
    """
    text = json.dumps(obj, indent=indent, ensure_ascii=False, default=_plain) + "\n"
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_json(path: str | os.PathLike[str]) -> Any:
    """Read a JSON file.

    Parameters
    ----------
    path : path-like
        The file to read.

    Returns
    -------
    object
        What the file holds.

    Raises
    ------
    CorruptFileError
        If the content is not JSON.
    """
    return _decode(Path(path), lambda content: json.loads(content.decode("utf-8")))


def write_frame(frame: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write a data frame as Parquet; the index is not kept.

    Parameters
    ----------
    frame : pandas.DataFrame
        Its column names are strings.
    path : path-like
        The file to write.
    """
    with atomic_path(path) as temporary:
        frame.to_parquet(temporary, engine="pyarrow", index=False)


def read_frame(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a Parquet file.

    Parameters
    ----------
    path : path-like
        The file to read.

    Returns
    -------
    pandas.DataFrame
        What the file holds.

    Raises
    ------
    CorruptFileError
        If the content is not Parquet.
    """
    import pyarrow  # noqa: F401  (where it is missing, say so rather than call the file damaged)

    return _decode(Path(path), lambda content: pd.read_parquet(io.BytesIO(content), engine="pyarrow"))


def write_arrays(arrays: Mapping[str, np.ndarray], path: str | os.PathLike[str]) -> None:
    """Write named arrays as a compressed npz file; the same arrays give the same bytes.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        Of any dtype but object, which would need pickle.
    path : path-like
        The file to write, with the suffix ``.npz``.

    Raises
    ------
    ValueError
        If an array is of dtype object, or `path` has another suffix.
    """
    if Path(path).suffix != ".npz":
        raise ValueError(f"arrays are written to a .npz file, not to {path}")
    for name, array in arrays.items():
        if array.dtype.hasobject:
            raise ValueError(f"array {name!r} is of dtype object, which cannot be written without pickle")
    with atomic_path(path) as temporary:
        np.savez_compressed(temporary, allow_pickle=False, **arrays)


def read_arrays(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """Read the arrays of an npz file.

    Parameters
    ----------
    path : path-like
        The file to read.

    Returns
    -------
    dict of str to ndarray
        Every array in the file.

    Raises
    ------
    CorruptFileError
        If the content is not an npz file, or holds pickled objects, which are never loaded.
    """

    def load(content: bytes) -> dict[str, np.ndarray]:
        archive = np.load(io.BytesIO(content), allow_pickle=False)
        if not isinstance(archive, np.lib.npyio.NpzFile):
            raise ValueError("a single array, not an npz archive")
        with archive:
            return dict(archive)

    return _decode(Path(path), load)
