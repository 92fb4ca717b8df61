"""Tables 1 and 2, from a hand-worked score table to the printed files."""

import re

import pandas as pd
import pytest

from autosmote.analysis.tables import Number, Table, table1, table2, to_latex, to_markdown, write_table

nan = float("nan")
CATEGORY = {"NoResampling": "No-resampling", "SMOTE": "Over-sampling", "AutoSMOTE": "Auto-sampling"}
COLUMNS = [
    "dataset",
    "imbalance_ratio",
    "classifier",
    "metric",
    "seed",
    "sampler",
    "category",
    "test_score",
    "status",
]


def rows(dataset, classifier, sampler, scores, status="ok", metric="mcc", ratio=20):
    return [
        (dataset, ratio, classifier, metric, seed, sampler, CATEGORY.get(sampler, "New"), score, status)
        for seed, score in enumerate(scores)
    ]


def frame(*groups):
    return pd.DataFrame([row for group in groups for row in group], columns=COLUMNS)


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


def superior(n_configurations, **samplers):
    """AutoSMOTE better than every other sampler, by differences of different size."""
    return frame(
        *(
            rows("d", "svm", sampler, [0.9 - gap - 0.01 * gap * number], ratio=number)
            for number in range(n_configurations)
            for sampler, gap in {"AutoSMOTE": 0, **samplers}.items()
        )
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


SUMMARIES = [
    {
        "dataset": "Phoneme",
        "openml_id": 1489,
        "majority": 3818,
        "minority_ir20": 190,
        "features": 5,
        "domain": "Audio",
    },
    {
        "dataset": "digits",
        "openml_id": None,
        "majority": 1623,
        "minority_ir20": 81,
        "features": 64,
        "domain": "Images",
    },
]


def test_table1(tmp_path):
    table = table1(SUMMARIES)
    assert to_markdown(table).splitlines()[2:6] == [
        "| Dataset | OpenML ID | Majority | Minority (IR 20) | Features | Domain |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
        "| Phoneme | 1489 | 3818 | 190 | 5 | Audio |",
        "| digits |  | 1623 | 81 | 64 | Images |",
    ]
    write_table(table, tmp_path / "table1")
    assert (tmp_path / "table1.csv").read_text() == (
        "dataset,openml_id,majority,minority_ir20,features,domain\n"
        "Phoneme,1489,3818,190,5,Audio\n"
        "digits,,1623,81,64,Images\n"
    )


def test_table1_refuses_unequal_or_no_summaries():
    with pytest.raises(ValueError, match="differ in their keys"):
        table1([SUMMARIES[0], {"dataset": "x"}])
    with pytest.raises(ValueError, match="at least one data set"):
        table1([])


def check_latex(text):
    """Check what a LaTeX run would stumble over: braces, environments and the number of cells in each row."""
    text = re.sub(r"(?m)^%.*$", "", text)
    bare = re.sub(r"\\[\\&%$#_{}]", "", text)
    assert bare.count("{") == bare.count("}")
    depth = 0
    for character in bare:
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth >= 0
    opened = []
    for kind, name in re.findall(r"\\(begin|end)\{([^}]*)\}", bare):
        if kind == "begin":
            opened.append(name)
        else:
            assert opened.pop() == name
    assert not opened
    assert not re.search(r"[%#]", bare)
    # Underscores and carets have a meaning only between dollars, which come in pairs.
    assert not re.search(r"[_^<>]", re.sub(r"\$[^$]*\$", "", bare))
    assert bare.count("$") % 2 == 0
    columns = len(re.search(r"\\begin\{tabular\}\{([lr]+)\}", text)[1])
    body = text[text.index(r"\toprule") : text.index(r"\bottomrule")]
    lines = [line for line in body.splitlines() if line.endswith(r"\\")]
    assert lines
    for line in lines:
        assert len(re.findall(r"(?<!\\)&", line)) == columns - 1


def test_latex_of_table2():
    latex = to_latex(table2(superior(6, NoResampling=0.1, SMOTE=0.2)))
    check_latex(latex)
    assert r"Over-sampling & SMOTE & 3.00$^{\blacktriangle}$ & 3.00$^{\blacktriangle}$ \\" in latex
    assert r"Auto-sampling & AutoSMOTE & \textbf{1.00} & \textbf{1.00} \\" in latex
    assert latex.count(r"\midrule") == 3  # below the header and between three categories
    assert r"p $<$ 0.05" in latex
    check_latex(to_latex(table1(SUMMARIES)))


AWKWARD = r"a&b_100% {x} $1 #2 ~3 ^4 \5 <6>"


def test_latex_escapes():
    table = Table(pd.DataFrame(), AWKWARD, (AWKWARD, "n"), ((AWKWARD, (Number("1"),)),), notes=(AWKWARD,))
    latex = to_latex(table)
    check_latex(latex)
    escaped = r"a\&b\_100\% \{x\} \$1 \#2 \textasciitilde{}3 \textasciicircum{}4 \textbackslash{}5 $<$6$>$"
    assert latex.count(escaped) == 4


def test_markdown_escapes():
    table = Table(pd.DataFrame(), "c", ("a|b", "n"), (("*x*", (Number("1", marked=True),)),))
    assert to_markdown(table) == "c\n\n| a\\|b | n |\n| --- | ---: |\n| \\*x\\* | 1▲ |\n"


def test_written_files(tmp_path):
    table = table2(HAND_WORKED)
    paths = write_table(table, tmp_path / "tables" / "table2.v1")
    assert [path.name for path in paths] == ["table2.v1.csv", "table2.v1.md", "table2.v1.tex"]
    assert sorted(path.name for path in paths[0].parent.iterdir()) == sorted(path.name for path in paths)
    read = pd.read_csv(paths[0])
    assert list(read["average_rank"]) == pytest.approx(list(table.data["average_rank"]))
    assert list(read["missing"]) == list(table.data["missing"])
    assert paths[1].read_text(encoding="utf-8") == to_markdown(table)
    assert paths[2].read_text(encoding="utf-8") == to_latex(table)
    before = [path.read_bytes() for path in paths]
    write_table(table2(HAND_WORKED), tmp_path / "tables" / "table2.v1")
    assert [path.read_bytes() for path in paths] == before
