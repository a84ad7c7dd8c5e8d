"""``claimcheck rules fetch``: from an empty folder to a judged batch, with CMS's own files from a local server."""

import csv
import hashlib
import io
import json
import os
import pty
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from filelock import FileLock
from typer.testing import Result

from claimcheck.fetch.published import LICENSES
from claimcheck.rulebook import Store
from claimcheck.rulebook.store import provenance_of
from support.cms_site import Answer, Site, cms_site
from support.command_line import PROGRAM, invoke
from support.medicaid import MUE_NAMES, mue_text, zipped
from support.places import ROOT
from support.published import CMS, needs_cms
from support.site import blocks

pytestmark = needs_cms

NCCI = "/medicare/coding-billing/national-correct-coding-initiative-ncci-edits"
MUES = f"{NCCI}/medicare-ncci-medically-unlikely-edits-mues"
PFS = "/medicare/payment/fee-schedules/physician/pfs-relative-value-files"
PRACTITIONER = "medicare-ncci-2026-q2-practitioner-services-mue-table.zip"
DME = "medicare-ncci-2026-q2-dme-supplier-services-mue-table.zip"
OUTPATIENT = "medicare-ncci-2026-q2-facility-outpatient-hospital-services-mue-table.zip"
ZIP = {"Content-Type": "application/zip"}


@pytest.fixture
def site() -> Iterator[Site]:
    with cms_site() as site:
        # As CMS's pages are: one link by way of the license page, one direct, one of a quarter that nobody wants.
        site.page(
            MUES,
            f"/license/ama?file=/files/zip/{PRACTITIONER}",
            f"/files/zip/{DME}",
            f"/files/zip/{OUTPATIENT}",
            "/files/zip/medicare-ncci-2026q1-practitioner-services-mue-table-0.zip",
            "/files/document/mue-faq.pdf",
        )
        for name in (PRACTITIONER, DME, OUTPATIENT):
            site.files[f"/files/zip/{name}"] = (CMS / "mue" / name).read_bytes()
        site.page(PFS, f"{PFS}/rvu25d-0", f"{PFS}/rvu25c", f"{PFS}/rvu24d")
        site.page(f"{PFS}/rvu25d-0", "/files/zip/rvu25d.zip")
        site.files["/files/zip/rvu25d.zip"] = (CMS / "rvu" / "rvu25d.zip").read_bytes()
        yield site


class Fetching:
    """The command with a rule book, a cache and a mirror of its own."""

    def __init__(self, folder: Path, site: Site) -> None:
        self.book, self.cache, self.site = folder / "book.sqlite", folder / "cache", site

    def __call__(self, *arguments: object, accept: bool = True) -> Result:
        return invoke(
            *("rules", "fetch", *arguments, "--rulebook", self.book, "--cache", self.cache, "--isolated"),
            *("--mirror", self.site.address, "--pause", 0, *(["--accept-license"] if accept else [])),
        )


@pytest.fixture
def fetching(tmp_path: Path, site: Site) -> Fetching:
    return Fetching(tmp_path, site)


def downloads(site: Site) -> list[str]:
    """The names of the files that were asked for."""
    return [path.rpartition("/")[2] for path in site.paths() if path.startswith("/files/")]


def test_from_an_empty_folder_to_a_judged_batch(fetching: Fetching, tmp_path: Path) -> None:
    batch = tmp_path / "batch.csv"
    batch.write_text("claim_id,code,units,from_date,setting,charge\nA,11721,9,2026-05-04,professional,100.00\n")
    check = ("check", batch, "--rulebook", fetching.book, "--select", "MUE", "--isolated", "--format", "jsonl")
    needed = invoke("rules", "needed", batch, "--rulebook", "starter", "--isolated", "--format", "jsonl")
    missing = {need["table"] for need in map(json.loads, needed.stdout.splitlines()) if need["missing"]}
    assert "mue_practitioner" not in missing, "the starter book knows the code, but a book of one's own takes its place"

    result = fetching(batch, "--table", "mue_practitioner")
    assert result.exit_code == 0, result.output
    assert "added MUE practitioner 2026 Q2: mue_practitioner, 2026-04-01 to 2026-06-30" in result.stdout
    assert downloads(fetching.site) == [PRACTITIONER]
    judged = [json.loads(line) for line in invoke(*check).stdout.splitlines()]
    assert "MUE-DOS" in [message["check"] for message in judged]


def test_the_book_notes_where_files_are_from_and_which_licenses_were_accepted(fetching: Fetching) -> None:
    assert fetching("--from", "2026-04", "--table", "mue_practitioner").exit_code == 0
    fetched, licenses = provenance_of(Store.open(fetching.book))
    digest = hashlib.sha256(fetching.site.files[f"/files/zip/{PRACTITIONER}"]).hexdigest()
    (one,) = fetched
    assert (one.container, one.sha256) == (PRACTITIONER, digest)
    assert one.url == f"https://www.cms.gov/files/zip/{PRACTITIONER}" and one.day <= date.today()
    assert {license.name: license.page for license in licenses} == LICENSES
    assert (fetching.cache / digest / PRACTITIONER).is_file()


def test_the_list_tells_where_files_are_from_and_which_licenses_were_accepted(fetching: Fetching) -> None:
    fetching("--from", "2026-04", "--table", "mue_practitioner")
    url, today = f"https://www.cms.gov/files/zip/{PRACTITIONER}", date.today()
    text = invoke("rules", "list", "--rulebook", fetching.book).stdout
    assert text.count(f"    fetched {today} from {url}\n") == 1
    for name, page in LICENSES.items():
        assert f"license accepted: {name}, {today}, {page}\n" in text
    listed = invoke("rules", "list", "--rulebook", fetching.book, "--format", "jsonl").stdout
    found = [json.loads(line) for line in listed.splitlines()]
    (release,) = (one for one in found if one.get("release"))
    digest = hashlib.sha256(fetching.site.files[f"/files/zip/{PRACTITIONER}"]).hexdigest()
    assert [source["fetched"] for source in release["sources"]] == [
        {"url": url, "day": today.isoformat(), "sha256": digest}
    ]
    accepted = [one for one in found if one.get("license")]
    assert accepted == [
        {"license": name, "page": page, "accepted": today.isoformat()} for name, page in sorted(LICENSES.items())
    ]


def test_what_the_book_has_is_not_asked_for_again(fetching: Fetching) -> None:
    fetching("--from", "2026-04", "--table", "mue_practitioner")
    fetching.site.asked.clear()
    again = fetching("--from", "2026-04", "--table", "mue_practitioner")
    assert again.exit_code == 0 and "has all that is needed" in again.stderr
    assert not fetching.site.asked


def test_a_license_once_accepted_is_not_asked_for_again(fetching: Fetching) -> None:
    fetching("--from", "2026-04", "--table", "mue_practitioner")
    assert fetching("--from", "2026-04", "--table", "mue_dme", accept=False).exit_code == 0


def test_without_the_license_nothing_is_downloaded(fetching: Fetching) -> None:
    refused = fetching("--from", "2026-04", "--table", "mue_practitioner", accept=False)
    assert refused.exit_code == 2
    assert all(page in refused.stderr for page in LICENSES.values()) and "--accept-license" in refused.stderr
    assert not downloads(fetching.site) and not fetching.book.exists()


@pytest.mark.parametrize(("typed", "status"), [(b"y\n", 0), (b"n\n", 2)])
def test_at_a_terminal_the_license_pages_are_shown_and_asked_about(
    fetching: Fetching, typed: bytes, status: int
) -> None:
    fetching.site.page("/license/ama", text="CPT is copyright of the American Medical Association.")
    fetching.site.page("/license/ada", text="CDT is copyright of the American Dental Association.")
    ours, theirs = pty.openpty()
    command = [PROGRAM, "rules", "fetch", "--from", "2026-04", "--table", "mue_dme", "--rulebook", fetching.book]
    options = ["--cache", fetching.cache, "--mirror", fetching.site.address, "--pause", 0, "--isolated"]
    process = subprocess.Popen([*map(str, (*command, *options))], stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    os.write(ours, typed)
    shown = b""
    with suppress(OSError):  # on Linux a terminal that nobody holds any more ends with one
        while part := os.read(ours, 1 << 16):
            shown += part
    os.close(ours)
    assert process.wait() == status, shown.decode()
    assert b"CPT is copyright" in shown and b"CDT is copyright" in shown and b"Do you accept" in shown
    assert fetching.book.exists() == (status == 0)


def test_a_batch_of_medicaid(fetching: Fetching, site: Site, tmp_path: Path) -> None:
    """Its own limits come from its own page, and judge units of 2026 Q1. No whole table of suppliers is at hand: this
    one has limits of supplies that the practitioners' has."""
    with (CMS / "mue" / "medicaid_mue_practitioner_2026Q1.subset.rebuilt.csv").open(newline="") as rows:
        found = [(row["hcpcs"], int(row["mue_value"]), row["rationale"]) for row in csv.DictReader(rows)]
    limits = [limit for limit in found if limit[0][0] in "AELQJ"]
    name = MUE_NAMES["medicaid_mue_dme"]
    site.files[f"/files/zip/{name}"] = zipped(tmp_path, name, mue_text(limits)).read_bytes()
    site.page("/medicare/coding-billing/ncci-medicaid/medicaid-ncci-edit-files", f"/files/zip/{name}")
    batch = tmp_path / "batch.csv"
    batch.write_text("claim_id,code,units,from_date,setting,charge\nA,E0601,2,2026-02-04,dme,100.00\n")
    result = fetching(batch, "--profile", "medicaid", "--table", "medicaid_mue_dme")
    assert result.exit_code == 0, result.output
    assert "added Medicaid MUE DME 2026 Q1" in result.stdout and downloads(site) == [name]
    checked = invoke("check", batch, "--profile", "medicaid", "--rulebook", fetching.book, "--isolated")
    assert "Medicaid NCCI: 2 units of E0601 billed; MUE is 1 per line." in " ".join(checked.stdout.split())


def test_a_fee_schedule_behind_its_own_page_and_the_license(fetching: Fetching) -> None:
    files = "/medicare/payment/fee-schedules/clinical-laboratory-fee-schedule-clfs/files"
    fetching.site.page(files, f"{files}/25clabq2", f"{files}/25clabq1")
    fetching.site.page(f"{files}/25clabq1", "/license/ama?file=/files/zip/25clabq1.zip")
    fetching.site.files["/files/zip/25clabq1.zip"] = (CMS / "fees" / "25CLABQ1.zip").read_bytes()
    result = fetching("--from", "2025-02", "--table", "laboratory_fees")
    assert result.exit_code == 0 and "added CLFS 2025 Q1: laboratory_fees" in result.stdout
    assert fetching.site.paths() == [files, f"{files}/25clabq1", "/files/zip/25clabq1.zip"]


def test_zip_codes_need_no_license(fetching: Fetching) -> None:
    """Nothing of theirs is anybody's but CMS's; a date in the address may have slashes."""
    address = "/files/zip/zip-code-carrier-locality-file-revised-08/14/2025.zip"
    fetching.site.page("/medicare/payment/fee-schedules", address)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("ZIP5_OCT2025.txt", "ZIP5lyout.txt", "ZIP9lyout.txt"):
            archive.write(CMS / "geo" / name, name)
    fetching.site.files[address] = packed.getvalue()
    result = fetching("--from", "2025-10", "--table", "carriers", accept=False)
    assert result.exit_code == 0 and "added ZIP5 2025 Q4: carriers, 2025-10-01 to 2025-12-31, 42,956" in result.stdout


def test_a_release_has_a_page_of_its_own(fetching: Fetching) -> None:
    result = fetching("--from", "2025-10", "--to", "2025-12", "--table", "fee_schedule")
    assert result.exit_code == 0 and "added RVU25D: fee_schedule" in result.stdout
    assert fetching.site.paths() == [PFS, f"{PFS}/rvu25d-0", "/files/zip/rvu25d.zip"]


def test_what_is_not_published_is_told_and_the_rest_is_added(fetching: Fetching) -> None:
    result = fetching("--from", "2026-04", "--to", "2026-09", "--table", "mue_practitioner")
    assert result.exit_code == 1
    assert "NCCI MUE (practitioner) for 2026 Q3 not found on https://www.cms.gov" in result.stderr
    assert "medicare-ncci-2026-q3-practitioner-services-mue-table.zip" in result.stderr
    assert "added MUE practitioner 2026 Q2" in result.stdout


def test_a_dry_run_downloads_nothing(fetching: Fetching) -> None:
    result = fetching("--from", "2026-04", "--dry-run")
    assert f"found {PRACTITIONER}" in result.stdout
    assert not downloads(fetching.site) and not fetching.book.exists()


def test_a_network_that_breaks_leaves_the_book_as_it_was(fetching: Fetching) -> None:
    fetching("--from", "2026-04", "--table", "mue_practitioner")
    before = fetching.book.read_bytes()
    fetching.site.answers[f"/files/zip/{OUTPATIENT}"] = [Answer(b"PK", 200, ZIP | {"ETag": '"1"'}, sends=1)] * 9
    broken = fetching("--from", "2026-04", "--table", "mue_dme", "--table", "mue_outpatient")
    assert broken.exit_code == 2 and "The rule book is as it was" in broken.stderr
    assert fetching.book.read_bytes() == before

    fetching.site.answers.pop(f"/files/zip/{OUTPATIENT}")
    fetching.site.asked.clear()
    result = fetching("--from", "2026-04", "--table", "mue_dme", "--table", "mue_outpatient")
    assert result.exit_code == 0, result.output
    assert {line.split(":")[0] for line in result.stdout.splitlines() if line.startswith("added")} == {
        "added MUE DME 2026 Q2",
        "added MUE outpatient 2026 Q2",
    }
    of_dme = next(asked for asked in fetching.site.asked if asked.path.endswith(DME))
    assert of_dme.headers["if-none-match"], "what arrived before the network broke is in the cache"


def test_a_page_in_place_of_a_file_is_refused(fetching: Fetching) -> None:
    html = Answer(b"<html>Do you accept?</html>", 200, {"Content-Type": "text/html"})
    fetching.site.files.pop(f"/files/zip/{DME}")
    fetching.site.answers[f"/files/zip/{DME}"] = [html]
    result = fetching("--from", "2026-04", "--table", "mue_dme")
    assert result.exit_code == 2 and "found a page (HTML), expected a zip file" in result.stderr
    assert not fetching.book.exists()


def test_a_zip_without_the_table_is_refused(fetching: Fetching) -> None:
    name = f"/files/zip/{DME}"
    fetching.site.files[name] = fetching.site.files["/files/zip/rvu25d.zip"][:50_000]
    result = fetching("--from", "2026-04", "--table", "mue_dme")
    assert result.exit_code == 2 and DME in result.stderr
    assert not fetching.book.exists()


def test_a_page_that_is_gone_is_told(fetching: Fetching) -> None:
    fetching.site.answers.pop(MUES)
    result = fetching("--from", "2026-04", "--table", "mue_dme")
    assert result.exit_code == 1
    assert f"https://www.cms.gov{MUES}: the server answered 404" in result.stderr and "rules add" in result.stderr
    assert not fetching.book.exists()


def test_a_page_that_is_gone_keeps_nothing_else_back(fetching: Fetching) -> None:
    fetching.site.answers.pop(PFS)
    result = fetching("--from", "2026-04", "--table", "fee_schedule", "--table", "mue_dme")
    assert result.exit_code == 1 and "added MUE DME 2026 Q2" in result.stdout


def test_two_downloads_do_not_mix(fetching: Fetching) -> None:
    fetching.cache.mkdir()
    with FileLock(fetching.cache / ".lock"):
        result = fetching("--from", "2026-04", "--table", "mue_dme")
    assert result.exit_code == 2 and "another `rules fetch` is downloading" in result.stderr


def test_a_folder_of_files_needs_no_network_and_no_license(tmp_path: Path) -> None:
    folder, book = tmp_path / "downloads", tmp_path / "book.sqlite"
    folder.mkdir()
    for name in (PRACTITIONER, DME):
        (folder / name).write_bytes((CMS / "mue" / name).read_bytes())
    result = invoke(
        *("rules", "fetch", "--from", "2026-04", "--table", "mue_practitioner", "--table", "mue_dme"),
        *("--table", "mue_outpatient", "--from-dir", folder, "--rulebook", book, "--isolated"),
        environment={"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"},
    )
    assert result.exit_code == 1, result.output
    assert "added MUE practitioner 2026 Q2" in result.stdout and "added MUE DME 2026 Q2" in result.stdout
    assert OUTPATIENT in result.stderr
    assert provenance_of(Store.open(book)) == ((), ())


def test_the_nightly_job_of_the_guide(fetching: Fetching, tmp_path: Path) -> None:
    """It puts a new book in place, keeps the old one where the new one is not sound, and can be run again."""
    page = (ROOT / "docs/guides/rule-book.md").read_text("utf-8")
    script = next(block.text for block in blocks(page) if block.title == "nightly.sh")
    share = tmp_path / "share"
    book = share / "rulebook.sqlite"
    to_site = f"--mirror {fetching.site.address} --cache {fetching.cache} --pause 0 --isolated"
    script = script.replace("/srv/claimcheck", str(share)).replace("$(date +%Y-%m)", "2026-04")
    script = script.replace("rules fetch", f"rules fetch {to_site}")

    def at_night() -> int:
        environment = {**os.environ, "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}"}
        done = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True, check=False)
        assert "Traceback" not in done.stderr
        return done.returncode

    assert at_night() == 0
    first = book.read_bytes()
    assert "MUE DME 2026 Q2" in {release.name for release in Store.open(book).releases}
    assert at_night() == 0 and book.read_bytes() == first
    book.write_bytes(first[:9000])
    assert at_night() == 2 and book.read_bytes() == first[:9000]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name FILES, or months by --from and --to"),
        (("--from", "2026"), 'found "2026", expected a month'),
        (("--from", "2026-07", "--to", "2026-01"), "which is before 2026-07"),
        (("--from", "2026-07", "--table", "mue_practitoner"), "did you mean mue_practitioner?"),
        (("--from", "2026-07", "--from-dir", "no-such-folder"), "no-such-folder is not a folder"),
    ],
)
def test_wrong_arguments_are_told(fetching: Fetching, arguments: tuple[str, ...], said: str) -> None:
    result = fetching(*arguments)
    assert result.exit_code == 2 and said in result.stderr
