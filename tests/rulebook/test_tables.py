"""The declarations of the tables: each says what it must, no two say the same, and what follows from them fits."""

from datetime import date
from typing import Any, ForwardRef, Literal, get_args, get_origin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimcheck.message import Citation
from claimcheck.rulebook import Absent, NotInForce, Program, Rulebook, Store
from claimcheck.rulebook.models import ONE_CODE, SECTIONS
from claimcheck.rulebook.schema import KINDS, SCHEMA, Release, examples_of, kind_of, table_of, tables_of
from claimcheck.rulebook.store import new_database
from claimcheck.rulebook.tables import TABLES, Kind
from claimcheck.rulebook.tables.code_sets import LISTED
from claimcheck.rulebook.tables.ncci import MUE, PAIR
from claimcheck.rulebook.tables.npis import NPI
from claimcheck.rulebook.writing import Writer

EVERY_KIND = (*KINDS, PAIR)
DAY = date(2025, 2, 3)


def name_of(kind: Kind) -> str:
    return kind.name


@pytest.mark.parametrize("kind", EVERY_KIND, ids=name_of)
def test_a_declaration_speaks_of_fields_that_there_are(kind: Kind) -> None:
    fields = set(kind.row._fields)
    types = {type(annotation) for annotation in kind.row.__annotations__.values()}
    assert not types & {str, ForwardRef}, "types decide how a row is stored: no `from __future__ import annotations`"
    assert {*kind.columns, *kind.carries, *kind.values, "source"} <= fields
    assert not kind.decides or kind.published[kind.decides]
    assert kind.days | kind.flags <= kind.numbers <= set(kind.values)
    assert not kind.carries or len(kind.carries) == len(kind.key) - 1
    apart = {"first", "last"} if kind.self_dated else set()
    assert {*kind.values, *kind.carries, *apart, "source"} == fields, "each is stored, and once"


@pytest.mark.parametrize("kind", EVERY_KIND, ids=name_of)
def test_published_values_are_those_of_the_type(kind: Kind) -> None:
    for name, values in kind.published.items():
        annotation = kind.row.__annotations__[name]
        literal = next((one for one in (annotation, *get_args(annotation)) if get_origin(one) is Literal), None)
        if literal:
            assert values <= set(get_args(literal))


@pytest.mark.parametrize("attribute", ["name", "section", "example"])
def test_no_two_kinds_have_one_name(attribute: str) -> None:
    names = [name for kind in EVERY_KIND if (name := getattr(kind, attribute))]
    assert len(names) == len(set(names))


def test_the_database_has_a_table_for_each_kind() -> None:
    made = dict(new_database().execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
    assert {kind.name for kind in EVERY_KIND} <= made.keys()
    assert all(sql in SCHEMA for sql in made.values())
    assert all(len(line) <= 120 for line in SCHEMA.splitlines())


def test_tables_by_setting_are_declared() -> None:
    for kind in EVERY_KIND:
        assert all(kind_of(name) is kind for name in tables_of(kind))
    assert tables_of(MUE) == ("mue_practitioner", "mue_outpatient", "mue_dme")
    assert {name for name, table in TABLES.items() if table.kind is MUE} - {*tables_of(MUE)} == {
        f"medicaid_{name}" for name in tables_of(MUE)
    }


def test_medicaid_has_limits_and_pairs_of_its_own() -> None:
    tables: dict[str, Any] = {
        "mue": {"10000": MUE.row(1, 2)},
        "medicaid_mue_practitioner": {"10000": MUE.row(5)},
        "pairs": {"10000-20000": PAIR.row("0")},
        "medicaid_ptp_practitioner": {"10000-30000": PAIR.row("1")},
    }
    rules = Rulebook.of(**tables).on(DAY)
    expected: dict[Program, tuple[int, str]] = {"medicare": (1, "20000"), "medicaid": (5, "30000")}
    for program, (units, column2) in expected.items():
        limit = rules.mue("10000", "professional", program)
        assert limit and limit.units == units
        assert rules.pair("10000", column2, "professional", program)
        codes = frozenset({"10000", "20000", "30000"})
        among = rules.pairs_among(codes, "professional", program)
        assert [column2 for column2, _ in among.column1s] == [column2]


def test_what_is_not_declared_is_a_list() -> None:
    table = table_of("acme_extras")
    assert (table.kind, table.name, table.ships) == (LISTED, "acme extras", True)
    assert examples_of("acme_extras") == (LISTED, ("acme_extras",))


def test_a_codes_file_has_a_section_for_each_kind_that_names_one() -> None:
    fields = list(ONE_CODE.model_fields)
    assert fields == ["code", "validity", "classification", *(kind.section for kind in SECTIONS), "not_listed"]


# Rows go in and come out.


@st.composite
def rows(draw: st.DrawFn) -> tuple[str, Any, Any]:
    """A table, a key and a row of it, of values that are published or fit the type."""
    table = draw(st.sampled_from([name for name in sorted(TABLES) if kind_of(name) is not NPI]))  # whole lists alone
    kind = kind_of(table)
    values: dict[str, Any] = {}
    for name in kind.values:
        if name in kind.published:
            values[name] = draw(st.sampled_from(sorted(kind.published[name])))
        elif name in kind.days:
            values[name] = draw(st.none() | st.dates())
        elif name in kind.flags:
            values[name] = draw(st.booleans())
        elif name in kind.numbers:
            values[name] = draw(st.integers(0, 9999))
        else:
            values[name] = draw(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5))
    values |= {name: draw(st.sampled_from(["", "26", "TC"])) for name in kind.carries}
    if kind.self_dated:
        values |= {"first": date(2020, 1, 1), "last": None}
    if "indicator" in values and kind is PAIR:
        values["indicator"] = draw(st.sampled_from(["0", "1"]))  # 9 was never in force
    other = [values[name] for name in kind.carries] or ["20000"] * (len(kind.key) - 1)
    return table, ("10000", *other) if len(kind.key) > 1 else "10000", kind.row(**values)


@settings(max_examples=150, deadline=None)
@given(rows())
def test_a_row_comes_out_as_it_went_in(given: tuple[str, Any, Any]) -> None:
    table, key, row = given
    kind = kind_of(table)
    database = new_database()
    writer = Writer(database)
    id = writer.release(Release("R", table, date(2020, 1, 1), date(2029, 12, 31), Citation("R"), date(2020, 1, 1)))
    writer.row(id, table, key, row)
    rules = Rulebook(Store(database)).on(DAY)
    found = rules.row(table, key)
    assert found
    assert found._replace(source="") == row._replace(source="")
    assert found.source.startswith("R 10000")
    absent = ("90000", *key[1:]) if len(kind.key) > 1 else "90000"
    assert isinstance(rules.row(table, absent), Absent)
    assert [*kind.shown(row)] == [*kind.shown(found)]


@pytest.mark.parametrize("kind", [kind for kind in EVERY_KIND if kind.decides], ids=name_of)
def test_nothing_is_judged_by_a_value_that_is_not_published(kind: Kind) -> None:
    wanted: dict[str, Any] = {name: next(iter(values)) for name, values in kind.published.items()}
    if "units" in kind.values:
        wanted["units"] = 1
    for value in (*kind.published[kind.decides], 0 if kind is MUE else "?"):
        key = "10000-20000" if kind is PAIR else "10000"
        book = Rulebook.of(**{kind.example: {key: kind.row(**{**wanted, kind.decides: value})}})
        rules = book.on(DAY)
        parts = ("10000", "20000") if kind is PAIR else kind.plain_key("10000")
        if value in kind.published[kind.decides] and value != "9":
            assert rules.row(tables_of(kind)[0], parts)
        elif value != "9":
            with pytest.raises(NotInForce):
                rules.row(tables_of(kind)[0], parts)
