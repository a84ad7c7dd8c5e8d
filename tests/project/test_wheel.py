"""What a user installs: a wheel with the rules inside."""

import os
import re
import subprocess
import sys
import zipfile
from email import message_from_bytes
from pathlib import Path

from support.places import ROOT


def test_the_wheel_carries_its_rules_and_checks_a_batch(tmp_path: Path) -> None:
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(tmp_path),
        str(ROOT),
    ]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name.startswith("claimcheck_edits-")
    names = zipfile.ZipFile(wheel).namelist()
    (metadata,) = (message_from_bytes(zipfile.ZipFile(wheel).read(n)) for n in names if n.endswith("/METADATA"))
    assert metadata["Name"] == "claimcheck-edits"  # claimcheck, on the package index, is another project
    assert not [each for each in metadata.get_all("Requires-Dist", []) if re.match(r"claimcheck(?!-edits)", each)]
    (scripts,) = (zipfile.ZipFile(wheel).read(n).decode() for n in names if n.endswith("/entry_points.txt"))
    assert "claimcheck = claimcheck.cli:main" in scripts
    assert "claimcheck/py.typed" in names
    assert "claimcheck/_rules/codes/77424.toml" in names
    assert {f"claimcheck/writers/report/report.{end}" for end in ("html.j2", "css", "js")} <= set(names)
    assert "claimcheck/_rules/profiles/medicaid.toml" in names
    target = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(target)
    done = subprocess.run(
        [sys.executable, "-c", "from claimcheck.cli import main; main()", "check", ROOT / "fixtures/837p/iort.837"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(target)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "STATUS-X" in done.stdout
    where = "import claimcheck.rulebook.starter as s; print(s.shipped_rules())"
    done = subprocess.run(
        [sys.executable, "-c", where], env={**os.environ, "PYTHONPATH": str(target)}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert done.stdout.startswith(str(target))
