"""The score row: one way to make it, and one to say that there is no score."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from autosmote.analysis.scores import COLUMNS, validate
from autosmote.evaluation.score_row import STATUSES, Cell, ScoreRow

CELL = Cell("made", 20, "tree", "mcc", 3)


def test_rows_are_the_columns_of_the_score_table() -> None:
    scored = ScoreRow.scored(
        CELL,
        "SMOTE",
        "Over-sampling",
        validation_score=0.5,
        test_score=0.25,
        large_test_score=0.3,
        seconds=1.5,
        ratio=0.2,
        settings={"b": 1, "a": None},
        n_majority=100,
        n_minority=20,
    )
    failed = ScoreRow.without_score(
        CELL, "ADASYN", "Over-sampling", status="failed", message="no", seconds=2.0
    )
    rows = [scored.as_dict(), failed.as_dict()]
    assert [list(row) for row in rows] == [list(COLUMNS)] * 2
    table = validate(pd.DataFrame(rows))
    assert dict(table.loc[0, ["dataset", "imbalance_ratio", "classifier", "metric", "seed"]]) == {
        "dataset": "made",
        "imbalance_ratio": 20,
        "classifier": "tree",
        "metric": "mcc",
        "seed": 3,
    }
    assert json.loads(table.loc[0, "settings"]) == {"a": None, "b": 1}
    assert table.loc[1, ["ratio", "validation_score", "test_score", "n_majority"]].isna().all()


def test_types_of_the_columns_are_those_of_the_table_of_the_paper() -> None:
    assert COLUMNS["imbalance_ratio"] == COLUMNS["seed"] == "int64"
    assert COLUMNS["n_minority"] == "Int64"
    assert COLUMNS["test_score"] == "float64"


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("score", [0.5, math.nan, math.inf])
def test_status_and_scores_agree(status: str, score: float) -> None:
    def make() -> ScoreRow:
        return ScoreRow.scored(
            CELL,
            "A",
            "B",
            status=status,
            validation_score=score,
            test_score=score,
            large_test_score=math.nan,
            seconds=0.0,
        )

    if (status in ("ok", "unchanged")) == np.isfinite(score):
        assert make().status == status
    else:
        with pytest.raises(ValueError, match=f"a row of status '{status}' has the scores"):
            make()


def test_unknown_status_is_refused() -> None:
    with pytest.raises(ValueError, match="status 'fine': known are ok, unchanged, not_applicable"):
        ScoreRow.without_score(CELL, "A", "B", status="fine", message="", seconds=0.0)
