"""Which folder of a delivery each claim file gets, found out before anything is read of it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from claimcheck import ClaimcheckError
from claimcheck.readers.files import Kind
from claimcheck.runs.batch import name_of
from claimcheck.runs.sources import Source

MANIFEST: Final = "manifest.json"
RECORD: Final = "run.json"
SUMMARY: Final = "summary.json"
REPORT: Final = "report.html"
MESSAGES: Final = "messages.jsonl"
METRICS: Final = "metrics.prom"
TIMING: Final = "timing.json"
OF_THE_RUN: Final = (MANIFEST, RECORD, SUMMARY, REPORT, MESSAGES, METRICS, TIMING)
"""The files that a delivery has once; ``messages.jsonl`` has those messages that are about no claim file."""

OF_THE_CLOCK: Final = (METRICS, TIMING)
"""The files that differ between two runs of the same inputs: they alone say when, and how long."""

_SUFFIXES: Final[dict[Kind, str]] = {
    "837": ".837",
    "csv": ".csv",
    "jsonl": ".jsonl",
    "parquet": ".parquet",
    "arrow": ".arrow",
    "xlsx": ".xlsx",
    "unknown": "",
}


class DeliveryError(ClaimcheckError):
    """Files that can't be delivered as they are named, and why."""


class Place(NamedTuple):
    """Where the outputs of a claim file go.

    Attributes:
        source: the claim file.
        folder: its folder in the delivery: its name, in an archive below that of the archive.
        suffix: what the names of its parts end in.
    """

    source: Source
    folder: PurePosixPath
    suffix: str


def places_of(sources: Iterable[Source]) -> dict[str, Place]:
    """The place of each claim file, by the name that messages carry.

    Raises:
        DeliveryError: two would have the same folder, or one no folder of its own.
    """
    places: dict[str, Place] = {}
    taken = {_key(PurePosixPath(name)): f"the delivery's own {name}" for name in OF_THE_RUN}
    for source in sources:
        folder = _folder_of(source)
        if (other := taken.get(_key(folder))) is not None:
            raise DeliveryError(f"{source.label}: has the name of {other}: rename it, or deliver it by itself")
        taken[_key(folder)] = source.label
        places[source.label] = Place(source, folder, _suffix_of(source))
    for place in places.values():
        for above in [*place.folder.parents][:-1]:
            if (other := taken.get(_key(above))) is not None:
                raise DeliveryError(f"{place.source.label}: would be inside the folder of {other}: rename one of them")
    return places


def _key(folder: PurePosixPath) -> str:
    """A folder as the least able file system tells it from others: without case or forms of letters."""
    return unicodedata.normalize("NFC", str(folder)).casefold()


def _folder_of(source: Source) -> PurePosixPath:
    parts = source.member.split("/") if source.member else []
    if any(part in ("", ".", "..") or "\\" in part or not part.isprintable() for part in parts):
        raise DeliveryError(f"{source.label}: can't be a folder by its name: rename it, and pack the archive again")
    return PurePosixPath("stdin" if source.path == "-" else Path(source.path).name, *parts)


def _suffix_of(source: Source) -> str:
    """The file's own, without that of its packing; where it has none, that of its kind."""
    name = PurePosixPath(source.member or ("" if source.path == "-" else Path(source.path).name))
    own = name.with_suffix("") if name.suffix.lower() == ".gz" else name
    return own.suffix or _SUFFIXES[source.kind]


def must_be_different(paths: Iterable[str | Path]) -> None:
    """Each claim file is named once, by whatever name.

    Raises:
        DeliveryError: one is named twice.
    """
    seen: dict[object, str] = {}
    for path in map(str, paths):
        found = None if path == "-" else Path(path).stat()
        key = (found.st_dev, found.st_ino) if found else "-"
        if (other := seen.get(key)) is not None:
            same = "is given twice" if other == path else f"is the same file as {other}"
            raise DeliveryError(f"{name_of(path)}: {same}: name it once")
        seen[key] = path
