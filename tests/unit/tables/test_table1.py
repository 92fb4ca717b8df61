"""Table 1, and its warning of few test rows."""

import pytest

from autosmote.tables import table1
from autosmote.tables.rendering import to_markdown, write_table

SUMMARIES = [
    {
        "dataset": "Phoneme",
        "openml_id": 1489,
        "majority": 3818,
        "minority_ir20": 190,
        "minority_ir100": 38,
        "test_ir20": 38,
        "test_ir100": 8,
        "features": 5,
        "domain": "Audio",
    },
    {
        "dataset": "digits",
        "openml_id": None,
        "majority": 1623,
        "minority_ir20": 81,
        "minority_ir100": 16,
        "test_ir20": 16,
        "test_ir100": 3,
        "features": 64,
        "domain": "Images",
    },
]


def test_table1(tmp_path):
    table = table1.make(SUMMARIES)
    assert to_markdown(table).splitlines()[2:] == [
        "| Dataset | OpenML ID | Majority | Minority (IR 20/100) | of which test rows | Features | Domain |",
        "| --- | ---: | ---: | ---: | ---: | ---: | --- |",
        "| Phoneme | 1489 | 3818 | 190/38 | 38/8 | 5 | Audio |",
        "| digits |  | 1623 | 81/16 | 16/3 | 64 | Images |",
        "",
        "Fewer than 5 minority test rows: digits at IR 100 (3). A single row then moves a score by more than "
        "most methods differ: look at several seeds, and believe no order.",
    ]
    write_table(table, tmp_path / "table1")
    assert (tmp_path / "table1.csv").read_text() == (
        "dataset,openml_id,majority,minority_ir20,minority_ir100,test_ir20,test_ir100,features,domain\n"
        "Phoneme,1489,3818,190,38,38,8,5,Audio\n"
        "digits,,1623,81,16,16,3,64,Images\n"
    )


def test_data_sets_with_more_than_two_classes_are_named():
    plain = table1.make(SUMMARIES)
    table = table1.make([SUMMARIES[0], SUMMARIES[1] | {"classes": 4}])
    assert (table.header, table.rows) == (plain.header, plain.rows)
    assert table.notes[0] == (
        "More than two classes: digits (4). Of these the majority is the largest class, and the minority the "
        "smallest."
    )
    assert table.notes[1:] == plain.notes


def test_table1_refuses_unequal_or_no_summaries():
    with pytest.raises(ValueError, match="differ in their keys"):
        table1.make([SUMMARIES[0], {"dataset": "x"}])
    with pytest.raises(ValueError, match="at least one data set"):
        table1.make([])


def test_enough_test_rows_need_no_warning():
    assert table1.warnings(SUMMARIES[:1]) == []
    assert table1.make(SUMMARIES[:1]).notes == ()
    assert table1.warnings([SUMMARIES[1] | {"test_ir100": 5}]) == []
