"""pyx12, a reader of X12 that is not ours: what it finds wrong with a file."""

import io
import json
import logging
from collections.abc import Iterator
from functools import cache
from typing import Any

import defusedxml.ElementTree
import pyx12.params
import pyx12.x12file
import pyx12.x12n_document

logging.getLogger("pyx12").setLevel(logging.CRITICAL)
_parse = defusedxml.ElementTree.parse


@cache
def _parsed(name: str) -> Any:
    return _parse(name)


def _parse_once(source: Any, *args: Any, **options: Any) -> Any:
    return _parsed(source.name)


# pyx12 reads seven XML files for each document, which takes three quarters of its time; it changes none of them.
defusedxml.ElementTree.parse = _parse_once


def complaints(text: str) -> list[str]:
    """What it finds wrong, in the envelope, loops, elements or codes."""
    found = io.StringIO()
    params = pyx12.params.ParamsBase()
    valid = pyx12.x12n_document.x12n_document(params, io.StringIO(text), None, None, None, found)
    said = list(_errors(json.loads(found.getvalue()))) if found.getvalue() else []
    assert valid == (not said)
    return said


def _errors(found: object) -> Iterator[str]:
    if isinstance(found, dict):
        if "err_str" in found:
            yield found["err_str"]
        for value in found.values():
            yield from _errors(value)
    elif isinstance(found, list):
        for value in found:
            yield from _errors(value)


@cache
def accepts(data: bytes) -> bool:
    """Whether it finds nothing wrong, in the envelope, loops, elements or codes."""
    try:
        text = io.StringIO(data.decode("latin-1"))
        result: bool = pyx12.x12n_document.x12n_document(pyx12.params.params(), text, None, None)
    except Exception:  # it raises many kinds at what it can't read
        return False
    return result


def complaints_of_envelopes(data: bytes) -> list[str]:
    """What its reader has to say of the envelopes, their counts, and the numbers of the levels."""
    text = data.removeprefix(b"\xef\xbb\xbf").lstrip().decode("latin-1")
    reader = pyx12.x12file.X12Reader(io.StringIO(text, newline=""))
    found: list[str] = []
    for _ in reader:
        found += [error[1] for error in reader.pop_errors()]
    reader.cleanup()
    return found + [error[1] for error in reader.pop_errors()]
