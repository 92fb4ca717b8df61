"""The keys of a search."""

import numpy as np
import pytest

from autosmote.search.settings import SearchSettings


@pytest.mark.parametrize("ratio, g1_max", [(20, 8), (50, 20), (100, 40)])
def test_g1_follows_the_imbalance_ratio_as_in_section_4_1(ratio, g1_max):
    settings = SearchSettings.for_ratio(ratio)
    assert (settings.g1_max, settings.g2_max) == (g1_max, 10)
    assert settings.g1_max * settings.g2_max == 4 * ratio


def test_the_range_of_the_factors_is_a_key():
    assert SearchSettings(g1_max=8).g1_actions == 9
    assert SearchSettings(g1_max=8, factor_range="exclusive").g2_actions == 10


def test_reads_the_section_of_the_configuration():
    config = {"iterations": 7, "actors": 3, "scale": 2, "buffers": {"cross_instance": 4, "low_level": 50}}
    settings = SearchSettings.from_config(config, imbalance_ratio=50, seed=3)
    assert settings == SearchSettings(
        g1_max=10, iterations=7, cross_instance_buffer=4, low_level_buffer=50, seed=3
    )


def test_an_unknown_key_is_named_with_the_known_ones():
    with pytest.raises(ValueError, match="unknown search setting 'iteration'; known: .*iterations"):
        SearchSettings.from_config({"iteration": 5}, imbalance_ratio=20, seed=0)


def test_whole_numbers_of_numpy_are_whole_numbers():
    assert SearchSettings(g1_max=np.int64(8)) == SearchSettings(g1_max=8)


@pytest.mark.parametrize(
    "key, value",
    [
        ("iterations", 0),
        ("iterations", 2.5),
        ("round_size", 20.0),
        ("g1_max", "8"),
        ("neighbours", -1),
        ("learning_rate", 0.0),
        ("discount", 1.5),
        ("entropy_cost", -1.0),
        ("factor_range", "both"),
        ("cross_instance_state", "last"),
        ("hierarchy", "deep"),
        ("cross_instance_policy", "fixed"),
        ("low_level_policy", "half"),
        ("state_features", "neighborhood"),
        ("reward_scaling", "ranks"),
        ("reward_window", 0),
    ],
)
def test_a_value_out_of_range_is_named(key, value):
    with pytest.raises(ValueError, match=f"{key}={value!r}"):
        SearchSettings(**{"g1_max": 8, key: value})


def test_a_flat_hierarchy_has_one_policy_which_is_learned():
    assert SearchSettings(g1_max=8, hierarchy="flat").learned == ("low_level",)
    with pytest.raises(ValueError, match="low_level_policy='random': with a flat hierarchy"):
        SearchSettings(g1_max=8, hierarchy="flat", low_level_policy="random")


def test_what_makes_another_strategy_is_no_key_of_the_configuration():
    with pytest.raises(ValueError, match="unknown search setting 'hierarchy'"):
        SearchSettings.from_config({"hierarchy": "flat"}, imbalance_ratio=20, seed=0)


@pytest.mark.parametrize(("factor_range", "rows"), [("inclusive", 8 * 10), ("exclusive", 7 * 9)])
def test_an_instance_has_no_more_rows_than_the_largest_factors_allow(factor_range, rows):
    assert SearchSettings(g1_max=8, factor_range=factor_range).most_per_instance == rows
