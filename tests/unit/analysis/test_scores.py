"""The score table is checked before anything is computed from it."""

import json

import numpy as np
import pandas as pd
import pytest

from autosmote.analysis.scores import COLUMNS, STATUSES, collect, validate
from autosmote.utils.storage import CorruptFileError, write_frame, write_json


def row(**changes):
    """One valid row of the score table, as a search writes it."""
    return {
        "dataset": "Phoneme",
        "imbalance_ratio": 20,
        "seed": 0,
        "sampler": "AutoSMOTE",
        "category": "Auto-sampling",
        "classifier": "svm",
        "metric": "mcc",
        "ratio": None,
        "validation_score": 0.5,
        "test_score": 0.4,
        "status": "ok",
        "message": "",
        "settings": json.dumps({"iterations": 3}),
        "n_majority": 100,
        "n_minority": 60,
        "seconds": 1.5,
        **changes,
    }


def failed(status, **changes):
    return row(
        status=status, validation_score=None, test_score=None, n_majority=None, n_minority=None, **changes
    )


def test_columns_types_and_row_order():
    given = pd.DataFrame([row(seed=1, extra="x"), failed("timeout", seed=0)], index=[7, 7])
    table = validate(given[sorted(given)])
    assert list(table) == list(COLUMNS)
    assert list(table["seed"]) == [1, 0]
    assert list(table.index) == [0, 1]
    assert table["n_majority"].dtype == "Int64"
    assert table["imbalance_ratio"].dtype == np.int64
    assert np.isnan(table.loc[1, "test_score"])
    assert table.loc[1, "n_minority"] is pd.NA


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_has_a_valid_form(status):
    rows = [row(status=status) if status in ("ok", "unchanged") else failed(status)]
    assert list(validate(pd.DataFrame(rows))["status"]) == [status]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([row(status="fine")], "status other than ok, unchanged.*seed=0"),
        ([row(), row()], "2 rows of the score table occur more than once.*dataset=Phoneme"),
        ([row(test_score=None)], "have no test_score although"),
        ([row(validation_score=float("inf"))], "have no validation_score although"),
        ([row(seed=4, status="failed")], "have a validation_score although.*seed=4"),
        ([row(dataset="Overall")], "'Overall'"),
        ([row(sampler=None)], "'sampler'.*missing"),
        ([row(seed=None)], "'seed'.*missing"),
        ([row(seed=0.5)], "'seed'.*not whole numbers"),
        ([row(seconds="long")], "'seconds'.*not float64"),
        ([row(), row(seed=1, category="Magic")], "more than one category: AutoSMOTE"),
    ],
)
def test_wrong_tables_are_refused(rows, message):
    with pytest.raises(ValueError, match=message):
        validate(pd.DataFrame(rows))


def test_missing_columns_are_named():
    with pytest.raises(ValueError, match="lacks the columns metric, seconds"):
        validate(pd.DataFrame([row()]).drop(columns=["metric", "seconds"]))


def test_collect_reads_both_kinds_in_order(tmp_path):
    baselines = [
        failed("memory", sampler="CTGAN", category="Generative models"),
        row(sampler="SMOTE", category="Over-sampling", ratio=0.4),
    ]
    write_frame(validate(pd.DataFrame(baselines)), tmp_path / "b.parquet")
    write_json(
        row(best_iteration=3, wall_seconds=2.0, test_score=float("nan")) | {"test_score": 0.25},
        tmp_path / "a.json",
    )
    table = collect([tmp_path / "b.parquet", str(tmp_path / "a.json")])
    assert list(table["sampler"]) == ["CTGAN", "SMOTE", "AutoSMOTE"]
    assert table["test_score"].tolist()[1:] == [0.4, 0.25]
    assert table["ratio"].tolist()[1] == 0.4
    assert list(table) == list(COLUMNS)
    write_frame(table, tmp_path / "scores.parquet")
    pd.testing.assert_frame_equal(collect([tmp_path / "scores.parquet"]), table)


def test_collect_names_the_file_at_fault(tmp_path):
    write_json(row(status="fine"), tmp_path / "bad.json")
    with pytest.raises(ValueError, match=r"bad\.json: .*status other than"):
        collect([tmp_path / "bad.json"])
    (tmp_path / "half.json").write_text('{"dataset": ')
    with pytest.raises(CorruptFileError, match=r"half\.json"):
        collect([tmp_path / "half.json"])
    with pytest.raises(ValueError, match=r"scores\.csv"):
        collect([tmp_path / "scores.csv"])


def test_collect_refuses_the_same_row_from_two_files(tmp_path):
    write_json(row(), tmp_path / "a.json")
    write_json(row(test_score=0.9), tmp_path / "b.json")
    with pytest.raises(ValueError, match="occur more than once"):
        collect([tmp_path / "a.json", tmp_path / "b.json"])


def test_nothing_collected_is_an_empty_table():
    assert list(collect([])) == list(COLUMNS)
    assert len(collect([])) == 0
