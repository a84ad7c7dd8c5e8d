"""Lists of NPIs in the layouts of CMS and OIG, with people who are made up."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import xlsxwriter

ORDER_HEADER = "NPI,LAST_NAME,FIRST_NAME,PARTB,DME,HHA,PMD,HOSPICE"
LEIE_HEADER = (
    "LASTNAME,FIRSTNAME,MIDNAME,BUSNAME,GENERAL,SPECIALTY,UPIN,NPI,DOB,ADDRESS,CITY,STATE,ZIP,EXCLTYPE,EXCLDATE,"
    "REINDATE,WAIVERDATE,WVRSTATE"
)
NAMES = ("KANARIENVOGEL", "ZEISIG", "19500401", "12 FINCH ST")
"""What must get into no rule book."""


def npis(count: int, start: int = 1_000_000_004) -> Iterator[str]:
    """Numbers as NPIs are, far apart."""
    return map(str, range(start, start + 331 * count, 331))


def order_referring(folder: Path, flags: Mapping[str, str], name: str = "OrderReferring_20261008.csv") -> Path:
    """An Order and Referring file: by NPI what the five columns say, such as ``YYNNN``."""
    path = folder / name
    rows = (f"{npi},{NAMES[0]},{NAMES[1]},{','.join(given)}" for npi, given in flags.items())
    path.write_text("\n".join((ORDER_HEADER, *rows, "")))
    return path


def leie(folder: Path, rows: Iterable[tuple[str, str, str]], name: str = "UPDATED_20261110.csv") -> Path:
    """A LEIE file: NPI, day of exclusion and of reinstatement of each row."""
    path = folder / name
    last, first, born, street = NAMES
    path.write_text(
        "\n".join(
            (
                LEIE_HEADER,
                *(
                    f'"{last}","{first}","","","NURSE","NURSE/NURSES AIDE","","{npi}","{born}","{street}","ALBANY",'
                    f'"NY","12207","1128b4","{excluded}","{reinstated}","00000000",""'
                    for npi, excluded, reinstated in rows
                ),
                "",
            )
        )
    )
    return path


def deactivated(
    folder: Path, rows: Iterable[tuple[str, str]], name: str = "NPPES Deactivated NPI Report 20261109.xlsx"
) -> Path:
    """A list of NPPES: NPI and day of each row, below a title."""
    path = folder / "NPPES Deactivated NPI Report 20261109.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet("DeactivatedNPIs")
        sheet.write_row(0, 0, ["NPPES Deactivated Records as of Nov 09 2026"])
        sheet.write_row(1, 0, ["NPI", "NPPES Deactivation Date"])
        for number, row in enumerate(rows, 2):
            sheet.write_row(number, 0, row)
    return path
