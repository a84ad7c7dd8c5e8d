"""Claim lines as rows: what is read from CSV and JSON lines, and what is said of the rest."""

import io
import json
import re
import tracemalloc
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from claimcheck import Checker, ClaimDataError, Setting, claim_from_dict, claim_to_dict, read
from claimcheck.claim import ASC, SETTINGS, Claim, Line, Location, Service
from claimcheck.message import EditMessage
from claimcheck.readers.rows.columns import (
    BLANK_IS_NONE,
    CLAIM_COLUMNS,
    COLUMNS,
    INHERITED,
    LINE_COLUMNS,
    LIST_COLUMNS,
    ClaimObject,
    ClaimRow,
)
from claimcheck.readers.rows.csv_rows import read_csv
from claimcheck.readers.rows.edits import READING_EDITS
from claimcheck.readers.rows.json_rows import read_jsonl
from claimcheck.readers.rows.records import field_of
from claimcheck.readers.rows.writing import write_csv, write_rows
from support.places import ROOT, SHARED

HEADER = "claim_id,code,from_date,units"


def csv(text: str | bytes, **options: Any) -> tuple[list[Claim], list[EditMessage]]:
    """The claims of a CSV file, and its messages but for that of the columns it lacks."""
    return sorted_out(read_csv(io.BytesIO(text.encode() if isinstance(text, str) else text), "f.csv", **options))


def jsonl(*rows: Any, **options: Any) -> tuple[list[Claim], list[EditMessage]]:
    """The same of JSON lines; rows that are no text are written as JSON."""
    text = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
    return sorted_out(read_jsonl(io.BytesIO(text.encode()), "f.jsonl", **options))


def sorted_out(items: Iterator[Claim | EditMessage]) -> tuple[list[Claim], list[EditMessage]]:
    found = list(items)
    claims = [item for item in found if isinstance(item, Claim)]
    return claims, [m for m in found if isinstance(m, EditMessage) and m.check != "ROW-COLUMNS"]


def line_of(text: str) -> Line:
    """The only line of a CSV file that nothing is to be said of."""
    [claim], messages = csv(text)
    assert messages == []
    [line] = claim.lines
    return line


def a_row(**fields: Any) -> dict[str, Any]:
    return {"claim_id": "1", "code": "99213", "from_date": "20250310", "units": "1", **fields}


def ids(messages: list[EditMessage]) -> list[tuple[str, int | None]]:
    return [(message.check, message.locus.row) for message in messages]


# -- what cells become ---------------------------------------------------------------------------


def test_every_column_finds_its_field() -> None:
    [claim], messages = jsonl({name: [name] if name in LIST_COLUMNS else name for name in COLUMNS} | {"setting": "asc"})
    assert messages == []
    assert claim == Claim(
        "claim_id",
        (
            Line(
                Service("code", ("modifiers",), "units", "unit_basis", "place_of_service", ASC, "code_set"),
                from_date="from_date",
                to_date="to_date",
                number="line_number",
                control="line_control",
                charge="charge",
                pointers=("pointers",),
                rendering_npi="rendering_npi",
                rendering_taxonomy="rendering_taxonomy",
                referring_npi="referring_npi",
                revenue_code="revenue_code",
                ndc="ndc",
                clia="clia",
                prior_authorization="prior_authorization",
                description="description",
                assumed_care_date="assumed_care_date",
                relinquished_care_date="relinquished_care_date",
                place=1,
                ordering_npi="ordering_npi",
                service_zip="service_zip",
            ),
        ),
        ASC,
        Location("f.jsonl", row=1),
        type_of_bill="type_of_bill",
        payer_id="payer_id",
        billing_npi="billing_npi",
        billing_taxonomy="billing_taxonomy",
        patient_id="patient_id",
        birth_date="birth_date",
        sex="sex",
        received_date="received_date",
        diagnoses=("diagnoses",),
        frequency="frequency",
        filing_indicator="filing_indicator",
        payer_responsibility="payer_responsibility",
        original_reference="original_reference",
        trial_number="trial_number",
        other_payers=("other_payers",),
    )


def test_columns_are_those_of_the_claim_and_of_the_line() -> None:
    assert sorted(COLUMNS) == sorted((*CLAIM_COLUMNS, *LINE_COLUMNS))
    assert set(COLUMNS) == set(ClaimRow.model_fields)
    assert {*CLAIM_COLUMNS, *INHERITED, "lines"} == set(ClaimObject.model_fields)


def test_a_column_that_is_missing_is_not_carried() -> None:
    line = line_of(f"{HEADER}\n1,99213,20250310,2\n")
    assert line == Line(Service("99213", (), "2", "", None), "20250310", place=2)
    assert (line.charge, line.pointers, line.service.place_of_service) == (None, None, None)


def test_a_blank_cell_is_carried_but_empty() -> None:
    header = f"{HEADER},charge,place_of_service,pointers,diagnoses,modifiers,to_date,rendering_npi,unit_basis"
    [claim], _ = csv(f"{header}\n1,,,,,,,,,,,\n")
    [line] = claim.lines
    assert (line.charge, line.service.place_of_service, line.pointers, claim.diagnoses) == ("", "", (), ())
    assert line.service == Service("", (), "", "", "")
    assert (line.from_date, line.to_date, line.rendering_npi) == ("", "", None)


def test_a_blank_cell_of_what_a_check_may_miss_is_told_from_a_missing_column() -> None:
    names = (*KEPT_BLANK, *CLAIMS_KEPT_BLANK, "other_payers")
    [blank], _ = csv(f"{HEADER},{','.join(names)}\n1,99213,20250310,2{',' * len(names)}\n")
    [absent], _ = csv(f"{HEADER}\n1,99213,20250310,2\n")
    assert [getattr(blank.lines[0], name) for name in KEPT_BLANK] == [""] * 8
    assert [getattr(absent.lines[0], name) for name in KEPT_BLANK] == [None] * 8
    assert [getattr(blank, name) for name in CLAIMS_KEPT_BLANK] == [""] * 4
    assert [getattr(absent, name) for name in CLAIMS_KEPT_BLANK] == [None] * 4
    assert (blank.other_payers, absent.other_payers) == ((), None)


def test_null_is_not_carried_and_blank_is_empty_in_json() -> None:
    [one, other], _ = jsonl(
        a_row(charge=None, pointers=None, diagnoses=None, units=None),
        a_row(claim_id="2", charge="", pointers=[], diagnoses="", units=""),
    )
    assert (one.lines[0].charge, one.lines[0].pointers, one.diagnoses) == (None, None, None)
    assert (other.lines[0].charge, other.lines[0].pointers, other.diagnoses) == ("", (), ())
    assert (one.lines[0].service.units, other.lines[0].service.units) == ("", "")


def test_spaces_around_a_value_are_dropped() -> None:
    line = line_of(" Claim_ID , CODE,From_Date,units,modifiers\n 1 , 99213\t,20250310, 1,26 | TC \n")
    assert line.service == Service("99213", ("26", "TC"), "1", "")


def test_lists_are_joined_by_bars() -> None:
    [claim], _ = csv(f"{HEADER},modifiers,diagnoses,pointers\n1,99213,20250310,1,25||59|,I10||E119|,|2\n")
    assert claim.lines[0].modifiers == ("25", "59")
    assert claim.diagnoses == ("I10", "", "E119"), "pointers count places"
    assert claim.lines[0].pointers == ("", "2")


def test_modifiers_may_have_columns_of_their_own() -> None:
    text = "claim_id,modifier_2,code,from_date,units,MODIFIER_1,modifier_4\n1,TC,77424,20250310,1,26,\n"
    assert line_of(text).modifiers == ("26", "TC")
    [claim], _ = jsonl(a_row(modifier_1="26", modifier_2=None))
    assert claim.lines[0].modifiers == ("26",)
    [claim], _ = csv("claim_id,modifier_1,code,from_date,units\n1,26,77424,20250310,1\n")
    assert claim.lines[0].modifiers == ("26",)


def test_modifiers_in_one_column_win_over_four() -> None:
    [claim], [message] = csv(f"{HEADER},modifiers,modifier_1\n1,77424,20250310,1,TC,26\n")
    assert claim.lines[0].modifiers == ("TC",)
    assert message.text == "Column modifier_1 was ignored: modifiers are read from column modifiers."


def test_forty_modifiers_are_kept() -> None:
    forty = [f"{i:02}" for i in range(40)]
    assert list(line_of(f"{HEADER},modifiers\n1,77424,20250310,1,{'|'.join(forty)}\n").modifiers) == forty
    [claim], _ = jsonl(a_row(modifiers=forty))
    assert list(claim.lines[0].modifiers) == forty


@pytest.mark.parametrize("units", ["1e400", "NaN", "-Infinity", "0.50", "2", "-0", "1" * 5000])
def test_numbers_stay_as_they_are_written(units: str) -> None:
    assert line_of(f"{HEADER}\n1,99213,20250310,{units}\n").service.units == units
    [claim], messages = jsonl(f'{{"claim_id": "1", "code": "99213", "from_date": "20250310", "units": {units}}}')
    assert messages == []
    assert claim.lines[0].service.units == units


def test_a_day_that_is_none_is_kept_for_a_check() -> None:
    line = line_of(f"{HEADER}\n1,99213,20250230,1\n")
    assert line.from_date == "20250230"
    assert line.day is None


def test_a_line_without_a_number_has_its_position() -> None:
    [claim], _ = csv(f"{HEADER},line_number\n1,99213,20250310,1,\n1,99214,20250310,1,7\n1,99215,20250310,1,\n")
    assert [line.number for line in claim.lines] == ["1", "7", "3"]


# -- settings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "setting"),
    [
        ({}, "professional"),
        ({"setting": ""}, "professional"),
        ({"setting": "Outpatient"}, "outpatient"),
        ({"type_of_bill": "131"}, "outpatient"),
        ({"type_of_bill": "111"}, "institutional"),
        ({"billing_taxonomy": "261QA1903X"}, "asc"),
        ({"billing_taxonomy": "332BX2000X"}, "dme"),
        ({"billing_taxonomy": "335E00000X"}, "professional"),
        ({"billing_npi": "1993999998"}, "asc"),
        ({"billing_npi": "1993999998", "setting": "professional"}, "professional"),
        ({"type_of_bill": "131", "setting": "dme"}, "dme"),
    ],
)
def test_the_setting_is_stated_or_implied(fields: dict[str, str], setting: str) -> None:
    [claim], _ = jsonl(a_row(**fields), asc_npis=frozenset({"1993999998"}))
    assert claim.setting == claim.lines[0].service.setting == setting


def test_a_setting_that_is_not_known_is_not_guessed() -> None:
    header = f"{HEADER},setting"
    claims, messages = csv(f"{header}\n1,99213,20250310,1,clinic\n1,99214,20250310,1,clinic\n2,99215,20250310,1,asc\n")
    assert [claim.claim_id for claim in claims] == ["2"]
    assert ids(messages) == [("ROW-SETTING", 2), ("ROW-SETTING", 3)], "each row is told of"
    assert messages[0].observed == "clinic"
    assert messages[0].allowed == ", ".join(SETTINGS)


# -- which rows make a claim ---------------------------------------------------------------------


def test_rows_of_a_claim_are_put_together_and_know_their_place() -> None:
    claims, messages = csv(f"{HEADER}\nA,99213,20250310,1\nA,99214,20250310,1\n\nB,99215,20250310,1\n")
    assert messages == []
    assert [[line.place for line in claim.lines] for claim in claims] == [[2, 3], [5]]
    assert [claim.locus for claim in claims] == [Location("f.csv", row=2), Location("f.csv", row=5)]
    assert claims[0].locus_of(claims[0].lines[1]) == Location("f.csv", row=3)


def test_a_row_counts_from_its_first_line() -> None:
    text = f'{HEADER},description\nA,99213,20250310,1,"two\r\nlines"\nB,99214,20250310,1,\n'
    claims, messages = csv(text)
    assert messages == []
    assert claims[0].lines[0].description == "two\r\nlines"
    assert [claim.locus.row for claim in claims] == [2, 4]


def test_rows_that_disagree_make_two_claims() -> None:
    header = f"{HEADER},diagnoses,patient_id"
    claims, [message] = csv(
        f"{header}\n1,99213,20250310,1,I10,CANARY1\n1,99214,20250310,1,I10|E119,CANARY2\n1,99215,20250310,1,I10|E119,CANARY2\n"
    )
    assert [len(claim.lines) for claim in claims] == [1, 2]
    assert (message.check, message.severity, message.locus.row) == ("ROW-CONFLICT", "warn", 3)
    assert message.text.startswith("Rows of a claim must agree; this one differs in patient_id, diagnoses,")
    assert message.claim_id == "1"
    assert "CANARY" not in str(message)


def test_a_row_without_a_claim_number_is_a_claim_of_its_own() -> None:
    claims, messages = csv(f"{HEADER}\n,99213,20250310,1\n,99213,20250310,1\n")
    assert [(claim.claim_id, len(claim.lines)) for claim in claims] == [("", 1), ("", 1)]
    assert ids(messages) == [("ROW-CLAIM", 2), ("ROW-CLAIM", 3)]


def test_rows_that_stand_apart_are_told_of_once() -> None:
    rows = "".join(f"{claim},99213,20250310,1\n" for claim in "ABABC")
    claims, [message] = csv(f"{HEADER}\n{rows}")
    assert [claim.claim_id for claim in claims] == list("ABABC")
    assert (message.check, message.claim_id, message.locus.row) == ("ROW-APART", "A", 4)
    assert "2 times" in message.text


def test_a_claim_without_end_is_cut() -> None:
    claims, [message] = csv(f"{HEADER}\n" + "1,99213,20250310,1\n" * 10_001)
    assert [len(claim.lines) for claim in claims] == [10_000, 1]
    assert (message.check, message.severity, message.locus.row) == ("ROW-SIZE", "reject", 10_002)


# -- headers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_found_from_the_header(delimiter: str) -> None:
    text = f"{HEADER},diagnoses\n1,99213,20250310,1,I10;E119\n".replace(",", delimiter).replace("I10;E119", "I10")
    [claim], messages = csv(text)
    assert messages == []
    assert (claim.lines[0].code, claim.diagnoses) == ("99213", ("I10",))


def test_a_byte_order_mark_and_any_line_ends_are_read() -> None:
    for ends in ("\n", "\r\n", "\r"):
        text = f"\ufeff{HEADER}\n1,99213,20250310,1\n2,99213,20250310,1".replace("\n", ends)
        claims, messages = csv(text)
        assert (len(claims), messages) == (2, [])


def test_columns_are_mapped() -> None:
    columns = {"code": "HCPCS_Cd", "modifier_1": "m1", "from_date": "dos", "to_date": "dos"}
    [claim], messages = csv("claim_id,hcpcs_cd,dos,units,m1\n1,99213,20250310,1,25\n", columns=columns)
    assert messages == []
    assert claim.lines[0] == Line(Service("99213", ("25",), "1", ""), "20250310", "20250310", place=2)
    row = {"claim_id": "1", "hcpcs_cd": "99213", "dos": "20250310", "units": 1, "m1": "25"}
    [same], messages = jsonl(row, columns=columns)
    assert messages == []
    assert same.lines[0] == claim.lines[0]._replace(place=1)


def test_a_mapping_that_fails_is_told_of() -> None:
    columns = {"charge": "chrg_amt", "code": "hcpcs", "colour": "blue"}
    [claim], messages = csv(f"{HEADER}\n1,99213,20250310,1\n", columns=columns)
    assert claim.lines[0].code == "99213"
    assert [message.text for message in messages] == [
        "The configuration maps colour, which is not a column of the row format.",
        "charge is mapped to column chrg_amt, which the file does not have.",
        "code is mapped to column hcpcs, which the file does not have; column code is read instead.",
    ]


def test_a_header_without_a_needed_column_ends_the_file() -> None:
    claims, [message] = csv("Claim_ID,HCPCS,From_Date,units,charge\n1,99213,20250310,1,5\n" * 3)
    assert claims == []
    assert (message.check, message.severity, message.locus) == ("ROW-HEADER", "reject", Location("f.csv", row=1))
    assert message.text == (
        "Required column missing: code; the file was not read. "
        "Columns found: Claim_ID, HCPCS, From_Date, units, charge."
    )
    assert 'code = "HCPCS"' in (message.remedy or "")


def test_a_header_of_many_columns_says_how_many_it_does_not_name() -> None:
    names = ["claim_id", "from_date", *(f"column_{number}" for number in range(70))]
    _, [message] = csv(f"{','.join(names)}\n")
    assert message.text.endswith("column_56, column_57 and 12 more.")


def test_a_file_without_a_header_shows_nothing_of_its_first_row() -> None:
    claims, [message] = csv("CANARY,JANE,1950-01-02,F,99213\n")
    assert claims == []
    assert message.text == "The first row (5 cells) is not a header; the file was not read."
    assert "CANARY" not in str(message)


def test_columns_that_are_not_known_are_named_once() -> None:
    claims, messages = csv(f"{HEADER},shade,chargee,\n1,99213,20250310,1,a,b,c\n2,99213,20250310,1,a,b,c\n")
    assert len(claims) == 2
    assert [message.text for message in messages] == [
        "Column 7 has no name and was ignored.",
        "Column shade is unknown and was ignored.",
        "Column chargee is unknown and was ignored.",
    ]
    assert "Did you mean charge?" in (messages[2].remedy or "")
    assert {message.severity for message in messages} == {"warn"}


def test_a_column_that_is_there_twice_is_read_once() -> None:
    [claim], [message] = csv(f"{HEADER},Code\n1,99213,20250310,1,99999\n")
    assert claim.lines[0].code == "99213"
    assert message.text == "Column Code appears twice; the first one was read."


def test_keys_that_json_rows_lack_are_named_once_each() -> None:
    whole = a_row(
        charge="1", pointers=["1"], diagnoses=["I10"], place_of_service="11", received_date="20250310",
        billing_npi="1993999998", rendering_npi="1234567802", patient_id="P", birth_date="19500101", sex="F",
        ordering_npi="1234567802", clia="", description="",
    )  # fmt: skip
    rows = [whole, {**whole, "charge": None}, a_row(claim_id="2"), {**whole, "claim_id": "3", "charge": None}]
    items = read_jsonl(io.BytesIO("\n".join(map(json.dumps, rows)).encode()), "f.jsonl")
    assert [(m.check, m.locus.row, m.observed) for m in items if isinstance(m, EditMessage)] == [
        ("ROW-COLUMNS", 2, "charge"),
        (
            "ROW-COLUMNS",
            3,
            "pointers, diagnoses, place_of_service, received_date, billing_npi, rendering_npi, patient_id, birth_date, "
            "sex, referring_npi, ordering_npi, clia, description",
        ),
    ]


def test_columns_that_checks_miss_are_named_once() -> None:
    others = "place_of_service,diagnoses,received_date,billing_npi,rendering_npi,patient_id,birth_date,sex"
    others += ",referring_npi,clia,description"
    text = f"{HEADER},{others}\n1,99213,20250310,1,,,,,,,,,,,\n"
    [message] = [m for m in read_csv(io.BytesIO(text.encode()), "f.csv") if isinstance(m, EditMessage)]
    assert (message.check, message.severity) == ("ROW-COLUMNS", "inform")
    assert message.text == "No column charge, pointers. Not checked for this file: CHG, DX-PTR."


def test_what_the_first_row_of_json_lines_lacks_is_named_once() -> None:
    text = "\n".join(json.dumps({**dict.fromkeys(COLUMNS, ""), **a_row(claim_id=str(i))}) for i in range(3))
    assert not [m for m in read_jsonl(io.BytesIO(text.encode()), "f") if isinstance(m, EditMessage)]
    text = "\n".join(json.dumps(a_row(claim_id=str(i))) for i in range(3))
    [message] = [m for m in read_jsonl(io.BytesIO(text.encode()), "f") if isinstance(m, EditMessage)]
    assert (message.check, message.locus.row) == ("ROW-COLUMNS", 1)


# -- rows that can't be read ---------------------------------------------------------------------


def test_rows_of_another_width_are_told_of_and_passed_over() -> None:
    claims, messages = csv(f"{HEADER}\n1,99213,20250310\n2,99213,20250310,1,1\n3,99213,20250310,1\n\n,,,\n")
    assert [claim.claim_id for claim in claims] == ["3"]
    assert ids(messages) == [("ROW-CELLS", 2), ("ROW-CELLS", 3)], "rows of blanks are nothing"
    assert messages[0].text == "The header has 4 cells, this row 3; the row was not read."


def test_an_unclosed_quote_costs_one_row() -> None:
    rows = ['1,"99213,20250310,1', "2,99213,20250310,1", '3,"99214",20250310,1', "4,99215,20250310,1"]
    claims, messages = csv("\n".join([HEADER, *rows]))
    assert [claim.claim_id for claim in claims] == ["2", "3", "4"]
    assert [claim.locus.row for claim in claims] == [3, 4, 5]
    assert ids(messages) == [("ROW-QUOTE", 2)]


def test_an_unclosed_quote_at_the_end_costs_one_row() -> None:
    claims, messages = csv(f'{HEADER}\n1,99213,20250310,1\n2,"99213,20250310,1\n3,99213,20250310,1\n')
    assert [claim.claim_id for claim in claims] == ["1", "3"]
    assert ids(messages) == [("ROW-QUOTE", 3)]


def test_many_unclosed_quotes_take_no_longer() -> None:
    claims, messages = csv(HEADER + "\n" + 'x","\n' * 20_000)
    assert claims == []
    assert len(messages) > 1


def test_text_after_a_closed_quote_is_read_as_before() -> None:
    assert line_of(f'{HEADER}\n1,"99213"x,20250310,1\n').code == "99213x"


def test_what_is_no_text_makes_a_row_unreadable() -> None:
    claims, messages = csv(f"{HEADER}\n1,992\0,20250310,1\n2,99213,20250310,1\n")
    assert [claim.claim_id for claim in claims] == ["2"]
    assert ids(messages) == [("ROW-TEXT", 2)]
    half = r'{"claim_id": "1", "code": "\ud800", "from_date": "", "units": 1}'
    claims, messages = jsonl(half, a_row(code="\0"), a_row(code="\u00e9\U0001f600", claim_id="2"))
    assert [claim.lines[0].code for claim in claims] == ["\0", "\u00e9\U0001f600"], "text, if odd"
    assert ids(messages) == [("ROW-TEXT", 1)]


def test_bytes_that_are_no_utf_8_are_read_as_latin_1() -> None:
    claims, messages = csv(
        f"{HEADER},description\n".encode() + b"1,99213,20250310,1,\xe9\n2,99213,20250310,1,\xc3\xa9 \xfc\n"
    )
    assert [claim.lines[0].description for claim in claims] == ["é", "é ü"]
    assert ids(messages) == [("ROW-ENCODING", 2)], "said once a file"
    items = list(read_jsonl(io.BytesIO(json.dumps(a_row(description="?")).encode().replace(b"?", b"\xe9")), "f"))
    assert [item.check for item in items if isinstance(item, EditMessage)] == ["ROW-ENCODING", "ROW-COLUMNS"]
    [claim] = [item for item in items if isinstance(item, Claim)]
    assert claim.lines[0].description == "é"


def test_a_row_that_is_no_json_does_not_end_the_file() -> None:
    claims, messages = jsonl(a_row(), "CANARY, not JSON", a_row(claim_id="3"), "", '{"claim_id": "4"', "{} {}")
    assert [(claim.claim_id, claim.locus.row) for claim in claims] == [("1", 1), ("3", 3)]
    assert ids(messages) == [("ROW-JSON", 2), ("ROW-JSON", 5), ("ROW-JSON", 6)]
    assert messages[0].text == "Invalid JSON from column 1 on; the row was not read."
    assert "CANARY" not in str(messages)


@pytest.mark.parametrize("row", ["[]", "3", '"text"', "null", "true", "[" * 100_000])
def test_a_json_value_that_is_no_object_is_told_of(row: str) -> None:
    claims, messages = jsonl(row, a_row())
    assert len(claims) == 1
    assert ids(messages) == [("ROW-JSON", 1)]


def test_fields_of_the_wrong_kind_are_named_without_their_values() -> None:
    bad = a_row(units=True, code={"CANARY": 1}, modifiers=["26", False], birth_date=["CANARY"], claim_id="7")
    claims, [message] = jsonl(bad, a_row())
    assert [claim.claim_id for claim in claims] == ["1"]
    assert (message.check, message.severity, message.locus) == (
        "ROW-FIELD",
        "reject",
        Location("f.jsonl", row=1),
    )
    assert message.claim_id == "7"
    for said in (
        "units is true or false, expected text or a number",
        "code is an object, expected text",
        "modifiers holds true or false, expected a list of text",
        "birth_date is a list, expected text",
    ):
        assert said in message.text
    assert "CANARY" not in str(message)


def test_a_needed_field_that_is_missing_is_named() -> None:
    claims, [message] = jsonl({"claim_id": "1", "code": "99213", "from_date": "20250310"})
    assert claims == []
    assert (message.check, message.field) == ("ROW-FIELD", "units")
    assert "units is missing" in message.text


def test_an_unknown_key_is_told_of_once_and_the_row_is_read() -> None:
    claims, messages = jsonl(*(a_row(claim_id=str(i), hue="blue") for i in range(3)))
    assert len(claims) == 3
    assert [message.text for message in messages] == ["Column hue is unknown and was ignored."]


def test_keys_without_end_are_not_remembered() -> None:
    claims, messages = jsonl(*(a_row(claim_id=str(i), **{f"key{i}": "x"}) for i in range(1500)))
    assert len(claims) == 1500
    assert len(messages) == 101
    assert messages[-1].text == "More columns are unknown; they were ignored without a message."


# -- claim objects -------------------------------------------------------------------------------


def test_a_claim_may_be_one_object() -> None:
    line = {"code": "99213", "from_date": "20250310", "units": 1}
    claims, messages = jsonl(
        {
            "claim_id": "1",
            "setting": "asc",
            "diagnoses": ["I10"],
            "lines": [line, {**line, "modifier_1": "25"}],
        },
        {"claim_id": "1", "setting": "asc", "diagnoses": ["I10"], "lines": [line]},
        a_row(),
        {"claim_id": "", "lines": [line]},
    )
    assert ids(messages) == [("ROW-CLAIM", 4)]
    assert [len(claim.lines) for claim in claims] == [2, 1, 1, 1], "objects are never put together"
    assert claims[0].diagnoses == ("I10",)
    assert [line.service.setting for line in claims[0].lines] == ["asc", "asc"]
    assert [(line.number, line.place) for line in claims[0].lines] == [("1", 1), ("2", 1)]
    assert claims[0].lines[1].modifiers == ("25",)


def test_lines_that_can_not_be_read_are_told_of_one_by_one() -> None:
    line = {"code": "99213", "from_date": "20250310", "units": 1}
    claims, messages = jsonl(
        {"claim_id": "1", "lines": [line, 3, {"code": "99213", "units": True}, line]},
        {"claim_id": "2", "lines": []},
        {"claim_id": "3", "lines": "x"},
        {"claim_id": ["x"], "lines": [line]},
        {"lines": [line]},
    )
    assert [(claim.claim_id, len(claim.lines)) for claim in claims] == [("1", 2)]
    assert [(message.locus.row, message.text) for message in messages] == [
        (1, "Not read: line 2 is text, expected an object."),
        (
            1,
            "Not read: line 3: units is true or false, expected text or a number; from_date is missing, expected text.",
        ),
        (2, "Not read: lines is empty, expected a list of claim lines."),
        (3, "Not read: lines is text, expected a list of claim lines."),
        (4, "Not read: claim_id is a list, expected text."),
        (5, "Not read: claim_id is missing, expected text."),
    ]


def test_columns_in_the_wrong_part_of_a_claim_are_told_of() -> None:
    line = {"code": "99213", "from_date": "20250310", "units": 1, "sex": "F"}
    claims, messages = jsonl({"claim_id": "1", "charge": "1", "lines": [line]})
    assert len(claims) == 1
    assert [message.text for message in messages] == [
        "Column charge belongs to a line, not to the claim, and was ignored here.",
        "Column sex belongs to the claim, not to a line, and was ignored here.",
    ]


OF_LINES = {
    "place_of_service": "22",
    "rendering_npi": "1245319599",
    "rendering_taxonomy": "207Q00000X",
    "referring_npi": "1003000126",
    "ordering_npi": "1003000127",
    "clia": "36D0712345",
    "prior_authorization": "A1",
    "description": "A note",
    "assumed_care_date": "20250301",
    "relinquished_care_date": "20250302",
    "service_zip": "78701",
}


def details_of(line: Line) -> dict[str, str | None]:
    """What a line has in each column that it may inherit."""
    return {name: getattr(line, name, line.service.place_of_service) for name in INHERITED}


def test_what_a_claim_states_for_its_lines_they_inherit() -> None:
    assert OF_LINES.keys() == set(INHERITED)
    line = {"code": "99213", "from_date": "20250310", "units": 1}
    nulls = {**line, **dict.fromkeys(INHERITED)}
    (claim,), messages = jsonl({"claim_id": "1", **OF_LINES, "lines": [line, nulls]})
    assert messages == []
    assert [details_of(line) for line in claim.lines] == [OF_LINES] * 2
    # As flat rows say it.
    rows, _ = jsonl(*[{"claim_id": "1", **OF_LINES, **line}] * 2)
    assert [line._replace(place=1) for line in rows[0].lines] == [line._replace(place=1) for line in claim.lines]


@pytest.mark.parametrize("name", INHERITED)
def test_a_line_says_otherwise_or_that_there_is_none(name: str) -> None:
    line = {"code": "99213", "from_date": "20250310", "units": 1}
    (claim,), _ = jsonl({"claim_id": "1", **OF_LINES, "lines": [{**line, name: "OWN"}, {**line, name: ""}, line]})
    own, none, inherits = map(details_of, claim.lines)
    is_empty = "" if name in ("place_of_service", *KEPT_BLANK) else None
    other = {"rendering_taxonomy": None} if name == "rendering_npi" else {}
    assert own == {**OF_LINES, **other, name: "OWN"}
    assert none == {**OF_LINES, **other, name: is_empty}
    assert inherits == OF_LINES


def test_a_claim_that_states_nothing_for_its_lines_carries_nothing() -> None:
    line = {"code": "99213", "from_date": "20250310", "units": 1}
    (claim,), messages = jsonl({"claim_id": "1", "clia": None, "lines": [line]})
    assert messages == []
    assert details_of(claim.lines[0]) == dict.fromkeys(INHERITED)
    (claim,), _ = jsonl({"claim_id": "1", "clia": "", "lines": [line]})
    assert claim.lines[0].clia == ""


def test_inherited_columns_may_have_other_names_and_must_be_text() -> None:
    line = {"code": "99213", "from_date": "20250310", "units": 1}
    (claim,), messages = jsonl(
        {"claim_id": "1", "POS_CD": "22", "lines": [line]}, columns={"place_of_service": "pos_cd"}
    )
    assert (claim.lines[0].service.place_of_service, messages) == ("22", [])
    _, messages = jsonl({"claim_id": "1", "clia": ["X"], "lines": [line]})
    assert [m.text for m in messages] == ["Not read: clia is a list, expected text."]


def test_checks_judge_what_lines_inherit() -> None:
    line = {"code": "85025", "from_date": "20240814", "units": 1, "pointers": ["1"]}
    claim = {"claim_id": "1", "diagnoses": ["I10"], "place_of_service": "81", "ordering_npi": "", "lines": [line]}
    said = [m.check for m in Checker().run(read_jsonl(io.BytesIO(json.dumps(claim).encode()), "f.jsonl"))]
    assert "ORDREF" in said


# -- the published schema ------------------------------------------------------------------------


def test_the_schemas_name_what_is_needed_and_where_numbers_may_stand() -> None:
    schema = ClaimRow.model_json_schema()
    assert set(schema["properties"]) == set(COLUMNS)
    assert sorted(schema["required"]) == ["claim_id", "code", "from_date", "units"]
    assert schema["additionalProperties"] is False
    assert all(field["description"] for field in schema["properties"].values())
    kinds = {kind["type"] for kind in schema["properties"]["units"]["anyOf"]}
    assert kinds == {"string", "integer", "number", "null"}
    claim = ClaimObject.model_json_schema()["properties"]
    assert claim["lines"]["minItems"] == 1
    assert all(claim[name]["description"] == schema["properties"][name]["description"] for name in INHERITED)


def test_the_models_keep_numbers_as_text() -> None:
    row = ClaimRow.model_validate(a_row(units=0.5, charge=90, modifiers="25|59"))
    assert (row.units, row.charge, row.modifiers) == ("0.5", "90", ["25", "59"])


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=3),
    st.just({}),
    st.just(["a"]),
    st.just([None, True]),
)


@given(st.dictionaries(st.sampled_from(COLUMNS), VALUES), st.booleans())
def test_rows_are_read_exactly_where_the_model_takes_them(fields: dict[str, Any], needed: bool) -> None:
    row = a_row() | fields if needed else fields
    row["setting"] = "asc"
    read = json.loads(json.dumps(row), parse_float=str, parse_int=str, parse_constant=str)
    try:
        ClaimRow.model_validate(read)
    except ValidationError:
        taken = False
    else:
        taken = True
    claims, messages = jsonl(row)
    assert len(claims) == taken
    assert [message.check for message in messages if message.severity == "reject"] == ["ROW-FIELD"] * (not taken)


# -- writing, and reading again ------------------------------------------------------------------

# What reading normalises can't be read again, so it does not occur here: spaces around a value, NUL, a
# blank where a blank means None, blanks among modifiers and at the end of a list.
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=6).map(
    lambda t: t.strip(" \t\u00a0")
)
ITEM = TEXT.map(lambda t: t.replace("|", "").strip(" \t\u00a0"))
SOME = TEXT.filter(bool)
PLACES = st.lists(ITEM, max_size=4).map(lambda parts: tuple(parts)).filter(lambda parts: not parts or parts[-1])
MODIFIERS = st.lists(ITEM.filter(bool), max_size=5).map(tuple)


KEPT_BLANK = (
    *("referring_npi", "ndc", "clia", "description", "ordering_npi", "service_zip"),
    *("assumed_care_date", "relinquished_care_date"),
)
CLAIMS_KEPT_BLANK = ("filing_indicator", "payer_responsibility", "original_reference", "trial_number")
NOT_KEPT_BLANK = ("rendering_npi", "rendering_taxonomy", "revenue_code", "prior_authorization")


DRAWN_APART = ("claim_id", "setting", "diagnoses", "other_payers", *CLAIMS_KEPT_BLANK)


@st.composite
def claims_of(
    draw: Any, carried: st.SearchStrategy[str | None], places: st.SearchStrategy[Any], *, blanks: bool = False
) -> list[Claim]:
    """Up to three claims. The texts of a claim are drawn from a few, so that drawing is quick. With ``blanks`` any may
    be empty, as an 837's may."""
    claims = []
    for claim_id in draw(st.lists(SOME, max_size=3, unique=True)):
        few = st.sampled_from(draw(st.lists(SOME, min_size=1, max_size=4)))
        some, maybe, text = few, st.none() | few, st.just("") | few
        maybe = maybe | st.just("") if blanks else maybe
        setting = draw(st.sampled_from(SETTINGS))
        lines = []
        for _ in range(draw(st.integers(1, 3))):
            service = Service(draw(text), draw(MODIFIERS), draw(text), draw(text), draw(carried), setting, draw(some))
            line = Line(service, draw(text), draw(text), draw(some), draw(maybe), draw(carried), draw(places))
            blank = {name: draw(carried) for name in KEPT_BLANK}
            lines.append(line._replace(**{name: draw(maybe) for name in NOT_KEPT_BLANK}, **blank))
        fields: dict[str, Any] = {name: draw(maybe) for name in CLAIM_COLUMNS if name not in DRAWN_APART}
        fields |= {name: draw(carried) for name in CLAIMS_KEPT_BLANK}
        fields |= {name: draw(places) for name in ("diagnoses", "other_payers")}
        claims.append(Claim(claim_id, tuple(lines), setting, **fields))
    return claims


def without_places(claims: list[Claim]) -> list[Claim]:
    return [
        claim._replace(locus=Location(""), lines=tuple(line._replace(place=0) for line in claim.lines))
        for claim in claims
    ]


@settings(max_examples=60)
@given(claims_of(st.none() | TEXT, st.none() | PLACES))
def test_claims_survive_json_lines(claims: list[Claim]) -> None:
    rows = list(write_rows(claims))
    again, messages = jsonl(*rows)
    assert messages == []
    assert without_places(again) == claims
    assert list(write_rows(again)) == rows


@settings(max_examples=60)
@given(claims_of(st.none() | TEXT, st.none() | PLACES, blanks=True))
def test_claims_survive_dicts(claims: list[Claim]) -> None:
    for claim in claims:
        record = claim_to_dict(claim)
        assert json.loads(json.dumps(record)) == record
        assert without_places([claim_from_dict(record)]) == [claim]


@pytest.mark.parametrize("path", sorted((ROOT / "fixtures").glob("837*/*.837")), ids=lambda path: path.name)
def test_claims_of_an_837_survive_dicts(path: Path) -> None:
    lost: dict[str, Any] = {
        "billing_provider": None,
        "submission": None,
        "charge": None,
        "statement": ("", ""),
        "trace": None,
    }
    claims = [claim._replace(**lost) for claim in read(path) if isinstance(claim, Claim)]
    again = [claim_from_dict(claim_to_dict(claim)) for claim in claims]
    assert without_places(again) == without_places(claims)


def test_a_provider_that_is_empty_in_a_dict_is_missing() -> None:
    line = {"code": "99213", "units": 1, "from_date": "20250310", "line_control": ""}
    claim = claim_from_dict({"claim_id": "C1", "billing_npi": "", "lines": [line]})
    assert (claim.billing_npi, claim.lines[0].control, claim.payer_id) == ("", "", None)
    (flat,) = claim_from_dict({"claim_id": "C1", "sex": " ", **line}).lines
    assert flat.control == "" and flat.revenue_code is None


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Decimal("100").normalize(), "100"),
        (Decimal("1E-7"), "0.0000001"),
        (1e16, "10000000000000000"),
        (1e-05, "0.00001"),
        (90.5, "90.5"),
        (Decimal("1E+999999999"), "1E+999999999"),
    ],
)
def test_a_number_becomes_a_plain_decimal(number: float | Decimal, text: str) -> None:
    record = {"claim_id": "C1", "code": "99213", "units": number, "from_date": "20250310", "charge": number}
    (line,) = claim_from_dict(record).lines
    assert line.service.units == line.charge == text


@pytest.mark.parametrize("number", [float("nan"), float("inf"), Decimal("NaN"), Decimal("-Infinity")])
def test_what_is_not_a_number_is_refused(number: float | Decimal) -> None:
    record = {"claim_id": "C1", "code": "99213", "units": 1, "from_date": "20250310", "charge": number}
    with pytest.raises(ClaimDataError, match=r"^dict: holds (NaN|-?Infinity), expected text, a number"):
        claim_from_dict(record)


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        (5, "is int, expected a dict: a claim with its lines"),
        (None, "is NoneType, expected a dict: a claim with its lines"),
        ({"lines": 5}, "lines is int, expected a list of claim lines"),
        ({"claim_id": "C1", "lines": [5]}, "line 1 is int, expected a dict"),
    ],
)
def test_what_is_not_a_dict_is_told_by_its_type(record: Any, problem: str) -> None:
    with pytest.raises(ClaimDataError, match=f"^dict: {re.escape(problem)}$"):
        claim_from_dict(record)


def as_of_a_file(claim: Claim) -> Claim:
    """The claim without what a dict tells from None and a file does not."""
    lines = tuple(line._replace(**_without_blanks(line)) for line in claim.lines)
    return claim._replace(lines=lines, **_without_blanks(claim))


def _without_blanks(record: Claim | Line) -> dict[str, Any]:
    fields = {field_of(name) for name in BLANK_IS_NONE}.intersection(record._fields)
    return {field: getattr(record, field) or None for field in fields}


@given(st.dictionaries(st.sampled_from([*COLUMNS, "strange"]), VALUES), st.booleans())
def test_a_dict_is_a_claim_exactly_where_a_row_is(fields: dict[str, Any], needed: bool) -> None:
    record = a_row() | fields if needed else fields
    assume("e+" not in json.dumps(record) and "e-" not in json.dumps(record))  # a dict's floats have no spelling
    claims, messages = jsonl(record)
    wrong = [m.check for m in messages if m.severity == "reject" or m.check in ("ROW-CLAIM", "ROW-COLUMN")]
    try:
        found = [claim_from_dict(record, name="f.jsonl")]
    except ClaimDataError as error:
        assert wrong and error.problems
        found = []
    assert [as_of_a_file(claim) for claim in found] == ([] if wrong else claims)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"claim_id": None}, "claim_id is missing, expected text"),
        ({"lines": []}, "lines is empty, expected a list of claim lines"),
        ({"clm": "1"}, "clm is not a known key; `claimcheck schema` lists them"),
        ({"setting": "office"}, "setting is not known, expected professional, asc, outpatient, dme"),
        ({"sex": object()}, "holds object, expected text, a number, a date or a list of text"),
        ({"lines": [{"code": "99213", "units": [1], "from_date": "20250310"}]}, "line 1: units is a list, expected"),
        ({"birth_date": {"SECRET": 1}}, "birth_date is an object, expected text"),
    ],
)
def test_a_dict_that_is_not_a_claim_says_what_is_expected(given: dict[str, Any], problem: str) -> None:
    lines = [{"code": "99213", "units": 1, "from_date": "20250310"}]
    with pytest.raises(ClaimDataError) as error:
        claim_from_dict({"claim_id": "C1", "lines": lines, **given})
    (found,) = error.value.problems
    assert found.startswith(f"dict: {problem}") and "SECRET" not in found


def test_a_dict_of_pythons_own_values_is_a_claim() -> None:
    line = {
        "code": "99213",
        "units": Decimal("1.50"),
        "from_date": date(2025, 3, 10),
        "charge": 90,
        "modifiers": ("25",),
    }
    claim = claim_from_dict({"claim_id": "C1", "received_date": datetime(2025, 3, 20, 12, 0), "lines": [line]})
    assert claim.received_date == "2025-03-20"
    assert claim.lines[0].service.units == "1.50" and claim.lines[0].charge == "90"
    assert (claim.lines[0].from_date, claim.lines[0].modifiers) == ("2025-03-10", ("25",))
    assert claim.setting is Setting.PROFESSIONAL


@settings(max_examples=60)
@given(claims_of(TEXT, PLACES))
def test_claims_survive_csv(claims: list[Claim]) -> None:
    text = io.StringIO(newline="")
    write_csv(claims, text)
    again, messages = csv(text.getvalue())
    assert messages == []
    assert without_places(again) == claims
    assert list(write_rows(again)) == list(write_rows(claims))


def test_columns_that_no_claim_carries_may_be_left_out_of_csv() -> None:
    text = io.StringIO(newline="")
    claims, _ = csv(f"{HEADER}\n1,99213,20250310,1\n")
    write_csv(claims, text, columns=HEADER.split(","))
    assert text.getvalue() == f"{HEADER}\r\n1,99213,20250310,1\r\n"


def test_rows_have_every_column_in_order() -> None:
    claims, _ = csv(f"{HEADER}\n1,99213,20250310,1\n")
    [row] = write_rows(claims)
    assert tuple(row) == COLUMNS
    assert (row["charge"], row["modifiers"], row["pointers"]) == (None, [], None)


# -- whatever comes ------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        b"\n",
        b"\r",
        b",",
        b'"',
        b"|",
        b"\0",
        b"\xff",
        b"\xef\xbb\xbf",
        b"1",
        b" ",
        b"{",
        b"}",
        b"[",
        b":",
        b'"lines"',
        b"\\ud800",
    ]
)


@given(st.binary() | st.lists(PIECES, max_size=40).map(b"".join), st.booleans())
def test_no_bytes_raise(data: bytes, headed: bool) -> None:
    start = f"{HEADER},modifiers\n".encode() if headed else b""
    for message in [*read_csv(io.BytesIO(start + data), "f"), *read_jsonl(io.BytesIO(data), "f")]:
        if isinstance(message, EditMessage):
            assert message.locus.file == "f"
            json.dumps(message.as_dict())


CANARY = "C4N4RY"


@given(st.sampled_from(["patient_id", "birth_date", "sex", "description"]), st.data())
def test_nothing_of_the_patient_is_in_a_message(field: str, data: st.DataObject) -> None:
    value = data.draw(st.sampled_from([CANARY, [CANARY], {CANARY: CANARY}, [[CANARY]], True]))
    broken = data.draw(st.sampled_from(["", "x", '"', "}", "\0", ",", CANARY]))
    row = json.dumps(a_row(**{field: value}, units=data.draw(st.sampled_from([1, True]))))
    cells = f'{HEADER},{field}\n1,99213,20250310,1,{CANARY}{broken}\n1,2,3,4,{CANARY}2\n1,2,3,4,"{CANARY},5\n'
    said = [*jsonl(row + broken, row)[1], *csv(cells)[1], *csv(f"{CANARY},unit,{broken}\n{cells}")[1]]
    assert said
    assert CANARY not in str(said)


class Generated(io.RawIOBase):
    """A file that is made as it is read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces = pieces
        self.rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self.rest:
            self.rest = next(self.pieces, b"")
        piece, self.rest = self.rest[: len(buffer)], self.rest[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)


def peak_of(items: Iterator[Claim | EditMessage]) -> tuple[int, int]:
    """How many lines there are, and the most memory that reading them took, in MiB."""
    tracemalloc.start()
    try:
        lines = sum(len(item.lines) for item in items if isinstance(item, Claim))
        return lines, tracemalloc.get_traced_memory()[1] >> 20
    finally:
        tracemalloc.stop()


def test_memory_is_one_claim_whatever_the_size_of_the_file() -> None:
    def rows() -> Iterator[bytes]:
        yield f"{HEADER},description\n".encode()
        for i in range(15_000):
            yield f"{i // 3},99213,20250310,1,{'x' * 800}\n".encode()

    lines, peak = peak_of(read_csv(io.BufferedReader(Generated(rows())), "f"))
    assert lines == 15_000
    assert peak < 4, "the file has 12 MiB"


def test_a_line_without_end_takes_no_memory() -> None:
    def text() -> Iterator[bytes]:
        yield f"{HEADER}\n1,".encode()
        yield from (b"9" * (1 << 20) for _ in range(64))
        yield b",20250310,1\n2,99213,20250310,1\n"

    items = list(read_csv(io.BufferedReader(Generated(text())), "f"))
    assert [item.check for item in items if isinstance(item, EditMessage)] == ["ROW-COLUMNS", "ROW-SIZE"]
    assert [item.locus.row for item in items if isinstance(item, Claim)] == [3]

    def row() -> Iterator[bytes]:
        yield from (b" " * (1 << 20) for _ in range(100))
        yield b"\n" + json.dumps(a_row()).encode()

    lines, peak = peak_of(read_jsonl(io.BufferedReader(Generated(row())), "f"))
    assert lines == 1
    assert peak < 50, "the row has 100 MiB"


def test_a_quoted_cell_without_end_is_given_up() -> None:
    def text() -> Iterator[bytes]:
        yield f'{HEADER}\n1,"99213,20250310,1\n'.encode()
        yield from (b"2,99213,20250310,1\n" * 1000 for _ in range(100))

    items = list(read_csv(io.BufferedReader(Generated(text())), "f"))
    messages = [item for item in items if isinstance(item, EditMessage) and item.check == "ROW-QUOTE"]
    assert [message.locus.row for message in messages] == [2]
    assert sum(len(item.lines) for item in items if isinstance(item, Claim)) == 100_000


def test_the_stream_stays_open() -> None:
    for reader in (read_csv, read_jsonl):
        stream = io.BytesIO(f"{HEADER}\n".encode())
        list(reader(stream, "f"))
        assert not stream.closed


# -- real claims ---------------------------------------------------------------------------------

AS_COLLECTED = {
    **{f"modifier_{i}": f"m{i}" for i in range(1, 5)},
    "place_of_service": "pos",
    "line_number": "line_no",
}


@pytest.mark.skipif(not (SHARED / "claims").is_dir(), reason="the collected claims are not here (CLAIMCHECK_SHARED)")
@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("synpuf_carrier50", 2132),
        ("synpuf_outpatient10k", 32276),
        ("cms_bluebutton_fixture", 122),
        ("x12_837p_samples", 108),
    ],
)
def test_collected_claims_are_read_whole(name: str, lines: int) -> None:
    with (SHARED / "claims" / f"{name}.csv").open("rb") as stream:
        claims, messages = sorted_out(read_csv(stream, name, columns=AS_COLLECTED))
    assert sum(len(claim.lines) for claim in claims) == lines
    assert not [message for message in messages if message.severity == "reject"]
    assert all(line.day or not line.from_date for claim in claims for line in claim.lines)


# -- pages ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("edit", READING_EDITS, ids=lambda edit: edit.id)
def test_every_reading_edit_has_a_page(edit: Any) -> None:
    assert edit.reach == "READING"
    assert edit.title
    assert len(edit.doc.splitlines()) > 2
    assert edit.citation.title
