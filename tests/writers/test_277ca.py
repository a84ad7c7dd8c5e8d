"""The 277CA: valid by pyx12's map of 005010X214, which is not ours, and right in what it says."""

import io
import json
import os
import re
import tracemalloc
from collections.abc import Iterable
from datetime import date
from itertools import cycle
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from claimcheck import Claim, EditMessage, read
from claimcheck.authoring.examples import a_claim, a_line
from claimcheck.claim import SETTINGS, Group, Interchange, Line, Party, Service, Submission
from claimcheck.config.configuration import Acknowledgments
from claimcheck.engine.messages import Judged, Outcome
from claimcheck.message import REJECT, WARN, ClaimStatus, Disposition
from claimcheck.writers import Options, envelopes, open_writer
from claimcheck.writers.to_277ca import AcknowledgmentWriter, NoEnvelopeError
from support import independent_reader
from support.command_line import invoke
from support.generated import claims
from support.golden import ANSWERED, CHECKER, answer, answer_beside, answer_of, answer_to
from support.laws import slow_law
from support.places import FILES, FIXTURES, needs_files


def segments_of(text: str) -> list[list[str]]:
    return [segment.strip().split("*") for segment in text.split("~")[:-1]]


def named(segments: list[list[str]], *beginning: str) -> list[list[str]]:
    return [segment for segment in segments if segment[: len(beginning)] == list(beginning)]


def numbers_of_claims(text: str) -> list[str]:
    """TRN02 of each claim; the first of a transaction is the submitter's number of the batch."""
    transactions = [named(segments_of(part), "TRN", "2") for part in text.split("ST*277*")[1:]]
    return [trn[2] for numbers in transactions for trn in numbers[1:]]


TOO_NEW = {"773", "776"}
"""Claim status codes that X12 added after pyx12's list was written."""


def complaints(text: str) -> list[str]:
    """What pyx12 finds wrong, but for codes that it does not know yet."""
    too_new = tuple(f"({code}) is not a valid" for code in TOO_NEW)
    return [error for error in independent_reader.complaints(text) if not error.startswith(too_new)]


# Files


@pytest.mark.parametrize("path", ANSWERED, ids=lambda path: path.name)
def test_golden(path: Path) -> None:
    text = answer_of(path)
    assert text == answer_beside(path).read_text()
    assert complaints(text) == []


def test_pyx12_finds_what_is_wrong() -> None:
    text = answer_beside(FIXTURES / "837p" / "iort.837").read_text()
    assert complaints(text.replace("QTY*90*", "QTY*91*", 1)) != []
    assert complaints(text.replace("HL*4*3*PT", "HL*4*2*PT", 1)) != []
    assert complaints(text.replace("*20250320*U*3100", "*20250320*X*3100", 1)) != []


@needs_files
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_answers_to_real_files(path: Path) -> None:
    """Professional, institutional, dental, of 4010, damaged: each is answered, and each claim once."""
    items = list(read(path, name=path.name))
    text = answer_to(items)
    segments = segments_of(text)
    claims = [item for item in items if isinstance(item, Claim)]
    assert numbers_of_claims(text) == [" ".join(claim.claim_id.split()) or "UNKNOWN" for claim in claims]
    assert sum(int(segment[2]) for key in ("90", "AA") for segment in named(segments, "QTY", key)) == len(claims)
    # A transaction of which no claim could be read has no billing provider. The guide lets it end there (HL04 is 0);
    # pyx12's map asks for one all the same.
    empty = sum(segment[4] == "0" for segment in named(segments, "HL", "2"))
    said = complaints(text)
    assert len(said) == empty
    assert all(error.startswith('Mandatory loop "Billing Provider of Service Level"') for error in said)


def test_the_answer_goes_back_to_the_sender() -> None:
    segments = segments_of(answer_beside(FIXTURES / "837p" / "iort.837").read_text())
    (isa,), (gs,) = named(segments, "ISA"), named(segments, "GS")
    assert (isa[6].strip(), isa[8].strip(), isa[13], isa[15]) == ("MEDICAREB", "CLINICSUBMIT", "000000301", "T")
    assert gs == ["GS", "HN", "MEDICAREB", "CLINICSUBMIT", "20250320", "0930", "301", "X", "005010X214"]
    assert [bht[3] for bht in named(segments, "BHT")] == ["000000301-301-0001", "000000301-301-0002"]
    assert ["NM1", "41", "2", "EXAMPLE SUBMITTER", "", "", "", "", "46", "CLINICSUBMIT"] in segments
    assert ["TRN", "2", "301001"] in segments and ["TRN", "2", "301002"] in segments


def test_an_institutional_answer_has_bill_types_and_revenue_codes() -> None:
    segments = segments_of(answer_beside(FIXTURES / "837i" / "hospital.837").read_text())
    assert {segment[2] for segment in named(segments, "REF", "BLT")} >= {"131"}
    assert ["SVC", "HC:77424:26", "9000", "", "0333", "", "", "1"] in segments


# Who answers, and when

ACME = Acknowledgments(
    sender="ACMECH", sender_qualifier="30", name="ACME CLEARINGHOUSE", id="ACME9", first_control_number=41,
    run_date=date(2026, 3, 20),
)  # fmt: skip


def answers_by(acknowledgments: Acknowledgments, items: Iterable[Claim | EditMessage], *formats: str) -> list[str]:
    """What the writers of one run write."""
    judged = list(CHECKER.judge(items))
    options = Options(acknowledging=acknowledgments.acknowledging())
    streams = [io.StringIO() for _ in formats]
    writers = [open_writer(format, out, options) for format, out in zip(formats, streams, strict=True)]
    for item in judged:
        for writer in writers:
            writer.take(item)
    for writer in writers:
        writer.close()
    texts = [out.getvalue() for out in streams]
    assert all(not text or complaints(text) == [] for text in texts)
    return texts


def test_the_sender_numbers_and_date_are_those_of_the_configuration() -> None:
    content = (FIXTURES / "837p" / "iort.837").read_bytes().replace(b"*0*T*:~", b"*1*T*:~")
    items = [*read(io.BytesIO(content), name="a"), *read(io.BytesIO(content), name="b")]
    texts = answers_by(ACME, items, "277ca", "999", "ta1")
    segments = segments_of("".join(texts))
    assert {(isa[5], isa[6].strip(), isa[8].strip(), isa[9]) for isa in named(segments, "ISA")} == {
        ("30", "ACMECH", "CLINICSUBMIT", "260320")
    }
    assert sorted(isa[13] for isa in named(segments, "ISA")) == [f"{number:09}" for number in range(41, 47)]
    assert {(gs[2], gs[3], gs[4]) for gs in named(segments, "GS")} == {("ACMECH", "CLINICSUBMIT", "20260320")}
    assert sorted(gs[6] for gs in named(segments, "GS")) == ["41", "42", "43", "44"]
    assert {tuple(nm1[3:10]) for nm1 in named(segments, "NM1", "AY")} == {
        ("ACME CLEARINGHOUSE", "", "", "", "", "46", "ACME9")
    }
    assert {stc[2] for stc in named(segments, "STC")} == {"20260320", ""}
    # What was received stays so: the day, and the numbers that are answered.
    assert {dtp[3] for dtp in named(segments, "DTP", "050")} == {"20250320"}
    assert {dtp[3] for dtp in named(segments, "DTP", "009")} == {"20260320"}
    assert {ak1[2] for ak1 in named(segments, "AK1")} == {"301"}
    assert {ta1[1] for ta1 in named(segments, "TA1")} == {"000000301"}


def test_a_sender_alone_is_the_information_source_too() -> None:
    (text,) = answers_by(Acknowledgments(sender="ACMECH"), read(FIXTURES / "837p" / "iort.837"), "277ca")
    assert "NM1*AY*2*ACMECH*****46*ACMECH~" in text and "ISA*00*          *00*          *ZZ*ACMECH  " in text


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"sender": "A"}, "2 to 15"),
        ({"sender": "A" * 16}, "2 to 15"),
        ({"sender": "A*B"}, "2 to 15"),
        ({"name": ""}, "1 to 60"),
        ({"id": "A~B"}, "2 to 80"),
        ({"first_control_number": 0}, "greater than or equal to 1"),
        ({"patient": "yes"}, "withheld"),
        ({"sender_name": "A"}, "not permitted"),
    ],
)
def test_what_can_not_be_sent_is_refused(given: dict[str, object], expected: str) -> None:
    with pytest.raises(ValidationError, match=expected):
        Acknowledgments.model_validate(given)


# Patients

NAMED = Acknowledgments(patient="name")


def patients_in(text: str) -> list[list[str]]:
    return [nm1[3:] for nm1 in named(segments_of(text), "NM1", "QC")]


def test_patients_are_named_only_where_the_configuration_asks(tmp_path: Path) -> None:
    path = tmp_path / "claimcheck.toml"
    path.write_text('[acknowledgments]\npatient = "name"\n')
    file = str(FIXTURES / "837p" / "demo.837")
    arguments = ("check", "-q", "--format", "277ca", file)
    withheld = invoke(*arguments, "--isolated").stdout
    assert {nm1[0] for nm1 in patients_in(withheld)} == {"WITHHELD"}
    texts = [invoke(*arguments, "--config", str(path), "--jobs", jobs).stdout for jobs in ("1", "2")]
    assert texts[0] == texts[1] and complaints(texts[0]) == []
    names = ["SPECIMEN", "BEN", "", "", "", "MI", "1EG4TE5MK74"], ["SPECIMEN", "CARA", "", "", "", "MI", "1EG4TE5MK75"]
    assert patients_in(texts[0]) == [names[0], names[0], *[names[1]] * 3]
    # Nothing else is changed by it.
    assert [line for line in texts[0].splitlines() if "*QC*1*" not in line] == [
        line for line in withheld.splitlines() if "*QC*1*" not in line
    ]


@needs_files
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_names_are_read_without_changing_anything_else(path: Path) -> None:
    """Plainly written or not, of subscribers and dependants."""
    unnamed, items = list(read(path, name=path.name)), list(read(path, name=path.name, patient_names=True))
    assert unnamed == [item._replace(patient=None) if isinstance(item, Claim) else item for item in items]
    claims = [item for item in items if isinstance(item, Claim)]
    segments = [*map(str.strip, re.split(r"[~\n]", path.read_text("latin-1")))]
    for claim in claims:
        assert claim.patient is None or claim.patient.name in " ".join(segments)
    if path.name.startswith("hcc__X222"):
        assert all(claim.patient and claim.patient.name and claim.patient.id for claim in claims)
        (text,) = answers_by(NAMED, items, "277ca")
        named_there = [(nm1[0], nm1[1]) for nm1 in patients_in(text)]
        assert named_there == [(claim.patient.name, claim.patient.first_name) for claim in claims if claim.patient]


def test_a_dependant_has_the_members_id_and_who_has_no_name_is_withheld() -> None:
    subscriber = Party("1", "DOE", "JO", "Q", "II", "MEMBER1")
    texts = []
    for patient in (subscriber, subscriber._replace(qualifier="", name="Mü*ller", first_name=""), None):
        (text,) = answers_by(NAMED, [ONE._replace(patient=patient)], "277ca")
        texts.append(patients_in(text))
    assert texts == [
        [["DOE", "JO", "Q", "", "", "II", "MEMBER1"]],
        [["Mu ller", "", "Q", "", "", "MI", "MEMBER1"]],
        [["WITHHELD", "", "", "", "", "MI", "WITHHELD"]],
    ]
    items = read(io.BytesIO(FAMILY.encode()), name="a.837", patient_names=True)
    names = [item.patient for item in items if isinstance(item, Claim)]
    assert [(one.name, one.first_name, one.id) for one in names if one] == [
        ("SPECIMEN", "CARA", "1EG4TE5MK75"),
        ("KIN", "KIM", "1EG4TE5MK75"),
    ]


def _family() -> str:
    """The last subscriber with one claim of their own, and one of a dependant."""
    text = (FIXTURES / "837p" / "demo.837").read_text()
    start, end = text.index("CLM*DEMO-04"), text.index("CLM*DEMO-05")
    level = "HL*4*3*23*0~\nPAT*19~\nNM1*QC*1*KIN*KIM~\nN3*2 SAMPLE STREET~\nDMG*D8*20150704*F~\n"
    text = f"{text[:start]}{level}{text[start:end]}{text[text.index('SE*') :]}"
    return text[: text.index("HL*2*1*22")] + text[text.index("HL*3*1*22") :]


FAMILY = _family()


# Texts


def stc12(segments: list[list[str]]) -> list[str]:
    return [segment[12] for segment in named(segments, "STC") if len(segment) > 12]


def test_the_remedy_follows_as_far_as_it_fits() -> None:
    text, first, second = "9 units billed; MUE is 8.", "Correct the units.", "Use separate lines only if documented."

    def said(text: str, remedy: str | None) -> str:
        (found,) = stc12(answer_with(ONE, message_of(ONE, None, text=text, remedy=remedy)))
        return found

    assert said(text, None) == f"OURS - {text}"
    assert said(text, f"{first} {second}") == f"OURS - {text} {first} {second}"
    long = "Wrong " * 36 + "here."
    assert said(long, f"{first} {second}") == f"OURS - {long} {first}"  # whole sentences alone
    assert len(said("Word " * 51 + "end.", first)) <= 264
    cut = said("Requirement " * 40, first)
    assert len(cut) <= 264 and cut.endswith(" Requirement")  # never inside a word
    assert len(said("W" * 400, first)) == 264
    assert said("Report HC:99213.", "Append 25: see the note.") == "OURS - Report HC;99213. Append 25; see the note."


# Claims

PARTY = Party("2", "EXAMPLE BILLING", qualifier="46", id="S1")
SUBMISSION = Submission(
    Interchange("ZZ", "SENDER", "30", "RECEIVER", "250320", "0930", "000000007", "P", 1),
    Group("S1", "R1", "20250320", "0930", "7", 2),
    "0001",
    "BATCH9",
    PARTY,
    Party("2", "EXAMPLE CLEARING", qualifier="46", id="R1"),
    "20250320",
    3,
)
CLINIC = Party("2", "EXAMPLE CLINIC", qualifier="XX", id="1234567893")


def submitted(claim: Claim, **fields: object) -> Claim:
    return claim._replace(**{"submission": SUBMISSION, "billing_provider": CLINIC, **fields})  # type: ignore[arg-type]


def message_of(claim: Claim, line: Line | None, **fields: object) -> EditMessage:
    """A reject with any field; what is said of a line that is not valid of itself."""
    empty: dict[str, object] = dict.fromkeys(EditMessage.__slots__)
    locus = claim.locus_of(line) if line else claim.locus
    of = {"line_number": line.number if line else None, "locus": locus, "claim_id": claim.claim_id}
    return EditMessage(**{**empty, "check": "OURS", "severity": REJECT, "text": "Wrong.", **of, **fields})  # type: ignore[arg-type]


def answer_with(claim: Claim, *messages: EditMessage) -> list[list[str]]:
    lines = ["rejected" if messages else "accepted"] * len(claim.lines)
    text = answer([Judged(claim, Outcome([*messages], lines))])  # type: ignore[arg-type]
    assert complaints(text) == []
    return segments_of(text)


def statuses(segments: list[list[str]]) -> list[list[str]]:
    """Each STC of a claim and of its lines as its statuses."""
    found = [[segment[i] for i in (1, 10, 11) if i < len(segment) and segment[i]] for segment in named(segments, "STC")]
    return found[2:]  # behind the transaction's and the provider's


ONE = submitted(a_claim(a_line("99213", charge="80.50", control="CTL-1"), a_line("36415", charge="10")), charge="90.50")


def test_an_accepted_claim() -> None:
    segments = answer_with(ONE._replace(trace="TRACE7"))
    at = segments.index(["TRN", "2", "EXAMPLE"])
    assert segments[at - 2 : at + 4] == [
        ["HL", "4", "3", "PT"],
        ["NM1", "QC", "1", "WITHHELD", "", "", "", "", "MI", "WITHHELD"],
        ["TRN", "2", "EXAMPLE"],
        ["STC", "A2:20", "20250320", "WQ", "90.5"],
        ["REF", "D9", "TRACE7"],
        ["DTP", "472", "D8", "20250310"],
    ]
    assert not named(segments, "SVC") and not named(segments, "REF", "1K")


def test_a_rejected_line_is_given_back_with_its_control_number() -> None:
    first, second = ONE.lines
    claim = ONE._replace(lines=(first._replace(to_date="20250312"), second))
    units = message_of(claim, claim.lines[0], claim_status=ClaimStatus("A7", "476"), text="9 units: too many.")
    whole = message_of(claim, None, claim_status=ClaimStatus("A7", "255"), check="DX")
    segments = answer_with(claim, whole, units)
    assert statuses(segments) == [["A7:255"], ["A7:476", "A3:247"], ["A7:476"]]
    texts = [segment[12] for segment in named(segments, "STC") if len(segment) > 12]
    assert texts == ["DX - Wrong.", "OURS line 1 - 9 units; too many."]
    assert segments[-8:-2] == [
        ["DTP", "472", "RD8", "20250310-20250312"],
        ["SVC", "HC:99213", "80.5", "", "", "", "", "1"],
        ["STC", "A7:476", "20250320", "U"],
        ["REF", "FJ", "CTL-1"],
        ["DTP", "472", "RD8", "20250310-20250312"],
        ["SE", str(len(segments) - 4), "0001"],
    ]


def test_statuses_that_need_a_companion_or_an_entity() -> None:
    line = ONE.lines[1]
    cases = [
        (ClaimStatus("A7", "510"), "from_date", ["A7:510", "A7:187"]),
        (ClaimStatus("A7", "562"), "rendering_npi", ["A7:562:82"]),
        (ClaimStatus("A6", "562"), "billing_npi", ["A6:562:85"]),
        (ClaimStatus("A7", "562"), "referring_npi", ["A7:562:DN"]),
        (ClaimStatus("A7", "562"), "ordering_npi", ["A7:562:DK"]),
        (ClaimStatus("A3", "23"), None, ["A3:23:41"]),
        (ClaimStatus("A2", "20"), None, ["A3:23:41"]),  # a status of acceptance can't reject
        (None, None, ["A3:23:41"]),  # an edit without a status of its own
    ]
    for status, field, expected in cases:
        message = message_of(ONE, line, claim_status=status, field=field)
        assert statuses(answer_with(ONE, message)) == [[*expected, "A3:247"], expected]


def test_the_same_edit_on_several_lines_is_said_once() -> None:
    both = [message_of(ONE, line, claim_status=ClaimStatus("A7", "453")) for line in ONE.lines]
    segments = answer_with(ONE, *both)
    assert statuses(segments) == [["A7:453", "A3:247"], ["A7:453"], ["A7:453"]]
    assert named(segments, "STC")[2][12] == "OURS line 1, 2 - Wrong."
    assert [ref[2] for ref in named(segments, "REF", "FJ")] == ["CTL-1", "2"]  # LX01 where there is no REF*6R


def test_warnings_are_accepted_with_their_text_and_what_only_informs_is_left_out() -> None:
    warned = message_of(ONE, None, severity="warn", check="CARE", text="Look.")
    informed = message_of(ONE, None, severity="inform", check="NOTE", text="By the way.")
    text = answer([Judged(ONE, Outcome([warned, informed], [Disposition.ACCEPTED_WITH_WARNINGS] * 2))])
    assert "STC*A2:20*20250320*WQ*90.5********CARE - Look.~" in text
    assert "By the way" not in text and complaints(text) == []


def test_a_claim_that_no_rule_could_judge_is_received_and_not_accepted() -> None:
    text = answer([Judged(ONE, Outcome([], [Disposition.ACCEPTED, Disposition.NOT_JUDGED]))])
    assert "STC*A1:19:40*20250320*WQ*90.5~" in text and "A2:20" not in text
    assert "QTY*90*1~" in text


def test_what_can_not_be_an_element_is_made_one() -> None:
    """Ids of a file with other delimiters, accents, a modifier and units that are none, amounts that are none."""
    line = a_line("99213", charge="x")._replace(
        service=Service("9*9~2", ("2", "25"), "1e9", "UN", "11", code_set="ZZ"), control="Ä:1^"
    )
    claim = submitted(
        a_claim(line)._replace(claim_id="A*B~C\x1dD"), billing_provider=Party("1", "Müller", "", "", "34", "1")
    )
    segments = answer_with(claim, message_of(claim, claim.lines[0]))
    assert named(segments, "TRN", "2")[1][2] == "A B C D"
    assert named(segments, "SVC") == [["SVC", "HC:9 9 2:25", "0"]]
    assert named(segments, "REF", "FJ") == [["REF", "FJ", "A 1"]]
    assert named(segments, "NM1", "85") == [["NM1", "85", "1", "Muller", "", "", "", "", "SV", "UNKNOWN"]]


ODD = (
    "A*B",
    "A:B",
    "A~B",
    "A^B",
    "A\nB",
    "A\x00B",
    "A\x1fB",
    "A\x7fB",
    " AB",
    "A\u2028B",
    "A*B~ST*277",
    "\u00c9",
    "~~",
    "A" * 80,
)


def test_whatever_is_given_back_stays_valid() -> None:
    """Claim numbers, control numbers, names and ids of a file with other delimiters may hold what delimits here."""
    odd = cycle(ODD)
    text = (FIXTURES / "837p" / "demo.837").read_text().replace("\n", "").translate(str.maketrans("*:~", "|>\x1c"))
    for beginning in ("CLM|", "REF|6R|", "REF|D9|", "NM1|41|2|", "NM1|85|2|", "NM1|40|2|"):
        text = re.sub(re.escape(beginning) + "[^|\x1c]*", lambda found: found[0] + next(odd), text)
    items = list(read(io.BytesIO(text.encode()), name="a.837"))
    answered = answer_to(items)
    assert complaints(answered) == []
    claims = [item for item in items if isinstance(item, Claim)]
    assert len(numbers_of_claims(answered)) == len(claims) > 4
    assert all(" " <= character <= "~" or character == "\n" for character in answered)


def test_what_is_wrong_with_an_interchange_is_said_of_its_first_transaction() -> None:
    text = (FIXTURES / "837p" / "demo.837").read_text()
    assert text.count("ST*837") == 1
    misnamed = text.replace(":", ">").replace("*T*>~", "*T*:~").replace("*P*>~", "*P*:~")
    answered = answer_to(read(io.BytesIO(misnamed.encode()), name="a.837"))
    segments = segments_of(answered)
    assert len(named(segments, "ST")) == len(named(segments, "GS")) == 1
    assert [segment[1] for segment in named(segments, "STC") if segment[3] == "U"][:1] == ["A3:684"]
    assert numbers_of_claims(answered) == numbers_of_claims(answer_to(read(io.BytesIO(text.encode()), name="a.837")))
    assert complaints(answered) == []
    # One without a transaction is answered all the same.
    alone = (
        misnamed[: misnamed.index("ST*")] + "CLM*A*1***11>B>1~SV1*HC>99213*1*UN*1~" + misnamed[misnamed.index("GE*") :]
    )
    assert len(named(segments_of(answer_to(read(io.BytesIO(alone.encode()), name="a.837"))), "ST")) == 1


def test_a_claim_number_that_can_not_be_given_back_is_told_of() -> None:
    for claim_id, told in (("A*B", 1), ("A-B", 0), ("A" * 60, 1), ("", 0)):
        claim = submitted(a_claim(a_line("99213"))._replace(claim_id=claim_id))
        for messages in ((), (message_of(claim, claim.lines[0]),), (message_of(claim, None, severity=WARN),)):
            texts = [segment[12] for segment in named(answer_with(claim, *messages), "STC") if len(segment) > 12]
            assert sum("TRN02 is not all of CLM01" in text for text in texts) == told


def test_a_transaction_that_says_nothing_of_itself_is_answered_all_the_same() -> None:
    text = answer([Judged(a_claim()._replace(claim_id="", submission=Submission()), Outcome([], []))])
    assert complaints(text) == []
    assert "DTP*472*D8*19000101~" in text and text.count("UNKNOWN") >= 4


# What could not be read


def altered(name: str, *changes: tuple[str, str]) -> str:
    text = (FIXTURES / name).read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return answer_to(read(io.BytesIO(text.encode()), name=name))


def test_a_claim_with_something_unreadable_is_rejected() -> None:
    claim = "CLM*IORT-03*4200***22:B:1*Y*A*Y*Y~\nHI*"
    text = altered("837p/iort.837", (claim + "ABK:C50912", claim + "C50912"))
    (claim,) = re.findall(r"TRN\*2\*IORT-03~\n(.*?)DTP", text, re.DOTALL)
    assert "STC*A7:255*20250320*U*4200********X12-DIAGNOSIS - " in claim
    assert complaints(text) == []


def test_a_transaction_of_which_something_is_lost_says_so_beside_its_claims() -> None:
    text = altered("837p/iort.837", ("SE*64*0001~\n", ""))
    assert "STC*A1:19:AY*20250320*WQ*13800~\nSTC*A3:684*20250320*U*0~" in text
    assert complaints(text) == []


def test_a_transaction_without_a_readable_claim_is_rejected() -> None:
    text = altered("837p/iort.837", ("CLM*", "XLM*"))
    assert text.count("HL*2*1*21*0~") == text.count("ST*277*") == 2
    assert "A1:19" not in text and "QTY*" not in text and "STC*A3:684*20250320*U*0~" in text


def test_an_empty_transaction_is_rejected_and_others_than_837_are_not_answered() -> None:
    file = (FIXTURES / "837p" / "iort.837").read_text().split("~\n")
    start, end = file.index("HL*1**20*1"), file.index("SE*64*0001")
    del file[start:end]
    text = answer_to(read(io.BytesIO("~\n".join(file).replace("SE*64", "SE*6").encode()), name="x"))
    assert text.count("ST*277*") == 2
    assert "TRN*2*301001~\nSTC*A6:247*20250320*U*0~\nSE*" in text
    remittance = "~\n".join(file).replace("ST*837*0001", "ST*835*0001")
    assert answer_to(read(io.BytesIO(remittance.encode()), name="x")).count("ST*277*") == 1


def test_control_numbers_that_repeat_are_counted_on() -> None:
    content = (FIXTURES / "837p" / "demo.837").read_bytes()
    text = answer_to([*read(io.BytesIO(content), name="a"), *read(io.BytesIO(content), name="b")])
    assert complaints(text) == []
    assert [isa[13] for isa in named(segments_of(text), "ISA")] == ["000000300", "000000301"]


# The command


def run(*arguments: str) -> tuple[int, str, str]:
    done = invoke("check", "--format", "277ca", *arguments)
    return done.exit_code, done.stdout, done.stderr


def test_the_command_writes_it(tmp_path: Path) -> None:
    path = FIXTURES / "837p" / "iort.837"
    code, out, err = run(str(path))
    assert (code, out) == (1, answer_beside(path).read_text())
    assert json.loads(err.splitlines()[-1])["claims"] == 7
    code, out, _ = run(str(path), "--output", str(tmp_path / "answer"))
    assert (code, out, (tmp_path / "answer").read_text()) == (1, "", answer_beside(path).read_text())


def test_rows_have_nobody_to_answer(tmp_path: Path) -> None:
    for name in ("rows/lines.csv", "rows/claims.jsonl"):
        code, out, err = run(str(FIXTURES / name), "--output", str(tmp_path / "answer"))
        assert (code, out) == (2, "")
        assert name in err and "no envelope" in err and "Traceback" not in err
        assert not (tmp_path / "answer").exists()


def test_an_unreadable_file_does_not_keep_others_from_their_answer(tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(b"\0\1\2\3")
    path = FIXTURES / "837p" / "iort.837"
    code, out, err = run(str(tmp_path / "x.bin"), str(path))
    assert (code, out) == (1, answer_beside(path).read_text())
    assert "x.bin" in err


# Laws

parties = st.builds(
    Party,
    st.sampled_from(["1", "2", ""]),
    st.sampled_from(["A", ""]) | st.text(max_size=4),
    st.text(max_size=2),
    qualifier=st.sampled_from(["XX", "FI", "24", "34", ""]),
    id=st.sampled_from(["1", "12", ""]) | st.text(max_size=4),
)


@st.composite
def batches(draw: st.DrawFn) -> list[Claim]:
    """Claims of up to three transactions, of a few billing providers, with numbers of their own."""
    providers = draw(st.lists(parties | st.none(), min_size=1, max_size=3))
    batch: list[Claim] = []
    for place in range(3, 3 + draw(st.integers(1, 3))):
        submission = SUBMISSION._replace(
            place=place,
            control=draw(st.sampled_from(["0001", ""]) | st.text(max_size=12)),
            reference=draw(st.text(max_size=60)),
            submitter=draw(parties),
            received=draw(st.sampled_from(["20250320", "", "20250230"]) | st.none()),
        )
        for claim in draw(st.lists(claims(), min_size=1, max_size=4)):
            batch.append(
                claim._replace(
                    claim_id=f"C{len(batch)}",
                    charge=draw(st.sampled_from(["100.00", "0.05", "", "-1", "x"]) | st.none()),
                    billing_provider=draw(st.sampled_from(providers)),
                    trace=draw(st.text(max_size=3) | st.none()),
                    submission=submission,
                )
            )
    return batch


@settings(parent=slow_law(30, thorough=60), suppress_health_check=list(HealthCheck))
@given(batches())
def test_totals_levels_and_counts_add_up(batch: list[Claim]) -> None:
    judged = [item for item in CHECKER.judge(batch) if isinstance(item, Judged)]
    text = answer(judged)
    assert complaints(text) == []
    segments = segments_of(text)
    assert numbers_of_claims(text) == [claim.claim_id for claim in batch]
    rejected = [any(m.severity == REJECT for m in item.outcome.messages) for item in judged]
    assert _sum(segments, "AA") == _sum(segments, "QC") == sum(rejected)
    assert _sum(segments, "90") == _sum(segments, "QA") == len(batch) - sum(rejected)
    lines = [
        {(m.line_number, m.locus) for m in item.outcome.messages if m.severity == REJECT and m.line_number}
        for item in judged
    ]
    assert len(named(segments, "SVC")) == sum(map(len, lines))
    for transaction in text.split("ST*277*")[1:]:
        body = segments_of("ST*277*" + transaction)
        end = next(i for i, segment in enumerate(body) if segment[0] == "SE")
        assert int(body[end][1]) == end + 1
        parents = {"20": "", "21": "20", "19": "21", "PT": "19"}
        kinds = {"": ""}
        for number, level in enumerate(named(body, "HL"), start=1):
            assert level[1] == str(number)
            assert kinds[level[2]] == parents[level[3]]
            kinds[level[1]] = level[3]
        for provider in transaction.split("*19*1~")[1:]:
            counted = segments_of(provider)
            patients = len(named(counted, "HL")) - len(named(counted, "HL", "", "2"))
            assert _sum(counted, "QA") + _sum(counted, "QC") == len([s for s in counted if s[-1] == "PT"]) <= patients


def _sum(segments: list[list[str]], qualifier: str) -> int:
    return sum(int(segment[2]) for segment in named(segments, "QTY", qualifier))


def test_memory_is_the_same_for_few_and_for_many_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    """Totals stand before the claims, so that all of a transaction waits: not in memory."""
    monkeypatch.setattr(envelopes, "IN_MEMORY", 20_000)
    line = Line(Service("99213"), "20250310", charge="100")
    outcome = Outcome([], [Disposition.ACCEPTED])

    def peak(claims: int) -> int:
        tracemalloc.start()
        answer_into_nothing(Judged(submitted(Claim(f"C{i}", (line,))), outcome) for i in range(claims))
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(100)  # what is loaded and remembered once
    few, many = peak(2_000), peak(20_000)
    assert many < 1.2 * few < 2_000_000


def answer_into_nothing(judged: Iterable[Judged]) -> None:
    with Path(os.devnull).open("w") as out:
        writer = AcknowledgmentWriter(out)
        for item in judged:
            writer.take(item)
        writer.close()


def test_a_line_of_a_revenue_code_alone() -> None:
    line = a_line("", revenue_code="0250", setting="outpatient", charge="7", units="5")
    claim = submitted(a_claim(line, setting="outpatient"))
    segments = answer_with(claim, message_of(claim, claim.lines[0]))
    assert named(segments, "SVC") == [["SVC", "NU:0250", "7", "", "", "", "", "5"]]
    assert named(segments, "REF", "BLT") == [["REF", "BLT", "131"]]


def test_claims_of_every_setting_are_answered() -> None:
    for setting in SETTINGS:
        claim = submitted(a_claim(a_line("99213", setting=setting), setting=setting))
        assert complaints(answer_to([claim])) == []


def test_a_claim_without_an_envelope_raises() -> None:
    with pytest.raises(NoEnvelopeError):
        answer_to([a_claim(a_line("99213"))])


def test_a_date_that_validators_refuse_is_left_out() -> None:
    days = ("00010101", "17991231", "18000101", "2024-08-14", "20240230", "99991231")
    assert [envelopes.a_day(day) for day in days] == ["", "", "18000101", "20240814", "", "99991231"]
