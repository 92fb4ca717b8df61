"""The tables of comparisons, Friedman's test, mean scores and coverage."""

import math
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from score_rows import demsars_scores, frame, nan, rows, superior

from autosmote.analysis.friedman import critical_difference, friedman
from autosmote.analysis.methods import against, families, in_order, main_comparison
from autosmote.tables import comparisons, coverage, in_place, mean_scores
from autosmote.tables.friedman import make as friedman_table
from autosmote.tables.rendering import to_markdown

VARIANTS = {"smote_variants.SMOTE": 0.05, "smote_variants.Lee": 0.3}


def lines_of(table):
    return to_markdown(table).splitlines()


def test_comparisons_by_hand():
    table = comparisons.make(superior(6, SMOTE=0.2, NoResampling=0.4))
    lines = lines_of(table)
    assert lines[2] == "| Table | Method | MCC: won/tied/lost | difference | effect | p | p (Holm) |"
    # The gap grows from 0.2 by 0.002 per configuration; p = 2/64, twice that after Holm.
    assert lines[4] == "| Table 2 | SMOTE | 6/0/0 | +0.205 | +1.00 | 0.031 | 0.062 |"
    assert lines[5] == "|  | No resampling | 6/0/0 | +0.410 | +1.00 | 0.031 | 0.062 |"


def test_comparisons_correct_each_table_by_itself():
    scores = superior(6, SMOTE=0.1, NoResampling=0.2, **VARIANTS, **{"Flat policy": -0.1, "ClassWeight": 0.1})
    data = comparisons.make(scores).data.query("dataset == 'Overall'").set_index(["table", "method"])
    assert set(data.index) == {
        ("Table 2", "SMOTE"),
        ("Table 2", "No resampling"),
        ("Table 3", "SMOTE"),
        ("Table 3", "Lee"),
        ("Table 4", "Flat policy"),
    }
    assert data.loc["Table 2", "p_value_holm"].tolist() == pytest.approx([4 / 64] * 2)
    assert data.loc["Table 3", "p_value_holm"].tolist() == pytest.approx([4 / 64] * 2)
    flat = data.loc[("Table 4", "Flat policy")]
    assert flat["p_value_holm"] == pytest.approx(2 / 64)
    assert (flat["losses"], flat["significant"], flat["rank_biserial"]) == (6, False, -1)


def test_a_study_of_ablations_alone_has_no_rows_for_table_2():
    scores = superior(6, **{"Flat policy": 0.1})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert set(comparisons.make(scores).data["table"]) == {"Table 4"}
    assert set(friedman_table(scores).data["table"]) == {"Table 4"}
    assert set(friedman_table(superior(6)).data["table"]) == {"Table 2"}
    assert set(coverage.make(scores).data["table"]) == {"Table 2", "Table 4"}


def test_extensions_are_compared_where_they_were_run():
    scores = pd.concat([superior(6).assign(dataset="elsewhere"), superior(7, ClassWeight=0.1, SMOTE=0.2)])
    table = comparisons.make_extensions(scores)
    assert set(table.data["method"]) == {"ClassWeight"}
    assert set(table.data["dataset"]) == {"d", "Overall"}
    assert lines_of(table)[4] == "| ClassWeight | d | 7/0/0 | +0.103 | +1.00 | 0.016 | 0.016 |"
    assert "All 7 cells (sampler, configuration, seed, metric) have a score." in table.notes
    everywhere = pd.concat([superior(6, ClassWeight=0.1).assign(dataset=name) for name in ("d", "elsewhere")])
    assert lines_of(comparisons.make_extensions(everywhere))[4].startswith("| ClassWeight | all | 12/0/0 |")
    with pytest.raises(ValueError, match="extensions"):
        comparisons.make_extensions(superior(3))


def test_each_is_ranked_in_autosmote_s_place_by_itself():
    scores = superior(6, SMOTE=0.1, NoResampling=0.4, ClassWeight=-0.1, **{"Flat policy": 0.2})
    lines = lines_of(in_place.make(scores))
    assert lines[2] == "| Method | Configurations | MCC: rank | place | AutoSMOTE's rank | place there |"
    assert lines[4] == "| ClassWeight | 6 | 1.00 | 1 | 1.00 | 1 |"
    # Behind SMOTE and before no resampling; neither AutoSMOTE nor the other extension pushes it down.
    assert lines[5] == "| Flat policy | 6 | 2.00 | 2 | 1.00 | 1 |"
    assert set(in_place.make(scores).data["methods"]) == {3}


def test_what_ran_in_fewer_cells_is_ranked_there():
    scores = superior(6, SMOTE=0.1, ClassWeight=0.2)
    first = scores["imbalance_ratio"] == scores["imbalance_ratio"].min()
    part = scores[first | (scores["sampler"] != "ClassWeight")]
    data = in_place.make(part).data.query("dataset == 'Overall'")
    assert data["configurations"].item() == 1
    assert data[["average_rank", "autosmote_rank"]].to_numpy().tolist() == [[2, 1]]
    without = scores[~first | (scores["sampler"] != "AutoSMOTE")]
    assert in_place.make(without).data["autosmote_rank"].isna().all()


def test_nothing_is_ranked_where_the_methods_of_table_2_were_not_run():
    scores = superior(6, SMOTE=0.1, ClassWeight=0.2)
    first = scores["imbalance_ratio"] == scores["imbalance_ratio"].min()
    data = in_place.make(scores[first | (scores["sampler"] == "ClassWeight")]).data
    # Else it would be first of one in the other five.
    assert data.query("dataset == 'Overall'")[["configurations", "average_rank"]].to_numpy().tolist() == [
        [1, 2]
    ]


def test_what_has_no_score_at_all_is_not_ranked():
    # As where all is refitted but a method that cannot be.
    scores = superior(6, SMOTE=0.1, ClassWeight=0.2, **{"Flat policy": 0.1})
    scores.loc[scores["sampler"] == "ClassWeight", "test_score"] = nan
    assert set(in_place.make(scores).data["method"]) == {"Flat policy"}
    assert in_place.make(scores[scores["sampler"] != "Flat policy"]).rows == ()


def test_untested_comparisons_have_a_dash():
    assert lines_of(comparisons.make(superior(3, SMOTE=0.2)))[4].endswith(
        "| 3/0/0 | +0.202 | +1.00 | – | – |"
    )
    assert lines_of(friedman_table(superior(3, SMOTE=0.2)))[4].endswith("| 3 | 2 | – | – | – | – | – |")


def test_without_the_reference_nothing_is_compared():
    scores = superior(3, ClassWeight=0.1, SMOTE=0.1)
    scores = scores[scores["sampler"] != "AutoSMOTE"]
    for table in (comparisons.make(scores), comparisons.make_extensions(scores)):
        assert table.rows == ()
        assert "AutoSMOTE is not among the samplers" in to_markdown(table)


def test_friedman_gives_the_published_example():
    ranks = (-demsars_scores()).rank(axis=1)
    assert ranks.mean().round(3).tolist() == pytest.approx([3.143, 2.000, 2.893, 1.964], abs=1e-3)
    test = friedman(ranks)
    # He computes 9.28 and 3.69 without a correction for ties: from the average ranks alone.
    uncorrected = 12 * 14 / (4 * 5) * ((ranks.mean() ** 2).sum() - 4 * 25 / 4)
    assert uncorrected == pytest.approx(9.28, abs=0.01)
    tied = 1 - sum(
        (count**3 - count) for _, row in ranks.iterrows() for count in row.value_counts() if count > 1
    ) / (14 * (4**3 - 4))
    assert test.statistic == pytest.approx(uncorrected / tied)
    assert test.f_statistic == pytest.approx(13 * test.statistic / (14 * 3 - test.statistic))
    assert 0.01 < test.f_p_value < test.p_value < 0.05
    # Nemenyi: his critical value for four classifiers is 2.569.
    assert critical_difference(4, 14) == pytest.approx(2.569 * math.sqrt(4 * 5 / (6 * 14)), abs=1e-3)


@pytest.mark.parametrize(("methods", "value"), [(2, 1.960), (3, 2.343), (5, 2.728), (10, 3.164)])
def test_critical_values_are_the_published_ones(methods, value):
    # Demšar (2006), Table 5(a), alpha 0.05
    assert critical_difference(methods, 1) == pytest.approx(
        value * math.sqrt(methods * (methods + 1) / 6), rel=1e-3
    )


@pytest.mark.parametrize("alpha", [0.05, 0.1])
def test_methods_differ_by_nemenyis_p_values_where_their_ranks_differ_critically(alpha):
    posthocs = pytest.importorskip("scikit_posthocs")  # the diagrams have its p-values
    ranks = (-demsars_scores()).rank(axis=1)
    p_values = posthocs.posthoc_nemenyi_friedman(ranks)
    differences = np.abs(np.subtract.outer(*2 * [ranks.mean().to_numpy()]))
    assert ((p_values < alpha) == (differences > critical_difference(4, 14, alpha))).all(axis=None)


def test_friedman_where_it_cannot_or_need_not_be_made():
    nothing = [
        pd.DataFrame([[1, 2], [2, 1]]),  # two methods
        pd.DataFrame([[1, 2, 3]]),  # one configuration
        pd.DataFrame([[2.0, 2.0, 2.0]] * 4),  # all equal
    ]
    for ranks in nothing:
        assert math.isnan(friedman(ranks).p_value)
    unanimous = friedman(pd.DataFrame([[1, 2, 3]] * 4))
    assert unanimous.statistic == pytest.approx(8)
    assert (unanimous.f_statistic, unanimous.f_p_value) == (math.inf, 0)


def test_friedman_table():
    scores = superior(6, SMOTE=0.1, NoResampling=0.2, Novel=0.3, **VARIANTS)
    table = friedman_table(scores)
    assert table.data[["table", "dataset", "methods", "configurations"]].values.tolist() == [
        ["Table 2", "d", 4, 6],
        ["Table 2", "Overall", 4, 6],
        ["Table 3", "d", 3, 6],
        ["Table 3", "Overall", 3, 6],
    ]
    assert table.data["chi_square"].tolist() == pytest.approx([18, 18, 12, 12])
    assert "are not independent" in to_markdown(table)


def test_mean_scores_by_hand():
    scores = frame(
        rows("d1", "svm", "AutoSMOTE", [0.5, 0.7]),
        rows("d1", "knn", "AutoSMOTE", [0.2, 0.2]),
        rows("d1", "svm", "SMOTE", [0.4, 0.4]),
        rows("d1", "knn", "SMOTE", [nan, nan], "failed"),
        rows("d2", "svm", "AutoSMOTE", [0.9]),
    )
    table = mean_scores.make(scores)
    # Standard deviations 0.1 * sqrt(2) and 0: root mean square 0.1.
    assert lines_of(table)[4:6] == [
        "| Over-sampling | SMOTE | MCC | 0.400 ± 0.000† |  |",
        "| Auto-sampling | AutoSMOTE | MCC | 0.400 ± 0.100 | 0.900 |",
    ]
    data = table.data.set_index(["method", "dataset", "classifier"])
    first = data.loc[("AutoSMOTE", "d1", "svm")]
    assert first[["seeds", "mean", "minimum", "maximum"]].tolist() == [2, pytest.approx(0.6), 0.5, 0.7]
    assert first["standard_deviation"] == pytest.approx(np.std([0.5, 0.7], ddof=1))
    assert data.loc[("SMOTE", "d1", "knn"), "seeds"] == 0
    assert math.isnan(data.loc[("AutoSMOTE", "d2", "svm"), "standard_deviation"])


def test_mean_scores_keep_methods_of_one_name_apart():
    table = mean_scores.make(superior(2, SMOTE=0.1, **VARIANTS))
    assert [row[:2] for row in table.rows] == [
        ("Over-sampling", "SMOTE"),
        ("SMOTE variant", "SMOTE"),
        ("", "Lee"),
        ("Auto-sampling", "AutoSMOTE"),
    ]
    assert len({row[3] for row in table.rows}) == 4
    with pytest.raises(ValueError, match="no rows"):
        mean_scores.make(superior(1).iloc[:0])


def test_coverage_by_hand():
    scores = frame(
        rows("d", "svm", "AutoSMOTE", [0.5, 0.7]),
        rows("d", "knn", "AutoSMOTE", [0.2, 0.2]),
        rows("d", "svm", "SMOTE", [0.9, 0.9], "unchanged"),
        rows("d", "knn", "SMOTE", [nan, nan], "timeout"),
        rows("d", "svm", "NoResampling", [0.1]),
        rows("d", "knn", "NoResampling", [0.3, 0.3]),
    )
    lines = lines_of(coverage.make(scores))
    assert lines[2] == (
        "| Table | Method | ok | unchanged | timeout | absent | MCC: coverage | rank, last | rank, left out |"
    )
    rows_of = {line.split(" | ")[1]: line for line in lines[4:7]}
    assert rows_of == {
        "AutoSMOTE": "|  | AutoSMOTE | 4 | 0 | 0 | 0 | 100% | 2.00 | 2.00 |",
        "SMOTE": "|  | SMOTE | 0 | 2 | 2 | 0 | 50% | 2.00 | 1.00 |",
        "No resampling": "|  | No resampling | 3 | 0 | 0 | 1 | 100% | 2.00 | 2.00 |",
    } | {"AutoSMOTE": "| Table 2 | AutoSMOTE | 4 | 0 | 0 | 0 | 100% | 2.00 | 2.00 |"}


def test_methods_are_sorted_into_tables():
    scores = superior(1, SMOTE=0.1, **VARIANTS, **{"Flat policy": 0.1, "ClassWeight": 0.2})
    found = {name: set(part["sampler"]) for name, part in families(scores).items()}
    assert found == {
        "Table 2": {"AutoSMOTE", "SMOTE"},
        "Table 3": {"AutoSMOTE", *VARIANTS},
        "Table 4": {"AutoSMOTE", "Flat policy"},
    }
    assert set(against(scores, "Extension")["sampler"]) == {"AutoSMOTE", "ClassWeight"}
    assert list(families(main_comparison(scores))) == ["Table 2"]
    order = in_order(
        pd.Series(["Auto-sampling", "Ablation", "Mine", "No-resampling", "SMOTE variant", "Mine"])
    )
    assert order == ["No-resampling", "Mine", "SMOTE variant", "Ablation", "Auto-sampling"]


@settings(max_examples=25)
@given(st.integers(3, 8), st.integers(2, 9), st.integers(0, 99))
def test_friedman_does_not_depend_on_the_order_of_methods(methods, blocks, seed):
    draws = np.random.default_rng(seed)
    ranks = pd.DataFrame([draws.permutation(methods) + 1.0 for _ in range(blocks)])
    shuffled = ranks[draws.permutation(methods)]
    assert friedman(shuffled).statistic == pytest.approx(friedman(ranks).statistic)
