"""``rules/level2.csv.xz``, made of what CMS publishes (``make level2``): what its releases say of the codes of HCPCS
Level II."""

import csv
import gzip
import hashlib
import io
import lzma
import re
import sqlite3
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain, pairwise
from typing import Any

from claimcheck.rulebook import ADD_ONS, CODES, CROSS_REFERENCES
from claimcheck.rulebook.schema import DAY, OPEN, day_of, kind_of, number_of, select_of
from claimcheck.rulebook.store import shipped_rules
from claimcheck.rulebook.tables import Kind
from claimcheck.rulebook.tables.code_sets import LEVEL_2
from claimcheck.rulebook.tables.payment import FEE
from support.published import CMS, every_release

DATA = shipped_rules() / "level2.csv.xz"
DECLARED = shipped_rules() / "level2.toml"
FEES_2025, HCPCS = "RVU25D", "HCPCS 2026 January"
LACKING = "?"
"""A value that a release at hand does not have, where CMS's own has one."""
Values = tuple[str, ...]
Row = tuple[str, ...]
"""Table (``-`` before it: what it does not list), key, first and last day (CCYYMMDD), values."""
Seen = tuple[int, int, dict[tuple[str, ...], Values]]
"""The first and last day of a release, and what it says by key."""


_CODE = re.compile(LEVEL_2)
_TWO_CODES = re.compile(f"(?:{LEVEL_2})\t(?:{LEVEL_2})\t")


def is_level2(code: str) -> bool:
    return _CODE.fullmatch(code) is not None


DECLARATION = tomllib.loads(DECLARED.read_text())


def table_of(path: str) -> Iterator[dict[str, str]]:
    with (CMS / path).open(newline="") as stream:
        yield from csv.DictReader(stream)


@cache
def book() -> sqlite3.Connection:
    """The rule book of all releases that are at hand in CMS's layouts."""
    path, _ = every_release()
    return sqlite3.connect(path)


def written(kind: Kind, values: Iterable[Any]) -> Values:
    """Values as they are written: no relative values, and of limits the rationale of zeros alone, as in the files of
    single codes."""
    given = dict(zip(kind.values, ("" if value is None else str(value) for value in values), strict=True))
    for name in ("preoperative", "intraoperative", "postoperative", "work_rvu", "non_facility_rvu", "facility_rvu"):
        if name in given:
            given[name] = ""
    if given.get("units", "0") != "0":
        given["rationale"] = ""
    return tuple(given.values())


def rows_of(table: str, release: str) -> Iterator[tuple[tuple[str, ...], int, int, Values]]:
    """Key, days and values of the codes of Level II in a release of the book."""
    kind = kind_of(table)
    sql = "SELECT id FROM release WHERE in_table = ? AND name = ? AND replaced_by IS NULL"
    (id,) = book().execute(sql, (table, release)).fetchone()
    n = 1 + len(kind.key)
    for record in book().execute(select_of(kind, "release = ?"), (id,)):
        if is_level2(record[1]):
            yield tuple(record[1:n]), record[n], record[n + 1], written(kind, record[n + 2 : -2])


def release_of(table: str, name: str) -> dict[tuple[str, ...], Values]:
    return {key: values for key, _, _, values in rows_of(table, name)}


def limits_of_july() -> dict[tuple[str, ...], Values]:
    """The limits of July 2026, a table of another layout."""
    units, mai, rationale = "Practitioner Services MUE Values", "MUE Adjudication Indicator (digit)", "MUE Rationale"
    return {
        (row["HCPCS/CPT Code"],): written(kind_of("mue_practitioner"), (row[units], row[mai], row[rationale]))
        for row in table_of("mue/MCR_MUE_PractitionerServices_Eff_07-01-2026.rebuilt.csv")
        if is_level2(row["HCPCS/CPT Code"])
    }


def payable(column: str) -> dict[tuple[str, ...], Values]:
    """Status and global days of the payable codes of 2026; the other indicators are not at hand."""
    found: dict[tuple[str, ...], Values] = {}
    for row in table_of("rvu/pfs_2026_payable_codes.rebuilt.csv"):
        if is_level2(row["code"]) and row[column] and row["global_2026A"]:
            known = {"status": row[column], "global_days": row["global_2026A"]}
            found[row["code"], ""] = tuple(known.get(name, LACKING) for name in FEE.values)
    return found


def addendum_b_of_july() -> dict[tuple[str, ...], Values]:
    """Addendum B of July 2026, in part; what a source kept of January is left out."""
    return {
        (row["hcpcs"],): (row["status_indicator"], row["apc"])
        for row in table_of("opps/opps_addendum_b_2026Q3.rebuilt.csv")
        if row["release"] == "2026Q3" and is_level2(row["hcpcs"])
    }


def centers_of_july() -> dict[tuple[str, ...], Values]:
    """The ASC addenda of July 2026, in part and without the addendum, which follows from the indicator, or from what
    the code was in January 2025."""
    before = release_of("asc", "ASC Addenda 2025 January")
    addenda: dict[str, set[str]] = {}
    for addendum, indicator in before.values():
        addenda.setdefault(indicator, set()).add(addendum)
    found: dict[tuple[str, ...], Values] = {}
    for row in table_of("asc/asc_aa_bb_2026Q3.rebuilt.csv"):
        key, indicator = (row["hcpcs"],), row["payment_indicator"]
        told, own = addenda.get(indicator, set()), before.get(key)
        addendum = next(iter(told)) if len(told) == 1 else own[0] if own else ""
        if addendum and is_level2(row["hcpcs"]):
            found[key] = (addendum, indicator)
    return found


OTHERS = {
    "RVU26A": lambda: payable("status_2026A"),
    "RVU26B": lambda: payable("status_2026B"),
    "MUE practitioner 2026 Q3": limits_of_july,
    "OPPS Addendum B 2026 Q3": addendum_b_of_july,
    "ASC Addenda 2026 July": centers_of_july,
}
"""Releases at hand in no layout of CMS."""


def merged(table: str, releases: list[Seen]) -> Iterator[Row]:
    """A row for all days on which releases agree; on the days between two of them too, where both say the same."""
    for key in sorted({key for _, _, said in releases for key in said}):
        since = 0
        for at, (first, last, said) in enumerate(releases):
            since = since or first
            following = releases[at + 1][2].get(key) if at + 1 < len(releases) else None
            if key in said and following != said[key]:
                yield table, *key, str(since), str(last), *said[key]
            if following != said.get(key):
                since = 0


def unlisted(table: str, releases: list[Seen]) -> Iterator[Row]:
    """The codes that the whole tables before and after a gap both lack, for the days between them."""
    whole = [(number_of(first), number_of(last)) for first, last in DECLARATION["table"][table].get("complete", ())]
    for (_, end), (start, _) in pairwise(whole):
        said = {key for first, last, rows in releases if last == end or first == start for key in rows}
        for key, first, last, _ in rows_of(CODES, HCPCS):
            begins, ends = number_of(day_of(end) + DAY), number_of(day_of(start) - DAY)
            if key not in said and first <= ends and begins <= last:
                yield f"-{table}", *key, str(begins), str(ends)


def by_release() -> Iterator[Row]:
    """Tables of which each release says everything anew."""
    days = {
        edition["name"]: (number_of(edition["first"]), number_of(edition["last"]))
        for series in tomllib.loads((shipped_rules() / "releases.toml").read_text())["series"]
        for edition in series["releases"]
    }
    for table, declared in DECLARATION["table"].items():
        if kind_of(table).self_dated or table in (CODES, CROSS_REFERENCES):
            continue
        names = declared["releases"]
        seen = [(*days[name], OTHERS[name]() if name in OTHERS else release_of(table, name)) for name in names]
        yield from merged(table, seen)
        yield from unlisted(table, seen)


def codes() -> Iterator[Row]:
    """The HCPCS file: codes by date, and those that it refers to."""
    last = number_of(DECLARATION["table"][CODES]["complete"][-1][1])
    for table in (CODES, CROSS_REFERENCES):
        for key, first, end, values in rows_of(table, HCPCS):
            yield table, *key, str(first), str(min(end, last)), *values


def add_ons() -> Iterator[Row]:
    """Add-on codes, with the dates of the table of April 2026; what that of July lacks has ended by then."""
    july = {
        (row["Add-On_Code"], row["Primary_Code"]): (row["AOC_Edit_EffDT_iso"].replace("-", ""), row["AOC_Edit_Type"])
        for row in table_of("aoc/AOC_V2026Q3-F-MCR.active-only.derived.csv")
        if is_level2(row["Add-On_Code"])
    }
    known = set()
    for key, first, last, values in rows_of(ADD_ONS, "AOC 2026 Q2"):
        ends = 20260630 if last == OPEN and key not in july else last
        known |= {key} if last == OPEN else set()
        yield ADD_ONS, *key, str(first), str(ends), *values
    for key, (began, kind) in july.items():
        if key not in known:
            yield ADD_ONS, *key, began, str(OPEN), kind, ""


def pairs() -> Iterator[Row]:
    """NCCI pairs of two codes of Level II. Between quarters that are not at hand nothing is said."""
    spring, summer = "2024Q2.no-effective-date", "2024Q3.no-effective-date"
    yield from merged("ptp_practitioner", [pairs_of("practitioner", spring), pairs_of("practitioner", summer)])
    yield from merged("ptp_practitioner", [pairs_of("practitioner", "2026Q3.active.no-dates")])
    yield from merged("ptp_outpatient", [pairs_of("outpatient", summer)])


def pairs_of(services: str, quarter: str) -> Seen:
    """The pairs in force in a quarter, each with its indicator."""
    year, number = int(quarter[:4]), int(quarter[5])
    first, last = year * 10000 + (3 * number - 2) * 100 + 1, year * 10000 + 3 * number * 100 + 30
    said: dict[tuple[str, ...], Values] = {}
    with gzip.open(CMS / "ptp" / f"ptp_{services}_{quarter}.tsv.gz", "rt", encoding="utf-8", newline="") as stream:
        of_two = chain([next(stream)], filter(_TWO_CODES.match, stream))  # a few of millions
        for row in csv.DictReader(of_two, delimiter="\t", quoting=csv.QUOTE_NONE):
            key, gone = (row["column1"], row["column2"]), row.get("deletion_date", "*")
            if row["modifier_indicator"] != "9" and (gone == "*" or int(gone) >= first):
                assert gone == "*" or int(gone) >= last, "none ends within its quarter"
                said[key] = (row["modifier_indicator"],)
    return first, last, said


def rows() -> list[Row]:
    return sorted(row for source in (codes, by_release, add_ons, pairs) for row in source())


def packed() -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows())
    return lzma.compress(out.getvalue().encode("ascii"), preset=9 | lzma.PRESET_EXTREME)


def main() -> None:
    data = packed()
    DATA.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    DECLARED.write_text(re.sub(r'^sha256 = ".*"', f'sha256 = "{digest}"', DECLARED.read_text(), flags=re.MULTILINE))


if __name__ == "__main__":
    main()
