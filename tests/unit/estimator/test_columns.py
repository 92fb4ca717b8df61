"""Tables as numbers, and distances between rows of mixed columns."""

import datetime
import math
import pickle
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from pandas.testing import assert_frame_equal
from sklearn.base import clone

from autosmote.estimator.columns import Columns, Decoder, TableSpace
from autosmote.search.space import WEIGHTS, Samples


def table(n=40, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "x": rng.normal(5, 3, n),
            "n": rng.integers(-4, 5, n),
            "colour": rng.choice(["red", "green", "blue"], n),
            "y": rng.normal(0, 0.1, n),
            "flag": rng.random(n) < 0.5,
        }
    )


# pandas takes a text that goes on after a NUL for the one that ends there.
TEXT = st.characters(codec="utf-8", exclude_characters="\0")


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(
            st.floats(-1e6, 1e6, width=32),
            st.integers(-(2**52), 2**52),
            st.text(TEXT, max_size=3),
            st.booleans(),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_encoding_and_decoding_gives_the_table_back(rows):
    X = pd.DataFrame(rows, columns=["float", 1, ("a", "tuple"), "bool"]).astype({"float": "float32"})
    X["category"] = pd.Categorical([str(row[2]) for row in rows])
    columns = Columns(X)
    assert_array_equal(columns.nominal, [False, False, True, True, True])
    assert_array_equal(columns.whole, [False, True, False, False, False])
    assert_frame_equal(columns.decode(columns.encode(X)), X)


@pytest.mark.parametrize("dtype", ["float32", "int16", "bool"])
def test_arrays_are_of_one_kind(dtype):
    X = np.array([[0, 1], [1, 1], [0, 0]]).astype(dtype)
    columns = Columns(X)
    assert_array_equal(columns.nominal, [dtype == "bool"] * 2)
    assert_array_equal(columns.whole, [dtype == "int16"] * 2)
    decoded = columns.decode(columns.encode(X))
    assert decoded.dtype == dtype
    assert_array_equal(decoded, X)


def test_distances_are_those_of_smote_nc():
    X = table()
    columns = Columns(X)
    matrix = columns.encode(X)
    instances, labels = np.arange(5, 35), np.repeat(["a", "b"], 15)
    features = columns.features(matrix, instances, labels)
    numbers = X[["x", "n", "y"]].to_numpy(float)
    numbers = ((numbers - numbers.mean(axis=0)) / numbers.std(axis=0))[instances]
    for label in ("a", "b"):
        of_class = np.flatnonzero(labels == label)
        median = np.median(numbers[of_class].std(axis=0))
        for i in of_class:
            for j in of_class:
                differing = sum(X[name].iloc[5 + i] != X[name].iloc[5 + j] for name in ("colour", "flag"))
                squared = ((numbers[i] - numbers[j]) ** 2).sum() + differing * median**2
                assert_allclose(np.linalg.norm(features[i] - features[j]), np.sqrt(squared), atol=1e-12)


def test_nominal_columns_alone_are_compared_by_the_number_that_differ():
    X = table()[["colour", "flag"]]
    columns = Columns(X)
    features = columns.features(columns.encode(X), np.arange(40), np.zeros(40))
    for i, j in ((0, 1), (3, 9), (5, 5)):
        differing = (X.iloc[i] != X.iloc[j]).sum()
        assert_allclose(np.linalg.norm(features[i] - features[j]), np.sqrt(differing))


def test_where_numbers_do_not_vary_nominal_columns_still_count():
    X = table().assign(x=1.0, y=2.0, n=3)
    columns = Columns(X)
    features = columns.features(columns.encode(X), np.arange(40), np.zeros(40))
    assert np.isfinite(features).all()
    assert len(np.unique(features, axis=0)) == len(X[["colour", "flag"]].drop_duplicates())


def test_every_weight_takes_each_value_where_it_has_to():
    X = pd.DataFrame({"x": [0.0, 8.0], "n": [1, 4], "colour": ["red", "blue"]})
    columns = Columns(X)
    space = TableSpace(columns, columns.encode(X), 1)
    samples = Samples(np.zeros(5, np.int32), np.ones(5, np.int32), WEIGHTS)
    rows = columns.decode(space.interpolate(samples))
    assert list(rows["x"]) == [0, 2, 4, 6, 8]
    assert list(rows["n"]) == [1, 2, 2, 3, 4]  # 1.75 is nearer to 2, 2.5 ties, 3.25 is nearer to 3.
    assert rows["colour"].iloc[0] == "red" and rows["colour"].iloc[-1] == "blue"
    assert set(rows["colour"]) == {"red", "blue"}
    back = columns.decode(space.interpolate(Samples(samples.neighbour, samples.source, WEIGHTS)))
    assert list(back["n"]) == [4, 3, 3, 2, 1]
    assert list(back["colour"]) == list(rows["colour"][::-1])


WIDE = {
    "int64": (-(2**63), 2**63 - 1),
    "uint64": (0, 2**64 - 1),
    "Int64": (-(2**63), 2**63 - 1),
    "UInt64": (0, 2**64 - 1),
    "int64[pyarrow]": (-(2**63), 2**63 - 1),
    "uint64[pyarrow]": (0, 2**64 - 1),
    "Sparse[int64]": (-(2**63), 2**63 - 1),
}


@pytest.mark.parametrize("dtype", WIDE)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_whole_numbers_of_64_bits_are_interpolated_exactly(dtype, data):
    low, high = WIDE[dtype]
    whole = st.integers(low, high) | st.sampled_from([low, low + 1, high - 1, high, 2**53 + 1])
    values = data.draw(st.lists(whole, min_size=2, max_size=5))
    weights = data.draw(st.lists(st.sampled_from(WEIGHTS) | st.floats(0, 1), min_size=1, max_size=6))
    # Of a random number only what NumPy's generators give: multiples of 2**-53.
    weights = [int(weight * 2**53) / 2**53 for weight in weights]
    # A list of numbers on both sides of 2**63 would pass through doubles in pandas.
    wide = pd.Series(np.array(values, np.uint64 if low == 0 else np.int64)).astype(dtype)
    X = pd.DataFrame({"x": 0.5, "wide": wide, "colour": "red"})
    columns = Columns(X)
    matrix = columns.encode(X)
    assert columns.decode(matrix)["wide"].tolist() == values
    assert np.isfinite(columns.features(matrix, np.arange(len(X)), np.zeros(len(X)))).all()

    chosen = st.lists(st.integers(0, len(X) - 1), min_size=len(weights), max_size=len(weights))
    source, neighbour = data.draw(chosen), data.draw(chosen)
    samples = Samples(np.array(source, np.int32), np.array(neighbour, np.int32), np.array(weights))
    found = columns.decode(TableSpace(columns, matrix, 1).interpolate(samples))["wide"].tolist()
    for value, first, last, weight in zip(
        found, [values[i] for i in source], [values[i] for i in neighbour], weights, strict=True
    ):
        step = Fraction(weight) * (last - first)
        nearest = math.ceil(abs(step) - Fraction(1, 2))  # A tie goes to the source.
        assert value == first + (nearest if step > 0 else -nearest)


@pytest.mark.parametrize("dtype", ["int64", "uint64"])
def test_arrays_of_64_bits_come_back_exactly(dtype):
    X = np.array([[2**62 + 1, 3], [2**62 + 3, 2**61 + 7], [2**62 + 8, 5]]).astype(dtype)
    columns = Columns(X)
    matrix = columns.encode(X)
    decoded = columns.decode(matrix)
    assert decoded.dtype == dtype
    assert_array_equal(decoded, X)
    samples = Samples(np.zeros(5, np.int32), np.ones(5, np.int32), WEIGHTS)
    rows = columns.decode(TableSpace(columns, matrix, 1).interpolate(samples))
    assert_array_equal(rows[:, 0].astype(object) - 2**62, [1, 1, 2, 2, 3])


def test_distances_do_not_depend_on_where_whole_numbers_begin():
    X = table().assign(n=np.random.default_rng(0).integers(0, 1000, 40))
    far = X.assign(n=X["n"] + 2**62)
    near, moved = (
        columns.features(columns.encode(frame), np.arange(40), np.zeros(40))
        for frame in (X, far)
        for columns in (Columns(frame),)
    )
    assert_allclose(moved, near, atol=1e-9)


@pytest.mark.parametrize("kind", ["frame", "array"])
def test_numbers_can_be_declared_nominal(kind):
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.integers(0, 9, 30), rng.choice([10115, 20095, 80331], 30)])
    table = pd.DataFrame(X, columns=["n", "code"]) if kind == "frame" else X
    columns = Columns(table, ["code"] if kind == "frame" else [1])
    assert_array_equal(columns.nominal, [False, True])
    assert_array_equal(columns.whole, [True, False])
    matrix = columns.encode(table)
    assert_array_equal(np.asarray(columns.decode(matrix)), X)
    features = columns.features(matrix, np.arange(30), np.zeros(30))
    differ = X[0, 1] != X[1, 1]
    squared = ((X[0, 0] - X[1, 0]) / X[:, 0].std()) ** 2 + differ  # One number: its deviation is 1.
    assert_allclose(np.linalg.norm(features[0] - features[1]), np.sqrt(squared))
    space = TableSpace(columns, matrix, 25)
    samples = space.decode(np.repeat(np.arange(30), 125), np.tile(np.arange(125), 30))
    rows = np.asarray(columns.decode(space.interpolate(samples)))
    assert set(rows[:, 1]) <= {10115, 20095, 80331}
    assert not np.array_equal(rows[:, 1], X[samples.source, 1])


def test_floats_and_ids_of_64_bits_can_be_declared_nominal_in_a_frame():
    X = pd.DataFrame({"id": [2**62 + 1, 2**62 + 2, 2**62 + 1], "grade": [1.5, 2.5, 1.5]})
    columns = Columns(X, ["id", "grade"])
    assert columns.nominal.all() and not len(columns.wide)
    assert_frame_equal(columns.decode(columns.encode(X)), X)
    with pytest.raises(ValueError, match=r"column 0 of X has whole numbers beyond 2\*\*53.*pass a DataFrame"):
        Columns(X[["id"]].to_numpy(), [0])


@pytest.mark.parametrize(
    "nominal, message",
    [
        (["x", "z"], r"nominal=\['x', 'z'\]: X has no column 'z'; give names of its columns"),
        ([0], "X has no column 0"),
    ],
)
def test_columns_that_are_declared_have_to_be_there(nominal, message):
    with pytest.raises(ValueError, match=message):
        Columns(table(), nominal)
    with pytest.raises(ValueError, match="X has no column 2; give positions"):
        Columns(np.zeros((3, 2)), [2])


@pytest.mark.parametrize("as_frame", [False, True])
@pytest.mark.parametrize("kind", [list, tuple, np.array])
def test_a_mask_says_which_columns_are_nominal(as_frame, kind):
    X = np.arange(12.0).reshape(4, 3)
    X = pd.DataFrame(X) if as_frame else X  # Its names are numbers too.
    assert_array_equal(Columns(X, kind([False, False, True])).nominal, [False, False, True])
    assert not Columns(X, kind([False, False, False])).nominal.any()
    for wrong in ([True, False], [True, 2, 0]):
        with pytest.raises(ValueError, match="a mask has a truth value for each of the 3 columns"):
            Columns(X, wrong)
    with pytest.raises(ValueError, match=r"nominal has the shape \(1, 2\)"):
        Columns(X, np.array([[0, 1]]))


def test_the_decoder_shows_tables_and_passes_them_on():
    X = table()
    columns = Columns(X)
    decoder = pickle.loads(pickle.dumps(clone(Decoder(columns))))
    assert_frame_equal(decoder.fit(None).transform(columns.encode(X)), X)
    assert decoder.transform(X) is X


@pytest.mark.parametrize(
    "change, message",
    [
        ({"x": np.nan}, "column 'x' of X has missing values; impute"),
        ({"colour": None, "x": None}, "columns 'x', 'colour' of X have missing values"),
        ({"y": np.inf}, "column 'y' of X has infinite values"),
        ({"y": 1e155}, r"column 'y' of X has values beyond 1e\+150, .*; mend"),
        ({"y": -np.finfo(float).max, "x": 1e200}, "columns 'x', 'y' of X have values beyond"),
        ({"y": pd.Series([1e160] * 40, dtype="Float64")}, "column 'y' of X has values beyond"),
        ({"y": pd.Series([1e160] * 40, dtype="double[pyarrow]")}, "column 'y' of X has values beyond"),
        ({"y": pd.Series([1e160] * 40, dtype="Sparse[float]")}, "column 'y' of X has values beyond"),
        ({"x": 1e200, "y": np.inf}, "column 'y' of X has infinite values"),
        ({"y": 1j}, "column 'y' of X has neither numbers nor categories"),
        ({"y": pd.Categorical([1, "a"] * 20)}, "column 'y' of X has categories of several types"),
        ({"y": pd.Categorical([(1, 2), (3, 4)] * 20)}, "column 'y' of X has .*; rename them"),
        ({"y": pd.Timestamp("2020-01-01")}, "column 'y' of X has neither numbers nor categories; turn them"),
        ({"y": pd.Series([1.5] * 40, dtype=object)}, "column 'y' of X has neither numbers nor categories"),
        (dict.fromkeys("stuvwxy"), "columns 'x', 'y', 's', 't', 'u' and 2 more of X have missing values"),
    ],
)
def test_columns_that_cannot_be_used_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        Columns(table().assign(**change))


@pytest.mark.parametrize(
    "values",
    [
        [datetime.date(2020, 1, 1), datetime.date(2020, 1, 2)],
        [datetime.datetime(2020, 1, 1), pd.Timestamp("2020-01-02")],
        [datetime.time(1), datetime.time(2)],
        [datetime.timedelta(1), datetime.timedelta(2)],
        [pd.Period("2020"), pd.Period("2021")],
        [pd.Interval(0, 1), pd.Interval(1, 2)],
        [Decimal("1.5"), Decimal(2)],
        ["a", 1],
        ["a", 1.5],
        ["a", True],
        [True, 2],
        ["a", b"a"],
        [b"a", b"b"],
        [[1], [2]],
        [(1,), (2,)],
        [{1}, {2}],
        [{"a": 1}, {}],
        [1, 2],
        [2**70, 1],
        pytest.param([object(), "a"], id="object"),
    ],
    ids=repr,
)
def test_object_columns_hold_text_or_truth_values(values):
    column = pd.Series(values * 20, dtype=object)
    with pytest.raises(ValueError, match="column 'mixed' of X has neither numbers nor categories; turn"):
        Columns(table().assign(mixed=column))


@pytest.mark.parametrize(
    "dtype",
    [
        pd.ArrowDtype(pa.date32()),
        pd.ArrowDtype(pa.timestamp("us")),
        pd.ArrowDtype(pa.decimal128(9, 2)),
        pd.ArrowDtype(pa.binary()),
        pd.ArrowDtype(pa.list_(pa.int64())),
        "timedelta64[ns]",
        "datetime64[ns, UTC]",
        "period[D]",
        "interval[float64]",
        "complex128",
    ],
    ids=str,
)
def test_other_types_are_refused(dtype):
    column = pd.Series([None] * 40, dtype=dtype)
    with pytest.raises(ValueError, match="column 'other' of X has neither numbers nor categories; turn"):
        Columns(table().assign(other=column))


def test_object_columns_of_text_or_of_truth_values_are_nominal():
    X = pd.DataFrame({"text": ["a", np.str_("b"), ""], "truth": [True, False, np.True_]}, dtype=object)
    columns = Columns(X)
    assert columns.nominal.all()
    assert_frame_equal(columns.decode(columns.encode(X)), X)


def test_columns_of_one_name_are_refused():
    X = table()
    X.columns = ["x", "n", "x", "y", "flag"]
    with pytest.raises(ValueError, match="column 'x' of X: the name stands for several columns"):
        Columns(X)
