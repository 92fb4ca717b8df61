"""The study on a real Slurm, through the profile that ships: jobs, the one GPU, and failures."""

import itertools
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from harness import ROOT, snakemake
from slurm import INSTALL, OneNodeSlurm, SlurmJob, missing_commands

pytestmark = [pytest.mark.slurm, pytest.mark.timeout(1800)]

RESULTS = Path("results", "smoke")
# What this cluster has and needs: no accounting database, one node at once free, files that show at once.
HERE = (
    *("--workflow-profile", str(ROOT / "profiles" / "slurm"), "--slurm-status-command", "squeue"),
    *("--slurm-init-seconds-before-status-checks", "5", "--latency-wait", "10"),
)
# On top of the smoke study
CONFIG = {
    "limits": {"memory_mb": 1000},
    "resources": {
        "split": {"mem_mb": 700, "runtime": 5},
        "baseline": {"mem_mb": 800, "runtime": 5},
        "search": {"mem_mb": 500, "mem_mb_per_actor": 400, "runtime": 6, "gpu": 1},
        "analysis": {"mem_mb": 800, "runtime": 5},
    },
}


@pytest.fixture(scope="module")
def cluster(request: pytest.FixtureRequest) -> Iterator[OneNodeSlurm]:
    if missing := missing_commands():
        reason = f"needs Slurm ({', '.join(missing)} not found): {INSTALL}"
        # Where these tests are what was asked for, nothing tested is no success.
        if request.config.option.markexpr == "slurm":
            pytest.fail(reason)
        pytest.skip(reason)
    # Not pytest's folder, whose name may be too long for a socket.
    folder = Path(tempfile.mkdtemp(prefix="slurm-"))
    slurm = OneNodeSlurm(folder)
    try:
        slurm.start()
        yield slurm
    finally:
        slurm.close()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def finished(cluster: OneNodeSlurm, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[SlurmJob]]:
    """The folder of a study that has run on the cluster, and its jobs."""
    folder = tmp_path_factory.mktemp("cluster")
    before = len(cluster.jobs())
    run = snakemake(folder, *HERE, config=CONFIG, timeout=1200, **cluster.environment)
    assert run.code == 0, run.output
    jobs = cluster.jobs()[before:]
    for job in jobs:
        print(job)
    return folder, jobs


def test_jobs_ask_for_what_the_configuration_says(
    finished: tuple[Path, list[SlurmJob]], tmp_path: Path
) -> None:
    _, jobs = finished
    plan = snakemake(tmp_path, "-n", config=CONFIG).jobs
    where_snakemake_runs = {"all", "fetch", "tracking"}
    assert plan.keys() >= where_snakemake_runs
    assert Counter(job.rule for job in jobs) == {
        rule: count for rule, count in plan.items() if rule not in where_snakemake_runs
    }
    assert {job.state for job in jobs} == {"COMPLETED"}
    asked = {job.rule: (job.cpus, job.gpu, job.memory, job.minutes) for job in jobs}
    assert asked["split"] == (1, False, "700M", 5)
    assert asked["baseline"] == (1, False, "1800M", 5)  # with one worker
    assert asked["search"] == (1, True, "900M", 6)  # with one actor
    assert asked["table2"] == (1, False, "800M", 5)


def test_searches_hold_the_gpu_one_after_the_other(finished: tuple[Path, list[SlurmJob]]) -> None:
    _, jobs = finished
    searches = [job for job in jobs if job.gpu]
    assert Counter(job.rule for job in searches) == {"search": 2, "hyperparameter_search": 2}
    for earlier, later in itertools.pairwise(searches):
        assert earlier.end <= later.start
    # ... while jobs without a GPU ran side by side.
    baselines = [job for job in jobs if job.rule == "baseline"]
    assert any(earlier.end > later.start for earlier, later in itertools.pairwise(baselines))


def test_results_equal_those_of_a_local_run(finished: tuple[Path, list[SlurmJob]], tmp_path: Path) -> None:
    folder, _ = finished
    run = snakemake(tmp_path, config=CONFIG | {"resources": {"search": {"gpu": 1}}}, timeout=1200)
    assert run.code == 0, run.output
    here, there = (pd.read_parquet(each / RESULTS / "scores.parquet") for each in (tmp_path, folder))
    assert len(here) == 4 + 2  # methods and searches
    pd.testing.assert_frame_equal(here.drop(columns="seconds"), there.drop(columns="seconds"))
    for pattern in ("**/*.npz", "**/history.parquet", "tables/table*.*"):
        files = sorted(path.relative_to(tmp_path) for path in (tmp_path / RESULTS).glob(pattern))
        assert files
        for file in files:
            assert (folder / file).read_bytes() == (tmp_path / file).read_bytes(), file
    synced = [
        json.loads((each / RESULTS / "tracking" / "synced.json").read_text()) for each in (tmp_path, folder)
    ]
    assert synced[0]["created"] == synced[1]["created"] > len(here)


def test_failure_and_time_limit_stop_their_jobs_only(cluster: OneNodeSlurm, tmp_path: Path) -> None:
    # 20 // 10 = 2 minority rows cannot fill three parts: this split fails, at every attempt.
    pd.DataFrame({"x": np.arange(28), "y": ["a"] * 20 + ["b"] * 8}).to_csv(
        tmp_path / "small.csv", index=False
    )
    config = {
        "study": {"datasets": ["breast_cancer", "small"], "variants": []},
        # One search, which is to exceed its time.
        "ablation": {"strategies": []},
        "hyperparameters": {"seeds": []},
        "case_study": {"dataset": None},
        "datasets": {"small": {"source": "csv", "path": "small.csv", "target": "y"}},
        # Far more than a minute's work.
        "search": {"iterations": 10_000_000},
        "resources": CONFIG["resources"] | {"search": {"mem_mb": 500, "mem_mb_per_actor": 100, "runtime": 1}},
    }
    before = len(cluster.jobs())
    run = snakemake(tmp_path, *HERE, "--retries", "1", config=config, timeout=1200, **cluster.environment)
    print(run.output)
    jobs = cluster.jobs()[before:]
    for job in jobs:
        print(job)
    assert run.code != 0

    states = Counter((job.rule, job.state) for job in jobs)
    assert states["search", "TIMEOUT"] == 2
    assert states["split", "FAILED"] == 2
    assert states["split", "COMPLETED"] == 1
    assert states["baseline", "COMPLETED"] == 3
    # The second attempt asked for more, and went on from the checkpoint of the first.
    searches = [job for job in jobs if job.rule == "search"]
    assert [job.memory for job in searches] == ["600M", "1200M"]
    search = Path("autosmote/breast_cancer/ir10/tree/macro_f1/seed0")
    assert [path.name for path in (tmp_path / RESULTS / "searches" / search).iterdir()] == ["checkpoint.pt"]
    log = tmp_path / RESULTS / "logs" / "search" / f"{search}.log"
    assert "going on after iteration" in log.read_text()
    assert "SLURM status is: 'TIMEOUT'" in run.output
    assert "data set 'small': at imbalance ratio 10" in run.output
    # What was finished is recorded all the same.
    assert len(
        pd.read_parquet(tmp_path / RESULTS / "baselines/over-sampling/breast_cancer/ir10/seed0.parquet")
    )
    assert "3 runs created" in run.output
