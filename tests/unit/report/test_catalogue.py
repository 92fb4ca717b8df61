"""The list of tables and figures, and what the command makes of it."""

import inspect
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from import_closure import modules_used
from score_rows import superior, tiny_case

pytest.importorskip("matplotlib", reason="needs the study extra")
pytest.importorskip("pyarrow", reason="needs the study extra")

from autosmote.analysis import learning_curves
from autosmote.analysis.__main__ import main
from autosmote.analysis.scores import COLUMNS
from autosmote.report import catalogue
from autosmote.report.catalogue import PRODUCTS, available
from autosmote.report.product import SOURCES, SUFFIXES, Product
from autosmote.utils.storage import write_frame, write_json

ALL = {
    "SMOTE": 0.1,
    "NoResampling": 0.2,
    "smote_variants.Lee": 0.05,
    "Flat policy": 0.15,
    "ClassWeight": 0.12,
}


def score_table(**samplers: float) -> pd.DataFrame:
    scores = superior(3, **samplers)
    filled = {
        "ratio": 0.5,
        "validation_score": 0.5,
        **dict.fromkeys(("large_test_score", "refit_test_score", "refit_large_test_score"), 0.5),
        "message": "",
        "settings": "{}",
        "n_majority": 9,
        "n_minority": 9,
        "seconds": 1.0,
    }
    return scores.assign(**filled)[list(COLUMNS)]


def names(**sources: set[str]) -> set[str]:
    return {product.name for product in available(sources)}


CATEGORIES = set(score_table(**ALL)["category"])
OF_CATEGORY = {
    "SMOTE variant": {"table3", "table3_beside_paper"},
    "Ablation": {"table4", "table4_beside_paper", "critical_difference_table4"},
    "Extension": {"extensions", "policy_search", "in_place", "ranks_in_place"},
}


def test_the_paper_s_tables_and_figures_are_in_the_list() -> None:
    assert {f"table{number}{beside}" for number in (1, 2, 3, 4) for beside in ("", "_beside_paper")} | {
        f"figure{number}" for number in (4, 5, 6, 7)
    } < set(PRODUCTS)


@pytest.mark.parametrize("product", PRODUCTS.values(), ids=lambda product: product.name)
def test_every_entry_says_what_it_is_and_fits_its_function(product: Product) -> None:
    assert product.title
    assert product.section or product.name == "browse"
    assert product.caption.endswith(".")
    assert set(product.reads) <= set(SOURCES)
    takes = inspect.signature(product.make).parameters
    assert len(product.reads) + (product.kind == "figure") == sum(
        parameter.default is inspect.Parameter.empty for parameter in takes.values()
    )
    assert set(product.may_read) == set(SOURCES) & {
        name for name, it in takes.items() if it.kind == it.KEYWORD_ONLY
    }
    assert set(product.options) == {"pairs", "alpha", "target_ratios"} & set(takes)


@pytest.mark.parametrize("product", PRODUCTS.values(), ids=lambda product: product.name)
def test_the_modules_of_an_entry_are_all_that_its_function_uses(product: Product) -> None:
    # How files are read and written, and the columns of a score table, which its file shows. Of the
    # registered metrics only whether they need scores of rows.
    plumbing = (
        "autosmote.utils.storage",
        "autosmote.utils.errors",
        "autosmote.utils.registry",
        "autosmote.utils.responses",
        "autosmote.evaluation.metrics",
        "autosmote.evaluation.score_row",
    )
    for module in modules_used(product.make.__module__) | {product.make.__module__}:
        assert any(f"{module}.".startswith(f"{name}.") for name in (*product.modules, *plumbing)), module


def test_what_a_score_table_can_give_depends_on_its_methods() -> None:
    of_scores = {product.name for product in PRODUCTS.values() if product.reads == ("scores",)}
    assert names(scores=CATEGORIES) == of_scores
    for category, needy in OF_CATEGORY.items():
        assert names(scores=CATEGORIES - {category}) == of_scores - needy
    assert names() == set()


def test_what_reads_two_sources_needs_both() -> None:
    assert "anytime" not in names(scores=CATEGORIES)
    assert "anytime" not in names(learning_curves=CATEGORIES)
    assert "anytime" in names(scores=CATEGORIES, learning_curves=CATEGORIES)
    # The ablations have scores, but these are the learning curves of AutoSMOTE alone.
    assert "figure5" not in names(scores=CATEGORIES, learning_curves={"Auto-sampling"})


def test_an_unfinished_study_may_have_a_data_set_with_one_metric_only(tmp_path: Path) -> None:
    cells = [("Phoneme", "macro_f1"), ("Phoneme", "mcc"), ("Mozilla4", "mcc")]
    scores = pd.concat(
        [score_table(**ALL).assign(dataset=dataset, metric=metric) for dataset, metric in cells]
    )
    for product in available({"scores": CATEGORIES}):
        written = product.write({"scores": scores}, tmp_path)
        assert set(written) == set(product.files(tmp_path).values())
        assert all(path.stat().st_size for path in written), product.name


def test_table_1_is_made_of_summaries_of_data_sets(tmp_path: Path) -> None:
    summary = {"dataset": "d", "openml_id": 1, "majority": 90, "minority_ir20": 9, "test_ir20": 5}
    sources = {"datasets": [summary | {"features": 3, "domain": "Botany"}]}
    made = [product for product in available({"datasets": ()})]
    assert [product.name for product in made] == ["table1", "table1_beside_paper"]
    for product in made:
        assert set(product.write(sources, tmp_path)) == set(product.files(tmp_path).values())
    assert "Botany" in (tmp_path / "tables" / "table1.csv").read_text()


def test_the_options_of_a_study_reach_the_functions_that_take_them(tmp_path: Path) -> None:
    scores = {"scores": score_table(**ALL)}
    PRODUCTS["friedman"].write(scores, tmp_path, pairs="seeds", alpha=0.25)
    assert "α = 0.25" in (tmp_path / "tables" / "friedman.md").read_text()
    PRODUCTS["table2"].write(scores, tmp_path, pairs="seeds", alpha=0.25)
    assert "p < 0.25" in (tmp_path / "tables" / "table2.md").read_text()


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


def test_learning_curves_hold_what_the_searches_left(searches: Path) -> None:
    found = learning_curves.collect(sorted(searches.glob("*/result.json")))
    assert found["sampler"].tolist() == ["AutoSMOTE"] * 3 + ["Flat policy"] * 3
    assert found["iteration"].tolist() == [1, 2, 3] * 2
    assert found["incumbent_test_score"].tolist() == [0.0, 0.3, 0.3] * 2
    assert found["incumbent_large_test_score"].tolist() == [0.1, 0.25, 0.25] * 2
    assert found["round"].tolist() == [0, 0, 1] * 2
    np.testing.assert_array_equal(found["low_level_entropy"], [np.nan, 2, 1] * 2)
    assert found["cross_instance_entropy"].isna().all()
    with pytest.raises(ValueError, match="no searches"):
        learning_curves.collect([])
    twice = [searches / "flat" / "result.json"] * 2
    with pytest.raises(ValueError, match=r"two searches of sampler Flat policy, dataset d.*at a time"):
        learning_curves.collect(twice)


def test_a_search_that_was_ended_before_its_first_iteration_counts(searches: Path) -> None:
    nothing = pd.DataFrame({name: np.empty(0) for name in ("iteration", "validation_score")})
    write_frame(nothing.assign(best_validation_score=[]), searches / "flat" / "history.parquet")
    write_frame(nothing.assign(test_score=[], large_test_score=[]), searches / "flat" / "selections.parquet")
    found = learning_curves.collect(sorted(searches.glob("*/result.json")))
    (failed,) = found[found["sampler"] == "Flat policy"].to_dict("records")
    assert failed["iteration"] == 1
    assert np.isnan([failed["validation_score"], failed["incumbent_test_score"]]).all()


def test_tables_of_several_data_sets_are_read_as_one(tmp_path: Path, searches: Path) -> None:
    whole = learning_curves.collect(sorted(searches.glob("*/result.json")))
    for sampler, part in whole.groupby("sampler", observed=True):
        write_frame(part, tmp_path / f"{sampler}.parquet")
    read = learning_curves.load(sorted(tmp_path.glob("*.parquet")))
    pd.testing.assert_frame_equal(read, whole)


def run(tmp_path: Path, curves: Path, out: str) -> set[str]:
    """Run the command on all that it takes and return the names of the files it made."""
    write_frame(score_table(**ALL), tmp_path / "scores.parquet")
    grid = score_table(**ALL).query("category == 'Auto-sampling'").assign(setting="scale", value=4.0)
    write_frame(grid, tmp_path / "hyperparameters.parquet")
    tiny_case().save(tmp_path / "case_study")
    arguments = ["--scores", tmp_path / "scores.parquet", "--searches", curves, "--out", tmp_path / out]
    arguments += ["--hyperparameters", tmp_path / "hyperparameters.parquet"]
    arguments += ["--case-study", tmp_path / "case_study.npz"]
    assert main(list(map(str, arguments))) == 0
    return {str(path.relative_to(tmp_path / out)) for path in (tmp_path / out).rglob("*") if path.is_file()}


def expected() -> set[str]:
    return {
        f"{product.kind}s/{product.name}.{suffix}"
        for product in PRODUCTS.values()
        if "datasets" not in product.reads
        for suffix in SUFFIXES[product.kind]
    }


def test_figures_of_a_table_of_learning_curves_are_those_of_the_searches(
    tmp_path: Path, searches: Path
) -> None:
    table = tmp_path / "learning_curves.parquet"
    write_frame(learning_curves.collect(sorted(searches.glob("*/result.json"))), table)
    found = run(tmp_path, searches, "of searches")
    assert found == run(tmp_path, table, "of a table")
    for name in found:
        assert (tmp_path / "of searches" / name).read_bytes() == (tmp_path / "of a table" / name).read_bytes()


def test_command_makes_everything_from_files(
    tmp_path: Path, searches: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run(tmp_path, searches, "out")
    assert found == expected()
    assert set(capsys.readouterr().out.split()) == {str(tmp_path / "out" / name) for name in found}


def test_an_entry_is_all_that_a_new_figure_needs(
    tmp_path: Path, searches: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def plot(scores: pd.DataFrame, curves: pd.DataFrame, stem: Path) -> tuple[Path, Path]:
        stem.parent.mkdir(parents=True, exist_ok=True)
        paths = stem.with_suffix(".png"), stem.with_suffix(".pdf")
        for path in paths:
            path.write_text(f"{len(scores)} {len(curves)}")
        return paths

    mine = Product("mine", "Mine", "My figure.", plot, "Figures", reads=("scores", "learning_curves"))
    monkeypatch.setitem(catalogue.PRODUCTS, "mine", mine)
    found = run(tmp_path, searches, "out")
    assert found == expected() > {"figures/mine.png", "figures/mine.pdf"}
    assert (tmp_path / "out" / "figures" / "mine.pdf").read_text() == f"{3 * (len(ALL) + 1)} 6"


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


def test_command_refuses_files_of_another_kind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scores = tmp_path / "scores.parquet"
    write_frame(score_table(SMOTE=0.1), scores)
    (tmp_path / "other.json").write_text("{}")
    np.savez(tmp_path / "other.npz", X=np.zeros(2))
    (tmp_path / "file").touch()
    base = ["--scores", str(scores), "--out"]
    for more, said in (
        (["--searches", str(scores)], f"{scores} is no table of learning curves: it lacks iteration"),
        (["--hyperparameters", str(scores)], f"{scores} is no table of the hyperparameter study"),
        (["--case-study", str(tmp_path / "other.npz")], "other.npz is no case study: it lacks 'methods'"),
    ):
        assert main([*base, str(tmp_path / "out"), *more]) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("error: ") and said in line
    assert main([*base, str(tmp_path / "file")]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ") and str(tmp_path / "file") in line


@pytest.mark.parametrize("alpha", ["0", "1", "2", "nan"])
def test_a_level_of_significance_lies_between_0_and_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], alpha: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--scores", "scores.parquet", "--out", str(tmp_path), "--alpha", alpha])
    assert ended.value.code == 2
    assert f"{alpha} is no level of significance; it lies between 0 and 1" in capsys.readouterr().err
