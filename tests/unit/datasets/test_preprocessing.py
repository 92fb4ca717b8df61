"""The encoder against a slow version that follows Section 4.1 value by value."""

import math

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given
from hypothesis import strategies as st

from autosmote.datasets import Encoder


def slow_encode(fitted, rows, missing):
    """Encode one value at a time; returns the matrix and the number of numeric columns."""
    numeric, onehot, indicators = [], [], []
    for name in fitted:
        present = [value for value in fitted[name] if not pd.isna(value)]
        if isinstance(fitted[name].dtype, pd.CategoricalDtype):
            for category in fitted[name].cat.categories:
                if category in present:
                    onehot.append([1.0 if value == category else 0.0 for value in rows[name]])
        elif present:
            mean = sum(present) / len(present)
            variance = sum((value - mean) ** 2 for value in present) / len(present)
            scale = math.sqrt(variance) if len(set(present)) > 1 else 1.0
            numeric.append([0.0 if pd.isna(value) else (value - mean) / scale for value in rows[name]])
        if missing == "mean_indicator" and len(present) < len(fitted):
            indicators.append([1.0 if pd.isna(value) else 0.0 for value in rows[name]])
    return np.array(numeric + onehot + indicators).T.reshape(len(rows), -1), len(numeric)


numbers = st.one_of(st.none(), st.integers(-50, 50).map(lambda value: value / 4))
texts = st.one_of(st.none(), st.sampled_from(["a", "b", "c", "nan", "0"]))


@st.composite
def frames(draw):
    rows = draw(st.integers(1, 12))
    kinds = draw(st.lists(st.sampled_from("nt"), min_size=1, max_size=4))
    columns = {}
    for position, kind in enumerate(kinds):
        values = draw(st.lists(numbers if kind == "n" else texts, min_size=rows, max_size=rows))
        if kind == "n":
            columns[f"x{position}"] = pd.Series(values, dtype="float64")
        else:
            columns[f"x{position}"] = pd.Series(
                pd.Categorical(values, categories=["b", "nan", "a", "c", "0"])
            )
    return pd.DataFrame(columns)


@pytest.mark.filterwarnings("error")
@given(frame=frames(), missing=st.sampled_from(["zero", "mean_indicator"]), data=st.data())
def test_encoder_equals_the_slow_version(frame, missing, data):
    fitted = frame.iloc[: data.draw(st.integers(1, len(frame)))]
    encoder = Encoder(missing).fit(fitted)
    matrix = encoder.transform(frame)
    expected, n_numeric = slow_encode(fitted, frame, missing)
    # Columns that come from one nominal column have one number; the names say where they come from.
    of_column = [name.split("=")[0] for name in encoder.feature_names]
    assert ((encoder.nominal < 0) == ~encoder.onehot).all()
    for first, one in zip(encoder.nominal, of_column, strict=True):
        for second, other in zip(encoder.nominal, of_column, strict=True):
            if first >= 0 and second >= 0:
                assert (first == second) == (one == other)
    np.testing.assert_allclose(matrix, expected, atol=1e-9)
    assert matrix.dtype == np.float64
    assert matrix.flags.c_contiguous
    assert len(encoder.feature_names) == matrix.shape[1]
    assert encoder.onehot.tolist() == [False] * n_numeric + [True] * (matrix.shape[1] - n_numeric)


def test_names_and_values_of_a_small_frame():
    frame = pd.DataFrame(
        {
            "kind": pd.Categorical(["b", None, "a", "b"], categories=["b", "a", "never"]),
            "size": [1.0, 3.0, np.nan, 2.0],
            "same": [7, 7, 7, 7],
        }
    )
    encoder = Encoder("mean_indicator").fit(frame)
    root = math.sqrt(1.5)
    assert encoder.feature_names == ["size", "same", "kind=b", "kind=a", "kind is missing", "size is missing"]
    assert encoder.onehot.tolist() == [False, False, True, True, True, True]
    np.testing.assert_allclose(
        encoder.transform(frame),
        [[-root, 0, 1, 0, 0, 0], [root, 0, 0, 0, 1, 0], [0, 0, 0, 1, 0, 1], [0, 0, 1, 0, 0, 0]],
        atol=1e-12,
    )
    assert Encoder().fit(frame).feature_names == ["size", "same", "kind=b", "kind=a"]


def test_unknown_category_is_all_zeros():
    known = pd.DataFrame({"kind": pd.Categorical(["a", "b"])})
    other = pd.DataFrame({"kind": pd.Categorical(["c", "b", None])})
    np.testing.assert_array_equal(Encoder().fit(known).transform(other), [[0, 0], [0, 1], [0, 0]])


@pytest.mark.parametrize("value", [0.1, -1e9, 1e15])
def test_a_constant_column_becomes_zero(value):
    frame = pd.DataFrame({"x": [value] * 7, "z": range(7)})
    matrix = Encoder().fit(frame).transform(frame)
    np.testing.assert_allclose(matrix[:, 0], 0, atol=1e-12)


def test_unsigned_and_integer_columns_do_not_wrap_around():
    frame = pd.DataFrame({"x": np.array([0, 255], dtype="uint8"), "z": pd.array([1, None], dtype="Int64")})
    np.testing.assert_allclose(Encoder().fit(frame).transform(frame), [[-1, 0], [1, 0]])


def test_unknown_treatment_of_missing_values():
    with pytest.raises(ValueError, match="'median' of `missing`; known: zero, mean_indicator"):
        Encoder("median")


@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_what_is_set_for_all_of_scikit_learn_changes_nothing(output):
    frame = pd.DataFrame({"x": [1.0, 2.0, 4.0], "colour": pd.Categorical(["red", "blue", "red"])})
    expected = Encoder().fit(frame).transform(frame)
    with sklearn.config_context(transform_output=output):
        found = Encoder().fit(frame).transform(frame)
    assert type(found) is np.ndarray
    np.testing.assert_array_equal(found, expected)
