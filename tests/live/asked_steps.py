"""Steps of tiny recorded calls, to be asked about with their model."""

from pathlib import Path
from typing import Any

import torch

import tracer
from tests import zoo
from tracer.trace.trace import Trace


def record_call(
    path: Path,
    name: str = "llama",
    *,
    attention: str = "sdpa",
    rows: int = 2,
    dtype: Any = torch.float32,
    **more: Any,
) -> tuple[Trace, Any]:
    """Returns the trace of a greedy call of a tiny model on left-padded prompts, and the model."""
    model = zoo.build(name, attention=attention, dtype=dtype)
    prompts = zoo.prompts(rows)
    prompts["input_ids"][0, 0] = 1  # a special token
    settings = {"do_sample": False, "max_new_tokens": 4, "eos_token_id": None, "pad_token_id": zoo.PAD_ID}
    recording = more.pop("recording", {})
    with tracer.record(model, zoo.tokenizer(), to=path, **recording) as running:
        model.generate(**prompts, **{**settings, **more})
    assert running.fault is None
    return tracer.open_trace(path), model


def ids_before(step: Any) -> torch.Tensor:
    """Returns the text before a step without padding, (1, positions)."""
    return torch.tensor([[*step.sequence.prompt_ids, *step.sequence.token_ids[: step.index]]])


def marks_of(model: Any) -> list[object]:
    """Returns all that asking must leave as it was: modes, hooks, gradients and their flags, attributes."""
    modules = [
        (
            name,
            module.training,
            len(module._forward_hooks),
            len(module._forward_pre_hooks),
            sorted(vars(module)),
        )
        for name, module in model.named_modules()
    ]
    parameters = [
        (name, p.requires_grad, None if p.grad is None else p.grad.clone().tolist(), p._version)
        for name, p in model.named_parameters()
    ]
    return [modules, parameters]
