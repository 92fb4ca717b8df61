"""AutoSMOTE as a sampler of imbalanced-learn."""

import pickle

import numpy as np
import pandas as pd
import pytest
from imblearn.pipeline import make_pipeline
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from autosmote import AutoSMOTE
from autosmote.search.engine import search


@pytest.fixture
def data():
    return make_classification(300, n_features=4, weights=[0.9], class_sep=0.5, random_state=0)


def make_sampler(**keys):
    return AutoSMOTE(**{"n_iterations": 6, "random_state": 0, **keys})


def test_adds_minority_rows_behind_the_given_ones(data):
    X, y = data
    X_resampled, y_resampled = make_sampler().fit_resample(X, y)
    assert_array_equal(X_resampled[: len(X)], X)
    assert_array_equal(y_resampled[: len(y)], y)
    assert len(y_resampled) > len(y)
    assert set(y_resampled[len(y) :]) == {1}


def test_synthetic_rows_lie_between_two_minority_rows(data):
    X, y = data
    X_resampled, _ = make_sampler().fit_resample(X, y)
    minority = X[y == 1]
    starts, ends = minority[:, None], minority[None, :]
    for row in X_resampled[len(X) :]:
        weights = np.array([0.0, 0.25, 0.5, 0.75, 1.0])[:, None, None, None]
        distances = np.abs(starts + weights * (ends - starts) - row).max(axis=-1)
        assert distances.min() < 1e-9


def test_seeded_results_are_equal_whatever_the_number_of_jobs(data):
    one, again, two_jobs = (make_sampler(n_jobs=n).fit_resample(*data)[0] for n in (1, 1, 2))
    assert_array_equal(one, again)
    assert_array_equal(one, two_jobs)
    assert not np.array_equal(one, make_sampler(random_state=1).fit_resample(*data)[0])


def test_says_what_it_found(data):
    sampler = make_sampler()
    sampler.fit_resample(*data)
    assert sampler.minority_class_ == 1
    assert len(sampler.history_) == 6
    assert sampler.best_score_ == sampler.history_["validation_score"].max()


@pytest.mark.parametrize("labels", [("yes", "no"), (3, -1), (True, False)])
def test_keeps_the_labels_and_finds_the_minority_among_them(data, labels):
    X, y = data
    named = np.where(y == 1, *labels)
    _, resampled = make_sampler().fit_resample(X, named)
    assert resampled.dtype == named.dtype
    assert set(resampled[len(y) :]) == {labels[0]}


def test_data_frames_come_back_as_data_frames(data):
    X, y = pd.DataFrame(data[0], columns=list("abcd")), pd.Series(data[1], name="target")
    X_resampled, y_resampled = make_sampler().fit_resample(X, y)
    assert list(X_resampled.columns) == list("abcd")
    assert y_resampled.name == "target"


@pytest.mark.parametrize("kind", [np.array, pd.DataFrame, list])
def test_rows_between_whole_numbers_are_not_cut_off(data, kind):
    X, y = np.round(3 * data[0]).astype(int), data[1]
    expected, _ = make_sampler().fit_resample(X.astype(float), y)
    assert (expected != np.round(expected)).any()
    X_resampled, _ = make_sampler().fit_resample(kind(X.tolist()), y)
    assert_array_equal(np.asarray(X_resampled), expected)


def test_columns_of_floats_keep_their_type_and_others_become_floats(data):
    X = pd.DataFrame(data[0], columns=list("abcd")).astype({"a": "float32"})
    X["b"], X["c"] = X["b"] > 0, X["c"].round().astype("Int64")
    X_resampled, _ = make_sampler().fit_resample(X, data[1])
    assert X_resampled.dtypes.to_dict() == {"a": "float32", "b": "float64", "c": "float64", "d": "float64"}
    assert_array_equal(X_resampled[: len(X)].astype(float), X.astype(float))


@pytest.mark.parametrize("scoring", ["f1_macro", "roc_auc", lambda estimator, X, y: estimator.score(X, y)])
def test_takes_any_classifier_and_any_scorer(data, scoring):
    sampler = make_sampler(estimator=KNeighborsClassifier(), scoring=scoring)
    sampler.fit_resample(*data)
    assert 0 < sampler.best_score_ <= 1


def test_works_in_a_pipeline_under_cross_validation(data):
    tree = DecisionTreeClassifier(random_state=0)
    pipeline = make_pipeline(StandardScaler(), make_sampler(estimator=tree), tree)
    scores = cross_val_score(pipeline, *data, cv=3, scoring="f1_macro")
    assert np.isfinite(scores).all()


def test_clones_pickles_and_prints(data):
    sampler = make_sampler(k_neighbors=7)
    assert clone(sampler).get_params() == sampler.get_params()
    sampler.fit_resample(*data)
    restored = pickle.loads(pickle.dumps(sampler))
    assert restored.best_score_ == sampler.best_score_
    assert "k_neighbors=7" in repr(sampler)


def test_three_classes_are_refused(data):
    X, y = data
    with pytest.raises(ValueError, match="smaller of two classes; y has 3"):
        make_sampler().fit_resample(X, np.arange(len(y)) % 3)


def test_too_few_minority_rows_are_refused(data):
    X, y = data
    keep = np.concatenate([np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:2]])
    with pytest.raises(ValueError, match="has 2 rows; AutoSMOTE needs at least 3"):
        make_sampler().fit_resample(X[keep], y[keep])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(data, bad):
    X, y = data
    X = X.copy()
    X[3, 1] = bad
    with pytest.raises(ValueError, match="NaN|infinity"):
        make_sampler().fit_resample(X, y)


def test_sparse_rows_are_refused_with_a_remedy(data):
    with pytest.raises(TypeError, match="toarray"):
        make_sampler().fit_resample(csr_array(data[0]), data[1])


@pytest.mark.parametrize(
    "validation, message",
    [
        (0.1, r"validation=0.1 holds out 0 of the 3 rows of class 1.*larger"),
        (0.75, r"validation=0.75 holds out 2 of the 3 rows of class 1.*smaller"),
    ],
)
def test_a_split_without_minority_rows_on_both_sides_is_refused(data, validation, message):
    X, y = data
    keep = np.concatenate([np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:3]])
    with pytest.raises(ValueError, match=message):
        make_sampler(validation=validation).fit_resample(X[keep], y[keep])


def test_three_minority_rows_suffice(data):
    X, y = data
    keep = np.concatenate([np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:3]])
    sampler = make_sampler()
    _, resampled = sampler.fit_resample(X[keep], y[keep])
    assert resampled.sum() >= 3


@pytest.mark.parametrize("n_jobs, actors", [(None, 1), (3, 3), (100, 8), (-1, 6), (-5, 2), (-100, 1)])
def test_n_jobs_means_what_it_means_in_scikit_learn(data, n_jobs, actors, monkeypatch):
    used = []

    def note(*arguments, actors, **keys):
        used.append(actors)
        return search(*arguments, **keys)

    monkeypatch.setattr("autosmote.sampler.search", note)
    monkeypatch.setattr("os.cpu_count", lambda: 6)
    make_sampler(n_jobs=n_jobs).fit_resample(*data)
    assert used == [actors]


@pytest.mark.parametrize("n_jobs", [0, 2.0, True, "2"])
def test_other_numbers_of_jobs_are_refused(data, n_jobs):
    with pytest.raises(ValueError, match=f"n_jobs={n_jobs!r}: expected"):
        make_sampler(n_jobs=n_jobs).fit_resample(*data)


class Refusing(DecisionTreeClassifier):
    def fit(self, X, y):
        raise ValueError("Expected n_neighbors <= n_samples_fit, but n_neighbors = 5")


def test_a_classifier_that_refuses_all_rows_is_named(data):
    with pytest.raises(ValueError, match="Refusing.* could not be fitted in any of the 6 iterations"):
        make_sampler(estimator=Refusing()).fit_resample(*data)


def test_an_unknown_scorer_is_named(data):
    with pytest.raises(ValueError, match="f1_makro"):
        make_sampler(scoring="f1_makro").fit_resample(*data)
