"""Wilcoxon's test and Holm's correction against hand-worked examples and scipy."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata, wilcoxon

from autosmote.analysis.significance import MIN_PAIRS, compare, holm, signed_rank

nan = float("nan")


def exact_p(differences):
    """Two-sided p-value by listing all assignments of signs, the definition of the exact test."""
    ranks = rankdata(np.abs(differences))
    positive = ranks[np.asarray(differences) > 0].sum()
    distance = abs(positive - ranks.sum() / 2)
    sums = [np.dot(signs, ranks) for signs in product([0, 1], repeat=len(ranks))]
    return np.mean([abs(total - ranks.sum() / 2) >= distance - 1e-9 for total in sums])


def test_a_hand_worked_example():
    # All six of one sign: 2 of the 2^6 assignments are as extreme.
    p_value, effect = signed_rank([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    assert p_value == pytest.approx(2 / 64)
    assert effect == 1
    # Rank 1 is negative: sums 0, 1 and their mirror images, 4 of 64.
    p_value, effect = signed_rank([-0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    assert p_value == pytest.approx(4 / 64)
    assert effect == pytest.approx((20 - 1) / 21)


@pytest.mark.parametrize(
    "differences",
    [
        [1, 2, -3, 4, 5, 6, 7, -8, 9],
        [1, 1, 1, 1, -1, 2, 2],  # ties
        [-1, -2, -2, -4, -5, 3, -7, -8],
    ],
)
def test_exact_for_small_samples_also_with_ties(differences):
    assert signed_rank(differences)[0] == pytest.approx(exact_p(differences))


def test_differences_that_differ_by_rounding_errors_tie():
    clean = [1, 1, 1, 1, -1, 2, 2]
    noisy = np.array(clean) * 0.1 + np.array([0, 1, -1, 2, 0, 1, 0]) * 1e-16
    assert signed_rank(noisy) == signed_rank(clean)


def test_zeros_are_pairs_without_rank():
    with_zeros = signed_rank([0, 0, 0, 1, 2, 3, 4, 5, 6])
    assert with_zeros == signed_rank([1, 2, 3, 4, 5, 6])
    # Four pairs that differ and two that do not are enough pairs to be tested.
    assert signed_rank([0, 0, 1, 2, 3, 4])[0] == pytest.approx(2 / 16)


def test_all_zero_differences_are_no_evidence():
    assert signed_rank(np.zeros(8)) == (1.0, 0.0)


@pytest.mark.parametrize("n_pairs", range(MIN_PAIRS))
def test_too_few_pairs_are_not_tested(n_pairs):
    p_value, effect = signed_rank(np.arange(1, n_pairs + 1))
    assert np.isnan(p_value)
    assert effect == (n_pairs > 0)


def test_the_least_number_of_pairs_is_the_least_that_can_be_significant():
    assert wilcoxon(np.arange(1, MIN_PAIRS)).pvalue > 0.05
    assert wilcoxon(np.arange(1, MIN_PAIRS + 1)).pvalue < 0.05


def test_incomplete_pairs_are_left_out():
    assert signed_rank([nan, 1, 2, 3, nan, -4, 5, 6]) == signed_rank([1, 2, 3, -4, 5, 6])


@given(st.lists(st.integers(-1000, 1000).filter(bool), min_size=MIN_PAIRS, max_size=60, unique_by=abs))
def test_equals_scipy_and_swaps_with_the_sign(differences):
    p_value, effect = signed_rank(differences)
    assert p_value == pytest.approx(wilcoxon(differences).pvalue)
    mirrored = signed_rank([-d for d in differences])
    assert mirrored == (pytest.approx(p_value), -effect)


def test_effect_size_with_ties_by_hand():
    # |differences| 1 1 1 2 3 0: ranks 2 2 2 4 5, of which 2 and 4 are negative; the zero has no rank.
    assert signed_rank([1, -1, 1, -2, 3, 0])[1] == pytest.approx((2 + 2 + 5 - 2 - 4) / 15)


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=30))
def test_effect_size_is_bounded_and_has_the_sign_of_the_test(differences):
    effect = signed_rank(differences)[1]
    nonzero = [d for d in differences if d]
    assert -1 <= effect <= 1
    if nonzero:
        assert (effect == 1) == all(d > 0 for d in nonzero)
        statistic = wilcoxon(nonzero, alternative="greater").statistic  # the rank sum of the positive ones
        total = len(nonzero) * (len(nonzero) + 1) / 2
        assert effect == pytest.approx(2 * statistic / total - 1)


def test_holm_by_hand():
    # Sorted 0.01, 0.03, 0.04 times 3, 2, 1: 0.03, 0.06 and 0.04, which may not fall below 0.06.
    np.testing.assert_allclose(holm([0.04, 0.01, 0.03]), [0.06, 0.03, 0.06])


def test_holm_leaves_out_tests_that_were_not_made():
    np.testing.assert_allclose(holm([nan, 0.04, 0.01, nan, 0.03]), [nan, 0.06, 0.03, nan, 0.06])
    assert np.isnan(holm([nan])).all()
    assert holm([]).shape == (0,)


def test_holm_stops_at_one():
    np.testing.assert_array_equal(holm([0.9, 0.8]), [1, 1])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_lies_between_the_raw_and_the_bonferroni_value(p_values):
    corrected = holm(p_values)
    assert np.all(corrected >= p_values)
    assert np.all(corrected <= np.minimum(np.array(p_values) * len(p_values), 1) + 1e-15)
    order = np.argsort(p_values)
    assert np.all(np.diff(corrected[order]) >= 0)


def study(n_configurations=6, seeds=1, datasets=("d",), **samplers):
    """Scores of samplers, each given by a function of the configuration's and the seed's number."""
    rows = [
        (dataset, number, "svm", "mcc", seed, sampler, score(number, seed))
        for dataset in datasets
        for number in range(n_configurations)
        for seed in range(seeds)
        for sampler, score in samplers.items()
    ]
    columns = ["dataset", "imbalance_ratio", "classifier", "metric", "seed", "sampler", "test_score"]
    return pd.DataFrame(rows, columns=columns)


def base(number, seed):
    return number / 10


def worse(number, seed):
    return number / 10 - 0.01 * (number + 1)


def better(number, seed):
    return number / 10 + 0.01 * (number + 1)


def test_only_the_reference_being_better_is_marked():
    result = compare(study(AutoSMOTE=base, Worse=worse, Better=better, Equal=base))
    per_sampler = result[result["dataset"] == "d"].set_index("sampler")
    assert list(per_sampler.index) == ["Worse", "Better", "Equal"]
    assert per_sampler["significant"].to_dict() == {"Worse": True, "Better": False, "Equal": False}
    np.testing.assert_allclose(per_sampler["p_value"], [2 / 64, 2 / 64, 1])
    np.testing.assert_allclose(per_sampler["p_value_holm"], [6 / 64, 6 / 64, 1])


def test_overall_pairs_are_the_configurations_of_all_data_sets():
    result = compare(study(4, datasets=("a", "b"), AutoSMOTE=base, Worse=worse)).set_index("dataset")
    assert result["pairs"].to_dict() == {"a": 4, "b": 4, "Overall": 8}
    assert result["p_value"].isna().to_dict() == {"a": True, "b": True, "Overall": False}
    # The same four differences twice.
    assert result.loc["Overall", "p_value"] == pytest.approx(exact_p([1, 2, 3, 4] * 2))


def test_pairs_are_means_or_seeds():
    table = study(3, seeds=3, AutoSMOTE=base, Worse=worse)
    means, seeds = (compare(table, pairs=pairs).set_index("dataset").loc["d"] for pairs in ("means", "seeds"))
    assert (means["pairs"], seeds["pairs"]) == (3, 9)
    assert np.isnan(means["p_value"])
    assert seeds["p_value"] == pytest.approx(exact_p([1, 2, 3] * 3))


def test_the_mean_of_a_pair_is_over_the_seeds_that_both_have():
    # By seed AutoSMOTE is 0.01 better. Its mean over three seeds is lower than the other's over one.
    def easier(number, seed):
        return number / 10 + seed

    def lacking(number, seed):
        return easier(number, seed) - 0.01 if seed == 2 else nan

    result = compare(study(6, seeds=3, AutoSMOTE=easier, Lacking=lacking)).query("dataset == 'd'").iloc[0]
    assert result[["pairs", "wins", "ties", "losses"]].tolist() == [6, 6, 0, 0]
    assert result["mean_difference"] == pytest.approx(0.01)
    assert result["p_value"] == pytest.approx(2 / 64)


def test_missing_scores_form_no_pair():
    table = study(7, AutoSMOTE=base, Worse=worse, Missing=lambda number, seed: nan)
    lost = (table["imbalance_ratio"] == 0) & (table["sampler"] == "Worse")
    result = compare(table[~lost]).query("dataset == 'd'").set_index("sampler")
    assert result["pairs"].to_dict() == {"Worse": 6, "Missing": 0}
    assert result.loc["Worse", "p_value_holm"] == pytest.approx(2 / 64)  # the only test of its family
    assert not result.loc["Missing", "significant"]


def test_wins_ties_losses_and_mean_difference():
    def mixed(number, seed):
        return number / 10 + [-0.2, 0, 0, 0.1, -0.2, nan][number]

    result = compare(study(AutoSMOTE=base, Mixed=mixed)).query("dataset == 'd'").iloc[0]
    assert result[["pairs", "wins", "ties", "losses"]].tolist() == [5, 2, 2, 1]
    assert result["mean_difference"] == pytest.approx((0.2 - 0.1 + 0.2) / 5)
    # Ranks 2.5, 1, 2.5, the middle one against AutoSMOTE.
    assert result["rank_biserial"] == pytest.approx(4 / 6)
    missing = compare(study(AutoSMOTE=base, Missing=lambda number, seed: nan)).iloc[0]
    assert missing[["pairs", "wins", "ties", "losses"]].tolist() == [0, 0, 0, 0]
    assert missing[["mean_difference", "rank_biserial"]].isna().all()


def test_alpha_is_obeyed():
    table = study(AutoSMOTE=base, Worse=worse)
    assert compare(table, alpha=0.05)["significant"].all()
    assert not compare(table, alpha=0.01)["significant"].any()


def test_the_reference_alone_has_nothing_to_compare():
    assert compare(study(AutoSMOTE=base)).empty


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match="pairs is 'runs'; it has to be one of means, seeds"):
        compare(study(AutoSMOTE=base), pairs="runs")
    with pytest.raises(ValueError, match="'AutoSMOT' is not in the score table, which has AutoSMOTE"):
        compare(study(AutoSMOTE=base), "AutoSMOT")
