"""How long the residual stream is at the sampled position, layer by layer, and how much each layer added to it.

Euclidean norms of what was recorded. What a layer added as a whole is the difference of two streams; what its
attention and its MLP added is there where additions were recorded. Reads one position only. Holds no words.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from tracer.trace.attention.positions import stored_rows
from tracer.trace.attention.softmax import Floats

if TYPE_CHECKING:
    from tracer.trace.step import Step


@dataclass(frozen=True, slots=True)
class StreamNorms:
    """`stream` has one entry per stream (0: the embedding, k: after layer k - 1), the others one per layer.

    None where it was not recorded. `turned` is the cosine between the stream before and after a layer.
    """

    call: int
    row: int
    step: int
    stream: tuple[float | None, ...]
    added: tuple[float | None, ...]
    turned: tuple[float | None, ...]
    attention: tuple[float | None, ...]
    mlp: tuple[float | None, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing of it was recorded."""
        return not any(value is not None for value in (*self.stream, *self.attention, *self.mlp))


def stream_norms(step: "Step") -> StreamNorms:
    """Returns the norms of a step; empty, not an error, where no stream was recorded."""
    count = step.call.trace.model.num_hidden_layers
    streams = [_last_row(step, "hidden_states", stream) for stream in range(count + 1)]
    pairs = list(pairwise(streams))
    return StreamNorms(
        call=step.call.index,
        row=step.sequence.row,
        step=step.index,
        stream=tuple(_norm(one) for one in streams),
        added=tuple(None if a is None or b is None else _norm(b - a) for a, b in pairs),
        turned=tuple(_cosine(before, after) for before, after in pairs),
        attention=tuple(_norm(_last_row(step, "additions/attention", layer)) for layer in range(count)),
        mlp=tuple(_norm(_last_row(step, "additions/mlp", layer)) for layer in range(count)),
    )


def _last_row(step: "Step", signal: str, layer: int) -> Floats | None:
    """Returns the signal at the sampled position, (hidden,), or None."""
    found = None
    for stored in stored_rows((step.forward,), signal, layer):
        found = stored.read(step.sequence.row, (slice(stored.count - 1, None),))[-1]
    return found


def _norm(vector: Floats | None) -> float | None:
    return None if vector is None else float(np.linalg.norm(vector.astype(np.float64)))


def _cosine(before: Floats | None, after: Floats | None) -> float | None:
    if before is None or after is None:
        return None
    a, b = before.astype(np.float64), after.astype(np.float64)
    size = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / size if size > 0 and math.isfinite(size) else None
