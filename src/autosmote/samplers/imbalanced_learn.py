"""The twenty imbalanced-learn samplers of Table 2, with that package's default hyper-parameters.

The methods after SMOTE that interpolate between five neighbours of the minority take as many as there are
where these are fewer, and their rows say so in ``settings``.

Of more than two classes the over-samplers take one after the other (`autosmote.samplers.multiclass`), and
the others take all at once: with a ratio of r, under-samplers cut every class down to the rows of the
smallest over r, and the combined ones first bring every class up to r times the rows of the largest. Cleaning
methods clean every class but the smallest.
"""

from functools import partial
from typing import Any

import numpy as np
from imblearn import combine, over_sampling, under_sampling
from imblearn.base import BaseSampler

from autosmote.samplers.spec import (
    ALL_AT_ONCE,
    ONE_BY_ONE,
    NotApplicable,
    Resample,
    Resampled,
    SamplerSpec,
    Training,
)

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
    # KMeansSMOTE's eight clusters of fewer rows.
    (ValueError, "should be >= n_clusters"),
)

_KMEANS_THRESHOLDS: tuple[str | float, ...] = ("auto", 0.2, 0.1, 0.05, 0.02, 0.01, 0.0)
"""Least share of minority rows that a cluster of KMeansSMOTE must hold, tried from the left.

The default ``"auto"`` is one half for two classes, which no cluster of a highly imbalanced task reaches.
"""


def _fit_resample(sampler: BaseSampler, training: Training, settings: dict[str, Any]) -> Resampled:
    try:
        X, y = sampler.fit_resample(training.X, training.y)
    except (ValueError, RuntimeError) as error:
        if any(isinstance(error, kind) and text in str(error) for kind, text in _REFUSALS):
            raise NotApplicable(str(error)) from error
        raise
    return Resampled(X, y, settings)


#: What the number of neighbours to interpolate with is called; it is 5 by default.
_NEIGHBOURS = {
    over_sampling.SMOTE: "k_neighbors",
    over_sampling.SMOTEN: "k_neighbors",
    over_sampling.ADASYN: "n_neighbors",
    over_sampling.BorderlineSMOTE: "k_neighbors",
    over_sampling.SVMSMOTE: "k_neighbors",
    combine.SMOTEENN: "smote__k_neighbors",
    combine.SMOTETomek: "smote__k_neighbors",
}
_DEFAULT_NEIGHBOURS = 5


def _build(sampler_class: type[BaseSampler], training: Training, seed: int) -> Resample:
    # A row is not its own neighbour.
    most = int(np.bincount(training.y)[1:].min()) - 1
    lowered = sampler_class in _NEIGHBOURS and 0 < most < _DEFAULT_NEIGHBOURS

    def resample(ratio: float | None) -> Resampled:
        sampler = sampler_class()
        if "random_state" in sampler.get_params():
            sampler.set_params(random_state=seed)
        strategy = ratio if training.y.max() == 1 else _strategy(sampler_class, training.y, ratio)
        if strategy is not None:
            sampler.set_params(sampling_strategy=strategy)
        if lowered:
            if "smote" in sampler.get_params():  # What it makes otherwise, with the defaults of SMOTE.
                sampler.set_params(smote=over_sampling.SMOTE(sampling_strategy=strategy, random_state=seed))
            sampler.set_params(**{_NEIGHBOURS[sampler_class]: most})
        return _fit_resample(sampler, training, {"k_neighbors": most} if lowered else {})

    return resample


def _strategy(
    sampler_class: type[BaseSampler], y: np.ndarray, ratio: float | None
) -> dict[int, int] | list[int]:
    """How many rows a ratio asks for of more than two classes; without one, which classes are cleaned."""
    counts = np.bincount(y)
    if ratio is None:
        # Not the default: to methods that clean again and again, another class may become the smallest.
        return [label for label in range(len(counts)) if label != counts.argmin()]
    if hasattr(under_sampling, sampler_class.__name__):
        most = int(counts.min() / ratio)
        if most >= counts.max():
            raise NotApplicable(f"the smallest class has {ratio} of the rows of each class already")
        return {label: most for label, count in enumerate(counts.tolist()) if count > most}
    least = int(ratio * counts.max())
    if least <= counts.min():
        raise NotApplicable(f"all classes have {ratio} of the rows of the largest already")
    return {label: max(count, least) for label, count in enumerate(counts.tolist())}


def _build_kmeans_smote(training: Training, seed: int) -> Resample:
    def attempt(ratio: float | None, threshold: str | float) -> Resampled:
        sampler = over_sampling.KMeansSMOTE(
            sampling_strategy=ratio, cluster_balance_threshold=threshold, random_state=seed
        )
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


def _spec(category: str, sampler_class: type[BaseSampler], takes_ratio: bool, reference: str) -> SamplerSpec:
    kmeans = sampler_class is over_sampling.KMeansSMOTE
    return SamplerSpec(
        name=sampler_class.__name__,
        category=category,
        takes_ratio=takes_ratio,
        source="imbalanced-learn",
        reference=reference,
        requires=None,
        build=_build_kmeans_smote if kmeans else partial(_build, sampler_class),
        multiclass=ONE_BY_ONE if category == "Over-sampling" else ALL_AT_ONCE,
    )


_under = partial(_spec, "Under-sampling")
_over = partial(_spec, "Over-sampling")
_combined = partial(_spec, "Combined over- and under-sampling")

# The package's own paper, for methods that are older than any one reference.
_IMBLEARN = "Lemaître, Nogueira and Aridas 2017, JMLR 18(17)"
_HARDNESS = "Smith, Martinez and Giraud-Carrier 2014, doi:10.1007/s10994-013-5422-z"
_NEAR_MISS = "Mani and Zhang 2003, ICML Workshop on Learning from Imbalanced Datasets"
_CHAWLA = "Chawla, Bowyer, Hall and Kegelmeyer 2002, doi:10.1613/jair.953"
_BATISTA_2003 = "Batista, Bazzan and Monard 2003, Brazilian Workshop on Bioinformatics"
_BATISTA_2004 = "Batista, Prati and Monard 2004, doi:10.1145/1007730.1007735"
_TOMEK_ENN = "Tomek 1976, doi:10.1109/TSMC.1976.4309523"
_TOMEK_LINKS = "Tomek 1976, doi:10.1109/TSMC.1976.4309452"

# Columns: class, whether it takes a ratio, reference.
SPECS: tuple[SamplerSpec, ...] = (
    _under(under_sampling.ClusterCentroids, True, _IMBLEARN),
    _under(under_sampling.CondensedNearestNeighbour, False, "Hart 1968, doi:10.1109/TIT.1968.1054155"),
    _under(under_sampling.EditedNearestNeighbours, False, "Wilson 1972, doi:10.1109/TSMC.1972.4309137"),
    _under(under_sampling.RepeatedEditedNearestNeighbours, False, _TOMEK_ENN),
    _under(under_sampling.AllKNN, False, _TOMEK_ENN),
    _under(under_sampling.InstanceHardnessThreshold, True, _HARDNESS),
    _under(under_sampling.NearMiss, True, _NEAR_MISS),
    _under(under_sampling.NeighbourhoodCleaningRule, False, "Laurikkala 2001, doi:10.1007/3-540-48229-6_9"),
    _under(under_sampling.OneSidedSelection, False, "Kubat and Matwin 1997, ICML"),
    _under(under_sampling.RandomUnderSampler, True, _IMBLEARN),
    _under(under_sampling.TomekLinks, False, _TOMEK_LINKS),
    _over(over_sampling.RandomOverSampler, True, _IMBLEARN),
    _over(over_sampling.SMOTE, True, _CHAWLA),
    _over(over_sampling.SMOTEN, True, _CHAWLA),
    _over(over_sampling.ADASYN, True, "He, Bai, Garcia and Li 2008, doi:10.1109/IJCNN.2008.4633969"),
    _over(over_sampling.BorderlineSMOTE, True, "Han, Wang and Mao 2005, doi:10.1007/11538059_91"),
    _over(over_sampling.KMeansSMOTE, True, "Douzas, Bacao and Last 2018, doi:10.1016/j.ins.2018.06.056"),
    _over(over_sampling.SVMSMOTE, True, "Nguyen, Cooper and Kamei 2011, doi:10.1504/IJKESDP.2011.039875"),
    _combined(combine.SMOTEENN, True, _BATISTA_2004),
    _combined(combine.SMOTETomek, True, _BATISTA_2003),
)
"""The samplers in the order of Table 2."""
