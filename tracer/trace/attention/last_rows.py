"""The sampled position's attention in every layer at once: what each head read where, one row each.

What a forward added to the cache stands in one entry for many layers; it is read once for all of them, so that
many layers after many steps cost little more than their arithmetic. Holds no keys of more than one layer in
float32. Derived from the recording, in float32.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from tracer.schema import LayerAttention
from tracer.store.format import parse_layers
from tracer.store.reader import ArrayIndex
from tracer.store.safetensors_file import AnyArray
from tracer.trace.attention.history import LayerHistory
from tracer.trace.attention.masks import as_additive, read_mask
from tracer.trace.attention.positions import stored_rows
from tracer.trace.attention.softmax import Floats, softmax
from tracer.trace.forward import Forward

if TYPE_CHECKING:
    from tracer.trace.call import Call

_SHORT = 32
"""An entry of fewer positions is joined with its neighbors before anything is computed."""

_layers_of = lru_cache(maxsize=256)(parse_layers)


@dataclass(frozen=True, slots=True)
class _Block:
    """Keys of some layers at the positions start … stop, (layers, kv_heads, positions, head_dim) as stored."""

    layers: tuple[int, ...]
    values: AnyArray
    dtype: str
    start: int

    @property
    def stop(self) -> int:
        return self.start + int(self.values.shape[2])


def last_rows(
    call: "Call", forward: Forward, row: int, constants: Sequence[LayerAttention]
) -> dict[int, Floats]:
    """Returns each layer's weights of the forward's last position, (heads, position_end), by absolute position.

    A layer whose queries or keys are not stored is left out.
    """
    blocks = list(_blocks(call, forward, row, [one.layer for one in constants]))
    found: dict[int, Floats] = {}
    for one in constants:
        weights = _row_of(call, forward, row, one, blocks)
        call.files.arrays.forget()  # no other layer reads these pages
        if weights is not None:
            found[one.layer] = weights
    return found


def _row_of(
    call: "Call", forward: Forward, row: int, constants: LayerAttention, blocks: list[_Block]
) -> Floats | None:
    view, stored = (
        forward.view(constants.layer),
        list(stored_rows((forward,), "queries", constants.layer)),
    )
    if view is None or not stored:
        return None
    queries = stored[-1].read(row, (slice(None), slice(stored[-1].count - 1, None)))
    heads, _, head_dim = queries.shape
    shared = queries.reshape(constants.num_key_value_heads, -1, head_dim) * np.float32(constants.scaling)
    end = forward.position_end
    scores = np.full((heads, end), -np.inf, dtype=np.float32)
    low, is_stored = view.kv_offset, np.zeros(end, dtype=np.bool_)
    for block in blocks:
        if constants.layer not in block.layers or block.stop <= low:
            continue
        start = max(low, block.start)
        keys = _floats(block, block.layers.index(constants.layer), start)
        scores[:, start : block.stop] = (shared @ keys.transpose(0, 2, 1)).reshape(heads, -1)
        is_stored[start : block.stop] = True
    if not is_stored[low:].all():
        return None
    if constants.softcap is not None:
        scores[:, low:] = np.tanh(scores[:, low:] / np.float32(constants.softcap)) * np.float32(
            constants.softcap
        )
    mask = read_mask(forward, view, constants, row, range(forward.query_len - 1, forward.query_len))
    scores[:, low:] += as_additive(mask[..., 0, : end - low])
    return softmax(scores[:, None], LayerHistory.sinks_of(call, constants))[:, 0]


def _blocks(call: "Call", forward: Forward, row: int, layers: Sequence[int]) -> Iterator[_Block]:
    """Yields the keys that the layers saw; those that neighbor each other in short entries are joined."""
    waiting: dict[tuple[int, ...], list[_Block]] = {}
    for block in _entries(call, forward, row, layers):
        line = waiting.setdefault(block.layers, [])
        is_next = bool(line) and line[-1].stop == block.start and line[-1].dtype == block.dtype
        if line and not is_next:
            yield _joined(line)
            line.clear()
        if block.stop - block.start >= _SHORT:
            if line:
                yield _joined(line)
                line.clear()
            yield block
        else:
            line.append(block)
    for line in waiting.values():
        if line:
            yield _joined(line)


def _joined(line: list[_Block]) -> _Block:
    values = np.concatenate([block.values for block in line], axis=2) if len(line) > 1 else line[0].values
    return _Block(line[0].layers, values, line[0].dtype, line[0].start)


def _entries(
    call: "Call", forward: Forward, row: int, layers: Sequence[int], shared: int | None = None
) -> Iterator[_Block]:
    """Yields every entry of keys up to a forward; up to the position `shared` of an earlier call."""
    for one in call.forwards:
        if one.index > forward.index:
            return
        if one.is_auxiliary:
            continue
        if one.prefix_call is not None and one.prefix_shared > 0:
            earlier = call.trace.call(one.prefix_call)
            yield from _entries(earlier, earlier.forwards[-1], row, layers, one.prefix_shared)
        for signal, end in (("prefix_keys", one.position_start), ("keys", one.position_end)):
            for block in _of_forward(one.files.arrays, one.index, signal, end, row, layers):
                if shared is None:
                    yield block
                elif block.start < shared:
                    yield _Block(
                        block.layers, block.values[:, :, : shared - block.start], block.dtype, block.start
                    )


def _of_forward(
    arrays: ArrayIndex, forward: int, signal: str, end: int, row: int, layers: Sequence[int]
) -> Iterator[_Block]:
    remaining = list(layers)
    while remaining:
        place = arrays.find_layer(forward, signal, remaining[0])
        if place is None:
            remaining = remaining[1:]
            continue
        held = _layers_of(place[0].rsplit("/", 1)[1])
        values = arrays.raw(place[0])[:, row]
        yield _Block(tuple(held), values, arrays.entry(place[0]).dtype, end - int(values.shape[2]))
        remaining = [layer for layer in remaining if layer not in held]


def _floats(block: _Block, axis_index: int, start: int) -> Floats:
    raw = block.values[axis_index, :, start - block.start :]
    if block.dtype != "bfloat16":
        return np.asarray(raw, dtype=np.float32)
    words = np.zeros((*raw.shape, 2), dtype=np.uint16)
    words[..., 1] = raw  # the upper half of a float32, on a little-endian machine
    return words.view("<f4")[..., 0]
