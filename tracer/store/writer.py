"""Writes a trace: the folder, its JSON documents, and one whole shard at a time.

Takes numpy arrays and plain rows; knows neither torch nor models, decides nothing about what is recorded and
when a shard is full. Everything is synchronous and meant for one thread. Files appear under their name only
when whole (written aside, then renamed), and a shard counts from the moment its steps table is renamed, last.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pyarrow as pa
from pydantic import BaseModel

from tracer.errors import TargetError
from tracer.schema import CallInfo, Manifest, ModelStructure, Status
from tracer.store import format as layout
from tracer.store.lock import hold_lock
from tracer.store.parquet_file import encode_vocabulary
from tracer.store.safetensors_file import AnyArray, StoredArray
from tracer.store.shard import PendingShard, write_aside
from tracer.store.target import claim_folder, discard_aside, put_back, set_aside

_RESERVE_BYTES = 64 * 1024


class TraceWriter:
    """A trace being written; holds the folder's lock until `close`."""

    def __init__(self, path: Path, manifest: Manifest, *, overwrite: bool) -> None:
        """Creates the folder and writes `manifest` to it.

        Raises:
            TraceExistsError: the folder is not empty, and is not to be overwritten or is no trace.
            TargetError: the path is a file, cannot be written, or is being recorded by another writer.
        """
        self.path = Path(path)
        self.manifest = manifest
        self._is_new_folder = not self.path.exists()
        claim_folder(self.path, overwrite=overwrite)
        with target_errors(self.path):
            self._lock = hold_lock(self.path)
            try:
                set_aside(self.path)
                (self.path / layout.RESERVE).write_bytes(bytes(_RESERVE_BYTES))
                self._write_manifest()
            except BaseException:
                self._lock.release()
                raise

    def write_vocabulary(self, table: pa.Table, chat_template: str | None) -> None:
        """Writes the vocabulary table and, where there is one, the chat template as plain text."""
        with target_errors(self.path):
            if chat_template is not None:
                write_aside(self.path / layout.CHAT_TEMPLATE, chat_template.encode())
            self._write_at_once(layout.VOCABULARY, encode_vocabulary(table).to_pybytes())
        self.update_manifest(has_vocabulary=True, chat_template=chat_template is not None)

    def write_structure(self, structure: ModelStructure) -> None:
        """Writes the tree of modules, without what is only the default."""
        content = structure.model_dump_json(exclude_defaults=True).encode()
        with target_errors(self.path):
            self._write_at_once(layout.MODEL, content)

    def begin_call(self, info: CallInfo) -> "CallWriter":
        """Creates the folder of a call and returns its writer; several calls may be open at once.

        The first one ends the trace that is replaced.
        """
        folder = self.path / layout.call_folder(info.index)
        with target_errors(self.path):
            discard_aside(self.path)
            folder.mkdir()
        call = CallWriter(self, folder)
        call.write_info(info)
        self.update_manifest(num_calls=max(self.manifest.num_calls, info.index + 1))
        return call

    def update_manifest(self, **changes: object) -> None:
        """Replaces fields of the manifest, in memory and on disk."""
        self.manifest = self.manifest.model_copy(update=changes)
        with target_errors(self.path):
            self._write_manifest()

    def close(self, status: Status) -> None:
        """Writes the final manifest, on a full disk in the space kept for it, and releases the lock."""
        if not self._lock.is_locked:
            return
        try:
            self.release_reserve()
            with target_errors(self.path):
                discard_aside(self.path)
            self.update_manifest(status=status)
        finally:
            self._lock.release()

    def abandon(self) -> None:
        """Leaves the folder as it was found, with the trace that was to be replaced; for a trace without a call."""
        try:
            with target_errors(self.path):
                put_back(self.path)
        finally:
            self._lock.release()
        if {layout.LOCK} >= {child.name for child in self.path.iterdir()}:
            (self.path / layout.LOCK).unlink(missing_ok=True)
            if self._is_new_folder:
                self.path.rmdir()

    def release_reserve(self) -> None:
        """Gives back the space that was kept for the last documents."""
        (self.path / layout.RESERVE).unlink(missing_ok=True)

    def _write_at_once(self, name: str, content: bytes) -> None:
        """Writes a file of the beginning; on a full disk, in place of the trace that is replaced."""
        try:
            write_aside(self.path / name, content)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            discard_aside(self.path)
            write_aside(self.path / name, content)

    def _write_manifest(self) -> None:
        write_aside(self.path / layout.MANIFEST, _document(self.manifest))


class CallWriter:
    """One call being written. After a failed `flush` it takes nothing more: what is added is dropped."""

    def __init__(self, trace: TraceWriter, folder: Path) -> None:
        self._trace = trace
        self._folder = folder
        self._pending = PendingShard()
        self._num_shards = 0
        self._has_failed = False

    @property
    def trace_path(self) -> Path:
        """The trace that this call belongs to."""
        return self._trace.path

    @property
    def pending_bytes(self) -> int:
        """Bytes of arrays and, roughly, table rows that wait for the next flush."""
        return self._pending.nbytes

    @property
    def pending_steps(self) -> int:
        """Distinct steps that wait for the next flush."""
        return len(self._pending.steps)

    def add_array(self, name: str, array: AnyArray, *, dtype: str | None = None) -> None:
        """Adds an array under an entry name of `store.format`; it is kept by reference until the flush.

        `dtype="bfloat16"` says that the values, uint16, are raw bfloat16 words.
        """
        if not self._has_failed:
            self._pending.add_array(name, StoredArray.of(array, dtype))

    def add_row(self, table: Literal["steps", "forwards"], row: dict[str, object]) -> None:
        """Adds one row; columns that are left out are null."""
        if not self._has_failed:
            self._pending.add_row(table, row)

    def add_columns(self, table: layout.Table, columns: dict[str, AnyArray | list[object]]) -> None:
        """Adds several rows as columns of one length; a step's candidates belong in the shard of its step."""
        if not self._has_failed:
            self._pending.add_columns(table, columns)

    def flush(self) -> None:
        """Writes what is pending as one whole shard; a shard without steps still counts.

        Raises:
            TargetError: the disk is full or the folder cannot be written; nothing of the shard stays.
        """
        if self._pending.is_empty:
            return
        pending, self._pending = self._pending, PendingShard()
        try:
            with target_errors(self._trace.path):
                pending.write(self._folder, self._num_shards)
        except BaseException:
            self._has_failed = True
            raise
        self._num_shards += 1

    def end(self, info: CallInfo) -> None:
        """Flushes and writes the final `call.json`; after a failed flush that says `faulted`.

        Raises:
            TargetError: the last shard could not be written.
        """
        try:
            self.flush()
        finally:
            self.write_info(info.model_copy(update={"status": "faulted"}) if self._has_failed else info)

    def write_info(self, info: CallInfo) -> None:
        """Writes `call.json`; when the disk is full, in the space kept for the last documents."""
        path = self._folder / layout.CALL_INFO
        with target_errors(self._trace.path):
            try:
                write_aside(path, _document(info))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                self._trace.release_reserve()
                write_aside(path, _document(info))


def _document(model: BaseModel) -> bytes:
    return model.model_dump_json(indent=2).encode()


@contextmanager
def target_errors(path: Path) -> Iterator[None]:
    """Turns an operating-system error inside the block into a `TargetError` with what to do."""
    try:
        yield
    except TargetError:
        raise
    except OSError as error:
        cure = {
            errno.ENOSPC: "Free some space, keep less with budget='200MB' (--budget 200MB), or go elsewhere",
            errno.EDQUOT: "Free some of your quota, or give another folder",
        }.get(error.errno or 0, "Give a folder that you may write, such as to='runs/paris.trace'")
        reason = error.strerror or os.strerror(error.errno or errno.EIO)
        raise TargetError(f"{str(path)!r} cannot be written: {reason}. {cure}.") from error
