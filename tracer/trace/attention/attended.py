"""The attention of one layer in one step: each stored query against the keys that its own forward saw.

A step of several forwards (chunked prefill) has its rows one below the other, over the keys that any of them
saw; a place outside a row's own view is zero. Derived from the recording, in float32.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tracer.errors import SignalMissingError
from tracer.schema import LayerAttention
from tracer.trace.attention.key_values import seen_key_values
from tracer.trace.attention.masks import as_additive, read_mask
from tracer.trace.attention.positions import StoredRows, stored_rows
from tracer.trace.attention.softmax import Floats, Mask, attention_weights
from tracer.trace.forward import Forward, LayerView

if TYPE_CHECKING:
    from tracer.trace.call import Call

Missing = Callable[[str, str], SignalMissingError]
"""Makes the error for a signal and what needs it."""

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class AttendedLayer:
    """One layer of one row of the batch over the forwards of a step."""

    call: "Call"
    forwards: tuple[Forward, ...]
    layer: int
    row: int
    missing: Missing

    def positions(self) -> tuple[Positions, Positions]:
        """Returns the absolute positions of the weights' rows and of their columns."""
        rows = [position for stored in self._queries() for position in stored.positions]
        low, high = self._window([stored.forward for stored in self._queries()])
        return np.array(rows, dtype=np.int64), np.arange(low, high, dtype=np.int64)

    def weights(self, head: int | None) -> Floats:
        """Returns the weights, (rows, kv_len) of a head or (heads, rows, kv_len) of all."""
        constants = self._constants()
        if head is not None and not 0 <= head < constants.num_heads:
            raise ValueError(
                f"head={head!r} is no head of layer {self.layer}: there are 0 to {constants.num_heads - 1}. "
                "Type head=0."
            )
        heads = range(constants.num_heads) if head is None else range(head, head + 1)
        parts = self._queries()
        low, high = self._window([stored.forward for stored in parts])
        weights = np.zeros((len(heads), sum(stored.count for stored in parts), high - low), dtype=np.float32)
        begin = 0
        for stored in parts:
            view = self._view(stored.forward)
            columns = slice(view.kv_offset - low, view.kv_offset - low + view.kv_len)
            weights[:, begin : begin + stored.count, columns] = self._forward_weights(
                stored, constants, heads
            )
            begin += stored.count
        return weights if head is None else weights[0]

    def last_row(self) -> tuple[Floats, Positions]:
        """Returns the weights of the last position, (heads, kv_len), and the absolute positions of its keys."""
        stored = self._queries()[-1]
        view, constants = self._view(stored.forward), self._constants()
        weights = self._forward_weights(stored, constants, range(constants.num_heads), count=1)
        return weights[:, 0], np.arange(view.kv_offset, view.kv_offset + view.kv_len, dtype=np.int64)

    def mask(self) -> Mask:
        """Returns the mask of every input position of the step; boolean (True is visible) or additive."""
        masks = [
            read_mask(forward, self._view(forward), self._constants(), self.row) for forward in self.forwards
        ]
        if len(masks) == 1:
            return masks[0].copy()
        if len({mask.dtype for mask in masks}) > 1:
            masks = [as_additive(mask) for mask in masks]
        low, high = self._window(self.forwards)
        rows = []
        for forward, mask in zip(self.forwards, masks, strict=True):
            view = self._view(forward)
            wide = np.full(
                (*mask.shape[:-1], high - low), False if mask.dtype == np.bool_ else -np.inf, mask.dtype
            )
            wide[..., view.kv_offset - low : view.kv_offset - low + view.kv_len] = mask
            rows.append(wide)
        joined: Mask = np.concatenate(rows, axis=-2)
        return joined

    def _forward_weights(
        self, stored: StoredRows, constants: LayerAttention, heads: range, count: int | None = None
    ) -> Floats:
        """Returns the weights of the last `count` stored queries, None: of all."""
        forward, count = stored.forward, stored.count if count is None else count
        keys = seen_key_values(self.call, forward, self.layer, self.row, "keys")
        if keys is None:
            raise self.missing("keys_values", f"attention of layer {self.layer}")
        asked = range(forward.query_len - count, forward.query_len)
        mask = read_mask(forward, self._view(forward), constants, self.row, asked)
        sharing = constants.num_heads // constants.num_key_value_heads
        sinks = self._sinks(constants)
        chosen = slice(heads.start, heads.stop)
        return attention_weights(
            stored.read(self.row, (chosen, slice(stored.count - count, None))),
            keys if len(heads) > 1 else keys[heads.start // sharing][None],
            scaling=constants.scaling,
            mask=mask[chosen] if mask.ndim == 3 else mask,
            softcap=constants.softcap,
            sinks=None if sinks is None else sinks[chosen],
        )

    def _queries(self) -> list[StoredRows]:
        found = list(stored_rows(self.forwards, "queries", self.layer))
        if not found:
            raise self.missing("queries", f"attention of layer {self.layer}")
        return found

    def _constants(self) -> LayerAttention:
        layers = self.call.info.attention.layers if self.call.info.attention else []
        found = next((constants for constants in layers if constants.layer == self.layer), None)
        if found is None:
            raise self.missing("queries", f"attention of layer {self.layer}")
        return found

    def _view(self, forward: Forward) -> LayerView:
        view = forward.view(self.layer)
        if view is None:
            raise self.missing("queries", f"attention of layer {self.layer}")
        return view

    def _window(self, forwards: Sequence[Forward]) -> tuple[int, int]:
        views = [self._view(forward) for forward in forwards]
        return min(view.kv_offset for view in views), max(view.kv_offset + view.kv_len for view in views)

    def _sinks(self, constants: LayerAttention) -> Floats | None:
        if not constants.has_sinks:
            return None
        for forward in self.call.forwards:
            place = forward.files.arrays.find_layer(forward.index, "sinks", self.layer)
            if place is not None:
                return forward.files.arrays.read(place[0], place[1]).astype(np.float32, copy=False)
        raise self.missing("queries", f"attention of layer {self.layer} (its sinks)")
