"""The search strategies: what each of them changes, and that all of them keep what the engine promises."""

import dataclasses

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from autosmote.datasets.tasks import Task
from autosmote.errors import UnknownNameError
from autosmote.evaluation import METRICS, make_classifier
from autosmote.search import strategies
from autosmote.search.job import run_search

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
    assert outcome.row["validation_score"] == outcome.history["validation_score"].max()


@pytest.mark.parametrize("name", strategies.names())
def test_the_test_split_decides_nothing(task, name):
    other = dataclasses.replace(task, y_test=1 - task.y_test, X_test=-task.X_test)
    one, shuffled = (run_search(t, "tree", "mcc", SETTINGS, strategy=name) for t in (task, other))
    assert one.history.to_csv() == shuffled.history.to_csv()
    for key, array in one.samples.items():
        assert_array_equal(array, shuffled.samples[key])


# -- merged ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("classifier", ["svm", "knn", "tree", "adaboost"])
def test_merged_trains_and_scores_on_both_splits(task, classifier):
    outcome = run_search(task, classifier, "macro_f1", SETTINGS, strategy="merged")
    X = np.concatenate([task.X_train, task.X_validation])
    y = np.concatenate([task.y_train, task.y_validation])
    synthetic = outcome.samples["X"]
    minority = X[y == 1]
    start, end = minority[outcome.samples["source"]], minority[outcome.samples["neighbour"]]
    np.testing.assert_allclose(synthetic, start + outcome.samples["weight"][:, None] * (end - start))
    model = make_classifier(classifier, task.seed).fit(
        np.concatenate([X, synthetic]), np.append(y, np.ones(len(synthetic), dtype=int))
    )
    assert outcome.row["validation_score"] == METRICS["macro_f1"](y, model.predict(X))
    assert outcome.row["test_score"] == METRICS["macro_f1"](task.y_test, model.predict(task.X_test))
    assert "compare no methods by it" in outcome.row["message"]
