"""A reader of 999 and TA1 that knows nothing of what writes them: the order of their segments, and their counts."""

from dataclasses import dataclass, field


@dataclass
class SegmentNote:
    """IK3 with its CTX and IK4."""

    name: str
    position: int
    loop: str
    code: str
    claim: str = ""
    elements: list[tuple[str, ...]] = field(default_factory=list)


@dataclass
class SetAnswer:
    """AK2 to IK5."""

    kind: str
    control: str
    guide: str
    notes: list[SegmentNote] = field(default_factory=list)
    verdict: str = ""
    codes: list[str] = field(default_factory=list)


@dataclass
class GroupAnswer:
    """AK1 to AK9, with the interchange that it came in."""

    isa: list[str]
    gs: list[str]
    function: str
    control: str
    version: str
    sets: list[SetAnswer] = field(default_factory=list)
    verdict: str = ""
    included: int = 0
    received: int = 0
    accepted: int = 0
    codes: list[str] = field(default_factory=list)


@dataclass
class InterchangeAnswer:
    """TA1, with the interchange that it came in."""

    isa: list[str]
    control: str
    day: str
    time: str
    verdict: str
    code: str


def answers_in(text: str) -> tuple[list[GroupAnswer], list[InterchangeAnswer]]:
    """What a file of 999s and TA1s answers; an ``AssertionError`` where it is not one."""
    reader = _Reader(text)
    groups: list[GroupAnswer] = []
    interchanges: list[InterchangeAnswer] = []
    while reader.left:
        isa = reader.take("ISA")
        assert len("*".join(isa)) == 105
        for ta1 in iter(lambda: reader.maybe("TA1"), None):
            interchanges.append(InterchangeAnswer(isa, *ta1[1:]))
        many = 0
        for gs in iter(lambda: reader.maybe("GS"), None):
            many += 1
            sets = _transactions(reader, isa, gs)
            ge = reader.take("GE")
            assert ge[1:] == [str(len(sets)), gs[6]]
            groups += sets
        assert reader.take("IEA")[1:] == [str(many), isa[13]]
    return groups, interchanges


def _transactions(reader: "_Reader", isa: list[str], gs: list[str]) -> list[GroupAnswer]:
    found = []
    for st in iter(lambda: reader.maybe("ST"), None):
        assert (st[1], st[3], gs[1], gs[8]) == ("999", "005010X231A1", "FA", "005010X231A1")
        start = reader.at - 1
        found.append(_group(reader, isa, gs))
        se = reader.take("SE")
        assert se[1:] == [str(reader.at - start), st[2]]
    return found


def _group(reader: "_Reader", isa: list[str], gs: list[str]) -> GroupAnswer:
    _, function, control, version, *_ = [*reader.take("AK1"), ""]
    group = GroupAnswer(isa, gs, function, control, version)
    for ak2 in iter(lambda: reader.maybe("AK2"), None):
        _, kind, number, guide, *_ = [*ak2, ""]
        answer = SetAnswer(kind, number, guide)
        for ik3 in iter(lambda: reader.maybe("IK3"), None):
            note = SegmentNote(ik3[1], int(ik3[2]), ik3[3], ik3[4])
            if ctx := reader.maybe("CTX"):
                name, _, note.claim = ctx[1].partition(":")
                assert name == "CLM01"
            note.elements = [tuple(ik4[1:]) for ik4 in iter(lambda: reader.maybe("IK4"), None)]
            assert (note.code == "8") == bool(note.elements)
            answer.notes.append(note)
        _, answer.verdict, *answer.codes = reader.take("IK5")
        assert (answer.verdict == "A") == (not answer.codes)
        assert not answer.notes or "5" in answer.codes
        group.sets.append(answer)
    _, group.verdict, included, received, accepted, *group.codes = reader.take("AK9")
    group.included, group.received, group.accepted = int(included), int(received), int(accepted)
    assert group.received == len(group.sets)
    assert group.accepted == sum(answer.verdict in "AE" for answer in group.sets)
    return group


class _Reader:
    def __init__(self, text: str) -> None:
        assert not text or text.endswith("~\n")
        self.segments = [segment.strip().split("*") for segment in text.split("~")[:-1]]
        self.at = 0

    @property
    def left(self) -> int:
        return len(self.segments) - self.at

    def maybe(self, name: str) -> list[str] | None:
        if self.left and self.segments[self.at][0] == name:
            self.at += 1
            return self.segments[self.at - 1]
        return None

    def take(self, name: str) -> list[str]:
        found = self.maybe(name)
        assert found, f"expected {name}, found {self.segments[self.at : self.at + 1]}"
        return found
