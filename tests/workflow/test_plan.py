"""What would run: the targets, and the size of the studies."""

import subprocess
import sys
from pathlib import Path

import pytest
from harness import ROOT, snakemake

TARGETS = {
    *("all", "data", "tasks", "searches", "baselines", "scores", "tracking"),
    *("tables", "table1", "table2", "table3", "table4", "extensions", "statistics"),
    *("hyperparameter_searches", "hyperparameter_scores", "case_study"),
    *("figures", "figure4", "figure5", "figure6", "figure7", "search_curves", "ranks"),
    *("courses", "diagnostics", "budget"),
    *("critical_difference", "critical_difference_ablations"),
}


def test_targets_are_listed_with_what_they_make() -> None:
    listing = subprocess.run(
        [sys.executable, "-m", "snakemake", "--list-target-rules"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    rules = dict(line.split(" (", 1) for line in listing.splitlines() if line)
    assert set(rules) == TARGETS
    assert all(rules.values())


def test_paper_study_is_planned_in_fewer_than_5000_jobs(tmp_path: Path) -> None:
    jobs = snakemake(tmp_path, "--dry-run", base=None).jobs
    # 6 data sets, 3 imbalance ratios, 5 seeds; 7 + 8 bundles; 4 classifiers, 2 metrics;
    # 8 further strategies on one data set
    assert jobs["split"] == 6 * 3 * 5
    assert jobs["baseline"] == 6 * 3 * 5 * (7 + 8)
    assert jobs["search"] == (6 + 8) * 3 * 5 * 4 * 2
    # Mozilla4 at one ratio, with 13 settings
    assert jobs["hyperparameter_search"] == 13 * 5 * 4 * 2
    assert sum(jobs.values()) < 5000


def test_table1_needs_the_data_only(tmp_path: Path) -> None:
    assert snakemake(tmp_path, "--dry-run", "table1", base=None).jobs == {"fetch": 6, "table1": 1}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "searches"),
    # strategies on data sets, of ablations by themselves; ratios, seeds, classifiers, metrics
    [("quickstart", (2 + 1) * 1 * 2 * 2 * 2), ("lite", (2 * 6 + 1) * 2 * 2 * 4 * 2)],
)
def test_smaller_studies_are_planned(tmp_path: Path, name: str, searches: int) -> None:
    assert snakemake(tmp_path, "--dry-run", base=ROOT / "config" / f"{name}.yaml").jobs["search"] == searches


def test_searches_use_a_gpu_where_one_is_given(tmp_path: Path) -> None:
    for arguments, threads, gpu in (
        ([], 1, 0),
        (["--resources", "gpu=1"], 2, 1),
        (["--resources", "gpu=0"], 1, 0),
    ):
        plan = snakemake(tmp_path, "searches", "--dry-run", *arguments).output
        search = plan.split("rule search:")[1].split("rule ")[0]
        # Snakemake cuts the 40 actors to the cores at hand.
        assert f"threads: {threads}" in search or (threads == 1 and "threads:" not in search)
        assert f"gpu={gpu}" in search
