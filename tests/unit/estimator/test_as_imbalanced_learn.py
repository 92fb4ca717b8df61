"""What imbalanced-learn and scikit-learn test of all their samplers, beside their generic checks."""

from collections import Counter, OrderedDict

import numpy as np
import pandas as pd
import pytest
from imblearn.utils.testing import _CustomNearestNeighbors
from sklearn.naive_bayes import GaussianNB
from sklearn.utils._testing import SkipTest
from sklearn.utils.estimator_checks import estimator_checks_generator

from autosmote import AutoSMOTE

pytestmark = pytest.mark.filterwarnings("ignore:none of")


@pytest.fixture(params=["paper", "policy_search"])
def sampler(request):
    """With exact numbers, so that there are rows whatever the search finds."""
    n = 5 if request.param == "policy_search" else 2
    return AutoSMOTE(strategy=request.param, sampling_strategy=1.0, n_iterations=n, random_state=0)


def numbers():
    X = np.random.default_rng(0).normal(size=(100, 2))
    return X, np.repeat([0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 0], 5)


def words():
    X = pd.DataFrame(
        {
            "first": ["A"] * 10 + ["B"] * 20 + ["C"] * 30,
            "second": ["A"] * 40 + ["B"] * 20,
            "third": ["A"] * 20 + ["B"] * 20 + ["C"] * 10 + ["D"] * 10,
        }
    ).sample(frac=1, random_state=0, ignore_index=True)
    return X, np.repeat(["not apple", "apple"], [20, 40])


def both():
    rng = np.random.default_rng(42)
    X = pd.DataFrame(rng.normal(size=(30, 2)), columns=["x", "y"])
    X["letter"], X["code"] = rng.choice(["a", "b", "c"], 30), rng.integers(3, size=30)
    return X, np.repeat([0, 1], [10, 20])


@pytest.mark.parametrize("make", [numbers, words, both])
def test_neighbours_may_be_found_without_scikit_learn(sampler, make):
    X, y = make()
    sampler.set_params(k_neighbors=_CustomNearestNeighbors(n_neighbors=5))
    if make is both:
        sampler.set_params(nominal=["code"])
    _, labels = sampler.fit_resample(X, y)
    assert len(set(Counter(labels).values())) == 1
    assert len(labels) == 2 * max(Counter(y).values())


def test_an_ordered_dict_is_a_dict(sampler):
    X, y = both()
    sampler.set_params(sampling_strategy=OrderedDict({1: 25, 0: 20}))
    assert Counter(sampler.fit_resample(X, y)[1]) == {0: 20, 1: 25}


def test_columns_are_declared_by_position_or_by_name(sampler):
    X, y = both()
    table = X.drop(columns="letter")
    for given, nominal in ((table, ["code"]), (table.to_numpy(), [2]), (table.to_numpy(), np.array([2]))):
        resampled, _ = sampler.set_params(nominal=nominal).fit_resample(given, y)
        assert set(np.unique(np.asarray(resampled)[:, 2])) == {0, 1, 2}


def test_a_table_without_spread_in_its_numbers_is_worked_on(sampler):
    # The median of the numbers' deviations, which SMOTE-NC gives a differing word, is 0.
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [40, 12])
    a, b = np.where(y, [[1.0], [-3.0]], rng.normal(size=(2, 52)))
    X = pd.DataFrame({"a": a, "b": b})
    X["word"] = rng.choice(["x", "y", "z"], 52)
    resampled, labels = sampler.fit_resample(X, y)
    synthetic = resampled[52:]
    assert Counter(labels) == {0: 40, 1: 40}
    assert (synthetic["a"] == 1).all() and (synthetic["b"] == -3).all()
    assert set(synthetic["word"]) <= {"x", "y", "z"}


@pytest.mark.parametrize("kind", ["bool", "category", "ordered", "object"])
def test_nominal_columns_of_each_kind_keep_it(sampler, kind):
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [40, 12])
    values = rng.random(52) < 0.5 if kind == "bool" else rng.choice(["low", "mid", "high"], 52)
    dtype = pd.CategoricalDtype(["low", "mid", "high", "none"], ordered=True) if kind == "ordered" else kind
    X = pd.DataFrame({"x": rng.normal(size=52), "word": pd.Series(values).astype(dtype)})
    resampled, _ = sampler.fit_resample(X, y)
    assert resampled["word"].dtype == X["word"].dtype
    assert set(resampled["word"][52:]) <= set(X["word"][y == 1])


def test_a_table_of_words_gets_new_combinations(sampler):
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [80, 12])
    X = pd.DataFrame({name: rng.choice(list("abcde"), 92) for name in "pqrstu"})
    resampled, _ = sampler.fit_resample(X, y)
    known = set(X.itertuples(index=False, name=None))
    synthetic = list(resampled[92:].itertuples(index=False, name=None))
    assert len(synthetic) == 68
    assert any(row not in known for row in synthetic)
    for name in X:
        assert set(resampled[name][92:]) <= set(X[name][y == 1])


def test_dates_are_named(sampler):
    X, y = both()
    with pytest.raises(ValueError, match="column 'day' of X has neither numbers nor categories"):
        sampler.fit_resample(X.assign(day=pd.Timestamp("2020-01-01")), y)


def test_a_sampler_can_be_used_again_on_other_rows(sampler):
    sampler.set_params(estimator=GaussianNB())
    X, y = numbers()
    first, _ = sampler.fit_resample(X, y)
    sampler.fit_resample(X[:60, :1], y[:60])
    assert sampler.n_features_in_ == 1
    np.testing.assert_array_equal(sampler.fit_resample(X, y)[0], first)


def test_checks_of_scikit_learn():
    otherwise = {"check_dtype_object": "the error is a ValueError that names the column, no TypeError"}
    sampler = AutoSMOTE(GaussianNB(), n_iterations=5, random_state=0)
    passed = 0
    checks = estimator_checks_generator(sampler, expected_failed_checks=otherwise, mark="skip")
    for estimator, check in checks:
        try:
            check(estimator)
            passed += 1
        except SkipTest:
            continue
    assert passed > 30
