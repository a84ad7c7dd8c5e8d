"""The data that the page's script reads: tables of columns. A column is numbers, each for one of its different texts,
or one number where all rows have the same. Columns that many rows have alike, such as the text and the rule of a
finding, are a table of their own, shared by the rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final, TypeVar

from claimcheck.claim import Claim, Service, as_date, as_number
from claimcheck.message import EditMessage
from claimcheck.writers.columns import columns, texts
from claimcheck.writers.figures import DISPOSITIONS, Figures
from claimcheck.writers.report.rows import ClaimList, ClaimRow, MessageRow, State, Worklist, charge_of

_Value = TypeVar("_Value", bound=Hashable)

MESSAGE_COLUMNS: Final = (*columns(), "disposition")
"""What the worklist says: the message, and what becomes of the lines that it is about."""

_OWN: Final = (
    "claim_id",
    "line_number",
    "line_control",
    "lines",
    "code",
    "modifiers",
    "service_date",
    "payer_id",
    "billing_npi",
    "charge",
    "locus_segment",
    "locus_row",
)
"""Columns of a message that others like it seldom have alike."""

_SHARED: Final = tuple(name for name in MESSAGE_COLUMNS if name not in _OWN)
_SENDER: Final = (
    "payer_id",
    "billing_npi",
    "setting",
    "locus_file",
    "locus_interchange",
    "locus_transaction",
    "placed_by",
)
_SERVICE: Final = ("code", "modifiers", "units")
_STATE: Final = ("disposition", "messages", "checks")


def data_of(figures: Figures, worklist: Worklist, claims: ClaimList) -> dict[str, Any]:
    """The rows of all views, and of each how many the page does not hold, by severity or disposition."""
    kept = [*claims]
    claims_left = {disposition: counted.claims for disposition, counted in figures.lines.items()}
    lines_left = {disposition: counted.lines for disposition, counted in figures.lines.items()}
    for row in kept:
        claims_left[row.state.disposition] -= 1
        for state in row.lines:
            lines_left[state.disposition] -= 1
    return {
        "messages": {**_messages([*worklist]), "left_out": worklist.left_out},
        "claims": {**_claims(kept), "left_out": {each: claims_left[each] for each in DISPOSITIONS}},
        "lines": {**_lines(kept), "left_out": {each: lines_left[each] for each in DISPOSITIONS}},
    }


def as_json(data: Any) -> str:
    """The data as JSON that can stand in a page's script element, whatever its texts are."""
    text = json.dumps(data, separators=(",", ":"))
    for character in "<>&'":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _messages(rows: Sequence[MessageRow]) -> dict[str, Any]:
    return {
        "size": len(rows),
        "names": MESSAGE_COLUMNS,
        "columns": _columns(_OWN, [_own(row.message) for row in rows]),
        "shared": [_shared(_SHARED, rows, _alike, _shared_texts)],
        "numbers": [row.claim for row in rows],
        "about": [row.lines for row in rows],
    }


def _claims(kept: Sequence[ClaimRow]) -> dict[str, Any]:
    claims = [row.claim for row in kept]
    return {
        "size": len(kept),
        "columns": {
            "claim_id": _column([claim.claim_id for claim in claims]),
            "charge": _column([charge_of(claim) for claim in claims], lambda charge: f"{charge:f}" if charge else ""),
            "service_date": _column([_first_date(claim) for claim in claims], _iso),
            "lines": _column([len(claim.lines) for claim in claims], str),
        },
        "shared": [
            _shared(_SENDER, claims, _sender, _sender),
            _shared(_STATE, [row.state for row in kept], _itself, _state_texts),
        ],
        "places": [claim.locus.row or claim.locus.segment or 0 for claim in claims],
        "numbers": [row.number for row in kept],
    }


def _lines(kept: Sequence[ClaimRow]) -> dict[str, Any]:
    """The lines, in the order of the claims; their other columns are those of their claim."""
    lines = [line for row in kept for line in row.claim.lines]
    return {
        "size": len(lines),
        "columns": {
            "line_number": _column([line.number for line in lines]),
            "service_date": _column([line.from_date for line in lines], _iso),
            "charge": _column([line.charge or "" for line in lines], _amount),
        },
        "shared": [
            _shared(_SERVICE, [line.service for line in lines], _itself, _service_texts),
            _shared(_STATE, [state for row in kept for state in row.lines], _itself, _state_texts),
        ],
        "places": [line.place for line in lines],
    }


# -- columns ---------------------------------------------------------------------------------------


def _column(values: Sequence[_Value], text_of: Callable[[_Value], str] = str) -> dict[str, Any]:
    """A column: which text each row has, and the different texts."""
    at, different = _numbered(values)
    return {"at": at, "texts": [text_of(value) for value in different]}


def _columns(names: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, Any]:
    by_column = zip(*rows, strict=True) if rows else [()] * len(names)
    return {name: _column(column) for name, column in zip(names, by_column, strict=True)}


def _shared(
    names: Sequence[str],
    rows: Sequence[Any],
    key_of: Callable[[Any], Hashable],
    texts_of: Callable[[Any], Sequence[str]],
) -> dict[str, Any]:
    """Columns that rows with the same key have alike: which of the different ones each row has."""
    different: dict[Hashable, int] = {}
    examples: list[Sequence[str]] = []
    at = []
    for row in rows:
        number = different.setdefault(key_of(row), len(examples))
        if number == len(examples):
            examples.append(texts_of(row))
        at.append(number)
    return {"at": at, "columns": _columns(names, examples)}


def _numbered(values: Sequence[_Value]) -> tuple[list[int] | int, list[_Value]]:
    numbers: dict[_Value, int] = {}
    at = [numbers.setdefault(value, len(numbers)) for value in values]
    return 0 if len(numbers) == 1 else at, [*numbers]


def _itself(key: Hashable) -> Hashable:
    return key


# -- texts -----------------------------------------------------------------------------------------


def _own(message: EditMessage) -> tuple[str, ...]:
    _, _, _, segment, row = message.locus
    return (
        message.claim_id or "",
        message.line_number or "",
        message.line_control or "",
        "|".join(message.lines or ()),
        message.code or "",
        "|".join(message.modifiers),
        message.service_date or "",
        message.payer_id or "",
        message.billing_npi or "",
        message.charge or "",
        "" if segment is None else str(segment),
        "" if row is None else str(row),
    )


def _alike(row: MessageRow) -> Hashable:
    """What decides over the shared columns of a message."""
    message = row.message
    return (
        message.check,
        message.severity,
        message.field,
        message.element,
        message.box,
        message.text,
        message.remedy,
        message.observed,
        message.allowed,
        message.profile,
        message.setting,
        tuple(message.releases),
        message.citation,
        message.carc,
        message.rarc,
        message.claim_status,
        message.locus[:3],
        message.waived,
        message.shadow,
        row.disposition,
    )


def _shared_texts(row: MessageRow) -> list[str]:
    named = dict(zip(MESSAGE_COLUMNS, (*texts(row.message), row.disposition or ""), strict=True))
    return [named[name] for name in _SHARED]


def _sender(claim: Claim) -> tuple[str, ...]:
    file, interchange, transaction, _, row = claim.locus
    return (
        claim.payer_id or "",
        claim.billing_npi or "",
        claim.setting,
        file,
        interchange or "",
        transaction or "",
        "segment" if row is None else "row",
    )


def _service_texts(service: Service) -> tuple[str, ...]:
    return service.code, "|".join(service.modifiers), service.units


def _state_texts(state: State) -> tuple[str, ...]:
    return state.disposition, str(state.messages), state.checks


def _first_date(claim: Claim) -> str:
    return min((line.from_date for line in claim.lines if line.from_date), default="")


def _iso(from_date: str) -> str:
    """A date as ISO 8601; as billed where it is not a date."""
    day = as_date(from_date)
    return day.isoformat() if day else from_date


def _amount(charge: str) -> str:
    return charge if charge and as_number(charge) is not None else ""
