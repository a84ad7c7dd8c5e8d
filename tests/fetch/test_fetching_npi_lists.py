"""The lists of NPIs from a local server: they are CSV files, need no license, and are fetched only where asked for."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from typer.testing import Result

from claimcheck.fetch.published import PUBLICATIONS, addresses_in, links_of
from claimcheck.rulebook import Store
from claimcheck.rulebook.cms import order_referring as importer
from claimcheck.rulebook.quarters import Quarter
from claimcheck.rulebook.removing import remove
from claimcheck.rulebook.store import provenance_of
from support.cms_site import Answer, Site, cms_site
from support.command_line import invoke
from support.npi_files import leie, npis, order_referring

ORDER, LEIE = (
    next(one for one in PUBLICATIONS if name in one.tables.values()) for name in ("order_referring", "excluded_npis")
)
FILES = "/sites/default/files"
OLDER = f"{FILES}/2026-09/0f1a2b3c-4d5e-6f70-8192-a3b4c5d6e7f8/OrderReferring_20260831.csv"
NEWER = f"{FILES}/2026-10/1f1a2b3c-4d5e-6f70-8192-a3b4c5d6e7f8/OrderReferring_20261008.csv"
CATALOGUE = {
    "@type": "dcat:Catalog",
    "dataset": [
        {
            "title": "Order and Referring",
            "description": "Who may order [and refer]: see //nowhere, https://[x",
            "distribution": [
                {"mediaType": "text/csv", "downloadURL": f"https://data.cms.gov{path}"} for path in (OLDER, NEWER)
            ],
        }
    ],
}
TODAY = date.today()
THIS_MONTH = f"{TODAY:%Y-%m}"
EXCLUSIONS = "/oig.hhs.gov/exclusions/downloadables/UPDATED.csv"
PAGE = "/oig.hhs.gov/exclusions/leie-database-supplement-downloads/"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with cms_site() as site:
        json_type = {"Content-Type": "application/json"}
        site.answers["/data.cms.gov/data.json"] = [Answer(json.dumps(CATALOGUE).encode(), headers=json_type)]
        site.files[f"/data.cms.gov{NEWER}"] = order_referring(tmp_path, dict.fromkeys(npis(20), "YYNNN")).read_bytes()
        site.page(PAGE, "/exclusions/downloadables/UPDATED.csv", "/exclusions/downloadables/2026/2610excl.csv")
        rows = [(npi, "20190418", "00000000") for npi in npis(5_000)]
        site.files[EXCLUSIONS] = leie(tmp_path, rows).read_bytes()
        yield site


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tmp_path / "book.sqlite"


def fetch(site: Site, book: Path, *arguments: object) -> Result:
    return invoke(
        *("rules", "fetch", *arguments, "--rulebook", book, "--cache", book.parent / "cache", "--isolated"),
        *("--mirror", site.address, "--pause", 0),
    )


def test_the_newest_list_of_a_catalogue_is_found(site: Site, book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importer, "_MIN_ROWS", 10)
    result = fetch(site, book, "--from", "2026-07", "--table", "order_referring")
    assert result.exit_code == 0, result.output
    assert "added Order and Referring 2026-10-08: order_referring, 2026-07-10 to 2026-10-08, 20 rows" in result.stdout
    assert site.paths() == ["/data.cms.gov/data.json", f"/data.cms.gov{NEWER}"]
    (fetched,) = provenance_of(Store.open(book)).fetched
    assert (fetched.container, fetched.url) == ("OrderReferring_20261008.csv", f"https://data.cms.gov{NEWER}")
    assert not provenance_of(Store.open(book)).licenses


def test_a_file_that_is_always_called_the_same_is_of_the_day_of_its_download(site: Site, book: Path) -> None:
    result = fetch(site, book, "--from", THIS_MONTH, "--table", "excluded_npis")
    assert result.exit_code == 0, result.output
    assert f"added LEIE {TODAY}: excluded_npis, {TODAY - timedelta(90)} to {TODAY}, 5,000 rows" in result.stdout
    # There may be a newer one, so that it is asked for again; the server says that there is none.
    again = fetch(site, book, "--from", THIS_MONTH, "--table", "excluded_npis")
    assert again.exit_code == 0 and f"unchanged LEIE {TODAY}" in again.stdout
    remove(book, [("excluded_npis", f"LEIE {TODAY}")])
    assert not provenance_of(Store.open(book)).fetched


def test_of_days_long_ago_no_list_speaks(site: Site, book: Path) -> None:
    result = fetch(site, book, "--from", "2020-01", "--table", "excluded_npis")
    assert result.exit_code == 1 and "for 2020 Q1 not found on https://oig.hhs.gov/" in result.stderr
    assert not book.exists()


@pytest.mark.parametrize(
    ("body", "content_type", "found"),
    [
        (b"<!DOCTYPE html><html>Denied, sorry</html>", "text/html", "a page (HTML)"),
        (b"<html>Denied, sorry</html>", "text/csv", "a page (HTML)"),
        (b"PK\x03\x04,,", "application/zip", "a zip file"),
        (b"", "text/csv", "an empty file"),
    ],
)
def test_what_is_not_csv_is_refused(site: Site, book: Path, body: bytes, content_type: str, found: str) -> None:
    del site.files[EXCLUSIONS]
    site.answers[EXCLUSIONS] = [Answer(body, headers={"Content-Type": content_type})]
    result = fetch(site, book, "--from", THIS_MONTH, "--table", "excluded_npis")
    assert result.exit_code == 2 and f"found {found}, expected a CSV file." in result.stderr
    assert not book.exists()


def test_nobody_needs_a_list_who_did_not_ask_for_it(tmp_path: Path) -> None:
    batch = tmp_path / "batch.csv"
    header = "claim_id,code,units,from_date,setting,charge,ordering_npi,billing_npi"
    batch.write_text(f"{header}\nA,71046,1,2026-08-04,professional,100.00,1003000126,1003000126\n")
    for asked in ((batch,), ("--from", "2026-07")):
        command = ("rules", "needed", *asked, "--rulebook", "starter", "--isolated", "--format", "jsonl")
        needs = [json.loads(line) for line in invoke(*command).stdout.splitlines()]
        assert needs and not [need for need in needs if "npi" in need["table"] or "order" in need["table"]]
        (need,) = map(json.loads, invoke(*command, "--table", "order_referring").stdout.splitlines())
        assert (need["table"], need["quarter"], need["missing"]) == ("order_referring", "2026 Q3", True)
    book = tmp_path / "book.sqlite"
    file = order_referring(tmp_path, {"1003000126": "YYYYY"})
    assert invoke("rules", "add", file, "--partial", "--rulebook", book).exit_code == 0
    listed = invoke("rules", "list", "--rulebook", book).stdout
    assert "absent: mue_practitioner" in listed and "absent: excluded_npis" not in listed
    needed = invoke("rules", "needed", "--from", "2026-09", "--table", "order_referring", "--rulebook", book)
    assert needed.exit_code == 0 and "in the rule book: Order and Referring 2026-10-08" in needed.stdout


def test_links_are_known_by_what_stays_the_same() -> None:
    addresses = addresses_in(json.dumps(CATALOGUE), ORDER.page)
    assert addresses == [f"https://data.cms.gov{path}" for path in (OLDER, NEWER)]
    spans = [link.span for link in links_of(ORDER, addresses, ORDER.page)]
    assert spans == [(Quarter(2026, 2), Quarter(2026, 3)), (Quarter(2026, 3), Quarter(2026, 4))]
    assert not [*links_of(ORDER, ["https://data.cms.gov/OrderReferring_20261399.csv"], ORDER.page)]
    fixed = "https://oig.hhs.gov/exclusions/downloadables/UPDATED.csv"
    assert not [*links_of(LEIE, [fixed], LEIE.page)]  # in a folder: of which day is it?
    (link,) = links_of(LEIE, [fixed], LEIE.page, date(2026, 11, 12))
    assert (link.name, link.span) == ("UPDATED_20261112.csv", (Quarter(2026, 3), Quarter(2026, 4)))


def test_a_folder_of_files_needs_no_network(tmp_path: Path, book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importer, "_MIN_ROWS", 10)
    order_referring(tmp_path, dict.fromkeys(npis(20), "YYNNN"))
    result = invoke(
        *("rules", "fetch", "--from", "2026-07", "--table", "order_referring", "--from-dir", tmp_path),
        *("--rulebook", book, "--isolated"),
    )
    assert result.exit_code == 0 and "added Order and Referring 2026-10-08" in result.stdout, result.output


def test_the_list_of_deactivated_npis_is_known_by_its_link() -> None:
    publication = next(one for one in PUBLICATIONS if "deactivated_npis" in one.tables.values())
    html = '<a href="./NPPES_Deactivated_NPI_Report_110926_V2.zip">x</a><a href="./NPPES_Data_November_2026.zip">y</a>'
    (link,) = links_of(publication, addresses_in(html, publication.page), publication.page)
    assert link.url == "https://download.cms.gov/nppes/NPPES_Deactivated_NPI_Report_110926_V2.zip"
    assert (str(link.span[0]), str(link.span[1])) == ("2026 Q3", "2026 Q4")
