"""What a writer leaves on disk, what it refuses, and what survives a kill or a full disk."""

import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.synthetic import Synthetic, manifest, write_forward, write_step, write_trace
from tracer.errors import TargetError, TraceExistsError
from tracer.schema import CallInfo, Manifest
from tracer.store import format as layout
from tracer.store import shard as shard_module
from tracer.store.tables import SCHEMAS, STEPS
from tracer.store.writer import TraceWriter
from tracer.trace.opening import open_trace


def _writer(path: Path, *, overwrite: bool = False) -> TraceWriter:
    return TraceWriter(path, manifest(), overwrite=overwrite)


def test_a_trace_has_the_files_of_the_format(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "new" / "a.trace")
    files = sorted(str(file.relative_to(path)) for file in path.rglob("*") if file.is_file())
    shards = [
        f"call-000/{kind}-{shard:05d}.parquet" for kind in ("candidates", "forwards") for shard in (0, 1)
    ]
    arrays = [f"call-000/arrays-{shard:05d}.safetensors" for shard in (0, 1)]
    steps = [f"call-000/steps-{shard:05d}.parquet" for shard in (0, 1)]
    assert sorted([*shards, *arrays, *steps, "call-000/call.json", "trace.json", "trace.lock"]) == files
    assert Manifest.model_validate_json((path / layout.MANIFEST).read_bytes()).status == "complete"
    assert CallInfo.model_validate_json((path / "call-000/call.json").read_bytes()).num_rows == 1


def test_a_steps_table_holds_the_digests_of_its_shard(tmp_path: Path) -> None:
    folder = write_trace(tmp_path / "a.trace") / "call-000"
    metadata = pq.read_schema(folder / "steps-00001.parquet").metadata
    digests = json.loads(metadata[b"digests"])
    assert {
        "arrays-00001.safetensors",
        "candidates-00001.parquet",
        "forwards-00001.parquet",
    } == digests.keys()
    for name, digest in digests.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def test_a_shard_without_steps_counts(tmp_path: Path) -> None:
    writer = _writer(tmp_path / "a.trace")
    call = writer.begin_call(Synthetic().info())
    write_forward(call, Synthetic(), 0)
    call.end(Synthetic().info(status="interrupted"))
    writer.close("interrupted")
    trace = open_trace(tmp_path / "a.trace")
    assert len(trace.calls[0].forwards) == 1
    assert trace.steps == ()


def test_pending_counts_distinct_steps_and_bytes(tmp_path: Path) -> None:
    writer, synthetic = _writer(tmp_path / "a.trace"), Synthetic(rows=3)
    call = writer.begin_call(synthetic.info())
    assert (call.pending_steps, call.pending_bytes) == (0, 0)
    write_step(call, synthetic, 0)
    assert call.pending_steps == 1
    assert call.pending_bytes > synthetic.logits[0].nbytes
    call.flush()
    assert (call.pending_steps, call.pending_bytes) == (0, 0)
    call.flush()
    assert layout.shard_numbers(tmp_path / "a.trace" / "call-000") == [0]
    writer.close("complete")


def test_several_calls_may_be_open_at_once(tmp_path: Path) -> None:
    writer, synthetic = _writer(tmp_path / "a.trace"), Synthetic()
    calls = [writer.begin_call(synthetic.info(index)) for index in range(2)]
    for call in calls:
        write_step(call, synthetic, 0)
    for index, call in enumerate(calls):
        call.end(synthetic.info(index))
    writer.close("complete")
    assert writer.manifest.num_calls == 2
    assert [1, 1] == [len(call.sequences[0].steps) for call in open_trace(tmp_path / "a.trace").calls]


def test_vocabulary_and_chat_template_are_written(tmp_path: Path) -> None:
    writer = _writer(tmp_path / "a.trace")
    table = pa.table({"id": [0], "piece": ["a"], "bytes": [b"a"], "special": [False], "added": [False]})
    writer.write_vocabulary(table, "{{ messages }} 你")
    writer.close("complete")
    assert (writer.manifest.has_vocabulary, writer.manifest.chat_template) == (True, True)
    assert open_trace(tmp_path / "a.trace").chat_template == "{{ messages }} 你"


def test_unknown_columns_are_our_own_bug(tmp_path: Path) -> None:
    writer = _writer(tmp_path / "a.trace")
    call = writer.begin_call(Synthetic().info())
    with pytest.raises(AssertionError, match="the table steps has no columns \\['tokn'\\]"):
        call.add_row("steps", {"tokn": 1})
    call.add_array("x", np.zeros(1))
    with pytest.raises(AssertionError, match="x was added twice"):
        call.add_array("x", np.zeros(1))
    writer.close("faulted")


def test_a_trace_is_not_overwritten_unasked(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "a.trace")
    before = (path / layout.MANIFEST).read_bytes()
    with pytest.raises(
        TraceExistsError,
        match=r"holds a trace already; nothing was changed. .*overwrite=True \(--overwrite\)",
    ):
        _writer(path)
    assert before == (path / layout.MANIFEST).read_bytes()


def test_overwriting_replaces_the_trace_and_spares_strangers(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "a.trace", Synthetic(), Synthetic())
    (path / "notes.txt").write_text("mine")
    _writer(path, overwrite=True).close("complete")
    assert {"notes.txt", "trace.json", "trace.lock"} == {child.name for child in path.iterdir()}


def test_a_folder_that_is_no_trace_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(TraceExistsError, match="is not empty and holds no trace; overwrite=True"):
        _writer(tmp_path, overwrite=True)
    with pytest.raises(TraceExistsError, match="is not empty; nothing was changed"):
        _writer(tmp_path)
    assert (tmp_path / "precious.txt").read_text() == "mine"


def test_a_target_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "a.trace"):
        with pytest.raises(
            TargetError, match=r"is, or lies under, a file; a trace is a folder. Give another path"
        ):
            _writer(path)


def test_an_unwritable_target_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_kwargs: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", refuse)
        with pytest.raises(TargetError, match=r"cannot be created or read: Permission denied. Give a folder"):
            _writer(tmp_path / "a.trace")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", refuse)
        with pytest.raises(
            TargetError, match=r"cannot be written: Permission denied. Give a folder that you may write"
        ):
            _writer(tmp_path / "a.trace")
    _writer(tmp_path / "a.trace").close("complete")


def test_a_folder_being_recorded_is_refused(tmp_path: Path) -> None:
    writer = _writer(tmp_path / "a.trace")
    with pytest.raises(
        TargetError, match=r"is being recorded right now by another writer. Wait until it is done"
    ):
        _writer(tmp_path / "a.trace", overwrite=True)
    assert open_trace(tmp_path / "a.trace").status == "recording"
    writer.close("complete")
    writer.close("faulted")
    assert open_trace(tmp_path / "a.trace").status == "complete"


def test_a_full_disk_loses_only_the_last_shard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, synthetic = tmp_path / "a.trace", Synthetic()
    writer = _writer(path)
    call = writer.begin_call(synthetic.info())
    write_forward(call, synthetic, 0)
    write_step(call, synthetic, 0)
    call.flush()
    write_step(call, synthetic, 1)

    def full(aside: Path, **_kwargs: object) -> str:
        aside.write_bytes(b"half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(shard_module, "write_safetensors", full)
        with pytest.raises(
            TargetError, match=r"cannot be written: No space left on device. Free some space, .*--budget"
        ):
            call.flush()
    write_step(call, synthetic, 2)
    call.flush()
    call.end(synthetic.info())
    writer.close("faulted")
    trace = open_trace(path)
    assert (trace.status, trace.calls[0].status) == ("faulted", "faulted")
    assert [0] == [step.index for step in trace.steps]
    left = {file.name for file in (path / "call-000").iterdir()}
    assert {"call.json", "arrays-00000.safetensors", *(f"{kind}-00000.parquet" for kind in SCHEMAS)} == left


def test_a_full_disk_still_gets_its_documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, synthetic = tmp_path / "a.trace", Synthetic()
    writer = _writer(path)
    call = writer.begin_call(synthetic.info(status="recording"))
    replace = os.replace

    def full(source: Path, target: Path) -> None:
        if (path / layout.RESERVE).exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", full)
    call.end(synthetic.info())
    writer.close("faulted")
    trace = open_trace(path)
    assert (trace.status, trace.calls[0].info.status) == ("faulted", "complete")


_KILLED = """
import os, signal, sys
from pathlib import Path
from tests.synthetic import Synthetic, manifest, write_forward, write_step
from tracer.store.writer import TraceWriter

synthetic = Synthetic()
writer = TraceWriter(Path(sys.argv[1]), manifest(), overwrite=False)
call = writer.begin_call(synthetic.info(status="recording"))
for step in range(2):
    write_forward(call, synthetic, step)
    write_step(call, synthetic, step)
    if step == 0:
        call.flush()
if sys.argv[2] == "inside":
    import tracer.store.shard as shard
    shard.write_safetensors = lambda path, arrays: os.kill(os.getpid(), signal.SIGKILL)
    call.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("moment", ["between", "inside"])
def test_a_killed_writer_leaves_its_whole_shards(tmp_path: Path, moment: str) -> None:
    path = tmp_path / "a.trace"
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(path), moment], check=False)
    assert -signal.SIGKILL == killed.returncode
    trace = open_trace(path)
    assert (trace.status, trace.calls[0].status) == ("interrupted", "interrupted")
    assert [0] == [step.index for step in trace.steps]
    np.testing.assert_array_equal(Synthetic().logits[0, 0], trace.steps[0].logits)
    TraceWriter(path, manifest(), overwrite=True).close("complete")


def test_tables_keep_their_schema(tmp_path: Path) -> None:
    folder = write_trace(tmp_path / "a.trace") / "call-000"
    assert STEPS.equals(pq.read_schema(folder / "steps-00000.parquet").remove_metadata())
