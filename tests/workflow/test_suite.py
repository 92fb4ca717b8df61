"""A suite: a folder of data sets at their own imbalance, with a metric that needs scores."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from harness import ROOT, snakemake

SUITE = ROOT / "config" / "suite.yaml"


def test_a_folder_of_two_sets_is_ranked_in_one_command(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    (tmp_path / "sets").mkdir()
    minority = {"few": 12, "more": 30}
    for name, rows in minority.items():
        y = np.arange(90) < rows
        frame = pd.DataFrame({"x": rng.normal(y), "code": rng.integers(1, 3, 90), "y": np.where(y, "p", "n")})
        frame.to_csv(tmp_path / "sets" / f"{name}.csv", index=False)
    (tmp_path / "sets" / "index.csv").write_text("name,nominal\nfew,code\nmore,code\n")
    config = {
        "datasets": {"suite": {"path": "sets"}},
        "study": {
            "classifiers": ["tree", "random_forest"],
            "samplers": ["NoResampling", "RandomOverSampler", "DecisionThreshold"],
            "ratios": [1.0],
        },
        "search": {"iterations": 6, "round_size": 2},
    }
    targets = ("table1", "table2", "mean_scores")
    run = snakemake(tmp_path, *targets, config=config, base=SUITE)
    assert run.code == 0, run.output
    results = tmp_path / "results" / "suite"
    scores = pd.read_parquet(results / "scores.parquet")
    assert set(scores["dataset"]) == set(minority)
    assert set(scores["classifier"]) == {"tree", "random_forest"}
    ratios = scores.groupby("dataset")["imbalance_ratio"].unique()
    assert {name: list(found) for name, found in ratios.items()} == {"few": [6], "more": [2]}  # 78/12, 60/30
    scored = scores[scores["sampler"] != "DecisionThreshold"]
    assert set(scored["status"]) <= {"ok", "unchanged"}
    assert set(scored["sampler"]) == {"NoResampling", "RandomOverSampler", "AutoSMOTE", "Policy search"}
    assert scored["test_score"].between(0, 1).all()
    assert scores["large_test_score"].isna().all()
    assert set(scores["status"][scores["sampler"] == "DecisionThreshold"]) == {"not_applicable"}
    facts = json.loads((results / "data" / "few.json").read_text())
    assert (facts["minority"], facts["n_minority"]) == (["p"], 12)
    ranks = (results / "tables" / "table2.md").read_text()
    assert "AutoSMOTE" in ranks and "Average precision" in ranks
    assert "Measured on the scores of a classifier" in ranks
    assert "natural" in (results / "tables" / "table1.md").read_text()
    # All rows are in use, so no large test set and no table of it.
    plan = snakemake(tmp_path, "--dry-run", "all", config=config, base=SUITE)
    assert plan.jobs and not [rule for rule in plan.jobs if rule.endswith("large_test")]
