"""What is settled (section M of the specification): the tables of M4 row by row, with both sides of each boundary;
the order of evaluation (M2); visits and global periods (M1).

Each test asserts everything that is said of a claim, so that nothing more and nothing less may be.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from claimcheck import Line, Rulebook
from claimcheck.authoring.examples import A_PHYSICIAN, a_line
from claimcheck.claim import ASC
from claimcheck.message import Citation
from claimcheck.rulebook import AddOn, Asc, Fee, Mue, Opps, Pair, Release, Row, Store
from claimcheck.rulebook.store import new_database
from claimcheck.rulebook.writing import Writer
from support.judging import IN_2024, STARTER, judge, on_claim, over, said, said_of_center, said_of_hospital, starter

BOOK = starter()
NO_PAIRS = over(pairs={})
OTHER_SURGEON = {"rendering_npi": A_PHYSICIAN, "rendering_taxonomy": "2086S0122X"}
HOSPITAL_TEST = {"clia": "36D0712345"}


def full_claim(lines: int) -> list[Any]:
    """Lines that nothing is said of, one a day."""
    days = [date(2025, 3, 9) - timedelta(days=i) for i in range(lines)]
    return [a_line("99213", day=day.strftime("%Y%m%d")) for day in days]


# Single rows.


def test_a1_i() -> None:
    """A1 I: REJECT (Medicare); code ending in F: INFORM, WARN if charge > 0.01."""
    assert said(BOOK, "99215", "99417") == ["2 STATUS-I reject"]
    assert said(BOOK, "99215", "99417 for 0.01") == ["2 STATUS-I reject"]
    assert said(BOOK, "3100F for 0.01") == ["1 STATUS-I inform"]
    assert said(BOOK, "3100F for 0.02") == ["1 STATUS-I warn"]


ALL_PLACES = (
    "11",
    "12",
    "19",
    "20",
    "21",
    "22",
    "23",
    "24",
    "26",
    "31",
    "32",
    "34",
    "49",
    "50",
    "51",
    "52",
    "56",
    "61",
)
REJECTING, WARNING = ("19", "21", "22", "23", "51"), ("26", "31", "34", "52", "56", "61")
TECHNICAL = over(
    fee={
        "71046": Fee(pctc="1"),
        "71046-26": Fee(pctc="1"),
        "71046-TC": Fee(pctc="1"),
        "93306": Fee(pctc="1"),
        "93005": Fee(pctc="3"),
        "93000": Fee(pctc="4"),
    },
)


@pytest.mark.parametrize("place", ALL_PLACES)
@pytest.mark.parametrize("code", ["71046", "71046-TC", "71046-26", "93306", "93005", "93000"])
def test_a2_fac1(place: str, code: str) -> None:
    """A2 FAC1: REJECT 19, 21, 22, 23, 51; WARN 26, 31, 34, 52, 56, 61; POS 24 (non-ASC claim): REJECT for PC/TC 3,
    4 and for 1-TC/1-global on an Addendum BB code, else WARN."""
    expected = {**dict.fromkeys(REJECTING, "reject"), **dict.fromkeys(WARNING, "warn")}
    expected["24"] = "warn" if code == "93306" else "reject"
    verdict = expected.get(place) if code != "71046-26" else None
    assert said(TECHNICAL, code, pos=place) == ([f"1 PCTC-POS {verdict}"] if verdict else [])


@pytest.mark.parametrize("place", ["22", "24", "31"])
def test_a2_fac1_exempt(place: str) -> None:
    """A2 FAC1. Exempt: IDTF 293D00000X, portable X-ray, and GW lines."""
    for taxonomy in ("293D00000X", "335V00000X"):
        for code in ("71046", "71046-TC", "93005", "93000"):
            assert said(TECHNICAL, code, pos=place, claim={"billing_taxonomy": taxonomy}) == []
    assert said(TECHNICAL, "71046-GW", pos=place) == []
    assert said(TECHNICAL, "71046", pos=place, claim={"billing_taxonomy": "291U00000X"}) != []


@pytest.mark.parametrize("place", ALL_PLACES)
def test_a2_8(place: str) -> None:
    """A2 8: payable POS 21, 51, 61; else REJECT*."""
    smear = over(fee={"85060": Fee(pctc="8")})
    assert said(smear, "85060", pos=place) == ([] if place in ("21", "51", "61") else ["1 PCTC-POS reject*"])


@pytest.mark.parametrize("place", ["11", "19", "21", "22", "23", "24", "31", "51", "52", "61"])
@pytest.mark.parametrize(
    ("taxonomy", "modifier", "verdict"),
    [
        ("225100000X", "GP", "reject"),
        ("2251X0800X", "GP", "reject"),
        ("225X00000X", "GO", "reject"),
        ("235Z00000X", "GN", "warn"),
        ("231H00000X", "GN", "warn"),
        ("207Q00000X", "GP", ""),
    ],
)
def test_a2_7(place: str, taxonomy: str, modifier: str, verdict: str) -> None:
    """A2 7: PT/OT taxonomy in 19, 21, 22, 23: REJECT; SLP/audiology: WARN."""
    book = over(fee={"97530": Fee(pctc="7")})
    expected = [f"1 PCTC-POS {verdict}"] if verdict and place in ("19", "21", "22", "23") else []
    assert said(book, f"97530-{modifier}", pos=place, claim={"billing_taxonomy": taxonomy}) == expected


def test_a4() -> None:
    """A4: 51: 2-7 INFORM, 0 INFORM, 9 and add-ons WARN (Medicare); rank INFORM."""
    for indicator in "0234567":
        assert said(over(fee={"20610": Fee(multiple=indicator)}), "20610-51-LT") == ["1 MULT-51 inform"]
    assert said(over(fee={"20610": Fee(multiple="9")}), "20610-51-LT") == ["1 MULT-51 warn"]
    assert said(BOOK, "17000", "17003-51") == ["2 MULT-51 warn"]  # ZZZ
    listed = over(fee={"17000": Fee(), "17003": Fee()}, add_ons={"17003-17000": AddOn("1", "17000")})
    assert said(listed, "17000", "17003-51") == ["2 MULT-51 warn"]  # named by the list of add-on codes alone
    values = over(
        fee={
            "20610": Fee(multiple="2", non_facility_rvu="2.0"),
            "11721": Fee(multiple="2", non_facility_rvu="1.0"),
        },
        pairs={},
    )
    assert said(values, "20610-LT", "11721-51") == ["2 MULT-51 inform", "2 MULT-RANK inform"]
    assert said(values, "20610-51-LT", "11721") == ["1 MULT-51 inform", "1 MULT-RANK inform", "2 MULT-RANK inform"]


def test_a5_0() -> None:
    """A5 0: 50 REJECT*; LT+RT WARN."""
    book = over(fee={"64483": Fee(bilateral="0")}, mue={"64483": Mue(2, 3)})
    assert said(book, "64483-50") == ["1 BILAT-50 reject*"]
    assert said(book, "64483-LT", "64483-RT") == ["1 BILAT-LTRT warn", "2 BILAT-LTRT warn"]
    assert said(book, "64483-LT") == []
    assert said(book, "64483 x2") == []  # the MUE decides
    assert said(book, "64483 x3") == ["1 MUE-DOS reject*"]


def test_a5_1() -> None:
    """A5 1: 50 with units ≠ 1: REJECT* if MUE = 1 else WARN; LT+RT WARN; 2 units WARN; MUE decides."""
    assert said(BOOK, "20610-50") == []
    assert said(BOOK, "20610-50 x2") == ["1 BILAT-UNITS warn"]  # the limit is 2
    assert said(BOOK, "20610-50 x3") == ["1 BILAT-UNITS warn", "1 MUE-DOS reject*"]
    assert said(BOOK, "27447-50 x2", pos="22") == ["1 BILAT-UNITS reject*", "1 MUE-DOS reject"]  # the limit is 1
    assert said(BOOK, "20610-LT", "20610-RT") == ["1 BILAT-LTRT warn", "2 BILAT-LTRT warn"]
    assert said(BOOK, "20610 x2") == ["1 BILAT-UNITS warn"]
    assert said(BOOK, "27447 x2", pos="22") == ["1 BILAT-UNITS warn", "1 MUE-DOS reject"]
    unpublished = over(mue={})
    assert said(unpublished, "20610-50 x2") == ["1 BILAT-UNITS warn"]


def test_a5_2() -> None:
    """A5 2: 50 REJECT*; LT+RT or 2 units WARN; MUE decides. Row of the pricing modifier (76519, 92136: 26 is 3)."""
    assert said(BOOK, "76519-50") == ["1 BILAT-50 reject*"]
    assert said(BOOK, "76519-LT", "76519-RT") == ["1 BILAT-LTRT warn", "2 BILAT-LTRT warn"]
    assert said(BOOK, "76519 x2") == ["1 BILAT-UNITS warn"]
    assert said(BOOK, "76519 x3") == ["1 MUE-DOS reject"]
    assert said(BOOK, "76519-26-LT", "76519-26-RT") == []
    assert said(BOOK, "76519-26-50") == []
    assert said(BOOK, "76519-26 x2") == []
    rows = {"92136": Fee(pctc="1", bilateral="2"), "92136-26": Fee(pctc="1", bilateral="3")}
    assert said(over(fee=rows, mue={}), "92136-50") == ["1 BILAT-50 reject*"]
    assert said(over(fee=rows, mue={}), "92136-26-50") == []


def test_a5_3() -> None:
    """A5 3: all forms accepted, also LT RT on one line; MUE still applies (17 of 80 have MUE 1)."""
    for limit in (2, 1):
        book = over(mue={"73630": Mue(limit, 2)})
        for written in (["73630-50"], ["73630-LT-RT"], ["73630-LT"], ["73630"]):
            assert said(book, *written) == []
        too_many = limit == 1
        assert said(book, "73630 x2") == (["1 MUE-DOS reject"] if too_many else [])
        assert said(book, "73630-50 x2") == (["1 MUE-DOS reject"] if too_many else [])
        assert said(book, "73630-LT-RT x2") == (["1 MUE-DOS reject"] if too_many else [])
        both = ["1 MUE-DOS reject", "2 MUE-DOS reject"]
        assert said(book, "73630-LT", "73630-RT") == (both if too_many else [])


def test_asc_50() -> None:
    """ASC-50: REJECT* "not recognised for payment: one side is paid; use two lines or 2 units"."""
    assert said_of_center(BOOK, "19301-50") == ["1 ASC-50 reject*"]
    assert said_of_center(BOOK, "19301-LT", "19301-RT") == []
    assert said_of_center(BOOK, "19301 x2") == []
    assert said(BOOK, "19301-50", pos="24") == []


def test_asc_profile_on() -> None:
    """ASC profile: on: E edits, PTP, MUE, AOC (W), PCTC-26, PCTC-TC, ASC-*."""
    assert said_of_center(BOOK, "1930") == ["1 FMT-CODE reject"]
    assert said_of_center(BOOK, "19301-LT-LT") == ["1 MOD-DUP reject"]
    assert said_of_center(BOOK, "19301-LT x0") == ["1 UNIT-ZERO reject"]
    assert said_of_center(BOOK, "19301-LT", pos="22") == ["1 POS-TYPE reject"]
    assert said_of_center(BOOK, "19302-LT", "19301-LT") == ["2 PTP-WEAK warn"]
    assert said_of_center(BOOK, "19302", "19301") == ["2 PTP-1 reject"]
    assert said_of_center(BOOK, "19302-LT x3") == ["1 MUE-DOS reject"]
    assert said_of_center(BOOK, "27447-LT", "19294") == ["2 AOC-1 warn", "2 ASC-LIST inform"]
    assert said_of_center(BOOK, "19301-26") == ["1 MOD-CLAIMTYPE reject", "1 PCTC-26 reject"]
    assert said_of_center(BOOK, "19301-LT", "77424-TC") == ["2 PCTC-TC reject*"]
    assert said_of_center(BOOK, "77469") == ["1 ASC-LIST reject"]


def test_asc_profile_off() -> None:
    """ASC profile: off: STATUS, PCTC-POS, GLB, MULT, BILAT, ASST, COSURG, TEAM, SUPV, NA-POS."""
    book = over(
        fee={
            "20610": Fee("I", "9", "000", "9", "9", "9", "9", "9", "03", non_facility_na=True, facility_na=True),
            "27447": Fee("X", "4", "090", "9", "0", supervision="02"),
            "99213": Fee(),
        },
        asc={"20610": Asc("AA", "A2"), "27447": Asc("AA", "J8"), "99213": Asc("AA", "P3")},
        pairs={},
        mue={},
    )
    for line in ("20610", "20610-51", "20610-58", "20610-LT", "27447-RT", "27447-51"):
        assert said_of_center(book, line) == []
    assert said_of_center(book, "20610", "99213", "27447") == []
    for line in ("20610-80", "20610-62", "20610-66", "20610-54"):
        assert said_of_center(book, line) == ["1 MOD-CLAIMTYPE reject"]


def test_asc_tc() -> None:
    """ASC-TC: ASC claim, PC/TC 1 code with PI Z2/Z3, no TC: REJECT*. PC/TC 3, 0, 9: TC not wanted: PCTC-TC REJECT*."""
    surgery = "19301-LT"
    assert said_of_center(BOOK, surgery, "70553") == ["2 ASC-TC reject*"]  # Z2
    assert said_of_center(BOOK, surgery, "71046") == ["2 ASC-TC reject*"]  # Z3
    assert said_of_center(BOOK, surgery, "70553-TC") == []
    assert said_of_center(BOOK, surgery, "76942") == ["2 ASC-LIST inform"]  # packaged, N1
    for component in "039":
        book = over(
            fee={"76000": Fee(pctc=component), "19301": Fee()},
            asc={"76000": Asc("BB", "Z2"), "19301": Asc("AA", "A2")},
            mue={},
            pairs={},
        )
        assert said_of_center(book, surgery, "76000") == []
        assert said_of_center(book, surgery, "76000-TC") == ["2 PCTC-TC reject*"]


@pytest.mark.parametrize("ancillary", ["Z2", "Z3", "K2", "H2", "J7"])
def test_asc_anc(ancillary: str) -> None:
    """ASC-ANC: PI Z2/Z3/K2/H2/J7 and no line that day with PI A2, G2, J8, P2, P3, R2 (N1 does not count): REJECT*."""
    for surgery in ("A2", "G2", "J8", "P2", "P3", "R2", "N1", "Z2", "L1"):
        rows = {"77424": Asc("BB", ancillary), "19301": Asc("BB" if surgery in ("Z2", "L1") else "AA", surgery)}
        book = over(asc=rows, pairs={})
        found = [one for one in said_of_center(book, "77424", "19301-LT") if "ASC-LIST" not in one]
        counts = surgery in ("A2", "G2", "J8", "P2", "P3", "R2")
        assert found == ([] if counts else ["1 ASC-ANC reject*", *(["2 ASC-ANC reject*"] if surgery == "Z2" else [])])
    book = over(asc={"77424": Asc("BB", ancillary), "19301": Asc("AA", "A2")}, pairs={})
    assert said_of_center(book, "77424", a_line("19301-LT", day="20250311", pos="24", setting=ASC)) == [
        "1 ASC-ANC reject*"
    ]


def test_asc_anc_on_a_full_claim() -> None:
    """ASC-ANC: WARN if the claim has 50 lines."""
    for lines, verdict in ((49, "reject*"), (50, "warn")):
        measure = {"code": "3100F", "setting": ASC, "place_of_service": "24"}
        others = [one._replace(service=one.service._replace(**measure)) for one in full_claim(lines - 1)]
        assert said_of_center(BOOK, "77424", *others) == [f"1 ASC-ANC {verdict}"]


def test_mue_zero() -> None:
    """MUE-ZERO: not on a line with GY, nor where a status speaks."""
    assert said(BOOK, "A9270") == ["1 STATUS-N reject*"]
    assert said(BOOK, "A9270-GY") == ["1 STATUS-N inform"]
    assert said(BOOK, "A9270-GA") == ["1 STATUS-N reject*"]


def pairs_of(*rows: tuple[str, str, Pair]) -> Rulebook:
    """The starter book with a table of pairs over it that may have several rows of one pair."""
    database = new_database()
    writer = Writer(database)
    release = Release("example", "ptp_practitioner", date.min, date.max, Citation("example"), complete_from=date.min)
    id = writer.release(release)
    for one, two, pair in rows:
        writer.row(id, "ptp_practitioner", (one, two), pair)
    writer.borders_of_rows(id, "ptp_practitioner")
    return STARTER.under(Store(database))


def test_c1() -> None:
    """C1: active = eff ≤ DOS ≤ del (inclusive; `*` = open) and CCMI ≠ 9; a pair may have several rows."""
    first, last = date(2025, 2, 1), date(2025, 2, 10)
    for indicator in ("0", "1"):
        closed = over(pairs={"70553-76942": Pair(indicator, first, last)})  # type: ignore[arg-type]
        open_ended = over(pairs={"70553-76942": Pair(indicator, first)})  # type: ignore[arg-type]
        for day, active in (("20250131", False), ("20250201", True), ("20250210", True), ("20250211", False)):
            expected = [f"2 PTP-{indicator} reject"]
            assert said(closed, "70553", "76942", day=day) == (expected if active else [])
            assert said(open_ended, "70553", "76942", day=day) == (expected if day >= "20250201" else [])
    assert said(over(pairs={"70553-76942": Pair("9")}), "70553", "76942") == []
    several = judge(
        pairs_of(
            ("70553", "76942", Pair("0", date(2025, 1, 1), date(2025, 1, 31))),
            ("70553", "76942", Pair("9", date(2025, 2, 1), date(2025, 2, 1))),
            ("70553", "76942", Pair("1", date(2025, 3, 1))),
        )
    )
    for day, expected in (
        ("20250131", ["2 PTP-0 reject"]),
        ("20250201", []),
        ("20250228", []),
        ("20250301", ["2 PTP-1 reject"]),
    ):
        assert said(several, "70553", "76942", day=day) == expected


def test_c3_modifiers_of_visits() -> None:
    """C3 +: 24/25/57 count on the E/M line, column 1 or 2."""
    for modifier in ("24", "25", "57"):
        # Whether surgery stands elsewhere (24, 57) is information of other edits.
        found = [x for x in said(BOOK, "11721", f"99213-{modifier}", day=IN_2024) if "GLB-" not in x]
        assert found == []
        found = [x for x in said(BOOK, f"99213-{modifier}", "96132", day=IN_2024) if "GLB-" not in x]
        assert found == ["2 SUPV inform"]
        found = said(BOOK, f"11721-{modifier}", "99213", day=IN_2024)
        assert found == ["1 MOD-EM-ONLY reject", "2 PTP-1 reject"]
    assert said(BOOK, "11721", "99213", day=IN_2024) == ["2 PTP-1 reject"]
    assert said(BOOK, "99213", "96132-25", day=IN_2024) == ["2 MOD-EM-ONLY warn", "2 PTP-1 reject", "2 SUPV inform"]


def test_c3_returns() -> None:
    """C3 +: 58/78/79 on either line (both lines the same one: WARN PTP-WEAK)."""
    for modifier in ("58", "78", "79"):
        assert said(BOOK, f"20610-{modifier}", "10060", day=IN_2024) == []
        assert said(BOOK, "20610", f"10060-{modifier}", day=IN_2024) == []
        assert said(BOOK, f"20610-{modifier}", f"10060-{modifier}", day=IN_2024) == ["2 PTP-WEAK warn"]
    assert said(BOOK, "20610-58", "10060-79", day=IN_2024) == []


def test_c3_distinct_procedure_and_visit() -> None:
    """C3 +: 59/X on the procedure against an E/M column 2: WARN PTP-WEAK."""
    for modifier in ("59", "XE", "XS", "XP", "XU"):
        assert said(BOOK, f"11721-{modifier}", "99213", day=IN_2024) == ["2 PTP-WEAK warn"]
        assert said(BOOK, "11721", f"99213-{modifier}", day=IN_2024) == ["2 MOD-EM-59 reject", "2 PTP-1 reject"]


def test_c3_laboratory_repeat() -> None:
    """C3 +: 91 counts on lab only."""
    laboratory = over(pairs={"80053-85025": Pair("1"), "70553-76942": Pair("1")})
    tests = {**HOSPITAL_TEST, "day": "20250310"}
    quiet = [x for x in said(laboratory, "80053", "85025-91", **tests) if "QW" not in x]
    assert quiet == []
    assert "2 PTP-1 reject" in said(laboratory, "80053", "85025", **tests)
    assert said(laboratory, "70553", "76942-91") == ["2 PTP-1 reject"]
    assert said(laboratory, "70553-91", "76942") == ["2 PTP-1 reject"]


def test_c3_indicator_0() -> None:
    """C3 +: CCMI 0: nothing counts (99446–99452, 99495/99496 with most surgery)."""
    for modifier in ("25", "24", "57", "59", "XE", "58", "79", "LT", "91", "76"):
        found = said(over(pairs={"10060-76942": Pair("0")}), "10060", f"76942-{modifier}")
        assert "2 PTP-0 reject" in found
        found = said(BOOK, "10060", f"99446-{modifier}", day=IN_2024)
        assert "2 PTP-0 reject" in found


def test_d_aoc_1() -> None:
    """D AOC-1: no listed primary on claim (and history, if any): REJECT if < 50 lines, WARN at 50."""
    assert said(BOOK, "19301-LT", "19294", pos="22") == []
    assert said(BOOK, "19294", pos="22") == ["1 AOC-1 reject"]
    assert said(BOOK, "27447-LT", "19294", pos="22") == ["2 AOC-1 reject"]
    assert said(BOOK, "17003", *full_claim(48)) == ["1 AOC-1 reject"]
    assert said(BOOK, "17003", *full_claim(49)) == ["1 AOC-1 warn"]


def test_m2_6_a_primary_of_a_colleague() -> None:
    """M2 6: satisfied by any listed primary line without a hard REJECT; 99291 of a colleague (D) no less."""
    book = over(
        fee={"99291": Fee(global_days="XXX"), "99292": Fee(global_days="ZZZ")},
        mue={"99291": Mue(1, 2)},
        pairs={},
        add_ons={"99292-99291": AddOn("1", "99291")},
    )

    def told(units: int, *own: Line) -> list[str]:
        internist = {"rendering_taxonomy": "207R00000X"}
        first = a_line("99291", units=units, rendering_npi="1234567802", **internist)
        more = a_line("99292", rendering_npi="1003000126", **internist)
        return [text for text in said(book, first, more, *own) if "AOC" in text]

    assert told(1) == []
    assert told(2) == ["2 AOC-1 warn"]
    own = a_line("99291", units=2, rendering_npi="1003000126", rendering_taxonomy="207R00000X")
    assert told(1, own) == []
    assert told(2, own) == ["2 AOC-1 reject"]


def _contractor(**more: Row) -> Any:
    rows = {"0735T": Fee("A", global_days="ZZZ"), "61510": Fee(global_days="090"), "99213": Fee()}
    return over(fee=rows, mue={}, pairs={}, add_ons=more)


def test_d_aoc_2() -> None:
    """D AOC-2: WARN, REJECT* if no other procedure that day."""
    book = _contractor(**{"0735T-CCCCC": AddOn("2", "CCCCC")})
    assert said(book, "61510", "0735T", pos="21") == ["2 AOC-2 warn"]
    assert said(book, "0735T", pos="21") == ["1 AOC-2 reject*"]
    assert said(book, "0735T", a_line("61510", day="20250309", pos="21"), pos="21") == ["1 AOC-2 reject*"]
    assert said(book, "0735T", a_line("61510", pos="21", **OTHER_SURGEON), pos="21") == ["1 AOC-2 reject*"]


def test_d_aoc_3() -> None:
    """D AOC-3 (12 codes): WARN; 4 of the 12 have no CCCCC row (closed): still WARN."""
    some = _contractor(**{"0735T-61510": AddOn("3", "61510"), "0735T-CCCCC": AddOn("3", "CCCCC")})
    closed = _contractor(**{"0735T-61510": AddOn("3", "61510")})
    for book in (some, closed):
        assert said(book, "61510", "0735T", pos="21") == []
        assert said(book, "0735T", pos="21") == ["1 AOC-3 warn"]


def test_d_active() -> None:
    """D active: eff ≤ DOS ≤ edit deletion, eff ≠ deletion; note "Practitioner Only"/"facilities only" limits the
    setting; ZZZ without an AOC row: nothing."""
    first, last = date(2025, 2, 1), date(2025, 2, 10)
    rows = over(add_ons={"19294-19301": AddOn("1", "19301", first, last)})
    for day, active in (("20250131", False), ("20250201", True), ("20250210", True), ("20250211", False)):
        assert said(rows, "19294", pos="22", day=day) == (["1 AOC-1 reject"] if active else [])
    never = over(add_ons={"19294-19301": AddOn("1", "19301", first, first)})
    assert said(never, "19294", pos="22", day="20250201") == []
    ended = over(add_ons={"19294-19301": AddOn("1", "19301", first, last), "19294-19302": AddOn("1", "19302", first)})
    assert said(ended, "19301-LT", "19294", pos="22", day="20250210") == []
    assert said(ended, "19301-LT", "19294", pos="22", day="20250211") == ["2 AOC-1 reject"]
    for note, professional, hospital in (("Practitioner Only", 1, 0), ("facilities only", 0, 1), ("", 1, 1)):
        book = over(add_ons={"19294-19301": AddOn("1", "19301", note=note)})
        assert said(book, "19294", pos="22") == (["1 AOC-1 reject"] if professional else [])
        assert said_of_hospital(book, "19294") == (["1 AOC-1 warn"] if hospital else [])
    assert said(over(add_ons={"17003-17000": AddOn("1", "17000")}), "19294", pos="22") == []


def test_mod_claimtype_professional() -> None:
    """MOD-CLAIMTYPE: 73/74, 27, CA on professional REJECT; PO/PN REJECT*; FX, FY, CT are professional."""
    for modifier in ("73", "74", "27", "CA"):
        assert said(BOOK, f"20610-LT-{modifier}") == ["1 MOD-CLAIMTYPE reject"]
    for modifier in ("PO", "PN"):
        assert said(BOOK, f"20610-LT-{modifier}") == ["1 MOD-CLAIMTYPE reject*"]
    for modifier in ("FX", "FY", "CT"):
        assert said(BOOK, f"71046-{modifier}") == []


PHYSICIANS = ("26", "53", "54", "55", "56", "62", "66", "80", "81", "82", "AS")


@pytest.mark.parametrize("modifier", PHYSICIANS)
def test_mod_claimtype_facilities(modifier: str) -> None:
    """MOD-CLAIMTYPE: 26, 53–56, 62, 66, 80, 81, 82, AS on ASC REJECT, on hospital OP REJECT*, not on TOB 85x with
    revenue 096x–098x."""
    of_center = ["1 MOD-CLAIMTYPE reject", *(["1 PCTC-26 reject"] if modifier == "26" else [])]
    assert said_of_center(BOOK, f"19301-{modifier}") == of_center
    assert said_of_hospital(BOOK, f"19301-{modifier}") == ["1 MOD-CLAIMTYPE reject*"]
    critical_access = {"claim": {"type_of_bill": "851"}}
    for revenue in ("0960", "0972", "0989"):
        assert said_of_hospital(BOOK, f"19301-{modifier}", revenue_code=revenue, **critical_access) == []
        assert said_of_hospital(BOOK, f"19301-{modifier}", revenue_code=revenue) == ["1 MOD-CLAIMTYPE reject*"]
    for revenue in ("0959", "0990", "0360"):
        found = said_of_hospital(BOOK, f"19301-{modifier}", revenue_code=revenue, **critical_access)
        assert found == ["1 MOD-CLAIMTYPE reject*"]


@pytest.mark.parametrize(
    ("modifier", "before", "first"),
    [
        ("XE", "20141231", "20150101"),
        ("XU", "20141231", "20150101"),
        ("FT", "20211231", "20220101"),
        ("FS", "20211231", "20220101"),
        ("93", "20211231", "20220101"),
        ("JZ", "20221231", "20230101"),
        ("CQ", "20181231", "20190101"),
        ("CO", "20181231", "20190101"),
    ],
)
def test_mod_invalid(modifier: str, before: str, first: str) -> None:
    """MOD-INVALID: dates from the HCPCS file, records 7/8; CPT modifiers from rules/modifiers.toml."""
    for day, expected in ((before, ["1 MOD-INVALID reject"]), (first, [])):
        found = said(BOOK, f"20610-{modifier}", day=day)
        assert [one for one in found if "MOD-INVALID" in one] == expected


def test_mod_conflict_sides() -> None:
    """MOD-CONFLICT: LT+RT: none if BILAT 3, REJECT* if 1, else WARN. 50+LT/RT REJECT*."""
    for indicator, expected in (
        ("3", []),
        ("1", ["1 MOD-CONFLICT reject*"]),
        ("0", ["1 MOD-CONFLICT warn"]),
        ("2", ["1 MOD-CONFLICT warn"]),
        ("9", ["1 MOD-CONFLICT warn"]),
    ):
        book = over(fee={"20610": Fee(bilateral=indicator)})
        assert said(book, "20610-LT-RT") == expected
    for side in ("LT", "RT"):
        assert said(BOOK, f"20610-50-{side}") == ["1 MOD-CONFLICT reject*"]


@pytest.mark.parametrize("pair", ["54-55", "54-56", "55-56", "58-78", "58-79", "78-79", "76-77", "52-53"])
def test_mod_conflict_that_may_be_priced(pair: str) -> None:
    """MOD-CONFLICT: 54+55, 54+56, 55+56, 58/78/79, 76+77, 52+53: REJECT*."""
    one, other = pair.split("-")
    book = over(fee={"66984": Fee(global_days="090"), "66984-53": Fee(global_days="090")})
    for both in (pair, f"{other}-{one}"):
        found = said(book, f"66984-{both}", pos="22")
        returns = one in ("58", "78")
        conflict = "1 GLB-RET reject*" if returns else "1 MOD-CONFLICT reject*"
        others = ["1 GLB-SPLIT warn"] if "56" in pair else ["1 MOD-ORDER warn"] if both == "52-53" else []
        assert found == sorted([conflict, *others])


@pytest.mark.parametrize("other", ["EY", "GA", "GL", "GZ", "KB", "QL", "TQ"])
def test_mod_conflict_gx(other: str) -> None:
    """MOD-CONFLICT: GX with EY GA GL GZ KB QL TQ REJECT."""
    assert said(BOOK, f"20610-LT-GX-{other}") == ["1 MOD-CONFLICT reject"]


def test_mod_conflict_ga_gy() -> None:
    """MOD-CONFLICT: GA+GY REJECT*."""
    assert said(BOOK, "20610-LT-GA-GY") == ["1 MOD-CONFLICT reject*"]


@pytest.mark.parametrize(
    "pair",
    [
        *("24-25", "24-57", "25-57", "24-FT", "25-FT", "26-76", "26-77", "26-59", "50-59", "50-80", "50-62"),
        *("54-78", "54-79", "25-95", "AS-80", "GX-GY", "GX-TS", "KX-GP", "59-GP", "CQ-GP", "CO-GO", "LT-59"),
    ],
)
def test_valid_must_not_fire(pair: str) -> None:
    """valid, must not fire: 24+25, 24+57, 25+57, 24+FT, 25+FT, 26+76, 26+77, 26+59, 50+59, 50+80, 50+62, 54+78,
    54+79, 25+95, AS+80, GX+GY, GX+TS, KX+GP, 59+GP, CQ+GP, CO+GO, LT+59."""
    one, other = pair.split("-")
    for both in (pair, f"{other}-{one}"):
        for code in ("99213", "19302", "97110", "71046"):
            assert not [x for x in said(BOOK, f"{code}-{both}", pos="22") if "MOD-CONFLICT" in x or "GLB-RET" in x]


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
def test_h_status(line: str, profile: str, expected: str | None) -> None:
    """What the fee schedule's status means to which payer: coverage is Medicare's own."""
    rows = {"99417": "I", "77424": "X", "A4253": "P", "A9270": "N", "J9999": "E"}
    book = over(
        profile,
        fee={code: Fee(status, "9") for code, status in rows.items()},
        opps={"77424": Opps("J1"), "J9999": Opps("E1")},
    )
    found = [one for one in said(book, line, pos="22") if "STATUS" in one]
    assert found == ([f"1 STATUS-{rows[line]} {expected}"] if expected else [])


def test_h_others() -> None:
    """H: MULT-51 Medicare I; PCTC-POS ASC –."""
    for profile in ("medicare_part_b", "medicare_advantage"):
        assert said(starter(profile), "20610-51-LT") == ["1 MULT-51 inform"]
    assert said_of_center(BOOK, "19301-LT", "71046-TC") == []


def test_g1() -> None:
    """G1: ASST=1: CO-54, no RARC. MPPR: CARC 59, no N670. DUP-LINE: OA-18, M86 or none, A3:54. STATUS-X in a
    non-facility POS: CO-96 N448, never M97. CLIA: MA120."""

    def mapped(check: str, *written: str, **fields: Any) -> set[tuple[Any, ...]]:
        found = BOOK.checker.check(on_claim(*written, **fields)).messages
        return {(*(m.carc or ("", "")), m.rarc, *(m.claim_status or ("", ""))) for m in found if m.check == check}

    assert mapped("ASST", "45378-80", pos="22") == {("CO", "54", None, "A3", "453")}
    assert mapped("IMGFAM", "70553", "72148") == {("CO", "59", None, "A2", "20")}
    assert mapped("DUP-LINE", "20610-LT", "20610-LT") == {("OA", "18", None, "A3", "54")}
    for place in ("11", "12", "49"):
        assert mapped("STATUS-X", "77424", pos=place) == {("CO", "96", "N448", "A3", "23")}
    for place in ("21", "22", "24"):
        assert mapped("STATUS-X", "77424", pos=place) == {("CO", "171", "N95", "A3", "23")}
    assert mapped("CLIA", "85025", clia="36-1") == {("CO", "16", "MA120", "A7", "544")}


# The table "also".


def test_asc_prov() -> None:
    """ASC-PROV: professional claim, POS 24, an Addendum BB code with PC/TC 3 or 9: no professional component exists
    for a physician to bill."""
    for component in "01234569":
        book = over(fee={"76000": Fee(pctc=component)}, asc={"76000": Asc("BB", "Z3")}, mue={})
        expected = ["1 ASC-PROV reject"] if component in "39" else []
        assert [x for x in said(book, "76000", pos="24") if "ASC" in x] == expected
        assert [x for x in said(book, "76000", pos="22") if "ASC" in x] == []
        assert [x for x in said_of_center(book, "76000") if "ASC-PROV" in x] == []
    covered = over(fee={"76000": Fee(pctc="9")}, asc={"76000": Asc("AA", "A2")}, mue={})
    assert said(covered, "76000", pos="24") == []


def test_asc_list() -> None:
    """ASC-LIST: ASC claim, code on neither Addendum AA nor BB: REJECT; packaged (N1): INFORM."""
    assert said_of_center(BOOK, "77469") == ["1 ASC-LIST reject"]
    assert said_of_center(BOOK, "19301-LT", "19294") == ["2 ASC-LIST inform"]
    assert said_of_center(BOOK, "19301-LT", "77424") == []
    assert said(BOOK, "77469", pos="24") == []


def test_mod_53() -> None:
    """MOD-53: 53 on a code without a 53 row: WARN (contractor review)."""
    rows = {"44388": Fee(), "44388-53": Fee(), "44389": Fee()}
    book = over(fee=rows, mue={})
    assert said(book, "44388-53", pos="22") == []
    assert said(book, "44389-53", pos="22") == ["1 MOD-53 warn"]


def test_visit_complexity() -> None:
    """VISIT-COMPLEXITY: G2211 with 25 on the visit and no exempt service that day: WARN."""
    assert said(BOOK, "99214", "G2211") == []
    assert said(BOOK, "99214-25", "G2211", "20610-LT") == ["2 VISIT-COMPLEXITY warn"]
    assert said(BOOK, "99214-25", "G2211", "G0008", "90686") == []
    assert said(BOOK, "99214-25", "G2211", a_line("G0008", day="20250309")) == ["2 VISIT-COMPLEXITY warn"]


def test_dup_line() -> None:
    """DUP-LINE: identical code, modifiers, day, provider, place: REJECT on the second and later; differing units,
    charge or NDC: WARN."""
    book = over(mue={})
    assert said(book, "99213", "99213", "99213") == ["2 DUP-LINE reject", "3 DUP-LINE reject"]
    assert said(book, "71046-GW-FY", "71046-FY-GW") == ["2 DUP-LINE reject"]  # in whatever order
    for other in ("99213 x2", "99213 for 99.00", a_line("99213", ndc="00002143380")):
        assert said(book, "99213", other) == ["2 DUP-LINE warn"]
    for other in (
        a_line("99213-25"),
        a_line("99213", day="20250311"),
        a_line("99213", **OTHER_SURGEON),
        a_line("99213", pos="22"),
    ):
        assert said(book, "99213", other) == []


def test_ptp_and_glb_on_one_line() -> None:
    """PTP and GLB on one line: PTP-1 reports; GLB-25 and GLB-57 stay silent."""
    assert said(BOOK, "99213", "11721", day=IN_2024) == ["1 PTP-1 reject"]
    assert said(BOOK, "99213", "27447-LT", day=IN_2024, pos="22") == ["1 PTP-1 reject"]
    assert said(NO_PAIRS, "99213", "11721") == ["1 GLB-25 reject"]
    assert said(NO_PAIRS, "99213", "27447-LT", pos="22") == ["1 GLB-57 reject"]


def test_fmt_code() -> None:
    """FMT-CODE: valid = on the fee schedule in force that day, or in the HCPCS file with dates that cover it; a
    well-formed code in neither while a fee schedule is in force: REJECT; no fee schedule in force: not judged;
    ill-formed: REJECT always."""
    whole = over(fee={"77424": Fee()}, mue={}, opps={}, asc={}, codes={})
    assert said(whole, "77424") == []
    assert said(whole, "77423") == ["1 FMT-CODE reject"]
    for code in ("7742", "774244", "ABCDE", "77-24", "F1234F"):
        assert said(whole, code.replace("-", "/")) == ["1 FMT-CODE reject"]
        assert "1 FMT-CODE reject" in said(BOOK, code.replace("-", "/"), day="19990101")
    assert [x for x in said(BOOK, "77423") if "FMT" in x] == []  # the starter book lists a few codes alone
    assert "1 NOT-JUDGED inform" in said(BOOK, "77423")


def test_rarc_ma_codes() -> None:
    """RARC MA codes: dates and many texts in codes/rarc are unusable: do not validate against them."""
    assert [m.rarc for m in BOOK.checker.check(on_claim("85025", clia="36-1")).messages] == ["MA120"]


def _changing() -> Rulebook:
    """Limits of units that change on 1 February 2025."""
    database = new_database()
    writer = Writer(database)
    spans = ((date(2025, 1, 1), date(2025, 1, 31), 9), (date(2025, 2, 1), date(2025, 3, 31), 8))
    for i, (first, last, units) in enumerate(spans):
        release = Release(f"example {i}", "mue_practitioner", first, last, Citation("example"), complete_from=first)
        id = writer.release(release)
        writer.row(id, "mue_practitioner", "97140", Mue(units, 3))
    return STARTER.under(Store(database))


def test_date_span() -> None:
    """date span: tables by the from date; WARN DATE-SPAN where the to date would be judged otherwise."""
    book = judge(_changing())

    def span(units: int, day: str, to_date: str) -> list[str]:
        return said(book, f"97140-GP x{units}", day=day, to_date=to_date)

    assert span(18, "20250130", "20250131") == []
    assert span(18, "20250131", "20250201") == ["1 DATE-SPAN warn"]  # 9 a day, the limit of the from date
    assert span(20, "20250131", "20250201") == ["1 DATE-SPAN warn", "1 MUE-DOS reject*"]
    assert span(18, "20250201", "20250202") == ["1 MUE-DOS reject*"]


def test_consultations_between_practitioners() -> None:
    """99446-99452, 99495, 99496: indicator 0 with nearly all procedures: no modifier helps."""
    assert said(BOOK, "99446-25", "10060", day=IN_2024) == ["1 PTP-0 reject"]
    assert said(BOOK, "99446-59", "27447-LT", day=IN_2024, pos="22") == ["1 MOD-EM-59 warn", "1 PTP-0 reject"]


# The order of evaluation (M2).


def test_m2_1_an_invalid_code_silences_every_table_check() -> None:
    """M2 1: FMT-CODE suppresses every table check of that line (not DATE-*, NPI, DX-PTR, MOD-DUP)."""
    book = over(fee={"77424": Fee()}, codes={}, asc={}, mue={"77423": Mue(1, 2)}, pairs={"77423-77424": Pair("0")})
    line = a_line("77423-26-26", units=2, day="20250310", rendering_npi="1234567890", pointers=("9",), pos="21")
    found = said(book, line, "77424", claim={"received_date": "20250309"})
    assert found == [
        "1 DATE-FUTURE reject",
        "1 DX-PTR reject",
        "1 FMT-CODE reject",
        "1 MOD-DUP reject",
        "1 NPI reject",
        "2 DATE-FUTURE reject",
    ]


@pytest.mark.parametrize(
    ("units", "counted"), [("0.5", True), ("0", False), ("-1", False), ("two", False), ("", False)]
)
def test_m2_1_units(units: str, counted: bool) -> None:
    """M2 1: UNIT-ZERO/-FRAC take the line out of the MUE sum only if the units are not a number or ≤ 0."""
    other = a_line("19302-LT-76", units=units, pos="22")
    data = "2 UNIT-FRAC reject" if counted else "2 UNIT-ZERO reject"
    over_limit = ["1 MUE-DOS reject", "2 MUE-DOS reject"] if counted else []
    assert said(BOOK, "19302-LT", other, pos="22") == sorted([data, *over_limit])


def test_m2_2_what_sees_one_line_suppresses_nothing() -> None:
    """M2 2: STATUS, modifier-versus-indicator, E1–E3, E5 do not suppress one another."""
    assert said(BOOK, "77424-26-TC-50-80", pos="22") == [
        "1 ASST reject",
        "1 BILAT-50 reject",
        "1 MOD-CONFLICT reject",
        "1 PCTC-26 reject",
        "1 PCTC-TC reject",
        "1 STATUS-X reject",
    ]


def test_m2_3_the_first_of_identical_lines_is_clean() -> None:
    """M2 3: DUP-LINE: first of identical lines is clean."""
    assert said(over(mue={}), "99213", "99213") == ["2 DUP-LINE reject"]


def test_m2_4_units_of_all_lines_are_summed() -> None:
    """M2 4: MUE: sums all lines that passed step 1, duplicates and rejected ones too; one MUE-DOS on each line of
    the code and day."""
    assert said(BOOK, "77424", "77424", "77424-26", pos="22") == [
        "1 MUE-DOS reject",
        "1 STATUS-X reject",
        "2 DUP-LINE reject",
        "2 MUE-DOS reject",
        "2 STATUS-X reject",
        "3 MUE-DOS reject",
        "3 PCTC-26 reject",
        "3 STATUS-X reject",
    ]


ONE_OF_TWO = {"76942": Fee("I", "1"), "76942-26": Fee("A", "1"), "70553": Fee(pctc="1"), "70553-26": Fee(pctc="1")}


def test_m2_5_a_rejected_column_1() -> None:
    """M2 5: PTP by pair of codes, per column-2 line. If every column-1 line has a hard REJECT of STATUS-x, MUE-x or
    FMT-CODE: WARN instead of REJECT."""
    pairs = {"76942-70553": Pair("1"), "76942-71046": Pair("0")}
    book = over(fee={**ONE_OF_TWO, "71046": Fee(pctc="1")}, pairs=pairs, mue={})
    assert said(book, "76942", "70553") == ["1 STATUS-I reject", "2 PTP-1 warn"]
    assert said(book, "76942-26", "70553") == ["2 PTP-1 reject"]
    assert said(book, "76942", "76942-26", "70553") == ["1 STATUS-I reject", "3 PTP-1 reject"]
    assert said(book, "76942", "71046") == ["1 STATUS-I reject", "2 PTP-0 warn"]
    assert said(book, "76942-26", "70553-59", "70553") == ["3 PTP-1 reject"]  # each line of column 2 for itself
    policy = over(pairs={"95937-70553": Pair("1")}, mue={"95937": Mue(1, 2), "70553": Mue(2, 3)})
    assert said(policy, "95937 x2", "70553") == ["1 MUE-DOS reject", "2 PTP-1 warn"]
    by_line = over(pairs={"95937-70553": Pair("1")}, mue={"95937": Mue(1, 1), "70553": Mue(2, 3)})
    assert said(by_line, "95937 x2", "70553") == ["1 MUE-LINE reject", "2 PTP-1 warn"]
    assert said(by_line, "95937 x2", "95937-GW", "70553") == ["1 MUE-LINE reject", "3 PTP-1 reject"]
    zero = over(pairs={"95937-70553": Pair("1")}, mue={"95937": Mue(0, 2)})
    assert said(zero, "95937", "70553") == ["1 MUE-ZERO reject", "2 PTP-1 warn"]


def test_m2_5_what_does_not_weaken() -> None:
    """M2 5: PTP, AOC, DUP, modifier and soft rejects do not weaken."""
    pairs: Mapping[str, Pair] = {"95937-70553": Pair("1"), "71046-95937": Pair("0"), "95886-70553": Pair("1")}
    soft = over(pairs=pairs, mue={"95937": Mue(1, 3)})
    assert said(soft, "95937 x2", "70553") == ["1 MUE-DOS reject*", "2 PTP-1 reject"]
    plain = over(pairs=pairs, mue={})
    assert said(plain, "71046", "95937", "70553") == ["2 PTP-0 reject", "3 PTP-1 reject"]
    assert said(plain, "95886", "70553") == ["1 AOC-1 reject", "2 PTP-1 reject"]
    assert said(plain, "95937-GA-GZ", "70553") == ["1 MOD-CONFLICT reject", "2 PTP-1 reject"]
    assert said(plain, "95937", "95937", "70553") == ["2 DUP-LINE reject", "3 PTP-1 reject"]
    not_covered = over(fee={"95937": Fee("N"), "70553": Fee()}, pairs=pairs, mue={})
    assert said(not_covered, "95937", "70553") == ["1 STATUS-N reject*", "2 PTP-1 reject"]


def test_m2_6_add_on_codes() -> None:
    """M2 6: AOC: satisfied by any listed primary line without a hard REJECT of STATUS-x, FMT-CODE, MUE-x, PTP-x.
    DUP-LINE and modifier rejects of the primary do not cascade."""
    assert said(BOOK, "19302-LT x2", "19294", pos="22") == ["1 MUE-DOS reject", "2 AOC-1 reject"]
    assert said(BOOK, "19301-LT x2", "19294", pos="22") == ["1 MUE-DOS reject*"]  # soft: appealable
    assert said(BOOK, "19302-LT x2", "19301-RT", "19294", pos="22") == ["1 MUE-DOS reject"]  # any primary
    assert said(BOOK, "19301-LT-GA-GZ", "19294", pos="22") == ["1 MOD-CONFLICT reject"]
    no_limit = over(mue={})
    assert said(no_limit, "19301-LT", "19301-LT", "19294", pos="22") == ["2 DUP-LINE reject"]
    for indicator in "01":
        pair = over(pairs={"20610-19301": Pair(indicator)})  # type: ignore[arg-type]
        found = said(pair, "20610", "19301", "19294", pos="22")
        assert found == [f"2 PTP-{indicator} reject", "3 AOC-1 reject"]
    assert said(over(pairs={"20610-19301": Pair("1")}), "20610", "19301-59", "19294", pos="22") == []
    # A pair that only warns, since nothing is paid for its column 1, leaves the primary payable.
    rows = {"20610": Fee("I"), "19301": Fee(global_days="090"), "19294": Fee(global_days="ZZZ")}
    weak = over(fee=rows, pairs={"20610-19301": Pair("1")})
    assert said(weak, "20610", "19301", "19294", pos="22") == ["1 STATUS-I reject", "2 PTP-1 warn"]


def test_m2_7_payment_information_comes_last() -> None:
    """M2 7: payment information."""
    found = BOOK.checker.check(on_claim("93005 x4", "93005-76", pos="22")).messages
    assert [m.check for m in found if m.line_number == "1"] == ["PCTC-POS", "MUE-DOS", "SUPV"]


# Visits and global periods (M1).

EM_GLOBAL = (
    *("92012", "92014", "99211", "99212", "99213", "99214", "99215", "99221", "99222", "99223", "99231", "99232"),
    *("99233", "99234", "99235", "99236", "99238", "99239", "99291", "99292", "99304", "99305", "99306", "99307"),
    *("99308", "99309", "99310", "99315", "99316", "99347", "99348", "99349", "99350"),
)
NOT_GLOBAL = (
    *("92002", "92004", "99202", "99203", "99204", "99205", "99281", "99282", "99283", "99284", "99285"),
    *("99341", "99342", "99344", "99345", "99385", "99396", "99421", "99446", "99495", "99497"),
)
ELSEWHERE = ("90791", "90792", "G0101", "G0175", "G0245", "G0246", "G0402", "G0438", "G0439", "G0463", "G0380", "G0384")


def _with_procedure(visit: str, global_days: str, status: str = "A") -> Any:
    rows = {visit: Fee(), "20610": Fee(status, global_days=global_days)}
    return over(fee=rows, mue={}, pairs={}, add_ons={}, opps={})


@pytest.mark.parametrize("visit", [*EM_GLOBAL, *NOT_GLOBAL])
def test_m1_em_global(visit: str) -> None:
    """M1 EM-GLOBAL (33): 92012 92014 · 99211–99215 · 99221–99223 99231–99236 99238 99239 · 99291 99292 ·
    99304–99310 99315 99316 · 99347–99350, used by GLB-25 and GLB-57."""
    assert len(EM_GLOBAL) == 33
    included = visit in EM_GLOBAL
    for days, check in (("000", "GLB-25"), ("010", "GLB-25"), ("090", "GLB-57"), ("XXX", ""), ("ZZZ", ""), ("MMM", "")):
        expected = [f"1 {check} reject"] if check and included else []
        assert said(_with_procedure(visit, days), visit, "20610-LT", pos="12") == expected


@pytest.mark.parametrize("visit", [*EM_GLOBAL, *NOT_GLOBAL, *ELSEWHERE])
def test_m1_em_25(visit: str) -> None:
    """M1 EM-25: MOD-EM-ONLY passes."""
    for modifier in ("24", "25", "57"):
        found = said(_with_procedure(visit, "XXX"), f"{visit}-{modifier}", pos="12")
        assert [one for one in found if "MOD-EM-ONLY" in one] == []


def test_m1_glb_25() -> None:
    """M1 GLB-25: EM-GLOBAL code, same DOS, same rendering NPI as a payable 000/010 procedure, without 24, 25, 57 or
    FT; not if a PTP row for the pair is in force. Same billing NPI + same rendering taxonomy, other NPI: WARN."""
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
    colleague = {"rendering_npi": A_PHYSICIAN, "rendering_taxonomy": "207Q00000X"}
    assert said(book, "99213", a_line("20610-LT", **colleague)) == ["1 GLB-25 warn"]
    assert said(book, "99213", a_line("20610-LT", **OTHER_SURGEON)) == []
    assert said(BOOK, "99213", "20610-LT", day=IN_2024) == ["1 PTP-1 reject"]
    ended = over(pairs={"20610-99213": Pair("1", last=date(2025, 3, 9))})
    assert said(ended, "99213", "20610-LT", day="20250309") == ["1 PTP-1 reject"]
    assert said(ended, "99213", "20610-LT", day="20250310") == ["1 GLB-25 reject"]


def test_m1_glb_57() -> None:
    """M1 GLB-57: EM-GLOBAL code on day 0 of a 090 procedure without 24/25/57/FT: REJECT (or PTP-1). Day −1: WARN."""
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


def test_m1_glb_57b() -> None:
    """M1 GLB-57b: 57 and only 000/010 procedures known on DOS and DOS+1: WARN."""
    visit = a_line("99213-57")
    minor, next_day = a_line("11721"), a_line("11721", day="20250311")
    major, major_next = a_line("27447-LT", pos="22"), a_line("27447-LT", day="20250311", pos="22")
    assert said(NO_PAIRS, visit, minor) == ["1 GLB-57b warn"]
    assert said(NO_PAIRS, visit, next_day) == ["1 GLB-57b warn"]
    assert said(NO_PAIRS, visit, a_line("11721", day="20250312")) == ["1 GLB-57c inform"]
    assert said(NO_PAIRS, visit, minor, major) == []
    assert said(NO_PAIRS, visit, minor, major_next) == []
    assert said(NO_PAIRS, visit) == ["1 GLB-57c inform"]


def test_m1_glb_25b() -> None:
    """M1 GLB-25b: 25, only 090 procedures that day, not 99291/99292: INFORM."""
    for visit in ("99213", "99223"):
        assert said(NO_PAIRS, f"{visit}-25", "27447-LT", pos="22") == ["1 GLB-25b inform"]
    assert said(NO_PAIRS, "99291-25", "27447-LT", pos="22") == []
    assert said(NO_PAIRS, "99291-25", "99292-25", "27447-LT", pos="22") == []
    assert said(NO_PAIRS, "99213-25", "27447-LT", "11721", pos="22") == []
    assert said(NO_PAIRS, "99213-25", a_line("27447-LT", day="20250311", pos="22")) == []


@pytest.mark.parametrize("modifier", ["24", "25", "57", "FT"])
def test_m1_mod_em_only(modifier: str) -> None:
    """M1 MOD-EM-ONLY: 24/25/57/FT on 00100–01999, 10004–69990, 70010–89398: REJECT; on another code outside EM-25:
    WARN."""
    for code in ("00100", "01999", "10004", "69990", "70010", "89398"):
        assert "1 MOD-EM-ONLY reject" in said(_with_procedure(code, "XXX"), f"{code}-{modifier}")
    for code in ("96372", "99453", "99454", "90471", "99024", "A0425", "0735T"):
        assert "1 MOD-EM-ONLY warn" in said(_with_procedure(code, "XXX"), f"{code}-{modifier}")
    for code in ("99213", "99291", "G0463"):
        found = said(_with_procedure(code, "XXX"), f"{code}-{modifier}")
        critical_only = modifier == "FT" and code != "99291"
        assert [x for x in found if "EM-ONLY" in x] == (["1 MOD-EM-ONLY warn"] if critical_only else [])


def test_m1_glb_postop() -> None:
    """M1 EM-GLOBAL is used by GLB-POSTOP: days 1–10 of 010, 1–90 of 090, by the same practitioner, without 24 or FT."""
    for global_days, length in (("010", 10), ("090", 90), ("000", 0)):
        book = over(fee={"20610": Fee(global_days=global_days), "99213": Fee(), "99203": Fee()}, mue={}, pairs={})
        surgery = a_line("20610-LT", day="20250310")
        for later in (1, 10, 11, 90, 91):
            day = (date(2025, 3, 10) + timedelta(days=later)).strftime("%Y%m%d")
            included = ["2 GLB-POSTOP warn"] if later <= length else []
            assert said(book, surgery, a_line("99213", day=day)) == included
            assert said(book, surgery, a_line("99203", day=day)) == []  # a new patient's visit is not EM-GLOBAL
            assert said(book, surgery, a_line("99213", day=day, **OTHER_SURGEON)) == []
            assert [x for x in said(book, surgery, a_line("99213-24", day=day)) if "POSTOP" in x] == []
