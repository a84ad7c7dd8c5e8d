"""What earlier claims of a batch billed: so that what spans claims is judged across them.

One pass: a claim is judged with what came before it for the same patient, payer and setting, and then
remembered, as small tuples, which go to a temporary SQLite file once they are many. A payer adjudicates the
same way: of two claims that do not fit together it is the later one that it denies.
"""

from __future__ import annotations

import hashlib
import marshal
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from claimcheck.claim import DENTAL, INSTITUTIONAL, OUTPATIENT, Claim, Line, Service
from claimcheck.message import WARN, Fault, NotJudged

LINES_IN_MEMORY: Final = 50_000
"""Lines remembered before they are written to a file: some 40 MB."""

_LONGEST_GLOBAL: Final = timedelta(days=90)
_NEXT_DAY: Final = timedelta(days=1)
_REPLACED_OR_VOID: Final = ("7", "8")
"""Claim frequencies (CLM05-3) of a claim that takes the place of one sent before, or takes it back."""
_PROCEDURES: Final = ("10004", "69990")
_PROCEDURES_ELSEWHERE: Final = frozenset(
    {"77750", "77761", "77762", "77763", "92986", "92987", "92990", "G0342", "G0343"}
    | {"G0412", "G0413", "G0414", "G0415"}
)
"""Codes with 10 or 90 global days outside the section of surgery, dental ones aside: all from RVU20A to RVU25D."""
_BITS: Final = 1 << 25

_Patient = tuple[str, str | None, str]


_Remembered = tuple[str, str | None, str | None, tuple[Line, ...]]
"""A claim as it is remembered: its number, billing provider and taxonomy, and its lines."""


class Earlier(NamedTuple):
    """Lines of a patient's earlier claims that a claim may have to do with, and the number of the claim that
    each stands on, by the line's ``id``."""

    lines: tuple[Line, ...] = ()
    claims: Mapping[int, str] = {}


NOTHING: Final = Earlier()


class History:
    """The claims of one batch so far.

    Args:
        lines_in_memory: how many lines to keep before they go to a temporary file.
    """

    def __init__(self, lines_in_memory: int = LINES_IN_MEMORY) -> None:
        self._limit = lines_in_memory
        self._recent: dict[_Patient, list[_Remembered]] = {}
        self._count = 0
        self._spilled: _Spilled | None = None

    def take(self, claim: Claim) -> Earlier:
        """What earlier claims billed for the claim's patient, near enough in time to matter; then remember the
        claim itself."""
        patient = _patient(claim)
        if patient is None:
            return NOTHING
        known = self._recent.get(patient)
        if self._spilled and self._spilled.may_know(patient):
            known = [*self._spilled.of(patient), *(known or ())]
        earlier = _near(claim, known) if known else NOTHING
        remembered = (claim.claim_id, claim.billing_npi, claim.billing_taxonomy, claim.lines)
        self._recent.setdefault(patient, []).append(remembered)
        self._count += len(claim.lines)
        if self._count > self._limit:
            self._spill()
        return earlier

    def _spill(self) -> None:
        if self._spilled is None:
            self._spilled = _Spilled()
        self._spilled.add(self._recent)
        self._recent, self._count = {}, 0


def _patient(claim: Claim) -> _Patient | None:
    """Whose history a claim belongs to; None where nobody can tell, or no line of it stands for a service of
    its own."""
    if not claim.patient_id or claim.frequency in _REPLACED_OR_VOID or claim.setting in (INSTITUTIONAL, DENTAL):
        return None
    return claim.patient_id, claim.payer_id, claim.setting


def _near(claim: Claim, known: Iterable[_Remembered]) -> Earlier:
    days = {day for line in claim.lines for day in (line.day, line.last_day) if day}
    if not days:
        return NOTHING
    first, last = min(days) - _NEXT_DAY, max(days) + _NEXT_DAY
    # Who is not named is not known to be the same; and a hospital is the same by who bills alone.
    npis = {npi for line in claim.lines if claim.setting != OUTPATIENT and (npi := claim.rendering_npi(line))}
    lines, claims = [], {}
    for claim_id, billing_npi, billing_taxonomy, billed in known:
        same_biller = bool(billing_npi) and billing_npi == claim.billing_npi
        for line in billed:
            npi = line.rendering_npi or billing_npi
            if (same_biller or npi in npis) and _matters(line, first, last):
                # The line on its own says who rendered it.
                taxonomy = line.rendering_taxonomy if line.rendering_npi else billing_taxonomy
                line = line._replace(rendering_npi=npi, rendering_taxonomy=taxonomy)
                lines.append(line)
                claims[id(line)] = claim_id
    return Earlier(tuple(lines), claims) if lines else NOTHING


def _matters(line: Line, first: date, last: date) -> bool:
    """Whether a line is of the same days, or a procedure whose global period may reach them."""
    since, until = line.day, line.last_day
    if since is None or until is None or since > last:
        return False
    is_procedure = _PROCEDURES[0] <= line.code <= _PROCEDURES[1] or line.code in _PROCEDURES_ELSEWHERE
    return until >= first or (is_procedure and until >= first - _LONGEST_GLOBAL)


def _packed(claim: _Remembered) -> tuple[Any, ...]:
    """A claim as plain values, with no more than checks across claims look at."""
    claim_id, billing_npi, billing_taxonomy, lines = claim
    billed = [
        (
            *line.service,
            line.from_date,
            line.to_date,
            line.number,
            line.charge,
            line.rendering_npi,
            line.rendering_taxonomy,
            line.revenue_code,
            line.ndc,
            line.description,
        )
        for line in lines
    ]
    return claim_id, billing_npi, billing_taxonomy, billed


def _unpacked(packed: tuple[Any, ...]) -> _Remembered:
    claim_id, billing_npi, billing_taxonomy, billed = packed
    lines = []
    for one in billed:
        *service, from_date, to_date, number, charge, npi, taxonomy, revenue_code, ndc, description = one
        line = Line(Service(*service), from_date, to_date, number, charge=charge, rendering_npi=npi)
        lines.append(
            line._replace(rendering_taxonomy=taxonomy, revenue_code=revenue_code, ndc=ndc, description=description)
        )
    return claim_id, billing_npi, billing_taxonomy, tuple(lines)


class _Spilled:
    """Claims in a temporary file, which is gone with the run. A patient stands in it as a keyed hash, and a bit
    for each tells most claims at once that there is nothing to look for."""

    def __init__(self) -> None:
        self._salt = secrets.token_bytes(16)
        self._bits = bytearray(_BITS // 8)
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("CREATE TABLE claim (patient BLOB, remembered BLOB)")
        self._db.execute("CREATE INDEX by_patient ON claim (patient)")

    def add(self, recent: Mapping[_Patient, list[_Remembered]]) -> None:
        """Write claims down."""
        self._db.execute("BEGIN")
        self._db.executemany("INSERT INTO claim VALUES (?, ?)", self._records(recent))
        self._db.execute("COMMIT")

    def _records(self, recent: Mapping[_Patient, list[_Remembered]]) -> Iterator[tuple[bytes, bytes]]:
        for patient, claims in recent.items():
            bit = hash(patient) % _BITS
            self._bits[bit >> 3] |= 1 << (bit & 7)
            yield self._key(patient), marshal.dumps([*map(_packed, claims)])

    def may_know(self, patient: _Patient) -> bool:
        """Whether to look; now and then for nothing."""
        bit = hash(patient) % _BITS
        return bool(self._bits[bit >> 3] & 1 << (bit & 7))

    def of(self, patient: _Patient) -> list[_Remembered]:
        """A patient's claims, in the order in which they came."""
        sql = "SELECT remembered FROM claim WHERE patient = ? ORDER BY rowid"
        found = self._db.execute(sql, (self._key(patient),))
        return [_unpacked(claim) for (packed,) in found for claim in marshal.loads(packed)]

    def _key(self, patient: _Patient) -> bytes:
        return hashlib.blake2b(repr(patient).encode(), key=self._salt, digest_size=16).digest()


# What checks say of a claim together with earlier ones.


def with_earlier(claim: Claim, earlier: Earlier) -> Claim:
    """A claim with the patient's earlier lines before its own."""
    return claim._replace(lines=(*earlier.lines, *claim.lines))


def what_is_new(said: Iterable[Fault | NotJudged], claim: Claim, earlier: Earlier) -> Iterator[Fault | NotJudged]:
    """Of what a check says of a claim with earlier lines, what this claim brings: faults of its own lines, with
    the name of the other claim; and, as a warning on the line that is to blame, what is wrong with an earlier
    line only now. What the earlier claims alone have wrong was said there."""
    mine = {id(line) for line in claim.lines}
    spoken: set[int] = set()
    others: list[Fault] = []
    for one in said:
        if isinstance(one, NotJudged):
            if id(one.line) in mine:
                yield one
        elif one.line is None or id(one.line) in mine:
            spoken.add(id(one.line))
            yield one._replace(text=one.text + _named(one, earlier))
        else:
            others.append(one)
    for fault in others:
        blamed = next((line for line in fault.beside if id(line) in mine), None)
        if blamed and id(blamed) not in spoken:
            spoken.add(id(blamed))
            assert fault.line is not None
            text = f"With this line, {_place(fault.line, earlier)} is at fault: {fault.text}"
            yield fault._replace(line=blamed, text=text, severity=WARN, soft=False)


def _named(fault: Fault, earlier: Earlier) -> str:
    places = [_place(line, earlier) for line in fault.beside if id(line) in earlier.claims]
    return f" (With {', '.join(places[:3])}{', ...' if len(places) > 3 else ''}.)" if places else ""


def _place(line: Line, earlier: Earlier) -> str:
    return f"line {line.number} of claim {earlier.claims[id(line)]}"
