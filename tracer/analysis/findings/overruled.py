"""Rules about tokens that a setting forced, or took from the model although they were its best.

Severity: a warning where the setting came with the model's own defaults, so that nobody asked for it.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracer.analysis.findings.facts import SettingStage, best_at, chosen_steps, stages_of
from tracer.analysis.findings.finding import Finding, Rule, Severity, of_step

if TYPE_CHECKING:
    from tracer.trace.call import Call

FORCING = frozenset({"forced_bos_token_id", "forced_eos_token_id"})

SUPPRESSING = frozenset(
    {
        "bad_words_ids",
        "begin_suppress_tokens",
        "min_length",
        "min_new_tokens",
        "no_repeat_ngram_size",
        "prefix_allowed_tokens_fn",
        "sequence_bias",
        "suppress_tokens",
    }
)


def forced_tokens(call: "Call") -> Iterator[Finding]:
    """Finds steps in which a setting left one token only, and not the best one."""
    stages = stages_of(call, FORCING)
    for step in chosen_steps(call) if stages else ():
        for at in stages:
            if step.survivors[at.stage] != 1 or step.survivors[at.stage - 1] == 1:
                continue
            before, after = best_at(step.candidates, at.stage - 1)[:1], best_at(step.candidates, at.stage)[:1]
            if before and after and before[0].token_id != after[0].token_id:
                numbers = {"probability": after[0].probability[at.stage - 1]}
                tokens = {"forced": after[0].token_id, "best": before[0].token_id}
                best = before[0].probability[at.stage - 1]
                yield of_step(
                    Rule.FORCED,
                    _severity(call, at),
                    step,
                    {**numbers, "best_probability": best},
                    tokens=tokens,
                    settings=(at.setting,),
                    strength=best,
                )


def suppressed_tokens(call: "Call") -> Iterator[Finding]:
    """Finds steps in which a setting removed the best token."""
    stages = stages_of(call, SUPPRESSING)
    for step in chosen_steps(call) if stages else ():
        for at in stages:
            if step.survivors[at.stage] == step.survivors[at.stage - 1]:
                continue
            before = best_at(step.candidates, at.stage - 1)[:1]
            if before and before[0].removed[at.stage]:
                probability = before[0].probability[at.stage - 1]
                yield of_step(
                    Rule.SUPPRESSED,
                    _severity(call, at),
                    step,
                    {"probability": probability},
                    tokens={"best": before[0].token_id, "chosen": step.token_id},
                    settings=(at.setting,),
                    strength=probability,
                )


def _severity(call: "Call", at: SettingStage) -> Severity:
    parameter = call.info.generation_config.get(at.setting.name or "")
    is_unasked = parameter is not None and parameter.origin == "model"
    return Severity.WARNING if is_unasked else Severity.NOTE
