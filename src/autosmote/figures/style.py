"""One look for all figures, and how they are written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autosmote.utils.storage import atomic_path

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TEXT_WIDTH = 7.0
"""Width in inches of the text of a page with two columns."""

DPI = 200
"""Resolution of the PNG files."""

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""The colour-blind safe palette of Okabe and Ito, without its black and its yellow."""

MARKERS = ("o", "s", "^", "D", "v", "P")
"""Shapes that go with the colours, for prints without colour."""

_RC: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that a figure looks the same everywhere
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#E5E5E5",
    "grid.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "lines.linewidth": 1.2,
    "pdf.fonttype": 42,  # whole TrueType fonts: the text stays searchable and publishers accept it
}


@contextmanager
def new_figure(width: float, height: float) -> Iterator[Figure]:
    """Yield an empty figure; draw and save it inside the block, where the style applies.

    Parameters
    ----------
    width, height : float
        Size in inches.

    Yields
    ------
    matplotlib.figure.Figure
        A figure that is independent of pyplot and needs no display.
    """
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # a matplotlibrc of the user must not change the study's figures
        matplotlib.rcParams.update(_RC)
        yield Figure(figsize=(width, height), layout="constrained")


def rank_ticks(worst: float) -> list[int]:
    """Return ticks for an axis of ranks: 1, and at most seven round numbers above it.

    Parameters
    ----------
    worst : float
        Largest rank on the axis.

    Returns
    -------
    list of int
    """
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 1000) if worst / step <= 7 or step == 1000)
    return [1, *(tick for tick in range(step, int(worst) + 1, step) if tick - 1 >= step / 2)]


def save(figure: Figure, stem: str | os.PathLike[str]) -> tuple[Path, Path]:
    """Write a figure as ``<stem>.png`` and ``<stem>.pdf``; the same figure gives the same bytes.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    stem : path-like
        Path of the files without their suffix.

    Returns
    -------
    tuple of pathlib.Path
        The PNG and the PDF file.
    """
    # Without the metadata there is neither a date nor a version of matplotlib in the files.
    nameless = {
        ".png": {"Software": None},
        ".pdf": {"Creator": None, "Producer": None, "CreationDate": None},
    }
    paths = []
    for suffix, metadata in nameless.items():
        path = Path(f"{os.fspath(stem)}{suffix}")
        with atomic_path(path) as temporary:
            figure.savefig(temporary, dpi=DPI, metadata=metadata)
        paths.append(path)
    return paths[0], paths[1]
