"""Rows copied into parts: CSV and JSON lines, each row byte for byte."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import BinaryIO


def split_rows(
    lines: Iterable[tuple[int, bytes]], places: Sequence[int], parts: bytes | bytearray, outputs: Sequence[BinaryIO]
) -> None:
    """Copy each physical line into the part of the row it belongs to; what stands before the first row, such as
    the header of a CSV file, into every part.

    Args:
        lines: the physical lines, each with its number.
        places: the lines at which a part begins, in order; what follows goes there too.
        parts: the part of each, its place in ``outputs``.
        outputs: where each part is written.
    """
    at, many = 0, len(places)
    now = outputs
    for number, line in lines:
        while at < many and places[at] <= number:
            now = outputs[parts[at] : parts[at] + 1]
            at += 1
        for output in now:
            output.write(line)
