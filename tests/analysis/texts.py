"""Traces on disk whose tokens spell words, for tests that compare texts."""

from pathlib import Path

import pyarrow as pa

from tests.synthetic import VOCAB, Synthetic, manifest, write_call
from tracer.store.tables import VOCABULARY
from tracer.store.writer import TraceWriter
from tracer.trace.opening import open_trace
from tracer.trace.trace import Trace

WORDS = ("<s>", " rain", " ra", "in", "drop", "s", " falls", ".", "<end>", "A", " ", " rainy")
assert len(WORDS) == VOCAB


def spelled_trace(path: Path, *token_ids: int, with_vocabulary: bool = True) -> Trace:
    """Returns a trace of one sequence with these tokens; the prompt is " rain ra in drop s"."""
    synthetic = Synthetic(steps=len(token_ids))
    synthetic.token_ids[:, 0] = token_ids
    writer = TraceWriter(path, manifest(), overwrite=False)
    if with_vocabulary:
        rows = [
            {"id": n, "piece": word, "bytes": word.encode(), "special": n in (0, 8)}
            for n, word in enumerate(WORDS)
        ]
        writer.write_vocabulary(pa.Table.from_pylist(rows, schema=VOCABULARY), None)
    write_call(writer.begin_call(synthetic.info(0)), synthetic)
    writer.close("complete")
    return open_trace(path)
