"""The table of what searches went through, against a search worked by hand."""

import math

import pandas as pd
import pytest
from score_rows import search_curve as curve

from autosmote.analysis.methods import MERGED
from autosmote.tables import search_summary
from autosmote.tables.rendering import to_markdown

NAN = math.nan
# Rounds of two: the first four iterations act with untrained policies.
SEARCH = curve(
    [0.1, 0.3, 0.2, 0.2, 0.5, 0.4, 0.5, 0.6],
    [0.0, 0.4, 0.4, 0.4, 0.2, 0.2, 0.2, 0.3],
    entropies=[[NAN, 2.0, NAN, NAN, 1.0, NAN, NAN, 0.5], [3.0] * 8],
)


def test_strategies_have_a_row_per_data_set_and_one_for_all():
    searches = [
        SEARCH,
        curve([0.2] * 8, [0.1] * 8, seed=1),
        curve([0.4] * 8, [0.6] * 8, dataset="Mozilla4"),
        curve([0.1, 0.7], [0.5, 0.5], sampler="Sampler search", rounds=False),
    ]
    table = search_summary.make(pd.concat(searches))
    data = table.data.set_index(["method", "dataset"])
    assert data["searches"].to_dict() == {
        ("AutoSMOTE", "Phoneme"): 2,
        ("AutoSMOTE", "Mozilla4"): 1,
        ("AutoSMOTE", "Overall"): 3,
        ("Sampler search", "Phoneme"): 1,
        ("Sampler search", "Overall"): 1,
    }
    assert data.loc[("AutoSMOTE", "Phoneme"), "selected_at"] == 4.5
    overall = data.loc[("AutoSMOTE", "Overall")]
    assert overall["validation_score"] == pytest.approx((0.6 + 0.2 + 0.4) / 3)
    assert overall["reward_gain"] == pytest.approx((0.3 + 0 + 0) / 3)
    lines = to_markdown(table).splitlines()
    assert lines[4].startswith(
        "| AutoSMOTE | Phoneme | 2 | 0.400 | 0.200 | +0.200 | +0.150 | 4 | +0.150 | 25% |"
    )
    assert (
        lines[7] == "| Sampler search | Phoneme | 1 | 0.700 | 0.500 | +0.200 | +0.000 | 2 | – | – | – | – |"
    )


def test_autosmote_stands_first_and_a_search_without_a_score_counts():
    late = [NAN] * 5 + [0.1] * 5
    searches = [
        curve([0.3] * 10, [0.3] * 10, sampler="Flat policy"),
        curve(late, late),
        curve([0.9] * 10, [0.9] * 10, seed=1),
        curve([NAN], [NAN], seed=2),
    ]
    table = search_summary.make(pd.concat(searches))
    first = table.data.iloc[0]
    assert (first["method"], first["searches"]) == ("AutoSMOTE", 3)
    assert first["test_score"] == pytest.approx(0.5)
    # The test score of no search has changed; the means of what is there at both ends would say otherwise.
    assert first["test_gain"] == 0
    assert any(note.startswith("1 of 4 searches have no score") for note in table.notes)


def test_validation_scores_on_rows_that_were_trained_on_are_not_shown():
    table = search_summary.make(curve([1.0] * 8, [0.1] * 8, sampler=MERGED))
    line = to_markdown(table).splitlines()[4]
    assert line == f"| {MERGED} | Phoneme | 1 | – | 0.100 | – | +0.000 | 1 | – | – | – | – |"
    assert any(note.startswith(MERGED) for note in table.notes)
    assert not [note for note in search_summary.make(SEARCH).notes if note.startswith(MERGED)]
