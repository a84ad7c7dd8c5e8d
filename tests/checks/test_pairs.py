"""NCCI pairs (C1, C3; M2): when a pair holds, which modifiers bypass it, and what a rejected column 1 changes."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from claimcheck.authoring.examples import a_claim, a_line
from claimcheck.claim import OUTPATIENT, PROFESSIONAL, Setting
from claimcheck.message import Citation
from claimcheck.rulebook import (
    Fee,
    Listed,
    Modifier,
    Mue,
    Pair,
    Place,
    Release,
    Rulebook,
    Store,
)
from claimcheck.rulebook.store import new_database
from claimcheck.rulebook.writing import Writer
from support.judging import IN_2024, STARTER, checker, judge, over, said, starter

BOOK = starter()
HOSPITAL_TEST = {"clia": "36D0712345"}
ONE_OF_TWO = {"76942": Fee("I", "1"), "76942-26": Fee("A", "1"), "70553": Fee(pctc="1"), "70553-26": Fee(pctc="1")}


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


def test_days_on_which_a_pair_holds() -> None:
    """C1: active = eff ≤ DOS ≤ del (inclusive; `*` = open) and CCMI ≠ 9; a pair may have several rows."""
    first, last = date(2025, 2, 1), date(2025, 2, 10)
    for indicator in ("0", "1"):
        closed = over(pairs={"70553-76942": Pair(indicator, first, last)})
        open_ended = over(pairs={"70553-76942": Pair(indicator, first)})
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


def test_modifiers_of_visits_count_on_the_visit() -> None:
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


def test_58_78_79_count_on_either_line() -> None:
    """C3 +: 58/78/79 on either line (both lines the same one: WARN PTP-WEAK)."""
    for modifier in ("58", "78", "79"):
        assert said(BOOK, f"20610-{modifier}", "10060", day=IN_2024) == []
        assert said(BOOK, "20610", f"10060-{modifier}", day=IN_2024) == []
        assert said(BOOK, f"20610-{modifier}", f"10060-{modifier}", day=IN_2024) == ["2 PTP-WEAK warn"]
    assert said(BOOK, "20610-58", "10060-79", day=IN_2024) == []


def test_59_between_a_procedure_and_a_visit() -> None:
    """C3 +: 59/X on the procedure against an E/M column 2: WARN PTP-WEAK."""
    for modifier in ("59", "XE", "XS", "XP", "XU"):
        assert said(BOOK, f"11721-{modifier}", "99213", day=IN_2024) == ["2 PTP-WEAK warn"]
        assert said(BOOK, "11721", f"99213-{modifier}", day=IN_2024) == ["2 MOD-EM-59 reject", "2 PTP-1 reject"]


def test_91_counts_on_laboratory_tests_only() -> None:
    """C3 +: 91 counts on lab only."""
    laboratory = over(pairs={"80053-85025": Pair("1"), "70553-76942": Pair("1")})
    tests: dict[str, Any] = {**HOSPITAL_TEST, "day": "20250310"}
    quiet = [x for x in said(laboratory, "80053", "85025-91", **tests) if "QW" not in x]
    assert quiet == []
    assert "2 PTP-1 reject" in said(laboratory, "80053", "85025", **tests)
    assert said(laboratory, "70553", "76942-91") == ["2 PTP-1 reject"]
    assert said(laboratory, "70553-91", "76942") == ["2 PTP-1 reject"]


def test_nothing_bypasses_indicator_0() -> None:
    """C3 +: CCMI 0: nothing counts (99446–99452, 99495/99496 with most surgery)."""
    for modifier in ("25", "24", "57", "59", "XE", "58", "79", "LT", "91", "76"):
        found = said(over(pairs={"10060-76942": Pair("0")}), "10060", f"76942-{modifier}")
        assert "2 PTP-0 reject" in found
        found = said(BOOK, "10060", f"99446-{modifier}", day=IN_2024)
        assert "2 PTP-0 reject" in found


def test_consultations_between_practitioners() -> None:
    """99446-99452, 99495, 99496: indicator 0 with nearly all procedures: no modifier helps."""
    assert said(BOOK, "99446-25", "10060", day=IN_2024) == ["1 PTP-0 reject"]
    assert said(BOOK, "99446-59", "27447-LT", day=IN_2024, pos="22") == ["1 MOD-EM-59 warn", "1 PTP-0 reject"]


def test_a_rejected_column_1() -> None:
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


def test_rejects_of_column_1_that_do_not_weaken_a_pair() -> None:
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


def test_a_pair_of_indicator_9_never_was() -> None:
    """CCMI 9 treated as live."""
    assert said(over(pairs={"20610-11721": Pair("9")}), "20610-LT", "11721") == []
    live = over(pairs={"20610-11721": Pair("1")})
    assert said(live, "20610", "11721") == ["2 PTP-1 reject"]


@pytest.mark.parametrize("modifier", ["22", "76", "77"])
def test_what_does_not_bypass_a_pair(modifier: str) -> None:
    """22/76/77 or 25-on-procedure accepted as PTP bypass; 59 on E/M."""
    assert said(BOOK, "95937", "64483", day=IN_2024) == ["1 PTP-0 reject"]
    assert said(BOOK, "70553", f"76942-{modifier}", day=IN_2024) == ["2 PTP-1 reject"]
    assert said(BOOK, f"70553-{modifier}", "76942", day=IN_2024) == ["2 PTP-1 reject"]
    assert said(BOOK, "70553", "76942-59", day=IN_2024) == []


def test_modifiers_of_visits_and_of_procedures_each_in_their_place() -> None:
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


def test_59_counts_on_column_1_from_july_2019() -> None:
    """59 on column 1 rejected for DOS after 2019-07-01."""
    assert _in_2019("20190701") == []
    assert _in_2019("20190630") == ["2 PTP-1 reject"]
    assert said(BOOK, "70553-59", "76942", day=IN_2024) == []


@pytest.mark.parametrize(("setting", "expected"), [(OUTPATIENT, []), (PROFESSIONAL, ["PTP-1"])])
def test_27_parts_two_visits_of_a_hospitals_day_alone(setting: Setting, expected: list[str]) -> None:
    book = Rulebook.of(pairs={"99285-99213": Pair("1"), "99285-71046": Pair("1")}, visits={"99213": Listed()})
    claim = a_claim(a_line("99285", setting=setting), a_line("99213-27", setting=setting))
    assert checker(book, "PTP-1").check(claim).checks == expected
    film = a_claim(a_line("99285", setting=setting), a_line("71046-27", setting=setting))
    assert checker(book, "PTP-1").check(film).checks == ["PTP-1"], "an X-ray is not a visit"


def test_one_site_named_twice_is_one_site() -> None:
    """LT and LT counted as distinct sites."""
    pair = {"27447-29881": Pair("1")}
    assert said(over(pairs=pair), "27447-LT", "29881-LT", pos="22") == ["2 PTP-WEAK warn"]
    assert said(over(pairs=pair), "27447-LT", "29881-RT", pos="22") == []


def test_lines_that_share_several_days_are_judged_by_the_worst_of_them() -> None:
    """On the first day a modifier bypasses the pair in a way that is doubted, on the second none does."""
    book = Rulebook.of(pairs={"11042-11721": Pair("1")}, visits={})
    span = a_line("11721", units=2, to_date="20250311")
    for lines in (
        (a_line("11042-LT"), span, a_line("11042", day="20250311")),
        (a_line("11042"), span, a_line("11042-LT", day="20250311")),
    ):
        found = checker(book, "PTP-1", "PTP-WEAK").check(a_claim(*lines)).messages
        assert [(m.check, m.severity) for m in found] == [("PTP-1", "reject")]
