"""The one loop: claims in, edit messages out.

A SERVICE check's verdict is a pure function of the service and of the releases in force, so the
engine remembers it by (stretch of days, service); real claims repeat a service in 98 of 100 lines.
Each line ends in exactly one disposition, and the count at the end adds up.
"""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from claimcheck.checking import Check, Trigger
from claimcheck.claim import DENTAL, HCPCS, INSTITUTIONAL, Claim, Line, Service, Setting, as_date
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
    milder,
)
from claimcheck.message import Mapping as StatusMapping
from claimcheck.rulebook import NotInForce, Rulebook, Rules

_MEMO_LIMIT = 100_000
"""Services remembered for one stretch of days; input chooses them, so the memory is bounded."""

_DESIGN = Citation("claimcheck", "the five laws: unknown is not clean, nothing is lost")

NOT_JUDGED = Check(
    "NOT-JUDGED",
    INFORM,
    "READING",
    _DESIGN,
    StatusMapping(),
    """No rule in force can judge this line.

    The message names the tables that have no release for the line's code on its date of service, and
    the checks that wait for them. The line is not clean: its disposition is ``not_judged``. Load the
    release that covers the date, or look the line up by hand.""",
)

CHECK_FAILED = Check(
    "CHECK-FAILED",
    WARN,
    "READING",
    _DESIGN,
    StatusMapping(),
    """A check broke off with an error of its own, so this line is not judged by it.

    The other checks went on. The message names the error's kind and place, never the claim's data.
    It is a fault of the check, not of the claim: please report it.""",
)

_ACCEPTED = ClaimStatus("A2", "20")
"""Claim status of what passes with a message: accepted into adjudication, see the text."""

ENGINE_EDITS = (NOT_JUDGED, CHECK_FAILED)

_FORM_ALONE: Mapping[Setting, str] = {
    DENTAL: "Dental claims are recognised and counted, not judged.",
    INSTITUTIONAL: "No table speaks of bills of this type: their form is checked, not what they bill.",
}


@dataclass
class Tally:
    """What became of a run. ``lines`` is the sum of the four dispositions; ``unreadable`` counts what
    could not be read as a line at all (rows, segments, whole files), each with its message."""

    files: int = 0
    claims: int = 0
    lines: int = 0
    accepted: int = 0
    accepted_with_warnings: int = 0
    rejected: int = 0
    not_judged: int = 0
    messages: int = 0
    unreadable: int = 0


class _Finding(NamedTuple):
    """A fault with the check that yielded it."""

    check: Check
    severity: Severity
    fault: Fault


class _Verdict(NamedTuple):
    """What the SERVICE checks say of a service: findings, and (check, table) of what none can say.
    ``flags`` are the engine's own, and the bits of the CLAIM checks that the service concerns."""

    findings: tuple[_Finding, ...]
    gaps: tuple[tuple[Check, str], ...]
    flags: int


_TROUBLE, _NO_CODE = 1, 2
_TRIGGERS: Mapping[Trigger, int] = {"repeated": 4, "spanning": 8, "undated": 16}
_REPEATED, _SPANNING, _UNDATED = _TRIGGERS.values()
_FIRST_BIT = 5
"""Flags: something to report; no code that a table could speak of; what a claim's lines have in them; then
a bit a CLAIM check that its service concerns."""


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


class _ClaimRun(NamedTuple):
    """A CLAIM check as it runs: with its options, and the flags of which one makes it run (0: always)."""

    chosen: Chosen
    call: Callable[..., Iterator[Fault | NotJudged]]
    concerns: Callable[[Service, Rules], bool] | None
    flag: int
    wanted: int


_Run = tuple[Callable[..., Iterator[Fault | NotJudged]], bool, Chosen]
"""A CLAIM check in the loop: its function, whether it sees only lines with a valid code, and itself."""


class _Plan:
    """The chosen checks that make sense in one setting, and what they have said so far."""

    def __init__(self, chosen: Iterable[Chosen], setting: Setting, remember: bool) -> None:
        mine = [c for c in chosen if setting in c.check.settings]
        services = [(c, c.call) for c in mine if c.check.reach == "SERVICE"]
        self.first = [entry for entry in services if entry[0].check.step == 1]
        self.services = [entry for entry in services if entry[0].check.step != 1]
        self.claims = [self._claim_run(c, i) for i, c in enumerate(mine) if c.check.reach == "CLAIM"]
        self.remember = remember
        self.by_day: dict[str, tuple[Rules, dict[Service, _Verdict]]] = {}
        self.by_rules: dict[Rules, dict[Service, _Verdict]] = {}
        self._runs: dict[int, tuple[_Run, ...]] = {}

    @staticmethod
    def _claim_run(chosen: Chosen, number: int) -> _ClaimRun:
        check = chosen.check
        flag = 1 << (_FIRST_BIT + number)
        wanted = flag if check.concerns else 0
        for trigger in check.when:
            wanted |= _TRIGGERS[trigger]
        concerns = chosen.with_options(check.concerns) if check.concerns else None
        return _ClaimRun(chosen, chosen.call, concerns, flag, wanted)

    def runs(self, flags: int) -> tuple[_Run, ...]:
        """The CLAIM checks to run on a claim with these flags; the few combinations are remembered."""
        known = self._runs.get(flags)
        if known is None:
            wanted = (c for c in self.claims if not c.wanted or c.wanted & flags)
            known = tuple((c.call, c.chosen.check.judges_code, c.chosen) for c in wanted)
            if len(self._runs) < _MEMO_LIMIT:
                self._runs[flags] = known
        return known


class Outcome(NamedTuple):
    """What the checks say of one claim: messages in order, and each line's disposition in order."""

    messages: list[EditMessage]
    lines: list[Disposition]

    @property
    def disposition(self) -> Disposition:
        """The claim's: rejected if any line is, else not judged if any is, else with warnings."""
        for worst in _WORST_FIRST:
            if worst in self.lines:
                return worst
        return "accepted"


_WORST_FIRST: tuple[Disposition, ...] = ("rejected", "not_judged", "accepted_with_warnings")


class Engine:
    """The chosen checks over a rule book, for one profile.

    Args:
        rulebook: every release loaded.
        chosen: the checks, each with its severity and options, in order of evaluation.
        profile: the name that messages carry.
        severities: the profile's severity for the engine's own messages, by id.
        strict: let a check's error through instead of making it a message (for tests).
        remember: keep verdicts of SERVICE checks; False only to prove that it changes nothing.
    """

    def __init__(
        self,
        rulebook: Rulebook,
        chosen: Iterable[Chosen],
        profile: str,
        *,
        severities: Mapping[str, Severity] | None = None,
        strict: bool = False,
        remember: bool = True,
    ) -> None:
        self.rulebook = rulebook
        self.profile = profile
        self.chosen = tuple(chosen)
        self._severities = severities or {}
        self._strict = strict
        self._remember = remember
        self._plans: dict[Setting, _Plan] = {}

    def check(self, claim: Claim) -> Outcome:
        """Judge one claim."""
        plan = self._plans.get(claim.setting) or self._plan(claim.setting)
        by_day = plan.by_day
        lines = claim.lines
        flags = 0
        verdicts = []
        codes = set()
        for line in lines:
            service = line.service
            rules, memo = by_day.get(line.from_date) or self._rules_of(plan, line)
            verdict = memo.get(service) or self._verdict(plan, service, rules, memo)
            verdicts.append(verdict)
            flags |= verdict.flags
            codes.add(service.code)
            if line.to_date and line.to_date != line.from_date:
                flags |= _SPANNING
        if len(codes) < len(lines):
            flags |= _REPEATED
        found = self._claim_findings(plan, claim, verdicts, flags)
        if not found and not flags & _TROUBLE:
            return Outcome([], ["accepted"] * len(lines))
        return self._stamp(claim, verdicts, found)

    # -- judging ---------------------------------------------------------------------------------

    def _plan(self, setting: Setting) -> _Plan:
        return self._plans.setdefault(setting, _Plan(self.chosen, setting, self._remember))

    def _verdict(self, plan: _Plan, service: Service, rules: Rules, memo: dict[Service, _Verdict]) -> _Verdict:
        verdict = self._judge(plan, service, rules)
        if plan.remember:
            if len(memo) >= _MEMO_LIMIT:
                memo.clear()
            memo[service] = verdict
        return verdict

    def _rules_of(self, plan: _Plan, line: Line) -> tuple[Rules, dict[Service, _Verdict]]:
        rules = self.rulebook.on(line.day)
        known = rules, plan.by_rules.setdefault(rules, {})
        if len(plan.by_day) < _MEMO_LIMIT:
            plan.by_day[line.from_date] = known
        return known

    def _judge(self, plan: _Plan, service: Service, rules: Rules) -> _Verdict:
        """Run every SERVICE check on a service, and find which CLAIM checks it concerns."""
        undated = _UNDATED if rules is self.rulebook.undated else 0
        if service.code_set != HCPCS or service.setting == DENTAL:
            return _Verdict((), ((NOT_JUDGED, f"code set {service.code_set}"),), _TROUBLE | _NO_CODE | undated)
        findings: list[_Finding] = []
        gaps: list[tuple[Check, str]] = []
        for entry in plan.first:
            self._run(entry, service, rules, findings, gaps)
        # A hospital's line may have a revenue code alone: no table speaks of it, as of an invalid code.
        no_code = not service.code or any(f.check.id == "FMT-CODE" for f in findings)
        for entry in plan.services:
            if not (no_code and entry[0].check.judges_code):
                self._run(entry, service, rules, findings, gaps)
        if service.setting == INSTITUTIONAL:
            gaps.append((NOT_JUDGED, "type of bill"))
        flags = (_TROUBLE if findings or gaps else 0) | (_NO_CODE if no_code else 0) | undated
        for run in plan.claims:
            if no_code and run.chosen.check.judges_code:
                continue
            if run.concerns and _concerned(run.concerns, service, rules):
                flags |= run.flag
        return _Verdict(tuple(findings), tuple(gaps), flags)

    def _run(
        self,
        entry: tuple[Chosen, Callable[..., Iterator[Fault]]],
        service: Service,
        rules: Rules,
        findings: list[_Finding],
        gaps: list[tuple[Check, str]],
    ) -> None:
        chosen, call = entry
        check = chosen.check
        try:
            # extend keeps what was yielded before a gap or an error
            findings.extend(_finding(chosen, fault) for fault in call(service, rules))
        except NotInForce as gap:
            gaps.append((check, gap.table))
        except Exception as error:
            if self._strict:
                raise
            findings.append(_failure(check, error))
            gaps.append((check, "check failed"))

    def _claim_findings(
        self, plan: _Plan, claim: Claim, verdicts: list[_Verdict], flags: int
    ) -> list[_Finding | tuple[Check, NotJudged]]:
        """Run the CLAIM checks; those that ask a table about a code do not see lines without a
        valid one."""
        found: list[_Finding | tuple[Check, NotJudged]] = []
        valid = _with_codes(claim, verdicts) if flags & _NO_CODE else claim
        book = self.rulebook
        for call, valid_codes_only, chosen in plan.runs(flags):
            seen = valid if valid_codes_only else claim
            try:
                for said in call(seen, book):
                    found.append(_finding(chosen, said) if isinstance(said, Fault) else (chosen.check, said))
            except Exception as error:
                if self._strict:
                    raise
                check = chosen.check
                found.append(_failure(check, error))
                found.extend((check, NotJudged(line, "check failed")) for line in seen.lines)
        return found

    # -- stamping --------------------------------------------------------------------------------

    def _stamp(
        self, claim: Claim, verdicts: list[_Verdict], found: list[_Finding | tuple[Check, NotJudged]]
    ) -> Outcome:
        """Make edit messages: those of the whole claim first, then line by line in order of
        evaluation, each line's NOT-JUDGED last."""
        of_claim: list[_Finding] = []
        of_line: dict[int, list[_Finding]] = {}
        gaps_of_line: dict[int, list[tuple[Check, str]]] = {}
        for said in found:
            if not isinstance(said, _Finding):
                check, gap = said
                gaps_of_line.setdefault(id(gap.line), []).append((check, gap.table))
            elif said.fault.line is None:
                of_claim.append(said)
            else:
                of_line.setdefault(id(said.fault.line), []).append(said)

        messages = [self._message(claim, None, finding) for finding in of_claim]
        whole = [finding.severity for finding in of_claim]
        dispositions: list[Disposition] = []
        for line, verdict in zip(claim.lines, verdicts, strict=True):
            findings: Iterable[_Finding] = verdict.findings
            if id(line) in of_line:
                findings = sorted((*findings, *of_line[id(line)]), key=_step)
            gaps = (*verdict.gaps, *gaps_of_line.get(id(line), ()))
            if gaps:
                findings = (*findings, self._not_judged(line, gaps))
            messages += [self._message(claim, line, finding) for finding in findings]
            dispositions.append(_disposition([*whole, *(f.severity for f in findings)], bool(gaps)))
        return Outcome(messages, dispositions)

    def _not_judged(self, line: Line, gaps: Iterable[tuple[Check, str]]) -> _Finding:
        severity = self._severities.get(NOT_JUDGED.id, NOT_JUDGED.severity)
        if line.service.setting in _FORM_ALONE:
            text, remedy = _FORM_ALONE[line.service.setting], "Check what the claim bills elsewhere."
            return _Finding(NOT_JUDGED, severity, Fault(text, remedy, observed=line.service.setting))
        tables = sorted({table for _, table in gaps})
        waiting = sorted({check.id for check, _ in gaps if check is not NOT_JUDGED})
        by_day = f"on {line.day:%Y-%m-%d}" if line.day else "without a service date"
        text = f"Not judged {by_day}: no rule in force in {', '.join(tables)}"
        text += f" for {', '.join(waiting)}." if waiting else "."
        remedy = "Load a release that covers the code and the date, or review this line by hand."
        return _Finding(NOT_JUDGED, severity, Fault(text, remedy, observed=", ".join(tables)))

    def _message(self, claim: Claim, line: Line | None, finding: _Finding) -> EditMessage:
        check, severity, fault = finding
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
            text=fault.text,
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
        )


def _with_codes(claim: Claim, verdicts: list[_Verdict]) -> Claim:
    kept = (line for line, v in zip(claim.lines, verdicts, strict=True) if not v.flags & _NO_CODE)
    return claim._replace(lines=tuple(kept))


def _concerned(concerns: Callable[[Service, Rules], bool], service: Service, rules: Rules) -> bool:
    """Whether a CLAIM check must see a claim with this service; where that can't be told it must,
    so that it can say itself that the line is not judged."""
    try:
        return concerns(service, rules)
    except Exception:
        return True


def _finding(chosen: Chosen, fault: Fault) -> _Finding:
    """A fault with its severity: the profile's, or the fault's own where that is milder."""
    severity = chosen.soft if fault.soft else chosen.severity
    return _Finding(chosen.check, milder(severity, fault.severity) if fault.severity else severity, fault)


def _failure(check: Check, error: Exception) -> _Finding:
    """A check's own error as a finding. The error's text may quote the claim, so it stays out."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    text = f"{check.id} broke off with {type(error).__name__}{place}."
    fault = Fault(text, "Report this as a fault of the check; review the line by hand.", observed=check.id)
    return _Finding(CHECK_FAILED, CHECK_FAILED.severity, fault)


def _passing(check: Check, finding: _Finding) -> StatusMapping:
    """The mapping of a fault that stops nothing: accepted, with a message. What only informs has no
    reason code either, unless the check or the fault names one for it."""
    maps = finding.fault.maps or check.maps
    if finding.severity == INFORM and finding.fault.maps is None and check.severity != INFORM:
        maps = StatusMapping(claim_status=maps.claim_status, confidence=maps.confidence)
    return maps._replace(claim_status=_ACCEPTED if maps.claim_status else None)


def _step(finding: _Finding) -> int:
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


def run(
    items: Iterable[Claim | EditMessage], engine_for: Callable[[Claim], Engine], tally: Tally
) -> Iterator[EditMessage]:
    """The loop: judge each claim by the engine of its payer, pass on what a source could not read,
    and count. Order is the input's."""
    for item in items:
        if isinstance(item, EditMessage):
            tally.messages += 1
            tally.unreadable += item.severity == REJECT
            yield item
            continue
        messages, dispositions = engine_for(item).check(item)
        tally.claims += 1
        tally.lines += len(dispositions)
        if not messages:
            tally.accepted += len(dispositions)
            continue
        for disposition in dispositions:
            setattr(tally, disposition, getattr(tally, disposition) + 1)
        tally.messages += len(messages)
        yield from messages
