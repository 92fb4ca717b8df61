"""Files are complete or absent, and a damaged one is named."""

import io
import json
import os
import re
import select
import signal
import socket
import stat
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from autosmote.utils.storage import (
    CorruptFileError,
    _takes_bytes,
    atomic_path,
    check_destination,
    read_arrays,
    read_frame,
    read_json,
    write_arrays,
    write_frame,
    write_json,
)


def test_atomic_path_replaces_only_at_the_end(tmp_path):
    path = tmp_path / "new" / "folder" / "scores.csv"
    with atomic_path(path) as temporary:
        assert temporary.parent == path.parent
        assert temporary.suffix == path.suffix
        temporary.write_text("first")
        assert not path.exists()
    assert path.read_text() == "first"
    with atomic_path(path) as temporary:
        temporary.write_text("second")
        assert path.read_text() == "first"
    assert path.read_text() == "second"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_atomic_path_keeps_the_old_file_on_an_error(tmp_path, error):
    path = tmp_path / "scores.csv"
    path.write_text("old")
    with pytest.raises(error), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise error
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_kill_in_the_middle_of_a_write_keeps_the_old_file(tmp_path):
    path = tmp_path / "data.json"
    write_json({"old": 1}, path)
    child = os.fork()
    if child == 0:
        try:
            with atomic_path(path) as temporary:
                temporary.write_text('{"new"')
                os.kill(os.getpid(), signal.SIGKILL)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert read_json(path) == {"old": 1}
    # What is left has a name that nothing looks for.
    (left,) = set(tmp_path.iterdir()) - {path}
    assert left.name.startswith(".")


@pytest.mark.parametrize("there", [True, False])
def test_a_link_stays_one_and_its_target_is_written(tmp_path, there):
    # The target lies in another folder: a temporary file beside the link could be on another disk.
    target, link, chain = tmp_path / "data" / "real.csv", tmp_path / "link.csv", tmp_path / "chain.csv"
    target.parent.mkdir()
    if there:
        target.write_text("old")
    link.symlink_to(Path("data", "real.csv"))
    chain.symlink_to(link)
    with atomic_path(chain) as temporary:
        assert temporary.parent == target.parent
        temporary.write_text("new")
    assert link.is_symlink() and chain.is_symlink() and not target.is_symlink()
    assert target.read_text() == "new"
    assert sorted(tmp_path.rglob("*")) == sorted([target.parent, target, link, chain])


def test_a_link_into_a_folder_that_is_not_there_makes_it(tmp_path):
    (tmp_path / "link.json").symlink_to(tmp_path / "new" / "real.json")
    write_json([1], tmp_path / "link.json")
    assert read_json(tmp_path / "new" / "real.json") == [1]


def test_an_error_leaves_a_link_and_its_target_alone(tmp_path):
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to("real.csv")
    with pytest.raises(ZeroDivisionError), atomic_path(tmp_path / "link.csv") as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text() == "old"


def read_in_a_thread(pipe, received):
    """Open a pipe for reading, and read it to its end beside the test."""
    descriptor = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # Does not wait for a writer.
    os.set_blocking(descriptor, True)

    def read():
        with os.fdopen(descriptor, "rb") as file:
            # Until there is a writer, a pipe is at its end.
            select.select([descriptor], [], [], 60)
            received.append(file.read())

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    return reader


@pytest.mark.parametrize("linked", [False, True])
def test_the_reader_of_a_pipe_gets_the_bytes(tmp_path, linked):
    pipe = tmp_path / "pipe.npz"
    os.mkfifo(pipe)
    path = pipe
    if linked:
        path = tmp_path / "link.npz"
        path.symlink_to(pipe)
    received = []
    reader = read_in_a_thread(pipe, received)
    write_arrays({"a": np.arange(50_000)}, path)  # More than a pipe holds at a time.
    reader.join(timeout=60)
    np.testing.assert_array_equal(np.load(io.BytesIO(received[0]))["a"], np.arange(50_000))
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert path.is_symlink() == linked
    assert set(tmp_path.iterdir()) == {pipe, path}


def test_an_error_sends_nothing_into_a_pipe(tmp_path):
    pipe, received = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = read_in_a_thread(pipe, received)
    with pytest.raises(ZeroDivisionError), atomic_path(pipe) as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError
    reader.join(timeout=60)
    assert received == [b""]


def test_a_pipe_that_nobody_reads_is_an_error(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="nobody reads this pipe; .*pipe"), atomic_path(tmp_path / "pipe"):
        pytest.fail("the block was run")


def test_a_reader_that_goes_away_is_an_error(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(BrokenPipeError), atomic_path(pipe) as temporary:
        temporary.write_bytes(bytes(100_000))
        os.close(reader)


def test_what_is_no_file_is_refused(tmp_path):
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "link.csv").symlink_to("folder.csv")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "socket.csv"))
        before = set(tmp_path.rglob("*"))
        for name, message in (
            ("loop.csv", "symbolic links"),
            ("folder.csv", "is a folder; name a file"),
            ("link.csv", "is a folder; name a file"),
            ("socket.csv", "neither a file nor a pipe"),
        ):
            with pytest.raises(OSError, match=f"{message}.*{name}"):
                check_destination(tmp_path / name)
            with pytest.raises(OSError, match=f"{message}.*{name}"), atomic_path(tmp_path / name):
                pytest.fail("the block was run")
        assert set(tmp_path.rglob("*")) == before


def test_devices_are_told_apart_by_their_mode_alone():
    # No real device: as root a mistake would destroy it.
    path = Path("device")
    assert _takes_bytes(stat.S_IFCHR | 0o666, path)
    assert _takes_bytes(stat.S_IFIFO | 0o666, path)
    assert not _takes_bytes(stat.S_IFREG | 0o644, path)
    with pytest.raises(OSError, match="neither a file nor a pipe.*device"):
        _takes_bytes(stat.S_IFBLK | 0o660, path)


def test_atomic_path_demands_that_something_was_written(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_path(tmp_path / "scores.csv"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_written_files_have_ordinary_permissions(tmp_path):
    write_json({}, tmp_path / "a.json")
    (tmp_path / "b.json").write_text("{}")
    assert os.stat(tmp_path / "a.json").st_mode == os.stat(tmp_path / "b.json").st_mode


def test_json_round_trip(tmp_path):
    path = tmp_path / "result.json"
    write_json({"n": np.int64(3), "score": np.float64(0.1), "flag": np.bool_(True), "name": "é"}, path)
    assert read_json(path) == {"n": 3, "score": 0.1, "flag": True, "name": "é"}
    write_json({"score": float("nan")}, path)
    assert np.isnan(read_json(path)["score"])


def test_unwritable_json_leaves_the_old_file(tmp_path):
    path = tmp_path / "result.json"
    write_json([1], path)
    with pytest.raises(TypeError, match="set"):
        write_json({1, 2}, path)
    assert read_json(path) == [1]


def test_frame_round_trip(tmp_path):
    frame = pd.DataFrame(
        {
            "number": [1.5, np.nan, -2.0],
            "count": pd.array([1, None, 3], dtype="Int64"),
            "text": ["a", "b", None],
            "kind": pd.Categorical(["x", None, "x"], categories=["y", "x"]),
        }
    )
    write_frame(frame, tmp_path / "frame.parquet")
    pd.testing.assert_frame_equal(read_frame(tmp_path / "frame.parquet"), frame)


def test_arrays_round_trip(tmp_path):
    arrays = {"X": np.arange(6.0).reshape(2, 3), "names": np.array(["a", "bé"]), "mask": np.array([True])}
    write_arrays(arrays, tmp_path / "a.npz")
    loaded = read_arrays(tmp_path / "a.npz")
    assert loaded.keys() == arrays.keys()
    for name, array in arrays.items():
        assert loaded[name].dtype == array.dtype
        np.testing.assert_array_equal(loaded[name], array)


def test_same_arrays_same_bytes(tmp_path, monkeypatch):
    arrays = {"X": np.random.default_rng(0).normal(size=(20, 3))}
    write_arrays(arrays, tmp_path / "a.npz")
    clock = time.localtime(time.time() + 90_000)
    monkeypatch.setattr(time, "localtime", lambda *_: clock)
    write_arrays(arrays, tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_object_arrays_and_other_suffixes_are_refused(tmp_path):
    with pytest.raises(ValueError, match="'names' is of dtype object"):
        write_arrays({"names": np.array(["a", 1], dtype=object)}, tmp_path / "a.npz")
    with pytest.raises(ValueError, match=r"a\.npy"):
        write_arrays({"x": np.ones(1)}, tmp_path / "a.npy")
    assert list(tmp_path.iterdir()) == []


WRITERS = {
    "a.json": (lambda path: write_json({"a": list(range(50))}, path), read_json),
    "a.parquet": (lambda path: write_frame(pd.DataFrame({"a": range(50)}), path), read_frame),
    "a.npz": (lambda path: write_arrays({"a": np.arange(50)}, path), read_arrays),
}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("damage", ["empty", "truncated", "text", "binary"])
def test_damaged_files_are_named_with_a_remedy(tmp_path, name, damage):
    write, read = WRITERS[name]
    path = tmp_path / name
    write(path)
    content = path.read_bytes()
    damaged = {
        "empty": b"",
        "truncated": content[: len(content) // 2],
        "text": b"Internal server error",
        "binary": b"\xff\x00" + content[2:-2] + b"\xff\x00",
    }[damage]
    path.write_bytes(damaged)
    with pytest.raises(CorruptFileError, match=re.escape(str(path))) as caught:
        read(path)
    assert "delete it and run again" in str(caught.value)
    assert path.read_bytes() == damaged


def test_a_flipped_byte_in_an_array_is_noticed(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, a=np.arange(500))
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    with pytest.raises(CorruptFileError, match=r"a\.npz"):
        read_arrays(path)


@pytest.mark.parametrize("name", WRITERS)
def test_a_missing_file_is_not_called_corrupt(tmp_path, name):
    with pytest.raises(FileNotFoundError, match=re.escape(name)):
        WRITERS[name][1](tmp_path / name)


def test_pickles_are_never_loaded(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, a=np.array([{"b": 1}], dtype=object))
    with pytest.raises(CorruptFileError, match=r"a\.npz"):
        read_arrays(path)


def test_a_single_array_is_not_an_archive(tmp_path):
    buffer = io.BytesIO()
    np.save(buffer, np.arange(3))
    path = tmp_path / "a.npz"
    path.write_bytes(buffer.getvalue())
    with pytest.raises(CorruptFileError, match="not an npz archive"):
        read_arrays(path)


def test_json_is_written_for_people(tmp_path):
    write_json({"a": 1}, tmp_path / "a.json")
    assert (tmp_path / "a.json").read_text() == json.dumps({"a": 1}, indent=2) + "\n"
