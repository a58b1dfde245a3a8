"""A dashboard that runs over small traces, and pages of a real browser that fail on every fault."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.dashboard.browser import TIMEOUT_MS, Faults, Served
from tests.dashboard.kept_page import DEFAULTS, KeptPage
from tests.dashboard.made_traces import make_traces
from tests.dashboard.serving import LOG, serving

OpenPage = Callable[..., Page]
SCRIPT_ERROR = "Uncaught app execution"
"""What Streamlit logs before the traceback."""

expect.set_options(
    timeout=TIMEOUT_MS
)  # on a busy machine an answer takes a while; one that is there is seen at once


@pytest.fixture(scope="session")
def traces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns a folder with one trace of every kind."""
    return make_traces(tmp_path_factory.mktemp("traces"))


@pytest.fixture(scope="session")
def served(traces: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Returns the dashboard over these traces, running as its own process."""
    home = tmp_path_factory.mktemp("home")
    with serving(traces, home) as url:
        yield Served(url, traces, home / LOG)


@pytest.fixture(scope="session")
def server(served: Served) -> str:
    """Returns the address of the running dashboard."""
    return served.url


@pytest.fixture(scope="session")
def kept_page(browser: Browser) -> Iterator[KeptPage]:
    """Returns the one page that the tests of this process use after each other."""
    kept = KeptPage(browser)
    yield kept
    kept.close()


@pytest.fixture
def open_page(kept_page: KeptPage, browser: Browser, served: Served) -> Iterator[OpenPage]:
    """Returns a function that opens a watched page; it takes what a Playwright context takes.

    The first one is the kept page, made as good as new, where its context can be given these settings. An error
    of the app's script, which the server logs, is a fault, too.
    """
    printed = len(served.logged())
    faults = Faults(served.url.removeprefix("http://"))
    pages: list[Page] = []

    def opened(**settings: Any) -> Page:
        if not pages and KeptPage.takes(settings):
            page = kept_page.renewed(**settings)
        else:
            page = browser.new_context(**(DEFAULTS | settings)).new_page()
        page.set_default_timeout(TIMEOUT_MS)
        faults.watch(page)
        pages.append(page)
        return page

    yield opened
    for page in pages:
        faults.leave(page)
        if not kept_page.holds(page):
            page.context.close()
    added = served.logged()[printed:]
    if SCRIPT_ERROR in added or faults.found:
        kept_page.close()
    assert SCRIPT_ERROR not in added, added
    assert [] == faults.found


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """Returns a watched page, 1366 × 768, in English and light."""
    return open_page()
