"""What is slow to make is made once, kept in the project's ``.cache`` and shared by the workers of a run."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from filelock import FileLock

from support.places import ROOT

CACHE = ROOT / ".cache"
_MANIFEST = "manifest.json"


def digest_of(paths: Iterable[Path], *more: str) -> str:
    """What files are called and hold, and whatever else something is made of, as one digest."""
    found = [f"{path.name} {_sha256(path)}" for path in paths]
    return hashlib.sha256("\n".join([*found, *more]).encode()).hexdigest()


def kept(name: str, digest: str, make: Callable[[Path], None], within: Path = CACHE) -> Path:
    """The folder of a name, as ``make`` fills it; made again if its digest is another or a file of it is broken.

    Whoever comes while it is being made waits. It appears whole or not at all: a run that is ended leaves nothing.
    """
    within.mkdir(parents=True, exist_ok=True)
    folder = within / name
    with FileLock(within / f"{name}.lock"):
        if not _is_whole(folder, digest):
            making = Path(tempfile.mkdtemp(prefix=f"{name}.", dir=within))
            try:
                make(making)
                files = {path.name: _sha256(path) for path in making.iterdir()}
                (making / _MANIFEST).write_text(json.dumps({"digest": digest, "files": files}))
                shutil.rmtree(folder, ignore_errors=True)
                making.rename(folder)
            finally:
                shutil.rmtree(making, ignore_errors=True)
    return folder


def _is_whole(folder: Path, digest: str) -> bool:
    try:
        manifest = json.loads((folder / _MANIFEST).read_text())
        return bool(manifest["digest"] == digest) and all(
            _sha256(folder / name) == expected for name, expected in manifest["files"].items()
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
