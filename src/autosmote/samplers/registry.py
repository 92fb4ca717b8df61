"""The one list of comparison samplers, looked up by name."""

from autosmote.errors import UnknownNameError
from autosmote.samplers import imbalanced_learn
from autosmote.samplers.spec import NO_RESAMPLING, Resample, Resampled, SamplerSpec, Training


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

_SPECS = {spec.name: spec for spec in (_NO_RESAMPLING, *imbalanced_learn.SPECS)}


def specs() -> tuple[SamplerSpec, ...]:
    """Return every registered sampler, in the order of Table 2.

    Returns
    -------
    tuple of SamplerSpec
        The samplers.
    """
    return tuple(_SPECS.values())


def names() -> tuple[str, ...]:
    """Return the names of the registered samplers, in the order of Table 2.

    Returns
    -------
    tuple of str
        The names that `get` accepts.
    """
    return tuple(_SPECS)


def get(name: str) -> SamplerSpec:
    """Look up a sampler.

    Parameters
    ----------
    name : str
        One of `names`.

    Returns
    -------
    SamplerSpec
        The sampler.

    Raises
    ------
    UnknownNameError
        If no sampler has that name; the message lists the known names and suggests the closest.
    """
    if name not in _SPECS:
        raise UnknownNameError("sampler", name, _SPECS)
    return _SPECS[name]
