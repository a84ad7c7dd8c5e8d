"""``-v``: what a run rests on, and how long each phase took; ``--version -v``: what claimcheck runs on."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import claimcheck
from claimcheck.cli.common import Timer, count
from claimcheck.config.checker import Checker, engines_of
from claimcheck.config.files import key_of
from claimcheck.engine.loop import Tally
from claimcheck.rulebook.opening import STARTER, which_book

_LIBRARIES: Final = ("pydantic", "typer", "rich", "python-calamine", "jinja2", "pyarrow", "pyspark")


def installation() -> Iterator[str]:
    """What claimcheck runs on."""
    yield f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    yield f"installed in {Path(claimcheck.__file__).parent}"
    yield ", ".join(f"{name} {_version(name)}" for name in _LIBRARIES)
    yield f"rule book: {_book_name(None)}"


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "not installed"


def _book_name(rulebook: Path | None) -> str:
    path = which_book(rulebook)
    return "the starter book, which comes with claimcheck" if str(path) == STARTER else str(path)


def basis(checker: Checker, rulebook: Path | None, profile: str | None) -> Iterator[str]:
    """What a run rests on: configuration, rule book with its releases, profiles, checks and waivers."""
    configuration = checker.configuration
    yield f"claimcheck {claimcheck.__version__} on Python {platform.python_version()}"
    yield f"configuration: {configuration.path or 'no file'}"
    yield f"rule book: {_book_name(rulebook)}"
    yield from _tables(checker)
    yield f"profile: {_profile(checker, profile)}"
    for pattern, payer in configuration.payers.items():
        yield f"  [{key_of('payers', pattern)}] {payer.profile or 'as above'}"
        for filing, rules in payer.filing.items():
            yield f"  [{key_of('payers', pattern, 'filing', filing)}] {rules.profile or 'as its payer'}"
    engines = engines_of(checker)
    for folder in engines.overlay_folders:
        yield f"overlay: {folder}"
    yield f"checks: {len(engines.selected())} of {len(checker.checks())}"
    for name in engines.own_names:
        yield f"custom checks: {name}"
    if engines.waivers:
        yield f"waivers: {engines.waivers.path}, {count(len(engines.waivers.all), 'waiver')}"


def _profile(checker: Checker, profile: str | None) -> str:
    if profile:
        return f"{profile} for every claim (--profile)"
    default = checker.configuration.profile
    last = f"{default} (profile of the configuration)" if default else "by its setting"
    return f"of each claim by its payer's configuration, else by its filing indicator (SBR09), else {last}"


def _tables(checker: Checker) -> Iterator[str]:
    """Each table with the number of its releases and the days that they govern."""
    for table in sorted(checker.rulebook.tables()):
        releases = [release for store in checker.rulebook.stores for release in store.of(table)]
        first = min(release.span[0] for release in releases)
        last = max(release.span[1] for release in releases)
        until = "open end" if last == date.max else last
        published = {edition.name for release in releases for edition in release.editions or (release,)}
        yield f"  {table}: {count(len(published), 'release')}, {first} to {until}"


def times(timer: Timer, tally: Tally) -> Iterator[str]:
    """How long each phase took, and the lines per second of the last."""
    phases = ", ".join(f"{phase} {seconds:.2f} s" for phase, seconds in timer.phases.items())
    *_, last = timer.phases.values()
    yield f"time: {phases} ({tally.lines / max(last, 0.001):,.0f} lines per second)"


def show(lines: Iterator[str]) -> None:
    """Write lines to standard error."""
    sys.stderr.write("".join(f"{line}\n" for line in lines))
