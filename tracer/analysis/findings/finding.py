"""One finding of a rule: where, how severe, and the numbers it rests on.

Holds no sentence: `tracer.wording.findings` has one, and a remedy, for every member of `Rule`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tracer.analysis.settings import Setting
from tracer.self_rendering import RendersItself

if TYPE_CHECKING:
    from tracer.trace.call import Call
    from tracer.trace.step import Step


class Severity(StrEnum):
    """How much it matters, the worst first: the result is wrong; probably not meant; good to know."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def place(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


class Rule(StrEnum):
    """What is looked for."""

    RIGHT_PADDING = "right_padding"
    STOP_PUSHED_DOWN = "stop_pushed_down"
    STOP_MISSED = "stop_missed"
    STOP_NOT_LISTED = "stop_not_listed"
    TEMPLATE_TWICE = "template_twice"
    TEMPLATE_MISSING = "template_missing"
    PROMPT_AT_LIMIT = "prompt_at_limit"
    PROMPT_TRUNCATED = "prompt_truncated"
    PROMPT_CUT = "prompt_cut"
    BOS_MISSING = "bos_missing"
    LOOP = "loop"
    SAMPLING_IGNORED = "sampling_ignored"
    TEMPERATURE_LOW = "temperature_low"
    PENALTY_ON_PROMPT = "penalty_on_prompt"
    RIVAL_CUT = "rival_cut"
    SUPPRESSED = "suppressed"
    FORCED = "forced"
    TIE = "tie"
    STOP_LISTED_TWICE = "stop_listed_twice"
    TEMPERATURE_ZERO = "temperature_zero"


@dataclass(frozen=True, slots=True)
class Finding(RendersItself):
    """What a rule found. `row` and `step` are None where it is about the whole call.

    `numbers` are what the sentence says, among them the id of each of `tokens` under "<name>_id"; `tokens`
    holds their visible texts. `strength` orders the findings of one rule: the probability at stake, where
    there is one.
    """

    rule: Rule
    severity: Severity
    call: int
    row: int | None
    step: int | None
    numbers: Mapping[str, float]
    tokens: Mapping[str, str]
    settings: tuple[Setting, ...]
    strength: float

    def describe(self) -> dict[str, Any]:
        """Returns all of it as JSON-ready values; a number that is not finite is None."""
        return {
            "rule": str(self.rule),
            "severity": str(self.severity),
            "call": self.call,
            "row": self.row,
            "step": self.step,
            "numbers": {
                name: value if math.isfinite(value) else None for name, value in self.numbers.items()
            },
            "tokens": dict(self.tokens),
            "settings": [{"name": one.name or one.class_name, "value": one.value} for one in self.settings],
        }


class Findings(tuple[Finding, ...], RendersItself):
    """All findings of a trace: a tuple that notebooks show as a table."""

    __slots__ = ()


def of_call(
    rule: Rule,
    severity: Severity,
    call: "Call",
    numbers: Mapping[str, float],
    *,
    row: int | None = None,
    step: int | None = None,
    tokens: Mapping[str, int] = MappingProxyType({}),
    settings: tuple[Setting, ...] = (),
    strength: float = 0.0,
) -> Finding:
    """Returns a finding about a call, or a row of it; `tokens` are ids."""
    ids = {f"{name}_id": token_id for name, token_id in tokens.items()}
    visible = call.trace.vocabulary.visible
    return Finding(
        rule=rule,
        severity=severity,
        call=call.index,
        row=row,
        step=step,
        numbers=MappingProxyType({**numbers, **ids}),
        tokens=MappingProxyType({name: visible(token_id) for name, token_id in tokens.items()}),
        settings=settings,
        strength=strength,
    )


def of_step(
    rule: Rule, severity: Severity, step: "Step", numbers: Mapping[str, float], **more: Any
) -> Finding:
    """Returns a finding about a step; `more` as in `of_call`."""
    return of_call(rule, severity, step.call, numbers, row=step.sequence.row, step=step.index, **more)
