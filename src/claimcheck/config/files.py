"""Configuration files: TOML into models, and what is wrong with one, in one line: file, key, value, what is allowed."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from claimcheck import ClaimcheckError


class ConfigurationError(ClaimcheckError):
    """A profile, a configuration file or an option that can't be used; the text says where and why."""


_BARE: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)

_KINDS: Final = {
    "string": "text",
    "path": "text",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "list": "a list",
    "tuple": "a list",
    "dict": "a table",
    "model": "a table",
}
"""What a value must be, by the first word of pydantic's error type."""


def key_of(*parts: str | int) -> str:
    """A key as TOML writes it; an item of a list is known by its value."""
    return ".".join(part if _BARE.fullmatch(part) else f'"{part}"' for part in parts if isinstance(part, str))


def instead_of(name: str, names: Collection[str], others: str = "") -> str:
    """What to write instead of a name that is not known: the one that was perhaps meant, and all that there are."""
    near = difflib.get_close_matches(name, names, n=1)
    expected = f"xpected {others or 'one of ' + ', '.join(names)}"
    return f"; did you mean {near[0]}? E{expected}" if near else f"; e{expected}"


def value_shown(value: Any) -> str:
    """A value as an error shows it."""
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    return json.dumps(value, ensure_ascii=False)[:42] if isinstance(value, str | bool | int | float) else str(value)


def first_error(error: ValidationError, model: type[BaseModel]) -> str:
    """The first error that pydantic found, in our words: key, value, and what is allowed."""
    first = error.errors(include_url=False)[0]
    kind, place = first["type"], first["loc"]
    key, found = key_of(*place), value_shown(first["input"])
    if kind == "extra_forbidden":
        return f"{key}: there is no such key{instead_of(str(place[-1]), _keys_at(model, place[:-1]))}"
    if kind == "missing":
        return f"{key}: the key is missing"
    if kind in ("literal_error", "enum"):
        allowed = re.findall("'([^']*)'", first["ctx"]["expected"])
        return f"{key}: {found} is not allowed{instead_of(str(first['input']), allowed)}"
    if kind == "value_error":
        return f"{key}: {first['ctx']['error']}"
    expected = _KINDS.get(kind.partition("_")[0], "another value")
    if kind == "greater_than_equal":
        expected = f"a number of at least {first['ctx']['ge']}"
    if kind == "less_than_equal":
        expected = f"a number of at most {first['ctx']['le']}"
    return f"{key}: expected {expected}, found {found}"


def _keys_at(model: type[BaseModel], place: Iterable[str | int]) -> list[str]:
    """The keys of the table at a place of a model."""
    at: Any = model
    for part in place:
        is_model = isinstance(at, type) and issubclass(at, BaseModel)
        at = at.model_fields[part].annotation if is_model else get_args(at)[-1]
    return [*at.model_fields]


_Model = TypeVar("_Model", bound=BaseModel)


def read_toml(path: Path) -> dict[str, Any]:
    """What a TOML file holds.

    Raises:
        ConfigurationError: it can't be read, or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: is not TOML: {error}") from None


def as_model(path: Path, table: dict[str, Any], model: type[_Model]) -> _Model:
    """A table of a file as a model.

    Raises:
        ConfigurationError: a key or value does not fit.
    """
    try:
        return model.model_validate(table, context={"file": path})
    except ValidationError as error:
        raise ConfigurationError(f"{path}: {first_error(error, model)}") from None
