"""Every field has its place on the claim: element of the 837 and item of the paper form, in every setting."""

import ast
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

import claimcheck.checks
from claimcheck import Checker, Claim, EditMessage, Finding, a_claim, a_line
from claimcheck.authoring.check import Check, run_example
from claimcheck.checks import all_checks
from claimcheck.claim import DENTAL, DME, INSTITUTIONAL, OUTPATIENT, PROFESSIONAL, SETTINGS, Setting
from claimcheck.config.profile import load_profile
from claimcheck.engine.loop import Engine
from claimcheck.engine.places import NOWHERE, PLACES, place_of
from claimcheck.readers.rows.columns import COLUMNS
from claimcheck.rulebook import Rulebook
from support.command_line import invoke
from support.places import ROOT

HOSPITALS = (OUTPATIENT, INSTITUTIONAL)

NOT_ON_AN_837P = {"type_of_bill", "revenue_code"}
NOT_ON_AN_837I = {
    *("pointers", "ordering_npi", "rendering_taxonomy", "clia", "assumed_care_date", "relinquished_care_date")
}
NOT_ON_PAPER = {"received_date", "line_control"}
NOT_A_VALUE = {"setting"}
"""What other columns imply."""


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_column_has_its_place_in_every_setting(setting: Setting) -> None:
    missing = {name for name in COLUMNS if place_of(setting, name, None, ()).element is None} - NOT_A_VALUE
    no_box = {name for name, place in PLACES[setting].items() if place.box is None}
    if setting == DENTAL:
        assert (missing, no_box) == ({*COLUMNS} - NOT_A_VALUE, set())
    elif setting in HOSPITALS:
        assert (missing, no_box) == (NOT_ON_AN_837I, {*NOT_ON_PAPER, "filing_indicator"})
    else:
        assert (missing, no_box) == (NOT_ON_AN_837P, {*NOT_ON_PAPER, "payer_id", "payer_responsibility"})
    assert {*PLACES[setting]} <= {*COLUMNS}


def fields_named(check: Check) -> set[str]:
    found = [finding for example in check.examples for finding in run_example(check, example)[0]]
    return {finding.field for finding in found if finding.field}


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.id)
def test_what_a_check_names_has_a_place_in_each_of_its_settings(check: Check) -> None:
    fields = fields_named(check)
    for setting in check.settings:
        for field in fields - (NOT_ON_AN_837I if setting in HOSPITALS else NOT_ON_AN_837P):
            place = place_of(setting, field, None, ())
            assert place.element, (setting, field)
            if field in NOT_ON_PAPER:
                continue
            without_a_box = {"filing_indicator": True, "payer_id": False, "payer_responsibility": False}
            assert place.box or without_a_box.get(field) == (setting in HOSPITALS), (setting, field)


def test_every_field_that_the_source_of_a_check_names_is_a_column() -> None:
    folder = Path(claimcheck.checks.__file__).parent
    calls = [node for path in folder.glob("*.py") for node in ast.walk(ast.parse(path.read_text()))]
    named = {
        keyword.value.value
        for call in calls
        if isinstance(call, ast.Call)
        for keyword in call.keywords
        if keyword.arg == "field" and isinstance(keyword.value, ast.Constant)
    }
    assert len(named) > 10
    assert named <= {*COLUMNS}


def test_places_are_written_alike() -> None:
    element = re.compile(
        r"(?:\d{4}[A-Z]{0,2} )?[A-Z0-9]{2,3}\d{2}(?:-\d)?(?: \([A-Z0-9]{2,3}\))?"  # 2400 SV101-3; 2400 REF02 (X4); GS04
    )
    for setting in SETTINGS:
        for place in PLACES[setting].values():
            assert place.element and all(element.fullmatch(one) for one in place.element.split(" / ")), place
            form = r"FL \d{1,2}a?" if setting in HOSPITALS else r"\d{1,2}[a-zA-Z]?"
            assert place.box is None or re.fullmatch(form, place.box), place


@pytest.mark.parametrize(
    ("setting", "field", "element", "box"),
    [
        (PROFESSIONAL, "ordering_npi", "2420E NM109", "17b"),
        (DME, "rendering_npi", "2420A NM109 / 2310B NM109", "24J"),
        (PROFESSIONAL, "units", "2400 SV104", "24G"),
        (OUTPATIENT, "units", "2400 SV205", "FL 46"),
        (OUTPATIENT, "code", "2400 SV202-2", "FL 44"),
    ],
)
def test_some_places(setting: Setting, field: str, element: str, box: str) -> None:
    assert place_of(setting, field, None, ()) == (element, box)


def test_of_modifiers_it_is_the_one_that_was_found() -> None:
    modifiers = ("25", "59", "LT", "GA")
    found = [place_of(PROFESSIONAL, "modifiers", one, modifiers).element for one in modifiers]
    assert found == ["2400 SV101-3", "2400 SV101-4", "2400 SV101-5", "2400 SV101-6"]
    assert place_of(OUTPATIENT, "modifiers", "59", modifiers) == ("2400 SV202-4", "FL 44")
    assert place_of(PROFESSIONAL, "modifiers", "GA LT", modifiers).element == "2400 SV101-5"
    assert place_of(PROFESSIONAL, "modifiers", "XU", modifiers).element == "2400 SV101"
    assert place_of(OUTPATIENT, "modifiers", None, modifiers).element == "2400 SV202"
    assert place_of(PROFESSIONAL, "modifiers", None, ()).element == "2400 SV101-3"
    assert place_of(DENTAL, "modifiers", "59", modifiers) == NOWHERE


def message_of(claim: Claim, finding: Finding) -> EditMessage:
    """The message of a check that finds this."""
    (active,) = (one for one in load_profile("medicare_part_b").chosen(all_checks()) if one.check.id == "NPI")
    check = replace(active.check, function=lambda claim, rulebook: iter([finding]), clean_if=None)
    (message,) = Engine(Rulebook.of(), [replace(active, check=check)], "x").check(claim).messages
    return message


def test_messages_carry_the_place_and_a_finding_may_name_a_more_exact_one() -> None:
    claim = a_claim(a_line("77424", pos="22", day="20240814"))
    found = {message.check: message for message in Checker().check(claim).messages}
    assert (found["STATUS-X"].field, found["STATUS-X"].element) == ("code", "2400 SV101-2")
    assert found["STATUS-X"].box == "24D"
    line = claim.lines[0]
    exact = message_of(claim, Finding("Wrong.", "Fix it.", line, "code", element="2400 K301"))
    assert (exact.field, exact.element, exact.box) == ("code", "2400 K301", "24D")
    whole = message_of(claim, Finding("Wrong.", "Fix it."))
    assert (whole.field, whole.element, whole.box) == (None, None, None)


@pytest.mark.parametrize("format", ["text", "jsonl", "csv", "html"])
def test_every_format_says_where(format: str, tmp_path: Path) -> None:
    demo = str(ROOT / "fixtures" / "837p" / "demo.837")
    shown = invoke("check", demo, "--format", format).stdout
    assert "2400 SV101-2" in shown and "24D" in shown
    if format == "text":
        assert "(item 24D, 2400 SV101-2)" in " ".join(shown.split())
    if format == "jsonl":
        messages = [json.loads(line) for line in shown.splitlines()]
        assert all((message["element"] is None) or message["field"] for message in messages)
