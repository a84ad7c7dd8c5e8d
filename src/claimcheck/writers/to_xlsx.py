"""XLSX: a workbook for people who work in Excel, with a sheet for each disposition whose rows are lines with their
messages, and one of figures. Needs the extra ``xlsx`` (XlsxWriter).

Codes, numbers of claims and providers are texts, so that no leading zero is lost; nothing in a cell is a formula or a
link. Rows go to temporary files as they come, so that memory does not grow with the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from tempfile import TemporaryDirectory
from typing import IO, Any, Final, NamedTuple

from claimcheck.claim import Claim, Line, as_date, as_number
from claimcheck.engine.messages import Judged
from claimcheck.message import SEVERITIES, Disposition, EditMessage
from claimcheck.writers import Format, FormatError
from claimcheck.writers.figures import DISPOSITIONS, About, Figures, Subject, subjects
from claimcheck.writers.judged import shaped

try:
    import xlsxwriter
except ModuleNotFoundError:
    raise FormatError("xlsx needs XlsxWriter: pip install 'claimcheck-edits[xlsx]'") from None

MOST_ROWS: Final = 1_048_575
"""Rows of a sheet beside its header: what Excel opens. More go on in another sheet."""

_MOST_CHARACTERS: Final = 32_767
"""What a cell holds."""

_MADE: Final = datetime(1980, 1, 1)
"""When every workbook says that it was made: the same input gives the same bytes."""

_NAMES: Final = {
    Disposition.REJECTED: "Rejected",
    Disposition.NOT_JUDGED: "Not judged",
    Disposition.ACCEPTED_WITH_WARNINGS: "Accepted with warnings",
    Disposition.ACCEPTED: "Accepted",
}
_UNREAD: Final = "Not read"


class _Column(NamedTuple):
    """A column: its name, its width in characters, and how its cells are written."""

    name: str
    width: int
    kind: str = "text"


_OF_LINES: Final = (
    _Column("Claim", 18),
    _Column("Line", 6),
    _Column("Control", 18),
    _Column("Code", 8),
    _Column("Modifiers", 10),
    _Column("Units", 7, "number"),
    _Column("From", 11, "date"),
    _Column("To", 11, "date"),
    _Column("Charge", 12, "money"),
    _Column("Reject", 16),
    _Column("Warn", 16),
    _Column("Inform", 16),
    _Column("Messages", 90, "wrapped"),
    _Column("Claim is", 22),
    _Column("Payer", 14),
    _Column("Billing NPI", 12),
    _Column("Setting", 13),
    _Column("Profile", 18),
    _Column("File", 24),
    _Column("Segment or row", 14, "number"),
)

_OF_MESSAGES: Final = (
    _Column("Severity", 9),
    _Column("Check", 16),
    _Column("Claim", 18),
    _Column("Message", 90, "wrapped"),
    _Column("Remedy", 60, "wrapped"),
    _Column("File", 24),
    _Column("Segment or row", 14, "number"),
)

_FORMATS: Final = {
    "text": {"num_format": "@", "valign": "top"},
    "wrapped": {"num_format": "@", "valign": "top", "text_wrap": True},
    "number": {"valign": "top"},
    "date": {"num_format": "yyyy-mm-dd", "valign": "top"},
    "money": {"num_format": "#,##0.00", "valign": "top"},
    "header": {"bold": True, "bottom": 1, "valign": "top"},
}


class _Sheets:
    """Sheets of one kind: when one is full, the rows go on in the next."""

    def __init__(self, workbook: Any, formats: Mapping[str, Any], name: str, columns: Sequence[_Column]) -> None:
        self._workbook, self._formats, self._columns = workbook, formats, columns
        self._kinds = [(at, column.kind, formats[column.kind]) for at, column in enumerate(columns)]
        self.names: list[str] = []
        self._base = name
        self._begin()

    def _begin(self) -> None:
        number = len(self.names) + 1
        self.names.append(self._base if number == 1 else f"{self._base} {number}")
        self._sheet = self._workbook.add_worksheet(self.names[-1])
        self._row = 0
        for at, column in enumerate(self._columns):
            self._sheet.set_column(at, at, column.width, self._formats[column.kind])
            self._sheet.write_string(0, at, column.name, self._formats["header"])
        self._sheet.freeze_panes(1, 0)
        self._sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{MOST_ROWS + 1}"})

    def add(self, values: Sequence[Any]) -> None:
        """Write a row. A value of a column of numbers or dates that is none is a text."""
        if self._row >= MOST_ROWS:
            self.end()
            self._begin()
        self._row += 1
        row, sheet = self._row, self._sheet
        for (at, kind, style), value in zip(self._kinds, values, strict=True):
            if value is None or value == "":
                continue
            if isinstance(value, str):
                sheet.write_string(row, at, value, style)
            elif kind == "date":
                sheet.write_datetime(row, at, value, style)
            else:
                sheet.write_number(row, at, value, style)

    def end(self) -> None:
        """The last row is written: filters are over all."""
        self._sheet.autofilter(0, 0, self._row, len(self._columns) - 1)


class XlsxWriter:
    """Writes one workbook when the batch ends.

    Args:
        stream: where to.
        titles: gives what each check looks for, by its id.
    """

    def __init__(self, stream: IO[bytes], titles: Callable[[], Mapping[str, str]] = dict) -> None:
        self._stream, self._titles = stream, titles
        self._figures = Figures()
        self._sheets: dict[str, _Sheets] = {}

    def _open(self) -> dict[str, _Sheets]:
        """The workbook, begun with the first row: not before other processes are started."""
        self._folder = TemporaryDirectory()  # gone with the writer, also where the run is given up
        options = {
            "constant_memory": True,
            "tmpdir": self._folder.name,
            **dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False),
        }
        self._workbook = xlsxwriter.Workbook(self._stream, options)
        self._workbook.set_properties({"created": _MADE})
        self._formats = {name: self._workbook.add_format(style) for name, style in _FORMATS.items()}
        self._summary = self._workbook.add_worksheet("Summary")
        sheets = {str(of): _Sheets(self._workbook, self._formats, name, _OF_LINES) for of, name in _NAMES.items()}
        return {**sheets, _UNREAD: _Sheets(self._workbook, self._formats, _UNREAD, _OF_MESSAGES)}

    def take(self, item: Judged | EditMessage) -> None:
        """Write the lines of a claim, or what could not be read."""
        self._sheets = self._sheets or self._open()
        found = [*subjects(item)]
        self._figures.count(item, found)
        if isinstance(item, EditMessage):
            locus = item.locus
            place = locus.segment if locus.row is None else locus.row
            values = (item.severity, item.check, item.claim_id, item.text, item.remedy, locus.file, place)
            self._sheets[_UNREAD].add([_text(value) if isinstance(value, str) else value for value in values])
            return
        claim, outcome = item
        said = _said(found, len(claim.lines)) if found else [_NOTHING] * len(claim.lines)
        behind = (_NAMES[outcome.disposition], *_behind(claim, outcome.profile))
        for line, disposition, messages in zip(claim.lines, outcome.dispositions, said, strict=True):
            self._sheets[disposition].add((*_before(claim, line), *messages, *behind, line.place))

    def close(self) -> None:
        """Write the figures, and the workbook."""
        self._sheets = self._sheets or self._open()
        for sheets in self._sheets.values():
            sheets.end()
        self._write_summary()
        self._workbook.close()
        self._folder.cleanup()

    def _write_summary(self) -> None:
        figures, sheet = self._figures, self._summary
        sheet.set_column(0, 0, 26, self._formats["text"])
        sheet.set_column(1, 1, 60, self._formats["wrapped"])
        sheet.set_column(2, 6, 16, self._formats["number"])
        sheet.ignore_errors({"number_stored_as_text": "A1:B1048576"})
        row = self._table(
            0,
            ("Disposition", "Sheets", "Claims", "Claims' charge", "Lines", "Lines' charge"),
            [
                (
                    _NAMES[of],
                    ", ".join(self._sheets[of].names),
                    counted.claims,
                    _Money(counted.claims_charge),
                    counted.lines,
                    _Money(counted.lines_charge),
                )
                for of in DISPOSITIONS
                for counted in (figures.lines[of],)
            ],
        )
        row = self._table(
            row + 1,
            ("Messages", "", "Number"),
            [
                ("All", "", figures.messages),
                (_UNREAD, "Rejects about input that could not be read as a line", figures.unreadable),
                ("Lines without a charge", "In no sum", figures.uncharged),
            ],
        )
        titles = self._titles()
        checks, _, _ = figures.checks.largest(MOST_ROWS)
        self._table(
            row + 1,
            ("Check", "Finding", "Reject", "Warn", "Inform", "Rejected lines' charge"),
            [(id, titles.get(id, ""), *_counts(about)) for id, about in checks],
        )

    def _table(self, row: int, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
        """Write a table of the summary; the row behind it."""
        for at, name in enumerate(header):
            self._summary.write_string(row, at, name, self._formats["header"])
        for values in rows:
            row += 1
            for at, value in enumerate(values):
                if isinstance(value, str):
                    self._summary.write_string(row, at, value, self._formats["wrapped" if at == 1 else "text"])
                else:
                    style = self._formats["money" if isinstance(value, _Money) else "number"]
                    self._summary.write_number(row, at, float(value), style)
        return row + 1


class _Money(float):
    """An amount in US dollars."""


def _counts(about: About) -> tuple[Any, ...]:
    return about.reject, about.warn, about.inform, _Money(about.rejected_lines_charge)


_NOTHING: Final = ("", "", "", "")


def _said(found: Iterable[Subject], lines: int) -> list[tuple[str, ...]]:
    """Of each line the checks that fired, by severity, and what their messages say."""
    checks: list[dict[Any, dict[str, None]]] = [{severity: {} for severity in SEVERITIES} for _ in range(lines)]
    texts: list[list[str]] = [[] for _ in range(lines)]
    for message, _, at_lines, _ in found:
        remedy = f" {message.remedy}" if message.remedy else ""
        text = f"{message.check}: {message.text}{remedy}"
        for at in at_lines:
            checks[at][message.severity][message.check] = None
            texts[at].append(text)
    return [
        (*(", ".join(ids) for ids in of.values()), _text("\n".join(told)))
        for of, told in zip(checks, texts, strict=True)
    ]


def _before(claim: Claim, line: Line) -> tuple[Any, ...]:
    service = line.service
    units = shaped("units", service.units)
    return (
        _text(claim.claim_id),
        _text(line.number),
        _text(line.control or ""),
        _text(service.code),
        _text(" ".join(service.modifiers)),
        float(units) if units else "",
        _date(line.from_date),
        _date(line.to_date or line.from_date),
        _amount(line.charge),
    )


def _behind(claim: Claim, profile: str) -> tuple[str, ...]:
    values = (claim.payer_id or "", claim.billing_npi or "", str(claim.setting), profile, claim.locus.file)
    return tuple([_text(value) for value in values])


def _amount(charge: str | None) -> float | str:
    amount = as_number(charge) if charge else None
    return "" if amount is None else float(amount)


def _date(billed: str) -> date | str:
    """A date as one; a text where Excel has no such day."""
    day = as_date(billed)
    if day is None:
        return _text(billed)
    return day if day.year >= _FIRST_YEAR else day.isoformat()


_FIRST_YEAR: Final = 1901


def _text(value: str) -> str:
    """A text as a cell holds it: not too long, and in characters that UTF-8 has."""
    if len(value) > _MOST_CHARACTERS:
        value = value[: _MOST_CHARACTERS - len(_CUT)] + _CUT
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


_CUT: Final = " (cut: a cell holds no more)"


FORMAT: Final = Format(lambda stream, options: XlsxWriter(stream, options.titles), binary=True)
