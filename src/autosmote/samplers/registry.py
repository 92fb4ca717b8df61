"""The one list of comparison methods, looked up by name."""

from autosmote.errors import UnknownNameError
from autosmote.samplers import classifier_level, generative, imbalanced_learn
from autosmote.samplers.spec import (
    NO_RESAMPLING,
    MethodSpec,
    Resample,
    Resampled,
    SamplerSpec,
    Training,
)


def _keep(training: Training, seed: int) -> Resample:
    return lambda ratio: Resampled(training.X, training.y)


_NO_RESAMPLING = SamplerSpec(
    name="NoResampling",
    category=NO_RESAMPLING,
    takes_ratio=False,
    source="autosmote",
    reference="The training rows as they are",
    requires=None,
    build=_keep,
)

_ALL: tuple[SamplerSpec | MethodSpec, ...] = (
    _NO_RESAMPLING,
    *imbalanced_learn.SPECS,
    *generative.SPECS,
    *classifier_level.SPECS,
)
_SPECS = {spec.name: spec for spec in _ALL}


def specs() -> tuple[SamplerSpec | MethodSpec, ...]:
    """Return every registered method, in the order of Table 2.

    Returns
    -------
    tuple of SamplerSpec or MethodSpec
        The methods of both kinds.
    """
    return tuple(_SPECS.values())


def names() -> tuple[str, ...]:
    """Return the names of the registered methods, in the order of Table 2.

    Returns
    -------
    tuple of str
        The names that `get` accepts.
    """
    return tuple(_SPECS)


def get(name: str) -> SamplerSpec | MethodSpec:
    """Look up a method.

    Parameters
    ----------
    name : str
        One of `names`.

    Returns
    -------
    SamplerSpec or MethodSpec
        The method.

    Raises
    ------
    UnknownNameError
        If no method has that name; the message lists the known names and suggests the closest.
    """
    if name not in _SPECS:
        raise UnknownNameError("sampler", name, _SPECS)
    return _SPECS[name]
