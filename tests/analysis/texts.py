"""Traces on disk whose tokens spell words, for tests that compare texts."""

from pathlib import Path
from typing import Any

import pyarrow as pa

from tests.synthetic import VOCAB, Synthetic, manifest, write_call
from tracer.schema import Branch, Manifest
from tracer.store.tables import VOCABULARY
from tracer.store.writer import TraceWriter
from tracer.trace.opening import open_trace
from tracer.trace.trace import Trace

WORDS = ("<s>", " rain", " ra", "in", "drop", "s", " falls", ".", "<end>", "A", " ", " rainy")
assert len(WORDS) == VOCAB


def spelled_trace(
    path: Path, *token_ids: int, with_vocabulary: bool = True, words: tuple[str, ...] = WORDS
) -> Trace:
    """Returns a trace of one sequence with these tokens; the prompt is " rain ra in drop s"."""
    return _write(path, token_ids, manifest(), words if with_vocabulary else ())


def branched_trace(path: Path, parent: Trace, *token_ids: int, step: int, **origin: Any) -> Trace:
    """Returns a trace that says it left `parent` at a step; without tokens, one that holds no call.

    `origin` are further fields of what it says of its parent.
    """
    known = {"trace": str(parent.path), "created_at": parent.manifest.created_at, "call": 0, "row": 0}
    branch = Branch(**{**known, "step": step, **origin})
    forced = [step + ("token_id" in origin)]
    return _write(path, token_ids, manifest(branch=branch), forced_steps=forced)


def _write(
    path: Path, token_ids: tuple[int, ...], said: Manifest, words: tuple[str, ...] = WORDS, **info: Any
) -> Trace:
    writer = TraceWriter(path, said, overwrite=False)
    if words:
        rows = [
            {"id": n, "piece": word, "bytes": word.encode(), "special": word in (WORDS[0], WORDS[8])}
            for n, word in enumerate(words)
        ]
        writer.write_vocabulary(pa.Table.from_pylist(rows, schema=VOCABULARY), None)
    if token_ids or said.branch is None:
        synthetic = Synthetic(steps=len(token_ids), changes=info)
        synthetic.token_ids[:, 0] = token_ids
        write_call(writer.begin_call(synthetic.info(0)), synthetic)
    writer.close("complete")
    return open_trace(path)
