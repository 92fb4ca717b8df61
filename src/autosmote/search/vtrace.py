"""V-trace targets (Eq. 1), as a pure function."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


class VTrace(NamedTuple):
    """What Eq. 2 needs of a batch.

    Attributes
    ----------
    targets : ndarray of float64, shape (n_steps,)
        The value targets v_t.
    advantages : ndarray of float64, shape (n_steps,)
        ``rho_t * (r_t + discount_t * v_{t+1} - V(s_t))``, the weights of the log-probabilities.
    """

    targets: FloatArray
    advantages: FloatArray


def vtrace(
    log_ratios: FloatArray,
    discounts: FloatArray,
    rewards: FloatArray,
    values: FloatArray,
    bootstrap: float = 0.0,
) -> VTrace:
    """Off-policy corrected value targets of a sequence of steps (Eq. 1; IMPALA, Section 4.1).

    Several episodes can follow one another: a discount of zero at the last step of an episode keeps later
    steps from affecting it. Importance weights are truncated at one, both as rho and as c.

    Parameters
    ----------
    log_ratios : ndarray, shape (n_steps,)
        ``log pi(a_t|s_t) - log mu(a_t|s_t)``: the learner's policy over the one that acted.
    discounts : ndarray, shape (n_steps,)
        gamma, and 0 at the last step of an episode.
    rewards : ndarray, shape (n_steps,)
    values : ndarray, shape (n_steps,)
        V(s_t) under the learner's weights.
    bootstrap : float, default 0.0
        V of the state after the last step; not used if that step ends an episode.

    Returns
    -------
    VTrace
    """
    # Python floats: a batch is a few hundred steps and the recursion is sequential, so this is faster than
    # an array operation per step, on the CPU and on a GPU alike.
    rhos = np.minimum(1.0, np.exp(np.asarray(log_ratios, dtype=np.float64)))
    values_next = np.append(np.asarray(values, dtype=np.float64)[1:], bootstrap)
    deltas = rhos * (rewards + discounts * values_next - values)
    decays = discounts * rhos
    corrections, correction = [0.0] * len(deltas), 0.0
    for t in range(len(deltas) - 1, -1, -1):
        correction = float(deltas[t]) + float(decays[t]) * correction
        corrections[t] = correction
    targets = values + np.asarray(corrections)
    targets_next = np.append(targets[1:], bootstrap)
    return VTrace(targets, rhos * (rewards + discounts * targets_next - values))
