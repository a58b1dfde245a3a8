"""How large the tables of a call become: tables of the same shape with made-up numbers, written as the trace is.

What a table costs is decided by how its columns compress, which no formula gives. Long tables are measured by a
part. The made-up numbers look like a language model's: a few candidates far above the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tracer.recording.planning.call_outline import CallOutline
from tracer.recording.planning.model_outline import ModelOutline
from tracer.recording.planning.planned_stages import PlannedStage, Span
from tracer.store.parquet_file import encode_table
from tracer.store.tables import CANDIDATES, FORWARDS, STEPS

_MAX_CANDIDATE_ROWS = 40_000
_MAX_ROWS = 1_000
"""Tables beyond these are measured by a part of so many rows."""

_TOUCHED = 0.1
"""The share of the candidates whose scores a processor such as the repetition penalty changes."""

_BITS_LOST = {"bfloat16": 16, "float16": 13}
"""Of a float32's bits, those that are zero in a score of the dtype."""


@dataclass(frozen=True, slots=True)
class _Scored:
    """Made-up scores of the candidates at one stage, (candidates,) float32."""

    scores: npt.NDArray[np.float32]
    logsumexp: float


@dataclass(frozen=True, slots=True)
class TablePlanner:
    """Measures the tables of shards of one call."""

    model: ModelOutline
    call: CallOutline
    is_heard: bool

    def steps_bytes(self, num_steps: int, stages: Sequence[PlannedStage]) -> int:
        """Returns the size of a steps table with so many steps of every row."""
        random = np.random.default_rng(0)
        count, shown = _shown(num_steps * self.call.num_rows, _MAX_ROWS)
        rows = [self._step_row(index, stages, random) for index in range(shown)]
        table = pa.Table.from_pylist(rows, schema=STEPS)
        digests = '"candidates-00000.parquet": "' + "a1b2c3d4" * 8 + '", '
        return _size(table.replace_schema_metadata({"digests": 3 * digests}), count / shown)

    def _step_row(
        self, index: int, stages: Sequence[PlannedStage], random: np.random.Generator
    ) -> dict[str, object]:
        place, row = divmod(index, self.call.num_rows)
        token = int(random.integers(self.model.info.vocab_size))
        survivors = [self.model.info.vocab_size, *(stage.survivors.most for stage in stages)]
        numbers = iter(random.random(8 + 2 * len(survivors)))
        return {
            "sequence": row,
            "step": place,
            "forward": place,
            "phase": "decode",
            "token_id": token,
            "position": self.call.prompt_len + place,
            "kv_len": self.call.prompt_len + place,
            "probability": next(numbers),
            "rank": int(random.exponential(1.0)),
            "model_probability": next(numbers),
            "model_rank": int(random.exponential(1.0)),
            "entropy": next(numbers),
            "model_entropy": next(numbers),
            "favorite_id": token,
            "winner_id": token,
            "survivors_by_stage": survivors,
            "removed_mass_by_stage": [
                next(numbers) if later < earlier else 0.0
                for earlier, later in zip([survivors[0], *survivors], survivors, strict=False)
            ],
            "logsumexp_by_stage": [next(numbers) for _ in survivors],
            "form_by_stage": ["same", *("changed" for _ in stages)],
            "scale_by_stage": [None] * len(survivors),
            "verdicts": [False] * len(self.call.setup.criteria),
            "is_finished": False,
            "processors_ms": next(numbers),
            "choice_ms": next(numbers),
            "at_ms": next(numbers),
            "waited_ms": 0.0,
        }

    def forwards_bytes(self, num_forwards: int) -> int:
        """Returns the size of a forwards table with so many forwards."""
        random = np.random.default_rng(0)
        count, shown = _shown(num_forwards, max(1, _MAX_ROWS * 10 // max(self.model.num_layers, 1)))
        rows = [self._forward_row(index, random) for index in range(shown)]
        return _size(pa.Table.from_pylist(rows, schema=FORWARDS), count / shown)

    def _forward_row(self, index: int, random: np.random.Generator) -> dict[str, object]:
        rows, start = self.call.num_rows, self.call.prompt_len + index
        names = ["input_ids", "past_key_values", "position_ids", "logits_to_keep", "use_cache", "return_dict"]
        heard = self.model.attention if self.is_heard else ()
        return {
            "forward": index,
            "step": index,
            "phase": "decode",
            "is_auxiliary": False,
            "query_len": 1,
            "position_start": start,
            "prefix_len": 0,
            "prefix_shared": 0,
            "inputs": [_described(name, [rows, 1]) for name in names],
            "cache_class": self.call.setup.cache_class,
            "cache_layers": [
                {
                    "layer": layer,
                    "class_name": "DynamicLayer",
                    "len_before": start,
                    "len_after": start + 1,
                    "key_shape": [rows, self.model.info.num_key_value_heads or 1, start + 1, 64],
                    "bytes_before": rows * start * 64,
                    "bytes_after": rows * (start + 1) * 64,
                }
                for layer in range(self.model.num_layers if self.call.setup.use_cache else 0)
            ],
            "views": [
                {"layer": layer.layer, "kv_len": start + 1, "kv_offset": 0, "mask": -1} for layer in heard
            ],
            "masks": [],
            "outputs": [
                _described(name, [rows, 1, self.model.info.vocab_size]) for name in ("logits", "cache")
            ],
            "started_ms": float(random.random()),
            "elapsed_ms": float(random.random()),
            "waited_ms": 0.0,
        }

    def candidates_bytes(
        self, num_steps: int, stages: Sequence[PlannedStage], candidates: Span
    ) -> tuple[int, int]:
        """Returns the size of a candidates table with so many steps, at least and at most.

        At least: cuts leave the fewest tokens, and what changes a few scores changes no candidate's.
        """
        fewest = [stage.survivors.least for stage in stages]
        most = [stage.survivors.most for stage in stages]
        upper = self._candidates_bytes(num_steps, stages, candidates.most, most)
        if (candidates.least, fewest) == (candidates.most, most) and not any(map(_touches, stages)):
            return upper, upper
        calm = [replace(stage, entries=0) if _touches(stage) else stage for stage in stages]
        return min(self._candidates_bytes(num_steps, calm, candidates.least, fewest), upper), upper

    def _candidates_bytes(
        self, num_steps: int, stages: Sequence[PlannedStage], count: int, survivors: Sequence[int]
    ) -> int:
        random = np.random.default_rng(0)
        per_step = count * (1 + len(stages))
        places, shown = _shown(num_steps * self.call.num_rows, max(1, _MAX_CANDIDATE_ROWS // per_step))
        chains = [self._made_chain(count, stages, survivors, random) for _ in range(shown)]
        tables = [self._candidate_columns(index, chain, random) for index, chain in enumerate(chains)]
        columns = {name: np.concatenate([table[name] for table in tables]) for name in CANDIDATES.names}
        arrays = [pa.array(columns[field.name], field.type) for field in CANDIDATES]
        return _size(pa.table(arrays, schema=CANDIDATES), places / shown)

    def _made_chain(
        self,
        count: int,
        stages: Sequence[PlannedStage],
        survivors: Sequence[int],
        random: np.random.Generator,
    ) -> list[_Scored]:
        """Makes up the candidates' scores at every stage, each with its logsumexp."""
        chain = [_Scored(self._raw_scores(count, random), 16.0 + random.random())]
        for stage, kept in zip(stages, survivors, strict=True):
            chain.append(_made_stage(chain[-1], stage, kept, random))
        return chain

    def _candidate_columns(
        self, index: int, chain: list[_Scored], random: np.random.Generator
    ) -> dict[str, npt.NDArray[np.generic]]:
        count = len(chain[0].scores)
        place, row = divmod(index, self.call.num_rows)
        total = count * len(chain)
        scores = np.concatenate([stage.scores for stage in chain])
        log_probabilities = [stage.scores.astype(np.float64) - stage.logsumexp for stage in chain]
        alive = [int(np.isfinite(stage.scores).sum()) for stage in chain]
        return {
            "sequence": np.full(total, row, np.int32),
            "step": np.full(total, place, np.int32),
            "stage": np.repeat(np.arange(len(chain), dtype=np.int32), count),
            "token_id": np.tile(_made_ids(self.model.info.vocab_size, count, random), len(chain)),
            "score": scores,
            "probability": np.exp(np.concatenate(log_probabilities)),
            "rank": np.concatenate([np.minimum(np.arange(count), kept) for kept in alive]).astype(np.int32),
            "removed": np.isneginf(scores),
        }

    def _raw_scores(self, count: int, random: np.random.Generator) -> npt.NDArray[np.float32]:
        best = np.sort(16.0 - random.gamma(4.0, 1.5, count).astype(np.float32))[::-1].astype(np.float32)
        lost = _BITS_LOST.get(self.model.info.dtype, 0)
        return (best.view(np.uint32) >> lost << lost).view(np.float32)


def _made_ids(vocab_size: int, count: int, random: np.random.Generator) -> npt.NDArray[np.int32]:
    """Distinct ids; some tokens are candidates again and again."""
    drawn = np.unique((vocab_size * random.random(4 * count) ** 3).astype(np.int32))
    if len(drawn) < count:
        return random.permutation(vocab_size)[:count].astype(np.int32)
    return random.permutation(drawn)[:count]


def _touches(stage: PlannedStage) -> bool:
    """Whether a stage changes some scores and leaves the others."""
    return stage.entries == 2 and not stage.renews


def _made_stage(before: _Scored, stage: PlannedStage, kept: int, random: np.random.Generator) -> _Scored:
    logsumexp = before.logsumexp + random.random()
    if stage.renews:
        return _Scored(before.scores / np.float32(0.5 + random.random()), logsumexp)
    scores = before.scores.copy()
    if kept < len(scores):
        scores[kept:] = -np.inf
    elif not stage.entries:
        return before
    elif _touches(stage):
        scores[random.random(len(scores)) < _TOUCHED] *= np.float32(0.9)
    return _Scored(scores, logsumexp)


def _described(name: str, shape: list[int]) -> dict[str, object]:
    return {"name": name, "shape": shape, "dtype": "int64", "note": None}


def _shown(count: int, most: int) -> tuple[int, int]:
    return max(count, 1), max(1, min(count, most))


def _size(table: pa.Table, factor: float = 1.0) -> int:
    """The size of a table of `factor` times the rows; what a file costs without rows stays."""
    size = len(encode_table(table))
    if factor == 1.0:
        return size
    return round(size + (factor - 1.0) * (size - len(encode_table(table.schema.empty_table()))))
