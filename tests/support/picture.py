"""Take the README's picture of the report, in a Chromium: ``PYTHONPATH=tests python tests/support/picture.py``."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from support.places import ROOT

SHOWN = ["fixtures/837p/demo.837", "fixtures/837p/iort.837", "fixtures/rows/batch.csv"]


def main() -> None:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert chromium, "found no Chromium"
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        report = Path(folder) / "report.html"
        check = [
            str(Path(sys.executable).parent / "claimcheck"),
            "check",
            *SHOWN,
            "--format",
            "html",
            "--output",
            str(report),
        ]
        subprocess.run(check, cwd=ROOT, check=False, capture_output=True)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
        page.goto(report.as_uri())
        page.screenshot(path=ROOT / "docs" / "assets" / "report.png")
        browser.close()


if __name__ == "__main__":
    main()
