"""ORDREF-LIST, NPI-EXCLUDED and NPI-DEACTIVATED: what lists of NPIs say of a claim's providers."""

import random
from datetime import date

import pytest

from claimcheck import Checker
from claimcheck.authoring.examples import A_PHYSICIAN, AN_ORGANISATION, a_claim, a_line
from claimcheck.checks import all_checks
from claimcheck.claim import DME, PROFESSIONAL, Claim
from claimcheck.message import Citation, Finding
from claimcheck.rulebook import Fee, Npi, Rulebook, Store
from claimcheck.rulebook.schema import Release
from claimcheck.rulebook.store import new_database
from claimcheck.rulebook.tables.npis import DEACTIVATED, EXCLUDED, ORDER_REFERRING, SNAPSHOT
from claimcheck.rulebook.writing import Writer
from support.judging import checker

RELEASED = date(2025, 4, 1)
ANOTHER, SECOND = "1003000126", "1003000134"
IMAGING = Rulebook.of(fee={"71046": Fee(pctc="1"), "99213": Fee()})


def book_with(table: str, rows: dict[str, Npi]) -> Rulebook:
    """The fee schedule, and a list that was released on a day."""
    store = new_database()
    release = Release("List", table, RELEASED - SNAPSHOT, RELEASED, Citation("List"), complete_from=RELEASED - SNAPSHOT)
    writer = Writer(store)
    writer.npi_rows(writer.release(release), rows)
    return Rulebook(Store(store), *IMAGING.stores)


def told(book: Rulebook, claim: Claim, id: str, profile: str = "medicare_part_b") -> list[tuple[str | None, str]]:
    """The line and text of each message of a check."""
    messages = checker(book, id, profile=profile).check(claim).messages
    assert all(m.severity == "warn" and m.check == id for m in messages), messages
    return [(m.line_number, m.text) for m in messages]


@pytest.mark.parametrize(
    ("day", "speaks"), [("20241231", False), ("20250101", True), ("20250401", True), ("20250402", False)]
)
@pytest.mark.parametrize("table", [ORDER_REFERRING, EXCLUDED, DEACTIVATED])
def test_a_list_judges_the_90_days_before_its_release_and_no_others(table: str, day: str, speaks: bool) -> None:
    """Of other days nothing is said, not even that nothing is known: nobody needs to have a list."""
    rows = {ANOTHER: Npi("PARTB DME")} if table == ORDER_REFERRING else {A_PHYSICIAN: Npi(first=date(2020, 1, 1))}
    claim = a_claim(a_line("71046", ordering_npi=A_PHYSICIAN, day=day))
    messages = Checker(book_with(table, rows), select=["ORDREF-LIST", "NPI"]).check(claim).messages
    ids = {ORDER_REFERRING: "ORDREF-LIST", EXCLUDED: "NPI-EXCLUDED", DEACTIVATED: "NPI-DEACTIVATED"}
    assert [m.check for m in messages] == ([ids[table]] if speaks else [])


def test_the_message_names_the_list_and_its_row() -> None:
    book = book_with(EXCLUDED, {A_PHYSICIAN: Npi(first=date(2020, 5, 20))})
    (message,) = checker(book, "NPI-EXCLUDED").check(a_claim(a_line(rendering_npi=A_PHYSICIAN))).messages
    assert message.releases == [f"List {A_PHYSICIAN}"]
    assert (message.field, message.observed, message.line_number) == ("rendering_npi", A_PHYSICIAN, "1")


def test_a_provider_of_all_lines_is_reported_once() -> None:
    book = book_with(
        EXCLUDED, {A_PHYSICIAN: Npi(first=date(2020, 5, 20)), AN_ORGANISATION: Npi(first=date(2025, 3, 11))}
    )
    lines = a_line(rendering_npi=A_PHYSICIAN, day="20250310"), a_line(rendering_npi=A_PHYSICIAN, day="20250312")
    found = told(book, a_claim(*lines), "NPI-EXCLUDED")
    assert [(line, text.partition(" is ")[0]) for line, text in found] == [
        (None, f"Billing provider NPI {AN_ORGANISATION}"),
        (None, f"Rendering provider NPI {A_PHYSICIAN}"),
    ]
    both = a_line(ordering_npi=A_PHYSICIAN, referring_npi=A_PHYSICIAN)
    (message,) = told(book, a_claim(both, a_line()), "NPI-EXCLUDED")
    assert message[0] == "1" and message[1].startswith("Referring and ordering provider NPI")


def test_a_day_is_judged_by_itself() -> None:
    """Rules are of many days; the days of a list's rows are not among those between them."""
    book = book_with(DEACTIVATED, {A_PHYSICIAN: Npi(first=date(2025, 3, 11))})
    claims = [a_claim(a_line(rendering_npi=A_PHYSICIAN, day=day)) for day in ("20250312", "20250310", "20250311")]
    assert [len(told(book, claim, "NPI-DEACTIVATED")) for claim in claims] == [1, 0, 1]


def test_the_group_as_ordering_provider_is_ordrefs() -> None:
    """It is not on the list either; ORDREF says why."""
    book = book_with(ORDER_REFERRING, {ANOTHER: Npi("PARTB DME")})
    line = a_line("71046", ordering_npi=AN_ORGANISATION, rendering_npi=A_PHYSICIAN)
    messages = Checker(book, select=["ORDREF"]).check(a_claim(line)).messages
    assert [m.check for m in messages] == ["ORDREF"]


@pytest.mark.parametrize("npi", ["1234567801", "123", "", None])
def test_an_invalid_or_missing_npi_is_another_checks(npi: str | None) -> None:
    book = book_with(ORDER_REFERRING, {ANOTHER: Npi("PARTB DME")})
    assert told(book, a_claim(a_line("71046", ordering_npi=npi)), "ORDREF-LIST") == []


def test_what_may_be_ordered_depends_on_the_kind_of_claim() -> None:
    book = book_with(ORDER_REFERRING, {A_PHYSICIAN: Npi("PARTB"), ANOTHER: Npi("DME")})
    wheelchair, x_ray = a_line("E0601", setting=DME), a_line("71046")
    for line, npi, count in (
        (wheelchair, A_PHYSICIAN, 1),
        (wheelchair, ANOTHER, 0),
        (x_ray, A_PHYSICIAN, 0),
        (x_ray, ANOTHER, 1),
    ):
        assert len(told(book, a_claim(line._replace(ordering_npi=npi)), "ORDREF-LIST")) == count


@pytest.mark.parametrize("id", ["ORDREF-LIST", "NPI-EXCLUDED", "NPI-DEACTIVATED"])
def test_the_look_at_many_claims_at_once_loses_nothing(id: str) -> None:
    """Claims judged together, in any order, against each by the check's own function."""
    book = Rulebook(
        *book_with(ORDER_REFERRING, {ANOTHER: Npi("PARTB DME"), SECOND: Npi("PARTB")}).stores,
        *book_with(EXCLUDED, {SECOND: Npi(first=date(2025, 3, 11)), A_PHYSICIAN: Npi(last=date(2025, 1, 5))}).stores,
        *book_with(DEACTIVATED, {AN_ORGANISATION: Npi(first=date(2025, 3, 15))}).stores,
    )
    chosen = random.Random(20)
    days = ("20241230", "20250102", "20250310", "20250312", "20250401", "20250403")
    known = (A_PHYSICIAN, ANOTHER, SECOND, "", None)

    def claim() -> Claim:
        setting = chosen.choice([PROFESSIONAL, DME])
        code = "E0601" if setting == DME else chosen.choice(["71046", "99213"])
        lines = [
            a_line(code, setting=setting, day=chosen.choice(days))._replace(
                ordering_npi=chosen.choice(known),
                referring_npi=chosen.choice(known),
                rendering_npi=chosen.choice(known),
            )
            for _ in range(chosen.choice([1, 2]))
        ]
        return a_claim(*lines, billing_npi=chosen.choice([AN_ORGANISATION, ANOTHER]))

    function = next(check for check in all_checks() if check.id == id).function
    assert function
    counts = set()
    for size in (1, 2, 5, 200):
        claims = [claim() for _ in range(size)] if size > 1 else [a_claim(a_line(rendering_npi=ANOTHER))]
        found = [finding for one in claims for finding in function(one, book) if isinstance(finding, Finding)]
        messages = [one for one in checker(book, id).run(claims) if one.check == id]
        assert sorted(m.text for m in messages) == sorted(f.text for f in found)
        counts.add(len(found))
    assert 0 in counts and max(counts) > 20


def test_a_list_of_part_of_the_npis_says_nothing_of_the_others() -> None:
    store = new_database()
    release = Release("Part", ORDER_REFERRING, RELEASED - SNAPSHOT, RELEASED, Citation("Part"))
    writer = Writer(store)
    writer.npi_rows(writer.release(release), {ANOTHER: Npi("HHA")})
    book = Rulebook(Store(store), *IMAGING.stores)
    assert told(book, a_claim(a_line("71046", ordering_npi=A_PHYSICIAN)), "ORDREF-LIST") == []
    assert len(told(book, a_claim(a_line("71046", ordering_npi=ANOTHER)), "ORDREF-LIST")) == 1
    with pytest.raises(TypeError, match=r"rules\.npi\(table, npi, day\)"):
        book.on(RELEASED).row(ORDER_REFERRING, ANOTHER)
