"""Custom checks: load them, prove them by their examples, and start a new one.

What loads and proves them is imported only where there are any: most runs have none.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


class ChecksRefused(Exception):
    """Checks that can't be used: ``problems`` says of each what is wrong, with file and line."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


def placed(name: str, folder: Path) -> str:
    """A name of checks as a path where it stands in a folder, as file or package; else as it is, a module's."""
    module = (
        folder.joinpath(*name.split(".")) if all(part.isidentifier() for part in name.split(".")) else folder / name
    )
    for path in (folder / name, module.parent / f"{module.name}.py", module):
        if path.exists():
            return str(path)
    return name
