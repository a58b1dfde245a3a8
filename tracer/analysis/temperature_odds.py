"""What a page without the vocabulary needs to answer for other temperatures, top-k and top-p, exactly or not at all.

The best tokens by the scores that these settings start from, the logarithm of the sum over *all* tokens on a grid of
temperatures, and the luck of every token that can win: one that no other beats in both score and luck. Computes no
answer; `tracer/web/odds.js` does.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tracer.analysis.statistics import NOISE_COUNT, top_ids
from tracer.processor_names import MODULE

if TYPE_CHECKING:
    from tracer.schema import ProcessorInfo
    from tracer.trace.call import Call
    from tracer.trace.step import Step

GRID = tuple(round(0.1 + 0.05 * place, 2) for place in range(39))
LEADING = 64
_WARPERS = {
    "TemperatureLogitsWarper": "temperature",
    "TopKLogitsWarper": "top_k",
    "TopPLogitsWarper": "top_p",
}


@dataclass(frozen=True, slots=True)
class RecordedOdds:
    """The settings that were recorded; the value that does nothing where one was not set."""

    temperature: float
    top_k: int
    top_p: float


@dataclass(frozen=True, slots=True)
class TemperatureOdds:
    """`scores` fall; the first `num_leading` are the best of `num_alive` tokens, others those that could win.

    `logsumexp` goes with `temperatures`. `next_score` is the best score behind the leading ones. `lucks` are in nats,
    None where unknown; a token whose luck is unknown has at most `most_luck` and `rest_score`.
    """

    step: int
    is_sampled: bool
    recorded: RecordedOdds
    temperatures: tuple[float, ...]
    logsumexp: tuple[float, ...]
    num_alive: int
    num_leading: int
    tokens: tuple[str, ...]
    scores: tuple[float, ...]
    lucks: tuple[float | None, ...]
    next_score: float | None
    most_luck: float | None
    rest_score: float | None
    chosen: int


def can_change(call: "Call") -> bool:
    """Returns whether temperature, top-k and top-p stand last, in this order, and nothing belongs behind them."""
    if any(_belongs_behind(one.class_name) for one in call.processors):
        return False
    names = [one.class_name for one in call.processors[_base(call) :]]
    wanted = [name for name in _WARPERS if name in names]
    tail = call.processors[_base(call) :]
    return names == wanted and all(map(_is_plain, tail))


def _belongs_behind(name: str) -> bool:
    return (name.endswith("Warper") and name not in _WARPERS) or "Watermark" in name


def _is_plain(info: "ProcessorInfo") -> bool:
    value = info.parameters.get(_WARPERS[info.class_name]) if info.class_name in _WARPERS else None
    keeps_one = info.parameters.get("min_tokens_to_keep", 1) == 1
    return info.module == MODULE and isinstance(value, int | float) and keeps_one


def temperature_odds(step: "Step") -> TemperatureOdds:
    """Returns what is needed to answer for a step, of a call that `can_change`.

    Raises:
        SignalMissingError: the scores that the settings start from were not recorded.
    """
    exact = step.after(_base(step.call))
    scores = exact.astype(np.float64)
    recorded = _recorded(step.call)
    alive = int((scores > -np.inf).sum())
    leading = top_ids(exact, min(LEADING, alive)).astype(np.int64)
    luck = _luck(step)
    ids = np.unique(np.array([*leading, step.token_id, *_can_win(scores, luck)], dtype=np.int64))
    order = {int(one): place for place, one in enumerate(leading)}
    ids = np.array(sorted(ids.tolist(), key=lambda one: (order.get(one, len(order)), -scores[one], one)))
    behind = np.delete(scores, leading).max(initial=-np.inf)
    unknown = np.delete(scores, list(luck)).max(initial=-np.inf) if luck else -math.inf
    temperatures = tuple(sorted({*GRID, recorded.temperature}))
    visible = step.call.trace.vocabulary.visible
    return TemperatureOdds(
        step=step.index,
        is_sampled=step.call.info.mode == "sample",
        recorded=recorded,
        temperatures=temperatures,
        logsumexp=tuple(_logsumexp(scores / one) for one in temperatures),
        num_alive=alive,
        num_leading=len(leading),
        tokens=tuple(visible(int(one)) for one in ids),
        scores=tuple(float(scores[one]) for one in ids),
        lucks=tuple(luck.get(int(one)) for one in ids),
        next_score=float(behind) if behind > -np.inf else None,
        most_luck=_most_luck(luck),
        rest_score=float(unknown) if unknown > -np.inf else None,
        chosen=ids.tolist().index(step.token_id),
    )


def _base(call: "Call") -> int:
    """How many processors stand before the first of the settings."""
    places = (place for place, one in enumerate(call.processors) if one.class_name in _WARPERS)
    return next(places, len(call.processors))


def _recorded(call: "Call") -> RecordedOdds:
    found = {
        _WARPERS[one.class_name]: one.parameters[_WARPERS[one.class_name]]
        for one in call.processors[_base(call) :]
    }
    return RecordedOdds(
        float(found.get("temperature", 1.0)), int(found.get("top_k", 0)), float(found.get("top_p", 1.0))
    )


def _luck(step: "Step") -> dict[int, float]:
    """The luck of every token whose noise was stored, in nats."""
    noise = step.noise
    if noise is None:
        return {}
    with np.errstate(divide="ignore"):
        luck = -np.log(noise[1].astype(np.float64))
    return {int(one): float(value) for one, value in zip(noise[0], luck, strict=True) if np.isfinite(value)}


def _can_win(scores: npt.NDArray[np.float64], luck: dict[int, float]) -> list[int]:
    """The tokens that no other one beats in score and in luck."""
    best, found = -math.inf, []
    for token_id in sorted(luck, key=lambda one: (-scores[one], -luck[one])):
        if luck[token_id] > best and scores[token_id] > -np.inf:
            best = luck[token_id]
            found.append(token_id)
    return found


def _most_luck(luck: dict[int, float]) -> float | None:
    """The most that a token without stored noise can have: the stored ones are those with the most."""
    ordered = sorted(luck.values(), reverse=True)
    return ordered[min(NOISE_COUNT, len(ordered)) - 1] if ordered else None


def _logsumexp(scores: npt.NDArray[np.float64]) -> float:
    largest = float(scores.max())
    return largest + math.log(float(np.exp(scores - largest).sum()))
