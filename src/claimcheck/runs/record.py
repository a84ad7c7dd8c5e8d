"""The record of a run: all that it rests on and what came of it, as data, so that it can be repeated exactly.

No time and no place of a machine is in it: the same run gives the same record.
"""

from __future__ import annotations

import hashlib
import io
import platform
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple, cast

import claimcheck
from claimcheck.config.checker import Checker, engines_of
from claimcheck.custom_checks.loading import files_of
from claimcheck.engine.loop import Tally
from claimcheck.writers.figures import COUNTED_APART, About, Counted, Figures


class FiguresWriter(Figures):
    """Counts a run, and writes nothing."""

    def close(self) -> None:
        """Nothing to finish."""


class Hashed(io.RawIOBase):
    """A stream that is read once, such as standard input, with the digest of what was read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._digest = hashlib.sha256()
        self.size = 0

    def readinto(self, buffer: Any) -> int:
        """Read on."""
        size = self._stream.readinto1(buffer)  # type: ignore[attr-defined]
        self._digest.update(buffer[:size])
        self.size += size
        return int(size)

    def readable(self) -> bool:
        """It is."""
        return True

    @property
    def sha256(self) -> str:
        """The digest of what was read."""
        return self._digest.hexdigest()


class Digest(NamedTuple):
    """The digest of what was read in place of a path, and its size in bytes."""

    sha256: str
    size: int

    @classmethod
    def of(cls, stream: IO[bytes]) -> Digest:
        """The digest of a file, from its start."""
        stream.seek(0)
        return cls(hashlib.file_digest(cast(io.BytesIO, stream), "sha256").hexdigest(), stream.tell())


def digests_of(streams: Mapping[str, BinaryIO | Hashed]) -> dict[str, Hashed | Digest]:
    """The digests of what was read in place of a path, by it."""
    return {path: each if isinstance(each, Hashed) else Digest.of(each) for path, each in streams.items()}


def record_of(
    checker: Checker,
    inputs: Iterable[str | Path],
    tally: Tally,
    figures: Figures,
    *,
    given: Mapping[str, Any],
    streams: Mapping[str, Hashed | Digest] = {},
) -> dict[str, Any]:
    """The record of a run, as plain JSON values.

    Args:
        checker: what judged.
        inputs: the files, in order; ``-`` for standard input.
        tally, figures: what came of it.
        given: what was given beside the configuration: profile, select, ...
        streams: what was read in place of a path, by it, such as standard input.
    """
    configuration = checker.configuration
    summary = tally.as_dict()
    files = [configuration.path, configuration.waivers]
    own = [path for name in engines_of(checker).own_names for path in files_of(name)]
    return {
        "claimcheck": claimcheck.__version__,
        "python": platform.python_version(),
        "given": dict(given),
        "configuration": configuration.model_dump(mode="json"),
        "files": [_file(path) for path in (*(path for path in files if path), *own, *_overlays(checker))],
        "releases": list(_releases(checker)),
        "inputs": [_input(path, streams.get(str(path))) for path in inputs],
        "counts": {name: value for name, value in summary.items() if name != "missing"},
        "missing": summary["missing"],
        "dispositions": {disposition: _counted(counted) for disposition, counted in figures.lines.items()},
        "statistics": statistics_of(figures),
    }


def statistics_of(figures: Figures) -> dict[str, dict[str, dict[str, Any]]]:
    """The messages of a run by check, code, payer and provider, by severity; the sum of each is all messages. With
    each ``rejected_lines_charge``, charges on rejected lines in US dollars: the sum of codes, payers or providers is
    that of the run; a line is counted under each check that rejects it. With payers and providers ``held_claims``,
    their rejected claims, and ``held_claims_charge``, the charges on all lines of these. What is about none of them is
    under a blank name; ``counted_together`` is what is about those codes, payers or providers that are too many to be
    counted one by one."""
    by = {
        "check": figures.checks,
        "code": figures.codes,
        "payer": figures.payers,
        "provider": figures.providers,
    }
    counted_apart = {
        name: {of: _about(about, name) for of, about in each.largest(COUNTED_APART)[0]} for name, each in by.items()
    }
    together = {name: _about(each.rest, name) for name, each in by.items() if each.rest}
    return {**counted_apart, "counted_together": together}


def _about(about: About, by: str) -> dict[str, Any]:
    found: dict[str, Any] = {"reject": about.reject, "warn": about.warn, "inform": about.inform}
    found["rejected_lines_charge"] = f"{about.rejected_lines_charge:f}"
    if by in ("payer", "provider"):
        return {**found, "held_claims": about.held_claims, "held_claims_charge": f"{about.held_claims_charge:f}"}
    return found


def _counted(counted: Counted) -> dict[str, Any]:
    """Claims and lines of a disposition, with the charges on all lines of the claims, and on the lines."""
    return {
        "claims": counted.claims,
        "claims_charge": f"{counted.claims_charge:f}",
        "lines": counted.lines,
        "lines_charge": f"{counted.lines_charge:f}",
    }


def _overlays(checker: Checker) -> Iterator[Path]:
    for folder in engines_of(checker).overlay_folders:
        yield from sorted(path for path in folder.rglob("*.toml"))


def _file(path: Path) -> dict[str, Any]:
    here = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    with path.open("rb") as stream:
        return {"name": str(here), "sha256": hashlib.file_digest(stream, "sha256").hexdigest()}


def _input(path: str | Path, stream: Hashed | Digest | None) -> dict[str, Any]:
    if stream or str(path) == "-":
        found = {"sha256": stream.sha256, "bytes": stream.size} if stream else {"sha256": None, "bytes": None}
        return {"name": str(path), **found}
    return {**_file(Path(path)), "bytes": Path(path).stat().st_size}


def _releases(checker: Checker) -> Iterator[dict[str, Any]]:
    """Each release of the rule book, with the digest of its rows where it was added from a file."""
    for store in checker.rulebook.stores:
        for release in store.releases:
            yield {
                "release": release.name,
                "table": release.table,
                "first": release.first.isoformat(),
                "last": release.last.isoformat(),
                "content": release.content or None,
            }
