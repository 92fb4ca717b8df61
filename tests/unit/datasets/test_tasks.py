"""Under-sampling and splits: properties, the paper's Table 1, and refusals."""

import hashlib
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autosmote.datasets import (
    Dataset,
    TaskError,
    dataset_summary,
    fetch,
    imbalanced_counts,
    load_task,
    make_task,
    save_task,
)
from autosmote.utils.storage import CorruptFileError, write_arrays

PARTS = ("train", "validation", "test")
EVERYWHERE = (*PARTS, "unused")


def numbered(n_majority, n_minority):
    """A data set whose only feature is the row's number; minority rows are scattered evenly."""
    rows = n_majority + n_minority
    target = np.zeros(rows, dtype="int64")
    target[np.linspace(0, rows - 1, n_minority).round().astype(int)] = 1
    meta = {"name": "numbered", "n_majority": n_majority, "n_minority": n_minority}
    return Dataset(pd.DataFrame({"row": np.arange(rows, dtype=float)}), pd.Series(target, name="y"), meta)


def row_numbers(task, dataset, parts=PARTS):
    """The source row of every row of each part, got back from the standardised feature."""
    source = dataset.frame["row"].to_numpy()
    return {
        part: np.rint(getattr(task, f"X_{part}")[:, 0] * source.std() + source.mean()).astype(int)
        for part in parts
    }


def minority_counts(task):
    return {part: int(getattr(task, f"y_{part}").sum()) for part in PARTS}


def fifths(n):
    """Sizes of the parts of n rows: a fifth, rounded half up, for validation and for test."""
    fifth = (2 * n + 5) // 10
    return {"train": n - 2 * fifth, "validation": fifth, "test": fifth}


@given(
    n_majority=st.integers(10, 400),
    n_minority=st.integers(5, 400),
    ratio=st.integers(1, 40),
    seed=st.integers(0, 2**32 - 1),
    undersample=st.sampled_from(["before_split", "after_split"]),
)
def test_split_properties(n_majority, n_minority, ratio, seed, undersample):
    majority, available = fifths(n_majority), fifths(n_minority)
    if undersample == "before_split":
        wanted = fifths(n_majority // ratio)
        enough = n_minority >= n_majority // ratio
    else:
        wanted = {part: majority[part] // ratio for part in PARTS}
        enough = all(available[part] >= wanted[part] for part in PARTS) and n_minority >= n_majority // ratio
    dataset = numbered(n_majority, n_minority)
    if not enough or wanted["train"] < 2 or wanted["test"] < 1:
        with pytest.raises(TaskError):
            make_task(dataset, ratio, seed, undersample=undersample)
        return
    task = make_task(dataset, ratio, seed, undersample=undersample)
    rows = row_numbers(task, dataset)
    used = np.concatenate(list(rows.values()))
    target = dataset.target.to_numpy()
    assert len(set(used)) == len(used), "a row occurs twice"
    assert set(np.flatnonzero(target == 0)) <= set(used), "every majority row is used"
    for part in PARTS:
        np.testing.assert_array_equal(getattr(task, f"y_{part}"), target[rows[part]])
    assert minority_counts(task) == wanted
    assert {part: int((getattr(task, f"y_{part}") == 0).sum()) for part in PARTS} == majority
    everywhere = np.concatenate(list(row_numbers(task, dataset, EVERYWHERE).values()))
    assert sorted(everywhere) == list(range(len(target))), "an unused row is used, or a row is lost"


def test_large_test_has_the_class_ratio_of_the_test_split():
    task = make_task(numbered(300, 150), 10, 0)
    large = task.large_test
    # 30 minority rows are kept, 6 of them for the test; the other 120 are unused.
    assert (len(large.y), large.y.sum()) == (60 + 6 + 120, 126)
    np.testing.assert_array_equal(large.X[:66], task.X_test)
    np.testing.assert_array_equal(large.y[:66], task.y_test)
    assert set(large.weight[large.y == 0]) == {1.0}
    np.testing.assert_allclose(large.weight[large.y == 1], 6 / 126)


def test_large_test_is_none_where_every_minority_row_is_used():
    assert make_task(numbered(300, 30), 10, 0).large_test is None
    assert make_task(numbered(300, 30), None, 0).large_test is None


@settings(max_examples=30)
@given(seed=st.integers(0, 1000), undersample=st.sampled_from(["before_split", "after_split"]))
def test_same_seed_same_bytes_other_seed_other_rows(seed, undersample):
    dataset = numbered(200, 60)
    one, same, other = (make_task(dataset, 5, s, undersample=undersample) for s in (seed, seed, seed + 1))
    for field in fields(one):
        first, second = np.asarray(getattr(one, field.name)), np.asarray(getattr(same, field.name))
        assert first.tobytes() == second.tobytes()
        assert first.dtype == second.dtype
    assert one.X_train.tobytes() != other.X_train.tobytes()


def test_every_minority_row_can_be_drawn():
    dataset = numbered(100, 30)
    drawn = np.zeros(130, dtype=int)
    for seed in range(60):
        task = make_task(dataset, 10, seed)
        for part, rows in row_numbers(task, dataset).items():
            drawn[rows[getattr(task, f"y_{part}") == 1]] += 1
    counts = drawn[dataset.target == 1]
    # Each of the 30 rows is drawn 20 times on average; the chance of none among 60 draws of a third is 3e-11.
    assert counts.min() > 0
    assert counts.sum() == 60 * 10


def test_rows_are_in_random_order():
    task = make_task(numbered(400, 100), 4, 0)
    # The mean place of 60 minority rows among 300 has a standard deviation of 10.
    assert 90 < np.flatnonzero(task.y_train).mean() < 210
    assert (np.diff(task.X_train[:, 0]) < 0).any()


def test_undersample_after_split_counts_within_each_part():
    dataset = numbered(95, 90)
    assert minority_counts(make_task(dataset, 10, 0)) == {"train": 5, "validation": 2, "test": 2}
    after = make_task(dataset, 10, 0, undersample="after_split")
    assert minority_counts(after) == {"train": 5, "validation": 1, "test": 1}


def test_fractions():
    task = make_task(numbered(100, 50), 5, 0, validation=0.1, test=0.3)
    assert (len(task.y_train), len(task.y_validation), len(task.y_test)) == (72, 12, 36)


def test_fit_on_all_or_on_training_rows():
    dataset = numbered(300, 100)
    scattered = Dataset(dataset.frame**2, dataset.target, dataset.meta)
    everything = scattered.frame["row"].to_numpy()
    on_all, on_train = (make_task(scattered, 5, 0, fit_on=fit_on) for fit_on in ("all", "train"))
    assert on_train.X_train.mean() == pytest.approx(0, abs=1e-12)
    assert on_train.X_train.std() == pytest.approx(1)
    # All rows means those that under-sampling drops, too.
    recovered = on_all.X_train[:, 0] * everything.std() + everything.mean()
    assert np.isin(np.rint(recovered), everything).all()
    assert abs(on_all.X_train.mean()) > 1e-3
    np.testing.assert_allclose(
        (recovered - recovered.mean()) / recovered.std(), on_train.X_train[:, 0], atol=1e-9
    )


def test_fit_on_train_learns_no_category_from_other_parts():
    dataset = numbered(60, 20)
    frame = dataset.frame.assign(label=pd.Categorical([f"r{row}" for row in range(80)]))
    task = make_task(Dataset(frame, dataset.target, dataset.meta), 5, 0, fit_on="train")
    assert task.X_train.shape[1] == 1 + len(task.X_train)
    assert (task.X_test[:, 1:] == 0).all()
    task = make_task(Dataset(frame, dataset.target, dataset.meta), 5, 0, fit_on="all")
    assert task.X_train.shape[1] == 1 + 80
    assert (task.X_test[:, 1:].sum(axis=1) == 1).all()


def test_missing_mean_indicator():
    dataset = numbered(60, 20)
    frame = dataset.frame.assign(gap=[np.nan, 1.0, 2.0, 3.0] * 20)
    gappy = Dataset(frame, dataset.target, dataset.meta)
    zero, marked = (make_task(gappy, 5, 0, missing=missing) for missing in ("zero", "mean_indicator"))
    assert zero.feature_names == ["row", "gap"]
    assert marked.feature_names == ["row", "gap", "gap is missing"]
    assert marked.onehot.tolist() == [False, False, True]
    np.testing.assert_array_equal(marked.X_train[:, :2], zero.X_train)
    np.testing.assert_array_equal(
        marked.X_train[:, 2], (zero.X_train[:, 1] == 0) & (marked.X_train[:, 2] == 1)
    )
    source_rows = row_numbers(marked, dataset)["train"]
    np.testing.assert_array_equal(marked.X_train[:, 2], source_rows % 4 == 0)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"undersample": "never"}, "'never' of `undersample`; known: before_split, after_split"),
        ({"fit_on": "test"}, "'test' of `fit_on`; known: all, train"),
        ({"validation": 0}, "`validation` and `test`"),
        ({"validation": 0.5, "test": 0.5}, "sum below 1, not 0.5 and 0.5"),
        ({"test": float("nan")}, "`validation` and `test`"),
        ({"seed": -1}, "non-negative integer, not -1"),
        ({"seed": 0.5}, "non-negative integer, not 0.5"),
        ({"imbalance_ratio": 0}, "positive integer, not 0"),
        ({"imbalance_ratio": -5}, "positive integer, not -5"),
        ({"imbalance_ratio": 2.5}, "positive integer, not 2.5"),
        ({"imbalance_ratio": True}, "positive integer, not True"),
    ],
)
def test_wrong_arguments(keys, message):
    with pytest.raises(TaskError, match=f"data set 'numbered': .*{message}"):
        make_task(numbered(100, 50), **{"imbalance_ratio": 5, "seed": 0} | keys)


@pytest.mark.parametrize("fit_on", ["all", "train"])
@pytest.mark.parametrize("value", [np.inf, -1e155, np.finfo(float).max])
def test_values_that_cannot_be_scaled_are_refused_wherever_they_are(fit_on, value):
    dataset = numbered(100, 50)
    name = dataset.frame.columns[0]
    for row in np.flatnonzero(dataset.target == 0)[::9]:  # All of the majority is kept, in one of the parts.
        frame = dataset.frame.astype({name: float})
        frame.loc[row, name] = value
        message = f"data set 'numbered': column '{name}' has .*(infinite|beyond).*; mend or remove"
        with pytest.raises(TaskError, match=message):
            make_task(Dataset(frame, dataset.target, dataset.meta), 5, 0, fit_on=fit_on)


def test_data_that_are_more_imbalanced_already():
    with pytest.raises(
        TaskError, match="'numbered'.* needs 20 minority rows .* there are 9.* at least 11 in"
    ):
        make_task(numbered(100, 9), 5, 0)
    assert sum(minority_counts(make_task(numbered(100, 9), 11, 0)).values()) == 9


@pytest.mark.parametrize(
    ("undersample", "sizes"), [("before_split", "2, 0 and 0"), ("after_split", "1, 0 and 0")]
)
def test_too_few_minority_rows_for_the_split(undersample, sizes):
    with pytest.raises(TaskError, match=f"ratio 50 .* get {sizes} minority rows, but need 2, 1 and 1"):
        make_task(numbered(100, 50), 50, 0, undersample=undersample)


def test_four_minority_rows_suffice():
    assert minority_counts(make_task(numbered(80, 40), 20, 0)) == {"train": 2, "validation": 1, "test": 1}
    with pytest.raises(TaskError, match="get 1, 1 and 1"):
        make_task(numbered(60, 40), 20, 0)


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(1, 1000))
def test_imbalanced_counts(n_majority, n_minority, ratio):
    if n_minority >= n_majority / ratio:
        counts = imbalanced_counts(n_majority, n_minority, ratio)
        assert counts[0] == n_majority
        # The floor: one more minority row would be too many.
        assert counts[1] * ratio <= n_majority < (counts[1] + 1) * ratio
    elif n_minority * ratio + ratio <= n_majority:
        with pytest.raises(TaskError) as caught:
            imbalanced_counts(n_majority, n_minority, ratio)
        advised = int(str(caught.value).split("at least ")[1].split()[0])
        assert imbalanced_counts(n_majority, n_minority, advised)[1] <= n_minority
        with pytest.raises(TaskError):
            imbalanced_counts(n_majority, n_minority, advised - 1)


def test_saved_task_round_trip(tmp_path):
    dataset = numbered(60, 20)
    frame = dataset.frame.assign(kind=pd.Categorical(["é", "b"] * 40))
    task = make_task(Dataset(frame, dataset.target, dataset.meta), 5, 3)
    save_task(task, tmp_path / "seed3.npz")
    loaded = load_task(tmp_path / "seed3.npz")
    assert (loaded.dataset, loaded.imbalance_ratio, loaded.seed) == ("numbered", 5, 3)
    assert loaded.feature_names == task.feature_names == ["row", "kind=b", "kind=é"]
    for field in fields(task):
        value, saved = getattr(task, field.name), getattr(loaded, field.name)
        assert type(value) is type(saved)
        if isinstance(value, np.ndarray):
            assert value.dtype == saved.dtype
            np.testing.assert_array_equal(value, saved)
    for part in PARTS:
        assert getattr(loaded, f"X_{part}").flags.c_contiguous
        assert getattr(loaded, f"y_{part}").dtype == np.int64


def test_damaged_task_file(tmp_path):
    path = tmp_path / "seed0.npz"
    save_task(make_task(numbered(60, 20), 5, 0), path)
    content = path.read_bytes()
    path.write_bytes(content[:-30])
    with pytest.raises(CorruptFileError, match=r"seed0\.npz.*delete it and run again"):
        load_task(path)
    write_arrays({"X_train": np.ones((2, 2))}, path)
    with pytest.raises(CorruptFileError, match=r"seed0\.npz holds no task .*y_train"):
        load_task(path)


# The paper's Table 1: OpenML id, target column, majority rows, minority rows at imbalance ratio 20, 50, 100,
# features after encoding, domain.
TABLE_1 = {
    "Phoneme": (1489, "Class", 3818, 190, 76, 38, 5, "Audio"),
    "PhishingWebsites": (4534, "Result", 6157, 307, 123, 61, 68, "Security"),
    "EEGEyeState": (1471, "Class", 8257, 412, 165, 82, 14, "EEG"),
    "Mozilla4": (1046, "state", 10437, 521, 208, 104, 5, "Product defect"),
    "MagicTelescope": (1120, "class:", 12332, 616, 246, 123, 10, "Telescope"),
    "Electricity": (151, "class", 26075, 1303, 521, 260, 14, "Electricity"),
}


def test_table_1(openml_cache):
    for name, (identifier, target, majority, ir20, ir50, ir100, n_features, domain) in TABLE_1.items():
        spec = {"source": "openml", "id": identifier, "target": target}
        dataset = fetch(name, spec, openml_cache=str(openml_cache))
        assert dataset_summary(dataset, [20, 50, 100], domain) == {
            "dataset": name,
            "openml_id": identifier,
            "majority": majority,
            "minority_ir20": ir20,
            "minority_ir50": ir50,
            "minority_ir100": ir100,
            "test_ir20": round(ir20 / 5),
            "test_ir50": round(ir50 / 5),
            "test_ir100": round(ir100 / 5),
            "features": n_features,
            "domain": domain,
        }
        for ratio, minority in ((20, ir20), (50, ir50), (100, ir100)):
            task = make_task(dataset, ratio, 0)
            assert sum(minority_counts(task).values()) == minority
            assert sum(len(getattr(task, f"y_{part}")) for part in PARTS) == majority + minority
            assert task.X_train.shape[1] == n_features
            assert all(np.isfinite(getattr(task, f"X_{part}")).all() for part in PARTS)


def test_summary_of_a_bundled_data_set_and_its_refusal():
    dataset = fetch("digits", {"source": "sklearn", "name": "digits", "minority": 8})
    assert dataset_summary(dataset, [20]) == {
        "dataset": "digits",
        "openml_id": None,
        "majority": 1623,
        "minority_ir20": 81,
        "test_ir20": 16,
        "features": 64,
        "domain": "",
    }
    with pytest.raises(TaskError, match="data set 'digits': imbalance ratio 5"):
        dataset_summary(dataset, [20, 5])


def test_without_a_ratio_all_rows_are_kept():
    frame = pd.DataFrame({"x": np.arange(130.0)})
    target = pd.Series(np.repeat([0, 1], [100, 30]))
    dataset = Dataset(frame, target, {"name": "all rows"})
    task = make_task(dataset, None, seed=0)
    assert [len(y) for y in (task.y_train, task.y_validation, task.y_test)] == [78, 26, 26]
    assert task.y_train.sum() + task.y_validation.sum() + task.y_test.sum() == 30
    assert task.imbalance_ratio == 3
    few = Dataset(frame, pd.Series(np.repeat([0, 1], [128, 2])), {"name": "few"})
    with pytest.raises(TaskError, match="'few': training, validation and test get .* use more data$"):
        make_task(few, None, seed=0)


def test_a_minority_of_most_rows_needs_a_ratio():
    message = (
        r"data set 'swapped': the minority has 100 rows and all others together 30, which leaves nothing to "
        r"over-sample; set `minority` to the other labels, or `imbalance_ratios` to numbers$"
    )
    meta = {"name": "swapped", "n_majority": 30, "n_minority": 100}
    swapped = Dataset(pd.DataFrame({"x": np.arange(130.0)}), pd.Series(np.repeat([0, 1], [30, 100])), meta)
    with pytest.raises(TaskError, match=message):
        make_task(swapped, None, seed=0)
    with pytest.raises(TaskError, match=message):
        dataset_summary(swapped, ["natural"])
    assert make_task(swapped, 2, seed=0).y_train.sum() == 9
    halves = Dataset(swapped.frame, pd.Series(np.repeat([0, 1], 65)), {"name": "halves"})
    assert make_task(halves, None, seed=0).imbalance_ratio == 1


@pytest.mark.parametrize("undersample", ["before_split", "after_split"])
@pytest.mark.parametrize(("ratio", "validation", "test"), [(20, 0.2, 0.2), (17, 0.3, 0.15), (90, 0.1, 0.25)])
def test_summary_counts_the_minority_test_rows_that_the_task_has(undersample, ratio, validation, test):
    dataset = fetch("digits", {"source": "sklearn", "name": "digits", "minority": 8})
    split = {"undersample": undersample, "validation": validation, "test": test}
    counted = dataset_summary(dataset, [ratio], **split)[f"test_ir{ratio}"]
    assert counted == make_task(dataset, ratio, 0, **split).y_test.sum()


# More than two classes


def several_classes(*sizes):
    """A data set whose only feature is the row's number; class k has as many rows as the k-th size."""
    target = np.repeat(np.arange(len(sizes)), sizes)
    meta = {"name": "several", "classes": [f"class {label}" for label in range(len(sizes))]}
    meta |= {"n_majority": sizes[0], "n_minority": sizes[-1], "openml_id": None}
    frame = pd.DataFrame({"row": np.arange(len(target), dtype=float)})
    return Dataset(frame, pd.Series(target, name="y"), meta)


@given(
    st.lists(st.integers(5, 60), min_size=3, max_size=5).map(lambda sizes: sorted(sizes, reverse=True)),
    st.integers(0, 2**32 - 1),
)
def test_every_class_is_split_by_itself(sizes, seed):
    dataset = several_classes(*sizes)
    task = make_task(dataset, None, seed)
    assert task.n_classes == len(sizes)
    assert task.imbalance_ratio == round(sizes[0] / sizes[-1])
    rows = row_numbers(task, dataset)
    assert sorted(np.concatenate(list(rows.values()))) == list(range(sum(sizes)))
    for part in PARTS:
        np.testing.assert_array_equal(getattr(task, f"y_{part}"), dataset.target.to_numpy()[rows[part]])
        assert np.bincount(getattr(task, f"y_{part}")).tolist() == [fifths(size)[part] for size in sizes]
    assert task.large_test is None


def test_more_than_two_classes_take_no_ratio_and_some_rows_of_each():
    with pytest.raises(
        TaskError,
        match=r"'several': there are 3 classes, and imbalance ratio 2 is one of two; set `imbalance_ratios` "
        r"to \[natural\], or name the data set's `minority`$",
    ):
        make_task(several_classes(30, 20, 10), 2, 0)
    with pytest.raises(
        TaskError, match="get 2, 1 and 1 'class 2' rows, but need 3, 1 and 1 or more; use more"
    ):
        make_task(several_classes(30, 20, 4), None, 0)


def test_summary_of_more_than_two_classes_counts_the_largest_and_the_smallest():
    summary = dataset_summary(several_classes(30, 20, 10), ["natural"])
    counted = {key: summary[key] for key in ("majority", "minority_irnatural", "test_irnatural", "classes")}
    assert counted == {"majority": 30, "minority_irnatural": 10, "test_irnatural": 2, "classes": 3}
    assert "classes" not in dataset_summary(several_classes(30, 20), ["natural"])


@pytest.mark.parametrize(
    ("ratio", "undersample", "digest"),
    [
        (None, "before_split", "6fe5fd23cd7c81bd"),
        (10, "before_split", "dc41634a9f59b50e"),
        (10, "after_split", "e234d11302ece933"),
    ],
)
def test_two_classes_are_split_as_before_there_were_more(ratio, undersample, digest):
    """Digests of the version before: the rows of a task decide all results of a study."""
    dataset = numbered(300, 100)
    task = make_task(dataset, ratio, 7, undersample=undersample)
    rows = row_numbers(task, dataset, EVERYWHERE if ratio else PARTS)
    content = [row_number.astype("<i8").tobytes() for row_number in rows.values()]
    content += [getattr(task, f"y_{part}").astype("<i8").tobytes() for part in PARTS]
    assert hashlib.sha256(b"".join(content)).hexdigest()[:16] == digest
