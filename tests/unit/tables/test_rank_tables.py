"""Tables 2, 3 and 4 from hand-worked score tables to their print."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata, wilcoxon
from score_rows import frame, nan, rows, superior

from autosmote.tables.rendering import to_latex, to_markdown
from autosmote.tables.table2 import make as table2
from autosmote.tables.table3 import make as table3
from autosmote.tables.table4 import make as table4

# Ranks of NoResampling, SMOTE and AutoSMOTE: 2.5, 2.5, 1 (d1, svm); 1, 3, 2 (d1, knn); 3, 2, 1 (d2).
HAND_WORKED = frame(
    rows("d1", "svm", "AutoSMOTE", [0.5, 0.5]),
    rows("d1", "svm", "NoResampling", [0.2, 0.4]),
    rows("d1", "svm", "SMOTE", [0.3, 0.3]),
    rows("d1", "knn", "AutoSMOTE", [0.8, 0.6]),
    rows("d1", "knn", "NoResampling", [0.9, 0.9]),
    rows("d1", "knn", "SMOTE", [nan, nan], status="failed"),
    rows("d2", "svm", "AutoSMOTE", [0.6]),  # its second seed is absent
    rows("d2", "svm", "NoResampling", [0.1, 0.1]),
    rows("d2", "svm", "SMOTE", [0.1, 0.3], status="unchanged"),
)


def test_table2_by_hand():
    data = table2(HAND_WORKED).data
    assert list(data)[:6] == [
        "category",
        "method",
        "dataset",
        "metric",
        "average_rank",
        "autosmote_significantly_better",
    ]
    assert list(data["method"].unique()) == ["No resampling", "SMOTE", "AutoSMOTE"]
    assert list(data["category"].unique()) == ["No-resampling", "Over-sampling", "Auto-sampling"]
    assert list(data["dataset"].unique()) == ["d1", "d2", "Overall"]
    ranks = data.pivot(index="dataset", columns="method", values="average_rank")
    assert ranks.loc["d1"].to_dict() == {"No resampling": 1.75, "SMOTE": 2.75, "AutoSMOTE": 1.5}
    assert ranks.loc["d2"].to_dict() == {"No resampling": 3, "SMOTE": 2, "AutoSMOTE": 1}
    assert ranks.loc["Overall"].to_dict() == pytest.approx(
        {"No resampling": 6.5 / 3, "SMOTE": 7.5 / 3, "AutoSMOTE": 4 / 3}
    )


def test_table2_counts_gaps():
    data = table2(HAND_WORKED).data.set_index(["method", "dataset"])
    assert data.loc["SMOTE", "cells"].to_dict() == {"d1": 4, "d2": 2, "Overall": 6}
    assert data.loc["SMOTE", "missing"].to_dict() == {"d1": 2, "d2": 0, "Overall": 2}
    assert data.loc["SMOTE", "unchanged"].to_dict() == {"d1": 0, "d2": 2, "Overall": 2}
    assert data.loc["AutoSMOTE", "missing"].to_dict() == {"d1": 0, "d2": 1, "Overall": 1}
    assert data.loc["No resampling", "missing"].sum() == 0


def test_markdown_has_the_papers_layout_and_the_counts():
    lines = to_markdown(table2(HAND_WORKED)).splitlines()
    assert lines[0] == "Average ranks of the samplers in terms of MCC; lower is better, the best are bold."
    assert lines[2:7] == [
        "| Category | Method | d1 | d2 | Overall |",
        "| --- | --- | ---: | ---: | ---: |",
        "| No-resampling | No resampling | 1.75 | 3.00 | 2.17 |",
        "| Over-sampling | SMOTE | 2.75 | 2.00 | 2.50 |",
        "| Auto-sampling | AutoSMOTE | **1.50** | **1.00** | **1.33** |",
    ]
    notes = "\n".join(lines[7:])
    assert "Ranks among 3 samplers" in notes
    assert "(1 to 2 per data set, 3 overall)" in notes
    assert "ranking: 2." in notes
    assert "fewer than 6 pairs: 6 of 6." in notes
    assert "3 of 18 cells" in notes
    assert "AutoSMOTE 1 (1 absent)" in notes
    assert "SMOTE 2 (2 failed)" in notes
    assert "In 2 cells the sampler returned the data unchanged; they count: SMOTE 2." in notes


def test_both_metrics_share_a_cell():
    table = table2(pd.concat([HAND_WORKED.assign(metric="macro_f1"), HAND_WORKED]))
    lines = to_markdown(table).splitlines()
    assert "Macro-F1/MCC" in lines[0]
    assert (
        lines[6]
        == "| Auto-sampling | AutoSMOTE | **1.50**/**1.50** | **1.00**/**1.00** | **1.33**/**1.33** |"
    )


def test_marks_and_their_correction():
    table = table2(superior(6, NoResampling=0.1, SMOTE=0.2))
    data = table.data.set_index(["method", "dataset"])
    assert data.loc["SMOTE", "autosmote_significantly_better"].all()
    assert not data.loc["AutoSMOTE", "autosmote_significantly_better"].any()
    assert data.loc[("SMOTE", "d"), "p_value"] == pytest.approx(2 / 64)
    assert data.loc[("SMOTE", "d"), "p_value_holm"] == pytest.approx(4 / 64)
    assert data.loc[("SMOTE", "d"), "pairs"] == 6
    assert data.loc["AutoSMOTE", ["p_value", "pairs"]].isna().all(axis=None)
    markdown = to_markdown(table)
    assert "| SMOTE | 3.00▲ | 3.00▲ |" in markdown
    assert "for each metric by itself: 0 of 4." in markdown
    assert "for each metric by itself: 2 of 2." in to_markdown(table2(superior(6, SMOTE=0.2)))


def test_categories_have_the_papers_order_and_are_named_once():
    scores = superior(1, Novel=0.1, SMOTE=0.2, NoResampling=0.3, Other=0.4)
    lines = to_markdown(table2(scores)).splitlines()[4:9]
    assert [line.split(" | ")[:2] for line in lines] == [
        ["| No-resampling", "No resampling"],
        ["| Over-sampling", "SMOTE"],
        ["| New", "Novel"],
        ["| ", "Other"],
        ["| Auto-sampling", "AutoSMOTE"],
    ]


def test_equal_ranks_are_all_bold():
    scores = frame(rows("d", "svm", "AutoSMOTE", [0.5]), rows("d", "svm", "SMOTE", [0.5]))
    markdown = to_markdown(table2(scores))
    assert "| SMOTE | **1.50** | **1.50** |" in markdown
    assert "| AutoSMOTE | **1.50** | **1.50** |" in markdown


def test_a_study_without_the_reference_is_ranked_but_not_tested():
    table = table2(HAND_WORKED[HAND_WORKED["sampler"] != "AutoSMOTE"])
    assert table.data["p_value"].isna().all()
    assert not table.data["autosmote_significantly_better"].any()
    assert "AutoSMOTE is not among the samplers, so nothing was tested." in table.notes


def test_what_methods_say_of_their_scores_is_a_note():
    said = [
        rows("d", "svm", "MESA", [0.5, 0.4], message="a sigmoid"),
        rows("d", "knn", "MESA", [0.5]),
        rows("d", "svm", "Merged", [0.5], message="trained on"),
        rows("d", "knn", "Merged", [0.5], message="trained on"),
        rows("d", "svm", "SMOTE", [0.5], message="1 of 2 ratios (0.1) not applicable", resampled_to=0.5),
        rows("d", "svm", "TomekLinks", [0.5], status="unchanged", message="unchanged"),
        rows("d", "svm", "AllKNN", [nan], status="failed", message="broken"),
    ]
    assert table2(frame(*said)).notes[-2:] == ("MESA with SVM: a sigmoid.", "Merged: trained on.")


def test_one_sampler_one_cell():
    table = table2(frame(rows("d", "svm", "AutoSMOTE", [0.5])))
    assert list(table.data["average_rank"]) == [1, 1]
    assert "All 1 cells (sampler, configuration, seed, metric) have a score." in table.notes


def test_a_method_that_never_worked():
    table = table2(frame(rows("d", "svm", "AutoSMOTE", [0.5]), rows("d", "svm", "SMOTE", [nan], "timeout")))
    data = table.data.set_index(["method", "dataset"])
    assert data.loc[("SMOTE", "Overall"), ["average_rank", "missing", "pairs"]].tolist() == [2, 1, 0]


def test_row_order_changes_no_number():
    keys = ["method", "dataset", "metric"]
    expected = table2(HAND_WORKED).data.sort_values(keys).reset_index(drop=True)
    for seed in range(5):
        data = table2(HAND_WORKED.sample(frac=1, random_state=seed)).data
        pd.testing.assert_frame_equal(data.sort_values(keys).reset_index(drop=True), expected)


def fixed_scores():
    """Four methods, 14 configurations, 2 seeds; coarse scores so that ties occur, and a few failures."""
    draws = np.random.default_rng(7)
    groups = []
    for dataset, classifier, ratio in itertools.product(["d1", "d2"], ["svm", "tree"], [20, 50, 100]):
        for sampler in ("AutoSMOTE", "NoResampling", "SMOTE", "Other"):
            scores = list((draws.integers(4, 9, 2) + 2 * (sampler == "AutoSMOTE")) / 10)
            if sampler == "Other" and ratio == 100:
                scores, status = [nan, nan], "failed"
            else:
                status = "ok"
            groups.append(rows(dataset, classifier, sampler, scores, status, ratio=ratio))
    return frame(*groups)


def test_table2_is_recomputed_by_hand_from_a_fixed_score_table():
    scores = fixed_scores()
    samplers = ["NoResampling", "SMOTE", "Other", "AutoSMOTE"]
    # Plain dictionaries and loops: means over seeds, ranks within a configuration, then averages and tests.
    means = {}
    for row in scores.to_dict("records"):
        key = row["dataset"], row["classifier"], row["imbalance_ratio"]
        means.setdefault(key, {}).setdefault(row["sampler"], []).append(row["test_score"])
    means = {key: {s: sum(v) / len(v) for s, v in found.items()} for key, found in means.items()}
    ranks, left_out = {}, {}
    for key, found in means.items():
        values = [-9 if np.isnan(found[s]) else round(found[s], 6) for s in samplers]
        ranks[key] = dict(zip(samplers, rankdata([-v for v in values]), strict=True))
        scored = [s for s in samplers if not np.isnan(found[s])]
        ranked = rankdata([-round(found[s], 6) for s in scored])
        left_out[key] = dict(zip(scored, ranked, strict=True))
    data = table2(scores).data.replace({"method": {"No resampling": "NoResampling"}})
    assert len(data) == 4 * 3
    for row in data.to_dict("records"):
        keys = [key for key in means if row["dataset"] in (key[0], "Overall")]
        sampler = row["method"]
        assert row["average_rank"] == pytest.approx(sum(ranks[key][sampler] for key in keys) / len(keys))
        has = [key for key in keys if sampler in left_out[key]]
        assert row["average_rank_left_out"] == pytest.approx(
            sum(left_out[key][sampler] for key in has) / len(has)
        )
        assert row["coverage"] == len(has) / len(keys)
        if sampler != "AutoSMOTE":
            differences = [round(means[key]["AutoSMOTE"] - means[key][sampler], 6) for key in has]
            assert row["pairs"] == len(differences)
            if len(differences) < 6:
                assert np.isnan(row["p_value"])
                continue
            nonzero = [d for d in differences if d]
            expected = wilcoxon(nonzero).pvalue
            assert row["p_value"] == pytest.approx(expected)
            in_favour = np.dot(rankdata(np.abs(nonzero)), np.sign(nonzero)) > 0
            assert row["autosmote_significantly_better"] == (expected < 0.05 and in_favour)
    assert data["autosmote_significantly_better"].any()
    assert not data["autosmote_significantly_better"].all()


def test_tables_take_their_own_methods_only():
    scores = superior(
        6,
        SMOTE=0.1,
        NoResampling=0.2,
        **{"smote_variants.ADASYN": 0.05, "smote_variants.Lee": 0.3, "Flat policy": 0.15, "ClassWeight": 0.4},
    )
    assert set(table2(scores).data["method"]) == {"AutoSMOTE", "SMOTE", "No resampling"}
    assert set(table3(scores).data["method"]) == {"AutoSMOTE", "ADASYN", "Lee"}
    assert set(table4(scores).data["method"]) == {"AutoSMOTE", "Flat policy"}


def test_table3_is_ordered_by_rank_for_each_metric():
    scores = superior(6, **{"smote_variants.A": 0.3, "smote_variants.B": -0.1, "smote_variants.C": 0.3})
    reverse = scores.assign(metric="macro_f1", test_score=1 - scores["test_score"])
    table = table3(pd.concat([scores, reverse]))
    lines = to_markdown(table).splitlines()
    assert lines[2] == "| Place | Sampler | MCC | Place | Sampler | Macro-F1 |"
    # A and C tie; the mark says that AutoSMOTE is better, so B has none in MCC.
    assert lines[4:8] == [
        "| 1 | B | **1.00** | 1 | A | **1.50** |",
        "| 2 | AutoSMOTE | 2.00 | 1 | C | **1.50** |",
        "| 3 | A | 3.50▲ | 3 | AutoSMOTE | 3.00 |",
        "| 3 | C | 3.50▲ | 4 | B | 4.00▲ |",
    ]
    assert table.data.query("dataset == 'Overall' and metric == 'mcc'")["place"].tolist() == [3, 1, 3, 2]


def test_table3_counts_failed_cells_by_status():
    scores = pd.concat(
        [
            superior(2, **{"smote_variants.A": 0.1}),
            frame(rows("d", "svm", "smote_variants.B", [nan], "timeout", ratio=0)),
            frame(rows("d", "svm", "smote_variants.B", [nan], "failed", ratio=1)),
        ]
    )
    assert "2 of 6 cells" in "\n".join(table3(scores).notes)
    assert "B 2 (1 timeout, 1 failed)" in "\n".join(table3(scores).notes)


def test_table4_is_over_the_data_sets_with_ablations():
    everywhere = superior(2).assign(dataset="elsewhere")
    scores = pd.concat([everywhere, superior(2, **{"Flat policy": 0.1, "Random search": 0.2})])
    table = table4(scores)
    assert set(table.data["dataset"]) == {"d", "Overall"}
    assert "its ablations on d;" in table.caption
    assert [row[0] for row in table.rows] == ["Flat policy", "Random search", "Full AutoSMOTE"]
    assert to_markdown(table).splitlines()[6] == "| Full AutoSMOTE | **1.00** |"


@pytest.mark.parametrize(("make", "remedy"), [(table3, "study.variants"), (table4, "`ablation`")])
def test_a_table_without_methods_says_how_to_get_them(make, remedy):
    with pytest.raises(ValueError, match=remedy):
        make(HAND_WORKED)


def test_latex_of_table2():
    latex = to_latex(table2(superior(6, NoResampling=0.1, SMOTE=0.2)))
    assert r"Over-sampling & SMOTE & 3.00$^{\blacktriangle}$ & 3.00$^{\blacktriangle}$ \\" in latex
    assert r"Auto-sampling & AutoSMOTE & \textbf{1.00} & \textbf{1.00} \\" in latex
    assert latex.count(r"\midrule") == 3  # below the header and between three categories
    assert r"p $<$ 0.05" in latex
