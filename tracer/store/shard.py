"""What waits for the next shard, and how it becomes files: arrays and tables first, the steps table last.

A shard holds all of its files or does not count. Decides nothing about when to write.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pyarrow as pa

from tracer.store import format as layout
from tracer.store.parquet_file import encode_table
from tracer.store.safetensors_file import AnyArray, StoredArray, write_safetensors
from tracer.store.tables import SCHEMAS

_ROW_BYTES = 512
"""A rough size of one waiting row; forwards are larger, and few."""

_TABLES: tuple[layout.Table, ...] = ("candidates", "forwards")


class PendingShard:
    """Arrays and rows that wait to be written."""

    def __init__(self) -> None:
        self.arrays: dict[str, StoredArray] = {}
        self.steps: set[object] = set()
        self.nbytes = 0
        self._rows: dict[str, list[dict[str, object]]] = {kind: [] for kind in SCHEMAS}
        self._columns: dict[str, list[pa.Table]] = {kind: [] for kind in SCHEMAS}

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not (self.arrays or any(self._rows.values()) or any(self._columns.values()))

    def add_array(self, name: str, array: StoredArray) -> None:
        """Adds an array."""
        assert name not in self.arrays, f"{name} was added twice"
        self.arrays[name] = array
        self.nbytes += array.nbytes

    def add_row(self, kind: layout.Table, row: dict[str, object]) -> None:
        """Adds one row of a table."""
        self._check_columns(kind, row)
        self._rows[kind].append(row)
        self.nbytes += _ROW_BYTES
        if kind == "steps":
            self.steps.add(row["step"])

    def add_columns(self, kind: layout.Table, columns: dict[str, AnyArray | list[object]]) -> None:
        """Adds several rows of a table; columns that are left out are null."""
        self._check_columns(kind, columns)
        length = len(next(iter(columns.values())))
        arrays = [
            pa.array(columns[field.name], type=field.type)
            if field.name in columns
            else pa.nulls(length, field.type)
            for field in SCHEMAS[kind]
        ]
        table = pa.Table.from_arrays(arrays, schema=SCHEMAS[kind])
        self._columns[kind].append(table)
        self.nbytes += table.nbytes
        if kind == "steps":
            self.steps.update(columns["step"])

    def write(self, folder: Path, shard: int) -> None:
        """Writes the shard's files; when interrupted, the shard does not count."""
        writers = [
            (layout.shard_file(kind, shard), partial(write_table, table=self._table(kind)))
            for kind in _TABLES
        ]
        if self.arrays:
            arrays = partial(write_safetensors, arrays=self.arrays)
            writers.append((layout.shard_file("arrays", shard), arrays))
        digests: dict[str, str] = {}
        try:
            for name, write in writers:
                digests[name] = _write_renamed(folder / name, write)
            steps = self._table("steps").replace_schema_metadata({"digests": json.dumps(digests)})
            _write_renamed(folder / layout.shard_file("steps", shard), partial(write_table, table=steps))
        except BaseException:
            for name in digests:
                (folder / name).unlink(missing_ok=True)
            raise

    def _table(self, kind: layout.Table) -> pa.Table:
        rows = pa.Table.from_pylist(self._rows[kind], schema=SCHEMAS[kind])
        return pa.concat_tables([rows, *self._columns[kind]])

    @staticmethod
    def _check_columns(kind: layout.Table, columns: Mapping[str, object]) -> None:
        unknown = columns.keys() - set(SCHEMAS[kind].names)
        assert not unknown, f"the table {kind} has no columns {sorted(unknown)}"


def write_table(path: Path, table: pa.Table) -> str:
    """Writes a Parquet file and returns its sha256."""
    content = encode_table(table)
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def write_aside(path: Path, content: bytes) -> None:
    """Writes a small file under a temporary name beside `path`, then renames it."""

    def write(aside: Path) -> str:
        aside.write_bytes(content)
        return ""

    _write_renamed(path, write)


def _write_renamed(path: Path, write: Callable[[Path], str]) -> str:
    aside = path.with_name(path.name + ".tmp")
    try:
        digest = write(aside)
        os.replace(aside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
        raise
    return digest
