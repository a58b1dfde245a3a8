"""A window of an attention map as a tile: reduced to at most 768 pixels a side, then as bytes for the browser.

Each pixel is the largest weight of f × f places. Computes no attention. The bytes, all little-endian; rows and
columns are places of the text:

     0  u32  0x31545441 ("ATT1")        28  u32  f
     4  u32  first row, 8 its end       32  f32  largest weight of the window
    12  u32  first column, 16 its end   36  f32  largest weight outside column 0
    20  u32  height, 24 width           40  u32  1: some rows of the window are not stored; 44  u32  0
    48  u8   pixels, row by row: round(254 · sqrt(weight)), 255 where no row of the pixel is stored

"""

import struct
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tracer.analysis.attention_rows import Weights

TILE_SIDE = 768
"""A tile has at most so many pixels on a side."""

_MAGIC = 0x31545441
_LEVELS = 254
_NOT_STORED = 255

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a map, in places; the ends are exclusive."""

    row0: int
    row1: int
    column0: int
    column1: int

    @property
    def factor(self) -> int:
        """How many places a pixel covers, both ways."""
        return max(1, -(-max(self.row1 - self.row0, self.column1 - self.column0) // TILE_SIDE))


@dataclass(frozen=True, slots=True, eq=False)
class MapWindow:
    """`weights` (height, width) are the largest of each pixel; `is_stored` (height,) says which rows are known."""

    window: Window
    factor: int
    weights: Weights
    is_stored: Bools
    largest: float
    largest_beyond_first: float
    has_missing_rows: bool


def pool(weights: Weights, factor: int) -> Weights:
    """Returns the largest of every factor × factor places; the last row and column may cover fewer."""
    for _ in range(2):  # rows first: whole lines are compared at once
        if factor > 1:
            pooled = weights[::factor].copy()
            for offset in range(1, factor):
                line = weights[offset::factor]
                np.maximum(pooled[: len(line)], line, out=pooled[: len(line)])
            weights = pooled
        weights = weights.T
    return np.ascontiguousarray(weights)


def tile_bytes(tile: MapWindow) -> bytes:
    """Returns a window as the bytes that the browser draws; the module's docstring has the layout."""
    pixels = np.rint(_LEVELS * np.sqrt(np.minimum(tile.weights, 1.0))).astype(np.uint8)
    pixels[~tile.is_stored] = _NOT_STORED
    window = tile.window
    header = struct.pack(
        "<8I2f2I",
        _MAGIC,
        window.row0,
        window.row1,
        window.column0,
        window.column1,
        *pixels.shape,
        tile.factor,
        tile.largest,
        tile.largest_beyond_first,
        int(tile.has_missing_rows),
        0,
    )
    body: bytes = pixels.tobytes()
    return header + body


def runs_of(marked: Bools) -> tuple[tuple[int, int], ...]:
    """Returns the runs of True, as (first, end)."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], marked, [False])).astype(np.int8)))
    return tuple((int(first), int(end)) for first, end in edges.reshape(-1, 2))
