"""Pages that stand alone, opened from the disk in a real browser without a network; they fail on every fault."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.dashboard.browser import TIMEOUT_MS, Faults
from tests.long_trace import STOP, long_trace
from tracer.trace.trace import Trace

OpenFile = Callable[..., Page]

HOSTILE = (
    "</script><script>document.title='taken'</script>",
    "<!--",
    "]]>",
    "\u2028\u2029",
    "=cmd|' /C calc'!A0",
    "@SUM(1)",
    "\"'`",
    "\x00",
    "\u202eevil\u2066",
    "$x^2$ | **b** [a](javascript:0)",
    "{{ 7 * 7 }}",
    "&amp;",
    "x" * 3000,
)


@pytest.fixture
def open_file(browser: Browser) -> Iterator[OpenFile]:
    """Returns a function that opens a file without a network; it takes what a Playwright context takes."""
    faults = Faults("")
    contexts = []

    def opened(path: Path, *, address: str = "", **settings: Any) -> Page:
        context = browser.new_context(**({"viewport": {"width": 1366, "height": 768}} | settings))
        contexts.append(context)
        context.set_offline(True)
        context.set_default_timeout(TIMEOUT_MS)
        page = context.new_page()
        faults.watch(page)
        page.goto(f"{path.resolve().as_uri()}{address}")
        page.locator(".tr-decision-row.is-chosen, .tr-replay-part .tr-error:visible").first.wait_for()
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [] == [one for one in faults.found if "request to file:" not in one]


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    """Returns a trace whose prompt and tokens try to leave their place."""
    tokens = [b"<end>", *(text.encode() for text in HOSTILE)]
    path = tmp_path_factory.mktemp("hostile") / "hostile.trace"
    return long_trace(path, tokens, [4, 1, 2], [*range(1, len(tokens)), STOP])
