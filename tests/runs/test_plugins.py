"""A distribution that adds a format and checks, really installed beside claimcheck."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from claimcheck.writers import FORMATS
from support.command_line import start
from support.places import ROOT

PLUGIN = ROOT / "tests/support/acme_plugin"
ROWS = b"claim_id,code,units,from_date,billing_npi\nC1,99213,2,20250310,1234567893\n"

Command = Callable[..., subprocess.CompletedProcess[bytes]]


def install(source: Path, target: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    command += ["--disable-pip-version-check", "--target", str(target), str(source)]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = tmp_path_factory.mktemp("source") / "acme"
    shutil.copytree(PLUGIN, source, ignore=shutil.ignore_patterns("__pycache__"))
    target = tmp_path_factory.mktemp("installed")
    install(source, target)
    assert (target / "acme_plugin/writer.py").is_file()
    return target


@pytest.fixture
def command(installed: Path, tmp_path: Path) -> Command:
    paths = [str(installed), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"}

    def run(*arguments: str, toml: str = "") -> subprocess.CompletedProcess[bytes]:
        (tmp_path / "claimcheck.toml").write_text(toml)
        given = ("check", "-", "--rulebook", "starter", *arguments)
        return start(*given, stdin=ROWS, folder=tmp_path, environment=environment)

    return run


def test_a_format_is_written_by_its_name(command: Command) -> None:
    options = ("--format", "acme", "--checks", "acme-edits", "--select", "ACME")
    done = command(*options)
    assert done.stdout.decode().splitlines() == ["ACME ROW-COLUMNS None", "ACME ACME-UNITS 1"], done.stderr.decode()
    two = command(*options, "--jobs", "2")
    assert (two.stdout, two.returncode) == (done.stdout, done.returncode)


def test_checks_run_only_where_the_configuration_names_them(command: Command) -> None:
    assert b"ACME-UNITS" not in command("--format", "jsonl").stdout
    done = command("--format", "acme", "--select", "ACME", toml='checks = ["acme-edits"]')
    assert b"ACME ACME-UNITS 1\n" in done.stdout, done.stderr.decode()
    assert b"ACME ACME-UNITS 1\n" in command("--format", "acme", "--select", "ACME", "--checks", "acme-edits").stdout


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "acme-broken",
            "'acme-broken' of acme-plugin 1.0 (acme_plugin.broken:FORMAT) can't be loaded: RuntimeError:",
        ),
        ("acme-not-there", "'acme-not-there' of acme-plugin 1.0 (acme_plugin.writer:NOT_THERE) can't be loaded:"),
        ("acme-no-format", "(acme_plugin.writer:AcmeWriter) is a ABCMeta; expected a claimcheck.writers.Format"),
        ("acme-raises", "(acme_plugin.writer:RAISES) broke off with KeyError"),
        ("acme-exits", "(acme_plugin.writer:EXITS) broke off with SystemExit"),
        ("acme-opens", "(acme_plugin.writer:OPENS) broke off with FileNotFoundError"),
        ("acme-pipes", "(acme_plugin.writer:PIPES) broke off with BrokenPipeError"),
        ("none-such", f"expected one of {', '.join(FORMATS)}, acme, acme-broken"),
    ],
)
def test_a_broken_format_is_one_error(command: Command, name: str, text: str) -> None:
    done = command("--format", name, "--output", "messages")
    shown = " ".join(done.stderr.decode().replace("│", " ").split())
    assert done.returncode == 2 and "Traceback" not in shown
    assert text in shown, shown
    assert "C1" not in shown and not done.stdout


def test_a_format_named_like_one_that_ships_is_not_listed_twice(command: Command) -> None:
    assert command("--format", "none-such").stderr.count(b"jsonl") == 1


def test_a_format_that_closes_its_output_leaves_it_open(command: Command) -> None:
    ends, closes = command("--format", "acme"), command("--format", "acme-closes")
    assert closes.stdout == ends.stdout and closes.stdout
    assert (closes.returncode, closes.stderr) == (ends.returncode, ends.stderr)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is full")
def test_an_output_that_is_full_is_not_the_formats_error(command: Command) -> None:
    for name in ("acme-closes", "acme-exits"):
        done = command("--format", name, "--output", "/dev/full")
        assert done.returncode == 2, done.stderr.decode()
    done = command("--format", "acme-closes", "--output", "/dev/full")
    assert done.stderr.startswith(b"claimcheck: /dev/full: No space left"), done.stderr.decode()


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_signal_is_not_the_formats_error(installed: Path, tmp_path: Path) -> None:
    paths = [str(installed), *filter(None, [os.environ.get("PYTHONPATH")])]
    (tmp_path / "rows.csv").write_bytes(ROWS)
    command = [sys.executable, "-m", "claimcheck", "check", "rows.csv", "--format", "acme-waits", "--isolated"]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as running:
        assert running.stderr is not None and running.stderr.readline() == b"waiting\n"
        running.send_signal(signal.SIGTERM)
        assert running.wait() == 128 + signal.SIGTERM


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("acme-object", "'acme-object' of acme-plugin 1.0 (acme_plugin.checks:no_units): names an object, no_units"),
        ("acme-gone", "'acme-gone' of acme-plugin 1.0 (acme_plugin.gone): acme_plugin.gone: no module"),
        ("acme-reads", "imports socket"),
    ],
)
def test_broken_checks_are_refused(command: Command, name: str, text: str) -> None:
    done = command("--format", "jsonl", toml=f'checks = ["{name}"]')
    assert done.returncode == 2 and "Traceback" not in done.stderr.decode()
    assert text in " ".join(done.stderr.decode().split()), done.stderr.decode()


def test_the_package_of_the_page_works(tmp_path: Path) -> None:
    page = (ROOT / "docs/guides/plugins.md").read_text()
    project, writer, checks = re.findall(r"```(?:toml|python)\n(.*?)```", page, re.DOTALL)
    package = tmp_path / "source/acme_edits"
    package.mkdir(parents=True)
    (package.parent / "pyproject.toml").write_text(project)
    for text in ("# acme_edits/__init__.py", writer, checks):
        name = text.split("\n")[0].removeprefix("# acme_edits/")
        (package / name).write_text(text)
    install(package.parent, tmp_path / "installed")
    paths = [str(tmp_path / "installed"), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    (tmp_path / "claimcheck.toml").write_text('checks = ["acme"]\nselect = ["ACME"]\n')
    command = ("check", "-", "--format", "worklist", "--rulebook", "starter")
    done = start(*command, stdin=ROWS, folder=tmp_path, environment=environment)
    assert done.stdout.decode().splitlines()[1:] == ["C1\t1\tCorrect the units."], done.stderr.decode()


def test_two_distributions_of_one_name_are_told(installed: Path, tmp_path: Path) -> None:
    source = tmp_path / "other"
    shutil.copytree(PLUGIN, source)
    project = source / "pyproject.toml"
    project.write_text(project.read_text().replace('name = "acme-plugin"', 'name = "other-plugin"'))
    (source / "acme_plugin").rename(source / "other_plugin")
    install(source, tmp_path / "installed")
    paths = [str(installed), str(tmp_path / "installed"), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    done = start("check", "-", "--format", "acme", stdin=ROWS, folder=tmp_path, environment=environment)
    shown = " ".join(done.stderr.decode().replace("│", " ").split())
    assert done.returncode == 2 and "of acme-plugin 1.0 and other-plugin 1.0: uninstall one" in shown, shown
