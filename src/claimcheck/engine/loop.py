"""The one loop: claims in, edit messages out.

A SERVICE check's verdict is a pure function of the service and of the releases in force, so the
engine remembers it by (stretch of days, service); real claims repeat a service in 98 of 100 lines. What most
checks over lines say of one session, the lines of one day by one practitioner, depends on its services alone:
for each list of services the engine remembers which of them have anything to say. Each line ends in exactly
one disposition, and the count at the end adds up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Any, Final, NamedTuple

from claimcheck.authoring.check import OVER_LINES, Check, ClaimColumns, Trigger
from claimcheck.claim import DENTAL, HCPCS, INSTITUTIONAL, Claim, Line, Service, Setting
from claimcheck.engine.messages import (
    CHECK_FAILED,
    NOT_JUDGED,
    ActiveCheck,
    Finding,
    Gap,
    Judged,
    MessageBuilder,
    Outcome,
    Said,
    Waive,
    failure_of,
    finding_of,
)
from claimcheck.engine.missing import CHECK_ERROR, TOO_MANY, TYPE_OF_BILL, MissingRules, code_set_of
from claimcheck.memory.batch import NOTHING, PAIRED, UNPAID, Earlier, History, patient_of, what_is_new, with_earlier
from claimcheck.message import REJECT, WARN, EditMessage, Fault, NotJudged, Severity
from claimcheck.rulebook import NotInForce, Rulebook, Rules

_MEMO_LIMIT = 100_000
"""Services remembered for one stretch of days; input chooses them, so the memory is bounded."""
_SESSION_LIMIT = 20_000
_LONGEST_SESSION = 10
"""Sessions remembered for one stretch of days, and their lines: longer ones hardly ever come again."""
_session_numbers = count(1)
_DETAILS_LIMIT = 5_000
"""Sessions remembered with the details of their lines: a provider's claims stand together in most batches."""


@dataclass
class Tally:
    """What became of a run. ``lines`` is the sum of the four dispositions; ``unreadable`` counts what
    could not be read as a line at all (rows, segments, whole files), each with its message; ``payer_unknown`` claims
    of which nothing says what kind of payer they go to; ``missing`` are the tables and quarters that lines wait for."""

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
    missing: MissingRules = field(default_factory=MissingRules)

    def add(self, other: Tally) -> None:
        """Count what another part of the run counted."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.missing.merge(other.missing)

    @property
    def judged_share(self) -> float:
        """The share of the lines that could be judged, from 0 to 1; 1 where there are no lines."""
        return (self.lines - self.not_judged) / self.lines if self.lines else 1.0

    def counts(self) -> dict[str, int]:
        """The counts by name."""
        return {name: getattr(self, name) for name in COUNTS}


COUNTS: Final = tuple(name for name in Tally.__dataclass_fields__ if name != "missing")


class _Verdict(NamedTuple):
    """What the SERVICE checks say of a service: findings, and (check, table) of what none can say.
    ``flags`` are the engine's own, and the bits of the CLAIM checks that the service concerns."""

    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    flags: int


_TROUBLE, _NO_CODE = 1, 2
_TRIGGERS: Mapping[Trigger, int] = {"repeated": 4, "spanning": 8, "undated": 16, "several": 32}
_REPEATED, _SPANNING, _UNDATED, _SEVERAL = _TRIGGERS.values()
_ACROSS = 64
_FIRST_BIT = 7
"""Flags: something to report; no code that a table could speak of; what a claim's lines have in them; earlier
claims beside it; then a bit a check over lines that its service concerns."""


class _ClaimRun(NamedTuple):
    """A CLAIM check as it runs: with its options, and the flags of which one makes it run (0: always)."""

    chosen: ActiveCheck
    call: Callable[..., Iterator[Fault | NotJudged]]
    concerns: Callable[[Service, Rules], bool] | None
    flag: int
    wanted: int


_Run = tuple[Callable[..., Iterator[Fault | NotJudged]], bool, ActiveCheck, int]
"""A CLAIM check in the loop: its function, whether it sees only lines with a valid code, itself, and the bit of its
screen (0: it has none)."""


class _Session(NamedTuple):
    """What is known of a list of services: the verdict on each, their flags together, and the checks over lines
    that have anything to say of them or look at more than services, with the screens that pass all of these (all bits
    where none can). Where some of those look at details alone, ``number`` tells the session from others, and
    ``other_runs`` are all but those."""

    verdicts: list[_Verdict]
    flags: int
    runs: tuple[_Run, ...]
    screens: int = -1
    number: int = 0
    other_runs: tuple[_Run, ...] = ()
    other_screens: int = -1


_Shape = tuple[bool | Service | int, ...]
"""Whether lines name who rendered them, their services, then the days between them where they are of several."""


class _Memo(NamedTuple):
    """What was said under the rules of one stretch of days."""

    services: dict[Service, _Verdict]
    sessions: dict[_Shape, _Session]


class _Plan:
    """The chosen checks that make sense in one setting, and what they have said so far."""

    def __init__(
        self, chosen: Iterable[ActiveCheck], setting: Setting, remember: bool, screens: Mapping[Check, int]
    ) -> None:
        mine = [c for c in chosen if setting in c.check.settings]
        services = [(c, c.call) for c in mine if c.check.reach == "SERVICE"]
        self.first = [entry for entry in services if entry[0].check.step == 1]
        self.services = [entry for entry in services if entry[0].check.step != 1]
        over_lines = [c for c in mine if c.check.reach in OVER_LINES]
        self.claims = [self._claim_run(c, i) for i, c in enumerate(over_lines) if not c.check.by_dates]
        self.dated = tuple((c.call, c.check.judges_code, c, 0) for c in over_lines if c.check.by_dates)
        self.screens = screens
        self.quiet_dates: set[tuple[str | None, str]] = set()
        self.quiet_details: set[tuple[Any, ...]] = set()
        self.remember = remember
        self.by_day: dict[str, tuple[Rules, _Memo]] = {}
        self.by_rules: dict[Rules, _Memo] = {}
        self._runs: dict[int, tuple[_Run, ...]] = {}

    @staticmethod
    def _claim_run(chosen: ActiveCheck, number: int) -> _ClaimRun:
        check = chosen.check
        flag = 1 << (_FIRST_BIT + number)
        wanted = flag if check.concerns else 0
        for trigger in check.when:
            wanted |= _TRIGGERS[trigger]
        if wanted and check.reach == "HISTORY":
            wanted |= _ACROSS
        concerns = chosen.with_options(check.concerns) if check.concerns else None
        return _ClaimRun(chosen, chosen.call, concerns, flag, wanted)

    def runs(self, flags: int) -> tuple[_Run, ...]:
        """The CLAIM checks to run on a claim with these flags; the few combinations are remembered."""
        known = self._runs.get(flags)
        if known is None:
            wanted = (c for c in self.claims if not c.wanted or c.wanted & flags)
            known = tuple(
                (c.call, c.chosen.check.judges_code, c.chosen, self.screens.get(c.chosen.check, 0)) for c in wanted
            )
            if len(self._runs) < _MEMO_LIMIT:
                self._runs[flags] = known
        return known


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
        remember: keep verdicts of SERVICE checks; False only to prove that it changes nothing.
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
        self._stamper = MessageBuilder(rulebook, profile, severities or {}, waive)
        self._on_error = on_error or _keep_silent
        self._remember = remember
        self._plans: dict[Setting, _Plan] = {}
        screens = [(c.check, c.with_options(c.check.screen)) for c in self.chosen if c.check.screen]
        self._screens = {check: 1 << i for i, (check, _) in enumerate(screens)}
        self._screen = [(self._screens[check], screen) for check, screen in screens]

    def screen(self, claims: Sequence[Claim]) -> int:
        """Look at many claims at once: the bits of the checks that plainly have nothing to say of any of them."""
        passed = 0
        together = ClaimColumns.of(claims)
        for bit, screen in self._screen:
            # A screen that breaks off passes nothing: the check runs, and says for itself what is wrong.
            with suppress(Exception):
                passed |= bit if screen(together) else 0
        return passed

    def check(self, claim: Claim, earlier: Earlier = NOTHING, screened: int = 0) -> Outcome:
        """Judge one claim, with what the patient's earlier claims billed; ``screened`` checks need not run."""
        plan = self._plans.get(claim.setting) or self._plan(claim.setting)
        lines = claim.lines
        shape = _shape(lines) if not earlier.lines and plan.remember else None
        one_day = shape is not None and len(shape) == 1 + len(lines)
        sessions = self._sessions(plan, lines, one_day) if shape else None
        session = sessions.get(shape) if sessions and shape else None
        found: list[Said] = []
        if session:
            if not one_day or (claim.received_date, lines[0].from_date) not in plan.quiet_dates:
                self._dated(plan, claim, session, found, one_day)
            if session.number:
                self._detailed(plan, claim, session, found, screened)
            elif session.screens & ~screened:
                self._findings(claim, session, session.runs, found, screened)
        else:
            session = self._session(plan, claim, earlier)
            self._dated(plan, claim, session, found, one_day)
            self._findings(claim, session, session.runs, found, screened, earlier)
            if sessions is not None and shape:
                _remember(sessions, shape, session, {*map(_speaker_of, found)})
        if earlier.too_many:
            found += [(NOT_JUDGED, NotJudged(line, TOO_MANY)) for line in claim.lines]
        if not found and not session.flags & _TROUBLE:
            return Outcome([], ["accepted"] * len(lines))
        outcome = self._stamper.stamp(claim, ((v.findings, v.gaps) for v in session.verdicts), found)
        unpaid = _unpaid(claim, session.verdicts, found)
        return outcome._replace(unpaid=bytes(unpaid.get(id(line), 0) for line in claim.lines)) if unpaid else outcome

    def _dated(self, plan: _Plan, claim: Claim, session: _Session, found: list[Said], one_day: bool) -> None:
        """Run the checks that look at dates alone; on lines of one day, submitted on another, once for all."""
        dates = (claim.received_date, claim.lines[0].from_date) if one_day else None
        if dates in plan.quiet_dates:
            return
        self._findings(claim, session, plan.dated, found)
        if dates and not found and len(plan.quiet_dates) < _MEMO_LIMIT:
            plan.quiet_dates.add(dates)

    def _detailed(self, plan: _Plan, claim: Claim, session: _Session, found: list[Said], screened: int) -> None:
        """Run the checks over lines, but for those that look at details and had nothing to say of the same ones."""
        details = (session.number, claim.billing_npi, claim.billing_taxonomy, *[line.details for line in claim.lines])
        if details in plan.quiet_details:
            if session.other_screens & ~screened:
                self._findings(claim, session, session.other_runs, found, screened)
            return
        before = len(found)
        self._findings(claim, session, session.runs, found, screened)
        if not any(_check_of(said).by_details for said in found[before:]):
            if len(plan.quiet_details) >= _DETAILS_LIMIT:
                plan.quiet_details.clear()
            plan.quiet_details.add(details)

    def _sessions(self, plan: _Plan, lines: tuple[Line, ...], one_day: bool) -> dict[_Shape, _Session] | None:
        """What is remembered under the rules of some lines; None where their days have different rules."""
        rules, memo = plan.by_day.get(lines[0].from_date) or self._rules_of(plan, lines[0])
        if one_day:
            return memo.sessions
        for line in lines[1:]:
            if line.from_date != lines[0].from_date:
                other, _ = plan.by_day.get(line.from_date) or self._rules_of(plan, line)
                if other is not rules:
                    return None
        return memo.sessions

    def _session(self, plan: _Plan, claim: Claim, earlier: Earlier) -> _Session:
        """The verdict on each line's service, and the checks over lines that they call for."""
        flags = _ACROSS if earlier.lines else 0
        verdicts = []
        codes = set()
        by_day = set()
        for line in claim.lines:
            service = line.service
            rules, memo = plan.by_day.get(line.from_date) or self._rules_of(plan, line)
            verdict = memo.services.get(service) or self._verdict(plan, service, rules, memo.services)
            verdicts.append(verdict)
            flags |= verdict.flags
            codes.add(service.code)
            by_day.add((service.code, line.day or line.from_date))
            if line.to_date and line.to_date != line.from_date:
                flags |= _SPANNING
        if len(codes if flags & _SPANNING else by_day) < len(claim.lines):
            flags |= _REPEATED
        if len(codes) > 1:
            flags |= _SEVERAL
        return _Session(verdicts, flags, plan.runs(flags))

    def _plan(self, setting: Setting) -> _Plan:
        return self._plans.setdefault(setting, _Plan(self.chosen, setting, self._remember, self._screens))

    def _verdict(self, plan: _Plan, service: Service, rules: Rules, memo: dict[Service, _Verdict]) -> _Verdict:
        verdict = self._judge(plan, service, rules)
        if plan.remember:
            if len(memo) >= _MEMO_LIMIT:
                memo.clear()
            memo[service] = verdict
        return verdict

    def _rules_of(self, plan: _Plan, line: Line) -> tuple[Rules, _Memo]:
        rules = self.rulebook.on(line.day)
        known = rules, plan.by_rules.setdefault(rules, _Memo({}, {}))
        if len(plan.by_day) < _MEMO_LIMIT:
            plan.by_day[line.from_date] = known
        return known

    def _judge(self, plan: _Plan, service: Service, rules: Rules) -> _Verdict:
        """Run every SERVICE check on a service, and find which CLAIM checks it concerns."""
        undated = _UNDATED if rules is self.rulebook.undated else 0
        if service.code_set != HCPCS or service.setting == DENTAL:
            return _Verdict((), ((NOT_JUDGED, code_set_of(service.code_set)),), _TROUBLE | _NO_CODE | undated)
        findings: list[Finding] = []
        gaps: list[Gap] = []
        for entry in plan.first:
            self._run(entry, service, rules, findings, gaps)
        # A hospital's line may have a revenue code alone: no table speaks of it, as of an invalid code.
        no_code = not service.code or any(f.check.denies_code and f.severity == REJECT for f in findings)
        for entry in plan.services:
            if not (no_code and entry[0].check.judges_code):
                self._run(entry, service, rules, findings, gaps)
        if service.setting == INSTITUTIONAL:
            gaps.append((NOT_JUDGED, TYPE_OF_BILL))
        flags = (_NO_CODE if no_code else 0) | undated
        for run in plan.claims:
            if no_code and run.chosen.check.judges_code:
                continue
            if run.concerns and self._concerned(run, service, rules, findings, gaps):
                flags |= run.flag
        return _Verdict(tuple(findings), tuple(gaps), flags | (_TROUBLE if findings or gaps else 0))

    def _run(
        self,
        entry: tuple[ActiveCheck, Callable[..., Iterator[Fault]]],
        service: Service,
        rules: Rules,
        findings: list[Finding],
        gaps: list[Gap],
    ) -> None:
        chosen, call = entry
        check = chosen.check
        try:
            for fault in call(service, rules):  # what was yielded before a gap or an error is kept
                if finding := finding_of(chosen, fault):
                    findings.append(finding)
        except NotInForce as gap:
            gaps.append((check, gap.table))
        except Exception as error:
            self._on_error(check, error)
            findings.append(failure_of(check, error))
            gaps.append((check, CHECK_ERROR))

    def _concerned(
        self, run: _ClaimRun, service: Service, rules: Rules, findings: list[Finding], gaps: list[Gap]
    ) -> bool:
        """Whether a check over lines must see a claim with this service; where that can't be told it must, so
        that it says itself that the line is not judged."""
        assert run.concerns is not None
        try:
            return run.concerns(service, rules)
        except NotInForce:
            return True
        except Exception as error:
            self._on_error(run.chosen.check, error)
            findings.append(failure_of(run.chosen.check, error))
            gaps.append((run.chosen.check, CHECK_ERROR))
            return True

    def _findings(
        self,
        claim: Claim,
        session: _Session,
        runs: tuple[_Run, ...],
        found: list[Said],
        screened: int = 0,
        earlier: Earlier = NOTHING,
    ) -> None:
        """Run checks over lines, and add to what was found; those that ask a table about a code do not see lines
        without a valid one."""
        verdicts, flags = session.verdicts, session.flags
        valid = _with_codes(claim, verdicts) if flags & _NO_CODE else claim
        book = self.rulebook
        for call, valid_codes_only, chosen, screen in runs:
            if screen & screened:
                continue
            seen = valid if valid_codes_only else claim
            so_far = _SoFar(chosen.check, claim, verdicts, found, earlier)
            try:
                if flags & _ACROSS and chosen.check.reach == "HISTORY":
                    said = what_is_new(call(with_earlier(seen, earlier), book), seen, earlier)
                else:
                    said = call(seen, book)
                for one in said:
                    _add(found, chosen, one, so_far)
            except Exception as error:
                self._on_error(chosen.check, error)
                found.append(failure_of(chosen.check, error))
                found.extend((chosen.check, NotJudged(line, CHECK_ERROR)) for line in seen.lines)


def _check_of(said: Said) -> Check:
    return said.check if isinstance(said, Finding) else said[0]


def _speaker_of(said: Said) -> str:
    """The id of the check that said something, be it by breaking off."""
    check = _check_of(said)
    return (said.fault.observed or "") if isinstance(said, Finding) and check is CHECK_FAILED else check.id


def _add(found: list[Said], chosen: ActiveCheck, said: Fault | NotJudged, so_far: _SoFar) -> None:
    """Add what a check over lines said to what was found so far."""
    check = chosen.check
    if isinstance(said, Fault):
        fault = so_far.leaning(said) if said.beside else said
        finding = finding_of(chosen, fault) if fault else None
        if finding and not (finding.fault.yields_to and so_far.hides(finding)):
            found.append(finding)
    elif isinstance(said, NotJudged):
        found.append((check, said))
    else:
        raise TypeError(f"{check.id} yielded {type(said).__name__}")


_UNPAYABLE = ("STATUS-", "MUE-")
"""Edits whose hard rejects mean that nothing is paid for a line, whatever is beside it; so do those that deny
its code. For an add-on code a pair edit means it too."""


def _unpaid(claim: Claim, verdicts: list[_Verdict], found: list[Said]) -> dict[int, int]:
    """The lines, by their ``id``, that nothing is paid for by what is known so far, and whether as such or for the
    sake of another line."""
    unpaid: dict[int, int] = {}
    for line, finding in _on_lines(claim, verdicts, found):
        if finding.severity == REJECT and not finding.fault.soft:
            if finding.check.denies_code or finding.check.id.startswith(_UNPAYABLE):
                unpaid[id(line)] = UNPAID
            elif finding.check.id.startswith("PTP-"):
                unpaid.setdefault(id(line), PAIRED)
    return unpaid


class _SoFar:
    """What is known of a claim's lines before a check over lines says something of them. What the check itself
    rejects does not count: pairs and add-on codes lean on other edits."""

    def __init__(
        self, check: Check, claim: Claim, verdicts: list[_Verdict], found: list[Said], earlier: Earlier
    ) -> None:
        self._leans = check.leans
        self._what_is_known = claim, verdicts, found, earlier
        self._unpaid: dict[int, int] | None = None
        self._all_unpaid: dict[int, tuple[tuple[Line, ...], bool]] = {}
        self._findings: dict[int, list[Finding]] | None = None

    def leaning(self, fault: Fault) -> Fault | None:
        """A fault once it is known what becomes of the lines that it leans on (``Check.leans``); None where it is
        none."""
        if not self._leans:
            return fault
        if not self._are_unpaid(fault.beside):
            return fault if self._leans == "weaker" else None
        if self._leans == "only":
            return fault
        but = " What stands beside it is itself rejected, so that this may be the one that is paid."
        return fault.adding(after=but)._replace(severity=WARN)

    def hides(self, finding: Finding) -> bool:
        """Whether a finding yields to one that its line has already."""
        return any(other.hides(finding) for other in self._known_findings().get(id(finding.fault.line), ()))

    def _are_unpaid(self, beside: tuple[Line, ...]) -> bool:
        """Whether nothing is paid for any of these lines; many faults of a long claim rest on the same ones."""
        known = self._all_unpaid.get(id(beside))
        if known is None:
            enough = UNPAID if self._leans == "weaker" else PAIRED
            unpaid = self._known_unpaid()
            known = self._all_unpaid[id(beside)] = beside, all(unpaid.get(id(line), 0) >= enough for line in beside)
        return known[1]

    def _known_unpaid(self) -> dict[int, int]:
        if self._unpaid is None:
            claim, verdicts, found, earlier = self._what_is_known
            self._unpaid = {**_unpaid(claim, verdicts, found), **earlier.unpaid}
        return self._unpaid

    def _known_findings(self) -> dict[int, list[Finding]]:
        if self._findings is None:
            self._findings = {}
            for line, finding in _on_lines(*self._what_is_known[:3]):
                self._findings.setdefault(id(line), []).append(finding)
        return self._findings


def _on_lines(claim: Claim, verdicts: list[_Verdict], found: list[Said]) -> Iterator[tuple[Line, Finding]]:
    """What is known so far of a claim's lines."""
    for line, verdict in zip(claim.lines, verdicts, strict=True):
        for finding in verdict.findings:
            yield line, finding
    for said in found:
        if isinstance(said, Finding) and said.fault.line:
            yield said.fault.line, said


def _shape(lines: tuple[Line, ...]) -> _Shape | None:
    """The services of lines by one practitioner, whether he is named, and, where they are of several days, how
    many days after the first each is; None where lines span days or have no readable one, or are many."""
    if not 0 < len(lines) <= _LONGEST_SESSION:
        return None
    first = lines[0]
    day, npi = first.from_date, first.rendering_npi
    services: list[bool | Service | int] = [npi is None]
    days = False
    for line in lines:
        to_date = line.to_date
        if line.rendering_npi != npi or (to_date and to_date != line.from_date):
            return None
        days = days or line.from_date != day
        services.append(line.service)
    return (*services, *offsets) if days and (offsets := _offsets(lines)) else None if days else tuple(services)


def _offsets(lines: tuple[Line, ...]) -> list[int] | None:
    start = lines[0].day
    days = [line.day for line in lines]
    return [(day - start).days for day in days if day] if start and None not in days else None


def _remember(sessions: dict[_Shape, _Session], shape: _Shape, session: _Session, spoke: set[str]) -> None:
    """Keep what is known of a list of services: of checks that look at nothing else, those that ``spoke``."""
    if len(sessions) >= _SESSION_LIMIT:
        sessions.clear()
    runs = tuple(run for run in session.runs if not run[2].check.by_services or run[2].check.id in spoke)
    others = tuple(run for run in runs if not run[2].check.by_details)
    number = next(_session_numbers) if len(others) < len(runs) else 0
    sessions[shape] = session._replace(
        runs=runs, screens=_screens_of(runs), number=number, other_runs=others, other_screens=_screens_of(others)
    )


def _screens_of(runs: tuple[_Run, ...]) -> int:
    """The screens that pass all of these checks; all bits where one of them has none."""
    screens = 0
    for _, _, _, screen in runs:
        screens |= screen or -1
    return screens


def _with_codes(claim: Claim, verdicts: list[_Verdict]) -> Claim:
    kept = (line for line, v in zip(claim.lines, verdicts, strict=True) if not v.flags & _NO_CODE)
    return claim._replace(lines=tuple(kept))


_TOGETHER = 50
"""Claims that are looked at together first (``Check.screen``): many enough that a look costs little for each, and few
enough that one odd claim does not make checks run on many."""


def judge(
    items: Iterable[Claim | EditMessage],
    engine_for: Callable[[Claim], Engine],
    tally: Tally,
    history: History | None = None,
) -> Iterator[Judged | EditMessage]:
    """The loop: judge each claim by the engine of its payer, with what earlier claims of the batch billed for
    the patient (where there is a ``history``), pass on what a source could not read, and count. Order is the
    input's, and for each item taken there is one given; some are taken ahead."""
    source = iter(items)
    while some := [*islice(source, _TOGETHER)]:
        engines = [None if isinstance(item, EditMessage) else engine_for(item) for item in some]
        screened = _screened(some, engines)
        for item, engine in zip(some, engines, strict=True):
            if engine is None or isinstance(item, EditMessage):
                assert isinstance(item, EditMessage)
                tally.messages += 1
                tally.unreadable += item.severity == REJECT
                yield item
                continue
            if history is None:
                outcome = engine.check(item, NOTHING, screened[engine])
            else:
                patient = patient_of(item, engine.profile)
                outcome = engine.check(item, history.before(item, patient), screened[engine])
                history.remember(item, patient, outcome.unpaid)
            messages, dispositions, _, waiting = outcome
            tally.claims += 1
            if engine.payer_unknown:
                tally.payer_unknown += 1
            tally.lines += len(dispositions)
            if waiting:
                tally.missing.add(waiting)
            if messages:
                tally.messages += len(messages)
                for disposition in dispositions:
                    setattr(tally, disposition, getattr(tally, disposition) + 1)
            else:
                tally.accepted += len(dispositions)
            yield Judged(item, outcome)


def _screened(items: Sequence[Claim | EditMessage], engines: Sequence[Engine | None]) -> dict[Engine, int]:
    """For each engine the checks that have nothing to say of its claims."""
    claims: dict[Engine, list[Claim]] = {}
    for item, engine in zip(items, engines, strict=True):
        if engine is not None and not isinstance(item, EditMessage):
            claims.setdefault(engine, []).append(item)
    return {engine: engine.screen(its) for engine, its in claims.items()}
