"""Keys and values as a layer saw them, put together from what each forward added.

Every forward stores only its new positions; the first one also stores what the cache already held, or names
the earlier call that holds it. Positions are absolute cache columns.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from tracer.store.reader import ArrayIndex
from tracer.trace.attention.softmax import Floats
from tracer.trace.forward import Forward

if TYPE_CHECKING:
    from tracer.trace.call import Call

Signal = Literal["keys", "values"]


@dataclass(frozen=True, slots=True)
class Segment:
    """The positions start … stop of one layer, where they are stored; `first` is that of the entry."""

    arrays: ArrayIndex
    name: str
    axis_index: int
    first: int
    start: int
    stop: int

    def read(self, row: int, start: int, stop: int, heads: slice | None = None) -> Floats:
        """Returns (kv_heads, stop - start, head_dim) float32 of one row."""
        columns = slice(start - self.first, stop - self.first)
        return self.arrays.read(self.name, (self.axis_index, row, heads or slice(None), columns)).astype(
            np.float32, copy=False
        )


def seen_key_values(call: "Call", forward: Forward, layer: int, row: int, signal: Signal) -> Floats | None:
    """Returns what a forward's layer saw, (kv_heads, kv_len, head_dim); positions not written yet are zeros.

    None where the layer was not heard, or where a position that was written is not stored.
    """
    view = forward.view(layer)
    if view is None:
        return None
    span = range(view.kv_offset, view.kv_offset + view.kv_len)
    return join_segments(stored_segments(call, layer, signal, forward.index), row, span, forward.position_end)


def join_segments(
    segments: Iterable[Segment], row: int, span: range, written: int, heads: slice | None = None
) -> Floats | None:
    """Returns the values at the positions of `span`, (kv_heads, len(span), head_dim); zeros from `written` on.

    None where one before `written` is not stored.
    """
    result: Floats | None = None
    is_stored = np.zeros(len(span), dtype=np.bool_)
    for segment in segments:
        start, stop = max(segment.start, span.start), min(segment.stop, span.stop)
        if start >= stop:
            continue
        values = segment.read(row, start, stop, heads)
        if result is None:
            result = np.zeros((values.shape[0], len(span), values.shape[2]), dtype=np.float32)
        result[:, start - span.start : stop - span.start] = values
        is_stored[start - span.start : stop - span.start] = True
    return result if bool(is_stored[: max(0, written - span.start)].all()) else None


def stored_segments(call: "Call", layer: int, signal: Signal, last_forward: int | None) -> Iterator[Segment]:
    """Yields where a layer's keys or values are stored, in order, up to a forward (None: all of the call)."""
    for forward in call.forwards:
        if last_forward is not None and forward.index > last_forward:
            return
        if forward.is_auxiliary:
            continue
        if forward.prefix_call is not None and forward.prefix_shared > 0:
            yield from _shared(call.trace.call(forward.prefix_call), layer, signal, forward.prefix_shared)
        yield from _entry(call, forward, f"prefix_{signal}", layer, forward.position_start)
        yield from _entry(call, forward, signal, layer, forward.position_end)


def _shared(earlier: "Call", layer: int, signal: Signal, length: int) -> Iterator[Segment]:
    for segment in stored_segments(earlier, layer, signal, None):
        if segment.start < length:
            yield replace(segment, stop=min(segment.stop, length))


def _entry(call: "Call", forward: Forward, signal: str, layer: int, stop: int) -> Iterator[Segment]:
    arrays = call.files.arrays
    place = arrays.find_layer(forward.index, signal, layer)
    if place is not None:
        start = stop - arrays.entry(place[0]).shape[3]
        yield Segment(arrays, *place, first=start, start=start, stop=stop)
