"""Every test uses the rule book that comes along, whatever the user has made on this machine."""

import gc
import os
import shutil
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

os.environ["CLAIMCHECK_RULEBOOK"] = "starter"
sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

import pytest
from hypothesis import HealthCheck, settings

from support.optional import lacking

pytest_plugins = ["pytester", "support.histories"]

# What Python and claimcheck keep between starts is kept, even where the environment forbids it: hundreds of processes
# would each compile every module, and make the tables of the rules that ship, again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ.pop("CLAIMCHECK_HISTORY_KEY_FILE", None)
sys.dont_write_bytecode = False

# What tests write need not outlive the machine. On a disk, hundreds of them wait longer than they work: for SQLite and
# others that see to it that the disk has what they wrote.
MEMORY = Path("/dev/shm")
if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 4 << 30:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

# A law holds or does not, however busy the machine is: no example fails for the seconds that it took.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What one worker must do alone comes first, since it takes longest: the others do the rest meanwhile."""
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """What --dist loadgroup does."""
    from support.scheduling import ByFile

    return ByFile(config, log) if config.getoption("dist") == "loadgroup" else None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Tests and modules stay until the end: to look through them for garbage again and again takes a tenth of a run."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """The bytes of a file are no name for a test: where they hold a time, workers would collect different tests."""
    return f"{len(val)} bytes" if isinstance(val, bytes) and len(val) > 40 else None


@pytest.fixture
def forgotten_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Modules that a test loads from its folder are forgotten after it, so that others may have their names."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Runs of pytest inside of a test do without Hypothesis, whose report takes a second of each."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest")
    return pytester


QUIET = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync"]
"""A browser that asks nobody anything by itself."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A Chromium; one per process, since Playwright starts no second time in it."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        lacking("playwright")
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not chromium:
        lacking("Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield browser
        browser.close()
