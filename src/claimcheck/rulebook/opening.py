"""Which rule book to use: the one that is named, else the user's own, else the one that comes along."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from claimcheck.rulebook import BookError, Rulebook, Store
from claimcheck.rulebook.starter import load, load_lists

STARTER: Final = "starter"
"""In place of a path: the book that comes with claimcheck."""
VARIABLE: Final = "CLAIMCHECK_RULEBOOK"


def default_path() -> Path:
    """Where ``claimcheck rules add`` keeps the user's own rule book."""
    from platformdirs import user_data_path

    return user_data_path("claimcheck", appauthor=False) / "rulebook.sqlite"


def open_book(path: Path | str | None = None) -> Rulebook:
    """A rule book: of a file that ``claimcheck rules add`` made, with what comes along and no file of CMS
    has under it; or of a folder of rule data.

    Args:
        path: the file or folder, or ``starter``; where None, what ``CLAIMCHECK_RULEBOOK`` names, else the
            one in the user's data folder, else the starter book.

    Raises:
        BookError: there is no such rule book, or it can't be used.
        RuleDataError: a file of rule data says something that can't be.
    """
    path = path or os.environ.get(VARIABLE) or None
    if path is None:
        path = default_path()
        if not path.is_file():
            return load()
    if str(path) == STARTER:
        return load()
    path = Path(path)
    if path.is_dir():
        return load(path)
    if not path.is_file():
        raise BookError(f"{path}: there is no such rule book; `claimcheck rules add --rulebook PATH FILE...` makes one")
    return Rulebook(Store.open(path), load_lists())
