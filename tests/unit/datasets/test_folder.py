"""A folder as data sets."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from autosmote.datasets import DatasetError, fetch
from autosmote.datasets.folder import expand


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "b.csv").write_text("code,x,y\n1,0.5,no\n2,0.1,yes\n2,0.3,no\n")
    (tmp_path / "a.csv").write_text("x,group_a,label\n0.5,7,1\n0.1,8,0\n0.2,8,0\n")
    return tmp_path


def found(folder: Path, **spec: Any) -> dict[str, dict[str, Any]]:
    return expand({"source": "folder", "path": str(folder), **spec})


def test_every_file_is_a_data_set_with_the_target_of_the_folder(folder: Path) -> None:
    (folder / "a.csv").rename(folder / "c.txt")
    assert found(folder, target="y", minority="yes", domain="Made") == {
        "b": {
            "source": "csv",
            "path": f"{folder}/b.csv",
            "target": "y",
            "minority": "yes",
            "domain": "Made",
        }
    }


def test_an_index_chooses_files_and_says_more_of_each(folder: Path) -> None:
    (folder / "unlisted.csv").write_text("x,z\n1,2\n")
    (folder / "index.csv").write_text(
        "name,target,minority_label,nominal,rows,minority\nb,,yes; maybe,,3,1\na,label,,group_*,3,1\n"
    )
    by_name = found(folder, target="y", nominal=["code"])
    assert list(by_name) == ["b", "a"]
    assert by_name["b"]["minority"] == ["yes", "maybe"]
    assert by_name["b"]["nominal"] == ["code"]
    assert by_name["a"] == {
        "source": "csv",
        "path": f"{folder}/a.csv",
        "target": "label",
        "nominal": ["group_a"],
    }


def test_classes_are_kept_but_where_the_index_says_otherwise(folder: Path) -> None:
    (folder / "one.csv").write_text("name\nb\n")
    assert found(folder, target="y", classes="all", index="one.csv")["b"]["classes"] == "all"
    (folder / "index.csv").write_text("name,target,minority_label,classes\nb,,yes,\na,label,,all\n")
    for spec in ({"classes": "all"}, {"minority": "no"}):
        by_name = found(folder, target="y", **spec)
        said = {
            name: {key: entry.get(key) for key in ("minority", "classes")} for name, entry in by_name.items()
        }
        assert said == {
            "b": {"minority": ["yes"], "classes": None},
            "a": {"minority": None, "classes": "all"},
        }


def test_nominal_columns_are_categories(folder: Path) -> None:
    (folder / "list.csv").write_text("name\nb\n")
    spec = found(folder, target="y", nominal=["co?e"], index="list.csv")["b"]
    frame = fetch("b", spec).frame
    assert isinstance(frame["code"].dtype, pd.CategoricalDtype)
    assert list(frame["code"]) == ["1", "2", "2"]
    assert frame["x"].dtype == "float64"


def test_columns_to_ignore_are_left_out(folder: Path) -> None:
    (folder / "list.csv").write_text("name,ignore\nb,\n")
    spec = found(folder, target="y", ignore=["co?e", "*y*"], index="list.csv")["b"]
    assert spec["ignore"] == ["code"]  # the target stays, whatever the pattern
    assert list(fetch("b", spec).frame) == ["x"]
    (folder / "list.csv").write_text("name,ignore\nb,x\n")
    spec = found(folder, target="y", ignore=["code"], index="list.csv")["b"]
    assert list(fetch("b", spec).frame) == ["code"]
    with pytest.raises(DatasetError, match="`ignore` names 'zip', which is no column of any file"):
        found(folder, target="y", ignore=["x", "zip"], index="list.csv")


@pytest.mark.parametrize("naming, warned", [("ignore", 0), ("nominal", 1)])
def test_a_column_that_names_rows_is_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, naming: str, warned: int
) -> None:
    rows = "".join(f"r{number},{number % 7},{'ab'[number % 3 == 0]}\n" for number in range(30))
    (tmp_path / "mine.csv").write_text("id,x,y\n" + rows)
    fetch("mine", {"source": "csv", "path": str(tmp_path / "mine.csv"), "target": "y", naming: ["id"]})
    messages = [record.getMessage() for record in caplog.records]
    assert [text.startswith("data set 'mine': column 'id' has another value") for text in messages] == [
        True
    ] * warned


@pytest.mark.parametrize(
    ("files", "spec", "message"),
    [
        ({}, {"path": "nowhere"}, "there is no folder 'nowhere'"),
        ({}, {"target": "y"}, "a.csv has no column 'y'; correct `target`, or leave the file out"),
        ({"a.csv": "x;y\n1;a\n"}, {"target": "y"}, "a.csv is not comma-separated UTF-8 text (its fields"),
        ({}, {}, "a.csv has no target; set `target`, or give the index a column of that name"),
        ({}, {"index": "list.csv"}, "index: there is no file"),
        ({"index.csv": "file\nb\n"}, {"target": "y"}, "index.csv has no column 'name'"),
        ({"index.csv": "name\nb\nb\n"}, {"target": "y"}, "names 'b' more than once"),
        ({"index.csv": "name\nd\n"}, {"target": "y"}, "d.csv, which the index names"),
        ({"index.csv": "name\nb/../b\n"}, {"target": "y"}, "'b/../b' cannot be the name of a data set"),
        (
            {"index.csv": "name\nb\n"},
            {"target": "y", "nominal": ["coed"]},
            "'coed', which is no column of any",
        ),
        ({"index.csv": "name,nominal\nb,coed\n"}, {"target": "y"}, "'coed', which is no column of"),
        ({"index.csv": "name\n"}, {"target": "y"}, "holds no CSV file"),
    ],
)
def test_mistakes_are_named(folder: Path, files: dict[str, str], spec: dict[str, Any], message: str) -> None:
    for name, text in files.items():
        (folder / name).write_text(text)
    with pytest.raises(DatasetError) as error:
        found(folder, **spec)
    assert message in str(error.value)


def test_a_nominal_column_that_is_not_there_is_refused_when_the_file_is_read(folder: Path) -> None:
    spec = {"source": "csv", "path": str(folder / "b.csv"), "target": "y", "nominal": ["cod"]}
    with pytest.raises(DatasetError, match="`nominal` names 'cod', which is no column of"):
        fetch("b", spec)
