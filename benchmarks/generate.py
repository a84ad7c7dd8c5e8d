"""A realistic 837P batch, made from nothing: the same seed gives the same bytes.

    python benchmarks/generate.py CLAIMS OUT.837 [SEED]

Codes, modifiers and places have weights of our own, after the shape of public Part B frequencies: few
services make up most lines, and about one line in twenty-three has something to say about it. Dates of
service lie in early 2025, which the starter rule book covers. Names and numbers are invented.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple, TextIO

CLAIMS_A_PROVIDER = 200
CLAIMS_A_TRANSACTION = 5000
FIRST_DAY = date(2025, 1, 2)
DAYS = 55


class Item(NamedTuple):
    """What a provider bills: code, modifier choices with weights, places, units, charge in dollars."""

    code: str
    weight: int
    modifiers: tuple[tuple[str, int], ...] = (("", 1),)
    places: tuple[str, ...] = ("11",)
    units: tuple[int, ...] = (1,)
    charge: int = 100
    basis: str = "UN"


OFFICE = ("11", "11", "11", "11", "11", "22")
ITEMS = (
    Item("99213", 160, (("", 70), ("25", 29), ("59", 1)), ("11",), charge=110),
    Item("99214", 190, (("", 66), ("25", 34)), ("11",), charge=165),
    Item("99203", 28, (("", 80), ("25", 20)), ("11",), charge=140),
    Item("99204", 20, (("", 85), ("25", 15)), ("11",), charge=210),
    Item("99212", 14, charge=70),
    Item("99215", 16, charge=230),
    Item("99232", 55, (("", 100),), ("21",), charge=105),
    Item("99233", 24, (("", 100),), ("21",), charge=150),
    Item("99223", 14, (("", 97), ("25", 3)), ("21",), charge=240),
    Item("99238", 8, (("", 100),), ("21",), charge=95),
    Item("99284", 14, (("", 100),), ("23",), charge=180),
    Item("99285", 18, (("", 100),), ("23",), charge=260),
    Item("99291", 6, (("", 90), ("25", 10)), ("21",), charge=320),
    Item("G2211", 26, charge=18),
    Item("G0439", 18, charge=130),
    Item("36415", 90, charge=12),
    Item("80053", 60, charge=28),
    Item("80061", 34, charge=30),
    Item("85025", 62, charge=22),
    Item("83036", 30, (("", 75), ("QW", 25)), charge=24),
    Item("88305", 30, (("26", 60), ("", 38), ("TC", 2)), ("11", "11", "22"), (1, 1, 2), 120),
    Item("71046", 40, (("26", 92), ("", 8)), ("22", "23", "21"), charge=45),
    Item("73630", 12, (("LT", 50), ("RT", 50)), ("11",), charge=60),
    Item("70553", 7, (("26", 97), ("", 3)), ("22",), charge=180),
    Item("72148", 8, (("26", 97), ("", 3)), ("22",), charge=150),
    Item("74177", 12, (("26", 98), ("", 2)), ("22", "23"), charge=170),
    Item("77067", 12, (("", 60), ("26", 40)), ("11",), charge=140),
    Item("93000", 34, charge=40),
    Item("93010", 26, (("", 100),), ("22", "23", "21"), charge=20),
    Item("93306", 16, (("26", 94), ("", 6)), ("22", "21"), charge=220),
    Item("97110", 58, (("GP", 80), ("GP:59", 18), ("GP:GP", 1), ("GO", 1)), ("11",), (1, 2, 2, 3, 4), 45),
    Item("97140", 40, (("GP:59", 60), ("GP", 40)), ("11",), (1, 1, 2), 40),
    Item("97530", 24, (("GP", 70), ("GP:59", 30)), ("11",), (1, 2), 48),
    Item("20610", 16, (("RT", 38), ("LT", 38), ("50", 22), ("LT:RT", 2)), ("11",), (1,), 140),
    Item("11721", 14, (("Q8", 55), ("59:Q8", 45)), charge=60),
    Item("17000", 9, (("", 70), ("59", 30)), charge=90),
    Item("17003", 9, (("", 70), ("59", 30)), ("11",), (2, 3, 5, 8), 12),
    Item("66984", 6, (("RT", 49), ("LT", 49), ("80", 2)), ("24",), charge=1400),
    Item("45380", 6, (("", 60), ("PT", 40)), ("24", "22"), charge=900),
    Item("43239", 5, (("", 90), ("59", 10)), ("24", "22"), charge=700),
    Item("96372", 26, (("", 85), ("59", 15)), ("11",), charge=35),
    Item("J1885", 10, (("JZ", 100),), ("11",), (1, 2, 4), 9),
    Item("J3301", 18, (("JZ", 100),), ("11",), (4, 4, 8), 12),
    Item("90471", 9, charge=28),
    Item("G0008", 10, charge=30),
    Item("92014", 22, charge=150),
    Item("90837", 22, (("", 60), ("95", 40)), ("11",), charge=180),
    Item("99396", 2, charge=190),
    Item("19301", 1, (("LT", 50), ("RT", 48), ("62", 2)), ("22",), charge=1900),
    Item("77469", 1, (("", 96), ("26", 4)), ("22",), charge=500),
    Item("77424", 1, (("", 100),), ("22",), charge=2600),
)
DIAGNOSES = tuple("I10 E119 J069 M5450 R519 Z0000 N390 E785 K219 F329 M25561 I4891".split())  # noqa: SIM905
TAXONOMIES = ("207Q00000X", "207R00000X", "2085R0202X", "225100000X", "363LF0000X", "207RC0000X")
LAST = ("SAMPLE", "SPECIMEN", "EXAMPLE", "MODEL", "PATTERN", "TEMPLATE", "SPECTRE", "FIGURE")
FIRST = ("ANN", "BEN", "CARA", "DAN", "ELLA", "FRED", "GINA", "HANK")


def npi(rng: random.Random) -> str:
    """A well-formed NPI with its check digit."""
    base = "1" + "".join(rng.choice("0123456789") for _ in range(8))
    doubled = (2 * int(d) if i % 2 == 0 else int(d) for i, d in enumerate(reversed(base)))
    return base + str(-(24 + sum(d - 9 if d > 9 else d for d in doubled)) % 10)


class Writer:
    """Writes segments and counts them, for SE01."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.count = 0

    def put(self, *segments: str) -> None:
        self.stream.write("~\n".join(segments) + "~\n")
        self.count += len(segments)


def generate(claims: int, out: Path, seed: int = 20250301, first_day: date = FIRST_DAY) -> int:
    """Write a batch of services on the days from ``first_day`` on; the number of its lines."""
    rng = random.Random(seed)
    submitted = f"{first_day + timedelta(days=DAYS + 3):%Y%m%d}"
    lines = 0
    with out.open("w", newline="") as stream:
        writer = Writer(stream)
        writer.put(
            f"ISA*00*{' ' * 10}*00*{' ' * 10}*ZZ*{'SUBMITTER':15}*ZZ*{'PAYER':15}*{submitted[2:]}*1200*^*00501*"
            "000000001*0*T*:",
            f"GS*HC*SUBMITTER*PAYER*{submitted}*1200*1*X*005010X222A1",
        )
        transactions = 0
        for start in range(0, claims, CLAIMS_A_TRANSACTION):
            transactions += 1
            count = min(CLAIMS_A_TRANSACTION, claims - start)
            lines += _transaction(writer, rng, transactions, start, count, first_day, submitted)
        writer.put(f"GE*{transactions}*1", "IEA*1*000000001")
    return lines


def _transaction(
    writer: Writer, rng: random.Random, number: int, start: int, count: int, first_day: date, submitted: str
) -> int:
    lines = level = 0
    writer.count = 0
    writer.put(
        f"ST*837*{number:04}*005010X222A1",
        f"BHT*0019*00*{number:09}*{submitted}*1200*CH",
        "NM1*41*2*EXAMPLE SUBMITTER*****46*SUBMITTER",
        "PER*IC*EDI DESK*TE*5555550100",
        "NM1*40*2*EXAMPLE PAYER*****46*PAYER",
    )
    providers: list[tuple[str, str]] = []
    billing = 0
    for i in range(count):
        if i % CLAIMS_A_PROVIDER == 0:
            level += 1
            billing = level
            writer.put(
                f"HL*{level}**20*1",
                f"PRV*BI*PXC*{rng.choice(TAXONOMIES)}",
                f"NM1*85*2*EXAMPLE CLINIC {billing}*****XX*{npi(rng)}",
                f"N3*{rng.randint(1, 999)} EXAMPLE STREET",
                "N4*COLUMBUS*OH*432150001",
                f"REF*EI*{rng.randint(100000000, 999999999)}",
            )
            providers = [(npi(rng), rng.choice(TAXONOMIES)) for _ in range(4)]
        level += 1
        segments = [*_patient(rng, level, billing), *_claim(rng, start + i, rng.choice(providers), first_day)]
        lines += sum(segment.startswith("LX*") for segment in segments)
        writer.put(*segments)
    writer.put(f"SE*{writer.count + 1}*{number:04}")
    return lines


def _patient(rng: random.Random, level: int, billing: int) -> Iterator[str]:
    born = date(1930, 1, 1) + timedelta(days=rng.randint(0, 29_000))
    yield f"HL*{level}*{billing}*22*0"
    yield "SBR*P*18*******MB"
    yield f"NM1*IL*1*{rng.choice(LAST)}*{rng.choice(FIRST)}****MI*{rng.randint(0, 10**10):011}"
    yield f"N3*{rng.randint(1, 999)} SAMPLE AVENUE"
    yield "N4*COLUMBUS*OH*432150001"
    yield f"DMG*D8*{born:%Y%m%d}*{rng.choice('MF')}"
    yield "NM1*PR*2*EXAMPLE PAYER*****PI*PAYER"


def _claim(rng: random.Random, number: int, provider: tuple[str, str], first_day: date) -> Iterator[str]:
    items = _items(rng)
    place = rng.choice(items[0].places)
    day = first_day + timedelta(days=rng.randint(0, DAYS))
    diagnoses = rng.sample(DIAGNOSES, rng.randint(1, 5))
    charges = [round(item.charge * rng.uniform(0.9, 1.3), 2) for item in items]
    yield f"CLM*C{number:09}*{sum(charges):.2f}***{place}:B:1*Y*A*Y*Y"
    yield "HI*" + "*".join(f"{'ABF' if i else 'ABK'}:{dx}" for i, dx in enumerate(diagnoses))
    yield f"NM1*82*1*{rng.choice(LAST)}*{rng.choice(FIRST)}****XX*{provider[0]}"
    yield f"PRV*PE*PXC*{provider[1]}"
    for i, (item, charge) in enumerate(zip(items, charges, strict=True), start=1):
        names, weights = zip(*item.modifiers, strict=True)
        modifier = rng.choices(names, weights)[0]
        pointers = ":".join(str(p) for p in range(1, rng.randint(1, min(4, len(diagnoses))) + 1))
        override = "" if place in item.places else item.places[0]
        yield f"LX*{i}"
        yield (
            f"SV1*HC:{item.code}{':' + modifier if modifier else ''}*{charge:.2f}*{item.basis}"
            f"*{rng.choice(item.units)}*{override}**{pointers}"
        )
        yield f"DTP*472*D8*{day:%Y%m%d}"
        yield f"REF*6R*{number:07}{i:02}"
        if item.code.startswith("J"):
            yield "LIN**N4*00409379501"
            yield "CTP****1*ML"


_WEIGHTS = [item.weight for item in ITEMS]


def _items(rng: random.Random) -> list[Item]:
    """What one claim bills: one to six different codes, now and then one twice."""
    count = rng.choices((1, 2, 3, 4, 5, 6), (30, 25, 18, 12, 9, 6))[0]
    chosen = {item.code: item for item in rng.choices(ITEMS, _WEIGHTS, k=count)}
    items = list(chosen.values())
    return [*items, items[-1]] if rng.random() < 0.01 else items


if __name__ == "__main__":
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 20250301
    print(generate(int(sys.argv[1]), Path(sys.argv[2]), seed), "lines")
