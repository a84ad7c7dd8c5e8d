"""Which rule book to use: the one that is named, else the user's own, else the one that comes along."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from importlib.util import cache_from_source
from pathlib import Path
from typing import Final

from claimcheck.rulebook import BookError, Rulebook, Store
from claimcheck.rulebook.store import new_database, shipped_rules
from claimcheck.rulebook.tables.code_sets import LEVEL_2

STARTER: Final = "starter"
"""In place of a path: the book that comes with claimcheck."""
VARIABLE: Final = "CLAIMCHECK_RULEBOOK"


def default_path() -> Path:
    """Where ``claimcheck rules add`` keeps the user's own rule book."""
    from platformdirs import user_data_path

    return user_data_path("claimcheck", appauthor=False) / "rulebook.sqlite"


def which_book(path: Path | str | None = None) -> Path | str:
    """The file or folder of the rule book that ``open_book`` opens, or ``starter``."""
    named = path or os.environ.get(VARIABLE)
    if named:
        return named
    own = default_path()
    return own if own.is_file() else STARTER


def open_book(path: Path | str | None = None) -> Rulebook:
    """A rule book: of a file that ``claimcheck rules add`` made, with what comes along and no file of CMS
    has under it; or of a folder of rule data. The codes of HCPCS Level II and the diagnoses that come along lie under
    each.

    Args:
        path: the file or folder, or ``starter``; where None, what ``CLAIMCHECK_RULEBOOK`` names, else the
            one in the user's data folder, else the starter book.

    Raises:
        BookError: there is no such rule book, or it can't be used.
        RuleDataError: a file of rule data says something that can't be.
    """
    path = which_book(path)
    if str(path) == STARTER:
        return Rulebook(_kept("starter", _starter), *shipped_tables())
    path = Path(path)
    if path.is_dir():
        from claimcheck.rulebook.starter import load

        return Rulebook(*load(path).stores, *shipped_tables())
    if not path.is_file():
        raise BookError(f"{path}: rule book not found. Create one: `claimcheck rules add --rulebook PATH FILE...`")
    return Rulebook(Store.open(path), _kept("lists", _lists), *shipped_tables())


def future_book() -> Rulebook:
    """A user's own rule book before anything is added to it: what will lie under it."""
    return Rulebook(Store(new_database()), _kept("lists", _lists), *shipped_tables())


def shipped_tables() -> tuple[Store, Store]:
    """What lies under every rule book: the codes of HCPCS Level II, and the diagnoses."""
    return _level2_at(_path_of("level2", "level2.toml", "releases.toml")), shipped_diagnoses()


@lru_cache(maxsize=1)
def _level2_at(path: Path) -> Store:
    store = _kept_at(path, "level2", _level2)
    store.codes = LEVEL_2
    return store


def shipped_diagnoses() -> Store:
    """The diagnoses that come with claimcheck: codes by date, and the lists that speak of them."""
    return _diagnoses_at(_path_of("diagnoses", "diagnoses.toml"))


@lru_cache(maxsize=1)
def _diagnoses_at(path: Path) -> Store:
    """One store for all rule books of a process: it takes long to make, where it can't be kept."""
    return _kept_at(path, "diagnoses", _diagnoses)


# What comes along, as tables. To make them of their TOML takes longer than to check a small file. So they are kept as
# Python keeps the bytecode of a module, and beside it: with no leave to write there they are made anew each time. Their
# name is the digest of all that they are made from, so that they are never those of other rules.


def _kept(name: str, make: Callable[[], Store]) -> Store:
    return _kept_at(_path_of(name), name, make)


def _path_of(name: str, *rules: str) -> Path:
    return Path(cache_from_source(__file__)).with_name(f"{name}-{_digest(*rules or ('*.toml',))}.sqlite")


def _kept_at(path: Path, name: str, make: Callable[[], Store]) -> Store:
    with suppress(BookError):  # not there yet, or damaged
        return Store.open(path)
    store = make()
    if not sys.dont_write_bytecode:
        with suppress(OSError, sqlite3.Error):
            _keep(store, path)
            for old in path.parent.glob(f"{name}-*.sqlite"):
                if old != path:
                    old.unlink(missing_ok=True)
    return store


def _digest(*rules: str) -> str:
    """Of the rules that ship, by the names of their files, and of the code that makes tables of them."""
    digest = _digest_of_code().copy()
    for path in sorted({path for pattern in rules for path in shipped_rules().rglob(pattern)}):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:32]


@lru_cache(maxsize=1)
def _digest_of_code() -> hashlib._Hash:
    digest = hashlib.sha256()
    code = Path(__file__).parent
    for path in (*sorted(code.glob("*.py")), *sorted(code.glob("tables/*.py"))):
        digest.update(path.name.encode() + path.read_bytes())
    return digest


def _keep(store: Store, path: Path) -> None:
    """Write a store to a file, which appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(f".{os.getpid()}")
    try:
        store.connection.execute("VACUUM INTO ?", (str(beside),))
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)  # there only where something went wrong


def _starter() -> Store:
    from claimcheck.rulebook.starter import load

    return load().stores[0]


def _lists() -> Store:
    from claimcheck.rulebook.starter import load_lists

    return load_lists()


def _diagnoses() -> Store:
    from claimcheck.rulebook.diagnoses import load_diagnoses

    return load_diagnoses()


def _level2() -> Store:
    from claimcheck.rulebook.level2 import load_level2

    return load_level2()
