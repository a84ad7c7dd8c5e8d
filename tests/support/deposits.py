"""Small deposits for tests of a history."""

from datetime import date, timedelta

from claimcheck.claim import Line, Service
from claimcheck.memory.deposits import Deposit, State
from claimcheck.memory.keys import Key

KEY = Key(bytes(range(32)))
FIRST = date(2024, 1, 1)


def patient(name: str) -> bytes:
    return KEY.of("patient", name)


def a_deposit(
    claim_id: str,
    who: str = "Ann",
    day: int = 0,
    state: State = State.SENT,
    lines: tuple[Line, ...] = (),
    codes: tuple[str, ...] = ("99213",),
    payer: str = "ACME",
) -> Deposit:
    """A deposit of a patient, some days after the first."""
    served = FIRST + timedelta(day)
    text = f"{served:%Y%m%d}"
    made = tuple(
        Line(Service(code, ("25",), "1", "UN", "11"), text, "", str(number), charge="110.5")
        for number, code in enumerate(codes, 1)
    )
    return Deposit(
        patient=patient(who),
        fingerprint=KEY.of("claim", f"{who} {claim_id} {day}"),
        place=KEY.of("place", f"{who} {claim_id}"),
        claim_id=claim_id,
        payer=payer,
        setting="professional",
        profile="medicare_part_b",
        billing_npi="1234567893",
        billing_taxonomy="207Q00000X",
        type_of_bill=None,
        frequency="1",
        original_reference=None,
        received=served + timedelta(3),
        first_day=served,
        last_day=served,
        state=state,
        lines=lines or made,
        dispositions="a" * len(lines or made),
    )
