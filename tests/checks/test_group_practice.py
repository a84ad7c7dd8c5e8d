"""Practitioners of one group and specialty: who is one with whom, and what is said of their visits and procedures."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from claimcheck import Checker, Claim, Line, Rulebook
from claimcheck.authoring.examples import a_claim, a_line
from claimcheck.checks.physicians import one_specialty, perhaps_one_specialty
from claimcheck.config.configuration import Configuration
from claimcheck.engine.loop import raise_errors
from claimcheck.rulebook import CodeDates, Fee, Listed, Pair
from claimcheck.rulebook.sections import is_face_to_face, is_new_patient_visit
from claimcheck.runs.workers import run
from claimcheck.writers.to_jsonl import JsonlWriter
from support.judging import IN_2024, checker, on_claim, over, said, said_of_batch, starter

BOOK = starter()
PAIRS = over(pairs={"99214-99213": Pair("1"), "11721-99213": Pair("1")})
INTERNIST, CARDIOLOGIST, FAMILY, NURSE = "207R00000X", "207RC0000X", "207Q00000X", "363LF0000X"
ONE, TWO, THREE = "1234567802", "1003000126", "1245319599"


def by(npi: str, written: str, taxonomy: str | None = INTERNIST, **fields: Any) -> Line:
    return a_line(written, rendering_npi=npi, rendering_taxonomy=taxonomy, **fields)


def are_one(one: str | None, other: str | None, day: str = "20250310", **how: bool) -> tuple[bool, bool]:
    """Whether two taxonomy codes are of one specialty, and whether they may be, by the crosswalk that ships."""
    claim = a_claim(by(ONE, "99213", one, day=day), by(TWO, "99213", other, day=day))
    degrees = one_specialty(BOOK.checker.rulebook, **how), perhaps_one_specialty(BOOK.checker.rulebook, **how)
    sure, maybe = ({*of(claim, claim.lines[0])} & {*of(claim, claim.lines[1])} for of in degrees)
    return bool(sure), bool(maybe)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (INTERNIST, INTERNIST, (True, True)),
        (INTERNIST, "207RH0002X", (False, True)),  # hospice and palliative care: 11 or 17
        ("2251X0800X", "225100000X", (True, True)),  # both physical therapists, 65
        (INTERNIST, FAMILY, (False, False)),  # 11 and 08
        (INTERNIST, CARDIOLOGIST, (False, True)),  # 11; 06 or 11
        (CARDIOLOGIST, CARDIOLOGIST, (True, True)),
        ("207X00000X", "208600000X", (False, True)),  # 02 or 20; 02
        ("390200000X", "390200000X", (True, True)),  # in no crosswalk, and the same
        (None, None, (False, False)),
        (INTERNIST, None, (False, False)),
        ("", "", (False, False)),
        (NURSE, NURSE, (False, False)),
        ("363A00000X", "363AM0700X", (False, False)),
        ("367500000X", "367500000X", (False, False)),
        ("1041C0700X", "1041C0700X", (False, False)),
        ("193200000X", "193200000X", (False, False)),  # a multi-specialty group
    ],
)
def test_who_is_one(one: str | None, other: str | None, expected: tuple[bool, bool]) -> None:
    """order#colleagues"""
    assert are_one(one, other) == expected
    assert are_one(other, one) == expected


def test_non_physicians_are_enrolled_by_profession() -> None:
    """order#colleagues: for NEW-PT all nurse practitioners are of one specialty."""
    assert are_one(NURSE, "363LP0808X", non_physicians=True) == (True, True)
    assert are_one(NURSE, "363A00000X", non_physicians=True) == (False, False)


def test_a_day_without_a_crosswalk_knows_the_same_codes_alone() -> None:
    for day in ("19990101", "x"):
        assert are_one(INTERNIST, INTERNIST, day) == (True, True)
        assert are_one("2251X0800X", "225100000X", day) == (False, False)
        assert are_one(NURSE, NURSE, day) == (False, False)


# Visits of one day.


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        ("99214", "99213", ["2 EM-DAY warn"]),
        ("99213", "99214", ["1 EM-DAY warn"]),
        ("99213", "99213", ["2 EM-DAY warn"]),
        ("99214", "99213-25", []),
        ("99214-25", "99213", []),
        ("99215", "99213", []),  # no pair of this book
        ("99291", "99291", []),  # critical care has rules of its own
        ("99214", "71046", []),
    ],
)
def test_two_visits_of_one_day(one: str, two: str, expected: list[str]) -> None:
    """group-practice#visits-of-one-day"""
    assert said(PAIRS, by(ONE, one), by(TWO, two)) == expected


def test_who_else_rendered_the_visit() -> None:
    first = by(ONE, "99214")
    for taxonomy in (FAMILY, CARDIOLOGIST, NURSE, None):
        assert said(PAIRS, first, by(TWO, "99213", taxonomy)) == []
    assert said(PAIRS, by(ONE, "99214", NURSE), by(TWO, "99213", NURSE)) == []
    assert said(PAIRS, first, by(TWO, "99213", day="20250311")) == []
    assert said(PAIRS, first, by(TWO, "99213", to_date="20250312")) == ["2 DATE-SPAN warn"]
    assert said(PAIRS, first, by(ONE, "99213")) == ["2 PTP-1 reject"]
    assert said(PAIRS, first, by(TWO, "99213"), by(THREE, "99213")) == ["2 EM-DAY warn", "3 EM-DAY warn"]


def test_what_may_be_is_told_where_it_is_asked_for() -> None:
    configuration = Configuration(
        past_newest="carry", options={check: {"maybe": "inform"} for check in ("EM-DAY", "GLB-25", "GLB-POSTOP")}
    )
    book = Checker(PAIRS.checker.rulebook, on_error=raise_errors, configuration=configuration)
    told = [
        [(m.check, m.severity) for m in book.check(on_claim(*lines)).messages]
        for lines in (
            (by(ONE, "99214"), by(TWO, "99213", CARDIOLOGIST)),
            (by(ONE, "11721"), by(TWO, "99213", CARDIOLOGIST)),
            (by(ONE, "27447-LT", pos="22", day="20250301"), by(TWO, "99213", CARDIOLOGIST)),
            (by(ONE, "99214"), by(TWO, "99213", FAMILY)),
        )
    ]
    assert told == [[("EM-DAY", "inform")], [("GLB-25", "inform")], [("GLB-POSTOP", "inform")], []]


def test_medicaid_has_a_table_of_pairs_of_its_own() -> None:
    claim = a_claim(by(ONE, "99214"), by(TWO, "99213"))
    medicaid = Rulebook.of(medicaid_ptp_practitioner={"99214-99213": Pair("1")}, pairs={})
    assert [m.check for m in checker(medicaid, "EM-DAY", profile="medicaid").check(claim).messages] == ["EM-DAY"]
    assert checker(medicaid, "EM-DAY").check(claim).messages == []


def test_partners_never_share_units_pairs_or_duplicates() -> None:
    """pairs#when-a-pair-holds, order#colleagues: one rendering NPI."""
    therapist: dict[str, Any] = {"taxonomy": "225100000X"}
    assert said(BOOK, by(ONE, "97110-GP", **therapist, units=4), by(TWO, "97110-GP", **therapist, units=4)) == []
    assert said(BOOK, by(ONE, "71046"), by(TWO, "71046")) == []
    assert said(BOOK, by(ONE, "20610-LT"), by(TWO, "20610-LT")) == []


# Global periods of colleagues.


def test_a_visit_beside_a_colleagues_procedure() -> None:
    """global-periods#colleagues: also where an NCCI pair is in force for the two codes."""
    assert said(PAIRS, by(ONE, "11721"), by(TWO, "99213")) == ["2 GLB-25 warn"]
    assert said(PAIRS, by(ONE, "11721"), by(TWO, "99213-25")) == []
    assert said(PAIRS, by(ONE, "11721"), by(TWO, "99213", CARDIOLOGIST)) == []
    assert said(PAIRS, by(ONE, "11721", NURSE), by(TWO, "99213", NURSE)) == []
    assert said(PAIRS, by(ONE, "11721"), by(ONE, "99213")) == ["2 PTP-1 reject"]
    surgery = by(ONE, "27447-LT", pos="22")
    assert said(BOOK, surgery, by(TWO, "99213", day="20250309")) == ["2 GLB-57 warn"]
    assert said(BOOK, surgery, by(TWO, "99213-57")) == ["2 GLB-57-NONE inform"]  # none by this practitioner


def test_within_a_colleagues_global_period() -> None:
    """global-periods#colleagues"""
    surgery = by(ONE, "27447-LT", pos="22", day="20240722")
    visit = by(TWO, "99213", day="20240811")
    assert said(BOOK, surgery, visit) == ["2 GLB-POSTOP warn"]
    assert said(BOOK, surgery, by(TWO, "99213-24", day="20240811")) == []
    assert said(BOOK, surgery, by(TWO, "11721", day="20240811")) == ["2 GLB-POSTOP warn"]
    assert said(BOOK, surgery, by(TWO, "11721-79", day="20240811")) == []
    assert said(BOOK, surgery, by(TWO, "99213", FAMILY, day="20240811")) == []
    for days, expected in ((90, ["2 GLB-POSTOP warn"]), (91, [])):
        day = f"{date(2024, 7, 22) + timedelta(days=days):%Y%m%d}"
        assert said(BOOK, surgery, by(TWO, "99213", day=day)) == expected


def test_other_payers_hear_of_colleagues_less() -> None:
    claim = on_claim(by(ONE, "11721", day=IN_2024), by(TWO, "99213", day=IN_2024))
    for profile, severity in (("medicare_part_b", "warn"), ("commercial", "warn"), ("commercial_other", "inform")):
        (message,) = checker(PAIRS.checker.rulebook, "GLB-25", profile=profile).check(claim).messages
        assert (message.severity, message.text.count("A colleague of the same specialty")) == (severity, 1)


def test_critical_care_that_a_colleague_began() -> None:
    """add-ons#exceptions: the specialty may be one by the crosswalk, not by the code alone."""
    first = by(ONE, "99291", "2251X0800X")
    assert said(BOOK, first, by(TWO, "99292", "225100000X"), day=IN_2024, pos="22") == []
    assert said(BOOK, first, by(TWO, "99292", FAMILY), day=IN_2024, pos="22") == ["2 AOC-1 warn"]


# Patients who are not new.

NO_PAIRS = over(pairs={}).checker
A_YEAR = 365


def of(claim_id: str, *lines: Line, **claim: Any) -> Claim:
    facts = {"patient_id": "P", "received_date": "20240901", **claim}
    return a_claim(*lines, **facts)._replace(claim_id=claim_id)


def day_after(first: date, days: int) -> str:
    return f"{first + timedelta(days=days):%Y%m%d}"


SEEN = date(2021, 8, 14)


@pytest.mark.parametrize("npi", [ONE, TWO])
@pytest.mark.parametrize(
    ("day", "expected"),
    [("20210815", 1), ("20220814", 1), ("20240813", 1), ("20240814", 0), ("20240815", 0), ("20210814", 0)],
)
def test_three_years_less_a_day(npi: str, day: str, expected: int) -> None:
    """group-practice#new-patients: 1,095 days; on the day three years later, of which one is a leap year, the patient
    is new again."""
    book = checker(NO_PAIRS.rulebook, "NEW-PT")
    seen, new = by(npi, "99213", day="20210814"), by(ONE, "99203", day=day)
    assert len(book.check(a_claim(seen, new)).messages) == expected
    for batch in ([of("A", seen), of("B", new)], [of("B", new), of("A", seen)]):
        assert len([*book.run(batch)]) == expected


@pytest.mark.parametrize(
    ("code", "counts"),
    [
        *((code, True) for code in ("99213", "99203", "99232", "99283", "99291", "99304", "99348", "99396", "99496")),
        *((code, True) for code in ("20610", "27447", "92004", "90791", "90837", "97110", "98941", "G0439", "99497")),
        *((code, True) for code in ("97810", "99412", "99455", "99460", "99477", "99483")),
        *((code, False) for code in ("71046-26", "71046-TC", "93010", "93018", "93042", "85025", "J1885", "A4217")),
        *((code, False) for code in ("36415", "99421", "99443", "99446", "99451", "99454", "99490", "99487", "99358")),
        *((code, False) for code in ("99366", "99375", "00400", "90471", "90662", "99000", "20610-26", "", "x")),
    ],
)
def test_what_counts_as_seen(code: str, counts: bool) -> None:
    """group-practice#new-patients: face to face"""
    assert is_face_to_face(a_line(code).service) is counts


def test_codes_of_new_patients() -> None:
    new = {code for number in range(90000, 100000) if is_new_patient_visit(code := f"{number}")}
    expected = [*range(99201, 99206), *range(99341, 99346), 92002, 92003, 92004]
    expected += [*range(99324, 99329), *range(99381, 99388)]
    assert new == {str(number) for number in expected}


def test_the_remedy_names_the_codes_of_established_patients() -> None:
    book = checker(NO_PAIRS.rulebook, "NEW-PT")
    for new, established in (("99203", "99212 to 99215"), ("92004", "92012, 92014"), ("99385", "99391 to 99397")):
        (message,) = book.check(a_claim(by(ONE, "99213", day="20240710"), by(ONE, new, day=IN_2024))).messages
        assert message.text == (
            f"{new} is for new patients; this practitioner saw this patient 35 days before (99213)."
        )
        assert message.allowed == established and f"({established})" in str(message.remedy)


def test_of_several_services_of_a_day_one_is_named_whatever_their_order() -> None:
    book = checker(NO_PAIRS.rulebook, "NEW-PT")
    seen = [by(ONE, code, day="20240710") for code in ("99213", "20610")]
    new = by(ONE, "99203", day=IN_2024)
    texts = {m.text for lines in ([*seen, new], [new, *seen[::-1]]) for m in book.check(a_claim(*lines)).messages}
    assert len(texts) == 1 and "(20610)" in texts.pop()


def test_many_visits_in_three_years_are_not_too_many() -> None:
    """Only the nearest of each practitioner are looked at: a long therapy keeps nothing from being judged."""
    days = [day_after(date(2024, 1, 1), i) for i in range(150)]
    batch = [of(f"T{i}", by(TWO, "97110-GP", "225100000X", day=day)) for i, day in enumerate(days)]
    batch += [of("S", by(ONE, "99213", day="20240110")), of("V", by(THREE, "99203", day=IN_2024))]
    found = [(m.claim_id, m.check) for m in checker(NO_PAIRS.rulebook, "NEW-PT").run(batch)]
    assert found == [("V", "NEW-PT")]


def test_a_visit_is_named_by_its_claim() -> None:
    book = checker(NO_PAIRS.rulebook, "NEW-PT")
    (message,) = book.run([of("A", by(ONE, "99213", day="20230110")), of("B", by(TWO, "99203", day=IN_2024))])
    assert message.claim_id == "B"
    assert message.text.endswith("saw this patient 582 days before (99213). See line 1 of claim A of 2023-01-10.")
    late = of("C", by(ONE, "99213", day="20230101"))
    again = [*book.run([of("A", by(ONE, "99213", day="20230110")), of("B", by(TWO, "99203", day=IN_2024)), late])]
    assert [m.claim_id for m in again] == ["B"]  # C says nothing new of B


def test_an_invalid_code_is_no_new_patients_visit() -> None:
    book = over(codes={"99201": CodeDates(ended=date(2020, 12, 31)), "99213": CodeDates()})
    found = said(book, by(ONE, "99213", day="20240710"), by(ONE, "99201", day=IN_2024))
    assert "2 FMT-ENDED reject" in found and "2 NEW-PT warn" not in found


@pytest.mark.parametrize("spill", [0, 3, 50_000])
def test_whatever_the_jobs_the_same_bytes(tmp_path: Path, spill: int) -> None:
    header = (
        "claim_id,patient_id,billing_npi,billing_taxonomy,rendering_npi,rendering_taxonomy,from_date,code,units,charge"
    )
    rows = [header]
    for i in range(40):
        for j, (npi, day, code) in enumerate(
            (
                (ONE, "20220301", "99213"),
                (TWO, "20240814", "99203"),
                (ONE, "20240814", "99213"),
                (ONE, "20210101", "99203"),
            )
        ):
            if (i + j) % 4:
                rows.append(f"C{i}-{j},P{i},1993999998,{INTERNIST},{npi},{INTERNIST},{day},{code},1,100.00")
    (tmp_path / "batch.csv").write_text("\n".join(rows))
    told = []
    for jobs in (1, 2, 3):
        configuration = Configuration(lines_in_memory=spill)
        book = Checker(PAIRS.checker.rulebook, configuration=configuration, select=["NEW-PT", "EM-DAY"])
        with (tmp_path / f"{jobs}.jsonl").open("w") as stream:
            run([tmp_path / "batch.csv"], book, [JsonlWriter(stream)], jobs)
        told.append((tmp_path / f"{jobs}.jsonl").read_text())
    assert told[0] == told[1] == told[2]
    assert '"NEW-PT"' in told[0]


# Therapy and shared surgical care.


def test_evaluations_and_tests_of_two_therapists() -> None:
    """group-practice#therapy-evaluations"""
    rows = {code: Fee() for code in ("97161", "97164", "97165", "97750", "97760")}
    pairs = {"97161-97750": Pair("0"), "97760-97164": Pair("1"), "97165-97750": Pair("0"), "97161-97760": Pair("1")}
    book = over(fee=rows, mue={}, pairs=pairs, add_ons={}, opps={}, always_therapy={})

    def told(one: str, two: str, other: str = "225100000X") -> list[str]:
        found = said(book, by(ONE, one, "225100000X"), by(TWO, two, other))
        return [text for text in found if "NOT-JUDGED" not in text]

    assert told("97161-GP", "97750-GP") == ["2 THER-EVAL warn"]
    assert told("97161-GP", "97750-GP-59") == ["2 THER-EVAL warn"]
    assert told("97161-GP", "97750-GO", "225X00000X") == []
    assert told("97164-GP", "97760-GP") == ["1 THER-EVAL warn"]
    assert told("97161-GP", "97760-GP") == []  # with re-evaluations alone
    assert told("97161-GP", "97750", FAMILY) == []


def test_care_split_within_a_group() -> None:
    """group-practice#shared-surgical-care"""
    surgery = by(ONE, "66984-54-RT", "207W00000X", day=IN_2024, pos="24")
    care = {"day": IN_2024, "assumed_care_date": "20240815"}

    def told(line: Line) -> list[str]:
        return [text for text in said(BOOK, surgery, line) if "POST55" in text and "GROUP" in text]

    assert told(by(TWO, "66984-55-RT", "207W00000X", **care)) == ["2 POST55-GROUP warn"]
    assert told(by(TWO, "66984-55-RT", "152W00000X", **care)) == []
    assert told(by(ONE, "66984-55-RT", "207W00000X", **care)) == []
    assert told(by(TWO, "66982-55-RT", "207W00000X", **care)) == []


def test_a_crosswalk_that_made_two_one_is_named() -> None:
    book = Rulebook.of(
        pairs={"99214-99213": Pair("1")}, specialties={INTERNIST: Listed("11"), "207RA0000X": Listed("11")}
    )
    claim = a_claim(by(ONE, "99214"), by(TWO, "99213", "207RA0000X"))
    (message,) = checker(book, "EM-DAY").check(claim).messages
    assert len(message.releases) == 3
    (message,) = checker(book, "EM-DAY").check(a_claim(by(ONE, "99214"), by(TWO, "99213"))).messages
    assert len(message.releases) == 1


def test_said_of_a_batch_of_two_partners() -> None:
    one, two = of("A", by(ONE, "99213", day=IN_2024)), of("B", by(TWO, "99213", day=IN_2024))
    assert said_of_batch(NO_PAIRS, one, two) == ["B 1 EM-DAY warn"]
