"""Controls: samplers with the choice of policy search, against the same choice by hand."""

import dataclasses

import numpy as np
import pytest
from imblearn.over_sampling import SMOTE, RandomOverSampler
from sklearn.metrics import f1_score
from sklearn.tree import DecisionTreeClassifier

from autosmote.datasets.tasks import Task
from autosmote.search.settings import SearchSettings
from autosmote.study.controls import DRAWS, RATIOS, find_best_look, find_sampler_by_folds
from autosmote.study.strategy import Execution
from autosmote.utils.parts import join_parts


@pytest.fixture(scope="module")
def task():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [160, 32])
    X = rng.normal(size=(192, 2)) + y[:, None]
    part = np.arange(192) % 5
    parts = {"train": part < 3, "validation": part == 3, "test": part == 4}
    arrays = {f"{c}_{name}": v[rows] for name, rows in parts.items() for c, v in (("X", X), ("y", y))}
    return Task("made", 5, 3, **arrays, feature_names=["a", "b"], onehot=np.zeros(2, dtype=bool))


def find(function, task, iterations, **keys):
    settings = SearchSettings(g1_max=2, iterations=iterations, seed=3)
    return function(task, "tree", "macro_f1", settings, Execution(), **keys)


def seed_of(draw):
    return int(np.random.SeedSequence([3, draw]).generate_state(1)[0])


def test_the_ratio_is_that_with_the_best_pooled_labels(task):
    found = find(find_sampler_by_folds, task, 300, sampler="SMOTE")
    X = np.concatenate([task.X_train, task.X_validation])
    y, parts = join_parts(task.y_train, task.y_validation, 3)
    scores = {}
    for ratio in RATIOS:
        predicted = np.full(len(y), -1)
        for part in range(4):
            left_out = parts == part
            try:
                rows = SMOTE(sampling_strategy=ratio, random_state=seed_of(0)).fit_resample(
                    X[~left_out], y[~left_out]
                )
            except ValueError:  # There are more minority rows already.
                break
            predicted[left_out] = DecisionTreeClassifier(random_state=3).fit(*rows).predict(X[left_out])
        else:
            scores[ratio] = f1_score(y, predicted, average="macro")
    assert len(scores) < len(RATIOS)
    chosen = max(scores, key=scores.get)
    assert found.settings["ratio"] == chosen
    assert len(found.history) == 4 * len(RATIOS) + DRAWS
    X_refit, y_refit = SMOTE(sampling_strategy=chosen, random_state=seed_of(0)).fit_resample(X, y)
    np.testing.assert_array_equal(found.refit.X, X_refit)
    np.testing.assert_array_equal(found.refit.y, y_refit)


def test_of_eight_draws_the_best_on_validation_is_kept(task):
    found = find(find_sampler_by_folds, task, 48, sampler="RandomOverSampler")
    ratio, scores, rows = found.settings["ratio"], [], []
    for draw in range(DRAWS):
        sampler = RandomOverSampler(sampling_strategy=ratio, random_state=seed_of(draw))
        rows.append(sampler.fit_resample(task.X_train, task.y_train))
        model = DecisionTreeClassifier(random_state=3).fit(*rows[-1])
        scores.append(f1_score(task.y_validation, model.predict(task.X_validation), average="macro"))
    assert found.selections[-1].score == pytest.approx(max(scores))
    np.testing.assert_array_equal(found.selections[-1].X, rows[int(np.argmax(scores))][0])
    assert found.n_synthetic == len(rows[0][1]) - len(task.y_train)
    np.testing.assert_allclose(found.history["validation_score"].iloc[-DRAWS:], scores)


@pytest.mark.parametrize(("iterations", "ratios"), [(5, {1.0}), (12, {0.5, 1.0}), (44, set(RATIOS))])
def test_fewer_fits_try_fewer_ratios(task, iterations, ratios):
    found = find(find_sampler_by_folds, task, iterations, sampler="RandomOverSampler")
    assert len(found.history) == iterations
    assert set(found.history["ratio"]) == ratios


def test_too_few_fits_are_refused(task):
    with pytest.raises(ValueError, match="iterations=4.*at least 5"):
        find(find_sampler_by_folds, task, 4, sampler="SMOTE")


def test_a_sampler_that_refuses_everywhere_finds_nothing(task):
    # Of two minority rows one is left in the fold that leaves out the other, and has no neighbour.
    one, other = (np.where(np.cumsum(y) > 1, 0, y) for y in (task.y_train, task.y_validation))
    few = dataclasses.replace(task, y_train=one, y_validation=other)
    found = find(find_sampler_by_folds, few, 48, sampler="SMOTE")
    assert not found.selections and found.refit is None and found.n_synthetic == 0
    assert len(found.history) == 4 * len(RATIOS)
    assert found.history["validation_score"].isna().any()


def test_as_many_looks_as_a_search_has(task):
    found = find(find_best_look, task, 60)
    assert found.history["ratio"].value_counts().to_dict() == dict.fromkeys(RATIOS, 6)
    best = found.history["validation_score"].max()
    assert found.selections[-1].score == best == found.history["best_validation_score"].iloc[-1]
    assert found.history["validation_score"].nunique() > 10  # Other seeds draw other rows.
    row = found.history["validation_score"].idxmax()
    assert found.settings["ratio"] == found.history["ratio"][row]
    assert found.refit is not None
    scores = [selection.score for selection in found.selections]
    assert scores == sorted(set(scores))
