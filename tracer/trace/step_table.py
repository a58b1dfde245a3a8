"""The steps and candidates of a call as columns, addressed by sequence and step.

Keeps Arrow tables and gives plain values; a shard's candidates are read when one of its steps is asked for.
"""

from contextlib import suppress
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from tracer.errors import TraceFormatError
from tracer.store.reader import ShardReader
from tracer.store.tables import CANDIDATES, STEPS
from tracer.trace.candidate import CandidateTable, Columns


class StepTable:
    """One row per (sequence, step); rows are numbered as they stand in the shards."""

    def __init__(self, shards: tuple[ShardReader, ...]) -> None:
        self._shards = shards
        self._candidates: dict[int, CandidateTable] = {}

    def rows(self, sequence: int) -> tuple[int, ...]:
        """Returns the row numbers of a sequence's steps, in order of steps."""
        return self._rows.get(sequence, ())

    def value(self, row: int, column: str) -> Any:
        """Returns one cell; a null is None."""
        return self._table[column][row].as_py()

    def column(self, rows: tuple[int, ...], column: str) -> list[Any]:
        """Returns the cells of several rows."""
        cells: list[Any] = self._table[column].take(pa.array(rows, type=pa.int64())).to_pylist()
        return cells

    def candidates(self, row: int) -> Columns:
        """Returns the rows of the candidates table that belong to a row, column by column."""
        shard = int(np.searchsorted(self._ends, row, side="right"))
        if shard not in self._candidates:
            self._candidates[shard] = CandidateTable(self._shards[shard].table("candidates"))
        return self._candidates[shard].columns(self.value(row, "sequence"), self.value(row, "step"))

    def candidate_table(self) -> pa.Table:
        """Returns the candidates of all steps and sequences; a shard whose file is damaged has none here."""
        tables = []
        for shard in self._shards:
            with suppress(TraceFormatError):
                tables.append(shard.table("candidates"))
        return pa.concat_tables([CANDIDATES.empty_table(), *tables])

    @cached_property
    def _tables(self) -> list[pa.Table]:
        return [shard.table("steps") for shard in self._shards]

    @cached_property
    def _ends(self) -> Any:
        return np.cumsum([len(table) for table in self._tables])

    @cached_property
    def _table(self) -> pa.Table:
        return pa.concat_tables([STEPS.empty_table(), *self._tables]).combine_chunks()

    @cached_property
    def _rows(self) -> dict[int, tuple[int, ...]]:
        sequence, step = (self._table[name].to_numpy() for name in ("sequence", "step"))
        order = np.lexsort((step, sequence))
        found, begins = np.unique(sequence[order], return_index=True)
        parts = np.split(order, begins[1:])
        return (
            {int(one): tuple(part.tolist()) for one, part in zip(found, parts, strict=True)}
            if len(order)
            else {}
        )
