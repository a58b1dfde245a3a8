"""Which token wins given final scores: the highest, or the first in the race of luck; or why nobody can say.

Stored noise knows the luck of the candidates and of the tokens with the most luck. Where another token could
have won, or two are too close for float32, there is no winner here: nothing is guessed.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from tracer.analysis.draw import TIE
from tracer.analysis.statistics import NOISE_COUNT, Ids, Scores

Floats = npt.NDArray[np.float64]


class Undecided(StrEnum):
    """Why the winner is unknown."""

    NOTHING_DRAWN = "nothing_drawn"  # the recorded call was greedy: there is no luck to use
    NO_NOISE = "no_noise"  # the luck of this step was not recorded
    UNKNOWN_LUCK = "unknown_luck"  # a token whose luck was not recorded could have won
    NEEDS_TORCH = "needs_torch"  # the same, but with torch the whole draw could be repeated
    TOO_CLOSE = "too_close"  # the first two are closer than float32 rounds
    NO_TOKEN_LEFT = "no_token_left"


@dataclass(frozen=True, slots=True)
class Choice:
    """The winner, by how many nats it leads; or neither, and why."""

    token_id: int | None
    margin: float | None = None
    undecided: Undecided | None = None


def choose_highest(scores: Scores) -> Choice:
    """Returns the token with the highest score, the first of equals, as greedy decoding does."""
    if not np.max(scores) > -np.inf:
        return Choice(None, undecided=Undecided.NO_TOKEN_LEFT)
    best = int(np.argmax(scores))
    others = np.delete(scores, best)
    second = float(others.max()) if others.size else -math.inf
    return Choice(best, None if second == -math.inf else float(scores[best]) - second)


def race(scores: Scores, ids: Ids, noise: Scores) -> Choice:
    """Returns who wins the race among all tokens of (vocab,) scores, given the noise of `ids`.

    With noise for every token the whole race is known; else tokens without noise have no less than the
    `NOISE_COUNT`-th smallest that was stored.
    """
    if not np.max(scores) > -np.inf:
        return Choice(None, undecided=Undecided.NO_TOKEN_LEFT)
    ids, first = np.unique(ids, return_index=True)
    noise = noise[first]
    shifted = scores.astype(np.float64) - float(scores.max())
    finish = shifted[ids] + _luck(noise)
    order = np.argsort(-finish, kind="stable")
    best = float(finish[order[0]])
    if _best_of_the_rest(shifted, ids, noise) >= best - TIE:
        return Choice(None, undecided=Undecided.UNKNOWN_LUCK)
    second = float(finish[order[1]]) if order.size > 1 else -math.inf
    if second == -math.inf:
        return Choice(int(ids[order[0]]))
    if best - second < TIE:
        return Choice(None, undecided=Undecided.TOO_CLOSE)
    return Choice(int(ids[order[0]]), best - second)


def _luck(noise: Scores) -> Floats:
    with np.errstate(divide="ignore"):
        luck: Floats = -np.log(noise.astype(np.float64))
    return luck


def _best_of_the_rest(shifted: Floats, ids: Ids, noise: Scores) -> float:
    """The best finish that a token without stored noise could have had."""
    rest = np.delete(shifted, ids)
    if not rest.size or rest.max() == -np.inf:
        return -math.inf
    least = float(np.sort(noise)[min(NOISE_COUNT, noise.size) - 1])
    return float(rest.max()) - math.log(least) if least > 0 else math.inf
