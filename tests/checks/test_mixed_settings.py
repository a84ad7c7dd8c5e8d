"""Lines of every setting in claims of every setting: a file may mix SV1, SV2 and SV3 lines, and no check breaks off."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from inspect import getmembers
from itertools import cycle, product
from typing import Any

import pytest

from claimcheck import Claim, Line, Rulebook
from claimcheck.authoring.check import Check
from claimcheck.authoring.examples import A_DAY, Example, a_claim, a_line
from claimcheck.checks import all_checks
from claimcheck.claim import DENTAL, DME, OUTPATIENT, PROFESSIONAL, SETTINGS, Service, Setting
from claimcheck.engine.findings import ActiveCheck
from claimcheck.engine.loop import Engine, raise_errors
from claimcheck.memory import Earlier
from support.judging import STARTER, said, starter

CHECKS = all_checks()
MODULES = {check.function.__module__ for check in CHECKS if check.function}


def mixed(example: Example, setting: Setting, first: int) -> Claim:
    """The claim of an example, in another setting, with its lines in one setting after the other."""
    subject = example.subject
    claim = a_claim(Line(subject, A_DAY.isoformat())) if isinstance(subject, Service) else subject
    settings = cycle((*SETTINGS[first:], *SETTINGS[:first]))
    lines = (line._replace(service=line.service._replace(setting=next(settings))) for line in claim.lines)
    return claim._replace(setting=setting, lines=(*lines,))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_no_check_breaks_off_on_a_line_of_another_setting(check: Check) -> None:
    for example in check.examples:
        options = {**check.options, **example.options}
        chosen = [ActiveCheck(check, check.severity, check.severity, options)]
        engine = Engine(Rulebook.of(**example.tables), chosen, "mixed", on_error=raise_errors)
        for setting, first in product(SETTINGS, range(len(SETTINGS))):
            claim = mixed(example, setting, first)
            copies = tuple(line._replace() for line in claim.lines)
            before = Earlier(copies, {id(line): "BEFORE" for line in copies})
            for outcome in (engine.check(claim), engine.check(claim, before)):
                assert len(outcome.dispositions) == len(claim.lines)


def test_every_check_at_once() -> None:
    engine = Engine(
        STARTER, [ActiveCheck(c, c.severity, c.severity, c.options) for c in CHECKS], "all", on_error=raise_errors
    )
    codes = ("77424-26", "99213-25", "J1885-JW", "E0601-RR", "80053-QW", "97110-GP", "D1110", "00811-AA", "42-73", "")
    for setting in SETTINGS:
        lines = [a_line(code, setting=of_line) for code in codes for of_line in SETTINGS]
        outcome = engine.check(a_claim(*lines, setting=setting))
        assert len(outcome.dispositions) == len(lines)
        dental = [outcome.dispositions[i] for i, line in enumerate(lines) if line.service.setting == DENTAL]
        assert set(dental) <= {"not_judged", "rejected"}


def tables_by_setting() -> Iterator[tuple[str, Mapping[Any, Any]]]:
    """Every table of a module of checks whose keys are settings."""
    for module in sorted(MODULES):
        for name, value in getmembers(sys.modules[module]):
            if isinstance(value, Mapping) and value and set(SETTINGS).issuperset(value):
                yield f"{module}.{name}", value


def test_tables_by_setting_have_an_answer_for_each() -> None:
    tables = dict(tables_by_setting())
    assert tables.keys() >= {"claimcheck.checks.modifiers._NOT_ON", "claimcheck.checks.modifiers._CLAIM_NAMES"}
    for name, table in tables.items():
        assert set(table) == set(SETTINGS), name


def test_a_line_is_judged_by_its_own_setting() -> None:
    lines = (a_line("99213"), a_line("71046-26", setting=OUTPATIENT), a_line("E0601-73", setting=DME))
    found = said(starter(), *lines, claim={"setting": PROFESSIONAL})
    assert [one for one in found if "CLAIMTYPE" in one] == ["2 MOD-CLAIMTYPE reject*"]
