"""What a person sees when something is wrong."""

from pathlib import Path

import pandas as pd
from harness import NO_NETWORK, snakemake


def test_mistakes_in_a_configuration_are_named_together_without_a_traceback(tmp_path: Path) -> None:
    study = {
        "datasets": ["breast_cancr"],
        "samplers": ["SMOT"],
        "classifiers": ["forest"],
        "metrics": ["macrof1"],
        "strategies": ["random"],
    }
    run = snakemake(tmp_path, "--dry-run", config={"study": study})
    assert run.code != 0
    for mistake in (
        "study.datasets: unknown data set 'breast_cancr'; did you mean 'breast_cancer'? known: Phoneme, ",
        "study.samplers: unknown sampler 'SMOT'; did you mean 'SMOTE'? known: NoResampling, ",
        "study.classifiers: unknown classifier 'forest'; did you mean 'random_forest'? known: svm, knn, tree",
        "study.metrics: unknown metric 'macrof1'; did you mean 'macro_f1'? known: macro_f1, mcc",
        "study.strategies: unknown strategy 'random'; did you mean 'random_search'? known: autosmote, ",
    ):
        assert mistake in run.output
    assert "Traceback" not in run.output


def test_key_that_the_schema_does_not_know_is_named(tmp_path: Path) -> None:
    run = snakemake(tmp_path, "--dry-run", config={"search": {"iteration": 10}})
    assert run.code != 0
    assert "search: unknown key 'iteration'; did you mean 'iterations'? known: " in run.output
    assert "Traceback" not in run.output


def test_unusable_data_stops_its_jobs_with_the_reason(tmp_path: Path) -> None:
    pd.DataFrame({"x": range(30), "y": ["a"] * 30}).to_csv(tmp_path / "one_class.csv", index=False)
    pd.DataFrame({"x": range(28), "y": ["a"] * 20 + ["b"] * 8}).to_csv(tmp_path / "small.csv", index=False)
    config = {
        "study": {"datasets": ["one_class", "small", "far"]},
        "datasets": {
            "one_class": {"source": "csv", "path": "one_class.csv", "target": "y"},
            "small": {"source": "csv", "path": "small.csv", "target": "y"},
            "far": {"source": "openml", "id": 31},
        },
        "openml": {"cache": str(tmp_path / "openml")},
    }
    run = snakemake(tmp_path, "tasks", config=config, **NO_NETWORK)
    assert run.code != 0
    assert (
        "data set 'one_class': at least two classes are needed; the target column has: a (30 rows)"
        in run.output
    )
    # 20 // 10 = 2 minority rows cannot fill three parts.
    assert "data set 'small': at imbalance ratio 10" in run.output
    assert "data set 'far'" in run.output
    assert str(tmp_path / "openml") in run.output
    assert run.output.count("\nerror: ") == 3
    assert "Traceback" not in run.output


def test_results_of_one_file_are_not_taken_for_those_of_another(tmp_path: Path) -> None:
    for name in ("first", "second"):
        table = pd.DataFrame({"x": range(60), "y": ["a"] * 40 + ["b"] * 20})
        table.to_csv(tmp_path / f"{name}.csv", index=False)

    def plan(path: str, *arguments: str):
        config = {
            "datasets": {"mine": {"source": "csv", "path": path, "target": "y"}},
            **dict.fromkeys(("study", "ablation", "hyperparameters"), {"datasets": ["mine"]}),
            "case_study": {"dataset": None},
        }
        return snakemake(tmp_path, "tasks", *arguments, config=config)

    assert plan("first.csv").code == 0
    assert plan("first.csv", "--dry-run").jobs == {}
    assert plan("second.csv", "--dry-run").jobs["fetch"] == 1
    run = plan("third.csv", "--dry-run")
    assert run.code != 0
    assert "datasets.mine.path: there is no file 'third.csv'" in run.output
    assert "Traceback" not in run.output
