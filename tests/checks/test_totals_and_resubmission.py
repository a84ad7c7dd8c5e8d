"""The claim's total, frequency and number: what examples cannot show (claim-data#charges, claim-data#claim)."""

import io
from decimal import Decimal
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimcheck import Checker, Claim, EditMessage, a_claim, a_line, read
from claimcheck.authoring.check import ClaimColumns
from claimcheck.checks.totals import total_is_not_the_sum
from claimcheck.claim import OUTPATIENT
from claimcheck.readers.x12 import blocks
from claimcheck.rulebook import Rulebook
from support.command_line import invoke
from support.places import ROOT

BOOK = Rulebook.of()
ISA = "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *250320*0930*^*00501*000000007*0*T*:~"
GS = "GS*HC*S*R*20250320*0930*9*X*005010X222A1~"
ST = "ST*837*0001*005010X222A1~BHT*0019*00*7*20250320*0930*CH~NM1*41*2*S*****46*S~NM1*40*2*R*****46*R~"


def provider(npi: str = "1993999998") -> str:
    return f"HL*1**20*1~NM1*85*2*CLINIC*****XX*{npi}~"


def of_patient(member: str, *numbers: str, frequency: str = "1") -> str:
    claims = "".join(
        f"CLM*{number}*50***11:B:{frequency}*Y*A*Y*Y~HI*ABK:I10~LX*1~SV1*HC:99213*50*UN*1***1~DTP*472*D8*20250310~"
        for number in numbers
    )
    return f"HL*2*1*22*0~SBR*P*18*******MB~NM1*IL*1*DOE*A****MI*{member}~NM1*PR*2*P*****PI*P1~{claims}"


def repeats(*parts: str, name: str = "a.837") -> list[str]:
    """The numbers of the claims that repeat one, read in blocks of any size alike."""
    data = "".join((ISA, GS, ST, *parts)).encode()
    found = []
    for chunk in (blocks.CHUNK, 200, 331):
        with patch.multiple(blocks, CHUNK=chunk, _LOOKAHEAD=160):
            claims = [item for item in read(io.BytesIO(data), name=name) if isinstance(item, Claim)]
        found.append([claim.claim_id for claim in claims if claim.repeats_number])
    assert found[0] == found[1] == found[2]
    return found[0]


def test_a_number_is_repeated_within_a_transaction_and_billing_provider() -> None:
    one, other = of_patient("M1", "A", "B"), of_patient("M2", "C", "A")
    assert repeats(provider(), one, other) == ["A"]
    assert repeats(provider(), one, of_patient("M2", "A", "A")) == ["A", "A"]
    assert repeats(provider(), one, provider("1003000126"), other) == []
    assert repeats(provider(), one, provider("1003000126"), other, provider(), other) == ["A"]
    assert repeats(provider(), one, "SE*9*0001~", ST, provider(), other) == []
    assert repeats(provider(), of_patient("M1", "A"), "SE*9*0001~", ST, provider(), other, one) == ["A"]


@pytest.mark.parametrize(("frequency", "expected"), [("1", ["A"]), ("7", []), ("8", []), ("", ["A"]), ("17", ["A"])])
def test_a_replacement_or_void_repeats_nothing(frequency: str, expected: list[str]) -> None:
    one, other = of_patient("M1", "A"), of_patient("M2", "A", frequency=frequency)
    assert repeats(provider(), one, other) == expected
    assert repeats(provider(), other, one) == expected


def test_another_payers_billing_provider_is_not_the_claims() -> None:
    other_payer = "SBR*S*18*******CI~NM1*PR*2*O*****PI*O1~NM1*85*2~REF*G2*X~"
    one, again = of_patient("M1", "A"), of_patient("M2", "A")
    assert repeats(provider(), one.replace("LX*1~", f"{other_payer}LX*1~"), again) == ["A"]


def test_claim_objects_repeat_a_number_of_their_file() -> None:
    row = '{"claim_id": "%s", "billing_npi": "%s", "frequency": "%s", "lines": [{"code": "99213", "units": 1, '
    row += '"from_date": "20250310"}]}'
    told = [("A", "1"), ("B", "1"), ("A", "1"), ("A", "7")]
    data = "\n".join(row % (number, "1993999998", frequency) for number, frequency in told)
    data += "\n" + row % ("A", "1003000126", "1")
    claims = [item for item in read(io.BytesIO(data.encode()), name="a.jsonl") if isinstance(item, Claim)]
    assert [claim.repeats_number for claim in claims] == [False, False, True, False, False]


def test_numbers_are_remembered_up_to_a_bound() -> None:
    loops = [of_patient(f"M{at}", f"N{at}") for at in range(6)]
    assert repeats(provider(), *loops, of_patient("M9", "N5", "N0")) == ["N5", "N0"]
    with patch("claimcheck.readers.x12.claim_numbers._MOST_NUMBERS", 4):
        data = "".join((ISA, GS, ST, provider(), *loops, of_patient("M9", "N5"))).encode()
        with patch.multiple(blocks, CHUNK=150, _LOOKAHEAD=160):
            claims = [item for item in read(io.BytesIO(data), name="a.837") if isinstance(item, Claim)]
        assert [claim.claim_id for claim in claims if claim.repeats_number] == ["N5"]


def test_a_repeated_number_is_reported_by_any_number_of_jobs(tmp_path: Path) -> None:
    path = tmp_path / "claims.837"
    loops = [of_patient(f"M{at}", f"N{at % 150}") for at in range(300)]
    path.write_text("".join((ISA, GS, ST, provider(), *loops, "SE*9*0001~GE*1*9~IEA*1*000000007~")))
    shown = [
        invoke("check", str(path), "--select", "PCN", "--format", "jsonl", "--jobs", jobs).stdout for jobs in ("1", "3")
    ]
    assert shown[0] == shown[1]
    assert shown[0].count('"PCN-DUP"') == 150


AMOUNTS = st.decimals(0, 99999, places=2, allow_nan=False, allow_infinity=False)
AS_WRITTEN = st.sampled_from(["{:f}", "{:.3f}", "+{:f}", "0{:f}"])


@given(st.lists(st.tuples(AMOUNTS, AS_WRITTEN), min_size=1, max_size=9), st.sampled_from(["0", "0.01", "-0.01", "1"]))
def test_a_claim_balances_however_its_amounts_are_written(lines: list[tuple[Decimal, str]], off: str) -> None:
    total = sum((amount for amount, _ in lines), Decimal(off))
    claim = a_claim(*(a_line(charge=written.format(amount)) for amount, written in lines), charge=f"{total:f}")
    assert total_is_not_the_sum.function and total_is_not_the_sum.clean_if
    found = [*total_is_not_the_sum.function(claim, BOOK)]
    assert bool(found) == (Decimal(off) != 0)
    assert total_is_not_the_sum.clean_if(ClaimColumns.of([claim, claim], BOOK)) == (not found)


TRAILER = "SE*9*0001~GE*1*9~IEA*1*000000007~"


@pytest.mark.parametrize(
    ("more", "lacks"),
    [
        (TRAILER, False),
        (f"NTE*ADD*X~{TRAILER}", False),
        (f"LX*2~LX*3~SV1*HC:99213*50*UN*1***1~DTP*472*D8*20250310~{TRAILER}", True),
        (f"QQQ*1~{TRAILER}", True),
        ("LX*2~SV", True),
        ("", True),
    ],
)
def test_a_claim_of_which_a_part_was_not_read_is_not_added_up(more: str, lacks: bool) -> None:
    claim = of_patient("M1", "A").replace("CLM*A*50", "CLM*A*100")
    items = [*read(io.BytesIO("".join((ISA, GS, ST, provider(), claim, more)).encode()), name="a.837")]
    assert [item.lacks_lines for item in items if isinstance(item, Claim)] == [lacks]
    found = [message for message in Checker(select=["BALANCE"]).run(items) if message.check == "BALANCE"]
    assert [(m.field, m.element, m.box, m.observed, m.allowed) for m in found] == [
        ("charge", "2300 CLM02", "28", "100", "50")
    ] * (not lacks)


def test_a_hospitals_total_has_its_locator() -> None:
    claim = a_claim(a_line(setting=OUTPATIENT, charge="60"), charge="100")
    (message,) = Checker(select=["BALANCE"], profile="medicare_opps").check(claim).messages
    assert message.box == "FL 47"


@pytest.mark.parametrize(
    ("profile", "frequency", "expected"),
    [
        ("medicare_part_b", "7", [("CLM-FREQ", "inform")]),
        ("medicare_advantage", "7", [("CLM-REF", "reject")]),
        ("commercial", "8", [("CLM-REF", "reject")]),
        ("commercial", "9", [("CLM-FREQ", "warn")]),
        ("medicaid", "", [("CLM-FREQ", "reject")]),
    ],
)
def test_a_payer_takes_replacements_or_does_not(profile: str, frequency: str, expected: list[tuple[str, str]]) -> None:
    claim = a_claim(a_line(), frequency=frequency, original_reference="")
    messages = Checker(select=["CLM"], profile=profile).check(claim).messages
    assert [(message.check, message.severity) for message in messages] == expected


def test_other_payers_than_medicare_hear_nothing_of_part_b() -> None:
    claim = a_claim(a_line(charge="132000.00"), charge="132000.00")
    said = {
        profile: [message.text for message in Checker(select=["BIG-CHARGE"], profile=profile).check(claim).messages]
        for profile in ("medicare_part_b", "medicaid")
    }
    assert ["Part B" in text for text in said["medicare_part_b"]] == [True]
    assert ["Part B" in text for text in said["medicaid"]] == [False]


def test_a_row_without_its_number_is_reported_once() -> None:
    data = b"claim_id,code,units,from_date\n,99213,1,20250310\n"
    found = [m.check for m in Checker(select=["PCN"]).run(read(io.BytesIO(data), name="a.csv"))]
    assert found.count("ROW-CLAIM") == 1 and "PCN" not in found


@pytest.mark.parametrize("path", sorted((ROOT / "fixtures").glob("837*/*.837")), ids=lambda path: path.name)
def test_our_own_batches_balance(path: Path) -> None:
    messages = [m for m in Checker(select=["BALANCE", "PCN", "CLM"]).run(read(path)) if isinstance(m, EditMessage)]
    assert not {"BALANCE", "PCN", "PCN-DUP", "CLM-FREQ"} & {message.check for message in messages}
