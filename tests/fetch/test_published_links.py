"""Links of CMS's pages: known by what stays the same, whatever else drifts in a name."""

import pytest

from claimcheck.fetch.fetching import BY_TABLE
from claimcheck.fetch.published import Link, addresses_in, best_of, links_of
from claimcheck.rulebook.quarters import Quarter
from support.published import CMS, needs_cms

PAGE = "https://www.cms.gov/medicare/coding-billing/ncci-medicaid/medicaid-ncci-edit-files"


def links(table: str, *names: str) -> list[Link]:
    return [*links_of(BY_TABLE[table], [f"https://www.cms.gov/files/zip/{name}" for name in names], PAGE)]


@pytest.mark.parametrize(
    ("name", "table", "quarter"),
    [
        ("medicaid-ncci-q1-2026-mue-edits-practitioner-services.zip", "medicaid_mue_practitioner", "2026 Q1"),
        ("medicaid-ncci-2026-q3-mue-edits-durable-medical-equipment.zip", "medicaid_mue_dme", "2026 Q3"),
        ("medicaid-ncci-q2-2026-mue-edits-durable-medical-equipment-services.zip", "medicaid_mue_dme", "2026 Q2"),
        ("medicaid-ncci-2026q4-mue-edits-outpatient-hospital-services-0.zip", "medicaid_mue_outpatient", "2026 Q4"),
        ("medicaid-ncci-2026-q4-mue-edits-hospital-outpatient.zip", "medicaid_mue_outpatient", "2026 Q4"),
        ("medicaid-ncci-q2-2026-ptp-edits-practitioner-services.zip", "medicaid_ptp_practitioner", "2026 Q2"),
        ("medicaid-ncci-2026-q3-ptp-edits-practitioner-services.zip", "medicaid_ptp_practitioner", "2026 Q3"),
        ("Medicaid-NCCI-2026-Q3-PTP-edits-durable-medical-equipment.zip", "medicaid_ptp_dme", "2026 Q3"),
    ],
)
def test_files_of_medicaid(name: str, table: str, quarter: str) -> None:
    (link,) = links(table, name)
    assert (link.table, str(link.span[1]), link.name) == (table, quarter, name)
    # Pairs keep their history, so that the file of a quarter serves those before it; limits do not.
    assert (link.span[0] < link.span[1]) == ("ptp" in table)


@pytest.mark.parametrize(
    "name",
    [
        "medicaid-ncci-mue-edits-practitioner-services.zip",
        "medicaid-ncci-q5-2026-mue-edits-practitioner-services.zip",
        "medicaid-ncci-2026-q3-ptp-edits-practitioner-services.zip",
        "medicaid-ncci-2026-q3-mue-edits-practitioner-services.pdf",
        "medicare-ncci-2026-q3-practitioner-services-mue-table.zip",
    ],
)
def test_files_of_another_kind_are_not_medicaids_limits(name: str) -> None:
    assert links("medicaid_mue_practitioner", name) == []


def test_what_a_file_of_medicaid_is_usually_called() -> None:
    quarter = Quarter(2026, 3)
    names = [BY_TABLE[table].file_name(table, quarter) for table in ("medicaid_mue_practitioner", "medicaid_ptp_dme")]
    assert names == [
        "medicaid-ncci-2026-q3-mue-edits-practitioner-services.zip",
        "medicaid-ncci-2026-q3-ptp-edits-durable-medical-equipment-services.zip",
    ]
    for table, name in zip(("medicaid_mue_practitioner", "medicaid_ptp_dme"), names, strict=True):
        assert [link.table for link in links(table, name)] == [table]


@needs_cms
def test_the_page_of_medicaid() -> None:
    page = (CMS / "excerpts2026Q4" / "page_medicaid_ncci_2026-05.excerpt.html").read_text()
    found = [*links_of(BY_TABLE["medicaid_ptp_practitioner"], addresses_in(page, PAGE), PAGE)]
    assert len(found) == 3
    (best,) = best_of(found, "medicaid_ptp_practitioner", Quarter(2026, 2))
    assert best.url == "https://www.cms.gov/files/zip/medicaid-ncci-2026-q3-ptp-edits-practitioner-services.zip"
    assert best_of(found, "medicaid_ptp_outpatient", Quarter(2026, 2)) == []
