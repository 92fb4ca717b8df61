"""The search strategies: what each of them changes, and that all of them keep what the engine promises."""

import dataclasses
import json
import pickle
import random

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from autosmote.datasets.tasks import Task
from autosmote.evaluation.classifiers import make_classifier
from autosmote.evaluation.metrics import METRICS
from autosmote.search.actors import _Worker
from autosmote.search.checkpoint import Checkpoint
from autosmote.search.engine import search
from autosmote.search.features import neighbourhood
from autosmote.search.policies import Policies
from autosmote.search.rollout import Actor, episode_rng
from autosmote.search.settings import LEVELS, SearchSettings
from autosmote.search.space import SearchSpace
from autosmote.study import strategies
from autosmote.study.autosmote_search import find_synthetic_rows
from autosmote.study.search_job import run_search
from autosmote.utils.errors import UnknownNameError

#: The strategies that search with the engine.
ENGINE = [spec.name for spec in strategies.specs() if spec.find is find_synthetic_rows]

SETTINGS = {"iterations": 6, "round_size": 2, "neighbours": 5, "hidden": 16, "buffers": {"low_level": 20}}


@pytest.fixture(scope="module")
def task():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(140, 3))
    y = np.repeat([0, 1], [120, 20])
    X[y == 1] += 1.0
    part = np.arange(140) % 5
    parts = {"train": part < 3, "validation": part == 3, "test": part == 4}
    arrays = {f"{c}_{name}": v[rows] for name, rows in parts.items() for c, v in (("X", X), ("y", y))}
    return Task("made", 6, 3, **arrays, feature_names=["a", "b", "c"], onehot=np.zeros(3, dtype=bool))


def test_names_and_labels_identify_a_strategy():
    specs = strategies.specs()
    assert strategies.names() == tuple(spec.name for spec in specs)
    assert len({spec.label for spec in specs}) == len(specs)
    assert all(strategies.get(spec.name) is spec for spec in specs)
    assert (specs[0].name, specs[0].label) == ("autosmote", "AutoSMOTE")


def test_an_unknown_strategy_is_named_with_the_known_ones():
    with pytest.raises(UnknownNameError, match="unknown strategy 'merge'; did you mean 'merged'.*autosmote"):
        strategies.get("merge")


@pytest.mark.parametrize("name", strategies.names())
def test_every_strategy_leaves_a_row_under_its_label(task, name):
    outcome = run_search(task, "tree", "macro_f1", SETTINGS, strategy=name)
    spec = strategies.get(name)
    assert (outcome.row["sampler"], outcome.row["category"]) == (spec.label, spec.category)
    assert (outcome.row["status"], outcome.row["message"]) == ("ok", spec.note)
    assert len(outcome.history) == 6
    if "fold" in outcome.history:  # Several folds decide, and of the result the validation score is told.
        on_validation = outcome.history.loc[outcome.history["fold"] == 4, "validation_score"]
        assert outcome.row["validation_score"] == outcome.history["best_validation_score"].iloc[-1]
        assert outcome.row["validation_score"] in on_validation.to_numpy()
    else:
        assert outcome.row["validation_score"] == outcome.history["validation_score"].max()


@pytest.mark.parametrize("name", strategies.names())
def test_the_test_split_decides_nothing(task, name):
    other = dataclasses.replace(task, y_test=1 - task.y_test, X_test=-task.X_test)
    one, shuffled = (run_search(t, "tree", "mcc", SETTINGS, strategy=name) for t in (task, other))
    assert one.history.to_csv() == shuffled.history.to_csv()
    for key, array in one.samples.items():
        assert_array_equal(array, shuffled.samples[key])


def test_a_strategy_costs_a_few_keys(task, monkeypatch):
    keys = {"neighbours": 2, "low_level_policy": "random"}
    entry = dataclasses.replace(strategies.get("autosmote"), name="mine", label="Mine", keys=keys)
    monkeypatch.setitem(strategies._STRATEGIES._entries, "mine", entry)
    outcome = run_search(task, "tree", "macro_f1", SETTINGS, strategy="mine")
    assert outcome.row["sampler"] == "Mine"
    assert json.loads(outcome.row["settings"]).items() >= keys.items()
    nearest = SearchSpace(task.X_train[task.y_train == 1], 2).neighbours
    pairs = zip(outcome.samples["source"], outcome.samples["neighbour"], strict=True)
    assert all(neighbour in nearest[source] for source, neighbour in pairs)


@pytest.mark.parametrize("name", ["autosmote", "policy_search"])
def test_nominal_values_are_interpolated_as_the_paper_does_or_drawn(task, name):
    rng = np.random.default_rng(2)
    parts = {
        part: np.hstack([getattr(task, part), np.eye(3)[rng.integers(0, 3, len(getattr(task, part)))]])
        for part in ("X_train", "X_validation", "X_test")
    }
    nominal = np.array([-1, -1, -1, 0, 0, 0])
    mixed = dataclasses.replace(
        task, **parts, feature_names=list("abcdef"), onehot=nominal >= 0, nominal=nominal
    )
    more = {} if name == "autosmote" else {"iterations": 40}
    found = {
        kind: run_search(mixed, "tree", "macro_f1", SETTINGS | more | keys, strategy=name)
        for kind, keys in (
            ("default", {}),
            ("interpolated", {"nominal_values": "interpolated"}),
            ("drawn", {"nominal_values": "drawn"}),
        )
    }
    assert_array_equal(found["default"].samples["X"], found["interpolated"].samples["X"])
    minority = mixed.X_train[mixed.y_train == 1]
    for kind in ("interpolated", "drawn"):
        samples = found[kind].samples
        start, end = minority[samples["source"]], minority[samples["neighbour"]]
        between = start + samples["weight"][:, None] * (end - start)
        is_between = np.isclose(samples["X"], between)
        assert is_between[:, :3].all()
        assert is_between.all() == (kind == "interpolated")
        assert json.loads(found[kind].row["settings"])["nominal_values"] == kind
    values = found["drawn"].samples["X"][:, 3:]
    assert_array_equal(np.sort(values, axis=1), np.tile([0.0, 0.0, 1.0], (len(values), 1)))


# -- what each level of the hierarchy does -----------------------------------------------------------------


@pytest.fixture(scope="module")
def space():
    return SearchSpace(np.random.default_rng(1).normal(size=(8, 3)), neighbours=4)


def share_above(samples):
    rows = SearchSpace(np.random.default_rng(1).normal(size=(8, 3)), 4).interpolate(samples)
    return float(np.mean(rows[:, 0] > 0)) if len(rows) else 0.0


def settings_of(name, **keys):
    small = {"g1_max": 6, "g2_max": 4, "neighbours": 4, "hidden": 16, "iterations": 12, "round_size": 3}
    return SearchSettings(**small | keys | dict(strategies.get(name).keys))


def episodes_of(name, space, number, **keys):
    settings = settings_of(name, **keys)
    actor = Actor(space, settings, Policies(space, settings).export())
    return [actor.episode(episode_rng(0, e)) for e in range(number)]


@pytest.mark.parametrize(("g1_max", "g1"), [(20, 10), (8, 4), (7, 4), (1, 1)])  # Rounded up.
def test_without_cross_instance_policy_g1_is_half_of_its_maximum(space, g1_max, g1):
    for episode in episodes_of("no_cross_instance", space, 20, g1_max=g1_max):
        assert episode.g1 == g1
        assert len(episode.action) == g1 * episode.g2.sum()
    history = search(space, share_above, settings_of("no_cross_instance", g1_max=g1_max)).history
    assert set(history["g1"]) == {g1}


@pytest.mark.parametrize(("g2_max", "g2"), [(10, 5), (5, 3)])
def test_without_instance_specific_policy_g2_is_half_of_its_maximum(space, g2_max, g2):
    episodes = episodes_of("no_instance_specific", space, 20, g2_max=g2_max)
    assert {factor for episode in episodes for factor in episode.g2.tolist()} == {g2}
    assert len({episode.g1 for episode in episodes}) > 1


@pytest.mark.parametrize("name", ["no_low_level", "random_search"])
def test_random_levels_draw_with_equal_probabilities(space, name):
    # The random numbers are fixed. With others, each of these tests would fail once in a thousand times.
    episodes = episodes_of(name, space, 1500)
    assert_uniform(np.concatenate([episode.action for episode in episodes]), space.n_actions)
    if name == "random_search":
        assert_uniform([episode.g1 for episode in episodes], 7)
        factors = np.array([episode.g2 for episode in episodes])
        assert_uniform(factors.ravel(), 5)
        # Nor does one decision depend on another: g1, and the factors of two instances, by pairs.
        assert_uniform(np.array([episode.g1 for episode in episodes]) * 5 + factors[:, 0], 7 * 5)
        assert_uniform(factors[:, 2] * 5 + factors[:, 3], 5 * 5)


def assert_uniform(values, n_values):
    assert stats.chisquare(np.bincount(values, minlength=n_values)).pvalue > 1e-3


LEARNED = {
    "autosmote": LEVELS,
    "no_cross_instance": ("instance_specific", "low_level"),
    "no_instance_specific": ("cross_instance", "low_level"),
    "no_low_level": ("cross_instance", "instance_specific"),
    "flat": ("low_level",),
    "random_search": (),
    "merged": LEVELS,
    "neighbourhood_state": LEVELS,
}


@pytest.mark.parametrize("name", LEARNED)
def test_only_the_levels_that_decide_are_trained(space, name):
    settings = settings_of(name, low_level_buffer=10, instance_specific_buffer=8, cross_instance_buffer=2)
    result = search(space, share_above, settings)
    before, after = Policies(space, settings).export(), result.policies.export()
    changed = {key.split(".")[0] for key in before if not np.array_equal(before[key], after[key])}
    assert changed == set(LEARNED[name])
    for level in LEVELS:
        told = result.history[[f"{level}_loss", f"{level}_entropy"]].notna().any().tolist()
        assert told == [level in LEARNED[name]] * 2
    assert result.history["g1"].isna().all() == (name == "flat")


# -- what holds for all of them ----------------------------------------------------------------------------


class ShuffledActors:
    """Three actors in this process that run what was submitted in an order of their own."""

    def __init__(self, space, settings, reward, weights, n_actors):
        self._workers = [_Worker(*pickle.loads(pickle.dumps((space, settings, reward)))) for _ in range(3)]
        self._jobs, self._order, self._outcomes = [], [], {}
        self._random = random.Random(0)

    def publish(self, version, weights):
        for worker in self._workers:
            worker.load(version, pickle.loads(pickle.dumps(dict(weights))))

    def submit(self, episode, version):
        self._jobs.append((episode, version))
        self._order.append(episode)

    def next(self):
        wanted = self._order.pop(0)
        while wanted not in self._outcomes:
            episode, version = self._jobs.pop(self._random.randrange(len(self._jobs)))
            outcome = self._random.choice(self._workers).run(episode, version)
            self._outcomes[episode] = pickle.loads(pickle.dumps(outcome))
        return self._outcomes.pop(wanted)

    def close(self):
        pass


def assert_same(one, other):
    assert one.history.to_csv() == other.history.to_csv()
    for key, array in one.samples.items():
        assert array.tobytes() == other.samples[key].tobytes()


@pytest.mark.parametrize("name", ENGINE)
def test_the_result_does_not_depend_on_which_actor_runs_what_when(task, name, monkeypatch):
    serial = run_search(task, "tree", "macro_f1", SETTINGS, strategy=name)
    monkeypatch.setattr("autosmote.search.engine.make_actors", ShuffledActors)
    assert_same(serial, run_search(task, "tree", "macro_f1", SETTINGS, strategy=name, actors=3))


@pytest.mark.slow
@pytest.mark.parametrize("name", ENGINE)
def test_two_processes_find_the_same_as_one(task, name):
    one, two = (
        run_search(task, "tree", "macro_f1", SETTINGS, strategy=name, actors=actors) for actors in (1, 2)
    )
    assert_same(one, two)


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("name", ENGINE)
def test_an_interrupted_search_goes_on_to_the_same_result(task, name, tmp_path, monkeypatch):
    monkeypatch.setattr(Checkpoint, "due", lambda self: True)

    def stop(line):
        if line.startswith("iteration 8/"):
            raise Interrupted

    path = tmp_path / "checkpoint.pt"
    settings = SETTINGS | {"iterations": 10}
    uninterrupted = run_search(task, "tree", "macro_f1", settings, strategy=name)
    with pytest.raises(Interrupted):
        run_search(
            task, "tree", "macro_f1", settings, strategy=name, checkpoint=path, log=stop, log_seconds=0.0
        )
    lines = []
    resumed = run_search(task, "tree", "macro_f1", settings, strategy=name, checkpoint=path, log=lines.append)
    assert lines[0] == "going on after iteration 6 from a checkpoint"
    assert_same(resumed, uninterrupted)
    # A search by another strategy does not take it up.
    lines.clear()
    other = "autosmote" if name != "autosmote" else "random_search"
    run_search(task, "tree", "macro_f1", settings, strategy=other, checkpoint=path, log=lines.append)
    assert not any("going on" in line for line in lines)


# -- single strategies -------------------------------------------------------------------------------------


@pytest.mark.parametrize("classifier", ["svm", "knn", "tree", "adaboost"])
def test_merged_trains_and_scores_on_both_splits(task, classifier):
    outcome = run_search(task, classifier, "macro_f1", SETTINGS, strategy="merged")
    X = np.concatenate([task.X_train, task.X_validation])
    y = np.concatenate([task.y_train, task.y_validation])
    synthetic = outcome.samples["X"]
    minority = X[y == 1]
    start, end = minority[outcome.samples["source"]], minority[outcome.samples["neighbour"]]
    assert_allclose(synthetic, start + outcome.samples["weight"][:, None] * (end - start))
    model = make_classifier(classifier, task.seed).fit(
        np.concatenate([X, synthetic]), np.append(y, np.ones(len(synthetic), dtype=int))
    )
    assert outcome.row["validation_score"] == METRICS["macro_f1"](y, model.predict(X))
    assert outcome.row["test_score"] == METRICS["macro_f1"](task.y_test, model.predict(task.X_test))
    assert "compare no methods by it" in outcome.row["message"]


def test_neighbourhood_state_shows_the_policies_the_classes_around_an_instance(task, monkeypatch):
    seen = []

    def watched(space, reward, settings, **keys):
        seen.append((space, settings))
        return search(space, reward, settings, **keys)

    monkeypatch.setattr("autosmote.search.engine.search", watched)
    outcome = run_search(task, "tree", "macro_f1", SETTINGS, strategy="neighbourhood_state")
    ((space, settings),) = seen
    minority = task.y_train == 1
    assert_array_equal(space.state_features, neighbourhood(task.X_train, minority))
    # Neighbours and synthetic rows are those of the coordinates, as for all strategies.
    assert_array_equal(space.neighbours, SearchSpace(task.X_train[minority], 5).neighbours)
    assert outcome.samples["X"].shape[1] == 3
    assert settings.reward_scaling == "standardised"
    assert outcome.row["validation_score"] == outcome.history["validation_score"].max()  # Not scaled.
