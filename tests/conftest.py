"""What all tests share: nothing reaches a hub, the demo model is loaded once, the fidelity table ends the run."""

import os

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

from typing import Any

import pytest

from tests.fidelity.table import print_table


@pytest.fixture(scope="session")
def demo() -> tuple[Any, Any]:
    """Returns the demo model and its tokenizer."""
    from tracer.live.loading.models import load_model

    return load_model("demo")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Prints the table of fidelity cells; here, because a worker's controller loads no deeper conftest."""
    print_table(terminalreporter)
