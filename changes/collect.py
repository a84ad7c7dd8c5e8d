"""Collect the fragments of this folder into CHANGELOG.md: see README.md."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

SECTIONS: Final = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
"""Those of keepachangelog, in its order."""
UNRELEASED: Final = "## [Unreleased]\n"


class FragmentError(Exception):
    """A fragment whose name or text is not what README.md asks for."""


def fragments(folder: Path) -> dict[str, list[str]]:
    """The texts of a folder's fragments by section.

    Raises:
        FragmentError: a name does not end in a section, or a text is empty or has a bullet.
    """
    found: dict[str, list[str]] = {section: [] for section in SECTIONS}
    for path in sorted(folder.glob("*.md")):
        if path.name == "README.md":
            continue
        section = path.stem.rpartition(".")[2].capitalize()
        text = " ".join(path.read_text("utf-8").split())
        if section not in found:
            raise FragmentError(f"{path.name}: expected WHAT.SECTION.md, the section one of {', '.join(SECTIONS)}")
        if not text or text.startswith(("- ", "* ")):
            raise FragmentError(f"{path.name}: expected a sentence or two, without a bullet")
        found[section].append(text)
    return found


def as_sections(texts: Mapping[str, list[str]]) -> str:
    """Texts by section, as the changelog has them."""
    written = []
    for section, bullets in texts.items():
        if bullets:
            lines = (
                textwrap.fill(f"- {text}", 120, subsequent_indent="  ", break_on_hyphens=False) for text in bullets
            )
            written.append("\n".join((f"### {section}\n", *lines)))
    return "\n\n".join(written)


def _bullet(text: str) -> str:
    return textwrap.fill(f"- {text}", 120, subsequent_indent="  ", break_on_hyphens=False)


def sections_of(text: str) -> dict[str, str]:
    """The bullets of a release, as they are written, by section."""
    parts = text.split("### ")[1:]
    return {name.strip(): bullets.strip() for name, _, bullets in (part.partition("\n") for part in parts)}


def released(changelog: str, texts: Mapping[str, list[str]], version: str, day: str) -> str:
    """The changelog with what was unreleased, and the fragments, as a release."""
    before, heading, rest = changelog.partition(UNRELEASED)
    if not heading:
        raise FragmentError(f"CHANGELOG.md: expected a line {UNRELEASED.strip()}")
    unreleased, next_release, older = rest.partition("\n## [")
    had, new = sections_of(unreleased), sections_of(as_sections(texts))
    merged = [
        f"### {section}\n\n" + "\n".join(part[section] for part in (had, new) if section in part)
        for section in SECTIONS
        if section in had or section in new
    ]
    release = f"## [{version}] - {day}\n\n" + "\n\n".join(merged)
    return f"{before}{UNRELEASED}\n{release}\n{next_release}{older}"


def main(arguments: list[str]) -> int:
    """Print the fragments, or write them as a release."""
    folder = Path(__file__).parent
    try:
        texts = fragments(folder)
        if not arguments:
            print(as_sections(texts) or "no fragments")  # noqa: T201
            return 0
        changelog = folder.parent / "CHANGELOG.md"
        day = datetime.now(UTC).date().isoformat()
        changelog.write_text(released(changelog.read_text("utf-8"), texts, arguments[0], day), "utf-8")
    except FragmentError as error:
        print(f"changes: {error}", file=sys.stderr)  # noqa: T201
        return 2
    for path in folder.glob("*.md"):
        if path.name != "README.md":
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
