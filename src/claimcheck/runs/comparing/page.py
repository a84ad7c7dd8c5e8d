"""A comparison as one HTML page, without scripts: what changes, by disposition and by check, and examples."""

from __future__ import annotations

from importlib.resources import files

from claimcheck.claim import in_dollars
from claimcheck.message import SEVERITIES
from claimcheck.runs.comparing.differences import Comparison, severity_in_words
from claimcheck.runs.comparing.text import signed, words
from claimcheck.writers import FormatError

ROWS = 500
"""Checks and codes that a page lists; JSON has all."""


def page(found: Comparison, before: str, after: str) -> str:
    """A comparison as HTML, the same bytes whenever it is made.

    Args:
        found: what differs.
        before, after: what the sides are called.

    Raises:
        FormatError: jinja2 is not installed.
    """
    try:
        from jinja2 import Environment, StrictUndefined
    except ImportError:
        raise FormatError("the format html needs jinja2: pip install 'claimcheck-edits[html]'") from None
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(
        number="{:,}".format, money=in_dollars, signed=signed, words=words, severity=severity_in_words
    )
    template = (files("claimcheck.runs.comparing") / "page.html.j2").read_text("utf-8")
    rows = found.worst_messages()
    return environment.from_string(template).render(
        found=found, before=before, after=after, rows=rows[:ROWS], more=len(rows[ROWS:]), severities=SEVERITIES
    )
