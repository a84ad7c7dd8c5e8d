"""The key that makes hashes of patients, and its file."""

from __future__ import annotations

import os
import re
import secrets
import stat
from hmac import digest
from pathlib import Path
from typing import Final

from claimcheck.memory.deposits import HistoryError

VARIABLE: Final = "CLAIMCHECK_HISTORY_KEY_FILE"
"""The environment variable that names the file of the key."""
HASH_BYTES: Final = 16
"""Length of a keyed hash."""
_HEX: Final = re.compile(rb"[0-9A-Fa-f]{64}\r?\n?")
_MODE: Final = 0o600


class Key:
    """The secret of a history: 32 bytes. Who has it can find out which patient a hash is of."""

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def of(self, kind: str, text: str) -> bytes:
        """The keyed hash of a text of some kind, 16 bytes: HMAC-SHA-256, cut. The same text of another kind has another
        hash, also where the two read the same put together."""
        content = f"{len(kind)}:{kind}\x00{len(text)}:{text}"
        return digest(self._secret, content.encode("utf-8", "surrogatepass"), "sha256")[:HASH_BYTES]

    @property
    def check_value(self) -> str:
        """What a store keeps to know its key by: a hash that tells nothing of the key."""
        return self.of("claimcheck history", "key check value").hex()


def make_key_file(path: Path) -> Key:
    """Make a key, and its file, which only its owner can read.

    Raises:
        HistoryError: the file exists, or can't be written.
    """
    secret = secrets.token_bytes(32)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
    except FileExistsError:
        raise HistoryError(f"{path}: exists; a key is never overwritten, for what it hashed would be lost") from None
    except OSError as error:
        raise HistoryError(f"{path}: {error.strerror}; the key was not made") from None
    with os.fdopen(handle, "wb") as file:
        os.fchmod(handle, _MODE)  # whatever the umask takes away
        file.write(secret.hex().encode() + b"\n")
        file.flush()
        os.fsync(handle)
    return Key(secret)


def read_key(path: Path) -> Key:
    """The key in a file.

    Raises:
        HistoryError: there is none, others than its owner can read it, or it is not 64 hex digits.
    """
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            content = file.read(80)
    except OSError as error:
        raise HistoryError(f"{path}: {error.strerror}; expected the key that `history init` made") from None
    if mode & 0o077:
        raise HistoryError(f"{path}: has mode {mode:04o}, expected 0600: others can read it. Run: chmod 600 {path}")
    if not _HEX.fullmatch(content):
        raise HistoryError(f"{path}: is not the key of a history: expected 64 hex digits")
    return Key(bytes.fromhex(content.decode().strip()))


def key_file(configured: Path | None = None) -> Path | None:
    """The file that the environment names, else the configuration; None where neither does."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else configured


def find_key(configured: Path | None = None) -> Key:
    """The key in the file that the environment names, else the configuration.

    Raises:
        HistoryError: neither names one, or the file can't be used.
    """
    path = key_file(configured)
    if path is None:
        raise HistoryError(
            f"found no key: name its file by {VARIABLE}, or by history_key in claimcheck.toml; "
            "`claimcheck history init` makes one"
        )
    return read_key(path)
