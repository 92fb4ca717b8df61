"""What searches went through in numbers, against a search worked by hand."""

import math

import pytest
from score_rows import search_curve as curve

from autosmote.analysis.searches import measure

NAN = math.nan
# Rounds of two: the first four iterations act with untrained policies.
SEARCH = curve(
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
    search = curve([NAN, NAN, 0.2, 0.4, 0.4, NAN], [NAN, NAN, 0.1, 0.2, 0.2, 0.2])
    (measured,) = measure(search.sample(frac=1, random_state=0)).to_dict("records")
    assert (measured["selected_at"], measured["validation_score"], measured["test_score"]) == (4, 0.4, 0.2)
    assert math.isnan(measured["test_gain"])
    assert math.isnan(measured["reward_gain"])  # three rounds: the first two and the last two overlap


@pytest.mark.parametrize("sampler", ["Policy search", "Policy search from the bank", "Random policies"])
def test_a_search_by_folds_selects_by_all_of_them_and_has_no_gain_in_reward(sampler):
    # The incumbent of iteration 6 scores lower on the validation rows; that of 8 equals the first one there.
    search = curve([0.1, 0.5, 0.2, 0.3, 0.6, 0.4, 0.5, 0.7], [], sampler=sampler)
    search["incumbent_validation_score"] = [NAN, 0.5, 0.5, 0.5, 0.5, 0.4, 0.4, 0.5]
    search["incumbent_test_score"] = [NAN, 0.3, 0.3, 0.3, 0.3, 0.35, 0.35, 0.3]
    (measured,) = measure(search).to_dict("records")
    assert measured["selected_at"] == 8
    assert math.isnan(measured["reward_gain"])
    unscored = search.assign(incumbent_validation_score=NAN, incumbent_test_score=NAN)
    assert math.isnan(measure(unscored)["selected_at"].item())
