"""The HTML report as a file: its figures, its data, and what never stands in it. How it behaves is in
test_html_browser.py."""

import csv
import io
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimcheck import Checker, Claim, EditMessage, Line, Service, __version__, read
from claimcheck.claim import Location, as_number
from claimcheck.config.checker import Result
from claimcheck.engine.messages import Judged
from claimcheck.message import INFORM, REJECT, SEVERITIES, WARN, Disposition, Severity
from claimcheck.rulebook.tables import TABLES
from claimcheck.writers import Options, open_writer
from claimcheck.writers.columns import columns
from claimcheck.writers.figures import DISPOSITIONS, Breakdown, Figures, Subject
from claimcheck.writers.report.data import data_of
from claimcheck.writers.report.rows import ClaimList, Worklist
from claimcheck.writers.to_html import HtmlWriter
from support.command_line import invoke
from support.places import ROOT
from support.report import messages_of as data
from support.report import report_data, rows_of

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
        (found,) = (row for row in rows if row and first in (row[0], row[0].split(" ")[0]))
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
    assert rows["rejected"][5] == str(tally.rejected) != "0"
    assert rows["not_judged"][5] == str(tally.not_judged) != "0"
    assert f"{tally.claims} claims" in page and f"{tally.lines} lines" in page and f"{tally.messages} messages" in page


def test_held_claims_and_rejected_lines_are_told_apart() -> None:
    items = judged()
    held = rejected = billed = Decimal(0)
    for item in items:
        if isinstance(item, Judged):
            for line, disposition in zip(item.claim.lines, item.outcome.dispositions, strict=True):
                charge = as_number(line.charge or "") or Decimal(0)
                billed += charge
                rejected += charge if disposition == "rejected" else 0
                held += charge if item.outcome.disposition == "rejected" else 0
    page = report(items)
    assert 0 < rejected < held < billed
    assert f"<strong>${held:,.2f}</strong> <b>on held claims</b>" in page
    assert f"<strong>${rejected:,.2f}</strong> <b>on rejected lines</b>" in page
    assert f"{100 * held / billed:.1f}% of the ${billed:,.2f} charged" in page
    row = Tables(page).row("rejected")
    assert (row[3], row[7]) == (f"${held:,.2f}", f"${rejected:,.2f}")


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
    assert "<strong>$7.25</strong> <b>on rejected lines</b>" in page
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
    tables = Tables(report(items))
    for row in rows[:10]:
        assert tables.row(row.name)[1:3] == [str(row.lines), str(row.blocked)]


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
_CHARGE = st.sampled_from([None, "0", "12.50", "100", "99.99"])


@given(st.lists(st.tuples(_SEVERITY, _CHARGE), max_size=60), st.integers(0, 40))
def test_the_worst_and_dearest_that_there_is_a_place_for_are_kept_whatever_comes_before(
    given: list[tuple[Severity, str | None]], most: int
) -> None:
    worklist = Worklist(most)
    messages = [replace(_MESSAGE, severity=s, charge=c, text=f"text {n}") for n, (s, c) in enumerate(given)]
    for message in messages:
        worklist.take([Subject(message)])
    in_order = sorted(messages, key=lambda m: (SEVERITIES.index(m.severity), -Decimal(m.charge or "-1")))
    assert [*worklist.first(100)] == in_order[:most]
    left = Counter(message.severity for message in in_order[most:])
    assert worklist.left_out == {severity: left[severity] for severity in SEVERITIES}


_ONE = a_judged()


def a_claim(number: int, disposition: Disposition, charge: str, lines: int) -> Judged:
    line = _ONE.claim.lines[0]._replace(charge=charge)
    claim = _ONE.claim._replace(claim_id=f"C{number}", lines=tuple(line._replace(number=str(n)) for n in range(lines)))
    return Judged(claim, _ONE.outcome._replace(messages=[], dispositions=[disposition] * lines))


_CLAIMS = st.lists(
    st.tuples(st.sampled_from([*Disposition]), st.sampled_from(["1", "10", "250.5"]), st.integers(1, 4)), max_size=30
)


@given(_CLAIMS, st.integers(1, 20), st.integers(1, 60))
def test_every_claim_and_line_is_on_the_page_or_counted_as_left_out(
    given: list[tuple[Disposition, str, int]], most: int, most_lines: int
) -> None:
    figures, claims = Figures(), ClaimList(most, most_lines)
    items = [a_claim(number, *one) for number, one in enumerate(given)]
    for number, item in enumerate(items, start=1):
        figures.take(item)
        claims.take(item, [], number)
    data = data_of(figures, Worklist(0), claims)
    for view, size in (("claims", len(claims)), ("lines", claims.lines)):
        held = Counter(row["disposition"] for row in rows_of(data[view]))
        assert held.total() == data[view]["size"] == size
        in_all = {each: getattr(figures.lines[each], view) for each in DISPOSITIONS}
        assert {each: held[each] + data[view]["left_out"][each] for each in DISPOSITIONS} == in_all
    assert len(claims) <= most and claims.lines <= most_lines
    if sum(lines for *_, lines in given) <= most_lines:

        def order(item: Judged) -> tuple[int, Decimal]:
            charge = sum((line.amount or Decimal(0) for line in item.claim.lines), Decimal(0))
            worst = item.outcome.disposition
            return DISPOSITIONS.index(worst), Decimal(0) if worst == "accepted" else -charge

        held_ids = [row["claim_id"] for row in rows_of(data["claims"])]
        assert held_ids == [item.claim.claim_id for item in sorted(items, key=order)][:most]


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
    assert "the first 100 messages, rejects first, by charge" in plain
    assert plain.index(">LAST<") < plain.index(">text 0 ")
    assert plain.count('class="pill ') == 100


def test_what_is_missing_is_named_with_the_page_to_take_it_from() -> None:
    line = Line(Service("77424", place_of_service="22"), "20300814", charge="100.00")
    page = report([*CHECKER.judge([Claim("C1", (line,))])])
    at = TABLES["fee_schedule"]
    missing = page[page.index('id="missing"') : page.index('id="about"')]
    assert f'<a href="{at.page}" rel="noreferrer">{at.title}</a>' in missing
    assert missing.count('<a href="https') == missing.count("</a>") - 1  # the other is a link to the worklist
    assert "place-of-service" not in missing  # that comes with claimcheck


def test_the_worklist_says_what_csv_says() -> None:
    items = judged()
    out = io.StringIO()
    writer = open_writer("csv", out)
    for item in items:
        writer.take(item)
    rows = [
        {name: text.removeprefix("'") for name, text in row.items()}
        for row in csv.DictReader(io.StringIO(out.getvalue()))
    ]
    rows.sort(key=lambda row: (SEVERITIES.index(row["severity"]), -Decimal(row["charge"] or "-1")))
    assert [{name: m[name] for name in columns()} for m in data(report(items))] == rows


def test_the_lines_are_those_of_the_input_each_with_its_disposition_and_checks() -> None:
    items = [item for item in judged() if isinstance(item, Judged)]
    page = report_data(report([*items]))
    claims, lines = rows_of(page["claims"]), rows_of(page["lines"])
    by_number = dict(zip(page["claims"]["numbers"], claims, strict=True))
    of_claims = iter(lines)
    own = {number: [next(of_claims) for _ in range(int(claim["lines"]))] for number, claim in by_number.items()}
    assert next(of_claims, None) is None
    for number, item in enumerate(items, start=1):
        claim, outcome = by_number[number], item.outcome
        assert (claim["claim_id"], claim["disposition"]) == (item.claim.claim_id, outcome.disposition)
        assert claim["messages"] == str(len(outcome.messages))
        assert {*filter(None, claim["checks"].split("|"))} == {*outcome.checks}
        for line, disposition, told in zip(item.claim.lines, outcome.dispositions, own[number], strict=True):
            assert (told["line_number"], told["code"], told["units"]) == (line.number, line.code, line.service.units)
            assert (told["disposition"], told["charge"]) == (disposition, line.charge or "")
            about = {m.check for m in outcome.messages if m.lines is None and m.line_number in (None, line.number)}
            about |= {m.check for m in outcome.messages if line.number in (m.lines or ())}
            assert {*filter(None, told["checks"].split("|"))} == about
    accepted = [line for line in lines if line["disposition"] == "accepted"]
    assert len(accepted) == sum(item.outcome.dispositions.count(Disposition.ACCEPTED) for item in items) > 0


def test_past_its_limits_the_page_says_which_claims_it_leaves_out() -> None:
    items = judged()
    assert "The page contains" not in report(items)
    page = report(items, claims_listed=3)
    told = report_data(page)
    assert told["claims"]["size"] == 3 and {r["disposition"] for r in rows_of(told["claims"])} == {"rejected"}
    assert f"The page contains 3 of {sum(isinstance(item, Judged) for item in items)} claims, with" in page
    assert "--format claims" in page and "--format lines" in page
    assert report_data(report(items, lines_listed=4))["lines"]["size"] <= 4


def test_it_says_on_what_it_rests() -> None:
    items = judged()
    newest = max(item.claim.received_date for item in items if isinstance(item, Judged) and item.claim.received_date)
    releases = [release for store in CHECKER.rulebook.stores for release in store.releases]
    page = report(items, options=Options(releases=lambda: releases))
    assert f"Run date {newest[:4]}-{newest[4:6]}-{newest[6:]}" in page
    assert f"claimcheck {__version__}" in page
    used = {source for m in data(page) for source in m["releases"].split("|") if source}
    rests = [row[1] for row in Tables(page).rows if len(row) == 3 and row[0] != "Table"]
    named = {name for names in rests for name in names.split("; ") if name != "none"}
    assert named and all(any(source.startswith(f"{name} ") for name in named) for source in used)
    known = {e.name for r in releases for e in r.editions} | {r.name for r in releases}
    assert named <= known
    assert f"messages rest on {len(named)} releases; the rule book has {len(releases)}" in page
    assert "Run date 2031-02-03" in report(items, options=Options(run_date=date(2031, 2, 3)))
    assert "Run date unknown" in report([])


def test_the_page_of_each_check_that_has_a_message_is_on_it() -> None:
    def pages(ids: Iterable[str]) -> dict[str, str]:
        return {id: f"# {id}\n\n**Bold** <b>raw</b> [source](https://example.org/a)\n" for id in ids}

    items = judged()
    page = report(items, options=Options(pages=pages, titles=lambda: {"MUE-DOS": "Too many units."}))
    fired = {m["check"] for m in data(page)}
    assert {*re.findall(r'<article id="check-([^"]*)"', page)} == fired
    assert "<h3>MUE-DOS</h3>" in page and "<strong>Bold</strong> &lt;b&gt;raw&lt;/b&gt;" in page
    assert '<a href="https://example.org/a" rel="noreferrer">source</a>' in page
    assert page.count('href="#check-MUE-DOS"') > 1


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
    assert "Nothing was read" in page and "<strong>$0.00</strong> <b>on rejected lines</b>" in page


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
    assert f"<strong>${100 * providers:,}.00</strong> <b>on rejected lines</b>" in page


def test_memory_is_flat_whatever_the_input_chooses() -> None:
    """Each claim is of another provider and payer, under another number, dearer than those before, and later ones are
    worse: nothing that input chooses may add up."""
    one = a_judged()
    message = one.outcome.messages[0]

    def batch(claims: range) -> Iterator[Judged]:
        for number in claims:
            severity = INFORM if number < 4_000 else WARN if number < 8_000 else REJECT
            received = f"{20000101 + number % 3_000}"  # dates are remembered, 65,536 of them
            told = replace(
                message, claim_id=f"C{number}", severity=severity, charge=str(number), releases=[f"R{number} 1"]
            )
            claim = one.claim._replace(
                claim_id=f"C{number}", billing_npi=f"{number:010}", payer_id=f"P{number}", received_date=received
            )
            yield Judged(claim, one.outcome._replace(messages=[told]))

    writer = HtmlWriter(io.StringIO(), listed=2_000, claims_listed=1_000)
    for item in batch(range(12_000)):
        writer.take(item)
    before = sys.getallocatedblocks()
    for item in batch(range(12_000, 25_000)):
        writer.take(item)
    assert sys.getallocatedblocks() - before < 1_000


def test_a_file_of_waivers_is_not_a_claim_file(tmp_path: Path) -> None:
    waivers = tmp_path / "waivers.csv"
    waivers.write_text("check,code,reason,who,until\nSTATUS-X,99999,Contract,J. Coder,2099-12-31\n")
    batch = ROOT / "fixtures/837p/iort.837"
    done = invoke("check", batch, "-q", "--isolated", "--waivers", waivers, "--format", "html")
    about = done.stdout[done.stdout.index("<header") : done.stdout.index("</header>")]
    assert "iort.837" in about and "waivers.csv" not in about and "WAIVER-UNUSED" in done.stdout
