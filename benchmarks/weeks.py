"""Weekly 837P batches of the same patients, made from nothing: the same seed gives the same bytes.

    python benchmarks/weeks.py FOLDER [PATIENTS] [WEEKS] [SEED]

What only earlier batches tell of is in them: visits in global periods, second wellness visits and mammograms, months
of chronic care, visits of new patients who were seen before, claims that are sent again, corrected, replaced and
voided, and claims that arrive late. Services are of the third quarter of 2024. Names and numbers are invented.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from generate import DIAGNOSES, FIRST, ITEMS, LAST, MISTAKES, TAXONOMIES, Writer, encounter, mistaken, npi

SEED = 20240701
FIRST_MONDAY = date(2024, 7, 1)
PATIENTS_A_PRACTICE = 200
CLAIMS_A_PATIENT = 0.2
"""Claims that a patient has in a week."""
PAYERS = (("EXAMPLE MEDICARE", "MCARE", "MB"), ("EXAMPLE HEALTH", "HEALTH", "CI"))

PLANNED = (
    # What a patient is billed, the days after the first of them: code with modifiers, in claims of their own.
    (6, ((0, "66984:RT"), (5, "99213"), (19, "99213:24"), (33, "99214"))),
    (4, ((0, "17000"), (6, "99212"), (15, "99212"))),
    (3, ((0, "19301:LT"), (10, "99213"), (30, "19301:LT"), (40, "99213:24"))),
    (3, ((3, "99213"), (5, "66984:LT"), (6, "99212"), (12, "66984:RT:79"))),
    (4, ((0, "G0439"), (25, "G0439"))),
    (2, ((0, "G0438"), (14, "G0439"), (30, "G0402"))),
    (6, ((0, "99490"), (14, "99490"), (30, "99490"), (31, "99439"))),
    (4, ((0, "77067"), (28, "77067"))),
    (2, ((0, "G0008"), (21, "G0008"))),
    (2, ((0, "G0102"), (3, "G0103"), (35, "G0103"))),
    (5, ((0, "99213"), (20, "99203"))),
    (3, ((0, "99204"), (21, "99203"))),
    (4, ((0, "99213"), (0, "99214"), (7, "99213"))),
    (3, ((0, "97110:GP"), (0, "97140:59:GP"), (7, "97110:GP"))),
    (2, ((0, "93306:26"), (0, "93306:26"))),
)  # fmt: skip
PLANNED_PART = 0.25
"""The part of new claims with which a plan of claims begins."""
FATES = (("again", 15), ("changed", 10), ("replaced", 12), ("voided", 8), ("billed twice", 10), ("sent late", 25))
FATED = 0.12
"""The part of claims of which more comes in later weeks, or that arrive late; one with a mistake is corrected then."""


class Patient(NamedTuple):
    """Who is treated, and where."""

    member: str
    born: date
    sex: str
    name: str
    payer: int
    practice: int


class Sold(NamedTuple):
    """A line: code with modifiers, units, charge and date of service."""

    code: str
    units: int
    charge: float
    basis: str
    day: date
    ordered: bool = False


class Billed(NamedTuple):
    """A claim."""

    number: str
    patient: int
    provider: int
    place: str
    diagnoses: tuple[str, ...]
    lines: tuple[Sold, ...]
    clia: bool = False
    frequency: str = "1"
    original: str = ""


class Weeks:
    """Draws the claims of some weeks."""

    def __init__(
        self, patients: int, weeks: int, seed: int, first: date = FIRST_MONDAY, a_week: float = CLAIMS_A_PATIENT
    ) -> None:
        self._rng = rng = random.Random(seed)
        self._weeks, self._first, self._a_week = weeks, first, a_week
        practices = -(-patients // PATIENTS_A_PRACTICE)
        self.patients = [self._patient(at) for at in range(patients)]
        self.practices = [
            (npi(rng), rng.choice(TAXONOMIES), [(npi(rng), rng.choice(TAXONOMIES)) for _ in range(4)])
            for _ in range(practices)
        ]
        self._due: list[list[Billed]] = [[] for _ in range(weeks)]
        self._numbers = 0

    def _patient(self, at: int) -> Patient:
        rng = self._rng
        born = date(1930, 1, 1) + timedelta(days=rng.randint(0, 20_000))
        name = f"{rng.choice(LAST)}*{rng.choice(FIRST)}"
        return Patient(
            f"{rng.randint(0, 10**10):011}", born, rng.choice("MF"), name, rng.random() < 0.3, at // PATIENTS_A_PRACTICE
        )

    def all(self) -> Iterator[list[Billed]]:
        """The claims of each week, in the order that they are sent."""
        for week in range(self._weeks):
            for _ in range(round(len(self.patients) * self._a_week)):
                if self._rng.random() < PLANNED_PART:
                    self._plan(week)
                else:
                    self._encounter(week)
            yield self._due[week]
            self._due[week] = []

    def _send(self, week: int, claim: Billed) -> None:
        if week < self._weeks:
            self._due[week].append(claim)

    def _number(self) -> str:
        self._numbers += 1
        return f"W{self._numbers:08}"

    def _plan(self, week: int) -> None:
        rng = self._rng
        plan = rng.choices([claims for _, claims in PLANNED], [weight for weight, _ in PLANNED])[0]
        first = self._first + timedelta(days=7 * week + rng.randint(0, 4))
        patient, provider = rng.randrange(len(self.patients)), rng.randrange(4)
        for later, code in plan:
            day = first + timedelta(days=later)
            bare = code.partition(":")[0]
            charge = ITEMS[bare].charge if bare in ITEMS else 60
            lines = (Sold(code, 1, round(charge * rng.uniform(0.9, 1.3), 2), "UN", day, bare == "77067"),)
            rendering = provider if rng.random() < 0.8 else rng.randrange(4)
            place = "24" if bare == "66984" else "22" if bare in ("19301", "93306") else "11"
            self._bill(Billed(self._number(), patient, rendering, place, self._diagnoses(), lines), day)

    def _encounter(self, week: int) -> None:
        rng = self._rng
        place, items = encounter(rng)
        wrong = rng.random() < 0.08
        day = self._first + timedelta(days=7 * week + rng.randint(0, 6))
        patient, provider, diagnoses, number = (
            rng.randrange(len(self.patients)),
            rng.randrange(4),
            self._diagnoses(),
            self._number(),
        )

        def claim(lines: Sequence[object]) -> Billed:
            sold = tuple(
                Sold(
                    f"{line.item.code}:{line.modifiers}".strip(":"),
                    line.item.units[0],
                    float(line.item.charge),
                    line.item.basis,
                    day + timedelta(days=line.later),
                    line.ordered,
                )
                for line in lines
            )
            return Billed(number, patient, provider, place, diagnoses, sold, any(line.clia for line in lines))

        right = claim(items)
        if wrong:
            self._bill(claim(mistaken(rng, items, rng.choice(MISTAKES))), day, fated=False)
            self._send(self._week(day) + rng.randint(1, 2), right)
        else:
            self._bill(right, day)

    def _diagnoses(self) -> tuple[str, ...]:
        return tuple(self._rng.sample(DIAGNOSES, self._rng.randint(1, 4)))

    def _week(self, day: date) -> int:
        return (day - self._first).days // 7

    def _bill(self, claim: Billed, day: date, *, fated: bool = True) -> None:
        """Send a claim in the week of its services, and what comes of it later."""
        rng, week = self._rng, self._week(day)
        fate = rng.choices(*zip(*FATES, strict=True))[0] if fated and rng.random() < FATED else ""
        self._send(week + (rng.randint(1, 3) if fate == "sent late" else 0), claim)
        later = week + rng.randint(1, 3)
        dearer = tuple(line._replace(charge=line.charge + 10) for line in claim.lines)
        match fate:
            case "again":
                self._send(later, claim)
            case "changed":
                self._send(later, claim._replace(lines=dearer))
            case "billed twice":
                self._send(later, claim._replace(number=self._number()))
            case "replaced" | "voided":
                frequency = "7" if fate == "replaced" else "8"
                own = rng.random() < 0.5
                number = claim.number if own else self._number()
                self._send(
                    later,
                    claim._replace(number=number, lines=dearer, frequency=frequency, original=f"ICN{claim.number[1:]}"),
                )


def write(folder: Path, patients: int = 20_000, weeks: int = 8, seed: int = SEED) -> list[Path]:
    """Write each week's batch to a file; the files, in order."""
    drawn = Weeks(patients, weeks, seed)
    paths = []
    for number, claims in enumerate(drawn.all(), start=1):
        path = folder / f"week{number}.837"
        write_batch(path, drawn, claims, number, FIRST_MONDAY + timedelta(days=7 * number))
        paths.append(path)
    return paths


def write_batch(path: Path, drawn: Weeks, claims: Sequence[Billed], number: int, day: date) -> None:
    """Write claims as a batch that is submitted on a day."""
    with path.open("w", newline="") as stream:
        _write(Writer(stream), drawn, claims, number, f"{day:%Y%m%d}")


def _write(writer: Writer, drawn: Weeks, claims: Sequence[Billed], number: int, submitted: str) -> None:
    writer.put(
        f"ISA*00*{' ' * 10}*00*{' ' * 10}*ZZ*{'SUBMITTER':15}*ZZ*{'PAYER':15}*{submitted[2:]}*1200*^*00501*"
        f"{number:09}*0*T*:",
        f"GS*HC*SUBMITTER*PAYER*{submitted}*1200*{number}*X*005010X222A1",
    )
    writer.count = 0
    writer.put(
        "ST*837*0001*005010X222A1",
        f"BHT*0019*00*{number:09}*{submitted}*1200*CH",
        "NM1*41*2*EXAMPLE SUBMITTER*****46*SUBMITTER",
        "PER*IC*EDI DESK*TE*5555550100",
        "NM1*40*2*EXAMPLE PAYER*****46*PAYER",
    )
    level = billing = 0
    practice = -1
    for claim in claims:
        patient = drawn.patients[claim.patient]
        billed_by, taxonomy, providers = drawn.practices[patient.practice]
        if patient.practice != practice:
            practice, level = patient.practice, level + 1
            billing = level
            writer.put(
                f"HL*{level}**20*1",
                f"PRV*BI*PXC*{taxonomy}",
                f"NM1*85*2*EXAMPLE CLINIC {practice}*****XX*{billed_by}",
                "N3*1 EXAMPLE STREET",
                "N4*COLUMBUS*OH*432150001",
                f"REF*EI*{100_000_000 + practice}",
            )
        level += 1
        writer.put(
            f"HL*{level}*{billing}*22*0",
            *_subscriber(patient),
            *_claim(claim, *providers[claim.provider]),
        )
    writer.put(f"SE*{writer.count + 1}*0001", f"GE*1*{number}", f"IEA*1*{number:09}")


def _subscriber(patient: Patient) -> Iterator[str]:
    name, payer, filing = PAYERS[patient.payer]
    yield f"SBR*P*18*******{filing}"
    yield f"NM1*IL*1*{patient.name}****MI*{patient.member}"
    yield "N3*1 SAMPLE AVENUE"
    yield "N4*COLUMBUS*OH*432150001"
    yield f"DMG*D8*{patient.born:%Y%m%d}*{patient.sex}"
    yield f"NM1*PR*2*{name}*****PI*{payer}"


def _claim(claim: Billed, rendering: str, taxonomy: str) -> Iterator[str]:
    total = sum(line.charge for line in claim.lines)
    yield f"CLM*{claim.number}*{total:.2f}***{claim.place}:B:{claim.frequency}*Y*A*Y*Y"
    if claim.original:
        yield f"REF*F8*{claim.original}"
    if claim.clia:
        yield "REF*X4*36D0123456"
    yield "HI*" + "*".join(f"{'ABF' if i else 'ABK'}:{dx}" for i, dx in enumerate(claim.diagnoses))
    yield f"NM1*82*1*{LAST[0]}*{FIRST[0]}****XX*{rendering}"
    yield f"PRV*PE*PXC*{taxonomy}"
    for i, line in enumerate(claim.lines, start=1):
        yield f"LX*{i}"
        yield f"SV1*HC:{line.code}*{line.charge:.2f}*{line.basis}*{line.units}***1"
        yield f"DTP*472*D8*{line.day:%Y%m%d}"
        yield f"REF*6R*{claim.number}{i:02}"
        if line.code.startswith("J"):
            yield "LIN**N4*00409379501"
            yield "CTP****1*ML"
        if line.ordered:
            yield f"NM1*DK*1*{LAST[0]}*{FIRST[0]}****XX*{rendering}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Write weekly 837P batches of the same patients, made from nothing.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("patients", type=int, nargs="?", default=20_000)
    parser.add_argument("weeks", type=int, nargs="?", default=8)
    parser.add_argument("seed", type=int, nargs="?", default=SEED)
    given = parser.parse_args()
    for path in write(given.folder, given.patients, given.weeks, given.seed):
        print(path)


if __name__ == "__main__":
    main()
