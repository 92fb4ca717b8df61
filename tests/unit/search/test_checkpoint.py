"""A search that is killed and taken up again ends with the bytes of an uninterrupted one."""

import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from started import started

from autosmote.search.checkpoint import Checkpoint
from autosmote.search.engine import search
from autosmote.search.settings import SearchSettings
from autosmote.search.space import SearchSpace
from autosmote.utils.storage import CorruptFileError

SETTINGS = {"g1_max": 4, "g2_max": 4, "neighbours": 5, "hidden": 16, "round_size": 3, "iterations": 40}

# A search that checkpoints after every round and prints its result; it takes long enough to be killed.
SCRIPT = f"""
import sys, time
from pathlib import Path
import numpy as np
from autosmote.search.checkpoint import Checkpoint
from autosmote.search.engine import search
from autosmote.search.settings import SearchSettings
from autosmote.search.space import SearchSpace

path, actors = Path(sys.argv[1]), int(sys.argv[2])
space = SearchSpace(np.random.default_rng(1).normal(size=(10, 3)), 5)

def reward(samples):
    time.sleep(0.03)
    return 1.0 / (1.0 + len(samples))

def tell(iteration):
    print(iteration.iteration, flush=True)

settings = SearchSettings(**{SETTINGS})
result = search(space, reward, settings, actors=actors, on_iteration=tell,
                checkpoint=Checkpoint(path, "key", every=0.0))
print(result.history.to_csv(), result.best_iteration, result.samples)
"""


class Interrupted(Exception):
    pass


@pytest.fixture
def space():
    return SearchSpace(np.random.default_rng(1).normal(size=(10, 3)), 5)


def fewer_is_better(samples):
    return 1.0 / (1.0 + len(samples))


def assert_same(one, other):
    assert one.history.to_csv() == other.history.to_csv()
    assert (one.best_score, one.best_iteration) == (other.best_score, other.best_iteration)
    for column in ("source", "neighbour", "weight"):
        assert getattr(one.samples, column).tobytes() == getattr(other.samples, column).tobytes()


@pytest.mark.parametrize("batch_unrolls", [1, 3])
@pytest.mark.parametrize("stop", [1, 2, 3, 4, 7, 20, 39, 40])
def test_going_on_gives_the_uninterrupted_result(space, tmp_path, stop, batch_unrolls):
    settings = SearchSettings(
        **SETTINGS,
        low_level_buffer=20,
        instance_specific_buffer=25,
        updates_per_iteration=2,
        batch_unrolls=batch_unrolls,
    )

    def interrupt(iteration):
        if iteration.iteration == stop:
            raise Interrupted

    path = tmp_path / "checkpoint"
    with pytest.raises(Interrupted):
        search(
            space,
            fewer_is_better,
            settings,
            on_iteration=interrupt,
            checkpoint=Checkpoint(path, "a", every=0),
        )
    assert path.exists() == (stop > 3)  # After the first round of three.
    seen = []
    resumed = search(
        space,
        fewer_is_better,
        settings,
        on_iteration=lambda iteration: seen.append(iteration.iteration),
        checkpoint=Checkpoint(path, "a"),
    )
    assert seen[0] == (stop - 1) // 3 * 3 + 1
    assert_same(resumed, search(space, fewer_is_better, settings))


@pytest.mark.parametrize("actors", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_killed_at_any_moment(tmp_path, actors):
    script = tmp_path / "search.py"
    script.write_text(SCRIPT)

    def run(path):
        return started([sys.executable, script, path, actors], stdout=subprocess.PIPE, text=True)

    with run(tmp_path / "undisturbed") as process:
        expected, _ = process.communicate(timeout=120)
    path = tmp_path / "killed"
    moments = random.Random(actors)
    for _ in range(2):
        with run(path) as process:
            process.stdout.readline()
            while not path.exists():  # However busy the machine is.
                assert process.poll() is None
                time.sleep(0.005)
            time.sleep(moments.uniform(0.0, 0.25))
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=120)
            assert process.returncode == -signal.SIGKILL
    with run(path) as process:
        output, _ = process.communicate(timeout=120)
    # The iterations told differ: the last run goes on after those of the runs before it.
    assert int(output.split("\n", 1)[0]) > 1
    assert output[output.index(",iteration") :] == expected[expected.index(",iteration") :]


def test_another_search_is_not_gone_on_with(space, tmp_path):
    settings = SearchSettings(**SETTINGS)
    path = tmp_path / "checkpoint"
    search(space, fewer_is_better, settings, checkpoint=Checkpoint(path, "one", every=0))
    seen = []
    search(space, fewer_is_better, settings, on_iteration=seen.append, checkpoint=Checkpoint(path, "other"))
    assert len(seen) == 40


def test_is_written_no_more_often_than_asked(space, tmp_path):
    path = tmp_path / "checkpoint"
    search(space, fewer_is_better, SearchSettings(**SETTINGS), checkpoint=Checkpoint(path, "a", every=3600))
    assert not path.exists()


def test_is_bounded(space, tmp_path):
    sizes = []
    for iterations in (30, 300):
        path = tmp_path / f"{iterations}"
        settings = SearchSettings(**SETTINGS | {"iterations": iterations})
        search(space, fewer_is_better, settings, checkpoint=Checkpoint(path, "a", every=0))
        sizes.append(path.stat().st_size)
    assert sizes[1] - sizes[0] < 270 * 400


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 truncated"])
def test_a_damaged_file_is_named_with_a_remedy(tmp_path, content):
    path = tmp_path / "checkpoint"
    path.write_bytes(content)
    with pytest.raises(CorruptFileError, match=f"{path}.*delete it to start the search anew"):
        Checkpoint(path, "a").load()


def test_code_in_a_file_is_not_run(tmp_path):
    class Payload:
        def __reduce__(self):
            return (exec, (f"open({str(tmp_path / 'owned')!r}, 'w')",))

    torch.save({"key": "a", "state": Payload()}, tmp_path / "checkpoint")
    with pytest.raises(CorruptFileError):
        Checkpoint(tmp_path / "checkpoint", "a").load()
    assert not (tmp_path / "owned").exists()
