"""Which checks run on the claims of one setting."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from claimcheck.authoring.check import OVER_LINES, Check
from claimcheck.claim import Service, Setting
from claimcheck.engine.findings import ActiveCheck, Finding
from claimcheck.engine.memo import Memo
from claimcheck.rulebook import Rules

_MOST_COMBINATIONS = 100_000
"""Combinations of checks that apply: input chooses them, so that what is remembered of them is bounded."""


class Run(NamedTuple):
    """A check as it runs, with its options. ``made`` are findings that were made of what it said (``said_of``)."""

    check: Check
    active: ActiveCheck
    call: Callable[..., Iterator[Any]]
    judges_code: bool
    made: dict[tuple[Any, ...], Finding | None]
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
        self._needed: dict[tuple[frozenset[Check], bool, bool], tuple[Run, ...]] = {}

    def needed(self, applies: frozenset[Check], repeated: bool, across: bool) -> tuple[Run, ...]:
        """The checks over lines that a claim calls for, by those that apply to its services, whether it has a code on
        several lines of a day, and whether earlier claims stand beside it."""
        key = applies, repeated, across
        known = self._needed.get(key)
        if known is None:
            known = tuple(run for run in self.over_lines if _is_needed(run, *key))
            if len(self._needed) < _MOST_COMBINATIONS:
                self._needed[key] = known
        return known


def _is_needed(run: Run, applies: frozenset[Check], repeated: bool, across: bool) -> bool:
    check = run.check
    if not (check.applies_to or check.repeated) or check in applies or (check.repeated and repeated):
        return True
    return across and check.reach == "HISTORY"
