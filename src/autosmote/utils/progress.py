"""How far a search is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from tqdm import tqdm

if TYPE_CHECKING:
    from autosmote.study.strategy import IterationReport


class Progress:
    """Told of each iteration, show their number and rate, the best validation score and the time left.

    A context manager: the end clears the line of the bar, so that what is printed next begins a line.

    Parameters
    ----------
    iterations : int or None
        How many there will be; None if that is not known.
    metric : str
        Name of the score.
    log : callable
        Receives lines: the first when `every` seconds have passed, and one after the last iteration. None if
        the standard error stream is a terminal, which shows a bar.
    every : float, default 10.0
        Seconds between two lines, at least.
    """

    def __init__(
        self, iterations: int | None, metric: str, log: Callable[[str], None], every: float = 10.0
    ) -> None:
        self.iterations, self.metric, self.log, self.every = iterations, metric, log, every
        self._started = self._shown = time.monotonic()
        self._before: int | None = None  # Iterations done before an interruption.
        self._bar: tqdm | None = None

    def __call__(self, iteration: IterationReport) -> None:
        """Take note of an iteration."""
        done = iteration.iteration
        if self._before is None:
            self._before = done - 1
            if self._before:
                self.log(f"going on after iteration {self._before} from a checkpoint")
            if sys.stderr.isatty():
                self._bar = tqdm(
                    total=self.iterations, initial=self._before, unit=" iterations", dynamic_ncols=True
                )
        score = iteration.best_validation_score
        best = f"best validation {self.metric} " + ("none yet" if math.isnan(score) else f"{score:.4f}")
        if self._bar is not None:
            self._bar.set_postfix_str(best, refresh=False)
            self._bar.update()
            return
        now = time.monotonic()
        if now - self._shown < self.every and done != self.iterations:
            return
        self._shown = now
        rate = (done - self._before) / max(now - self._started, 1e-9)
        if self.iterations is None:
            self.log(f"iteration {done}, {rate:.1f} iterations/s, {best}")
        else:
            left = (self.iterations - done) / rate
            self.log(
                f"iteration {done}/{self.iterations}, {rate:.1f} iterations/s, {best}, {left:.0f} s left"
            )

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()
