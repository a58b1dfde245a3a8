"""Why generation went on or stopped after a step: one line for each criterion that was asked."""

from dataclasses import dataclass

from tracer.analysis.explanation import Explanation
from tracer.wording.composition import Language, compose
from tracer.wording.table import verdict_reason


@dataclass(frozen=True, slots=True)
class StoppingLine:
    """One criterion's answer in words."""

    criterion: str
    is_stop: bool
    text: str


@dataclass(frozen=True, slots=True)
class StoppingPicture:
    """The answers in the order in which the criteria were asked; `headline` says what came of it."""

    headline: str
    is_finished: bool
    lines: tuple[StoppingLine, ...]


def stopping_picture(explanation: Explanation, lang: Language = "en") -> StoppingPicture:
    """Returns the verdicts of one step in words."""
    key = "ui.no_criteria" if not explanation.verdicts else "ui.went_on"
    return StoppingPicture(
        headline=compose("ui.stopped" if explanation.is_finished else key, lang),
        is_finished=explanation.is_finished,
        lines=tuple(
            StoppingLine(one.criterion, one.is_stop, verdict_reason(one, explanation, lang))
            for one in explanation.verdicts
        ),
    )
