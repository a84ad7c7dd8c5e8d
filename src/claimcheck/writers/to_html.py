"""HTML: one page for an analyst, with the figures of the batch, its claims and lines, and a worklist of messages. It
needs no network and no server, and is the same, byte for byte, whenever it is made."""

from __future__ import annotations

import base64
import hashlib
import shlex
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple

from claimcheck import __version__
from claimcheck.claim import in_dollars
from claimcheck.engine.messages import Judged
from claimcheck.message import SEVERITIES, EditMessage
from claimcheck.writers import Format, FormatError, Options
from claimcheck.writers.figures import COUNTED_APART, DISPOSITIONS, About, Breakdown, Figures, subjects
from claimcheck.writers.report.basis import Basis
from claimcheck.writers.report.check_pages import as_html, markdown
from claimcheck.writers.report.data import as_json, data_of
from claimcheck.writers.report.rows import ClaimList, Worklist

if TYPE_CHECKING:
    from jinja2 import Template

LISTED: Final = 20_000
"""Messages in the worklist; the figures count all messages."""

CLAIMS_LISTED: Final = 30_000
LINES_LISTED: Final = 100_000
"""Claims that the page holds, and the lines that they may have in all."""

_WITHOUT_SCRIPTS: Final = 100
"""Messages that a browser without scripts shows."""

_BARS: Final = 10
"""Bars of a chart; what is beyond is one line."""

_FILES_NAMED: Final = 3


class HtmlWriter:
    """Writes one page when the batch ends.

    Args:
        stream: where to.
        options: the titles and pages of checks, the releases of the rule book, the run date.
        listed: how many messages the worklist holds.
        claims_listed: how many claims the page holds.
        lines_listed: how many lines they may have in all.

    Raises:
        FormatError: jinja2 or markdown-it-py is not installed.
    """

    def __init__(
        self,
        stream: IO[str],
        options: Options | None = None,
        *,
        listed: int = LISTED,
        claims_listed: int = CLAIMS_LISTED,
        lines_listed: int = LINES_LISTED,
    ) -> None:
        self._stream = stream
        self._options = options or Options()
        self._template = _template()
        self._markdown = markdown()
        self._figures = Figures()
        self._basis = Basis(self._options.releases())
        self._worklist = Worklist(listed)
        self._claims = ClaimList(claims_listed, lines_listed)
        self._number = self._waived = self._on_trial = 0

    @property
    def figures(self) -> Figures:
        """What was counted so far."""
        return self._figures

    def take(self, item: Judged | EditMessage) -> None:
        """Count a claim with what was found in it, or one message, and keep it for the page."""
        found = [*subjects(item)]
        self._figures.count(item, found)
        self._basis.take(item)
        number = 0
        if isinstance(item, Judged):
            self._number = number = self._number + 1
            self._claims.take(item, found, number)
        if found:
            self._worklist.take(found, number)
            for message in (subject.message for subject in found):
                if message.waived is not None:
                    self._waived += 1
                elif message.shadow is not None:
                    self._on_trial += 1

    def close(self) -> None:
        """Write the page."""
        for part in self._template.generate(self._page()):
            self._stream.write(part)

    def _page(self) -> dict[str, Any]:
        """What the template shows."""
        figures, style, script = self._figures, _asset("report.css"), _asset("report.js")
        titles = self._options.titles()
        names = [name.encode("utf-8", "replace").decode() for name in figures.files]
        return {
            "style": style,
            "script": script,
            "style_hash": _hash(style),
            "script_hash": _hash(script),
            "version": __version__,
            "run_date": self._options.run_date or self._basis.newest,
            "basis": self._basis,
            "files": names[:_FILES_NAMED],
            "command_files": " ".join(map(_as_argument, names)) if 0 < len(names) <= _FILES_NAMED else "FILES",
            "figures": figures,
            "claims": sum(lines.claims for lines in figures.lines.values()),
            "total_lines": sum(lines.lines for lines in figures.lines.values()),
            "charges": sum((lines.lines_charge for lines in figures.lines.values()), Decimal(0)),
            "dispositions": DISPOSITIONS,
            "severities": SEVERITIES,
            "waived": self._waived,
            "on_trial": self._on_trial,
            "missing": figures.missing.rows(),
            "bars": _BARS,
            "charts": [
                _chart("check", "check", "checks", figures.checks, "", titles),
                _chart("code", "code", "codes", figures.codes, "no code"),
                _chart("billing_npi", "provider", "providers", figures.providers, "no billing provider"),
                _chart("payer_id", "payer", "payers", figures.payers, "no payer"),
            ],
            "pages": self._pages(titles),
            "worklist": self._worklist,
            "claim_list": self._claims,
            "data": as_json(data_of(figures, self._worklist, self._claims)),
            "without_scripts": _WITHOUT_SCRIPTS,
        }

    def _pages(self, titles: Mapping[str, str]) -> list[CheckPage]:
        """The pages of the checks that have a message, by their ids."""
        ids = sorted(name for name, _ in self._figures.checks.largest(COUNTED_APART)[0] if name)
        pages = self._options.pages(ids)
        return [CheckPage(id, titles.get(id, ""), as_html(pages[id], self._markdown)) for id in ids if id in pages]


class CheckPage(NamedTuple):
    """The page of a check: its id, its title, and its text as HTML."""

    id: str
    title: str
    html: str


class Bar(NamedTuple):
    """One bar of a chart: its name ("" for messages about none), what is shown for it, and its parts by severity,
    each from a point to a length, in percent of the longest bar."""

    name: str
    label: str
    title: str
    about: About
    parts: list[tuple[str, str, str]]


class Chart(NamedTuple):
    """Messages by one column of the worklist; there are ``more`` others, or, where so many are not counted one by one,
    over so many."""

    column: str
    noun: str
    nouns: str
    bars: list[Bar]
    more: str
    others: About


def _chart(
    column: str, noun: str, nouns: str, breakdown: Breakdown, none: str, titles: Mapping[str, str] | None = None
) -> Chart:
    named, more, others = breakdown.largest(_BARS)
    longest = max((about.messages for _, about in named), default=1)
    bars = [
        Bar(name, name or none, (titles or {}).get(name, ""), about, _parts(about, longest)) for name, about in named
    ]
    return Chart(column, noun, nouns, bars, f"{'over ' if breakdown.rest else ''}{more:,}", others)


def _parts(about: About, longest: int) -> list[tuple[str, str, str]]:
    parts: list[tuple[str, str, str]] = []
    start = 0
    for severity in SEVERITIES:
        length = getattr(about, severity)
        if length:
            parts.append((severity, _percent(start, longest), _percent(length, longest)))
        start += length
    return parts


@cache
def _template() -> Template:
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ImportError:
        raise FormatError("the format html needs jinja2: pip install 'claimcheck-edits[html]'") from None
    environment = Environment(
        loader=PackageLoader("claimcheck.writers", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(number="{:,}".format, money=in_dollars, percent=_percent, words=_words)
    return environment.get_template("report.html.j2")


def _asset(name: str) -> str:
    return (files("claimcheck.writers") / "report" / name).read_text("utf-8")


def _hash(text: str) -> str:
    """A text's hash as a page's security policy names it: nothing but our own style and script applies."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _as_argument(name: str) -> str:
    """A file as a command names it; standard input can't be read twice."""
    return "FILES" if name == "standard input" else shlex.quote(name)


def _percent(part: Decimal | int, whole: Decimal | int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "0%"


def _words(name: str) -> str:
    return name.replace("_", " ")


FORMAT: Final = Format(HtmlWriter)
