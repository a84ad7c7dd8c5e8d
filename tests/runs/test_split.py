"""``claimcheck split``: every claim once, byte for byte, in a part that other programs read."""

import gzip
import io
import json
import os
import random
import re
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from claimcheck import Checker, EditMessage, read
from claimcheck.claim import Claim
from claimcheck.config.configuration import Configuration
from claimcheck.engine.loop import raise_errors
from claimcheck.engine.messages import Judged
from claimcheck.message import Disposition
from claimcheck.readers.files import kind_of
from claimcheck.runs.batch import check_files
from claimcheck.runs.split import Sorted, Sorting, SplitError, copy_again, copy_parts, splitting
from claimcheck.runs.split.loops import split_837
from support.command_line import invoke
from support.independent_reader import accepts, complaints_of_envelopes
from support.laws import slow_law
from support.made_files import HEADER, Written, bare, claims_of, row, simple, written
from support.places import FILES, ROOT, needs_files

FIXTURES = [*sorted((ROOT / "fixtures/837p").glob("*.837")), *sorted((ROOT / "fixtures/837i").glob("*.837"))]
OURS = [*FIXTURES, *(ROOT / "fixtures/rows" / name for name in ("batch.csv", "lines.csv", "claims.jsonl"))]
ALONE = Checker(configuration=Configuration(across_claims=False), on_error=raise_errors)
ACCEPTED, REJECTED, WARNED, NOT_JUDGED = range(4)
PART_OF: dict[Disposition, int] = {
    Disposition.ACCEPTED: ACCEPTED,
    Disposition.REJECTED: REJECTED,
    Disposition.ACCEPTED_WITH_WARNINGS: WARNED,
    Disposition.NOT_JUDGED: NOT_JUDGED,
}


# -- helpers -------------------------------------------------------------------------------------


def troubles(data: bytes) -> set[str]:
    return {item.check for item in read(io.BytesIO(data), name="x.837") if isinstance(item, EditMessage)}


def split_at(data: bytes, part_of: Callable[[int], int], many: int = 2, rest: int = 1) -> list[bytes]:
    """The parts of an 837 whose claims go where ``part_of`` says, by their position."""
    claims = claims_of(data)
    outputs = [io.BytesIO() for _ in range(many)]
    numbers = [claim.locus.segment or 0 for claim in claims]
    copied, _ = split_837(io.BytesIO(data), numbers, bytes(map(part_of, range(len(claims)))), outputs, rest)
    assert copied == len(claims)
    return [output.getvalue() for output in outputs]


def sorted_by_verdict(data: bytes, name: str, checker: Checker = ALONE) -> Sorted:
    sorting = Sorting(kind_of(data[:8192], name).kind, PART_OF, must_split=True)
    check_files([name], checker, sorting, streams={name: io.BytesIO(data)})
    return sorting.found


def split_by_verdict(data: bytes, name: str, checker: Checker = ALONE) -> list[bytes]:
    outputs = [io.BytesIO() for _ in range(4)]
    copy_parts(io.BytesIO(data), sorted_by_verdict(data, name, checker), outputs)
    return [output.getvalue() for output in outputs]


def assert_each_claim_once(whole: Sequence[Claim], parts: Sequence[Sequence[Claim]], part_of: Sequence[int]) -> None:
    for part, found in enumerate(parts):
        wanted = [bare(claim) for claim, of in zip(whole, part_of, strict=True) if of == part]
        assert list(map(bare, found)) == wanted


# -- any well-formed 837, whatever its delimiters and line ends ----------------------------------


def pieces_of(data: bytes) -> list[bytes]:
    """The bytes of each claim of a well-formed file, without a line break at the end."""
    claims = claims_of(data)
    separator, terminator = data[data.index(b"ISA") + 3 :][:1], terminator_of(data)
    found: list[bytes] = []
    inside = False
    for raw in data.split(terminator):
        segment = raw.strip(b"\r\n")
        name = segment.split(separator)[0]
        if name in (b"CLM", b"HL", b"SE"):
            inside = name == b"CLM"
            found += [b""] * inside
        if inside:
            found[-1] += segment + terminator
    assert len(found) == len(claims)
    return found


def terminator_of(data: bytes) -> bytes:
    return data[data.index(b"ISA") + 105 :][:1]


@given(written(), st.randoms(use_true_random=False))
@slow_law(40, thorough=100)
def test_the_union_of_the_parts_holds_every_claim_once_and_in_order(data: bytes, random: random.Random) -> None:
    whole = claims_of(data)
    where = [random.randrange(3) for _ in whole]
    parts = split_at(data, where.__getitem__, many=3)
    assert_each_claim_once(whole, [claims_of(part) for part in parts], where)
    pieces = pieces_of(data)
    for part, content in enumerate(parts):
        mine = [piece for piece, of in zip(pieces, where, strict=True) if of == part]
        assert (pieces_of(content) if content else []) == mine, "a claim was changed"
        assert not content or troubles(content) == troubles(data) == set()
        assert not content or complaints_of_envelopes(content) == []


@given(written())
@settings(max_examples=100, deadline=None)
def test_a_part_that_has_all_is_the_file(data: bytes) -> None:
    assert split_at(data, lambda claim: 0) == [data, b""]


@given(written(), st.data())
@slow_law(50, thorough=100)
def test_whatever_is_broken_each_claim_is_in_one_part(data: bytes, draw: st.DataObject) -> None:
    """Segments lost, doubled, torn, moved: what the reader makes of the file is what is split. Only the first ISA
    stays, which alone tells the delimiters: what is cut off from it may be no more than a few bytes."""
    terminator = terminator_of(data)
    segments = data.split(terminator)
    for _ in range(draw.draw(st.integers(1, 4))):
        at = draw.draw(st.integers(1, len(segments) - 1))
        how = draw.draw(st.sampled_from(["lose", "double", "tear", "empty", "junk", "name", "swap"]))
        other = draw.draw(st.integers(1, len(segments) - 1))
        if how == "lose":
            segments[at : at + 1] = [] if len(segments) > 2 else segments[at : at + 1]
        elif how == "double":
            segments.insert(at, segments[at])
        elif how == "tear":
            segments[at] = segments[at][: len(segments[at]) // 2]
        elif how == "empty":
            segments.insert(at, b"")
        elif how == "junk":
            segments.insert(at, b"some\r\nother text ISA 1")
        elif how == "name":
            segments[at] = b"ZZ9" + segments[at]
        elif not {segments[n].strip()[:2] for n in (at, other)} & {b"IS", b"GS", b"ST", b"SE", b"GE", b"IE"}:
            segments[at], segments[other] = segments[other], segments[at]
    broken = terminator.join(segments)
    whole = claims_of(broken)
    where = [draw.draw(st.integers(0, 1)) for _ in whole]
    parts = split_at(broken, where.__getitem__)
    assert_each_claim_once(whole, [claims_of(part) for part in parts], where)
    lost = set(map(bytes.strip, broken.split(terminator)))
    for part in parts:
        lost -= set(map(bytes.strip, part.split(terminator)))
    assert not {segment for segment in lost if segment[:2] not in (b"SE", b"GE", b"IE", b"HL")}


# -- files as they are ---------------------------------------------------------------------------


@cache
def kinds_of_complaints(data: bytes) -> set[str] | None:
    try:
        return set(complaints_of_envelopes(data))
    except Exception:  # what it can't open at all
        return None


@needs_files
@pytest.mark.parametrize("path", [*FIXTURES, *FILES], ids=lambda path: path.name)
def test_files_split_by_turns(path: Path) -> None:
    """Claims dealt out to three parts: each is read again as it was, and no reader finds a new kind of finding."""
    data = path.read_bytes()
    whole = claims_of(data, path.name)
    where = [number % 3 for number in range(len(whole))]
    parts = split_at(data, where.__getitem__, many=3)
    assert_each_claim_once(whole, [claims_of(part, path.name) for part in parts], where)
    before = kinds_of_complaints(data)
    for content in filter(None, parts):
        assert troubles(content) <= troubles(data)
        after = kinds_of_complaints(content)
        assert before is None or (after is not None and after <= before)


@needs_files
def test_pyx12_accepts_the_parts_of_what_it_accepts() -> None:
    accepted = 0
    for path in (*FIXTURES, *FILES):
        data = path.read_bytes()
        if len(data) > 1 << 16:  # pyx12 takes half a minute
            continue
        if kinds_of_complaints(data) == set() and accepts(data):
            accepted += len(claims_of(data)) > 0
            assert split_at(data, lambda claim: 0) == [data, b""], path
            for part in filter(None, split_at(data, lambda claim: claim % 2)):
                assert part == data or accepts(part), path
    assert accepted >= 15


def test_pyx12_accepts_each_part_of_the_many_loops_of_a_clean_file() -> None:
    """The one above needs files with several claims, of which few real ones are clean."""
    whole = (ROOT / "fixtures/837p/iort.837").read_bytes()
    parts = split_by_verdict(whole, "iort.837")
    assert [len(claims_of(part)) if part else 0 for part in parts] == [0, 5, 0, 2]
    said = kinds_of_complaints(whole)
    assert said == set()
    assert [kinds_of_complaints(part) for part in parts if part] == [said, said]


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_parts_are_judged_as_the_whole_was(path: Path) -> None:
    data = path.read_bytes()
    parts = split_by_verdict(data, path.name)
    verdict = {}
    for item in ALONE.judge(read(io.BytesIO(data), name=path.name)):
        if isinstance(item, Judged):
            verdict[item.claim.claim_id] = (bare(item.claim), item.outcome.dispositions)
    for part, content in enumerate(parts):
        for item in ALONE.judge(read(io.BytesIO(content), name=path.name)) if content else ():
            if isinstance(item, Judged):
                assert verdict.pop(item.claim.claim_id) == (bare(item.claim), item.outcome.dispositions)
                assert PART_OF[item.outcome.disposition] == part
    assert not verdict


def test_the_fixture_of_radiotherapy_as_it_must_be_split() -> None:
    whole = (ROOT / "fixtures/837p/iort.837").read_text()
    parts = [part.decode() for part in split_by_verdict(whole.encode(), "iort.837")]
    levels = [line for line in parts[NOT_JUDGED].splitlines() if line.startswith("HL")]
    # IORT-03 hung under levels 3 and 4 of the first transaction, IORT-05 under 1 and 2 of the second.
    assert levels == ["HL*1**20*1~", "HL*2*1*22*0~"] * 2
    trailers = [line for line in parts[NOT_JUDGED].splitlines() if line[:2] in ("SE", "GE", "IE")]
    assert trailers == ["SE*29*0001~", "SE*29*0002~", "GE*2*301~", "IEA*1*000000301~"]
    for number, part in ((1, 1), (2, 1), (3, 3), (4, 1), (5, 3), (6, 1), (7, 1)):
        start = whole.index(f"CLM*IORT-0{number}")
        end = min(at for name in ("\nCLM", "\nHL", "\nSE") if (at := whole.find(name, start)) > 0)
        assert [whole[start:end] in content for content in parts] == [at == part for at in range(4)]


# -- counts and levels ---------------------------------------------------------------------------


def test_a_level_whose_only_child_is_elsewhere_says_that_it_has_none() -> None:
    mine, patients = split_at(simple(1, own=1), lambda claim: claim)
    assert b"HL*2*1*22*0~" in mine
    assert b"*23*" not in mine
    assert b"HL*2*1*22*1~\n" in patients
    assert b"HL*3*2*23*0~\n" in patients


def test_a_count_that_tells_of_a_loss_tells_of_it_in_each_part() -> None:
    data = simple(own=2)
    said = data[data.index(b"SE*") + 3 :].partition(b"*")[0]
    for wrong, lost in ((int(said) + 4, 4), (int(said) - 4, 0)):
        first, second = split_at(data.replace(b"SE*" + said, b"SE*%d" % wrong), lambda claim: claim)
        for part in (first, second):
            segments = part.count(b"~") - 4
            assert b"SE*%d*" % (segments + lost) in part


@pytest.mark.parametrize("counted", [0, 1], ids=["not counted", "counted"])
def test_empty_segments_are_counted_where_they_were(counted: int) -> None:
    data = simple(own=2).replace(b"CLM*C2", b"~CLM*C2")
    said = data[data.index(b"SE*") + 3 :].partition(b"*")[0]
    data = data.replace(b"SE*" + said, b"SE*%d" % (int(said) + counted))
    assert split_at(data, lambda claim: 0) == [data, b""]
    first, second = split_at(data, lambda claim: claim)
    assert b"\n~" in first
    assert b"\n~" not in second
    assert troubles(first) == {"X12-EMPTY"}
    assert troubles(second) == set()


def test_odd_levels_keep_their_numbers() -> None:
    """Numbered anew, the second subscriber would stand under a parent that is another one."""
    made = Written("*", ":", "~")
    made.interchange(1, [[[[(1, [])], [(1, [])]]]])
    data = "".join(segment + "~" for segment in made.segments).encode().replace(b"HL*4*3*22", b"HL*4*2*22")
    assert b"HL*4*2*22" in data
    _, second = split_at(data, lambda claim: claim)
    assert b"HL*3**20*1~" in second
    assert b"HL*4*2*22*0~" in second
    assert troubles(second) == {"X12-HL"}


@given(st.permutations(range(6)), st.lists(st.sampled_from(["1", "3", "6", "8", "99"]), min_size=6, max_size=6))
def test_subscribers_keep_the_billing_provider_that_they_name(parts: list[int], named: list[str]) -> None:
    made = Written("*", ":", "~")
    made.interchange(1, [[[[(1, [])], [(1, [1])], [(1, []), (1, []), (1, [])]]]])
    data = "".join(segment + "~" for segment in made.segments).encode()
    subscribers = re.findall(rb"HL\*[0-9]+\*[0-9]+\*22", data)
    for old, parent in zip(subscribers, named, strict=False):
        data = data.replace(old, old[: old.index(b"*", 3)] + b"*%b*22" % parent.encode())
    whole = claims_of(data)
    assert len(whole) == 6
    part_of = [part % 3 for part in parts]
    split = split_at(data, lambda claim: part_of[claim], many=3, rest=2)
    assert_each_claim_once(whole, [claims_of(part) for part in split], part_of)


def test_what_holds_no_claim_goes_to_the_rest_once() -> None:
    remittance = b"ST*835*0002~\nBPR*I*1*C*CHK~\nSE*3*0002~\n"
    empty = b"HL*3*1*22*0~\nSBR*P*18*******MB~\n"
    data = simple(own=1).replace(b"GE*1", remittance + b"GE*2")
    count = b"SE*%d" % (simple(own=1).count(b"~") - 4)
    assert count in data
    data = data.replace(count, empty + b"SE*%d" % (int(count[3:]) + 2))
    assert troubles(data) == {"X12-NOT-837", "X12-NO-LINES"}
    accepted, rest = split_at(data, lambda claim: 0)
    assert remittance not in accepted
    assert remittance in rest
    assert b"HL*3" not in accepted
    assert b"HL*2*1*22*0~\nSBR" in rest
    assert accepted == simple(own=1)


EMPTY = b"HL*%d*1*22*0~\nSBR*P*18*******MB~\nNM1*IL*1*DOE*A****MI*M%d~\n"


@pytest.mark.parametrize(("where", "claims"), [("before", 1), ("behind", 1), ("alone", 0), ("several", 1)])
def test_check_and_split_agree_on_a_subscriber_without_a_claim(where: str, claims: int, tmp_path: Path) -> None:
    data = simple(own=1)
    start, end = data.index(b"HL*2"), data.index(b"SE*")
    first = EMPTY % (2, 2)
    body = {
        "before": first + data[start:end].replace(b"HL*2*", b"HL*3*"),
        "behind": data[start:end] + EMPTY % (3, 3),
        "several": data[start:end] + EMPTY % (3, 3) + EMPTY % (4, 4),
        "alone": first,
    }[where]
    segments = (data[data.index(b"ST*") : start] + body).count(b"~") + 1
    path = tmp_path / "in.837"
    path.write_bytes(data[:start] + body + re.sub(rb"SE\*[0-9]+", b"SE*%d" % segments, data[end:]))
    checked = invoke("check", str(path), "--format", "jsonl")
    messages = [json.loads(line) for line in checked.stdout.splitlines()]
    tally = json.loads(checked.stderr.splitlines()[-1])
    status, said = run(tmp_path, str(path))
    assert (status, tally["claims"]) == (checked.exit_code, claims)
    told = [m for m in messages if m["check"] == "X12-NO-LINES"]
    assert [m["severity"] for m in told] == ["warn"] * (2 if where == "several" else 1)
    assert f"{claims} claim" in said
    assert f"{len(told)} loop" in said
    rest = (tmp_path / "R").read_bytes()
    assert rest.count(b"SBR*P*18*******MB~\nNM1*IL*1*DOE*A****MI*M") == len(told)
    assert len(claims_of((tmp_path / "A").read_bytes())) + len(claims_of(rest)) == claims


@pytest.mark.parametrize("junk", [b"From: somebody\r\n\r\nattached\r\n", b"x" * 9000 + b"\n"])
def test_what_stands_around_the_interchange_goes_to_the_rest(junk: bytes) -> None:
    data = simple(own=1)
    assert split_at(junk + data, lambda claim: 0) == [data, junk]
    assert split_at(data + junk, lambda claim: 0) == [data, junk]


def test_a_file_wrapped_into_lines_of_one_length() -> None:
    flat = simple(1, 2, own=2).replace(b"\n", b"")
    for width in (7, 80):
        wrapped = flat[:106] + b"\r\n".join(flat[at : at + width] for at in range(106, len(flat), width))
        assert len(claims_of(wrapped)) == 5
        parts = split_at(wrapped, lambda claim: claim % 2)
        unwrapped = [part.replace(b"\r\n", b"") for part in parts]
        assert unwrapped == split_at(flat, lambda claim: claim % 2)


@given(st.binary(max_size=300))
@example(b"\0ISA*")
@settings(max_examples=200, deadline=None)
def test_no_bytes_raise(data: bytes) -> None:
    for start in (b"", simple(own=1)[:200], simple(own=1)):
        split_at(start + data, lambda claim: claim % 2)


@pytest.mark.parametrize("size", [1, 7, 100])
def test_the_size_of_a_read_changes_nothing(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    data = simple(1, 2, own=2)
    wanted = split_at(data, lambda claim: claim % 2)
    monkeypatch.setattr("claimcheck.readers.x12.blocks.CHUNK", size)
    assert split_at(data, lambda claim: claim % 2) == wanted


# -- rows ----------------------------------------------------------------------------------------

cells = st.text(st.sampled_from('ab\n\r", é'), max_size=6)


BAD_ROW = "C0,99213"
claims_as_rows = st.lists(
    st.tuples(
        st.sampled_from(["99213", "7742", "77424"]),
        st.lists(cells, min_size=1, max_size=3),
        st.sampled_from(["", "", "blank", "bad"]),
    ),
    min_size=1,
    max_size=8,
)


@given(claims_as_rows, st.sampled_from(["\n", "\r\n", "\r"]), st.booleans(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_csv_rows_go_where_their_claim_goes(
    made: list[tuple[str, list[str], str]], end: str, ended: bool, marked: bool
) -> None:
    rows, of_claim = [], []
    for number, (code, texts, behind) in enumerate(made, start=1):
        for text in texts:
            rows.append(row(number, code, text))
            of_claim.append(number)
        if behind:
            rows.append("" if behind == "blank" else BAD_ROW)
            of_claim.append(number if behind == "blank" else 0)
    body = end.join(rows) + (end if ended else "")
    start = (b"\xef\xbb\xbf" if marked else b"") + (HEADER + end).encode()
    data = start + body.encode()
    whole = claims_of(data, "x.csv")
    assert [claim.claim_id for claim in whole] == [f"C{number}" for number in range(1, len(made) + 1)]
    verdicts = {claim.claim_id: PART_OF[ALONE.check(claim).disposition] for claim in whole}
    wanted = [start] * 4
    for at, (text, number) in enumerate(zip(rows, of_claim, strict=True)):
        part = verdicts[f"C{number}"] if number else REJECTED
        last = at == len(rows) - 1
        wanted[part] += (text + ("" if last and not ended else end)).encode()
    assert verdicts["C1"] == (REJECTED if made[0][0] == "7742" else verdicts["C1"])
    assert split_by_verdict(data, "x.csv") == wanted


def test_a_claim_with_an_unread_row_in_its_midst_is_rejected() -> None:
    lines = [HEADER, row(1, "99213", ""), BAD_ROW, row(1, "99214", ""), row(2, "99213", "")]
    data = "".join(line + "\n" for line in lines).encode()
    parts = split_by_verdict(data, "x.csv")
    assert parts[REJECTED] == "".join(line + "\n" for line in lines[:4]).encode()
    assert parts[ACCEPTED] == (HEADER + "\n" + lines[4] + "\n").encode()


def test_a_row_too_long_is_one_row() -> None:
    long = "C9,99213,2025-03-10,1," + "x" * (1 << 20) + "\r\n"
    lines = [HEADER + "\n", row(1, "99213", "") + "\n", long, row(2, "99213", "") + "\n"]
    parts = split_by_verdict("".join(lines).encode(), "x.csv")
    assert parts[REJECTED] == (lines[0] + long).encode()
    assert parts[ACCEPTED] == "".join((lines[0], lines[1], lines[3])).encode()


def test_json_lines_go_where_their_claim_goes() -> None:
    def line(claim: str, code: str = "99213", units: str = '"1"') -> str:
        return f'{{"claim_id": "{claim}", "code":  "{code}", "from_date": "2025-03-10", "units": {units}}}\n'

    in_object = '{"code": "99213", "from_date": "2025-03-10", "units": "1"}'
    good, rejected = line("A"), line("B", "7742")
    lines = [
        good,
        rejected,
        "\n",
        "no json\n",
        line("C"),
        line("C", units="[]"),  # names a claim of which another row was read
        line("D"),
        f'{{"claim_id": "E", "lines": [{in_object}]}}\n',
        f'{{"claim_id": "F", "lines": [{in_object}, 5, 6]}}\r\n',
        line("G").rstrip("\n"),
    ]
    parts = split_by_verdict("".join(lines).encode(), "x.jsonl")
    assert parts[REJECTED].decode() == "".join([*lines[1:6], lines[8]])
    assert parts[ACCEPTED].decode() == "".join([lines[0], lines[6], lines[7], lines[9]])


# -- the command ---------------------------------------------------------------------------------


def run(folder: Path, *arguments: str, stdin: bytes | None = None) -> tuple[int, str]:
    outputs = ["--accepted", str(folder / "A"), "--rejected", str(folder / "R")]
    result = invoke("split", *outputs, *arguments, stdin=stdin)
    assert result.stdout == ""
    return result.exit_code, result.stderr


IORT = ROOT / "fixtures/837p/iort.837"


def test_the_command_says_what_went_where(tmp_path: Path) -> None:
    status, said = run(tmp_path, str(IORT), "--warned", str(tmp_path / "W"))
    assert status == 1
    _, missing, ptp, _, fetch, *parts = said.splitlines()
    assert missing == "Not in the rule book:" and ptp.startswith(
        "  NCCI PTP (practitioner) for 2025 Q1: 9 lines need it;"
    )
    assert fetch == "`claimcheck rules fetch FILES` downloads what is missing; `rules needed FILES` lists it."
    assert parts == [
        f"{IORT}: 7 claims",
        f"  0 claims to {tmp_path / 'A'}: none",
        f"  7 claims to {tmp_path / 'R'}: 2 not judged, 5 rejected",
        f"  0 claims to {tmp_path / 'W'}: none",
    ]
    assert (tmp_path / "W").read_bytes() == (tmp_path / "A").read_bytes() == b""
    assert len(claims_of((tmp_path / "R").read_bytes())) == 7


@pytest.mark.parametrize("part", ["A", "N", "W"])
def test_what_is_not_judged_goes_where_the_caller_says(part: str, tmp_path: Path) -> None:
    warned = ["--warned", str(tmp_path / "W")] if part == "W" else []
    status, _ = run(tmp_path, str(IORT), "--not-judged", str(tmp_path / part), *warned)
    assert status == 1
    assert len(claims_of((tmp_path / part).read_bytes())) == 2
    assert len(claims_of((tmp_path / "R").read_bytes())) == 5


def test_too_little_judged_is_status_3_and_the_parts_are_written(tmp_path: Path) -> None:
    later = IORT.read_bytes().replace(b"*D8*2025", b"*D8*2034")
    (tmp_path / "in.837").write_bytes(later)
    status, said = run(tmp_path, str(tmp_path / "in.837"), "--ignore", "DATE")
    assert status == 3
    assert (
        "claimcheck: only 1 of 12 lines could be judged (8.3%; min_judged is 50.0%): physician fee schedule for "
        "2034 Q1 is not in the rule book: 12 lines, dates of service 2034-03-10 to 2034-03-16\n" in said
    )
    assert len(claims_of((tmp_path / "R").read_bytes())) == 7
    status, _ = run(tmp_path, str(tmp_path / "in.837"), "--ignore", "DATE", "--min-judged", "0.05")
    assert status == 1


def test_nothing_rejected_is_status_0_and_an_empty_part(tmp_path: Path) -> None:
    (tmp_path / "R").write_text("of yesterday")
    (tmp_path / "in.837").write_bytes(simple(own=2))
    status, said = run(tmp_path, str(tmp_path / "in.837"), "--select", "MUE-LINE")
    assert (status, (tmp_path / "R").read_bytes()) == (0, b"")
    assert (tmp_path / "A").read_bytes() == simple(own=2)
    assert "2 claims to" in said


@pytest.mark.parametrize("packed", ["plain", "gzip", "zip", "stdin"])
def test_packed_files_and_standard_input(packed: str, tmp_path: Path) -> None:
    data, path, stdin = IORT.read_bytes(), tmp_path / "in", None
    if packed == "stdin":
        stdin = data
    elif packed == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("in.837", data)
    else:
        path.write_bytes(gzip.compress(data) if packed == "gzip" else data)
    status, said = run(tmp_path, "-" if stdin else str(path), "--not-judged", str(tmp_path / "A"), stdin=stdin)
    assert status == 1, said
    assert [len(claims_of((tmp_path / name).read_bytes())) for name in ("A", "R")] == [2, 5]


def two_in_a_zip() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("1.837", simple(own=1))
        archive.writestr("2.837", simple(own=1))
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "does not exist"),
        (b"", "is empty"),
        (b"%PDF-1.4", "is a PDF document"),
        (b"PAR1....PAR1", "is a Parquet file that is damaged or truncated"),
        (simple(own=1).decode().encode("utf-16"), "is UTF-16 text"),
        (b"\0" + simple(own=1), ""),
        (gzip.compress(simple(own=3))[:-20], "only in part"),
        (gzip.compress(gzip.compress(simple(own=3))), "unpack it first"),
        (two_in_a_zip(), "several files"),
        (simple(own=1).replace(b"837*", b"835*"), "no claim"),
        (b"claim_id,code,units\nA,99213,1\n", "from_date"),
        (HEADER.encode() + b"\n", "no claim"),
    ],
)
def test_what_can_not_be_split_writes_nothing(content: bytes | None, why: str, tmp_path: Path) -> None:
    path = tmp_path / "in.837"
    if content is not None:
        path.write_bytes(content)
    (tmp_path / "A").write_text("of yesterday")
    status, said = run(tmp_path, str(path))
    assert status == 2
    assert why in said
    assert said.count("\n") == 1
    assert "Nothing was split." in said
    assert (tmp_path / "A").read_text() == "of yesterday"
    assert not (tmp_path / "R").exists()


@pytest.mark.parametrize(
    ("option", "name", "why"),
    [
        ("--warned", "in.837", "is one of the claim files"),
        ("--rejected", "A", "accepted and rejected claims can't go to one file"),
        ("--not-judged", "W.zip", "a part can't be a .zip"),
        ("--not-judged", "nowhere/N", "found no folder"),
        ("--not-judged", ".", "is a directory"),
        ("--select", "NONE", 'unknown check "NONE"'),
        ("--profile", "nobody", 'unknown profile "nobody"'),
    ],
)
def test_bad_usage_writes_nothing(option: str, name: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "in.837").write_bytes(simple(own=1))
    value = name if option in ("--select", "--profile") else str(tmp_path / name)
    status, said = run(tmp_path, str(tmp_path / "in.837"), option, value)
    assert status == 2
    assert why in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.837"]


def test_parts_appear_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("claimcheck.runs.split.loops._copy", full)
    status, said = run(tmp_path, str(IORT))
    assert (status, list(tmp_path.iterdir())) == (2, [])
    assert "No space left on device" in said


@pytest.mark.parametrize("data", [simple(own=1), simple(own=3).replace(b"*100*", b"*200*")], ids=["less", "as long"])
def test_a_file_that_changes_meanwhile_is_not_split(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "in.837"
    path.write_bytes(simple(own=3))
    with splitting(path) as source:
        found = sorted_by_verdict(path.read_bytes(), "in.837")
        path.write_bytes(data)
        with pytest.raises(SplitError, match="changed while"):
            copy_again(source, found, [io.BytesIO() for _ in range(4)])


def test_a_claim_that_could_not_be_read_whole_is_rejected() -> None:
    """Its other lines may be clean: what is missing may be the line that is not."""
    whole = simple(own=2)
    for damaged in (
        whole.replace(b"LX*2~\nSV1", b"LX*2~\nSVX"),  # the second line of the second claim
        whole[: whole.rindex(b"DTP") + 9],
        whole.replace(b"CLM*C2", b"CLM*C2*100***11:B:1*Y*A*Y*Y~\nHI*ABK:J0300~\nCLM*C3"),  # C2 has no line
    ):
        found = sorted_by_verdict(damaged, "x.837", Checker(select=["MUE-LINE"]))
        assert found.claims[REJECTED, "unread"] == 1
        assert list(found.parts[:2]) == [ACCEPTED, REJECTED]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_part_can_go_into_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "A")
    with ThreadPoolExecutor(1) as pool:
        read_there = pool.submit((tmp_path / "A").read_bytes)
        assert run(tmp_path, str(IORT), "--not-judged", str(tmp_path / "A"))[0] == 1
        assert len(claims_of(read_there.result(timeout=60))) == 2


def test_no_piece_of_a_claim_of_too_many_rows_is_sent_on_as_clean(tmp_path: Path) -> None:
    header = "claim_id,setting,code,units,from_date,place_of_service,charge\n"
    (tmp_path / "in.csv").write_text(header + "BIG,professional,36415,1,2025-03-10,11,10.00\n" * 10_001)
    status, _ = run(tmp_path, str(tmp_path / "in.csv"), "--select", "CHG,LINES")
    assert status == 1
    assert (tmp_path / "A").read_text() == header
    assert (tmp_path / "R").read_text().count("BIG") == 10_001
