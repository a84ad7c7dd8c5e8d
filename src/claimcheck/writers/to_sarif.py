"""SARIF 2.1.0: the messages as results of a static analysis, with a rule for each check that fired. Results are written
as they come, rules when the batch ends, so that memory does not grow with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import IO, Any, Final
from urllib.parse import quote

import claimcheck
from claimcheck.authoring.check import Check
from claimcheck.claim import Location
from claimcheck.message import EditMessage
from claimcheck.writers import Format, MessageWriter
from claimcheck.writers.placing import LEVELS, line_of, portable, printable, sentence

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


class SarifWriter(MessageWriter):
    """Writes one log with one run.

    Args:
        stream: where to.
        checks: gives each check by its id, for the help of its rule.
    """

    def __init__(self, stream: IO[str], checks: Callable[[], Mapping[str, Check]] = dict) -> None:
        self._write = stream.write
        self._checks = checks
        self._rules: dict[str, int] = {}
        self._separator = ""
        self._write(f'{{"$schema": "{_SCHEMA}", "version": "2.1.0", "runs": [{{"results": [')

    def write(self, message: EditMessage) -> None:
        """Write one result."""
        index = self._rules.setdefault(message.check, len(self._rules))
        self._write(f"{self._separator}\n{json.dumps(_result(message, index))}")
        self._separator = ","

    def close(self) -> None:
        """Write the rules, and the end."""
        known = self._checks() if self._rules else {}
        driver = {
            "name": "claimcheck",
            "version": claimcheck.__version__,
            "rules": [_rule(id, known.get(id)) for id in self._rules],
        }
        self._write(f'\n], "tool": {json.dumps({"driver": driver})}}}]}}\n')


def _rule(id: str, check: Check | None) -> dict[str, Any]:
    if check is None:
        return {"id": id}
    source = "; ".join(part for part in check.citation if part)
    text = f"{check.doc.strip()}\n\nSource: {source}"
    rule: dict[str, Any] = {
        "id": id,
        "shortDescription": {"text": check.title},
        "fullDescription": {"text": " ".join(check.doc.split())},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": LEVELS[check.severity]},
    }
    if check.citation.url:
        rule["helpUri"] = check.citation.url
    return rule


def _result(message: EditMessage, index: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": message.check,
        "ruleIndex": index,
        "level": LEVELS[message.severity],
        "message": {"text": sentence(message)},
        "locations": [_location(message)],
        "partialFingerprints": {"claimcheck/v1": _fingerprint(message)},
    }
    if message.waived:
        result["suppressions"] = [{"kind": "external", "justification": message.waived.reason}]
    return result


def _location(message: EditMessage) -> dict[str, Any]:
    location: dict[str, Any] = {"physicalLocation": {"artifactLocation": {"uri": _uri(message.locus.file)}}}
    line = line_of(message.locus)
    if line:
        location["physicalLocation"]["region"] = {"startLine": line}
    names = _logical(message)
    if names:
        location["logicalLocations"] = [{"name": names[-1], "fullyQualifiedName": "/".join(names)}]
    return location


@lru_cache(maxsize=1024)
def _uri(file: str) -> str:
    return quote(portable(file).encode("utf-8", "surrogateescape"))


def _logical(message: EditMessage) -> list[str]:
    """Interchange, transaction, claim and line, from the outside in."""
    names = [*_envelopes(message.locus)]
    if message.claim_id is not None:
        names.append(f"claim {message.claim_id}")
    if message.line_number is not None:
        names.append(f"line {message.line_number}")
    return [printable(name) for name in names]


def _envelopes(locus: Location) -> list[str]:
    levels = (("interchange", locus.interchange), ("transaction", locus.transaction))
    return [f"{name} {number}" for name, number in levels if number]


def _fingerprint(message: EditMessage) -> str:
    """What makes a result the same one in the next run, wherever in the file it then is."""
    parts = (message.check, message.claim_id, message.line_number, message.code, message.field, message.observed)
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


FORMAT: Final = Format(lambda stream, options: SarifWriter(stream, options.checks))
