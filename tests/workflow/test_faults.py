"""After a kill, an interrupt, a full disk or a damaged file, a study that runs again is what it would be."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import psutil
import pytest
import yaml
from harness import ROOT, SMOKE, Run, snakemake

pytestmark = pytest.mark.slow

RESULTS = Path("results", "smoke")
SEARCH = RESULTS / "searches" / "autosmote" / "breast_cancer" / "ir10" / "tree" / "macro_f1" / "seed0"
LOG = RESULTS / "logs" / "search" / SEARCH.relative_to(RESULTS / "searches").with_suffix(".log")
TASK = RESULTS / "tasks" / "breast_cancer" / "ir10" / "seed0.npz"
BASELINE = RESULTS / "baselines" / "over-sampling" / "breast_cancer" / "ir10" / "seed0.parquet"
# All but what is made of the score table.
TARGETS = ("baselines", "searches", "scores")
# Two methods and one search, long enough to be met in the middle.
CONFIG = {
    "study": {"samplers": ["NoResampling", "SMOTE"], "variants": []},
    "ablation": {"strategies": []},
    "search": {"iterations": 400, "actors": 2},
}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a run whose searches write a checkpoint every fifth of a second."""
    source = tmp_path_factory.mktemp("source") / "src"
    shutil.copytree(ROOT / "src", source)
    module = source / "autosmote" / "search" / "checkpoint.py"
    text = module.read_text()
    assert "every: float = 30.0" in text
    module.write_text(text.replace("every: float = 30.0", "every: float = 0.2"))
    return {"PYTHONPATH": str(source)}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Path:
    """The folder of a run that nothing happened to."""
    folder = tmp_path_factory.mktemp("undisturbed")
    run = snakemake(folder, *TARGETS, config=CONFIG, timeout=900, **environment)
    assert run.code == 0, run.output
    return folder


class Started:
    """Snakemake at work in the background, as in a terminal of its own."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder, self.marker = folder, uuid.uuid4().hex
        (folder / "overlay.yaml").write_text(yaml.safe_dump(CONFIG))
        command = [sys.executable, "-m", "snakemake", *TARGETS, "--snakefile", ROOT / "Snakefile"]
        command += ["--directory", folder, "--cores", "2"]
        command += ["--configfile", SMOKE, folder / "overlay.yaml"]
        self.output = folder / "output.txt"
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env=os.environ | environment | {"STARTED_BY": self.marker},
                stdout=output,
                stderr=output,
                start_new_session=True,
                # Tests that a shell runs in the background inherit that SIGINT is ignored.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )

    def wait_for_a_checkpoint(self) -> None:
        self.wait_until((self.folder / SEARCH / "checkpoint.pt").exists)

    def wait_until(self, reached: Callable[[], bool], timeout: float = 300) -> None:
        deadline = time.monotonic() + timeout
        while not reached():
            assert self.process.poll() is None and time.monotonic() < deadline, self.output.read_text()
            time.sleep(0.02)

    def end(self) -> Run:
        return Run(self.process.wait(timeout=300), self.output.read_text())

    def processes(self, part: str = "") -> list[psutil.Process]:
        """What runs of it, by a part of the command line."""
        found = []
        for process in psutil.process_iter():
            try:
                ours = process.environ().get("STARTED_BY") == self.marker
                if ours and process.status() != "zombie" and part in " ".join(process.cmdline()):
                    found.append(process)
            except psutil.Error:
                continue
        return found


@pytest.fixture
def start(environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[[], Started]]:
    """Start Snakemake in the test's folder; whatever is left of it is killed after the test."""
    runs: list[Started] = []

    def begin() -> Started:
        runs.append(Started(tmp_path, environment))
        return runs[-1]

    yield begin
    for run in runs:
        for process in run.processes():
            process.kill()
        run.process.wait(timeout=60)


def complete(folder: Path, environment: dict[str, str]) -> Run:
    """Run the same command again."""
    run = snakemake(folder, *TARGETS, config=CONFIG, timeout=900, **environment)
    assert run.code == 0, run.output
    return run


def assert_equal(folder: Path, undisturbed: Path) -> None:
    for name in ("history.parquet", "samples.npz", "selections.parquet"):
        assert (folder / SEARCH / name).read_bytes() == (undisturbed / SEARCH / name).read_bytes()
    assert (folder / TASK).read_bytes() == (undisturbed / TASK).read_bytes()
    scores = [pd.read_parquet(each / RESULTS / "scores.parquet") for each in (folder, undisturbed)]
    assert len(scores[0]) == 3
    # CPU time is never the same, and an interrupted search does not know its own.
    pd.testing.assert_frame_equal(*(table.drop(columns="seconds") for table in scores))
    # A kill in the middle of a write leaves a hidden file.
    names = {path.name for path in (folder / SEARCH).iterdir() if not path.name.startswith(".")}
    assert names == {"history.parquet", "result.json", "samples.npz", "selections.parquet"}


def test_killed_snakemake(
    start: Callable[[], Started], undisturbed: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    run = start()
    run.wait_for_a_checkpoint()
    run.process.send_signal(signal.SIGKILL)
    run.end()
    # The search does not know, and may still run beside the one that follows.
    refused = snakemake(tmp_path, *TARGETS, config=CONFIG, **environment)
    assert refused.code != 0
    assert "LockException" in refused.output
    assert "--unlock" in refused.output
    assert snakemake(tmp_path, "--unlock", config=CONFIG, **environment).code == 0
    complete(tmp_path, environment)
    deadline = time.monotonic() + 300
    while run.processes() and time.monotonic() < deadline:
        time.sleep(0.2)
    (tmp_path / SEARCH / "checkpoint.pt").unlink(missing_ok=True)
    assert_equal(tmp_path, undisturbed)


@pytest.mark.parametrize(
    ("victim", "reason"),
    [
        ("search.py", "SIGKILL|exit status 137"),
        ("autosmote.search.jobs", r"an actor process ended unexpectedly \(signal SIGKILL\)"),
    ],
)
def test_killed_search_and_actor(
    victim: str,
    reason: str,
    start: Callable[[], Started],
    undisturbed: Path,
    environment: dict[str, str],
    tmp_path: Path,
) -> None:
    run = start()
    run.wait_for_a_checkpoint()
    run.wait_until(lambda: bool(run.processes(victim)))
    run.processes(victim)[-1].kill()
    failed = run.end()
    assert failed.code == 1
    assert re.search(reason, failed.output)
    assert not run.processes()
    complete(tmp_path, environment)
    assert "going on after iteration" in (tmp_path / LOG).read_text()
    assert_equal(tmp_path, undisturbed)


@pytest.mark.parametrize("way", ["ctrl-c", "sigterm"])
def test_interrupt_leaves_no_process_and_no_lock(
    way: str, start: Callable[[], Started], undisturbed: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    run = start()
    run.wait_for_a_checkpoint()
    if way == "ctrl-c":
        os.killpg(run.process.pid, signal.SIGINT)  # as a terminal does
    else:
        run.process.terminate()
    assert run.end().code != 0
    deadline = time.monotonic() + 10
    while run.processes() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [process.cmdline() for process in run.processes()] == []
    complete(tmp_path, environment)
    assert_equal(tmp_path, undisturbed)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of 16 megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", disk], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"may not mount a file system: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def test_full_disk(small_disk: Path, undisturbed: Path, environment: dict[str, str], tmp_path: Path) -> None:
    (small_disk / "smoke").mkdir()
    (tmp_path / "results").symlink_to(small_disk)
    assert snakemake(tmp_path, "tasks", config=CONFIG, **environment).code == 0
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    failed = snakemake(tmp_path, *TARGETS, config=CONFIG, timeout=900, **environment)
    assert failed.code == 1
    assert "No space left on device" in failed.output
    assert not (small_disk / "smoke" / "scores.parquet").exists()
    filler.unlink()
    complete(tmp_path, environment)
    assert_equal(tmp_path, undisturbed)


def test_damaged_files(undisturbed: Path, environment: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(undisturbed, folder)

    def damage(path: Path) -> None:
        content, times = (folder / path).read_bytes(), (folder / path).stat()
        (folder / path).write_bytes(content[: len(content) // 2])
        # As a failing disk does it: nothing but the content tells.
        os.utime(folder / path, ns=(times.st_atime_ns, times.st_mtime_ns))

    for path, reader in ((BASELINE, RESULTS / "scores.parquet"), (TASK, SEARCH / "result.json")):
        damage(path)
        (folder / reader).unlink()
        failed = snakemake(folder, str(reader), config=CONFIG, timeout=900, **environment)
        assert failed.code == 1
        assert f"cannot read {path}: the file is damaged" in failed.output
        assert "delete it and run again" in failed.output
        (folder / path).unlink()
        complete(folder, environment)
        assert_equal(folder, undisturbed)
