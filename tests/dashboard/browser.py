"""What tests in a real browser share: where Chromium is, the running dashboard, and a page that tells of every fault.

A page fails its test on an error in the console, an uncaught exception, and a request to any other host.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import ConsoleMessage, Error, Page, Request

from dashboard.data.library import key_of
from tracer.exporters.chromium.finding import NAMES, chromium_on_path

REQUIRED = "TRACER_REQUIRE_BROWSER"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking")
TIMEOUT_MS = 60_000
IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
SETTLED = "document.querySelector('[data-stale=true], [data-testid=stSpinner]') === null"
PROBES = ("/_stcore/health", "/_stcore/host-config")
LOCAL = ("data", "blob", "about", "chrome-extension")


@dataclass(frozen=True)
class Served:
    """A dashboard that runs over a folder of traces."""

    url: str
    folder: Path
    log: Path

    def logged(self) -> str:
        """Returns what the server has printed so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def key(self, trace: str) -> str:
        """Returns the key of `<trace>.trace` in the folder."""
        return key_of(self.folder / f"{trace}.trace")

    def address(self, trace: str = "rain", page: str = "", **query: object) -> str:
        """Returns the link to a trace; `query` is what else the address names, such as `step=3`."""
        return f"{self.url}/{page}?{urlencode({'trace': self.key(trace), **query})}"


@dataclass
class Faults:
    """What went wrong on a page, in words."""

    host: str
    found: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Begins to listen to a page."""
        for event, heard in self._heard():
            page.on(event, heard)

    def leave(self, page: Page) -> None:
        """Listens to a page no longer."""
        for event, heard in self._heard():
            page.remove_listener(event, heard)

    def _heard(self) -> tuple[tuple[Any, Any], ...]:
        return ("console", self._console), ("pageerror", self._uncaught), ("request", self._request)

    def _uncaught(self, error: Error) -> None:
        self.found.append(f"uncaught: {error}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not self._is_refusal(message):
            self.found.append(f"console: {message.text} {message.location}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.netloc != self.host and parts.scheme not in LOCAL:
            self.found.append(f"request to {request.url}")

    # Chromium logs every 404. A view that has no answer is one, with a text for the reader; and on a page with a
    # path, Streamlit asks below that path, too, whether its server is there.
    def _is_refusal(self, message: ConsoleMessage) -> bool:
        place: Mapping[str, object] = message.location
        path = urlsplit(str(place.get("url", ""))).path
        is_expected = path.startswith(("/view/", "/tile/")) or path.endswith(PROBES)
        return "status of 404" in message.text and is_expected


def chromium() -> str:
    """Returns the path of Chromium; skips the test, or fails it where CI requires one."""
    found = chromium_on_path()
    if found is None:
        reason = f"none of {', '.join(NAMES)} is installed: apt-get install chromium"
        if os.environ.get(REQUIRED):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def idle(page: Page) -> None:
    """Waits until Streamlit has run the page's script and every module stands in its place."""
    page.wait_for_selector(IDLE, timeout=TIMEOUT_MS)
    page.wait_for_load_state("networkidle", timeout=TIMEOUT_MS)
    page.wait_for_selector(IDLE, timeout=TIMEOUT_MS)
    page.wait_for_function(SETTLED, timeout=TIMEOUT_MS)


def open_step(page: Page, served: Served, trace: str = "rain", step: int = 0, **query: object) -> None:
    """Opens a trace at a step by its link; `page="…"` in the query is taken as the name of the page."""
    name = str(query.pop("page_name", ""))
    page.goto(served.address(trace, name, step=step, **query))
    idle(page)


def shown_step(page: Page) -> int:
    """Returns the step that the address names."""
    return int(page.evaluate("new URL(location.href).searchParams.get('step')"))


def wait_for_step(page: Page, step: int) -> None:
    """Waits until the address names this step."""
    page.wait_for_function(
        "step => new URL(location.href).searchParams.get('step') === String(step)",
        arg=step,
        timeout=TIMEOUT_MS,
    )
