"""Score tables of a study that ran in parts."""

import logging
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from autosmote.analysis.joining import SettingsDifferError, join, with_settings
from autosmote.analysis.scores import collect, validate
from autosmote.evaluation.score_row import Cell, ScoreRow
from autosmote.utils.storage import write_frame

SETTINGS: dict[str, Any] = {"search.iterations": 300, "study.ratios": [0.5, 1.0], "task.missing": "zero"}


def part(path: Path, seed: int, settings: dict[str, Any] | None = None) -> Path:
    cell = Cell("a", 20, "tree", "mcc", seed)
    scores = dict.fromkeys(("validation_score", "test_score", "large_test_score"), 0.5)
    rows = [
        ScoreRow.scored(cell, name, "Over-sampling", **scores, seconds=1.0) for name in ("SMOTE", "ADASYN")
    ]
    table = validate(pd.DataFrame([row.as_dict() for row in rows]))
    write_frame(table if settings is None else with_settings(table, settings), path)
    return path


def test_parts_with_the_same_settings_are_joined(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    paths = [part(tmp_path / f"{seed}.parquet", seed, SETTINGS) for seed in (0, 1)]
    joined = join(paths)
    pd.testing.assert_frame_equal(joined, collect(paths))
    assert list(joined["seed"]) == [0, 0, 1, 1]
    assert not caplog.records


def test_each_setting_that_differs_is_named_with_its_files(tmp_path: Path) -> None:
    longer = {"search.iterations": 1000}
    changes: list[dict[str, Any]] = [{}, longer, longer | {"task.missing": "mean"}]
    paths = [part(tmp_path / f"{seed}.parquet", seed, SETTINGS | new) for seed, new in enumerate(changes)]
    with pytest.raises(SettingsDifferError) as error:
        join(paths)
    a, b, c = paths
    assert str(error.value).splitlines()[1:] == [
        f"  search.iterations: 300 in {a}; 1000 in {b}, {c}",
        f'  task.missing: "zero" in {a}, {b}; "mean" in {c}',
    ]


def test_a_setting_that_one_part_lacks_is_no_difference(tmp_path: Path) -> None:
    other = SETTINGS | {"methods.CTGAN.epochs": 10, "datasets.b.checksum": "md5:1"}
    paths = [part(tmp_path / "a.parquet", 0, SETTINGS), part(tmp_path / "b.parquet", 1, other)]
    assert len(join(paths)) == 4
    third = part(tmp_path / "c.parquet", 2, other | {"datasets.b.checksum": "md5:2"})
    with pytest.raises(SettingsDifferError, match="datasets.b.checksum: "):
        join([*paths, third])


def test_a_row_that_two_parts_have_is_named_with_both(tmp_path: Path) -> None:
    paths = [part(tmp_path / name, 0, SETTINGS) for name in ("a.parquet", "b.parquet")]
    with pytest.raises(ValueError) as error:
        join(paths)
    assert str(error.value).startswith(f"{paths[0]} and {paths[1]} both have a row of dataset=")


def test_files_without_settings_are_joined_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    old, new = part(tmp_path / "old.parquet", 0), part(tmp_path / "new.parquet", 1, SETTINGS)
    with caplog.at_level(logging.WARNING):
        assert len(join([old, new])) == 4
    assert caplog.messages == [f"these files state no settings, so none was compared: {old}"]
    caplog.clear()
    assert len(join([old])) == 2
    assert not caplog.messages
