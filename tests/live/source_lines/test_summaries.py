"""A summary says what a value is, runs none of its code, and lets go of it."""

import gc
import weakref
from functools import partial
from typing import Any

import pytest
import torch
from transformers import BatchEncoding, DynamicCache
from transformers.modeling_outputs import CausalLMOutputWithPast

from tracer.live.source_lines.summaries import Summaries

LINEAR = torch.nn.Linear(2, 2)
SUMMARIES = Summaries({id(LINEAR): "model.lm_head"})


class Loud:
    def __repr__(self) -> str:
        raise RuntimeError("its own code ran")


def filled_cache() -> DynamicCache:
    cache = DynamicCache()
    cache.update(torch.zeros(1, 2, 5, 4), torch.zeros(1, 2, 5, 4), 0)
    return cache


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (torch.arange(12).reshape(3, 4), "[0, 1, 2, 3]"),
        (torch.arange(12).reshape(2, 6) * 0.5, "[0, 0.5, 1, 1.5, …]"),
        (torch.tensor([[1 / 3, -torch.inf]], dtype=torch.bfloat16), "[0.334, -inf]"),
        (torch.tensor([True, False]), "[True, False]"),
        (torch.tensor(7), "7"),
        (torch.empty(0, 3), "[]"),
        (torch.empty(2, 3, device="meta"), ""),
        (torch.eye(3).to_sparse(), ""),
        (3, "3"),
        (None, "None"),
        ("x" * 100, "'" + "x" * 58 + "…"),
        (torch.float16, "float16"),
        (torch.Size([1, 2]), "Size([1, 2])"),
        ((torch.zeros(1, 2), None, [1, 2]), "(float32 (1, 2), None, [1, 2])"),
        ({"ids": torch.zeros(2, dtype=torch.long), 3: "a"}, "{ids=int64 (2,), 3='a'}"),
        (list(range(20)), "[0, 1, 2, 3, 4, 5, 6, 7, …]"),
        (CausalLMOutputWithPast(logits=torch.zeros(1, 4)), "{logits=float32 (1, 4)}"),
        (filled_cache(), "seq_length=5, layers=1"),
        (LINEAR, "model.lm_head"),
        (torch.nn.ReLU(), "ReLU"),
        (torch.nn.Linear(3, 2, bias=False), "weight (2, 3)"),
        (BatchEncoding({"input_ids": [1, 2]}), "{input_ids=[1, 2]}"),
        (filled_cache, "filled_cache"),
        (partial(filled_cache), "filled_cache"),
        (Loud(), ""),
        ([Loud()], "[Loud]"),
    ],
)
def test_a_value_is_told_in_a_few_characters(value: Any, text: str) -> None:
    summary = SUMMARIES.summarize("x", value)
    assert text == summary.values
    assert type(value).__name__ == summary.kind
    if isinstance(value, torch.Tensor):
        expected = tuple(value.shape), str(value.dtype).removeprefix("torch."), str(value.device)
        assert expected == (summary.shape, summary.dtype, summary.device)


def test_a_summary_keeps_nothing() -> None:
    tensor = torch.ones(3, requires_grad=True)
    output = CausalLMOutputWithPast(logits=tensor)
    references = weakref.ref(tensor), weakref.ref(output)
    summaries = [SUMMARIES.summarize("x", value) for value in (tensor, output, (tensor, output))]
    del tensor, output
    gc.collect()
    assert (None, None) == (references[0](), references[1]())
    assert 3 == len(summaries)


def test_a_summary_copies_no_more_than_the_first_values() -> None:
    with torch.profiler.profile(
        activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True
    ) as seen:
        SUMMARIES.summarize("x", torch.ones(1).expand(300_000, 300_000).transpose(0, 1))
    assert sum(max(event.self_cpu_memory_usage, 0) for event in seen.events()) < 10_000  # type: ignore[attr-defined]
