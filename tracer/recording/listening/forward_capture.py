"""What one forward of a recorded call lets be seen: filled by hooks while it runs, packed when it ends.

Takes references or small private copies and computes nothing; the writer does the rest. One object per forward.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import torch

from tracer.config import AUTO_QUERIES_BYTES
from tracer.recording.listening.caches import (
    LayerCache,
    cache_of,
    describe_layers,
    has_offsets,
    is_written_in_place,
    view_offset,
)
from tracer.recording.listening.inputs import InputDescription, describe_all, kept_values
from tracer.recording.model.anatomy import LayerAnatomy
from tracer.recording.signals import Signals
from tracer.recording.transport.parcels import ParcelBuilder
from tracer.schema import LayerAttention, Missing

States = tuple[torch.Tensor, torch.Tensor, torch.Tensor]

StreamKind = Literal["streams", "added/attention", "added/mlp"]


@dataclass(slots=True)
class AttentionNote:
    """What one layer's attention was called with."""

    module: torch.nn.Module
    query: torch.Tensor
    key: torch.Tensor
    value: torch.Tensor
    mask: int
    settings: dict[str, Any]  # of the first forward only: scaling, sliding_window, softcap, is_causal, s_aux


@dataclass(frozen=True, slots=True)
class ForwardPlace:
    """Where a forward stands in its call."""

    index: int
    step: int
    is_auxiliary: bool
    position_start: int
    prefix_len: int
    stored_len: int
    prompt_len: int
    rounds_ahead: int


@dataclass(frozen=True, slots=True)
class LayerView:
    """What one layer's attention saw: `mask` is an index into the forward's masks, or -1."""

    layer: int
    kv_len: int
    kv_offset: int
    mask: int


@dataclass(slots=True)
class ForwardSummary:
    """One forward without its arrays."""

    place: ForwardPlace
    query_len: int
    inputs: list[InputDescription]
    outputs: list[InputDescription]
    cache_class: str | None
    cache_before: tuple[LayerCache, ...]
    cache_after: tuple[LayerCache, ...]
    views: list[LayerView]
    attention: list[LayerAttention]
    logits_dtype: str
    started_ms: float
    elapsed_ms: float
    events: tuple[torch.cuda.Event, torch.cuda.Event] | None
    num_layers: int
    missing: list[Missing]
    waited_ms: float = 0.0


@dataclass(slots=True)
class ForwardCapture:
    """Collects one forward. `layers` maps id(module) to the decoder layer that owns it."""

    place: ForwardPlace
    signals: Signals
    layers: dict[int, int]
    inputs: dict[str, Any]
    cache_before: tuple[LayerCache, ...]
    call: Any
    query_len: int = field(init=False)
    is_small: bool = field(init=False)
    takes_streams: bool = field(init=False)
    all_positions: bool = field(init=False)
    notes: dict[int, AttentionNote] = field(default_factory=dict)
    masks: list[object] = field(default_factory=list)
    taken: dict[StreamKind, dict[int, torch.Tensor]] = field(
        default_factory=lambda: {"streams": {}, "added/attention": {}, "added/mlp": {}}
    )
    offsets: dict[int, int] = field(default_factory=dict)
    noting: dict[Callable[..., Any], Callable[..., Any]] = field(default_factory=dict)
    started: float = field(default_factory=time.perf_counter)
    elapsed_ms: float = 0.0
    events: tuple[torch.cuda.Event, torch.cuda.Event] | None = None

    def __post_init__(self) -> None:
        self.query_len = _query_len(self.inputs)
        self.is_small = self.query_len == 1  # one stacked tensor travels faster than many of this size
        self.takes_streams = self.signals.streams and not self.place.is_auxiliary
        self.all_positions = self.signals.all_positions

    @property
    def keeps_arrays(self) -> bool:
        """Whether this forward's step is among those whose arrays are kept."""
        return not self.place.is_auxiliary and self.signals.config.keeps_step(self.place.step)

    def note_offsets(self, layer_indices: dict[int, int]) -> None:
        """Asks the cache, before it is updated, where each layer's keys will begin."""
        cache = cache_of(self.inputs)
        if has_offsets(cache):
            for layer, cache_index in layer_indices.items():
                self.offsets[layer] = view_offset(cache, cache_index, self.query_len)

    def on_attention(
        self, module: torch.nn.Module, states: States, mask: object, settings: dict[str, Any]
    ) -> None:
        """Notes one attention call; modules outside the decoder layers are not its business."""
        layer = self.layers.get(id(module))
        if layer is None or layer in self.notes or not self.signals.attention:
            return
        try:
            query, key, value = states
            self.notes[layer] = AttentionNote(
                module=module,
                query=self._kept_queries(query),
                key=key,
                value=value,
                mask=self._mask_index(mask),
                settings=settings if self.place.index == 0 else {},
            )
        except Exception as error:
            self.call.fail("attention", error)

    def _kept_queries(self, query: torch.Tensor) -> torch.Tensor:
        if query.shape[2] == 1 or self._keeps_all_queries(query):
            return query
        return query[:, :, -1:].clone()

    def _keeps_all_queries(self, query: torch.Tensor) -> bool:
        extent = self.signals.config.queries
        if extent == "auto":
            rows = self.place.prompt_len + self.place.rounds_ahead
            per_position = query.shape[0] * query.shape[1] * query.shape[3] * query.element_size()
            return bool(per_position * rows * self.call.num_layers <= AUTO_QUERIES_BYTES)
        return extent == "all"

    def _mask_index(self, mask: object) -> int:
        if mask is None:
            return -1
        for index, known in enumerate(self.masks):
            if known is mask:
                return index
        self.masks.append(mask)
        return len(self.masks) - 1

    def take(self, kind: StreamKind, index: int, tensor: torch.Tensor) -> None:
        """Takes the residual stream (0 is the embedding, k what layer k - 1 returned) or what a block adds."""
        try:
            self.taken[kind][index] = self._private(tensor)
        except Exception as error:
            self.call.fail("hidden states", error)

    def _private(self, tensor: torch.Tensor) -> torch.Tensor:
        """A copy: some models add in place to the very tensor a hook saw."""
        if tensor.dim() == 2:  # Falcon- and MoE-style flattened tokens
            tensor = tensor.reshape(self.call.num_rows, -1, tensor.shape[-1])
        return (tensor if self.all_positions or tensor.shape[1] == 1 else tensor[:, -1:]).clone()

    def pack(self) -> ParcelBuilder:
        """Packs what was seen; called once, when the forward has returned."""
        parcel = ParcelBuilder()
        for name, value in kept_values(self.inputs).items():
            parcel.add(f"inputs/{name}", value.clone())  # some are the user's own, who may overwrite them
        if not self.place.is_auxiliary:
            if self.keeps_arrays:
                self._pack_queries(parcel)
                self._pack_masks(parcel)
            if self.signals.keeps_keys_at(self.place.step):
                self._pack_keys(parcel)
                if cache_of(self.inputs) is None:
                    self._pack_recomputed(parcel)
            self._pack_streams(parcel)
        return parcel

    def _kept(self, by_layer: dict[int, torch.Tensor]) -> dict[int, torch.Tensor]:
        if self.signals.config.layers is None:
            return by_layer
        return {
            layer: by_layer[layer] for layer in sorted(by_layer) if self.signals.config.keeps_layer(layer)
        }

    def _pack_queries(self, parcel: ParcelBuilder) -> None:
        if self.signals.config.queries != "none":
            queries = {layer: note.query for layer, note in self.notes.items()}
            parcel.add_layers("queries", self._kept(queries), copy=self.is_small)
        if self.place.index == 0:
            heard = {layer: note.settings.get("s_aux") for layer, note in self.notes.items()}
            sinks = {layer: sink for layer, sink in heard.items() if sink is not None}
            parcel.add_layers("sinks", self._kept(sinks), copy=False)

    def _pack_masks(self, parcel: ParcelBuilder) -> None:
        for index, mask in enumerate(self.masks):
            parcel.add(f"masks/{index}", mask if isinstance(mask, torch.Tensor) else _dense_mask(mask))

    def _pack_keys(self, parcel: ParcelBuilder) -> None:
        end = self.place.position_start + self.query_len
        for signal in ("key", "value"):
            states = self._kept({layer: getattr(note, signal) for layer, note in self.notes.items()})
            self._pack_span(parcel, f"{signal}s", states, (self.place.stored_len, end))
            if self.place.prefix_len and self.place.index == 0:
                self._pack_span(parcel, f"prefix_{signal}s", states, (0, self.place.prefix_len))

    def _pack_span(
        self, parcel: ParcelBuilder, name: str, states: dict[int, torch.Tensor], span: tuple[int, int]
    ) -> None:
        """Adds the keys of absolute positions [start, end) as far as each layer hands them to attention."""
        whole: dict[int, torch.Tensor] = {}
        parts: dict[int, torch.Tensor] = {}
        in_place = is_written_in_place(cache_of(self.inputs)) or self.call.is_cache_visible
        for layer, state in states.items():
            offset = self.offsets.get(layer, 0)
            first, last = max(span[0] - offset, 0), span[1] - offset
            piece = state[:, :, first:last]
            (whole if piece.shape == state.shape and not in_place else parts)[layer] = piece
        parcel.add_layers(name, whole, copy=False)
        parcel.add_layers(name, parts, copy=True)

    def _pack_recomputed(self, parcel: ParcelBuilder) -> None:
        """Without a cache every forward computes all keys anew: adds whether an earlier position's bits differ."""
        states = [state for _, note in sorted(self.notes.items()) for state in (note.key, note.value)]
        changed = self.call.recomputed.compare(states)
        if changed is not None:
            parcel.add("changed_positions", changed)

    def _pack_streams(self, parcel: ParcelBuilder) -> None:
        for kind, by_index in self.taken.items():
            parcel.add_layers(kind, by_index, copy=self.is_small)

    def layer_states(self, known_length: int) -> tuple[LayerCache, ...]:
        """Describes the cache as it is now."""
        return describe_layers(cache_of(self.inputs), known_length)

    def summarize(
        self, cache_after: tuple[LayerCache, ...], started_ms: float, output: Any
    ) -> "ForwardSummary":
        """Returns what the writer needs beside the arrays; holds no tensor."""
        cache = cache_of(self.inputs)
        return ForwardSummary(
            place=self.place,
            query_len=self.query_len,
            inputs=describe_all(self.inputs.items()),
            outputs=describe_all(_named(output)),
            cache_class=None if cache is None else type(cache).__name__,
            cache_before=self.cache_before,
            cache_after=cache_after,
            views=[
                LayerView(layer, note.key.shape[2], self.offsets.get(layer, 0), note.mask)
                for layer, note in sorted(self.notes.items())
            ],
            attention=self._constants() if self.place.index == 0 else [],
            logits_dtype=_dtype_of(getattr(output, "logits", None)),
            started_ms=started_ms,
            elapsed_ms=self.elapsed_ms,
            events=self.events,
            num_layers=self.call.num_layers,
            missing=self._unheard() if self.place.index == 0 and self.signals.attention else [],
        )

    def _constants(self) -> list[LayerAttention]:
        return [_constants(layer, note) for layer, note in sorted(self.notes.items())]

    def _unheard(self) -> list[Missing]:
        """Names the layers whose attention was not heard, with the reason."""
        by_reason: dict[str, list[int]] = {}
        for layer in self.call.anatomy.layers:
            if layer.index not in self.notes:
                by_reason.setdefault(_why_unheard(layer), []).append(layer.index)
        return [
            Missing(
                signal="attention",
                reason=reason,
                layers=layers if len(layers) < self.call.num_layers else None,
            )
            for reason, layers in by_reason.items()
        ]


def _query_len(inputs: dict[str, Any]) -> int:
    for name in ("input_ids", "inputs_embeds"):
        if isinstance(inputs.get(name), torch.Tensor):
            return int(inputs[name].shape[1])
    return 0


def _dtype_of(tensor: object) -> str:
    return str(tensor.dtype).removeprefix("torch.") if isinstance(tensor, torch.Tensor) else "float32"


def _why_unheard(layer: LayerAnatomy) -> str:
    if layer.attention_module is None:
        return f"{type(layer.module).__name__} has no attention"
    return (
        f"{type(layer.attention_module).__name__} computes attention by itself, without the attention interface, "
        "so its queries, keys and values could not be heard"
    )


def _constants(layer: int, note: AttentionNote) -> LayerAttention:
    scaling, is_causal = note.settings.get("scaling"), note.settings.get("is_causal")
    return LayerAttention(
        layer=layer,
        scaling=float(note.query.shape[-1] ** -0.5 if scaling is None else scaling),
        num_heads=note.query.shape[1],
        num_key_value_heads=note.key.shape[1],
        softcap=note.settings.get("softcap"),
        sliding_window=note.settings.get("sliding_window"),
        is_causal=bool(getattr(note.module, "is_causal", True) if is_causal is None else is_causal),
        has_sinks=note.settings.get("s_aux") is not None,
    )


def _named(output: Any) -> list[tuple[str, object]]:
    items = getattr(output, "items", None)
    return list(items()) if callable(items) else [("output", output)]


def _dense_mask(mask: Any) -> torch.Tensor:
    """Materializes a flex-attention BlockMask as a boolean tensor.

    Source: torch 2.13, torch.nn.attention.flex_attention, create_mask.
    """
    from torch.nn.attention.flex_attention import create_mask

    batch, heads, queries, keys = mask.shape
    return create_mask(mask.mask_mod, batch, heads, queries, keys, device=str(mask.kv_indices.device))
