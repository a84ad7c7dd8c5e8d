"""The whole check over other people's 837 files: nothing lost, nothing in silence, no exception."""

from pathlib import Path

import pytest

from claimcheck import Checker, EditMessage, read
from claimcheck.engine.loop import raise_errors
from support.places import FILES, SHARED, needs_files

CHECKER = Checker(on_error=raise_errors)


@needs_files
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_line_is_disposed_of(path: Path) -> None:
    items = list(read(path))
    claims = [item for item in items if not isinstance(item, EditMessage)]
    result = CHECKER.run(items)
    messages, tally = list(result), result.summary
    assert tally.claims == len(claims)
    assert tally.lines == sum(len(claim.lines) for claim in claims)
    assert tally.lines == tally.accepted + tally.accepted_with_warnings + tally.rejected + tally.not_judged
    assert claims or messages, "a file in silence"
    for message in messages:
        assert message.locus.file.endswith(path.name)
        assert message.locus.segment is not None or message.locus.interchange is None


@needs_files
def test_dental_lines_are_counted_and_not_judged() -> None:
    result = CHECKER.run(read(SHARED / "x12" / "moov__837d_sample.txt"))
    messages, tally = list(result), result.summary
    assert (tally.claims, tally.lines, tally.not_judged) == (1, 2, 2)
    assert [(m.check, m.lines) for m in messages if m.lines] == [("NOT-JUDGED", ["1", "2"])]
