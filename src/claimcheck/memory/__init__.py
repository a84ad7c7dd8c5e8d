"""What earlier claims of a batch billed, so that edits apply across the claims of a patient.

One pass: a claim is judged with the earlier claims of the same patient, payer and setting, and then remembered, as
small tuples, which go to a temporary SQLite file once they are many. A payer adjudicates the same way: of two claims
in conflict it denies the later one.
"""

from __future__ import annotations

import hashlib
import marshal
import secrets
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final, NamedTuple, cast

from claimcheck.claim import DENTAL, INSTITUTIONAL, OUTPATIENT, PROFESSIONAL, Claim, Line, Service, Setting
from claimcheck.message import WARN, Finding, NotJudged, milder
from claimcheck.rulebook.new_patients import STILL_KNOWN, is_face_to_face, is_new_patient_visit
from claimcheck.rulebook.sections import MONTHLY, is_anesthesia, is_evaluation, is_reading, is_surgery

LINES_IN_MEMORY: Final = 50_000
"""Lines remembered before they are written to a file: some 40 MB."""

_SETTINGS: Final[Mapping[str, Setting]] = {str(setting): setting for setting in Setting}
_LONGEST_GLOBAL: Final = timedelta(days=90)
_NEXT_DAY: Final = timedelta(days=1)
_REPLACED_OR_VOID: Final = ("7", "8")
"""Claim frequencies (CLM05-3, the last digit of a type of bill) of a replacement and of a void."""
_PROCEDURES_ELSEWHERE: Final = frozenset(
    {"77750", "77761", "77762", "77763", "92986", "92987", "92990", "G0342", "G0343"}
    | {"G0412", "G0413", "G0414", "G0415"}
)
"""Codes with 10 or 90 global days outside the section of surgery, dental ones aside: all from RVU20A to RVU25D."""
MOST_EARLIER: Final = 100
"""Lines on the dates around a claim that are looked at. One patient has fewer; more are those of a number that a file
gives to many patients, which say nothing together."""
_BITS: Final = 1 << 25

Patient = tuple[str, str | None, str, str]


_Remembered = tuple[str, str | None, str | None, tuple[Line, ...], bytes]
"""A remembered claim: its number, billing provider and taxonomy, its lines, and whether each is unpaid."""


PAIRED: Final = 1
UNPAID: Final = 2
"""Why nothing is paid for a line: it is bundled into another line; or it is denied by itself."""


class Earlier(NamedTuple):
    """Lines of a patient's earlier claims that may matter for a claim; by the line's ``id`` the number of the claim
    that each is on, and ``PAIRED`` or ``UNPAID`` where nothing is paid for it. There are none where they were
    ``too_many``."""

    lines: tuple[Line, ...] = ()
    claims: Mapping[int, str] = {}
    unpaid: Mapping[int, int] = {}
    too_many: bool = False


NOTHING: Final = Earlier()


class History:
    """The claims of one batch so far.

    Args:
        lines_in_memory: how many lines to keep before they go to a temporary file.
    """

    def __init__(self, lines_in_memory: int = LINES_IN_MEMORY) -> None:
        self._limit = lines_in_memory
        self._recent: dict[Patient, list[_Remembered]] = {}
        self._count = 0
        self._spilled: _Spilled | None = None

    def before(self, claim: Claim, patient: Patient | None) -> Earlier:
        """What earlier claims billed for the claim's patient, near enough in time to matter."""
        if patient is None:
            return NOTHING
        known = self._recent.get(patient)
        if self._spilled and self._spilled.may_know(patient):
            known = [*self._spilled.of(patient), *(known or ())]
        return _near(claim, known) if known else NOTHING

    def remember(self, claim: Claim, patient: Patient | None, unpaid: bytes) -> None:
        """Remember a claim that was judged, with its unpaid lines (``Outcome.unpaid``)."""
        if patient is None:
            return
        remembered = (claim.claim_id, claim.billing_npi, claim.billing_taxonomy, claim.lines, unpaid)
        self._recent.setdefault(patient, []).append(remembered)
        self._count += len(claim.lines)
        if self._count > self._limit:
            self._spill()

    def _spill(self) -> None:
        if self._spilled is None:
            self._spilled = _Spilled()
        self._spilled.add(self._recent)
        self._recent, self._count = {}, 0


def patient_of(claim: Claim, profile: str) -> Patient | None:
    """The patient whose history a claim belongs to, among claims judged by one profile: another payer does not see it.
    None where the patient is unknown, or where the claim replaces or voids another."""
    frequency = claim.frequency or (claim.type_of_bill or "")[-1:]
    if not claim.patient_id or frequency in _REPLACED_OR_VOID or claim.setting in (INSTITUTIONAL, DENTAL):
        return None
    return claim.patient_id, claim.payer_id, claim.setting, profile


def _near(claim: Claim, known: Sequence[_Remembered]) -> Earlier:
    days = {day for line in claim.lines for day in (line.day, line.last_day) if day}
    if not days:
        return NOTHING
    first, last = min(days) - _NEXT_DAY, max(days) + _NEXT_DAY
    # A procedure billed late may have a visit or procedure in its global period that was billed before it, also by a
    # colleague of the specialty.
    followed = max(days) + _LONGEST_GLOBAL if any(_is_procedure(line.code) for line in claim.lines) else last
    npis = {claim.rendering_npi(line) for line in claim.lines}
    surgeons = {line.code: "62" in line.modifiers for line in claim.lines if _is_procedure(line.code)}
    by_several = {line.code for line in claim.lines if _may_be_by_several(line)}
    months = {_month(line) for line in claim.lines if line.code in MONTHLY}
    lines: list[Line] = []
    near: set[int] = set()
    claims: dict[int, str] = {}
    without: dict[int, int] = {}
    for claim_id, billing_npi, billing_taxonomy, billed, unpaid in reversed(known):
        for i, line in reversed([*enumerate(billed)]):
            npi = line.rendering_npi or billing_npi
            if not (billing_npi if claim.setting == OUTPATIENT else npi):  # the provider of the line is unknown
                continue
            one_group = billing_npi == claim.billing_npi
            mine = npi in npis
            alike = mine or _by_co_surgeon(line, surgeons) or (line.code in by_several and _may_be_by_several(line))
            if not (one_group or (alike and claim.setting != OUTPATIENT)):  # a hospital is one provider
                continue
            # A line without its claim needs its rendering provider.
            taxonomy = _taxonomy_in_group(claim, line, billing_npi, billing_taxonomy)
            colleague = taxonomy is not None and claim.setting == PROFESSIONAL
            follows = (mine or colleague) and (is_evaluation(line.code) or _is_procedure(line.code))
            of_month = one_group and line.code in MONTHLY and _month(line) in months
            if of_month or _matters(line, first, followed if follows else last):
                if len(lines) == MOST_EARLIER:
                    return Earlier(too_many=True)
                near.add(id(line))
                line = line._replace(rendering_npi=npi, rendering_taxonomy=taxonomy)
                lines.append(line)
                claims[id(line)] = claim_id
                if unpaid and unpaid[i]:
                    without[id(line)] = unpaid[i]
    if _may_not_be_new(claim, known, max(days)):
        for at, (line, claim_id) in _seen_for_years(claim, known, npis, min(days), near).items():
            lines.append(line)
            claims[at] = claim_id
    return Earlier((*reversed(lines),), claims, without) if lines else NOTHING


def _taxonomy_in_group(claim: Claim, line: Line, billing_npi: str | None, billing_taxonomy: str | None) -> str | None:
    """The taxonomy of who rendered an earlier line; another group's specialty does not count, nor an unknown one's."""
    if not billing_npi or billing_npi != claim.billing_npi:
        return None
    return line.rendering_taxonomy if line.rendering_npi else billing_taxonomy


def _may_not_be_new(claim: Claim, known: Sequence[_Remembered], last: date) -> bool:
    """Whether what was billed for years may say that a patient is not new: one for whom the claim bills such a visit,
    or who was seen before such a visit of an earlier claim."""
    if claim.setting != PROFESSIONAL:
        return False
    if any(is_new_patient_visit(line.code) for line in claim.lines):
        return True
    new = (line.day for _, _, _, billed, _ in known for line in billed if is_new_patient_visit(line.code))
    later = any(day and last < day <= last + STILL_KNOWN for day in new)
    return later and any(is_face_to_face(line.service) for line in claim.lines)


def _seen_for_years(
    claim: Claim, known: Sequence[_Remembered], npis: Collection[str | None], first: date, near: Collection[int]
) -> dict[int, tuple[Line, str]]:
    """Services that practitioners of the group, or of the claim, rendered face to face, but those ``near`` it: the
    nearest of each practitioner before and after the claim, and the nearest visit of a new patient, each with its
    claim."""
    nearest: dict[tuple[object, ...], tuple[int, Line, str]] = {}
    for claim_id, billing_npi, billing_taxonomy, billed, _ in known:
        one_group = billing_npi == claim.billing_npi
        for line in billed:
            day, npi = line.day, line.rendering_npi or billing_npi
            if day is None or id(line) in near or not is_face_to_face(line.service):
                continue
            if not npi or not (one_group or npi in npis):
                continue
            taxonomy = _taxonomy_in_group(claim, line, billing_npi, billing_taxonomy)
            days = (day - first).days
            about = npi, taxonomy, days > 0, days > 0 and is_new_patient_visit(line.code)
            if about in nearest and abs(nearest[about][0]) <= abs(days):
                continue
            if about in nearest or len(nearest) < MOST_EARLIER:
                nearest[about] = days, line._replace(rendering_npi=npi, rendering_taxonomy=taxonomy), claim_id
    return {id(line): (line, claim_id) for _, line, claim_id in nearest.values()}


def _is_procedure(code: str) -> bool:
    return is_surgery(code) or code in _PROCEDURES_ELSEWHERE


def _by_co_surgeon(line: Line, surgeons: Mapping[str, bool]) -> bool:
    """Whether a line is of a procedure that two surgeons share, by the modifier (62) of either."""
    return line.code in surgeons and (surgeons[line.code] or "62" in line.modifiers)


def _may_be_by_several(line: Line) -> bool:
    """Whether several providers, of whatever groups, may bill one and the same service: an anesthesia case, a
    reading."""
    return is_anesthesia(line.code) or is_reading(line.code, line.modifiers)


def _month(line: Line) -> tuple[int, int] | None:
    """The calendar month of a line; None where its date is not one."""
    return (day.year, day.month) if (day := line.day) else None


def _matters(line: Line, first: date, last: date) -> bool:
    """Whether a line is of the same dates, or a procedure whose global period may reach them."""
    since, until = line.day, line.last_day
    if since is None or since > last:
        return False
    if until is None or until < since:  # not a span: the from date counts
        until = since
    return until >= first or (_is_procedure(line.code) and until >= first - _LONGEST_GLOBAL)


def _packed(claim: _Remembered) -> tuple[Any, ...]:
    """A claim as plain values (a setting as its text), with every field of its lines: a check across claims may use
    any."""
    claim_id, billing_npi, billing_taxonomy, lines, unpaid = claim
    billed = [((*service._replace(setting=cast(Setting, str(service.setting))),), *rest) for service, *rest in lines]
    return claim_id, billing_npi, billing_taxonomy, billed, unpaid


def _unpacked(packed: tuple[Any, ...]) -> _Remembered:
    claim_id, billing_npi, billing_taxonomy, billed, unpaid = packed
    lines = tuple(Line(_with_setting(Service(*service)), *rest) for service, *rest in billed)
    return claim_id, billing_npi, billing_taxonomy, lines, unpaid


def _with_setting(service: Service) -> Service:
    setting = _SETTINGS.get(service.setting)
    return service._replace(setting=setting) if setting else service


class _Spilled:
    """Claims in a temporary file, which is deleted with the run. Patients are in it as keyed hashes, and a bit for each
    saves most claims the look-up."""

    def __init__(self) -> None:
        self._salt = secrets.token_bytes(16)
        self._bits = bytearray(_BITS // 8)
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("CREATE TABLE claim (patient BLOB, remembered BLOB)")
        self._db.execute("CREATE INDEX by_patient ON claim (patient)")

    def add(self, recent: Mapping[Patient, list[_Remembered]]) -> None:
        """Write claims to the file."""
        self._db.execute("BEGIN")
        self._db.executemany("INSERT INTO claim VALUES (?, ?)", self._records(recent))
        self._db.execute("COMMIT")

    def _records(self, recent: Mapping[Patient, list[_Remembered]]) -> Iterator[tuple[bytes, bytes]]:
        for patient, claims in recent.items():
            bit = hash(patient) % _BITS
            self._bits[bit >> 3] |= 1 << (bit & 7)
            yield self._key(patient), marshal.dumps([*map(_packed, claims)])

    def may_know(self, patient: Patient) -> bool:
        """Whether the file may have the patient; rarely true in error."""
        bit = hash(patient) % _BITS
        return bool(self._bits[bit >> 3] & 1 << (bit & 7))

    def of(self, patient: Patient) -> list[_Remembered]:
        """A patient's claims, in the order in which they came."""
        sql = "SELECT remembered FROM claim WHERE patient = ? ORDER BY rowid"
        found = self._db.execute(sql, (self._key(patient),))
        return [_unpacked(claim) for (packed,) in found for claim in marshal.loads(packed)]

    def _key(self, patient: Patient) -> bytes:
        return hashlib.blake2b(repr(patient).encode(), key=self._salt, digest_size=16).digest()


# Findings on a claim together with earlier ones.


class _Joined(Claim):
    """A claim with lines of earlier ones before its own."""

    own: int

    @property
    def earlier(self) -> int:
        """All lines but the claim's own."""
        return len(self.lines) - self.own


def with_earlier(claim: Claim, earlier: Earlier) -> Claim:
    """A claim with the patient's earlier lines before its own."""
    joined = _Joined(*claim._replace(lines=(*earlier.lines, *claim.lines)))
    joined.own = len(claim.lines)
    return joined


def new_findings(
    yielded: Iterable[Finding | NotJudged], claim: Claim, earlier: Earlier
) -> Iterator[Finding | NotJudged]:
    """Of what a check yields for a claim with earlier lines, what is new with this claim: findings on its own lines,
    with the number of the other claim; and, as a warning on the line that causes it, a finding on an earlier line that
    rests on lines of this claim alone. Findings on the earlier claims alone were reported with these."""
    own = {id(line) for line in claim.lines}
    reported: set[int] = set()
    others: list[Finding] = []
    named: dict[int, tuple[tuple[Line, ...], str]] = {}  # many findings of a long claim rest on the same lines
    for one in yielded:
        if isinstance(one, NotJudged):
            if id(one.line) in own:
                yield one
        elif one.line is None or id(one.line) in own:
            reported.add(id(one.line))
            if id(one.beside) not in named:
                named[id(one.beside)] = one.beside, _named(one, earlier)
            yield one.adding(after=named[id(one.beside)][1])
        else:
            others.append(one)
    places = {id(line): place for place, line in enumerate(earlier.lines)}
    for finding in sorted(others, key=lambda finding: places.get(id(finding.line), 0)):
        beside = [line for line in finding.beside if line is not finding.line]
        cause = beside[0] if beside and all(id(line) in own for line in beside) else None
        if cause and id(cause) not in reported:
            reported.add(id(cause))
            assert finding.line is not None
            new = finding.adding(before=f"This line causes an edit on {_place(finding.line, earlier)}: ")
            yield new._replace(line=cause, severity=milder(WARN, finding.severity or WARN), soft=False)


def _named(finding: Finding, earlier: Earlier) -> str:
    places = [_place(line, earlier) for line in finding.beside if id(line) in earlier.claims]
    return f" See {', '.join(places[:3])}{', ...' if len(places) > 3 else '.'}" if places else ""


def _place(line: Line, earlier: Earlier) -> str:
    return f"line {line.number} of claim {earlier.claims[id(line)]}"
