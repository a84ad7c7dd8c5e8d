"""Faults that a second reading found, each as a claim that once went wrong."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from claimcheck import Checker, Claim, Line, NotJudged, Service
from claimcheck.authoring.examples import A_PHYSICIAN, AN_ORGANISATION, a_claim, a_line
from claimcheck.checks import all_checks
from claimcheck.claim import OUTPATIENT
from claimcheck.config.profile import load_profile
from claimcheck.engine.loop import Engine, raise_errors
from claimcheck.engine.messages import MessageBuilder
from claimcheck.engine.missing import TOO_MANY
from claimcheck.message import INFORM
from claimcheck.rulebook import Fee, Listed, Mue, Opps, Pair, Rulebook, Rules
from claimcheck.rulebook.starter import load_overlay


def engine(book: Rulebook, *ids: str, profile: str = "medicare_part_b") -> Engine:
    chosen = [c for c in load_profile(profile).chosen(all_checks()) if c.check.id in ids]
    return Engine(book, chosen, profile, on_error=raise_errors)


def test_what_a_critical_access_hospital_is_spared_is_not_remembered_for_others() -> None:
    book = Rulebook.of(opps={"77424": Opps("J1"), "19301": Opps("J1")})
    judge = engine(book, "OPPS-INFO", profile="medicare_opps")
    lines = (a_line("77424", setting=OUTPATIENT, pos=None), a_line("19301", setting=OUTPATIENT, pos=None))
    told = [
        [m.check for m in judge.check(a_claim(*lines, type_of_bill=bill)).messages] for bill in ("851", "131", "851")
    ]
    assert told == [[], ["OPPS-INFO"], []]


def test_whether_lines_name_who_rendered_them_is_not_forgotten() -> None:
    """XP says another practitioner: a hospital's lines contradict it only where they name one."""
    book = Rulebook.of(pairs={"11042-11721": Pair("1")}, visits={"99213": Listed()})
    judge = engine(book, "PTP-WEAK", profile="medicare_opps")

    def claim(npi: str | None) -> Claim:
        written = ("11042", "11721-XP")
        return a_claim(*(a_line(w, setting=OUTPATIENT, pos=None, rendering_npi=npi) for w in written))

    told = [len(judge.check(claim(npi)).messages) for npi in (None, "1234567802", None)]
    assert told == [0, 1, 0]


def test_lines_that_share_several_days_are_judged_by_the_worst_of_them() -> None:
    """On the first day a modifier bypasses the pair in a way that is doubted, on the second none does."""
    book = Rulebook.of(pairs={"11042-11721": Pair("1")}, visits={})
    span = a_line("11721", units=2, to_date="20250311")
    for lines in (
        (a_line("11042-LT"), span, a_line("11042", day="20250311")),
        (a_line("11042"), span, a_line("11042-LT", day="20250311")),
    ):
        found = engine(book, "PTP-1", "PTP-WEAK").check(a_claim(*lines)).messages
        assert [(m.check, m.severity) for m in found] == [("PTP-1", "reject")]


def test_why_a_line_is_not_judged_is_said_in_full() -> None:
    claim = a_claim(a_line("99213"))
    check = all_checks()[0]
    gaps = [(check, NotJudged(claim.lines[0], table)) for table in ("opps", TOO_MANY)]
    (message,) = MessageBuilder(Rulebook(), "x", {}).stamp(claim, [((), ())], gaps).messages
    assert message.text == (
        "Not checked: OPPS Addendum B for 2025 Q1 is not in the rule book; the batch has more lines on these days under"
        " this patient number than one patient can have."
    )


def test_a_guard_that_breaks_off_is_told_like_its_check() -> None:
    def broken(service: Service, rules: Rules) -> bool:
        raise KeyError("a name that is no patient's")

    (check,) = (c for c in load_profile("medicare_part_b").chosen(all_checks()) if c.check.id == "STATUS-T")
    guarded = replace(check, check=replace(check.check, applies_to=broken))
    book = Rulebook.of(fee={"99213": Fee()})
    outcome = Engine(book, [guarded], "x").check(a_claim(a_line("99213")))
    assert [m.check for m in outcome.messages] == ["CHECK-FAILED", "NOT-JUDGED"]
    assert outcome.lines == ["not_judged"] and "a name" not in repr(outcome.messages)


def test_one_of_two_claims_that_only_informs_stays_so() -> None:
    """What is blamed on the later claim is no more severe than it was."""
    book = Rulebook.of(pairs={"11042-11721": Pair("1")}, visits={})
    line = {"day": "20250310", "pos": "11"}
    first, second = a_claim(a_line("11721-LT-XE", **line)), a_claim(a_line("11042-LT", **line))  # type: ignore[arg-type]
    claims = [first._replace(claim_id="A", patient_id="P"), second._replace(claim_id="B", patient_id="P")]
    messages = list(Checker(book, select=["PTP"]).run(claims))
    assert [(m.claim_id, m.check, m.severity) for m in messages] == [("B", "PTP-WEAK", INFORM)]


def test_a_line_and_its_object_are_one() -> None:
    """Two equal lines of two claims are told apart: by object, not by what they say."""
    line = a_line("77469", day="20240814", pos="22")
    claims = [a_claim(line, patient_id="P", received_date="20240820")._replace(claim_id=id) for id in "AB"]
    messages = list(Checker(select=["MUE-DOS"]).run(claims))
    assert [m.claim_id for m in messages] == ["B"] and isinstance(claims[0].lines[0], Line)


def test_an_earlier_line_whose_dates_make_no_span_is_seen_on_its_first_day() -> None:
    for to_date in ("20240301", "20240230"):
        visit = a_line("99213", day="20240814", pos="22")
        claims = [
            a_claim(a_line("77469", day="20240814", to_date=to_date, pos="22"), patient_id="P")._replace(claim_id="A"),
            a_claim(visit, patient_id="P")._replace(claim_id="B"),
        ]
        messages = list(Checker(select=["PTP"]).run(claims))
        assert [(m.claim_id, m.check) for m in messages] == [("B", "PTP-1")]


def test_the_same_day_submitted_in_time_and_late() -> None:
    judge = Checker(select=["DATE-TIMELY"])
    line = a_line("99213", day="20240814")
    told = [len(judge.check(a_claim(line, received_date=day)).messages) for day in ("20240820", "20260820", "20240820")]
    assert told == [0, 1, 0]


def test_who_bills_is_looked_at_with_the_details() -> None:
    """The same details twice: an order by the practice that bills it is none, by another's it is not told."""
    judge = engine(Rulebook.of(fee={"71046": Fee(pctc="1")}), "ORDREF")
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
    judge = engine(book, "PTP-1")

    def claim(first: str, second: str) -> Claim:
        return a_claim(a_line("99213", day=first), a_line("11042", day=second), a_line("11721", day=second))

    told = [len(judge.check(claim(*days)).messages) for days in (("20250309", "20250310"), ("20250310", "20250311"))]
    assert told == [0, 1]


def test_all_claims_of_a_patient_are_written_down() -> None:
    """Three claims go to the file at once, and the fourth is judged with each of them."""
    from claimcheck.config.configuration import Configuration

    claims = [
        a_claim(a_line("77425", day="20240814", pos="22"), patient_id="P", received_date="20240820")._replace(
            claim_id=id
        )
        for id in "ABCD"
    ]
    checker = Checker(select=["MUE-DOS"], configuration=Configuration(lines_in_memory=2))
    last = list(checker.run(claims))[-1]
    assert last.claim_id == "D" and last.observed == "4"


def test_a_line_is_rejected_with_its_claim() -> None:
    claim = a_claim(a_line("99213", day="20240814"), billing_npi="1993999997", received_date="20240820")
    outcome = Checker(select=["NPI"]).check(claim)
    assert [(m.check, m.line_number) for m in outcome.messages] == [("NPI", None)]
    assert outcome.lines == ["rejected"]


def test_one_number_at_two_payers_is_two_patients() -> None:
    line = a_line("77469", day="20240814", pos="22")
    claims = [
        a_claim(line, patient_id="1", payer_id=payer, received_date="20240820")._replace(claim_id=id)
        for id, payer in (("A", "ONE"), ("B", "TWO"), ("C", "ONE"))
    ]
    messages = list(Checker(select=["MUE-DOS"]).run(claims))
    assert [m.claim_id for m in messages] == ["C"]


def test_a_span_that_reaches_another_lines_day_is_summed_with_it() -> None:
    """Neither is over the limit of a day by itself, and the lines begin on two days."""
    book = Rulebook.of(mue={"97110": Mue(8, 2)})
    lines = (a_line("97110", day="20240813", to_date="20240814", units=8), a_line("97110", day="20240814", units=5))
    found = engine(book, "MUE-DOS").check(a_claim(*lines)).messages
    assert [(m.line_number, m.observed) for m in found] == [("1", "9"), ("2", "9")]


def test_a_payers_few_pairs_prove_nothing_of_others(tmp_path: Path) -> None:
    folder = tmp_path / "acme"
    folder.mkdir()
    (folder / "releases.toml").write_text(
        """
        [[series]]
        title = "ACME's own"
        tables = []
        releases = [{ name = "ACME 2024", edition = "2024", first = 2024-01-01, last = 2024-12-31 }]
        """
    )
    (folder / "pairs.toml").write_text(
        """
        [practitioner]
        first = 2024-01-01
        last = 2024-12-31
        cites = ["ACME 2024"]
        [practitioner.never]
        "11042" = ["11721"]
        """
    )
    book = Rulebook.of(pairs={"11042-11721": Pair("1"), "77469-99239": Pair("0")}).under(load_overlay(folder))
    rules = book.on(date(2024, 8, 14))
    own, other = rules.pair("11042", "11721", "professional"), rules.pair("77469", "99239", "professional")
    assert isinstance(own, Pair) and own.indicator == "0" and own.source == "overlay acme: ACME 2024 11042-11721"
    assert isinstance(other, Pair) and other.source == "example 77469-99239"
