"""How the names of the score table are written in tables and figures."""

from autosmote.utils import names

SAMPLERS = {"NoResampling": "No resampling"}
VARIANT_PREFIX = "smote_variants."


def metric_label(name: str) -> str:
    """Return the printed name of a metric, or `name` itself if it has no other."""
    return names.METRICS.get(name, name)


def classifier_label(name: str) -> str:
    """Return the printed name of a base classifier, or `name` itself if it has no other."""
    return names.CLASSIFIERS.get(name, name)


def sampler_label(name: str) -> str:
    """Return the printed name of a sampler; a SMOTE variant's is its class alone."""
    return SAMPLERS.get(name, name.removeprefix(VARIANT_PREFIX))
