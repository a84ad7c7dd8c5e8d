"""The laws of the design, as properties of any claim."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claimcheck import Checker, Claim, EditMessage, Finding, Judged, Line, NotJudged, Outcome, Rulebook, Tally
from claimcheck.authoring.check import Check, ClaimColumns
from claimcheck.authoring.examples import a_claim, a_line
from claimcheck.checks import all_checks
from claimcheck.claim import HCPCS, Party, Submission, as_date
from claimcheck.config.checker import engines_of
from claimcheck.config.configuration import Configuration
from claimcheck.config.profile import load_profile, profile_names
from claimcheck.custom_checks.shortcuts import shortcut_failure
from claimcheck.engine.loop import Engine, judge, raise_errors
from claimcheck.rulebook import Pair
from claimcheck.rulebook.filing_indicators import PROFILE_OF
from support.generated import BOOK, claims


@cache
def checker(profile: str | None = None, remember: bool = True) -> Checker:
    return Checker(BOOK, profile, on_error=raise_errors, remember=remember)


PROFILES = st.none() | st.sampled_from(profile_names())
LAWS = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def told(message: EditMessage) -> tuple[object, ...]:
    """A message without what the order of lines may change: which line, and what that line is called."""
    return (
        message.check,
        message.severity,
        message.code,
        tuple(message.modifiers),
        message.field,
        message.allowed,
    )


@LAWS
@given(claims(), PROFILES)
def test_no_check_raises_and_every_line_is_disposed_of(claim: Claim, profile: str | None) -> None:
    result = checker(profile).run([claim])
    messages, tally = list(result), result.summary
    assert tally.lines == len(claim.lines)
    assert tally.lines == tally.accepted + tally.accepted_with_warnings + tally.rejected + tally.not_judged
    assert tally.messages == len(messages)


@LAWS
@given(claims(), st.sampled_from(["87726", "", None]), PROFILES)
def test_a_message_has_payer_provider_and_the_charge_of_its_lines(
    claim: Claim, payer: str | None, profile: str | None
) -> None:
    claim = claim._replace(payer_id=payer)
    amounts = {line.number: line.amount for line in claim.lines}
    for message in checker(profile).check(claim).messages:
        assert message.payer_id == (payer or None)
        assert message.billing_npi == (claim.billing_npi or None)
        about = message.lines or ([message.line_number] if message.line_number else [*amounts])
        known = [amount for number in about if (amount := amounts[number]) is not None]
        assert message.charge == (f"{sum(known):f}" if known else None), message


@LAWS
@given(claims(), st.randoms(use_true_random=False), PROFILES)
def test_the_order_of_lines_does_not_matter(claim: Claim, random: object, profile: str | None) -> None:
    lines = list(claim.lines)
    random.shuffle(lines)  # type: ignore[attr-defined]
    shuffled = claim._replace(lines=tuple(lines))
    before = Counter(map(told, checker(profile).check(claim).messages))
    assert before == Counter(map(told, checker(profile).check(shuffled).messages))


@LAWS
@given(st.lists(claims(), max_size=3), PROFILES)
def test_memory_changes_nothing(batch: list[Claim], profile: str | None) -> None:
    remembering, forgetting = checker(profile), checker(profile, remember=False)
    for claim in [*batch, *batch]:
        assert remembering.check(claim) == forgetting.check(claim)


@LAWS
@given(claims())
def test_a_check_that_says_which_services_concern_it_misses_none(claim: Claim) -> None:
    """Of codes of another set nothing is asked, so that they concern no check."""
    lines = tuple(line._replace(service=line.service._replace(code_set=HCPCS)) for line in claim.lines)
    claim = claim._replace(lines=lines)
    profile = load_profile(PROFILE_OF[claim.setting])
    chosen = profile.chosen(all_checks())
    always = [replace(c, check=replace(c.check, applies_to=None, repeated=False)) for c in chosen]
    guarded = Engine(BOOK, chosen, profile.name, on_error=raise_errors).check(claim)
    unguarded = Engine(BOOK, always, profile.name, on_error=raise_errors).check(claim)
    assert guarded.messages == unguarded.messages


ACROSS = [check for check in all_checks() if check.reach == "HISTORY" and check.days_apart is not None]


@pytest.mark.parametrize("check", ACROSS, ids=lambda check: check.id)
def test_a_check_sees_earlier_lines_as_many_days_apart_as_it_must(check: Check) -> None:
    """On claims and earlier ones that are put together from its examples: it says what it says of all lines, and would
    not of those fewer days apart, but where the days are those of the edits that it yields to."""
    alone = replace(check, applies_to=None, repeated=False, services_only=False, clean_if=None)
    assert shortcut_failure(alone) == ""
    fewer = shortcut_failure(replace(alone, days_apart=(check.days_apart or 0) - 1))
    assert fewer or check.id in ("AOC-2", "AOC-3")


A_RIGHT_NPI, NO_NPI = "1003000126", "1003000127"
NPIS = st.sampled_from([A_RIGHT_NPI] * 6 + [NO_NPI, "1234567893", "", None])
NEARLY_PLAIN_LINES = st.builds(
    lambda charge, pointers, from_date, to_date, **npis: a_line("99213", charge=charge, pointers=pointers)._replace(
        from_date=from_date, to_date=to_date, **npis
    ),
    charge=st.sampled_from(["100.00"] * 6 + ["7", "0", "0.00", "-5", "1.2.3", "", ".5", "9" * 15, "\u0661", "1e3"])
    | st.none(),
    pointers=st.sampled_from([("1",)] * 6 + [("1", "2"), ("2",), (), ("1", "1"), ("A",), ("",)]) | st.none(),
    from_date=st.sampled_from(
        ["20240814"] * 6 + ["20251001", "20150930", "20210930", "20240101", "2024-08-14", "", "1"]
    ),
    to_date=st.sampled_from([""] * 6 + ["20240814", "20240101"]),
    rendering_npi=NPIS,
    referring_npi=NPIS,
    ordering_npi=NPIS,
)
SOME_DIAGNOSES = (
    *("I10", "E119", "e11.9", "E109", "E11", "M545", "M5450", "4019"),
    *("O0900", "N401", "A33", "E0842", "W1830XA", "S52501A", "G35", "R7303"),
)
"""Valid ones, categories, those of some days, ages or sexes, and pairs that exclude one another."""
NEARLY_PLAIN = st.builds(
    lambda lines, **facts: a_claim(*lines)._replace(**facts),
    lines=st.lists(NEARLY_PLAIN_LINES, max_size=3),
    diagnoses=st.sampled_from([("I10",)] * 4 + [("I10", "E119"), ("I10",) * 13, ()])
    | st.lists(st.sampled_from(SOME_DIAGNOSES), min_size=1, max_size=4).map(tuple)
    | st.none(),
    diagnosis_qualifiers=st.sampled_from([None] * 4 + [("BK",), ("ABK", "BF")]),
    submission=st.sampled_from([None, Submission()]),
    sex=st.sampled_from(["F", "M", "U", None, None, "X", ""]),
    billing_npi=NPIS,
    birth_date=st.sampled_from(
        ["19500101"] * 6 + ["20240901", "1950-01-01", "", "2", "19500230", "18990814", "18990815", "00000101"]
    )
    | st.none(),
    billing_taxonomy=st.sampled_from(
        ["207Q00000X"] * 4 + ["193200000X", "261QP2300X", "246YC3301X", "207Q99999X", "FAMILYDOCS", "1", ""]
    )
    | st.none(),
    billing_provider=st.sampled_from([None, Party("1"), Party("2")]),
    payer_id=st.sampled_from(["12345", "12345", "", None]),
    payer_responsibility=st.sampled_from(["P", "P", "S", "T", "", None]),
    other_payers=st.sampled_from([(), ("12345",), None]),
    charge=st.sampled_from(["100.00", "100", "200.0", "300", "107", "100000", "99999.99", "1e3", "", "0"]) | st.none(),
    frequency=st.sampled_from(["1"] * 4 + ["7", "8", "Q", "X", "1.00", ""]) | st.none(),
    original_reference=st.sampled_from([""] * 4 + ["2025060012345", " "]) | st.none(),
    claim_id=st.sampled_from(["EXAMPLE"] * 4 + ["", " ", "A" * 20, "A" * 21]),
    lacks_lines=st.booleans(),
    repeats_number=st.sampled_from([False] * 4 + [True]),
)
WITH_A_LOOK = [check for check in all_checks() if check.clean_if]


@settings(parent=LAWS, max_examples=400)
@given(st.lists(NEARLY_PLAIN, min_size=1, max_size=3))
def test_a_look_calls_clean_only_what_is(batch: list[Claim]) -> None:
    for check in WITH_A_LOOK:
        assert check.clean_if
        assert check.function
        if check.clean_if(ClaimColumns.of(batch, BOOK)):
            assert not [said for claim in batch for said in check.function(claim, BOOK)], check.id


def test_every_look_calls_clean_what_is_plain() -> None:
    plain = a_claim(
        a_line("99213", charge="100.00", day="20240814"),
        billing_npi=A_RIGHT_NPI,
        birth_date="19500101",
        received_date="20240820",
        charge="100",
        frequency="1",
        original_reference="",
    )
    block = ClaimColumns.of([plain, plain], BOOK)
    assert [check.id for check in WITH_A_LOOK if check.clean_if and check.clean_if(block)] == [
        check.id for check in WITH_A_LOOK
    ]


@LAWS
@given(st.lists(claims() | NEARLY_PLAIN, max_size=4), PROFILES)
def test_claims_looked_at_together_are_judged_as_each_alone(batch: list[Claim], profile: str | None) -> None:
    alone = [checker(profile).check(claim) for claim in batch]
    together = judge(batch, engines_of(checker(profile)).engine_for, Tally())
    assert [judged.outcome for judged in together if isinstance(judged, Judged)] == alone


@LAWS
@given(
    claims(),
    st.sampled_from(["charge", "diagnoses", "received", "bill", "provider", "day", "days"]),
    st.sampled_from(["", "", "20240814", "20240816"]),
)
def test_a_check_by_services_only_looks_at_nothing_else(claim: Claim, changed: str, to_date: str) -> None:
    """What the engine remembers of a list of services holds, word for word, whatever else the claim says."""
    lines = tuple(
        line._replace(from_date="20240814", to_date=to_date, rendering_npi=None, rendering_taxonomy=None)
        for line in claim.lines
    )
    one = claim._replace(lines=lines)
    chosen = load_profile(PROFILE_OF[claim.setting]).chosen(all_checks())
    engine = Engine(BOOK, [c for c in chosen if c.check.services_only], "x", on_error=raise_errors, remember=False)
    said = [
        [replace(message, **OF_THE_CLAIM) for message in engine.check(each).messages]
        for each in (one, changes(one)[changed])
    ]
    assert said[0] == said[1]


OF_THE_CLAIM: dict[str, Any] = dict.fromkeys(("claim_id", "service_date", "payer_id", "billing_npi", "charge"))
"""What a message repeats of its claim and line, whatever it says of them."""


def changes(claim: Claim) -> dict[str, Claim]:
    """What else a claim may say, its services being the same."""
    lines = claim.lines
    return {
        "": claim,
        "charge": claim._replace(lines=tuple(line._replace(charge="77.00", pointers=("2",)) for line in lines)),
        "diagnoses": claim._replace(diagnoses=("E119", "I10"), birth_date="19400101", patient_id="P"),
        "received": claim._replace(received_date="20250101", claim_id="C2"),
        "bill": claim._replace(type_of_bill="851" if claim.type_of_bill != "851" else "131", frequency="7"),
        "provider": claim._replace(billing_npi="1003000126", billing_taxonomy="208600000X"),
        "day": claim._replace(lines=tuple(_later(line, 1) for line in lines)),
        "days": claim._replace(lines=tuple(_later(line, 20) for line in lines)),
        "details": claim._replace(lines=tuple(line._replace(clia="", ordering_npi="", ndc="1") for line in lines)),
    }


def _later(line: Line, days: int) -> Line:
    """A line so many days later, with its span."""
    return line._replace(from_date=_moved(line.from_date, days), to_date=_moved(line.to_date, days))


def _moved(text: str, days: int) -> str:
    """A day so many days later; what is not a day, or has none after it, as it is."""
    day = as_date(text)
    later = day.toordinal() + days if day else 0
    return date.fromordinal(later).isoformat().replace("-", "") if 0 < later <= date.max.toordinal() else text


FAULTY = (
    *("99213", "99213-25", "11721", "11042", "20610-LT", "27447-RT", "19301", "19294", "45380", "71046", "85025-QW"),
    *("97110-GP", "36415", "99024", "J1885", "99396", "77470", "77469", "G0463", "A9270"),
)
SESSIONS = st.builds(
    lambda written, units, pos, days, span: a_claim(
        *(
            a_line(
                each,
                units=units,
                pos=pos,
                day=f"202408{14 + (i if days else 0)}",
                to_date=f"202408{14 + span + i % 2}" if span and i != 1 else "",
                charge="0.00",
                ordering_npi="",
            )
            for i, each in enumerate(written)
        ),
        received_date="20240820",
    ),
    st.lists(st.sampled_from(FAULTY), min_size=1, max_size=4),
    st.sampled_from([1, 1, 2, 9]),
    st.sampled_from(["11", "22", "24"]),
    st.booleans(),
    st.sampled_from([0, 0, 1, 3]),
)
"""Lists of services that are at fault together: pairs, global periods, units, add-on codes; by one day or several, some
of which span days."""


@st.composite
def batches(draw: st.DrawFn) -> list[Claim]:
    """Claims of a few lists of services that come again with other details, some of them of one patient."""
    kinds = draw(st.lists(claims() | SESSIONS | SESSIONS, min_size=1, max_size=3))
    batch = []
    for number in range(draw(st.integers(2, 8))):
        changed = changes(draw(st.sampled_from(kinds)))[draw(st.sampled_from([*changes(kinds[0])]))]
        patient = draw(st.sampled_from([None, None, None, "P1"]))
        batch.append(changed._replace(claim_id=f"C{number}", patient_id=patient))
    return batch


@pytest.fixture(scope="module")
def waived(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    path = tmp_path_factory.mktemp("waivers") / "waivers.csv"
    waivers = ["PTP,,,", "MUE-DOS,2*,C1,", "STATUS,,,ACME", "PCTC,,C2,"]
    header = "check,code,claim_id,payer_id,reason,who,until\n"
    path.write_text(header + "".join(f"{waiver},why,who,2030-01-01\n" for waiver in waivers))
    return Configuration(waivers=path)


@pytest.fixture(scope="module")
def judged(waived: Configuration) -> Callable[..., list[Outcome]]:
    checkers = cache(
        lambda profile, waive, remember: Checker(
            BOOK, profile, configuration=waived if waive else None, on_error=raise_errors, remember=remember
        )
    )

    def judge_all(batch: list[Claim], *of: object) -> list[Outcome]:
        return [item.outcome for item in checkers(*of).judge(batch) if isinstance(item, Judged)]

    return judge_all


@settings(parent=LAWS, max_examples=200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(batches(), PROFILES, st.booleans())
def test_what_is_replayed_is_what_is_judged_anew(
    judged: Callable[..., list[Outcome]], batch: list[Claim], profile: str | None, waive: bool
) -> None:
    """Over claims that stand together as a batch, with what earlier ones billed, and with waivers."""
    assert judged(batch, profile, waive, True) == judged(batch, profile, waive, False)


def test_what_is_remembered_of_spans_is_of_their_days() -> None:
    """The same services come again, over days that they share no more, and over a year's end within one release."""
    book = Rulebook.of(pairs={"11042-11721": Pair("0")}, mue={}, fee={})
    always = Checker(book, "medicare_part_b", on_error=raise_errors, select=["PTP-0", "DATE-SPAN"])
    of_pair = [("20240814", "20240816", True), ("20240819", "20240821", True), ("20240819", "20240820", False)]
    for first, last, shared in [*of_pair, *of_pair]:
        claim = a_claim(a_line("11042", day=first, to_date=last), a_line("11721", day=f"{int(first) + 2}"))
        assert ("PTP-0" in always.check(claim).checks) is shared
    for first, last, crosses in [("20221213", "20221215", False), ("20221230", "20230101", True)] * 2:
        messages = always.check(a_claim(a_line("11042", day=first, to_date=last))).messages
        assert any("calendar year" in message.text for message in messages) is crosses


def test_a_check_that_breaks_off_is_heard_of_each_claim() -> None:
    """Also where it was handed no line, since none has a valid code: its services are remembered all the same."""
    profile = load_profile("medicare_part_b")

    def broken(claim: Claim, rulebook: object) -> Iterator[Finding]:
        raise ZeroDivisionError
        yield

    chosen = [
        replace(c, check=replace(c.check, function=broken)) if c.check.id == "PTP-0" else c
        for c in profile.chosen(all_checks())
    ]
    engine = Engine(BOOK, chosen, profile.name)
    claim = a_claim(a_line("7742"), a_line("7743"))
    assert [engine.check(claim).checks.count("CHECK-FAILED") for _ in range(3)] == [1, 1, 1]


@LAWS
@given(claims())
def test_unknown_is_not_clean(claim: Claim) -> None:
    """A line with a NOT-JUDGED message is never accepted; one that nothing is in force for has one."""
    outcome = checker().check(claim)
    unjudged = {message.line_number for message in outcome.messages if message.check == "NOT-JUDGED"}
    for line, disposition in zip(claim.lines, outcome.dispositions, strict=True):
        assert (line.number in unjudged) <= (disposition in ("rejected", "not_judged"))
        if line.day is None and line.code and claim.setting in ("professional", "asc"):
            assert disposition != "accepted"


def test_a_check_that_breaks_off_becomes_a_message_and_the_run_goes_on() -> None:
    profile = load_profile("medicare_part_b")

    def broken(service: object, rules: object) -> object:
        raise ZeroDivisionError("SECRET NAME")

    chosen = profile.chosen(all_checks())
    chosen = [
        replace(c, check=replace(c.check, function=broken)) if c.check.id == "PCTC-26" else c  # type: ignore[arg-type]
        for c in chosen
    ]
    engine = Engine(BOOK, chosen, profile.name)
    outcome = engine.check(a_claim(a_line("99213"), a_line("77424")))
    failed = [message for message in outcome.messages if message.check == "CHECK-FAILED"]
    assert len(failed) == 2
    assert "Check PCTC-26 ended with an error: ZeroDivisionError at test_laws.py" in failed[0].text
    assert "SECRET" not in str(failed)
    assert outcome.dispositions == ["not_judged", "rejected"]
    assert {"STATUS-X"} <= {message.check for message in outcome.messages}


def test_what_a_check_says_of_a_line_that_is_not_there_is_not_lost() -> None:
    profile = load_profile("medicare_part_b")
    stranger = a_line("99213")

    def mistaken(claim: Claim, rulebook: object) -> Iterator[Finding]:
        yield Finding("A line that is not there.", "Mend the check.", line=stranger)

    def confused(claim: Claim, rulebook: object) -> Iterator[object]:
        yield "not a finding"

    def unsure(claim: Claim, rulebook: object) -> Iterator[NotJudged]:
        yield NotJudged(stranger, "some table")

    replacing = {"CHG": mistaken, "NPI": confused, "DX-PTR": unsure}
    chosen = [
        replace(c, check=replace(c.check, function=replacing[c.check.id])) if c.check.id in replacing else c
        for c in profile.chosen(all_checks())
    ]
    outcome = Engine(BOOK, chosen, profile.name).check(a_claim(a_line("36415")))
    assert [(m.check, m.line_number) for m in outcome.messages if m.check == "CHG"] == [("CHG", None)]
    (failed,) = [m.text for m in outcome.messages if m.check == "CHECK-FAILED"]
    assert failed.startswith("Check NPI ended with an error: TypeError")
    (unjudged,) = [m.text for m in outcome.messages if m.check == "NOT-JUDGED"]
    assert "some table" in unjudged
    assert "DX-PTR" in [one.check for one in outcome.waiting if one.table == "some table"]


def test_a_guard_that_breaks_off_hides_nothing() -> None:
    profile = load_profile("medicare_part_b")

    def broken(*_: object, **__: object) -> bool:
        raise ZeroDivisionError

    chosen = [
        replace(c, check=replace(c.check, applies_to=broken)) if c.check.id == "PCTC-POS" else c
        for c in profile.chosen(all_checks())
    ]
    claim = a_claim(a_line("71046", pos="22"))
    assert "PCTC-POS" in {message.check for message in Engine(BOOK, chosen, profile.name).check(claim).messages}
    with pytest.raises(ZeroDivisionError):
        Engine(BOOK, chosen, profile.name, on_error=raise_errors).check(claim)


def test_a_check_without_a_look_is_asked_again_of_what_is_remembered() -> None:
    knee = a_claim(a_line("20610-RT", day="20240814", charge="100.00"), billing_npi="1245319599")
    claims = [knee._replace(diagnoses=(code,)) for code in ("M1711", "M1711", "M1711", "M1712")]
    outcomes = [
        item.outcome
        for item in judge(claims, engines_of(checker(None)).engine_for, Tally())
        if isinstance(item, Judged)
    ]
    assert outcomes == [checker(None, remember=False).check(claim) for claim in claims]
    said = [{message.check for message in outcome.messages} for outcome in outcomes]
    assert ["DX-LAT" in checks for checks in said] == [False, False, False, True]


def test_one_charge_of_too_many_digits_is_found_among_short_ones() -> None:
    charges = ["1.00"] * 30 + ["1234567890123456"] + ["1.00"] * 30
    batch = [a_claim(a_line(charge=charge))._replace(claim_id=f"C{n}") for n, charge in enumerate(charges)]
    found = [m.claim_id for m in checker().run(batch) if m.check == "CHG"]
    assert found == ["C30"]
