"""A dashboard that runs over small traces, and pages of a real browser that fail on every fault."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.dashboard.browser import TIMEOUT_MS, Faults, Served
from tests.dashboard.made_traces import make_traces
from tests.dashboard.serving import serving

OpenPage = Callable[..., Page]

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
        yield Served(url, traces)


@pytest.fixture(scope="session")
def server(served: Served) -> str:
    """Returns the address of the running dashboard."""
    return served.url


@pytest.fixture
def open_page(browser: Browser, served: Served) -> Iterator[OpenPage]:
    """Returns a function that opens a watched page; it takes what a Playwright context takes."""
    faults = Faults(served.url.removeprefix("http://"))
    contexts = []

    def opened(**settings: Any) -> Page:
        defaults = {"viewport": {"width": 1366, "height": 768}, "locale": "en-US"}
        context = browser.new_context(**(defaults | settings))
        contexts.append(context)
        context.set_default_timeout(TIMEOUT_MS)
        page = context.new_page()
        faults.watch(page)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [] == faults.found


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """Returns a watched page, 1366 × 768, in English and light."""
    return open_page()
