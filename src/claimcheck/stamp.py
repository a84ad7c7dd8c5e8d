"""Stamping: faults into edit messages, with the claim, the line and the place in the file that they are
about, and each line's disposition."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from claimcheck.checking import Check
from claimcheck.claim import DENTAL, INSTITUTIONAL, Claim, Line, Setting, as_date
from claimcheck.message import (
    INFORM,
    REJECT,
    WARN,
    Citation,
    ClaimStatus,
    Disposition,
    EditMessage,
    Fault,
    NotJudged,
    Severity,
    Waived,
    milder,
)
from claimcheck.message import Mapping as StatusMapping
from claimcheck.rulebook import CARRIED

_DESIGN = Citation("claimcheck README", "what no rule in force can judge is not judged, and nothing is lost")

NOT_JUDGED = Check(
    "NOT-JUDGED",
    INFORM,
    "READING",
    _DESIGN,
    StatusMapping(),
    inspect.cleandoc(
        """No rule in force can judge this line.

        The message names the tables that have no release for the line's code on its date of service, and
        the checks that wait for them. The line is not clean: its disposition is ``not_judged``. Load the
        release that covers the date, or look the line up by hand."""
    ),
)

CHECK_FAILED = Check(
    "CHECK-FAILED",
    WARN,
    "READING",
    _DESIGN,
    StatusMapping(),
    inspect.cleandoc(
        """A check broke off with an error of its own, so this line is not judged by it.

        The other checks went on. The message names the error's kind and place, never the claim's data.
        It is a fault of the check, not of the claim: please report it."""
    ),
)

_ACCEPTED = ClaimStatus("A2", "20")
"""Claim status of what passes with a message: accepted into adjudication, see the text."""

ENGINE_EDITS = (NOT_JUDGED, CHECK_FAILED)

_FORM_ALONE: Mapping[Setting, str] = {
    DENTAL: "Dental claims are recognized and counted, not judged.",
    INSTITUTIONAL: "No table speaks of bills of this type: their form is checked, not what they bill.",
}


@dataclass(frozen=True)
class Chosen:
    """A check as a profile has it: how severe, how severe where payers may price the line all the same
    (``soft``), and with which options."""

    check: Check
    severity: Severity
    soft: Severity
    options: Mapping[str, Any] = field(default_factory=dict)

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


Gap = tuple[Check, str]
"""A check that could not judge, and the table that it lacked."""

BROKE_OFF = "check failed"
"""In place of a table: the check broke off with an error of its own."""

TOO_MANY = "all of the patient's earlier claims"
"""In place of a table: the batch has more lines of the patient on the days of a claim than one patient has."""

Said = Finding | tuple[Check, NotJudged]
"""What a CLAIM check said."""


_PARTS: Final = (
    ("text", (str,)),
    ("remedy", (str,)),
    *((name, (str, type(None))) for name in ("field", "observed", "allowed")),
    ("maps", (StatusMapping, type(None))),
    ("by", (tuple,)),
)
"""What the parts of a fault are, for sinks to write them."""


def finding_of(chosen: Chosen, fault: Fault) -> Finding:
    """A fault with its severity: the profile's, or the fault's own where that is milder.

    Raises:
        TypeError, AttributeError: a part of it is nothing that a sink can write, such as a number as ``observed``.
    """
    for name, kinds in _PARTS:
        if not isinstance(part := getattr(fault, name), kinds):
            raise TypeError(f"{name} of a fault is {type(part).__name__}; expected {kinds[0].__name__}")
    if not all(isinstance(row.source, str) for row in fault.by):
        raise TypeError("by of a fault holds what is no row of a table")
    severity = chosen.soft if fault.soft else chosen.severity
    return Finding(chosen.check, milder(severity, fault.severity) if fault.severity else severity, fault)


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


def _passing(check: Check, finding: Finding) -> StatusMapping:
    """The mapping of a fault that stops nothing: accepted, with a message. What only informs has no
    reason code either, unless the check or the fault names one for it."""
    maps = finding.fault.maps or check.maps
    if finding.severity == INFORM and finding.fault.maps is None and check.severity != INFORM:
        maps = StatusMapping(claim_status=maps.claim_status, confidence=maps.confidence)
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
    of each line whether nothing is paid for it (``PAIRED``, ``UNPAID``); it is empty where no line is so."""

    messages: list[EditMessage]
    lines: list[Disposition]
    unpaid: bytes = b""

    @property
    def checks(self) -> list[str]:
        """The ids of the edits that speak, one a message."""
        return [message.check for message in self.messages]

    @property
    def disposition(self) -> Disposition:
        """The claim's: rejected if any line is, else not judged if any is, else with warnings."""
        for worst in _WORST_FIRST:
            if worst in self.lines:
                return worst
        return "accepted"


_WORST_FIRST: tuple[Disposition, ...] = ("rejected", "not_judged", "accepted_with_warnings")


class Judged(NamedTuple):
    """A claim with what was said of it."""

    claim: Claim
    outcome: Outcome


Waive = Callable[[Check, Severity, Claim, Line | None], Waived | None]
"""Gives the reviewed exception of a finding, if there is one."""


class Stamper:
    """Makes edit messages for one profile. ``severities`` are the profile's for the engine's own edits; ``waive``
    gives the exceptions."""

    def __init__(self, profile: str, severities: Mapping[str, Severity], waive: Waive | None = None) -> None:
        self.profile = profile
        self._severities = severities
        self._waive = waive

    def stamp(
        self, claim: Claim, verdicts: Iterable[tuple[tuple[Finding, ...], tuple[Gap, ...]]], said: Iterable[Said]
    ) -> Outcome:
        """Make the messages of a claim: those of the whole claim first, then line by line in order of
        evaluation, each line's NOT-JUDGED last. ``verdicts`` are the SERVICE checks', one a line;
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

        strangers: list[Gap] = []
        if gaps_of_line:
            # What a check says of a line that is not of this claim is the check's fault, and not lost for that:
            # a finding is the claim's, and a gap is every line's.
            mine = {id(line) for line in claim.lines}
            strangers = [*dict.fromkeys(gap for of, gaps in gaps_of_line.items() if of not in mine for gap in gaps)]
        of_lines: list[tuple[Line, Iterable[Finding], bool]] = []
        for line, (findings, gaps) in zip(claim.lines, verdicts, strict=True):
            more = of_line.pop(id(line), None)
            if not (findings or gaps or more or gaps_of_line):  # most lines, even of such claims
                of_lines.append((line, (), False))
                continue
            ordered: Iterable[Finding] = sorted((*findings, *more), key=_step) if more else findings
            if self._waive:
                ordered = self._waived(claim, line, ordered)
            gaps = (*gaps, *gaps_of_line.pop(id(line), ()), *strangers)
            if gaps:
                ordered = (*ordered, self._not_judged(line, gaps))
            of_lines.append((line, ordered, bool(gaps)))
        for lost in of_line.values():
            of_claim += lost
        if self._waive:
            of_claim = self._waived(claim, None, of_claim)

        whole = [finding.severity for finding in of_claim]
        clean = _disposition(whole, False)
        messages = [self._message(claim, None, finding) for finding in of_claim]
        dispositions: list[Disposition] = []
        for line, ordered, unjudged in of_lines:
            if not ordered:
                dispositions.append(clean)
                continue
            messages += [self._message(claim, line, finding) for finding in ordered]
            dispositions.append(_disposition([*whole, *(f.severity for f in ordered)], unjudged))
        return Outcome(messages, dispositions)

    def _waived(self, claim: Claim, line: Line | None, findings: Iterable[Finding]) -> list[Finding]:
        """Findings as they are with what is waived: that only informs."""
        assert self._waive is not None
        marked = ((finding, self._waive(finding.check, finding.severity, claim, line)) for finding in findings)
        return [f._replace(severity=INFORM, waived=waived) if waived else f for f, waived in marked]

    def _not_judged(self, line: Line, gaps: Iterable[Gap]) -> Finding:
        severity = self._severities.get(NOT_JUDGED.id, NOT_JUDGED.severity)
        if line.service.setting in _FORM_ALONE:
            text, remedy = _FORM_ALONE[line.service.setting], "Check what the claim bills elsewhere."
            return Finding(NOT_JUDGED, severity, Fault(text, remedy, observed=line.service.setting))
        waiting = ", ".join(sorted({check.id for check, _ in gaps if check is not NOT_JUDGED}))
        tables = sorted({table for _, table in gaps})
        if line.day is None:
            by = f" by {waiting}" if waiting else ""
            text = f"Not judged{by}: there is no readable service date to pick the rules by."
            return Finding(NOT_JUDGED, severity, Fault(text, "Correct the service date.", field="from_date"))
        remedy = "Review this line by hand."
        if named := [table for table in tables if table not in (BROKE_OFF, TOO_MANY)]:
            text = f"Not judged on {line.day}: no rule in force in {', '.join(named)}"
            text += f" for {waiting}." if waiting else "."
            remedy = "Load a release that covers the code and the date, or review this line by hand."
        else:
            text = f"Not judged by {waiting}, which broke off." if waiting else ""
        if TOO_MANY in tables:
            text = f"{text} Not judged with {TOO_MANY}: there are more lines on these days than one patient has."
            remedy = "Give each patient a number of his own; if this is one, review the claims of the day by hand."
        observed = ", ".join(named) or waiting or None
        return Finding(NOT_JUDGED, severity, Fault(text.strip(), remedy, observed=observed))

    def _message(self, claim: Claim, line: Line | None, finding: Finding) -> EditMessage:
        check, severity, fault, _ = finding
        maps = _passing(check, finding) if severity != REJECT else fault.maps or check.maps
        return EditMessage(
            check=check.id,
            severity=severity,
            claim_id=claim.claim_id,
            line_number=line.number if line else None,
            line_control=line.control if line else None,
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
