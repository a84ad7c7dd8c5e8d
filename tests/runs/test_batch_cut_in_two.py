"""Splitting a file in two, between any two claims, changes no message but its place in the file."""

import io
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from claimcheck import Checker, EditMessage, Tally, read
from claimcheck.claim import Location
from claimcheck.engine.loop import raise_errors
from claimcheck.readers.rows.writing import write_csv
from generate import generate

CLAIMS = 60
CHECKER = Checker(on_error=raise_errors)


@cache
def batch() -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "batch.837"
        generate(CLAIMS, path, seed=7)
        return path.read_text()


def told(content: str, name: str) -> tuple[list[EditMessage], Tally]:
    result = CHECKER.run(read(io.BytesIO(content.encode()), name=name))
    messages = list(result)
    for message in messages:
        message.locus = Location("")
    return messages, result.summary


def both(parts: Iterable[str], name: str) -> tuple[list[EditMessage], list[int]]:
    results = [told(part, name) for part in parts]
    counts = [sum(counts) for counts in zip(*(tally.counts().values() for _, tally in results), strict=True)]
    return [message for messages, _ in results for message in messages], counts


def split_837(content: str, at: int) -> tuple[str, str]:
    """Two whole interchanges: the first ``at`` subscribers in the one, the rest in the other."""
    segments = content.replace("\n", "").split("~")[:-1]
    starts = [i for i, segment in enumerate(segments) if segment.startswith("HL*") and segment.split("*")[3] == "22"]
    end = next(i for i, segment in enumerate(segments) if segment.startswith("SE*"))
    head, cut = segments[: starts[0]], [*starts, end][at]
    parts = []
    for body in (segments[starts[0] : cut], segments[cut:end]):
        transaction = [*head[2:], *body]
        trailer = [f"SE*{len(transaction) + 1}*0001", "GE*1*1", "IEA*1*000000001"]
        parts.append("~".join([*head[:2], *transaction, *trailer]) + "~")
    return parts[0], parts[1]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, CLAIMS))
def test_an_837_can_be_split_anywhere(at: int) -> None:
    content = batch()
    whole, tally = told(content, "a.837")
    assert tally.claims == CLAIMS and len(whole) > 5
    messages, counts = both(split_837(content, at), "a.837")
    # A transaction without any claim is told of, and is the one difference.
    messages = [message for message in messages if not message.check.startswith("X12-")]
    assert messages == whole
    assert counts[1:7] == list(tally.counts().values())[1:7]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, CLAIMS))
def test_rows_can_be_split_anywhere(at: int) -> None:
    content = batch()
    claims = [item for item in read(io.BytesIO(content.encode()), name="a.837") if not isinstance(item, EditMessage)]

    def as_csv(part: list) -> str:  # type: ignore[type-arg]
        out = io.StringIO()
        write_csv(part, out)
        return out.getvalue()

    whole, tally = told(as_csv(claims), "a.csv")
    messages, counts = both((as_csv(claims[:at]), as_csv(claims[at:])), "a.csv")
    assert [m for m in messages if m.claim_id] == [m for m in whole if m.claim_id]
    assert counts[1:7] == list(tally.counts().values())[1:7]
