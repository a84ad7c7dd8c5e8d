"""CSV: one edit message a row, for spreadsheets."""

from __future__ import annotations

import csv
from typing import Any, Final, TextIO

from claimcheck.claim import Locus
from claimcheck.message import MESSAGE_FIELDS, Carc, Citation, ClaimStatus, EditMessage
from claimcheck.sinks import MessageSink

_NESTED: Final[dict[str, tuple[str, ...]]] = {
    "citation": Citation._fields,
    "carc": Carc._fields,
    "claim_status": ClaimStatus._fields,
    "locus": Locus._fields,
}
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def columns() -> list[str]:
    """The header: the contract's names, a nested one as ``citation_title``, ``citation_section``, ..."""
    names: list[str] = []
    for name in MESSAGE_FIELDS:
        names += [f"{name}_{part}" for part in _NESTED[name]] if name in _NESTED else [name]
    return names


class CsvSink(MessageSink):
    """Writes a header and a row a message; a text that a spreadsheet would take for a formula gets a leading
    apostrophe."""

    def __init__(self, stream: TextIO) -> None:
        self._rows = csv.writer(stream, lineterminator="\n")
        self._rows.writerow(columns())

    def write(self, message: EditMessage) -> None:
        """Write one row."""
        self._rows.writerow(["'" + cell if cell.startswith(_FORMULA) else cell for cell in cells(message)])


def cells(message: EditMessage) -> list[str]:
    """A message's values as texts, in the order of ``columns()``: lists joined by ``|``, absent values empty."""
    texts: list[str] = []
    for name in MESSAGE_FIELDS:
        value = getattr(message, name)
        if name in _NESTED:
            parts = value if value is not None else (None,) * len(_NESTED[name])
            texts += [_text(part) for part in parts]
        else:
            texts.append(_text(value))
    return texts


def _text(value: Any) -> str:
    if value is None:
        return ""
    return "|".join(value) if isinstance(value, list) else str(value)
