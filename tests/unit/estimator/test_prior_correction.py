"""Corrected probabilities, against Bayes' theorem, models of known truth, and by scikit-learn's checks."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imblearn import FunctionSampler
from imblearn.ensemble import BalancedBaggingClassifier, BalancedRandomForestClassifier
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import Pipeline, make_pipeline
from imblearn.under_sampling import RandomUnderSampler
from scipy.special import expit
from scipy.stats import multivariate_normal
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline as sklearn_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.utils.estimator_checks import parametrize_with_checks

from autosmote import AutoSMOTE, PriorCorrectedClassifier


def repeat(X, y, times):
    """All rows of a class as often as `times` says for it: no row is drawn by chance."""
    n_times = np.array([times[label] for label in y])
    return np.repeat(X, n_times, axis=0), np.repeat(y, n_times)


def repeating(times):
    return FunctionSampler(func=repeat, kw_args={"times": times}, validate=False)


def gaussian(n, rng, shares=(0.9, 0.1)):
    """Two Gaussian classes in a plane; the truth is known."""
    means = np.array([[0.0, 0.0], [1.5, 1.0]])
    y = rng.choice(2, n, p=shares)
    X = means[y] + rng.normal(size=(n, 2))
    densities = [multivariate_normal(mean).pdf(X) * share for mean, share in zip(means, shares, strict=True)]
    return X, y, densities[1] / np.sum(densities, axis=0)


class Constant(ClassifierMixin, BaseEstimator):
    """Says the same of every row."""

    def __init__(self, probabilities=(0.5, 0.5)):
        self.probabilities = probabilities

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.tile(self.probabilities, (len(X), 1))

    def predict(self, X):
        return self.classes_[np.argmax(self.predict_proba(X), axis=1)]


@parametrize_with_checks(
    [
        PriorCorrectedClassifier(LogisticRegression()),
        PriorCorrectedClassifier(sklearn_pipeline(StandardScaler(), LogisticRegression())),
        PriorCorrectedClassifier(LogisticRegression(class_weight="balanced")),
    ]
)
def test_checks_of_scikit_learn(estimator, check):
    check(estimator)


def test_bayes_by_hand():
    X, y = np.zeros((10, 1)), np.repeat(["no", "yes"], [8, 2])
    model = PriorCorrectedClassifier(Constant((0.4, 0.6)), training_prior={"yes": 0.5, "no": 0.5}).fit(X, y)
    # Odds of 0.6 / 0.4 at even frequencies, times 0.2 / 0.8.
    assert model.predict_proba(X)[0, 1] == pytest.approx(0.375 / 1.375)
    assert model.predict(X)[0] == "no" and model.estimator_.predict(X)[0] == "yes"
    np.testing.assert_allclose(np.exp(model.predict_log_proba(X)), model.predict_proba(X))


@pytest.mark.parametrize("n_classes", [2, 3])
def test_exact_where_resampling_changes_nothing_but_the_frequencies(n_classes):
    rng = np.random.default_rng(0)
    y = np.repeat(np.array(["a", "b", "c"])[:n_classes], np.array([90, 30, 12])[:n_classes])
    X = rng.normal(size=(len(y), 3)) + np.searchsorted(["a", "b", "c"], y)[:, None]
    # Repeated rows have the same mean and variance, so naive Bayes differs in its frequencies alone.
    bayes = GaussianNB(var_smoothing=0)
    sampler = repeating({"a": 1, "b": 4, "c": 7})
    corrected = PriorCorrectedClassifier(make_pipeline(sampler, bayes)).fit(X, y)
    expected = clone(bayes).fit(X, y).predict_proba(X)
    np.testing.assert_allclose(corrected.predict_proba(X), expected, rtol=1e-9, atol=1e-12)
    assert np.abs(corrected.estimator_.predict_proba(X) - expected).max() > 0.05


@pytest.mark.parametrize(
    "sampler",
    [RandomOverSampler(random_state=0), RandomUnderSampler(random_state=0), SMOTE(random_state=0)],
    ids=["over", "under", "smote"],
)
def test_close_to_the_truth_of_a_gaussian_model(sampler):
    X, y, truth = gaussian(20_000, np.random.default_rng(1))
    pipeline = make_pipeline(sampler, LogisticRegression(C=1e6))
    corrected = PriorCorrectedClassifier(pipeline).fit(X, y)
    error = np.abs(corrected.predict_proba(X)[:, 1] - truth).mean()
    uncorrected = np.abs(corrected.estimator_.predict_proba(X)[:, 1] - truth).mean()
    assert uncorrected > 0.1 and error < uncorrected / 8
    assert corrected.predict_proba(X)[:, 1].mean() == pytest.approx(y.mean(), rel=0.15)


def test_class_weights_and_weights_of_rows_are_undone():
    rng = np.random.default_rng(2)
    X = rng.normal(size=(20_000, 2))
    truth = expit(-3 + X @ [1.0, -0.5])
    y = (rng.random(len(X)) < truth).astype(int)
    balanced = PriorCorrectedClassifier(LogisticRegression(C=1e6, class_weight="balanced")).fit(X, y)
    np.testing.assert_allclose(balanced.training_prior_, [0.5, 0.5])
    assert np.abs(balanced.predict_proba(X)[:, 1] - truth).mean() < 0.01
    weighted = PriorCorrectedClassifier(LogisticRegression(C=1e6)).fit(X, y, sample_weight=np.where(y, 5, 1))
    share = 5 * y.sum() / (5 * y.sum() + (1 - y).sum())
    np.testing.assert_allclose(weighted.training_prior_, [1 - share, share])
    assert np.abs(weighted.predict_proba(X)[:, 1] - truth).mean() < 0.01
    forest = RandomForestClassifier(5, class_weight="balanced_subsample", random_state=0)
    np.testing.assert_allclose(PriorCorrectedClassifier(forest).fit(X, y).training_prior_, [0.5, 0.5])


@settings(max_examples=30)
@given(st.lists(st.floats(0.01, 1), min_size=4, max_size=4), st.floats(0.01, 0.99))
def test_rows_keep_their_order_and_probabilities_sum_to_one(weights, share):
    X, y, _ = gaussian(200, np.random.default_rng(3))
    prior = np.array(weights[:2]) / sum(weights[:2])
    model = PriorCorrectedClassifier(GaussianNB(), class_prior=[1 - share, share], training_prior=prior).fit(
        X, y
    )
    before, after = model.estimator_.predict_proba(X)[:, 1], model.predict_proba(X)
    np.testing.assert_allclose(after.sum(axis=1), 1)
    assert roc_auc_score(y, after[:, 1]) == pytest.approx(roc_auc_score(y, before))
    odds = after[:, 1] / after[:, 0] * before.clip(1e-300) ** -1 * (1 - before)
    expected = share / (1 - share) * prior[0] / prior[1]
    np.testing.assert_allclose(odds[(before > 1e-6) & (before < 1 - 1e-6)], expected, rtol=1e-6)


def test_changes_nothing_where_the_frequencies_are_the_same():
    X, y, _ = gaussian(300, np.random.default_rng(4))
    model = PriorCorrectedClassifier(GaussianNB()).fit(X, y)
    np.testing.assert_allclose(model.predict_proba(X), GaussianNB().fit(X, y).predict_proba(X))


def test_corrects_to_given_frequencies():
    X, y, _ = gaussian(300, np.random.default_rng(5))
    by_label = PriorCorrectedClassifier(GaussianNB(), class_prior={1: 0.3, 0: 0.7}).fit(X, y)
    in_order = PriorCorrectedClassifier(GaussianNB(), class_prior=[0.7, 0.3]).fit(X, y)
    expected = GaussianNB(priors=[0.7, 0.3]).fit(X, y).predict_proba(X)
    np.testing.assert_allclose(by_label.predict_proba(X), expected)
    np.testing.assert_allclose(in_order.predict_proba(X), expected)


def test_sees_through_pipelines_in_pipelines_and_leaves_no_trace():
    X, y, _ = gaussian(600, np.random.default_rng(6))
    inner = make_pipeline(StandardScaler(), RandomOverSampler(random_state=0), LogisticRegression())
    pipeline = sklearn_pipeline(StandardScaler(), inner)
    model = PriorCorrectedClassifier(pipeline).fit(X, y)
    np.testing.assert_allclose(model.training_prior_, [0.5, 0.5])
    np.testing.assert_allclose(model.class_prior_, np.bincount(y) / len(y))
    assert isinstance(model.estimator_[-1][-1], LogisticRegression)
    assert isinstance(inner[-1], LogisticRegression) and not hasattr(inner[-1], "coef_")


def test_autosmote_with_a_frame_and_labels_of_words():
    X, y, _ = gaussian(200, np.random.default_rng(7))
    frame = pd.DataFrame(X, columns=["a", "b"])
    labels = np.where(y == 1, "rare", "common")
    bayes = GaussianNB()
    sampler = AutoSMOTE(bayes, n_iterations=40, random_state=0)
    model = PriorCorrectedClassifier(Pipeline([("s", sampler), ("c", bayes)])).fit(frame, labels)
    made = model.estimator_["s"].n_synthetic_
    assert made > 0
    rare = y.sum() + made
    np.testing.assert_allclose(model.training_prior_[1], rare / (len(y) + made))
    assert list(model.classes_) == ["common", "rare"] and list(model.feature_names_in_) == ["a", "b"]


def test_metadata_is_routed_to_the_estimator():
    X, y, _ = gaussian(300, np.random.default_rng(8))
    weights = np.where(y == 1, 3.0, 1.0)
    expected = PriorCorrectedClassifier(LogisticRegression()).fit(X, y, sample_weight=weights)
    with config_context(enable_metadata_routing=True):
        classifier = LogisticRegression().set_fit_request(sample_weight=True)
        for inner in (classifier, make_pipeline(FunctionTransformer(), classifier)):
            model = PriorCorrectedClassifier(inner).fit(X, y, sample_weight=weights)
            np.testing.assert_allclose(model.training_prior_, expected.training_prior_)
            np.testing.assert_allclose(model.predict_proba(X), expected.predict_proba(X))


class Weighted(GaussianNB):
    """Has the parameter that XGBoost and LightGBM have."""

    def __init__(self, scale_pos_weight=1.0, priors=None, var_smoothing=1e-9):
        super().__init__(priors=priors, var_smoothing=var_smoothing)
        self.scale_pos_weight = scale_pos_weight


@pytest.mark.parametrize(
    "estimator",
    [
        Weighted(),
        GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}),
        CalibratedClassifierCV(LogisticRegression(class_weight="balanced"), ensemble=False),
    ],
)
def test_what_weighs_nothing_and_what_is_calibrated_is_as_frequent_as_the_rows(estimator):
    X, y, _ = gaussian(400, np.random.default_rng(11))
    model = PriorCorrectedClassifier(estimator).fit(X, y)
    np.testing.assert_allclose(model.training_prior_, np.bincount(y) / len(y))


@pytest.mark.parametrize(
    ("estimator", "parameters", "message"),
    [
        (LinearSVC(), {}, "has no predict_proba"),
        (BalancedBaggingClassifier(), {}, r"resamples inside \(sampling_strategy\)"),
        (BalancedRandomForestClassifier(), {}, "give them as training_prior"),
        (
            GridSearchCV(make_pipeline(SMOTE(), GaussianNB()), {"gaussiannb__var_smoothing": [1e-9]}),
            {},
            "GridSearchCV resamples inside",
        ),
        (CalibratedClassifierCV(make_pipeline(SMOTE(), GaussianNB())), {}, "resamples inside"),
        (
            GridSearchCV(LogisticRegression(class_weight="balanced"), {"C": [0.1, 1.0]}),
            {},
            r"GridSearchCV weighs the classes inside \(estimator__class_weight\)",
        ),
        (
            GridSearchCV(LogisticRegression(), [{"C": [1.0]}, {"class_weight": [None, "balanced"]}]),
            {},
            r"weighs the classes inside \(param_grid\)",
        ),
        (BaggingClassifier(LogisticRegression(class_weight={1: 5.0})), {}, "give them as training_prior"),
        (Weighted(scale_pos_weight=9), {}, r"weighs the classes inside \(scale_pos_weight\)"),
        (GaussianNB(), {"class_prior": [0.5, 0.2, 0.3]}, r"has shape \(3,\); expected .* 2 classes"),
        (GaussianNB(), {"class_prior": [0.9, 0.2]}, "positive numbers that sum to one"),
        (GaussianNB(), {"training_prior": [1.0, 0.0]}, "training_prior.*positive numbers"),
        (GaussianNB(), {"class_prior": {0: 0.5, 2: 0.5}}, r"has the classes \[0, 2\]; y has \[0, 1\]"),
    ],
)  # fmt: skip
def test_says_what_is_wrong(estimator, parameters, message):
    X, y, _ = gaussian(100, np.random.default_rng(9))
    with pytest.raises(ValueError, match=message):
        PriorCorrectedClassifier(estimator, **parameters).fit(X, y)


def test_an_ensemble_on_balanced_rows_is_corrected_by_the_frequencies_that_are_given():
    X, y, truth = gaussian(4000, np.random.default_rng(10))
    ensemble = BalancedBaggingClassifier(GaussianNB(), random_state=0)
    model = PriorCorrectedClassifier(ensemble, training_prior=[0.5, 0.5]).fit(X, y)
    uncorrected = np.abs(model.estimator_.predict_proba(X)[:, 1] - truth).mean()
    assert np.abs(model.predict_proba(X)[:, 1] - truth).mean() < uncorrected / 5
