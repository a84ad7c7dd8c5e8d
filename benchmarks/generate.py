"""A realistic 837P batch, made from nothing: the same seed gives the same bytes.

    python benchmarks/generate.py CLAIMS OUT.837 [SEED]

Encounters, codes and modifiers have weights of our own, after the shape of public Part B frequencies: few services
make up most lines, and one claim in twelve has a mistake. Dates of
service lie in the third quarter of 2024, which the starter rule book covers. Names and numbers are invented.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple, TextIO

SEED = 20250301
CLAIMS_A_PROVIDER = 200
CLAIMS_A_TRANSACTION = 5000
FIRST_DAY = date(2024, 7, 2)
DAYS = 55


class Item(NamedTuple):
    """What a provider bills: code, modifier choices with weights, units, charge in dollars."""

    code: str
    modifiers: tuple[tuple[str, int], ...] = (("", 1),)
    units: tuple[int, ...] = (1,)
    charge: int = 100
    basis: str = "UN"


def _items(*items: Item) -> dict[str, Item]:
    return {item.code: item for item in items}


READ = (("26", 1),)
SIDE = (("RT", 1), ("LT", 1))
ITEMS = _items(
    *(Item(code, charge=charge) for code, charge in (("99212", 70), ("99213", 110), ("99214", 165), ("99215", 230))),
    *(Item(code, charge=charge) for code, charge in (("99203", 140), ("99204", 210), ("92014", 150), ("G0439", 130))),
    *(Item(code, charge=charge) for code, charge in (("99232", 105), ("99233", 150), ("99223", 240), ("99238", 95))),
    *(Item(code, charge=charge) for code, charge in (("99284", 180), ("99285", 260), ("99291", 320), ("G2211", 18))),
    *(Item(code, charge=charge) for code, charge in (("36415", 12), ("85025", 22))),
    *(Item(code, charge=charge) for code, charge in (("93000", 40), ("93010", 20), ("G0008", 30), ("90471", 28))),
    *(Item(code, (("QW", 1),), charge=charge) for code, charge in (("80053", 28), ("80061", 30), ("83036", 24))),
    Item("88305", READ, (1, 1, 2), 120),
    *(Item(code, READ, charge=charge) for code, charge in (("71046", 45), ("70553", 180), ("72148", 150))),
    *(Item(code, READ, charge=charge) for code, charge in (("74177", 170), ("93306", 220))),
    Item("77067", charge=140),
    Item("73630", SIDE, charge=60),
    Item("97110", (("GP", 1),), (1, 2, 2, 3, 4), 45),
    Item("97140", (("59:GP", 1),), (1, 1, 2), 40),
    Item("97530", (("GP:59", 1),), (1, 2), 48),
    Item("20610", (("RT", 4), ("LT", 4), ("50", 2)), charge=140),
    Item("11721", (("Q8", 1),), charge=60),
    Item("17000", charge=90),
    Item("17003", units=(2, 3, 5, 8), charge=12),
    Item("66984", SIDE, charge=1400),
    Item("45380", (("", 3), ("PT", 2)), charge=900),
    Item("43239", charge=700),
    Item("19301", SIDE, charge=1900),
    Item("77469", charge=500),
    Item("96372", charge=35),
    Item("J1885", (("JZ", 1),), (1, 2, 4), 9),
    Item("J3301", (("JZ", 1),), (4, 4, 8), 12),
    Item("90837", (("", 6), ("95", 1)), charge=180),
)


class Encounter(NamedTuple):
    """A claim's kind: how often, where, one of its main services with weights (on up to so many days, one
    a line), and how often others join."""

    weight: int
    place: str
    main: tuple[tuple[str, int], ...]
    others: tuple[tuple[str, float], ...] = ()
    days: int = 1


LABORATORY = (("80053", 0.8), ("80061", 0.6), ("85025", 0.8), ("83036", 0.5))
ENCOUNTERS = (
    Encounter(
        30,
        "11",
        (("99213", 16), ("99214", 19), ("99203", 3), ("99204", 2), ("99212", 2), ("99215", 2)),
        (("36415", 0.45), ("80053", 0.4), ("80061", 0.3), ("85025", 0.4), ("83036", 0.3), ("93000", 0.1)),
    ),
    Encounter(8, "11", (("99213", 5), ("99214", 6)), (("G2211", 0.8), ("36415", 0.3), ("85025", 0.3))),
    Encounter(5, "11", (("99213", 5), ("99214", 6)), (("96372", 1.0), ("J3301", 0.6), ("J1885", 0.4))),
    Encounter(4, "11", (("99213", 5), ("99212", 2)), (("20610", 0.7), ("17000", 0.3))),
    Encounter(3, "11", (("17000", 1),), (("17003", 0.7),)),
    Encounter(3, "11", (("11721", 1),)),
    Encounter(12, "21", (("99232", 55), ("99233", 24), ("99223", 14), ("99238", 8), ("99291", 6)), days=5),
    Encounter(5, "23", (("99284", 14), ("99285", 18)), (("93010", 0.3),)),
    Encounter(9, "22", (("71046", 40), ("74177", 12), ("70553", 7), ("72148", 8), ("93306", 16), ("88305", 30))),
    Encounter(3, "11", (("77067", 12), ("73630", 12))),
    Encounter(12, "11", (("97110", 1),), (("97140", 0.9), ("97530", 0.7))),
    Encounter(10, "11", (("36415", 1),), LABORATORY),
    Encounter(2, "24", (("66984", 6), ("45380", 6), ("43239", 5))),
    Encounter(3, "11", (("G0439", 5), ("92014", 6), ("90837", 6)), (("G0008", 0.2),)),
    Encounter(1, "22", (("19301", 2), ("77469", 1))),
)
WITH_25 = frozenset({"96372", "20610", "17000", "93000"})
"""Services beside which a visit bears 25."""
ORDERED = frozenset({"80053", "80061", "85025", "83036", "93000", "77067", "73630"})
LABORATORY_TESTS = frozenset({"80053", "80061", "85025", "83036"})
MISTAKES = (
    "no 25", "no 26", "no order", "no CLIA", "no GP", "59 on the visit", "twice", "77424", "place", "modifier", "side",
)  # fmt: skip
MISTAKEN = 0.08
"""The part of claims with one mistake; in some it does not matter."""


class Billed(NamedTuple):
    """A line as it will be billed."""

    item: Item
    modifiers: str
    ordered: bool = False
    clia: bool = False
    later: int = 0


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


def generate(claims: int, out: Path, seed: int = SEED, first_day: date = FIRST_DAY) -> int:
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
            providers = [
                (f"{rng.choice(LAST)}*{rng.choice(FIRST)}****XX*{npi(rng)}", rng.choice(TAXONOMIES)) for _ in range(4)
            ]
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
    place, lines = encounter(rng)
    day = first_day + timedelta(days=rng.randint(0, DAYS))
    diagnoses = rng.sample(DIAGNOSES, rng.randint(1, 5))
    charges = [round(line.item.charge * rng.uniform(0.9, 1.3), 2) for line in lines]
    yield f"CLM*C{number:09}*{sum(charges):.2f}***{place}:B:1*Y*A*Y*Y"
    if any(line.clia for line in lines):
        yield "REF*X4*36D0123456"
    yield "HI*" + "*".join(f"{'ABF' if i else 'ABK'}:{dx}" for i, dx in enumerate(diagnoses))
    yield f"NM1*82*1*{provider[0]}"
    yield f"PRV*PE*PXC*{provider[1]}"
    for i, (line, charge) in enumerate(zip(lines, charges, strict=True), start=1):
        item = line.item
        pointers = ":".join(str(p) for p in range(1, rng.randint(1, min(4, len(diagnoses))) + 1))
        yield f"LX*{i}"
        yield (
            f"SV1*HC:{item.code}{':' + line.modifiers if line.modifiers else ''}*{charge:.2f}*{item.basis}"
            f"*{rng.choice(item.units)}***{pointers}"
        )
        yield f"DTP*472*D8*{day + timedelta(days=line.later):%Y%m%d}"
        yield f"REF*6R*{number:07}{i:02}"
        if item.code.startswith("J"):
            yield "LIN**N4*00409379501"
            yield "CTP****1*ML"
        if line.ordered:
            yield f"NM1*DK*1*{provider[0]}"


_WEIGHTS = [encounter.weight for encounter in ENCOUNTERS]


def encounter(rng: random.Random) -> tuple[str, list[Billed]]:
    """What one claim bills, and where: now and then with a mistake."""
    kind = rng.choices(ENCOUNTERS, _WEIGHTS)[0]
    codes = [rng.choices(*zip(*kind.main, strict=True))[0] for _ in range(rng.randint(1, kind.days))]
    codes += [code for code, chance in kind.others if rng.random() < chance]
    lines = [_billed(rng, code, codes) for code in codes]
    if kind.days > 1:
        lines = [line._replace(later=later) for later, line in enumerate(lines)]
    mistake = rng.choice(MISTAKES) if rng.random() < MISTAKEN else ""
    place = rng.choice(("11", "22", "23")) if mistake == "place" else kind.place
    return place, mistaken(rng, lines, mistake) if mistake else lines


def _billed(rng: random.Random, code: str, codes: list[str]) -> Billed:
    item = ITEMS[code]
    names, weights = zip(*item.modifiers, strict=True)
    modifiers = rng.choices(names, weights)[0]
    if code.startswith("992") and not WITH_25.isdisjoint(codes):
        modifiers = "25"
    return Billed(item, modifiers, code in ORDERED, code in LABORATORY_TESTS)


def mistaken(rng: random.Random, lines: list[Billed], mistake: str) -> list[Billed]:
    first, *others = lines
    match mistake:
        case "no 25" | "no 26":
            return [line._replace(modifiers="" if line.modifiers in ("25", "26") else line.modifiers) for line in lines]
        case "no GP":
            return [line._replace(modifiers=line.modifiers.replace("GP", "").strip(":")) for line in lines]
        case "no order":
            return [line._replace(ordered=False) for line in lines]
        case "no CLIA":
            return [line._replace(clia=False) for line in lines]
        case "59 on the visit" | "side" | "modifier":
            added = {"59 on the visit": "59", "side": "LT", "modifier": rng.choice(("XX", "80", "TC", "51"))}[mistake]
            return [first._replace(modifiers=f"{first.modifiers}:{added}".strip(":")), *others]
        case "twice":
            return [*lines, first]
        case "77424":
            return [*lines, Billed(Item("77424", charge=2600), "")]
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a realistic 837P batch, made from nothing.")
    parser.add_argument("claims", type=int)
    parser.add_argument("output", type=Path, metavar="OUT.837")
    parser.add_argument("seed", type=int, nargs="?", default=SEED)
    given = parser.parse_args()
    print(generate(given.claims, given.output, given.seed), "lines")


if __name__ == "__main__":
    main()
