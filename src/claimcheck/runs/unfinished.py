"""What is written under another name until it is whole, and what runs left of it that were killed.

Files and folders that are not whole yet are beside their place, with a name that begins with a dot and ends in
``.unfinished``. Who writes one holds a lock on it, which ends with the process: without it, it was left.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

_UNFINISHED: Final = ".unfinished"


def say_on_stderr(text: str) -> None:
    """Tell something on standard error."""
    if sys.stderr is not None:
        sys.stderr.write(f"claimcheck: {text}\n")


def unfinished_folder(path: Path, say: Callable[[str], object]) -> tuple[Path, int | None]:
    """A folder to fill in place of the one at a path, and the lock on it, if one can be had; what others left there is
    removed.

    Args:
        path: where it is to be.
        say: told in one line of what is removed.

    Raises:
        OSError: it can't be made.
    """
    return _unfinished(path, say, lambda prefix: tempfile.mkdtemp(_UNFINISHED, prefix, path.parent))


def unfinished_file(path: Path, say: Callable[[str], object] = say_on_stderr) -> tuple[Path, int | None]:
    """A file to write, as ``unfinished_folder``."""

    def make(prefix: str) -> str:
        handle, name = tempfile.mkstemp(_UNFINISHED, prefix, path.parent)
        os.close(handle)
        return name

    return _unfinished(path, say, make)


def _unfinished(path: Path, say: Callable[[str], object], make: Callable[[str], str]) -> tuple[Path, int | None]:
    prefix = f".{path.name}."
    _remove_left(path.parent, prefix, say)
    while True:
        made, lock = Path(make(prefix)), None
        with suppress(BlockingIOError):
            lock = _lock_of(made)
        if made.exists():
            return made, lock
        if lock is not None:  # another run took it for one that was left
            os.close(lock)


def _remove_left(parent: Path, prefix: str, say: Callable[[str], object]) -> None:
    """Remove what runs left that were killed."""
    with suppress(OSError):  # a folder that can't be listed can be written
        for name in sorted(os.listdir(parent)):  # noqa: PTH208 -- of many files it makes no paths
            middle = name.removeprefix(prefix).removesuffix(_UNFINISHED)
            if name == f"{prefix}{middle}{_UNFINISHED}" and "." not in middle:
                _remove(parent / name, say)


def _remove(left: Path, say: Callable[[str], object]) -> None:
    """Remove a file or folder, but not one on which another process holds a lock."""
    with suppress(BlockingIOError):
        if (lock := _lock_of(left)) is None:
            return
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)
        os.close(lock)
        say(f"{left}: removed: an earlier run that was killed had left it")


def _lock_of(path: Path) -> int | None:
    """A lock on a file or folder, which ends with the process that holds it; None where none can be had.

    Raises:
        BlockingIOError: another process holds it.
    """
    try:
        import fcntl
    except ImportError:  # Windows has none: what is left there stays
        return None
    handle = None
    try:
        handle = os.open(path, (os.O_RDONLY if path.is_dir() else os.O_RDWR) | os.O_NOFOLLOW | os.O_CLOEXEC)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if handle is not None:
            os.close(handle)
        if isinstance(error, BlockingIOError):
            raise
        return None
    return handle
