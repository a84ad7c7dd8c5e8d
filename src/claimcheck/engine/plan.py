"""Which checks run on the claims of one setting, and what is remembered of them under the rules of a period: the
verdict on each service, and of each list of services, a *session*, what the checks over lines say of it.

Real claims repeat a service in 98 of 100 lines, and a list of them in most claims. What a check promises to say of
services alone (``Check.services_only``) is remembered as findings with the positions of their lines; the others run
again on each claim.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from claimcheck.authoring.check import OVER_LINES, Check, names_check
from claimcheck.claim import Line, Service, Setting
from claimcheck.engine.findings import ActiveCheck, ActiveFinding, Found, Gap, Verdict
from claimcheck.rulebook import Rules

_MOST_COMBINATIONS = 100_000
"""Combinations of checks that apply: input chooses them, so that what is remembered of them is bounded."""


class Run(NamedTuple):
    """A check as it runs, with its options. ``made`` are findings made so far, by their content (``content_of``)."""

    check: Check
    active: ActiveCheck
    call: Callable[..., Iterator[Any]]
    judges_code: bool
    made: dict[tuple[Any, ...], ActiveFinding | None]
    applies_to: Callable[[Service, Rules], bool] | None = None

    @classmethod
    def of(cls, active: ActiveCheck) -> Run:
        """Fill in its options."""
        check = active.check
        applies_to = active.with_options(check.applies_to) if check.applies_to else None
        return cls(check, active, active.call, check.judges_code, {}, applies_to)


class Plan:
    """The checks that make sense in one setting, in order of evaluation, and what is remembered of their verdicts.

    Attributes:
        first, services: those that see a service alone; of step 1, and the others.
        over_lines: those that see a claim.
        by_day: the rules of each date of service, as billed, and what was said under them.
    """

    def __init__(self, active: Iterable[ActiveCheck], setting: Setting) -> None:
        runs = [Run.of(each) for each in active if setting in each.check.settings]
        services = [run for run in runs if run.check.reach == "SERVICE"]
        self.first = [run for run in services if run.check.step == 1]
        self.services = [run for run in services if run.check.step != 1]
        self.over_lines = [run for run in runs if run.check.reach in OVER_LINES]
        self.by_day: dict[str, tuple[Rules, Memo]] = {}
        self.by_rules: dict[Rules, Memo] = {}
        self._needed: dict[tuple[frozenset[Check], bool, frozenset[Check]], Steps] = {}
        self._needed_beside: dict[tuple[int | None, frozenset[Check], bool], frozenset[Check]] = {}

    @cached_property
    def across(self) -> list[tuple[int | None, list[Check]]]:
        """The checks that look across claims, by how many days apart (``Check.days_apart``), the fewest first."""
        by_days: dict[int | None, list[Check]] = {}
        for check in [run.check for run in self.over_lines]:
            if check.reach == "HISTORY" and not check.years:
                by_days.setdefault(check.days_apart, []).append(check)
        return sorted(by_days.items(), key=lambda item: (item[0] is None, item[0]))

    def needed_beside(self, days: int | None, applies: frozenset[Check], repeated: bool) -> frozenset[Check]:
        """Of the checks that look across claims so many days apart those that a claim calls for with earlier lines, by
        what applies to the services of both, and whether a code is on several lines of a day."""
        key = days, applies, repeated
        known = self._needed_beside.get(key)
        if known is None:
            known = frozenset(check for check in dict(self.across)[days] if _is_needed(check, applies, repeated))
            if len(self._needed_beside) < _MOST_COMBINATIONS:
                self._needed_beside[key] = known
        return known

    def needed(self, applies: frozenset[Check], repeated: bool, across: frozenset[Check] = frozenset()) -> Steps:
        """The checks over lines that a claim calls for, by those that apply to its services, whether a code is on
        several lines of a day, and those that must see it with earlier lines (``across``)."""
        key = applies, repeated, across
        known = self._needed.get(key)
        if known is None:
            runs = (run for run in self.over_lines if run.check in across or _is_needed(run.check, applies, repeated))
            known = Steps(runs)
            if len(self._needed) < _MOST_COMBINATIONS:
                self._needed[key] = known
        return known


def _is_needed(check: Check, applies: frozenset[Check], repeated: bool) -> bool:
    """Whether a check over lines must run, by those that apply to the services, and whether a code is repeated."""
    return not (check.applies_to or check.repeated) or check in applies or (check.repeated and repeated)


_MOST_SERVICES = 100_000
_MOST_SESSIONS = 20_000
"""What is remembered of one period: input chooses services, so that the memory is bounded."""
_LONGEST_SESSION = 10
"""Lines of a session: longer lists hardly ever come again."""

Shape = tuple[bool | Service | int, ...]
"""Whether lines name who rendered them, their services, then, where they are not all of one day, how many days after
the first of them each begins and ends."""


class Remembered(NamedTuple):
    """What a check said of a list of services, by the positions of their lines."""

    check: Check
    findings: tuple[tuple[int | None, ActiveFinding], ...]
    gaps: tuple[tuple[int | None, Gap], ...]


_MOST_CLEAN = 8
"""Sets of clean checks by which steps are remembered: a batch has few, and most of its claims have one of them."""


class Steps:
    """What is to run, or is remembered, of the checks over lines, in order of evaluation.

    ``due[clean]`` are the steps that are left where some checks plainly have nothing to say, so that a check costs
    nothing on claims that it need not see, however many such checks there are.
    """

    __slots__ = ("all", "due")

    def __init__(self, steps: Iterable[Run | Remembered]) -> None:
        self.all = tuple(steps)
        self.due: dict[frozenset[Check], tuple[Run | Remembered, ...]] = {}

    def without(self, clean: frozenset[Check]) -> tuple[Run | Remembered, ...]:
        """The steps of other checks than these."""
        if len(self.due) >= _MOST_CLEAN:
            self.due.clear()
        return self.due.setdefault(clean, tuple([step for step in self.all if step.check not in clean]))


class Session(NamedTuple):
    """What is known of a list of services: the verdict on each, and the checks over lines; ``is_quiet`` where the
    verdicts have nothing to say, ``is_coded`` where all services have a code that a table may speak of. ``across`` are
    the checks that see them with earlier lines."""

    verdicts: list[Verdict]
    steps: Steps
    is_quiet: bool
    is_coded: bool
    across: frozenset[Check]

    @classmethod
    def of(cls, verdicts: list[Verdict], steps: Steps, across: frozenset[Check]) -> Session:
        """Put together what is known."""
        quiet = not any(verdict.findings or verdict.gaps for verdict in verdicts)
        coded = all(verdict.has_code for verdict in verdicts)
        return cls(verdicts, steps, quiet, coded, across)


class Memo:
    """What is remembered under the rules of one period: of services, of lists of them by the checks that see these with
    earlier lines, and the ``steps`` that many sessions share, by what runs."""

    __slots__ = ("services", "sessions", "sessions_across", "steps")

    def __init__(self) -> None:
        self.services: dict[Service, Verdict] = {}
        self.sessions: dict[Shape, Session] = {}
        self.sessions_across: dict[tuple[Shape, frozenset[Check]], Session] = {}
        self.steps: dict[tuple[Check, ...], Steps] = {}

    def add_service(self, service: Service, verdict: Verdict) -> None:
        """Remember a verdict."""
        if len(self.services) >= _MOST_SERVICES:
            self.services.clear()
        self.services[service] = verdict

    def add_session(self, shape: Shape, session: Session, found: Found) -> None:
        """Remember a session, with what was found of it."""
        if len(self.sessions) + len(self.sessions_across) >= _MOST_SESSIONS:
            self.sessions.clear()
            self.sessions_across.clear()
        across = session.across
        steps = self._steps(_remembered(session.steps.all, found, across))
        remembered = Session.of(session.verdicts, steps, across)
        if across:
            self.sessions_across[shape, across] = remembered
        else:
            self.sessions[shape] = remembered

    def _steps(self, remembered: Iterable[Run | Remembered]) -> Steps:
        steps = Steps(remembered)
        if any(isinstance(step, Remembered) for step in steps.all) or len(self.steps) >= _MOST_SESSIONS:
            return steps
        return self.steps.setdefault(tuple([step.check for step in steps.all]), steps)


def _remembered(
    steps: Sequence[Run | Remembered], found: Found, across: frozenset[Check]
) -> Iterator[Run | Remembered]:
    """What a list of services calls for when it comes again: of checks that look at services alone, what they said, if
    anything. One that broke off runs again; so does one that sees earlier lines, too (``across``), and one whose
    findings depend on a check that does."""
    again: list[Check] = []
    for step in steps:
        check = step.check
        is_alone = check.services_only and check not in across and check not in found.failed
        if not is_alone or _depends_on(check, again, found):
            again.append(check)
            yield step
            continue
        findings = tuple((at, one) for at, one in found.findings if one.check is check)
        gaps = tuple((at, gap) for at, gap in found.gaps if gap[0] is check)
        if findings or gaps:
            yield Remembered(check, findings, gaps)


def _depends_on(check: Check, others: Sequence[Check], found: Found) -> bool:
    """Whether what a check said may depend on what others say of the same lines."""
    if check.depends_on_payment and any(other.denies for other in others):
        return True
    prefixes = found.yielding.get(check, ())
    return any(names_check(prefix, other.id) for prefix in prefixes for other in others)


def shape_of(lines: tuple[Line, ...]) -> Shape | None:
    """What makes a list of services the same session: the services of lines by one practitioner, whether they name one,
    and, where they are not all of one day, which days they are. None where these can't be read, or lines are many."""
    if not 0 < len(lines) <= _LONGEST_SESSION:
        return None
    first = lines[0]
    day, npi = first.from_date, first.rendering_npi
    services: list[bool | Service | int] = [npi is None]
    days = False
    for line in lines:
        to_date = line.to_date
        if line.rendering_npi != npi:
            return None
        days = days or line.from_date != day or bool(to_date and to_date != day)
        services.append(line.service)
    if not days:
        return tuple(services)
    offsets = _offsets(lines)
    return (*services, *offsets) if offsets else None


def is_of_one_day(shape: Shape, lines: tuple[Line, ...]) -> bool:
    """Whether a session is of one day."""
    return len(shape) == 1 + len(lines)


def _offsets(lines: tuple[Line, ...]) -> list[int] | None:
    start = lines[0].day
    days = [day for line in lines for day in (line.day, line.last_day)]
    return [(day - start).days for day in days if day] if start and None not in days else None
