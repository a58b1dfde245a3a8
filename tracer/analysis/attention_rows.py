"""Where the sampled position of a step looked: the weights of every head of every layer, by place of the text.

A frozen value that pictures share; computed once, in a tenth of a second for a thousand heads. What a layer's
attention is made of (heads, mask, window), or why it has none, stands beside it. Weights are never renormalized.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from tracer.analysis.text_places import TextPlaces, places_of
from tracer.errors import SignalMissingError
from tracer.schema import LayerAttention
from tracer.trace.attention.last_rows import last_rows
from tracer.trace.missing import missing_signal

if TYPE_CHECKING:
    from tracer.trace.step import Step

Weights = npt.NDArray[np.float32]
MaskKind = Literal["causal", "given", "none"]


@dataclass(frozen=True, slots=True)
class LayerFacts:
    """One layer's attention: `constants` as the model used them, or the reason why nothing of it is there."""

    layer: int
    constants: LayerAttention | None
    mask: MaskKind
    reason: str | None

    @property
    def is_recorded(self) -> bool:
        """Whether its weights can be computed at this step."""
        return self.reason is None

    @property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """The heads that share one key/value head, together."""
        if self.constants is None:
            return ()
        heads, shared = self.constants.num_heads, self.constants.num_key_value_heads
        size = heads // shared
        return tuple(tuple(range(first, first + size)) for first in range(0, heads, size))


@dataclass(frozen=True, slots=True, eq=False)
class AttentionRows:
    """`weights` is (layers, heads, places), NaN where a layer was not recorded or has no such head."""

    call: int
    row: int
    step: int
    places: TextPlaces
    layers: tuple[LayerFacts, ...]
    weights: Weights

    @property
    def recorded(self) -> tuple[int, ...]:
        """The layers whose weights are there."""
        return tuple(facts.layer for facts in self.layers if facts.is_recorded)


def attention_rows(step: "Step") -> AttentionRows:
    """Returns where the sampled position of a step looked, in every layer that was recorded.

    Raises:
        SignalMissingError: no layer's attention was recorded at this step.
    """
    places = places_of(step)
    layers = layer_facts(step)
    wanted = [facts.constants for facts in layers if facts.is_recorded and facts.constants is not None]
    if not wanted:
        raise missing_signal(step.call, "queries", "attention", step=step.index)
    found = last_rows(step.call, step.forward, step.sequence.row, wanted)
    heads = max(len(weights) for weights in found.values())
    weights = np.full((len(layers), heads, places.size), np.nan, dtype=np.float32)
    for layer, row in found.items():
        weights[layer, : len(row)] = row[:, places.first_position :]
    return AttentionRows(step.call.index, step.sequence.row, step.index, places, layers, weights)


def layer_facts(step: "Step") -> tuple[LayerFacts, ...]:
    """Returns for every layer what its attention is made of, and whether it can be computed at this step."""
    info = step.call.info.attention
    constants = {one.layer: one for one in info.layers} if info else {}
    return tuple(
        _facts(step, layer, constants.get(layer)) for layer in range(step.call.trace.model.num_hidden_layers)
    )


def _facts(step: "Step", layer: int, constants: LayerAttention | None) -> LayerFacts:
    view, reason = step.forward.view(layer), None
    has_queries = step.forward.files.arrays.find_layer(step.forward.index, "queries", layer) is not None
    if constants is None or view is None or not has_queries:
        reason = str(missing_signal(step.call, "queries", "attention", step=step.index, layer=layer))
    elif not _has_keys(step, layer):
        reason = str(missing_signal(step.call, "keys_values", "attention", step=step.index, layer=layer))
    is_causal = constants is None or constants.is_causal
    kind: MaskKind = "given" if view is not None and view.mask >= 0 else "causal" if is_causal else "none"
    return LayerFacts(layer, constants, kind, reason)


def _has_keys(step: "Step", layer: int) -> bool:
    return step.forward.files.arrays.find_layer(step.forward.index, "keys", layer) is not None


def require_layer(rows: AttentionRows, layer: int) -> LayerFacts:
    """Returns the facts of a layer whose weights are there.

    Raises:
        ValueError: the model has no such layer.
        SignalMissingError: its attention was not recorded.
    """
    if not 0 <= layer < len(rows.layers):
        raise ValueError(
            f"layer={layer!r} is no layer of this model: there are 0 to {len(rows.layers) - 1}. Type layer=0."
        )
    facts = rows.layers[layer]
    if facts.reason is not None:
        raise SignalMissingError(facts.reason)
    return facts
