"""What the runs in MLflow have to show, read from the result files of a study."""

from __future__ import annotations

import hashlib
import json
import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from autosmote.analysis.coverage import ranks_and_coverage
from autosmote.analysis.methods import main_comparison
from autosmote.analysis.scores import KEY, OVERALL, SCORED, VIEWS, collect, validate, view
from autosmote.study import layout
from autosmote.tracking.resources import read_benchmark
from autosmote.utils.storage import CorruptFileError, read_frame, read_json

#: Points kept of a search curve: ten of them, the columns of a history, still fit one MLflow batch of 1000.
CURVE_POINTS = 100
#: What identifies a result within its data set; also the tags to filter and group by.
IDENTITY = ("dataset", "imbalance_ratio", "sampler", "category", "classifier", "metric", "seed")
#: What a search reports beyond the columns of the score table.
SEARCH_METRICS = (
    *("best_iteration", "n_synthetic", "wall_seconds"),
    *("job_seconds", "job_cpu_seconds", "job_memory_mb"),
)
SEARCH_PARAMS = ("device", "actors")
#: The scores of a result, and what their means are called on the parent.
SCORES = {"test_score": "mean_test", "large_test_score": "mean_large_test"}
#: Status of a row to status of an MLflow run; any other row is FINISHED.
RUN_STATUS = {"failed": "FAILED", "timeout": "KILLED", "memory": "KILLED"}
ARTIFACT_FOLDERS = (layout.TABLES, layout.FIGURES)
#: Kinds of runs that show a result, and of the parent above them.
KINDS = {"result": "sampler", "hyperparameter_result": "hyperparameter", "case_study_result": "case_study"}
#: MLflow refuses longer tags and descriptions (8000) and parameters (6000).
MAX_TEXT = 6000


@dataclass(frozen=True)
class Record:
    """What one run in MLflow has to show.

    Parameters
    ----------
    key : str
        Which result it is; its tag ``job_key``.
    name, status : str
        Those of the run.
    tags, params : dict of str to str
        Its tags and parameters.
    metrics : list of (str, float, int)
        Name, value and step.
    seconds : float, default 0
        The duration that MLflow shows.
    ended : float, optional
        Its end, in seconds since the epoch, by default the moment of writing; no part of the content.
    dataset : dict, optional
        The facts of the data set that it is logged with as its input.
    """

    key: str
    name: str
    status: str
    tags: dict[str, str]
    params: dict[str, str]
    metrics: list[tuple[str, float, int]]
    seconds: float = 0.0
    ended: float | None = None
    dataset: dict[str, Any] | None = None

    @cached_property
    def content_hash(self) -> str:
        """Digest of all that the run shows."""
        content = {
            name: value for name, value in asdict(self).items() if name != "ended" and value is not None
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def read_results(results: Path, scores: Path) -> tuple[pd.DataFrame, list[str]]:
    """Read the score table and the files of single jobs.

    Parameters
    ----------
    results : Path
        The study's folder of results.
    scores : Path
        The score table, which need not be there.

    Returns
    -------
    rows : DataFrame
        One row per result. Beside those of the score table, the columns are ``ended`` (seconds since the
        epoch), ``search`` (path of a search's ``result.json``, or ""), ``kind`` (a key of `KINDS`) and
        ``changed`` (name of the setting that the hyperparameter study changed, or "").
    problems : list of str
        One message per file that could not be read.
    """
    problems: list[str] = []

    def read(path: Path, load: Callable[[Path], pd.DataFrame] = lambda path: collect([path])) -> pd.DataFrame:
        try:
            rows, ended = load(path), path.stat().st_mtime
        except (CorruptFileError, ValueError, OSError) as error:
            _note(error, path, problems)
            rows, ended = collect([]), 0.0
        search = str(path) if path.name == layout.RESULT else ""
        return rows.assign(ended=ended, search=search, kind="result", changed="")

    table = read(scores) if scores.exists() else collect([])
    # Without a readable table every job file counts. With one, the table says what belongs to the study,
    # and only jobs that ended after it was written say something new.
    collected = scores.stat().st_mtime if len(table) else -math.inf
    frames = [table.assign(belongs=True)] if len(table) else []
    for path in _files(results / layout.BASELINES, "**/*.parquet"):
        if path.stat().st_mtime >= collected:
            frames.append(read(path).assign(belongs=True))
    for path in _files(results / layout.SEARCHES, f"**/{layout.RESULT}"):
        # The table lacks what only a search's own files hold.
        frames.append(read(path).assign(belongs=path.stat().st_mtime >= collected))
    if frames:
        rows = pd.concat(frames)
        known = rows.groupby(list(KEY))["belongs"].transform("any")
        frames = [rows[known].drop_duplicates(list(KEY), keep="last")]
    for path in _files(results / layout.HYPERPARAMETERS, f"**/{layout.RESULT}"):
        changed = layout.changed_setting(path)
        frames.append(read(path).assign(kind="hyperparameter_result", changed=changed))
    for path in _files(results, layout.CASE_STUDY_FACTS):
        frames.append(read(path, _read_case_study).assign(kind="case_study_result"))
    return pd.concat(frames) if frames else table, problems


def _read_case_study(path: Path) -> pd.DataFrame:
    return validate(pd.DataFrame(read_json(path).get("methods", [])))


def _note(error: Exception, path: Path, problems: list[str]) -> None:
    problems.append(str(error) if str(path.parent) in str(error) else f"{path}: {error}")


def _files(folder: Path, pattern: str) -> list[Path]:
    """Return the files below a folder, without the hidden ones that are still being written."""
    return sorted(path for path in folder.glob(pattern) if not path.name.startswith("."))


def make_records(rows: pd.DataFrame, problems: list[str]) -> list[Record]:
    """Return the records of results, sorted by key.

    Parameters
    ----------
    rows : DataFrame
        Rows that `read_results` returned.
    problems : list of str
        Where a search's history cannot be read, a message is added; the record then lacks its curves.

    Returns
    -------
    list of Record
    """
    records = []
    for row in rows.to_dict("records"):
        extras: Mapping[str, Any] = {}
        curves: list[tuple[str, float, int]] = []
        if row["search"]:
            path = Path(row["search"])
            history = path.with_name(layout.HISTORY)
            try:
                took = read_benchmark(layout.search_benchmark(path))
                extras = read_json(path) | {f"job_{name}": value for name, value in took.items()}
                curves = _curves(read_frame(history), history) if history.exists() else []
            except (CorruptFileError, ValueError, OSError) as error:
                _note(error, path, problems)
        records.append(_record(cast("Mapping[str, Any]", row), extras, curves, row["ended"]))
    return sorted(records, key=lambda record: record.key)


def _curves(history: pd.DataFrame, path: Path) -> list[tuple[str, float, int]]:
    """Return at most `CURVE_POINTS` evenly spread rows of a history, the first and the last among them."""
    if "iteration" not in history or history.empty:
        raise ValueError(f"{path} holds no iterations; delete its folder and run again")
    count = min(CURVE_POINTS, len(history))
    thinned = history.iloc[np.linspace(0, len(history) - 1, count).round().astype(int)]
    steps = thinned["iteration"].tolist()
    return [
        (f"search/{column}", float(value), int(step))
        for column in thinned.select_dtypes("number").columns.drop(
            ["iteration", "round", "random_state"], errors="ignore"
        )
        for step, value in zip(steps, thinned[column].tolist(), strict=True)
        if math.isfinite(value)
    ]


def _record(
    row: Mapping[str, Any],
    extras: Mapping[str, Any],
    curves: Sequence[tuple[str, float, int]],
    ended: float,
) -> Record:
    """Return the record of a row of the score table, with what else a search wrote."""
    # An error's text may hold a path; whose home folder it was is nobody's business.
    message = str(row["message"]).replace(f"{Path.home()}/", "~/")[:MAX_TEXT]
    tags = {name: str(row[name]) for name in (*IDENTITY, "kind", "status")}
    if row["changed"]:
        tags["changed"] = row["changed"]
    tags |= {"scored": str(row["status"] in SCORED).lower(), "curves": str(bool(curves)).lower()}
    if message:
        tags |= {"message": message, "mlflow.note.content": message}
    params = {name: extras[name] for name in SEARCH_PARAMS if name in extras}
    params |= json.loads(row["settings"] or "{}")
    if not _missing(row["ratio"]):
        params["ratio"] = row["ratio"]
    numbers = {
        name: row[name]
        for name in (
            *("validation_score", "test_score", *VIEWS.values()),
            *("seconds", "n_majority", "n_minority"),
        )
    }
    numbers |= {name: extras[name] for name in SEARCH_METRICS if name in extras}
    sampler, ratio = row["sampler"], f"ir{row['imbalance_ratio']}"
    rest = [row["classifier"], row["metric"], f"seed{row['seed']}"]
    key, name = [row["dataset"], ratio, sampler, *rest], [sampler, ratio, *rest]
    if row["kind"] != "result":
        key[0], name = parent_key(tags), [_parent_name(tags), *name]
    return Record(
        key="/".join(key),
        name=" · ".join(name),
        status=RUN_STATUS.get(row["status"], "FINISHED"),
        tags=tags,
        params={name: str(value)[:MAX_TEXT] for name, value in params.items()},
        metrics=[(name, float(value), 0) for name, value in numbers.items() if not _missing(value)]
        + list(curves),
        seconds=0.0 if _missing(row["seconds"]) else float(row["seconds"]),
        ended=ended,
    )


def _missing(value: Any) -> bool:
    """Tell whether a cell holds no number to show: None, NA, NaN or infinite."""
    return pd.isna(value) or math.isinf(value)


def _parent_name(tags: Mapping[str, str]) -> str:
    """Return the name of the parent of a result with these tags."""
    if tags["kind"] == "case_study_result":
        return "case study"
    return tags["changed"] if tags["kind"] == "hyperparameter_result" else tags["sampler"]


def parent_key(tags: Mapping[str, str]) -> str:
    """Return the key of the parent of a result.

    Parameters
    ----------
    tags : mapping of str to str
        The tags of the result.

    Returns
    -------
    str
    """
    folder = "hyperparameters/" if tags["kind"] == "hyperparameter_result" else ""
    return f"{tags['dataset']}/{folder}{_parent_name(tags)}"


def ranks_of_samplers(rows: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Rank the samplers of Table 2 on a data set, on the test set and on the large test set.

    Parameters
    ----------
    rows : DataFrame
        Rows that `read_results` returned, of one data set.

    Returns
    -------
    dict of str to dict of str to float
        By sampler, its average rank over the configurations by ``rank_<metric>`` and, where the scores are
        there, ``rank_large_test_<metric>``. Variants, ablations and extensions are ranked elsewhere, among
        others, and would not compare with these.
    """
    scores = main_comparison(rows[rows["kind"] == "result"]).reset_index(drop=True)
    large = view(scores, "large_test")
    ranks: dict[str, dict[str, float]] = defaultdict(dict)
    for name, part in {"rank": scores, "rank_large_test": large[large["test_score"].notna()]}.items():
        if part.empty:
            continue
        found = ranks_and_coverage(part)
        for row in found[found["dataset"] == OVERALL].to_dict("records"):
            ranks[row["sampler"]][f"{name}_{row['metric']}"] = row["average_rank"]
    return ranks


def parent_record(
    children: Sequence[Record],
    ranks: Mapping[str, Mapping[str, float]],
    dataset: dict[str, Any] | None = None,
) -> Record:
    """Return the record above results.

    Parameters
    ----------
    children : sequence of Record
        Results with the same `parent_key`.
    ranks : mapping of str to mapping of str to float
        What `ranks_of_samplers` returns.
    dataset : dict, optional
        The facts of their data set.

    Returns
    -------
    Record
        Their number and, if they are of one sampler, their mean test scores per metric; if they are results
        of the study, also its ranks.
    """
    tags = children[0].tags
    shared = {
        name: tags[name]
        for name in ("dataset", "sampler", "category", "changed")
        if {child.tags.get(name) for child in children} == {tags.get(name)} and name in tags
    }
    scores: dict[tuple[str, str], list[float]] = defaultdict(list)
    for child in children:
        for name, value, _ in child.metrics:
            if name in SCORES:
                scores[name, child.tags["metric"]].append(value)
    means = [
        (f"{SCORES[name]}_{metric}", float(np.mean(values)), 0)
        for (name, metric), values in sorted(scores.items())
    ]
    if tags["kind"] == "result":
        means += [(name, rank, 0) for name, rank in sorted(ranks.get(tags["sampler"], {}).items())]
    scored = sum(len(values) for (name, _), values in scores.items() if name == "test_score")
    return Record(
        key=parent_key(tags),
        name=_parent_name(tags),
        status="FINISHED",
        tags=shared | {"kind": KINDS[tags["kind"]]},
        params={},
        metrics=[
            *(means if "sampler" in shared else []),
            ("results", float(len(children)), 0),
            ("results_without_score", float(len(children) - scored), 0),
            ("seconds", sum(child.seconds for child in children), 0),
        ],
        dataset=dataset,
    )


def artifact_files(results: Path) -> dict[Path, str]:
    """Find the finished tables and figures.

    Parameters
    ----------
    results : Path
        The study's folder of results.

    Returns
    -------
    dict of Path to str
        Their paths, and the folder of each in the summary.
    """
    return {path: folder for folder in ARTIFACT_FOLDERS for path in _files(results / folder, "*.*")}
