"""The KV cache over all steps of a call as arrays: lengths and bytes of every layer around each sampled forward.

Reads whole columns, so that thousands of steps take milliseconds; kept as `call.cache_columns`. One step's cache in
detail is `step.cache`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tracer.trace.forward_table import ForwardTable, list_column

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class CacheColumns:
    """`steps` is (n,), `class_names` one per cache layer, the counts (n, layers); what is not known is 0."""

    class_name: str | None
    class_names: tuple[str, ...]
    steps: Counts
    len_before: Counts
    len_after: Counts
    bytes_before: Counts
    bytes_after: Counts


def read_cache_columns(forwards: ForwardTable) -> CacheColumns:
    """Returns the cache around the last forward of every step, auxiliary forwards left out."""
    table = forwards.table
    step, forward = (table[name].to_numpy() for name in ("step", "forward"))
    is_own = ~np.asarray(table["is_auxiliary"].fill_null(False).to_numpy(zero_copy_only=False), dtype=bool)
    order = np.lexsort((forward, step))
    order = order[is_own[order]]
    is_last = np.append(step[order][1:] != step[order][:-1], True) if len(order) else np.zeros(0, bool)
    chosen = order[is_last]
    listed = list_column(table, "cache_layers")
    lengths = listed.value_lengths().fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    flat = listed.flatten()
    row = np.repeat(np.arange(len(table)), lengths)
    layer = _numbers(flat.field("layer"))
    count = int(layer.max()) + 1 if len(layer) else 0
    names = [""] * count
    for place, name in zip(layer.tolist(), flat.field("class_name").to_pylist(), strict=True):
        names[place] = name or names[place]
    columns = {}
    for name in ("len_before", "len_after", "bytes_before", "bytes_after"):
        grid = np.zeros((len(table), count), dtype=np.int64)
        grid[row, layer] = _numbers(flat.field(name))
        columns[name] = grid[chosen]
    classes = [one for one in table["cache_class"].unique().to_pylist() if one]
    return CacheColumns(
        class_name=classes[-1] if classes else None,
        class_names=tuple(names),
        steps=step[chosen].astype(np.int64),
        **columns,
    )


def _numbers(column: pa.Array) -> Counts:
    found: Counts = column.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    return found
