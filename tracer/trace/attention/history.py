"""One layer's attention over all the rows up to a step: those of the prompt and one for each step behind it.

A row exists where its query is stored. Weights are computed for the rows asked for, a block at a time, over the
keys that they can see; nothing of the size of rows × keys is kept. Positions are absolute cache columns.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tracer.schema import LayerAttention
from tracer.trace.attention.key_values import join_segments, stored_segments
from tracer.trace.attention.masks import as_additive, read_mask
from tracer.trace.attention.positions import StoredRows, stored_rows
from tracer.trace.attention.softmax import Floats, softmax
from tracer.trace.forward import Forward, LayerView

if TYPE_CHECKING:
    from tracer.trace.call import Call

BLOCK_ROWS = 256
"""Rows that are computed together."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """Rows of one forward, start … stop, and what they saw."""

    stored: StoredRows
    view: LayerView
    start: int
    stop: int

    @property
    def forward(self) -> Forward:
        return self.stored.forward

    @property
    def queries(self) -> range:
        """The rows, counted from the forward's first input."""
        return range(self.start - self.forward.position_start, self.stop - self.forward.position_start)

    @property
    def reach(self) -> tuple[int, int]:
        """First position that any of its rows may see, and the end."""
        return self.view.kv_offset, min(self.view.kv_offset + self.view.kv_len, self.forward.position_end)


class LayerHistory:
    """A layer of one row of the batch, up to and with the forward `last`."""

    def __init__(self, call: "Call", last: Forward, row: int, constants: LayerAttention) -> None:
        self.call = call
        self.last = last
        self.row = row
        self.constants = constants

    @cached_property
    def stored(self) -> tuple[StoredRows, ...]:
        """Where queries are stored, by position."""
        heard = [one for one in self.call.forwards if one.index <= self.last.index and not one.is_auxiliary]
        heard = [one for one in heard if one.view(self.constants.layer) is not None]
        return tuple(stored_rows(tuple(heard), "queries", self.constants.layer))

    @property
    def positions(self) -> npt.NDArray[np.int64]:
        """The positions of the rows."""
        parts = [np.arange(one.positions.start, one.positions.stop) for one in self.stored]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)

    def keys(self, heads: slice | None = None) -> Floats | None:
        """Returns the keys of all positions, (kv_heads, positions, head_dim); None where one is not stored."""
        end = self.last.position_end
        segments = stored_segments(self.call, self.constants.layer, "keys", self.last.index)
        begin = min((self._view(one.forward).kv_offset for one in self.stored), default=0)
        keys = join_segments(segments, self.row, range(begin, end), end, heads)
        if keys is None or begin == 0:
            return keys
        return np.concatenate([np.zeros((keys.shape[0], begin, keys.shape[2]), np.float32), keys], axis=1)

    def key_head(self, head: int) -> int:
        """Returns the key/value head that serves a head."""
        return head // (self.constants.num_heads // self.constants.num_key_value_heads)

    def blocks(self, head: int, keys: Floats, rows: range) -> Iterator[tuple[range, int, Floats]]:
        """Yields (positions, first key, weights) for the stored ones of `rows`; other keys have no weight.

        Args:
            keys: of the head's key/value head, (positions, head_dim).
        """
        sinks = self.sinks_of(self.call, self.constants)
        sink = None if sinks is None else sinks[head : head + 1]
        for pieces in self._batches(rows):
            low = min(piece.reach[0] for piece in pieces)
            high = max(self._last_seen(piece) for piece in pieces)
            if self.constants.sliding_window is not None and all(piece.view.mask < 0 for piece in pieces):
                low = max(low, pieces[0].start - self.constants.sliding_window + 1)
            queries = np.concatenate([self._queries(piece, head) for piece in pieces])
            scores = (queries * np.float32(self.constants.scaling)) @ keys[low:high].T
            if self.constants.softcap is not None:
                cap = np.float32(self.constants.softcap)
                scores = np.tanh(scores / cap) * cap
            self._hide(scores, pieces, head, low)
            yield range(pieces[0].start, pieces[-1].stop), low, softmax(scores[None], sink)[0]

    @staticmethod
    def sinks_of(call: "Call", constants: LayerAttention) -> Floats | None:
        """Returns the sink logits of a layer's heads, where it has some and they are stored."""
        if not constants.has_sinks:
            return None
        for forward in call.forwards:
            place = forward.files.arrays.find_layer(forward.index, "sinks", constants.layer)
            if place is not None:
                return forward.files.arrays.read(place[0], place[1]).astype(np.float32, copy=False)
        return None

    def _view(self, forward: Forward) -> LayerView:
        view = forward.view(self.constants.layer)
        assert view is not None  # `stored` has only forwards with one
        return view

    def _batches(self, rows: range) -> Iterator[list[_Piece]]:
        """Yields neighboring rows, at most `BLOCK_ROWS` together."""
        batch: list[_Piece] = []
        count = 0
        begin = bisect_left(self.stored, rows.start, key=lambda one: one.positions.stop - 1)
        for stored in self.stored[begin:]:
            if stored.positions.start >= rows.stop:
                break
            start, end = max(stored.positions.start, rows.start), min(stored.positions.stop, rows.stop)
            while start < end:
                if batch and (count == BLOCK_ROWS or batch[-1].stop != start):
                    yield batch
                    batch, count = [], 0
                stop = min(end, start + BLOCK_ROWS - count)
                batch.append(_Piece(stored, self._view(stored.forward), start, stop))
                count, start = count + stop - start, stop
        if batch:
            yield batch

    def _queries(self, piece: _Piece, head: int) -> Floats:
        first = piece.stored.positions.start
        rows = slice(piece.start - first, piece.stop - first)
        queries: Floats = piece.stored.read(self.row, (slice(head, head + 1), rows))[0]
        return queries

    def _last_seen(self, piece: _Piece) -> int:
        is_causal = piece.view.mask < 0 and self.constants.is_causal
        return min(piece.reach[1], piece.stop) if is_causal else piece.reach[1]

    def _hide(self, scores: Floats, pieces: list[_Piece], head: int, low: int) -> None:
        """Puts what each row cannot see out of reach, in place."""
        first = pieces[0].start
        for piece in pieces:
            rows = scores[piece.start - first : piece.stop - first]
            begin, end = piece.reach[0] - low, self._last_seen(piece) - low
            rows[:, : max(begin, 0)] = -np.inf
            rows[:, end:] = -np.inf
            if piece.view.mask < 0:
                self._hide_by_position(rows, piece, low)
                continue
            mask = read_mask(piece.forward, piece.view, self.constants, self.row, piece.queries)
            mask = mask[head] if mask.ndim == 3 else mask
            rows[:, begin:end] += as_additive(mask[:, : end - begin])

    def _hide_by_position(self, rows: Floats, piece: _Piece, low: int) -> None:
        if not self.constants.is_causal:
            return
        positions = np.arange(piece.start, piece.stop)[:, None]
        begin = piece.start - low
        ahead = np.arange(piece.start, low + rows.shape[1])[None] > positions
        rows[:, begin:][ahead] = -np.inf
        window = self.constants.sliding_window
        if window is not None:
            end = max(0, piece.stop - window - low)
            behind = np.arange(low, low + end)[None] <= positions - window
            rows[:, :end][behind] = -np.inf
