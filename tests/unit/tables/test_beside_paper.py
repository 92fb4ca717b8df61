"""The paper's numbers as they ship, and ours beside them."""

import numpy as np
import pandas as pd
import pytest
from score_rows import frame, rows, superior

from autosmote.tables import beside_paper
from autosmote.tables.rendering import to_markdown

PAPERS = ["Phoneme", "PhishingWebsites", "EEGEyeState", "Mozilla4", "MagicTelescope", "Electricity"]


def test_the_papers_ranks_sum_to_what_25_methods_must_have():
    ranks = beside_paper.papers_table(2).groupby(["dataset", "metric"])["average_rank"]
    assert set(ranks.size()) == {25}
    # Rounded to two decimals. The one exception is a slip of the paper; the README beside the data names it.
    wrong = ranks.sum()[(ranks.sum() - 25 * 26 / 2).abs() > 0.5]
    assert list(wrong.index) == [("Overall", "mcc")]


def test_numbers_of_all_tables_ship():
    table1 = beside_paper.papers_table(1).set_index("dataset")
    assert list(table1.index) == PAPERS
    assert table1.loc["Mozilla4", ["majority", "minority_ir20", "minority_ir100"]].tolist() == [
        10437,
        521,
        104,
    ]
    table3 = beside_paper.papers_table(3)
    assert table3.loc[table3["sampler"] == "GASMOTE", "average_rank"].item() == 15.25
    table4 = beside_paper.papers_table(4).set_index("method")
    assert table4.loc["Flat policy", ["macro_f1_rank", "mcc_rank"]].tolist() == [4.67, 5.25]


def test_table1():
    ours = [
        {"dataset": "Phoneme", "openml_id": 1489, "majority": 3800, "minority_ir20": 190, "features": 5},
        {"dataset": "digits", "openml_id": None, "majority": 1623, "minority_ir20": 81, "features": 64},
    ]
    table = beside_paper.table1(ours)
    lines = to_markdown(table).splitlines()
    assert "| Phoneme | openml id | 1489 | 1489 | +0 |" in lines
    assert "|  | majority | 3800 | 3818 | −18 |" in lines
    assert not any("digits" in line for line in lines)
    assert beside_paper.CITATION in to_markdown(table)


def on(datasets, *groups):
    return pd.concat([frame(*groups).assign(dataset=dataset) for dataset in datasets], ignore_index=True)


def configurations(sampler, scores, metric="macro_f1"):
    return [
        row
        for ratio, score in enumerate(scores)
        for row in rows("d", "svm", sampler, [score], "ok", metric, ratio)
    ]


AUTO, PLAIN = [0.9, 0.9, 0.9, 0.9, 0.9, 0.9], [0.8, 0.7, 0.6, 0.5, 0.4, 0.3]


def test_table2_sets_ranks_and_marks_side_by_side():
    scores = on(
        ["Phoneme", "mine"],
        configurations("AutoSMOTE", AUTO),
        configurations("NoResampling", PLAIN),
        configurations("SMOTE", AUTO),
        configurations("Novel", PLAIN),
    )
    table = beside_paper.table2(scores)
    data = table.data.set_index(["dataset", "method", "metric"])
    # Neither our own data set, nor a method of ours, nor an overall rank that is over other data sets.
    assert set(data.index) == {("Phoneme", m, "macro_f1") for m in ("AutoSMOTE", "No resampling", "SMOTE")}
    plain = data.loc[("Phoneme", "No resampling", "macro_f1")]
    assert plain.tolist() == [3.5, 16.5, -13.0, True, True, True]
    smote = data.loc[("Phoneme", "SMOTE", "macro_f1")]
    assert smote[["ours", "paper"]].tolist() == [1.5, 7.25]
    assert smote[["ours_significant", "paper_significant", "agree"]].tolist() == [False, False, True]
    auto = data.loc[("Phoneme", "AutoSMOTE", "macro_f1")]
    assert auto[["ours_significant", "paper_significant", "agree"]].isna().all()
    text = to_markdown(table)
    assert "| Phoneme | No resampling | 3.50▲ | 16.50▲ | −13.00 | yes |" in text
    assert "|  | AutoSMOTE | 1.50 | 5.75 | −4.25 |  |" in text
    assert "here 4 methods, 6 configurations per data set and 1 seeds, in the paper 25, 12 and 5" in text
    assert "agree in 2 of 2 cells" in text


def test_overall_needs_all_six_data_sets():
    groups = configurations("AutoSMOTE", AUTO), configurations("SMOTE", PLAIN)
    assert "Overall" not in set(beside_paper.table2(on(PAPERS[:5], *groups)).data["dataset"])
    complete = beside_paper.table2(on([*PAPERS, "mine"], *groups)).data
    assert list(complete["dataset"].unique()) == [*PAPERS, "Overall"]
    overall = complete.query("dataset == 'Overall' and method == 'SMOTE'").iloc[0]
    assert overall[["ours", "paper"]].tolist() == [2, 9.21]


def test_table3_finds_the_variants_under_their_printed_names():
    names = ["Supervised_SMOTE", "GASMOTE", "cluster_SMOTE", "SMOTE_PSO", "Lee"]
    groups = [configurations(f"smote_variants.{name}", PLAIN) for name in names]
    table = beside_paper.table3(on(PAPERS, configurations("AutoSMOTE", AUTO), *groups))
    data = table.data.set_index("method")
    assert set(data.index) == {"AutoSMOTE", "SupervisedSMOTE", "GASMOTE", "ClusterSMOTE", "SMOTEPSO"}
    assert data["paper"].to_dict()["SMOTEPSO"] == 22.11
    assert set(data["ours"]) == {1, 4}
    assert beside_paper.table3(on(PAPERS[:2], configurations("AutoSMOTE", AUTO), *groups)).data.empty


def test_table4_is_on_mozilla4():
    groups = configurations("AutoSMOTE", AUTO, "mcc"), configurations("Flat policy", PLAIN, "mcc")
    table = beside_paper.table4(on(["Mozilla4", "Phoneme"], *groups))
    data = table.data.set_index("method")
    assert data.loc["Flat policy", ["ours", "paper"]].tolist() == [2, 5.25]
    assert data.loc["AutoSMOTE", ["ours", "paper"]].tolist() == [1, 2.08]
    assert bool(data.loc["Flat policy", "agree"])


@pytest.mark.parametrize("number", [2, 4])
def test_a_study_without_the_papers_data_says_so(number):
    scores = superior(6, **{"Flat policy": 0.1, "SMOTE": 0.2})
    table = getattr(beside_paper, f"table{number}")(scores)
    assert table.rows == ()
    assert f"no number that can be set beside the paper's Table {number}" in to_markdown(table)


def test_untested_cells_do_not_agree_or_disagree():
    groups = configurations("AutoSMOTE", AUTO[:3]), configurations("SMOTE", PLAIN[:3])
    table = beside_paper.table2(on(["Mozilla4"], *groups))
    row = table.data.set_index("method").loc["SMOTE"]
    assert pd.isna(row["ours_significant"]) and pd.isna(row["agree"])
    assert bool(row["paper_significant"])
    assert "| 2.00 | 12.00▲ | −10.00 |  |" in to_markdown(table)
    assert np.isfinite(row["difference"])
