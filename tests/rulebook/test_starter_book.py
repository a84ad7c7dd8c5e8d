"""The starter rule book: what is in it, on which days it judges, and how it refuses a bad file."""

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from claimcheck.rulebook import Absent, CodeDates, Fee, Listed, Mue, NotInForce, Opps, Rulebook, Rules
from claimcheck.rulebook.starter import RuleDataError, RuleFile, load, shipped_rules
from support.each import each

A_DAY = date(2025, 3, 10)
CODES = sorted(path.stem for path in (shipped_rules() / "codes").glob("*.toml"))


@pytest.fixture(scope="module")
def book() -> Rulebook:
    return load()


@pytest.fixture(scope="module")
def today(book: Rulebook) -> Rules:
    return book.on(A_DAY)


# What is in it.


def rows_on(book: Rulebook, day: date) -> Iterator[Fee]:
    for key in book.keys("fee_schedule"):
        row = book.on(day).fee_row(*key)
        if row:
            yield row


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("status", "A B C E I J M N P R T X"),
        ("pctc", "0 1 2 3 4 5 6 7 8 9"),
        ("global_days", "000 010 090 MMM XXX YYY ZZZ"),
        ("multiple", "0 2 3 4 5 6 7 9"),
        ("bilateral", "0 1 2 3 9"),
        ("assistant", "0 1 2 9"),
        ("co_surgeon", "0 1 2 9"),
        ("team", "0 1 2 9"),
        ("supervision", "01 02 03 04 05 09 21 66 6A 7A"),
        ("imaging_family", "88 99"),
        ("modifier", "26 53 TC"),
    ],
)
def test_every_indicator_value_has_a_code(book: Rulebook, name: str, values: str) -> None:
    assert {getattr(row, name) for row in rows_on(book, A_DAY)} - {""} == set(values.split())


def test_a_hundred_codes() -> None:
    assert len(CODES) >= 100


@each("code", CODES)
@pytest.mark.parametrize(
    "day",
    [date(2025, 1, 1), date(2025, 4, 1), date(2025, 7, 1), date(2025, 10, 1), date(2025, 12, 31)],
    ids=str,
)
def test_all_of_2025_is_judged(book: Rulebook, code: str, day: date) -> None:
    rules = book.on(day)
    rules.fee(code), rules.opps(code), rules.asc(code)
    rules.mue(code, "professional"), rules.mue(code, "asc"), rules.mue(code, "outpatient")
    assert rules.code(code)


@each("code", CODES)
def test_every_row_names_its_release(book: Rulebook, code: str) -> None:
    rules = book.on(A_DAY)
    assert rules.fee(code).source == f"RVU25A {code}" + ("" if rules.fee(code) else " (not listed)")
    assert rules.opps(code).source.startswith(f"OPPS Addendum B 2025 {code}")
    assert rules.asc(code).source.startswith(f"ASC Addenda 2025 January {code}")
    assert rules.mue(code, "professional").source.startswith(
        f"MUE practitioner 2024 Q3 and MUE practitioner 2026 Q2, which agree: {code}"
    )


def test_the_release_named_is_the_one_of_the_quarter(book: Rulebook) -> None:
    named = {day: book.on(day).fee("77424").source for day in (date(2020, 12, 31), date(2024, 3, 8), date(2024, 3, 9))}
    assert list(named.values()) == ["RVU20D 77424", "RVU24A 77424", "RVU24AR 77424"]
    assert book.on(date(2024, 11, 1)).fee("77424").source == "RVU24D 77424"
    agreeing = "MUE practitioner 2024 Q3 and MUE practitioner 2026 Q2, which agree: 77424"
    assert book.on(date(2024, 11, 1)).mue("77424", "professional").source == agreeing
    assert book.on(date(2024, 5, 1)).mue("77424", "outpatient").source == "MUE outpatient 2024 Q2 77424"


def test_every_release_has_a_page_of_cms(book: Rulebook) -> None:
    releases = [release for store in book.stores for release in store.releases]
    assert len(releases) > 10
    for release in releases:
        if release.table in ("site_modifier", "age_bands", "taxonomies"):  # of a payer, a society, a committee
            assert re.match(r"https://www\.(uhcprovider|sccm|nucc)\.", release.citation.url), release
        else:
            assert re.match(r"https://(www|data)\.cms\.gov/", release.citation.url), release
        assert release.first <= release.last
        assert all(edition.first <= edition.last for edition in release.editions)


# One code, fact by fact.


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "X"),
        ("pctc", "9"),
        ("global_days", "XXX"),
        ("multiple", "9"),
        ("bilateral", "9"),
        ("assistant", "9"),
        ("co_surgeon", "9"),
        ("team", "9"),
        ("supervision", "09"),
        ("imaging_family", "99"),
        ("endoscopic_base", ""),
        ("non_facility_na", False),
        ("facility_na", False),
        ("modifier", ""),
    ],
)
@pytest.mark.parametrize("day", [date(2020, 1, 1), A_DAY, date(2025, 12, 31)], ids=str)
def test_77424_on_the_fee_schedule(book: Rulebook, day: date, name: str, value: object) -> None:
    assert getattr(book.on(day).fee("77424"), name) == value


def test_77424_elsewhere(today: Rules) -> None:
    for setting in ("professional", "asc", "outpatient"):
        limit = today.mue("77424", setting)
        assert isinstance(limit, Mue)
        assert (limit.units, limit.mai) == (1, 2)
    assert today.opps("77424")[:2] == ("J1", "5627")  # type: ignore[index]
    assert today.asc("77424")[:2] == ("BB", "Z2")  # type: ignore[index]
    assert today.listed("facility_only", "77424")[0] == "J1"  # type: ignore[index]
    for modifier in ("26", "TC", "53"):
        assert not today.fee_row("77424", modifier)


def test_77424_as_a_code(book: Rulebook, today: Rules) -> None:
    row = today.code("77424")
    assert isinstance(row, CodeDates)
    assert row[:6] == (
        date(2012, 1, 1),
        None,
        "4",
        "I4B",
        "211",
        "a separately reportable surgical procedure",
    )
    assert row.classified_by
    assert book.on(date(2012, 1, 1)).code("77424")
    assert isinstance(book.on(date(2011, 12, 31)).code("77424"), Absent)


def test_rows_of_a_modifier_have_values_of_their_own(today: Rules) -> None:
    both = today.fee("76519"), today.fee("76519", ("26",)), today.fee("76519", ("RT", "TC"))
    assert [row.bilateral for row in both if row] == ["2", "3", "2"]
    interpretation = today.fee("83020", ("26",)), today.fee("83020")
    assert [(row.status, row.pctc) for row in interpretation if row] == [("A", "6"), ("X", "9")]
    assert today.fee("45378", ("53",))
    assert not today.fee_row("45380", "53")


def test_what_no_table_names(today: Rules) -> None:
    assert isinstance(today.fee("L3908"), Absent)
    assert isinstance(today.asc("99213"), Absent)
    assert isinstance(today.mue("3100F", "professional"), Absent)
    assert today.asc("99213").source == "ASC Addenda 2025 January 99213 (not listed)"


# The days.


@each("code", CODES)
def test_outside_its_releases_nothing_is_judged(book: Rulebook, code: str) -> None:
    for day in (date(2019, 12, 31), date(2026, 10, 1)):
        with pytest.raises(NotInForce):
            book.on(day).fee(code)
    for day in (date(2024, 12, 31), date(2026, 10, 1)):
        for ask in (book.on(day).opps, book.on(day).asc):
            with pytest.raises(NotInForce):
                ask(code)
    for day in (date(2024, 3, 31), date(2026, 10, 1)):
        for setting in ("professional", "outpatient", "dme"):
            with pytest.raises(NotInForce):
                book.on(day).mue(code, setting)
    for setting in ("outpatient", "dme"):
        with pytest.raises(NotInForce):
            book.on(date(2026, 7, 1)).mue(code, setting)


def test_between_releases_that_differ_nothing_is_judged(book: Rulebook) -> None:
    assert book.on(date(2025, 12, 31)).opps("95872") == Opps("S", "5721", "OPPS Addendum B 2025 95872")
    assert book.on(date(2026, 7, 1)).opps("95872") == Opps("S", "5722", "OPPS Addendum B 2026 Q3 95872")
    with pytest.raises(NotInForce):
        book.on(date(2026, 6, 30)).opps("95872")


def test_values_change_with_the_day(book: Rulebook) -> None:
    statuses = [book.on(day).fee("3100F") for day in (date(2022, 12, 31), date(2023, 1, 1))]
    assert [row.status for row in statuses if row] == ["M", "I"]


@pytest.mark.parametrize("code", ["77423", "99201", "ZZZZZ"])
def test_other_codes_are_unknown_not_absent(today: Rules, code: str) -> None:
    for ask in (today.fee, today.opps, today.asc, today.code):
        with pytest.raises(NotInForce):
            ask(code)
    with pytest.raises(NotInForce):
        today.mue(code, "professional")


# Modifiers, places and lists.


@pytest.mark.parametrize(
    ("modifier", "last_day_without"),
    [
        ("XE", date(2014, 12, 31)),
        ("XU", date(2014, 12, 31)),
        ("FT", date(2021, 12, 31)),
        ("FS", date(2021, 12, 31)),
        ("93", date(2021, 12, 31)),
        ("JZ", date(2022, 12, 31)),
        ("CQ", date(2018, 12, 31)),
    ],
)
def test_modifiers_begin(book: Rulebook, modifier: str, last_day_without: date) -> None:
    assert not book.on(last_day_without).modifier(modifier)
    assert book.on(last_day_without + timedelta(days=1)).modifier(modifier)


def test_modifiers_end(book: Rulebook) -> None:
    assert book.on(date(2024, 12, 31)).modifier("MA")
    assert not book.on(date(2025, 1, 1)).modifier("MA")


def test_modifiers_have_families(today: Rules) -> None:
    for family, modifiers in {
        "evaluation": "24 25 57 FT",
        "global_split": "54 55 56",
        "return": "58 78 79",
        "assistant": "80 81 82 AS",
        "component": "26 TC",
        "distinct": "59 XE XP XS XU",
        "anesthesia": "AA AD QK QX QY QZ",
        "therapy": "GN GO GP",
        "liability": "GA GX GY GZ",
        "wastage": "JW JZ",
        "ambulance": "GM QL QM QN",
        "ambulance_trip": "RH NH RX",
    }.items():
        for modifier in modifiers.split():
            row = today.modifier(modifier)
            assert row, modifier
            assert row.family == family


def test_pricing_modifiers(book: Rulebook, today: Rules) -> None:
    rows = {str(key): today.modifier(str(key)) for key in book.keys("modifiers")}
    pricing = {key for key, row in rows.items() if row and row.pricing}
    assert pricing == {"26", "TC", "53", "AA", "AD", "QK", "QX", "QY", "QZ", "QW"}


@pytest.mark.parametrize("modifier", ["ZZ", "00", "XH", "4Z"])
def test_other_modifiers_do_not_exist(today: Rules, modifier: str) -> None:
    assert isinstance(today.modifier(modifier), Absent)


def test_long_ago_other_modifiers_are_unknown(book: Rulebook) -> None:
    with pytest.raises(NotInForce):
        book.on(date(2008, 1, 1)).modifier("4Z")
    assert book.on(date(2008, 1, 1)).modifier("25")
    for day in (date(1983, 12, 31), date(2026, 4, 1)):
        with pytest.raises(NotInForce):
            book.on(day).modifier("25")


@pytest.mark.parametrize(
    ("place", "first"),
    [
        ("10", date(2022, 1, 1)),
        ("19", date(2016, 1, 1)),
        ("27", date(2023, 10, 1)),
        ("58", date(2020, 1, 1)),
        ("66", date(2024, 1, 1)),
    ],
)
def test_places_begin(book: Rulebook, place: str, first: date) -> None:
    assert not book.on(first - timedelta(days=1)).place(place)
    assert book.on(first).place(place)


def test_places_take_a_rate(book: Rulebook, today: Rules) -> None:
    rows = {str(key): today.place(str(key)) for key in book.keys("places_of_service")}
    facility = {key for key, row in rows.items() if row and row.facility}
    assert " ".join(sorted(facility)) == "02 06 08 19 21 22 23 24 26 31 34 41 42 51 52 53 56 61"
    assert len(rows) == 52
    assert not today.place("30")


def test_lists(book: Rulebook, today: Rules) -> None:
    assert sum(bool(today.listed("global_visits", str(code))) for code in book.keys("global_visits")) == 33
    assert len(book.keys("facility_only")) == 23
    assert set(book.keys("global_visits")) < set(book.keys("visits"))
    assert today.listed("visits", "99213") == Listed(source="PTP practitioner 2024 Q3, RVU25A 99213")
    assert not today.listed("visits", "77469")
    assert not today.listed("visits", "99453")
    assert not today.listed("global_visits", "99203")
    assert today.listed("facility_only", "G0463")[0] == "J2"  # type: ignore[index]


def test_codes_come_and_go_in_lists(book: Rulebook) -> None:
    assert book.on(date(2024, 12, 31)).listed("visits", "99441")
    assert not book.on(date(2025, 1, 1)).listed("visits", "99441")
    assert not book.on(date(2023, 12, 31)).listed("visits", "99459")
    for name, after in (("visits", date(2026, 1, 1)), ("global_visits", date(2026, 10, 1))):
        assert book.on(date(2022, 12, 31)).listed(name, "99217")
        assert not book.on(date(2023, 1, 1)).listed(name, "99217")
        for day in (date(2019, 12, 31), after):
            with pytest.raises(NotInForce):
                book.on(day).listed(name, "99213")


# No descriptors: codes and values are facts, the AMA's texts are not ours to give away.

ALLOWED_TEXT = re.compile(
    r"[A-Z0-9]{1,5}|dme|practitioner|outpatient|fee_schedule|mue_(practitioner|outpatient|dme)|opps|asc"
    r"|RBCS 2022|HCPCS 2026 January|MUE (practitioner|outpatient|DME) 202[46] Q[23]|OPPS Addendum B 202(5|6 Q3)"
    r"|ASC Addenda 202(5 January|6 July)|a separately reportable surgical procedure|RVU2[0-6][A-D]R?"
    r"|HCPCS 2026 January, fields 23 \(BETOS\) and 25 \(type of service\)"
    r"|CMS Policy|Code Descriptor / CPT Instruction"
    r"|CMS type of service and BETOS; AHRQ Clinical Classifications Software for Services and Procedures|"
)


@each("code", CODES)
def test_no_descriptor(code: str) -> None:
    text = (shipped_rules() / "codes" / f"{code}.toml").read_text("utf-8")
    values = re.sub(r"(?m)^#.*$", "", text)
    assert [found for found in re.findall(r'"([^"]*)"', values) if not ALLOWED_TEXT.fullmatch(found)] == []


# Files that can't be used.


class Wrong(BaseModel):
    """Anything, but for a number in ``last``, however deep."""

    model_config = ConfigDict(extra="allow", strict=True)
    last: int = 0
    tables: list["Wrong"] = []
    table: "Wrong | None" = None


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        ('last = "x"', 1, "last"),
        ('\n\n  "last" = "x"  # a note', 3, "last"),
        ('a = "# = [ { \\" "\nlast = "x"', 2, "last"),
        ("a = '# = [ { \\'\nlast = 'x'", 2, "last"),
        ('a = """\nlast = 1\n"quoted" \\""" \n"""\nlast = "x"', 5, "last"),
        ("a = '''\nlast = 1\n'''\nlast = ''", 4, "last"),
        ('a = [\n  [1.5, 2],\n  { b = "]" },  # ]\n]\nlast = "x"', 5, "last"),
        ('a.b."c.d" = 2020-01-01 10:00:00\nlast = "x"', 2, "last"),
        ('table.last = "x"', 1, "table.last"),
        ('[table]\na = 1\nlast = "x"', 3, "table.last"),
        ('table = { a = 1, last = "x" }', 1, "table.last"),
        ('[[tables]]\n[[tables]]\n\nlast = "x"', 4, "tables[1].last"),
        ('[[tables]]\n[tables.table]\nlast = "x"\n[[tables]]', 3, "tables[0].table.last"),
        ('[[tables]]\n[[tables.tables]]\n[[tables.tables]]\nlast = "x"', 4, "tables[0].tables[1].last"),
        ('tables = [\n  { a = 1 },\n  { last = "x" },\n]', 3, "tables[1].last"),
        ('a = 1\r\nlast = "x"\r\n', 2, "last"),
    ],
)
def test_the_line_is_found_in_any_toml(tmp_path: Path, text: str, line: int, field: str) -> None:
    path = tmp_path / "any.toml"
    path.write_bytes(text.encode())
    with pytest.raises(RuleDataError) as caught:
        RuleFile(path, "any.toml").parse(Wrong)
    assert (caught.value.file, caught.value.line, caught.value.field) == ("any.toml", line, field)


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A copy of the rules with one code in it."""
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "codes").mkdir()
    for name in ("releases", "modifiers", "places_of_service", "lists", "modifier_fits"):
        shutil.copy(shipped_rules() / f"{name}.toml", folder)
    shutil.copy(shipped_rules() / "codes" / "77469.toml", folder / "codes")
    return folder


def line_of(text: str, part: str) -> int:
    assert text.count(part) >= 1, part
    return text[: text.index(part)].count("\n") + 1


def swap(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text, old
        return text.replace(old, new, 1)

    return change


def append(more: str) -> Callable[[str], str]:
    return lambda text: text + more


A_PERIOD = """
[[fee_schedule]]
first = 2025-06-01
last = 2025-12-31
cites = ["RVU25B", "RVU25D"]
status = "C"
pctc = "0"
global_days = "XXX"
multiple = "0"
bilateral = "0"
assistant = "0"
co_surgeon = "0"
team = "0"
supervision = "09"
imaging_family = "99"
"""

CODE_FILE = "codes/77469.toml"

BAD = {
    "not TOML": (
        CODE_FILE,
        swap('status = "A"', 'status == "A"'),
        ('status == "A"', "", "valid TOML"),
    ),
    "a key twice": (
        CODE_FILE,
        swap('pctc = "0"', 'pctc = "0"\npctc = "1"'),
        ('pctc = "1"', "", "valid TOML"),
    ),
    "cut short": ("lists.toml", append("[visits_too"), ("[visits_too", "", "valid TOML")),
    "unknown field": (
        CODE_FILE,
        swap('status = "A"', 'stauts = "A"'),
        ("stauts", "fee_schedule[0].stauts", "one of first, last, cites, modifier, status"),
    ),
    "unknown table": (
        CODE_FILE,
        append("\n[[mpfs]]\nx = 1\n"),
        ("[[mpfs]]", "mpfs", "one of code, validity"),
    ),
    "missing field": (
        CODE_FILE,
        swap('team = "0"\n', ""),
        ("[[fee_schedule]]", "fee_schedule[0].team", "a value"),
    ),
    "a value of a row in part that can't be": (
        CODE_FILE,
        swap("in_part = true", 'in_part = true\nteam = "8"'),
        ('team = "8"', "fee_schedule[1].team", "'0', '1'"),
    ),
    "not a status": (
        CODE_FILE,
        swap('status = "A"', 'status = "Q9"'),
        ('"Q9"', "fee_schedule[0].status", "'A', 'B'"),
    ),
    "text for a number": (
        CODE_FILE,
        swap("units = 1", 'units = "1"'),
        ('units = "1"', "mue[0].units", "valid integer"),
    ),
    "number for text": (
        CODE_FILE,
        swap('pctc = "0"', "pctc = 0"),
        ("pctc = 0", "fee_schedule[0].pctc", "'0', '1'"),
    ),
    "text for a day": (
        CODE_FILE,
        swap("first = 2025-01-01", 'first = "2025-01-01"'),
        ('first = "2025-01-01"', "opps[0].first", "valid date"),
    ),
    "days the wrong way round": (
        CODE_FILE,
        swap("last = 2026-06-30", "last = 2023-06-30"),
        ("last = 2023-06-30", "mue[1].last", "no day before 2024-04-01"),
    ),
    "overlapping periods": (
        CODE_FILE,
        append(A_PERIOD),
        ("first = 2025-06-01", "fee_schedule[2].first", "days outside 2020-01-01 to 2025-12-31"),
    ),
    "before its releases": (
        CODE_FILE,
        swap("first = 2024-04-01", "first = 2024-03-31"),
        ("first = 2024-03-31", "mue[0].first", "no day before 2024-04-01"),
    ),
    "after its releases": (
        CODE_FILE,
        swap("last = 2026-06-30", "last = 2026-07-01"),
        ("last = 2026-07-01", "mue[1].last", "no day after 2026-06-30"),
    ),
    "a release that is not there": (
        CODE_FILE,
        swap('"RVU20A", "RVU25D"]\nstatus', '"RVU20A", "RVU27D"]\nstatus'),
        ('"RVU27D"', "fee_schedule[0].cites[1]", "a release of fee_schedule"),
    ),
    "a release of another table": (
        CODE_FILE,
        swap('"OPPS Addendum B 2025"', '"RVU25A"'),
        ('["RVU25A"]', "opps[0].cites[0]", "a release of opps"),
    ),
    "releases the wrong way round": (
        CODE_FILE,
        swap('"RVU20A", "RVU25D"]\nstatus', '"RVU25D", "RVU20A"]\nstatus'),
        ('"RVU25D", "RVU20A"', "fee_schedule[0].cites[1]", "a release later than RVU25D"),
    ),
    "another code than its name": (
        CODE_FILE,
        swap('code = "77469"', 'code = "77470"'),
        ('code = "77470"', "code", "'77469', as the file is named"),
    ),
    "valid before it was added": (
        CODE_FILE,
        swap("first = 2012-01-01", "first = 2011-01-01"),
        ("first = 2011-01-01", "validity.first", "no day before 2012-01-01"),
    ),
    "valid after it ended": (
        CODE_FILE,
        swap("added = 2012-01-01", "added = 2012-01-01\nended = 2024-12-31"),
        ("last = 2026-09-30", "validity.last", "no day after 2024-12-31"),
    ),
    "an ill-formed code": (
        CODE_FILE,
        swap('code = "77469"', 'code = "7746"'),
        ('code = "7746"', "code", "a code of 5 characters"),
    ),
    "listed and not listed": (
        CODE_FILE,
        append(
            '[[not_listed]]\ntable = "opps"\nfirst = 2025-03-01\nlast = 2025-12-31\ncites = ["OPPS Addendum B 2025"]\n'
        ),
        ("first = 2025-03-01", "not_listed[1].first", "days outside 2025-01-01"),
    ),
    "a release twice": (
        "releases.toml",
        swap('name = "RVU20B"', 'name = "RVU20A"'),
        (
            '"RVU20A", edition = "April 2020"',
            "series[0].releases[1].name",
            "a name that no other release has",
        ),
    ),
    "releases that overlap": (
        "releases.toml",
        swap("2020-04-01", "2020-03-31"),
        ('"RVU20B"', "series[0].releases[1].first", "a day after RVU20A ends"),
    ),
    "a modifier twice": (
        "modifiers.toml",
        swap("[family.other]\n", "[family.other]\nXE = {}\n"),
        ("XE = {}", "family.other.XE", "each modifier once"),
    ),
    "a modifier of three": (
        "modifiers.toml",
        swap("[family.other]\n", "[family.other]\nXEE = {}\n"),
        ("XEE = {}", "family.other.XEE", "a modifier of 2 characters"),
    ),
    "an end before the beginning": (
        "modifiers.toml",
        swap("FT = { added = 2022-01-01 }", "FT = { added = 2022-01-01, ended = 2021-12-31 }"),
        ("FT = {", "family.evaluation.FT.ended", "no day before 2022-01-01"),
    ),
    "an unknown field of a modifier": (
        "modifiers.toml",
        swap("FT = { added = 2022-01-01 }", "FT = { since = 2022-01-01 }"),
        ("FT = {", "family.evaluation.FT.since", "one of added, ended, pricing"),
    ),
    "a class of codes that is none": (
        "modifier_fits.toml",
        swap(
            'never = ["visit", "anesthesia", "clinical_laboratory"',
            'never = ["visits", "anesthesia", "clinical_laboratory"',
        ),
        ('never = ["visits"', "fits[0].never[0]", "one of visit, anesthesia"),
    ),
    "a span from high to low": (
        "modifier_fits.toml",
        swap('["00100-01999"]', '["01999-00100"]'),
        ("01999-00100", "class.anesthesia.codes[0]", "a span from the lower code to the higher"),
    ),
    "a modifier twice for a payer": (
        "modifier_fits.toml",
        swap('of = ["RT", "LT"]', 'of = ["RT", "RT"]'),
        ('"RT", "RT"', "fits[0].of[1]", "it once for medicare_part_b"),
    ),
    "a payer that is none": (
        "modifier_fits.toml",
        swap('payers = ["medicare_asc", "others"]', 'payers = ["medicare_acs", "others"]'),
        ("medicare_acs", "fits[7].payers[0]", "medicare_part_b"),
    ),
    "no facility flag": (
        "places_of_service.toml",
        swap('"11" = { facility = false }', '"11" = {}'),
        ('"11" = {}', "place.11.facility", "a value"),
    ),
    "a code twice in a list": (
        "lists.toml",
        swap('"99347", "99348"', '"99347", "99347"'),
        ('"99347", "99347"', "global_visits.codes[30]", "each code once"),
    ),
    "a list that is called as another table": (
        "lists.toml",
        swap("[preventive_services]", "[excluded_npis]"),
        ("[excluded_npis]", "excluded_npis", "the name of a list of codes"),
    ),
    "a list that cites nothing known": (
        "lists.toml",
        swap('cites = ["PTP practitioner 2024 Q3", "PTP practitioner 2026 Q3"]', 'cites = ["PTP"]'),
        ('cites = ["PTP"]', "global_visits.cites[0]", "named in releases.toml"),
    ),
    "whole from a day outside": (
        "lists.toml",
        swap("whole_from = 2020-01-01", "whole_from = 2027-01-01"),
        ("whole_from = 2027-01-01", "global_visits.whole_from", "between 2020-01-01 and 2026-09-30"),
    ),
}


@pytest.mark.parametrize(("name", "change", "says"), BAD.values(), ids=BAD)
def test_bad_files(rules: Path, name: str, change: Callable[[str], str], says: tuple[str, str, str]) -> None:
    file = rules / name
    bad = change(file.read_text("utf-8"))
    file.write_text(bad, "utf-8")
    part, field, expected = says
    with pytest.raises(RuleDataError) as caught:
        load(rules)
    error = caught.value
    assert (error.file, error.field) == (f"rules/{name}", field)
    assert error.line == line_of(bad, part)
    assert expected in error.expected
    shown = f"{field}: " if field else ""
    assert str(error) == f"rules/{name}:{error.line}: {shown}found {error.found}, expected {error.expected}"


def test_the_copy_itself_is_good(rules: Path) -> None:
    assert load(rules).on(A_DAY).fee("77469")


@pytest.mark.parametrize("name", ["releases.toml", "modifiers.toml", "places_of_service.toml", "lists.toml"])
def test_a_missing_file(rules: Path, name: str) -> None:
    (rules / name).unlink()
    with pytest.raises(RuleDataError, match=f"^rules/{name}:1: found .*, expected a readable file$"):
        load(rules)


def test_a_missing_folder(rules: Path) -> None:
    shutil.rmtree(rules / "codes")
    with pytest.raises(RuleDataError, match=r"^rules/codes:1: found no such folder"):
        load(rules)


def test_not_text(rules: Path) -> None:
    (rules / CODE_FILE).write_bytes(b'code = "77469"\n# \xff\n')
    with pytest.raises(RuleDataError, match=r"^rules/codes/77469\.toml:2: found bytes that are not UTF-8"):
        load(rules)


def test_the_issue_in_words(rules: Path) -> None:
    file = rules / CODE_FILE
    file.write_text(file.read_text("utf-8").replace('status = "A"', 'status = "Q9"'), "utf-8")
    with pytest.raises(RuleDataError) as caught:
        load(rules)
    assert str(caught.value).startswith(
        "rules/codes/77469.toml:13: fee_schedule[0].status: found 'Q9', expected 'A', 'B', "
    )
