"""One step's forward, run again with the live model: forward by forward as recorded, or at once.

`cached` feeds every recorded forward with its recorded inputs, all rows of the batch, into a new cache of the same
kind, so an unchanged run gives the recorded bits on the machine that recorded. `full` is for calls whose cache
cannot be made again: one forward of the row alone, without a cache, whose sums round otherwise. Changes nothing of the
model; hooks are their owners' business, and learn from `ReplayedForward` where a forward stands.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from transformers import DynamicCache

from tracer.live.replaying.recorded_text import RecordedText
from tracer.live.replaying.untouched import input_device

if TYPE_CHECKING:
    from tracer.trace.forward import Forward, Input
    from tracer.trace.step import Step

_CACHE = "past_key_values"
_SCALARS: dict[str, dict[str | None, bool | int]] = {
    "use_cache": {"True": True, "False": False},
    "logits_to_keep": {"0": 0, "1": 1},
}


@dataclass(frozen=True, slots=True)
class ReplayedForward:
    """One forward to run. `seen` are the absolute positions up to its last, in the order of its keys.

    The last `query_len` of them are its input; `row` is the step's place in a batch of `num_rows`.
    """

    arguments: dict[str, Any]
    seen: tuple[int, ...]
    query_len: int
    row: int
    num_rows: int
    is_sampled: bool


@dataclass(frozen=True, slots=True)
class StepReplay:
    """The forwards that lead to a step's logits, in order; `how` is "cached" or "full"."""

    how: str
    forwards: tuple[ReplayedForward, ...]
    has_cache: bool


Watch = Callable[[ReplayedForward, Any], None]
"""Told before each forward which it is, and the cache it gets (None: none)."""


def plan_replay(step: "Step", text: RecordedText) -> StepReplay:
    """Returns how a step is run again: cached where the recorded inputs suffice, else in full."""
    sampled = step.forward
    recorded = tuple(
        forward
        for forward in step.call.forwards
        if not forward.is_auxiliary and forward.index <= sampled.index
    )
    has_cache = sampled.cache.class_name is not None
    if not has_cache:
        recorded = (sampled,)
    if sampled.cache.class_name in (None, "DynamicCache") and all(map(_is_repeatable, recorded)):
        forwards = (_recorded_forward(step, forward, forward is sampled) for forward in recorded)
        return StepReplay("cached", tuple(forwards), has_cache)
    return StepReplay("full", (_full_forward(text),), False)


def _is_repeatable(forward: "Forward") -> bool:
    inputs = forward.inputs
    return "input_ids" in inputs and all(map(_is_known, inputs.values()))


def _is_known(given: "Input") -> bool:
    if given.shape is not None:
        return given.values is not None
    if given.name in _SCALARS:
        return given.note in _SCALARS[given.name]
    return given.name in (_CACHE, "return_dict") or given.note == "None"


def _recorded_forward(step: "Step", forward: "Forward", is_sampled: bool) -> ReplayedForward:
    arguments: dict[str, Any] = {}
    for name, given in forward.inputs.items():
        if given.values is not None:
            arguments[name] = torch.tensor(given.values)
        elif name in _SCALARS:
            arguments[name] = _SCALARS[name][given.note]
    rows = len(arguments["input_ids"])
    return ReplayedForward(
        arguments=arguments,
        seen=tuple(range(forward.position_end)),
        query_len=forward.query_len,
        row=step.sequence.row,
        num_rows=rows,
        is_sampled=is_sampled,
    )


def _full_forward(text: RecordedText) -> ReplayedForward:
    ids = torch.tensor([text.ids])
    arguments: dict[str, Any] = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "use_cache": False}
    if text.position_ids is not None:
        arguments["position_ids"] = torch.tensor([text.position_ids])
    return ReplayedForward(arguments, text.positions, len(text.ids), row=0, num_rows=1, is_sampled=True)


def run_replay(model: Any, replay: StepReplay, watch: Watch | None = None) -> npt.NDArray[np.float32]:
    """Returns the raw logits of the step, (vocab,) float32."""
    device = input_device(model)
    cache = DynamicCache(config=model.config.get_text_config(decoder=True)) if replay.has_cache else None
    logits = torch.empty(0)
    with torch.no_grad():
        for forward in replay.forwards:
            if watch is not None:
                watch(forward, cache)
            given = dict(_on_device(forward.arguments, device))
            output = model(**given, **({} if cache is None else {_CACHE: cache}))
            logits = output.logits[forward.row, -1]
    row: npt.NDArray[np.float32] = logits.float().cpu().numpy()
    return row


def _on_device(arguments: dict[str, Any], device: torch.device) -> Iterator[tuple[str, Any]]:
    for name, value in arguments.items():
        yield name, value.to(device) if isinstance(value, torch.Tensor) else value
