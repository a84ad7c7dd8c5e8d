"""The data of an HTML report, as its script reads them."""

import json
import re
from typing import Any


def report_data(page: str) -> dict[str, Any]:
    """The data of a page."""
    (found,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    data: dict[str, Any] = json.loads(found)
    return data


def rows_of(table: dict[str, Any]) -> list[dict[str, str]]:
    """The rows of one of its tables, by column."""
    rows: list[dict[str, str]] = [{} for _ in range(table["size"])]
    for at, row in enumerate(rows):
        for name, column in table["columns"].items():
            row[name] = column["texts"][_pick(column["at"], at)]
        for shared in table["shared"]:
            of = _pick(shared["at"], at)
            for name, column in shared["columns"].items():
                row[name] = column["texts"][_pick(column["at"], of)]
    return rows


def messages_of(page: str) -> list[dict[str, str]]:
    """The messages of a page."""
    return rows_of(report_data(page)["messages"])


def _pick(at: Any, row: int) -> int:
    return at if isinstance(at, int) else at[row]
