"""One layer's part of a logit difference: its attention by head and source, and what its MLP added.

Where both tokens were accounted for while recording, the MLP's share is the recorded one, and what the attention
in parts leaves of its recorded share is rounding. For any other token the MLP is what the layer added besides.
Either way the attention is compared with a recorded share, the chosen token's. Reads no weights itself.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tracer.errors import ModelError, SignalMissingError
from tracer.live.attention_outputs import AttentionSplit, read_output
from tracer.live.reading_weights.weights import Weights
from tracer.recording.model.anatomy import BlockShape, LayerAnatomy
from tracer.recording.model.norms import Vectors

if TYPE_CHECKING:
    from tracer.trace.accounting import Accounting
    from tracer.trace.step import Step

Pair = tuple[int, int]
"""The chosen token and its rival; arrays of two are in this order."""

_MAX_GAP = 1e-3
_MAX_HALF_GAP = 0.1


@dataclass(frozen=True, slots=True)
class RecordedParts:
    """What the trace holds of a step: streams (layers + 1, hidden), the pair's logits, and shares, if any.

    `columns` are the places of the pair in the accounting; None where a token was not accounted for.
    """

    streams: Vectors
    logits: Vectors
    accounting: "Accounting | None"
    columns: tuple[int | None, int | None]

    def share(self, name: str, column: int | None) -> float | None:
        """Returns the recorded share of a part in one logit, or None."""
        if self.accounting is None or column is None or name not in self.accounting.parts:
            return None
        return float(self.accounting.shares[self.accounting.parts.index(name), column])

    def shares(self, name: str) -> Vectors | None:
        """Returns the recorded shares of a part in both logits, (2,), or None."""
        chosen, rival = (self.share(name, column) for column in self.columns)
        return None if chosen is None or rival is None else np.array([chosen, rival])


@dataclass(frozen=True, slots=True)
class LayerSources:
    """One layer in both logits; `mlp` and `rounding` are (2,). Without `split`, `mlp` is all that it added."""

    split: AttentionSplit | None
    first_position: int
    mlp: Vectors
    rounding: Vectors


def read_parts(step: "Step", pair: Pair) -> RecordedParts:
    """Returns what the trace holds; one layer's attention is asked for, so that its absence is said at once.

    Raises:
        SignalMissingError: logits, streams, queries, keys or values were not recorded.
    """
    logits = step.logits[list(pair)].astype(np.float64)
    streams = step.hidden_states()[:, -1].astype(np.float64)
    heard = step.call.info.attention
    step.last_attention(heard.layers[0].layer if heard and heard.layers else 0)
    try:
        accounting = step.accounting
    except SignalMissingError:
        return RecordedParts(streams, logits, None, (None, None))
    chosen, rival = (accounting.ids.index(one) if one in accounting.ids else None for one in pair)
    return RecordedParts(streams, logits, accounting, (chosen, rival))


def split_layer(
    step: "Step", index: int, recorded: RecordedParts, weights: Weights, readouts: Vectors
) -> LayerSources:
    """Returns a layer's part in what `readouts`, (2, hidden), read from the last stream.

    Raises:
        SignalMissingError: the layer's attention was not recorded.
        ModelError: its parts do not give what was recorded.
    """
    layer, name = weights.anatomy.layers[index], f"layer-{index:02d}"
    added = readouts @ (recorded.streams[index + 1] - recorded.streams[index])
    if _is_undivided(layer, recorded):
        return LayerSources(None, 0, added, np.zeros(2))
    attention, positions = step.last_attention(index)
    written = positions < step.forward.position_end
    split = read_output(weights, layer).split(
        attention[:, written].astype(np.float64), step.values(index)[:, written].astype(np.float64), readouts
    )
    _require_agreement(step, index, split, recorded.share(f"{name}.attention", recorded.columns[0]))
    whole, mlp = recorded.shares(f"{name}.attention"), recorded.shares(f"{name}.mlp")
    if whole is None or mlp is None:
        return LayerSources(split, int(positions[0]), added - split.sums, np.zeros(2))
    rounding = recorded.shares(f"{name}.rounding")
    left = whole - split.sums + (0.0 if rounding is None else rounding)
    return LayerSources(split, int(positions[0]), mlp, left)


def largest_gap(step: "Step") -> float:
    """Returns how far sums may miss what was recorded, relative to the size of what is summed."""
    info = step.call.trace.model
    is_exact = info.dtype in ("float32", "float64") and info.quantization is None
    return _MAX_GAP if is_exact else _MAX_HALF_GAP


def _is_undivided(layer: LayerAnatomy, recorded: RecordedParts) -> bool:
    if layer.shape is BlockShape.UNDIVIDED or layer.attention_module is None:
        return True
    parts = () if recorded.accounting is None else recorded.accounting.parts
    return bool(parts) and f"layer-{layer.index:02d}.attention" not in parts


def _require_agreement(step: "Step", index: int, split: AttentionSplit, share: float | None) -> None:
    if share is None:
        return
    size = np.abs(split.cells[0]).sum() + abs(split.value_bias[0]) + abs(split.output_bias[0])
    if not abs(share - split.sums[0]) <= largest_gap(step) * (size + abs(share)) + 1e-6:
        raise ModelError(
            f"The heads and sources of layer {index} sum to {split.sums[0]:.4g} in the chosen token's logit, and "
            f"{share:.4g} was recorded for its attention: these are other weights, or this model does something "
            f"between attention and output projection that is not known here. Use the recorded model, "
            f"{step.call.trace.model.name!r}; `step.accounting` has the recorded shares."
        )
