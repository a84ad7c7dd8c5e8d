"""Diagnoses by the data that ship: what is published of ICD-10-CM, and claims that other people published."""

from collections import Counter
from io import BytesIO

import pytest

from claimcheck import Checker, Claim, read
from claimcheck.authoring.examples import a_claim, a_line
from claimcheck.claim import DME, INSTITUTIONAL, OUTPATIENT, Submission
from claimcheck.engine.loop import raise_errors
from claimcheck.message import EditMessage
from claimcheck.readers.x12.claims import read_837
from support.judging import STARTER
from support.places import FIXTURES, SHARED
from support.published import needs_cms

CHECKER = Checker(STARTER, "medicare_part_b", select=["DX"], on_error=raise_errors)
REMITS = SHARED / "remits" / "matched_nmartin15"


def claim(*diagnoses: str, day: str = "20240814", code: str = "99213", **fields: object) -> Claim:
    pointers = tuple(str(n + 1) for n in range(min(4, len(diagnoses))))
    return a_claim(a_line(code, day=day, pointers=pointers), diagnoses=diagnoses, **fields)


def told(claim: Claim) -> list[str]:
    return [f"{m.check} {m.severity}" for m in CHECKER.check(claim).messages]


@pytest.mark.parametrize(
    ("diagnoses", "day"),
    [
        (("E11.9",), "20240814"),
        (("G35",), "20250930"),
        (("I48.20",), "20191001"),
        (("S52.501A",), "20240814"),
        (("Z12.11",), "20240814"),
        (("J20.9", "J44.1"), "20260410"),
        (("I10", "E11.9"), "20260410"),
        (("N40.1",), "20250115"),
        (("QA00101",), "20251001"),
    ],
)
def test_what_is_right_passes(diagnoses: tuple[str, ...], day: str) -> None:
    assert told(claim(*diagnoses, day=day, birth_date="19800101", sex="F")) == []


@pytest.mark.parametrize(
    ("diagnosis", "day", "says"),
    [
        ("E11", "20240814", "E11 is a category, not a billable code: it needs more characters, such as E11.00."),
        (
            "S52501",
            "20240814",
            "S52.501 is a category, not a billable code: it needs more characters, such as S52.501A.",
        ),
        ("G35", "20251001", "G35 ended on 2025-09-30; it is not valid on 2025-10-01."),
        ("M545", "20211002", "M54.5 ended on 2021-09-30; it is not valid on 2021-10-02."),
        ("N183", "20210601", "N18.3 ended on 2020-09-30; it is not valid on 2021-06-01."),
        ("F32A", "20210930", "F32.A begins on 2021-10-01; it is not valid on 2021-09-30."),
        ("4019", "20240814", "401.9 is not an ICD-10-CM code."),
        ("JOHN DOE", "20240814", "A diagnosis of 8 characters is not an ICD-10-CM code."),
        ("SMITH", "20240814", "A diagnosis of 5 characters is not an ICD-10-CM code."),
    ],
)
def test_what_is_not_valid_is_told(diagnosis: str, day: str, says: str) -> None:
    (message,) = CHECKER.check(claim(diagnosis, day=day)).messages
    assert (message.check, message.severity, message.text) == ("DX-INVALID", "reject", says)
    assert message.field == "diagnoses"


def test_what_it_was_divided_into_is_named() -> None:
    (message,) = CHECKER.check(claim("M545", day="20211002")).messages
    assert str(message.remedy).startswith("Report what it was divided into: M54.50, M54.51, M54.59 (HI01")
    (message,) = CHECKER.check(claim("I10", "G35", day="20251001")).messages
    assert "G35.A" in str(message.remedy)
    assert "HI02, CMS-1500 item 21B" in str(message.remedy)
    assert message.claim_status is not None
    assert message.claim_status.code == "255"


def test_a_day_that_no_edition_covers_is_not_judged_once_a_claim() -> None:
    later = a_claim(a_line(day="20270401"), a_line("71046", day="20270402"), diagnoses=("I10",))
    (message,) = CHECKER.check(later).messages
    assert message.check == "NOT-JUDGED"
    assert "ICD-10-CM code list for 2027 Q2" in message.text
    assert CHECKER.check(later).dispositions == ["not_judged"] * 2


def test_an_inpatient_is_judged_by_the_day_of_discharge() -> None:
    line = a_line(day="20210930", setting=INSTITUTIONAL, pointers=None)
    stay = a_claim(line, diagnoses=("F32A",), statement=("20210930", "20211002"), type_of_bill="111")
    assert "DX-INVALID reject" not in told(stay)
    assert "DX-INVALID reject" in told(stay._replace(statement=("20210928", "20210930")))


@pytest.mark.parametrize("setting", ["professional", DME, OUTPATIENT])
def test_a_claim_on_both_sides_of_october(setting: str) -> None:
    pointers = None if setting == OUTPATIENT else ("1",)
    lines = [a_line(day=day, setting=setting, pointers=pointers) for day in ("20250930", "20251002")]
    (message,) = CHECKER.check(a_claim(*lines, diagnoses=("G35",))).messages
    assert (message.check, message.severity) == ("DX-SPAN", "reject")
    assert "both sides of 2025-10-01" in message.text


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (claim("W18.30XA"), ["DX-FIRST reject"]),
        (claim("D63.1"), ["DX-FIRST reject"]),
        (claim("E08.42"), ["DX-FIRST reject"]),
        (claim("I10", "I10"), ["DX-DUP warn"]),
        (claim("O09.00", birth_date="19540101"), ["DX-AGE warn"]),
        (claim("A33", birth_date="19940101"), ["DX-AGE warn"]),
        (claim("N40.1", sex="F"), ["DX-SEX warn"]),
        (claim("E11.9", "E10.9", day="20260410"), ["DX-EXCL1 warn"]),
        (claim("G57.02", "M54.16", day="20260410"), ["DX-EXCL1 warn"]),
        (claim("F45.8", "G47.63", day="20260410"), ["DX-EXCL1 warn"]),
        (claim("M17.10", code="20610-RT"), ["DX-UNSPEC warn"]),
        (claim("H25.10", code="66984-RT"), ["DX-UNSPEC warn"]),
        (claim("M17.10", "M17.11", code="20610-RT"), []),
        (a_claim(a_line("A0428"), diagnoses=()), []),
        (a_claim(a_line(), diagnoses=()), ["DX-MISSING reject"]),
        (claim("L02.511", submission=Submission()), ["DX-DOT reject"]),
    ],
)
def test_the_other_edits(one: Claim, expected: list[str]) -> None:
    assert told(one) == expected


@pytest.mark.parametrize(
    ("hi", "qualifiers", "expected"),
    [
        ("ABK:I10", None, []),
        ("ABK:I10*ABF:E119", None, []),
        ("BK:4019", ("BK",), ["DX-INVALID reject", "DX-QUAL reject"]),
        ("ABK:I10*BF:4019", ("ABK", "BF"), ["DX-INVALID reject", "DX-QUAL reject"]),
        ("ABF:I10", ("ABF",), ["DX-QUAL reject"]),
        ("ABK:I10~HI*ABF:E119", None, []),
        ("ABK:I10~HI*BF:4019", ("ABK", "BF"), ["DX-INVALID reject", "DX-QUAL reject"]),
    ],
)
def test_qualifiers_are_read(hi: str, qualifiers: tuple[str, ...] | None, expected: list[str]) -> None:
    text = (FIXTURES / "837p" / "iort.837").read_text("ascii")
    first = next(segment for segment in text.split("~") if segment.strip().startswith("HI*")).strip()
    data = text.replace(first, f"HI*{hi}").encode("ascii")
    found = [item for item in read_837(BytesIO(data), "a.837") if isinstance(item, Claim)]
    assert found[0].diagnosis_qualifiers == qualifiers
    assert sorted({one for one in told(found[0]) if one.split()[0] in ("DX-QUAL", "DX-INVALID")}) == expected


@needs_cms
def test_real_claims_have_diagnoses_that_are_not_billable() -> None:
    """98 of the 644 diagnoses of 250 published sample claims."""
    count, checks = 0, Counter[str]()
    for path in sorted(path for path in REMITS.rglob("*") if path.is_file() and path.suffix != ".md"):
        items = [item for item in read(path) if not isinstance(item, EditMessage)]
        count += sum(len(item.diagnoses or ()) for item in items)
        checks.update(message.check for message in CHECKER.run(items))
    assert count == 644
    assert checks["DX-INVALID"] == 98
    assert set(checks) <= {"DX-INVALID", "DX-EXCL1"}, "no other edit of diagnoses speaks"


def test_ages_are_whole_years_on_the_first_day() -> None:
    newborn = claim("A33", day="20240814")
    assert told(newborn._replace(birth_date="20230815")) == []
    assert told(newborn._replace(birth_date="20230814")) == ["DX-AGE warn"]
