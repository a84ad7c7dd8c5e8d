"""Histories in both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from claimcheck.memory.stores.sql import SqlStore
    from support.postgres import Server

POSTGRES = pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.xdist_group("postgres")])


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server of its own."""
    from support.postgres import Server  # few tests need it, and what it imports

    server = Server()
    yield server
    server.end()


@pytest.fixture(params=["sqlite", POSTGRES])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Gives the URL of a place for a new history, in each database."""
    if request.param == "sqlite":
        paths = (str(tmp_path / f"history{number}.sqlite") for number in range(1000))
        return lambda: next(paths)
    server: Server = request.getfixturevalue("server")
    databases = server.databases()
    return lambda: next(databases)


@pytest.fixture
def url(new_url: Callable[[], str]) -> str:
    """The URL of a new history."""
    url = new_url()
    _created(url)
    return url


@pytest.fixture
def store(url: str) -> SqlStore:
    """A new history."""
    return _created(url)


def _created(url: str) -> SqlStore:
    from claimcheck.memory.stores import create_history
    from support.deposits import KEY

    return create_history(url, KEY)
