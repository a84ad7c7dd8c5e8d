"""The same claims judged twice: what a comparison says is what two runs say."""

import gzip
import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimcheck import Checker, Claim
from claimcheck.engine.messages import Judged, Outcome
from claimcheck.message import Disposition
from claimcheck.runs.comparing import Comparison, Judging
from support.command_line import invoke
from support.generated import claims
from support.places import ROOT

DEMO = ROOT / "fixtures" / "837p" / "demo.837"
BROKEN = ROOT / "fixtures" / "837p" / "broken.837"
BEFORE, AFTER = Checker(profile="medicare_part_b"), Checker(profile="commercial")

Counts = Counter[tuple[str, str, str]]


def outcomes(checker: Checker, batch: list[Claim]) -> list[Outcome]:
    return [item.outcome for item in checker.judge(batch) if isinstance(item, Judged)]


def counts(judged: list[Outcome]) -> Counts:
    return Counter((m.check, m.code or "", m.severity.value) for outcome in judged for m in outcome.messages)


def compared(batch: list[Claim], one: Checker, other: Checker) -> Comparison:
    before, after = Judging(one), Judging(other)
    found = Comparison(most=1000)
    for left, right in zip(before.judged(batch), after.judged(batch), strict=True):
        assert isinstance(left, Judged) and isinstance(right, Judged)
        found.add(left.claim, left.outcome, right.outcome)
    return found


@settings(max_examples=60)
@given(st.lists(claims(), max_size=6))
def test_a_comparison_says_what_two_runs_say(batch: list[Claim]) -> None:
    batch = [claim._replace(claim_id=f"C{number}") for number, claim in enumerate(batch)]
    found = compared(batch, BEFORE, AFTER)
    before, after = outcomes(BEFORE, batch), outcomes(AFTER, batch)
    moved: Counter[tuple[Disposition, Disposition]] = Counter()
    dollars: dict[tuple[Disposition, Disposition], Decimal] = {}
    for claim, one, other in zip(batch, before, after, strict=True):
        for line, was, becomes in zip(claim.lines, one.dispositions, other.dispositions, strict=True):
            if was != becomes:
                moved[was, becomes] += 1
                dollars[was, becomes] = dollars.get((was, becomes), Decimal(0)) + (line.amount or Decimal(0))
    assert {move: one.count for move, one in found.lines.items()} == moved
    assert {move: one.charges for move, one in found.lines.items()} == dollars
    claims_moved = Counter(
        (one.disposition, other.disposition)
        for one, other in zip(before, after, strict=True)
        if one.disposition != other.disposition
    )
    assert {move: one.count for move, one in found.claims.items()} == claims_moved
    difference = {about: counts(after)[about] - counts(before)[about] for about in counts(before) | counts(after)}
    told = {(*about[:2], about[2].value): shift.new - shift.gone for about, shift in found.messages.items()}
    assert {about: n for about, n in told.items() if n} == {about: n for about, n in difference.items() if n}


@settings(max_examples=30)
@given(st.lists(claims(), max_size=5))
def test_the_other_way_round_everything_is_the_other_way_round(batch: list[Claim]) -> None:
    there, back = compared(batch, BEFORE, AFTER), compared(batch, AFTER, BEFORE)
    for of in ("claims", "lines"):
        moves, others = getattr(there, of), getattr(back, of)
        assert {(b, a): moved for (a, b), moved in moves.items()} == others
    assert {about: (s.new, s.gone) for about, s in there.messages.items()} == {
        about: (s.gone, s.new) for about, s in back.messages.items()
    }
    assert compared(batch, BEFORE, BEFORE).is_same


def as_json(*arguments: object, status: int) -> dict[str, Any]:
    done = invoke("compare", *arguments, "--format", "json", "--isolated")
    assert done.exit_code == status, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


PROFILES = ("--before", "profile=medicare_part_b", "--after", "profile=commercial")


@pytest.mark.parametrize("file", [DEMO, BROKEN], ids=lambda path: path.name)
def test_the_messages_of_an_earlier_run_are_a_side(file: Path, tmp_path: Path) -> None:
    for profile, ending in (("medicare_part_b", "jsonl"), ("commercial", "jsonl.gz")):
        output = tmp_path / f"{profile}.{ending}"
        invoke("check", file, "--profile", profile, "--isolated", "--format", "jsonl", "--output", output)
        reported = f"messages={output}"
        as_json(file, "--before", reported, "--after", f"profile={profile}", status=0)
    judged = as_json(file, *PROFILES, status=1)
    kept = as_json(file, "--before", f"messages={tmp_path}/medicare_part_b.jsonl", *PROFILES[2:], status=1)
    for part in ("claims", "lines", "messages"):
        assert kept[part] == judged[part]


OWN = '''
from claimcheck import INFORM, Citation, Finding, a_service, codes, fires, passes, service_check

@service_check(
    "ACME-7",
    severity=INFORM,
    citation=Citation("ACME manual"),
    codes=codes("CO-4", "N519", "A7:453"),
    examples=(fires("one", a_service("77424")), passes("another", a_service("99213"))),
)
def seen(service, rules):
    """ACME wants to see 77424."""
    if service.code == "77424":
        yield Finding("ACME wants to see 77424.", "No action.", field="code")
'''

ROWS = "claim_id,code,units,from_date,place_of_service,charge,billing_npi,filing_indicator,diagnoses,pointers\n"


def test_a_quarter_governs_every_date_and_each_message_says_so(tmp_path: Path) -> None:
    """The MUE of G0447 is 2 in 2024 Q3 and 1 in 2026 Q2."""
    lines = tmp_path / "lines.csv"
    lines.write_text(ROWS + "A1,G0447,2,2024-08-14,11,60.00,1405000609,MB,E6601,1\n")
    options = ("--select", "MUE", "--before", "quarter=2024Q3", "--after", "quarter=2026Q2")
    found = as_json(lines, *options, status=1)
    (message,) = found["messages"]
    assert (message["code"], message["new"], message["gone"], message["new_charges"]) == ("G0447", 1, 0, "60.00")
    (example,) = found["examples"]
    assert example["message"]["text"].endswith("(Judged as if the rules of 2026 Q2 applied on this date.)")
    assert "2026 Q2" in example["message"]["releases"][0]
    assert found["lines"]["changed"][0] == {
        "before": "accepted", "after": example["after"], "count": 1, "charges": "60.00",
    }  # fmt: skip


def test_waivers_and_custom_checks_are_compared(tmp_path: Path) -> None:
    waivers = tmp_path / "waivers.csv"
    waivers.write_text("check,code,reason,who,until\nSTATUS-X,77424,Contract,J. Coder,2099-12-31\n")
    found = as_json(DEMO, "--after", f"waivers={waivers}", status=1)
    severities = {(m["check"], m["severity"]): (m["gone"], m["new"]) for m in found["messages"]}
    assert severities["STATUS-X", "reject"] == (1, 0) and severities["STATUS-X", "inform"] == (0, 1)
    own = tmp_path / "acme_of_one_side.py"
    own.write_text(OWN)
    found = as_json(DEMO, "--after", f"checks={own}", status=1)
    assert [(m["check"], m["code"], m["gone"], m["new"]) for m in found["messages"]] == [("ACME-7", "77424", 0, 1)]


def test_a_check_on_trial_is_shown_by_the_severity_that_it_would_have(tmp_path: Path) -> None:
    trial = tmp_path / "acme_on_trial.py"
    trial.write_text(OWN.replace("INFORM", "REJECT").replace('"ACME-7",', '"ACME-8", shadow=True,'))
    (message,) = as_json(DEMO, "--after", f"checks={trial}", status=1)["messages"]
    assert (message["severity"], message["shadow"], message["new"]) == ("inform", "reject", 1)
    options = ("compare", DEMO, "--after", f"checks={trial}", "--isolated", "--format")
    for output in ("text", "html"):
        assert invoke(*options, output).stdout.count("shadow reject") == 2, "in the table and in the example"


def test_text_and_page_name_the_sides_and_what_changes(tmp_path: Path) -> None:
    done = invoke("compare", DEMO, *PROFILES, "--isolated")
    assert done.exit_code == 1
    assert "before: profile=medicare_part_b\nafter:  profile=commercial\n" in done.stdout
    assert "1 of 5 claims change:\n          1  rejected -> accepted  $305.00\n" in done.stdout
    assert "1 of 10 lines change:\n          1  rejected -> accepted  $30.00\n" in done.stdout
    page = tmp_path / "compare.html"
    for _ in range(2):
        assert invoke("compare", DEMO, *PROFILES, "--isolated", "--format", "html", "--output", page).exit_code == 1
    html = page.read_text()
    assert "1 of 10 lines change." in html and "STATUS-X" in html and "<script" not in html


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "both sides are the same"),
        (["--after", "book=x"], 'found "book=x", expected one of rulebook=VALUE'),
        (["--after", "profile"], 'found "profile"'),
        (["--after", "quarter=2024Q5"], 'found "2024Q5", expected a quarter such as 2026Q4'),
        (["--after", "quarter=2031Q1"], "found no release of 2031 Q1 in the rule book"),
        (["--after", "profile=medicaid", "--after", "profile=commercial"], "found profile twice"),
        (["--after", "messages=x.jsonl", "--after", "profile=medicaid"], "messages are of an earlier run"),
        (["--after", "messages=none.jsonl"], "none.jsonl: No such file or directory; expected messages as"),
        (["--after", "messages=broken.jsonl"], "broken.jsonl:1: expected a message as"),
        (["--after", "messages=other.jsonl"], "found a message about claim"),
        (["--after", "messages=cut.jsonl.gz"], "cut.jsonl.gz: is not whole"),
        (["--after", "config=columns.toml"], "columns: differ between the two configurations"),
        (["--after", "rulebook=none.sqlite"], "none.sqlite: rule book not found"),
    ],
)
def test_what_can_not_be_compared_is_one_line(
    options: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("broken.jsonl").write_text('{"check": "MUE-DOS"}\n')
    Path("columns.toml").write_text('[columns]\ncode = "hcpcs"\n')
    invoke("check", BROKEN, "--isolated", "--format", "jsonl", "--output", "other.jsonl")
    Path("cut.jsonl.gz").write_bytes(gzip.compress(b"")[:-5])
    done = invoke("compare", DEMO, "--isolated", *options)
    assert done.exit_code == 2 and says in done.stderr, done.stderr
    assert done.stderr.count("\n") == 1 and not done.stdout


def test_a_file_that_can_not_be_read_is_not_one_in_which_nothing_changes(tmp_path: Path) -> None:
    text, damaged = tmp_path / "text.csv", tmp_path / "damaged.837"
    text.write_text("hello\n")
    damaged.write_text("hello\n")
    for files, says in (([text], f"{text}: "), ([DEMO, text], f"{text}: "), ([damaged], "no claim could be read")):
        done = invoke("compare", *files, "--after", "profile=commercial", "--isolated")
        assert done.exit_code == 2
        assert says in done.stderr and done.stderr.count("\n") == 1
