"""The searches of the hyperparameter study, and their table."""

import pandas as pd
import pytest
from score_rows import frame, rows

from autosmote.analysis.scores import COLUMNS
from autosmote.study.hyperparameters import Grids
from autosmote.utils.storage import write_frame

GRIDS = Grids({"scale": [4, 1], "neighbours": [30, 5]}, {"scale": 4, "neighbours": 30, "hidden": 128})


def test_grids_share_the_search_with_nothing_changed():
    assert GRIDS.searches() == {"unchanged": {}, "scale-1": {"scale": 1}, "neighbours-5": {"neighbours": 5}}
    assert Grids({"scale": [0.5, 2]}, {"scale": 4}).searches() == {
        "scale-0.5": {"scale": 0.5},
        "scale-2": {"scale": 2},
    }


def test_table_repeats_the_shared_search_for_each_grid(tmp_path):
    results = []
    for number, name in enumerate(GRIDS.searches()):
        for seed in range(2):
            scores = frame(rows("d", "svm", "AutoSMOTE", [number / 10])).assign(seed=seed)
            fixed = {"ratio": None, "validation_score": 0.5, "message": "", "settings": "{}"}
            scores = scores.assign(**fixed, n_majority=1, n_minority=1, seconds=1.0)
            write_frame(scores, tmp_path / f"{name}-{seed}.parquet")
            results.append((name, tmp_path / f"{name}-{seed}.parquet"))
    table = GRIDS.collect(results)
    assert list(table)[:2] == ["setting", "value"]
    assert set(COLUMNS) < set(table)
    means = table.groupby(["setting", "value"])["test_score"].agg(["mean", "size"])
    assert means.index.tolist() == [("neighbours", 5), ("neighbours", 30), ("scale", 1), ("scale", 4)]
    pd.testing.assert_series_equal(means["mean"], pd.Series([0.2, 0, 0.1, 0], means.index, name="mean"))
    assert set(means["size"]) == {2}


def test_study_without_searches_says_how_to_get_them():
    with pytest.raises(ValueError, match="name data sets, imbalance ratios and seeds .* `hyperparameters`"):
        GRIDS.collect([])
