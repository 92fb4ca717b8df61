"""The page that says what came out."""

import html
import re

import numpy as np
import pandas as pd
import pytest
from score_rows import frame, rows, superior

pytest.importorskip("matplotlib", reason="needs the study extra")

from autosmote.pages import overview


def table(scores: pd.DataFrame) -> pd.DataFrame:
    """A score table without a large test set."""
    return scores.assign(large_test_score=np.nan)


def items(page: str) -> list[str]:
    return [html.unescape(re.sub("<[^>]+>", "", item)) for item in re.findall("<li>(.*?)</li>", page)]


def test_the_headline_names_the_first_the_margin_and_the_tests() -> None:
    scores = table(superior(8, SMOTE=0.1, NoResampling=0.2))
    assert items(overview.make(scores)) == [
        "MCC: AutoSMOTE is first of 3 methods, with an average rank of 1.00 over 8 configurations, 1.00 "
        "ahead of SMOTE (2.00). It is significantly better than 2 of the 2 others."
    ]


def test_methods_of_other_tables_do_not_count() -> None:
    scores = table(superior(8, SMOTE=0.1, ClassWeight=-0.3))
    (item,) = items(overview.make(scores))
    assert item.startswith("MCC: AutoSMOTE is first of 2 methods")


def test_each_test_set_has_its_own_headline() -> None:
    scores = superior(8, SMOTE=0.1)
    scores["large_test_score"] = 1 - scores["test_score"]
    first, second = items(overview.make(scores))
    assert first.startswith("MCC: AutoSMOTE is first of 2")
    assert second.startswith("MCC: SMOTE is first of 2")
    assert "<b>Large test set</b>" in overview.make(scores)
    assert "<b>Large test set</b>" not in overview.make(scores.assign(large_test_score=np.nan))


def test_without_enough_configurations_the_page_says_so() -> None:
    (item,) = items(overview.make(table(superior(5, SMOTE=0.1))))
    assert item.endswith("5 configurations can show nothing significant.")
    (item,) = items(overview.make(table(superior(1, SMOTE=0.1))))
    assert item.endswith(
        "over one configuration, 1.00 ahead of SMOTE (2.00). One configuration can show nothing significant."
    )


def test_a_first_place_that_is_shared_is_said_to_be() -> None:
    tied = [("NoResampling", 0.9), ("AutoSMOTE", 0.9), ("SMOTE", 0.1)]
    scores = table(frame(*(rows("d", "svm", sampler, [score]) for sampler, score in tied)))
    (item,) = items(overview.make(scores))
    assert item.startswith("MCC: No resampling and AutoSMOTE are first of 3 methods, with an average rank")
    same = scores.assign(test_score=0.5)
    assert items(overview.make(same)) == ["MCC: all of the 3 methods have the same average rank."]


def test_coverage_counts_the_cells_and_says_what_they_lack() -> None:
    scores = superior(4, SMOTE=0.1)
    assert overview.coverage_sentence(scores).startswith("All 8 cells")
    failed = scores.index[(scores["sampler"] == "SMOTE")][:2]
    scores.loc[failed, ["test_score", "status"]] = np.nan, "not_applicable"
    scores = scores.drop(scores.index[(scores["sampler"] == "SMOTE")][2])
    assert overview.coverage_sentence(scores) == (
        "5 of 8 cells of the methods of Table 2 have a score (62.5%). The others: 2 not applicable, 1 "
        "absent. A method without a score ranks last."
    )


def test_names_are_text_and_no_markup() -> None:
    scores = table(superior(6, **{"<script>alert(1)</script>": 0.1}))
    page = overview.make(scores)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_page_needs_no_other_file_and_fits_a_report() -> None:
    metrics = [superior(8, SMOTE=0.1).assign(metric=metric) for metric in ("macro_f1", "mcc")]
    page = overview.make(table(pd.concat(metrics)))
    assert page.count("<img") == page.count('src="data:image/png;base64,') == 1
    assert not re.search(r"""(src|href)=["'](?!data:)""", page)
    # docutils refuses longer lines.
    assert max(map(len, page.splitlines())) < 10_000
