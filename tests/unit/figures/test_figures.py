"""The figures show the right numbers, completely, and have reproducible bytes."""

import os
import subprocess
import sys
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from score_rows import demsars_scores, tiny_case

from autosmote.analysis.learning_curves import ENTROPIES
from autosmote.analysis.methods import MERGED
from autosmote.figures import (
    anytime,
    critical_difference,
    diagnostics,
    figure4,
    figure5,
    figure6,
    figure7,
    ranks,
    search_curves,
    style,
)
from autosmote.report.catalogue import PRODUCTS

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
    category = {"Flat policy": "Ablation", "ClassWeight": "Extension"}
    scores = pd.DataFrame(rows, columns=columns)
    return scores.assign(category=scores["sampler"].map(category).fillna("Over-sampling"))


def curve(
    best, *, seed=0, dataset="d", metric="mcc", classifier="svm", ratio=20, ablation=None, category="Ablation"
):
    """A search of rounds of two iterations that scores 0.1 less on the test split."""
    row = {
        "sampler": ablation or "AutoSMOTE",
        "category": category if ablation else "Auto-sampling",
        "dataset": dataset,
        "imbalance_ratio": ratio,
        "classifier": classifier,
        "metric": metric,
        "seed": seed,
    }
    iteration = np.arange(1, len(best) + 1)
    scores = {"validation_score": best, "incumbent_validation_score": best}
    entropy = dict.fromkeys(ENTROPIES, 2.0 / iteration)
    rounds = (iteration - 1) // 2
    return pd.DataFrame(
        row
        | {"iteration": iteration, "round": rounds}
        | scores
        | {"incumbent_test_score": np.subtract(best, 0.1)}
        | entropy
    )


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
LEARNING_CURVES = pd.concat(
    curve([0.1, 0.3, 0.3 + seed / 10], seed=seed, dataset=dataset, metric=metric, ratio=ratio)
    for seed in range(2)
    for dataset in ("PhishingWebsites", "EEGEyeState")
    for metric in ("macro_f1", "mcc")
    for ratio in (20, 50)
)
ABLATIONS = [
    "w/o cross-instance sub-policy",
    "w/o instance-specific sub-policy",
    "w/o low-level policy",
    "Flat policy",
    "Random search",
]
ABLATED = pd.concat(
    [
        curve([0.1, 0.3, 0.3 + seed / 10], seed=seed, classifier=classifier, ablation=name)
        for seed in range(2)
        for classifier in ("svm", "tree")
        for name in ABLATIONS
    ]
    + [curve([0.2, 0.4], classifier=classifier) for classifier in ("svm", "tree")]
)


def grid(values, *, setting="scale", metric="mcc", classifier="svm", seeds=1):
    """Scores of a hyperparameter study, given by value of the setting (the seed adds a tenth)."""
    columns = ["setting", "value", "metric", "classifier", "seed", "test_score", "validation_score"]
    rows = [
        (setting, float(value), metric, classifier, seed, score + seed / 10, score / 2)
        for value, score in values.items()
        for seed in range(seeds)
    ]
    return pd.DataFrame(rows, columns=columns).assign(dataset="d", imbalance_ratio=50)


GRID = pd.concat(
    grid({1: 0.1, 2: 0.4, 4: 0.3, 6: 0.2, 8: 0.1}, setting=setting, metric=metric, seeds=2)
    for setting in figure6.LABELS
    for metric in ("macro_f1", "mcc")
)
PLOTS = {
    "figure4": (figure4.plot, FULL, (7.0, 3.95)),
    "figure4-tiny": (figure4.plot, study(["A", "B"]), (3.5, 2.2)),
    "figure4-two-ratios": (
        figure4.plot,
        study(["A", "B"], ratios=(20, 100), classifiers=("svm", "knn", "tree", "adaboost")),
        (7.0, 2.2),
    ),
    "figure4-ratios": (figure4.plot, study(["A", "B"], ratios=(20, 50)), (3.5, 2.2)),
    "ranks": (ranks.plot, FULL, (4.5, 5.35)),
    "ranks_in_place": (ranks.plot_in_place, FULL, (4.5, 5.35)),
    "ranks-tiny": (ranks.plot, study(["AutoSMOTE"]), (4.5, 1.03)),
    "search_curves": (search_curves.plot, LEARNING_CURVES, (3.5, 6.2)),
    "search_curves-tiny": (search_curves.plot, curve([0.5]), (3.5, 2.15)),
    "figure5": (figure5.plot, ABLATED, (7.0, 2.15)),
    "figure5-narrow": (
        figure5.plot,
        ABLATED[ABLATED["classifier"] == "svm"],
        (3.5, 2.15),
    ),
    "reward": (diagnostics.plot_reward, LEARNING_CURVES, (3.5, 3.3)),
    "reward-both": (diagnostics.plot_reward, ABLATED, (7.0, 2.1)),
    "selection": (diagnostics.plot_selection, ABLATED, (7.0, 2.1)),
    "entropy": (diagnostics.plot_entropy, ABLATED, (7.0, 2.5)),
    "entropy-tiny": (diagnostics.plot_entropy, curve([0.5]), (7.0, 2.5)),
    "anytime": (lambda scores, stem: anytime.plot(scores, LEARNING_CURVES, stem), FULL, (7.0, 2.6)),
    "figure6": (figure6.plot, GRID, (7.0, 2.5)),
    "figure6-tiny": (figure6.plot, grid({4: 0.5}), (7.0, 2.5)),
    "figure7": (figure7.plot, tiny_case(), (5.25, 4.25)),
    "figure7-tiny": (figure7.plot, tiny_case(methods=("NoResampling", "AutoSMOTE")), (3.5, 2.5)),
    "critical_difference": (critical_difference.plot, FULL, None),
    "critical_difference-tiny": (critical_difference.plot, study(["AutoSMOTE"]), None),
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
    if size is not None:
        assert image.shape[:2] == (int(size[1] * style.DPI), int(size[0] * style.DPI))
    assert image.shape[1] <= style.TEXT_WIDTH * style.DPI
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
    texts = [*figure.texts, *(text for legend in figure.legends for text in legend.texts)]
    for axes in figure.axes:
        texts += axes.texts
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
        "import pandas as pd; from autosmote.figures import critical_difference, ranks\n"
        "scores, folder = pd.read_json(sys.argv[1]), sys.argv[2]\n"
        "ranks.plot(scores, f'{folder}/ranks')\n"
        "critical_difference.plot(scores, f'{folder}/differences')"
    )
    FULL.to_json(tmp_path / "scores.json")
    subprocess.run(
        [sys.executable, "-c", program, tmp_path / "scores.json", tmp_path / "there"],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        check=True,
    )
    here = [*ranks.plot(FULL, tmp_path / "ranks"), *critical_difference.plot(FULL, tmp_path / "differences")]
    for path in here:
        assert path.read_bytes() == (tmp_path / "there" / path.name).read_bytes()


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


def test_figure4_leaves_out_a_side_with_one_value(drawn):
    figure4.plot(study(["A", "AutoSMOTE"], classifiers=("svm", "knn")), "unused")
    figure4.plot(study(["A", "AutoSMOTE"], ratios=(20, 50)), "unused")
    figure4.plot(study(["A", "AutoSMOTE"]), "unused")
    labels = [
        ([text.get_text() for text in axes.get_xticklabels()], axes.get_xlabel())
        for figure in drawn
        for axes in figure.axes
    ]
    assert labels == [
        (["SVM", "KNN"], "Base classifier (at imbalance ratio 20)"),
        (["20", "50"], "Imbalance ratio (majority/minority rows), SVM"),
        (["SVM"], "Base classifier (at imbalance ratio 20)"),
    ]


def test_axes_of_ranks_begin_at_the_first(drawn):
    figure4.plot(FULL, "unused")
    ranks.plot(FULL, "unused")
    for axis in (drawn[0].axes[0].yaxis, drawn[1].axes[0].xaxis):
        assert axis.get_ticklocs()[0] == 1


@pytest.mark.parametrize(
    ("worst", "ticks"),
    [
        (1, [1]),
        (1.5, [1]),
        (4, [1, 2, 3, 4]),
        (7, [1, 2, 3, 4, 5, 6, 7]),
        (25, [1, 5, 10, 15, 20, 25]),
        (86, [1, 20, 40, 60, 80]),
    ],
)
def test_rank_ticks(worst, ticks):
    assert style.rank_ticks(worst) == ticks


@pytest.mark.parametrize("name", ["figure4", "ranks", "critical_difference_table2"])
def test_ablations_and_extensions_have_no_rank_among_the_methods_of_table2(drawn, name):
    scores = study(["A", "Flat policy", "AutoSMOTE", "ClassWeight"], classifiers=("svm", "tree"))
    PRODUCTS[name].make(scores, "unused")
    (figure,) = drawn
    texts = {text.get_text().strip() for text in figure.findobj(matplotlib.text.Text)}
    assert not any("Flat policy" in text or "ClassWeight" in text for text in texts)
    assert any("1 is best of 2" in text for text in texts)


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


def test_methods_beyond_the_paper_have_their_rank_in_the_place_of_autosmote(drawn):
    scores = study(["AutoSMOTE", "A", "ClassWeight", "B"], ratios=(20, 50))
    ranks.plot_in_place(scores, "unused")
    (axes,) = drawn[0].axes
    # In AutoSMOTE's place it is second of three, and A, which it does not push down, stays second.
    assert [line.get_xdata().tolist() for line in axes.lines] == [[1, 2, 3], [2]]
    assert [line.get_ydata().tolist() for line in axes.lines] == [[0, 1, 3], [2]]
    assert [line.get_markerfacecolor() for line in axes.lines][1] == "white"
    labels = axes.get_yticklabels()
    assert [label.get_text() for label in labels] == ["AutoSMOTE", "A", "ClassWeight", "B"]
    assert [label.get_fontstyle() for label in labels] == ["normal", "normal", "italic", "normal"]
    assert axes.get_xlabel().endswith("best of 3)")


def test_methods_beyond_the_paper_need_all_configurations_to_have_a_rank(drawn):
    scores = study(["AutoSMOTE", "A", "ClassWeight"], ratios=(20, 50))
    partly = (scores["sampler"] == "ClassWeight") & (scores["imbalance_ratio"] == 20)
    ranks.plot_in_place(scores[~partly], "unused")
    assert [label.get_text() for label in drawn[0].axes[0].get_yticklabels()] == ["AutoSMOTE", "A"]


def value_at(line, iteration):
    """Height of a step line while `iteration` runs."""
    x, y = line.get_data()
    return y[np.searchsorted(x, iteration - 0.5) - 1]


def test_curves_are_the_mean_of_the_seeds(drawn):
    first, second = [0.1, 0.1, 0.4, 0.4, 0.4], [0.2, 0.3, 0.3, 0.3, 0.8]
    search_curves.plot(pd.concat([curve(second, seed=7), curve(first, seed=3)]), "unused")
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
    search_curves.plot(pd.concat([curve([0.1] * 9, seed=1), curve([0.3] * 4, seed=2)]), "unused")
    (line,) = drawn[0].axes[0].lines
    assert line.get_xdata()[-1] == 4
    search_curves.plot(curve([0.1] * 9), "unused")
    (axes,) = drawn[1].axes
    assert axes.lines[0].get_data()[0].tolist() == [0, 9]
    assert not axes.collections


def test_panels_and_colours(drawn):
    search_curves.plot(
        pd.concat(
            [
                curve([0.1], dataset="a", ratio=50),
                curve([0.2], dataset="a", ratio=20),
                curve([0.3], dataset="b", metric="macro_f1", ratio=50, classifier="knn"),
            ]
        ),
        "unused",
    )
    (figure,) = drawn
    axes = figure.axes
    assert [panel.get_title() for panel in axes] == ["SVM", "KNN", "", ""]
    assert [axes[0].get_ylabel(), axes[2].get_ylabel()] == ["a\nMCC", "b\nMacro-F1"]
    assert [len(panel.lines) for panel in axes] == [2, 0, 0, 1]
    assert to_hex(axes[3].lines[0].get_color()) == to_hex(style.COLOURS[1])
    assert legend(figure) == {"IR 20": to_hex(style.COLOURS[0]), "IR 50": to_hex(style.COLOURS[1])}


def legend(figure):
    return {
        text.get_text(): to_hex(handle.get_color())
        for text, handle in zip(figure.legends[0].texts, figure.legends[0].legend_handles, strict=True)
    }


def test_reward_is_measured_from_the_rounds_before_anything_was_learned(drawn):
    # Rounds of 2 iterations; the first two are the start, of mean 0.25 and 0.45.
    first = curve([0.1, 0.2, 0.3, 0.4, 0.5, 0.7], seed=1)
    second = curve([0.3, 0.4, 0.5, 0.6, 0.65, 0.65], seed=2, metric="macro_f1")
    diagnostics.plot_reward(pd.concat([first, second]), "unused")
    line = drawn[0].axes[0].lines[-1]
    assert line.get_xdata().tolist() == [2, 4, 6]
    assert line.get_ydata() == pytest.approx([-0.1, 0.1, (0.35 + 0.2) / 2])


def test_diagnostics_show_autosmote_and_random_search(drawn):
    diagnostics.plot_selection(ABLATED, "unused")
    (figure,) = drawn
    assert list(legend(figure)) == [
        *("AutoSMOTE, validation", "AutoSMOTE, test", "Random search, validation", "Random search, test")
    ]
    of = {line.get_label(): line.get_ydata().tolist() for line in figure.axes[0].lines}
    assert of["AutoSMOTE, validation"] == [0.2, 0.4]
    assert of["AutoSMOTE, test"] == pytest.approx([0.1, 0.3])
    assert of["Random search, test"] == pytest.approx([0.0, 0.2, 0.25])  # the mean of two seeds
    with pytest.raises(ValueError, match="no search by AutoSMOTE"):
        diagnostics.plot_selection(ABLATED[ABLATED["sampler"] == "Flat policy"], "unused")


def test_entropy_is_relative_to_the_first_update(drawn):
    diagnostics.plot_entropy(curve([0.1] * 4), "unused")
    (figure,) = drawn
    assert [axes.get_title() for axes in figure.axes] == list(diagnostics.POLICY_LABELS)
    for axes in figure.axes:
        (line,) = axes.lines
        assert line.get_ydata() == pytest.approx([(2 + 1) / 2 / 2, (2 / 3 + 2 / 4) / 2 / 2])


def test_entropy_stays_where_a_round_updates_nothing(drawn):
    searches = pd.concat([curve([0.1] * 6, seed=seed) for seed in range(2)])
    searches.loc[(searches["seed"] == 1) & (searches["round"] == 1), list(ENTROPIES)] = np.nan
    diagnostics.plot_entropy(searches, "unused")
    (figure,) = drawn
    first, second, third = (2 + 1) / 4, (2 / 3 + 2 / 4) / 4, (2 / 5 + 2 / 6) / 4
    for axes in figure.axes:
        (line,) = axes.lines
        assert line.get_ydata() == pytest.approx([first, (second + first) / 2, third])


def test_anytime_performance_stands_beside_the_three_best_methods(drawn):
    scores = study(["AutoSMOTE", "SMOTE", "ADASYN", "SVMSMOTE", "SMOTEN"], metrics=("macro_f1", "mcc"))
    searches = pd.concat([curve([-5.0, -0.5, 1.0], metric=metric) for metric in ("macro_f1", "mcc")])
    anytime.plot(scores, searches, "unused")
    (figure,) = drawn
    assert [axes.get_title() for axes in figure.axes] == ["Macro-F1", "MCC"]
    for axes in figure.axes:
        names = [text.get_text() for text in axes.get_legend().get_texts()]
        assert names == ["AutoSMOTE", "SMOTE", "ADASYN", "SVMSMOTE"]
        assert axes.lines[0].get_xydata().tolist() == [[1, 5], [2, 1], [3, 1]]
        # Two of them are overtaken by then, the third was worse anyway.
        assert [line.get_ydata().tolist() for line in axes.lines[1:4]] == [[1, 2, 2], [2, 3, 3], [3, 4, 4]]


def test_anytime_performance_tells_many_strategies_apart_and_is_a_point_after_one_iteration(drawn):
    names = [None, MERGED, *(f"Strategy {number}" for number in range(9))]
    searches = pd.concat([curve([-5.0], ablation=name) for name in names])
    anytime.plot(study(["AutoSMOTE", "SMOTE"]), searches, "unused", target_ratios=3)
    (axes,) = drawn[0].axes
    curves = axes.lines[:10]
    assert [line.get_label() for line in curves] == ["AutoSMOTE", *names[2:]]
    assert len({(line.get_color(), str(line._dash_pattern)) for line in curves}) == 10
    assert {line.get_marker() for line in curves} == {"."}
    assert axes.lines[-1].get_xdata() == [3, 3]  # the ratios


def test_a_search_without_a_score_leaves_the_line_of_the_other_seeds(drawn):
    searches = pd.concat([curve([0.1, 0.3, 0.3]), curve([np.nan], seed=1)])
    search_curves.plot(searches, "unused")
    (axes,) = drawn[0].axes
    assert axes.lines[0].get_ydata().tolist() == [0.1, 0.3, 0.3]
    search_curves.plot(curve([np.nan]), "unused")  # an empty panel


def test_diagnostics_have_their_panels_in_the_same_order(drawn):
    searches = pd.concat([curve([0.1] * 4, dataset=name) for name in ("Phoneme", "Electricity")])
    searches = searches.astype({"dataset": "category"})
    diagnostics.plot_reward(searches, "unused")
    diagnostics.plot_selection(searches, "unused")
    for figure in drawn:
        assert [axes.get_ylabel() for axes in figure.axes] == ["Phoneme", "Electricity"]


def test_figure5_shows_autosmote_and_its_ablations_but_merged(drawn):
    merged = curve([1.0], ablation=MERGED)
    elsewhere = curve([0.1], dataset="without ablations")
    other = curve([0.2], ablation="AutoSMOTE, neighbourhood state", category="Extension")
    figure5.plot(pd.concat([ABLATED, merged, elsewhere, other]), "unused")
    (figure,) = drawn
    names = list(legend(figure))
    assert names == ["AutoSMOTE", *ABLATIONS]
    assert [axes.get_title() for axes in figure.axes] == ["SVM", "Decision tree"]
    assert figure.axes[0].get_ylabel() == "d\nIR 20\nMCC"
    assert [len(axes.lines) for axes in figure.axes] == [6, 6]
    looks = {(to_hex(line.get_color()), line.get_linestyle()) for line in figure.axes[0].lines}
    assert len({colour for colour, _ in looks}) == 6
    with pytest.raises(ValueError, match="no learning curves"):
        figure5.plot(elsewhere, "unused")


def test_figure6_shows_the_means_by_value(drawn):
    two = [grid({4: 0.6, 1: 0.2}, seeds=2), grid({4: 0.4, 1: 0.0}, classifier="knn", seeds=2)]
    figure6.plot(pd.concat([*two, grid({30: 0.9}, setting="neighbours")]), "unused")
    scale, neighbours = drawn[0].axes
    test, validation = scale.lines
    assert test.get_ydata().tolist() == pytest.approx([0.15, 0.55])
    assert validation.get_ydata().tolist() == pytest.approx([0.05, 0.25])
    assert [label.get_text() for label in scale.get_xticklabels()] == ["1", "4"]
    (bars,) = scale.collections
    ends = [segment[:, 1].tolist() for segment in bars.get_segments()]
    assert ends == [pytest.approx([0.1, 0.2]), pytest.approx([0.5, 0.6])]
    assert neighbours.lines[0].get_ydata().tolist() == [pytest.approx(0.9)]


def test_figure6_compares_complete_cells_only(drawn):
    broken = grid({1: np.nan, 4: 0.9}, classifier="knn")
    figure6.plot(pd.concat([grid({1: 0.2, 4: 0.4}), broken]), "unused")
    assert drawn[0].axes[0].lines[0].get_ydata().tolist() == pytest.approx([0.2, 0.4])
    with pytest.raises(ValueError, match="no searches"):
        figure6.plot(GRID.iloc[:0], "unused")


def test_figure7_has_a_panel_per_method_and_says_what_is_generated(drawn):
    figure7.plot(tiny_case(), "unused")
    figure7.plot(tiny_case(generated=False), "unused")
    generated, original = drawn
    titles = [axes.get_title() for axes in generated.axes if axes.get_visible()]
    assert titles == [
        "No resampling\ntest Macro-F1 0.75",
        "SMOTE\ntest Macro-F1 0.75",
        "CTGAN\ntest Macro-F1 0.75",
        "KMeansSMOTE\nmade no rows",
        "AutoSMOTE\ntest Macro-F1 0.75",
    ]
    assert "generated for this project, not the paper's" in generated.get_supxlabel()
    assert original.get_supxlabel() == "x (standard deviations)"
    # Majority and minority everywhere; synthetic rows in between where there are any.
    sizes = [
        [len(points.get_offsets()) for points in axes.collections if len(points.get_offsets()) > 1]
        for axes in generated.axes[:5]
    ]
    assert sizes == [[35, 5], [35, 5], [35, 2, 5], [35, 5], [35, 4, 5]]


def bars(axes):
    return [tuple(line.get_xdata()) for line in axes.lines if line.get_linewidth() == 2]


def names(axes):
    return [text.get_text().split() for text in axes.texts]


def test_critical_difference_joins_what_does_not_differ(drawn):
    scores = study(["A", "AutoSMOTE", "B", "NoResampling"], ratios=range(20))
    critical_difference.plot(scores, "unused")
    (axes,) = drawn[0].axes
    # q = 2.569 for four methods: the distance is 2.569 * sqrt(20 / 120) = 1.05, so neighbours are joined.
    assert "critical difference 1.05" in axes.get_title()
    assert bars(axes) == [pytest.approx(ends, abs=0.02) for ends in ((1, 2), (2, 3), (3, 4))]
    assert names(axes) == [
        ["A", "1.00"],
        ["AutoSMOTE", "2.00"],
        ["4.00", "No", "resampling"],
        ["3.00", "B"],
    ]
    assert [text.get_fontweight() for text in axes.texts] == ["normal", "bold", "normal", "normal"]


def test_critical_difference_gives_the_published_example(drawn):
    values = demsars_scores()
    rows = values.melt(var_name="sampler", value_name="test_score", ignore_index=False)
    rows = rows.rename_axis("dataset").reset_index()
    rows = rows.assign(imbalance_ratio=20, classifier="svm", metric="auc", seed=0, category="Over-sampling")
    critical_difference.plot(rows, "unused", alpha=0.1)
    (axes,) = drawn[0].axes
    # His Figure 1(a): the distance is 1.12, so that C4.5 (rank 3.143) is worse than C4.5+m (2.000) and
    # C4.5+m+cf (1.964), and C4.5+cf (2.893) may belong to either.
    assert "critical difference 1.12" in axes.get_title()
    assert bars(axes) == [pytest.approx((1.964, 2.893), abs=0.02), pytest.approx((2.893, 3.143), abs=0.02)]
    assert names(axes) == [["C4.5+m+cf", "1.96"], ["C4.5+m", "2.00"], ["3.14", "C4.5"], ["2.89", "C4.5+cf"]]


def test_critical_difference_joins_all_where_nothing_differs(drawn):
    alike = study(["A", "AutoSMOTE", "B"], ratios=range(6)).assign(test_score=0.5)
    critical_difference.plot(alike, "unused")
    turned = study(["A", "AutoSMOTE", "B"], classifiers=("svm", "knn"), ratios=range(6))
    critical_difference.plot(turned, "unused")
    (few,), (none,) = (figure.axes for figure in drawn)
    assert "Too few" in few.get_title()
    assert "No significant difference, Friedman p = 1.000" in none.get_title()
    assert bars(few) == bars(none) == [pytest.approx((2, 2), abs=0.02)]


def test_bad_histories_are_named():
    with pytest.raises(ValueError, match="no learning curves"):
        search_curves.plot(LEARNING_CURVES[:0], "unused")
    with pytest.raises(ValueError, match="two searches of d, mcc, svm, 20, seed 0"):
        search_curves.plot(pd.concat([curve([0.1]), curve([0.2])]), "unused")


@pytest.mark.parametrize("plot", [figure4.plot, ranks.plot, critical_difference.plot])
def test_an_empty_score_table_is_refused(plot, tmp_path):
    with pytest.raises(ValueError, match="no rows"):
        plot(FULL.iloc[:0], tmp_path / "figure")
    assert list(tmp_path.iterdir()) == []
