"""What earlier batches billed: weeks fed one by one, the same input again, claims that are sent again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claimcheck import Checker, Claim, EditMessage, Line
from claimcheck.authoring.examples import A_PHYSICIAN, AN_ORGANISATION, a_claim, a_line
from claimcheck.claim import ASC, OUTPATIENT, PROFESSIONAL, Location, Service, Setting
from claimcheck.config.checker import engines_of
from claimcheck.config.configuration import Configuration
from claimcheck.engine.loop import raise_errors
from claimcheck.memory import Remember, ShortHistory
from claimcheck.memory.deposits import Deposit
from claimcheck.memory.identity import Identity
from claimcheck.memory.keys import Key
from claimcheck.memory.remembering import Remembering
from claimcheck.memory.stores import create_history, keeping
from claimcheck.memory.stores.sql import SqlStore
from claimcheck.rulebook import Rulebook
from support.judging import STARTER

BOOK = Rulebook(*STARTER.stores, carry=True)
KEY = Key(bytes(range(32)))
CODES = [
    *("99213", "99213-25", "99213-57", "99213-24", "99223", "99291", "99292", "11721", "11721-59", "20610-LT"),
    *("20610-RT", "20610", "27447-LT", "27447-LT-58", "19301-LT", "19294", "22551-62", "22551", "77424", "45378"),
    *("45385", "71046", "66984-54-RT", "66984-55-RT", "77425", "G2211", "00811-AA", "93010", "99490", "99203", "99214"),
]
DAYS = ["20240303", "20250303", "20250310", "20250310", "20250311", "20250610"]
PROPERTY = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def claims(draw: st.DrawFn, frequencies: Sequence[str | None] = ("1", None)) -> Claim:
    setting: Setting = draw(st.sampled_from([PROFESSIONAL] * 4 + [ASC, OUTPATIENT]))

    def line() -> Line:
        code, *modifiers = draw(st.sampled_from(CODES)).split("-")
        place = None if setting == OUTPATIENT else "24" if setting == ASC else "22"
        units = draw(st.sampled_from(["1", "1", "1", "2"]))
        rendered = draw(st.sampled_from([(None, None), (A_PHYSICIAN, "207Q00000X"), ("1003000126", "2086S0122X")]))
        return Line(
            Service(code, tuple(modifiers), units, "UN", place, setting),
            draw(st.sampled_from(DAYS)),
            to_date=draw(st.sampled_from(["", "", "", "20250611"])),
            charge=draw(st.sampled_from(["100.00", "100.00", "90.00"])),
            rendering_npi=rendered[0],
            rendering_taxonomy=rendered[1],
            revenue_code="0360" if setting == OUTPATIENT else None,
        )

    return a_claim(
        *[line() for _ in range(draw(st.integers(1, 3)))],
        setting=setting,
        patient_id=draw(st.sampled_from(("P1", "P2", None))),
        payer_id=draw(st.sampled_from(["PAYER", "PAYER", "ANOTHER", None])),
        frequency=draw(st.sampled_from(frequencies)),
        billing_npi=draw(st.sampled_from([AN_ORGANISATION, AN_ORGANISATION, "1003000126", None])),
        received_date="20250620",
    )


def numbered(batch: Sequence[Claim], first: int = 1) -> list[Claim]:
    return [claim._replace(claim_id=f"C{i}") for i, claim in enumerate(batch, start=first)]


@cache
def checker() -> Checker:
    return Checker(BOOK, on_error=raise_errors, configuration=Configuration(past_newest="carry"))


class Weeks:
    """Batches that are judged with one history."""

    def __init__(self, store: SqlStore, remember: Remember) -> None:
        self.store, self.remember = store, remember
        self.short: dict[str, ShortHistory] = {}

    def judge(
        self, batch: Sequence[Claim], digest: bytes | None = None, *, as_of_now: bool = False
    ) -> list[EditMessage]:
        """The messages of a batch, which the history knows again by its digest."""
        return self.judge_files(batch, {batch[0].locus.file: digest} if digest else {}, as_of_now=as_of_now)

    def judge_files(
        self, batch: Sequence[Claim], digests: dict[str, bytes], *, as_of_now: bool = False
    ) -> list[EditMessage]:
        """The messages of a batch of several files."""
        engines = engines_of(checker())
        remembering = Remembering(self.store, Identity(KEY), self.remember, as_of_now=as_of_now)
        engines.remembering = remembering
        try:
            with remembering.batch():
                remembering.begin(digests)
                result = checker().run(batch)
                found = list(result)
                remembering.commit()
                self.short = result.summary.short
                return found
        finally:
            engines.remembering = None

    def deposits(self) -> list[Deposit]:
        reader = self.store.reader()
        found = list(reader.all())
        reader.close()
        return found


@contextmanager
def weeks(remember: Remember = Remember.accepted) -> Iterator[Weeks]:
    with TemporaryDirectory() as folder:
        store = create_history(str(Path(folder) / "history.db"), KEY)
        yield Weeks(store, remember)
        store.close()


def told(messages: Sequence[EditMessage]) -> list[dict[str, Any]]:
    return [asdict(message) for message in messages]


def of_claims(messages: Sequence[EditMessage], batch: Sequence[Claim]) -> list[dict[str, Any]]:
    ids = {claim.claim_id for claim in batch}
    return told([message for message in messages if message.claim_id in ids])


def as_added(deposits: Sequence[Deposit]) -> list[Deposit]:
    return [one._replace(sent=bool(one.sent)) for one in deposits]


@PROPERTY
@given(st.lists(claims(), min_size=2, max_size=6).map(numbered), st.data())
def test_weeks_one_by_one_are_as_all_at_once(batch: list[Claim], data: st.DataObject) -> None:
    """Where all is sent; and all at once is as without a history."""
    cut = data.draw(st.integers(1, len(batch) - 1))
    with weeks(Remember.all) as apart, weeks(Remember.all) as together:
        apart.judge(batch[:cut])
        later = told(apart.judge(batch[cut:]))
        at_once = together.judge(batch)
        assert later == of_claims(at_once, batch[cut:])
        assert as_added(apart.deposits()) == as_added(together.deposits())
        assert told(at_once) == told(list(checker().run(batch)))


@PROPERTY
@given(st.lists(claims(("1", None, "7", "8")), min_size=3, max_size=6), st.data())
def test_resubmissions_one_by_one_are_as_all_at_once(batch: list[Claim], data: st.DataObject) -> None:
    """Of a few claims, which are replaced and taken back; none is sent twice as it is."""
    batch = [claim._replace(claim_id=f"C{i % 3}", original_reference=f"{i}") for i, claim in enumerate(batch)]
    cut = data.draw(st.integers(1, len(batch) - 1))
    with weeks(Remember.all) as apart, weeks(Remember.all) as together:
        apart.judge(batch[:cut])
        later = told(apart.judge(batch[cut:]))
        assert later == told(together.judge(batch))[-len(later) or len(batch) * 100 :]
        states = [(one.claim_id, one.state) for one in apart.deposits()]
        assert states == [(one.claim_id, one.state) for one in together.deposits()]


@PROPERTY
@given(st.lists(claims(("1", None, "7", "8")), min_size=2, max_size=5).map(numbered), st.data())
def test_the_same_input_has_the_same_messages_and_adds_nothing(batch: list[Claim], data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(batch) - 1))
    with weeks() as history:
        first = history.judge(batch[:cut], b"first")
        second = history.judge(batch[cut:], b"second")
        known = history.deposits()
        assert told(history.judge(batch[:cut], b"first")) == told(first)
        assert told(history.judge(batch[cut:], b"second")) == told(second)
        assert history.deposits() == known


# -- one claim after the other ---------------------------------------------------------------------

VISIT = a_claim(
    a_line("99213", day="20240814", charge="90.00"), patient_id="P1", payer_id="ACME", received_date="20240816"
)._replace(claim_id="V1")


def said(messages: Sequence[EditMessage], *checks: str) -> list[tuple[str | None, str, str]]:
    return [(m.claim_id, m.check, str(m.severity)) for m in messages if m.check in checks]


@PROPERTY
@given(st.lists(claims(("1", "1", None, "7", "8")), min_size=4, max_size=8), st.data())
def test_a_file_has_its_messages_whatever_is_read_with_it(batch: list[Claim], data: st.DataObject) -> None:
    """Of files that were read in one run or in several: again in another order, without some of them, with a new one
    before, between or after them."""
    of_a_file: list[list[Claim]] = [[], [], [], []]
    for number, claim in enumerate(batch):
        at = data.draw(st.integers(0, 3))
        same = data.draw(st.integers(0, number))  # some are of one number, as resubmissions are; none is sent as it was
        named = claim._replace(claim_id=f"C{same}", original_reference=f"{number}")
        of_a_file[at].append(named._replace(locus=Location(f"{at}.837")))

    def of_file(messages: Sequence[EditMessage], at: int) -> list[dict[str, Any]]:
        return told([message for message in messages if message.locus.file == f"{at}.837"])

    def judge(week: Weeks, files: Sequence[int]) -> list[EditMessage]:
        named = {f"{at}.837": bytes([at]) * 32 for at in files}
        return week.judge_files([claim for at in files for claim in of_a_file[at]], named)

    with weeks(data.draw(st.sampled_from([Remember.accepted, Remember.all]))) as history:
        first = []
        for files in data.draw(st.sampled_from([[[0, 1, 2]], [[0, 1], [2]], [[0], [1, 2]], [[0], [1], [2]]])):
            first += judge(history, files)
        read = {0, 1, 2}
        for _ in range(2):
            known = history.deposits()
            files = data.draw(st.permutations(range(4)))[data.draw(st.integers(0, 2)) :]
            found = judge(history, files)
            for at in read.intersection(files):
                assert of_file(found, at) == of_file(first, at)
            if read.issuperset(files):
                assert history.deposits() == known
            first += [message for message in found if message.locus.file not in {f"{at}.837" for at in read}]
            read.update(files)


def test_a_duplicate_of_an_earlier_batch_names_claim_line_and_date() -> None:
    with weeks() as history:
        history.judge([VISIT])
        (found,) = [m for m in history.judge([VISIT._replace(claim_id="V2")]) if m.check == "DUP-LINE"]
        assert found.severity == "reject"
        assert "See line 1 of claim V1 of 2024-08-14." in found.text


def test_what_is_held_is_not_there_for_payers_and_its_correction_is_no_duplicate() -> None:
    """But the visit was made: the patient is not new."""
    wrong = VISIT._replace(lines=(VISIT.lines[0]._replace(charge="x"),))
    new = a_claim(a_line("99203", day="20240920"), patient_id="P1", payer_id="ACME")._replace(claim_id="V3")
    with weeks() as history:
        assert ("V1", "CHG", "reject") in said(history.judge([wrong]), "CHG")
        assert said(history.judge([VISIT._replace(claim_id="V2")]), "DUP-LINE", "DUP-CLAIM") == []
        assert said(history.judge([new]), "NEW-PT") == [("V3", "NEW-PT", "warn")]
    with weeks() as history:
        history.judge([wrong])
        assert said(history.judge([new]), "NEW-PT") == [("V3", "NEW-PT", "warn")]
        assert said(history.judge([VISIT]), "DUP-LINE", "DUP-CLAIM") == []
        assert [str(one.state) for one in history.deposits()] == ["superseded", "sent", "sent"]


def test_a_claim_of_a_file_that_ends_in_it_is_held() -> None:
    second = a_line("71046", day="20240814")
    with weeks() as history:
        history.judge([VISIT._replace(lacks_lines=True)])
        assert said(history.judge([VISIT._replace(lines=(*VISIT.lines, second))]), "DUP-CLAIM", "DUP-LINE") == []
        assert [str(one.state) for one in history.deposits()] == ["superseded", "sent"]


def test_the_same_claim_in_another_file_is_told_and_is_not_its_own_duplicate() -> None:
    with weeks() as history:
        history.judge([VISIT])
        known = history.deposits()
        again = VISIT._replace(received_date="20240901")
        found = history.judge([again])
        assert said(found, "DUP-LINE", "DUP-CLAIM") == [("V1", "DUP-CLAIM", "inform")]
        assert "before, on 2024-08-16" in next(m.text for m in found if m.check == "DUP-CLAIM")
        assert history.deposits() == known


def test_a_row_is_the_same_claim_as_that_of_an_837() -> None:
    """Tables write member ids with dashes, dates and amounts in other ways, and an NDC that there is not as nothing."""
    line = a_line("99213", day="20240814", charge="90", ndc="")
    visit = VISIT._replace(lines=(line._replace(ndc=""),), patient_id="W12345")
    in_row = visit._replace(
        lines=(line._replace(from_date="2024-08-14", charge="90.00", ndc=None),),
        patient_id="w-123 45",
        locus=Location("visits.csv", row=1),
    )
    another = in_row._replace(claim_id="V2")
    with weeks() as history:
        history.judge([visit])
        assert said(history.judge([in_row]), "DUP-CLAIM", "DUP-LINE") == [("V1", "DUP-CLAIM", "inform")]
        assert said(history.judge([another]), "DUP-CLAIM", "DUP-LINE") == [("V2", "DUP-LINE", "reject")]
        assert len({one.patient for one in history.deposits()}) == 1


def test_a_wellness_visit_needs_a_year_to_be_counted_and_a_life_to_be_in_order() -> None:
    def billed(code: str, day: str) -> Claim:
        return a_claim(a_line(code, day=day), patient_id="P1", payer_id="PAYER", received_date=day)

    with weeks() as history:
        history.judge([billed("99213", "20230105")])
        history.judge([billed("G0439", "20250310")])
        assert history.short == {"FREQ-ORDER": ShortHistory(1, 120, 26)}


def test_a_claim_that_is_in_a_batch_twice_keeps_its_places_in_it() -> None:
    batch = [
        a_claim(a_line("99213", charge=charge), patient_id="P1", payer_id="PAYER")._replace(claim_id=id)
        for id, charge in (("V1", "90.00"), ("V2", "95.00"), ("V1", "90.00"), ("V3", "95.00"))
    ]
    with weeks(Remember.all) as history:
        found = history.judge(batch)
        assert any("V1 of 2025-03-10, line 1 of claim V2 of" in message.text for message in found)
        assert told(found) == told(list(checker().run(batch)))


def test_the_keys_of_a_claim_are_the_same_for_ever() -> None:
    """With other ones no history would know its claims again."""
    lines = (
        a_line("99213-25", charge="90.00", day="20240814"),
        a_line("11721", charge="45.5", day="20240814", to_date="20240815", units="1.0"),
    )
    who = {"patient_id": "W12345", "payer_id": "ACME", "birth_date": "19600229", "frequency": "1"}
    claim = a_claim(*lines, **who)._replace(claim_id="V1")
    identity = Identity(KEY)
    patient = identity.patient(claim, "medicare_part_b")
    assert patient and patient.hex() == "ffda800d673aac844d44211f0b566f5d"
    assert identity.place(claim, patient).hex() == "3d400a206947d5733b7bec15d5782018"
    assert identity.fingerprint(claim, patient).hex() == "e7ddb3bfc1ba3f923587b9c87e4d5917"
    assert identity.fingerprint(claim, patient, as_written=True).hex() == "49fed66a1d5ca9e1fd2041df87823764"


def test_a_claim_of_the_first_schema_is_known_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """There 90.00 and 90 were two charges."""
    visit = VISIT._replace(lines=(VISIT.lines[0]._replace(charge="90.00"),))
    with weeks() as history:
        with monkeypatch.context() as first:
            first.setattr("claimcheck.memory.identity._shortest", str)
            history.judge([visit], b"a" * 32)
        known = history.deposits()
        assert said(history.judge([visit], b"a" * 32), "DUP-CLAIM", "DUP-LINE") == []
        assert said(history.judge([visit]), "DUP-CLAIM", "DUP-LINE") == [("V1", "DUP-CLAIM", "inform")]
        assert history.deposits() == known


def test_a_second_original_warns_and_a_late_charge_does_not() -> None:
    changed = VISIT._replace(lines=(VISIT.lines[0]._replace(charge="95.00"),))
    late = VISIT._replace(lines=(a_line("36415", day="20240814"),))
    with weeks() as history:
        history.judge([VISIT])
        found = history.judge([changed])
        assert said(found, "DUP-CLAIM") == [("V1", "DUP-CLAIM", "warn")]
        assert "1 line. See line 1 of claim V1 of 2024-08-14." in next(m.text for m in found if m.check == "DUP-CLAIM")
        assert said(history.judge([late]), "DUP-CLAIM", "DUP-LINE") == []


def test_a_replacement_takes_the_place_and_a_void_takes_back() -> None:
    changed = VISIT._replace(frequency="7", lines=(VISIT.lines[0]._replace(charge="95.00"),), original_reference="R1")
    other = VISIT._replace(claim_id="V2")
    with weeks() as history:
        history.judge([VISIT])
        assert said(history.judge([changed]), "DUP-LINE", "DUP-CLAIM") == []
        (found,) = [m for m in history.judge([other]) if m.check == "DUP-LINE"]
        assert found.severity == "warn" and "with different charge" in found.text
    with weeks() as history:
        history.judge([VISIT])
        history.judge([VISIT._replace(frequency="8", original_reference="R1")])
        assert said(history.judge([other]), "DUP-LINE", "DUP-CLAIM") == []
        assert [str(one.state) for one in history.deposits()] == ["void", "sent", "sent"]


def test_a_replacement_of_another_number_is_found_by_its_days_and_codes() -> None:
    changed = VISIT._replace(claim_id="R9", frequency="7", original_reference="R1")
    with weeks() as history:
        history.judge([VISIT])
        assert said(history.judge([changed]), "DUP-LINE") == []
        assert [str(one.state) for one in history.deposits()] == ["superseded", "sent"]


def test_of_a_hospital_what_is_not_for_payment_or_is_adjusted_is_judged_alone() -> None:
    line = a_line("71046", day="20240814", setting=OUTPATIENT)
    original = VISIT._replace(setting=OUTPATIENT, type_of_bill="131", frequency="1", lines=(line,))
    others = [original._replace(type_of_bill=f"13{last}", frequency=last) for last in "09GX"]
    with weeks(Remember.all) as history:
        history.judge([original])
        assert said(history.judge([original, *others])[1:], "DUP-CLAIM", "DUP-LINE") == []
        assert len(history.deposits()) == 1
        late = [original._replace(claim_id=f"L{last}", frequency=last) for last in "35"]
        assert [id for id, *_ in said(history.judge(late), "DUP-LINE")] == ["L3", "L5"]
    assert said([*checker().run([original, *others])], "DUP-CLAIM", "DUP-LINE") == []


def test_a_secondary_payer_and_another_family_are_other_payers() -> None:
    with weeks() as history:
        history.judge([VISIT])
        other = VISIT._replace(claim_id="V2")
        assert said(history.judge([other._replace(payer_responsibility="S")]), "DUP-LINE") == []
        assert said(history.judge([other._replace(payer_id="ACME2")]), "DUP-LINE") == []
        assert said(history.judge([other._replace(payer_id="acme")]), "DUP-LINE") == [("V2", "DUP-LINE", "reject")]


def test_what_arrives_late_is_told_on_what_arrives() -> None:
    new = a_claim(a_line("99203", day="20240920"), patient_id="P1", payer_id="ACME")._replace(claim_id="N")
    with weeks() as history:
        history.judge([new])
        (found,) = [m for m in history.judge([VISIT]) if m.check == "NEW-PT"]
        assert found.text.startswith(
            "This line causes an edit on line 1 of claim N of 2024-09-20, which was sent first: 99203 is for"
        )
        assert (found.claim_id, found.severity) == ("V1", "warn")


def test_how_far_a_history_reaches_back_is_said_of_each_payer_and_provider() -> None:
    """By the day since which it has their claims, however old the services of these are; as of the same number the
    same."""

    def a_visit(name: str, day: str, received: str, payer: str = "ACME", npi: str = AN_ORGANISATION) -> Claim:
        visit = a_claim(a_line("99203", day=day), patient_id=name, payer_id=payer, billing_npi=npi)
        return visit._replace(claim_id=name, received_date=received)

    new = [a_visit("N", "20240920", "20240922")]
    with weeks(Remember.all) as history:
        history.judge([a_visit("old", "20210201", "20221201")])
        history.judge(new, b"new")
        assert history.short == {"NEW-PT": ShortHistory(1, 36, 21)}
        history.judge([a_visit("A", "20240920", "20240922", payer="LATER")])
        assert history.short == {"NEW-PT": ShortHistory(1, 36, 0)}
        history.judge([a_visit("B", "20240920", "20240922", npi="1003000126")])
        assert history.short == {"NEW-PT": ShortHistory(1, 36, 0)}
        history.judge([a_visit("backfill", "20200101", "20200102")])
        history.judge([a_visit("C", "20240920", "20240922")])
        assert history.short == {}
        history.judge(new, b"new")
        assert history.short == {"NEW-PT": ShortHistory(1, 36, 21)}
        history.judge(new, b"new", as_of_now=True)
        assert history.short == {}
        keeping.forget(history.store, 5, before=date(2023, 9, 20))
        history.judge(new, b"new")
        assert history.short == {"NEW-PT": ShortHistory(1, 36, 12)}


def test_a_run_that_does_not_end_adds_nothing() -> None:
    with weeks() as history:
        remembering = Remembering(history.store, Identity(KEY))
        engines = engines_of(checker())
        engines.remembering = remembering
        try:
            result = checker().run([VISIT, VISIT._replace(claim_id="V2")])
            next(result)
            del result
        finally:
            engines.remembering = None
        assert history.deposits() == []


@pytest.mark.parametrize(
    ("earlier", "severities"),
    [
        ((), []),
        (("OTHER", "99213", "20140311"), []),
        (("P1", "G0438", "20140310"), []),
        (("P1", "G0438-GY", "20140310"), ["inform"]),
        (("OTHER", "99213", "20140310"), ["inform"]),
    ],
)
def test_a_wellness_visit_without_a_first_one_informs_where_the_history_is_old_enough(
    earlier: tuple[str, str, str], severities: list[str]
) -> None:
    """Another practice may have billed it. Ten years are enough."""
    later = a_claim(a_line("G0439", day="20240310"), patient_id="P1", payer_id="MB")._replace(claim_id="LATER")
    with weeks(Remember.all) as history:
        if earlier:
            patient, code, day = earlier
            one = a_claim(a_line(code, day=day), patient_id=patient, payer_id="MB", received_date=day)
            history.judge([one._replace(claim_id="A")])
        first = [m for m in history.judge([later], b"later") if m.check == "FREQ-ORDER"]
        reaches_back = bool(earlier) and earlier[2] == "20140310"
        assert ("FREQ-ORDER" in history.short) == (not reaches_back)
        again = [m for m in history.judge([later], b"later") if m.check == "FREQ-ORDER"]
    assert [m.severity for m in first] == severities
    assert told(again) == told(first)
    assert all(m.text.endswith("no first one (G0438) is known since 2014-03-10.") for m in first)


@pytest.mark.parametrize("day", ["00010101", "99991231"])
def test_the_first_and_the_last_day_that_there_is_are_judged(day: str) -> None:
    lines = (a_line(code, day=day) for code in ("99203", "27447", "G0439", "99490"))
    one = a_claim(*lines, patient_id="P1", payer_id="MB")._replace(claim_id="A")
    other = one._replace(claim_id="B", lines=(*one.lines, one.lines[0]._replace(to_date=day)))
    with weeks(Remember.all) as history:
        history.judge([one])
        across = {message.check for message in history.judge([other])}
        kept = [line.from_date for deposit in history.deposits() for line in deposit.lines]
    assert across >= {message.check for message in [*checker().run([one, other])] if message.claim_id == "B"}
    assert set(kept) == {day}


def test_a_late_visit_is_told_with_all_that_was_known_before_a_new_patient_came() -> None:
    """What the practitioner billed long before it has told it already; a colleague's late visit adds nothing."""
    colleague = {"rendering_npi": "1234567802", "rendering_taxonomy": "207Q00000X"}
    same: dict[str, str] = {}
    days = (("99213", "20230901", same), ("99203", "20240601", same), ("99213", "20240301", colleague))
    first, visit, late = (
        a_claim(a_line(code, day=day, **who), patient_id="P1", payer_id="MB", received_date="20240701")
        for code, day, who in days
    )
    with weeks(Remember.all) as history:
        history.judge([first._replace(claim_id="FIRST")])
        told_first = [m.check for m in history.judge([visit._replace(claim_id="VISIT")])]
        told_late = [m.check for m in history.judge([late._replace(claim_id="LATE")])]
    assert "NEW-PT" in told_first
    assert "NEW-PT" not in told_late
    with weeks(Remember.all) as history:
        history.judge([visit._replace(claim_id="VISIT")])
        assert "NEW-PT" in [m.check for m in history.judge([late._replace(claim_id="LATE")])]
