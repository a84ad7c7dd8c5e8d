"""999 and TA1: valid by pyx12's maps, read back by a reader of our tests, and right in what they say."""

import io
from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimcheck import Claim, EditMessage, read
from claimcheck.engine.messages import Judged, Outcome
from claimcheck.message import REJECT, UnreadMessage
from claimcheck.writers import Options, open_writer
from claimcheck.writers.envelopes import NoEnvelopeError
from support.answers import GroupAnswer, InterchangeAnswer, SetAnswer, answers_in
from support.command_line import invoke
from support.independent_reader import accepts, complaints
from support.places import FILES, FIXTURES, needs_files

Items = list[Claim | EditMessage]


def answer(items: Iterable[Claim | EditMessage], format: str, options: Options | None = None) -> str:
    out = io.StringIO()
    writer = open_writer(format, out, options)
    for item in items:
        writer.take(item if isinstance(item, EditMessage) else Judged(item, Outcome([], [])))
    writer.close()
    return out.getvalue()


def groups_of(text: str) -> list[GroupAnswer]:
    assert not text or complaints(text) == []
    groups, interchanges = answers_in(text)
    assert not interchanges
    return groups


def interchanges_of(text: str) -> list[InterchangeAnswer]:
    assert not text or complaints(text) == []
    groups, interchanges = answers_in(text)
    assert not groups
    return interchanges


def items_of(text: str) -> Items:
    return list(read(io.BytesIO(text.encode()), name="a.837"))


def answers_to(text: str) -> tuple[list[GroupAnswer], list[InterchangeAnswer]]:
    items = items_of(text)
    return groups_of(answer(items, "999")), interchanges_of(answer(items, "ta1"))


def set_of(text: str) -> SetAnswer:
    (group,), _ = answers_to(text)
    (answered,) = group.sets
    return answered


# Every file: valid, and complete


def is_answered(group: list[UnreadMessage | Claim]) -> bool:
    """Whether a group gets a 999: of claims, and of no other version than 005010."""
    header = submission_of(group[0]).group
    kinds = {submission_of(item).kind for item in group}
    named = len(header.version) >= 6 and header.version[:6].isdecimal() and header.version.startswith("0")
    return (header.function == "HC" or "837" in kinds) and (not named or header.version.startswith("005010"))


def submission_of(item: UnreadMessage | Claim):  # type: ignore[no-untyped-def]
    assert item.submission
    return item.submission


def answered_whole(items: Items) -> None:
    """The answers are valid; each group, set and rejecting message is in them, in its place."""
    groups, interchanges = groups_of(answer(items, "999")), interchanges_of(answer(items, "ta1"))
    known = [item for item in items if isinstance(item, Claim | UnreadMessage) and item.submission]
    damaged = {answer.isa[13] for answer in interchanges if answer.verdict in "RE"}
    no_claims_contradict(known, groups, interchanges)
    at = 0
    for place, found in groupby(known, key=lambda item: submission_of(item).group.place):
        group = list(found)
        rejects = [item for item in group if isinstance(item, UnreadMessage) and item.severity == REJECT]
        assert all(item.syntax for item in rejects)
        interchange = submission_of(group[0]).interchange
        of_interchange = [item for item in rejects if item.syntax and item.syntax.interchange]
        assert not (of_interchange and interchange.place) or damaged
        if not place or not is_answered(group):
            assert place or not rejects or not interchange.place or damaged
            continue
        answered, at = groups[at], at + 1
        sets = {submission_of(item).place: None for item in group if submission_of(item).has_transaction}
        assert len(answered.sets) == len(sets)
        for item in rejects:
            assert item.syntax
            if item.syntax.group:
                assert set(item.syntax.group) <= set(answered.codes) and answered.verdict in "EPR"
            if not (item.syntax.transaction or item.syntax.segment):
                continue
            start = submission_of(item).place
            of_set = answered.sets[list(sets).index(start)]
            assert set(item.syntax.transaction) <= set(of_set.codes)
            assert of_set.verdict in "RE"
            if item.syntax.transaction or item.claim_id is None:
                has_claims = any(isinstance(each, Claim) and submission_of(each).place == start for each in group)
                assert of_set.verdict == ("E" if has_claims else "R")
            if segment := item.syntax.segment:
                notes = [note for note in of_set.notes if note.position == (item.locus.segment or 0) - start + 1]
                assert segment.code in [note.code for note in notes]
                assert not item.claim_id or any(note.claim for note in notes) or not item.claim_id.strip()
    assert at == len(groups)


def no_claims_contradict(
    known: list[UnreadMessage | Claim], groups: list[GroupAnswer], interchanges: list[InterchangeAnswer]
) -> None:
    """Nothing is rejected as a whole of which claims go on; a group's verdict is that of its sets."""
    found = (list(each) for _, each in groupby(known, key=lambda item: submission_of(item).group.place))
    answered = [items for items in found if submission_of(items[0]).group.place and is_answered(items)]
    for group, items in zip(groups, answered, strict=True):
        starts = {submission_of(item).place: False for item in items if submission_of(item).has_transaction}
        starts |= {submission_of(item).place: True for item in items if isinstance(item, Claim)}
        for one, has_claims in zip(group.sets, starts.values(), strict=True):
            assert not (one.verdict == "R" and has_claims)
        verdicts = [one.verdict for one in group.sets]
        assert group.accepted == len(verdicts) - verdicts.count("R")
        assert (group.verdict == "R") == (group.accepted == 0)
        assert (group.verdict == "P") == (0 < group.accepted < max(group.received, group.included))
        assert group.verdict != "A" or not (group.codes or {*verdicts} - {"A"})
    of_claims = {submission_of(item).interchange.control for item in known if isinstance(item, Claim)}
    numbers = [submission_of(item).interchange.control for item in known]
    if len({submission_of(item).interchange.place for item in known}) == len({*numbers}):
        assert not {one.control for one in interchanges if one.verdict == "R"} & of_claims


@needs_files
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_answers_to_real_files(path: Path) -> None:
    answered_whole(list(read(path, name=path.name)))


@pytest.mark.parametrize("path", sorted(FIXTURES.rglob("*.837")), ids=lambda path: path.name)
def test_answers_to_fixtures(path: Path) -> None:
    answered_whole(list(read(path, name=path.name)))


def test_pyx12_finds_what_is_wrong() -> None:
    items = items_of(BROKEN)
    for format, right, wrong in (
        ("999", "IK5*E*", "IK5*Z*"),
        ("999", "AK9*E*1*1", "AK9*E**1"),
        ("ta1", "*E*023~", "*Q*023~"),
    ):
        text = answer(items, format)
        assert accepts(text.encode()) and right in text
        assert not accepts(text.replace(right, wrong).encode())


def with_acknowledgment(text: str) -> str:
    """The same file, which asks for a TA1."""
    assert "*0*T*:~" in text
    return text.replace("*0*T*:~", "*1*T*:~")


DEMO = with_acknowledgment((FIXTURES / "837p" / "demo.837").read_text())
TWO_SETS = with_acknowledgment((FIXTURES / "837p" / "iort.837").read_text())
BROKEN = with_acknowledgment((FIXTURES / "837p" / "broken.837").read_text())
HOSPITAL = with_acknowledgment((FIXTURES / "837i" / "hospital.837").read_text())


def replaced(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


# What it says


def test_a_file_without_errors_is_accepted() -> None:
    (group,), (interchange,) = answers_to(TWO_SETS)
    assert (group.function, group.control, group.version) == ("HC", "301", "005010X222A1")
    assert [(one.kind, one.control, one.guide, one.verdict, one.codes) for one in group.sets] == [
        ("837", "0001", "005010X222A1", "A", []),
        ("837", "0002", "005010X222A1", "A", []),
    ]
    assert (group.verdict, group.included, group.received, group.accepted, group.codes) == ("A", 2, 2, 2, [])
    assert (group.isa[6].strip(), group.isa[8].strip(), group.isa[13]) == ("MEDICAREB", "CLINICSUBMIT", "000000301")
    assert group.gs[1:4] == ["FA", "MEDICAREB", "CLINICSUBMIT"]
    assert (interchange.control, interchange.day, interchange.time) == ("000000301", "250320", "0930")
    assert (interchange.verdict, interchange.code) == ("A", "000")


def test_edits_of_codes_are_not_its_business() -> None:
    done = invoke("check", "-q", "--format", "999", str(FIXTURES / "837p" / "demo.837"))
    assert done.exit_code == 1  # all its claims are rejected
    assert "IK5*A~\nAK9*A*1*1*1~" in done.stdout and "IK3" not in done.stdout


def test_a_segment_and_an_element_are_named_with_their_place_and_claim() -> None:
    claim = "CLM*IORT-03*4200***22:B:1*Y*A*Y*Y~\nHI*"
    text = replaced(TWO_SETS, (claim + "ABK:C50912", claim + "C50912"))
    (group,), _ = answers_to(text)
    first, second = group.sets
    (note,) = first.notes
    set_segments = text.partition("ST*837")[2].split("~")
    assert set_segments[note.position - 1].strip().startswith("HI*C50912")
    assert (note.name, note.loop, note.code, note.claim) == ("HI", "2300", "8", "IORT-03")
    assert note.elements == [("1:1", "1270", "7")]
    # One claim is in error: the 277CA rejects it, and the others go on.
    assert (first.verdict, first.codes, second.verdict) == ("E", ["5"], "A")
    assert (group.verdict, group.accepted) == ("E", 2)


def test_a_set_whose_claims_go_on_is_not_rejected() -> None:
    lost = ("BHT*0019*00*301001", "BHZ*0019*00*301001")
    (group,), _ = answers_to(replaced(TWO_SETS, lost))
    assert [one.verdict for one in group.sets] == ["E", "A"]
    assert [(note.name, note.position, note.code) for note in group.sets[0].notes] == [("BHZ", 2, "1")]
    assert (group.verdict, group.included, group.received, group.accepted) == ("E", 2, 2, 2)
    first = TWO_SETS[TWO_SETS.index("HL*1") : TWO_SETS.index("SE*")]  # its claims
    (group,), _ = answers_to(replaced(TWO_SETS, lost, (first, "")))
    assert [one.verdict for one in group.sets] == ["R", "A"]
    assert (group.verdict, group.included, group.received, group.accepted) == ("P", 2, 2, 1)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: text.index("SE*")],
        lambda text: text[: text.index("SE*")] + text[text.index("GE*") :],
        lambda text: text.replace("SE*64*", "SE*99*"),
        lambda text: text.replace("BHT*", "BHZ*"),
        lambda text: text.replace("IEA*1*", "IEA*2*"),
    ],
)
def test_what_answers_reject_is_held(damage: Callable[[str], str], tmp_path: Path) -> None:
    """999, TA1, 277CA and the parts of one delivery never contradict each other."""
    (tmp_path / "in.837").write_text(damage(TWO_SETS))
    done = invoke("check", tmp_path / "in.837", "--isolated", "--select", "FMT,STATUS", "--deliver", tmp_path / "out")
    assert done.exit_code == 1
    folder = tmp_path / "out" / "in.837"
    assert "CLM*" in (folder / "accepted.837").read_text() and "*A2:20*" in (folder / "277ca.x12").read_text()
    assert {one.verdict for group in groups_of((folder / "999.x12").read_text()) for one in group.sets} <= {"A", "E"}
    assert [one.verdict for one in interchanges_of((folder / "ta1.x12").read_text())] in (["A"], ["E"])


def test_missing_segments_are_reported_where_they_should_be() -> None:
    text = DEMO[: DEMO.index("LX*1~")] + DEMO[DEMO.index("SE*") :]
    notes = set_of(text).notes
    assert [(note.name, note.code, note.loop, note.claim) for note in notes] == [("LX", "3", "2400", "DEMO-01")]
    empty = DEMO[: DEMO.index("HL*1**20")] + DEMO[DEMO.index("SE*") :]
    assert [(note.name, note.code) for note in set_of(empty).notes] == [("CLM", "3")]


def test_levels_are_copied_and_nothing_else_is() -> None:
    assert "HL*2*1*22*" in DEMO
    (note, *_) = set_of(replaced(DEMO, ("HL*2*1*22*", "HL*2*7*22*"))).notes
    assert (note.name, note.loop, note.elements) == ("HL", "2000", [("2", "734", "7", "7")])
    (note, *_) = set_of(replaced(DEMO, ("HL*2*1*22*", "HL*2*SMITH*22*"))).notes
    assert note.elements == [("2", "734", "7")]


@pytest.mark.parametrize(
    ("old", "new", "codes", "verdict"),
    [
        ("SE*64*0001", "SE*63*0001", ["4"], "E"),
        ("SE*64*0001", "SE*99*0001", ["4"], "E"),  # more than there is: something is lost, and claims go on
        ("SE*64*0001", "SE*64*0009", ["3"], "E"),
        ("SE*64*0001", "SE*63*0009", ["4", "3"], "E"),
        ("SE*64*0001~\n", "", ["2"], "E"),
        ("ST*837*0001", "ST*835*0001", ["6", "1"], "R"),
        ("ST*837*0001", "ST*873*0001", ["6"], "R"),
        ("ST*837*0001", "ST*837*12", ["7", "3"], "E"),
    ],
)
def test_codes_of_a_set(old: str, new: str, codes: list[str], verdict: str) -> None:
    (group,), _ = answers_to(replaced(TWO_SETS, (old, new)))
    first, second = group.sets
    assert set(first.codes) <= set(codes) and first.codes and first.verdict == verdict
    assert second.verdict == "A"
    assert group.accepted == (1 if verdict == "R" else 2)


@pytest.mark.parametrize(
    ("old", "new", "codes", "verdict", "included"),
    [
        ("GE*2*301", "GE*1*301", ["5"], "E", 1),
        ("GE*2*301", "GE*3*301", ["5"], "P", 3),
        ("GE*2*301", "GE*2*302", ["4"], "E", 2),
        ("GE*2*301~\n", "", ["3"], "E", 2),
        ("*301*X*005010", "*A1*X*005010", ["6", "4"], "E", 2),
    ],
)
def test_codes_of_a_group(old: str, new: str, codes: list[str], verdict: str, included: int) -> None:
    (group,), _ = answers_to(replaced(TWO_SETS, (old, new)))
    assert (group.codes, group.verdict, group.included, group.received) == (codes, verdict, included, 2)


def test_a_version_that_is_none_of_ours() -> None:
    (group,), _ = answers_to(TWO_SETS.replace("005010X222A1", "005010X999"))
    assert (group.version, group.codes, group.verdict) == ("005010X999", ["2"], "E")


@pytest.mark.parametrize(
    ("old", "new", "code", "verdict"),
    [
        ("IEA*1*000000301", "IEA*1*000000302", "001", "E"),
        ("IEA*1*000000301", "IEA*0*000000301", "021", "E"),
        ("IEA*1*000000301", "IEA*2*000000301", "021", "E"),
        ("IEA*1*000000301~\n", "", "023", "E"),
        ("*250320*0930*^", "*250399*0930*^", "014", "E"),
        ("*250320*0930*^", "*250320*2530*^", "015", "E"),
        ("*000000301*1*T", "*00000030A*1*T", "018", "E"),
        ("*T*:~", "*T*>~", "027", "E"),
        ("GS*HC", "N4*HC", "022", "E"),
    ],
)
def test_codes_of_an_interchange(old: str, new: str, code: str, verdict: str) -> None:
    _, (interchange,) = answers_to(replaced(TWO_SETS, (old, new)))
    found = [interchange.code, interchange.verdict]
    assert found == [code, verdict] or (code == "018" and found == ["001", "E"])


def test_a_file_that_breaks_off() -> None:
    text = DEMO[: DEMO.index("LX*2~") - 12]
    (group,), (interchange,) = answers_to(text)
    assert (interchange.verdict, interchange.code) == ("E", "023")
    assert (group.verdict, group.codes, group.accepted) == ("E", ["3"], 1)
    assert (group.sets[0].verdict, "2" in group.sets[0].codes) == ("E", True)
    (group,), (interchange,) = answers_to(DEMO[: DEMO.index("CLM*")])
    assert (interchange.verdict, interchange.code) == ("R", "023")
    assert (group.verdict, group.codes, group.accepted) == ("R", ["3"], 0)
    assert (group.sets[0].verdict, "2" in group.sets[0].codes) == ("R", True)


def test_only_who_asks_gets_a_ta1_unless_their_interchange_is_damaged() -> None:
    silent = DEMO.replace("*1*T*:~", "*0*T*:~")
    assert answer(items_of(silent), "ta1") == ""
    assert answer(items_of(replaced(silent, ("IEA*1*", "IEA*0*"))), "ta1") == ""
    (damaged,) = interchanges_of(answer(items_of(replaced(silent, ("IEA*1*", "IEA*2*"))), "ta1"))
    assert (damaged.verdict, damaged.code) == ("E", "021")


def test_interchanges_and_groups_without_content_are_answered() -> None:
    isa, gs = DEMO[: DEMO.index("GS*")], DEMO[DEMO.index("GS*") : DEMO.index("ST*")]
    ge, iea = "GE*0*300~\n", DEMO[DEMO.index("IEA*") :]
    (group,), (interchange,) = answers_to(isa + gs + ge + iea)
    assert (group.verdict, group.included, group.received, group.accepted, group.codes) == ("R", 0, 0, 0, ["5"])
    assert interchange.verdict == "A"
    groups, (interchange,) = answers_to(isa + iea.replace("IEA*1", "IEA*0"))
    assert (groups, interchange.verdict, interchange.code) == ([], "R", "024")
    # An interchange that acknowledges another one needs no group.
    assert not any(
        item.check.startswith("X12")
        for item in items_of(isa + "TA1*000000001*250101*1200*A*000~" + iea.replace("IEA*1", "IEA*0"))
        if isinstance(item, EditMessage)
    )


def test_each_group_of_each_interchange_is_answered() -> None:
    items = [*items_of(DEMO), *read(io.BytesIO(HOSPITAL.encode()), name="b.837"), *items_of(TWO_SETS + BROKEN)]
    groups = groups_of(answer(items, "999"))
    assert [group.version for group in groups] == ["005010X222A1", "005010X223A2", "005010X222A1", "005010X222A1"]
    assert len({group.isa[13] for group in groups}) == 4
    assert len(interchanges_of(answer(items, "ta1"))) == 4


def test_4010_has_no_999_and_the_run_says_so(tmp_path: Path) -> None:
    old = DEMO.replace("005010X222A1", "004010X098A1")
    (tmp_path / "old.837").write_text(old)
    (tmp_path / "new.837").write_text(TWO_SETS)
    done = invoke("check", "--format", "999", *map(str, tmp_path.iterdir()))
    assert [group.control for group in groups_of(done.stdout)] == ["301"]
    (line,) = [line for line in done.stderr.splitlines() if "999" in line]
    assert line == "claimcheck: 1 functional group has no 999, which answers version 005010 alone; found 004010"
    assert len(interchanges_of(answer(items_of(old), "ta1"))) == 1


def test_rows_have_nobody_to_answer() -> None:
    for name in ("rows/lines.csv", "rows/claims.jsonl"):
        for format in ("999", "ta1"):
            with pytest.raises(NoEnvelopeError, match="no envelope"):
                answer(read(FIXTURES / name, name=name), format)


def test_several_processes_write_the_same(tmp_path: Path) -> None:
    remittance = replaced(TWO_SETS, ("ST*837*0001", "ST*835*0001"))
    for number, text in enumerate((TWO_SETS, BROKEN, remittance, DEMO.replace("~\nSE*", "~\nFOO*1~\nSE*"), HOSPITAL)):
        (tmp_path / f"{number}.837").write_text(text)
    files = sorted(map(str, tmp_path.glob("*.837")))
    for format in ("999", "ta1"):
        one, two = (invoke("check", "-q", "--format", format, "--jobs", jobs, *files).stdout for jobs in ("1", "2"))
        assert one == two and len(answers_in(one)[0 if format == "999" else 1]) == 5


# Laws

ENVELOPE = ("ISA*", "GS*", "ST*", "SE*", "GE*", "IEA*", "HL*")


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A file with segments dropped, doubled, moved, cut, or with an element changed."""
    segments = draw(st.sampled_from([DEMO, TWO_SETS, HOSPITAL, TWO_SETS + HOSPITAL])).split("~\n")
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(segments) - 1))
        envelope: list[int] = [
            i for i, one in enumerate(segments) if one[:3] in ("ISA", "GS*", "ST*", "SE*", "GE*", "IEA", "HL*")
        ]
        if draw(st.booleans()) and envelope:
            at = draw(st.sampled_from(envelope))
        how = draw(st.sampled_from(["drop", "double", "swap", "cut", "element", "name", "end"]))
        if how == "drop":
            del segments[at]
        elif how == "double":
            segments.insert(at, segments[at])
        elif how == "swap":
            other = draw(st.integers(0, len(segments) - 1))
            segments[at], segments[other] = segments[other], segments[at]
        elif how == "cut":
            segments[at] = segments[at][: draw(st.integers(0, len(segments[at])))]
        elif how == "element":
            parts = segments[at].split("*")
            value = draw(st.sampled_from(["", "0", "7", "999999999999", "A:B", "é", "835", "X" * 50, "^"]))
            parts[draw(st.integers(0, len(parts) - 1))] = value
            segments[at] = "*".join(parts)
        elif how == "name":
            segments[at] = draw(st.sampled_from(["XYZ", "SV2", "CLM", "ST", "GS", "IEA", "q", "HI"])) + segments[at][3:]
        else:
            segments = segments[: at + 1]
        if not segments:
            break
    return "~\n".join(segments)


@settings(max_examples=60, deadline=None)
@given(damaged())
def test_every_reject_of_a_damaged_file_is_in_a_valid_answer(text: str) -> None:
    answered_whole(items_of(text))
