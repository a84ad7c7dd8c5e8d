"""Every section of the specification that source and tests cite is there: ``pairs#what-bypasses-a-pair``."""

import re
from collections.abc import Iterator

import pytest

from support.places import ROOT
from support.site import anchors

PAGES = {
    path.stem if path.stem != "index" else "specification": path
    for path in sorted((ROOT / "docs" / "specification").glob("*.md"))
}
CITATION = re.compile(rf"(?<![\w/.-])({'|'.join(PAGES)})#([a-z0-9-]*[a-z0-9])")
OLD = re.compile(r"\b[A-P]\d{1,2}(?:\.\d)? [A-Z0-9+-]+: |section [A-P]\b.*specification|specification.*section [A-P]\b")
"""What cited a document that is not here: ``M2 4: ...``."""


def cited() -> Iterator[tuple[str, str, str]]:
    """File, page and section of each citation."""
    for folder in ("src", "tests", "benchmarks"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for page, section in CITATION.findall(path.read_text("utf-8")):
                yield str(path.relative_to(ROOT)), page, section


def test_every_cited_section_is_there() -> None:
    citations = list(cited())
    assert len(citations) > 60
    missing = [one for one in citations if one[2] not in anchors(PAGES[one[1]].read_text("utf-8"))]
    assert not missing


@pytest.mark.parametrize("text", ["pairs #no-such-section", "order #step-9"])
def test_a_section_that_is_not_there_is_found(text: str) -> None:
    ((page, section),) = CITATION.findall(f"as in {text.replace(' ', '')}: a pair")
    assert section not in anchors(PAGES[page].read_text("utf-8"))


def test_nothing_cites_a_document_that_is_not_here() -> None:
    assert OLD.search("M2 4: sums") and OLD.search("A5 1: 50") and OLD.search("specification, section M")
    for path in sorted((ROOT / "tests").rglob("*.py")):
        text = path.read_text("utf-8")
        assert not re.findall(r'"""[A-P]\d (?:[A-Z0-9+-]+)?:', text), path
        assert path.name == "test_specification.py" or not OLD.findall(text), path
