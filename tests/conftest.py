"""What all tests share: nothing reaches a hub, the demo model is loaded once, the fidelity table ends the run."""

import os

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fidelity.table import print_table


@pytest.fixture(scope="session")
def demo() -> tuple[Any, Any]:
    """Returns the demo model and its tokenizer."""
    from tracer.live.loading.models import load_model

    return load_model("demo")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Returns Chromium, without a window; one for all tests, as Playwright runs only once in a process."""
    from playwright.sync_api import sync_playwright

    from tests.dashboard.browser import FLAGS, chromium

    path = chromium()
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield launched
        launched.close()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Prints the table of fidelity cells; here, because a worker's controller loads no deeper conftest."""
    print_table(terminalreporter)
