"""Every table that a check may miss has a name that a person can look for, and a place to take it from."""

import pytest

from claimcheck.catalog import every_check
from claimcheck.rulebook import MUE_TABLES, PAIR_TABLES
from claimcheck.rulebook.published import PUBLISHED_AT
from claimcheck.rulebook.starter import load_lists


def test_every_table_that_a_check_needs_is_published_somewhere() -> None:
    asked = {table for check in every_check() for table in check.needs} - {"mue", "ptp"}
    assert asked >= {"fee_schedule", "opps", "clia_excluded"}
    asked |= {*MUE_TABLES.values(), *PAIR_TABLES}
    asked |= {f"medicaid_{table}" for table in (*MUE_TABLES.values(), *PAIR_TABLES)}
    assert asked - PUBLISHED_AT.keys() == set()


def test_what_ships_is_what_lies_under_every_rule_book() -> None:
    assert {table for table, at in PUBLISHED_AT.items() if at.ships} == set(load_lists().tables())


@pytest.mark.parametrize("table", sorted(PUBLISHED_AT))
def test_what_has_to_be_loaded_has_a_page_at_cms(table: str) -> None:
    title, page, ships = PUBLISHED_AT[table]
    assert title
    assert page.startswith("https://www.cms.gov/") or ships
