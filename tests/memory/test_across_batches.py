"""What earlier batches billed: weeks fed one by one, the same input again, claims that are sent again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claimcheck import Checker, Claim, EditMessage, Line
from claimcheck.authoring.examples import A_PHYSICIAN, AN_ORGANISATION, a_claim, a_line
from claimcheck.claim import ASC, OUTPATIENT, PROFESSIONAL, Service, Setting
from claimcheck.config.checker import engines_of
from claimcheck.config.configuration import Configuration
from claimcheck.engine.loop import raise_errors
from claimcheck.memory.deposits import Deposit
from claimcheck.memory.identity import Identity
from claimcheck.memory.keys import Key
from claimcheck.memory.records import Remember
from claimcheck.memory.remembering import Remembering
from claimcheck.memory.stores import create_history
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
PROPERTY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


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

    def judge(self, batch: Sequence[Claim], digest: bytes | None = None, *, as_of_now: bool = False) -> list[EditMessage]:
        """The messages of a batch, which the history knows again by its digest."""
        engines = engines_of(checker())
        remembering = Remembering(self.store, Identity(KEY), self.remember, as_of_now=as_of_now)
        engines.remembering = remembering
        try:
            with remembering.batch():
                remembering.begin({batch[0].locus.file: digest} if digest else {})
                found = list(checker().run(batch))
                remembering.commit()
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


@PROPERTY
@given(st.lists(claims(), min_size=2, max_size=6).map(numbered), st.data())
def test_weeks_one_by_one_are_as_all_at_once(batch: list[Claim], data: st.DataObject) -> None:
    """Of what is sent; without frequencies 7 and 8 also as without a history."""
    cut = data.draw(st.integers(1, len(batch) - 1))
    with weeks(Remember.all) as apart, weeks(Remember.all) as together:
        apart.judge(batch[:cut])
        later = told(apart.judge(batch[cut:]))
        assert later == of_claims(together.judge(batch), batch[cut:])
        assert [one._replace(sent=0) for one in apart.deposits()] == [
            one._replace(sent=0) for one in together.deposits()
        ]
