"""The pages of ``docs/checks`` are those of the checks: one for each, and none that is stale.

To write them anew after a change of a check or a merge: ``make golden``.
"""

import re

import pytest

from claimcheck.catalog.entries import every_check
from claimcheck.checks import all_checks
from support.golden import PAGES, pages


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """What the pages must be, by name."""
    return pages()


def test_the_pages_are_up_to_date(texts: dict[str, str]) -> None:
    """None is stale, and none is without its check."""
    kept = {path.name: path.read_text("utf-8") for path in PAGES.iterdir()}
    stale = sorted(name for name in kept.keys() | texts.keys() if kept.get(name) != texts.get(name))
    assert stale == [], "run `make golden`"


def test_the_index_names_every_edit_once_and_links_to_pages_that_are_there(texts: dict[str, str]) -> None:
    links = re.findall(r"\[([A-Za-z0-9-]+)\]\(([^)#]*)(?:#([^)]*))?\)", texts["README.md"])
    assert sorted(id for id, _, _ in links) == sorted(check.id for check in every_check())
    headings = {line[3:].lower() for line in texts["reading.md"].splitlines() if line.startswith("## ")}
    for _, name, anchor in links:
        assert name in texts
        assert not anchor or anchor in headings


def test_a_page_shows_every_example_and_explains_every_option(texts: dict[str, str]) -> None:
    for check in all_checks():
        page = texts[f"{check.id}.md"]
        assert page.count("\n```text\n") == len(check.examples), check.id
        for option in check.options:
            assert f"``{option}``" in check.doc, check.id
