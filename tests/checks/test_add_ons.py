"""Add-on codes: which primary satisfies them, and on which days and claims a row holds."""

from datetime import date, timedelta
from typing import Any

from claimcheck import Checker, Line, Rulebook
from claimcheck.authoring.examples import A_PHYSICIAN, a_claim, a_line
from claimcheck.rulebook import AddOn, Fee, Mue, Pair
from claimcheck.rulebook.rows import Row
from support.judging import over, said, said_of_hospital, starter

BOOK = starter()
OTHER_SURGEON: dict[str, Any] = {"rendering_npi": A_PHYSICIAN, "rendering_taxonomy": "2086S0122X"}


def full_claim(lines: int) -> list[Any]:
    """Lines that nothing is said of, one a day."""
    days = [date(2025, 3, 9) - timedelta(days=i) for i in range(lines)]
    return [a_line("99213", day=day.strftime("%Y%m%d")) for day in days]


def test_type_1_needs_a_listed_primary() -> None:
    """D AOC-1: no listed primary on claim (and history, if any): REJECT if < 50 lines, WARN at 50."""
    assert said(BOOK, "19301-LT", "19294", pos="22") == []
    assert said(BOOK, "19294", pos="22") == ["1 AOC-1 reject"]
    assert said(BOOK, "27447-LT", "19294", pos="22") == ["2 AOC-1 reject"]
    assert said(BOOK, "17003", *full_claim(48)) == ["1 AOC-1 reject"]
    assert said(BOOK, "17003", *full_claim(49)) == ["1 AOC-1 warn"]


def _contractor(**more: Row) -> Any:
    rows = {"0735T": Fee("A", global_days="ZZZ"), "61510": Fee(global_days="090"), "99213": Fee()}
    return over(fee=rows, mue={}, pairs={}, add_ons=more)


def test_type_2_needs_another_procedure() -> None:
    """D AOC-2: WARN, REJECT* if no other procedure that day."""
    book = _contractor(**{"0735T-CCCCC": AddOn("2", "CCCCC")})
    assert said(book, "61510", "0735T", pos="21") == ["2 AOC-2 warn"]
    assert said(book, "0735T", pos="21") == ["1 AOC-2 reject*"]
    assert said(book, "0735T", a_line("61510", day="20250309", pos="21"), pos="21") == ["1 AOC-2 reject*"]
    assert said(book, "0735T", a_line("61510", pos="21", **OTHER_SURGEON), pos="21") == ["1 AOC-2 reject*"]


def test_type_3_warns() -> None:
    """D AOC-3 (12 codes): WARN; 4 of the 12 have no CCCCC row (closed): still WARN."""
    some = _contractor(**{"0735T-61510": AddOn("3", "61510"), "0735T-CCCCC": AddOn("3", "CCCCC")})
    closed = _contractor(**{"0735T-61510": AddOn("3", "61510")})
    for book in (some, closed):
        assert said(book, "61510", "0735T", pos="21") == []
        assert said(book, "0735T", pos="21") == ["1 AOC-3 warn"]


def test_days_and_settings_of_a_row() -> None:
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


def test_a_primary_of_a_colleague() -> None:
    """order#step-6: satisfied by any listed primary line without a hard REJECT; 99291 of a colleague no less."""
    book = over(
        fee={"99291": Fee(global_days="XXX"), "99292": Fee(global_days="ZZZ")},
        mue={"99291": Mue(1, 2)},
        pairs={},
        add_ons={"99292-99291": AddOn("1", "99291")},
    )

    def told(units: int, *own: Line) -> list[str]:
        internist: dict[str, Any] = {"rendering_taxonomy": "207R00000X"}
        first = a_line("99291", units=units, rendering_npi="1234567802", **internist)
        more = a_line("99292", rendering_npi="1003000126", **internist)
        return [text for text in said(book, first, more, *own) if "AOC" in text]

    assert told(1) == []
    assert told(2) == ["2 AOC-1 warn"]
    own = a_line("99291", units=2, rendering_npi="1003000126", rendering_taxonomy="207R00000X")
    assert told(1, own) == []
    assert told(2, own) == ["2 AOC-1 reject"]


def test_which_rejects_of_the_primary_cascade() -> None:
    """order#step-6: AOC: satisfied by any listed primary line without a hard REJECT of STATUS-x, FMT-CODE, MUE-x,
    PTP-x. DUP-LINE and modifier rejects of the primary do not cascade."""
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


def test_a_rejected_primary_satisfies_no_add_on_code() -> None:
    """AOC satisfied by a primary that is itself rejected."""
    assert said(BOOK, "19302-LT", "19294", pos="22") == []
    assert said(BOOK, "19302-LT x2", "19294", pos="22") == ["1 MUE-DOS reject", "2 AOC-1 reject"]
    not_valid = over(fee={"19302": Fee("I"), "19294": Fee(global_days="ZZZ")})
    assert said(not_valid, "19302-LT", "19294", pos="22") == ["1 STATUS-I reject", "2 AOC-1 reject"]
    paired = over(pairs={"20610-19302": Pair("0")})
    assert said(paired, "20610-LT", "19302-LT", "19294", pos="22") == ["2 PTP-0 reject", "3 AOC-1 reject"]


def test_a_missing_primary_is_told_from_a_rejected_one() -> None:
    cavity = {"19294-19301": AddOn("1", "19301")}
    fee = {"19301": Fee("B"), "19294": Fee("A", global_days="ZZZ")}
    checker = Checker(Rulebook.of(add_ons=cavity, fee=fee, visits={}), "medicare_part_b", select=["AOC-1", "STATUS"])

    def said_of_add_on(*codes: str) -> tuple[str, str | None]:
        (message,) = [m for m in checker.check(a_claim(*map(a_line, codes))).messages if m.check == "AOC-1"]
        return message.text, message.remedy

    assert said_of_add_on("19294") == (
        "Add-on code 19294 billed without a payable primary (19301) by the same provider on this date.",
        "Report both on one claim if the primary was performed; otherwise remove 19294.",
    )
    assert said_of_add_on("19301", "19294") == (
        "Add-on code 19294 billed without a payable primary: 19301 is billed but rejected.",
        "Fix 19301 first; without a payable primary, remove 19294.",
    )
