"""The study of G1, G2 and K (Section 4.5): AutoSMOTE with one setting changed at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from autosmote.analysis.scores import collect

UNCHANGED = "unchanged"
"""Name of the searches with all settings as they are, which every grid shares."""


@dataclass(frozen=True)
class Grids:
    """The values of each setting, and the searches that they need.

    Parameters
    ----------
    values : mapping of str to sequence of int or float
        The values to try for each setting of the search.
    settings : mapping
        The ``search`` section of the configuration: the settings that stay.
    """

    values: Mapping[str, Sequence[float]]
    settings: Mapping[str, Any]

    def name(self, key: str, value: float) -> str:
        """Return the name of the searches with one setting changed, such as ``g2_max-20``.

        Parameters
        ----------
        key : str
            A setting.
        value : int or float
            Its value.

        Returns
        -------
        str
            `UNCHANGED` if that is the value it has anyway.
        """
        return UNCHANGED if value == self.settings[key] else f"{key}-{value:g}"

    def searches(self) -> dict[str, dict[str, float]]:
        """Return the changed settings of each search by its name, without repetitions."""
        return {
            self.name(key, value): {} if value == self.settings[key] else {key: value}
            for key, values in self.values.items()
            for value in values
        }

    def collect(self, results: Iterable[tuple[str, Path]]) -> pd.DataFrame:
        """Read the results of the searches into one table.

        Parameters
        ----------
        results : iterable of (str, Path)
            The name of a search as `searches` has it, and its ``result.json``.

        Returns
        -------
        DataFrame
            The columns of the score table, and before them ``setting`` and ``value``. Searches that several
            grids share have a row for each.

        Raises
        ------
        ValueError
            If there are no results.
        """
        paths: dict[str, list[Path]] = {}
        for name, path in results:
            paths.setdefault(name, []).append(path)
        if not paths:
            raise ValueError(
                "the hyperparameter study has no searches; name data sets, imbalance ratios and seeds of the "
                "study in `hyperparameters`"
            )
        scores = {name: collect(found) for name, found in paths.items()}
        parts = []
        for key, values in self.values.items():
            for value in sorted(values):
                part = scores[self.name(key, value)].copy()
                part.insert(0, "setting", key)
                part.insert(1, "value", float(value))
                parts.append(part)
        return pd.concat(parts, ignore_index=True)
