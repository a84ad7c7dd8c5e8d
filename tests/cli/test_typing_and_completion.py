"""Claims typed at a terminal, and what a shell completes: by a real terminal and a real shell."""

import json
import os
import pty
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from claimcheck.cli.commands import HOMES
from claimcheck.config.profile import profile_names
from claimcheck.writers import FORMATS
from support.command_line import PROGRAM, start

ROWS = "claim_id,code,units,from_date\nC-1,19301,1,2024-08-14\n"
END = "\x04"
"""What a terminal sends at Ctrl-D."""


class Terminal:
    """A process at a terminal of its own."""

    def __init__(self, command: list[str], folder: Path, **environment: str) -> None:
        self._master, slave = pty.openpty()
        self._process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=folder,
            env={**os.environ, **environment},
            close_fds=True,
        )
        os.close(slave)
        self.shown = ""

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def wait_for(self, text: str, seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        while text not in self.shown:
            assert time.monotonic() < until, self.shown
            if select.select([self._master], [], [], 1)[0]:
                try:
                    self.shown += os.read(self._master, 4096).decode()
                except OSError:  # the process has ended
                    break
        assert text in self.shown, self.shown

    def status(self) -> int:
        return self._process.wait(120)

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._master)


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        terminal.close()


@pytest.mark.parametrize("arguments", [[], ["-"]])
def test_check_without_files_says_what_it_waits_for(
    arguments: list[str], terminals: list[Terminal], tmp_path: Path
) -> None:
    terminal = Terminal([str(PROGRAM), "check", "--isolated", *arguments], tmp_path)
    terminals.append(terminal)
    terminal.wait_for("waiting for claims on standard input")
    assert "Ctrl-D" in terminal.shown and "claimcheck check FILES" in terminal.shown
    terminal.type(ROWS + END)
    terminal.wait_for("1 file, 1 claim, 1 line")
    assert terminal.status() in (0, 1, 3)


def test_nothing_is_waited_for_where_claims_come_through_a_pipe() -> None:
    assert b"waiting" not in start("check", "--isolated", stdin=ROWS.encode()).stderr


# -- completion --------------------------------------------------------------------------------------


def completed(line: str) -> list[str]:
    """What bash offers for a command line, by the script that claimcheck shows it."""
    script = """
        source <(_CLAIMCHECK_COMPLETE=source_bash claimcheck)
        COMP_WORDS=($1); [[ $1 == *" " ]] && COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _claimcheck_completion claimcheck
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    path = f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"
    command = ["bash", "--norc", "-c", script, "bash", line]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "PATH": path})
    assert not done.stderr
    return done.stdout.split()


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_bash_completes_commands_options_profiles_formats_and_checks() -> None:
    assert completed("claimcheck ") == [*HOMES]
    assert completed("claimcheck ch") == ["check", "checks"]
    assert completed("claimcheck rules ") == [
        *("add", "list", "remove", "export", "diff", "verify", "needed", "fetch"),
    ]
    assert completed("claimcheck check --is") == ["--isolated"]
    assert completed("claimcheck check --profile ") == profile_names()
    assert completed("claimcheck check --format ") == [*FORMATS]
    assert sorted(completed("claimcheck check --select MUE-")) == ["MUE-DOS", "MUE-LINE", "MUE-ZERO"]
    assert completed("claimcheck check --select PTP-0,MUE-D") == ["PTP-0,MUE-DOS"]
    assert completed("claimcheck check --fail-on re") == ["rejected"]
    assert completed("claimcheck check --select WAIVER") == completed("claimcheck check --ignore CONFIG") == []
    assert completed("claimcheck explain WAIVER-UNU") == ["WAIVER-UNUSED"]


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_installed_completion_works_when_tab_is_pressed(terminals: list[Terminal], tmp_path: Path) -> None:
    path = f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"
    here = {"HOME": str(tmp_path), "PATH": path, "TERM": "dumb", "INPUTRC": os.devnull}
    (tmp_path / ".bashrc").write_text("PS1='ready> '\n")
    command = ["bash", "-c", "claimcheck --install-completion; true"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, **here})
    assert "bash completion installed" in done.stdout, done.stderr
    terminal = Terminal(["bash", "-i"], tmp_path, **here)
    terminals.append(terminal)
    terminal.wait_for("ready> ")
    terminal.type("claimcheck sch\t")
    terminal.wait_for("claimcheck schema")
    terminal.type("| head -c 16\n")
    terminal.wait_for('"claim_line"')


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_a_script_and_an_answer(shell: str) -> None:
    script = start(environment={**os.environ, "_CLAIMCHECK_COMPLETE": f"source_{shell}"}).stdout.decode()
    assert f"complete_{shell}" in script and "claimcheck" in script
    asked = {
        "_CLAIMCHECK_COMPLETE": f"complete_{shell}",
        "_TYPER_COMPLETE_ARGS": "claimcheck check --profile medicaid_",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "COMP_WORDS": "claimcheck check --profile medicaid_",
        "COMP_CWORD": "3",
    }
    assert "medicaid_mco" in start(environment={**os.environ, **asked}).stdout.decode()


@pytest.mark.parametrize("asked", [{"COMP_WORDS": "claimcheck ch", "COMP_CWORD": "x"}, {"COMP_CWORD": "1"}, {}])
def test_completion_without_what_bash_gives_says_so(asked: dict[str, str]) -> None:
    done = start(environment={**os.environ, "_CLAIMCHECK_COMPLETE": "complete_bash", **asked})
    assert done.returncode == 2 and not done.stdout
    assert done.stderr.startswith(b"claimcheck: completion: expected COMP_WORDS"), done.stderr


@pytest.mark.measured
def test_commands_are_completed_without_loading_any() -> None:
    program = "import atexit, json, os, sys\nend = os._exit\n"
    program += "def tell(status): print(json.dumps([*sys.modules]), file=sys.stderr, flush=True); end(status)\n"
    program += "os._exit = tell\nsys.argv[0] = 'claimcheck'\nfrom claimcheck.cli import main\nmain()"
    asked = {"_CLAIMCHECK_COMPLETE": "complete_bash", "COMP_WORDS": "claimcheck ch", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={**os.environ, **asked}
    )
    assert done.stdout.split() == ["check", "checks"]
    assert not {"claimcheck.cli.check", "claimcheck.checks"} & {*json.loads(done.stderr)}
