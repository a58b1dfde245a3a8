"""A trace without its prompt: placeholders for the prompt's tokens, so that positions and lengths stay true.

Tables stay, with placeholders for candidates that would tell a token of the prompt. Of the arrays only inputs, masks
and the noise of the draw stay: logits, streams, keys and values are functions of the prompt, and a model can turn some
of them back into it. What the model answered stays, and so does what the answer itself tells of the prompt.
"""

import re
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from tracer.exporters.packing.hiding import Hidden, hidden_in
from tracer.exporters.packing.lighter import signal_of, signals_in, told, without_forms
from tracer.exporters.packing.rewriting import CallChanges, rewrite
from tracer.exporters.packing.scrubbing import GONE, scrubbed_call, scrubbed_manifest
from tracer.schema import Missing, Packed
from tracer.store import format as layout
from tracer.store.parquet_file import encode_vocabulary
from tracer.store.safetensors_file import AnyArray
from tracer.store.tables import VOCABULARY
from tracer.trace.call import Call
from tracer.trace.trace import Trace

PROMPT_SIGN = "□"
HIDDEN_SIGN = "■"
_HARMLESS = re.compile(
    r"step-\d+/noise/(ids|values)|forward-\d+/(masks/\d+|inputs/(input_ids|attention_mask|position_ids|cache_position))"
)
_LEFT = (layout.CHAT_TEMPLATE, layout.VOCABULARY, layout.DERIVED)


def write_redacted(trace: Trace, folder: Path) -> None:
    """Writes the redacted trace into a new folder; one that is redacted already stays as it is.

    Raises:
        TraceFormatError: a file of the trace is damaged.
    """
    if trace.manifest.packed is not None and trace.manifest.packed.is_redacted:
        unchanged = [CallChanges(call.info, keeps=lambda _: True) for call in trace.calls]
        rewrite(trace, folder, trace.manifest, unchanged)
        return
    placeholder = max(trace.model.vocab_size, trace.vocabulary.size)
    hidden = [hidden_in(call, placeholder + 1) for call in trace.calls]
    packed = Packed(is_redacted=True, left_out=signals_in(trace, frozenset()), placeholder_id=placeholder)
    manifest = told(scrubbed_manifest(trace.manifest), packed, GONE)
    reason = (
        "taken out by tracer pack --redact; □ stands for each of its tokens, ■ for a candidate that tells one"
    )
    manifest = manifest.model_copy(
        update={"missing": [Missing(signal="prompt", reason=reason), *manifest.missing]}
    )
    changes = [_changes(call, one, placeholder) for call, one in zip(trace.calls, hidden, strict=True)]
    rewrite(trace, folder, manifest, changes, leave=_LEFT)
    most = max((one.count for one in hidden), default=0)
    table = trace.files.vocabulary_table()
    if table is not None:
        content = encode_vocabulary(_with_signs(table, placeholder, most))
        (folder / layout.VOCABULARY).write_bytes(content)


def _changes(call: Call, hidden: Hidden, placeholder: int) -> CallChanges:
    return CallChanges(
        info=scrubbed_call(call.info, placeholder),
        keeps=lambda name: _HARMLESS.fullmatch(name) is not None and signal_of(name) is None,
        array=partial(_array, call, hidden, placeholder),
        steps=lambda table: without_forms(hidden.steps(table)),
        candidates=hidden.candidates,
        forwards=_forwards,
    )


def _array(call: Call, hidden: Hidden, placeholder: int, name: str, values: AnyArray) -> AnyArray:
    number = int(name.split("/")[0].rpartition("-")[2])
    if name.endswith("/inputs/input_ids"):
        forward = next((one for one in call.forwards if one.index == number), None)
        start = forward.position_start if forward is not None else 0
        is_prompt = np.arange(start, start + values.shape[-1]) < call.info.prompt_len
        kept: AnyArray = np.where(is_prompt, np.array(placeholder, dtype=values.dtype), values)
        return kept
    if "/noise/" not in name:
        return values
    ids, noise = (
        call.files.arrays.raw(layout.step_entry(number, f"noise/{part}")) for part in ("ids", "values")
    )
    taken: AnyArray = np.take_along_axis(values, hidden.noise_places(number, ids, noise), axis=1)
    return taken


def _forwards(table: pa.Table) -> pa.Table:
    """The forwards without the notes on their inputs, which may say what was in them."""
    for name in ("inputs", "outputs"):
        place = table.schema.get_field_index(name)
        field = table.schema.field(place)
        rows = [
            None if row is None else [{**one, "note": None} for one in row] for row in table[name].to_pylist()
        ]
        table = table.set_column(place, field, [pa.array(rows, type=field.type)])
    return table


def _with_signs(table: pa.Table, placeholder: int, count: int) -> pa.Table:
    """The vocabulary with the placeholders behind its last id."""
    signs = [PROMPT_SIGN, *(f"{HIDDEN_SIGN}{number}" for number in range(1, count + 1))]
    ids = list(range(table.num_rows, placeholder + len(signs)))
    pieces = [None] * (placeholder - table.num_rows) + signs
    added = pa.table(
        [
            ids,
            pieces,
            [None if one is None else one.encode() for one in pieces],
            [False] * len(ids),
            [True] * len(ids),
        ],
        schema=VOCABULARY,
    )
    return pa.concat_tables([table.replace_schema_metadata(None), added]).replace_schema_metadata(
        table.schema.metadata
    )
