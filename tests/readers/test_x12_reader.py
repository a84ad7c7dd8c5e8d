"""The 837 reader: segments, claims, what it says of broken files, and that it never fails."""

from __future__ import annotations

import gc
import io
import json
import re
import time
import tracemalloc
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, NamedTuple
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claimcheck.claim import (
    DENTAL,
    OUTPATIENT,
    PROFESSIONAL,
    Claim,
    Group,
    Interchange,
    Line,
    Location,
    Party,
    Service,
    Submission,
)
from claimcheck.message import EditMessage, UnreadMessage
from claimcheck.readers.x12 import blocks
from claimcheck.readers.x12.claims import ClaimReader, read_837
from claimcheck.readers.x12.composites import Memo
from claimcheck.readers.x12.edits import READING_EDITS
from claimcheck.readers.x12.plain import PlainReader
from claimcheck.readers.x12.state import State
from claimcheck.readers.x12.walker import Walker
from support.places import SHARED

X12 = SHARED / "x12"


class Drip(io.RawIOBase):
    """A stream that gives only a few bytes at a time, as pipes and sockets do."""

    def __init__(self, data: bytes, size: int) -> None:
        self.stream, self.size = io.BytesIO(data), size

    def read(self, size: int = -1) -> bytes:
        return self.stream.read(min(size, self.size))


class Reading(NamedTuple):
    claims: list[Claim]
    messages: list[EditMessage]

    @property
    def said(self) -> list[str]:
        return [message.check for message in self.messages]

    @property
    def claim(self) -> Claim:
        (claim,) = self.claims
        return claim

    @property
    def line(self) -> Line:
        (line,) = self.claim.lines
        return line

    @property
    def message(self) -> EditMessage:
        (message,) = self.messages
        return message

    def count(self) -> tuple[int, int]:  # type: ignore[override]
        return len(self.claims), sum(len(claim.lines) for claim in self.claims)


def items(data: bytes, size: int | None = None, asc_npis: Iterable[str] = ()) -> list[Claim | EditMessage]:
    stream: BinaryIO = io.BytesIO(data) if size is None else Drip(data, size)  # type: ignore[assignment]
    return list(read_837(stream, "a.837", asc_npis=frozenset(asc_npis)))


def reading(text: str | bytes, **options: Any) -> Reading:
    found = items(text.encode() if isinstance(text, str) else text, **options)
    claims = [item for item in found if isinstance(item, Claim)]
    return Reading(claims, [item for item in found if isinstance(item, EditMessage)])


# A small valid file, to be changed at one place

ISA = "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *250301*1200*^*00501*000000007*0*T*:"
HEADER = "BHT*0019*00*1*20250228*1200*CH~NM1*41*2*SUBMITTER*****46*S1~NM1*40*2*RECEIVER*****46*R1"
BILLING = (
    "HL*1**20*1~PRV*BI*PXC*207Q00000X~NM1*85*2*CLINIC*****XX*1993999998~N3*1 MAIN ST~N4*AUSTIN*TX*78701"
    "~REF*EI*123456789"
)
SUBSCRIBER = (
    "HL*2*1*22*0~SBR*P*18*******MB~NM1*IL*1*DOE*JANE****MI*MEMBER1~N3*2 OAK AVE~N4*AUSTIN*TX*78701"
    "~DMG*D8*19500102*F~NM1*PR*2*MEDICARE*****PI*PAYER1"
)
DEPENDANT = "HL*3*2*23*0~PAT*19~NM1*QC*1*DOE*TIM~N3*2 OAK AVE~N4*AUSTIN*TX*78701~DMG*D8*20150304*M"
CLAIM = "CLM*CLAIM1*100***11:B:1*Y*A*Y*Y~HI*ABK:I10*ABF:E119"
SERVICE = "LX*1~SV1*HC:99213:25*100*UN*1***1:2~DTP*472*D8*20250210"
P, I, D = "005010X222A1", "005010X223A2", "005010X224A2"  # noqa: E741


def transaction(*body: str, version: str = P, control: str = "0001", count: int | None = None) -> str:
    """ST ... SE around parts that hold segments joined by "~"."""
    segments = "~".join(part for part in body if part).split("~")
    return "~".join([f"ST*837*{control}*{version}", *segments, f"SE*{count or len(segments) + 2}*{control}"])


def interchange(*transactions: str, version: str = P) -> str:
    inside = [ISA, f"GS*HC*S*R*20250302*1200*9*X*{version}", *transactions]
    return "~".join([*inside, f"GE*{len(transactions)}*9", "IEA*1*000000007"]) + "~"


def a_file(*body: str, version: str = P) -> str:
    """A file of one transaction. Its parts stand after the header."""
    return interchange(transaction(HEADER, *body, version=version), version=version)


def number(text: str, start: str) -> int:
    """The number of the first segment that begins so."""
    return next(i for i, segment in enumerate(text.split("~"), 1) if segment.startswith(start))


PLAIN = a_file(BILLING, SUBSCRIBER, CLAIM, SERVICE)
assert PLAIN.count("~") == 27


def of_claim(*body: str) -> Reading:
    """What is read of a claim's segments, which must be clean."""
    found = reading(a_file(BILLING, SUBSCRIBER, *body))
    assert found.said == []
    return found


# Other people's files


class Sample(NamedTuple):
    name: str
    claims: int
    lines: int


def _samples() -> Iterator[Sample]:
    table = X12 / "README.md"
    for row in table.read_text(encoding="utf-8").splitlines() if table.exists() else ():
        if found := re.match(r"\| `(.+?)` \| .*?(\d+) claims?, (\d+) lines", row):
            yield Sample(found[1], int(found[2]), int(found[3]))


SAMPLES = list(_samples())
needs_samples = pytest.mark.skipif(not SAMPLES, reason="the folder of sample files is not here")


@needs_samples
def test_every_sample_file_is_in_the_table() -> None:
    assert {sample.name for sample in SAMPLES} == {path.name for path in X12.iterdir()} - {"README.md"}


@needs_samples
@pytest.mark.parametrize("sample", SAMPLES, ids=[sample.name for sample in SAMPLES])
def test_claims_and_lines_of_sample_files(sample: Sample) -> None:
    data = (X12 / sample.name).read_bytes()
    assert reading(data).count() == (sample.claims, sample.lines)
    if len(data) < 20_000:
        assert items(data, size=7) == items(data)


@needs_samples
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bots__837P-all-fields.dat", ["X12-EMPTY", "X12-COUNT"]),
        ("bots__commercial-replacement.dat", ["X12-ISA"]),
        ("bots__prof-encounter.dat", ["X12-ENVELOPE", "X12-ENVELOPE"]),
        ("gunajii__valid_837.edi", ["X12-ISA"]),
        ("tigershark__837-example.txt", ["X12-ISA", "X12-VERSION"]),
        ("pyx12__837miss.txt", ["X12-VERSION", "X12-TRUNCATED"]),
        ("pyx12__simple_837i.txt", ["X12-VERSION"]),
        ("pyx12__multiple_trn.txt", [*["X12-NOT-837"] * 3, "X12-VERSION", "X12-NO-LINES", "X12-NOT-837"]),
        (
            "imsweb__x12_bad_segment_identifier.txt",
            [*["X12-SEGMENT"] * 3, "X12-DIAGNOSIS", "X12-HL", "X12-DIAGNOSIS", "X12-COUNT"],
        ),
        ("imsweb__x12_valid.txt", ["X12-DIAGNOSIS", "X12-HL", "X12-DIAGNOSIS", "X12-COUNT"]),
        ("oopfactory__Example1_2_And_3_Combined.txt", []),
        ("oopfactory__MedicaidExample.txt", []),
        ("moov__837p_sample.txt", []),
        ("lfh__demo.837i", []),
        ("hccinfhir__sample_837_0.txt", []),
        ("staedi__sample837-small.edi", ["X12-NO-LINES", "X12-NO-LINES"]),
    ],
)
def test_what_is_said_of_sample_files(name: str, expected: list[str]) -> None:
    assert reading((X12 / name).read_bytes()).said == expected


@needs_samples
def test_a_sample_with_every_field() -> None:
    claim = reading((X12 / "bots__837P-all-fields.dat").read_bytes()).claim
    # 2300 REF*G1 and REF*X4 count, those of the other payer (2330) don't.
    assert claim.lines[1].prior_authorization == "PriorAuth"
    assert claim.lines[1].clia == "Unmapped-Clia"
    first = claim.lines[0]
    assert first.service == Service("99299", ("26", "27", "28", "29"), "1", "UN", "11")
    assert (first.from_date, first.to_date) == ("20050314", "20050325")
    assert (first.prior_authorization, first.clia, first.control) == (
        "PriorAuthorization",
        "CLIA-Amend",
        "54321",
    )
    assert (first.ndc, first.rendering_npi, first.referring_npi) == (
        "00002143481",
        "1234567804",
        "5234567805",
    )
    assert (claim.payer_id, claim.diagnoses) == ("999996666", ("J0300", "Z1159"))
    assert (claim.birth_date, claim.sex) == ("19730501", "M")
    # A 2410 out of its place, behind the other payer's verdict on the line, is still the line's drug.
    assert claim.lines[3].ndc == "01234567891"


# Fields


NOT_GIVEN = {
    **dict.fromkeys(("referring_npi", "ndc", "clia", "description", "ordering_npi"), ""),
    **dict.fromkeys(("assumed_care_date", "relinquished_care_date"), ""),
    "service_zip": "78701",  # where the billing provider is
}


def test_a_plain_claim() -> None:
    found = reading(PLAIN)
    assert found.messages == []
    assert found.claim == Claim(
        "CLAIM1",
        (
            Line(
                Service("99213", ("25",), "1", "UN", "11", PROFESSIONAL),
                "20250210",
                number="1",
                charge="100",
                pointers=("1", "2"),
                place=23,
                **NOT_GIVEN,
            ),
        ),
        PROFESSIONAL,
        Location("a.837", "000000007", "0001", 20),
        payer_id="PAYER1",
        billing_npi="1993999998",
        billing_taxonomy="207Q00000X",
        patient_id="MEMBER1",
        birth_date="19500102",
        sex="F",
        received_date="20250302",
        diagnoses=("I10", "E119"),
        frequency="1",
        filing_indicator="MB",
        payer_responsibility="P",
        original_reference="",
        trial_number="",
        other_payers=(),
        charge="100",
        billing_provider=Party("2", "CLINIC", qualifier="XX", id="1993999998"),
        submission=Submission(
            Interchange("ZZ", "SENDER", "ZZ", "RECEIVER", "250301", "1200", "000000007", "T", 1, "0"),
            Group("S", "R", "20250302", "1200", "9", 2, "HC", "005010X222A1"),
            "0001",
            "1",
            Party("2", "SUBMITTER", qualifier="46", id="S1"),
            Party("2", "RECEIVER", qualifier="46", id="R1"),
            "20250302",
            3,
        ),
    )
    assert isinstance(found.claim, Claim)
    assert isinstance(found.line, Line)
    assert isinstance(found.line.service, Service)


def test_what_answers_a_submitter() -> None:
    """A clearinghouse's number of the claim, its own days, and a tax number in place of an NPI; a pay-to plan's tax
    number is not the provider's."""
    billing = (
        BILLING.replace("*****XX*1993999998", "").replace("CLINIC", "VANS").replace("REF*EI*123456789", "NTE*ADD*X")
    )
    claim = "CLM*C*12.50***11:B:7~DTP*434*RD8*20250209-20250210~REF*D9*TRACE7~REF*F8*PAYERS~REF*P4*NCT01234567"
    other = "NM1*PE*2*PLAN~REF*EI*999999999"
    found = reading(a_file(billing, other, SUBSCRIBER, claim, SERVICE))
    assert found.claim.billing_provider == Party("2", "VANS")
    assert (found.claim.charge, found.claim.trace) == ("12.50", "TRACE7")
    assert (found.claim.original_reference, found.claim.trial_number) == ("PAYERS", "NCT01234567")
    assert found.claim.statement == ("20250209", "20250210")
    found = reading(a_file(billing, "REF*EI*123456789", other, SUBSCRIBER, claim, SERVICE))
    assert found.claim.billing_provider == Party("2", "VANS", qualifier="FI", id="123456789")


def test_what_is_unread_knows_its_transaction() -> None:
    empty = transaction(HEADER, BILLING, control="0002")
    (message,) = reading(interchange(transaction(HEADER, BILLING, SUBSCRIBER, CLAIM, SERVICE), empty)).messages
    assert isinstance(message, UnreadMessage) and message.submission
    assert (message.submission.control, message.submission.submitter.id) == ("0002", "S1")
    assert "submission" not in message.as_dict()


def test_every_field_of_a_professional_line() -> None:
    line = of_claim(
        "CLM*C*1***11:B:1~DTP*090*D8*20250101~DTP*091*D8*20250120~HI*ABK:I10",
        "LX*7~SV1*HC:J1885:59:JZ:::KETOROLAC*12.50*UN*2*22**1:2:3:4~DTP*472*RD8*20250210-20250212",
        "REF*6R*CONTROL7~REF*G1*AUTH~REF*X4*36D0712345~LIN**N4*00409379501~CTP****2*ML",
        "NM1*DN*1*REFERRER*R****XX*1234567893~NM1*82*1*DOER*D****XX*1245319599~PRV*PE*PXC*208D00000X"
        "~NM1*DK*1*ORDERER*R****XX*1003000126~NM1*77*2*CENTER~N3*1 ELM~N4*DAYTON*OH*454021234",
    ).line
    assert line == Line(
        Service("J1885", ("59", "JZ"), "2", "UN", "22"),
        "20250210",
        "20250212",
        "7",
        "CONTROL7",
        "12.50",
        ("1", "2", "3", "4"),
        25,
        "1245319599",
        "208D00000X",
        "1234567893",
        "1003000126",
        None,
        "00409379501",
        "36D0712345",
        "AUTH",
        "KETOROLAC",
        "20250101",
        "20250120",
        "454021234",
    )


def test_what_is_left_empty_and_what_is_not_carried() -> None:
    line = of_claim("CLM*C*1~LX*1~SV1*HC:99213").line
    assert line == Line(Service("99213", (), "", "", ""), "", charge="", pointers=(), place=22, **NOT_GIVEN)


def test_a_note_stands_in_for_a_description() -> None:
    claim = of_claim(
        CLAIM,
        "NTE*ADD*ABOUT THE CLAIM",
        "LX*1~SV1*HC:19499*1*UN*1***1~DTP*472*D8*20250210",
        "LX*2~SV1*HC:19499*1*UN*1***1~DTP*472*D8*20250210~NTE*ADD*ABOUT THE LINE",
        "LX*3~SV1*HC:19499:::::OWN*1*UN*1***1~DTP*472*D8*20250210~NTE*ADD*ABOUT THE LINE",
    ).claim
    assert [line.description for line in claim.lines] == ["ABOUT THE CLAIM", "ABOUT THE LINE", "OWN"]
    (other,) = of_claim(CLAIM, SERVICE, "CLM*C2*1***22:B:1", SERVICE).claims[1].lines
    assert other.description == ""


@pytest.mark.parametrize(
    ("composite", "code_set", "code", "modifiers"),
    [
        ("HC:99213", "HC", "99213", ()),
        ("HC:99213:25:::59", "HC", "99213", ("25", "59")),
        ("ER:X1", "ER", "X1", ()),
        ("HC", "HC", "", ()),
        ("", "HC", "", ()),
    ],
)
def test_procedure_composites(composite: str, code_set: str, code: str, modifiers: tuple[str, ...]) -> None:
    service = of_claim(CLAIM, f"LX*1~SV1*{composite}*1*UN*1***1").line.service
    assert (service.code_set, service.code, service.modifiers) == (code_set, code, modifiers)


@pytest.mark.parametrize("segment", ["SV1*{}*1*UN*1***1", "SV2*0301*{}*1*UN*1", "SV3*{}*1"])
@pytest.mark.parametrize(
    ("composite", "found", "code_set", "code", "modifiers"),
    [
        ("99213", "missing", "", "99213", ()),
        (":99213", "missing", "", "99213", ()),
        ("99213:25", "missing", "", "99213", ("25",)),
        (" :99213:25", "missing", "", "99213", ("25",)),
        ("HC>99213", ">", "HC", "99213", ()),
        ("HC>99213>25>59", ">", "HC", "99213", ("25", "59")),
        ("HC^99213", "^", "HC", "99213", ()),
    ],
)
def test_procedures_without_qualifier_or_with_another_separator(
    segment: str, composite: str, found: str, code_set: str, code: str, modifiers: tuple[str, ...]
) -> None:
    text = PLAIN.replace(SERVICE, f"LX*1~{segment.format(composite)}~DTP*472*D8*20250210")
    read = reading(text.replace("X222A1", {"SV1": "X222A1", "SV2": "X223A2", "SV3": "X224A2"}[segment[:3]]))
    assert [(m.check, m.severity, m.claim_id, m.observed) for m in read.messages] == [
        ("X12-COMPOSITE", "reject", "CLAIM1", found)
    ]
    assert read.message.locus.segment == number(text, segment[:3])
    service = read.line.service
    assert (service.code_set, service.code, service.modifiers) == (code_set, code, modifiers)


def test_what_is_odd_in_a_procedure_is_reported_on_each_line() -> None:
    found = reading(a_file(BILLING, SUBSCRIBER, CLAIM, *["LX*1~SV1*99213*1*UN*1***1~DTP*472*D8*20250210"] * 3, SERVICE))
    assert found.said == ["X12-COMPOSITE"] * 3
    assert [line.service.code_set for line in found.claim.lines] == ["", "", "", "HC"]


def test_isa16_is_not_what_the_claims_are_written_with() -> None:
    text = PLAIN.replace(":", ">").replace("*T*>~", "*T*:~")
    found = broken(text, "X12-ISA")
    assert found.claims == reading(PLAIN).claims
    assert (found.message.severity, found.message.observed, found.message.allowed) == ("reject", ":", ">")
    assert found.message.locus.segment == 1
    # One composite with another separator says nothing of the file.
    assert broken(PLAIN.replace("HC:99213", "HC>99213"), "X12-COMPOSITE").claim.diagnoses == ("I10", "E119")
    # Each interchange by its own composites.
    assert reading(PLAIN.replace(CLAIM, "").replace(SERVICE, "") + text).said == [
        "X12-EMPTY", "X12-NO-LINES", "X12-COUNT", "X12-ISA",
    ]  # fmt: skip


@pytest.mark.parametrize("before", ["", PLAIN])
def test_isa_names_a_terminator_that_the_claims_are_not_written_with(before: str) -> None:
    for end in ("~", "\n", "~\n"):
        text = PLAIN.replace("~", end)
        found = reading(before + text.replace(f":{end}", ":'", 1))
        assert (found.said, found.count()) == (["X12-ISA"], (1 + bool(before),) * 2)
        assert found.claims[-1].lines[0].service == reading(PLAIN).line.service


def test_an_institutional_claim() -> None:
    found = reading(
        a_file(
            BILLING,
            SUBSCRIBER,
            "CLM*CLAIM1*100***13:A:1~DTP*434*RD8*20250201-20250228~DTP*435*D8*20250131~CL1*1**01",
            "HI*ABK:I10~HI*ABJ:R51~HI*APR:R52~HI*ABF:E119*ABF:J45909~HI*BH:A1:D8:19261111~HI*DR:470~HI*BBR:0X",
            "LX*1~SV2*0301*HC:80053:91*60*UN*2~DTP*472*D8*20250210~REF*6R*C1",
            "LX*2~SV2*0250**40*UN*5",
            version=I,
        )
    )
    assert found.messages == []
    claim = found.claim
    assert (claim.type_of_bill, claim.setting) == ("131", "outpatient")
    assert claim.diagnoses == ("I10", "E119", "J45909")
    coded, uncoded = claim.lines
    assert coded.service == Service("80053", ("91",), "2", "UN", None, OUTPATIENT)
    assert (coded.revenue_code, coded.charge, coded.from_date, coded.to_date) == (
        "0301",
        "60",
        "20250210",
        "",
    )
    assert (coded.pointers, coded.control) == (None, "C1")
    assert uncoded.service == Service("", (), "5", "UN", None, OUTPATIENT)
    assert (uncoded.revenue_code, uncoded.from_date, uncoded.to_date) == ("0250", "20250201", "20250228")


def test_an_inpatient_bill_is_institutional() -> None:
    line = "LX*1~SV2*0120*HC:99221*1*DA*3"
    found = reading(a_file(BILLING, SUBSCRIBER, "CLM*C*1***11:A:1", line, version=I))
    assert (found.claim.setting, found.line.service.setting, found.claim.type_of_bill) == (
        "institutional",
        "institutional",
        "111",
    )


def test_a_dental_claim() -> None:
    found = reading(
        a_file(
            BILLING,
            SUBSCRIBER,
            "CLM*C*150***11:B:1~DTP*472*D8*20250210",
            "LX*1~SV3*AD:D2150*100*02**R*2*****1:2~LX*2~SV3*AD:D1110*50~DTP*472*D8*20250211",
            version=D,
        )
    )
    assert found.messages == []
    filling, cleaning = found.claim.lines
    assert found.claim.setting == "dental"
    assert filling.service == Service("D2150", (), "2", "UN", "02", DENTAL, "AD")
    assert (filling.pointers, filling.from_date, cleaning.from_date) == (("1", "2"), "20250210", "20250211")
    assert cleaning.service.place_of_service == "11"


def test_a_4010_claim_is_read_with_a_message() -> None:
    text = PLAIN.replace(P, "004010X098A1").replace("XX*1993999998", "24*123456789").replace("ABK", "BK")
    found = reading(text.replace("PRV*BI*PXC", "PRV*BI*ZZ"))
    assert found.said == ["X12-VERSION"]
    assert found.message.observed == "004010X098A1"
    assert (found.claim.billing_npi, found.claim.billing_taxonomy) == ("", "207Q00000X")
    assert found.claim.diagnoses == ("I10", "E119")


GUIDES = [
    ("004010X098A1", "warn", "005010X222A1 (professional)", "professional"),
    ("004010X096A1", "warn", "005010X223A2 (institutional)", "institutional"),
    ("004010X097A1", "warn", "005010X224A2 (dental)", "dental"),
    ("006020X323", "warn", "005010X222A1 (professional), 005010X223A2 (institutional), 005010X224A2 (dental)", None),
    ("005010X291", "inform", "claims for payment use 005010X222A1 (professional)", "professional"),
    ("005010X292", "inform", "claims for payment use 005010X223A2 (institutional)", "institutional"),
    ("005010X298", "inform", "claims for payment use 005010X222A1 (professional)", "professional"),
    ("005010X299", "inform", "claims for payment use 005010X223A2 (institutional)", "institutional"),
    ("005010X300", "inform", "claims for payment use 005010X224A2 (dental)", "dental"),
    ("005010X222", None, "", "professional"),
    ("005010X223A3", None, "", "institutional"),
    ("005010X224A2", None, "", "dental"),
]


@pytest.mark.parametrize(("version", "severity", "remedy", "kind"), GUIDES)
def test_guides_are_known_and_the_remedy_fits_them(
    version: str, severity: str | None, remedy: str, kind: str | None
) -> None:
    service = {"institutional": "SV2*0301*HC:80053*1*UN*1", "dental": "SV3*AD:D1110*1"}.get(
        kind or "", "SV1*HC:1*1*UN*1"
    )
    text = a_file(BILLING, SUBSCRIBER, CLAIM, f"LX*1~{service}~DTP*472*D8*20250210", version=version)
    for written in (text, text.replace(f"*X*{version}", "*X*005010"), re.sub("GS[*][^~]*~|GE[*][^~]*~", "", text)):
        found = reading(written)
        told = [m for m in found.messages if m.check == "X12-VERSION"]
        named = "005010" if kind is None and "*X*005010~" in written else version
        assert [(m.severity, m.observed) for m in told] == ([(severity, named)] if severity else [])
        assert all(remedy in (m.remedy or "") for m in told)
        assert found.count() == (1, 1)
    assert kind is None or reading(text).claim.setting == kind


HDI = X12.parent / "claims" / "x12" / "hdi"


@pytest.mark.skipif(not HDI.is_dir(), reason=f"no sample files in {HDI}")
def test_claims_that_a_payer_has_adjudicated() -> None:
    professional = reading((HDI / "837P-X298-all-fields.dat").read_bytes())
    hospital = reading((HDI / "837I-X299-all-fields.dat").read_bytes())
    assert [m.severity for m in professional.messages if m.check == "X12-VERSION"] == ["inform"]
    assert [m.severity for m in hospital.messages if m.check == "X12-VERSION"] == ["inform"]
    # 2010BB is who gets the report; the payer is that of the first 2320.
    assert (professional.claim.payer_id, hospital.claim.payer_id) == ("59999", "59999")
    assert (professional.claim.setting, hospital.claim.setting) == ("professional", "outpatient")
    assert (professional.claim.diagnoses, professional.line.rendering_npi) == (("M25375", "M19072"), "1234567890")
    assert (hospital.claim.diagnoses, hospital.claim.type_of_bill) == (("F840", "J151", "E119"), "131")
    assert [(r.line.code, r.line.charge, r.line.from_date) for r in (professional, hospital)] == [
        ("99213", "100", "20120204")
    ] * 2


def test_the_payer_of_a_claim_to_be_paid_is_not_that_of_another_payers_loop() -> None:
    other = "SBR*P*18*******CI~NM1*PR*2*OTHER*****PI*OTHER1"
    for version, payers in ((P, ["PAYER1"] * 3), ("005010X298", ["OTHER1", "PAYER1", "OTHER1"])):
        lines = (CLAIM, other, other.replace("OTHER1", "OTHER2"), SERVICE)
        found = reading(a_file(BILLING, SUBSCRIBER, *lines, CLAIM, SERVICE, *lines, version=version))
        assert [claim.payer_id for claim in found.claims] == payers


def test_the_version_is_said_once_a_group() -> None:
    body = transaction(HEADER, BILLING, SUBSCRIBER, CLAIM, SERVICE, version="004010X098A1")
    assert reading(interchange(body, body, version="004010X098A1")).said == ["X12-VERSION"]


def test_lines_of_another_kind_than_the_version() -> None:
    found = reading(a_file(BILLING, SUBSCRIBER, CLAIM, SERVICE, "CLM*C2*1***11:B:1", SERVICE, version=I))
    assert found.said == ["X12-VERSION"]
    assert [claim.setting for claim in found.claims] == ["professional"] * 2
    assert [claim.type_of_bill for claim in found.claims] == [None] * 2


def test_lines_of_two_kinds_in_a_claim() -> None:
    found = reading(a_file(BILLING, SUBSCRIBER, CLAIM, SERVICE, "LX*2~SV2*0301*HC:80053*1*UN*1"))
    assert [(m.check, m.severity) for m in found.messages] == [("X12-LOOP", "warn")]
    assert found.claim.setting == "professional"
    assert [line.code for line in found.claim.lines] == ["99213", "80053"]
    assert reading(a_file(BILLING, SUBSCRIBER, CLAIM, SERVICE, "SV2*0301*HC:80053*1*UN*1")).said == ["X12-LOOP"] * 2


def test_surgical_centres() -> None:
    assert reading(PLAIN, asc_npis=["1993999998"]).line.service.setting == "asc"
    assert reading(PLAIN, asc_npis=["1234567893"]).claim.setting == "professional"
    by_taxonomy = reading(PLAIN.replace("207Q00000X", "261QA1903X"))
    assert (by_taxonomy.claim.setting, by_taxonomy.line.service.setting) == ("asc", "asc")
    assert reading(PLAIN.replace("***11:B", "***24:B")).claim.setting == "professional"


def test_suppliers_of_equipment() -> None:
    by_taxonomy = reading(PLAIN.replace("207Q00000X", "332B00000X"))
    assert (by_taxonomy.claim.setting, by_taxonomy.line.service.setting) == ("dme", "dme")


@pytest.mark.parametrize(
    ("gs04", "bht04", "isa09", "received"),
    [
        ("20250302", "20250228", "250301", "20250302"),
        ("", "20250228", "250301", "20250228"),
        ("20251399", "20250228", "250301", "20250228"),
        ("", "", "250301", "20250301"),
        ("soon", "", "", "soon"),
        ("", "", "", None),
    ],
)
def test_received_date(gs04: str, bht04: str, isa09: str, received: str | None) -> None:
    text = (
        PLAIN.replace("*20250302*", f"*{gs04}*").replace("*20250228*", f"*{bht04}*").replace("*250301*", f"*{isa09}*")
    )
    assert reading(text).claim.received_date == received


# Loops: what belongs to what


def test_a_dependant_is_the_patient_but_has_the_subscribers_member_id() -> None:
    twin = DEPENDANT.replace("HL*3", "HL*4").replace("TIM", "TOM")
    found = reading(
        a_file(
            BILLING,
            SUBSCRIBER,
            CLAIM,
            SERVICE,
            DEPENDANT,
            CLAIM.replace("CLAIM1", "C2"),
            SERVICE,
            twin,
            CLAIM.replace("CLAIM1", "C3"),
            SERVICE,
            SUBSCRIBER.replace("HL*2", "HL*5").replace("MEMBER1", "MEMBER2"),
            CLAIM.replace("CLAIM1", "C4"),
            SERVICE,
        )
    )
    assert found.messages == []
    mother, tim, tom, other = found.claims
    assert (mother.patient_id, mother.birth_date, mother.sex) == ("MEMBER1", "19500102", "F")
    assert (tim.birth_date, tim.sex, tim.payer_id) == ("20150304", "M", "PAYER1")
    assert tim.patient_id is not None
    assert tim.patient_id.startswith("MEMBER1")
    assert len({mother.patient_id, tim.patient_id, tom.patient_id, other.patient_id}) == 4
    assert (other.patient_id, other.birth_date) == ("MEMBER2", "19500102")


def test_nothing_is_inherited_from_another_level() -> None:
    found = reading(
        a_file(
            BILLING,
            SUBSCRIBER,
            DEPENDANT,
            "HL*4*2*23*0~PAT*19",
            CLAIM,
            SERVICE,
            "HL*5*1*22*0",
            CLAIM.replace("CLAIM1", "C2"),
            SERVICE,
            "HL*6**20*1~HL*7*6*22*0",
            CLAIM.replace("CLAIM1", "C3"),
            SERVICE,
        )
    )
    assert [(m.check, m.severity, m.locus.segment) for m in found.messages] == [("X12-NO-LINES", "warn", 20)]
    child, subscriber, elsewhere = found.claims
    assert (child.birth_date, child.sex, child.payer_id) == (None, None, "PAYER1")
    assert (subscriber.patient_id, subscriber.birth_date, subscriber.payer_id) == (None, None, "")
    assert (subscriber.filing_indicator, subscriber.payer_responsibility) == ("", "")
    assert subscriber.billing_npi == "1993999998"
    assert (elsewhere.billing_npi, elsewhere.billing_taxonomy) == ("", None)
    assert [claim.lines[0].service_zip for claim in found.claims] == ["78701", "78701", ""]


def test_lines_inherit_from_their_claim_and_from_no_other() -> None:
    found = of_claim(
        CLAIM,
        "REF*G1*AUTH~REF*X4*CLIA~NM1*DN*1*R*****XX*1234567893~NM1*82*1*D*****XX*1245319599~PRV*PE*PXC*208D00000X",
        SERVICE,
        "LX*2~SV1*HC:80053*1*UN*1*81**1~DTP*472*D8*20250211~REF*G1*OWN~REF*X4*OWNCLIA",
        "NM1*82*1*E*****XX*1487000001",
        "LX*3~SV1*HC:36415*1*UN*1***1~DTP*472*D8*20250212",
        "CLM*C2*1***22:B:1",
        SERVICE,
    )
    first, second, third = found.claims[0].lines
    (alone,) = found.claims[1].lines
    inherited = ("11", "1245319599", "208D00000X", "1234567893", "AUTH", "CLIA")
    for line in (first, third):
        assert (line.service.place_of_service, *line[8:11], line.prior_authorization, line.clia) == inherited
    assert second.service.place_of_service == "81"
    assert (second.rendering_npi, second.rendering_taxonomy) == ("1487000001", None)
    assert (second.referring_npi, second.prior_authorization, second.clia) == ("1234567893", "OWN", "OWNCLIA")
    assert (alone.service.place_of_service, *alone[8:11], alone.prior_authorization, alone.clia) == (
        "22", None, None, "", None, "",
    )  # fmt: skip


@pytest.mark.parametrize("nameless", ["NM1*82*1*E*****24*111223333~REF*G2*X", "NM1*82*1*E", "NM1*82*1*E*****XX"])
def test_a_line_provider_without_npi_falls_back_to_the_claims_then_to_who_bills(nameless: str) -> None:
    own = f"{nameless}~PRV*PE*PXC*207X00000X"
    claim = of_claim(CLAIM, "NM1*82*1*D*****XX*1245319599~PRV*PE*PXC*208D00000X", SERVICE, own).claim
    assert claim.lines[0].rendering_npi == claim.rendering_npi(claim.lines[0]) == "1245319599"
    assert claim.rendering_taxonomy(claim.lines[0]) == "208D00000X"
    for claim in (of_claim(CLAIM, SERVICE, own).claim, of_claim(CLAIM, own, SERVICE).claim):
        assert not claim.lines[0].rendering_npi
        assert claim.rendering_npi(claim.lines[0]) == "1993999998"
        assert claim.rendering_taxonomy(claim.lines[0]) == "207Q00000X"


def test_another_payer_disturbs_nothing() -> None:
    other = (
        "SBR*S*18*******CI~CAS*PR*1*21.89~AMT*D*59~DMG*D8*19111111*M~OI***Y***Y~NM1*IL*1*X*Y****MI*OTHER1"
        "~N3*3 ELM~REF*SY*1~NM1*PR*2*OTHER*****PI*OTHERPAYER~DTP*573*D8*20250215~REF*G1*OTHERAUTH"
        "~REF*X4*OTHERCLIA~REF*F8*OTHERCLAIM~REF*P4*NCT0~NM1*82*1*Z*****XX*1111111112~PRV*PE*PXC*OTHERTAX~NM1*85*2*Z*****XX*1111111112"
    )
    adjudicated = "SVD*OTHERPAYER*55*HC:99213**1~CAS*PR*1*5~DTP*573*D8*20250216~DTP*472*D8*20200101~REF*6R*OTHER"
    claim = of_claim(CLAIM, other, other.replace("SBR*S", "SBR*T"), SERVICE, adjudicated, "LX*2~SV1*HC:1*1*UN*1").claim
    plain = of_claim(CLAIM, SERVICE, "LX*2~SV1*HC:1*1*UN*1").claim
    unplaced = [line._replace(place=0) for line in claim.lines]
    assert claim._replace(lines=(), other_payers=()) == plain._replace(lines=())
    assert claim.other_payers == ("OTHERPAYER", "OTHERPAYER")
    assert unplaced == [line._replace(place=0) for line in plain.lines]


def test_other_payers_are_the_loops_that_name_them() -> None:
    other = "SBR*S*18*******CI~NM1*IL*1*X*Y****MI*O1~NM1*PR*2*A*****PI*{}~NM1*PR*2*AGAIN*****PI*NO"
    nameless = "SBR*T*18*******CI~OI***Y***Y"
    many = CLAIM, other.format("A1"), nameless, other.format(""), SERVICE
    found = of_claim(*many, CLAIM, SERVICE, CLAIM, nameless, SERVICE)
    assert [claim.other_payers for claim in found.claims] == [("A1", "", "NO"), (), ("",)]
    assert [claim.payer_id for claim in found.claims] == ["PAYER1"] * 3


@pytest.mark.parametrize(
    ("payer", "payer_id"),
    [("NM1*PR*2*P*****PI*P1", "P1"), ("NM1*PR*2*P*****PI*", ""), ("NM1*PR*2*P", ""), ("NM1*PR", ""), ("N3*1 ELM", "")],
)
def test_a_payer_without_an_id_is_left_empty(payer: str, payer_id: str) -> None:
    subscriber = SUBSCRIBER.replace("NM1*PR*2*MEDICARE*****PI*PAYER1", payer)
    assert reading(a_file(BILLING, subscriber, CLAIM, SERVICE)).claim.payer_id == payer_id


@pytest.mark.parametrize(
    ("clm05", "frequency"), [("11:B:1", "1"), ("11:B:1.00", "1.00"), ("11:B:", ""), ("11:B", ""), ("", "")]
)
def test_the_frequency_is_kept_as_sent(clm05: str, frequency: str) -> None:
    claim = of_claim(f"CLM*C*100***{clm05}*Y*A*Y*Y~HI*ABK:I10", SERVICE).claim
    assert claim.frequency == frequency
    assert claim.lines[0].service.place_of_service == clm05[:2]


FACILITY, PICK_UP, DROP_OFF = (
    f"NM1*{kind}*2~N3*1 ELM~N4*TOWN*OH*{zip}" for kind, zip in (("77", "43001"), ("PW", "43002"), ("45", "43003"))
)
RIDE = SERVICE.replace("99213:25", "A0428:RH")


@pytest.mark.parametrize(
    ("claim", "visit", "ride"),
    [
        ((), "78701", ""),
        ((FACILITY,), "43001", ""),
        ((FACILITY.rpartition("~")[0],), "", ""),
        ((PICK_UP, DROP_OFF), "43002", "43002"),
        ((FACILITY, PICK_UP), "43002", "43002"),
        ((PICK_UP, FACILITY), "43002", "43002"),
        ((PICK_UP.rpartition("~")[0],), "", ""),
        ((DROP_OFF,), "78701", ""),
    ],
)
@pytest.mark.parametrize("odd", ["", "NTE*ADD*WALKED"])
def test_where_the_service_was_rendered(claim: tuple[str, ...], visit: str, ride: str, odd: str) -> None:
    """2310C, else the billing provider; of an ambulance, and on a claim that names it, the pick-up alone."""
    other = "NM1*DN*1*R*****XX*1234567893~N4*TOWN*OH*43009"
    found = of_claim(CLAIM, odd, other, *claim, SERVICE, RIDE, SERVICE)
    assert [line.service_zip for line in found.claim.lines] == [visit, ride, visit]


def test_a_line_names_a_place_of_its_own() -> None:
    found = of_claim(
        CLAIM, FACILITY.replace("43001", "43000"), *(SERVICE, FACILITY), *(RIDE, FACILITY), *(RIDE, PICK_UP), SERVICE
    )
    assert [line.service_zip for line in found.claim.lines] == ["43001", "", "43002", "43000"]
    found = of_claim(CLAIM, PICK_UP.replace("43002", "43000"), *(SERVICE, FACILITY), *(RIDE, PICK_UP), RIDE)
    assert [line.service_zip for line in found.claim.lines] == ["43000", "43002", "43000"]


def test_a_hospitals_service_has_the_place_that_the_claim_names() -> None:
    """Its pick-up is a value (HI*BE:A0), which is not read: an ambulance's place is not known."""
    lines = [f"LX*{at}~SV2*0540*HC:{code}*1*UN*1~DTP*472*D8*20250210" for at, code in enumerate(("A0428", "99284"))]
    for place, expected in ((), "78701"), ((FACILITY,), "43001"):
        found = reading(a_file(BILLING, SUBSCRIBER, "CLM*C*2***13:A:1~HI*ABK:I10", *place, *lines, version=I))
        assert [line.service_zip for line in found.claim.lines] == [None, expected]


def test_references_of_providers_are_not_the_claims_or_the_lines() -> None:
    provider = "NM1*82*1*D*****XX*1245319599~REF*G1*NO~REF*X4*NO~REF*6R*NO~REF*G2*NO"
    line = of_claim(CLAIM, provider, SERVICE, "REF*6R*YES~NM1*DQ*1*S*****XX*1~REF*G1*NO~REF*X4*NO~REF*6R*NO").line
    assert (line.control, line.prior_authorization, line.clia) == ("YES", None, "")


def test_an_authorisation_of_another_payer_is_not_the_lines() -> None:
    line = of_claim(CLAIM, SERVICE, "REF*G1*MINE~REF*G1*THEIRS**2U:OTHERPAYER").line
    assert line.prior_authorization == "MINE"


def test_dates_and_references_may_stand_before_the_service() -> None:
    line = of_claim(CLAIM, "LX*1~DTP*472*D8*20250210~REF*6R*C1~NM1*DQ*1*S~SV1*HC:99213*1*UN*1***1~REF*X4*K").line
    assert (line.from_date, line.control, line.clia) == ("20250210", "C1", "K")


@pytest.mark.parametrize(
    ("dtp", "expected"),
    [
        ("DTP*472*D8*20250210", ("20250210", "")),
        ("DTP*472*RD8*20250210-20250212", ("20250210", "20250212")),
        ("DTP*472*RD8*20250210", ("20250210", "")),
        ("DTP*472*D8*20250230", ("20250230", "")),
        ("DTP*472*D8*next week", ("next week", "")),
        ("DTP*472*D8", ("", "")),
        ("DTP*471*D8*20250210", ("", "")),
    ],
)
def test_service_dates(dtp: str, expected: tuple[str, str]) -> None:
    line = of_claim(CLAIM, f"LX*1~SV1*HC:99213*1*UN*1***1~{dtp}").line
    assert (line.from_date, line.to_date) == expected


@pytest.mark.parametrize(
    ("hi", "diagnoses", "unread"),
    [
        ("HI*ABK:I10*ABF:E119~HI*BP:33414~HI*BG:17*BG:67", ("I10", "E119"), None),
        ("HI*BK:29689*BJ:29689", ("29689",), None),
        ("HI*BK:884.2**BN:E986.0", ("884.2",), None),
        ("HI*ABK:I10**ABF:E119", ("I10", "", "E119"), None),
        ("HI*ABK:I10*8901*ABF:E119", ("I10", "", "E119"), "1"),
        ("HI*BK*8901*BF:5559", ("", "", "5559"), "2"),
        ("HI", (), None),
        ("", (), None),
    ],
)
def test_diagnoses(hi: str, diagnoses: tuple[str, ...], unread: str | None) -> None:
    found = reading(a_file(BILLING, SUBSCRIBER, "CLM*C*1***11:B:1", hi, SERVICE))
    assert found.claim.diagnoses == diagnoses
    assert [(m.check, m.observed) for m in found.messages] == ([("X12-DIAGNOSIS", unread)] if unread else [])


@pytest.mark.parametrize(
    ("hi", "diagnoses", "places", "observed", "allowed"),
    [
        ("HI*ABK:J0300*AFB:E119*ABF:I10", ("J0300", "E119", "I10"), "HI02", "AFB", "ABK, ABF"),
        ("HI*abk:J0300*ABF:I10", ("J0300", "I10"), "HI01", "abk", "ABK, ABF"),
        ("HI*ABK:J0300*abf:E119*afb:R05", ("J0300", "E119", "R05"), "HI02, HI03", "abf, afb", "ABK, ABF"),
        ("HI*ABK:J0300*XYZ:A TEXT*ABF:I10", ("J0300", "", "I10"), "HI02", "XYZ", "ABK, ABF"),
        ("HI*ABK:J0300*A PERSON:E119", ("J0300", "E119"), "HI02", "something else", "ABK, ABF"),
        ("HI*ABK:J0300*:E119*ABF:I10", ("J0300", "E119", "I10"), "HI02", "something else", "ABK, ABF"),
        ("HI*ABK:J0300*bg:17*ABF:I10", ("J0300", "I10"), "HI02", "bg", "ABK, ABF"),
        ("HI*ABK:J0300~HI*AFB:E119~HI*ABF:I10", ("J0300", "E119", "I10"), "HI01", "AFB", "ABK, ABF"),
        ("HI*ABK:J0300*ABF>E119*ABF:I10", ("J0300", "E119", "I10"), "HI02", ">", ":"),
        ("HI*ABK:J0300*ABF:*ABF:I10", ("J0300", "", "I10"), "HI02", "1", "0"),
    ],
)
def test_diagnoses_with_unknown_qualifiers_keep_their_place(
    hi: str, diagnoses: tuple[str, ...], places: str, observed: str, allowed: str
) -> None:
    text = a_file(BILLING, SUBSCRIBER, "CLM*C*1***11:B:1", hi, SERVICE)
    found = reading(text)
    assert found.claim.diagnoses == diagnoses
    assert found.line.pointers == ("1", "2")
    assert (found.message.check, found.message.severity, found.message.claim_id) == ("X12-DIAGNOSIS", "reject", "C")
    assert places in found.message.text
    assert (found.message.observed, found.message.allowed) == (observed, allowed)
    assert text.split("~")[(found.message.locus.segment or 0) - 1].startswith("HI*")


def test_what_is_no_diagnosis_has_no_place() -> None:
    qualifiers = "BP BO BG ABJ APR ABN BBR BBQ BR BQ BE BH BI DR TC PR BJ BN CAH"
    others = "~".join(f"HI*{qualifier}:J0300" for qualifier in qualifiers.split())
    mixed = "*".join(f"{qualifier}:J0300" for qualifier in qualifiers.split())
    for hi in (
        f"{others}~HI*ABK:I10*ABF:R05",
        f"HI*ABK:I10*ABF:R05~{others}",
        f"HI*ABK:I10*{mixed}*ABF:R05",
        "HI*BG*ABK:I10*ABF:R05",
    ):
        assert of_claim("CLM*C*1***11:B:1", hi, SERVICE).claim.diagnoses == ("I10", "R05")


# Delimiters, terminators, encodings


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda text: text.replace("~", "~\n"),
        lambda text: text.replace("~", "~\r\n"),
        lambda text: text.replace("~", "\n"),
        lambda text: text.replace("~", "\r\n"),
        lambda text: text.replace("~", "\r"),
        lambda text: text.replace("~", "\r\n", 1).replace("~", "\n"),
        lambda text: text.replace("~", "~\r\n   \t"),
        lambda text: text.replace("~", "\n~"),
        lambda text: text.replace("~", "\r\n~\r\n"),
        lambda text: text.replace("~", "\r~\n"),
        lambda text: text.replace("~", "\n~", 1),
        lambda text: text.replace("~", "\n~").replace("\n~", "~", 1),
        lambda text: text.replace("*Y*Y~", "*Y*Y\n~").replace("~DTP", "\r\n\r\n~\n\nDTP"),
        lambda text: "\n".join(text[i : i + 80] for i in range(0, len(text), 80)),
        lambda text: text.replace("*", "|").replace(":", ">").replace("~", "'"),
        lambda text: text.replace("*", "\x1d").replace(":", "\x1f").replace("~", "\x1c"),
        lambda text: text.replace("*^*", "*}*").replace("*", "^"),
        lambda text: "\n\n " + text + "\n\n\x1a",
    ],
)
def test_the_same_claim_however_it_is_written(rewrite) -> None:  # type: ignore[no-untyped-def]
    assert reading(rewrite(PLAIN)) == reading(PLAIN)


def test_byte_order_marks_and_utf_16() -> None:
    assert reading(b"\xef\xbb\xbf" + PLAIN.encode()) == reading(PLAIN)
    for data in (PLAIN.encode("utf-16"), PLAIN.encode("utf-16-be"), PLAIN.encode("utf-16-le")):
        found = reading(data)
        assert found.claims == reading(PLAIN).claims
        assert found.said == ["X12-ENCODING"]


def test_two_files_in_one_with_other_delimiters() -> None:
    second = PLAIN.replace("*", "|").replace(":", ">").replace("~", "\n").replace("000000007", "000000008")
    for between in ("", "\n", "\r\n\r\n", "\ufeff"):
        found = reading(PLAIN + between + second + between + PLAIN)
        assert found.messages == []
        assert [claim.locus.interchange for claim in found.claims] == ["000000007", "000000008", "000000007"]
        assert len({claim._replace(locus=Location(""), lines=(), submission=None) for claim in found.claims}) == 1
        assert [line.service for claim in found.claims for line in claim.lines] == [reading(PLAIN).line.service] * 3


def test_the_next_interchange_is_found_when_the_last_terminator_is_missing() -> None:
    for between in ("", "\n"):
        found = reading(PLAIN.rstrip("~") + between + PLAIN.replace("*", "|"))
        assert found.count() == (2, 2)
        assert [(m.check, m.severity) for m in found.messages] == [("X12-TRUNCATED", "warn")]


@pytest.mark.parametrize("name", ["ISA", "LISA", "ISA*00", "VISA*X", "\nISA*JOHN"])
def test_isa_may_stand_in_a_name(name: str) -> None:
    text = PLAIN.replace("*DOE*", f"*{name}*")
    found = reading(text)
    assert (found.messages, found.count()) == ([], (1, 1))
    with patch.object(blocks, "_LOOKAHEAD", 160):
        for size in range(1, 200):
            assert items(text.encode(), size) == items(text.encode())


def test_isa_without_its_blanks() -> None:
    squeezed = re.sub(" +", " ", PLAIN)
    found = reading(squeezed)
    assert found.said == ["X12-ISA"]
    assert found.message.observed == str(squeezed.index("~") + 1)
    assert (found.message.severity, found.message.locus.segment) == ("warn", 1)
    assert found.claims == reading(PLAIN).claims


@pytest.mark.parametrize(
    "isa",
    [
        ISA.removesuffix(":"),
        ISA.removesuffix("*:"),
        ISA.removesuffix("*0*T*:"),
        ISA[:60],
        "ISA*",
    ],
)
@pytest.mark.parametrize("end", ["~", "~\n", "\n"])
def test_isa_that_does_not_name_its_delimiters(isa: str, end: str) -> None:
    found = reading(PLAIN.replace(ISA, isa).replace("~", end))
    assert found.count() == (1, 1)
    assert found.said[0] == "X12-ISA"
    assert set(found.said[1:]) <= {"X12-COUNT"}  # the control number may have gone with it
    assert found.line.service.code == "99213"


def test_no_isa() -> None:
    _, _, rest = PLAIN.partition("~")
    alone = rest[rest.index("ST*") : rest.index("GE*")]
    for text in (rest, rest.replace("~", "\n"), rest.replace("*", "|"), alone, alone.replace("~", "~\r\n")):
        found = reading(text)
        assert found.said == ["X12-ISA"]
        assert found.message.severity == "warn"
        assert found.line.service == reading(PLAIN).line.service
    assert reading(rest.replace(":", ">")).line.service == reading(PLAIN).line.service
    assert reading(rest.replace("~", "\n~")).claims == reading(rest).claims


@pytest.mark.parametrize(
    ("rewrite", "guessed"),
    [
        (lambda text: text.replace("SV1*HC:99213:25", "SV1*HC*99213"), "* : ~"),
        (lambda text: text.replace(":", ">").replace("SV1*HC>99213>25", "SV1*HC*99213"), "* > ~"),
        (lambda text: text.replace(":", ">").replace("HI*ABK>I10*ABF>E119~", "").replace("HC>99213>25", "HC"), "* > ~"),
        (lambda text: text.replace(":", ">").replace("*", ":"), ": > ~"),
        (lambda text: text.replace("~BHT", "\x89\nBHT", 1).replace("~", "~\n"), "* : ~"),
        (lambda text: text.replace(":", "<").replace("~", ":"), "* < :"),
        (lambda text: text.replace(":", "\x1f").replace("*", "\x1d").replace("~", "\x1c"), "1D 1F 1C"),
        (lambda text: re.sub(":[^*~:]*", "", text).replace("*", ":"), ": > ~"),
        (lambda text: re.sub(":[^*~:]*", "", text).replace("*", ":").replace("~", ">"), ": < >"),
    ],
)
def test_delimiters_that_are_guessed_can_delimit_and_are_named(rewrite, guessed: str) -> None:  # type: ignore[no-untyped-def]
    _, _, rest = PLAIN.partition("~")
    found = reading(rewrite(rest))
    message = found.messages[0]
    assert (message.check, message.severity) == ("X12-ISA", "warn")
    element, component, terminator = guessed.split()
    assert f"{element}, component " in message.text
    assert f"{component}, segment " in message.text
    assert message.text.endswith(f"{terminator}.")
    assert found.claim.claim_id == "CLAIM1"
    assert found.claim.lines[0].from_date == "20250210"
    assert found.count() == (1, 1)


@pytest.mark.parametrize("text", ["", "\n\n", "code,units\n99213,1\n", "{}", "ISA", "PK\x03\x04", "x" * 100_000])
def test_what_is_no_x12(text: str) -> None:
    found = reading(text)
    assert [(m.check, m.severity) for m in found.messages] == [("X12-ISA", "reject")]
    assert found.claims == []


def test_text_before_isa_is_skipped_with_a_message() -> None:
    for before in ("From: somebody\n\n", "x" * 70_000, "ISA ISA* ISA*00*"):
        found = reading(before + PLAIN)
        assert (found.count(), found.said) == ((1, 1), ["X12-ISA"])


def test_names_in_utf_8_and_latin_1() -> None:
    text = PLAIN.replace("DOE", "DÖE").replace("HC:99213:25", "HC:99213:25::::NAÏVE")
    assert reading(text).messages == []
    assert reading(text).line.description == "NAÏVE"
    found = reading(text.encode("latin-1"))
    assert found.claims == reading(text).claims
    assert found.said == ["X12-ENCODING"]
    assert found.message.locus.segment == number(text, "NM1*IL")
    # Both in one file: each byte is read as what it is.
    mixed = text.encode().replace("NAÏVE".encode(), "NAÏVE".encode("latin-1"))
    assert reading(mixed).line.description == "NAÏVE"
    assert reading(mixed).message.locus.segment == number(text, "SV1")


# Broken files: one message a cause, and no line lost in silence


def broken(text: str, *said: str, count: tuple[int, int] = (1, 1)) -> Reading:
    found = reading(text)
    assert (found.said, found.count()) == (list(said), count)
    return found


def test_empty_segments() -> None:
    text = PLAIN.replace("~CLM", "~~~CLM")
    message = broken(text, "X12-EMPTY").message
    assert (message.locus.segment, message.observed, message.severity) == (19, "2", "warn")
    assert reading(text).claims == reading(PLAIN).claims
    # SE01 may have counted them.
    broken(text.replace("SE*23*", "SE*25*"), "X12-EMPTY")
    broken(text.replace("SE*23*", "SE*24*"), "X12-EMPTY", "X12-COUNT")
    broken(PLAIN.replace("~", "\n").replace("\nCLM", "\n\nCLM"), "X12-EMPTY")
    broken(PLAIN.replace("~", "~\n").replace("\nCLM", "\n\nCLM"))


def test_unknown_segments() -> None:
    found = broken(
        PLAIN.replace("N3*2 OAK", "N33*2 OAK").replace("SBR*", "SECRET NAME*").replace("DMG*", "XYZ1*"),
        "X12-SEGMENT",
        "X12-SEGMENT",
        "X12-SEGMENT",
    )
    assert [m.observed for m in found.messages] == ["not a segment id", "N33", "not a segment id"]
    assert [m.locus.segment for m in found.messages] == [14, 16, 18]
    assert {m.severity for m in found.messages} == {"reject"}


def test_a_misspelt_line_is_said_to_be_lost() -> None:
    found = broken(PLAIN.replace("SV1*", "SVI*"), "X12-SEGMENT", "X12-NO-LINES", count=(1, 0))
    assert [m.claim_id for m in found.messages] == ["CLAIM1", "CLAIM1"]


def test_each_of_many_findings_is_said() -> None:
    assert reading(a_file("~".join(["QQQ*1"] * 10_000))).said == ["X12-SEGMENT"] * 10_000


def test_a_claim_without_lines() -> None:
    found = broken(a_file(BILLING, SUBSCRIBER, CLAIM, "CLM*C2*1***11:B:1", SERVICE), "X12-NO-LINES", count=(2, 1))
    assert (found.message.claim_id, found.message.locus.segment) == ("CLAIM1", 20)


def test_a_line_number_without_a_service() -> None:
    found = broken(a_file(BILLING, SUBSCRIBER, CLAIM, "LX*1", "LX*2" + SERVICE[4:]), "X12-NO-LINES")
    assert (found.message.locus.segment, found.line.number) == (22, "2")
    broken(a_file(BILLING, SUBSCRIBER, CLAIM, "LX*1"), "X12-NO-LINES", count=(1, 0))


def test_a_transaction_without_a_claim() -> None:
    assert broken(a_file(BILLING), "X12-NO-LINES", count=(0, 0)).message.severity == "warn"
    broken(a_file(BILLING, "CLN*1"), "X12-SEGMENT", count=(0, 0))


@pytest.mark.parametrize(
    ("levels", "bare", "kinds"),
    [
        ((SUBSCRIBER, CLAIM, SERVICE, SUBSCRIBER), ["HL*2 2"], ["subscriber"]),
        ((SUBSCRIBER, SUBSCRIBER, CLAIM, SERVICE), ["HL*2 1"], ["subscriber"]),
        ((SUBSCRIBER, DEPENDANT, DEPENDANT, CLAIM, SERVICE), ["HL*3 1"], ["patient"]),
        ((SUBSCRIBER, CLAIM, SERVICE, DEPENDANT), ["HL*3 1"], ["patient"]),
        ((SUBSCRIBER, DEPENDANT, SUBSCRIBER, CLAIM, SERVICE), ["HL*3 1"], ["patient"]),
        ((SUBSCRIBER, DEPENDANT, CLAIM, SERVICE), [], []),
        ((SUBSCRIBER, CLAIM, SERVICE, BILLING), ["HL*1 2"], ["billing provider"]),
        ((BILLING, SUBSCRIBER, CLAIM, SERVICE), ["HL*1 1"], ["billing provider"]),
        ((SUBSCRIBER, BILLING, SUBSCRIBER, CLAIM, SERVICE), ["HL*2 1"], ["subscriber"]),
        ((SUBSCRIBER, "CLN*1", SUBSCRIBER, CLAIM, SERVICE), [], []),
    ],
)
def test_a_level_without_a_claim(levels: tuple[str, ...], bare: list[str], kinds: list[str]) -> None:
    text = a_file(BILLING, *levels)
    found = reading(text)
    told = [m for m in found.messages if m.check == "X12-NO-LINES"]
    segments = text.split("~")
    starts = [segments[(m.locus.segment or 0) - 1] for m in told]
    nth = [segments[: m.locus.segment].count(start) for m, start in zip(told, starts, strict=True)]
    assert [f"{start[:4]} {n}" for start, n in zip(starts, nth, strict=True)] == bare
    assert [m.text for m in told] == [f"This {kind} level (HL) has no claim (CLM)." for kind in kinds]
    assert {m.severity for m in told} <= {"warn"}
    assert found.count() == (1, 1)


def test_services_without_a_line_number() -> None:
    service = "SV1*HC:80053*1*UN*1***1~DTP*472*D8*20250211"
    found = broken(a_file(BILLING, SUBSCRIBER, CLAIM, SERVICE, service, service), "X12-LOOP", "X12-LOOP", count=(1, 3))
    assert {m.severity for m in found.messages} == {"warn"}
    assert [(line.number, line.from_date) for line in found.claim.lines] == [
        ("1", "20250210"), ("2", "20250211"), ("3", "20250211"),
    ]  # fmt: skip
    broken(a_file(BILLING, SUBSCRIBER, CLAIM, SERVICE[5:]), "X12-LOOP")


@pytest.mark.parametrize("before", ["", BILLING, f"{BILLING}~{SUBSCRIBER}", f"{BILLING}~{SUBSCRIBER}~{DEPENDANT}"])
@pytest.mark.parametrize("service", ["SV1*HC:99213*1", "SV2*0301*HC:99213*1", "SV3*AD:D1110*1"])
def test_a_line_outside_any_claim(before: str, service: str) -> None:
    found = broken(a_file(before, "LX*1", service), "X12-LOOP", count=(0, 0))
    assert (found.message.severity, found.message.claim_id, found.message.observed) == (
        "reject",
        None,
        service[:3],
    )


@pytest.mark.parametrize(
    ("level", "observed"),
    [("HL*2*9*22*0", "9"), ("HL*2**22*0", "nothing"), ("HL*2*X*22*0", "something else")],
)
def test_levels_whose_parent_is_not_there(level: str, observed: str) -> None:
    found = broken(PLAIN.replace("HL*2*1*22*0", level), "X12-HL")
    assert (found.message.observed, found.message.severity, found.message.locus.segment) == (
        observed,
        "warn",
        13,
    )


@pytest.mark.parametrize(("level", "observed"), [("HL*2*1*21*0", "21"), ("HL", "nothing")])
def test_levels_of_an_unknown_kind(level: str, observed: str) -> None:
    found = broken(PLAIN.replace("HL*2*1*22*0", level), "X12-HL")
    assert (found.message.observed, found.message.severity) == (observed, "reject")
    assert (found.claim.billing_npi, found.claim.patient_id) == ("", None)


SECOND = "HL*3**20*1~PRV*BI*PXC*261QA1903X~NM1*85*2*CENTER*****XX*1234567893"


def test_a_subscriber_that_names_another_billing_provider_is_judged_by_hl02() -> None:
    def after(parent: str, level: str = "4") -> str:
        return SUBSCRIBER.replace("HL*2*1*22", f"HL*{level}*{parent}*22")

    text = a_file(BILLING, SUBSCRIBER, CLAIM, SERVICE, SECOND, after("1"), CLAIM, SERVICE, CLAIM, SERVICE,
                  after("3", "5"), CLAIM, SERVICE, after("9", "6"), CLAIM, SERVICE)  # fmt: skip
    found = reading(text)
    first, second = ("1993999998", "207Q00000X", "professional"), ("1234567893", "261QA1903X", "asc")
    assert [(c.billing_npi, c.billing_taxonomy, c.setting) for c in found.claims] == [first] * 3 + [second] * 2
    assert [c.billing_provider and c.billing_provider.name for c in found.claims] == ["CLINIC"] * 3 + ["CENTER"] * 2
    assert [line.service.setting for c in found.claims for line in c.lines] == ["professional"] * 3 + ["asc"] * 2
    # Each claim has its message, with the level's place.
    assert [(m.check, m.severity, m.claim_id, m.observed, m.allowed) for m in found.messages] == [
        ("X12-HL", "warn", "CLAIM1", "1", "3"),
        ("X12-HL", "warn", "CLAIM1", "1", "3"),
        ("X12-HL", "warn", "CLAIM1", "9", "3"),
    ]
    assert [m.locus.segment for m in found.messages] == [number(text, level) for level in ("HL*4", "HL*4", "HL*6")]
    assert "under billing provider 1, as HL02 names it" in found.messages[0].text
    assert "under the provider and subscriber before it" in found.messages[2].text


def test_levels_are_named_within_their_transaction_alone() -> None:
    other = transaction(HEADER, SECOND, SUBSCRIBER, CLAIM, SERVICE, control="0002")
    found = reading(interchange(transaction(HEADER, BILLING, SUBSCRIBER, CLAIM, SERVICE), other))
    assert [claim.billing_npi for claim in found.claims] == ["1993999998", "1234567893"]
    assert found.said == ["X12-HL"]


def test_a_level_that_is_no_billing_provider_bills_nothing() -> None:
    unknown = "HL*3**21*1~NM1*85*2*X*****XX*1234567893"
    found = reading(a_file(unknown, BILLING, SUBSCRIBER.replace("HL*2*1*22", "HL*2*3*22"), CLAIM, SERVICE))
    assert found.claim.billing_npi == "1993999998"
    assert [(m.check, m.claim_id) for m in found.messages] == [("X12-HL", None), ("X12-HL", "CLAIM1")]


@pytest.mark.parametrize(
    ("unknown", "parent", "billing"),
    [
        ("HL*5*1*21*1", "5", ["1993999998", ""]),  # the subscriber before names the billing provider
        ("HL*1*1*21*1", "9", ["", ""]),  # a provider above has the same number
    ],
)
def test_a_subscriber_under_a_level_of_an_unknown_kind_has_no_provider(
    unknown: str, parent: str, billing: list[str]
) -> None:
    other = SUBSCRIBER.replace("HL*2*1*22", f"HL*6*{parent}*22")
    found = reading(a_file(BILLING, unknown, SUBSCRIBER, CLAIM, SERVICE, other, CLAIM, SERVICE))
    assert [claim.billing_npi for claim in found.claims] == billing
    assert sorted((m.check, m.severity) for m in found.messages) == [("X12-HL", "reject")] * 2 + [("X12-HL", "warn")]


def test_a_level_without_a_claim_is_reported_too() -> None:
    wrong = SUBSCRIBER.replace("HL*2*1*22", "HL*2*9*22")
    assert broken(a_file(BILLING, wrong), "X12-NO-LINES", "X12-HL", count=(0, 0)).messages[1].claim_id is None
    found = broken(a_file(BILLING, wrong, DEPENDANT, CLAIM, SERVICE, DEPENDANT, CLAIM, SERVICE), "X12-HL", "X12-HL",
                   count=(2, 2))  # fmt: skip
    assert [m.claim_id for m in found.messages] == ["CLAIM1"] * 2


def test_a_dependant_without_a_subscriber() -> None:
    found = broken(a_file(BILLING, DEPENDANT, CLAIM, SERVICE), "X12-HL")
    assert found.claim.patient_id is None


@pytest.mark.parametrize(
    ("right", "wrong", "severity", "observed", "allowed"),
    [
        ("SE*23*0001", "SE*22*0001", "warn", "22", "23"),
        ("SE*23*0001", "SE*29*0001", "reject", "29", "23"),
        ("SE*23*0001", "SE**0001", "warn", "nothing", "23"),
        ("SE*23*0001", "SE*023*0001", None, None, None),
        ("SE*23*0001", "SE*23*0002", "warn", "0002", "0001"),
        ("SE*23*0001", "SE*22*0002", "warn", "22", "23"),
        ("GE*1*9", "GE*2*9", "reject", "2", "1"),
        ("GE*1*9", "GE*0*9", "warn", "0", "1"),
        ("GE*1*9", "GE*1*8", "warn", "8", "9"),
        ("GE*1*9", "GE*1*09", None, None, None),
        ("IEA*1*000000007", "IEA*2*000000007", "reject", "2", "1"),
        ("IEA*1*000000007", "IEA*1*000000008", "warn", "000000008", "000000007"),
        ("IEA*1*000000007", "IEA*1*7", None, None, None),
        ("IEA*1*000000007", "IEA", "warn", "nothing", "1"),
    ],
)
def test_trailers(right: str, wrong: str, severity: str | None, observed: str | None, allowed: str | None) -> None:
    found = broken(PLAIN.replace(right, wrong), *(["X12-COUNT"] if severity else []))
    for message in found.messages:
        assert (message.severity, message.observed, message.allowed) == (severity, observed, allowed)
        assert message.claim_id is None


TWO = interchange(
    transaction(HEADER, BILLING, SUBSCRIBER, CLAIM, SERVICE),
    transaction(HEADER, BILLING, SUBSCRIBER, CLAIM, SERVICE, control="0002"),
)


@pytest.mark.parametrize(
    ("missing", "allowed", "severity"),
    [
        ("SE*23*0001~", "SE", "reject"),
        ("SE*23*0002~", "SE", "reject"),
        ("SE*23*0002~GE*2*9~", "SE and GE", "reject"),
        ("GE*2*9~", "GE", "warn"),
        ("GE*2*9~IEA*1*000000007~", "GE and IEA", "warn"),
        ("IEA*1*000000007~", "IEA", "warn"),
        ("GS*HC*S*R*20250302*1200*9*X*005010X222A1~", "GS", "warn"),
        (f"ST*837*0001*{P}~", "ST", "warn"),
        (f"ST*837*0002*{P}~", "ST", "warn"),
    ],
)
def test_a_part_of_the_envelope_is_missing(missing: str, allowed: str, severity: str) -> None:
    message = broken(TWO.replace(missing, ""), "X12-ENVELOPE", count=(2, 2)).message
    assert (message.allowed, message.severity) == (allowed, severity)


def test_two_transactions_that_became_one_lose_no_claim() -> None:
    broken(TWO.replace(f"SE*23*0001~ST*837*0002*{P}~", ""), "X12-COUNT", "X12-COUNT", count=(2, 2))


def test_an_interchange_without_its_end_before_the_next() -> None:
    text = PLAIN[: PLAIN.index("SE*")] + PLAIN
    message = broken(text, "X12-ENVELOPE", count=(2, 2)).message
    assert (message.allowed, message.observed, message.severity) == ("SE and GE and IEA", "ISA", "reject")


def test_an_interchange_without_its_beginning() -> None:
    body = PLAIN[PLAIN.index("GS*") :]
    message = broken(PLAIN + body, "X12-ENVELOPE", count=(2, 2)).message
    assert (message.allowed, message.observed) == ("ISA", "GS")
    broken(PLAIN + "IEA*1*000000007~", "X12-ENVELOPE")
    broken(PLAIN + "GE*1*9~IEA*1*000000007~", "X12-ENVELOPE", "X12-ENVELOPE")


def test_what_follows_from_a_missing_st_is_not_said_again() -> None:
    text = PLAIN.replace(f"ST*837*0001*{P}~", "")
    broken(text.replace("SE*23*0001~", ""), "X12-ENVELOPE")
    found = broken(text[: text.index("SE*")], "X12-ENVELOPE", "X12-ENVELOPE")
    assert [m.allowed for m in found.messages] == ["ST", "GE and IEA"]
    institutional = a_file(BILLING, SUBSCRIBER, "CLM*C*1***13:A:1", version=I).replace(f"ST*837*0001*{I}~", "")
    assert reading(institutional).claim.setting == "outpatient"


def test_one_interchange_does_not_excuse_the_next() -> None:
    for cut in (PLAIN[:-40], PLAIN.replace("HI*", "x" * 1_100_000 + "~HI*")):
        assert reading(cut + PLAIN.replace("IEA*1*", "IEA*2*")).said[-1] == "X12-COUNT"
        assert reading(cut + PLAIN.replace("SE*23*0001~", "")).said[-1] == "X12-ENVELOPE"


def test_the_end_is_missing() -> None:
    broken(PLAIN.removesuffix("GE*1*9~IEA*1*000000007~"), "X12-ENVELOPE")
    message = broken(PLAIN[: PLAIN.index("SE*")], "X12-TRUNCATED").message
    assert (message.severity, message.claim_id, message.locus.segment) == ("reject", "CLAIM1", 24)


def test_the_last_terminator_is_missing() -> None:
    message = broken(PLAIN.removesuffix("~"), "X12-TRUNCATED").message
    assert (message.severity, message.observed) == ("warn", "IEA")
    broken(PLAIN.removesuffix("~GE*1*9~IEA*1*000000007~"), "X12-TRUNCATED", "X12-ENVELOPE")


def test_a_segment_that_is_cut_off_is_not_read() -> None:
    text = a_file(BILLING, SUBSCRIBER, CLAIM, SERVICE, "LX*2~SV1*HC:80053*12.50*UN*1***1")
    found = broken(text[: text.index("2.50")], "X12-TRUNCATED", "X12-NO-LINES")
    assert (found.messages[0].severity, found.messages[0].observed) == ("reject", "SV1")
    assert found.messages[0].claim_id == "CLAIM1"


def test_wherever_a_file_ends_nothing_is_lost_in_silence() -> None:
    for end in range(1, len(PLAIN) - 1):
        found = reading(PLAIN[:end])
        assert found.messages, end
        assert all(line.service.code == "99213" for claim in found.claims for line in claim.lines)


def test_other_transactions_are_skipped_with_one_message_each() -> None:
    other = "ST*835*0002~BPR*I*1~CLP*X*1*1*1~SVC*HC:99213*1*1~LX*1~QQQ*1~SE*7*0002"
    body = transaction(HEADER, BILLING, SUBSCRIBER, CLAIM, SERVICE)
    message = broken(interchange(other, body, other), "X12-NOT-837", "X12-NOT-837", count=(1, 1)).messages[0]
    assert (message.observed, message.severity, message.locus.segment) == ("835", "warn", 3)
    assert message.locus.transaction == "0002"


@pytest.mark.parametrize("group", ["GS*HC*S*R", "GS*HP*S*R", None])
@pytest.mark.parametrize("kind", ["83", "", "837P", "835", "278"])
def test_claims_in_another_transaction_are_a_reject(kind: str, group: str | None) -> None:
    text = TWO.replace("ST*837*0001", f"ST*{kind}*0001")
    text = re.sub("GS[*]HC[*]S[*]R[^~]*~", "", text) if group is None else text.replace("GS*HC*S*R", group)
    found = reading(text)
    lost = [m for m in found.messages if m.check == "X12-NOT-837" and m.severity == "reject"]
    assert found.count() == (1, 1)
    assert [m.locus.transaction for m in lost] == ["0001"]
    assert not any("No action" in (m.remedy or "") for m in lost)
    assert {m.observed for m in lost} <= {kind, "nothing", "something else", "CLM"}


def test_an_unknown_transaction_in_a_group_of_claims_is_a_reject() -> None:
    for body, severity in (("ST*83*0001~N1*X", "reject"), ("ST*835*0001~N1*X", "warn"), ("ST*999*0001~N1*X", "warn")):
        message = broken(interchange(f"{body}~SE*3*0001"), "X12-NOT-837", count=(0, 0)).message
        assert message.severity == severity
    other = interchange("ST*83*0001~N1*X~SE*3*0001", version="005010X221A1").replace("GS*HC", "GS*HP")
    assert broken(other, "X12-NOT-837", count=(0, 0)).message.severity == "warn"


def test_a_segment_that_is_too_long() -> None:
    long = "NTE*ADD*" + "x" * 1_100_000
    for text in (PLAIN.replace("HI*", f"{long}~HI*"), PLAIN.replace("HI*", f"{long}~HI*").replace("~", "\n")):
        message = broken(text, "X12-LENGTH").message
        assert (message.severity, message.locus.segment, message.claim_id) == ("reject", 21, "CLAIM1")
    # It has swallowed what follows it, the end of the transaction too: still one cause, one message.
    swallowed = PLAIN.replace("~HI*", "~" + long + "!HI*").replace("~LX*1~SV1", "!LX*1!SV1")
    broken(swallowed + PLAIN, "X12-LENGTH", "X12-NO-LINES", count=(2, 1))
    broken(PLAIN[: PLAIN.index("HI*")] + long + PLAIN, "X12-LENGTH", "X12-NO-LINES", "X12-ENVELOPE", count=(2, 1))
    broken(PLAIN[: PLAIN.index("HI*")] + long, "X12-LENGTH", "X12-TRUNCATED", "X12-NO-LINES", count=(1, 0))
    # And wherever its pieces end.
    cut_off = (PLAIN[: PLAIN.index("HI*")] + "x" * 400 + PLAIN).encode()
    with patch.multiple(blocks, CHUNK=97, LONGEST=300, _LOOKAHEAD=160):
        for size in range(1, 97):
            assert items(cut_off, size) == items(cut_off)
        assert reading(cut_off).said == ["X12-LENGTH", "X12-NO-LINES", "X12-ENVELOPE"]


class Endless(io.RawIOBase):
    """A file that is made while it is read: a head, a part as often as asked, a tail."""

    def __init__(self, head: str, part: str, times: int, tail: str) -> None:
        self.parts = iter([head, *([part] * times), tail])

    def read(self, size: int = -1) -> bytes:
        return next(self.parts, "").encode()


def peak(stream: io.RawIOBase) -> tuple[Counter[str], int]:
    """What was read of a stream, counted, and the most memory that it took."""
    tracemalloc.start()
    seen: Counter[str] = Counter()
    for item in read_837(stream, "a.837"):  # type: ignore[arg-type]
        seen["lines" if isinstance(item, Claim) else item.check] += 1
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return seen, most


def test_memory_does_not_grow_with_the_longest_segment() -> None:
    head, tail = PLAIN.split("HI*ABK")
    seen, most = peak(Endless(head + "NTE*ADD*", "x" * 60_000, 900, "~HI*ABK" + tail))
    assert seen == {"X12-LENGTH": 1, "lines": 1}
    assert most < 6_000_000


def test_memory_does_not_grow_with_the_number_of_claims() -> None:
    head, tail = PLAIN.split("CLM*")
    claims = "".join(f"CLM*{i}*1***11:B:1~LX*1~SV1*HC:{i:05}*1*UN*1***1~DTP*472*D8*20250101~" for i in range(200))
    _, few = peak(Endless(head, claims, 10, "CLM*" + tail))
    seen, many = peak(Endless(head, claims, 60, "CLM*" + tail))
    assert seen == {"lines": 12_001, "X12-COUNT": 1}
    assert many < few * 1.2


def test_what_is_remembered_is_bounded() -> None:
    memo = Memo(len)
    for i in range(50_000):
        assert memo[str(i)] == len(str(i))
    assert len(memo) <= 20_000
    assert memo["x" * 1000] == 1000
    assert "x" * 1000 not in memo


def test_a_reader_leaves_nothing_for_the_garbage_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        reading(PLAIN)
        next(read_837(io.BytesIO(PLAIN.encode()), "a.837"))
        assert not [thing for thing in gc.get_objects() if type(thing) in (ClaimReader, State, Walker, PlainReader)]
    finally:
        gc.enable()


# For any bytes at all

CANARY = "CANARY"
PRIVATE = (
    PLAIN.replace("DOE*JANE", f"{CANARY}LAST*{CANARY}FIRST")
    .replace("MEMBER1", f"{CANARY}MEMBER")
    .replace("19500102", "19470923")
    .replace("2 OAK AVE~N4*AUSTIN", f"9 {CANARY} AVE~N4*{CANARY}TOWN")
    .replace(f"~{CLAIM}", f"~{DEPENDANT}~{CLAIM}")
    .replace("DOE*TIM", f"{CANARY}LAST*{CANARY}TIM")
    .replace("20150304", "19470923")
)
SPLICES = [
    "",
    "~",
    "*",
    ":",
    "\n",
    " ",
    "~~",
    "ISA*",
    "~ISA*00",
    "SE*1*1~",
    "HL*1**20~",
    "LX*1~",
    "CLM*X~",
    "\xff",
    "\0",
    "x" * 350,
]


@st.composite
def mutated(draw: st.DrawFn, texts: tuple[str, ...] = (PLAIN, PRIVATE, TWO)) -> bytes:
    """A file with some places deleted, doubled or overwritten."""
    text = draw(st.sampled_from(texts))
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(text)))
        end = min(len(text), at + draw(st.sampled_from([0, 0, 1, 2, 30, 300])))
        text = text[:at] + draw(st.sampled_from([*SPLICES, text[at:end] * 2])) + text[end:]
    return text.encode(draw(st.sampled_from(["utf-8", "latin-1"])))


quick = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@quick
@given(
    st.one_of(st.binary(max_size=300), mutated(), st.builds(lambda b: PLAIN.encode()[:400] + b, st.binary())),
    st.integers(1, 40),
)
def test_any_bytes_are_read_the_same_in_chunks_of_any_size(data: bytes, size: int) -> None:
    assert items(data, size) == items(data)
    # With small bounds such small files meet what else takes a megabyte.
    with patch.multiple(blocks, CHUNK=97, LONGEST=300, _LOOKAHEAD=160):
        assert items(data, size) == items(data)


@quick
@given(
    st.permutations(
        a_file(BILLING, SUBSCRIBER, DEPENDANT, CLAIM, SERVICE, "LX*2~SV2*0301*HC:80053*1*UN*1~SV3*AD:D1").split("~")[
            3:-4
        ]
    )
)
def test_every_service_line_is_a_line_or_a_message(segments: list[str]) -> None:
    found = reading(interchange(transaction(*segments)))
    outside = [m for m in found.messages if m.check == "X12-LOOP" and m.severity == "reject"]
    assert found.count()[1] + len(outside) == sum(segment[:2] == "SV" for segment in segments) == 3
    assert len(found.claims) == 1


@quick
@given(mutated((PRIVATE,)))
def test_nothing_private_reaches_a_message(data: bytes) -> None:
    said = json.dumps([message.as_dict() for message in reading(data).messages])
    for secret in ("ANAR", "19470923", "4709"):
        assert secret not in said


def test_the_edits_have_pages() -> None:
    assert len({edit.id for edit in READING_EDITS}) == len(READING_EDITS)
    for edit in READING_EDITS:
        assert edit.id.startswith("X12-")
        assert "What to do:" in edit.doc
        assert edit.citation.title


WALKED_PARTS = st.sampled_from(
    [
        *([segment] for segment in ("NTE*ADD*X", "REF*G1*A1", "REF*D9*T1", "REF*X4*36D0712345", "SV5*HC:E0601", "XX")),
        *([segment] for segment in ("SBR*S*18*******CI", "DTP*434*D8*20250101", "NM1*DN*1*R*****XX*1234567893")),
        *([segment] for segment in ("SE*9*0001", "ST*837*0002*005010X222A1", "HL*9*8*23*0", "HI*BK:I10:1*XX", "LX*8")),
        ["HL*2*1*22*0", "SBR*P*18", "NM1*IL*1*A*B****MI*M1", "DMG*D8*19700101*F", "NM1*PR*2*P*****PI*P1"],
        ["HL*4*7*23*0", "PAT*19", "NM1*QC*1*A*D", "DMG*D8*20120101*F", "CLM*C3*9***11:B:1*Y", "HI*ABK:I10", "LX*1"],
        ["HL*3*2*23*0", "PAT*19", "NM1*QC*1*A*C", "N3*1 ST", "DMG*D8*20100101*M"],
        ["CLM*C1*10***11:B:1*Y", "REF*EA*1", "HI*ABK:I10*ABF:R05", "NM1*82*1*D*****XX*1245319599", "PRV*PE*PXC*208D"],
        ["CLM*C2*10***22:B:1*Y", "HI*ABK:I10"],
        ["LX*1", "SV1*HC:99213:25*10*UN*1***1:2", "DTP*472*D8*20250210", "REF*6R*L1", "NM1*DK*1*O*****XX*1003000126"],
        ["LX*2", "SV1*HC:J1885:::::TEXT*5*UN*2*12**1", "DTP*472*RD8*20250210-20250212", "LIN**N4*00409379501"],
        ["LX*3", "SV2*0450*HC:99284*5*UN*1", "DTP*472*D8*20250210"],
        *(
            ["LX*4", f"SV1*{procedure}*10*UN*1***1", "DTP*472*D8*20250210", "NM1*82*1*D", "PRV*PE*PXC*208D"]
            for procedure in ("99213", ":99213", "HC>99213:25", "hc:99213", "XX:99999", "HC", "99213:25")
        ),
        ["CLM*C5*10***11:B:1*Y", "HI*ABK:I10*AFB:E119*abf:R05*BG:17", "NM1*82*1*D*****24*1", "PRV*PE*PXC*208D"],
        ["HL*8**20*1", "PRV*BI*PXC*261QA1903X", "NM1*85*2*CENTER*****XX*1234567893"],
        ["HL*8**20*1", "NM1*85*2*CENTER*****XX*1234567893", "N4*TOWN*OH*43004", "NM1*87*2", "N4*TOWN*OH*43005"],
        ["CLM*C7*9***41:B:1*Y", "REF*F8*X", "REF*P4*N", "HI*ABK:I10", *PICK_UP.split("~"), *DROP_OFF.split("~")],
        ["CLM*C8*9***22:B:7*Y", "HI*ABK:I10", *FACILITY.split("~")],
        ["LX*5", "SV1*HC:A0425:RH*5*UN*2***1", "DTP*472*D8*20250210"],
        [
            "LX*6",
            "SV1*HC:A0425::::::MILES*5*UN*2***1",
            "DTP*472*D8*20250210",
            *PICK_UP.replace("43002", "1").split("~"),
        ],
        FACILITY.split("~"),
        PICK_UP.split("~"),
        *([segment] for segment in ("SBR*P*18*******MB", "NM1*PR*2*P*****PI*P2", "N4*TOWN*OH*43006", "HI*ABK:")),
        *(
            [f"HL*9*{above}*22*0", "SBR*P*18", "NM1*IL*1*A*B****MI*M2", "NM1*PR*2*P*****PI*P1", *claim]
            for above in ("1", "8", "7")
            for claim in (["CLM*C6*9***11:B:1*Y", "HI*ABK:I10"], [])
        ),
    ]
)


@given(st.lists(WALKED_PARTS, max_size=25), st.sampled_from([blocks.CHUNK, 150, 700]))
def test_what_is_plainly_written_reads_as_a_walk_reads_it(parts: list[list[str]], chunk: int) -> None:
    def a_walk(reader: PlainReader, text: str, number: int, whole: bool) -> int:
        return reader.walker.walk(text[:-1], number)

    data = a_file(BILLING, *(segment for part in parts for segment in part)).encode()
    with patch.multiple(blocks, CHUNK=chunk, _LOOKAHEAD=160):
        plainly = [*read_837(io.BytesIO(data), "a.837")]
        with patch.object(PlainReader, "read", a_walk):
            walked = [*read_837(io.BytesIO(data), "a.837")]
    assert plainly == walked


def test_a_claim_that_is_nearly_plain_is_read_quickly() -> None:
    """Elements that are long, before what is not plain: the pattern must not try every cut of each of them."""
    subscriber = SUBSCRIBER.replace("MEMBER1", "M" * 600).replace("19500102*F", "19500102*" + "F" * 600)
    data = a_file(BILLING, subscriber, CLAIM.replace("11:B:1", "1" * 600).split("~")[0], SERVICE)
    begin = time.perf_counter()
    assert reading(data).count() == (1, 1)
    assert time.perf_counter() - begin < 5, "minutes, where each cut is tried with each other"


def test_a_plain_claim_may_be_cut_anywhere() -> None:
    line = (
        "LX*1",
        SERVICE.split("~")[1],
        "DTP*472*D8*20250210",
        "NM1*82*1*D*****XX*1245319599",
        "PRV*PE*PXC*208D00000X",
    )
    stranger = ("HL*4*7*23*0", "PAT*19", "NM1*QC*1*A*D", "CLM*C3*9***11:B:1*Y", "HI*ABK:I10", *line)
    data = a_file(BILLING, SUBSCRIBER, CLAIM, *line, *stranger).encode()
    whole = [*read_837(io.BytesIO(data), "a.837")]
    assert [item.check for item in whole if isinstance(item, EditMessage)] == ["X12-HL"]
    assert [line.rendering_taxonomy for item in whole if isinstance(item, Claim) for line in item.lines] == [
        "208D00000X"
    ] * 2
    for chunk in range(40, len(data)):
        with patch.multiple(blocks, CHUNK=chunk, _LOOKAHEAD=160):
            assert [*read_837(io.BytesIO(data), "a.837")] == whole
