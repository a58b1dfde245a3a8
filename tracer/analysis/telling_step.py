"""Which step of a sequence is worth looking at first, and why: the first of `tracer.analysis.notable`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracer.analysis.notable import Finding as Finding
from tracer.analysis.notable import notable_steps

if TYPE_CHECKING:
    from tracer.trace.sequence import Sequence


@dataclass(frozen=True, slots=True)
class TellingStep:
    """A step's index and what was found there: one of the first four of `Finding`."""

    step: int
    finding: Finding


def most_telling_step(sequence: "Sequence") -> TellingStep | None:
    """Returns the step to open first, or None for a sequence without steps.

    The model wanted to stop and was made to go on; the settings changed the winner; the winner lost a draw among
    a few; else the step where the model was least sure. Of several the one where most was at stake. Steps whose
    token is special, blank, or part of a character are passed over where there are others.
    """
    found = notable_steps(sequence)
    return TellingStep(found[0].step, found[0].finding) if found else None
