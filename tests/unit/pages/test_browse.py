"""The page to browse in: what it computes in a browser, against the analysis of the same selection."""

import base64
import gzip
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from browser import EXECUTABLE, Browser
from score_rows import search_curve, superior

pytest.importorskip("plotly", reason="needs the study extra")
pytest.importorskip("pyarrow", reason="needs the study extra")

from autosmote.analysis.friedman import critical_difference, friedman
from autosmote.analysis.ranks import average_ranks, rank, score_matrix
from autosmote.analysis.scores import VIEWS, collect, view
from autosmote.analysis.significance import OVERALL, compare
from autosmote.pages import browse
from autosmote.study.search_samples import SearchSamples

needs_browser = pytest.mark.skipif(EXECUTABLE is None, reason="needs Chromium")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Callable[..., Browser]:
    """Make a page and open it."""

    def opened(scores: pd.DataFrame, **keys: Any) -> Browser:
        path = tmp_path / "browse.html"
        path.write_text(browse.make(scores, **keys))
        browser.open(path.as_uri())
        browser.wait_for("window.browse !== undefined")
        return browser

    return opened


def full(scores: pd.DataFrame) -> pd.DataFrame:
    """A score table of rows that have what the page shows."""
    missing = {name: np.nan for name in ("validation_score", *VIEWS.values()) if name not in scores}
    return scores.assign(**missing)


def samples_of(sampler: str, scores: pd.DataFrame) -> SearchSamples:
    cell = scores.iloc[0]
    rows = np.random.default_rng(0).normal(size=(30, 2))
    return SearchSamples(
        sampler,
        *(cell[name] for name in ("dataset", "imbalance_ratio", "classifier", "metric", "seed")),
        majority=rows[:20],
        minority=rows[20:25],
        synthetic=rows[25:],
        counts={"majority": 2000, "minority": 5, "synthetic": 5},
        explained=0.42,
    )


def selection(scores: pd.DataFrame, score: str = "test_score", reference: str = "AutoSMOTE") -> str:
    """The JavaScript for the selection that holds these rows; `score` is a column."""
    sets = ", ".join(
        f"{name}: new Set({json.dumps(list(map(plain, scores[name].unique())))}.map(at({name!r})))"
        for name in ("dataset", "imbalance_ratio", "classifier", "sampler")
    )
    metric = scores["metric"].iloc[0]
    return (
        "(() => {const at = (name) => (value) => browse.data.values[name].indexOf(value);"
        f"return {{metric: at('metric')({metric!r}), reference: at('sampler')({reference!r}),"
        f"score: {score!r}, {sets}}};}})()"
    )


def plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def check(
    found: dict[str, Any], names: list[str], scores: pd.DataFrame, reference: str = "AutoSMOTE"
) -> None:
    """Compare what the page found with what the analysis finds in the same rows."""
    ranks = rank(score_matrix(scores))
    averages = average_ranks(ranks).iloc[0]
    tests = compare(scores, reference)
    tests = tests[tests["dataset"] == OVERALL].set_index("sampler")
    assert found["configurations"] == len(ranks)
    assert {names[method["sampler"]] for method in found["methods"]} == set(averages.index)
    for method in found["methods"]:
        name = names[method["sampler"]]
        assert method["rank"] == pytest.approx(averages[name], abs=1e-12)
        if name != reference:
            assert [method["wins"], method["ties"], method["losses"]] == list(
                tests.loc[name, ["wins", "ties", "losses"]]
            )
            # Without a pair there is no difference, which JSON has no number for.
            difference = np.nan if method["difference"] is None else method["difference"]
            assert difference == pytest.approx(tests.loc[name, "mean_difference"], abs=1e-12, nan_ok=True)
    of_ranks = ranks.reset_index(drop=True)
    assert found["criticalDifference"] == pytest.approx(critical_difference(*of_ranks.shape[::-1]))
    test = friedman(of_ranks)
    if np.isnan(test.statistic):
        assert found["statistic"] is None
    else:
        assert found["statistic"] == pytest.approx(test.statistic)
        assert (found["statistic"] > found["critical"]) == (test.p_value < 0.05)


SELECTIONS = {
    "all": "metric == 'mcc'",
    "one data set": "metric == 'macro_f1' and dataset == 'Phoneme'",
    "few": "metric == 'mcc' and dataset in ['Phoneme', 'Electricity'] and imbalance_ratio == 100 and "
    "classifier in ['knn', 'tree'] and sampler in ['AutoSMOTE', 'SMOTE', 'NoResampling', 'TomekLinks']",
    "two methods": "metric == 'mcc' and sampler in ['AutoSMOTE', 'Random search']",
}


@needs_browser
def test_ranks_and_comparisons_are_those_of_the_analysis(
    show: Callable[..., Browser], reproduction: Path
) -> None:
    scores = collect([reproduction / "scores.parquet"])
    page = show(scores)
    names = page.evaluate("browse.data.values.sampler")
    for query in SELECTIONS.values():
        rows = scores.query(query)
        check(page.evaluate(f"browse.analyse({selection(rows)})"), names, rows)
        other = {"reference": "SMOTE"}
        if "SMOTE" in set(rows["sampler"]):
            check(page.evaluate(f"browse.analyse({selection(rows, **other)})"), names, rows, **other)


@needs_browser
def test_methods_that_lack_seeds_are_compared_on_those_that_both_have(
    show: Callable[..., Browser], reproduction: Path
) -> None:
    scores = collect([reproduction / "scores.parquet"]).query("metric == 'mcc' and classifier == 'knn'")
    lacking = (scores["sampler"] == "SMOTE") & (scores["seed"] == scores["seed"].max())
    rows = scores[~lacking]
    page = show(rows)
    names = page.evaluate("browse.data.values.sampler")
    check(page.evaluate(f"browse.analyse({selection(rows)})"), names, rows)


@needs_browser
@pytest.mark.parametrize("name", VIEWS)
def test_other_scores_are_compared_as_the_analysis_does(
    show: Callable[..., Browser], reproduction: Path, name: str
) -> None:
    scores = collect([reproduction / "fresh.parquet"])
    page = show(scores)
    seen = view(scores.query("metric == 'mcc'"), name)
    reference = seen["sampler"].iloc[0]
    found = page.evaluate(f"browse.analyse({selection(seen, VIEWS[name], reference)})")
    check(found, page.evaluate("browse.data.values.sampler"), seen, reference)


@needs_browser
def test_a_method_without_a_score_ranks_last_there(show: Callable[..., Browser]) -> None:
    scores = full(superior(8, SMOTE=0.1, NoResampling=0.2))
    failed = scores.index[scores["sampler"] == "SMOTE"][:3]
    scores.loc[failed, ["test_score", "status"]] = np.nan, "failed"
    page = show(scores)
    found = page.evaluate("browse.analyse()")
    check(found, page.evaluate("browse.data.values.sampler"), scores)
    (smote,) = [method for method in found["methods"] if method["rank"] == pytest.approx((5 * 2 + 3 * 3) / 8)]
    assert smote["missing"] == 3


@needs_browser
def test_ticking_boxes_changes_what_is_shown(show: Callable[..., Browser], reproduction: Path) -> None:
    scores = collect([reproduction / "scores.parquet"])
    page = show(scores)
    assert "25 methods in 48 configurations" in page.text()
    page.evaluate("document.querySelector('#dataset input').click()")
    assert "25 methods in 40 configurations" in page.text()
    page.evaluate("document.querySelector('#classifier input').click()")
    page.evaluate(
        "[...document.querySelectorAll('#sampler button')].find(b => b.textContent === 'none').click()"
    )
    assert "24 methods in 30 configurations" in page.text()
    kept = scores.query("metric == 'macro_f1' and dataset != 'Phoneme' and classifier != 'svm'")
    kept = kept[~kept["category"].isin(["No-resampling", "Ablation", "Extension"])]
    names = page.evaluate("browse.data.values.sampler")
    check(page.evaluate("browse.analyse()"), names, kept)
    drawn = page.evaluate("document.getElementById('ranks').data[0].x")
    assert drawn == pytest.approx(sorted(average_ranks(rank(score_matrix(kept))).iloc[0]))
    page.evaluate("document.querySelectorAll('#dataset input:checked').forEach(box => box.click())")
    assert "There are no scores in this selection." in page.text()


@needs_browser
def test_rows_of_the_table_are_listed(show: Callable[..., Browser]) -> None:
    page = show(full(superior(8, SMOTE=0.1)).assign(validation_score=0.25))
    page.evaluate("document.querySelector('#rows summary').click()")
    page.wait_for("document.querySelectorAll('#rows tbody tr').length === 16")
    assert page.evaluate("document.querySelector('#rows tbody tr').innerText").split() == [
        *("d", "0", "SVM", "AutoSMOTE", "0", "0.2500", "0.9000", "ok")
    ]


@needs_browser
def test_learning_curves_and_samples_of_a_cell_are_drawn(show: Callable[..., Browser]) -> None:
    scores = full(superior(3, SMOTE=0.1))
    curve = search_curve([0.1, 0.3, 0.2, 0.4], [0.2, 0.1, 0.1, 0.15], dataset="d").assign(imbalance_ratio=0)
    page = show(scores, learning_curves=curve, samples=[samples_of("AutoSMOTE", scores)])
    assert page.evaluate("document.getElementById('curves').data.map(t => [t.x, t.y])") == [
        [[1, 2, 4], [0.1, 0.3, 0.4]],
        [[1, 2, 4], [0.2, 0.1, 0.15]],
    ]
    drawn = page.evaluate("document.getElementById('samples').data.map(t => [t.name, t.x, t.y])")
    assert [name for name, _, _ in drawn] == ["2,000 majority", "5 synthetic", "5 minority"]
    rows = np.random.default_rng(0).normal(size=(30, 2))
    np.testing.assert_allclose(np.transpose(drawn[2][1:]), rows[20:25], atol=np.ptp(rows) / 1000)
    assert "hold 42% of the variance" in page.text()


@needs_browser
def test_without_searches_there_is_nothing_to_draw_and_nothing_is_loaded(
    show: Callable[..., Browser],
) -> None:
    page = show(full(superior(3, SMOTE=0.1)))
    assert page.evaluate("document.getElementById('searches').hidden")
    assert page.evaluate("performance.getEntriesByType('resource').length") == 0


def test_names_are_data_and_no_markup() -> None:
    scores = full(superior(3, **{"</script><script>alert(1)</script>": 0.1}))
    assert "alert(1)" not in browse.make(scores)


def test_the_page_of_the_papers_study_is_under_8_mb() -> None:
    """A table of its size, with scores that compress as badly as scores can."""
    draws = np.random.default_rng(0)
    axes = [
        [f"data{i}" for i in range(6)],
        [20, 50, 100],
        ["svm", "knn", "tree", "adaboost"],
        ["macro_f1", "mcc"],
    ]
    axes += [range(5), ["AutoSMOTE", *(f"Sampler{i}" for i in range(89))]]
    names = ["dataset", "imbalance_ratio", "classifier", "metric", "seed", "sampler"]
    scores = pd.MultiIndex.from_product(axes, names=names).to_frame(index=False)
    scores = full(scores.assign(category="New", status="ok", test_score=draws.random(len(scores))))
    scores = scores.assign(
        validation_score=draws.random(len(scores)), large_test_score=draws.random(len(scores))
    )
    # 1,680 searches: AutoSMOTE's, and eight ablations on one data set; each changes its incumbent 15 times.
    ablated = scores["sampler"].isin([f"Sampler{i}" for i in range(8)]) & scores["dataset"].eq("data3")
    searches = scores[scores["sampler"].eq("AutoSMOTE") | ablated]
    curves = searches.loc[searches.index.repeat(16)].assign(
        iteration=np.tile(np.arange(1, 17) * 60, len(searches))
    )
    for name in ("incumbent_validation_score", "incumbent_test_score"):
        curves[name] = draws.random(len(curves))
    drawn = [samples_of("AutoSMOTE", searches[i : i + 1]) for i in range(144)]
    many = draws.normal(size=(600, 2))
    for search in drawn:
        object.__setattr__(search, "majority", many[:200] + 1)
        object.__setattr__(search, "minority", many[200:400])
        object.__setattr__(search, "synthetic", draws.normal(size=(200, 2)))
    page = browse.make(scores, learning_curves=curves, samples=drawn)
    data = json.loads(gzip.decompress(base64.b64decode(re.search('id="data">(.*?)<', page)[1])))
    assert len(data["rows"]["test_score"]) == 64_800
    assert len(data["curves"]) == 1_680
    assert len(data["samples"]) == 144
    assert len(page.encode()) < 8e6
