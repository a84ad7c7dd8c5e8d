"""The examples inside the checks are their first tests."""

from typing import Any

import pytest

from claimcheck.authoring.check import Check, run_example
from claimcheck.checks import all_checks
from claimcheck.claim import Service
from claimcheck.custom_checks.proof import contract_violations, prove
from claimcheck.rulebook import Key, Rules

each_check = pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.id)


@each_check
def test_examples(check: Check) -> None:
    assert [(example.title, problem) for example in check.examples if (problem := prove(check, example))] == []


@each_check
def test_a_check_says_in_the_engine_what_it_says_alone(check: Check) -> None:
    for example in check.examples:
        findings, missing = run_example(check, example)
        verdict = "fires" if findings else "not judged" if missing else "passes"
        assert verdict == example.verdict, example.title
        assert not (findings and missing), example.title


@each_check
def test_a_finding_names_every_row_that_it_rests_on(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a check looked up of the line's code before it spoke stands in the message's releases."""
    asked: list[tuple[str, Any]] = []
    find = Rules._look_up

    def listening(self: Rules, table: str, key: Key, kind: type) -> object:
        row = find(self, table, key, kind)
        asked.append((table, row))
        return row

    monkeypatch.setattr(Rules, "_look_up", listening)
    for example in check.examples:
        if example.verdict == "fires":
            asked.clear()
            findings, _ = run_example(check, example)
            before_asking = not YIELDS_BEFORE_ASKING.isdisjoint((check.id, f"{check.id}: {example.title}"))
            decisive = [row for table, row in asked if (check.id, table) not in ONLY_TO_RULE_OUT]
            for finding in findings:
                if decisive and not before_asking:
                    assert finding.by, finding.text
            named = {id(row) for finding in findings for row in finding.by}
            if len(findings) == 1 and not before_asking and isinstance(example.subject, Service):
                assert {id(row) for row in decisive if row} <= named, example.title


YIELDS_BEFORE_ASKING = {"DATE-SPAN", "MOD-CONFLICT", "DUP-LINE", "ASST", "TELE", "MOD-INVALID: five modifiers"}
"""These also say what rests on no table: a year's end, two modifiers, a repeated line, a taxonomy, a modifier
that does not fit its place."""

ONLY_TO_RULE_OUT = {
    ("ASC-LIST", "fee_schedule"),
    ("FMT-ENDED", "codes"),  # whether the code of a cross-reference is valid
    ("GLB-24", "fee_schedule"),
    ("MOD-53", "fee_schedule"),
    ("MOD-ORDER", "modifiers"),
    ("NA-POS", "places_of_service"),
}
"""Look-ups that decide whether a check has anything to say, not what."""


@each_check
def test_a_check_shows_every_verdict_and_its_source(check: Check) -> None:
    assert [*contract_violations(check)] == []
    assert check.title and len(check.doc) > 60
