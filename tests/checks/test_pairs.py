"""NCCI pairs: when a pair holds, which modifiers bypass it, and what a rejected column 1 changes."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from claimcheck import Checker, Claim, EditMessage
from claimcheck.authoring.examples import a_claim, a_line
from claimcheck.claim import OUTPATIENT, PROFESSIONAL, Setting
from claimcheck.config.configuration import Configuration
from claimcheck.engine.loop import raise_errors
from claimcheck.message import Citation, ProfileSeverity
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


def pairs_of(*rows: tuple[str, str, Pair], table: str = "ptp_practitioner") -> Rulebook:
    """The starter book with a table of pairs over it that may have several rows of one pair."""
    database = new_database()
    writer = Writer(database)
    release = Release("example", table, date.min, date.max, Citation("example"), complete_from=date.min)
    id = writer.release(release)
    for one, two, pair in rows:
        writer.row(id, table, (one, two), pair)
    writer.borders_of_rows(id, table)
    return STARTER.under(Store(database))


def test_days_on_which_a_pair_holds() -> None:
    """pairs#when-a-pair-holds: active = eff ≤ DOS ≤ del (inclusive; `*` = open) and CCMI ≠ 9; a pair may have several
    rows."""
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
    """pairs#what-bypasses-a-pair: 24/25/57 count on the E/M line, column 1 or 2."""
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
    """pairs#what-bypasses-a-pair: 58/78/79 on either line (both lines the same one: WARN PTP-WEAK)."""
    for modifier in ("58", "78", "79"):
        # In a place that has an operating room.
        assert said(BOOK, f"20610-{modifier}", "10060", day=IN_2024, pos="22") == []
        assert said(BOOK, "20610", f"10060-{modifier}", day=IN_2024, pos="22") == []
        both = said(BOOK, f"20610-{modifier}", f"10060-{modifier}", day=IN_2024, pos="22")
        assert both == ["2 PTP-WEAK warn"]
    assert said(BOOK, "20610-58", "10060-79", day=IN_2024) == []


def test_59_between_a_procedure_and_a_visit() -> None:
    """pairs#what-bypasses-a-pair: 59/X on the procedure against an E/M column 2: WARN PTP-WEAK."""
    for modifier in ("59", "XE", "XS", "XP", "XU"):
        assert said(BOOK, f"11721-{modifier}", "99213", day=IN_2024) == ["2 PTP-WEAK warn"]
        assert said(BOOK, "11721", f"99213-{modifier}", day=IN_2024) == ["2 MOD-EM-59 reject", "2 PTP-1 reject"]


def test_91_counts_on_laboratory_tests_only() -> None:
    """pairs#what-bypasses-a-pair: 91 counts on lab only."""
    laboratory = over(pairs={"80053-85025": Pair("1"), "70553-76942": Pair("1")})
    tests: dict[str, Any] = {**HOSPITAL_TEST, "day": "20250310"}
    quiet = [x for x in said(laboratory, "80053", "85025-91", **tests) if "QW" not in x]
    assert quiet == []
    assert "2 PTP-1 reject" in said(laboratory, "80053", "85025", **tests)
    assert said(laboratory, "70553", "76942-91") == ["2 MOD-FITS reject*", "2 PTP-1 reject"]
    assert said(laboratory, "70553-91", "76942") == ["1 MOD-FITS reject*", "2 PTP-1 reject"]


def test_nothing_bypasses_indicator_0() -> None:
    """pairs#when-a-pair-holds: CCMI 0: nothing counts (99446–99452, 99495/99496 with most surgery)."""
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
    """order#step-5: PTP by pair of codes, per column-2 line. If every column-1 line has a hard REJECT of STATUS-x,
    MUE-x or FMT-CODE: WARN instead of REJECT."""
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
    """order#step-5: PTP, AOC, DUP, modifier and soft rejects do not weaken."""
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
    without_global = {line: [f"{line} MOD-FITS warn"] if modifier == "22" else [] for line in (1, 2)}
    assert said(BOOK, "70553", f"76942-{modifier}", day=IN_2024) == [*without_global[2], "2 PTP-1 reject"]
    assert said(BOOK, f"70553-{modifier}", "76942", day=IN_2024) == [*without_global[1], "2 PTP-1 reject"]
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


def messages_about(claim: Claim, book: Rulebook, **more: Any) -> list[EditMessage]:
    return [m for m in Checker(book, on_error=raise_errors, **more).check(claim).messages if m.check.startswith("PTP")]


EM = {code: Listed() for code in ("99213", "99214", "99281", "99285", "99291", "G0439", "G0463")}


@pytest.mark.parametrize(
    ("column1", "column2", "remedy"),
    [
        ("11042", "11721", "If a separate site, session or lesion is documented, append XE/XS/XU or 59 (or an "),
        ("20610", "99213", "Append 25 to 99213 if a significant, separately identifiable E/M is documented (24: "),
        ("99214", "99213", "Combine both visits into one code (Medicare pays one visit per day per specialty in a "),
        ("99213", "36000", "If a significant, separately identifiable E/M is documented, append 25 to 99213; "),
        ("G0439", "99213", "If a significant, separately identifiable E/M is documented, append 25 to 99213; "),
        ("99213", "G0439", "If a significant, separately identifiable E/M is documented, append 25 to 99213; "),
        ("99291", "99285", "If a significant, separately identifiable E/M is documented, append 25 to 99285; "),
        ("80053", "80061", "If documented, append 91 (repeat test), XE/XS/XU or 59 to 80061; otherwise remove "),
        ("77065", "77067", "If a screening mammogram led to the diagnostic one, append GG to 77065 and 59 or XU to "),
        ("96413", "96365", "Report one initial service per encounter: keep 96413. Append 59 to 96365 only for a "),
        ("96374", "96365", "Report one initial service per encounter: keep 96365. Append 59 to 96365 only for a "),
        ("29827", "29823", "A shoulder is one site: append XS or 59 to 29823 (with LT and RT) only for the other "),
    ],
)
def test_the_remedy_of_a_bundled_code_is_by_the_kind_of_pair(column1: str, column2: str, remedy: str) -> None:
    book = Rulebook.of(pairs={f"{column1}-{column2}": Pair("1")}, visits=EM)
    (message,) = messages_about(a_claim(a_line(column1), a_line(column2)), book, profile="medicare_part_b")
    assert message.check == "PTP-1" and message.remedy and message.remedy.startswith(remedy)
    assert message.text == f"NCCI edit: {column2} (column 2) bundles into {column1} (column 1), modifier allowed."
    (other,) = messages_about(a_claim(a_line(column1), a_line(column2)), book, profile="commercial")
    assert "Medicare" not in f"{other.text} {other.remedy}"


def test_the_infusion_that_is_not_kept_is_reported_as_another() -> None:
    """Also where the one that is kept is column 2."""
    book = Rulebook.of(pairs={"96360-96374": Pair("1")}, visits=EM)
    (message,) = messages_about(a_claim(a_line("96360"), a_line("96374")), book, profile="medicare_part_b")
    assert message.remedy and message.remedy.endswith("report the subsequent or concurrent code in place of 96360.")


def test_psychotherapy_with_a_visit_is_another_code() -> None:
    """pairs#remedies: psychotherapy beside a visit of the same person is 90833, 90836 or 90838."""
    book = Rulebook.of(pairs={"90834-99213": Pair("0"), "90834-90837": Pair("0")}, visits=EM)
    (message,) = messages_about(a_claim(a_line("90834"), a_line("99213-25")), book, profile="medicare_part_b")
    assert message.remedy == (
        "If both are documented, report 90836 with the E/M in place of 90834; otherwise remove 99213; do not bill the "
        "patient."
    )
    (message,) = messages_about(a_claim(a_line("90834"), a_line("90837")), book, profile="medicare_part_b")
    assert message.remedy == "Remove 90837; do not bill the patient."


@pytest.mark.parametrize(
    ("diagnostic", "screening", "checks"),
    [
        ("77065-LT-GG", "77067-59", []),
        ("77065-GG", "77067-XU-LT", []),
        ("77065-GG", "77067", ["PTP-1"]),
        ("77066", "77067", ["PTP-1"]),
        ("77066", "77067-59", []),
        ("77065-LT-GG", "77067", ["PTP-WEAK"]),
    ],
)
def test_a_screening_mammogram_that_led_to_another(diagnostic: str, screening: str, checks: list[str]) -> None:
    """pairs#remedies: with GG on the diagnostic study and 59 or XU on the screening one, PTP-WEAK is silent."""
    book = Rulebook.of(pairs={"77065-77067": Pair("1"), "77066-77067": Pair("1")}, visits=EM)
    assert [m.check for m in messages_about(a_claim(a_line(diagnostic), a_line(screening)), book)] == checks


def test_pairs_are_never_of_two_practitioners() -> None:
    """pairs#when-a-pair-holds: not even of colleagues of one specialty: one rendering NPI."""
    colleague = {"rendering_npi": "1003000126", "rendering_taxonomy": "207Q00000X"}
    for indicator in ("0", "1"):
        book = Rulebook.of(pairs={"11042-11721": Pair(indicator)}, visits={})
        assert messages_about(a_claim(a_line("11042"), a_line("11721", **colleague)), book) == []
        assert messages_about(a_claim(a_line("11042", **colleague), a_line("11721", **colleague)), book) != []


def test_two_visits_to_a_hospital_may_be_two_encounters() -> None:
    book = pairs_of(("99281", "G0463", Pair("1")), table="ptp_outpatient")
    visits = (a_line(code, setting="outpatient", pos=None) for code in ("99281", "G0463"))
    (message,) = messages_about(a_claim(*visits, setting="outpatient"), book, profile="medicare_opps")
    assert message.remedy == (
        "Append 27 to G0463 if the encounters were separate and documented; otherwise combine them into one code."
    )


def test_xp_is_for_the_lines_of_a_hospital_alone() -> None:
    """Elsewhere the edit is about the lines of one practitioner."""
    book = pairs_of(("11042", "11721", Pair("1")), table="ptp_outpatient")
    lines = (a_line(code, setting="outpatient", pos=None) for code in ("11042", "11721"))
    (message,) = messages_about(a_claim(*lines, setting="outpatient"), book, profile="medicare_opps")
    assert "append XE/XS/XP/XU or 59" in str(message.remedy)


@pytest.mark.parametrize(
    ("column1", "column2", "why", "remedy"),
    [
        ("11042-LT", "11721-LT", "both lines report LT, the same site", "append XS, XE or 59 to 11721"),
        ("11042-RT", "11721-T5", "the sites may be the same", "append XS, XE or 59 to 11721"),
        ("11042-50", "11721-LT", "50 covers both sides, the other line's site included", "append XS, XE or 59"),
        ("11042", "11721-T5", "only one line reports a site", "append the site to 11042 too"),
        ("11042-T5", "11721", "only one line reports a site", "append the site to 11721 too"),
        ("11042-LT", "11721-59-LT", "both lines report LT, the same site", "Verify that a separate session, lesion"),
        ("11042-58", "11721-58", "both lines report 58", "Keep 58 on the later session's procedure only."),
        ("20610-59", "99213", "59 is on the procedure, not on the E/M", "Remove 59 from 20610. If a significant"),
        ("11042", "11721-XP", "XP requires another practitioner", "Correct the rendering NPI, or replace XP"),
    ],
)
def test_the_remedy_of_a_weak_modifier_is_by_its_cause(column1: str, column2: str, why: str, remedy: str) -> None:
    book = Rulebook.of(pairs={"11042-11721": Pair("1"), "20610-99213": Pair("1")}, visits=EM)
    (message,) = messages_about(a_claim(a_line(column1), a_line(column2)), book)
    assert message.check == "PTP-WEAK"
    assert why in message.text and remedy in str(message.remedy)


BOTH = {"77469-99239": Pair("0"), "11042-99239": Pair("1")}
BOTH_KINDS = a_claim(a_line("77469"), a_line("11042"), a_line("99239"))


def test_what_no_modifier_overrides_is_told_alone() -> None:
    """The line is removed for PTP-0 anyway: a modifier that PTP-1 asks for would not help."""
    book = Rulebook.of(pairs=BOTH, visits={})
    assert [m.check for m in messages_about(BOTH_KINDS, book)] == ["PTP-0"]
    assert [m.check for m in messages_about(BOTH_KINDS, book, ignore=["PTP-0"])] == ["PTP-1"]
    other_line = a_claim(a_line("77469"), a_line("11042"), a_line("99239", units=2), a_line("99239", day="20250311"))
    assert [m.check for m in messages_about(other_line, book)] == ["PTP-0"]


@pytest.mark.parametrize("milder", ["warn", "inform"])
def test_a_reject_is_told_where_what_no_modifier_overrides_is_milder(milder: ProfileSeverity) -> None:
    book = Rulebook.of(pairs=BOTH, visits={})
    found = messages_about(BOTH_KINDS, book, configuration=Configuration(severity={"PTP-0": milder}))
    assert [(m.check, m.severity) for m in found] == [("PTP-0", milder), ("PTP-1", "reject")]


def test_a_waived_edit_hides_no_reject(tmp_path: Path) -> None:
    path = tmp_path / "waivers.csv"
    path.write_text("check,reason,who,until\nPTP-0,seen,me,2099-12-31\n")
    book = Rulebook.of(pairs=BOTH, visits={})
    found = messages_about(BOTH_KINDS, book, configuration=Configuration(waivers=path))
    assert [(m.check, m.severity) for m in found] == [("PTP-0", "inform"), ("PTP-1", "reject")]


def test_a_pair_whose_other_code_is_rejected_says_so() -> None:
    book = Rulebook.of(pairs={"11042-11721": Pair("1")}, visits={}, fee={"11042": Fee("B"), "11721": Fee("A")})
    (message,) = messages_about(a_claim(a_line("11042"), a_line("11721")), book)
    assert (message.check, message.severity) == ("PTP-1", "warn")
    assert message.text.endswith("The other line is also rejected; if it is removed, this edit clears.")
