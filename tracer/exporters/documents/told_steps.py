"""Which steps a document tells, and the words for each: its reason, its sentence, its token. Draws nothing."""

from dataclasses import dataclass

from tracer.analysis.findings.registry import lint
from tracer.analysis.notable import notable_steps
from tracer.exporters.request import ExportRequest
from tracer.pictures.decision import DecisionPicture, decision_picture
from tracer.pictures.notable import reason_text
from tracer.trace.step import Step


@dataclass(frozen=True, slots=True)
class ToldStep:
    """One step with its reason (empty where nothing stands out) and its decision picture."""

    step: Step
    token: str
    reason: str
    picture: DecisionPicture


def told_steps(request: ExportRequest, most: int) -> tuple[ToldStep, ...]:
    """Returns the chosen steps, else at most `most` of those that stand out most, in the order of the text."""
    sequence, lang = request.sequence, request.lang
    notables = notable_steps(sequence, lint(sequence.call.trace))
    reasons = {one.step: reason_text(one.reasons[0], sequence, lang) for one in notables}
    if request.chosen is not None:
        steps = request.steps
    else:
        strongest = {one.step for one in notables[:most]} or {request.steps[0].index}
        steps = tuple(step for step in request.steps if step.index in strongest)
    visible = sequence.call.trace.vocabulary.visible
    return tuple(
        ToldStep(step, visible(step.token_id), reasons.get(step.index, ""), decision_picture(step, lang))
        for step in steps
    )
