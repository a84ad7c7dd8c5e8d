"""What the page says that it rests on: the run date, and the releases of rules that its messages name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final, NamedTuple

from claimcheck.claim import as_date
from claimcheck.engine.messages import Judged
from claimcheck.message import EditMessage, UnreadMessage
from claimcheck.rulebook.schema import Release, table_of

_MOST: Final = 1_000
"""Names that are kept of releases that no rule book knows."""


class TableReleases(NamedTuple):
    """The releases of one table: its name, what messages rest on, and what the rule book has."""

    name: str
    used: list[str]
    held: list[str]


class Basis:
    """What a run rests on, as far as its claims and messages say."""

    def __init__(self, releases: Iterable[Release] = ()) -> None:
        self._releases = [*releases]
        self._tables: dict[str, str] = {}
        for release in self._releases:
            for name in (release.name, *(edition.name for edition in release.editions)):
                self._tables.setdefault(name, release.table)
        self._used: dict[str, None] = {}
        self._seen: set[str] = set()
        self._received: set[str] = set()
        self.newest: date | None = None

    def take(self, item: Judged | EditMessage) -> None:
        """Look at a claim with its messages, or one message."""
        if isinstance(item, Judged):
            self._receive(item.claim.received_date)
            for message in item.outcome.messages:
                if message.releases:
                    self._use(message.releases)
        elif isinstance(item, UnreadMessage) and item.submission:
            self._receive(item.submission.received)

    def _receive(self, received: str | None) -> None:
        if not received or received in self._received:
            return
        if len(self._received) < _MOST:
            self._received.add(received)
        day = as_date(received)
        if day and (self.newest is None or day > self.newest):
            self.newest = day

    def _use(self, sources: Iterable[str]) -> None:
        """Note the releases of rows: a row is named by its release and its key."""
        for source in sources:
            if source in self._seen:
                continue
            if len(self._seen) >= _MOST:
                self._seen.clear()
            self._seen.add(source)
            name = self._name_in(source)
            if name in self._tables or len(self._used) < _MOST:
                self._used[name] = None

    def _name_in(self, source: str) -> str:
        name = source
        while name and name not in self._tables:
            name = name.rpartition(" ")[0]
        return name or source.rpartition(" ")[0] or source

    @property
    def used(self) -> list[str]:
        """The releases that messages rest on."""
        return sorted(self._used)

    @property
    def held(self) -> int:
        """How many releases the rule book has."""
        return len(self._releases)

    def tables(self) -> list[TableReleases]:
        """The releases by table, those that no rule book knows under a blank name; first what messages rest on."""
        held: dict[str, dict[str, None]] = {}
        for release in self._releases:
            held.setdefault(release.table, {})[release.name] = None
        used: dict[str, list[str]] = {}
        for name in self.used:
            used.setdefault(self._tables.get(name, ""), []).append(name)
        rows = [
            TableReleases(table_of(table).name if table else "", used.get(table, []), [*held.get(table, ())])
            for table in dict.fromkeys((*used, *held))
        ]
        return sorted(rows, key=lambda row: (not row.used, row.name))
