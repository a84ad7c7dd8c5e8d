"""``claimcheck rules fetch`` against pages, servers and machines that are not as they should be: each works, or ends
with one line that says why, and the rule book is as it was."""

import gzip
import io
import re
import signal
import struct
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import Result

from claimcheck.fetch.client import Client, FetchError
from claimcheck.fetch.originals import Originals
from claimcheck.fetch.published import PUBLICATIONS, addresses_in, links_of
from support.cms_site import Answer, Site, cms_site
from support.command_line import PROGRAM, invoke

NCCI = "/medicare/coding-billing/national-correct-coding-initiative-ncci-edits"
MUES = f"{NCCI}/medicare-ncci-medically-unlikely-edits-mues"
NAME = "medicare-ncci-2026-q2-dme-supplier-services-mue-table.zip"
LINK = f"/files/zip/{NAME}"
HTML = {"Content-Type": "text/html"}
ZIP = {"Content-Type": "application/zip"}
TAGGED = {**ZIP, "ETag": '"1"'}
MUE = '"HCPCS/\nCPT Code",DME Supplier Services MUE Values,MUE Adjudication Indicator,MUE Rationale\n'


def archive(**members: bytes) -> bytes:
    """A zip archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as files:
        for name, data in members.items():
            files.writestr(name.replace("_csv", ".csv").replace("_zip", ".zip"), data)
    return stream.getvalue()


def bomb() -> bytes:
    """A small archive of eight files of 300 MB each; one is compressed, and the others are copies of it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as files:
        files.writestr("0.csv", bytes(300 << 20))
    data, entry, _ = re.split(b"(?=PK\x01\x02)|(?=PK\x05\x06)", stream.getvalue())
    copies = [data.replace(b"0.csv", b"%d.csv" % n, 1) for n in range(8)]
    entries = [entry[:42] + struct.pack("<I", n * len(data)) + b"%d.csv" % n for n in range(8)]
    together, directory = b"".join(copies), b"".join(entries)
    return together + directory + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 8, 8, len(directory), len(together), 0)


def table() -> bytes:
    """As many unit limits as CMS publishes for suppliers."""
    rows = "".join(f"A{n:04},{n % 9},3 Date of Service Edit: Clinical,CMS Policy\n" for n in range(3000))
    return archive(**{"MCR_MUE_DMESupplierServices_Eff_04-01-2026_csv": (MUE + rows).encode()})


GOOD = table()
REST = f"bytes 5000-{len(GOOD) - 1}/{len(GOOD)}"


class Fetching:
    """The command against a site that plays CMS and has one file."""

    def __init__(self, folder: Path, site: Site) -> None:
        self.book, self.cache, self.site = folder / "book.sqlite", folder / "cache", site
        site.page(MUES, LINK)
        site.files[LINK] = GOOD

    def command(self, *more: object) -> list[str]:
        options = ("--rulebook", self.book, "--cache", self.cache, "--isolated", "--accept-license", "--pause", 0.001)
        fetch = ("rules", "fetch", "--from", "2026-04", "--table", "mue_dme", *options)
        return [*map(str, (*fetch, "--mirror", self.site.address, *more))]

    def __call__(self, *more: object, environment: dict[str, str | None] | None = None) -> Result:
        result = invoke(*self.command(*more), environment=environment)
        assert "internal error" not in result.stderr
        return result

    def works(self, *more: object, environment: dict[str, str | None] | None = None) -> None:
        """It adds the table."""
        result = self(*more, environment=environment)
        assert result.exit_code == 0 and "added MUE DME 2026 Q2" in result.stdout, result.output

    def says(self, said: str, *more: object, environment: dict[str, str | None] | None = None) -> None:
        """It changes nothing, and says why in one line."""
        result = self(*more, environment=environment)
        assert result.exit_code == 2 and not self.book.exists(), result.output
        lines = [line for line in result.stderr.splitlines() if not line.startswith("downloading ")]
        assert len(lines) == 1 and said in lines[0], result.output

    def answers(self, *answers: Answer) -> None:
        """What the server answers for the file, one after the other; then the file as it should be."""
        self.site.answers[LINK] = [*answers]


@pytest.fixture
def fetching(tmp_path: Path) -> Iterator[Fetching]:
    with cms_site() as site:
        yield Fetching(tmp_path, site)


# -- pages -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "html",
    [
        f'<a href="  {LINK}\n ">x</a>',
        f"<A HREF='{LINK}'>x</A>",
        f"<a class=x href={LINK}>x</a>",
        f'<a href="&#47;files&#x2F;zip/{NAME}">x</a>',
        f'<a href="/license/ama?file={LINK}&amp;x=1">x</a>',
        f'<a href="/license/ama?file={LINK.replace("/", "%2F")}">x</a>',
        f'<a href="/license/ama">x</a><a href="/license/ama?file=">x</a><a href="{LINK}">x</a>',
        f'<a href="{LINK}#top">x</a><a href="/license/ama?file={LINK}">x</a><a href="https://www.cms.gov{LINK}">x</a>',
        f'<a href="http://www.cms.gov{LINK}">x</a>',
        f'<a href="https://files.example.org{LINK}">x</a><a href="{LINK}">x</a>',
        f'<a href="http://[oops/">x</a><a href="\x00\x01">x</a><a>x</a><a href="{LINK}">x</a>',
        f'[if IE]<a href="{LINK}">x</a>',
        f'{{"files": [{{"downloadURL": "{LINK}"}}, 1, null]}}',
        f'<p></div></a><a href="{LINK}">',
    ],
)
def test_a_link_is_found_in_whatever_a_page_makes_of_it(fetching: Fetching, html: str) -> None:
    fetching.site.answers[MUES] = [Answer(html.encode(), headers=HTML)]
    fetching.works()
    assert [path for path in fetching.site.paths() if "/files/" in path] == [LINK]


@pytest.mark.parametrize(
    "html",
    [
        "",
        "<html>",
        "{ not json",
        "[" * 100_000,
        f"<!-- <a href='{LINK}'>x</a> -->",
        f'<a href="https://files.example.org{LINK}">x</a>',
        f'<a href="https://www.cms.gov.example.org{LINK}">x</a>',
        f'<a href="https://www.cms.gov@example.org{LINK}">x</a>',
        f'<a href="file://{LINK}">x</a>',
        f'<a href="javascript:go()//{LINK}">x</a>',
        f'<a href="http://www.cms.gov:99999999{LINK}">x</a>',
    ],
)
def test_a_page_without_the_link_is_told(fetching: Fetching, html: str) -> None:
    fetching.site.answers[MUES] = [Answer(html.encode(), headers=HTML)]
    result = fetching()
    assert result.exit_code == 1 and "NCCI MUE (DME) for 2026 Q2 not found on https://www.cms.gov" in result.stderr
    assert not fetching.book.exists() and fetching.site.paths() == [MUES]


def test_another_host_of_the_publisher_is_taken() -> None:
    page = "https://www.cms.gov/x"
    assert addresses_in('<a href="https://Download.cms.gov/a.zip">', page) == ["https://Download.cms.gov/a.zip"]
    assert addresses_in('<a href="https://notcms.gov/a.zip">', page) == []


def test_a_file_is_called_by_its_name_in_capitals_too() -> None:
    (mue,) = (publication for publication in PUBLICATIONS if publication.name == "NCCI MUE")
    (link,) = links_of(mue, [f"https://www.cms.gov{LINK.upper()}"], "")
    assert link.name == NAME.upper()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(b"x" * (17 << 20), headers=HTML), "is over 16 MB; expected a page"),
        (Answer(gzip.compress(b"<p>" * (6 << 20)), headers={**HTML, "Content-Encoding": "gzip"}), "is over 16 MB"),
        (Answer(b"xx", headers={**HTML, "Content-Encoding": "gzip"}), "incorrect header check (4 attempts)"),
        (Answer(b"", 206, HTML), "answered 206 Partial Content"),
        (Answer(b"", 304, HTML), "answered 304 Not Modified"),
        (Answer(b"", 416, HTML), "answered 416"),
        (Answer(b"", 204, HTML), "answered 204 No Content"),
        (Answer(b"", 302, HTML), "answered 302 Found"),
        (Answer(b"", 302, {"Location": "ftp://x/y"}), "leads to an address that can't be asked"),
        (Answer(b"", 302, {"Location": "file:///etc/passwd"}), "leads to an address that can't be asked"),
        (Answer(b"", 999), "answered 999"),
    ],
)
def test_a_page_that_is_none_is_told(fetching: Fetching, answer: Answer, said: str) -> None:
    fetching.site.answers[MUES] = [answer]
    fetching.says(said)


@pytest.mark.parametrize("kind", ["text/html; charset=no-such", "text/html; charset=", "x", ""])
def test_a_page_in_an_unknown_encoding_is_read(fetching: Fetching, kind: str) -> None:
    fetching.site.answers[MUES] = [Answer(f'<a href="{LINK}">x</a>'.encode(), headers={"Content-Type": kind})]
    fetching.works()


# -- files -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: b"PK\x03\x04", "found a zip file that breaks off after 4 bytes"),
        (lambda: GOOD[:-100], "found a zip file that breaks off"),
        (lambda: archive(), "expected a zip file"),
        (lambda: GOOD[:200] + b"\x00\x01\x02" + GOOD[203:], "can't be unpacked"),
        (lambda: archive(inner_zip=archive(x=b"")), "is an archive inside an archive"),
        (lambda: archive(**{"../../evil_csv": b"x"}), "points outside of the archive"),
        (bomb, "unpack to 2,517 MB"),
        (lambda: archive(x_csv=b"a,b\n1,2\n"), "no table found that claimcheck reads"),
    ],
)
def test_an_archive_that_is_none_is_told(fetching: Fetching, made: Callable[[], bytes], said: str) -> None:
    fetching.site.files.clear()
    fetching.answers(Answer(made(), headers=TAGGED))
    fetching.says(said)


def test_what_arrived_damaged_is_not_taken_for_known(fetching: Fetching) -> None:
    """The server says the same ETag; what was damaged on the way is asked for anew."""
    fetching.answers(Answer(GOOD[:200] + b"\x00\x01\x02" + GOOD[203:], headers=fetching.site.headers_of(LINK)))
    fetching.says("can't be unpacked")
    assert not [*fetching.cache.rglob("*.zip")]
    fetching.works()


def _chunked(data: bytes) -> bytes:
    parts = [data[start : start + 1000] for start in range(0, len(data), 1000)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


CHUNKED = {**ZIP, "Transfer-Encoding": "chunked"}


@pytest.mark.parametrize(
    "answers",
    [
        (Answer(_chunked(GOOD), headers=CHUNKED),),
        (Answer(_chunked(GOOD), headers=CHUNKED, sends=5000),),
        (Answer(GOOD, headers=ZIP, has_length=False),),
        (Answer(gzip.compress(GOOD), headers={**ZIP, "Content-Encoding": "gzip"}),),
        (Answer(GOOD, headers=ZIP, sends=5000),),
        (Answer(GOOD, headers={**ZIP, "ETag": 'W/"1"'}, sends=5000),),
        (Answer(GOOD, headers={**ZIP, "ETag": '"\xe9"'}, sends=5000),),
        (Answer(GOOD, headers={**ZIP, "ETag": '"\xe9"'}),),
        (Answer(GOOD, headers={**ZIP, "Content-Length": "1"}),),
        (Answer(GOOD, headers={**ZIP, "Content-Length": "-5"}),),
        (Answer(GOOD[5000:], 206, {**TAGGED, "Content-Range": REST}),),
        (Answer(b"", 416, TAGGED),),
        # Of what is asked for from byte 5000 on, another part, none that is told, one of another edition:
        (Answer(GOOD, headers=TAGGED, sends=5000), Answer(GOOD[9:], 206, {**TAGGED, "Content-Range": "bytes 9-"})),
        (Answer(GOOD, headers=TAGGED, sends=5000), Answer(GOOD[5000:], 206, TAGGED)),
        (Answer(GOOD, headers=TAGGED, sends=5000), Answer(GOOD, 206, {**TAGGED, "Content-Range": "bytes x"})),
        (
            Answer(GOOD, headers=TAGGED, sends=5000),
            Answer(GOOD[5000:], 206, {**ZIP, "ETag": '"2"', "Content-Range": REST}),
        ),
        # And what is right:
        (Answer(GOOD, headers=TAGGED, sends=5000), Answer(GOOD[5000:], 206, {**TAGGED, "Content-Range": REST})),
        (Answer(GOOD, headers=TAGGED, sends=5000), Answer(GOOD[5000:], 206, {**ZIP, "Content-Range": REST})),
    ],
)
def test_a_file_arrives_in_whatever_way_it_is_sent(fetching: Fetching, answers: tuple[Answer, ...]) -> None:
    fetching.answers(*answers)
    fetching.works()
    (kept,) = fetching.cache.rglob("*.zip")
    assert kept.read_bytes() == GOOD


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(b"", 304, TAGGED), "answered 304 Not Modified"),
        (Answer(b"", 416, TAGGED), "sent another part of the file than was asked for (4 attempts)"),
        (Answer(GOOD[5000:], 206, {**TAGGED, "Content-Range": REST}), "sent another part of the file"),
        (Answer(GOOD, headers=ZIP, has_length=False, sends=5000), "breaks off after 5,000 bytes"),
    ],
)
def test_a_server_that_never_sends_what_was_asked_for_is_told(fetching: Fetching, answer: Answer, said: str) -> None:
    fetching.site.files.clear()
    fetching.answers(answer)
    fetching.says(said)


def test_a_name_that_is_too_long_is_told(fetching: Fetching) -> None:
    long = LINK.replace("table", f"table{'x' * 300}")
    fetching.site.page(MUES, long)
    fetching.site.files[long] = GOOD
    fetching.says("can't be stored: File name too long")


# -- the machine -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["file", "file/below", "x" * 300])
def test_a_cache_that_can_not_be_is_told(fetching: Fetching, tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    fetching.says("can't be written: ", "--cache", tmp_path / name)
    assert not [path for path in fetching.site.paths() if "/files/" in path]


def test_a_full_disk_is_told(fetching: Fetching) -> None:
    """A limit of the size of files plays it."""
    import resource

    def no_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    done = subprocess.run(
        [str(PROGRAM), *fetching.command()], capture_output=True, text=True, check=False, preexec_fn=no_room
    )
    assert done.returncode == 2 and not fetching.book.exists()
    assert f"https://www.cms.gov{LINK}: can't be stored: File too large" in done.stderr
    fetching.works()


def test_a_cache_that_fills_up_at_the_end_is_told(fetching: Fetching, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Originals, "keep", full)
    fetching.says(f"{fetching.cache}: can't be written: No space left on device")


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"HTTP_PROXY": "http://127.0.0.1:9"}, "(4 attempts); a proxy is set by HTTP_PROXY"),
        ({"HTTP_PROXY": "nonsense://x"}, "can't use the network as HTTP_PROXY would have it: Unknown scheme"),
        ({"HTTP_PROXY": "http://["}, "HTTP_PROXY"),
        ({"SSL_CERT_FILE": "/no/such/file"}, "as SSL_CERT_FILE would have it: No such file or directory"),
        ({"SSL_CERT_FILE": __file__}, "as SSL_CERT_FILE would have it: "),
    ],
)
def test_a_network_that_is_set_up_wrongly_is_told(fetching: Fetching, variables: dict[str, str], said: str) -> None:
    names = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")
    unset = {variant: None for name in names for variant in (name, name.lower())}
    fetching.says(said, environment={**unset, **variables})


def test_a_folder_of_files_asks_nothing_of_the_network(fetching: Fetching, tmp_path: Path) -> None:
    folder = tmp_path / "downloads"
    folder.mkdir()
    (folder / NAME).write_bytes(GOOD)
    fetching.works("--from-dir", folder, environment={"HTTP_PROXY": "nonsense://x", "SSL_CERT_FILE": "/no/such/file"})


@pytest.mark.parametrize(
    "mirror",
    ["nonsense", "ftp://x", "http://", "/tmp", "file:///tmp", "http://x:abc", "http://\x01", "?", "http://x/a?b#c"],
)
def test_a_mirror_that_is_not_an_address_is_told(fetching: Fetching, mirror: str) -> None:
    fetching.says("expected an address such as https://mirror.example.org/cms", "--mirror", mirror)


@pytest.mark.parametrize("mirror", ["http://..", f"http://{'a' * 300}"])
def test_a_mirror_that_can_not_be_asked_is_told(fetching: Fetching, mirror: str) -> None:
    fetching.says("leads to an address that can't be asked", "--mirror", mirror)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--user-agent", "a\nb"), "--user-agent: found 'a\\nb', expected printable ASCII"),
        (("--user-agent", "\u65e5"), "expected printable ASCII"),
        (("--to", "9999-12"), 'found "9999-12", expected a month'),
    ],
)
def test_options_that_can_not_be_are_told(fetching: Fetching, arguments: tuple[str, ...], said: str) -> None:
    fetching.says(said, *arguments)


@pytest.mark.parametrize("pause", ["inf", "nan", "-1"])
def test_a_pause_has_bounds(fetching: Fetching, pause: str) -> None:
    assert fetching("--pause", pause).exit_code == 2


@pytest.mark.parametrize(
    "spoil", [lambda book: book.mkdir(), lambda book: book.write_text("x"), lambda book: book.write_bytes(b"")]
)
def test_a_book_that_is_none_is_told(fetching: Fetching, spoil: Callable[[Path], object]) -> None:
    spoil(fetching.book)
    result = fetching()
    assert result.exit_code == 2 and result.stderr.startswith(f"claimcheck: {fetching.book}: ")
    assert not fetching.site.asked


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ended_in_the_middle_it_goes_on_later(fetching: Fetching, number: signal.Signals) -> None:
    busy = Answer(b"", 503, {"Retry-After": "60"})
    fetching.answers(Answer(GOOD, headers=fetching.site.headers_of(LINK), sends=5000), busy, busy)
    process = subprocess.Popen(
        [str(PROGRAM), *fetching.command()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # a shell's job may ignore it
    )
    while len(fetching.site.asked) < 3:  # the page, the file that breaks off, and its rest, for which it waits
        time.sleep(0.01)
    process.send_signal(number)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 128 + number and b"Traceback" not in said
    assert not fetching.book.exists()
    fetching.site.answers.pop(LINK, None)
    fetching.site.asked.clear()
    fetching.works()
    assert fetching.site.asked[-1].headers["range"] == "bytes=5000-"


def test_a_wait_that_the_server_names_is_bounded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    with cms_site() as site:
        site.answers["/x"] = [Answer(b"", 503, {"Retry-After": "9" * 400})]
        client = Client(site.address, pause=0.001, timeout=httpx.Timeout(5))
        with pytest.raises(FetchError, match="503"):
            client.page("https://www.cms.gov/x")
        client.close()
    assert max(waited) == 60
