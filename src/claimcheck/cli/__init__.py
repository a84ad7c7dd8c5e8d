"""The command line.

Exit status: 0 no line rejected; 1 some line rejected, or something could not be read; 2 could not run.
"""

from __future__ import annotations

import gc
import io
import os
import signal
import sys

import claimcheck


def _leave(ending: int, frame: object) -> None:
    """End in order, so that no part of an output is left, and no worker; status as shells have it."""
    raise SystemExit(128 + ending)


def main() -> None:
    """Run the command line. A reader that goes away (``| head``) is no error of ours."""
    gc.set_threshold(100_000)  # loading makes tens of thousands of objects, and no garbage: a tenth of the start
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a claim id that the terminal can't show is no error
            stream.reconfigure(errors="backslashreplace")
    for ending in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(ending) is not signal.SIG_IGN:  # as a shell has it for what runs in the background
            signal.signal(ending, _leave)
    try:
        if sys.argv[1:] == ["--version"]:  # scripts ask for it all the time: it loads nothing
            print(f"claimcheck {claimcheck.__version__}", flush=True)  # noqa: T201
            return
        from claimcheck.cli.commands import app

        app()
    except BrokenPipeError:
        from claimcheck.cli.common import REJECTED

        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(REJECTED)
    finally:
        gc.freeze()  # what is left goes with the process: to look through it at the end is a tenth more
