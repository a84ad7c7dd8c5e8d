"""A PostgreSQL server for tests: Debian's, on a socket in a folder of its own."""

import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

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
        self.folder = Path(tempfile.mkdtemp(prefix="claimcheck-pg-"))
        self._data = self.folder / "data"
        if self._user:
            shutil.chown(self.folder, "postgres", "postgres")
        self._run("initdb", "--pgdata", str(self._data), "--auth", "trust", "--username", "tester", "--no-sync")
        self._databases = 0
        self.start()

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(_BINARIES[0] / program), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=self.folder,
            env=_ENVIRONMENT,
            **self._user,
        )

    def start(self) -> None:
        settings = [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
        options = " ".join([*settings, "-c", f"unix_socket_directories={self.folder}"])
        log = str(self.folder / "log")
        self._run("pg_ctl", "--pgdata", str(self._data), "--log", log, "--wait", "--options", options, "start")

    def stop(self, mode: str = "fast") -> None:
        self._run("pg_ctl", "--pgdata", str(self._data), "--wait", "--mode", mode, "stop")

    def new_database(self) -> str:
        """The URL of an empty database."""
        self._databases += 1
        name = f"test{self._databases}"
        self._run("createdb", "--host", str(self.folder), "--username", "tester", name)
        return f"postgresql://tester@/{name}?host={self.folder}"

    def end(self) -> None:
        """Stop it, and remove all of it."""
        with suppress(subprocess.CalledProcessError):
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)


_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
