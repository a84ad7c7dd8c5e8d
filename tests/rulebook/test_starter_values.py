"""Every value of the starter rule book against the release it cites, as CMS published it.

The releases are big and not part of this repository: they are read from ``CLAIMCHECK_SHARED``, by
code of this file's own, so that a finding of an importer can't hide one of the book.
"""

import csv
import gzip
import io
import re
import tomllib
from datetime import date
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from claimcheck.rulebook.starter import shipped_rules
from support.each import each
from support.published import CMS, needs_cms, text_of

pytestmark = [needs_cms, pytest.mark.xdist_group("values")]
"""One worker reads the releases."""

RULES = shipped_rules()
CODES = sorted(path.stem for path in (RULES / "codes").glob("*.toml"))

FEE_COLUMNS = {
    "status": "STATUS CODE",
    "pctc": "PCTC IND",
    "global_days": "GLOB DAYS",
    "multiple": "MULT PROC",
    "bilateral": "BILAT SURG",
    "assistant": "ASST SURG",
    "co_surgeon": "CO- SURG",
    "team": "TEAM SURG",
    "supervision": "PHYSICIAN SUPERVISION OF DIAGNOSTIC PROCEDURES",
    "imaging_family": "DIAGNOSTIC IMAGING FAMILY INDICATOR",
    "endoscopic_base": "ENDO BASE",
}
Row = dict[str, str]


def rows_of(text: str, delimiter: str = ",") -> list[list[str]]:
    lines = io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n"))
    return list(csv.reader(lines, delimiter=delimiter))


def clean(row: list[str]) -> list[str]:
    return [" ".join(cell.split()) for cell in row]


def below_heading(rows: list[list[str]], first: str) -> tuple[list[str], list[list[str]]]:
    """The heading row that begins with a word, and the rows of our codes under it."""
    top = next(n for n, row in enumerate(rows) if row and row[0].startswith(first))
    return clean(rows[top]), [clean(row) for row in rows[top + 1 :] if row and row[0].strip() in codes()]


def only(folder: str, pattern: str) -> Path:
    (found,) = (CMS / folder).glob(pattern)
    return found


@lru_cache(maxsize=1)
def releases() -> dict[str, tuple[int, int]]:
    """Series and place in it of each release named in releases.toml."""
    content = tomllib.loads((RULES / "releases.toml").read_text("utf-8"))
    return {
        edition["name"]: (i, j)
        for i, series in enumerate(content["series"])
        for j, edition in enumerate(series["releases"])
    }


def cited(cites: list[str]) -> list[str]:
    """The releases cited, and between two of one series all that lie between."""
    names = list(releases())
    span: list[str] = []
    for name in cites:
        if span and releases()[span[-1]][0] == releases()[name][0]:
            span += names[names.index(span[-1]) + 1 : names.index(name)]
        span.append(name)
    return span


@lru_cache(maxsize=1)
def codes() -> dict[str, dict[str, Any]]:
    return {code: tomllib.loads((RULES / "codes" / f"{code}.toml").read_text("utf-8")) for code in CODES}


def relative_values(release: str) -> list[list[str]]:
    return rows_of(text_of(only("rvu", f"{release.lower()}[_.-]*zip"), r"(?i)pprrvu.*\.csv$"))


@lru_cache(maxsize=1)
def payable() -> dict[str, dict[str, tuple[str, str]]]:
    """Status and global days of the payable codes of 2026, by release and code."""
    with (CMS / "rvu" / "pfs_2026_payable_codes.rebuilt.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["code"] in codes()]
    return {
        release: {row["code"]: (row[column], row["global_2026A"]) for row in rows if row[column]}
        for release, column in (("RVU26A", "status_2026A"), ("RVU26B", "status_2026B"))
    }


@lru_cache(maxsize=30)
def fee_schedule(release: str) -> dict[tuple[str, str], Row]:
    """The rows of our codes in a relative value file, by the names in its stacked headings."""
    rows = relative_values(release)
    top = next(n for n, row in enumerate(rows) if row[0] == "HCPCS")
    stacked = zip(*(clean(row) for row in rows[top - 5 : top + 1]), strict=True)
    heads = [" ".join(filter(None, parts)) for parts in stacked]
    columns = {
        name: next(i for i, head in enumerate(heads) if head.endswith(ending)) for name, ending in FEE_COLUMNS.items()
    }
    non_facility, facility = (i for i, head in enumerate(heads) if head.endswith("NA INDICATOR"))
    lost_zeros = release == "RVU20D"  # our copy of it kept some codes and indicators as numbers
    found: dict[tuple[str, str], Row] = {}
    for raw in rows[top + 1 :]:
        code = raw[0].strip().zfill(5) if lost_zeros else raw[0].strip()
        if code not in codes():
            continue
        row = clean(raw)
        values = {name: row[i] for name, i in columns.items()}
        if lost_zeros:
            values["global_days"] = re.sub(r"^\d+$", lambda m: m[0].zfill(3), values["global_days"])
            values["supervision"] = values["supervision"].zfill(2)
        values["non_facility_na"], values["facility_na"] = row[non_facility], row[facility]
        assert (code, row[1]) not in found
        found[code, row[1]] = values
    return found


MUE_FILES = {
    "MUE practitioner 2024 Q2": "MCR_MUE_PractitionerServices_Eff_04-01-2024*.zip",
    "MUE practitioner 2024 Q3": "MCR_MUE_PractitionerServices_Eff_07-01-2024*.zip",
    "MUE practitioner 2026 Q2": "*2026-q2-practitioner*.zip",
    "MUE practitioner 2026 Q3": "MCR_MUE_PractitionerServices_Eff_07-01-2026.rebuilt.csv",
    "MUE outpatient 2024 Q2": "MCR_MUE_OutpatientHospitalServices_Eff_04-01-2024*.zip",
    "MUE outpatient 2024 Q3": "MCR_MUE_OutpatientHospitalServices_Eff_07-01-2024*.zip",
    "MUE outpatient 2026 Q2": "*2026-q2-facility-outpatient*.zip",
    "MUE DME 2024 Q2": "MCR_MUE_DMESupplierServices_Eff_04-01-2024*.zip",
    "MUE DME 2024 Q3": "MCR_MUE_DMESupplierServices_Eff_07-01-2024*.zip",
    "MUE DME 2026 Q2": "*2026-q2-dme*.zip",
}


@lru_cache(maxsize=20)
def limits(release: str) -> dict[str, tuple[int, int, str]]:
    """Units, adjudication indicator and rationale by code."""
    path = only("mue", MUE_FILES[release])
    text = path.read_text() if path.suffix == ".csv" else text_of(path, r"\.csv$")
    heads, rows = below_heading(rows_of(text), "HCPCS")
    (units,) = (i for i, head in enumerate(heads) if "MUE Values" in head)
    (indicator,) = (i for i, head in enumerate(heads) if "Adjudication Indicator" in head)
    (rationale,) = (i for i, head in enumerate(heads) if "Rationale" in head)
    return {row[0]: (int(row[units]), int(row[indicator][0]), row[rationale]) for row in rows}


def in_part(path: str, code: str, *values: str) -> dict[str, tuple[str, ...]]:
    """A table of July 2026, of which some rows are missing."""
    with (CMS / path).open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row.get("release", "2026Q3") == "2026Q3"]
    return {row[code]: tuple(row[value] for value in values) for row in rows if row[code] in codes()}


@lru_cache(maxsize=1)
def opps_of_july() -> dict[str, tuple[str, ...]]:
    return in_part("opps/opps_addendum_b_2026Q3.rebuilt.csv", "hcpcs", "status_indicator", "apc")


@lru_cache(maxsize=1)
def centers_of_july() -> dict[str, tuple[str, ...]]:
    return in_part("asc/asc_aa_bb_2026Q3.rebuilt.csv", "hcpcs", "payment_indicator")


@lru_cache(maxsize=1)
def opps() -> dict[str, tuple[str, str]]:
    text = text_of(CMS / "opps" / "2025_nfrm_addenda.11142024.zip", r"Addendum B\..*\.txt$")
    heads, rows = below_heading(rows_of(text, "\t"), "HCPCS Code")
    status, payment_class = heads.index("SI"), heads.index("APC")
    return {row[0]: (row[status], row[payment_class]) for row in rows}


@lru_cache(maxsize=1)
def surgical_center() -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for addendum in ("AA", "BB"):
        heads, rows = below_heading(rows_of(text_of(only("asc", "*.zip"), rf"{addendum}\.csv$")), "HCPCS Code")
        indicator = heads.index("January 2025 Payment Indicator")
        found |= {row[0]: (addendum, row[indicator]) for row in rows}
    return found


@lru_cache(maxsize=1)
def hcpcs() -> dict[str, Row]:
    """First lines of procedure (3) and modifier (7) records, by the positions of the record layout."""
    text = text_of(only("hcpcs", "*.zip"), r"ANWEB.*\.txt$")
    found = {}
    for line in text.replace("\r\n", "\n").split("\n"):
        if line[10:11] in ("3", "7"):
            found[line[:5].strip()] = {
                "betos": line[256:259].strip(),
                "type_of_service": line[260:261].strip(),
                "added": line[268:276].strip(),
                "ended": line[284:292].strip(),
            }
    return found


def day_of(text: str) -> date | None:
    return date(int(text[:4]), int(text[4:6]), int(text[6:])) if text else None


@lru_cache(maxsize=1)
def betos_dates() -> dict[str, tuple[date | None, str]]:
    with (CMS / "codes" / "rbcs_betos_2024-06.csv").open(newline="") as file:
        return {
            row["hcpcs_code"]: (day_of(row["hcpcs_date_added"]), row["hcpcs_date_ended"])
            for row in csv.DictReader(file)
        }


@each("code", CODES)
def test_fee_schedule(code: str) -> None:
    for period in codes()[code].get("fee_schedule", []):
        key = code, period.get("modifier", "")
        for release in cited(period["cites"]):
            assert period.get("in_part", False) == (release in payable())
            if release in payable():
                assert (period["status"], period["global_days"]) == payable()[release][code]
                assert set(period) == {"first", "last", "cites", "in_part", "status", "global_days"}
                continue
            row = fee_schedule(release)[key]
            for name in FEE_COLUMNS:
                assert period.get(name, "") == row[name], (release, key, name)
            for name in ("non_facility_na", "facility_na"):
                assert period.get(name, False) == (row[name] == "NA"), (release, key, name)


@each("code", CODES)
def test_no_row_of_the_fee_schedule_is_left_out(code: str) -> None:
    stated = {
        (release, period.get("modifier", ""))
        for period in codes()[code].get("fee_schedule", [])
        for release in cited(period["cites"])
    }
    published = {
        (release, modifier)
        for release in releases()
        if release.startswith("RVU") and release not in payable()
        for listed, modifier in fee_schedule(release)
        if listed == code
    }
    published |= {(release, "") for release, listed in payable().items() if code in listed}
    assert stated == published


@each("code", CODES)
def test_unit_limits(code: str) -> None:
    stated = set()
    for period in codes()[code].get("mue", []):
        for release in cited(period["cites"]):
            units, mai, rationale = limits(release)[code]
            assert (units, mai) == (period["units"], period["mai"]), release
            assert period.get("rationale", "") == (rationale if units == 0 else ""), (
                release
            )  # of zeros alone it matters
            assert period["table"] in release.lower()
            stated.add(release)
    assert stated == {release for release in MUE_FILES if code in limits(release)}


@each("code", CODES)
def test_outpatient_and_surgical_center(code: str) -> None:
    content = codes()[code]
    stated: dict[str, tuple[str, str]] = {}
    for row in content.get("opps", []):
        stated |= dict.fromkeys(row["cites"], (row["status"], row.get("apc", "")))
    assert stated.get("OPPS Addendum B 2025") == opps().get(code)
    assert stated.get("OPPS Addendum B 2026 Q3") == opps_of_july().get(code)
    centers: dict[str, tuple[str, str]] = {}
    for row in content.get("asc", []):
        centers |= dict.fromkeys(row["cites"], (row["addendum"], row["indicator"]))
    assert centers.get("ASC Addenda 2025 January") == surgical_center().get(code)
    assert centers.get("ASC Addenda 2026 July", ("", ""))[1:] == centers_of_july().get(code, ("",))


@each("code", CODES)
def test_what_is_said_not_to_be_listed(code: str) -> None:
    for period in codes()[code].get("not_listed", []):
        for release in cited(period["cites"]):
            match period["table"]:
                case "fee_schedule":
                    assert (code, "") not in fee_schedule(release)
                case "opps":
                    assert code not in opps()
                case "asc":
                    assert code not in surgical_center()
                case table:
                    assert release.lower().startswith(table.replace("_", " "))
                    assert code not in limits(release)


@each("code", CODES)
def test_dates_and_classification(code: str) -> None:
    content = codes()[code]
    validity, kind = content["validity"], content.get("classification")
    added, ended = validity.get("added"), validity.get("ended")
    assert validity["first"] == added or added is None
    if validity["cites"] == ["HCPCS 2026 January"]:
        row = hcpcs()[code]
        assert (added, ended) == (day_of(row["added"]), day_of(row["ended"]))
        assert kind is None or (kind.get("type_of_service", ""), kind.get("betos", "")) == (
            row["type_of_service"],
            row["betos"],
        )
        return
    assert ended is None
    for release in validity["cites"]:
        if release == "RBCS 2022":
            assert betos_dates()[code] == (added, "99991231")
        elif release in payable():
            assert code in payable()[release]
        else:
            assert (code, "") in fee_schedule(release)
    assert (added is not None) == (code in betos_dates())


def test_modifiers() -> None:
    content = tomllib.loads((RULES / "modifiers.toml").read_text("utf-8"))
    stated = {code: dates for family in content["family"].values() for code, dates in family.items()}
    published = {code: row for code, row in hcpcs().items() if len(code) == 2}
    for code, row in published.items():
        assert stated[code].get("added") == day_of(row["added"]), code
        assert stated[code].get("ended") == day_of(row["ended"]), code
    with (CMS / "codes" / "modifiers_2024-06.codes-only.csv").open(newline="") as file:
        known = {row["mod_code"] for row in csv.DictReader(file)}
    assert set(stated) == set(published) | known


def test_places_of_service() -> None:
    content = tomllib.loads((RULES / "places_of_service.toml").read_text("utf-8"))
    with (CMS / "codes" / "place_of_service_2024-06.csv").open(newline="") as file:
        kinds = {row["pos_code"]: row["facility_rate_type"] for row in csv.DictReader(file)}
    assert {code: place["facility"] for code, place in content["place"].items()} == {
        code: kind == "Facility" for code, kind in kinds.items() if kind != "Unassigned"
    }


@lru_cache(maxsize=30)
def listed_in(release: str) -> dict[str, str]:
    """Status by code of the blank rows of a whole relative value file."""
    return {row[0].strip(): row[3] for row in relative_values(release) if not row[1].strip()}


def test_lists() -> None:
    content = tomllib.loads((RULES / "lists.toml").read_text("utf-8"))
    now, before = listed_in("RVU25A"), listed_in("RVU20A")
    for name in ("global_visits", "visits"):
        assert set(content[name]["codes"]) <= set(now) & set(before)
    dated = content["visits"]["dated"]
    assert content["global_visits"]["dated"].items() <= dated.items()
    assert set(content["global_visits"]["codes"]) <= set(content["visits"]["codes"])
    for code, stretch in dated.items():
        assert (code in now) == ("last" not in stretch), code
        assert (code in before) == ("first" not in stretch), code
        if "first" in stretch:
            year = stretch["first"].year % 100
            assert code in listed_in(f"RVU{year}A") and code not in listed_in(f"RVU{year - 1}D".replace("24D", "24C"))
        if "last" in stretch:
            year = stretch["last"].year % 100
            assert code in listed_in(f"RVU{year}D".replace("24D", "24C")) and code not in listed_in(f"RVU{year + 1}A")
    text = text_of(CMS / "opps" / "2025_nfrm_addenda.11142024.zip", r"Addendum B\..*\.txt$")
    indicators = {row[0]: row[3] for row in rows_of(text, "\t") if len(row) > 3}
    facility = {
        code: indicators[code]
        for code, status in now.items()
        if status == "X" and indicators.get(code) in ("J1", "J2", "P", "V", "C")
    }
    assert content["facility_only"]["values"] == facility
    for release in ("RVU20A", "RVU22A", "RVU24C", "RVU25D"):
        assert {listed_in(release).get(code, "X") for code in facility} == {"X"}


def test_always_therapy_is_what_the_multiple_procedure_rule_of_therapy_covers() -> None:
    content = tomllib.loads((RULES / "lists.toml").read_text("utf-8"))
    therapy = {*content["always_therapy"]["codes"], *content["always_therapy"]["values"]}
    add_on_or_contractor_priced = {"92608", "97039", "97139", "97799"}
    for release in ("RVU20A", "RVU22A", "RVU24C", "RVU25D"):
        blank = {row[0].strip(): row for row in relative_values(release) if not row[1].strip()}
        reduced = {code for code, row in blank.items() if row[18].strip() == "5"}
        # 0791T: an add-on that contractors price, in no published list of what is always therapy.
        assert reduced - {"0791T"} == therapy - add_on_or_contractor_priced
        assert {(blank[code][3], blank[code][14]) for code in add_on_or_contractor_priced} == {
            ("A", "ZZZ"),
            ("C", "XXX"),
        }


def test_other_lists_name_codes_of_the_fee_schedule() -> None:
    content = tomllib.loads((RULES / "lists.toml").read_text("utf-8"))
    now, before = listed_in("RVU25D"), listed_in("RVU20A")
    for name in ("sometimes_therapy", "site_modifier", "age_bands"):
        assert {*content[name].get("codes", ()), *content[name].get("values", ())} <= set(now) & set(before)
    assert set(content["sometimes_therapy"]["dated"]) <= set(now)
    assert set(content["preventive_services"]["codes"]) <= set(now)


def test_global_visits_are_column_two_of_nearly_every_procedure() -> None:
    content = tomllib.loads((RULES / "lists.toml").read_text("utf-8"))["global_visits"]
    now, then = set(content["codes"]), set(content["dated"])
    rows = relative_values("RVU22D")
    procedures = {row[0] for row in rows if row[3] == "A" and row[14] in ("000", "010") and not row[1].strip()}
    columns: dict[str, set[str]] = {code: set() for code in now | then}
    with gzip.open(only("ptp", "ptp_practitioner_2024Q3*.gz"), "rt") as file:
        for line in file:
            first, second, _, ended, _ = line.split("\t", 4)
            if second in columns and (ended == "*" or (ended == "20221231" and second in then)):
                columns[second].add(first)
    shares = {code: len(found & procedures) / len(procedures) for code, found in columns.items()}
    assert min(shares.values()) > 0.95


def test_global_visits_are_so_in_the_summer_of_2026_too() -> None:
    now = tomllib.loads((RULES / "lists.toml").read_text("utf-8"))["global_visits"]["codes"]
    with (CMS / "rvu" / "pfs_2026_payable_codes.rebuilt.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["status_2026B"] == "A" and row["in_rvu25d"] == "1"]
    procedures = {row["code"] for row in rows if row["global_2026A"] in ("000", "010")}
    columns: dict[str, set[str]] = {code: set() for code in now}
    with gzip.open(CMS / "ptp" / "ptp_practitioner_2026Q3.active.no-dates.tsv.gz", "rt") as file:
        for line in file:
            first, second, _ = line.split("\t")
            if second in columns:
                columns[second].add(first)
    assert min(len(found & procedures) / len(procedures) for found in columns.values()) > 0.95


@pytest.mark.parametrize(
    ("table", "file"),
    [
        ("practitioner", "ptp_practitioner_2024Q2.no-effective-date"),
        ("practitioner", "ptp_practitioner_2024Q3.no-effective-date"),
        ("practitioner", "ptp_practitioner_2026Q3.active.no-dates"),
        ("outpatient", "ptp_outpatient_2024Q3.no-effective-date"),
    ],
)
def test_the_pairs_are_all_that_the_releases_have_among_our_codes(table: str, file: str) -> None:
    ours = tomllib.loads((RULES / "pairs.toml").read_text())[table]
    said = {
        (column1, column2, indicator)
        for indicator, kind in (("0", "never"), ("1", "modifier"))
        for column1, column2s in ours[kind].items()
        for column2 in column2s
    }
    codes = set(CODES)
    with gzip.open(CMS / "ptp" / f"{file}.tsv.gz", "rt") as lines:
        ours_alone = chain([next(lines)], (line for line in lines if line.partition("\t")[0] in codes))  # of millions
        rows = csv.DictReader(ours_alone, delimiter="\t", quoting=csv.QUOTE_NONE)
        published = {
            (row["column1"], row["column2"], row["modifier_indicator"])
            for row in rows
            if row["column1"] in codes and row["column2"] in codes
            if row.get("deletion_date", "*") == "*" and row["modifier_indicator"] != "9"
        }
    assert said == published and len(said) > 500


def test_the_add_on_codes_are_all_that_the_release_has_among_our_codes() -> None:
    from python_calamine import CalamineWorkbook

    ours = tomllib.loads((RULES / "add_ons.toml").read_text())
    said = {
        (
            code,
            row["type"],
            primary,
            str(row.get("first", ours["first"])),
            str(row.get("last", "")),
            row.get("note", ""),
        )
        for code, rows in ours["add_on"].items()
        for row in rows
        for primary in row["primaries"]
    }
    (path,) = (CMS / "aoc").glob("*.xlsx")
    table = [
        [str(cell).strip() for cell in row]
        for row in CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    ]
    start = next(i for i, row in enumerate(table) if row[0].upper() == "AOC_EDIT_TYPE")

    def day(written: str) -> str:
        return (
            date.fromordinal(date(int(written[:4]), 1, 1).toordinal() + int(written[4:7]) - 1).isoformat()
            if written
            else ""
        )

    published = set()
    for kind, code, _, primary, _, first, last, note in (row[:8] for row in table[start + 1 :] if row[0]):
        if code in CODES and first != last:
            published.add(
                (
                    code,
                    kind.split(".")[0],
                    primary,
                    day(first),
                    day(last.replace("9999999", "")),
                    " ".join(note.strip('"').split()),
                )
            )
    assert said == published and len(said) >= 40


def test_the_add_on_codes_of_the_next_quarter_are_the_same() -> None:
    ours = tomllib.loads((RULES / "add_ons.toml").read_text())
    assert ours["cites"][-1] == "AOC 2026 Q3"
    with (CMS / "aoc" / "AOC_V2026Q3-F-MCR.active-only.derived.csv").open(newline="") as file:
        published = {
            (row["Add-On_Code"], row["AOC_Edit_Type"], row["Primary_Code"])
            for row in csv.DictReader(file)
            if row["Add-On_Code"] in CODES
        }
    assert published == {
        (code, row["type"], primary)
        for code, rows in ours["add_on"].items()
        for row in rows
        if "last" not in row
        for primary in row["primaries"]
    }
