"""Why two texts part where they part: the first kind of evidence, in the order in which a token comes about.

Model, prompt and inputs, logits, settings, draw; a forced token and the end of a text are causes of their own. Only
what both traces hold is compared: no model runs, and nothing is guessed beyond it.
"""

from collections.abc import Sequence as Several
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from tracer.analysis.choice import race
from tracer.analysis.distances import distance_between, is_other
from tracer.analysis.run_differences import processor_differences
from tracer.errors import SignalMissingError

if TYPE_CHECKING:
    from tracer.trace.sequence import Sequence
    from tracer.trace.step import Step

ROUNDING_NATS = 1e-4
"""Predictions closer than this, in nats of KL, differ by rounding: other versions, devices, attention kernels."""

ROUNDING_DELTA = 1e-2
"""The same for the largest difference of two logits, where KL is unknown."""


class Cause(StrEnum):
    """What made two texts part."""

    VOCABULARY = "vocabulary"  # other tokens: the models cannot be compared step by step
    PROMPT = "prompt"
    INPUTS = "inputs"  # the same prompt behind a cache that already held another number of positions
    FORCED = "forced"  # a branch set the token
    LOGITS = "logits"
    SETTINGS = "settings"  # equal logits, other final scores
    SAMPLING = "sampling"  # the same favorite after the settings; one took it, the other drew
    DRAW = "draw"  # equal scores, other luck
    STOPPING = "stopping"
    INTERRUPTED = "interrupted"  # recording or generation broke off
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class LogitDifference:
    """Where the raw logits differ first, and by how much there and at the divergence (`…_there`).

    KL in nats, None where the logits are in one trace only; then `is_partial`, and the largest differences are those
    among candidates, None where no token is a candidate of both.
    """

    first_step: int
    max_delta: float | None
    kl: float | None
    max_delta_there: float | None
    kl_there: float | None
    is_partial: bool

    @property
    def is_rounding(self) -> bool:
        """Whether it is as small as rounding makes it, at the divergence."""
        if self.kl_there is not None:
            return self.kl_there <= ROUNDING_NATS
        return self.max_delta_there is not None and self.max_delta_there <= ROUNDING_DELTA


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found at one step of both.

    `also`: what else differs there. With several, the draw comes first where the scores of a with the luck of b give
    the token of b and the reverse does not; logits that differ by rounding come last. `same_luck`: whether the draws
    had the same noise, None where that is not known or nothing was drawn. `differs_after`: the class of the first
    processor behind which the scores differ although they were equal before it.
    """

    cause: Cause
    also: tuple[Cause, ...] = ()
    logits: LogitDifference | None = None
    same_luck: bool | None = None
    differs_after: str | None = None


def logit_difference(a: Several["Step"], b: Several["Step"]) -> LogitDifference | None:
    """Returns where the logits of two runs of equal tokens differ first, measured there and at the last step."""
    first = next(
        (place for place, (old, new) in enumerate(zip(a, b, strict=True)) if is_other(old, new, 0)), None
    )
    if first is None:
        return None
    begin, there = distance_between(a[first], b[first]), distance_between(a[-1], b[-1])
    return LogitDifference(
        first_step=a[first].index,
        max_delta=begin.max_delta,
        kl=begin.kl_model,
        max_delta_there=there.max_delta,
        kl_there=there.kl_model,
        is_partial=begin.is_partial or there.is_partial,
    )


def evidence_at(a: "Sequence", b: "Sequence", place: int) -> Evidence:
    """Returns why the tokens at a place differ, where prompts and all tokens before it are the same."""
    old, new = a.steps[place], b.steps[place]
    if a.call.info.prefix_len != b.call.info.prefix_len:
        return Evidence(Cause.INPUTS)
    logits = logit_difference(a.steps[: place + 1], b.steps[: place + 1])
    luck = same_luck(old, new)
    found = _causes(old, new, logits, luck)
    if logits is not None and logits.is_rounding and len(found) > 1:
        found = [
            *(one for one in found if one is not Cause.LOGITS),
            Cause.LOGITS,
        ]  # too little to be the first cause
    if Cause.DRAW in found[1:] and _draw_alone(old, new):
        found = [Cause.DRAW, *(one for one in found if one is not Cause.DRAW)]
    if _is_set(old) or _is_set(new) or (not found and (old.is_forced or new.is_forced)):
        found = [Cause.FORCED, *found]
    return Evidence(
        cause=found[0] if found else Cause.UNKNOWN,
        also=tuple(found[1:]),
        logits=logits,
        same_luck=luck,
        differs_after=_first_other_stage(old, new),
    )


def _is_set(step: "Step") -> bool:
    """Whether this is the step at which a branch left its parent with a token of its own."""
    origin = step.call.trace.manifest.branch
    is_there = origin is not None and origin.step == step.index and origin.row == step.sequence.row
    return is_there and origin is not None and origin.token_id is not None


def _causes(a: "Step", b: "Step", logits: LogitDifference | None, luck: bool | None) -> list[Cause]:
    modes = {a.call.info.mode, b.call.info.mode}
    if logits is not None:
        has_other_settings = bool(processor_differences(a.call, b.call))
        scores = [Cause.LOGITS, *([Cause.SETTINGS] if has_other_settings else [])]
    else:
        scores = [Cause.SETTINGS] if is_other(a, b, -1) else []
    if len(modes) > 1:
        is_same_winner = a.winner_id == b.winner_id
        return [Cause.SAMPLING, *scores] if is_same_winner else [*scores, Cause.SAMPLING]
    has_other_draw = modes == {"sample"} and (luck is False or (luck is None and not scores))
    return [*scores, *([Cause.DRAW] if has_other_draw else [])]


def same_luck(a: "Step", b: "Step") -> bool | None:
    """Returns whether two draws had the same noise; None where that is not known, or nothing was drawn."""
    ours, theirs = a.noise, b.noise
    if ours is not None and theirs is not None:
        _, left, right = np.intersect1d(ours[0], theirs[0], return_indices=True)
        if left.size:
            return bool(np.array_equal(ours[1][left], theirs[1][right]))
    states = a.random_state, b.random_state
    if None in states:
        return None
    has_one_place = a.sequence.row == b.sequence.row and a.call.info.num_rows == b.call.info.num_rows
    return states[0] == states[1] if has_one_place or states[0] != states[1] else None


def _first_other_stage(a: "Step", b: "Step") -> str | None:
    """The class name of the first processor whose input was equal in both and whose output is not."""
    for stage, (name, other) in enumerate(zip(a.call.stage_names, b.call.stage_names, strict=False)):
        if name != other:
            return None
        if is_other(a, b, stage):
            return name if stage else None
    return None


def _draw_alone(a: "Step", b: "Step") -> bool | None:
    """Whether a with the luck of b would have drawn the token of b, and b with the luck of a would not; or reversed.

    None where it cannot be told, or where both or neither suffice.
    """
    by_luck, by_scores = _would_draw(a, b), _would_draw(b, a)
    if by_luck is None or by_scores is None:
        return None
    has_luck, has_scores = by_luck == b.token_id, by_scores == b.token_id
    return has_luck if has_luck != has_scores else None


def _would_draw(scored: "Step", lucky: "Step") -> int | None:
    """The token that the final scores of one step give with the luck of another, None where it is unknown."""
    noise = lucky.noise
    try:
        scores = scored.scores
    except SignalMissingError:
        return None
    if noise is None or noise[0].max(initial=0) >= scores.size:
        return None
    return race(scores, *noise).token_id
