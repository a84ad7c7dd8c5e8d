"""Importers of the files that CMS publishes: one module for each, found by itself. Its ``recognise(sheet, told)`` knows
a sheet by content, and gives the parts of releases that it holds, each of a table that is declared."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Final

from claimcheck.rulebook.documents import LARGEST, Document, InvalidSourceFile, UnsupportedFile, documents
from claimcheck.rulebook.parts import Part, Told

_IMPORTERS: Final = [
    import_module(f"{__name__}.{path.stem}") for path in sorted(Path(__file__).parent.glob("[a-z]*.py"))
]


def parts_of(document: Document, told: Told) -> list[Part]:
    """What a file holds of the tables that are read; nothing if it is of another kind.

    Raises:
        InvalidSourceFile: it holds such a table but can't be used, and why.
    """
    return [part for sheet in document.sheets() for importer in _IMPORTERS for part in importer.recognise(sheet, told)]


__all__ = ["LARGEST", "Document", "InvalidSourceFile", "Part", "Told", "UnsupportedFile", "documents", "parts_of"]
