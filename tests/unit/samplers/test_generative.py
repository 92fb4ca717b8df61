"""CTGAN and TVAE: what they are fitted to, what comes back, and that it comes back again."""

import sys

import ctgan
import numpy as np
import pandas as pd
import pytest

from autosmote import samplers
from autosmote.datasets.tasks import Task
from autosmote.evaluation.protocol import evaluate
from autosmote.samplers import NotApplicable, Training, configured
from autosmote.utils.threads import one_thread

NAMES = ["CTGAN", "TVAE"]
EPOCHS = 2


def training_rows(n_majority=60, n_minority=8, seed=0):
    """Three real and four 0/1 columns; one of each is constant among the minority rows."""
    rng = np.random.default_rng(seed)
    y = np.r_[np.zeros(n_majority, np.int64), np.ones(n_minority, np.int64)]
    real = rng.normal(size=(len(y), 3)) + 5 * y[:, None]
    real[y == 1, 2] = 0.5
    binary = rng.integers(0, 2, size=(len(y), 4)).astype(float)
    binary[y == 1, 3] = 1
    order = rng.permutation(len(y))
    onehot = np.array([False, False, False, True, True, True, True])
    return Training(np.hstack([real, binary])[order], y[order], onehot)


def build(name, training, seed=0, epochs=EPOCHS):
    return configured(samplers.get(name), {"epochs": epochs}).build(training, seed)


@pytest.mark.parametrize("name", NAMES)
def test_ratios_are_prefixes_of_one_sample_behind_the_training_rows(name):
    training = training_rows()
    resample = build(name, training)
    largest = resample(1.0)
    for ratio, n_minority in [(0.2, 12), (0.55, 33), (1.0, 60)]:
        resampled = resample(ratio)
        assert resampled.y.sum() == n_minority
        np.testing.assert_array_equal(resampled.X[: len(training.X)], training.X)
        np.testing.assert_array_equal(resampled.y, np.r_[training.y, np.ones(n_minority - 8)])
        np.testing.assert_array_equal(resampled.X, largest.X[: len(resampled.X)])
    with pytest.raises(NotApplicable, match="more minority rows than the ratio 0.1"):
        resample(0.1)


@pytest.mark.parametrize("n_minority", [2, 3, 8])
@pytest.mark.parametrize("name", NAMES)
def test_few_rows_and_binary_columns(name, n_minority):
    training = training_rows(n_minority=n_minority)
    drawn = build(name, training)(1.0).X[len(training.X) :]
    assert len(drawn) == 60 - n_minority
    assert np.isfinite(drawn).all()
    assert np.isin(drawn[:, training.onehot], [0, 1]).all()
    assert (drawn[:, 6] == 1).all()
    # It is the minority that the model has seen: the majority lies about zero.
    assert 3 < np.median(drawn[:, :2]) < 7


@pytest.mark.parametrize("name", NAMES)
def test_model_is_the_packages_own_on_the_minority_with_the_given_epochs(name):
    training = training_rows()
    # The package seeds the transformer of a column by its name.
    frame = pd.DataFrame(training.X[training.y == 1], columns=list("0123456"))
    with one_thread():
        model = getattr(ctgan, name)(epochs=3, enable_gpu=False)
        model.set_random_state(4)
        model.fit(frame, list("3456"))
        expected = model.sample(52).to_numpy(float)
    resampled = build(name, training, seed=4, epochs=3)(1.0)
    np.testing.assert_array_equal(resampled.X[len(training.X) :], expected)
    assert resampled.settings == {"epochs": 3}


@pytest.mark.parametrize("name", NAMES)
def test_sample_follows_from_the_seed(name):
    training = training_rows()
    np.random.seed(1)  # Global generators, which the models of ctgan draw from, must not matter.
    first = build(name, training, seed=2)(1.0).X
    np.random.seed(2)
    np.testing.assert_array_equal(build(name, training, seed=2)(1.0).X, first)
    assert not np.array_equal(build(name, training, seed=3)(1.0).X, first)


@pytest.mark.parametrize("name", NAMES)
def test_balanced_data_are_refused(name):
    with pytest.raises(NotApplicable, match="as many minority as majority rows"):
        build(name, training_rows(n_majority=8))


@pytest.mark.parametrize("name", NAMES)
def test_missing_package_is_an_error_that_names_the_extra(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "ctgan", None)
    rows = training_rows()
    split = {
        f"{axis}_{part}": getattr(rows, axis) for axis in "Xy" for part in ("train", "validation", "test")
    }
    task = Task("rows", 7, 0, **split, feature_names=list("abcdefg"), onehot=rows.onehot)
    with pytest.raises(ImportError, match=rf"{name} needs .*pip install 'autosmote\[generative\]'"):
        evaluate(task, samplers.get(name), classifiers=["tree"], metrics=["mcc"], ratios=[0.5], seed=0)
