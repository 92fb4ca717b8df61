"""What the policies learn from: the validation score, or where it stands among the recent ones.

A new idea is a function and an entry in `REWARD_SCALINGS`; its name is then a value of the key
``reward_scaling``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray


def plain(recent: NDArray[np.float64]) -> float:
    """The validation score itself (Section 3.2).

    Parameters
    ----------
    recent : ndarray of float64, shape (n_episodes,)
        Scores of the recent episodes, the present one last.

    Returns
    -------
    float
    """
    return float(recent[-1])


def standardised(recent: NDArray[np.float64]) -> float:
    """How many standard deviations the score lies above the mean of the recent ones.

    Scores of a search differ little; this lets the policies see the differences.

    Parameters
    ----------
    recent : ndarray of float64, shape (n_episodes,)
        Scores of the recent episodes, the present one last.

    Returns
    -------
    float
        0 if all are equal.
    """
    deviation = recent.std()
    # Rounding leaves a deviation where there is none.
    return float((recent[-1] - recent.mean()) / deviation) if deviation > 1e-12 else 0.0


REWARD_SCALINGS: Mapping[str, Callable[[NDArray[np.float64]], float]]
REWARD_SCALINGS = MappingProxyType({"none": plain, "standardised": standardised})
"""From the scores of recent episodes, the present one last, to the reward of the present one."""
