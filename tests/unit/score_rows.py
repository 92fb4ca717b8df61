"""Small score tables, and a small case study, for the tests of the analysis."""

import numpy as np
import pandas as pd

from autosmote.analysis.learning_curves import ENTROPIES
from autosmote.study.case_study import GRID, CaseStudy

nan = float("nan")
CATEGORY = {
    "NoResampling": "No-resampling",
    "SMOTE": "Over-sampling",
    "Flat policy": "Ablation",
    "Random search": "Ablation",
    "ClassWeight": "Extension",
    "AutoSMOTE": "Auto-sampling",
}
COLUMNS = [
    "dataset",
    "imbalance_ratio",
    "classifier",
    "metric",
    "seed",
    "sampler",
    "category",
    "test_score",
    "status",
    "message",
    "ratio",
]


def category(sampler):
    variant = sampler.startswith("smote_variants.")
    return CATEGORY.get(sampler, "SMOTE variant" if variant else "New")


def rows(
    dataset, classifier, sampler, scores, status="ok", metric="mcc", ratio=20, message="", resampled_to=nan
):
    told = status, message, resampled_to
    return [
        (dataset, ratio, classifier, metric, seed, sampler, category(sampler), score, *told)
        for seed, score in enumerate(scores)
    ]


def frame(*groups):
    return pd.DataFrame([row for group in groups for row in group], columns=COLUMNS)


def superior(n_configurations, **samplers):
    """AutoSMOTE better than every other sampler, by differences of different size."""
    return frame(
        *(
            rows("d", "svm", sampler, [0.9 - gap - 0.01 * gap * number], ratio=number)
            for number in range(n_configurations)
            for sampler, gap in {"AutoSMOTE": 0, **samplers}.items()
        )
    )


def search_curve(scores, tests, *, sampler="AutoSMOTE", dataset="Phoneme", seed=0, rounds=True, entropies=()):
    """A search with rounds of two iterations, in the form that `learning_curves.collect` gives."""
    validation = pd.Series(scores, dtype=float)
    identity = {"sampler": sampler, "category": "c", "dataset": dataset, "imbalance_ratio": 20}
    table = pd.DataFrame(
        identity | {"classifier": "svm", "metric": "mcc", "seed": seed}, index=validation.index
    )
    table["iteration"] = range(1, len(validation) + 1)
    table["round"] = pd.array([i // 2 if rounds else None for i in range(len(validation))], dtype="Int32")
    table["validation_score"] = validation
    table["incumbent_validation_score"] = validation.cummax().ffill()
    table["incumbent_test_score"] = pd.Series(tests, dtype=float)
    for name, values in zip(ENTROPIES, [*entropies, [], [], []], strict=False):
        table[name] = pd.Series(values, index=validation.index[: len(values)], dtype=float)
    return table


_DEMSAR = """
.763 .768 .771 .798
.599 .591 .590 .569
.954 .971 .968 .967
.628 .661 .654 .657
.882 .888 .886 .898
.936 .931 .916 .931
.661 .668 .609 .685
.583 .583 .563 .625
.775 .838 .866 .875
1.000 1.000 1.000 1.000
.940 .962 .965 .962
.619 .666 .614 .669
.972 .981 .9751 .975
.957 .978 .946 .970
"""


def demsars_scores():
    """The example of Demšar (2006), Table 6: areas under the curve of four classifiers on 14 data sets."""
    scores = [[float(x) for x in line.split()] for line in _DEMSAR.split("\n") if line]
    return pd.DataFrame(scores, columns=["C4.5", "C4.5+m", "C4.5+cf", "C4.5+m+cf"])


def _case_row(name, validation_score, test_score, status, message):
    return {
        "dataset": "two_clusters",
        "imbalance_ratio": 7,
        "seed": 0,
        "sampler": name,
        "category": category(name),
        "classifier": "tree",
        "metric": "macro_f1",
        "ratio": nan,
        "validation_score": validation_score,
        "test_score": test_score,
        "status": status,
        "message": message,
        "settings": "{}",
        "n_majority": 35,
        "n_minority": 5,
        "seconds": 0.5,
    }


def tiny_case(generated=True, methods=("NoResampling", "SMOTE", "CTGAN", "KMeansSMOTE", "AutoSMOTE")):
    """A case study by hand, where KMeansSMOTE made no rows."""
    draws = np.random.default_rng(0)
    X = draws.normal(size=(40, 2))
    made = [name != "KMeansSMOTE" for name in methods]
    return CaseStudy(
        dataset="two_clusters",
        generated=generated,
        columns=("x", "y"),
        classifier="tree",
        metric="macro_f1",
        X=X,
        y=(np.arange(40) < 5).astype(np.int64),
        axes=np.linspace([-3, -4], [3, 4], GRID).T,
        methods=tuple(
            _case_row(name, 0.5, 0.75, "ok", "")
            if ok
            else _case_row(name, nan, nan, "not_applicable", "no clusters")
            for name, ok in zip(methods, made, strict=True)
        ),
        synthetic=tuple(
            draws.normal(size=(number, 2)) if ok else np.empty((0, 2)) for number, ok in enumerate(made)
        ),
        regions=tuple(
            (draws.random((GRID, GRID)) < 0.5).astype(np.uint8) if ok else np.empty((0, 0), np.uint8)
            for ok in made
        ),
    )
