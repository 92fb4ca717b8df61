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


def test_the_command_of_the_makefile_is_the_one_tested_here() -> None:
    makefile = (ROOT / "Makefile").read_text().replace("\\\n\t\t", "")
    scores, curves = (path.relative_to(ROOT) for path in (SCORES, LEARNING_CURVES))
    assert f"autosmote.analysis --scores {scores} --searches {curves} --out results/reproduction" in makefile


def test_the_registered_runs_give_their_tables_and_figures(tmp_path: Path) -> None:
    scores, curves = (SCORES.with_name(f"{name}.parquet") for name in ("fresh", "fresh_learning_curves"))
    makefile = (ROOT / "Makefile").read_text().replace("\\\n\t\t", "")
    files = f"--scores {scores.relative_to(ROOT)} --searches {curves.relative_to(ROOT)}"
    assert f"{files} --out results/reproduction/fresh" in makefile
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
        found = names["test"](theirs, "large_test_score", ours)
        p = f"p = {found['p']:.3f}" if found["p"] >= 0.001 else "p < 0.001"
        assert verdicts[number] == f"{found['mean']:+.3f}, {found['won']} won, {found['lost']} lost, {p}"
    for number, score in (("2", "large_test_score"), ("4", "refit_large_test_score")):
        leads = pd.Series({name: names["test"](name, score)["mean"] for name in names["over_samplers"]})
        low, high = leads.idxmin(), leads.idxmax()
        assert f"{leads[low]:+.3f} ({low}) to {leads[high]:+.3f} ({high})" in verdicts[number]
