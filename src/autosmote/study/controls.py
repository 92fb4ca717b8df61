"""Controls of policy search: known over-samplers with as careful a choice, or with as many looks.

A win over a sampler at its default settings could come from the cross-validation, from the best of several
draws, or from the number of fits. Here the samplers get these too.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning

from autosmote.datasets.tasks import Task
from autosmote.evaluation.classifiers import make_classifier
from autosmote.evaluation.metrics import METRICS, needs_scores
from autosmote.evaluation.scoring import respond
from autosmote.samplers import multiclass
from autosmote.samplers.imbalanced_learn import SPECS
from autosmote.samplers.spec import NotApplicable, Training
from autosmote.search.settings import SearchSettings
from autosmote.study.strategy import Execution, Found, Rows, Selection
from autosmote.utils.parts import join_parts
from autosmote.utils.refusals import is_refusal
from autosmote.utils.threads import one_thread

CODE = (
    "autosmote.study.controls",
    "autosmote.samplers.multiclass",
    "autosmote.utils.parts",
    "autosmote.utils.refusals",
    "autosmote.utils.threads",
)
"""Modules that decide what the controls find, beside the code of their sampler."""

RATIOS = tuple(tenth / 10 for tenth in range(1, 11))
"""Minority rows per majority row to choose from (Section 4.1)."""

DRAWS = 8
"""Draws at the chosen ratio, of which validation chooses, as for policies."""


@dataclass(frozen=True)
class Look:
    """What one fit did; the rows of the history.

    Attributes
    ----------
    iteration : int
        From 1.
    ratio : float
        Minority rows per majority row asked for.
    fold : int
        From 1; the last one is that of training and validation rows.
    validation_score : float
        Score on the rows that the fold leaves out; NaN if the sampler or the classifier refused.
    best_validation_score : float
        Score on the validation rows of the best draw so far; NaN if there is none.
    """

    iteration: int
    ratio: float
    fold: int
    validation_score: float
    best_validation_score: float


def find_sampler_by_folds(
    task: Task, classifier: str, metric: str, settings: SearchSettings, execution: Execution, *, sampler: str
) -> Found:
    """Choose the ratio of a sampler by the folds of policy search, and the best of eight draws by validation.

    Parameters
    ----------
    task : Task
        Its seed also seeds the classifier.
    classifier, metric : str
        Names of `autosmote.evaluation`.
    settings : SearchSettings
        Of these, ``iterations`` and ``seed``. All ten ratios and eight draws need 48 iterations; with fewer,
        fewer ratios are tried.
    execution : Execution
        Only ``on_iteration`` is used.
    sampler : str
        Name of an over-sampler of imbalanced-learn.

    Returns
    -------
    Found
        With the refit of the chosen ratio.

    Raises
    ------
    ValueError
        If there are too few iterations for one ratio on all folds and one draw.
    """
    with one_thread():
        run = _Run(task, sampler, classifier, metric, settings, execution)
        n_folds = len(np.unique(run.parts))
        if settings.iterations <= n_folds:
            raise ValueError(
                f"search setting iterations={settings.iterations!r}: a ratio needs a fit on each of "
                f"{n_folds} folds, and the result one more; expected at least {n_folds + 1}"
            )
        n_ratios = min(len(RATIOS), (settings.iterations - 1) // n_folds)
        spread = np.linspace(0, len(RATIOS) - 1, n_ratios + 1)[1:].round().astype(int)
        ratios = RATIOS if n_ratios == len(RATIOS) else [RATIOS[i] for i in spread]
        scores = [run.pooled_score(ratio) for ratio in ratios]
        if np.isnan(scores).all():
            return run.found(None)
        ratio = ratios[int(np.nanargmax(scores))]
        for draw in range(min(DRAWS, settings.iterations - n_folds * n_ratios)):
            run.draw(ratio, draw)
        return run.found(ratio)


def find_best_look(
    task: Task,
    classifier: str,
    metric: str,
    settings: SearchSettings,
    execution: Execution,
    *,
    sampler: str = "SMOTE",
) -> Found:
    """Give a sampler as many looks at the validation rows as a search has: ten ratios, each with many seeds.

    Parameters
    ----------
    task : Task
        Its seed also seeds the classifier.
    classifier, metric : str
        Names of `autosmote.evaluation`.
    settings : SearchSettings
        Of these, ``iterations`` and ``seed``.
    execution : Execution
        Only ``on_iteration`` is used.
    sampler : str, default "SMOTE"
        Name of an over-sampler of imbalanced-learn.

    Returns
    -------
    Found
        With the refit of the ratio of the best draw.
    """
    with one_thread():
        run = _Run(task, sampler, classifier, metric, settings, execution)
        for look in range(settings.iterations):
            run.draw(RATIOS[look % len(RATIOS)], look // len(RATIOS))
        return run.found(run.best_ratio)


class _Run:
    """How far the choice has come."""

    def __init__(
        self,
        task: Task,
        sampler: str,
        classifier: str,
        metric: str,
        settings: SearchSettings,
        execution: Execution,
    ) -> None:
        self.task, self.settings, self.sampler = task, settings, sampler
        self._spec = next(spec for spec in SPECS if spec.name == sampler)
        self._classifier, self._metric, self._measure = classifier, metric, METRICS[metric]
        self._on_iteration = execution.on_iteration
        self.X = np.concatenate([task.X_train, task.X_validation])
        self.y, self.parts = join_parts(task.y_train, task.y_validation, settings.seed)
        self._history: list[Look] = []
        self._selections: list[Selection] = []
        self.best_ratio: float | None = None

    def pooled_score(self, ratio: float) -> float:
        """Score a ratio over all folds; NaN if it is refused in one of them.

        As in `autosmote.search.folds.CrossValidation`: by the labels of all folds together, or, where the
        metric needs scores, by the mean of the folds' values, weighted by their rows.
        """
        labels = np.empty(len(self.y), dtype=np.int64)
        scores, sizes = [], []
        refused = False
        for part in np.unique(self.parts):
            left_out = self.parts == part
            rows = self._resample(self.X[~left_out], self.y[~left_out], ratio, draw=0)
            predicted = None if rows is None else self._predict(rows, self.X[left_out])
            score = math.nan
            if predicted is None:
                refused = True
            else:
                if not needs_scores(self._measure):
                    labels[left_out] = predicted
                score = self._measure(self.y[left_out], predicted)
            scores.append(score)
            sizes.append(np.count_nonzero(left_out))
            self._record(ratio, int(part) + 1, score)
        if refused:
            return math.nan
        if needs_scores(self._measure):
            return float(np.average(scores, weights=sizes))
        return self._measure(self.y, labels)

    def draw(self, ratio: float, draw: int) -> None:
        """Draw on the training rows, and keep what is best on the validation rows."""
        rows = self._resample(self.task.X_train, self.task.y_train, ratio, draw)
        predicted = None if rows is None else self._predict(rows, self.task.X_validation)
        score = math.nan
        if rows is not None and predicted is not None:
            score = self._measure(self.task.y_validation, predicted)
            if not self._selections or score > self._selections[-1].score:
                self._selections.append(Selection(len(self._history) + 1, score, rows.X, rows.y))
                self.best_ratio = ratio
        self._record(ratio, int(self.parts.max()) + 1, score)

    def found(self, ratio: float | None) -> Found:
        """Put together what was found, with the refit of a ratio."""
        task = self.task
        best = self._selections[-1] if self._selections else Rows(task.X_train, task.y_train)
        choice: dict[str, Any] = {"sampler": self.sampler} | ({} if ratio is None else {"ratio": ratio})
        return Found(
            selections=self._selections,
            n_synthetic=len(best.y) - len(task.y_train),
            history=pd.DataFrame(self._history),
            samples={"X": best.X, "y": best.y},
            settings={"iterations": self.settings.iterations, "seed": self.settings.seed, **choice},
            refit=None if ratio is None else self._resample(self.X, self.y, ratio, draw=0),
        )

    def _resample(self, X: np.ndarray, y: np.ndarray, ratio: float, draw: int) -> Rows | None:
        """Resample rows; None where the sampler refuses."""
        seed = int(np.random.SeedSequence([self.settings.seed, draw]).generate_state(1)[0])
        try:
            training = Training(X.copy(), y.copy(), self.task.onehot.copy())
            resampled = multiclass.build(self._spec, training, seed)(ratio)
        except NotApplicable:
            return None
        return Rows(np.asarray(resampled.X, dtype=np.float64), np.asarray(resampled.y))

    def _predict(self, rows: Rows, X: np.ndarray) -> np.ndarray | None:
        """Fit the classifier and predict; None where it refuses the rows."""
        try:
            with warnings.catch_warnings():
                # As in a search: one warning per fit would say nothing more.
                warnings.simplefilter("ignore", ConvergenceWarning)
                model = make_classifier(self._classifier, self.task.seed).fit(rows.X, rows.y)
            return respond(model, X, self._metric)
        except ValueError as error:
            if is_refusal(error):
                return None
            raise

    def _record(self, ratio: float, fold: int, score: float) -> None:
        best = self._selections[-1].score if self._selections else math.nan
        look = Look(len(self._history) + 1, ratio, fold, score, best)
        self._history.append(look)
        if self._on_iteration is not None:
            self._on_iteration(look)
