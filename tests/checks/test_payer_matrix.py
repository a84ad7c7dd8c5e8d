"""What a message says to which payer: facts of coding to all, facts of Medicare's coverage to Medicare alone."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

import pytest

from claimcheck import Checker
from claimcheck.authoring.check import Check
from claimcheck.authoring.examples import A_DAY, Example, a_claim, a_line
from claimcheck.checks import all_checks
from claimcheck.claim import ASC, OUTPATIENT, PROFESSIONAL, Claim, Line, Service, Setting
from claimcheck.config.checker import engines_of
from claimcheck.config.configuration import Configuration, Payer, load_configuration
from claimcheck.config.effective import checks_in_force
from claimcheck.config.files import ConfigurationError
from claimcheck.config.profile import load_profile, profile_names
from claimcheck.engine.findings import ActiveCheck, finding_of
from claimcheck.engine.loop import Engine, raise_errors
from claimcheck.message import NOT_MEDICARE, REJECT, WARN, EditMessage, Finding, PayerKind, Severity
from claimcheck.rulebook import CodeDates, Fee, Listed, Mue, NotInForce, Opps, Pair, Place, Rulebook, Rules
from support.judging import IN_2024, STARTER, on_claim, over, said, starter
from support.laws import THOROUGH

MEDICARE = ("medicare_part_b", "medicare_asc", "medicare_opps", "medicare_advantage")
OTHERS = ("medicaid", "medicaid_mco", "commercial", "commercial_other")


# No message says Medicare to a payer that is not, and no remedy there names a modifier of Medicare's notices.

_NAMES_PAYERS = ("FILING",)
"""Checks that tell kinds of payers apart, so that they name each."""

_SAYS_MEDICARE = re.compile(r"\b(Medicare|ABN)\b", re.IGNORECASE)
_OF_NOTICES = re.compile(r"\b(GA|GX|GY|GZ)\b")
_PATIENT = re.compile(r"patient may not be billed|bill the patient|patient may be responsible")


def _claim_of(example: Example) -> Claim:
    subject = example.subject
    return a_claim(Line(subject, example.day.isoformat())) if isinstance(subject, Service) else subject


def _messages(example: Example, chosen: ActiveCheck) -> list[EditMessage]:
    # Examples have Medicare's tables; Medicaid's own are of the same shape.
    options = {**chosen.check.options, **chosen.options, **example.options}
    options |= {"program": "medicare"} if "program" in options else {}
    chosen = replace(chosen, options=options)
    engine = Engine(Rulebook.of(**example.tables), [chosen], "example", on_error=raise_errors)
    return [m for m in engine.check(_claim_of(example)).messages if m.check == chosen.check.id]


def _said_to(kind: PayerKind, check: Check) -> list[EditMessage]:
    """All that a check says in its examples to a payer of a kind, in whatever profile."""
    chosen = ActiveCheck(check, check.severity, check.severity, kind=kind)
    return [message for example in check.examples for message in _messages(example, chosen)]


@pytest.mark.parametrize("check", [c for c in all_checks() if c.id not in _NAMES_PAYERS], ids=lambda check: check.id)
@pytest.mark.parametrize("kind", NOT_MEDICARE)
def test_medicare_is_nothing_to_other_payers(kind: PayerKind, check: Check) -> None:
    found = _said_to(kind, check)
    assert found
    for message in found:
        assert not _SAYS_MEDICARE.search(f"{message.text} {message.remedy}"), message.text
        assert not _OF_NOTICES.search(message.remedy or ""), message.remedy
        assert not _PATIENT.search(f"{message.text} {message.remedy}"), message.remedy


@pytest.mark.parametrize("name", OTHERS)
def test_nothing_in_a_profile_says_medicare_to_other_payers(name: str) -> None:
    spoken = set()
    for chosen in load_profile(name).chosen(all_checks()):
        if chosen.check.id in _NAMES_PAYERS:
            continue
        for message in (m for example in chosen.check.examples for m in _messages(example, chosen)):
            assert not _SAYS_MEDICARE.search(f"{message.text} {message.remedy}"), message.text
            assert not _OF_NOTICES.search(message.remedy or ""), message.remedy
            spoken.add(message.check)
    assert {"MUE-LINE", "PTP-1", "STATUS-B", "GLB-25", "AOC-1", "ASST"} <= spoken


@pytest.mark.parametrize("name", MEDICARE)
def test_profiles_of_medicare_say_whose_they_are(name: str) -> None:
    assert load_profile(name).kind.startswith("medicare")


@pytest.mark.parametrize("name", OTHERS)
def test_profiles_of_others_say_whose_they_are(name: str) -> None:
    assert load_profile(name).kind == ("follows_cms" if name in ("medicaid", "commercial") else "other")


def _text(profile: str, check: str, *written: str, **fields: Any) -> tuple[str, str | None]:
    found = starter(profile).checker.check(on_claim(*written, **fields)).messages
    (message,) = [m for m in found if m.check == check]
    return message.text, message.remedy


def test_what_is_adopted_says_from_whom() -> None:
    alone = "3 units of 71046 billed for this date; MUE is 2 (MAI 3, clinical)."
    text, remedy = _text("commercial", "MUE-DOS", "71046 x3")
    assert text == f"NCCI MUE, which payers that follow CMS apply: {alone}"
    assert remedy and remedy.startswith("Verify units against the record.")
    for name in ("medicare_part_b", "medicare_advantage"):
        assert _text(name, "MUE-DOS", "71046 x3") == (alone, remedy)
    absolute = "No modifier overrides it. Correct the units or remove the line"
    assert _text("commercial", "MUE-DOS", "77424 x2", pos="22")[1] == f"{absolute}."
    assert _text("medicare_part_b", "MUE-DOS", "77424 x2", pos="22")[1] == f"{absolute}; do not bill the patient."


def test_a_pair_says_whether_the_payer_follows_ncci() -> None:
    def text(profile: str, indicator: Literal["0", "1"]) -> str:
        chosen = {c.check.id: c for c in load_profile(profile).chosen(all_checks())}[f"PTP-{indicator}"]
        book = Rulebook.of(pairs={"20610-11721": Pair(indicator)}, visits={})
        engine = Engine(book, [replace(chosen, options={})], profile)  # Medicaid has pairs of its own
        (message,) = engine.check(a_claim(a_line("20610"), a_line("11721"))).messages
        return message.text

    follows = "NCCI edit, which this payer follows: 11721 bundles into 20610; "
    may = "NCCI edit, which this payer may follow: 11721 bundles into 20610; "
    for profile, begins in (
        ("commercial", follows),
        ("medicaid", follows),
        ("commercial_other", may),
        ("medicaid_mco", may),
    ):
        assert text(profile, "1") == f"{begins}a modifier is allowed."
        assert text(profile, "0") == f"{begins}no modifier overrides it."
    assert "payer" not in text("medicare_part_b", "1") + text("medicare_advantage", "0")


def test_a_wording_keeps_what_is_added_to_the_text() -> None:
    """That of another claim, and that the other line is rejected itself."""
    checker = over("commercial", pairs={"20610-11721": Pair("1")}).checker
    day = {"day": "20240814"}
    one = on_claim("20610", claim={"patient_id": "P"}, **day)._replace(claim_id="A")
    two = on_claim("11721", claim={"patient_id": "P"}, **day)._replace(claim_id="B")
    (message,) = [m for m in checker.run([one, two]) if m.check == "PTP-1"]
    assert message.text == (
        "NCCI edit, which this payer follows: 11721 bundles into 20610; a modifier is allowed. See line 1 of claim A "
        "of 2024-08-14."
    )
    rejected = over("commercial", pairs={"20610-11721": Pair("1")}, mue={"20610": Mue(1, 2)}).checker
    (message,) = [m for m in rejected.check(on_claim("20610 x2", "11721")).messages if m.check == "PTP-1"]
    assert message.severity == "warn" and message.text.endswith(
        "The other line is also rejected; if it is removed, this edit clears."
    )
    assert message.text.startswith("NCCI edit, which this payer follows: 11721 bundles into 20610; ")


def test_a_plan_of_medicare_advantage_may_cover_more() -> None:
    assert _text("medicare_advantage", "STATUS-N", "99396") == (
        "99396 is not covered by original Medicare (status N); the plan may cover it.",
        "Verify that the payer covers the service.",
    )
    text, remedy = _text("medicare_advantage", "STATUS-I", "99417")
    assert text == "99417 is not valid for original Medicare (status I); the plan may accept it."
    assert (
        remedy
        and "GY" not in remedy
        and remedy.endswith("G2212 with 99205, 99215 or 99483; G0318 with 99345 or 99350.")
    )
    text, remedy = _text("medicare_part_b", "STATUS-N", "99396")
    assert text == "99396 is not covered by Medicare (status N)." and "GY" in (remedy or "")


# The examples of payers.

_WELL: dict[str, dict[str, Any]] = {
    "fee": {code: Fee("N", "9") for code in ("99392", "99396", "99397", "92015")}
    | {"99243": Fee("I", "9"), "90460": Fee(), "90461": Fee(global_days="ZZZ"), "90707": Fee("E", "9")},
    "opps": {"99397": Opps("E1"), "92015": Opps("E1"), "99243": Opps("E1"), "90707": Opps("N"), "J0390": Opps("N")},
    "mue": {code: Mue(0, 3, "CMS Policy") for code in ("99392", "99396", "99397", "92015", "99243")}
    | {"90460": Mue(9, 3), "90461": Mue(8, 3), "90707": Mue(1, 2), "G0439": Mue(1, 2)},
    "pairs": {"90460-99392": Pair("1")},
    "visits": dict.fromkeys(("99392", "99396", "99397", "99243"), Listed()),
    "age_bands": {},
    "add_ons": {},
}
_ANNUAL = {"G0439": Fee(), **_WELL["fee"]}


def test_an_advantage_plan_and_a_preventive_visit() -> None:
    plan = over("medicare_advantage", **{**_WELL, "fee": _ANNUAL})
    assert said(plan, "G0439", "99397-25") == ["2 STATUS-N inform"]
    assert said(plan, "92015") == ["1 STATUS-N inform"]
    assert said(plan, "99243") == ["1 STATUS-I warn"]


def test_one_finding_one_message() -> None:
    part_b = over("medicare_part_b", **{**_WELL, "fee": _ANNUAL})
    assert said(part_b, "99397") == ["1 STATUS-N reject*"]
    assert said(part_b, "99243") == ["1 STATUS-I reject"]
    assert said(starter("medicare_part_b"), "99000") == ["1 STATUS-B reject"]


def test_a_commercial_well_visit_has_nothing() -> None:
    commercial = over("commercial", **_WELL)
    assert said(commercial, "99392-25", "90460 x2", "90461 x2", "90707", ndc="00006468100") == []
    assert said(commercial, "99392", "90460", "90707") == ["1 PTP-1 reject"]
    assert said(commercial, "99392-25", "90460", "90707") == []
    for profile in OTHERS:
        assert "STATUS" not in str(said(over(profile, **_WELL), "99392-25", "90460"))


@pytest.mark.parametrize("code", ["T1015", "S9083"])
@pytest.mark.parametrize("profile", OTHERS)
def test_codes_of_other_payers_are_theirs(code: str, profile: str) -> None:
    judge = over(profile, fee={code: Fee("I", "9")}, mue={code: Mue(0, 3, "CMS Policy")}, opps={})
    assert not [one for one in said(judge, code) if "NOT-JUDGED" not in one]
    commercial = over("commercial", fee={code: Fee("I", "9")}, mue={code: Mue(0, 3, "CMS Policy")}, opps={})
    assert said(commercial, code) == []


@pytest.mark.parametrize("profile", ["medicaid", "medicaid_mco"])
def test_dental_codes_are_medicaids_bread(profile: str) -> None:
    assert "STATUS" not in str(said(starter(profile), "D0120"))
    assert said(starter("medicare_part_b"), "D0120")[-1] == "1 STATUS-R warn"


def test_units_of_a_drug_are_limited_in_a_plan_as_in_part_b() -> None:
    for profile in ("medicare_part_b", "medicare_advantage"):
        assert "1 MUE-DOS reject*" in said(starter(profile), "J1885 x20")


def test_a_drug_that_is_no_longer_made() -> None:
    def of(profile: str) -> list[str]:
        discontinued = {"J0390": Mue(0, 3, "Drug discontinued")}
        judge = over(
            profile,
            fee={"J0390": Fee("E", "9")},
            opps={"J0390": Opps("N")},
            mue=discontinued,
            single_dose_drugs={},
        )
        return [one for one in said(judge, "J0390", ndc="00024007901") if "NOT-JUDGED" not in one]

    assert of("medicare_part_b") == ["1 MUE-ZERO reject"]
    assert of("medicare_advantage") == ["1 MUE-ZERO reject*"]
    assert of("commercial") == ["1 MUE-ZERO warn"]
    assert of("commercial_other") == ["1 MUE-ZERO inform"]


@pytest.mark.parametrize(
    ("rationale", "expected"),
    [
        ("CMS Policy", ["reject", None, None, None]),
        ("Drug discontinued", ["reject", "reject*", "warn", "inform"]),
        ("Oral Medication; Not Payable", ["reject", None, None, None]),
        ("Compounded Drug Policy", ["reject", None, None, None]),
        ("Clinical: CMS Workgroup", ["reject", "warn", None, None]),
        ("Published Contractor Policy", ["reject", "warn", None, None]),
        ("Nature of Equipment", ["reject", "warn", None, None]),
        ("", ["reject", None, None, None]),
    ],
)
def test_why_a_limit_is_zero(rationale: str, expected: list[str | None]) -> None:
    for profile, verdict in zip(
        ("medicare_part_b", "medicare_advantage", "commercial", "commercial_other"), expected, strict=True
    ):
        judge = over(profile, mue={"20610": Mue(0, 3, rationale)})
        assert said(judge, "20610-LT") == ([f"1 MUE-ZERO {verdict}"] if verdict else []), profile


@pytest.mark.parametrize("profile", ["medicaid", "medicaid_mco"])
def test_medicaids_own_zero_stays_a_reject(profile: str) -> None:
    """Whatever reason Medicare's table gives, and whatever the fee schedule's status informs of."""
    tables = Rulebook.of(
        fee={"36000": Fee("B"), "99397": Fee("N")}, medicaid_mue_practitioner={"36000": Mue(0), "99397": Mue(0)}
    )
    checker = Checker(tables, profile, select=["STATUS", "MUE-ZERO"])
    found = [f"{m.check} {m.severity}" for m in checker.check(a_claim(a_line("36000"), a_line("99397"))).messages]
    assert [one for one in found if "NOT-JUDGED" not in one] == [
        *("STATUS-B inform", "MUE-ZERO reject", "MUE-ZERO reject")
    ]


# A limit of zero where a status speaks.


def _ids(checker: Checker, *written: str) -> list[str]:
    return [f"{m.check} {m.severity}" for m in checker.check(on_claim(*written)).messages]


def test_a_status_that_is_off_does_not_silence_a_limit_of_zero() -> None:
    book = starter().checker.rulebook
    assert _ids(Checker(book), "99000") == ["STATUS-B reject"]
    assert _ids(Checker(book, ignore=["STATUS"]), "99000") == ["MUE-ZERO reject"]
    assert _ids(Checker(book, select=["MUE-ZERO"]), "99000") == ["MUE-ZERO reject"]
    assert _ids(Checker(book, select=["STATUS"]), "99000") == ["STATUS-B reject"]
    lowered = Configuration(severity={"STATUS-B": "inform"})
    assert _ids(Checker(book, configuration=lowered), "99000") == ["STATUS-B inform"]


@pytest.mark.parametrize("profile", profile_names())
def test_no_line_has_both_a_status_and_a_limit_of_zero(profile: str) -> None:
    """Of the codes that have a limit of zero; no other check runs, which could silence one of the two."""
    checker = Checker(starter().checker.rulebook, profile, select=["STATUS", "MUE-ZERO"], on_error=raise_errors)
    spoken: set[str] = set()
    setting = _setting_of(checker)
    rules = checker.rulebook.on(A_DAY)
    codes = [str(code) for code in sorted(STARTER.keys("mue_practitioner"))]
    for code in (code for code in codes if _limit(rules, code, setting) == 0):
        for pos in ("11", "22"):
            severities = _said(checker, code, pos, setting)
            zero = severities.get("MUE-ZERO")
            statuses = [severity for check, severity in severities.items() if check.startswith("STATUS")]
            # A few codes of status C or R have a limit of 0: that rejects, where the status only warns.
            assert not zero or all(RANKS[status] < RANKS[zero] for status in statuses), code
            spoken |= severities.keys()
    assert "MUE-ZERO" in spoken or profile not in ("medicare_part_b", "medicare_asc", "medicare_opps")


RANKS = {"inform": 0, "warn": 1, "reject": 2}


def _limit(rules: Rules, code: str, setting: Setting) -> int | None:
    try:
        limit = rules.mue(code, setting)
    except NotInForce:
        return None
    return limit.units if limit else None


def _setting_of(checker: Checker) -> Setting:
    """The setting of the claims that a checker's profile is for."""
    settings: dict[str, Setting] = {"medicare_asc": ASC, "medicare_opps": OUTPATIENT}
    return settings.get(engines_of(checker).engine_for(on_claim("99213")).profile, PROFESSIONAL)


def _said(checker: Checker, code: str, pos: str, setting: Setting) -> dict[str, str]:
    chosen: dict[str, Any] = {"setting": setting} if setting != PROFESSIONAL else {}
    return {m.check: m.severity for m in checker.check(on_claim(code, pos=pos, **chosen)).messages}


def test_a_status_silences_its_own_line_alone_and_each_time_anew() -> None:
    judge = over(mue={"99000": Mue(0, 3), "20610": Mue(0, 3)}, pairs={})
    expected = ["1 STATUS-B reject", "2 MUE-ZERO reject"]
    for _ in range(3):  # remembered verdicts say the same
        assert said(judge, "99000", "20610-LT") == expected
    assert said(judge, "20610-LT") == ["1 MUE-ZERO reject"]


def test_what_is_silent_rejects_no_other_line() -> None:
    """The line beside it is soft alone: so is the pair's verdict."""
    tables: dict[str, Any] = {
        "fee": {"99397": Fee("N", "9"), "96372": Fee(pctc="5")},
        "mue": {"99397": Mue(0, 3), "96372": Mue(5, 3)},
    }
    judge = over(**tables, pairs={"99397-96372": Pair("0")}, visits={}, opps={}, age_bands={})
    assert said(judge, "99397", "96372") == ["1 STATUS-N reject*", "2 PTP-0 reject"]


def test_findings_yield_to_checks_that_ran_before() -> None:
    steps = {check.id: check.step for check in all_checks()}
    assert max(step for id, step in steps.items() if id.startswith("STATUS-")) < steps["MUE-ZERO"]


def test_a_service_check_yields_to_none() -> None:
    check = next(check for check in all_checks() if check.reach == "SERVICE")
    with pytest.raises(ValueError, match="cannot yield"):
        finding_of(ActiveCheck(check, REJECT, REJECT), Finding("", "", yields_to=("STATUS",)))


# Single cells.


@pytest.mark.parametrize(
    ("profile", "lines", "expected"),
    [
        ("medicare_advantage", ("3100F for 9",), "STATUS-I inform"),
        ("medicare_part_b", ("3100F for 9",), "STATUS-I warn"),
        ("commercial", ("3100F for 9",), None),
        ("commercial", ("99000",), "STATUS-B inform"),
        ("commercial", ("36000",), "STATUS-B warn"),
        ("medicaid", ("36000",), "STATUS-B inform"),
        ("commercial", ("77424",), "STATUS-X warn"),
        ("medicare_advantage", ("77424",), "STATUS-X warn"),
        ("medicare_part_b", ("77424",), "STATUS-X reject"),
        ("commercial", ("77424-51",), "MULT-51 inform"),
        ("medicare_advantage", ("77424-51",), "MULT-51 inform"),
        ("medicare_part_b", ("77424-51",), "MULT-51 warn"),
        ("commercial", ("19294-51",), "MULT-51 warn"),
        ("medicaid", ("19294-51",), None),
        ("medicaid", ("20610-LT-RT",), "MOD-CONFLICT warn"),
        ("medicaid", ("20610-50-RT",), "MOD-CONFLICT warn"),
        ("medicaid", ("77424-26-TC",), "MOD-CONFLICT reject"),
        ("commercial", ("20610-LT-RT",), "MOD-CONFLICT reject*"),
        ("commercial", ("45378-80",), "ASST reject*"),
        ("medicare_part_b", ("45378-80",), "ASST reject"),
        ("commercial", ("19301-62",), "COSURG reject*"),
        ("commercial", ("19301-66",), "TEAM reject*"),
        ("medicare_part_b", ("27447-50 x2",), "BILAT-UNITS reject*"),
        ("medicare_part_b", ("20610-50 x2",), "BILAT-UNITS warn"),
        ("commercial", ("20610-50 x2",), "BILAT-UNITS warn"),
        ("medicare_part_b", ("90686-SL for 0",), None),
        ("medicare_part_b", ("20610-LT for 0",), "CHG warn"),
    ],
)
def test_cells(profile: str, lines: tuple[str, ...], expected: str | None) -> None:
    family = {"POS-TYPE", "STATUS-I", "STATUS-B", "STATUS-X", "MULT-51", "MOD-CONFLICT", "ASST", "COSURG", "TEAM"}
    family |= {"BILAT-UNITS", "CHG"}
    wanted = expected.split()[0] if expected else None
    found = [one.split(" ", 1)[1] for one in said(starter(profile), *lines, pos="11")]
    if expected:
        assert [one for one in found if one.split()[0] == wanted] == [expected]
    else:
        assert not [one for one in found if one.split()[0] in family], found


def test_only_part_b_has_a_contractor_for_supplies() -> None:
    for profile, expected in (("medicare_part_b", ["1 POS-TYPE warn"]), ("medicare_advantage", []), ("commercial", [])):
        judge = over(profile, fee={"A4253": Fee("X")}, opps={"A4253": Opps("Y")}, mue={"A4253": Mue(3, 3)})
        assert said(judge, "A4253") == expected


def test_a_duplicate_says_first_to_add_the_units() -> None:
    _, remedy = _text("medicare_part_b", "DUP-LINE", "20610-LT", "20610-LT")
    assert remedy == (
        "Add the units to line 1 if one service was done 2 times; otherwise remove this line, or append 76, 77, 91 "
        "or 59 if repeated and documented."
    )


@pytest.mark.parametrize("profile", OTHERS)
def test_a_check_that_is_off_leaves_no_line_unjudged(profile: str) -> None:
    """The fee schedule's and OPPS's statuses are asked of nothing where no check wants them."""
    off = {check.id for check in all_checks()} - {c.check.id for c in load_profile(profile).chosen(all_checks())}
    tables = {"modifiers": {}, "places": {"11": Place()}}
    outcome = Checker(Rulebook.of(**tables), profile).check(a_claim(a_line("99213")))
    waiting = {m.text for m in outcome.messages if m.check == "NOT-JUDGED"}
    assert off and not [id for id in off if any(re.search(rf"\b{id}\b", text) for text in waiting)]


def test_a_table_that_only_a_check_that_is_off_wants_is_not_missed() -> None:
    """The OPPS list decides STATUS-E and STATUS-X's doubts alone; commercial payers ask neither."""
    tables: dict[str, Any] = {"fee": {"A9155": Fee("E", "9")}, "mue": {"A9155": Mue(5, 3)}}

    def told(profile: str) -> list[str]:
        return said(over(profile, **tables), "A9155", day=IN_2024)

    assert told("medicare_part_b") == ["1 PARTLY-JUDGED inform"]
    assert told("commercial") == told("commercial_other") == []


# Cases are configured as severities are.


def _with(text: str, tmp_path: Path) -> Checker:
    path = tmp_path / "claimcheck.toml"
    path.write_text(text)
    return Checker(starter().checker.rulebook, configuration=load_configuration(path))


def test_a_payer_raises_or_lowers_a_case(tmp_path: Path) -> None:
    checker = _with(
        """
        [payers."A"]
        profile = "commercial"
        cases.MUE-ZERO.policy = "inform"
        [payers."B"]
        profile = "commercial"
        severity.MUE-ZERO = "reject"
        [payers."C"]
        profile = "commercial"
        severity.MUE = "warn"
        [payers."D"]
        profile = "medicare_part_b"
        cases.MUE = { policy = "soft" }
        soft.MUE-ZERO = "warn"
        ignore = ["STATUS"]
        """,
        tmp_path,
    )

    def of(payer: str) -> list[str]:
        claim = on_claim("99396", claim={"payer_id": payer})
        return [m.severity for m in checker.check(claim).messages if m.check == "MUE-ZERO"]

    assert of("A") == ["inform"]
    assert of("B") == ["reject"]  # the id of a check is said of all its cases
    assert of("C") == []  # a group raises nothing
    assert of("D") == ["warn"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            'cases.MUE-ZERO.polcy = "off"',
            "[cases.MUE-ZERO] polcy: MUE-ZERO has no such case, expected one of ",
        ),
        ('cases.MUE-DOS.policy = "off"', "[cases.MUE-DOS] policy: MUE-DOS has no cases"),
        ('cases.MUEE.policy = "off"', "did you mean MUE"),
        ('cases.MUE-ZERO.policy = "never"', "[cases.MUE-ZERO] policy"),
    ],
)
def test_a_case_that_is_not_is_an_error(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(complaint)):
        _with(text, tmp_path)


def test_a_check_names_its_cases() -> None:
    check = next(check for check in all_checks() if check.id == "MUE-ZERO")
    with pytest.raises(ValueError, match="has no case 'polcy'"):
        finding_of(ActiveCheck(check, REJECT, REJECT), Finding("", "", case="polcy"))


def test_a_soft_severity_is_lowered_by_what_is_said_of_soft_rejects() -> None:
    claim = on_claim("45378-80")
    book = starter().checker.rulebook
    lowered: dict[str, Severity] = {"ASST": WARN}
    for soft, severity in (({}, "reject"), (lowered, "warn")):
        configured = Configuration(payers={"*": Payer(profile="commercial", soft=soft)})
        found = Checker(book, configuration=configured).check(claim).messages
        assert [m.severity for m in found if m.check == "ASST"] == [severity]


def test_the_starter_book_knows_why_its_zeros_are() -> None:
    rows = starter().checker.rulebook.on(date(2024, 8, 14))
    for code in ("99000", "99396", "A9270", "G0463", "A4253", "L3908"):
        row = rows.mue(code, "professional")
        assert isinstance(row, Mue) and (row.units, row.rationale) == (0, "CMS Policy")


# More than the examples: codes of every kind of the starter book, with modifiers that checks speak of.

_MODIFIERS = ("", "-26", "-TC", "-50", "-51", "-53", "-59", "-62", "-66", "-80", "-25", "-57", "-54", "-GY", "-GA-GY")


def _codes() -> list[str]:
    """Every code of the starter book's fee schedule; of Level II, three of those of which the tables say the same, but
    where there is time."""
    codes = sorted({key[0] for key in STARTER.keys("fee_schedule") if not key[1]})
    rules = starter().checker.rulebook.on(A_DAY)
    alike: dict[object, list[str]] = {}
    for code in codes:
        fee, opps, asc = rules.fee(code), rules.opps(code), rules.asc(code)
        limit = _limit(rules, code, PROFESSIONAL)
        said = (
            fee._replace(source="") if fee else None,
            opps.status if opps else None,
            asc[:2] if asc else None,
            min(limit, 4) if limit is not None else None,
        )
        alike.setdefault(code if THOROUGH or code[0].isdigit() else said, []).append(code)
    return sorted(code for group in alike.values() for code in {group[0], group[len(group) // 2], group[-1]})


@pytest.mark.parametrize("profile", OTHERS)
def test_no_claim_of_another_payer_is_told_of_medicare(profile: str) -> None:
    checker = starter(profile).checker
    spoken: set[str] = set()
    for code in _codes():
        for place in ("11", "22"):
            claim = on_claim(*(f"{code}{modifiers} x3" for modifiers in _MODIFIERS), pos=place, charge="0")
            for message in checker.check(claim).messages:
                assert not _SAYS_MEDICARE.search(f"{message.text} {message.remedy}"), message.text
                assert not _OF_NOTICES.search(message.remedy or ""), message.remedy
                spoken.add(message.check)
    assert len(spoken) > 20


def test_the_configuration_shows_cases(tmp_path: Path) -> None:
    checker = _with('profile = "medicare_advantage"\ncases.STATUS-X.unclear = "off"\n', tmp_path)
    (shown,) = [value for value in checks_in_force(checker, None, None, PROFESSIONAL) if value.check == "STATUS-X"]
    assert (shown.severity, shown.cases) == ("warn", {"unclear": "off"})
    assert f"cases: {tmp_path / 'claimcheck.toml'} (STATUS-X)" in shown.origin


# Two edits that report one finding.


INVALID_AND_ZERO: dict[str, Any] = {"fee": {"77424": Fee("I")}, "mue": {"77424": Mue(0, 2)}}


@pytest.mark.parametrize(
    ("configured", "told"),
    [
        ("", [("STATUS-I", "reject")]),
        ('severity.STATUS-I = "off"', [("MUE-ZERO", "reject")]),
        ('severity.STATUS = "inform"', [("STATUS-I", "inform")]),
        ('waivers = "waivers.csv"', [("STATUS-I", "inform")]),
    ],
)
def test_one_finding_is_lowered_or_waived_once(configured: str, told: list[tuple[str, str]], tmp_path: Path) -> None:
    """Who prices the code all the same is not told of it again by its limit of zero."""
    (tmp_path / "waivers.csv").write_text("check,code,reason,who,until\nSTATUS-I,77424,looked at,me,2034-01-01\n")
    (tmp_path / "claimcheck.toml").write_text(configured)
    book = over(**INVALID_AND_ZERO).checker.rulebook
    configuration = load_configuration(tmp_path / "claimcheck.toml")
    checker = Checker(book, "medicare_part_b", select=["STATUS", "MUE"], configuration=configuration)
    for _ in range(2):  # as it is first judged, and as it is remembered
        outcome = checker.check(on_claim("77424", pos="22", day=IN_2024))
        assert [(m.check, m.severity) for m in outcome.messages] == told


@pytest.mark.parametrize(("status", "told"), [("C", "inform"), ("R", "warn")])
def test_a_finding_that_only_warns_or_informs_hides_no_reject(status: str, told: str) -> None:
    judge = over("medicare_part_b", fee={"0582T": Fee(status, "0")}, mue={"0582T": Mue(0, 3)}, opps={})
    found = said(judge, "0582T", pos="22")
    assert "1 MUE-ZERO reject" in found and f"1 STATUS-{status} {told}" in found


def test_a_code_that_is_denied_mildly_is_judged_by_the_tables() -> None:
    """Lowered, an invalid code does not keep the other edits from the line."""
    tables: dict[str, Any] = {"codes": {"J1030": CodeDates(date(1982, 1, 1), date(2024, 3, 31))}, **INVALID_AND_ZERO}
    tables["fee"] = {"J1030": Fee("I")}
    tables["mue"] = {"J1030": Mue(1, 2)}
    book = over(**tables).checker.rulebook
    lowered = Configuration(severity={"FMT-ENDED": "inform"})
    outcome = Checker(book, "medicare_part_b", configuration=lowered).check(on_claim("J1030 x50", day="20240814"))
    assert {"FMT-ENDED", "STATUS-I", "MUE-DOS"} <= set(outcome.checks)
    assert outcome.dispositions == ["rejected"]
