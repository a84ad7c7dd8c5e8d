"""Where files come from: CMS's site or a copy of it, or a folder."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Protocol

from claimcheck.fetch.client import Client, FetchError, NotThere, Progress
from claimcheck.fetch.originals import Original, Originals
from claimcheck.fetch.published import Link, Publication, addresses_in, links_of, releases_of
from claimcheck.rulebook.cms import InvalidSourceFile, documents
from claimcheck.rulebook.quarters import Quarter


class Site(Protocol):
    """Somewhere that files of a publication can be looked for and taken from."""

    def links(self, publication: Publication, quarters: Iterable[Quarter]) -> list[Link]:
        """The files of a publication that may govern some quarters."""

    def take(self, link: Link, progress: Progress | None = None) -> Original:
        """A file."""


class OnlineSite:
    """CMS's site, or a copy of it.

    Args:
        client: what asks.
        originals: what was downloaded before.
        day: today.
    """

    def __init__(self, client: Client, originals: Originals, day: date) -> None:
        self._client = client
        self._originals = originals
        self._day = day
        self._pages: dict[str, str] = {}

    def links(self, publication: Publication, quarters: Iterable[Quarter]) -> list[Link]:
        """The files that the publication's page has links to, or those of its releases.

        Raises:
            FetchError: a page can't be fetched.
        """
        pages = [publication.page]
        if publication.releases:
            landing = self._page(publication.page)
            pages = [*pages, *releases_of(publication, landing, publication.page, quarters)]
        found: list[Link] = []
        for page in pages:
            try:
                found += links_of(publication, addresses_in(self._page(page), page), page, self._day)
            except NotThere:
                if page == publication.page:
                    raise
        return found

    def take(self, link: Link, progress: Progress | None = None) -> Original:
        """Download a file, unless it is there and the server has no other edition.

        Raises:
            FetchError: it can't be fetched.
        """
        known = self._originals.known(link.url)
        etag = known.etag if known else ""
        downloaded = self._client.file(link.url, self._originals.incoming, link.name, etag, progress, link.type)
        if downloaded is None:
            assert known
            return known
        _must_be_whole(link.url, downloaded.path)
        try:
            return self._originals.keep(link.url, downloaded, self._day)
        except OSError as error:
            raise FetchError(f"{self._originals.folder}: can't be written: {error.strerror or error}") from None

    def _page(self, url: str) -> str:
        if url not in self._pages:
            self._pages[url] = self._client.page(url)
        return self._pages[url]


def _must_be_whole(url: str, path: Path) -> None:
    """Make sure that all of an archive can be unpacked. What is damaged is not kept: it would be taken for known."""
    try:
        for document in documents(path):
            _ = document.data
            document.forget()
    except InvalidSourceFile as error:
        path.unlink()
        raise FetchError(f"{url}: {error}") from None


class FolderSite:
    """A folder of files that somebody downloaded, each under the name that CMS gave it.

    Args:
        folder: where they are.
        day: today.
    """

    def __init__(self, folder: Path, day: date) -> None:
        self._files = {path.name: path for path in sorted(folder.rglob("*")) if path.is_file()}
        self._day = day

    @property
    def names(self) -> list[str]:
        """The names of the files."""
        return [*self._files]

    def links(self, publication: Publication, quarters: Iterable[Quarter]) -> list[Link]:
        """The files whose names are those of a publication."""
        return [*links_of(publication, [f"/files/zip/{name}" for name in self._files], "")]

    def take(self, link: Link, progress: Progress | None = None) -> Original:
        """A file of the folder."""
        return Original(self._files[link.name], "", "", "", self._day)
