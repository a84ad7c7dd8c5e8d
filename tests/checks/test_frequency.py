"""How often services are paid: every family on the last day that is too soon and on the next eligible day; and what
counts, over a batch, in any order and any setting."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from itertools import pairwise, permutations
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimcheck import Checker, Claim, Line
from claimcheck.authoring.examples import a_claim, a_line
from claimcheck.claim import DME, OUTPATIENT, PROFESSIONAL
from claimcheck.memory import NOTHING, SCREENING, UNPAID, marks
from claimcheck.memory.near import MOST_OF_YEARS, first_day_needed, lines_of_years, looks_back
from claimcheck.message import EditMessage
from claimcheck.rulebook import Rulebook
from claimcheck.rulebook.opening import open_book
from claimcheck.rulebook.store import shipped_rules
from claimcheck.rulebook.tables.frequency import interval, intervals_of, months_after

_ANOTHER = "1003000126"

# Number of the family, earlier code (and how many before the one that is too much), later code, the day of the earlier
# one, the last day that is too soon, the next eligible day, and what the claims say besides.
FACTS = """
 1 | G0402        | G0402 | 2015-01-20 | 2025-12-31 | -          |
 2 | G0403        | G0403 | 2015-01-20 | 2025-12-31 | -          |
 3 | G0438        | G0438 | 2015-01-20 | 2025-12-31 | -          |
 4 | G0439        | G0439 | 2025-01-20 | 2025-12-31 | 2026-01-01 |
 4 | G0438        | G0439 | 2025-01-20 | 2025-12-31 | 2026-01-01 |
 5 | 77067        | 77067 | 2025-01-20 | 2025-12-31 | 2026-01-01 | age=50
 5 | 77067        | 77067 | 2023-01-20 | 2026-05-31 | 2026-06-01 | age=37
 6 | G0123        | P3000 | 2023-01-20 | 2024-12-31 | 2025-01-01 |
 6 | G0123        | G0145 | 2024-01-20 | 2024-12-31 | 2025-01-01 | dx=Z72.51
 7 | G0124        | P3001 | 2023-01-20 | 2024-12-31 | 2025-01-01 |
 8 | Q0091        | Q0091 | 2023-01-20 | 2024-12-31 | 2025-01-01 |
 9 | G0101        | G0101 | 2023-01-20 | 2024-12-31 | 2025-01-01 |
10 | G0476        | G0476 | 2020-01-20 | 2024-12-31 | 2025-01-01 |
11 | 82270        | G0328 | 2024-01-20 | 2024-12-31 | 2025-01-01 |
12 | 81528        | 81528 | 2022-01-20 | 2024-12-31 | 2025-01-01 |
13 | G0327        | G0327 | 2022-01-20 | 2024-12-31 | 2025-01-01 |
14 | G0104        | G0104 | 2021-01-20 | 2024-12-31 | 2025-01-01 |
14 | G0121        | G0104 | 2015-01-20 | 2024-12-31 | 2025-01-01 |
15 | G0121        | G0121 | 2015-01-20 | 2024-12-31 | 2025-01-01 |
15 | G0105        | G0121 | 2015-01-20 | 2024-12-31 | 2025-01-01 |
15 | G0104        | G0121 | 2021-01-20 | 2024-12-31 | 2025-01-01 |
16 | G0121        | G0105 | 2023-01-20 | 2024-12-31 | 2025-01-01 |
16 | G0120        | G0105 | 2023-01-20 | 2024-12-31 | 2025-01-01 |
18 | G0106        | G0106 | 2020-01-20 | 2023-12-31 | 2024-01-01 |
18 | G0105        | G0120 | 2022-01-20 | 2023-12-31 | 2024-01-01 |
19 | 74263        | 74263 | 2025-01-20 | 2026-12-31 | -          |
19 | G0121        | 74263 | 2022-01-20 | 2025-12-31 | 2026-01-01 |
20 | G0103        | G0103 | 2024-01-20 | 2024-12-31 | 2025-01-01 |
20 | G0102        | G0102 | 2024-01-20 | 2024-12-31 | 2025-01-01 |
21 | G0117        | G0118 | 2024-01-20 | 2024-12-31 | 2025-01-01 |
22 | 77080        | 77085 | 2023-01-20 | 2024-12-31 | 2025-01-01 |
23 | 76706        | 76706 | 2015-01-20 | 2025-12-31 | -          |
24 | 71271        | 71271 | 2024-01-20 | 2024-12-31 | 2025-01-01 |
25 | 80061        | 82465 | 2020-01-20 | 2024-12-31 | 2025-01-01 | dx=Z13.6
26 | 83036 x2     | 82947 | 2024-01-20 | 2024-12-31 | 2025-01-01 | dx=Z13.1
26 | 82947        | 82950 | 2022-01-20 | 2022-12-31 | 2023-01-01 | dx=Z13.1
27 | G0108 u20    | G0109 | 2024-01-20 | 2025-01-19 | 2025-01-20 |
28 | 97802 u12    | 97804 | 2024-01-20 | 2024-12-31 | 2025-01-01 |
29 | G0475        | G0433 | 2024-01-20 | 2024-12-31 | 2025-01-01 |
29 | G0475 x3     | G0475 | 2024-01-20 | 2024-12-31 | 2025-01-01 | dx=O09.90
29 | G0475 x8     | G0475 | 2024-10-20 | 2025-09-30 | 2025-10-01 | dx=Z29.81
30 | G0011 x8     | G0013 | 2024-10-20 | 2025-09-30 | 2025-10-01 |
31 | G0472        | G0472 | 2015-01-20 | 2025-12-31 | -          |
31 | G0472        | G0472 | 2024-01-20 | 2024-12-31 | 2025-01-01 | dx=Z72.89 F19.20
31 | G0472        | G0472 | 2015-01-20 | 2025-12-31 | -          | dx=Z72.89
31 | G0472        | G0472 | 2015-01-20 | 2025-12-31 | -          | dx=F19.20
32 | G0499        | G0499 | 2024-01-20 | 2024-12-31 | 2025-01-01 |
32 | 87340        | 87340 | 2024-01-20 | 2024-12-31 | 2025-01-01 | dx=Z11.59
33 | 87491        | 87491 | 2024-01-20 | 2024-12-31 | 2025-01-01 | dx=Z11.3
33 | 87491 x2     | 87491 | 2024-01-20 | 2024-12-31 | 2025-01-01 | dx=Z11.3 O09.90
33 | 86780        | 86780 | 2024-01-20 | 2024-12-31 | 2025-01-01 | dx=Z11.3
33 | 86780 x3     | 86780 | 2024-01-20 | 2024-12-31 | 2025-01-01 | dx=Z11.3 Z34.90
33 | G0445 x2     | G0445 | 2024-01-20 | 2024-12-31 | 2025-01-01 |
34 | G0444        | G0444 | 2024-01-20 | 2024-12-31 | 2025-01-01 |
35 | G0442        | G0442 | 2024-01-20 | 2024-12-31 | 2025-01-01 |
35 | G0443 x4     | G0443 | 2024-01-20 | 2024-12-31 | 2025-01-01 |
36 | G0446        | G0446 | 2024-01-20 | 2024-12-31 | 2025-01-01 |
37 | G0447 x22    | G0473 | 2024-01-02 | 2024-12-31 | 2025-01-01 |
38 | 99406 x8     | 99407 | 2024-01-20 | 2024-12-31 | 2025-01-01 |
39 | G0136        | G0136 | 2024-01-01 | 2024-06-28 | 2024-06-29 |
40 | 99483        | 99483 | 2024-01-01 | 2024-06-28 | 2024-06-29 |
41 | 99490        | 99490 | 2024-01-20 | 2024-01-31 | 2024-02-01 | another
42 | G0506        | G0506 | 2015-01-20 | 2025-12-31 | -          |
43 | 99424        | 99426 | 2024-01-20 | 2024-01-31 | 2024-02-01 | another, rendered by one
44 | G0556        | G0557 | 2025-01-20 | 2025-01-31 | 2025-02-01 | another
45 | 99484        | 99484 | 2024-01-20 | 2024-01-31 | 2024-02-01 | another
44 | 99495        | G0556 | 2025-01-20 | 2025-01-31 | 2025-02-01 |
44 | G0558        | 99496 | 2025-01-20 | 2025-01-31 | 2025-02-01 |
44 | 99491        | G0556 | 2025-01-20 | 2025-01-31 | 2025-02-01 | another, rendered by one
44 | G0557        | 99424 | 2025-01-20 | 2025-01-31 | 2025-02-01 | another, rendered by one
43 | 99490        | 99426 | 2024-01-20 | 2024-01-31 | 2024-02-01 | another, rendered by one
45 | 99492        | G2214 | 2024-01-20 | 2024-01-31 | 2024-02-01 | another
45 | 99493        | 99492 | 2024-01-20 | 2024-07-31 | 2024-08-01 |
45 | 99492        | 99492 | 2024-01-20 | 2024-07-31 | 2024-08-01 |
46 | 99495        | 99496 | 2024-01-01 | 2024-01-30 | 2024-01-31 |
47 | 99454        | 99454 | 2024-01-01 | 2024-01-30 | 2024-01-31 | another
47 | 98976        | 98976 | 2024-01-01 | 2024-01-30 | 2024-01-31 |
48 | 99457        | 99457 | 2024-01-20 | 2024-01-31 | 2024-02-01 | another
48 | 98980        | 98980 | 2024-01-20 | 2024-01-31 | 2024-02-01 | another
48 | 99091        | 99091 | 2024-01-01 | 2024-01-30 | 2024-01-31 |
49 | G0179        | G0179 | 2024-01-01 | 2024-02-29 | 2024-03-01 |
50 | G0181        | G0182 | 2024-01-20 | 2024-01-31 | 2024-02-01 |
51 | 90960        | 90966 | 2024-01-20 | 2024-01-31 | 2024-02-01 |
52 | 93798 u36    | 93797 | 2024-01-01 | 2024-09-08 | 2024-09-09 |
53 | G0422 u72    | G0423 | 2024-01-01 | 2024-05-05 | 2024-05-06 |
54 | 94625 u36    | 94626 | 2015-01-20 | 2025-12-31 | -          |
55 | 93668 u36    | 93668 | 2024-01-01 | 2024-03-24 | 2024-03-25 |
56 | 97810 x20    | 20560 | 2024-01-02 | 2024-12-31 | 2025-01-01 | dx=M54.51
56 | 97810 x12    | 97813 | 2024-01-02 | 2024-03-31 | 2024-04-01 | dx=M54.51
56 | 97810-KX x20 | 97810-KX | 2024-01-02 | 2024-12-31 | 2025-01-01 | dx=M54.51
57 | G0245        | G0245 | 2015-01-20 | 2025-12-31 | -          |
57 | G0246        | G0247 | 2024-01-01 | 2024-06-28 | 2024-06-29 |
58 | 11055        | 11721 | 2024-01-01 | 2024-02-29 | 2024-03-01 |
60 | A4253 u2     | A4253 | 2024-01-20 | 2024-04-09 | 2024-04-10 | dme
60 | A4253-KX u6  | A4253-KX | 2024-01-20 | 2024-04-09 | 2024-04-10 | dme
61 | A7030        | A7030 | 2024-01-20 | 2024-04-09 | 2024-04-10 | dme
61 | A7031 u3     | A7031 | 2024-01-20 | 2024-04-09 | 2024-04-10 | dme
61 | A7038 u6     | A7038 | 2024-01-20 | 2024-04-09 | 2024-04-10 | dme
61 | A7035        | A7035 | 2024-01-20 | 2024-07-09 | 2024-07-10 | dme
62 | E0601-RR-KI m13 | E0601-RR-KJ | 2024-01-20 | 2025-12-31 | - | dme
63 | E1390-RR m36 | E1390-RR | 2022-01-20 | 2025-12-31 | -       | dme
64 | B9002-RR m15 | B9002-RR | 2024-01-20 | 2025-12-31 | -       | dme
65 | E0143-NU     | E0143-NU | 2020-01-20 | 2024-12-31 | 2025-01-01 | dme
66 | A6531-LT u3  | A6531-LT | 2024-01-20 | 2024-07-09 | 2024-07-10 | dme
66 | A6520-LT u2  | A6520-LT | 2024-01-20 | 2026-01-09 | 2026-01-10 | dme
"""
NOT_JUDGED = {47: "99453", 49: "G0180", 59: "99223"}
"""Families of which nobody but the payer knows when an episode began."""


class Fact(NamedTuple):
    """A line of ``FACTS``."""

    number: int
    earlier: str
    later: str
    day: date
    too_soon: date
    eligible: date | None
    besides: str

    @property
    def lines(self) -> list[Line]:
        """The earlier services: x8 on as many days, u36 units of one day, m13 in as many months."""
        written, _, how = self.earlier.partition(" ")
        many = int(how[1:] or 1)
        if how.startswith("x"):
            days = [self.day + timedelta(days=at) for at in range(many)]
        else:
            days = [months_after(self.day, at) for at in range(many)] if how.startswith("m") else [self.day]
        return [self.line(written, day, many if how.startswith("u") else 1) for day in days]

    def line(self, written: str, day: date, units: int = 1) -> Line:
        """A line of a service on a day."""
        setting = "dme" if "dme" in self.besides else "professional"
        npi = "1234567802" if "rendered" in self.besides else None
        pointers = tuple(str(at + 1) for at in range(len(self.diagnoses)))
        return a_line(written, day=f"{day:%Y%m%d}", units=units, setting=setting, rendering_npi=npi, pointers=pointers)

    @property
    def diagnoses(self) -> tuple[str, ...]:
        """Those of the claims; each line points to all."""
        return tuple(self.besides.partition("dx=")[2].split()) or ("R05.9",)

    def claim(self, name: str, *lines: Line, npi: str = "1993999998") -> Claim:
        """A claim of the patient."""
        age = int(self.besides.partition("age=")[2].split()[0]) if "age=" in self.besides else 60
        birth = months_after(date(self.day.year, 6, 1), -12 * age)
        billed = a_claim(*lines, patient_id="P", payer_id="MB", diagnoses=self.diagnoses, birth_date=f"{birth:%Y%m%d}")
        return billed._replace(claim_id=name, billing_npi=npi)

    def messages(self, day: date) -> list[EditMessage]:
        """What is said of the later claim when the later service is of a day."""
        first = self.claim("FIRST", *self.lines, npi=_ANOTHER if "another" in self.besides else "1993999998")
        return said(first, self.claim("LATER", self.line(self.later, day)))


def facts() -> list[Fact]:
    found = []
    for row in FACTS.strip().splitlines():
        number, earlier, later, day, soon, again, besides = (cell.strip() for cell in row.split("|"))
        days = date.fromisoformat(day), date.fromisoformat(soon), None if again == "-" else date.fromisoformat(again)
        found.append(Fact(int(number), earlier, later, *days, besides))
    return found


@cache
def checker() -> Checker:
    return Checker(open_book("starter"), select=["FREQ", "MONTH"], ignore=["FREQ-ORDER"])


def said(*claims: Claim) -> list[EditMessage]:
    """Of the last of some claims of a batch, what FREQ says."""
    messages = checker().run(claims)
    return [m for m in messages if m.check == "FREQ" and m.claim_id == claims[-1].claim_id]


@pytest.mark.parametrize("fact", facts(), ids=lambda fact: f"{fact.number}-{fact.later}-{fact.day}")
def test_a_service_is_payable_again_on_the_next_eligible_day(fact: Fact) -> None:
    too_soon = fact.messages(fact.too_soon)
    assert [(m.code, m.severity in ("warn", "inform")) for m in too_soon] == [(fact.later[:5], True)]
    assert "claim FIRST" in too_soon[0].text
    assert len(too_soon[0].text.partition(" See ")[0]) <= 160
    if fact.eligible:
        assert fact.messages(fact.eligible) == []
        assert fact.eligible == fact.too_soon + timedelta(days=1)
        if interval_of(fact).way in ("M", "P", "R", "SUPPLY") and "alternatives" not in too_soon[0].text:
            assert f"from {fact.eligible}" in too_soon[0].text


def interval_of(fact: Fact):  # type: ignore[no-untyped-def]
    row = open_book("starter").on(fact.too_soon).frequency(fact.line(fact.later, fact.too_soon).service)
    assert row
    return interval(row.rule)


def test_every_family_has_its_fact() -> None:
    """Row 17 is what KX changes, and 67 waits for payers' answers."""
    assert {fact.number for fact in facts()} | NOT_JUDGED.keys() == {*range(1, 67)} - {17}
    told = {row.family for fact in facts() if (row := row_of(fact.later, fact.too_soon))}
    silent = {row.family for code in NOT_JUDGED.values() if (row := row_of(code, date(2025, 1, 1)))}
    with (shipped_rules() / "frequency.toml").open("rb") as file:
        families = {family["name"]: family["rule"] for family in tomllib.load(file)["family"]}
    assert told | silent | {name for name, rule in families.items() if rule == "EPISODE"} == families.keys()


def row_of(written: str, day: date):  # type: ignore[no-untyped-def]
    return open_book("starter").on(day).frequency(a_line(written).service)


@pytest.mark.parametrize("code", NOT_JUDGED.values())
def test_what_depends_on_an_episode_is_not_judged(code: str) -> None:
    assert said(claim("A", code, "20250110"), claim("B", code, "20250112")) == []


def claim(name: str, written: str, day: str, **fields: object) -> Claim:
    fields = {"patient_id": "P", "payer_id": "MB", "birth_date": "19550601", **fields}
    line = {key: fields.pop(key) for key in ("setting", "pos") if key in fields}
    return a_claim(a_line(written, day=day, **line), **fields)._replace(claim_id=name)  # type: ignore[arg-type]


def test_care_management_excludes_other_care_of_its_practitioner_alone() -> None:
    """Where both are of one day a pair may say it."""
    discharged = claim("A", "99495", "20250310")
    (found,) = said(discharged, claim("B", "G0557", "20250310"))
    assert (found.remedy or "").startswith("Report the one code that describes the care of the whole month")
    assert [m.code for m in said(claim("A", "G0557", "20250331"), discharged._replace(claim_id="B"))] == ["99495"]
    assert said(discharged, claim("B", "G0557", "20250331", billing_npi=_ANOTHER)) == []
    assert said(claim("A", "99495", "20241210"), claim("B", "G0557", "20241231")) == []
    spans = claim("B", "G0557", "20250331")
    assert said(discharged, spans._replace(lines=(spans.lines[0]._replace(to_date="20250401"),))) == []


def test_the_code_of_the_first_month_is_told_of_one_that_comes_late() -> None:
    (found,) = said(claim("A", "99492", "20250310"), claim("B", "99493", "20250220"))
    assert found.text == (
        "With this line, 99492 on 2025-03-10 is for the first month of collaborative care; 99493 was billed for "
        "2025-02-20. A new episode needs a break of 6 months. See line 1 of claim A of 2025-03-10."
    )
    assert found.remedy == "Report 99493 or G2214 for a later month of the episode."
    assert said(claim("A", "99492", "20250310"), claim("B", "99493", "20250410")) == []


@pytest.mark.parametrize(
    ("codes", "first", "later", "says"),
    [
        ("93798 u36", "2024-03-01", "2024-02-01", "is session 37 of cardiac rehabilitation since 2024-02-01"),
        ("94626 u36", "2024-03-01", "2020-02-01", "is session 37 of pulmonary rehabilitation since 2020-02-01"),
        ("97810 x12", "2024-03-01", "2024-02-01", "is visit 13 of acupuncture for low back pain since 2024-02-01"),
        ("A7038 u6", "2024-03-01", "2024-02-01", "makes 7 units since 2024-02-01"),
        ("E1390-RR m36", "2022-03-01", "2022-02-01", "is month 37 of rent since 2022-02-01"),
        ("G0108 u20", "2024-03-01", "2024-02-01", "makes 10.5 hours of diabetes self-management training since"),
        ("97802 u12", "2024-03-01", "2024-02-01", "makes 3.25 hours of medical nutrition therapy since 2024-02-01"),
    ],
)
def test_one_that_is_sent_late_counts_with_those_after_it(codes: str, first: str, later: str, says: str) -> None:
    days = date.fromisoformat(first), date.fromisoformat(later)
    besides = "dme" if codes[0] in "AE" else "dx=M54.51"
    fact = Fact(0, codes, codes.split()[0], days[0], days[1], None, besides)
    (found,) = fact.messages(days[1])
    assert found.text.startswith("With this line, ")
    assert says in found.text
    assert "of claim FIRST of 202" in found.text
    # Long before, an hour of training opens the year in which most are payable.
    is_counted = codes.startswith(("94626", "G0108", "97802"))
    assert bool(fact.messages(months_after(days[1], -12 * 8))) == is_counted


def test_a_follow_on_colonoscopy_has_no_limit() -> None:
    first = claim("A", "G0121", "20240110")
    assert said(first, claim("B", "G0121", "20250110"))
    assert said(first, claim("B", "G0121-KX", "20250110")) == []


@pytest.mark.parametrize(("day", "times"), [("20250314", 1), ("20250315", 0)])
def test_one_mammogram_is_payable_before_the_age_of_40(day: str, times: int) -> None:
    born = {"birth_date": "19850315"}
    assert len(said(claim("A", "77067", "20200315", **born), claim("B", "77067", day, **born))) == times


def test_services_of_one_day_are_one_whoever_bills_them() -> None:
    hospital = claim("A", "77067", "20250110", setting=OUTPATIENT, pos=None)
    assert said(hospital, claim("B", "77067-26", "20250110")) == []


def test_any_provider_and_setting_of_the_patient_and_payer_counts() -> None:
    hospital = claim("A", "77067", "20250110", setting=OUTPATIENT, pos=None)
    (found,) = said(hospital, claim("B", "77067", "20250910", billing_npi=_ANOTHER))
    assert found.text == (
        "77067 on 2025-09-10 is too soon: a screening mammogram was billed for 2025-01-10; payable again from "
        "2026-01-01. See line 1 of claim A of 2025-01-10."
    )
    assert said(hospital, claim("B", "77067", "20250910", payer_id="OTHER")) == []
    assert said(hospital, claim("B", "77067", "20250910", patient_id="Q")) == []


def test_any_diagnosis_of_a_hospital_counts_whose_lines_have_no_pointers() -> None:
    screening = {"diagnoses": ("I10", "Z13.6")}

    def hospital(name: str, code: str, day: str, **fields: object) -> Claim:
        billed = claim(name, code, day, setting=OUTPATIENT, pos=None, **fields)
        return billed._replace(lines=tuple(line._replace(pointers=None) for line in billed.lines))

    assert said(hospital("A", "80061", "20240110", **screening), hospital("B", "80061", "20250910", **screening))
    assert said(claim("A", "80061", "20240110", **screening), claim("B", "80061", "20250910", **screening)) == []
    at_risk = hospital("B", "G0101", "20250910", diagnoses=("I10", "Z72.51"))
    assert said(claim("A", "G0101", "20240110"), at_risk) == []
    assert said(claim("A", "G0101", "20240110"), hospital("B", "G0101", "20250910"))


def test_one_that_is_sent_after_a_later_one_is_told_of_it() -> None:
    (found,) = said(claim("A", "76706", "20250910"), claim("B", "76706", "20240110"))
    assert "which was billed first; one of the two is payable. See line 1 of claim A of 2025-09-10." in found.text


def test_what_is_not_paid_or_not_complete_does_not_count() -> None:
    later = claim("B", "76706", "20250910")
    assert said(claim("A", "76706-53", "20240110"), later) == said(claim("A", "76706-GY", "20240110"), later) == []
    (liable,) = said(claim("A", "76706", "20240110"), claim("B", "76706-GA", "20250910"))
    assert (liable.severity, liable.carc) == ("inform", ("PR", "149"))


def test_a_test_that_was_not_a_screening_does_not_count() -> None:
    """The diagnoses of earlier claims are not kept: whether it was one is."""
    screening, test = ({"diagnoses": (dx,)} for dx in ("Z13.6", "E78.5"))
    now = claim("B", "80061", "20250910", **screening)
    assert said(claim("A", "80061", "20240110", **test), now) == []
    assert said(claim("A", "80061", "20240110", **screening), now)
    assert said(claim("A", "80061", "20240110", **screening), claim("B", "80061", "20250910", **test)) == []
    book = open_book("starter")

    def marks_of(claim: Claim) -> bytes | None:
        return marks(claim, [book.on(line.day).only_with(line.service) for line in claim.lines])

    assert marks_of(now) == bytes([SCREENING])
    assert marks_of(claim("B", "80061", "20250910", **test)) is None
    assert marks_of(claim("B", "G0439", "20250910")) == b""


@pytest.mark.parametrize(
    ("earlier", "now", "says"),
    [
        (("G0402", "20240120"), ("G0438", "20241231"), "is too soon: G0402 (IPPE) was billed for 2024-01-20"),
        (("G0402", "20240120"), ("G0438", "20250101"), ""),
        (("G0438", "20240120"), ("G0402", "20250301"), "G0402 is for the first 12 months of Part B"),
        (("G0438", "20250301"), ("G0402", "20240501"), "payable 11 full months after it, was billed for 2025-03-01"),
        (("G0402", "20250301"), ("G0438", "20250301"), "not payable on the day of the IPPE"),
        (("G0438", "20250301"), ("G0402", "20250301"), "not payable on its day, was billed first"),
        (("G0402", "20250301"), ("G0439", "20240120"), "which comes before it, was billed for 2025-03-01"),
        (("G0439", "20230120"), ("G0438", "20250301"), "G0438 is for the first Annual Wellness Visit"),
        (("G0438", "20250301"), ("G0439", "20230120"), "G0438, the first Annual Wellness Visit, was billed for"),
        (("G0438", "20230120"), ("G0439", "20250301"), ""),
    ],
)
def test_wellness_visits_have_an_order(earlier: tuple[str, str], now: tuple[str, str], says: str) -> None:
    orders = Checker(open_book("starter"), select=["FREQ-ORDER"])
    found = [*orders.run([claim("A", *earlier), claim("B", *now)])]
    assert [says in m.text and "line 1 of claim A" in m.text for m in found] == [True] * bool(says)
    assert all(m.claim_id == "B" and m.severity == "warn" for m in found)


def test_a_first_wellness_visit_on_the_day_of_a_later_one_is_told_of_one_before() -> None:
    orders = Checker(open_book("starter"), select=["FREQ-ORDER"])
    old, same_day = claim("A", "G0439", "20230120"), claim("B", "G0439", "20250301")
    (found,) = orders.run([old, same_day, claim("C", "G0438", "20250301")])
    assert "See line 1 of claim A of 2023-01-20." in found.text


def test_the_order_of_wellness_visits_is_told_beside_other_edits() -> None:
    """FREQ-ORDER yields to FREQ, whose id its own begins with, not to itself."""
    late = claim("B", "G0402", "20240120", received_date="20250320")
    orders = Checker(open_book("starter"), select=["FREQ", "DATE-TIMELY"])
    assert {m.check for m in orders.run([claim("A", "G0439", "20230601"), late]) if m.claim_id == "B"} == {
        "DATE-TIMELY",
        "FREQ-ORDER",
    }


@pytest.mark.parametrize(
    ("written", "again", "fields", "remedy"),
    [
        ("77067", "20250910", {}, "With a signed ABN append GA"),
        ("76706", "20250910", {}, "whether it was paid before. If it was diagnostic"),
        ("99490", "20250120", {"billing_npi": _ANOTHER}, "agree who bills it. More time is 99439, 99489 or 99437."),
    ],
)
def test_an_abn_is_named_only_where_the_patient_may_pay(
    written: str, again: str, fields: dict[str, str], remedy: str
) -> None:
    (found,) = said(claim("A", written, "20250110"), claim("B", written, again, **fields))
    assert found.remedy and remedy in found.remedy
    assert ("ABN" in found.remedy) == ("ABN" in remedy)


def test_a_payer_that_pays_second_is_another_one() -> None:
    first = claim("A", "G0438", "20240110")
    assert said(first, claim("B", "G0438", "20250110"))
    assert said(first, claim("B", "G0438", "20250110", payer_responsibility="S")) == []


def test_a_month_is_said_once() -> None:
    """MONTH has what one biller bills, FREQ what another one does."""
    one, other = claim("A", "99490", "20250110"), claim("B", "99490", "20250120")
    both = [m.check for m in checker().run([one, other])]
    assert both == ["MONTH"]
    apart = [m.check for m in checker().run([one, other._replace(billing_npi=_ANOTHER)])]
    assert apart == ["FREQ"]


def test_memory_says_how_far_back_it_must_look() -> None:
    book = open_book("starter")

    def since(written: str) -> date:
        return first_day_needed(date(2025, 3, 10), looks_back(claim("A", written, "20250310"), book))

    assert since("99213") == date(2024, 12, 10)
    assert since("99203") == date(2025, 3, 10) - timedelta(days=1095)
    assert since("G0444") == date(2024, 4, 1)
    assert since("G0439") == date.min
    assert since("G0121") == date(2015, 4, 1)
    assert since("76706") == date.min
    assert looks_back(claim("A", "G0439", "20259999"), book) == []


def test_lines_of_years_are_bounded_and_paid() -> None:
    book = open_book("starter")
    now = claim("NOW", "93798", "20250310")
    lines = tuple(a_line("93798", day=f"{date(2025, 3, 9) - timedelta(days=at):%Y%m%d}") for at in range(200))
    found = lines_of_years(now, [("A", "1993999998", None, lines, b"")], book)
    assert len(found.lines) == MOST_OF_YEARS
    assert {found.claims[id(line)] for line in found.lines} == {"A"}
    assert all(line.from_date > "20241001" for line in found.lines)
    unpaid = bytes([UNPAID] * len(lines))
    assert lines_of_years(now, [("A", None, None, lines, unpaid)], book) is NOTHING
    assert lines_of_years(claim("NOW", "99213", "20250310"), [("A", None, None, lines, b"")], book) is NOTHING


@given(
    days=st.lists(st.dates(date(2015, 1, 1), date(2026, 12, 31)), min_size=2, max_size=5, unique=True),
    codes=st.lists(st.sampled_from(["G0121", "G0105", "77067", "G0439", "G0438"]), min_size=5, max_size=5),
)
def test_two_that_are_too_near_are_told_in_any_order(days: Sequence[date], codes: Sequence[str]) -> None:
    """In whatever order claims come, one is told or none is. (The risk of a patient is known of the claim judged now
    alone: of families with risks the claim that is sent late may pass.)"""
    claims = [claim(f"{at}", code, f"{day:%Y%m%d}") for at, (day, code) in enumerate(zip(days, codes, strict=False))]
    orders = [bool([m for m in checker().run(order) if m.check == "FREQ"]) for order in [*permutations(claims)][:12]]
    assert len({*orders}) == 1


_COUNTED = ["93798 20", "94626 20", "G0108 12", "97802 8", "99492 1", "99493 1", "G0557 1", "99495 1", "A7038 4"]
_DAYS = ["20241215", "20250105", "20250125", "20250210", "20250310", "20250401", "20250801", "20251215"]


@settings(max_examples=60)
@given(
    days=st.lists(st.sampled_from(_DAYS), min_size=2, max_size=4),
    services=st.lists(st.sampled_from(_COUNTED), min_size=4, max_size=4),
)
def test_what_is_counted_is_told_in_any_order(days: Sequence[str], services: Sequence[str]) -> None:
    """Sessions, hours, supplies, episodes and care that excludes other care: of more than is paid one is told, whatever
    claim comes last."""
    claims = []
    for at, (day, service) in enumerate(zip(days, services, strict=False)):
        code, units = service.split()
        setting = DME if code.startswith("A") else PROFESSIONAL
        line = a_line(code, day=day, units=int(units), setting=setting)
        claims.append(a_claim(line, patient_id="P", payer_id="MB")._replace(claim_id=f"{at}"))
    orders = [any(m.check == "FREQ" for m in checker().run(order)) for order in permutations(claims)]
    assert len({*orders}) == 1


@given(
    day=st.dates(date(1990, 1, 1), date(2030, 12, 31)),
    rule=st.sampled_from(["M(11)", "M(119)", "P(180)", "MON(1)", "BREAK(6)", "VISITS(12, 90)"]),
)
def test_what_is_too_near_is_looked_back_for(day: date, rule: str) -> None:
    """Nothing that is too near is older than what a memory is asked for, and what is older is far enough."""
    limit = interval(rule)
    oldest = limit.first_day(day)
    assert limit.next_day(oldest - timedelta(days=1)) <= day
    assert all(limit.next_day(one) <= limit.next_day(other) for one, other in pairwise([oldest, day]))


@pytest.mark.parametrize("rule", ["M", "M()", "R(8)", "P(1, 2)", "WEEK(1)", "m(11)", ""])
def test_a_rule_that_is_no_interval_is_refused(rule: str) -> None:
    with pytest.raises(ValueError, match="expected one of M, "):
        interval(rule)


def test_every_row_has_intervals_and_a_reference() -> None:
    book: Rulebook = open_book("starter")
    for key in book.frequent:
        for period in book.periods("frequency", key):
            row = period.row
            assert row is not None
            assert [*intervals_of(row)]  # type: ignore[arg-type]
            assert row.reference  # type: ignore[attr-defined]
