"""What kind of looking a head does: at the first token, the token before, nearby, or behind an earlier occurrence.

Scores of rows of attention, each the weight on some places; nothing is renormalized but the entropy. A head's
pattern is its largest score, where that is large enough; what a head does in general is more than one row shows.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tracer.analysis.attention_maps import AttentionMap, attention_map
from tracer.analysis.attention_rows import AttentionRows, Weights
from tracer.analysis.head_choice import HeadChoice

if TYPE_CHECKING:
    from tracer.trace.step import Step

LOCAL_PLACES = 5
"""Nearby: the looking place itself and the four before it."""

MOST_AVERAGED = 20_000_000
"""Rows are averaged only where that takes no more weights than these: less than a second."""

_LEADING = 0.4
_NEARBY = 0.5
_SPREAD = 0.5


class Pattern(StrEnum):
    """Where a head looks. `SPREAD`: evenly over much of the text; `MIXED`: none of these."""

    FIRST = "first"
    PREVIOUS = "previous"
    ITSELF = "itself"
    INDUCTION = "induction"
    LOCAL = "local"
    SPREAD = "spread"
    MIXED = "mixed"


SCORES = (Pattern.FIRST, Pattern.PREVIOUS, Pattern.ITSELF, Pattern.INDUCTION, Pattern.LOCAL)
"""The patterns that have a score of their own."""

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PatternScores:
    """For each head, (layers, heads); NaN where it was not recorded.

    `scores` maps each of `SCORES` to the weight on its places, 0 to 1. `entropy` is in nats, of the weights as
    shares of their sum; `seen` is how many places the rows saw on average. `num_rows` rows were averaged.
    """

    scores: dict[Pattern, Scores]
    entropy: Scores
    seen: float
    num_rows: int

    def effective(self) -> Scores:
        """Returns over how many places each head spreads: exp of the entropy."""
        return np.exp(self.entropy)

    def pattern(self, layer: int, head: int) -> Pattern | None:
        """Returns the name of a head's pattern, or None where it was not recorded."""
        if np.isnan(self.entropy[layer, head]):
            return None
        leading = {name: float(self.scores[name][layer, head]) for name in SCORES[:-1]}
        best = max(leading, key=lambda name: leading[name])
        if leading[best] >= _LEADING:
            return best
        if self.scores[Pattern.LOCAL][layer, head] >= _NEARBY:
            return Pattern.LOCAL
        if np.exp(self.entropy[layer, head]) >= _SPREAD * self.seen:
            return Pattern.SPREAD
        return Pattern.MIXED


def row_patterns(rows: AttentionRows) -> PatternScores:
    """Returns the scores of what the sampled position of a step looked at, for every head."""
    place = rows.places.size - 1
    sums = _sums(rows.weights, np.array([place]), rows.places.token_ids, over_rows=False)
    return PatternScores(*sums, seen=float(rows.places.size), num_rows=1)


def mean_patterns(step: "Step", rows: AttentionRows) -> PatternScores | None:
    """Returns the scores averaged over all stored rows up to a step; None where that takes too long.

    The first two rows of the text, in which there is nothing to tell apart, are left out.
    """
    size, shape = rows.places.size, rows.weights.shape[:2]
    if shape[0] * shape[1] * size * size // 2 > MOST_AVERAGED:
        return None
    totals = {name: np.full(shape, np.nan) for name in SCORES}
    entropy, counted, seen = np.full(shape, np.nan), 0, 0.0
    for layer in rows.recorded:
        attention = attention_map(step, HeadChoice(layer))
        places = np.flatnonzero(attention.stored)
        places, history = places[places >= 2], attention.histories[0]
        keys = history.keys() if len(places) else None
        if keys is None:
            continue
        for head in range(history.constants.num_heads):
            scores, spread = _averaged(attention, head, keys[history.key_head(head)], places)
            entropy[layer, head] = spread
            for name in SCORES:
                totals[name][layer, head] = scores[name]
        counted, seen = len(places), float((places + 1).mean())
    if not counted:
        return None
    return PatternScores(totals, entropy, seen, counted)


def _averaged(
    attention: AttentionMap, head: int, keys: Weights, places: npt.NDArray[np.int64]
) -> tuple[dict[Pattern, float], float]:
    """Returns one head's scores and entropy, averaged over the stored rows at these places."""
    history, shift = attention.histories[0], attention.places.first_position
    totals, entropy = dict.fromkeys(SCORES, 0.0), 0.0
    for block, low, weights in history.blocks(head, keys, range(shift + 2, shift + attention.size)):
        wide = np.zeros((len(block), attention.size), dtype=np.float32)
        begin = max(low - shift, 0)
        part = weights[:, begin + shift - low :]
        wide[:, begin : begin + part.shape[1]] = part
        looking = np.arange(block.start, block.stop) - shift
        scores, spread = _sums(wide[None], looking, attention.places.token_ids, over_rows=True)
        entropy += float(spread.sum())
        for name in SCORES:
            totals[name] += float(scores[name].sum())
    return {name: total / len(places) for name, total in totals.items()}, entropy / len(places)


def _sums(
    weights: Weights, places: npt.NDArray[np.int64], token_ids: tuple[int | None, ...], *, over_rows: bool
) -> tuple[dict[Pattern, Scores], Scores]:
    """Returns scores and entropies of weights (…, rows, size), one looking place for each row.

    Without `over_rows`, one place looks in all of (…, size).
    """
    rows = weights if over_rows else weights[..., None, :]
    lines = np.arange(len(places))
    local = np.zeros(rows.shape[:-1])
    for back in range(LOCAL_PLACES):
        inside = places >= back
        local[..., inside] += rows[..., lines[inside], places[inside] - back]
    before = np.maximum(places - 1, 0)
    scores = {
        Pattern.FIRST: rows[..., 0].astype(np.float64),
        Pattern.PREVIOUS: np.where(places > 0, rows[..., lines, before], 0.0),
        Pattern.ITSELF: rows[..., lines, places].astype(np.float64),
        Pattern.INDUCTION: _induction(rows, places, token_ids),
        Pattern.LOCAL: local,
    }
    spread = _entropy(rows)
    if over_rows:
        return scores, spread
    return {name: np.where(np.isnan(spread[..., 0]), np.nan, one[..., 0]) for name, one in scores.items()}, (
        spread[..., 0]
    )


def _induction(rows: Weights, places: npt.NDArray[np.int64], token_ids: tuple[int | None, ...]) -> Scores:
    """Returns the weight on tokens that follow an earlier occurrence of the looking token."""
    ids = np.array([-1 - place if one is None else one for place, one in enumerate(token_ids)])
    result = np.zeros(rows.shape[:-1])
    for line, place in enumerate(places):
        following = np.flatnonzero(ids[:place] == ids[place]) + 1
        following = following[following < place]
        if len(following):
            result[..., line] = rows[..., line, following].sum(axis=-1)
    return result


def _entropy(rows: Weights) -> Scores:
    total = rows.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(np.maximum(rows, np.float32(1e-30)))
        logs *= rows
        entropy = np.log(total) - logs.sum(axis=-1) / total
    return np.where(total > 0, np.maximum(entropy, 0.0), np.where(np.isnan(total), np.nan, 0.0)).astype(
        np.float64
    )
