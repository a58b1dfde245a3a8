"""Which step of a sequence is worth looking at first, and why.

The strongest finding wins: the model wanted to stop and was made to go on; the settings changed the winner;
the winner lost a draw among a few; else the step where the model was least sure. Reads only the steps table.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from tracer.analysis.settings import listed

if TYPE_CHECKING:
    from tracer.trace.sequence import Sequence
    from tracer.trace.step import Step

_FEW = range(3, 11)


class Finding(StrEnum):
    """What makes a step worth looking at, the strongest first."""

    STOP_OVERRULED = "stop_overruled"
    WINNER_CHANGED = "winner_changed"
    WINNER_LOST = "winner_lost"
    LEAST_SURE = "least_sure"


@dataclass(frozen=True, slots=True)
class TellingStep:
    """A step's index and what was found there."""

    step: int
    finding: Finding


def most_telling_step(sequence: "Sequence") -> TellingStep | None:
    """Returns the step to open first, or None for a sequence without steps.

    Steps whose token is special, blank, or part of a character are passed over where there are others.
    """
    steps = [step for step in sequence.steps if _is_readable(step)] or list(sequence.steps)
    if not steps:
        return None
    stop_ids = _stop_ids(sequence)
    found: dict[Finding, int] = {}
    for step in steps:
        finding = _finding(step, stop_ids)
        if finding is not None:
            found.setdefault(finding, step.index)
    for finding in Finding:
        if finding in found:
            return TellingStep(found[finding], finding)
    return TellingStep(max(steps, key=lambda step: step.model_entropy).index, Finding.LEAST_SURE)


def _finding(step: "Step", stop_ids: frozenset[int]) -> Finding | None:
    if step.favorite_id in stop_ids and step.token_id not in stop_ids:
        return Finding.STOP_OVERRULED
    if step.winner_id != step.favorite_id:
        return Finding.WINNER_CHANGED
    if step.token_id != step.winner_id and step.survivors[-1] in _FEW:
        return Finding.WINNER_LOST
    return None


def _is_readable(step: "Step") -> bool:
    vocabulary = step.call.trace.vocabulary
    shown = vocabulary.visible(step.token_id)
    return not vocabulary.special(step.token_id) and "⟨" not in shown and any(map(str.isalnum, shown))


def _stop_ids(sequence: "Sequence") -> frozenset[int]:
    found = (listed(criterion.parameters.get("eos_token_id")) for criterion in sequence.call.criteria)
    return frozenset(token_id for ids in found for token_id in ids if isinstance(token_id, int))
