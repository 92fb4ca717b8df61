"""A study of a data set of which every class is kept, from the file to the pages."""

import base64
import gzip
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from harness import ROOT, snakemake

SUITE = ROOT / "config" / "suite.yaml"
COUNTS = {"few": 15, "most": 80, "some": 40}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    y = np.repeat(list(COUNTS), list(COUNTS.values()))
    place = {"most": 0.0, "some": 1.5, "few": 3.0}
    x = np.array([place[label] for label in y])
    (tmp_path / "sets").mkdir()
    frame = pd.DataFrame({"x": rng.normal(x), "z": rng.normal(size=len(y)), "y": y})
    frame.to_csv(tmp_path / "sets" / "three.csv", index=False)
    return tmp_path


def test_three_classes_from_the_file_to_the_pages(folder: Path) -> None:
    config = {
        "datasets": {"suite": {"path": "sets", "classes": "all"}},
        "study": {
            "classifiers": ["tree"],
            "metrics": ["macro_f1", "roc_auc"],
            "samplers": ["SMOTE", "BorderlineSMOTE", "DecisionThreshold"],
            "ratios": [1.0],
        },
        "search": {"iterations": 6, "round_size": 2},
        "jobs": {"batch": 2},
    }
    targets = ("table1", "table2", "overview", "browse")
    run = snakemake(folder, *targets, config=config, base=SUITE, timeout=560)
    assert run.code == 0, run.output
    results = folder / "results" / "suite"
    facts = json.loads((results / "data" / "three.json").read_text())
    assert facts["classes"] == ["most", "some", "few"]
    assert (facts["n_majority"], facts["n_minority"]) == (80, 15)
    scores = pd.read_parquet(results / "scores.parquet")
    assert set(scores["imbalance_ratio"]) == {5}  # 80 / 15, rounded
    status = scores.groupby("sampler")["status"].unique()
    assert {name: list(found) for name, found in status.items()} == {
        "AutoSMOTE": ["ok"],
        "BorderlineSMOTE": ["ok"],
        "DecisionThreshold": ["not_applicable"],
        "Policy search": ["ok"],
        "SMOTE": ["ok"],
    }
    # Three fifths of each class are training rows, 48 of the largest.
    rows = scores.set_index(["sampler", "metric"])[["n_majority", "n_minority"]]
    for name in ("SMOTE", "BorderlineSMOTE"):
        assert tuple(rows.loc[(name, "macro_f1")]) == (48, 48)
    assert set(scores["n_majority"].dropna()) == {48}
    table1 = (results / "tables" / "table1.md").read_text()
    assert "| three |  | 80 | 15 | 3 | 2 |" in table1
    assert "More than two classes: three (3)." in table1
    assert "AutoSMOTE" in (results / "pages" / "overview.html").read_text()
    page = (results / "pages" / "browse.html").read_text()
    browsed = json.loads(gzip.decompress(base64.b64decode(re.search('id="data">(.*?)<', page)[1])))
    # The rows of both smaller classes, 24 and 9, are drawn as minority.
    counts = [(each["counts"]["majority"], each["counts"]["minority"]) for each in browsed["samples"]]
    assert counts == [(48, 33)] * 4


def test_an_imbalance_ratio_is_refused_before_anything_runs(folder: Path) -> None:
    config = {
        "datasets": {"suite": {"path": "sets", "classes": "all"}},
        "study": {"imbalance_ratios": [5]},
    }
    run = snakemake(folder, "--dry-run", config=config, base=SUITE)
    assert run.code != 0
    refusal = (
        "study.imbalance_ratios: [5] is for two classes, and the data set 'three' keeps all "
        "(`classes: all`); set [natural], or name its `minority`"
    )
    assert refusal in run.output
    assert "Traceback" not in run.output
