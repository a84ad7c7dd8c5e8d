"""What modifiers can be reported with: the table that ships, as payers read it, and what its neighbours leave to it."""

import csv
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimcheck import Checker
from claimcheck.authoring.examples import a_claim, a_line
from claimcheck.claim import OUTPATIENT
from claimcheck.config.profile import profile_names
from claimcheck.engine.loop import raise_errors
from claimcheck.rulebook.starter import load_overlay
from claimcheck.rulebook.store import shipped_rules
from claimcheck.rulebook.tables.modifier_fits import OF_MEDICARE, OTHERS, Payer, covers
from support.judging import STARTER, said, starter
from support.places import SHARED
from support.published import CMS, needs_cms, text_of

BOOK = starter()
FILE = shipped_rules() / "modifier_fits.toml"
CONTENT = tomllib.loads(FILE.read_text("utf-8"))
MODIFIERS = sorted({m for part in ("fits", "unread") for fits in CONTENT[part] for m in fits["of"]})
FREQUENCY = SHARED / "claims" / "frequency.csv"
PROFILES = (*OF_MEDICARE, *OTHERS)
CHECKERS: dict[str, Checker] = {
    name: Checker(STARTER, name, select=["MOD-FITS", "MOD-PAYER"], on_error=raise_errors) for name in PROFILES
}


def told(written: str, profile: str = "medicare_part_b", **fields: Any) -> list[str]:
    """What the two checks say of a service, on a claim of an adult."""
    line = {name: fields.pop(name) for name in ("day", "rendering_npi") if name in fields}
    claim = a_claim(a_line(written, **line), **{"birth_date": "19850101", **fields})
    return [f"{m.check} {m.severity}" for m in CHECKERS[profile].check(claim).messages if "JUDGED" not in m.check]


FITTING = """
99213-25 20610-RT L1833-RT-KX 67820-E1 73140-F1 92928-LD 77066-GG 11721-Q8 A0425-RH A0425-RR 85025-91 99497-33
97110-GP-CQ 97597-GP 98940-AT 88305-RT 88305-26-GC 88305-26-Q6 90371-JZ J1885-JZ J7321-RT 00812-33 00811-PT 45385-PT
27447-22 11721-59 35207-F1 21280-E1 20560-GP S9999-RT 0100T-QS 59426-95 G9143-91 99100-P3
"""


@pytest.mark.parametrize("written", FITTING.split())
def test_a_modifier_where_it_belongs(written: str) -> None:
    """claim-data#modifiers-and-kinds-of-code: 0100T is no anesthesia, S9999 of no class."""
    assert told(written) == []


NOT_ON_VISITS = "RT E1 LD GG PT Q8 JZ AT GP 91 QW NU 22 79 RC JA TB QS P3 FY 63 47"


@pytest.mark.parametrize("modifier", NOT_ON_VISITS.split())
def test_a_modifier_on_a_visit(modifier: str) -> None:
    """claim-data#modifiers-and-kinds-of-code: never on a visit, whatever else it is for."""
    assert told(f"99213-{modifier}") == ["MOD-FITS reject"]
    assert said(BOOK, f"99213-{modifier}")[0] == "1 MOD-FITS reject*"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("27447-33", "warn"),
        ("77067-GG", "reject"),
        ("27447-LD", "reject"),
        ("27447-JZ", "reject"),
        ("96372-JZ", "reject"),
        ("99232-AI", "reject"),
        ("85025-RT", "reject"),
        ("93000-RC", "warn"),
        ("64612-E1", "warn"),
        ("99213-76", "warn"),
        ("92014-52", "warn"),
        ("99213-52", "reject"),
        ("72100-GP", "reject"),
        ("98940-GP", "warn"),
        ("27447-95", "reject"),
        ("A0425-RT", "reject"),
        ("11042-Q8", "inform"),
        ("45378-SG", "inform"),
    ],
)
def test_a_modifier_on_another_code(written: str, expected: str) -> None:
    """claim-data#modifiers-and-kinds-of-code"""
    assert told(written) == [f"MOD-FITS {expected}"]


def test_a_modifier_of_no_code() -> None:
    """claim-data#modifiers-and-kinds-of-code: one that the payer expects on no code does not blame the code."""
    [message] = CHECKERS["medicare_part_b"].check(a_claim(a_line("45378-SG"))).messages
    assert message.text == "Modifier SG (facility service of a surgical center) is not expected on this type of claim."
    assert message.remedy == "Remove SG: it has not been required since 2008."


R, W, I, P = "MOD-FITS reject", "MOD-FITS warn", "MOD-FITS inform", "MOD-PAYER inform"  # noqa: E741
U = "MOD-PAYER warn"


@pytest.mark.parametrize(
    ("written", "by_profile"),
    [
        ("99213-RT", [R, W, W, R, W, W, R, W]),
        ("93000-RC", [W, W, I, W, I, I, W, I]),
        ("77067-GG", [R, I, W, R, I, I, I, I]),
        ("99213-GP", [R, W, W, R, W, W, R, W]),
        ("98940-GP", [W, W, I, W, "", "", "", ""]),
        ("99213-JZ", [R, W, W, R, "", "", "", P]),
        ("45385-PT", ["", "", "", "", P, P, "", ""]),
        ("99213-GA", ["", "", "", "", P, P, P, P]),
        ("27447-33", [W, "", "", W, "", "", W, I]),
        ("99213-U1", [U, "", U, U, "", "", "", ""]),
        ("H0031-HN", [U, "", U, U, "", "", "", ""]),
        ("90686-SL", [U, "", U, U, "", "", "", ""]),
        ("99213-SL", [U, "", U, U, W, W, R, ""]),
        ("97110-96", ["", "", "", "", "", "", "", ""]),
        ("99213-52", [R, W, I, R, I, I, W, I]),
    ],
)
def test_each_payer_reads_its_own(written: str, by_profile: list[str]) -> None:
    """claim-data#modifiers-and-kinds-of-code: what rejects and warns differs by payer."""
    assert [" ".join(told(written, profile)) for profile in PROFILES] == by_profile


def test_an_infants_modifier_by_age() -> None:
    """63: the first birthday is the border; without a date of birth nothing is said."""
    day = {"day": "20250310"}
    assert told("44140-63", birth_date="20240311", **day) == []
    assert told("44140-63", birth_date="20240310", **day) == [R]
    assert told("44140-63", birth_date=None, **day) == told("44140-63", birth_date="", **day) == []
    assert told("99213-63", birth_date="20250301", **day) == [R]


def test_a_referred_test_by_the_biller() -> None:
    """90: Medicare Part B pays an independent laboratory alone for a test that another one ran."""
    assert told("85025-90", billing_taxonomy="291U00000X") == []
    assert told("85025-90", billing_taxonomy=None) == told("85025-90", billing_taxonomy="") == []
    assert told("85025-90", billing_taxonomy="207Q00000X") == [W]
    assert told("85025-90", "commercial", billing_taxonomy="207Q00000X") == []


def test_a_repeat_by_another_practitioner() -> None:
    """77: the same practitioner's repeat takes 76. Where nobody is named, nobody knows."""

    def told_of(first: str | None, second: str | None, **fields: Any) -> list[str]:
        made = a_line("71046", rendering_npi=first, **fields), a_line("71046-77", rendering_npi=second, **fields)
        return [m.check for m in CHECKERS["medicare_part_b"].check(a_claim(*made)).messages]

    assert told_of("1234567893", "1234567893") == ["MOD-FITS"]
    assert told_of("1234567893", "1234567802") == told_of(None, None) == []
    assert told_of("1234567893", "1234567893", setting=OUTPATIENT, pos=None) == []
    assert told("71046-77", rendering_npi="1234567893") == []


def test_the_primary_care_exception_by_date() -> None:
    """GE: levels 4 and 5 were under the exception until 2023-05-11."""
    assert told("99214-GE", day="20230511") == []
    assert told("99214-GE", day="20230512") == [W]
    assert told("99213-GE", day="20230512") == []


def test_what_other_checks_report_is_left_to_them() -> None:
    """claim-data#modifiers-and-kinds-of-code: one message a modifier and line."""
    assert said(BOOK, "99213-ZZ-RT") == ["1 MOD-INVALID reject"]
    assert "1 MOD-FITS" not in str(said(BOOK, "J1030-RT", day="20250310"))
    assert said(BOOK, "99213-62") == ["1 COSURG reject"]
    assert said(BOOK, "99213-59") == ["1 MOD-EM-59 reject"]
    assert [x for x in said(BOOK, "99213-53") if "MOD" in x] == ["1 MOD-FITS reject*"]
    therapist = {"billing_taxonomy": "225X00000X"}
    assert said(BOOK, "99213-GP", claim=therapist) == ["1 MOD-FITS reject*"]
    assert "1 THER2 warn" in said(BOOK, "97110-GP", claim=therapist)


@pytest.mark.parametrize("written", ["20610-95", "20610-93", "20610-GT", "G0439-78"])
def test_of_what_never_applies_no_place_is_asked(written: str) -> None:
    """claim-data#modifiers-and-kinds-of-code: TELE, TELE-95 and OR-78 leave a misplaced modifier to MOD-FITS."""
    found = [x for x in said(BOOK, written) if any(id in x for id in ("MOD-FITS", "TELE", "OR-78"))]
    assert found == ["1 MOD-FITS reject*"]
    assert any("TELE" in x for x in said(BOOK, "99214-93"))


def test_a_wrong_place_is_told_once() -> None:
    """families#telehealth: TELE-95 is silent where POS-INVALID or POS-TYPE reports the place."""
    assert "1 TELE-95 warn" in said(BOOK, "99214-95")
    for written, pos in (("99214-95", "1"), ("99232-95", "11")):
        found = {x.split()[1] for x in said(BOOK, written, pos=pos)}
        assert found & {"POS-INVALID", "POS-TYPE"} and "TELE-95" not in found


def test_a_return_without_a_global_period_is_told_once() -> None:
    assert [x for x in said(BOOK, "71046-78") if "MOD-FITS" in x or "OR-78" in x] == ["1 MOD-FITS inform"]


def test_two_modifiers_are_two_messages() -> None:
    assert told("99213-JZ-RT") == [R, R]


def test_no_list_of_the_day() -> None:
    """A day outside the list: told, once a claim."""
    outcome = CHECKERS["medicare_part_b"].check(a_claim(a_line("99213-RT", day="19830301")))
    assert [m.check for m in outcome.messages] == ["PARTLY-JUDGED"]


@pytest.mark.parametrize("written", ["36415-33", "36415-HF", "36416-33"])
def test_blood_is_drawn_for_what_its_test_is_for(written: str) -> None:
    """Preventive tests and those of behavioral health programs have their modifier on the blood draw, too."""
    payers = [profile for profile in PROFILES if written.endswith("33") or profile.startswith("medicaid")]
    assert [told(written, profile) for profile in payers] == [[]] * len(payers)


def test_the_payers_are_the_profiles() -> None:
    assert sorted(get_args(Payer)) == sorted(PROFILES) == profile_names()


def test_every_modifier_of_the_list_is_one() -> None:
    content = tomllib.loads((shipped_rules() / "modifiers.toml").read_text("utf-8"))
    assert set(MODIFIERS) <= {code for family in content["family"].values() for code in family}


def test_a_span_covers_codes_that_are_written_alike() -> None:
    assert covers("00100-01999", "00840") and not covers("00100-01999", "0100T")
    assert covers("0001U-9999U", "0240U") and not covers("0001U-9999U", "0240T")
    assert covers("A4206-A8004", "A7000") and not covers("99213", "99214") and not covers("99213", "9921")


def test_no_code_is_a_visit_and_something_else() -> None:
    """A kind of code that another contains is named for that: the others are apart."""
    parts = {name: " ".join(one["codes"]) for name, one in CONTENT["class"].items()}
    within = {frozenset(pair) for pair in (("laboratory", "clinical_laboratory"), ("therapy", "medicine"))}
    codes = [f"{n:05d}" for n in range(100, 99999)]
    classes = Counter(frozenset(name for name, spans in parts.items() if covers(spans, code)) for code in codes[::7])
    assert {found for found in classes if len(found) > 1} <= within


OF_A_PAYER = """
title = "What ACME's modifiers go with"
cites = ["ACME 2025"]
first = 2025-01-01
last = 2025-12-31

[[fits]]
of = ["RT"]
says = "side of the body"
payers = ["commercial"]
never = ["20610"]
warn = ["rest"]
"""
RELEASES = """
[[series]]
title = "ACME"
tables = []
releases = [{ name = "ACME 2025", edition = "2025", first = 2025-01-01, last = 2025-12-31 }]
"""


def test_a_payer_may_say_it_otherwise(tmp_path: Path) -> None:
    """An overlay wins for the modifiers that it names, and the rest of what ships holds."""
    (tmp_path / "releases.toml").write_text(RELEASES)
    (tmp_path / "modifier_fits.toml").write_text(OF_A_PAYER)
    book = STARTER.under(load_overlay(tmp_path))
    checker = Checker(book, "commercial", select=["MOD-FITS"], on_error=raise_errors)
    lines = [a_line(written) for written in ("20610-RT", "99213-RT", "20610-LT", "99213-LT", "S9999-RT")]
    assert [(m.line_number, m.severity) for m in checker.check(a_claim(*lines)).messages] == [
        ("1", "reject"),
        ("2", "warn"),
        ("4", "reject"),
    ]


@pytest.mark.skipif(not FREQUENCY.is_file(), reason=f"no {FREQUENCY}")
def test_on_the_modifiers_of_a_year_of_medicare() -> None:
    """Part B in 2023, 163 codes: of 34,658,825 services with a modifier 1,453 are rejected, therapy plans and acute
    treatment on images of the spine and ultrasound; each is a true fault."""
    services: Counter[str] = Counter()
    rejected = set()
    with FREQUENCY.open(newline="") as file:
        for row in csv.DictReader(file):
            if not row["modifier"]:
                continue
            services["all"] += int(row["services"])
            for said_of in told(f"{row['code']}-{row['modifier']}", day="20230310", billing_taxonomy="291U00000X"):
                services[said_of] += int(row["services"])
                if said_of == R:
                    rejected.add((row["code"], row["modifier"]))
    assert services["all"] == 34_658_825 and services[R] == 1_453
    assert {modifier for _, modifier in rejected} == {"AT", "GP"}
    assert {code for code, _ in rejected} == {"72020", "72052", "72100", "72120", "76881"}
    assert services[W] + services[U] < 1_000  # of which none is an interpretation


@needs_cms
def test_what_medicare_does_not_use_is_what_the_hcpcs_file_says() -> None:
    """Coverage code I of modifiers, less those that Medicare's manual speaks of."""
    text = text_of(CMS / "hcpcs" / "hcpc2026_jan_anweb_01122026.zip", r"ANWEB.*\.txt$")
    modifiers = (row for row in text.splitlines() if row[10:11] == "7" and row[229:230] == "I")
    published = {row[:5].strip() for row in modifiers}
    medicare = next(one for one in CONTENT["unread"] if "U1" in one["of"])
    assert published - set(medicare["of"]) == {"AZ", "FB", "PA", "PB", "PC", "TQ"}
    assert set(medicare["of"]) <= published


@given(
    st.sampled_from(MODIFIERS), st.from_regex(r"[0-9A-V][0-9]{3}[0-9FTUM]", fullmatch=True), st.sampled_from(PROFILES)
)
def test_one_message_a_modifier_and_line(modifier: str, code: str, profile: str) -> None:
    found = CHECKERS[profile].check(a_claim(a_line(f"{code}-{modifier}"))).messages
    of_fits = [m for m in found if m.check == "MOD-FITS"]
    assert len(of_fits) <= 1
    assert all(len(m.text) <= 160 for m in found)
