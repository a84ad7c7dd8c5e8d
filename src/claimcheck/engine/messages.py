"""Stamping: faults into edit messages, with the claim, the line and the place in the file that they are
about, and each line's disposition."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from claimcheck.authoring.check import Check, names_check
from claimcheck.claim import Claim, Line, as_date
from claimcheck.engine.missing import Waiting, not_judged_fault, partly_judged_fault
from claimcheck.message import (
    INFORM,
    MEDICARE,
    REJECT,
    WARN,
    Citation,
    ClaimStatus,
    Disposition,
    EditMessage,
    Fault,
    NotJudged,
    PayerKind,
    ProfileSeverity,
    Severity,
    StandardCodes,
    Waived,
    milder,
)
from claimcheck.rulebook import CARRIED, Coverage, Rulebook

_DESIGN = Citation("claimcheck README", "what no rule in force can judge is not judged, and nothing is lost")

NOT_JUDGED = Check(
    "NOT-JUDGED",
    INFORM,
    "READING",
    _DESIGN,
    StandardCodes(),
    inspect.cleandoc(
        """No rule in force can judge these lines.

        One message for each claim names the lines (``lines``) and the tables that have no release for their codes on
        their dates of service. The lines are not clean: their disposition is ``not_judged``, unless another edit
        rejects them. The end of the run lists every table and quarter that is missing, with the page of CMS to load
        it from. Load the release that covers the date, or review the lines by hand."""
    ),
)

PARTLY_JUDGED = Check(
    "PARTLY-JUDGED",
    INFORM,
    "READING",
    _DESIGN,
    StandardCodes(),
    inspect.cleandoc(
        """An edit could not judge these lines, for lack of a list that decides about this edit alone.

        All other edits judged the lines, and their dispositions are those of the other edits. The message names the
        edits, the lists and the quarter. Nothing is to be done on the claim; what to load is listed at the end of the
        run."""
    ),
)

CHECK_FAILED = Check(
    "CHECK-FAILED",
    WARN,
    "READING",
    _DESIGN,
    StandardCodes(),
    inspect.cleandoc(
        """A check broke off with an error of its own, so this line is not judged by it.

        The other checks went on. The message names the error's kind and place, never the claim's data.
        It is a fault of the check, not of the claim: please report it."""
    ),
)

_ACCEPTED = ClaimStatus("A2", "20")
"""Claim status of what passes with a message: accepted into adjudication, see the text."""

ENGINE_EDITS = (NOT_JUDGED, PARTLY_JUDGED, CHECK_FAILED)


@dataclass(frozen=True)
class ActiveCheck:
    """A check as a profile has it: how severe, how severe where payers may price the line all the same
    (``soft``), and with which options. ``all_soft`` says so of all that it rejects; ``cases`` are the severities of
    its cases, where they are milder; ``kind`` is that of the payer."""

    check: Check
    severity: Severity
    soft: Severity
    options: Mapping[str, Any] = field(default_factory=dict)
    all_soft: bool = False
    cases: Mapping[str, ProfileSeverity] = field(default_factory=dict)
    kind: PayerKind = MEDICARE

    @property
    def call(self) -> Callable[..., Iterator[Any]]:
        """The check's function with its options filled in."""
        assert self.check.function is not None
        return self.with_options(self.check.function)

    def with_options(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function of the check with those options that it takes."""
        taken = inspect.signature(function).parameters if self.options else {}
        options = {name: value for name, value in self.options.items() if name in taken}
        return partial(function, **options) if options else function


class Finding(NamedTuple):
    """A fault with the check that yielded it, and its severity in this profile."""

    check: Check
    severity: Severity
    fault: Fault
    waived: Waived | None = None

    @property
    def own_severity(self) -> Severity:
        """How severe it is by itself, whatever the profile or a waiver makes of it."""
        return milder(self.check.severity, self.fault.severity or self.check.severity)

    def hides(self, other: Finding) -> bool:
        """Whether another finding of the line yields to this one, which reports the same fault: one that is milder by
        itself does not hide a reject."""
        named = any(names_check(prefix, self.check.id) for prefix in other.fault.yields_to)
        return named and milder(self.own_severity, other.own_severity) == other.own_severity


Gap = tuple[Check, str]
"""A check that could not judge, and the table that it lacked."""

Said = Finding | tuple[Check, NotJudged]
"""What a CLAIM check said."""


_PARTS: Final = (
    ("text", (str,)),
    ("remedy", (str,)),
    *((name, (str, type(None))) for name in ("field", "observed", "allowed")),
    ("maps", (StandardCodes, type(None))),
    *((name, (tuple,)) for name in ("by", "yields_to", "wordings")),
)
"""What the parts of a fault are, for writers to write them."""


def finding_of(chosen: ActiveCheck, fault: Fault) -> Finding | None:
    """A fault as its payer reads it, with its severity: the mildest of the profile's, that of its case and its own;
    None where its case is off.

    Raises:
        TypeError, AttributeError: a part of it is nothing that a writer can write, such as a number as ``observed``.
        ValueError: it names a case that its check does not have, or yields to others though its check sees no lines.
    """
    for name, kinds in _PARTS:
        if not isinstance(part := getattr(fault, name), kinds):
            raise TypeError(f"{name} of a fault is {type(part).__name__}; expected {kinds[0].__name__}")
    if not all(isinstance(row.source, str) for row in fault.by):
        raise TypeError("by of a fault must hold rows of tables")
    if fault.case and fault.case not in chosen.check.cases:
        raise ValueError(f"{chosen.check.id} has no case {fault.case!r}")
    if fault.yields_to and chosen.check.reach == "SERVICE":
        raise ValueError(f"{chosen.check.id} sees no lines, so that its faults yield to none")
    of_case = chosen.cases.get(fault.case)
    if of_case == "off":
        return None
    soft = fault.soft or chosen.all_soft or of_case == "soft"
    severity = chosen.soft if soft else chosen.severity
    for milder_one in (fault.severity, of_case):
        if milder_one and milder_one != "soft":
            severity = milder(severity, milder_one)
    worded = fault.worded_for(chosen.kind, chosen.check.adopted_from)
    return Finding(chosen.check, severity, worded if worded.soft == soft else worded._replace(soft=soft))


def failure_of(check: Check, error: Exception) -> Finding:
    """A check's own error as a finding. The error's text may quote the claim, so it stays out."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    text = f"{check.id} broke off with {type(error).__name__}{place}."
    fault = Fault(text, "Report this as a fault of the check; review the line by hand.", observed=check.id)
    return Finding(CHECK_FAILED, CHECK_FAILED.severity, fault)


def _carried(fault: Fault) -> str:
    """What a message adds that rests on rules older than its day."""
    carried = sorted({row.source.partition(CARRIED)[2] for row in fault.by if CARRIED in row.source})
    return f" (Judged by rules carried past {' and '.join(carried)}, where their release ends.)" if carried else ""


def _passing(check: Check, finding: Finding) -> StandardCodes:
    """The mapping of a fault that stops nothing: accepted, with a message. What only informs has no
    reason code either, unless the check or the fault names one for it."""
    maps = finding.fault.maps or check.maps
    if finding.severity == INFORM and finding.fault.maps is None and check.severity != INFORM:
        maps = StandardCodes(claim_status=maps.claim_status, confidence=maps.confidence)
    return maps._replace(claim_status=_ACCEPTED if maps.claim_status else None)


def _step(finding: Finding) -> int:
    return finding.check.step


def _disposition(severities: list[Severity], unjudged: bool) -> Disposition:
    if REJECT in severities:
        return "rejected"
    if unjudged:
        return "not_judged"
    return "accepted_with_warnings" if WARN in severities else "accepted"


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
    lines: list[Disposition]
    unpaid: bytes = b""
    waiting: tuple[Waiting, ...] = ()

    @property
    def checks(self) -> list[str]:
        """The ids of the edits that speak, one a message."""
        return [message.check for message in self.messages]

    @property
    def disposition(self) -> Disposition:
        """The claim's: rejected if any line is, else not judged if any is, else with warnings."""
        return worst_of(self.lines)


def worst_of(dispositions: Iterable[Disposition]) -> Disposition:
    """What lines come to together: rejected if any line is, else not judged if any is, else with warnings."""
    found = set(dispositions)
    return next((worst for worst in _WORST_FIRST if worst in found), "accepted")


_WORST_FIRST: tuple[Disposition, ...] = ("rejected", "not_judged", "accepted_with_warnings")


class Judged(NamedTuple):
    """A claim with what was said of it."""

    claim: Claim
    outcome: Outcome


Waive = Callable[[Check, Severity, Claim, Line | None], Waived | None]
"""Gives the reviewed exception of a finding, if there is one."""


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

    def stamp(
        self, claim: Claim, verdicts: Iterable[tuple[tuple[Finding, ...], tuple[Gap, ...]]], said: Iterable[Said]
    ) -> Outcome:
        """Make the messages of a claim: those of the whole claim first, then line by line in order of
        evaluation; last, one for all lines that could not be judged. ``verdicts`` are the SERVICE checks', one a line;
        ``said`` is what the CLAIM checks said."""
        of_claim: list[Finding] = []
        of_line: dict[int, list[Finding]] = {}
        gaps_of_line: dict[int, list[Gap]] = {}
        for one in said:
            if not isinstance(one, Finding):
                check, gap = one
                gaps_of_line.setdefault(id(gap.line), []).append((check, gap.table))
            elif one.fault.line is None:
                of_claim.append(one)
            else:
                of_line.setdefault(id(one.fault.line), []).append(one)

        orphan_gaps: list[Gap] = []
        if gaps_of_line:
            # What a check says of a line that is not of this claim is the check's fault, and not lost for that:
            # a finding is the claim's, and a gap is every line's.
            mine = {id(line) for line in claim.lines}
            orphan_gaps = [*dict.fromkeys(gap for of, gaps in gaps_of_line.items() if of not in mine for gap in gaps)]
        of_lines: list[tuple[Line, Iterable[Finding], bool]] = []
        waiting: list[Waiting] = []
        for at, (line, (findings, gaps)) in enumerate(zip(claim.lines, verdicts, strict=True)):
            more = of_line.pop(id(line), None)
            if not (findings or gaps or more or gaps_of_line):  # most lines, even of such claims
                of_lines.append((line, (), False))
                continue
            ordered: Iterable[Finding] = sorted((*findings, *more), key=_step) if more else findings
            if self._waive:
                ordered = self._waived(claim, line, ordered)
            gaps = (*gaps, *gaps_of_line.pop(id(line), ()), *orphan_gaps)
            lacking = self._lacking(at, line, gaps) if gaps else []
            waiting += lacking
            of_lines.append((line, ordered, any(one.blocks for one in lacking)))
        for lost in of_line.values():
            of_claim += lost
        if self._waive:
            of_claim = self._waived(claim, None, of_claim)

        whole = [finding.severity for finding in of_claim]
        clean = _disposition(whole, False)
        messages = [self._message(claim, None, finding) for finding in of_claim]
        dispositions: list[Disposition] = []
        for line, ordered, unjudged in of_lines:
            if not (ordered or unjudged):
                dispositions.append(clean)
                continue
            messages += [self._message(claim, line, finding) for finding in ordered]
            dispositions.append(_disposition([*whole, *(f.severity for f in ordered)], unjudged))
        messages += self._of_waiting(claim, waiting)
        return Outcome(messages, dispositions, waiting=tuple(waiting))

    def _waived(self, claim: Claim, line: Line | None, findings: Iterable[Finding]) -> list[Finding]:
        """Findings as they are with what is waived: that only informs."""
        assert self._waive is not None
        marked = ((finding, self._waive(finding.check, finding.severity, claim, line)) for finding in findings)
        return [f._replace(severity=INFORM, waived=waived) if waived else f for f, waived in marked]

    def _lacking(self, at: int, line: Line, gaps: Iterable[Gap]) -> list[Waiting]:
        """The checks that could not judge a line, with what the rule book has of the tables that they lack."""
        covered = {table: self._covered(line, table) for table in {table for _, table in gaps}}
        return [Waiting(at, check.id, table, check.blocks(table), *covered[table]) for check, table in gaps]

    def _covered(self, line: Line, table: str) -> tuple[Coverage, date | None]:
        """What the rule book has of a table that a line lacks, and the day that it lacks it on: of a line over several
        days the last, where a release governs the first."""
        day, last = line.day, line.last_day
        coverage = self._book.on(day).coverage(table, line.code)
        if coverage == "in part" and last and day and last > day:
            later = self._book.on(last).coverage(table, line.code)
            if later != coverage:
                return later, last
        return coverage, day

    def _of_waiting(self, claim: Claim, waiting: list[Waiting]) -> Iterator[EditMessage]:
        """One message for all lines that could not be judged, and one for those that some edit could not judge."""
        blocked = {one.line for one in waiting if one.blocks}
        for edit, fault_of, lacking in (
            (NOT_JUDGED, not_judged_fault, [one for one in waiting if one.blocks]),
            (PARTLY_JUDGED, partly_judged_fault, [one for one in waiting if one.line not in blocked]),
        ):
            if lacking:
                severity = self._severities.get(edit.id, edit.severity)
                message = self._message(claim, None, Finding(edit, severity, fault_of(claim, lacking)))
                message.lines = [claim.lines[at].number for at in dict.fromkeys(one.line for one in lacking)]
                yield message

    def _message(self, claim: Claim, line: Line | None, finding: Finding) -> EditMessage:
        check, severity, fault = finding.check, finding.severity, finding.fault
        maps = _passing(check, finding) if severity != REJECT else fault.maps or check.maps
        return EditMessage(
            check=check.id,
            severity=severity,
            claim_id=claim.claim_id,
            line_number=line.number if line else None,
            line_control=line.control if line else None,
            lines=None,
            code=line.service.code if line else None,
            modifiers=list(line.service.modifiers) if line else [],
            field=fault.field,
            text=fault.text + _carried(fault),
            remedy=fault.remedy,
            observed=fault.observed,
            allowed=fault.allowed,
            profile=self.profile,
            setting=claim.setting,
            service_date=_iso(line.from_date) if line else None,
            releases=[row.source for row in fault.by],
            citation=check.cites,
            carc=maps.carc,
            rarc=maps.rarc,
            claim_status=maps.claim_status,
            locus=claim.locus_of(line) if line else claim.locus,
            waived=finding.waived,
        )
