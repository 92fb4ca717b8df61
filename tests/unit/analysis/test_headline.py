"""Who came first, against ranks and tests computed without pandas."""

import itertools

import numpy as np
import pytest
from scipy.stats import rankdata, wilcoxon
from score_rows import frame, rows, superior

from autosmote.analysis.headline import headlines
from autosmote.analysis.scores import collect


def by_hand(scores, metric):
    """Average ranks, and Holm's p-values of the first against the others, by loops."""
    part = scores[scores["metric"] == metric]
    samplers = list(dict.fromkeys(scores["sampler"]))
    cells = sorted(set(zip(part["dataset"], part["imbalance_ratio"], part["classifier"], strict=True)))
    matrix = np.empty((len(cells), len(samplers)))
    for (i, (dataset, ratio, classifier)), (j, sampler) in itertools.product(
        enumerate(cells), enumerate(samplers)
    ):
        seeds = part[
            (part["dataset"] == dataset)
            & (part["imbalance_ratio"] == ratio)
            & (part["classifier"] == classifier)
            & (part["sampler"] == sampler)
        ]
        matrix[i, j] = np.mean(seeds["test_score"])
    averages = rankdata(-matrix.round(12), axis=1).mean(axis=0)
    first = int(np.argmin(averages))
    p_values = {}
    for j, sampler in enumerate(samplers):
        differences = (matrix[:, first] - matrix[:, j]).round(12)
        if j != first:
            p_values[sampler] = wilcoxon(differences[differences != 0]).pvalue, differences.sum() > 0
    holm, worst = {}, 0.0
    for place, sampler in enumerate(sorted(p_values, key=lambda name: p_values[name][0])):
        worst = max(worst, p_values[sampler][0] * (len(p_values) - place))
        holm[sampler] = worst
    better = {sampler for sampler in holm if holm[sampler] < 0.05 and p_values[sampler][1]}
    return dict(zip(samplers, averages, strict=True)), better


@pytest.mark.parametrize("metric", ["macro_f1", "mcc"])
def test_first_and_its_tests_are_those_of_the_measured_study(reproduction, metric):
    pytest.importorskip("pyarrow", reason="needs the study extra")
    scores = collect([reproduction / "scores.parquet"])
    scores = scores[~scores["category"].isin(["SMOTE variant", "Ablation", "Extension"])]
    (found,) = [headline for headline in headlines(scores) if headline.metric == metric]
    averages, better = by_hand(scores, metric)
    assert found.configurations == 48
    assert list(found.ranks) == sorted(found.ranks)
    assert found.ranks.to_dict() == pytest.approx(averages)
    assert found.first == (min(averages, key=averages.get),)
    assert set(found.ahead_of) == better
    assert set(found.ahead_of) | set(found.not_ahead_of) | set(found.first) == set(averages)
    assert found.untested == ()


def test_the_better_method_is_first_and_significantly_so():
    (found,) = headlines(superior(8, SMOTE=0.1, NoResampling=0.2))
    assert found.first == ("AutoSMOTE",)
    assert found.ranks.tolist() == [1, 2, 3]
    assert found.ahead_of == ("SMOTE", "NoResampling")


def test_with_few_configurations_nothing_is_tested():
    (found,) = headlines(superior(5, SMOTE=0.1))
    assert (found.ahead_of, found.not_ahead_of, found.untested) == ((), (), ("SMOTE",))


def test_equal_methods_are_first_together():
    scores = frame(
        *(rows("d", "svm", sampler, [score]) for sampler, score in [("A", 0.9), ("B", 0.9), ("C", 0.1)])
    )
    (found,) = headlines(scores)
    assert found.first == ("A", "B")
    assert found.ranks.tolist() == [1.5, 1.5, 3]
