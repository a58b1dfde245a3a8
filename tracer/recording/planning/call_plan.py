"""How many bytes one recorded call will take, part by part: `Plan`, and what makes it from two outlines.

Each part has a lower and an upper figure. They differ only where the data decide: what survives a cut, what a
processor changes, whether rows are padded. Arrays are counted exactly, tables and documents are measured on
made-up ones of the same shape. A run that stops early takes less. Looks at no model and
no tokenizer.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tracer.config import RecordingConfig, format_bytes
from tracer.recording.planning.array_tally import ArrayTally
from tracer.recording.planning.call_outline import CallOutline
from tracer.recording.planning.model_outline import ModelOutline
from tracer.recording.planning.planned_arrays import ArrayPlanner, Positions
from tracer.recording.planning.planned_documents import call_info_bytes
from tracer.recording.planning.planned_stages import (
    PlannedStage,
    Span,
    StageContext,
    count_candidates,
    plan_stages,
)
from tracer.recording.planning.planned_tables import TablePlanner
from tracer.recording.signals import Signals
from tracer.recording.writing.call_writing import SHARD_BYTES, SHARD_STEPS
from tracer.schema import Missing

_NOTES = {
    "logits": "raw logits of every step",
    "scores": "what each logits processor changed",
    "hidden_states": "the residual stream",
    "additions": "what each block's attention and MLP add",
    "queries": "",
    "keys": "of every position",
    "values": "of every position",
    "prefix": "what the cache held before; nothing where an earlier call of the trace holds it",
    "masks": "as given to attention, packed",
    "inputs": "token ids, position ids and masks of every forward",
    "random state and noise": "the draw of every step",
    "accounting": "shares of each part in the logits",
    "candidates table": "the best tokens of every step at every stage",
    "steps table": "",
    "forwards table": "",
    "vocabulary": "once for the trace, where a tokenizer is given",
    "documents": "trace.json and call.json",
    "other": "sinks, file headers",
}
"""The parts in order, each with what it holds."""

_ESTIMATED = ("candidates table", "steps table", "forwards table", "vocabulary", "documents")
_DOUBT = 0.15
"""How much larger than planned an estimated part may become."""

_SHARD_HEADER_BYTES = 12
_ROW_BYTES = 512
_CANDIDATE_BYTES = 33


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """One part of a trace and how many bytes it takes, at least and at most."""

    name: str
    lower_bytes: int
    upper_bytes: int
    note: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a call takes. `queries_positions` says what `queries="auto"` comes to; `left_out` is for a budget."""

    parts: tuple[PlannedPart, ...]
    lower_bytes: int
    upper_bytes: int
    queries_positions: Positions
    left_out: tuple[Missing, ...] = ()

    @property
    def safe_bytes(self) -> int:
        """The upper figure, with what the estimated parts may exceed theirs by."""
        doubtful = sum(part.upper_bytes for part in self.parts if part.name in _ESTIMATED)
        return self.upper_bytes + int(_DOUBT * doubtful)

    def describe(self) -> dict[str, Any]:
        """Returns the plan as JSON-ready values."""
        return {
            "lower_bytes": self.lower_bytes,
            "upper_bytes": self.upper_bytes,
            "queries_positions": self.queries_positions,
            "parts": [asdict(part) for part in self.parts],
            "left_out": [item.model_dump() for item in self.left_out],
        }

    def __str__(self) -> str:
        rows = [("part", "at least", "at most", ""), *map(_row, self.parts)]
        rows.append(("total", format_bytes(self.lower_bytes), format_bytes(self.upper_bytes), ""))
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        lines = [
            f"{name:<{widths[0]}}  {lower:>{widths[1]}}  {upper:>{widths[2]}}  {note}".rstrip()
            for name, lower, upper, note in rows
        ]
        return "\n".join([*lines, *(f"{item.signal}: {item.reason}" for item in self.left_out)])


def _row(part: PlannedPart) -> tuple[str, str, str, str]:
    return part.name, format_bytes(part.lower_bytes), format_bytes(part.upper_bytes), part.note


def join_plans(plans: list[Plan]) -> Plan:
    """Returns the least and the most of plans with the same parts."""
    parts = [
        PlannedPart(
            alike[0].name,
            min(part.lower_bytes for part in alike),
            max(part.upper_bytes for part in alike),
            alike[0].note,
        )
        for alike in zip(*(plan.parts for plan in plans), strict=True)
    ]
    return _summed(parts, plans[0].queries_positions)


def _summed(parts: list[PlannedPart], positions: Positions) -> Plan:
    return Plan(
        parts=tuple(parts),
        lower_bytes=sum(part.lower_bytes for part in parts),
        upper_bytes=sum(part.upper_bytes for part in parts),
        queries_positions=positions,
    )


def plan_call(
    outline: ModelOutline, call: CallOutline, config: RecordingConfig, trace: Mapping[str, int] | None = None
) -> Plan:
    """Returns the plan of one call under a resolved configuration; `trace` adds what is stored once."""
    stages = _plan_stages(outline, call, config)
    candidates = count_candidates(
        call.setup.processors,
        stages,
        count=config.candidates,
        vocab_size=outline.info.vocab_size,
        is_sampled=call.is_sampled,
    )
    arrays = ArrayPlanner(outline, call, config)
    tally = ArrayTally(call.num_steps)
    arrays.plan_forwards(tally)
    arrays.plan_steps(tally, stages, candidates)
    waiting = _ROW_BYTES * call.num_rows + _CANDIDATE_BYTES * call.num_rows * candidates.most * (
        1 + len(stages)
    )
    shards = _shard_lengths(tally.by_step + waiting)
    totals = tally.totals(float(tally.by_step.sum()) / len(shards))
    totals |= _plan_tables(outline, call, config, stages, candidates, shards)
    for name, size in (trace or {}).items():
        totals[name] = (size, size)
    documents = call_info_bytes(outline, call, config) + (trace or {}).get("documents", 0)
    totals["documents"] = (documents, documents)
    lower, upper = totals.get("other", (0.0, 0.0))
    headers = _SHARD_HEADER_BYTES * len(shards)
    totals["other"] = (lower + headers, upper + headers)
    return _summed(list(_parts(totals, arrays.queries_positions)), arrays.queries_positions)


def _parts(totals: Mapping[str, tuple[float, float]], positions: Positions) -> Iterator[PlannedPart]:
    for name, note in _NOTES.items():
        lower, upper = totals.get(name, (0.0, 0.0))
        words = {"all": "of every position", "last": "of the sampled position", "none": ""}
        note = words[positions] if name == "queries" else note
        yield PlannedPart(name, round(lower), round(upper), note if upper else "nothing")


def _plan_stages(outline: ModelOutline, call: CallOutline, config: RecordingConfig) -> list[PlannedStage]:
    processors = call.setup.processors
    context = StageContext(outline.info.vocab_size, call.prompt_len, call.num_steps)
    if Signals(config).dense_scores:
        dense = frozenset(info.stage for info in processors)
    else:
        dense = frozenset({1} if config.logits == "none" else ())
    return plan_stages(processors, context, dense=dense)


def _shard_lengths(bytes_by_step: npt.NDArray[np.float64]) -> list[int]:
    """Returns how many steps each shard holds."""
    lengths, waiting, steps = [], 0.0, 0
    for step_bytes in bytes_by_step.tolist():
        waiting, steps = waiting + step_bytes, steps + 1
        if steps >= SHARD_STEPS or waiting >= SHARD_BYTES:
            lengths.append(steps)
            waiting, steps = 0.0, 0
    return [*lengths, steps] if steps else lengths


def _plan_tables(
    outline: ModelOutline,
    call: CallOutline,
    config: RecordingConfig,
    stages: list[PlannedStage],
    candidates: Span,
    shards: list[int],
) -> dict[str, tuple[float, float]]:
    tables = TablePlanner(outline, call, is_heard=Signals(config).attention)
    lower = upper = steps = forwards = 0.0
    for length in set(shards):
        times = shards.count(length)
        fewest, most = tables.candidates_bytes(length, stages, candidates)
        lower, upper = lower + times * fewest, upper + times * most
        steps += times * tables.steps_bytes(length, stages)
        forwards += times * tables.forwards_bytes(length)
    chunks = len(call.forwards().step) - call.num_steps  # further forwards of the prompt, in the first shard
    if chunks:
        forwards += tables.forwards_bytes(shards[0] + chunks) - tables.forwards_bytes(shards[0])
    return {
        "candidates table": (lower, upper),
        "steps table": (steps, steps),
        "forwards table": (forwards, forwards),
    }
