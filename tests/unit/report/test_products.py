"""All tables and figures from a score table, as the workflow and the command line make them."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from score_rows import superior, tiny_case

pytest.importorskip("matplotlib", reason="needs the study extra")
pytest.importorskip("pyarrow", reason="needs the study extra")

from autosmote.analysis import learning_curves as courses
from autosmote.analysis.__main__ import main
from autosmote.analysis.scores import COLUMNS
from autosmote.report import products
from autosmote.utils.storage import write_frame, write_json

ALL = {
    "SMOTE": 0.1,
    "NoResampling": 0.2,
    "smote_variants.Lee": 0.05,
    "Flat policy": 0.15,
    "ClassWeight": 0.12,
}


OTHERS = ("figure5", "figure6", "figure7", "search_curves", "reward", "selection", "entropy", "budget")


def score_table(**samplers: float) -> pd.DataFrame:
    scores = superior(3, **samplers)
    filled = {
        "ratio": 0.5,
        "validation_score": 0.5,
        "large_test_score": 0.5,
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


def test_an_unfinished_study_may_have_a_data_set_with_one_metric_only(tmp_path: Path) -> None:
    cells = [("Phoneme", "macro_f1"), ("Phoneme", "mcc"), ("Mozilla4", "mcc")]
    scores = pd.concat(
        [score_table(**ALL).assign(dataset=dataset, metric=metric) for dataset, metric in cells]
    )
    for folder, names in products.available(scores).items():
        for name in names:
            assert all(path.stat().st_size for path in products.write(name, scores, tmp_path / folder)), name


@pytest.fixture
def searches(tmp_path: Path) -> Path:
    folder = tmp_path / "searches"
    history = pd.DataFrame(
        {
            "iteration": [1, 2, 3],
            "validation_score": [0.1, 0.2, 0.15],
            "best_validation_score": [0.1, 0.2, 0.2],
        }
    ).assign(round=[0, 0, 1], low_level_entropy=[math.nan, 2.0, 1.0])
    selections = pd.DataFrame({"iteration": [1, 2], "validation_score": [0.1, 0.2], "test_score": [0.0, 0.3]})
    selections["large_test_score"] = [0.1, 0.25]
    for strategy, sampler in (("autosmote", "AutoSMOTE"), ("flat", "Flat policy")):
        scores = score_table(**ALL)
        row = scores[scores["sampler"] == sampler].iloc[0].to_dict()
        write_json(row, folder / strategy / "result.json")
        write_frame(history, folder / strategy / "history.parquet")
        write_frame(selections, folder / strategy / "selections.parquet")
    return folder


def test_courses_hold_what_the_searches_left(searches: Path) -> None:
    found = courses.collect(sorted(searches.glob("*/result.json")))
    assert found["sampler"].tolist() == ["AutoSMOTE"] * 3 + ["Flat policy"] * 3
    assert found["iteration"].tolist() == [1, 2, 3] * 2
    assert found["selected_test_score"].tolist() == [0.0, 0.3, 0.3] * 2
    assert found["selected_large_test_score"].tolist() == [0.1, 0.25, 0.25] * 2
    assert found["round"].tolist() == [0, 0, 1] * 2
    np.testing.assert_array_equal(found["low_level_entropy"], [np.nan, 2, 1] * 2)
    assert found["cross_instance_entropy"].isna().all()
    with pytest.raises(ValueError, match="no searches"):
        courses.collect([])
    twice = [searches / "flat" / "result.json"] * 2
    with pytest.raises(ValueError, match=r"two searches of sampler Flat policy, dataset d.*at a time"):
        courses.collect(twice)


def test_a_search_that_was_ended_before_its_first_iteration_counts(searches: Path) -> None:
    nothing = pd.DataFrame({name: np.empty(0) for name in ("iteration", "validation_score")})
    write_frame(nothing.assign(best_validation_score=[]), searches / "flat" / "history.parquet")
    write_frame(nothing.assign(test_score=[], large_test_score=[]), searches / "flat" / "selections.parquet")
    found = courses.collect(sorted(searches.glob("*/result.json")))
    (failed,) = found[found["sampler"] == "Flat policy"].to_dict("records")
    assert failed["iteration"] == 1
    assert np.isnan([failed["validation_score"], failed["selected_test_score"]]).all()


def test_tables_of_several_data_sets_are_read_as_one(tmp_path: Path, searches: Path) -> None:
    whole = courses.collect(sorted(searches.glob("*/result.json")))
    for sampler, part in whole.groupby("sampler", observed=True):
        write_frame(part, tmp_path / f"{sampler}.parquet")
    read = courses.load(sorted(tmp_path.glob("*.parquet")))
    pd.testing.assert_frame_equal(read, whole)


def test_figures_of_a_table_of_courses_are_those_of_the_searches(tmp_path: Path, searches: Path) -> None:
    write_frame(score_table(**ALL), tmp_path / "scores.parquet")
    write_frame(courses.collect(sorted(searches.glob("*/result.json"))), tmp_path / "courses.parquet")
    for source in ("searches", "courses.parquet"):
        arguments = ["--scores", tmp_path / "scores.parquet", "--searches", tmp_path / source]
        assert main([*map(str, arguments), "--out", str(tmp_path / f"from {source}")]) == 0
    for name in ("figure5", "search_curves", "reward", "selection", "entropy", "budget"):
        one, two = (
            (tmp_path / f"from {source}" / "figures" / f"{name}.png").read_bytes()
            for source in ("searches", "courses.parquet")
        )
        assert one == two


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
        f"tables/{name}.{suffix}"
        for name in (*products.TABLES, "search_summary")
        for suffix in ("csv", "md", "tex", "html")
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
    assert "nowhere" in capsys.readouterr().err
    (tmp_path / "nowhere").mkdir()
    assert main([*arguments, "--out", str(tmp_path)]) == 1
    assert "no result.json" in capsys.readouterr().err
