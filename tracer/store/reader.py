"""Reads a trace: the manifest on opening, everything else when it is first asked for.

Opening reads `trace.json` and lists folders. Tables are read shard by shard, arrays are mapped and addressed
by entry name across the shards of a call. Returns Arrow tables and numpy arrays; what they mean is said by
`tracer.trace`. A damaged file spoils only what it holds.
"""

import json
import re
from collections.abc import Iterator
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from tracer.errors import TraceFormatError
from tracer.schema import CallInfo, Manifest, ModelStructure, Status
from tracer.store import format as layout
from tracer.store.documents import damaged, read_call_info, read_manifest, read_structure
from tracer.store.lock import is_locked
from tracer.store.safetensors_file import AnyArray, Entry, Index, SafetensorsFile
from tracer.store.tables import SCHEMAS, VOCABULARY

_KEY_COLUMNS = {
    "steps": ("sequence", "step", "token_id"),
    "candidates": ("sequence", "step", "stage", "token_id"),
    "forwards": ("forward", "step"),
    "vocabulary": ("id", "piece"),
}


class TraceReader:
    """The files of one trace."""

    def __init__(self, path: Path) -> None:
        """Reads the manifest.

        Raises:
            TraceNotFoundError: there is no trace.
            TraceFormatError: `trace.json` is damaged, foreign, or of a newer format.
        """
        self.path = path
        self.manifest: Manifest = read_manifest(path)
        is_abandoned = self.manifest.status == "recording" and not is_locked(path)
        self.status: Status = "interrupted" if is_abandoned else self.manifest.status
        found = ((re.fullmatch(r"call-(\d{3,})", child.name), child) for child in path.iterdir())
        numbered = sorted((int(match.group(1)), folder) for match, folder in found if match)
        self.calls = tuple(
            CallReader(folder, index) for index, folder in numbered if (folder / layout.CALL_INFO).is_file()
        )

    @property
    def nbytes(self) -> int:
        """Bytes of all files."""
        return sum(path.stat().st_size for path in self.path.rglob("*") if path.is_file())

    def model_structure(self) -> ModelStructure | None:
        """Returns the tree of modules, or None where none was recorded."""
        return read_structure(self.path / layout.MODEL)

    def vocabulary_table(self) -> pa.Table | None:
        """Returns the vocabulary, or None where none was recorded."""
        path = self.path / layout.VOCABULARY
        if not self.manifest.has_vocabulary and not path.exists():
            return None
        return _read_table(path, "vocabulary", VOCABULARY)

    def chat_template(self) -> str | None:
        """Returns the chat template as plain text, or None where the tokenizer had none."""
        path = self.path / layout.CHAT_TEMPLATE
        if not self.manifest.chat_template and not path.exists():
            return None
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise damaged(path, str(error)) from error


class CallReader:
    """The files of one call."""

    def __init__(self, folder: Path, index: int) -> None:
        self.folder = folder
        self.index = index

    @cached_property
    def info(self) -> CallInfo:
        """The call's document."""
        return read_call_info(self.folder / layout.CALL_INFO)

    @cached_property
    def shards(self) -> tuple["ShardReader", ...]:
        """The whole shards, in order."""
        return tuple(ShardReader(self.folder, number) for number in layout.shard_numbers(self.folder))

    @cached_property
    def arrays(self) -> "ArrayIndex":
        """The arrays of all shards, by entry name."""
        return ArrayIndex(self.shards)

    def table(self, kind: layout.Table) -> pa.Table:
        """Returns one table of all shards."""
        tables = (shard.table(kind) for shard in self.shards)
        return pa.concat_tables([SCHEMAS[kind].empty_table(), *tables])


class ShardReader:
    """The files of one shard."""

    def __init__(self, folder: Path, number: int) -> None:
        self.folder = folder
        self.number = number

    def file(self, kind: layout.Table | Literal["arrays"]) -> Path:
        """Returns the path of one of the shard's files."""
        return self.folder / layout.shard_file(kind, self.number)

    def table(self, kind: layout.Table) -> pa.Table:
        """Returns one table in the columns of `store.tables`; columns that the file lacks are null.

        Raises:
            TraceFormatError: the file is missing, truncated, or another table.
        """
        return _read_table(self.file(kind), kind, SCHEMAS[kind])

    @cached_property
    def digests(self) -> dict[str, str]:
        """File name → sha256 of the shard's other files, as the steps table says."""
        path = self.file("steps")
        try:
            metadata = pq.read_schema(path).metadata or {}
            digests = json.loads(metadata.get(b"digests", b"{}"))
            return {str(name): str(digest) for name, digest in digests.items()}
        except (OSError, ValueError, AttributeError) as error:
            raise damaged(path, str(error)) from error

    @cached_property
    def arrays(self) -> SafetensorsFile | None:
        """The arrays, or None where the shard has none."""
        path = self.file("arrays")
        return SafetensorsFile(path) if path.name in self.digests or path.exists() else None


class ArrayIndex:
    """The arrays of a call: which file holds which entry."""

    def __init__(self, shards: tuple[ShardReader, ...]) -> None:
        self._files: dict[str, SafetensorsFile] = {}
        self._damage: TraceFormatError | None = None
        for shard in shards:
            try:
                file = shard.arrays
                self._files.update(dict.fromkeys(file.entries, file) if file else {})
            except TraceFormatError as error:
                self._damage = error

    def __contains__(self, name: str) -> bool:
        """Whether an entry is there.

        Raises:
            TraceFormatError: it is not, and a file that may have held it is damaged.
        """
        if name not in self._files and self._damage is not None:
            raise self._damage
        return name in self._files

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def entry(self, name: str) -> Entry:
        """Returns the dtype name and shape of an entry, without reading it."""
        return self._files[name].entries[name]

    def read(self, name: str, index: Index = ()) -> AnyArray:
        """Returns a copy of `array[index]`; bfloat16 and float16 become float32."""
        return self._files[name].read(name, index)

    def raw(self, name: str) -> AnyArray:
        """Returns a read-only view on an array; bfloat16 as uint16 words."""
        return self._files[name].raw(name)

    def forget(self) -> None:
        """Gives the pages of all files back to the system, after much was read that is not needed again soon."""
        for file in self._distinct_files:
            file.forget()

    @cached_property
    def _distinct_files(self) -> tuple[SafetensorsFile, ...]:
        return tuple(dict.fromkeys(self._files.values()))

    def find_layer(self, forward: int, signal: str, layer: int) -> tuple[str, int] | None:
        """Returns the entry and the index on its first axis that hold a layer of a forward's signal."""
        places = self._layer_places.get((forward, signal), {})
        if layer not in places and self._damage is not None:
            raise self._damage
        return places.get(layer)

    def layers(self, forward: int, signal: str) -> tuple[int, ...]:
        """Returns the layers for which a forward's signal is there, in order."""
        return tuple(sorted(self._layer_places.get((forward, signal), {})))

    @cached_property
    def _layer_places(self) -> dict[tuple[int, str], dict[int, tuple[str, int]]]:
        places: dict[tuple[int, str], dict[int, tuple[str, int]]] = {}
        for name in self._files:
            match = re.fullmatch(r"forward-(\d+)/(.+)/(layers-[\d,-]+)", name)
            if match:
                here = places.setdefault((int(match.group(1)), match.group(2)), {})
                for axis_index, layer in enumerate(_parse_layers(match.group(3))):
                    here[layer] = (name, axis_index)
        return places


_parse_layers = lru_cache(maxsize=256)(layout.parse_layers)


def _read_table(path: Path, kind: str, schema: pa.Schema) -> pa.Table:
    try:
        with pq.ParquetFile(path) as file:
            table = file.read()
        absent = set(_KEY_COLUMNS[kind]) - set(table.column_names)
        if absent:
            raise damaged(path, f"it has no column {', '.join(sorted(absent))}")
        columns = [
            table[field.name].cast(field.type)
            if field.name in table.column_names
            else pa.nulls(len(table), field.type)
            for field in schema
        ]
        return pa.Table.from_arrays(columns, schema=schema.with_metadata(table.schema.metadata))
    except TraceFormatError:
        raise
    except (OSError, ValueError, pa.ArrowException) as error:
        raise damaged(path, str(error).split("\n")[0]) from error
