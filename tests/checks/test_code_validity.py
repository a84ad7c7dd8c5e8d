"""Whether a code is valid on its day: a list with dates wins over lists without (FMT-ENDED, FMT-FUTURE, FMT-CODE).

The second half asks CMS's own files, read from ``CLAIMCHECK_SHARED`` and not part of this repository.
"""

import csv
import io
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from claimcheck import Checker, EditMessage, Rulebook
from claimcheck.authoring.examples import a_claim, a_line
from claimcheck.catalog.code_pages import code_page
from claimcheck.checks import all_checks
from claimcheck.claim import ASC, DME, INSTITUTIONAL, OUTPATIENT, PROFESSIONAL, Setting, as_date
from claimcheck.config.profile import profile_names
from claimcheck.engine.messages import Outcome
from claimcheck.rulebook import AddOn, CodeDates, Fee, Listed, Modifier, Mue, Opps, Pair, Store
from claimcheck.rulebook.adding import add
from claimcheck.rulebook.opening import open_book
from claimcheck.rulebook.starter import RuleDataError, load_lists, load_overlay
from support.judging import STARTER, judge, over, said, starter
from support.places import ROOT
from support.published import CMS, book_of, member, needs_cms

VALIDITY = {"FMT-CODE", "FMT-ENDED", "FMT-FUTURE"}
SETTINGS: tuple[Setting, ...] = (PROFESSIONAL, ASC, OUTPATIENT, DME, INSTITUTIONAL)
REFERENCES = "cross_references"
J1030 = CodeDates(date(1982, 1, 1), date(2024, 3, 31))
J1010 = CodeDates(date(2024, 4, 1))


def judged(
    book: Rulebook, code: str, day: str, *, profile: str | None = None, setting: Setting = PROFESSIONAL, **fields: str
) -> Outcome:
    received = (as_date(fields.get("to_date") or day) or date.max).strftime("%Y%m%d")
    claim = a_claim(a_line(code, day=day, setting=setting, **fields), received_date=received)
    return Checker(book, profile).check(claim)


def messages(book: Rulebook, code: str, day: str, **fields: Any) -> list[EditMessage]:
    return judged(book, code, day, **fields).messages


def on_validity(book: Rulebook, code: str, day: str, **fields: Any) -> list[str]:
    """The edits of the code's validity that speak, and NOT-JUDGED where one of them waits for a table."""
    outcome = judged(book, code, day, **fields)
    waits = any(one.check == "FMT-CODE" and one.blocks for one in outcome.waiting)
    return [m.check for m in outcome.messages if m.check in VALIDITY or (m.check == "NOT-JUDGED" and waits)]


# A list with dates, and lists without.


def test_dates_win_whatever_other_list_has_the_code() -> None:
    lists = Rulebook.of(
        fee={"J1030": Fee("I")},
        opps={"J1030": Opps("N")},
        codes={"J1030": J1030, "J1010": J1010},
        mue={"J1030": Mue(0, 2), "J1010": Mue(9, 3)},
        modifiers={"GY": Modifier()},
    )
    for profile in profile_names():
        for setting in SETTINGS:
            where = {"profile": profile, "setting": setting}
            for code, day, check in (
                ("J1030", "20240331", set()),
                ("J1030", "20240401", {"FMT-ENDED"}),
                ("J1030-GY", "20240814", {"FMT-ENDED"}),
                ("J1010", "20240331", {"FMT-FUTURE"}),
                ("J1010", "20240401", set()),
            ):
                found = messages(lists, code, day, **where)
                of_code = {m.check: m.severity for m in found if m.check in VALIDITY}
                assert of_code == dict.fromkeys(check, "reject"), (profile, setting, code, day)
                if check:  # no table speaks of the line
                    assert not [m.check for m in found if m.check.startswith(("STATUS", "MUE", "MOD-FITS"))]


def test_no_table_speaks_of_a_code_that_ended_nor_is_anything_paid_for_it() -> None:
    """As with any invalid code: its pairs and add-ons are as if it were not billed."""
    book = judge(
        STARTER.under(
            *Rulebook.of(
                fee={code: Fee() for code in ("G0562", "77424", "19294")} | {"C9794": Fee("I")},
                codes={"C9794": CodeDates(date(2024, 1, 1), date(2024, 12, 31))},
                mue={},
                pairs={"C9794-77424": Pair("0")},
                add_ons={"19294-C9794": AddOn("1", "C9794")},
            ).stores
        )
    )
    assert said(book, "C9794", "77424") == ["1 FMT-ENDED reject"]
    assert said(book, "C9794", "19294") == ["1 FMT-ENDED reject", "2 AOC-1 reject"]


def test_what_ended_stays_so_past_the_last_release_and_what_is_in_force_is_not_known() -> None:
    """The HCPCS file of January 2026 speaks of days to March; a later one may end more codes."""
    assert on_validity(STARTER, "J1885", "20260331") == []
    assert on_validity(STARTER, "J1885", "20260930") == []  # Addendum B of July has it
    assert on_validity(STARTER, "J1885", "20261001") == ["NOT-JUDGED"]
    assert on_validity(STARTER, "J1885", "19921231") == ["FMT-FUTURE"]  # added 1993
    assert on_validity(STARTER, "J1030", "20240814") == ["FMT-ENDED"]  # 2024-03-31


@pytest.mark.parametrize(
    ("day", "expected"),
    [("20080312", ["NOT-JUDGED"]), ("20141231", ["NOT-JUDGED"]), ("20150101", ["FMT-FUTURE"]), ("20230701", [])],
)
def test_a_code_that_was_given_out_again(day: str, expected: list[str]) -> None:
    """J1440 was filgrastim until 2013, of which the file says nothing (claim-data#codes-and-their-days)."""
    book = Rulebook.of(codes={"J1440": CodeDates(date(2023, 7, 1))})
    assert on_validity(book, "J1440", day) == expected


def test_the_newest_list_with_dates_wins() -> None:
    older = Rulebook.of(codes={"J1030": CodeDates(date(1982, 1, 1))})
    newer = Rulebook.of(codes={"J1030": J1030})
    assert on_validity(older.under(*newer.stores), "J1030", "20240401") == ["FMT-ENDED"]
    assert on_validity(newer.under(*older.stores), "J1030", "20240401") == []


@pytest.mark.parametrize(
    ("code", "text", "remedy"),
    [
        ("810", '"810" has 3 characters; codes have 5.', "Check for dropped leading zeros (00810)."),
        ("1996", '"1996" has 4 characters; codes have 5.', "Check for dropped leading zeros (01996)."),
        ("5", '"5" has 1 character; codes have 5.', "Correct the code; report modifiers in their own fields."),
        (
            "9921325",
            '"9921325" has 7 characters; codes have 5.',
            "Correct the code; report modifiers in their own fields.",
        ),
        (
            "ABCDE",
            '"ABCDE" is not a procedure code: 5 digits, 4 digits and a letter, or a letter and 4 digits.',
            "Correct the code.",
        ),
    ],
)
def test_malformed(code: str, text: str, remedy: str) -> None:
    [found] = [m for m in messages(STARTER, code, "20250310") if m.check in VALIDITY]
    assert (found.check, found.text, found.remedy) == ("FMT-CODE", text, remedy)


# Spans.


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize(
    ("day", "to_date", "expected"),
    [
        ("20240330", "20240331", []),
        ("20240331", "20240401", ["DATE-SPAN reject"]),
        ("20240401", "20240402", ["FMT-ENDED reject"]),
        ("20231230", "20240402", ["DATE-SPAN reject"]),  # not once more for the year
        ("20241230", "20250102", ["FMT-ENDED reject"]),
    ],
)
def test_a_span_over_the_end_of_a_code(setting: Setting, day: str, to_date: str, expected: list[str]) -> None:
    book = Rulebook.of(
        codes={"J1030": J1030}, fee={"J1030": Fee("E")}, mue={}, opps={"J1030": Opps("N")}, asc={}, global_visits={}
    )
    found = messages(book, "J1030", day, setting=setting, to_date=to_date)
    assert [f"{m.check} {m.severity}" for m in found if m.check in {"DATE-SPAN", *VALIDITY}] == expected
    if expected == ["DATE-SPAN reject"]:
        [span] = [m for m in found if m.check == "DATE-SPAN"]
        assert span.text == "J1030 ended 2024-03-31, before this line's through date."
        assert span.remedy == "Split the line: J1030 through 2024-03-31; from 2024-04-01 a code that is valid then."
        assert span.releases == ["example J1030"]


# What replaced a code.


def remedy_of(code: str, **tables: Any) -> str | None:
    codes = {code: J1030, **tables.pop("codes", {})}
    [found] = [m for m in messages(Rulebook.of(codes=codes, **tables), code, "20240814") if m.check == "FMT-ENDED"]
    return found.remedy


def test_the_list_of_successors_comes_first() -> None:
    listed = {"J1030": Listed("J1010; its unit is 1 mg")}
    referring = {"J1030": Listed("J9999")}
    known: dict[str, object] = {"J1010": J1010, "J9999": CodeDates(date(1982, 1, 1))}
    assert (
        remedy_of("J1030", successors=listed, cross_references=referring, codes=known)
        == "Report J1010; its unit is 1 mg."
    )
    by_file = "Report J9999 (cross-reference of the HCPCS file). Verify the units; they may differ."
    assert remedy_of("J1030", cross_references=referring, codes=known) == by_file
    ended = {**known, "J1010": CodeDates(date(2024, 4, 1), date(2024, 6, 30))}
    assert remedy_of("J1030", successors=listed, cross_references=referring, codes=ended) == by_file


@pytest.mark.parametrize("reference", ["CPT", "J9998", "J9997", "J9996", "99999"])
def test_a_cross_reference_counts_only_where_it_is_a_code_that_is_valid_on_the_day(reference: str) -> None:
    """One is the word CPT; others have ended, have not begun or are on no list."""
    others = {"J9998": J1030, "J9997": CodeDates(date(2024, 8, 15))}
    remedy = remedy_of("J1030", cross_references={"J1030": Listed(reference)}, codes=others, fee={"J9990": Fee()})
    assert remedy == (
        f"Look up the replacement code in the HCPCS update of April 2024; its cross-reference, {reference}, "
        "is not known to be valid on this date. Verify the units; they may differ."
    )
    assert (remedy_of("J1030") or "").startswith("Look up the replacement code in the HCPCS update of April 2024; the ")


def test_the_lists_that_ship_lie_under_every_book() -> None:
    by_code = {
        str(key): period.row
        for key in load_lists().keys("successors")
        for period in load_lists().periods("successors", key)
    }
    assert by_code["J1030"] == Listed("J1010; its unit is 1 mg", "Successors 2026 January J1030")
    assert len(by_code) == 16 + 20 + 1  # of the published list: drugs and care management, antibodies, JG


def overlay(folder: Path, successors: str) -> Store:
    releases = '[[series]]\ntitle = "ACME"\ntables = []\n'
    releases += 'releases = [{ name = "ACME 2025", edition = "2025", first = 2025-01-01, last = 2025-12-31 }]\n'
    folder.mkdir()
    (folder / "releases.toml").write_text(releases)
    head = 'title = "ACME"\ncites = ["ACME 2025"]\nfirst = 2025-01-01\nlast = 2025-12-31\n'
    (folder / "successors.toml").write_text(head + successors)
    return load_overlay(folder)


def test_a_payers_overlay_may_name_successors(tmp_path: Path) -> None:
    store = overlay(tmp_path / "acme", '[[successor]]\nof = ["J1030"]\ncodes = ["J3301"]\n')
    book = Rulebook(*Rulebook.of(codes={"J1030": J1030}).stores, load_lists()).under(store)
    [found] = [m for m in messages(book, "J1030", "20250310") if m.check == "FMT-ENDED"]
    assert found.remedy == "Report J3301. Verify the units; they may differ."


@pytest.mark.parametrize(
    ("text", "line", "field", "expected"),
    [
        ('[[successor]]\nof = ["J1030"]\n', 5, "successor[0].note", "codes, or a note that says why there are none"),
        ('[[successor]]\nof = ["J1030", "J1030"]\ncodes = ["J1010"]\n', 6, "successor[0].of[1]", "each code once"),
        ('[[successor]]\nof = []\ncodes = ["J1010"]\n', 6, "successor[0].of", "at least 1 item"),
        ('[[successor]]\nof = ["J1030"]\ncode = ["J1010"]\n', 7, "successor[0].code", "one of of, codes, note"),
    ],
)
def test_a_wrong_list_of_successors_is_refused(tmp_path: Path, text: str, line: int, field: str, expected: str) -> None:
    with pytest.raises(RuleDataError) as refused:
        overlay(tmp_path / "acme", text)
    assert (refused.value.file, refused.value.line, refused.value.field) == ("acme/successors.toml", line, field)
    assert expected in refused.value.expected


def test_a_book_of_before_gets_the_cross_references_by_the_same_file(tmp_path: Path) -> None:
    """They are a table of their own, so that a book that was made without them still opens, and says what it knows."""
    file = ROOT / "fixtures" / "cms" / "HCPC2026_JAN_ANWEB.csv"
    path = tmp_path / "book.sqlite"
    add(path, [file], partial=True)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(
            "DELETE FROM listed WHERE release = (SELECT id FROM release WHERE in_table = ?)", (REFERENCES,)
        )
        database.execute("DELETE FROM release WHERE in_table = ?", (REFERENCES,))

    def found() -> list[tuple[str, str | None]]:
        book = Rulebook(Store.open(path), load_lists())  # without the cross-references that come along
        edits = messages(book.under(*Rulebook.of(fee={"G0562": Fee()}).stores), "C9794", "20250310")
        return [(m.text, m.remedy) for m in edits if m.check == "FMT-ENDED"]

    units = "Verify the units; they may differ."
    none = f"Look up the replacement code in the HCPCS update of January 2025; the HCPCS file names none. {units}"
    assert found() == [("C9794 ended 2024-12-31.", none)]
    report = add(path, [file], partial=True)
    assert [text.partition(",")[0] for text in report.added] == [f"HCPCS 2026 January: {REFERENCES}"]
    assert len(report.unchanged) == 2
    by_file = f"Report G0562 (cross-reference of the HCPCS file). {units}"
    assert found() == [("C9794 ended 2024-12-31.", by_file)]


# CMS's files.

IN_CODES_GROUP = pytest.mark.xdist_group("codes")
"""One worker makes the book."""
RELEASES = {
    "RVU24B": ("rvu24b_apr-rebuilt.zip", date(2024, 4, 1)),
    "RVU24C": ("rvu24c_jul-rebuilt.zip", date(2024, 7, 1)),
    "RVU24D": ("rvu24d_oct-rebuilt.zip", date(2024, 10, 1)),
    "RVU25A": ("rvu25a-updated-01_10_2025.zip", date(2025, 1, 1)),
    "RVU25B": ("rvu25b.zip", date(2025, 4, 1)),
    "RVU25C": ("rvu25c.zip", date(2025, 7, 1)),
    "RVU25D": ("rvu25d.zip", date(2025, 10, 1)),
}


@pytest.fixture(scope="session")
def book() -> Rulebook:
    """The HCPCS file, the fee schedules of these quarters and Addendum B, each in one format."""
    wanted = [(CMS / "rvu" / archive, r"^PPRRVU.*\.csv$") for archive, _ in RELEASES.values()]
    wanted.append((CMS / "hcpcs" / "hcpc2026_jan_anweb_01122026.zip", r"^HCPC2026_JAN_ANWEB_.*\.txt$"))
    wanted.append((CMS / "opps" / "2025_nfrm_addenda.11142024.zip", r"Addendum B\..*\.txt$"))

    def files(folder: Path) -> list[Path]:
        written = []
        for i, (archive, pattern) in enumerate(wanted):
            name, content = member(archive, pattern)
            (folder / str(i)).mkdir()
            written.append(folder / str(i) / name)
            written[-1].write_bytes(content)
        return written

    path, _ = book_of("codes", [*(archive for archive, _ in wanted), Path(__file__)], files)
    return open_book(path)


class Anweb:
    """The HCPCS file's codes, by an independent reading of its record layout (fields 15, 27 and 29)."""

    def __init__(self) -> None:
        _, content = member(CMS / "hcpcs" / "hcpc2026_jan_anweb_01122026.zip", r"^HCPC2026_JAN_ANWEB_.*\.txt$")
        lines = [line for line in content.decode("latin-1").splitlines() if line[10:11] == "3"]
        fields = {line[:5]: [line[n : n + 5].strip() for n in range(204, 229, 5)] for line in lines}
        self.references = {code: [*filter(None, found)] for code, found in fields.items() if any(found)}
        self.ended = {line[:5]: as_date(line[284:292]) for line in lines if line[284:292].strip()}
        self.codes = {line[:5] for line in lines}


@pytest.fixture(scope="session")
def anweb() -> Anweb:
    return Anweb()


@needs_cms
@IN_CODES_GROUP
def test_the_hcpcs_file_is_kept_with_its_ends_and_cross_references(book: Rulebook, anweb: Anweb) -> None:
    assert (len(anweb.codes), len(anweb.ended)) == (8_623, 1_300)
    assert len(anweb.references.keys() & anweb.ended.keys()) == 188
    assert len(anweb.references) == 188 + 24
    assert sum(len(found) for code, found in anweb.references.items() if code in anweb.ended) == 193
    assert anweb.references["P7001"] == ["CPT"]
    kept = {str(key): book.newest("cross_references", key) for key in book.keys("cross_references")}
    assert {code: row.value.split() for code, row in kept.items() if isinstance(row, Listed)} == anweb.references
    rows = ((code, book.dates("codes", code)) for code in anweb.codes)
    assert {code: row.ended for code, row in rows if row and row.ended} == anweb.ended


@needs_cms
@IN_CODES_GROUP
@pytest.mark.parametrize(
    ("release", "count"),
    [("RVU24B", 14), ("RVU24C", 19), ("RVU25A", 20), ("RVU25B", 37), ("RVU25C", 47), ("RVU25D", 50)],
)
def test_codes_that_a_fee_schedule_lists_though_they_ended(
    book: Rulebook, anweb: Anweb, release: str, count: int
) -> None:
    """FMT-ENDED reports them, and no other code that the release lists; none of them has a cross-reference."""
    archive, first = RELEASES[release]
    _, content = member(CMS / "rvu" / archive, r"^PPRRVU.*\.csv$")
    rows = csv.reader(io.StringIO(re.sub("\r\n?", "\n", content.decode("latin-1"))))
    listed = {row[0] for row in rows if row and re.fullmatch(r"[0-9A-Z]{5}", row[0]) and row[0] != "HCPCS"}
    expected = {code for code, last in anweb.ended.items() if code in listed and last and last < first}
    assert len(expected) == count
    assert not expected & anweb.references.keys()
    rules = book.on(first)
    services = {code: a_line(code).service for code in listed}
    by_check = {
        check.id: {code for code, service in services.items() if [*check.function(service, rules)]}
        for check in all_checks()
        if check.denies == "code" and check.function
    }
    assert by_check == {"FMT-ENDED": expected, "FMT-FUTURE": set(), "FMT-CODE": set()}


@needs_cms
@IN_CODES_GROUP
@pytest.mark.parametrize(
    ("code", "day"),
    [
        ("J1030", "20240331"),
        ("J1010", "20240401"),
        ("D0120", "20250115"),
        ("M1389", "20250203"),  # on RVU25A, not in the HCPCS file
        ("Q4381", "20250801"),
        ("0001U", "20250201"),  # in Addendum B; the laboratory fee schedule has no importer
        ("99442", "20241231"),
        ("G9919", "20250203"),  # D in Addendum B, with no end in the HCPCS file
        ("G9920", "20250203"),
        ("A9999", "20140601"),  # before the file's memory, but added 2004
    ],
)
def test_codes_that_are_valid(book: Rulebook, code: str, day: str) -> None:
    assert on_validity(book, code, day) == []


@needs_cms
@IN_CODES_GROUP
@pytest.mark.parametrize(
    ("code", "day", "check", "text", "remedy"),
    [
        (
            *("J1030", "20240401", "FMT-ENDED", "J1030 ended 2024-03-31."),
            "Report J1010; its unit is 1 mg.",
        ),
        (
            *("J1030", "20240814", "FMT-ENDED", "J1030 ended 2024-03-31."),
            "Report J1010; its unit is 1 mg.",
        ),
        (
            *("M0243", "20250203", "FMT-ENDED", "M0243 ended 2024-12-12."),
            "Verify the code; no code replaces it: its emergency use authorization ended.",
        ),
        (
            *("J0171", "20250701", "FMT-ENDED", "J0171 ended 2025-06-30."),
            "Report J0165, J0166, J0167, J0168 or J0169; which one depends on the product. "
            "Verify the units; they may differ.",
        ),
        (
            *("G0511", "20260102", "FMT-ENDED", "G0511 ended 2025-12-31."),
            "Report 99490; each other care management service has its own code. Verify the units; they may differ.",
        ),
        (
            *("C9794", "20250203", "FMT-ENDED", "C9794 ended 2024-12-31."),
            "Report G0562 (cross-reference of the HCPCS file). Verify the units; they may differ.",
        ),
        (
            *("G2012", "20250203", "FMT-ENDED", "G2012 ended 2024-12-31."),  # valid by the fee schedule alone
            "Report 98016 (cross-reference of the HCPCS file). Verify the units; they may differ.",
        ),
        (
            *("99442", "20250115", "FMT-CODE"),
            "99442 is not a valid procedure code on this date of service; it was last listed in RVU24D.",
            "Report its replacement code and verify the units.",
        ),
        (
            *("73520", "20240814", "FMT-CODE", "73520 is not a valid procedure code on this date of service."),
            "Report a code that is valid on that date.",
        ),
        (
            *("J1010", "20240331", "FMT-FUTURE", "J1010 is effective 2024-04-01, after this date of service."),
            "Report a code that is valid on the date of service, or correct the date.",
        ),
    ],
)
def test_codes_that_are_not(book: Rulebook, code: str, day: str, check: str, text: str, remedy: str) -> None:
    for profile in profile_names():
        found = messages(book, code, day, profile=profile)
        assert [(m.check, m.severity) for m in found if m.check.startswith(("FMT", "STATUS", "MUE"))] == [
            (check, "reject")
        ]
        [message] = [m for m in found if m.check == check]
        assert (message.text, message.remedy) == (text, remedy)
        assert message.releases
        assert all(release.split(" (")[0].endswith(code) for release in message.releases)


@needs_cms
@IN_CODES_GROUP
@pytest.mark.parametrize(
    ("code", "day"),
    [
        ("0563U", "20270201"),  # after the last release
        ("J0999", "20140801"),  # unknown, and before the file's memory
        ("J0999", "20150101"),  # no fee schedule of the day, which may know what the file does not yet
        ("0999U", "20250201"),  # a laboratory's own test: their absence proves nothing
        ("0999T", "20240814"),  # no Addendum B of the day
        ("0001U", "20240814"),
    ],
)
def test_codes_that_nothing_can_judge(book: Rulebook, code: str, day: str) -> None:
    assert on_validity(book, code, day) == ["NOT-JUDGED"]


@needs_cms
@IN_CODES_GROUP
def test_absence_is_proved_by_the_lists_that_would_name_the_code(book: Rulebook) -> None:
    for code in ("J0999", "L9999", "D0121", "0999T", "0999F", "21632"):
        assert on_validity(book, code, "20250203") == ["FMT-CODE"], code


@needs_cms
@IN_CODES_GROUP
def test_spans_over_the_end_of_a_real_code(book: Rulebook) -> None:
    def found(day: str, to_date: str) -> list[str]:
        all_of = messages(book, "J1940", day, to_date=to_date)
        return [f"{m.check} {m.severity}" for m in all_of if m.check == "DATE-SPAN" or m.check in VALIDITY]

    assert found("20250330", "20250331") == []
    assert found("20250331", "20250401") == ["DATE-SPAN reject"]
    assert found("20250401", "20250402") == ["FMT-ENDED reject"]


@needs_cms
@IN_CODES_GROUP
def test_a_modifier_that_ended(book: Rulebook) -> None:
    [found] = [m for m in messages(book, "J1885-JG", "20250101") if m.check == "MOD-INVALID"]
    assert found.text == "Modifier JG ended 2024-12-31."
    assert found.remedy == "Report TB; it is the 340B modifier now."
    assert found.releases == ["HCPCS 2026 January JG", "Successors 2026 January JG"]
    assert [m for m in messages(book, "J1885-JG", "20260501") if m.check == "MOD-INVALID"]  # past the file's last day
    assert not [m for m in messages(book, "J1885-JG", "20241231") if m.check == "MOD-INVALID"]
    assert not [m for m in messages(book, "A0425-JG", "20250101") if m.check == "MOD-INVALID"]  # a trip


@pytest.fixture(scope="session")
def successors() -> Iterator[dict[str, Listed]]:
    store = load_lists()
    rows = ((str(key), period.row) for key in store.keys("successors") for period in store.periods("successors", key))
    yield {key: row for key, row in rows if isinstance(row, Listed)}


@needs_cms
@IN_CODES_GROUP
def test_the_list_of_successors_agrees_with_the_files_dates(book: Rulebook, successors: dict[str, Listed]) -> None:
    """Each code of it ended, and what replaced it is valid on the next day and at the file's end."""
    for code, row in successors.items():
        table = "codes" if len(code) == 5 else "modifiers"
        dates = book.dates(table, code)
        assert dates and dates.ended, code
        for name in row.value.partition("; ")[0].split():
            new = book.dates(table, name)
            if not new:
                assert name == "99490"  # CPT
                continue
            assert new.ended is None
            assert new.added and (new.added - dates.ended).days <= 1, (code, name)


# A code's page.


def page(book: Rulebook, code: str, day: date) -> str:
    console = Console(width=200, file=io.StringIO())
    console.print(code_page(book, code, day))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_page_of_a_code_that_ended_says_when_and_what_replaced_it() -> None:
    book = Rulebook(*Rulebook.of(codes={"J1030": J1030, "M0243": J1030}, fee={"J1030": Fee("I")}).stores, load_lists())
    shown = page(book, "J1030", date(2024, 8, 14))
    assert "ended  2024-03-31  not valid from this date, even if another list has it" in shown
    assert "code lists: successors: J1010; its unit is 1 mg (Successors 2026 January J1030)" in shown
    assert "not valid since" not in page(book, "J1030", date(2024, 3, 31))
    assert "successors: its emergency use authorization ended (" in page(book, "M0243", date(2025, 3, 10))


BOOK = starter()


def test_codes_in_no_list() -> None:
    """claim-data#codes-and-their-days: valid = on the fee schedule in force that day, or in the HCPCS file with dates
    that cover it; a well-formed code in neither while a fee schedule is in force: REJECT; no fee schedule in force:
    not judged; ill-formed: REJECT always."""
    whole = over(fee={"77424": Fee()}, mue={}, opps={}, asc={}, codes={})
    assert said(whole, "77424") == []
    assert said(whole, "77423") == ["1 FMT-CODE reject"]
    for code in ("7742", "774244", "ABCDE", "77-24", "F1234F"):
        assert said(whole, code.replace("-", "/")) == ["1 FMT-CODE reject"]
        assert "1 FMT-CODE reject" in said(BOOK, code.replace("-", "/"), day="19990101")
    assert [x for x in said(BOOK, "77423") if "FMT" in x] == []  # the starter book lists a few codes alone
    assert "1 NOT-JUDGED inform" in said(BOOK, "77423")
