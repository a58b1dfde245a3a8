"""The findings of a sequence with their reasons in words: what to open first, the five strongest, and all of them.

All steps stand in columns, the reasons once each, so that thousands of steps stay small. Judges nothing: that is
`tracer.analysis.notable`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracer.analysis.notable import SURPRISING, Finding, Notable, Reason, worth_stopping_at
from tracer.analysis.settings import setting_of
from tracer.wording import numbers
from tracer.wording.composition import Language, compose
from tracer.wording.explanation import setting_text
from tracer.wording.findings import rule_title

if TYPE_CHECKING:
    from tracer.trace.sequence import Sequence

MOST_STRONGEST = 5


@dataclass(frozen=True, slots=True)
class NotableRow:
    """One of the strongest: its step, the chosen token (visible), why, and the kind of finding."""

    step: int
    token: str
    reason: str
    finding: str


@dataclass(frozen=True, slots=True)
class NotablePicture:
    """What the list of findings shows. `steps`, the strongest first, is every notable step.

    Keys go to the first `num_stops` of them, and the map marks these.
    `reason_of` and `strengths` (0 to 1) go with `steps`; `reason_of` counts in `reasons`, and `findings` are the
    kinds of these. `opened_step` is None for a sequence without steps.
    """

    title: str
    opened: str
    opened_step: int | None
    strongest: tuple[NotableRow, ...]
    all_label: str
    steps: tuple[int, ...]
    num_stops: int
    reason_of: tuple[int, ...]
    strengths: tuple[float, ...]
    reasons: tuple[str, ...]
    findings: tuple[str, ...]


def notable_picture(sequence: "Sequence", notables: Iterable[Notable], lang: Language) -> NotablePicture:
    """Returns the list of findings, given what `notable_steps` found in this sequence."""
    found, places = tuple(notables), dict[tuple[str, str], int]()
    texts = [(reason_text(one.reasons[0], sequence, lang), str(one.finding)) for one in found]
    reason_of = tuple(places.setdefault(text, len(places)) for text in texts)
    visible, ids = sequence.call.trace.vocabulary.visible, _ids_by_step(sequence)
    return NotablePicture(
        title=compose("notable.title", lang),
        opened=opened_text(found[0], sequence, lang) if found else compose("notable.none", lang),
        opened_step=found[0].step if found else None,
        strongest=tuple(
            NotableRow(one.step, visible(ids[one.step]), *text)
            for one, text in zip(found[:MOST_STRONGEST], texts, strict=False)
        ),
        all_label=compose("notable.all", lang, count=numbers.count(len(found))),
        steps=tuple(one.step for one in found),
        num_stops=len(worth_stopping_at(found, len(sequence.steps))),
        reason_of=reason_of,
        strengths=tuple(round(one.strength, 3) for one in found),
        reasons=tuple(text for text, _ in places),
        findings=tuple(finding for _, finding in places),
    )


def opened_text(notable: Notable, sequence: "Sequence", lang: Language) -> str:
    """Returns why a step was opened: "Opened at step 10: repetition penalty 1.1 changed the winner"."""
    reason = reason_text(notable.reasons[0], sequence, lang)
    return compose("notable.opened", lang, step=numbers.count(notable.step), reason=reason)


def reason_text(reason: Reason, sequence: "Sequence", lang: Language) -> str:
    """Returns one reason as a clause without a full stop."""
    if reason.rule is not None:
        return rule_title(reason.rule, lang)
    match reason.finding:
        case Finding.STOP_OVERRULED:
            probability = numbers.percent(reason.amount, lang)
            return compose("notable.stop_overruled", lang, probability=probability)
        case Finding.WINNER_CHANGED if reason.stage is not None:
            info = sequence.call.processors[reason.stage - 1]
            setting = setting_text(setting_of(info.class_name, info.parameters), lang)
            return compose("notable.winner_changed", lang, setting=setting)
        case Finding.WINNER_CHANGED:
            return compose("notable.winner_changed_somehow", lang)
        case Finding.SURPRISING:
            return compose("notable.surprising", lang, limit=numbers.percent(SURPRISING, lang))
        case finding:
            return compose(f"notable.{finding}", lang)


def _ids_by_step(sequence: "Sequence") -> dict[int, int]:
    table = sequence.call.step_table
    steps = table.column(table.rows(sequence.row), "step")
    return dict(zip(steps, sequence.token_ids, strict=True))
