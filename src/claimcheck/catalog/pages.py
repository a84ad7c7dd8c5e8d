"""The page of a check, in Markdown: printed by ``claimcheck explain CHECK`` and kept in ``docs/checks``.

Its text is the check's docstring. Its examples are run when it is made, so it shows the actual messages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, Final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Heading, Markdown
from rich.text import Text

from claimcheck.authoring.check import Check, Reach, run_example
from claimcheck.authoring.examples import A_DAY, Example, a_claim, a_line
from claimcheck.catalog.entries import CheckEntry, InProfile, entry_of, every_check, family_of, family_title
from claimcheck.claim import PROFESSIONAL, Claim, Line, Service
from claimcheck.message import Finding, Severity, StandardCodes
from claimcheck.rulebook import Row
from claimcheck.rulebook.schema import examples_of, table_of
from claimcheck.rulebook.tables import Kind
from claimcheck.rulebook.tables.code_sets import LISTED

_REACHES: Final[Mapping[Reach, str]] = {
    "SERVICE": "checks one service line at a time",
    "CLAIM": "checks the whole claim",
    "HISTORY": "checks the whole claim and the patient's earlier claims in the batch",
    "READING": "reported while claims are read and judged",
}
_CONFIDENCE: Final = {
    "H": "high",
    "M": "medium: payers differ",
    "L": "low: verify with the payer",
}
_ACCEPTED: Final = "A2:20"


_READING_TITLE: Final = "Input that could not be read or judged"


def check_page(check: Check) -> str:
    """The page of one check."""
    return _page(f"# {check.id}", _sections(check))


def reading_page() -> str:
    """Input that could not be read or judged: all reading edits, on one page."""
    title = _READING_TITLE
    text = (
        "Nothing is lost silently: input that can't be read, and lines that no rule in force can judge, are reported "
        "with their location in the file. These edits always run; a profile can't turn them off."
    )
    edits = (check for check in every_check() if check.reach == "READING")
    parts = [
        part
        for check in edits
        for part in (f"## {check.id}", *_introduction(check), _source(check), *_codes(check, []))
    ]
    return _page(f"# {title}", [text, *parts])


def index_page() -> str:
    """All checks by family, each with its title and a link to its page."""
    parts = [
        "Each page tells what a check looks for and why, how to fix it, its severity in each profile and its published "
        "source, and shows the examples that the tests run. `claimcheck explain ID` prints the same page; "
        "`claimcheck checks --format json` lists all checks for programs.",
    ]
    checks = sorted((c for c in every_check() if c.function), key=family_of)
    for _, group in groupby(checks, key=family_of):
        members = list(group)
        parts.append(f"## {family_title(members[0])}")
        rows = [(f"[{check.id}]({check.id}.md)", check.severity, check.title) for check in members]
        parts.append(_table(("check", "severity", "finding"), rows))
    parts.append(f"## {_READING_TITLE}")
    reading = (check for check in every_check() if not check.function)
    rows = [(f"[{c.id}](reading.md#{c.id.lower()})", c.severity, c.title) for c in reading]
    parts.append(_table(("edit", "severity", "finding"), rows))
    return _page("# Checks", parts)


class _PlainHeading(Heading):
    """A heading at the left, without a box."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        self.text.justify = "left"
        yield Text("")
        yield self.text


class _Terminal(Markdown):
    elements = {**Markdown.elements, "heading_open": _PlainHeading}  # noqa: RUF012


def on_a_terminal(page: str) -> Markdown:
    """A page for the terminal. Addresses are written out, since what prints may know no links."""
    return _Terminal(page, hyperlinks=False, code_theme="bw")


def _page(title: str, parts: Iterable[str]) -> str:
    return "\n\n".join([title, *parts]) + "\n"


def _sections(check: Check) -> Iterator[str]:
    entry = entry_of(check)
    ran = [(example, *run_example(check, example)) for example in check.examples]
    findings = [(example, finding) for example, found, _ in ran for finding in found]
    yield from _introduction(check)
    if any(finding.soft for _, finding in findings):
        yield (
            "Some of its rejects are soft: the line is billed incorrectly by the published rule, but a payer may still "
            "price it. A profile may set their severity separately (`[soft]`)."
        )
    yield _source(check)
    if check.function:
        yield "## Severity by profile"
        yield _table(("profile", "severity", "soft rejects", "options"), map(_profile_row, *_unzip(entry.profiles)))
    if check.cases:
        yield "## Cases"
        yield (
            "A profile or payer may set the severity of a case separately (`[cases]`). A case that a profile does not "
            "name has the severity of the check."
        )
        yield _table(("profile", *(f"`{case}`" for case in entry.cases)), _case_rows(entry))
    if check.options:
        yield "## Options"
        yield _table(("option", "type", "default"), _option_rows(entry))
    yield "## CARC, RARC and claim status"
    yield from _codes(check, findings)
    if ran:
        yield "## Examples"
        if any("fee" in example.tables for example, _, _ in ran):
            yield _FEE_DEFAULTS
        for one in ran:
            yield from _example(check, *one)


def _unzip(by_name: Mapping[str, InProfile]) -> tuple[Iterable[str], Iterable[InProfile]]:
    return by_name.keys(), by_name.values()


def _introduction(check: Check) -> Iterator[str]:
    title, _, text = check.doc.partition("\n")
    yield f"**{_escaped(title)}**"
    facts = [f"severity `{check.severity}`", _REACHES[check.reach]]
    if check.shadow:
        facts.append("on trial (`shadow`): it only informs")
    if check.function:
        facts.append(f"claims: {', '.join(check.settings)}")
    for name, tables in (("tables", check.needs), ("tables for this edit only", check.refines)):
        if tables:
            facts.append(f"{name}: {', '.join(f'`{table}`' for table in tables)}")
    yield " · ".join(facts)
    if text.strip():
        yield _escaped(text.strip())


def _escaped(text: str) -> str:
    """A docstring's text as Markdown: text outside of backticks is shown as written."""
    parts = re.split(r"(``.*?``)", text, flags=re.DOTALL)
    return "".join(part if i % 2 else re.sub(r"([*_<\[\]|])", r"\\\1", part) for i, part in enumerate(parts))


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines)


def _profile_row(name: str, of: InProfile) -> tuple[str, ...]:
    options = ", ".join(f"`{option} = {_literal(value)}`" for option, value in of.options.items())
    return f"`{name}`", of.severity, "all" if of.all_soft else of.soft or "", options


def _case_rows(entry: CheckEntry) -> Iterator[tuple[str, ...]]:
    for name, of in entry.profiles.items():
        if of.cases:
            yield f"`{name}`", *(of.cases.get(case, "") for case in entry.cases)


def _option_rows(entry: CheckEntry) -> Iterator[tuple[str, ...]]:
    for name, option in entry.options.items():
        yield f"`{name}`", option.type, f"`{_literal(option.default)}`"


def _literal(value: object) -> str:
    """A value as TOML, where it would be set, writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    return f"[{', '.join(map(_literal, value))}]" if isinstance(value, tuple) else str(value)


# -- sources and codes -----------------------------------------------------------------------------


def _codes(check: Check, findings: list[tuple[Example, Finding]]) -> Iterator[str]:
    """The denial codes that a payer is expected to answer with: by default, and in the cases of the examples."""
    if check.codes == StandardCodes():
        return
    rows = [_codes_row("default", check.codes)]
    cases: dict[StandardCodes, str] = {}
    for example, finding in findings:
        if finding.codes and finding.codes != check.codes:
            cases.setdefault(finding.codes, example.title)
    rows += [_codes_row(_escaped(title), codes) for codes, title in cases.items()]
    yield _table(("case", "CARC", "RARC", "claim status (277CA)", "confidence"), rows)
    if check.severity == "reject":
        yield f"A finding that warns or informs is reported as {_ACCEPTED} (accepted)."


def _source(check: Check) -> str:
    title, section, url = check.citation
    linked = f"[{_escaped(title)}]({url})" if url else _escaped(title)
    return f"Source: {linked}{', ' if section else ''}{_escaped(section)}."


def _codes_row(case: str, codes: StandardCodes) -> tuple[str, ...]:
    carc = f"{codes.carc.group}-{codes.carc.code}" if codes.carc else ""
    status = f"{codes.claim_status.category}:{codes.claim_status.code}" if codes.claim_status else ""
    return case, carc, codes.rarc or "", status, _CONFIDENCE[codes.confidence]


# -- examples --------------------------------------------------------------------------------------


def _example(check: Check, example: Example, findings: list[Finding], missing: list[str]) -> Iterator[str]:
    yield f"**{_verdict(check, example, findings)}**: {_escaped(example.title)}"
    lines = [*_billed(example), *_rules(example)]
    lines += [f"option  {name} = {_literal(value)}" for name, value in example.options.items()]
    yield "\n".join(["```text", *lines, "```"])
    for message in dict.fromkeys(
        f"{_escaped(finding.text)} **Fix:** {_escaped(finding.remedy)}" for finding in findings
    ):
        yield f"> {message}"
    if missing:
        yield f"> Not judged: no rule in force in {', '.join(dict.fromkeys(missing))}."


def _verdict(check: Check, example: Example, findings: list[Finding]) -> str:
    if example.verdict != "fires":
        return example.verdict
    severities = dict.fromkeys(_severity(check, finding) for finding in findings)
    return f"fires, {' and '.join(severities)}"


def _severity(check: Check, finding: Finding) -> str:
    severity: Severity = finding.severity or check.severity
    return f"{severity} (soft)" if finding.soft and severity == "reject" else severity


_MOST_LINES: Final = 6


def _billed(example: Example) -> Iterator[str]:
    """The lines of a claim as billed, then the other claim fields of the example."""
    subject = example.subject
    if isinstance(subject, Service):
        day = f" on {example.day}" if example.day != A_DAY else ""
        yield f"line    {_written(subject)}{day}{_setting(subject.setting)}"
        return
    days = {line.from_date for line in subject.lines} | {line.to_date for line in subject.lines if line.to_date}
    dated = len(days) > 1 or days != {a_line().from_date}
    for line in subject.lines[:_MOST_LINES]:
        yield " ".join([f"line {line.number:<2}", _written(line.service), *_line_facts(line, dated)])
    if len(subject.lines) > _MOST_LINES:
        yield f"...     {len(subject.lines)} lines in all"
    facts = " ".join(_claim_facts(subject))
    if facts:
        yield f"claim   {facts}"


def _written(service: Service) -> str:
    """A service as coders write it: ``77424-26 x2 POS 22``."""
    words = ["-".join([service.code or "(no code)", *service.modifiers])]
    if service.code_set != "HC":
        words.append(f"of code set {service.code_set}")
    if service.unit_basis != "UN" or service.units != "1":
        basis = f" {service.unit_basis}" if service.unit_basis != "UN" else ""
        words.append(f"x{service.units or '?'}{basis}")
    if service.place_of_service is not None:
        words.append(f"POS {service.place_of_service or '?'}")
    return " ".join(words)


def _setting(setting: str) -> str:
    return f" ({setting} claim)" if setting != PROFESSIONAL else ""


_SHOWN_ABOVE: Final = {"service", "from_date", "to_date", "number", "place"}


def _line_facts(line: Line, dated: bool) -> Iterator[str]:
    if dated:
        yield f"on {line.from_date or '(no date)'}"
        if line.to_date:
            yield f"to {line.to_date}"
    yield from _differing(line._asdict(), a_line()._asdict(), _SHOWN_ABOVE)


def _claim_facts(claim: Claim) -> Iterator[str]:
    if claim.setting != PROFESSIONAL:
        yield f"setting {claim.setting}"
    usual = a_claim(*claim.lines)
    if claim.submission:
        yield "in an 837"
    yield from _differing(claim._asdict(), usual._asdict(), {"claim_id", "lines", "setting", "locus", "submission"})


def _differing(fields: Mapping[str, Any], usual: Mapping[str, Any], others: set[str]) -> Iterator[str]:
    """Fields that differ from the defaults of an example's lines and claims."""
    for name, value in fields.items():
        if name in others or value == usual[name]:
            continue
        shown = " ".join(value) if isinstance(value, tuple) else value
        yield f"{name} {shown or ('(left empty)' if shown == '' else '(not known)')}"


_FEE_DEFAULTS: Final = (
    "Unless an example states otherwise, fee schedule rows have status A, PC/TC 0, global days XXX, and 0 in every "
    "other indicator."
)


def _rules(example: Example) -> Iterator[str]:
    """The rows of the rule book in an example."""
    for table, rows in example.tables.items():
        kind, tables = examples_of(table)
        name = f"list {table}" if kind is LISTED else kind.called or table_of(tables[0]).name
        if not rows:
            yield f"rules   {name}: in force, without this code"
        for key, row in rows.items():
            values = ", ".join(_row_values(kind, row)) or "listed"
            yield f"rules   {name} {key}: {values}"


def _row_values(kind: Kind, row: Row) -> Iterator[str]:
    """The deciding value of a row, and its other values that are not the default."""
    usual = row._field_defaults
    for name, value in row._asdict().items():
        decides = name == kind.decides and value is not None
        if name != "source" and (decides or name not in usual or value != usual[name]):
            yield f"{_abbreviation(kind, name) or name.replace('_', ' ')} {value}"


def _abbreviation(kind: Kind, field: str) -> str:
    """PC/TC, MAI and the like; "" for a field that is called by a word."""
    title = kind.columns[field].title if field in kind.columns else ""
    return title if title.isupper() else ""
