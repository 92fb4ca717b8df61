"""Methods held against no resampling on repeated splits."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from autosmote.cli.comparison import ranking, shown_name, verdict

BASE = [0.50, 0.52, 0.48, 0.51, 0.49, 0.50]


def make_scores(**methods):
    """Test scores by method, with 60 training and 20 test rows in each split."""
    rows = [
        {
            "sampler": name,
            "seed": seed,
            "test_score": score,
            "validation_score": score,
            "seconds": 1.0,
            "message": "" if score == score else "it broke",
            "n_train": 60,
            "n_test": 20,
        }
        for name, scores in methods.items()
        for seed, score in enumerate(scores)
    ]
    return pd.DataFrame(rows)


def test_the_test_is_that_of_nadeau_and_bengio():
    differences = np.array([0.03, 0.01, 0.04, -0.01, 0.02, 0.05])
    table = ranking(make_scores(NoResampling=BASE, A=np.add(BASE, differences))).set_index("sampler")
    error = np.sqrt((1 / 6 + 20 / 60) * np.sum((differences - differences.mean()) ** 2) / 5)
    assert table.loc["A", "difference"] == pytest.approx(differences.mean())
    assert table.loc["A", "p_value"] == pytest.approx(1 - stats.t.cdf(differences.mean() / error, 5))
    # 2.5706 is the 97.5 % point of Student's t with five degrees of freedom.
    assert table.loc["A", "high"] == pytest.approx(differences.mean() + 2.5706 * error, abs=1e-5)
    assert table.loc["A", "low"] == pytest.approx(differences.mean() - 2.5706 * error, abs=1e-5)
    assert table.loc["NoResampling", ["difference", "low", "high", "p_value"]].isna().all()


def test_p_values_are_corrected_for_the_number_of_methods():
    one = ranking(make_scores(NoResampling=BASE, A=[0.55, 0.54, 0.52, 0.58, 0.53, 0.55]))
    more = ranking(
        make_scores(
            NoResampling=BASE, A=[0.55, 0.54, 0.52, 0.58, 0.53, 0.55], B=BASE[::-1], C=np.subtract(BASE, 0.1)
        )
    )
    p_values = [table.set_index("sampler").loc["A", "p_value"] for table in (one, more)]
    assert p_values[1] == pytest.approx(3 * p_values[0])


def test_the_best_mean_is_first_and_whoever_lacks_splits_is_behind():
    nan = float("nan")
    table = ranking(
        make_scores(
            NoResampling=BASE,
            partial=[0.9, nan, 0.9, 0.9, 0.9, 0.9],
            worse=np.subtract(BASE, 0.1),
            none=[nan] * 6,
            better=np.add(BASE, 0.1),
        )
    )
    assert list(table["sampler"]) == ["better", "NoResampling", "worse", "partial", "none"]
    assert list(table["splits"]) == [6, 6, 6, 5, 0]
    assert list(table["message"]) == ["", "", "", "it broke", "it broke"]


def test_equal_means_have_equal_ranks_and_whoever_lacks_splits_has_none():
    nan = float("nan")
    table = ranking(
        make_scores(
            NoResampling=BASE,
            same=BASE,
            # The same mean up to the last bit, as the sum has another order.
            turned=BASE[::-1],
            better=np.add(BASE, 0.1),
            partial=[0.9, nan, 0.9, 0.9, 0.9, 0.9],
            worse=np.subtract(BASE, 0.1),
            none=[nan] * 6,
        )
    ).set_index("sampler")
    ranks = table["rank"].to_dict()
    assert ranks["better"] == 1
    assert ranks["NoResampling"] == ranks["same"] == ranks["turned"] == 2
    assert ranks["worse"] == 5
    assert np.isnan(ranks["partial"]) and np.isnan(ranks["none"])


@pytest.mark.parametrize("tiny", [1e-4, 4.9e-4])
def test_a_small_lead_is_not_called_zero(tiny):
    scores = make_scores(
        NoResampling=BASE, A=np.add(BASE, [tiny + 0.1, -0.1, tiny, tiny, tiny + 0.1, tiny - 0.1])
    )
    assert "A is ahead by less than 0.001 on average" in verdict(ranking(scores))


def test_a_lead_that_rounding_makes_is_none():
    scores = make_scores(NoResampling=[0.1, 0.2, 0.3], A=[0.3, 0.1, 0.2 + 1e-16])
    assert verdict(ranking(scores)).startswith("Nothing beats no resampling here: no method has a higher")


@pytest.mark.parametrize(
    "methods, expected",
    [
        (
            {"A": np.subtract(BASE, 0.01), "B": BASE},
            "Nothing beats no resampling here: no method has a higher",
        ),
        (
            {"A": [0.60, 0.42, 0.58, 0.46, 0.52, 0.45]},
            "Nothing reliably beats no resampling here: A is ahead by 0.005 on average over 6 splits, which",
        ),
        ({"A": np.add(BASE, 0.2), "B": BASE}, "Better than no resampling (p < 0.05 after Holm's correction"),
        ({"A": [float("nan")] * 6}, "Nothing beats no resampling here"),
    ],
)
def test_the_verdict_is_plain(methods, expected):
    assert verdict(ranking(make_scores(NoResampling=BASE, **methods))).startswith(expected)


def test_an_interval_above_zero_is_never_called_chance_alone():
    gain = [0.015, 0.035, 0.025, 0.025, 0.035, 0.015]
    others = {f"other{i}": np.add(BASE, 0.01 * (-1) ** np.arange(6) * i) for i in range(1, 20)}
    alone = ranking(make_scores(NoResampling=BASE, A=np.add(BASE, gain)))
    among = ranking(make_scores(NoResampling=BASE, A=np.add(BASE, gain), **others))
    for table in (alone, among):
        row = table.set_index("sampler").loc["A"]
        assert row["low"] > 0
        assert "chance alone" not in verdict(table)
        assert f"95 % interval {row['low']:+.3f} to {row['high']:+.3f}" in verdict(table)
    assert verdict(alone).startswith("Better than no resampling")
    assert verdict(among).startswith("Perhaps better than no resampling: A by 0.025")
    assert "with 20 methods compared" in verdict(among)


def test_all_are_named_whose_interval_lies_above_zero_and_few_splits_are_called_few():
    gain = np.array([0.015, 0.035, 0.025, 0.025, 0.035, 0.015])
    unsure = {f"other{i}": np.add(BASE, 0.01 * (-1) ** np.arange(6) * i) for i in range(1, 40)}
    ahead = {"A": np.add(BASE, gain), "B": np.add(BASE, 2 * gain)}
    said = verdict(ranking(make_scores(NoResampling=BASE, **ahead, **unsure)))
    assert "Perhaps better than no resampling: B by 0.050 (95 % interval" in said
    assert ", A by 0.025 (95 % interval" in said
    assert said.endswith("6 splits are few; 10 are the least to rely on.")
    sure = {name: np.tile(scores, 2) for name, scores in {"NoResampling": BASE, **ahead}.items()}
    assert "few" not in verdict(ranking(make_scores(**sure)))


@pytest.mark.parametrize("n_splits, sure", [(2, False), (4, False), (5, True)])
def test_equal_differences_are_worth_a_sign_test(n_splits, sure):
    """No variance is no certainty: p is that of n signs alike."""
    base = np.array([0.5, 0.55, 0.45, 0.6, 0.4])[:n_splits]
    table = ranking(make_scores(NoResampling=base, A=base + 0.05))
    row = table.set_index("sampler").loc["A"]
    assert row["p_value"] == 0.5**n_splits
    assert row["low"] == row["high"] == pytest.approx(0.05)
    assert verdict(table).startswith("Better than no resampling" if sure else "Perhaps better")


def test_other_splits_are_those_with_seeds_that_were_not_used():
    gain = [0.015, 0.035, 0.025, 0.025, 0.035, 0.015]
    others = {f"other{i}": np.add(BASE, 0.01 * (-1) ** np.arange(6) * i) for i in range(1, 20)}
    table = ranking(make_scores(NoResampling=BASE, A=np.add(BASE, gain), **others))
    assert "on other splits (--seed higher by 6 or more)" in verdict(table)


def test_chance_is_said_beside_an_interval_that_includes_zero():
    table = ranking(make_scores(NoResampling=BASE, A=[0.60, 0.42, 0.58, 0.46, 0.52, 0.45]))
    row = table.set_index("sampler").loc["A"]
    assert row["low"] < 0 < row["high"]
    assert f"(95 % interval {row['low']:+.3f} to {row['high']:+.3f} includes zero)" in verdict(table)


def test_nothing_is_called_better_whose_interval_includes_zero():
    # One-sided the lead is significant, but the two-sided interval reaches below zero.
    gain = np.array([0.015, 0.035, 0.025, 0.025, 0.035, 0.015]) - 0.0105
    table = ranking(make_scores(NoResampling=BASE, A=np.add(BASE, gain)))
    row = table.set_index("sampler").loc["A"]
    assert row["low"] < 0 and row["p_value"] < 0.05
    assert verdict(table).startswith("Nothing reliably beats")


def test_one_split_concludes_nothing():
    sentence = verdict(ranking(make_scores(NoResampling=[0.5], A=[0.9])))
    assert sentence == "A is ahead by 0.400, but one split tells nothing of chance: compare on more splits."


def test_a_reader_can_tell_the_two_searches_apart():
    searches = {"Policy search": np.add(BASE, 0.2), "AutoSMOTE": np.add(BASE, 0.1)}
    table = ranking(make_scores(NoResampling=BASE, **searches))
    assert list(table["sampler"][:2]) == ["Policy search", "AutoSMOTE"]  # The file has the study's names.
    found = verdict(table)
    assert "Policy search (the default) by 0.200" in found
    assert "AutoSMOTE (the paper's search) by 0.100" in found
    assert [shown_name(name) for name in ("SMOTE", "NoResampling")] == ["SMOTE", "NoResampling"]
