"""Looking up: which release answers for a day, what is known to be absent, and what is not known at all."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimcheck import Checker, Claim
from claimcheck.authoring.examples import a_claim, a_line
from claimcheck.config.configuration import load_configuration
from claimcheck.config.files import ConfigurationError
from claimcheck.message import Citation
from claimcheck.rulebook import (
    UNKNOWN_MAI,
    Absent,
    AddOn,
    Asc,
    Fee,
    Modifier,
    Mue,
    NotInForce,
    Opps,
    Pair,
    Rulebook,
    Rules,
    Store,
)
from claimcheck.rulebook.schema import KINDS, SCHEMA, Release, kind_of
from claimcheck.rulebook.starter import RuleDataError, load, load_overlay
from claimcheck.rulebook.store import new_database
from claimcheck.rulebook.writing import Writer

START = date(2024, 1, 1)
DAYS = 60


def book_of(releases: Iterable[tuple[Release, dict[str, Mue]]], carry: bool = False) -> Rulebook:
    database = new_database()
    writer = Writer(database)
    for release, rows in releases:
        id = writer.release(release)
        for code, row in rows.items():
            writer.row(id, release.table, code, row)
    return Rulebook(Store(database), carry=carry)


def a_release(name: str, first: date, last: date, published: date, *, whole: bool = True) -> Release:
    return Release(name, "mue_dme", first, last, Citation("a table"), first if whole else None, published=published)


@st.composite
def some_releases(draw: st.DrawFn) -> list[tuple[Release, dict[str, Mue]]]:
    found = []
    order = draw(st.permutations(range(4)))
    for n in range(draw(st.integers(1, 4))):
        start, length = draw(st.integers(0, DAYS)), draw(st.integers(0, 20))
        first = START + timedelta(days=start)
        published = START + timedelta(days=order[n])
        release = a_release(f"R{n}", first, first + timedelta(days=length), published, whole=draw(st.booleans()))
        codes = draw(st.sets(st.sampled_from(["A4206", "A4207"])))
        found.append((release, {code: Mue(n, 2) for code in codes}))
    return found


def asked(rules: Rules, code: str) -> Mue | Absent | None:
    try:
        return rules.mue(code, "dme")
    except NotInForce:
        return None


def answer(releases: list[tuple[Release, dict[str, Mue]]], code: str, day: date) -> tuple[str, int | None] | None:
    """The law, said plainly: of the releases that govern the day, the later published first; the first
    that has a row or lists everything answers."""
    for release, rows in sorted(releases, key=lambda one: one[0].published, reverse=True):
        if release.first <= day <= release.last:
            if code in rows:
                return release.name, rows[code].units
            if release.complete_from:
                return release.name, None
    return None


@settings(max_examples=60, deadline=None)
@given(some_releases(), st.booleans())
def test_the_day_picks_the_release(releases: list[tuple[Release, dict[str, Mue]]], carry: bool) -> None:
    book = book_of(releases, carry)
    newest = max(release.last for release, _ in releases)
    for n in range(-2, DAYS + 25):
        day = START + timedelta(days=n)
        for code in ("A4206", "A4207", "A4208"):
            found = asked(book.on(day), code)
            carried = carry and day > newest
            expected = answer(releases, code, newest if carried else day)
            if expected is None:
                assert found is None
                continue
            name, units = expected
            assert found is not None
            assert found.source.startswith(f"{name} {code}")
            assert (f", carried past {newest}" in found.source) == carried
            assert (found.units if found else None) == units


def test_every_row_type_goes_in_and_comes_out() -> None:
    """The tables of the database and the row types are one list."""
    for kind in KINDS:
        assert f"CREATE TABLE {kind.name} (" in SCHEMA
    book = Rulebook.of(
        fee={"72148-26": Fee("A", "1", non_facility_na=True, preoperative="0.10")},
        pairs={"32701-77424": Pair("0", date(2014, 1, 1), date(2024, 12, 31), True, "a reason")},
        add_ons={"19294-19301": AddOn("1", "19301", date(2018, 1, 1), note="a note")},
    )
    rules = book.on(date(2024, 12, 31))
    fee = rules.fee_row("72148", "26")
    assert fee == Fee("A", "1", non_facility_na=True, preoperative="0.10", modifier="26", source="example 72148-26")
    assert rules.pair("32701", "77424", "asc") == Pair(
        "0", date(2014, 1, 1), date(2024, 12, 31), True, "a reason", "example 32701-77424"
    )
    assert isinstance(book.on(date(2025, 1, 1)).pair("32701", "77424", "asc"), Absent)
    assert isinstance(rules.pair("77424", "32701", "asc"), Absent)
    (primary,) = rules.primaries("19294") or ()
    assert primary == AddOn("1", "19301", date(2018, 1, 1), None, "a note", "example 19294")
    assert not book.on(date(2017, 12, 31)).primaries("19294")


def test_a_pair_of_indicator_9_never_held() -> None:
    day = date(2022, 1, 1)
    book = Rulebook.of(pairs={"0001A-90473": Pair("9", day, day)})
    assert not book.on(day).pair("0001A", "90473", "professional")


def test_a_row_that_ends_where_its_release_is_not_whole_has_ended() -> None:
    """A pair bears its own dates, so that an excerpt with its row says when it holds."""
    database = new_database()
    release = Release("some pairs", "ptp_practitioner", date(2020, 1, 1), date(2026, 9, 30), Citation("pairs"))
    writer = Writer(database)
    id = writer.release(release)
    writer.row(id, release.table, ("0001A", "0591T"), Pair("1", date(2022, 1, 1), date(2023, 12, 31)))
    writer.borders_of_rows(id, release.table)
    book = Rulebook(Store(database))
    assert book.on(date(2023, 12, 31)).pair("0001A", "0591T", "professional")
    for day in (date(2021, 12, 31), date(2024, 1, 1)):
        assert isinstance(book.on(day).pair("0001A", "0591T", "professional"), Absent)
    with pytest.raises(NotInForce):
        book.on(date(2023, 12, 31)).pair("0001A", "0592T", "professional")


def test_a_release_may_be_complete_for_some_keys_alone() -> None:
    """The HCPCS file lists Level II codes: it says nothing of CPT codes by not having them."""
    database = new_database()
    days = date(1982, 1, 1), date(2026, 3, 31)
    complete = {"complete_from": date(2014, 1, 1), "complete_for": "[A-V][0-9]{4}"}
    Writer(database).release(Release("HCPCS", "codes", *days, Citation("HCPCS"), **complete))  # type: ignore[arg-type]
    rules = Rulebook(Store(database)).on(date(2026, 1, 5))
    assert isinstance(rules.code("J0001"), Absent)
    with pytest.raises(NotInForce):
        rules.code("77424")
    with pytest.raises(NotInForce):  # what ended before it may have been dropped from the file
        Rulebook(Store(database)).on(date(2013, 12, 31)).code("J0001")


def test_modifiers_have_their_dates_from_the_file_and_their_families_from_us() -> None:
    database = new_database()
    writer = Writer(database)
    id = writer.release(Release("HCPCS", "modifiers", date(1984, 1, 1), date(2026, 12, 31), Citation("HCPCS")))
    writer.row(id, "modifiers", "LT", Modifier(date(1984, 1, 1)), date(1984, 1, 1))
    book = Rulebook(Store(database), *load().stores)
    row = book.on(date(2026, 11, 2)).modifier("LT")  # after the list that comes along ends
    assert row
    assert (row.source, row.family) == ("HCPCS LT", "anatomic")


def test_tables_of_a_name_of_their_own_are_lists_of_codes() -> None:
    assert kind_of("telehealth").name == "listed"
    assert Rulebook.of(telehealth={}).on(START).listed("telehealth", "99213") == Absent("example 99213 (not listed)")


def test_by_a_value_that_is_not_published_nothing_is_judged() -> None:
    """A release of next year may have an indicator that nobody knows today."""
    rules = Rulebook.of(
        fee={"99213": Fee("Z")},
        mue={"99213": Mue(1, UNKNOWN_MAI)},
        opps={"99213": Opps("Z9")},
        asc={"99213": Asc("AA", "Q9")},
        pairs={"99213-99214": Pair("5")},  # type: ignore[arg-type]
    ).on(START)
    asks: list[Callable[[], object]] = [
        lambda: rules.fee("99213"),
        lambda: rules.mue("99213", "professional"),
        lambda: rules.opps("99213"),
        lambda: rules.asc("99213"),
        lambda: rules.pair("99213", "99214", "professional"),
    ]
    for ask in asks:
        with pytest.raises(NotInForce):
            ask()


# Days past the newest release.


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def a_late_claim(payer: str = "PAYER1") -> Claim:
    return a_claim(a_line("77424", day="20260310"), received_date="20260320", payer_id=payer)


def test_past_the_newest_release_nothing_is_judged() -> None:
    messages, dispositions, *_ = Checker(select=["STATUS"]).check(a_late_claim())
    assert [message.check for message in messages] == ["NOT-JUDGED"]
    assert dispositions == ["not_judged"]


def test_the_newest_release_may_be_carried_and_every_message_says_so(tmp_path: Path) -> None:
    configuration = load_configuration(written(tmp_path / "claimcheck.toml", 'past_newest = "carry"\n'))
    messages, dispositions, *_ = Checker(select=["STATUS"], configuration=configuration).check(a_late_claim())
    assert dispositions == ["rejected"]
    assert [message.check for message in messages] == ["STATUS-X"]
    assert messages[0].text.endswith("(Judged by rules of a release that ended 2025-12-31, carried forward.)")
    assert messages[0].releases[0] == "RVU25D 77424, carried past 2025-12-31"


def test_a_row_that_ends_with_its_release_is_not_carried() -> None:
    database = new_database()
    writer = Writer(database)
    days = date(2020, 1, 1), date(2026, 9, 30)
    id = writer.release(Release("pairs", "ptp_practitioner", *days, Citation("pairs"), days[0]))
    writer.row(id, "ptp_practitioner", ("10000", "20000"), Pair("1", days[0], days[1]))
    writer.row(id, "ptp_practitioner", ("10000", "30000"), Pair("1", days[0]))
    writer.borders_of_rows(id, "ptp_practitioner")
    rules = Rulebook(Store(database), carry=True).on(date(2026, 10, 1))
    assert isinstance(rules.pair("10000", "20000", "professional"), Absent)
    assert rules.pair("10000", "30000", "professional")


def test_an_overlay_that_lasts_longer_stops_no_carrying(overlay: Path) -> None:
    """It is for its own days; what is under it is carried all the same."""
    text = RELEASES.replace("last = 2025-12-31", "last = 2027-12-31")
    written(overlay / "releases.toml", text)
    book = Rulebook(*load().stores, carry=True).under(load_overlay(overlay))
    row = book.on(date(2026, 10, 1)).fee("77425")
    assert row
    assert row.source == "RVU25D 77425, carried past 2025-12-31"


@pytest.mark.parametrize("text", ['past_newest = "yes"', "past_newest = true", 'carry = "carry"'])
def test_no_other_policy(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError):
        load_configuration(written(tmp_path / "claimcheck.toml", text))


# Overlays.

RELEASES = """
[[series]]
title = "Acme Health, policy 12"
tables = ["fee_schedule", "codes", "mue_practitioner"]
releases = [{ name = "Acme policy 12", edition = "2025", first = 2025-01-01, last = 2025-12-31 }]
"""
PAID = """
code = "77424"
[[fee_schedule]]
first = 2025-01-01
last = 2025-06-30
cites = ["Acme policy 12"]
status = "A"
pctc = "9"
global_days = "XXX"
multiple = "9"
bilateral = "9"
assistant = "9"
co_surgeon = "9"
team = "9"
supervision = "09"
imaging_family = "99"
[[mue]]
table = "practitioner"
first = 2025-01-01
last = 2025-12-31
cites = ["Acme policy 12"]
units = 2
mai = 2
"""


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    written(tmp_path / "acme/releases.toml", RELEASES)
    written(tmp_path / "acme/codes/77424.toml", PAID)
    return tmp_path / "acme"


def test_an_overlay_wins_on_its_days_and_names_itself(overlay: Path) -> None:
    book = load().under(load_overlay(overlay))
    row = book.on(date(2025, 6, 30)).fee("77424")
    assert row
    assert (row.status, row.source) == ("A", "overlay acme: Acme policy 12 77424")
    for day in (date(2024, 12, 31), date(2025, 7, 1)):
        row = book.on(day).fee("77424")
        assert row
        assert row.status == "X"
    row = book.on(date(2025, 6, 30)).fee("77425")  # an overlay says nothing of what it does not name
    assert row
    assert row.source == "RVU25B 77425"


def a_march_claim(payer: str, units: int = 1) -> Claim:
    return a_claim(a_line("77424", units=units), payer_id=payer)


def test_a_payers_overlay_is_for_its_claims(overlay: Path, tmp_path: Path) -> None:
    text = '[payers."ACME*"]\noverlays = ["acme"]\n'
    configuration = load_configuration(written(tmp_path / "claimcheck.toml", text))
    checker = Checker(select=["STATUS", "MUE"], configuration=configuration)
    assert checker.check(a_march_claim("OTHER")).messages[0].check == "STATUS-X"
    assert checker.check(a_march_claim("ACME7")).messages == []
    (message,) = checker.check(a_march_claim("ACME7", units=3)).messages
    assert message.check == "MUE-DOS"
    assert message.releases == ["overlay acme: Acme policy 12 77424"]


def test_an_overlay_of_the_configuration_is_for_all_and_one_of_a_profile_for_its_own(
    overlay: Path, tmp_path: Path
) -> None:
    for_all = load_configuration(written(tmp_path / "claimcheck.toml", 'overlays = ["acme"]\n'))
    assert Checker(select=["STATUS"], configuration=for_all).check(a_march_claim("ANY")).messages == []
    profile = written(tmp_path / "mine.toml", 'title = "Mine"\noverlays = ["acme"]\n')
    assert Checker(profile=str(profile), select=["STATUS"]).check(a_march_claim("ANY")).messages == []


def test_an_overlay_that_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    configuration = load_configuration(written(tmp_path / "claimcheck.toml", '[payers.A]\noverlays = ["none"]\n'))
    with pytest.raises(ConfigurationError, match="none, expected an overlay"):
        Checker(configuration=configuration)


def test_a_wrong_value_in_an_overlay_names_file_line_and_field(overlay: Path) -> None:
    written(overlay / "codes/77424.toml", PAID.replace('status = "A"', 'status = "Z"'))
    with pytest.raises(RuleDataError, match=r"^acme/codes/77424.toml:7: fee_schedule\[0\].status: found \'Z\'"):
        load_overlay(overlay)


def test_spans_are_judged_at_both_ends(overlay: Path) -> None:
    """A line of two days between which its rules change is told of."""
    line = a_line("77424", day="20250630", to_date="20250701")
    checker = Checker(load().under(load_overlay(overlay)), select=["DATE-SPAN"])
    assert [message.check for message in checker.check(a_claim(line)).messages] == ["DATE-SPAN"]
    line = a_line("77424", day="20250629", to_date="20250630")
    assert checker.check(a_claim(line)).messages == []


def test_what_is_paid_is_not_what_is_judged() -> None:
    """A new quarter's relative values alone make no line of two quarters suspicious."""
    database = new_database()
    writer = Writer(database)
    for n, (first, last) in enumerate(((date(2025, 1, 1), date(2025, 3, 31)), (date(2025, 4, 1), date(2025, 6, 30)))):
        for table, key, row in (
            ("fee_schedule", ("99232", ""), Fee(work_rvu=f"1.{n}", facility_rvu=f"2.{n}")),
            ("mue_practitioner", "99232", Mue(5, 3, f"reason {n}")),
        ):
            release = Release(f"{table} {n}", table, first, last, Citation("a table"), first, published=first)
            writer.row(writer.release(release), table, key, row)
    book = Rulebook(Store(database), *load().stores)
    line = a_line("99232", day="20250331", to_date="20250401", units=2)
    assert Checker(book, select=["DATE-SPAN"]).check(a_claim(line)).messages == []


def test_a_hospitals_span_is_judged_at_both_ends() -> None:
    database = new_database()
    writer = Writer(database)
    for first, last, status in (
        (date(2025, 1, 1), date(2025, 3, 31), "S"),
        (date(2025, 4, 1), date(2025, 6, 30), "N"),
    ):
        for table, row in (("opps", Opps(status)), ("mue_outpatient", Mue(50, 3))):
            release = Release(f"{table} {first}", table, first, last, Citation("a table"), first, published=first)
            writer.row(writer.release(release), table, "71046", row)
    checker = Checker(Rulebook(Store(database), *load().stores), select=["DATE-SPAN"])
    for day, until, found in (("20250331", "20250401", ["DATE-SPAN"]), ("20250330", "20250331", [])):
        line = a_line("71046", day=day, to_date=until, units=2, setting="outpatient")
        assert [message.check for message in checker.check(a_claim(line)).messages] == found


def test_a_payers_few_pairs_prove_nothing_of_others(tmp_path: Path) -> None:
    folder = tmp_path / "acme"
    folder.mkdir()
    (folder / "releases.toml").write_text(
        """
        [[series]]
        title = "ACME's own"
        tables = []
        releases = [{ name = "ACME 2024", edition = "2024", first = 2024-01-01, last = 2024-12-31 }]
        """
    )
    (folder / "pairs.toml").write_text(
        """
        [practitioner]
        first = 2024-01-01
        last = 2024-12-31
        cites = ["ACME 2024"]
        [practitioner.never]
        "11042" = ["11721"]
        """
    )
    book = Rulebook.of(pairs={"11042-11721": Pair("1"), "77469-99239": Pair("0")}).under(load_overlay(folder))
    rules = book.on(date(2024, 8, 14))
    own, other = rules.pair("11042", "11721", "professional"), rules.pair("77469", "99239", "professional")
    assert isinstance(own, Pair) and own.indicator == "0" and own.source == "overlay acme: ACME 2024 11042-11721"
    assert isinstance(other, Pair) and other.source == "example 77469-99239"
