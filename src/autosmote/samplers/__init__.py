"""The comparison methods of the study behind one registry."""

from autosmote.samplers.registry import add, get, names, specs
from autosmote.samplers.spec import (
    Learned,
    MethodSpec,
    NotApplicable,
    Problem,
    Resample,
    Resampled,
    SamplerSpec,
    Training,
    configured,
)

__all__ = [
    "Learned",
    "MethodSpec",
    "NotApplicable",
    "Problem",
    "Resample",
    "Resampled",
    "SamplerSpec",
    "Training",
    "add",
    "configured",
    "get",
    "names",
    "specs",
]
