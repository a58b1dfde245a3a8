"""A trace of tables only, as long as asked for, from tokens of any bytes: for what must be fast or hostile."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from tests.synthetic import STARTED, manifest
from tracer.schema import CallInfo, CriterionInfo, ProcessorInfo
from tracer.store.tables import VOCABULARY
from tracer.store.writer import TraceWriter
from tracer.trace.opening import open_trace
from tracer.trace.trace import Trace

STOP = 0
STAGES = ("TemperatureLogitsWarper", "TopKLogitsWarper")


def long_trace(
    path: Path,
    tokens: list[bytes],
    prompt_ids: list[int],
    token_ids: list[int],
    *,
    candidates: int = 4,
    special: tuple[int, ...] = (STOP,),
    messages: list[dict[str, str]] | None = None,
    cells: dict[int, dict[str, Any]] | None = None,
) -> Trace:
    """Writes a trace of one sequence and opens it.

    Each step's model gives the chosen token 0.6, the next id 0.2 and so on; `cells` are, by step, other cells of
    the steps table. A token that is no UTF-8 is spelled by its number.
    """
    info = CallInfo(
        index=0,
        status="complete",
        mode="sample",
        num_rows=1,
        prompt_len=len(prompt_ids),
        prompt_ids=[prompt_ids],
        messages=messages,
        processors=[
            ProcessorInfo(stage=at, class_name=name, module="transformers", is_rebuildable=True)
            for at, name in enumerate(STAGES, start=1)
        ],
        criteria=[CriterionInfo(class_name="EosTokenCriteria", parameters={"eos_token_id": [STOP]})],
        started_at=STARTED,
        num_steps=len(token_ids),
    )
    writer = TraceWriter(path, manifest(), overwrite=True)
    writer.write_vocabulary(vocabulary_table(tokens, special), None)
    call = writer.begin_call(info)
    for step, token_id in enumerate(token_ids):
        call.add_row(
            "steps", _row(step, token_id, len(prompt_ids), len(tokens)) | (cells or {}).get(step, {})
        )
    call.add_columns("candidates", _candidates(token_ids, len(tokens), candidates))
    call.end(info)
    writer.close("complete")
    return open_trace(path)


def vocabulary_table(tokens: list[bytes], special: tuple[int, ...] = ()) -> pa.Table:
    """Returns the table of a vocabulary of any bytes."""
    spelled = [raw.decode("utf-8", "replace") or f"#{place}" for place, raw in enumerate(tokens)]
    is_special = [place in special for place in range(len(tokens))]
    columns = [range(len(tokens)), spelled, tokens, is_special, is_special]
    return pa.table([list(column) for column in columns], schema=VOCABULARY)


def _row(step: int, token_id: int, prompt_len: int, vocab_size: int) -> dict[str, Any]:
    return {
        "sequence": 0,
        "step": step,
        "forward": step,
        "phase": "decode" if step else "prefill",
        "token_id": token_id,
        "position": prompt_len + step,
        "kv_len": prompt_len + step,
        "probability": 0.6,
        "rank": 0,
        "model_probability": 0.6,
        "model_rank": 0,
        "entropy": 1.0,
        "model_entropy": 1.5,
        "favorite_id": token_id,
        "winner_id": token_id,
        "survivors_by_stage": [vocab_size, vocab_size, 50],
        "removed_mass_by_stage": [0.0, 0.0, 0.1],
        "logsumexp_by_stage": [0.0, 0.0, 0.0],
        "form_by_stage": ["none"] * 3,
        "scale_by_stage": [None] * 3,
        "verdicts": [token_id == STOP],
        "is_finished": token_id == STOP,
        "at_ms": float(step),
    }


def _candidates(token_ids: list[int], vocab_size: int, count: int) -> dict[str, np.ndarray]:
    stages, steps = len(STAGES) + 1, len(token_ids)
    ranks = np.tile(np.arange(count), steps * stages)
    probability = 0.6 * (1 / 3) ** ranks
    return {
        "sequence": np.zeros(len(ranks), dtype=np.int32),
        "step": np.repeat(np.arange(steps, dtype=np.int32), stages * count),
        "stage": np.tile(np.repeat(np.arange(stages, dtype=np.int32), count), steps),
        "token_id": ((np.repeat(np.array(token_ids), stages * count) + ranks) % vocab_size).astype(np.int32),
        "score": np.log(probability).astype(np.float32),
        "probability": probability,
        "rank": ranks.astype(np.int32),
        "removed": np.zeros(len(ranks), dtype=np.bool_),
    }
