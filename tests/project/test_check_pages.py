"""The pages of ``docs/checks`` are those of the checks: one for each, and none that is stale.

To write them anew after a change of a check or a merge: ``make golden``.
"""

import re

import pytest

from claimcheck.authoring.check import Check
from claimcheck.catalog.entries import every_check
from claimcheck.checks import all_checks
from support.golden import PAGES, pages

TEXTS = pages()


@pytest.mark.parametrize("name", TEXTS)
def test_a_page_is_up_to_date(name: str) -> None:
    path = PAGES / name
    assert path.is_file(), "run `make golden`"
    assert path.read_text("utf-8") == TEXTS[name], "run `make golden`"


def test_no_page_is_without_its_check() -> None:
    assert {path.name for path in PAGES.iterdir()} == set(TEXTS)


def test_the_index_names_every_edit_once_and_links_to_pages_that_are_there() -> None:
    links = re.findall(r"\[([A-Za-z0-9-]+)\]\(([^)#]*)(?:#([^)]*))?\)", TEXTS["README.md"])
    assert sorted(id for id, _, _ in links) == sorted(check.id for check in every_check())
    headings = {line[3:].lower() for line in TEXTS["reading.md"].splitlines() if line.startswith("## ")}
    for _, name, anchor in links:
        assert name in TEXTS
        assert not anchor or anchor in headings


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.id)
def test_a_page_shows_every_example_and_explains_every_option(check: Check) -> None:
    page = TEXTS[f"{check.id}.md"]
    assert page.count("\n```text\n") == len(check.examples)
    for option in check.options:
        assert f"``{option}``" in check.doc
