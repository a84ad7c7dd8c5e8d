"""Files of rule data: where those are that come with claimcheck, and how one is refused."""

from __future__ import annotations

from pathlib import Path


class RuleDataError(ValueError):
    """A rule file that can't be used: which one, where in it, and what was expected there."""

    def __init__(self, file: str, line: int, field: str, found: str, expected: str) -> None:
        where = f"{file}:{line}: {field}: " if field else f"{file}:{line}: "
        super().__init__(f"{where}found {found}, expected {expected}")
        self.file, self.line, self.field, self.found, self.expected = file, line, field, found, expected


def shipped_rules() -> Path:
    """The folder of the rules that come with claimcheck."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "_rules"
    return installed if installed.is_dir() else package.parents[1] / "rules"
