"""The made-up traces of the benchmarks hold together as recorded ones do."""

from pathlib import Path

import tracer
from benchmarks.large_trace import Shape, write_trace

SMALL = Shape(prompt=24, steps=35, layers=3, heads=4, kv_heads=2, head_dim=8, vocab=2000, heard=(0, 2))


def test_a_made_up_trace_contradicts_itself_nowhere(tmp_path: Path) -> None:
    verification = tracer.verify(tracer.open_trace(write_trace(tmp_path / "small.trace", SMALL)))

    assert () == tuple(verification.failures)
    assert {"digests", "shapes", "processors", "choice", "probabilities", "accounting", "stopping"} <= {
        check.name for check in verification.checks if check.verdict == "holds"
    }


def test_a_made_up_trace_has_attention_where_it_was_heard(tmp_path: Path) -> None:
    step = tracer.open_trace(write_trace(tmp_path / "small.trace", SMALL)).step(30)

    weights, positions = step.last_attention(2)

    assert (4, 24 + 30) == weights.shape
    assert 24 + 30 == len(positions)
