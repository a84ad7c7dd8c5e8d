"""The pages of ``docs/reference`` are those of the code; ``make golden`` writes them anew."""

import json
import re
from functools import cache
from pathlib import Path

import pytest

from claimcheck.config.configuration import Configuration, Payer
from claimcheck.message import MESSAGE_FIELDS
from claimcheck.readers.rows.columns import COLUMNS
from support.command_line import invoke
from support.reference import reference_pages


@cache
def pages() -> dict[Path, str]:
    return reference_pages()


def test_the_pages_are_up_to_date() -> None:
    stale = [path.name for path, text in pages().items() if path.read_text("utf-8") != text]
    assert stale == [], "run `make golden`"


def page(name: str) -> str:
    (text,) = (text for path, text in pages().items() if path.stem == name)
    return text


def named(text: str) -> list[str]:
    """The first cell of each row of a page's tables."""
    return re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)


def test_the_pages_name_everything_once() -> None:
    assert sorted(named(page("rows"))) == sorted(COLUMNS)
    assert named(page("messages").partition("\n## ")[0]) == list(MESSAGE_FIELDS)
    assert {*Configuration.model_fields, *Payer.model_fields} <= set(named(page("configuration")))
    for command in ("check", "rules add", "config show", "new-check"):
        assert f"## claimcheck {command}\n" in page("command-line")


@pytest.mark.parametrize("name", ["configuration", "messages", "rows"])
def test_every_row_says_something(name: str) -> None:
    rows = re.findall(r"^\| `\w+` \|.*\|$", page(name).partition("\n## Carc")[0], re.MULTILINE)
    assert rows and not [row for row in rows if re.search(r"(?<!\\)\| +\|$", row)]


def test_what_a_message_holds_is_an_object_in_the_schema_as_it_is_written() -> None:
    schema = json.loads(invoke("schema").stdout)["edit_message"]
    assert schema["$defs"].keys() >= {"Waived", "Citation"}
    assert {name for name, one in schema["$defs"].items() if one["type"] != "object" and "enum" not in one} == set()
