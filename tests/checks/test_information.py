"""What only informs, and comes last."""

from claimcheck.rulebook import Fee
from support.judging import on_claim, over, said, starter

BOOK = starter()


def test_supervision_and_imaging_family_inform() -> None:
    """specification#often-got-wrong: Supervision/imaging-family used as reject."""
    assert said(BOOK, "93005") == ["1 SUPV inform"]
    assert said(BOOK, "70553", "72148") == ["1 IMGFAM inform", "2 IMGFAM inform"]
    personal = {"93015": Fee(supervision="03"), "75635": Fee(imaging_family="88")}
    assert said(over(fee=personal, mue={}, pairs={}), "93015") == ["1 SUPV inform"]


def test_payment_information_comes_last() -> None:
    """order#step-7: payment information."""
    found = BOOK.checker.check(on_claim("93005 x4", "93005-76", pos="22")).messages
    assert [m.check for m in found if m.line_number == "1"] == ["PCTC-POS", "MUE-DOS", "SUPV"]
