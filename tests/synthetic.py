"""A small synthetic trace, written with the real writer from random arrays that the tests know.

`Synthetic` holds the arrays; `write_trace` puts them on disk. No model and no torch.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from tracer.schema import (
    AccountingInfo,
    AttentionInfo,
    CallInfo,
    CriterionInfo,
    Environment,
    LayerAttention,
    Manifest,
    Missing,
    ModelInfo,
    ProcessorInfo,
    Status,
)
from tracer.store.format import forward_entry, stage_entry, step_entry
from tracer.store.stages import encode
from tracer.store.writer import CallWriter, TraceWriter

LAYERS, HEADS, KV_HEADS, HEAD_DIM, HIDDEN, VOCAB = 2, 4, 2, 8, 16, 12
CONFIG: dict[str, object] = {
    "preset": "full",
    "logits": "last",
    "scores": "last",
    "accounting": "last",
    "hidden_states": "all",
    "additions": "all",
    "queries": "all",
    "keys_values": "all",
    "layers": None,
    "steps": None,
}
TEMPERATURE = 0.7
STARTED = "2026-01-01T00:00:00+00:00"


@dataclass
class Synthetic:
    """The arrays of one call: `rows` sequences of `steps` steps after a prompt of `prompt_len` columns.

    `changes` are fields of the call's document.
    """

    rows: int = 1
    steps: int = 3
    prompt_len: int = 5
    seed: int = 0
    changes: dict[str, object] = field(default_factory=dict)
    logits: np.ndarray = field(init=False)
    scaled: np.ndarray = field(init=False)
    scores: np.ndarray = field(init=False)
    token_ids: np.ndarray = field(init=False)
    queries: np.ndarray = field(init=False)
    keys: np.ndarray = field(init=False)
    values: np.ndarray = field(init=False)
    streams: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        random = np.random.default_rng(self.seed)
        length = self.prompt_len + self.steps - 1
        self.logits = random.normal(size=(self.steps, self.rows, VOCAB)).astype(np.float32)
        self.scaled = self.logits / np.float32(TEMPERATURE)
        cut = np.sort(self.scaled, axis=-1)[..., -4, None]
        self.scores = np.where(self.scaled >= cut, self.scaled, np.float32(-np.inf))
        self.token_ids = self.scores.argmax(axis=-1).astype(np.int32)
        self.queries = _normal(random, LAYERS, self.rows, HEADS, length, HEAD_DIM)
        self.keys = _normal(random, LAYERS, self.rows, KV_HEADS, length, HEAD_DIM)
        self.values = _normal(random, LAYERS, self.rows, KV_HEADS, length, HEAD_DIM)
        self.streams = _normal(random, LAYERS + 1, self.rows, length, HIDDEN)

    @property
    def prompt_ids(self) -> list[list[int]]:
        """Row r is padded by r columns on the left."""
        return [[0] * row + list(range(1, self.prompt_len + 1 - row)) for row in range(self.rows)]

    @property
    def prompt_mask(self) -> list[list[int]]:
        """Ones where the prompt is no padding."""
        return [[0] * row + [1] * (self.prompt_len - row) for row in range(self.rows)]

    def info(self, index: int = 0, **changes: object) -> CallInfo:
        """Returns the call's document."""
        constants = [
            LayerAttention(layer=layer, scaling=0.25, num_heads=HEADS, num_key_value_heads=KV_HEADS)
            for layer in range(LAYERS)
        ]
        base = CallInfo(
            index=index,
            status="complete",
            mode="sample",
            num_rows=self.rows,
            prompt_len=self.prompt_len,
            prompt_ids=self.prompt_ids,
            prompt_mask=self.prompt_mask,
            processors=[_processor(1, "TemperatureLogitsWarper"), _processor(2, "TopKLogitsWarper")],
            criteria=[CriterionInfo(class_name="EosTokenCriteria")] * 2,
            accounting=AccountingInfo(parts=["embedding", "layer-00.mlp"], logits_dtype="float32"),
            attention=AttentionInfo(layers=constants),
            started_at=STARTED,
            num_steps=self.steps,
        )
        return base.model_copy(update={**self.changes, **changes})


def manifest(**changes: object) -> Manifest:
    """Returns a manifest of the synthetic model."""
    base = Manifest(
        created_at=STARTED,
        model=ModelInfo(
            name="synthetic",
            class_name="Synthetic",
            architecture="llama",
            dtype="float32",
            device="cpu",
            num_hidden_layers=LAYERS,
            num_attention_heads=HEADS,
            num_key_value_heads=KV_HEADS,
            head_dim=HEAD_DIM,
            hidden_size=HIDDEN,
            vocab_size=VOCAB,
            num_parameters=1,
        ),
        environment=Environment(
            tracer="0", python="3", torch="2", transformers="5", platform="any", device_type="cpu"
        ),
        config=CONFIG,
    )
    return base.model_copy(update=changes)


def write_trace(
    path: Path,
    *calls: Synthetic,
    status: Status = "complete",
    steps_per_shard: int = 2,
    missing: tuple[Missing, ...] = (),
    without: tuple[str, ...] = (),
    vocabulary: pa.Table | None = None,
    **config: object,
) -> Path:
    """Writes one trace of the calls (one default call without any) and returns its path.

    Arrays whose names contain one of `without` are left out; `config` changes what the manifest says.
    """
    writer = TraceWriter(path, manifest(missing=list(missing), config={**CONFIG, **config}), overwrite=False)
    if vocabulary is not None:
        writer.write_vocabulary(vocabulary, None)
    for index, synthetic in enumerate(calls or (Synthetic(),)):
        call: Any = _Without(writer.begin_call(synthetic.info(index)), without)
        write_call(call, synthetic, index, steps_per_shard)
    writer.close(status)
    return path


@dataclass
class _Without:
    """A call's writer that leaves arrays out, and says of stages that they are not there."""

    call: CallWriter
    without: tuple[str, ...]

    def add_array(self, name: str, array: np.ndarray, *, dtype: str | None = None) -> None:
        if not any(part in name for part in self.without):
            self.call.add_array(name, array, dtype=dtype)

    def add_row(self, table: Any, row: dict[str, Any]) -> None:
        if table == "steps":
            names = ("/logits", "/stage-1/", "/stage-2/")
            is_left_out = [any(part in name for part in self.without) for name in names]
            forms = zip(row["form_by_stage"], is_left_out, strict=True)
            row = {**row, "form_by_stage": ["none" if left_out else form for form, left_out in forms]}
        self.call.add_row(table, row)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.call, name)


def write_call(call: CallWriter, synthetic: Synthetic, index: int = 0, steps_per_shard: int = 2) -> None:
    """Writes the forwards and steps of one call and ends it."""
    for step in range(synthetic.steps):
        write_forward(call, synthetic, step)
        write_step(call, synthetic, step)
        if call.pending_steps == steps_per_shard:
            call.flush()
    call.end(synthetic.info(index))


def write_forward(call: CallWriter, synthetic: Synthetic, step: int) -> None:
    """Writes the forward of a step: the whole prompt, then one position each."""
    end = synthetic.prompt_len + step
    start = 0 if step == 0 else end - 1
    layers = f"layers-0-{LAYERS - 1}"
    for signal in ("queries", "keys", "values"):
        values = getattr(synthetic, signal)[:, :, :, start:end]
        call.add_array(forward_entry(step, f"{signal}/{layers}"), values)
    call.add_array(
        forward_entry(step, f"hidden_states/layers-0-{LAYERS}"), synthetic.streams[:, :, start:end]
    )
    for part in ("attention", "mlp"):
        added = np.diff(synthetic.streams, axis=0)[:, :, start:end]
        call.add_array(forward_entry(step, f"additions/{part}/{layers}"), added)
    position_ids = np.arange(start, end, dtype=np.int64)[None]
    call.add_array(forward_entry(step, "inputs/position_ids"), position_ids)
    call.add_row("forwards", forward_row(step, start, end))


def forward_row(step: int, start: int, end: int) -> dict[str, object]:
    """Returns the table row of a forward with a dynamic cache and no mask given."""
    given = {"name": "position_ids", "shape": [1, end - start], "dtype": "int64", "note": None}
    cache = {
        "class_name": "DynamicLayer",
        "len_before": start,
        "len_after": end,
        "key_shape": [1, KV_HEADS, end, HEAD_DIM],
        "bytes_before": start * 4,
        "bytes_after": end * 4,
    }
    view = {"kv_len": end, "kv_offset": 0, "mask": -1}
    return {
        "forward": step,
        "step": step,
        "phase": "prefill" if step == 0 else "decode",
        "is_auxiliary": False,
        "query_len": end - start,
        "position_start": start,
        "inputs": [given],
        "cache_class": "DynamicCache",
        "cache_layers": [{"layer": layer, **cache} for layer in range(LAYERS)],
        "views": [{"layer": layer, **view} for layer in range(LAYERS)],
        "masks": [],
        "started_ms": float(step),
        "elapsed_ms": 0.5,
    }


def write_step(call: CallWriter, synthetic: Synthetic, step: int) -> None:
    """Writes the logits, stages, candidates and rows of a step."""
    call.add_array(step_entry(step, "logits"), synthetic.logits[step])
    call.add_array(step_entry(step, "random_state"), np.full(4, step % 256, dtype=np.uint8))
    call.add_array(step_entry(step, "noise/ids"), np.tile(np.arange(3, dtype=np.int32), (synthetic.rows, 1)))
    call.add_array(step_entry(step, "noise/values"), np.full((synthetic.rows, 3), 0.5, dtype=np.float32))
    call.add_array(
        step_entry(step, "accounting/ids"), np.tile(np.array([3, 1], np.int32), (synthetic.rows, 1))
    )
    call.add_array(step_entry(step, "accounting/shares"), np.full((synthetic.rows, 2, 2), 0.25))
    call.add_array(step_entry(step, "accounting/remainder"), np.zeros((synthetic.rows, 2)))
    for row in range(synthetic.rows):
        _write_row(call, synthetic, step, row)


def _write_row(call: CallWriter, synthetic: Synthetic, step: int, row: int) -> None:
    stages = [getattr(synthetic, name)[step, row] for name in ("logits", "scaled", "scores")]
    forms, scales = ["same"], [None]
    for stage in (1, 2):
        stored = encode(stages[stage - 1], stages[stage], scale_hint=TEMPERATURE if stage == 1 else None)
        forms.append(str(stored.form))
        scales.append(stored.scale)
        for part in ("ids", "values"):
            array = getattr(stored, part)
            if array is not None:
                call.add_array(stage_entry(step, row, stage, part), array)
    token_id = int(synthetic.token_ids[step, row])
    sums = [float(np.log(np.exp(stage.astype(np.float64)).sum())) for stage in stages]
    call.add_row(
        "steps",
        {
            "sequence": row,
            "step": step,
            "forward": step,
            "phase": "prefill" if step == 0 else "decode",
            "token_id": token_id,
            "position": synthetic.prompt_len + step,
            "kv_len": synthetic.prompt_len + step,
            "probability": float(np.exp(stages[2][token_id] - sums[2])),
            "rank": 0,
            "model_probability": float(np.exp(stages[0][token_id] - sums[0])),
            "model_rank": 0,
            "entropy": 1.0,
            "model_entropy": 2.0,
            "favorite_id": token_id,
            "winner_id": token_id,
            "survivors_by_stage": [VOCAB, VOCAB, 4],
            "removed_mass_by_stage": [0.0, 0.0, 0.25],
            "logsumexp_by_stage": sums,
            "form_by_stage": forms,
            "scale_by_stage": scales,
            "verdicts": [step == synthetic.steps - 1, False],
            "is_finished": step == synthetic.steps - 1,
            "at_ms": float(step),
        },
    )
    ids = np.array([token_id, (token_id + 1) % VOCAB], dtype=np.int32)
    for stage, scores in enumerate(stages):
        call.add_columns("candidates", _candidates(row, step, stage, ids, scores, sums[stage]))


def _candidates(
    row: int, step: int, stage: int, ids: np.ndarray, scores: np.ndarray, logsumexp: float
) -> dict[str, np.ndarray]:
    return {
        "sequence": np.full(len(ids), row),
        "step": np.full(len(ids), step),
        "stage": np.full(len(ids), stage),
        "token_id": ids,
        "score": scores[ids],
        "probability": np.exp(scores[ids] - logsumexp),
        "rank": np.array([int((scores > scores[token]).sum()) for token in ids]),
        "removed": np.isneginf(scores[ids]),
    }


def _processor(stage: int, class_name: str) -> ProcessorInfo:
    return ProcessorInfo(stage=stage, class_name=class_name, module="transformers", is_rebuildable=True)


def _normal(random: np.random.Generator, *shape: int) -> np.ndarray:
    return random.normal(size=shape).astype(np.float32)
