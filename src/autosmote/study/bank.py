"""Learn the bank of policies: ``python -m autosmote.study.bank --help``."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sklearn
from numpy.typing import NDArray

from autosmote.datasets.sources import Dataset, DatasetError, fetch
from autosmote.datasets.tasks import Task, TaskError, make_task
from autosmote.evaluation.classifiers import make_classifier
from autosmote.search.bank import PATH, SIZE, PolicyBank, choose_varied
from autosmote.search.linear_policies import PARAMETERS
from autosmote.search.settings import SearchSettings
from autosmote.study.policy_strategies import find_policies
from autosmote.study.strategy import Execution
from autosmote.utils.storage import CorruptFileError, atomic_path, read_arrays, read_frame, read_json

BUNDLED: Mapping[str, Mapping[str, Any]] = {
    "iris": {"source": "sklearn", "name": "iris", "minority": "versicolor"},
    "wine": {"source": "sklearn", "name": "wine", "minority": "class_1"},
}
"""Data sets that come with scikit-learn, except for digits, whose 64 columns are pixels, and breast_cancer,
which is wdbc of the KEEL repository."""

CLASSIFIERS = ("svm", "knn", "tree", "adaboost")
METRICS = ("macro_f1", "mcc")
"""What policies are learned for: Section 4.1. Others start from those of all of these together."""

RATIOS = (None, 20, 100)
"""Imbalance ratios: as the data are, and those of the study at which a small data set is a hard one."""

FEWEST_MINORITY_ROWS = 15
"""Minority rows that a data set has to have at a ratio; nine of them are for training."""

LEAST_RATIO = 1.5
"""Majority rows per minority row of a data set as it is; the classes of others are balanced."""

FITS = 300
"""Classifier fits of a search."""

SEARCH = ["dataset", "imbalance_ratio", "seed", "classifier", "metric"]
"""Columns that tell a search from others."""


def read_folder(folder: Path) -> Iterator[Dataset]:
    """Read the data sets of a folder.

    Parameters
    ----------
    folder : Path
        Its CSV files with a column ``y``, which holds the class, are data sets.

    Yields
    ------
    Dataset
        By name.

    Raises
    ------
    autosmote.datasets.sources.DatasetError
        If there is none, or one cannot be used.
    """
    found = False
    for path in sorted(folder.glob("*.csv")):
        if "y" in pd.read_csv(path, nrows=0).columns:
            found = True
            yield fetch(path.stem, {"source": "csv", "path": str(path), "target": "y"})
    if not found:
        raise DatasetError(f"{folder} holds no CSV file with a column 'y', the class; name another --data")


def tasks(datasets: Iterable[Dataset], seed: int) -> Iterator[Task]:
    """Make the tasks to learn from.

    Parameters
    ----------
    datasets : iterable of Dataset
    seed : int

    Yields
    ------
    Task
        Of each data set at each of `RATIOS` at which it has `FEWEST_MINORITY_ROWS`.
    """
    for dataset in datasets:
        n_majority, n_minority = dataset.meta["n_majority"], dataset.meta["n_minority"]
        for ratio in RATIOS:
            rows = n_minority if ratio is None else n_majority // ratio
            imbalanced = n_majority >= LEAST_RATIO * rows
            if imbalanced and FEWEST_MINORITY_ROWS <= rows <= n_minority:
                yield make_task(dataset, ratio, seed)


def learn(task: Task, classifier: str, metric: str) -> pd.DataFrame:
    """Search for policies on one task.

    Parameters
    ----------
    task : Task
        Its test split has no part in it.
    classifier, metric : str
        Names of `autosmote.evaluation`.

    Returns
    -------
    DataFrame
        One row per policy of the mixture, best first: `SEARCH`; ``gain``, its score over all folds less that
        without synthetic rows; and the parameters.
    """
    settings = SearchSettings.for_ratio(task.imbalance_ratio, iterations=FITS, seed=task.seed)
    found = find_policies(task, classifier, metric, settings, Execution())
    search = (task.dataset, task.imbalance_ratio, task.seed, classifier, metric)
    return _table(search, found.samples, found.history)


def collect(results: Iterable[Path]) -> pd.DataFrame:
    """Read the policies that the searches of a study have found.

    Parameters
    ----------
    results : iterable of Path
        The ``result.json`` of searches, with ``samples.npz`` and ``history.parquet`` beside it. Searches that
        tried to make no rows, as those from corners or from a bank do, tell the score without synthetic
        rows; others, and those without policies, are left out.

    Returns
    -------
    DataFrame
        As `learn` returns them.
    """
    found = []
    for path in sorted(results):
        samples = read_arrays(path.with_name("samples.npz"))
        if not len(samples.get("policies", ())):
            continue
        row = read_json(path)
        history = read_frame(path.with_name("history.parquet"))
        if history.loc[history["n_synthetic"] == 0, "pooled_score"].notna().any():
            found.append(_table([row[name] for name in SEARCH], samples, history))
    if not found:
        raise DatasetError("there is no search for policies among the results")
    return pd.concat(found, ignore_index=True)


def _table(search: Sequence[Any], samples: Mapping[str, NDArray], history: pd.DataFrame) -> pd.DataFrame:
    policies = pd.DataFrame(samples["policies"], columns=list(PARAMETERS))
    without = history.loc[history["n_synthetic"] == 0, "pooled_score"].dropna().iloc[0]
    policies.insert(0, "gain", samples["policy_scores"] - without)
    names = pd.DataFrame([search] * len(policies), columns=SEARCH, index=policies.index)
    return pd.concat([names, policies], axis=1)


def make_bank(policies: pd.DataFrame, origin: Mapping[str, Any], size: int = SIZE) -> PolicyBank:
    """Choose the policies of a bank, among those that were better than no synthetic rows.

    Parameters
    ----------
    policies : DataFrame
        As `learn` returns them, of all searches.
    origin : mapping of str to JSON value
    size : int, default `SIZE`
        Policies for a classifier and metric.

    Returns
    -------
    PolicyBank
    """
    policies = policies[policies["gain"] > 0]
    groups = {
        (type(make_classifier(str(classifier), 0)).__name__, str(metric)): group[list(PARAMETERS)].to_numpy()
        for (classifier, metric), group in policies.groupby(["classifier", "metric"])
    }
    chosen = {key: choose_varied(group, size) for key, group in groups.items()}
    pooled = choose_varied(policies[list(PARAMETERS)].to_numpy(), size)
    return PolicyBank(chosen, pooled, origin)


def _searches(all_tasks: Sequence[Task]) -> Iterator[tuple[Task, str, str]]:
    """Every task with every classifier, and with the metrics in turn: policies for one suit the other."""
    metrics = list(METRICS)
    for number, task in enumerate(all_tasks):
        for position, classifier in enumerate(CLASSIFIERS):
            yield task, classifier, metrics[(number + position) % len(metrics)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Search on every task, and write the bank.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.

    Returns
    -------
    int
        Exit status: 0, or 2 for data that cannot be used.
    """
    parser = argparse.ArgumentParser(
        prog="python -m autosmote.study.bank",
        description="Learn policies on the data sets of a folder and those of scikit-learn, each also "
        f"under-sampled to ratios {RATIOS[1]} and {RATIOS[2]} where rows suffice, and write a bank of them. "
        "Or take the policies that the searches of a study have found.",
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", type=Path, help="folder of CSV files, the class in column y")
    source.add_argument("--results", type=Path, help="folder with the results of a study")
    parser.add_argument("--leave-out", default="", help="name of a data set to learn nothing from")
    parser.add_argument("--out", type=Path, default=PATH, help="the bank (default: that of the package)")
    parser.add_argument(
        "--searches",
        type=Path,
        default=Path("results/bank/searches.csv"),
        help="with --data: policies of the searches that are done, which are not searched again "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--size", type=int, default=SIZE, help="policies per classifier and metric (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="with --data (default: %(default)s)")
    options = parser.parse_args(arguments)
    try:
        if options.data is None:
            policies = collect(options.results.rglob("result.json"))
            _refuse_unknown(options.leave_out, policies["dataset"].unique())
            policies = policies[policies["dataset"] != options.leave_out]
            datasets = dict.fromkeys(sorted(policies["dataset"].unique()), "")
        else:
            policies, datasets = _learn_all(options.data, options.leave_out, options.seed, options.searches)
        if not (policies["gain"] > 0).any():
            raise DatasetError("no policy was better than no synthetic rows; learn from more data sets")
    except (CorruptFileError, DatasetError, TaskError) as error:
        print(error, file=sys.stderr)
        return 2
    origin = {
        "datasets": datasets,
        "imbalance_ratios": sorted({int(ratio) for ratio in policies["imbalance_ratio"]}),
        "seeds": sorted({int(seed) for seed in policies["seed"]}),
        "searches": len(policies.drop_duplicates(SEARCH)),
        "versions": {
            "autosmote": version("autosmote"),
            "numpy": np.__version__,
            "scikit-learn": sklearn.__version__,
        },
    }
    make_bank(policies, origin, options.size).save(options.out)
    print(f"{options.out}: {options.size} policies for each classifier and metric")
    return 0


def _refuse_unknown(left_out: str, names: Iterable[str]) -> None:
    """Refuse to leave out what is not there: the bank would hold what it was to be kept from."""
    if left_out and left_out not in (names := sorted(names)):
        raise DatasetError(f"--leave-out {left_out}: there is no such data set; known: {', '.join(names)}")


def _learn_all(folder: Path, left_out: str, seed: int, known: Path) -> tuple[pd.DataFrame, dict[str, str]]:
    """Search on every task, unless that is done; return the policies, and the data sets' checksums."""
    datasets = [*read_folder(folder), *(fetch(name, spec) for name, spec in BUNDLED.items())]
    checksums = {data.name: data.meta["checksum"] for data in datasets}
    _refuse_unknown(left_out, checksums)
    cells = list(_searches([*tasks((data for data in datasets if data.name != left_out), seed)]))
    # A search on other rows of the same name is another one.
    key = ["checksum", *SEARCH]
    names = [
        (checksums[task.dataset], task.dataset, task.imbalance_ratio, task.seed, *search)
        for task, *search in cells
    ]
    policies = pd.read_csv(known) if known.exists() else pd.DataFrame(columns=key)
    if "checksum" not in policies:  # Written by an earlier version.
        policies = policies.assign(checksum="")
    done = set(map(tuple, policies[key].to_numpy().tolist()))
    for number, (cell, name) in enumerate(zip(cells, names, strict=True), start=1):
        if name in done:
            continue
        print(f"{number} of {len(cells)}:", *name[1:], flush=True)
        found = learn(*cell).assign(checksum=name[0])
        policies = pd.concat([policies, found], ignore_index=True) if len(policies) else found
        with atomic_path(known) as path:
            policies.to_csv(path, index=False)
    wanted = set(names)
    policies = policies[[name in wanted for name in map(tuple, policies[key].to_numpy().tolist())]]
    used = {task.dataset for task, _, _ in cells}
    return policies, {name: checksum for name, checksum in checksums.items() if name in used}


if __name__ == "__main__":
    warnings.simplefilter("default")
    sys.exit(main())
