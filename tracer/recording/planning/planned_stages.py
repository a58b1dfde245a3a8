"""How many bytes the stored form of each logits processor's output takes, at least and at most.

Follows `tracer.store.stages.encode` with bounds instead of scores: how many tokens are above -inf, how many a
processor changes. Where neither depends on the data the two bounds are equal. Runs no processor.

Source: transformers 5.17 and 5.23, generation/logits_process.py.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tracer.processor_names import CUTS_BY_SCORE
from tracer.schema import ProcessorInfo

Bytes = npt.NDArray[np.float64]

_KEEPS_ORDER = CUTS_BY_SCORE | {"TemperatureLogitsWarper", "LogitNormalization"}
"""Behind these alone the best tokens are still the best tokens."""


@dataclass(frozen=True, slots=True)
class Span:
    """How many tokens are above -inf, at least and at most."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class PlannedStage:
    """One stage of one row: bytes for each step, at most `entries` arrays, and what survives it.

    `renews`: every score gets new bits; else most keep theirs.
    """

    lower: Bytes
    upper: Bytes
    entries: int
    survivors: Span
    renews: bool = False


@dataclass(frozen=True, slots=True)
class StageContext:
    """What the stages of a call share."""

    vocab_size: int
    prompt_len: int
    num_steps: int

    @property
    def steps(self) -> Bytes:
        """The steps as numbers."""
        return np.arange(self.num_steps, dtype=np.float64)

    def constant(self, value: float) -> Bytes:
        """The same number for each step."""
        return np.full(self.num_steps, float(value))

    @property
    def dense(self) -> int:
        """Bytes of a stage stored whole."""
        return 4 * self.vocab_size

    def cut(self, before: int, after: int) -> int:
        """Bytes when `before` survivors become `after`: the ids kept, or the ids and values changed."""
        return 0 if after >= before else min(self.dense, 4 * after, 8 * (before - after))

    def changed(self, counts: Bytes) -> Bytes:
        """Bytes when so many scores change."""
        return np.minimum(8.0 * counts, self.dense)


def plan_stages(
    processors: tuple[ProcessorInfo, ...], context: StageContext, *, dense: frozenset[int]
) -> list[PlannedStage]:
    """Returns the planned stages 1, 2, …; those in `dense` are stored whole, whatever they do."""
    planned: list[PlannedStage] = []
    survivors = Span(context.vocab_size, context.vocab_size)
    for info in processors:
        stage = _plan_stage(info, survivors, context)
        if info.stage in dense:
            whole = context.constant(context.dense)
            stage = PlannedStage(whole, whole, 1, stage.survivors, stage.renews)
        planned.append(stage)
        survivors = stage.survivors
    return planned


def count_candidates(
    processors: tuple[ProcessorInfo, ...],
    stages: list[PlannedStage],
    *,
    count: int,
    vocab_size: int,
    is_sampled: bool,
) -> Span:
    """Returns how many candidates a step has: the best raw tokens, the best final ones, and the chosen one."""
    best = min(count, vocab_size)
    last = stages[-1].survivors.most if stages else vocab_size
    if all(info.class_name in _KEEPS_ORDER and info.is_rebuildable for info in processors):
        is_outside = is_sampled and last > best
        return Span(best, min(best + is_outside, vocab_size))
    return Span(best, min(best + min(best, last) + is_sampled, vocab_size))


def _plan_stage(info: ProcessorInfo, before: Span, context: StageContext) -> PlannedStage:
    if not info.is_rebuildable:
        whole = context.constant(context.dense)
        return PlannedStage(whole, whole, 1, Span(1, context.vocab_size), renews=True)
    rule = _RULES.get(info.class_name)
    if rule is None and info.class_name in CUTS_BY_SCORE:
        rule = _cut_by_data
    return (rule or _anything)(info.parameters, before, context)


def _anything(parameters: dict[str, Any], before: Span, context: StageContext) -> PlannedStage:
    nothing, whole = context.constant(0), context.constant(context.dense)
    return PlannedStage(nothing, whole, 2, Span(1, before.most))


def _rescale(parameters: dict[str, Any], before: Span, context: StageContext) -> PlannedStage:
    nothing = context.constant(0)
    return PlannedStage(nothing, nothing, 0, before, renews=True)


def _cut_to_k(parameters: dict[str, Any], before: Span, context: StageContext) -> PlannedStage:
    k = int(parameters["top_k"])
    after = Span(min(before.least, k), min(before.most, k))
    sizes = [context.cut(count, min(count, k)) for count in (before.least, before.most)]
    return PlannedStage(context.constant(min(sizes)), context.constant(max(sizes)), 1, after)


def _cut_by_data(parameters: dict[str, Any], before: Span, context: StageContext) -> PlannedStage:
    least = int(parameters.get("min_tokens_to_keep") or 1)
    most = context.cut(before.most, math.ceil(before.most * 2 / 3))  # where both forms take the same
    upper = context.constant(min(max(most, 4 * least), context.dense))
    return PlannedStage(context.constant(0), upper, 2, Span(min(least, before.least), before.most))


def _penalize_seen(parameters: dict[str, Any], before: Span, context: StageContext) -> PlannedStage:
    seen = np.minimum(context.prompt_len + context.steps, context.vocab_size)
    return PlannedStage(context.constant(8), context.changed(seen), 2, before)


def _forbid_ngrams(parameters: dict[str, Any], before: Span, context: StageContext) -> PlannedStage:
    seen = np.minimum(context.prompt_len + context.steps, before.most)
    return PlannedStage(context.constant(0), context.changed(seen), 2, Span(1, before.most))


def _normalize(parameters: dict[str, Any], before: Span, context: StageContext) -> PlannedStage:
    lower, upper = (context.changed(context.constant(count)) for count in (before.least, before.most))
    return PlannedStage(lower, upper, 2, before, renews=True)


def _restore(parameters: dict[str, Any], before: Span, context: StageContext) -> PlannedStage:
    gone = (context.vocab_size - count for count in (before.most, before.least))
    lower, upper = (context.changed(context.constant(count)) for count in gone)
    return PlannedStage(lower, upper, 2, Span(context.vocab_size, context.vocab_size))


def _force(parameters: dict[str, Any], before: Span, context: StageContext) -> PlannedStage:
    length = parameters.get("max_length")
    at = 1 if length is None else int(length) - 1  # of the sequence so far: the first or the last token
    bytes_ = np.where(context.prompt_len + context.steps == at, context.dense, 0.0)
    return PlannedStage(bytes_, bytes_, 1, Span(1, before.most))


def _change(
    name: str, is_active: Callable[[dict[str, Any], StageContext], npt.NDArray[np.bool_]], *, always: bool
) -> Callable[[dict[str, Any], Span, StageContext], PlannedStage]:
    """Returns the rule of a processor that changes the tokens listed under `name` while it is active."""

    def rule(parameters: dict[str, Any], before: Span, context: StageContext) -> PlannedStage:
        count = min(_length(parameters.get(name)), context.vocab_size)
        upper = np.where(is_active(parameters, context), context.changed(context.constant(count)), 0.0)
        is_known = always and before.least == context.vocab_size
        lower = upper if is_known else context.constant(0)
        return PlannedStage(lower, upper, 2, Span(max(before.least - count, 1), before.most))

    return rule


def _length(encoded: object) -> int:
    """The number of elements of an encoded list, tuple, mapping or tensor."""
    if isinstance(encoded, list):
        return len(encoded)
    if not isinstance(encoded, dict):
        return 1
    if "shape" in encoded:
        return math.prod(encoded["shape"])
    return max((len(value) for value in encoded.values() if isinstance(value, list)), default=1)


_always = lambda parameters, context: context.steps >= 0  # noqa: E731
_below_length = lambda parameters, context: (  # noqa: E731
    context.prompt_len + context.steps < parameters["min_length"]
)
_below_new = lambda parameters, context: context.steps < parameters["min_new_tokens"]  # noqa: E731
_at_begin = lambda parameters, context: (  # noqa: E731
    context.prompt_len + context.steps == parameters["begin_index"]
)
_after_start = lambda parameters, context: (  # noqa: E731
    context.prompt_len + context.steps > parameters["regulation_start"]
)

_RULES: dict[str, Callable[[dict[str, Any], Span, StageContext], PlannedStage]] = {
    "TemperatureLogitsWarper": _rescale,
    "TopKLogitsWarper": _cut_to_k,
    "TypicalLogitsWarper": _cut_by_data,
    "RepetitionPenaltyLogitsProcessor": _penalize_seen,
    "EncoderRepetitionPenaltyLogitsProcessor": _penalize_seen,
    "NoRepeatNGramLogitsProcessor": _forbid_ngrams,
    "EncoderNoRepeatNGramLogitsProcessor": _forbid_ngrams,
    "LogitNormalization": _normalize,
    "InfNanRemoveLogitsProcessor": _restore,
    "ForcedBOSTokenLogitsProcessor": _force,
    "ForcedEOSTokenLogitsProcessor": _force,
    "MinLengthLogitsProcessor": _change("eos_token_id", _below_length, always=True),
    "MinNewTokensLengthLogitsProcessor": _change("eos_token_id", _below_new, always=True),
    "SuppressTokensLogitsProcessor": _change("suppress_tokens", _always, always=True),
    "SuppressTokensAtBeginLogitsProcessor": _change("begin_suppress_tokens", _at_begin, always=True),
    "ExponentialDecayLengthPenalty": _change("eos_token_id", _after_start, always=False),
    "NoBadWordsLogitsProcessor": _change("sequence_bias", _always, always=False),
    "SequenceBiasLogitsProcessor": _change("sequence_bias", _always, always=False),
}
"""What each class does; cuts by score without a row of their own cut as the data decide."""
