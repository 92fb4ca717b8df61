"""What would run: the targets, and the size of the studies."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from harness import ROOT, snakemake

from autosmote.report.catalogue import PRODUCTS

# What is no table or figure; each of these is a target by its name.
TARGETS = {
    *("all", "data", "tasks", "searches", "baselines", "scores", "tracking"),
    *("hyperparameter_searches", "hyperparameter_scores", "case_study"),
    *("learning_curves", "tables", "figures", "archive"),
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
    assert set(rules) == TARGETS | set(PRODUCTS)
    assert {"table1", "table2", "table3", "table4", "figure4", "figure5", "figure6", "figure7"} < set(rules)
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


def test_paths_may_begin_at_home(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "mine.csv").write_text("x,y\n" + "1,a\n" * 90 + "2,b\n" * 30)
    config = {
        "results": "~/found/",
        "datasets": {"mine": {"source": "csv", "path": "~/mine.csv", "target": "y"}},
        **dict.fromkeys(("study", "ablation", "hyperparameters"), {"datasets": ["mine"]}),
    }
    home = tmp_path / "home"
    run = snakemake(tmp_path, f"{home}/found/data/mine.parquet", config=config, HOME=str(home))
    assert run.code == 0, run.output
    assert (home / "found" / "data" / "mine.parquet").is_file()
    assert not (tmp_path / "~").exists()


def test_figure5_needs_the_searches_on_the_data_sets_with_ablations_only(tmp_path: Path) -> None:
    jobs = snakemake(tmp_path, "--dry-run", "figure5", base=None).jobs
    # AutoSMOTE and 8 further strategies on one data set; 3 ratios, 5 seeds, 4 classifiers, 2 metrics
    assert jobs["search"] == (1 + 8) * 3 * 5 * 4 * 2
    assert (jobs["collect_learning_curves"], jobs["figure5"]) == (1, 1)


def test_a_figure_is_added_by_an_entry_of_the_list_and_its_module(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "src", tmp_path / "src")
    package = tmp_path / "src" / "autosmote"
    (package / "figures" / "mine.py").write_text("def plot(scores, learning_curves, stem):\n    ...\n")
    with (package / "report" / "catalogue.py").open("a") as file:
        file.write(
            "from autosmote.figures import mine\n"
            'PRODUCTS["mine"] = Product("mine", "Mine", "My figure.", mine.plot, "Figures",\n'
            '    reads=("scores", "learning_curves"))\n'
        )
    there = {"PYTHONPATH": str(tmp_path / "src")}
    plan = snakemake(tmp_path, "--dry-run", "mine", **there).jobs
    assert (plan["mine"], plan["scores"], plan["collect_learning_curves"]) == (1, 1, 1)
    before, after = (snakemake(tmp_path, "--dry-run", **environment).jobs for environment in ({}, there))
    assert after == before | {"mine": 1}


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
