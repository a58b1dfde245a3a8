"""A writer that falls far behind: it runs nothing until the call has returned, and still stores the right bits.

What the recorder keeps by reference must not change before it is written, neither by the model nor by its user.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import tracer
from tests import zoo
from tests.fidelity.capture import run_bare, take_truth
from tests.fidelity.cells import SEED, settings_for
from tests.fidelity.reading import Reader
from tests.fidelity.truth import save_truth
from tracer.recording.transport.pipeline import BackgroundWriter


@pytest.fixture
def let_write(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Holds every job of the writer back until the returned function is called."""
    gate = threading.Event()
    put = BackgroundWriter.put

    def put_late(self: Any, nbytes: int, job: Callable[[], None]) -> float:
        def late() -> None:
            gate.wait(timeout=60)
            job()

        return put(self, nbytes, late)

    monkeypatch.setattr(BackgroundWriter, "put", put_late)
    return gate.set


def _take(model: Any, settings: dict[str, Any], path: Path) -> None:
    bare, _ = run_bare(model, settings, seed=SEED)
    save_truth(take_truth(model, settings, bare, seed=SEED), path)


CALLS: dict[str, dict[str, Any]] = {
    "dynamic cache": {},
    "static cache": {"cache_implementation": "static"},
    "chunks": {"prefill_chunk_size": 5},
}
REFUSED = ("mamba", "chunks")
"""transformers has no chunked prefill without a cache of keys."""


@pytest.mark.parametrize(
    ("architecture", "also"),
    [
        pytest.param(architecture, CALLS[name], id=f"{architecture} {name}")
        for architecture in zoo.ARCHITECTURES
        for name in CALLS
        if (architecture, name) != REFUSED
    ],
)
def test_a_late_writer_stores_what_the_model_saw(
    architecture: str, also: dict[str, Any], let_write: Callable[[], None], tmp_path: Path, reader: Reader
) -> None:
    model = zoo.shared(architecture)
    settings = {**settings_for(rows=3, sampled=True), **also}
    _take(model, settings, tmp_path / "truth.npz")
    with tracer.record(model, None, to=tmp_path / "late.trace"):
        torch.manual_seed(SEED)
        model.generate(**settings)
        let_write()
    assert [] == reader.check(tmp_path / "late.trace", [tmp_path / "truth.npz"])


@pytest.mark.parametrize("new", [1, 6])
def test_what_is_overwritten_after_the_call_stays_as_it_was_recorded(
    new: int, let_write: Callable[[], None], tmp_path: Path, reader: Reader
) -> None:
    model = zoo.shared("llama", attention="sdpa")
    settings = {**settings_for(rows=3, sampled=True), "max_new_tokens": new}
    _take(model, settings, tmp_path / "truth.npz")
    mine = {name: value.clone() for name, value in settings.items() if isinstance(value, torch.Tensor)}
    with tracer.record(model, None, to=tmp_path / "overwritten.trace"):
        output, _ = run_bare(model, settings | mine, seed=SEED)
        states = [state for forward in output.hidden_states for state in forward]
        cached = [tensor for layer in output.past_key_values.layers for tensor in (layer.keys, layer.values)]
        for tensor in (*output.logits, *output.scores, output.sequences, *states, *cached, *mine.values()):
            tensor.zero_()
        let_write()
    assert [] == reader.check(tmp_path / "overwritten.trace", [tmp_path / "truth.npz"])
