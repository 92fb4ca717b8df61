"""The search for policies: its budget, its determinism, what it selects, and that it learns."""

import numpy as np
import pytest
from sklearn.metrics import get_scorer
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from autosmote.search.checkpoint import Checkpoint
from autosmote.search.evolution import (
    PolicySearchSettings,
    bank_spread,
    bank_starts,
    corner_starts,
    random_starts,
    search_policies,
)
from autosmote.search.folds import make_folds
from autosmote.search.linear_policies import CORNERS, PARAMETERS, make_policy

SMALL = PolicySearchSettings(fits=90, population=6, promoted=2, draws=4, seed=5)
STARTS = corner_starts(5)[[0, 1, 5, 9, 16]]


@pytest.fixture(scope="module")
def folds():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [100, 20])
    X = rng.normal(size=(120, 2)) + 0.8 * y[:, None]
    train = np.arange(120) % 4 != 0
    return make_folds(
        X[train], y[train], X[~train], y[~train], DecisionTreeClassifier(random_state=0),
        get_scorer("f1_macro"), neighbours=5, seed=0,
    )  # fmt: skip


@pytest.fixture(scope="module")
def result(folds):
    return search_policies(folds, STARTS, SMALL)


def assert_same(one, other):
    assert one.history.to_csv() == other.history.to_csv()
    np.testing.assert_array_equal(one.policies, other.policies)
    assert len(one.incumbents) == len(other.incumbents)
    for better, same in zip(one.incumbents, other.incumbents, strict=True):
        assert (better.iteration, better.score) == (same.iteration, same.score)
        for name in ("source", "neighbour", "weight"):
            np.testing.assert_array_equal(getattr(better.samples, name), getattr(same.samples, name))


def test_every_fit_counts(result):
    # 5 starts on 4 folds; generations of 6 fits on one fold and 2 policies on the other 3; their mean on all
    # folds, for what is left of 90 - 4 - 20 = 5 * 12 + 6; and 4 draws.
    history = result.history
    assert history["iteration"].tolist() == list(range(1, 89))
    assert history["round"].value_counts(sort=False).tolist() == [20, 12, 12, 12, 12, 16, 4]
    first = history[history["round"].between(1, 5)].groupby("round")["fold"].first()
    assert first.tolist() == [4, 1, 4, 2, 4]
    assert (history["policy"].iloc[-4:] == 0).all() and (history["fold"].iloc[-4:] == 4).all()


def test_random_policies_leave_nothing_to_learn_from(folds):
    result = search_policies(folds, random_starts(0, 100), SMALL)
    assert len(result.history) == 88  # 21 policies on 4 folds, and 4 draws.
    assert set(result.history["round"]) == {0, 1}


def test_the_answer_is_a_mixture_of_the_best_and_its_best_draw(result, folds):
    pooled = result.history["pooled_score"].dropna().sort_values(ascending=False)
    np.testing.assert_allclose(result.scores, pooled.iloc[:3])
    draws = result.history["validation_score"].iloc[-4:]
    assert result.best_score == draws.max() == result.history["best_validation_score"].iloc[-1]
    assert result.best_iteration == draws.idxmax() + 1
    outcome = folds.fit(3, result.samples)
    assert (outcome.score, outcome.n_synthetic) == (
        result.best_score,
        result.history["n_synthetic"].iloc[result.best_iteration - 1],
    )


def test_what_was_selected_has_the_scores_that_the_history_tells(result, folds):
    history = result.history.set_index("iteration")
    for better in result.incumbents:
        assert folds.fit(3, better.samples).score == better.score
        assert history.loc[better.iteration, "best_validation_score"] == better.score
    search = [better for better in result.incumbents if history.loc[better.iteration, "policy"] > 0]
    scores = [history.loc[better.iteration, "pooled_score"] for better in search]
    assert scores == sorted(set(scores))


def test_the_result_is_the_same_with_several_actors(result, folds):
    assert_same(search_policies(folds, STARTS, SMALL, actors=3), result)


def test_a_search_that_was_killed_goes_on_to_the_same_result(result, folds, tmp_path):
    path = tmp_path / "checkpoint"

    class Killed(Exception):
        pass

    def kill(fit):
        if fit.iteration in (7, 41):
            raise Killed

    for expected in (6, 40):
        with pytest.raises(Killed):
            search_policies(
                folds, STARTS, SMALL, on_iteration=kill, checkpoint=Checkpoint(path, "k", every=0)
            )
        assert len(Checkpoint(path, "k").load()["outcomes"]) == expected + 1
    resumed = search_policies(folds, STARTS, SMALL, checkpoint=Checkpoint(path, "k"))
    assert resumed.resumed_after == 41
    assert_same(resumed, result)


def test_a_checkpoint_holds_scores_without_labels_too(folds, tmp_path):
    reward = folds.folds[-1].reward
    parts = reward.X_train, reward.y_train, reward.X_validation, reward.y_validation
    by_probability = make_folds(*parts, KNeighborsClassifier(3), get_scorer("roc_auc"), neighbours=5, seed=0)
    whole = search_policies(by_probability, STARTS, SMALL)
    path = tmp_path / "checkpoint"
    search_policies(
        by_probability, STARTS, SMALL,
        on_iteration=lambda fit: fit.iteration == 30, checkpoint=Checkpoint(path, "k", every=0),
    )  # fmt: skip
    assert_same(search_policies(by_probability, STARTS, SMALL, checkpoint=Checkpoint(path, "k")), whole)


def test_the_caller_can_end_a_search(result, folds):
    stopped = search_policies(folds, STARTS, SMALL, on_iteration=lambda fit: fit.iteration == 30)
    assert stopped.history.to_csv() == result.history.head(30).to_csv()
    assert len(stopped.policies) == 3
    assert stopped.best_score == result.history["best_validation_score"].iloc[29]
    nothing = search_policies(folds, STARTS, SMALL, on_iteration=lambda fit: True)
    assert len(nothing.samples) == 0 and nothing.best_iteration == 0 and np.isnan(nothing.best_score)


def test_a_search_leaves_numpys_random_numbers_alone(folds):
    np.random.seed(3)
    expected = np.random.random()
    np.random.seed(3)
    search_policies(folds, STARTS, SMALL)
    assert np.random.random() == expected


def test_a_classifier_that_cannot_be_fitted_leaves_no_result(folds):
    reward = folds.folds[-1].reward
    parts = reward.X_train, reward.y_train, reward.X_validation, reward.y_validation
    refused = make_folds(*parts, KNeighborsClassifier(5000), get_scorer("accuracy"), neighbours=5, seed=0)
    result = search_policies(refused, STARTS, SMALL)
    assert result.history["validation_score"].isna().all()
    assert len(result.policies) == 0 and len(result.samples) == 0 and result.best_iteration == 0


class Wanted:
    """Folds whose score is better the nearer a draw is to half as many rows as the majority, all copies."""

    def __init__(self, folds):
        self._folds = folds
        self.folds = folds.folds

    def fit(self, fold, samples):
        outcome = self._folds.fit(fold, samples)
        n_majority = self.folds[fold].policies.n_majority
        copies = np.mean(samples.weight == 0) if len(samples) else 0.0
        score = copies - abs(len(samples) / n_majority - 0.5)
        return type(outcome)(float(score), len(samples), None)

    def score(self, outcomes):
        return float(np.mean([outcome.score for outcome in outcomes]))


def test_it_learns(folds):
    settings = PolicySearchSettings(seed=0, fits=400)
    result = search_policies(Wanted(folds), [make_policy(0.1)] * 4, settings)
    mean = result.history.groupby("round")["validation_score"].mean()
    assert mean[0] < -0.1
    assert mean[mean.index[-3:-1]].mean() > mean[0] + 0.35
    rows = np.exp(result.policies[:, PARAMETERS.index("log_rows")])
    np.testing.assert_allclose(rows, 0.5, atol=0.25)
    copies = result.policies[:, PARAMETERS.index("weight_0")]
    assert np.all(copies > 0.5)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"fits": 4}, "fits=4.*at least 5"),
        ({"population": 1}, "population=1.*at least 2"),
        ({"step": 0}, "step=0.*above 0"),
        ({"promoted": 17}, "promoted=17.*population=16"),
        ({"draws": True}, "draws=True.*whole number"),
    ],
)
def test_values_out_of_range_are_named(keys, message, folds):
    with pytest.raises(ValueError, match=message):
        search_policies(folds, STARTS, PolicySearchSettings(**keys))


def test_starts_are_the_corners_and_random_policies():
    starts = corner_starts(3)
    np.testing.assert_array_equal(starts[: len(CORNERS)], list(CORNERS.values()))
    np.testing.assert_array_equal(starts[len(CORNERS) :], random_starts(3, 8))
    assert starts.shape == (23, 18)
    policies = random_starts(0, 6)
    np.testing.assert_array_equal(bank_starts(policies)[1:], policies)
    np.testing.assert_array_equal(bank_starts(policies)[0], CORNERS["none"])
    assert np.all(bank_spread(policies) > policies.std(axis=0))
