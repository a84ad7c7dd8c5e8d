"""How often what was judged once is asked again: of lines drawn at real frequencies, and of the generated batch.

A line's service is remembered with what the checks that see one service alone say of it, a claim's list of services
with what those checks over lines find that look at nothing else (``claimcheck.engine.plan``).
"""

from __future__ import annotations

import csv
import random
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from book import SHARED
from claimcheck import Checker, Claim, Line, Service, read
from claimcheck.claim import OUTPATIENT, PROFESSIONAL, Setting
from claimcheck.engine.loop import Engine
from claimcheck.message import EditMessage
from claimcheck.rulebook.opening import open_book
from generate import DAYS, FIRST_DAY, generate
from measuring import Bench
from tables import Table

CLAIMS = SHARED / "claims"
PLACES = {"asc": "24", "er": "23", "hopd_on_campus": "22", "indep_lab": "81", "inpatient": "21", "snf": "31"}
"""Places of service of the groups that the frequencies tell apart; of the others an office stands for all."""


def measure(bench: Bench) -> Table:
    path = bench.folder / "memo.837"
    generate(bench.claims, path)
    sources: dict[str, Iterable[Claim | EditMessage]] = {f"the generated batch, {bench.claims:,} claims": read(path)}
    if CLAIMS.is_dir():
        for count in (100,) if bench.quick else (20_000, 200_000):
            sources[f"{count:,} lines at real Part B frequencies, a claim each"] = part_b_lines(count)
        sources["services as they stand together on real carrier claims"] = mixes("synpuf_carrier50.csv", PROFESSIONAL)
        if not bench.quick:
            sources["the same of hospital claims"] = mixes("synpuf_outpatient10k.csv", OUTPATIENT)
    return Table(
        "What is remembered",
        "Of a batch that begins with an empty memory: in how many of 100 lines the service was judged before, and in "
        "how many of 100 claims the list of services. Part B frequencies are those of code and first modifier, and of "
        "place of service, that CMS received in 2023 (163 codes, 57.8 million services); real claims are those of "
        "DE-SynPUF, few, and without modifiers or units.",
        ("claims", "lines", "services remembered", "lists of services remembered"),
        [(name, *_rates(claims, bench.book)) for name, claims in sources.items()],
    )


def _rates(claims: Iterable[Claim | EditMessage], book: Path) -> tuple[str, str, str]:
    """Lines, and how many of 100 lines and claims were found: the engine's own two calls for what is not known
    are counted."""
    checker = Checker(open_book(book))
    services, sessions = _Counted(Engine._verdict), _Counted(Engine._session)
    with patch.object(Engine, "_verdict", services.method()), patch.object(Engine, "_session", sessions.method()):
        result = checker.judge(claims)
        deque(result, maxlen=0)
    tally = result.summary
    assert services.calls and sessions.calls
    return f"{tally.lines:,}", *(
        f"{100 * (1 - calls / of):.1f}" for calls, of in ((services.calls, tally.lines), (sessions.calls, tally.claims))
    )


class _Counted:
    """A method that counts its calls."""

    def __init__(self, method: Any) -> None:
        self._method, self.calls = method, 0

    def method(self) -> Any:
        def counting(*given: Any) -> Any:
            self.calls += 1
            return self._method(*given)

        return counting


def part_b_lines(count: int, seed: int = 2023) -> Iterator[Claim]:
    """Claims of one line, drawn at the frequencies of 2023 and spread over the days of the batch."""
    draw = random.Random(seed)
    billed = _rows("frequency.csv")
    places: dict[str, list[tuple[str, int]]] = {}
    for row in _rows("pos_frequency.csv"):
        places.setdefault(row["code"], []).append((PLACES.get(row["pos_group"], "11"), int(row["services"])))
    chosen = draw.choices(billed, [int(row["services"]) for row in billed], k=count)
    for n, row in enumerate(chosen):
        names, weights = zip(*places.get(row["code"], [("11", 1)]), strict=True)
        (place,) = draw.choices(names, weights)
        modifiers = (row["modifier"],) if row["modifier"] else ()
        service = Service(row["code"], modifiers, place_of_service=place)
        day = FIRST_DAY + timedelta(days=draw.randint(0, DAYS))
        yield Claim(f"B{n}", (Line(service, f"{day:%Y%m%d}"),), patient_id=f"P{n}")


def mixes(name: str, setting: Setting) -> Iterator[Claim]:
    """The services of real claims as they stand together, on one day. The source has no modifiers and no units."""
    together: dict[str, list[str]] = {}
    for row in _rows(name):
        together.setdefault(row["claim_id"], []).append(row["code"])
    for number, codes in together.items():
        services = (Service(code, place_of_service="11", setting=setting) for code in codes)
        yield Claim(number, tuple(Line(service, f"{FIRST_DAY:%Y%m%d}") for service in services), setting)


def _rows(name: str) -> list[dict[str, str]]:
    with (CLAIMS / name).open(newline="") as stream:
        return list(csv.DictReader(stream))
