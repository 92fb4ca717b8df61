"""AutoSMOTE: over-sampling strategies for imbalanced data, learned by hierarchical reinforcement learning."""

import importlib
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autosmote.estimator.autosmote import AutoSMOTE as AutoSMOTE
    from autosmote.estimator.prior_correction import PriorCorrectedClassifier as PriorCorrectedClassifier

__all__ = ["AutoSMOTE", "PriorCorrectedClassifier", "__version__"]

__version__ = version("autosmote")

# They bring in scikit-learn and imbalanced-learn; whoever only reads a score table should not wait for them.
_MODULES = {
    "AutoSMOTE": "autosmote.estimator.autosmote",
    "PriorCorrectedClassifier": "autosmote.estimator.prior_correction",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(importlib.import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
