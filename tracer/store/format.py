"""The trace format, version 1: what lies where on disk, and how every entry is named.

    paris.trace/
      trace.json                 `tracer.schema.Manifest`
      model.json                 `tracer.schema.ModelStructure`: the tree of modules; absent in older traces
      trace.lock                 held (flock) while it records; without a holder, `recording` means `interrupted`
      trace.reserve              space for the last documents on a full disk; there while it records
      replaced.tmp/              the trace that this one replaces; there until the first call begins
      vocabulary.parquet         id, piece, bytes, special, added; a text's ends: `tracer.store.vocabulary`
      chat_template.jinja        plain text, where the tokenizer has one
      call-000/
        call.json                `tracer.schema.CallInfo`
        arrays-00000.safetensors
        candidates-00000.parquet
        forwards-00000.parquet
        steps-00000.parquet      renamed last: a shard counts once this file is there
      derived/                   answers that needed the model, see `tracer.store.derived`

Policy, not format: how many steps make a shard, compression, the candidates kept.

Tables (columns in `tracer.store.tables`): one row per (sequence, step) in `steps`, per (sequence, step, stage,
token) in `candidates`, per forward in `forwards`. The Arrow schema metadata of a steps table holds under
`digests` a JSON object {file name: sha256} of the shard's other files.

Arrays. One entry per (step, signal) or (forward, signal); rows are the rows of the batch:

    step-000012/logits                        (rows, vocab)           the dtype the head returned
    step-000012/row-0/stage-1/ids             (n,) int32              stored form, see `tracer.store.stages`;
    step-000012/row-0/stage-1/values          (n,) or (vocab,) f32    which of the two exist depends on the form
    step-000012/random_state                  (bytes,) uint8          generator state just before the draw
    step-000012/noise/ids                     (rows, n) int32         the race: candidates and the smallest noise
    step-000012/noise/values                  (rows, n) float32
    step-000012/accounting/ids                (rows, tokens) int32
    step-000012/accounting/shares             (rows, parts, tokens) float64
    step-000012/accounting/remainder          (rows, tokens) float64  recorded logit minus what the shares give
    forward-000012/inputs/<name>              as given                integer and boolean inputs only
    forward-000012/hidden_states/<layers>     (layers, rows, positions, hidden)     see below
    forward-000012/additions/attention/<layers>, …/additions/mlp/<layers>           the same shape
    forward-000012/queries/<layers>           (layers, rows, heads, positions, head_dim)
    forward-000012/keys/<layers>              (layers, rows, kv_heads, positions, head_dim)
    forward-000012/values/<layers>            the same shape
    forward-000012/prefix_keys/<layers>       (layers, rows, kv_heads, prefix positions, head_dim)  first forward only
    forward-000012/prefix_values/<layers>     the same shape
    forward-000012/masks/<n>                  packed bits uint8 (see `Mask` columns) or the additive mask itself
    forward-000012/sinks/<layers>             (layers, heads)

`<layers>` names the layers along the first axis: `layers-0-29`, `layers-0,2,4`; layers of unequal shape stand
in several entries. In `hidden_states` 0 is the embedding and k the stream after layer k-1 (0 … num_hidden_layers).
Positions are always the last ones of the forward's input: p stored positions of a forward with `position_start`
s and `query_len` n are the absolute positions s+n-p … s+n-1. Absolute positions count columns, padding included,
from the first column of the cache. bfloat16 is stored as BF16 (raw 16-bit words).

A key's place: forward f sees in layer l the absolute positions kv_offset[l] … kv_offset[l]+kv_len[l]-1; those at
or beyond `position_start + query_len` were not written yet (a static cache) and are zeros. The prefix entries
hold, for each layer, the last positions before `position_start`.

This module holds names and byte layouts only; it opens no file.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

MANIFEST = "trace.json"
LOCK = "trace.lock"
RESERVE = "trace.reserve"
REPLACED = "replaced.tmp"
MODEL = "model.json"
VOCABULARY = "vocabulary.parquet"
CHAT_TEMPLATE = "chat_template.jinja"
CALL_INFO = "call.json"
DERIVED = "derived"

Table = Literal["steps", "candidates", "forwards"]

DTYPES: dict[str, str] = {
    "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16",
    "I64": "int64", "I32": "int32", "I16": "int16", "I8": "int8",
    "U64": "uint64", "U32": "uint32", "U16": "uint16", "U8": "uint8", "BOOL": "bool",
}  # fmt: skip
"""safetensors' dtype codes → names."""


def call_folder(call: int) -> str:
    """Returns the folder name of a call."""
    return f"call-{call:03d}"


def shard_file(kind: Table | Literal["arrays"], shard: int) -> str:
    """Returns the file name of one part of a shard."""
    return f"{kind}-{shard:05d}.{'safetensors' if kind == 'arrays' else 'parquet'}"


def shard_numbers(folder: Path) -> list[int]:
    """Returns the numbers of the whole shards in a call's folder, in order: those whose steps table is there."""
    found = (re.fullmatch(r"steps-(\d{5})\.parquet", path.name) for path in folder.iterdir())
    return sorted(int(match.group(1)) for match in found if match)


def step_entry(step: int, signal: str) -> str:
    """Returns the array entry of a step's signal, such as `step-000012/logits`."""
    return f"step-{step:06d}/{signal}"


def stage_entry(step: int, row: int, stage: int, part: Literal["ids", "values"]) -> str:
    """Returns the array entry of one part of a stage's stored form."""
    return f"step-{step:06d}/row-{row}/stage-{stage}/{part}"


def forward_entry(forward: int, signal: str) -> str:
    """Returns the array entry of a forward's signal, such as `forward-000012/inputs/input_ids`."""
    return f"forward-{forward:06d}/{signal}"


def layers_name(layers: Sequence[int]) -> str:
    """Returns `layers-0-29` for consecutive layers and `layers-0,2,4` for others."""
    ordered = list(layers)
    if ordered == list(range(ordered[0], ordered[-1] + 1)):
        return f"layers-{ordered[0]}-{ordered[-1]}"
    return "layers-" + ",".join(map(str, ordered))


def parse_layers(name: str) -> tuple[int, ...]:
    """Returns the layers named by the last part of an entry, in the order of the first axis."""
    text = name.rsplit("/", 1)[-1].removeprefix("layers-")
    if "," in text or "-" not in text:
        return tuple(int(part) for part in text.split(","))
    first, last = text.split("-")
    return tuple(range(int(first), int(last) + 1))


def bfloat16_to_float32(words: npt.NDArray[np.uint16]) -> npt.NDArray[np.float32]:
    """Returns the float32 values of raw bfloat16 words: the words are the upper half of a float32."""
    return (words.astype(np.uint32) << 16).view(np.float32)
