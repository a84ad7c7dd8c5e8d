"""``claimcheck rules``: the rule book, made from the files that CMS publishes."""

from claimcheck.cli.rules import book, fetching
from claimcheck.cli.rules.group import app

__all__ = ["app", "book", "fetching"]
