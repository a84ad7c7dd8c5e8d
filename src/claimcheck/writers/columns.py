"""The columns of an edit message: one list for every format that has columns."""

from __future__ import annotations

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


def _text(value: Any) -> str:
    if value is None:
        return ""
    return "|".join(value) if isinstance(value, list) else str(value)
