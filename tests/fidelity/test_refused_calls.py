"""Calls that cannot be recorded: refused before anything is generated, or run unrecorded where that was asked."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import CompileConfig, TextIteratorStreamer

import tracer
from tests import zoo
from tests.fidelity.cells import SEED
from tests.fidelity.surroundings import differences, snapshot
from tracer.errors import UnsupportedCallError

NEW = {"max_new_tokens": 4}


def _compiled() -> dict[str, Any]:
    zoo.shared("llama", attention="sdpa").generate(**zoo.prompts(1), **NEW, cache_implementation="static")
    config = CompileConfig(backend="eager")
    config._compile_all_devices = True
    return {"cache_implementation": "static", "compile_config": config}


EXTRA: dict[str, Callable[[], dict[str, Any]]] = {
    "beam": lambda: {"num_beams": 3},
    "beam sampling": lambda: {"num_beams": 3, "do_sample": True},
    "assisted": lambda: {"assistant_model": zoo.shared("llama")},
    "prompt lookup": lambda: {"prompt_lookup_num_tokens": 2},
    "compile": _compiled,
}


def _refused(kind: str) -> tuple[Any, dict[str, Any]]:
    """Returns a model and the arguments of a call of this kind. transformers' own leavings are there already."""
    if kind == "encoder-decoder":
        return zoo.build_encoder_decoder(), {**zoo.prompts(1), **NEW}
    return zoo.shared("llama", attention="sdpa"), {**zoo.prompts(1), **NEW, **EXTRA[kind]()}


KINDS = {
    "beam": "beam",
    "beam sampling": "beam",
    "assisted": "assist",
    "prompt lookup": "assist",
    "encoder-decoder": "encoder",
    "compile": "disable_compile=True",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_that_cannot_be_recorded_is_refused_before_it_generates(kind: str, tmp_path: Path) -> None:
    model, settings = _refused(kind)
    forwards: list[int] = []
    counter = model.register_forward_pre_hook(lambda *_: forwards.append(1))
    before = snapshot(model)
    with (
        pytest.raises(UnsupportedCallError, match=KINDS[kind]),
        tracer.record(model, None, to=tmp_path / "refused.trace"),
    ):
        model.generate(**settings)
    assert [] == differences(before, snapshot(model))
    counter.remove()
    assert [] == forwards
    assert not (tmp_path / "refused.trace").exists()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "compile"])
def test_a_call_that_cannot_be_recorded_runs_unrecorded_where_asked(kind: str, tmp_path: Path) -> None:
    model, settings = _refused(kind)
    torch.manual_seed(SEED)
    expected = model.generate(**settings).tolist()
    before = snapshot(model)
    with tracer.record(model, None, to=tmp_path / "skipped.trace", unsupported="skip"):
        torch.manual_seed(SEED)
        assert expected == model.generate(**settings).tolist()
    assert [] == differences(before, snapshot(model))
    trace = tracer.open_trace(tmp_path / "skipped.trace")
    assert ("complete", ()) == (trace.status, trace.calls)
    assert 1 == len(trace.manifest.unrecorded_calls)
    assert KINDS[kind] in trace.manifest.unrecorded_calls[0]


def test_calls_around_a_skipped_one_are_recorded(tmp_path: Path) -> None:
    model, settings = _refused("beam")
    with tracer.record(model, None, to=tmp_path / "around.trace", unsupported="skip"):
        model.generate(**zoo.prompts(1), **NEW)
        model.generate(**settings)
        model.generate(**zoo.prompts(1), **NEW)
    trace = tracer.open_trace(tmp_path / "around.trace")
    assert [4, 4] == [len(call.sequences[0].steps) for call in trace.calls]
    assert 1 == len(trace.manifest.unrecorded_calls)


def test_generate_batch_is_refused(tmp_path: Path) -> None:
    model = zoo.shared("llama", attention="sdpa")
    with (
        pytest.raises(UnsupportedCallError, match="generate_batch"),
        tracer.record(model, None, to=tmp_path / "batch.trace"),
    ):
        model.generate_batch(inputs=[[5, 6, 7]])


def test_a_refused_call_ends_its_streamer_and_raises_on_leaving_the_block(tmp_path: Path) -> None:
    model, settings = _refused("prompt lookup")
    streamer = TextIteratorStreamer(zoo.tokenizer(), timeout=20)
    raised: list[BaseException] = []

    def generate() -> None:
        try:
            model.generate(**settings, streamer=streamer)
        except UnsupportedCallError as error:
            raised.append(error)

    def consume() -> None:
        with tracer.record(model, None, to=tmp_path / "streamed.trace"):
            thread.start()
            assert "" == "".join(streamer)

    before = snapshot(model)
    thread = threading.Thread(target=generate)
    with pytest.raises(UnsupportedCallError, match="assist"):
        consume()
    thread.join()
    assert 1 == len(raised)
    assert [] == differences(before, snapshot(model))
