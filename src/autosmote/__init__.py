"""AutoSMOTE: over-sampling strategies for imbalanced data, learned by hierarchical reinforcement learning."""

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autosmote.estimator.autosmote import AutoSMOTE as AutoSMOTE

__all__ = ["AutoSMOTE", "__version__"]

__version__ = version("autosmote")


def __getattr__(name: str) -> Any:
    # The sampler brings in imbalanced-learn; whoever only reads a score table should not wait for it.
    if name == "AutoSMOTE":
        from autosmote.estimator.autosmote import AutoSMOTE

        return AutoSMOTE
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), "AutoSMOTE"])
