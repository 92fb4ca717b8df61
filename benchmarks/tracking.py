"""Measure where the time of a synchronisation with MLflow goes: the calls per run, and whole studies.

    python benchmarks/tracking.py --results 2000 10000

The calls are MLflow's own, one after the other on an SQLite file, each as often as it takes to be sure of its
mean. A study here has random scores of comparison methods, and a search with its curves in every 50 results.
Seconds are those of the CPU: on a busy machine the clock says little.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, Metric, Param
from scale import ITERATIONS, row

from autosmote.tracking.store import prepare_mlflow
from autosmote.tracking.sync import sync
from autosmote.utils.storage import write_frame, write_json

REPEATS = 40
SEARCH_EVERY = 50
CURVES = 10


def calls(folder: Path) -> None:
    """Print what each call costs for a run with 17 tags, 2 parameters and 6 metrics."""
    client = MlflowClient(f"sqlite:///{folder}/calls.db")
    experiment = client.create_experiment("calls", artifact_location=str(folder))
    tags = {f"tag{number}": "value" for number in range(17)}
    numbers = [Metric(f"metric{number}", 0.5, 0, 0) for number in range(6)]
    params = [Param(f"param{number}", "5") for number in range(2)]
    points = [Metric(f"curve{number // 100}", 0.5, 0, number % 100) for number in range(1000)]
    dataset = DatasetInput(Dataset("data", "digest", "local", "{}"))
    runs: list[str] = []

    def create() -> None:
        runs.append(client.create_run(experiment, 0, tags, "run").info.run_id)

    steps: dict[str, Callable[[str], object]] = {
        "log_batch, 6 metrics and 2 parameters": lambda run: client.log_batch(run, numbers, params),
        "log_batch, the 1000 points of ten curves": lambda run: client.log_batch(run, metrics=points),
        "log_inputs, 1 data set": lambda run: client.log_inputs(run, [dataset]),
        "set_terminated": lambda run: client.set_terminated(run, end_time=1),
    }
    create()  # the first one compiles its statements
    start = time.process_time()
    for _ in range(REPEATS):
        create()
    print(f"create_run, 17 tags{'':23} {1000 * (time.process_time() - start) / REPEATS:8.2f} ms")
    for name, step in steps.items():
        step(runs[0])
        start = time.process_time()
        for run in runs[1:]:
            step(run)
        print(f"{name:42} {1000 * (time.process_time() - start) / REPEATS:8.2f} ms")


def make(results: Path, count: int) -> None:
    """Write a study with about so many results, on six data sets."""
    rng = np.random.default_rng(0)
    rows = []
    for number in range(count):
        search = number % SEARCH_EVERY == 0
        names = {"sampler": "AutoSMOTE", "category": "Auto-sampling"} if search else {}
        names = names or {"sampler": f"Method{number % 29:02}", "category": "Over-sampling"}
        cell = {"dataset": f"data{number % 6}", "imbalance_ratio": 20, "classifier": "svm", "metric": "mcc"}
        rows.append(row(rng, **names, **cell, seed=number))
        if search:
            folder = results / f"searches/autosmote/{cell['dataset']}/ir20/svm/mcc/seed{number}"
            history = pd.DataFrame(rng.random((ITERATIONS, CURVES)), columns=[f"c{i}" for i in range(CURVES)])
            history.insert(0, "iteration", range(1, ITERATIONS + 1))
            write_frame(history, folder / "history.parquet")
            write_json(rows[-1] | {"wall_seconds": 7.0}, folder / "result.json")
    frame = pd.DataFrame(rows).astype({"n_majority": "Int64", "n_minority": "Int64"})
    write_frame(frame, results / "scores.parquet")


def main() -> None:
    """Print the cost of the calls, then that of studies."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--results", type=int, nargs="*", default=[2000], help="sizes of studies (default: 2000)"
    )
    options = parser.parse_args()
    prepare_mlflow()
    with tempfile.TemporaryDirectory() as folder:
        calls(Path(folder))
        for count in options.results:
            results = Path(folder, str(count))
            make(results, count)
            for what in ("first", "again"):
                start, clock = time.process_time(), time.perf_counter()
                sync(results, study="benchmark")
                cpu, wall = time.process_time() - start, time.perf_counter() - clock
                each = 1000 * cpu / count
                print(f"{count} results, {what}: {cpu:.1f} CPU s, {wall:.1f} s, {each:.2f} ms each")


if __name__ == "__main__":
    main()
