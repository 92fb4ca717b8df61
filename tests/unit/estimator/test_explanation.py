"""Which rows were over-sampled, worked out by hand and by brute force."""

import warnings

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from scipy.sparse import csr_array
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import StandardScaler

from autosmote import AutoSMOTE
from autosmote.estimator.columns import Columns
from autosmote.estimator.explanation import origins


def line():
    """Rows of a class on a line: a cluster of its own, two at the edge of the others, one amidst them."""
    rare = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 4.3, 4.5, 18.0]
    common = [4.8, 4.9, 5.0, 17.7, 17.8, 17.9, 18.1, 18.2, 18.3, *np.linspace(20, 30, 21)]
    X = np.array(rare + common)[:, None]
    return X, np.array(["rare"] * len(rare) + ["common"] * len(common))


def brute_force(X, y, label):
    """Share of other classes among the five nearest rows, in standard units."""
    X = StandardScaler().fit_transform(X)
    shares = []
    for row in np.flatnonzero(y == label):
        distances = np.sum((X - X[row]) ** 2, axis=1)
        distances[row] = np.inf
        shares.append(np.mean(y[np.argsort(distances, kind="stable")[:5]] != label))
    return shares


def test_rows_are_safe_borderline_or_hard_by_what_is_around_them():
    X, y = line()
    columns = Columns(X)
    names = {"rare": "rare", "common": "common"}
    table = origins(columns, columns.encode(X), y, names, np.array([0, 0, 6, 8]))
    assert list(table["row"]) == list(range(9)) and set(table["class"]) == {"rare"}
    # Of the first six rows the five nearest are the others of them.
    assert list(table["other_share"]) == [0, 0, 0, 0, 0, 0, 0.6, 0.6, 1]
    assert list(table["kind"]) == ["safe"] * 6 + ["borderline"] * 2 + ["hard"]
    assert list(table["synthetic"]) == [2, 0, 0, 0, 0, 0, 1, 0, 1]
    # SMOTE makes 30 - 9 rows, from each of the nine as often.
    np.testing.assert_allclose(table["smote"], 21 / 9)


@pytest.fixture(scope="module")
def fitted():
    rng = np.random.default_rng(3)
    y = np.repeat(["common", "some", "rare"], [150, 40, 15])
    X = rng.normal(size=(len(y), 2)) + 1.2 * np.repeat([0, 1, 2], [150, 40, 15])[:, None]
    sampler = AutoSMOTE(GaussianNB(), scoring="balanced_accuracy", n_iterations=60, random_state=0)
    sampler.fit_resample(X, y)
    assert sampler.n_synthetic_
    return sampler, X, y


def test_origins_count_the_decisions(fitted):
    sampler, X, y = fitted
    table = sampler.origins_
    assert len(table) == 55
    expected = sampler.decisions_["source"].value_counts().reindex(table["row"], fill_value=0)
    np.testing.assert_array_equal(table["synthetic"], expected)
    for label, by_smote in (("some", 110), ("rare", 135)):
        of_class = table[table["class"] == label]
        assert of_class["smote"].sum() == pytest.approx(by_smote)
        np.testing.assert_allclose(of_class["other_share"], brute_force(X, y, label))


def test_the_summary_says_which_rows_beside_smote(fitted):
    sampler, *_ = fitted
    made, table = sampler.n_synthetic_, sampler.origins_
    lines = sampler.summary().splitlines()
    words = {line.split("  ")[1].strip(): line.split() for line in lines if line.startswith("  ")}
    assert words["in all"][2:] == ["55", str(made), "245"]
    for kind in ("safe", "borderline", "hard"):
        of_kind = table[table["kind"] == kind]
        expected = [
            str(len(of_kind)),
            f"{of_kind['synthetic'].sum() / made:.0%}",
            f"{of_kind['smote'].sum() / 245:.0%}",
        ]
        assert words[f"from {kind}"][2:5] == expected
    weight = sampler.decisions_["weight"]
    assert words["copies"][1:3] == [f"{np.mean((weight == 0) | (weight == 1)):.0%}", "0%"]
    from_most = np.sort(table["synthetic"])[::-1].cumsum()
    half = int(np.argmax(from_most >= made / 2)) + 1
    assert lines[-1].endswith(f"Half of them start from {half} of 55 rows.")
    assert f"makes {made / 245:.0%} as many rows" in lines[-1]  # Fewer than plain SMOTE.


def test_a_preference_is_named(fitted):
    sampler, *_ = fitted
    before = sampler.origins_, sampler.decisions_, sampler.n_synthetic_
    try:
        table = sampler.origins_.copy()
        hard = table["kind"] == "hard"
        table["synthetic"] = np.where(hard, 20, 0)
        sampler.origins_, sampler.n_synthetic_ = table, int(20 * hard.sum())
        assert "It over-samples hard rows more than plain SMOTE does" in sampler.summary()
        table["synthetic"] = 20
        sampler.n_synthetic_ = 20 * len(table)
        table["smote"] = 5.0
        assert "It over-samples safe and hard rows about as plain SMOTE does" in sampler.summary()
        assert "makes 4.0 times as many rows" in sampler.summary()
        for smote, said in ((40.0, "50% as many rows"), (20.0, "about as many rows"), (18.0, "1.1 times as")):
            table["smote"] = smote
            assert f"and makes {said}" in sampler.summary()
    finally:
        sampler.origins_, sampler.decisions_, sampler.n_synthetic_ = before


def test_the_plot_shows_the_numbers(fitted):
    sampler, *_ = fitted
    axes = sampler.plot_origins(Figure().subplots())
    heights = {
        container.get_label(): [bar.get_height() for bar in container] for container in axes.containers
    }
    table = sampler.origins_
    places = (table["other_share"] * 5).round().astype(int)
    by_smote = [table.loc[places == place, "smote"].sum() for place in range(6)]
    np.testing.assert_allclose(heights["Plain SMOTE"], by_smote)
    made = [table.loc[places == place, "synthetic"].sum() for place in range(6)]
    parts = [bars for label, bars in heights.items() if label.startswith("AutoSMOTE")]
    np.testing.assert_array_equal(np.sum(parts, axis=0), made)


def test_there_is_nothing_to_say_of_classes_of_one_size():
    X = np.random.default_rng(0).normal(size=(20, 2))
    sampler = AutoSMOTE(n_iterations=5)
    sampler.fit_resample(X, np.arange(20) % 2)
    assert sampler.origins_.empty and isinstance(sampler.origins_, pd.DataFrame)
    sampler.plot_origins(Figure().subplots())


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("missing", "auto"),
        ("sparse", "not majority"),
        ("missing", {"rare": 60, "common": 150}),
        ("numbers", "all"),
        ("balanced", {"rare": 60, "common": 80}),
    ],
)
@pytest.mark.parametrize("strategy", ["policy_search", "paper"])
def test_all_that_can_be_fitted_can_be_explained(given, asked, strategy):
    rng = np.random.default_rng(1)
    y = np.repeat(["common", "rare"], [40 if given == "balanced" else 120, 40])
    X = rng.normal(size=(len(y), 3)) + (y == "rare")[:, None]
    if given == "missing":
        X[rng.random(X.shape) < 0.1] = np.nan
    tree = HistGradientBoostingClassifier(max_iter=3)
    sampler = AutoSMOTE(
        tree if given == "missing" else GaussianNB(),
        strategy=strategy,
        sampling_strategy=asked,
        scoring="balanced_accuracy",
        n_iterations=13,
        random_state=0,
    )
    sampler.fit_resample(csr_array(X) if given == "sparse" else X, y)
    assert sampler.n_synthetic_ and sampler.origins_["synthetic"].sum() == sampler.n_synthetic_
    assert f"{sampler.n_synthetic_} synthetic rows" in sampler.summary()
    for draw in (sampler.plot_origins, sampler.plot_samples, sampler.plot_history):
        draw(Figure().subplots())


@pytest.mark.parametrize("strategy", ["policy_search", "paper"])
def test_classes_that_are_left_alone_are_not_explained(strategy):
    rng = np.random.default_rng(2)
    # The class with one row could not be over-sampled, but need not be.
    y = np.repeat(["common", "rare", "left", "single"], [80, 20, 30, 1])
    X = rng.normal(size=(len(y), 2)) + (y == "rare")[:, None]
    sampler = AutoSMOTE(
        GaussianNB(),
        strategy=strategy,
        sampling_strategy={"rare": 50},
        scoring="balanced_accuracy",
        validation=2,
        n_iterations=8,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class")
        sampler.fit_resample(X, y)
    table = sampler.origins_
    assert list(table["row"]) == list(range(80, 100)) and table["synthetic"].sum() == 30
    # Plain SMOTE makes as many as are asked for, too.
    np.testing.assert_allclose(table["smote"], 30 / 20)
    words = next(line.split() for line in sampler.summary().splitlines() if "in all" in line)
    assert words[2:] == ["20", "30", "30"]


def test_the_summary_says_that_nothing_was_asked_for(fitted):
    _, X, y = fitted
    sampler = AutoSMOTE(GaussianNB(), sampling_strategy={"rare": 15}, random_state=0)
    sampler.fit_resample(X, y)
    assert "asks for no synthetic rows" in sampler.summary()
