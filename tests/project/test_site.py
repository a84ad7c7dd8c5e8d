"""The site: built strictly, whole without a network, and read in a real browser."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from claimcheck import check
from support.optional import lacking
from support.places import ROOT

pytestmark = [pytest.mark.site, pytest.mark.xdist_group("site")]

PAGES = [
    *("index.html", "guides/overlays.html", "reference/command-line.html", "reference/python.html"),
    *("reference/messages.html", "checks/PTP-1.html", "checks/index.html", "explanation/architecture.html"),
    "specification/denial-codes.html",
    "project/results.html",
]
LOADED = re.compile(
    r"<script\b[^>]*\bsrc=[\"']?([^\"' >]+)|<img\b[^>]*\bsrc=[\"']?([^\"' >]+)"
    r"|<link\b(?=[^>]*\brel=[\"']?(?:stylesheet|icon|preload|preconnect|dns-prefetch))[^>]*\bhref=[\"']?([^\"' >]+)"
    r"|url\([\"']?(https?:[^)\"']+)|@import [\"']([^\"']+)"
)
"""What a browser loads of its own accord, in HTML and in style sheets."""


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as ``make docs-site`` builds it, in a folder of its own."""
    mkdocs = Path(sys.executable).parent / "mkdocs"
    if not mkdocs.exists():
        lacking("mkdocs")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [mkdocs, "build", "--strict", "--site-dir", folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def loaded(text: str) -> list[str]:
    return ["".join(found) for found in LOADED.findall(text)]


def test_nothing_is_loaded_from_a_network(site: Path) -> None:
    files = [*site.rglob("*.html"), *site.rglob("*.css")]
    assert len(files) > 150
    for path in files:
        outside = [url for url in loaded(path.read_text("utf-8")) if re.match(r"(?:https?:)?//", url)]
        assert not outside, (path, outside)


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://unpkg.com/x"></script>',
        "<img src=http://x/y.png>",
        '<link href="https://fonts.googleapis.com/css" rel="stylesheet">',
        '<link rel="preconnect" href="//fonts.gstatic.com">',
        "a { background: url(https://x/y.png) }",
    ],
)
def test_what_would_be_loaded_is_found(text: str) -> None:
    assert [url for url in loaded(text) if re.match(r"(?:https?:)?//", url)]


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_open(site: Path, browser: Any, width: int, scheme: str) -> None:
    """From the folder, without a server: no error, no request that leaves it, nothing wider than the window."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("request", lambda asked: wrong.append(asked.url) if not asked.url.startswith(("file:", "data:")) else None)
    for name in PAGES:
        page.goto((site / name).as_uri())
        assert page.locator("h1").first.is_visible(), name
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, (name, wide)
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, re.findall(r"\d+", background)[:3])) < 384) == (scheme == "dark"), (name, background)
    assert not wrong
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_can_be_read(site: Path, browser: Any, scheme: str) -> None:
    """Contrast of texts and of links among them, by axe; the theme's own markup is not ours to judge."""
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    for name in ("index.html", "guides/overlays.html", "reference/configuration.html", "checks/PTP-1.html"):
        page.goto((site / name).as_uri())
        found = Axe().run(page, options={"runOnly": ["color-contrast", "link-in-text-block", "image-alt"]})
        assert found.response["violations"] == [], name
    context.close()


@pytest.mark.browser
def test_the_search_finds_a_check(site: Path, browser: Any) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto((site / "index.html").as_uri())
    page.locator("input.md-search__input").click()
    page.keyboard.type("surgical center modifier 50", delay=20)
    result = page.locator(".md-search-result__link:visible").first
    result.wait_for(timeout=20_000)
    assert "ASC" in page.locator(".md-search-result__list").inner_text()
    result.click()
    page.wait_for_load_state()
    assert not page.url.endswith("index.html")
    page.close()


def test_the_claim_of_the_picture_is_as_it_is_shown() -> None:
    picture = (ROOT / "docs/assets/one-claim.svg").read_text("utf-8")
    (message,) = (m for m in check(str(ROOT / "fixtures/837p/demo.837")) if m.check == "PCTC-POS")
    assert message.claim_id == "DEMO-02" and message.line_number == "1"
    for shown in (
        f"claim_id='{message.claim_id}'",
        f"code='{message.code}'",
        f"observed='{message.observed}'",
        f"severity='{message.severity}'",
        f"profile='{message.profile}'",
        f"releases={message.releases}",
        f"segment {message.locus.segment})",
        f"Finding(field='{message.field}'",
        message.service_date or "",
    ):
        assert shown in picture, shown
    for segment in re.findall(r"(?:CLM|SV1|DTP)\*[^~<]*~", picture):
        assert segment in (ROOT / "fixtures/837p/demo.837").read_text("utf-8")
