"""Polite downloads: one request at a time, under a name of its own, with retries that wait longer each time.

httpx honours ``HTTPS_PROXY``, ``NO_PROXY``, ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import httpx

import claimcheck
from claimcheck import ClaimcheckError
from claimcheck.rulebook.cms import LARGEST

AGENT: Final = f"claimcheck/{claimcheck.__version__} (claim edit validator; rules fetch)"
"""What requests say they come from: CMS's servers refuse libraries that do not say."""
TRIES: Final = 4
PAUSE: Final = 1.0
"""Seconds between two requests; twice, four times ... as long before a retry."""
_LONGEST_WAIT: Final = 60.0
_LARGEST_PAGE: Final = 1 << 24
_MOST_REDIRECTS: Final = 5
_PASSING: Final = frozenset({429, 500, 502, 503, 504})
"""What a server answers that may answer otherwise a little later."""
_NO_SUCH_RANGE: Final = httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE
_OF_A_PAGE: Final = frozenset({httpx.codes.OK})
_OF_A_FILE: Final = frozenset({httpx.codes.OK, httpx.codes.PARTIAL_CONTENT, _NO_SUCH_RANGE})
_TIMEOUT: Final = httpx.Timeout(60.0, connect=15.0)
_CMS: Final = "www.cms.gov"

Progress = Callable[[str, int, int | None], None]
"""Told the name of a file, the bytes that are there, and all that are expected, where the server says."""


@dataclass(frozen=True)
class FileType:
    """A type of file that is downloaded.

    Attributes:
        name: what messages call it.
        fits: whether bytes are such a file, by how they begin.
    """

    name: str
    fits: Callable[[bytes], bool]


def _is_csv(data: bytes) -> bool:
    """Whether bytes are text that begins with the names of columns."""
    first = data[:4096].removeprefix(b"\xef\xbb\xbf").partition(b"\n")[0]
    return b"," in first and b"\0" not in first and not first.lstrip().startswith((b"<", b"{", b"[", _ZIP))


_ZIP: Final = b"PK\x03\x04"
ZIP: Final = FileType("a zip file", lambda data: data.startswith(_ZIP))
CSV: Final = FileType("a CSV file", _is_csv)


class FetchError(ClaimcheckError):
    """Something could not be fetched: the address, what was found and what was expected."""


class NotThere(FetchError):
    """The server says that there is no such page or file."""


class Downloaded(NamedTuple):
    """A file that was downloaded: where it is, its sha256, and how the server tells editions of it apart."""

    path: Path
    sha256: str
    etag: str


class Client:
    """Fetches pages and files.

    Args:
        mirror: the address of a copy of CMS's site, to ask instead: ``/files/zip/X.zip`` of www.cms.gov is
            ``MIRROR/files/zip/X.zip`` there, and what another host has is under ``MIRROR/HOST/``.
        agent: what requests say they come from.
        pause: seconds between two requests.
        timeout: how long to wait for a connection and for the next bytes.

    Raises:
        FetchError: the mirror is not an address, or the settings of the network (proxies, certificates) can't be used.
    """

    def __init__(
        self, mirror: str = "", agent: str = AGENT, pause: float = PAUSE, timeout: httpx.Timeout = _TIMEOUT
    ) -> None:
        self._mirror = _checked(mirror).rstrip("/")
        self._pause = pause
        self._asked = 0.0
        try:
            self._client = httpx.Client(
                headers={"User-Agent": agent},
                follow_redirects=True,
                max_redirects=_MOST_REDIRECTS,
                timeout=timeout,
            )
        except (ValueError, ImportError, OSError) as error:
            said = getattr(error, "strerror", None) or error
            names = ", ".join(_set_of(*_PROXIES, *_CERTIFICATES))
            raise FetchError(f"can't use the network as {names} would have it: {said}") from None

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def page(self, url: str) -> str:
        """The text of a page.

        Raises:
            NotThere: there is no such page.
            FetchError: it can't be fetched.
        """
        for attempt in self._attempts(url):
            with attempt, self._answer(url, _OF_A_PAGE) as answer:
                data = bytearray()
                for chunk in answer.iter_bytes():
                    data += chunk
                    if len(data) > _LARGEST_PAGE:
                        raise FetchError(f"{url}: is over {_LARGEST_PAGE >> 20} MB; expected a page")
                return data.decode(answer.encoding or "utf-8", "replace")
        raise AssertionError

    def file(
        self,
        url: str,
        folder: Path,
        name: str,
        known_etag: str = "",
        progress: Progress | None = None,
        type: FileType = ZIP,
    ) -> Downloaded | None:
        """Download a file into a folder; one that broke off goes on where it stopped.

        Args:
            url: its address.
            folder: where to put it. What has arrived so far is kept there as well.
            name: what to call it.
            known_etag: of the edition that is known; the server then sends another one alone.
            progress: told how much has arrived.
            type: what it must be.

        Returns:
            The file; None where the server has the known edition still.

        Raises:
            NotThere: there is no such file.
            FetchError: it can't be fetched, or is not of this type.
        """
        part = _Part(folder / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}.part")
        usable = _OF_A_FILE | {httpx.codes.NOT_MODIFIED} if known_etag else _OF_A_FILE
        for attempt in self._attempts(url):
            with attempt, self._answer(_agreed(url), usable, part.headers(known_etag)) as answer:
                if answer.status_code == httpx.codes.NOT_MODIFIED:
                    return None
                if not part.goes_on_with(answer):
                    part.discard()
                    raise _Passing("the server sent another part of the file than was asked for")
                _must_be_a_file(url, answer, type)
                for there, expected in part.take(url, answer):
                    if progress:
                        progress(name, there, expected)
                return part.finish(url, folder / name, type)
        raise AssertionError

    def _attempts(self, url: str) -> Iterator[_Attempt]:
        """One attempt after the other, each later; the last one raises what went wrong."""
        for number in range(1, TRIES + 1):
            attempt = _Attempt(url, is_last=number == TRIES)
            yield attempt
            time.sleep(min(max(self._pause * 2**number, attempt.wait), _LONGEST_WAIT))

    @contextmanager
    def _answer(
        self, url: str, usable: frozenset[int], headers: dict[str, str] | None = None
    ) -> Iterator[httpx.Response]:
        """What a server answers, its body still to be read; ``usable`` are the statuses that are expected."""
        time.sleep(max(0.0, self._asked + self._pause - time.monotonic()))
        try:
            with self._client.stream("GET", self._at(url), headers=headers) as answer:
                _must_be_right(url, answer, usable)
                yield answer
        finally:
            self._asked = time.monotonic()

    def _at(self, url: str) -> str:
        """Where to ask for an address: at the mirror, where there is one."""
        if not self._mirror:
            return url
        parts = urlsplit(url)
        host = "" if parts.netloc == _CMS else f"/{parts.netloc}"
        return f"{self._mirror}{host}{urlunsplit(('', '', parts.path, parts.query, ''))}"


class _Passing(Exception):
    """A server can't answer now; it may a little later, after so many seconds."""

    def __init__(self, said: str, wait: float = 0.0) -> None:
        super().__init__(said)
        self.wait = wait


class _Attempt:
    """One attempt at a request: what may pass is held back, unless it is the last."""

    def __init__(self, url: str, is_last: bool) -> None:
        self._url = url
        self._is_last = is_last
        self.wait = 0.0

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, httpx.TooManyRedirects):
            raise FetchError(
                f"{self._url}: redirects more than {_MOST_REDIRECTS} times; expected a page or file"
            ) from None
        if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL | UnicodeError):
            raise FetchError(f"{self._url}: leads to an address that can't be asked: {error}") from None
        if isinstance(error, _Passing | httpx.TransportError | httpx.DecodingError):
            self.wait = getattr(error, "wait", 0.0)
            if self._is_last:
                said = str(error) or type(error).__name__
                by = _set_of(*_PROXIES) if isinstance(error, httpx.TransportError) else []
                proxy = f"; a proxy is set by {', '.join(by)}" if by else ""
                raise FetchError(f"{self._url}: {said} ({TRIES} attempts){proxy}") from None
            return True
        if isinstance(error, httpx.HTTPError):
            raise FetchError(f"{self._url}: {error}") from None
        if isinstance(error, OSError):
            raise FetchError(f"{self._url}: can't be stored: {error.strerror or error}") from None
        return False


_PROXIES: Final = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
_CERTIFICATES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")


def _set_of(*names: str) -> list[str]:
    """Those variables of the environment that are set, in capitals or not."""
    return [name for name in names if os.environ.get(name) or os.environ.get(name.lower())]


def _checked(mirror: str) -> str:
    """The address of a mirror."""
    try:
        url = httpx.URL(mirror)
        good = not mirror or (url.scheme in ("http", "https") and url.host and not (url.query or url.fragment))
    except (httpx.InvalidURL, UnicodeError):
        good = False
    if not good:
        raise FetchError(f'--mirror: found "{mirror}", expected an address such as https://mirror.example.org/cms')
    return mirror


def _must_be_right(url: str, answer: httpx.Response, usable: frozenset[int]) -> None:
    status = answer.status_code
    if status in usable:
        return
    said = f"the server answered {status} {answer.reason_phrase}".rstrip()
    if status in _PASSING:
        after = answer.headers.get("retry-after", "")
        raise _Passing(said, float(after) if after.isdecimal() else 0.0)
    if status in (httpx.codes.NOT_FOUND, httpx.codes.GONE):
        raise NotThere(f"{url}: {said}")
    hint = "; the server may refuse programs: try --user-agent" if status == httpx.codes.FORBIDDEN else ""
    raise FetchError(f"{url}: {said}{hint}")


def _must_be_a_file(url: str, answer: httpx.Response, type: FileType) -> None:
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("text/html", "application/xhtml+xml"):
        hint = "; CMS may ask for its license to be accepted" if type is ZIP else ""
        raise FetchError(f"{url}: found a page (HTML), expected {type.name}{hint}")


def _agreed(url: str) -> str:
    """The address of a file, with what the Accept button of CMS's license page adds to it."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query="agree=yes&next=Accept")) if parts.path.startswith("/files/zip/") else url


_RANGE: Final = re.compile(r"bytes (\d{1,18})-")


def _etag_of(answer: httpx.Response) -> str:
    """The ETag of a file; "" where there is none that could be sent back."""
    etag: str = answer.headers.get("etag", "")
    return etag if etag.isascii() and etag.isprintable() else ""


class _Part:
    """A file as far as it has arrived, so that what breaks off goes on where it stopped, also in a later run."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._note = path.with_suffix(".json")
        self._etag = ""
        self._asked_from = 0

    def headers(self, known_etag: str) -> dict[str, str]:
        """What to ask for: the rest, if the file is the same still; or another edition than the known one."""
        self._asked_from = 0
        with suppress(OSError, ValueError, KeyError):
            self._etag = json.loads(self._note.read_text())["etag"]
            there = self._path.stat().st_size
            if there and self._etag and not self._etag.startswith("W/"):  # by a weak one parts may not fit together
                self._asked_from = there
                return {"Range": f"bytes={there}-", "If-Range": self._etag, "Accept-Encoding": "identity"}
        return {"Accept-Encoding": "identity", **({"If-None-Match": known_etag} if known_etag else {})}

    def goes_on_with(self, answer: httpx.Response) -> bool:
        """Whether an answer is the whole file, or the rest of this very one from where it stopped."""
        if answer.status_code == httpx.codes.OK:
            return True
        start = _RANGE.match(answer.headers.get("content-range", ""))
        same = _etag_of(answer) in ("", self._etag)
        return bool(same and self._asked_from and start and int(start[1]) == self._asked_from)

    def take(self, url: str, answer: httpx.Response) -> Iterator[tuple[int, int | None]]:
        """Store what arrives; yields how many bytes are there and how many are expected."""
        goes_on = answer.status_code == httpx.codes.PARTIAL_CONTENT
        self._etag = _etag_of(answer) or (self._etag if goes_on else "")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._note.write_text(json.dumps({"etag": self._etag}))
        there = self._path.stat().st_size if goes_on else 0
        length = answer.headers.get("content-length", "")
        expected = there + int(length) if length.isdecimal() else None
        if expected and expected > LARGEST:
            raise FetchError(f"{url}: has {expected >> 20:,} MB; CMS publishes no file over {LARGEST >> 20:,} MB")
        with self._path.open("ab" if goes_on else "wb") as stream:
            for chunk in answer.iter_bytes():
                stream.write(chunk)
                there += len(chunk)
                if there > LARGEST:
                    raise FetchError(f"{url}: has over {LARGEST >> 20:,} MB, more than any file that CMS publishes")
                yield there, expected
        if length.isdecimal() and answer.num_bytes_downloaded != int(length):  # as sent, which may be compressed
            raise _Passing(f"{there:,} of {expected:,} bytes arrived")

    def discard(self) -> None:
        """Begin anew."""
        self._path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def finish(self, url: str, path: Path, type: FileType) -> Downloaded:
        """The whole file."""
        data = self._path.read_bytes()
        if not (type.fits(data) and (type is not ZIP or zipfile.is_zipfile(self._path))):
            self.discard()
            raise FetchError(f"{url}: found {_described(data, type)}, expected {type.name}")
        self._path.replace(path)
        self._note.unlink(missing_ok=True)
        return Downloaded(path, hashlib.sha256(data).hexdigest(), self._etag)


def _described(data: bytes, expected: FileType) -> str:
    if not data:
        return "an empty file"
    if data.startswith(_ZIP):
        return f"a zip file that breaks off after {len(data):,} bytes" if expected is ZIP else "a zip file"
    return "a page (HTML)" if data.lstrip()[:1] == b"<" else f"{len(data):,} bytes of another kind"
