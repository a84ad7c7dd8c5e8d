"""A folder that appears whole or not at all: it is filled under another name beside its place, and then renamed."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from claimcheck.runs.outputs import umask
from claimcheck.runs.signals import EndedBySignal, blocked_signals
from claimcheck.runs.unfinished import unfinished_folder


@contextmanager
def whole_folder(path: Path, say: Callable[[str], object]) -> Iterator[Path]:
    """A folder to fill, which gets the name ``path`` when all went well, and is removed when not.

    Args:
        path: where it is to appear; nothing may be there.
        say: told in one line of a folder that is removed, which an earlier run left when it was killed; and that a
            signal ended this one.

    Raises:
        OSError: it can't be made, or something is at the path by now.
    """
    parent = path.parent.resolve()
    (unfinished, lock), is_there = unfinished_folder(parent / path.name, say), False
    try:
        yield unfinished
        unfinished.chmod(0o777 & ~umask())
        if os.path.lexists(path):  # to rename would replace a folder that is empty
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        with blocked_signals():  # it is there, or it is not, whatever ends the run
            unfinished.rename(path)
            sync(parent)
            is_there = True
    except EndedBySignal as end:
        if not is_there:
            with suppress(OSError):  # the terminal may be what went away
                say(f"{path}: ended by {end.name}. Nothing was delivered.")
        raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)  # there only where something went wrong
        if lock is not None:
            os.close(lock)


@contextmanager
def new_file(path: Path, *, binary: bool = False) -> Iterator[IO[Any]]:
    """A file of the folder, to be written. After an error it is closed without another one: what waits in it can't
    be written where the disk is full.

    Raises:
        OSError: it can't be written.
    """
    stream: IO[Any] = path.open("xb") if binary else path.open("x", encoding="utf-8", newline="")
    try:
        yield stream
    except BaseException:
        with suppress(OSError):
            stream.close()
        raise
    stream.close()


def sync(path: Path) -> None:
    """Have what a file or folder holds on the disk, where the system can say so: a name must not get there first."""
    if os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        with suppress(OSError):  # some file systems can't
            os.fsync(handle)
    finally:
        os.close(handle)
