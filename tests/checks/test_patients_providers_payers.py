"""The patient's birth date and sex, rendering providers of groups, taxonomies, payers: claim-data#rendering-provider,
claim-data#taxonomy, claim-data#patient, claim-data#claim."""

import io
import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimcheck import Checker, Claim, EditMessage, read
from claimcheck.authoring.check import ClaimColumns
from claimcheck.authoring.examples import A_PHYSICIAN, a_claim, a_line
from claimcheck.checks.patient import birth_date_implausible
from claimcheck.claim import DENTAL, INSTITUTIONAL, OUTPATIENT, Party
from claimcheck.rulebook import Rulebook
from support.judging import STARTER, checker

A_GROUP, A_PERSON = Party("2", "CLINIC"), Party("1", "DOE")
IDS = ["BIRTH", "SEX-CODE", "TAXONOMY", "REND-NPI", "REND-MIX", "PAYER-ID", "COB", "QUAL-CODE"]
ALL = checker(STARTER, *IDS)


def told(claim: Claim, *ids: str) -> list[str]:
    messages = (checker(STARTER, *ids) if ids else ALL).check(claim).messages
    return [f"{message.check} {message.severity}" for message in messages]


# The birth date.


@given(st.dates(date(1880, 1, 1), date(2025, 3, 10)), st.dates(date(2000, 1, 1), date(2025, 3, 10)))
def test_an_age_is_in_whole_years(born: date, day: date) -> None:
    claim = a_claim(a_line(day=f"{day:%Y%m%d}"), birth_date=f"{born:%Y%m%d}")
    years = sum((born.year + n, born.month, born.day) <= (day.year, day.month, day.day) for n in range(1, 200))
    assert bool(list(birth_date_implausible.function(claim, STARTER))) is (years > 124)  # type: ignore[misc]


@given(st.text("0123456789", min_size=8, max_size=8) | st.text(max_size=10))
def test_a_look_at_birth_dates_is_right(birth: str) -> None:
    claim = a_claim(a_line(), birth_date=birth)
    assert birth_date_implausible.clean_if
    assert birth_date_implausible.function
    if birth_date_implausible.clean_if(ClaimColumns.of([claim], STARTER)):
        assert not list(birth_date_implausible.function(claim, STARTER))


@pytest.mark.parametrize("birth", ["18750101", "1875-01-01", "18751301", "18750101 "])
def test_nothing_of_a_birth_date_is_in_a_message(birth: str) -> None:
    (message,) = ALL.check(a_claim(a_line(day="20240814"), birth_date=birth)).messages
    assert message.check == "BIRTH"
    assert not re.search("1875|149", f"{message.text} {message.remedy} {message.observed} {message.releases}")


def test_the_first_date_of_service_counts() -> None:
    lines = a_line(day="20240815"), a_line(day="20240813")
    assert told(a_claim(*lines, birth_date="18990814")) == []
    assert told(a_claim(*lines, birth_date="18990813")) == ["BIRTH reject"]


def test_one_message_for_a_birth_after_the_service() -> None:
    assert told(a_claim(a_line(), birth_date="20250311"), "BIRTH", "DATE-ORDER") == ["DATE-ORDER reject"]


@pytest.mark.parametrize("sex", ["X", "f", "Male", "", "CANARYNAME"])
def test_a_sex_is_not_shown(sex: str) -> None:
    (message,) = ALL.check(a_claim(a_line(), sex=sex)).messages
    assert message.check == "SEX-CODE"
    assert not message.observed
    assert "CANARY" not in message.text


# Rendering providers.

_EXEMPT = """
261QA1903X a surgical center
291U00000X a laboratory
293D00000X an independent diagnostic testing facility
335V00000X a supplier of portable X-ray
341600000X an ambulance
3416L0300X an ambulance on land
332B00000X a supplier of medical equipment
333600000X a pharmacy
282N00000X a hospital
"""


@pytest.mark.parametrize("row", _EXEMPT.strip().splitlines())
def test_others_than_groups_name_nobody(row: str) -> None:
    claim = a_claim(a_line(), billing_taxonomy=row.split()[0], billing_provider=A_GROUP)
    assert told(claim) == []


def _bills(*rendering: str | None, party: Party | None = A_GROUP, **fields: object) -> Claim:
    lines = [a_line(rendering_npi=npi) for npi in rendering]
    return a_claim(*lines, **{"billing_taxonomy": "193400000X", "billing_provider": party, **fields})


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (_bills(None), ["REND-NPI reject"]),
        (_bills(None, None), ["REND-NPI reject"]),
        (_bills(A_PHYSICIAN, None), ["REND-MIX warn"]),
        (_bills(A_PHYSICIAN, ""), ["REND-MIX warn"]),
        (_bills(A_PHYSICIAN, A_PHYSICIAN), []),
        (_bills(None, party=A_PERSON), []),
        (_bills(A_PHYSICIAN, None, party=A_PERSON), []),
        (_bills(None, party=None), []),
        (_bills(A_PHYSICIAN, None, party=None), ["REND-MIX warn"]),
        (_bills(None, billing_taxonomy=None), []),
        (a_claim(a_line(setting=OUTPATIENT), billing_taxonomy="261QR1300X", billing_provider=A_GROUP), []),
    ],
)
def test_who_rendered_the_services_of_a_group(claim: Claim, expected: list[str]) -> None:
    assert told(claim) == expected


def test_many_lines_are_counted() -> None:
    (message,) = ALL.check(_bills(A_PHYSICIAN, *[None] * 49)).messages
    assert "49 lines (the first is 2) have none" in message.text
    assert len(message.text) < 160


# Taxonomies.


@pytest.mark.parametrize(
    ("taxonomy", "day", "expected"),
    [
        ("207Q00000X", "20240814", []),
        ("207Q00000X", "20261128", []),
        ("246YC3301X", "20230101", []),
        ("246YC3301X", "20230102", ["TAXONOMY warn"]),
        ("246YC3301X", "20260102", ["TAXONOMY warn"]),
        ("207Q99999X", "20241231", ["TAXONOMY warn"]),
        ("207Q99999X", "20250101", ["PARTLY-JUDGED inform"]),
        ("207Q00000N", "20250101", ["TAXONOMY warn"]),
        ("207q00000x", "20250101", ["TAXONOMY warn"]),
        ("207Q0000X", "20240814", ["TAXONOMY reject"]),
        ("207Q00000XX", "20240814", ["TAXONOMY reject"]),
        ("207Q-0000X", "20240814", ["TAXONOMY reject"]),
    ],
)
def test_a_taxonomy_by_its_day(taxonomy: str, day: str, expected: list[str]) -> None:
    assert told(a_claim(a_line(day=day), billing_taxonomy=taxonomy)) == expected


def test_a_taxonomy_is_reported_once() -> None:
    lines = [a_line(rendering_npi=A_PHYSICIAN, rendering_taxonomy="1234") for _ in range(3)]
    assert told(a_claim(*lines, billing_taxonomy="1234")) == ["TAXONOMY reject"]


@pytest.mark.parametrize("text", ["CANARYNAME", "CANARY NAME", "CANARYNAM"])
def test_what_may_be_a_name_is_not_shown(text: str) -> None:
    (message,) = ALL.check(a_claim(a_line(), billing_taxonomy=text)).messages
    assert "CANARY" not in f"{message.text} {message.observed} {message.releases}"


def test_the_remark_says_whose_taxonomy_it_is() -> None:
    line = a_line(rendering_npi=A_PHYSICIAN, rendering_taxonomy="1234")
    (message,) = ALL.check(a_claim(line)).messages
    assert message.rarc == "N288"
    assert message.line_number == "1"


def test_a_book_without_the_list_judges_the_form() -> None:
    bare = Checker(Rulebook.of(), select=["TAXONOMY"])
    assert [m.check for m in bare.check(a_claim(a_line(), billing_taxonomy="1")).messages] == ["TAXONOMY"]


# Code qualifiers.


@pytest.mark.parametrize(
    ("setting", "code_set", "expected"),
    [
        ("professional", "IV", False),
        ("professional", "WK", False),
        ("professional", "HP", True),
        ("professional", "", False),
        ("dme", "HP", True),
        (OUTPATIENT, "HP", False),
        (INSTITUTIONAL, "HP", False),
        (OUTPATIENT, "AD", True),
        (DENTAL, "AD", False),
    ],
)
def test_qualifiers_by_kind_of_claim(setting: str, code_set: str, expected: bool) -> None:
    messages = ALL.check(a_claim(a_line(setting=setting, code_set=code_set), billing_taxonomy=None)).messages
    assert ("QUAL-CODE" in {message.check for message in messages}) is expected


# From an 837.

FILE = """ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *250320*0930*^*00501*000000007*0*T*:~
GS*HC*SENDER*RECEIVER*20250320*0930*7*X*005010X222A1~
ST*837*0001*005010X222A1~
BHT*0019*00*7*20250320*0930*CH~
HL*1**20*1~
PRV*BI*PXC*193200000X~
NM1*85*2*CLINIC*****XX*1993999998~
HL*2*1*22*0~
SBR*S*18*******MB~
NM1*IL*1*DOE*JANE****MI*1~
DMG*D8*18750101*X~
NM1*PR*2*PAYER*****PI*~
CLM*C1*100***11:B:1*Y*A*Y*Y~
HI*ABK:I10~
LX*1~
SV1*XX:99213*100*UN*1***1~
DTP*472*D8*20250310~
SE*16*0001~
GE*1*7~
IEA*1*000000007~
"""


def test_all_of_them_in_one_file() -> None:
    items = ALL.run(read(io.BytesIO(FILE.encode()), name="x.837"))
    found = {m.check for m in items if isinstance(m, EditMessage)}
    assert found >= set(IDS) - {"TAXONOMY", "REND-MIX"}


def test_a_claim_in_order_has_none_of_them() -> None:
    better = {
        "18750101*X": "19500101*F",
        "PI*~": "PI*12345~",
        "SBR*S": "SBR*P",
        "XX:99213": "HC:99213",
        "LX*1~": f"NM1*82*1*DOE*JOHN****XX*{A_PHYSICIAN}~\nPRV*PE*PXC*207Q00000X~\nLX*1~",
    }
    text = FILE
    for old, new in better.items():
        assert old in text
        text = text.replace(old, new)
    assert not [m.check for m in ALL.run(read(io.BytesIO(text.encode()), name="x.837")) if m.check in IDS]
