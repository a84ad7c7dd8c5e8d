"""Rows copied into parts: CSV and JSON lines, each row byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import BinaryIO

from claimcheck.runs.split.sorting import Sorted


def copy_rows(
    lines_of: Callable[[BinaryIO], Iterable[tuple[int, bytes]]],
    file: BinaryIO,
    found: Sorted,
    outputs: Sequence[BinaryIO],
) -> int:
    """Copy each physical line into the part of the row it belongs to; what stands before the first row, such as
    the header of a CSV file, into every part.

    Args:
        lines_of: gives the physical lines of a file, each with its number.
        file: the whole, at its beginning.
        found: where its rows go; what follows a row goes there too.
        outputs: where each part is written.

    Returns:
        How many rows could not be read.
    """
    places, parts = found.places, found.parts
    at, many = 0, len(places)
    now = outputs
    for number, line in lines_of(file):
        while at < many and places[at] <= number:
            now = outputs[parts[at] : parts[at] + 1]
            at += 1
        for output in now:
            output.write(line)
    return found.unread
