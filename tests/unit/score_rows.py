"""Small score tables for the tests of the analysis."""

import pandas as pd

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
