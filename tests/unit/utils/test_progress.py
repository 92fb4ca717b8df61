"""Lines of progress, and the bar that takes their place on a terminal."""

import io
import itertools
import math
import sys
import time

import pytest

from autosmote.search.engine import Iteration
from autosmote.utils.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def iteration(number, best=0.25):
    return Iteration(number, 0, 1, 10, 0.2, best)


@pytest.fixture
def clock(monkeypatch):
    """A second passes each time it is looked at."""
    seconds = itertools.count()
    monkeypatch.setattr(time, "monotonic", lambda: float(next(seconds)))


def test_lines_tell_rate_score_and_time_left(clock):
    lines = []
    with Progress(8, "mcc", lines.append, every=2.0) as progress:
        for number in range(1, 9):
            progress(iteration(number, math.nan if number < 3 else 0.25))
    assert lines == [
        "iteration 2/8, 1.0 iterations/s, best validation mcc none yet, 6 s left",
        "iteration 4/8, 1.0 iterations/s, best validation mcc 0.2500, 4 s left",
        "iteration 6/8, 1.0 iterations/s, best validation mcc 0.2500, 2 s left",
        "iteration 8/8, 1.0 iterations/s, best validation mcc 0.2500, 0 s left",
    ]


def test_the_rate_of_a_resumed_search_is_its_own(clock):
    lines = []
    with Progress(100, "mcc", lines.append, every=0.0) as progress:
        progress(iteration(51))
    assert lines == [
        "going on after iteration 50 from a checkpoint",
        "iteration 51/100, 1.0 iterations/s, best validation mcc 0.2500, 49 s left",
    ]


def test_an_end_that_is_not_known_is_not_told(clock):
    lines = []
    with Progress(None, "score", lines.append, every=0.0) as progress:
        progress(iteration(1))
    assert lines == ["iteration 1, 1.0 iterations/s, best validation score 0.2500"]


@pytest.mark.parametrize("total", [40, None])
def test_a_terminal_gets_a_bar_instead(monkeypatch, total):
    terminal, lines = Terminal(), []
    monkeypatch.setattr(sys, "stderr", terminal)
    with Progress(total, "mcc", lines.append, every=0.0) as progress:
        for number in range(11, 41):
            progress(iteration(number))
    last = terminal.getvalue().split("\r")[-1]
    assert lines == ["going on after iteration 10 from a checkpoint"]
    assert ("40/40 [" if total else "40 iterations [") in last
    assert "iterations/s" in last and "best validation mcc 0.2500" in last
    assert last.endswith("\n")
