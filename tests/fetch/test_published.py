"""What CMS calls its files, and which quarters each governs: names as its pages have had them."""

import pytest

from claimcheck.fetch.fetching import BY_TABLE
from claimcheck.fetch.published import addresses_in, best_of, links_of, releases_of
from claimcheck.rulebook.quarters import Quarter
from support.published import CMS, needs_cms

SITE = "https://www.cms.gov"


@pytest.mark.parametrize(
    ("table", "path", "first", "last"),
    [
        ("laboratory_fees", "24clabq1.zip", "2024Q1", "2024Q1"),
        ("laboratory_fees", "25clabq3v2.zip", "2025Q3", "2025Q3"),
        ("laboratory_fees", "26clabq4.zip", "2026Q4", "2026Q4"),
        ("dmepos", "dme25.zip", "2025Q1", "2025Q1"),
        ("dmepos", "dme25b.zip", "2025Q2", "2025Q2"),
        ("dmepos", "dme25-d.zip", "2025Q4", "2025Q4"),
        ("dmepos", "dme26-c-0.zip", "2026Q3", "2026Q3"),
        ("asp", "january-2025-asp-pricing-file-03-11-25-final-file.zip", "2025Q1", "2025Q1"),
        ("asp", "october-2025-asp-pricing-final-file.zip", "2025Q4", "2025Q4"),
        ("asp", "january-2026-medicare-part-b-payment-limit-files.zip", "2026Q1", "2026Q1"),
        ("asp", "april-2026-medicare-part-b-payment-limit-files-final-file.zip", "2026Q2", "2026Q2"),
        ("ndc_crosswalk", "july-2026-ndc-hcpcs-crosswalk.zip", "2026Q3", "2026Q3"),
        ("ndc_crosswalk", "october-2026-ndc-hcpcs-crosswalk-final.zip", "2026Q4", "2026Q4"),
        ("telehealth", "list-telehealth-services-calendar-year-2026.zip", "2026Q1", "2026Q4"),
        ("carriers", "zip-code-carrier-locality-file-revised-08/14/2025.zip", "2025Q4", "2025Q4"),
        ("carriers", "zip-code-carrier-locality-file-revised-02-18-2026.zip", "2026Q2", "2026Q2"),
        ("carriers", "zip-code-carrier-locality-file-updated-11-13-2026.zip", "2027Q1", "2027Q1"),
    ],
)
def test_the_quarters_that_a_file_governs(table: str, path: str, first: str, last: str) -> None:
    [link] = links_of(BY_TABLE[table], [f"{SITE}/files/zip/{path}"], SITE)
    assert (link.table, *link.span) == (table, Quarter.read(first), Quarter.read(last))
    assert {name for name, one in BY_TABLE.items() if [*links_of(one, [link.url], SITE)]} == {table}


@pytest.mark.parametrize(
    ("table", "quarter", "address"),
    [
        ("laboratory_fees", "2026Q3", "/fee-schedules/clinical-laboratory-fee-schedule-clfs/files/26clabq3"),
        ("laboratory_fees", "2025Q3", "/files/25clabq3v2"),
        ("dmepos", "2026Q1", "/dmepos-fee-schedule/dme26"),
        ("dmepos", "2026Q3", "/dmepos-fee-schedule/dme26-c"),
    ],
)
def test_the_page_of_a_release(table: str, quarter: str, address: str) -> None:
    page = f'<a href="{address}">x</a><a href="/files/99clabq1">x</a><a href="/dmepos-fee-schedule/dme99-d">x</a>'
    wanted = Quarter.read(quarter)
    assert wanted and releases_of(BY_TABLE[table], page, SITE, [wanted]) == [SITE + address]


@needs_cms
@pytest.mark.parametrize(
    ("table", "quarter", "name"),
    [
        ("asp", "2026Q4", "october-2026-medicare-part-b-payment-limit-files-final.zip"),
        ("asp", "2025Q4", "october-2025-asp-pricing-final-file.zip"),
        ("ndc_crosswalk", "2026Q2", "april-2026-ndc-hcpcs-crosswalk-03-30-2026-final-file.zip"),
    ],
)
def test_links_of_the_page_of_drugs(table: str, quarter: str, name: str) -> None:
    """Not the price files of seasonal vaccines, nor of drugs without a code (NOC)."""
    page = (CMS / "excerpts2026Q4/page_asp_2026-09.excerpt.html").read_text()
    links = [*links_of(BY_TABLE[table], addresses_in(page, SITE), SITE)]
    wanted = Quarter.read(quarter)
    assert wanted and [link.name for link in best_of(links, table, wanted)] == [name]
    assert not any("seasonal" in link.name or "noc" in link.name for link in links)


def test_the_final_version_comes_after_the_preliminary_one() -> None:
    names = ["october-2026-ndc-hcpcs-crosswalk-final.zip", "october-2026-ndc-hcpcs-crosswalk.zip"]
    for order in (names, names[::-1]):
        links = [*links_of(BY_TABLE["ndc_crosswalk"], [f"{SITE}/files/zip/{name}" for name in order], SITE)]
        assert [link.name for link in best_of(links, "ndc_crosswalk", Quarter(2026, 4))] == names[:1]
