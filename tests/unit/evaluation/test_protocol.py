"""The evaluation protocol, against a case worked by hand and every way in which a sampler can fail."""

import dataclasses
import json
import math
import time
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imblearn.over_sampling import RandomOverSampler
from sklearn.ensemble import AdaBoostClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import f1_score, matthews_corrcoef
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from autosmote import samplers
from autosmote.analysis.scores import COLUMNS, validate
from autosmote.datasets.tasks import Task
from autosmote.evaluation import classifiers
from autosmote.evaluation.classifiers import make_classifier
from autosmote.evaluation.metrics import METRICS, needs_scores
from autosmote.evaluation.protocol import evaluate as evaluate_any
from autosmote.evaluation.protocol import evaluate_sampler
from autosmote.evaluation.scoring import score
from autosmote.samplers import NotApplicable, Resampled, SamplerSpec
from autosmote.utils.errors import UnknownNameError

ROW_KEYS = list(COLUMNS)
CLASSIFIERS = ["svm", "knn", "tree", "adaboost"]
LABEL_METRICS = [name for name, metric in METRICS.items() if not needs_scores(metric)]


def scripted(script, takes_ratio=True):
    """A sampler that returns, or raises, what the script holds for the ratio."""

    def build(training, seed):
        def resample(ratio):
            act = script[ratio]
            if callable(act):
                act = act(training)
            if isinstance(act, BaseException):
                raise act
            return act

        return resample

    return SamplerSpec("Scripted", "Over-sampling", takes_ratio, "test", "none", None, build)


def threshold(k, n_minority=5):
    """Rows from which a tree predicts 1 for x >= k, and so does KNN if it sees five minority rows."""
    X = np.r_[np.full(5, k - 20.5), np.full(n_minority, k + 19.5)][:, None]
    return Resampled(X, np.r_[np.zeros(5, int), np.ones(n_minority, int)], {"k": k})


def labels(*ones):
    return np.isin(np.arange(10), ones).astype(np.int64)


@pytest.fixture
def task():
    rng = np.random.default_rng(0)
    x = np.arange(10.0)[:, None]
    return Task(
        dataset="toy",
        imbalance_ratio=4,
        seed=3,
        X_train=rng.normal(size=(20, 1)),
        y_train=np.r_[np.zeros(16, np.int64), np.ones(4, np.int64)],
        X_validation=x,
        y_validation=labels(0, 4, 7),
        X_test=x.copy(),
        y_test=labels(8, 9),
        feature_names=["x"],
        onehot=np.zeros(1, bool),
    )


def evaluate(task, spec, classifiers=("tree",), metrics=("macro_f1",), ratios=(0.2, 0.4, 0.6, 0.8, 1.0)):
    return evaluate_sampler(
        task, spec, classifiers=classifiers, metrics=metrics, ratios=ratios, seed=task.seed
    )


# The protocol


def test_best_validation_ratio_is_chosen_per_classifier_and_metric(task):
    # On the validation labels, predicting 1 from x = 7 on gives Macro-F1 11/21 and MCC 1/21; from x = 4 on
    # 49/99 and 2/sqrt(504): the two metrics prefer different ratios. With two minority rows KNN predicts
    # only 0 (Macro-F1 7/17, MCC 0), so it must choose among the later ratios.
    spec = scripted(
        {
            0.2: threshold(4, n_minority=2),
            0.4: threshold(7, n_minority=2),
            0.6: threshold(7),
            0.8: threshold(4),
            1.0: threshold(1),
        }
    )
    rows = evaluate(task, spec, classifiers=["tree", "knn"], metrics=["macro_f1", "mcc"])
    chosen = {(row["classifier"], row["metric"]): row for row in rows}
    assert {key: row["ratio"] for key, row in chosen.items()} == {
        ("tree", "macro_f1"): 0.4,  # tied with 0.6
        ("tree", "mcc"): 0.2,  # tied with 0.8
        ("knn", "macro_f1"): 0.6,
        ("knn", "mcc"): 0.8,
    }
    for classifier in ("tree", "knn"):
        macro_f1, mcc = chosen[classifier, "macro_f1"], chosen[classifier, "mcc"]
        assert macro_f1["validation_score"] == pytest.approx(11 / 21)
        assert macro_f1["test_score"] == pytest.approx(13 / 15)
        assert mcc["validation_score"] == pytest.approx(2 / math.sqrt(504))
        assert mcc["test_score"] == pytest.approx(1 / math.sqrt(6))
        assert json.loads(macro_f1["settings"]) == {"k": 7}
        assert json.loads(mcc["settings"]) == {"k": 4}
    assert (chosen["tree", "mcc"]["n_majority"], chosen["tree", "mcc"]["n_minority"]) == (5, 2)
    assert (chosen["knn", "mcc"]["n_majority"], chosen["knn", "mcc"]["n_minority"]) == (5, 5)
    assert {row["status"] for row in rows} == {"ok"}
    assert {row["message"] for row in rows} == {""}


def test_row_names_its_cell_and_has_the_columns_of_the_score_table(task):
    (row,) = evaluate(task, scripted({0.5: threshold(7)}), ratios=[0.5])
    assert list(row) == ROW_KEYS
    cell = ("toy", 4, 3, "Scripted", "Over-sampling", "tree", "macro_f1")
    assert tuple(row[key] for key in ROW_KEYS[:7]) == cell


def test_rows_of_every_status_make_a_valid_score_table(task):
    same = Resampled(task.X_train, task.y_train)
    faults = [threshold(7), same, NotApplicable("few"), RuntimeError("boom"), MemoryError("full")]
    rows = []
    for number, fault in enumerate(faults):
        spec = dataclasses.replace(scripted({0.2: fault}), name=f"Scripted{number}")
        rows += evaluate(task, spec, ratios=[0.2])
    table = validate(pd.DataFrame(rows))
    assert list(table["status"]) == ["ok", "unchanged", "not_applicable", "failed", "memory"]
    assert list(table["n_minority"].isna()) == [False, False, True, True, True]


def test_order_of_the_ratios_does_not_matter(task):
    spec = scripted({0.4: threshold(7), 0.6: threshold(7)})
    (row,) = evaluate(task, spec, ratios=[0.6, 0.4, 0.6])
    assert row["ratio"] == 0.4


def test_test_labels_decide_nothing(task):
    spec = samplers.get("RandomOverSampler")

    def decisions(task):
        rows = evaluate(
            task, spec, classifiers=CLASSIFIERS, metrics=["macro_f1", "mcc"], ratios=[0.5, 0.8, 1.0]
        )
        scores = [row.pop("test_score") for row in rows]
        for row in rows:
            del row["seconds"]
        return rows, scores

    rows, scores = decisions(task)
    seen = [scores]
    for seed in range(5):
        y_test = np.random.default_rng(seed).permutation(task.y_test)
        permuted_rows, permuted_scores = decisions(dataclasses.replace(task, y_test=y_test))
        assert permuted_rows == rows
        seen.append(permuted_scores)
    assert any(scores != other for other in seen)  # so the permutations did reach the test scores


def test_test_rows_are_predicted_by_the_chosen_classifiers_only(task, monkeypatch):
    predicted = []

    class Spy(DecisionTreeClassifier):
        def predict(self, X):
            predicted.append("test" if X is task.X_test else "validation")
            return super().predict(X)

    monkeypatch.setattr(
        "autosmote.evaluation.trial.make_classifier", lambda name, seed: Spy(random_state=seed)
    )
    evaluate(task, scripted({0.2: threshold(4), 0.4: threshold(7)}), ratios=[0.2, 0.4])
    assert predicted == ["validation", "validation", "test"]


def test_method_without_ratio_runs_once(task):
    (row,) = evaluate(task, scripted({None: threshold(7)}, takes_ratio=False))
    assert math.isnan(row["ratio"])
    assert (row["status"], row["validation_score"]) == ("ok", pytest.approx(11 / 21))


def test_no_resampling_is_the_plain_classifier(task):
    rows = evaluate(task, samplers.get("NoResampling"), classifiers=CLASSIFIERS, metrics=["macro_f1", "mcc"])
    for row in rows:
        model = make_classifier(row["classifier"], task.seed)
        expected = score(model, task.X_train, task.y_train, task.X_test, task.y_test, row["metric"])
        assert row["test_score"] == expected
        assert (row["status"], row["message"]) == ("ok", "")
        assert (row["n_majority"], row["n_minority"]) == (16, 4)
        assert math.isnan(row["large_test_score"])


@pytest.mark.parametrize("name", ["NoResampling", "RandomOverSampler", "DecisionThreshold"])
def test_the_large_test_set_counts_rates_at_the_ratio_of_the_test_split(task, name):
    unused = np.linspace(-1, 12, 40)[:, None]
    large = dataclasses.replace(task, X_unused=unused)
    given = {"classifiers": ["tree"], "metrics": ["macro_f1", "mcc"], "ratios": [0.5, 1.0], "seed": task.seed}
    plain, rows = (evaluate_any(each, samplers.get(name), **given) for each in (task, large))
    for before, row in zip(plain, rows, strict=True):
        assert row["test_score"] == before["test_score"], "the paper's score must not change"
    if name == "NoResampling":
        tree = make_classifier("tree", task.seed).fit(task.X_train, task.y_train)
        P = 2 / 8
        recall = np.append(tree.predict(task.X_test[8:]), tree.predict(unused)).mean()
        false_alarms = tree.predict(task.X_test[:8]).mean()
        cells = [[1 - false_alarms, false_alarms], [P * (1 - recall), P * recall]]
        true, predicted = [0, 0, 1, 1], [0, 1, 0, 1]
        weight = np.ravel(cells)
        expected = [
            f1_score(true, predicted, average="macro", sample_weight=weight),
            matthews_corrcoef(true, predicted, sample_weight=weight),
        ]
        assert [row["large_test_score"] for row in rows] == pytest.approx(expected, abs=1e-12)
    else:
        assert all(np.isfinite(row["large_test_score"]) for row in rows)


def test_refit_is_the_chosen_ratio_on_training_and_validation_rows(task):
    large = dataclasses.replace(task, X_unused=np.linspace(-1, 12, 40)[:, None])
    given = {
        "classifiers": ["tree", "svm"],
        "metrics": ["macro_f1", "mcc"],
        "ratios": [0.5, 1.0],
        "seed": task.seed,
    }
    plain, rows = (
        evaluate_any(large, samplers.get("RandomOverSampler"), **given, refit=refit)
        for refit in (False, True)
    )
    X, y = np.vstack([task.X_train, task.X_validation]), np.append(task.y_train, task.y_validation)
    for before, row in zip(plain, rows, strict=True):
        assert math.isnan(before["refit_test_score"]) and math.isnan(before["refit_large_test_score"])
        assert row["test_score"] == before["test_score"]
        sampler = RandomOverSampler(sampling_strategy=row["ratio"], random_state=task.seed)
        model = make_classifier(row["classifier"], task.seed).fit(*sampler.fit_resample(X, y))
        assert row["refit_test_score"] == METRICS[row["metric"]](task.y_test, model.predict(task.X_test))
        assert np.isfinite(row["refit_large_test_score"])


def test_refit_that_fails_is_said_and_leaves_the_scores(task):
    def build(training, seed):
        def resample(ratio):
            if len(training.y) > 20:
                raise RuntimeError("boom")
            return threshold(7)

        return resample

    spec = dataclasses.replace(scripted({}), build=build)
    (row,) = evaluate_any(task, spec, classifiers=["tree"], metrics=["mcc"], ratios=[0.5], seed=1, refit=True)
    assert math.isnan(row["refit_test_score"])
    assert (row["status"], row["message"]) == ("ok", "refit: failed: RuntimeError: boom")


def test_unused_rows_decide_nothing(task):
    some = dataclasses.replace(task, X_unused=np.linspace(-1, 12, 40)[:, None])
    others = dataclasses.replace(task, X_unused=np.full((3, 1), 4.0))
    one, other = (
        evaluate(each, scripted({0.2: threshold(4), 0.4: threshold(7)}), ratios=[0.2, 0.4])
        for each in (some, others)
    )
    for row in (*one, *other):
        row.pop("seconds")
        row.pop("large_test_score")
    assert one == other


def test_every_row_counts_the_shared_sampling_time(task):
    def slow(training):
        end = time.process_time() + 0.02
        while time.process_time() < end:
            pass
        return threshold(7)

    rows = evaluate(task, scripted({0.2: slow, 0.4: slow}), classifiers=["tree", "knn"], ratios=[0.2, 0.4])
    assert all(row["seconds"] >= 0.04 for row in rows)


# Methods that change the columns


def doubled(k, transform):
    """Rows as of `threshold`, in two columns that a transformation makes of the task's one."""
    plain = threshold(k)
    return dataclasses.replace(plain, X=np.column_stack((plain.X, -plain.X)), transform=transform)


def test_other_rows_are_brought_into_the_columns_of_a_method(task):
    brought = []

    def transform(X):
        brought.append(X)
        return np.column_stack((X + 3, -X - 3))

    (row,) = evaluate(task, scripted({0.2: doubled(7, transform)}), classifiers=["knn"], ratios=[0.2])
    # With three added to every row, those from x = 4 on lie beyond 7.
    (plain,) = evaluate(task, scripted({0.2: threshold(4)}), classifiers=["knn"], ratios=[0.2])
    assert row["status"] == "ok"
    assert row["validation_score"] == plain["validation_score"] == pytest.approx(49 / 99)
    assert row["test_score"] == plain["test_score"]
    assert [X is rows for X, rows in zip(brought, (task.X_validation, task.X_test), strict=True)] == [
        True
    ] * 2


@pytest.mark.parametrize(
    ("transform", "reason"),
    [
        (lambda X: 1 / 0, "ZeroDivisionError: division by zero"),
        (lambda X: np.column_stack((X, X))[1:], "could not bring other rows into its columns"),
        (lambda X: np.full((10, 2), np.nan), "could not bring other rows into its columns"),
        (lambda X: X, "returned X of shape (10, 2) and y of shape (10,) for 1 features"),
    ],
)
def test_method_that_cannot_bring_other_rows_along_has_failed(task, transform, reason):
    (row,) = evaluate(task, scripted({0.2: doubled(7, transform)}), ratios=[0.2])
    assert (row["status"], row["message"]) == ("failed", f"1 of 1 ratios (0.2) failed: {reason}")


@pytest.mark.parametrize(
    ("on_test_rows", "status", "reason"),
    [
        (lambda X: np.full((10, 2), np.nan), "failed", "failed: could not bring other rows into its columns"),
        (lambda X: X, "failed", "failed: brought other rows into 1 columns, not 2"),
        (lambda X: 1 / 0, "failed", "failed: ZeroDivisionError: division by zero"),
        (lambda X: np.ones(10**17), "memory", "memory: Unable to allocate"),
    ],
)
def test_test_rows_that_cannot_be_brought_along_do_not_change_the_choice(task, on_test_rows, status, reason):
    def transform(X):
        return on_test_rows(X) if X is task.X_test else np.column_stack((X, -X))

    fine, worse = doubled(7, lambda X: np.column_stack((X, -X))), doubled(4, transform)
    (best,) = evaluate(task, scripted({0.2: worse, 0.4: fine}), ratios=[0.2, 0.4])
    assert (best["status"], best["ratio"], best["message"]) == ("ok", 0.4, "")
    # The better one on the validation rows fails on the test rows: nothing else takes its place.
    (row,) = evaluate(
        task, scripted({0.2: doubled(7, transform), 0.4: doubled(4, fine.transform)}), ratios=[0.2, 0.4]
    )
    assert row["status"] == status
    assert row["message"].startswith(f"test rows at the chosen ratio 0.2: {reason}")
    assert np.isnan(row["ratio"]) and np.isnan(row["validation_score"]) and np.isnan(row["test_score"])
    validate(pd.DataFrame([row]))


# What can go wrong with a method


NAN = Resampled(np.array([[0.0], [np.nan], [1.0]]), np.array([0, 0, 1]))
ONE_CLASS = Resampled(np.zeros((3, 1)), np.zeros(3, int))
WRONG_WIDTH = Resampled(np.zeros((2, 2)), np.array([0, 1]))
WRONG_LENGTH = Resampled(np.zeros((3, 1)), np.array([0, 1]))
NAMES = Resampled(np.zeros((2, 1)), np.array(["no", "yes"]))
SHARES = Resampled(np.zeros((3, 1)), np.array([0.0, 0.7, 1.0]))
NO_NUMBERS = Resampled(np.array([["low"], ["high"]]), np.array([0, 1]))
NO_JSON = Resampled(np.zeros((2, 1)), np.array([0, 1]), {"k": np.int64(3)})

FAULTS = [
    (RuntimeError("boom"), "failed", "RuntimeError: boom"),
    (NotApplicable("too few rows"), "not_applicable", "not applicable: too few rows"),
    (MemoryError("Unable to allocate 3 TiB"), "memory", "memory: Unable to allocate 3 TiB"),
    (MemoryError(), "memory", "memory: out of memory"),
    (NAN, "failed", "returned NaN or infinity in 1 of 3 rows"),
    (ONE_CLASS, "failed", "returned the classes [0] instead of 0 and 1"),
    (WRONG_WIDTH, "failed", "returned X of shape (2, 2) and y of shape (2,) for 1 features"),
    (WRONG_LENGTH, "failed", "returned X of shape (3, 1) and y of shape (2,)"),
    (NAMES, "failed", "returned the classes ['no', 'yes'] instead of 0 and 1"),
    (SHARES, "failed", "returned the classes [0.0, 0.7, 1.0] instead of 0 and 1"),
    (NO_NUMBERS, "failed", "ValueError: could not convert string to float"),
    (NO_JSON, "failed", "TypeError: Object of type int64 is not JSON serializable"),
    (None, "failed", "AttributeError: 'NoneType' object has no attribute 'X'"),
]


@pytest.mark.parametrize(("fault", "status", "message"), FAULTS)
def test_method_that_fails_at_every_ratio_gives_rows_without_scores(task, fault, status, message):
    spec = scripted({0.2: fault, 0.4: fault})
    rows = evaluate(task, spec, classifiers=["tree", "knn"], metrics=["macro_f1", "mcc"], ratios=[0.2, 0.4])
    assert len(rows) == 4
    for row in rows:
        assert list(row) == ROW_KEYS
        assert row["status"] == status
        assert message in row["message"]
        assert row["message"].startswith("2 of 2 ratios (0.2, 0.4) ")
        assert all(math.isnan(row[key]) for key in ("ratio", "validation_score", "test_score"))
        assert (row["n_majority"], row["n_minority"], row["settings"]) == (None, None, "{}")


@pytest.mark.parametrize(("fault", "status", "message"), FAULTS)
def test_method_that_fails_at_one_ratio_is_judged_on_the_others(task, fault, status, message):
    (row,) = evaluate(task, scripted({0.2: fault, 0.4: threshold(7)}), ratios=[0.2, 0.4])
    assert (row["status"], row["ratio"]) == ("ok", 0.4)
    assert row["validation_score"] == pytest.approx(11 / 21)
    assert row["message"].startswith("1 of 2 ratios (0.2) ")
    assert message in row["message"]


def test_gravest_status_wins_and_every_kind_is_told(task):
    script = {0.2: NotApplicable("few"), 0.4: MemoryError("full"), 0.6: RuntimeError("boom")}
    (row,) = evaluate(task, scripted(script), ratios=[0.2, 0.4, 0.6])
    assert row["status"] == "memory"
    assert row["message"] == (
        "1 of 3 ratios (0.2) not applicable: few; 1 of 3 ratios (0.4) memory: full; "
        "1 of 3 ratios (0.6) failed: RuntimeError: boom"
    )
    (row,) = evaluate(task, scripted(script), ratios=[0.2, 0.6])
    assert row["status"] == "failed"


def test_every_reason_is_told_with_its_ratios(task):
    script = {0.2: NotApplicable("few"), 0.4: NotApplicable("many"), 0.6: NotApplicable("few")}
    (row,) = evaluate(task, scripted(script), ratios=[0.2, 0.4, 0.6])
    assert row["message"] == (
        "2 of 3 ratios (0.2, 0.6) not applicable: few; 1 of 3 ratios (0.4) not applicable: many"
    )


def test_fault_while_building_holds_for_every_ratio(task):
    def build(training, seed):
        raise RuntimeError("the generator diverged")

    spec = dataclasses.replace(scripted({}), build=build)
    (row,) = evaluate(task, spec, ratios=[0.2, 0.4])
    assert row["status"] == "failed"
    assert row["message"] == "2 of 2 ratios (0.2, 0.4) failed: RuntimeError: the generator diverged"


def test_long_reasons_are_cut_to_one_short_line(task):
    (row,) = evaluate(task, scripted({0.2: RuntimeError("a\nb " * 500)}), ratios=[0.2])
    assert "\n" not in row["message"]
    assert len(row["message"]) < 300


def test_failure_is_logged_with_its_traceback(task, caplog):
    evaluate(task, scripted({0.2: RuntimeError("boom")}), ratios=[0.2])
    (record,) = caplog.records
    assert record.getMessage().startswith("Scripted failed\nTraceback ")
    assert record.getMessage().endswith("RuntimeError: boom\n")


@pytest.mark.parametrize("takes_ratio", [True, False])
def test_unchanged_data_keeps_its_scores(task, takes_ratio):
    order = np.random.default_rng(1).permutation(20)  # cleaning methods return their rows sorted by class
    same = Resampled(task.X_train[order], task.y_train[order])
    (row,) = evaluate(task, scripted({0.2: same, None: same}, takes_ratio), ratios=[0.2])
    (plain,) = evaluate(task, samplers.get("NoResampling"))
    assert row["status"] == "unchanged"
    assert row["message"] == ("1 of 1 ratios (0.2) unchanged" if takes_ratio else "unchanged")
    assert row["test_score"] == plain["test_score"]
    assert (row["n_majority"], row["n_minority"]) == (16, 4)


def test_unchanged_ratio_that_is_not_chosen_is_only_mentioned(task):
    spec = scripted({0.2: Resampled(task.X_train, task.y_train), 0.4: threshold(7)})
    (row,) = evaluate(task, spec, ratios=[0.2, 0.4])
    assert (row["ratio"], row["status"]) == (0.4, "ok")
    assert row["message"] == "1 of 2 ratios (0.2) unchanged"


def test_relabelled_rows_are_not_unchanged(task):
    spec = scripted({0.2: Resampled(task.X_train, task.y_train[::-1])})
    (row,) = evaluate(task, spec, ratios=[0.2])
    assert row["status"] == "ok"


@pytest.mark.parametrize(
    "error",
    [KeyboardInterrupt(), SystemExit(1), OSError(28, "No space left on device"), ImportError("ctgan")],
)
@pytest.mark.parametrize("where", ["build", "resample"])
def test_what_is_not_the_methods_fault_propagates(task, error, where):
    spec = scripted({0.2: threshold(7), 0.4: error})
    if where == "build":

        def build(training, seed):
            raise error

        spec = dataclasses.replace(spec, build=build)
    with pytest.raises(type(error)):
        evaluate(task, spec, ratios=[0.2, 0.4])


def test_method_that_writes_to_its_input_does_not_change_the_task(task):
    before = task.X_train.copy(), task.y_train.copy()

    def vandal(training):
        training.X[:] = 0
        training.y[:] = 1
        return threshold(7)

    evaluate(task, scripted({0.2: vandal}), ratios=[0.2])
    np.testing.assert_array_equal(task.X_train, before[0])
    np.testing.assert_array_equal(task.y_train, before[1])


# What resampled data can do to a classifier


def test_fewer_rows_than_neighbours_is_a_matter_of_knn_alone(task):
    four_rows = Resampled(np.array([[-20.5], [-20.5], [33.5], [33.5]]), np.array([0, 0, 1, 1]))
    tree, knn = evaluate(task, scripted({0.2: four_rows}), classifiers=["tree", "knn"], ratios=[0.2])
    assert tree["status"] == "ok"
    assert knn["status"] == "not_applicable"
    assert "knn: Expected n_neighbors <= n_samples_fit" in knn["message"]


def test_data_that_no_stump_can_split_is_a_matter_of_adaboost_alone(task):
    constant = Resampled(np.zeros((6, 1)), np.array([0, 0, 0, 1, 1, 1]))
    tree, adaboost = evaluate(task, scripted({0.2: constant}), classifiers=["tree", "adaboost"], ratios=[0.2])
    assert tree["status"] == "ok"
    assert adaboost["status"] == "not_applicable"
    assert "worse than random" in adaboost["message"]


class Broken(DecisionTreeClassifier):
    error: BaseException

    def fit(self, X, y):
        raise self.error


def test_classifier_out_of_memory_is_a_status(task, monkeypatch):
    monkeypatch.setattr(Broken, "error", MemoryError("too many rows"), raising=False)
    monkeypatch.setattr("autosmote.evaluation.trial.make_classifier", lambda name, seed: Broken())
    (row,) = evaluate(task, scripted({0.2: threshold(7)}), ratios=[0.2])
    assert (row["status"], row["message"]) == ("memory", "1 of 1 ratios (0.2) memory: too many rows")


def test_other_classifier_errors_propagate(task, monkeypatch):
    monkeypatch.setattr(Broken, "error", ValueError("a bug"), raising=False)
    monkeypatch.setattr("autosmote.evaluation.trial.make_classifier", lambda name, seed: Broken())
    with pytest.raises(ValueError, match="a bug"):
        evaluate(task, scripted({0.2: threshold(7)}), ratios=[0.2])


# Names and arguments


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"classifiers": ["tre"]},
            "unknown classifier 'tre'; did you mean 'tree'? known: svm, knn, tree, adaboost",
        ),
        (
            {"metrics": ["auc"]},
            "unknown metric 'auc'; did you mean 'roc_auc'? known: macro_f1, mcc",
        ),
        ({"ratios": []}, "ratios is empty: Scripted needs at least one"),
        ({"ratios": [0.5, 1.5]}, "ratios holds 1.5"),
        ({"ratios": [0.0]}, "ratios holds 0.0"),
        ({"ratios": [math.nan]}, "ratios holds nan"),
    ],
)
def test_bad_arguments_are_refused_before_any_work(task, arguments, message):
    with pytest.raises(ValueError) as caught:
        evaluate(task, scripted({}), **arguments)
    assert message in str(caught.value)


def test_unknown_names_of_single_lookups():
    with pytest.raises(UnknownNameError, match="unknown classifier 'SVM'"):
        make_classifier("SVM", 0)
    with pytest.raises(UnknownNameError, match="unknown metric 'macrof1'; did you mean 'macro_f1'"):
        score(DecisionTreeClassifier(), [[0], [1]], [0, 1], [[0], [1]], [0, 1], "macrof1")


# Classifiers and metrics


def test_classifiers_are_scikit_learns_defaults():
    plain = {
        "svm": LinearSVC(random_state=7),
        "knn": KNeighborsClassifier(),
        "tree": DecisionTreeClassifier(random_state=7),
        "adaboost": AdaBoostClassifier(random_state=7),
    }
    assert list(classifiers.CLASSIFIERS)[:4] == list(plain)
    for name, expected in plain.items():
        model = make_classifier(name, 7)
        assert type(model) is type(expected)
        assert model.get_params() == expected.get_params()


label_pairs = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=40)


@pytest.mark.filterwarnings("ignore:A single label was found")
@given(label_pairs)
def test_metrics_equal_their_definitions(pairs):
    y_true, y_pred = np.array(pairs).T
    tp, fp = np.sum(y_true & y_pred), np.sum(y_pred & ~y_true & 1)
    fn, tn = np.sum(y_true & ~y_pred & 1), np.sum((1 - y_true) & (1 - y_pred))

    def f_measure(hits, misses):
        return 2 * hits / (2 * hits + misses) if hits else 0.0

    expected = (f_measure(tp, fp + fn) + f_measure(tn, fp + fn)) / 2
    assert METRICS["macro_f1"](y_true, y_pred) == pytest.approx(expected)

    product = float((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    expected = (tp * tn - fp * fn) / math.sqrt(product) if product else 0.0
    assert METRICS["mcc"](y_true, y_pred) == pytest.approx(expected, abs=1e-12)


@given(label_pairs.filter(lambda pairs: len({true for true, _ in pairs}) == 2))
def test_metrics_equal_scikit_learns_without_a_warning(pairs):
    y_true, y_pred = np.array(pairs).T
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        macro_f1, mcc = METRICS["macro_f1"](y_true, y_pred), METRICS["mcc"](y_true, y_pred)
    assert macro_f1 == f1_score(y_true, y_pred, average="macro", zero_division=0)
    assert mcc == matthews_corrcoef(y_true, y_pred)


@given(st.integers(0, 2**32 - 1), st.integers(2, 20_000), st.floats(0, 1), st.floats(0, 1))
def test_metrics_of_many_rows_equal_scikit_learns(seed, n, minority, predicted):
    rng = np.random.default_rng(seed)
    y_true, y_pred = rng.random(n) < minority, rng.random(n) < predicted
    y_true[:2] = 0, 1
    f1 = f1_score(y_true, y_pred, average="macro", zero_division=0)
    assert METRICS["macro_f1"](y_true.astype(int), y_pred.astype(int)) == f1
    assert METRICS["mcc"](y_true, y_pred) == matthews_corrcoef(y_true, y_pred)


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(1, 9)), min_size=2, max_size=50))
def test_weights_count_as_repeated_rows(rows):
    y_true, y_pred, weight = np.array(rows).T
    for metric in map(METRICS.get, LABEL_METRICS):
        repeated = metric(np.repeat(y_true, weight), np.repeat(y_pred, weight))
        assert metric(y_true, y_pred, weight) == pytest.approx(repeated, abs=1e-12)


@pytest.mark.parametrize("metric", LABEL_METRICS)
@pytest.mark.parametrize(
    "y_true, y_pred", [([0, 1], [0, 2]), ([-1, 1], [0, 1]), ([0, 1], [0, 1, 1]), ([[0, 1]], [[0, 1]])]
)
def test_metrics_refuse_what_they_do_not_compare(metric, y_true, y_pred):
    with pytest.raises(ValueError, match="labels 0 and 1"):
        METRICS[metric](y_true, y_pred)


@pytest.mark.parametrize("metric", LABEL_METRICS)
@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_score_fits_on_one_part_and_scores_on_the_other(classifier, metric):
    rng = np.random.default_rng(5)
    X = rng.normal(size=(80, 3))
    y = (X[:, 0] + rng.normal(size=80) > 1).astype(int)
    value = score(make_classifier(classifier, 2), X[:50], y[:50], X[50:], y[50:], metric)
    predictions = make_classifier(classifier, 2).fit(X[:50], y[:50]).predict(X[50:])
    assert value == METRICS[metric](y[50:], predictions)


def test_convergence_warnings_are_silenced():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200, 5)), rng.integers(0, 2, 200)
    hasty = LinearSVC(random_state=0, max_iter=1)
    with pytest.warns(ConvergenceWarning):
        hasty.fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        score(hasty, X, y, X, y, "mcc")
