"""Where the files of a study lie, below its folder of results.

Rules, scripts and records take their paths from here. A pattern has the names of a job in braces.
"""

from __future__ import annotations

from pathlib import Path, PurePath

TASK_ID = "{dataset}/ir{imbalance_ratio}/seed{seed}"
CELL_ID = "{dataset}/ir{imbalance_ratio}/{classifier}/{metric}/seed{seed}"
BASELINE_ID = f"{{bundle}}/{TASK_ID}"
SEARCH_ID = f"{{strategy}}/{CELL_ID}"
GRID_ID = f"{{changed}}/{CELL_ID}"
# Of several searches of a task in one job, by a name for their classifiers and metrics.
BATCH_ID = "{dataset}/ir{imbalance_ratio}/{batch}/seed{seed}"

LOGS, BENCHMARKS = "logs", "benchmarks"
TABLES, FIGURES = "tables", "figures"

DATA = "data/{dataset}.parquet"
DATA_FACTS = "data/{dataset}.json"
TASK = f"tasks/{TASK_ID}.npz"

BASELINES = "baselines"
BASELINE = f"{BASELINES}/{BASELINE_ID}.parquet"

SEARCHES = "searches"
HYPERPARAMETERS = "hyperparameters"
RESULT, HISTORY = "result.json", "history.parquet"
SELECTIONS, SAMPLES = "selections.parquet", "samples.npz"
CHECKPOINT = "checkpoint.pt"
"""In the folder of a search, until its result is there."""
FINISHED = "finished.zip"
"""The results of a search, in its folder, until the batch that it belongs to is done."""
SEARCH = f"{SEARCHES}/{SEARCH_ID}"
GRID_SEARCH = f"{HYPERPARAMETERS}/{GRID_ID}"

SCORES = "scores.parquet"
LEARNING_CURVES = "learning_curves/{dataset}.parquet"
GRID_SCORES = "hyperparameters.parquet"
CASE_STUDY_ROWS, CASE_STUDY_FACTS = "case_study.npz", "case_study.json"

ARCHIVE = "archive/{study}.zip"

TRACKING_LOCK, TRACKED = "tracking/sync.lock", "tracking/synced.json"
DATABASE, ARTIFACTS = "mlflow.db", "mlartifacts"


def search_benchmark(result: Path) -> Path:
    """Return where Snakemake writes what the job of a search took.

    Parameters
    ----------
    result : Path
        A file of `SEARCH` or `GRID_SEARCH`, in the folder of results.

    Returns
    -------
    Path
        A file below `BENCHMARKS`, in the folder of the rule.
    """
    folder = result.parent
    of_searches = folder.parents[SEARCH_ID.count("/")]
    rule = {SEARCHES: "search", HYPERPARAMETERS: "hyperparameter_search"}[of_searches.name]
    return of_searches.parent / BENCHMARKS / rule / f"{folder.relative_to(of_searches)}.tsv"


def changed_setting(result: PurePath) -> str:
    """Return which search of the hyperparameter study a file is of.

    Parameters
    ----------
    result : PurePath
        A file of `GRID_SEARCH`.

    Returns
    -------
    str
        A name of `autosmote.study.hyperparameters.Grids.searches`.
    """
    return result.parents[GRID_ID.count("/")].name
