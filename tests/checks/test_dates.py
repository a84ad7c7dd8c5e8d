"""Dates: the day of service picks the table, and a claim is filed in time."""

from datetime import date

import pytest

from claimcheck import Checker, Rulebook
from claimcheck.authoring.examples import A_PHYSICIAN, a_claim, a_line
from claimcheck.engine.loop import raise_errors
from claimcheck.message import Citation
from claimcheck.rulebook import Mue, Pair, Release, Store
from claimcheck.rulebook.store import new_database
from claimcheck.rulebook.writing import Writer
from support.judging import STARTER, judge, over, said, said_of_hospital, starter

BOOK = starter()


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


def test_a_span_over_a_change_of_limits() -> None:
    """claim-data#dates: tables by the from date; WARN DATE-SPAN where the to date would be judged otherwise."""
    book = judge(_changing())

    def span(units: int, day: str, to_date: str) -> list[str]:
        return said(book, f"97140-GP x{units}", day=day, to_date=to_date)

    assert span(18, "20250130", "20250131") == []
    assert span(18, "20250131", "20250201") == ["1 DATE-SPAN warn"]  # 9 a day, the limit of the from date
    assert span(20, "20250131", "20250201") == ["1 DATE-SPAN warn", "1 MUE-DOS reject*"]
    assert span(18, "20250201", "20250202") == ["1 MUE-DOS reject*"]


def test_a_professional_line_counts_from_its_first_day() -> None:
    """specification#often-got-wrong: Timely filing by through date on 837P."""
    span = {"day": "20240820", "to_date": "20240830"}
    on_time, a_day_late = {"received_date": "20250820"}, {"received_date": "20250821"}
    assert said(BOOK, "97140-GP x11", claim=on_time, **span) == ["1 DATE-TIMELY warn"]
    assert said(BOOK, "97140-GP x11", claim=a_day_late, **span) == ["1 DATE-TIMELY reject"]
    # A hospital's claim counts from its through date.
    found = said_of_hospital(BOOK, "97140-GP x11", claim=a_day_late, **span)
    assert found == ["1 DATE-TIMELY warn"]


_PAIRED = "2 PTP-1 reject"


def test_the_day_of_service_picks_the_table() -> None:
    """specification#often-got-wrong: DOS-effective table selection."""
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


@pytest.mark.parametrize("day", ["00010101", "00010201", "99990101", "99991231"])
@pytest.mark.parametrize("received", ["00010101", "20250320", "99991231"])
def test_the_first_and_the_last_days_of_the_calendar(day: str, received: str) -> None:
    """No check looks past them."""
    ours, theirs = ({"rendering_npi": npi, "rendering_taxonomy": "207W00000X"} for npi in (A_PHYSICIAN, "1003000126"))
    codes = ("99213", "27447-RT", "99292", "66984-55-RT")
    lines = [a_line(code, day=day, **who) for code in codes for who in (ours, theirs)]
    split = a_line("66984-54-RT", day="00010215", **ours)
    checker = Checker(STARTER, on_error=raise_errors)
    assert checker.check(a_claim(*lines, split, received_date=received)).messages
