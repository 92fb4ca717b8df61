"""MESA: its state, its sampling and its decision process worked out by hand, and that it learns."""

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import average_precision_score
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from autosmote import samplers
from autosmote.datasets.sources import fetch
from autosmote.datasets.tasks import make_task
from autosmote.evaluation.classifiers import make_classifier
from autosmote.evaluation.protocol import evaluate
from autosmote.samplers import configured
from autosmote.samplers.mesa import (
    Ensemble,
    EnsembleTraining,
    build_ensemble,
    meta_sample,
    meta_state,
    prior_transitions,
    probabilities,
    train_meta_sampler,
)
from autosmote.utils.threads import one_thread

SHORT = {"random_steps": 4, "policy_steps": 5, "members": 4}


@pytest.fixture(scope="module")
def task():
    cancer = fetch("cancer", {"source": "sklearn", "name": "breast_cancer", "minority": "malignant"})
    return make_task(cancer, 10, seed=0)


def process_of(task, measure=average_precision_score, members=10, estimator=None, seed=0):
    return EnsembleTraining(
        task.X_train,
        task.y_train,
        task.X_validation,
        task.y_validation,
        estimator or DecisionTreeClassifier(max_depth=3, random_state=0),
        measure,
        members,
        np.random.default_rng(seed),
    )


# The state

errors = hnp.arrays(np.float64, st.integers(1, 30), elements=st.floats(0, 1, allow_subnormal=False))


def test_state_of_errors_counted_by_hand():
    # Bins of width 0.1 from 0.5 to 1; validation errors are all alike and so fall into the middle bin.
    state = meta_state(np.array([0.5, 0.55, 0.61, 0.99, 1.0]), np.full(3, 0.2))
    np.testing.assert_allclose(state, [2, 1, 0, 0, 2, 0, 0, 5, 0, 0])


@given(errors, errors)
def test_state_is_two_histograms_of_mean_one(training, validation):
    state = meta_state(training, validation)
    assert state.shape == (10,)
    for half, values in ((state[:5], training), (state[5:], validation)):
        assert half.mean() == pytest.approx(1)
        width = (values.max() - values.min()) / 5
        if width > 1e-6:  # Away from the edges, the bin of a value is its distance from the smallest.
            places = (values - values.min()) / width
            if np.all(np.abs(places - places.round())[(places > 0.5) & (places < 4.5)] > 1e-6):
                counts = np.bincount(np.minimum(places.astype(int), 4), minlength=5)
                np.testing.assert_allclose(half, 5 * counts / len(values))


# The sampling


def test_rows_are_drawn_by_the_density_without_replacement():
    rows, action = np.array([0.0, 0.2, 0.5, 0.9]), 0.3
    weights = np.exp(-((rows - action) ** 2) / (2 * 0.2**2))
    # Two draws one after the other, each proportional to the weights that are left.
    expected = np.zeros(4)
    for first, second in itertools.permutations(range(4), 2):
        p = weights[first] / weights.sum() * weights[second] / (weights.sum() - weights[first])
        expected[[first, second]] += p
    rng, n = np.random.default_rng(0), 4000
    drawn = np.array([meta_sample(rows, action, 2, rng) for _ in range(n)])
    assert np.all(drawn[:, 0] != drawn[:, 1])
    found = np.bincount(drawn.ravel(), minlength=4) / n
    np.testing.assert_allclose(found, expected, atol=4 * np.sqrt(0.25 / n))


@given(errors, st.floats(0, 1), st.integers(0, 100))
def test_all_rows_can_be_drawn_at_any_action(values, action, seed):
    drawn = meta_sample(values, action, len(values), np.random.default_rng(seed))
    assert sorted(drawn) == list(range(len(values)))


# The ensemble and its decision process


class Scripted(ClassifierMixin, BaseEstimator):
    """Predicts the k-th of some probabilities, where it is the k-th to be fitted; keeps what it saw."""

    log: list = []
    script = (0.2, 0.6, 0.7)

    def fit(self, X, y):
        self.p_ = self.script[len(self.log)]
        self.log.append((X, y))
        return self

    def predict_proba(self, X):
        p = np.where(X[:, 0] > 0, self.p_, 0.1)
        return np.column_stack([1 - p, p])


def test_process_worked_by_hand(monkeypatch):
    monkeypatch.setattr(Scripted, "log", [])
    X = np.array([[-3.0], [-2], [-1], [1], [2], [3], [4], [5]])
    y = np.array([0, 0, 0, 0, 0, 0, 1, 1])
    X_validation, y_validation = np.array([[-1.0], [2], [3]]), np.array([0, 1, 0])
    scored = []

    def measure(y, p):
        scored.append(p.copy())
        np.testing.assert_array_equal(y, y_validation)
        return p[1]

    process = EnsembleTraining(
        X, y, X_validation, y_validation, Scripted(), measure, 3, np.random.default_rng(0)
    )
    state = process.reset()
    # Training errors of the majority: three of 0.1, three of 0.2; validation: one of each.
    np.testing.assert_allclose(state, [2.5, 0, 0, 0, 2.5, 2.5, 0, 0, 0, 2.5])
    state, reward, terminal = process.step(0.9)
    assert (reward, terminal) == (pytest.approx(100 * (0.4 - 0.2)), False)
    state, reward, terminal = process.step(0.1)
    assert (reward, terminal) == (pytest.approx(100 * (0.5 - 0.4)), True)
    np.testing.assert_allclose(scored, [[0.1, 0.2, 0.2], [0.1, 0.4, 0.4], [0.1, 0.5, 0.5]])
    np.testing.assert_allclose(process.ensemble.probabilities(X_validation), [0.1, 0.5, 0.5])
    np.testing.assert_array_equal(process.ensemble.predict(X_validation), [0, 0, 0])
    for rows, labels in Scripted.log:  # All minority rows and as many others.
        assert labels.tolist() == [0, 0, 1, 1]
        assert rows[labels == 1].ravel().tolist() == [4, 5]
        assert len(set(rows.ravel()) & set(X[y == 0].ravel())) == 2


def test_members_see_the_rows_that_the_action_asks_for(task):
    process = process_of(task)
    process.reset()
    n_majority = len(process._majority)
    process._probabilities[:n_majority] = np.linspace(0, 1, n_majority)
    process.step(0.8)
    X = process.ensemble.members[-1].tree_.n_node_samples[0]
    assert X == 2 * task.y_train.sum()
    errors = {
        action: np.mean(
            np.linspace(0, 1, n_majority)[meta_sample(np.linspace(0, 1, n_majority), action, 15, rng)]
        )
        for rng in [np.random.default_rng(0)]
        for action in (0.0, 0.5, 1.0)
    }
    assert errors[0.0] < 0.3 < errors[0.5] < 0.7 < errors[1.0]


def test_kept_probabilities_are_those_of_the_ensemble(task):
    process = process_of(task, members=5)
    ensemble = build_ensemble(process, lambda state: state[0] / 5)
    assert len(ensemble.members) == 5
    watched = np.concatenate([task.X_train[task.y_train == 0], task.X_validation])
    np.testing.assert_allclose(process._probabilities, ensemble.probabilities(watched))
    assert process._score == average_precision_score(
        task.y_validation, ensemble.probabilities(task.X_validation)
    )


def test_rewards_of_an_episode_add_up_to_the_gain(task):
    process = process_of(task)
    process.reset()
    first, total, terminal = process._score, 0.0, False
    while not terminal:
        _, reward, terminal = process.step(0.5)
        total += reward
    assert total == pytest.approx(100 * (process._score - first))


def test_probability_of_a_classifier_without_one_is_the_sigmoid(task):
    model = LinearSVC(random_state=0).fit(task.X_train, task.y_train)
    found = probabilities(model, task.X_test)
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-model.decision_function(task.X_test))))
    np.testing.assert_array_equal(Ensemble([model]).predict(task.X_test), model.predict(task.X_test))


# The training


def test_memory_begins_with_three_rules():
    transitions = list(prior_transitions(np.random.default_rng(0)))
    assert len(transitions) == 999
    bump = {m: np.exp(-((np.array([0, 0.25, 0.5, 0.75, 1]) - m) ** 2) / (2 * 0.3**2)) for m in (0, 0.5, 1)}
    for start, (first, second), action in ((0, (1, 1), 0.9), (333, (0.5, 0.5), 0.5), (666, (0, 0.5), 0.1)):
        part = transitions[start : start + 333]
        assert {transition[1:3] + transition[4:] for transition in part} == {(action, 5.0, False)}
        template = np.r_[bump[first], bump[second]]
        template *= 10 / template.sum()
        for states in (np.array([t[0] for t in part]), np.array([t[3] for t in part])):
            noise = states - template
            assert -1e-12 <= noise.min() < 0.01
            assert 0.49 < noise.max() < 0.5
            assert noise.std() == pytest.approx(0.5 / 12**0.5, rel=0.05)
        assert not np.array_equal(part[0][0], part[0][3])


class Recorder:
    """A process without classifiers: an episode has three steps."""

    def __init__(self, best=0.2):
        self.actions, self.resets, self.best = [], 0, best

    def reset(self):
        self.resets += 1
        return np.ones(10)

    def step(self, action):
        self.actions.append(action)
        return np.ones(10), -20 * abs(action - self.best), len(self.actions) % 3 == 0


def train(process, seed=0, **steps):
    steps = {"random_steps": 6, "policy_steps": 4, **steps}
    rng = np.random.default_rng(seed)
    with one_thread():
        return train_meta_sampler(process, **steps, terminal_mask="correct", seed=seed, rng=rng)


def test_schedule_is_random_steps_and_then_one_update_per_step(monkeypatch):
    from autosmote.samplers import soft_actor_critic

    updates = []
    update = soft_actor_critic.SoftActorCritic.update

    def counted(agent, batch):
        updates.append((len(process.actions), len(batch.actions)))
        update(agent, batch)

    monkeypatch.setattr(soft_actor_critic.SoftActorCritic, "update", counted)
    process = Recorder()
    train(process)
    assert len(process.actions) == 10
    assert process.resets == 4
    assert updates == [(steps, 64) for steps in (7, 8, 9, 10)]


def test_training_follows_from_the_seed():
    first, again, other = Recorder(), Recorder(), Recorder()
    train(first), train(again), train(other, seed=1)
    assert first.actions == again.actions != other.actions


def test_sampler_learns_which_actions_are_rewarded():
    def mean_action(best):
        agent = train(Recorder(best), random_steps=300, policy_steps=300)
        with one_thread():
            return np.mean([agent.act(np.ones(10)) for _ in range(50)])

    assert mean_action(0) < 0.3
    assert mean_action(1) > 0.7


# As a method of the study


def run(task, settings, classifiers=("tree",), metrics=("macro_f1",)):
    spec = configured(samplers.get("MESA"), SHORT | settings)
    return evaluate(task, spec, classifiers=classifiers, metrics=metrics, ratios=[0.5], seed=0)


def test_all_classifiers_and_metrics_give_a_row(task):
    for row in run(task, {}, classifiers=("svm", "knn", "tree", "adaboost"), metrics=("macro_f1", "mcc")):
        assert row["status"] == "ok"
        assert np.isnan(row["ratio"])
        assert -1 < row["test_score"] <= 1
        sigmoid = "the probability of the minority class is the sigmoid of the decision function"
        assert row["message"] == (sigmoid if row["classifier"] == "svm" else "")
        assert json.loads(row["settings"]) == SHORT | {"terminal_mask": "correct"}


def test_row_follows_from_the_seed_and_reports_the_ensemble(task):
    (first,), (again,) = run(task, {}), run(task, {})
    assert {**first, "seconds": 0, "ratio": 0} == {**again, "seconds": 0, "ratio": 0}
    (published,) = run(task, {"terminal_mask": "published"})
    assert json.loads(published["settings"])["terminal_mask"] == "published"


def test_fewer_rows_than_neighbours_is_not_applicable(task):
    few = np.r_[np.flatnonzero(task.y_train == 0), np.flatnonzero(task.y_train == 1)[:2]]
    task = replace(task, X_train=task.X_train[few], y_train=task.y_train[few])
    rows = run(task, {}, classifiers=["knn", "tree"])
    assert [row["status"] for row in rows] == ["not_applicable", "ok"]


@pytest.mark.slow
def test_trained_sampler_beats_random_actions_on_phoneme(openml_cache):
    """Mean AUCPRC of ensembles on test rows, over three splits at imbalance ratio 20."""
    phoneme = fetch(
        "Phoneme", {"source": "openml", "id": 1489, "target": "Class"}, openml_cache=str(openml_cache)
    )
    gains = []
    for seed in range(3):
        task = make_task(phoneme, 20, seed)
        process = process_of(task, estimator=make_classifier("tree", seed), seed=seed)
        rng = np.random.default_rng(seed)
        with one_thread():
            agent = train_meta_sampler(
                process, random_steps=500, policy_steps=1000, terminal_mask="correct", seed=seed, rng=rng
            )
            trained, random = (
                np.mean(
                    [
                        average_precision_score(
                            task.y_test, build_ensemble(process, act).probabilities(task.X_test)
                        )
                        for _ in range(10)
                    ]
                )
                for act in (agent.act, lambda state, rng=rng: rng.random())
            )
        gains.append(trained - random)
    assert np.mean(gains) > 0.02
