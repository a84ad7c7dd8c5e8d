"""Edit messages: findings with their claim, line and place in the file; and each line's disposition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from operator import attrgetter
from typing import Final, NamedTuple, TypeVar

from claimcheck.authoring.check import Check
from claimcheck.claim import Claim, Line, Service, as_date, as_number, charge_of, total_charge
from claimcheck.engine.findings import NOT_JUDGED, PARTLY_JUDGED, ActiveFinding, Found, Gap, Verdict
from claimcheck.engine.missing import Cause, Waiting, not_judged_finding, partly_judged_finding
from claimcheck.engine.places import NOWHERE, Place, place_of
from claimcheck.message import (
    INFORM,
    REJECT,
    WARN,
    Carc,
    Citation,
    ClaimStatus,
    Disposition,
    EditMessage,
    Finding,
    Severity,
    StandardCodes,
    Waived,
    milder,
)
from claimcheck.rulebook import CARRIED, Coverage, Rulebook, Rules

_T = TypeVar("_T")

_ACCEPTED = ClaimStatus("A2", "20")
"""Claim status of a line that passes with a message: accepted into adjudication."""


def _carried(yielded: Finding) -> str:
    """What a message adds where its rules are carried past the end of their release."""
    carried = [row.source.partition(CARRIED)[2] for row in yielded.by if CARRIED in row.source]
    past = " and ".join(sorted({*carried})) if carried else ""
    return f" (Judged by rules of a release that ended {past}, carried forward.)" if past else ""


def _passing(check: Check, yielded: Finding, severity: Severity) -> StandardCodes:
    """The codes of a finding that rejects nothing: accepted, with a message. One that only informs has no
    reason code either, unless the check or the finding names one."""
    codes = yielded.codes or check.codes
    if severity == INFORM and yielded.codes is None and check.severity != INFORM:
        codes = StandardCodes(claim_status=codes.claim_status, confidence=codes.confidence)
    return codes._replace(claim_status=_ACCEPTED if codes.claim_status else None)


class _Constant(NamedTuple):
    """What all messages of a finding have in common: made once for a remembered finding."""

    check: str
    severity: Severity
    field: str | None
    place: Place
    text: str
    remedy: str
    observed: str | None
    allowed: str | None
    releases: list[str]
    citation: Citation
    carc: Carc | None
    rarc: str | None
    claim_status: ClaimStatus | None

    @classmethod
    def of(cls, finding: ActiveFinding, severity: Severity) -> _Constant:
        """The constant part of a finding's messages, with the severity that a waiver may have lowered."""
        check, worded = finding.check, finding.worded
        codes = worded.codes or check.codes if severity == REJECT else _passing(check, worded, severity)
        return cls(
            check.id,
            severity,
            worded.field,
            Place(worded.element, worded.box),
            worded.text + _carried(worded),
            worded.remedy,
            worded.observed,
            worded.allowed,
            [row.source for row in worded.by],
            worded.citation or check.citation,
            codes.carc,
            codes.rarc,
            codes.claim_status,
        )


def _disposition(severities: Sequence[Severity], unjudged: bool) -> Disposition:
    if REJECT in severities:
        return Disposition.REJECTED
    if unjudged:
        return Disposition.NOT_JUDGED
    return Disposition.ACCEPTED_WITH_WARNINGS if WARN in severities else Disposition.ACCEPTED


@lru_cache(maxsize=4096)
def iso_date(from_date: str) -> str | None:
    """A service date as ISO 8601; as billed where it is not a date; None where it is blank."""
    day = as_date(from_date)
    return day.isoformat() if day else from_date or None


_number: Final[Callable[[Line], str]] = attrgetter("number")


def total_of(lines: Sequence[Line]) -> str | None:
    """The charges on lines as a plain decimal; None where none is a number."""
    if len(lines) == 1:
        return plain_charge(lines[0].charge)
    total = total_charge(map(charge_of, lines))
    return None if total is None else f"{total:f}"


@lru_cache(maxsize=65536)
def plain_charge(charge: str | None) -> str | None:
    """A line's charge as a plain decimal; None where it is not a number."""
    amount = as_number(charge) if charge else None
    return None if amount is None else f"{amount:f}"


class Outcome(NamedTuple):
    """The result for one claim: messages in order, and each line's disposition in order. ``unpaid`` has for each line
    what is remembered of it: whether nothing is paid for it (``PAIRED``, ``UNPAID``), whether it is a ``SCREENING``; it
    is empty where nothing is. ``waiting`` are the checks that could not judge a line, and the tables that are
    missing; ``profile`` is the name of the profile that the claim was judged by."""

    messages: list[EditMessage]
    dispositions: list[Disposition]
    unpaid: bytes = b""
    waiting: tuple[Waiting, ...] = ()
    profile: str = ""

    @property
    def checks(self) -> list[str]:
        """The ids of the edits with a message, one per message."""
        return [message.check for message in self.messages]

    @property
    def disposition(self) -> Disposition:
        """The claim's: rejected if any line is, else not judged if any is, else with warnings. That of a claim without
        lines is by its messages."""
        if self.dispositions:
            return worst_of(self.dispositions)
        return _disposition([message.severity for message in self.messages], bool(self.waiting))


def worst_of(dispositions: Iterable[Disposition]) -> Disposition:
    """The disposition of lines together: rejected if any line is, else not judged if any is, else with warnings."""
    found = set(dispositions)
    if len(found) == 1:
        return found.pop()
    return next(worst for worst in WORST_FIRST if worst in found or worst is Disposition.ACCEPTED)


WORST_FIRST: Final = (
    Disposition.REJECTED,
    Disposition.NOT_JUDGED,
    Disposition.ACCEPTED_WITH_WARNINGS,
    Disposition.ACCEPTED,
)


class Judged(NamedTuple):
    """A claim with its result."""

    claim: Claim
    outcome: Outcome


Waive = Callable[[Check, Severity, Claim, Line | None, str | None], Waived | None]
"""Returns the reviewed exception of a finding, if there is one: by its check, severity, claim, line and field."""


_step = attrgetter("check.step")


class MessageBuilder:
    """Builds edit messages for one profile. ``book`` tells what is missing; ``severities`` are the profile's for the
    engine's own edits; ``waive`` returns the exceptions."""

    def __init__(
        self, book: Rulebook, profile: str, severities: Mapping[str, Severity], waive: Waive | None = None
    ) -> None:
        self._book = book
        self.profile = profile
        self._severities = severities
        self._waive = waive
        self._coverage = lru_cache(maxsize=10_000)(Rules.coverage)  # a batch lacks few tables, on many lines
        self._missing = lru_cache(maxsize=10_000)(self._find_missing)
        self._waiting_finding = lru_cache(maxsize=10_000)(self._make_waiting_finding)

    def outcome(self, claim: Claim, verdicts: Iterable[Verdict], found: Found) -> Outcome:
        """Build the messages of a claim: first those about the whole claim, then those of each line in order of
        evaluation; last, one for all lines that could not be judged."""
        whole, by_line = _by_line(found.findings)
        orphan_gaps, gaps_by_line = _by_line(found.gaps)
        orphan_gaps = [*dict.fromkeys(orphan_gaps)]  # a gap without a line applies to every line
        messages = [self._message(claim, None, finding) for finding in whole]
        of_claim = [message.severity for message in messages]
        clean = _disposition(of_claim, False)
        dispositions: list[Disposition] = []
        waiting: list[tuple[Waiting, Cause]] = []
        for at, (line, verdict) in enumerate(zip(claim.lines, verdicts, strict=True)):
            findings: Sequence[ActiveFinding] = verdict.findings
            if more := by_line.get(at):
                findings = sorted((*findings, *more), key=_step) if findings else sorted(more, key=_step)
            gaps: tuple[Gap, ...] = verdict.gaps
            if gaps_by_line or orphan_gaps:
                gaps = (*gaps, *gaps_by_line.get(at, ()), *orphan_gaps)
            if not (findings or gaps):
                dispositions.append(clean)
                continue
            missing = self._missing(at, line.service, line.from_date, line.to_date, gaps) if gaps else ()
            waiting += missing
            severities = [*of_claim]
            told = [self._message(claim, line, finding) for finding in findings]
            if len(told) > 1:
                told = _once(findings, told)
            messages += told
            severities += [message.severity for message in told]
            dispositions.append(_disposition(severities, any(one.blocks for one, _ in missing)))
        if waiting:
            messages += self._of_waiting(claim, waiting)
        return Outcome(messages, dispositions, b"", tuple([one for one, _ in waiting]), self.profile)

    def _find_missing(
        self, at: int, service: Service, from_date: str, to_date: str, gaps: tuple[Gap, ...]
    ) -> tuple[tuple[Waiting, Cause], ...]:
        """The checks that could not judge a line, with what the rule book has of the missing tables, and the causes to
        report. ``_missing`` remembers some."""
        day = as_date(from_date)
        last = as_date(to_date) if to_date else day
        covered = {table: self._covered(service.code, day, last, table) for table in {table for _, table in gaps}}
        waiting = [Waiting(at, check.id, table, check.blocks(table), *covered[table]) for check, table in gaps]
        return tuple([(one, Cause.of(service, one)) for one in waiting])

    def _covered(self, code: str, day: date | None, last: date | None, table: str) -> tuple[Coverage, date | None]:
        """What the rule book has of a table that is missing for a code, and the day it is missing for: of a line over
        several days the last, where a release governs the first."""
        coverage = self._coverage(self._book.on(day), table, code)
        if coverage == "in part" and last and day and last > day:
            later = self._coverage(self._book.on(last), table, code)
            if later != coverage:
                return later, last
        return coverage, day

    def _of_waiting(self, claim: Claim, waiting: list[tuple[Waiting, Cause]]) -> Iterator[EditMessage]:
        """One message for all lines that could not be judged, and one for those that some edits could not judge."""
        blocked = {one.line for one, _ in waiting if one.blocks}
        for edit, missing in (
            (NOT_JUDGED, [both for both in waiting if both[0].blocks]),
            (PARTLY_JUDGED, [both for both in waiting if both[0].line not in blocked]),
        ):
            if missing:
                causes = tuple([cause for _, cause in missing])
                places = dict.fromkeys([one.line for one, _ in missing])  # in the order of the lines
                of_all = len(places) == len(claim.lines)
                lines = claim.lines if of_all else [claim.lines[at] for at in places]
                yield self._message(claim, None, self._waiting_finding(edit, causes), lines)

    def _make_waiting_finding(self, edit: Check, causes: tuple[Cause, ...]) -> ActiveFinding:
        """The finding for lines that were not judged, or not by every edit. ``_waiting_finding`` remembers some."""
        yielded = not_judged_finding(causes) if edit is NOT_JUDGED else partly_judged_finding(causes)
        return ActiveFinding(edit, self._severities.get(edit.id, edit.severity), yielded)

    def _message(
        self, claim: Claim, line: Line | None, finding: ActiveFinding, lines: Sequence[Line] | None = None
    ) -> EditMessage:
        """The message of a finding: its constant part, and that of its line, of ``lines`` or of the claim. A waived
        finding only informs."""
        of_field = finding.worded.field
        waived = self._waive(finding.check, finding.severity, claim, line, of_field) if self._waive else None
        if waived:
            constant = _Constant.of(finding, INFORM)
        else:
            constant = finding.constant
            if constant is None:
                constant = finding.constant = _Constant.of(finding, finding.severity)
        check, severity, field, own, text, remedy, observed, allowed, releases = constant[:9]
        citation, carc, rarc, claim_status = constant[9:]
        if line is None:
            number = control = code = service_date = None
            modifiers: list[str] = []
            charge, locus = total_of(claim.lines if lines is None else lines), claim.locus
        else:
            code, modifiers = line.service.code, [*line.service.modifiers]
            number, control, service_date = line.number, line.control, iso_date(line.from_date)
            charge, locus = plain_charge(line.charge), claim.locus_of(line)
        place = place_of(claim.setting, field, observed, line.service.modifiers if line else ()) if field else NOWHERE
        # By position, in the order of the contract: by name, two dozen arguments take three times as long.
        return EditMessage(
            check,
            severity,
            claim.claim_id,
            number,
            control,
            None if lines is None else [*map(_number, lines)],
            code,
            modifiers,
            field,
            own.element or place.element,
            own.box or place.box,
            text,
            remedy,
            observed,
            allowed,
            self.profile,
            claim.setting,
            service_date,
            claim.payer_id or None,
            claim.billing_npi or None,
            charge,
            [*releases],
            citation,
            carc,
            rarc,
            claim_status,
            locus,
            waived,
            finding.shadow,
        )


def _once(findings: Sequence[ActiveFinding], messages: list[EditMessage]) -> list[EditMessage]:
    """The messages of a line, each finding's, without those whose finding another one of the same step reports as
    severely (``Finding.yields_to``)."""
    if not any(finding.worded.yields_to for finding in findings):
        return messages
    pairs = [*zip(findings, messages, strict=True)]

    def is_reported(finding: ActiveFinding, message: EditMessage) -> bool:
        return any(
            other.check.step == finding.check.step
            and not other.check.shadow
            and finding.names(other)
            and milder(its.severity, message.severity) == message.severity
            for other, its in pairs
        )

    return [message for finding, message in pairs if not (finding.worded.yields_to and is_reported(finding, message))]


def _by_line(placed: Iterable[tuple[int | None, _T]]) -> tuple[list[_T], dict[int, list[_T]]]:
    """What has no line, and what each line has."""
    whole: list[_T] = []
    by_line: dict[int, list[_T]] = {}
    for at, one in placed:
        if at is None:
            whole.append(one)
        elif at in by_line:
            by_line[at].append(one)
        else:
            by_line[at] = [one]
    return whole, by_line
