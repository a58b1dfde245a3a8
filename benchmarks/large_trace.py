"""Writes traces of the shape of Llama-3-8B with the real writer, for measuring what reads them; no model and no torch.

Numbers are random words, texts are made-up words, but everything fits together as in a recorded trace: tokens follow
from the logits through the settings and the draw, shares add up to the logits. `python -m benchmarks.large_trace TO`.
"""

import argparse
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from benchmarks.large_tables import call_info, candidate_columns, forward_row, manifest, step_row, structure
from tracer.store.format import bfloat16_to_float32, forward_entry, layers_name, stage_entry, step_entry
from tracer.store.stages import encode
from tracer.store.tables import VOCABULARY
from tracer.store.writer import CallWriter, TraceWriter

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint16]

PENALTY, TEMPERATURE, TOP_K, TOP_P = 1.1, 0.8, 50, 0.9
SHARD_STEPS = 32
_POOL_WORDS = 9_999_991
_LEADING = 48
_ACCOUNTED = 17
_SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "in")]
_SPECIAL = 256


@dataclass(frozen=True)
class Shape:
    """Sizes of a model and of one call; attention is stored for the layers `heard`, for all positions."""

    prompt: int = 2000
    steps: int = 500
    layers: int = 32
    heads: int = 32
    kv_heads: int = 8
    head_dim: int = 128
    vocab: int = 128_256
    heard: tuple[int, ...] = tuple(range(32))
    seed: int = 0

    @property
    def hidden(self) -> int:
        """Numbers in the residual stream."""
        return self.heads * self.head_dim


LARGE = Shape()
ONE_LAYER_8K = Shape(prompt=8152, steps=40, heard=(0,))


@dataclass
class Made:
    """Random numbers of a shape, the same ones for the same seed."""

    shape: Shape
    random: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.shape.seed)

    @cached_property
    def _pool(self) -> Words:
        values = self.random.standard_normal(_POOL_WORDS, dtype=np.float32)
        return (values.view(np.uint32) >> 16).astype(np.uint16)

    def words(self, *shape: int) -> Words:
        """Returns normal numbers as bfloat16 words; they repeat after ten million."""
        count, begin = math.prod(shape), int(self.random.integers(_POOL_WORDS // 2))
        few = self._pool[begin : begin + count]
        return (few if len(few) == count else np.resize(self._pool, count)).reshape(shape)

    def logits(self) -> Words:
        """Returns the logits of one step: most tokens hardly likely, a few dozen leading."""
        values = bfloat16_to_float32(self.words(self.shape.vocab)) * np.float32(1.5)
        ahead = self.random.choice(self.shape.vocab, _LEADING, replace=False)
        values[ahead] += self.random.exponential(3.0, _LEADING).astype(np.float32) + 5
        return (values.view(np.uint32) >> 16).astype(np.uint16)


@dataclass(frozen=True)
class Stages:
    """The scores of one step after every setting, and the tokens that are followed through them."""

    scores: tuple[Floats, ...]
    ids: Ids

    @classmethod
    def of(cls, logits: Floats, seen: Ids) -> "Stages":
        """Applies repetition penalty, temperature, top-k and top-p as transformers does."""
        penalized, penalty = logits.copy(), np.float32(PENALTY)
        known = penalized[seen]
        penalized[seen] = np.where(known < 0, known * penalty, known / penalty)
        scaled = penalized / np.float32(TEMPERATURE)
        best = np.argsort(-scaled, kind="stable")[:TOP_K]
        odds = np.exp(scaled[best] - scaled[best[0]], dtype=np.float64)
        shares = np.cumsum(odds) / odds.sum()
        inside = best[: 1 + int(np.searchsorted(shares, TOP_P))]
        kept = [np.full_like(scaled, -np.inf) for _ in range(2)]
        for cut, ids in zip(kept, (best, inside), strict=True):
            cut[ids] = scaled[ids]
        leading = np.argpartition(-logits, _LEADING)[:_LEADING]
        return cls((logits, penalized, scaled, *kept), np.union1d(leading, best).astype(np.int32))


def write_trace(path: Path, shape: Shape = LARGE) -> Path:
    """Writes a trace of one sampled call and returns its path."""
    made = Made(shape)
    writer = TraceWriter(path, manifest(shape), overwrite=True)
    writer.write_vocabulary(_vocabulary(shape.vocab), None)
    writer.write_structure(structure(shape))
    ordinary = shape.vocab - _SPECIAL
    prompt = made.random.integers(0, ordinary, shape.prompt).astype(np.int32)
    prompt[shape.prompt // 2 :] = np.resize(prompt[: shape.prompt // 2], len(prompt) - shape.prompt // 2)
    info = call_info(shape, prompt.tolist())
    call = writer.begin_call(info)
    tokens = list(prompt)
    for step in range(shape.steps):
        _write_forward(call, made, step, tokens[-1:] if step else tokens)
        tokens.append(_write_step(call, made, step, np.unique(tokens).astype(np.int32)))
        if step % SHARD_STEPS in (0, SHARD_STEPS - 1):  # the prompt's arrays fill a shard alone
            call.flush()
    call.end(info.model_copy(update={"status": "complete", "num_steps": shape.steps}))
    writer.close("complete")
    return path


def _write_forward(call: CallWriter, made: Made, step: int, tokens: Sequence[int]) -> None:
    shape, count = made.shape, len(tokens)
    layers = layers_name(shape.heard)
    for signal, heads in (("queries", shape.heads), ("keys", shape.kv_heads), ("values", shape.kv_heads)):
        values = made.words(len(shape.heard), 1, heads, count, shape.head_dim)
        call.add_array(forward_entry(step, f"{signal}/{layers}"), values, dtype="bfloat16")
    streams = layers_name(range(shape.layers + 1))
    values = made.words(shape.layers + 1, 1, 1, shape.hidden)
    call.add_array(forward_entry(step, f"hidden_states/{streams}"), values, dtype="bfloat16")
    start = shape.prompt + step - 1 if step else 0
    positions = np.arange(start, start + count, dtype=np.int64)[None]
    call.add_array(forward_entry(step, "inputs/input_ids"), np.array([tokens], dtype=np.int64))
    call.add_array(forward_entry(step, "inputs/position_ids"), positions)
    call.add_row("forwards", forward_row(shape, step, start, count))


def _write_step(call: CallWriter, made: Made, step: int, seen: Ids) -> int:
    """Writes a step and returns the token that was drawn."""
    words = made.logits()
    stages = Stages.of(bfloat16_to_float32(words), seen)
    call.add_array(step_entry(step, "logits"), words[None], dtype="bfloat16")
    forms, scales = ["same"], list[float | None]([None])
    for stage in range(1, len(stages.scores)):
        before, after = stages.scores[stage - 1], stages.scores[stage]
        stored = encode(before, after, scale_hint=TEMPERATURE if stage == 2 else None)
        forms.append(str(stored.form))
        scales.append(stored.scale)
        for part in ("ids", "values"):
            array = getattr(stored, part)
            if array is not None:
                call.add_array(stage_entry(step, 0, stage, part), array)
    noise = made.random.exponential(size=len(stages.ids)).astype(np.float32)
    call.add_array(step_entry(step, "noise/ids"), stages.ids[None])
    call.add_array(step_entry(step, "noise/values"), noise[None])
    final = stages.scores[-1][stages.ids].astype(np.float64)
    token = int(stages.ids[np.argmax(np.exp(final - final.max()) / noise)])
    _write_accounting(call, made, step, stages)
    row, columns = step_row(made.shape, step, token, stages.scores), []
    for stage, scores in enumerate(stages.scores):
        columns.append(candidate_columns(step, stage, stages.ids, scores, row["logsumexp_by_stage"][stage]))
    call.add_row("steps", row | {"form_by_stage": forms, "scale_by_stage": scales})
    call.add_columns(
        "candidates", {name: np.concatenate([one[name] for one in columns]) for name in columns[0]}
    )
    return token


def _write_accounting(call: CallWriter, made: Made, step: int, stages: Stages) -> None:
    ids = stages.ids[np.argsort(-stages.scores[0][stages.ids])[:_ACCOUNTED]]
    shares = made.random.normal(scale=0.4, size=(2 * made.shape.layers + 1, len(ids)))
    shares[0] = stages.scores[0][ids] - shares[1:].sum(axis=0)
    call.add_array(step_entry(step, "accounting/ids"), ids[None])
    call.add_array(step_entry(step, "accounting/shares"), shares[None])
    call.add_array(step_entry(step, "accounting/remainder"), stages.scores[0][ids][None] - shares.sum(axis=0))


def _vocabulary(size: int) -> pa.Table:
    """Every other token begins a word; some thousand are Chinese characters."""
    texts = []
    for token_id in range(size - _SPECIAL):
        if token_id % 16 == 0 and token_id < 16 * 8000:
            texts.append(chr(0x4E00 + token_id // 16))
            continue
        number, text = token_id, ""
        while number or not text:
            number, place = divmod(number, len(_SYLLABLES))
            text += _SYLLABLES[place]
        texts.append(" " * (token_id % 2) + text)
    texts += [f"<|reserved_{number}|>" for number in range(_SPECIAL)]
    is_special = [False] * (size - _SPECIAL) + [True] * _SPECIAL
    pieces = [text.replace(" ", "Ġ") for text in texts]
    columns: list[list[Any]] = [
        list(range(size)),
        pieces,
        [text.encode() for text in texts],
        is_special,
        is_special,
    ]
    return pa.table(columns, schema=VOCABULARY)


def main() -> None:
    """Writes both traces into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    for name, shape in (("large", LARGE), ("one-layer-8k", ONE_LAYER_8K)):
        began = time.perf_counter()
        path = write_trace(folder / f"{name}.trace", shape)
        size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
        print(f"{path}: {size / 1e6:,.0f} MB in {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
