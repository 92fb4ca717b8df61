"""Several searches in one job of the workflow."""

from pathlib import Path

from harness import snakemake

CONFIG = {
    "study": {"classifiers": ["tree", "knn"], "metrics": ["macro_f1", "mine"]},
    "metrics": {"mine": "mine.py:metric"},
    "ablation": {"strategies": []},
    "jobs": {"batch": 3},
}
METRIC = """
from sklearn.metrics import accuracy_score
def metric(y_true, y_pred, sample_weight=None):
    if len(y_true) > 2 and {broken}:
        raise RuntimeError("boom")
    return accuracy_score(y_true, y_pred, sample_weight=sample_weight)
"""


def test_paper_study_in_batches_is_half_as_many_jobs(tmp_path: Path) -> None:
    jobs = snakemake(tmp_path, "--dry-run", base=None, config={"jobs": {"batch": 8}}).jobs
    # As in test_plan, less the classifiers and metrics, which are in one job.
    assert jobs["search_batch1"] == (6 + 8) * 3 * 5
    assert jobs["hyperparameter_search_batch1"] == 13 * 5
    assert "search" not in jobs
    assert sum(jobs.values()) < 2000


def test_a_batch_keeps_what_is_finished_when_one_search_fails(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(METRIC.format(broken=True))
    run = snakemake(tmp_path, "searches", "--keep-going", config=CONFIG)
    assert run.code == 1
    results = tmp_path / "results" / "smoke"
    logs = results / "logs" / "search" / "autosmote" / "breast_cancer" / "ir10"
    # Two batches of two: a classifier with both metrics.
    first = (logs / "batch1" / "seed0.log").read_text()
    assert "1 of 2 searches failed: tree, mine (RuntimeError: boom)" in first
    searches = results / "searches"
    assert not list(searches.rglob("result.json"))
    (tmp_path / "mine.py").write_text(METRIC.format(broken=False))
    run = snakemake(tmp_path, "searches", config=CONFIG)
    assert run.code == 0, run.output
    log = (logs / "batch1" / "seed0.log").read_text()
    assert "tree, macro_f1: finished by a job that was ended; kept" in log
    assert len(list(searches.rglob("result.json"))) == 4
    assert not list(searches.rglob("finished.zip"))
    benchmarks = results / "benchmarks" / "search" / "autosmote" / "breast_cancer" / "ir10"
    assert sorted(path.parent.name for path in benchmarks.rglob("*.tsv")) == ["batch1", "batch2"]
    assert snakemake(tmp_path, "searches", "--dry-run", config=CONFIG).jobs == {}
