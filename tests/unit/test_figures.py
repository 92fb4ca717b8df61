"""The figures show the right numbers, completely, and have reproducible bytes."""

import os
import subprocess
import sys
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from autosmote.figures import figure4, ranks, search_curves, style

matplotlib = pytest.importorskip("matplotlib")
from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: E402
from matplotlib.colors import to_hex  # noqa: E402
from matplotlib.image import imread  # noqa: E402


def study(samplers, *, datasets=("d",), ratios=(20,), classifiers=("svm",), metrics=("mcc",), seeds=1):
    """Scores where the samplers are ranked in the order given, except for knn, where it is reversed."""
    rows = [
        (dataset, ratio, classifier, metric, seed, sampler, place if classifier == "knn" else -place)
        for dataset in datasets
        for ratio in ratios
        for classifier in classifiers
        for metric in metrics
        for seed in range(seeds)
        for place, sampler in enumerate(samplers)
    ]
    columns = ["dataset", "imbalance_ratio", "classifier", "metric", "seed", "sampler", "test_score"]
    return pd.DataFrame(rows, columns=columns)


def history(best, *, seed=0, dataset="d", metric="mcc", classifier="svm", ratio=20):
    row = {
        "dataset": dataset,
        "imbalance_ratio": ratio,
        "classifier": classifier,
        "metric": metric,
        "seed": seed,
    }
    frame = pd.DataFrame({"iteration": np.arange(1, len(best) + 1), "best_validation_score": best})
    return row, frame


FULL = study(
    [
        "AutoSMOTE",
        "SVMSMOTE",
        "SMOTE",
        "RepeatedEditedNearestNeighbours",
        *(f"Sampler{i}" for i in range(21)),
    ],
    ratios=(20, 50, 100),
    classifiers=("svm", "knn", "tree", "adaboost"),
    metrics=("macro_f1", "mcc"),
)
HISTORIES = [
    history([0.1, 0.3, 0.3 + seed / 10], seed=seed, dataset=dataset, metric=metric, ratio=ratio)
    for seed in range(2)
    for dataset in ("PhishingWebsites", "EEGEyeState")
    for metric in ("macro_f1", "mcc")
    for ratio in (20, 50)
]
PLOTS = {
    "figure4": (figure4.plot, FULL, (7.0, 3.95)),
    "figure4-tiny": (figure4.plot, study(["A", "B"]), (7.0, 2.2)),
    "ranks": (ranks.plot, FULL, (4.5, 5.35)),
    "ranks-tiny": (ranks.plot, study(["AutoSMOTE"]), (4.5, 1.03)),
    "search_curves": (search_curves.plot, HISTORIES, (3.5, 3.2)),
    "search_curves-tiny": (search_curves.plot, [history([0.5])], (3.5, 2.0)),
}


@pytest.fixture
def drawn(monkeypatch):
    """The figures that were saved, in place of their files."""
    figures = []
    monkeypatch.setattr(style, "save", lambda figure, stem: figures.append(figure))
    return figures


@pytest.mark.parametrize("name", PLOTS)
def test_files_have_the_promised_size_and_the_same_bytes_twice(tmp_path, name):
    plot, data, size = PLOTS[name]
    png, pdf = plot(data, tmp_path / "new" / "a.b")
    assert (png.name, pdf.name) == ("a.b.png", "a.b.pdf")
    assert sorted(path.name for path in png.parent.iterdir()) == ["a.b.pdf", "a.b.png"]
    image = imread(png)
    assert image.shape[:2] == (int(size[1] * style.DPI), int(size[0] * style.DPI))
    assert image.std() > 0
    assert pdf.read_bytes().startswith(b"%PDF-")
    assert b"CreationDate" not in pdf.read_bytes()
    again = plot(data, tmp_path / "again")
    assert [path.read_bytes() for path in again] == [png.read_bytes(), pdf.read_bytes()]


def shown_tick_labels(axis):
    """Tick labels inside the axes; matplotlib keeps, but does not draw, one beyond either end."""
    low, high = sorted(axis.get_view_interval())
    ticks = [tick for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
    return [tick.label1 for tick in ticks if tick.label1.get_visible()]


@pytest.mark.parametrize("name", PLOTS)
def test_nothing_is_cut_off_and_no_labels_overlap(drawn, name):
    plot, data, _ = PLOTS[name]
    plot(data, "unused")
    (figure,) = drawn
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    texts = [*figure.texts, *figure.legends[0].texts]
    for axes in figure.axes:
        texts += [axes.title, axes.xaxis.label, axes.yaxis.label]
        texts += [*shown_tick_labels(axes.xaxis), *shown_tick_labels(axes.yaxis)]
    boxes = {text: text.get_window_extent() for text in texts if text.get_text()}
    width, height = canvas.get_width_height()
    for text, box in boxes.items():
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height, text
    for (first, a), (second, b) in combinations(boxes.items(), 2):
        assert not a.overlaps(b), (first, second)


def test_hash_seed_and_the_users_style_change_no_byte(tmp_path):
    program = (
        "import sys, matplotlib; matplotlib.rcParams['lines.linewidth'] = 9\n"
        "import pandas as pd; from autosmote.figures import ranks\n"
        "ranks.plot(pd.read_json(sys.argv[1]), sys.argv[2])"
    )
    FULL.to_json(tmp_path / "scores.json")
    subprocess.run(
        [sys.executable, "-c", program, tmp_path / "scores.json", tmp_path / "there"],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        check=True,
    )
    for path in ranks.plot(FULL, tmp_path / "here"):
        assert path.read_bytes() == (tmp_path / f"there{path.suffix}").read_bytes()


def test_matplotlibs_settings_are_left_alone(drawn):
    before = dict(matplotlib.rcParams)
    ranks.plot(FULL, "unused")
    assert dict(matplotlib.rcParams) == before


def points(axes):
    return {line.get_label(): line.get_ydata().tolist() for line in axes.lines}


def test_figure4_shows_the_reference_and_the_best_others(drawn):
    scores = study(
        ["NoResampling", "A", "AutoSMOTE", "B", "C", "D"], ratios=(50, 20), classifiers=("tree", "knn", "svm")
    )
    figure4.plot(scores, "unused", others=2)
    left, right = drawn[0].axes
    # Ranks are reversed for knn; by ratio they average (n + n + 7 - n) / 3.
    assert points(left) == {"AutoSMOTE": [3, 4, 3], "No resampling": [1, 6, 1], "A": [2, 5, 2]}
    assert points(right) == {
        "AutoSMOTE": [pytest.approx(10 / 3)] * 2,
        "No resampling": [pytest.approx(8 / 3)] * 2,
        "A": [3, 3],
    }
    assert [label.get_text() for label in left.get_xticklabels()] == ["Decision tree", "KNN", "SVM"]
    assert [label.get_text() for label in right.get_xticklabels()] == ["20", "50"]
    for axes in (left, right):
        low, high = axes.get_ylim()
        assert low < 1 and high > 6


def test_figure4_has_a_row_per_metric(drawn):
    figure4.plot(FULL, "unused")
    axes = drawn[0].axes
    assert len(axes) == 4
    assert [axes[0].get_ylabel(), axes[2].get_ylabel()] == ["Macro-F1", "MCC"]


def test_figure4_without_the_reference_or_with_few_samplers(drawn):
    figure4.plot(study(["A", "B"]), "unused")
    assert points(drawn[0].axes[0]) == {"A": [1], "B": [2]}


@pytest.mark.parametrize("others", [-1, 6])
def test_figure4_has_colours_for_few_samplers(others):
    with pytest.raises(ValueError, match=f"others is {others}; it has to lie between 0 and 5"):
        figure4.plot(FULL, "unused", others=others)


def test_ranks_are_sorted_with_the_reference_in_bold(drawn):
    ranks.plot(study(["A", "AutoSMOTE", "NoResampling"], metrics=("mcc", "macro_f1")), "unused")
    (axes,) = drawn[0].axes
    assert [line.get_xdata().tolist() for line in axes.lines] == [[1, 2, 3], [1, 2, 3]]
    labels = axes.get_yticklabels()
    assert [label.get_text() for label in labels] == ["A", "AutoSMOTE", "No resampling"]
    assert [label.get_fontweight() for label in labels] == ["normal", "bold", "normal"]
    assert axes.yaxis_inverted()


def value_at(line, iteration):
    """Height of a step line while `iteration` runs."""
    x, y = line.get_data()
    return y[np.searchsorted(x, iteration - 0.5) - 1]


def test_curves_are_the_mean_of_the_seeds(drawn):
    first, second = [0.1, 0.1, 0.4, 0.4, 0.4], [0.2, 0.3, 0.3, 0.3, 0.8]
    search_curves.plot([history(second, seed=7), history(first, seed=3)], "unused")
    (axes,) = drawn[0].axes
    (line,) = axes.lines
    heights = [value_at(line, iteration) for iteration in range(1, 6)]
    assert heights == pytest.approx([0.15, 0.2, 0.35, 0.35, 0.6])
    assert line.get_drawstyle() == "steps-post"
    assert line.get_xdata()[[0, -1]].tolist() == [0, 5]
    (band,) = axes.collections
    corners = band.get_paths()[0].vertices
    assert corners.min(axis=0).tolist() == [0, 0.1]
    assert corners.max(axis=0).tolist() == [5, 0.8]


def test_curves_end_with_the_shortest_seed_and_need_no_second_one(drawn):
    search_curves.plot([history([0.1] * 9, seed=1), history([0.3] * 4, seed=2)], "unused")
    (line,) = drawn[0].axes[0].lines
    assert line.get_xdata()[-1] == 4
    search_curves.plot([history([0.1] * 9)], "unused")
    (axes,) = drawn[1].axes
    assert axes.lines[0].get_data()[0].tolist() == [0, 9]
    assert not axes.collections


def test_panels_and_colours(drawn):
    search_curves.plot(
        [
            history([0.1], dataset="a", ratio=50),
            history([0.2], dataset="a", ratio=20),
            history([0.3], dataset="b", metric="macro_f1", ratio=50, classifier="knn"),
        ],
        "unused",
    )
    (figure,) = drawn
    axes = figure.axes
    titles = ["MCC, SVM", "MCC, KNN", "Macro-F1, SVM", "Macro-F1, KNN"]
    assert [panel.get_title() for panel in axes] == titles + [""] * 4
    assert [axes[0].get_ylabel(), axes[4].get_ylabel()] == ["a", "b"]
    assert [len(panel.lines) for panel in axes] == [2, 0, 0, 0, 0, 0, 0, 1]
    assert to_hex(axes[7].lines[0].get_color()) == to_hex(style.COLOURS[1])
    legend = {
        text.get_text(): to_hex(handle.get_color())
        for text, handle in zip(figure.legends[0].texts, figure.legends[0].legend_handles, strict=True)
    }
    assert legend == {"IR 20": to_hex(style.COLOURS[0]), "IR 50": to_hex(style.COLOURS[1])}


def test_bad_histories_are_named():
    with pytest.raises(ValueError, match="no search histories"):
        search_curves.plot([], "unused")
    with pytest.raises(ValueError, match="two search histories of d, mcc, svm, 20, seed 0"):
        search_curves.plot([history([0.1]), history([0.2])], "unused")


@pytest.mark.parametrize("plot", [figure4.plot, ranks.plot])
def test_an_empty_score_table_is_refused(plot, tmp_path):
    with pytest.raises(ValueError, match="no rows"):
        plot(FULL.iloc[:0], tmp_path / "figure")
    assert list(tmp_path.iterdir()) == []
