"""The HTML report as a file: its figures, its data, and what never stands in it. How it behaves is in
test_html_browser.py."""

import csv
import io
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimcheck import Checker, Claim, EditMessage, Line, Service, read
from claimcheck.claim import Location, as_number
from claimcheck.config.checker import Result
from claimcheck.engine.messages import Judged
from claimcheck.message import INFORM, REJECT, SEVERITIES, WARN, Disposition, Severity
from claimcheck.rulebook.tables import TABLES
from claimcheck.writers import open_writer
from claimcheck.writers.columns import columns
from claimcheck.writers.figures import Breakdown, Figures, Subject
from claimcheck.writers.to_html import HtmlWriter, Worklist
from support.places import ROOT

BATCH = [*sorted((ROOT / "fixtures/837p").glob("*.837")), ROOT / "fixtures/837i/hospital.837"]
CHECKER = Checker()


def result_of(paths: list[Path] = BATCH) -> Result[Judged | EditMessage]:
    """A batch as the writer gets it; files are named without their folder, so that no test depends on it."""
    return CHECKER.judge(item for path in paths for item in read(io.BytesIO(path.read_bytes()), name=path.name))


def judged(paths: list[Path] = BATCH) -> list[Judged | EditMessage]:
    return list(result_of(paths))


def report(items: list[Judged | EditMessage], **options: Any) -> str:
    out = io.StringIO()
    writer = HtmlWriter(out, **options)
    for item in items:
        writer.take(item)
    writer.close()
    return out.getvalue()


def data(page: str) -> list[dict[str, str]]:
    """The worklist's messages by column, as the page's script reads them."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    held = json.loads(found[1])
    return [{name: held["texts"][at] for name, at in zip(held["columns"], row, strict=True)} for row in held["rows"]]


class Tables(HTMLParser):
    """The rows of the page's tables, as texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in {"td", "th"} and self.rows:
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data

    def row(self, first: str) -> list[str]:
        rows = [[" ".join(cell.split()) for cell in row] for row in self.rows]
        (found,) = (row for row in rows if row and row[0].split(" ")[0] == first)
        return found


def a_judged(claim_id: str = "C1", **claim: Any) -> Judged:
    """A claim of one line that is rejected, as the engine judges it."""
    line = Line(Service("77424", units="5", place_of_service="22"), "20240814", charge=claim.pop("charge", "100.00"))
    (item,) = CHECKER.judge([Claim(claim_id, (line,), **claim)])
    assert isinstance(item, Judged) and item.outcome.dispositions == ["rejected"]
    return item


def test_the_figures_are_those_of_the_run() -> None:
    result = result_of()
    page = report(list(result))
    tally = result.summary
    tables = Tables(page)
    rows = {name: tables.row(first) for name, first in (("rejected", "rejected"), ("not_judged", "not"))}
    assert rows["rejected"][2] == str(tally.rejected) != "0"
    assert rows["not_judged"][2] == str(tally.not_judged) != "0"
    assert f"{tally.claims} claims" in page and f"{tally.lines} lines" in page and f"{tally.messages} messages" in page


def test_money_held_back_is_the_charges_on_rejected_lines() -> None:
    items = judged()
    held = billed = Decimal(0)
    for item in items:
        if isinstance(item, Judged):
            for line, disposition in zip(item.claim.lines, item.outcome.dispositions, strict=True):
                charge = as_number(line.charge or "") or Decimal(0)
                billed += charge
                held += charge if disposition == "rejected" else 0
    page = report(items)
    assert 0 < held < billed
    assert f"<strong>${held:,.2f}</strong> held back" in page
    assert f"{100 * held / billed:.1f}% of the ${billed:,.2f} billed" in page


@pytest.mark.parametrize("breakdown", ["codes", "providers", "payers"])
def test_a_breakdown_holds_every_message_and_every_dollar_once(breakdown: str) -> None:
    figures = Figures()
    for item in judged():
        figures.take(item)
    named, more, others = getattr(figures, breakdown).largest(2)
    told = [*(about for _, about in named), others]
    assert sum(about.messages for about in told) == figures.messages
    assert sum(about.rejected_lines_charge for about in told) == figures.rejected_lines_charge
    assert more or breakdown == "payers"


def test_a_check_holds_back_each_line_that_it_rejects_once() -> None:
    figures = Figures()
    item = a_judged(charge="70.5")
    rejects = [m for m in item.outcome.messages if m.severity == "reject"]
    item.outcome.messages.append(rejects[0])
    figures.take(item)
    assert len({m.check for m in rejects}) > 1
    for message in rejects:
        assert figures.checks.of(message.check).rejected_lines_charge == Decimal("70.5")
    assert figures.checks.of(rejects[0].check).reject == 2


def test_what_rejects_a_whole_claim_holds_back_all_of_its_lines() -> None:
    item = a_judged(charge="10")
    line = item.claim.lines[0]
    message = next(m for m in item.outcome.messages if m.severity == "reject")
    message.line_number, message.charge = None, "15"
    claim = item.claim._replace(lines=(line, line._replace(number="2", charge="5")))
    whole = Judged(claim, item.outcome._replace(messages=[message], dispositions=[Disposition.REJECTED] * 2))
    figures = Figures()
    figures.take(whole)
    assert figures.checks.of(message.check).rejected_lines_charge == 15
    assert data(report([whole]))[0]["charge"] == "15"


@pytest.mark.parametrize("charge", [None, "", "12,50", "NaN", "1e9"])
def test_a_charge_that_is_no_number_is_said_and_in_no_sum(charge: str | None) -> None:
    page = report([a_judged(charge=charge), a_judged("C2", charge="7.25")])
    assert "1 line has no valid charge and is not included in charges" in page
    assert "<strong>$7.25</strong> held back" in page
    assert {m["claim_id"]: m["charge"] for m in data(page)} == {"C1": "", "C2": "7.25"}


def test_lines_not_judged_name_what_is_missing() -> None:
    items = judged()
    figures = Figures()
    for item in items:
        figures.take(item)
    rows = figures.missing.rows()
    waiting = [
        m
        for i in items
        if isinstance(i, Judged)
        for m in i.outcome.messages
        if m.check in ("NOT-JUDGED", "PARTLY-JUDGED")
    ]
    assert {row.table for row in rows} == {t for m in waiting for t in (m.observed or "").split(", ")}
    for row in rows[:10]:
        assert f"<b>{row.name}</b> {row.lines} line" in report(items)


def test_past_the_limit_the_totals_stay_whole_and_the_page_says_so() -> None:
    items = judged()
    whole, first = report(items), report(items, listed=5)
    assert data(first) == data(whole)[:5]
    counts = Counter(m["severity"] for m in data(whole))
    assert counts["reject"] > 5
    assert f"The worklist contains 5 of {len(data(whole))} messages, the most severe first" in first
    assert (
        f"5 of {counts['reject']} reject, 0 of {counts['warn']} warn, 0 of {counts['inform']} inform; of each" in first
    )
    assert "The worklist contains" not in whole

    def figures(page: str) -> str:
        return page[page.index("<main>") : page.index('id="worklist"')]

    assert figures(first) == figures(whole)


def a_message(severity: Severity, number: int) -> EditMessage:
    """A message about what could not be read."""
    message = a_judged().outcome.messages[0]
    return replace(message, severity=severity, claim_id=None, text=f"text {number}", locus=Location("a.837"))


_MESSAGE = a_message(WARN, 0)
_SEVERITY = st.sampled_from(SEVERITIES)


@given(st.lists(_SEVERITY, max_size=60), st.integers(0, 40))
def test_every_reject_that_there_is_a_place_for_is_kept_whatever_comes_before(
    severities: list[Severity], most: int
) -> None:
    worklist = Worklist(most)
    for number, severity in enumerate(severities):
        worklist.take([Subject(replace(_MESSAGE, severity=severity, text=f"text {number}"))])
    in_order = [(s, f"text {n}") for severity in SEVERITIES for n, s in enumerate(severities) if s == severity]
    assert [(m["severity"], m["text"]) for m in worklist.first(100)] == in_order[:most]
    left = Counter(severity for severity, _ in in_order[most:])
    assert worklist.left_out == {severity: left[severity] for severity in SEVERITIES}
    held = worklist.data()
    assert set(held["texts"]) == {text for m in worklist.first(100) for text in m.values()}
    assert held["left_out"] == worklist.left_out


def test_a_reject_behind_more_messages_than_the_page_holds_is_on_it() -> None:
    one = a_judged("LAST")
    page = report([*(a_message(INFORM, number) for number in range(30)), one], listed=10)
    rejects = [m for m in one.outcome.messages if m.severity == "reject"]
    others = 30 + len(one.outcome.messages) - 10
    shown = data(page)
    assert [m["claim_id"] for m in shown[: len(rejects)]] == ["LAST"] * len(rejects)
    assert [m["severity"] for m in shown[: len(rejects)]] == ["reject"] * len(rejects)
    assert [m["text"] for m in shown if not m["claim_id"]] == [f"text {n}" for n in range(10 - len(rejects))]
    assert f"The worklist contains 10 of {others + 10} messages" in page
    assert f"{len(rejects)} of {len(rejects)} reject" in page


def test_without_scripts_the_first_messages_are_the_rejects() -> None:
    page = report([*(a_message(INFORM, number) for number in range(200)), a_judged("LAST")])
    plain = page[page.index("<noscript>") : page.index("</noscript>")]
    assert "the first 100 messages, rejects first, in input order" in plain
    assert plain.index(">LAST<") < plain.index(">text 0 ")
    assert plain.count('class="severity ') == 100


def test_what_is_missing_is_named_with_the_page_to_take_it_from() -> None:
    line = Line(Service("77424", place_of_service="22"), "20300814", charge="100.00")
    page = report([*CHECKER.judge([Claim("C1", (line,))])])
    at = TABLES["fee_schedule"]
    missing = page[page.index("Not judged: missing rules") : page.index('id="about"')]
    assert f'<a href="{at.page}" rel="noreferrer">{at.title}</a>' in missing
    assert missing.count('<a href="https') == missing.count("</a>") - 1  # the other is a link to the worklist
    assert "place-of-service" not in missing  # that comes with claimcheck


def test_the_worklist_says_what_csv_says() -> None:
    items = judged()
    out = io.StringIO()
    writer = open_writer("csv", out)
    for item in items:
        writer.take(item)
    rows = sorted(csv.DictReader(io.StringIO(out.getvalue())), key=lambda row: SEVERITIES.index(row["severity"]))
    assert [{name: m[name] for name in columns()} for m in data(report(items))] == [
        {name: row[name].removeprefix("'") for name in columns()} for row in rows
    ]


def test_the_same_batch_gives_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    made = []
    for name in ("a", "b"):
        command = [
            str(Path(sys.executable).parent / "claimcheck"),
            "check",
            *map(str, BATCH),
            "--format",
            "html",
            "--output",
            str(tmp_path / name),
        ]
        done = subprocess.run(command, capture_output=True, check=False)
        assert done.returncode == 1, done.stderr
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]
    assert len(made[0]) > 50_000


HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "\u2028\u2029",
    '"><img src=x onerror=alert(1)>',
    "{{ 7*7 }}{% raw %}",
    "\x00\x1b[31m",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_claim_can_leave_its_place(text: str) -> None:
    longer = "C" * len(text)  # a number of over 20 characters is reported
    plain, hostile = (
        report([a_judged(longer, payer_id="P", billing_npi="N")]),
        report([a_judged(text, payer_id=text, billing_npi=text)]),
    )
    tags = re.compile(r"<[!/]?[a-z-]+", re.IGNORECASE)
    assert tags.findall(hostile) == tags.findall(plain)
    assert {m["claim_id"] for m in data(hostile)} == {text}


def test_nothing_but_our_own_style_and_script_may_apply() -> None:
    page = report([])
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy and policy[1].startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy[1]
    assert not re.search(r"<(link|img|iframe|object|base)\b|@import|url\(|\bstyle=|\son[a-z]+=", page)
    assert "innerHTML" not in page and "fetch(" not in page


def test_an_empty_batch_has_a_page_too() -> None:
    page = report([])
    assert "Nothing was read" in page and "<strong>$0.00</strong> held back" in page


PATIENT: dict[str, Any] = {
    "patient_id": "CANARYMEMBER",
    "birth_date": "19310207",
    "sex": "CANARYSEX",
    "diagnoses": ("CANARYDX",),
}


def test_nothing_of_the_patient_is_in_it() -> None:
    item = a_judged(**PATIENT)
    lines = tuple(
        line._replace(description="CANARYNOTE", prior_authorization="CANARYAUTH") for line in item.claim.lines
    )
    page = report([Judged(item.claim._replace(lines=lines), item.outcome)])
    assert "C1" in page and "CANARY" not in page and "19310207" not in page


def test_without_jinja2_it_says_what_to_install() -> None:
    hide = "import sys; sys.modules['jinja2'] = None; from claimcheck.cli import main; main()"
    command = [sys.executable, "-c", hide, "check", str(BATCH[0]), "--format"]
    done = subprocess.run([*command, "html"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "claimcheck: the format html needs jinja2: pip install 'claimcheck-edits[html]'"
    ]
    assert done.stdout == ""
    assert subprocess.run([*command, "jsonl"], capture_output=True, check=False).returncode == 1


def test_a_breakdown_tells_so_many_apart_and_counts_the_rest_together() -> None:
    breakdown = Breakdown()
    message = a_judged().outcome.messages[0]
    for number in range(10_050):
        breakdown.of(str(number)).count(message)
    named, more, others = breakdown.largest(10)
    assert (len(named), more, others.messages) == (10, 9_990, 10_040)
    assert breakdown.rest.messages == 50


@pytest.mark.parametrize(("providers", "label"), [(10_000, "9,990"), (10_001, "over 9,990")])
def test_a_chart_does_not_give_a_part_for_the_whole(providers: int, label: str) -> None:
    one = a_judged()
    claims = (one.claim._replace(billing_npi=f"{number:010}") for number in range(providers))
    page = report([Judged(claim, one.outcome) for claim in claims])
    assert f">{label} other providers<" in page
    assert f"<strong>${100 * providers:,}.00</strong> held back" in page


def test_memory_is_flat_over_100_000_claims() -> None:
    """Each claim is of another provider and payer, under another number: nothing that input chooses may add up."""
    one = a_judged()

    def batch(claims: range) -> Iterator[Judged]:
        for number in claims:
            severity = INFORM if number < 15_000 else WARN if number < 30_000 else REJECT
            messages = [replace(m, claim_id=f"C{number}", severity=severity) for m in one.outcome.messages]
            claim = one.claim._replace(claim_id=f"C{number}", billing_npi=f"{number:010}", payer_id=f"P{number}")
            yield Judged(claim, one.outcome._replace(messages=messages))

    writer = HtmlWriter(io.StringIO())
    for item in batch(range(45_000)):
        writer.take(item)
    before = sys.getallocatedblocks()
    for item in batch(range(45_000, 100_000)):
        writer.take(item)
    assert sys.getallocatedblocks() - before < 1_000
