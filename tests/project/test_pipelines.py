"""The examples of the guides on pipelines and containers, run: the job of a night, its DAG, the workflow, the hook, and
what the image is made of."""

import ast
import fcntl
import fnmatch
import json
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from support.command_line import invoke
from support.optional import lacking
from support.places import ROOT
from support.site import blocks

GUIDE = (ROOT / "docs/guides/pipelines.md").read_text("utf-8")
FILES = {block.title: block.text for block in blocks(GUIDE) if block.title}
TOOLS = Path(sys.executable).parent
PATH = {**os.environ, "PATH": f"{TOOLS}:/usr/bin:/bin", "SETTLED_MINUTES": "0"}
DEMO = ROOT / "fixtures/837p/demo.837"
LINES = ROOT / "fixtures/rows/lines.csv"


# -- the job of a night --------------------------------------------------------------------------


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """The script of the guide in a folder of its own, with an inbox of two files that no longer grow."""
    (tmp_path / "nightly.sh").write_text(FILES["nightly.sh"])
    (tmp_path / "inbox").mkdir()
    for source in (DEMO, LINES):
        leave(tmp_path, source)
    return tmp_path


def leave(job: Path, source: Path) -> None:
    path = job / "inbox" / source.name
    path.write_bytes(source.read_bytes())
    os.utime(path, (time.time() - 3600,) * 2)


def run_job(job: Path, night: str = "2025-03-10", **environment: str) -> subprocess.CompletedProcess[str]:
    command = ["bash", str(job / "nightly.sh"), night]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=PATH | environment, cwd="/")
    assert "Traceback" not in done.stderr
    return done


def inbox(job: Path) -> list[str]:
    return sorted(path.name for path in (job / "inbox").iterdir())


def test_a_night_is_delivered_once_and_says_nothing_where_all_is_well(job: Path) -> None:
    done = run_job(job)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    delivered = job / "delivered/2025-03-10"
    assert {"report.html", "manifest.json", "summary.json"} <= {path.name for path in delivered.iterdir()}
    summary = json.loads((delivered / "summary.json").read_text())
    assert [each["input"] for each in summary["inputs"]] == ["inbox/demo.837", "inbox/lines.csv"]
    assert inbox(job) == [] and len([*(job / "done/2025-03-10").iterdir()]) == 2

    empty = run_job(job, "2025-03-11")
    assert empty.returncode == 0 and "no claim file" in empty.stderr and not (job / "delivered/2025-03-11").exists()

    leave(job, DEMO)
    again = run_job(job)
    assert again.returncode == 2 and "exists already" in again.stderr and "nothing was delivered" in again.stderr
    assert inbox(job) == ["demo.837"]


def test_two_runs_never_overlap(job: Path) -> None:
    with (job / ".nightly.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run_job(job)
    assert done.returncode == 75 and "an earlier run has not ended" in done.stderr and len(inbox(job)) == 2


def test_a_file_that_still_grows_waits(job: Path) -> None:
    (job / "inbox/new.csv").write_bytes(LINES.read_bytes())
    assert run_job(job, SETTLED_MINUTES="5").returncode == 0
    assert inbox(job) == ["new.csv"]


def test_what_cannot_run_or_be_judged_ends_with_its_status(job: Path) -> None:
    (job / "claimcheck.toml").write_text("min_judged = 1.0\n[severity]\n")
    low = run_job(job)
    assert low.returncode == 3 and "too little could be judged" in low.stderr and inbox(job) == []
    assert (job / "delivered/2025-03-10/report.html").exists()

    leave(job, DEMO)
    (job / "claimcheck.toml").write_text("profil = 1\n")
    done = run_job(job, "2025-03-11")
    assert done.returncode == 2 and "nothing was delivered for 2025-03-11 (exit status 2)" in done.stderr
    assert inbox(job) == ["demo.837"] and not (job / "delivered/2025-03-11").exists()


def test_the_crontab_calls_the_script() -> None:
    *settings, entry = [line for line in FILES["crontab"].splitlines() if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Z]+=\S+", line) for line in settings)
    assert re.fullmatch(r"[0-9*]+ [0-9*]+ \* \* \* /srv/claims/nightly\.sh", entry)


def test_the_dag_calls_the_script_with_the_night(job: Path) -> None:
    """Airflow itself is not installed here: the command that it would run is run."""
    tree = ast.parse(FILES["claims_dag.py"])
    compile(tree, "claims_dag.py", "exec")
    [task] = (
        {keyword.arg: keyword.value for keyword in node.keywords}
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "BashOperator"
    )
    command = ast.literal_eval(task["bash_command"])
    assert command.endswith(" "), "else Airflow takes the script for a template"
    command = command.replace("/srv/claims", f"bash {job}").replace("{{ ds }}", "2025-03-10")
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, env=PATH)
    assert done.returncode == 0 and (job / "delivered/2025-03-10").is_dir()


# -- GitHub Actions ------------------------------------------------------------------------------


def test_the_workflow_runs_what_is_there(tmp_path: Path) -> None:
    workflow = yaml.safe_load(FILES[".github/workflows/claims.yml"])
    [job] = workflow["jobs"].values()
    [command] = (step["run"] for step in job["steps"] if step.get("run", "").startswith("claimcheck"))
    [upload] = (step for step in job["steps"] if "upload-sarif" in step.get("uses", ""))
    assert upload["if"] == "always()" and workflow["permissions"]["security-events"] == "write"
    arguments = shlex.split(command)
    assert arguments[-1] == upload["with"]["sarif_file"]
    (tmp_path / "fixtures").symlink_to(ROOT / "fixtures")
    done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, check=False, env=PATH)
    assert done.returncode in (0, 1) and "Traceback" not in done.stderr, done.stderr
    assert json.loads((tmp_path / "claims.sarif").read_text())["version"] == "2.1.0"


# -- pre-commit ----------------------------------------------------------------------------------


def test_the_hook_holds_a_commit_with_rejected_lines(tmp_path: Path) -> None:
    """By pre-commit itself; the hook runs in this environment in place of one that pre-commit installs."""
    if not (TOOLS / "pre-commit").exists():
        lacking("pre-commit")
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    [given] = yaml.safe_load(FILES[".pre-commit-config.yaml"])["repos"]
    used = [{**hook, **next(each for each in hooks if each["id"] == hook["id"])} for hook in given["hooks"]]
    local = [{**hook, "language": "system"} for hook in used]
    (tmp_path / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [{"repo": "local", "hooks": local}]}))
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "notes.txt").write_text("no claims")
    (tmp_path / "good.jsonl").write_text('{"claim_id": "A", "code": "99213", "units": 1, "from_date": "2025-03-10"}\n')

    def pre_commit() -> subprocess.CompletedProcess[str]:
        subprocess.run(["git", "add", "-A"], cwd=tmp_path, check=True)
        environment = {**PATH, "PRE_COMMIT_HOME": str(tmp_path.parent / "pre-commit")}
        command = [str(TOOLS / "pre-commit"), "run", "claimcheck"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment)

    assert pre_commit().returncode == 0
    (tmp_path / "bad.jsonl").write_text('{"claim_id": "A", "code": "810", "units": 1, "from_date": "2025-03-10"}\n')
    done = pre_commit()
    assert done.returncode == 1 and "FMT-CODE" in done.stdout and "bad.jsonl" in done.stdout
    manifest = [str(TOOLS / "pre-commit"), "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")]
    assert subprocess.run(manifest, capture_output=True, check=False).returncode == 0


# -- the image -----------------------------------------------------------------------------------


def instructions() -> Iterator[tuple[str, str]]:
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE).replace("\\\n", " ")
    for line in filter(None, map(str.strip, text.splitlines())):
        name, _, rest = line.partition(" ")
        yield name, rest


def test_the_image_runs_without_privileges_and_from_public_names() -> None:
    found = [*instructions()]
    last = max(at for at, (name, _) in enumerate(found) if name == "FROM")
    assert {rest.split()[0] for name, rest in found if name == "FROM"} == {"python:3.11-slim"}
    [user] = (rest for name, rest in found[last:] if name == "USER")
    assert re.fullmatch(r"[1-9][0-9]*:[1-9][0-9]*", user), "by number, so that a cluster can tell it is not root"
    assert ("ENTRYPOINT", '["claimcheck"]') in found[last:] and ("VOLUME", "/rules") in found[last:]
    assert not [rest for name, rest in found[last:] if name == "RUN" and "pip" in rest]


def test_the_builder_is_sent_what_the_image_is_made_of_and_no_more(tmp_path: Path) -> None:
    """A wheel is built of these files alone."""
    copied = [rest.split()[:-1] for name, rest in instructions() if name == "COPY" and "--from" not in rest]
    sources = [source for each in copied for source in each]
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    let_in = {line[1:] for line in ignored if line.startswith("!")}
    assert "*" in ignored and let_in == {*sources}
    for source in sources:
        copy = ["cp", "-r", str(ROOT / source), str(tmp_path / source)]
        subprocess.run(copy, check=True)
    wheel = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(tmp_path),
        str(tmp_path),
    ]
    subprocess.run(wheel, check=True, capture_output=True)
    assert fnmatch.filter([path.name for path in tmp_path.iterdir()], "claimcheck_edits-*.whl")


def test_the_commands_that_the_guide_gives_a_container_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    guide = (ROOT / "docs/guides/containers.md").read_text("utf-8").replace("\\\n", " ")
    commands = re.findall(r"^docker run .*? claimcheck (check .*)$", guide, re.MULTILINE)
    assert len(commands) == 3
    monkeypatch.chdir(tmp_path)
    (tmp_path / "batch.837").write_bytes(DEMO.read_bytes())
    for command in commands:
        arguments = shlex.split(command.replace("/out/", f"{tmp_path}/"))
        assert invoke(*arguments, "--select", "FMT").exit_code in (0, 1)
    assert (tmp_path / "2025-03-10/manifest.json").exists()


def test_a_read_only_root_is_enough(tmp_path: Path) -> None:
    """No command but those that are asked to write leaves a file anywhere."""
    home = tmp_path / "home"
    home.mkdir()
    before = set(tmp_path.rglob("*"))
    environment = {**PATH, "HOME": str(home), "XDG_DATA_HOME": str(home), "XDG_CACHE_HOME": str(home)}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": "/tmp"}
    command = [str(TOOLS / "claimcheck"), "check", str(DEMO), "--jobs", "2"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 1, done.stderr
    assert set(tmp_path.rglob("*")) == before
