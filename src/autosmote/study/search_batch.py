"""Several searches of one task in one job, so that starting Python is paid for once.

Each search is a cell with its own files, as if it had a job of its own. Snakemake deletes the results of a
job that ends early, so a finished cell is kept in another file beside them until the batch is done.
"""

from __future__ import annotations

import hashlib
import tempfile
import traceback
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from autosmote.datasets.tasks import Task
from autosmote.evaluation.score_row import Cell
from autosmote.study import layout
from autosmote.study.search_job import run_search, search_key
from autosmote.utils.storage import atomic_path

_KEY = "key"
_FILES = (layout.SAMPLES, layout.SELECTIONS, layout.HISTORY, layout.RESULT)


class BatchError(RuntimeError):
    """Some searches of a batch failed; the others are kept."""


def run_batch(
    task: Task,
    folders: Mapping[tuple[str, str], Path],
    settings: Mapping[str, Any],
    *,
    strategy: str,
    device: str = "cpu",
    log: Callable[[str], None] = print,
    **options: Any,
) -> None:
    """Search for each classifier and metric, one after the other, and write the results.

    Parameters
    ----------
    task : Task
    folders : mapping of (str, str) to Path
        Where the files of each classifier and metric go; see `JobResult.save`.
    settings, strategy, device
        See `autosmote.study.search_job.run_search`.
    log : callable, default print
        Receives lines of progress, which name the classifier and the metric where there are several.
    **options
        Further arguments of `run_search`.

    Raises
    ------
    BatchError
        If a search raised an exception. The others ran all the same; those that finished, in this run or one
        that was ended before, do not run again as long as their data, settings and code are the same.
    """
    failed = []
    for (classifier, metric), folder in folders.items():
        name = f"{classifier}, {metric}"

        def say(line: str, name: str = name) -> None:
            log(line if len(folders) == 1 else f"{name}: {line}")

        key = _key(task, classifier, metric, settings, strategy=strategy, device=device)
        kept = folder / layout.FINISHED
        if _is_kept(kept, key):
            say("finished by a job that was ended; kept")
            continue
        checkpoint = folder / layout.CHECKPOINT
        try:
            outcome = run_search(
                task,
                classifier,
                metric,
                settings,
                strategy=strategy,
                device=device,
                log=say,
                # Not an output, so that it outlives a job that is killed.
                checkpoint=checkpoint,
                **options,
            )
        except Exception as error:
            if len(folders) == 1:
                raise
            log(f"{name}: failed\n{traceback.format_exc()}")
            failed.append(f"{name} ({type(error).__name__}: {error})")
            continue
        with tempfile.TemporaryDirectory() as scratch:
            outcome.save(Path(scratch))
            _keep(Path(scratch), key, kept)
        checkpoint.unlink(missing_ok=True)
    if failed:
        raise BatchError(f"{len(failed)} of {len(folders)} searches failed: {'; '.join(failed)}")
    for folder in folders.values():
        _restore(folder / layout.FINISHED, folder)
    # Only when all is there: until then the job can be ended, and what it wrote deleted.
    for folder in folders.values():
        (folder / layout.FINISHED).unlink()


def _key(
    task: Task, classifier: str, metric: str, settings: Mapping[str, Any], *, strategy: str, device: str
) -> str:
    """Digest of all that a result depends on: what the search does, and the rows that it is tested on."""
    key = search_key(task, Cell.of(task, classifier, metric), settings, strategy=strategy, device=device)
    digest = hashlib.sha256(key.encode())
    for array in (task.X_test, task.y_test, task.X_unused):
        digest.update(repr((array.shape, array.dtype)).encode() + array.tobytes())
    return digest.hexdigest()


def _is_kept(path: Path, key: str) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None and archive.read(_KEY).decode() == key
    except (FileNotFoundError, zipfile.BadZipFile, KeyError):
        return False


def _keep(folder: Path, key: str, path: Path) -> None:
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        archive.writestr(_KEY, key)
        for name in _FILES:
            archive.write(folder / name, name)


def _restore(path: Path, folder: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        for name in _FILES:
            with atomic_path(folder / name) as temporary:
                temporary.write_bytes(archive.read(name))
