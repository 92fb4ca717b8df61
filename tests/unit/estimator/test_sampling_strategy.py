"""How many synthetic rows of which classes: what a caller asks for, and what the search keeps to."""

import warnings
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imblearn.ensemble import BalancedBaggingClassifier
from imblearn.over_sampling import SMOTE
from imblearn.over_sampling.base import BaseOverSampler
from imblearn.pipeline import make_pipeline
from imblearn.under_sampling import EditedNearestNeighbours
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from autosmote import AutoSMOTE
from autosmote.search.linear_policies import CORNERS, PolicySpace, random_policy
from autosmote.search.space import SearchSpace

pytestmark = pytest.mark.filterwarnings("ignore:none of")

SIZES = {"common": 150, "some": 40, "rare": 14}


def three_classes(seed=0):
    rng = np.random.default_rng(seed)
    y = np.repeat(list(SIZES), list(SIZES.values()))
    X = rng.normal(size=(len(y), 3)) + 1.5 * np.eye(3)[np.repeat([0, 1, 2], list(SIZES.values()))]
    order = rng.permutation(len(y))
    return X[order], y[order]


def two_classes():
    X, y = three_classes()
    return X[y != "some"], y[y != "some"]


@pytest.fixture(params=["paper", "policy_search", "policy_search, no refit"])
def make(request):
    def sampler(asked, estimator=None, **keys):
        strategy, *no_refit = request.param.split(", ")
        n = 10 if strategy == "policy_search" else 3
        return AutoSMOTE(
            estimator or GaussianNB(), strategy=strategy, refit=not no_refit, sampling_strategy=asked,
            **{"n_iterations": n, "random_state": 0, **keys},
        )  # fmt: skip

    return sampler


@pytest.mark.parametrize(
    "asked",
    [
        "minority",
        "not minority",
        "not majority",
        "all",
        {"rare": 100},
        {"some": 41, "rare": 14},
        {"rare": 900, "some": 60, "common": 155},
        lambda y: {"rare": 2 * int(np.sum(y == "rare"))},
    ],
    ids=lambda asked: "function" if callable(asked) else str(asked),
)
def test_there_are_as_many_rows_of_each_class_as_smote_makes(make, asked):
    X, y = three_classes()
    _, expected = SMOTE(sampling_strategy=asked, random_state=0).fit_resample(X, y)
    sampler = make(asked)
    X_resampled, y_resampled = sampler.fit_resample(X, y)
    assert Counter(y_resampled) == Counter(expected)
    assert_array_equal(X_resampled[: len(X)], X)
    added = Counter(y_resampled[len(y) :])
    assert {label: n for label, n in sampler.sampling_strategy_.items() if n} == added
    assert_array_equal(y[sampler.decisions_["source"]], y_resampled[len(y) :])
    assert_array_equal(y[sampler.decisions_["neighbour"]], y_resampled[len(y) :])


@pytest.mark.parametrize("ratio", [0.1, 0.37, 1.0])
@pytest.mark.parametrize("estimator", [KNeighborsClassifier(), DecisionTreeClassifier(random_state=0)])
def test_a_number_is_the_ratio_of_the_smaller_class_to_the_larger(make, ratio, estimator):
    X, y = two_classes()
    _, expected = SMOTE(sampling_strategy=ratio).fit_resample(X, y)
    _, y_resampled = make(ratio, estimator).fit_resample(X, y)
    assert Counter(y_resampled) == Counter(expected)


def test_both_of_two_classes_can_be_asked_for(make):
    X, y = two_classes()
    for estimator in (KNeighborsClassifier(), GaussianNB()):
        _, y_resampled = make({"common": 200, "rare": 80}, estimator).fit_resample(X, y)
        assert Counter(y_resampled) == {"common": 200, "rare": 80}


def test_rows_are_returned_whether_they_help_or_not(make):
    X, y = two_classes()
    X += 50 * (y == "rare")[:, None]  # Nothing is left to gain.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sampler = make(0.5)
        _, y_resampled = sampler.fit_resample(X, y)
    assert Counter(y_resampled) == {"common": 150, "rare": 75}
    assert sampler.baseline_score_ == sampler.best_score_ == 1
    assert sampler.best_iteration_ > 0
    # Left to the search, none are.
    with pytest.warns(UserWarning, match="none of"):
        assert len(make("auto").fit_resample(X, y)[1]) == len(y)


def test_nothing_asked_for_is_nothing_done(make):
    X, y = three_classes()
    sampler = make(dict(SIZES))
    assert_array_equal(sampler.fit_resample(X, y)[1], y)
    assert sampler.n_synthetic_ == len(sampler.history_) == 0


def test_classes_of_one_size_can_be_over_sampled(make):
    X, y = two_classes()
    keep = np.append(np.flatnonzero(y == "rare"), np.flatnonzero(y == "common")[:14])
    _, y_resampled = make({"rare": 30}).fit_resample(X[keep], y[keep])
    assert Counter(y_resampled) == {"common": 14, "rare": 30}


def test_a_fold_has_its_share_of_the_rows():
    X, y = three_classes()
    sampler = AutoSMOTE(
        GaussianNB(), sampling_strategy={"rare": 98}, n_iterations=12, validation=2, random_state=0
    )
    sampler.fit_resample(X, y)
    # 7 of 14 rows are in each fold, so 42 of the 84 that are made of all.
    assert set(sampler.history_["n_synthetic"]) == {42}


@pytest.mark.parametrize(
    "asked, message",
    [
        (0.5, "can be a float only when the type of target is binary"),
        ({"rare": 3}, "Originally, there is 14 samples and 3 samples are asked"),
        ({"scarce": 30}, "not present in the data"),
        (lambda y: {"rare": -1}, "cannot be negative"),
        ("majority", "The 'sampling_strategy' parameter of AutoSMOTE must be"),
        (1.5, "The 'sampling_strategy' parameter of AutoSMOTE must be"),
        ([1], "The 'sampling_strategy' parameter of AutoSMOTE must be"),
    ],
)
def test_what_smote_refuses_is_refused(asked, message):
    X, y = three_classes()
    with pytest.raises(ValueError, match=message):
        AutoSMOTE(sampling_strategy=asked).fit_resample(X, y)


def test_a_limit_below_the_number_is_a_contradiction(make):
    X, y = three_classes()
    with pytest.raises(ValueError, match="asks for 86 synthetic rows, and max_samples=85 allows fewer"):
        make({"rare": 100}, max_samples=85).fit_resample(X, y)
    assert len(make({"rare": 100}, max_samples=86).fit_resample(X, y)[1]) == len(y) + 86


def test_a_search_that_ends_too_early_says_so():
    X, y = three_classes()
    sampler = AutoSMOTE(GaussianNB(), sampling_strategy="all", callbacks=[lambda fit: True], random_state=0)
    with pytest.raises(ValueError, match="nothing was scored on all folds in 1 iterations"):
        sampler.fit_resample(X, y)


def test_a_parameter_of_the_constructor():
    assert isinstance(AutoSMOTE(), BaseOverSampler)
    assert AutoSMOTE().get_params()["sampling_strategy"] == "auto"
    sampler = AutoSMOTE(sampling_strategy={"rare": 20})
    assert clone(sampler).sampling_strategy == {"rare": 20}
    assert "sampling_strategy={'rare': 20}" in repr(sampler)


# In the search space


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 60), min_size=3, max_size=3).filter(any))
def test_any_policy_makes_as_many_rows_as_asked_for(seed, asked):
    X, y = three_classes()
    own = y != "none"
    space = SearchSpace(X, 5, labels=y, asked=np.array(asked))
    policies = PolicySpace(space, X[own], y[own])
    rng = np.random.default_rng(seed)
    for mixture in ([CORNERS["none"]], [random_policy(rng), random_policy(rng)]):
        samples = policies.draw(np.array(mixture), rng)
        made = Counter(y[samples.source])
        assert [made[label] for label in sorted(SIZES)] == asked
        assert policies.intensity(mixture[0]).sum() == pytest.approx(sum(asked))


def test_where_the_rows_are_is_still_the_policys_decision():
    X, y = three_classes()
    own = y == "rare"
    policies = PolicySpace(SearchSpace(X[own], 5, labels=y[own], asked=np.array([400])), X, y)
    rng = np.random.default_rng(0)
    copies, smote = (
        policies.draw(CORNERS[name][None], rng) for name in ("duplicates_0.05", "near_smote_1.0")
    )
    assert np.mean(copies.weight == 0) > 0.95
    assert np.mean(smote.weight == 0) < 0.3


def test_an_episode_is_thinned_or_repeated_evenly_to_the_number():
    X, y = three_classes()
    own = y != "common"
    space = SearchSpace(X[own], 5, labels=y[own], asked=np.array([4, 6]))  # rare, some
    rare, some = (np.flatnonzero(y[own] == label).astype(np.int32) for label in ("rare", "some"))
    instance = np.concatenate([rare[[0, 1]], some[np.arange(12)]])
    action = np.arange(14, dtype=np.int32) + 1
    samples = space.decode(instance, action)
    assert_array_equal(samples.source, [*rare[[0, 0, 1, 1]], *some[[0, 2, 4, 6, 8, 10]]])
    assert_array_equal(samples.weight, (action[[0, 0, 1, 1, 2, 4, 6, 8, 10, 12]] % 5) / 4)
    # No row of a class: its instances, as they are.
    nothing = space.decode(some[:3], action[:3])
    assert_array_equal(nothing.source[:4], rare[np.arange(4) * 14 // 4])
    assert not nothing.weight[:4].any()


# In other tools


def test_a_bagging_classifier_asks_for_the_numbers_of_its_bags():
    X, y = three_classes()
    bags = []

    class Noting(GaussianNB):
        def fit(self, X, y, sample_weight=None):
            bags.append(Counter(y))
            return super().fit(X, y, sample_weight)

    sampler = AutoSMOTE(GaussianNB(), n_iterations=5, random_state=0)
    model = BalancedBaggingClassifier(
        Noting(), sampler=sampler, n_estimators=2, sampling_strategy="not majority", random_state=0
    )
    labels = pd.factorize(y)[0]
    assert model.fit(X, labels).score(X, labels) > 0.5
    assert len(bags) == 2 and all(len(set(bag.values())) == 1 for bag in bags)
    left_to_the_search = BalancedBaggingClassifier(GaussianNB(), sampler=sampler, n_estimators=2)
    assert left_to_the_search.fit(X, labels).score(X, labels) > 0.5


def test_a_grid_search_finds_a_number():
    X, y = two_classes()
    sampler = AutoSMOTE(GaussianNB(), n_iterations=5, random_state=0)
    grid = {"autosmote__sampling_strategy": ["auto", 0.3, "minority", {"rare": 40}]}
    search = GridSearchCV(
        make_pipeline(sampler, GaussianNB()), grid, cv=2, scoring="f1_macro", error_score="raise"
    ).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_cleaning_is_a_step_of_its_own():
    # SMOTEENN takes only SMOTE itself; a pipeline does the same with any sampler.
    X, y = two_classes()
    sampler = AutoSMOTE(GaussianNB(), sampling_strategy=1.0, n_iterations=5, random_state=0)
    cleaning = EditedNearestNeighbours(sampling_strategy="all")
    model = make_pipeline(sampler, cleaning, DecisionTreeClassifier(random_state=0)).fit(X, y)
    cleaned, labels = cleaning.fit_resample(*sampler.fit_resample(X, y))
    assert len(labels) < 300
    expected = DecisionTreeClassifier(random_state=0).fit(cleaned, labels)
    assert_array_equal(model.predict(X), expected.predict(X))
