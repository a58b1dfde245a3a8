"""What each layer would have said: its stream's logits as ranks, probabilities, entropy and distance to the end.

The logits come from elsewhere (norm and head need torch); this is the arithmetic on them and the frozen value
it makes. Stream 0 is the embedding, stream k the one after layer k - 1, as in `step.hidden_states`. Everything
is under raw logits, before any processor, in float64, in nats. A token is decided at the first stream from
which it stays first to the end.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tracer.analysis.statistics import ranks, top_ids
from tracer.self_rendering import RendersItself

if TYPE_CHECKING:
    from tracer.trace.step import Step

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LensToken:
    """One token as a layer sees it; `token` is its visible text."""

    token_id: int
    token: str
    probability: float


@dataclass(frozen=True, slots=True)
class LensLayer:
    """What one stream would have said.

    `rank` and `probability` are the chosen token's; `entropy` is in nats, `kl` is KL(last layer ‖ this one) in
    nats: by how much this layer's prediction is further from the last one's than the last one itself.
    """

    stream: int
    top: tuple[LensToken, ...]
    rank: int
    probability: float
    entropy: float
    kl: float

    @property
    def layer(self) -> int | None:
        """The layer after which this stream stands, None for the embedding."""
        return self.stream - 1 if self.stream else None


@dataclass(frozen=True, slots=True)
class Lens(RendersItself):
    """Every layer's prediction at one step, `layers` in the order of the streams.

    `layers[i]` is stream i where all of the `num_streams` were recorded. `decided_at` is the stream from which
    the chosen token stays first, None where it is not first at the end, or the end was not recorded;
    `favorite_decided_at` the same for the model's favorite. `made_with` says how it was computed;
    `deviation` is the largest difference of the last layer from the recorded logits, relative to the largest
    of them, None where the last stream was not recorded.
    """

    call: int
    row: int
    step: int
    chosen_id: int
    chosen: str
    favorite_id: int
    favorite: str
    num_streams: int
    layers: tuple[LensLayer, ...]
    decided_at: int | None
    favorite_decided_at: int | None
    deviation: float | None
    made_with: Mapping[str, Any]

    def layer_of(self, stream: int) -> LensLayer | None:
        """Returns the layer of a stream, or None where that was not recorded."""
        return next((layer for layer in self.layers if layer.stream == stream), None)

    def describe(self) -> dict[str, Any]:
        """Returns all of it as JSON-ready values; a number that JSON cannot hold is None."""
        described: dict[str, Any] = _json_ready(dataclasses.asdict(self))
        return described


@dataclass(frozen=True, slots=True)
class LayerNumbers:
    """The same as arrays, one entry per stream; `top_ids` and `top_probabilities` are (streams, top)."""

    streams: npt.NDArray[np.int32]
    top_ids: npt.NDArray[np.int32]
    top_probabilities: Doubles
    ranks: npt.NDArray[np.int32]
    favorite_ranks: npt.NDArray[np.int32]
    probabilities: Doubles
    entropies: Doubles
    kls: Doubles


def measure_layers(
    logits: Floats, streams: Sequence[int], final: Floats, *, chosen_id: int, favorite_id: int, top: int
) -> LayerNumbers:
    """Returns the numbers of every stream.

    Args:
        logits: (streams, vocab), of each stream through norm and head.
        final: (vocab,), the logits that `kl` compares with.
        top: so many tokens are named per stream.
    """
    log_final = log_probabilities(final)
    log_ps = [log_probabilities(row) for row in logits]
    best = np.stack([top_ids(row, top) for row in logits])
    both = np.stack([ranks(row, np.array([chosen_id, favorite_id])) for row in logits])
    return LayerNumbers(
        streams=np.asarray(streams, np.int32),
        top_ids=best,
        top_probabilities=np.stack([np.exp(log_p[ids]) for log_p, ids in zip(log_ps, best, strict=True)]),
        ranks=both[:, 0],
        favorite_ranks=both[:, 1],
        probabilities=np.array([math.exp(log_p[chosen_id]) for log_p in log_ps]),
        entropies=np.array([entropy(log_p) for log_p in log_ps]),
        kls=np.array([divergence(log_final, log_p) for log_p in log_ps]),
    )


def log_probabilities(logits: npt.NDArray[np.floating]) -> Doubles:
    """Returns the logarithms of the softmax of one row, float64."""
    shifted = logits.astype(np.float64) - float(logits.max())
    log_p: Doubles = shifted - math.log(float(np.exp(shifted).sum()))
    return log_p


def entropy(log_p: Doubles) -> float:
    """Returns -Σ p ln p of a distribution given by its logarithms, in nats."""
    alive = log_p[log_p > -np.inf]
    return max(0.0, -float((np.exp(alive) * alive).sum()))


def divergence(log_p: Doubles, log_q: Doubles) -> float:
    """Returns KL(p ‖ q) = Σ p (ln p - ln q) in nats; infinite where q rules out what p allows."""
    is_alive = log_p > -np.inf
    p, q = log_p[is_alive], log_q[is_alive]
    return max(0.0, float((np.exp(p) * (p - q)).sum()))


def settled_from(placed: Sequence[int]) -> int | None:
    """Returns the first index from which every rank to the end is 0, or None where the last one is not."""
    first = None
    for index in range(len(placed) - 1, -1, -1):
        if placed[index] != 0:
            break
        first = index
    return first


def assemble(
    step: "Step", numbers: LayerNumbers, *, top: int, deviation: float | None, made_with: Mapping[str, Any]
) -> Lens:
    """Returns the lens of a step from its numbers, with the first `top` tokens of each stream."""
    vocabulary = step.call.trace.vocabulary
    num_streams = step.call.trace.model.num_hidden_layers + 1
    return Lens(
        call=step.call.index,
        row=step.sequence.row,
        step=step.index,
        chosen_id=step.token_id,
        chosen=vocabulary.visible(step.token_id),
        favorite_id=step.favorite_id,
        favorite=vocabulary.visible(step.favorite_id),
        num_streams=num_streams,
        layers=tuple(
            LensLayer(
                stream=int(stream),
                top=tuple(
                    LensToken(int(token), vocabulary.visible(int(token)), float(probability))
                    for token, probability in zip(
                        numbers.top_ids[place, :top], numbers.top_probabilities[place, :top], strict=True
                    )
                ),
                rank=int(numbers.ranks[place]),
                probability=float(numbers.probabilities[place]),
                entropy=float(numbers.entropies[place]),
                kl=float(numbers.kls[place]),
            )
            for place, stream in enumerate(numbers.streams)
        ),
        decided_at=_decided(numbers.streams, numbers.ranks, num_streams),
        favorite_decided_at=_decided(numbers.streams, numbers.favorite_ranks, num_streams),
        deviation=deviation,
        made_with=made_with,
    )


def _decided(streams: npt.NDArray[np.int32], placed: npt.NDArray[np.int32], num_streams: int) -> int | None:
    if not len(streams) or int(streams[-1]) != num_streams - 1:
        return None
    first = settled_from(placed.tolist())
    return None if first is None else int(streams[first])


def _json_ready(value: object) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _json_ready(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_json_ready(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
