"""Dates as people write them: read as ``date_format`` says, and without it never guessed."""

import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimcheck import Checker, claim_from_dict, read
from claimcheck.arrow import check_batches
from claimcheck.claim import Claim
from claimcheck.config.configuration import Configuration, load_configuration
from claimcheck.config.files import ConfigurationError
from claimcheck.readers.rows.columns import DATE_COLUMNS
from claimcheck.readers.rows.date_formats import DateFormatError, date_reader
from support.command_line import invoke

DAYS = st.dates(date(1000, 1, 1))


@pytest.mark.parametrize(
    ("date_format", "written"),
    [
        ("M/D/YYYY", "1/2/2025"),
        ("m/d/yyyy", "01/02/2025"),
        ("MM/DD/YYYY", "01/02/2025"),
        ("D.M.YYYY", "2.1.2025"),
        ("YYYY.MM.DD", "2025.01.02"),
        ("DD-MMM-YYYY", "02-Jan-2025"),
        ("DDMMMYYYY", "02JAN2025"),
        ("MMDDYYYY", "01022025"),
        ("D MMM YYYY", "2 jan 2025"),
    ],
)
def test_a_date_is_read_as_the_format_says(date_format: str, written: str) -> None:
    assert date_reader(date_format)(written) == "2025-01-02"


@given(DAYS, st.sampled_from(["/", "-", ".", " "]), st.permutations(["YYYY", "M", "D"]), st.booleans())
def test_every_day_is_read_in_every_order(day: date, mark: str, parts: list[str], padded: bool) -> None:
    digits = {"YYYY": f"{day.year:04}", "M": str(day.month), "D": str(day.day)}
    if padded:
        digits = {part: text.zfill(2) for part, text in digits.items()}
    assert date_reader(mark.join(parts))(mark.join(digits[part] for part in parts)) == day.isoformat()


@pytest.mark.parametrize(
    "written",
    ["2025-01-02", "20250102", "13/1/2025", "2/30/2025", "1/2/25", "1/2/02025", "", "x", "1/2/2025 0:00", "١/٢/٢٠٢٥"],
)
def test_what_is_not_so_written_stays_as_it_is(written: str) -> None:
    assert date_reader("M/D/YYYY")(written) == written


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("M/D/YY", "a year has four digits"),
        ("%m/%d/%Y", 'such as "M/D/YYYY"'),
        ("M/YYYY", "each once"),
        ("M/D/M/YYYY", "each once"),
        ("MDYYYY", "without a separator write MM and DD"),
        ("YYYYMMD", "without a separator write MM and DD"),
        ("", "expected how your files write dates"),
        ("M/D/YYYY hh:mm", "expected how your files write dates"),
    ],
)
def test_a_format_that_can_be_read_in_two_ways_is_refused(given: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(DateFormatError, match=says.replace("(", r"\(")):
        date_reader(given)
    path = tmp_path / "claimcheck.toml"
    path.write_text(f"profile = \"medicare_part_b\"\ndate_format = '{given}'\n")
    with pytest.raises(ConfigurationError, match=rf"claimcheck\.toml:2: date_format: found .*{says}"):
        load_configuration(path)


ROW = {
    "claim_id": "A",
    "code": "99213",
    "units": "1",
    "from_date": "3/4/2025",
    "to_date": "3/5/2025",
    "birth_date": "12/31/1950",
    "received_date": "3/20/2025",
    "assumed_care_date": "3/1/2025",
    "relinquished_care_date": "2025-03-02",
}
"""A row of which each date is carried, and one is ISO 8601."""


def days_of(claim: Claim) -> dict[str, Any]:
    [line] = claim.lines
    return {name: getattr(claim, name, None) or getattr(line, name, None) for name in DATE_COLUMNS}


DAYS_OF_ROW = {
    "from_date": "2025-03-04",
    "to_date": "2025-03-05",
    "birth_date": "1950-12-31",
    "received_date": "2025-03-20",
    "assumed_care_date": "2025-03-01",
    "relinquished_care_date": "2025-03-02",
}
AS_CSV = f"{','.join(ROW)}\n{','.join(ROW.values())}\n"
AS_OBJECT = {**{name: ROW[name] for name in ("claim_id", "birth_date", "received_date", "assumed_care_date")}} | {
    "lines": [{name: ROW[name] for name in ("code", "units", "from_date", "to_date", "relinquished_care_date")}]
}


@pytest.mark.parametrize("text", [AS_CSV, json.dumps(ROW), json.dumps(AS_OBJECT)], ids=["csv", "row", "claim"])
def test_all_columns_of_dates_are_read_so(text: str) -> None:
    [claim] = (item for item in read(io.BytesIO(text.encode()), date_format="M/D/YYYY") if isinstance(item, Claim))
    assert days_of(claim) == DAYS_OF_ROW


def test_a_dict_is_read_so() -> None:
    assert days_of(claim_from_dict(ROW, date_format="M/D/YYYY")) == DAYS_OF_ROW
    assert claim_from_dict({**ROW, "from_date": date(2025, 3, 4)}).lines[0].day == date(2025, 3, 4)
    with pytest.raises(ValueError, match="four digits"):
        claim_from_dict(ROW, date_format="M/D/YY")


def test_without_a_format_no_date_is_guessed_and_the_message_names_the_key() -> None:
    messages = Checker(select=["DATE-INVALID", "BIRTH"]).run(read(io.BytesIO(AS_CSV.encode()), name="f.csv"))
    found = {m.field: m for m in messages if m.check in ("DATE-INVALID", "BIRTH")}
    assert found.keys() == {"from_date", "received_date", "birth_date", "assumed_care_date"}
    for field, message in found.items():
        assert field
        assert message.severity == "reject" and message.locus.row == 2
        assert message.remedy and "date_format" in message.remedy
        assert message.observed == (None if field == "birth_date" else ROW[field])
        assert ROW["birth_date"] not in f"{message.text} {message.remedy}"


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("1/10/2025", "date_format"),
        ("10-Jan-2025", "date_format"),
        ("10JAN2025", "date_format"),
        ("1/10/25", "four digits"),
        ("45667", "spreadsheet's day number"),
        ("2025013", "CCYYMMDD"),
    ],
)
def test_the_remedy_is_by_the_form(written: str, says: str) -> None:
    claim = claim_from_dict({**ROW, "from_date": written}, date_format="M/D/YYYY") if "/" not in written else None
    claim = claim or claim_from_dict({**ROW, "from_date": written})
    [message] = (m for m in Checker(select=["DATE-INVALID"]).check(claim).messages if m.field == "from_date")
    assert message.remedy and says in message.remedy and message.observed == written


def test_the_key_holds_for_files_columns_and_workers_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Command line, workers, Arrow: as if the dates were ISO 8601."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f.csv").write_text(AS_CSV)
    (tmp_path / "iso.csv").write_text(f"{','.join(ROW)}\n{','.join({**ROW, **DAYS_OF_ROW}.values())}\n")
    (tmp_path / "claimcheck.toml").write_text('date_format = "M/D/YYYY"\n')
    said = [
        invoke("check", name, "--jobs", jobs, "--format", "jsonl").stdout.replace(name, "")
        for name, jobs in (("f.csv", "1"), ("f.csv", "2"), ("iso.csv", "1"))
    ]
    assert said[0] == said[1] == said[2] != ""
    table = pa.table({name: [value] for name, value in ROW.items()})
    checker = Checker(configuration=Configuration(date_format="M/D/YYYY"))
    found = [check for batch in check_batches(table, checker, name="") for check in batch["check"].to_pylist()]
    assert found == [json.loads(line)["check"] for line in said[0].splitlines()] and "DATE-INVALID" not in found
