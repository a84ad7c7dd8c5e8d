"""TOML files that people write, and the line of each of their fields. Whatever is wrong with one is an error that names
the file, the line and the field."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from claimcheck.rulebook.store import RuleDataError

At = tuple[str | int, ...]
"""Where a value stands in a file: ``("fee_schedule", 0, "status")``."""
_M = TypeVar("_M", bound=BaseModel)


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
            self.text = self.path.read_text("utf-8")
        except OSError as error:
            raise RuleDataError(self.name, 1, "", error.strerror or "nothing", "a readable file") from None
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise RuleDataError(self.name, line, "", "bytes that are not UTF-8", "text") from None
        try:
            content = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            raise self._not_toml(str(error)) from None
        try:
            return model.model_validate(content)
        except ValidationError as error:
            self._refuse(error, model)

    def _not_toml(self, complaint: str) -> RuleDataError:
        lines = self.text.splitlines() or [""]
        found = re.fullmatch(r"(?s)(.*) \(at (?:line ([0-9]+), column [0-9]+|end of document)\)", complaint)
        what, number = (found[1], int(found[2] or len(lines))) if found else (complaint, 1)
        number = min(number, len(lines))
        return RuleDataError(self.name, number, "", shown(lines[number - 1].strip()), f"valid TOML ({what})")

    def _refuse(self, error: ValidationError, model: type[BaseModel]) -> NoReturn:
        # A misspelt field is also a missing one: say the former.
        first = min(error.errors(include_url=False), key=lambda e: e["type"] != "extra_forbidden")
        path = tuple(part for part in first["loc"] if part != "[key]")
        match first["type"]:
            case "missing":
                found, expected = "nothing", "a value"
            case "extra_forbidden":
                found, expected = "an unknown field", f"one of {', '.join(_fields_at(model, path[:-1]))}"
            case "literal_error":
                found, expected = shown(first["input"]), str(first["ctx"]["expected"])
            case _:
                found, expected = shown(first["input"]), _expected(first["msg"])
        self.refuse(path, found, expected)

    def refuse(self, path: At, found: object, expected: str) -> NoReturn:
        """Say that the value at a path can't be."""
        lines = _lines_of(self.text)
        known = path
        while known and known not in lines:
            known = known[:-1]
        field = ""
        for part in path:
            field += f"[{part}]" if isinstance(part, int) else f".{part}" if field else part
        raise RuleDataError(self.name, lines.get(known, 1), field, str(found), expected)


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


_TOKEN = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""|\'\'\'.*?\'\'\'|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#[^\n]*|[^\s\[\]{},=.#"\']+|[\[\]{},=.\n]',
    re.DOTALL,
)


def _lines_of(text: str) -> dict[At, int]:
    """The line of each field of a TOML document (``tomllib`` does not tell); wrong ones aside."""
    return _Scan(text).lines


class _Scan:
    """A reader of TOML that keeps the places of things and forgets their values."""

    def __init__(self, text: str) -> None:
        self.lines: dict[At, int] = {(): 1}
        self.counts: dict[At, int] = {}
        self.tokens = list(self._tokens(text))
        self.at = 0
        table: At = ()
        while self.peek():
            if self.peek() == "\n":
                self.at += 1
            elif self.peek() == "[":
                table = self._header()
            else:
                self._pair(table)

    @staticmethod
    def _tokens(text: str) -> Iterator[tuple[str, int]]:
        line, end = 1, 0
        for found in _TOKEN.finditer(text):
            line += text.count("\n", end, found.start())
            end = found.start()
            if not found[0].startswith("#"):
                yield found[0], line

    def peek(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def next(self) -> tuple[str, int]:
        self.at += 1
        return self.tokens[self.at - 1]

    def _key(self) -> tuple[list[str], int]:
        token, line = self.next()
        parts = [token.strip("\"'")]
        while self.peek() == ".":
            self.at += 1
            parts.append(self.next()[0].strip("\"'"))
        return parts, line

    def _mark(self, base: At, parts: Iterable[str], line: int) -> At:
        for part in parts:
            base = self._last(base)
            base = (*base, part)
            self.lines.setdefault(base, line)
        return base

    def _last(self, path: At) -> At:
        """A path, or the last element of the array of tables that stands there."""
        return (*path, self.counts[path] - 1) if path in self.counts else path

    def _header(self) -> At:
        self.at += 1
        many = self.peek() == "["
        self.at += many
        parts, line = self._key()
        self.at += 1 + many
        path = self._mark((), parts, line)
        if many:
            self.counts[path] = self.counts.get(path, 0) + 1
            self.lines[self._last(path)] = line
        return self._last(path)

    def _pair(self, table: At) -> None:
        parts, line = self._key()
        path = self._mark(table, parts, line)
        self.at += 1  # the equals sign
        self._value(path)

    def _value(self, path: At) -> None:
        if self.peek() == "[":
            self._array(path)
        elif self.peek() == "{":
            self.at += 1
            while self.peek() != "}":
                if self.peek() in (",", "\n"):
                    self.at += 1
                else:
                    self._pair(path)
            self.at += 1
        else:
            while self.peek() not in ("", "\n", ",", "]", "}"):
                self.at += 1

    def _array(self, path: At) -> None:
        self.at += 1
        index = 0
        while self.peek() != "]":
            if self.peek() in (",", "\n"):
                self.at += 1
                continue
            self.lines[(*path, index)] = self.tokens[self.at][1]
            self._value((*path, index))
            index += 1
        self.at += 1
