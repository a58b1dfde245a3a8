"""The mask that one layer's attention used in one forward, as given, for one row of the batch.

"Causal, none given" is spelled out from absolute positions; nothing is rebuilt from the configuration.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tracer.errors import TraceFormatError
from tracer.schema import LayerAttention
from tracer.store.format import forward_entry
from tracer.trace.attention.softmax import Floats, Mask
from tracer.trace.forward import Forward, LayerView, MaskForm


def read_mask(
    forward: Forward,
    view: LayerView,
    attention: LayerAttention | None,
    row: int,
    queries: range | None = None,
) -> Mask:
    """Returns the mask, (query_len, kv_len), or (heads, query_len, kv_len) where heads differ.

    Boolean (True is visible) or additive float32. `queries` chooses some of the forward's input positions,
    counted from 0; only their part of the mask is read.
    """
    chosen = range(forward.query_len) if queries is None else queries
    if view.mask < 0:
        return _causal(forward, view, attention, chosen)
    form = forward.masks[view.mask]
    if len(form.shape) > 2 and (form.shape[-1] < view.kv_len or form.shape[-2] not in (1, forward.query_len)):
        raise TraceFormatError(
            f"Mask {view.mask} of forward {forward.index} has the shape {form.shape}, which does not fit "
            f"{forward.query_len} queries and {view.kv_len} keys. The trace is damaged: record again."
        )
    values: npt.NDArray[Any] = _stored(
        forward, view.mask, form, _Part(0 if form.shape[0] == 1 else row, chosen)
    )
    if values.ndim == 1:  # keys only, as flash attention takes it
        given = values[: view.kv_len]
        visible: npt.NDArray[np.bool_] = given if given.dtype == np.bool_ else given >= 0
        return visible & _causal(forward, view, attention, chosen)
    values = values[0] if values.ndim == 3 and values.shape[0] == 1 else values
    shape = (*values.shape[:-2], len(chosen), view.kv_len)
    return np.broadcast_to(values[..., : view.kv_len], shape)


def as_additive(mask: Mask) -> Floats:
    """Returns a mask to be added: -inf where a boolean one hides."""
    added = np.where(mask, np.float32(0), np.float32(-np.inf)) if mask.dtype == np.bool_ else mask
    return added.astype(np.float32, copy=False)


class _Part(NamedTuple):
    """What of a mask is read: one row of the batch, some of its queries."""

    row: int
    queries: range


def _stored(forward: Forward, number: int, form: MaskForm, part: _Part) -> Mask:
    """Returns the part of a stored mask, (…, queries, keys) or (keys,); one query stands for all of them."""
    name, arrays = forward_entry(forward.index, f"masks/{number}"), forward.files.arrays
    if form.kind == "additive":
        has_queries = len(form.shape) > 2 and form.shape[-2] > 1
        queries = slice(part.queries.start, part.queries.stop) if has_queries else slice(None)
        between = [slice(None)] * (len(form.shape) - 3)
        return _floats(arrays.read(name, (part.row, *between, queries)))
    bits = _bits(forward, name, form.shape, part)
    if form.kind == "bits":
        return bits
    lowest = float(np.finfo(np.float32).min)
    fill = lowest if form.fill is None else form.fill
    return np.where(bits, np.float32(0), np.float32(fill if math.isinf(fill) else max(fill, lowest)))


def _bits(forward: Forward, name: str, shape: tuple[int, ...], part: _Part) -> npt.NDArray[np.bool_]:
    """Returns the unpacked bits of a part; reads no more of the entry than that takes."""
    own = shape[1:]
    length, first = math.prod(own), part.row * math.prod(own)
    if len(own) < 2 or own[-2] == 1:
        return _unpacked(forward, name, first, length).reshape(own)
    blocks = range(first, first + length, own[-2] * own[-1])
    skipped, count = part.queries.start * own[-1], len(part.queries) * own[-1]
    picked = [_unpacked(forward, name, block + skipped, count) for block in blocks]
    return np.concatenate(picked).reshape(*own[:-2], len(part.queries), own[-1])


def _unpacked(forward: Forward, name: str, first: int, count: int) -> npt.NDArray[np.bool_]:
    begin = first // 8
    packed = forward.files.arrays.read(name, slice(begin, -(-(first + count) // 8)))
    skipped = first - 8 * begin
    return np.unpackbits(packed, count=skipped + count)[skipped:].astype(np.bool_)


def _floats(values: Floats) -> Floats:
    """float64's most negative value becomes float32's."""
    limits = np.finfo(np.float32)
    clipped = values if values.dtype == np.float32 else np.clip(values, limits.min, limits.max)
    return clipped.astype(np.float32)


def _causal(
    forward: Forward, view: LayerView, attention: LayerAttention | None, chosen: range
) -> npt.NDArray[np.bool_]:
    queries = np.arange(chosen.start, chosen.stop)[:, None] + forward.position_start
    keys = np.arange(view.kv_offset, view.kv_offset + view.kv_len)[None, :]
    if attention is not None and not attention.is_causal:
        return np.ones((len(queries), keys.shape[1]), dtype=np.bool_)
    visible: npt.NDArray[np.bool_] = keys <= queries
    if attention is not None and attention.sliding_window is not None:
        visible = visible & (queries - keys < attention.sliding_window)
    return visible
