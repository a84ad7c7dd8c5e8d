"""Claims: one judged claim an object a line (JSON lines), with its disposition, charge, lines and messages. What could
not be read is an object without a claim, which has the message."""

from __future__ import annotations

from functools import lru_cache
from json.encoder import encode_basestring_ascii as _quoted
from typing import IO, ClassVar, Final

from claimcheck.claim import Claim, Line, Service
from claimcheck.engine.messages import Judged, plain_charge, total_of
from claimcheck.message import Disposition, EditMessage
from claimcheck.writers import Format, MergeableWriter
from claimcheck.writers.judged import days_of, days_of_line, shaped
from claimcheck.writers.to_jsonl import encode, locus_of, text_of, texts_of


class ClaimsWriter(MergeableWriter):
    """Writes each claim, accepted ones too. The line is put together by hand, as that of ``jsonl``: it is the same as
    ``json.dumps`` of ``JudgedClaim.of(item).as_dict()``."""

    takes_every_claim: ClassVar = True

    def __init__(self, stream: IO[str]) -> None:
        self._write = stream.write

    def take(self, item: Judged | EditMessage) -> None:
        """Write a claim, or what could not be read."""
        if isinstance(item, EditMessage):
            self.write(item)
        else:
            self._write(_claim(item))

    def write(self, message: EditMessage) -> None:
        """Write what could not be read."""
        self._write(f'{_NO_CLAIM}, "lines": [], "messages": [{encode(message)[:-1]}], {locus_of(message.locus)}}}\n')

    def partial_writer(self, stream: IO[str]) -> ClaimsWriter:
        """A writer for a part of the claims."""
        return ClaimsWriter(stream)

    def write_text(self, text: str) -> None:
        """Write lines that are encoded already."""
        self._write(text)


_NO_CLAIM: Final = "{" + ", ".join(
    f'"{name}": null'
    for name in (
        *("claim_id", "disposition", "charge", "payer_id", "billing_npi", "filing_indicator", "setting", "profile"),
        *("service_date", "last_service_date"),
    )
)


def _claim(item: Judged) -> str:
    claim, outcome = item
    first, last = days_of(claim)
    place = '"segment": null, "row": {}' if claim.locus.row is not None else '"segment": {}, "row": null'
    lines = [
        _line(line, disposition, place) for line, disposition in zip(claim.lines, outcome.dispositions, strict=True)
    ]
    messages = [encode(message)[:-1] for message in outcome.messages]
    return (
        f'{{"claim_id": {_quoted(claim.claim_id)}, "disposition": "{outcome.disposition}", '
        f'"charge": {text_of(total_of(claim.lines))}, {_of_payer(claim, outcome.profile)}, '
        f'"service_date": {text_of(first)}, "last_service_date": {text_of(last)}, '
        f'"lines": [{", ".join(lines)}], "messages": [{", ".join(messages)}], {locus_of(claim.locus)}}}\n'
    )


def _of_payer(claim: Claim, profile: str) -> str:
    return _payer(claim.payer_id, claim.billing_npi, claim.filing_indicator, claim.setting, profile)


@lru_cache(maxsize=4096)
def _payer(payer: str | None, npi: str | None, indicator: str | None, setting: str, profile: str) -> str:
    return (
        f'"payer_id": {text_of(payer or None)}, "billing_npi": {text_of(npi or None)}, '
        f'"filing_indicator": {text_of(shaped("filing_indicator", indicator))}, "setting": "{setting}", '
        f'"profile": {text_of(profile or None)}'
    )


def _line(line: Line, disposition: Disposition, place: str) -> str:
    return (
        f'{{"line_number": {_quoted(line.number)}, "line_control": {text_of(line.control)}, '
        f'"disposition": "{disposition}", {_service(line.service, line.revenue_code)}, '
        f'{_days(line.from_date, line.to_date)}, "charge": {_charge(line.charge)}, {place.format(line.place)}}}'
    )


@lru_cache(maxsize=4096)
def _service(service: Service, revenue_code: str | None) -> str:
    return (
        f'"code": {text_of(service.code or None)}, "modifiers": {texts_of([*service.modifiers])}, '
        f'"units": {text_of(shaped("units", service.units))}, '
        f'"unit_basis": {text_of(shaped("unit_basis", service.unit_basis))}, '
        f'"place_of_service": {text_of(shaped("place_of_service", service.place_of_service))}, '
        f'"revenue_code": {text_of(shaped("revenue_code", revenue_code))}'
    )


@lru_cache(maxsize=4096)
def _days(from_date: str, to_date: str) -> str:
    first, last = days_of_line(from_date, to_date)
    return f'"service_date": {text_of(first)}, "last_service_date": {text_of(last)}'


@lru_cache(maxsize=4096)
def _charge(charge: str | None) -> str:
    return text_of(plain_charge(charge))


FORMAT: Final = Format(lambda stream, _: ClaimsWriter(stream))
