"""Downloads, from a server that fails in the ways that servers do."""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import claimcheck
from claimcheck.fetch.client import TRIES, Client, FetchError, NotThere
from support.cms_site import Answer, Asked, Site, cms_site


def archive(data: bytes) -> bytes:
    """A zip archive of one file."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as files:
        files.writestr(zipfile.ZipInfo("table.csv"), data)
    return stream.getvalue()


DATA = archive(bytes(range(256)) * 2000)
URL = "https://www.cms.gov/files/zip/table.zip"
PATH = "/files/zip/table.zip"
HTML = {"Content-Type": "text/html"}


@pytest.fixture
def site() -> Iterator[Site]:
    with cms_site() as site:
        site.files[PATH] = DATA
        yield site


@pytest.fixture
def client(site: Site) -> Iterator[Client]:
    client = Client(site.address, pause=0.001, timeout=httpx.Timeout(0.5))
    yield client
    client.close()


def test_a_file_arrives_whole(site: Site, client: Client, tmp_path: Path) -> None:
    told: list[tuple[str, int, int | None]] = []
    downloaded = client.file(URL, tmp_path, "table.zip", progress=lambda *state: told.append(state))
    assert downloaded and downloaded.path.read_bytes() == DATA
    assert downloaded.sha256 == hashlib.sha256(DATA).hexdigest()
    assert told[-1] == ("table.zip", len(DATA), len(DATA))
    assert [path.name for path in tmp_path.iterdir()] == ["table.zip"]


def test_requests_say_who_asks_and_that_the_license_is_accepted(site: Site, client: Client, tmp_path: Path) -> None:
    client.file(URL, tmp_path, "table.zip")
    (asked,) = site.asked
    assert asked.headers["user-agent"].startswith(f"claimcheck/{claimcheck.__version__} ")
    assert asked.query == {"agree": ["yes"], "next": ["Accept"]}


def test_the_known_edition_is_not_sent_again(site: Site, client: Client, tmp_path: Path) -> None:
    downloaded = client.file(URL, tmp_path, "table.zip")
    assert downloaded
    assert client.file(URL, tmp_path, "table.zip", downloaded.etag) is None
    site.files[PATH] = DATA + b"more"
    again = client.file(URL, tmp_path, "table.zip", downloaded.etag)
    assert again and again.path.read_bytes() == DATA + b"more"


def test_what_breaks_off_goes_on_where_it_stopped(site: Site, client: Client, tmp_path: Path) -> None:
    whole = site._file  # the ETag is the same as that of the whole file
    broken = Answer(DATA, 200, dict(whole(_nothing()).headers), sends=300_000)
    site.answers[PATH] = [broken]
    downloaded = client.file(URL, tmp_path, "table.zip")
    assert downloaded and downloaded.path.read_bytes() == DATA
    first, second = site.asked
    assert "range" not in first.headers
    assert second.headers["range"] == "bytes=300000-"
    assert [path.name for path in tmp_path.iterdir()] == ["table.zip"]


def test_what_broke_off_goes_on_in_a_later_run(site: Site, client: Client, tmp_path: Path) -> None:
    headers = dict(site._file(_nothing()).headers)
    site.answers[PATH] = [Answer(DATA, 200, headers, sends=1000)] + [Answer(b"", 503)] * TRIES
    with pytest.raises(FetchError, match="503"):
        client.file(URL, tmp_path, "table.zip")
    site.answers.clear()
    site.asked.clear()
    downloaded = client.file(URL, tmp_path, "table.zip")
    assert downloaded and downloaded.path.read_bytes() == DATA
    assert [asked.headers.get("range") for asked in site.asked] == ["bytes=1000-"]


def test_another_edition_is_not_joined_to_what_broke_off(site: Site, client: Client, tmp_path: Path) -> None:
    headers = dict(site._file(_nothing()).headers)
    site.answers[PATH] = [Answer(DATA, 200, headers, sends=1000)]
    other = archive(b"other" * 1000)
    site.files[PATH] = other
    downloaded = client.file(URL, tmp_path, "table.zip")
    assert downloaded and downloaded.path.read_bytes() == other


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again(site: Site, client: Client, tmp_path: Path, status: int) -> None:
    site.answers[PATH] = [Answer(b"busy", status, HTML)]
    assert client.file(URL, tmp_path, "table.zip")
    assert len(site.asked) == 2


def test_what_does_not_pass_is_told(site: Site, client: Client, tmp_path: Path) -> None:
    site.answers[PATH] = [Answer(b"busy", 503, HTML)] * (TRIES + 1)
    with pytest.raises(FetchError, match=rf"{URL}: the server answered 503 Service Unavailable \({TRIES} attempts\)"):
        client.file(URL, tmp_path, "table.zip")
    assert len(site.asked) == TRIES


def test_a_server_that_is_slow_is_tried_again(site: Site, client: Client, tmp_path: Path) -> None:
    site.answers[PATH] = [Answer(DATA, 200, {"Content-Type": "application/zip"}, waits=1.0)]
    assert client.file(URL, tmp_path, "table.zip")
    assert len(site.asked) == 2


def test_a_refusal_is_final(site: Site, client: Client, tmp_path: Path) -> None:
    site.answers[PATH] = [Answer(b"no", 403, HTML)] * 2
    with pytest.raises(FetchError, match="answered 403 Forbidden; the server may refuse programs: try --user-agent"):
        client.file(URL, tmp_path, "table.zip")
    assert len(site.asked) == 1


def test_what_is_not_there_is_told_apart(site: Site, client: Client) -> None:
    with pytest.raises(NotThere, match="answered 404"):
        client.page("https://www.cms.gov/no-such-page")


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b"<html>Accept?</html>", 200, HTML),
        Answer(b"<html>Accept?</html>", 200, {"Content-Type": "application/zip"}),
        Answer(b"", 200, {"Content-Type": "application/zip"}),
        Answer(b"%PDF-1.7", 200, {"Content-Type": "application/octet-stream"}),
    ],
)
def test_what_is_not_a_zip_file_is_refused(site: Site, client: Client, tmp_path: Path, answer: Answer) -> None:
    del site.files[PATH]
    site.answers[PATH] = [answer]
    with pytest.raises(FetchError, match=rf"{URL}: found .*, expected a zip file"):
        client.file(URL, tmp_path, "table.zip")
    assert not [*tmp_path.iterdir()]


def test_a_loop_of_redirects_ends(site: Site, client: Client) -> None:
    site.answers["/loop"] = [Answer(b"", 302, {"Location": "/loop"})]
    with pytest.raises(FetchError, match="redirects more than 5 times"):
        client.page("https://www.cms.gov/loop")


def test_a_redirect_is_followed(site: Site, client: Client) -> None:
    site.page("/new", "/files/zip/table.zip")
    site.answers["/old"] = [Answer(b"", 301, {"Location": "/new"})]
    assert "/files/zip/table.zip" in client.page("https://www.cms.gov/old")


def test_nobody_there_is_told(tmp_path: Path) -> None:
    with cms_site() as site:
        address = site.address
    client = Client(address, pause=0.001)
    with pytest.raises(FetchError, match=rf"{URL}: .*\({TRIES} attempts\)"):
        client.file(URL, tmp_path, "table.zip")


def test_another_host_is_a_folder_of_the_mirror(site: Site, client: Client) -> None:
    site.page("/oig.hhs.gov/exclusions/x", "UPDATED.csv")
    assert "UPDATED.csv" in client.page("https://oig.hhs.gov/exclusions/x")


def _nothing() -> Asked:
    return Asked(PATH, {}, {})
