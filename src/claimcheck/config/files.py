"""Configuration files: TOML into models, and what is wrong with one, in one line: file, line, key, found, expected."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from claimcheck import ClaimcheckError


class ConfigurationError(ClaimcheckError):
    """A profile, a configuration file or an option that can't be used; the text says where and why."""


class UnknownKey(ClaimcheckError, ValueError):
    """A key that a table does not take; a validator of a table raises it.

    Args:
        key: the key.
        what: what it should be: "filing indicator".
        known: what may be there.
    """

    def __init__(self, key: str, what: str, known: Collection[str]) -> None:
        super().__init__(f"unknown {what}, {expected_one_of(key, known)}")
        self.key = key


_BARE: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)

_KINDS: Final = {
    "string": "text in quotes",
    "path": "text in quotes",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "list": "a list",
    "tuple": "a list",
    "dict": "a table",
    "model": "a table",
    "date": "a date such as 2026-03-20",
}
"""What a value must be, by the first word of pydantic's error type."""


class Place(NamedTuple):
    """A key of a configuration: its file, where it has one, and the path to it there.

    As text it is ``claimcheck.toml:7: [payers.ACME.severity] PTP``. Only errors need that: the line is looked up then.
    """

    path: Path | None = None
    keys: tuple[str | int, ...] = ()

    def at(self, *keys: str | int) -> Place:
        """A key below this one."""
        return Place(self.path, (*self.keys, *keys))

    def __str__(self) -> str:
        *table, key = [part for part in self.keys if isinstance(part, str)] or [""]
        names = f"[{key_of(*table)}] {key_of(key)}" if table else key and key_of(key)
        file = f"{self.path}{self._line()}" if self.path else ""
        return ": ".join(filter(None, (file, names)))

    def _line(self) -> str:
        from claimcheck.rulebook.toml_places import line_of, lines_of

        assert self.path
        return f":{line_of(lines_of(_text_of(self.path)), self.keys)}" if self.keys else ""

    def error(self, text: str) -> ConfigurationError:
        """The error that something is wrong here."""
        place = str(self)
        return ConfigurationError(f"{place}: {text}" if place else text)


def key_of(*parts: str | int) -> str:
    """A key as TOML writes it; an item of a list is known by its value."""
    return ".".join(part if _BARE.fullmatch(part) else f'"{part}"' for part in parts if isinstance(part, str))


def expected_one_of(name: str, names: Collection[str], others: str = "") -> str:
    """What is expected in place of a name that is unknown: all that there are, and the one that was perhaps meant."""
    near = nearest(name, names)
    return f"expected {others or 'one of ' + ', '.join(names)}" + (f"; did you mean {near}?" if near else "")


def nearest(name: str, names: Collection[str]) -> str:
    """The name that was perhaps meant, or nothing."""
    return next(iter(difflib.get_close_matches(name, names, n=1)), "")


def value_shown(value: Any) -> str:
    """A value as an error shows it."""
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    return json.dumps(value, ensure_ascii=False)[:42] if isinstance(value, str | bool | int | float) else str(value)


def first_error(place: Place, error: ValidationError, model: type[BaseModel], content: Any) -> ConfigurationError:
    """The first error that pydantic found in the content of a place, in our words."""
    from claimcheck.rulebook.toml_places import path_in

    first = error.errors(include_url=False)[0]
    kind, context = first["type"], first.get("ctx", {})
    keys, found = path_in(content, first["loc"]), value_shown(first["input"])
    at = place.at(*keys)
    if kind == "extra_forbidden":
        if keys == ("rulebook",):
            return at.error("is not a setting; name the rule book by --rulebook or CLAIMCHECK_RULEBOOK")
        return at.error(f"unknown setting, {expected_one_of(str(keys[-1]), _keys_at(model, keys[:-1]))}")
    if kind == "missing":
        return at.at(first["loc"][-1]).error("found nothing, expected a value")
    if kind in ("literal_error", "enum"):
        allowed = re.findall("'([^']*)'", context["expected"])
        return at.error(f"found {found}, {expected_one_of(str(first['input']), allowed)}")
    if kind == "value_error":
        wrong = context["error"]
        return (at.at(wrong.key) if isinstance(wrong, UnknownKey) else at).error(str(wrong))
    expected = _KINDS.get(kind.partition("_")[0], "another value")
    if kind == "greater_than_equal":
        expected = f"a number of at least {context['ge']}"
    if kind == "less_than_equal":
        expected = f"a number of at most {context['le']}"
    return at.error(f"found {found}, expected {expected}")


def _keys_at(model: type[BaseModel], place: Iterable[str | int]) -> list[str]:
    """The keys of the table at a place of a model."""
    at: Any = model
    for part in place:
        is_model = isinstance(at, type) and issubclass(at, BaseModel)
        at = at.model_fields[part].annotation if is_model else get_args(at)[-1]
    return [*at.model_fields]


_Model = TypeVar("_Model", bound=BaseModel)


def _text_of(path: Path) -> str:
    """The text of a file without the byte order mark of Windows editors. (The codec ``utf-8-sig`` is a module more.)"""
    return path.read_text("utf-8").removeprefix("\ufeff")


def read_toml(path: Path) -> dict[str, Any]:
    """What a TOML file holds.

    Raises:
        ConfigurationError: it can't be read, or is not TOML.
    """
    try:
        text = _text_of(path)
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}; expected a TOML file that can be read") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigurationError(f"{path}:{line}: found bytes that are not UTF-8; save the file as UTF-8") from None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        from claimcheck.rulebook.toml_places import not_toml

        line, found, complaint = not_toml(text, error)
        raise ConfigurationError(f"{path}:{line}: found {value_shown(found)}, expected TOML ({complaint})") from None


def as_model(place: Place, table: dict[str, Any], model: type[_Model]) -> _Model:
    """The table at a place as a model.

    Raises:
        ConfigurationError: a key or value does not fit.
    """
    try:
        return model.model_validate(table, context={"file": place.path})
    except ValidationError as error:
        raise first_error(place, error, model, table) from None
