"""A recount of claim edits, to hold the checks against.

Draws random professional claims for Medicare Part B, says from the published tables alone which edits
they must raise, runs the program on the same claims and prints every difference. It shares no code with
the program: plain SQL over the rule book's tables, and Python where SQL says it badly.

    python tests/support/recount.py BOOK.sqlite [--lines 100000] [--seed 1] [--command claimcheck] [--work DIR]

The book holds the fee schedule, both MUE tables, the practitioner pairs, the add-on codes and the HCPCS
file of 2024 Q3, as `claimcheck rules add` imports CMS's files.

Sources, as the functions cite them:

RVU     CMS, National Physician Fee Schedule Relative Value File, record layout and Attachment A
NCCI    NCCI Policy Manual for Medicare, chapter I
MUE     CMS FAQ 11344, "How are claims adjudicated with MUEs?"; SE1422; NCCI chapter I
PTP     CMS, "Medicare NCCI Procedure to Procedure (PTP) Edits"; CR 11168
AOC     CMS, "Medicare NCCI Add-on Code Edits", and the AOC file
CPM     Medicare Claims Processing Manual (100-04), chapters 12, 13 and 14
GSB     MLN booklet "Global Surgery"
page#section  a section of docs/specification: order#step-5 is the fifth step of its page on the order
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import random
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple, TextIO

FIRST_DAY, LAST_DAY = date(2024, 7, 1), date(2024, 9, 30)
RECEIVED = date(2024, 12, 20)
FULL_CLAIM = 50  # service lines that an 837P claim can hold

REJECT, WARN, INFORM = "reject", "warn", "inform"
HEAVIEST_FIRST = (REJECT, WARN, INFORM)

CHECKS = (
    *("FMT-CODE", "FMT-ENDED", "FMT-FUTURE"),
    *(f"STATUS-{status}" for status in "BCEIMNPRTX"),
    *("PCTC-26", "PCTC-TC", "MULT-51", "BILAT-50", "ASST", "COSURG", "TEAM", "GLB-SPLIT"),
    *("MUE-LINE", "MUE-DOS", "MUE-ZERO", "PTP-0", "PTP-1", "PTP-WEAK", "AOC-1", "AOC-2", "AOC-3"),
)


def _codes(text: str) -> frozenset[str]:
    """The codes of a list such as "99211-99215 G0101"."""
    found: set[str] = set()
    for part in text.split():
        low, _, high = part.partition("-")
        digits = "".join(filter(str.isdigit, low))
        letter = low[: len(low) - len(digits)]
        last = int((high or low).removeprefix(letter))
        found.update(f"{letter}{number:0{len(digits)}}" for number in range(int(digits), last + 1))
    return frozenset(found)


# Codes on which 24, 25 and 57 can stand: the visits that are column 2 of nearly every minor procedure
# in the PTP table, and the other evaluation and management services.
VISITS = _codes(
    "92012 92014 99211-99215 99221-99223 99231-99236 99238 99239 99291 99292 99304-99310 99315 99316 "
    "99347-99350 92002 92004 99202-99205 99281-99285 99341-99345 99381-99397 99421-99452 99455-99499 "
    "90791 90792 G0101 G0175 G0245 G0246 G0402 G0438 G0439 G0463 G0380-G0384"
)
# Status X, and only a facility furnishes it (Addendum B: J1, J2, P, V, C).
FACILITY_ONLY = _codes(
    "G0330 77424 77425 G0379-G0384 G0463 G0129 G0176 G0410 G0411 G0175 32850 33930 33940 47133 50300 99190-99192"
)
# Unlisted procedures, the "xxx99" codes and those numbered otherwise: priced by report.
UNLISTED = _codes(
    "15999 17999 19499 20999 21089 21299 21499 21899 22899 22999 23929 24999 25999 26989 27299 27599 27899 "
    "28899 29799 29999 30999 31299 31599 31899 32999 33999 36299 37501 37799 38129 38589 38999 39499 39599 "
    "40799 40899 41599 41899 42299 42699 42999 43289 43499 43659 43999 44238 44799 44899 44979 45399 45499 "
    "45999 46999 47379 47399 47579 47999 48999 49329 49659 49999 50549 50949 51999 53899 54699 55559 55899 "
    "58578 58579 58679 58999 59897-59899 60659 60699 64999 66999 67299 67399 67599 67999 68399 68899 69399 "
    "69799 69949 69979 76496-76499 76999 77299 77399 77499 77799 78099 78199 78299 78399 78499 78599 78699 "
    "78799 78999 79999 81099 81479 81599 84999 85999 86486 86849 86999 87999 88099 88199 88299 88399 88749 "
    "89240 89398 90399 90749 90899 90999 91299 92499 92700 93799 93998 94799 95199 95999 96379 96549 96999 "
    "97039 97139 97799 99199 99429 99499 99600"
)
DISTINCT = frozenset({"59", "XE", "XS", "XP", "XU"})
RETURNS = frozenset({"58", "78", "79"})
VISIT_MODIFIERS = frozenset({"24", "25", "57"})
CORONARY = frozenset({"LC", "LD", "RC", "LM", "RI"})
SITES = frozenset(
    {f"E{n}" for n in "1234"} | {f"{limb}{n}" for limb in "FT" for n in "A123456789"} | {"LT", "RT"}
) | CORONARY  # fmt: skip

# --------------------------------------------------------------------------------------------------
# the rule book


def open_book(path: Path) -> sqlite3.Connection:
    """The rule book, read-only, with memory for tables of our own."""
    book = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    book.executescript("PRAGMA temp_store = MEMORY; PRAGMA cache_size = -200000;")
    return book


def _number(day: date) -> int:
    """A day as the rule book writes it: CCYYMMDD."""
    return int(day.strftime("%Y%m%d"))


# The release of pairs in force in the quarter. A book may hold others.
IN_QUARTER = f"""in_table = 'ptp_practitioner' AND replaced_by IS NULL
    AND release.first <= {_number(LAST_DAY)} AND release.last >= {_number(FIRST_DAY)}"""
# The view `pair`, its tables in an order that serves the column-2 codes of one column-1 code: each is written
# with the number of its term (indicator and dates).
PAIR = """pairs CROSS JOIN json_each(column2s) AS item
    CROSS JOIN pair_term ON pair_term.release = pairs.release AND term = CAST(substr(item.value, 7) AS INTEGER)"""


# --------------------------------------------------------------------------------------------------
# claims drawn at random

PLACES = {
    "11": 40, "21": 12, "22": 14, "23": 6, "24": 8, "31": 5, "19": 4, "12": 3, "81": 3, "02": 1, "32": 2, "61": 1,
    "49": 1,
}  # fmt: skip
MODIFIERS: dict[str, float] = {
    "26": 9, "TC": 7, "50": 9, "51": 8, "52": 2, "53": 3, "54": 5, "55": 5, "56": 3, "57": 2, "58": 3,
    "59": 6, "62": 6, "66": 5, "76": 3, "77": 2, "78": 3, "79": 3, "80": 6, "81": 2, "82": 3, "AS": 5,
    "LT": 7, "RT": 7, "E1": 1, "E2": 1, "E3": 1, "E4": 1, "FA": 1, "F1": 1, "F2": 1, "F3": 1, "F5": 1,
    "F9": 1, "TA": 1, "T1": 1, "T4": 1, "T5": 1, "T9": 1, "XE": 2, "XS": 2, "XP": 1, "XU": 2, "24": 2,
    "25": 6, "27": 1, "91": 2, "LC": 1, "RC": 1, "GY": 4, "GA": 2, "GX": 1, "GZ": 1, "22": 2, "KX": 1, "GP": 1,
    "Q6": 1,
}  # fmt: skip
# What a biller might try on column 1 and on column 2 of a pair.
PAIRED_MODIFIERS = (
    ("", ""), ("", ""), ("", ""), ("", "59"), ("59", ""), ("", "XE"), ("", "XS"), ("XU", ""), ("", "XP"),
    ("LT", "LT"), ("LT", "RT"), ("LT", ""), ("", "RT"), ("F1", "F2"), ("F1", "F1"), ("TA", "T5"), ("T5", "T5"),
    ("50", "LT"), ("RT", "50"), ("50", "50"), ("50", ""), ("", "25"), ("25", ""), ("", "57"), ("57", ""),
    ("", "24"), ("", "58"), ("58", ""), ("78", "78"), ("78", "79"), ("79", ""), ("79", "79"), ("", "91"),
    ("91", ""), ("", "76"), ("77", ""), ("51", ""), ("", "51"), ("", "22"), ("LT", "LT|59"), ("LT|XE", "LT"),
    ("RT|XS", "RT"), ("LT", "LT|XU"), ("RT", "RT|XP"), ("26", ""), ("26", "26"), ("26", "26|59"), ("", "TC"),
    ("80", "80"), ("62", "62"), ("", "GY"), ("GY", ""), ("", "GA"), ("LT|RT", "LT"), ("50|LT", "RT"), ("LT", "F1"),
    ("E1", "E3"), ("E1", "E1"), ("E2", ""), ("", "27"), ("25", "25"), ("", "25|59"), ("59", "25"), ("LT", "25"),
    ("55", "55"), ("LT|78", "LT"), ("LT", "RT|59"), ("", "52"), ("53", ""), ("50", "F1"), ("50", "RT|59"), ("50", "59"),
    ("50|LT", "RT|59"), ("50|LT", "50"), ("E1|59", "E1"), ("59", "XP"), ("XP|59", ""), ("", "XP|XS"), ("58", "58|LT"),
    ("LT", "E1"), ("RT", "TA"), ("78", "78|79"), ("91|LT", "LT"), ("24|59", "79"), ("58", "25"), ("XE|LT", "LT|XS"),
    ("LT", "RT|XP"), ("LC", "RC"), ("LD", "LD|59"), ("LM", ""), ("50|LC", "RC"),
)  # fmt: skip


class Line(NamedTuple):
    """A claim line as drawn. `modifiers` are joined by |; a `npi` of "" leaves the billing provider.

    A `taxonomy` of "" is one that the claim does not tell.
    """

    claim_id: str
    line_number: int
    code: str
    modifiers: str
    units: str
    npi: str
    taxonomy: str
    place: str
    from_date: date
    to_date: date
    charge: str


def npi_with_check_digit(nine: str) -> str:
    """Nine digits and the Luhn digit that an NPI bears, computed over 80840 and the number."""
    total = 0
    for position, digit in enumerate(reversed("80840" + nine)):
        number = int(digit) * (2 if position % 2 == 0 else 1)
        total += number - 9 if number > 9 else number
    return nine + str(-total % 10)


BILLING_NPI = npi_with_check_digit("100000001")
BILLING_TAXONOMY = "207Q00000X"  # family medicine
# Internal medicine, surgery; nurse practitioner, physician assistant, clinical nurse specialist; not told.
TAXONOMIES = ("207R00000X", "208600000X", "363L00000X", "363A00000X", "364S00000X", "", "", "")


def draw(book: sqlite3.Connection, seed: int, lines: int) -> list[Line]:
    """Random claims, at least `lines` lines, the same for the same book and seed."""
    return list(_Drawing(book, seed).claims(lines))


class _Drawing:
    """Draws claims of several kinds from what the rule book lists."""

    def __init__(self, book: sqlite3.Connection, seed: int) -> None:
        self.book = book
        self.random = random.Random(seed)
        self.npis = [npi_with_check_digit(f"1{self.random.randrange(10**8):08}") for _ in range(400)]
        self.taxonomies = {npi: self.random.choice(TAXONOMIES) for npi in self.npis}
        day = _number(FIRST_DAY)
        # A table of its own: asked some sixty times, in a book that may hold many years.
        fee = "temp.fee_of_quarter"
        book.execute(f"DROP TABLE IF EXISTS {fee}")
        book.execute(
            f"""CREATE TEMP TABLE fee_of_quarter AS SELECT fee.* FROM fee JOIN release ON fee.release = release.id
            WHERE in_table = 'fee_schedule' AND replaced_by IS NULL AND {day} BETWEEN release.first AND release.last"""
        )
        aoc = "(SELECT * FROM add_on JOIN release ON add_on.release = release.id WHERE replaced_by IS NULL)"
        self.priced: list[str] = self._column(f"SELECT DISTINCT code FROM {fee} ORDER BY 1")
        priced = set(self.priced)
        # Classes that a draw over all codes would seldom meet.
        self.classes: list[list[str]] = [
            self._column(f"SELECT DISTINCT code FROM {fee} WHERE {condition} ORDER BY 1")
            for column in ("status", "pctc", "global_days", "multiple", "bilateral", "assistant", "co_surgeon", "team")
            for condition in self._column(f"SELECT DISTINCT '{column} = ''' || {column} || '''' FROM {fee} ORDER BY 1")
        ]
        self.classes += [
            sorted(FACILITY_ONLY & priced),
            sorted(VISITS & priced),
            self._column(f"SELECT DISTINCT code FROM {fee} WHERE modifier = '53' ORDER BY 1"),
            self._column(
                f"""SELECT code FROM {fee} GROUP BY code
                HAVING count(DISTINCT status) > 1 OR count(DISTINCT bilateral) > 1 OR count(DISTINCT pctc) > 1
                ORDER BY 1"""
            ),
            *(
                self._column(
                    f"""SELECT DISTINCT mue.code FROM mue JOIN release ON mue.release = release.id
                    WHERE in_table = 'mue_practitioner' AND {day} BETWEEN release.first AND release.last
                        AND replaced_by IS NULL AND {condition} ORDER BY 1"""
                )
                for condition in ("mai = 1", "mai = 2 AND units = 0", "mai = 3 AND units = 0", "mai = 2", "mai = 3")
            ),
            # What ended shortly before the quarter or within it, and what began within it or shortly after.
            *(
                self._column(f"SELECT DISTINCT code FROM code WHERE {dates} ORDER BY 1")
                for dates in (
                    f"ended BETWEEN {_number(FIRST_DAY - timedelta(200))} AND {_number(LAST_DAY)}",
                    f"added BETWEEN {day} AND {_number(LAST_DAY + timedelta(100))}",
                )
            ),
        ]
        (self.pairs,) = self._column(f"SELECT id FROM release WHERE {IN_QUARTER}")
        self.eligible = self._column(f"SELECT DISTINCT column1 FROM pairs WHERE release = {self.pairs} ORDER BY 1")
        self.classes.append(sorted(priced.intersection(self.eligible)))
        self.classes = [codes for codes in self.classes if codes]
        self.limited = self._column(
            f"""SELECT DISTINCT mue.code FROM mue JOIN release ON mue.release = release.id
            WHERE in_table = 'mue_practitioner' AND {day} BETWEEN release.first AND release.last
                AND replaced_by IS NULL AND mue.units BETWEEN 1 AND 6 ORDER BY 1"""
        )
        self.at_times_paid = self._column(f"SELECT DISTINCT code FROM {fee} WHERE status = 'T' ORDER BY 1")
        self.add_ons: dict[str, list[str]] = defaultdict(list)
        for code, primary in book.execute(f"SELECT DISTINCT code, primary_code FROM {aoc} ORDER BY 1, 2"):
            self.add_ons[code].append(primary)
        self.valid_add_ons = sorted(self.add_ons.keys() & priced)
        self.rare_add_ons = self._column(f"SELECT DISTINCT code FROM {aoc} WHERE type <> '1' ORDER BY 1")
        self.infusions = [code for code in self.valid_add_ons if "96360" <= code <= "96549"]

    def _column(self, query: str) -> list[Any]:
        return [row[0] for row in self.book.execute(query)]

    def claims(self, lines: int) -> Iterator[Line]:
        kinds: dict[Callable[[], list[tuple[str, str]]], tuple[float, float, float]] = {
            # how often; how often its lines differ in day, and in provider
            self._mixed: (34, 0.15, 0.2),
            self._pair: (30, 0.15, 0.2),
            self._visit_pair: (5, 0.15, 0.2),
            self._add_on: (18, 0.15, 0.2),
            self._critical_care: (1.5, 0.15, 0.7),
            self._overnight: (1, 0.8, 0.2),
            self._repeats: (10, 0.15, 0.2),
            self._alone: (3, 0.15, 0.2),
            self._full: (0.1, 0.15, 0.2),
        }
        weights = [weight for weight, _, _ in kinds.values()]
        written = number = 0
        while written < lines:
            number += 1
            (kind,) = self.random.choices(list(kinds), weights)
            for line in self._dress(f"R{number:06}", kind(), *kinds[kind][1:]):
                yield line
                written += 1

    def _dress(
        self, claim_id: str, services: Sequence[tuple[str, str]], days_differ: float, several: float
    ) -> Iterator[Line]:
        """Services (code, modifiers) as lines of one claim: who, when, where, how much."""
        chance = self.random.random
        day = FIRST_DAY + timedelta(self.random.randrange((LAST_DAY - FIRST_DAY).days + 1))
        who = self.random.choice(self.npis) if chance() < 0.8 else ""
        others = [who, self.random.choice(self.npis), ""] if chance() < several else [who]
        days = (0, 0, 1, -1, 3) if chance() < days_differ else (0,)
        told = chance() < 0.6
        place = self._weighted(PLACES)
        for number, (code, modifiers) in enumerate(services, 1):
            start = max(min(day + timedelta(self.random.choice(days)), LAST_DAY), FIRST_DAY)
            end = min(start + timedelta(self.random.randint(1, 5)), LAST_DAY) if chance() < 0.03 else start
            npi = self.random.choice(others)
            if npi == "" and chance() < 0.3:
                npi = BILLING_NPI
            yield Line(
                claim_id, number, code, modifiers, self._units(), npi, self.taxonomies.get(npi, "") if told else "",
                place, start, end, self.random.choice(("0.00", "0.01")) if chance() < 0.03 else "100.00",
            )  # fmt: skip

    def _weighted(self, weights: Mapping[str, float]) -> str:
        return self.random.choices(list(weights), list(weights.values()))[0]

    def _units(self) -> str:
        drawn = self.random.random()
        if drawn < 0.75:
            return "1"
        if drawn < 0.765:
            return self.random.choice(("0", "0.5"))
        return str(min(12, 2 + int(self.random.expovariate(0.45))))

    def _modifiers(self) -> str:
        count = self.random.choices((0, 1, 2, 3), (35, 42, 17, 6))[0]
        chosen: list[str] = []
        while len(chosen) < count:
            modifier = self._weighted(MODIFIERS)
            if modifier not in chosen:
                chosen.append(modifier)
        return "|".join(chosen)

    def _code(self) -> str:
        drawn = self.random.random()
        if drawn < 0.45:
            return self.random.choice(self.priced)
        if drawn < 0.99:
            return self.random.choice(self.random.choice(self.classes))
        return self.random.choice(list(self.add_ons))  # may have ended, or be yet to come

    def _mixed(self) -> list[tuple[str, str]]:
        """Codes and modifiers with nothing to do with each other."""
        return [(self._code(), self._modifiers()) for _ in range(self.random.randint(1, 6))]

    def _pair(self) -> list[tuple[str, str]]:
        """Both codes of a published pair, in either order, at times one of them twice."""
        return self._try_modifiers(*self._published(self._weighted({"never": 3, "modifier": 8, "ended": 2})))

    def _visit_pair(self) -> list[tuple[str, str]]:
        """A visit that bundles into a procedure."""
        return self._try_modifiers(*self._published("visit"))

    def _published(self, kind: str) -> tuple[str, str]:
        """A published pair of some kind; any, where the table has (nearly) none."""
        day = _number(FIRST_DAY)
        for _ in range(20):
            column1 = self.random.choice(self.eligible)
            rows = self.book.execute(
                f"""SELECT substr(item.value, 1, 5), indicator, first, last FROM {PAIR}
                WHERE pairs.release = ? AND column1 = ? ORDER BY 1, 3""",
                (self.pairs, column1),
            ).fetchall()
            chosen = [
                column2
                for column2, indicator, first, last in rows
                if (kind == "visit" and column2 in VISITS)
                or (kind == "never" and indicator == "0" and first <= day <= last)
                or (kind == "modifier" and indicator == "1" and first <= day <= last)
                or (kind == "ended" and not (indicator in ("0", "1") and first <= day <= last))
            ]
            if chosen:
                return column1, self.random.choice(chosen)
        return column1, self.random.choice(rows)[0]

    def _try_modifiers(self, column1: str, column2: str) -> list[tuple[str, str]]:
        first, second = self.random.choice(PAIRED_MODIFIERS)
        services = [(column1, first), (column2, second)]
        if self.random.random() < 0.25:
            services.append((self.random.choice((column1, column2)), self._modifiers()))
        if self.random.random() < 0.2:
            services.append((self._code(), self._modifiers()))
        self.random.shuffle(services)
        return services

    def _add_on(self) -> list[tuple[str, str]]:
        """An add-on code with a listed primary, another add-on's, something else, or alone."""
        pool = self.rare_add_ons if self.random.random() < 0.25 else self.valid_add_ons
        code = self.random.choice(pool)
        services = [(code, self._modifiers() if self.random.random() < 0.4 else "")]
        drawn = self.random.random()
        if drawn < 0.5:
            primary = self.random.choice(self.add_ons[code])
            if primary != "CCCCC":
                services.append((primary, self._modifiers() if self.random.random() < 0.3 else ""))
        elif drawn < 0.75:
            services.append((self._code(), self._modifiers()))
        while self.random.random() < 0.2 and len(services) < 6:
            services.append((self.random.choice(self.valid_add_ons), ""))
        self.random.shuffle(services)
        return services

    def _critical_care(self) -> list[tuple[str, str]]:
        """Critical care of the first hour and of more, at times with what bundles it."""
        services = [("99292", ""), *[("99291", "")] * self.random.choice((0, 1, 1, 1, 2))]
        services += [(self._code(), self._modifiers()) for _ in range(self.random.choice((0, 0, 1)))]
        self.random.shuffle(services)
        return services

    def _overnight(self) -> list[tuple[str, str]]:
        """An infusion or critical care that may have begun on the day before."""
        code = self.random.choice([*self.infusions, "99292"])
        primary = self.random.choice(self.add_ons[code])
        return [(code, ""), (primary, "GY" if self.random.random() < 0.1 else "")]

    def _full(self) -> list[tuple[str, str]]:
        """As many lines as a claim can hold, or one less."""
        lines = self.random.choice((FULL_CLAIM - 1, FULL_CLAIM))
        codes = [self.random.choice(self.valid_add_ons if n % 2 else self.priced) for n in range(lines - 2)]
        return [("99292", ""), (self.random.choice(self.rare_add_ons), ""), *((code, "") for code in codes)]

    def _repeats(self) -> list[tuple[str, str]]:
        """One code over several lines."""
        code = self.random.choice(self.limited) if self.random.random() < 0.6 else self._code()
        return [(code, self._modifiers()) for _ in range(self.random.randint(2, 5))]

    def _alone(self) -> list[tuple[str, str]]:
        """Codes that are paid only where nothing else is, alone or with company."""
        code = self.random.choice(self.at_times_paid)
        company = [(self._code(), "") for _ in range(self.random.choice((0, 1, 1, 2)))]
        if self.random.random() < 0.3:
            company.append((self.random.choice(self.at_times_paid), ""))
        return [(code, self._modifiers() if self.random.random() < 0.3 else ""), *company]


def write(lines: Iterable[Line], path: Path) -> None:
    """The claims as CSV, every claim with a patient of its own."""
    with path.open("w", newline="", encoding="utf-8") as out:
        table: csv.DictWriter[str] | None = None
        for line in lines:
            row = {
                "claim_id": line.claim_id,
                "line_number": line.line_number,
                "setting": "professional",
                "billing_npi": BILLING_NPI,
                "billing_taxonomy": BILLING_TAXONOMY,
                "rendering_npi": line.npi,
                "rendering_taxonomy": line.taxonomy,
                "patient_id": "P" + line.claim_id,
                "place_of_service": line.place,
                "from_date": line.from_date.isoformat(),
                "to_date": line.to_date.isoformat(),
                "received_date": RECEIVED.isoformat(),
                "code": line.code,
                "modifiers": line.modifiers,
                "units": line.units,
                "charge": line.charge,
                "diagnoses": "C50912",
                "pointers": "1",
            }
            if table is None:
                table = csv.DictWriter(out, list(row), lineterminator="\n")
                table.writeheader()
            table.writerow(row)


# --------------------------------------------------------------------------------------------------
# what the tables say

Edit = tuple[str, int, str, str]  # claim_id, line_number, check, severity


def expected(book: sqlite3.Connection, claims: Sequence[Line]) -> set[Edit]:
    """The edits that the published tables demand for these claims."""
    _load(book, claims)
    for edits in (_status, _components, _surgery, _units, _bundles, _add_on_codes):
        edits(book)
    return set(
        book.execute(
            """SELECT DISTINCT claim_id, line_number, "check", severity
            FROM edit JOIN line ON line.id = edit.line"""
        )
    )


def _load(book: sqlite3.Connection, claims: Sequence[Line]) -> None:
    """Temp tables: the lines, their modifiers, days and the releases that govern them; what is priced.

    Lines are `together` where they are one provider's and share a day: one that spans days was rendered
    on each of them (pairs#when-a-pair-holds, add-ons#match). A line's own tables are those of its from date
    (claim-data#dates).

    `priced` has the fee-schedule row of each line: that of the pricing modifier billed (26, TC, 53)
    where the file has one, else the one without modifier; every row has its own status and indicators
    (RVU: one record for each unique combination of procedure code and modifier).

    A line whose code ended before its day by the newest HCPCS file that has it is FMT-ENDED, one whose code begins
    later FMT-FUTURE, whatever other list has the code (claim-data#codes-and-their-days). Else a code is valid that is
    in that file, or on the fee schedule of its day, be it for one modifier alone; one that is in neither is FMT-CODE.
    No table judges these three (order#step-1): such a line is in `line` with valid = 0. Proprietary and multianalyte
    laboratory codes (ending in U and M) are in neither file, and category III codes and vaccine administrations (T
    and A) have to be missing in an Addendum B of the day too, which the book has not: their absence proves nothing
    (claim-data#codes-and-their-days).

    `laboratory` are the tests that 91 can repeat (pairs#modifiers-of-pairs): 80047 to 89398, the proprietary and
    multianalyte ones, those of Level II for which the HCPCS file asks a laboratory certification (and G0567,
    a test since 2024-06-27 of which it does not say so yet), and 36415.
    """
    book.executescript(
        """
        DROP TABLE IF EXISTS temp.edit;
        CREATE TEMP TABLE edit (line INTEGER, "check" TEXT, severity TEXT, hard INTEGER);
        CREATE INDEX temp.edit_by_line ON edit (line, hard);
        DROP TABLE IF EXISTS temp.line;
        CREATE TEMP TABLE line (
            id INTEGER PRIMARY KEY, claim_id TEXT, line_number INTEGER, code TEXT, modifiers TEXT, npi TEXT,
            taxonomy TEXT, day INTEGER, last_day INTEGER, before INTEGER, days INTEGER, units REAL, charge REAL,
            valid INTEGER, laboratory INTEGER
        );
        DROP TABLE IF EXISTS temp.billed;
        CREATE TEMP TABLE billed (line INTEGER, place INTEGER, modifier TEXT);
        DROP TABLE IF EXISTS temp.line_day;
        CREATE TEMP TABLE line_day (line INTEGER, day INTEGER);
        """
    )
    for number, line in enumerate(claims):
        days = (line.to_date - line.from_date).days + 1
        book.execute(
            "INSERT INTO line VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)",
            (
                *(number, line.claim_id, line.line_number, line.code, line.modifiers),
                *(line.npi or BILLING_NPI, line.taxonomy if line.npi else BILLING_TAXONOMY),
                *(_number(line.from_date), _number(line.to_date), _number(line.from_date - timedelta(1)), days),
                *(float(line.units), float(line.charge)),
            ),
        )
        book.executemany(
            "INSERT INTO billed VALUES (?, ?, ?)",
            [(number, place, modifier) for place, modifier in enumerate(line.modifiers.split("|")) if modifier],
        )
        book.executemany(
            "INSERT INTO line_day VALUES (?, ?)",
            [(number, _number(line.from_date + timedelta(later))) for later in range(days)],
        )
    book.executescript(
        """
        CREATE INDEX temp.line_by_claim ON line (claim_id);
        CREATE INDEX temp.billed_by_line ON billed (line, modifier);
        CREATE INDEX temp.line_day_by_line ON line_day (line);
        DROP TABLE IF EXISTS temp.governs;
        CREATE TEMP TABLE governs AS SELECT day, in_table, id AS release FROM (
            SELECT day, in_table, release.id,
                row_number() OVER (PARTITION BY day, in_table ORDER BY published DESC, release.id DESC) AS rank
            FROM (SELECT DISTINCT day FROM line_day) JOIN release ON day BETWEEN release.first AND release.last
            WHERE replaced_by IS NULL
        ) WHERE rank = 1;
        CREATE INDEX temp.governs_by_table ON governs (in_table, day);
        DROP TABLE IF EXISTS temp.dated;
        CREATE TEMP TABLE dated AS SELECT code, added, ended FROM (
            SELECT code.code, added, ended,
                row_number() OVER (PARTITION BY code.code ORDER BY published DESC, release.id DESC) AS rank
            FROM code JOIN release ON release.id = code.release WHERE replaced_by IS NULL
        ) WHERE rank = 1;
        CREATE INDEX temp.dated_by_code ON dated (code);
        INSERT INTO edit SELECT line.id, CASE WHEN ended < day THEN 'FMT-ENDED' ELSE 'FMT-FUTURE' END, 'reject', 1
            FROM line JOIN dated USING (code) WHERE ended < day OR added > day;
        UPDATE line SET valid = 1 WHERE id NOT IN (SELECT line FROM edit) AND (
            EXISTS (SELECT 1 FROM dated WHERE dated.code = line.code)
            OR code GLOB '[0-9][0-9][0-9][0-9][AMTU]'
            OR EXISTS (
                SELECT 1 FROM governs JOIN fee USING (release)
                WHERE in_table = 'fee_schedule' AND governs.day = line.day AND fee.code = line.code
                    AND line.day BETWEEN fee.first AND fee.last
            )
        );
        UPDATE line SET laboratory = 1 WHERE (code NOT GLOB '*[^0-9]*' AND code BETWEEN '80047' AND '89398')
            OR code IN ('36415', 'G0567') OR code GLOB '[0-9][0-9][0-9][0-9][MU]' OR EXISTS (
            SELECT 1 FROM governs JOIN code USING (release)
            WHERE in_table = 'codes' AND governs.day = line.day AND code.code = line.code AND laboratory <> ''
        );
        INSERT INTO edit SELECT id, 'FMT-CODE', 'reject', 1 FROM line
            WHERE NOT valid AND id NOT IN (SELECT line FROM edit);
        DROP TABLE IF EXISTS temp.fee_of_day;
        CREATE TEMP TABLE fee_of_day AS
            SELECT line.id AS line, fee.* FROM line
            JOIN governs ON in_table = 'fee_schedule' AND governs.day = line.day
            JOIN fee ON fee.release = governs.release AND fee.code = line.code
                AND line.day BETWEEN fee.first AND fee.last
            WHERE valid;
        CREATE INDEX temp.fee_of_day_by_line ON fee_of_day (line, modifier);
        DROP TABLE IF EXISTS temp.priced;
        CREATE TEMP TABLE priced AS
            SELECT fee_of_day.* FROM fee_of_day WHERE modifier = coalesce((
                SELECT billed.modifier FROM billed JOIN fee_of_day AS own
                    ON own.line = billed.line AND own.modifier = billed.modifier
                WHERE billed.line = fee_of_day.line AND billed.modifier IN ('26', 'TC', '53')
                ORDER BY place LIMIT 1
            ), '');
        CREATE INDEX temp.priced_by_line ON priced (line);
        -- Lines of one claim by one provider that share a day: each claim is another patient's.
        DROP TABLE IF EXISTS temp.together;
        CREATE TEMP TABLE together AS
            SELECT a.id AS line, b.id AS other FROM line AS a
            JOIN line AS b ON a.claim_id = b.claim_id AND a.id <> b.id AND a.npi = b.npi
                AND a.day <= b.last_day AND b.day <= a.last_day;
        CREATE INDEX temp.together_by_line ON together (line);
        """
    )


def _status(book: sqlite3.Connection) -> None:
    """STATUS-x: the fee schedule's status code (RVU Attachment A).

    B always bundled, P bundled or excluded, I not valid for Medicare: reject. N not covered: reject
    unless GY says that a denial is wanted. R restricted coverage: warn. C priced by the contractor:
    inform, unlisted codes (xxx99) warn. M, and I codes that end in F (performance measures), report
    only: inform, warn where charged (status, status#status-i). 99024 is B, reported for data collection at no charge
    (more than a cent: reject as any other, status#status-b). T paid only if nothing else payable under the schedule is
    billed that day (by the from dates) by the same provider: reject beside A, R or C; beside other T lines
    alone warn. X: without an Addendum B for the day only the closed list of facility services can be judged:
    reject (status#x-and-e-by-the-opps-status-indicator). GY wants the denial: E, I, N, P and X inform (status); a B
    code is not denied but bundled, and GY changes nothing.
    """
    facility_only, unlisted = (", ".join(f"'{code}'" for code in sorted(codes)) for codes in (FACILITY_ONLY, UNLISTED))
    book.executescript(
        f"""
        INSERT INTO edit SELECT line.id, 'STATUS-' || status, severity, severity = 'reject' AND status <> 'N' FROM (
            SELECT *, CASE
                WHEN status = 'B' AND line.code = '99024' AND charge <= 0.01 THEN 'inform'
                WHEN status IN ('E', 'I', 'N', 'P', 'X') AND gy AND line.code NOT LIKE '%F' THEN 'inform'
                WHEN status IN ('B', 'N', 'P') THEN 'reject'
                WHEN status = 'I' AND line.code NOT LIKE '%F' THEN 'reject'
                WHEN status IN ('I', 'M') THEN CASE WHEN charge > 0.01 THEN 'warn' ELSE 'inform' END
                WHEN status = 'R' THEN 'warn'
                WHEN status = 'C' THEN CASE WHEN line.code IN ({unlisted}) THEN 'warn' ELSE 'inform' END
                WHEN status = 'X' AND line.code IN ({facility_only}) THEN 'reject'
                WHEN status = 'T' AND EXISTS (
                    SELECT 1 FROM together JOIN line AS beside ON beside.id = other AND beside.day = line.day
                    JOIN priced AS paid ON paid.line = other
                    WHERE together.line = line.id AND paid.status IN ('A', 'R', 'C')
                ) THEN 'reject'
                WHEN status = 'T' AND EXISTS (
                    SELECT 1 FROM together JOIN line AS beside ON beside.id = other AND beside.day = line.day
                    JOIN priced AS paid ON paid.line = other
                    WHERE together.line = line.id AND paid.status = 'T'
                ) THEN 'warn'
            END AS severity
            FROM (
                SELECT *, EXISTS (SELECT 1 FROM billed WHERE billed.line = line.id AND modifier = 'GY') AS gy FROM line
            ) AS line JOIN priced ON priced.line = line.id
        ) AS line WHERE severity IS NOT NULL;
        """
    )


def _components(book: sqlite3.Connection) -> None:
    """PCTC-26, PCTC-TC: 26 stands with PC/TC indicators 1 and 6, TC with 1 (RVU Attachment A; components)."""
    book.executescript(
        """
        INSERT INTO edit SELECT line, 'PCTC-' || modifier, 'reject', 0 FROM (
            SELECT billed.line, billed.modifier, (
                SELECT pctc FROM fee_of_day WHERE fee_of_day.line = billed.line
                    AND fee_of_day.modifier IN (billed.modifier, '') ORDER BY fee_of_day.modifier DESC LIMIT 1
            ) AS pctc FROM billed WHERE modifier IN ('26', 'TC')
        ) WHERE pctc <> '1' AND NOT (pctc = '6' AND modifier = '26');
        """
    )


def _surgery(book: sqlite3.Connection) -> None:
    """MULT-51, BILAT-50, ASST, COSURG, TEAM, GLB-SPLIT: a modifier against the indicator of its row.

    RVU Attachment A for all. 51: no biller of Medicare needs it (inform); where no multiple-procedure
    concept applies (9), and on add-on codes, of the add-on list or of global days ZZZ, it is wrong: warn
    (surgery#multiple-procedures). 50: not with 0, 2 and 9; with a site of one eyelid or digit warn
    (surgery#bilateral-9). Assistants: 0 only with documentation, 1 never, 2 paid, 9 no concept. AS is not a
    physician's, and 80, 81 and 82 are no nurse practitioner's, physician assistant's or clinical nurse specialist's;
    some payers want both (surgery#assistants): warn by the taxonomy of the one who renders, where the claim tells it
    and only one of them stands; where nobody is named the billing provider renders. The scale of co-surgeons and
    teams runs the other way: 0 never, 1 documentation, 2 paid (two specialties; teams by report), 9 no concept
    (surgery#co-surgeons-and-teams). 54, 55 and 56 divide 10- and 90-day globals (GSB; global-periods#global-days); 56
    is rarely paid; YYY is the contractor's; ZZZ has no postoperative care of its own.
    """
    _asked(book)
    book.executescript(
        """
        INSERT INTO edit SELECT line, 'MULT-51', CASE
            WHEN multiple = '9' OR global_days = 'ZZZ' OR EXISTS (
                SELECT 1 FROM add_on_of_day WHERE add_on_of_day.line = asked.line
            ) THEN 'warn' ELSE 'inform' END, 0
        FROM asked WHERE billed = '51';

        INSERT INTO edit SELECT line, 'BILAT-50', 'reject', 0
        FROM asked WHERE billed = '50' AND bilateral IN ('0', '2', '9');

        INSERT INTO edit SELECT line, 'ASST', CASE assistant WHEN '0' THEN 'warn' ELSE 'reject' END, 0
        FROM asked WHERE billed IN ('80', '81', '82', 'AS') AND assistant IN ('0', '1', '9');

        INSERT INTO edit SELECT line.id, 'ASST', 'warn', 0
        FROM line JOIN billed AS own ON own.line = line.id
        WHERE valid AND (
            own.modifier = 'AS' AND taxonomy LIKE '20%' AND NOT EXISTS (
                SELECT 1 FROM billed WHERE billed.line = line.id AND billed.modifier IN ('80', '81', '82')
            ) OR own.modifier IN ('80', '81', '82') AND (
                taxonomy LIKE '363L%' OR taxonomy LIKE '363A%' OR taxonomy LIKE '364S%'
            ) AND NOT EXISTS (SELECT 1 FROM billed WHERE billed.line = line.id AND billed.modifier = 'AS')
        );

        INSERT INTO edit SELECT asked.line, 'BILAT-50', 'warn', 0
        FROM asked JOIN billed AS site ON site.line = asked.line
        WHERE asked.billed = '50' AND (site.modifier GLOB 'E[1-4]' OR site.modifier GLOB '[FT][A0-9]');

        INSERT INTO edit
        SELECT line, 'COSURG', CASE co_surgeon WHEN '1' THEN 'warn' WHEN '2' THEN 'inform' ELSE 'reject' END, 0
        FROM asked WHERE billed = '62' AND co_surgeon IN ('0', '1', '2', '9');

        INSERT INTO edit SELECT line, 'TEAM', CASE WHEN team IN ('1', '2') THEN 'warn' ELSE 'reject' END, 0
        FROM asked WHERE billed = '66' AND team IN ('0', '1', '2', '9');

        INSERT INTO edit SELECT line, 'GLB-SPLIT', severity, 0 FROM (
            SELECT line, CASE
                WHEN global_days IN ('000', 'MMM', 'XXX') THEN 'reject'
                WHEN global_days = 'ZZZ' THEN CASE billed WHEN '54' THEN 'warn' ELSE 'reject' END
                WHEN global_days = 'YYY' THEN 'warn'
                WHEN global_days IN ('010', '090') AND billed = '56' THEN 'warn'
            END AS severity FROM asked WHERE billed IN ('54', '55', '56')
        ) WHERE severity IS NOT NULL;
        """
    )


def _asked(book: sqlite3.Connection) -> None:
    """Temp tables `asked` (fee-schedule row by modifier billed) and `add_on_of_day`.

    An add-on row is active from its effective day to its deletion day, both included, never where these
    are one day; a note may limit it to practitioners or facilities (AOC).
    """
    book.executescript(
        """
        DROP TABLE IF EXISTS temp.asked;
        CREATE TEMP TABLE asked AS SELECT billed.modifier AS billed, priced.*
            FROM billed JOIN priced ON priced.line = billed.line;
        DROP TABLE IF EXISTS temp.add_on_of_day;
        CREATE TEMP TABLE add_on_of_day AS
            SELECT line.id AS line, primary_code, type
            FROM line JOIN governs ON in_table = 'add_on' AND governs.day = line.day
            JOIN add_on ON add_on.release = governs.release AND add_on.code = line.code
            WHERE valid AND line.day BETWEEN add_on.first AND add_on.last AND add_on.first <> add_on.last
                AND note NOT LIKE '%facilities only%';
        CREATE INDEX temp.add_on_of_day_by_line ON add_on_of_day (line);
        """
    )


def _units(book: sqlite3.Connection) -> None:
    """MUE-ZERO, MUE-LINE, MUE-DOS: units against the practitioner table of the day (MUE, NCCI I).

    MAI 1 judges each line; MAI 2 and 3 the sum of all lines of the code, day and rendering provider,
    whatever their modifiers, and then every one of these lines (units#by-line-or-by-day, order#step-4). Units over
    several days count per day, rounded. Lines with 55 are no part of the sum, but have a limit as any other where the
    limit is of the line or zero (units#the-sum). A limit of zero pays nothing: reject (hard), unless the supplier's
    table allows units: then the DME MAC may be the payer, warn (units#a-limit-of-zero). GY wants the denial. Where
    the status of the code is reported no milder, the zero only says it again: nothing (order#one-cause-one-message).
    Units of zero are no units. A code without a row is not unlimited, but not judged.
    """
    book.create_function("whole", 1, lambda units: math.floor(units + 0.5), deterministic=True)
    book.executescript(
        """
        DROP TABLE IF EXISTS temp.limited;
        CREATE TEMP TABLE limited AS
            SELECT line.*, mue.units AS most, mai,
                CASE days WHEN 1 THEN line.units ELSE whole(line.units / days) END AS daily,
                EXISTS (SELECT 1 FROM billed WHERE billed.line = line.id AND modifier = 'GY') AS gy,
                EXISTS (SELECT 1 FROM billed WHERE billed.line = line.id AND modifier = '55') AS postoperative
            FROM line JOIN governs ON in_table = 'mue_practitioner' AND governs.day = line.day
            JOIN mue ON mue.release = governs.release AND mue.code = line.code
                AND line.day BETWEEN mue.first AND mue.last
            WHERE valid;

        INSERT INTO edit SELECT id, 'MUE-ZERO', CASE WHEN supplied THEN 'warn' ELSE 'reject' END, NOT supplied FROM (
            SELECT id, EXISTS (
                SELECT 1 FROM governs JOIN mue ON mue.release = governs.release
                WHERE in_table = 'mue_dme' AND governs.day = limited.day AND mue.code = limited.code AND mue.units > 0
                    AND limited.day BETWEEN mue.first AND mue.last
            ) AS supplied FROM limited WHERE most = 0 AND NOT gy
        ) WHERE NOT EXISTS (SELECT 1 FROM edit WHERE edit.line = id AND "check" LIKE 'STATUS-%'
            AND (severity = 'reject' OR (supplied AND severity = 'warn')));

        INSERT INTO edit SELECT id, 'MUE-LINE', 'reject', 1 FROM limited WHERE most > 0 AND mai = 1 AND daily > most;

        INSERT INTO edit SELECT DISTINCT line, 'MUE-DOS', 'reject', mai = 2 FROM (
            SELECT line, most, mai, sum(daily) OVER (PARTITION BY claim_id, npi, code, line_day.day) AS billed
            FROM limited JOIN line_day ON line_day.line = limited.id
            WHERE most > 0 AND mai IN (2, 3) AND limited.units > 0 AND NOT postoperative
        ) WHERE billed > most;
        """
    )


def _bundles(book: sqlite3.Connection) -> None:
    """PTP-0, PTP-1, PTP-WEAK: column 2 of an active pair (PTP, NCCI I), line by line.

    A pair is active from its effective to its deletion day, both included, unless its indicator is 9
    (pairs#when-a-pair-holds); the table is that of a day that the lines share. Same patient, day and rendering
    provider. A line whose code is not valid is in no pair (order#step-1). Indicator 0: nothing helps. Indicator 1:
    see `bypassed`. A column-2 line is judged by the worst of the column-1 lines, doubts too; where all that bundle it
    are themselves hard rejects of STATUS, MUE or FMT, column 2 may be the one that is paid: warn (order#step-5). More
    than ten codes that bundle a line alike are one message. A PTP-0 that is no milder silences PTP-1 on its line.
    """
    book.create_function("bypassed", 6, bypassed, deterministic=True)
    book.executescript(
        f"""
        DROP TABLE IF EXISTS temp.met;
        CREATE TEMP TABLE met (column1 TEXT, column2 TEXT, PRIMARY KEY (column1, column2)) WITHOUT ROWID;
        INSERT OR IGNORE INTO met SELECT one.code, two.code
            FROM together JOIN line AS two ON two.id = line JOIN line AS one ON one.id = other
            WHERE one.valid AND two.valid;
        DROP TABLE IF EXISTS temp.published;
        CREATE TEMP TABLE published AS
            SELECT pairs.release, met.column1, met.column2, indicator, pair_term.first, pair_term.last
            FROM release CROSS JOIN (SELECT DISTINCT column1 FROM met) AS one CROSS JOIN {PAIR}
            CROSS JOIN met ON met.column1 = one.column1 AND met.column2 = substr(item.value, 1, 5)
            WHERE {IN_QUARTER} AND pairs.release = release.id AND pairs.column1 = one.column1;
        CREATE INDEX temp.published_by_codes ON published (column1, column2);
        DROP TABLE IF EXISTS temp.bundled;
        CREATE TEMP TABLE bundled AS
            SELECT DISTINCT two.id AS line, one.id AS into_line, one.code AS into_code, indicator,
                EXISTS (SELECT 1 FROM edit WHERE edit.line = one.id AND hard) AS unpaid,
                bypassed(one.code, one.laboratory, one.modifiers, two.code, two.laboratory, two.modifiers) AS bypass
            FROM together JOIN line AS two ON two.id = together.line JOIN line AS one ON one.id = together.other
            JOIN published ON column1 = one.code AND column2 = two.code
            JOIN line_day ON line_day.line = two.id AND line_day.day BETWEEN one.day AND one.last_day
            JOIN governs ON in_table = 'ptp_practitioner' AND governs.day = line_day.day
                AND governs.release = published.release
            WHERE two.valid AND one.valid AND indicator IN ('0', '1')
                AND line_day.day BETWEEN published.first AND published.last;
        INSERT INTO edit
            SELECT line, 'PTP-' || indicator, CASE WHEN min(unpaid) THEN 'warn' ELSE 'reject' END, NOT min(unpaid)
            FROM (
                SELECT *, max(nth) OVER (PARTITION BY line, indicator) AS codes FROM (
                    SELECT *, dense_rank() OVER (PARTITION BY line, indicator ORDER BY into_code) AS nth
                    FROM bundled WHERE indicator = '0' OR bypass = 'none'
                )
            ) GROUP BY line, indicator, CASE WHEN codes > 10 THEN '' ELSE into_code END;
        DELETE FROM edit WHERE "check" = 'PTP-1' AND EXISTS (
            SELECT 1 FROM edit AS zero WHERE zero.line = edit.line AND zero."check" = 'PTP-0'
                AND (zero.severity = 'reject' OR edit.severity = 'warn'));
        INSERT INTO edit
            SELECT line, 'PTP-WEAK', CASE WHEN max(bypass = 'weak') THEN 'warn' ELSE 'inform' END, 0
            FROM bundled WHERE indicator = '1' GROUP BY line, into_code
            HAVING NOT max(bypass = 'none') AND max(bypass IN ('weak', 'noted'));
        """
    )


def bypassed(code1: str, laboratory1: int, modifiers1: str, code2: str, laboratory2: int, modifiers2: str) -> str:
    """How well the modifiers of two lines part a pair of indicator 1: none, weak, noted or full
    (pairs#what-bypasses-a-pair).

    59 and X{EPSU} count on either line since 2019-07-01 (CR 11168), but not on a visit, and weakly on a
    procedure into which a visit would bundle. 24, 25 and 57 count on the visit; 58, 78 and 79 on a procedure
    only, weakly where both lines bear the same; 91 on laboratory tests. Different sites part; the same site,
    or a site on one line only, is weak: the system may let it pass, the policy asks for a contralateral site
    (NCCI I). The same site with 59 or X{SU} is doubtful, with XE to be noted. 50 on either line is both
    sides, so that no site parts: weak where any is named, and where both lines name one they are the same
    site. A visit has no site. XP contradicts one rendering provider and is weak alone; what else parts the
    lines does so all the same. 22, 50, 76, 77 and the others part nothing.
    """
    one, two = (frozenset(text.split("|")) - {""} for text in (modifiers1, modifiers2))
    visit1, visit2 = code1 in VISITS, code2 in VISITS
    if (visit1 and one & VISIT_MODIFIERS) or (visit2 and two & VISIT_MODIFIERS):
        return "full"
    if (laboratory1 and "91" in one) or (laboratory2 and "91" in two):
        return "full"
    procedure1, procedure2 = (frozenset() if visit1 else one), (frozenset() if visit2 else two)
    returns1, returns2 = procedure1 & RETURNS, procedure2 & RETURNS
    if (returns1 or returns2) and not returns1 & returns2:
        return "full"
    distinct = (procedure1 | procedure2) & DISTINCT
    sites1, sites2 = (frozenset(), frozenset()) if visit1 or visit2 else (_sites(code1, one), _sites(code2, two))
    both_sides = sites1 and sites2 and "50" in one | two
    same_site = both_sides or any(_overlap(site, other) for site in sites1 for other in sites2)
    if distinct - {"XP"}:
        if visit2 and not visit1:
            return "weak"
        if same_site:
            return "noted" if "XE" in distinct else "weak"
        return "full"
    if sites1 and sites2 and not same_site:
        return "full"
    return "weak" if sites1 or sites2 or returns1 or distinct else "none"


def _sites(code: str, modifiers: frozenset[str]) -> frozenset[str]:
    """The sites that modifiers name; E1 to E4 name none where no eyelid can be meant, nor LC to RI an artery
    (pairs#what-bypasses-a-pair).

    Eyelids: not on five-digit codes but those of the skin and the head (10004 to 21999) and of the nerves and the
    eye (64600 to 68899). Coronary arteries: on surgery of the heart and cardiology alone.
    """
    digits = code.isdigit()
    eyelid = not digits or "10004" <= code <= "21999" or "64600" <= code <= "68899"
    coronary = not digits or "33010" <= code <= "33999" or "92920" <= code <= "93799"
    return frozenset(
        site for site in modifiers & SITES if (eyelid or site[0] != "E") and (coronary or site not in CORONARY)
    )


def _overlap(one: str, other: str) -> bool:
    """Whether two sites may be one place: the same, or a side and an eyelid or digit on that side."""
    if one == other:
        return True
    sides = {"LT": {"E1", "E2", "FA", "F1", "F2", "F3", "F4", "TA", "T1", "T2", "T3", "T4"}}
    sides["RT"] = {site for site in SITES if site[0] in "EFT"} - sides["LT"]
    return other in sides.get(one, ()) or one in sides.get(other, ())


def _add_on_codes(book: sqlite3.Connection) -> None:
    """AOC-1, AOC-2, AOC-3: an add-on code is never paid unless a primary also is (AOC).

    Type 1: one of the listed primaries of the same practitioner and a shared day, not hard-rejected by
    STATUS, MUE, FMT or PTP (order#step-6), else reject. Where there is none, rejected or not, the edit only warns
    in three cases: on a full claim, which may continue on another (add-ons#exceptions; lines whose code is not valid
    are not counted); where an infusion (96360 to 96549) may have begun before midnight, as a primary of the
    day before says, whatever becomes of that (add-ons#exceptions); for 99292, which may stand alone where a
    colleague of the same group and specialty billed 99291 (CPM 12, 30.6.12; D "exception"). Where the
    taxonomies on the claim say that one did, and that 99291 is not itself hard-rejected, there is nothing to
    say. Type 2: the contractor knows the primaries: warn, reject where that provider has no other procedure
    that day. Type 3: warn unless a listed primary is there.
    """
    book.executescript(
        f"""
        DROP TABLE IF EXISTS temp.satisfied;
        CREATE TEMP TABLE satisfied AS
            SELECT DISTINCT add_on_of_day.line FROM add_on_of_day
            JOIN together ON together.line = add_on_of_day.line
            JOIN line AS other ON other.id = together.other AND other.code = primary_code
            WHERE NOT EXISTS (SELECT 1 FROM edit WHERE edit.line = other.id AND hard)
        UNION
            SELECT line.id FROM line CROSS JOIN line AS other ON other.claim_id = line.claim_id
                AND other.npi <> line.npi AND other.day <= line.last_day AND line.day <= other.last_day
            WHERE line.code = '99292' AND other.code = '99291'
                AND other.taxonomy = line.taxonomy AND line.taxonomy <> ''
                AND NOT EXISTS (SELECT 1 FROM edit WHERE edit.line = other.id AND hard);
        DROP TABLE IF EXISTS temp.begun_before;
        CREATE TEMP TABLE begun_before AS
            SELECT DISTINCT add_on_of_day.line FROM add_on_of_day CROSS JOIN line ON line.id = line
            CROSS JOIN line AS other ON other.claim_id = line.claim_id AND other.npi = line.npi
                AND other.code = primary_code AND line.before BETWEEN other.day AND other.last_day
            WHERE line.code BETWEEN '96360' AND '96549';
        INSERT INTO edit
            SELECT line, 'AOC-1', CASE
                WHEN EXISTS (
                    SELECT 1 FROM add_on_of_day AS listed JOIN together ON together.line = listed.line
                    JOIN line AS other ON other.id = together.other AND other.code = listed.primary_code
                    WHERE listed.line = add_on_of_day.line
                ) THEN 'reject'
                WHEN {FULL_CLAIM} <= (
                    SELECT count(*) FROM line AS other WHERE other.claim_id = line.claim_id AND other.valid
                ) OR line.code = '99292' OR line IN begun_before THEN 'warn'
                ELSE 'reject' END, 0
            FROM add_on_of_day JOIN line ON line.id = line
            WHERE line NOT IN satisfied GROUP BY line HAVING min(type) = '1' AND max(type) = '1';
        INSERT INTO edit
            SELECT line, 'AOC-2', CASE WHEN EXISTS (
                SELECT 1 FROM together JOIN line AS other ON other.id = together.other
                WHERE together.line = add_on_of_day.line AND other.code <> line.code AND other.valid
            ) THEN 'warn' ELSE 'reject' END, 0
            FROM add_on_of_day JOIN line ON line.id = line WHERE type = '2' GROUP BY line;
        INSERT INTO edit
            SELECT line, 'AOC-3', 'warn', 0
            FROM add_on_of_day WHERE line NOT IN satisfied GROUP BY line HAVING max(type) = '3';
        """
    )


# --------------------------------------------------------------------------------------------------
# the program's answer, and the differences


def found(command: Sequence[str], book: Path, claims: Path, output: Path, select: Sequence[str] = ()) -> set[Edit]:
    """The edits that the program raises for a file of claims, of the checks that are recounted here.

    All checks of the profile run, unless some are selected.
    """
    run = subprocess.run(
        [
            *(*command, "check", str(claims), "--rulebook", str(book), "--profile", "medicare_part_b"),
            *("--format", "jsonl", "--output", str(output)),
            *(("--select", ",".join(select)) if select else ()),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode not in (0, 1, 3):
        raise SystemExit(f"{' '.join(command)} could not run:\n{run.stderr}")
    edits = set()
    with output.open(encoding="utf-8") as messages:
        for text in messages:
            message = json.loads(text)
            if message["check"] in CHECKS:
                edits.add((message["claim_id"], int(message["line_number"]), message["check"], message["severity"]))
    return edits


class Difference(NamedTuple):
    """One line on which the two disagree about one check: the severities that each has."""

    check: str
    kind: str
    claim_id: str
    line_number: int
    expected: tuple[str, ...]
    found: tuple[str, ...]


def compare(ours: set[Edit], theirs: set[Edit]) -> list[Difference]:
    """Every line and check on which the recount and the program disagree."""
    sides: dict[tuple[str, str, int], tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for side, edits in enumerate((ours, theirs)):
        for claim_id, number, check, severity in edits:
            sides[check, claim_id, number][side].add(severity)
    differences = []
    for (check, claim_id, number), (expects, finds) in sorted(sides.items()):
        if expects != finds:
            kind = "expected only" if not finds else "found only" if not expects else "another severity"
            differences.append(Difference(check, kind, claim_id, number, *map(_ordered, (expects, finds))))
    return differences


def _ordered(severities: set[str]) -> tuple[str, ...]:
    return tuple(sorted(severities, key=HEAVIEST_FIRST.index))


def report(
    book: sqlite3.Connection,
    claims: Sequence[Line],
    differences: Sequence[Difference],
    each: int,
    out: TextIO = sys.stdout,
) -> None:
    """Print the differences by check and kind: counts, and some with the whole claim and its rule rows."""
    by_claim: dict[str, list[Line]] = defaultdict(list)
    for line in claims:
        by_claim[line.claim_id].append(line)
    groups: dict[tuple[str, str, tuple[str, ...], tuple[str, ...]], list[Difference]] = defaultdict(list)
    for difference in differences:
        groups[difference.check, difference.kind, difference.expected, difference.found].append(difference)
    for (check, kind, expects, finds), members in sorted(groups.items()):
        print(f"\n== {check}: {kind} (expected {expects}, found {finds}): {len(members)} lines", file=out)
        for member in members[:each]:
            print(f"  claim {member.claim_id} line {member.line_number}", file=out)
            for line in by_claim[member.claim_id]:
                mark = ">" if line.line_number == member.line_number else " "
                span = f"{line.from_date}" + (f"..{line.to_date}" if line.to_date != line.from_date else "")
                print(
                    f"   {mark} {line.line_number} {line.code} {line.modifiers or '-'} x{line.units} {span}"
                    f" npi {line.npi or 'billing'} place {line.place} charge {line.charge}",
                    file=out,
                )
            for row in _rule_rows(book, by_claim[member.claim_id]):
                print(f"       {row}", file=out)


def _rule_rows(book: sqlite3.Connection, claim: Sequence[Line]) -> Iterator[str]:
    """The rows of the tables in force that concern the codes of a claim."""
    codes = sorted({line.code for line in claim})
    marks = ", ".join("?" * len(codes))
    rows = book.execute(
        f"""SELECT DISTINCT 'fee ' || fee.code || ' ' || modifier || ' status ' || status || ' pctc ' || pctc
            || ' global ' || global_days || ' mult ' || multiple || ' bilat ' || bilateral || ' asst ' || assistant
            || ' co ' || co_surgeon || ' team ' || team
        FROM fee JOIN (SELECT DISTINCT release FROM governs WHERE in_table = 'fee_schedule') USING (release)
        WHERE fee.code IN ({marks})
        UNION ALL SELECT DISTINCT 'mue ' || code || ' ' || units || ' mai ' || mai
        FROM mue JOIN (SELECT DISTINCT release FROM governs WHERE in_table = 'mue_practitioner') USING (release)
        WHERE code IN ({marks})
        UNION ALL SELECT DISTINCT
            'ptp ' || column1 || ' / ' || column2 || ' ' || indicator || ' ' || first || '-' || last
        FROM published WHERE column1 IN ({marks}) AND column2 IN ({marks})
        UNION ALL SELECT
            'aoc ' || code || ' type ' || type || ' ' || primary_code || ' ' || first || '-' || last || ' ' || note
        FROM add_on WHERE code IN ({marks}) AND (primary_code IN ({marks}) OR primary_code = 'CCCCC')
        UNION ALL SELECT 'aoc ' || code || ' type ' || type || ': ' || count(*) || ' rows to ' || max(last)
        FROM add_on WHERE code IN ({marks}) GROUP BY code, type""",
        codes * 7,
    )
    for (text,) in rows:
        yield text


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw, recount, run, compare; the exit status says whether they agree."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("book", type=Path, help="a rule book with fee schedule, MUE, PTP and AOC for 2024 Q3")
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--command", default="claimcheck", help="the program to hold against the tables")
    parser.add_argument("--work", type=Path, help="keep the claims and the messages in this folder")
    parser.add_argument("--each", type=int, default=3, help="examples to print of each kind of difference")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch, closing(open_book(options.book)) as book:
        work = options.work or Path(scratch)
        work.mkdir(parents=True, exist_ok=True)
        claims = draw(book, options.seed, options.lines)
        write(claims, work / "recount.csv")
        ours = expected(book, claims)
        theirs = found(options.command.split(), options.book, work / "recount.csv", work / "recount.jsonl")
        print(f"{len(claims)} lines, {len({line.claim_id for line in claims})} claims, seed {options.seed}")
        for check in CHECKS:
            counts = [Counter(edit[3] for edit in edits if edit[2] == check) for edits in (ours, theirs)]
            told = [" ".join(f"{severity} {count[severity]}" for severity in HEAVIEST_FIRST) for count in counts]
            print(f"{check:9} expected {told[0]:38} found {told[1]}")
        differences = compare(ours, theirs)
        report(book, claims, differences, options.each)
        print(f"\n{len(differences)} differences in {len(CHECKS)} checks")
        return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
