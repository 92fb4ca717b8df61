"""Samplers on more than two classes: all classes at once, or one class after the other against all others."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from autosmote.samplers.spec import (
    ALL_AT_ONCE,
    ONE_BY_ONE,
    MethodSpec,
    NotApplicable,
    Resample,
    Resampled,
    SamplerSpec,
    Training,
)


def build(spec: SamplerSpec, training: Training, seed: int) -> Resample:
    """Build a sampler for rows of any number of classes.

    Parameters
    ----------
    spec : SamplerSpec
    training : Training
        Labels 0 and 1, or 0, 1, 2 and so on.
    seed : int

    Returns
    -------
    callable
        As ``spec.build`` returns it. Of more than two classes, a ratio is that of the rows of every class to
        those of the largest.

    Raises
    ------
    NotApplicable
        If there are more classes than the sampler takes, or it cannot be used on these rows.
    """
    if training.y.max() == 1 or spec.multiclass == ALL_AT_ONCE:
        return spec.build(training, seed)
    if spec.multiclass == ONE_BY_ONE:
        return one_by_one(spec.build, training, seed)
    raise takes_two(spec, training.y)


def takes_two(spec: SamplerSpec | MethodSpec, y: np.ndarray) -> NotApplicable:
    """Return the refusal of a method of two classes."""
    return NotApplicable(f"{spec.name} takes two classes, and there are {len(np.unique(y))}")


def one_by_one(build: Callable[[Training, int], Resample], training: Training, seed: int) -> Resample:
    """Over-sample one class after the other against all others, as SMOTE of imbalanced-learn does.

    Parameters
    ----------
    build : callable
        That of a `SamplerSpec` which puts synthetic rows of class 1 behind the given rows, and changes none.
    training : Training
        Labels of any number of classes.
    seed : int
        Of the sampler, for every class.

    Returns
    -------
    callable
        Brings every class to the ratio times the rows of the largest one, rounded down; a class that has as
        many stays as it is. The synthetic rows stand behind the given ones, class by class. ``settings`` are
        those of the sampler, by class.
    """
    X, y = training.X, training.y
    classes, counts = np.unique(y, return_counts=True)

    @cache
    def of_class(label: int) -> Resample:
        return build(Training(X, (y == label).astype(np.int64), training.onehot), seed)

    def resample(ratio: float | None) -> Resampled:
        wanted = int((ratio or 1.0) * counts.max())
        rows, labels, settings = [X], [y], {}
        for label, count in zip(classes.tolist(), counts.tolist(), strict=True):
            if wanted <= count:
                continue
            made = of_class(label)(_share(wanted, len(y) - count))
            added = made.X[len(X) :]
            rows.append(added)
            labels.append(np.full(len(added), label, dtype=y.dtype))
            if made.settings:
                settings[str(label)] = dict(made.settings)
        if len(rows) == 1:
            raise NotApplicable(f"all classes have {ratio} of the rows of the largest already")
        return Resampled(np.concatenate(rows), np.concatenate(labels), settings)

    return resample


def _share(wanted: int, others: int) -> float:
    """The ratio that asks for just so many rows: a quotient times its divisor can lie below the dividend."""
    share = wanted / others
    return share if share * others >= wanted else float(np.nextafter(share, 1.0))
