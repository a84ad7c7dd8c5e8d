"""The one loop: claims in, edit messages out.

Each claim is judged by the plan of its setting (``plan``): its services first, what checks over lines find of it then,
and both become messages (``messages``). What was said of a service or a list of them before is remembered (``memo``);
it changes nothing but the time. Each line ends in exactly one disposition, and the count at the end adds up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain, islice
from operator import or_
from typing import TYPE_CHECKING, Any, Final

from claimcheck.authoring.check import Check, ClaimColumns
from claimcheck.claim import (
    DENTAL,
    HCPCS,
    INSTITUTIONAL,
    Claim,
    Line,
    Service,
    Setting,
    as_date,
    charge_of,
    total_charge,
)
from claimcheck.engine.findings import (
    NOT_JUDGED,
    ActiveCheck,
    ActiveFinding,
    Found,
    Gap,
    Verdict,
    content_of,
    failure_of,
    finding_of,
)
from claimcheck.engine.messages import Judged, MessageBuilder, Outcome, Waive
from claimcheck.engine.missing import CHECK_ERROR, TOO_MANY, TYPE_OF_BILL, MissingRules, code_set_of
from claimcheck.engine.payment import SoFar, unpaid_by, unpaid_lines
from claimcheck.engine.plan import Memo, Plan, Remembered, Run, Session, Shape, is_of_one_day, shape_of
from claimcheck.memory import NOTHING, Earlier, Memory, ShortHistory, marks, with_earlier
from claimcheck.message import ACCEPTED, REJECT, REJECTED, Disposition, EditMessage, Finding, NotJudged, Severity
from claimcheck.rulebook import NotInForce, Rulebook, Rules

if TYPE_CHECKING:
    from claimcheck.memory.near import Beside


@dataclass
class Tally:
    """The summary of a run: counts, and what lines wait for.

    Attributes:
        files: files of claims that were opened.
        claims: claims that were judged.
        lines: their lines: the sum of the four dispositions.
        accepted, accepted_with_warnings, rejected, not_judged: lines by disposition.
        messages: edit messages, those about what could not be read among them.
        unreadable: what could not be read as a line at all (rows, segments, whole files), each with its message.
        payer_unknown: claims of which nothing says what kind of payer they go to.
        claims_accepted, claims_accepted_with_warnings, claims_rejected, claims_not_judged: claims by disposition.
        held_claims_charge: charges on all lines of rejected claims, in US dollars: what is held if claims with a
            rejected line are not sent.
        rejected_lines_charge: charges on rejected lines alone; a part of ``held_claims_charge``.
        missing: the tables and quarters that lines wait for.
        shadow: edit messages of checks on trial, which are counted among all.
        short: by check the lines of which it looks further back than the history reaches.
    """

    files: int = 0
    claims: int = 0
    lines: int = 0
    accepted: int = 0
    accepted_with_warnings: int = 0
    rejected: int = 0
    not_judged: int = 0
    messages: int = 0
    unreadable: int = 0
    payer_unknown: int = 0
    claims_accepted: int = 0
    claims_accepted_with_warnings: int = 0
    claims_rejected: int = 0
    claims_not_judged: int = 0
    shadow: int = 0
    held_claims_charge: Decimal = Decimal(0)
    rejected_lines_charge: Decimal = Decimal(0)
    missing: MissingRules = field(default_factory=MissingRules)
    short: dict[str, ShortHistory] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        """Count what another part of the run counted."""
        for name in (*COUNTS, *CHARGES):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.missing.merge(other.missing)
        for check, short in other.short.items():
            self.add_short(check, short)

    def add_short(self, check: str, short: ShortHistory) -> None:
        """Count lines of which a check looks further back than the history reaches."""
        known = self.short.get(check)
        self.short[check] = known.and_also(short) if known else short

    def add_unread(self, message: EditMessage) -> None:
        """Count what a source could not read."""
        self.messages += 1
        self.unreadable += message.severity == REJECT

    def add_claim(self, claim: Claim, outcome: Outcome, payer_unknown: bool) -> None:
        """Count a claim that was judged."""
        messages, dispositions, _, waiting, _ = outcome
        number = len(dispositions)
        self.claims += 1
        self.lines += number
        if payer_unknown:
            self.payer_unknown += 1
        if not messages:
            self.accepted += number
            self.claims_accepted += 1
            return
        self.messages += len(messages)
        if waiting:
            self.missing.add(waiting)
        kinds = {*dispositions}
        for kind in kinds:
            setattr(self, kind, getattr(self, kind) + dispositions.count(kind))
        worst = dispositions[0] if len(kinds) == 1 else outcome.disposition
        name = _CLAIMS_OF[worst]
        setattr(self, name, getattr(self, name) + 1)
        if worst is REJECTED and number:
            self._add_rejected(claim.lines, dispositions, len(kinds) == 1)

    def _add_rejected(self, lines: Sequence[Line], dispositions: Sequence[Disposition], all_are: bool) -> None:
        """Count the charges of a rejected claim, of which ``all_are`` rejected lines, or some."""
        held = rejected = total_charge(map(charge_of, lines)) or 0
        if not all_are:
            both = zip(lines, dispositions, strict=True)
            rejected = total_charge([line.charge for line, kind in both if kind is REJECTED]) or 0
        self.held_claims_charge += held
        self.rejected_lines_charge += rejected

    def add_shadow(self, outcome: Outcome) -> None:
        """Count the messages of checks on trial."""
        self.shadow += sum(message.shadow is not None for message in outcome.messages)

    @property
    def judged_share(self) -> float:
        """The share of the lines that could be judged, from 0 to 1; 1 where there are no lines."""
        return (self.lines - self.not_judged) / self.lines if self.lines else 1.0

    def counts(self) -> dict[str, int]:
        """The counts by name."""
        return {name: getattr(self, name) for name in COUNTS}

    def as_dict(self) -> dict[str, Any]:
        """The summary as plain JSON values: the counts by name, charges as texts of decimals, the share of the lines
        that could be judged, and under ``missing`` what lines wait for."""
        charges = {name: f"{getattr(self, name):f}" for name in CHARGES}
        share = {"judged_share": round(self.judged_share, 6)}
        rows = {"missing": [one.as_dict() for one in self.missing.rows()]}
        if self.short:
            short = sorted(self.short.items())
            rows["history"] = [
                {"check": check, "lines": lines, "months_needed": needed, "months_known": known}
                for check, (lines, needed, known) in short
            ]
        return {**self.counts(), **charges, **share, **rows}


_CLAIMS_OF: Final = {disposition: f"claims_{disposition}" for disposition in Disposition}

CHARGES: Final = ("held_claims_charge", "rejected_lines_charge")
COUNTS: Final = tuple(name for name in Tally.__dataclass_fields__ if name not in {*CHARGES, "missing", "short"})

_MOST_DAYS = 100_000
"""Dates of service of which the rules are remembered: input chooses them, so that the memory is bounded."""

_MOST_FINDINGS = 10_000
"""Findings of one check that are remembered: input chooses what they quote."""

OfYears = Callable[[Claim, Rulebook], Earlier]
"""Gives what earlier claims billed that counts with services of a claim over months and years."""


OnError = Callable[[Check, Exception], None]
"""Who is told of a check's own error, as its author needs it: a message never quotes the error's text."""


def raise_errors(check: Check, error: Exception) -> None:
    """For tests: a check's error stops the run."""
    raise error


def _keep_silent(check: Check, error: Exception) -> None:
    """The error is a message; nobody else is told."""


class Engine:
    """The chosen checks over a rule book, for one profile.

    Args:
        rulebook: every release loaded.
        chosen: the checks, each with its severity and options, in order of evaluation.
        profile: the name that messages carry.
        severities: the profile's severity for the engine's own messages, by id.
        waive: gives the reviewed exception of a finding, if there is one.
        on_error: told of each error of a check before it becomes a message; ``raise_errors`` raises it instead.
        remember: keep verdicts of services and sessions; False only to prove that it changes nothing.
        payer_unknown: whether nothing says what kind of payer the claims go to.
    """

    def __init__(
        self,
        rulebook: Rulebook,
        chosen: Iterable[ActiveCheck],
        profile: str,
        *,
        severities: Mapping[str, Severity] | None = None,
        waive: Waive | None = None,
        on_error: OnError | None = None,
        remember: bool = True,
        payer_unknown: bool = False,
    ) -> None:
        self.rulebook = rulebook
        self.profile = profile
        self.payer_unknown = payer_unknown
        self.chosen = tuple(chosen)
        self.has_shadow = any(active.check.shadow for active in self.chosen)
        self._messages = MessageBuilder(rulebook, profile, severities or {}, waive)
        self._on_error = on_error or _keep_silent
        self._remember = remember
        self._plans: dict[Setting, Plan] = {}
        self._clean_if = [(c.check, c.with_options(c.check.clean_if)) for c in self.chosen if c.check.clean_if]

    def clean_checks(self, claims: Sequence[Claim]) -> frozenset[Check]:
        """The checks that plainly have nothing to say of any of some claims: one look through their columns each."""
        block = ClaimColumns.of(claims, self.rulebook)
        clean = []
        for check, is_clean in self._clean_if:
            try:
                if is_clean(block):
                    clean.append(check)
            except Exception:  # it says nothing: the check runs, and says for itself what is wrong
                pass
        return frozenset(clean)

    def check(
        self,
        claim: Claim,
        earlier: Earlier = NOTHING,
        clean: frozenset[Check] = frozenset(),
        years: OfYears | None = None,
    ) -> Outcome:
        """Judge one claim, with what the patient's earlier claims billed; ``clean`` checks need not run. What they
        billed over ``years`` is asked for only where a check looks so far back (``Check.years``)."""
        plan = self._plans.get(claim.setting) or self._plan(claim.setting)
        lines = claim.lines
        shape = shape_of(lines) if self._remember else None
        memo = self._memo(plan, lines, shape) if shape else None
        session = memo.sessions.get(shape) if memo and shape else None
        beside = None
        if earlier is not NOTHING and (beside := self._beside(plan, claim, session, earlier)):
            session = memo.sessions_across.get((shape, beside.checks)) if memo and shape else None
        if session:
            due = session.steps.due.get(clean)
            if due is None:
                due = session.steps.without(clean)
            if session.is_quiet and not due and not earlier.too_many:
                return Outcome([], [ACCEPTED] * len(lines), b"", (), self.profile)
            found = self._found(claim, session, due, beside, years)
        else:
            session = self._session(plan, claim, beside)
            found = self._found(claim, session, session.steps.without(clean), beside, years)
            if memo and shape:
                memo.add_session(shape, session, found)
        if earlier.too_many:
            found.gaps += [(at, (NOT_JUDGED, TOO_MANY)) for at in range(len(lines))]
        if session.is_quiet and not found.findings and not found.gaps:
            return Outcome([], [ACCEPTED] * len(lines), found.marks, (), self.profile)
        outcome = self._messages.outcome(claim, session.verdicts, found)
        unpaid = unpaid_lines(session.verdicts, found)
        if found.marks:
            unpaid = [*map(or_, unpaid, found.marks)]
        return outcome._replace(unpaid=bytes(unpaid)) if any(unpaid) else outcome

    def _plan(self, setting: Setting) -> Plan:
        return self._plans.setdefault(setting, Plan(self.chosen, setting))

    def _rules(self, plan: Plan, day: str) -> tuple[Rules, Memo]:
        """The rules of a day, as billed, and what is remembered under them."""
        rules = self.rulebook.on(as_date(day))
        known = rules, plan.by_rules.setdefault(rules, Memo())
        if len(plan.by_day) < _MOST_DAYS:
            plan.by_day[day] = known
        return known

    def _memo(self, plan: Plan, lines: tuple[Line, ...], shape: Shape) -> Memo | None:
        """What is remembered under the rules of some lines; None where their days have different rules."""
        first = lines[0].from_date
        rules, memo = plan.by_day.get(first) or self._rules(plan, first)
        for line in () if is_of_one_day(shape, lines) else lines:
            for day in (line.from_date, line.to_date or line.from_date):
                other, _ = plan.by_day.get(day) or self._rules(plan, day)
                if other is not rules:
                    return None
        return memo

    def _session(self, plan: Plan, claim: Claim, beside: Beside | None) -> Session:
        """The verdict on each line's service, and the checks over lines that they call for, those that must see the
        claim with earlier lines among them."""
        verdicts = self._verdicts(plan, claim.lines)
        across = beside.checks if beside else frozenset()
        steps = plan.needed(_applying(verdicts), _is_repeated(claim.lines), across)
        return Session.of(verdicts, steps, across)

    def _verdicts(self, plan: Plan, lines: Iterable[Line]) -> list[Verdict]:
        verdicts = []
        for line in lines:
            service = line.service
            rules, memo = plan.by_day.get(line.from_date) or self._rules(plan, line.from_date)
            verdicts.append(memo.services.get(service) or self._verdict(plan, service, rules, memo))
        return verdicts

    def _beside(self, plan: Plan, claim: Claim, session: Session | None, earlier: Earlier) -> Beside | None:
        """What a claim's earlier lines are to the checks that must see it with them; None where none must."""
        from claimcheck.memory.near import Beside  # few claims have earlier ones

        beside = Beside(claim, earlier)
        verdicts = session.verdicts if session else self._verdicts(plan, claim.lines)
        checks: set[Check] = set()
        for days_apart, across in plan.across:
            lines = beside.lines_within(days_apart)
            if lines:
                applies = _applying([*verdicts, *self._verdicts(plan, lines)])
                checks |= plan.needed_beside(days_apart, applies, _is_repeated((*claim.lines, *lines)))
            if days_apart is None and earlier.resubmits:
                checks.update(across)
        beside.checks = frozenset(checks)
        return beside if checks else None

    def _verdict(self, plan: Plan, service: Service, rules: Rules, memo: Memo) -> Verdict:
        verdict = self._judge(plan, service, rules)
        if self._remember:
            memo.add_service(service, verdict)
        return verdict

    def _judge(self, plan: Plan, service: Service, rules: Rules) -> Verdict:
        """Run every SERVICE check on a service, and find which checks over lines apply to it."""
        if service.code_set != HCPCS or service.setting == DENTAL:
            return Verdict(gaps=((NOT_JUDGED, code_set_of(service.code_set)),), has_code=False)
        findings: list[ActiveFinding] = []
        gaps: list[Gap] = []
        for run in plan.first:
            self._judge_service(run, service, rules, findings, gaps)
        # A hospital's line may have a revenue code alone: no table speaks of it, as of an invalid code.
        has_code = bool(service.code) and not any(f.check.denies == "code" and f.severity == REJECT for f in findings)
        for run in plan.services:
            if has_code or not run.judges_code:
                self._judge_service(run, service, rules, findings, gaps)
        if service.setting == INSTITUTIONAL:
            gaps.append((NOT_JUDGED, TYPE_OF_BILL))
        over_lines = (run for run in plan.over_lines if has_code or not run.judges_code)
        applies = frozenset([run.check for run in over_lines if self._applies(run, service, rules, findings, gaps)])
        unpaid, only_with = unpaid_by(findings), rules.only_with(service)
        return Verdict(tuple(findings), tuple(gaps), unpaid, has_code, applies, only_with)

    def _judge_service(
        self, run: Run, service: Service, rules: Rules, findings: list[ActiveFinding], gaps: list[Gap]
    ) -> None:
        try:
            for yielded in run.call(service, rules):  # what was yielded before a gap or an error is kept
                if finding := finding_of(run.active, yielded):
                    findings.append(finding)
        except NotInForce as gap:
            gaps.append((run.check, gap.table))
        except Exception as error:
            self._broke_off(run, error, findings, gaps)

    def _applies(
        self, run: Run, service: Service, rules: Rules, findings: list[ActiveFinding], gaps: list[Gap]
    ) -> bool:
        """Whether a check over lines must see a claim with this service; where that can't be told it must, so
        that it says itself that the line is not judged."""
        if run.applies_to is None:
            return False
        try:
            return run.applies_to(service, rules)
        except NotInForce:
            return True
        except Exception as error:
            self._broke_off(run, error, findings, gaps)
            return True

    def _broke_off(self, run: Run, error: Exception, findings: list[ActiveFinding], gaps: list[Gap]) -> None:
        self._on_error(run.check, error)
        findings.append(failure_of(run.check, error))
        gaps.append((run.check, CHECK_ERROR))

    def _found(
        self,
        claim: Claim,
        session: Session,
        due: Iterable[Run | Remembered],
        beside: Beside | None,
        years: OfYears | None,
    ) -> Found:
        """What checks over lines find; those that ask a table about a code do not see lines without a valid one."""
        found = Found(claim)
        verdicts = session.verdicts
        valid = claim
        if not session.is_coded:
            kept = (line for line, verdict in zip(claim.lines, verdicts, strict=True) if verdict.has_code)
            valid = claim._replace(lines=tuple(kept))
        for step in due:
            if isinstance(step, Remembered):
                found.findings += step.findings
                found.gaps += step.gaps
                continue
            seen = valid if step.judges_code else claim
            try:
                self._judge_lines(step, seen, claim, verdicts, found, beside, years)
            except NotInForce as gap:  # by a row that lacks a value: no line is judged by what was read of it
                found.gaps += [(found.position(line), (step.check, gap.table)) for line in seen.lines]
            except Exception as error:
                self._on_error(step.check, error)
                found.add_failure(step.check, error, seen.lines)
        return found

    def _judge_lines(
        self,
        run: Run,
        seen: Claim,
        claim: Claim,
        verdicts: list[Verdict],
        found: Found,
        beside: Beside | None,
        years: OfYears | None,
    ) -> None:
        """Run a check over lines, and add what it finds."""
        check = run.check
        earlier = NOTHING
        if check.years:
            marked = marks(claim, [verdict.only_with for verdict in verdicts])
            if marked is None and check.tables:  # the table of how often services are paid has none of the claim's
                return
            found.marks = marked or b""
            if years:
                earlier = years(claim, self.rulebook)
        elif beside and check in beside.checks:
            earlier = beside.earlier
        if earlier is NOTHING:
            yielded = run.call(seen, self.rulebook)
        else:
            from claimcheck.memory.near import new_findings

            joined = (
                with_earlier(seen, earlier)
                if check.years or not beside
                else beside.joined(seen, check.days_apart, held=check.counts_held)
            )
            yielded = new_findings(run.call(joined, self.rulebook), seen, earlier)
        may_come_again = earlier is NOTHING
        so_far: SoFar | None = None
        for one in yielded:
            if isinstance(one, NotJudged):
                found.gaps.append((found.position(one.line), (check, one.table)))
                continue
            if not isinstance(one, Finding):
                raise TypeError(f"{check.id} yielded {type(one).__name__}")
            if one.yields_to or (one.beside and check.depends_on_payment):
                so_far = so_far or SoFar(check, claim, verdicts, found, earlier)
                self._add_dependent(run, one, found, so_far, may_come_again)
            elif finding := self._finding(run, one, may_come_again):
                found.findings.append((found.position(one.line), finding))

    def _finding(self, run: Run, yielded: Finding, may_come_again: bool) -> ActiveFinding | None:
        """What was yielded, with its severity; where the check said the same before, of whatever lines, the one made
        then. What names an earlier claim does not come again."""
        if not may_come_again:
            return finding_of(run.active, yielded)
        content = content_of(yielded)
        try:
            return run.made[content]
        except (KeyError, TypeError):  # it is new, or has a part that can't be hashed, nor written
            pass
        finding = finding_of(run.active, yielded)
        if self._remember and len(run.made) < _MOST_FINDINGS:
            run.made[content] = finding
        return finding

    def _add_dependent(self, run: Run, yielded: Finding, found: Found, so_far: SoFar, may_come_again: bool) -> None:
        """Add a finding that depends on what is known of its line, or of those beside it."""
        weighed = so_far.weighed(yielded)
        finding = self._finding(run, weighed, may_come_again) if weighed else None
        if weighed is None or finding is None:
            return
        at = found.position(weighed.line)
        if finding.worded.yields_to:
            found.yielding[run.check] = (*found.yielding.get(run.check, ()), *finding.worded.yields_to)
            if so_far.hides(finding, at):
                return
        found.findings.append((at, finding))


def _applying(verdicts: Iterable[Verdict]) -> frozenset[Check]:
    """The checks over lines that apply to some services."""
    return frozenset(chain.from_iterable([verdict.applies for verdict in verdicts]))


def _is_repeated(lines: Sequence[Line]) -> bool:
    """Whether a code is on several lines of a day."""
    if any(line.to_date and line.to_date != line.from_date for line in lines):
        return len({line.code for line in lines}) < len(lines)
    return len({(line.code, line.day or line.from_date) for line in lines}) < len(lines)


class Unjudged(Engine):
    """Takes claims as they are, for a history: it runs no check."""

    def clean_checks(self, claims: Sequence[Claim]) -> frozenset[Check]:
        """None has to be known."""
        return frozenset()

    def check(
        self,
        claim: Claim,
        earlier: Earlier = NOTHING,
        clean: frozenset[Check] = frozenset(),
        years: OfYears | None = None,
    ) -> Outcome:
        """Every line counts as accepted."""
        only_with = [self.rulebook.on(line.day).only_with(line.service) for line in claim.lines]
        return Outcome([], [ACCEPTED] * len(only_with), marks(claim, only_with) or b"", (), self.profile)


_BLOCK = 50
"""Claims that are looked at together first (``Check.clean_if``): many enough that a look costs little for each, and few
enough that one odd claim does not make checks run on many."""


def judge(
    items: Iterable[Claim | EditMessage],
    engine_for: Callable[[Claim], Engine],
    tally: Tally,
    history: Memory | None = None,
) -> Iterator[Judged | EditMessage]:
    """The loop: judge each claim by the engine of its payer, with what earlier claims billed for
    the patient (where there is a ``history``), pass on what a source could not read, and count. Order is the
    input's, and for each item taken there is one given; some are taken ahead."""
    source = iter(items)
    years = history.of_years if history is not None else None
    while block := [*islice(source, _BLOCK)]:
        engines = [None if isinstance(item, EditMessage) else engine_for(item) for item in block]
        if history is not None:
            for check, short in history.prepare(block, engines):
                tally.add_short(check, short)
        clean = _clean_checks(block, engines)
        for item, engine in zip(block, engines, strict=True):
            if engine is None or isinstance(item, EditMessage):
                assert isinstance(item, EditMessage)
                tally.add_unread(item)
                yield item
                continue
            if history is None:
                outcome = engine.check(item, NOTHING, clean[engine])
            else:
                patient = history.patient_of(item, engine.profile)
                outcome = engine.check(item, history.before(item, patient), clean[engine], years)
                history.remember(item, patient, outcome)
            tally.add_claim(item, outcome, engine.payer_unknown)
            if engine.has_shadow:
                tally.add_shadow(outcome)
            yield Judged(item, outcome)


def _clean_checks(
    block: Sequence[Claim | EditMessage], engines: Sequence[Engine | None]
) -> dict[Engine, frozenset[Check]]:
    """For each engine the checks that plainly have nothing to say of its claims."""
    claims: dict[Engine, list[Claim]] = {}
    for item, engine in zip(block, engines, strict=True):
        if engine is not None and not isinstance(item, EditMessage):
            claims.setdefault(engine, []).append(item)
    return {engine: engine.clean_checks(its) for engine, its in claims.items()}
