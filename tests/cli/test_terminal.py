"""What a person sees at a terminal, and no pipeline: colours, a bar, and no binary file."""

import os
import pty
import subprocess
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple

import pytest

from support.command_line import PROGRAM, start
from support.places import FIXTURES

IORT = FIXTURES / "837p" / "iort.837"


class Seen(NamedTuple):
    """A command that ended, and what its terminal shows."""

    status: int
    shown: bytes
    stdout: bytes


def at_terminal(*arguments: object, stdout: bool = True, **environment: str) -> Seen:
    """A command whose standard error is a terminal, and its standard output too or else a file."""
    ours, theirs = pty.openpty()
    environ = {**os.environ, "TERM": "xterm", **environment}
    environ = {name: value for name, value in environ.items() if name != "NO_COLOR" or name in environment}
    command = [str(PROGRAM), "check", *map(str, arguments), "--isolated"]
    with TemporaryFile() as file:
        out = theirs if stdout else file
        process = subprocess.Popen(command, stdout=out, stderr=theirs, stdin=subprocess.DEVNULL, env=environ)
        os.close(theirs)
        shown = b""
        with suppress(OSError):  # on Linux a terminal that nobody holds any more ends with one
            while part := os.read(ours, 1 << 16):
                shown += part
        status = process.wait()
        file.seek(0)
        filed = file.read()
    os.close(ours)
    assert b"Traceback" not in shown, shown.decode()
    return Seen(status, shown, filed)


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough claims for a bar to be drawn."""
    path = tmp_path_factory.mktemp("batch") / "claims.jsonl"
    row = '{{"claim_id":"C{0}","patient_id":"P{0}","code":"99213","from_date":"20240814","units":"{1}"}}\n'
    path.write_text("".join(row.format(n, n % 5) for n in range(3_000)))
    return path


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_bar_tells_how_far_a_batch_is(batch: Path, jobs: int) -> None:
    options = (batch, "--format", "jsonl", "--jobs", jobs)
    seen = at_terminal(*options, stdout=False)
    piped = start("check", *options, "--isolated")
    assert (seen.status, seen.stdout) == (piped.returncode, piped.stdout)
    assert b"lines a second" in seen.shown and b"lines a second" not in piped.stderr
    assert seen.shown.replace(b"\r\n", b"\n").endswith(piped.stderr), "the bar is gone, and the summary stays"


def test_no_bar_goes_where_messages_go(batch: Path) -> None:
    assert b"a second" not in at_terminal(batch, "--select", "UNIT").shown


def test_messages_have_colours_unless_the_user_wants_none() -> None:
    plain = start("check", IORT, "--isolated").stdout
    coloured = at_terminal(IORT).shown
    assert b"\x1b[" in coloured and b"\x1b[" not in plain
    assert b"\x1b[" not in at_terminal(IORT, NO_COLOR="1").shown


def test_a_binary_file_is_not_for_a_terminal() -> None:
    seen = at_terminal(IORT, "--format", "parquet")
    assert seen.status == 2
    assert seen.shown.startswith(b"claimcheck: ") and b"--output" in seen.shown
