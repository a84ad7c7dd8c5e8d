"""A claim as a dict, and back: by the rules of a claim object of JSON lines."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from claimcheck import ClaimcheckError
from claimcheck.claim import Claim
from claimcheck.message import REJECT, EditMessage
from claimcheck.readers.rows.assemble import Row, WholeClaim, assemble
from claimcheck.readers.rows.columns import BLANK_IS_NONE, CLAIM_COLUMNS, LINE_COLUMNS, OTHER_COLUMNS
from claimcheck.readers.rows.edits import ROW_CLAIM, ROW_COLUMN, ROW_SETTING
from claimcheck.readers.rows.json_rows import JsonRows
from claimcheck.readers.rows.records import Cells, field_of, row_of


class ClaimDataError(ClaimcheckError, ValueError):
    """A dict that no claim can be made of: ``problems`` says of each value what was found and what is expected, never
    the value itself, which may be a patient's."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


def claim_from_dict(record: Mapping[str, Any], *, name: str = "dict", date_format: str = "") -> Claim:
    """Make a claim of a dict: the object of JSON lines that ``claimcheck schema`` describes::

        claim_from_dict({
            "claim_id": "A1",
            "billing_npi": "1234567893",
            "lines": [{"code": "99213", "units": 1, "from_date": "2025-03-10", "charge": "90.00"}],
        })

    A dict without ``lines`` is a claim of one line. Numbers may be ``int``, ``float`` or ``Decimal``, and dates
    ``date``; not a number (NaN) and infinity are refused. A key that is missing, or None, is not carried; ``""`` is
    carried but empty, and checks may ask for it. (A blank cell of a file is not carried.)

    Args:
        record: the claim, with its lines; values are kept as they are, for checks to judge.
        name: stands as the file in messages about the claim.
        date_format: how text writes dates, beside ISO 8601 and CCYYMMDD: such as ``M/D/YYYY``.

    Raises:
        ClaimDataError: it is not a mapping, or a key is not known, or missing, or has a value of the wrong kind.
        ValueError: the date format can't be read.
    """
    _must_be_a_claim(record, name)
    try:
        text = json.dumps(_plain(record))
    except RecursionError:
        raise ClaimDataError([f"{name}: is nested too deep"]) from None
    except (TypeError, ValueError) as error:
        raise ClaimDataError([f"{name}: {error}"]) from None
    rows = [*JsonRows(name, {}).read(io.BytesIO(text.encode()))]
    found = [*assemble(rows, name, frozenset(), date_format)]
    problems = [*_problems(found)]
    for row in rows:
        for claim in found:
            if not problems and isinstance(claim, Claim) and not isinstance(row, EditMessage):
                return _with_blanks(claim, row)
    raise ClaimDataError([f"{name}: {problem}" for problem in problems or ["there is no claim in it"]])


def claim_to_dict(claim: Claim) -> dict[str, Any]:
    """A claim as a dict of plain JSON values, of which ``claim_from_dict`` makes it again: every value that the claim
    carries, its lines under ``lines``. What rows have no column for is left out: ``locus`` and each line's ``place``,
    ``submission``, ``billing_provider``, ``charge`` (the total), ``statement`` and ``trace``. It holds what the claim
    holds of the patient.
    """
    rows = [row_of(claim, line) for line in claim.lines]
    head = row_of(claim._replace(lines=()), claim.lines[0]) if claim.lines else {}
    return {**_carried(head, CLAIM_COLUMNS), "lines": [_carried(row, LINE_COLUMNS) for row in rows]}


def _carried(row: Mapping[str, Any], columns: tuple[str, ...]) -> dict[str, Any]:
    carried = {name: row[name] for name in columns if row.get(name) is not None}
    return carried | {"setting": str(carried["setting"])} if "setting" in carried else carried


def _must_be_a_claim(record: Any, name: str) -> None:
    """The claim is a mapping, and so is each of its lines; said here, by the types of Python."""
    if not isinstance(record, Mapping):
        raise ClaimDataError([f"{name}: is {type(record).__name__}, expected a dict: a claim with its lines"])
    lines = record.get("lines", [])
    if not isinstance(lines, list | tuple):
        raise ClaimDataError([f"{name}: lines is {type(lines).__name__}, expected a list of claim lines"])
    wrong = [(at, line) for at, line in enumerate(lines, start=1) if not isinstance(line, Mapping)]
    if wrong:
        raise ClaimDataError([f"{name}: line {at} is {type(line).__name__}, expected a dict" for at, line in wrong])


def _plain(value: Any) -> Any:
    """A value as JSON has it: a date and a number with decimals as text, a mapping as a dict."""
    match value:
        case None | str() | int():
            return value
        case float():
            return _decimal(Decimal(float.__repr__(value)))
        case Decimal():
            return _decimal(value)
        case date():
            return value.isoformat()[:10]
        case Mapping():
            return {key: _plain(each) for key, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
    raise TypeError(f"holds {type(value).__name__}, {_EXPECTED}")


def _decimal(number: Decimal) -> str:
    """A number as claims write it: 100, not 1E+2. One beyond all claims stays as it is, for checks to judge."""
    if not number.is_finite():
        raise ValueError(f"holds {number}, {_EXPECTED}")
    return format(number, "f") if abs(number.adjusted()) < _MOST_PLACES else str(number)


_EXPECTED: Final = "expected text, a number, a date or a list of text"

_MOST_PLACES: Final = 30
"""Places before or behind the point that are written out: ``Decimal("1E+999999")`` would be a million characters."""


def _with_blanks(claim: Claim, row: Row | WholeClaim) -> Claim:
    """The claim with ``""`` where the dict has it. In a file a blank cell of such a column says nothing; in a dict None
    does, and an 837 tells an element that is empty from one that it lacks."""
    cells = [row.line] if isinstance(row, Row) else [line for _, line in row.lines]
    lines = (line._replace(**_blanks(OTHER_COLUMNS, each)) for line, each in zip(claim.lines, cells, strict=True))
    return claim._replace(lines=tuple(lines), **_blanks(CLAIM_COLUMNS, row.claim))


def _blanks(columns: tuple[str, ...], cells: Cells) -> dict[str, Any]:
    """The fields that are "" though their column drops a blank."""
    blank = (name for name, cell in zip(columns, cells, strict=False) if cell == "" and name in BLANK_IS_NONE)
    return {field_of(name): "" for name in blank}


def _problems(found: list[Claim | EditMessage]) -> Iterator[str]:
    """What keeps a dict from being a claim. What a file may have, a row without its number or with an unknown column,
    is a mistake here."""
    for item in found:
        if not isinstance(item, EditMessage):
            continue
        if item.check == ROW_CLAIM.id:
            yield "claim_id is missing, expected text"
        elif item.check == ROW_COLUMN.id:
            yield f"{item.observed} is not a known key; `claimcheck schema` lists them"
        elif item.check == ROW_SETTING.id:
            yield f"setting is not known, expected {item.allowed}"
        elif item.severity == REJECT:
            yield item.text.removeprefix("Not read: ").removesuffix(".")
