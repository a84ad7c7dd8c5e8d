"""Checks on trial: they are judged and counted, and change nothing else."""

from collections.abc import Iterator
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from claimcheck import INFORM, REJECT, Checker, Citation, Claim, Finding, a_claim, a_line, codes
from claimcheck.authoring.check import Check, claim_check
from claimcheck.config.checker import engines_of
from claimcheck.engine.messages import Judged
from claimcheck.rulebook import NotInForce, Rulebook
from support.generated import claims


@claim_check(
    "TRIAL-1",
    severity=REJECT,
    shadow=True,
    citation=Citation("a manual"),
    codes=codes("CO-4", "N519", "A7:453"),
    examples=(),
    needs=("fee_schedule",),
    denies="pair",
    step=1,
)
def every_line(claim: Claim, rulebook: Rulebook) -> Iterator[Finding]:
    """Rejects every line that it can judge."""
    for line in claim.lines:
        rulebook.on(line.day).fee(line.code)
        yield Finding("On trial.", "No action.", line=line, field="code", yields_to=("FMT",))


def checkers(check: Check) -> tuple[Checker, Checker]:
    """A checker without a check, and one with it."""
    without, with_it = Checker(profile="medicare_part_b"), Checker(profile="medicare_part_b")
    engine = engines_of(with_it).engine_of(None, None, a_claim(a_line()).setting)
    (one,) = [c for c in engine.chosen if c.check.id == "STATUS-X"]
    added = (replace(one, check=check, severity=check.severity, soft=check.severity), *engine.chosen)
    engine.__init__(  # type: ignore[misc]
        engine.rulebook, sorted(added, key=lambda c: c.check.step), engine.profile
    )
    return without, with_it


WITHOUT, WITH = checkers(every_line)


@settings(max_examples=60)
@given(st.lists(claims(), max_size=4))
def test_a_check_on_trial_changes_nothing_but_its_own_messages(batch: list[Claim]) -> None:
    plain, trial = WITHOUT.judge(batch), WITH.judge(batch)
    told = 0
    for one, other in zip(plain, trial, strict=True):
        assert isinstance(one, Judged) and isinstance(other, Judged)
        assert one.outcome.dispositions == other.outcome.dispositions
        assert one.outcome.unpaid == other.outcome.unpaid
        own = [message for message in other.outcome.messages if message.check == "TRIAL-1"]
        assert all((message.severity, message.shadow) == (INFORM, REJECT) for message in own)
        told += len(own)
        rest = [m for m in other.outcome.messages if m.check not in ("TRIAL-1", "PARTLY-JUDGED")]
        assert rest == [m for m in one.outcome.messages if m.check != "PARTLY-JUDGED"]
    assert trial.summary.shadow == told and not plain.summary.shadow


def test_it_speaks_and_says_how_severe_it_would_be() -> None:
    result = WITH.judge([a_claim(a_line("99213"))])
    (judged,) = result
    assert isinstance(judged, Judged)
    (message,) = [m for m in judged.outcome.messages if m.check == "TRIAL-1"]
    assert (message.severity, message.shadow, message.as_dict()["shadow"]) == ("inform", "reject", "reject")
    assert result.summary.shadow == 1


def test_a_table_that_it_lacks_does_not_make_a_line_not_judged() -> None:
    assert not every_line.blocks("fee_schedule") and replace(every_line, shadow=False).blocks("fee_schedule")
    assert issubclass(NotInForce, Exception)
