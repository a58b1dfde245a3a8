"""Deferred stopping (transformers' way on MPS) makes one round too many and takes it back: it is no step."""

from pathlib import Path

import pytest
import torch
from transformers.generation import utils as generation

import tracer
from tests import zoo


class _HostEvent:
    """An event on a device that has no queue."""

    def __init__(self, *args: object, **kwargs: object) -> None: ...

    def record(self) -> None: ...

    def synchronize(self) -> None: ...


def test_a_round_that_transformers_takes_back_is_no_step(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    model = zoo.shared("llama", attention="sdpa")
    prompt = zoo.prompts(1)
    length = prompt["input_ids"].shape[1]
    end_id = int(model.generate(**prompt, max_new_tokens=8)[0, length + 3])
    monkeypatch.setattr(generation.DeferredStopCheck, "is_supported", staticmethod(lambda *_, **__: True))
    monkeypatch.setattr(torch, "Event", _HostEvent)
    with tracer.record(model, None, to=tmp_path / "deferred.trace"):
        returned = model.generate(**prompt, max_new_tokens=8, eos_token_id=end_id)
    call = tracer.open_trace(tmp_path / "deferred.trace").calls[0]
    new_ids = returned[0, length:].tolist()
    assert new_ids == [step.token_id for step in call.sequences[0].steps]
    assert len(new_ids) == call.info.num_steps
    assert len(new_ids) + 1 == len(call.forwards)
    assert call.sequences[0].steps[-1].is_finished
