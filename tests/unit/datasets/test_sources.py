"""Data sets from CSV files, addresses, scikit-learn and OpenML, and what happens when they are unusable."""

import gzip
import hashlib
import io
import os
import shutil
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from autosmote.datasets import DatasetError, fetch, load_dataset, save_dataset
from autosmote.datasets.sources import as_features, read_csv, whole_numbers
from autosmote.utils.storage import CorruptFileError

CSV = """\
size,colour,flag,y
1.5,red,True,0
2,blue,False,0
,red,True,0
-3,?,,1
0.5,"bl,ue",False,1
1,red,True,0
"""


def csv_spec(folder, text=CSV, **keys):
    path = folder / "data.csv"
    path.write_text(text, encoding="utf-8")
    return {"source": "csv", "path": str(path), "target": "y", **keys}


def snapshot(folder):
    """Every file below a folder with its bytes, and every folder."""
    return {
        path.relative_to(folder): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")
    }


@pytest.fixture
def serve():
    """Start HTTP servers on the loopback interface; return each one's address."""
    servers = []

    def start(handler):
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


class QuietFiles(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


# --- CSV ---------------------------------------------------------------------------------------------------


def test_csv_columns_and_target(tmp_path):
    data = fetch("mine", csv_spec(tmp_path, licence="CC0"))
    assert list(data.frame.columns) == ["size", "colour", "flag"]
    np.testing.assert_array_equal(data.frame["size"], [1.5, 2, np.nan, -3, 0.5, 1])
    assert data.frame["colour"].tolist() == ["red", "blue", "red", np.nan, "bl,ue", "red"]
    assert isinstance(data.frame["colour"].dtype, pd.CategoricalDtype)
    assert data.frame["flag"].tolist() == ["True", "False", "True", np.nan, "False", "True"]
    assert data.target.tolist() == [0, 0, 0, 1, 1, 0]
    assert data.target.dtype == "int64"
    assert data.name == "mine"
    assert data.meta == {
        "name": "mine",
        "source": "csv",
        "openml_id": None,
        "origin": str(tmp_path / "data.csv"),
        "checksum": "sha256:" + hashlib.sha256(CSV.encode()).hexdigest(),
        "licence": "CC0",
        "target": "y",
        "rows": 6,
        "n_features_raw": 3,
        "majority": ["0"],
        "minority": ["1"],
        "n_majority": 4,
        "n_minority": 2,
        "class_counts": {"0": 4, "1": 2},
    }


def test_labels_stay_as_written(tmp_path):
    data = fetch("mine", csv_spec(tmp_path, "x,y\n1,01\n2,1\n3,01\n"))
    assert data.meta["class_counts"] == {"01": 2, "1": 1}


def test_a_late_text_makes_the_whole_column_categorical(tmp_path):
    """The type of a column is that of all its rows, also where pandas would read the file in pieces."""
    data = fetch("mine", csv_spec(tmp_path, "x,y\n,0\n" + "1,0\n" * 300_000 + "a,1\n"))
    assert data.frame["x"].cat.categories.tolist() == ["1", "a"]


def test_byte_order_mark_and_gzip(tmp_path):
    path = tmp_path / "data.csv.gz"
    path.write_bytes(gzip.compress(b"\xef\xbb\xbf" + CSV.encode()))
    data = fetch("mine", {"source": "csv", "path": str(path), "target": "y"})
    assert list(data.frame.columns) == ["size", "colour", "flag"]
    assert data.meta["rows"] == 6


@pytest.mark.parametrize(
    ("chosen", "target"), [("c", [0, 0, 1, 0]), (["b", "c"], [0, 1, 1, 0]), (("b",), [0, 1, 0, 0])]
)
def test_minority_is_one_or_several_labels(tmp_path, chosen, target):
    data = fetch("mine", csv_spec(tmp_path, "x,y\n1,a\n2,b\n3,c\n4,a\n", minority=chosen))
    assert data.target.tolist() == target
    assert data.meta["n_minority"] == sum(target)


def test_minority_may_be_given_as_a_number(tmp_path):
    assert fetch("mine", csv_spec(tmp_path, "x,y\n1,8\n2,9\n", minority=8)).target.tolist() == [1, 0]


def test_all_classes_are_kept_in_the_order_of_their_size(tmp_path):
    spec = csv_spec(tmp_path, "x,y\n1,b\n2,c\n3,a\n4,c\n5,b\n6,c\n7,d\n", classes="all")
    data = fetch("mine", spec)
    # c has three rows, b two; a and d have one each, and a sorts first.
    assert data.target.tolist() == [1, 0, 2, 0, 1, 0, 3]
    assert data.target.dtype == "int64"
    facts = {key: data.meta[key] for key in ("classes", "majority", "minority", "n_majority", "n_minority")}
    assert facts == {
        "classes": ["c", "b", "a", "d"],
        "majority": ["c"],
        "minority": ["b", "a", "d"],
        "n_majority": 3,
        "n_minority": 1,
    }
    save_dataset(data, tmp_path / "mine.parquet", tmp_path / "mine.json")
    loaded = load_dataset(tmp_path / "mine.parquet", tmp_path / "mine.json")
    assert (loaded.target.tolist(), loaded.meta) == (data.target.tolist(), data.meta)


def test_the_facts_of_two_classes_name_no_list_of_classes(tmp_path):
    assert "classes" not in fetch("mine", csv_spec(tmp_path)).meta


UNUSABLE = {
    "one class": ("x,y\n1,a\n2,a\n", {}, r"at least two classes .* a \(2 rows\)"),
    "no rows": ("x,y\n", {}, "has no rows below its header"),
    "three classes": ("x,y\n1,a\n2,b\n3,c\n", {}, r"set `minority` .*a \(1 rows\), b"),
    "three classes, another way": ("x,y\n1,a\n2,b\n3,c\n", {}, "or `classes` to all to keep every class"),
    "some classes": (
        "x,y\n1,a\n2,b\n3,c\n",
        {"classes": "some"},
        "unknown value 'some' of `classes`; known: all",
    ),
    "classes and minority": ("x,y\n1,a\n2,b\n", {"classes": "all", "minority": "a"}, "either `minority` or"),
    "all of one class": ("x,y\n1,a\n2,a\n", {"classes": "all"}, r"at least two classes .* a \(2 rows\)"),
    "equal classes": ("x,y\n1,a\n2,b\n", {}, "cannot tell the minority class"),
    "unknown minority": ("x,y\n1,a\n2,b\n", {"minority": "z"}, "'z', which is no label; known: a"),
    "all labels minority": ("x,y\n1,a\n2,b\n", {"minority": ["a", "b"]}, "some, but not all"),
    "no label minority": ("x,y\n1,a\n2,b\n", {"minority": []}, "some, but not all"),
    "equal names": ("x,z,x,y\n1,2,3,a\n1,2,3,b\n", {}, "'x' occurs more than once"),
    "equal targets": ("y,y\n1,a\n1,b\n", {}, "'y' occurs more than once"),
    "no target": ("x,z\n1,a\n2,b\n", {}, "no target column 'y'; set `target` to one of: 'x', 'z'"),
    "semicolons": ("x;y\n1;a\n2;b\n", {}, "seem to be separated by semicolons; put commas between"),
    "tabs": ("x\ty\n1\ta\n2\tb\n", {}, "seem to be separated by tabs; put commas between"),
    "semicolons and decimal commas": ("x;y\n1,5;a\n2,5;b\n", {}, "seem to be separated by semicolons"),
    "only target": ("y\na\nb\nb\n", {}, "no column besides the target"),
    "unlabelled rows": ("x,y\n1,a\n2,\n3,b\n4,?\n", {}, "missing in 2 rows .*data row 2"),
    "empty column": ("x,z,y\n1,,a\n2,NA,b\n3,?,b\n", {}, "column 'z' has no value at all"),
    "infinite": ("x,y\n1,a\ninf,b\n3,b\n", {}, "column 'x' has infinite values"),
    "huge": ("x,y\n1,a\n1e155,b\n3,b\n", {}, r"column 'x' has values beyond 1e\+150"),
    "largest": ("x,y\n1,a\n-1.7976931348623157e308,b\n,b\n", {}, r"column 'x' has values beyond 1e\+150"),
    "unnamed column": (",x,y\n0,1,a\n1,2,b\n2,3,b\n", {}, "column 1 of .* has no name"),
    "empty file": ("", {}, "is empty; it needs a header and rows"),
    "ignored target": ("x,y\n1,a\n2,b\n2,b\n", {"ignore": ["y"]}, "`ignore` names 'y', which is the target"),
    "ignored nothing": ("x,y\n1,a\n2,b\n2,b\n", {"ignore": ["z"]}, "`ignore` names 'z', which is no column"),
    "long rows": ("x,y\n1,a,7\n2,b,8\n3,b,9\n", {}, "is not comma-separated"),
    "one long row": ("x,y\n1,a\n2,b,8\n3,b\n", {}, "is not comma-separated"),
    "open quote": ('x,y\n1,a\n"2,b\n', {}, "is not comma-separated"),
    "checksum": (CSV, {"sha256": "0" * 64}, "expected 0000.* correct `sha256`"),
    "path and url": (CSV, {"url": "http://127.0.0.1/a.csv"}, "either `path` or `url`"),
    "unknown key": (CSV, {"minorty": "1"}, "no key 'minorty'; known: .*minority"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_unusable_csv_is_refused_with_its_reason(tmp_path, case):
    text, keys, message = UNUSABLE[case]
    spec = csv_spec(tmp_path, text, **keys)
    with pytest.raises(DatasetError, match=f"data set 'mine': .*{message}"):
        fetch("mine", spec)
    assert Path(spec["path"]).read_text() == text


def test_text_of_another_encoding_is_refused(tmp_path):
    spec = csv_spec(tmp_path)
    Path(spec["path"]).write_bytes("x,y\n1,ä\n2,b\n2,b\n".encode("latin-1"))
    with pytest.raises(DatasetError, match="UTF-8"):
        fetch("mine", spec)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({}, "unknown source None; known: openml, csv, sklearn"),
        ({"source": "opnml"}, "unknown source 'opnml'"),
        ({"source": "csv", "path": "a.csv"}, "needs the key 'target'"),
        ({"source": "csv", "path": "no-such.csv", "target": "y"}, "no file no-such.csv"),
        ({"source": "csv", "target": "y"}, "either `path` or `url`"),
        (
            {"source": "csv", "url": "ftp://127.0.0.1/a.csv", "target": "y", "sha256": "0"},
            "http:// or https://",
        ),
        ({"source": "csv", "url": "/etc/hostname", "target": "y", "sha256": "0"}, "use `path`"),
        ({"source": "csv", "url": "http://127.0.0.1/a.csv", "target": "y"}, "needs `sha256`"),
        (
            {"source": "csv", "url": "http://alice:secret@127.0.0.1/a.csv", "target": "y", "sha256": "0"},
            "`url` holds a password, .*netrc",
        ),
        ({"source": "sklearn", "name": "boston"}, "no 'boston'; known: breast_cancer"),
        ({"source": "openml", "id": "phoneme"}, "integer id, not 'phoneme'"),
        ({"source": "openml", "id": True}, "integer id, not True"),
    ],
)
def test_wrong_specs_are_refused(spec, message):
    with pytest.raises(DatasetError, match=message):
        fetch("mine", spec)


def test_csv_from_an_address(tmp_path, serve):
    spec = csv_spec(tmp_path)
    url = serve(partial(QuietFiles, directory=tmp_path)) + "/data.csv"
    checksum = hashlib.sha256(CSV.encode()).hexdigest()
    data = fetch("mine", {"source": "csv", "url": url, "target": "y", "sha256": checksum.upper()})
    pd.testing.assert_frame_equal(data.frame, fetch("mine", spec).frame)
    assert data.meta["origin"] == url
    with pytest.raises(DatasetError, match=f"sha256 {checksum}, expected abc"):
        fetch("mine", {"source": "csv", "url": url, "target": "y", "sha256": "abc"})
    with pytest.raises(DatasetError, match="cannot download .*404"):
        fetch("mine", {"source": "csv", "url": url + "x", "target": "y", "sha256": checksum})


def test_address_that_leads_to_a_file(serve):
    class Redirection(QuietFiles):
        def do_GET(self):
            self.send_response(302)
            self.send_header("Location", "file:///etc/hostname")
            self.end_headers()

    spec = {"source": "csv", "url": f"{serve(Redirection)}/data.csv", "target": "y", "sha256": "0" * 64}
    with pytest.raises(DatasetError, match="cannot download .*file:///etc/hostname"):
        fetch("mine", spec)


def test_unreachable_address():
    spec = {"source": "csv", "url": "http://127.0.0.1:1/data.csv", "target": "y", "sha256": "0" * 64}
    with pytest.raises(DatasetError, match="cannot download http://127.0.0.1:1/data.csv"):
        fetch("mine", spec)


# --- scikit-learn ------------------------------------------------------------------------------------------


TOY = {"source": "csv", "target": "label", "minority": "anomaly", "sha256": "0" * 64}
OFFLINE = TOY | {"offline": "two_clusters"}


def test_generated_data_set_stands_in_for_a_host_that_cannot_be_reached(caplog):
    url = "http://127.0.0.1:1/toy2.csv"
    data = fetch("toy2", OFFLINE | {"url": url})
    assert (data.meta["source"], data.meta["class_counts"]) == ("generated", {"nominal": 450, "anomaly": 35})
    assert data.meta["origin"] == f"generated: two_clusters in place of {url}, which could not be reached"
    assert url in caplog.text
    generated = fetch("toy2", {"source": "generated", "name": "two_clusters", "minority": "anomaly"})
    pd.testing.assert_frame_equal(data.frame, generated.frame)
    assert data.meta["checksum"] == generated.meta["checksum"]


def test_nothing_stands_in_for_a_file_that_is_there_but_wrong(tmp_path, serve):
    (tmp_path / "toy2.csv").write_text("label,x\nnominal,1\nanomaly,2\nnominal,3\n")
    address = serve(partial(QuietFiles, directory=tmp_path))
    with pytest.raises(DatasetError, match="has the sha256"):
        fetch("toy2", OFFLINE | {"url": f"{address}/toy2.csv"})
    with pytest.raises(DatasetError, match="404"):
        fetch("toy2", OFFLINE | {"url": f"{address}/elsewhere.csv"})


def test_generated_minority_lies_on_both_sides_of_the_majority():
    data = fetch("toy", {"source": "generated", "name": "two_clusters", "minority": "anomaly"})
    nominal, anomaly = data.frame[data.target == 0], data.frame[data.target == 1]
    slant = np.polyfit(nominal["x"], nominal["y"], 1)
    above = anomaly["y"] - np.polyval(slant, anomaly["x"])
    assert 10 < (above > 0).sum() < 25
    with pytest.raises(DatasetError, match="nothing is generated by the name 'moons'; known: two_clusters"):
        fetch("toy", {"source": "generated", "name": "moons"})


@pytest.mark.parametrize(
    ("name", "minority", "rows", "n_minority"),
    [
        ("digits", [8], 1797, 174),
        ("digits", [8, 9], 1797, 354),
        ("iris", "setosa", 150, 50),
        ("wine", "class_2", 178, 48),
        ("breast_cancer", None, 569, 212),
    ],
)
def test_sklearn_sets(name, minority, rows, n_minority):
    spec = {"source": "sklearn", "name": name} | ({} if minority is None else {"minority": minority})
    data = fetch(name, spec)
    assert (data.meta["rows"], data.meta["n_minority"]) == (rows, n_minority)
    assert len(data.frame) == rows
    assert data.target.sum() == n_minority
    assert "target" not in data.frame


# --- saved data sets ---------------------------------------------------------------------------------------


def test_saved_dataset_round_trip(tmp_path):
    data = fetch("mine", csv_spec(tmp_path))
    save_dataset(data, tmp_path / "d.parquet", tmp_path / "d.json")
    loaded = load_dataset(tmp_path / "d.parquet", tmp_path / "d.json")
    pd.testing.assert_frame_equal(loaded.frame, data.frame)
    pd.testing.assert_series_equal(loaded.target, data.target)
    assert loaded.meta == data.meta


@pytest.mark.parametrize("target", ["self", "index", "level_0", "y y"])
def test_a_target_may_have_any_name(tmp_path, target):
    data = fetch("mine", csv_spec(tmp_path, f"self_,x,{target}\n1,2,a\n2,3,b\n3,4,b\n", target=target))
    columns = list(data.frame.columns)
    save_dataset(data, tmp_path / "d.parquet", tmp_path / "d.json")
    assert list(data.frame.columns) == columns
    loaded = load_dataset(tmp_path / "d.parquet", tmp_path / "d.json")
    pd.testing.assert_frame_equal(loaded.frame, data.frame)
    pd.testing.assert_series_equal(loaded.target, data.target)


def test_damaged_saved_dataset(tmp_path):
    data = fetch("mine", csv_spec(tmp_path))
    save_dataset(data, tmp_path / "d.parquet", tmp_path / "d.json")
    other = fetch("mine", csv_spec(tmp_path, "x,y\n1,a\n2,b\n3,b\n"))
    save_dataset(other, tmp_path / "other.parquet", tmp_path / "other.json")
    with pytest.raises(DatasetError, match="other.json do not belong together"):
        load_dataset(tmp_path / "d.parquet", tmp_path / "other.json")
    content = (tmp_path / "d.parquet").read_bytes()
    (tmp_path / "d.parquet").write_bytes(content[: len(content) // 2])
    with pytest.raises(CorruptFileError, match=r"d\.parquet"):
        load_dataset(tmp_path / "d.parquet", tmp_path / "d.json")


# --- OpenML ------------------------------------------------------------------------------------------------

PHONEME = {"source": "openml", "id": 1489, "version": 1, "md5": "902ff27649dbfb512f3fb01fc05c6b24"}
ARFF = (
    "@RELATION tiny\n@ATTRIBUTE id NUMERIC\n@ATTRIBUTE x NUMERIC\n@ATTRIBUTE kind {a,b}\n@ATTRIBUTE y {n,p}\n"
)
ARFF += "@DATA\n1,0.5,a,n\n2,?,b,n\n3,1.5,?,p\n"


@pytest.fixture
def offline(monkeypatch):
    """Send every request to a port where nobody listens."""
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:1")
    for variable in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def fake_openml(serve, monkeypatch):
    """An OpenML server with one small data set, number 7; tests may change its answers."""
    openml = pytest.importorskip("openml")
    answers = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, text = answers.get(self.path.split("?")[0], (500, "<broken/>"))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_):
            pass

    address = serve(Handler)
    error = '<oml:error xmlns:oml="http://openml.org/openml"><oml:code>111</oml:code>'
    error += "<oml:message>Unknown dataset</oml:message></oml:error>"
    fields = {
        "id": 7,
        "name": "tiny",
        "version": 3,
        "description": "Three rows.",
        "format": "ARFF",
        "licence": "CC0",
        "url": f"{address}/tiny.arff",
        "parquet_url": f"{address}/tiny.pq",
        "default_target_attribute": "y",
        "row_id_attribute": "id",
        "md5_checksum": hashlib.md5(ARFF.encode()).hexdigest(),
    }
    description = "".join(f"<oml:{key}>{value}</oml:{key}>" for key, value in fields.items())
    description = f'<oml:data_set_description xmlns:oml="http://openml.org/openml">{description}'
    answers["/api/v1/xml/data/7"] = (200, description + "</oml:data_set_description>")
    answers["/api/v1/xml/data/8"] = (412, error)
    answers["/tiny.arff"] = (200, ARFF)
    monkeypatch.setattr(openml.config, "server", f"{address}/api/v1/xml")
    return answers


def test_openml_from_the_cache(openml_cache, offline):
    before = snapshot(openml_cache)
    data = fetch("Phoneme", PHONEME, openml_cache=str(openml_cache))
    assert data.frame.shape == (5404, 5)
    assert data.meta["openml_id"] == 1489
    assert data.meta["target"] == "Class"
    assert data.meta["checksum"] == "md5:" + PHONEME["md5"]
    assert (data.meta["majority"], data.meta["minority"]) == (["1"], ["2"])
    assert snapshot(openml_cache) == before


def test_openml_row_id_is_dropped_and_nominal_columns_are_unordered(openml_cache, offline):
    magic = fetch(
        "Magic", {"source": "openml", "id": 1120, "target": "class:"}, openml_cache=str(openml_cache)
    )
    assert "ID" not in magic.frame
    assert magic.frame.shape[1] == 10
    power = fetch("Electricity", {"source": "openml", "id": 151}, openml_cache=str(openml_cache))
    assert power.frame["day"].dtype.categories.tolist() == list("1234567")
    assert not power.frame["day"].dtype.ordered


def test_openml_cache_from_the_environment(openml_cache, offline, monkeypatch, tmp_path):
    monkeypatch.setenv("OPENML_CACHE_DIR", str(openml_cache))
    assert fetch("Phoneme", PHONEME).meta["rows"] == 5404
    with pytest.raises(DatasetError, match="empty-cache"):
        fetch("Phoneme", PHONEME, openml_cache=str(tmp_path / "empty-cache"))


def test_openml_settings_are_put_back(openml_cache, offline, monkeypatch):
    openml = pytest.importorskip("openml")
    monkeypatch.setenv("OPENML_SKIP_PARQUET", "maybe")
    before = openml.config.get_config_as_dict()
    fetch("Phoneme", PHONEME, openml_cache=str(openml_cache))
    with pytest.raises(DatasetError):
        fetch("Other", {"source": "openml", "id": 61}, openml_cache=str(openml_cache))
    assert openml.config.get_config_as_dict() == before
    assert os.environ["OPENML_SKIP_PARQUET"] == "maybe"


@pytest.mark.parametrize("lost", ["description.xml", "dataset.arff", None])
def test_openml_unreachable_and_not_cached(openml_cache, offline, monkeypatch, lost):
    """Whatever is missing, the message comes at once and says what to do; nothing in the cache is touched."""
    monkeypatch.setattr("time.sleep", lambda _: pytest.fail("waits to try again"))
    folder = openml_cache / "org" / "openml" / "www" / "datasets" / "1489"
    if lost is None:
        shutil.rmtree(folder)
    else:
        (folder / lost).unlink()
    before = snapshot(openml_cache)
    with pytest.raises(DatasetError) as caught:
        fetch("Phoneme", PHONEME, openml_cache=str(openml_cache))
    message = str(caught.value)
    lacking = lost or "description.xml and dataset.arff"
    assert message.startswith(
        f"data set 'Phoneme': cannot get OpenML's data set 1489: the cache folder {folder} "
    )
    assert f"lacks {lacking}, and the server did not deliver (ProxyError" in message
    for remedy in ("with a connection", "copy that folder", "`openml.cache`", "OPENML_CACHE_DIR"):
        assert remedy in message
    assert snapshot(openml_cache) == before


def test_openml_read_only_cache(openml_cache, offline, monkeypatch):
    """Nothing is written to the cache, not even attempted: root could write to read-only folders."""
    for path in [openml_cache, *openml_cache.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    changed = {path: path.stat().st_mtime_ns for path in [openml_cache, *openml_cache.rglob("*")]}
    assert fetch("Phoneme", PHONEME, openml_cache=str(openml_cache)).meta["rows"] == 5404
    assert {path: path.stat().st_mtime_ns for path in [openml_cache, *openml_cache.rglob("*")]} == changed
    for path in [openml_cache, *openml_cache.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def test_openml_wrong_md5(openml_cache, offline):
    folder = openml_cache / "org" / "openml" / "www" / "datasets" / "1489"
    before = snapshot(openml_cache)
    with pytest.raises(DatasetError, match=r"dataset\.arff has the md5 902f.*the key `md5` says 0000.*move"):
        fetch("Phoneme", PHONEME | {"md5": "0" * 32}, openml_cache=str(openml_cache))
    assert snapshot(openml_cache) == before
    arff = folder / "dataset.arff"
    arff.write_bytes(arff.read_bytes().replace(b"1", b"2", 1))
    before = snapshot(openml_cache)
    with pytest.raises(DatasetError, match=r"its description\.xml says 902f"):
        fetch("Phoneme", {"source": "openml", "id": 1489}, openml_cache=str(openml_cache))
    assert snapshot(openml_cache) == before


def test_openml_wrong_version_and_target(openml_cache, offline):
    with pytest.raises(DatasetError, match="is version 1, not 2; correct `version`"):
        fetch("Phoneme", PHONEME | {"version": 2}, openml_cache=str(openml_cache))
    with pytest.raises(DatasetError, match="no target column 'class'; .*'V1', .*'Class'"):
        fetch("Phoneme", PHONEME | {"target": "class"}, openml_cache=str(openml_cache))


def test_openml_pickles_are_neither_loaded_nor_left(openml_cache, offline):
    folder = openml_cache / "org" / "openml" / "www" / "datasets" / "1489"
    # Opcodes that make the unpickler call exit().
    (folder / "dataset.pkl.py3").write_bytes(b"cbuiltins\nexit\n(tR.")
    before = snapshot(openml_cache)
    assert fetch("Phoneme", PHONEME, openml_cache=str(openml_cache)).meta["rows"] == 5404
    assert snapshot(openml_cache) == before


def test_openml_download_is_kept_for_the_next_time(tmp_path, fake_openml):
    spec = {"source": "openml", "id": 7, "version": 3}
    data = fetch("tiny", spec, openml_cache=str(tmp_path))
    assert list(data.frame.columns) == ["x", "kind"]
    assert data.frame["kind"].tolist() == ["a", "b", np.nan]
    assert data.target.tolist() == [0, 0, 1]
    assert data.meta["licence"] == "CC0"
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(path.name for path in kept) == ["dataset.arff", "description.xml"]
    fake_openml.clear()
    again = fetch("tiny", spec, openml_cache=str(tmp_path))
    pd.testing.assert_frame_equal(again.frame, data.frame)


def test_openml_partial_cache_is_completed_or_left_alone(tmp_path, fake_openml):
    spec = {"source": "openml", "id": 7}
    fetch("tiny", spec, openml_cache=str(tmp_path))
    (arff,) = tmp_path.rglob("dataset.arff")
    arff.unlink()
    before = snapshot(tmp_path)
    good = fake_openml.pop("/tiny.arff")
    with pytest.raises(DatasetError, match=r"lacks dataset\.arff, and the server did not deliver"):
        fetch("tiny", spec, openml_cache=str(tmp_path))
    assert snapshot(tmp_path) == before
    fake_openml["/tiny.arff"] = (200, ARFF.replace("0.5", "0.6"))
    with pytest.raises(DatasetError, match="OpenMLHashException"):
        fetch("tiny", spec, openml_cache=str(tmp_path))
    assert snapshot(tmp_path) == before
    fake_openml["/tiny.arff"] = good
    fetch("tiny", spec, openml_cache=str(tmp_path))
    assert arff.read_text() == ARFF


def test_openml_server_refuses(tmp_path, fake_openml):
    with pytest.raises(DatasetError, match="data set 8: .*Unknown dataset"):
        fetch("none", {"source": "openml", "id": 8}, openml_cache=str(tmp_path))
    assert snapshot(tmp_path) == {}


def test_openml_download_without_a_writable_cache(tmp_path, fake_openml, caplog):
    """The data are at hand, so the study goes on; a file where the cache folder should be stops even root."""
    cache = tmp_path / "cache"
    cache.write_text("not a folder")
    assert fetch("tiny", {"source": "openml", "id": 7}, openml_cache=str(cache)).meta["rows"] == 3
    assert "cannot keep the download" in caplog.text
    assert cache.read_text() == "not a folder"


def test_a_csv_file_is_read_with_all_its_classes(tmp_path):
    path = tmp_path / "three.csv"
    path.write_text("x,y,z\n1,01,a\n,1,b\n3,c,\n")
    frame, labels = read_csv(path, "y")
    features = as_features(frame)
    assert list(labels) == ["01", "1", "c"]
    assert list(features) == ["x", "z"]
    assert features["x"].isna().tolist() == [False, True, False]
    assert isinstance(features["z"].dtype, pd.CategoricalDtype)
    with pytest.raises(DatasetError, match="there is no file"):
        read_csv(tmp_path / "other.csv", "y")


def test_codes_are_categories(tmp_path):
    """Whole numbers with a leading zero, or too large for 64 bits, are names."""
    rows = [
        "zip,large,padded,gaps,number,big,float,y",
        "01234,9223372036854775808,00,07,10,9223372036854775807,0.5,a",
        "55653,1,12,,0,-9223372036854775808,01.5,b",
        "10115,18446744073709551616,7,12,56,3,0,b",
    ]
    frame = fetch("mine", csv_spec(tmp_path, "\n".join(rows) + "\n")).frame
    for name in ("zip", "large", "padded", "gaps"):
        assert isinstance(frame[name].dtype, pd.CategoricalDtype), name
    assert frame["zip"].tolist() == ["01234", "55653", "10115"]
    assert frame["large"].tolist()[:2] == ["9223372036854775808", "1"]
    assert frame["gaps"].tolist() == ["07", np.nan, "12"]
    assert frame[["number", "big", "float"]].dtypes.tolist() == ["int64", "int64", "float64"]


@pytest.mark.parametrize("label", ["None", "NA", "N/A", "null", "nan", "NaN", "<NA>", "-", " "])
def test_a_class_may_be_called_as_missing_values_are(tmp_path, label):
    features, labels = read_csv(csv_spec(tmp_path, f"x,y\n1,{label}\nNone,some\n3,some\n")["path"], "y")
    assert list(labels) == [label, "some", "some"]
    assert features["x"].isna().tolist() == [False, True, False]


@pytest.mark.parametrize("compress", [False, True])
def test_a_nul_byte_is_refused_with_its_line(tmp_path, compress):
    path = tmp_path / ("data.csv.gz" if compress else "data.csv")
    content = b"x,name,y\n1,ab\0cd,a\n2,e,b\n"
    path.write_bytes(gzip.compress(content) if compress else content)
    with pytest.raises(DatasetError, match="not comma-separated UTF-8 text .line 2 has a NUL byte"):
        read_csv(path, "y")


@pytest.mark.parametrize(
    "text, numbers",
    [
        ("56,57", [56, 57]),
        ("56.0,,57.", [56, 57]),
        (" 5 ,NA,+7", [5, 7]),
        ("1000000000312649924,,-9223372036854775807", [1000000000312649924, 1 - 2**63]),
        ("1.0000000003126499e+18,5.6e1", [1000000000312649900, 56]),
        ("9007199254740993.0,", [2**53 + 1]),
        ("56.5,57", None),
        # A double rounds the fraction away.
        ("9007199254740993.5,1", None),
        ("red,1", None),
        ("True,False", None),
        ("1e300,2", [10**300, 2]),
    ],
)
def test_whole_numbers_are_exact_however_they_are_written(text, numbers):
    fields = pd.Series(text.split(","))
    values = pd.read_csv(io.StringIO("x,y\n" + "".join(f"{field},1\n" for field in fields)))["x"]
    assert whole_numbers(values, fields) == numbers


def test_a_folder_or_a_pipe_is_not_called_missing(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(DatasetError, match="is no regular file; save what it gives to one"):
            read_csv(path, "y")
