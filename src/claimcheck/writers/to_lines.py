"""Lines: one claim line a row (CSV), accepted ones too, each with its disposition and the checks that fired. Every line
that was judged is in one row; what could not be read as a line is in none."""

from __future__ import annotations

from functools import lru_cache
from typing import IO, ClassVar, Final

from claimcheck.claim import Claim, Service
from claimcheck.engine.messages import Judged, plain_charge
from claimcheck.message import SEVERITIES, Disposition, EditMessage, Severity
from claimcheck.writers import Format, MergeableWriter
from claimcheck.writers.columns import cell_of
from claimcheck.writers.figures import subjects
from claimcheck.writers.judged import days_of_line, shaped

COLUMNS: Final = (
    *("claim_id", "line_number", "line_control", "disposition", "reject", "warn", "inform"),
    *("code", "modifiers", "units", "unit_basis", "place_of_service", "revenue_code"),
    *("service_date", "last_service_date", "charge", "claim_disposition"),
    *("payer_id", "billing_npi", "filing_indicator", "setting", "profile"),
    *("locus_file", "locus_interchange", "locus_transaction", "locus_segment", "locus_row"),
)
"""``reject``, ``warn`` and ``inform`` are the ids of the checks that fired on the line, or on its claim as a whole."""

Fired = tuple[tuple[str, ...], ...]
"""The ids of the checks that fired, by severity."""

_NONE: Final[Fired] = ((), (), ())


class LinesWriter(MergeableWriter):
    """Writes a header and a row a line. Rows are put together by hand: they are those of ``csv.writer``, but of most of
    their cells it is known what they are."""

    takes_every_claim: ClassVar = True

    def __init__(self, stream: IO[str], *, header: bool = True) -> None:
        self._write = stream.write
        if header:
            self._write(",".join(COLUMNS) + "\n")

    def take(self, item: Judged | EditMessage) -> None:
        """Write the lines of a claim."""
        if isinstance(item, EditMessage):
            return
        claim, outcome = item
        fired = fired_by_line(item) if outcome.messages else ()
        id, behind, in_rows = (
            cell_of(claim.claim_id),
            _of_claim(claim, outcome.disposition, outcome.profile),
            _in(claim),
        )
        rows = [
            f"{id},{cell_of(line.number)},{cell_of(line.control or '')},{_of_outcome(disposition, checks)},"
            f"{_of_service(line.service)},{_of_billed(line.revenue_code, line.from_date, line.to_date, line.charge)},"
            f"{behind},{f',{line.place}' if in_rows else f'{line.place},'}\n"
            for line, disposition, checks in zip(
                claim.lines, outcome.dispositions, fired or [_NONE] * len(claim.lines), strict=True
            )
        ]
        self._write("".join(rows))

    def write(self, message: EditMessage) -> None:
        """What could not be read is not a line."""

    def partial_writer(self, stream: IO[str]) -> LinesWriter:
        """A writer for a part of the rows."""
        return LinesWriter(stream, header=False)

    def write_text(self, text: str) -> None:
        """Write rows that are text already."""
        self._write(text)


def fired_by_line(item: Judged) -> list[Fired]:
    """The checks that fired on each line of a claim, each once, in the order of the messages."""
    fired: list[dict[Severity, dict[str, None]]] = [{severity: {} for severity in SEVERITIES} for _ in item.claim.lines]
    for subject in subjects(item):
        for at in subject.lines:
            fired[at][subject.message.severity][subject.message.check] = None
    return [tuple([(*ids,) for ids in each.values()]) for each in fired]


def _in(claim: Claim) -> bool:
    return claim.locus.row is not None


def _of_claim(claim: Claim, disposition: Disposition, profile: str) -> str:
    file, interchange, transaction, *_ = claim.locus
    indicator = shaped("filing_indicator", claim.filing_indicator)
    sent = (claim.payer_id, claim.billing_npi, indicator, claim.setting, profile)
    return _cells((disposition, *sent, file, interchange, transaction))


@lru_cache(maxsize=4096)
def _of_outcome(disposition: Disposition, fired: Fired) -> str:
    return _cells((disposition, *map("|".join, fired)))


@lru_cache(maxsize=4096)
def _of_service(service: Service) -> str:
    own = (shaped(name, getattr(service, name)) for name in ("units", "unit_basis", "place_of_service"))
    return _cells((service.code, "|".join(service.modifiers), *own))


@lru_cache(maxsize=65536)
def _of_billed(revenue_code: str | None, from_date: str, to_date: str, charge: str | None) -> str:
    return _cells((shaped("revenue_code", revenue_code), *days_of_line(from_date, to_date), plain_charge(charge)))


@lru_cache(maxsize=4096)
def _cells(values: tuple[str | None, ...]) -> str:
    return ",".join([cell_of(value or "") for value in values])


FORMAT: Final = Format(lambda stream, _: LinesWriter(stream))
