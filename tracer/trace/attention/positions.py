"""Which positions of a step's forwards a layer-wise signal was stored for, and the values at them.

Positions are absolute cache columns. Stored positions are always the last ones of a forward's input.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tracer.store.safetensors_file import Index
from tracer.trace.attention.softmax import Floats
from tracer.trace.forward import Forward

_POSITIONS_AXIS = -2


@dataclass(frozen=True, slots=True)
class StoredRows:
    """The positions of one forward for which one layer of a signal is stored."""

    forward: Forward
    name: str
    axis_index: int
    count: int

    @property
    def positions(self) -> range:
        """The absolute positions."""
        return range(self.forward.position_end - self.count, self.forward.position_end)

    def read(self, row: int, index: tuple[slice, ...] = ()) -> Floats:
        """Returns the values of one row of the batch, float32, the layer and row axes taken away."""
        place: Index = (self.axis_index, row, *index)
        return self.forward.files.arrays.read(self.name, place).astype(np.float32, copy=False)


def stored_rows(forwards: tuple[Forward, ...], signal: str, layer: int) -> Iterator[StoredRows]:
    """Returns where the forwards store a layer of a signal, in order; nothing for those that do not."""
    for forward in forwards:
        arrays = forward.files.arrays
        place = arrays.find_layer(forward.index, signal, layer)
        if place is not None:
            yield StoredRows(forward, *place, count=arrays.entry(place[0]).shape[_POSITIONS_AXIS])


def read_rows(forwards: tuple[Forward, ...], signal: str, layer: int, row: int) -> Floats | None:
    """Returns a layer of a signal, positions on the second last axis, or None where it is not stored."""
    parts = [stored.read(row) for stored in stored_rows(forwards, signal, layer)]
    return np.concatenate(parts, axis=_POSITIONS_AXIS) if parts else None


def read_positions(forwards: tuple[Forward, ...], signal: str, layer: int) -> tuple[int, ...]:
    """Returns the absolute positions that `read_rows` gives values for."""
    return tuple(position for stored in stored_rows(forwards, signal, layer) for position in stored.positions)
