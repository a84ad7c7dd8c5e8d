"""``rules/diagnoses.csv.xz``, made of what CMS publishes (``make diagnoses``): the codes of ICD-10-CM by date,
Excludes1 notes, sides, and the lists of the Medicare Code Editor."""

import csv
import hashlib
import io
import lzma
import re
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree

from claimcheck.rulebook.cms.icd10cm import _noted, joined_notes, tokens_of, unspecified_sides
from claimcheck.rulebook.store import shipped_rules
from claimcheck.rulebook.tables.code_sets import (
    DIAGNOSIS_AGES,
    DIAGNOSIS_SEXES,
    EXCLUDES1,
    ICD_10_CM,
    MANIFESTATIONS,
    UNSPECIFIED_SIDES,
)
from support.places import SHARED

DATA = shipped_rules() / "diagnoses.csv.xz"
DECLARED = shipped_rules() / "diagnoses.toml"
CMS = SHARED / "cms"
BEGAN, OPEN = "20151001", ""
Row = tuple[str, str, str, str, str]
"""Table, code, first and last day (CCYYMMDD), value."""

EDITOR = {
    # edit: table, value, as the editor's older versions call it
    "MANIFESTATION_AS_PDX": (MANIFESTATIONS, "", "Principal_Manifestation"),
    "AGE_NEWBORN": (DIAGNOSIS_AGES, "newborn", "Newborn_Only"),
    "AGE_PEDIATRIC": (DIAGNOSIS_AGES, "pediatric", "Pediatric_Only"),
    "AGE_MATERNITY": (DIAGNOSIS_AGES, "maternity", "Maternity_Only"),
    "AGE_ADULT": (DIAGNOSIS_AGES, "adult", "Adult_Only"),
    "SEX_FEMALE_ONLY": (DIAGNOSIS_SEXES, "F", "Female_Only"),
    "SEX_MALE_ONLY": (DIAGNOSIS_SEXES, "M", "Male_Only"),
}


def table_of(path: str) -> Iterator[dict[str, str]]:
    with (CMS / path).open(newline="") as stream:
        yield from csv.DictReader(stream)


def member_of(path: str) -> bytes:
    """The one file of an archive."""
    with zipfile.ZipFile(CMS / path) as archive:
        return archive.read(archive.namelist()[0])


def codes() -> Iterator[Row]:
    for row in table_of("icd10cm/icd10cm_valid_codes_dated.rebuilt.csv"):
        first, last = (row[name].replace("-", "") for name in ("effective_from", "effective_to"))
        yield ICD_10_CM, row["code"], first, last, ""


def editor() -> Iterator[Row]:
    """The lists of the code editor. The dated ones begin with October 2020, by which they mean then or before: the
    days before are told by the versions of October 2015 and October 2019."""
    began = {code: first for _, code, first, _, _ in codes()}
    with zipfile.ZipFile(CMS / "mce" / "MCE_Simple_Code_Edits.zip") as archive:
        older = [archive.read(f"MCE_Simple_Code_Edits_v{n}.txt").decode("latin-1").splitlines() for n in (33, 37)]
    in_2015, in_2019 = (
        {(fields[4], fields[6]) for fields in (line.split("\t") for line in lines) if fields[5] == "D"}
        for lines in older
    )
    for row in table_of("mce/mce_diagnosis_edits_dated.rebuilt.csv"):
        if row["edit"] not in EDITOR:
            continue
        table, value, called = EDITOR[row["edit"]]
        first, last = (row[name].replace("-", "") for name in ("effective_from", "effective_to"))
        code = row["code"]
        if first == "20201001" and (called, code) in in_2019:
            first = began[code] if (called, code) in in_2015 or began[code] > BEGAN else "20191001"
        yield table, code, first, last, value
    # What version 33 listed and no later one does; when it ended in between is not known, so that it is not said.


def excludes1() -> Iterator[Row]:
    root = ElementTree.fromstring(member_of("icd10cm/icd10cm-tabular-April-1-2026.zip"))
    categories = sorted({(diag.findtext("name") or "") for section in root.iter("section") for diag in section})
    categories = [name for name in categories if len(name) == 3]
    of_2026 = joined_notes(_noted(root))
    of_2025 = joined_notes(_noted_in_2025(categories))
    for code in sorted({*of_2025, *of_2026}):
        one, other = of_2025.get(code, ""), of_2026.get(code, "")
        if one == other:
            yield EXCLUDES1, code, "20241001", "20260930", one
            continue
        if one:
            yield EXCLUDES1, code, "20241001", "20250930", one
        if other:
            yield EXCLUDES1, code, "20251001", "20260930", other


def _noted_in_2025(categories: list[str]) -> Iterator[tuple[str, str, str]]:
    """The notes of April 2025, of which no tabular list is at hand but a table."""
    for row in table_of("icd10cm/icd10cm_notes_2025-04.rebuilt.csv"):
        if row["note_type"] != "excludes1":
            continue
        where = row["code"].replace(".", "")
        first, _, last = where.partition("-")
        at = [where] if row["level"] == "code" else [each for each in categories if first <= each <= (last or first)]
        for token in tokens_of(row["text"]):
            for code in at:
                yield where, code, token


def sides() -> Iterator[Row]:
    """By the titles of January 2021 and those of April 2026, which lack what has a seventh character."""
    titles = {}
    for line in member_of("icd10cm/icd10cm-order-Jan-2021.zip").decode("latin-1").splitlines():
        if line[14:15] == "1":
            titles[line[6:13].strip()] = line[77:].strip()
    valid = {code for _, code, *_ in codes()}
    root = ElementTree.fromstring(member_of("icd10cm/icd10cm-tabular-April-1-2026.zip"))
    newer = {}
    for diag in root.iter("diag"):
        code = (diag.findtext("name") or "").replace(".", "")
        if code in valid:
            newer[code] = re.sub(r"\s+", " ", diag.findtext("desc") or "")
    found = {code: f"{right} {left}" for some in (titles, newer) for code, right, left in unspecified_sides(some)}
    for code, value in found.items():
        yield UNSPECIFIED_SIDES, code, BEGAN, OPEN, value


def rows() -> list[Row]:
    return sorted(row for source in (codes, editor, excludes1, sides) for row in source())


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
