"""Medicaid's NCCI files: which table a sheet is. Their columns do not say it: the file's name and its titles do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, Literal

from claimcheck.rulebook.documents import InvalidSourceFile, Sheet
from claimcheck.rulebook.parts import Told, names_of

_OF_MEDICAID = re.compile(r"(?<!medicare & )(?<!medicare and )medicaid|(?<![a-z])MCD(?![a-z])", re.IGNORECASE)
"""Medicaid's name, not that of the Centers for Medicare & Medicaid Services."""
_SETTINGS: Final = {
    "practitioner": re.compile(r"practitioner|(?<![a-z])PRA(?![a-z])", re.IGNORECASE),
    "outpatient": re.compile(r"outpatient|(?<![a-z])OPH(?![a-z])", re.IGNORECASE),
    "dme": re.compile(r"durable[ _-]medical|(?<![a-z])DME(?![a-z])", re.IGNORECASE),
}
SERVICES: Final[Mapping[str, str]] = {
    "practitioner": "practitioner services",
    "outpatient": "outpatient hospital services",
    "dme": "durable medical equipment",
}
"""What CMS calls the services of each setting."""


def is_named_medicaid(sheet: Sheet) -> bool:
    """Whether a sheet is Medicaid's by its names."""
    return _OF_MEDICAID.search(names_of(sheet)) is not None


def is_of_medicaid(sheet: Sheet, told: Told, header: int) -> bool:
    """Whether a sheet is Medicaid's: by its names, the rows down to its header, or ``--table``."""
    in_title = _OF_MEDICAID.search(_titles(sheet, header)) is not None
    return is_named_medicaid(sheet) or in_title or (told.table or "").startswith("medicaid_")


def setting_of(sheet: Sheet, told: Told, header: int, kind: Literal["mue", "ptp"]) -> str:
    """The setting of the Medicaid table that a sheet is: ``practitioner``, ``outpatient`` or ``dme``.

    Raises:
        InvalidSourceFile: neither the sheet nor ``--table`` says it, or they contradict each other.
    """
    tables = {f"medicaid_{kind}_{setting}": setting for setting in _SETTINGS}
    found = _settings_in(names_of(sheet)) or _settings_in(_titles(sheet, header))
    if told.table and told.table not in tables:
        raise InvalidSourceFile(
            f"{sheet.place}: is a Medicaid {kind.upper()} table, but --table is {told.table}, expected {_or(tables)}"
        )
    if len(found) == 1 and told.table and tables[told.table] != found[0]:
        raise InvalidSourceFile(
            f"{sheet.place}: is of medicaid_{kind}_{found[0]} by its name or title, and --table is {told.table}"
        )
    if len(found) == 1:
        return found[0]
    if told.table:
        return tables[told.table]
    raise InvalidSourceFile(
        f"{sheet.place}: names no one setting, neither inside nor in its file name "
        f"(medicaid-ncci-2026-q3-{kind}-edits-practitioner-services). Pass --table {_or(tables)}"
    )


def _settings_in(text: str) -> list[str]:
    return [setting for setting, pattern in _SETTINGS.items() if pattern.search(text)]


def _titles(sheet: Sheet, header: int) -> str:
    """The rows of a sheet down to its header."""
    return " ".join(" ".join(cell.split()) for row in sheet.head[: header + 1] for cell in row)


def _or(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}"
