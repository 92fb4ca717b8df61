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

from autosmote.datasets.sources import Dataset, DatasetError, fetch
from autosmote.datasets.tasks import Task, TaskError, make_task
from autosmote.evaluation.classifiers import CLASSIFIERS, make_classifier
from autosmote.evaluation.metrics import METRICS
from autosmote.search.bank import PATH, SIZE, PolicyBank, choose_varied
from autosmote.search.linear_policies import PARAMETERS
from autosmote.search.settings import SearchSettings
from autosmote.study.policy_strategies import find_policies
from autosmote.study.strategy import Execution
from autosmote.utils.storage import atomic_path

BUNDLED: Mapping[str, Mapping[str, Any]] = {
    "iris": {"source": "sklearn", "name": "iris", "minority": "versicolor"},
    "wine": {"source": "sklearn", "name": "wine", "minority": "class_1"},
}
"""Data sets that come with scikit-learn, except for digits, whose 64 columns are pixels, and breast_cancer,
which is wdbc of the KEEL repository."""

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
    policies = pd.DataFrame(found.samples["policies"], columns=list(PARAMETERS))
    without = found.history.loc[found.history["n_synthetic"] == 0, "pooled_score"].dropna().iloc[0]
    policies.insert(0, "gain", found.samples["policy_scores"] - without)
    search = (task.dataset, task.imbalance_ratio, task.seed, classifier, metric)
    return pd.concat(
        [pd.DataFrame([search] * len(policies), columns=SEARCH, index=policies.index), policies], axis=1
    )


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
        f"under-sampled to ratios {RATIOS[1]} and {RATIOS[2]} where rows suffice, and write a bank of them.",
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of CSV files, the class in column y")
    parser.add_argument("--out", type=Path, default=PATH, help="the bank (default: that of the package)")
    parser.add_argument(
        "--searches",
        type=Path,
        default=Path("results/bank/searches.csv"),
        help="policies of all searches; those that it holds are not searched again (default: %(default)s)",
    )
    parser.add_argument(
        "--size", type=int, default=SIZE, help="policies per classifier (default: %(default)s)"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="(default: 0)")
    parser.add_argument("--no-bundled", action="store_true", help="leave out the data sets of scikit-learn")
    options = parser.parse_args(arguments)
    try:
        datasets = [*read_folder(options.data)]
        if not options.no_bundled:
            datasets += [fetch(name, spec) for name, spec in BUNDLED.items()]
        all_tasks = [task for seed in options.seeds for task in tasks(datasets, seed)]
    except (DatasetError, TaskError) as error:
        print(error, file=sys.stderr)
        return 2
    policies = pd.read_csv(options.searches) if options.searches.exists() else pd.DataFrame(columns=SEARCH)
    cells = list(_searches(all_tasks))
    done = set(map(tuple, policies[SEARCH].to_numpy().tolist()))
    for number, (task, classifier, metric) in enumerate(cells, start=1):
        if (task.dataset, task.imbalance_ratio, task.seed, classifier, metric) in done:
            continue
        print(
            f"{number} of {len(cells)}: {task.dataset} {task.imbalance_ratio} {classifier} {metric}",
            flush=True,
        )
        found = learn(task, classifier, metric)
        policies = pd.concat([policies, found], ignore_index=True) if len(policies) else found
        with atomic_path(options.searches) as path:
            policies.to_csv(path, index=False)
    origin = {
        "datasets": {
            dataset.name: dataset.meta["checksum"]
            for dataset in datasets
            if any(task.dataset == dataset.name for task in all_tasks)
        },
        "imbalance_ratios": ["as it is", *RATIOS[1:]],
        "seeds": options.seeds,
        "fits": FITS,
        "searches": len(cells),
        "versions": {
            "autosmote": version("autosmote"),
            "numpy": np.__version__,
            "scikit-learn": sklearn.__version__,
        },
    }
    make_bank(policies, origin, options.size).save(options.out)
    print(f"{options.out}: {options.size} policies for each classifier and metric")
    return 0


if __name__ == "__main__":
    warnings.simplefilter("default")
    sys.exit(main())
