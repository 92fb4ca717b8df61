"""All tables and figures from a score table, as the workflow and the command line make them."""

from pathlib import Path

import pandas as pd
import pytest
from score_rows import superior, tiny_case

pytest.importorskip("matplotlib", reason="needs the study extra")
pytest.importorskip("pyarrow", reason="needs the study extra")

from autosmote.analysis import products
from autosmote.analysis.__main__ import main
from autosmote.analysis.scores import COLUMNS
from autosmote.storage import write_frame, write_json

ALL = {
    "SMOTE": 0.1,
    "NoResampling": 0.2,
    "smote_variants.Lee": 0.05,
    "Flat policy": 0.15,
    "ClassWeight": 0.12,
}


OTHERS = ("figure5", "figure6", "figure7", "search_curves")


def score_table(**samplers: float) -> pd.DataFrame:
    scores = superior(3, **samplers)
    filled = {
        "ratio": 0.5,
        "validation_score": 0.5,
        "message": "",
        "settings": "{}",
        "n_majority": 9,
        "n_minority": 9,
        "seconds": 1.0,
    }
    return scores.assign(**filled)[list(COLUMNS)]


def test_what_a_score_table_can_give_depends_on_its_methods() -> None:
    everything = products.available(score_table(**ALL))
    assert everything == {"tables": list(products.TABLES), "figures": list(products.FIGURES)}
    few = products.available(score_table(SMOTE=0.1))
    assert set(everything["tables"]) - set(few["tables"]) == {
        "table3",
        "table3_beside_paper",
        "table4",
        "table4_beside_paper",
        "extensions",
    }
    assert set(everything["figures"]) - set(few["figures"]) == {"critical_difference_table4"}


@pytest.fixture
def searches(tmp_path: Path) -> Path:
    folder = tmp_path / "searches"
    history = pd.DataFrame({"iteration": [1, 2], "best_validation_score": [0.1, 0.2]})
    for strategy, sampler in (("autosmote", "AutoSMOTE"), ("flat", "Flat policy")):
        scores = score_table(**ALL)
        row = scores[scores["sampler"] == sampler].iloc[0].to_dict()
        write_json(row, folder / strategy / "result.json")
        write_frame(history, folder / strategy / "history.parquet")
    return folder


def test_command_makes_everything_from_files(
    tmp_path: Path, searches: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_frame(score_table(**ALL), tmp_path / "scores.parquet")
    grid = score_table(**ALL).query("category == 'Auto-sampling'").assign(setting="scale", value=4.0)
    write_frame(grid, tmp_path / "hyperparameters.parquet")
    tiny_case().save(tmp_path / "case_study")
    arguments = ["--scores", tmp_path / "scores.parquet", "--searches", searches, "--out", tmp_path / "out"]
    arguments += ["--hyperparameters", tmp_path / "hyperparameters.parquet"]
    arguments += ["--case-study", tmp_path / "case_study.npz"]
    assert main(list(map(str, arguments))) == 0
    found = {
        str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file()
    }
    tables = {
        f"tables/{name}.{suffix}" for name in products.TABLES for suffix in ("csv", "md", "tex", "html")
    }
    figures = {f"figures/{name}" for name in [*products.FIGURES, *OTHERS]}
    assert found == tables | {f"{name}.{suffix}" for name in figures for suffix in ("png", "pdf")}
    assert set(capsys.readouterr().out.split()) == {str(tmp_path / "out" / name) for name in found}


def test_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_frame(score_table(**ALL).drop(columns="status"), tmp_path / "scores.parquet")
    assert main(["--scores", str(tmp_path / "scores.parquet"), "--out", str(tmp_path)]) == 1
    assert "scores.parquet: the score table lacks the columns status" in capsys.readouterr().err
    assert main(["--scores", str(tmp_path / "none.parquet"), "--out", str(tmp_path)]) == 1
    assert "none.parquet" in capsys.readouterr().err
    write_frame(score_table(SMOTE=0.1), tmp_path / "scores.parquet")
    arguments = ["--scores", str(tmp_path / "scores.parquet"), "--searches", str(tmp_path / "nowhere")]
    assert main([*arguments, "--out", str(tmp_path)]) == 1
    assert "no result.json" in capsys.readouterr().err
