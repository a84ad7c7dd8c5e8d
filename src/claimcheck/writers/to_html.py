"""HTML: one page for an analyst, with the figures of the batch and a worklist of its messages. It needs no network and
no server, and is the same, byte for byte, whenever it is made."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from itertools import chain, islice
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple

from claimcheck.engine.messages import Judged
from claimcheck.message import SEVERITIES, EditMessage, Severity
from claimcheck.writers import Format, FormatError
from claimcheck.writers.columns import columns, texts
from claimcheck.writers.figures import DISPOSITIONS, About, Breakdown, Figures, Subject, subjects

if TYPE_CHECKING:
    from jinja2 import Template

LISTED: Final = 10_000
"""Messages in the worklist, the most severe first; the figures count all messages."""

_WITHOUT_SCRIPTS: Final = 100
"""Messages that a browser without scripts shows."""

_BARS: Final = 10
"""Bars of a chart; what is beyond is one line."""

_FILES_NAMED: Final = 3

_COLUMNS: Final = (*columns(), "disposition")
"""What the worklist says: the message, and what becomes of the lines that it is about."""


class Worklist:
    """The messages that the page holds: those that reject first, then those that warn, then those that inform, each in
    the order of the input. Past its limit a message takes the place of the last of the mildest; the others are counted.

    Attributes:
        left_out: how many messages of each severity the page does not hold.
    """

    def __init__(self, most: int) -> None:
        self._free = most
        self._texts: dict[str, str] = {}
        self._kept: dict[Severity, list[tuple[str, ...]]] = {severity: [] for severity in SEVERITIES}
        self.left_out: dict[Severity, int] = dict.fromkeys(SEVERITIES, 0)

    def take(self, found: Iterable[Subject]) -> None:
        """Keep those messages that there is a place for."""
        for subject in found:
            severity = subject.message.severity
            if self._makes_place(severity):
                cells = (*texts(subject.message), subject.disposition or "")
                self._kept[severity].append(tuple(self._texts.setdefault(text, text) for text in cells))
            else:
                self.left_out[severity] += 1

    def _makes_place(self, severity: Severity) -> bool:
        if self._free:
            self._free -= 1
            return True
        for milder in reversed(SEVERITIES[SEVERITIES.index(severity) + 1 :]):
            if self._kept[milder]:
                self._kept[milder].pop()
                self.left_out[milder] += 1
                return True
        return False

    def __len__(self) -> int:
        return sum(map(len, self._kept.values()))

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        return chain.from_iterable(self._kept.values())

    @property
    def shares(self) -> list[tuple[Severity, int, int]]:
        """Of each severity that there are messages of: how many are held, and how many there are."""
        counts = [(severity, len(kept), len(kept) + self.left_out[severity]) for severity, kept in self._kept.items()]
        return [share for share in counts if share[2]]

    def data(self) -> dict[str, Any]:
        """What the page's script reads: rows of numbers, each of which is for one of the different texts."""
        numbers: dict[str, int] = {}
        rows = [[numbers.setdefault(text, len(numbers)) for text in row] for row in self]
        return {"columns": _COLUMNS, "texts": list(numbers), "rows": rows, "left_out": self.left_out}

    def first(self, most: int) -> Iterator[dict[str, str]]:
        """The first messages by column."""
        return (dict(zip(_COLUMNS, row, strict=True)) for row in islice(self, most))


class HtmlWriter:
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
        """Count a claim with what was found in it, or one message, and keep it for the worklist."""
        found = [*subjects(item)]
        self._figures.count(item, found)
        self._worklist.take(found)

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
            "charges": sum((lines.lines_charge for lines in figures.lines.values()), Decimal(0)),
            "dispositions": DISPOSITIONS,
            "severities": SEVERITIES,
            "missing": figures.missing.rows(),
            "bars": _BARS,
            "charts": [
                _chart("check", "check", "checks", figures.checks, "", self._titles),
                _chart("code", "code", "codes", figures.codes, "no code"),
                _chart("billing_npi", "provider", "providers", figures.providers, "no billing provider"),
                _chart("payer_id", "payer", "payers", figures.payers, "no payer"),
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
    environment.filters.update(number="{:,}".format, money=_money, percent=_percent, words=_words)
    return environment.get_template("report.html.j2")


def _asset(name: str) -> str:
    return (files("claimcheck.writers") / "report" / name).read_text("utf-8")


def _hash(text: str) -> str:
    """A text's hash as a page's security policy names it: nothing but our own style and script applies."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _money(amount: Decimal) -> str:
    return f"{'-' if amount < 0 else ''}${abs(amount):,.2f}"


def _percent(part: Decimal | int, whole: Decimal | int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "0%"


def _words(name: str) -> str:
    return name.replace("_", " ")


FORMAT: Final = Format(lambda stream, options: HtmlWriter(stream, titles=options.titles()))
