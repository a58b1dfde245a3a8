"""What one layer's attention adds to the stream, taken apart by head and by source token.

    addition = multiplier * norm(projection(concatenated heads) + bias)
    head h   = sum over s of weight[h, s] * value[s]

Everything in it is linear once the weights are given and the scale of `norm` (where a layer has one behind its
attention) is frozen at its value at this position, so that each (head, source) has its own share. The bias of
the values, which all sources carry alike, is a share of its own. Float64; finds its modules by structure.
"""

from dataclasses import dataclass

import numpy as np
from torch import nn

from tracer.errors import ModelError
from tracer.live.reading_weights.linear_maps import LinearMap
from tracer.live.reading_weights.weights import Weights
from tracer.recording.model.anatomy import LayerAnatomy
from tracer.recording.model.norms import NormFormula, NormKind, Vectors, read_formula

_PROJECTIONS = ("o_proj", "out_proj", "c_proj", "dense", "wo", "linear_out")
_VALUES = ("v_proj", "value", "wv")
_JOINT = ("c_attn", "qkv_proj", "Wqkv")
"""One map for queries, keys and values, in this order."""

_INTERLEAVED = "query_key_value"
"""One map that gives query, key and value of each head in turn (GPT-NeoX)."""


@dataclass(frozen=True, slots=True)
class FrozenNorm:
    """A norm whose scale will be frozen; `gain` and `bias` are None where it has none."""

    formula: NormFormula
    gain: Vectors | None
    bias: Vectors | None

    def pull(self, readouts: Vectors, stream: Vectors) -> Vectors:
        """Returns what readouts of the output, (readouts, hidden), read from the input at this stream, (hidden,)."""
        gained = readouts if self.gain is None else readouts * self.gain
        return self.formula.centered(gained) * self.formula.scale(stream)


@dataclass(frozen=True, slots=True)
class AttentionSplit:
    """Shares of one layer's attention in some readouts: by head and source, of value bias and output bias."""

    cells: Vectors
    """(readouts, heads, sources)"""
    value_bias: Vectors
    output_bias: Vectors
    """(readouts,) each"""

    @property
    def sums(self) -> Vectors:
        """All that the attention added, (readouts,)."""
        total: Vectors = self.cells.sum(axis=(1, 2)) + self.value_bias + self.output_bias
        return total


@dataclass(frozen=True, slots=True)
class AttentionOutput:
    """The way from a layer's attention weights and values to the stream. `value_bias` is flat."""

    projection: LinearMap
    value_bias: Vectors | None
    norm: FrozenNorm | None
    multiplier: float

    def split(self, weights: Vectors, values: Vectors, readouts: Vectors) -> AttentionSplit:
        """Returns the shares of one position.

        Args:
            weights: (heads, sources).
            values: (kv_heads, sources, head_dim), the value bias included.
            readouts: (readouts, hidden), what reads the stream.
        """
        sharing = len(weights) // len(values)
        every_bias = np.repeat(self._bias_by_head(values), sharing, axis=0)
        every_value = np.repeat(values, sharing, axis=0)
        readouts = readouts * self.multiplier
        output_bias = np.zeros(len(readouts))
        bias = self.projection.bias
        if self.norm is not None:
            mixed = np.einsum("hs,hsd->hd", weights, every_value).ravel()
            addition = self.projection.push(mixed) + (0.0 if bias is None else bias)
            if self.norm.bias is not None:
                output_bias = output_bias + readouts @ self.norm.bias
            readouts = self.norm.pull(readouts, addition)
        if bias is not None:
            output_bias = output_bias + readouts @ bias
        pulled = self.projection.pull(readouts).reshape(len(readouts), len(weights), values.shape[-1])
        read = np.einsum("rhd,hsd->rhs", pulled, every_value - every_bias[:, None])
        value_bias = np.einsum("h,hd,rhd->r", weights.sum(axis=1), every_bias, pulled)
        return AttentionSplit(read * weights, value_bias, output_bias)

    def _bias_by_head(self, values: Vectors) -> Vectors:
        """Returns the bias of the values, (kv_heads, head_dim); zeros where it has another size."""
        shape = (values.shape[0], values.shape[2])
        if self.value_bias is None or self.value_bias.size != shape[0] * shape[1]:
            return np.zeros(shape)
        return self.value_bias.reshape(shape)


def read_output(weights: Weights, layer: LayerAnatomy) -> AttentionOutput:
    """Returns the output of a layer's attention.

    Raises:
        ModelError: its output projection, or the norm behind it, is of no known kind.
    """
    attention = layer.attention_module
    assert attention is not None
    assert layer.attention is not None
    parts = dict(attention.named_modules())
    projection = _first(parts, _PROJECTIONS)
    if projection is None:
        raise ModelError(
            f"The attention of layer {layer.index} is a {type(attention).__name__!r} without an output projection "
            f"of a known name ({', '.join(_PROJECTIONS)}). `step.accounting` has its share as a whole."
        )
    is_behind = all(part is not projection for part in layer.attention.modules())
    return AttentionOutput(
        projection=weights.linear(projection),
        value_bias=_value_bias(weights, parts),
        norm=read_norm(weights, layer.attention) if is_behind else None,
        multiplier=layer.multiplier,
    )


def read_norm(weights: Weights, module: nn.Module | None) -> FrozenNorm:
    """Returns a norm with its weights; None is no norm.

    Raises:
        ModelError: it follows no known formula.
    """
    size = getattr(weights.config.get_text_config(decoder=True), "hidden_size", None)
    formula = read_formula(module, size or 8)
    if formula.kind is NormKind.OTHER:
        raise ModelError(
            f"The norm {type(module).__name__!r} follows no known formula, so nothing can be traced through it. "
            "`step.hidden_states()` has what was recorded before and after."
        )
    if module is None:
        return FrozenNorm(formula, None, None)
    gain, bias = weights.vector(module, "weight"), weights.vector(module, "bias")
    return FrozenNorm(formula, None if gain is None else gain + formula.offset, bias)


def _value_bias(weights: Weights, parts: dict[str, nn.Module]) -> Vectors | None:
    """Returns the bias of the values, flat, or None where there is none or its place is not known."""
    own, joint, mixed = _first(parts, _VALUES), _first(parts, _JOINT), parts.get(_INTERLEAVED)
    if own is not None:
        return weights.vector(own, "bias")
    if joint is not None:
        bias, size = weights.vector(joint, "bias"), _value_size(weights)
        return None if bias is None or size is None else bias[-size:]
    bias = None if mixed is None else weights.vector(mixed, "bias")
    heads = getattr(weights.config, "num_attention_heads", None)
    if bias is None or not heads or bias.size % (3 * heads):
        return None
    return bias.reshape(heads, 3, -1)[:, 2].ravel()


def _value_size(weights: Weights) -> int | None:
    """Returns the number of values of one position, or None where the configuration does not say."""
    config = weights.config.get_text_config(decoder=True)
    heads, hidden = getattr(config, "num_attention_heads", None), getattr(config, "hidden_size", None)
    if not heads or not hidden:
        return None
    sharing = getattr(config, "num_key_value_heads", None) or heads
    return int(sharing * (getattr(config, "head_dim", None) or hidden // heads))


def _first(parts: dict[str, nn.Module], names: tuple[str, ...]) -> nn.Module | None:
    return next((parts[name] for name in names if name in parts), None)
