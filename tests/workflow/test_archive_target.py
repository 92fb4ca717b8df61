"""A study in one file."""

import io
import zipfile
from pathlib import Path

import pandas as pd
import yaml
from harness import ROOT, snakemake

from autosmote.report.command import main


def test_archive_holds_what_tables_are_made_of(smoke_copy: Path, tmp_path: Path) -> None:
    run = snakemake(smoke_copy, "archive")
    assert run.code == 0, run.output
    results = smoke_copy / "results" / "smoke"
    with zipfile.ZipFile(results / "archive" / "smoke.zip") as archive:
        names = set(archive.namelist())
        config = yaml.safe_load(archive.read("config.yaml"))
        scores = pd.read_parquet(io.BytesIO(archive.read("scores.parquet")))
        assert archive.read("LICENSE") == (ROOT / "LICENSE").read_bytes()
        archive.extractall(tmp_path / "out")
    assert names == {
        *(
            "SHA256SUMS",
            "LICENSE",
            "config.yaml",
            "versions.txt",
            "scores.parquet",
            "hyperparameters.parquet",
        ),
        *("case_study.npz", "case_study.json", "data/breast_cancer.json"),
        "learning_curves/breast_cancer.parquet",
    }
    assert config["search"]["iterations"] == 6
    assert set(config["datasets"]) == {"breast_cancer"}
    assert scores.attrs["autosmote_settings"]["search.iterations"] == 6
    assert (results / "archive" / "smoke.zip.sha256").is_file()
    made = [f"--scores={tmp_path}/out/scores.parquet", f"--out={tmp_path}/made"]
    assert main(made) == 0
    assert (tmp_path / "made" / "tables" / "table2.csv").read_text() == (
        results / "tables" / "table2.csv"
    ).read_text()


def test_scores_state_the_settings_and_the_data(smoke: Path) -> None:
    scores = pd.read_parquet(smoke / "results" / "smoke" / "scores.parquet")
    stated = scores.attrs["autosmote_settings"]
    assert stated["study.ratios"] == [0.5, 1.0]
    assert stated["datasets.breast_cancer.checksum"].startswith("sha256:")
    assert not [key for key in stated if key.startswith(("methods", "resources", "mlflow"))]
    assert "search.actors" not in stated
