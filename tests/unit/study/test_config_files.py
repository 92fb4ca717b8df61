"""The schema, config.yaml and the manual say what the settings classes and the schema's own keys say."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from autosmote.search.setting_fields import check, choice, number, section, whole
from autosmote.search.settings import SearchSettings
from autosmote.study import config_files

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = yaml.safe_load((ROOT / config_files.SCHEMA).read_text())
CONFIG = yaml.safe_load((ROOT / config_files.CONFIG).read_text())


@dataclass(frozen=True)
class Toy:
    """Settings of a search that does not exist."""

    size: int = whole(3, key="inner.size")
    """Rows."""

    share: float = number(0.5, least=0, most=1)
    """Share of them,
    as a fraction."""

    way: str = choice("left", ("left", "right"), changes_result=False)
    """Which way."""

    hidden: int = whole(2, key=None)
    """In no configuration."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the files."""
    for path in (config_files.SCHEMA, config_files.CONFIG, config_files.PAGE):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text((ROOT / path).read_text())
    return tmp_path


@pytest.mark.parametrize("path", [config_files.SCHEMA, config_files.CONFIG, config_files.PAGE], ids=str)
def test_file_is_as_it_is_written(path: Path) -> None:
    assert (ROOT / path).read_text() == config_files.written(ROOT)[path], f"{path} differs: run `make config`"


def test_defaults_of_the_schema_are_the_default_configuration() -> None:
    assert config_files.defaults(SCHEMA) == CONFIG


def test_changed_default_of_a_setting_is_noticed_in_all_files(root: Path, monkeypatch) -> None:
    monkeypatch.setitem(config_files.SECTIONS, "search", (Toy,))  # type: ignore[arg-type]
    for path, text in config_files.written(root).items():
        assert text != (root / path).read_text(), path


def test_changed_default_of_the_schema_is_noticed_in_the_others(root: Path) -> None:
    schema = root / config_files.SCHEMA
    schema.write_text(schema.read_text().replace("default: 600\n", "default: 601\n"))
    for path in (config_files.CONFIG, config_files.PAGE):
        assert config_files.written(root)[path] != (root / path).read_text(), path


def test_section_has_the_settings_of_its_classes(root: Path, monkeypatch) -> None:
    schema = root / config_files.SCHEMA
    section_ = (
        "  toy:\n    description: A toy.\n    # toy: written by `make config`\n    # toy: end\n\n  methods:\n"
    )
    schema.write_text(schema.read_text().replace("  methods:\n", section_))
    monkeypatch.setattr(config_files, "SECTIONS", {"toy": (Toy,)})
    texts = config_files.written(root)
    assert yaml.safe_load(texts[config_files.CONFIG])["toy"] == {
        "inner": {"size": 3},
        "share": 0.5,
        "way": "left",
    }
    toy = yaml.safe_load(texts[config_files.SCHEMA])["properties"]["toy"]
    assert toy["properties"]["share"] == {
        "description": "Share of them, as a fraction.",
        "type": "number",
        "minimum": 0,
        "maximum": 1,
        "default": 0.5,
    }
    assert toy["properties"]["way"]["changes_results"] is False
    page = texts[config_files.PAGE]
    assert "| `inner.size` | `3` | whole number, at least 1 | Rows. |" in page
    assert "| `way` | `left` | `left`, `right` | Which way. *Runs nothing again.* |" in page


def test_key_without_a_default_and_section_without_a_place_are_named(root: Path, monkeypatch) -> None:
    schema = root / config_files.SCHEMA
    schema.write_text(schema.read_text().replace("default: 600\n", "minimum: 1\n"))
    with pytest.raises(KeyError, match="limits.cpu_seconds has no default"):
        config_files.written(root)
    monkeypatch.setattr(config_files, "SECTIONS", {"toy": (Toy,)})
    with pytest.raises(KeyError, match="no place for the section 'toy'"):
        config_files.written(root)


VALUES = [-1, 0, 0.5, 1, 2, 2.5, True, None, "left", "mean", "none", "many", [1]]


@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize("classes", [(Toy,), (SearchSettings,)], ids=["toy", "search"])
def test_schema_allows_what_the_class_allows(classes: tuple[type, ...], value: Any) -> None:
    schema = config_files._section_schema(classes)
    for key, setting in section(*classes).items():
        node = schema
        for part in key.split("."):
            node = node["properties"][part]
        # The names of registries are checked with the configuration.
        if isinstance(setting.choices, Mapping):
            continue
        assert Draft202012Validator(node).is_valid(value) == setting.allows(value), key


def test_wrong_value_is_named_with_what_is_allowed() -> None:
    with pytest.raises(ValueError, match="search setting share=1.5: expected a number from 0 to 1"):
        check(Toy(share=1.5))
    with pytest.raises(ValueError, match="search setting way='up': known values: left, right"):
        check(Toy(way="up"))
    with pytest.raises(ValueError, match="search setting size='3': expected a whole number of at least 1"):
        check(Toy(size="3"))  # type: ignore[arg-type]


PAGES = sorted(
    {*ROOT.glob("*.md"), *ROOT.glob("config/*.md"), *ROOT.glob("docs/**/*.md")} - {ROOT / config_files.PAGE}
)


FILES = (".db", ".npz", ".parquet", ".py")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_keys_that_a_page_names_exist(page: Path) -> None:
    def keys(node: Mapping[str, Any], place: str = "") -> Iterator[str]:
        for name, value in node.items():
            yield f"{place}{name}"
            if isinstance(value, dict):
                yield from keys(value, f"{place}{name}.")

    known = {*keys(CONFIG), "methods.MESA.*"}
    sections = "|".join(CONFIG)
    named = re.findall(rf"`((?:{sections})\.[A-Za-z0-9_.*]+)(?=[:`])", page.read_text())
    assert [name for name in named if name not in known and not name.endswith(FILES)] == []
