"""What the sampler takes as imbalanced-learn's samplers do: neighbours, groups, sparse rows."""

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import config_context
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GroupKFold, GroupShuffleSplit, check_cv, cross_validate
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.tree import DecisionTreeClassifier

from autosmote import AutoSMOTE
from autosmote.search.space import SearchSpace

pytestmark = pytest.mark.filterwarnings("ignore:none of")


def overlapping(n_majority=90, n_minority=24):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_majority + n_minority, 3))
    y = np.repeat([0, 1], [n_majority, n_minority])
    X[y == 1] += 0.8
    order = rng.permutation(len(y))
    return X[order], y[order]


@pytest.fixture(params=["paper", "policy_search"])
def make(request):
    def sampler(**keys):
        n = 5 if request.param == "policy_search" else 2
        keys = {"sampling_strategy": "minority", "n_iterations": n, "random_state": 0, **keys}
        return AutoSMOTE(GaussianNB(), strategy=request.param, **keys)

    return sampler


# Neighbours


def test_an_object_finds_the_neighbours_that_a_number_means():
    X, _ = overlapping()
    for k in (1, 7):
        finder = NearestNeighbors(n_neighbors=k + 1)
        by_number, by_object = (SearchSpace(X, given).neighbours for given in (k, finder))
        assert_array_equal(by_object, by_number)
    # It counts the row itself, and a class may be too small for it.
    few = SearchSpace(X[:5], NearestNeighbors(n_neighbors=50))
    assert_array_equal(few.neighbours, SearchSpace(X[:5], 4).neighbours)


def test_an_object_has_its_own_distance():
    X, _ = overlapping()
    found = SearchSpace(X, NearestNeighbors(n_neighbors=4, metric="manhattan")).neighbours
    distances = np.abs(X[:, None] - X[None]).sum(axis=2) + np.diag(np.full(len(X), np.inf))
    assert_array_equal(found, distances.argsort(axis=1)[:, :3])


def test_duplicates_are_neighbours_and_the_row_itself_is_not():
    X = np.repeat(np.arange(3.0), 4)[:, None]
    found = SearchSpace(X, NearestNeighbors(n_neighbors=3)).neighbours
    assert not (found == np.arange(12)[:, None]).any()
    assert_array_equal(found // 4, np.arange(12)[:, None] // 4 * np.ones(2, int))


def test_the_sampler_takes_an_object(make):
    X, y = overlapping()
    finder = NearestNeighbors(n_neighbors=6)
    number, _ = make(k_neighbors=5).fit_resample(X, y)
    found, _ = make(k_neighbors=finder).fit_resample(X, y)
    assert_array_equal(found, number)
    assert not hasattr(finder, "n_samples_fit_")  # The caller's own is left alone.
    with pytest.raises(ValueError, match="The 'k_neighbors' parameter of AutoSMOTE must be"):
        make(k_neighbors=GaussianNB()).fit_resample(X, y)


# Groups


class Noting(GaussianNB):
    seen: list = []

    def fit(self, X, y):
        self.seen.append({row.tobytes() for row in X})
        return super().fit(X, y)


def test_rows_of_a_group_are_on_one_side_of_every_split(make):
    X, y = overlapping()
    groups = np.arange(len(y)) % 6
    Noting.seen.clear()
    sampler = make(validation=GroupKFold(3), sampling_strategy="auto").set_params(estimator=Noting())
    sampler.fit_resample(X, y, groups=groups)
    assert len(Noting.seen) > 6
    for rows in Noting.seen:
        inside = np.array([row.tobytes() in rows for row in X])
        # Four of six groups, and their rows alone.
        kept = [group for group in range(6) if inside[groups == group].all()]
        assert len(kept) == 4 and not inside[~np.isin(groups, kept)].any()


def test_groups_arrive_in_a_pipeline(make):
    X, y = overlapping()
    groups = np.repeat(np.arange(19), 6)
    with config_context(enable_metadata_routing=True):
        sampler = make(validation=GroupKFold(2)).set_fit_resample_request(groups=True)
        model = make_pipeline(sampler, DecisionTreeClassifier(random_state=0)).fit(X, y, groups=groups)
        direct = make(validation=GroupKFold(2))
        rows, labels = direct.fit_resample(X, y, groups=groups)
        assert model[0].baseline_score_ == direct.baseline_score_
        expected = DecisionTreeClassifier(random_state=0).fit(rows, labels)
        assert_array_equal(model.predict(X), expected.predict(X))
        scores = cross_validate(
            model, X, y, cv=GroupKFold(3), params={"groups": groups}, scoring="f1_macro", error_score="raise"
        )
    assert np.isfinite(scores["test_score"]).all()


@pytest.mark.parametrize("validation", [0.25, 3, (np.zeros((2, 3)), np.array([0, 1]))])
def test_groups_that_nothing_looks_at_are_refused(make, validation):
    X, y = overlapping()
    with pytest.raises(ValueError, match="does not look at groups; pass a splitter .*GroupKFold"):
        make(validation=validation).fit_resample(X, y, groups=np.arange(len(y)))


def test_groups_have_to_fit(make):
    X, y = overlapping()
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        make(validation=GroupKFold(2)).fit_resample(X, y, groups=np.arange(3))
    with pytest.raises(ValueError, match="'groups' parameter should not be None"):
        make(validation=GroupKFold(2)).fit_resample(X, y)


def test_policy_search_does_not_cut_groups_to_get_folds():
    X, y = overlapping()
    sampler = AutoSMOTE(GaussianNB(), validation=GroupShuffleSplit(1, random_state=0), n_iterations=5)
    with pytest.raises(ValueError, match="makes one split; policy search scores on several"):
        sampler.fit_resample(X, y, groups=np.arange(len(y)) % 8)


# Sparse rows


@pytest.mark.parametrize("kind", ["csr_matrix", "csc_matrix", "csr_array", "csc_array", "coo_matrix"])
def test_sparse_rows_come_back_as_smote_gives_them(make, kind):
    X, y = overlapping()
    X = np.where(np.abs(X) < 0.5, 0.0, X).astype(np.float32)
    rows = getattr(sparse, kind)(X)
    found, labels = make().fit_resample(rows, y)
    dense, dense_labels = make().fit_resample(X, y)
    expected, _ = SMOTE(random_state=0).fit_resample(rows, y)
    assert (type(found), found.dtype, found.shape) == (type(expected), expected.dtype, expected.shape)
    assert_allclose(found.toarray(), dense)
    assert_array_equal(labels, dense_labels)


def test_validation_rows_may_be_sparse_too(make):
    X, y = overlapping()
    one, other = (make(validation=(rows, y)) for rows in (X, sparse.csr_matrix(X)))
    one.fit_resample(X, y)
    other.fit_resample(sparse.csr_matrix(X), y)
    assert one.history_.equals(other.history_)


# What a scorer and a message are given


@pytest.mark.parametrize("estimator", [KNeighborsClassifier(3), DecisionTreeClassifier(random_state=0)])
def test_a_scorer_of_ones_own_sees_the_columns_by_name(estimator):
    X, y = overlapping()
    frame = pd.DataFrame(X, columns=["a", "b", "c"])

    def score(model, rows, labels):
        assert list(rows["a"]) == list(rows.to_numpy()[:, 0])
        return balanced_accuracy_score(labels, model.predict(rows))

    by_name, by_place = (
        AutoSMOTE(estimator, scoring=scoring, n_iterations=20, random_state=0)
        for scoring in (score, "balanced_accuracy")
    )
    for sampler in (by_name, by_place):
        sampler.fit_resample(frame, y)
    assert_array_equal(by_name.history_["validation_score"], by_place.history_["validation_score"])


def test_folds_that_do_not_fit_are_not_printed_row_by_row():
    X, y = overlapping()
    rows = np.arange(len(y))
    common = rows[y == 0]
    folds = [(np.setdiff1d(rows, part), part) for part in (common[:40], common[40:])]
    with pytest.raises(
        ValueError, match=r"^fold 1 of 2 of validation=\(given folds\) holds 0 rows of class 1"
    ):
        AutoSMOTE(GaussianNB(), validation=check_cv(folds), n_iterations=5).fit_resample(X, y)
