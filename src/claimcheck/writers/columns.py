"""The columns of an edit message: one list for every format that has columns."""

from __future__ import annotations

import re
from typing import Any, Final

from claimcheck.claim import Location
from claimcheck.message import MESSAGE_FIELDS, Carc, Citation, ClaimStatus, EditMessage, Waived

NESTED: Final[dict[str, tuple[str, ...]]] = {
    "citation": Citation._fields,
    "carc": Carc._fields,
    "claim_status": ClaimStatus._fields,
    "locus": Location._fields,
    "waived": Waived._fields,
}
"""Fields that are records, and their parts."""

LISTS: Final = ("lines", "modifiers", "releases")
NUMBERS: Final = ("locus_segment", "locus_row")
"""Columns that are no text."""


def columns() -> list[str]:
    """The contract's names, a nested one as ``citation_title``, ``citation_section``, ..."""
    names: list[str] = []
    for name in MESSAGE_FIELDS:
        names += [f"{name}_{part}" for part in NESTED[name]] if name in NESTED else [name]
    return names


def values(message: EditMessage) -> list[Any]:
    """What a message has in each column; None where it is absent."""
    found: list[Any] = []
    for name in MESSAGE_FIELDS:
        value = getattr(message, name)
        if name in NESTED:
            found += value if value is not None else (None,) * len(NESTED[name])
        else:
            found.append(value)
    return found


def texts(message: EditMessage) -> list[str]:
    """The same as texts: lists joined by ``|``, nothing where a value is absent."""
    return [_text(value) for value in values(message)]


_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)
_QUOTED: Final = re.compile(r'[,"\r\n]')


def inert(text: str) -> str:
    """A text as a spreadsheet shows it: one that it would take for a formula gets a leading apostrophe. A number, which
    may be negative, is none."""
    return "'" + text if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text


def cell_of(text: str) -> str:
    """A text as a cell of CSV, quoted where it must be."""
    text = text if text.isalnum() else inert(text)
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if not text.isalnum() and _QUOTED.search(text) else text


def _text(value: Any) -> str:
    if value is None:
        return ""
    return "|".join(value) if isinstance(value, list) else str(value)
