"""What a rule book lacks, looked for, downloaded and added: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

from filelock import FileLock, Timeout

from claimcheck.fetch.client import Client, FetchError, NotThere, Progress
from claimcheck.fetch.licenses import LicensePage, text_of
from claimcheck.fetch.originals import Original
from claimcheck.fetch.published import LICENSES, PUBLICATIONS, Link, Publication, best_of
from claimcheck.fetch.sites import Site
from claimcheck.rulebook import BookError, Store
from claimcheck.rulebook.adding import Report, add
from claimcheck.rulebook.quarters import Quarter
from claimcheck.rulebook.store import Fetched, License, Provenance, provenance_of

BY_TABLE: Final = {table: publication for publication in PUBLICATIONS for table in publication.tables.values()}
"""The publication of each table that can be fetched."""


class Wanted(NamedTuple):
    """A table for a quarter."""

    table: str
    quarter: Quarter


class LicenseNotAccepted(FetchError):
    """The license agreements were not accepted, so that nothing was fetched."""


@dataclass
class Plan:
    """What will be fetched.

    Attributes:
        files: the files, each once.
        unpublished: what no page has a file of, each with the publication whose page was searched.
        gone: pages that are not there, and what the server said.
    """

    files: list[Link] = field(default_factory=list)
    unpublished: list[tuple[Wanted, Publication]] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)

    @property
    def needs_license(self) -> bool:
        """Whether a license agreement must be accepted first."""
        return any(BY_TABLE[link.table].needs_license for link in self.files)


def lacking(book: Path, wanted: Iterable[Wanted]) -> list[Wanted]:
    """What a rule book has no whole release of, for all days of its quarter.

    Raises:
        BookError: the book can't be read.
    """
    store = Store.open(book) if book.is_file() else None
    known = [release for release in store.releases if release.replaced_by is None] if store else []

    def has(one: Wanted) -> bool:
        first, last = one.quarter.first, one.quarter.last
        return any(release.is_whole_for(first, last) for release in known if release.table == one.table)

    return [one for one in dict.fromkeys(wanted) if not has(one)]


def plan(site: Site, wanted: Iterable[Wanted]) -> Plan:
    """Find the files of what is wanted.

    Raises:
        FetchError: a page can't be fetched.
    """
    by_publication: dict[str, list[Wanted]] = {}
    for one in sorted(set(wanted)):
        by_publication.setdefault(BY_TABLE[one.table].name, []).append(one)
    found = Plan()
    files: dict[str, Link] = {}
    for some in by_publication.values():
        publication = BY_TABLE[some[0].table]
        try:
            links = site.links(publication, [one.quarter for one in some])
        except NotThere as error:  # CMS moves a page now and then: what other pages have is fetched all the same
            found.gone.append(str(error))
            links = []
        for one in some:
            best = best_of(links, one.table, one.quarter)
            files |= {link.url: link for link in best}
            if not best:
                found.unpublished.append((one, publication))
    found.files = [*files.values()]
    return found


def license_pages(client: Client) -> list[LicensePage]:
    """The license agreements, as CMS's pages have them.

    Raises:
        FetchError: a page can't be fetched.
    """
    return [LicensePage(name, url, text_of(client.page(url))) for name, url in LICENSES.items()]


def accepted_licenses(book: Path) -> tuple[License, ...]:
    """The license agreements that were accepted for a rule book."""
    return provenance_of(Store.open(book)).licenses if book.is_file() else ()


def fetch(
    book: Path,
    found: Plan,
    site: Site,
    licenses: Sequence[License] = (),
    progress: Progress | None = None,
    lock: Path | None = None,
    *,
    ask_license: bool = True,
) -> Report:
    """Download files and add them to a rule book: all of them, or none.

    Args:
        book: the rule book's file, which is made if it is not there.
        found: what to download.
        site: where from.
        licenses: what was accepted, to be noted in the book.
        progress: told how much of a file has arrived.
        lock: a file that two downloads at once would share.
        ask_license: whether a license must have been accepted: not for files that somebody downloaded before.

    Raises:
        LicenseNotAccepted: a file needs a license that was not accepted.
        FetchError: a file can't be fetched; the book is as it was.
        BookError: the book can't be changed, or a file can't be used; the book is as it was.
    """
    if ask_license and found.needs_license and not licenses:
        read = " and ".join(LICENSES.values())
        raise LicenseNotAccepted(
            "the license agreements for CPT and CDT codes were not accepted, so that nothing was downloaded. Read them "
            f"at {read}, then pass --accept-license"
        )
    with _alone(lock):
        originals = [site.take(link, progress) for link in found.files]
    return add(
        book, [original.path for original in originals], provenance=Provenance(_fetched(originals), tuple(licenses))
    )


def accept(day: date) -> tuple[License, ...]:
    """The licenses as accepted on a day."""
    return tuple(License(name, url, day) for name, url in LICENSES.items())


def _fetched(originals: Iterable[Original]) -> tuple[Fetched, ...]:
    return tuple(Fetched(one.path.name, one.url, one.sha256, one.day) for one in originals if one.url)


@contextmanager
def _alone(lock: Path | None) -> Iterator[None]:
    """One download at a time into one cache."""
    if lock is None:
        yield
        return
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(lock, timeout=0):
            yield
    except Timeout:
        raise BookError(f"{lock.parent}: another `rules fetch` is downloading. Try again when that has ended") from None
    except OSError as error:
        raise BookError(f"{lock.parent}: can't be written: {error.strerror or error}") from None
