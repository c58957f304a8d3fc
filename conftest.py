"""What every test run shares: a test that needs what this machine lacks is skipped and says why."""

import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

# the same examples in every run: a failure can be repeated
hypothesis.settings.register_profile("fixed", derandomize=True, deadline=None)
hypothesis.settings.load_profile("fixed")

REAL_DATA = Path(__file__).parent.parent / "shared" / "data"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def find_chromium() -> str | None:
    """Path of the first Chromium on PATH, or None."""
    return next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    lacking = {}
    if not REAL_DATA.is_dir():
        lacking["real"] = "no ../shared/data beside this checkout"
    if find_chromium() is None:
        lacking["browser"] = f"no Chromium on PATH (looked for {', '.join(CHROMIUM_NAMES)})"
    elif importlib.util.find_spec("playwright") is None:
        lacking["browser"] = "playwright is not installed"
    for item in items:
        for marker, reason in lacking.items():
            if item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="module")
def chromium() -> str:
    """Path of Chromium, for playwright's ``executable_path``; mark the test ``browser``."""
    path = find_chromium()
    assert path is not None, "mark tests that use the chromium fixture with @pytest.mark.browser"
    return path


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    """A running Chromium that fetches nothing of its own; mark the test ``browser``."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        running = started.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def real_data() -> Path:
    """The folder of real data; mark the test ``real``."""
    assert REAL_DATA.is_dir(), "mark tests that use the real_data fixture with @pytest.mark.real"
    return REAL_DATA


@pytest.fixture
def outside() -> Path:
    """The folder of the peers' own results, too large to keep in the repository."""
    folder = REAL_DATA.with_name("reference")
    if not folder.is_dir():
        pytest.skip("no ../shared/reference beside this checkout")
    return folder
