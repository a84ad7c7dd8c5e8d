"""The account of an X12 file's envelopes: ISA, GS and ST, each with its trailer and its count."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from claimcheck.claim import Group, Interchange, Submission
from claimcheck.message import REJECT, SyntaxNote
from claimcheck.readers.x12 import issues
from claimcheck.readers.x12.edits import X12_EMPTY, X12_TRUNCATED
from claimcheck.readers.x12.issues import ReadIssue, shown, stated
from claimcheck.readers.x12.syntax import element

_HEADER_CONTROL = {"SE": "ST02", "GE": "GS06", "IEA": "ISA13"}
"""Where the header of a trailer has its control number."""


class Envelope:
    """Keeps account of what ISA, GS, ST, SE, GE and IEA say, and reports where they disagree.

    One cause gives one message: where a part is missing, that is reported once, and what would follow
    from it (a count that can't come out) is not reported again. ``function`` and ``version`` are GS01 and GS08.
    """

    def __init__(self, report: Callable[[ReadIssue], None]) -> None:
        self._report = report
        self.interchange: str | None = None
        self.transaction: str | None = None
        self.interchange_date = ""
        self.group_date = ""
        self.version = ""
        self.function = ""
        self.submission = Submission()
        self._isa_open = self._gs_open = self._st_open = False
        self._isa_seen = False
        self._gs_reported = False
        self._headless = self._acknowledges = False
        self._damaged: set[str] = set()
        self._cut_off = False
        self._group = ""
        self._groups = self._sets = 0
        self._first = self._empty = 0

    @property
    def is_open(self) -> bool:
        """Whether a transaction is open."""
        return self._st_open

    def note(self, issue: ReadIssue) -> None:
        """Take account of an issue that the scanner found."""
        if issue.damages:
            self._damaged.update(("SE", "GE", "IEA"))
        if issue.edit == X12_TRUNCATED:
            self._cut_off = issue.damages
        if issue.edit == X12_EMPTY:
            self._empty += int(issue.observed or 0)

    def placed(self, note: SyntaxNote | None, rejects: bool) -> SyntaxNote | None:
        """What acknowledgments say of an issue here: of each level that is open what is wrong with it. A reject that is
        in no transaction set or group that can be answered is the interchange's, as one of its structure."""
        if note is None and not rejects:
            return None
        interchange, group, transaction, segment, included = note or SyntaxNote()
        if not self._gs_open:
            group, included = (), None
        if not self._st_open:
            transaction, segment = (), None
        is_answered = group or (self._gs_open and (transaction or segment))
        if rejects and not interchange and not is_answered:
            interchange = ("022",)
        return SyntaxNote(interchange, group, transaction, segment, included)

    def isa(self, elements: Sequence[str], number: int) -> None:
        """An interchange begins."""
        self._must_be_closed(("SE", "GE", "IEA"), "ISA", number)
        self._damaged, self._cut_off = set(), False
        self.interchange, self.interchange_date = element(elements, 13).strip(), element(elements, 9)
        self.transaction, self.group_date, self.version, self.function = None, "", "", ""
        _, _, _, _, _, from_kind, sender, to_kind, receiver, day, time, *_ = [*map(str.strip, elements), *[""] * 11]
        control, usage = self.interchange, element(elements, 15)
        asked = element(elements, 14).strip()
        header = Interchange(from_kind, sender, to_kind, receiver, day, time, control, usage, number, asked)
        self.submission = Submission(header, place=number)
        self._isa_open, self._gs_open, self._st_open = True, False, False
        self._isa_seen, self._gs_reported, self._groups, self._acknowledges = True, False, 0, False

    def ta1(self) -> None:
        """The interchange acknowledges another one: it needs no group."""
        self._acknowledges = True

    def gs(self, elements: Sequence[str], number: int) -> None:
        """A group begins."""
        self._must_be_closed(("SE", "GE"), "GS", number)
        if self._isa_seen and not self._isa_open:
            self._missing("ISA", "GS", number)
            self._isa_open, self.interchange, self._groups = True, None, 0
            self.submission = Submission()
        self._damaged -= {"SE", "GE"}
        self.group_date, self.version, self.function = element(elements, 4), element(elements, 8), element(elements, 1)
        self._group = element(elements, 6)
        sender, receiver = element(elements, 2), element(elements, 3)
        time = element(elements, 5)
        header = Group(sender, receiver, self.group_date, time, self._group, number, self.function, self.version)
        self.submission = Submission(self.submission.interchange, header, place=number)
        self._gs_open, self._gs_reported, self._st_open = True, False, False
        self._sets, self._groups = 0, self._groups + 1

    def st(self, elements: Sequence[str], number: int) -> None:
        """A transaction begins."""
        self._must_be_closed(("SE",), "ST", number)
        if not self._gs_open and not self._gs_reported:
            if self._isa_seen:
                self._missing("GS", "ST", number)
            self._gs_reported = True
            self._groups += 1
        self.transaction = element(elements, 2)
        self._sets += 1
        self._open_set(number, element(elements, 1), element(elements, 3))

    def headless(self, name: str, number: int) -> None:
        """A segment of a claim is outside a transaction: read as if there were an ST before it."""
        self._missing("ST", name, number)
        self.transaction = None
        self._sets += 1
        self._open_set(number, "837", headless=True)

    def se(self, elements: Sequence[str], number: int) -> None:
        """A transaction ends."""
        if not self._st_open:
            self._missing("ST", "SE", number)
        elif not self._headless:
            found = number - self._first + 1
            expected = {str(found), str(found + self._empty)}
            self._compare("SE", "segments", elements, expected, self.transaction or "", number)
        self._st_open, self.transaction = False, None

    def ge(self, elements: Sequence[str], number: int) -> None:
        """A group ends."""
        self._must_be_closed(("SE",), "GE", number)
        if self._gs_open:
            matches = self._compare("GE", "transaction sets", elements, {str(self._sets)}, self._group, number)
            if matches and not self._sets and "GE" not in self._damaged:
                self._report(issues.bare_group(number))
        elif not self._gs_reported and self._isa_seen:
            self._missing("GS", "GE", number)
        self._gs_open = self._st_open = False

    def iea(self, elements: Sequence[str], number: int) -> None:
        """An interchange ends."""
        self._must_be_closed(("SE", "GE"), "IEA", number)
        if self._isa_open and self.interchange is not None:
            matches = self._compare("IEA", "groups", elements, {str(self._groups)}, self.interchange, number)
            if matches and not (self._groups or self._acknowledges or "IEA" in self._damaged):
                self._report(issues.bare_interchange(number))
        elif self._isa_seen and not self._isa_open:
            self._missing("ISA", "IEA", number)
        self._isa_open = self._gs_open = self._st_open = False

    def end(self, number: int) -> None:
        """The file ends."""
        if self._st_open and not self._headless and not self._cut_off:
            self._report(issues.ends_inside_transaction(number))
        else:
            self._must_be_closed(("GE", "IEA"), "the end of the file", number, at_end=True)

    def _open_set(self, number: int, kind: str, guide: str = "", *, headless: bool = False) -> None:
        self._st_open, self._headless = True, headless
        self._damaged.discard("SE")
        self._first, self._empty = number, 0
        interchange, group, *_ = self.submission
        if not self._gs_open:
            group = Group()
        self.submission = Submission(interchange, group, self.transaction or "", place=number, kind=kind, guide=guide)

    def _must_be_closed(self, trailers: Sequence[str], name: str, number: int, *, at_end: bool = False) -> None:
        """Report which trailers are missing before this place."""
        opened = {"SE": self._st_open and not self._headless, "GE": self._gs_open, "IEA": self._isa_open}
        missing = [trailer for trailer in trailers if opened[trailer]]
        if missing and not self._cut_off:
            self._report(
                issues.envelope_lacks(number, missing, name, REJECT if "SE" in missing else None, at_end=at_end)
            )

    def _missing(self, what: str, before: str, number: int) -> None:
        self._report(issues.envelope_lacks(number, [what], before, None))

    def _compare(
        self, name: str, things: str, elements: Sequence[str], counts: set[str], control: str, number: int
    ) -> bool:
        """Compare a trailer with what was counted and with its header's control number; give whether all is right."""
        count, repeated = element(elements, 1).strip(), element(elements, 2).strip()
        miscounted = name not in self._damaged and (count.lstrip("0") or "0") not in counts
        lost = miscounted and count.isdecimal() and len(count) <= 10 and int(count) > max(map(int, counts))
        # GS06 and ISA13 are numbers, in which leading zeros mean nothing; ST02 is text.
        same = repeated == control if name == "SE" else repeated.lstrip("0") == control.strip().lstrip("0")
        found = min(counts, key=int)
        wrong: list[str] = []
        if miscounted:
            wrong.append(f"{name}01 is {stated(count)}; {found} {things} found")
        if not same:
            wrong.append(f"{name}02 is {stated(repeated)}; {_HEADER_CONTROL[name]} is {stated(control)}")
        if wrong:
            observed, allowed = (shown(count), found) if miscounted else (shown(repeated), shown(control))
            self._report(
                issues.wrong_trailer(
                    number, name, wrong, observed, allowed, lost=lost, miscounted=miscounted, misnumbered=not same
                )
            )
        return not wrong
