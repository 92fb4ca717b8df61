"""Class weights and thresholds by folds, against the same choice by hand."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.neighbors import KNeighborsClassifier

from autosmote import samplers
from autosmote.samplers.cross_validated import RATIOS
from autosmote.samplers.spec import NotApplicable, Problem, Training
from autosmote.utils.parts import join_parts

MODEL = LogisticRegression()


def macro_f1(y, labels):
    return f1_score(y, labels, average="macro", zero_division=0)


def problem(estimator=MODEL, n_minority=24):
    rng = np.random.default_rng(2)
    y = rng.permutation(np.repeat([0, 1], [160 - n_minority, n_minority]))
    X = rng.normal(size=(160, 2)) + 0.9 * y[:, None]
    training = Training(X[:120], y[:120], np.zeros(2, dtype=bool))
    return Problem(training, X[120:], y[120:], estimator, macro_f1, seed=4)


def rows_of(one):
    X = np.concatenate([one.training.X, one.X_validation])
    y, parts = join_parts(one.training.y, one.y_validation, one.seed)
    return X, y, parts


def learn(name, one):
    return samplers.get(name).build(one)(None)


def weighted(X, y, ratio):
    weight = max(1.0, ratio * np.sum(y == 0) / np.sum(y == 1))
    return LogisticRegression().fit(X, y, sample_weight=np.where(y == 1, weight, 1.0))


@pytest.mark.parametrize(("name", "rows"), [("ClassWeightByFolds", 120), ("ClassWeightByFoldsRefit", 160)])
def test_the_weight_is_that_with_the_best_pooled_labels(name, rows):
    one = problem()
    X, y, parts = rows_of(one)
    scores = []
    for ratio in RATIOS:
        labels = np.empty_like(y)
        for part in range(4):
            labels[parts == part] = weighted(X[parts != part], y[parts != part], ratio).predict(
                X[parts == part]
            )
        scores.append(macro_f1(y, labels))
    learned = learn(name, one)
    assert len(set(scores)) > 3
    assert learned.settings == {"ratio": RATIOS[int(np.argmax(scores))]}
    expected = weighted(X[:rows], y[:rows], learned.settings["ratio"])
    np.testing.assert_allclose(learned.model.coef_, expected.coef_)


@pytest.mark.parametrize(
    ("name", "rows"), [("DecisionThresholdByFolds", 120), ("DecisionThresholdByFoldsRefit", 160)]
)
def test_no_threshold_has_better_pooled_labels(name, rows):
    one = problem()
    X, y, parts = rows_of(one)
    values = np.empty(len(y))
    for part in range(4):
        model = LogisticRegression().fit(X[parts != part], y[parts != part])
        values[parts == part] = model.decision_function(X[parts == part])
    learned = learn(name, one)
    threshold = learned.settings["threshold"]
    best = max(macro_f1(y, values > t) for t in [-np.inf, *values])
    assert macro_f1(y, values > threshold) == pytest.approx(best)
    assert best > macro_f1(y, values > 0)
    final = LogisticRegression().fit(X[:rows], y[:rows])
    np.testing.assert_array_equal(learned.model.predict(X), final.decision_function(X) > threshold)


def test_the_default_threshold_stays_where_no_other_is_better():
    X = np.repeat([[0.0], [1.0]], [90, 30], axis=0)
    y = (X[:, 0] > 0).astype(int)
    order = np.random.default_rng(0).permutation(120)
    X, y = X[order], y[order]
    one = Problem(
        Training(X[:90], y[:90], np.zeros(1, dtype=bool)),
        X[90:],
        y[90:],
        KNeighborsClassifier(3),
        macro_f1,
        0,
    )
    assert learn("DecisionThresholdByFolds", one).settings == {"threshold": 0.5}


def test_a_classifier_without_weights_is_not_applicable():
    with pytest.raises(NotApplicable, match="KNeighborsClassifier takes no weights"):
        learn("ClassWeightByFolds", problem(KNeighborsClassifier()))
