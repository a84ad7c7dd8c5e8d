"""The command line: in this process, which is quick, or as a process of its own, as a pipeline meets it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from typer.testing import CliRunner, Result

from claimcheck.cli.commands import app
from support.places import ROOT

PROGRAM = Path(sys.executable).parent / "claimcheck"


def invoke(
    *arguments: object, stdin: str | bytes | None = None, environment: Mapping[str, str | None] | None = None
) -> Result:
    """A command in this process. Whatever it raises but an exit fails the test.

    Args:
        arguments: what follows the program's name.
        stdin: what it reads.
        environment: variables to set over those of this process; None unsets one.
    """
    result = CliRunner().invoke(app, [*map(str, arguments)], input=stdin, env=environment)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def start(
    *arguments: object, stdin: bytes = b"", folder: Path = ROOT, environment: Mapping[str, str] = os.environ
) -> subprocess.CompletedProcess[bytes]:
    """A command as a process."""
    command = [str(PROGRAM), *map(str, arguments)]
    done = subprocess.run(command, input=stdin, capture_output=True, cwd=folder, check=False, env=environment)
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return done
