"""Pages of the site as Markdown: what they link to, what they show and what they name."""

import re
from pathlib import Path

from support.places import ROOT

DOCS = ROOT / "docs"
GUIDES = sorted([DOCS / "quick-start.md", *(DOCS / "guides").glob("*.md")])
"""Pages whose commands, configurations and programs are run."""


def anchors(page: str) -> set[str]:
    """The anchors of a page's headings, as GitHub and the site make them."""
    text = re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ +(.*?) *$", text, re.MULTILINE)
    return {re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower()) for heading in headings}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
