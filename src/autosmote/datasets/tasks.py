"""Imbalanced tasks: under-sample the minority class, split into training, validation and test rows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from autosmote.datasets.preprocessing import Encoder
from autosmote.datasets.sources import Dataset
from autosmote.utils.errors import UserError
from autosmote.utils.parts import N_TRAINING_PARTS
from autosmote.utils.storage import CorruptFileError, read_arrays, write_arrays

UNDERSAMPLE = ("before_split", "after_split")
FIT_ON = ("all", "train")

NATURAL = "natural"
"""In place of an imbalance ratio: that of the data set, of which all rows are kept."""


class TaskError(UserError, ValueError):
    """The task cannot be made from this data set."""


@dataclass(frozen=True, eq=False)
class WeightedRows:
    """Labelled rows that count for more or less than one.

    Parameters
    ----------
    X : ndarray of float64, shape (n_rows, n_features)
    y : ndarray of int64, shape (n_rows,)
        1 for the minority class, 0 for the majority class.
    weight : ndarray of float64, shape (n_rows,)
        How many rows each row stands for.
    """

    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray


@dataclass(frozen=True, eq=False)
class Task:
    """One imbalanced classification task with its three parts.

    Parameters
    ----------
    dataset : str
        Name of the data set.
    imbalance_ratio : int
        Majority rows per minority row; of more than two classes, rows of the largest per row of the smallest.
    seed : int
        Seed of the under-sampling and the split.
    X_train, X_validation, X_test : ndarray of float64, shape (n_rows, n_features), C-contiguous
        Scaled and encoded features.
    y_train, y_validation, y_test : ndarray of int64, shape (n_rows,)
        1 for the minority class, 0 for the majority class; of more than two classes, their codes by size
        (`autosmote.datasets.sources.Dataset`). Each part has rows of every class.
    feature_names : list of str
        Names of the columns.
    onehot : ndarray of bool, shape (n_features,)
        Columns that hold only 0 and 1, from encoding.
    nominal : ndarray of int, shape (n_features,), optional
        Number of the nominal column that each column comes from, -1 for numbers
        (`autosmote.datasets.preprocessing.Encoder`). Default: all are numbers.
    X_unused : ndarray of float64, shape (n_unused, n_features), default no rows
        The minority rows that under-sampling left out of all three parts. Nothing is trained or chosen on
        them; with the test rows they form the `large_test`.
    """

    dataset: str
    imbalance_ratio: int
    seed: int
    X_train: np.ndarray
    y_train: np.ndarray
    X_validation: np.ndarray
    y_validation: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    feature_names: list[str]
    onehot: np.ndarray
    nominal: np.ndarray = field(default_factory=lambda: np.empty(0, np.intp))
    X_unused: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))

    def __post_init__(self) -> None:
        if not len(self.nominal):
            object.__setattr__(self, "nominal", np.full(self.X_train.shape[1], -1))

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return int(self.y_train.max()) + 1

    def merged(self) -> Task:
        """The same task with training and validation rows, in this order, as its training rows."""
        X = np.concatenate([self.X_train, self.X_validation])
        y = np.concatenate([self.y_train, self.y_validation])
        return replace(self, X_train=X, y_train=y)

    @property
    def large_test(self) -> WeightedRows | None:
        """Test rows and unused minority rows; None where under-sampling left no minority row over.

        The minority rows share the weight that those of the test split have, so that every weighted metric
        measures at the class ratio of the test split, with far less noise: the paper's smallest test splits
        have eight minority rows, while more than a thousand are unused. Not in the paper.
        """
        if not len(self.X_unused):
            return None
        y = np.concatenate([self.y_test, np.ones(len(self.X_unused), dtype=self.y_test.dtype)])
        weight = np.where(y == 1, self.y_test.sum() / y.sum(), 1.0)
        return WeightedRows(np.concatenate([self.X_test, self.X_unused]), y, weight)


def imbalanced_counts(n_majority: int, n_minority: int, ratio: int) -> tuple[int, int]:
    """Class sizes after the minority class is under-sampled to an imbalance ratio, as Table 1 counts them.

    Parameters
    ----------
    n_majority, n_minority : int
        Rows of each class.
    ratio : int
        The imbalance ratio: majority rows per minority row.

    Returns
    -------
    n_majority, n_minority : int
        All majority rows, and floor(`n_majority` / `ratio`) minority rows.

    Raises
    ------
    TaskError
        If `ratio` is not a positive integer, or there are too few minority rows.
    """
    if not isinstance(ratio, int | np.integer) or isinstance(ratio, bool) or ratio < 1:
        raise TaskError(f"an imbalance ratio has to be a positive integer, not {ratio!r}")
    wanted = int(n_majority // ratio)
    if n_minority < wanted:
        raise TaskError(
            f"imbalance ratio {ratio} needs {wanted} minority rows for {n_majority} majority rows, but there "
            f"are {n_minority}: the data are more imbalanced already; use a ratio of at least "
            f"{n_majority // (n_minority + 1) + 1} in `imbalance_ratios`"
        )
    return int(n_majority), wanted


def make_task(
    dataset: Dataset,
    imbalance_ratio: int | None,
    seed: int,
    *,
    undersample: str = "before_split",
    fit_on: str = "all",
    missing: str = "zero",
    validation: float = 0.2,
    test: float = 0.2,
) -> Task:
    """Make the task of Section 4.1 from a data set.

    Each class is split separately, so all parts have the same class ratio up to rounding.

    Parameters
    ----------
    dataset : Dataset
        The data set.
    imbalance_ratio : int or None
        Majority rows per minority row. None keeps all rows; the ratio of the task is then theirs, rounded.
        More than two classes need None.
    seed : int
        Not negative. The same seed gives the same task.
    undersample : {"before_split", "after_split"}, default "before_split"
        ``before_split`` draws floor(majority / `imbalance_ratio`) minority rows, then splits (the paper).
        ``after_split`` splits first, then draws within each part (the authors' code).
    fit_on : {"all", "train"}, default "all"
        Rows that means, standard deviations and categories come from: all rows of the data set, because the
        paper scales before it under-samples and splits, or only the training rows.
    missing : {"zero", "mean_indicator"}, default "zero"
        See `autosmote.datasets.preprocessing.Encoder`.
    validation, test : float, default 0.2
        Fractions of the rows for these parts; the rest is for training.

    Returns
    -------
    Task
        The rows of each part in random order.

    Raises
    ------
    TaskError
        If an argument is out of range, if a column has infinite or huge values, if there is a ratio for more
        than two classes, if the minority has most of the rows and there is no ratio, or if there are too few
        minority rows for the ratio or the split. The split needs two for training and one for each other
        part. Of more than two classes, each needs three for training: one for each part that policy search
        makes of these rows.
    """
    try:
        _check(seed, undersample, fit_on, validation, test)
        target = dataset.target.to_numpy()
        sizes = np.bincount(target, minlength=2).tolist()
        n_majority, n_minority = sizes[0], sizes[-1]
        if imbalance_ratio is None:
            _check_natural(n_majority, n_minority)
        else:
            if len(sizes) > 2:
                raise TaskError(
                    f"there are {len(sizes)} classes, and imbalance ratio {imbalance_ratio} is one of two; "
                    f"set `imbalance_ratios` to [{NATURAL}], or name the data set's `minority`"
                )
            imbalanced_counts(n_majority, n_minority, imbalance_ratio)
        rng = np.random.default_rng([seed, imbalance_ratio or 0])
        classes = [rng.permutation(np.flatnonzero(target == label)) for label in range(len(sizes))]
        unused = []
        if imbalance_ratio is not None and undersample == "before_split":
            classes, dropped = _undersample(classes, imbalance_ratio)
            unused.append(dropped)
        # parts[0] holds the training rows of each class, the majority first, and so on.
        parts = list(zip(*(_split(rows, validation, test) for rows in classes), strict=True))
        if imbalance_ratio is not None and undersample == "after_split":
            sampled = [_undersample(part, imbalance_ratio) for part in parts]
            parts = [tuple(kept) for kept, _ in sampled]
            unused += [dropped for _, dropped in sampled]
        for label in range(1, len(sizes)):
            name = "minority" if len(sizes) == 2 else repr(dataset.meta["classes"][label])
            _check_sizes([len(part[label]) for part in parts], imbalance_ratio, name, len(sizes))
        train, validated, tested = (rng.permutation(np.concatenate(part)) for part in parts)
        encoder = Encoder(missing).fit(dataset.frame if fit_on == "all" else dataset.frame.iloc[train])
        X_train, X_validation, X_test = (
            encoder.transform(dataset.frame.iloc[rows]) for rows in (train, validated, tested)
        )
        left_out = np.concatenate([np.empty(0, dtype=np.intp), *unused])
        X_unused = np.empty((0, len(encoder.feature_names)))
        if len(left_out):
            X_unused = encoder.transform(dataset.frame.iloc[left_out])
    except ValueError as error:
        raise TaskError(f"data set {dataset.name!r}: {error}") from error
    return Task(
        dataset=dataset.name,
        imbalance_ratio=int(imbalance_ratio or max(1, round(n_majority / n_minority))),
        seed=int(seed),
        X_train=X_train,
        y_train=target[train],
        X_validation=X_validation,
        y_validation=target[validated],
        X_test=X_test,
        y_test=target[tested],
        feature_names=encoder.feature_names,
        onehot=encoder.onehot,
        nominal=encoder.nominal,
        X_unused=X_unused,
    )


def _check(seed: int, undersample: str, fit_on: str, validation: float, test: float) -> None:
    if not isinstance(seed, int | np.integer) or isinstance(seed, bool) or seed < 0:
        raise TaskError(f"a seed has to be a non-negative integer, not {seed!r}")
    for key, value, known in (("undersample", undersample, UNDERSAMPLE), ("fit_on", fit_on, FIT_ON)):
        if value not in known:
            raise TaskError(f"unknown value {value!r} of `{key}`; known: {', '.join(known)}")
    if not (validation > 0 and test > 0 and validation + test < 1):
        raise TaskError(
            f"`validation` and `test` have to be positive with a sum below 1, not {validation} and {test}"
        )


def _check_natural(n_majority: int, n_minority: int) -> None:
    if n_minority > n_majority:
        raise TaskError(
            f"the minority has {n_minority} rows and all others together {n_majority}, which leaves nothing "
            "to over-sample; set `minority` to the other labels, or `imbalance_ratios` to numbers"
        )


def _undersample(classes: Sequence[np.ndarray], ratio: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Keep the majority rows and the first of the (shuffled) minority rows; the others come second."""
    majority, minority = classes
    _, wanted = imbalanced_counts(len(majority), len(minority), ratio)
    return [majority, minority[:wanted]], minority[wanted:]


def _split(rows: np.ndarray, validation: float, test: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cut the (shuffled) rows of one class into training, validation and test rows of rounded sizes."""
    n_train, n_validation, _ = _split_sizes(len(rows), validation, test)
    train, validated, tested = np.split(rows, [n_train, n_train + n_validation])
    return train, validated, tested


def _split_sizes(n_rows: int, validation: float, test: float) -> tuple[int, int, int]:
    n_validation = int(n_rows * validation + 0.5)
    n_test = min(int(n_rows * test + 0.5), n_rows - n_validation)
    return n_rows - n_validation - n_test, n_validation, n_test


def _check_sizes(rows: Sequence[int], ratio: int | None, name: str, n_classes: int) -> None:
    train, validation, test = rows
    least = 2 if n_classes == 2 else N_TRAINING_PARTS
    if train < least or validation < 1 or test < 1:
        where, remedy = ("", "") if ratio is None else (f"at imbalance ratio {ratio} ", " or a smaller ratio")
        if n_classes > 2:
            remedy = ", leave the class out, or name the data set's `minority`"
        raise TaskError(
            f"{where}training, validation and test get {train}, {validation} and {test} {name} rows, but "
            f"need {least}, 1 and 1 or more; use more data{remedy}"
        )


def save_task(task: Task, path: str | os.PathLike[str]) -> None:
    """Write a task as an npz file.

    Parameters
    ----------
    task : Task
        The task to write.
    path : path-like
        The file to write, with the suffix ``.npz``.
    """
    write_arrays({field.name: np.asarray(getattr(task, field.name)) for field in fields(task)}, path)


def load_task(path: str | os.PathLike[str]) -> Task:
    """Read what `save_task` wrote.

    Parameters
    ----------
    path : path-like
        The file to read.

    Returns
    -------
    Task
        Equal to the one that was saved.

    Raises
    ------
    autosmote.utils.storage.CorruptFileError
        If the file is damaged or holds no task.
    """
    arrays: dict[str, Any] = read_arrays(path)
    missing = {field.name for field in fields(Task)} ^ arrays.keys()
    if missing:
        raise CorruptFileError(
            f"{path} holds no task (see {', '.join(sorted(missing))}); delete it and run again"
        )
    for name in ("dataset", "imbalance_ratio", "seed"):
        arrays[name] = arrays[name].item()
    return Task(**arrays | {"feature_names": arrays["feature_names"].tolist()})


def dataset_summary(
    dataset: Dataset,
    imbalance_ratios: Sequence[int | str],
    domain: str = "",
    *,
    undersample: str = "before_split",
    validation: float = 0.2,
    test: float = 0.2,
) -> dict[str, Any]:
    """Make the row of Table 1 for a data set.

    Parameters
    ----------
    dataset : Dataset
        The data set.
    imbalance_ratios : sequence of int, or of `NATURAL`
        The imbalance ratios to count minority rows for.
    domain : str, default ""
        The field of application of the data.
    undersample, validation, test
        As in `make_task`; they decide how many minority rows the test split has.

    Returns
    -------
    dict
        ``dataset``, ``openml_id`` (None if not from OpenML), ``majority`` (rows), ``minority_ir<IR>`` (rows)
        for each ratio, ``test_ir<IR>`` (minority rows in the test split) for each ratio, ``features``
        (columns after encoding) and ``domain``. Of more than two classes the majority is the largest and the
        minority the smallest one, and ``classes`` is their number.

    Raises
    ------
    TaskError
        If there are too few minority rows for a ratio, or too many for the natural one.
    """
    n_majority, n_minority = dataset.meta["n_majority"], dataset.meta["n_minority"]
    try:
        if NATURAL in imbalance_ratios:
            _check_natural(n_majority, n_minority)
        minority = {
            f"minority_ir{ratio}": n_minority
            if isinstance(ratio, str)
            else imbalanced_counts(n_majority, n_minority, ratio)[1]
            for ratio in imbalance_ratios
        }
        tested = {}
        for ratio in imbalance_ratios:
            if isinstance(ratio, str) or undersample == "before_split":
                tested[f"test_ir{ratio}"] = _split_sizes(minority[f"minority_ir{ratio}"], validation, test)[2]
            else:
                majority_rows = _split_sizes(n_majority, validation, test)[2]
                minority_rows = _split_sizes(n_minority, validation, test)[2]
                tested[f"test_ir{ratio}"] = imbalanced_counts(majority_rows, minority_rows, ratio)[1]
    except TaskError as error:
        raise TaskError(f"data set {dataset.name!r}: {error}") from error
    return {
        "dataset": dataset.name,
        "openml_id": dataset.meta["openml_id"],
        "majority": n_majority,
        **minority,
        **tested,
        "features": len(Encoder().fit(dataset.frame).feature_names),
        "domain": domain,
        **({"classes": n_classes} if (n_classes := len(dataset.meta.get("classes", ()))) > 2 else {}),
    }
