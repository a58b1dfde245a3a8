"""How many bytes the arrays of a call take, at least and at most: values exactly, their names in the file nearly.

Follows what `ForwardCapture` and `CallWriting` store. Tables and documents are not its business.
"""

import math
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from tracer.analysis.statistics import NOISE_COUNT
from tracer.config import AUTO_QUERIES_BYTES, RecordingConfig
from tracer.recording.listening.inputs import MAX_VALUES
from tracer.recording.planning.array_tally import ArrayTally, Numbers
from tracer.recording.planning.call_outline import CallOutline, Forwards
from tracer.recording.planning.model_outline import AttentionOutline, ModelOutline
from tracer.recording.planning.planned_stages import PlannedStage, Span
from tracer.recording.writing.shares import ACCOUNTED_TOKENS
from tracer.store.format import forward_entry, layers_name, stage_entry, step_entry

Positions = Literal["all", "last", "none"]
"""For which positions queries are kept."""

Mask = npt.NDArray[np.bool_]

_Width = Callable[[AttentionOutline], int]


@dataclass(frozen=True, slots=True)
class ArrayPlanner:
    """Plans the arrays of one call under one configuration, resolved."""

    model: ModelOutline
    call: CallOutline
    config: RecordingConfig

    def plan_forwards(self, tally: ArrayTally) -> None:
        """Adds everything that forwards store."""
        forwards = self.call.forwards()
        keeps = np.array([self.config.keeps_step(step) for step in range(self.call.num_steps)])
        kept = keeps[forwards.step]
        self._plan_inputs(tally, forwards)
        if self.config.queries != "none" or self.config.keys_values != "none":
            self._plan_masks(tally, forwards, kept)
            self._plan_keys(tally, forwards)
            self._plan_sinks(tally, forwards, kept)
        self._plan_queries(tally, forwards, kept)
        self._plan_streams(tally, forwards, kept)

    @property
    def queries_positions(self) -> Positions:
        """Whether queries are kept for all positions, the last one, or none."""
        heard = self.model.attention
        if self.config.queries == "none" or not heard:
            return "none"
        if self.config.queries != "auto":
            return "all" if self.config.queries == "all" else "last"
        per_position = self.call.num_rows * heard[0].query_width * self.model.itemsize
        positions = self.call.setup.prompt_len + self.call.setup.max_new_tokens
        fits = per_position * positions * self.model.num_layers <= AUTO_QUERIES_BYTES
        return "all" if fits else "last"

    def _heard(self) -> list[AttentionOutline]:
        return [layer for layer in self.model.attention if self.config.keeps_layer(layer.layer)]

    def _plan_inputs(self, tally: ArrayTally, forwards: Forwards) -> None:
        rows, call = self.call.num_rows, self.call
        token_bytes = _whole_or_nothing(rows * forwards.query_len, itemsize=8)
        names = ["input_ids"] + ["position_ids"] * self.model.takes_position_ids
        for name in names:
            tally.add("inputs", forward_entry(0, f"inputs/{name}"), (rows, 1), forwards.step, token_bytes)
        if self.model.takes_attention_mask:
            mask, itemsize = self._mask_elements(forwards)
            shape = (rows, 1, 1, call.max_len) if call.is_static else (rows, call.max_len)
            mask_bytes = _whole_or_nothing(mask, itemsize=itemsize)
            # A model without attention may let it go after the prompt, which depends on transformers' version.
            is_sure = np.full(len(forwards.step), bool(self.model.attention)) | (forwards.step == 0)
            entry, sure_bytes = forward_entry(0, "inputs/attention_mask"), mask_bytes * is_sure
            tally.add("inputs", entry, shape, forwards.step, mask_bytes, lower=sure_bytes)

    def _mask_elements(self, forwards: Forwards) -> tuple[Numbers, int]:
        """Returns how many values the mask input has and the bytes of one; floats are not kept.

        For a static cache it arrives made up: (rows, 1, query_len, max_len), boolean for sdpa.
        """
        rows, call = self.call.num_rows, self.call
        if not call.is_static:
            return rows * forwards.kv_len * call.has_mask, 8
        is_kept = self.model.implementation == "sdpa" and len(self.model.windows) == 1
        return rows * forwards.query_len * call.max_len * (is_kept & self._is_masked(forwards, None)), 1

    def _plan_masks(self, tally: ArrayTally, forwards: Forwards, kept: Mask) -> None:
        for window in self.model.windows:
            length = self._seen(forwards, window)
            bits = self.call.num_rows * forwards.query_len * length
            is_given = kept & self._is_masked(forwards, window)
            tally.add(
                "masks", forward_entry(0, "masks/0"), (99,), forwards.step, np.ceil(bits / 8) * is_given
            )

    def _seen(self, forwards: Forwards, window: int | None) -> Numbers:
        """How many keys a layer hands to attention."""
        if self.call.is_static:
            return np.full_like(forwards.kv_len, min(self.call.max_len, window or self.call.max_len))
        if window is None or not self.call.setup.use_cache:
            return forwards.kv_len
        return np.minimum(forwards.position_start, window - 1) + forwards.query_len

    def _is_masked(self, forwards: Forwards, window: int | None) -> Mask:
        """Whether attention gets a mask. Source: transformers 5.23, masking_utils.py."""
        if self.model.implementation.startswith("flash"):
            return np.full(len(forwards.step), self.call.is_padded)
        if self.model.implementation != "sdpa" or self.call.is_padded:
            return np.full(len(forwards.step), True)
        seen = self._seen(forwards, window)
        is_square = forwards.query_len == seen
        is_single = (forwards.query_len == 1) & (not self.call.is_static)
        is_first = (forwards.position_start == 0) & self.call.is_static
        given: Mask = ~(is_square | is_single | is_first)
        if window is not None:
            given |= seen >= window
        return given

    def _plan_queries(self, tally: ArrayTally, forwards: Forwards, kept: Mask) -> None:
        heard, rows = self._heard(), self.call.num_rows
        if self.queries_positions == "none" or not heard:
            return
        positions = (
            forwards.query_len if self.queries_positions == "all" else np.ones_like(forwards.query_len)
        )
        for layers in _alike(heard, lambda layer: layer.query_width):
            width = layers[0].query_width
            bytes_ = len(layers) * rows * positions * width * self.model.itemsize * kept
            heads = layers[0].num_heads
            shape = (len(layers), rows, heads, 1, width // heads)
            tally.add("queries", forward_entry(0, f"queries/{_names(layers)}"), shape, forwards.step, bytes_)

    def _plan_sinks(self, tally: ArrayTally, forwards: Forwards, kept: Mask) -> None:
        sinks = [layer for layer in self._heard() if layer.has_sinks]
        if sinks:
            shape = (len(sinks), sinks[0].num_heads)
            at_first = (np.arange(len(forwards.step)) == 0) & kept
            bytes_ = math.prod(shape) * self.model.itemsize * at_first
            tally.add("other", forward_entry(0, f"sinks/{_names(sinks)}"), shape, forwards.step, bytes_)

    def _plan_keys(self, tally: ArrayTally, forwards: Forwards) -> None:
        if self.config.keys_values == "none":
            return
        last = max(self.config.steps, default=-1) if self.config.steps is not None else self.call.num_steps
        new = forwards.new * (forwards.step <= last)
        size = self.call.num_rows * self.model.itemsize
        for part, width_of in (("keys", _key_width), ("values", _value_width)):
            for layers in _alike(self._heard(), width_of):
                shape = (len(layers), self.call.num_rows, 8, 1, 64)
                bytes_ = len(layers) * width_of(layers[0]) * size * new
                tally.add(part, forward_entry(0, f"{part}/{_names(layers)}"), shape, forwards.step, bytes_)
            self._plan_prefix(tally, f"prefix_{part}", width_of, is_kept=last >= 0)

    def _plan_prefix(self, tally: ArrayTally, name: str, width_of: "_Width", *, is_kept: bool) -> None:
        """A prefix that an earlier call of the trace holds takes nothing: the lower bound."""
        prefix = self.call.prefix_len
        if not prefix or not is_kept or not self.call.setup.use_cache:
            return
        size = self.call.num_rows * self.model.itemsize
        for layers in _alike(self._heard(), lambda layer: (layer.window, width_of(layer))):
            window = None if self.call.is_static else layers[0].window
            length = prefix if window is None else min(prefix, window - 1)
            bytes_ = len(layers) * width_of(layers[0]) * size * length
            shape = (len(layers), self.call.num_rows, 8, length, 64)
            tally.add(
                "prefix", forward_entry(0, f"{name}/{_names(layers)}"), shape, np.zeros(1), bytes_, lower=0.0
            )

    def _plan_streams(self, tally: ArrayTally, forwards: Forwards, kept: Mask) -> None:
        layers = [layer for layer in range(self.model.num_layers) if self.config.keeps_layer(layer)]
        if self.config.hidden_states != "none" and self.model.num_layers:
            values = self._stream_values(forwards, self.config.hidden_states) * kept
            entry = forward_entry(0, f"hidden_states/{layers_name([0, *(layer + 1 for layer in layers)])}")
            shape = (len(layers) + 1, self.call.num_rows, 1, self.model.hidden_size)
            stream_bytes = values * (self.model.itemsize + len(layers) * self.model.stream_itemsize)
            copies = 1 if self.model.itemsize == self.model.stream_itemsize else 2  # the embedding by itself
            tally.add("hidden_states", entry, shape, forwards.step, stream_bytes, copies=copies)
        divided = [layer for layer in self.model.divided if layer in layers]
        if self.config.additions != "none" and divided:
            bytes_ = len(divided) * self._stream_values(forwards, self.config.additions) * self.model.itemsize
            shape = (len(divided), self.call.num_rows, 1, self.model.hidden_size)
            for kind in ("attention", "mlp"):
                entry = forward_entry(0, f"additions/{kind}/{layers_name(divided)}")
                tally.add("additions", entry, shape, forwards.step, bytes_ * kept)

    def _stream_values(self, forwards: Forwards, extent: str | None) -> Numbers:
        positions = forwards.query_len if extent == "all" else np.ones_like(forwards.query_len)
        return self.call.num_rows * positions * self.model.hidden_size

    def plan_steps(self, tally: ArrayTally, stages: list[PlannedStage], candidates: Span) -> None:
        """Adds everything that steps store."""
        call, rows, vocab_size = self.call, self.call.num_rows, self.model.info.vocab_size
        steps = np.arange(call.num_steps)
        kept = np.array([self.config.keeps_step(int(step)) for step in steps], dtype=np.float64)
        if self.config.logits != "none":
            bytes_ = rows * vocab_size * self.model.logits_itemsize * kept
            tally.add("logits", step_entry(0, "logits"), (rows, vocab_size), steps, bytes_)
        if self.config.scores != "none":
            for stage in stages:
                lower, upper = rows * stage.lower * kept, rows * stage.upper * kept
                entry, copies = stage_entry(0, 0, stage=1, part="values"), rows * stage.entries
                tally.add("scores", entry, (999,), steps, upper, lower=lower, copies=copies)
        if call.is_sampled:
            self._plan_draw(tally, steps, candidates)
        if self.config.accounting != "none" and self.model.accounted:
            tokens = min(ACCOUNTED_TOKENS, candidates.least) + 1
            parts = len(self.model.accounted)
            for name, numbers, itemsize in (("ids", 1, 4), ("shares", parts, 8), ("remainder", 1, 8)):
                bytes_ = rows * numbers * tokens * itemsize * kept
                tally.add("accounting", step_entry(0, f"accounting/{name}"), (rows, tokens), steps, bytes_)

    def _plan_draw(self, tally: ArrayTally, steps: Numbers, candidates: Span) -> None:
        rows, vocab_size = self.call.num_rows, self.model.info.vocab_size
        part = "random state and noise"
        state = self.call.random_state_bytes
        tally.add(part, step_entry(0, "random_state"), (state,), steps, state)
        least = min(vocab_size, max(NOISE_COUNT, candidates.least))
        most = min(vocab_size, NOISE_COUNT + candidates.most)
        for name in ("noise/ids", "noise/values"):
            tally.add(part, step_entry(0, name), (rows, most), steps, 4 * rows * most, lower=4 * rows * least)


def _key_width(layer: AttentionOutline) -> int:
    return layer.key_width


def _value_width(layer: AttentionOutline) -> int:
    return layer.value_width


def _alike(
    layers: Iterable[AttentionOutline], kind: Callable[[AttentionOutline], Hashable]
) -> list[list[AttentionOutline]]:
    """Groups layers whose arrays have one shape: each group is one entry."""
    groups: dict[Hashable, list[AttentionOutline]] = {}
    for layer in layers:
        groups.setdefault(kind(layer), []).append(layer)
    return list(groups.values())


def _names(layers: list[AttentionOutline]) -> str:
    return layers_name([layer.layer for layer in layers])


def _whole_or_nothing(elements: Numbers, *, itemsize: int) -> Numbers:
    """Bytes of the values of an input; one with too many elements keeps its shape only."""
    return np.where(elements <= MAX_VALUES, elements * itemsize, 0)
