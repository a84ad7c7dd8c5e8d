"""Every table that a check may miss has a name that a person can look for, and a place to take it from."""

import pytest

from claimcheck.catalog.entries import checks_by_table, every_check
from claimcheck.rulebook.diagnoses import load_diagnoses
from claimcheck.rulebook.starter import load_lists
from claimcheck.rulebook.tables import TABLES


def test_every_table_that_a_check_needs_is_published_somewhere() -> None:
    asking = checks_by_table()
    assert asking["add_on"] == ["AOC-1", "AOC-2", "AOC-3"]
    assert asking.keys() - TABLES.keys() == set()
    # Published, but no check's own table: what ASC indicators mean, a list behind another, and what people look up.
    behind = {"asc_indicators", "clia_waived", "specialties", "successors"}
    assert TABLES.keys() - asking.keys() == {*behind, "carriers", "ndc_crosswalk"}


def test_a_check_asks_the_tables_of_its_settings_and_programs() -> None:
    asking = checks_by_table()
    assert "MUE-DOS" in asking["mue_dme"]
    assert "MUE-DOS" in asking["medicaid_mue_dme"]
    assert "BILAT-UNITS" in asking["mue_outpatient"]
    assert "BILAT-UNITS" not in asking["mue_dme"]  # a check of the other settings
    assert "BILAT-UNITS" not in asking["medicaid_mue_outpatient"]  # one that asks Medicare's alone
    assert asking["medicaid_ptp_practitioner"] == ["PTP-0", "PTP-1", "PTP-WEAK", "EM-DAY", "THER-EVAL"]
    # Medicare has no pairs for suppliers.
    of_suppliers = {table for table in asking if table.endswith("_dme")}
    assert of_suppliers == {"mue_dme", "medicaid_mue_dme", "medicaid_ptp_dme"}
    assert sum(map(len, asking.values())) > sum(len(check.needs) for check in every_check())


def test_what_ships_is_what_lies_under_every_rule_book() -> None:
    assert {table for table, at in TABLES.items() if at.ships} == {*load_lists().tables(), *load_diagnoses().tables()}


ELSEWHERE = {
    "order_referring": "https://data.cms.gov/",
    "excluded_npis": "https://oig.hhs.gov/exclusions/",
    "deactivated_npis": "https://download.cms.gov/nppes/",
}


@pytest.mark.parametrize("table", sorted(TABLES))
def test_what_has_to_be_loaded_has_a_page_at_cms(table: str) -> None:
    at = TABLES[table]
    assert at.title
    page = ELSEWHERE.get(table, "https://www.cms.gov/medicare/")
    assert at.page.startswith(page if not at.ships else "https://")
    assert at.optional == (table in ELSEWHERE)
