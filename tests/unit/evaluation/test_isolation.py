"""Methods that do their worst, each in a process of its own."""

import ctypes
import math
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from started import started

from autosmote.datasets.tasks import Task
from autosmote.evaluation.isolation import Limits, Process, Stopped, run_all
from autosmote.evaluation.protocol import evaluate_sampler
from autosmote.samplers import Resampled, SamplerSpec
from autosmote.utils.errors import UnknownNameError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits need Linux")

# One CPU second is the least that the kernel can limit to; the clock must not come before it.
LIMITS = Limits(cpu_seconds=1, wall_seconds=60, memory_mb=100)
IMPATIENT = Limits(cpu_seconds=60, wall_seconds=2, memory_mb=100)


@pytest.fixture
def task():
    rng = np.random.default_rng(0)
    X, y = np.arange(12.0)[:, None], np.r_[np.zeros(9, np.int64), np.ones(3, np.int64)]
    X_train, y_train = rng.normal(size=(20, 1)), np.r_[np.zeros(16, np.int64), np.ones(4, np.int64)]
    return Task("toy", 4, 0, X_train, y_train, X, y, X.copy(), y.copy(), ["x"], np.zeros(1, bool))


def evaluate(task, acts, limits=LIMITS):
    """Evaluate a sampler that does what `acts` holds for a ratio."""

    def build(training, seed):
        return lambda ratio: acts[ratio](training)

    spec = SamplerSpec("Scripted", "Over-sampling", True, "test", "none", None, build)
    (row,) = evaluate_sampler(
        task,
        spec,
        classifiers=["tree"],
        metrics=["macro_f1"],
        ratios=list(acts),
        seed=0,
        limits=limits,
    )
    return row


# What a sampler can do


def good(training):
    return Resampled(np.r_[np.full(9, 8.0), np.full(9, 9.0)][:, None], np.repeat([0, 1], 9))


def raises(training):
    raise RuntimeError("boom")


def takes_memory_in_one_go(training):
    return np.ones(2**40)


def takes_memory_bit_by_bit(training):
    hoard = []
    while True:
        hoard.append(bytearray(2**20))


def computes_for_ever(training):
    while True:
        pass


def sleeps_for_ever(training):
    time.sleep(1e6)


def returns_its_input(training):
    return Resampled(training.X, training.y)


def returns_nan(training):
    return Resampled(np.full_like(training.X, np.nan), training.y)


def kills_itself(training):
    os.kill(os.getpid(), signal.SIGKILL)


def crashes(training):
    ctypes.string_at(0)


def exits(training):
    sys.exit(3)


def ends_at_once(training):
    os._exit(0)


def is_refused_memory_in_cpp(training):
    os.write(2, b"terminate called after throwing an instance of 'std::bad_alloc'")
    os.abort()


FAULTS = [
    (raises, LIMITS, "failed", "RuntimeError: boom"),
    (takes_memory_in_one_go, LIMITS, "memory", "Unable to allocate 8.00 TiB"),
    (takes_memory_bit_by_bit, LIMITS, "memory", "out of memory"),
    (is_refused_memory_in_cpp, LIMITS, "memory", "out of memory"),
    (computes_for_ever, LIMITS, "timeout", "stopped after 1 CPU seconds"),
    (sleeps_for_ever, IMPATIENT, "timeout", "stopped after 2 seconds on the clock"),
    (returns_nan, LIMITS, "failed", "returned NaN or infinity in 20 of 20 rows"),
    (kills_itself, LIMITS, "failed", "killed by signal 9 (Killed)"),
    (crashes, LIMITS, "failed", "killed by signal 11 (Segmentation fault)"),
    (exits, LIMITS, "failed", "exit status 3"),
    (ends_at_once, LIMITS, "failed", "exit status 0"),
]


@pytest.mark.parametrize(("act", "limits", "status", "reason"), FAULTS)
def test_sampler_that_does_its_worst_gives_a_row(task, act, limits, status, reason):
    row = evaluate(task, {0.2: act, 0.4: act}, limits)
    assert row["status"] == status
    assert row["message"].startswith(f"2 of 2 ratios (0.2, 0.4) {status}: ")
    assert reason in row["message"]
    assert math.isnan(row["test_score"])


@pytest.mark.parametrize(("act", "limits", "status", "reason"), [FAULTS[0], *FAULTS[4:8]])
def test_what_was_returned_before_counts(task, act, limits, status, reason):
    row = evaluate(task, {0.2: good, 0.4: act}, limits)
    assert (row["status"], row["ratio"], row["test_score"]) == ("ok", 0.2, 1.0)
    assert row["message"].startswith(f"1 of 2 ratios (0.4) {status}: ")
    assert reason in row["message"]


def test_what_comes_after_a_refused_allocation_counts(task):
    row = evaluate(task, {0.2: takes_memory_in_one_go, 0.4: good})
    assert (row["status"], row["ratio"]) == ("ok", 0.4)
    assert row["message"].startswith("1 of 2 ratios (0.2) memory: ")


def test_ratios_after_a_death_are_named_with_the_reason(task):
    row = evaluate(task, {0.2: good, 0.4: kills_itself, 0.6: good})
    assert row["message"] == "2 of 3 ratios (0.4, 0.6) failed: its process was killed by signal 9 (Killed)"


def test_input_returned_is_unchanged_data(task):
    row = evaluate(task, {0.2: returns_its_input})
    assert (row["status"], row["message"]) == ("unchanged", "1 of 1 ratios (0.2) unchanged")


def test_megabytes_of_print_are_not_passed_on(task, capfd):
    def prints(training):
        for _ in range(300):
            print("print" * 2000)
        os.write(2, b"write" * 2**20)
        return good(training)

    assert evaluate(task, {0.2: prints, 0.4: prints})["message"] == ""
    assert capfd.readouterr() == ("", "")


def test_last_words_of_a_process_that_died_are_logged(task, caplog):
    def dies(training):
        os.write(2, b"free(): invalid pointer")
        os.abort()

    evaluate(task, {0.2: dies})
    assert caplog.messages == ["Scripted failed\nfree(): invalid pointer"]


def test_row_is_the_same_with_and_without_limits(task):
    def draws(training):
        rng = np.random.default_rng(1)
        return Resampled(rng.normal(size=(40, 1)), np.repeat([0, 1], 20), {"draws": 40})

    isolated, plain = (evaluate(task, {0.2: draws, 0.4: good}, limits) for limits in (LIMITS, None))
    assert isolated.pop("seconds") > 0
    del plain["seconds"]
    assert isolated == plain


def test_cpu_seconds_of_the_process_count(task):
    def computes(training):
        end = time.process_time() + 0.2
        while time.process_time() < end:
            pass
        return good(training)

    assert evaluate(task, {0.2: computes})["seconds"] >= 0.2


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"),
        ImportError("ctgan"),
        UnknownNameError("classifier", "SVM", ["svm"]),  # It cannot be pickled.
    ],
)
def test_what_is_not_the_methods_fault_propagates_with_its_traceback(error):
    def work():
        yield 1
        raise error

    with Process(work, LIMITS) as process:
        items = iter(process)
        assert next(items) == 1
        with pytest.raises((type(error), RuntimeError)) as caught:
            next(items)
    assert str(error) in str(caught.value)
    assert "in work" in "".join([str(caught.value), *getattr(caught.value, "__notes__", [])])


class Unreadable:
    def __reduce__(self):
        return int, ("no number",)


def test_item_that_cannot_be_unpickled_is_the_methods_fault():
    with (
        Process(lambda: [Unreadable()], LIMITS) as process,
        pytest.raises(Stopped, match="cannot be unpickled: invalid literal") as caught,
    ):
        list(process)
    assert caught.value.status == "failed"


def test_process_that_cannot_get_memory_from_the_system_is_out_of_memory(task):
    def refused(training):
        raise OSError(12, "Cannot allocate memory")

    assert evaluate(task, {0.2: refused})["status"] == "memory"


def test_blocked_signal_does_not_help():
    def work():
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGXCPU])
        yield os.getpid()
        while True:
            pass

    with Process(work, LIMITS) as process, pytest.raises(Stopped, match="stopped after 1 CPU seconds"):
        list(process)


def test_nothing_outlives_the_process():
    def work():
        yield subprocess.Popen(["sleep", "1000"]).pid

    with Process(work, LIMITS) as process:
        (pid,) = process
    # It is dead, or dead and not yet buried by whoever has inherited it.
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            with open(f"/proc/{pid}/stat") as file:
                if file.read().split()[2] in "ZX":
                    break
        except FileNotFoundError:
            break
        time.sleep(0.01)
    else:
        os.kill(pid, signal.SIGKILL)
        pytest.fail("the process that the method had started is alive")


def test_process_ends_with_the_one_that_started_it():
    script = """
import os, time
from autosmote.evaluation.isolation import Limits, Process
def work():
    yield os.getpid()
    time.sleep(1000)
print(next(iter(Process(work, Limits(60, 1000, 100)))), flush=True)
os.kill(os.getpid(), 9)
"""
    with started([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        pid = int(process.stdout.readline())
        assert process.wait(timeout=60) == -signal.SIGKILL
        deadline = time.monotonic() + 30
        while os.path.exists(f"/proc/{pid}") and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not os.path.exists(f"/proc/{pid}")


# Side by side


def test_calls_run_side_by_side_and_a_slow_one_holds_up_nobody(tmp_path):
    def slow():
        # It can end only after the others have run.
        while len(list(tmp_path.iterdir())) < 3:
            time.sleep(0.01)
        return "slow"

    def quick(name):
        (tmp_path / name).touch()
        return name

    calls = [slow, *(lambda name=name: quick(name) for name in "abc")]
    assert sorted(run_all(calls, workers=2)) == [(0, "slow"), (1, "a"), (2, "b"), (3, "c")]


def test_call_that_raises_stops_the_others():
    def raises():
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left on device"):
        list(run_all([lambda: time.sleep(1000), raises], workers=2))


def test_call_whose_process_dies_is_an_error():
    with pytest.raises(Stopped, match="killed by signal 9"):
        list(run_all([lambda: os.kill(os.getpid(), signal.SIGKILL)], workers=1))
