"""A bank of policies that were good on other data: where a search for policies can start.

Which policies are good depends on the classifier more than on the data, so what was learned on some data
sets says where to look on others. What to take is still chosen on the data at hand.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from autosmote.search.linear_policies import FEWEST, MOST, N_PARAMETERS, PARAMETERS
from autosmote.utils.storage import CorruptFileError, read_json, write_json

PATH = Path(__file__).with_name("policy_bank.json")
"""The bank that is shipped with this package; ``make bank`` makes it again."""

SIZE = 20
"""Policies for a classifier and metric."""


@dataclass(frozen=True)
class PolicyBank:
    """Policies by classifier and metric.

    Parameters
    ----------
    policies : mapping of (str, str) to ndarray of float64, shape (n_policies, 18)
        By the names of the classifier's class and of the metric.
    pooled : ndarray of float64, shape (n_policies, 18)
        For all others.
    origin : mapping of str to JSON value
        How they were learned: data sets, versions, settings.
    """

    policies: Mapping[tuple[str, str], NDArray[np.float64]]
    pooled: NDArray[np.float64]
    origin: Mapping[str, Any]

    def get(self, classifier: str, metric: str | None) -> NDArray[np.float64]:
        """Return the policies to start from.

        Parameters
        ----------
        classifier : str
            Name of the classifier's class, such as ``"LinearSVC"``.
        metric : str or None
            ``"macro_f1"``, ``"mcc"``, or another one; None if it has no name.

        Returns
        -------
        ndarray of float64, shape (n_policies, 18)
            Those of this classifier and metric; where these have none of their own, the pooled ones.
        """
        return self.policies.get((classifier, metric or ""), self.pooled)

    def save(self, path: Path) -> None:
        """Write the bank as JSON, with three decimals.

        Parameters
        ----------
        path : Path
        """
        by_classifier: dict[str, dict[str, list[list[float]]]] = {}
        for (classifier, metric), policies in sorted(self.policies.items()):
            by_classifier.setdefault(classifier, {})[metric] = np.round(policies, 3).tolist()
        write_json(
            {
                "origin": dict(self.origin),
                "parameters": list(PARAMETERS),
                "policies": by_classifier,
                "pooled": np.round(self.pooled, 3).tolist(),
            },
            path,
            indent=None,
        )


def load_bank(path: Path = PATH) -> PolicyBank:
    """Read a bank.

    Parameters
    ----------
    path : Path, default `PATH`

    Returns
    -------
    PolicyBank

    Raises
    ------
    CorruptFileError
        If the file holds no bank of policies with these parameters.
    """
    content = read_json(path)
    try:
        if content["parameters"] != list(PARAMETERS):
            raise ValueError(f"the parameters are {', '.join(content['parameters'])}")
        policies = {
            (classifier, metric): _as_policies(rows)
            for classifier, by_metric in content["policies"].items()
            for metric, rows in by_metric.items()
        }
        return PolicyBank(policies, _as_policies(content["pooled"]), content["origin"])
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise CorruptFileError(
            f"{path} holds no bank of policies with the parameters {', '.join(PARAMETERS)} ({error}); "
            "make it again with `make bank`"
        ) from error


def _as_policies(rows: Any) -> NDArray[np.float64]:
    policies = np.asarray(rows, dtype=np.float64)
    if policies.ndim != 2 or policies.shape[1] != N_PARAMETERS or not np.isfinite(policies).all():
        raise ValueError(f"an array of shape {policies.shape} is no list of policies")
    return policies


def choose_varied(policies: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Choose policies that stand for many: one for each group of similar ones.

    Parameters
    ----------
    policies : ndarray of float64, shape (n_policies, 18)
    size : int
        How many to choose, at most.

    Returns
    -------
    ndarray of float64, shape (min(size, n_policies), 18)
        Of each of the groups that k-means finds, the policy nearest to its centre; those of larger groups
        come first.
    """
    if len(policies) <= size:
        return policies
    # All numbers below and above these limits mean the same.
    at = policies.copy()
    at[:, 0] = np.clip(at[:, 0], math.log(FEWEST / 2), math.log(MOST))
    groups = KMeans(size, n_init=10, random_state=0).fit(at)
    distances = groups.transform(at)
    chosen = [
        members[distances[members, group].argmin()]
        for group in np.argsort(-np.bincount(groups.labels_, minlength=size), kind="stable")
        if len(members := np.flatnonzero(groups.labels_ == group))
    ]
    return policies[chosen]
