"""The status of the fee schedule: what it makes of a line, in which place, for which payer."""

import csv
import io
import re
import zipfile
from datetime import date
from typing import Any

import pytest

from claimcheck import Checker, Rulebook
from claimcheck.authoring.examples import A_PHYSICIAN, a_claim, a_line
from claimcheck.checks.status import _MEDICARE_CODES
from claimcheck.rulebook import Fee, Mue, Opps
from support.judging import STARTER, over, said, starter
from support.published import CMS, needs_cms

BOOK = starter()
HOSPITAL: dict[str, Any] = {"pos": "22"}


def test_status_i() -> None:
    """status#status-i: REJECT (Medicare); code ending in F: INFORM, WARN if charge > 0.01."""
    assert said(BOOK, "99215", "99417") == ["2 STATUS-I reject"]
    assert said(BOOK, "99215", "99417 for 0.01") == ["2 STATUS-I reject"]
    assert said(BOOK, "3100F for 0.01") == ["1 STATUS-I inform"]
    assert said(BOOK, "3100F for 0.02") == ["1 STATUS-I warn"]


@pytest.mark.parametrize(
    ("line", "profile", "expected"),
    [
        (line, profile, verdict)
        for line, verdicts in (
            ("99417", ("reject", "warn", None, None)),
            ("77424", ("reject", "warn", None, "warn")),
            ("A4253", ("reject", "warn", None, "inform")),
            ("A9270", ("reject*", "inform", None, None)),
            ("J9999", ("warn", "inform", None, None)),
        )
        for profile, verdict in zip(
            ("medicare_part_b", "medicare_advantage", "medicaid", "commercial"), verdicts, strict=True
        )
    ],
)
def test_what_a_status_means_to_which_payer(line: str, profile: str, expected: str | None) -> None:
    """What the fee schedule's status means to which payer: coverage is Medicare's own."""
    rows = {"99417": "I", "77424": "X", "A4253": "P", "A9270": "N", "J9999": "E"}
    book = over(
        profile,
        fee={code: Fee(status, "9") for code, status in rows.items()},
        opps={"77424": Opps("J1"), "J9999": Opps("E1")},
    )
    found = [one for one in said(book, line, pos="22") if "STATUS" in one]
    assert found == ([f"1 STATUS-{rows[line]} {expected}"] if expected else [])


@pytest.mark.parametrize(
    ("line", "expected", "fields"),
    [
        ("85025", [], {"clia": "36D0712345"}),
        ("80053", ["1 QW warn"], {"clia": "36D0712345"}),  # whether the laboratory has a waiver alone is unknown
        ("36415", [], {}),
        ("A0425-RH x12", ["1 AMB-BASE warn"], {"pos": "41"}),
        ("J1885 x2", ["1 PARTLY-JUDGED inform"], {}),  # whether its container is of a single dose is unknown
        ("J3301 x4", [], {}),
        ("90686", ["1 VAX-PAIR inform"], {}),
        ("G0008", ["1 VAX-PAIR inform"], {}),
        ("Q4010", [], {}),
    ],
)
def test_status_x_and_e_are_not_rejected_as_such(line: str, expected: list[str], fields: dict[str, Any]) -> None:
    """MPFS status X/E auto-reject (kills labs, ambulance, drugs)."""
    assert STARTER.on(date(2025, 3, 10)).fee(line[:5]).status in ("X", "E")  # type: ignore[union-attr]
    assert said(BOOK, line, **fields) == expected


def test_status_x_of_what_only_a_facility_furnishes_is_rejected() -> None:
    """MPFS status X/E auto-reject; and never rejecting status X is as naive."""
    assert said(BOOK, "77424", **HOSPITAL) == ["1 STATUS-X reject"]


def test_reporting_codes_pass() -> None:
    """99024/Cat II rejected."""
    for charge in ("0.00", "0.01"):
        assert said(BOOK, f"99024 for {charge}") == ["1 STATUS-B inform"]
        assert said(BOOK, f"3100F for {charge}") == ["1 STATUS-I inform"]
        assert said(BOOK, f"G8427 for {charge}") == ["1 STATUS-M inform"]
    assert said(BOOK, "3100F for 0.02") == ["1 STATUS-I warn"]
    assert said(BOOK, "G8427 for 0.02") == ["1 STATUS-M warn"]
    assert said(BOOK, "99417 for 0.00")[-1] == "1 STATUS-I reject"


def test_status_t_is_paid_alone() -> None:
    """T-status always or never rejected."""
    no_pairs = over(pairs={})
    other = a_line("99213", rendering_npi=A_PHYSICIAN, rendering_taxonomy="2086S0122X")
    assert said(no_pairs, "96523") == []
    assert said(no_pairs, "96523", "99213") == ["1 STATUS-T reject"]
    assert said(no_pairs, "96523-59", "99213-25") == ["1 STATUS-T reject"]
    assert said(no_pairs, "96523", "36415") == []  # status X: not of the fee schedule
    assert said(no_pairs, "96523", other) == []
    assert said(no_pairs, "96523", a_line("99213", day="20250311")) == []


@pytest.mark.parametrize(
    ("code", "day", "remedy"),
    [
        ("99417", "20250310", "Report G2212 with 99205, 99215 or 99483; G0318 with 99345 or 99350."),
        ("99417", "20220310", "Report G2212 with 99205, 99215 or 99483."),
        ("97014", "20250310", "Report G0283."),
        ("99243", "20250310", "Report the office visit by its level (99202 to 99215)."),
        ("80320", "20250310", "Report G0480 to G0483 or G0659, by the drug classes tested."),
        ("90863", "20250310", "Report the code that Medicare uses for this service."),
    ],
)
def test_the_code_that_medicare_has_instead_is_named_where_it_is_valid_that_day(
    code: str, day: str, remedy: str
) -> None:
    fee = {one: Fee("A") for one in ("99202", "99215", "G2212", "G0283")} | {code: Fee("I")}
    fee |= {one: Fee("X") for one in ("G0480", "G0659")}
    fee |= {"G0318": Fee("A")} if day > "2023" else {}
    checker = Checker(Rulebook.of(fee=fee), "medicare_part_b", select=["STATUS-I"])
    (message,) = [m for m in checker.check(a_claim(a_line(code, day=day))).messages if m.check == "STATUS-I"]
    assert message.remedy == remedy


def test_one_cause_is_told_once_for_a_code_that_is_not_covered() -> None:
    """Medicare's MUE of 0 for 99396 restates its status N."""
    book = Rulebook.of(fee={"99396": Fee("N")}, mue={"99396": Mue(0, 3, "CMS Policy")}, visits={})
    found = Checker(book, "medicare_part_b").check(a_claim(a_line("99396"))).messages
    assert [m.check for m in found if m.severity == "reject"] == ["STATUS-N"]
    assert "MUE-ZERO" not in [m.check for m in found]


@needs_cms
def test_what_medicare_has_instead_is_no_guess() -> None:
    """Every code of the list has status I in the fee schedule of January 2025, and its Medicare codes are valid."""
    with zipfile.ZipFile(CMS / "rvu" / "rvu25a-updated-01_10_2025.zip") as packed:
        (name,) = (n for n in packed.namelist() if re.search(r"PPRRVU.*\.csv$", n, re.IGNORECASE))
        rows = csv.reader(io.TextIOWrapper(packed.open(name), "latin-1"))
        status = {row[0]: row[3] for row in rows if len(row) > 3 and not row[1]}
    instead = {code for codes in _MEDICARE_CODES.values() for one in codes for code in one.codes}
    assert {status.get(code) for code in _MEDICARE_CODES} <= {"I", None}  # None: deleted by then, as 99241 is
    assert {code for code in _MEDICARE_CODES if code not in status} <= {"99241", "99251"}
    assert {status[code] for code in instead} <= {"A", "C", "X"}
