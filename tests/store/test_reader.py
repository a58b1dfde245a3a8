"""Opening reads little, and a file that cannot be read says so in one paragraph."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.synthetic import Synthetic, write_trace
from tracer.errors import TraceFormatError, TraceNotFoundError
from tracer.store.reader import TraceReader
from tracer.trace.opening import open_trace


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_trace(tmp_path / "a.trace")


def _edit(path: Path, **changes: object) -> None:
    document = json.loads(path.read_bytes())
    path.write_text(json.dumps({**document, **changes}))


def test_opening_and_listing_read_no_arrays(path: Path) -> None:
    for arrays in path.rglob("*.safetensors"):
        arrays.unlink()
    steps = open_trace(path).steps
    assert [0, 1, 2] == [step.index for step in steps]
    with pytest.raises(
        TraceFormatError, match=r"arrays-0000[01].safetensors' is damaged or no part of a trace"
    ):
        _ = steps[0].logits


def test_opening_reads_the_manifest_alone(path: Path) -> None:
    for file in path.rglob("*"):
        if file.is_file() and file.name != "trace.json":
            file.write_bytes(b"garbage")
    trace = open_trace(path)
    assert trace.status == "complete"
    assert len(trace.calls) == 1
    with pytest.raises(TraceFormatError, match=r"call.json' is damaged"):
        _ = trace.steps


def test_opening_creates_nothing(path: Path) -> None:
    (path / "trace.lock").unlink()
    _edit(path / "trace.json", status="recording")
    assert open_trace(path).status == "interrupted"
    assert not (path / "trace.lock").exists()


def test_a_newer_format_asks_for_an_upgrade(path: Path) -> None:
    _edit(path / "trace.json", format_version=9)
    expected = (
        "has format version 9, and this version reads up to 1. Upgrade with: pip install -U generation-tracer"
    )
    with pytest.raises(TraceFormatError, match=expected):
        open_trace(path)


@pytest.mark.parametrize("version", [None, "1", True, 0, -1])
def test_a_foreign_manifest_is_refused(path: Path, version: object) -> None:
    _edit(path / "trace.json", format_version=version)
    with pytest.raises(TraceFormatError, match="is not the manifest of a trace: its format_version is"):
        open_trace(path)


@pytest.mark.parametrize("content", [b"", b'{"format_version": 1', b"[]", b"\xff\xfe", b"[" * 200_000])
def test_a_damaged_manifest_is_named(path: Path, content: bytes) -> None:
    (path / "trace.json").write_bytes(content)
    with pytest.raises(
        TraceFormatError, match=r"trace.json' is damaged or no part of a trace: .*\. Copy the trace"
    ):
        open_trace(path)


def test_a_manifest_with_a_wrong_field_names_it(path: Path) -> None:
    _edit(path / "trace.json", status="finished")
    with pytest.raises(TraceFormatError, match=r"trace.json' is damaged .* field 'status': input should be"):
        open_trace(path)


def test_unknown_fields_are_ignored(path: Path) -> None:
    _edit(path / "trace.json", invented_later=1)
    assert open_trace(path).status == "complete"


def test_a_folder_without_a_trace_names_those_inside(path: Path) -> None:
    with pytest.raises(
        TraceNotFoundError, match=r"holds no trace.json, so it is not a trace. Traces in it: '.*a.trace'"
    ):
        open_trace(path.parent)
    with pytest.raises(TraceNotFoundError, match=r"holds no trace.json, so it is not a trace. Name a folder"):
        open_trace(path / "call-000")


def test_a_missing_path_and_a_file_are_not_traces(path: Path) -> None:
    with pytest.raises(TraceNotFoundError, match=r"nowhere' does not exist. Check the path"):
        open_trace(path / "nowhere")
    with pytest.raises(TraceNotFoundError, match=r"trace.json' is a file; a trace is a folder"):
        open_trace(path / "trace.json")


def test_a_truncated_table_is_named(path: Path) -> None:
    table = path / "call-000" / "steps-00001.parquet"
    table.write_bytes(table.read_bytes()[:-20])
    with pytest.raises(TraceFormatError, match=r"steps-00001.parquet' is damaged"):
        _ = open_trace(path).steps


def test_another_table_in_its_place_is_named(path: Path) -> None:
    folder = path / "call-000"
    pq.write_table(pa.table({"x": [1]}), folder / "steps-00000.parquet")
    with pytest.raises(
        TraceFormatError, match=r"steps-00000.parquet' is damaged .* it has no column sequence, step"
    ):
        _ = open_trace(path).steps
    texts = pa.table({"sequence": ["a"], "step": ["b"], "token_id": ["c"]})
    pq.write_table(texts, folder / "steps-00000.parquet")
    with pytest.raises(TraceFormatError, match=r"steps-00000.parquet' is damaged"):
        _ = open_trace(path).steps


def test_a_truncated_array_file_spoils_only_its_own_shard(path: Path) -> None:
    arrays = path / "call-000" / "arrays-00001.safetensors"
    arrays.write_bytes(arrays.read_bytes()[:-1])
    steps = open_trace(path).steps
    np.testing.assert_array_equal(Synthetic().logits[0, 0], steps[0].logits)
    with pytest.raises(TraceFormatError, match=r"arrays-00001.safetensors' is damaged .* the file has"):
        _ = steps[2].logits


def test_a_call_without_its_document_does_not_count(path: Path) -> None:
    shutil.copytree(path / "call-000", path / "call-001")
    (path / "call-001" / "call.json").unlink()
    assert [0] == [call.index for call in open_trace(path).calls]


def test_a_shard_without_its_steps_table_does_not_count(path: Path) -> None:
    (path / "call-000" / "steps-00001.parquet").unlink()
    assert [0, 1] == [step.index for step in open_trace(path).steps]


def test_a_column_added_later_reads_as_null(path: Path) -> None:
    table = path / "call-000" / "steps-00000.parquet"
    pq.write_table(pq.read_table(table).drop_columns(["winner_id", "at_ms"]), table)
    assert open_trace(path).steps[0].times_ms["at"] is None


def test_entries_are_addressed_across_shards(path: Path) -> None:
    arrays = TraceReader(path).calls[0].arrays
    assert (3, 12) == (
        len([name for name in arrays if name.endswith("/logits")]),
        arrays.entry("step-000002/logits").shape[1],
    )
    assert "step-000009/logits" not in arrays
    assert arrays.layers(0, "keys") == (0, 1)
    assert arrays.find_layer(2, "keys", 1) == ("forward-000002/keys/layers-0-1", 1)


def test_the_size_is_that_of_all_files(path: Path) -> None:
    assert sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) == open_trace(path).nbytes


def test_reading_needs_no_torch(path: Path) -> None:
    code = (
        "import sys; sys.modules['torch'] = sys.modules['transformers'] = None\n"
        "from tracer.trace.opening import open_trace\n"
        f"step = open_trace({str(path)!r}).steps[1]\n"
        "print(step.attention(0).shape, step.scores.dtype)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split("\n")[0] == "(4, 1, 6) float32"
