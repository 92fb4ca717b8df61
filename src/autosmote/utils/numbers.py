"""Which numbers can be worked with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Beyond it, squares of differences and their sums over the rows of a table leave the range of a double.
LARGEST = 1e150


def fault(values: NDArray[np.float64]) -> str:
    """Say what is wrong with numbers that no distance can be taken between.

    Parameters
    ----------
    values : ndarray of float64
        NaN stands for a missing value, which is no fault here.

    Returns
    -------
    str
        ``"infinite values"``, values beyond `LARGEST` in such words, or nothing.
    """
    if np.isinf(values).any():
        return "infinite values"
    if (np.abs(values) > LARGEST).any():
        return f"values beyond {LARGEST:g}, whose squares are too large for a computer's numbers"
    return ""
