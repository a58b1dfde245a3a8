"""`sources`: one step's logit difference, taken apart to the last source token, from what the trace holds.

Queries, keys, values, streams and recorded shares come from the trace; output projections, norms, head rows and
biases from the model or its files. No forward is run. What the parts give is compared with what was recorded, so
that other weights are an error and not a wrong answer.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tracer.analysis.kept_sources import keep_sources
from tracer.analysis.source_shares import SourceShares, StepAfter, ids_at, rival_of
from tracer.errors import ModelError
from tracer.live.loading.models import require_live_packages
from tracer.live.replaying.recorded_text import token_id_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tracer.live.attention_outputs import AttentionSplit
    from tracer.live.layer_sources import LayerSources, Pair, RecordedParts
    from tracer.live.reading_weights.weights import Weights
    from tracer.recording.model.anatomy import Anatomy
    from tracer.recording.model.norms import Vectors
    from tracer.trace.step import Step


def sources(
    step: "Step",
    *,
    rival: int | str | None = None,
    model: Any = None,
    checkpoint: str | Path | None = None,
) -> SourceShares:
    """Returns which source token, through which head, pushed the chosen token ahead of a rival, and by how much.

    Needs logits, hidden states, queries, keys and values in the trace, as the preset `standard` records them. The
    answer is kept in the trace's `derived/` folder, for `tracer.analysis.kept_sources`.

    Args:
        rival: a token id or a token's text; default: the runner-up (greedy: by logits).
        model: the recorded model, loaded; its quantized modules are applied, not read.
        checkpoint: a folder with its safetensors files, of which only the tensors needed are read; default: the
            folder of the recorded model's name.

    Raises:
        SignalMissingError: something that is needed was not recorded.
        ModelError: the weights cannot be read, or are not those of the recorded model.
        ValueError: there is no such rival, or it is the chosen token.
    """
    require_live_packages("sources")
    from tracer.live.layer_sources import read_parts, split_layer

    pair = _pair(step, rival)
    recorded = read_parts(step, pair)
    weights = _weights(step, model, checkpoint)
    _require_same_model(step, weights)
    final = _read_final(weights, recorded.streams[-1], pair)
    count = len(weights.anatomy.layers)
    layers = [split_layer(step, index, recorded, weights, final.readouts) for index in range(count)]
    named = f"checkpoint {checkpoint or step.call.trace.model.name}" if model is None else "the live model"
    shares = _assemble(step, pair, recorded, final, layers, weights_from=named, anatomy=weights.anatomy)
    _require_agreement(step, shares)
    keep_sources(step.call.trace.path, shares)
    return shares


@dataclass(frozen=True, slots=True)
class _Final:
    """From the last stream to both logits: what each reads, (2, hidden), and the biases on the way, (2,)."""

    readouts: "Vectors"
    norm_bias: "Vectors"
    head_bias: "Vectors"


def _pair(step: "Step", rival: int | str | None) -> "Pair":
    rival_id = rival_of(step) if rival is None else token_id_of(step, rival, "rival")
    if rival_id == step.token_id:
        raise ValueError(
            f"rival={rival!r} is the chosen token itself. Name another token, or leave rival out."
        )
    return step.token_id, rival_id


def _weights(step: "Step", model: Any, checkpoint: str | Path | None) -> "Weights":
    import torch

    from tracer.live.reading_weights.weights import CheckpointWeights, LiveWeights

    if model is not None and checkpoint is not None:
        raise ValueError("Both model and checkpoint were given. Leave one of them out.")
    if model is not None:
        return LiveWeights(model)
    info = step.call.trace.model
    if info.adapters or info.quantization:
        what = f"adapters={info.adapters}" if info.adapters else f"quantization={info.quantization!r}"
        raise ModelError(
            f"The trace was recorded with {what}, and the files of a checkpoint do not hold that. "
            "Load the recorded model and pass model=...."
        )
    return CheckpointWeights(checkpoint or info.name, dtype=getattr(torch, info.dtype))


def _require_same_model(step: "Step", weights: "Weights") -> None:
    info, config = step.call.trace.model, weights.config.get_text_config(decoder=True)
    found = {name: getattr(config, name, None) for name in ("hidden_size", "vocab_size")}
    for name, now in {"num_hidden_layers": len(weights.anatomy.layers), **found}.items():
        was = getattr(info, name)
        if None not in (was, now) and was != now:
            raise ModelError(
                f"The trace was recorded with {name}={was!r}, and this model has {now!r}. "
                f"Use the recorded model: {info.name!r}."
            )


def _read_final(weights: "Weights", stream: "Vectors", pair: "Pair") -> _Final:
    from tracer.live.attention_outputs import read_norm

    anatomy = weights.anatomy
    if anatomy.head is None:
        raise ModelError(
            "The model names no output head, so no logit can be traced back. "
            "Use a causal language model whose get_output_embeddings() returns its head."
        )
    head = weights.linear(anatomy.head)
    rows, bias = head.rows(pair), np.zeros(2) if head.bias is None else head.bias[list(pair)]
    if anatomy.projection is not None:
        projection = weights.linear(anatomy.projection)
        bias = bias if projection.bias is None else bias + rows @ projection.bias
        rows = projection.pull(rows)
    norm = read_norm(weights, anatomy.final_norm)
    return _Final(
        readouts=norm.pull(rows, stream),
        norm_bias=np.zeros(2) if norm.bias is None else rows @ norm.bias,
        head_bias=bias,
    )


def _assemble(
    step: "Step",
    pair: "Pair",
    recorded: "RecordedParts",
    final: _Final,
    layers: "list[LayerSources]",
    *,
    anatomy: "Anatomy",
    weights_from: str,
) -> SourceShares:
    splits = [layer.split for layer in layers]
    embedding = final.readouts @ recorded.streams[0]
    rounding = np.sum([layer.rounding for layer in layers], axis=0)
    norm_rounding = recorded.shares("norm.rounding")
    rounding = rounding if norm_rounding is None else rounding + norm_rounding
    sums = embedding + final.norm_bias + final.head_bias + rounding
    sums = sums + np.sum([layer.mlp for layer in layers], axis=0)
    sums = sums + np.sum([split.sums for split in splits if split is not None], axis=0)
    steps_after, last = _after(anatomy, sums)
    positions, attention = _joined(layers)
    ids, visible = ids_at(step, positions), step.call.trace.vocabulary.visible
    return SourceShares(
        call=step.call.index,
        row=step.sequence.row,
        step=step.index,
        token_id=pair[0],
        token=visible(pair[0]),
        rival_id=pair[1],
        rival=visible(pair[1]),
        positions=positions,
        source_ids=ids,
        source_tokens=tuple("?" if token_id is None else visible(token_id) for token_id in ids),
        attention=attention,
        value_bias=np.array([0.0 if split is None else _lead(split.value_bias) for split in splits]),
        output_bias=np.array([0.0 if split is None else _lead(split.output_bias) for split in splits]),
        mlp=np.array([_lead(layer.mlp) for layer in layers]),
        embedding=_lead(embedding),
        norm_bias=_lead(final.norm_bias),
        head_bias=_lead(final.head_bias),
        rounding=_lead(rounding),
        steps_after=steps_after,
        difference=_lead(recorded.logits),
        remainder=_lead(recorded.logits) - _lead(last),
        undivided=tuple(index for index, split in enumerate(splits) if split is None),
        weights_from=weights_from,
    )


def _lead(both: "Vectors") -> float:
    return float(both[0] - both[1])


def _after(anatomy: "Anatomy", sums: "Vectors") -> tuple[tuple[StepAfter, ...], "Vectors"]:
    """Returns the steps after the sum, and both logits behind the last of them."""
    steps = []
    if anatomy.scaling is not None:
        sums = sums * anatomy.scaling
        steps.append(StepAfter("scaling", anatomy.scaling, _lead(sums)))
    if anatomy.softcap is not None:
        sums = anatomy.softcap * np.tanh(sums / anatomy.softcap)
        steps.append(StepAfter("softcap", anatomy.softcap, _lead(sums)))
    return tuple(steps), sums


def _joined(layers: "Sequence[LayerSources]") -> tuple[tuple[int, ...], "Vectors"]:
    """Returns the positions that any layer saw, and (layers, heads, positions): the lead of the chosen token."""
    seen: list[tuple[int, int, AttentionSplit]] = [
        (index, layer.first_position, layer.split)
        for index, layer in enumerate(layers)
        if layer.split is not None
    ]
    low = min((first for _, first, _ in seen), default=0)
    high = max((first + split.cells.shape[2] for _, first, split in seen), default=0)
    heads = max((split.cells.shape[1] for _, _, split in seen), default=0)
    attention = np.zeros((len(layers), heads, high - low))
    for index, first, split in seen:
        _, count, length = split.cells.shape
        attention[index, :count, first - low : first - low + length] = split.cells[0] - split.cells[1]
    return tuple(range(low, high)), attention


def _require_agreement(step: "Step", shares: SourceShares) -> None:
    from tracer.live.layer_sources import largest_gap

    size = sum(abs(part.value) for part in shares.parts) + float(np.abs(step.logits[[*_ids(shares)]]).sum())
    if not abs(shares.remainder) <= largest_gap(step) * size:
        raise ModelError(
            f"The parts sum to {shares.total:.4g}, and the recorded logits differ by {shares.difference:.4g}: final "
            f"norm or head are not those that were recorded. Use the recorded model: {step.call.trace.model.name!r}."
        )


def _ids(shares: SourceShares) -> tuple[int, int]:
    return shares.token_id, shares.rival_id
