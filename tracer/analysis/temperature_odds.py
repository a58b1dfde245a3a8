"""What a page without the vocabulary needs to answer for other settings of a step, exactly or not at all.

The settings are repetition penalty, temperature, top-k, top-p and min-p. Held are the best tokens by the scores that
they start from, every token that a penalty touches, the logarithm of the sum over *all other* tokens on a grid of
temperatures, and the luck of every token that can win: one that no other beats in both score and luck. Computes no
answer; `tracer/web/odds.js` does.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tracer.analysis.alternative import tokens_before
from tracer.analysis.chain_editing import recorded_settings
from tracer.analysis.common_processors import is_common, penalized_ids
from tracer.analysis.statistics import NOISE_COUNT, top_ids
from tracer.processor_names import MODULE

if TYPE_CHECKING:
    from tracer.schema import ProcessorInfo
    from tracer.trace.call import Call
    from tracer.trace.step import Step

GRID = tuple(round(0.1 + 0.05 * place, 2) for place in range(39))
LEADING = 64
MOST_PENALIZED = 400
"""More tokens of a text than these are not held one by one; the penalty stays as it was recorded then."""

_PENALTY = "RepetitionPenaltyLogitsProcessor"
_WARPERS = {
    "TemperatureLogitsWarper": "temperature",
    "TopKLogitsWarper": "top_k",
    "TopPLogitsWarper": "top_p",
    "MinPLogitsWarper": "min_p",
}
_Floats = npt.NDArray[np.float64]
_Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RecordedOdds:
    """The settings that were recorded; the value that does nothing where one was not set."""

    temperature: float
    top_k: int
    top_p: float
    min_p: float
    repetition_penalty: float


@dataclass(frozen=True, slots=True)
class TemperatureOdds:
    """`scores`, float32, are those before the first of the settings; of `num_alive` tokens the ones held here.

    These are the `num_leading` best of the tokens that no penalty touches, all that it touches (`penalized`: their
    places here), and others that could win. `logsumexp`, of the tokens no penalty touches, goes with `temperatures`.
    `next_score` is the best score of those not held. `lucks` are in nats, None where unknown; a token whose luck is
    unknown has at most `most_luck`, and, where it is not held, `rest_score`. `has_penalty`: whether the penalty can
    be changed; if not, the scores are those behind it.
    """

    step: int
    is_sampled: bool
    has_penalty: bool
    recorded: RecordedOdds
    temperatures: tuple[float, ...]
    logsumexp: tuple[float | None, ...]
    num_alive: int
    num_leading: int
    tokens: tuple[str, ...]
    scores: tuple[float, ...]
    penalized: tuple[int, ...]
    lucks: tuple[float | None, ...]
    next_score: float | None
    most_luck: float | None
    rest_score: float | None
    chosen: int


def can_change(call: "Call") -> bool:
    """Returns whether temperature, top-k, top-p and min-p stand last, in this order, nothing belonging behind them."""
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
    touched = _touched(step)
    exact = step.after(_base(step.call) - (touched is not None and _penalty(step.call) is not None))
    scores = exact.astype(np.float64)
    recorded = _recorded(step.call)
    in_text = np.empty(0, dtype=np.int64) if touched is None else touched
    in_text = in_text[scores[in_text] > -np.inf]
    others = scores.copy()
    others[in_text] = -np.inf
    num_others = int((others > -np.inf).sum())
    leading = top_ids(others.astype(np.float32), min(LEADING, num_others)).astype(np.int64)
    luck = _luck(step)
    ids = np.unique(np.array([*leading, *in_text, step.token_id, *_can_win(others, luck)], dtype=np.int64))
    ids = ids[np.argsort(-scores[ids], kind="stable")]
    temperatures = tuple(sorted({*GRID, recorded.temperature}))
    visible = step.call.trace.vocabulary.visible
    return TemperatureOdds(
        step=step.index,
        is_sampled=step.call.info.mode == "sample",
        has_penalty=touched is not None,
        recorded=recorded,
        temperatures=temperatures,
        logsumexp=tuple(_logsumexp(others / one) for one in temperatures),
        num_alive=num_others + len(in_text),
        num_leading=len(leading),
        tokens=tuple(visible(int(one)) for one in ids),
        scores=tuple(float(str(exact[one])) for one in ids),
        penalized=tuple(np.flatnonzero(np.isin(ids, in_text)).tolist()),
        lucks=tuple(_rounded(luck.get(int(one))) for one in ids),
        next_score=_best(np.delete(scores, ids)),
        most_luck=_rounded(_most_luck(luck)),
        rest_score=_best(np.delete(scores, [*luck, *ids])) if luck else None,
        chosen=ids.tolist().index(step.token_id),
    )


def _base(call: "Call") -> int:
    """How many processors stand before the first of the settings."""
    places = (place for place, one in enumerate(call.processors) if one.class_name in _WARPERS)
    return next(places, len(call.processors))


def _penalty(call: "Call") -> "ProcessorInfo | None":
    """The repetition penalty that stands just before the other settings."""
    before = call.processors[_base(call) - 1 : _base(call)]
    return before[0] if before and before[0].class_name == _PENALTY else None


def _touched(step: "Step") -> _Ids | None:
    """The tokens that a penalty touches or would touch; None where it cannot be changed here."""
    call, info = step.call, _penalty(step.call)
    setting = recorded_settings(call).get("repetition_penalty")
    if info is not None:
        value = info.parameters.get("penalty")
        is_the_setting = isinstance(value, int | float) and isinstance(setting, int | float)
        if not is_common(info) or not is_the_setting or abs(float(value or 0) - float(setting or 0)) > 1e-6:
            return None
    elif (
        _base(call) > 0 or setting not in (None, 1.0) or any(0 in one for one in call.info.prompt_mask or ())
    ):
        return None
    parameters = info.parameters if info is not None else {}
    ids = penalized_ids(parameters, tokens_before(step), step.sequence.row)
    ids = ids[ids < call.trace.model.vocab_size]
    return ids if len(ids) <= MOST_PENALIZED else None


def _recorded(call: "Call") -> RecordedOdds:
    found = {
        _WARPERS[one.class_name]: one.parameters[_WARPERS[one.class_name]]
        for one in call.processors[_base(call) :]
    }
    penalty = _penalty(call)
    value = penalty.parameters.get("penalty", 1.0) if penalty is not None else 1.0
    return RecordedOdds(
        temperature=float(found.get("temperature", 1.0)),
        top_k=int(found.get("top_k", 0)),
        top_p=float(found.get("top_p", 1.0)),
        min_p=float(found.get("min_p", 0.0)),
        repetition_penalty=float(value) if isinstance(value, int | float) else 1.0,
    )


def _luck(step: "Step") -> dict[int, float]:
    """The luck of every token whose noise was stored, in nats."""
    noise = step.noise
    if noise is None:
        return {}
    with np.errstate(divide="ignore"):
        luck = -np.log(noise[1].astype(np.float64))
    return {int(one): float(value) for one, value in zip(noise[0], luck, strict=True) if np.isfinite(value)}


def _can_win(scores: _Floats, luck: dict[int, float]) -> list[int]:
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


def _best(scores: _Floats) -> float | None:
    largest = float(scores.max(initial=-np.inf))
    return largest if largest > -math.inf else None


def _rounded(luck: float | None) -> float | None:
    """Far finer than what decides: a lead under 1e-5 counts as none."""
    return None if luck is None else round(luck, 7)


def _logsumexp(scores: _Floats) -> float | None:
    """None of no token."""
    largest = float(scores.max())
    return (
        None if largest == -math.inf else round(largest + math.log(float(np.exp(scores - largest).sum())), 10)
    )
