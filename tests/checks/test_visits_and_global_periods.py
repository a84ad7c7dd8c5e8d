"""Visits and global periods: which visits a procedure includes, and which modifier says otherwise."""

from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import pytest

from claimcheck.authoring.examples import A_PHYSICIAN, a_line
from claimcheck.rulebook import Fee, Pair
from support.judging import IN_2024, over, said, starter

ELSEWHERE = ("90791", "90792", "G0101", "G0175", "G0245", "G0246", "G0402", "G0438", "G0439", "G0463", "G0380", "G0384")
BOOK = starter()
OTHER_SURGEON: dict[str, Any] = {"rendering_npi": A_PHYSICIAN, "rendering_taxonomy": "2086S0122X"}
NO_PAIRS = over(pairs={})


EM_GLOBAL = (
    *("92012", "92014", "99211", "99212", "99213", "99214", "99215", "99221", "99222", "99223", "99231", "99232"),
    *("99233", "99234", "99235", "99236", "99238", "99239", "99291", "99292", "99304", "99305", "99306", "99307"),
    *("99308", "99309", "99310", "99315", "99316", "99347", "99348", "99349", "99350"),
)


NOT_GLOBAL = (
    *("92002", "92004", "99202", "99203", "99204", "99205", "99281", "99282", "99283", "99284", "99285"),
    *("99341", "99342", "99344", "99345", "99385", "99396", "99421", "99446", "99495", "99497"),
)


@lru_cache(maxsize=20)
def _with_procedure(visit: str, global_days: str, status: str = "A") -> Any:
    rows = {visit: Fee(), "20610": Fee(status, global_days=global_days)}
    return over(fee=rows, mue={}, pairs={}, add_ons={}, opps={})


@pytest.mark.parametrize("visit", [*EM_GLOBAL, *NOT_GLOBAL])
def test_visits_of_global_periods(visit: str) -> None:
    """global-periods#visits-in-the-package (33): 92012 92014 · 99211–99215 · 99221–99223 99231–99236 99238 99239 ·
    99291 99292 · 99304–99310 99315 99316 · 99347–99350, used by GLB-25 and GLB-57."""
    assert len(EM_GLOBAL) == 33
    included = visit in EM_GLOBAL
    for days, check in (("000", "GLB-25"), ("010", "GLB-25"), ("090", "GLB-57"), ("XXX", ""), ("ZZZ", ""), ("MMM", "")):
        expected = [f"1 {check} reject"] if check and included else []
        assert said(_with_procedure(visit, days), visit, "20610-LT", pos="12") == expected


@pytest.mark.parametrize("visit", [*EM_GLOBAL, *NOT_GLOBAL, *ELSEWHERE])
def test_visits_that_take_25(visit: str) -> None:
    """global-periods#visits-that-take-a-modifier: MOD-EM-ONLY passes."""
    for modifier in ("24", "25", "57"):
        found = said(_with_procedure(visit, "XXX"), f"{visit}-{modifier}", pos="12")
        assert [one for one in found if "MOD-EM-ONLY" in one] == []


def test_visit_on_the_day_of_a_minor_procedure() -> None:
    """global-periods#minor-procedures: EM-GLOBAL code, same DOS, same rendering NPI as a payable 000/010 procedure,
    without 24, 25, 57 or FT; not if a PTP row for the pair is in force. Same billing NPI + same rendering taxonomy,
    other NPI: WARN."""
    book = _with_procedure("99213", "000")
    assert said(book, "99213", "20610-LT") == ["1 GLB-25 reject"]
    for modifier in ("24", "25", "57", "FT"):
        assert [x for x in said(book, f"99213-{modifier}", "20610-LT") if "GLB-25 " in x] == []
    assert said(book, "99213", a_line("20610-LT", day="20250311")) == []
    for status in "IXNBPEM":
        unpayable = _with_procedure("99213", "000", status)
        assert [x for x in said(unpayable, "99213", "20610-LT") if "GLB" in x] == []
    for status in "ACR":
        payable = _with_procedure("99213", "000", status)
        assert [x for x in said(payable, "99213", "20610-LT") if "GLB" in x] == ["1 GLB-25 reject"]
    colleague: dict[str, Any] = {"rendering_npi": A_PHYSICIAN, "rendering_taxonomy": "207Q00000X"}
    assert said(book, "99213", a_line("20610-LT", **colleague)) == ["1 GLB-25 warn"]
    assert said(book, "99213", a_line("20610-LT", **OTHER_SURGEON)) == []
    assert said(BOOK, "99213", "20610-LT", day=IN_2024) == ["1 PTP-1 reject"]
    ended = over(pairs={"20610-99213": Pair("1", last=date(2025, 3, 9))})
    assert said(ended, "99213", "20610-LT", day="20250309") == ["1 PTP-1 reject"]
    assert said(ended, "99213", "20610-LT", day="20250310") == ["1 GLB-25 reject"]


def test_visit_before_a_major_procedure() -> None:
    """global-periods#major-procedures: EM-GLOBAL code on day 0 of a 090 procedure without 24/25/57/FT: REJECT (or
    PTP-1). Day −1: WARN."""
    surgery = a_line("27447-LT", day="20250310", pos="22")
    for day, expected in (
        ("20250308", []),
        ("20250309", ["1 GLB-57 warn"]),
        ("20250310", ["1 GLB-57 reject"]),
    ):
        assert said(NO_PAIRS, a_line("99213", day=day), surgery) == expected
    assert said(BOOK, "99213", surgery) == ["1 PTP-1 reject"]
    assert said(BOOK, a_line("99213", day="20250309"), surgery) == ["1 GLB-57 warn"]  # a pair is of one day
    for modifier in ("24", "25", "57", "FT"):
        found = said(NO_PAIRS, a_line(f"99213-{modifier}", day="20250310"), surgery)
        assert [x for x in found if "GLB-57 " in x] == []


def test_57_without_a_major_procedure() -> None:
    """global-periods#modifier-57-without-a-major-procedure: 57 and only 000/010 procedures known on DOS and DOS+1:
    WARN."""
    visit = a_line("99213-57")
    minor, next_day = a_line("11721"), a_line("11721", day="20250311")
    major, major_next = a_line("27447-LT", pos="22"), a_line("27447-LT", day="20250311", pos="22")
    assert said(NO_PAIRS, visit, minor) == ["1 GLB-57-MINOR warn"]
    assert said(NO_PAIRS, visit, next_day) == ["1 GLB-57-MINOR warn"]
    assert said(NO_PAIRS, visit, a_line("11721", day="20250312")) == ["1 GLB-57-NONE inform"]
    assert said(NO_PAIRS, visit, minor, major) == []
    assert said(NO_PAIRS, visit, minor, major_next) == []
    assert said(NO_PAIRS, visit) == ["1 GLB-57-NONE inform"]


def test_25_with_a_major_procedure_alone() -> None:
    """global-periods#modifier-25-beside-a-major-procedure: 25, only 090 procedures that day, not 99291/99292:
    INFORM."""
    for visit in ("99213", "99223"):
        assert said(NO_PAIRS, f"{visit}-25", "27447-LT", pos="22") == ["1 GLB-25-MAJOR inform"]
    assert said(NO_PAIRS, "99291-25", "27447-LT", pos="22") == []
    assert said(NO_PAIRS, "99291-25", "99292-25", "27447-LT", pos="22") == []
    assert said(NO_PAIRS, "99213-25", "27447-LT", "11721", pos="22") == []
    assert said(NO_PAIRS, "99213-25", a_line("27447-LT", day="20250311", pos="22")) == []


@pytest.mark.parametrize("modifier", ["24", "25", "57", "FT"])
def test_modifiers_of_visits_on_other_codes(modifier: str) -> None:
    """global-periods#modifiers-of-visits: 24/25/57/FT on 00100–01999, 10004–69990, 70010–89398: REJECT; on another
    code outside EM-25: WARN."""
    for code in ("00100", "01999", "10004", "69990", "70010", "89398"):
        assert "1 MOD-EM-ONLY reject" in said(_with_procedure(code, "XXX"), f"{code}-{modifier}")
    for code in ("96372", "99453", "99454", "90471", "99024", "A0425", "0735T"):
        assert "1 MOD-EM-ONLY warn" in said(_with_procedure(code, "XXX"), f"{code}-{modifier}")
    for code in ("99213", "99291", "G0463"):
        found = said(_with_procedure(code, "XXX"), f"{code}-{modifier}")
        critical_only = modifier == "FT" and code != "99291"
        assert [x for x in found if "EM-ONLY" in x] == (["1 MOD-EM-ONLY warn"] if critical_only else [])


def test_visits_after_surgery() -> None:
    """global-periods#after-the-procedure: days 1–10 of 010, 1–90 of 090, by the same practitioner, without 24 or FT."""
    for global_days, length in (("010", 10), ("090", 90), ("000", 0)):
        book = over(fee={"20610": Fee(global_days=global_days), "99213": Fee(), "99203": Fee()}, mue={}, pairs={})
        surgery = a_line("20610-LT", day="20250310")
        for later in (1, 10, 11, 90, 91):
            day = (date(2025, 3, 10) + timedelta(days=later)).strftime("%Y%m%d")
            included = ["2 GLB-POSTOP warn"] if later <= length else []
            assert said(book, surgery, a_line("99213", day=day)) == included
            # A new patient's visit is not EM-GLOBAL: who was operated on is not new.
            assert said(book, surgery, a_line("99203", day=day)) == ["2 NEW-PT warn"]
            assert said(book, surgery, a_line("99213", day=day, **OTHER_SURGEON)) == []
            assert [x for x in said(book, surgery, a_line("99213-24", day=day)) if "POSTOP" in x] == []


def test_a_pair_silences_the_global_period() -> None:
    """PTP and GLB on one line: PTP-1 reports; GLB-25 and GLB-57 stay silent."""
    assert said(BOOK, "99213", "11721", day=IN_2024) == ["1 PTP-1 reject"]
    assert said(BOOK, "99213", "27447-LT", day=IN_2024, pos="22") == ["1 PTP-1 reject"]
    assert said(NO_PAIRS, "99213", "11721") == ["1 GLB-25 reject"]
    assert said(NO_PAIRS, "99213", "27447-LT", pos="22") == ["1 GLB-57 reject"]


def test_visit_complexity() -> None:
    """VISIT-COMPLEXITY: G2211 with 25 on the visit and no exempt service that day: WARN."""
    assert said(BOOK, "99214", "G2211") == []
    assert said(BOOK, "99214-25", "G2211", "20610-LT") == ["2 VISIT-COMPLEXITY warn"]
    assert said(BOOK, "99214-25", "G2211", "G0008", "90686") == []
    another_day = (a_line("G0008", day="20250309"), a_line("90686", day="20250309"))
    assert said(BOOK, "99214-25", "G2211", *another_day) == ["2 VISIT-COMPLEXITY warn"]


def test_modifiers_of_visits_by_the_global_days() -> None:
    """57/25 chosen without global days; GLB-25 fired on XXX."""
    no_pairs = over(pairs={})
    assert said(no_pairs, "99213", "20610-LT") == ["1 GLB-25 reject"]  # 000
    assert said(no_pairs, "99213-25", "20610-LT") == []
    assert said(no_pairs, "99213-57", "20610-LT") == ["1 GLB-57-MINOR warn"]
    assert said(no_pairs, "99213", "27447-LT", pos="22") == ["1 GLB-57 reject"]  # 090
    assert said(no_pairs, "99213-57", "27447-LT", pos="22") == []
    assert said(no_pairs, "99213-25", "27447-LT", pos="22") == ["1 GLB-25-MAJOR inform"]
    assert said(no_pairs, "99213", "73630-LT") == []  # XXX
    assert said(no_pairs, "99213", "77469", pos="22") == []
    assert said(no_pairs, "99213", "17000") == ["1 GLB-25 reject"]  # 010


# Care after surgery (global-periods#shared-care), and a return to the operating room (global-periods#operating-room).


SHARED_CARE: dict[str, Any] = {"assumed_care_date": "", "relinquished_care_date": "", "description": ""}


@pytest.mark.parametrize("carried", [[], *([name] for name in SHARED_CARE)])
def test_shared_care_is_undated_where_the_source_carries_all_and_says_nothing(carried: list[str]) -> None:
    book = over(fee={"66984": Fee(global_days="090")})
    for value in (None, "20250312"):
        fields = {**SHARED_CARE, **dict.fromkeys(carried, value)}
        found = [one for one in said(book, "66984-55-RT", **fields) if "POST55" in one]
        assert found == ([] if carried else ["1 POST55 reject*"])


@pytest.mark.parametrize(
    ("global_days", "fires"), [("000", 0), ("010", 1), ("090", 1), ("XXX", 0), ("YYY", 0), ("ZZZ", 0), ("MMM", 0)]
)
def test_shared_care_is_of_procedures_with_follow_up(global_days: str, fires: int) -> None:
    book = over(fee={"66984": Fee(global_days=global_days)})
    assert str(said(book, "66984-55", **SHARED_CARE)).count("POST55") == fires


def test_shared_care_by_payer() -> None:
    for profile, severity in (
        *(("medicare_part_b", "reject*"), ("medicare_advantage", "warn"), ("medicaid", "inform")),
        *(("medicaid_mco", "inform"), ("commercial", "inform"), ("commercial_other", "inform")),
    ):
        book = over(profile, fee={"66984": Fee(global_days="090")})
        assert f"1 POST55 {severity}" in said(book, "66984-55", **SHARED_CARE)


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ("02 10 11 12 13 20 31 32 33 49 50 71 72 81", ["1 OR-78 warn"]),
        ("19 21 22 23 24 26 34 51 61", []),
        ("05 15 25 41 60 65 99", []),
    ],
)
def test_a_return_to_the_operating_room_needs_one(places: str, expected: list[str]) -> None:
    for place in places.split():
        assert [one for one in said(BOOK, "10180-78", pos=place) if "OR-78" in one] == expected, place


def test_what_78_does_not_fit_is_anothers() -> None:
    for written in ("99213-78", "80053-78", "J1885-78", "10180-58", "10180"):
        assert "OR-78" not in str(said(BOOK, written))


# Split or shared visits (global-periods#split-visits).


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ("11 12 13 14 20 49 50 71 72", ["1 FS-PLACE reject*"]),
        ("24 32 33 54", ["1 FS-PLACE warn"]),
        ("19 21 22 23 26 31 34 51 52 55 56 61 02 10", []),
        ("05 15 99", []),
    ],
)
def test_where_a_visit_is_split(places: str, expected: list[str]) -> None:
    for place in places.split():
        for code in ("99214", "99233", "99291", "99418", "G2212"):
            assert [one for one in said(BOOK, f"{code}-FS", pos=place) if "FS-PLACE" in one] == expected, place


def test_what_is_split_is_a_visit() -> None:
    for code in ("00811", "11042", "71046", "80053", "96372"):
        assert "1 FS-PLACE reject" in said(BOOK, f"{code}-FS", pos="22"), code
    assert "FS-PLACE" not in str(said(BOOK, "11042-FS", pos="22", day="20211231")), "MOD-INVALID says it"


def test_split_visits_by_payer() -> None:
    for profile, expected in (
        *(("medicare_advantage", "warn"), ("commercial", "warn"), ("commercial_other", "inform")),
        *(("medicaid", ""), ("medicaid_mco", "")),
    ):
        found = [one for one in said(starter(profile), "99214-FS") if "FS-PLACE" in one]
        assert found == ([f"1 FS-PLACE {expected}"] if expected else []), profile
