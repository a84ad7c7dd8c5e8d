"""Where things are in a TOML document: the line of each field, the path of an error, the line that is not TOML."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

At = tuple[str | int, ...]
"""Where a value is in a document: ``("fee_schedule", 0, "status")``."""

_TOKEN: Final = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""|\'\'\'.*?\'\'\'|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#[^\n]*|[^\s\[\]{},=.#"\']+|[\[\]{},=.\n]',
    re.DOTALL,
)


def lines_of(text: str) -> dict[At, int]:
    """The line of each field of a TOML document, which ``tomllib`` does not tell."""
    return _Scan(text).lines


def line_of(lines: Mapping[At, int], path: At) -> int:
    """The line of a field, or where it is missing of the table that it belongs to."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def path_in(content: Any, loc: At) -> At:
    """The place of a pydantic error as a path in the document: pydantic also names the branch of a union, such as
    ``literal['reject']``, and the part of a mapping, such as ``[key]``."""
    path: list[str | int] = []
    here = content
    for part in loc:
        inside = part in here if isinstance(here, dict) else isinstance(here, list) and isinstance(part, int)
        if inside:
            path.append(part)
            here = here[part]
    return tuple(path)


class NotToml(NamedTuple):
    """Why a text is not TOML: the line, what it holds, and the complaint of ``tomllib``."""

    line: int
    found: str
    complaint: str


def not_toml(text: str, error: tomllib.TOMLDecodeError) -> NotToml:
    """Where a text is not TOML, and why."""
    lines = text.splitlines() or [""]
    found = re.fullmatch(r"(?s)(.*) \(at (?:line ([0-9]+), column [0-9]+|end of document)\)", str(error))
    complaint, number = (found[1], int(found[2] or len(lines))) if found else (str(error), 1)
    number = min(number, len(lines))
    return NotToml(number, lines[number - 1].strip(), complaint)


def _unquoted(token: str) -> str:
    """A key without its quotes, not those in it."""
    return token[1:-1] if token[0] in "\"'" else token


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
        parts = [_unquoted(token)]
        while self.peek() == ".":
            self.at += 1
            parts.append(_unquoted(self.next()[0]))
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
