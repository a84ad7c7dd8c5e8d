"""A cache of the files as CMS published them, by their sha256: old quarters leave CMS's pages."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import NamedTuple

from claimcheck.fetch.client import Downloaded


class Original(NamedTuple):
    """A file of the cache.

    Attributes:
        path: the file, under its own name.
        url: where it was downloaded from.
        sha256: its digest.
        etag: how the server tells editions of it apart; "" where it does not.
        day: when it was downloaded.
    """

    path: Path
    url: str
    sha256: str
    etag: str
    day: date


class Originals:
    """The cache.

    Args:
        folder: where it is; made when something is kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def incoming(self) -> Path:
        """Where files are while they arrive."""
        return self.folder / "incoming"

    def known(self, url: str) -> Original | None:
        """The file that an address led to the last time, if it is there still and is what it was."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            note = json.loads(self._note_of(url).read_text())
            path = self.folder / note["sha256"] / note["name"]
            if hashlib.sha256(path.read_bytes()).hexdigest() == note["sha256"]:
                return Original(path, url, note["sha256"], note["etag"], date.fromisoformat(note["day"]))
        return None

    def keep(self, url: str, downloaded: Downloaded, day: date) -> Original:
        """Keep a file that has arrived."""
        path = self.folder / downloaded.sha256 / downloaded.path.name
        path.parent.mkdir(parents=True, exist_ok=True)
        downloaded.path.replace(path)
        note = {
            "sha256": downloaded.sha256,
            "name": path.name,
            "etag": downloaded.etag,
            "day": day.isoformat(),
            "url": url,
        }
        place = self._note_of(url)
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = place.with_suffix(".new")
        beside.write_text(json.dumps(note, indent=2) + "\n")
        beside.replace(place)
        return Original(path, url, downloaded.sha256, downloaded.etag, day)

    def _note_of(self, url: str) -> Path:
        return self.folder / "addresses" / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.json"
