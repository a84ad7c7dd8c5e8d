"""JUnit XML: a test suite a file, a test case a claim, for whatever shows test reports. A rejected claim fails, one
that could not be judged is skipped, and what could not be read is an error."""

from __future__ import annotations

import re
from collections.abc import Iterable
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final
from xml.sax.saxutils import escape, quoteattr

from claimcheck.engine.messages import Judged
from claimcheck.message import REJECT, Disposition, EditMessage
from claimcheck.writers import Format
from claimcheck.writers.placing import line_of, portable, printable, sentence

_IN_MEMORY: Final = 1 << 22
"""Bytes of a suite, whose counts are known when it ends, that are kept in memory."""

_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_COUNTED: Final = ("failures", "errors", "skipped")


class JunitWriter:
    """Writes the suites one after the other, each with its counts."""

    def __init__(self, stream: IO[str]) -> None:
        self._write = stream.write
        self._file: str | None = None
        self._cases: Any = None
        self._counts: dict[str, int] = {}
        self._write('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="claimcheck">\n')

    def take(self, item: Judged | EditMessage) -> None:
        """Write the case of a claim, or of what could not be read."""
        file = item.locus.file if isinstance(item, EditMessage) else item.claim.locus.file
        if file != self._file:
            self._end_suite()
            self._begin_suite(file)
        self._counts["tests"] += 1
        if isinstance(item, EditMessage):
            line = line_of(item.locus)
            name = item.check if line is None else f"{item.check} at {line}"
            self._case(name, [item], "errors" if item.severity == REJECT else "")
        else:
            outcome = item.outcome
            self._case(f"claim {item.claim.claim_id}", outcome.messages, _OUTCOMES.get(outcome.disposition, ""))

    def close(self) -> None:
        """Write the last suite, and the end."""
        self._end_suite()
        self._write("</testsuites>\n")

    def _begin_suite(self, file: str) -> None:
        self._file = file
        self._cases = SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8", newline="")  # noqa: SIM115 -- _end_suite
        self._counts = {"tests": 0, **dict.fromkeys(_COUNTED, 0)}

    def _end_suite(self) -> None:
        if self._file is None:
            return
        counts = " ".join(f'{name}="{count}"' for name, count in self._counts.items())
        self._write(f'<testsuite name={_attribute(portable(self._file))} {counts} time="0">\n')
        self._cases.seek(0)
        while part := self._cases.read(1 << 16):
            self._write(part)
        self._cases.close()
        self._write("</testsuite>\n")
        self._file = None

    def _case(self, name: str, messages: Iterable[EditMessage], counted: str) -> None:
        file = _attribute(portable(self._file or ""))
        write = self._cases.write
        opened = f'<testcase classname={file} name={_attribute(name)} file={file} time="0"'
        worst = [message for message in messages if message.severity == REJECT]
        told = [message for message in messages if message.severity != REJECT]
        if counted:
            self._counts[counted] += 1
        if not (counted or told):
            write(f"{opened}/>\n")
            return
        write(f"{opened}>\n")
        if counted in ("failures", "errors"):
            checks = ", ".join(dict.fromkeys(message.check for message in worst))
            tag = counted.removesuffix("s")
            write(f"<{tag} type={_attribute(checks)} message={_attribute(_first(worst))}>{_lines(worst)}</{tag}>\n")
        elif counted:
            write(f"<skipped message={_attribute(_first(told))}/>\n")
        if told:
            write(f"<system-out>{_lines(told)}</system-out>\n")
        write("</testcase>\n")


_OUTCOMES: Final = {Disposition.REJECTED: "failures", Disposition.NOT_JUDGED: "skipped"}


def _first(messages: list[EditMessage]) -> str:
    return sentence(messages[0]) if messages else ""


def _lines(messages: list[EditMessage]) -> str:
    return escape(_xml("\n".join(f"{message.check} {message.severity} {sentence(message)}" for message in messages)))


def _attribute(text: str) -> str:
    return quoteattr(_xml(printable(text)))


def _xml(text: str) -> str:
    """A text without characters that XML can't hold."""
    return _NOT_XML.sub("?", text)


FORMAT: Final = Format(lambda stream, _: JunitWriter(stream))
