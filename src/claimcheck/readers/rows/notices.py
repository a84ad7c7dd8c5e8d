"""Messages about a file's columns, and about headers and rows without the required ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from difflib import get_close_matches
from typing import Any, Final

from claimcheck.authoring.check import unreadable
from claimcheck.claim import Location
from claimcheck.message import EditMessage
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
    ("patient_id",): ("checks across claims",),
    ("billing_npi", "rendering_npi"): ("checks across claims",),
    ("birth_date",): ("AGE",),
    ("sex",): ("SEX",),
    ("referring_npi", "ordering_npi"): ("ORDREF",),
    ("clia",): ("CLIA",),
    ("description",): ("NOC-DESC",),
}
"""Columns that a file may lack, all of a group, and the checks that then have nothing to check."""

WITHOUT: Final = "in this row and others without them"
"""Where checks that need missing columns do not run, in JSON lines."""

_MOST_NAMED = 100
"""Unknown columns named per file: names are input, so the memory for them is bounded."""

LIKELY_HEADER: Final = 2
"""Known column names that make a line a header: a single word may be anything."""

_NAMED = 60
"""Columns that a message names."""


class Notices:
    """Messages that are reported once per file: about its columns and its encoding."""

    def __init__(self, file: str, columns: Mapping[str, str]) -> None:
        self.file = file
        self.columns = columns
        self.named: set[str] = set()
        self.reported: set[tuple[str, ...]] = set()
        self.recoded = False

    def of_mapping(self, row: int) -> Iterator[EditMessage]:
        """Names in ``columns`` that are not columns of the row format."""
        for ours in self.columns:
            if ours not in KNOWN:
                text = f"The configuration maps {shown(ours)}, which is not a column of the row format."
                yield self._of_column(row, ours, text, f"Map one of: {', '.join(COLUMNS)}.")

    def of_mapped(self, names: Sequence[str], layout: Layout, row: int) -> Iterator[EditMessage]:
        """Mapped columns that the file does not have under that name."""
        there = set(map(folded, names))
        for ours, theirs in self.columns.items():
            if ours in KNOWN and folded(theirs) not in there:
                instead = f"; column {ours} is read instead." if ours in layout.at else "."
                text = f"{ours} is mapped to column {shown(theirs)}, which the file does not have{instead}"
                yield self._of_column(
                    row, theirs, text, "Correct the mapping in the configuration, or the file's header."
                )

    def of_unmet(self, met: AbstractSet[str], row: int) -> Iterator[EditMessage]:
        """Mapped keys that no row of JSON lines has; ``met`` are our names of those that some row has."""
        for ours, theirs in self.columns.items():
            if ours in KNOWN and ours not in met:
                text = f"{ours} is mapped to key {shown(theirs)}, which no row has."
                yield self._of_column(
                    row, theirs, text, "Correct the mapping in the configuration, or the file's keys."
                )

    def of_unknown(self, unknown: Iterable[tuple[str, str]], row: int) -> Iterator[EditMessage]:
        """Columns that are not read, each once."""
        for name, text in unknown:
            if text in self.named or len(self.named) > _MOST_NAMED:
                continue
            self.named.add(text)
            if len(self.named) > _MOST_NAMED:
                text = "More columns are unknown; they were ignored without a message."
            remedy = "If checks need the column, rename it or map it in the configuration; otherwise no action."
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
        checks = ", ".join(dict.fromkeys(check for names in missing for check in OF_CHECKS[names]))
        yield unreadable(
            ROW_COLUMNS,
            Location(self.file, row=row),
            f"No column {columns}. Not checked {where}: {checks}.",
            "Add the columns, or map them in the configuration, to run these checks.",
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
            text = "The file is not UTF-8; bytes that are not were read as Latin-1."
            yield unreadable(ROW_ENCODING, Location(self.file, row=row), text, "Save the file as UTF-8.")

    def _nearest(self, name: str) -> str:
        """The column that an unknown name may stand for; "" where none is close."""
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
        "Write the field as in the row format; claimcheck schema prints it.",
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
    """The message of a header without the required columns. Where it does not look like a header it may be a row of
    claim data, none of which may be shown."""
    wanted = [f"{name} (mapped to {shown(columns[name])})" if name in columns else name for name in missing]
    text = f"Required column{'s' if len(wanted) > 1 else ''} missing: {', '.join(wanted)}; the file was not read."
    remedy = "Rename the columns, or map them in the configuration under [columns]."
    observed = None
    if recognized < LIKELY_HEADER:
        text = f"The first row ({len(names)} cells) is not a header; the file was not read."
        remedy = f"Start the file with a header row that names at least {', '.join(NEEDED)}."
    else:
        found = [shown(name) for name in names if _NAME.fullmatch(name.strip())]
        if found:
            others = f" and {len(found) - _NAMED:,} more" if len(found) > _NAMED else ""
            text += f" Columns found: {', '.join(found[:_NAMED])}{others}."
        elif not names:
            text += " It has no columns."
        observed = ", ".join(found)[:200]
        guesses = [(ours, guess) for ours in missing if (guess := _guess(ours, found))]
        if guesses:
            mapping = ", ".join(f'{ours} = "{guess}"' for ours, guess in guesses)
            remedy = f"Rename the columns, or map them in the configuration under [columns], such as {mapping}."
    return unreadable(ROW_HEADER, Location(file, row=row), text, remedy, field=missing[0], observed=observed)


def _guess(ours: str, found: Sequence[str]) -> str:
    """The file's column that may be the one we require; "" where none is close."""
    by_name = {folded(name): name for name in found if folded(name) not in KNOWN}
    for other in OFTEN_CALLED.get(ours, ()):
        if other in by_name:
            return by_name[other]
    return by_name[close[0]] if (close := get_close_matches(ours, by_name, 1, 0.6)) else ""
