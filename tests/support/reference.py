"""The pages of the site that follow from the code and from fixtures: ``docs/reference``, and a table of claims."""

import csv
import inspect
import json
import re
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from typer.main import get_group

import claimcheck
from claimcheck.checks import all_checks
from claimcheck.cli.commands import app
from claimcheck.config.configuration import Acknowledgments, Configuration, Payer, PayerRules
from claimcheck.config.profile import Overrides, Profile
from claimcheck.message import EditMessage
from claimcheck.readers.rows import columns
from support.command_line import invoke
from support.places import FIXTURES, ROOT

DENIALS = ROOT / "docs" / "specification" / "denial-codes.md"
RADIATION = ROOT / "docs" / "specification" / "intraoperative-radiation.md"
REFERENCE = ROOT / "docs" / "reference"
CONFIDENCE = {"H": "high", "M": "medium", "L": "low"}
GENERATED = "<!-- `make golden` writes this page. -->\n"


def reference_pages() -> dict[Path, str]:
    """Each generated page by its path."""
    pages = {
        "command-line.md": _command_line(),
        "configuration.md": _configuration(),
        "rows.md": _rows(),
        "messages.md": _messages(),
    }
    reference = {REFERENCE / name: f"{GENERATED}\n{page.rstrip()}\n" for name, page in pages.items()}
    return {**reference, RADIATION: _radiation(), DENIALS: _denials()}


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def _denials() -> str:
    """The page as it is up to its table, which is what the checks declare."""
    heading = "## Table\n\n"
    written = DENIALS.read_text("utf-8").partition(heading)[0]
    rows = []
    for check in all_checks():
        codes = check.codes
        if codes.carc or codes.claim_status:
            cells = ("-".join(codes.carc or ()), codes.rarc or "", ":".join(codes.claim_status or ()))
            rows.append((f"[{check.id}](../checks/{check.id}.md)", *cells, CONFIDENCE[codes.confidence]))
    return written + heading + _table(("check", "CARC", "RARC", "claim status", "confidence"), rows)


def _radiation() -> str:
    """The page as it is up to its table, which is that of the fixture."""
    heading = "## Claims\n\n"
    written = RADIATION.read_text("utf-8").partition(heading)[0]
    with (FIXTURES / "iort" / "table.csv").open(encoding="utf-8", newline="") as stream:
        rows = [
            (row["row"], row["profile"] or "by setting", row["setting"], row["place"], row["lines"], row["expected"])
            for row in csv.DictReader(stream)
        ]
    return written + heading + _table(("row", "profile", "setting", "place", "lines", "messages"), rows)


# -- command line --------------------------------------------------------------------------------


def _command_line() -> str:
    texts = [
        "# Command line\n\nWhat `--help` prints, for every command. [Check a batch](../guides/batch.md) says how they"
        " are used; [exit statuses](../guides/batch.md#exit-status) are there, too.\n"
    ]
    for name, help_text in _commands():
        texts.append(f"## {name}\n\n```text\n{help_text}\n```\n")
    return "\n".join(texts)


def _commands() -> Iterator[tuple[str, str]]:
    """Each command's name and help, the groups before what is in them."""
    group = get_group(app)
    yield "claimcheck", _help("--help")
    for name in list(group.commands):
        yield f"claimcheck {name}", _help(name, "--help")
        command = group.commands[name]
        for inner in sorted(getattr(command, "commands", {})):
            yield f"claimcheck {name} {inner}", _help(name, inner, "--help")


def _help(*arguments: str) -> str:
    text = invoke(*arguments).stdout.strip()
    return re.sub(r"\bUsage: (?:root|main|\S+)(?= )", "Usage: claimcheck", text, count=1)


# -- configuration -------------------------------------------------------------------------------


def _configuration() -> str:
    payer = 'of the claims of some payers: `[payers."PATTERN"]`. The pattern is a payer\'s id, or has `*`'
    return "\n".join(
        [
            "# Configuration\n\n`claimcheck.toml`, or `[tool.claimcheck]` in `pyproject.toml`: the nearest one, in the"
            " working folder or above it, is used, unless `--config` names another or `--isolated` asks for none. A key"
            " that is not known is an error. [Payers and profiles](../guides/payers.md) has examples;"
            " `claimcheck config show` prints what is in force.\n",
            "## Keys for every claim\n\n" + _keys(Configuration, without=Overrides),
            "## Keys of acknowledgments\n\nKeys of `[acknowledgments]`: [answer the submitter]"
            "(../guides/acknowledgments.md).\n\n" + _keys(Acknowledgments),
            f"## Keys of a payer\n\nKeys {payer}.\n\n" + _keys(Payer, without=Overrides),
            '## Keys of a payer\'s filing indicator\n\nKeys of `[payers."PATTERN".filing.CODE]`.\n\n'
            + _keys(PayerRules, without=Overrides),
            "## Severities and options\n\nThese may stand in the configuration, in a payer's table, and in a profile."
            " The payer's filing indicator wins over the payer, the payer over the configuration, and the configuration"
            " over the profile.\n\n" + _keys(Overrides),
            '## Keys of a profile\n\nA profile is a TOML file: `profile = "acme.toml"`, or `--profile acme.toml`.'
            " Severities and options are as above.\n\n" + _keys(Profile, without=Overrides),
        ]
    )


def _keys(model: type[BaseModel], without: type[BaseModel] = BaseModel) -> str:
    rows = []
    for name, field in model.model_fields.items():
        if name in without.model_fields:
            continue
        default = "needed" if field.is_required() else f"`{_toml(field.get_default(call_default_factory=True))}`"
        rows.append((f"`{name}`", _type(field.annotation), default, _one_line(field.description or "")))
    return _table(("key", "type", "default", "says"), rows)


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("``", "`")


def _toml(value: Any) -> str:
    if isinstance(value, BaseModel):
        return "{}"
    return "-" if value is None else str(value) if isinstance(value, Path) else json.dumps(value)


def _type(annotation: Any) -> str:
    """A type in words."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _type(arguments[0])
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_type(one) for one in arguments if one is not type(None))
    if origin is typing.Literal:
        return ", ".join(f"`{value}`" for value in arguments)
    if origin is list:
        return f"list of {_type(arguments[0])}"
    if origin is dict:
        return f"table of {_type(arguments[1])}"
    words = {
        str: "text",
        bool: "true or false",
        int: "number",
        float: "number",
        date: "date",
        Path: "path",
        Any: "any value",
    }
    if annotation in words:
        return words[annotation]
    if isinstance(annotation, type) and issubclass(annotation, str):  # an enumeration of texts
        return ", ".join(f"`{value}`" for value in getattr(annotation, "__members__", {}).values())
    return "table"


# -- rows ----------------------------------------------------------------------------------------


def _rows() -> str:
    fields = columns.ClaimRow.model_fields
    groups = (
        ("Columns of the claim", "The same on each row of a claim.", columns.CLAIM_COLUMNS),
        (
            "Columns of the line that a claim may state",
            "In JSONL, Parquet and Arrow a claim object states them for its lines: a line that lacks one, or has it as"
            ' null, inherits it, as in an 837; a line with `""` says that there is none.',
            columns.INHERITED,
        ),
        (
            "Columns of the line",
            "",
            tuple(name for name in columns.LINE_COLUMNS if name not in columns.INHERITED),
        ),
    )
    texts = [
        "# Rows\n\nCSV, JSON lines, Parquet and Arrow have the same columns: one row per line, the rows of a claim"
        " together. JSONL, Parquet and Arrow also take a claim per object, with `lines`. Needed are "
        + ", ".join(f"`{name}`" for name in columns.NEEDED)
        + ". `[columns]` of the configuration maps other names: see [check a batch](../guides/batch.md#rows)."
        " `claimcheck schema` prints the same as JSON Schema (`claim_line`, `claim`).\n"
    ]
    for title, text, names in groups:
        rows = [(f"`{name}`", _kind(name), fields[name].description or "") for name in names]
        texts.append(f"## {title}\n\n{text}\n\n{_table(('column', 'type', 'means'), rows)}".replace("\n\n\n", "\n\n"))
    return "\n".join(texts)


def _kind(name: str) -> str:
    kind = "list" if name in columns.LIST_COLUMNS else "number" if name in columns.NUMBER_COLUMNS else "text"
    return f"{kind}, needed" if name in columns.NEEDED else kind


# -- messages ------------------------------------------------------------------------------------


def _messages() -> str:
    schema = json.loads(invoke("schema").stdout)["edit_message"]
    docs = _documented(EditMessage)
    enums = {name: one for name, one in schema.get("$defs", {}).items() if "enum" in one}
    rows = [(f"`{name}`", _json_type(part, enums), docs[name]) for name, part in schema["properties"].items()]
    texts = [
        "# Messages\n\nA message is the same in every format: an object of JSONL, a row of CSV, Parquet and Arrow, an"
        " `EditMessage` of Python. Every key is always there; what does not apply is null (JSONL) or blank (CSV). Keys"
        " are only ever added. `claimcheck schema` prints the JSON Schema that this page is made of (`edit_message`);"
        " CSV, Parquet and Arrow write a nested key as `citation_title`.\n",
    ]
    version = schema.get("$id") or schema.get("version")
    if version:
        texts.append(f"Version of the schema: `{version}`.\n")
    texts.append(_table(("key", "type", "means"), rows))
    for name, definition in sorted(schema.get("$defs", {}).items()):
        if "properties" in definition:
            docs = _documented(getattr(claimcheck, name))
            inner = [(f"`{key}`", _json_type(part, enums), docs[key]) for key, part in definition["properties"].items()]
            texts.append(f"## {name}\n\n{_table(('key', 'type', 'means'), inner)}")
    return "\n".join(texts)


def _documented(record: type) -> dict[str, str]:
    """What a docstring's ``Attributes:`` say, by name."""
    _, _, section = (inspect.getdoc(record) or "").partition("Attributes:\n")
    found = {}
    for names, text in re.findall(r"^ {4}(\w[\w, ]*): (.*?)(?=^ {4}\w|^\S|\Z)", section, re.MULTILINE | re.DOTALL):
        for name in names.split(", "):
            found[name] = " ".join(text.split()).replace("``", "`").replace("None", "null")
    return found


def _json_type(part: dict[str, Any], enums: Mapping[str, dict[str, Any]]) -> str:
    if "$ref" in part:
        name = part["$ref"].rpartition("/")[2]
        if name in enums:
            return _json_type(enums[name], enums)
        return f"[{name}](#{name.lower()})"
    if "anyOf" in part:
        return " or ".join(_json_type(one, enums) for one in part["anyOf"])
    if "enum" in part:
        return ", ".join(f"`{value}`" for value in part["enum"])
    if part.get("type") == "array":
        return f"list of {_json_type(part.get('items', {}), enums)}"
    return str(part.get("type", "any"))
