"""Two recorded texts beside each other: the prefix they share, where they part first and why, and what else differs.

`compare` reads the tables, and the logits up to the divergence to say whether they are equal. How far apart the
predictions are at every step is `tracer.analysis.distances`: many steps of a large vocabulary take seconds.
"""

import dataclasses
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from tracer.analysis import alignment
from tracer.analysis.alignment import AlignedStep, PromptComparison, StepSide
from tracer.analysis.divergence import Cause, Evidence, LogitDifference, evidence_at, logit_difference
from tracer.analysis.explanation import json_ready
from tracer.analysis.run_differences import (
    FactDifference,
    PartDifference,
    SettingDifference,
    criterion_differences,
    fact_differences,
    processor_differences,
    setting_differences,
)
from tracer.self_rendering import RendersItself
from tracer.trace.trace import Trace

if TYPE_CHECKING:
    from tracer.trace.sequence import Sequence


class Kind(StrEnum):
    """How two texts part."""

    TOKEN = "token"  # other tokens at one step
    ENDED = "ended"  # one has no more steps, the other has


@dataclass(frozen=True, slots=True)
class Divergence:
    """Where two texts part. `a` and `b` are the tokens there, None in the one that had ended.

    `step` is the first step that differs: its number in a, and `other_step` in b; both are the same unless the
    vocabularies differ. `stopped_by`: the criteria that ended the shorter text, in an ENDED divergence.
    """

    kind: Kind
    step: int
    other_step: int
    a: StepSide | None
    b: StepSide | None
    evidence: Evidence
    stopped_by: tuple[str, ...] = ()

    @property
    def cause(self) -> Cause:
        """Why they part there."""
        return self.evidence.cause


@dataclass(frozen=True, slots=True)
class Comparison(RendersItself):
    """Two sequences compared; `a` and `b` are these sequences, everything else are plain values.

    `steps` has an entry for each step that at least one has. `first_divergence` is None where the answers are equal.
    `logits`: where the raw logits of equal texts differ first, measured there and at the last shared step; None where
    they are equal, or where prompts differ or the texts part (then `first_divergence.evidence` has it). `has_logits`:
    both traces hold the logits of every step; without them, equal means that sums and candidates are equal.
    """

    a: "Sequence" = field(repr=False)
    b: "Sequence" = field(repr=False)
    same_vocabulary: bool
    prompt: PromptComparison
    steps: tuple[AlignedStep, ...]
    num_shared: int
    first_divergence: Divergence | None
    logits: LogitDifference | None
    has_logits: bool
    settings: tuple[SettingDifference, ...]
    processors: tuple[PartDifference, ...]
    criteria: tuple[PartDifference, ...]
    facts: tuple[FactDifference, ...]

    @property
    def is_same(self) -> bool:
        """Whether prompts and answers are equal, token by token; settings and logits may differ all the same."""
        return self.prompt.is_same and self.first_divergence is None

    def __repr__(self) -> str:
        if self.first_divergence is None:
            return (
                f"<Comparison: {'same' if self.is_same else 'other prompts, same'} {self.num_shared} steps>"
            )
        parted = self.first_divergence
        return f"<Comparison: {self.num_shared} shared steps, then {parted.kind} by {parted.cause}>"

    def describe(self) -> dict[str, Any]:
        """Returns everything but the sequences as JSON-ready values; an infinite number is None."""
        values = {one.name: getattr(self, one.name) for one in dataclasses.fields(self)}
        for name in ("a", "b"):
            sequence = values[name]
            values[name] = {
                "trace": str(sequence.call.trace.path),
                "call": sequence.call.index,
                "row": sequence.row,
                "status": sequence.call.status,
            }
        described: dict[str, Any] = json_ready({"is_same": self.is_same, **_plain(values)})
        return described


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items()}
    return [_plain(entry) for entry in value] if isinstance(value, tuple) else value


def compare(
    a: "Trace | Sequence", b: "Trace | Sequence", *, call: int | None = None, row: int | None = None
) -> Comparison:
    """Returns two recorded texts beside each other: the shared prefix, the first divergence and its cause.

    Args:
        call: which call, in a trace that holds several sequences; one with a single sequence is taken as it is.
        row: which row of that call.

    Raises:
        AmbiguousStepError: a trace holds several sequences, and none was named.
        SignalMissingError: a trace holds no call, or a call ended before its prompt was written.
        ValueError: there is no such call or row.
    """
    ours, theirs = (_sequence(one, call, row) for one in (a, b))
    same_vocabulary = alignment.has_same_vocabulary(ours.call.trace, theirs.call.trace)
    prompt = alignment.compare_prompts(ours, theirs, same_vocabulary)
    aligned = alignment.align(ours, theirs, same_vocabulary)
    parted = _divergence(ours, theirs, aligned, prompt, same_vocabulary)
    is_comparable = same_vocabulary and prompt.is_same and parted is None and len(ours.steps) > 0
    return Comparison(
        a=ours,
        b=theirs,
        same_vocabulary=same_vocabulary,
        prompt=prompt,
        steps=aligned.steps,
        num_shared=aligned.num_shared,
        first_divergence=parted,
        logits=logit_difference(ours.steps, theirs.steps) if is_comparable else None,
        has_logits=alignment.has_logits(ours) and alignment.has_logits(theirs),
        settings=setting_differences(ours.call, theirs.call),
        processors=processor_differences(ours.call, theirs.call),
        criteria=criterion_differences(ours.call, theirs.call),
        facts=fact_differences(ours.call, theirs.call),
    )


def _sequence(one: "Trace | Sequence", call: int | None, row: int | None) -> "Sequence":
    if not isinstance(one, Trace):
        return one
    if sum(len(each.sequences) for each in one.calls) == 1:
        return one.sequence()
    return one.sequence(call=call, row=row)


def _divergence(
    a: "Sequence",
    b: "Sequence",
    aligned: alignment.Alignment,
    prompt: PromptComparison,
    same_vocabulary: bool,
) -> Divergence | None:
    if aligned.parts_at is None:
        return None
    place, other_place = aligned.parts_at
    ours, theirs = aligned.side_a(place), aligned.side_b(other_place)
    kind = Kind.TOKEN if ours and theirs else Kind.ENDED
    shorter = a if ours is None else b
    if not same_vocabulary:
        evidence = Evidence(Cause.VOCABULARY)
    elif kind is Kind.ENDED:
        evidence = Evidence(_why_ended(shorter))
    elif not prompt.is_same:
        evidence = Evidence(Cause.PROMPT)
    else:
        evidence = evidence_at(a, b, place)
    return Divergence(
        kind=kind,
        step=place,
        other_step=other_place,
        a=ours,
        b=theirs,
        evidence=evidence,
        stopped_by=_stopped_by(shorter) if kind is Kind.ENDED else (),
    )


def _why_ended(shorter: "Sequence") -> Cause:
    is_finished = bool(shorter.steps) and shorter.steps[-1].is_finished
    return Cause.STOPPING if is_finished else Cause.INTERRUPTED


def _stopped_by(shorter: "Sequence") -> tuple[str, ...]:
    if not shorter.steps or not shorter.steps[-1].is_finished:
        return ()
    return tuple(name for name, is_stop in shorter.steps[-1].verdicts.items() if is_stop)
