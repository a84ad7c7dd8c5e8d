"""Importers of the files that CMS publishes, one for each; each knows its own by content."""

from __future__ import annotations

from claimcheck.rulebook.cms import add_on, asc, fee_schedule, hcpcs, mue, opps, ptp
from claimcheck.rulebook.cms.documents import Document, InvalidSourceFile, UnsupportedFile, documents
from claimcheck.rulebook.cms.parts import Part, Told

_IMPORTERS = (fee_schedule, mue, ptp, add_on, opps, asc, hcpcs)


def parts_of(document: Document, told: Told) -> list[Part]:
    """What a file holds of the tables that are read; nothing if it is of another kind.

    Raises:
        InvalidSourceFile: it holds such a table but can't be used, and why.
    """
    return [part for sheet in document.sheets() for importer in _IMPORTERS for part in importer.recognise(sheet, told)]


__all__ = ["Document", "InvalidSourceFile", "Part", "Told", "UnsupportedFile", "documents", "parts_of"]
