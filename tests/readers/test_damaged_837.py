"""Damaged 837s: whatever happens to a file's bytes and segments, no service line is lost without a rejecting message.

``PYTHONPATH=tests python tests/readers/test_damaged_837.py 2000`` does with as many mutations per file what the test
does with a few.
"""

from __future__ import annotations

import io
import random
import re
import sys
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from claimcheck import Checker, Claim, EditMessage, read
from claimcheck.engine.loop import raise_errors
from claimcheck.message import REJECT
from support.places import ROOT, SHARED

NAMES = (
    *("x12/bots__837D-all-fields.dat", "x12/bots__837P-all-fields.dat", "x12/bots__chiro.dat"),
    *("x12/edilens__837I.test.0001.edi", "x12/hcc__X222-COB-claim-from-billing-provider-to-payer-a.edi"),
    *("x12/hcc__X223-two-claims-for-the-same-provider.edi", "x12/hccinfhir__sample_837_0.txt"),
    *("x12/imsweb__x12_multiple_gs.txt", "x12/imsweb__x12_multiple_isa.txt", "x12/lfh__demo.example12.837"),
    *("x12/lfh__dependent-commercial-insurance-01.837", "x12/moov__837p_sample.txt"),
    *("x12/oopfactory__Example1_2_And_3_Combined.txt", "x12/oopfactory__MedicaidExample.txt"),
    *("x12/pyx12__simple_837i.txt", "x12/tigershark__837-example.txt"),
    *("claims/x12/hdi/837I-X299-all-fields.dat", "claims/x12/hdi/837P-X298-all-fields.dat"),
    *("claims/x12/hdi/multi-tran.dat", "claims/x12/databricks/CC_837P_EDI.txt"),
)
FILES = [path for name in NAMES if (path := SHARED / name).is_file()]
CHECKER = Checker(on_error=raise_errors)
SERVICES = (b"SV1", b"SV2", b"SV3")
OF_MANY = frozenset({"X12-ISA", "X12-NOT-837", "X12-LENGTH", "FILE-UNREADABLE"})
"""What rejects everything up to somewhere: an interchange, a transaction, a piece of text, a file."""
OF_ONE = frozenset({"X12-SEGMENT", "X12-LOOP", "X12-NO-LINES", "X12-TRUNCATED"})
"""What rejects one segment."""


class Delimiters(NamedTuple):
    element: bytes
    terminator: bytes


def declared(data: bytes, otherwise: Delimiters) -> Delimiters:
    """The delimiters that the first ISA names, where it names some."""
    data = data.lstrip(b"\xef\xbb\xbf \t\r\n\0\x1a")
    parts = data.split(data[3:4], 16) if data.startswith(b"ISA") and data[3:4].strip() else []
    if len(parts) < 17 or max(map(len, parts[:16])) > 30:
        return otherwise
    behind = parts[16][1:]
    terminator = behind.lstrip(b"\r\n")[:1] if behind[:1] in (b"\r", b"\n") else behind[:1]
    if behind[:1] in (b"\r", b"\n") and (not terminator or terminator.isalnum()):
        terminator = b"\n" if b"\n" in behind[:2] else b"\r"
    return Delimiters(data[3:4], terminator) if terminator and not terminator.isalnum() else otherwise


def services_in(data: bytes, by: Delimiters) -> int:
    """How many service segments a plain cut sees."""
    names = (segment.strip().partition(by.element) for segment in data.split(by.terminator))
    return sum(1 for name, _, _ in names if name in SERVICES)


def mutated(data: bytes, by: Delimiters, dice: random.Random) -> bytes:
    """The file with one to three things done to it."""
    for _ in range(dice.randint(1, 3)):
        at, size = dice.randrange(len(data) + 1), dice.choice((1, 1, 1, 2, 5, 40))
        piece = data[at : at + size]
        segments = data.split(by.terminator)
        one, other = dice.randrange(len(segments)), dice.randrange(len(segments))
        match dice.randrange(11):
            case 0:
                data = data[:at] + data[at + size :]
            case 1:
                data = data[:at] + piece + piece + data[at + size :]
            case 2:
                data = data[:at] + data[at + size : at + 2 * size] + piece + data[at + 2 * size :]
            case 3:
                data = data[:at] + bytes([dice.randrange(256)]) + data[at + 1 :]
            case 4:
                data = by.terminator.join([*segments[:one], *segments[one + 1 :]])
            case 5:
                data = by.terminator.join([*segments[: one + 1], *segments[one:]])
            case 6:
                moved = segments.pop(one)
                segments.insert(other, moved)
                data = by.terminator.join(segments)
            case 7:
                segments[one], segments[other] = segments[other], segments[one]
                data = by.terminator.join(segments)
            case 8:
                old, new = (
                    dice.choice([*by, b":", b">", b"^"]),
                    dice.choice([b"|", b"~", b"*", b":", b"\n", b"'", b"\x1c"]),
                )
                data = data.replace(old, new) if dice.random() < 0.5 else data[:at] + data[at:].replace(old, new, 1)
            case 9:
                data = data[:at]
            case _:
                data = data[:at] + dice.choice([by.terminator, by.element, b"\n", b" ", b"\xff", b"ISA*"]) + data[at:]
    return data


class Seen(NamedTuple):
    services: int
    lines: int
    rejects: Counter[str]

    @property
    def lost(self) -> int:
        """Service lines that were not read, and that no message accounts for."""
        if OF_MANY & self.rejects.keys():
            return 0
        return max(0, self.services - self.lines - sum(self.rejects[check] for check in OF_ONE))


def seen(data: bytes, otherwise: Delimiters) -> Seen:
    """What is read of a file and said of it. All lines read are judged, and each has a disposition."""
    items = list(read(io.BytesIO(data), name="a.837"))
    result = CHECKER.run(iter(items))
    list(result)
    lines = sum(len(item.lines) for item in items if isinstance(item, Claim))
    assert result.summary.lines == lines
    said = [item for item in items if isinstance(item, EditMessage) and item.severity == REJECT]
    rejects = Counter(item.check for item in said if not item.text.startswith("ISA16 names"))  # by which all is read
    return Seen(services_in(data, declared(data, otherwise)), lines, rejects)


def original(path: Path) -> tuple[bytes, Delimiters]:
    data = path.read_bytes()
    start = re.search(rb"(?:ISA|ST)([^0-9A-Za-z])", data)
    assert start
    return data, declared(data, Delimiters(start[1], b"~"))


@pytest.mark.skipif(not FILES, reason=f"no sample files in {SHARED}")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_service_line_is_lost_in_silence(path: Path) -> None:
    data, by = original(path)
    dice = random.Random(path.name)
    assert seen(data, by).lost == 0
    for _ in range(100):
        damaged = mutated(data, by, dice)
        assert seen(damaged, by).lost == 0, damaged


def main(many: int) -> None:
    """Mutate each file so many times, and print figures and what went wrong."""
    total: Counter[str] = Counter()
    for path in FILES:
        data, by = original(path)
        dice, slowest, wrong = random.Random(f"{path.name} {many}"), 0.0, 0
        for at in range(many):
            damaged = mutated(data, by, dice)
            start = time.perf_counter()
            try:
                found = seen(damaged, by)
            except Exception as error:
                total["errors"] += 1
                print("ERROR", path.name, at, repr(error)[:200])
                continue
            slowest = max(slowest, time.perf_counter() - start)
            total["services"] += found.services
            total["lines"] += found.lines
            total["files with rejects"] += bool(found.rejects)
            if found.lost:
                wrong += 1
                if wrong <= 3:
                    place = ROOT / ".cache" / f"lost-{path.name}-{at}"
                    place.parent.mkdir(exist_ok=True)
                    place.write_bytes(damaged)
                    print("LOST", found, place)
        total["mutations"] += many
        total["losses"] += wrong
        print(f"{path.name}: {wrong} losses, slowest {slowest:.3f} s", flush=True)
    print(dict(total))


if __name__ == "__main__":
    main(int(sys.argv[1]))
