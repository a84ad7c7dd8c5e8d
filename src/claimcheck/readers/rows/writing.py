"""Claims as rows: the inverse of reading them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TextIO

from claimcheck.claim import Claim
from claimcheck.readers.rows.columns import COLUMNS
from claimcheck.readers.rows.records import row_of


def write_rows(claims: Iterable[Claim]) -> Iterator[dict[str, Any]]:
    """Claims as rows, ready for JSON: every column, None where the claim does not carry it.

    What reading the rows back does not give again: the place in the file they came from, ``""`` in a
    field for which a blank means None (see above), blanks at the end of a list and among modifiers, and
    spaces around a value. Two claims that follow each other with the same
    number and the same values are read back as one.
    """
    for claim in claims:
        for line in claim.lines:
            yield row_of(claim, line)


def write_csv(claims: Iterable[Claim], stream: TextIO, *, columns: Sequence[str] = COLUMNS) -> None:
    """Write claims as CSV.

    A CSV file has a column or has it not: where a claim does not carry (None) what a blank cell says that it was left
    empty, such as the charge, the diagnoses or the filing indicator, its cell is read back as empty. Leave such columns
    out of ``columns``. A ``|`` within an item of a list is read back as two items; a row with NUL is not read back.

    Args:
        claims: what to write.
        stream: a text file opened with ``newline=""``.
        columns: the columns to write, in order.
    """
    writer = csv.writer(stream)  # its line ends, CR LF, make it put both characters in quotes
    writer.writerow(columns)
    for row in write_rows(claims):
        cells = (row[name] for name in columns)
        writer.writerow("|".join(cell) if isinstance(cell, list) else cell for cell in cells)
