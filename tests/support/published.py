"""Rule books of the releases that CMS published: the files are big, and read from ``CLAIMCHECK_SHARED``."""

import gzip
import json
import re
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from pathlib import Path

import pytest

import claimcheck
from claimcheck.rulebook.adding import Report, add
from support.cache import digest_of, kept
from support.places import SHARED

CMS = SHARED / "cms"
needs_cms = pytest.mark.skipif(not CMS.is_dir(), reason=f"the CMS releases are not in {CMS} (set CLAIMCHECK_SHARED)")
in_cms_group = pytest.mark.xdist_group("cms")
"""One worker makes the book of every release, while the others do something else."""

REBUILT = sorted((CMS / "rvu").glob("*-rebuilt.zip"))
"""The fee schedules of each quarter from 2020 to 2024."""
COUNTS = {
    "rvu/rvu25a-updated-01_10_2025.zip": {"RVU25A": 18_865},
    "rvu/rvu25b.zip": {"RVU25B": 18_923},
    "rvu/rvu25c.zip": {"RVU25C": 19_029},
    "rvu/rvu25d.zip": {"RVU25D": 19_090},
    "mue/medicare-ncci-2026-q2-practitioner-services-mue-table.zip": {"MUE practitioner 2026 Q2": 15_095},
    "mue/medicare-ncci-2026-q2-facility-outpatient-hospital-services-mue-table.zip": {"MUE outpatient 2026 Q2": 15_045},
    "mue/medicare-ncci-2026-q2-dme-supplier-services-mue-table.zip": {"MUE DME 2026 Q2": 3_083},
    "mue/MCR_MUE_PractitionerServices_Eff_04-01-2024.rebuilt.zip": {"MUE practitioner 2024 Q2": 14_679},
    "mue/MCR_MUE_OutpatientHospitalServices_Eff_04-01-2024.rebuilt.zip": {"MUE outpatient 2024 Q2": 14_629},
    "mue/MCR_MUE_DMESupplierServices_Eff_04-01-2024.rebuilt.zip": {"MUE DME 2024 Q2": 2_894},
    "mue/MCR_MUE_PractitionerServices_Eff_07-01-2024.rebuilt.zip": {"MUE practitioner 2024 Q3": 14_677},
    "mue/MCR_MUE_OutpatientHospitalServices_Eff_07-01-2024.rebuilt.zip": {"MUE outpatient 2024 Q3": 14_628},
    "mue/MCR_MUE_DMESupplierServices_Eff_07-01-2024.rebuilt.zip": {"MUE DME 2024 Q3": 2_928},
    "aoc/AOC_V2026Q2-MCR.xlsx": {"AOC 2026 Q2": 9_000},
    "opps/2025_nfrm_addenda.11142024.zip": {"OPPS Addendum B 2025": 18_682},
    # 4,194 and 2,471 lines stand below the headings of AA and BB: 4,183 and 2,458 are codes (the rest are
    # notes and blanks), and 4 of BB's say again what another says.
    "asc/january-2025-asc-approved-hcpcs-code-and-payment-rates.zip": {
        "ASC Addenda 2025 January": 4_183 + 2_454,
        "ASC Addendum EE 2025 January": 2_108,
        "ASC Addendum DD1 2025 January": 21,
    },
    "hcpcs/hcpc2026_jan_anweb_01122026.zip": {"HCPCS 2026 January": 8_623 + 383 + 212},
    # Of these two the codes: they have 3,487 and 2,087 rows, with and without modifiers.
    "fees/DMEPOS_JAN_2025.zip": {"DMEPOS 2025 Q1": 2_084},
    "fees/25CLABQ1.zip": {"CLFS 2025 Q1": 1_971},
    "fees/january-2025-asp-pricing-file.zip": {"ASP 2025 Q1": 877},
}
"""The rows of each other whole release, as the README of these files counts them."""
_PAIRS = {
    "ccipra-v301r0-f1.txt": ("practitioner_2024Q2", "20240401"),
    "ccipra-v302r0-f1.txt": ("practitioner_2024Q3", "20240701"),
    "ccioph-v302r0-f1.txt": ("outpatient_2024Q3", "20240701"),
}
"""CMS's file of each table of pairs, the collected table that it is made of, and the first day of its quarter."""
_HEADING = (
    "CPT only copyright American Medical Association.  All rights reserved.\t\t\t\t\t\t\r\n"
    "Column1/Column2 Edits\t\t\t\t\t\t\r\n"
    "Column 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\tPTP Edit Rationale\r\n"
    "\t\tprior to 1996\tDate\tDate\t0=not allowed\t\r\n"
    "\t\t\t\t*=no data\t1=allowed\t\r\n"
    "\t\t\t\t\t9=not applicable\t\r\n"
)


def member(archive: Path, pattern: str) -> tuple[str, bytes]:
    """The one file of a zip archive whose name matches: its name and what it holds."""
    with zipfile.ZipFile(archive) as files:
        (name,) = (name for name in files.namelist() if re.search(pattern, name))
        return name, files.read(name)


def text_of(archive: Path, pattern: str) -> str:
    """The one text file of a zip archive whose name matches."""
    return member(archive, pattern)[1].decode("latin-1")


def book_of(name: str, sources: Iterable[Path], files: Callable[[Path], list[Path]]) -> tuple[Path, Report]:
    """A rule book and what was said when it was made: once, until its sources or what imports them change.

    Args:
        name: what it is called in the cache.
        sources: all that it is made of, the module that says so too.
        files: gives the files to add, in the layouts of CMS; it may write some into the folder that it is given.
    """

    def make(folder: Path) -> None:
        with tempfile.TemporaryDirectory() as written:
            report = add(folder / "book.sqlite", files(Path(written)))
        (folder / "report.json").write_text(json.dumps(asdict(report)))

    package = Path(claimcheck.__file__).parent
    importing = [*sorted((package / "rulebook").rglob("*.py")), package / "message.py", Path(__file__)]
    made = kept(name, digest_of([*sources, *importing], sys.version, version("python-calamine")), make)
    return made / "book.sqlite", Report(**json.loads((made / "report.json").read_text()))


@cache
def every_release() -> tuple[Path, Report]:
    """The book of every whole release, pairs too, and what was said when it was made."""
    whole = [*REBUILT, *(CMS / name for name in COUNTS)]
    collected = {file: CMS / f"ptp/ptp_{table}.no-effective-date.tsv.gz" for file, (table, _) in _PAIRS.items()}

    def files(folder: Path) -> list[Path]:
        pairs = [folder / file for file in _PAIRS]
        for path in pairs:
            _in_layout_of_cms(collected[path.name], _PAIRS[path.name][1], path)
        return [*whole, *pairs]

    return book_of("every-release", [*whole, *collected.values()], files)


def _in_layout_of_cms(collected: Path, first: str, path: Path) -> None:
    """A collected table of pairs, which lacks effective dates, as CMS publishes it: rows active on the quarter's first
    day, each with that day as its effective date. What it says of earlier days is not true."""
    with gzip.open(collected, "rt", encoding="utf-8") as rows, path.open("w", encoding="latin-1", newline="") as out:
        assert next(rows) == "column1\tcolumn2\tprior_1996\tdeletion_date\tmodifier_indicator\trationale\n"
        out.write(_HEADING)
        for row in rows:
            one, two, _, gone, rest = row.rstrip("\n").split("\t", 4)
            if gone == "*" or gone >= first:
                out.write(f"{one}\t{two}\t\t{first}\t{gone}\t{rest}\r\n")
