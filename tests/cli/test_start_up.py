"""A start loads what its command needs and no more. Modules are counted, not seconds, which differ by machine."""

import ast
import json
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from claimcheck.cli.commands import HOMES
from claimcheck.rulebook import opening, starter
from claimcheck.rulebook.diagnoses import load_diagnoses
from claimcheck.rulebook.level2 import load_level2
from claimcheck.rulebook.opening import open_book
from claimcheck.rulebook.store import Store, shipped_rules
from support.places import ROOT

pytestmark = pytest.mark.measured

IORT = ROOT / "fixtures" / "837p" / "iort.837"
RUN = "from claimcheck.cli import main; main()"
AT_THE_END = """
import atexit, os
def tell(*_): print({}, file=sys.stderr, flush=True)
atexit.register(tell)
end = os._exit
os._exit = lambda status: (tell(), end(status))
"""
"""What to print as a process ends, in whichever way."""
LOADED = "import json, sys" + AT_THE_END.format("json.dumps([*sys.modules])")
COMMAND = LOADED + RUN


def loaded_by(program: str, *arguments: object, **environment: str) -> set[str]:
    """The modules that a new process has loaded at its end."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    keep = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**keep, **environment})
    assert done.returncode in (0, 1), done.stderr
    assert done.stdout
    loaded: list[str] = json.loads(done.stderr.splitlines()[-1])
    assert "json" in loaded
    return set(loaded)


def test_the_version_loads_nothing() -> None:
    python = loaded_by(LOADED + "import gc, io, os, typing; print('-')")
    assert loaded_by(COMMAND, "--version") - python == {
        *("__future__", "claimcheck", "claimcheck.cli", "claimcheck.runs", "claimcheck.runs.signals", "signal"),
    }


NOT_FOR_A_CHECK = """
typer.rich_utils rich markdown_it pygments jinja2 pyarrow python_calamine filelock platformdirs multiprocessing asyncio
http claimcheck.catalog.entries claimcheck.catalog.code_pages claimcheck.catalog.pages claimcheck.config.effective
claimcheck.custom_checks.scaffold claimcheck.runs.split claimcheck.runs.deliver claimcheck.cli.delivering
claimcheck.suite.collection claimcheck.cli.config claimcheck.cli.explain claimcheck.cli.new_check claimcheck.cli.rules
claimcheck.cli.split claimcheck.rulebook.adding claimcheck.rulebook.cms claimcheck.rulebook.starter
claimcheck.rulebook.documents claimcheck.rulebook.parts claimcheck.rulebook.models claimcheck.rulebook.toml
claimcheck.rulebook.writing claimcheck.rulebook.diagnoses claimcheck.rulebook.npi_blocks
claimcheck.writers.to_csv claimcheck.writers.to_html claimcheck.writers.to_parquet claimcheck.writers.to_text
claimcheck.readers.rows.columns claimcheck.writers.to_277ca
"""


def test_a_check_loads_what_it_needs(tmp_path: Path) -> None:
    check = (COMMAND, "check", IORT, "--format", "jsonl", "--isolated", "--rulebook", "starter")
    loaded_by(*check, PYTHONPYCACHEPREFIX=str(tmp_path))  # the first start of all keeps the tables of the starter book
    loaded = loaded_by(*check, PYTHONPYCACHEPREFIX=str(tmp_path))
    assert not loaded & set(NOT_FOR_A_CHECK.split())
    # Beside the command line's own library, which brings pydantic, and the checks: a module a family.
    families = {name for name in loaded if name.startswith("claimcheck.checks.")}
    library = LOADED + "import typer; app = typer.Typer(); app.command()(lambda: print('-')); app()"
    assert len(loaded - families - loaded_by(library)) <= 72


def test_a_start_looks_for_no_garbage() -> None:
    collected = "import gc, sys" + AT_THE_END.format("gc.get_stats()")
    command = [sys.executable, "-c", collected + RUN, "check", str(IORT), "--format", "csv", "--isolated"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    generations = ast.literal_eval(done.stderr.splitlines()[-1])
    assert sum(each["collections"] for each in generations) < 20


def test_a_command_ends_at_once_and_is_not_taken_apart_first() -> None:
    program = f"import atexit; atexit.register(print, 'taken apart'); {RUN}"
    done = subprocess.run([sys.executable, "-c", program, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("claimcheck ")
    assert "taken apart" not in done.stdout


def test_every_command_is_in_the_list_and_loads() -> None:
    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "claimcheck", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout

    listed = run("--help").partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    assert [line.split()[0] for line in listed] == [*HOMES]
    assert all(len(line.split()) > 2 for line in listed), "each has its help"


def test_a_misspelt_command_is_told_the_nearest() -> None:
    command = [sys.executable, "-m", "claimcheck", "chekc"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Did you mean 'check'" in done.stderr


# The tables of the rules that ship, kept beside the bytecode.


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where tables are kept in this test."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "kept"))
    return tmp_path / "kept"


def tables(folder: Path) -> list[str]:
    return sorted(name for name in ("diagnoses", "level2", "lists", "starter") for _ in folder.rglob(f"{name}-*"))


def content(store: Store) -> tuple[list[tuple[str, str]], dict[str, list[tuple[object, ...]]]]:
    """What is in a store: how its tables and indexes are made, and every row."""
    ask = store.connection.execute
    made = ask("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
    names = [name for (name,) in ask("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return made, {name: ask(f"SELECT * FROM {name}").fetchall() for name in names}


def test_kept_tables_are_those_of_the_files(kept: Path) -> None:
    made = content(starter.load().stores[0])
    for _ in range(2):
        assert content(open_book("starter").stores[0]) == made
        assert tables(kept) == ["diagnoses", "level2", "starter"]
    assert content(opening._kept("lists", opening._lists)) == content(starter.load_lists())
    assert tables(kept) == ["diagnoses", "level2", "lists", "starter"]
    assert content(opening.shipped_diagnoses()) == content(load_diagnoses())
    assert content(opening.shipped_tables()[0]) == content(load_level2())


def test_they_are_made_once(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_book("starter")
    monkeypatch.setattr(opening, "_starter", lambda: pytest.fail("made again"))
    open_book("starter")


def test_a_changed_rule_is_never_overlooked(kept: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    shutil.copytree(shipped_rules(), rules)
    for module in (opening, starter):
        monkeypatch.setattr(module, "shipped_rules", lambda: rules)
    day, file = date(2024, 8, 14), rules / "codes" / "99213.toml"

    def status() -> str:
        row = open_book("starter").on(day).fee("99213")
        assert row
        return row.status

    assert status() == "A"
    file.write_text(file.read_text("utf-8").replace('status = "A"', 'status = "X"'), "utf-8")
    assert status() == "X"
    assert tables(kept) == ["diagnoses", "level2", "starter"], "the old ones are gone"


def test_damaged_tables_are_made_again(kept: Path) -> None:
    open_book("starter")
    (path,) = kept.rglob("starter-*.sqlite")
    whole = path.read_bytes()
    for damaged in (b"", whole[:100], b"x" * 5000):
        path.write_bytes(damaged)
        assert open_book("starter").on(date(2024, 8, 14)).fee("77424")
        assert len(path.read_bytes()) == len(whole)


def test_without_leave_to_write_they_are_made_each_time(
    kept: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert open_book("starter").on(date(2024, 8, 14)).fee("77424")
    assert not kept.exists()
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    kept.write_bytes(b"")  # a file where the folder would be
    assert open_book("starter").on(date(2024, 8, 14)).fee("77424")


def test_an_error_of_its_own_is_one_line_and_not_the_status_of_a_reject() -> None:
    program = (
        "import sys; import claimcheck.cli as cli\n"
        "def broken(): raise KeyError('JANE DOE')\n"
        "cli._run = broken; sys.argv = ['claimcheck', 'check']; cli.main()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("claimcheck: internal error, KeyError at <string>:2; please report it")
    assert "JANE" not in done.stderr and done.stderr.count("\n") == 1
