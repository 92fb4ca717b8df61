"""Measure what a large study costs besides its jobs: plan, score table, tables and figures, MLflow.

    python benchmarks/scale.py --files 10000

The results are made up: scores are random numbers, and every file has the form of a real one, a comparison
method with four classifiers and two metrics on one task, or a search with its history of 1000 iterations.
Each step runs in a process of its own, so that its memory is known: the most that was resident at a time.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from autosmote.utils.storage import read_frame, write_frame, write_json

ROOT = Path(__file__).resolve().parents[1]
RATIOS, SEEDS, ITERATIONS = (20, 50, 100), range(5), 1000
CLASSIFIERS, METRICS = ("svm", "knn", "tree", "adaboost"), ("macro_f1", "mcc")
#: Searches among the files, about as many as in the paper's study with its ablations.
SEARCH_SHARE = 0.2


def row(rng: np.random.Generator, **values: object) -> dict[str, object]:
    """A row of the score table with random scores."""
    return {
        "ratio": 0.5,
        "validation_score": rng.random(),
        "test_score": rng.random(),
        "status": "ok",
        "message": "",
        "settings": json.dumps({"k_neighbors": 5}),
        "n_majority": 3000,
        "n_minority": 1500,
        "seconds": 1.5,
        **values,
    }


def make(results: Path, files: int, datasets: int) -> None:
    """Write the files of a study, the same methods and searches on every task."""
    from autosmote.search.engine import Iteration

    rng = np.random.default_rng(0)
    tasks = [(f"data{d}", ratio, seed) for d in range(datasets) for ratio in RATIOS for seed in SEEDS]
    pairs = [(classifier, metric) for classifier in CLASSIFIERS for metric in METRICS]
    strategies = max(1, round(files * SEARCH_SHARE / len(tasks) / len(pairs)))
    methods = max(1, round(files / len(tasks)) - strategies * len(pairs))
    columns = [name for name in Iteration.__dataclass_fields__ if name not in ("iteration", "round")]
    for dataset, ratio, seed in tasks:
        task = {"dataset": dataset, "imbalance_ratio": ratio, "seed": seed}
        place = Path(dataset, f"ir{ratio}")
        for number in range(methods):
            name = f"Method{number:03}"
            names = {"sampler": name, "category": "Over-sampling"}
            rows = [row(rng, **task, **names, classifier=c, metric=m) for c, m in pairs]
            frame = pd.DataFrame(rows).astype({"n_majority": "Int64", "n_minority": "Int64"})
            write_frame(frame, results / "baselines" / name / place / f"seed{seed}.parquet")
        for number in range(strategies):
            name = f"AutoSMOTE{number or ''}"
            names = {"sampler": name, "category": "Ablation" if number else "Auto-sampling"}
            for c, m in pairs:
                folder = results / "searches" / name / place / c / m / f"seed{seed}"
                history = pd.DataFrame(rng.random((ITERATIONS, len(columns))), columns=columns)
                history.insert(0, "iteration", range(1, ITERATIONS + 1))
                history.insert(1, "round", (history["iteration"] - 1) // 20)
                write_frame(history, folder / "history.parquet")
                selections = {"iteration": [1], "validation_score": [0.5], "test_score": [0.5]}
                selections["large_test_score"] = [0.5]
                write_frame(pd.DataFrame(selections), folder / "selections.parquet")
                extra = {"wall_seconds": 7.0, "best_iteration": 9, "n_synthetic": 80}
                extra |= {"device": "cpu", "actors": 40}
                write_json(row(rng, **task, **names, classifier=c, metric=m) | extra, folder / "result.json")


def aggregate(results: Path) -> None:
    """Collect the score table."""
    from autosmote.analysis.scores import collect

    files = [*results.glob("baselines/**/*.parquet"), *results.glob("searches/**/result.json")]
    write_frame(collect(sorted(files)), results / "scores.parquet")


def analyse(results: Path) -> None:
    """Make every table and figure that the score table gives."""
    from autosmote.report.catalogue import available

    scores = read_frame(results / "scores.parquet")
    for product in available({"scores": set(scores["category"])}):
        product.write({"scores": scores}, results)


def curves(results: Path) -> None:
    """Collect the learning curves of the searches, and make what is made of them."""
    from autosmote.analysis import learning_curves
    from autosmote.report.catalogue import available

    folder = results / "learning_curves"
    # A data set at a time, as the workflow does.
    for dataset in sorted({path.parts[-6] for path in results.glob("searches/**/result.json")}):
        found = sorted(results.glob(f"searches/*/{dataset}/**/result.json"))
        write_frame(learning_curves.collect(found), folder / f"{dataset}.parquet")
    sources = {
        "scores": read_frame(results / "scores.parquet"),
        "learning_curves": learning_curves.load(sorted(folder.glob("*.parquet"))),
    }
    for product in available({name: set(table["category"]) for name, table in sources.items()}):
        if "learning_curves" in product.reads:
            product.write(sources, results)


def synchronise(results: Path) -> None:
    """Bring MLflow up to date."""
    from autosmote.tracking.sync import sync

    print(sync(results, study="scale"))


STEPS = {"collect": aggregate, "tables and figures": analyse, "curves": curves, "MLflow": synchronise}


def measured(command: list[object], **options: object) -> str:
    """CPU seconds, seconds on the clock and megabytes of a process, as a line of a table."""
    start = time.perf_counter()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, **options)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} ended with status {process.returncode}")
    megabytes = usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    cpu, wall = usage.ru_utime + usage.ru_stime, time.perf_counter() - start
    return f"{cpu:7.1f} {wall:9.1f} {megabytes:6.0f}"


def main() -> None:
    """Measure every step and print a line about each."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--files", type=int, default=10_000, help="result files (default: 10000)")
    parser.add_argument("--datasets", type=int, default=6, help="data sets they belong to (default: 6)")
    parser.add_argument("--step", help=argparse.SUPPRESS)
    parser.add_argument("--results", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step == "make":
        make(options.results, options.files, options.datasets)
        return
    if options.step:
        STEPS[options.step](options.results)
        return

    with tempfile.TemporaryDirectory() as folder:
        print(f"{'':24}{'CPU s':>8}{'wall s':>10}{'MB':>7}")
        plan = [sys.executable, "-m", "snakemake", "--dry-run", "--quiet", "--directory", folder]
        print(f"{'plan of the paper':24} {measured(plan, cwd=ROOT, stderr=subprocess.DEVNULL)}", flush=True)
        results = Path(folder, "results")
        size = ["--files", options.files, "--datasets", options.datasets, "--results", results]
        # This process stays small: a process that it starts counts its memory as its own.
        subprocess.run([sys.executable, __file__, "--step", "make", *map(str, size)], check=True)
        for name in [*STEPS, "MLflow"]:
            step = [sys.executable, __file__, "--step", name, "--results", results]
            label = f"{name}, again" if name == "MLflow" and (results / "mlflow.db").exists() else name
            print(f"{label:24} {measured(step)}", flush=True)
        rows = len(read_frame(results / "scores.parquet"))
        searches = len(list(results.glob("searches/**/result.json")))
        baselines = len(list(results.glob("baselines/**/*.parquet")))
        print(f"{baselines + searches} files, {searches} of them searches; {rows} results")


if __name__ == "__main__":
    main()
