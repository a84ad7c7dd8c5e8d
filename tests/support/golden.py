"""Golden files: texts that are kept, and must be what the program says. ``make golden`` writes all of them anew."""

import io
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from claimcheck import Checker, Claim, EditMessage, read
from claimcheck.catalog.pages import check_page, index_page, reading_page
from claimcheck.checks import all_checks
from claimcheck.engine.loop import raise_errors
from claimcheck.engine.messages import Judged
from claimcheck.suite.expectations import expectation_of
from claimcheck.writers.to_277ca import AcknowledgmentWriter
from claimcheck.writers.to_jsonl import encode
from support.places import FIXTURES, ROOT
from support.reference import reference_pages

PAGES = ROOT / "docs" / "checks"
BATCHES = sorted(
    path
    for path in FIXTURES.rglob("*.*")
    if path.suffix in (".837", ".csv", ".jsonl")
    and path.parent.name not in ("iort", "cms")
    and not path.name.endswith(".messages.jsonl")
)
"""Claim files with the messages beside them that they must raise."""
ANSWERED = sorted(FIXTURES.rglob("*.837"))
"""Claim files with the 277CA beside them that answers them."""
CHECKER = Checker(on_error=raise_errors)


def pages() -> dict[str, str]:
    """The pages of ``docs/checks`` by name."""
    of_checks = {f"{check.id}.md": check_page(check) for check in all_checks()}
    return {**of_checks, "reading.md": reading_page(), "README.md": index_page()}


def messages_of(path: Path) -> list[str]:
    """What is said of a claim file, as JSON lines."""
    with path.open("rb") as stream:
        return [encode(message) for message in CHECKER.run(read(stream, name=path.name))]


def answer(judged: Iterable[Judged | EditMessage]) -> str:
    """The 277CA that answers claims."""
    out = io.StringIO()
    writer = AcknowledgmentWriter(out)
    for item in judged:
        writer.take(item)
    writer.close()
    return out.getvalue()


def answer_to(items: Iterable[Claim | EditMessage]) -> str:
    return answer(CHECKER.judge(items))


def answer_of(path: Path) -> str:
    return answer_to(read(path, name=path.name))


def answer_beside(path: Path) -> Path:
    return path.with_suffix(path.suffix + ".277ca")


def _texts() -> Iterator[tuple[Path, str]]:
    """Each golden file and what it must hold."""
    return chain(
        ((PAGES / name, page) for name, page in pages().items()),
        reference_pages().items(),
        ((expectation_of(path), "".join(messages_of(path))) for path in BATCHES),
        ((answer_beside(path), answer_of(path)) for path in ANSWERED),
    )


if __name__ == "__main__":
    golden = dict(_texts())
    for path in set(PAGES.iterdir()) - set(golden):
        path.unlink()
    for path, text in golden.items():
        path.write_text(text, "utf-8")
