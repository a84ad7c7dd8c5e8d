"""A claim as a dict, and back: by the rules of a claim object of JSON lines."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from claimcheck import ClaimcheckError
from claimcheck.claim import Claim
from claimcheck.message import REJECT, EditMessage
from claimcheck.readers.rows.columns import CLAIM_COLUMNS, LINE_COLUMNS
from claimcheck.readers.rows.edits import ROW_CLAIM, ROW_COLUMN, ROW_SETTING
from claimcheck.readers.rows.json_rows import read_jsonl
from claimcheck.readers.rows.records import row_of


class ClaimDataError(ClaimcheckError, ValueError):
    """A dict that no claim can be made of: ``problems`` says of each value what was found and what is expected, never
    the value itself, which may be a patient's."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


def claim_from_dict(record: Mapping[str, Any], *, name: str = "dict") -> Claim:
    """Make a claim of a dict: the object of JSON lines that ``claimcheck schema`` describes::

        claim_from_dict({
            "claim_id": "A1",
            "billing_npi": "1234567893",
            "lines": [{"code": "99213", "units": 1, "from_date": "2025-03-10", "charge": "90.00"}],
        })

    A dict without ``lines`` is a claim of one line. Numbers may be ``int``, ``float`` or ``Decimal``, and dates
    ``date``. A key that is missing, or None, is not carried; ``""`` is carried but empty.

    Args:
        record: the claim, with its lines; values are kept as they are, for checks to judge.
        name: stands as the file in messages about the claim.

    Raises:
        ClaimDataError: a key is not known, or missing, or has a value of the wrong kind.
    """
    try:
        text = json.dumps(record, default=_plain)
    except (TypeError, ValueError, RecursionError) as error:
        raise ClaimDataError([f"{name}: {error or 'is nested too deep'}"]) from None
    found = [*read_jsonl(io.BytesIO(text.encode()), name)]
    claims = [item for item in found if isinstance(item, Claim)]
    problems = [*_problems(found)]
    if problems or len(claims) != 1:
        raise ClaimDataError([f"{name}: {problem}" for problem in problems or ["there is no claim in it"]])
    return claims[0]


def claim_to_dict(claim: Claim) -> dict[str, Any]:
    """A claim as a dict of plain JSON values, of which ``claim_from_dict`` makes it again: every value that the claim
    carries, its lines under ``lines``. What rows have no column for is left out: where it stands in a file, who
    submitted it, its total charge. It holds what the claim holds of the patient.
    """
    rows = [row_of(claim, line) for line in claim.lines]
    head = row_of(claim._replace(lines=()), claim.lines[0]) if claim.lines else {}
    return {**_carried(head, CLAIM_COLUMNS), "lines": [_carried(row, LINE_COLUMNS) for row in rows]}


def _carried(row: Mapping[str, Any], columns: tuple[str, ...]) -> dict[str, Any]:
    carried = {name: row[name] for name in columns if row.get(name) is not None}
    return carried | {"setting": str(carried["setting"])} if "setting" in carried else carried


def _plain(value: Any) -> Any:
    """What JSON has no type for, as text; a mapping that is not a dict as one."""
    if isinstance(value, date):
        return value.isoformat()[:10]
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"holds {type(value).__name__}, expected text, a number, a date or a list of text")


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
