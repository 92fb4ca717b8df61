"""Settings as fields of a dataclass: each states its default and its range once.

The string below a field says what it means. From these classes `make config` writes the configuration's
schema, its defaults and the manual.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from numbers import Integral, Real
from typing import Any


@dataclass(frozen=True)
class Setting:
    """Default and range of a setting.

    Parameters
    ----------
    kind : {int, float, str}
        What its values are.
    default : int, float or str, optional
        Its value where none is given; `dataclasses.MISSING` if one has to be.
    least, above, most : float, optional
        A number is at least `least`, greater than `above` and at most `most`.
    choices : collection of str
        The values that a text can have. Those of a mapping are names that may be added to.
    key : str, optional
        Its key in a section of the configuration, with dots where it is nested; empty if that is the field's
        name, None for a setting that no configuration names.
    changes_result : bool, default True
        Whether results depend on it. If not, changing it runs nothing again.
    """

    kind: type
    default: Any = MISSING
    least: float | None = None
    above: float | None = None
    most: float | None = None
    choices: Collection[str] = ()
    key: str | None = ""
    changes_result: bool = True

    def allows(self, value: object) -> bool:
        """Return whether a value is of the right kind and in range."""
        if self.kind is str:
            return isinstance(value, str) and value in self.choices
        if isinstance(value, bool) or not isinstance(value, Integral if self.kind is int else Real):
            return False
        number = float(value)
        return (
            (self.least is None or number >= self.least)
            and (self.above is None or number > self.above)
            and (self.most is None or number <= self.most)
        )

    @property
    def expected(self) -> str:
        """What values are allowed, in words."""
        if self.kind is str:
            return f"known values: {', '.join(self.choices)}"
        noun = "a whole number" if self.kind is int else "a number"
        if self.above is not None:
            return f"expected {noun} above {self.above:g}"
        if self.most is not None:
            return f"expected {noun} from {self.least:g} to {self.most:g}"
        return f"expected {noun} of at least {self.least:g}"


def whole(
    default: Any = MISSING, *, least: int = 1, key: str | None = "", changes_result: bool = True
) -> Any:
    """Make a field for a whole number; `Setting` describes the parameters.

    Without a `key` the field's name is the key; with None the setting is in no configuration.
    """
    return _field(Setting(int, default, least=least, key=key, changes_result=changes_result))


def number(
    default: float,
    *,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
    key: str | None = "",
) -> Any:
    """Make a field for a number, as `whole` does. `least` or `above` has to be given."""
    return _field(Setting(float, default, least=least, above=above, most=most, key=key))


def choice(
    default: str, choices: Collection[str], *, key: str | None = "", changes_result: bool = True
) -> Any:
    """Make a field for one of several names, as `whole` does."""
    return _field(Setting(str, default, choices=choices, key=key, changes_result=changes_result))


def check(settings: Any) -> None:
    """Check the settings of an instance.

    Parameters
    ----------
    settings : instance of a dataclass
        Fields that are no settings are not looked at.

    Raises
    ------
    ValueError
        If a value is not allowed; the message names the setting, the value and what is allowed.
    """
    for item in fields(settings):
        setting, value = item.metadata.get("setting"), getattr(settings, item.name)
        if setting is not None and not setting.allows(value):
            raise ValueError(f"search setting {item.name}={value!r}: {setting.expected}")


def section(*classes: type) -> dict[str, Setting]:
    """Return the settings of a section of the configuration.

    Parameters
    ----------
    *classes : dataclass
        Their fields are the settings.

    Returns
    -------
    dict of str to Setting
        By key, in the order of the fields, without those that no configuration names.
    """
    return {key: setting for cls in classes for _, key, setting in _configured(cls)}


def that_change_results(values: Mapping[str, Any], classes: Iterable[type]) -> dict[str, Any]:
    """Return the keys of a section of the configuration that results depend on.

    Parameters
    ----------
    values : mapping
        The section.
    classes : iterable of dataclass
        Their fields are its settings.

    Returns
    -------
    dict
        The keys that no field marks as one that changes no result.
    """
    settings = section(*classes)
    return {
        key: value for key, value in values.items() if key not in settings or settings[key].changes_result
    }


def field_names(cls: type) -> dict[str, str]:
    """Return the name of a dataclass's field for each key of the configuration."""
    return {key: name for name, key, _ in _configured(cls)}


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the values of a nested mapping by their keys, joined with dots."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return found


def _configured(cls: type) -> Iterator[tuple[str, str, Setting]]:
    for item in fields(cls):
        setting = item.metadata.get("setting")
        if setting is not None and setting.key is not None:
            yield item.name, setting.key or item.name, setting


def _field(setting: Setting) -> Any:
    return field(default=setting.default, metadata={"setting": setting})
