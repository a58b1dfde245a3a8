"""Turns one forward's summary into its table row, and its masks into their stored form.

Runs on the writer's thread; numpy only.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from tracer.recording.listening.caches import LayerCache
from tracer.recording.listening.forward_capture import ForwardSummary
from tracer.recording.transport.transfer import HostArray


def forward_row(summary: ForwardSummary, masks: list[dict[str, object]]) -> dict[str, object]:
    """Returns the row of `tracer.store.tables.FORWARDS`."""
    place = summary.place
    return {
        "forward": place.index,
        "step": place.step,
        "phase": "prefill" if place.step == 0 else "decode",
        "is_auxiliary": place.is_auxiliary,
        "query_len": summary.query_len,
        "position_start": place.position_start,
        "prefix_len": place.prefix_len,
        "prefix_call": None,
        "prefix_shared": 0,
        "inputs": [item.as_row() for item in summary.inputs],
        "cache_class": summary.cache_class,
        "cache_layers": _cache_rows(summary.cache_before, summary.cache_after),
        "views": [
            {"layer": view.layer, "kv_len": view.kv_len, "kv_offset": view.kv_offset, "mask": view.mask}
            for view in summary.views
        ],
        "masks": masks,
        "changed_positions": None,
        "outputs": [item.as_row() for item in summary.outputs],
        "started_ms": summary.started_ms,
        "elapsed_ms": summary.elapsed_ms,
        "device_ms": _device_ms(summary),
        "waited_ms": summary.waited_ms,
    }


def _cache_rows(before: tuple[LayerCache, ...], after: tuple[LayerCache, ...]) -> list[dict[str, object]]:
    known = {layer.layer: layer for layer in before}
    rows: list[dict[str, object]] = []
    for layer in after:
        earlier = known.get(layer.layer)
        rows.append(
            {
                "layer": layer.layer,
                "class_name": layer.class_name,
                "len_before": 0 if earlier is None else earlier.length,
                "len_after": layer.length,
                "key_shape": None if layer.key_shape is None else list(layer.key_shape),
                "bytes_before": 0 if earlier is None else earlier.nbytes,
                "bytes_after": layer.nbytes,
            }
        )
    return rows


def _device_ms(summary: ForwardSummary) -> float | None:
    if summary.events is None:
        return None
    start, end = summary.events
    end.synchronize()
    return float(start.elapsed_time(end))


def pack_mask(mask: HostArray) -> tuple[npt.NDArray[Any], dict[str, object]]:
    """Returns a mask's stored array and its row of `tracer.store.tables.MASK`.

    A boolean mask, and an additive one of just 0 and one lowest value, become packed bits (1: visible).
    """
    row: dict[str, object] = {"shape": list(mask.values.shape), "dtype": mask.dtype, "fill": None}
    if mask.dtype == "bool":
        return np.packbits(mask.values.astype(bool)), {**row, "kind": "bits"}
    values = mask.as_float32() if mask.dtype in ("bfloat16", "float16", "float32") else mask.values
    visible = values == 0
    hidden = values[~visible]
    if hidden.size == 0 or (hidden == hidden[0]).all():
        fill = float(hidden[0]) if hidden.size else float("-inf")
        return np.packbits(visible), {**row, "kind": "additive_bits", "fill": fill}
    return mask.values, {**row, "kind": "additive"}
