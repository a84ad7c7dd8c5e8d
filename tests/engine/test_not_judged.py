"""What could not be judged: one message for each claim, a list of what is missing for the run, and exit status 3."""

import json
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import Result

from claimcheck import Checker, Claim, EditMessage, Tally, read
from claimcheck.authoring.examples import a_claim, a_line
from claimcheck.checks import all_checks
from claimcheck.engine.findings import Found, Verdict
from claimcheck.engine.loop import CHARGES, COUNTS, raise_errors
from claimcheck.engine.messages import MessageBuilder
from claimcheck.engine.missing import TOO_MANY
from claimcheck.rulebook import Coverage, Release, Rulebook, Store
from claimcheck.rulebook.tables import TABLES
from support.command_line import invoke
from support.judging import STARTER
from support.places import ROOT


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def rows(*codes: str, day: str = "2024-08-14", claim: str = "C") -> str:
    lines = [f"{claim}-{n},{code},1,{day},11,50.00" for n, code in enumerate(codes, 1)]
    return "\n".join(["claim_id,code,units,from_date,place_of_service,charge", *lines]) + "\n"


def check(*arguments: str) -> Result:
    return invoke("check", *arguments)


def messages_of(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def summary_of(result: Result) -> dict[str, object]:
    summary: dict[str, object] = json.loads(result.stderr.splitlines()[-1])
    return summary


# One cause, one message.


def test_one_message_for_all_lines_of_a_claim() -> None:
    claim = a_claim(*(a_line(code, day="20240814") for code in ("12001", "99213", "12002")))
    (message,) = Checker(rulebook=STARTER, select=["STATUS", "MUE-LINE"]).check(claim).messages
    assert (message.line_number, message.code, message.lines) == (None, None, ["1", "3"])
    assert message.text == (
        "Not checked: 12001, 12002 are not in the rule book's physician fee schedule, NCCI MUE (practitioner)"
        " of 2024 Q3."
    )
    assert message.severity == "inform"


def test_a_list_of_something_else_than_codes_names_that() -> None:
    claim = a_claim(a_line("99213"), a_line("99214"), billing_taxonomy="207Q99999X")
    (message,) = Checker(rulebook=STARTER, select=["TAXONOMY"]).check(claim).messages
    assert message.text == (
        "Not checked by TAXONOMY: a taxonomy of the claim is not in the rule book's taxonomy code list of 2025 Q1."
    )


def test_a_day_past_the_book_names_the_table_and_the_quarter() -> None:
    (message,) = Checker(rulebook=STARTER, select=["MUE"]).check(a_claim(a_line("77424", day="20341120"))).messages
    assert message.text == "Not checked: NCCI MUE (practitioner) for 2034 Q4 is not in the rule book."
    assert (message.lines, message.observed) == (["1"], "mue_practitioner")


@pytest.mark.parametrize(
    ("line", "text", "observed"),
    [
        (a_line("99213", day=""), "Not checked: the service date is missing or is not a date.", "service date"),
        (
            a_line("99213", day="20240814")._replace(service=a_line("99213").service._replace(code_set="ER")),
            "Not checked: no rule table covers codes with qualifier ER.",
            "code set ER",
        ),
    ],
)
def test_other_causes(line, text: str, observed: str) -> None:  # type: ignore[no-untyped-def]
    found = [m for m in Checker(rulebook=STARTER).check(a_claim(line)).messages if m.check == "NOT-JUDGED"]
    assert [(m.text, m.observed) for m in found] == [(text, observed)]


def test_a_qualifier_that_is_none_is_not_quoted() -> None:
    line = a_line("99213", day="20240814")._replace(service=a_line("99213").service._replace(code_set="JANE DOE"))
    messages = Checker(rulebook=STARTER).check(a_claim(line)).messages
    assert "Not checked: no rule table covers codes with qualifier other." in [m.text for m in messages]
    assert not [m for m in messages if "JANE" in f"{m.text}{m.observed}{m.remedy}"]


# What is missing, told once for a run.


def test_the_run_lists_what_is_missing() -> None:
    Path("a.csv").write_text(rows("77424", "77424", day="2034-11-20") + rows("99213", claim="D").partition("\n")[2])
    result = check("a.csv", "--select", "MUE")
    assert "Not in the rule book:\n  NCCI MUE (practitioner) for 2034 Q4: 2 lines need it;" in result.stderr
    assert "the rule book has releases for other dates only; load Medicare NCCI Medically" in result.stderr
    result = check("a.csv", "--select", "MUE", "--format", "jsonl")
    page = TABLES["mue_practitioner"]
    assert summary_of(result)["missing"] == [
        {
            "table": "mue_practitioner",
            "quarter": "2034 Q4",
            "lines": 2,
            "blocked": 2,
            "first": "2034-11-20",
            "last": "2034-11-20",
            "in_rule_book": "other days",
            "title": page.title,
            "page": page.page,
        }
    ]


def test_a_table_is_listed_once_with_its_quarters_and_other_causes_apart() -> None:
    header, *first = rows("77424", day="2034-11-20").splitlines()
    more = [rows("77424", day=day, claim=day).splitlines()[1] for day in ("2035-02-01", "2036-05-01")]
    inpatient = "I-1,99283,1,2024-08-14,,50.00"
    Path("a.csv").write_text("\n".join([header + ",setting,type_of_bill", *(f"{r},," for r in (*first, *more))]) + "\n")
    Path("b.csv").write_text(f"{header},setting,type_of_bill,revenue_code\n{inpatient},institutional,111,0450\n")
    told = check("a.csv", "b.csv", "--select", "MUE").stderr
    assert "  NCCI MUE (practitioner) for 2034 Q4, 2035 Q1, 2036 Q2: 3 lines need it; " in told
    assert "\nNot judged:\n  types of bill that no rule table covers: 1 line\n" in told


def test_the_quarter_is_that_of_the_day_that_lacks_the_table() -> None:
    """A line over the end of a release waits for the next one."""
    span = a_line("99232", day="20240929", to_date="20241002", units=4, pos="21")
    (message,) = (
        Checker(rulebook=STARTER, select=["PTP"]).check(a_claim(span, a_line("99213", day="20241001"))).messages
    )
    assert message.text == "Not checked: NCCI PTP (practitioner) for 2024 Q4 is not in the rule book."


def test_nothing_is_to_be_loaded_where_nothing_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    table = "medicaid_mue_practitioner"
    monkeypatch.setitem(TABLES, table, TABLES[table]._replace(imported=False))
    claim = a_claim(a_line("77424", day="20240814"))
    (message,) = Checker(rulebook=STARTER, profile="medicaid", select=["MUE"]).check(claim).messages
    assert message.remedy == "claimcheck cannot load these tables yet; review these lines by hand."


def test_people_are_not_shown_the_names_of_tables() -> None:
    Path("a.csv").write_text(rows("77424", day="2034-11-20"))
    told = check("a.csv", "--select", "MUE").stdout
    assert "NOT-JUDGED" in told and "mue_practitioner" not in told and "found:" not in told


def test_a_table_that_the_book_lacks_altogether_is_named() -> None:
    fixture = ROOT / "fixtures/cms/PPRRVU25_JAN.csv"
    added = invoke("rules", "add", "--partial", "--rulebook", "book.sqlite", str(fixture))
    assert added.exit_code == 0, added.output
    Path("a.csv").write_text(rows("99213", day="2025-01-10"))
    result = check("a.csv", "--rulebook", "book.sqlite", "--select", "MUE-LINE")
    assert (
        "NCCI MUE (practitioner) for 2025 Q1: 1 line needs it; the rule book has no release of it; load "
        in result.stderr
    )


def test_the_list_is_the_same_for_every_number_of_jobs() -> None:
    Path("a.csv").write_text(rows(*["77424", "12001", "99213"] * 40, day="2034-11-20"))
    one = check("a.csv", "--format", "jsonl", "--jobs", "1")
    two = check("a.csv", "--format", "jsonl", "--jobs", "2")
    assert summary_of(one)["missing"]
    assert (one.stdout, summary_of(one), one.exit_code) == (two.stdout, summary_of(two), two.exit_code)


def test_many_days_and_quarters_are_the_same_for_every_number_of_jobs() -> None:
    days = [f"{1700 + n}-{1 + n % 12:02}-{1 + n % 28:02}" for n in range(1600)]
    lines = [f"C-{n},77424,1,{day},11,50.00" for n, day in enumerate(days)]
    Path("a.csv").write_text("\n".join(["claim_id,code,units,from_date,place_of_service,charge", *lines]) + "\n")
    options = ["a.csv", "--select", "MUE-DOS", "--format", "jsonl"]
    one, two = check(*options, "--jobs", "1"), check(*options, "--jobs", "2")
    assert len(summary_of(one)["missing"]) > 100  # type: ignore[arg-type]
    assert summary_of(one) == summary_of(two)


def test_dates_of_many_quarters_do_not_fill_the_memory() -> None:
    claims = (a_claim(a_line("77424", day=f"{year}0115")) for year in range(2100, 3300))
    result = Checker(rulebook=STARTER, select=["MUE-DOS"]).run(claims)
    list(result)
    tally = result.summary
    missing = tally.missing.rows()
    assert sum(row.lines for row in missing) == tally.lines == 1200
    (row,) = missing  # no release will ever govern such a day
    assert (row.quarter, row.first, row.last) == ("", date(2100, 1, 15), date(3299, 1, 15))


# The exit status.


def test_too_little_judged_is_status_3_whatever_else_is_found() -> None:
    Path("a.csv").write_text(rows("77424", "99213", "99999X", day="2034-11-20"))
    for more in ([], ["--fail-on", "not_judged"], ["--fail-on", "accepted_with_warnings"], ["--format", "jsonl"]):
        result = check("a.csv", "--ignore", "DATE", *more)
        assert result.exit_code == 3, result.stderr
        (line,) = (text for text in result.stderr.splitlines() if text.startswith("claimcheck: "))
        assert line == (
            "claimcheck: only 1 of 3 lines could be judged (33.3%; min_judged is 50.0%): physician fee schedule for"
            " 2034 Q4 is not in the rule book: 2 lines, dates of service 2034-11-20 to 2034-11-20"
        )


def test_the_share_that_must_be_judged_is_an_option_and_a_key() -> None:
    Path("a.csv").write_text(rows("77424", "99213", "99214", "12001", day="2025-03-10"))
    options = ["--select", "MUE"]
    assert check("a.csv", *options).exit_code == 0
    assert check("a.csv", *options, "--min-judged", "0.75").exit_code == 0
    assert check("a.csv", *options, "--min-judged", "0.76").exit_code == 3
    Path("claimcheck.toml").write_text("min_judged = 1.0\n")
    assert check("a.csv", *options).exit_code == 3
    assert check("a.csv", *options, "--min-judged", "0").exit_code == 0
    Path("claimcheck.toml").write_text("min_judged = 50\n")
    wrong = check("a.csv", *options)
    assert wrong.exit_code == 2 and "min_judged" in wrong.stderr
    assert check("a.csv", *options, "--min-judged", "2").exit_code == 2


@pytest.mark.parametrize("lines", [3, 7, 10, 49])
def test_the_share_is_exact(lines: int) -> None:
    for judged in range(lines + 1):
        assert Tally(lines=lines, not_judged=lines - judged).judged_share == judged / lines


def test_a_run_without_lines_has_no_share() -> None:
    Path("a.csv").write_text("claim_id,code,units,from_date\n")
    assert check("a.csv").exit_code != 3
    assert Tally().judged_share == 1


def test_statistics_add_up_to_the_messages() -> None:
    Path("a.csv").write_text(rows("77424", "12001", "99213", day="2034-11-20"))
    check("a.csv", "--record", "r.json", "--format", "jsonl")
    record = json.loads(Path("r.json").read_text())
    for breakdown in (record["statistics"][name] for name in ("check", "code", "payer", "provider")):
        told = sum(about[severity] for about in breakdown.values() for severity in ("reject", "warn", "inform"))
        assert told == record["counts"]["messages"]
    assert record["statistics"]["check"]["NOT-JUDGED"]["inform"] == 3
    assert record["missing"] == summary_of(check("a.csv", "--format", "jsonl"))["missing"]
    shown = check("a.csv", "--statistics").stderr
    assert "NOT-JUDGED" in shown


# In part: a list that decides about one edit alone.


class Without(Rulebook):
    """A book that lacks a table."""

    def __init__(self, book: Rulebook, table: str) -> None:
        super().__init__(*book.stores)
        self.lacks = table

    def in_force(self, table: str, day: date) -> list[tuple[Store, Release, date]]:
        return [] if table == self.lacks else super().in_force(table, day)


REFINING = sorted({table for check in all_checks() for table in check.refines})


@cache
def book() -> Rulebook:
    return STARTER


@cache
def checker(lacks: str = "") -> Checker:
    rulebook = Without(book(), lacks) if lacks else book()
    return Checker(rulebook=rulebook, profile="medicare_part_b", on_error=raise_errors)


CODES = sorted(path.stem for path in (ROOT / "rules/codes").glob("*.toml"))
MODIFIERS = ["", "-25", "-26", "-TC", "-59", "-LT", "-50", "-JW", "-JZ", "-QW", "-GP", "-95", "-51", "-80", "-LT-26"]


@st.composite
def claims(draw: st.DrawFn) -> Claim:
    day = draw(st.sampled_from(["20240814", "20240515", "20250310"]))
    lines = [
        a_line(
            draw(st.sampled_from(CODES)) + draw(st.sampled_from(MODIFIERS)),
            day=day,
            pos=draw(st.sampled_from(["11", "22", "24", "10", "02"])),
            units=draw(st.sampled_from([1, 1, 2, 9])),
            number=str(number),
        )
        for number in range(1, draw(st.integers(1, 4)) + 1)
    ]
    return a_claim(*lines, birth_date=draw(st.sampled_from(["19400131", "20200131"])))


@given(claims(), st.sampled_from(REFINING))
@settings(max_examples=400, deadline=None)
def test_a_missing_list_decides_about_its_own_edits_alone(claim: Claim, table: str) -> None:
    """A book with one list fewer changes no disposition, but of claims on which an edit of the list speaks."""
    whole, less = checker().check(claim), checker(table).check(claim)
    own = {check.id for check in all_checks() if table in check.refines}
    if not own & {message.check for message in whole.messages if message.severity != "inform"}:
        assert less.dispositions == whole.dispositions
    assert not {one.table for one in less.waiting if one.blocks} - {one.table for one in whole.waiting if one.blocks}


def waiting_for(table: str, *lines: str) -> Iterator[EditMessage]:
    numbered = (a_line(line, day="20240814", number=str(number)) for number, line in enumerate(lines, 1))
    claim = a_claim(*numbered, birth_date="19400131")
    return (m for m in checker(table).check(claim).messages if m.check == "PARTLY-JUDGED")


def test_a_missing_list_leaves_an_inform() -> None:
    (message,) = waiting_for("opps", "99213", "36415", "85025")
    assert (message.severity, message.lines) == ("inform", ["2", "3"])
    assert message.text == "Not checked by STATUS-X: OPPS Addendum B for 2024 Q3 is not in the rule book."
    assert message.remedy == "No action on the claim. The end of the run lists what to load."


def test_every_table_that_a_check_asks_is_declared_and_published() -> None:
    for one in all_checks():
        assert not set(one.needs) & set(one.refines), one.id
        for table in one.tables:
            assert table in ("mue", "ptp") or table in TABLES, (one.id, table)


def test_the_summary_counts_what_it_did() -> None:
    rest = {*CHARGES, "missing", "short"}
    assert tuple(name for name in Tally.__dataclass_fields__ if name not in rest) == COUNTS


@pytest.mark.parametrize(
    ("table", "code", "coverage"),
    [
        ("fee_schedule", "99213", "other days"),
        ("fee_schedule", "12001", "in part"),
        ("medicaid_mue_practitioner", "99213", "none"),
        ("ptp_practitioner", "99213", "other days"),
    ],
)
def test_what_a_book_has_of_a_table(table: str, code: str, coverage: Coverage) -> None:
    assert book().on(date(2034, 1, 1)).coverage(table, code) == coverage


def test_real_claims_are_judged_in_part() -> None:
    """The labs and drugs of the demo wait for lists; nothing waits for what is not there in whole."""
    result = Checker(rulebook=STARTER).run(read(ROOT / "fixtures/837p/demo.837"))
    list(result)
    assert [(row.table, row.blocked) for row in result.summary.missing.rows() if row.table == "clia_excluded"] == [
        ("clia_excluded", 0)
    ]


def test_why_a_line_is_not_judged_is_said_in_full() -> None:
    claim = a_claim(a_line("99213"))
    check = all_checks()[0]
    verdict = Verdict(gaps=tuple((check, table) for table in ("opps", TOO_MANY)))
    (message,) = MessageBuilder(Rulebook(), "x", {}).outcome(claim, [verdict], Found(claim)).messages
    assert message.text == (
        "Not checked: OPPS Addendum B for 2025 Q1 is not in the rule book; the batch has too many lines on these dates"
        " under this patient number."
    )


def test_a_line_of_another_code_set_without_a_date_is_not_judged_in_plain_words() -> None:
    outcome = Checker(on_error=raise_errors).check(a_claim(a_line("W1234", code_set="WK", day="")))
    (text,) = [m.text for m in outcome.messages if m.check == "NOT-JUDGED"]
    assert text == "Not checked: no rule table covers codes with qualifier WK."
