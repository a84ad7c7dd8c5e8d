"""What is remembered of one claim is right for the next: whatever a verdict rests on is part of its key."""

from datetime import date

from claimcheck import Checker, Claim
from claimcheck.authoring.examples import A_PHYSICIAN, AN_ORGANISATION, a_claim, a_line
from claimcheck.claim import OUTPATIENT
from claimcheck.rulebook import Fee, Listed, Opps, Pair, Rulebook
from support.judging import checker


def test_what_a_critical_access_hospital_is_spared_is_not_remembered_for_others() -> None:
    book = Rulebook.of(opps={"77424": Opps("J1"), "19301": Opps("J1")})
    judge = checker(book, "OPPS-INFO", profile="medicare_opps")
    lines = (a_line("77424", setting=OUTPATIENT, pos=None), a_line("19301", setting=OUTPATIENT, pos=None))
    told = [
        [m.check for m in judge.check(a_claim(*lines, type_of_bill=bill)).messages] for bill in ("851", "131", "851")
    ]
    assert told == [[], ["OPPS-INFO"], []]


def test_whether_lines_name_who_rendered_them_is_not_forgotten() -> None:
    """XP says another practitioner: a hospital's lines contradict it only where they name one."""
    book = Rulebook.of(pairs={"11042-11721": Pair("1")}, visits={"99213": Listed()})
    judge = checker(book, "PTP-WEAK", profile="medicare_opps")

    def claim(npi: str | None) -> Claim:
        written = ("11042", "11721-XP")
        return a_claim(*(a_line(w, setting=OUTPATIENT, pos=None, rendering_npi=npi) for w in written))

    told = [len(judge.check(claim(npi)).messages) for npi in (None, "1234567802", None)]
    assert told == [0, 1, 0]


def test_the_same_day_submitted_in_time_and_late() -> None:
    judge = Checker(select=["DATE-TIMELY"])
    line = a_line("99213", day="20240814")
    told = [len(judge.check(a_claim(line, received_date=day)).messages) for day in ("20240820", "20260820", "20240820")]
    assert told == [0, 1, 0]


def test_who_bills_is_looked_at_with_the_details() -> None:
    """The same details twice: an order by the practice that bills it is none, by another's it is not told."""
    judge = checker(Rulebook.of(fee={"71046": Fee(pctc="1")}), "ORDREF")
    line = a_line("71046", ordering_npi=AN_ORGANISATION, rendering_npi=A_PHYSICIAN)
    others = "1245319599"
    told = [
        [m.check for m in judge.check(a_claim(line, billing_npi=npi)).messages]
        for npi in (others, others, AN_ORGANISATION, others)
    ]
    assert told == [[], [], ["ORDREF"], []]


def test_days_that_have_other_rules_are_not_remembered_together() -> None:
    """The same services a day apart, before the pair begins and as it begins."""
    book = Rulebook.of(pairs={"11042-11721": Pair("1", first=date(2025, 3, 11))}, visits={})
    judge = checker(book, "PTP-1")

    def claim(first: str, second: str) -> Claim:
        return a_claim(a_line("99213", day=first), a_line("11042", day=second), a_line("11721", day=second))

    told = [len(judge.check(claim(*days)).messages) for days in (("20250309", "20250310"), ("20250310", "20250311"))]
    assert told == [0, 1]


def test_sessions_that_call_for_other_checks_do_not_share_their_steps() -> None:
    """Lists of services that call for the same checks share them; others must not, in whichever order they come."""
    judge = checker(Rulebook.of(fee={"71046": Fee(pctc="1"), "99213": Fee()}), "ORDREF", "DUP-LINE")
    visit = a_claim(a_line("99213"))
    x_ray = a_claim(a_line("71046", ordering_npi="", referring_npi=""))
    told = [[m.check for m in judge.check(claim).messages] for claim in (visit, visit, x_ray, x_ray, visit, x_ray)]
    assert told == [[], [], ["ORDREF"], ["ORDREF"], [], ["ORDREF"]]
