"""ICD-10-CM, for each fiscal year and its April update: the order file, the list of codes, and the tabular list.

The order file marks with 0 the categories, which can't be billed; the list of codes does not, but a code that no other
begins with is one that can. Of the order file's titles, which are left where they are, those that leave the side open
and have a right and a left beside them are told by their words. The tabular list (XML) is read for its Excludes1 notes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from io import BytesIO
from itertools import pairwise
from typing import Final
from xml.etree import ElementTree

from claimcheck.message import Citation
from claimcheck.rulebook.documents import InvalidSourceFile, Sheet, is_blank
from claimcheck.rulebook.parts import Part, Record, Told, days_of, names_of
from claimcheck.rulebook.schema import OPEN
from claimcheck.rulebook.tables import TABLES
from claimcheck.rulebook.tables.code_sets import EXCLUDES1, ICD_10_CM, UNSPECIFIED_SIDES

_ORDERED = re.compile(r"[0-9]{5} (?P<code>[A-Z][0-9A-Z]{2,6}) +(?P<billable>[01]) .{60} (?P<title>.+)")
"""A row of the order file: its number in columns 1 to 5, the code in 7 to 13, whether it can be billed in 15, the short
title in 17 to 76 and the long one from 78 on."""
_LISTED = re.compile(r"[A-Z][0-9A-Z]{2,6}")
_HEADING = re.compile(r"[0-9]{1,2}|[A-Z][0-9A-Z]{2}-[A-Z][0-9A-Z]{2}")
"""What else the list of codes has: numbers of chapters, ranges of sections."""
_ROOT: Final = "ICD10CM.tabular"
_MONTH = re.compile(r"(jan|apr|oct)[a-z]*[ _-]*(?:1[ _-]+)?(20[0-9]{2})|(20[0-9]{2})", re.IGNORECASE)
_FIRST_OF: Final = {"jan": (1, 1), "apr": (4, 1), "oct": (10, 1)}


def recognise(sheet: Sheet, told: Told) -> list[Part]:
    """What a sheet has of ICD-10-CM, if it is one of its files."""
    lines = [row[0].rstrip() for row in sheet.head if sheet.fixed and not is_blank(row)]
    if not lines:
        return []
    if _is_tabular(lines):
        return [_part(sheet, told, EXCLUDES1, lambda notes: _notes(sheet), 2_500)]
    if all(_ORDERED.fullmatch(line) for line in lines):
        return [
            _part(sheet, told, ICD_10_CM, lambda notes: _ordered(sheet), 60_000),
            _part(sheet, told, UNSPECIFIED_SIDES, lambda notes: _sides(sheet), 9_000),
        ]
    if len(lines) > 3 and all(_LISTED.fullmatch(line) or _HEADING.fullmatch(line) for line in lines):
        return [_part(sheet, told, ICD_10_CM, lambda notes: _listed(sheet), 60_000)]
    return []


def _part(sheet: Sheet, told: Told, table: str, records: object, min_rows: int) -> Part:
    first, last = days_of(told, sheet, _fiscal_year(names_of(sheet)), "icd10cm-order-2026, code-list-April-2025")
    year = first.year + (first.month >= 10)
    update = "" if (first.month, first.day) == (10, 1) else f" from {first}"
    name = f"ICD-10-CM FY{year}{update}"
    citation = Citation(f"{TABLES[table].title}, FY{year}{update}", url=TABLES[table].page)
    return Part(sheet, table, name, first, last, first, citation, records, min_rows)  # type: ignore[arg-type]


def _fiscal_year(names: str) -> tuple[date, date] | None:
    """The days of a release by how its file is called: an update of January or April holds from then to the end of
    the fiscal year, one that names a year alone holds for that fiscal year."""
    found = _MONTH.search(names)
    if found is None:
        return None
    if not found[1]:
        year = int(found[3])
        return date(year - 1, 10, 1), date(year, 9, 30)
    first = date(int(found[2]), *_FIRST_OF[found[1].lower()])
    return first, date(first.year + (first.month >= 10), 9, 30)


# Codes.


def _ordered(sheet: Sheet) -> Iterator[Record]:
    for number, code, billable, _ in _rows_in_order(sheet):
        if billable:
            yield code, 10101, OPEN, number


def _rows_in_order(sheet: Sheet) -> Iterator[tuple[int, str, bool, str]]:
    """The rows of an order file: number, code, whether it can be billed, title."""
    for number, (line,) in sheet.rows():
        if is_blank([line]):
            continue
        found = _ORDERED.fullmatch(line.rstrip())
        if found is None:
            raise sheet.refuse(number, "1 to 78", line.strip(), "number, code, 0 or 1 and titles: is the file cut off?")
        yield number, found["code"], found["billable"] == "1", found["title"]


def _listed(sheet: Sheet) -> Iterator[Record]:
    """The codes of a list that no other code begins with."""
    codes: dict[str, int] = {}
    for number, (line,) in sheet.rows():
        code = line.strip()
        if _LISTED.fullmatch(code):
            codes[code] = number
        elif code and not _HEADING.fullmatch(code):
            raise sheet.refuse(number, "1", code, "a code of ICD-10-CM without its point, or a heading")
    for code in billable(codes):
        yield code, 10101, OPEN, codes[code]


def billable(codes: Iterable[str]) -> list[str]:
    """Of all codes, categories too, those that no other begins with."""
    ordered = sorted(set(codes))
    return [code for code, after in pairwise([*ordered, ""]) if not after.startswith(code)]


# The side that a title leaves open.


def _sides(sheet: Sheet) -> Iterator[Record]:
    rows = {code: (number, title) for number, code, billable, title in _rows_in_order(sheet) if billable}
    titles = {code: title for code, (_, title) in rows.items()}
    for code, right, left in unspecified_sides(titles):
        yield code, 10101, OPEN, f"{right} {left}", rows[code][0]


def unspecified_sides(titles: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Codes whose title has "unspecified" where those of two others have "right" and "left", with these."""
    codes = {title.lower(): code for code, title in titles.items()}
    for code, title in titles.items():
        parts = re.split(r"\bunspecified\b", title.lower())
        for at in range(1, len(parts)):
            before, after = "unspecified".join(parts[:at]), "unspecified".join(parts[at:])
            right, left = (codes.get(f"{before}{side}{after}") for side in ("right", "left"))
            if right and left:
                yield code, right, left
                break


# Notes.


def _is_tabular(lines: list[str]) -> bool:
    return any(f"<{_ROOT}>" in line for line in lines[:5])


def _notes(sheet: Sheet) -> Iterator[Record]:
    data = sheet.document.data
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise InvalidSourceFile(f"{sheet.place}: declares entities, which no file of CMS does")
    try:
        root = ElementTree.parse(BytesIO(data)).getroot()
    except ElementTree.ParseError as error:
        raise InvalidSourceFile(f"{sheet.place}: can't be read as XML: {error}. Get the file again") from None
    for code, value in sorted(joined_notes(_noted(root)).items()):
        yield code, 10101, OPEN, value, None


Noted = tuple[str, str, str]
"""What a note is of (chapter, section or code), the category or code at which it counts, and its codes and ranges."""


def _noted(root: ElementTree.Element) -> Iterator[Noted]:
    """Every Excludes1 note of a tabular list."""
    for chapter in root.iter("chapter"):
        sections = chapter.findall("section")
        span = re.search(r"\(([A-Z0-9]{3}-[A-Z0-9]{3})\)", chapter.findtext("desc") or "")
        categories = [_name(diag) for section in sections for diag in section.findall("diag")]
        yield from _noted_at(chapter, span[1] if span else "", categories)
        for section in sections:
            yield from _noted_at(section, section.get("id") or "", [_name(diag) for diag in section.findall("diag")])
            for diag in section.iter("diag"):
                yield from _noted_at(diag, _name(diag), [_name(diag)])


def _name(diag: ElementTree.Element) -> str:
    return (diag.findtext("name") or "").replace(".", "")


def _noted_at(element: ElementTree.Element, where: str, codes: list[str]) -> Iterator[Noted]:
    for note in element.findall("excludes1/note"):
        for token in tokens_of("".join(note.itertext())):
            for code in codes:
                yield where, code, token


_IN_BRACKETS = re.compile(r"\(([^()]*)\)")
_ONE: Final = r"([A-Z](?=[0-9A-Z]?[0-9])[0-9A-Z]{2}(?:\.[0-9A-Z]{0,4})?)\.?-?"
_TOKEN = re.compile(rf"{_ONE}(?:-{_ONE})?")


def tokens_of(note: str) -> Iterator[str]:
    """The codes and ranges that a note names in brackets, without points. One that says more in words ("with fifth
    character 2") is left out."""
    for inside in _IN_BRACKETS.findall(note):
        for part in re.split(r"[,;|]", inside):
            if found := _TOKEN.fullmatch(part.strip()):
                yield "-".join(code.replace(".", "") for code in found.groups() if code)


def joined_notes(notes: Iterable[Noted]) -> dict[str, str]:
    """What the table has of each category or code: what its own notes name, then those of its section and chapter."""
    found: dict[str, dict[str, dict[str, None]]] = {}
    for where, code, token in notes:
        if "-" in where and _is_within(token, where):
            continue  # it excludes a part of itself
        found.setdefault(code, {}).setdefault("" if where == code else where, {})[token] = None
    return {
        code: "; ".join(
            f"{where}: {' '.join(tokens)}" if where else " ".join(tokens) for where, tokens in sorted(said.items())
        )
        for code, said in found.items()
    }


def _is_within(token: str, span: str) -> bool:
    first, _, last = span.partition("-")
    begins, _, ends = token.partition("-")
    return first <= begins[:3] and (ends or begins)[:3] <= last
