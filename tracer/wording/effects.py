"""What each setting did to the favorite, the winner and the chosen token, and how large the luck of the draw was.

Pure functions of an `Explanation`: lines of text with the arithmetic where a setting has one. Settings that
changed nothing are not told.
"""

import math

from tracer.analysis.explanation import Change, Explanation, Row, Stage
from tracer.wording import numbers
from tracer.wording.composition import Language, Whole, chip, compose, join
from tracer.wording.explanation import setting_text


def effect_lines(explanation: Explanation, lang: Language) -> list[str]:
    """Returns a line for each setting that changed something: both tokens before and after."""
    leading = {row.token_id: row for row in (explanation.favorite, explanation.winner, explanation.chosen)}
    lines = []
    for stage in explanation.stages[1:]:
        told = [_effect(row, stage, lang) for row in leading.values() if _was_there(row, stage)]
        if told and stage.change is not Change.NOTHING:
            effects = Whole(join(told, lang))
            lines.append(
                compose("effect.line", lang, setting=setting_text(stage.setting, lang), effects=effects)
            )
    return lines


def _was_there(row: Row, stage: Stage) -> bool:
    return row.removed_at is None or row.removed_at >= stage.stage


def _effect(row: Row, stage: Stage, lang: Language) -> str:
    token, before = chip(row.token), numbers.percent(row.probabilities[stage.stage - 1], lang)
    if row.removed_at == stage.stage:
        return compose("effect.removed", lang, token=token, before=before)
    after = numbers.percent(row.probabilities[stage.stage], lang)
    calculated = arithmetic(row, stage)
    if calculated is None:
        return compose("effect.changed", lang, token=token, before=before, after=after)
    return compose(
        "effect.calculated", lang, token=token, before=before, after=after, arithmetic=Whole(calculated)
    )


def arithmetic(row: Row, stage: Stage) -> str | None:
    """Returns what a setting did to a score, "20.93 ÷ 1.1 = 19.03", or None where it is no such step."""
    is_factor = stage.setting.name in {"repetition_penalty", "temperature"}
    before, after = row.scores[stage.stage - 1], row.scores[stage.stage]
    if not is_factor or before == after or not (math.isfinite(before) and math.isfinite(after)):
        return None
    is_multiplied = stage.setting.name == "repetition_penalty" and before < 0
    sign = "×" if is_multiplied else "÷"
    factor = numbers.value(stage.setting.value)
    return f"{numbers.decimal(before)} {sign} {factor} = {numbers.decimal(after)}"


def luck_line(explanation: Explanation, lang: Language) -> str | None:
    """Returns how large the chosen token's luck was, and the winner's where another one led; None: unknown."""
    draw = explanation.draw
    chosen, winner = draw.racer(draw.chosen_id), draw.racer(draw.greedy_id)
    if draw.mode != "sample" or chosen is None or len(draw.racers) < 2:
        return None
    values: dict[str, str] = {
        "chosen": chip(chosen.token),
        "luck": numbers.decimal(chosen.luck),
        "share": numbers.percent(-math.expm1(-math.exp(-chosen.luck)), lang),
    }
    if winner is None or winner.token_id == chosen.token_id:
        return compose("luck.of_chosen", lang, **values)
    values["winner"] = chip(winner.token)
    values["lead"] = numbers.decimal(winner.log_probability - chosen.log_probability)
    values["winner_luck"] = numbers.decimal(winner.luck)
    return compose("luck.of_both", lang, **values)
