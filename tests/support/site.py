"""Pages as Markdown: their headings, and the commands, files and programs that they show."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from typing import NamedTuple

from support.command_line import invoke
from support.places import ROOT

DOCS = ROOT / "docs"
GUIDES = sorted([ROOT / "README.md", DOCS / "quick-start.md", *(DOCS / "guides").glob("*.md")])
"""Pages whose commands, configurations and programs are run."""


def anchors(page: str) -> set[str]:
    """The anchors of a page's headings, as GitHub and the site make them."""
    text = re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ +(.*?) *$", text, re.MULTILINE)
    return {re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower()) for heading in headings}


class Block(NamedTuple):
    """A fenced block: its language, the file that its title names ("" if none), and its text."""

    language: str
    title: str
    text: str


def blocks(page: str) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    for language, title, text in re.findall(
        r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', page, re.DOTALL | re.MULTILINE
    ):
        yield Block(language, title, text)


def sessions(text: str) -> Iterator[tuple[str, str]]:
    """Each command of a console block, with the output shown below it."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown.strip()


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A command as a reader types it, in a folder."""
    program, *arguments = shlex.split(command)
    tool = [str(Path(sys.executable).parent / program)] if program != "python" else [sys.executable]
    return subprocess.run([*tool, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def run_here(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """``run``, in this process where it is one of claimcheck: starting another takes longer."""
    program, *arguments = shlex.split(command)
    if program != "claimcheck" or "--jobs" in arguments:
        return run(command, folder)
    with chdir(folder):
        done = invoke(*arguments)
    return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)


def as_pattern(shown: str) -> str:
    """What is shown as a pattern for what is written: the whole of it, but for what ``...`` stands for."""
    return ".*".join(map(re.escape, shown.split("...")))
