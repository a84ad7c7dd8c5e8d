"""The license agreements for the codes in CMS's files: read on CMS's own pages, never shipped."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final, NamedTuple

_BLOCKS: Final = frozenset({"p", "div", "li", "br", "h1", "h2", "h3", "h4", "section", "tr", "ul", "ol"})
_UNREAD: Final = frozenset({"script", "style", "head", "nav", "header", "footer", "noscript", "form"})


class LicensePage(NamedTuple):
    """A license agreement as CMS's page has it: whose it is, the address of the page, and its text."""

    name: str
    url: str
    text: str


class _Text(HTMLParser):
    """Collects what a page says to its readers."""

    def __init__(self) -> None:
        super().__init__()
        self._unread = 0
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a paragraph, or what is not read."""
        self._unread += tag in _UNREAD
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """End what is not read."""
        self._unread -= tag in _UNREAD and self._unread > 0

    def handle_data(self, data: str) -> None:
        """Keep text."""
        if not self._unread:
            self.parts.append(data)


def text_of(html: str) -> str:
    """What a page of HTML says, a paragraph a line."""
    parser = _Text()
    parser.feed(html)
    lines = (re.sub(r"\s+", " ", line).strip() for line in "".join(parser.parts).split("\n"))
    return "\n".join(line for line in lines if line)
