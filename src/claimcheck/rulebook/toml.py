"""TOML files that people write, and the line of each of their fields. Whatever is wrong with one is an error that names
the file, the line and the field."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from claimcheck.rulebook.store import RuleDataError
from claimcheck.rulebook.toml_places import At, line_of, lines_of, not_toml, path_in

_M = TypeVar("_M", bound=BaseModel)

_PATTERNS: Final = {
    "^[0-9A-Z][0-9]{3}[0-9A-Z]$": "a code of 5 characters, such as 99213 or J1010",
    "^[0-9]{3}[0-9A-Z]{6}X$": "a taxonomy of 10 characters, such as 207Q00000X",
    "^[0-9A-Z]{2}$": "a modifier of 2 characters, such as 25",
    "^[0-9]{2}$": "a place of service of 2 digits, such as 11",
    "^([0-9A-Z]{5})?$": "a code of 5 characters, or nothing",
    "^([0-9]{4})?$": "4 digits, or nothing",
    "^(https://.*)?$": "an address that begins with https://, or nothing",
    "^[A-Z]+$": "capital letters",
}
"""What a text must be, by the pattern that a model has for it."""


class RuleFile:
    """A TOML file that people write, and the line of each of its fields."""

    def __init__(self, path: Path, name: str = "") -> None:
        self.path = path
        self.name = name or str(path)

    @classmethod
    def of(cls, folder: Path, name: str) -> RuleFile:
        """A file of a rules folder, called by its name in there: ``rules/codes/77424.toml``."""
        return cls(folder / name, f"{folder.name}/{name}")

    def parse(self, model: type[_M]) -> _M:
        """The file's content, checked against what such a file may say.

        Raises:
            RuleDataError: it can't be read, is not TOML, or says something else.
        """
        try:
            self.text = self.path.read_text("utf-8").removeprefix("\ufeff")
        except OSError as error:
            raise RuleDataError(self.name, 1, "", error.strerror or "nothing", "a readable file") from None
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise RuleDataError(self.name, line, "", "bytes that are not UTF-8", "text") from None
        try:
            content = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            line, found, complaint = not_toml(self.text, error)
            raise RuleDataError(self.name, line, "", shown(found), f"valid TOML ({complaint})") from None
        try:
            return model.model_validate(content)
        except ValidationError as error:
            self._refuse(error, content, model)

    def _refuse(self, error: ValidationError, content: dict[str, Any], model: type[BaseModel]) -> NoReturn:
        # A misspelt field is also a missing one: say the former.
        first = min(error.errors(include_url=False), key=lambda e: e["type"] != "extra_forbidden")
        path = path_in(content, first["loc"])
        if first["type"] == "missing":
            path = (*path, first["loc"][-1])
        match first["type"]:
            case "missing":
                found, expected = "nothing", "a value"
            case "extra_forbidden":
                found, expected = "an unknown field", f"one of {', '.join(_fields_at(model, path[:-1]))}"
            case "literal_error":
                found, expected = shown(first["input"]), str(first["ctx"]["expected"])
            case "string_pattern_mismatch":
                pattern = first["ctx"]["pattern"]
                found, expected = shown(first["input"]), _PATTERNS.get(pattern, f"text like {pattern}")
            case _:
                found, expected = shown(first["input"]), _expected(first["msg"])
        self.refuse(path, found, expected)

    def refuse(self, path: At, found: object, expected: str) -> NoReturn:
        """Say that the value at a path can't be."""
        field = ""
        for part in path:
            field += f"[{part}]" if isinstance(part, int) else f".{part}" if field else part
        raise RuleDataError(self.name, line_of(lines_of(self.text), path), field, str(found), expected)


def shown(value: object) -> str:
    """A value as errors show it."""
    text = str(value) if isinstance(value, date) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _fields_at(model: type[BaseModel], path: At) -> list[str]:
    """The fields that may stand at a path."""
    schema: dict[str, Any] = model.model_json_schema()
    definitions, here = schema.get("$defs", {}), schema
    for part in (*path, None):
        here = here.get("anyOf", [here])[0]
        if "$ref" in here:
            here = definitions[here["$ref"].rpartition("/")[2]]
        if part is not None:
            keyed = {**here.get("properties", {}), **here.get("patternProperties", {})}
            here = (
                keyed.get(part) or here.get("items") or here.get("additionalProperties") or next(iter(keyed.values()))
            )
    return list(here.get("properties", {}))


def _expected(complaint: str) -> str:
    complaint = complaint.removeprefix("Input should be ").removeprefix("String should ")
    return complaint[:1].lower() + complaint[1:]
