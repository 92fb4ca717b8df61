"""What jobs took, from files as Snakemake writes them."""

from pathlib import Path

import pytest

from autosmote.study import layout
from autosmote.tracking.resources import job_totals, read_benchmark

HEAD = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"


def line(seconds: object, memory: object, cpu: object) -> str:
    return f"{seconds}\t0:00:01\t{memory}\t1\t1\t1\t0.0\t0.0\t46.2\t{cpu}\n"


def write(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEAD + "".join(lines))
    return path


def test_the_last_run_of_a_job_counts(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", line(4.5, 226.25, 2.5), line(3.5, 200.0, 1.5))
    assert read_benchmark(path) == {"seconds": 3.5, "memory_mb": 200.0, "cpu_seconds": 1.5}


@pytest.mark.parametrize("missing", ["NA", "-", ""])
def test_what_could_not_be_measured_is_left_out(tmp_path: Path, missing: str) -> None:
    assert read_benchmark(write(tmp_path / "a.tsv", line(0.1, missing, missing))) == {"seconds": 0.1}


def test_a_file_that_is_not_there_or_empty_tells_nothing(tmp_path: Path) -> None:
    assert read_benchmark(tmp_path / "none.tsv") == {}
    assert read_benchmark(write(tmp_path / "a.tsv")) == {}


def test_totals_are_per_rule_without_the_records(tmp_path: Path) -> None:
    folder = tmp_path / layout.BENCHMARKS
    write(folder / "baseline/smote/d/ir20/seed0.tsv", line(1, 100, 0.5))
    write(folder / "baseline/smote/d/ir20/seed1.tsv", line(2, 300, 1.5))
    write(folder / "scores/scores.tsv", line(3, "NA", 2))
    write(folder / "tracking/tracking.tsv", line(9, 9, 9))
    assert job_totals(tmp_path) == {
        "jobs/baseline": 2,
        "seconds/baseline": 3,
        "cpu_seconds/baseline": 2,
        "memory_mb/baseline": 300,
        "jobs/scores": 1,
        "seconds/scores": 3,
        "cpu_seconds/scores": 2,
    }


@pytest.mark.parametrize(
    ("pattern", "rule"), [(layout.SEARCH, "search"), (layout.GRID_SEARCH, "hyperparameter_search")]
)
def test_a_search_finds_its_benchmark(pattern: str, rule: str) -> None:
    cell = {"strategy": "flat", "changed": "scale-4", "dataset": "d", "imbalance_ratio": 20}
    cell |= {"classifier": "svm", "metric": "mcc", "seed": 3}
    result = Path("results", pattern.format(**cell), layout.RESULT)
    first = "flat" if rule == "search" else "scale-4"
    assert layout.search_benchmark(result) == Path(
        f"results/benchmarks/{rule}/{first}/d/ir20/svm/mcc/seed3.tsv"
    )
