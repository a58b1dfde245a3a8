"""The forwards of a call as columns, in one piece; a forward reads its lists from here when they are asked for.

Two thousand forwards of a model with 32 layers hold more than a hundred thousand small rows, of which a step needs
a handful. Makes no value of its own; `tracer.trace.forward` does.
"""

from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from tracer.store.reader import CallReader

SCALARS = (
    "forward",
    "step",
    "phase",
    "is_auxiliary",
    "query_len",
    "position_start",
    "prefix_len",
    "prefix_call",
    "prefix_shared",
    "cache_class",
    "changed_positions",
    "started_ms",
    "elapsed_ms",
    "device_ms",
    "waited_ms",
)
"""The columns of which every forward has one cell."""


class ForwardTable:
    """The forwards table of all shards, in the order of the forwards; a column that was not stored is null."""

    def __init__(self, files: CallReader) -> None:
        self.files = files

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @cached_property
    def table(self) -> pa.Table:
        """The table itself."""
        table = self.files.table("forwards").combine_chunks()
        numbers = table["forward"].to_numpy()
        return table if bool((numbers[1:] > numbers[:-1]).all()) else table.sort_by("forward")

    @cached_property
    def scalars(self) -> dict[str, list[Any]]:
        """Column → its cells."""
        return {name: self.table[name].to_pylist() for name in SCALARS}

    def items(self, name: str, row: int) -> list[dict[str, Any]]:
        """Returns the items of one row of a column of lists."""
        return self.table[name][row].as_py() or []

    def views_of(self, row: int) -> slice:
        """Returns which of `views` belong to a row."""
        return slice(self._view_ends[row], self._view_ends[row + 1])

    @cached_property
    def views(self) -> dict[str, list[Any]]:
        """The views of all rows, one behind the other: field → its cells."""
        flat = self._views.flatten()
        return {field.name: flat.field(field.name).to_pylist() for field in flat.type}

    @cached_property
    def _view_ends(self) -> list[int]:
        lengths = self._views.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
        ends: list[int] = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).tolist()
        return ends

    @cached_property
    def _views(self) -> pa.ListArray:
        return list_column(self.table, "views")


def list_column(table: pa.Table, name: str) -> pa.ListArray:
    """Returns a column of lists in one piece."""
    column = table[name].combine_chunks()
    return column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
