"""The one loop: claims in, edit messages out.

A SERVICE check's verdict is a pure function of the service and of the releases in force, so the
engine remembers it by (stretch of days, service); real claims repeat a service in 98 of 100 lines.
Each line ends in exactly one disposition, and the count at the end adds up.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from claimcheck.check import Check
from claimcheck.claim import DENTAL, HCPCS, Claim, Line, Service, Setting
from claimcheck.message import (
    INFORM,
    REJECT,
    WARN,
    Citation,
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

ENGINE_EDITS = (NOT_JUDGED, CHECK_FAILED)


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
    """What the SERVICE checks say of a service: findings, and (check, table) of what none can say."""

    findings: tuple[_Finding, ...]
    gaps: tuple[tuple[Check, str], ...]
    code_invalid: bool
    concerned: frozenset[Check]


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
        return partial(self.check.function, **self.options) if self.options else self.check.function


class _Plan:
    """The chosen checks that make sense in one setting, and what they have said so far."""

    def __init__(self, chosen: Iterable[Chosen], setting: Setting, remember: bool) -> None:
        mine = [c for c in chosen if setting in c.check.settings]
        services = [c for c in mine if c.check.reach == "SERVICE"]
        claims = [c for c in mine if c.check.reach == "CLAIM"]
        self.first = [(c, c.call) for c in services if c.check.step == 1]
        self.services = [(c, c.call) for c in services if c.check.step != 1]
        self.claims = [(c.check, c, c.call) for c in claims]
        self.concerns = [c.check for c in claims if c.check.concerns]
        self.remember = remember
        self.by_day: dict[str, tuple[Rules, dict[Service, _Verdict]]] = {}
        self.by_rules: dict[Rules, dict[Service, _Verdict]] = {}


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
        plan = self._plan(claim.setting)
        verdicts = [self._verdict(plan, line) for line in claim.lines]
        trouble = any(v.findings or v.gaps for v in verdicts)
        concerned = frozenset().union(*(v.concerned for v in verdicts)) if plan.concerns else frozenset()
        found = self._claim_findings(plan, claim, verdicts, concerned)
        if not trouble and not found:
            return Outcome([], ["accepted"] * len(claim.lines))
        return self._stamp(claim, verdicts, found)

    # -- judging ---------------------------------------------------------------------------------

    def _plan(self, setting: Setting) -> _Plan:
        plan = self._plans.get(setting)
        if plan is None:
            plan = self._plans[setting] = _Plan(self.chosen, setting, self._remember)
        return plan

    def _verdict(self, plan: _Plan, line: Line) -> _Verdict:
        known = plan.by_day.get(line.from_date)
        if known is None:
            known = self._rules_of(plan, line)
        rules, memo = known
        verdict = memo.get(line.service)
        if verdict is None:
            verdict = self._judge(plan, line.service, rules)
            if plan.remember:
                if len(memo) >= _MEMO_LIMIT:
                    memo.clear()
                memo[line.service] = verdict
        return verdict

    def _rules_of(self, plan: _Plan, line: Line) -> tuple[Rules, dict[Service, _Verdict]]:
        rules = self.rulebook.on(line.day)
        known = rules, plan.by_rules.setdefault(rules, {})
        if len(plan.by_day) < _MEMO_LIMIT:
            plan.by_day[line.from_date] = known
        return known

    def _judge(self, plan: _Plan, service: Service, rules: Rules) -> _Verdict:
        """Run every SERVICE check on a service."""
        if service.code_set != HCPCS or service.setting == DENTAL:
            return _Verdict((), ((NOT_JUDGED, f"code set {service.code_set}"),), True, frozenset())
        findings: list[_Finding] = []
        gaps: list[tuple[Check, str]] = []
        for entry in plan.first:
            self._run(entry, service, rules, findings, gaps)
        code_invalid = any(f.check.id == "FMT-CODE" for f in findings)
        for entry in plan.services:
            if not (code_invalid and entry[0].check.suppressed_by_bad_code):
                self._run(entry, service, rules, findings, gaps)
        concerned = frozenset(check for check in plan.concerns if _concerns(check, service, rules))
        return _Verdict(tuple(findings), tuple(gaps), code_invalid, concerned)

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
        self, plan: _Plan, claim: Claim, verdicts: list[_Verdict], concerned: frozenset[Check]
    ) -> list[_Finding | tuple[Check, NotJudged]]:
        """Run the CLAIM checks; those that ask a table about a code do not see lines whose code is
        invalid."""
        found: list[_Finding | tuple[Check, NotJudged]] = []
        valid = claim
        if any(v.code_invalid for v in verdicts):
            kept = tuple(line for line, v in zip(claim.lines, verdicts, strict=True) if not v.code_invalid)
            valid = claim._replace(lines=kept)
        for check, chosen, call in plan.claims:
            if check.concerns is not None and check not in concerned:
                continue
            seen = valid if check.suppressed_by_bad_code else claim
            try:
                for said in call(seen, self.rulebook):
                    if isinstance(said, Fault):
                        found.append(_finding(chosen, said))
                    else:
                        found.append((check, said))
            except Exception as error:
                if self._strict:
                    raise
                found.append(_failure(check, error))
                found.extend((check, NotJudged(line, "check failed")) for line in seen.lines)
        return found

    # -- stamping --------------------------------------------------------------------------------

    def _stamp(
        self, claim: Claim, verdicts: list[_Verdict], found: list[_Finding | tuple[Check, NotJudged]]
    ) -> Outcome:
        """Make edit messages: those of the whole claim first, then line by line in order of
        evaluation, each line's NOT-JUDGED last."""
        places = {id(line): i for i, line in enumerate(claim.lines)}
        of_claim: list[_Finding] = []
        of_lines: list[list[_Finding]] = [list(v.findings) for v in verdicts]
        gaps: list[list[tuple[Check, str]]] = [list(v.gaps) for v in verdicts]
        for said in found:
            if isinstance(said, _Finding):
                line = said.fault.line
                (of_claim if line is None else of_lines[places[id(line)]]).append(said)
            else:
                check, gap = said
                gaps[places[id(gap.line)]].append((check, gap.table))

        messages = [self._message(claim, None, finding) for finding in of_claim]
        whole = [finding.severity for finding in of_claim]
        dispositions: list[Disposition] = []
        for line, findings, missing in zip(claim.lines, of_lines, gaps, strict=True):
            findings.sort(key=lambda finding: finding.check.step)
            messages += [self._message(claim, line, finding) for finding in findings]
            severities = whole + [finding.severity for finding in findings]
            if missing:
                finding = self._not_judged(line, missing)
                messages.append(self._message(claim, line, finding))
                severities.append(finding.severity)
            dispositions.append(_disposition(severities, bool(missing)))
        return Outcome(messages, dispositions)

    def _not_judged(self, line: Line, gaps: list[tuple[Check, str]]) -> _Finding:
        severity = self._severities.get(NOT_JUDGED.id, NOT_JUDGED.severity)
        if line.service.setting == DENTAL:
            fault = Fault(
                "Dental claims are recognised and counted, not judged.", "Check this claim elsewhere."
            )
            return _Finding(NOT_JUDGED, severity, fault)
        tables = sorted({table for _, table in gaps})
        waiting = sorted({check.id for check, _ in gaps if check is not NOT_JUDGED})
        by_day = f"on {line.day:%Y-%m-%d}" if line.day else "without a service date"
        text = f"Not judged {by_day}: no rule in force in {', '.join(tables)}"
        text += f" for {', '.join(waiting)}." if waiting else "."
        remedy = "Load a release that covers the code and the date, or review this line by hand."
        return _Finding(NOT_JUDGED, severity, Fault(text, remedy, observed=", ".join(tables)))

    def _message(self, claim: Claim, line: Line | None, finding: _Finding) -> EditMessage:
        check, severity, fault = finding
        maps = fault.maps or check.maps
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
            service_date=_iso(line) if line else None,
            releases=[row.source for row in fault.by],
            citation=check.cites,
            carc=maps.carc,
            rarc=maps.rarc,
            claim_status=maps.claim_status,
            locus=claim.locus_of(line) if line else claim.locus,
        )


def _concerns(check: Check, service: Service, rules: Rules) -> bool:
    """Whether a CLAIM check must see a claim with this service; where that can't be told it must,
    so that it can say itself that the line is not judged."""
    assert check.concerns is not None
    try:
        return check.concerns(service, rules)
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


def _disposition(severities: list[Severity], unjudged: bool) -> Disposition:
    if REJECT in severities:
        return "rejected"
    if unjudged:
        return "not_judged"
    return "accepted_with_warnings" if WARN in severities else "accepted"


def _iso(line: Line) -> str | None:
    return line.day.isoformat() if line.day else line.from_date or None


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
        outcome = engine_for(item).check(item)
        tally.claims += 1
        tally.lines += len(outcome.lines)
        for disposition in outcome.lines:
            setattr(tally, disposition, getattr(tally, disposition) + 1)
        tally.messages += len(outcome.messages)
        yield from outcome.messages
