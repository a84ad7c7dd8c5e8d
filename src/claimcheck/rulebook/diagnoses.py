"""The diagnoses that come with claimcheck: ``rules/diagnoses.csv.xz``, some hundred thousand rows, and
``rules/diagnoses.toml``, which says what they are. They lie under every rule book, in a store of their own: to make it
takes longer than to make all the rest."""

from __future__ import annotations

import csv
import lzma
import tomllib
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from claimcheck.message import Citation
from claimcheck.rulebook.schema import OPEN, Edition, Release
from claimcheck.rulebook.store import RuleDataError, Store, new_database, shipped_rules
from claimcheck.rulebook.tables.code_sets import DIAGNOSIS, ICD_10_CM, LISTED
from claimcheck.rulebook.writing import Writer

_DATA: Final = "diagnoses.csv.xz"
_DECLARED: Final = "diagnoses.toml"


def load_diagnoses(folder: Path | None = None) -> Store:
    """The tables of diagnoses in a folder of rule data: by default those that come with claimcheck.

    Raises:
        RuleDataError: the data are not those that ``diagnoses.toml`` describes.
    """
    folder = folder or shipped_rules()
    declared = tomllib.loads((folder / _DECLARED).read_text())
    data = (folder / _DATA).read_bytes()
    if (found := sha256(data).hexdigest()) != declared["sha256"]:
        raise RuleDataError(_DECLARED, 1, "sha256", f"{found} of {_DATA}", f"{declared['sha256']}: make both anew")
    database = new_database()
    writer = Writer(database)
    database.execute("BEGIN")
    tables = declared["table"]
    ids = {name: writer.release(_release(name, table)) for name, table in tables.items()}
    writer.records(DIAGNOSIS, ((*row, None, None) for table, *row, _ in _rows(data, ids) if table == ICD_10_CM))
    writer.records(LISTED, ((*row, None, None) for table, *row in _rows(data, ids) if table != ICD_10_CM))
    for name, id in ids.items():
        writer.borders_of_rows(id, name)
    database.execute("COMMIT")
    return Store(database)


def _release(name: str, table: dict[str, Any]) -> Release:
    """A table as one release, which lists everything from its first day to its last and is cited by fiscal year."""
    first, last = table["first"], table["last"]
    title = table["name"]
    return Release(
        f"{title} {_fiscal_year(first)} to {_fiscal_year(last)}",
        name,
        first,
        last,
        Citation(table["title"], url=table["url"]),
        complete_from=first,
        editions=tuple(_editions(title, first, last)),
    )


def _fiscal_year(day: date) -> str:
    return f"FY{day.year + (day.month >= 10)}"


def _editions(title: str, first: date, last: date) -> Iterator[Edition]:
    for year in range(first.year, last.year + 1):
        begins, ends = max(first, date(year, 10, 1)), min(last, date(year + 1, 9, 30))
        if begins <= ends:
            yield Edition(f"{title} {_fiscal_year(begins)}", begins, ends)


def _rows(data: bytes, ids: dict[str, int]) -> Iterator[tuple[Any, ...]]:
    """The rows: table, release, code, first and last day, value. A last day that is blank is an open end."""
    for table, code, first, last, value in csv.reader(lzma.decompress(data).decode("ascii").splitlines()):
        yield table, ids[table], code, int(first), int(last or OPEN), value
