"""Write the files that state the keys of a configuration, each from the one place that describes it.

The settings classes of `autosmote.study.config.SECTIONS` describe the keys of their sections; the schema,
``workflow/schemas/config.schema.yaml``, describes all others. ``python -m autosmote.study.config_files``
(`make config`), run in the root of the repository, writes those sections into the schema, all defaults into
``config/config.yaml``, and the page ``docs/configuration.md``.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import MISSING
from pathlib import Path
from typing import Any

from autosmote.search.setting_fields import Setting, field_names, section
from autosmote.study.config import SECTIONS

SCHEMA = Path("workflow", "schemas", "config.schema.yaml")
CONFIG = Path("config", "config.yaml")
PAGE = Path("docs", "configuration.md")

_WIDTH = 118
_UNCHANGED = "Runs nothing again."


def written(root: Path) -> dict[Path, str]:
    """Compose the files.

    Parameters
    ----------
    root : Path
        The root of the repository.

    Returns
    -------
    dict of Path to str
        What `SCHEMA`, `CONFIG` and `PAGE` are to hold.

    Raises
    ------
    KeyError
        If a section has no place in the schema, or a key no default.
    """
    import yaml

    text = (root / SCHEMA).read_text(encoding="utf-8")
    for name, classes in SECTIONS.items():
        start, end = f"    # {name}: written by `make config`\n", f"    # {name}: end\n"
        if start not in text or end not in text:
            raise KeyError(f"{SCHEMA} has no place for the section {name!r}: the lines {start!r} and {end!r}")
        before, rest = text.split(start)
        _, after = rest.split(end)
        part = yaml.safe_dump(_section_schema(classes), sort_keys=False, width=_WIDTH - 4)
        text = f"{before}{start}{textwrap.indent(part, '    ')}{end}{after}"
    schema = yaml.safe_load(text)
    return {SCHEMA: text, CONFIG: _config(schema), PAGE: _page(schema)}


def defaults(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration that a schema's defaults make.

    Parameters
    ----------
    schema : mapping
        The JSON schema of the configuration.

    Returns
    -------
    dict

    Raises
    ------
    KeyError
        If a key has no default.
    """
    return {key: _default(key, node, schema) for key, node in schema["properties"].items()}


def _default(place: str, node: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:
    node = _resolved(node, schema)
    if "default" in node:
        return node["default"]
    if "properties" not in node:
        raise KeyError(f"{SCHEMA}: {place} has no default")
    return {key: _default(f"{place}.{key}", part, schema) for key, part in node["properties"].items()}


def _resolved(node: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Put what a node refers to in the place of the reference; the node's own words count first."""
    shared = node.get("$ref", "").removeprefix("#/$defs/")
    return {**schema["$defs"][shared], **node} if shared else dict(node)


# From settings classes to a section of the schema


def _section_schema(classes: tuple[type, ...]) -> dict[str, Any]:
    meanings = {
        key: meaning
        for cls in classes
        for key, name in field_names(cls).items()
        for meaning in [_meanings(cls)[name]]
    }
    result: dict[str, Any] = {"properties": {}}
    for key, setting in section(*classes).items():
        *parents, leaf = key.split(".")
        properties = result["properties"]
        for parent in parents:
            properties = properties.setdefault(parent, {"properties": {}})["properties"]
        properties[leaf] = _setting_schema(setting, meanings[key])
    return _closed(result)


def _setting_schema(setting: Setting, meaning: str) -> dict[str, Any]:
    types = {int: "integer", float: "number", str: "string"}
    node: dict[str, Any] = {"description": meaning, "type": types[setting.kind]}
    limits = {"minimum": setting.least, "exclusiveMinimum": setting.above, "maximum": setting.most}
    node |= {name: limit for name, limit in limits.items() if limit is not None}
    if setting.choices:
        # The names of a registry are checked by `Study.from_config`: a new entry needs no new schema.
        node |= {} if isinstance(setting.choices, Mapping) else {"enum": list(setting.choices)}
    if setting.default is not MISSING:
        node["default"] = setting.default
    return node if setting.changes_result else node | {"changes_results": False}


def _closed(node: dict[str, Any]) -> dict[str, Any]:
    """Let an object have all its properties and no others."""
    properties = {
        key: _closed(part) if "properties" in part else part for key, part in node["properties"].items()
    }
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


def _meanings(cls: type) -> dict[str, str]:
    """Read the string below each field of a class."""
    (definition,) = ast.parse(inspect.getsource(cls)).body
    assert isinstance(definition, ast.ClassDef)
    return {
        field.target.id: " ".join(text.value.value.split())
        for field, text in zip(definition.body, definition.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


# From the schema to config.yaml

_CONFIG_HEAD = """\
# The paper's study, and the defaults of every other one: this file is always loaded, and a file given with
# --configfile states only what differs (lists are replaced, mappings are merged).
# docs/configuration.md describes each key. `make config` writes this file: to change a default, change it in
# workflow/schemas/config.schema.yaml or, for the section `search`, in src/autosmote/search/settings.py.

"""


def _config(schema: Mapping[str, Any]) -> str:
    lines = [_CONFIG_HEAD]
    for key, node in schema["properties"].items():
        node = _resolved(node, schema)
        lines += [*_comment(node["description"], 0), *_comment(node.get("$comment", ""), 0)]
        if "properties" in node:
            lines.append(f"{key}:\n")
            for name, part in node["properties"].items():
                lines += _comment(part.get("$comment", ""), 1)
                lines += _entry(name, _default(f"{key}.{name}", part, schema), 1)
        else:
            lines += _entry(key, _default(key, node, schema), 0)
        lines.append("\n")
    return "".join(lines).rstrip() + "\n"


def _comment(words: str, depth: int) -> list[str]:
    margin = "  " * depth
    return [f"{margin}# {line}\n" for line in textwrap.wrap(words, _WIDTH - 2 - len(margin))]


def _entry(key: str, value: Any, depth: int) -> Iterator[str]:
    """Write a key and its value, on one line where that fits."""
    margin = "  " * depth
    line = f"{margin}{key}: {_flow(value)}\n"
    if len(line) <= _WIDTH or not isinstance(value, dict | list):
        yield line
        return
    yield f"{margin}{key}:\n"
    if isinstance(value, list):
        yield from (f"{margin}  - {_flow(item)}\n" for item in value)
    else:
        for name, part in value.items():
            yield from _entry(name, part, depth + 1)


def _flow(value: Any) -> str:
    import yaml

    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10**6)
    return text.strip().removesuffix("\n...")


# From the schema to the page of the manual

_PAGE_HEAD = """\
# Configuration

Every key of a study, with its default: `config/config.yaml`, the paper's study. A file given with
`--configfile` states only what differs; `config/README.md` lists the files that are there and says how to
write one.

A job runs again when a key that its result depends on has changed. Keys marked with *{mark}* change no
result.

`make config` writes this page, from `workflow/schemas/config.schema.yaml` and the settings classes in
`src/autosmote/search/`.
"""


def _page(schema: Mapping[str, Any]) -> str:
    parts = [_PAGE_HEAD.format(mark=_UNCHANGED)]
    for key, node in schema["properties"].items():
        node = _resolved(node, schema)
        words = node["description"]
        if "properties" in node:
            parts.append(f"## {key}\n\n{_paragraph(_note(words, node))}\n{_HEAD_OF_TABLE}")
            parts[-1] += "".join(_rows("", node, schema))
        elif key == "datasets":
            words = f"{_note(words, node)} Each is one of these, by its `source`:"
            parts.append(f"## {key}\n\n{_paragraph(words)}\n{_HEAD_OF_TABLE}")
            for kind in node["additionalProperties"]["allOf"]:
                source = kind["if"]["properties"]["source"]["const"]
                needed = kind["then"]["required"]
                parts[-1] += f"| `source: {source}` | | | |\n" + "".join(
                    _row(name, _resolved(part, schema), "needed" if name in needed else "")
                    for name, part in kind["then"]["properties"].items()
                    if name != "source"
                )
        else:
            words = f"{_note(words, node)} Default: `{_flow(node['default'])}`."
            parts.append(f"## {key}\n\n{_paragraph(words)}")
    return "\n".join(parts)


def _paragraph(words: str) -> str:
    return textwrap.fill(words, _WIDTH, break_long_words=False, break_on_hyphens=False) + "\n"


_HEAD_OF_TABLE = "| key | default | values | meaning |\n|---|---|---|---|\n"


def _rows(prefix: str, node: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    for key, part in node["properties"].items():
        part = {"default": node["default"][key]} | part if "default" in node else part
        part = _resolved(part, schema)
        if "properties" in part:
            yield from _rows(f"{prefix}{key}.", part, schema)
            continue
        default = _flow(part["default"])
        yield _row(f"{prefix}{key}", part, f"`{default}`" if len(default) <= 70 else "see the file")


def _row(key: str, node: Mapping[str, Any], default: str) -> str:
    meaning = _note(node["description"], node).replace("|", "\\|")
    return f"| `{key}` | {default} | {_values(node)} | {meaning} |\n"


def _note(words: str, node: Mapping[str, Any]) -> str:
    mark = "" if node.get("changes_results", True) else f"*{_UNCHANGED}*"
    return " ".join(filter(None, [words, node.get("$comment"), mark]))


def _values(node: Mapping[str, Any]) -> str:
    """Say which values a key can have."""
    if "enum" in node:
        return ", ".join(f"`{value}`" for value in node["enum"])
    kinds = node.get("type", "object")
    nouns = {
        "integer": "whole number",
        "number": "number",
        "string": "text",
        "boolean": "`true` or `false`",
        "null": "`null`",
        "object": "mapping",
    }
    nouns["array"] = f"list ({_values(node['items'])})" if "items" in node else "list"
    words = " or ".join(nouns[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds))
    limits = {
        "minimum": "at least",
        "exclusiveMinimum": "above",
        "exclusiveMaximum": "below",
        "maximum": "at most",
    }
    ranges = [f"{phrase} {node[limit]}" for limit, phrase in limits.items() if limit in node]
    return ", ".join([words, *ranges])


def _main() -> None:
    for path, text in written(Path()).items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    _main()
