"""What a batch used of a configuration: what it did not use is a message at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, NamedTuple

from claimcheck.authoring.check import reading_edit, unreadable
from claimcheck.checks.filing import filing_wrong
from claimcheck.claim import Claim, Location
from claimcheck.config.files import key_of
from claimcheck.message import INFORM, WARN, Citation, EditMessage, StandardCodes
from claimcheck.rulebook.filing_indicators import UNDEFINED

CONFIG_UNUSED: Final = reading_edit(
    "CONFIG-UNUSED",
    WARN,
    Citation("claimcheck configuration", "payers, filing indicators and asc_npis"),
    StandardCodes(),
    """A key of the configuration matched no claim of this batch.

    A payer pattern, a filing indicator under it or an entry of ``asc_npis`` may be misspelled: the claims that you
    meant are then checked by other rules. A payer's id is NM109 of loop 2010BB; the first pattern that fits it applies,
    so that a wide one hides those after it. Correct the key, or remove it. In a batch without such claims there is
    nothing to do.""",
)


class Undefined(NamedTuple):
    """The claims of a file whose filing indicator is ZZ and whose payer is not configured: how many, where the first
    is, and the profiles that they were judged by."""

    claims: int
    first: Location
    profiles: frozenset[str]

    def joined(self, other: Undefined) -> Undefined:
        """With what another process found in the same file."""
        first = min(self.first, other.first, key=lambda locus: locus.row or locus.segment or 0)
        return Undefined(self.claims + other.claims, first, self.profiles | other.profiles)


@dataclass
class Usage:
    """What a process found used in its part of a batch.

    Attributes:
        payers: the payer patterns that claims matched, each with the filing indicator under it, or None.
        asc_npis: the billing NPIs of ``asc_npis`` that claims have.
        undefined: by file, its claims of filing indicator ZZ whose payer is not configured.
    """

    payers: set[tuple[str, str | None]] = field(default_factory=set)
    asc_npis: set[str] = field(default_factory=set)
    undefined: dict[str, Undefined] = field(default_factory=dict)

    def note_undefined(self, claim: Claim, profile: str) -> None:
        """A claim has filing indicator ZZ, and its payer is not configured."""
        self._join(claim.locus.file, Undefined(1, claim.locus, frozenset((profile,))))

    def add(self, other: Usage) -> None:
        """Add what another process found."""
        self.payers |= other.payers
        self.asc_npis |= other.asc_npis
        for file, undefined in other.undefined.items():
            self._join(file, undefined)

    def _join(self, file: str, undefined: Undefined) -> None:
        known = self.undefined.get(file)
        self.undefined[file] = known.joined(undefined) if known else undefined

    def messages(
        self, path: Path | None, payers: Mapping[str, Iterable[str]], asc_npis: Iterable[str]
    ) -> Iterator[EditMessage]:
        """The messages at the end of a batch: ``payers`` are the configured patterns, each with the filing
        indicators under it."""
        for _, undefined in sorted(self.undefined.items()):
            yield _of_undefined(undefined)
        locus = Location(str(path or "configuration"))
        matched = {pattern for pattern, _ in self.payers}
        for pattern, filings in payers.items():
            if pattern not in matched:
                yield _unused(locus, key_of("payers", pattern), "matched", "Correct the pattern", pattern)
                continue
            for filing in filings:
                if (pattern, filing) not in self.payers:
                    key = key_of("payers", pattern, "filing", filing)
                    yield _unused(locus, key, "matched", "Correct the filing indicator", filing)
        for npi in dict.fromkeys(asc_npis):
            if npi not in self.asc_npis:
                yield _unused(locus, f"asc_npis: {npi}", "billed", "Correct the NPI", npi)


def _of_undefined(undefined: Undefined) -> EditMessage:
    count, locus, profiles = undefined
    claims = "1 claim has" if count == 1 else f"{count:,} claims have"
    by = ", ".join(sorted(profiles))
    text = f"{claims} filing indicator {UNDEFINED}, which does not name the payer's type: judged by {by}."
    remedy = "Report the payer's type in loop 2000B SBR09, or configure the payer."
    edit = replace(filing_wrong, severity=INFORM, codes=StandardCodes())
    return unreadable(edit, locus, text, remedy, field="filing_indicator", observed=UNDEFINED)


def _unused(locus: Location, key: str, did: str, remedy: str, observed: str) -> EditMessage:
    text = f"{key} {did} no claim of this batch."
    return unreadable(CONFIG_UNUSED, locus, text, f"{remedy}, or remove it.", observed=observed[:40])
