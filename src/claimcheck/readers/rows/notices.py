"""Messages about a file's columns, and about rows and headers that do not have those which they must."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from difflib import get_close_matches
from typing import Any, Final

from claimcheck.claim import Location
from claimcheck.message import EditMessage
from claimcheck.readers.edits import unreadable
from claimcheck.readers.rows.columns import COLUMNS, KNOWN, NEEDED, OFTEN_CALLED
from claimcheck.readers.rows.edits import ROW_COLUMN, ROW_COLUMNS, ROW_ENCODING, ROW_FIELD, ROW_HEADER
from claimcheck.readers.rows.layout import Layout, folded, shown

OF_CHECKS: Final = {
    ("charge",): ("CHG",),
    ("pointers",): ("DX-PTR",),
    ("diagnoses",): ("DX-PTR",),
    ("place_of_service",): ("POS-INVALID", "POS-TYPE", "PCTC-POS"),
    ("received_date",): ("DATE-FUTURE", "DATE-TIMELY"),
    ("billing_npi",): ("NPI (billing)",),
    ("rendering_npi",): ("NPI (rendering)",),
    ("patient_id",): ("what spans claims",),
    ("billing_npi", "rendering_npi"): ("what spans claims",),
    ("birth_date",): ("AGE",),
    ("sex",): ("SEX",),
    ("referring_npi", "ordering_npi"): ("ORDREF",),
    ("clia",): ("CLIA",),
    ("description",): ("NOC-DESC",),
}
"""Columns of which a file may lack every one, and the checks that then have nothing to judge."""

WITHOUT: Final = "in this row and others without them"
"""Where checks do not judge that need what a row lacks."""

_MOST_NAMED = 100
"""Strange columns named in a file: names are input, so what is remembered of them is bounded."""

LIKELY_HEADER: Final = 2
"""Known names that make a line a header: one word may be anything."""

_NAMED = 60
"""Columns that a message names."""


class Notices:
    """Messages that come once a file: about its columns, and its encoding."""

    def __init__(self, file: str, columns: Mapping[str, str]) -> None:
        self.file = file
        self.columns = columns
        self.named: set[str] = set()
        self.reported: set[tuple[str, ...]] = set()
        self.recoded = False

    def of_mapping(self, row: int) -> Iterator[EditMessage]:
        """Names in ``columns`` that are no columns of ours."""
        for ours in self.columns:
            if ours not in KNOWN:
                text = f"The configuration maps {shown(ours)}, which is no column of a claim line."
                yield self._of_column(row, ours, text, f"Map one of: {', '.join(COLUMNS)}.")

    def of_mapped(self, names: Sequence[str], layout: Layout, row: int) -> Iterator[EditMessage]:
        """Mapped columns that the file does not have under that name."""
        there = set(map(folded, names))
        for ours, theirs in self.columns.items():
            if ours in KNOWN and folded(theirs) not in there:
                instead = f"; column {ours} is read instead." if ours in layout.at else "."
                text = f"There is no column {shown(theirs)}, to which {ours} is mapped{instead}"
                yield self._of_column(row, theirs, text, "Correct the mapping, or the file's header.")

    def of_unmet(self, met: AbstractSet[str], row: int) -> Iterator[EditMessage]:
        """Mapped keys that no row of JSON lines has; ``met`` are our names of those that some row has."""
        for ours, theirs in self.columns.items():
            if ours in KNOWN and ours not in met:
                text = f"No row has the key {shown(theirs)}, to which {ours} is mapped."
                yield self._of_column(row, theirs, text, "Correct the mapping, or the file's keys.")

    def of_unknown(self, unknown: Iterable[tuple[str, str]], row: int) -> Iterator[EditMessage]:
        """Columns that are not read, each once."""
        for name, text in unknown:
            if text in self.named or len(self.named) > _MOST_NAMED:
                continue
            self.named.add(text)
            if len(self.named) > _MOST_NAMED:
                text = "More columns are not known; they are ignored without a message."
            remedy = "Rename it or map it in the configuration if it is needed; otherwise leave it out."
            if nearest := self._nearest(name):
                mapping = f'[columns] {nearest} = "{shown(name)}"'
                remedy = f"Did you mean {nearest}? Rename the column, or map it in the configuration: {mapping}."
            yield self._of_column(row, name, text, remedy)

    def of_missing(self, carried: AbstractSet[str], row: int, where: str = "for this file") -> Iterator[EditMessage]:
        """Columns that are missing and checks depend on, each once: in the whole file, or, in JSON lines,
        in a row and others like it."""
        missing = [names for names in self.not_reported if carried.isdisjoint(names)]
        if not missing:
            return
        self.reported.update(missing)
        columns = ", ".join(dict.fromkeys(name for names in missing for name in names))
        *checks, last = dict.fromkeys(check for names in missing for check in OF_CHECKS[names])
        checks_are = f"{', '.join(checks)} and {last} are" if checks else f"{last} is"
        yield unreadable(
            ROW_COLUMNS,
            Location(self.file, row=row),
            f"No column {columns}: {checks_are} not judged {where}.",
            "Add the columns, or map them in the configuration, to have the lines judged by these checks.",
            observed=columns,
        )

    @property
    def not_reported(self) -> list[tuple[str, ...]]:
        """Columns, of which one is enough, whose lack was not reported."""
        return [names for names in OF_CHECKS if names not in self.reported]

    @property
    def may_lack(self) -> bool:
        """Whether there are columns left whose lack was not reported."""
        return len(self.reported) < len(OF_CHECKS)

    def of_encoding(self, row: int) -> Iterator[EditMessage]:
        """The first row that is not UTF-8."""
        if not self.recoded:
            self.recoded = True
            text = "Not UTF-8 text: the bytes that are none are read as Latin-1 in this file."
            yield unreadable(ROW_ENCODING, Location(self.file, row=row), text, "Write the file as UTF-8.")

    def _nearest(self, name: str) -> str:
        """What an unknown column may have been meant to be."""
        if not name or folded(name) in KNOWN:
            return ""
        for ours, others in OFTEN_CALLED.items():
            if folded(name) in others:
                return ours
        free = [ours for ours in COLUMNS if ours not in self.columns]
        return next(iter(get_close_matches(folded(name), free, 1, 0.75)), "")

    def _of_column(self, row: int, name: str, text: str, remedy: str) -> EditMessage:
        return unreadable(ROW_COLUMN, Location(self.file, row=row), text, remedy, observed=shown(name))


def misread(file: str, place: int, field: str | None, text: str, claim_id: Any) -> EditMessage:
    """The message of a row, or a part of it, with a field that can't be read."""
    return unreadable(
        ROW_FIELD,
        Location(file, row=place),
        f"Not read: {text}.",
        "Write the field as the row format has it; claimcheck schema prints it.",
        claim_id=claim_id if isinstance(claim_id, str) else None,
        field=field,
    )


_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_ .#/()-]{0,39}")


def no_header(
    file: str,
    row: int,
    names: Sequence[str],
    missing: Sequence[str],
    columns: Mapping[str, str],
    recognized: int,
) -> EditMessage:
    """The message of a header without the needed columns. Where it does not look like one it may be a row of claim
    data, of which nothing may be shown."""
    wanted = [f"{name} (mapped to {shown(columns[name])})" if name in columns else name for name in missing]
    text = f"The header lacks {', '.join(wanted)}; the file is not read."
    remedy = "Name the columns so, or map them in the configuration."
    observed = None
    if recognized < LIKELY_HEADER:
        text = f"The first row, of {len(names)} cells, is no header; the file is not read."
        remedy = f"Begin the file with a header that names at least {', '.join(NEEDED)}."
    else:
        found = [shown(name) for name in names if _NAME.fullmatch(name.strip())]
        if found:
            others = f" and {len(found) - _NAMED:,} more" if len(found) > _NAMED else ""
            text += f" It has: {', '.join(found[:_NAMED])}{others}."
        elif not names:
            text += " It has no columns."
        observed = ", ".join(found)[:200]
        guesses = [(ours, guess) for ours in missing if (guess := _guess(ours, found))]
        if guesses:
            mapping = ", ".join(f'{ours} = "{guess}"' for ours, guess in guesses)
            remedy = f"Name the columns so, or map them in the configuration under [columns]: {mapping}?"
    return unreadable(ROW_HEADER, Location(file, row=row), text, remedy, field=missing[0], observed=observed)


def _guess(ours: str, found: Sequence[str]) -> str:
    """The file's column that may be meant by ours."""
    by_name = {folded(name): name for name in found if folded(name) not in KNOWN}
    for other in OFTEN_CALLED.get(ours, ()):
        if other in by_name:
            return by_name[other]
    return by_name[close[0]] if (close := get_close_matches(ours, by_name, 1, 0.6)) else ""
