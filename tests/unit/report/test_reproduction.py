"""The measured study: its tables and figures can be made again, and its page says what they say."""

import contextlib
import io
import re
from pathlib import Path

import pytest

pytest.importorskip("matplotlib", reason="needs the study extra")
pytest.importorskip("pyarrow", reason="needs the study extra")

from autosmote.analysis.__main__ import main

ROOT = Path(__file__).resolve().parents[3]
PAGE, FIRST_STUDY = ((ROOT / "docs" / f"{name}.md").read_text() for name in ("reproduction", "first_study"))
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


@pytest.mark.parametrize("page", [PAGE, FIRST_STUDY], ids=["reproduction", "first_study"])
def test_the_code_of_a_page_prints_what_the_page_says(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    namespace: dict[str, object] = {}
    blocks = re.findall(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```", page, flags=re.S | re.M)
    assert len(blocks) == page.count("```python")
    for code, said in blocks:
        with contextlib.redirect_stdout(io.StringIO()) as stream:
            exec(compile(code, "page", "exec"), namespace)
        assert [line.rstrip() for line in stream.getvalue().splitlines()] == said.splitlines()
