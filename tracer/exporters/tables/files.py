"""Tables of a sequence as files: `.csv` and `.parquet` with one row per step, `.json` with everything that is small.

Beside a `.csv` and a `.parquet` lies `….columns.md`, which says what each column holds; a `.json` says so itself. No
cell of a `.csv` can be taken for a formula. The same trace gives the same bytes.
"""

import csv
import io
import json
import math
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from tracer.analysis.explanation import json_ready
from tracer.exporters.request import ExportRequest, Files
from tracer.exporters.tables.columns import Column, Value, columns_of
from tracer.trace.step import Step
from tracer.wording.composition import compose
from tracer.wording.markdown import code, line

_DICTIONARY = ".columns.md"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_REPORTED = 64


def export_csv(request: ExportRequest) -> Files:
    """Returns the steps as CSV: UTF-8 with a byte order mark, one header line, a comma between cells."""
    columns, text = columns_of(request.sequence.call, request.lang), io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.name for column in columns])
    for row in _rows(request, columns):
        writer.writerow([_cell(column, value) for column, value in zip(columns, row, strict=True)])
    content = text.getvalue().encode("utf-8", "replace")
    return {".csv": b"\xef\xbb\xbf" + content, _DICTIONARY: _dictionary(request, columns, is_csv=True)}


def export_parquet(request: ExportRequest) -> Files:
    """Returns the steps as Parquet; every column carries its meaning as `description`."""
    columns = columns_of(request.sequence.call, request.lang)
    schema = pa.schema(
        [pa.field(one.name, one.type, metadata={"description": one.meaning}) for one in columns]
    )
    rows = list(_rows(request, columns))
    arrays = [
        pa.array([_whole_text(row[place]) for row in rows], type=column.type)
        for place, column in enumerate(columns)
    ]
    buffer = io.BytesIO()
    parquet.write_table(pa.Table.from_arrays(arrays, schema=schema), buffer, compression="zstd")
    return {".parquet": buffer.getvalue(), _DICTIONARY: _dictionary(request, columns, is_csv=False)}


def export_json(request: ExportRequest) -> Files:
    """Returns the documents of trace and call, the text, and every step with its candidates and draw."""
    sequence, columns = request.sequence, columns_of(request.sequence.call, request.lang)
    call, trace = sequence.call, sequence.call.trace
    rows = _rows(request, columns)
    steps = [
        dict(zip((column.name for column in columns), row, strict=True)) | _candidates(step)
        for step, row in zip(request.steps, rows, strict=True)
    ]
    own = {column.name: column.meaning for column in columns}
    own |= {name: compose(f"export.column.{name}", request.lang) for name in ("candidates", "noise")}
    document = {
        "trace": trace.manifest.model_dump(mode="json"),
        "call": call.info.model_dump(mode="json"),
        "row": sequence.row,
        "prompt_ids": sequence.prompt_ids,
        "prompt": sequence.prompt_text,
        "token_ids": sequence.token_ids,
        "text": sequence.text,
        "columns": own,
        "steps": steps,
    }
    text = json.dumps(json_ready(_finite(document)), indent=1, sort_keys=False, allow_nan=False)
    return {".json": f"{text}\n".encode()}


def _rows(request: ExportRequest, columns: tuple[Column, ...]) -> "list[list[Value]]":
    steps, rows = request.steps, []
    for number, step in enumerate(steps):
        rows.append([column.value(step) for column in columns])
        if number % _REPORTED == 0 or number == len(steps) - 1:
            request.progress(number + 1, len(steps))
    return rows


def _candidates(step: Step) -> dict[str, Any]:
    visible, noise = step.call.trace.vocabulary.visible, step.noise
    candidates = [
        {
            "token_id": one.token_id,
            "token": visible(one.token_id),
            "score": one.score,
            "probability": one.probability,
            "rank": one.rank,
            "removed": one.removed,
        }
        for one in step.candidates
    ]
    kept = None if noise is None else dict(zip(noise[0].tolist(), noise[1].tolist(), strict=True))
    known = {one.token_id for one in step.candidates}
    drawn = None if kept is None else {str(one): luck for one, luck in kept.items() if one in known}
    return {"candidates": candidates, "noise": drawn}


def _finite(value: Any) -> Any:
    """Nested values with numbers that JSON does not know as None."""
    if isinstance(value, dict):
        return {str(name): _finite(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _cell(column: Column, value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(value) if isinstance(value, float) else str(value)
    return f"'{text}" if column.is_text and text.startswith(_FORMULA) else text


def _whole_text(value: Value) -> Value:
    """Arrow keeps no halves of characters."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _dictionary(request: ExportRequest, columns: tuple[Column, ...], *, is_csv: bool) -> bytes:
    lang, path = request.lang, request.sequence.call.trace.path
    names = [compose(f"export.dictionary_{name}", lang) for name in ("column", "type", "meaning")]
    lines = [
        f"# {compose('export.dictionary_title', lang, trace=path.name)}",
        "",
        compose("export.dictionary_rows", lang),
        *([compose("export.dictionary_csv", lang)] if is_csv else []),
        "",
        line(names),
        line(["---"] * 3),
        *(line([code(column.name), str(column.type), column.meaning]) for column in columns),
    ]
    return ("\n".join(lines) + "\n").encode()
