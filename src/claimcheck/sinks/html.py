"""HTML: one page for an analyst, with the figures of the batch and a worklist of its messages. It needs no network and
no server, and is the same, byte for byte, whenever it is made."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple

from claimcheck.message import SEVERITIES, EditMessage
from claimcheck.sinks import FormatError
from claimcheck.sinks.columns import columns, texts
from claimcheck.sinks.figures import DISPOSITIONS, About, Breakdown, Figures, Subject, subjects
from claimcheck.stamp import Judged

if TYPE_CHECKING:
    from jinja2 import Template

LISTED: Final = 10_000
"""Messages in the worklist; figures count them all."""

_WITHOUT_SCRIPTS: Final = 100
"""Messages that a browser without scripts shows."""

_BARS: Final = 10
"""Bars of a chart; what is beyond is one line."""

_FILES_NAMED: Final = 3

_ABOUT_CLAIM: Final = ("billing_npi", "payer_id", "charge", "disposition")
"""What the worklist says beyond the message, named as in the row format."""

_COLUMNS: Final = (*columns(), *_ABOUT_CLAIM)


class Worklist:
    """The first messages, as rows of numbers: each stands for one of the different texts, which are kept once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._texts: dict[str, int] = {}
        self.rows: list[list[int]] = []

    def take(self, item: Judged | EditMessage) -> None:
        """Keep an item's messages, as far as there is room."""
        room = self._most - len(self.rows)
        for subject in islice(subjects(item), room) if room else ():
            cells = (*texts(subject.message), *_about_claim(subject))
            self.rows.append([self._texts.setdefault(text, len(self._texts)) for text in cells])

    def data(self) -> dict[str, Any]:
        """What the page's script reads."""
        return {"columns": _COLUMNS, "texts": list(self._texts), "rows": self.rows}

    def first(self, most: int) -> Iterator[dict[str, str]]:
        """The first messages by column."""
        texts = list(self._texts)
        for row in self.rows[:most]:
            yield {name: texts[at] for name, at in zip(_COLUMNS, row, strict=True)}


class HtmlSink:
    """Writes one page when the batch ends.

    Args:
        stream: where to.
        titles: what each check looks for, by id, beside it in the charts.
        listed: how many messages the worklist holds.

    Raises:
        FormatError: jinja2 is not installed.
    """

    def __init__(self, stream: IO[str], *, titles: Mapping[str, str] | None = None, listed: int = LISTED) -> None:
        self._stream = stream
        self._titles = titles or {}
        self._template = _template()
        self._figures = Figures()
        self._worklist = Worklist(listed)

    def take(self, item: Judged | EditMessage) -> None:
        """Count a claim with what was said of it, or one message, and keep the first messages."""
        self._figures.take(item)
        self._worklist.take(item)

    def close(self) -> None:
        """Write the page."""
        for part in self._template.generate(self._page()):
            self._stream.write(part)

    def _page(self) -> dict[str, Any]:
        """What the template shows."""
        figures, style, script = self._figures, _asset("report.css"), _asset("report.js")
        return {
            "style": style,
            "script": script,
            "style_hash": _hash(style),
            "script_hash": _hash(script),
            "files": [name.encode("utf-8", "replace").decode() for name in list(figures.files)[:_FILES_NAMED]],
            "figures": figures,
            "claims": sum(lines.claims for lines in figures.lines.values()),
            "total_lines": sum(lines.lines for lines in figures.lines.values()),
            "charges": sum((lines.charges for lines in figures.lines.values()), Decimal(0)),
            "dispositions": DISPOSITIONS,
            "severities": SEVERITIES,
            "missing": figures.missing.rows(),
            "bars": _BARS,
            "charts": [
                _chart("check", "check", "checks", figures.checks, "", self._titles),
                _chart("code", "code", "codes", figures.codes, "no code"),
                _chart("billing_npi", "provider", "providers", figures.providers, "no billing provider named"),
                _chart("payer_id", "payer", "payers", figures.payers, "no payer named"),
            ],
            "worklist": self._worklist,
            "without_scripts": _WITHOUT_SCRIPTS,
        }


class Bar(NamedTuple):
    """One bar of a chart: its name ("" for messages about none), what is shown for it, and its parts by severity,
    each from a point to a length, in percent of the longest bar."""

    name: str
    label: str
    title: str
    about: About
    parts: list[tuple[str, str, str]]


class Chart(NamedTuple):
    """Messages by one column of the worklist."""

    column: str
    noun: str
    nouns: str
    bars: list[Bar]
    more: int
    others: About


def _chart(
    column: str, noun: str, nouns: str, breakdown: Breakdown, none: str, titles: Mapping[str, str] | None = None
) -> Chart:
    named, more, others = breakdown.largest(_BARS)
    longest = max((about.messages for _, about in named), default=1)
    bars = [
        Bar(name, name or none, (titles or {}).get(name, ""), about, _parts(about, longest)) for name, about in named
    ]
    return Chart(column, noun, nouns, bars, more, others)


def _parts(about: About, longest: int) -> list[tuple[str, str, str]]:
    parts: list[tuple[str, str, str]] = []
    start = 0
    for severity in SEVERITIES:
        length = getattr(about, severity)
        if length:
            parts.append((severity, _percent(start, longest), _percent(length, longest)))
        start += length
    return parts


def _about_claim(subject: Subject) -> tuple[str, ...]:
    claim, charge = subject.claim, subject.charge
    return (
        (claim and claim.billing_npi) or "",
        (claim and claim.payer_id) or "",
        f"{charge:f}" if charge is not None else "",
        subject.disposition or "",
    )


@cache
def _template() -> Template:
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ImportError:
        raise FormatError("the format html needs jinja2: pip install 'claimcheck[html]'") from None
    environment = Environment(
        loader=PackageLoader("claimcheck.sinks", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(number="{:,}".format, money=_money, percent=_percent, words=_words)
    return environment.get_template("report.html.j2")


def _asset(name: str) -> str:
    return (files("claimcheck.sinks") / "report" / name).read_text("utf-8")


def _hash(text: str) -> str:
    """A text's hash as a page's security policy names it: nothing but our own style and script applies."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _money(amount: Decimal) -> str:
    return f"{'-' if amount < 0 else ''}${abs(amount):,.2f}"


def _percent(part: Decimal | int, whole: Decimal | int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "0%"


def _words(name: str) -> str:
    return name.replace("_", " ")
