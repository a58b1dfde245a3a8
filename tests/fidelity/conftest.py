"""Fixtures of the fidelity tests: one torch thread, and the process that reads without torch."""

from collections.abc import Iterator

import pytest
import torch

from tests.fidelity.reading import Reader


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def reader() -> Iterator[Reader]:
    """The process without torch, one per test worker."""
    with Reader() as process:
        yield process
