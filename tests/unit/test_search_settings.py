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
    ],
)
def test_a_value_out_of_range_is_named(key, value):
    with pytest.raises(ValueError, match=f"{key}={value!r}"):
        SearchSettings(**{"g1_max": 8, key: value})
