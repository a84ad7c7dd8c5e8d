"""What a naive implementation gets wrong: the checklist of the specification (section J), one test for each item.

Each asserts everything that is said of a claim, so that the naive verdict, and any other, would fail it.
"""

from datetime import date
from typing import Any

import pytest

from claimcheck import Checker
from claimcheck.authoring.examples import A_PHYSICIAN, a_line
from claimcheck.rulebook import Fee, Modifier, Mue, Opps, Pair, Place
from support.judging import IN_2024, STARTER, on_claim, over, said, said_of_center, said_of_hospital, starter

BOOK = starter()
HOSPITAL = {"pos": "22"}


@pytest.mark.parametrize(
    ("line", "expected", "fields"),
    [
        ("85025", [], {"clia": "36D0712345"}),
        ("80053", ["1 QW warn"], {"clia": "36D0712345"}),  # whether the laboratory has a waiver alone is unknown
        ("36415", [], {}),
        ("A0425-RH x12", [], {"pos": "41"}),
        ("J1885 x2", ["1 PARTLY-JUDGED inform"], {}),  # whether its container is of a single dose is unknown
        ("J3301 x4", [], {}),
        ("90686", [], {}),
        ("G0008", [], {}),
        ("Q4010", [], {}),
    ],
)
def test_01_status_x_and_e_are_not_rejected_as_such(line: str, expected: list[str], fields: dict[str, Any]) -> None:
    """MPFS status X/E auto-reject (kills labs, ambulance, drugs)."""
    assert STARTER.on(date(2025, 3, 10)).fee(line[:5]).status in ("X", "E")  # type: ignore[union-attr]
    assert said(BOOK, line, **fields) == expected


def test_01_status_x_of_what_only_a_facility_furnishes_is() -> None:
    """MPFS status X/E auto-reject; and never rejecting status X is as naive."""
    assert said(BOOK, "77424", **HOSPITAL) == ["1 STATUS-X reject"]


def test_02_the_row_of_the_pricing_modifier_decides() -> None:
    """Not keying on (HCPCS, MOD)."""
    reading = {"83020": Fee("X", "9"), "83020-26": Fee("A", "6")}
    assert said(over(fee=reading, opps={"83020": Opps("J1")}), "83020-26", **HOSPITAL) == []
    assert said(BOOK, "83020-26", clia="36D0712345", **HOSPITAL) == []
    assert said(BOOK, "76519-26-50") == []
    assert said(BOOK, "76519-50") == ["1 BILAT-50 reject*"]
    assert said(BOOK, "45378-53", **HOSPITAL) == []
    assert said(BOOK, "45380-53", **HOSPITAL) == ["1 MOD-53 warn"]


def test_03_place_24_is_no_surgical_center() -> None:
    """POS 24 = ASC."""
    physician = {"pos": "24"}
    assert said(BOOK, "77469", **physician) == []
    assert said(BOOK, "19301-50", **physician) == []
    assert said(BOOK, "77424", **physician) == ["1 ASC-PROV reject", "1 STATUS-X reject"]
    assert said_of_center(BOOK, "77469") == ["1 ASC-LIST reject"]
    assert said_of_center(BOOK, "19301-50") == ["1 ASC-50 reject*"]
    assert said_of_center(BOOK, "19301-LT", "77424") == []


def test_04_the_scale_of_assistants_runs_against_that_of_co_surgeons() -> None:
    """ASST 0/1 treated like CO-SURG 0/1."""
    assert said(BOOK, "19301-80", **HOSPITAL) == ["1 ASST warn"]  # 0: with documentation
    assert said(BOOK, "45378-80", **HOSPITAL) == ["1 ASST reject"]  # 1: never
    assert said(BOOK, "19302-80", **HOSPITAL) == []  # 2: paid
    assert said(BOOK, "19301-62", **HOSPITAL) == ["1 COSURG reject"]  # 0: never
    assert said(BOOK, "19302-62", **HOSPITAL) == ["1 COSURG warn"]  # 1: with documentation
    assert said(BOOK, "22551-62", **HOSPITAL) == ["1 COSURG inform"]  # 2: paid to two specialties


@pytest.mark.parametrize("modifier", ["76", "59", "XS", "77", "91"])
def test_05_units_of_a_day_are_summed_and_no_modifier_bypasses_them(modifier: str) -> None:
    """MUE applied per line; 76/59 "bypassing" MAI 2/3; trimming instead of denying all units."""
    by_policy, clinical = over(mue={"95937": Mue(1, 2)}), over(mue={"95937": Mue(1, 3)})
    for judge, verdict in ((by_policy, "reject"), (clinical, "reject*")):
        assert said(judge, "95937", f"95937-{modifier}") == [f"1 MUE-DOS {verdict}", f"2 MUE-DOS {verdict}"]
        assert said(judge, "95937") == []


def test_05_all_units_are_denied() -> None:
    """MUE applied per line; 76/59 "bypassing" MAI 2/3; trimming instead of denying all units."""
    outcome = BOOK.checker.check(on_claim("71046", "71046-76 x2"))
    assert [(m.line_number, m.check, m.observed, m.allowed) for m in outcome.messages] == [
        ("1", "MUE-DOS", "3", "2"),
        ("2", "MUE-DOS", "3", "2"),
    ]
    assert outcome.lines == ["rejected", "rejected"]


def test_05_a_line_edit_is_judged_by_line() -> None:
    """MUE applied per line: right for the few codes of MAI 1 alone."""
    ambulance = {"pos": "41"}
    assert said(BOOK, "A0425-RH x250", "A0425-HR x250", **ambulance) == []
    assert said(BOOK, "A0425-RH x250", "A0425-HR x251", **ambulance) == ["2 MUE-LINE reject"]


def test_06_a_limit_of_zero_is_no_license() -> None:
    """MUE 0 or missing = unlimited."""
    assert said(BOOK, "G0463", pos="22") == ["1 STATUS-X reject"]  # one fault, one message
    assert Checker(STARTER, select=["MUE-ZERO"]).check(on_claim("G0463", pos="22")).checks == ["MUE-ZERO"]
    assert said(over(mue={"20610": Mue(0, 3)}), "20610-LT") == ["1 MUE-ZERO reject"]
    assert said(over(mue={"20610": Mue(1, 3)}), "20610-LT") == []


def test_06_a_missing_limit_is_not_called_clean() -> None:
    """MUE 0 or missing = unlimited: a day without a table is not judged."""
    outcome = BOOK.checker.check(on_claim("99213 x50", day="20230814"))
    assert [m.check for m in outcome.messages] == ["NOT-JUDGED"]
    assert "mue_practitioner" in (outcome.messages[0].observed or "")
    assert outcome.lines == ["not_judged"]


def test_07_two_sides_against_a_limit_of_one() -> None:
    """50 with units 2, LT+RT lines passing for MUE 1."""
    assert said(BOOK, "27447-50", **HOSPITAL) == []
    assert said(BOOK, "27447-50 x2", **HOSPITAL) == ["1 BILAT-UNITS reject*", "1 MUE-DOS reject"]
    assert said(BOOK, "27447-LT", "27447-RT", **HOSPITAL) == [
        "1 BILAT-LTRT warn",
        "1 MUE-DOS reject",
        "2 BILAT-LTRT warn",
        "2 MUE-DOS reject",
    ]


def test_08_a_surgical_center_shows_two_sides_without_50() -> None:
    """ASC 50 / doubling ignored."""
    assert said_of_center(BOOK, "19301-50") == ["1 ASC-50 reject*"]
    assert said_of_center(BOOK, "19301 x2") == []
    assert said_of_center(BOOK, "19301-LT", "19301-RT") == []
    assert said_of_center(BOOK, "19301 x3") == ["1 MUE-DOS reject*"]
    assert said_of_center(BOOK, "19301-LT", "77424 x2") == ["2 MUE-DOS reject"]  # bilateral 9: no doubling


def test_09_a_pair_of_indicator_9_never_was() -> None:
    """CCMI 9 treated as live."""
    assert said(over(pairs={"20610-11721": Pair("9")}), "20610-LT", "11721") == []
    live = over(pairs={"20610-11721": Pair("1")})
    assert said(live, "20610", "11721") == ["2 PTP-1 reject"]


@pytest.mark.parametrize("modifier", ["22", "76", "77"])
def test_10_what_does_not_bypass_a_pair(modifier: str) -> None:
    """22/76/77 or 25-on-procedure accepted as PTP bypass; 59 on E/M."""
    assert said(BOOK, "95937", "64483", day=IN_2024) == ["1 PTP-0 reject"]
    assert said(BOOK, "70553", f"76942-{modifier}", day=IN_2024) == ["2 PTP-1 reject"]
    assert said(BOOK, f"70553-{modifier}", "76942", day=IN_2024) == ["2 PTP-1 reject"]
    assert said(BOOK, "70553", "76942-59", day=IN_2024) == []


def test_10_modifiers_of_visits_and_of_procedures_each_in_their_place() -> None:
    """22/76/77 or 25-on-procedure accepted as PTP bypass; 59 on E/M."""
    assert said(BOOK, "11721-25", "99213", day=IN_2024) == ["1 MOD-EM-ONLY reject", "2 PTP-1 reject"]
    assert said(BOOK, "11721", "99213-59", day=IN_2024) == ["2 MOD-EM-59 reject", "2 PTP-1 reject"]
    assert said(BOOK, "11721", "99213-25", day=IN_2024) == []


def _in_2019(day: str) -> list[str]:
    book = over(
        fee={"11042": Fee(global_days="000"), "11721": Fee(global_days="000")},
        pairs={"11042-11721": Pair("1")},
        mue={},
        opps={},
        visits={},
        add_ons={},
        modifiers={"59": Modifier()},
        places={"11": Place()},
    )
    return said(book, "11042-59", "11721", day=day)


def test_11_59_counts_on_column_1_from_july_2019() -> None:
    """59 on column 1 rejected for DOS after 2019-07-01."""
    assert _in_2019("20190701") == []
    assert _in_2019("20190630") == ["2 PTP-1 reject"]
    assert said(BOOK, "70553-59", "76942", day=IN_2024) == []


def test_12_one_site_named_twice_is_one_site() -> None:
    """LT and LT counted as distinct sites."""
    pair = {"27447-29881": Pair("1")}
    assert said(over(pairs=pair), "27447-LT", "29881-LT", pos="22") == ["2 PTP-WEAK warn"]
    assert said(over(pairs=pair), "27447-LT", "29881-RT", pos="22") == []


def test_13_letters_of_three_name_spaces() -> None:
    """OPPS SI letters mixed with MPFS status letters."""
    # OPPS T (45378, 20610), B (99213), M (93010), N (J3301), X of the fee schedule (85025) on a hospital's claim.
    found = said_of_hospital(over(pairs={}), "45378", "93010", "J3301", "85025", "77424")
    assert found == ["0 OPPS-INFO inform"]
    # The same letters of OPPS say nothing on a practitioner's claim, where all of these are active.
    assert said(BOOK, "45378", pos="22") == []
    assert said(BOOK, "99213") == []
    assert said(BOOK, "93010") == []
    # B and N of the fee schedule are not OPPS's of the same code (36000: B and N; 99396: N and E1).
    assert said(BOOK, "36000") == ["1 STATUS-B reject"]
    assert said_of_hospital(BOOK, "36000") == []


def test_14_modifiers_of_visits_by_the_global_days() -> None:
    """57/25 chosen without global days; GLB-25 fired on XXX."""
    no_pairs = over(pairs={})
    assert said(no_pairs, "99213", "20610-LT") == ["1 GLB-25 reject"]  # 000
    assert said(no_pairs, "99213-25", "20610-LT") == []
    assert said(no_pairs, "99213-57", "20610-LT") == ["1 GLB-57b warn"]
    assert said(no_pairs, "99213", "27447-LT", pos="22") == ["1 GLB-57 reject"]  # 090
    assert said(no_pairs, "99213-57", "27447-LT", pos="22") == []
    assert said(no_pairs, "99213-25", "27447-LT", pos="22") == ["1 GLB-25b inform"]
    assert said(no_pairs, "99213", "73630-LT") == []  # XXX
    assert said(no_pairs, "99213", "77469", pos="22") == []
    assert said(no_pairs, "99213", "17000") == ["1 GLB-25 reject"]  # 010


def test_15_surgery_and_aftercare_are_no_duplicates() -> None:
    """54/55 lines flagged duplicate."""
    assert said(BOOK, "66984-54-RT", "66984-55-RT", pos="22") == []
    assert "2 DUP-LINE reject" in said(BOOK, "66984-RT", "66984-RT", pos="22")


def test_16_a_rejected_primary_satisfies_no_add_on_code() -> None:
    """AOC satisfied by a primary that is itself rejected."""
    assert said(BOOK, "19302-LT", "19294", pos="22") == []
    assert said(BOOK, "19302-LT x2", "19294", pos="22") == ["1 MUE-DOS reject", "2 AOC-1 reject"]
    not_valid = over(fee={"19302": Fee("I"), "19294": Fee(global_days="ZZZ")})
    assert said(not_valid, "19302-LT", "19294", pos="22") == ["1 STATUS-I reject", "2 AOC-1 reject"]
    paired = over(pairs={"20610-19302": Pair("0")})
    assert said(paired, "20610-LT", "19302-LT", "19294", pos="22") == ["2 PTP-0 reject", "3 AOC-1 reject"]


def test_17_the_hospital_bills_the_technical_side() -> None:
    """PCTC-POS ignored (global imaging in POS 22)."""
    assert said(BOOK, "71046", pos="22") == ["1 PCTC-POS reject"]
    assert said(BOOK, "71046-TC", pos="22") == ["1 PCTC-POS reject", "1 SUPV inform"]
    assert said(BOOK, "71046-26", pos="22") == []
    assert said(BOOK, "71046", pos="11") == []
    assert said(BOOK, "93005", pos="22") == ["1 PCTC-POS reject", "1 SUPV inform"]
    assert said(BOOK, "93000", pos="22") == ["1 PCTC-POS reject", "1 SUPV inform"]


def test_18_supervision_and_imaging_family_inform() -> None:
    """Supervision/imaging-family used as reject."""
    assert said(BOOK, "93005") == ["1 SUPV inform"]
    assert said(BOOK, "70553", "72148") == ["1 IMGFAM inform", "2 IMGFAM inform"]
    personal = {"93015": Fee(supervision="03"), "75635": Fee(imaging_family="88")}
    assert said(over(fee=personal, mue={}, pairs={}), "93015") == ["1 SUPV inform"]


def test_19_rarely_performed_is_not_invalid() -> None:
    """NA indicator = invalid."""
    assert said(BOOK, "19301-LT", pos="11") == ["1 NA-POS warn"]
    assert said(BOOK, "19301-LT", pos="22") == []
    rare = {"95004": Fee(facility_na=True)}
    assert said(over(fee=rare, mue={}), "95004", pos="22") == ["1 NA-POS warn"]
    assert said(over(fee=rare, mue={}), "95004", pos="11") == []


def test_20_reporting_codes_pass() -> None:
    """99024/Cat II rejected."""
    for charge in ("0.00", "0.01"):
        assert said(BOOK, f"99024 for {charge}") == ["1 STATUS-B inform"]
        assert said(BOOK, f"3100F for {charge}") == ["1 STATUS-I inform"]
        assert said(BOOK, f"G8427 for {charge}") == ["1 STATUS-M inform"]
    assert said(BOOK, "3100F for 0.02") == ["1 STATUS-I warn"]
    assert said(BOOK, "G8427 for 0.02") == ["1 STATUS-M warn"]
    assert said(BOOK, "99417 for 0.00")[-1] == "1 STATUS-I reject"


def test_21_status_t_is_paid_alone() -> None:
    """T-status always or never rejected."""
    no_pairs = over(pairs={})
    other = a_line("99213", rendering_npi=A_PHYSICIAN, rendering_taxonomy="2086S0122X")
    assert said(no_pairs, "96523") == []
    assert said(no_pairs, "96523", "99213") == ["1 STATUS-T reject"]
    assert said(no_pairs, "96523-59", "99213-25") == ["1 STATUS-T reject"]
    assert said(no_pairs, "96523", "36415") == []  # status X: not of the fee schedule
    assert said(no_pairs, "96523", other) == []
    assert said(no_pairs, "96523", a_line("99213", day="20250311")) == []


def test_22_minutes_are_no_units() -> None:
    """Anaesthesia minutes compared with MUE."""
    book = over(mue={"00811": Mue(1, 3)})
    nurse = {"billing_taxonomy": "367500000X"}
    assert said(book, "00811-QZ x60", basis="MJ", claim=nurse) == []
    assert said(book, "00811-QZ x60", claim=nurse) == ["1 MUE-DOS reject*", "1 UNIT-MJ warn"]


def test_23_a_professional_line_counts_from_its_first_day() -> None:
    """Timely filing by through date on 837P."""
    span = {"day": "20240820", "to_date": "20240830"}
    on_time, a_day_late = {"received_date": "20250820"}, {"received_date": "20250821"}
    assert said(BOOK, "97140-GP x11", claim=on_time, **span) == ["1 DATE-TIMELY warn"]
    assert said(BOOK, "97140-GP x11", claim=a_day_late, **span) == ["1 DATE-TIMELY reject"]
    # A hospital's claim counts from its through date.
    found = said_of_hospital(BOOK, "97140-GP x11", claim=a_day_late, **span)
    assert found == ["1 DATE-TIMELY warn"]


def test_24_a_bilateral_indicator_of_0_or_2_is_priced_and_9_is_invalid() -> None:
    """BILAT 0/2 vs 9 treated alike (0/2 price at 100%; 9 invalid)."""
    assert said(BOOK, "22551-50", pos="22") == ["1 BILAT-50 reject*"]  # 0
    assert said(BOOK, "76519-50") == ["1 BILAT-50 reject*"]  # 2
    assert said(BOOK, "77424-50", pos="22") == ["1 BILAT-50 reject", "1 STATUS-X reject"]  # 9


def test_25_the_day_of_service_picks_the_table() -> None:
    """DOS-effective table selection."""
    # Bundled (B) to the end of 2023, active (A) from 2024 on, on one claim.
    last, first = a_line("G2211", day="20231231"), a_line("G2211", day="20240401")
    found = said(BOOK, last, a_line("99213", day="20231231"), first, a_line("99213", day="20240401"))
    assert [one for one in found if "NOT-JUDGED" not in one] == ["1 STATUS-B reject"]
    # A limit of units begins with its quarter; before it nothing is known.
    assert said(BOOK, "99213 x3", day="20240401") == ["1 MUE-DOS reject*"]
    assert said(BOOK, "99213 x3", day="20240331") == ["1 NOT-JUDGED inform"]
    pair = over(pairs={"70553-76942": Pair("1", first=date(2025, 1, 1), last=date(2025, 3, 9))})
    for day, expected in (("20241231", []), ("20250101", [_PAIRED]), ("20250309", [_PAIRED]), ("20250310", [])):
        assert said(pair, "70553", "76942", day=day) == expected


_PAIRED = "2 PTP-1 reject"
