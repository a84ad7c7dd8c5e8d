"""Text for people: messages grouped by claim and line, with the fix and the source."""

from __future__ import annotations

import textwrap
from typing import IO, Final

import typer

from claimcheck.claim import Location
from claimcheck.message import INFORM, REJECT, WARN, EditMessage
from claimcheck.writers import Format, MessageWriter

_COLORS: Final = {REJECT: "red", WARN: "yellow", INFORM: "blue"}
_WIDTH: Final = 100
_MARGIN: Final = " " * 12
_LINES: Final = 20
"""Numbers of lines that a heading shows."""


class TextWriter(MessageWriter):
    """Writes a heading for each claim and line that has messages; colors only where asked."""

    def __init__(self, stream: IO[str], *, colors: bool = False) -> None:
        self._print = stream.write
        self._colors = colors
        self._claim: tuple[object, ...] | None = None
        self._line: tuple[object, ...] | None = None

    def write(self, message: EditMessage) -> None:
        """Write one message under its headings."""
        claim = (message.claim_id, message.locus.file, message.locus.interchange, message.locus.transaction)
        if claim != self._claim:
            self._print(("\n" if self._claim else "") + self._claim_heading(message))
            self._claim, self._line = claim, None
        line = (message.line_number, message.locus)
        if message.line_number is not None and line != self._line:
            self._print(self._line_heading(message))
        elif message.lines is not None:
            self._print(f"  {_lines(message.lines)}\n")
        self._line = line
        self._print(self._body(message))

    def _style(self, text: str, **how: object) -> str:
        return typer.style(text, **how) if self._colors else text  # type: ignore[arg-type]

    def _claim_heading(self, message: EditMessage) -> str:
        if message.claim_id is None:
            return self._style(_shown(message.locus.file), bold=True) + "\n"
        heading = self._style(f"claim {_shown(message.claim_id)}", bold=True)
        about = [_shown(message.locus.file), *([message.setting, message.profile] if message.profile else [])]
        return f"{heading}  {'  '.join(str(part) for part in about)}\n"

    def _line_heading(self, message: EditMessage) -> str:
        code = _shown("-".join([message.code or "no code", *message.modifiers]))
        control = f"  control {_shown(message.line_control)}" if message.line_control else ""
        day = _shown(message.service_date or "no date")
        return f"  line {_shown(message.line_number or '')}  {code}  {day}{control}\n"

    def _body(self, message: EditMessage) -> str:
        severity = self._style(f"{message.severity.upper():<7}", fg=_COLORS[message.severity], bold=True)
        source = "; ".join(part for part in (message.citation.title, message.citation.section) if part)
        if message.releases:
            source += f" [{', '.join(message.releases)}]"
        lines = [f"    {severity} {self._style(message.check, bold=True)}  {_place(message.locus)}\n"]
        lines += _paragraph("", _shown(message.text))
        label, found = _found(message)
        if found and message.lines is None:  # else the text names what is missing, and nothing was found
            lines += _paragraph(label, _shown(found))
        if message.remedy:
            lines += _paragraph("fix: ", message.remedy + _on_claim(message))
        if message.shadow:
            lines += _paragraph("shadow: ", f"this check is on trial; without that it would {message.shadow}")
        if message.waived:
            waived = message.waived
            parts = [f"{waived.reason} ({waived.who}, until {waived.until}; it would {waived.severity})"]
            parts += [f"ticket {waived.ticket}"] * bool(waived.ticket)
            if waived.approved_by or waived.approved_on:
                approved = (
                    waived.approved_by and f"by {waived.approved_by}",
                    waived.approved_on and f"on {waived.approved_on}",
                )
                parts.append(f"approved {' '.join(filter(None, approved))}")
            lines += _paragraph("waived: ", _shown("; ".join(parts)))
        if message.lines is None:
            lines += [self._style(line, dim=True) for line in _paragraph("source: ", source)]
        return "".join(lines)


def _lines(numbers: list[str]) -> str:
    """The lines of a message about several lines."""
    shown = ", ".join(map(_shown, numbers[:_LINES]))
    more = len(numbers) - _LINES
    return f"line{'' if len(numbers) == 1 else 's'} {shown}" + (f" and {more:,} more" if more > 0 else "")


def _found(message: EditMessage) -> tuple[str, str]:
    """The label, and the value found and the values allowed, where the text does not name them."""
    observed, allowed = message.observed, message.allowed
    found = "" if observed is None else visible(observed)
    if found and found == observed and observed in message.text:
        found = ""
    allowed = allowed if allowed and allowed not in message.text else ""
    if found and allowed:
        return "found: ", f"{found}; allowed: {allowed}"
    return ("found: ", found) if found else ("allowed: ", allowed)


def _on_claim(message: EditMessage) -> str:
    """Where on the claim to do it: item of the paper form, and element of the 837; nothing where neither is known."""
    box = message.box if message.box is None or message.box.startswith("FL") else f"item {message.box}"
    known = [place for place in (box, message.element) if place]
    return f" ({', '.join(known)})" if known else ""


def visible(observed: str) -> str:
    """A value with its blanks to be seen: in quotes, if it has any at its ends, several in a row, or one inside a
    code or number. Words that say what was found are left as they are."""
    if not observed.strip():
        return "(blank)"
    odd = observed != " ".join(observed.split()) or (" " in observed and observed == observed.upper())
    return f'"{observed}"' if odd else observed


def _shown(text: str) -> str:
    """Input as shown on a terminal, without characters that would move its cursor or change its colors."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)


def _place(locus: Location) -> str:
    if locus.row is not None:
        return f"row {locus.row}"
    names = (
        ("interchange", locus.interchange),
        ("transaction", locus.transaction),
        ("segment", locus.segment),
    )
    return ", ".join(f"{name} {value}" for name, value in names if value not in (None, ""))


def _paragraph(label: str, text: str) -> list[str]:
    wrapped = textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=_MARGIN + label,
        subsequent_indent=_MARGIN + " " * len(label),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line + "\n" for line in wrapped]


FORMAT: Final = Format(lambda stream, options: TextWriter(stream, colors=options.colors))
