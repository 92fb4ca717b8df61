"""Average ranks against hand-worked examples, scipy and their invariants."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata

from autosmote.analysis.ranks import average_ranks, rank, score_matrix

nan = float("nan")


def scores(rows):
    columns = ["dataset", "imbalance_ratio", "classifier", "metric", "seed", "sampler", "test_score"]
    return pd.DataFrame(rows, columns=columns)


def one_configuration(values):
    return scores([("d", 20, "svm", "mcc", 0, sampler, value) for sampler, value in values.items()])


def ranks_of(values):
    return rank(score_matrix(one_configuration(values))).iloc[0].to_dict()


def test_best_is_first_and_ties_share_their_rank():
    assert ranks_of({"A": 0.1, "B": 0.9, "C": 0.5, "D": 0.5}) == {"A": 4, "B": 1, "C": 2.5, "D": 2.5}


def test_samplers_without_a_score_tie_for_the_last_places():
    assert ranks_of({"A": nan, "B": -0.9, "C": nan, "D": 0.5}) == {"A": 3.5, "B": 2, "C": 3.5, "D": 1}
    assert ranks_of({"A": nan, "B": nan}) == {"A": 1.5, "B": 1.5}
    assert ranks_of({"A": nan}) == {"A": 1}


def test_a_sampler_without_a_row_is_ranked_last_too():
    table = scores(
        [
            ("d", 20, "svm", "mcc", 0, "A", 0.3),
            ("d", 20, "svm", "mcc", 0, "B", 0.4),
            ("d", 20, "knn", "mcc", 0, "A", 0.3),
        ]
    )
    ranks = rank(score_matrix(table))
    assert ranks.loc[("mcc", "d", 20, "knn")].to_dict() == {"A": 1, "B": 2}


def test_samplers_without_a_score_can_be_left_out():
    matrix = score_matrix(
        scores(
            [
                *[
                    ("d", 20, "svm", "mcc", 0, name, v)
                    for name, v in zip("ABCD", [nan, 0.2, 0.5, 0.5], strict=True)
                ],
                *[
                    ("d", 20, "knn", "mcc", 0, name, v)
                    for name, v in zip("ABCD", [nan, 0.3, nan, 0.1], strict=True)
                ],
            ]
        )
    )
    ranks = rank(matrix, missing="omit")
    np.testing.assert_array_equal(ranks.loc[("mcc", "d", 20, "svm")], [nan, 3, 1.5, 1.5])
    np.testing.assert_array_equal(ranks.loc[("mcc", "d", 20, "knn")], [nan, 1, nan, 2])
    np.testing.assert_array_equal(average_ranks(ranks).loc["mcc"], [nan, 2, 1.5, 1.75])
    with pytest.raises(ValueError, match="missing is 'first'; it has to be one of last, omit"):
        rank(matrix, missing="first")


def test_seeds_are_averaged_before_ranking():
    table = scores(
        [
            # A wins two seeds of three, B has the better mean; C is averaged over the seeds it has.
            *[("d", 20, "svm", "mcc", seed, "A", value) for seed, value in enumerate([0.6, 0.6, 0.0])],
            *[("d", 20, "svm", "mcc", seed, "B", value) for seed, value in enumerate([0.5, 0.5, 0.5])],
            *[("d", 20, "svm", "mcc", seed, "C", value) for seed, value in enumerate([0.7, nan, 0.5])],
        ]
    )
    matrix = score_matrix(table)
    np.testing.assert_allclose(matrix.loc[("mcc", "d", 20, "svm")], [0.4, 0.5, 0.6])
    assert rank(matrix).iloc[0].to_dict() == {"A": 3, "B": 2, "C": 1}
    by_seed = score_matrix(table, over_seeds=False)
    assert by_seed.index.names[-1] == "seed"
    np.testing.assert_array_equal(by_seed["C"], [0.7, nan, 0.5])


def test_equal_means_tie_in_spite_of_rounding_errors():
    table = scores(
        [("d", 20, "svm", "mcc", seed, "A", value) for seed, value in enumerate([0.1, 0.2, 0.3])]
        + [("d", 20, "svm", "mcc", seed, "B", value) for seed, value in enumerate([0.3, 0.1, 0.2])]
        + [("d", 20, "svm", "mcc", seed, "C", value) for seed, value in enumerate([0.2, 0.2, 0.2])]
    )
    assert set(rank(score_matrix(table)).iloc[0]) == {2}


def test_averages_per_data_set_and_overall_weigh_configurations_equally():
    rows = []
    # A is first in the one configuration of "small" and second in the three of "large".
    for dataset, classifier, a, b in [
        ("small", "svm", 0.9, 0.1),
        ("large", "svm", 0.1, 0.9),
        ("large", "knn", 0.1, 0.9),
        ("large", "tree", 0.1, 0.9),
    ]:
        rows += [(dataset, 20, classifier, "mcc", 0, "A", a), (dataset, 20, classifier, "mcc", 0, "B", b)]
    ranks = rank(score_matrix(scores(rows)))
    assert average_ranks(ranks, ["dataset"])["A"].to_dict() == {("mcc", "small"): 1, ("mcc", "large"): 2}
    assert average_ranks(ranks).loc["mcc"].to_dict() == {"A": 1.75, "B": 1.25}
    assert average_ranks(ranks, ["classifier"])["A"].to_dict() == {
        ("mcc", "svm"): 1.5,
        ("mcc", "knn"): 2,
        ("mcc", "tree"): 2,
    }


def test_metrics_are_ranked_apart():
    table = scores(
        [
            ("d", 20, "svm", "mcc", 0, "A", 0.1),
            ("d", 20, "svm", "mcc", 0, "B", 0.2),
            ("d", 20, "svm", "macro_f1", 0, "A", 0.9),
            ("d", 20, "svm", "macro_f1", 0, "B", 0.8),
        ]
    )
    assert average_ranks(rank(score_matrix(table)))["A"].to_dict() == {"macro_f1": 1, "mcc": 2}


def test_an_empty_table_is_refused():
    with pytest.raises(ValueError, match="no rows"):
        score_matrix(scores([]))


few_examples = settings(max_examples=30)
# Few distinct values, so that ties occur; NaN stands for a missing score.
values = st.one_of(st.integers(-20, 20).map(lambda n: n / 20), st.just(nan))
matrices = st.integers(1, 6).flatmap(
    lambda n: st.lists(st.lists(values, min_size=n, max_size=n), min_size=1, max_size=5)
)


def table_of(matrix):
    return scores(
        [
            ("d", ir, "svm", "mcc", 0, f"S{column}", value)
            for ir, line in enumerate(matrix)
            for column, value in enumerate(line)
        ]
    )


@few_examples
@given(matrices)
def test_ranks_of_a_configuration_have_a_fixed_sum(matrix):
    n = len(matrix[0])
    ranks = rank(score_matrix(table_of(matrix)))
    np.testing.assert_allclose(ranks.sum(axis=1), n * (n + 1) / 2)
    assert average_ranks(ranks).to_numpy().sum() == pytest.approx(n * (n + 1) / 2)


@few_examples
@given(matrices)
def test_ranks_equal_scipys(matrix):
    ranks = rank(score_matrix(table_of(matrix))).to_numpy()
    for line, expected in zip(matrix, ranks, strict=True):
        np.testing.assert_array_equal(rankdata([5.0 if np.isnan(v) else -v for v in line]), expected)


@few_examples
@given(matrices, st.sampled_from([np.exp, lambda v: v**3, lambda v: 3 * v - 7]))
def test_monotone_transformations_change_no_rank(matrix, transform):
    table = table_of(matrix)
    transformed = table.assign(test_score=transform(table["test_score"]))
    pd.testing.assert_frame_equal(rank(score_matrix(table)), rank(score_matrix(transformed)))


@few_examples
@given(matrices, st.randoms(use_true_random=False))
def test_row_order_changes_no_rank(matrix, random):
    table = table_of(matrix)
    order = list(table.index)
    random.shuffle(order)
    expected = rank(score_matrix(table))
    shuffled = rank(score_matrix(table.loc[order]))
    pd.testing.assert_frame_equal(shuffled[expected.columns], expected)
