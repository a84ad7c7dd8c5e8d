"""How files of claims are read: what the configuration says of it, as ``claimcheck.read`` takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict


class RowOptions(TypedDict, total=False):
    """What readers of rows are told beside the rows."""

    columns: Mapping[str, str]
    asc_npis: frozenset[str]
    date_format: str


class ReadOptions(RowOptions, total=False):
    """What a reader of files is told beside the file."""

    sheet: str
    patient_names: bool
