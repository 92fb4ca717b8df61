"""One search of the study, from a task to the files that it leaves."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import f1_score
from sklearn.tree import DecisionTreeClassifier

from autosmote.analysis.scores import collect
from autosmote.datasets.tasks import Task
from autosmote.evaluation.classifiers import make_classifier
from autosmote.evaluation.metrics import METRICS
from autosmote.evaluation.score_row import Cell
from autosmote.search.checkpoint import Checkpoint
from autosmote.study import search_job
from autosmote.study.search_job import run_search, search_key

SETTINGS = {"iterations": 8, "actors": 4, "round_size": 2, "neighbours": 5, "buffers": {"low_level": 20}}


@pytest.fixture(scope="module")
def task():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(210, 3))
    y = np.repeat([0, 1], [180, 30])
    X[y == 1] += 1.0
    part = np.arange(210) % 5
    parts = {"train": part < 3, "validation": part == 3, "test": part == 4}
    arrays = {f"{c}_{name}": v[rows] for name, rows in parts.items() for c, v in (("X", X), ("y", y))}
    unused = rng.normal(size=(50, 3)) + 1.0
    return Task(
        *("made", 6, 3),
        **arrays,
        feature_names=["a", "b", "c"],
        onehot=np.zeros(3, dtype=bool),
        X_unused=unused,
    )


@pytest.fixture(scope="module")
def outcome(task):
    return run_search(task, "tree", "macro_f1", SETTINGS)


def test_the_row_describes_the_cell(task, outcome):
    row = outcome.row
    assert (row["dataset"], row["imbalance_ratio"], row["seed"]) == ("made", 6, 3)
    assert (row["sampler"], row["classifier"], row["metric"], row["status"]) == (
        "AutoSMOTE",
        "tree",
        "macro_f1",
        "ok",
    )
    assert row["iterations"] == len(outcome.history) == 8
    assert row["validation_score"] == outcome.history["validation_score"].max()
    assert row["n_majority"] == 108
    assert row["n_minority"] == 18 + row["n_synthetic"] == 18 + len(outcome.samples["X"])
    assert json.loads(row["settings"])["low_level_buffer"] == 20
    assert row["seconds"] > 0


def test_the_time_of_a_search_leaves_out_its_test_scores(task, monkeypatch):
    clock = {"now": 0.0}

    def slow(*arguments):
        clock["now"] += 1000.0
        return scored(*arguments)

    scored = search_job._with_test_scores
    monkeypatch.setattr(search_job, "_with_test_scores", slow)
    monkeypatch.setattr(search_job.time, "perf_counter", lambda: clock["now"])
    monkeypatch.setattr(search_job.os, "times", lambda: (clock["now"], 0.0, 0.0, 0.0, 0.0))
    row = run_search(task, "tree", "macro_f1", SETTINGS).row
    assert clock["now"] == 1000.0
    assert (row["seconds"], row["wall_seconds"]) == (0.0, 0.0)


def test_both_scores_can_be_had_again_from_the_saved_rows(task, outcome):
    synthetic = outcome.samples["X"]
    minority = task.X_train[task.y_train == 1]
    start, end = minority[outcome.samples["source"]], minority[outcome.samples["neighbour"]]
    weight = outcome.samples["weight"][:, None]
    assert_allclose(synthetic, (1 - weight) * start + weight * end)
    tree = make_classifier("tree", task.seed).fit(
        np.vstack([task.X_train, synthetic]), np.append(task.y_train, np.ones(len(synthetic), dtype=int))
    )
    for part in ("validation", "test"):
        X, y = getattr(task, f"X_{part}"), getattr(task, f"y_{part}")
        assert outcome.row[f"{part}_score"] == METRICS["macro_f1"](y, tree.predict(X))
    hits = np.append(tree.predict(task.X_test[task.y_test == 1]), tree.predict(task.X_unused))
    alarms = tree.predict(task.X_test[task.y_test == 0])
    weight = np.append(np.full(len(hits), task.y_test.sum() / len(hits)), np.ones(len(alarms)))
    true = np.append(np.ones(len(hits)), np.zeros(len(alarms)))
    expected = f1_score(true, np.append(hits, alarms), average="macro", sample_weight=weight)
    assert outcome.row["large_test_score"] == pytest.approx(expected, abs=1e-12)


def test_the_test_split_decides_nothing(task, outcome):
    other = dataclasses.replace(task, y_test=1 - task.y_test, X_test=-task.X_test, X_unused=-task.X_unused)
    shuffled = run_search(other, "tree", "macro_f1", SETTINGS)
    assert shuffled.history.to_csv() == outcome.history.to_csv()
    assert_array_equal(shuffled.samples["X"], outcome.samples["X"])
    assert shuffled.row["test_score"] != outcome.row["test_score"]
    assert shuffled.row["large_test_score"] != outcome.row["large_test_score"]


def test_selections_are_the_bests_of_searches_that_end_there(task, outcome):
    history, selections = outcome.history, outcome.selections
    better = history["validation_score"] > history["best_validation_score"].shift(fill_value=-np.inf)
    assert selections["iteration"].tolist() == history.loc[better, "iteration"].tolist()
    assert selections["validation_score"].tolist() == history.loc[better, "validation_score"].tolist()
    assert len(selections) > 1
    for row in selections.itertuples():
        ended = run_search(task, "tree", "macro_f1", SETTINGS | {"iterations": row.iteration}).row
        assert (ended["best_iteration"], ended["test_score"]) == (row.iteration, row.test_score)


@pytest.mark.parametrize("strategy", ["random_search", "sampler_search", "merged"])
def test_other_strategies_tell_their_selections(task, strategy):
    outcome = run_search(task, "tree", "macro_f1", SETTINGS, strategy=strategy)
    last = outcome.selections.iloc[-1]
    assert last["iteration"] == outcome.row["best_iteration"]
    for name in ("validation_score", "test_score", "large_test_score"):
        assert last[name] == outcome.row[name]


def test_saved_files_hold_the_outcome(outcome, tmp_path):
    outcome.save(tmp_path / "deep" / "folder")
    folder = tmp_path / "deep" / "folder"
    assert {path.name for path in folder.iterdir()} == {
        *("history.parquet", "result.json", "samples.npz", "selections.parquet")
    }
    # As text, in which a score that is missing equals itself.
    saved = json.loads((folder / "result.json").read_text())
    assert json.dumps(saved, sort_keys=True) == json.dumps(outcome.row, sort_keys=True)
    pd.testing.assert_frame_equal(pd.read_parquet(folder / "history.parquet"), outcome.history)
    pd.testing.assert_frame_equal(pd.read_parquet(folder / "selections.parquet"), outcome.selections)
    with np.load(folder / "samples.npz", allow_pickle=False) as samples:
        assert_array_equal(samples["X"], outcome.samples["X"])


def test_two_actors_leave_the_same_bytes(task, outcome, tmp_path):
    outcome.save(tmp_path / "one")
    run_search(task, "tree", "macro_f1", SETTINGS, actors=2).save(tmp_path / "two")
    for name in ("history.parquet", "samples.npz", "selections.parquet"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_progress_is_logged(task):
    lines = []
    run_search(task, "tree", "mcc", SETTINGS, log=lines.append, log_seconds=0.0)
    assert len(lines) == 8
    assert lines[-1].startswith("iteration 8/8, ")
    assert "best validation mcc 0." in lines[-1]
    quiet = []
    run_search(task, "tree", "mcc", SETTINGS, log=quiet.append, log_seconds=3600)
    assert len(quiet) == 1  # The last iteration is always told.


class Interrupted(Exception):
    pass


@pytest.fixture
def interrupted(task, tmp_path, monkeypatch):
    """The checkpoint of a search that was stopped after its third round."""
    monkeypatch.setattr(Checkpoint, "due", lambda self: True)

    def stop(line):
        if line.startswith("iteration 7/"):
            raise Interrupted

    path = tmp_path / "checkpoint.pt"
    with pytest.raises(Interrupted):
        run_search(task, "tree", "macro_f1", SETTINGS, checkpoint=path, log=stop, log_seconds=0.0)
    return path


def test_an_interrupted_search_claims_no_time_that_it_cannot_know(task, outcome, interrupted):
    lines = []
    resumed = run_search(task, "tree", "macro_f1", SETTINGS, checkpoint=interrupted, log=lines.append)
    assert lines[0] == "going on after iteration 6 from a checkpoint"
    times = {"seconds", "wall_seconds"}
    assert all(np.isnan(resumed.row[name]) for name in times)
    assert {k: v for k, v in resumed.row.items() if k not in times} == {
        k: v for k, v in outcome.row.items() if k not in times
    }
    assert resumed.history.to_csv() == outcome.history.to_csv()


@pytest.mark.parametrize(
    "version",
    [
        "sklearn.__version__",
        "torch.__version__",
        "numpy.__version__",
        "autosmote.study.search_job._CMA_VERSION",
    ],
)
def test_another_version_does_not_go_on_from_a_checkpoint(task, interrupted, version, monkeypatch):
    monkeypatch.setattr(version, "0.1")
    lines = []
    anew = run_search(task, "tree", "macro_f1", SETTINGS, checkpoint=interrupted, log=lines.append)
    assert len(lines) == 1
    assert anew.row["seconds"] > 0


def test_another_device_does_not_go_on_from_a_checkpoint(task):
    one, other = (
        search_key(task, Cell.of(task, "tree", "mcc"), SETTINGS, strategy="autosmote", device=device)
        for device in ("cpu", "cuda")
    )
    assert one != other


class Refusing(DecisionTreeClassifier):
    def fit(self, X, y):
        raise ValueError("BaseClassifier in AdaBoostClassifier ensemble is worse than random")


def test_a_search_that_the_classifier_refuses_leaves_a_row_without_scores(task, tmp_path, monkeypatch):
    monkeypatch.setattr("autosmote.study.autosmote_search.make_classifier", lambda name, seed: Refusing())
    lines = []
    run_search(task, "adaboost", "mcc", SETTINGS, log=lines.append, log_seconds=0.0).save(tmp_path)
    assert "none yet" in lines[-1]
    table = collect([tmp_path / "result.json"])
    assert table.loc[0, "status"] == "not_applicable"
    assert "adaboost could not be fitted" in table.loc[0, "message"]
    assert table.loc[0, ["validation_score", "test_score", "n_majority", "n_minority"]].isna().all()
    assert len(pd.read_parquet(tmp_path / "history.parquet")) == 8
    with np.load(tmp_path / "samples.npz", allow_pickle=False) as samples:
        assert samples["X"].shape == (0, 3)


class Greedy(DecisionTreeClassifier):
    def fit(self, X, y):
        raise MemoryError("no 8 TB for these rows")


@pytest.mark.parametrize("actors", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_search_with_too_little_memory_leaves_a_row_that_says_so(task, tmp_path, monkeypatch, actors):
    monkeypatch.setattr("autosmote.study.autosmote_search.make_classifier", lambda name, seed: Greedy())
    run_search(task, "tree", "mcc", SETTINGS, actors=actors).save(tmp_path)
    table = collect([tmp_path / "result.json"])
    assert (table.loc[0, "status"], table.loc[0, "message"]) == ("memory", "no 8 TB for these rows")
    assert table.loc[0, ["validation_score", "test_score", "n_majority", "n_minority"]].isna().all()
    assert pd.read_parquet(tmp_path / "history.parquet").empty
    assert pd.read_parquet(tmp_path / "selections.parquet").empty
    with np.load(tmp_path / "samples.npz", allow_pickle=False) as samples:
        assert samples["X"].shape == (0, 3)


@pytest.mark.parametrize(
    "classifier, metric, message",
    [
        ("treee", "mcc", "unknown classifier 'treee'; did you mean 'tree'"),
        ("tree", "f1", "unknown metric 'f1'"),
    ],
)
def test_unknown_names_are_refused(task, classifier, metric, message):
    with pytest.raises(ValueError, match=message):
        run_search(task, classifier, metric, SETTINGS)


# More than two classes


@pytest.fixture(scope="module")
def three_classes():
    rng = np.random.default_rng(1)
    y = np.repeat([0, 1, 2], [90, 40, 15])
    X = rng.normal(size=(145, 3)) + y[:, None]
    part = np.arange(145) % 5
    parts = {"train": part < 3, "validation": part == 3, "test": part == 4}
    arrays = {f"{c}_{name}": v[rows] for name, rows in parts.items() for c, v in (("X", X), ("y", y))}
    return Task("three", 6, 0, **arrays, feature_names=["a", "b", "c"], onehot=np.zeros(3, dtype=bool))


@pytest.mark.parametrize(
    ("strategy", "metric"),
    [
        ("autosmote", "macro_f1"),
        ("flat", "mcc"),
        ("neighbourhood_state", "g_mean"),
        ("merged", "macro_f1"),
        ("policy_search", "average_precision"),
        ("policy_search_bank", "balanced_accuracy"),
        ("random_policies", "macro_f1"),
        ("smote_by_folds", "mcc"),
        ("smote_search", "roc_auc"),
        ("sampler_search", "macro_f1"),
    ],
)
def test_searches_take_more_than_two_classes(three_classes, strategy, metric):
    task = three_classes
    outcome = run_search(task, "tree", metric, SETTINGS | {"iterations": 14}, strategy=strategy)
    assert outcome.row["status"] == "ok"
    X, y = outcome.samples["X"], outcome.samples.get("y")
    if y is None:
        label = outcome.samples["label"]
        assert set(label) <= {1, 2}, "the largest class is never over-sampled"
        given = task.merged() if strategy == "merged" else task
        X, y = np.concatenate([given.X_train, X]), np.concatenate([given.y_train, label])
        source = outcome.samples["source"]
        minority = given.y_train > 0
        assert_array_equal(label, given.y_train[minority][source])
        assert_array_equal(label, given.y_train[minority][outcome.samples["neighbour"]])
    assert (outcome.row["n_majority"], outcome.row["n_minority"]) == (np.sum(y == 0), np.sum(y == 2))
    model = DecisionTreeClassifier(random_state=task.seed).fit(X, y)
    of_scores = metric in ("average_precision", "roc_auc")
    response = model.predict_proba(task.X_test) if of_scores else model.predict(task.X_test)
    assert outcome.row["test_score"] == METRICS[metric](task.y_test, response)
    assert np.isnan(outcome.row["large_test_score"])


def test_a_strategy_of_two_classes_has_a_row_that_says_so(three_classes, task, monkeypatch):
    from autosmote.study import strategies

    two = dataclasses.replace(strategies.get("sampler_search"), name="two", multiclass=False)
    monkeypatch.setattr(strategies, "get", lambda name: two)
    row = run_search(three_classes, "tree", "macro_f1", SETTINGS, strategy="two").row
    assert (row["status"], row["message"]) == ("not_applicable", "two takes two classes, and there are 3")
    assert run_search(task, "tree", "macro_f1", SETTINGS, strategy="two").row["status"] == "ok"


def test_two_classes_are_searched_as_one_minority(task, outcome):
    assert set(outcome.samples) == {"source", "neighbour", "weight", "X"}


def test_what_policies_see_of_several_classes_is_each_against_the_others(three_classes, monkeypatch):
    from autosmote.search.features import neighbourhood
    from autosmote.study import autosmote_search

    spaces = []

    class Seen(autosmote_search.SearchSpace):
        def __init__(self, *arguments, **keywords):
            super().__init__(*arguments, **keywords)
            spaces.append(self)

    monkeypatch.setattr(autosmote_search, "SearchSpace", Seen)
    run_search(three_classes, "tree", "macro_f1", SETTINGS, strategy="neighbourhood_state")
    X, y = three_classes.X_train, three_classes.y_train
    (space,) = spaces
    for label in (1, 2):
        assert_allclose(space.state_features[space.labels == label], neighbourhood(X, y == label))
