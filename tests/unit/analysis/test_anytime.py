"""The anytime performance of searches, against ranks worked by hand and those of Table 2."""

import numpy as np
import pandas as pd
import pytest
from score_rows import frame, rows

from autosmote.analysis.anytime import anytime_ranks
from autosmote.analysis.methods import MERGED, main_comparison
from autosmote.tables import rank_table

NAN = float("nan")
SCORES = frame(
    *(
        rows("d", "svm", sampler, [score], ratio=ratio)
        for sampler, of_ratios in {
            "NoResampling": (0.2, 0.3),
            "SMOTE": (0.4, 0.5),
            "ClassWeight": (0.9, 0.9),
            "Random search": (0.45, 0.45),
            "AutoSMOTE": (0.6, 0.4),
        }.items()
        for ratio, score in zip((20, 50), of_ratios, strict=True)
    )
)


def curve(tests, *, sampler="AutoSMOTE", ratio=20):
    identity = {"sampler": sampler, "category": "c", "dataset": "d", "imbalance_ratio": ratio}
    table = pd.DataFrame({"incumbent_test_score": tests, "iteration": np.arange(1, len(tests) + 1)})
    return table.assign(**identity, classifier="svm", metric="mcc", seed=0)


def ranks(learning_curves, scores=SCORES):
    """Average rank and place of each strategy itself."""
    table = anytime_ranks(scores, learning_curves.astype({"sampler": "category", "dataset": "category"}))
    own = table[table["method"] == table["strategy"]]
    return own.set_index(["strategy", "iteration"])[["average_rank", "place"]].T.to_dict("list")


def test_ranks_follow_the_incumbents():
    # Among NoResampling and SMOTE: without a score last, then between them, then first and second.
    searches = [curve([NAN, 0.3, 0.6]), curve([0.1, 0.4, 0.4], ratio=50)]
    assert ranks(pd.concat(searches)) == {
        ("AutoSMOTE", 1): [3.0, 3],
        ("AutoSMOTE", 2): [2.0, 2],
        ("AutoSMOTE", 3): [1.5, 1],  # as SMOTE, which does not come before it then
    }


def test_a_strategy_takes_autosmotes_place_where_it_was_searched_as_often():
    searches = [curve([0.3]), curve([0.4], ratio=50)]
    random = [curve([0.45], sampler="Random search"), curve([0.9], sampler="Random search", ratio=50)]
    assert ranks(pd.concat([*searches, *random]))["Random search", 1] == [1.0, 1]
    assert set(ranks(pd.concat([*searches, random[0]]))) == {("AutoSMOTE", 1)}


def test_a_search_without_any_score_ranks_last_and_a_shorter_one_stays_as_it_ended():
    found = ranks(pd.concat([curve([NAN] * 4), curve([0.2, 0.9], ratio=50)]))
    assert found["AutoSMOTE", 1] == [3.0, 3]
    assert found["AutoSMOTE", 2] == found["AutoSMOTE", 4] == [2.0, 2]


def test_iterations_can_be_given():
    table = anytime_ranks(SCORES, curve([0.3] * 50), iterations=[10, 40])
    assert table["iteration"].unique().tolist() == [10, 40]
    assert anytime_ranks(SCORES, curve([0.3] * 50))["iteration"].iloc[[0, -1]].tolist() == [1, 50]


def test_only_the_cells_that_were_searched_are_ranked_and_nothing_else_is_needed():
    assert ranks(curve([0.3]))["AutoSMOTE", 1] == [2.0, 2]
    alone = SCORES[SCORES["sampler"] == "AutoSMOTE"]
    assert ranks(curve([0.3]), alone) == {("AutoSMOTE", 1): [1.0, 1]}
    with pytest.raises(ValueError, match="no search by AutoSMOTE"):
        ranks(curve([0.3], sampler="Random search"))


def test_all_iterations_have_the_rank_of_table_2():
    searches = pd.concat([curve([0.1, 0.6]), curve([0.5, 0.4], ratio=50)])
    data = rank_table.ranks_and_tests(main_comparison(SCORES)).query("dataset == 'Overall'")
    last = anytime_ranks(SCORES, searches, iterations=[2]).set_index("method")["average_rank"]
    assert last.to_dict() == _overall(data)


def _overall(data):
    names = {"No resampling": "NoResampling"}
    return {names.get(m, m): r for m, r in zip(data["method"], data["average_rank"], strict=True)}


def test_a_failed_search_ranks_last_as_in_table_2_and_takes_no_strategy_away():
    failed = SCORES.copy()
    failed.loc[(failed["sampler"] == "AutoSMOTE") & (failed["imbalance_ratio"] == 50), "test_score"] = NAN
    random = [curve([0.45], sampler="Random search", ratio=ratio) for ratio in (20, 50)]
    found = ranks(pd.concat([curve([0.6]), curve([NAN], ratio=50), *random]), failed)
    data = rank_table.ranks_and_tests(main_comparison(failed)).query("dataset == 'Overall'")
    assert found["AutoSMOTE", 1][0] == _overall(data)["AutoSMOTE"] == 2.0
    assert ("Random search", 1) in found


def test_a_strategy_that_is_in_table_2_itself_stands_there_once_and_merged_not_at_all():
    table2 = SCORES.replace({"category": {"Ablation": "Auto-sampling"}})
    searches = [curve([0.3], sampler=name) for name in ("AutoSMOTE", "Random search", MERGED)]
    table = anytime_ranks(table2, pd.concat(searches))
    assert table["strategy"].unique().tolist() == ["AutoSMOTE", "Random search"]
    of_random = table[table["strategy"] == "Random search"].set_index("method")["average_rank"]
    assert of_random.to_dict() == {"NoResampling": 3, "SMOTE": 1, "Random search": 2}
