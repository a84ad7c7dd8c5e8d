"""What a history costs: a check with one and without, and a store alone.

    python benchmarks/history.py make FOLDER [--lines N] [--patients N]
    python benchmarks/history.py check FOLDER [--lines N ...] [--rounds N] [--book PATH]
    python benchmarks/history.py append FOLDER [--url URL] [--rounds N]

``make`` writes to FOLDER a history of 10 million lines of a million patients over 24 months (`history.sqlite`, with its
`history.key`; 2 GB, some ten minutes), and batches of 25,000 to 200,000 lines of the week after, of the same patients
(`batch-100000.837`). ``check`` checks batches without the history, with it, and with it and what is remembered, by
turns, each in a process of its own; what is remembered goes to a copy. ``append`` adds 100,000 lines that are in
memory to a new store, and says how many that is in a second.

All seconds are those of the processor, of user and system.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import cache
from itertools import chain
from pathlib import Path

from claimcheck import read
from claimcheck.claim import Claim, Line, Location, Service, Setting
from claimcheck.memory.deposits import Deposit, State, Store
from claimcheck.memory.identity import Identity
from claimcheck.memory.keys import VARIABLE, Key, make_key_file, read_key
from claimcheck.memory.stores import create_history
from cost import peak_mb
from measuring import process, timed
from weeks import PAYERS, SEED, Billed, Weeks, write_batch

LINES, PATIENTS, WEEKS = 10_000_000, 1_000_000, 104
DRAWN = 20_000
BATCHES = (25_000, 50_000, 100_000, 200_000)
APPENDED = 100_000
FIRST_MONDAY = date(2022, 7, 4)
LINES_A_CLAIM = 2.84
"""Of what ``weeks`` draws, with what comes of a claim later."""
WEEKS_A_COMMIT = 13
PROFILE = "medicare_part_b"
TO_NOWHERE = ("--format", "jsonl", "--output", os.devnull, "--jobs", "1")


def make(folder: Path, lines: int, patients: int) -> None:
    """A history, and batches of the weeks after it. What some patients are billed in these weeks is drawn, and billed
    to all others too, each by the practice of their own."""
    folder.mkdir(parents=True, exist_ok=True)
    key = make_key_file(folder / "history.key")
    store = create_history(str(folder / "history.sqlite"), key)
    some = min(DRAWN, patients)
    everybody = Weeks(patients, 0, SEED)
    weeks = Weeks(some, WEEKS + 4, SEED, FIRST_MONDAY, lines / WEEKS / LINES_A_CLAIM / patients).all()
    deposits = Deposits(key)
    for month in range(0, WEEKS, WEEKS_A_COMMIT):
        with store.run(0) as run:
            for week in range(month, month + WEEKS_A_COMMIT):
                billed = [*_to_all(next(weeks), range(0, patients, some))]
                run.add(deposits.drawn(everybody, _by_practice(everybody, billed), _submitted(week)))
            run.commit({})
        print(f"week {month + WEEKS_A_COMMIT} of {WEEKS}: {deposits.lines:,} lines", file=sys.stderr)
    after = [*_to_all(chain.from_iterable(weeks), range(0, patients, some))]
    random.Random(SEED).shuffle(after)
    for size in BATCHES:
        batch = _by_practice(everybody, _cut(after, size))
        write_batch(folder / f"batch-{size}.837", everybody, batch, size, _submitted(WEEKS + 3))


def _to_all(claims: Iterable[Billed], firsts: Sequence[int]) -> Iterator[Billed]:
    """Claims, billed to patients of each group; ``firsts`` are the first of the groups."""
    for claim in claims:
        for group, first in enumerate(firsts):
            yield claim._replace(number=f"{claim.number}{group:02}", patient=first + claim.patient)


def _submitted(week: int) -> date:
    return FIRST_MONDAY + timedelta(days=7 * (week + 1))


def _by_practice(drawn: Weeks, claims: Iterable[Billed]) -> list[Billed]:
    return sorted(claims, key=lambda claim: drawn.patients[claim.patient].practice)


def _cut(claims: Iterable[Billed], lines: int) -> Iterator[Billed]:
    """The first claims that have so many lines."""
    for claim in claims:
        if lines <= 0:
            return
        lines -= len(claim.lines)
        yield claim


class Deposits:
    """Makes deposits of claims."""

    def __init__(self, key: Key) -> None:
        self._identity = Identity(key)
        self.lines = 0

    def drawn(self, drawn: Weeks, claims: Iterable[Billed], submitted: date) -> Iterator[Deposit]:
        """Those of original claims: what replaces or takes back needs a run that judges."""
        for claim in claims:
            if claim.frequency == "1":
                yield self.of(_claim(drawn, claim), submitted)

    def of(self, claim: Claim, submitted: date) -> Deposit:
        """That of a claim which is accepted."""
        identity, days = self._identity, [line.day for line in claim.lines if line.day]
        self.lines += len(claim.lines)
        patient = identity.patient(claim, PROFILE) or b""
        return Deposit(
            patient,
            identity.fingerprint(claim, patient),
            identity.place(claim, patient),
            claim.claim_id,
            identity.payer(claim.payer_id),
            claim.setting,
            PROFILE,
            claim.billing_npi,
            claim.billing_taxonomy,
            None,
            "1",
            "",
            submitted,
            min(days),
            max(days),
            State.SENT,
            claim.lines,
            b"",
            "a" * len(claim.lines),
        )


def _claim(drawn: Weeks, billed: Billed) -> Claim:
    """A claim as it is read from the 837 that ``weeks`` writes, as far as a history looks at it."""
    patient = drawn.patients[billed.patient]
    npi, taxonomy, providers = drawn.practices[patient.practice]
    return Claim(
        billed.number,
        tuple(_lines(billed, *providers[billed.provider])),
        Setting.PROFESSIONAL,
        _PLACE,
        payer_id=PAYERS[patient.payer][1],
        billing_npi=npi,
        billing_taxonomy=taxonomy,
        patient_id=patient.member,
        birth_date=f"{patient.born:%Y%m%d}",
        sex=patient.sex,
        diagnoses=billed.diagnoses,
        frequency=billed.frequency,
        payer_responsibility="P",
    )


def _lines(billed: Billed, npi: str, taxonomy: str) -> Iterator[Line]:
    for number, line in enumerate(billed.lines, start=1):
        yield Line(
            _service(line.code, line.units, line.basis, billed.place),
            f"{line.day:%Y%m%d}",
            number=str(number),
            charge=f"{line.charge:.2f}",
            pointers=("1",),
            rendering_npi=npi,
            rendering_taxonomy=taxonomy,
            ndc="00409379501" if line.code.startswith("J") else "",
        )


@cache
def _service(code: str, units: int, basis: str, place: str) -> Service:
    code, *modifiers = code.split(":")
    return Service(code, tuple(modifiers), str(units), basis, place, Setting.PROFESSIONAL, "HC")


_PLACE = Location("history", None, None, None, None)


# -- a check ---------------------------------------------------------------------------------------


def check(folder: Path, sizes: Sequence[int], rounds: int, book: str) -> None:
    """Say what batches cost without the history, with it, and with it and what is remembered."""
    copy = folder / "copy.sqlite"
    environment = {VARIABLE: str(folder / "history.key")}
    print(f"{'lines':>8}  {'':<12}{'seconds':>8}{'times':>7}{'peak MB':>9}")
    for size in sizes:
        batch = folder / f"batch-{size}.837"
        ways = {
            "without": (),
            "with it": ("--history", folder / "history.sqlite", "--remember", "none"),
            "remembered": ("--history", copy),
        }
        seconds: dict[str, list[float]] = {way: [] for way in ways}
        peaks = dict.fromkeys(ways, 0.0)
        for _ in range(rounds):
            for way, options in ways.items():
                if way == "remembered":
                    _remove(copy)
                    shutil.copy(folder / "history.sqlite", copy)
                command = [sys.executable, "-m", "claimcheck", "check", batch, *TO_NOWHERE, *options]
                cost = process([*command, *(("--rulebook", book) if book else ())], environment)
                seconds[way].append(cost.processor)
                peaks[way] = max(peaks[way], cost.peak_mb)
        for way, each in seconds.items():
            times = statistics.median(one / base for one, base in zip(each, seconds["without"], strict=True))
            print(f"{size:>8,}  {way:<12}{statistics.median(each):>8.2f}{times:>7.2f}{peaks[way]:>9.0f}", flush=True)
    _remove(copy)


def _remove(store: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        store.with_name(store.name + suffix).unlink(missing_ok=True)


# -- a store alone ---------------------------------------------------------------------------------


def append(folder: Path, url: str | None, rounds: int) -> None:
    """Say how many lines a second a store adds."""
    key = read_key(folder / "history.key")
    made = Deposits(key)
    claims = (one for one in read(folder / f"batch-{APPENDED}.837") if isinstance(one, Claim))
    deposits = [made.of(claim, _submitted(WEEKS)) for claim in claims]
    lines = made.lines
    path = folder / "append.sqlite"
    for _ in range(rounds):
        _remove(path)
        store = create_history(url or str(path), key)
        wall = time.perf_counter()
        spent = timed(lambda store=store: _add(store, deposits))
        wall = time.perf_counter() - wall
        print(f"{lines:,} lines: {lines / spent:,.0f} a second of this process, {lines / wall:,.0f} by the clock")
    if not url:
        print(f"{path.stat().st_size / lines:.1f} bytes a line, peak {peak_mb():.0f} MB")
        _remove(path)


def _add(store: Store, deposits: Sequence[Deposit]) -> None:
    with store.run(0) as run:
        for at in range(0, len(deposits), 2_000):
            run.add(deposits[at : at + 2_000])
        run.commit({})


def main() -> None:
    parser = argparse.ArgumentParser(description="Say what a history costs.")
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("make", help="a history, and batches to check with it")
    making.add_argument("--lines", type=int, default=LINES)
    making.add_argument("--patients", type=int, default=PATIENTS)
    checking = commands.add_parser("check", help="a check without it, with it, and with what is remembered")
    checking.add_argument("--lines", type=int, nargs="+", default=[100_000], choices=BATCHES)
    checking.add_argument("--book", default="")
    appending = commands.add_parser("append", help="a store alone")
    appending.add_argument("--url", help="an empty PostgreSQL database; a SQLite file where it is left out")
    for command in (making, checking, appending):
        command.add_argument("folder", type=Path)
    for command in (checking, appending):
        command.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    match given.command:
        case "make":
            make(given.folder, given.lines, given.patients)
        case "check":
            check(given.folder, given.lines, given.rounds, given.book)
        case _:
            append(given.folder, given.url, given.rounds)


if __name__ == "__main__":
    main()
