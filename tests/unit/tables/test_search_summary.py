"""The table of what searches went through, against a search worked by hand."""

import math

import pandas as pd
import pytest

from autosmote.analysis.learning_curves import ENTROPIES
from autosmote.analysis.methods import MERGED
from autosmote.analysis.searches import measure
from autosmote.tables import search_summary
from autosmote.tables.rendering import to_markdown


def course(scores, tests, *, sampler="AutoSMOTE", dataset="Phoneme", seed=0, rounds=True, entropies=()):
    """A search with rounds of two iterations, in the form that `courses.collect` gives."""
    validation = pd.Series(scores, dtype=float)
    identity = {"sampler": sampler, "category": "c", "dataset": dataset, "imbalance_ratio": 20}
    table = pd.DataFrame(
        identity | {"classifier": "svm", "metric": "mcc", "seed": seed}, index=validation.index
    )
    table["iteration"] = range(1, len(validation) + 1)
    table["round"] = pd.array([i // 2 if rounds else None for i in range(len(validation))], dtype="Int32")
    table["validation_score"] = validation
    table["best_validation_score"] = validation.cummax().ffill()
    table["selected_test_score"] = pd.Series(tests, dtype=float)
    for name, values in zip(ENTROPIES, [*entropies, [], [], []], strict=False):
        table[name] = pd.Series(values, index=validation.index[: len(values)], dtype=float)
    return table


NAN = math.nan
# Rounds of two: the first four iterations act with untrained policies.
SEARCH = course(
    [0.1, 0.3, 0.2, 0.2, 0.5, 0.4, 0.5, 0.6],
    [0.0, 0.4, 0.4, 0.4, 0.2, 0.2, 0.2, 0.3],
    entropies=[[NAN, 2.0, NAN, NAN, 1.0, NAN, NAN, 0.5], [3.0] * 8],
)


def test_a_search_is_summed_up_as_by_hand():
    (measured,) = measure(SEARCH).to_dict("records")
    assert measured == pytest.approx(
        {
            "validation_score": 0.6,
            "test_score": 0.3,
            "test_gain": 0.3 - 0.0,  # a tenth of eight iterations is the first one
            "selected_at": 8,
            "reward_gain": (0.5 + 0.4 + 0.5 + 0.6) / 4 - (0.1 + 0.3 + 0.2 + 0.2) / 4,
            "cross_instance_entropy": 0.25,
            "instance_specific_entropy": 1.0,
            "low_level_entropy": NAN,
        },
        nan_ok=True,
    )


def test_the_first_of_equal_scores_is_the_one_selected_and_failed_fits_count_for_nothing():
    search = course([NAN, NAN, 0.2, 0.4, 0.4, NAN], [NAN, NAN, 0.1, 0.2, 0.2, 0.2])
    (measured,) = measure(search.sample(frac=1, random_state=0)).to_dict("records")
    assert (measured["selected_at"], measured["validation_score"], measured["test_score"]) == (4, 0.4, 0.2)
    assert math.isnan(measured["test_gain"])
    assert math.isnan(measured["reward_gain"])  # three rounds: the first two and the last two overlap


def test_strategies_have_a_row_per_data_set_and_one_for_all():
    searches = [
        SEARCH,
        course([0.2] * 8, [0.1] * 8, seed=1),
        course([0.4] * 8, [0.6] * 8, dataset="Mozilla4"),
        course([0.1, 0.7], [0.5, 0.5], sampler="Sampler search", rounds=False),
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
        course([0.3] * 10, [0.3] * 10, sampler="Flat policy"),
        course(late, late),
        course([0.9] * 10, [0.9] * 10, seed=1),
        course([NAN], [NAN], seed=2),
    ]
    table = search_summary.make(pd.concat(searches))
    first = table.data.iloc[0]
    assert (first["method"], first["searches"]) == ("AutoSMOTE", 3)
    assert first["test_score"] == pytest.approx(0.5)
    # The test score of no search has changed; the means of what is there at both ends would say otherwise.
    assert first["test_gain"] == 0
    assert any(note.startswith("1 of 4 searches have no score") for note in table.notes)


def test_validation_scores_on_rows_that_were_trained_on_are_not_shown():
    table = search_summary.make(course([1.0] * 8, [0.1] * 8, sampler=MERGED))
    line = to_markdown(table).splitlines()[4]
    assert line == f"| {MERGED} | Phoneme | 1 | – | 0.100 | – | +0.000 | 1 | – | – | – | – |"
    assert any(note.startswith(MERGED) for note in table.notes)
    assert not [note for note in search_summary.make(SEARCH).notes if note.startswith(MERGED)]
