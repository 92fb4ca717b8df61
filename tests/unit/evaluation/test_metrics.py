"""The metrics beyond Section 4.1, and the scores of rows that two of them need."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imblearn.metrics import geometric_mean_score
from sklearn.datasets import load_iris, make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, balanced_accuracy_score, get_scorer, roc_auc_score

from autosmote import samplers
from autosmote.datasets.tasks import Task
from autosmote.estimator.autosmote import find_scorer
from autosmote.evaluation.classifiers import make_classifier
from autosmote.evaluation.metrics import METRICS, is_multiclass, needs_scores
from autosmote.evaluation.protocol import evaluate
from autosmote.evaluation.scoring import respond, score
from autosmote.samplers import configured
from autosmote.study.search_job import run_search

SCORE_METRICS = ["average_precision", "roc_auc"]
CLASSIFIERS = [
    *("svm", "knn", "tree", "adaboost"),
    *("logistic_regression", "random_forest", "hist_gradient_boosting"),
]

weighted_rows = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(1, 9)), min_size=2, max_size=40
).filter(lambda rows: len({true for true, *_ in rows}) == 2)


@pytest.fixture(scope="module")
def task():
    X, y = make_classification(400, 5, weights=[0.85], flip_y=0.05, class_sep=0.7, random_state=1)
    parts = {"X_train": X[:200], "X_validation": X[200:300], "X_test": X[300:]}
    parts |= {"y_train": y[:200], "y_validation": y[200:300], "y_test": y[300:]}
    unused = X[y == 1][:20] + 0.01
    return Task("made", 6, 0, **parts, feature_names=list("abcde"), onehot=np.zeros(5, bool), X_unused=unused)


@given(weighted_rows)
def test_metrics_of_recalls_equal_those_of_other_packages(rows):
    y_true, y_pred, weight = np.array(rows).T
    for weights in (None, weight):
        expected = balanced_accuracy_score(y_true, y_pred, sample_weight=weights)
        assert METRICS["balanced_accuracy"](y_true, y_pred, weights) == pytest.approx(expected)
        expected = geometric_mean_score(y_true, y_pred, sample_weight=weights)
        assert METRICS["g_mean"](y_true, y_pred, weights) == pytest.approx(expected)


def test_a_class_without_rows_has_no_recall():
    assert METRICS["balanced_accuracy"]([0, 0], [0, 0]) == 0.5
    assert METRICS["g_mean"]([0, 0], [0, 0]) == 0


def test_average_precision_and_roc_auc_by_hand():
    # Ranked: 1 (0.9), 0 (0.8), 1 (0.7), 0 (0.1). Precision at the two hits: 1 and 2/3; 3 of 4 pairs in order.
    y_true, y_score = [0, 1, 0, 1], [0.1, 0.7, 0.8, 0.9]
    assert METRICS["average_precision"](y_true, y_score) == pytest.approx((1 + 2 / 3) / 2)
    assert METRICS["roc_auc"](y_true, y_score) == pytest.approx(3 / 4)
    # A weight counts as repeated rows.
    weight = [1, 2, 1, 3]
    repeated = [np.repeat(values, weight) for values in (y_true, y_score)]
    for name in SCORE_METRICS:
        assert METRICS[name](y_true, y_score, weight) == pytest.approx(METRICS[name](*repeated))


def test_which_metrics_need_scores():
    assert [name for name, metric in METRICS.items() if needs_scores(metric)] == SCORE_METRICS


@pytest.mark.parametrize("metric", SCORE_METRICS)
@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_score_is_scikit_learns(task, classifier, metric):
    model = make_classifier(classifier, 0).fit(task.X_train, task.y_train)
    expected = get_scorer(metric)(model, task.X_test, task.y_test)
    parts = task.X_train, task.y_train, task.X_test, task.y_test
    assert score(make_classifier(classifier, 0), *parts, metric) == expected


@pytest.mark.parametrize("metric", METRICS)
def test_the_sampler_knows_each_metric_by_its_name(task, metric):
    model = make_classifier("logistic_regression", 0).fit(task.X_train, task.y_train)
    parts = task.X_train, task.y_train, task.X_test, task.y_test
    expected = score(make_classifier("logistic_regression", 0), *parts, metric)
    assert find_scorer(metric)(model, task.X_test, task.y_test) == pytest.approx(expected)


@pytest.mark.parametrize("metric", SCORE_METRICS)
def test_a_sampler_is_chosen_and_scored_by_scores(task, metric):
    metrics, ratios = [metric, "macro_f1"], [0.3, 0.6, 1.0]
    found = evaluate(
        task, samplers.get("SMOTE"), classifiers=["tree"], metrics=metrics, ratios=ratios, seed=0, refit=True
    )
    measure = {"average_precision": average_precision_score, "roc_auc": roc_auc_score}[metric]
    row = found[0]
    by_ratio = {}
    for ratio in ratios:
        resample = samplers.get("SMOTE").build(samplers.Training(task.X_train, task.y_train, task.onehot), 0)
        made = resample(ratio)
        model = make_classifier("tree", 0).fit(made.X, made.y)
        by_ratio[ratio] = measure(task.y_validation, model.predict_proba(task.X_validation)[:, 1]), model
    assert row["validation_score"] == max(value for value, _ in by_ratio.values())
    model = by_ratio[row["ratio"]][1]
    assert row["test_score"] == measure(task.y_test, model.predict_proba(task.X_test)[:, 1])
    large = task.large_test
    expected = measure(large.y, model.predict_proba(large.X)[:, 1], sample_weight=large.weight)
    assert row["large_test_score"] == pytest.approx(expected)
    assert math.isfinite(row["refit_test_score"])
    alone = evaluate(
        task, samplers.get("SMOTE"), classifiers=["tree"], metrics=["macro_f1"], ratios=ratios, seed=0
    )
    assert found[1]["test_score"] == alone[0]["test_score"]


@pytest.mark.parametrize("name", ["ClassWeight", "ClassWeightByFolds", "MESA"])
def test_a_method_that_has_scores_is_measured_by_them(task, name):
    spec = samplers.get(name)
    if name == "MESA":
        spec = configured(spec, {"members": 2, "random_steps": 4, "policy_steps": 4})
    (row,) = evaluate(task, spec, classifiers=["tree"], metrics=["roc_auc"], ratios=[0.5], seed=0)
    assert row["status"] == "ok"
    assert 0 < row["test_score"] <= 1


def test_class_weights_by_folds_average_the_folds_where_scores_are_needed(task):
    row = evaluate(
        task,
        samplers.get("ClassWeightByFolds"),
        classifiers=["logistic_regression"],
        metrics=["average_precision"],
        ratios=[0.5],
        seed=0,
    )[0]
    from autosmote.utils.parts import join_parts

    X = np.concatenate([task.X_train, task.X_validation])
    y, parts = join_parts(task.y_train, task.y_validation, 0)
    means = []
    for tenth in range(1, 11):
        values, sizes = [], []
        for part in np.unique(parts):
            train, out = parts != part, parts == part
            weight = max(1.0, tenth / 10 * np.sum(y[train] == 0) / np.sum(y[train] == 1))
            model = LogisticRegression(random_state=0)
            model.fit(X[train], y[train], sample_weight=np.where(y[train] == 1, weight, 1.0))
            values.append(average_precision_score(y[out], model.decision_function(X[out])))
            sizes.append(out.sum())
        means.append(np.average(values, weights=sizes))
    assert json.loads(row["settings"])["ratio"] == (1 + int(np.argmax(means))) / 10


@pytest.mark.parametrize("name", ["DecisionThreshold", "DecisionThresholdByFolds"])
def test_a_threshold_has_no_part_in_a_metric_of_scores(task, name):
    (row,) = evaluate(
        task, samplers.get(name), classifiers=["tree"], metrics=["roc_auc"], ratios=[0.5], seed=0
    )
    assert row["status"] == "not_applicable"
    assert row["message"] == "not applicable: a metric of scores does not depend on the decision threshold"


def test_a_method_that_only_labels_does_not_apply(task):
    class Labels:
        def predict(self, X):
            return np.zeros(len(X), int)

    def build(problem):
        return lambda ratio: samplers.Learned(Labels())

    spec = samplers.MethodSpec("Labels", "Extension", False, "test", "none", None, build)
    (row,) = evaluate(task, spec, classifiers=["tree"], metrics=["roc_auc"], ratios=[0.5], seed=0)
    assert row["status"] == "not_applicable"
    assert row["message"] == "not applicable: it labels rows only, and roc_auc needs their scores"


@pytest.mark.parametrize("strategy", ["autosmote", "policy_search", "smote_by_folds", "sampler_search"])
def test_searches_maximise_a_metric_of_scores(task, strategy):
    settings = {"iterations": 12, "round_size": 2}
    found = run_search(task, "logistic_regression", "average_precision", settings, strategy=strategy)
    X, y = found.samples["X"], found.samples.get("y")
    if y is None:
        X, y = np.concatenate([task.X_train, X]), np.append(task.y_train, np.ones(len(X), int))
    model = make_classifier("logistic_regression", 0).fit(X, y)
    for part in ("validation", "test"):
        values = respond(model, getattr(task, f"X_{part}"), "average_precision")
        expected = average_precision_score(getattr(task, f"y_{part}"), values)
        assert found.row[f"{part}_score"] == pytest.approx(expected, abs=1e-9)


# More than two classes


class_rows = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(1, 9)), min_size=4, max_size=40
).filter(lambda rows: {true for true, *_ in rows} == {0, 1, 2, 3})


@given(class_rows)
def test_metrics_of_several_classes_by_their_formulas(rows):
    y_true, y_pred, weight = np.array(rows).T
    table = np.zeros((4, 4))
    np.add.at(table, (y_true, y_pred), weight)
    hits, given, said = np.diag(table), table.sum(axis=1), table.sum(axis=0)
    recalls = hits / given
    expected = {
        "macro_f1": np.mean(2 * hits / (given + said)),
        "balanced_accuracy": recalls.mean(),
        "g_mean": np.prod(recalls) ** (1 / 4),
    }
    total = table.sum()
    spread = (total**2 - said @ said) * (total**2 - given @ given)
    expected["mcc"] = (hits.sum() * total - given @ said) / np.sqrt(spread) if spread else 0.0
    for name, value in expected.items():
        assert METRICS[name](y_true, y_pred, weight) == pytest.approx(value, abs=1e-12), name
        assert METRICS[name](y_true, y_true) == pytest.approx(1)


def test_scores_of_several_classes_are_averaged_over_each_against_the_others():
    y_true = [0, 1, 2, 0]
    y_score = [[3, 0, 1], [2, 1, 0], [0, 2, 3], [1, 3, 2]]
    # By class: rows in descending order of its column, 1 where the row is of the class.
    #   class 0: 1 0 1 0, class 1: 0 0 1 0, class 2: 1 0 0 0
    average_precision = np.mean([(1 + 2 / 3) / 2, 1 / 3, 1])
    roc_auc = np.mean([3 / 4, 1 / 3, 1])
    assert METRICS["average_precision"](y_true, y_score) == pytest.approx(average_precision)
    assert METRICS["roc_auc"](y_true, y_score) == pytest.approx(roc_auc)
    probabilities = np.array([[0.7, 0.1, 0.2], [0.5, 0.3, 0.2], [0.1, 0.3, 0.6], [0.2, 0.5, 0.3]])
    theirs = roc_auc_score(y_true, probabilities, multi_class="ovr")
    assert METRICS["roc_auc"](y_true, probabilities) == pytest.approx(theirs)


def test_every_metric_says_whether_it_takes_several_classes():
    assert all(is_multiclass(metric) for metric in METRICS.values())
    assert not is_multiclass(average_precision_score)


@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_a_classifier_of_several_classes_has_a_score_for_each(classifier):
    X, y = load_iris(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    model = make_classifier(classifier, 0).fit(X, y)
    scores = respond(model, X, "roc_auc")
    assert scores.shape == (150, 3)
    np.testing.assert_array_equal(scores.argmax(axis=1), model.predict(X))
