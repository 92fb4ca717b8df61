"""The twenty imbalanced-learn samplers of Table 2, with that package's default hyper-parameters."""

import importlib
from functools import partial
from typing import Any

from autosmote.samplers.spec import NotApplicable, Resample, Resampled, SamplerSpec, Training

_UNDER = "Under-sampling"
_OVER = "Over-sampling"
_COMBINED = "Combined over- and under-sampling"
_MODULES = {_UNDER: "imblearn.under_sampling", _OVER: "imblearn.over_sampling", _COMBINED: "imblearn.combine"}

_NO_CLUSTERS = "No clusters found with sufficient samples"

# imbalanced-learn has no exception type of its own for "this method cannot treat these data at this ratio":
# type and wording together tell such a refusal from an error.
_REFUSALS: tuple[tuple[type[Exception], str], ...] = (
    (ValueError, "The specified ratio required to remove samples from the minority class"),
    (ValueError, "The specified ratio required to generate new sample in the majority class"),
    (ValueError, "Expected n_neighbors <= n_samples_fit"),
    (ValueError, "All support vectors are considered as noise"),
    (ValueError, "No samples will be generated with the provided ratio settings"),
    (RuntimeError, "Not any neigbours belong to the majority class"),
    (RuntimeError, _NO_CLUSTERS),
)

_KMEANS_THRESHOLDS: tuple[str | float, ...] = ("auto", 0.2, 0.1, 0.05, 0.02, 0.01, 0.0)
"""Least share of minority rows that a cluster of KMeansSMOTE must hold, tried from the left.

The default ``"auto"`` is one half for two classes, which no cluster of a highly imbalanced task reaches.
"""


def _is_refusal(error: Exception) -> bool:
    return any(isinstance(error, kind) and text in str(error) for kind, text in _REFUSALS)


def _fit_resample(sampler: Any, training: Training, settings: dict[str, Any]) -> Resampled:
    try:
        X, y = sampler.fit_resample(training.X, training.y)
    except (ValueError, RuntimeError) as error:
        if _is_refusal(error):
            raise NotApplicable(str(error)) from error
        raise
    return Resampled(X, y, settings)


def _build(path: str, training: Training, seed: int) -> Resample:
    module, name = path.rsplit(".", 1)
    sampler_class = getattr(importlib.import_module(module), name)
    parameters = sampler_class().get_params()

    def resample(ratio: float | None) -> Resampled:
        chosen: dict[str, Any] = {}
        if "random_state" in parameters:
            chosen["random_state"] = seed
        if ratio is not None:
            chosen["sampling_strategy"] = ratio
        return _fit_resample(sampler_class(**chosen), training, {})

    return resample


def _build_kmeans_smote(training: Training, seed: int) -> Resample:
    from imblearn.over_sampling import KMeansSMOTE

    def attempt(ratio: float | None, threshold: str | float) -> Resampled:
        sampler = KMeansSMOTE(sampling_strategy=ratio, cluster_balance_threshold=threshold, random_state=seed)
        return _fit_resample(sampler, training, {"cluster_balance_threshold": threshold})

    def resample(ratio: float | None) -> Resampled:
        for threshold in _KMEANS_THRESHOLDS[:-1]:
            try:
                return attempt(ratio, threshold)
            except NotApplicable as refusal:
                if _NO_CLUSTERS not in str(refusal):
                    raise
        return attempt(ratio, _KMEANS_THRESHOLDS[-1])

    return resample


_IMBLEARN = "Lemaître, Nogueira and Aridas 2017, JMLR 18(17)"

_ROWS = (
    (_UNDER, "ClusterCentroids", True, _IMBLEARN),
    (_UNDER, "CondensedNearestNeighbour", False, "Hart 1968, doi:10.1109/TIT.1968.1054155"),
    (_UNDER, "EditedNearestNeighbours", False, "Wilson 1972, doi:10.1109/TSMC.1972.4309137"),
    (_UNDER, "RepeatedEditedNearestNeighbours", False, "Tomek 1976, doi:10.1109/TSMC.1976.4309523"),
    (_UNDER, "AllKNN", False, "Tomek 1976, doi:10.1109/TSMC.1976.4309523"),
    (
        _UNDER,
        "InstanceHardnessThreshold",
        True,
        "Smith, Martinez and Giraud-Carrier 2014, doi:10.1007/s10994-013-5422-z",
    ),
    (_UNDER, "NearMiss", True, "Mani and Zhang 2003, ICML Workshop on Learning from Imbalanced Datasets"),
    (_UNDER, "NeighbourhoodCleaningRule", False, "Laurikkala 2001, doi:10.1007/3-540-48229-6_9"),
    (_UNDER, "OneSidedSelection", False, "Kubat and Matwin 1997, ICML"),
    (_UNDER, "RandomUnderSampler", True, _IMBLEARN),
    (_UNDER, "TomekLinks", False, "Tomek 1976, doi:10.1109/TSMC.1976.4309452"),
    (_OVER, "RandomOverSampler", True, _IMBLEARN),
    (_OVER, "SMOTE", True, "Chawla, Bowyer, Hall and Kegelmeyer 2002, doi:10.1613/jair.953"),
    (_OVER, "SMOTEN", True, "Chawla, Bowyer, Hall and Kegelmeyer 2002, doi:10.1613/jair.953"),
    (_OVER, "ADASYN", True, "He, Bai, Garcia and Li 2008, doi:10.1109/IJCNN.2008.4633969"),
    (_OVER, "BorderlineSMOTE", True, "Han, Wang and Mao 2005, doi:10.1007/11538059_91"),
    (_OVER, "KMeansSMOTE", True, "Douzas, Bacao and Last 2018, doi:10.1016/j.ins.2018.06.056"),
    (_OVER, "SVMSMOTE", True, "Nguyen, Cooper and Kamei 2011, doi:10.1504/IJKESDP.2011.039875"),
    (_COMBINED, "SMOTEENN", True, "Batista, Prati and Monard 2004, doi:10.1145/1007730.1007735"),
    (_COMBINED, "SMOTETomek", True, "Batista, Bazzan and Monard 2003, Brazilian Workshop on Bioinformatics"),
)

SPECS: tuple[SamplerSpec, ...] = tuple(
    SamplerSpec(
        name=name,
        category=category,
        takes_ratio=takes_ratio,
        source="imbalanced-learn",
        reference=reference,
        requires=None,
        build=(
            _build_kmeans_smote if name == "KMeansSMOTE" else partial(_build, f"{_MODULES[category]}.{name}")
        ),
    )
    for category, name, takes_ratio, reference in _ROWS
)
"""The samplers in the order of Table 2."""
