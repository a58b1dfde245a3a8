"""The mask that one layer's attention used in one forward, as given, for one row of the batch.

"Causal, none given" is spelled out from absolute positions; nothing is rebuilt from the configuration.
"""

import math

import numpy as np
import numpy.typing as npt

from tracer.errors import TraceFormatError
from tracer.schema import LayerAttention
from tracer.store.format import forward_entry
from tracer.trace.attention.softmax import Floats, Mask
from tracer.trace.forward import Forward, LayerView, MaskForm


def read_mask(forward: Forward, view: LayerView, attention: LayerAttention | None, row: int) -> Mask:
    """Returns the mask, (query_len, kv_len), or (heads, query_len, kv_len) where heads differ.

    Boolean (True is visible) or additive float32.
    """
    if view.mask < 0:
        return _causal(forward, view, attention)
    form = forward.masks[view.mask]
    values = _stored(forward, view.mask, form)
    values = values[0 if values.shape[0] == 1 else row]
    if values.ndim == 1:  # keys only, as flash attention takes it
        given = values[: view.kv_len]
        visible: npt.NDArray[np.bool_] = given if given.dtype == np.bool_ else given >= 0
        return visible & _causal(forward, view, attention)
    values = values[0] if values.ndim == 3 and values.shape[0] == 1 else values
    if values.shape[-1] < view.kv_len or values.shape[-2] not in (1, forward.query_len):
        raise TraceFormatError(
            f"Mask {view.mask} of forward {forward.index} has the shape {form.shape}, which does not fit "
            f"{forward.query_len} queries and {view.kv_len} keys. The trace is damaged: record again."
        )
    shape = (*values.shape[:-2], forward.query_len, view.kv_len)
    return np.broadcast_to(values[..., : view.kv_len], shape)


def as_additive(mask: Mask) -> Floats:
    """Returns a mask to be added: -inf where a boolean one hides."""
    added = np.where(mask, np.float32(0), np.float32(-np.inf)) if mask.dtype == np.bool_ else mask
    return added.astype(np.float32, copy=False)


def _stored(forward: Forward, number: int, form: MaskForm) -> Mask:
    stored = forward.files.arrays.read(forward_entry(forward.index, f"masks/{number}"))
    if form.kind == "additive":
        return _floats(stored)
    bits = np.unpackbits(stored, count=math.prod(form.shape)).reshape(form.shape).astype(np.bool_)
    if form.kind == "bits":
        return bits
    lowest = float(np.finfo(np.float32).min)
    fill = lowest if form.fill is None else form.fill
    return np.where(bits, np.float32(0), np.float32(fill if math.isinf(fill) else max(fill, lowest)))


def _floats(values: Floats) -> Floats:
    """float64's most negative value becomes float32's."""
    limits = np.finfo(np.float32)
    clipped = values if values.dtype == np.float32 else np.clip(values, limits.min, limits.max)
    return clipped.astype(np.float32)


def _causal(forward: Forward, view: LayerView, attention: LayerAttention | None) -> npt.NDArray[np.bool_]:
    queries = np.arange(forward.position_start, forward.position_end)[:, None]
    keys = np.arange(view.kv_offset, view.kv_offset + view.kv_len)[None, :]
    if attention is not None and not attention.is_causal:
        return np.ones((len(queries), keys.shape[1]), dtype=np.bool_)
    visible: npt.NDArray[np.bool_] = keys <= queries
    if attention is not None and attention.sliding_window is not None:
        visible = visible & (queries - keys < attention.sliding_window)
    return visible
