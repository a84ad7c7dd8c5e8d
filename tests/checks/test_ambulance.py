"""Ambulance: trips, miles and the transports that they belong to (families#ambulance)."""

import io
import tomllib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimcheck import Checker, Claim, read
from claimcheck.authoring.examples import a_claim, a_line, a_service
from claimcheck.checks.ambulance import _rounded
from claimcheck.checks.families import is_trip
from claimcheck.claim import OUTPATIENT
from claimcheck.engine.loop import raise_errors
from claimcheck.rulebook import AMBULANCE_TRIP
from claimcheck.rulebook.starter import shipped_rules
from support.judging import STARTER, checker, messages_of, said_of_batch, severities_of

AMBULANCE = checker(STARTER, "AMB", "UNIT-FRAC")
TRANSPORTS = [f"A{number:04}" for number in range(426, 435)]
MILES = ["A0425", "A0435", "A0436"]


def of(*written: str, profile: str | None = None, **fields: str) -> list[tuple[str, str]]:
    return severities_of(a_claim(*(a_line(one, **fields) for one in written)), "AMB", "UNIT-FRAC", profile=profile)


def test_trips_are_the_pairs_of_the_rule_data() -> None:
    letters = tomllib.loads((shipped_rules() / "modifiers.toml").read_text("utf-8"))["ambulance_pairs"]
    pairs = {origin + destination for origin in letters["origin"] for destination in letters["destination"]}
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    assert {one + other for one in alphabet for other in alphabet if is_trip(one + other)} == pairs
    assert len(pairs) == 110
    assert not any(map(is_trip, ("", "R", "RHX", "rh", "XR")))


@pytest.mark.parametrize("code", [*TRANSPORTS, *MILES])
def test_every_line_of_a_trip_names_it(code: str) -> None:
    others = ["A0428-RH"] if code in MILES else []
    assert of(code, *others) == [("AMB-TRIP", "reject")]
    assert of(f"{code}-RH", *others) == of(f"{code}-GM-RH", *others) == []
    assert of(f"{code}-QL", *others) == of(f"{code}-GY", *others) == []


def test_a_hospitals_ambulance_names_its_trip_too() -> None:
    for written, expected in (("A0429", [("AMB-TRIP", "reject")]), ("A0429-SH", [])):
        line = a_line(written, pos=None, setting=OUTPATIENT, revenue_code="0540")
        assert severities_of(a_claim(line), "AMB") == expected


def test_other_ambulance_codes_and_codes_alike_need_no_trip() -> None:
    assert of("A0424") == of("A0888") == of("A0998") == of("A0437") == of("99213") == []


@pytest.mark.parametrize(
    ("code", "units", "rounded"),
    [
        ("A0425", "12.3", "12.3"),
        ("A0425", "12.30", "12.3"),
        ("A0425", "12.31", "12.4"),
        ("A0425", "99.9", "99.9"),
        ("A0425", "99.91", "100.0"),
        ("A0425", "100", "100"),
        ("A0425", "100.0", "100"),
        ("A0425", "100.1", "101"),
        ("A0435", "100.1", "100.1"),
        ("A0436", "250.11", "250.2"),
        ("A0425", "999999999999999.123456789012345", "1000000000000000"),
    ],
)
def test_miles_are_rounded_up(code: str, units: str, rounded: str) -> None:
    assert _rounded(a_service(code, units=units)) == Decimal(rounded)
    expected = [] if Decimal(units) == Decimal(rounded) else ["AMB-MILE"]
    claim = a_claim(a_line("A0428-SH"), a_line(f"{code}-SH", units=units))
    assert [m.check for m in AMBULANCE.check(claim).messages] == expected


def test_what_is_not_miles_above_zero_is_anothers() -> None:
    for units in ("", "0", "-1.25", "x", "1e400"):
        assert _rounded(a_service("A0425", units=units)) is None
    assert _rounded(a_service("99213", units="1.25")) is None


@given(st.decimals("0.001", "500", places=3), st.sampled_from(MILES), st.booleans())
def test_rounding_never_loses_miles_nor_adds_one(miles: Decimal, code: str, tenths: bool) -> None:
    rounded = _rounded(a_service(code, units=f"{miles:f}"), tenths)
    assert rounded is not None
    assert miles <= rounded < miles + 1
    assert _rounded(a_service(code, units=f"{rounded:f}"), tenths) == rounded


def test_miles_by_payer() -> None:
    claim = a_claim(a_line("A0428-SH"), a_line("A0425-SH", units="12.34"), a_line("A0435-SH", units="7.5"))
    for profile, severity in (("medicare_part_b", "warn"), ("medicare_advantage", "warn"), ("commercial", "inform")):
        assert severities_of(claim, "AMB-MILE", profile=profile) == [("AMB-MILE", severity)]
    for profile in ("medicaid", "medicaid_mco"):
        assert severities_of(claim, "AMB-MILE", profile=profile) == [("AMB-MILE", "warn")] * 2
    (first, _) = messages_of(claim, "AMB-MILE", profile="medicaid")
    assert first.text == "12.34 miles of A0425 reported; the payer may take whole miles only."
    assert first.allowed == "13"


def _billed(claim_id: str, *written: str, day: str = "20250310") -> Claim:
    lines = (a_line(one, day=day) for one in written)
    return a_claim(*lines, patient_id="P", billing_npi="1234567893")._replace(claim_id=claim_id)


def test_a_transport_of_an_earlier_claim_is_found() -> None:
    transport, miles = _billed("A", "A0428-RH"), _billed("B", "A0425-RH")
    assert said_of_batch(AMBULANCE, transport, miles) == []
    assert said_of_batch(AMBULANCE, miles) == ["B 1 AMB-BASE warn"]
    assert said_of_batch(AMBULANCE, miles, transport) == ["B 1 AMB-BASE warn"], "each claim is judged as it comes"
    assert said_of_batch(AMBULANCE, _billed("A", "A0428-HR"), miles) == ["B 1 AMB-BASE inform"]
    assert said_of_batch(AMBULANCE, _billed("A", "A0428-RH", day="20250309"), miles) == ["B 1 AMB-BASE warn"]


def test_of_two_trips_each_mileage_has_its_own() -> None:
    both = a_claim(*(a_line(one) for one in ("A0428-RH", "A0425-RH", "A0428-HR", "A0425-HN")))
    assert severities_of(both, "AMB") == [("AMB-BASE", "inform")]
    a_day_that_is_none = a_claim(*(a_line(one, day="x") for one in ("A0428-RH", "A0425-RH")))
    assert severities_of(a_day_that_is_none, "AMB-BASE") == []


@pytest.mark.parametrize(
    ("given_zip", "status"),
    [
        *((None, None), ("43001", None), ("430011234", None), ("43001-1234", None)),
        *(("", "A6"), ("4300", "A7"), ("430011", "A7"), ("K1A 0B1", "A7"), ("4300-1", "A7"), ("\u0664" * 5, "A7")),
    ],
)
def test_the_zip_code_of_the_pick_up(given_zip: str | None, status: str | None) -> None:
    for code in ("A0429", "A0425", "A0436"):
        line = a_line(f"{code}-SH", service_zip=given_zip)
        found = messages_of(a_claim(line), "AMB-ZIP")
        assert [m.claim_status.category for m in found if m.claim_status] == ([status] if status else [])
        assert not given_zip or not any(given_zip in f"{m.text} {m.remedy} {m.observed}" for m in found), "an address"
        assert all((m.element, m.box) == ("2420G N403 / 2310E N403", "23") for m in found)


def test_a_hospital_states_the_pick_up_elsewhere() -> None:
    line = a_line("A0429-SH", pos=None, setting=OUTPATIENT, revenue_code="0540", service_zip="")
    assert severities_of(a_claim(line), "AMB-ZIP") == []


def test_an_837_without_a_pick_up_has_none() -> None:
    """The billing provider's address does not stand for it."""
    head = [
        "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *250320*1200*^*00501*000000001*0*P*:",
        *("GS*HC*S*R*20250320*1200*1*X*005010X222A1", "ST*837*0001*005010X222A1", "BHT*0019*00*1*20250320*1200*CH"),
        *("HL*1**20*1", "NM1*85*2*RIDES*****XX*1993999998", "N3*1 ST", "N4*AUSTIN*TX*78701"),
        *("HL*2*1*22*0", "SBR*P*18*******MB", "NM1*IL*1*DOE*JANE****MI*M1", "NM1*PR*2*PAYER*****PI*P1"),
        *("CLM*C*100***41:B:1*Y*A*Y*Y", "HI*ABK:I10"),
    ]
    line = ["LX*1", "SV1*HC:A0429:SH*100*UN*1***1", "DTP*472*D8*20250310"]
    pick_up = ["NM1*PW*2", "N3*2 ST", "N4*AUSTIN*TX*78702"]
    tail = ["SE*1*0001", "GE*1*1", "IEA*1*000000001"]
    given: tuple[tuple[list[str], list[str]], ...] = (([], ["AMB-ZIP"]), (pick_up, []))
    for between, expected in given:
        data = "".join(f"{segment}~" for segment in [*head, *between, *line, *tail]).encode()
        items = [*read(io.BytesIO(data), name="a.837")]
        assert [m.check for m in checker(STARTER, "AMB-ZIP").run(items) if m.line_number] == expected


def test_the_rule_data_know_trips_as_such() -> None:
    row = STARTER.on(a_line().day).modifier("RH")
    assert row
    assert row.family == AMBULANCE_TRIP


@given(st.lists(st.sampled_from(["A0425-RH", "A0425-HR", "A0425", "A0428-RH", "A0429", "99213", "A0436-SH"])))
def test_memory_and_order_change_nothing(written: list[str]) -> None:
    lines = [a_line(one, units="101.55") for one in written]
    fresh = Checker(STARTER, "medicare_part_b", select=["AMB", "UNIT-FRAC"], on_error=raise_errors, remember=False)

    def said(by: Checker, claim: Claim) -> list[tuple[str, str, str | None]]:
        return sorted((m.check, m.severity, m.code) for m in by.check(claim).messages)

    claim = a_claim(*lines)
    assert said(AMBULANCE, claim) == said(fresh, claim) == said(AMBULANCE, a_claim(*reversed(lines)))
