"""A PostgreSQL server for tests: Debian's, on a socket in a folder of its own."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from support.optional import lacking

_BINARIES = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
# What a test writes need not outlive the machine; a server that is killed is tested, a power cut is not.
_SETTINGS = {"listen_addresses": "''", "fsync": "off", "max_connections": "60", "shared_buffers": "32MB"}


class Server:
    """A server that can be stopped and started; each database is one URL."""

    def __init__(self) -> None:
        if not _BINARIES or not shutil.which("initdb", path=str(_BINARIES[0])):
            lacking("PostgreSQL (Debian's package postgresql)")
        # It refuses to run as root; a socket's path may be 107 bytes long, and pytest's folders are longer.
        self._user: dict[str, Any] = {}
        if os.getuid() == 0:
            self._user = {"user": "postgres", "group": "postgres", "extra_groups": []}
        self.folder = Path(tempfile.mkdtemp(prefix="claimcheck-pg-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")))
        self._data = self.folder / "data"
        if self._user:
            shutil.chown(self.folder, "postgres", "postgres")
        self._run("initdb", "--pgdata", str(self._data), "--auth", "trust", "--username", "tester", "--no-sync")
        self._databases = 0
        self.start()

    def _run(self, program: str, *arguments: str, stdout: int = subprocess.DEVNULL) -> bytes:
        done = subprocess.run(
            [str(_BINARIES[0] / program), *arguments],
            check=True,
            stdout=stdout,
            stderr=subprocess.PIPE,
            cwd=self.folder,
            env=_ENVIRONMENT,
            **self._user,
        )
        return done.stdout or b""

    def dump(self, url: str) -> str:
        """All that a database has, as SQL."""
        return self._run("pg_dump", url, stdout=subprocess.PIPE).decode()

    @property
    def log(self) -> str:
        """What the server says."""
        return (self.folder / "log").read_text()

    def start(self) -> None:
        settings = [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
        options = " ".join([*settings, "-c", f"unix_socket_directories={self.folder}"])
        log = str(self.folder / "log")
        self._run("pg_ctl", "--pgdata", str(self._data), "--log", log, "--wait", "--options", options, "start")

    def stop(self, mode: str = "fast") -> None:
        self._run("pg_ctl", "--pgdata", str(self._data), "--wait", "--mode", mode, "stop")

    def databases(self) -> Iterator[str]:
        """URLs of empty databases. They are the same for each test, since to make one takes a second."""
        for number in count():
            url = f"postgresql://tester@/test{number}?host={self.folder}"
            if number == self._databases:
                self._run("createdb", "--host", str(self.folder), "--username", "tester", f"test{number}")
                self._databases += 1
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(_END_OTHERS)
                connection.execute("DROP SCHEMA IF EXISTS claimcheck CASCADE")
            yield url

    def lose_connections(self) -> None:
        """End every session, as a network does that goes away."""
        with psycopg.connect(f"postgresql://tester@/postgres?host={self.folder}", autocommit=True) as connection:
            connection.execute(_END_ALL)

    def end(self) -> None:
        """Stop it, and remove all of it."""
        with suppress(subprocess.CalledProcessError):
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)


_END_ALL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL"
)
_END_OTHERS = f"{_END_ALL} AND datname = current_database()"
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
