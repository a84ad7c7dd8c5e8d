"""Deposits as rows, to take them from one history to another of the same key: JSON lines, or Parquet."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import IO, Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from claimcheck.claim import SETTINGS, Line, Service, Setting
from claimcheck.memory.deposits import Deposit, HistoryError, State

_SETTINGS: Final = {str(setting): setting for setting in SETTINGS}
_PARQUET: Final = b"PAR1"
_Hash = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LineRow(_Row):
    """A line of a deposit."""

    number: str
    code: str
    modifiers: list[str]
    units: str
    unit_basis: str
    place_of_service: str | None
    setting: str
    code_set: str
    from_date: str
    to_date: str
    charge: str | None
    rendering_npi: str | None
    rendering_taxonomy: str | None
    revenue_code: str | None
    ndc: str | None
    unpaid: int = Field(ge=0, le=15)
    disposition: str = Field(pattern="^[awrn]?$")


class DepositRow(_Row):
    """A deposit: hashes of whom it is, never who. ``key`` is the check value of the key that made them."""

    key: _Hash
    patient: _Hash
    fingerprint: _Hash
    place: _Hash
    claim_id: str
    payer: str
    setting: str
    profile: str
    billing_npi: str | None
    billing_taxonomy: str | None
    type_of_bill: str | None
    frequency: str
    original_reference: str | None
    received: date | None
    first_day: date
    last_day: date
    state: State
    sent: bool
    lines: list[LineRow] = Field(min_length=1)


def row_of(deposit: Deposit, key: str) -> dict[str, Any]:
    """A deposit as plain JSON."""
    return {
        "key": key,
        "patient": deposit.patient.hex(),
        "fingerprint": deposit.fingerprint.hex(),
        "place": deposit.place.hex(),
        "claim_id": deposit.claim_id,
        "payer": deposit.payer,
        "setting": str(deposit.setting),
        "profile": deposit.profile,
        "billing_npi": deposit.billing_npi,
        "billing_taxonomy": deposit.billing_taxonomy,
        "type_of_bill": deposit.type_of_bill,
        "frequency": deposit.frequency,
        "original_reference": deposit.original_reference,
        "received": deposit.received.isoformat() if deposit.received else None,
        "first_day": deposit.first_day.isoformat(),
        "last_day": deposit.last_day.isoformat(),
        "state": str(deposit.state),
        "sent": deposit.sent > 0,
        "lines": [
            _row_of_line(line, deposit.unpaid[at] if deposit.unpaid else 0, deposit.dispositions[at : at + 1])
            for at, line in enumerate(deposit.lines)
        ],
    }


def _row_of_line(line: Line, unpaid: int, disposition: str) -> dict[str, Any]:
    service = line.service
    return {
        "number": line.number,
        "code": service.code,
        "modifiers": [*service.modifiers],
        "units": service.units,
        "unit_basis": service.unit_basis,
        "place_of_service": service.place_of_service,
        "setting": str(service.setting),
        "code_set": service.code_set,
        "from_date": line.from_date,
        "to_date": line.to_date,
        "charge": line.charge,
        "rendering_npi": line.rendering_npi,
        "rendering_taxonomy": line.rendering_taxonomy,
        "revenue_code": line.revenue_code,
        "ndc": line.ndc,
        "unpaid": unpaid,
        "disposition": disposition,
    }


def deposit_of(row: DepositRow) -> Deposit:
    """The deposit of a row."""
    lines = tuple(map(_line_of, row.lines))
    unpaid = bytes(line.unpaid for line in row.lines)
    return Deposit(
        patient=bytes.fromhex(row.patient),
        fingerprint=bytes.fromhex(row.fingerprint),
        place=bytes.fromhex(row.place),
        claim_id=row.claim_id,
        payer=row.payer,
        setting=row.setting,
        profile=row.profile,
        billing_npi=row.billing_npi,
        billing_taxonomy=row.billing_taxonomy,
        type_of_bill=row.type_of_bill,
        frequency=row.frequency,
        original_reference=row.original_reference,
        received=row.received,
        first_day=row.first_day,
        last_day=row.last_day,
        state=row.state,
        lines=lines,
        unpaid=unpaid if any(unpaid) else b"",
        dispositions="".join(line.disposition for line in row.lines),
        sent=int(row.sent),
    )


def _line_of(row: LineRow) -> Line:
    setting = _SETTINGS.get(row.setting, Setting.PROFESSIONAL)
    modifiers = tuple(row.modifiers)
    return Line(
        Service(row.code, modifiers, row.units, row.unit_basis, row.place_of_service, setting, row.code_set),
        row.from_date,
        row.to_date,
        row.number,
        charge=row.charge,
        rendering_npi=row.rendering_npi,
        rendering_taxonomy=row.rendering_taxonomy,
        revenue_code=row.revenue_code,
        ndc=row.ndc,
    )


def write_jsonl(deposits: Iterable[Deposit], key: str, stream: IO[str]) -> int:
    """Write deposits, one per line; how many there are."""
    count = 0
    for deposit in deposits:
        stream.write(json.dumps(row_of(deposit, key), ensure_ascii=False, separators=(",", ":")) + "\n")
        count += 1
    return count


def read_rows(path: Path, key: str) -> Iterator[Deposit]:
    """The deposits of a file of ``write_jsonl``, or of Parquet with the same columns.

    Raises:
        HistoryError: it can't be read, a row is not a deposit, or was made with another key.
    """
    try:
        with path.open("rb") as stream:
            is_parquet = stream.read(4) == _PARQUET
    except OSError as error:
        raise HistoryError(f"{path}: {error.strerror}") from None
    if is_parquet:
        from claimcheck.memory.stores.parquet import read_parquet

        rows: Iterable[Any] = read_parquet(path)
    else:
        rows = _lines(path)
    for number, row in enumerate(rows, 1):
        try:
            found = DepositRow.model_validate(row)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            field = ".".join(map(str, first["loc"])) or "the row"
            raise HistoryError(
                f"{path}:{number}: {field}: {first['msg']}; expected a row of `history export`"
            ) from None
        if found.key != key:
            raise HistoryError(f"{path}:{number}: was made with another key; its patients can't be told from others")
        if {*(line.disposition for line in found.lines)} > {""}:
            raise HistoryError(f"{path}:{number}: lines.disposition: expected one for each line, or for none")
        yield deposit_of(found)


def _lines(path: Path) -> Iterator[Any]:
    number = 0
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as stream:
            for line in stream:
                number += 1
                yield json.loads(line)
    except (ValueError, RecursionError):
        raise HistoryError(f"{path}:{number}: is not JSON; expected a row of `history export`") from None
    except (OSError, EOFError, zlib.error) as error:
        raise HistoryError(f"{path}: {getattr(error, 'strerror', None) or 'is not whole'}") from None
