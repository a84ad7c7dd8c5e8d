"""The releases as CMS published them: each is imported whole, and says what an independent reader finds in it.

They are big and not part of this repository: they are read from ``CLAIMCHECK_SHARED``.
"""

import csv
import io
import json
import re
import sqlite3
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from claimcheck.memory.near import _PROCEDURES_ELSEWHERE
from claimcheck.rulebook import Absent, Key, NotInForce, Rulebook, Store
from claimcheck.rulebook.adding import Report, add
from claimcheck.rulebook.cms import InvalidSourceFile
from claimcheck.rulebook.comparing import changes
from claimcheck.rulebook.inspecting import verify
from claimcheck.rulebook.opening import open_book
from claimcheck.rulebook.schema import written
from claimcheck.rulebook.sections import is_surgery
from claimcheck.rulebook.starter import load, shipped_rules
from support.published import CMS, COUNTS, REBUILT, every_release, in_cms_group, needs_cms, text_of

pytestmark = [needs_cms, in_cms_group]

Q3 = date(2024, 8, 14)


def table(text: str, first: str, delimiter: str = ",") -> list[list[str]]:
    """The rows below the heading that begins with a word, as plain ``csv`` reads them."""
    rows = list(csv.reader(io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n")), delimiter=delimiter))
    top = next(n for n, row in enumerate(rows) if row and " ".join(row[0].split()).startswith(first))
    return [row for row in rows[top + 1 :] if row and re.fullmatch(r"[0-9A-Z]{3,5}", row[0].strip(" \xff\xa0"))]


def fee_rows(archive: Path) -> list[list[str]]:
    return table(text_of(archive, r"^PPRRVU.*\.csv$"), "HCPCS")


BY_ITSELF = {
    "icd10cm/icd10cm-order-Jan-2021.zip": {"ICD-10-CM FY2021 from 2021-01-01": 72_621 + 11_036},
    "icd10cm/icd10cm-code-list-April-2025.zip": {"ICD-10-CM FY2025 from 2025-04-01": 74_260},
    "icd10cm/icd10cm-code-list-April-2026.zip": {"ICD-10-CM FY2026 from 2026-04-01": 74_719},
    "icd10cm/icd10cm-tabular-April-1-2026.zip": {"ICD-10-CM FY2026 from 2026-04-01": 2_879},
    "geo/ZIP5_OCT2025.txt": {"ZIP5 2025 Q4": 42_956},
}
"""Whole releases that are not in the book of every release. Of ICD-10-CM the codes that can be billed, which are fewer
than the lines; the codes of an unspecified side; and the categories and codes with an Excludes1 note."""

EXCERPTS = {
    "rvu/PPRRVU2026_Jul_nonQPP.excerpt.csv": {"RVU26C": 61},
    "excerpts2026Q4/PPRRVU2026_Oct_nonQPP.excerpt.csv": {"RVU26D": 11},
    "excerpts2026Q4/PPRRVU2026_Oct_QPP.excerpt.csv": {"RVU26D": 6},
    "mue/MCR_MUE_PractitionerServices_Eff_07-01-2026.excerpt.csv": {"MUE practitioner 2026 Q3": 44},
    "excerpts2026Q4/MCR_MUE_PractitionerServices_Eff_10-01-2026.excerpt.csv": {"MUE practitioner 2026 Q4": 6},
    "excerpts2026Q4/MCR_MUE_OutpatientHospitalServices_Eff_10-01-2026.excerpt.csv": {"MUE outpatient 2026 Q4": 6},
    "excerpts2026Q4/MCR_MUE_DMESupplierServices_Eff_10-01-2026.excerpt.csv": {"MUE DME 2026 Q4": 3},
    "hcpcs/HCPC2026_OCT_ANWEB.excerpt.csv": {"HCPCS 2026 October": 4},
    "ptp/ccipra-v322r0-f1.excerpt.txt": {"PTP practitioner 2026 Q3": 82},
    "excerpts2026Q4/ASP_Payment_Limit_2026Q4.excerpt.csv": {"ASP 2026 Q4": 8},
    "excerpts2026Q4/ASP_NDC-HCPCS_Crosswalk_2026Q4.excerpt.csv": {"NDC crosswalk 2026 Q4": 5},
    "codes/telehealth_cy2026.excerpt.txt": {"Telehealth list 2026": 58},
}

_UNKNOWN, _GZIP = (
    "no table found that claimcheck reads, in a known layout",
    "is compressed with gzip; CMS publishes zip",
)
_CHANGES = "lists only the changes of a quarter, without dates. Add the complete table"
REFUSED = {
    # Of CMS, but not the table that claims are judged by.
    "opps/2025_nfrm_data_addb.zip": "is the Data Addendum B",
    **dict.fromkeys(("rvu/RVU25D_record_layout.txt", "geo/ZIP5lyout.txt", "geo/ZIP9lyout.txt"), _UNKNOWN),
    # Put together by others, in layouts that are not CMS's.
    "ptp/MCR_NCCI_OCE_Additions_Eff_04-01-2026.rebuilt.txt": _CHANGES,
    "ptp/MCR_NCCI_OCE_Deletions_Eff_04-01-2026.rebuilt.txt": _CHANGES,
    "ptp/ptp_practitioner_2024Q2.no-effective-date.tsv.gz": _GZIP,
    "ptp/ptp_practitioner_2024Q3.no-effective-date.tsv.gz": _GZIP,
    "ptp/ptp_outpatient_2024Q3.no-effective-date.tsv.gz": _GZIP,
    "ptp/ptp_practitioner_2026Q3.active.no-dates.tsv.gz": _GZIP,
    "ptp/changes_practitioner_2024Q3_to_2026Q3.tsv.gz": _GZIP,
    "aoc/AOC_V2026Q3-F-MCR.active-only.derived.csv": "has no column AOC_DELDT",
    "mue/MCR_MUE_PractitionerServices_Eff_07-01-2026.rebuilt.csv": "has no column MUE Adjudication Indicator",
    "mue/medicaid_mue_practitioner_2026Q1.subset.rebuilt.csv": _UNKNOWN,
    "rvu/pc_tc_split_codes_2026A.rebuilt.csv": _UNKNOWN,
    "rvu/pfs_2026_payable_codes.rebuilt.csv": _UNKNOWN,
    "opps/opps_addendum_b_2026Q3.rebuilt.csv": _UNKNOWN,
    "opps/opps_apc_payable_2026Q1.rebuilt.csv": _UNKNOWN,
    "asc/asc_aa_bb_2026Q3.rebuilt.csv": _UNKNOWN,
    "fees/clfs_2026Q1_Q2.rebuilt.csv": _UNKNOWN,
    "leie/leie_excluded_npis_2025-12.rebuilt.csv": _UNKNOWN,
    "icd10cm/icd10cm_notes_2025-04.rebuilt.csv": _UNKNOWN,
    "icd10cm/icd10cm_notes_2026-04.rebuilt.csv": _UNKNOWN,
    "icd10cm/icd10cm_valid_by_fy.rebuilt.csv": _UNKNOWN,
    "icd10cm/icd10cm_valid_codes_dated.rebuilt.csv": _UNKNOWN,
    "mce/INFO__CMS_MCE_Simple_ICD_Code_Edits.md": _UNKNOWN,
    "mce/MCE_Simple_Code_Edits.zip": _UNKNOWN,
    "mce/mce_diagnosis_edits_dated.rebuilt.csv": _UNKNOWN,
    "mce/mce_edits_2026.rebuilt.json": _UNKNOWN,
    "codes/medicare_specialty_taxonomy_crosswalk.rebuilt.csv": "names no quarter",
    "codes/nucc_taxonomy_changelog.rebuilt.csv": "has changes of taxonomy codes. Add the list of codes",
    "codes/nucc_taxonomy_latest.rebuilt.csv": "names no quarter",
    "codes/rbcs_betos_2024-06.csv": _UNKNOWN,
    # Code lists that come with claimcheck, as far as checks ask them.
    "codes/carc_2026-03-10.csv": _UNKNOWN,
    "codes/rarc_2026-03-10.csv": _UNKNOWN,
    "codes/x12_claim_status_category_507.pyx12.csv": _UNKNOWN,
    "codes/x12_claim_status_508.pyx12.csv": _UNKNOWN,
    "codes/x12_entity_identifier.pyx12.csv": _UNKNOWN,
    "codes/place_of_service_2024-06.csv": _UNKNOWN,
    "codes/modifiers_2024-06.codes-only.csv": _UNKNOWN,
    # Coverage documents, of which the database is not at hand.
    "mcd/MCD_CSV_HEADERS.md": _UNKNOWN,
    "mcd/mcd_documents_2025-08.csv": _UNKNOWN,
    "mcd/lcd_hcpcs_icd10_union_2026-04.rebuilt.csv.gz": _GZIP,
    **{f"mcd/articles/{n}.json": "is not a table" for n in (52369, 52849, 52870, 53134, 53359, 53775, 53883)},
    # Pages that link to releases, not releases.
    "excerpts2026Q4/page_asp_2026-09.excerpt.html": _UNKNOWN,
    "excerpts2026Q4/page_medicaid_ncci_2026-05.excerpt.html": _UNKNOWN,
    "excerpts2026Q4/page_ncci_mue_2026-09-29.excerpt.html": _UNKNOWN,
    "excerpts2026Q4/page_ncci_ptp_2026-08.excerpt.html": _UNKNOWN,
    "excerpts2026Q4/page_pfs_landing_2026-09-29.excerpt.html": _UNKNOWN,
}
"""Every other file, with the reason."""


@pytest.fixture(scope="session")
def whole() -> Path:
    return every_release()[0]


@pytest.fixture(scope="session")
def report() -> Report:
    return every_release()[1]


@pytest.fixture(scope="session")
def store(whole: Path) -> Store:
    return Store.open(whole)


@pytest.fixture(scope="session")
def book(whole: Path) -> Rulebook:
    return open_book(whole)


# Each release.


@pytest.mark.parametrize("archive", REBUILT, ids=lambda path: path.stem)
def test_every_quarters_fee_schedule(archive: Path, store: Store, book: Rulebook) -> None:
    edition = re.match(r"rvu([0-9]{2})([abcd])(r?)_", archive.name)
    assert edition
    year, quarter = 2000 + int(edition[1]), "abcd".index(edition[2])
    name = f"RVU{edition[1]}{edition[2].upper()}{edition[3].upper()}"
    (release,) = (release for release in store.releases if release.name == name)
    if release.name == "RVU24A":
        assert (release.first, release.last) == (date(2024, 1, 1), date(2024, 3, 8))
    elif release.name == "RVU24AR":
        assert (release.first, release.last) == (date(2024, 3, 9), date(2024, 3, 31))
    else:
        assert release.first == date(year, 3 * quarter + 1, 1)
        assert (release.last + timedelta(days=1)).day == 1
        assert 89 <= (release.last - release.first).days <= 91
    rows = fee_rows(archive)
    assert release.rows == len(rows)
    rules = book.on(release.first)
    for row in rows[::97]:
        code = row[0].zfill(5)  # the source of 2020 D lost leading zeros, as spreadsheets do
        fee = rules.fee_row(code, row[1])
        assert fee
        assert [fee.status, fee.pctc, fee.global_days] == [row[3], row[13], row[14].zfill(3)]
        assert [fee.multiple, fee.bilateral, fee.assistant, fee.co_surgeon, fee.team] == row[18:23]
        assert fee.supervision == row[25].zfill(2)
        assert fee.imaging_family == row[27]
        assert [fee.non_facility_na, fee.facility_na] == [row[7] == "NA", row[9] == "NA"]


def counted(store: Store) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for release in store.releases:
        counts[release.name] += release.rows
    return dict(counts)


@pytest.mark.parametrize("name", COUNTS)
def test_row_counts(name: str, store: Store) -> None:
    found = counted(store)
    assert {release: found[release] for release in COUNTS[name]} == COUNTS[name]


def test_formats_of_one_table_agree(report: Report) -> None:
    """CSV, text and XLSX of the same table say the same."""
    agreeing = [note for note in report.notes if note.startswith("agrees")]
    differing = [note.rpartition(" ")[2] for note in report.notes if note.startswith("differs")]
    assert len(agreeing) == 2 * 4 + 1 + 1 + 4 + 2  # RVU25A to D, MUE, Addendum B, ASC, two of the HCPCS file's tables
    # The January 2026 workbook has a second pricing indicator of C9248 that the text file has not.
    assert differing == ["C9248"]


@pytest.mark.parametrize("name", BY_ITSELF)
def test_releases_by_themselves(name: str, tmp_path: Path) -> None:
    add(tmp_path / "book.sqlite", [CMS / name])
    store = Store.open(tmp_path / "book.sqlite")
    assert counted(store) == BY_ITSELF[name]
    assert list(verify(store)) == []


@pytest.mark.parametrize("name", EXCERPTS)
def test_excerpts_are_taken_only_as_such(name: str, tmp_path: Path) -> None:
    path = tmp_path / "book.sqlite"
    with pytest.raises(InvalidSourceFile, match="is incomplete"):
        add(path, [CMS / name])
    assert not path.exists()
    add(path, [CMS / name], partial=True)
    assert counted(Store.open(path)) == EXCERPTS[name]


def test_the_layout_of_2026_with_files_for_both_conversion_factors(tmp_path: Path) -> None:
    """One archive, as CMS packs it: a column more (PRIC IND), and rows that agree but for the conversion factor."""
    names = [f"excerpts2026Q4/PPRRVU2026_Oct_{kind}.excerpt.csv" for kind in ("QPP", "nonQPP")]
    with zipfile.ZipFile(tmp_path / "rvu26d-updated-08-26-2026.zip", "w") as archive:
        for name in names:
            archive.write(CMS / name, name.rpartition("/")[2].replace(".excerpt", ""))
    report = add(tmp_path / "book.sqlite", [tmp_path / "rvu26d-updated-08-26-2026.zip"], partial=True)
    assert [note.split()[0] for note in report.notes if "QPP" in note] == ["agrees:"]
    store = Store.open(tmp_path / "book.sqlite")
    assert [(r.name, r.rows, r.note) for r in store.releases] == [("RVU26D", 11, "conversion factor 33.4009")]
    rules = Rulebook(store).on(date(2026, 11, 1))
    for name in names:
        for row in table((CMS / name).read_text("latin-1"), "HCPCS"):
            fee = rules.fee_row(row[0], row[1])
            assert fee
            assert [fee.status, fee.pctc, fee.global_days] == [row[3], row[13], row[14]]
            assert [fee.multiple, fee.bilateral, fee.assistant, fee.co_surgeon, fee.team] == row[18:23]
            assert [fee.endoscopic_base, fee.supervision, fee.imaging_family] == [row[24], row[26], row[28]]
            assert [fee.non_facility_na, fee.facility_na] == [row[7] == "NA", row[9] == "NA"]


@pytest.mark.parametrize("name", REFUSED)
def test_other_files_are_refused_with_the_reason(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidSourceFile, match=REFUSED[name]):
        add(tmp_path / "book.sqlite", [CMS / name], partial=True)


def test_every_file_is_imported_or_refused() -> None:
    """None is left out here, and none is both."""
    kinds = (COUNTS, BY_ITSELF, EXCERPTS, REFUSED, [f"rvu/{path.name}" for path in REBUILT])
    there = {path.relative_to(CMS).as_posix() for path in CMS.glob("*/**/*") if path.is_file()}
    assert sorted(name for kind in kinds for name in kind) == sorted(n for n in there if not n.startswith("tools/"))


# What they say.


def test_the_book_is_sound(store: Store) -> None:
    assert list(verify(store)) == []


def test_no_descriptor_is_in_it(whole: Path) -> None:
    """CMS's own texts of Level II modifiers and the notices of copyright, too, are never read."""
    content = whole.read_bytes().lower()
    for text in (b"dressing for", b"copyright", b"american medical", b"anesthesia services performed", b"sr89"):
        assert text not in content


@pytest.mark.parametrize(
    ("column", "counts"),
    [
        ("status", "A 7267 X 2546 E 1461 I 1436 M 1217 C 983 R 914 N 315 J 276 P 142 B 81 T 8"),
        ("pctc", "0 7223 1 1099 2 48 3 189 4 18 5 104 7 74 8 1 9 7890"),
        ("global_days", "000 1242 010 471 090 3759 MMM 17 XXX 9598 YYY 944 ZZZ 615"),
        ("multiple", "0 2583 2 5273 3 369 4 158 5 52 6 147 7 35 9 8029"),
        ("bilateral", "0 6064 1 2210 2 245 3 80 9 8047"),
        ("assistant", "0 3590 1 2218 2 2779 9 8059"),
        ("co_surgeon", "0 5837 1 2474 2 301 9 8034"),
        ("team", "0 8428 1 133 2 51 9 8034"),
        ("supervision", "01 63 02 58 03 10 04 16 05 1 09 16498"),
        ("imaging_family", "88 158 99 16488"),
    ],
)
def test_distributions_of_the_fee_schedule(store: Store, column: str, counts: str) -> None:
    """As the specification counted them in RVU25A, rows without a modifier."""
    sql = f"""SELECT {column}, count(*) FROM fee WHERE modifier = '' AND
        release = (SELECT id FROM release WHERE name = 'RVU25A') GROUP BY 1"""
    words = counts.split()
    assert dict(store.connection.execute(sql)) == dict(zip(words[::2], map(int, words[1::2]), strict=True))


def test_rows_by_modifier(store: Store) -> None:
    sql = "SELECT modifier, count(*) FROM fee WHERE release = (SELECT id FROM release WHERE name = 'RVU25A') GROUP BY 1"
    assert dict(store.connection.execute(sql)) == {"": 16_646, "26": 1_117, "TC": 1_098, "53": 4}


def test_pairs_by_indicator(store: Store) -> None:
    (release,) = (r for r in store.releases if r.name == "PTP practitioner 2024 Q3")
    terms = store.terms_of(release.id)
    counts: Counter[str] = Counter()
    for (items,) in store.connection.execute("SELECT column2s FROM pairs WHERE release = ?", (release.id,)):
        counts.update(terms[int(item[6:])][0] for item in json.loads(items))
    assert counts == {"0": 508_947, "1": 1_160_873}


def test_numbers_of_pairs(store: Store) -> None:
    found = counted(store)
    assert found["PTP practitioner 2024 Q2"] == 1_669_187
    assert found["PTP practitioner 2024 Q3"] == 1_669_820
    assert found["PTP outpatient 2024 Q3"] == 1_335_857


def test_a_pair_is_shown_as_it_was_published(store: Store) -> None:
    sql = """SELECT column1, column2, indicator, first, last, rationale, pair.row, file FROM pair
        JOIN source ON source.id = pair.source WHERE column1 = '32701' AND column2 = '77424' AND first = 20240701"""
    (practitioner, outpatient) = sorted(store.connection.execute(sql).fetchall(), key=lambda row: row[-1], reverse=True)
    assert practitioner[:5] == ("32701", "77424", "0", 20240701, 99991231)
    assert practitioner[-1] == "ccipra-v302r0-f1.txt"
    assert outpatient[-1] == "ccioph-v302r0-f1.txt"


def test_pairs_of_the_iort_codes(book: Rulebook) -> None:
    rules = book.on(Q3)
    pair = rules.pair("32701", "77424", "professional")
    assert pair and pair.indicator == "0"
    assert pair.source == "PTP practitioner 2024 Q3 32701-77424"
    assert not rules.pair("77424", "32701", "professional")
    for one in ("77424", "77425", "77469", "19301"):
        for other in {"77424", "77425", "77469", "19301"} - {one}:
            assert isinstance(rules.pair(one, other, "professional"), Absent)
        for visit in ("99213", "99223"):
            pair = rules.pair(one, visit, "professional")
            assert pair and pair.indicator == "1"
    counts = {"ptp_practitioner": 400, "ptp_outpatient": 44}
    for table_name, count in counts.items():
        found = [book.pairs_with(table_name, code, Q3) or [] for code in ("77424", "77425")]
        assert sum(pair.column == 1 for pairs in found for pair in pairs) == count


def test_a_quarter_ends_and_the_next_begins(book: Rulebook) -> None:
    releases = {
        date(2024, 3, 31): None,
        date(2024, 4, 1): "PTP practitioner 2024 Q2",
        date(2024, 6, 30): "PTP practitioner 2024 Q2",
        date(2024, 7, 1): "PTP practitioner 2024 Q3",
        date(2024, 9, 30): "PTP practitioner 2024 Q3",
        date(2024, 10, 1): None,
    }
    for day, name in releases.items():
        if name is None:
            with pytest.raises(NotInForce):
                book.on(day).pair("32701", "77424", "professional")
        else:
            pair = book.on(day).pair("32701", "77424", "professional")
            assert pair and pair.source.startswith(name)


def excerpt() -> Iterator[tuple[str, str, date, date, str]]:
    text = (CMS / "ptp/ccipra-v322r0-f1.excerpt.txt").read_text("latin-1")
    for row in csv.reader(io.StringIO(text), delimiter="\t"):
        if re.fullmatch("[0-9A-Z]{5}", row[0]):
            first = date.fromisoformat(f"{row[3][:4]}-{row[3][4:6]}-{row[3][6:]}")
            last = date.max if row[4] == "*" else date.fromisoformat(f"{row[4][:4]}-{row[4][4:6]}-{row[4][6:]}")
            yield row[0], row[1], first, last, row[5]


def test_rows_hold_from_their_first_to_their_last_day(tmp_path: Path) -> None:
    """The excerpt with real dates, on the days before, on and after each."""
    add(tmp_path / "book.sqlite", [CMS / "ptp/ccipra-v322r0-f1.excerpt.txt"], partial=True)
    rows = list(excerpt())
    book = Rulebook(Store.open(tmp_path / "book.sqlite"))
    governed = date(2026, 9, 30)
    assert len(rows) == 82
    assert {row[4] for row in rows} == {"0", "1", "9"}
    for one, other, first, last, indicator in rows:
        days = {first - timedelta(days=1), first, min(last, governed)} | (
            {last + timedelta(days=1)} if last < governed else set()
        )
        for day in days:
            held = [r[4] for r in rows if r[:2] == (one, other) and r[2] <= day <= r[3] and r[4] != "9"]
            try:
                pair = book.on(day).pair(one, other, "professional")
            except NotInForce:
                assert day < min(row[2] for row in rows)  # before the oldest row nothing governs
                continue
            assert [pair.indicator] == held if pair else not held, (one, other, day, indicator)


def test_the_starter_book_says_what_its_releases_say(book: Rulebook) -> None:
    """Each value, by the book of the files as they were imported, on the first and last day of each release."""
    starter = load()
    codes = sorted(path.stem for path in (shipped_rules() / "codes").glob("*.toml"))
    days = [day for r in book.stores[0].of("fee_schedule") for day in (r.first, r.last)]
    days += [date(2024, 5, 1), date(2024, 8, 1), date(2026, 5, 1)]
    compared: Counter[str] = Counter()
    for day in days:
        for code in codes:
            keys: dict[str, Key] = {
                "fee_schedule": (code, ""),
                "mue_practitioner": code,
                "mue_outpatient": code,
                "mue_dme": code,
                "opps": code,
                "asc": code,
            }
            for table_name, key in keys.items():
                try:
                    ours = starter.on(day).row(table_name, key)
                    theirs = book.on(day).row(table_name, key)
                except NotInForce:
                    continue
                compared[table_name] += 1
                assert bool(ours) == bool(theirs), (day, table_name, key)
                if not ours or not theirs:
                    continue
                for name, value in ours._asdict().items():
                    if name != "source" and value not in ("", None):
                        assert getattr(theirs, name) == value, (day, table_name, key, name)
                if "agree" not in ours.source:
                    assert ours.source == theirs.source
    assert compared["fee_schedule"] > 4_000
    assert min(compared.values()) > 40


# What a new quarter changes.


def changed_in(store: Store, one: str, other: str) -> dict[str, set[str]]:
    by_name = {release.name: release for release in store.releases}
    found: dict[str, set[str]] = {}
    for difference in changes(store, by_name[one], by_name[other]):
        kind = difference.field if difference.change == "changed" else difference.change
        found.setdefault(kind, set()).add(written(difference.key))
    return found


def test_what_a_year_of_fee_schedules_changed(store: Store) -> None:
    old = {(row[0], row[1]): row for row in fee_rows(CMS / "rvu/rvu25a-updated-01_10_2025.zip")}
    new = {(row[0], row[1]): row for row in fee_rows(CMS / "rvu/rvu25d.zip")}
    found = changed_in(store, "RVU25A", "RVU25D")
    both = old.keys() & new.keys()
    assert found["added"] == {written(key) for key in new.keys() - old.keys()}
    assert found.get("ended", set()) == {written(key) for key in old.keys() - new.keys()}
    columns = {
        "status": 3,
        "pctc": 13,
        "global_days": 14,
        "multiple": 18,
        "bilateral": 19,
        "team": 22,
        "supervision": 25,
    }
    for name, at in columns.items():
        assert found.get(name, set()) == {written(k) for k in both if old[k][at] != new[k][at]}, name


def test_what_a_quarter_of_unit_limits_changed(store: Store) -> None:
    archives = [CMS / f"mue/MCR_MUE_PractitionerServices_Eff_{q}-01-2024.rebuilt.zip" for q in ("04", "07")]
    old, new = ({row[0]: row for row in table(text_of(path, "csv"), "HCPCS")} for path in archives)
    found = changed_in(store, "MUE practitioner 2024 Q2", "MUE practitioner 2024 Q3")
    both = old.keys() & new.keys()
    assert found["added"] == new.keys() - old.keys()
    assert found["ended"] == old.keys() - new.keys()
    assert found.get("units", set()) == {code for code in both if old[code][1] != new[code][1]}
    assert found.get("mai", set()) == {code for code in both if old[code][2] != new[code][2]}


def test_what_a_quarter_of_pairs_changed(store: Store, book: Rulebook) -> None:
    found = changed_in(store, "PTP practitioner 2024 Q2", "PTP practitioner 2024 Q3")
    assert found.keys() == {"added", "ended", "indicator"}
    before, after = book.on(date(2024, 6, 30)), book.on(date(2024, 9, 30))
    for kind, expected in {"added": (False, True), "ended": (True, False), "indicator": (True, True)}.items():
        for key in sorted(found[kind])[::500]:
            one, other = key.split("-")
            said = before.pair(one, other, "professional"), after.pair(one, other, "professional")
            assert (bool(said[0]), bool(said[1])) == expected, key


def test_visits_of_a_global_period_are_those_that_the_pairs_of_the_quarter_bundle(book: Rulebook) -> None:
    """Derived of pairs and fee schedule: the list that the starter book has by hand, and no code more."""
    by_hand = load()
    for day in (date(2024, 5, 14), date(2024, 8, 14)):
        rules, starter = book.on(day), by_hand.on(day)
        codes = {key[0] for key in book.keys("fee_schedule") if key[0].startswith("9")}
        derived = {code for code in codes if rules.listed("global_visits", code)}
        assert derived == {code for code in codes if starter.listed("global_visits", code)} and len(derived) == 33
    assert rules.listed("global_visits", "99213").source == "PTP practitioner 2024 Q3 with RVU24C 99213"


def test_procedures_with_a_global_period_are_surgery_or_named(whole: Path) -> None:
    """What the memory of a batch takes for a procedure (history.py), by every fee schedule."""
    with closing(sqlite3.connect(whole)) as database:
        sql = (
            "SELECT DISTINCT code FROM fee WHERE modifier = '' AND global_days IN ('010', '090') AND code NOT LIKE 'D%'"
        )
        codes = {code for (code,) in database.execute(sql)}
    assert {code for code in codes if not is_surgery(code)} == _PROCEDURES_ELSEWHERE
