"""One step tried again with one or more of its settings changed: the final scores, and who would be chosen.

Numpy alone, from the recorded scores and the recorded luck. Only five settings can be given another value
(`TRIABLE`); any processor can be left out. A processor behind a change is carried out again where this module
knows it or where it does nothing but forbid tokens; any other one ends the trial with `UntriableError`.
What the stored luck does not decide is `Verdict.UNDECIDED`: nothing is guessed.
"""

import math
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from tracer.analysis.common_processors import is_common, process
from tracer.analysis.draw import TIE
from tracer.analysis.settings import scalar
from tracer.analysis.statistics import NOISE_COUNT, Scores
from tracer.processor_names import MODULE

if TYPE_CHECKING:
    from tracer.trace.step import Step

Value = float | int | None
"""Another value of a setting; None leaves the processor out."""


class Verdict(StrEnum):
    """Whether a token would be chosen."""

    CHOSEN = "chosen"
    NOT_CHOSEN = "not_chosen"
    UNDECIDED = "undecided"  # the stored luck does not tell


class UntriableError(LookupError):
    """A processor cannot be carried out in numpy; the message is its class name."""


TRIABLE: Mapping[str, str] = MappingProxyType(
    {
        "RepetitionPenaltyLogitsProcessor": "penalty",
        "TemperatureLogitsWarper": "temperature",
        "TopKLogitsWarper": "top_k",
        "TopPLogitsWarper": "top_p",
        "MinPLogitsWarper": "min_p",
    }
)
"""The processors that can be tried with another value, and their parameter."""

_FORBIDDING = frozenset(
    {
        "MinLengthLogitsProcessor",
        "MinNewTokensLengthLogitsProcessor",
        "NoBadWordsLogitsProcessor",
        "NoRepeatNGramLogitsProcessor",
        "PrefixConstrainedLogitsProcessor",
        "SuppressTokensAtBeginLogitsProcessor",
        "SuppressTokensLogitsProcessor",
    }
)
"""Which tokens these set to -inf depends on the text alone, never on the scores."""


def rescored(step: "Step", changes: Mapping[int, Value]) -> Scores:
    """Returns the final scores, (vocab,) float32, of a step whose stages in `changes` have these values.

    Raises:
        SignalMissingError: the scores of a stage were not recorded.
        UntriableError: a processor behind the first change cannot be carried out again.
    """
    processors = step.call.processors
    first = min(changes, default=len(processors) + 1)
    scores = step.after(first - 1)
    for stage in range(first, len(processors) + 1):
        scores = stage_scores(step, stage, scores, changes)
    return scores


def stage_scores(step: "Step", stage: int, scores: Scores, changes: Mapping[int, Value]) -> Scores:
    """Returns what one stage makes of `scores`, with its recorded value or the one in `changes`.

    Raises:
        SignalMissingError: the scores around the stage were not recorded.
        UntriableError: the processor cannot be carried out again.
    """
    if stage in changes and changes[stage] is None:
        return scores
    processor = step.call.processors[stage - 1]
    before = step.after(stage - 1)
    if stage not in changes and np.array_equal(scores, before):
        return step.after(stage)
    is_forbidding = processor.module == MODULE and processor.class_name in _FORBIDDING
    if is_forbidding and stage not in changes and np.all(before > -np.inf):
        return np.where(step.after(stage) > -np.inf, scores, np.float32(-np.inf))
    if processor.class_name not in TRIABLE or not is_common(processor):
        raise UntriableError(processor.class_name)
    name = TRIABLE[processor.class_name]
    value = changes.get(stage, scalar(processor.parameters.get(name)))
    if not isinstance(value, int | float):
        raise UntriableError(processor.class_name)
    # Whom the penalty meant is seen from what it changed, whatever its value.
    meant = np.flatnonzero(before != step.after(stage))
    given = processor.parameters | {name: value, "prompt_ignore_length": None}
    return process(processor.model_copy(update={"parameters": given}), scores, meant, row=0)


def wins_by_score(scores: Scores, token_id: int) -> Verdict:
    """Returns whether greedy decoding takes the token; of equal scores the smallest id is taken."""
    is_best = math.isfinite(scores[token_id]) and int(np.argmax(scores)) == token_id
    return Verdict.CHOSEN if is_best else Verdict.NOT_CHOSEN


def wins_by_luck(step: "Step", scores: Scores, token_id: int) -> Verdict:
    """Returns whether the step's recorded luck takes the token from these final scores."""
    if scores[token_id] == -np.inf:
        return Verdict.NOT_CHOSEN
    if step.noise is None:
        return Verdict.UNDECIDED
    ids, first = np.unique(step.noise[0], return_index=True)
    noise = step.noise[1][first].astype(np.float64)
    finish = scores[ids].astype(np.float64) - np.log(noise)
    # No token without stored noise has less than the largest of the smallest.
    least = float(np.sort(noise)[min(NOISE_COUNT, len(noise)) - 1])
    others = np.delete(scores, ids)
    bound = float(others.max()) - math.log(least) if others.size else -math.inf
    own = ids == token_id
    best_other = float(finish[~own].max(initial=-math.inf))
    if not own.any():
        highest = float(scores[token_id]) - math.log(least)
        return Verdict.NOT_CHOSEN if best_other > highest + TIE else Verdict.UNDECIDED
    mine = float(finish[own][0])
    if best_other > mine + TIE:
        return Verdict.NOT_CHOSEN
    is_certain = max(best_other, bound) < mine - TIE
    return Verdict.CHOSEN if is_certain else Verdict.UNDECIDED
