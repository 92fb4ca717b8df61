"""Missing values, where the estimator takes them."""

import numpy as np
import pandas as pd
import pytest
from imblearn.utils.estimator_checks import check_samplers_nan
from matplotlib.figure import Figure
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.metrics.pairwise import nan_euclidean_distances
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from autosmote import AutoSMOTE
from autosmote.estimator.columns import Columns
from autosmote.estimator.problem import takes_missing
from autosmote.search.space import SearchSpace

pytestmark = pytest.mark.filterwarnings("ignore:none of")


def with_gaps(n_majority=90, n_minority=24, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_majority + n_minority, 3))
    y = np.repeat([0, 1], [n_majority, n_minority])
    X[y == 1] += 0.8
    order = rng.permutation(len(y))
    X[rng.random(X.shape) < 0.15] = np.nan
    return X[order], y[order]


BOOSTED = HistGradientBoostingClassifier(max_iter=3, random_state=0)


class WithoutTags:
    """A classifier that knows nothing of scikit-learn's tags."""

    def fit(self, X, y): ...

    def predict(self, X): ...


@pytest.fixture(params=["paper", "policy_search"])
def make(request):
    def sampler(estimator, **keys):
        n = 5 if request.param == "policy_search" else 2
        keys = {"sampling_strategy": "minority", "n_iterations": n, "random_state": 0, **keys}
        return AutoSMOTE(estimator, strategy=request.param, **keys)

    return sampler


@pytest.mark.parametrize(
    "estimator",
    [BOOSTED, None, make_pipeline(SimpleImputer(), GaussianNB())],
    ids=["boosting", "default", "imputing"],
)
@pytest.mark.parametrize("kind", ["array", "frame"])
def test_between_two_rows_a_value_is_missing_where_either_lacks_it(make, estimator, kind):
    X, y = with_gaps()
    table = pd.DataFrame(X, columns=list("abc")) if kind == "frame" else X
    sampler = make(estimator)
    resampled, labels = sampler.fit_resample(table, y)
    assert np.sum(labels == 1) == 90
    rows = np.asarray(resampled)[len(X) :]
    assert_array_equal(np.asarray(resampled)[: len(X)], X)
    start, end = X[sampler.decisions_["source"]], X[sampler.decisions_["neighbour"]]
    weight = sampler.decisions_["weight"].to_numpy()
    for row, first, last, w in zip(rows, start, end, weight, strict=True):
        # NumPy's NaN does the rest: it is missing where either is, but in copies.
        expected = first if w == 0 else last if w == 1 else first + w * (last - first)
        assert_allclose(row, expected)
    assert np.isnan(rows).any() and not np.isnan(rows).all(axis=1).any()
    assert {0.0, 1.0} & set(weight) and 0 < sampler.best_score_ <= 1 and 0 < sampler.smote_score_ <= 1
    assert sampler.plot_samples(Figure().subplots()).collections


def test_distances_are_those_of_scikit_learn_for_missing_values():
    X, _ = with_gaps()
    X = X[~np.isnan(X).all(axis=1)]
    found = SearchSpace(X, 4).neighbours
    distances = nan_euclidean_distances(X)
    np.fill_diagonal(distances, np.inf)
    nearest = np.sort(np.nan_to_num(distances, nan=np.inf), axis=1)[:, :4]
    assert_allclose(np.take_along_axis(distances, found, axis=1), nearest)


def test_gaps_do_not_move_the_other_rows():
    X, _ = with_gaps()
    columns = Columns(X, allow_missing=True)
    features = columns.features(X, np.arange(len(X)), np.zeros(len(X)))
    assert_array_equal(np.isnan(features), np.isnan(X))
    assert_allclose(features, (X - np.nanmean(X, axis=0)) / np.nanstd(X, axis=0))


def test_what_cannot_be_done_with_gaps_is_refused(make):
    X, y = with_gaps()
    frame = pd.DataFrame(X, columns=list("abc"))
    with pytest.raises(ValueError, match="NaN"):
        make(GaussianNB()).fit_resample(X, y)
    with pytest.raises(ValueError, match="columns 'a', 'b', 'c' of X have missing values; impute"):
        make(GaussianNB()).fit_resample(frame, y)
    with pytest.raises(ValueError, match="GaussianNB does not accept missing values"):
        make(make_pipeline(StandardScaler(), GaussianNB())).fit_resample(X, y)
    for column in (pd.array([None, 1] * 57, dtype="Int64"), ["x", None] * 57):
        with pytest.raises(ValueError, match="column 'd' of X has missing values"):
            make(None).fit_resample(frame.assign(d=column), y)
    infinite = np.where(np.isnan(X), np.inf, X)
    with pytest.raises(ValueError, match="infinity"):
        make(None).fit_resample(infinite, y)


def test_validation_rows_may_have_gaps_too(make):
    X, y = with_gaps()
    X_validation, y_validation = with_gaps(seed=1)
    tree = DecisionTreeClassifier(random_state=0)
    found = [
        make(tree, validation=(rows, y_validation)).fit_resample(given, y)[0]
        for given, rows in (
            (X, X_validation),
            (pd.DataFrame(X), pd.DataFrame(X_validation)),
            (sparse.csr_matrix(X), sparse.csr_matrix(X_validation)),
        )
    ]
    assert_array_equal(found[1].to_numpy(), found[0])
    assert_array_equal(found[2].toarray(), found[0])


def test_the_tag_says_so():
    assert AutoSMOTE().__sklearn_tags__().input_tags.allow_nan
    assert AutoSMOTE(BOOSTED).__sklearn_tags__().input_tags.allow_nan
    assert not AutoSMOTE(GaussianNB()).__sklearn_tags__().input_tags.allow_nan
    assert not takes_missing(WithoutTags())
    check_samplers_nan("AutoSMOTE", AutoSMOTE(sampling_strategy="minority", n_iterations=5, random_state=0))
