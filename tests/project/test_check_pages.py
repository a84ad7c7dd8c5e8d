"""The pages of ``docs/checks`` are those of the checks: one for each, and none that is stale.

To write them anew after a change of a check or a merge: ``make docs``.
"""

import re

import pytest

from claimcheck.authoring.check import Check
from claimcheck.catalog.entries import every_check
from claimcheck.catalog.pages import check_page, index_page, reading_page
from claimcheck.checks import all_checks
from support.places import ROOT

FOLDER = ROOT / "docs" / "checks"


def pages() -> dict[str, str]:
    of_checks = {f"{check.id}.md": check_page(check) for check in all_checks()}
    return {**of_checks, "reading.md": reading_page(), "README.md": index_page()}


PAGES = pages()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_up_to_date(name: str) -> None:
    path = FOLDER / name
    assert path.is_file(), "run `make docs`"
    assert path.read_text("utf-8") == PAGES[name], "run `make docs`"


def test_no_page_is_without_its_check() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(PAGES)


def test_the_index_names_every_edit_once_and_links_to_pages_that_are_there() -> None:
    links = re.findall(r"\[([A-Za-z0-9-]+)\]\(([^)#]*)(?:#([^)]*))?\)", PAGES["README.md"])
    assert sorted(id for id, _, _ in links) == sorted(check.id for check in every_check())
    headings = {line[3:].lower() for line in PAGES["reading.md"].splitlines() if line.startswith("## ")}
    for _, name, anchor in links:
        assert name in PAGES
        assert not anchor or anchor in headings


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.id)
def test_a_page_shows_every_example_and_explains_every_option(check: Check) -> None:
    page = PAGES[f"{check.id}.md"]
    assert page.count("\n```text\n") == len(check.examples)
    for option in check.options:
        assert f"``{option}``" in check.doc


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in FOLDER.iterdir():
        path.unlink()
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page, "utf-8")
