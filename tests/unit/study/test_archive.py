"""The archive of a study."""

import hashlib
import subprocess
import zipfile
from pathlib import Path

from autosmote.study.archive import pack, published, versions


def test_the_same_content_gives_the_same_bytes_with_checksums(tmp_path: Path) -> None:
    members = {"b/scores.parquet": b"1234", "a.txt": b"words"}
    first, second = (tmp_path / name / "study.zip" for name in ("one", "two"))
    checksum = pack(members, first)
    assert pack(dict(reversed(members.items())), second) == checksum
    assert first.read_bytes() == second.read_bytes()
    assert hashlib.sha256(first.read_bytes()).hexdigest() == checksum
    assert (tmp_path / "one" / "study.zip.sha256").read_text() == f"{checksum}  study.zip\n"
    subprocess.run(["sha256sum", "--check", "study.zip.sha256"], cwd=tmp_path / "one", check=True)
    with zipfile.ZipFile(first) as archive:
        archive.extractall(tmp_path / "out")
        assert archive.namelist() == ["SHA256SUMS", "a.txt", "b/scores.parquet"]
    subprocess.run(["sha256sum", "--check", "SHA256SUMS"], cwd=tmp_path / "out", check=True)
    assert pack(members | {"a.txt": b"other"}, second) != checksum


def test_what_is_published_names_no_machine() -> None:
    config = {
        "results": "/home/me/results/mine",
        "study": {"name": "mine", "datasets": ["suite"]},
        "datasets": {"suite": {"source": "folder", "path": "/home/me/sets"}, "other": {}},
        "mlflow": {"tracking_uri": "http://my-host"},
        "openml": {"cache": "/home/me/cache"},
        "resources": {},
        "search": {"iterations": 3},
    }
    source = {"source": "csv", "path": "/home/me/sets/a.csv", "target": "y"}
    assert published(config, {"a": source}) == {
        "results": "mine",
        "study": {"name": "mine", "datasets": ["a"]},
        "datasets": {"a": {"source": "csv", "path": "a.csv", "target": "y"}},
        "search": {"iterations": 3},
    }
    assert config["study"]["datasets"] == ["suite"]


def test_versions_are_those_that_are_installed() -> None:
    import sklearn

    lines = versions().splitlines()
    assert f"scikit-learn=={sklearn.__version__}" in lines
    assert lines[0].startswith("python==3.")
