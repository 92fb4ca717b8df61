"""The comparison samplers of the study behind one registry."""

from autosmote.samplers.registry import get, names, specs
from autosmote.samplers.spec import NotApplicable, Resample, Resampled, SamplerSpec, Training

__all__ = ["NotApplicable", "Resample", "Resampled", "SamplerSpec", "Training", "get", "names", "specs"]
