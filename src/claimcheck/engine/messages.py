"""Edit messages: findings with the claim, the line and the place in the file that they are about, and each line's
disposition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from operator import attrgetter
from typing import Final, NamedTuple, TypeVar

from claimcheck.authoring.check import Check
from claimcheck.claim import Claim, Line, Service, as_date
from claimcheck.engine.findings import NOT_JUDGED, PARTLY_JUDGED, ActiveFinding, Found, Gap, Verdict
from claimcheck.engine.missing import Cause, Waiting, not_judged_finding, partly_judged_finding
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
)
from claimcheck.rulebook import CARRIED, Coverage, Rulebook, Rules

_T = TypeVar("_T")

_ACCEPTED = ClaimStatus("A2", "20")
"""Claim status of what passes with a message: accepted into adjudication, see the text."""


def _carried(yielded: Finding) -> str:
    """What a message adds that rests on rules older than its day."""
    carried = [row.source.partition(CARRIED)[2] for row in yielded.by if CARRIED in row.source]
    past = " and ".join(sorted({*carried})) if carried else ""
    return f" (Judged by rules carried past {past}, where their release ends.)" if past else ""


def _passing(check: Check, yielded: Finding, severity: Severity) -> StandardCodes:
    """The codes of a finding that stops nothing: accepted, with a message. What only informs has no
    reason code either, unless the check or the finding names one for it."""
    codes = yielded.codes or check.codes
    if severity == INFORM and yielded.codes is None and check.severity != INFORM:
        codes = StandardCodes(claim_status=codes.claim_status, confidence=codes.confidence)
    return codes._replace(claim_status=_ACCEPTED if codes.claim_status else None)


class _Constant(NamedTuple):
    """What a message of a finding says wherever it is reported: made once for a finding that is remembered."""

    check: str
    severity: Severity
    field: str | None
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
        """What a finding says, with the severity that a waiver may have lowered."""
        check, worded = finding.check, finding.worded
        codes = worded.codes or check.codes if severity == REJECT else _passing(check, worded, severity)
        return cls(
            check.id,
            severity,
            worded.field,
            worded.text + _carried(worded),
            worded.remedy,
            worded.observed,
            worded.allowed,
            [row.source for row in worded.by],
            check.citation,
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
def _iso(from_date: str) -> str | None:
    """A service date as ISO 8601; as billed where it is no date."""
    day = as_date(from_date)
    return day.isoformat() if day else from_date or None


class Outcome(NamedTuple):
    """What the checks say of one claim: messages in order, and each line's disposition in order. ``unpaid`` says
    of each line whether nothing is paid for it (``PAIRED``, ``UNPAID``); it is empty where no line is so. ``waiting``
    are the checks that could not judge a line, and the tables that they lacked."""

    messages: list[EditMessage]
    dispositions: list[Disposition]
    unpaid: bytes = b""
    waiting: tuple[Waiting, ...] = ()

    @property
    def checks(self) -> list[str]:
        """The ids of the edits that speak, one a message."""
        return [message.check for message in self.messages]

    @property
    def disposition(self) -> Disposition:
        """The claim's: rejected if any line is, else not judged if any is, else with warnings."""
        return worst_of(self.dispositions)


def worst_of(dispositions: Iterable[Disposition]) -> Disposition:
    """What lines come to together: rejected if any line is, else not judged if any is, else with warnings."""
    found = set(dispositions)
    return next(worst for worst in WORST_FIRST if worst in found or worst is Disposition.ACCEPTED)


WORST_FIRST: Final = (
    Disposition.REJECTED,
    Disposition.NOT_JUDGED,
    Disposition.ACCEPTED_WITH_WARNINGS,
    Disposition.ACCEPTED,
)


class Judged(NamedTuple):
    """A claim with what was said of it."""

    claim: Claim
    outcome: Outcome


Waive = Callable[[Check, Severity, Claim, Line | None], Waived | None]
"""Gives the reviewed exception of a finding, if there is one."""


_step = attrgetter("check.step")


class MessageBuilder:
    """Makes edit messages for one profile. ``book`` tells what is missing; ``severities`` are the profile's for the
    engine's own edits; ``waive`` gives the exceptions."""

    def __init__(
        self, book: Rulebook, profile: str, severities: Mapping[str, Severity], waive: Waive | None = None
    ) -> None:
        self._book = book
        self.profile = profile
        self._severities = severities
        self._waive = waive
        self._coverage = lru_cache(maxsize=10_000)(Rules.coverage)  # a batch lacks few tables, on many lines
        self._lacking = lru_cache(maxsize=10_000)(self._find_lacking)
        self._waiting_finding = lru_cache(maxsize=10_000)(self._make_waiting_finding)

    def outcome(self, claim: Claim, verdicts: Iterable[Verdict], found: Found) -> Outcome:
        """Make the messages of a claim: those of the whole claim first, then line by line in order of
        evaluation; last, one for all lines that could not be judged."""
        whole, by_line = _by_line(found.findings)
        orphan_gaps, gaps_by_line = _by_line(found.gaps)
        orphan_gaps = [*dict.fromkeys(orphan_gaps)]  # what a check says of no line of the claim is every line's
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
            lacking = self._lacking(at, line.service, line.from_date, line.to_date, gaps) if gaps else ()
            waiting += lacking
            severities = [*of_claim]
            for finding in findings:
                message = self._message(claim, line, finding)
                messages.append(message)
                severities.append(message.severity)
            dispositions.append(_disposition(severities, any(one.blocks for one, _ in lacking)))
        if waiting:
            messages += self._of_waiting(claim, waiting)
        return Outcome(messages, dispositions, waiting=tuple([one for one, _ in waiting]))

    def _find_lacking(
        self, at: int, service: Service, from_date: str, to_date: str, gaps: tuple[Gap, ...]
    ) -> tuple[tuple[Waiting, Cause], ...]:
        """The checks that could not judge a line, with what the rule book has of the tables that they lack, and what is
        reported of them. ``_lacking`` remembers some."""
        day = as_date(from_date)
        last = as_date(to_date) if to_date else day
        covered = {table: self._covered(service.code, day, last, table) for table in {table for _, table in gaps}}
        waiting = [Waiting(at, check.id, table, check.blocks(table), *covered[table]) for check, table in gaps]
        return tuple([(one, Cause.of(service, one)) for one in waiting])

    def _covered(self, code: str, day: date | None, last: date | None, table: str) -> tuple[Coverage, date | None]:
        """What the rule book has of a table that a code lacks, and the day that it lacks it on: of a line over several
        days the last, where a release governs the first."""
        coverage = self._coverage(self._book.on(day), table, code)
        if coverage == "in part" and last and day and last > day:
            later = self._coverage(self._book.on(last), table, code)
            if later != coverage:
                return later, last
        return coverage, day

    def _of_waiting(self, claim: Claim, waiting: list[tuple[Waiting, Cause]]) -> Iterator[EditMessage]:
        """One message for all lines that could not be judged, and one for those that some edit could not judge."""
        blocked = {one.line for one, _ in waiting if one.blocks}
        for edit, lacking in (
            (NOT_JUDGED, [both for both in waiting if both[0].blocks]),
            (PARTLY_JUDGED, [both for both in waiting if both[0].line not in blocked]),
        ):
            if lacking:
                causes = tuple([cause for _, cause in lacking])
                message = self._message(claim, None, self._waiting_finding(edit, causes))
                message.lines = [claim.lines[at].number for at in dict.fromkeys([one.line for one, _ in lacking])]
                yield message

    def _make_waiting_finding(self, edit: Check, causes: tuple[Cause, ...]) -> ActiveFinding:
        """What is reported of lines that were not judged, or not by every edit. ``_waiting_finding`` remembers some."""
        yielded = not_judged_finding(causes) if edit is NOT_JUDGED else partly_judged_finding(causes)
        return ActiveFinding(edit, self._severities.get(edit.id, edit.severity), yielded)

    def _message(self, claim: Claim, line: Line | None, finding: ActiveFinding) -> EditMessage:
        """A finding on a line: what is constant, and what is the line's. What is waived only informs."""
        waived = self._waive(finding.check, finding.severity, claim, line) if self._waive else None
        if waived:
            constant = _Constant.of(finding, INFORM)
        else:
            constant = finding.constant
            if constant is None:
                constant = finding.constant = _Constant.of(finding, finding.severity)
        check, severity, field, text, remedy, observed, allowed, releases, citation, carc, rarc, claim_status = constant
        if line is None:
            number = control = code = service_date = None
            modifiers: list[str] = []
            locus = claim.locus
        else:
            code, modifiers = line.service.code, [*line.service.modifiers]
            number, control, service_date = line.number, line.control, _iso(line.from_date)
            locus = claim.locus_of(line)
        # By position, in the order of the contract: by name, two dozen arguments take three times as long.
        return EditMessage(
            check,
            severity,
            claim.claim_id,
            number,
            control,
            None,
            code,
            modifiers,
            field,
            text,
            remedy,
            observed,
            allowed,
            self.profile,
            claim.setting,
            service_date,
            [*releases],
            citation,
            carc,
            rarc,
            claim_status,
            locus,
            waived,
        )


def _by_line(placed: Iterable[tuple[int | None, _T]]) -> tuple[list[_T], dict[int, list[_T]]]:
    """What is of no line, and what is of each."""
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
