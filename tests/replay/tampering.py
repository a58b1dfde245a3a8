"""Changes a recorded trace where it lies: one cell, one array, the machine it says it is from."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import tracer
from tracer.replay.verdicts import Check, Verification
from tracer.store.safetensors_file import SafetensorsFile
from tracer.trace.trace import Trace

Copy = Callable[[Trace], Path]


def failing(verification: Verification) -> set[str]:
    return {check.name for check in verification.failures}


def only(verification: Verification, name: str) -> Check:
    (check,) = verification.named(name)
    return check


def change_table(path: Path, kind: str, change: Callable[[list[dict[str, Any]]], None]) -> None:
    """Rewrites a table of the first shard, digests and all."""
    file = path / "call-000" / f"{kind}-00000.parquet"
    table = pq.read_table(file)
    rows = table.to_pylist()
    change(rows)
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), file)


def change_array(path: Path, name: str, change: Callable[[np.ndarray], None]) -> None:
    """Changes the values of an entry where they stand."""
    file = SafetensorsFile(path / "call-000" / "arrays-00000.safetensors")
    entry = file.entries[name]
    values = file.raw(name).copy()
    change(values)
    with file.path.open("r+b") as stream:
        stream.seek(entry.begin)
        stream.write(values.tobytes())


def change_environment(path: Path, **changes: object) -> Trace:
    manifest = json.loads((path / "trace.json").read_text())
    manifest["environment"].update(changes)
    (path / "trace.json").write_text(json.dumps(manifest))
    return tracer.open_trace(path)
