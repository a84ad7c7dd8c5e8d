"""A judged claim and its lines as the formats ``claims`` and ``lines`` write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

from claimcheck.claim import Claim, Location, Setting, as_date
from claimcheck.engine.messages import Judged, iso_date, plain_charge, total_of
from claimcheck.message import Disposition, EditMessage

CLAIM_VERSION: Final = "1.0"
"""Version of the keys of a judged claim. The second number grows with each that is added; under the first none is
removed or changed."""


class JudgedLine(NamedTuple):
    """A line with its disposition.

    Attributes:
        line_number: the line's number (LX01) or row.
        line_control: the sender's control number of the line (REF*6R), if it has one.
        disposition: what becomes of the line.
        code: procedure code, as billed; None where none was billed.
        modifiers: in the order billed.
        units: service units, a plain decimal; None where they are not one.
        unit_basis: UN units, MJ minutes, DA days.
        place_of_service: two digits; None on hospitals' claims, or where it is something else.
        revenue_code: four digits, on institutional lines.
        service_date: first date of service, ISO 8601; as billed where it is not a date.
        last_service_date: last date of service, likewise.
        charge: charge in US dollars, a plain decimal; None where it is missing or not a number.
        segment: number of the line's segment within the file, from 1 (X12).
        row: number of its row within the file, from 1.
    """

    line_number: str
    line_control: str | None
    disposition: Disposition
    code: str | None
    modifiers: list[str]
    units: str | None
    unit_basis: str | None
    place_of_service: str | None
    revenue_code: str | None
    service_date: str | None
    last_service_date: str | None
    charge: str | None
    segment: int | None
    row: int | None


@dataclass(frozen=True, slots=True)
class JudgedClaim:
    """A claim with what was found in it. Of what could not be read only ``messages`` and ``locus`` are there: one
    message.

    Attributes:
        claim_id: the sender's claim number; None where something could not be read.
        disposition: the most severe of its lines.
        charge: charges on all its lines in US dollars, a plain decimal; None where no line has a charge that is a
            number. The total that the claim reports (CLM02) may differ: check BALANCE says so.
        payer_id: the payer that the claim goes to (2010BB NM109).
        billing_npi: NPI of the billing provider (2010AA NM109).
        filing_indicator: kind of that payer (2000B SBR09), such as MB or CI.
        setting: who bills, which picks the tables: ``professional``, ``outpatient`` ...
        profile: the profile that the claim was judged by.
        service_date: first date of service of its lines, ISO 8601.
        last_service_date: last date of service of its lines, ISO 8601.
        lines: its lines, each with its disposition.
        messages: its edit messages, each as the format ``jsonl`` has it.
        locus: file, interchange, transaction, and segment or row of the claim.
    """

    claim_id: str | None
    disposition: Disposition | None
    charge: str | None
    payer_id: str | None
    billing_npi: str | None
    filing_indicator: str | None
    setting: Setting | None
    profile: str | None
    service_date: str | None
    last_service_date: str | None
    lines: list[JudgedLine]
    messages: list[EditMessage]
    locus: Location

    @classmethod
    def of(cls, item: Judged | EditMessage) -> JudgedClaim:
        """A claim that was judged, or what could not be read."""
        if isinstance(item, EditMessage):
            nothing = (None,) * 10
            return cls(*nothing, [], [item], item.locus)
        claim, outcome = item
        return cls(
            claim.claim_id,
            outcome.disposition,
            total_of(claim.lines),
            claim.payer_id or None,
            claim.billing_npi or None,
            shaped("filing_indicator", claim.filing_indicator),
            claim.setting,
            outcome.profile or None,
            *days_of(claim),
            [*lines_of(item)],
            outcome.messages,
            claim.locus,
        )

    def as_dict(self) -> dict[str, Any]:
        """The claim as plain JSON values, in this order; absent values are None."""
        record: dict[str, Any] = {name: getattr(self, name) for name in CLAIM_FIELDS}
        record["lines"] = [line._asdict() for line in self.lines]
        record["messages"] = [message.as_dict() for message in self.messages]
        record["locus"] = self.locus._asdict()
        return record


CLAIM_FIELDS: Final = tuple(JudgedClaim.__slots__)


_SHAPES: Final = {
    "units": re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", re.ASCII),
    "unit_basis": re.compile(r"[A-Z0-9]{2}", re.ASCII),
    "place_of_service": re.compile(r"[0-9]{2}", re.ASCII),
    "revenue_code": re.compile(r"[0-9]{1,4}", re.ASCII),
    "filing_indicator": re.compile(r"[A-Z0-9]{1,2}", re.ASCII),
}


@lru_cache(maxsize=4096)
def shaped(name: str, value: str | None) -> str | None:
    """A value of a claim or line; None where it is not what its element holds: in a damaged file it may be a name. The
    check of the element quotes what was found where that is safe."""
    return value if value and _SHAPES[name].fullmatch(value) else None


def lines_of(item: Judged) -> Iterator[JudgedLine]:
    """The lines of a claim, each with its disposition."""
    claim, outcome = item
    in_rows = claim.locus.row is not None
    for line, disposition in zip(claim.lines, outcome.dispositions, strict=True):
        service = line.service
        yield JudgedLine(
            line.number,
            line.control,
            disposition,
            service.code or None,
            [*service.modifiers],
            shaped("units", service.units),
            shaped("unit_basis", service.unit_basis),
            shaped("place_of_service", service.place_of_service),
            shaped("revenue_code", line.revenue_code),
            *days_of_line(line.from_date, line.to_date),
            plain_charge(line.charge),
            None if in_rows else line.place,
            line.place if in_rows else None,
        )


def days_of_line(from_date: str, to_date: str) -> tuple[str | None, str | None]:
    """First and last date of service of a line."""
    return iso_date(from_date), iso_date(to_date or from_date)


def days_of(claim: Claim) -> tuple[str | None, str | None]:
    """First and last date of service of a claim; None where no line has a date."""
    lines = claim.lines
    if len(lines) == 1 and not lines[0].to_date:
        return (_day(lines[0].from_date),) * 2
    days = [*filter(None, [_day(day) for line in lines for day in (line.from_date, line.to_date) if day])]
    return (min(days), max(days)) if days else (None, None)


@lru_cache(maxsize=4096)
def _day(billed: str) -> str | None:
    day = as_date(billed)
    return day.isoformat() if day else None
