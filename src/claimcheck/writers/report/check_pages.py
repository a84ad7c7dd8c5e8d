"""The pages of checks in HTML: the catalogue writes them in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from claimcheck.writers import FormatError

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_LOWER = 2
"""A page's heading is one of the third level: it is under one of the report."""


def markdown() -> MarkdownIt:
    """What renders a page. Raw HTML in it stays a text.

    Raises:
        FormatError: markdown-it-py is not installed.
    """
    try:
        from markdown_it import MarkdownIt
    except ImportError:
        raise FormatError("the format html needs markdown-it-py: pip install 'claimcheck-edits[html]'") from None
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def as_html(page: str, renderer: MarkdownIt) -> str:
    """A page as HTML; its links tell nobody where they come from."""
    tokens = renderer.parse(page)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{int(token.tag[1]) + _LOWER}"
        for child in token.children or ():
            if child.type == "link_open":
                child.attrSet("rel", "noreferrer")
    return str(renderer.renderer.render(tokens, renderer.options, {}))
