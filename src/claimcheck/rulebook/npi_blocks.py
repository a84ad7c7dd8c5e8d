"""Lists of NPIs as sorted arrays, in blocks. An NPI is a number of ten digits: the NPIs of a block share all but the
last 16 bits, so that the first bits say where to look for it. An entry of a block has the last bits of an NPI, then the
number of its term: together four bytes.

Nothing is read when a list is opened. A block is read when one of its NPIs is asked for, and kept.
"""

from __future__ import annotations

import sqlite3
import sys
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby, pairwise
from typing import Final, NamedTuple

from claimcheck import ClaimcheckError
from claimcheck.rulebook.tables.npis import Held, Term

BITS: Final = 16
"""The last bits of an NPI, by which the NPIs of a block differ."""
_LAST: Final = (1 << BITS) - 1
_FIRST_BLOCK: Final = 1_000_000_000 >> BITS
_LAST_BLOCK: Final = 2_999_999_999 >> BITS


class ConflictError(ClaimcheckError, ValueError):
    """An NPI with two rows for the same days that say different things."""


class Packed(NamedTuple):
    """A list of NPIs as it is stored.

    Attributes:
        terms: what NPIs have in common.
        npis: the NPIs, in order, each once.
        numbers: for each NPI that of its term.
        repeated: how many rows said again what another says.
    """

    terms: list[Term]
    npis: array[int]
    numbers: array[int]
    repeated: int

    @property
    def rows(self) -> int:
        """How many rows there are."""
        widths = [len(term) for term in self.terms]
        return sum(map(widths.__getitem__, self.numbers))


def pack(rows: Iterable[tuple[int, Held]]) -> Packed:
    """Pack rows, each with its NPI, in any order.

    Raises:
        ConflictError: two rows of an NPI are for the same days, and differ.
        OverflowError: there are more different terms than any list has.
    """
    known: dict[Held, int] = {}
    pairs = array("Q", (npi << 32 | known.setdefault(held, len(known)) for npi, held in rows))
    held_by_number = [*known]
    npis, numbers = array("I"), array("H")
    terms: dict[Term, int] = {}
    number_of: dict[tuple[int, ...], int] = {}
    for npi, some in groupby(sorted(pairs), key=lambda pair: pair >> 32):
        own = tuple([pair & 0xFFFFFFFF for pair in some])
        number = number_of.get(own)
        if number is None:
            term = tuple(sorted({held_by_number[row] for row in own}))
            if len({(first, last) for first, last, _ in term}) < len(term):
                raise ConflictError(str(npi))
            number = number_of[own] = terms.setdefault(term, len(terms))
        npis.append(npi)
        numbers.append(number)
    packed = Packed([*terms], npis, numbers, 0)
    return packed._replace(repeated=len(pairs) - packed.rows)


def blocks_of(packed: Packed) -> Iterator[tuple[int, bytes]]:
    """The blocks of a list: of each the first bits of its NPIs, and the entries."""
    together = zip(packed.npis, packed.numbers, strict=True)
    for block, some in groupby(together, key=lambda pair: pair[0] >> BITS):
        yield block, _stored(array("I", ((npi & _LAST) << BITS | number for npi, number in some)))


def _stored(entries: array[int]) -> bytes:
    """Entries as bytes, little-endian on every machine."""
    if sys.byteorder == "big":
        entries.byteswap()
    return entries.tobytes()


def _read(stored: bytes) -> array[int]:
    entries = array("I")
    entries.frombytes(stored)
    if sys.byteorder == "big":
        entries.byteswap()
    return entries


class NpiList:
    """The NPIs of a release.

    Args:
        connect: gives the rule book's database, which a process that was forked off opens anew.
        release: the release's number.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection], release: int) -> None:
        self._connect = connect
        self._release = release
        self._terms = terms_of(connect(), release)
        self._blocks: dict[int, array[int]] = {}

    def find(self, npi: int) -> Term:
        """The rows of an NPI; none where the list does not have it."""
        entries = self._blocks.get(npi >> BITS)
        if entries is None:
            entries = self._block(npi >> BITS)
        last = npi & _LAST
        place = bisect_left(entries, last << BITS)
        if place < len(entries):
            entry = entries[place]
            if entry >> BITS == last:
                return self._terms[entry & _LAST]
        return ()

    def _block(self, block: int) -> array[int]:
        """Read a block; none of what is not an NPI."""
        if not _FIRST_BLOCK <= block <= _LAST_BLOCK:
            return array("I")
        sql = "SELECT npis FROM npis WHERE release = ? AND block = ?"
        (stored,) = self._connect().execute(sql, (self._release, block)).fetchone() or (b"",)
        self._blocks[block] = entries = _read(stored)
        return entries


def terms_of(connection: sqlite3.Connection, release: int) -> dict[int, Term]:
    """The terms of a release, by number."""
    sql = "SELECT term, first, last, value FROM npi_term WHERE release = ? ORDER BY term, first, last"
    rows = connection.execute(sql, (release,))
    return {term: tuple((*row[1:],) for row in some) for term, some in groupby(rows, key=lambda row: row[0])}


_EVERY_BLOCK: Final = "SELECT block, npis, source FROM npis WHERE release = ? ORDER BY block"


def rows_of(connection: sqlite3.Connection, release: int) -> Iterator[tuple[str, Held, int | None]]:
    """Every row of a release in the order of NPIs, each with the number of the file that it was read from. One block
    is in memory at a time."""
    terms = terms_of(connection, release)
    for block, stored, source in connection.execute(_EVERY_BLOCK, (release,)):
        for entry in _read(stored):
            for held in terms[entry & _LAST]:
                yield str(block << BITS | entry >> BITS), held, source


def contents_of(connection: sqlite3.Connection, release: int) -> Iterator[tuple[int, bytes]]:
    """What a release's sha256 is taken of, piece by piece, each with how many rows it has."""
    terms = terms_of(connection, release)
    yield 0, repr([*terms.items()]).encode()
    for block, stored, _ in connection.execute(_EVERY_BLOCK, (release,)):
        yield sum(len(terms.get(entry & _LAST, ())) for entry in _read(stored)), b"%d" % block + stored


def problems_of(connection: sqlite3.Connection, release: int) -> Iterator[str]:
    """What is wrong with the blocks of a release: NPIs that are none or out of order, so that some would not be
    found, and NPIs without a term."""
    terms = terms_of(connection, release)
    for block, stored, _ in connection.execute(_EVERY_BLOCK, (release,)):
        entries = _read(stored)
        if not _FIRST_BLOCK <= block <= _LAST_BLOCK:
            yield f"block {block} has no NPIs"
        if any(one >> BITS >= other >> BITS for one, other in pairwise(entries)):
            yield f"block {block} has NPIs out of order"
        if not terms.keys() >= {entry & _LAST for entry in entries}:
            yield f"block {block} has NPIs without days"
