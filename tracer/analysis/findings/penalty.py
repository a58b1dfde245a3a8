"""Rules about the repetition penalty: it also counts the tokens of the prompt, the chat template's among them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracer.analysis.findings.facts import (
    SettingStage,
    best_at,
    chosen_steps,
    prompt_row,
    stages_of,
    stop_ids,
)
from tracer.analysis.findings.finding import Finding, Rule, Severity, of_step
from tracer.analysis.settings import listed

if TYPE_CHECKING:
    from tracer.trace.call import Call
    from tracer.trace.candidate import Candidate
    from tracer.trace.step import Step

PENALTY = frozenset({"repetition_penalty"})

CLEAR_LOSS = 0.1
"""A stop token that loses less probability than this, and keeps its rank, is not worth a word."""


def penalties_on_prompt(call: "Call") -> Iterator[Finding]:
    """Finds steps whose best token lost only because it stands in the prompt; not in the answer so far."""
    stops = frozenset(stop_ids(call))
    for at in stages_of(call, PENALTY):
        for step in chosen_steps(call):
            if at.stage == 1 and step.favorite_id not in prompt_row(step.sequence):
                continue
            before, after = best_at(step.candidates, at.stage - 1)[:1], best_at(step.candidates, at.stage)[:1]
            if not before or not after or before[0].token_id == after[0].token_id:
                continue
            best, count = before[0], _penalized(step, at).count(before[0].token_id)
            is_in_answer = best.token_id in step.sequence.token_ids[: step.index]
            if count and not is_in_answer and best.token_id not in stops and _is_lowered(best, at.stage):
                tokens = {"favorite": best.token_id, "winner": after[0].token_id}
                yield _finding(Rule.PENALTY_ON_PROMPT, step, at, best, count, tokens)


def pushed_down_stops(call: "Call") -> Iterator[Finding]:
    """Finds steps that went on because the penalty lowered a stop token that stands in the prompt."""
    stops = frozenset(stop_ids(call))
    for at in stages_of(call, PENALTY):
        for step in chosen_steps(call):
            if step.token_id in stops or not stops & set(_penalized(step, at)):
                continue
            for one in step.candidates:
                count = _penalized(step, at).count(one.token_id) if one.token_id in stops else 0
                if count and _is_lowered(one, at.stage) and _is_loss(one, at.stage):
                    tokens = {"stop": one.token_id, "chosen": step.token_id}
                    yield _finding(Rule.STOP_PUSHED_DOWN, step, at, one, count, tokens)


def _finding(
    rule: Rule, step: "Step", at: SettingStage, lost: "Candidate", count: int, tokens: dict[str, int]
) -> Finding:
    before, after = lost.probability[at.stage - 1], lost.probability[at.stage]
    numbers = {
        "probability_before": before,
        "probability_after": after,
        "num_in_prompt": count,
        "prompt_len": step.call.info.prompt_len,
        "penalty": float(at.setting.value) if isinstance(at.setting.value, int | float) else 1.0,
    }
    return of_step(
        rule,
        Severity.WARNING,
        step,
        numbers,
        tokens=tokens,
        settings=(at.setting,),
        strength=before - after,
    )


def _penalized(step: "Step", at: SettingStage) -> tuple[int, ...]:
    """The ids of the prompt that the penalty counts; `prompt_ignore_length` leaves out the first ones."""
    ignored = listed(at.processor.parameters.get("prompt_ignore_length"))
    ids = prompt_row(step.sequence)
    if not ignored:
        return ids
    length = ignored[step.sequence.row] if len(ignored) > 1 else ignored[0]
    return ids[length:] if isinstance(length, int) else ids


def _is_lowered(one: "Candidate", stage: int) -> bool:
    return one.score[stage] < one.score[stage - 1]


def _is_loss(one: "Candidate", stage: int) -> bool:
    is_dethroned = one.rank[stage - 1] == 0 < one.rank[stage]
    return is_dethroned or one.probability[stage - 1] - one.probability[stage] >= CLEAR_LOSS
