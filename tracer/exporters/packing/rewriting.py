"""A trace written anew with less in it: arrays left out, tables and documents changed, digests of what is there.

Decides nothing about what is left out; shards and entries keep their names and places.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from tracer.exporters.packing.members import members_of
from tracer.schema import CallInfo, Manifest
from tracer.store import format as layout
from tracer.store.reader import ShardReader
from tracer.store.safetensors_file import AnyArray, StoredArray, write_safetensors
from tracer.store.shard import write_table
from tracer.trace.trace import Trace

Tables = Callable[[pa.Table], pa.Table]


def unchanged(table: pa.Table) -> pa.Table:
    """Returns the table as it is."""
    return table


def same_array(name: str, values: AnyArray) -> AnyArray:
    """Returns the array as it is."""
    return values


@dataclass(frozen=True, slots=True)
class CallChanges:
    """What becomes of one call: its document, the entries that stay, and what they and the tables become."""

    info: CallInfo
    keeps: Callable[[str], bool]
    array: Callable[[str, AnyArray], AnyArray] = same_array
    steps: Tables = unchanged
    candidates: Tables = unchanged
    forwards: Tables = unchanged


def rewrite(
    trace: Trace, folder: Path, manifest: Manifest, calls: list[CallChanges], *, leave: tuple[str, ...] = ()
) -> None:
    """Writes the changed trace into a new folder; files outside of calls are copied, but for those in `leave`.

    Raises:
        TraceFormatError: a file of the trace is damaged.
    """
    folder.mkdir(parents=True)
    for name, path in members_of(trace).items():
        is_of_call = name.startswith("call-") or name == layout.MANIFEST
        if not is_of_call and name not in leave and name.split("/")[0] not in leave:
            (folder / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(path, folder / name)
    for call, changes in zip(trace.calls, calls, strict=True):
        target = folder / call.files.folder.name
        target.mkdir()
        (target / layout.CALL_INFO).write_text(changes.info.model_dump_json(indent=2), encoding="utf-8")
        for shard in call.files.shards:
            _rewrite_shard(shard, target, changes)
    (folder / layout.MANIFEST).write_text(manifest.model_dump_json(indent=2), encoding="utf-8")


def _rewrite_shard(shard: ShardReader, target: Path, changes: CallChanges) -> None:
    candidates, forwards = shard.file("candidates").name, shard.file("forwards").name
    digests = {
        candidates: write_table(target / candidates, changes.candidates(shard.table("candidates"))),
        forwards: write_table(target / forwards, changes.forwards(shard.table("forwards"))),
    }
    kept = _kept_arrays(shard, changes)
    if kept:
        arrays = shard.file("arrays").name
        digests[arrays] = write_safetensors(target / arrays, kept)
    steps = changes.steps(shard.table("steps")).replace_schema_metadata({"digests": json.dumps(digests)})
    write_table(target / shard.file("steps").name, steps)


def _kept_arrays(shard: ShardReader, changes: CallChanges) -> dict[str, StoredArray]:
    file = shard.arrays
    if file is None:
        return {}
    return {
        name: StoredArray.of(changes.array(name, file.raw(name)), entry.dtype)
        for name, entry in file.entries.items()
        if changes.keeps(name)
    }
