"""How one token was taken from the final scores: the race of a sampled step, or the highest score.

Sampling from probabilities p is a race: each token draws q ~ Exp(1) and the largest ln p - ln q wins. `-ln q`
is the token's luck. The noise comes from the trace; nothing is drawn here.

Source: torch 2.13, `torch.multinomial` with one sample (argmax of p / q).
"""

import contextlib
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tracer.analysis.statistics import NOISE_COUNT
from tracer.errors import SignalMissingError

if TYPE_CHECKING:
    from tracer.trace.candidate import Candidate
    from tracer.trace.step import Step

TIE = 1e-5
"""A margin below this, in nats, cannot be told from rounding: the recorded choice was made in float32."""

BEST = 16
"""So many of the best placed racers stay in a shortened draw."""


@dataclass(frozen=True, slots=True)
class Racer:
    """One token in the draw. `finish` = ln p + luck, in nats; in a greedy step luck is 0."""

    token_id: int
    token: str
    log_probability: float
    luck: float
    finish: float


@dataclass(frozen=True, slots=True)
class Draw:
    """The draw of one step; `racers` stand in the order of their finish; none where no noise was stored.

    `mode` is "sample", "greedy", or "forced": a branch set a token that the scores would not have given.
    `margin` is by how much the first beat the second, in nats; None where fewer than two tokens raced.
    `agrees`: whether the recorded token came first, or within `TIE` of it; None where its noise is unknown.
    `is_exact_second` is False when a token whose noise was not stored could have come second.
    """

    mode: str
    chosen_id: int
    greedy_id: int
    racers: tuple[Racer, ...]
    margin: float | None
    agrees: bool | None
    is_exact_second: bool

    @property
    def runner_up(self) -> Racer | None:
        """Who came second, where it is known."""
        return self.racers[1] if len(self.racers) > 1 else None

    def racer(self, token_id: int) -> Racer | None:
        """Returns a token's part in the draw, or None where it had none or its noise is unknown."""
        return next((racer for racer in self.racers if racer.token_id == token_id), None)

    def shortened(self, keep: Iterable[int]) -> "Draw":
        """Returns the draw with the best placed racers and those of `keep` only."""
        kept = set(keep)
        racers = (r for place, r in enumerate(self.racers) if place < BEST or r.token_id in kept)
        return replace(self, racers=tuple(racers))


def draw_of(step: "Step", candidates: tuple["Candidate", ...]) -> Draw:
    """Returns the draw of a step among its candidates, with every token whose part in it is known."""
    is_sampled = step.call.info.mode == "sample"
    noise = _noise_by_id(step) if is_sampled else {}
    scores = _known_scores(step, noise, candidates)
    luck = _luck(noise) if is_sampled else dict.fromkeys(scores, 0.0)
    logsumexp = float(step.logsumexp[-1])
    visible = step.call.trace.vocabulary.visible
    racers = [
        Racer(token, visible(token), score - logsumexp, luck[token], score - logsumexp + luck[token])
        for token, score in scores.items()
        if score > -math.inf and token in luck
    ]
    if all(racer.token_id != step.token_id for racer in racers):
        racers = []  # a race without the one that won is none
    racers.sort(key=lambda racer: (-racer.finish, racer.token_id))
    agrees = _agrees(racers, step.token_id)
    is_forced = step.is_forced and not agrees
    if is_forced:
        racers, agrees = [], None  # what was drawn did not decide
    bound = _best_of_the_rest(step, noise, scores, candidates)
    return Draw(
        mode="forced" if is_forced else step.call.info.mode,
        chosen_id=step.token_id,
        greedy_id=step.winner_id,
        racers=tuple(racers),
        margin=racers[0].finish - racers[1].finish if len(racers) > 1 else None,
        agrees=agrees,
        is_exact_second=len(racers) > 1 and racers[1].finish >= bound,
    )


def _agrees(racers: list[Racer], chosen_id: int) -> bool | None:
    if not racers:
        return None
    return any(r.token_id == chosen_id and r.finish >= racers[0].finish - TIE for r in racers)


def _noise_by_id(step: "Step") -> dict[int, float]:
    noise = step.noise
    if noise is None:
        return {}
    ids, values = noise
    return dict(zip(ids.tolist(), values.astype(np.float64).tolist(), strict=True))


def _luck(noise: dict[int, float]) -> dict[int, float]:
    return {token: -math.log(value) if value > 0 else math.inf for token, value in noise.items()}


def _known_scores(
    step: "Step", noise: dict[int, float], candidates: tuple["Candidate", ...]
) -> dict[int, float]:
    """The final scores of the candidates, and of the other tokens with noise where the trace holds them."""
    scores = {candidate.token_id: float(candidate.score[-1]) for candidate in candidates}
    if noise.keys() - scores.keys():
        with contextlib.suppress(
            SignalMissingError
        ):  # in a light trace only the candidates' scores are known
            final = step.scores
            scores |= {token: float(final[token]) for token in noise}
    return scores


def _best_of_the_rest(
    step: "Step", noise: dict[int, float], known: dict[int, float], candidates: tuple["Candidate", ...]
) -> float:
    """The best finish that a token outside `known` could have had, by bounds on its probability and luck."""
    alive = sorted((c.rank[-1], float(c.score[-1])) for c in candidates if not c.removed[-1])
    unknown = [
        float(c.score[-1]) for c in candidates if noise and not c.removed[-1] and c.token_id not in noise
    ]
    is_whole = len(alive) >= step.survivors[-1]
    if is_whole and not unknown:
        return -math.inf
    bound = max(unknown) - float(step.logsumexp[-1]) if is_whole else 0.0  # ln p
    for place, (rank, score) in enumerate(() if is_whole or unknown else alive):
        if rank > place:
            break  # a token that is no candidate stands before this one
        bound = score - float(step.logsumexp[-1])
    if not noise:
        return bound
    smallest = sorted(noise.values())[:NOISE_COUNT]
    least = min([smallest[-1], *(value for token, value in noise.items() if token not in known)])
    return bound - math.log(least) if least > 0 else math.inf
