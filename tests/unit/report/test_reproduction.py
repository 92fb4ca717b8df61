"""The measured study: its tables and figures can be made again, and its page says what they say."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

pytest.importorskip("matplotlib", reason="needs the study extra")
pytest.importorskip("pyarrow", reason="needs the study extra")

from autosmote.analysis.__main__ import main
from autosmote.analysis.in_place import ranks_in_place
from autosmote.analysis.scores import view
from autosmote.analysis.significance import holm

ROOT = Path(__file__).resolve().parents[3]
PAGE, FIRST_STUDY = ((ROOT / "docs" / f"{name}.md").read_text() for name in ("reproduction", "first_study"))
README = (ROOT / "README.md").read_text()
FRESH = ROOT / "docs" / "reproduction" / "fresh.parquet"
SCORES, LEARNING_CURVES = (
    ROOT / "docs" / "reproduction" / f"{name}.parquet" for name in ("scores", "learning_curves")
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the committed files give."""
    out = tmp_path_factory.mktemp("reproduction")
    assert main(["--scores", str(SCORES), "--searches", str(LEARNING_CURVES), "--out", str(out)]) == 0
    return out


def in_the_makefile(command: str) -> bool:
    return command in re.sub(r"\s*\\\n\s*", " ", (ROOT / "Makefile").read_text())


def test_the_command_of_the_makefile_is_the_one_tested_here() -> None:
    scores, curves = (path.relative_to(ROOT) for path in (SCORES, LEARNING_CURVES))
    files = f"--scores {scores} --searches {curves}"
    assert in_the_makefile(f"autosmote.analysis {files} --out results/reproduction")


def test_the_registered_runs_give_their_tables_and_figures(tmp_path: Path) -> None:
    scores, curves = FRESH, FRESH.with_name("fresh_learning_curves.parquet")
    files = f"--scores {scores.relative_to(ROOT)} --searches {curves.relative_to(ROOT)}"
    assert in_the_makefile(f"{files} --out results/reproduction/fresh")
    assert main(["--scores", str(scores), "--searches", str(curves), "--out", str(tmp_path)]) == 0
    tables = {path.stem for path in (tmp_path / "tables").iterdir()}
    assert {"policy_search_large_test", "policy_search_refit_large_test"} < tables
    shown = {"fits": "fits", "ranks": "ranks_in_place_large_test", "figure4": "figure4_large_test"}
    assert {name for name in re.findall(r"]\(images/fresh_(\w+)\.png\)", PAGE)} == set(shown)
    for name, figure in shown.items():
        assert (tmp_path / "figures" / f"{figure}.png").is_file()
        assert (ROOT / "docs" / "images" / f"fresh_{name}.png").is_file()
    for name in ("in_place", "in_place_large_test", "table2_beside_paper"):
        assert (tmp_path / "tables" / f"{name}.md").read_text().strip() in PAGE


def test_the_ablations_and_hyperparameters_give_their_table_and_figures(tmp_path: Path) -> None:
    scores, curves, changed = (
        FRESH.with_name(f"mozilla4{name}.parquet") for name in ("", "_learning_curves", "_hyperparameters")
    )
    options = [("--scores", scores), ("--searches", curves), ("--hyperparameters", changed)]
    files = " ".join(f"{name} {path.relative_to(ROOT)}" for name, path in options)
    assert in_the_makefile(f"{files} --out results/reproduction/mozilla4")
    given = [str(part) for option in options for part in option]
    assert main([*given, "--out", str(tmp_path)]) == 0
    for table in ("table4_large_test", "table4_beside_paper"):
        assert (tmp_path / "tables" / f"{table}.md").read_text().strip() in PAGE
    for figure in ("figure5", "figure6"):
        assert (tmp_path / "figures" / f"{figure}.png").is_file()
        assert f"](images/mozilla4_{figure}.png)" in PAGE
        assert (ROOT / "docs" / "images" / f"mozilla4_{figure}.png").is_file()


def test_the_searches_of_the_ablation_study_are_those_of_the_grid() -> None:
    key = ["dataset", "imbalance_ratio", "classifier", "metric", "seed", "sampler"]
    grid = pd.read_parquet(FRESH).set_index(key)
    both = pd.read_parquet(FRESH.with_name("mozilla4.parquet")).set_index(key)
    both = both[both.index.get_level_values("sampler").isin(["AutoSMOTE", "Random search"])]
    assert len(both) == 144
    pd.testing.assert_frame_equal(both, grid.loc[both.index, both.columns])


def test_the_committed_files_are_small() -> None:
    assert sum(path.stat().st_size for path in SCORES.parent.iterdir()) < 2_000_000


@pytest.mark.parametrize("table", ["table2_beside_paper", "extensions", "search_summary"])
def test_the_page_shows_the_tables_as_they_are_made(made: Path, table: str) -> None:
    assert (made / "tables" / f"{table}.md").read_text().strip() in FIRST_STUDY


def test_the_figures_of_the_page_are_made(made: Path) -> None:
    shown = re.findall(r"!\[[^]]*]\(images/lite_(\w+)\.png\)", FIRST_STUDY)
    assert {"figure4", "reward", "selection", "entropy", "anytime"} < set(shown)
    for name in shown:
        assert list(made.glob(f"figures/{name}*.pdf")), name
        assert (ROOT / "docs" / "images" / f"lite_{name}.png").is_file()


def run_blocks(page: str) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """What the code of a page defines; and of each block what it prints and what the page says."""
    namespace: dict[str, Any] = {}
    blocks = re.findall(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```", page, flags=re.S | re.M)
    assert len(blocks) == page.count("```python")
    printed = []
    with contextlib.chdir(ROOT):
        for code, said in blocks:
            with contextlib.redirect_stdout(io.StringIO()) as stream:
                exec(compile(code, "page", "exec"), namespace)
            printed.append((stream.getvalue(), said))
    return namespace, printed


@pytest.fixture(scope="module")
def page() -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """The page of the measured study, its code having run."""
    return run_blocks(PAGE)


def same_lines(printed: str, said: str) -> bool:
    return [line.rstrip() for line in printed.splitlines()] == said.splitlines()


def test_the_code_of_the_page_prints_what_the_page_says(page: tuple[dict, list[tuple[str, str]]]) -> None:
    assert [said for printed, said in page[1] if not same_lines(printed, said)] == []


def test_the_code_of_the_first_study_prints_what_its_page_says() -> None:
    assert [said for printed, said in run_blocks(FIRST_STUDY)[1] if not same_lines(printed, said)] == []


def sentence(text: str) -> str:
    """A page without its line breaks."""
    return re.sub(r"\s+", " ", text)


def test_the_headline_is_what_the_files_say(page: tuple[dict[str, Any], list[tuple[str, str]]]) -> None:
    names, whole = page[0], pd.read_parquet(FRESH)
    names["fresh"] = whole
    methods = [name for name in names["table_2"] if name != "AutoSMOTE"]
    assert len(methods) == 24
    leads = {
        name: names["test"](name, "large_test_score") for name in [*methods, "AutoSMOTE", "Random search"]
    }
    by_lead = sorted(methods, key=lambda name: leads[name]["mean"])
    low, high, ours, random = (
        f"{leads[name]['mean']:.3f}" for name in (by_lead[0], by_lead[-1], "AutoSMOTE", "Random search")
    )
    corrected = holm(pd.Series({name: lead["p"] for name, lead in leads.items()}))
    assert corrected.max() < 0.001
    assert f"(by {low}, {by_lead[0]}, to {high}, {by_lead[-1]})" in sentence(PAGE)
    assert f"than AutoSMOTE (+{ours}) and than random search (+{random}), p < 0.001 each" in sentence(PAGE)
    assert f"(by {low} to {high}), than AutoSMOTE ({ours}) and than random search ({random})" in sentence(
        README
    )

    for table, said in ((view(whole, "large_test"), (PAGE, README)), (whole, (PAGE,))):
        ranks = ranks_in_place(table).query("dataset == 'Overall' and sampler == 'Policy search'")
        ranks = ranks.set_index("metric").loc[["macro_f1", "mcc"]]
        f1, mcc, f1_theirs, mcc_theirs = (
            f"{rank:.2f}" for column in ("average_rank", "autosmote_rank") for rank in ranks[column]
        )
        for text in said:
            assert re.search(rf"{f1}( in Macro-F1)? and {mcc}\b", sentence(text)), (f1, mcc)
            assert f"{f1_theirs} and {mcc_theirs}" in sentence(text)


def verdict(found: dict[str, Any]) -> str:
    """A test in the words of the page."""
    p = f"p = {found['p']:.{2 if found['p'] >= 0.1 else 3}f}" if found["p"] >= 0.001 else "p < 0.001"
    return f"{found['mean']:+.3f}, {found['won']} won, {found['lost']} lost, {p}"


def test_the_verdicts_are_what_the_files_say(page: tuple[dict[str, Any], list[tuple[str, str]]]) -> None:
    names, whole = page[0], pd.read_parquet(FRESH)
    names["fresh"] = whole[whole["imbalance_ratio"].isin([20, 100]) & whole["seed"].isin([2, 3])]
    verdicts = dict(re.findall(r"^\| (\d)\. .*? \| (.*?) \| (?:not )?met \|$", PAGE, flags=re.M))
    assert set(verdicts) == set("12345")
    pairs = {
        "1": ("Random search", "Policy search"),
        "3": ("Random policies", "Policy search"),
        "5": ("Policy search", "Policy search from the bank"),
    }
    for number, (theirs, ours) in pairs.items():
        assert verdicts[number] == verdict(names["test"](theirs, "large_test_score", ours))
    for number, score in (("2", "large_test_score"), ("4", "refit_large_test_score")):
        leads = pd.Series({name: names["test"](name, score)["mean"] for name in names["over_samplers"]})
        low, high = leads.idxmin(), leads.idxmax()
        assert f"{leads[low]:+.3f} ({low}) to {leads[high]:+.3f} ({high})" in verdicts[number]


def test_the_verdicts_of_the_controls_are_what_the_files_say(page: tuple[dict[str, Any], list]) -> None:
    names, whole = page[0], pd.read_parquet(FRESH)
    as_many = pd.read_parquet(FRESH.with_name("bank_300_fits.parquet"))
    names["fresh"] = pd.concat([whole, as_many.assign(sampler="Bank")], ignore_index=True)
    section = PAGE[PAGE.index("## What came out of the controls") :]
    verdicts = dict(re.findall(r"^\| (\d)\. .*? \| (.*?) \|", section, flags=re.M))
    assert verdicts["1"] == verdict(names["test"]("Random policies", "large_test_score"))
    leads = pd.DataFrame({name: names["test"](name, "large_test_score") for name in names["by_folds"]}).T
    low, high = leads["mean"].astype(float).idxmin(), leads["mean"].astype(float).idxmax()
    assert holm(leads["p"].astype(float)).max() < 0.001
    assert (
        verdicts["2"]
        == " to ".join(
            f"{leads.loc[name, 'mean']:+.3f} ({name.removesuffix(' by folds')})" for name in (low, high)
        )
        + ", p < 0.001 each"
    )
    assert verdicts["3"] == verdict(names["test"]("Policy search", "large_test_score", "Bank"))
    longer = pd.read_parquet(FRESH.with_name("thousand_fits.parquet")).assign(sampler="1000")
    names["fresh"] = pd.concat([whole, longer], ignore_index=True)
    assert verdicts["5"] == verdict(names["test"]("AutoSMOTE", "large_test_score", "1000"))
    ahead = verdict(names["test"]("1000", "large_test_score"))
    assert f"| Policy search with 300 against it | {ahead} |" in section
    random = names["test"]("AutoSMOTE", "large_test_score", "Random policies")
    assert f"random policies alone are {random['mean']:.3f} ahead of AutoSMOTE (p < 0.001)" in sentence(PAGE)
    assert random["p"] < 0.001


def test_what_the_page_says_of_the_ablations_is_what_the_files_say(page: tuple[dict[str, Any], list]) -> None:
    names = page[0]
    names["fresh"] = pd.read_parquet(FRESH.with_name("mozilla4.parquet"))
    assert len(names["ablations"]) == 6
    found = {name: names["test"](name, "large_test_score", "AutoSMOTE") for name in names["ablations"]}
    corrected = dict(zip(found, holm([row["p"] for row in found.values()]), strict=True))
    lost = {name: f"{row['mean']:.3f}" for name, row in found.items() if corrected[name] < 0.05}
    cross, instance, flat = (
        lost.pop(name)
        for name in ("w/o cross-instance sub-policy", "w/o instance-specific sub-policy", "Flat policy")
    )
    assert not lost
    said = sentence(PAGE)
    assert f"without it the score on the large test set falls by {cross}." in said
    assert f"The flat policy is {flat} behind" in said
    p = corrected["w/o instance-specific sub-policy"]
    assert f"instance-specific sub-policy {instance} (p = {p:.3f} after Holm's correction;" in said
